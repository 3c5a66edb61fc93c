"""The plan of an experiment, out of its TOML file, and a template of that file."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

from speckit_analysis.analysis.experiment.plan import ExperimentPlan, nameless, plan_of
from speckit_analysis.errors import EvidenceError
from speckit_analysis.hand_files import read_text
from speckit_analysis.stats.planning import smallest_effect, units_for_margin


def planned(path: str, **chosen: object) -> ExperimentPlan:
    """Return the plan in a file; without one, a nameless plan of what a notebook chose.

    Parameters
    ----------
    path : str
        TOML file; empty for none.
    **chosen
        Fields of :class:`ExperimentPlan`.
    """
    return load_plan(path) if path else nameless(**chosen)


def load_plan(path: str | Path) -> ExperimentPlan:
    """Return the plan in a TOML file.

    Raises
    ------
    EvidenceError
        If it cannot be read or is no plan; the message names the place.
    """
    try:
        plan = plan_of(tomllib.loads(read_text(path, "plan")))
    except ValueError as error:
        raise EvidenceError(f"{path} is no plan of an experiment: {error}") from None
    if not plan.name:
        raise EvidenceError(f"{path}: the plan has no name")
    return plan


def plan_template(name: str, *, margin: float, deviation: float, mean: float) -> str:
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
    specs = units_for_margin(deviation, margin * mean)
    if specs is None:
        raise EvidenceError(
            f"no feasible number of SPECs shows a margin of {margin:g} of {mean:g} points, if"
            f" differences have a standard deviation of {deviation:g}: take a wider margin"
        )
    plan = nameless(margin=margin)
    template = resources.files(__package__).joinpath("plan_template.toml")
    return template.read_text(encoding="utf-8").format(
        name=name,
        plan=plan,
        interleaved=str(plan.interleaved).lower(),
        again="\n".join(f'{name} = "{repeated}"' for name, repeated in plan.again.items()),
        deviation=deviation,
        mean=mean,
        specs=specs,
        smallest=deviation * smallest_effect(specs),
    )
