"""A default margin has one home, and what has to repeat it is held against that home."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import to_builtins

from speckit_analysis.analysis import margins
from speckit_analysis.analysis.experiment.plan import (
    ArbiterPlan,
    GuardrailPlan,
    ResearchPlan,
    nameless,
)
from speckit_analysis.cli import main
from speckit_analysis.plans import load_plan
from speckit_analysis.reports.parameters import declared_parameters

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"

#: Where the numbers come from that a notebook writes as its parameters.
HOMES = {
    "single_vs_multi": to_builtins(nameless()),
    "decision": to_builtins(nameless()),
    "research_model": to_builtins(nameless()) | to_builtins(ResearchPlan()),
    "arbiter": to_builtins(ArbiterPlan()),
    "guardrail": to_builtins(GuardrailPlan()),
    "blind_review": {"tolerance": margins.TOLERANCE},
}


@pytest.mark.parametrize("name", HOMES)
def test_a_notebook_writes_the_default_margins(name):
    """Papermill and readers need literals there."""
    parameters = declared_parameters(NOTEBOOKS / f"{name}.ipynb")
    written = {
        parameter: float(parameters[parameter].default)
        for parameter, value in HOMES[name].items()
        if isinstance(value, float) and parameter in parameters
    }
    assert written
    assert written == {parameter: HOMES[name][parameter] for parameter in written}


def test_a_plan_is_written_with_the_default_margins(tmp_path):
    path = tmp_path / "trial.toml"
    assert CliRunner().invoke(main, ["experiment", "init", "trial", "--out", str(path)]).output
    plan, usual = load_plan(path), nameless()
    assert (plan.margin, plan.worth_usd) == (margins.MARGIN, margins.WORTH_USD)
    assert plan.success == usual.success
    for own, other in (
        (plan.research, usual.research),
        (plan.arbiter, usual.arbiter),
        (plan.guardrail, usual.guardrail),
    ):
        floats = {name: value for name, value in to_builtins(own).items() if type(value) is float}
        assert floats.items() <= to_builtins(other).items()
