"""The rule that turns quality, cost and time of two variants into a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN
from speckit_analysis.analysis.margins import ALPHA, LEAST_SPECS
from speckit_analysis.stats.crossed import LEAST_REVIEWERS, Crossed, protected
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.paired import ROUNDING

#: What stands between the evidence and a verdict.
SCORES, REVIEWERS, QUALITY, RISK = "scores", "reviewers", "quality", "risk"
COST, NO_COST, WORTH = "cost", "no cost", "worth"

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


#: So many SPECs that lose alike are proof by their signs (p = 0.03).
LEAST_EQUAL = 6


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
    panel: bool = False,
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
    panel : bool
        These reviewers are all whose opinion counts.
    """
    gap, held = (one.panel if panel else one.told for one in (quality, kept))
    if gap.refusal or held.refusal:
        return Ruling(OPEN, gap.refusal or held.refusal, SCORES)
    if not panel and 0 < quality.reviewers < LEAST_REVIEWERS:
        few = wording.count(quality.reviewers, "reviewer")
        return Ruling(OPEN, f"{few} can tell nothing of others", REVIEWERS)
    if gap.n < LEAST_SPECS:
        return Ruling(OPEN, f"below {LEAST_SPECS} SPECs nothing is recommended", SCORES)
    lost = held.low <= 0 and gap.high < 0
    if lost and inside_noise:
        why = "the loss in quality lies within the noise of runs of one variant"
        return Ruling(OPEN, why, QUALITY)
    if lost and net is not None and net.high < 0:
        why = "the candidate loses quality, and the baseline costs more than that is worth"
        return Ruling(OPEN, why, WORTH)
    scope = "; this holds for these reviewers" if panel else ""
    if lost:
        return Ruling(KEEP, f"the interval of the difference in quality lies below 0{scope}")
    if held.low <= 0:
        return Ruling(
            OPEN, "the candidate is proved neither to keep the quality nor to lose it", QUALITY
        )
    if risk:
        return Ruling(OPEN, f"the candidate keeps the quality on average, but {risk}", RISK)
    if gap.low > 0 and not inside_noise:
        return _of_better(cost, seconds, net, scope)
    return _of_as_good(cost, seconds, scope)


def _of_better(cost: Estimate, seconds: Estimate, net: Estimate | None, scope: str) -> Ruling:
    """Rule on a candidate that scores higher by whether that is worth what it costs."""
    better = "the interval of the difference in quality lies above 0"
    if net is not None and net.low > 0:
        return Ruling(KEEP, f"{better}, but the candidate costs more than that is worth{scope}")
    if seconds.low > 1:
        return Ruling(OPEN, "the candidate is better, but slower", WORTH)
    if cost.high < 1 or (net is not None and net.high < 0):
        return Ruling(ADOPT, f"{better}{scope}")
    if not cost.n:
        return Ruling(OPEN, "the candidate is better, and what it costs is not known", NO_COST)
    return Ruling(OPEN, "the candidate is better, but not proved to be worth what it costs", WORTH)


def _of_as_good(cost: Estimate, seconds: Estimate, scope: str) -> Ruling:
    """Rule on a candidate that keeps the quality: only a smaller bill speaks for it."""
    kept = "the candidate keeps the quality within the margin"
    faster = " and is faster" if seconds.high < 1 else ""
    if not cost.n:
        return Ruling(OPEN, f"{kept}{faster}, and what it costs is not known", NO_COST)
    if cost.low > 1:
        return Ruling(OPEN, f"{kept}{faster}, but is dearer", WORTH if faster else COST)
    if not cost.high < 1:
        return Ruling(OPEN, f"{kept}{faster}, but is not proved to cost less", COST)
    if seconds.low > 1:
        return Ruling(OPEN, f"{kept} and is cheaper, but slower", WORTH)
    return Ruling(ADOPT, f"{kept} and is cheaper{scope}")


def equal_loss(gaps: np.ndarray, margin: float) -> Ruling | None:
    """Rule on differences that are all equal, which have no interval: a loss beyond the margin.

    By the signs alone, from :data:`LEAST_EQUAL` SPECs on; none where it is no such loss.
    """
    specs = len(gaps)
    if specs < LEAST_EQUAL or np.ptp(gaps) > ROUNDING * np.abs(gaps).max() or gaps[0] > -margin:
        return None
    if not gaps[0] < 0:
        return None
    p_value = wording.p_value(2.0 ** (1 - specs))
    loss = f"{-gaps[0]:.2f} points"
    return Ruling(KEEP, f"every one of {specs} SPECs loses {loss} (sign test: {p_value})")


def risk_of(
    disasters: Estimate,
    kept: np.ndarray,
    margin: float,
    worst_loss: float,
    criteria: Sequence[str] = (),
) -> str:
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
    criteria : sequence of str
        Criteria on which the candidate is proved to lose more than the margin.
    """
    lost, specs = disasters.value, wording.count(disasters.n, "SPEC")
    if lost > MOST_DISASTERS:
        return f"{wording.percent(lost)} of {specs} lose 2 points or more at some stage"
    if criteria:
        return f"it loses on {wording.listed(criteria)}"
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
