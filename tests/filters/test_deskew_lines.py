"""The lines of text that deskew reads: what the strips keep of a sheared page, and on what lines agree."""

from __future__ import annotations

import numpy as np
import pytest

from recto.filters.deskew.baselines import Agreement, Slopes, agreed
from recto.filters.deskew.normalise import front_alone, texture
from recto.filters.deskew.readings import combined
from recto.filters.deskew.screens import without_screen
from recto.filters.deskew.spectrum import Reading, Spectrum, coarse_angles, level_rays
from recto.filters.deskew.strips import STRIP_PX, level_strips


@pytest.mark.parametrize("angle_deg", [-14.0, -0.7, 0.0, 3.0, 16.0])
@pytest.mark.parametrize("off_deg", [0.0, 0.4])
def test_strips_and_their_shifts_tell_where_a_line_was(angle_deg: float, off_deg: float) -> None:
    """Whatever angle the page is sheared by, its own slope comes back."""
    width, height = 800, 900
    x = np.arange(width)
    columns = np.full((width, height), 255, np.uint8)
    columns[x, np.rint(450 + np.tan(np.deg2rad(angle_deg)) * (x - 400)).astype(int)] = 0
    sums, shifts = level_strips(columns, angle_deg + off_deg)
    ink = (sums.max() - sums).astype(float)
    rows = (ink * np.arange(ink.shape[1])).sum(axis=1) / ink.sum(axis=1)
    slope = np.polyfit(np.arange(len(rows)) * STRIP_PX, rows + shifts, 1)[0]
    assert np.rad2deg(np.arctan(slope)) == pytest.approx(angle_deg, abs=0.01)


@pytest.mark.parametrize("angle_deg", [-14.0, 14.0])
def test_above_and_below_a_wide_strip_it_goes_on_as_it_ends(angle_deg: float) -> None:
    columns = np.tile(np.array([200] + [255] * 198 + [90], np.uint8), (1600, 1))
    sums, _ = level_strips(columns, angle_deg)
    assert set(sums[:, 0] // STRIP_PX) == {200}
    assert set(sums[:, -1] // STRIP_PX) == {90}


def test_many_short_ridges_in_noise_do_not_out_vote_a_few_lines() -> None:
    rng = np.random.default_rng(3)
    angle = np.concatenate((rng.normal(0.5, 0.03, 40), rng.uniform(-1.5, 1.5, 400)))
    spread = np.concatenate((np.full(40, 0.03), rng.uniform(0.15, 0.3, 400)))
    found = agreed(Slopes(angle, spread), 0.0, 1.5)
    assert found.angle_deg == pytest.approx(0.5, abs=0.03)


def test_on_a_curved_page_all_lines_count_alike() -> None:
    rng = np.random.default_rng(4)
    angle = rng.normal(0.2, 0.3, 200)
    spread = np.where(np.arange(200) == 0, 0.001, 0.02)
    angle[0] = 1.0
    found = agreed(Slopes(angle, spread), 0.0, 1.5)
    assert found.angle_deg == pytest.approx(0.2, abs=0.08)
    assert found.between_deg == pytest.approx(0.3, abs=0.08)


def test_a_screen_is_blurred_away_to_a_few_grey_levels() -> None:
    y, x = np.mgrid[:300, :300]
    dots = np.cos(2 * np.pi * x / 8.2) + np.cos(2 * np.pi * y / 8.2)
    flat = without_screen(np.where(dots > 0, 255, 0).astype(np.uint8), 1 / 8.2)
    inside = flat[40:-40, 40:-40].astype(int)
    assert inside.max() - inside.min() <= 4


def test_of_two_depths_of_ink_only_the_deeper_is_left() -> None:
    rng = np.random.default_rng(5)
    page = np.full((600, 600), 240, np.uint8)
    page[20:300:12, 20:580] = 20
    page[320:580:12, 20:580] = 160
    left = np.abs(front_alone(np.clip(page + rng.normal(0, 3, page.shape), 0, 255).astype(np.uint8)).astype(int) - 128)
    assert left[32:290:12, 40:560].min() > 40
    assert left[310:].max() == 0


@pytest.mark.parametrize(("error_deg", "believed_deg"), [(0.004, 0.0), (0.03, 0.2)])
def test_a_sharp_ray_is_believed_where_lines_are_uneven_and_a_blunt_one_is_not(
    error_deg: float, believed_deg: float
) -> None:
    """Curved paper would have made it blunt."""
    uneven = Agreement(angle_deg=0.2, error_deg=0.03, lines=200, between_deg=0.3)
    found = combined(uneven, Reading(0.0, error_deg))
    assert abs(found.angle_deg - believed_deg) < 0.06


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("angle_deg", [-0.13, 0.04, 0.09])
def test_waves_that_are_nearly_level_are_seen_at_their_own_angle(axis: int, angle_deg: float) -> None:
    y, x = np.mgrid[:400, :1300] if axis == 0 else np.mgrid[:1300, :400]
    slope = np.tan(np.deg2rad(angle_deg))
    across = y - slope * x if axis == 0 else x + slope * y
    waves = np.cos(2 * np.pi * 0.25 * across).astype(np.float32)
    angles = np.arange(-0.3, 0.301, 0.01)
    seen = level_rays(waves, axis, angles, np.array([0.25]))[0]
    assert angles[int(np.argmax(seen))] == pytest.approx(angle_deg, abs=0.02)


@pytest.mark.parametrize("max_angle_deg", [1.0, 15.0])
def test_no_ray_is_sought_beyond_the_angles_that_are_asked_for(max_angle_deg: float) -> None:
    """Nothing at all lies within them here, so that any ray elsewhere is higher by far."""
    waves = np.fft.fftshift(np.fft.fft2(np.random.default_rng(0).standard_normal((400, 400))))
    y, x = np.mgrid[-200:200, -200:200]
    waves[np.abs(x) < 0.5 * np.abs(y)] = 0
    page = np.fft.ifft2(np.fft.ifftshift(waves)).real
    grey = np.clip(127 + 50 * page / page.std(), 0, 255).astype(np.uint8)
    for ray in coarse_angles(Spectrum.of(texture(grey)[0]), max_angle_deg):
        assert abs(ray.angle_deg) <= max_angle_deg + 1.0
