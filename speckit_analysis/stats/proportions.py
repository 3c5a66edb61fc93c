"""Shares: exact intervals, differences, and how many units claim a rate."""

from __future__ import annotations

import numpy as np
from scipy import special, stats  # type: ignore[import-untyped]
from statsmodels.stats.proportion import proportion_confint

from speckit_analysis.stats.estimate import Estimate, direction


def clopper_pearson(hits: object, n: object, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return the exact binomial interval, elementwise.

    Parameters
    ----------
    hits, n : array_like
        Successes and trials; may be fractional (effective counts).  NaN where n is 0.
    level : float
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
    tail = (1 - level) / 2
    # At the ends the beta quantile has a shape of 0 and is not defined: the limits are known.
    low = special.betaincinv(np.where(k > 0, k, 1.0), m - k + 1, tail)
    high = special.betaincinv(k + 1, np.where(k < m, m - k, 1.0), 1 - tail)
    low, high = np.where(k > 0, low, 0.0), np.where(k < m, high, 1.0)
    return np.where(m > 0, low, np.nan), np.where(m > 0, high, np.nan)


def exact_interval(hits: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of :func:`clopper_pearson` of one share."""
    low, high = clopper_pearson(hits, n, level)
    return float(low), float(high)


def one_sided_limits(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact lower and the exact upper limit of a share, each at `level` on its own."""
    return exact_interval(hits, n, 2 * level - 1)


def difference_kept(
    hits: int, n: int, other_hits: int, other_n: int, kept: float = 1.0, level: float = 0.95
) -> Estimate:
    """Return how far one share lies above a part of another whose tries are others.

    Parameters
    ----------
    hits, n : int
        How many of how many, at least one.
    other_hits, other_n : int
        The same of what is compared with.
    kept : float
        Part of the other share; 1 for the difference.
    level : float
        Of the interval.

    Notes
    -----
    Newcombe (1998), the tenth of his methods: from the two Wilson intervals.  Where both shares
    are of the same cases and only the totals are known, the pairing is lost.  Results of one
    case then mostly go together, which makes the true error smaller: the interval is too wide
    rather than too narrow.

    Examples
    --------
    >>> gain = difference_kept(144, 225, 128, 225)
    >>> round(gain.value, 3), round(gain.low, 3), round(gain.high, 3), gain.verdict
    (0.071, -0.019, 0.16, 'inconclusive')
    """
    one, other = hits / n, other_hits / other_n
    low, high = proportion_confint(hits, n, 1 - level, "wilson")
    other_low, other_high = proportion_confint(other_hits, other_n, 1 - level, "wilson")
    value = one - kept * other
    below = float(np.hypot(one - low, kept * (other_high - other)))
    above = float(np.hypot(high - one, kept * (other - other_low)))
    verdict, rule = direction(value - below, value + above)
    return Estimate(
        value, value - below, value + above, level, "Newcombe, tries independent",
        min(n, other_n), "case", ("tries are independent",), verdict=verdict, rule=rule,
    )  # fmt: skip


def least_n_for_rate(rate: float, misses: int = 0, alpha: float = 0.05) -> int:
    """Return how many it takes to claim more than `rate` with so many misses.

    Raises
    ------
    ValueError
        If no number can claim it: a rate of 1, or a level of 0.

    Examples
    --------
    >>> [least_n_for_rate(0.9, misses) for misses in (0, 1, 2)]
    [29, 46, 61]
    """
    if not (0 <= rate < 1 and 0 < alpha < 1):
        raise ValueError(f"no number of units claims more than {rate:g} at level {alpha:g}")
    n = misses + 1
    while stats.binom.cdf(misses, n, 1 - rate) > alpha:
        n += 1
    return n


def sign_test(better: int, worse: int) -> float:
    """Return the exact two-sided p-value of as many better as worse; ties do not count."""
    n = better + worse
    return float(stats.binomtest(better, n, 0.5).pvalue) if n else float("nan")
