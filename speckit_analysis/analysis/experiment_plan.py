"""The plan of an experiment: what is fixed before anybody knows the result."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

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

# Share of the baseline's quality that may be lost; what a point of quality of a SPEC is worth.
margin = {margin}
worth_usd = 1.0

# Each SPEC is worked on by every variant, and each reviewer reads all variants of a SPEC.
# At a mean of {mean:g} points and differences between SPECs of a standard deviation of
# {deviation:g}, {units} SPECs show with a probability of 80 % that no more than the margin is
# lost, if nothing is.  They also see a difference of {smallest:.1f} points.  Below 5 SPECs
# nothing is recommended.
specs = {units}
reviewers = 3
budget_usd = 0.0  # for making all outputs; 0 if there is no limit

# Models are locked: a new release in the middle is another experiment.
[models]
# gemini = "gemini-2.5-pro-2025-06-17"
"""


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
    worth_usd : float
        What a point of quality of one SPEC is worth.
    specs, reviewers : int
        How many were planned.
    budget_usd : float
        For making all outputs; 0 for no limit.
    models : dict of str to str
        Release of each model.
    """

    name: str
    baseline: str
    candidate: str
    margin: float
    hypothesis: str = ""
    worth_usd: float = 1.0
    specs: int = 0
    reviewers: int = 0
    budget_usd: float = 0.0
    models: dict[str, str] = {}

    @property
    def sentence(self) -> str:
        """What was fixed beforehand; nothing where there was no plan."""
        if not self.name:
            return "There is no plan: the margin may have been chosen after seeing the scores."
        return (
            f"Plan {self.name}: {self.candidate} may lose {100 * self.margin:g} % of the quality."
        )


def planned(
    path: str, baseline: str, candidate: str, margin: float, worth_usd: float
) -> ExperimentPlan:
    """Return the plan in a file; without one, a nameless plan of the other arguments."""
    if path:
        return load_plan(path)
    return ExperimentPlan("", baseline, candidate, margin, worth_usd=worth_usd)


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
    """
    units = units_for_margin(deviation, margin * mean)
    return _TEMPLATE.format(
        name=name,
        margin=margin,
        deviation=deviation,
        mean=mean,
        units=units,
        smallest=deviation * smallest_effect(units),
    )


def load_plan(path: str | Path) -> ExperimentPlan:
    """Return the plan in a TOML file.

    Raises
    ------
    EvidenceError
        If it cannot be read or is no plan; the message names the place.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        plan = msgspec.convert(tomllib.loads(text), ExperimentPlan)
    except (OSError, UnicodeDecodeError) as error:
        raise EvidenceError(f"cannot read the plan {path}: {error}") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise EvidenceError(f"{path} is no plan of an experiment: {error}") from None
    if not 0 < plan.margin < 1:
        raise EvidenceError(f"{path}: margin is {plan.margin}; expected a share, such as 0.05")
    if plan.baseline == plan.candidate:
        raise EvidenceError(f"{path}: baseline and candidate are both {plan.baseline!r}")
    return plan
