"""Shares and counts: exact intervals, how many it takes to claim a rate, paired yes and no."""

from __future__ import annotations

import numpy as np
from scipy import special, stats  # type: ignore[import-untyped]
from statsmodels.stats.contingency_tables import mcnemar as _mcnemar
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from speckit_analysis.stats.estimate import Estimate, direction


def exact_interval(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return Clopper and Pearson's interval of a share."""
    low, high = proportion_confint(hits, n, 1 - level, method="beta")
    # At the ends the quantile is not defined: the limits are known.
    return (0.0 if hits == 0 else float(low), 1.0 if hits == n else float(high))


def wilson_interval(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's interval of a share, which is shorter and suits a picture."""
    low, high = proportion_confint(hits, n, 1 - level, method="wilson")
    return float(low), float(high)


def one_sided_limits(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact lower and the exact upper limit of a share, each at `level` on its own."""
    low = 0.0 if hits == 0 else float(special.betaincinv(hits, n - hits + 1, 1 - level))
    high = 1.0 if hits == n else float(special.betaincinv(hits + 1, n - hits, level))
    return low, high


def independent_difference(
    hits: int, n: int, other_hits: int, other_n: int, level: float = 0.95, unit: str = "case"
) -> Estimate:
    """Return how far one share lies above another whose tries are others.

    Parameters
    ----------
    hits, n : int
        How many of how many, at least one.
    other_hits, other_n : int
        The same of what is compared with.
    level : float
        Of the interval.
    unit : str
        What a try is.

    Notes
    -----
    Newcombe (1998), the tenth of his methods: from the two Wilson intervals.  Where both shares
    are of the same cases and only the totals are known, the pairing is lost.  Results of one
    case then mostly go together, which makes the true error smaller: the interval is too wide
    rather than too narrow.

    Examples
    --------
    >>> gain = independent_difference(144, 225, 128, 225)
    >>> round(gain.value, 3), round(gain.low, 3), round(gain.high, 3), gain.verdict
    (0.071, -0.019, 0.16, 'inconclusive')
    """
    low, high = confint_proportions_2indep(
        hits, n, other_hits, other_n, method="newcomb", compare="diff", alpha=1 - level
    )
    verdict, rule = direction(low, high)
    return Estimate(
        hits / n - other_hits / other_n, float(low), float(high), level,
        "Newcombe, tries independent", min(n, other_n), unit, ("tries are independent",),
        verdict=verdict, rule=rule,
    )  # fmt: skip


def least_n_for_rate(rate: float, misses: int = 0, alpha: float = 0.05) -> int:
    """Return how many it takes to claim more than `rate` with so many misses.

    Examples
    --------
    >>> [least_n_for_rate(0.9, misses) for misses in (0, 1, 2)]
    [29, 46, 61]
    """
    n = misses + 1
    while stats.binom.cdf(misses, n, 1 - rate) > alpha:
        n += 1
    return n


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value of paired yes and no that differ.

    Notes
    -----
    McNemar's test by the binomial distribution; below six pairs that differ it cannot reach 5 %.
    """
    table = [[0, only_first], [only_second, 0]]
    return float(_mcnemar(table, exact=True).pvalue)


def cochran_q_exact(table: np.ndarray, draws: int = 20_000, seed: int = 0) -> tuple[float, float]:
    """Return Cochran's Q of paired yes and no under several variants, and its exact p-value.

    Parameters
    ----------
    table : ndarray of 0 and 1, shape (units, variants)
        Whether the unit passed under the variant.
    draws : int
        Permutations within units, where there are too many to list.
    seed : int
        Of the draws.

    Notes
    -----
    Under no difference the answers of a unit may be exchanged.  The chi-squared approximation
    misleads at a dozen units.
    """
    passed = np.asarray(table, dtype=float)
    units, variants = passed.shape
    rows = passed.sum(axis=1)
    scale = variants * rows.sum() - (rows**2).sum()
    if scale == 0:
        return np.nan, 1.0

    def statistic(columns: np.ndarray) -> np.ndarray:
        spread = ((columns - columns.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
        return np.asarray(variants * (variants - 1) * spread / scale)

    found = float(statistic(passed.sum(axis=0)))
    draw = np.random.default_rng(seed)
    order = np.argsort(draw.random((draws, units, variants)), axis=2)
    mixed = np.take_along_axis(np.broadcast_to(passed, (draws, units, variants)), order, axis=2)
    extreme = int((statistic(mixed.sum(axis=1)) >= found - 1e-9).sum())
    return found, (1 + extreme) / (1 + draws)


def sign_test(better: int, worse: int) -> float:
    """Return the exact two-sided p-value of as many better as worse; ties do not count."""
    n = better + worse
    return float(stats.binomtest(better, n, 0.5).pvalue) if n else float("nan")


def net_benefit(better: int, neutral: int, worse: int, level: float = 0.95) -> tuple[float, ...]:
    """Return the share better less the share worse, with its normal interval.

    Notes
    -----
    The standard error is that of a difference of two shares of one sample (Bang et al. 2004).
    """
    n = better + neutral + worse
    up, down = better / n, worse / n
    error = np.sqrt((up * (1 - up) + down * (1 - down) + 2 * up * down) / n)
    reach = float(stats.norm.ppf((1 + level) / 2) * error)
    return up - down, up - down - reach, up - down + reach


def chapman(first: int, second: int, both: int) -> tuple[float, float]:
    """Return how many defects there are in all, from what two independent finders found.

    Parameters
    ----------
    first, second : int
        Defects that each found.
    both : int
        Defects that both found; below 3 the result is a lower bound at best.

    Returns
    -------
    (float, float)
        Chapman's (1951) estimate and its variance (Seber 1982).
    """
    total = (first + 1) * (second + 1) / (both + 1) - 1
    spread = (first + 1) * (second + 1) * (first - both) * (second - both)
    return total, spread / ((both + 1) ** 2 * (both + 2))
