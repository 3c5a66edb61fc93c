"""A gain and its cost, known by means, errors and correlation: whether it pays, and from where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.stats.paired import ROUNDING
from speckit_analysis.stats.ratios import Fieller, fieller_of_means


@dataclass(frozen=True)
class Increment:
    """What a variant costs and gains against another, as a bivariate distribution.

    Attributes
    ----------
    cost, effect : float
        Mean differences: variant less baseline.
    cost_error, effect_error : float
        Their standard errors.
    correlation : float
        Of the two means, from -1 to 1.
    degrees_of_freedom : float
        Of the errors; infinite for the normal distribution.

    Raises
    ------
    ValueError
        If an error is below 0 or the correlation is none.

    Examples
    --------
    >>> step = Increment(1.2, 0.3, 0.5, 0.2, correlation=0.2)
    >>> round(step.ratio, 6)
    4.0
    >>> step.acceptability([0, 4, float("inf")])["probability"].round(4).tolist()
    [0.0082, 0.5, 0.9332]
    """

    cost: float
    effect: float
    cost_error: float
    effect_error: float
    correlation: float = 0.0
    degrees_of_freedom: float = np.inf

    def __post_init__(self) -> None:
        """Refuse errors and correlations that are none."""
        if not (self.cost_error >= 0 and self.effect_error >= 0 and -1 <= self.correlation <= 1):
            raise ValueError(
                "errors are 0 or more and a correlation lies between -1 and 1, and these are"
                f" {self.cost_error}, {self.effect_error} and {self.correlation}"
            )

    @property
    def ratio(self) -> float:
        """Cost of a point, the ICER; see :func:`incremental_ratio`."""
        return incremental_ratio(self.cost, self.effect)

    def net_benefit(self, worths: Sequence[float]) -> pd.DataFrame:
        """Return what the variant is worth, net of what it costs.

        Parameters
        ----------
        worths : sequence of float
            What one point of effect may be worth, in the unit of cost.

        Returns
        -------
        DataFrame
            ``worth``, ``net_benefit`` and its ``standard_error``.
        """
        worth = np.asarray(worths, dtype=float)
        covariance = self.correlation * self.effect_error * self.cost_error
        variance = worth**2 * self.effect_error**2 + self.cost_error**2 - 2 * worth * covariance
        return pd.DataFrame(
            {
                "worth": worth,
                "net_benefit": worth * self.effect - self.cost,
                "standard_error": np.sqrt(np.maximum(variance, 0.0)),
            }
        )

    def acceptability(self, worths: Sequence[float]) -> pd.DataFrame:
        """Return how probable it is that the variant pays.

        Parameters
        ----------
        worths : sequence of float
            As for :meth:`net_benefit`; infinite, where only the effect counts.

        Returns
        -------
        DataFrame
            ``worth`` and ``probability``; missing where net benefit has no error.
        """
        chances = []
        for worth in map(float, worths):
            if np.isinf(worth):
                gain, error = self.effect, self.effect_error
            else:
                _, gain, error = self.net_benefit([worth]).iloc[0]
            chance = special.stdtr(self.degrees_of_freedom, gain / error) if error else np.nan
            chances.append(float(chance))
        return pd.DataFrame({"worth": [float(worth) for worth in worths], "probability": chances})

    def break_even(self, level: float = 0.95) -> Fieller:
        """Return the worth of a point at which it pays, with Fieller's set."""
        covariance = self.correlation * self.effect_error * self.cost_error
        errors = np.array([[self.cost_error**2, covariance], [covariance, self.effect_error**2]])
        means = (self.cost, self.effect)
        return fieller_of_means(means, errors, self.degrees_of_freedom, level)


def increment(cost: np.ndarray, effect: np.ndarray) -> Increment:
    """Return the increment of paired differences, with Student's distribution.

    Parameters
    ----------
    cost, effect : ndarray of float, shape (n,)
        Differences of the same units: variant less baseline.

    Raises
    ------
    ValueError
        If they are not of the same units, or of fewer than two.
    """
    dearer, better = np.asarray(cost, dtype=float), np.asarray(effect, dtype=float)
    n = len(dearer)
    if dearer.shape != better.shape or n < 2:
        raise ValueError(f"it takes two pairs, and there are {dearer.shape} and {better.shape}")
    spread = np.cov(dearer, better) / n
    errors = np.sqrt(np.diag(spread))
    rounding = ROUNDING * np.abs([dearer, better]).max(axis=1)
    errors = np.where(errors <= rounding, 0.0, errors)
    together = float(spread[0, 1] / errors.prod()) if errors.all() else 0.0
    return Increment(
        float(dearer.mean()), float(better.mean()), float(errors[0]), float(errors[1]),
        float(np.clip(together, -1, 1)), n - 1,
    )  # fmt: skip


def incremental_ratio(cost: float, effect: float) -> float:
    """Return the cost of a point gained (dearer and better) or saved by one lost (both below 0).

    Returns
    -------
    float
        NaN elsewhere: a negative ratio is dominance one way or the other, and ranks nothing.

    Examples
    --------
    >>> incremental_ratio(3.0, 1.5), incremental_ratio(-3.0, -1.5), incremental_ratio(-3.0, 1.5)
    (2.0, 2.0, nan)
    """
    return cost / effect if cost > 0 < effect or cost < 0 > effect else float("nan")
