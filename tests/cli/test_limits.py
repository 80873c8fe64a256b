"""What a file may hold: set on the command line or in the environment, refused with what raises it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.cli.commands import recto, shown


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--max-bytes", "1kB"], "max_bytes is limited to 1,000, found"),
        (["--max-bytes", "0.5KiB"], "Take a smaller file or raise --max-bytes."),
        (["--max-megapixels", "0.01"], "raise --max-megapixels."),
        (
            ["--max-frames", "2"],
            "max_frames is limited to 2, found 3. Split the file into smaller ones or raise --max-",
        ),
    ],
)
@pytest.mark.parametrize("command", ["run", "inspect"])
def test_what_is_beyond_a_limit_is_refused(
    fax: Path, tmp_path: Path, command: str, options: list[str], said: str
) -> None:
    big = tmp_path / "big.tif"
    frames = [Image.effect_noise((200, 200), 50) for _ in range(3)]
    frames[0].save(big, save_all=True, append_images=frames[1:])
    where = ["-r", "rotate", "-o", tmp_path / "out"] if command == "run" else []
    done = recto(command, big, *where, *options)
    assert done.returncode == 1
    assert said in done.stderr
    assert "RECTO_" not in done.stderr
    assert recto(command, big, *where, "--max-bytes", "1MB").returncode == 0


def test_the_settings_of_the_service_count_and_an_option_wins(
    scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECTO_MAX_BYTES", "1 kB")
    monkeypatch.setenv("RECTO_MAX_MEGAPIXELS", "100")
    command = ("run", scan, scan.parent / "other.png", "-r", "rotate", "-o", tmp_path / "out")
    (scan.parent / "other.png").write_bytes(scan.read_bytes())
    refused = recto(*command)  # in processes of their own
    assert refused.returncode == 1
    assert refused.stderr.count("limited to 1,000") == 2
    assert recto(*command, "--max-bytes", "1GiB").returncode == 0
    assert shown(tmp_path / "out") == ["other.png", "scan.png"]


def test_a_page_of_a_pdf_that_is_too_large_names_what_can_be_lowered(fax: Path, tmp_path: Path) -> None:
    assert recto("run", fax, "-r", "rotate", "-o", tmp_path / "fax.pdf").returncode == 0
    done = recto("inspect", tmp_path / "fax.pdf", "--pdf-dpi", "1200", "--max-megapixels", "0.5")
    assert "at 1200 DPI: lower --pdf-dpi or raise --max-megapixels." in done.stderr


@pytest.mark.parametrize("size", ["much", "-5", "5 parsecs", ""])
def test_what_is_no_size_is_refused(scan: Path, size: str) -> None:
    done = recto("inspect", scan, "--max-bytes", size)
    assert done.returncode == 2
    assert "say a number of bytes, or 500MB" in done.stderr
