"""Pieces to learn from: real pages turned and relit, and pages of our own making."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lab.training.binarize import papers
from lab.training.binarize.planes import planes, usual_depth
from lab.training.binarize.strokes import strokes
from lab.training.dewarp.desks import desks
from recto.filters.binarize.planes import PAPER

KEPT = Path("lab/runs/binarize")
DESKS = 60
EDGE = 0.33
""" Where along the slope of an edge ink ends, from paper to ink: about there in the truth of real pages, too. """
PIECE_PX = 512
RIM_PX = 32
FULL_PX = PIECE_PX + 2 * RIM_PX


@dataclass(frozen=True)
class Real:
    """A real page: samples (H, W, 3), its ink, the page with the ink painted over, and the ink's depth, 0 to 1."""

    samples: NDArray[np.uint8]
    ink: NDArray[np.uint8]
    bare: NDArray[np.uint8]
    depth: float


DAMAGES = (
    (papers.stains, 0.35),
    (papers.folds, 0.2),
    (papers.crumples, 0.14),
    (papers.specks, 0.15),
    (papers.bands, 0.08),
    (papers.light, 0.5),
)
""" What happens to a paper, and in which share of the pages. """

Piece = tuple[NDArray[np.uint8], NDArray[np.uint8], float | None]
""" Samples, ink, and the usual half depth of the ink of its page where that is known. """


def real_pages(folders: list[Path]) -> list[Real]:
    """The pages of folders that hold ``images`` and ``gt``."""
    pages = []
    for folder in folders:
        for path in sorted((folder / "images").glob("*.png")):
            samples = np.asarray(Image.open(path).convert("RGB"))
            ink = np.asarray(Image.open(folder / "gt" / path.name).convert("L")) < 128
            depth = min(1.0, 2 * usual_depth(samples) / PAPER)
            pages.append(Real(samples, np.where(ink, 255, 0).astype(np.uint8), _bare(samples, ink), depth))
    return pages


def _bare(samples: NDArray[np.uint8], ink: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The page without its ink: each hole takes the mean of the paper around it, and the grain of paper elsewhere."""
    hole = cv2.dilate(ink.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    known = (~hole).astype(np.float32)
    values = samples.astype(np.float32) * known[..., None]
    filled, weight = np.zeros_like(values), np.zeros_like(known)
    for reach in (9, 25, 75, 225):
        near = cv2.boxFilter(known, -1, (reach, reach), normalize=False)
        mean = cv2.boxFilter(values, -1, (reach, reach), normalize=False) / np.maximum(near, 1)[..., None]
        fresh = (weight == 0) & (near > 0.15 * reach * reach)
        filled[fresh] = mean[fresh]
        weight[fresh] = 1
    filled[weight == 0] = np.median(samples.reshape(-1, 3), axis=0)
    grain = samples - cv2.GaussianBlur(samples.astype(np.float32), (0, 0), 4)
    grain[hole] = 0
    moved = np.roll(grain, (37, 53), (0, 1))
    return np.clip(np.where(hole[..., None], filled + moved, samples), 0, 255).astype(np.uint8)


class Patches:
    """An endless source of pieces.

    Parameters
    ----------
    real : list of Real
    seed : int
    bank : int
        How many squares of own strokes to keep; a few are renewed all the time.
    real_share : float
        Share of the pieces that show a real page.
    """

    def __init__(self, real: list[Real], seed: int, bank: int = 240, real_share: float = 0.5) -> None:
        self.rng = np.random.default_rng(seed)
        self.real = real
        self.real_share = real_share
        self.bank = [strokes(self.rng) for _ in range(bank)]
        self.desks = desks(KEPT, seed, DESKS)
        areas = np.sqrt([page.ink.size for page in real])
        self.odds = areas / areas.sum()

    def piece(self, *, real: bool | None = None) -> NDArray[np.uint8]:
        """Planes and ink, 0 or 255, of a piece of a real page or of one of ours, shape (5, 512, 512)."""
        if self.rng.random() < 0.06:
            self.bank[int(self.rng.integers(len(self.bank)))] = strokes(self.rng)
        real = self.rng.random() < self.real_share if real is None else real
        samples, ink, usual = self.real_piece() if real else self.own_piece()
        inner = slice(RIM_PX, RIM_PX + PIECE_PX)
        truth = np.where(ink > 127, np.uint8(255), np.uint8(0))
        return np.concatenate((planes(samples, usual), truth[None]))[:, inner, inner]

    def real_piece(self) -> Piece:
        """A square of a real page, scaled, turned, relit."""
        rng = self.rng
        page = self.real[int(rng.choice(len(self.real), p=self.odds))]
        matrix = self._window(page.ink.shape, float(np.exp(rng.uniform(np.log(0.5), np.log(2.0)))))
        bare = _warped(page.samples, matrix)
        samples = bare.astype(np.float32) / 255
        ink = _warped(page.ink, matrix)
        if rng.random() < 0.25:
            samples = samples * (1 - page.depth * self._back_side()[..., None])
        if rng.random() < 0.1:
            samples = samples * papers.fibres(rng, FULL_PX)[..., None]
        if rng.random() < 0.35:
            samples = samples * papers.light(rng, FULL_PX)[..., None]
        if rng.random() < 0.15:
            samples = samples * papers.stains(rng, FULL_PX)[..., None]
        if rng.random() < 0.1:
            samples, ink = self._cut_out(samples, ink)
        samples, ink = self._finished(_toned(rng, samples), ink, 0.4)
        # The page's usual depth of ink, changed as that of this piece was.
        usual = np.clip(usual_depth(samples) / usual_depth(bare), 0.4, 2) * page.depth * PAPER / 2
        return samples, ink, float(np.clip(usual, 6, PAPER))

    def own_piece(self) -> Piece:
        """Our own strokes on a paper, real or made, with the damage of age and of cameras."""
        rng = self.rng
        papyrus = rng.random() < 0.2
        paper = self._papyrus() if papyrus else self._paper()
        for layer, odds in DAMAGES:
            if rng.random() < odds:
                paper = paper * layer(rng, FULL_PX)[..., None]
        depth = 1 - np.exp(rng.uniform(np.log(0.06), np.log(0.75)))
        if rng.random() < 0.06:
            paper = paper * (
                1 - rng.uniform(0.06, 0.33) * depth * rng.random(3) * papers.ruled(rng, FULL_PX)[..., None]
            )
        blank = rng.random() < 0.07
        if rng.random() < 0.45 and not blank:
            paper = paper * (1 - depth * self._back_side()[..., None])
        cover = np.zeros((FULL_PX, FULL_PX), dtype=np.float32) if blank else self._strokes().astype(np.float32) / 255
        if rng.random() < 0.4:
            cover = self._rough(cover)
        soft = cv2.GaussianBlur(cover, (0, 0), rng.uniform(0.3, 1.4)) if rng.random() < 0.8 else cover
        truth = np.where((cover > 0.5) | (soft > EDGE), 255, 0).astype(np.uint8)
        uneven = 1 + rng.uniform(0, 0.3) * papers.cloud(rng, FULL_PX, rng.uniform(3, 30), rng.uniform(3, 30))
        if papyrus and rng.random() < 0.7:
            uneven *= papers.flaked(rng, FULL_PX)
        alpha = np.clip(soft * depth * np.clip(uneven, 0.35, 1.3), 0, 1)[..., None]
        dye = np.zeros(3, dtype=np.float32)
        if rng.random() < 0.35:
            dye = (rng.random(3) * rng.uniform(0, 0.6)).astype(np.float32)
        samples = (paper * (1 - alpha) + dye * paper.mean() * alpha).astype(np.float32)
        if rng.random() < 0.3:
            samples, truth = self._second_hand(samples, truth, depth)
        if rng.random() < (0.45 if papyrus else 0.25):
            samples, truth = self._cut_out(samples, truth, 0.7 if papyrus else 0.2)
        return *self._finished(samples, truth, 0.85), None

    def _second_hand(
        self, samples: NDArray[np.float32], truth: NDArray[np.uint8], depth: float
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Paler ink of another colour beside the first: what tells it from bleed-through is its edge."""
        rng = self.rng
        cover = self._strokes().astype(np.float32) / 255
        cover *= cv2.dilate(truth, np.ones((9, 9), np.uint8)) == 0
        soft = cv2.GaussianBlur(cover, (0, 0), rng.uniform(0.3, 0.9))
        alpha = (soft * depth * rng.uniform(0.35, 0.9))[..., None]
        dye = (rng.random(3) * rng.uniform(0, 0.7)).astype(np.float32)
        drawn = samples * (1 - alpha * (1 - dye))
        return drawn.astype(np.float32), np.where((cover > 0.5) | (soft > EDGE), np.uint8(255), truth)

    def _rough(self, cover: NDArray[np.float32]) -> NDArray[np.float32]:
        """Ink with ragged edges, and flaked off here and there."""
        rng = self.rng
        grain = papers.cloud(rng, FULL_PX, rng.uniform(60, FULL_PX), rng.uniform(60, FULL_PX))
        edge = cv2.GaussianBlur(cover, (0, 0), rng.uniform(0.5, 1.3)) + rng.uniform(0.03, 0.15) * grain
        drawn = np.clip((edge - 0.5) * 3 + 0.5, 0, 1) * (cv2.dilate(cover, np.ones((5, 5), np.uint8)) > 0)
        if rng.random() < 0.35:
            lost = papers.cloud(rng, FULL_PX, rng.uniform(20, 120), rng.uniform(20, 120)) - rng.uniform(0.8, 2.2)
            drawn = drawn * np.clip(1 - 3 * lost, 0, 1)
        return np.asarray(drawn, dtype=np.float32)

    def _cut_out(
        self, samples: NDArray[np.float32], ink: NDArray[np.uint8], holes: float = 0.2
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """The page with an edge or a hole in it, and what lies around: no ink there."""
        outside = papers.beyond(self.rng, FULL_PX, holes)
        desk = self.desks[int(self.rng.integers(len(self.desks)))]
        tones, shade = papers.world(self.rng, FULL_PX, outside, desk)
        samples = np.where(outside[..., None], tones[..., None], samples * shade[..., None])
        return samples.astype(np.float32), np.where(outside, 0, ink).astype(np.uint8)

    def _paper(self) -> NDArray[np.float32]:
        rng = self.rng
        if rng.random() < 0.45 and self.real:
            page = self.real[int(rng.choice(len(self.real), p=self.odds))]
            matrix = self._window(page.ink.shape, float(np.exp(rng.uniform(np.log(0.6), np.log(2.5)))))
            bare = _warped(page.bare, matrix).astype(np.float32) / 255
            return np.asarray(_toned(rng, bare), dtype=np.float32)
        tones = papers.fibres(rng, FULL_PX) if rng.random() < 0.15 else papers.texture(rng, FULL_PX)
        return np.asarray(tones[..., None] * papers.colour(rng), dtype=np.float32)

    def _papyrus(self) -> NDArray[np.float32]:
        tones = papers.fibres(self.rng, FULL_PX) * papers.texture(self.rng, FULL_PX)
        return np.asarray(tones[..., None] * papers.colour(self.rng, brown=True), dtype=np.float32)

    def _strokes(self) -> NDArray[np.uint8]:
        """Ink of the bank, or of a real page's truth, through a random similarity."""
        rng = self.rng
        if rng.random() < 0.25 and self.real:
            page = self.real[int(rng.choice(len(self.real), p=self.odds))]
            cover = _warped(
                page.ink, self._window(page.ink.shape, float(np.exp(rng.uniform(np.log(0.6), np.log(1.8)))))
            )
            return np.asarray(cv2.GaussianBlur(cover, (0, 0), 0.8))
        sheet = self.bank[int(rng.integers(len(self.bank)))]
        return _warped(sheet, self._window((*sheet.shape,), float(np.exp(rng.uniform(np.log(0.7), np.log(1.6))))), 0)

    def _back_side(self) -> NDArray[np.float32]:
        """Another page's ink, mirrored and blurred: 0 none, 1 as dark as ink; the sharper, the paler at most."""
        rng = self.rng
        blur = rng.uniform(0.4, 3.0)
        seen = cv2.GaussianBlur(self._strokes()[:, ::-1].astype(np.float32) / 255, (0, 0), blur)
        seen *= np.float32(rng.uniform(0.1, 0.7 if blur > 1 else 0.45))
        if rng.random() < 0.6:
            seen = seen * np.clip(0.6 + 0.5 * papers.cloud(rng, FULL_PX, 4, 4), 0, 1)
        return np.asarray(seen, dtype=np.float32)

    def _window(self, shape: tuple[int, ...], scale: float) -> NDArray[np.float64]:
        """The 2 × 3 matrix from points of a page to points of a patch."""
        rng = self.rng
        turn = rng.normal() * 0.06 + (rng.choice((0, 1, 2, 3)) * np.pi / 2 if rng.random() < 0.25 else 0)
        cos, sin = scale * np.cos(turn), scale * np.sin(turn)
        flip = -1.0 if rng.random() < 0.25 else 1.0
        linear = np.array(((cos * flip, -sin), (sin * flip, cos)))
        reach = 0.4 * FULL_PX / scale
        centre = [rng.uniform(min(reach, side / 2), max(side - reach, side / 2)) for side in shape[1::-1]]
        return np.column_stack((linear, FULL_PX / 2 - linear @ np.array(centre)))

    def _finished(
        self, samples: NDArray[np.float32], ink: NDArray[np.uint8], odds: float
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Camera and codec: exposure, blur, noise, JPEG, loss of colour, negative of a small share."""
        rng = self.rng
        if rng.random() < odds:
            samples = samples ** np.float32(np.exp(rng.normal() * 0.25)) * np.float32(rng.uniform(0.6, 1.15))
        if rng.random() < 0.25 * odds + 0.1:
            samples = cv2.GaussianBlur(samples, (0, 0), rng.uniform(0.4, 1.1))
        if rng.random() < 0.6 * odds:
            noise = rng.standard_normal((FULL_PX, FULL_PX, 1), dtype=np.float32) * np.float32(rng.uniform(0.002, 0.05))
            samples = samples + noise
        if rng.random() < 0.4:
            samples = np.repeat(samples.mean(axis=2, keepdims=True), 3, axis=2)
        eight = (np.clip(samples, 0, 1) * 255).astype(np.uint8)
        if rng.random() < 0.4 * odds:
            _, code = cv2.imencode(".jpg", eight, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 92))])
            eight = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), dtype=np.uint8)
        return eight, ink


def _warped(source: NDArray[np.uint8], matrix: NDArray[np.float64], beyond: int | None = None) -> NDArray[np.uint8]:
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if scale < 0.7:
        small = cv2.resize(source, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        matrix = matrix @ np.array(((2.0, 0, 0.5), (0, 2.0, 0.5), (0, 0, 1)))
        source = np.asarray(small, dtype=np.uint8)
    border = cv2.BORDER_REFLECT_101 if beyond is None else cv2.BORDER_CONSTANT
    drawn = cv2.warpAffine(source, matrix, (FULL_PX, FULL_PX), flags=cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(drawn, dtype=np.uint8)


def _toned(rng: np.random.Generator, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    if rng.random() < 0.5:
        gain = rng.uniform(0.6, 1.3)
        samples = (samples - samples.mean()) * np.float32(rng.uniform(0.55, 1.2)) + samples.mean() * np.float32(gain)
    if rng.random() < 0.3:
        samples = samples * rng.uniform(0.75, 1.15, 3).astype(np.float32)
    return np.clip(samples, 0, 1.2).astype(np.float32)
