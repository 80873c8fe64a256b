"""DPI is believed when it can be, and unknown otherwise."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recto.codec import decode, encode_png
from recto.codec.resolution import believable
from recto.raster import Dpi, Page
from tests.codec.files import chunk, exif, png, ramp, saved


def dpi_of(data: bytes) -> Dpi | None:
    return next(decode(data)).dpi


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "BMP"])
@pytest.mark.parametrize("dpi", [(300, 300), (150, 150), (204, 98), (600, 300)])
def test_stated_dpi_is_read(form: str, dpi: tuple[int, int]) -> None:
    assert dpi_of(saved(ramp(), form, dpi=dpi)) == dpi


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF", "PNG"])
def test_dpi_of_exif_is_read(form: str) -> None:
    assert dpi_of(saved(ramp(), form, exif=exif(x=400.0, y=400.0, unit=2))) == (400, 400)
    assert dpi_of(saved(ramp(), form, exif=exif(x=100.0, y=100.0, unit=3))) == (254, 254)


def test_exif_speaks_when_jfif_says_nothing_of_use() -> None:
    assert dpi_of(saved(ramp(), "JPEG", dpi=(72, 72), exif=exif(x=300.0, y=300.0, unit=2))) == (300, 300)


def test_centimetres_of_a_tiff() -> None:
    assert dpi_of(saved(ramp(), "TIFF", tiffinfo={282: 200.0, 283: 200.0, 296: 3})) == (508, 508)
    assert dpi_of(saved(ramp(), "TIFF", tiffinfo={282: 200.0, 283: 200.0, 296: 1})) is None


@pytest.mark.parametrize("dpi", [(1, 1), (29, 29), (5000, 5000), (72, 72), (96, 96), (600, 100)])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "BMP"])
def test_absurd_dpi_is_unknown(form: str, dpi: tuple[int, int]) -> None:
    assert dpi_of(saved(ramp(), form, dpi=dpi)) is None


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "BMP", "GIF", "WEBP", "AVIF"])
def test_nothing_stated_is_unknown(form: str) -> None:
    assert dpi_of(saved(ramp(), form)) is None


def test_pixels_a_metre_are_whole_inches_again() -> None:
    for per_metre in (11811, 11812):
        stated = per_metre * 0.0254
        assert believable(stated, stated) == (300, 300)


@pytest.mark.parametrize("block", [exif(x=0.0, y=0.0, unit=2), exif(unit=7)])
def test_nonsense_in_exif_is_unknown(block: bytes) -> None:
    assert dpi_of(saved(ramp(), "WEBP", exif=block)) is None


@given(x=st.floats(30, 4800), share=st.floats(0.5, 2.0))
@settings(max_examples=40, derandomize=True)
def test_dpi_survives_our_own_png(x: float, share: float) -> None:
    """To half a pixel a metre, which is what pHYs can hold."""
    written = Dpi(x, min(max(x * share, 30.0), 4800.0))
    back = dpi_of(encode_png(Page.of(np.zeros((3, 3), np.uint8), written)))
    unknown = believable(*written) is None
    if back is None:
        assert unknown or min(abs(written.x - edge) for edge in (30, 72, 96, 4800)) < 0.06
    else:
        assert back == pytest.approx(written, abs=0.039)


def test_a_ratio_alone_is_no_resolution() -> None:

    assert dpi_of(png(ramp(), chunk(b"pHYs", struct.pack(">IIB", 300, 300, 0)))) is None
