"""How large a difference a design can see, and how many units or reviewers to add."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special, stats  # type: ignore[import-untyped]
from statsmodels.stats.power import TTestPower

from speckit_analysis.stats.crossed import LEAST_REVIEWERS, Crossed

#: Ends of the grid on which a study is planned.
MOST_UNITS, MOST_REVIEWERS = 60, 6

#: More units than this are not told of.
MOST_UNITS_TOLD = 10_000

#: What one more review costs, where one more unit costs 1.
_REVIEW_COST = 0.1

#: Power that a study is planned for.
_POWER = 0.8

#: Simulated studies of each design.
_DRAWS = 2000


def smallest_effect(n: int) -> float:
    """Return the smallest difference that `n` units see, in standard deviations of differences.

    It is seen at a two-sided level of 5 % with the power that studies are planned for.

    Examples
    --------
    >>> [round(smallest_effect(n), 3) for n in (3, 6, 10)]
    [3.264, 1.435, 0.996]
    """
    return float(TTestPower().solve_power(None, nobs=n, alpha=0.05, power=_POWER))


def units_for_margin(deviation: float, margin: float, alpha: float = 0.05) -> int | None:
    """Return how many units a non-inferiority test takes, if there is no difference.

    Parameters
    ----------
    deviation : float
        Standard deviation of differences between units.
    margin : float
        Points that may be lost.
    alpha : float
        One-sided level.

    Returns
    -------
    int or None
        None if :data:`MOST_UNITS_TOLD` do not reach the power.

    Examples
    --------
    >>> [units_for_margin(sd, 0.425) for sd in (0.4, 0.6, 0.8, 1.0)]
    [8, 14, 24, 36]
    """
    for n in range(2, MOST_UNITS_TOLD + 1):
        shift = margin / deviation * np.sqrt(n)
        limit = -special.stdtrit(n - 1, alpha)
        if stats.nct.sf(limit, n - 1, shift) >= _POWER:
            return n
    return None


def cautious_deviation(deviation: float, n: int, confidence: float = 0.8) -> float:
    """Return a pilot's standard deviation, inflated so that it is too small only 1 in 5 times.

    Notes
    -----
    The upper limit of the chi-squared distribution; a plan on the bare deviation of three units
    is underpowered more often than not.

    Examples
    --------
    >>> [round(cautious_deviation(1.0, n), 3) for n in (3, 6, 10)]
    [2.117, 1.461, 1.293]
    """
    return float(deviation * np.sqrt((n - 1) / stats.chi2.ppf(1 - confidence, n - 1)))


@dataclass(frozen=True)
class Plan:
    """How large a study is to be.

    Attributes
    ----------
    units, reviewers : int
        Of the cheapest design that reaches the power; 0 where none on the grid does.
    power : float
        It reaches, simulated.
    helps : str
        What adds more power to the present design: ``units`` or ``reviewers``.
    """

    units: int
    reviewers: int
    power: float
    helps: str


def plan(pilot: Crossed, margin: float, *, alpha: float = 0.05, seed: int = 0) -> Plan:
    """Return how many units and reviewers show non-inferiority, if there is no difference.

    Parameters
    ----------
    pilot : Crossed
        From :func:`~speckit_analysis.stats.crossed.crossed`: it tells how differences vary.
    margin : float
        Points that may be lost.
    alpha : float
        One-sided level.
    seed : int
        Of the simulation.

    Notes
    -----
    The error variance of the mean is unit variance / units + reviewer variance / reviewers +
    residual / both; the variance between units is inflated as :func:`cautious_deviation` does.
    Variances are drawn along with the mean, so that the t distribution's uncertainty counts.

    Raises
    ------
    ValueError
        If the pilot tells no variances, as that of one reviewer.
    """
    if np.isnan(pilot.unit_variance):
        raise ValueError(f"the pilot tells no variances: {pilot.estimate.refusal}")
    n, k = pilot.panel.n, pilot.reviewers
    between = cautious_deviation(np.sqrt(pilot.unit_variance), n) ** 2
    residual = pilot.residual_variance
    draw = np.random.default_rng(seed)
    best = Plan(0, 0, 0.0, _helps(between, pilot.reviewer_variance, residual, n, k))
    cheapest = np.inf
    for reviewers in range(LEAST_REVIEWERS, MOST_REVIEWERS + 1):
        for units in range(max(n, 3), MOST_UNITS + 1):
            cost = units * (1 + reviewers * _REVIEW_COST)
            if cost >= cheapest:
                break
            reached = _power(
                between, pilot.reviewer_variance, residual, units, reviewers, margin, alpha, draw
            )
            if reached >= _POWER:
                best = Plan(units, reviewers, reached, best.helps)
                cheapest = cost
                break
    return best


def _helps(between: float, tastes: float, residual: float, n: int, k: int) -> str:
    now = between / n + tastes / k + residual / (n * k)
    more_units = between / (n + 1) + tastes / k + residual / ((n + 1) * k)
    more_reviewers = between / n + tastes / (k + 1) + residual / (n * (k + 1))
    return "units" if now - more_units >= now - more_reviewers else "reviewers"


def _power(
    between: float,
    tastes: float,
    residual: float,
    n: int,
    k: int,
    margin: float,
    alpha: float,
    draw: np.random.Generator,
) -> float:
    """Return the share of simulated studies whose lower limit lies above -`margin`."""
    of_units = between + residual / k
    of_reviewers = tastes + residual / n
    left = residual
    mean = draw.normal(0, np.sqrt(between / n + tastes / k + residual / (n * k)), _DRAWS)
    square_units = k * of_units * draw.chisquare(n - 1, _DRAWS) / (n - 1)
    square_reviewers = n * of_reviewers * draw.chisquare(k - 1, _DRAWS) / (k - 1)
    freedom_left = (n - 1) * (k - 1)
    square_left = left * draw.chisquare(freedom_left, _DRAWS) / freedom_left
    own = special.stdtrit(n - 1, alpha) ** 2 * square_units
    excess = np.maximum(square_reviewers - square_left, 0.0)
    reach = np.sqrt((own + special.stdtrit(k - 1, alpha) ** 2 * excess) / (n * k))
    return float(np.mean(mean - reach > -margin))
