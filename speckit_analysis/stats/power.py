"""How often a test sees a difference that is there, and how many units that takes."""

from __future__ import annotations

import numpy as np
from scipy import special, stats  # type: ignore[import-untyped]
from statsmodels.stats.power import TTestPower


def power_of_t(effect: float, n: int, alpha: float = 0.05, *, two_sided: bool = True) -> float:
    """Return how often a paired t test of `n` units sees a difference.

    Parameters
    ----------
    effect : float
        True difference, in standard deviations of differences.
    n : int
        Units, two at least.
    alpha : float
        Level.
    two_sided : bool
        Of the test.

    Examples
    --------
    >>> round(power_of_t(0.5, 34), 3)
    0.808
    """
    side = "two-sided" if two_sided else "larger"
    return float(TTestPower().power(effect, n, alpha, alternative=side))


def units_for_effect(
    effect: float,
    power: float = 0.8,
    alpha: float = 0.05,
    *,
    two_sided: bool = True,
    most: int = 10_000,
) -> int:
    """Return how many units a paired t test takes to see a difference.

    Parameters
    ----------
    effect, alpha, two_sided : float and bool
        As for :func:`power_of_t`.
    power : float
        How often it is to be seen.
    most : int
        Where to stop.

    Raises
    ------
    ValueError
        If it takes more than `most`.

    Examples
    --------
    >>> [units_for_effect(size) for size in (0.2, 0.5, 0.8)]
    [199, 34, 15]
    """
    for n in range(2, most + 1):
        if power_of_t(effect, n, alpha, two_sided=two_sided) >= power:
            return n
    raise ValueError(f"{most} units do not see a difference of {effect:g} with power {power:g}")


def half_width(n: int, level: float = 0.95, *, two_sided: bool = True) -> float:
    """Return how far Student's limits lie from the mean, in standard deviations of differences.

    Examples
    --------
    >>> [round(half_width(n), 3) for n in (3, 10)], round(half_width(3, two_sided=False), 3)
    ([2.484, 0.715], 1.686)
    """
    tail = (1 - level) / 2 if two_sided else 1 - level
    return float(-special.stdtrit(n - 1, tail) / np.sqrt(n))


def power_of_mcnemar(only_first: float, only_second: float, n: int, alpha: float = 0.05) -> float:
    """Return how often McNemar's exact test tells two variants apart.

    Parameters
    ----------
    only_first, only_second : float
        Shares of units that pass under one variant only.
    n : int
        Units.
    alpha : float
        Two-sided level.

    Raises
    ------
    ValueError
        If the shares add up to nothing or to more than 1.

    Examples
    --------
    >>> [round(power_of_mcnemar(0.2, 0.05, n), 2) for n in (10, 50, 100)]
    [0.0, 0.48, 0.84]
    """
    both = only_first + only_second
    if not 0 < both <= 1:
        raise ValueError(f"shares {only_first} and {only_second} add up to more than 0, at most 1")
    reached = 0.0
    for differ in range(1, n + 1):
        first = np.arange(differ + 1)
        fewer = np.minimum(first, differ - first)
        rejected = 2 * stats.binom.cdf(fewer, differ, 0.5) <= alpha
        seen = stats.binom.pmf(first, differ, only_first / both)[rejected].sum()
        reached += stats.binom.pmf(differ, n, both) * seen
    return float(reached)
