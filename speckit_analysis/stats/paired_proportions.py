"""Yes and no of the same units under two variants: McNemar's test and the difference of shares."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import stats  # type: ignore[import-untyped]
from statsmodels.stats.contingency_tables import mcnemar as _mcnemar

from speckit_analysis.stats.estimate import Estimate, direction, not_estimable
from speckit_analysis.stats.paired import sign_flip, sign_flip_of_counts


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


def shrunken_mean(
    values: np.ndarray,
    groups: np.ndarray,
    level: float = 0.95,
    phantoms: tuple[float, ...] = (1.0, -1.0),
    unit: str = "unit",
) -> Estimate:
    """Return the mean of bounded values whose extremes may not have been seen yet.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        One per unit, such as the difference of a pass under two variants.
    groups : ndarray, shape (n,)
        Which units belong together; each its own where none do.
    level : float
        Two-sided level.
    phantoms : tuple of float
        Values of units that are added; without any it is Student's t.
    unit : str
        What is independent, for the estimate: a unit, or a group of them.

    Notes
    -----
    Bonett and Price (2012) add one unit to either kind of pair that differs; here with Student's
    quantile, which holds at few units (exact coverage at least 93.8 % at 3 to 100 pairs, where
    theirs falls to 91.4 %).  A phantom is as large as the group that a unit is expected to lie in,
    and groups count as many as they are worth, (sum n)² / sum n²: one that holds most units leaves
    little that is independent.
    """
    gaps = np.asarray(values, dtype=float)
    _, place = np.unique(groups, return_inverse=True)
    sums, sizes = np.bincount(place, weights=gaps), np.bincount(place).astype(float)
    method = "Bonett and Price with Student's t" if phantoms else "t over units"
    count = float(sizes.sum() ** 2 / (sizes**2).sum()) if len(gaps) else 0.0
    if count < 2:
        why = "needs at least 2 units that are independent"
        return not_estimable(len(sizes), why, method=method, level=level, unit=unit)
    size = float((sizes**2).sum() / sizes.sum())
    added = np.asarray(phantoms, dtype=float)
    total = sizes.sum() + size * len(added)
    centre = float((sums.sum() + size * added.sum()) / total)
    squares = ((sums - centre * sizes) ** 2).sum() + size**2 * ((added - centre) ** 2).sum()
    error = float(np.sqrt(squares)) / total
    if not phantoms:
        error *= float(np.sqrt(count / (count - 1)))
    if error <= 1e-12 * max(float(np.abs(gaps).max()), 1e-300):
        why = "all differences are equal, which no interval can say"
        return not_estimable(len(sizes), why, method=method, level=level, unit=unit)
    reach = float(stats.t.ppf((1 + level) / 2, count - 1)) * error
    # Phantoms are the extremes that a value can have.
    low = max(centre - reach, min(phantoms, default=-np.inf))
    high = min(centre + reach, max(phantoms, default=np.inf))
    verdict, rule = direction(low, high)
    return Estimate(
        float((sums / sizes.sum()).sum()), low, high, level, method, len(sizes), unit,
        ("groups are independent",), None, None, verdict, rule, "", error, np.nan, count - 1,
    )  # fmt: skip


def exact_gap(
    gaps: np.ndarray, groups: np.ndarray, level: float = 0.95, unit: str = "unit"
) -> Estimate:
    """Return a difference of shares with an exact p-value that its interval never contradicts.

    Parameters
    ----------
    gaps, groups, level, unit
        As for :func:`shrunken_mean`; gaps from -1 to 1.

    Notes
    -----
    The p-value exchanges the variants of each group: of single pairs that is McNemar's exact test,
    and with k groups that differ none below 2^(1 - k) is possible.  Where it is above 1 - level the
    interval is widened to hold 0.

    Examples
    --------
    >>> found = exact_gap(np.array([1.0] * 3 + [-1] * 3 + [0] * 34), np.arange(40))
    >>> [round(float(end), 3) for end in (found.low, found.high)], found.p_value, found.smallest_p
    ([-0.136, 0.136], 1.0, 0.03125)
    """
    found = shrunken_mean(gaps, groups, level, unit=unit)
    _, place = np.unique(groups, return_inverse=True)
    sums = np.bincount(place, weights=np.asarray(gaps, dtype=float))
    differ = sums[np.abs(sums) > 1e-9]
    if (np.abs(sums - np.rint(sums)) < 1e-9).all():
        whole = np.rint(sums).astype(int)
        p_value = min(1.0, 2 * min(sign_flip_of_counts(whole), sign_flip_of_counts(-whole)))
    else:
        p_value, _ = sign_flip(differ)
    least = min(1.0, 2.0 ** (1 - len(differ)))
    found = replace(found, p_value=p_value, smallest_p=least)
    if found.refusal or p_value <= 1 - level + 1e-12:
        return found
    low, high = min(found.low, 0.0), max(found.high, 0.0)
    rule = f"the exact p-value is above {1 - level:.3g}"
    return replace(found, low=low, high=high, verdict="inconclusive", rule=rule)
