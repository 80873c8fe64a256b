"""Smooth surfaces over the unit square: uniform cubic B-splines on a grid of knots, and what holds them stiff."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def spline_basis(at: Floats, knots: tuple[int, int], beyond: float = 0.0) -> Floats:
    """Weights of the knots at points of the unit square.

    Parameters
    ----------
    at : float64 ndarray, shape (N, 2), x first
    knots : tuple of int
        Rows and columns.
    beyond : float
        How far beyond the edges the surface goes on; points farther away are taken for points there.

    Returns
    -------
    float64 ndarray, shape (N, rows * columns)
    """
    number, weight = spline_weights(at, knots, beyond)
    out = np.zeros((len(at), knots[0] * knots[1]))
    out[np.arange(len(at))[:, None], number] = weight
    return out


def spline_weights(
    at: Floats, knots: tuple[int, int], beyond: float = 0.0
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The sixteen knots that count at each point, and their weights.

    Parameters
    ----------
    at, knots, beyond :
        As for `spline_basis`.

    Returns
    -------
    number : intp ndarray, shape (N, 16)
        Of a knot: its row times the columns, plus its column.
    weight : float64 ndarray, shape (N, 16)
    """
    row, v = _weights(at[:, 1], knots[0], beyond)
    column, u = _weights(at[:, 0], knots[1], beyond)
    number = row[:, :, None] * knots[1] + column[:, None, :]
    return number.reshape(len(at), 16), (v[:, :, None] * u[:, None, :]).reshape(len(at), 16)


def _weights(t: Floats, knots: int, beyond: float) -> tuple[NDArray[np.intp], Floats]:
    position = np.clip(t, -beyond, 1 + beyond) * (knots - 3)
    whole = np.clip(position.astype(np.intp), 0, knots - 4)
    f = position - whole
    parts = ((1 - f) ** 3 / 6, (3 * f**3 - 6 * f**2 + 4) / 6, (-3 * f**3 + 3 * f**2 + 3 * f + 1) / 6, f**3 / 6)
    return whole[:, None] + np.arange(4), np.stack(parts, axis=1)


def bending(knots: tuple[int, int]) -> Floats:
    """The quadratic form of the second differences of a knot grid, in both directions and across."""
    rows, columns = knots
    second = [np.diff(np.eye(n), 2, axis=0) for n in (rows, columns)]
    first = [np.diff(np.eye(n), 1, axis=0) for n in (rows, columns)]
    down = np.kron(second[0].T @ second[0], np.eye(columns))
    along = np.kron(np.eye(rows), second[1].T @ second[1])
    cross = np.kron(first[0].T @ first[0], first[1].T @ first[1])
    form: NDArray[np.float64] = down + along + 2 * cross
    return form


def stretching(knots: tuple[int, int]) -> Floats:
    """The quadratic form of the first differences of a knot grid."""
    rows, columns = knots
    first = [np.diff(np.eye(n), 1, axis=0) for n in (rows, columns)]
    form: NDArray[np.float64] = np.kron(first[0].T @ first[0], np.eye(columns)) + np.kron(
        np.eye(rows), first[1].T @ first[1]
    )
    return form
