"""Intervals that stay honest at small n: shares and typical values.

Only closed forms: the same evidence gives the same interval to the last digit, and none of
them pretends at three observations what it can only hold at thirty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.analysis.wording import count, exact_percent, percent
from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.paired import ROUNDING
from speckit_analysis.stats.proportions import clopper_pearson

#: Fewer observations than this and a sentence says so.
SMALL = 10

#: Observations of one cluster are taken to be at least so much alike.
LEAST_CORRELATION = 0.3


@dataclass(frozen=True)
class Share:
    """How many of how many, and the interval that this allows."""

    #: Observations with the property.
    hits: int
    #: Observations.
    n: int
    #: From :func:`clustered_shares` over clusters or, without at least two of them, from
    #: :func:`~speckit_analysis.stats.proportions.clopper_pearson`; NaN at n = 0.
    low: float
    high: float
    #: Clusters that observations come from (SPECs), 0 if not told.
    clusters: int = 0
    confidence: float = 0.95

    @property
    def estimate(self) -> float:
        """The share itself; NaN at n = 0."""
        return self.hits / self.n if self.n else float("nan")

    @property
    def interval(self) -> str:
        """The interval in words."""
        if not self.n:
            return "not estimable: n = 0"
        return (
            f"{exact_percent(self.confidence)} interval {percent(self.low)} to {percent(self.high)}"
        )


def clustered_shares(
    hits: np.ndarray, n: np.ndarray, rows: np.ndarray, size: int, confidence: float = 0.95
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the effective n and the interval of shares whose observations come in clusters.

    Parameters
    ----------
    hits, n : ndarray of float, one per cluster
        Observations with the property, and observations.
    rows : ndarray of int, one per cluster
        Which share the cluster belongs to, 0 to `size` - 1.
    size : int
        Number of shares.
    confidence : float
        Two-sided level.

    Returns
    -------
    effective, low, high : ndarray of float, one per share
        A share with a single cluster is taken as if its observations were independent: it
        then speaks of that cluster only.

    Notes
    -----
    Clopper-Pearson on n divided by the design effect of clusters of these sizes (Kish 1965).  The
    correlation within clusters is estimated, and taken to be :data:`LEAST_CORRELATION` at least: a
    few clusters with rare events show none although there is some, and intervals that believe them
    cover 80 to 87 %.
    """
    clusters = np.bincount(rows, minlength=size)
    k, m = np.bincount(rows, hits, size), np.bincount(rows, n, size)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = k / m
        alike = np.bincount(rows, hits * (hits - 1), size) / np.bincount(rows, n * (n - 1), size)
        correlation = np.nan_to_num((alike - rate**2) / (rate * (1 - rate)), nan=1.0)
    correlation = np.where((k > 0) & (k < m), correlation, 1.0)
    correlation = np.clip(correlation, LEAST_CORRELATION, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = m**2 / np.bincount(rows, n * (1 + (n - 1) * correlation[rows]), size)
    effective = np.where(clusters > 1, effective, m)
    low, high = clopper_pearson(np.nan_to_num(rate) * effective, effective, confidence)
    return effective, low, high


def share(hits: pd.Series, clusters: pd.Series | None = None, confidence: float = 0.95) -> Share:
    """Return the share of `hits` that are true.

    Parameters
    ----------
    hits : Series of bool
        One value per observation, none missing.
    clusters : Series, optional
        What observations have in common (the SPEC); same index.
    confidence : float
        Two-sided level.
    """
    truth = hits.to_numpy(dtype=float)
    k, n = int(truth.sum()), len(truth)
    if clusters is None or n == 0:
        low, high = clopper_pearson(k, n, confidence)
        return Share(k, n, float(low), float(high), confidence=confidence)
    codes, names = pd.factorize(clusters, use_na_sentinel=False)
    of_cluster, in_cluster = np.bincount(codes, truth), np.bincount(codes).astype(float)
    single = np.zeros(len(names), dtype=np.intp)
    _, lows, highs = clustered_shares(of_cluster, in_cluster, single, 1, confidence)
    return Share(k, n, float(lows[0]), float(highs[0]), len(names), confidence)


def told_apart(rate: pd.Series, effective: pd.Series, confidence: float = 0.95) -> bool:
    """Tell whether the counts prove that not all of several shares are equal.

    Parameters
    ----------
    rate : Series of float
        The shares.
    effective : Series of float
        The effective n of each, as :func:`clustered_shares` returns it.
    confidence : float
        Level of the statement as a whole.

    Notes
    -----
    The intervals of all shares together hold at `confidence` (Bonferroni).  If all shares were
    equal, one value would lie in each of them, so two that do not meet refute it.
    """
    if len(rate) < 2:
        return False
    share, n = (column.to_numpy(dtype=float, na_value=np.nan) for column in (rate, effective))
    low, high = clopper_pearson(share * n, n, 1 - (1 - confidence) / len(rate))
    return bool(np.nanmax(low) > np.nanmin(high))


def equal_rates(
    hits: np.ndarray, groups: np.ndarray, blocks: np.ndarray, seed: int, draws: int = 1999
) -> float:
    """Return the p-value of the hypothesis that all groups have the same rate.

    Parameters
    ----------
    hits : ndarray of bool or float, one per observation
        Whether it has the property.
    groups, blocks : ndarray of int, one per observation
        What is compared, and within what: observations of one block share its level.
    seed : int
        Of the random permutations.
    draws : int
        Permutations; fewer where there are very many observations.

    Returns
    -------
    float
        NaN with fewer than two groups.

    Notes
    -----
    A permutation test within blocks (Fisher; Phipson and Smyth 2010 for the added one): groups
    are exchanged within each block, so that it holds whatever blocks have in common.  The
    statistic sums the squared surplus of each group over what its blocks let expect.
    """
    size = int(groups.max()) + 1 if len(groups) else 0
    if size < 2:
        return float("nan")
    truth = np.asarray(hits, dtype=float)
    expected = (np.bincount(blocks, truth) / np.maximum(np.bincount(blocks), 1))[blocks]
    surplus, n = truth - expected, np.bincount(groups, minlength=size)
    order = np.argsort(blocks, kind="stable")
    surplus, places, within = surplus[order], groups[order], blocks[order]
    generator = np.random.default_rng(seed)
    draws = int(np.clip(2e7 // len(truth), 199, draws))

    def statistic(values: np.ndarray) -> float:
        return float(np.sum(np.bincount(places, values, size) ** 2 / np.maximum(n, 1)))

    observed = statistic(surplus) - 1e-9
    shuffled = (np.lexsort((generator.random(len(truth)), within)) for _ in range(draws))
    extreme = sum(statistic(surplus[mixed]) >= observed for mixed in shuffled)
    return (1 + extreme) / (1 + draws)


def typical(values: pd.Series, confidence: float = 0.95) -> Estimate:
    """Return the geometric mean of positive values with its interval.

    Parameters
    ----------
    values : Series of float
        Positive and finite, one per independent unit.
    confidence : float
        Two-sided level.

    Returns
    -------
    Estimate
        Without an interval below n = 2 and where all values are equal.

    Notes
    -----
    Student's t on logarithms, which covers as stated at every n if logarithms are normal;
    bootstraps of so few values cover far less than they say.
    """
    ordered, method = np.sort(values.to_numpy(dtype=float)), "t on logarithms"
    n = len(ordered)
    if n == 0 or not ordered[0] > 0:
        why = "a geometric mean takes values above 0"
        return not_estimable(n, why, method=method, level=confidence)
    logs = np.log(ordered)
    centre, low, high = float(logs.mean()), float("nan"), float("nan")
    spread = float(logs.std(ddof=1)) if n > 1 else 0.0
    # Equal values are no proof of certainty: an interval of no width would say they were.
    if spread > ROUNDING:
        reach = -float(special.stdtrit(n - 1, (1 - confidence) / 2)) * spread / np.sqrt(n)
        with np.errstate(over="ignore"):
            low, high = float(np.exp(centre - reach)), float(np.exp(centre + reach))
    return Estimate(float(np.exp(centre)), low, high, confidence, method, n)


def small_sample(n: int, noun: str) -> str:
    """Return the warning that belongs to a small n, or nothing.

    Examples
    --------
    >>> small_sample(4, "run"), small_sample(40, "run")
    (' With only 4 runs this is a first impression, not a finding.', '')
    """
    if n >= SMALL or n == 0:
        return ""
    return f" With only {count(n, noun)} this is a first impression, not a finding."
