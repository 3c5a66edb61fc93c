"""How much of a strong model's gain a router keeps, against how often it calls the strong one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class RouterCurve:
    """Quality against the share of calls that go to the strong model.

    Attributes
    ----------
    strong_share : ndarray of float, shape (n,)
        From 0 to 1, ascending.
    quality : ndarray of float, shape (n,)
        Of the outputs at that share, such as an accuracy.
    weak_quality, strong_quality : float
        Where all calls go to one model.
    """

    strong_share: np.ndarray
    quality: np.ndarray
    weak_quality: float
    strong_quality: float

    @property
    def area(self) -> float:
        """Area under the curve, by trapezoids."""
        return float(np.trapezoid(self.quality, self.strong_share))

    @property
    def gap_recovered(self) -> float:
        """Average share of the gap between both models that the router recovers (APGR).

        A router that tosses a coin has one half; NaN where the models are alike.
        """
        gap = self.strong_quality - self.weak_quality
        width = float(self.strong_share[-1] - self.strong_share[0])
        return (self.area - self.weak_quality * width) / (gap * width) if gap else float("nan")

    def share_needed(self, recovered: float) -> float:
        """Return the least share of strong calls that recovers a share of the gap (CPT).

        Parameters
        ----------
        recovered : float
            Such as 0.5 for CPT(50 %).

        Returns
        -------
        float
            NaN where the curve never gets there.
        """
        goal = self.weak_quality + recovered * (self.strong_quality - self.weak_quality)
        sign = 1.0 if self.strong_quality >= self.weak_quality else -1.0
        missing = sign * (goal - self.quality)
        there = np.flatnonzero(missing <= 1e-12)
        if not len(there):
            return float("nan")
        at = int(there[0])
        if at == 0:
            return float(self.strong_share[0])
        part = missing[at - 1] / (missing[at - 1] - missing[at])
        before, after = self.strong_share[at - 1], self.strong_share[at]
        return float(before + part * (after - before))


def router_curve(
    strong_share: np.ndarray,
    quality: np.ndarray,
    *,
    weak_quality: float | None = None,
    strong_quality: float | None = None,
) -> RouterCurve:
    """Return the curve of a router.

    Parameters
    ----------
    strong_share : ndarray of float, shape (n,)
        Share of calls that go to the strong model, in any order; no share twice.
    quality : ndarray of float, shape (n,)
        Of the outputs at that share.
    weak_quality, strong_quality : float, optional
        Of each model on its own; those at the ends of the curve, if not told.

    Raises
    ------
    ValueError
        If there are fewer than two points, a share twice, or one outside 0 to 1, or if an end is
        not told and the curve does not reach it.

    Notes
    -----
    Ong et al. (2024), *RouteLLM*.

    Examples
    --------
    >>> curve = router_curve([0, 0.5, 1], [0.6, 0.75, 0.8])
    >>> round(curve.area, 4), round(curve.gap_recovered, 4), round(curve.share_needed(0.5), 4)
    (0.725, 0.625, 0.3333)
    """
    share, found = np.asarray(strong_share, dtype=float), np.asarray(quality, dtype=float)
    if share.shape != found.shape or share.ndim != 1 or len(share) < 2:
        raise ValueError(f"a curve takes two points, and there are {share.shape} and {found.shape}")
    order = np.argsort(share)
    share, found = share[order], found[order]
    if share[0] < 0 or share[-1] > 1 or (np.diff(share) == 0).any():
        raise ValueError(f"shares lie between 0 and 1, each once, and these are {share.tolist()}")
    if (weak_quality is None and share[0] != 0) or (strong_quality is None and share[-1] != 1):
        raise ValueError("the curve does not go from 0 to 1: say both models' quality")
    return RouterCurve(
        share,
        found,
        float(found[0]) if weak_quality is None else weak_quality,
        float(found[-1]) if strong_quality is None else strong_quality,
    )
