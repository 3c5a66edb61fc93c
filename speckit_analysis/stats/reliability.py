"""How far reviewers agree on scores: Krippendorff's alpha and intraclass correlations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.stats.squares import MeanSquares, mean_squares


def krippendorff_alpha(ratings: np.ndarray, scale: str = "interval") -> float:
    """Return Krippendorff's alpha; NaN where it is not defined.

    Parameters
    ----------
    ratings : ndarray of float, shape (units, reviewers)
        NaN where a reviewer did not rate; units with one rating do not count.
    scale : str
        ``interval``, ``ordinal`` or ``nominal``.

    Raises
    ------
    ValueError
        If there is no such scale.

    Notes
    -----
    1 - observed over expected disagreement (Krippendorff 2011).  Constant ratings leave nothing
    to expect: alpha is then undefined, neither 0 nor 1.
    """
    table = np.asarray(ratings, dtype=float)
    pairable = table[(~np.isnan(table)).sum(axis=1) > 1]
    values, codes = np.unique(pairable[~np.isnan(pairable)], return_inverse=True)
    if len(values) < 2:
        return float("nan")
    counts = np.zeros((len(pairable), len(values)))
    np.add.at(counts, (np.nonzero(~np.isnan(pairable))[0], codes), 1)
    totals = counts.sum(axis=0)
    distance = _distances(values, totals, scale)
    each = counts.sum(axis=1)
    own = np.einsum("uv,vw,uw->u", counts, distance, counts)
    observed = float((own / (each - 1)).sum())
    expected = float(totals @ distance @ totals) / (totals.sum() - 1)
    return 1 - observed / expected


def _distances(values: np.ndarray, totals: np.ndarray, scale: str) -> np.ndarray:
    if scale == "interval":
        return np.asarray((values[:, None] - values[None, :]) ** 2)
    if scale == "nominal":
        return 1.0 - np.eye(len(values))
    if scale == "ordinal":
        middle = np.cumsum(totals) - totals / 2
        return np.asarray((middle[:, None] - middle[None, :]) ** 2)
    raise ValueError(f"no scale {scale!r}; there are: interval, ordinal, nominal")


@dataclass(frozen=True)
class IntraclassCorrelation:
    """Reliability of one reviewer's score, and of the mean of all.

    Attributes
    ----------
    single, single_low, single_high : float
        ICC(2,1): of one reviewer who scores later.
    mean, mean_low, mean_high : float
        ICC(2,k): of the mean of these reviewers.

    Notes
    -----
    NaN where the mean squares allow no interval: units do not differ, or they differ less, or
    reviewers do, than error alone makes them.
    """

    single: float
    single_low: float
    single_high: float
    mean: float
    mean_low: float
    mean_high: float


def intraclass_correlation(ratings: np.ndarray, level: float = 0.95) -> IntraclassCorrelation:
    """Return ICC(2,1) and ICC(2,k) with their intervals.

    Parameters
    ----------
    ratings : ndarray of float, shape (units, reviewers)
        NaN where a reviewer did not rate.
    level : float
        Two-sided level.

    Raises
    ------
    ValueError
        If there are fewer than two units or reviewers.

    Notes
    -----
    Shrout and Fleiss (1979): reviewers are a sample, and their severity counts as error.  Report
    ICC(2,k) if the mean of these reviewers is used and ICC(2,1) if one of them scores later.  The
    intervals are by Satterthwaite's F, on mean squares that take holes (:mod:`.squares`); the mean
    is then that of as many reviewers as scored a unit on average.  Nothing is clamped: a
    correlation below 0 is reported as it is.

    Examples
    --------
    >>> table = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8],
    ...                   [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7.0]])
    >>> found = intraclass_correlation(table)
    >>> round(found.single, 2), round(found.mean, 2)
    (0.29, 0.62)
    """
    table = np.asarray(ratings, dtype=float)
    table = table[~np.isnan(table).all(axis=1)][:, ~np.isnan(table).all(axis=0)]
    if min(table.shape) < 2:
        raise ValueError("ICC takes at least two units and two reviewers")
    squares = mean_squares(table)
    if squares is None or squares.units == 0:
        return IntraclassCorrelation(*[np.nan] * 6)
    single = _single(squares, level)
    mean = tuple(_of_mean(end, squares.cells_of_unit) for end in single)
    return IntraclassCorrelation(*_told(single), *_told(mean))


def _told(ends: tuple[float, ...]) -> tuple[float, ...]:
    """Return value and ends, or NaN where they make no finite interval around the value."""
    value, low, high = ends
    finite = np.isfinite(ends).all() and low <= value <= high
    return ends if finite else (np.nan,) * 3


def _of_mean(single: float, k: float) -> float:
    """Return the reliability of a mean of `k` by Spearman and Brown."""
    below = 1 + (k - 1) * single
    return k * single / below if below > 0 else -np.inf


def _single(squares: MeanSquares, level: float) -> tuple[float, float, float]:
    """Return value and ends of ICC(2,1)."""
    n, k, error = squares.cells_of_reviewer, squares.cells_of_unit, squares.residual
    between, judges = squares.units, squares.reviewers
    single = (between - error) / (between + (k - 1) * error + k * (judges - error) / n)
    # Satterthwaite's degrees of freedom of k single judges + (n + (nk - n - k) single) error.
    of_judges, of_error = k * single, n * (1 + (k - 1) * single) - k * single
    spread = (of_judges * judges) ** 2 / squares.of_reviewers
    spread += (of_error * error) ** 2 / squares.of_residual
    if spread == 0:
        return single, single, single
    freedom = (of_judges * judges + of_error * error) ** 2 / spread
    tail = (1 + level) / 2
    noise = k * judges + (k * n - k - n) * error
    with np.errstate(invalid="ignore"):  # Without freedom the quantiles are infinite.
        above = special.fdtri(squares.of_units, freedom, tail)
        below = special.fdtri(freedom, squares.of_units, tail)
        low = n * (between - above * error) / (above * noise + n * between)
        high = n * (below * between - error) / (noise + n * below * between)
    return float(single), float(low), float(high)
