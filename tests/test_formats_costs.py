"""Cost summaries in every flavour that was written or documented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from evidence_files import ABSENT, PLACES, SPEC, cost, kinds, only, problems, write

import speckit_analysis as sk

DETAILED = {
    "schemaVersion": 1,
    "spec_id": SPEC,
    "currency": "USD",
    "total_cost_usd": 0.9,
    "per_stage": {"plan": 0.0, "implement": 0.9},
    "breakdown": [
        {
            "stage": "implement",
            "agent": "gemini",
            "input_tokens": 11873,
            "output_tokens": 7912,
            "cost_usd": 0.5,
        },
        {
            "stage": "implement",
            "agent": "claude",
            "input_tokens": 12311,
            "output_tokens": 8120,
            "cost_usd": 0.4,
        },
    ],
    "budget_usd": 2.0,
    "utilization_percent": 45.0,
    "total_calls": 2,
    "duration_seconds": 846,
    "generated_at": "2025-11-04T19:30:00Z",
}
CAMEL = {
    "schemaVersion": "3.0",
    "specId": SPEC,
    "perStage": {"plan": {"usd": 0.35, "tokens": 5200}, "tasks": {"usd": 0.30, "tokens": 4100}},
    "totalUsd": 0.65,
    "totalTokens": 9300,
}
TOTALS = {
    "spec_id": SPEC,
    "total": 2.71,
    "stages": {"plan": 1.71, "tasks": 1.0},
    "timestamp": "2025-10-28T13:14:03Z",
}


def load(root: Path, document: Any) -> sk.Evidence:
    write(root, PLACES["cost"], document)
    return sk.load(root)


def total(evidence: sk.Evidence) -> Any:
    return only(evidence.costs[evidence.costs["scope"] == "total"])


def test_a_native_summary_gives_a_total_and_its_parts(tmp_path: Path) -> None:
    evidence = load(tmp_path, cost())
    row = total(evidence)
    assert (row.spec_id, row.cost_usd_reported, row.flavour) == (SPEC, 0.75, "native")
    assert (row.budget_usd, row.calls_reported, row.duration_s) == (2.0, 4, 846)
    assert (row.utilization, row.utilization_reported) == (0.375, 0.375)
    assert pd.isna(row.schema_version)
    parts = evidence.costs.set_index("key_raw")
    assert (parts.loc["spec-plan", "scope"], parts.loc["spec-plan", "stage"]) == ("stage", "plan")
    assert (parts.loc["claude", "scope"], parts.loc["claude", "agent"]) == ("agent", "claude")
    assert kinds(evidence) == set()


def test_each_scope_adds_up_by_itself(tmp_path: Path) -> None:
    sums = load(tmp_path, cost()).costs.groupby("scope", observed=True)["cost_usd_reported"].sum()
    assert sums.round(6).to_dict() == {"total": 0.75, "stage": 0.75, "agent": 0.75}


def test_a_detailed_summary_gives_tokens_and_turns_percent_into_a_ratio(tmp_path: Path) -> None:
    evidence = load(tmp_path, DETAILED)
    row = total(evidence)
    assert (row.flavour, row.schema_version) == ("detailed", "1")
    assert (row.utilization_reported, row.utilization) == (0.45, 0.45)
    assert row.timestamp == pd.Timestamp("2025-11-04T19:30:00Z")
    entry = evidence.costs[evidence.costs["scope"] == "breakdown"].iloc[0]
    assert (entry["agent"], entry["stage"], entry["prompt_tokens"]) == (
        "gemini",
        "implement",
        11873,
    )
    assert entry["completion_tokens"] == 7912
    assert kinds(evidence) == set()


def test_a_documented_camel_case_summary_is_read(tmp_path: Path) -> None:
    evidence = load(tmp_path, CAMEL)
    row = total(evidence)
    assert (row.flavour, row.cost_usd_reported, row.tokens_reported) == (
        "per_stage_usd",
        0.65,
        9300,
    )
    stages = evidence.costs[evidence.costs["scope"] == "stage"]
    assert stages["tokens_reported"].sum() == 9300
    assert set(stages["locator"]) == {"/perStage/plan", "/perStage/tasks"}


def test_a_documented_summary_of_totals_is_read(tmp_path: Path) -> None:
    evidence = load(tmp_path, TOTALS)
    assert (total(evidence).flavour, total(evidence).cost_usd_reported) == ("totals", 2.71)
    assert set(evidence.costs["stage"].dropna()) == {"plan", "tasks"}


def test_the_price_list_that_the_writer_names_is_kept(tmp_path: Path) -> None:
    assert total(load(tmp_path, cost(pricing_version="2025-11"))).pricing_version == "2025-11"


def test_a_summary_without_stage_notes_is_read_the_same(tmp_path: Path) -> None:
    evidence = load(tmp_path, cost(stage_notes=ABSENT))
    assert len(evidence.costs) == 5
    assert kinds(evidence) == set()


def test_zero_dollars_for_calls_that_happened_is_no_measurement(tmp_path: Path) -> None:
    free = cost(total_spent=0.0, utilization=0.0)
    free |= {"per_stage": {"spec-plan": 0.0}, "per_model": {"gemini": 0.0}}
    evidence = load(tmp_path, free)
    found = problems(evidence, "zero_cost")[0]
    assert (found.severity, found.locator) == ("error", "/total_spent")
    assert "4 calls" in found.message
    assert total(evidence).cost_usd_reported == 0


def test_zero_dollars_for_no_call_is_a_true_zero(tmp_path: Path) -> None:
    free = cost(total_spent=0.0, utilization=0.0, call_count=0, per_stage={}, per_model={})
    free |= {"per_stage": {}, "per_model": {}}
    assert "zero_cost" not in kinds(load(tmp_path, free))


@pytest.mark.parametrize("field", ["per_stage", "per_model"])
def test_parts_that_do_not_add_up_are_a_problem(field: str, tmp_path: Path) -> None:
    document = cost() | {field: {"spec-plan": 0.1}}
    found = problems(load(tmp_path, document), "totals_differ")[0]
    assert found.locator == f"/{field}"


def test_a_percentage_that_is_not_the_ratio_is_a_problem(tmp_path: Path) -> None:
    evidence = load(tmp_path, cost(utilization=4.11))
    assert problems(evidence, "totals_differ")[0].locator == "/utilization"
    assert total(evidence).utilization == 0.375


def test_a_breakdown_of_equal_round_numbers_is_invented(tmp_path: Path) -> None:
    entry = {"stage": "plan", "input_tokens": 12000, "output_tokens": 8000, "cost_usd": 0.45}
    document = DETAILED | {"breakdown": [entry | {"agent": name} for name in ("gemini", "claude")]}
    evidence = load(tmp_path, document)
    assert set(evidence.costs["provenance"]) == {"hand_written"}
    assert "hand_written" in kinds(evidence)


def test_one_bad_amount_costs_no_other_amount(tmp_path: Path) -> None:
    evidence = load(tmp_path, cost(per_stage={"spec-plan": "much", "spec-tasks": 0.25}))
    assert problems(evidence, "mistyped_field")[0].locator == "/per_stage/spec-plan"
    assert "spec-tasks" in set(evidence.costs["key_raw"])


def test_a_key_with_a_slash_gives_a_valid_json_pointer(tmp_path: Path) -> None:
    evidence = load(tmp_path, cost() | {"per_stage": {"/speckit.plan": 0.75}})
    row = evidence.costs[evidence.costs["scope"] == "stage"].iloc[0]
    assert (row["locator"], row["stage"]) == ("/per_stage/~1speckit.plan", "plan")
