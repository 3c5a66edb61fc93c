"""Yes and no of the same units under two variants: McNemar's test and the difference of shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats  # type: ignore[import-untyped]
from statsmodels.stats.contingency_tables import mcnemar as _mcnemar

from speckit_analysis.stats.estimate import Estimate, not_estimable


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
