"""From the last checkpoint to the two files that ship: weights with half precision, and their card."""

from __future__ import annotations

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

from lab.training.orient.net import Uprightness
from recto.filters.orient.text_patches import PATCH_PX
from recto.nets import WEIGHTS


def export(folder: Path, seed: int) -> None:
    """Write ``orient.onnx`` and ``orient.json`` beside the other nets."""
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    net = Uprightness()
    averaged = {key.removeprefix("module."): value for key, value in state["mean"].items() if key != "n_averaged"}
    net.load_state_dict(averaged)
    model = in_half(graph(net.eval()))
    weights = model.SerializeToString()
    WEIGHTS.mkdir(exist_ok=True)
    (WEIGHTS / "orient.onnx").write_bytes(weights)
    path = WEIGHTS / "orient.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    card: dict[str, Any] = {
        "name": "orient",
        "task": "score of how upright a patch of text looks",
        "sha256": hashlib.sha256(weights).hexdigest(),
        "parameters": sum(p.numel() for p in net.parameters()),
        "training_commit": commit(),
        "recipe": "python -m lab.training.orient --minutes 45 (pages rendered by lab/pages only; no scanned page)",
        "seed": seed,
        "steps": state["step"],
        "pages": state["pages"],
        "hours": round(state["hours"], 2),
        "metrics": before.get("metrics", {}),
        "fails_on": before.get("fails_on", []),
    }
    path.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"orient.onnx: {len(weights)} bytes, {card['parameters']} parameters, {state['step']} steps")


def graph(net: Uprightness) -> onnx.ModelProto:
    """The net as ONNX: input ``patches`` (N, 1, 96, 96), output ``score`` (N,)."""
    packed = io.BytesIO()
    torch.onnx.export(
        net,
        (torch.zeros(2, 1, PATCH_PX, PATCH_PX),),
        packed,
        input_names=["patches"],
        output_names=["score"],
        dynamic_axes={"patches": {0: "n"}, "score": {0: "n"}},
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
