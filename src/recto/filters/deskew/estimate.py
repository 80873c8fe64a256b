"""The skew of a page: one spectrum says where the lines of text point, the lines themselves say it exactly.

1. ``normalise``: shrink by area, turn text into a texture of even strength.
2. ``spectrum``: the power along rays from the origin, whitened; its highest ray is the coarse angle, and a
   closer look at the rays around it the fine one.
   A halftone screen, which the spectrum betrays (``screens``), is blurred away first.
3. ``strips`` and ``baselines``: shear the page until its lines are level and fit a line to the edges of every line of
   text; their robust agreement is the angle, their disagreement its uncertainty.
4. ``readings``: the lines, their ray, and the ray at right angles to it (margins, rules, columns) each read the
   angle with an error of their own; those that agree are averaged.
5. Where upright lines are the clearer ones, both axes are read; where the readings leave a doubt, or the darkest lines
   contradict all lines, the page is read again without its faint ink: its back may shine through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recto.blueprint import Estimate
from recto.filters.deskew.baselines import Agreement, agreed_angle
from recto.filters.deskew.normalise import front_alone, shrunk, smaller, texture
from recto.filters.deskew.readings import LEAST_ERROR_DEG, combined
from recto.filters.deskew.screens import screen_frequency, without_screen
from recto.filters.deskew.spectrum import Coarse, Reading, Spectrum, coarse_angles, ray_reading
from recto.raster import Page

_SMALLEST_PX, _LONGEST = 32, 80
_LEVEL_FIRST = 9.0
_NO_RAY = 1.25
_ENOUGH_LINES = 30
_UNSURE_DEG = 0.12
_CLEARER, _SAME_DEG = 1.2, 0.3
"""How much higher the upright ray must be, and how near the angles of both axes, for the readings of both to count."""
_SCREENED = 2.0
_SURE_DEG, _NEARLY_STRAIGHT_DEG, _SAYS_STRAIGHT_DEG = 0.03, 0.1, 0.012
"""The error of a reading that is heard, the angles of pages for which it is, and what counts as straight."""
_READINGS_APART_DEG, _FAR_SURER = 0.05, 0.5
"""The error from which on a page is looked at again without its faint ink, and what that must make of it."""
_STRICTER_UPRIGHT = 0.4
_STEEP_DEG = (2.0, 5.0)
_LOOSE_DEG, _LOOSE_FAINT_DEG = (0.016, 0.028), (0.008, 0.014)
_LOW_RATIO = (2.3, 2.6)
_STRICTER_STEEP = 0.6
_STROKES = (0.98, 1.08)
_LOW_HEIGHT = (12.0, 15.0)
_ENOUGH_TO_TELL = (5.0, 13.0)
_ENOUGH_IF_PLAIN = (2.0, 6.0)
_PLAIN_RATIO = (3.0, 3.8)
_PLAIN_HEIGHT = (15.0, 22.0)
_PLAIN_DEG = (0.008, 0.016)


@dataclass(frozen=True)
class Skew(Estimate):
    """By how much the lines of text are turned.

    Attributes
    ----------
    angle_deg : float
        Positive when the page is turned clockwise: its lines fall to the right.
    """

    name: ClassVar[str] = "skew"
    angle_deg: float


class Evidence(NamedTuple):
    """What the confidence is made of.

    Attributes
    ----------
    angle_deg : float
    uncertain_deg : float
        The standard error of the angle; doubled where a screen was found.
    least_deg : float
        The smallest angle, of either sign, that one of the readings says and is sure of; infinite if none is.
    height : float
        The coarse peak over its background, in median absolute deviations.
    ratio : float
        The coarse peak over the median of all directions.
    across : float
        The ray at right angles to it over that median.
    moved_deg : float
        How far the lines of text moved the angle that the spectrum had found.
    error_deg : float
        The standard error of the lines' agreement.
    lines : int
        Upper and lower edges of lines that took part.
    axis : int
        0 for level lines, 1 for upright ones.
    contrast : float
        How far the strongest hundredth of the shrunk page stands out, in grey levels.
    two_inks : bool
        The lines of the most ink say something else than all.
    """

    angle_deg: float
    uncertain_deg: float
    least_deg: float
    height: float
    ratio: float
    across: float
    moved_deg: float
    error_deg: float
    lines: int
    axis: int
    contrast: float
    two_inks: bool = False


def estimate_skew(page: Page, max_angle_deg: float = 15.0) -> Skew:
    """The skew of the text body and how sure it is.

    Parameters
    ----------
    page : Page
    max_angle_deg : float
        Angles beyond it are looked for no further than one degree.
    """
    return skew_and_error(page, max_angle_deg)[0]


def skew_and_error(page: Page, max_angle_deg: float) -> tuple[Skew, float]:
    """The skew, and the standard error of its angle in degrees.

    The error is at least the angle itself where the page is nearly straight and one reading says that it is: such a
    page is worth no resampling.
    """
    if min(page.shape) < max(_SMALLEST_PX, max(page.shape) // _LONGEST):
        return Skew(confidence=0.0, angle_deg=0.0), float("inf")
    evidence = gather(page, max_angle_deg)
    error_deg = evidence.uncertain_deg
    if abs(evidence.angle_deg) < _NEARLY_STRAIGHT_DEG and evidence.least_deg < _SAYS_STRAIGHT_DEG:
        # most pages are quite straight, so that the other readings may well be misled
        error_deg = max(error_deg, abs(evidence.angle_deg))
    return Skew(confidence=_confidence(evidence), angle_deg=evidence.angle_deg), error_deg


def gather(page: Page, max_angle_deg: float) -> Evidence:
    """Look at a page of at least 32 by 32 pixels and at most 80 times as long as wide."""
    small, larger = shrunk(page, page.pixel_aspect)
    flat, contrast = texture(small)
    spectrum = Spectrum.of(flat)
    screen = screen_frequency(spectrum)
    if screen is not None:
        larger = without_screen(small, screen)
        flat, contrast = texture(larger)
        spectrum = Spectrum.of(flat)
    evidence = _seen(larger, spectrum, contrast, max_angle_deg)
    if evidence.two_inks or evidence.uncertain_deg > _READINGS_APART_DEG:
        front = front_alone(larger)
        again = _seen(front, Spectrum.of(texture(smaller(front))[0]), contrast, max_angle_deg)
        if evidence.two_inks or again.uncertain_deg < _FAR_SURER * evidence.uncertain_deg:
            evidence = again
    if screen is not None:
        # what is left of the screen, and the level things in its picture, agree more closely than they should
        evidence = evidence._replace(uncertain_deg=_SCREENED * evidence.uncertain_deg)
    # lines that fall by 46 degrees are upright ones, turned by 44 the other way
    quarter_deg = float(np.copysign(90.0, evidence.angle_deg)) if abs(evidence.angle_deg) > 45.0 else 0.0
    return evidence._replace(angle_deg=evidence.angle_deg - quarter_deg)


def _seen(page: NDArray[np.uint8], spectrum: Spectrum, contrast: float, max_angle_deg: float) -> Evidence:
    """What the rays and lines of a page say."""
    level_ray, upright_ray = coarse_angles(spectrum, max_angle_deg)
    if level_ray.ratio < _NO_RAY < upright_ray.ratio:
        # margins and columns have a ray where lines have none to speak of
        level_ray = level_ray._replace(angle_deg=upright_ray.angle_deg, across=upright_ray.ratio)
    first, second = _looks(page, spectrum, level_ray, upright_ray)
    evidence = _evidence(spectrum, first, second, contrast)
    if second is None:
        return evidence
    other = _evidence(spectrum, second, first, contrast)._replace(angle_deg=evidence.angle_deg)
    return max(evidence, other, key=_confidence)


def _looks(
    page: NDArray[np.uint8], spectrum: Spectrum, level_ray: Coarse, upright_ray: Coarse
) -> tuple[_Look, _Look | None]:
    """The axis that the lines of text lie along, and the other one where it says the same."""
    level = _look(page, spectrum, level_ray)
    # where level lines agree as closely as this, no others can be ahead of them
    in_doubt = level.reading.error_deg > _LEVEL_FIRST * LEAST_ERROR_DEG
    if not in_doubt or (upright_ray.ratio <= level_ray.ratio and level.lines.error_deg <= _UNSURE_DEG):
        return level, None
    upright = _look(page, spectrum, upright_ray)
    as_many = upright.lines.lines >= max(_ENOUGH_LINES, level.lines.lines / 2)
    ahead = upright.lines.error_deg * _LEVEL_FIRST < level.lines.error_deg
    if as_many and ahead and upright.reading.error_deg * _LEVEL_FIRST < level.reading.error_deg:
        return upright, None
    # a scanner's shear or perspective turns one axis against the other; where they agree, the clearer one is the better
    apart_deg = abs(level.reading.angle_deg - upright.reading.angle_deg)
    if upright_ray.ratio > _CLEARER * level_ray.ratio and apart_deg < _SAME_DEG:
        return upright, level
    return level, None


def _evidence(spectrum: Spectrum, look: _Look, other: _Look | None, contrast: float) -> Evidence:
    """What one axis says, with the ray across it, and with the lines of the other one where they say the same."""
    coarse, along, lines = look
    about_deg = lines.angle_deg if lines.error_deg < _UNSURE_DEG else along.angle_deg
    across = ray_reading(spectrum, about_deg, 1 - coarse.axis) if other is None else other.along
    angle_deg, uncertain_deg = combined(lines, along, across, others=other.lines if other else None)
    moved_deg = lines.angle_deg - along.angle_deg
    sure = [abs(reading.angle_deg) for reading in (lines, along, across) if reading.error_deg < _SURE_DEG]
    return Evidence(
        angle_deg,
        uncertain_deg,
        min(sure, default=np.inf),
        coarse.height,
        coarse.ratio,
        coarse.across,
        moved_deg,
        lines.error_deg,
        lines.lines,
        coarse.axis,
        contrast,
        lines.two_inks,
    )


class _Look(NamedTuple):
    """One of the two axes: its coarse ray, the sharpest ray there, and what the lines say."""

    coarse: Coarse
    along: Reading
    lines: Agreement

    @property
    def reading(self) -> Reading:
        """The lines and their ray together."""
        return combined(self.lines, self.along)


def _look(page: NDArray[np.uint8], spectrum: Spectrum, coarse: Coarse) -> _Look:
    """From a coarse angle to that of the lines."""
    along = ray_reading(spectrum, coarse.angle_deg, coarse.axis)
    level = np.ascontiguousarray(np.rot90(page)) if coarse.axis else page
    return _Look(coarse, along, agreed_angle(level, along.angle_deg))


def _confidence(evidence: Evidence) -> float:
    """The weakest of the evidence, each on a scale on which 0.5 parts pages of text from all else.

    The limits were measured on turned and degraded pages of text on the one hand, and blank, dirty, noisy,
    photographed and drawn ones on the other (``lab.benchmarks.skew``).
    """
    error_deg = min(evidence.error_deg, evidence.uncertain_deg)
    tolerated_deg = np.interp(evidence.lines, (16, 60), (0.05, 0.11)) * (_STRICTER_UPRIGHT if evidence.axis else 1.0)
    # Pages of text are seldom steep, and chance picks any angle: what is steep needs lines that agree closely, or a
    # higher ray than a photograph has.
    steep = np.interp(abs(evidence.angle_deg), _STEEP_DEG, (0.0, 1.0))
    loose = np.interp(error_deg, _LOOSE_DEG, (0.0, 1.0))
    stricter = _STRICTER_STEEP * float(steep * loose)
    # Lines that agree loosely on a low ray are a photographed book, which is inked, or a photograph, which is not.
    low = np.interp(evidence.ratio, _LOW_RATIO, (1.0, 0.0)) * np.interp(evidence.height, _LOW_HEIGHT, (1.0, 0.0))
    faint = float(np.interp(error_deg, _LOOSE_FAINT_DEG, (0.0, 1.0)) * low)
    # A black border outshines the lines of text, so that only its own few edges count; with a high ray and readings
    # that all agree they are enough.
    plain = np.interp(evidence.ratio, _PLAIN_RATIO, (0.0, 1.0)) * np.interp(evidence.height, _PLAIN_HEIGHT, (0.0, 1.0))
    plain *= np.interp(evidence.uncertain_deg, _PLAIN_DEG, (1.0, 0.0))
    enough = (np.interp(plain, (0.0, 1.0), limits) for limits in zip(_ENOUGH_TO_TELL, _ENOUGH_IF_PLAIN, strict=True))
    sides = (
        _ramp(evidence.ratio, 1.1 + stricter, 1.7 + stricter),
        # lines of text have strokes and margins across them, tables have rules; grain, weave and hatching have none
        _ramp(evidence.across, *_STROKES),
        _ramp(evidence.lines, *map(float, enough)),
        _ramp(evidence.contrast, 2 + 30 * faint, 10 + 88 * faint),
        _ramp(evidence.error_deg / tolerated_deg, 1.7, 0.3),
        _ramp(abs(evidence.moved_deg), 3.0, 1.4),
        # level lines at 45 degrees are upright ones at -45: which they are must be told apart by more than the error
        _ramp((45.0 - abs(evidence.angle_deg)) / evidence.uncertain_deg, 1.0, 3.0),
    )
    return min(sides)


def _ramp(value: float, none: float, full: float) -> float:
    """0 at ``none``, 1 at ``full``, straight in between."""
    return float(np.clip((value - none) / (full - none), 0.0, 1.0))
