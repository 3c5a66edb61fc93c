"""One variant against another on quality, cost, time and errors, and what follows from it.

The candidate is the simpler variant (one model, for example), the baseline the one in use.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.advice import Advice
from speckit_analysis.analysis.experiment.noise import score_effect
from speckit_analysis.analysis.experiment.pairs import (
    bill_of,
    bill_sentence,
    extra_of,
    gap_of,
    known_costs,
    lost_criteria,
    making,
    score_pairs,
)
from speckit_analysis.analysis.experiment.plan import ExperimentPlan
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN, Recommendation
from speckit_analysis.analysis.experiment.rule import (
    PEEKED,
    assumption_of,
    equal_loss,
    risk_of,
    verdict_of,
)
from speckit_analysis.analysis.experiment.tradeoff import Tradeoff, variants
from speckit_analysis.analysis.margins import ALPHA
from speckit_analysis.analysis.review.scores import scores_of
from speckit_analysis.stats.crossed import Crossed, crossed
from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.noninferiority import catastrophes
from speckit_analysis.stats.paired import observed_range, sign_flip
from speckit_analysis.stats.ratios import Bill
from speckit_analysis.tables.results import RESULTS


def every_variant(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return quality, cost and time of all variants, and which are worth considering.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`.scores.usable`, one experiment.

    Returns
    -------
    DataFrame
        The result ``variants_tried``.
    """
    names = sorted(reviews["variant"].dropna().astype(str).unique())
    means = {name: own.mean(axis=1) for name, own in scores_of(reviews, names).items()}
    scores = pd.DataFrame(means)
    return variants(
        scores, *(making(reviews, f"output_{what}") for what in ("cost_usd", "seconds"))
    )


@dataclass(frozen=True)
class Experiment:
    """What comparing two variants shows."""

    baseline: str
    candidate: str
    #: Share of the baseline's quality that the candidate may lose.
    margin: float
    #: Candidate less baseline, in points.
    quality: Crossed
    #: Candidate less (1 - margin) of the baseline, at the level of a one-sided test: above 0 is
    #: not inferior.
    kept: Crossed
    #: Share of units that lose 2 points or more.
    disasters: Estimate
    #: Ratios of candidate to baseline: of the bills, of a typical SPEC, of all time taken.
    bill: Bill
    typical: Estimate
    seconds: Estimate
    #: Difference of errors found for an output.
    errors: Estimate
    #: Candidate less baseline by SPEC, mean over reviewers.
    gaps: pd.Series
    #: Mean quality of the baseline, in points.
    baseline_mean: float
    #: Scores that have no counterpart, and reviewers of one SPEC; empty where there are none.
    left_out: str
    #: What the baseline costs and gains above the candidate.
    tradeoff: Tradeoff
    #: What would settle it, where it is open.
    needed: str
    verdict: str
    rule: str

    @property
    def gap(self) -> Estimate:
        """The difference in quality, for these reviewers only where no more can be said."""
        return self.quality.told

    @property
    def cost(self) -> Estimate:
        """Ratio of the bills, candidate to baseline."""
        return self.bill.ratio

    @property
    def sentence(self) -> str:
        """The recommendation with its numbers."""
        replaces = f"{self.candidate} can replace {self.baseline}"
        answers = {ADOPT: replaces, KEEP: f"Keep {self.baseline}"}
        answer = answers.get(self.verdict, f"Undecided whether {replaces}")
        return f"{answer}: {self.numbers}. {self.needed}".strip()

    @property
    def numbers(self) -> str:
        """Differences in quality and cost, with intervals and n."""
        if self.gap.refusal:
            return self.gap.refusal
        said = [self.quality_words, self.disaster_words, self.cost_words, self.left_out]
        return "; ".join(filter(None, said))

    @property
    def quality_words(self) -> str:
        """The difference in quality, with interval and n; why there is none."""
        gap = self.gap
        if gap.refusal:
            return gap.refusal
        people = wording.count(self.quality.reviewers, "reviewer")
        only = f"these {people} only" if self.quality.estimate.refusal else people
        return (
            f"the quality of {self.candidate} differs by {gap.value:+.2f} points"
            f" ({_level(gap)}{gap.low:+.2f} to {gap.high:+.2f}; {wording.count(gap.n, 'SPEC')},"
            f" {only})"
        )

    @property
    def disaster_words(self) -> str:
        """How many SPECs lose a lot, which a mean does not show."""
        lost, n = round(self.disasters.value * self.disasters.n), self.disasters.n
        most = wording.percent(self.disasters.high)
        return (
            f"{lost or 'none'} of {wording.count(n, 'SPEC')} lose 2 points or more (at most {most})"
        )

    @property
    def cost_words(self) -> str:
        """What the candidate costs in total and typically; nothing where it is not known."""
        if self.cost.refusal:
            return ""
        usually = (
            "" if self.typical.refusal else f", {wording.ratio(self.typical.value)} times typically"
        )
        specs = f" ({wording.count(self.cost.n, 'SPEC')})" if self.cost.n < self.gap.n else ""
        return (
            f"{self.candidate} costs {_ratio(self.cost)} what {self.baseline} costs in total"
            f"{usually}{specs}"
        )

    @property
    def design_sentence(self) -> str:
        """What so few SPECs and reviewers can show at all."""
        gap, gaps = self.gap, self.gaps.to_numpy(float)
        if gap.refusal or len(gaps) < 2:
            return ""
        p_value, least = sign_flip(gaps)
        sentence = (
            f"Sign-flip test: {wording.p_value(p_value)} (smallest possible with"
            f" {wording.count(gap.n, 'SPEC')}: {least:.2g}). With a probability of 80 % this design"
            f" detects a difference of {self.quality.seen():.1f} points or more."
        )
        taste = self.quality.taste_share
        if np.isnan(taste):
            return f"{sentence} {self._tipping}".strip()
        return (
            f"{sentence} Reviewers' preferences for a variant make {wording.percent(taste)} of the"
            f" error: more {'reviewers' if taste > 0.5 else 'SPECs'} help most."
        )

    @property
    def _tipping(self) -> str:
        """How far apart reviewers' tastes would undo what these reviewers show."""
        proved = next((one for one in (self.kept, self.quality) if self._excludes_0(one)), None)
        if proved is None:
            return ""
        return (
            f"For these reviewers only: tastes for a variant that differ by"
            f" {proved.tipping_taste(0):.2g} points (standard deviation) between reviewers would"
            " undo it."
        )

    @staticmethod
    def _excludes_0(found: Crossed) -> bool:
        return found.panel.low > 0 or found.panel.high < 0

    @property
    def cost_sentence(self) -> str:
        """How far it holds that the candidate costs less in total."""
        return bill_sentence(self.bill, self.candidate)

    def recommendation(self) -> Recommendation:
        """Return the recommendation."""
        return Recommendation(
            f"{self.candidate} in place of {self.baseline}",
            self.baseline,
            self.verdict,
            self.rule,
            "" if self.gap.refusal else self.numbers,
            f"{wording.exact_percent(self.margin)} of the quality may be lost",
            self.needed or "Other models, prompts or kinds of SPEC.",
            "single_vs_multi",
        )

    def table(self) -> pd.DataFrame:
        """Return the result ``variant_estimates``."""
        kept = wording.exact_percent(1 - self.margin)
        estimates = {
            "quality, points, candidate less baseline": self.quality.estimate,
            "… for these reviewers only": self.quality.panel,
            "… median and range, as seen": observed_range(self.gaps.to_numpy(float)),
            f"quality kept above {kept} of the baseline": self.kept.told,
            "share of SPECs that lose 2 points or more": self.disasters,
            "cost in total, candidate over baseline": self.cost,
            "… of a typical SPEC": self.typical,
            "time in total, candidate over baseline": self.seconds,
            "errors found, candidate less baseline": self.errors,
            "net benefit of the baseline, USD a SPEC": self.tradeoff.net,
        }
        return RESULTS["variant_estimates"].of(
            [
                (what, one.value, one.low, one.high, one.n, one.level, one.refusal or one.method)
                for what, one in estimates.items()
            ]
        )


def _ratio(cost: Estimate) -> str:
    return (
        f"{wording.ratio(cost.value)} times ({_level(cost)}{wording.ratio(cost.low)} to"
        f" {wording.ratio(cost.high)})"
    )


def _level(estimate: Estimate) -> str:
    """Return what to put before an interval whose level is not the usual one."""
    return "" if abs(estimate.level - 0.95) < 1e-9 else f"{100 * estimate.level:.4g} %: "


def compare_variants(
    reviews: pd.DataFrame,
    fixed: ExperimentPlan,
    *,
    alpha: float = ALPHA,
    scored: int | None = None,
) -> Experiment:
    """Compare a simpler variant with the one in use as a plan fixed it, and say what follows.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`.scores.usable`, one experiment.
    fixed : ExperimentPlan
        Variants, margin and worth.
    alpha : float
        One-sided level of the test of the margin; intervals have level 1 - alpha.
    scored : int, optional
        SPECs of the experiment that are scored, if `reviews` are of some of them only.

    Notes
    -----
    The SPEC is the unit, and reviewers are a sample too (:mod:`speckit_analysis.stats.crossed`).
    The candidate is adopted if it is not inferior by the margin and provably cheaper in total, or
    if it is provably better and provably cheaper or worth what it costs; time can only forbid it.
    The baseline is kept if the candidate is provably worse and may lose more than the margin.  Else
    it is open, and below five SPECs always (:mod:`.rule`).  That a difference is not proved is
    never taken for none.

    It stays open as long as fewer SPECs are scored than were planned: looking again and again until
    something shows would err far more often than the tests say.
    """
    pairs = score_pairs(reviews, fixed)
    if pairs.gaps.empty:
        why = f"no SPEC has scores of both {fixed.candidate} and {fixed.baseline}"
        quality = kept = _refused(why, 1 - alpha)
    else:
        quality = crossed(pairs.gaps.to_numpy(float), 1 - alpha)
        kept = crossed(pairs.kept.to_numpy(float), 1 - 2 * alpha)
    costs, gaps = making(reviews, "output_cost_usd"), pairs.gaps.mean(axis=1)
    names = (fixed.candidate, fixed.baseline)
    bill, typical = bill_of(costs, *names, 1 - 2 * alpha, fixed.blow_up)
    seconds, _ = bill_of(making(reviews, "output_seconds"), *names, 1 - 2 * alpha, fixed.blow_up)
    extra = extra_of(costs, pairs.gaps, *names)
    tradeoff = Tradeoff(
        fixed.baseline,
        fixed.candidate,
        extra,
        fixed.worth_usd,
        without_cost=len(gaps) - len(extra),
        level=1 - alpha,
    )
    disasters = catastrophes(pairs.worst.to_numpy(float), level=1 - alpha)
    held, margin = pairs.kept.to_numpy(float), fixed.margin * pairs.baseline_mean
    criteria = lost_criteria(reviews, fixed, margin) if kept.told.low > 0 else []
    verdict, rule, obstacle = equal_loss(gaps.to_numpy(float), margin) or verdict_of(
        quality,
        kept,
        bill.ratio,
        seconds.ratio,
        net=tradeoff.net if fixed.worth_chosen else None,
        risk=risk_of(disasters, held, margin, fixed.worst_loss, criteria),
        inside_noise=bool(score_effect(reviews, fixed, quality.told).inside_noise),
        panel=fixed.panel,
    )
    needed = ""
    if verdict == OPEN:
        known = known_costs(costs, *names)
        needed = Advice(quality, pairs.kept, margin, known, tradeoff, fixed, alpha).on(obstacle)
    done = quality.told.n if scored is None else scored
    if done < fixed.specs and verdict != OPEN:
        verdict, needed = OPEN, f"Score the other {_planned(fixed.specs - done)}."
        rule = (
            f"{done} of {_planned(fixed.specs)} are scored, and deciding now would be a look that"
            " was not planned"
        )
    if quality.reviewers < fixed.reviewers and verdict != OPEN:
        lacking = wording.count(fixed.reviewers - quality.reviewers, "planned reviewer")
        verdict, needed = OPEN, f"Let the other {lacking} score, or plan another study."
        rule = f"{quality.reviewers} of {wording.count(fixed.reviewers, 'planned reviewer')} scored"
    if verdict == ADOPT:
        rule += f"; {assumption_of(held, margin, fixed.worst_loss)}"
    if verdict != OPEN and not fixed.specs:
        rule += f"; {PEEKED[verdict]}"
    return Experiment(
        baseline=fixed.baseline,
        candidate=fixed.candidate,
        margin=fixed.margin,
        quality=quality,
        kept=kept,
        disasters=disasters,
        bill=bill,
        typical=typical,
        seconds=seconds.ratio,
        errors=gap_of(making(reviews, "errors_found"), *names, 1 - alpha),
        gaps=gaps,
        baseline_mean=pairs.baseline_mean,
        left_out=pairs.left_out,
        tradeoff=tradeoff,
        needed=needed,
        verdict=verdict,
        rule=rule,
    )


def _planned(specs: int) -> str:
    return wording.count(specs, "planned SPEC")


def _refused(why: str, level: float) -> Crossed:
    nothing = not_estimable(0, why, method="crossed over units and reviewers", level=level)
    return Crossed(nothing, nothing)
