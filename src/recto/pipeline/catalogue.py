"""The filters there are, one line each."""

from __future__ import annotations

import difflib
from typing import Any

from recto.blueprint import Filter
from recto.errors import UnknownFilterError
from recto.filters.binarize import Binarize
from recto.filters.contrast import Contrast
from recto.filters.deskew import Deskew
from recto.filters.dewarp import Dewarp
from recto.filters.orient import Orient
from recto.filters.rotate import Rotate
from recto.filters.upsample import Upsample
from recto.filters.whiten import Whiten

CATALOGUE: dict[str, Filter[Any]] = {
    entry.name: entry
    for entry in (
        Rotate(),
        Orient(),
        Deskew(),
        Dewarp(),
        Upsample(),
        Contrast(),
        Whiten(),
        Binarize(),
    )
}


def filter_named(name: str) -> Filter[Any]:
    """The filter of that name.

    Raises
    ------
    UnknownFilterError
        Lists the known ones.
    """
    try:
        return CATALOGUE[name]
    except KeyError:
        known = ", ".join(CATALOGUE)
        near = difflib.get_close_matches(name, CATALOGUE, 1)
        perhaps = f"; did you mean {near[0]}?" if near else "."
        raise UnknownFilterError(f"There is no filter {name!r}{perhaps} The filters are: {known}.") from None
