"""Agreement of two reviewers on labels, beyond chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats  # type: ignore[import-untyped]
from statsmodels.stats.inter_rater import cohens_kappa

from speckit_analysis.stats.estimate import Estimate, direction, not_estimable


@dataclass(frozen=True)
class Agreement:
    """Agreement beyond chance.

    Attributes
    ----------
    estimate : Estimate
        The coefficient; 1 is full agreement, 0 what chance gives.
    observed, expected : float
        Share of pairs that agree, and that would by chance.
    """

    estimate: Estimate
    observed: float
    expected: float


def cohen_kappa(
    counts: np.ndarray, weights: np.ndarray | None = None, level: float = 0.95
) -> Agreement:
    """Return Cohen's kappa of two reviewers, with the normal interval.

    Parameters
    ----------
    counts : ndarray of int, shape (labels, labels)
        Units by the label of the first reviewer (rows) and of the second.
    weights : ndarray of float, shape (labels, labels), optional
        How bad each disagreement is, 0 on the diagonal; by default 1 elsewhere.
    level : float
        Two-sided level.

    Raises
    ------
    ValueError
        If the table is not square, has a count below 0, or is empty, or the weights do not fit.

    Notes
    -----
    Cohen (1960, 1968), standard error of Fleiss, Cohen and Everitt (1969), by statsmodels.

    Examples
    --------
    >>> found = cohen_kappa(np.array([[20, 5], [10, 15]]))
    >>> round(found.estimate.value, 2), found.observed, found.expected
    (0.4, 0.7, 0.5)
    """
    table = np.asarray(counts, dtype=float)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or (table < 0).any() or not table.sum():
        raise ValueError(f"kappa takes a square table of counts, and this is {table.tolist()}")
    cost = 1.0 - np.eye(len(table)) if weights is None else np.asarray(weights, dtype=float)
    if cost.shape != table.shape or np.diag(cost).any() or (cost < 0).any():
        raise ValueError("weights take the shape of the table, are 0 on its diagonal and not below")
    cost = cost / cost.max()
    shares, n = table / table.sum(), round(float(table.sum()))
    by_chance = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    observed, expected = 1 - float((cost * shares).sum()), 1 - float((cost * by_chance).sum())
    if expected == 1:
        why = "all labels are the same, which leaves nothing to expect"
        refused = not_estimable(n, why, method="Cohen's kappa", level=level, unit="unit")
        return Agreement(refused, observed, expected)
    value = (observed - expected) / (1 - expected)
    found = cohens_kappa(table, weights=None if weights is None else cost, return_results=True)
    error = float(found.std_kappa)
    reach = float(stats.norm.ppf((1 + level) / 2)) * error
    verdict, rule = direction(value - reach, value + reach)
    estimate = Estimate(
        value, value - reach, value + reach, level, "Cohen's kappa", n, "unit",
        ("units are independent", "units are many"), None, None, verdict, rule, "", error,
        value / error if error else np.nan, np.inf,
    )  # fmt: skip
    return Agreement(estimate, observed, expected)
