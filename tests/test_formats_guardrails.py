"""Guardrails of both kinds, lifecycle events, health checks, and what is only recognised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from evidence_files import (
    ABSENT,
    PLACES,
    SESSION,
    SPEC,
    event,
    guardrail,
    kinds,
    native,
    only,
    problems,
    telemetry,
    verdict,
    write,
)

import speckit_analysis as sk


def load(root: Path, name: str, document: Any) -> sk.Evidence:
    write(root, PLACES[name], document)
    return sk.load(root)


def test_a_guardrail_lasts_from_its_session_to_its_timestamp(tmp_path: Path) -> None:
    evidence = load(tmp_path, "guardrail", guardrail())
    row = only(evidence.guardrails)
    assert (row.spec_id, row.stage, row.stage_raw) == (SPEC, "plan", "spec-ops-plan")
    assert (row.flavour, row.schema_version, row.session_id) == ("command", "1", SESSION)
    assert row.started_at == pd.Timestamp("2025-10-06T00:12:00Z")
    assert row.timestamp == pd.Timestamp("2025-10-06T00:17:37Z")
    assert row.latency_ms == 337_000
    assert (row.prefilter_model, row.policy_model) == ("gpt-5-codex", "gpt-5")
    assert (row.prefilter_status, row.policy_status, row.policy_stubbed) == (
        "passed",
        "passed",
        False,
    )
    assert (row.status, row.checks, row.checks_failed, row.artifacts) == ("ok", 2, 0, 1)
    assert kinds(evidence) <= {"inconsistent_indentation"}


@pytest.mark.parametrize(
    ("stage", "payload", "columns", "check_kinds"),
    [
        (
            "plan",
            {
                "baseline": {"mode": "no-run", "artifact": "b.md", "status": "passed"},
                "hooks": {"session.start": "ok"},
            },
            {"baseline_mode": "no-run", "baseline_status": "passed"},
            {"hook", "baseline"},
        ),
        ("tasks", {"tool": {"status": "ready"}}, {"tool_status": "ready"}, set()),
        (
            "implement",
            {"lock_status": "locked", "hook_status": "ok"},
            {"lock_status": "locked", "hook_status": "ok"},
            set(),
        ),
        (
            "validate",
            {
                "scenarios": [{"name": "validate guardrail bootstrap", "status": "skipped"}],
                "hal": {"summary": {"status": "skipped", "failed_checks": [], "artifacts": []}},
            },
            {"hal_status": "skipped"},
            {"scenario", "hal"},
        ),
        (
            "audit",
            {"scenarios": [{"name": "audit guardrail bootstrap", "status": "passed"}]},
            {},
            {"scenario"},
        ),
        ("unlock", {"unlock_status": "unlocked"}, {"unlock_status": "unlocked"}, set()),
    ],
)
def test_each_stage_has_a_payload_of_its_own(
    stage: str,
    payload: dict[str, Any],
    columns: dict[str, str],
    check_kinds: set[str],
    tmp_path: Path,
) -> None:
    document = guardrail(stage, policy=ABSENT, **payload)
    write(tmp_path, f"commands/{SPEC}/spec-{stage}_{SESSION}.json", document)
    evidence = sk.load(tmp_path)
    row = evidence.guardrails.iloc[0]
    assert row["stage"] == stage
    assert {name: row[name] for name in columns} == columns
    assert set(evidence.checks["kind"]) == check_kinds


def test_a_hook_whose_name_has_a_dot_keeps_its_name(tmp_path: Path) -> None:
    evidence = load(tmp_path, "guardrail", guardrail(policy=ABSENT, hooks={"session.start": "ok"}))
    row = only(evidence.checks)
    assert (row.kind, row.name, row.status_recorded) == ("hook", "session.start", "ok")


def test_a_failed_scenario_fails_the_guardrail_and_names_what_failed(tmp_path: Path) -> None:
    hal = {"summary": {"status": "failed", "failed_checks": ["graphql_ping"]}}
    scenarios = [{"name": "bootstrap", "status": "failed"}]
    evidence = load(tmp_path, "guardrail", guardrail(scenarios=scenarios, hal=hal))
    assert only(evidence.guardrails).status == "error"
    assert only(evidence.guardrails).checks_failed == 2
    checks = evidence.checks.set_index("kind")
    assert checks.loc["hal", "message"] == "graphql_ping"


def test_a_skipped_check_has_no_status(tmp_path: Path) -> None:
    evidence = load(
        tmp_path,
        "guardrail",
        guardrail(policy=ABSENT, scenarios=[{"name": "bootstrap", "status": "skipped"}]),
    )
    assert pd.isna(only(evidence.checks).status)


def test_a_policy_command_of_true_is_a_stub(tmp_path: Path) -> None:
    evidence = load(tmp_path, "guardrail", guardrail(policy={"final": {"note": "true"}}))
    row = only(evidence.guardrails)
    assert (row.policy_stubbed, row.provenance) == (True, "stub")


def test_a_fixture_session_is_a_fixture(tmp_path: Path) -> None:
    write(tmp_path, "telemetry/sample-validate.json", guardrail(sessionId="FIXTURE-RUN"))
    assert only(sk.load(tmp_path).guardrails).provenance == "fixture"


def test_a_guardrail_of_no_policy_leaves_the_policy_missing(tmp_path: Path) -> None:
    row = only(load(tmp_path, "guardrail", guardrail(policy=ABSENT)).guardrails)
    assert pd.isna(row.policy_status)
    assert pd.isna(row.policy_stubbed)


BROKEN_NOTE = """{
  "schemaVersion": 1,
  "command": "spec-ops-plan",
  "specId": "SPEC-KIT-042",
  "sessionId": "2025-10-06T00:12:00Z-958132615",
  "timestamp": "2025-10-06T00:17:37Z",
  "artifacts": [],
  "policy": {
    "prefilter": {
      "model": "o4-mini-high",
      "status": "passed",
      "note": "code exec -- "Policy prefilter for SPEC-KIT-042""
    },
    "final": {
      "model": "gpt-5",
      "status": "failed",
      "note": "command failed: code exec -- "Policy final check""
    }
  }
}
"""


def test_a_note_with_unescaped_quotes_is_repaired_and_its_failure_kept(tmp_path: Path) -> None:
    evidence = load(tmp_path, "guardrail", BROKEN_NOTE)
    row = only(evidence.guardrails)
    assert (row.policy_status, row.status) == ("failed", "error")
    assert only(evidence.files).parse_state == "repaired"
    found = problems(evidence, "invalid_json")[0]
    assert (found.severity, found.locator) == ("error", "line 12 column 30")
    assert "read it" in found.action
    messages = set(evidence.checks["message"])
    assert 'code exec -- "Policy prefilter for SPEC-KIT-042"' in messages


def test_a_native_guardrail_counts_checks_errors_and_warnings(tmp_path: Path) -> None:
    evidence = load(tmp_path, "native", native(warnings=["slow"]))
    row = only(evidence.guardrails)
    assert (row.flavour, row.stage, row.stage_raw) == ("native", "plan", "Plan")
    assert (row.status, row.status_recorded, row.session_id) == ("ok", "passed", "1025075")
    assert (row.checks, row.checks_failed, row.errors, row.warnings) == (2, 0, 0, 1)
    assert row.timestamp == pd.Timestamp("2025-11-10T03:22:19Z")
    assert set(evidence.checks["name"]) == {"spec-id-validation", "clean-tree"}


def test_a_failed_native_check_fails_the_guardrail(tmp_path: Path) -> None:
    failed = [{"name": "clean-tree", "status": "failed", "message": "4 uncommitted changes"}]
    evidence = load(tmp_path, "native", native(success=False, checks=failed))
    assert only(evidence.guardrails).status == "error"
    check = only(evidence.checks)
    assert (check.status, check.message) == ("error", "4 uncommitted changes")


def test_a_process_id_that_recurs_names_two_guardrails(tmp_path: Path) -> None:
    for day in ("10", "11"):
        moment = f"2025-11-{day}T03:22:19Z"
        place = f"commands/{SPEC}/guardrail-plan-{moment}_1025075.json"
        write(tmp_path, place, native(timestamp=moment))
    assert sk.load(tmp_path).guardrails["guardrail_id"].nunique() == 2


def test_lifecycle_events_of_an_attempt_are_timed_from_its_dispatch(tmp_path: Path) -> None:
    write(tmp_path, PLACES["lifecycle"], event())
    later = event("completed", timestamp="2025-11-10T03:48:48.674206480+00:00")
    write(tmp_path, PLACES["lifecycle"].replace("034500", "034848"), later)
    rows = sk.load(tmp_path).lifecycle.set_index("event")
    assert rows.loc["completed", "since_dispatch_ms"] == 228_000
    assert rows.loc["dispatched", "timestamp"].nanosecond == 480
    assert rows.loc["dispatched", "stage"] == "validate"
    assert (rows.loc["dispatched", "attempt"], rows.loc["dispatched", "mode"]) == (1, "auto")


@pytest.mark.parametrize(
    ("ended", "unfinished"),
    [(None, True), ("queued", True), ("checking_consensus", False), ("failed", False)],
)
def test_an_attempt_that_came_to_the_consensus_is_not_unfinished(
    ended: str | None, unfinished: bool, tmp_path: Path
) -> None:
    write(tmp_path, PLACES["lifecycle"], event())
    if ended is not None:
        later = event(ended, timestamp="2025-11-10T03:46:00+00:00")
        write(tmp_path, PLACES["lifecycle"].replace("034500", "034600"), later)
    assert bool(problems(sk.load(tmp_path), "unfinished_attempt")) == unfinished


ATTEMPT = pd.Timestamp("2025-11-10T03:45:00.674206480", tz="UTC")


def epoch(moment: pd.Timestamp) -> str:
    return f"run_{SPEC}_{int(moment.timestamp())}_2c1010ad"


def validated(key: str, after: str) -> tuple[str, Any]:
    """A run of validate as one of the writers leaves it, `after` the dispatch of the attempt."""
    moment = ATTEMPT.floor("s") + pd.Timedelta(after)
    name = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    if key == "telemetry":
        place = f"consensus/{SPEC}/spec-validate_{name}_telemetry.jsonl"
        return place, telemetry(command="spec-validate", timestamp=name)
    run_id = epoch(moment) if key == "run_id" else ABSENT
    document = verdict(stage="validate", run_id=run_id, exported_at=name)
    document["proposals"] = []
    return f"consensus/{SPEC}/validate_verdict.json", document


@pytest.mark.parametrize(
    ("key", "after", "joined"),
    [
        ("telemetry", "0s", True),  # whole seconds: seems to begin before its dispatch
        ("telemetry", "50min", True),
        ("telemetry", "2h", False),
        ("telemetry", "-5min", False),
        ("exported", "3min", True),
        ("exported", "-3min", False),
        ("run_id", "-20min", True),  # the start of all stages
        ("run_id", "-3h", False),
    ],
)
def test_the_events_of_an_attempt_belong_to_the_run_that_it_made(
    key: str, after: str, joined: bool, tmp_path: Path
) -> None:
    write(tmp_path, *validated(key, after))
    write(tmp_path, f"consensus/{SPEC}/plan_verdict.json", verdict())  # another stage
    write(tmp_path, PLACES["lifecycle"], event())
    later = event("checking_consensus", timestamp="2025-11-10T03:46:00+00:00")
    write(tmp_path, PLACES["lifecycle"].replace("034500", "034600"), later)
    evidence = sk.load(tmp_path)
    run = only(evidence.runs[evidence.runs["stage"] == "validate"])
    assert evidence.lifecycle["run_id"].tolist() == ([run.run_id] * 2 if joined else [pd.NA] * 2)


def test_each_attempt_has_its_own_run_and_none_that_began_after_its_end(tmp_path: Path) -> None:
    for after in ("10s", "20min", "40min"):
        write(tmp_path, *validated("telemetry", after))
    for attempt, name, after in (
        ("one", "dispatched", "0s"),
        ("one", "completed", "5min"),
        ("two", "dispatched", "19min"),
        ("three", "dispatched", "25min"),
        ("three", "cancelled", "26min"),
    ):
        moment = ATTEMPT + pd.Timedelta(after)
        place = f"commands/{SPEC}/{SPEC}_spec-validate_telemetry_{moment:%Y%m%d_%H%M%S}.json"
        write(tmp_path, place, event(name, stage_run_id=attempt, timestamp=moment.isoformat()))
    rows = sk.load(tmp_path).lifecycle.drop_duplicates("stage_run_id").set_index("stage_run_id")
    assert rows.loc["one", "run_id"].endswith("T03:45:10Z")
    assert rows.loc["two", "run_id"].endswith("T04:05:00Z")
    assert pd.isna(rows.loc["three", "run_id"])


@pytest.mark.parametrize(
    ("one", "other", "cut"),
    [
        ("SPEC-X-something-wit", "SPEC-X-something-with", True),
        ("SPEC-KIT-025-add-conflict-resolutio", "SPEC-KIT-025-add-conflict-resolution-with", True),
        ("SPEC-KIT-90", "SPEC-KIT-900", False),  # numbers are not cut
        ("SPEC-KIT-025", "SPEC-KIT-025-add-conflict-resolution", False),
        ("SPEC-A", "SPEC-AB", False),
        ("SPEC-X-something-wit", "SPEC-Y-something-with", False),
    ],
)
def test_a_spec_whose_name_was_cut_within_a_word_is_named(
    one: str, other: str, cut: bool, tmp_path: Path
) -> None:
    for spec in (one, other, "SPEC-X-something-else", "SPEC-KIT-025-add-conflict-resolution-z"):
        write(tmp_path, f"costs/{spec}_cost_summary.json", {"spec_id": spec, "total_spent": 1.0})
    found = problems(sk.load(tmp_path), "truncated_spec")
    assert [problem.source for problem in found] == [f"costs/{one}_cost_summary.json"] * cut


@pytest.mark.parametrize(
    ("body", "status", "recorded", "http"),
    [
        ({"service": "radarr", "status": "healthy", "uptime": 1759085973}, "ok", "healthy", None),
        ({"status": "degraded"}, "degraded", "degraded", None),
        ({"status": "Degraded", "note": "slow"}, "degraded", "Degraded", None),
        ({"status": "success", "connected": True, "executionTimeMs": 0}, "ok", "success", None),
        ({"status": 401, "note": "GraphQL ping returned no body"}, "error", None, 401),
        (
            {"data": None, "errors": [{"message": "requires admin authentication"}]},
            "error",
            None,
            None,
        ),
    ],
)
def test_a_health_check_is_read_in_every_shape(
    body: Any, status: str, recorded: str | None, http: int | None, tmp_path: Path
) -> None:
    row = only(load(tmp_path, "hal", body).checks)
    assert (row.kind, row.name, row.status) == ("hal", "health", status)
    assert (None if pd.isna(row.status_recorded) else row.status_recorded) == recorded
    assert (None if pd.isna(row.http_status) else row.http_status) == http


def test_a_health_check_captured_as_text_gives_its_http_status(tmp_path: Path) -> None:
    text = '[{"type": "text", "text": "Status: 401 Unauthorized\\nHeaders: …"}]'
    write(tmp_path, f"consensus/{SPEC}/20251005T032554Z-hal-graphql.txt", text)
    row = only(sk.load(tmp_path).checks)
    assert (row.http_status, row.status) == (401, "error")
    assert row.timestamp == pd.Timestamp("2025-10-05T03:25:54Z")


def test_a_health_check_belongs_to_the_guardrail_of_its_moment(tmp_path: Path) -> None:
    write(tmp_path, PLACES["guardrail"], guardrail())
    evidence = load(tmp_path, "hal", {"status": "healthy"})
    checks = evidence.checks.set_index("kind")
    assert checks.loc["hal", "guardrail_id"] == only(evidence.guardrails).guardrail_id


def test_a_placeholder_baseline_says_so(tmp_path: Path) -> None:
    text = "# Baseline\n- Status: passed\n\nThis is a placeholder baseline audit.\n"
    found = problems(load(tmp_path, "baseline", text), "placeholder")[0]
    assert (found.locator, found.severity) == ("line 4", "info")


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("baseline", "# Baseline\n", "baseline"),
        ("roster", [{"name": "git"}], "roster"),
        ("roster", {"tools": []}, "roster"),
        ("lint", "ok\n", "lint"),
        ("prompt", "Plan the SPEC.", "prompt"),
        ("lock", "", "lock"),
    ],
)
def test_what_holds_no_row_is_recognised_without_a_problem(
    name: str, content: Any, format: str, tmp_path: Path
) -> None:
    evidence = load(tmp_path, name, content)
    row = only(evidence.files)
    assert (row.format, row.parse_state, row.rows) == (format, "ok", 0)
    assert kinds(evidence) == set()


def test_anything_else_is_listed_as_unrecognised(tmp_path: Path) -> None:
    write(tmp_path, "commands/nightly_sync.log", "synced\n")
    row = only(sk.load(tmp_path).files)
    assert (row.format, row.source) == ("unrecognised", "commands/nightly_sync.log")
