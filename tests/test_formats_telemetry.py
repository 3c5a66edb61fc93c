"""Consensus telemetry 2.0, its task-stage form, agent metrics: rows, columns and units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from evidence_files import (
    ABSENT,
    PLACES,
    SPEC,
    START,
    call,
    changed,
    kinds,
    only,
    problems,
    telemetry,
    write,
)

import speckit_analysis as sk

TASKS = f"consensus/{SPEC}/spec-tasks_{START}_telemetry.json"


def load(root: Path, document: object, place: str = PLACES["telemetry"]) -> sk.Evidence:
    write(root, place, document)
    return sk.load(root)


def test_sound_telemetry_is_one_run_with_its_calls_and_no_problem(tmp_path: Path) -> None:
    evidence = load(tmp_path, telemetry())
    run = only(evidence.runs)
    assert (run.spec_id, run.stage, run.stage_raw) == (SPEC, "plan", "spec-plan")
    assert run.run_id == f"{SPEC}/plan/{START}"
    assert run.timestamp == pd.Timestamp(START)
    assert (run.time_semantics, run.timestamp_raw, run.session_id) == ("start", START, START)
    assert (run.command, run.schema_version) == ("spec-plan", "2.0")
    assert (run.status, run.status_recorded, run.basis) == ("ok", "ok", "telemetry")
    assert (run.calls, run.agents_ok, run.calls_failed) == (2, 2, 0)
    assert (run.tokens, run.tokens_reported) == (3600, 3600)
    assert (run.latency_ms, run.latency_ms_reported) == (421468, 421468)
    assert list(evidence.calls["agent"]) == ["gemini", "claude"]
    assert kinds(evidence) == set()


def test_a_call_keeps_what_was_recorded_and_computes_its_cost(tmp_path: Path) -> None:
    recorded = call("gemini", reasoning_tokens=40, cached_tokens=200, cache_hit=True)
    row = only(load(tmp_path, telemetry(recorded)).calls)
    assert (row.model_requested, row.model_id, row.provider) == (
        "gemini-2.5-pro",
        "gemini-2.5-pro",
        "google",
    )
    # The total of 1,800 says that the reasoning is inside the 600 of the output.
    assert (row.prompt_tokens, row.completion_tokens, row.reasoning_tokens) == (1200, 560, 40)
    assert (row.cached_tokens, row.cache_hit, row.latency_ms) == (200, True, 210734)
    assert row.cost_usd_reported == 0.0075
    assert 0.007 < row.cost_usd < 0.009
    assert row.pricing_version.startswith("genai-prices ")
    assert row.locator == "/consensus/agents/0"
    assert row.source == PLACES["telemetry"]


def test_a_missing_figure_is_missing_and_never_zero(tmp_path: Path) -> None:
    nothing = call(prompt_tokens=None, completion_tokens=None, total_tokens=None, cost_usd=None)
    evidence = load(tmp_path, telemetry(nothing))
    row = only(evidence.calls)
    assert pd.isna(row.prompt_tokens)
    assert pd.isna(row.cost_usd)
    assert pd.isna(row.cost_usd_reported)
    assert pd.isna(only(evidence.runs).tokens)


def test_zero_of_zero_automated_checks_is_the_writers_default(tmp_path: Path) -> None:
    run = only(load(tmp_path, telemetry()).runs)
    assert pd.isna(run.automated_checks_passed)
    assert pd.isna(run.automated_checks_failed)


def test_automated_checks_that_ran_are_counted(tmp_path: Path) -> None:
    metrics = {"automated_checks_passed": 7, "completeness_score": 0.8, "human_review_score": 8}
    run = only(load(tmp_path, telemetry(quality_metrics=metrics)).runs)
    assert (run.automated_checks_passed, run.automated_checks_failed) == (7, 0)
    assert (run.completeness_score, run.human_review_score) == (0.8, 8)


def test_a_failed_agent_degrades_a_run_and_is_no_conflict(tmp_path: Path) -> None:
    failed = call("claude", status="error", error="agent execution failed", cost_usd=None)
    evidence = load(tmp_path, telemetry(call("gemini"), failed))
    run = only(evidence.runs)
    assert (run.status_recorded, run.status) == ("ok", "degraded")
    assert (run.agents_ok, run.calls_failed, run.conflicts) == (1, 1, 0)
    assert evidence.calls.set_index("agent").loc["claude", "error"] == "agent execution failed"


def test_a_run_whose_agents_all_failed_is_an_error(tmp_path: Path) -> None:
    failed = [call(name, status="error", error="timed out") for name in ("gemini", "claude")]
    assert only(load(tmp_path, telemetry(*failed)).runs).status == "error"


@pytest.mark.parametrize(
    ("told", "resolved", "status"),
    [
        ({"resolved": False}, False, "conflict"),
        ({"resolved": True}, True, "ok"),
        ({"resolution": "many"}, True, "ok"),
    ],
)
def test_a_disagreement_says_itself_whether_it_is_settled(
    told: dict, resolved: bool, status: str, tmp_path: Path
) -> None:
    consensus = {"disagreement_points": [{"description": "One file or many", **told}]}
    evidence = load(tmp_path, telemetry(consensus=consensus))
    assert only(evidence.disagreements).resolved == resolved
    assert only(evidence.runs).status == status


def test_a_declared_disagreement_makes_the_run_a_conflict(tmp_path: Path) -> None:
    point = {
        "topic": "storage",
        "description": "One file or many",
        "agents": ["gemini", "claude"],
        "type": "structural",
        "severity": "logical",
    }
    consensus = {"disagreement_detected": True, "disagreement_points": [point]}
    evidence = load(tmp_path, telemetry(consensus=consensus))
    row = only(evidence.disagreements)
    assert (row.topic, row.description, row.agents) == (
        "storage",
        "One file or many",
        "gemini, claude",
    )
    assert (row.type, row.disagreement_severity) == ("structural", "logical")
    assert (row.origin, row.declared_in) == ("declared", "telemetry")
    assert pd.isna(row.resolved)  # nothing tells
    run = only(evidence.runs)
    assert (run.status, run.conflicts, run.disagreement_points) == ("conflict", 1, 1)


def test_points_that_repeat_the_conflicts_count_once(tmp_path: Path) -> None:
    said = ["One file or many"]
    consensus = {"disagreement_detected": True, "disagreement_points": said, "conflicts": said}
    assert len(load(tmp_path, telemetry(consensus=consensus)).disagreements) == 1


def test_an_arbiter_override_becomes_a_row_of_its_own(tmp_path: Path) -> None:
    overridden = call("gpt_pro", arbiter_override=True, override_reason="breaks the schema")
    evidence = load(tmp_path, telemetry(call("gemini"), overridden))
    row = only(evidence.overrides)
    assert (row.agent, row.reason, row.run_id) == (
        "gpt_pro",
        "breaks the schema",
        only(evidence.runs).run_id,
    )


def test_an_escalation_keeps_its_reason(tmp_path: Path) -> None:
    consensus = {"escalation_triggered": True, "escalation_reason": "two retries"}
    run = only(load(tmp_path, telemetry(consensus=consensus)).runs)
    assert (run.escalated, run.escalation_reason) == (True, "two retries")


def test_each_line_of_a_json_lines_file_is_a_run(tmp_path: Path) -> None:
    import json

    later = telemetry(timestamp="2025-10-07T10:00:00Z", sessionId="2025-10-07T10:00:00Z")
    lines = "\n".join(map(json.dumps, (telemetry(), later)))
    evidence = load(tmp_path, lines, f"consensus/{SPEC}/all_telemetry.jsonl")
    assert len(evidence.runs) == 2
    assert set(evidence.calls["locator"]) == {
        "L1/consensus/agents/0",
        "L1/consensus/agents/1",
        "L2/consensus/agents/0",
        "L2/consensus/agents/1",
    }


def test_a_damaged_line_is_left_out_alone(tmp_path: Path) -> None:
    import json

    place = f"consensus/{SPEC}/all_telemetry.jsonl"
    evidence = load(tmp_path, f"{json.dumps(telemetry())}\n{{broken\n", place)
    assert len(evidence.runs) == 1
    assert problems(evidence, "invalid_json")[0].locator.startswith("L2")


def test_one_object_over_many_lines_is_one_run(tmp_path: Path) -> None:
    import json

    assert len(load(tmp_path, json.dumps(telemetry(), indent=2)).runs) == 1


def test_telemetry_of_version_1_0_is_read_as_far_as_it_fits(tmp_path: Path) -> None:
    document = {
        "schemaVersion": "1.0",
        "stage": "${stage}",
        "specId": "${spec}",
        "timestamp": "${timestamp_run}",
        "agents": [],
        "synthesisPath": "${output_dir}/${stage_slug}_synthesis.json",
    }
    evidence = load(tmp_path, document)
    run = only(evidence.runs)
    assert (run.spec_id, run.stage, run.timestamp) == (SPEC, "plan", pd.Timestamp(START))
    assert run.calls == 0
    assert pd.isna(run.status)
    assert {"unknown_schema_version", "template_literal", "missing_field"} <= kinds(evidence)


def test_task_stage_telemetry_keeps_latency_and_participants(tmp_path: Path) -> None:
    document = telemetry(
        command="spec-tasks",
        output_tokens=1200,
        latency_ms=421468,
        agent_participation={"gemini": True, "claude": "ok", "code": False},
        consensus={"total_latency_ms": None},
    )
    evidence = load(tmp_path, document, TASKS)
    run = only(evidence.runs)
    assert (run.stage, run.latency_ms_reported) == ("tasks", 421468)
    assert kinds(evidence) == set()


def test_participants_that_are_not_the_calls_are_a_problem(tmp_path: Path) -> None:
    evidence = load(tmp_path, telemetry(agent_participation={"gemini": True}), TASKS)
    assert problems(evidence, "participation_differs")[0].locator == "/agent_participation"


def test_a_metrics_file_alone_is_one_call_of_a_run(tmp_path: Path) -> None:
    evidence = load(tmp_path, call("gemini"), PLACES["metrics"])
    row = only(evidence.calls)
    assert (row.agent, row.basis, row.run_id) == ("gemini", "metrics", f"{SPEC}/plan/{START}")
    assert only(evidence.runs).run_id == row.run_id


def test_a_metrics_file_without_an_agent_takes_it_from_its_name(tmp_path: Path) -> None:
    evidence = load(tmp_path, changed(call(), {"agent": ABSENT}), PLACES["metrics"])
    assert only(evidence.calls).agent == "gemini"
    assert "missing_field" in kinds(evidence)


@pytest.mark.parametrize(
    "name", ["2025-10-06T00:19:45Z", "2025-10-06T00-19-45Z", "20251006T001945Z"]
)
def test_the_run_is_named_by_its_moment_however_the_file_spells_it(
    name: str, tmp_path: Path
) -> None:
    evidence = load(tmp_path, telemetry(), f"consensus/{SPEC}/spec-plan_{name}_telemetry.json")
    assert only(evidence.runs).run_id == f"{SPEC}/plan/{START}"


def test_telemetry_under_a_foreign_name_is_recognised_by_its_content(tmp_path: Path) -> None:
    evidence = load(tmp_path, telemetry(), "consensus/export.json")
    assert only(evidence.files).format == "telemetry-v2"
    assert only(evidence.runs).spec_id == SPEC


@pytest.mark.parametrize(
    "written",
    ["12000", " 12000 ", 12000.0, "12000.0", "1.2e4", "12,000", "12 000", "12_000"],
)
@pytest.mark.parametrize("place", ["telemetry", "metrics"])
def test_a_count_is_read_as_people_write_it(written: Any, place: str, tmp_path: Path) -> None:
    made = call("claude", prompt_tokens=written, completion_tokens=900, total_tokens=ABSENT)
    evidence = load(tmp_path, telemetry(made) if place == "telemetry" else made, PLACES[place])
    row = only(evidence.calls)
    assert (row.prompt_tokens, row.completion_tokens) == (12_000, 900)
    assert row.cost_usd == pytest.approx(0.0495)
    note = problems(evidence, "loosely_typed")[0]
    assert (note.severity, note.action) == ("info", "read as 12,000")
    assert note.locator.endswith("/prompt_tokens")


@pytest.mark.parametrize(
    "written",
    [
        12000.5,
        "12000.5",
        "12.000",
        -12000.0,
        "-12000",
        "1e400",
        "12k",
        "$12",
        "1,2",
        "many",
        "",
        [],
    ],
)
def test_what_is_no_count_for_sure_is_missing_and_its_call_is_kept(
    written: Any, tmp_path: Path
) -> None:
    evidence = load(tmp_path, telemetry(call(prompt_tokens=written)))
    row = only(evidence.calls)
    assert pd.isna(row.prompt_tokens)
    assert (row.completion_tokens, row.latency_ms) == (600, 210734)
    assert problems(evidence, "mistyped_field")[0].locator.endswith("/prompt_tokens")


@pytest.mark.parametrize(
    ("field", "written", "read"),
    [
        ("latency_ms", "210734", 210734.0),
        ("latency_ms", "210,734.5 ms", 210734.5),
        ("cost_usd", "$0.22", 0.22),
        ("cost_usd", "0.22 USD", 0.22),
        ("cost_usd", "0,225", 0.225),
        ("cost_usd", "1,234.5", 1234.5),
        ("cost_usd", "1,234", None),  # or 1.234
        ("cost_usd", "€0.22", None),
        ("cache_hit", "true", True),
        ("cache_hit", "No", False),
        ("cache_hit", 1, True),
        ("cache_hit", "perhaps", None),
    ],
)
def test_amounts_and_flags_are_read_as_people_write_them(
    field: str, written: Any, read: Any, tmp_path: Path
) -> None:
    evidence = load(tmp_path, call(**{field: written}), PLACES["metrics"])
    found = getattr(only(evidence.calls), {"cost_usd": "cost_usd_reported"}.get(field, field))
    if read is None:
        assert pd.isna(found)
        assert problems(evidence, "mistyped_field")
    else:
        assert found == read
        assert not problems(evidence, "mistyped_field")


#: One call's counts as providers and their programs name them: 1,000 fresh, 300 read from a cache,
#: 200 written to one, 50 of them for an hour, 90 of output, 40 of reasoning.
NAMED = {
    "anthropic": {
        "input_tokens": 1000, "output_tokens": 130, "cache_read_input_tokens": 300,
        "cache_creation_input_tokens": 200,
        "cache_creation": {"ephemeral_5m_input_tokens": 150, "ephemeral_1h_input_tokens": 50},
        "reasoning_tokens": 40,
    },
    "anthropic, by how long it is kept": {
        "prompt_tokens": 1000, "completion_tokens": 130, "cache_read_input_tokens": 300,
        "cache_creation": {"ephemeral_5m_input_tokens": 150, "ephemeral_1h_input_tokens": 50},
        "reasoning_tokens": 40,
    },
    "openai": {
        "prompt_tokens": 1500, "completion_tokens": 130, "cache_write_1h_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 300, "cache_write_tokens": 200},
        "completion_tokens_details": {"reasoning_tokens": 40},
    },
    "openai responses": {
        "input_tokens": 1500, "output_tokens": 130, "cache_write_1h_tokens": 50,
        "input_tokens_details": {"cached_tokens": 300, "cache_write_tokens": 200},
        "output_tokens_details": {"reasoning_tokens": 40},
    },
    "codex": {
        "input_tokens": 1500, "output_tokens": 130, "cached_input_tokens": 300,
        "cache_write_input_tokens": 200, "cache_write_1h_tokens": 50, "reasoning_output_tokens": 40,
    },
    "google": {
        "promptTokenCount": 1500, "candidatesTokenCount": 90, "cachedContentTokenCount": 300,
        "thoughtsTokenCount": 40, "cache_write_tokens": 200, "cache_write_1h_tokens": 50,
    },
    "anthropic through a gateway that counts as openai": {
        "prompt_tokens": 1500, "completion_tokens": 130, "cache_read_input_tokens": 300,
        "cache_creation_input_tokens": 200, "cache_write_1h_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 300},
        "completion_tokens_details": {"reasoning_tokens": 40},
    },
}  # fmt: skip


@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "gpt-5", "gemini-2.5-pro", "glm-4.6"])
@pytest.mark.parametrize("names", NAMED)
def test_counts_are_read_by_the_names_of_providers(tmp_path: Path, names: str, model: str) -> None:
    bare = dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), ABSENT)
    recorded = call("code", **{**bare, "model_id": model, **NAMED[names]})
    evidence = load(tmp_path, telemetry(recorded))
    row = only(evidence.calls)
    assert (row.prompt_tokens, row.completion_tokens, row.reasoning_tokens) == (1500, 90, 40)
    assert (row.cached_tokens, row.cache_write_tokens, row.cache_write_1h_tokens) == (300, 200, 50)
    assert only(evidence.runs).tokens == 1630
    assert not kinds(evidence) & {"tokens_ambiguous", "tokens_contradict", "missing_tokens"}


@pytest.mark.parametrize(
    ("model", "free"), [("z-ai/glm-4.5-air:free", True), ("z-ai/glm-4.5-air", False)]
)
def test_a_recorded_zero_is_right_where_the_price_is_zero(
    tmp_path: Path, model: str, free: bool
) -> None:
    evidence = load(tmp_path, telemetry(call("code", model_id=model, cost_usd=0.0)))
    assert bool(only(evidence.calls).cost_usd == 0) is free
    assert ("zero_cost" in kinds(evidence)) is not free
