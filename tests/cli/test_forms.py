"""TIFF and PDF from the command line: all pages of an input in one file, sizes kept, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from recto.cli.outputs import part_of, whole_file
from recto.codec import decode
from tests.cli.commands import parts, recto, shown
from tests.pages import text_page


def test_a_multi_page_tiff_to_one_tiff_of_group_4(fax: Path, tmp_path: Path) -> None:
    done = recto("run", fax, "-r", "binarize", "-o", tmp_path / "out", "--format", "tiff", "--json")
    assert done.returncode == 0, done.stderr
    assert shown(tmp_path / "out") == ["fax.tif"]
    with Image.open(tmp_path / "out" / "fax.tif") as image:
        assert image.n_frames == 3  # type: ignore[attr-defined]
        assert image.info["compression"] == "group4"
        assert image.info["dpi"] == (200, 200)
    before, after = list(decode(fax.read_bytes())), list(decode((tmp_path / "out" / "fax.tif").read_bytes()))
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(before, after, strict=True))
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [r["page"] for r in records] == [1, 2, 3]
    assert {r["output"] for r in records} == {str(tmp_path / "out" / "fax.tif")}
    assert records[0]["dpi"] == [200, 200]


def test_a_tiff_to_a_pdf_by_its_name(fax: Path, tmp_path: Path) -> None:
    target = tmp_path / "fax.pdf"
    assert recto("run", fax, "-r", "binarize", "-o", target).returncode == 0
    document = pypdfium2.PdfDocument(target)
    assert len(document) == 3
    assert document[0].get_size() == pytest.approx((220 / 200 * 72, 300 / 200 * 72), abs=0.01)
    document.close()


def test_a_pdf_keeps_its_page_size(fax: Path, tmp_path: Path) -> None:
    first = recto("run", fax, "-r", "binarize", "-o", tmp_path / "a.pdf")
    second = recto("run", tmp_path / "a.pdf", "-r", "binarize", "-o", tmp_path / "b.pdf", "--pdf-dpi", "400")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    sizes = []
    for name in ("a.pdf", "b.pdf"):
        document = pypdfium2.PdfDocument(tmp_path / name)
        sizes.append(document[2].get_size())
        document.close()
    assert sizes[0] == pytest.approx(sizes[1], abs=0.3)


def test_a_pdf_of_a_page_without_dpi_says_what_it_assumes(tmp_path: Path) -> None:
    source = tmp_path / "photo.png"
    Image.fromarray(text_page(300, 200)).save(source)
    done = recto("run", source, "-r", "rotate", "-o", tmp_path / "photo.pdf", "--assume-dpi", "100")
    assert "resolution unknown, page sized at 100 DPI" in done.stderr
    document = pypdfium2.PdfDocument(tmp_path / "photo.pdf")
    assert document[0].get_size() == (144, 216)
    document.close()


def damaged(source: Path, pages: int) -> Path:
    """A TIFF of so many pages, the last of them damaged."""
    frames = [Image.fromarray(text_page(200, 200, seed=s)) for s in range(pages)]
    frames[0].save(source, save_all=True, append_images=frames[1:], compression="tiff_lzw")
    data = bytearray(source.read_bytes())
    with Image.open(source) as image:
        image.seek(pages - 1)
        offset = image.tag_v2[273][0]  # type: ignore[attr-defined]
    data[offset : offset + 400] = b"\xff" * 400
    source.write_bytes(bytes(data))
    return source


@pytest.mark.parametrize("pages", [2, 3])
def test_the_pages_before_a_damaged_one_are_told_by_their_names(tmp_path: Path, pages: int) -> None:
    done = recto("run", damaged(tmp_path / "damaged.tif", pages), "-r", "rotate", "-o", tmp_path / "page.png")
    first = f"{tmp_path / 'page-001.png'}"
    told = f"1 page written to {first}," if pages == 2 else f"2 pages written to {first} to page-002.png in"
    assert told in done.stderr
    assert shown(tmp_path) == ["damaged.tif", *(f"page-00{k}.png" for k in range(1, pages))]


@pytest.mark.parametrize("form", ["tiff", "pdf"])
def test_a_document_with_a_damaged_page_is_not_written(tmp_path: Path, form: str) -> None:
    source = damaged(tmp_path / "damaged.tif", 3)
    done = recto("run", source, "-r", "rotate", "-o", tmp_path / "out", "--format", form, "--json")
    assert done.returncode == 1
    assert "damaged.tif" in done.stderr
    *pages, end = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["page"] for record in pages] == [1, 2]
    assert sorted(end) == ["code", "error", "file"]
    assert shown(tmp_path / "out") == []
    assert parts(tmp_path) == []


def test_a_changed_format_is_not_done_already(scan: Path, tmp_path: Path) -> None:
    for form in ("png", "tiff", "pdf"):
        assert "1 page written" in recto("run", scan, "-r", "rotate", "-o", tmp_path / "out", "--format", form).stderr
    assert shown(tmp_path / "out") == ["scan.pdf", "scan.png", "scan.tif"]


def test_what_came_into_being_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "page.png"

    def write() -> None:
        with whole_file(target, part_of(target), overwrite=False) as file:
            file.write(b"ours")
            target.write_bytes(b"somebody else's")

    with pytest.raises(FileExistsError):
        write()
    assert target.read_bytes() == b"somebody else's"
    with whole_file(target, part_of(target), overwrite=True) as file:
        file.write(b"ours")
    assert target.read_bytes() == b"ours"
    assert [path.name for path in tmp_path.iterdir()] == ["page.png"]
