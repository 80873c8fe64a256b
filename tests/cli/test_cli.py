"""The command line as scripts call it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recto.pipeline import CATALOGUE
from tests.cli.commands import finished, recto, shown, start
from tests.pages import text_page


def test_one_file_to_one_file(scan: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "clean.png"
    done = finished(start("run", scan, "--recipe", "deskew,binarize", "-o", target))
    assert done.returncode == 0, done.stderr
    assert "1 page written" in done.stderr
    with Image.open(target) as image:
        assert image.mode == "1"
        assert image.info["dpi"] == pytest.approx((150, 150), abs=0.1)
    assert sorted(p.name for p in target.parent.iterdir()) == ["clean.png"]


def test_a_folder_to_a_folder_keeps_its_tree(scan: Path, fax: Path, tmp_path: Path) -> None:
    inside = tmp_path / "pages" / "box 1"
    inside.mkdir(parents=True)
    scan.rename(inside / "scan.png")
    fax.rename(inside.parent / "fax.tif")
    (inside / "readme.txt").write_text("not a picture")
    done = recto("run", tmp_path / "pages", "--recipe", "binarize", "-o", tmp_path / "out", "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert shown(tmp_path / "out") == ["box 1/scan.png", "fax-001.png", "fax-002.png", "fax-003.png"]


def test_a_pattern_in_quotes(scan: Path, tmp_path: Path) -> None:
    done = recto("run", str(tmp_path / "*.png"), "--recipe", "rotate", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "scan.png").exists()


def test_a_bad_file_is_reported_and_passed_over(scan: Path, tmp_path: Path) -> None:
    bad = tmp_path / "broken.png"
    bad.write_bytes(scan.read_bytes()[:2000])
    done = recto("run", bad, scan, tmp_path / "absent.png", "--recipe", "rotate", "-o", tmp_path / "out")
    assert done.returncode == 1
    assert "broken.png" in done.stderr
    assert "absent.png" in done.stderr
    assert "Traceback" not in done.stderr
    assert shown(tmp_path / "out") == ["scan.png"]


def test_nothing_is_overwritten_without_force(scan: Path, tmp_path: Path) -> None:
    target = tmp_path / "there.png"
    target.write_bytes(b"precious")
    assert recto("run", scan, "--recipe", "rotate", "-o", target).returncode == 1
    assert target.read_bytes() == b"precious"
    assert recto("run", scan, "--recipe", "rotate", "-o", target, "--force").returncode == 0
    assert target.read_bytes().startswith(b"\x89PNG")


def test_two_inputs_for_one_output_lose_nothing(scan: Path, tmp_path: Path) -> None:
    Image.open(scan).save(tmp_path / "scan.bmp")
    done = recto("run", scan, tmp_path / "scan.bmp", "--recipe", "rotate", "-o", tmp_path / "out")
    assert done.returncode == 1
    assert "already the output of" in done.stderr


def test_set_overrides_a_parameter(scan: Path, tmp_path: Path) -> None:
    target = tmp_path / "turned.png"
    done = recto("run", scan, "--recipe", "rotate", "--set", "rotate.angle_deg=90", "-o", target)
    assert done.returncode == 0, done.stderr
    with Image.open(target) as image:
        assert np.array_equal(np.asarray(image), np.rot90(np.asarray(Image.open(scan)), -1))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--recipe", "unwrinkle"], "unwrinkle"),
        (["--recipe", "deskw"], "did you mean deskew?"),
        (["--recipe", "rotate", "--set", "rotate.angle=3"], "angle: there is no such parameter"),
        (["--recipe", "rotate", "--set", "rotate"], "FILTER.PARAM=VALUE"),
        (["--recipe", "[{"], "recipe"),
    ],
)
def test_a_bad_recipe_is_refused_before_any_page(scan: Path, tmp_path: Path, arguments: list[str], said: str) -> None:
    done = recto("run", scan, *arguments, "-o", tmp_path / "out.png")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out.png").exists()


def test_run_json_has_a_record_for_each_page(fax: Path, tmp_path: Path) -> None:
    done = recto("run", fax, "--recipe", "deskew", "-o", tmp_path / "out", "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [r["page"] for r in records] == [1, 2, 3]
    assert all(Path(r["output"]).exists() and r["kind"] == "binary" for r in records)
    assert "skew" in records[0]["estimates"]


def test_inspect_json(scan: Path, fax: Path) -> None:
    done = recto("inspect", scan, fax, "--json")
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(records) == 4
    first = records[0]
    assert first["file"] == str(scan)
    assert (first["page"], first["width_px"], first["height_px"], first["kind"]) == (1, 500, 700, "grey")
    assert first["dpi"] == pytest.approx([150, 150], abs=0.1)
    assert first["skew"]["angle_deg"] == pytest.approx(3.0, abs=0.1)
    assert 0 <= first["skew"]["confidence"] <= 1
    assert records[1]["kind"] == "binary"


def test_inspect_takes_parameters(tmp_path: Path) -> None:
    path = tmp_path / "steep.png"
    Image.fromarray(text_page(500, 500, text_px=14, angle_deg=30.0)).save(path)
    done = recto("inspect", path, "--json", "--set", "deskew.max_angle_deg=45")
    assert json.loads(done.stdout)["skew"]["angle_deg"] == pytest.approx(30.0, abs=0.1)


def test_inspect_of_a_bad_file_fails_and_goes_on(scan: Path, tmp_path: Path) -> None:
    (tmp_path / "noise.jpg").write_bytes(b"\xff\xd8\xff" + bytes(500))
    done = recto("inspect", tmp_path / "noise.jpg", scan, "--json")
    assert done.returncode == 1
    assert "noise.jpg" in done.stderr
    assert json.loads(done.stdout)["file"] == str(scan)


def test_filters_lists_every_filter_and_parameter() -> None:
    shown = recto("filters").stdout
    listed = json.loads(recto("filters", "--json").stdout)
    assert set(listed) == set(CATALOGUE)
    for name, entry in CATALOGUE.items():
        for parameter in entry.params.model_fields:
            assert f"{name}.{parameter}" in shown
            assert parameter in listed[name]["parameters"]


def test_doctor_looks_at_this_machine(tmp_path: Path) -> None:
    done = recto("doctor", "--home", tmp_path / "home")
    assert "HEIC" in done.stdout
    assert "data folder" in done.stdout


def test_version() -> None:
    assert recto("--version").stdout.startswith("recto 0.")


@pytest.mark.parametrize(
    ("out", "form", "said"),
    [
        ("page.jpg", None, ".png, .tif, .tiff, .pdf"),
        ("page.png", "pdf", "contradict"),
        ("page.doc", "tiff", "cannot be written"),
    ],
)
def test_an_output_that_cannot_be_is_refused(scan: Path, tmp_path: Path, out: str, form: str | None, said: str) -> None:
    done = recto("run", scan, "-r", "rotate", "-o", tmp_path / out, *(("--format", form) if form else ()))
    assert done.returncode == 2
    assert said in done.stderr


def test_many_inputs_do_not_go_to_one_file(scan: Path, fax: Path, tmp_path: Path) -> None:
    done = recto("run", scan, fax, "-r", "rotate", "-o", tmp_path / "all.pdf")
    assert done.returncode == 2
    assert f"2 inputs: name a folder, such as -o {tmp_path / 'all'} --format pdf." in done.stderr
    assert not (tmp_path / "all.pdf").exists()


def test_a_folder_that_cannot_be_written_is_named(scan: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = recto("run", scan, "-r", "rotate", "-o", tmp_path / "file" / "out")
    assert done.returncode == 2
    assert str(tmp_path / "file") in done.stderr


def test_what_is_passed_over_for_its_name_is_said(scan: Path, tmp_path: Path) -> None:
    for name in ("notes.txt", "page", ".hidden.txt"):
        (tmp_path / name).write_bytes(b"x")
    done = recto("run", tmp_path, tmp_path, "-r", "rotate", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "Passed over for their names: 2 files (.txt, no suffix)." in done.stderr
    assert "Passed over" not in recto("run", scan, "-r", "rotate", "-o", tmp_path / "out").stderr


def test_a_file_where_a_folder_is_to_be_is_said(scan: Path, fax: Path, tmp_path: Path) -> None:
    (tmp_path / "out.html").touch()
    done = recto("run", scan, fax, "-r", "rotate", "-o", tmp_path / "out.html")
    assert done.returncode == 2
    assert "this is a file" in done.stderr


def test_the_names_of_numbered_pages_are_said(fax: Path, tmp_path: Path) -> None:
    done = recto("run", fax, "-r", "rotate", "-o", tmp_path / "page.png")
    assert f"3 pages written to {tmp_path / 'page-001.png'} to page-003.png" in done.stderr


@pytest.mark.parametrize("command", [["inspect"], ["run", "-r", "rotate", "-o", "OUT"]])
def test_a_reader_that_has_had_enough_is_no_fault_of_the_files(
    scan: Path, fax: Path, tmp_path: Path, command: list[str]
) -> None:
    name, *options = [str(tmp_path / "out") if word == "OUT" else word for word in command]
    process = start(name, "--json", scan, fax, *options)
    assert process.stdout is not None
    process.stdout.close()  # as head does
    process.stdout = None
    done = finished(process)
    assert done.stderr == ""
    assert done.returncode == 1


def test_the_bounds_of_parameters_are_listed() -> None:
    shown = " ".join(recto("filters").stdout.split())
    assert "deskew.max_angle_deg number above 0 to 45; default 15.0" in shown
    assert "rotate.angle_deg number -360 to 360; default 0.0" in shown
