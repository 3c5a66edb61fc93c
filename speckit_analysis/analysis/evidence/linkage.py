"""Levels of SPECs that went through different kinds of calls, and how well they are linked.

Two SPECs can be held against each other only over kinds of calls that both had, or that a chain
of others links.  Where the link is thin, what a kind takes is known badly, and all the SPECs on
one side of the link are off by the same amount: no spread between SPECs shows that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.stats.paired import FIT_ROUNDING


@dataclass(frozen=True)
class Levels:
    """Levels of units with kinds taken off, and how uncertain the taking off is."""

    #: Level of each unit, indexed by unit; the largest linked group only.
    values: pd.Series
    #: Covariance of the levels through noise of single rows, in units of its variance.
    covariance: np.ndarray
    #: Variance of single rows around unit and kind; NaN where no row is left to tell.
    noise: float
    #: Degrees of freedom of ``noise``.
    freedom: int
    #: Units that share no kind with the group, not even through others.
    left_out: int

    @property
    def remark(self) -> str:
        """The units left out in words, or nothing."""
        if not self.left_out:
            return ""
        return f"{wording.count(self.left_out, 'SPEC')} that nothing links to the others left out"

    def exponential(self) -> Levels:
        """Return the levels of logarithms as levels of the figures themselves."""
        figures = np.exp(self.values)
        scale = np.diag(figures.to_numpy())
        return replace(self, values=figures, covariance=scale @ self.covariance @ scale)

    def spread(
        self, weights: np.ndarray, fits: list[tuple[np.ndarray, float]]
    ) -> tuple[float, float]:
        """Return variance and degrees of freedom of a weighted sum of the levels.

        Parameters
        ----------
        weights : ndarray of float, shape (n,)
            Weight of each level.
        fits : list of (ndarray of float of shape (n, n), float)
            One for each sample of units: what makes its residuals out of the levels, and the
            share of its mean square in the variance, 1/n for a mean.

        Notes
        -----
        The mean squares over units hold the variance between units and, on average, that much of
        the noise as their residuals do.  What the sum has beyond that, which is none in a
        balanced design, is added; degrees of freedom are Satterthwaite's (1946).  Where no row
        is left to measure the noise by, all spread between units is taken for noise.
        """
        levels = self.values.to_numpy()
        parts, counted, bound = [], 0.0, np.inf
        for maker, share in fits:
            freedom = float(np.trace(maker))
            square = float(np.sum((maker @ levels) ** 2)) / freedom
            held = float(np.trace(maker @ self.covariance @ maker.T)) / freedom
            parts.append((share * square, freedom))
            counted += share * held
            bound = min(bound, square / held)
        beyond = max(0.0, float(weights @ self.covariance @ weights) - counted)
        if beyond > FIT_ROUNDING * max(counted, 1.0):
            measured = self.freedom > 0
            noise = self.noise if measured else bound
            parts.append((noise * beyond, self.freedom if measured else parts[0][1]))
        total = sum(part for part, _ in parts)
        if total == 0:
            return 0.0, parts[0][1]
        return total, total**2 / sum(part**2 / freedom for part, freedom in parts)


def adjusted_levels(units: pd.Series, kinds: pd.Series, values: pd.Series) -> Levels:
    """Return levels of units, kinds taken off by fitting both together.

    Parameters
    ----------
    units, kinds : Series
        Unit and kind of each row.
    values : Series of float
        Figure of each row.

    Notes
    -----
    Least squares with an effect of each unit and each kind; levels are at the mean kind of the
    rows.  Of units that no chain of kinds links, the largest group stays (of equal ones the
    first).
    """
    if values.empty:
        return Levels(pd.Series(dtype=float), np.zeros((0, 0)), np.nan, 0, 0)
    linked = _largest_group(units, kinds)
    left_out = units.nunique() - units[linked].nunique()
    unit_of, names = pd.factorize(units[linked])
    kind_of = pd.factorize(kinds[linked])[0]
    figures = values[linked].to_numpy(float)
    columns = np.hstack([np.eye(len(names))[unit_of], np.eye(kind_of.max() + 1)[kind_of]])
    inverse = np.linalg.pinv(columns.T @ columns)
    fitted = inverse @ (columns.T @ figures)
    share_of_kinds = np.bincount(kind_of) / len(kind_of)
    at_mean_kind = np.hstack([np.eye(len(names)), np.tile(share_of_kinds, (len(names), 1))])
    residuals = figures - columns @ fitted
    # A linked group has one column to spare.
    freedom = len(figures) - (columns.shape[1] - 1)
    return Levels(
        pd.Series(at_mean_kind @ fitted, names),
        at_mean_kind @ inverse @ at_mean_kind.T,
        float(residuals @ residuals) / freedom if freedom else np.nan,
        freedom,
        left_out,
    )


def _largest_group(units: pd.Series, kinds: pd.Series) -> np.ndarray:
    """Return which rows belong to the group with most units that kinds link."""
    unit_of, kind_of = pd.factorize(units)[0], pd.factorize(kinds)[0]
    count = unit_of.max() + 1
    nodes = count + kind_of.max() + 1
    graph = sparse.coo_matrix((np.ones(len(units)), (unit_of, count + kind_of)), (nodes, nodes))
    groups = sparse.csgraph.connected_components(graph, directed=False)[1]
    largest = np.bincount(groups[:count]).argmax()
    return np.asarray(groups[unit_of] == largest)
