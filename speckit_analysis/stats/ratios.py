"""Ratios of two means: Fieller's set, which may be unbounded, and the ratio of a typical unit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import special, stats  # type: ignore[import-untyped]

from speckit_analysis.stats.estimate import Estimate, direction, not_estimable
from speckit_analysis.stats.paired import ROUNDING, paired_t


@dataclass(frozen=True)
class Fieller:
    """A ratio of two means, with the set of ratios that its data do not reject.

    Attributes
    ----------
    estimate : Estimate
        The ratio; its ends are infinite where the set is unbounded, and its rule says so.
    excluded : (float, float) or None
        Where the set is unbounded: the ratios strictly between which it rejects.  None if it is an
        interval, or if no ratio is rejected.
    """

    estimate: Estimate
    excluded: tuple[float, float] | None = None

    @property
    def bounded(self) -> bool:
        """Whether the set is an interval."""
        return not self.estimate.refusal and bool(np.isfinite(self.estimate.low))


def fieller(
    numerator: np.ndarray, denominator: np.ndarray, level: float = 0.95, unit: str = "SPEC"
) -> Fieller:
    """Return the ratio of two means of the same units, with Fieller's set.

    Parameters
    ----------
    numerator, denominator : ndarray of float, shape (n,)
        Such as costs and effects, or the costs of two variants: the ratio of their totals.
    level : float
        Two-sided level.
    unit : str
        What a unit is.

    Raises
    ------
    ValueError
        If they are not of the same units.

    Examples
    --------
    >>> costs, effects = np.array([3.0, 4, 5, 4, 6]), np.array([1.0, 2, 2, 1, 2])
    >>> found = fieller(costs, effects).estimate
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2)
    (2.75, 2.09, 3.96)
    """
    over, under = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    if over.shape != under.shape or over.ndim != 1:
        raise ValueError(f"a ratio takes pairs, and there are {over.shape} and {under.shape}")
    n = len(over)
    if n < 2:
        refused = not_estimable(n, "it takes 2", method="Fieller", level=level, unit=unit)
        return Fieller(refused)
    if _proportional(over, under):
        why = "all ratios are equal, which no interval can say"
        return Fieller(not_estimable(n, why, method="Fieller", level=level, unit=unit))
    errors = np.cov(over, under) / n
    return fieller_of_means(
        (float(over.mean()), float(under.mean())), errors, n - 1, level, n=n, unit=unit
    )


def _proportional(over: np.ndarray, under: np.ndarray) -> bool:
    """Whether one ratio fits all units, but for rounding."""
    left = over * under.sum() - under * over.sum()
    size = np.abs(over).max() * np.abs(under).sum()
    return bool(under.sum() and np.abs(left).max() <= ROUNDING * size)


def fieller_of_means(
    means: tuple[float, float],
    covariance: np.ndarray,
    degrees_of_freedom: float = np.inf,
    level: float = 0.95,
    *,
    n: int = 0,
    unit: str = "SPEC",
) -> Fieller:
    """Return the ratio of two means whose errors are known, with Fieller's set.

    Parameters
    ----------
    means : (float, float)
        Numerator and denominator.
    covariance : ndarray of float, shape (2, 2)
        Of the two means: squared standard errors on the diagonal.
    degrees_of_freedom : float
        Of the errors; infinite for the normal distribution.
    level : float
        Two-sided level.
    n : int
        Units behind it, if told.
    unit : str
        What a unit is.

    Notes
    -----
    Fieller (1954): all ratios r for which numerator - r denominator does not differ from 0.  Where
    the denominator itself does not differ from 0 that is no interval: everything outside two ends,
    or every ratio.
    """
    (over, under), spread = means, np.asarray(covariance, dtype=float)
    if under == 0:
        why = "the denominator is 0"
        return Fieller(not_estimable(n, why, method="Fieller", level=level, unit=unit))
    if (np.sqrt(np.diag(spread)) <= ROUNDING * np.abs(means)).all():
        why = "the means have no error, which no interval can say"
        return Fieller(not_estimable(n, why, method="Fieller", level=level, unit=unit))
    t = _quantile(degrees_of_freedom, level)
    # The ends solve a r² - 2 b r + c = 0.
    a = under**2 - t**2 * spread[1, 1]
    b = over * under - t**2 * spread[0, 1]
    c = over**2 - t**2 * spread[0, 0]
    ratio = over / under
    found = Estimate(
        ratio, -np.inf, np.inf, level, "Fieller", n, unit,
        ("units are independent", "means are roughly normal"),
        degrees_of_freedom=degrees_of_freedom,
    )  # fmt: skip
    if a > 0:
        low, high = _roots(a, b, c)
        verdict, rule = direction(low, high)
        return Fieller(replace(found, low=low, high=high, verdict=verdict, rule=rule))
    why = "unbounded: the denominator may be 0"
    if a == 0 or b**2 - a * c <= 0:
        return Fieller(replace(found, rule=f"{why}, and no ratio is rejected"))
    low, high = _roots(a, b, c)
    rule = f"{why}; only ratios between {low:.3g} and {high:.3g} are rejected"
    return Fieller(replace(found, rule=rule), (low, high))


def _quantile(degrees_of_freedom: float, level: float) -> float:
    if np.isinf(degrees_of_freedom):
        return float(stats.norm.ppf((1 + level) / 2))
    return float(-special.stdtrit(degrees_of_freedom, (1 - level) / 2))


def _roots(a: float, b: float, c: float) -> tuple[float, float]:
    """Return the solutions of a r² - 2 b r + c = 0, the smaller one first."""
    root = float(np.sqrt(max(b**2 - a * c, 0.0)))
    low, high = sorted((float((b - root) / a), float((b + root) / a)))
    return low, high


def typical_ratio(
    numerator: np.ndarray, denominator: np.ndarray, level: float = 0.95, unit: str = "SPEC"
) -> Estimate:
    """Return the ratio of a typical unit: the geometric mean, by t on logarithms.

    Parameters
    ----------
    numerator, denominator : ndarray of float, shape (n,)
        Of the same units, all above 0.
    level : float
        Two-sided level.
    unit : str
        What a unit is.

    Returns
    -------
    Estimate
        Of the ratio; statistic and standard error are those of the logarithm, and the verdict is
        about a ratio of 1.

    Raises
    ------
    ValueError
        If they are not of the same units, or not all above 0.

    Examples
    --------
    >>> found = typical_ratio(np.array([1.0, 4.0, 9.0]), np.array([2.0, 2.0, 2.0]))
    >>> round(found.value, 3)
    1.651
    """
    over, under = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    if over.shape != under.shape:
        raise ValueError(f"a ratio takes pairs, and there are {over.shape} and {under.shape}")
    if not ((over > 0) & (under > 0)).all():
        raise ValueError("logarithms take figures above 0")
    found = replace(paired_t(np.log(over / under), level, unit), method="t on logarithms")
    if found.refusal:
        return found
    value, low, high = (float(np.exp(end)) for end in (found.value, found.low, found.high))
    return replace(
        found,
        value=value,
        low=low,
        high=high,
        assumptions=("units are independent", "logarithms are roughly normal"),
        rule=found.rule.removesuffix("0") + "1",
    )


@dataclass(frozen=True)
class Bill:
    """Whether a bill is smaller, where one unit may cost far more than any that was seen.

    Attributes
    ----------
    ratio : Estimate
        Of the totals: the lower end is Fieller's, the upper end his with the phantom unit, both
        at the level; `p_value` is one-sided, that the bill is smaller.
    blow_up : float
        How often the typical ratio the phantom costs.
    largest : float
        The largest such factor at which the bill is still surely smaller; 0 if it never is.
    """

    ratio: Estimate
    blow_up: float
    largest: float


def smaller_bill(
    candidate: np.ndarray,
    baseline: np.ndarray,
    level: float = 0.95,
    blow_up: float = 5.0,
    unit: str = "SPEC",
) -> Bill:
    """Return the ratio of two bills, and whether the first is surely smaller.

    Parameters
    ----------
    candidate, baseline : ndarray of float, shape (n,)
        Costs of the same units, all above 0.
    level : float
        Two-sided level; that the bill is smaller is tested at (1 - level) / 2.
    blow_up : float
        A unit that was not seen costs at most so many times the typical ratio.
    unit : str
        What a unit is.

    Notes
    -----
    No method holds without a bound (Bahadur and Savage 1956).  After Phan et al. (2021) one unit at
    the bound is added: it costs the larger of the largest ratio seen and `blow_up` times the median
    one, of a baseline unit as large as a dollar is expected to lie in.

    Examples
    --------
    >>> bill = smaller_bill(np.array([1.0] * 9 + [60]), np.array([2.0] * 9 + [30]), 0.9)
    >>> round(bill.ratio.value, 3), round(bill.ratio.p_value, 3), bill.largest
    (1.438, 0.875, 0.0)
    """
    over, under = np.asarray(candidate, dtype=float), np.asarray(baseline, dtype=float)
    plain = fieller(over, under, level, unit).estimate
    if plain.refusal and len(over) < 2:
        return Bill(plain, blow_up, 0.0)
    ratios, size = over / under, float((under**2).sum() / under.sum())
    typical, most = float(np.median(ratios)), float(ratios.max())

    def p_values(factors: np.ndarray) -> np.ndarray:
        phantoms = (np.maximum(factors * typical, most) - 1) * size
        seen = np.broadcast_to(over - under, (len(factors), len(over)))
        gaps = np.column_stack([seen, phantoms])
        error = gaps.std(axis=1, ddof=1) / np.sqrt(gaps.shape[1])
        with np.errstate(divide="ignore", invalid="ignore"):
            tested = special.stdtr(len(over), gaps.mean(axis=1) / error)
        return np.where(error > 0, tested, 1.0)

    rho, alpha = max(blow_up * typical, most), (1 - level) / 2
    upper = fieller(np.append(over, rho * size), np.append(under, size), level, unit).estimate
    grid = np.arange(1, 1001) / 10
    passing = grid[p_values(grid) <= alpha]
    value, low = float(over.sum() / under.sum()), plain.low if not plain.refusal else upper.low
    low, high = max(low, 0.0), max(upper.high, value)  # costs are above 0
    verdict, rule = ("superior", "smaller") if high < 1 else direction(1 - high, 1 - low)
    found = Estimate(
        value, low, high, level, "Fieller, with a phantom unit above", len(over), unit,
        ("units are independent", f"no unit costs more than {rho:.3g} times the other variant"),
        float(p_values(np.array([blow_up]))[0]), None, verdict, rule,
    )  # fmt: skip
    return Bill(found, blow_up, float(passing.max(initial=0.0)))
