"""What a gain costs: net benefit, acceptability, the frontier, the cost of a success."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.paired import ROUNDING, paired_t
from speckit_analysis.stats.proportions import clopper_pearson, exact_interval

#: What lies where on the plane of cost and effect.
QUADRANTS = {
    (True, True): "dearer and better",
    (False, True): "cheaper and better: dominant",
    (True, False): "dearer and worse: dominated",
    (False, False): "cheaper and worse",
}


@dataclass(frozen=True)
class CostEffectiveness:
    """What a variant costs and gains against another, unit by unit.

    Attributes
    ----------
    cost, effect : Estimate
        Mean differences with their intervals; more cost and more effect are above 0.
    ratio : float
        Ratio of the means: cost per point.  NaN where it means nothing: with a gain that is not
        above 0 a negative ratio ranks nothing.
    quadrant : str
        Of :data:`QUADRANTS`.
    """

    cost: Estimate
    effect: Estimate
    ratio: float
    quadrant: str


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


def cost_effectiveness(
    cost: np.ndarray, effect: np.ndarray, level: float = 0.95
) -> CostEffectiveness:
    """Return incremental cost, effect and their ratio.

    Parameters
    ----------
    cost, effect : ndarray of float, shape (n,)
        Differences of the same units: variant less baseline.
    level : float
        Of the intervals.
    """
    dearer, better = float(np.mean(cost)), float(np.mean(effect))
    quadrant = QUADRANTS[(dearer > 0, better > 0)]
    if better == 0:
        quadrant = quadrant.replace("worse", "no better")
    ratio = incremental_ratio(dearer, better)
    return CostEffectiveness(paired_t(cost, level), paired_t(effect, level), ratio, quadrant)


def net_benefit(
    cost: np.ndarray, effect: np.ndarray, worth: float, level: float = 0.95
) -> Estimate:
    """Return what a variant is worth, net of what it costs.

    Parameters
    ----------
    cost, effect : ndarray of float, shape (n,)
        As for :func:`cost_effectiveness`.
    worth : float
        What one point of effect is worth, in the unit of cost.
    level : float
        Of the interval.
    """
    return paired_t(worth * np.asarray(effect, float) - np.asarray(cost, float), level)


def acceptability(cost: np.ndarray, effect: np.ndarray, worths: Sequence[float]) -> pd.DataFrame:
    """Return how probable it is that a variant pays, against what a point is worth.

    Returns
    -------
    DataFrame
        ``worth`` and ``probability``: Student's distribution of the net benefit at 0 from below;
        NaN where the net benefit is the same in all units.

    Notes
    -----
    The share of bootstrap samples that pay, as it is often drawn, reaches 95 % in 19 % of the
    cases at three units where nothing pays; this one in 5 %.
    """
    n = len(cost)
    chances = []
    for worth in worths:
        gains = worth * np.asarray(effect, float) - np.asarray(cost, float)
        spread = float(gains.std(ddof=1)) if n > 1 else 0.0
        rounding = ROUNDING * float(np.abs([worth * np.asarray(effect), cost]).max())
        t = gains.mean() / spread * np.sqrt(n) if spread > rounding else np.nan
        chances.append(float(special.stdtr(n - 1, t)))
    return pd.DataFrame({"worth": [float(worth) for worth in worths], "probability": chances})


def frontier(strategies: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    """Return which strategies are worth considering, and what each step up costs.

    Parameters
    ----------
    strategies : mapping of str to (float, float)
        Cost and effect of each.

    Returns
    -------
    DataFrame
        ``strategy``, ``cost``, ``effect``; ``status`` (``frontier``, ``dominated``: another is
        cheaper and no worse, or ``extendedly dominated``: a mixture of two others is), and for
        those on the frontier ``inc_cost``, ``inc_effect`` and ``icer`` over the step below.
    """
    ordered = sorted(strategies, key=lambda name: (strategies[name][0], -strategies[name][1]))
    status = dict.fromkeys(strategies, "frontier")
    best = -np.inf
    for name in ordered:
        if strategies[name][1] <= best:
            status[name] = "dominated"
        best = max(best, strategies[name][1])
    kept = [name for name in ordered if status[name] == "frontier"]
    while True:
        steps = [_step(strategies[a], strategies[b]) for a, b in pairwise(kept)]
        worse = [at for at in range(len(steps) - 1) if steps[at][2] > steps[at + 1][2]]
        if not worse:
            break
        status[kept.pop(worse[0] + 1)] = "extendedly dominated"
    rows = []
    for name in ordered:
        at = kept.index(name) if name in kept else 0
        step = _step(strategies[kept[at - 1]], strategies[name]) if at else (np.nan,) * 3
        rows.append((name, *strategies[name], status[name], *step))
    columns = ["strategy", "cost", "effect", "status", "inc_cost", "inc_effect", "icer"]
    return pd.DataFrame(rows, columns=columns)


def _step(below: tuple[float, float], above: tuple[float, float]) -> tuple[float, float, float]:
    cost, effect = above[0] - below[0], above[1] - below[1]
    return cost, effect, cost / effect if effect else np.inf


def cost_of_pass(cost: float, passes: int, n: int, level: float = 0.95) -> Estimate:
    """Return what a pass costs: the cost of a try over the rate at which tries pass.

    Notes
    -----
    Erol et al. (2025), with the exact interval of the rate; infinite where nothing passes.
    """
    method = "cost over an exact rate"
    if n == 0:
        return not_estimable(0, "nothing was tried", method=method, level=level, unit="try")
    low, high = exact_interval(passes, n, level)
    return Estimate(
        cost * n / passes if passes else np.inf, cost / high, cost / low if low else np.inf,
        level, method, n, "try", ("tries are independent", "the cost of a try is known"),
    )  # fmt: skip


def cost_per_success(
    costs: np.ndarray, successes: np.ndarray, tries: np.ndarray, level: float = 0.95
) -> Estimate:
    """Return what a success cost: all that was spent, failures included, over the successes.

    Parameters
    ----------
    costs, successes, tries : ndarray of float, shape (n,)
        Totals of each unit, or of each group of units that belong together.
    level : float
        Two-sided level.

    Notes
    -----
    The exact interval of the rate and Student's of the mean cost, each at half the error: at least
    98 % hold in simulations where Fieller's holds 40 to 91 % (few failures, or dear ones).
    """
    spent, hits, n = (np.asarray(one, dtype=float) for one in (costs, successes, tries))
    method = "t of the cost over an exact rate"
    if len(spent) < 2:
        why = "fewer than 2 units tell cost and outcome"
        return not_estimable(len(spent), why, method=method, level=level, unit="unit")
    total, passed, half = spent.sum(), hits.sum(), 0.5 + level / 2
    worth = float(n.sum() ** 2 / (n**2).sum())
    low, high = (float(one) for one in clopper_pearson(passed / n.sum() * worth, worth, half))
    error = float(np.sqrt(((spent - total / n.sum() * n) ** 2).sum())) / n.sum()
    error *= np.sqrt(worth / (worth - 1))
    reach, mean = float(special.stdtrit(worth - 1, (1 + half) / 2)) * error, total / n.sum()
    return Estimate(
        float(total / passed) if passed else np.inf,
        max(mean - reach, 0.0) / high,
        (mean + reach) / low if low else np.inf,
        level, method, len(spent), "unit", ("units are independent",),
    )  # fmt: skip
