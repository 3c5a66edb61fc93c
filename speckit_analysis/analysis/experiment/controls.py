"""Controls of an experiment: an arm at equal cost, the noise floor, and a judge beside people."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.checked import Checked, compare_outcomes
from speckit_analysis.analysis.experiment.noise import (
    Effect,
    common_scores,
    criterion_effects,
    effects_table,
    outcome_effect,
    score_effect,
    score_gap,
)
from speckit_analysis.analysis.experiment.pairs import known_costs, making
from speckit_analysis.analysis.experiment.plan import ExperimentPlan
from speckit_analysis.analysis.margins import ALPHA
from speckit_analysis.analysis.review.scores import usable
from speckit_analysis.analysis.selection import Selection
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.judged import JudgeAssisted, judge_assisted
from speckit_analysis.stats.ratios import fieller
from speckit_analysis.tables.results import RESULTS

#: By what share budgets may differ that count as equal.
SAME_BUDGET = 0.2


@dataclass(frozen=True)
class EqualBudget:
    """Several attempts of one model against the variant in use, at the same cost.

    Attributes
    ----------
    baseline, arm : str
        The variants.
    gap : Estimate
        Quality of the arm less that of the baseline.
    cost : Estimate
        Ratio of what both cost in total, arm to baseline.
    in_percent : bool
        `gap` is of shares that passed, not of points.
    """

    baseline: str
    arm: str
    gap: Estimate
    cost: Estimate
    in_percent: bool = False

    @property
    def tried(self) -> bool:
        """Whether there are units that both worked on."""
        return self.gap.n > 0

    @property
    def what(self) -> str:
        """What `gap` is the difference of."""
        return f"quality, {self.arm} less {self.baseline}"

    @property
    def same_budget(self) -> bool | None:
        """Whether both cost the same within :data:`SAME_BUDGET`; None where it is not known."""
        if np.isnan(self.cost.value):
            return None
        return bool(abs(self.cost.value - 1) <= SAME_BUDGET)

    @property
    def sentence(self) -> str:
        """The difference at equal cost, and whether the cost is equal."""
        if not self.tried:
            return (
                "A cheaper explanation was not tested: several attempts of one model at the same"
                f" cost (variant {self.arm})."
            )
        gap, budget = self.gap, self._budget
        costs = {True: "equal", False: "another", None: "unknown"}
        start = f"At {costs[self.same_budget]} cost"
        if gap.refusal:
            none = f"no interval for {self.arm} against {self.baseline}"
            return f"{start}: {none} ({gap.refusal}). {budget}"
        scale, unit = (100, "percentage points") if self.in_percent else (1, "points")
        value, low, high = (scale * end for end in (gap.value, gap.low, gap.high))
        digits = 1 if self.in_percent else 2
        verb = "passes" if self.in_percent else "scores"
        way = "higher" if value >= 0 else "lower"
        return (
            f"{start}, {self.arm} {verb} {abs(value):.{digits}f} {unit} {way}"
            f" ({low:+.{digits}f} to {high:+.{digits}f}; {wording.count(gap.n, gap.unit)}) than"
            f" {self.baseline}. {budget}"
        )

    @property
    def _budget(self) -> str:
        cost = self.cost
        if self.same_budget is None:
            return "Costs are missing, so whether both had the same budget is not known."
        ends = "" if cost.refusal else f" ({_times(cost.low)} to {_times(cost.high)})"
        told = (
            f"In total, {self.arm} costs {wording.ratio(cost.value)} times as much as"
            f" {self.baseline}{ends}"
        )
        if self.same_budget:
            return f"{told}."
        more = "more" if cost.value > 1 else "less"
        return (
            f"{told}: no equal budget, since it had {wording.percent(abs(cost.value - 1))} {more}"
            " to spend."
        )


def _times(value: float) -> str:
    return wording.ratio(value) if np.isfinite(value) else "no limit"


@dataclass(frozen=True)
class Controls:
    """What speaks for and against an effect besides the comparison itself.

    Attributes
    ----------
    equal_budget : EqualBudget
        Several attempts of one model at the same cost.
    effects : tuple of Effect
        Differences beside the noise floor, the one that the verdict rests on first.
    judge : str
        Who makes scores of people surer; empty where the plan names nobody.
    assisted : JudgeAssisted or None
        Candidate less baseline with that judge's help; None without one.
    """

    equal_budget: EqualBudget
    effects: tuple[Effect, ...]
    judge: str = ""
    assisted: JudgeAssisted | None = None

    @property
    def inside_noise(self) -> bool | None:
        """Whether the difference is no effect beyond noise; None where nothing was repeated."""
        return self.effects[0].inside_noise

    def headline(self, sentence: str) -> str:
        """Return the headline of a report with the quality at equal cost, where it was tried."""
        if not self.equal_budget.tried:
            return sentence
        return f"{self.equal_budget.sentence} {sentence}"

    @property
    def noise_sentence(self) -> str:
        """The difference beside the noise floor."""
        if not self.effects[0].floor.refusal:
            return self.effects[0].sentence
        return (
            f"{self.effects[0].sentence} Run one variant twice, unchanged, to learn how far it"
            " differs from itself (`again` in the plan)."
        )

    @property
    def judge_sentence(self) -> str:
        """The difference from people alone and with the judge; nothing without a judge."""
        found = self.assisted
        if found is None:
            return ""
        people = _in_words("People alone", found.people)
        if found.assisted.refusal:
            return f"{people} The judge {self.judge} is not used: {found.assisted.refusal}."
        helped = _in_words(f"With the judge {self.judge}", found.assisted)
        both, units = (wording.count(number, "SPEC") for number in (found.both, found.units))
        return (
            f"{people} {helped} Their differences correlate by {found.correlation:.2f} on {both};"
            f" the judge scored {units}. The verdict rests on people alone."
        )

    @property
    def sentences(self) -> list[str]:
        """Everything in words."""
        return [
            one
            for one in (self.equal_budget.sentence, self.noise_sentence, self.judge_sentence)
            if one
        ]

    def table(self) -> pd.DataFrame:
        """Return the result ``variant_estimates``: at equal cost, and with a judge's help."""
        arm = self.equal_budget
        estimates: dict[str, Estimate] = {}
        if arm.tried:
            estimates[arm.what] = arm.gap
            estimates[f"cost in total, {arm.arm} over {arm.baseline}"] = arm.cost
        if self.assisted is not None:
            estimates["quality, candidate less baseline, people alone"] = self.assisted.people
            estimates[f"… with the judge {self.judge}"] = self.assisted.assisted
        return RESULTS["variant_estimates"].of(
            [
                (what, one.value, one.low, one.high, one.n, one.level, one.refusal or one.method)
                for what, one in estimates.items()
            ]
        )

    def noise_table(self) -> pd.DataFrame:
        """Return the result ``noise_floor``; no rows where nothing was repeated."""
        return effects_table(self.effects)


def _in_words(who: str, found: Estimate) -> str:
    if found.refusal:
        return f"{who}: {found.refusal}."
    return (
        f"{who}: {found.value:+.2f} points ({found.low:+.2f} to {found.high:+.2f};"
        f" {wording.count(found.n, found.unit)})."
    )


def judged_scores(reviews: Selection, experiment: str, plan: ExperimentPlan) -> pd.DataFrame:
    """Return the scores of the judge that a plan lets help people; no rows without one.

    Parameters
    ----------
    reviews : Selection
        Rows of table ``reviews``.
    experiment : str
        As for the scores of people.
    plan : ExperimentPlan
        With the judge's name.
    """
    judge = plan.judge_assisted.judge
    rows = usable(reviews, experiment, [name for name in plan.judges if name != judge]).kept
    return rows[rows["reviewer"] == judge] if judge else rows.head(0)


def score_controls(
    reviews: pd.DataFrame,
    plan: ExperimentPlan,
    gap: Estimate,
    judged: pd.DataFrame | None = None,
) -> Controls:
    """Return the controls of an experiment that people scored blindly.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`.scores.usable`, one experiment.
    plan : ExperimentPlan
        With its controls.
    gap : Estimate
        Candidate less baseline, as it is reported.
    judged : DataFrame, optional
        From :func:`judged_scores`.
    """
    against = msgspec.structs.replace(plan, candidate=plan.equal_budget)
    arm = EqualBudget(
        plan.baseline,
        plan.equal_budget,
        score_gap(reviews, against),
        _total_cost(reviews, plan.equal_budget, plan.baseline),
    )
    effects = [score_effect(reviews, plan, gap)]
    if not effects[0].floor.refusal:
        if arm.tried:
            effects.append(score_effect(reviews, against, arm.gap, arm.what))
        effects += criterion_effects(reviews, plan)
    if not plan.judge_assisted.judge or judged is None:
        return Controls(arm, tuple(effects))
    pair = (plan.baseline, plan.candidate)
    people, judge = (
        (scores[pair[1]] - scores[pair[0]]).groupby(level="spec_id").mean()
        for scores in (common_scores(reviews, pair), common_scores(judged, pair))
    )
    both = pd.concat([people, judge], axis=1).to_numpy(float)
    own = plan.judge_assisted
    helped = judge_assisted(both[:, 0], both[:, 1], own.least_correlation, 1 - ALPHA)
    return Controls(arm, tuple(effects), own.judge, helped)


def _total_cost(reviews: pd.DataFrame, over: str, under: str) -> Estimate:
    spent = known_costs(making(reviews, "output_cost_usd"), over, under)
    one, other = (spent[name].to_numpy(float) for name in (over, under))
    totals = fieller(one, other, 1 - ALPHA).estimate
    if not totals.refusal or spent.empty:
        return totals
    return replace(totals, value=float(spent[over].sum() / spent[under].sum()))


def outcome_controls(found: Checked, plan: ExperimentPlan) -> Controls:
    """Return the controls of an experiment whose outcomes were checked.

    Parameters
    ----------
    found : Checked
        The candidate against the baseline.
    plan : ExperimentPlan
        With its controls.
    """
    fixed = msgspec.structs.replace(plan, baseline=found.baseline, candidate=found.candidate)
    tried = msgspec.structs.replace(fixed, candidate=plan.equal_budget)
    # Only what is of either: of two other variants one would be taken for the arm.
    own = found.rows["variant"].isin([plan.equal_budget, found.baseline])
    arm = compare_outcomes(found.rows[own], tried)
    at_equal_cost = EqualBudget(
        found.baseline, plan.equal_budget, arm.gap, arm.bill.ratio, in_percent=arm.passes
    )
    effects = [outcome_effect(found.rows, fixed, found.gap, found.pairs["group"])]
    if at_equal_cost.tried:
        what, groups = at_equal_cost.what, arm.pairs["group"]
        effects.append(outcome_effect(found.rows, tried, arm.gap, groups, what))
    return Controls(at_equal_cost, tuple(effects))
