"""One variant against another on quality, cost, time and errors, and what follows from it.

The candidate is the simpler variant (one model, for example), the baseline the one in use.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.pairs import (
    extra_of,
    gap_of,
    making,
    ratio_of,
    score_pairs,
)
from speckit_analysis.analysis.experiment.plan import ExperimentPlan
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN, Recommendation
from speckit_analysis.analysis.experiment.tradeoff import Tradeoff, variants
from speckit_analysis.analysis.margins import ALPHA, LEAST_SPECS
from speckit_analysis.analysis.review.scores import scores_of
from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.noninferiority import catastrophes
from speckit_analysis.stats.paired import Crossed, crossed, observed_range, sign_flip
from speckit_analysis.stats.planning import (
    MOST_REVIEWERS,
    MOST_UNITS,
    cautious_deviation,
    plan,
    units_for_margin,
)
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
    scores = pd.DataFrame({name: scores_of(reviews, name).mean(axis=1) for name in names})
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
    #: Ratio of candidate to baseline.
    cost: Estimate
    #: Ratio of candidate to baseline.
    seconds: Estimate
    #: Difference of errors found for an output.
    errors: Estimate
    #: Candidate less baseline by SPEC, mean over reviewers.
    gaps: pd.Series
    #: Mean quality of the baseline, in points.
    baseline_mean: float
    #: SPECs and reviewers without a score of both variants; empty where there are none.
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
    def sentence(self) -> str:
        """The recommendation with its numbers."""
        replaces = f"{self.candidate} can take the place of {self.baseline}"
        answers = {ADOPT: replaces, KEEP: f"Keep {self.baseline}"}
        answer = answers.get(self.verdict, f"Whether {replaces} is open")
        return f"{answer}: {self.numbers}. {self.needed}".strip()

    @property
    def numbers(self) -> str:
        """Differences in quality and cost, with intervals and n."""
        if self.gap.refusal:
            return self.gap.refusal
        cost = (
            ""
            if self.cost.refusal
            else f"; {self.candidate} costs {_ratio(self.cost)} what {self.baseline} costs"
        )
        left = f"; {self.left_out}" if self.left_out else ""
        return self.quality_words + cost + left

    @property
    def quality_words(self) -> str:
        """The difference in quality, with interval and n; why there is none."""
        gap = self.gap
        if gap.refusal:
            return gap.refusal
        only = ", and it speaks of these only" if self.quality.estimate.refusal else ""
        return (
            f"the quality of {self.candidate} differs by {gap.value:+.2f} points"
            f" ({_level(gap)}{gap.low:+.2f} to {gap.high:+.2f}; {wording.count(gap.n, 'SPEC')},"
            f" {wording.count(self.quality.reviewers, 'reviewer')}{only})"
        )

    @property
    def design_sentence(self) -> str:
        """What so few SPECs and reviewers can show at all."""
        gap, gaps = self.quality.estimate, self.gaps.to_numpy(float)
        if gap.refusal or len(gaps) < 2:
            return ""
        p_value, least = sign_flip(gaps)
        quantiles = special.stdtrit(gap.degrees_of_freedom, [(1 + gap.level) / 2, 0.8]).sum()
        sentence = (
            "By exchanged signs, which assume nothing of their distribution,"
            f" {wording.p_value(p_value)}; with {wording.count(gap.n, 'SPEC')} none below"
            f" {least:.2g} is possible. With a probability of 80 % this design sees a difference of"
            f" {quantiles * gap.standard_error:.1f} points or more."
        )
        taste = self.quality.taste_share
        if np.isnan(taste):
            return sentence
        return (
            f"{sentence} Reviewers' preferences for a variant make {wording.percent(taste)} of the"
            f" error: more {'reviewers' if taste > 0.5 else 'SPECs'} help most."
        )

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
            f"quality kept above {kept} of the baseline": self.kept.estimate,
            "share of SPECs that lose 2 points or more": self.disasters,
            "cost, candidate over baseline": self.cost,
            "time, candidate over baseline": self.seconds,
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
    return "" if abs(estimate.level - 0.95) < 1e-9 else f"{100 * estimate.level:.1f} %: "


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
    The SPEC is the unit, and reviewers are a sample too
    (:func:`speckit_analysis.stats.paired.crossed`).  The candidate is adopted if it is not inferior
    by the margin and, where costs or times are known, provably cheaper or faster.  The baseline
    is kept if the candidate is provably worse and may lose more than the margin.  Else it is open,
    and below five SPECs always.  That a difference is not proved is never taken for none.

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
    cost = ratio_of(costs, *names, 1 - alpha)
    seconds = ratio_of(making(reviews, "output_seconds"), *names, 1 - alpha)
    verdict, rule = verdict_of(quality, kept, cost, seconds)
    needed = _needed(quality, fixed.margin * pairs.baseline_mean, alpha) if verdict == OPEN else ""
    done = quality.told.n if scored is None else scored
    if done < fixed.specs and verdict != OPEN:
        verdict, needed = OPEN, f"Score the other {_planned(fixed.specs - done)}."
        rule = (
            f"{done} of {_planned(fixed.specs)} are scored, and deciding now would be a look that"
            " was not planned"
        )
    extra = extra_of(costs, pairs.gaps, *names)
    return Experiment(
        baseline=fixed.baseline,
        candidate=fixed.candidate,
        margin=fixed.margin,
        quality=quality,
        kept=kept,
        disasters=catastrophes(gaps.to_numpy(float), level=1 - alpha),
        cost=cost,
        seconds=seconds,
        errors=gap_of(making(reviews, "errors_found"), *names, 1 - alpha),
        gaps=gaps,
        baseline_mean=pairs.baseline_mean,
        left_out=pairs.left_out,
        tradeoff=Tradeoff(
            fixed.baseline,
            fixed.candidate,
            extra,
            fixed.worth_usd,
            without_cost=len(gaps) - len(extra),
            level=1 - alpha,
        ),
        needed=needed,
        verdict=verdict,
        rule=rule,
    )


def _planned(specs: int) -> str:
    return wording.count(specs, "planned SPEC")


def verdict_of(
    quality: Crossed, kept: Crossed, cost: Estimate, seconds: Estimate
) -> tuple[str, str]:
    """Return what is recommended, and the rule that gave it.

    Parameters
    ----------
    quality, kept : Crossed
        Candidate less baseline; candidate less what of the baseline has to be kept.
    cost, seconds : Estimate
        Ratios of candidate to baseline.
    """
    gap, held = quality.estimate, kept.estimate
    if gap.refusal or held.refusal:
        return OPEN, gap.refusal or held.refusal
    if gap.n < LEAST_SPECS:
        return OPEN, f"below {LEAST_SPECS} SPECs nothing is recommended"
    people = "; with two reviewers this holds for these two" if quality.reviewers == 2 else ""
    if held.low <= 0 and gap.high < 0:
        return KEEP, f"the interval of the difference in quality lies below 0{people}"
    if held.low <= 0:
        return OPEN, "the candidate is not proved to keep the quality, nor to lose it"
    ratios = [ratio for ratio in (cost, seconds) if ratio.n]
    ways = [("cheaper", "dearer", cost), ("faster", "slower", seconds)]
    better = [word for word, _, ratio in ways if ratio.high < 1]
    worse = [word for _, word, ratio in ways if ratio.low > 1]
    if ratios and not better:
        return OPEN, "the candidate keeps the quality, but is not proved to be cheaper or faster"
    if worse:
        return OPEN, f"the candidate keeps the quality and is {better[0]}, but provably {worse[0]}"
    return ADOPT, f"the lower limit of what is kept of the quality lies above the margin{people}"


def _refused(why: str, level: float) -> Crossed:
    nothing = not_estimable(0, why, method="crossed over units and reviewers", level=level)
    return Crossed(nothing, nothing, np.nan, np.nan, np.nan, 0)


def _needed(quality: Crossed, points: float, alpha: float) -> str:
    """Say how many SPECs and reviewers would settle it, at a one-sided level of `alpha`."""
    panel, people = quality.panel, quality.reviewers
    if quality.estimate.refusal:
        if panel.refusal and panel.n >= LEAST_SPECS:
            return "Score on a finer scale: all differences are equal."
        if panel.refusal or panel.n < LEAST_SPECS or people > 1:
            return "Let the same two reviewers or more score both variants of 5 SPECs at least."
        deviation = cautious_deviation(panel.standard_error * np.sqrt(panel.n), panel.n)
        units = units_for_margin(deviation, points, alpha=alpha)
        if units is None:
            return "No feasible number of SPECs would settle it at this margin."
        lacking = wording.count(max(1, units - panel.n), "more SPEC")
        return f"To settle it, score {lacking}, by two reviewers."
    study = plan(quality, points, alpha=alpha)
    if not study.units:
        return (
            f"No study of {MOST_UNITS} SPECs and {MOST_REVIEWERS} reviewers would settle it at"
            " this margin."
        )
    specs = max(0, study.units - panel.n, LEAST_SPECS - panel.n)
    more = [wording.count(specs, "more SPEC")] if specs else []
    if study.reviewers > people:
        more.append(wording.count(study.reviewers - people, "more reviewer"))
    helps = "SPECs" if study.helps == "units" else study.helps
    if not more:
        return f"Another study of this size may settle it; more {helps} help most."
    return (
        "To settle it with a probability of 80 %, if there is no difference, score"
        f" {' with '.join(more)}; more {helps} help most."
    )
