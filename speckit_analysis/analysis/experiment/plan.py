"""The plan of an experiment: what is fixed before anybody knows the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.review.scores import experiment_of
from speckit_analysis.errors import EvidenceError
from speckit_analysis.stats.planning import smallest_effect, units_for_margin

_TEMPLATE = """\
# Plan of the experiment {name!r}.  Fill it in before the first output is made, and do not change it
# once the review is unblinded: a margin chosen after seeing the scores proves nothing.

name = "{name}"
hypothesis = "One model does what consensus does, at less cost."

# The variant in use, and the simpler one that may take its place.
baseline = "consensus"
candidate = "single"

# Name under which scores are kept; if empty, the review with most scores of both variants.
experiment = ""

# Share of the baseline's quality that may be lost; what a point of quality of a SPEC is worth.
margin = {margin}
worth_usd = 0.5

# Each SPEC is worked on by every variant, and each reviewer reads all variants of a SPEC.
# At a mean of {mean:g} points and differences between SPECs of a standard deviation of
# {deviation:g}, {units} SPECs show with a probability of 80 % that no more than the margin is
# lost, if nothing is.  They also see a difference of {smallest:.1f} points.  Below 5 SPECs
# nothing is recommended.
specs = {units}
reviewers = 3
judges = []  # reviewers that are no people: their scores do not count
budget_usd = 0.0  # for making all outputs; 0 if there is no limit

# Classes of SPECs, for routing by complexity; without them, thirds by the size of prompts.
[complexity]
# "SPEC-KIT-900" = "simple"

# Models are locked: a new release in the middle is another experiment.
[models]
# gemini = "gemini-2.5-pro-2025-06-17"

# The further experiments and the decision over all of them.  Delete what you do not plan.

[research]  # Is the model for research needed?
experiment = "research-model"
baseline = "research_model"
candidate = "no_research_model"
findings_margin = 0.2  # share of the relevant findings that may be lost
relevant_from = 6.0  # mean rating from which a finding counts as relevant, 0 to 10

[arbiter]  # At which stage is the arbiter worth asking?
experiment = "arbiter-value"
least_benefit = 0.1  # share of outcomes to be improved, less those degraded

[guardrail]  # Will a simpler guardrail do?
experiment = "guardrail-variants"
baseline = "two_models"
candidates = ["same_model", "schema"]
margin = 0.05  # by how much either error rate may rise

[success]  # What a changed strategy has to reach, as shares of today's
cost_saving = 0.2
latency_saving = 0.3
quality_loss = 0.05
telemetry_coverage = 1.0
"""


#: A share above 0 and below 1.
Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]

#: A rating.
Points = Annotated[float, msgspec.Meta(ge=0, le=10)]

#: USD that something is worth.
Worth = Annotated[float, msgspec.Meta(gt=0, le=1e9)]

#: How many were planned; 0 for no number.
Planned = Annotated[int, msgspec.Meta(ge=0)]

Coverage = Annotated[float, msgspec.Meta(gt=0, le=1)]


class ResearchPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was fixed of the experiment on the research model.

    Attributes
    ----------
    experiment : str
        Name under which records and scores are kept; what has most of them, if empty.
    baseline, candidate : str
        The variant with the research model, and the one without.
    findings_margin : float
        Share of the relevant findings that may be lost.
    relevant_from : float
        Mean rating from which a finding counts as relevant, 0 to 10.
    """

    experiment: str = ""
    baseline: str = "research_model"
    candidate: str = "no_research_model"
    findings_margin: Share = 0.2
    relevant_from: Points = 6.0


class ArbiterPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was fixed of the experiment on the arbiter.

    Attributes
    ----------
    experiment : str
        Name under which records are kept; what has most of them, if empty.
    least_benefit : float
        Share of outcomes to be improved, less those degraded, for the arbiter to be worth asking.
    """

    experiment: str = ""
    least_benefit: Share = 0.1


class GuardrailPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was fixed of the experiment on guardrails.

    Attributes
    ----------
    experiment : str
        Name under which records are kept; what has most of them, if empty.
    baseline : str
        The variant in use.
    candidates : tuple of str
        The simpler ones; all others that were tried, if empty.
    margin : float
        By how much either error rate may rise.
    """

    experiment: str = ""
    baseline: str = "two_models"
    candidates: tuple[str, ...] = ()
    margin: Share = 0.05


class SuccessPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a changed strategy has to reach.

    Attributes
    ----------
    cost_saving, latency_saving : float
        Share of cost and of time to be saved at least.
    quality_loss : float
        Share of quality that may be lost at most.
    telemetry_coverage : float
        Share of runs that have to leave telemetry.
    """

    cost_saving: Share = 0.2
    latency_saving: Share = 0.3
    quality_loss: Share = 0.05
    telemetry_coverage: Coverage = 1.0


class ExperimentPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was fixed beforehand.

    Attributes
    ----------
    name, hypothesis : str
        What it is called, and what it is to show.
    baseline, candidate : str
        The variant in use, and the simpler one.
    margin : float
        Share of the baseline's quality that may be lost, above 0 and below 1.
    experiment : str
        Name under which scores are kept; if empty, the one with most scores of both variants.
    worth_usd : float
        What a point of quality of one SPEC is worth.
    specs, reviewers : int
        How many were planned.
    budget_usd : float
        For making all outputs; 0 for no limit.
    judges : tuple of str
        Reviewers that are no people, whose scores do not count.
    models : dict of str to str
        Release of each model.
    complexity : dict of str to str
        Class of each SPEC; by the size of prompts, if empty.
    research, arbiter, guardrail : ResearchPlan, ArbiterPlan, GuardrailPlan
        What was fixed of the further experiments.
    success : SuccessPlan
        What a changed strategy has to reach.
    """

    name: str
    baseline: str
    candidate: str
    margin: Share
    hypothesis: str = ""
    experiment: str = ""
    worth_usd: Worth = 0.5
    specs: Planned = 0
    reviewers: Planned = 0
    budget_usd: Annotated[float, msgspec.Meta(ge=0, le=1e9)] = 0.0
    judges: tuple[str, ...] = ()
    models: dict[str, str] = {}
    complexity: dict[str, str] = {}
    research: ResearchPlan = ResearchPlan()
    arbiter: ArbiterPlan = ArbiterPlan()
    guardrail: GuardrailPlan = GuardrailPlan()
    success: SuccessPlan = SuccessPlan()

    def experiment_in(self, reviews: pd.DataFrame) -> str:
        """Return the name under which scores are kept, or of what has most of both variants."""
        return self.experiment or experiment_of(reviews, self.baseline, self.candidate)

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
        If they make no plan; the message names the field.
    """
    try:
        return _checked(msgspec.convert(fields, ExperimentPlan))
    except msgspec.ValidationError as error:
        raise ValueError(error) from None


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
    usual = {"name": "", "baseline": "consensus", "candidate": "single", "margin": 0.05}
    try:
        return plan_of(msgspec.to_builtins({**usual, **chosen}))
    except ValueError as error:
        raise EvidenceError(f"these parameters make no plan: {error}") from None


def _checked(plan: ExperimentPlan) -> ExperimentPlan:
    """Return a plan whose variants can be compared.

    Raises
    ------
    ValueError
        If two of them are the same.
    """
    for place, one, other in (
        ("", plan.baseline, plan.candidate),
        ("research: ", plan.research.baseline, plan.research.candidate),
    ):
        if one == other:
            raise ValueError(f"{place}baseline and candidate are both {one!r}")
    tried = plan.guardrail.candidates
    if len(set(tried)) < len(tried):
        raise ValueError("guardrail: a candidate is named twice")
    return plan


def plan_template(
    name: str, *, margin: float = 0.05, deviation: float = 0.6, mean: float = 8.0
) -> str:
    """Return a commented plan to be filled in, with its sample size worked out.

    Parameters
    ----------
    name : str
        Name of the experiment.
    margin : float
        Share of the baseline's quality that may be lost.
    deviation, mean : float
        Expected standard deviation of differences between SPECs, and mean quality, in points.

    Raises
    ------
    EvidenceError
        If no feasible number of SPECs shows that no more than the margin is lost.
    """
    units = units_for_margin(deviation, margin * mean)
    if units is None:
        raise EvidenceError(
            f"no feasible number of SPECs shows a margin of {margin:g} of {mean:g} points, if"
            f" differences have a standard deviation of {deviation:g}: take a wider margin"
        )
    return _TEMPLATE.format(
        name=name,
        margin=margin,
        deviation=deviation,
        mean=mean,
        units=units,
        smallest=deviation * smallest_effect(units),
    )
