"""Two independent samples, whole or summed up: Welch's difference, and equivalence."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.stats.estimate import Estimate, direction, not_estimable


@dataclass(frozen=True)
class Sample:
    """Mean, standard deviation and size of a sample of independent units.

    Attributes
    ----------
    mean, deviation : float
        Of the units; the deviation with n - 1.
    n : int
        Units, two at least.

    Raises
    ------
    ValueError
        If there are fewer than two units, or the deviation is below 0.
    """

    mean: float
    deviation: float
    n: int

    def __post_init__(self) -> None:
        """Refuse what is no sample."""
        if self.n < 2 or not self.deviation >= 0:
            raise ValueError(
                "a sample takes two units and a deviation of 0 or more, and this one has"
                f" {self.n} and {self.deviation}"
            )

    @classmethod
    def of(cls, values: np.ndarray) -> Sample:
        """Return the summary of `values`, shape (n,).

        Examples
        --------
        >>> Sample.of(np.array([1.0, 2.0, 3.0]))
        Sample(mean=2.0, deviation=1.0, n=3)
        """
        found = np.asarray(values, dtype=float)
        if len(found) < 2 or np.isnan(found).any():
            raise ValueError(f"a sample takes two known values, and these are {found.tolist()}")
        return cls(float(found.mean()), float(found.std(ddof=1)), len(found))


def difference(
    first: Sample,
    second: Sample | None = None,
    level: float = 0.95,
    *,
    equal_variances: bool = False,
    unit: str = "unit",
) -> Estimate:
    """Return the difference of the means of two independent samples, or one sample's mean.

    Parameters
    ----------
    first, second : Sample
        Without a second one it is the mean of the first: of paired differences, for example.
    level : float
        Two-sided level.
    equal_variances : bool
        Pool both variances (Student) in place of using each (Welch 1947, the default).
    unit : str
        What a unit is.

    Examples
    --------
    >>> found = difference(Sample(5.25, 0.95, 95), Sample(5.22, 0.83, 89))
    >>> round(found.degrees_of_freedom, 1), round(found.standard_error, 4)
    (181.1, 0.1313)
    """
    method, n = "one-sample t", first.n
    value, error = first.mean, first.deviation / np.sqrt(first.n)
    freedom = float(first.n - 1)
    if second is not None:
        method = "Student's t" if equal_variances else "Welch's t"
        value, n = first.mean - second.mean, first.n + second.n
        error, freedom = _pooled(first, second) if equal_variances else _welch(first, second)
    if error == 0:
        why = "nothing varies, which no interval can say"
        return not_estimable(n, why, method=method, level=level, unit=unit)
    reach = float(-special.stdtrit(freedom, (1 - level) / 2) * error)
    verdict, rule = direction(value - reach, value + reach)
    assumptions: tuple[str, ...] = ("units are independent", "means are roughly normal")
    if equal_variances and second is not None:
        assumptions += ("variances are equal",)
    return Estimate(
        value, value - reach, value + reach, level, method, n, unit, assumptions,
        float(2 * special.stdtr(freedom, -abs(value / error))), None, verdict, rule,
        "", float(error), float(value / error), freedom,
    )  # fmt: skip


def _welch(first: Sample, second: Sample) -> tuple[float, float]:
    """Return the standard error and Satterthwaite's degrees of freedom."""
    one, other = first.deviation**2 / first.n, second.deviation**2 / second.n
    if one + other == 0:
        return 0.0, np.nan
    freedom = (one + other) ** 2 / (one**2 / (first.n - 1) + other**2 / (second.n - 1))
    return float(np.sqrt(one + other)), float(freedom)


def _pooled(first: Sample, second: Sample) -> tuple[float, float]:
    freedom = first.n + second.n - 2
    squares = first.deviation**2 * (first.n - 1) + second.deviation**2 * (second.n - 1)
    return float(np.sqrt(squares / freedom * (1 / first.n + 1 / second.n))), float(freedom)


def margin_of_effect_size(size: float, first: Sample, second: Sample | None = None) -> float:
    """Return an effect size (Cohen's d) as a margin in points.

    Parameters
    ----------
    size : float
        In standard deviations.
    first, second : Sample
        Of two, the deviation is the root of the mean variance, whatever their sizes.

    Examples
    --------
    >>> round(margin_of_effect_size(0.43, Sample(5.25, 0.95, 95), Sample(5.22, 0.83, 89)), 4)
    0.3836
    """
    if second is None:
        return size * first.deviation
    return float(size * np.sqrt((first.deviation**2 + second.deviation**2) / 2))


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests against the ends of a margin.

    Attributes
    ----------
    estimate : Estimate
        With the interval of level 1 - 2 alpha, the larger p-value, and the verdict.
    low, high : float
        Ends of the margin.
    t_low, p_low : float
        Test that the difference is above the lower end.
    t_high, p_high : float
        Test that it is below the upper end.
    """

    estimate: Estimate
    low: float
    high: float
    t_low: float
    p_low: float
    t_high: float
    p_high: float


def equivalence(estimate: Estimate, low: float, high: float) -> Equivalence:
    """Test whether a difference lies between two ends that were fixed before.

    Parameters
    ----------
    estimate : Estimate
        Of a difference with standard error and degrees of freedom, at level 1 - 2 alpha: from
        :func:`difference`, :func:`~speckit_analysis.stats.paired.paired_t` or
        :func:`~speckit_analysis.stats.paired.crossed`.
    low, high : float
        Ends of the margin, such as -0.5 and 0.5.

    Raises
    ------
    ValueError
        If the ends are not in order, or the estimate has no standard error.

    Notes
    -----
    Schuirmann (1987), as Lakens (2017) uses it: equivalent where both tests reject, which is where
    the interval lies between the ends.

    Examples
    --------
    >>> found = difference(Sample(5.25, 0.95, 95), Sample(5.22, 0.83, 89), level=0.9)
    >>> tests = equivalence(found, -0.3836, 0.3836)
    >>> round(tests.t_high, 2), round(tests.p_high, 3), tests.estimate.verdict
    (-2.69, 0.004, 'equivalent')
    """
    if not low < high:
        raise ValueError(f"a margin goes from low to high, and this one from {low} to {high}")
    method = f"two one-sided tests ({estimate.method})"
    if estimate.refusal:
        refused = replace(estimate, method=method)
        return Equivalence(refused, low, high, np.nan, np.nan, np.nan, np.nan)
    error, freedom = estimate.standard_error, estimate.degrees_of_freedom
    if np.isnan(error) or np.isnan(freedom):
        raise ValueError(f"an estimate by {estimate.method} has no standard error to test with")
    above, below = (estimate.value - low) / error, (estimate.value - high) / error
    p_low, p_high = (float(special.stdtr(freedom, t)) for t in (-above, below))
    inside = low < estimate.low and estimate.high < high
    tested = replace(
        estimate,
        method=method,
        assumptions=(*estimate.assumptions, "the margin was fixed"),
        p_value=max(p_low, p_high),
        verdict="equivalent" if inside else "inconclusive",
        rule=f"the interval lies {'' if inside else 'not '}within {low:g} and {high:g}",
    )
    return Equivalence(tested, low, high, float(above), p_low, float(below), p_high)
