"""How far reviewers agree: on scores, and on the difference that a decision hangs on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from speckit_analysis.stats.agreement import agreement, cohen_kappa
from speckit_analysis.stats.intraclass import intraclass_correlations


def krippendorff_alpha(ratings: np.ndarray, scale: str = "interval") -> float:
    """Return Krippendorff's alpha; NaN where it is not defined.

    Parameters
    ----------
    ratings : ndarray of float, shape (units, reviewers)
        NaN where a reviewer did not rate; units with one rating do not count.
    scale : str
        ``interval``, ``ordinal``, ``nominal`` or ``ratio`` (of figures that are not below 0).

    Raises
    ------
    ValueError
        If there is no such scale, or a figure of scale ``ratio`` is below 0.

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
    if scale == "ratio":
        if (values < 0).any():
            raise ValueError("ratios take figures of 0 or more, and some are below")
        both = values[:, None] + values[None, :]
        apart = np.abs(values[:, None] - values[None, :])
        return np.asarray(np.divide(apart, both, out=np.zeros_like(both), where=both > 0) ** 2)
    raise ValueError(f"no scale {scale!r}; there are: interval, ordinal, nominal, ratio")


@dataclass(frozen=True)
class IntraclassCorrelation:
    """Reliability of one reviewer's score, and of the mean of all.

    Attributes
    ----------
    single, single_low, single_high : float
        ICC(2,1): of one reviewer who scores later.
    mean, mean_low, mean_high : float
        ICC(2,k): of the mean of these reviewers.
    units, reviewers : int
        Size of the table.

    Notes
    -----
    NaN where the mean squares allow no interval.
    """

    single: float
    single_low: float
    single_high: float
    mean: float
    mean_low: float
    mean_high: float
    units: int
    reviewers: int


def intraclass_correlation(ratings: np.ndarray, level: float = 0.95) -> IntraclassCorrelation:
    """Return ICC(2,1) and ICC(2,k) with their intervals.

    Parameters
    ----------
    ratings : ndarray of float, shape (units, reviewers)
        Complete.
    level : float
        Two-sided level.

    Raises
    ------
    ValueError
        If a rating is missing, or there are fewer than two units or reviewers.

    See Also
    --------
    speckit_analysis.stats.intraclass : All six forms, with their F tests.
    """
    found = intraclass_correlations(ratings, level)
    single, mean = found["ICC(2,1)"], found["ICC(2,k)"]
    return IntraclassCorrelation(
        single.value, single.low, single.high, mean.value, mean.low, mean.high,
        *np.shape(ratings),
    )  # fmt: skip


def weighted_kappa(counts: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return Cohen's kappa of two reviewers, with disagreement `weights` (Cohen 1968).

    Parameters
    ----------
    counts : ndarray of int, shape (categories, categories)
        Labels of the first reviewer (rows) and the second.
    weights : ndarray of float, optional
        How bad each disagreement is, 0 on the diagonal; by default 1 elsewhere.

    See Also
    --------
    speckit_analysis.stats.agreement.cohen_kappa : With interval, observed and expected agreement.
    """
    return cohen_kappa(counts, weights).estimate.value


def reliability_of_difference(differences: np.ndarray) -> float:
    """Return which share of the variance of a difference lies between units.

    Parameters
    ----------
    differences : ndarray of float, shape (units, reviewers)
        Each reviewer's difference at each unit, complete.

    Notes
    -----
    Reviewers may agree on levels and still not on which variant is better; a decision hangs on
    the latter.
    """
    table = np.asarray(differences, dtype=float)
    n, k = table.shape
    rows, columns, centre = table.mean(axis=1), table.mean(axis=0), table.mean()
    residual = float(((table - rows[:, None] - columns + centre) ** 2).sum()) / ((n - 1) * (k - 1))
    units = max((k * float(((rows - centre) ** 2).sum()) / (n - 1) - residual) / k, 0.0)
    judges = max((n * float(((columns - centre) ** 2).sum()) / (k - 1) - residual) / n, 0.0)
    whole = units + judges + residual
    return units / whole if whole else float("nan")


def gwet_ac1(ratings: np.ndarray) -> float:
    """Return Gwet's AC1 of labels; NaN where nothing can be compared, or one unit only.

    Parameters
    ----------
    ratings : ndarray of float, shape (units, reviewers)
        Labels as numbers, NaN where a reviewer gave none.

    Notes
    -----
    Gwet (2008): kappa's chance agreement falls apart where almost all labels are one; this one's
    does not.

    See Also
    --------
    speckit_analysis.stats.agreement.agreement : With interval and weights, and other coefficients.
    """
    if not ((~np.isnan(np.asarray(ratings, dtype=float))).sum(axis=1) > 1).any():
        return float("nan")
    return agreement(ratings).estimate.value
