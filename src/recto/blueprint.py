"""What a filter is.

A filter is a folder of ``recto.filters`` with a door (``__init__.py``), a params model and its algorithm files.
It says what it found as estimates with a confidence, apart from applying it, and leaves the page as it is,
with a note, when it is not sure.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from recto.raster import BackwardMap, Dpi, Page


class Params(BaseModel):
    """The base of every filter's parameters: closed, frozen, and each field with a description.

    The model is the filter's API schema, its CLI options and its docs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Estimate:
    """The base of what filters find on a page.

    Attributes
    ----------
    name : str
        The key under which it is reported, such as ``skew``.
    confidence : float
        0 no evidence, 1 certain.
    """

    name: ClassVar[str]
    confidence: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, rounded to what is meaningful."""
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items()}


@dataclass(frozen=True)
class Change:
    """What a filter that changes samples gives back.

    Attributes
    ----------
    page : Page or None
        The new page, or None when the page is left exactly as it is.
    estimates, notes
        What was found, and sentences for the user, such as ``left as it is: no text lines found``.
    """

    page: Page | None
    estimates: tuple[Estimate, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Move:
    """What a geometry filter gives back.

    Attributes
    ----------
    backward : BackwardMap or None
        From the points of the output to the points of the page; None leaves the page exactly as it is.
    dpi : Dpi or None
        Resolution of the output; None with a map means that it is no longer known.
    estimates, notes
        As in ``Change``.
    fill : tuple of int or None
        One value per channel for what lies beyond the page; the paper's colour by default.
    """

    backward: BackwardMap | None
    dpi: Dpi | None = None
    estimates: tuple[Estimate, ...] = ()
    notes: tuple[str, ...] = ()
    fill: tuple[int, ...] | None = None


P = TypeVar("P", bound=Params)


class Filter(ABC, Generic[P]):
    """The base of all filters.

    Attributes
    ----------
    name : str
        As it is written in a recipe.
    summary : str
        One sentence for ``recto filters`` and the docs.
    params : type
        The params model; every field has a default.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    params: type[P]

    def inspect(self, page: Page, params: P) -> tuple[Estimate, ...]:
        """What the filter finds, without applying it. Nothing by default."""
        return ()


class PixelFilter(Filter[P]):
    """Changes samples and keeps height, width and DPI."""

    @abstractmethod
    def apply(self, page: Page, params: P) -> Change: ...


class ScaleFilter(Filter[P]):
    """Multiplies shape and DPI, making its own detail."""

    @abstractmethod
    def apply(self, page: Page, params: P) -> Change: ...

    @abstractmethod
    def output_shape(self, page: Page, params: P) -> tuple[int, int]:
        """``(H, W)`` that ``apply`` would give, for the limit on pixels."""


class GeometryFilter(Filter[P]):
    """Looks at pixels and says where each output pixel reads; resamples nothing.

    Attributes
    ----------
    looks : bool
        False when the answer does not depend on the pixels, only on the shape.
    """

    looks: ClassVar[bool] = True

    @abstractmethod
    def find(self, page: Page, params: P) -> Move: ...

    def inspect(self, page: Page, params: P) -> tuple[Estimate, ...]:
        """The estimates of ``find``."""
        return self.find(page, params).estimates
