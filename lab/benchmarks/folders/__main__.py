"""A folder of scans through ``recto run``, and through the preprocessing of OCRmyPDF with its OCR off.

Run ``python -m lab.benchmarks.folders`` (``--pages 1000`` for the large one). The pages are A4 at 300 DPI, rendered,
damaged as a scanner does and turned by up to 3 degrees. OCRmyPDF is a program beside us, not a part: name it with
``--ocrmypdf PATH`` when it is not on the path; it needs unpaper for ``--clean``. It takes one PDF, made of the same
pages, and works on several of them at once; ``recto run`` takes the folder, and the PDF.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil

from lab.benchmarks.machine import machine
from lab.pages import damage, render_page
from lab.training.orient.bank import turned
from recto import codec
from recto.raster import Dpi, Page

OUT = Path("bench-results")
DPI = 300
DIFFERENT = 24
"""Pages that are rendered; the others are these, turned otherwise."""


@dataclass(frozen=True)
class Spent:
    """What a command took.

    Attributes
    ----------
    wall_s, cpu_s : float
        Of the command and all processes that it started.
    peak_mb : float
        Most memory of them all at a time, looked at five times a second.
    out_mb : float
    """

    name: str
    pages: int
    wall_s: float
    cpu_s: float
    peak_mb: float
    out_mb: float


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pages", type=int, default=40)
    arguments.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    arguments.add_argument("--ocrmypdf", default=shutil.which("ocrmypdf"), help="the program of the peer")
    arguments.add_argument("--only", default="", help="only runs whose name holds this")
    arguments.add_argument("--keep", type=Path, help="a folder for the pages, used again when they are there")
    chosen = arguments.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as temporary:
        place = chosen.keep or Path(temporary)
        folder, document = make_pages(place, chosen.pages)
        found = []
        for name, command in runs(folder, document, Path(temporary), chosen.workers, chosen.ocrmypdf):
            if chosen.only in name:
                found.append(spent(name, chosen.pages, command, Path(temporary) / "out"))
                print(found[-1], file=sys.stderr)
    table = markdown(found, chosen.workers)
    OUT.mkdir(exist_ok=True)
    results = {"machine": machine(), "peer": version(chosen.ocrmypdf), "runs": [asdict(run) for run in found]}
    (OUT / "folders.json").write_text(json.dumps(results, indent=1))
    (OUT / "folders.md").write_text(table + "\n")
    print(table)


def make_pages(place: Path, count: int) -> tuple[Path, Path]:
    """A folder of so many pages, and one PDF of the same."""
    folder, document = place / f"pages-{count}", place / f"pages-{count}.pdf"
    if document.exists():
        return folder, document
    folder.mkdir(parents=True, exist_ok=True)
    drawn = [one_page(k) for k in range(min(count, DIFFERENT))]
    with document.with_suffix(".part").open("wb") as file, codec.PdfWriter(file) as writer:
        for k in range(count):
            angle_deg = float(np.random.default_rng((53, k)).uniform(-3, 3))
            page = Page.of(turned(drawn[k % len(drawn)], angle_deg), Dpi(DPI, DPI))
            (folder / f"page {k:05d}.png").write_bytes(codec.encode_png(page))
            writer.add(page)
    document.with_suffix(".part").rename(document)
    return folder, document


def one_page(number: int) -> Any:
    rng = np.random.default_rng((52, number))
    return damage(render_page(rng, dpi=DPI).grey, rng, "scan", DPI)


def runs(
    folder: Path, document: Path, place: Path, workers: int, peer: str | None
) -> list[tuple[str, list[str | Path]]]:
    """Name and command of each; all write to ``place/out``."""
    out = place / "out"
    recto: list[str | Path] = [sys.executable, "-m", "recto", "run"]
    ours = ["--workers", str(workers), "-o", out, "--force"]
    found: list[tuple[str, list[str | Path]]] = [
        ("recto run, folder, deskew,whiten", [*recto, folder, "-r", "deskew,whiten", *ours]),
        ("recto run, folder, deskew,binarize", [*recto, folder, "-r", "deskew,binarize", *ours]),
        ("recto run, one PDF, deskew,whiten", [*recto, document, "-r", "deskew,whiten", "-o", out / "clean.pdf"]),
    ]
    if peer is None:
        print("There is no ocrmypdf here: measured without it.", file=sys.stderr)
        return found
    plain = ["--tesseract-timeout", "0", "--optimize", "0", "--output-type", "pdf", "--jobs", str(workers), "--quiet"]
    clean = [peer, "--deskew", "--clean", *plain, document, out / "clean.pdf"]
    return [*found, ("OCRmyPDF --deskew --clean, OCR off, one PDF", clean)]


def spent(name: str, pages: int, command: list[str | Path], out: Path) -> Spent:
    """Run a command, look at its memory meanwhile, and see that something came out."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # tesseract, which the peer asks for the angle
    started = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], env=environment, stdin=subprocess.DEVNULL)
    watched, peak_mb = psutil.Process(process.pid), 0.0
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        peak_mb = max(peak_mb, memory_mb(watched))
        time.sleep(0.2)
    wall_s = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    made = [path for path in out.rglob("*") if path.is_file() and path.name[0] != "."]
    if process.returncode != 0 or not made:
        raise SystemExit(f"{name} ended with {process.returncode}")
    size_mb = sum(path.stat().st_size for path in made) / 1e6
    return Spent(name, pages, wall_s, usage.ru_utime + usage.ru_stime, peak_mb, size_mb)


def memory_mb(process: psutil.Process) -> float:
    """Of a process and all below it."""
    total = 0.0
    try:
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss / 1e6
    except psutil.Error:  # one ended just now
        pass
    return total


def version(peer: str | None) -> str | None:
    if peer is None:
        return None
    return subprocess.run([peer, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def markdown(found: list[Spent], workers: int) -> str:
    lines = [
        f"{found[0].pages if found else 0} pages of A4 at {DPI} DPI, {workers} at a time, 1-minute load at the end "
        f"{os.getloadavg()[0]:.1f}",
        "",
        "| run | pages/s | wall s | CPU s a page | peak MB | output MB |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {run.name} | {run.pages / run.wall_s:.2f} | {run.wall_s:.0f} | {run.cpu_s / run.pages:.2f} "
        f"| {run.peak_mb:.0f} | {run.out_mb:.1f} |"
        for run in found
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
