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
from torch import Tensor, nn

from lab.training.binarize.model import PLANES, InkNet
from lab.training.binarize.planes import SCALES

WEIGHTS = Path("src/recto/nets/weights")


class Shipped(nn.Module):
    """The net as it ships: bytes in, 0 certain ink to 255 certain paper out.

    The folding of the input into its first convolution is written as one convolution of stride 2, which ONNX Runtime
    computes without moving the samples about; the scales of the planes are part of its weights.
    """

    def __init__(self, net: InkNet) -> None:
        super().__init__()
        self.net = net
        folded = net.enter[0].weight.detach()
        width, planes = folded.shape[0], folded.shape[1] // 4
        side = 2 * folded.shape[2]
        kernel = torch.zeros(width, planes, side, side)
        for plane in range(planes):
            for row in range(2):
                for column in range(2):
                    kernel[:, plane, row::2, column::2] = folded[:, 4 * plane + 2 * row + column]
        self.enter = nn.Conv2d(planes, width, side, 2, side // 2 - 1, bias=False)
        self.enter.weight = nn.Parameter(kernel / torch.from_numpy(SCALES))

    def forward(self, planes: Tensor) -> Tensor:
        entered = self.net.enter[2](self.net.enter[1](self.enter(planes)))
        return 255 * torch.sigmoid(-self.net.after(entered))


def exported(checkpoint: Path, target: Path) -> InkNet:
    """The averaged weights of a checkpoint as ONNX with free height and width."""
    net = InkNet()
    net.load_state_dict(torch.load(checkpoint, weights_only=True)["average"])
    net.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Shipped(net).eval(),
            (torch.zeros(1, PLANES, 256, 256),),
            str(target),
            input_names=["planes"],
            output_names=["paper"],
            dynamic_axes={"planes": {2: "height", 3: "width"}, "paper": {2: "height", 3: "width"}},
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
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--recipe", default="", help="how it was trained, the runs before among it")
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
        "input": "planes, float32 (1, 4, H, W), each 0 to 255: luma; luma over background, 204 on paper; span of the "
        "channels; depth beside the ink nearby, 128 for its own; H and W multiples of 32",
        "output": "paper, float32 (1, 1, H, W): 0 certain ink, 255 certain paper",
        "training_commit": commit,
        "data": options.data,
        "recipe": options.recipe,
        "seed": options.seed,
        "steps": state["step"],
        "hours": round(state["hours"], 2),
        "metrics": json.loads(options.metrics),
        "weaknesses": options.weakness,
    }
    (options.target / "binarize.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(card, indent=2))


if __name__ == "__main__":
    main()
