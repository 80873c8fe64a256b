"""The library's face: a whole recipe in one call, and one plain function per filter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recto import codec
from recto.errors import UnreadableImageError
from recto.pipeline import Outcome, Recipe, plan
from recto.pipeline import run as run_plan
from recto.raster import Page
from recto.raster.page import Samples

Source = str | Path | bytes | bytearray | memoryview | NDArray[Any] | Page
"""A path, the bytes of an image or PDF file, an array of samples, or a page."""


def run(
    source: Source, recipe: Recipe, *, page: int = 1, limits: codec.Limits | None = None, pdf_dpi: int = 300
) -> Outcome:
    """Take one page through a recipe.

    Parameters
    ----------
    source : path, bytes, ndarray or Page
        An array is uint8 of shape (H, W) or (H, W, 3) in the order R, G, B, or a bool mask that is True on ink.
    recipe : str or sequence
        ``"deskew,binarize"``, or JSON, or the same as Python objects:
        ``[{"filter": "deskew", "max_angle_deg": 45}, "binarize"]``.
    page : int
        Which page or frame of a file with many, from 1.
    limits : codec.Limits, optional
        What is refused before it is decoded.
    pdf_dpi : int
        Pixels per inch at which PDF pages are drawn.

    Returns
    -------
    Outcome
        ``outcome.page.samples`` is the picture, ``outcome.estimates`` what was found, ``outcome.notes`` what to know.

    Raises
    ------
    RecipeError
        Before the source is opened.
    InputError
        The source cannot be read, exceeds a limit, or has no such page.
    OSError
        The path cannot be opened.
    TypeError
        The source is none of these.

    Examples
    --------
    >>> import numpy as np, recto
    >>> outcome = recto.run(np.full((40, 30), 255, np.uint8), "deskew")
    >>> outcome.page.samples.shape
    (40, 30)
    """
    checked = plan(recipe)
    for number, decoded in enumerate(_pages(source, limits, pdf_dpi), start=1):
        if number == page:
            return run_plan(decoded, checked)
    raise UnreadableImageError(f"There is no page {page} in this file.")


def run_pages(
    source: Source, recipe: Recipe, *, limits: codec.Limits | None = None, pdf_dpi: int = 300
) -> Iterator[Outcome]:
    """Take every page of a source through a recipe, one at a time; as ``run`` otherwise."""
    checked = plan(recipe)
    return (run_plan(decoded, checked) for decoded in _pages(source, limits, pdf_dpi))


def rotate(samples: NDArray[Any], angle_deg: float, *, canvas: str = "expand") -> Samples:
    """Turn a page clockwise by ``angle_deg`` degrees; quarter turns copy pixels exactly.

    See Also
    --------
    recto.filters.rotate.RotateParams : every parameter with its range.
    """
    return _one(samples, "rotate", angle_deg=angle_deg, canvas=canvas)


def orient(samples: NDArray[Any], **params: Any) -> Samples:
    """Turn a page upright by a quarter or half turn, exactly; unchanged when unsure.

    See Also
    --------
    recto.filters.orient.OrientParams : every parameter with its range.
    """
    return _one(samples, "orient", **params)


def deskew(samples: NDArray[Any], **params: Any) -> Samples:
    """Turn a page straight; the very same values when it is straight already or has no text to go by.

    See Also
    --------
    recto.filters.deskew.DeskewParams : every parameter with its range.
    """
    return _one(samples, "deskew", **params)


def dewarp(samples: NDArray[Any], **params: Any) -> Samples:
    """Flatten a photographed page; unchanged when it is flat or cannot be improved.

    See Also
    --------
    recto.filters.dewarp.DewarpParams : every parameter with its range.
    """
    return _one(samples, "dewarp", **params)


def upsample(samples: NDArray[Any], scale: float | None = None, **params: Any) -> Samples:
    """Enlarge a page by ``scale``, sharper than interpolation.

    See Also
    --------
    recto.filters.upsample.UpsampleParams : every parameter with its range.
    """
    return _one(samples, "upsample", **({} if scale is None else {"scale": scale}), **params)


def binarize(samples: NDArray[Any], **params: Any) -> Samples:
    """Black ink (0) on white paper (255), shape (H, W).

    See Also
    --------
    recto.filters.binarize.BinarizeParams : every parameter with its range.
    """
    return _one(samples, "binarize", **params)


def whiten(samples: NDArray[Any], **params: Any) -> Samples:
    """White paper without shadows, with the colours of ink and pictures kept.

    See Also
    --------
    recto.filters.whiten.WhitenParams : every parameter with its range.
    """
    return _one(samples, "whiten", **params)


def contrast(samples: NDArray[Any], **params: Any) -> Samples:
    """Stretch the tones of a page so that paper is bright and ink is dark.

    See Also
    --------
    recto.filters.contrast.ContrastParams : every parameter with its range.
    """
    return _one(samples, "contrast", **params)


def _one(samples: NDArray[Any], name: str, **params: Any) -> Samples:
    """One filter on an array; the result may be a read-only view of the input when nothing changed."""
    return run_plan(Page.of(np.asarray(samples)), plan([{"filter": name, **params}])).page.samples


def _pages(source: Source, limits: codec.Limits | None, pdf_dpi: int) -> Iterator[Page]:
    if isinstance(source, Page):
        return iter((source,))
    if isinstance(source, np.ndarray):
        return iter((Page.of(source),))
    if not isinstance(source, str | Path | bytes | bytearray | memoryview):
        kind = type(source).__name__
        raise TypeError(
            f"a source is a path, the bytes of a file, a numpy array or a Page, not {kind};"
            " of a PIL picture take numpy.asarray(picture.convert('RGB'))"
        )
    data = Path(source).read_bytes() if isinstance(source, str | Path) else bytes(source)
    return iter(codec.decode(data, limits or codec.Limits(), pdf_dpi=pdf_dpi))
