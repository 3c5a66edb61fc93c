"""How often an alert is false while nothing is wrong, told before it is switched on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special, stats  # type: ignore[import-untyped]

from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.proportions import one_sided_limits

#: Fewer baseline figures than this, and an alert is not calibrated.
LEAST_BASELINE = 20


@dataclass(frozen=True)
class Threshold:
    """A limit above which a figure raises an alert.

    Attributes
    ----------
    value : float
        The limit, in the unit of the figures.
    bound : float
        Upper limit of the share of figures in control above it, at `level`.
    level : float
        Of the bound.
    n : int
        Baseline figures.
    """

    value: float
    bound: float
    level: float
    n: int

    @property
    def calibrated(self) -> bool:
        """Whether there are baseline figures enough."""
        return self.n >= LEAST_BASELINE


def threshold(
    baseline: np.ndarray, factor: float = 1.5, quantile: float = 0.95, level: float = 0.95
) -> Threshold:
    """Return a limit of `factor` times a quantile of the baseline, and how often it may be crossed.

    Parameters
    ----------
    baseline : ndarray of float, shape (n,)
        Figures in control, 0 or more, independent: such as the costs of runs.
    factor : float
        Times the quantile; 1 or more.
    quantile : float
        Of the baseline: a figure that was seen, no mixture of two; 1 for the largest.
    level : float
        Of the bound.

    Raises
    ------
    ValueError
        If there is no baseline, a figure is below 0 or missing, or the factor is below 1.

    Notes
    -----
    No distribution is assumed: the share above the k-th smallest of n figures is a beta variable
    (Wilks 1941), and a limit above it is crossed less often still.  Five figures bound the share
    of false alerts by 45 %, however far the factor lifts the limit; 59 by 5 %, for the largest.

    Examples
    --------
    >>> found = threshold(np.arange(1.0, 60.0), quantile=1.0)
    >>> found.value, round(found.bound, 3), found.calibrated
    (88.5, 0.05, True)
    """
    figures = np.sort(np.asarray(baseline, dtype=float))
    n = len(figures)
    if n == 0 or not (figures >= 0).all() or factor < 1:
        raise ValueError("a baseline takes figures of 0 or more, and a factor of 1 or more")
    rank = min(max(int(np.ceil(quantile * n - 1e-9)), 1), n)
    bound = float(special.betaincinv(n - rank + 1, rank, level))
    return Threshold(factor * float(figures[rank - 1]), bound, level, n)


def false_alerts(
    alerts: int, opportunities: int, most: float = 0.05, level: float = 0.95
) -> Estimate:
    """Return the rate of alerts in control, with its exact upper limit.

    Parameters
    ----------
    alerts, opportunities : int
        How many of how many independent figures in control raised one.
    most : float
        Rate that is to be claimed; it is, only where the upper limit lies below.
    level : float
        One-sided level of the limit.

    Raises
    ------
    ValueError
        If there are more alerts than opportunities, or fewer than none.

    Examples
    --------
    >>> [false_alerts(0, n).rule for n in (58, 59)]
    ['the upper limit is not below 0.05', 'the upper limit is below 0.05']
    """
    method = "one-sided Clopper-Pearson"
    if not 0 <= alerts <= opportunities:
        raise ValueError(f"{alerts} alerts of {opportunities} figures is no rate")
    if opportunities == 0:
        return not_estimable(0, "there are none", method=method, level=level, unit="figure")
    high = one_sided_limits(alerts, opportunities, level)[1]
    return Estimate(
        alerts / opportunities, 0.0, high, level, method, opportunities, "figure",
        ("figures are independent",),
        rule=f"the upper limit is {'' if high < most else 'not '}below {most:g}",
    )  # fmt: skip


def alert_rate_of_lognormal(
    deviation: float, factor: float = 1.5, quantile: float = 0.95, shift: float = 1.0
) -> float:
    """Return how often a lognormal figure exceeds `factor` times its true quantile.

    Parameters
    ----------
    deviation : float
        Standard deviation of logarithms, above 0.
    factor, quantile : float
        Of the limit.
    shift : float
        By how much all figures have risen since: 1 in control, 1.5 after a rise of half.

    Notes
    -----
    It is rare in control, and hardly more often after a rise as large as the factor: a limit for
    outliers is no test of a rise of all.

    Examples
    --------
    >>> [round(alert_rate_of_lognormal(sigma), 4) for sigma in (0.25, 0.5, 1.0, 1.5)]
    [0.0005, 0.007, 0.0202, 0.0277]
    >>> round(alert_rate_of_lognormal(0.5, shift=1.5), 2)
    0.05
    """
    return float(stats.norm.sf(stats.norm.ppf(quantile) + np.log(factor / shift) / deviation))


def alert_rate_of_share(rate: float, limit: float, n: int) -> float:
    """Return how often a share of `n` exceeds `limit`, where the truth is `rate`.

    Examples
    --------
    >>> [round(alert_rate_of_share(0.267, 0.5, n), 3) for n in (3, 6, 10)]
    [0.176, 0.047, 0.027]
    """
    return float(stats.binom.sf(np.floor(limit * n + 1e-9), n, rate))


def alerts_over(rate: float, figures: int) -> float:
    """Return the probability of a false alert among so many figures, such as those of a week.

    Examples
    --------
    >>> round(alerts_over(0.05, 14), 2)
    0.51
    """
    return float(1 - (1 - rate) ** figures)
