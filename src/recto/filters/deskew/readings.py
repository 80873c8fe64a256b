"""One angle from readings of the same page that err in different ways."""

from __future__ import annotations

import numpy as np

from recto.filters.deskew.baselines import Agreement
from recto.filters.deskew.spectrum import Reading

_LINES_SCALE, _LINES_LEAST_DEG = 2.0, 0.004
_RAY_SCALE, _RAY_LEAST_DEG = 2.0, (0.003, 0.01)
"""The ray across is trusted less: scanners shear a page by a few hundredths of a degree."""
LEAST_ERROR_DEG = 1.0 / float(np.hypot(1.0 / _LINES_LEAST_DEG, 1.0 / _RAY_LEAST_DEG[0]))
"""What lines and their ray together can be sure of."""
_BENT_DEG, _BENT_LINES = (0.2, 0.3, 0.9, 1.2), (6.0, 8.0)
_BENT_ERROR_DEG, _BLUNT_DEG = 0.1, (0.006, 0.012)
"""A ray of lines that is sharper than this cannot come from curved paper."""
_APART = 3.0
_ALONE = 0.5


def combined(lines: Agreement, *rays: Reading, others: Agreement | None = None) -> Reading:
    """The weighted mean of the readings that agree.

    Lines of text are misled by glyphs that stand at different heights along a line, their ray by columns whose lines do
    not meet, the ray across by slanted strokes and by what is drawn askew: seldom all alike. The reading
    that most agree with, counted by their precision, is the centre, and what is off by more than three standard errors
    from it has no say. One with which none agrees must be twice as precise as those that agree, together. On curved
    paper, where many lines differ by more than their errors, rays are worth little, unless the lines' own is sharp.

    Parameters
    ----------
    lines : Agreement
    rays : Reading
        The ray of the lines, and the one at right angles to it.
    others : Agreement, optional
        Lines at right angles to these, where they are known to be lines of the page, too.
    """
    bent = float(
        np.interp(lines.between_deg, _BENT_DEG, (0.0, _BENT_ERROR_DEG, _BENT_ERROR_DEG, 0.0))
        * np.interp(lines.between_deg / lines.error_deg, _BENT_LINES, (0.0, 1.0))
    )
    blunt = [float(np.interp(rays[0].error_deg, _BLUNT_DEG, (0.0, 1.0))), 1.0]
    fits = (lines,) if others is None else (lines, others)
    angle = np.array([reading.angle_deg for reading in (*fits, *rays)])
    error = np.array(
        [np.hypot(_LINES_SCALE * fit.error_deg, _LINES_LEAST_DEG) for fit in fits]
        + [
            np.sqrt((_RAY_SCALE * ray.error_deg) ** 2 + least**2 + (share * bent) ** 2)
            for ray, least, share in zip(rays, _RAY_LEAST_DEG, blunt, strict=False)
        ]
    )
    angle, error = angle[np.isfinite(error)], error[np.isfinite(error)]
    apart = (angle[:, None] - angle) / np.hypot(error[:, None], error)
    says = np.maximum(1.0 - (apart / _APART) ** 2, 0.0)
    alone = np.count_nonzero(says, axis=1) < 2
    centre = int(np.argmax(np.where(alone, _ALONE, 1.0) * (says / error).sum(axis=1)))
    weight = says[centre] / error**2
    mean, mean_error = float((weight * angle).sum() / weight.sum()), float(1.0 / np.sqrt(weight.sum()))
    # what is as precise and says something else may be right after all
    denied = np.abs(angle - mean)[(says[centre] == 0.0) & (error < mean_error)]
    return Reading(mean, max(mean_error, 0.6 * float(denied.max(initial=0.0))))
