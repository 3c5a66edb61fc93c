"""Yes and no of the same units under two variants (McNemar) or several (Cochran)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from scipy import stats  # type: ignore[import-untyped]
from statsmodels.stats.contingency_tables import mcnemar as _mcnemar

from speckit_analysis.stats.estimate import Estimate, not_estimable

#: So many different sums by variant are listed at most; above, permutations are drawn.
MOST_LISTED = 200_000


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value of paired yes and no that differ.

    Notes
    -----
    McNemar's test by the binomial distribution; below six pairs that differ it cannot reach 5 %.
    """
    table = [[0, only_first], [only_second, 0]]
    return float(_mcnemar(table, exact=True).pvalue)


@dataclass(frozen=True)
class McNemar:
    """Paired yes and no under two variants.

    Attributes
    ----------
    difference : Estimate
        Share of yes under the first less under the second, with Bonett and Price's interval; its
        p-value is the exact one, and its verdict goes by that.
    mid_p : float
        The exact p-value with half the weight of what was seen: less cautious.
    chi2, chi2_p : float
        Chi-squared without continuity correction, and its p-value: for many pairs that differ.
    chi2_corrected, chi2_corrected_p : float
        With the correction.
    """

    difference: Estimate
    mid_p: float
    chi2: float
    chi2_p: float
    chi2_corrected: float
    chi2_corrected_p: float

    @property
    def exact_p(self) -> float:
        """The p-value to report."""
        return float("nan") if self.difference.p_value is None else self.difference.p_value


def mcnemar(table: np.ndarray, level: float = 0.95, unit: str = "pair") -> McNemar:
    """Compare yes and no of the same units under two variants.

    Parameters
    ----------
    table : ndarray of int, shape (2, 2)
        Units by yes and no under the first variant (rows) and under the second.
    level : float
        Two-sided level of the interval; the verdict tests at 1 - level.
    unit : str
        What a unit is.

    Raises
    ------
    ValueError
        If it is no table of counts.

    Notes
    -----
    McNemar (1947), mid p after Fagerland, Lydersen and Laake (2013), interval of Bonett and Price
    (2012): Wald's, with one added to either kind of pair that differs.

    Examples
    --------
    >>> found = mcnemar(np.array([[101, 30], [60, 33]]))
    >>> round(found.exact_p, 5), round(found.chi2_corrected, 3), found.difference.verdict
    (0.00206, 9.344, 'inferior')
    """
    counts = np.asarray(table)
    if counts.shape != (2, 2) or (counts < 0).any():
        raise ValueError(f"it takes a table of two by two counts, and this is {counts.tolist()}")
    n, only_first, only_second = int(counts.sum()), int(counts[0, 1]), int(counts[1, 0])
    difference = _difference(n, only_first, only_second, level, unit)
    if only_first + only_second == 0:
        return McNemar(difference, 1.0, np.nan, np.nan, np.nan, np.nan)
    seen = float(stats.binom.pmf(only_first, only_first + only_second, 0.5))
    same = only_first == only_second
    plain, corrected = (_mcnemar(counts, exact=False, correction=one) for one in (False, True))
    return McNemar(
        difference,
        1 - seen / 2 if same else mcnemar_exact(only_first, only_second) - seen,
        float(plain.statistic),
        float(plain.pvalue),
        float(corrected.statistic),
        float(corrected.pvalue),
    )


def _difference(n: int, only_first: int, only_second: int, level: float, unit: str) -> Estimate:
    method = "Bonett and Price"
    if n == 0:
        return not_estimable(0, "there are none", method=method, level=level, unit=unit)
    first, second = (only_first + 1) / (n + 2), (only_second + 1) / (n + 2)
    error = float(np.sqrt((first + second - (first - second) ** 2) / (n + 2)))
    reach = float(stats.norm.ppf((1 + level) / 2)) * error
    p_value = mcnemar_exact(only_first, only_second)
    told = p_value <= 1 - level + 1e-12
    verdict = ("superior" if only_first > only_second else "inferior") if told else "inconclusive"
    return Estimate(
        (only_first - only_second) / n, first - second - reach, first - second + reach, level,
        method, n, unit, ("units are independent",), p_value,
        min(2.0 ** (1 - only_first - only_second), 1.0), verdict,
        f"the exact p-value is {'' if told else 'not '}at most {1 - level:.3g}",
        standard_error=error,
    )  # fmt: skip


@dataclass(frozen=True)
class CochranQ:
    """Paired yes and no under several variants.

    Attributes
    ----------
    statistic : float
        Cochran's Q; NaN where all units answer alike under all variants.
    degrees_of_freedom : int
        Variants less one.
    exact_p : float
        By permutation within units.
    chi2_p : float
        By the chi-squared distribution, which misleads at a dozen units.
    units : int
        Units.
    """

    statistic: float
    degrees_of_freedom: int
    exact_p: float
    chi2_p: float
    units: int


def cochran_q(table: np.ndarray, draws: int = 20_000, seed: int = 0) -> CochranQ:
    """Compare yes and no of the same units under several variants.

    Parameters
    ----------
    table : ndarray of 0 and 1, shape (units, variants)
        Whether the unit passed under the variant.
    draws, seed : int
        Of permutations, where there are too many to list.

    Raises
    ------
    ValueError
        If a cell is neither 0 nor 1, or there are fewer than two variants.

    Notes
    -----
    Cochran (1950).  Under no difference the answers of a unit may be exchanged: all ways to do so
    are counted, by the sums by variant that they lead to.

    Examples
    --------
    >>> found = cochran_q(np.array([[1, 1, 0]] * 3 + [[1, 0, 1]] * 2 + [[0, 1, 1]]))
    >>> found.statistic, round(found.exact_p, 4), round(found.chi2_p, 4)
    (1.0, 0.8765, 0.6065)
    """
    passed = np.asarray(table, dtype=float)
    if passed.ndim != 2 or passed.shape[1] < 2 or not np.isin(passed, (0, 1)).all():
        raise ValueError("it takes a table of 0 and 1, units by two variants or more")
    units, variants = passed.shape
    each = passed.sum(axis=1)
    scale = float(variants * each.sum() - (each**2).sum())
    if scale == 0:
        return CochranQ(np.nan, variants - 1, 1.0, 1.0, units)
    spread = _spread(passed.sum(axis=0))
    found = float(variants * (variants - 1) * spread / scale)
    splits = sorted(int(number) for number in each if 0 < number < variants)
    exact = _p_listed(splits, variants, float(spread))
    if exact is None:
        exact = _p_drawn(passed, float(spread), draws, seed)
    by_chi2 = float(stats.chi2.sf(found, variants - 1))
    return CochranQ(found, variants - 1, exact, by_chi2, units)


def cochran_q_exact(table: np.ndarray, draws: int = 20_000, seed: int = 0) -> tuple[float, float]:
    """Return Cochran's Q and its exact p-value: see :func:`cochran_q`."""
    found = cochran_q(table, draws, seed)
    return found.statistic, found.exact_p


def _spread(sums: np.ndarray) -> np.ndarray:
    """Return the squared deviations of sums by variant, on which alone Q depends."""
    return np.asarray(((sums - sums.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1))


def _p_listed(splits: list[int], variants: int, spread: float) -> float | None:
    """Return the share of arrangements at least as uneven; None if there are too many sums.

    `splits` tells how many variants each unit passed.  Q depends on sums by variant, whatever
    their order, so that sorted sums are carried from unit to unit.
    """
    weights: Counter[tuple[int, ...]] = Counter({(0,) * variants: 1})
    for split in splits:
        if len(weights) * comb(variants, split) > MOST_LISTED:
            return None
        following: Counter[tuple[int, ...]] = Counter()
        for sums, weight in weights.items():
            for reached in _raised(sums, split):
                following[reached] += weight
        weights = following
    extreme = _spread(np.array(list(weights), dtype=float)) >= spread - 1e-9
    heavy = sum(weight for weight, is_it in zip(weights.values(), extreme, strict=True) if is_it)
    return heavy / sum(weights.values())


def _raised(sums: tuple[int, ...], split: int) -> Iterator[tuple[int, ...]]:
    """Yield the sorted sums after a unit that passed `split` variants, one for each choice."""
    for chosen in combinations(range(len(sums)), split):
        yield tuple(sorted(one + (at in chosen) for at, one in enumerate(sums)))


def _p_drawn(passed: np.ndarray, spread: float, draws: int, seed: int) -> float:
    shape = (draws, *passed.shape)
    order = np.argsort(np.random.default_rng(seed).random(shape), axis=2)
    mixed = np.take_along_axis(np.broadcast_to(passed, shape), order, axis=2)
    extreme = int((_spread(mixed.sum(axis=1)) >= spread - 1e-9).sum())
    return (1 + extreme) / (1 + draws)
