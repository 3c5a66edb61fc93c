"""The rule that turns quality, cost and time of two variants into a verdict."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN
from speckit_analysis.analysis.margins import ALPHA, LEAST_SPECS
from speckit_analysis.stats.crossed import LEAST_REVIEWERS, Crossed, protected
from speckit_analysis.stats.estimate import Estimate

#: What stands between the evidence and a verdict.
SCORES, QUALITY, COST, NO_COST, WORTH, RISK = (
    "scores",
    "quality",
    "cost",
    "no cost",
    "worth",
    "risk",
)

#: Where more SPECs than this share lose 2 points or more, no mean makes up for it.
MOST_DISASTERS = 0.2

#: What looking after every SPEC from 5 to 20 does to the error of a verdict, where no number of
#: SPECs was planned (`tests/test_stats_crossed_simulated.py`).
PEEKED = {
    verdict: (
        "no number of SPECs was planned: if you looked at the scores after every SPEC, this verdict"
        f" is wrong in {often} of studies instead of {once}"
    )
    for verdict, often, once in ((ADOPT, "13 %", "5 %"), (KEEP, "8 %", "2.5 %"))
}


class Ruling(NamedTuple):
    """A verdict, the rule that gave it, and what stands in its way where there is none."""

    verdict: str
    rule: str
    obstacle: str = ""


def verdict_of(
    quality: Crossed,
    kept: Crossed,
    cost: Estimate,
    seconds: Estimate,
    *,
    net: Estimate | None = None,
    risk: str = "",
    inside_noise: bool = False,
) -> Ruling:
    """Return what is recommended.

    Parameters
    ----------
    quality, kept : Crossed
        Candidate less baseline; candidate less what of the baseline has to be kept.
    cost, seconds : Estimate
        Ratios of totals, candidate to baseline.
    net : Estimate, optional
        Net benefit of the baseline at what a point is worth.
    risk : str
        Why the candidate may not be adopted although its mean is good enough.
    inside_noise : bool
        The difference in quality is no effect beyond the noise of runs
        (:class:`.noise.Effect`).
    """
    gap, held = quality.told, kept.told
    if gap.refusal or held.refusal:
        return Ruling(OPEN, gap.refusal or held.refusal, SCORES)
    if quality.reviewers == 1:
        return Ruling(OPEN, "one reviewer tells nothing of others", SCORES)
    if gap.n < LEAST_SPECS:
        return Ruling(OPEN, f"below {LEAST_SPECS} SPECs nothing is recommended", SCORES)
    if held.low <= 0 and gap.high < 0 and inside_noise:
        why = "the loss in quality lies within the noise of runs of one variant"
        return Ruling(OPEN, why, QUALITY)
    if held.low <= 0 and gap.high < 0:
        rule = "the interval of the difference in quality lies below 0"
        return Ruling(KEEP, f"{rule}{_scope(quality)}")
    if held.low <= 0:
        return Ruling(
            OPEN, "the candidate is proved neither to keep the quality nor to lose it", QUALITY
        )
    if risk:
        return Ruling(OPEN, f"the candidate keeps the quality on average, but {risk}", RISK)
    ways = [("cheaper", "dearer", cost), ("faster", "slower", seconds)]
    better = [word for word, _, ratio in ways if ratio.high < 1]
    worse = [word for _, word, ratio in ways if ratio.low > 1]
    if gap.low > 0 and not inside_noise:
        if worse and (net is None or not net.high < 0):
            return Ruling(OPEN, f"the candidate is better, but {worse[0]}", WORTH)
        return Ruling(
            ADOPT, f"the interval of the difference in quality lies above 0{_scope(quality)}"
        )
    if not any(ratio.n for _, _, ratio in ways):
        why = "the candidate keeps the quality, and nobody recorded what either costs or takes"
        return Ruling(OPEN, why, NO_COST)
    if not better:
        why = "the candidate keeps the quality, but is not proved to be cheaper or faster"
        return Ruling(OPEN, why, COST)
    if worse:
        why = f"the candidate keeps the quality and is {better[0]}, but {worse[0]}"
        return Ruling(OPEN, why, WORTH)
    rule = f"the candidate keeps the quality within the margin and is {better[0]}"
    return Ruling(ADOPT, f"{rule}{_scope(kept)}")


def risk_of(disasters: Estimate, kept: np.ndarray, margin: float, worst_loss: float) -> str:
    """Say why a mean that is good enough is not: SPECs that were lost, or that may be.

    Parameters
    ----------
    disasters : Estimate
        Share of SPECs that lose 2 points or more.
    kept : ndarray of float, shape (units, reviewers)
        Candidate less what of the baseline has to be kept.
    margin : float
        Points that may be lost.
    worst_loss : float
        Points that a SPEC that was not seen may lose; 0 for no more than was seen.
    """
    lost, specs = disasters.value, wording.count(disasters.n, "SPEC")
    if lost > MOST_DISASTERS:
        return f"{wording.percent(lost)} of {specs} lose 2 points or more"
    if worst_loss and not protected(kept, margin - worst_loss, 1 - 2 * ALPHA) > 0:
        return f"one more SPEC that loses {worst_loss:g} points would undo it"
    return ""


def assumption_of(kept: np.ndarray, margin: float, worst_loss: float) -> str:
    """Say what adopting takes for granted of SPECs that were not seen; as for :func:`risk_of`."""
    if worst_loss:
        return f"one more SPEC that loses {worst_loss:g} points would not undo it"
    undone = (
        loss
        for loss in np.arange(0, 10.05, 0.1)
        if not protected(kept, margin - loss, 1 - 2 * ALPHA) > 0
    )
    loss = next(undone, None)
    assumed = "it assumes that no SPEC fares worse than those scored"
    return (
        assumed if loss is None else f"{assumed}: one more that loses {loss:.1f} points undoes it"
    )


def _scope(found: Crossed) -> str:
    """Say whom the verdict is about where it is not about reviewers in general."""
    if not 1 < found.reviewers < LEAST_REVIEWERS:
        return ""
    taste = found.tipping_taste(0)
    return (
        "; this holds for these two reviewers: tastes for a variant that differ by"
        f" {taste:.2g} points (standard deviation) between reviewers would undo it"
    )
