"""How far reviewers agree: on scores, and on the difference that a decision hangs on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats  # type: ignore[import-untyped]


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
    units, reviewers : int
        Size of the table.
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

    Notes
    -----
    Shrout and Fleiss (1979): two-way random effects, absolute agreement; the interval by
    Satterthwaite's F.
    """
    table = np.asarray(ratings, dtype=float)
    n, k = table.shape
    if np.isnan(table).any() or n < 2 or k < 2:
        raise ValueError("ICC takes a complete table of at least two units and two reviewers")
    rows, columns, centre = table.mean(axis=1), table.mean(axis=0), table.mean()
    between = k * float(((rows - centre) ** 2).sum()) / (n - 1)
    judges = n * float(((columns - centre) ** 2).sum()) / (k - 1)
    left = table - rows[:, None] - columns[None, :] + centre
    error = float((left**2).sum()) / ((n - 1) * (k - 1))
    single = (between - error) / (between + (k - 1) * error + k * (judges - error) / n)
    ratio = judges / error if error else np.inf
    up = k * single * ratio + n * (1 + (k - 1) * single) - k * single
    freedom = (
        (n - 1)
        * (k - 1)
        * up**2
        / ((n - 1) * k**2 * single**2 * ratio**2 + (n * (1 + (k - 1) * single) - k * single) ** 2)
    )
    tail = (1 + level) / 2
    above, below = stats.f.ppf(tail, n - 1, freedom), stats.f.ppf(tail, freedom, n - 1)
    noise = k * judges + (k * n - k - n) * error
    low = n * (between - above * error) / (above * noise + n * between)
    high = n * (below * between - error) / (noise + n * below * between)
    mean, mean_low, mean_high = (k * r / (1 + (k - 1) * r) for r in (single, low, high))
    return IntraclassCorrelation(single, low, high, mean, mean_low, mean_high, n, k)


def weighted_kappa(counts: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return Cohen's kappa of two reviewers, with disagreement `weights` (Cohen 1968).

    Parameters
    ----------
    counts : ndarray of int, shape (categories, categories)
        Labels of the first reviewer (rows) and the second.
    weights : ndarray of float, optional
        How bad each disagreement is, 0 on the diagonal; by default 1 elsewhere.
    """
    table = np.asarray(counts, dtype=float)
    cost = 1.0 - np.eye(len(table)) if weights is None else np.asarray(weights, dtype=float)
    shares = table / table.sum()
    expected = float((cost * np.outer(shares.sum(axis=1), shares.sum(axis=0))).sum())
    return 1 - float((cost * shares).sum()) / expected if expected else float("nan")


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
    """Return Gwet's AC1 of labels; NaN where nothing can be compared.

    Parameters
    ----------
    ratings : ndarray of float, shape (units, reviewers)
        Labels as numbers, NaN where a reviewer gave none.

    Notes
    -----
    Gwet (2008): kappa's chance agreement falls apart where almost all labels are one; this one's
    does not.  Units with one label count for how frequent labels are, and for nothing else.
    """
    table = np.asarray(ratings, dtype=float)
    known = ~np.isnan(table)
    labels = np.unique(table[known])
    counts = np.array([[(row == label).sum() for label in labels] for row in table], dtype=float)
    each = counts.sum(axis=1)
    several = each > 1
    if len(labels) < 2 or not several.any():
        return float("nan")
    agreeing = (counts * (counts - 1)).sum(axis=1)[several] / (each * (each - 1))[several]
    frequent = (counts[each > 0] / each[each > 0, None]).mean(axis=0)
    chance = float((frequent * (1 - frequent)).sum()) / (len(labels) - 1)
    return float((agreeing.mean() - chance) / (1 - chance))
