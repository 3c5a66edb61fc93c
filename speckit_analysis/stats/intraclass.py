"""Intraclass correlations: the six forms of Shrout and Fleiss, with their intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.stats.estimate import Estimate, direction, not_estimable
from speckit_analysis.stats.paired import ROUNDING

#: What each form is the reliability of.
FORMS = {
    "ICC(1,1)": "one score, each unit with reviewers of its own",
    "ICC(2,1)": "one score, reviewers a sample, their severity counted as error",
    "ICC(3,1)": "one score, these reviewers only, their severity left out",
    "ICC(1,k)": "the mean of k scores, each unit with reviewers of its own",
    "ICC(2,k)": "the mean of k scores, reviewers a sample, their severity counted as error",
    "ICC(3,k)": "the mean of k scores, these reviewers only, their severity left out",
}


@dataclass(frozen=True)
class MeanSquares:
    """Analysis of variance of a complete table of units (rows) by reviewers (columns).

    Attributes
    ----------
    units, reviewers, error : float
        Mean squares between units, between reviewers, and of what is left.
    within : float
        Mean square within units: reviewers and error together.
    n, k : int
        Units and reviewers.
    """

    units: float
    reviewers: float
    error: float
    within: float
    n: int
    k: int


def mean_squares(ratings: np.ndarray) -> MeanSquares:
    """Return the mean squares of units by reviewers.

    Parameters
    ----------
    ratings : ndarray of float, shape (units, reviewers)
        Complete.

    Raises
    ------
    ValueError
        If a rating is missing, or there are fewer than two units or reviewers.
    """
    table = np.asarray(ratings, dtype=float)
    if table.ndim != 2 or min(table.shape) < 2 or np.isnan(table).any():
        raise ValueError("ICC takes a complete table of at least two units and two reviewers")
    n, k = table.shape
    rows, columns, centre = table.mean(axis=1), table.mean(axis=0), table.mean()
    units = k * float(((rows - centre) ** 2).sum())
    reviewers = n * float(((columns - centre) ** 2).sum())
    error = float(((table - rows[:, None] - columns[None, :] + centre) ** 2).sum())
    rounding = table.size * (ROUNDING * float(np.abs(table).max())) ** 2
    units, reviewers, error = (
        0.0 if part <= rounding else part for part in (units, reviewers, error)
    )
    return MeanSquares(
        units / (n - 1), reviewers / (k - 1), error / ((n - 1) * (k - 1)),
        (reviewers + error) / (n * (k - 1)), n, k,
    )  # fmt: skip


def intraclass_correlations(ratings: np.ndarray, level: float = 0.95) -> dict[str, Estimate]:
    """Return all six intraclass correlations with their intervals.

    Parameters
    ----------
    ratings : ndarray of float, shape (units, reviewers)
        Complete.
    level : float
        Two-sided level.

    Returns
    -------
    dict of str to Estimate
        By the names of :data:`FORMS`.  Statistic and p-value are those of F against no difference
        between units, degrees of freedom those of its numerator.  Refused where units do not
        differ at all, and where the mean squares leave a form no finite interval around its value:
        as soon as units differ less, or reviewers differ less, than error alone makes them.

    Raises
    ------
    ValueError
        If a rating is missing, or there are fewer than two units or reviewers.

    Notes
    -----
    Shrout and Fleiss (1979).  Report ICC(2,k) if the mean of these reviewers is used and ICC(2,1)
    if one of them scores later.  The intervals of the second form are by Satterthwaite's F.
    Nothing is clamped: a correlation below 0 is reported as it is.

    Examples
    --------
    >>> table = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8],
    ...                   [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7.0]])
    >>> [round(found.value, 2) for found in intraclass_correlations(table).values()]
    [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]
    """
    squares = mean_squares(ratings)
    n, k = squares.n, squares.k
    if squares.units == 0:
        why = "units do not differ" if squares.within else "all ratings are the same"
        return {
            form: not_estimable(n, why, method=form, level=level, unit="unit") for form in FORMS
        }
    one_way = _by_f(squares.units, squares.within, n - 1, n * (k - 1), k, level)
    two_way = _by_f(squares.units, squares.error, n - 1, (n - 1) * (k - 1), k, level)
    singles = {
        "1": (one_way, squares.within, n * (k - 1)),
        "2": (_agreement(squares, level), squares.error, (n - 1) * (k - 1)),
        "3": (two_way, squares.error, (n - 1) * (k - 1)),
    }
    found = {}
    for kind, (single, against, freedom) in singles.items():
        f = squares.units / against if against else np.inf
        p_value = float(special.fdtrc(n - 1, freedom, f))
        for raters, ends in (("1", single), ("k", tuple(_of_mean(r, k) for r in single))):
            form = f"ICC({kind},{raters})"
            found[form] = _estimate(form, ends, f, p_value, n, level)
    return {form: found[form] for form in FORMS}


def _of_mean(single: float, k: int) -> float:
    """Return the reliability of a mean of `k` by Spearman and Brown."""
    below = 1 + (k - 1) * single
    return k * single / below if below > 0 else -np.inf


def _by_f(
    above: float, below: float, over: float, under: float, k: int, level: float
) -> tuple[float, float, float]:
    """Return value and ends of a correlation that is a function of one F."""
    if below == 0:
        return 1.0, 1.0, 1.0
    f, tail = above / below, (1 + level) / 2
    ends = (f, f / special.fdtri(over, under, tail), f * special.fdtri(under, over, tail))
    value, low, high = (float((one - 1) / (one + k - 1)) for one in ends)
    return value, low, high


def _agreement(squares: MeanSquares, level: float) -> tuple[float, float, float]:
    """Return value and ends of ICC(2,1)."""
    n, k, error = squares.n, squares.k, squares.error
    between, judges = squares.units, squares.reviewers
    single = (between - error) / (between + (k - 1) * error + k * (judges - error) / n)
    # Satterthwaite's degrees of freedom of k single judges + (n + (nk - n - k) single) error.
    of_judges, of_error = k * single, n * (1 + (k - 1) * single) - k * single
    spread = of_judges**2 * judges**2 / (k - 1) + (of_error * error) ** 2 / ((n - 1) * (k - 1))
    if spread == 0:
        return single, single, single
    freedom = (of_judges * judges + of_error * error) ** 2 / spread
    tail = (1 + level) / 2
    noise = k * judges + (k * n - k - n) * error
    with np.errstate(invalid="ignore"):  # Without freedom the quantiles are infinite.
        above, below = special.fdtri(n - 1, freedom, tail), special.fdtri(freedom, n - 1, tail)
        low = n * (between - above * error) / (above * noise + n * between)
        high = n * (below * between - error) / (noise + n * below * between)
    return float(single), float(low), float(high)


def _estimate(
    form: str, ends: tuple[float, ...], f: float, p_value: float, n: int, level: float
) -> Estimate:
    value, low, high = ends
    if not (np.isfinite(ends).all() and low <= value <= high):
        why = "the error is too large for a finite interval"
        return not_estimable(n, why, method=form, level=level, unit="unit")
    verdict, rule = direction(low, high)
    return Estimate(
        value, low, high, level, form, n, "unit", (FORMS[form], "scores are roughly normal"),
        p_value, None, verdict, rule, statistic=f, degrees_of_freedom=n - 1,
    )  # fmt: skip
