"""How much more often things got better than worse, with observations in clusters."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special  # type: ignore[import-untyped]

#: With fewer changes than this nothing tells how alike those of a cluster are.
FEW_CHANGES = 3

#: Experiments of more clusters than this are not planned.
MOST_CLUSTERS = 1_000_000


@dataclass(frozen=True)
class NetShare:
    """Share that got better less share that got worse.

    Attributes
    ----------
    better, worse, n : int
        Observations that got better, that got worse, and all.
    clusters : int
        Clusters that they come from.
    struck : int
        Clusters of more than one observation of which on balance more than half got better.
    effective : float
        As many independent observations would tell as much.
    centre, error : float
        Of the interval; NaN below two clusters.
    """

    better: int
    worse: int
    n: int
    clusters: int
    struck: int
    effective: float
    centre: float
    error: float

    @property
    def value(self) -> float:
        """The net share itself; NaN at n = 0."""
        return (self.better - self.worse) / self.n if self.n else float("nan")

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the two-sided interval; NaN below two clusters."""
        if np.isnan(self.error):
            return float("nan"), float("nan")
        reach = -float(special.stdtrit(self.clusters - 1, (1 - level) / 2)) * self.error
        return max(self.centre - reach, -1.0), min(self.centre + reach, 1.0)

    def p_above(self, limit: float) -> float:
        """Return the one-sided p-value of a net share of at most `limit`; 1 if not estimable."""
        return self._p((limit - self.centre) / self.error) if self.error > 0 else 1.0

    def p_below(self, limit: float) -> float:
        """Return the one-sided p-value of a net share of at least `limit`; 1 if not estimable."""
        return self._p((self.centre - limit) / self.error) if self.error > 0 else 1.0

    def p_struck(self, limit: float) -> float:
        """Return the exact p-value of a share of struck clusters of at least `limit`.

        Notes
        -----
        How alike observations of a cluster are is learned from those that changed.  What strikes
        one cluster in twenty, and most of it, is not there in most samples of ten; the interval
        then knows nothing of it.  To prove that it is rarer takes 59 clusters without it.
        """
        return float(special.bdtr(self.struck, self.clusters, limit)) if self.clusters else 1.0

    def clusters_to_prove(self, limit: float, alpha: float, power: float = 0.8) -> float:
        """Return how many clusters prove on which side of `limit` it lies, if it is as found.

        Parameters
        ----------
        limit : float
            To be told from.
        alpha : float
            One-sided level.
        power : float
            Share of experiments with so many clusters that prove it.

        Returns
        -------
        float
            A whole number; infinite if it lies on neither side, or not on that of the interval's
            centre, or if :data:`MOST_CLUSTERS` would not do.

        Notes
        -----
        Clusters are taken to be as those that were found.  The distance has to reach Student's
        quantile of the level and the normal one of the power.
        """
        side = np.sign(self.centre - limit)
        if not side * (self.value - limit) > 0:
            return float("inf")

        def enough(clusters: int) -> bool:
            centre, error = _interval(
                self.better / self.n, self.worse / self.n, self.effective * clusters / self.clusters
            )
            reach = -special.stdtrit(clusters - 1, alpha) + special.ndtri(power)
            return bool(side * (centre - limit) >= reach * error)

        return _fewest(enough)

    def clusters_without_strikes(self, limit: float, alpha: float) -> float:
        """Return how many clusters prove that fewer than `limit` are struck, if as many as found.

        Parameters
        ----------
        limit : float
            Share of clusters.
        alpha : float
            Level of :meth:`p_struck`.

        Returns
        -------
        float
            A whole number; infinite if that share was found, or if :data:`MOST_CLUSTERS` would not
            do.
        """
        share = self.struck / self.clusters if self.clusters else 1.0
        if share >= limit:
            return float("inf")

        def enough(clusters: int) -> bool:
            return bool(special.bdtr(np.ceil(share * clusters), clusters, limit) <= alpha)

        return _fewest(enough)

    def _p(self, distance: float) -> float:
        return float(special.stdtr(self.clusters - 1, distance))


def net_share(values: np.ndarray, clusters: np.ndarray) -> NetShare:
    """Return the share of observations that got better less that of those that got worse.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        1 for better, 0 for the same, -1 for worse.
    clusters : ndarray, shape (n,)
        What observations have in common, such as the SPEC.

    Raises
    ------
    ValueError
        If a value is none of the three.

    Notes
    -----
    Bonett and Price (2012): Wald's interval of a paired difference of shares, with one added to
    either kind of pair that differs, which holds at small n.  Here n is divided by the design
    effect, the variance between clusters over that of as many independent observations (not
    below 1), and the quantile is Student's with clusters - 1 degrees of freedom.  With fewer than
    three changes clusters are counted in place of observations.

    Examples
    --------
    >>> found = net_share(np.array([1] * 7 + [0] * 3 + [-1]), np.arange(11))
    >>> round(found.value, 3), [round(end, 3) for end in found.interval()]
    (0.545, [0.001, 0.922])
    """
    gains = np.asarray(values, dtype=float)
    if not np.isin(gains, (-1, 0, 1)).all():
        raise ValueError("a value is 1 for better, 0 for the same or -1 for worse")
    better, worse, n = int((gains > 0).sum()), int((gains < 0).sum()), len(gains)
    codes, names = np.unique(np.asarray(clusters).astype(str), return_inverse=True)[::-1]
    groups = len(names)
    sizes, sums = np.bincount(codes, minlength=groups), np.bincount(codes, gains, groups)
    struck = int(((2 * sums > sizes) & (sizes > 1)).sum())
    if groups < 2:
        return NetShare(better, worse, n, groups, struck, float(groups), np.nan, np.nan)
    few = better + worse < FEW_CHANGES
    effective = groups if few else n / _design_effect(gains, codes, groups)
    centre, error = _interval(better / n, worse / n, effective)
    return NetShare(better, worse, n, groups, struck, effective, centre, error)


def _fewest(enough: Callable[[int], bool]) -> float:
    """Return the least number of clusters that is enough; infinite if the most are not."""
    found = bisect_left(range(MOST_CLUSTERS + 1), True, lo=2, key=enough)
    return float(found) if found <= MOST_CLUSTERS else float("inf")


def _interval(better: float, worse: float, effective: float) -> tuple[float, float]:
    """Return centre and error of the interval of two shares of `effective` observations."""
    up, down = ((share * effective + 1) / (effective + 2) for share in (better, worse))
    return up - down, float(np.sqrt((up + down - (up - down) ** 2) / (effective + 2)))


def _design_effect(gains: np.ndarray, codes: np.ndarray, groups: int) -> float:
    n, spread = len(gains), float(gains.var(ddof=1))
    if spread == 0:
        return 1.0
    surplus = np.bincount(codes, gains - gains.mean(), groups)
    between = groups / (groups - 1) * float((surplus**2).sum()) / n**2
    return max(between / (spread / n), 1.0)
