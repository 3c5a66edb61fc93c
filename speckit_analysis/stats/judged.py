"""Few differences that people scored, made surer by many that an automatic judge scored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from speckit_analysis.stats.estimate import Estimate, direction, not_estimable
from speckit_analysis.stats.paired import ROUNDING, added_reach, complete, paired_t

#: Fewer units than this that people scored, and the judge cannot be held against them.
LEAST_UNITS = 4


@dataclass(frozen=True)
class JudgeAssisted:
    """A mean difference from people alone, and with a judge's scores.

    Attributes
    ----------
    people : Estimate
        Student's interval of what people scored.
    assisted : Estimate
        The same mean, corrected by the judge; refused where the judge does not help.
    correlation : float
        Of the differences of people and judge; NaN where it is not defined.
    both : int
        Units that people and judge scored.
    units : int
        Units that the judge scored.
    """

    people: Estimate
    assisted: Estimate
    correlation: float
    both: int
    units: int


def judge_assisted(
    people: np.ndarray,
    judge: np.ndarray,
    least: float,
    level: float = 0.95,
    unit: str = "SPEC",
) -> JudgeAssisted:
    """Return the mean difference that people would find on all units, with the help of a judge.

    Parameters
    ----------
    people, judge : ndarray of float, shape (units,)
        Differences of two variants; NaN where nobody, or no judge, scored both.
    least : float
        Correlation of differences below which the judge does not count; fixed beforehand.
    level : float
        Two-sided level.
    unit : str
        What a unit is.

    Notes
    -----
    Prediction-powered inference (Angelopoulos et al. 2023), its weight the slope of least squares:
    the regression estimator of double sampling (Cochran 1977).  The judge's own bias and scale
    cancel.  Two reaches add in squares, of n - 2 degrees of freedom for what the judge does not
    explain and N - 1 for the judge's mean; blended degrees of freedom (Satterthwaite), or the
    weight 1, cover less once a judge is refused for a low correlation (docs/statistics.md).

    Examples
    --------
    >>> people = np.array([0.5, -0.25, 1.0, 0.25, 0.75, *[np.nan] * 5])
    >>> judge = np.array([0.4, -0.3, 0.8, 0.4, 0.6, 0.9, 0.1, 0.5, -0.2, 0.7])
    >>> found = judge_assisted(people, judge, 0.5)
    >>> round(found.assisted.value, 3), round(found.people.value, 3), found.units
    (0.461, 0.45, 10)
    """
    scored, judged = (np.asarray(gaps, dtype=float) for gaps in (people, judge))
    if scored.shape != judged.shape or scored.ndim != 1:
        raise ValueError(f"both are of the same units, and not {scored.shape}, {judged.shape}")
    alone = paired_t(complete(scored[~np.isnan(scored)]), level, unit)
    every = judged[~np.isnan(judged)]
    both = ~np.isnan(scored) & ~np.isnan(judged)
    ours, theirs = scored[both], judged[both]
    n, units, method = len(ours), len(every), "regression on a judge"

    def refused(why: str, correlation: float = np.nan) -> JudgeAssisted:
        nothing = not_estimable(n, why, method=method, level=level, unit=unit)
        return JudgeAssisted(alone, nothing, correlation, n, units)

    if n < LEAST_UNITS:
        return refused(f"people and judge scored fewer than {LEAST_UNITS} {unit}s")
    if _constant(theirs):
        return refused("the judge's differences are all equal")
    if _constant(ours):
        return refused("all differences that people scored are equal")
    centre = theirs - theirs.mean()
    spread = float((centre**2).sum())
    slope = float(centre @ ours) / spread
    correlation = float(np.corrcoef(ours, theirs)[0, 1])
    if correlation < least:
        return refused(
            f"people and judge correlate by {correlation:.2f} on {n} {unit}s, below the"
            f" {least:g} that was fixed beforehand",
            correlation,
        )
    if units == n:
        return refused(f"the judge scored no {unit} beyond those that people scored", correlation)
    left = ours - ours.mean() - slope * centre
    step = float(every.mean() - theirs.mean())
    error = float((left**2).sum()) / (n - 2) * (1 / n + step**2 / spread)
    of_judge = slope**2 * float(every.var(ddof=1)) / units
    reach = added_reach([(error, n - 2), (of_judge, units - 1)], level)
    value = float(ours.mean() + slope * step)
    verdict, rule = direction(value - reach, value + reach)
    assisted = Estimate(
        value, value - reach, value + reach, level, method, n, unit,
        ("units that people scored are a random part of all", "differences are roughly normal"),
        verdict=verdict, rule=rule, standard_error=float(np.sqrt(error + of_judge)),
    )  # fmt: skip
    return JudgeAssisted(alone, assisted, correlation, n, units)


def _constant(values: np.ndarray) -> bool:
    return bool(np.ptp(values) <= ROUNDING * np.abs(values).max())
