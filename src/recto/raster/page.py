"""A page: read-only pixels with their kind and resolution."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint8]


class Kind(StrEnum):
    """How the samples of a page are to be read.

    BINARY
        One channel that holds only ink (0) and paper (255).
    GREY
        One channel of gamma-encoded luma, 0 black to 255 white.
    COLOUR
        Three channels, gamma-encoded sRGB in the order R, G, B.
    """

    BINARY = "binary"
    GREY = "grey"
    COLOUR = "colour"


class Dpi(NamedTuple):
    """Pixels per inch along x and y, both positive."""

    x: float
    y: float

    def scaled(self, factor_x: float, factor_y: float | None = None) -> Dpi:
        """The resolution of the same paper drawn with ``factor`` times as many pixels."""
        return Dpi(self.x * factor_x, self.y * (factor_x if factor_y is None else factor_y))


@dataclass(frozen=True, eq=False)
class Page:
    """Pixels that nobody may write to, their kind, and their resolution if it is known.

    Attributes
    ----------
    samples : uint8 ndarray, shape (H, W) or (H, W, 3)
        Read-only. H and W are at least 1. A colour page has three channels in the order R, G, B.
    kind : Kind
        Colour, grey or binary.
    dpi : Dpi or None
        Pixels per inch; None when the source does not say or says something absurd.

    Raises
    ------
    ValueError
        If the shape or dtype does not fit the kind.
    """

    samples: Samples = field(repr=False)
    kind: Kind
    dpi: Dpi | None = None

    def __post_init__(self) -> None:
        samples = self.samples
        if samples.dtype != np.uint8:
            raise ValueError(f"samples must be uint8, not {samples.dtype}")
        wanted = 3 if self.kind is Kind.COLOUR else 2
        if samples.ndim != wanted or (wanted == 3 and samples.shape[2] != 3):
            raise ValueError(f"a {self.kind} page cannot have samples of shape {samples.shape}")
        if samples.shape[0] < 1 or samples.shape[1] < 1:
            raise ValueError("a page has at least one pixel")
        if samples.flags.writeable:
            view = samples.view()
            view.flags.writeable = False
            object.__setattr__(self, "samples", view)

    @property
    def pixel_aspect(self) -> float:
        """Width over height of a pixel: 1 unless the resolution credibly says otherwise, as faxes do."""
        if self.dpi is None or min(self.dpi) < 50 or max(self.dpi) > 1300:
            return 1.0
        ratio = self.dpi.y / self.dpi.x
        return ratio if 0.33 <= ratio <= 3.0 else 1.0

    @property
    def height_px(self) -> int:
        return int(self.samples.shape[0])

    @property
    def width_px(self) -> int:
        return int(self.samples.shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """``(H, W)`` in pixels, without the channels."""
        return self.height_px, self.width_px

    @classmethod
    def of(cls, samples: NDArray[np.generic], dpi: Dpi | None = None) -> Page:
        """Wrap an array, reading its kind off its shape and values.

        Parameters
        ----------
        samples : ndarray, shape (H, W) or (H, W, 3), bool or uint8
            A bool array is a mask: True is ink. A uint8 array of two dimensions is binary when it
            holds nothing but 0 and 255, and grey otherwise.

        Raises
        ------
        ValueError
            For any other shape or dtype.
        """
        if samples.dtype == np.bool_:
            return cls(np.where(samples, 0, 255).astype(np.uint8), Kind.BINARY, dpi)
        if samples.dtype != np.uint8:
            raise ValueError(f"samples must be uint8 or bool, not {samples.dtype}")
        array = np.asarray(samples, dtype=np.uint8)
        if array.ndim == 3:
            return cls(array, Kind.COLOUR, dpi)
        two_toned = array.ndim == 2 and bool(((array == 0) | (array == 255)).all())
        return cls(array, Kind.BINARY if two_toned else Kind.GREY, dpi)
