"""ONNX sessions and model cards.

A net is two files in ``weights/``: ``<name>.onnx`` and its card ``<name>.json``, which says how it was made and
holds the sha256 of the weights. A net whose weights do not match its card is not run.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from recto.errors import EngineError

if TYPE_CHECKING:
    import onnxruntime

WEIGHTS = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class Net:
    """A loaded net.

    Attributes
    ----------
    card : dict
        The net's passport: sha256, parameters, training commit, data recipe, seed, hours, metrics, weaknesses.
    """

    card: dict[str, Any]
    _session: onnxruntime.InferenceSession

    def run(self, **inputs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """The outputs, in the order of the graph, for inputs given by their names in the graph."""
        outputs: list[NDArray[np.float32]] = self._session.run(None, inputs)
        return outputs


@cache
def load(name: str) -> Net:
    """The net of that name, loaded once per process, on one thread.

    Raises
    ------
    EngineError
        The weights are missing or are not those of the card.
    """
    card_path, weights_path = WEIGHTS / f"{name}.json", WEIGHTS / f"{name}.onnx"
    if not card_path.is_file() or not weights_path.is_file():
        raise EngineError(f"The net {name!r} is not part of this installation.")
    card = json.loads(card_path.read_text(encoding="utf-8"))
    weights = weights_path.read_bytes()
    if hashlib.sha256(weights).hexdigest() != card["sha256"]:
        raise EngineError(f"The weights of the net {name!r} are not those that its card describes.")
    # Its wheels tell their maker when they are used, and keep an id for it; a page's filter talks to nobody.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # slow to import, and most recipes need no net

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # it would hold the memory of a second run beside that of the first
    options.log_severity_level = 3
    return Net(card, onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"]))
