"""Mean squares of a table of units by reviewers, with or without holes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from speckit_analysis.stats.paired import ROUNDING


@dataclass(frozen=True)
class MeanSquares:
    """Analysis of variance of units (rows) and reviewers (columns), each beside the other.

    Attributes
    ----------
    units, reviewers, residual : float
        Mean squares between units, between reviewers, and of what is left.
    of_units, of_reviewers, of_residual : int
        Their degrees of freedom.
    cells_of_unit, cells_of_reviewer : float
        How many cells a unit and a reviewer count for: of a complete table reviewers and units.
    """

    units: float
    reviewers: float
    residual: float
    of_units: int
    of_reviewers: int
    of_residual: int
    cells_of_unit: float
    cells_of_reviewer: float


def mean_squares(table: np.ndarray) -> MeanSquares | None:
    """Return the mean squares; None where they cannot be told apart.

    Parameters
    ----------
    table : ndarray of float, shape (units, reviewers)
        NaN where a reviewer did not score.  Each row and column holds a number.

    Notes
    -----
    Henderson's third method (Searle, Casella and McCulloch 1992, *Variance Components*): each
    factor is what it explains beyond the other.
    """
    scored = ~np.isnan(table)
    units, reviewers = table.shape
    cells = int(scored.sum())
    n_of_unit = scored.sum(axis=1)
    # Units are taken off first, so that only a column per reviewer is left to be fitted.
    beside_units = (table - np.nanmean(table, axis=1)[:, None])[scored]
    dummies = scored[:, :, None] * np.eye(reviewers)[None]
    dummies = (dummies - (dummies.sum(axis=1) / n_of_unit[:, None])[:, None, :])[scored]
    fitted, _, rank, _ = np.linalg.lstsq(dummies, beside_units, rcond=1e-10)
    of_reviewers, of_units = int(rank), units + int(rank) - reviewers
    of_residual = cells - units - int(rank)
    if min(of_reviewers, of_units, of_residual) < 1:
        return None
    beside_reviewers = (table - np.nanmean(table, axis=0))[scored]
    left = float(((beside_units - dummies @ fitted) ** 2).sum())
    rounding = cells * (ROUNDING * float(np.nanmax(np.abs(table)))) ** 2
    sums = (
        float((beside_reviewers**2).sum()) - left,
        float((beside_units**2).sum()) - left,
        left,
    )
    of_unit, of_reviewer, residual = (0.0 if one <= rounding else one for one in sums)
    return MeanSquares(
        of_unit / of_units,
        of_reviewer / of_reviewers,
        residual / of_residual,
        of_units,
        of_reviewers,
        of_residual,
        (cells - reviewers) / of_units,
        (cells - units) / of_reviewers,
    )
