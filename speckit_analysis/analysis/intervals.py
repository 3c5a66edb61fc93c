"""Intervals that stay honest at small n: shares, medians and ratios.

Only closed forms: the same evidence gives the same interval to the last digit, and none of
them pretends at three observations what it can only hold at thirty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.analysis.wording import count, percent

#: Fewer observations than this and a sentence says so.
SMALL = 10


@dataclass(frozen=True)
class Share:
    """How many of how many, and the interval that this allows.

    Attributes
    ----------
    hits, n : int
        Observations with the property, and observations.
    low, high : float
        Exact interval, as if observations were independent; NaN at n = 0.
    clusters : int
        Clusters that observations come from (SPECs), 0 if not told.
    clustered_low, clustered_high : float
        Interval that allows for clusters; NaN where it cannot be had.
    confidence : float
        Level of both intervals.
    """

    hits: int
    n: int
    low: float
    high: float
    clusters: int = 0
    clustered_low: float = float("nan")
    clustered_high: float = float("nan")
    confidence: float = 0.95

    @property
    def estimate(self) -> float:
        """The share itself; NaN at n = 0."""
        return self.hits / self.n if self.n else float("nan")

    @property
    def interval(self) -> str:
        """The exact interval in words."""
        if not self.n:
            return "not estimable: n = 0"
        return f"{percent(self.confidence)} interval {percent(self.low)} to {percent(self.high)}"


def clopper_pearson(
    hits: object, n: object, confidence: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Return the exact binomial interval, elementwise.

    Parameters
    ----------
    hits, n : array_like
        Successes and trials; may be fractional (effective counts).  NaN where n is 0.
    confidence : float
        Two-sided level.

    Notes
    -----
    Clopper and Pearson (1934), by the quantiles of the beta distribution.

    Examples
    --------
    >>> low, high = clopper_pearson(4, 15)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0779, 0.551)
    """
    k, m = np.broadcast_arrays(np.asarray(hits, dtype=float), np.asarray(n, dtype=float))
    tail = (1 - confidence) / 2
    # At the ends the beta quantile has a shape of 0 and is not defined: the limits are known.
    low = special.betaincinv(np.where(k > 0, k, 1.0), m - k + 1, tail)
    high = special.betaincinv(k + 1, np.where(k < m, m - k, 1.0), 1 - tail)
    low, high = np.where(k > 0, low, 0.0), np.where(k < m, high, 1.0)
    return np.where(m > 0, low, np.nan), np.where(m > 0, high, np.nan)


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

    Notes
    -----
    The clustered interval is Korn and Graubard's (1998): Clopper-Pearson on an effective
    sample size, n divided by the design effect (not below 1) and by the squared ratio of the
    t quantiles at clusters - 1 and n - 1 degrees of freedom.
    """
    truth = hits.to_numpy(dtype=bool)
    k, n = int(truth.sum()), len(truth)
    low, high = (float(limit) for limit in clopper_pearson(k, n, confidence))
    if clusters is None or n == 0:
        return Share(k, n, low, high, confidence=confidence)
    codes, names = pd.factorize(clusters, use_na_sentinel=False)
    wide = _clustered(truth, codes, len(names), confidence)
    return Share(k, n, low, high, len(names), *wide, confidence=confidence)


def _clustered(
    truth: np.ndarray, codes: np.ndarray, clusters: int, confidence: float
) -> tuple[float, float]:
    n, k = len(truth), int(truth.sum())
    if clusters < 2:
        return float("nan"), float("nan")
    rate = k / n
    tail = (1 - confidence) / 2
    design_effect = 1.0
    if 0 < k < n:
        surplus = np.bincount(codes, truth, clusters) - rate * np.bincount(codes, None, clusters)
        between = clusters / (clusters - 1) * float(np.sum(surplus**2)) / n**2
        design_effect = max(between / (rate * (1 - rate) / n), 1.0)
    quantiles = special.stdtrit(n - 1, tail) / special.stdtrit(clusters - 1, tail)
    effective = n / design_effect * min(float(quantiles) ** 2, 1.0)
    low, high = clopper_pearson(rate * effective, effective, confidence)
    return float(low), float(high)


@dataclass(frozen=True)
class Typical:
    """A typical value with intervals that suit its n.

    Attributes
    ----------
    n : int
        Observations.
    geometric_mean, low, high : float
        With its log-t interval, NaN below n = 2 or without any spread.
    median, median_low, median_high : float
        With the distribution-free interval of order statistics.
    median_level : float
        Level that interval really has: at least the one asked for, or that of [min, max]
        where n is too small for it.
    """

    n: int
    geometric_mean: float
    low: float
    high: float
    median: float
    median_low: float
    median_high: float
    median_level: float
    confidence: float = 0.95


def typical_ratio(values: pd.Series, confidence: float = 0.95) -> Typical:
    """Return geometric mean and median of positive ratios, each with its interval.

    Parameters
    ----------
    values : Series of float
        Positive and finite, one per independent unit.
    confidence : float
        Two-sided level.

    Notes
    -----
    The log-t interval covers as stated at every n if log ratios are normal.  The interval of
    order statistics needs no such assumption: for the median, [min, max] of n values has
    level 1 - 2**(1 - n).
    """
    ratios = np.sort(values.to_numpy(dtype=float))
    n = len(ratios)
    if n == 0:
        none = float("nan")
        return Typical(0, none, none, none, none, none, none, none, confidence)
    logs = np.log(ratios)
    centre, low, high = float(logs.mean()), float("nan"), float("nan")
    spread = float(logs.std(ddof=1)) if n > 1 else 0.0
    # Equal values are no proof of certainty: an interval of no width would say they were.
    if spread > 1e-12:
        reach = -float(special.stdtrit(n - 1, (1 - confidence) / 2)) * spread / np.sqrt(n)
        low, high = float(np.exp(centre - reach)), float(np.exp(centre + reach))
    rank, level = median_ranks(n, confidence)
    return Typical(
        n,
        float(np.exp(centre)),
        low,
        high,
        float(np.median(ratios)),
        float(ratios[rank]),
        float(ratios[n - 1 - rank]),
        level,
        confidence,
    )


def median_ranks(n: int, confidence: float = 0.95) -> tuple[int, float]:
    """Return how far from the ends the median's interval reaches, and its exact level.

    Examples
    --------
    >>> median_ranks(3), median_ranks(6), median_ranks(10)
    ((0, 0.75), (0, 0.96875), (1, 0.978515625))
    """
    ranks = np.arange(max((n + 1) // 2, 1))
    levels = 1 - 2 * special.bdtr(ranks, n, 0.5)
    fitting = np.flatnonzero(levels >= confidence)
    rank = int(fitting[-1]) if len(fitting) else 0
    return rank, max(float(levels[rank]), 0.0)


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
