"""Write the net and its card.

python -m lab.training.binarize.export runs/first/last.pt --note "..."
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import warnings
from pathlib import Path

import torch

from lab.training.binarize.model import InkNet

WEIGHTS = Path("src/recto/nets/weights")


def exported(checkpoint: Path, target: Path) -> InkNet:
    """The averaged weights of a checkpoint as ONNX with free height and width."""
    net = InkNet()
    net.load_state_dict(torch.load(checkpoint, weights_only=True)["average"])
    net.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net,
            (torch.zeros(1, 3, 256, 256),),
            str(target),
            input_names=["planes"],
            output_names=["logit"],
            dynamic_axes={"planes": {2: "height", 3: "width"}, "logit": {2: "height", 3: "width"}},
            opset_version=17,
            dynamo=False,
        )
    return net


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--metrics", default="{}", help="JSON of what was measured")
    parser.add_argument("--data", default="", help="what it was trained on")
    parser.add_argument("--weakness", default="")
    parser.add_argument("--target", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    options.target.mkdir(parents=True, exist_ok=True)
    weights = options.target / "binarize.onnx"
    net = exported(options.checkpoint, weights)
    state = torch.load(options.checkpoint, weights_only=True)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    card = {
        "name": "binarize",
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "parameters": sum(p.numel() for p in net.parameters()),
        "inputs": "planes (1, 3, H, W): luma / 255, luma / background, channel span / 255; H and W multiples of 32",
        "outputs": "logit (1, 1, H, W): above 0 is ink",
        "training_commit": commit,
        "data": options.data,
        "seed": 0,
        "steps": state["step"],
        "hours": round(state["spent_s"] / 3600, 2),
        "metrics": json.loads(options.metrics),
        "weaknesses": options.weakness,
    }
    (options.target / "binarize.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(card, indent=2))


if __name__ == "__main__":
    main()
