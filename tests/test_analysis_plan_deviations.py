"""What an experiment departed from that its plan had fixed."""

from __future__ import annotations

import pandas as pd
import pytest

import speckit_analysis as sk
from speckit_analysis.analysis.experiment.deviations import deviations, deviations_sentence
from speckit_analysis.analysis.experiment.plan import ExperimentPlan
from speckit_analysis.analysis.experiment.variants import compare_variants
from speckit_analysis.analysis.review.scores import usable
from speckit_analysis.analysis.selection import measured


@pytest.fixture(scope="module")
def evidence():
    return sk.load(sk.sample_path())


def scores_of(evidence, plan):
    every = measured(evidence.reviews, noun="score")
    return usable(every, plan.experiment_in(every.kept)).kept


def held(evidence, calls=None, **fixed):
    plan = ExperimentPlan("trial", "consensus", "single", 0.05, **fixed)
    scores = scores_of(evidence, plan)
    found = compare_variants(scores, plan)
    table = deviations(plan, found, scores, evidence.calls if calls is None else calls)
    return plan, table.set_index("fixed"), found


def test_what_was_done_as_planned_is_said(evidence):
    _, _, found = held(evidence)
    plan, table, _ = held(
        evidence, specs=len(found.gaps), reviewers=found.quality.reviewers, budget_usd=1e6
    )
    assert table["state"].to_dict() == {
        "SPECs": "as planned",
        "reviewers": "as planned",
        "budget": "as planned",
    }
    assert deviations_sentence(plan, table.reset_index()) == "No departure from the plan was found."


@pytest.mark.parametrize("more", [1, -1])
def test_fewer_and_more_than_planned_are_both_deviations(evidence, more):
    _, _, found = held(evidence)
    plan, table, _ = held(evidence, specs=len(found.gaps) + more)
    assert table.loc["SPECs", "state"] == "deviates"
    assert table.loc["SPECs", "planned"] == f"{len(found.gaps) + more} SPECs"
    told = deviations_sentence(plan, table.reset_index())
    assert told == "The plan was departed from in SPECs."


def test_what_outputs_cost_is_held_against_the_budget(evidence):
    own = scores_of(evidence, held(evidence)[0])
    outputs = own.drop_duplicates(["spec_id", "stage", "variant"])
    spent = outputs["output_cost_usd"].sum()
    _, table, _ = held(evidence, budget_usd=spent * 0.99)
    assert table.loc["budget", "state"] == "deviates"
    _, table, _ = held(evidence, budget_usd=spent * 1.01)
    assert table.loc["budget", "state"] == "as planned"
    assert f"for {len(outputs)} outputs" in table.loc["budget", "found"]


def test_an_unknown_cost_is_none_within_the_budget(evidence):
    plan = ExperimentPlan("trial", "consensus", "single", 0.05, budget_usd=1e6)
    scores = scores_of(evidence, plan).copy()
    one = scores["output"] == scores["output"].iloc[0]
    scores.loc[one, "output_cost_usd"] = pd.NA
    table = deviations(plan, compare_variants(scores, plan), scores, evidence.calls)
    row = table.set_index("fixed").loc["budget"]
    assert row["state"] == "cannot tell"
    assert "what 1 output cost is not known" in row["found"]
    told = deviations_sentence(plan, table)
    assert told.endswith("The evidence does not tell of budget.")


def calls_of(evidence, **columns):
    specs = measured(evidence.reviews, noun="score").kept["spec_id"]
    calls = evidence.calls[evidence.calls["spec_id"].isin(specs)]
    calls = calls[calls["agent"] == "gemini"].head(3).copy()
    for name in ("model_observed", "model_requested", "model_id", "model_release"):
        calls[name] = pd.array([columns.get(name)] * len(calls), dtype="string")
    return calls


@pytest.mark.parametrize(
    ("columns", "state"),
    [
        ({"model_requested": "gemini-2.5-pro"}, "as planned"),
        ({"model_id": "gemini-2.5-pro"}, "as planned"),
        ({"model_requested": "gemini-2.5-pro", "model_release": "2025-05-14"}, "as planned"),
        ({"model_observed": "gemini-2.5-pro-2025-05-14"}, "as planned"),
        ({"model_observed": "gemini-2.5-pro-20250514"}, "as planned"),
        ({"model_observed": "gemini-2.5-pro-lite"}, "deviates"),
        ({"model_requested": "gemini-2.5-flash"}, "deviates"),
        ({"model_requested": "gemini-2.5-pro", "model_observed": "gemini-2.0"}, "deviates"),
        ({}, "cannot tell"),
    ],
)
def test_the_models_of_calls_are_held_against_the_plan(evidence, columns, state):
    _, table, _ = held(evidence, calls_of(evidence, **columns), models={"gemini": "gemini-2.5-pro"})
    assert table.loc["model of gemini", "state"] == state


def test_a_plan_may_name_the_release(evidence):
    calls = calls_of(evidence, model_requested="gemini-2.5-pro", model_release="2025-05-14")
    for release, state in (("2025-05-14", "as planned"), ("2025-06-17", "deviates")):
        _, table, _ = held(evidence, calls, models={"gemini": f"gemini-2.5-pro-{release}"})
        assert table.loc["model of gemini", "state"] == state
    calls = calls_of(evidence, model_requested="gemini-2.5-pro")
    for planned, state in (
        ("gemini-2.5-pro-2025-05-14", "cannot tell"),
        ("gemini-2.5-pro-lite", "deviates"),
    ):
        _, other, _ = held(evidence, calls, models={"gemini": planned})
        assert other.loc["model of gemini", "state"] == state
    assert table.loc["model of gemini", "found"] == "gemini-2.5-pro-2025-05-14 in 3 calls"


def test_the_next_version_of_a_model_is_no_release_of_it(evidence):
    calls = calls_of(evidence, model_observed="claude-sonnet-4-5-20250929")
    for planned, state in (("claude-sonnet-4-5", "as planned"), ("claude-sonnet-4", "deviates")):
        _, table, _ = held(evidence, calls, models={"gemini": planned})
        assert table.loc["model of gemini", "state"] == state


def test_of_an_agent_that_nobody_called_nothing_can_be_told(evidence):
    _, table, _ = held(evidence, models={"qwen": "qwen-3"})
    row = table.loc["model of qwen"]
    assert (row["state"], row["found"]) == ("cannot tell", "no call of it on these SPECs")


def test_without_a_plan_that_is_said(evidence):
    plan = ExperimentPlan("", "consensus", "single", 0.05)
    _, table, _ = held(evidence)
    assert table.empty
    assert "Without a plan" in deviations_sentence(plan, table.reset_index())
