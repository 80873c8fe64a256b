"""Recipes for common kinds of pages, by name."""

from __future__ import annotations

from typing import Any

PRESETS: dict[str, tuple[dict[str, Any], ...]] = {
    "scan": ({"filter": "orient"}, {"filter": "deskew"}, {"filter": "binarize"}),
    "phone photo": (
        {"filter": "dewarp"},
        {"filter": "orient"},
        {"filter": "deskew"},
        {"filter": "whiten"},
        {"filter": "upsample"},
    ),
    "old book": ({"filter": "dewarp"}, {"filter": "deskew"}, {"filter": "binarize"}),
    "fax": ({"filter": "deskew"}, {"filter": "upsample", "scale": 2}),
    "receipt": (
        {"filter": "dewarp"},
        {"filter": "orient"},
        {"filter": "contrast"},
        {"filter": "upsample"},
        {"filter": "binarize"},
    ),
}
"""None of them has the name of a filter."""
