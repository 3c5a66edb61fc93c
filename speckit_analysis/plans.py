"""The plan of an experiment, out of its TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path

from speckit_analysis.analysis.experiment.plan import ExperimentPlan, nameless, plan_of
from speckit_analysis.errors import EvidenceError


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
        plan = plan_of(tomllib.loads(Path(path).read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise EvidenceError(f"cannot read the plan {path}: {error}") from None
    except ValueError as error:
        raise EvidenceError(f"{path} is no plan of an experiment: {error}") from None
    if not plan.name:
        raise EvidenceError(f"{path}: the plan has no name")
    return plan
