"""Means of scores that come in clusters, with the error that clusters make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.stats.estimate import Estimate, direction, not_estimable
from speckit_analysis.stats.paired import ROUNDING


@dataclass(frozen=True)
class ClusteredMean:
    """A mean over clusters of scores.

    Attributes
    ----------
    estimate : Estimate
        With Student's interval at clusters - 1 degrees of freedom and the corrected error.
    independent_error : float
        Standard error, had all scores been independent.
    clustered_error : float
        Standard error with clusters, as if there were many.
    corrected_error : float
        The same times sqrt(clusters / (clusters - 1)), for few.
    scores : int
        Their number; that of clusters is the estimate's.
    """

    estimate: Estimate
    independent_error: float
    clustered_error: float
    corrected_error: float
    scores: int

    @property
    def design_effect(self) -> float:
        """Variance of the mean over that of as many independent scores; NaN without spread."""
        plain = self.independent_error**2
        return self.corrected_error**2 / plain if plain else float("nan")


def clustered_mean(
    scores: np.ndarray, clusters: np.ndarray, level: float = 0.95, unit: str = "cluster"
) -> ClusteredMean:
    """Return the mean of scores that resemble each other within clusters.

    Parameters
    ----------
    scores : ndarray of float, shape (n,)
        Such as 0 and 1 of the questions on one text.
    clusters : ndarray, shape (n,)
        Which cluster each score belongs to: a text, a SPEC.
    level : float
        Two-sided level.
    unit : str
        What a cluster is.

    Raises
    ------
    ValueError
        If scores and clusters do not fit, or one of them is missing.

    Notes
    -----
    Miller (2024), *Adding error bars to evals*: the squared error is the sum over clusters of the
    squared sum of deviations, over n squared (Liang and Zeger 1986).  It holds for many clusters;
    ten and fewer are better averaged and given to
    :func:`~speckit_analysis.stats.paired.paired_t`.

    Examples
    --------
    >>> found = clustered_mean(np.array([1.0, 1, 0, 0, 1, 0]), np.array([1, 1, 2, 2, 3, 3]))
    >>> round(found.independent_error, 3), round(found.corrected_error, 3)
    (0.224, 0.289)
    """
    values, labels = np.asarray(scores, dtype=float), np.asarray(clusters)
    if values.shape != labels.shape or values.ndim != 1:
        raise ValueError(
            f"each score has a cluster: {values.shape} scores, {labels.shape} clusters"
        )
    if np.isnan(values).any() or pd.isna(labels).any():
        raise ValueError("a score or its cluster is missing; leave it out")
    n, groups = len(values), len(np.unique(labels))
    method = "mean with clustered error"
    if groups < 2:
        refused = not_estimable(groups, "it takes 2", method=method, level=level, unit=unit)
        return ClusteredMean(refused, np.nan, np.nan, np.nan, n)
    centre = float(values.mean())
    _, place = np.unique(labels, return_inverse=True)
    sums = np.bincount(place, weights=values - centre)
    plain = float(values.std(ddof=1) / np.sqrt(n))
    many = float(np.sqrt((sums**2).sum()) / n)
    error = many * float(np.sqrt(groups / (groups - 1)))
    if error <= ROUNDING * float(np.abs(values).max()):
        why = "clusters do not differ, which no interval can say"
        refused = not_estimable(groups, why, method=method, level=level, unit=unit)
        return ClusteredMean(refused, plain, many, error, n)
    reach = float(-special.stdtrit(groups - 1, (1 - level) / 2)) * error
    verdict, rule = direction(centre - reach, centre + reach)
    estimate = Estimate(
        centre, centre - reach, centre + reach, level, method, groups, unit,
        ("clusters are independent", "clusters are many"),
        float(2 * special.stdtr(groups - 1, -abs(centre / error))), None, verdict, rule,
        "", error, centre / error, groups - 1,
    )  # fmt: skip
    return ClusteredMean(estimate, plain, many, error, n)
