"""What was used of each budget: when, and by what."""

from __future__ import annotations

import pytest
from frames import frame

from speckit_analysis.analysis.cost.budget import budgets, taken_by, use_over_time, use_sentence


def call(spec, day, usd, **more):
    row = {"run_id": f"{spec}/plan", "spec_id": spec, "stage": "plan", "model_id": "gpt-5"}
    return row | {"timestamp": f"2025-10-{day:02}T00:00:00Z", "cost_usd": usd} | more


CALLS = frame(
    "calls",
    [
        call("S1", 8, 0.5, stage="tasks"),
        call("S1", 6, 0.5),
        call("S1", 6, 0.25),
        call("S1", 9, 1.0, model_id="o3"),
        call("S2", 7, 0.5),
        call("S3", 7, 9.0),
        call("S1", 10, None),
    ],
)
SUMMARIES = frame(
    "costs",
    [
        {"spec_id": spec, "scope": "total", "budget_usd": 2.0, "superseded": False}
        for spec in ("S1", "S2")
    ],
)
HELD = budgets(SUMMARIES, CALLS)


def test_use_adds_up_in_the_order_of_time():
    used = use_over_time(CALLS, HELD)
    first = used[used["spec_id"] == "S1"]
    assert first["timestamp"].dt.day.tolist() == [6, 8, 9]
    assert first["spent_usd"].tolist() == pytest.approx([0.75, 1.25, 2.25])
    assert first["utilization"].tolist() == pytest.approx([0.375, 0.625, 1.125])


def test_a_spec_without_a_budget_has_no_use():
    assert "S3" not in set(use_over_time(CALLS, HELD)["spec_id"])


def test_the_sentence_names_the_first_at_the_limit_and_when():
    used = use_over_time(CALLS, HELD)
    assert use_sentence(used, 0.8) == (
        "By its calls, 1 of 2 SPECs reached 80 % of the budget, S1 first, on 9 October 2025."
    )
    assert use_sentence(used, 0.5).endswith("S1 first, on 8 October 2025.")
    cheap = used[used["spec_id"] == "S2"]
    assert "By its calls, none of 1 SPEC reached" in use_sentence(cheap)


def test_a_budget_is_taken_by_stages_and_models():
    table = taken_by(CALLS, HELD, "stage")
    rows = table[table["spec_id"] == "S1"].set_index("stage")
    assert rows.loc["plan", "spent_usd"] == pytest.approx(1.75)
    assert rows.loc["tasks", "utilization"] == pytest.approx(0.25)
    by_model = taken_by(CALLS, HELD, "model_id")
    assert by_model["spent_usd"].sum() == pytest.approx(CALLS["cost_usd"].sum())
    assert by_model[by_model["spec_id"] == "S3"]["utilization"].isna().all()


def test_nothing_is_used_of_nothing():
    held = budgets(frame("costs"), frame("calls"))
    used = use_over_time(frame("calls"), held)
    assert used.empty
    assert "No SPEC has both" in use_sentence(used)
