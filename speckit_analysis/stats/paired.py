"""Differences between two variants, paired by unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.stats.estimate import Estimate, direction, not_estimable

#: So many units are enumerated; above, signs are drawn.
MOST_ENUMERATED = 20

#: A spread no larger than this share of the figures comes from rounding them.  Of logarithms it is
#: the spread itself, as their differences are shares.
ROUNDING = 1e-12

#: The same of what least squares leave, which lose more digits.
FIT_ROUNDING = 1e-9

_DRAWS = 100_000


def complete(differences: np.ndarray) -> np.ndarray:
    """Return differences as numbers, one per unit.

    Raises
    ------
    ValueError
        If they are no single row, or one is missing or infinite.

    Examples
    --------
    >>> complete([0.5, float("nan")])
    Traceback (most recent call last):
    ...
    ValueError: differences at [1] are missing or infinite; leave their units out
    """
    gaps = np.asarray(differences, dtype=float)
    if gaps.ndim != 1:
        raise ValueError(f"it takes one difference per unit, and not a table of {gaps.shape}")
    missing = np.flatnonzero(~np.isfinite(gaps)).tolist()
    if missing:
        raise ValueError(f"differences at {missing} are missing or infinite; leave their units out")
    return gaps


def paired_t(differences: np.ndarray, level: float = 0.95, unit: str = "SPEC") -> Estimate:
    """Return the mean of paired differences with Student's interval.

    Parameters
    ----------
    differences : ndarray of float, shape (n,)
        One per independent unit, better side above 0.
    level : float
        Two-sided level.
    unit : str
        What a unit is.

    Raises
    ------
    ValueError
        If a difference is missing.
    """
    gaps = complete(differences)
    n, method = len(gaps), "paired t"
    if n < 2:
        return not_estimable(n, "it takes 2", method=method, level=level, unit=unit)
    spread = float(gaps.std(ddof=1))
    if spread <= ROUNDING * float(np.abs(gaps).max()):
        why = "all differences are equal, which no interval can say"
        return not_estimable(n, why, method=method, level=level, unit=unit)
    centre, error = float(gaps.mean()), spread / np.sqrt(n)
    reach = float(-special.stdtrit(n - 1, (1 - level) / 2) * error)
    p_value = float(2 * special.stdtr(n - 1, -abs(centre / error)))
    verdict, rule = direction(centre - reach, centre + reach)
    return Estimate(
        centre, centre - reach, centre + reach, level, method, n, unit,
        ("units are independent", "differences are roughly normal"), p_value, None, verdict, rule,
        "", float(error), float(centre / error), n - 1,
    )  # fmt: skip


def added_reach(parts: Sequence[tuple[float, float]], level: float) -> float:
    """Return how far an interval reaches whose parts' reaches add in squares.

    Parameters
    ----------
    parts : sequence of (float, float)
        Variances of the estimate, each with the degrees of freedom that it is known by.
    level : float
        Two-sided level.
    """
    squares = (special.stdtrit(freedom, (1 - level) / 2) ** 2 * part for part, freedom in parts)
    return float(np.sqrt(sum(squares)))


def exponential(found: Estimate) -> Estimate:
    """Return a mean of logarithms as a ratio, of which 1 is no difference."""
    value, low, high = (float(np.exp(one)) for one in (found.value, found.low, found.high))
    return Estimate(value, low, high, found.level, found.method, found.n, found.unit)


def sign_flip(differences: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Return the two-sided p-value of a test by exchanging signs, and the smallest there can be.

    Parameters
    ----------
    differences : ndarray of float, shape (n,)
        One per independent unit.
    seed : int
        Of the draws, above 20 units.

    Notes
    -----
    Fisher's randomisation test of the mean: under no difference each unit's sign is a coin.  All
    2^n signs are enumerated up to 20 units; above, 100,000 are drawn, and one is added to
    numerator and denominator.

    Examples
    --------
    >>> sign_flip(np.array([0.5, 0.4, 0.9]))
    (0.25, 0.25)
    """
    gaps = complete(differences)
    n = len(gaps)
    if n == 0:
        return np.nan, np.nan
    found = abs(gaps.sum()) * (1 - 1e-12)
    if n <= MOST_ENUMERATED:
        # Half of all signs: the other half mirrors them.
        sums = np.zeros(1)
        for gap in gaps[1:]:
            sums = np.concatenate([sums + gap, sums - gap])
        return float(np.mean(np.abs(sums + gaps[0]) >= found)), 2.0 ** (1 - n)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (_DRAWS, n))
    extreme = int((np.abs(signs @ gaps) >= found).sum())
    return (1 + extreme) / (1 + _DRAWS), max(2.0 ** (1 - n), 1 / (1 + _DRAWS))


def sign_flip_of_counts(sums: np.ndarray) -> float:
    """Return the one-sided p-value of a sum of whole numbers of at most 0, by exchanging signs.

    Parameters
    ----------
    sums : ndarray of int, shape (n,)
        One per independent unit, such as what got better less what got worse.

    Notes
    -----
    As :func:`sign_flip`, but whole numbers repeat themselves: their sums are counted, which is
    exact at any n.

    Examples
    --------
    >>> sign_flip_of_counts(np.array([1, 2, 1])), sign_flip_of_counts(np.array([1, -2, 1]))
    (0.125, 0.625)
    """
    sizes = np.abs(np.asarray(sums)).astype(int)
    chances = np.ones(1)
    for size in sizes:
        step = np.zeros(2 * size + 1)
        step[0] += 0.5
        step[-1] += 0.5
        chances = np.convolve(chances, step)
    # Place k stands for a sum of k less the sizes of all.
    reached = int(np.sum(sums)) + int(sizes.sum())
    return float(min(1.0, chances[reached:].sum()))


def with_sign_flip(estimate: Estimate, differences: np.ndarray) -> Estimate:
    """Return `estimate` with the p-value of :func:`sign_flip` in place of its own."""
    p_value, smallest = sign_flip(differences)
    return replace(estimate, p_value=p_value, smallest_p=smallest)


def observed_range(differences: np.ndarray) -> Estimate:
    """Return the median of paired differences with the range of what was seen.

    Notes
    -----
    The range holds the median of the population at exactly 1 - 2^(1 - n), with no assumption but
    independence: 75 % at three units, 87.5 % at four.
    """
    gaps = complete(differences)
    n, method = len(gaps), "observed range"
    level = 1 - 2.0 ** (1 - n)
    if n < 2:
        return not_estimable(n, "it takes 2", method=method, level=max(level, 0.0))
    low, high = float(gaps.min()), float(gaps.max())
    verdict, rule = direction(low, high)
    return Estimate(
        float(np.median(gaps)), low, high, level, method, n,
        assumptions=("units are independent",), verdict=verdict, rule=rule,
    )  # fmt: skip
