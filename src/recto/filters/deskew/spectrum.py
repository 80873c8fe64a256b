"""The power spectrum of a texture, and its sums along rays."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Power = NDArray[np.float32]

AHEAD = 4
"""Columns of negative frequencies before the frequency 0, so that one may interpolate there."""
_ALL_DEG = np.arange(-90.0, 90.0, 0.5)
_FINE_STEP_DEG = 0.05
_FINE_DEG = np.arange(-20, 21) * _FINE_STEP_DEG
_ASIDE_DEG = np.concatenate((np.arange(-5.0, -2.0, 0.25), np.arange(2.25, 5.25, 0.25)))
_COARSE_CLIP, _STRONG_CLIP = 5.0, 30.0
_NEARLY_AS_HIGH = 0.25
"""What a ray may lack of the highest one, as a share of what that has over the median."""
_ABOUT = range(-2, 3)
_FINE_CLIP = 100.0
_BANDS = 4
_APART_DEG = 0.003
_LAST_DEG = 0.9
_LEVEL_DEG, _DENSER, _STRIP_PX = 0.3, 4, 8
_FAST_FACTORS = (2, 3, 5, 7, 11, 13)


def power_spectrum(texture: NDArray[np.float32], size: tuple[int, int]) -> Power:
    """The power of the two-dimensional Fourier transform, zero-padded.

    Parameters
    ----------
    texture : float32 ndarray, shape (h, w)
    size : tuple of int
        ``(H, W)`` to pad to: even, at least ``(h, w)``.

    Returns
    -------
    float32 ndarray, shape (H, W / 2 + 1 + AHEAD)
        Row ``H / 2`` is the frequency 0 along y, column ``AHEAD`` the frequency 0 along x.
    """
    height, width = size
    below, right = height - texture.shape[0], width - texture.shape[1]
    padded = cv2.copyMakeBorder(texture, 0, below, 0, right, cv2.BORDER_CONSTANT, value=(0.0,))
    packed = np.asarray(cv2.dft(padded), dtype=np.float32)
    half = width // 2
    power = np.empty((height, half + 1 + AHEAD), dtype=np.float32)
    body = packed[:, 1:-1] * packed[:, 1:-1]
    middle = height // 2
    power[:, AHEAD], power[:, -1] = _unpacked(packed[:, 0]), _unpacked(packed[:, -1])
    power[middle:, AHEAD + 1 : -1] = body[:middle, ::2] + body[:middle, 1::2]
    power[:middle, AHEAD + 1 : -1] = body[middle:, ::2] + body[middle:, 1::2]
    mirrored = power[::-1, 2 * AHEAD : AHEAD : -1]
    power[1:, :AHEAD] = mirrored[:-1]
    power[0, :AHEAD] = mirrored[-1]
    return power


def _unpacked(column: NDArray[np.float32]) -> NDArray[np.float32]:
    """Power of a packed (CCS) one-dimensional spectrum, all frequencies, 0 in the middle."""
    size = len(column)
    half = size // 2
    power = np.empty(size, dtype=np.float32)
    positive = np.empty(half + 1, dtype=np.float32)
    positive[0] = column[0] ** 2
    positive[half] = column[-1] ** 2
    positive[1:half] = column[1:-1:2] ** 2 + column[2:-1:2] ** 2
    power[half:] = positive[:half]
    power[: half + 1] = positive[::-1]
    return power


def along_rays(
    power: Power, size: tuple[int, int], angles_deg: NDArray[Any], radii: NDArray[Any]
) -> NDArray[np.float32]:
    """The power where text lines of each skew angle have theirs.

    Lines that fall to the right by ``a`` have their energy across them, at ``f (-sin a, cos a)``.

    Parameters
    ----------
    angles_deg : float ndarray, shape (A,), within -180 to 180
    radii : float ndarray, shape (R,)
        Frequencies in cycles per pixel, below one half.

    Returns
    -------
    float32 ndarray, shape (R, A)
    """
    height, width = size
    radians = np.deg2rad(angles_deg)
    flip = np.where(np.sin(radians) > 0, -1.0, 1.0)
    far = radii.astype(np.float32)
    x = np.outer(far, (-np.sin(radians) * flip * width).astype(np.float32))
    y = np.outer(far, (np.cos(radians) * flip * height).astype(np.float32))
    x += np.float32(AHEAD)
    y += np.float32(height // 2)
    return np.asarray(cv2.remap(power, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101))


class Spectrum(NamedTuple):
    """A power spectrum, the size it was padded to, and what it is the spectrum of."""

    power: Power
    size: tuple[int, int]
    texture: NDArray[np.float32]

    @classmethod
    def of(cls, flat: NDArray[np.float32]) -> Spectrum:
        size = (_dft_size(flat.shape[0]), _dft_size(flat.shape[1]))
        return cls(power_spectrum(flat, size), size, flat)


class Coarse(NamedTuple):
    """The highest ray.

    Attributes
    ----------
    angle_deg : float
    axis : int
        0 when the lines are level, 1 when they stand upright (rulings, columns of Chinese).
    height : float
        Over the median of all directions, in median absolute deviations.
    ratio : float
        To that median.
    across : float
        The ray at right angles to it, to that median.
    """

    angle_deg: float
    axis: int
    height: float
    ratio: float
    across: float


def coarse_angles(spectrum: Spectrum, max_angle_deg: float) -> tuple[Coarse, Coarse]:
    """The rays with most power over what is usual at each frequency.

    One ray for level lines, and one for upright lines. Where the latter has more, it may be a page of Chinese
    columns, or of italics, whose slanted strokes are a trap: the lines themselves must decide.
    """
    radii = np.arange(0.02, 0.3, 1.5 / max(spectrum.size))
    rays = np.sqrt(along_rays(spectrum.power, spectrum.size, _ALL_DEG, radii))
    rays /= _middle(rays[:, ::2]) + np.float32(1e-6)
    score, strong = (np.minimum(rays, clip).mean(axis=0) for clip in (_COARSE_CLIP, _STRONG_CLIP))
    middle = float(np.median(score))
    deviation = float(np.median(np.abs(score - middle)))
    # beyond 45 degrees a page of level lines is one of upright lines, turned the other way
    inside = np.abs(_ALL_DEG) <= min(max_angle_deg + 1.0, 45.0)
    quarter = len(score) // 2
    found = []
    for axis in range(2):
        turned, power = (np.roll(kind, axis * quarter) for kind in (score, strong))
        turned = np.where(inside, turned, 0.0)
        # a back that shines through is as regular as the front, but fainter
        top = float(turned.max())
        high = turned >= top - _NEARLY_AS_HIGH * abs(top - middle)
        best = int(np.argmax(np.where(high & inside, power, 0.0)))
        peak = float(turned[best])
        across = float(max(score[best - (1 - axis) * quarter + aside] for aside in _ABOUT))
        height = (peak - middle) / (deviation + 1e-6)
        found.append(Coarse(float(_ALL_DEG[best]), axis, height, peak / (middle + 1e-6), across / (middle + 1e-6)))
    return found[0], found[1]


def _middle(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The median of each row, as a column; the upper one of two."""
    half = rows.shape[1] // 2
    return np.partition(rows, half, axis=1)[:, half : half + 1]


class Reading(NamedTuple):
    """An angle and the error that its source owns to, both in degrees."""

    angle_deg: float
    error_deg: float


def ray_reading(spectrum: Spectrum, about_deg: float, axis: int) -> Reading:
    """The sharpest ray within a degree of ``about_deg``.

    Its error is judged by how broad the ray is over how far it stands above its surroundings, and by how far
    four bands of frequency disagree about it; infinite where the best ray is the last one looked at.
    """
    radii = np.arange(0.02, 0.48, 1.0 / max(spectrum.size))
    around = about_deg + 90.0 * axis
    rays = along_rays(spectrum.power, spectrum.size, np.concatenate((around + _FINE_DEG, around + _ASIDE_DEG)), radii)
    floor = _middle(rays[:, len(_FINE_DEG) :]) + np.float32(1e-6)
    clipped = np.minimum(rays / floor, _FINE_CLIP)
    fine, aside = np.split(clipped, [len(_FINE_DEG)], axis=1)
    offset = _summit(fine.sum(axis=0))
    level = np.abs(about_deg + _FINE_DEG) < _LEVEL_DEG
    if level[np.argmax(fine.sum(axis=0))]:
        # between the bins of a transform power is underrated, and a ray that is nearly level keeps to one row of them
        fine[:, ~level] = np.minimum(fine[:, ~level], aside.mean(axis=1, keepdims=True))
        exact = level_rays(spectrum.texture, axis, about_deg + _FINE_DEG[level], radii)
        fine[:, level] = np.minimum(exact / floor, _FINE_CLIP)
        offset = _summit(fine.sum(axis=0))
    bands = np.add.reduceat(fine, np.arange(_BANDS) * len(radii) // _BANDS, axis=0)
    score, beside = fine.sum(axis=0), aside.sum(axis=0)
    background, roughness = float(beside.mean()), float(beside.std())
    best = float(score.max()) - background
    breadth = max(_FINE_STEP_DEG, _FINE_STEP_DEG * float(np.count_nonzero(score > background + best / 2)))
    apart = float(np.median([abs(_summit(band) - offset) for band in bands]))
    error = np.sqrt((apart + _APART_DEG) * breadth / max(best / (roughness + 1e-6), 1.0))
    return Reading(about_deg + offset, float(error) if abs(offset) < _LAST_DEG else np.inf)


def level_rays(
    texture: NDArray[np.float32], axis: int, angles_deg: NDArray[Any], radii: NDArray[Any]
) -> NDArray[np.float32]:
    """``along_rays`` for angles near 0, from a transform that is four times as dense across the rays.

    Parameters
    ----------
    texture : float32 ndarray, shape (h, w)
    axis : int
        0 for level lines, 1 for upright ones.
    angles_deg : float ndarray, shape (A,)
    radii : float ndarray, shape (R,)

    Returns
    -------
    float32 ndarray, shape (R, A)
    """
    height, width = texture.shape
    length, across = (height, width) if axis else (width, height)
    # along a line the waves are so long that they may be read from strips
    wide = min(_STRIP_PX, length)
    count = length // wide
    strips = texture[: count * wide] if axis else texture[:, : count * wide]
    sums = np.asarray(cv2.resize(strips, (width, count) if axis else (count, height), interpolation=cv2.INTER_AREA))
    slopes = np.tan(np.deg2rad(angles_deg)) * (1.0 if axis else -1.0)
    dense = _DENSER * length
    most = int(np.ceil(radii.max() * np.abs(slopes).max() * dense)) + 1
    phase = np.outer(np.arange(count) * wide, np.arange(most + 1) * (2 * np.pi / dense)).astype(np.float32)
    waves = np.fft.rfft((sums.T if axis else sums) @ np.concatenate((np.cos(phase), np.sin(phase)), axis=1), axis=0)
    even, odd = waves[:, : most + 1], waves[:, most + 1 :]
    power = np.concatenate((np.abs(even + 1j * odd)[:, :0:-1], np.abs(even - 1j * odd)), axis=1).astype(np.float32) ** 2
    power *= np.float32(wide**2)
    x = np.outer(radii, slopes * dense) + most
    y = np.repeat(radii[:, None] * across, len(slopes), axis=1)
    return np.asarray(cv2.remap(power, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR))


def _summit(score: NDArray[np.float32]) -> float:
    """Where a score over ``_FINE_DEG`` is highest, by a parabola."""
    best = int(np.clip(np.argmax(score), 1, len(score) - 2))
    before, here, after = (float(v) for v in score[best - 1 : best + 2])
    bend = before - 2 * here + after
    shift = 0.5 * (before - after) / bend if bend < 0 else 0.0
    return float(_FINE_DEG[best] + np.clip(shift, -1, 1) * _FINE_STEP_DEG)


def _dft_size(count: int) -> int:
    """The next number that the transform is fast for: sixteen times small factors."""
    size = -(-max(count, 16) // 16) * 16
    while _without(size, _FAST_FACTORS) > 1:
        size += 16
    return size


def _without(number: int, factors: tuple[int, ...]) -> int:
    """What is left of a number when it is divided by all these factors as often as it can be."""
    for factor in factors:
        while number % factor == 0:
            number //= factor
    return number
