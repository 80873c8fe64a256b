"""Simulated photos of bent sheets with their exact maps: what the net learns from, and what is measured on."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.training.dewarp.desks import desks
from lab.training.dewarp.flat_pages import FlatPages, flat_pages
from lab.training.dewarp.light import finger, light_field, shading, shadow, taken, thrown
from lab.training.dewarp.paper import KINDS, MARGIN, Floats, Sheets, sheets
from lab.training.dewarp.view import STEP_PX, Map, View, photographed, scaled_bend
from recto.filters.dewarp.coarse_net import STRIDE, near_frame, planes

Samples = NDArray[np.uint8]
Shape = tuple[int, int]

SHAPES: tuple[Shape, ...] = ((256, 192), (224, 224), (192, 256))
SMALL_SHAPES: tuple[Shape, ...] = ((192, 144), (160, 160), (144, 192))
"""Upright, square and lying, at full size and as the first part of the training sees them."""
NEAR_SHARE = 0.5
ODD_SHARE = 0.12
"""Share of first looks at a flat scan, or at no page at all."""
_SUPER = 2


class Sample(NamedTuple):
    """One photo as the net sees it, and what it should say.

    Attributes
    ----------
    photo : uint8 ndarray, shape (H, W, 3)
    planes : float32 ndarray, shape (5, H / 8, W / 8)
        What the net is told beside the picture.
    page : float32 ndarray, shape (2, H / 8, W / 8)
        Coordinates on the page.
    inside : float32 ndarray, shape (H / 4, W / 4)
        Share of each cell that lies on the page.
    known : float32 ndarray, shape (H / 8, W / 8)
        1 where ``page`` is known.
    """

    photo: Samples
    planes: Map
    page: Map
    inside: Map
    known: Map


class Scene(NamedTuple):
    """A simulated photo in full.

    Attributes
    ----------
    photo : uint8 ndarray, shape (H, W, 3)
    view : View
        Where each point of the sheet is seen.
    page, known :
        As ``View.read`` gives them.
    flat : uint8 ndarray, shape (h, w, 3)
        The page before it was bent.
    aspect : float
        Height over width of the paper.
    """

    photo: Samples
    view: View
    page: Map
    known: NDArray[np.bool_]
    flat: Samples
    aspect: float


class Simulator:
    """Makes photos from banks of flat pages, bent sheets and desks."""

    def __init__(self, pages: FlatPages, bent: Sheets, tables: Samples) -> None:
        self.pages, self.sheets, self.desks = pages, bent, tables

    @classmethod
    def of(cls, folder: Path, seed: int, *, pages: int = 400, bends: int = 1200, tables: int = 160) -> Simulator:
        """With so many pages, sheets and desks of that seed, which are in ``folder`` or come to be there."""
        return cls(flat_pages(folder, seed, pages), sheets(folder, seed, bends), desks(folder, seed, tables))

    def sample(self, rng: np.random.Generator, shape: Shape, *, near: bool) -> Sample:
        """A photo at the net's input shape; near: as seen again, cut out by corners that are nearly right."""
        if not near and rng.random() < ODD_SHARE:
            return self._scan(rng, shape) if rng.random() < 0.5 else self._no_page(rng, shape)
        points, aspect, _ = self.sheet(rng, shape)
        view = self.camera(points, aspect, rng, shape)
        told = planes(shape, None, None)
        if near:
            corners = view.corners()
            sigma = float(rng.choice((0.004, 0.012, 0.035), p=(0.45, 0.35, 0.2)))
            corners = corners + rng.normal(0, sigma, (4, 2)) * np.hypot(*(corners[2] - corners[0])) * 0.6
            told = planes(shape, corners, shape)
            view = view.through(near_frame(corners, shape), shape)
        scene = self.scene(points, aspect, view, rng)
        photo = scene.photo
        if near:
            photo = _cut_by_frame(photo, rng)
        return _as_sample(photo, told, scene.page, scene.known)

    def _scan(self, rng: np.random.Generator, shape: Shape) -> Sample:
        """A flat page from edge to edge, or with the lid of a scanner round it."""
        height, width = shape
        picture = np.full((*shape, 3), float(rng.choice((0, 8, 235, 255))), np.float32)
        rim = rng.uniform(0.0, 0.07, 4) if rng.random() < 0.4 else np.zeros(4)
        left, top, right, bottom = np.rint(rim * (width, height, width, height)).astype(int)
        size = (width - left - right, height - top - bottom)
        flat = self._page(rng, height / width)
        picture[top : height - bottom, left : width - right] = cv2.resize(flat, size, interpolation=cv2.INTER_AREA)
        step = np.arange(max(shape), dtype=np.float32) + 0.5
        u, v = ((step[:n] - start) / length for n, start, length in ((width, left, size[0]), (height, top, size[1])))
        fine = np.stack(np.meshgrid(u, v), axis=2).astype(np.float32)
        coarse = np.asarray(cv2.resize(fine, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)
        known = np.ones(coarse.shape[:2], np.bool_)
        return _as_sample(taken(picture, rng), planes(shape, None, None), coarse, known)

    def _no_page(self, rng: np.random.Generator, shape: Shape) -> Sample:
        """A desk and nothing on it."""
        empty = np.zeros(shape, np.float32)
        picture = self._desk(rng, shape, np.repeat(empty[..., None], 3, axis=2), empty) * light_field(rng, shape)
        half = (shape[0] // STEP_PX, shape[1] // STEP_PX)
        nowhere, unknown = np.full((*half, 2), -1.0, np.float32), np.zeros(half, np.bool_)
        return _as_sample(taken(picture, rng), planes(shape, None, None), nowhere, unknown)

    def sheet(self, rng: np.random.Generator, shape: Shape) -> tuple[Floats, float, str]:
        """A bent sheet, its aspect and kind; upright or not as the picture is, mostly."""
        number = int(rng.integers(len(self.sheets.aspects)))
        for _ in range(6):
            aspect = self.sheets.aspects[number]
            if (aspect > 1) == (shape[0] > shape[1]) or shape[0] == shape[1] or rng.random() < 0.15:
                break
            number = int(rng.integers(len(self.sheets.aspects)))
        points = self.sheets.points[number].astype(np.float64)
        aspect = float(self.sheets.aspects[number])
        if rng.random() < 0.5:
            points = points[:, ::-1] * (-1, 1, 1)
        if rng.random() < 0.5:
            points = points[::-1] * (1, -1, 1)
        if rng.random() < 0.5:
            points = points * (1, 1, -1)
        points = scaled_bend(points, aspect, float(rng.uniform(0.5, 1.15)))
        return points, aspect, KINDS[int(self.sheets.kinds[number])]

    def camera(self, points: Floats, aspect: float, rng: np.random.Generator, shape: Shape) -> View:
        """A camera that sees no part of the sheet behind another."""
        for _ in range(6):
            view = photographed(points, rng, shape)
            if not view.folds_over():
                break
            points = scaled_bend(points, aspect, 0.75)
        return view

    def scene(
        self, points: Floats, aspect: float, view: View, rng: np.random.Generator, flat: Samples | None = None
    ) -> Scene:
        """The photo of a sheet: paper with its print (``flat``, or one of the bank), desk, light, camera."""
        shape = view.shape
        page, known = view.read()
        flat = self._page(rng, aspect) if flat is None else flat
        size = shape[::-1]
        u, v = cv2.split(cv2.resize(page, size, interpolation=cv2.INTER_LINEAR))
        print_ = _reduced(flat, page, known)
        at_x, at_y = u * print_.shape[1] - 0.5, v * print_.shape[0] - 0.5
        paper = cv2.remap(print_, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
        mask = _coverage(page, known, shape)
        lit = shading(points, rng)
        at = ((page + MARGIN) / (1 + 2 * MARGIN) * (lit.shape[1] - 1, lit.shape[0] - 1)).astype(np.float32)
        shade = cv2.remap(lit, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        paper *= cv2.resize(shade, size, interpolation=cv2.INTER_LINEAR)[..., None]
        desk = self._desk(rng, shape, paper, mask) * thrown(mask, rng)
        picture = mask[..., None] * paper * np.float32(0.92) + (1 - mask[..., None]) * desk
        picture *= light_field(rng, shape)
        if rng.random() < 0.35:
            picture *= shadow(rng, shape)
        if rng.random() < 0.06:
            finger(picture, rng)
        return Scene(taken(picture, rng), view, page, known, flat, aspect)

    def _page(self, rng: np.random.Generator, aspect: float) -> Samples:
        """A flat page whose type suits the aspect of the sheet."""
        number = int(rng.integers(len(self.pages.aspects)))
        for _ in range(8):
            if abs(np.log(self.pages.aspects[number] / aspect)) < 0.12:
                break
            number = int(rng.integers(len(self.pages.aspects)))
        return np.asarray(self.pages.textures[number])

    def _desk(self, rng: np.random.Generator, shape: Shape, paper: Map, mask: Map) -> Map:
        """A piece of a desk, now and then as bright as the sheet."""
        texture = np.asarray(self.desks[int(rng.integers(len(self.desks)))])
        size = max(shape)
        zoom = texture.shape[0] / size * float(np.exp(rng.uniform(np.log(0.35), np.log(0.95))))
        angle = rng.uniform(0, 2 * np.pi)
        turned = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        if rng.random() < 0.5:
            turned[:, 0] *= -1
        offset = rng.uniform(0, texture.shape[0], 2) - turned @ (np.array(shape[::-1]) / 2)
        matrix = np.column_stack((turned, offset))
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        desk = cv2.warpAffine(texture, matrix, shape[::-1], flags=flags, borderMode=cv2.BORDER_REFLECT_101)
        out = np.asarray(desk, np.float32)
        if rng.random() < 0.25 and mask.any():
            bright = float(paper[mask > 0.5].mean()) if (mask > 0.5).any() else 200.0
            out *= np.float32(bright * rng.uniform(0.8, 1.15) / max(float(out.mean()), 1.0))
        return out


def _reduced(flat: Samples, page: Map, known: NDArray[np.bool_]) -> Samples:
    """The flat page at about the size at which the picture shows it."""
    both = known[:, 1:] & known[:, :-1]
    steps = np.abs(np.diff(page, axis=1))[both].sum(axis=1)
    step = float(np.median(steps)) / STEP_PX if steps.size else 0.0
    factor = round(min(max(1.0, 0.8 * step * flat.shape[1]), 4.0))
    size = (flat.shape[1] // factor, flat.shape[0] // factor)
    return np.asarray(cv2.resize(flat, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _coverage(page: Map, known: NDArray[np.bool_], shape: Shape) -> Map:
    """Share of each pixel that lies on the page."""
    fine = cv2.resize(page, (shape[1] * _SUPER, shape[0] * _SUPER), interpolation=cv2.INTER_LINEAR)
    sure = cv2.resize(known.astype(np.uint8) * 255, fine.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    inside = cv2.bitwise_and(cv2.inRange(fine, (0, 0), (1, 1)), cv2.inRange(sure, 253, 255))
    return np.asarray(cv2.resize(inside, shape[::-1], interpolation=cv2.INTER_AREA), np.float32) / 255


def _cut_by_frame(photo: Samples, rng: np.random.Generator) -> Samples:
    """A near look sees nothing beyond the frame of its photo, which lies close round the sheet or cuts it."""
    if rng.random() < 0.35:
        return photo
    height, width = photo.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    out = photo.copy()
    turn = float(rng.normal(0, 12))
    cut = int(rng.integers(4)) if rng.random() < 0.18 else -1
    for side in range(4):
        angle = np.deg2rad(90 * side + turn + rng.normal(0, 3))
        away = np.array((np.cos(angle), np.sin(angle)), np.float32)
        reach = 0.5 * np.hypot(away[0] * width, away[1] * height)
        share = rng.uniform(0.7, 0.95) if side == cut else rng.uniform(0.93, 1.15)
        out[(x - width / 2) * away[0] + (y - height / 2) * away[1] > reach * share] = 0
    return out


def _as_sample(photo: Samples, told: Map, page: Map, known: NDArray[np.bool_]) -> Sample:
    cells = STRIDE // STEP_PX
    size = (page.shape[1] // cells, page.shape[0] // cells)
    places = np.asarray(cv2.resize(page, size, interpolation=cv2.INTER_AREA), np.float32)
    sure = np.asarray(cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_AREA))
    on_page = known & (page >= 0).all(axis=2) & (page <= 1).all(axis=2)
    finer = (size[0] * 2, size[1] * 2)
    inside = np.asarray(cv2.resize(on_page.astype(np.float32), finer, interpolation=cv2.INTER_AREA), np.float32)
    return Sample(
        photo, told, np.ascontiguousarray(places.transpose(2, 0, 1)), inside, (sure > 0.999).astype(np.float32)
    )


class Batch(NamedTuple):
    """Samples of one shape, stacked, as in ``Sample``."""

    photo: Samples
    planes: Map
    page: Map
    inside: Map
    known: Map


def batch(simulator: Simulator, seed: tuple[int, ...], count: int, shapes: tuple[Shape, ...] = SHAPES) -> Batch:
    """``count`` samples of one shape, the same for the same seed."""
    rng = np.random.default_rng(seed)
    shape = shapes[int(rng.choice(3, p=(0.72, 0.14, 0.14)))]
    made = [simulator.sample(rng, shape, near=bool(k < round(NEAR_SHARE * count))) for k in range(count)]
    return Batch(*(np.stack(part) for part in zip(*made, strict=True)))


def mirrored(samples: Batch) -> Batch:
    """The same photos seen in a mirror: as good as new ones where print is too small to be read."""
    planes, page = samples.planes[..., ::-1].copy(), samples.page[..., ::-1].copy()
    planes[:, 0], page[:, 0] = 1 - planes[:, 0], 1 - page[:, 0]
    planes[:, 2] *= -1
    photo, inside, known = samples.photo[:, :, ::-1], samples.inside[..., ::-1], samples.known[..., ::-1]
    return Batch(*(np.ascontiguousarray(part) for part in (photo, planes, page, inside, known)))
