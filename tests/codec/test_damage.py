"""Truncated, damaged and hostile files get an error of the house that names the fault, never half a picture."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from recto.codec import Limits, decode, probe
from recto.errors import InputError, LimitError, UnreadableImageError
from tests.codec.files import chunk, corners, pages_of_every_format, pdf, png, saved, tiff

WHOLE = pages_of_every_format()


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.75, 0.95])
@pytest.mark.parametrize("name", WHOLE)
def test_a_truncated_file_is_an_error(name: str, share: float) -> None:
    data = WHOLE[name]
    with pytest.raises(UnreadableImageError) as caught:
        list(decode(data[: max(40, int(len(data) * share))]))
    assert caught.value.message.endswith(".")
    assert "0x" not in caught.value.message


@pytest.mark.parametrize("name", WHOLE)
def test_the_last_bytes_count_or_change_nothing(name: str) -> None:
    data = WHOLE[name]
    whole = [page.samples for page in decode(data)]
    for missing in (1, 2, 4, 12, 30):
        try:
            pages = [page.samples for page in decode(data[:-missing])]
        except UnreadableImageError:
            continue
        assert len(pages) == len(whole)
        for page, expected in zip(pages, whole, strict=True):
            np.testing.assert_array_equal(page, expected)


def test_a_file_cut_in_its_signature() -> None:
    for data in WHOLE.values():
        for length in (1, 3, 7, 13):
            with pytest.raises(InputError):
                list(decode(data[:length]))


@given(data=st.binary(max_size=400))
@settings(max_examples=60, derandomize=True)
def test_random_bytes_are_an_input_error(data: bytes) -> None:
    with pytest.raises(InputError):
        probe(data)


@given(name=st.sampled_from(sorted(WHOLE)), seed=st.integers(0, 10_000))
@settings(max_examples=150, derandomize=True)
def test_bytes_overwritten_at_random_never_throw_anything_else(name: str, seed: int) -> None:
    """Small limits, so that a forged size is refused and not drawn."""
    rng = np.random.default_rng(seed)
    data = bytearray(WHOLE[name])
    places = rng.integers(0, min(len(data), rng.choice([60, 300, len(data)])), rng.integers(1, 8))
    for place in places:
        data[place] = rng.integers(256)
    limits = Limits(max_megapixels=1, max_frames=20)
    for read in (lambda: probe(bytes(data), limits), lambda: list(decode(bytes(data), limits, pdf_dpi=72))):
        with suppress(InputError):
            read()


def test_warnings_of_decoders_stay_inside() -> None:
    data = saved(corners(), "JPEG", exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff" + b"\x01" * 30)
    before = warnings.filters[:]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert next(decode(data)).shape == (48, 64)
    assert not caught
    assert warnings.filters[:] == before


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_jpeg_with_an_early_end_mark_or_an_empty_tail_is_truncated(share: float) -> None:
    """As a broken download or a full memory card leaves it; libjpeg would fill the rest with grey."""
    data = WHOLE["JPEG"]
    half = data[: int(len(data) * share)]
    for cut in (half + b"\xff\xd9", half.ljust(len(data), b"\x00")):
        with pytest.raises(UnreadableImageError, match="JPEG is truncated"):
            list(decode(cut))


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("restart", [0, 1])
@pytest.mark.parametrize("size", [(1, 1), (7, 9), (16, 16), (33, 100), (200, 31)])
def test_a_whole_jpeg_with_a_flat_end_is_whole(size: tuple[int, int], restart: int, subsampling: int) -> None:
    flat = np.full((*size, 3), 255, np.uint8)
    flat[: size[0] // 2] = np.random.default_rng(0).integers(0, 256, (size[0] // 2, size[1], 3))
    data = saved(flat, "JPEG", subsampling=subsampling, restart_marker_rows=restart, quality=90)
    for whole in (data, data + b"a trailer of some phone"):
        assert next(decode(whole)).shape == size


# Bombs: small files that claim or unfold to a great deal.


def test_a_png_that_claims_a_vast_size_is_refused_by_its_header() -> None:
    head = struct.pack(">IIBBBBB", 100_000, 100_000, 1, 0, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
    for read in (probe, lambda d: list(decode(d))):
        with pytest.raises(LimitError, match="max_megapixels is limited to 200, found 10,000") as caught:
            read(data)
        assert caught.value.limit == "max_megapixels"
        assert "raise max_megapixels" in caught.value.message


@pytest.mark.parametrize("form", ["JPEG", "TIFF", "BMP", "GIF", "WEBP"])
def test_forged_sizes_are_refused_by_the_header(form: str) -> None:
    data = bytearray(saved(Image.new("L", (16, 16)), form, **({"lossless": False} if form == "WEBP" else {})))
    huge = 16_383 if form == "WEBP" else 60_000
    if form == "JPEG":
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">HH", huge, huge)
    elif form == "BMP":
        data[18:26] = struct.pack("<II", huge, huge)
    elif form == "GIF":
        data[6:10] = struct.pack("<HH", huge, huge)
    elif form == "TIFF":
        data = bytearray(tiff(np.zeros((16, 16), np.uint8), tags={256: huge, 257: huge}))
    else:
        at = data.index(b"\x9d\x01\x2a") + 3
        data[at : at + 4] = struct.pack("<HH", huge, huge)
    with pytest.raises(LimitError, match="max_megapixels"):
        probe(bytes(data))


@pytest.mark.slow
def test_a_large_honest_page_is_no_bomb() -> None:
    """Pillow warns at 89 megapixels and refuses at 179; our own limit is the only one."""
    data = saved(Image.new("1", (20_000, 9_500), 1), "TIFF", compression="group4")
    assert next(decode(data)).shape == (9_500, 20_000)


@pytest.mark.parametrize(
    "bomb",
    [
        chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(30_000_000), 9)),
        chunk(b"iTXt", b"Comment\x00\x01\x00\x00\x00" + zlib.compress(bytes(30_000_000), 9)),
        chunk(b"iCCP", b"profile\x00\x00" + zlib.compress(bytes(30_000_000), 9)),
        chunk(b"tEXt", b"Comment\x00" + b"a" * 2_000_000),
        chunk(b"zTXt", b"Comment\x00\x00not zlib"),
        chunk(b"iCCP", b"profile\x00\x00not zlib"),
    ],
)
def test_a_png_with_a_bomb_beside_its_pixels_is_read_without_it(bomb: bytes) -> None:
    data = png(corners(), bomb)
    assert probe(data).width_px == 64
    np.testing.assert_array_equal(next(decode(data)).samples, corners())


def test_a_heic_item_whose_type_is_no_text_is_refused_before_the_decoder_sees_it() -> None:
    """pi-heif 1.4 brings the whole process down on this one."""
    data = WHOLE["HEIC"].replace(b"Exif\x00\x00\x00\x00", b"E\xffif\x00\x00\x00\x00", 1)
    with pytest.raises(UnreadableImageError, match="item"):
        probe(data)


# Lies.


@pytest.mark.parametrize(
    "tags",
    [{273: 10**9}, {257: 5000}, {279: 10, 278: 5}, {256: 0}, {277: 900}, {259: 5}, {259: 4711}, {258: 33}, {262: 77}],
)
def test_a_tiff_that_lies_is_an_error(tags: dict[int, int]) -> None:
    with pytest.raises(UnreadableImageError):
        list(decode(tiff(corners(), tags=tags)))


def test_a_tiff_whose_strip_reaches_beyond_the_end_says_so() -> None:
    data = bytearray(saved(corners(), "TIFF", compression="tiff_lzw"))
    with Image.open(io.BytesIO(bytes(data))) as opened:
        length = opened.tag_v2[279][0]
    at = bytes(data).index(struct.pack("<HHI", 279, 4, 1)) + 8
    assert struct.unpack_from("<I", data, at)[0] == length
    data[at : at + 4] = struct.pack("<I", 10**6)
    with pytest.raises(UnreadableImageError, match="a strip of frame 1 reaches beyond the end"):
        list(decode(bytes(data)))


def test_a_tiff_without_strip_lengths_or_photometric_is_read() -> None:
    (page,) = decode(tiff(corners(), drop=(279,)))
    np.testing.assert_array_equal(page.samples, corners())


def test_a_ring_of_directories_ends() -> None:
    data = bytearray(saved(corners(), "TIFF"))
    start = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, start)[0]
    struct.pack_into("<I", data, start + 2 + 12 * count, start)
    assert probe(bytes(data)).frames == 1


def test_mislabelled_bytes_are_read_by_content_and_named_in_faults() -> None:
    with pytest.raises(UnreadableImageError, match="PNG"):
        list(decode(b"\x89PNG\r\n\x1a\n" + saved(corners(), "JPEG")))
    with pytest.raises(UnreadableImageError, match="JPEG"):
        list(decode(b"\xff\xd8\xff" + saved(corners(), "PNG")))
    with pytest.raises(UnreadableImageError, match="HEIC"):
        list(decode(b"\x00\x00\x00\x18ftypheic" + bytes(300)))


# Limits.


def test_limits_name_themselves_and_say_what_to_do() -> None:
    data = saved(corners(), "PNG", save_all=True, append_images=[Image.fromarray(255 - corners())])
    cases = {"max_bytes": Limits(max_bytes=100), "max_megapixels": Limits(max_megapixels=0.003)}
    cases["max_frames"] = Limits(max_frames=1)
    for name, limits in cases.items():
        for read in (probe, lambda d, few: list(decode(d, few))):
            with pytest.raises(LimitError, match=f"raise {name}") as caught:
                read(data, limits)
            assert caught.value.limit == name


@pytest.mark.parametrize(
    "name", ["APNG", "multi-frame TIFF", "animated GIF", "animated WebP", "two-picture HEIC", "PDF"]
)
def test_frames_are_limited_in_every_format(name: str) -> None:
    with pytest.raises(LimitError, match="max_frames is limited to 1, found 2"):
        probe(WHOLE[name], Limits(max_frames=1))


def test_a_later_frame_that_is_too_large_is_refused() -> None:
    small, large = Image.new("L", (10, 10)), Image.new("L", (2000, 2000))
    data = saved(small, "TIFF", save_all=True, append_images=[large])
    with pytest.raises(LimitError, match="max_megapixels"):
        list(decode(data, Limits(max_megapixels=1)))


def test_nothing_is_decoded_before_the_limits_are_checked() -> None:
    with pytest.raises(LimitError, match="max_megapixels"):
        list(decode(pdf("0 0 10 10 re f", size="0 0 14400 14400")))
