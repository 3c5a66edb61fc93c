"""The plan of an experiment: what is fixed before anybody knows the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.margins import MARGIN, REPEATS, WORTH_USD
from speckit_analysis.analysis.review.scores import experiment_of
from speckit_analysis.errors import EvidenceError

#: A share above 0 and below 1.
Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]

#: A rating.
Points = Annotated[float, msgspec.Meta(ge=0, le=10)]

#: USD that something is worth.
Worth = Annotated[float, msgspec.Meta(gt=0, le=1e9)]

#: How many were planned; 0 for no number.
Planned = Annotated[int, msgspec.Meta(ge=0)]

#: How many times the typical ratio.
Factor = Annotated[float, msgspec.Meta(ge=1, le=1000)]

Budget = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
Coverage = Annotated[float, msgspec.Meta(gt=0, le=1)]


class ResearchPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was fixed of the experiment on the research model."""

    #: Name under which records and scores are kept; what has most of them, if empty.
    experiment: str = ""
    #: The variant with the research model.
    baseline: str = "research_model"
    #: The variant without it.
    candidate: str = "no_research_model"
    #: Share of the relevant findings that may be lost.
    findings_margin: Share = 0.2
    #: Mean rating from which a finding counts as relevant.
    relevant_from: Points = 6.0


class ArbiterPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was fixed of the experiment on the arbiter."""

    #: Name under which records are kept; what has most of them, if empty.
    experiment: str = ""
    #: Share of outcomes to be improved, less those degraded, for the arbiter to be worth asking.
    least_benefit: Share = 0.1


class GuardrailPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was fixed of the experiment on guardrails."""

    #: Name under which records are kept; what has most of them, if empty.
    experiment: str = ""
    #: The variant in use.
    baseline: str = "two_models"
    #: The simpler ones; all others that were tried, if empty.
    candidates: tuple[str, ...] = ()
    #: By how much either error rate may rise.
    margin: Share = 0.05


class SuccessPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a changed strategy has to reach, as shares of today's."""

    cost_saving: Share = 0.2
    latency_saving: Share = 0.3
    #: At most.
    quality_loss: Share = 0.05
    #: Share of runs that have to leave telemetry.
    telemetry_coverage: Coverage = 1.0


class JudgePlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether an automatic judge may make few scores of people surer."""

    #: Its name as a reviewer; none, if empty.
    judge: str = ""
    #: Correlation of its differences with those of people below which it does not count.
    least_correlation: Share = 0.5


class ExperimentPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was fixed beforehand."""

    name: str
    #: The variant in use.
    baseline: str
    #: The simpler one.
    candidate: str
    #: Share of the baseline's quality that may be lost.
    margin: Share
    hypothesis: str = ""
    #: Name under which scores are kept; if empty, the one with most scores of both variants.
    experiment: str = ""
    #: What a point of quality of one SPEC is worth.
    worth_usd: Worth = WORTH_USD
    #: A SPEC that was not seen costs at most so many times the typical ratio of costs.
    blow_up: Factor = 5.0
    #: A SPEC that was not seen may lose so many points; 0 for no more than was seen.
    worst_loss: Points = 0.0
    specs: Planned = 0
    reviewers: Planned = 0
    #: These reviewers are all whose opinion counts: verdicts need not hold for others.
    panel: bool = False
    #: For making all outputs; 0 for no limit.
    budget_usd: Budget = 0.0
    #: Reviewers that are no people, whose scores do not count.
    judges: tuple[str, ...] = ()
    #: The variant that spends what the baseline does on several attempts of one model.
    equal_budget: str = "single_same_budget"
    #: Variants that only repeat another one, unchanged.
    again: dict[str, str] = msgspec.field(default_factory=REPEATS.copy)
    #: The calls of all variants are made in random order, so that nothing shifts one of them alone.
    interleaved: bool = False
    judge_assisted: JudgePlan = JudgePlan()
    #: Release of each agent's model.
    models: dict[str, str] = {}
    #: Class of each SPEC; by the size of prompts, if empty.
    complexity: dict[str, str] = {}
    research: ResearchPlan = ResearchPlan()
    arbiter: ArbiterPlan = ArbiterPlan()
    guardrail: GuardrailPlan = GuardrailPlan()
    success: SuccessPlan = SuccessPlan()

    def experiment_in(self, reviews: pd.DataFrame) -> str:
        """Return the name under which scores are kept, or of what has most of both variants."""
        return self.experiment or experiment_of(reviews, self.baseline, self.candidate)

    @property
    def worth_chosen(self) -> bool:
        """Whether somebody said what a point is worth; else worth decides nothing."""
        return bool(self.name) or self.worth_usd != WORTH_USD

    def runs_of(self, variant: str) -> list[str]:
        """Return a variant and those that repeat it; what is compared itself is no repeat."""
        compared = (self.baseline, self.candidate)
        again = [name for name, own in self.again.items() if own == variant]
        return [variant, *(name for name in again if name not in compared)]

    @property
    def of_research(self) -> ExperimentPlan:
        """The same plan with the variants of the experiment on the research model."""
        own = self.research
        changes = {"baseline": own.baseline, "candidate": own.candidate}
        return msgspec.structs.replace(self, experiment=own.experiment, **changes)

    @property
    def sentence(self) -> str:
        """What was fixed beforehand; nothing where there was no plan."""
        if not self.name:
            return "There is no plan: the margin may have been chosen after seeing the scores."
        supposed = f" Hypothesis: {self.hypothesis.rstrip('.')}." if self.hypothesis else ""
        lost = f"{wording.exact_percent(self.margin)} of the quality"
        return f"Plan {self.name}: {self.candidate} may lose {lost}.{supposed}"


def plan_of(fields: Mapping[str, object]) -> ExperimentPlan:
    """Return the plan that has these fields, as a plan's file names them.

    Raises
    ------
    ValueError
        If they make no plan, or one that compares a variant with itself; the message names the
        field.
    """
    try:
        plan = msgspec.convert(fields, ExperimentPlan)
    except msgspec.ValidationError as error:
        raise ValueError(error) from None
    for place, own in (("", plan), ("research: ", plan.research)):
        if own.baseline == own.candidate:
            raise ValueError(f"{place}baseline and candidate are both {own.baseline!r}")
    if plan.equal_budget == plan.baseline:
        raise ValueError(f"equal_budget and baseline are both {plan.baseline!r}")
    for name, repeated in plan.again.items():
        if repeated in plan.again:
            raise ValueError(f"again: {name!r} repeats {repeated!r}, which is a repeat itself")
    judge = plan.judge_assisted.judge
    if judge and judge not in plan.judges:
        raise ValueError(
            f"judge_assisted: {judge!r} has to stand in judges too, or its scores count as people's"
        )
    tried = plan.guardrail.candidates
    if len(set(tried)) < len(tried):
        raise ValueError("guardrail: a candidate is named twice")
    return plan


def nameless(**chosen: object) -> ExperimentPlan:
    """Return a plan of what a notebook chose, which nobody wrote down beforehand.

    Parameters
    ----------
    **chosen
        Fields of :class:`ExperimentPlan`.

    Raises
    ------
    EvidenceError
        If they make no plan.
    """
    usual = {"name": "", "baseline": "consensus", "candidate": "single", "margin": MARGIN}
    try:
        return plan_of(msgspec.to_builtins({**usual, **chosen}))
    except ValueError as error:
        raise EvidenceError(f"these parameters make no plan: {error}") from None
