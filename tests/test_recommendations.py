"""The ten recommendations for a loader that must survive real evidence, one test each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
from evidence_files import (
    ABSENT,
    PLACES,
    RUN_ID,
    SESSION,
    SPEC,
    START,
    answer,
    call,
    cost,
    documents,
    event,
    exported_synthesis,
    failed_output,
    guardrail,
    kinds,
    narrative_synthesis,
    native,
    only,
    output,
    problems,
    proposal,
    telemetry,
    verdict,
    write,
)

import speckit_analysis as sk


def write_all(root: Path, *files: tuple[str, Any]) -> sk.Evidence:
    for place, content in files:
        write(root, place, content)
    return sk.load(root)


def test_1_status_is_derived_beside_the_one_that_was_recorded(tmp_path: Path) -> None:
    evidence = write_all(
        tmp_path,
        (PLACES["verdict"], verdict(proposal("gemini", ""), proposal("claude", answer("claude")))),
        (PLACES["exported_synthesis"], exported_synthesis(artifacts_count=23, degraded=True)),
        (PLACES["narrative_synthesis"], narrative_synthesis(agents={"degraded": ["gpt_pro"]})),
        (
            f"consensus/{SPEC}/spec-tasks_{START}_telemetry.json",
            telemetry(consensus={"disagreement_detected": True}),
        ),
    )
    run = evidence.runs.set_index("session_id").loc[RUN_ID]
    assert (run["status_recorded"], run["status"]) == ("ok", "degraded")
    contradictions = {"ok_over_failed_agents", "agents_differ", "flag_without_points"}
    assert contradictions <= kinds(evidence)


def test_2_copies_are_found_at_three_levels_and_kept(tmp_path: Path) -> None:
    stub = {"agent": "gemini", "risks": ["one blob under two names"]}
    renamed = PLACES["native"].replace(":", "-")
    evidence = write_all(
        tmp_path,
        (f"consensus/{SPEC}/spec-plan_{START}_gemini.json", stub),
        (f"consensus/{SPEC}/spec-plan_{START}_claude.json", stub),
        (
            PLACES["verdict"],
            verdict(proposal("code", answer("x")), proposal("gemini", answer("x"))),
        ),
        (PLACES["native"], native()),
        (renamed, native(artifacts=[{"path": renamed}])),
    )
    identical = evidence.files[evidence.files["duplicate_of"].notna()]
    assert len(identical) == 1
    assert set(evidence.proposals["shared_payload"]) == {2}
    assert evidence.proposals["provenance"].tolist().count("stale_copy") == 1
    assert sorted(evidence.guardrails["provenance"]) == ["measured", "stale_copy"]


def test_3_every_file_is_registered_whatever_is_wrong_with_it(tmp_path: Path) -> None:
    broken_note = json.dumps(guardrail(), indent=1).replace("code exec \\u2026", 'say "hi"')
    evidence = write_all(
        tmp_path,
        (PLACES["guardrail"], broken_note),
        (PLACES["lock"], ""),
        (PLACES["roster"], ""),
        (PLACES["cost"], "{ not JSON"),
        ("commands/sample_local_memory.db", b"SQLite format 3\x00"),
        (PLACES["lifecycle"], event(attempt="first")),
        (PLACES["native"], native(hooks={"session.start": "ok"})),
    )
    states = evidence.files.set_index("source")["parse_state"]
    assert states.to_dict() == {
        PLACES["guardrail"]: "repaired",
        PLACES["lock"]: "ok",
        PLACES["roster"]: "empty",
        PLACES["cost"]: "invalid",
        "commands/sample_local_memory.db": "binary",
        PLACES["lifecycle"]: "mistyped",
        PLACES["native"]: "ok",
    }
    assert evidence.files["sha256"].notna().all()
    assert evidence.files["bytes"].notna().all()


def test_4_names_follow_explicit_aliases_and_the_raw_value_stays(tmp_path: Path) -> None:
    said = answer("gpt_pro", stage="${stage}", model="gpt-5-2025-08-07")
    evidence = write_all(
        tmp_path,
        (PLACES["rehearsal"], said),
        (PLACES["native"], native()),
        (PLACES["telemetry"], telemetry(call("oracle", model_id="models/gemini-2.5-pro"))),
    )
    row = evidence.proposals.iloc[0]
    assert (row["stage"], row["agent"], row["agent_raw"]) == ("plan", "gpt_pro", "gpt-pro")
    assert row["model_claimed"] == "gpt-5-2025-08-07"
    foreign = evidence.calls.set_index("agent").loc["oracle"]
    assert (foreign["model_requested"], foreign["model_id"], foreign["provider"]) == (
        "models/gemini-2.5-pro",
        "gemini-2.5-pro",
        "google",
    )
    assert only(evidence.guardrails).stage_raw == "Plan"
    assert "unknown_agent" in kinds(evidence)


def test_5_every_payload_has_a_class_and_what_is_left_out_is_said(tmp_path: Path) -> None:
    contents = [
        answer("gemini"),
        '{"risks": [ string ]}',
        "",
        "Looks sound.",
        {"error": "timed out"},
    ]
    document = verdict(*(proposal("gemini", content) for content in contents))
    evidence = write_all(tmp_path, (PLACES["verdict"], document))
    assert evidence.proposals["payload_class"].tolist() == [
        "structured",
        "schema_echo",
        "empty",
        "free_text",
        "error",
    ]
    assert len(problems(evidence, "unusable_proposal")) == 4


def test_6_missing_default_and_real_zero_are_three_things(tmp_path: Path) -> None:
    free = cost(total_spent=0.0, utilization=0.0) | {"per_stage": {}, "per_model": {}}
    same = cost() | {"per_model": dict.fromkeys(("gemini", "claude", "code"), 0.25)}
    evidence = write_all(
        tmp_path,
        (PLACES["telemetry"], telemetry(call(cost_usd=None), call("claude", cost_usd=0.0))),
        ("costs/SPEC-A_cost_summary.json", free | {"spec_id": "SPEC-A"}),
        ("costs/SPEC-B_cost_summary.json", same | {"spec_id": "SPEC-B"}),
        ("costs/SPEC-C_cost_summary.json", cost(spec_id="SPEC-C", total_spent=0, call_count=0)),
    )
    assert pd.isna(only(evidence.runs).automated_checks_passed)
    assert evidence.calls["cost_usd"].notna().all()
    assert evidence.calls["cost_usd_reported"].isna().tolist() == [True, False]
    zero = {problem.source for problem in problems(evidence, "zero_cost")}
    assert zero == {PLACES["telemetry"], "costs/SPEC-A_cost_summary.json"}
    assert problems(evidence, "repeated_amount")[0].source == "costs/SPEC-B_cost_summary.json"
    assert set(evidence.costs["scope"]) == {"total", "stage", "agent"}


def test_7_every_spelling_of_a_time_is_utc_and_says_what_it_marks(tmp_path: Path) -> None:
    evidence = write_all(
        tmp_path,
        (PLACES["guardrail"], guardrail()),
        (PLACES["verdict"], verdict(run_id=ABSENT)),
        (PLACES["narrative_synthesis"], narrative_synthesis()),
        (PLACES["telemetry"], telemetry()),
        (PLACES["lifecycle"], event(timestamp="1970-01-01T00:00:00Z")),
    )
    assert set(evidence.runs["time_semantics"]) == {"start", "end", "collected"}
    assert str(evidence.runs["timestamp"].dtype) == "datetime64[ns, UTC]"
    assert only(evidence.guardrails).started_at < only(evidence.guardrails).timestamp
    assert problems(evidence, "implausible_timestamp")[0].source == PLACES["lifecycle"]


def test_8_a_run_is_found_by_its_exact_key_then_by_its_second_and_kept_unmatched(
    tmp_path: Path,
) -> None:
    lonely = f"docs/{SPEC}/evidence/commands/{SPEC}/guardrail-plan-2025-12-01T00:00:00Z_7.json"
    evidence = write_all(
        tmp_path,
        (PLACES["verdict"], verdict()),
        (PLACES["exported_synthesis"], exported_synthesis()),
        (PLACES["native"].replace("22:19Z", "22:18Z"), native(timestamp="2025-11-10T03:22:18Z")),
        (lonely, native(timestamp="2025-12-01T00:00:00Z", sessionId="7")),
    )
    run = only(evidence.runs)
    assert run.match_rule == "run_id"
    assert run.match_confidence == 1.0
    joined = evidence.guardrails.set_index("session_id")
    assert joined["run_id"]["1025075"] == run.run_id
    assert (joined["match_rule"]["1025075"], joined["match_confidence"]["1025075"]) == (
        "second",
        0.9,
    )
    assert joined.loc["7", ["run_id", "match_rule", "match_confidence"]].isna().all()
    assert evidence.files.set_index("source").loc[lonely, "evidence_root"].endswith("evidence")


def test_9_an_outage_is_no_disagreement_and_none_is_none(tmp_path: Path) -> None:
    evidence = write_all(
        tmp_path,
        (f"consensus/{SPEC}/spec-plan_{START}_gemini.json", failed_output("gemini")),
        (
            f"consensus/{SPEC}/spec-plan_{START}_claude.json",
            output("claude", consensus={"conflicts": ["No major conflicts", "Two tables or one"]}),
        ),
    )
    said = evidence.disagreements.set_index("description")["degradation"]
    assert said.to_dict() == {"gemini execution failed": True, "Two tables or one": False}
    assert only(evidence.runs).conflicts == 1
    assert only(evidence.runs).status == "conflict"


def test_10_every_row_says_how_far_to_trust_it_and_where_it_stands(tmp_path: Path) -> None:
    capture = "dev@host ~/code ❯ env\nexport API_TOKEN=abcdef0123456789\n/home/dev/x"
    evidence = write_all(
        tmp_path,
        (PLACES["verdict"], verdict(proposal("claude", capture))),
        (
            f"commands/{SPEC}/spec-plan_{SESSION}.json",
            guardrail(policy={"final": {"note": "true"}}),
        ),
    )
    row = only(evidence.proposals)
    assert "abcdef" not in row.content
    assert "/home/dev" not in row.content
    assert only(evidence.guardrails).provenance == "stub"
    assert (row.source, row.locator) == (PLACES["verdict"], "/proposals/0")
    assert (evidence.files["disk_bytes"] == 4096).all()
    for name, document in documents().items():
        write(tmp_path, PLACES[name], document)
    everything = sk.load(tmp_path)
    for table in ("runs", "calls", "proposals", "guardrails", "checks", "lifecycle", "costs"):
        assert everything[table]["provenance"].notna().all(), table
        assert everything[table]["source"].notna().all(), table
