"""From a training state to what is shipped: one graph that draws the head it is asked for, and its card.

``python -m lab.training.upsample.export lab/runs/upsample/last.pt``
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper
from torch import Tensor, nn

from lab.training.upsample.__main__ import score, validation
from lab.training.upsample.net import FACTORS, UpsampleNet
from lab.training.upsample.sheets import real_pages

_WEIGHTS = Path("src/recto/nets/weights")
_WEAK = [
    "writing and scripts unlike Latin, Cyrillic, Greek and Han: little or nothing of them was in training",
    "blur wider than one pixel of the small page: strokes stay soft",
    "text below 4 pixels of x-height: signs that were lost stay lost, and may be drawn as their look-alikes",
]


class _Trunk(nn.Module):
    def __init__(self, net: UpsampleNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, luma: Tensor) -> tuple[Tensor, Tensor]:
        return self.net.trunk(luma)


class _Head(nn.Module):
    def __init__(self, net: UpsampleNet, factor: int) -> None:
        super().__init__()
        self.net, self.factor = net, factor

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        return self.net.added(fine, coarse, self.factor)


def export(net: UpsampleNet, path: Path) -> None:
    """Write the trunk once and the heads as branches of it, and check every factor against torch.

    ONNX Runtime computes every output of a graph, asked for or not; with ``If`` only one head is computed.
    """
    luma = torch.rand(1, 1, 48, 64)
    features = tuple(f.detach() for f in net.trunk(luma))
    graph = _traced(_Trunk(net), (luma,), ("luma",), ("fine", "coarse"))
    heads = {k: _traced(_Head(net, k), features, ("fine", "coarse"), (f"added_x{k}",)).graph for k in FACTORS}
    for k, head in heads.items():
        _make_branch(head, k)
    larger = helper.make_graph(
        [
            helper.make_node("Less", ["factor", "below_4"], ["is_3"], name="is_3"),
            helper.make_node("If", ["is_3"], ["added_x34"], "head_3_or_4", then_branch=heads[3], else_branch=heads[4]),
        ],
        "x34",
        [],
        [_image("added_x34", 1)],
        initializer=[helper.make_tensor("below_4", TensorProto.FLOAT, [1], [3.5])],
    )
    graph.graph.node.extend(
        [
            helper.make_node("Less", ["factor", "below_3"], ["is_2"], name="is_2"),
            helper.make_node("If", ["is_2"], ["added"], "head_2_or_more", then_branch=heads[2], else_branch=larger),
        ]
    )
    graph.graph.initializer.append(helper.make_tensor("below_3", TensorProto.FLOAT, [1], [2.5]))
    graph.graph.input.append(helper.make_tensor_value_info("factor", TensorProto.FLOAT, [1]))
    del graph.graph.output[:]
    graph.graph.output.append(_image("added", 1))
    onnx.checker.check_model(graph)
    onnx.save(graph, str(path))
    _check(net, path)


def _image(name: str, channels: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, "tall", "wide"])


def _traced(
    module: nn.Module, example: tuple[Tensor, ...], given: tuple[str, ...], gives: tuple[str, ...]
) -> onnx.ModelProto:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "part.onnx"
        torch.onnx.export(
            module.eval(),
            example,
            str(path),
            input_names=list(given),
            output_names=list(gives),
            dynamic_axes={name: {2: "tall", 3: "wide"} for name in (*given, *gives)},
            opset_version=17,
            dynamo=False,
        )
        return onnx.load(str(path))


def _make_branch(head: onnx.GraphProto, factor: int) -> None:
    """Make the graph of a head a branch: its names its own, the features taken from outside.

    The weights that heads have in common are written once for each: ONNX Runtime lays out a convolution for speed
    only where its weights stand beside it.
    """
    shared = {"fine", "coarse", f"added_x{factor}", ""}

    def renamed(name: str) -> str:
        return name if name in shared else f"x{factor}/{name}"

    for node in head.node:
        node.name = f"x{factor}/{node.name}"
        node.input[:] = [renamed(n) for n in node.input]
        node.output[:] = [renamed(n) for n in node.output]
    for weights in head.initializer:
        weights.name = renamed(weights.name)
    del head.input[:]


def _check(net: UpsampleNet, path: Path) -> None:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    example = torch.rand(1, 1, 46, 62)
    for factor in FACTORS:
        with torch.no_grad():
            wanted = net.added(*net.trunk(example), factor).numpy()
        given = session.run(None, {"luma": example.numpy(), "factor": np.array([factor], np.float32)})[0]
        assert np.abs(wanted - given).max() < 1e-4, factor


def _commit() -> str:
    return subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()


def card(path: Path, net: UpsampleNet, state: dict[str, Any], psnr: dict[int, float], history: str) -> dict[str, Any]:
    """The net's passport."""
    told = state["args"]
    pages = "all" if told["all_pages"] else "every other page (the first, the third, …)"
    return {
        "name": "upsample",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "task": "what to add to a bilinear enlargement of luma by 2, 3 or 4",
        "input": "luma: float32 (1, 1, H, W), 0 black to 1 white, H and W even; factor: float32 (1,), 2, 3 or 4",
        "output": "added: float32 (1, 1, factor * H, factor * W), of the same range",
        "parameters": sum(p.numel() for p in net.parameters()),
        "training_commit": _commit(),
        "data": f"{pages} of pages/unlv_3b, unlv_4b, old_books and grey_150dpi; sheets and pictures made by the lab",
        "seed": told["seed"],
        "steps": state["step"],
        "cpu_hours": round(state["cpu_hours"], 2),
        "settings": {
            k: told[k] for k in ("batch", "side_px", "rate", "square", "edge", "reading", "soft") if k in told
        },
        "metrics": {"psnr_db_on_crops_of_pages_kept_from_training": psnr},
        "weak": _WEAK,
        "history": history,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lab.training.upsample.export")
    parser.add_argument("state", type=Path)
    parser.add_argument("--toward", type=Path, help="another state, to go a part of the way to")
    parser.add_argument("--share", type=float, default=0.5, help="the part of the way")
    parser.add_argument("--history", default="", help="how the weights came about that this run began with")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("RECTO_DATA", "../shared/data")))
    args = parser.parse_args()
    state = torch.load(args.state, weights_only=False)
    net = UpsampleNet()
    weights = state["steady"]
    if args.toward:
        other = torch.load(args.toward, weights_only=False)
        weights = {name: w + args.share * (other["steady"][name] - w) for name, w in weights.items()}
    net.load_state_dict(weights)
    kept = real_pages(args.data, ("unlv_3b",), 1) + real_pages(args.data, ("unlv_4b",), 1)
    psnr = score(net, validation(kept))
    _WEIGHTS.mkdir(parents=True, exist_ok=True)
    path = _WEIGHTS / "upsample.onnx"
    export(net, path)
    told = card(path, net, state, psnr, args.history)
    path.with_suffix(".json").write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(path.name, path.stat().st_size, told["parameters"], psnr)


if __name__ == "__main__":
    main()
