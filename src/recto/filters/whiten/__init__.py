"""White paper under even light, with every colour kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from recto.blueprint import Change, Estimate, Params, PixelFilter
from recto.filters.whiten.deepen import deepened
from recto.filters.whiten.light import Light, lit_evenly
from recto.raster import Kind, Page

__all__ = ["Paper", "Whiten", "WhitenParams"]

_WHITE = 252


class WhitenParams(Params):
    strength: float = Field(1.0, ge=0.0, le=1.0, description="0 leaves the page, 1 makes its paper white.")
    keep_pictures: bool = Field(
        True, description="Pictures, highlighter and coloured boxes keep their tones; false whitens whatever is wide."
    )
    deepen: float = Field(
        0.0,
        ge=0.0,
        le=1.0,
        description="Darkens pale print, at 1 up to twice as far from its paper, for readers with one threshold.",
    )
    least_confidence: float = Field(
        0.35, ge=0.0, le=1.0, description="Below this share of paper the page is left as it is."
    )


@dataclass(frozen=True)
class Paper(Estimate):
    """The paper and the light on it.

    Attributes
    ----------
    red, green, blue : int
        The paper's usual colour, gamma-encoded, 0 to 255; all alike on a grey page.
    evenness : float
        Brightness of the darkest twentieth of the paper over that of the brightest, 0 to 1: 1 under even light.

    The confidence is the share of the page that has the paper's hue, 0 to 1.
    """

    name: ClassVar[str] = "paper"
    red: int
    green: int
    blue: int
    evenness: float


class Whiten(PixelFilter[WhitenParams]):
    name: ClassVar[str] = "whiten"
    summary: ClassVar[str] = "Make the paper white and the light even; ink and pictures keep their colours."
    params = WhitenParams

    def inspect(self, page: Page, params: WhitenParams) -> tuple[Estimate, ...]:
        return (_paper(_light(page, params)),)

    def apply(self, page: Page, params: WhitenParams) -> Change:
        light = _light(page, params)
        found = _paper(light)
        why = _reason_to_leave(page, light, found, params)
        if why:
            return Change(None, (found,), (f"left as it is: {why}",))
        done = params.strength == 0.0 or _is_white(found)
        samples = page.samples if done else lit_evenly(page.samples, light, params.strength)
        if params.deepen > 0.0:
            samples = deepened(samples, light.kept, params.deepen)
        return Change(Page(samples, page.kind, page.dpi), (found,))


def _light(page: Page, params: WhitenParams) -> Light:
    return Light.of(page.samples, params.keep_pictures, two_tones=page.kind is Kind.BINARY)


def _paper(light: Light) -> Paper:
    red, green, blue = (light.colour * 3)[:3] if len(light.colour) == 1 else light.colour
    return Paper(light.paper_share, red, green, blue, light.evenness)


def _is_white(found: Paper) -> bool:
    return min(found.red, found.green, found.blue) >= _WHITE and found.evenness >= 0.98


def _reason_to_leave(page: Page, light: Light, found: Paper, params: WhitenParams) -> str:
    if page.kind is Kind.BINARY:
        return "it is black and white already"
    if params.strength == 0.0 and params.deepen == 0.0:
        return "the strength is zero"
    if max(light.colour) < 48:
        return "it has no bright paper"
    if _is_white(found) and params.deepen == 0.0:
        return "the paper is white already"
    if found.confidence < params.least_confidence:
        return "most of it is not paper"
    return ""
