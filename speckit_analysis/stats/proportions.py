"""Shares and counts: exact intervals, how many claim a rate, and what two finders missed."""

from __future__ import annotations

import numpy as np
from scipy import special, stats  # type: ignore[import-untyped]
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from speckit_analysis.stats.estimate import Estimate, direction, not_estimable


def share(hits: int, n: int, level: float = 0.95, unit: str = "unit") -> Estimate:
    """Return a share with Clopper and Pearson's interval.

    Parameters
    ----------
    hits, n : int
        How many of how many independent units.
    level : float
        Two-sided level.
    unit : str
        What a unit is.

    Raises
    ------
    ValueError
        If there are more hits than units, or fewer than none.

    Examples
    --------
    >>> print(share(4, 15).sentence)
    +0.267, 95 % interval +0.0779 to +0.551 (Clopper-Pearson, 15 units): inconclusive.
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no share")
    if n == 0:
        why = "there are none"
        return not_estimable(0, why, method="Clopper-Pearson", level=level, unit=unit)
    low, high = exact_interval(hits, n, level)
    assumptions = ("units are independent",)
    return Estimate(hits / n, low, high, level, "Clopper-Pearson", n, unit, assumptions)


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


def exact_interval(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of :func:`clopper_pearson` of one share."""
    low, high = clopper_pearson(hits, n, level)
    return float(low), float(high)


def wilson_interval(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's interval of a share, which is shorter and suits a picture."""
    low, high = proportion_confint(hits, n, 1 - level, method="wilson")
    return float(low), float(high)


def one_sided_limits(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact lower and the exact upper limit of a share, each at `level` on its own."""
    return exact_interval(hits, n, 2 * level - 1)


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


def independent_net_share(
    better: int, neutral: int, worse: int, level: float = 0.95, unit: str = "decision"
) -> Estimate:
    """Return the share that got better less the share that got worse, of independent decisions.

    Of decisions in clusters see :func:`speckit_analysis.stats.net_share.net_share`.

    Parameters
    ----------
    better, neutral, worse : int
        How many decisions improved a result, left it as good, or made it worse.
    level : float
        Two-sided level; the verdict tests at 1 - level.
    unit : str
        What a decision is.

    Returns
    -------
    Estimate
        With the normal interval and the p-value of :func:`sign_test`, by which the verdict goes.

    Notes
    -----
    The standard error is that of a difference of two shares of one sample (Bang et al. 2004).

    Examples
    --------
    >>> found = independent_net_share(7, 3, 1)
    >>> round(found.value, 3), round(found.p_value, 3), found.verdict
    (0.545, 0.07, 'inconclusive')
    """
    n, method = better + neutral + worse, "net share"
    if n == 0:
        return not_estimable(0, "there are none", method=method, level=level, unit=unit)
    up, down = better / n, worse / n
    error = float(np.sqrt((up * (1 - up) + down * (1 - down) + 2 * up * down) / n))
    reach = float(stats.norm.ppf((1 + level) / 2)) * error
    p_value = sign_test(better, worse) if better + worse else 1.0
    verdict, rule = "inconclusive", f"the exact p-value is above {1 - level:.3g}"
    if p_value <= 1 - level:
        verdict, _ = direction(up - down, up - down)
        rule = f"the exact p-value is at most {1 - level:.3g}"
    return Estimate(
        up - down, up - down - reach, up - down + reach, level, method, n, unit,
        ("decisions are independent",), p_value, None, verdict, rule, standard_error=error,
    )  # fmt: skip


def lincoln_petersen(first: int, second: int, both: int) -> float:
    """Return how many defects there are in all, by the plain ratio of two finders' counts.

    Notes
    -----
    Too high on average where `both` is small, and infinite at 0: see :func:`chapman`.

    Examples
    --------
    >>> lincoln_petersen(10, 15, 5)
    30.0
    """
    _refuse_impossible(first, second, both)
    return first * second / both if both else float("inf")


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

    Raises
    ------
    ValueError
        If more were found by both than by one.
    """
    _refuse_impossible(first, second, both)
    total = (first + 1) * (second + 1) / (both + 1) - 1
    spread = (first + 1) * (second + 1) * (first - both) * (second - both)
    return total, spread / ((both + 1) ** 2 * (both + 2))


def _refuse_impossible(first: int, second: int, both: int) -> None:
    if not 0 <= both <= min(first, second):
        raise ValueError(f"of {first} and {second} defects, {both} cannot be common to both")
