"""From the last checkpoint to the two files that ship: ``python -m lab.training.dewarp.export``.

Batch normalisation is folded into the convolutions, the weights are stored in half precision.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from lab.training.dewarp.net import PLANES, DewarpNet
from recto.nets import WEIGHTS


def averaged(path: Path) -> tuple[DewarpNet, dict[str, Any]]:
    """The net of the checkpoint with its averaged weights, and the checkpoint."""
    state = torch.load(path, weights_only=True, map_location="cpu")
    net = DewarpNet()
    net.load_state_dict(state["average"])
    return net.eval(), state


def graph(net: nn.Module) -> onnx.ModelProto:
    """The net as ONNX: ``photo`` and ``planes`` to ``page`` and ``mask``."""
    packed = io.BytesIO()
    torch.onnx.export(
        net,
        (torch.zeros(1, 3, 256, 192), torch.zeros(1, PLANES, 32, 24)),
        packed,
        input_names=["photo", "planes"],
        output_names=["page", "mask"],
        dynamic_axes={name: {2: "h" + name[1], 3: "w" + name[1]} for name in ("photo", "planes", "page", "mask")},
        opset_version=17,
        dynamo=False,
    )
    return onnx.load_from_string(packed.getvalue())


def in_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Keep the large weights as float16 and cast them back when the net is loaded: half the size, no other change."""
    for entry in list(model.graph.initializer):
        values = numpy_helper.to_array(entry)
        if values.dtype != np.float32 or values.size < 256:
            continue
        name = entry.name
        model.graph.initializer.remove(entry)
        model.graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), name + "_half"))
        model.graph.node.insert(0, helper.make_node("Cast", [name + "_half"], [name], to=TensorProto.FLOAT))
    onnx.checker.check_model(model)
    return model


def commit() -> str:
    """The commit that the training code stands at."""
    told = subprocess.run(["git", "log", "-1", "--format=%h", "--", "lab"], capture_output=True, text=True, check=False)
    return told.stdout.strip() or "unknown"


def export(folder: Path, target: Path, seed: int) -> None:
    """Write ``dewarp.onnx`` and ``dewarp.json``; metrics and weaknesses of an earlier card are kept."""
    net, state = averaged(folder / "checkpoint.pt")
    weights = in_half(graph(net)).SerializeToString()
    target.mkdir(parents=True, exist_ok=True)
    (target / "dewarp.onnx").write_bytes(weights)
    path = target / "dewarp.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    card: dict[str, Any] = {
        "name": "dewarp",
        "task": "coordinates on the page, and its mask, of each part of a photo of a bent sheet",
        "sha256": hashlib.sha256(weights).hexdigest(),
        "parameters": sum(p.numel() for p in net.parameters()),
        "training_commit": commit(),
        "recipe": before.get("recipe", "python -m lab.training.dewarp (simulated photos only; no real photo)"),
        "seed": seed,
        "steps": state["step"],
        "hours": round(state["hours"], 2),
        "metrics": before.get("metrics", {}),
        "fails_on": before.get("fails_on", []),
    }
    path.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"dewarp.onnx: {len(weights)} bytes, {card['parameters']} parameters, {state['step']} steps")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m lab.training.dewarp.export")
    parser.add_argument("--folder", type=Path, default=Path("lab/runs/dewarp"))
    parser.add_argument("--target", type=Path, default=WEIGHTS)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    export(asked.folder, asked.target, asked.seed)
