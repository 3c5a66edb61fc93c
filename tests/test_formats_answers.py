"""Agent outputs, the four flavours of synthesis, and verdicts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from evidence_files import (
    ABSENT,
    PLACES,
    RUN_ID,
    SESSION,
    SPEC,
    START,
    answer,
    exported_synthesis,
    failed_output,
    kinds,
    narrative_synthesis,
    only,
    output,
    problems,
    proposal,
    runner_synthesis,
    telemetry,
    verdict,
    write,
)

import speckit_analysis as sk


def load(root: Path, name: str, document: Any) -> sk.Evidence:
    write(root, PLACES[name], document)
    return sk.load(root)


def test_an_output_under_consensus_is_a_proposal_and_a_call_of_its_run(tmp_path: Path) -> None:
    evidence = load(tmp_path, "output", output())
    row = only(evidence.proposals)
    assert (row.run_id, row.agent, row.stage) == (f"{SPEC}/plan/{START}", "gemini", "plan")
    assert (row.payload_class, row.provenance) == ("structured", "measured")
    assert (row.stage_claimed, row.agent_claimed, row.model_claimed) == (
        "spec-plan",
        "gemini",
        "gemini-2.5-pro",
    )
    assert (row.agreements, row.conflicts, row.shared_payload) == (1, 0, 1)
    assert json.loads(row.content)["research_summary"]
    made = only(evidence.calls)
    assert (made.basis, made.status, made.model_id) == ("output", "ok", "gemini-2.5-pro")
    assert only(evidence.runs).basis == "output"


def test_an_output_under_commands_is_joined_by_its_session(tmp_path: Path) -> None:
    evidence = load(tmp_path, "rehearsal", output("gpt_pro"))
    row = only(evidence.proposals)
    assert (row.agent, row.agent_raw) == ("gpt_pro", "gpt-pro")
    assert row.run_id == f"{SPEC}/plan/{SESSION}"
    assert only(evidence.runs).match_rule == "session"


def test_a_failed_agents_stub_is_an_error_and_a_degradation(tmp_path: Path) -> None:
    evidence = load(tmp_path, "output", failed_output("gemini"))
    assert only(evidence.proposals).payload_class == "error"
    assert only(evidence.calls).status == "error"
    outage = only(evidence.disagreements)
    assert outage.degradation
    assert (only(evidence.runs).conflicts, only(evidence.runs).status) == (0, "error")


def test_conflicts_inside_a_final_plan_are_found(tmp_path: Path) -> None:
    plan = {"consensus": {"agreements": [], "conflicts": ["gemini wants two tables"]}}
    document = output("gpt_pro", consensus=ABSENT, final_plan=plan)
    write(tmp_path, f"consensus/{SPEC}/spec-plan_{START}_gpt_pro.json", document)
    evidence = sk.load(tmp_path)
    assert only(evidence.disagreements).description == "gemini wants two tables"
    assert only(evidence.proposals).conflicts == 1
    assert only(evidence.disagreements).locator == "/final_plan/consensus/conflicts/0"


def test_every_conflict_of_an_answer_has_a_place_of_its_own(tmp_path: Path) -> None:
    conflicts = ["no", "two tables or one", "none", "SQLite or files"]
    given = proposal("gemini", answer("gemini", consensus={"conflicts": conflicts}))
    evidence = load(tmp_path, "verdict", verdict(given))
    assert evidence.disagreements["locator"].tolist() == [
        "/proposals/0/consensus/conflicts/1",
        "/proposals/0/consensus/conflicts/3",
    ]
    assert only(evidence.proposals).conflicts == 2


@pytest.mark.parametrize("consensus", ["agreed", {"status": "ok", "details": "x"}, [], None])
def test_a_consensus_of_another_shape_does_no_harm(consensus: Any, tmp_path: Path) -> None:
    evidence = load(tmp_path, "output", output(consensus=consensus))
    assert only(evidence.proposals).payload_class == "structured"


def test_a_stub_model_is_a_stub(tmp_path: Path) -> None:
    document = output("stub", model="stub-model", model_release="1970-01-01")
    evidence = load(tmp_path, "output", document)
    row = only(evidence.proposals)
    assert (row.payload_class, row.provenance) == ("stub", "stub")
    assert only(evidence.runs).provenance == "stub"


def test_a_runners_synthesis_takes_its_identity_from_the_path(tmp_path: Path) -> None:
    evidence = load(tmp_path, "runner_synthesis", runner_synthesis())
    run = only(evidence.runs)
    assert (run.run_id, run.provenance) == (f"{SPEC}/plan/{START}", "template")
    assert (run.status_recorded, run.agents_recorded) == ("ok", 0)
    assert pd.isna(run.status)
    assert pd.isna(run.prompt_version)
    assert {p.locator for p in problems(evidence, "template_literal")} == {
        "/stage",
        "/specId",
        "/timestamp",
    }
    assert "ok_without_agents" in kinds(evidence)


def test_a_narrative_synthesis_settles_its_conflicts(tmp_path: Path) -> None:
    evidence = load(tmp_path, "narrative_synthesis", narrative_synthesis())
    run = only(evidence.runs)
    assert (run.stage, run.timestamp) == ("plan", pd.Timestamp("2025-10-12T14:44:00Z"))
    assert (run.time_semantics, run.provenance) == ("end", "hand_written")
    assert (run.agreements, run.conflicts, run.agents_recorded) == (2, 1, 1)
    row = only(evidence.disagreements)
    assert (row.resolved, row.declared_in) == (True, "synthesis")


def test_a_narrative_synthesis_without_stage_spec_and_time_is_kept(tmp_path: Path) -> None:
    bare = {"status": "hold", "consensus": {"agreements": ["a"], "conflicts_resolved": []}}
    evidence = load(tmp_path, "narrative_synthesis", bare)
    run = only(evidence.runs)
    assert (run.spec_id, run.stage, run.status_recorded) == (SPEC, "plan", "hold")
    assert pd.isna(run.timestamp)
    assert run.match_rule == "file"


def test_a_resolution_may_be_an_object(tmp_path: Path) -> None:
    settled = [{"issue": "Which store?", "resolution": "SQLite"}]
    document = narrative_synthesis(consensus={"conflicts_resolved": settled})
    row = only(load(tmp_path, "narrative_synthesis", document).disagreements)
    assert (row.description, row.resolution, row.resolved) == ("Which store?", "SQLite", True)


def test_a_narrative_synthesis_names_its_session_by_its_telemetry(tmp_path: Path) -> None:
    place = f"evidence/commands/{SPEC}/spec-plan_{SESSION}.json"
    evidence = load(tmp_path, "narrative_synthesis", narrative_synthesis(telemetry=place))
    assert only(evidence.runs).run_id == f"{SPEC}/plan/{SESSION}"


def test_an_exported_synthesis_is_dated_by_its_run_id(tmp_path: Path) -> None:
    evidence = load(tmp_path, "exported_synthesis", exported_synthesis(degraded=0))
    run = only(evidence.runs)
    assert (run.session_id, run.agents_recorded, run.match_rule) == (RUN_ID, 2, "run_id")
    assert run.output_path == "docs/SPEC-KIT-042/plan.md"
    assert run.timestamp == pd.Timestamp(1762744939, unit="s", tz="UTC")
    assert run.time_semantics == "start"


def test_an_exported_synthesis_without_a_run_id_is_dated_by_its_export(tmp_path: Path) -> None:
    evidence = load(tmp_path, "exported_synthesis", exported_synthesis(run_id=None))
    run = only(evidence.runs)
    assert run.timestamp == pd.Timestamp("2025-11-10T03:26:38Z")
    assert run.time_semantics == "exported"


def test_an_exported_synthesis_without_a_time_is_dated_by_its_markdown(tmp_path: Path) -> None:
    document = exported_synthesis(run_id=ABSENT, created_at=ABSENT)
    run = only(load(tmp_path, "exported_synthesis", document).runs)
    assert run.timestamp == pd.Timestamp("2025-11-10T03:26:00Z")


def test_an_exported_synthesis_of_headings_is_empty(tmp_path: Path) -> None:
    hollow = "# Plan: S\n\n**Stage**: Tasks\n\n## Tasks (from claude)\n\n\n## Consensus Summary\n\n"
    hollow += "- Synthesized from 1 agent responses\n- All agents completed successfully\n"
    evidence = load(tmp_path, "exported_synthesis", exported_synthesis(output_markdown=hollow))
    assert problems(evidence, "empty_synthesis")[0].locator == "/output_markdown"


def test_a_verdict_is_a_run_with_its_proposals(tmp_path: Path) -> None:
    evidence = load(tmp_path, "verdict", verdict())
    run = only(evidence.runs)
    assert (run.run_id, run.session_id) == (f"{SPEC}/plan/{RUN_ID}", RUN_ID)
    assert (run.timestamp, run.time_semantics) == (
        pd.Timestamp(1762744939, unit="s", tz="UTC"),
        "start",
    )
    assert list(evidence.proposals["agent"]) == ["gemini", "claude"]
    assert list(evidence.proposals["locator"]) == ["/proposals/0", "/proposals/1"]
    assert set(evidence.proposals["timestamp"]) == {pd.Timestamp("2025-11-10T03:26:38Z")}
    assert len(evidence.calls) == 2


@pytest.mark.parametrize(
    ("content", "payload_class"),
    [
        (answer("gemini"), "structured"),
        (json.dumps(answer("gemini")), "structured"),
        ("```json\n" + json.dumps(answer("gemini")) + "\n```", "structured"),
        ("The plan looks sound to me.", "free_text"),
        ("{}", "empty"),
        ({}, "empty"),
        ("", "empty"),
        (None, "empty"),
        ("Error: agent execution failed", "error"),
        (
            '{\n  "stage": "spec-plan",\n  "consensus_ok": boolean,\n  "risks": [ string ]\n}',
            "schema_echo",
        ),
        (
            {"agent": "code", "issues": [{"id": "string", "severity": "critical | minor"}]},
            "schema_echo",
        ),
        ({"model": "${MODEL_ID}", "risks": ["slow migration"]}, "structured"),
        ({"risks": ["${RISKS}"], "decision": "${DECISION}"}, "unresolved_template"),
        (
            "[2025-11-04T02:11:59] OpenAI Codex v0.0.0\n[2025-11-04T02:12:00] tokens used: 9",
            "transcript",
        ),
        ({"content": "[2025-11-04T02:11:59] User instructions:\nPlan it."}, "transcript"),
        ("dev@host ~/code ❯ ls\nexport A=1", "terminal_dump"),
    ],
)
def test_a_verdicts_content_is_classified(content: Any, payload_class: str, tmp_path: Path) -> None:
    evidence = load(tmp_path, "verdict", verdict(proposal("gemini", content)))
    assert only(evidence.proposals).payload_class == payload_class


def test_content_as_text_gives_the_same_row_as_content_as_object(tmp_path: Path) -> None:
    held = answer("gemini")
    given = verdict(proposal("gemini", held), proposal("gemini", json.dumps(held, indent=4)))
    rows = load(tmp_path, "verdict", given).proposals
    assert rows["content_hash"].nunique() == 1
    assert rows["content"].nunique() == 1


def test_the_answers_own_claims_stay_beside_the_name_it_was_filed_under(tmp_path: Path) -> None:
    claims = answer("code", stage="quality-gate-clarify", model="gemini", prompt_version="v1.0")
    row = only(load(tmp_path, "verdict", verdict(proposal("gpt5-minimal", claims))).proposals)
    assert (row.agent, row.agent_claimed) == ("gpt5-minimal", "code")
    assert (row.stage, row.stage_claimed) == ("plan", "quality-gate-clarify")
    assert (row.model_claimed, row.prompt_version) == ("gemini", "v1.0")


def test_a_verdict_without_a_run_id_is_one_run_per_batch(tmp_path: Path) -> None:
    given = verdict(
        proposal("gemini", answer("gemini"), "2025-11-03 19:33:48"),
        proposal("claude", answer("claude"), "2025-11-03 19:33:48"),
        proposal("gemini", answer("gemini", risks=["other"]), "2025-11-04 00:29:08"),
        run_id=ABSENT,
    )
    evidence = load(tmp_path, "verdict", given)
    assert sorted(evidence.runs["calls"]) == [1, 2]
    assert set(evidence.runs["match_rule"]) == {"batch"}
    assert set(evidence.runs["time_semantics"]) == {"collected"}


def test_an_empty_verdict_is_a_run_without_calls(tmp_path: Path) -> None:
    document = verdict() | {"proposals": []}
    evidence = load(tmp_path, "verdict", document)
    assert only(evidence.runs).calls == 0
    assert problems(evidence, "empty_verdict")[0].locator == "/proposals"


def test_a_long_content_is_cut_but_counted_and_hashed_whole(tmp_path: Path) -> None:
    texts = ["word " * 300_000 + ending for ending in ("a", "b")]
    given = verdict(*(proposal("gemini", text) for text in texts))
    rows = load(tmp_path, "verdict", given).proposals
    assert set(rows["content_chars"]) == {1_500_001}
    assert rows["content"].str.len().max() < 200_000
    assert rows["content_hash"].nunique() == 2


def test_a_script_inside_a_proposal_stays_text(tmp_path: Path) -> None:
    hostile = answer("gemini", risks=["<script>alert(1)</script>"])
    row = only(load(tmp_path, "verdict", verdict(proposal("gemini", hostile))).proposals)
    assert "<script>alert(1)</script>" in row.content


@pytest.mark.parametrize(
    "name",
    [
        "migration_apply_20250928T1800Z.json",
        "nightly_sync_detect_20250927T215031Z.json",
        "backup_20251001T020000Z.json",  # named like a guardrail
        "cleanup_20251001T020000Z_old_files.json",
        "SPEC_verdict.json",
        "disk_2025-10-05T04:31:14Z_telemetry.jsonl",
        "cache_20251001T020000Z_redis_metrics.json",
    ],
)
def test_a_log_of_another_tool_is_no_run(name: str, tmp_path: Path) -> None:
    log = {"ok": True, "results": [{"inserted": 3}], "summary": "done", "total": 3}
    write(tmp_path, f"commands/{SPEC}/{name}", log)
    write(tmp_path, PLACES["output"], output())
    evidence = sk.load(tmp_path)
    assert (len(evidence.runs), len(evidence.calls), len(evidence.guardrails)) == (1, 1, 0)
    told = evidence.problems.loc[evidence.problems["source"].str.endswith(name).fillna(False)]
    assert set(told["kind"]) <= {"unrecognised_file", "missing_field"}
    assert len(told) == 1


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("spec-plan_2025-10-05T04:31:14Z_gemini.json", "plan"),
        ("Plan_gemini_2025-10-05T04:31:14Z-7.json", "plan"),
        ("quality-gate-clarify_2025-10-05T04:31:14Z_gemini.json", "quality-gate-clarify"),
        ("security_2025-10-05T04:31:14Z_gemini.json", "security"),  # shaped as an answer
    ],
)
def test_a_known_stage_or_the_shape_of_an_answer_makes_an_output(
    name: str, stage: str, tmp_path: Path
) -> None:
    write(tmp_path, f"commands/{SPEC}/{name}", output())
    row = only(sk.load(tmp_path).proposals)
    assert (row.agent, row.stage) == ("gemini", stage)
    assert "2025-10-05T04:31:14Z" in row.run_id


@pytest.mark.parametrize(
    ("place", "document"),
    [
        (f"commands/{SPEC}/migration_dry_run_20250928T1800Z.json", output("apply")),
        (f"commands/{SPEC}/spec-plan_dry-run_{SESSION}.json", output("apply")),
        (PLACES["exported_synthesis"], exported_synthesis(dry_run=True)),
        (PLACES["verdict"], verdict(dryRun=True)),
        (PLACES["verdict"], verdict(mode="dry-run")),
        (PLACES["telemetry"].replace(START, "2025-10-07T00:00:00Z"), telemetry(dry_run=True)),
        (PLACES["telemetry"].replace(START, "2025-10-07T00:00:00Z"), telemetry(dryRun=True)),
    ],
)
def test_a_dry_run_of_any_writer_is_no_run(place: str, document: Any, tmp_path: Path) -> None:
    write(tmp_path, PLACES["output"], output())
    write(tmp_path, place, document)
    evidence = sk.load(tmp_path)
    assert (len(evidence.runs), len(evidence.calls), len(evidence.disagreements)) == (1, 1, 0)
    assert [problem.source for problem in problems(evidence, "dry_run")] == [place]


def test_an_answer_that_speaks_of_a_dry_run_is_an_answer(tmp_path: Path) -> None:
    write(tmp_path, PLACES["output"], output(risks=["the dry_run flag is ignored"]))
    assert only(sk.load(tmp_path).proposals).payload_class == "structured"


def test_a_literal_in_the_metadata_of_an_answer_is_a_missing_field(tmp_path: Path) -> None:
    held = answer("gemini", model="${MODEL_ID}", prompt_version="${VERSION}", reasoning_mode="high")
    evidence = load(tmp_path, "verdict", verdict(proposal("gemini", held)))
    row = only(evidence.proposals)
    assert (row.payload_class, row.reasoning_mode) == ("structured", "high")
    assert pd.isna(row.model_claimed)
    assert pd.isna(row.prompt_version)
    problem = only(evidence.problems[evidence.problems["kind"] == "template_literal"])
    assert (problem.severity, problem.locator) == ("warning", "/proposals/0")
    assert problem.message.startswith("model, prompt_version are unexpanded literals")


def test_an_answer_in_prose_is_the_same_as_bare_and_declares_its_conflicts(tmp_path: Path) -> None:
    held = answer("gemini", consensus={"agreements": ["a"], "conflicts": ["one table or two"]})
    texts = [json.dumps(held), f"I looked.\n```json\n{json.dumps(held, indent=1)}\n```\nMore?"]
    given = verdict(*(proposal("gemini", text) for text in texts))
    evidence = load(tmp_path, "verdict", given)
    assert evidence.proposals["content"].nunique() == 1
    assert evidence.proposals["agent_claimed"].tolist() == ["gemini", "gemini"]
    assert len(evidence.disagreements) == 2
