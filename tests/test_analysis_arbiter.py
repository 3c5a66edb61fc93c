"""Whom disagreements were settled for, how healthy consensus was, and the summary of it all."""

from __future__ import annotations

import json

import pytest
import yaml
from click.testing import CliRunner
from frames import frame

import speckit_analysis as sk
from speckit_analysis.analysis import disagreement
from speckit_analysis.analysis.disagreement.health import (
    consensus_health,
    halt_sentence,
    health_shares,
)
from speckit_analysis.analysis.disagreement.summary import (
    decision_sentence,
    decisions,
    disagreement_summary,
)
from speckit_analysis.analysis.selection import measured
from speckit_analysis.cli import main

DECISIONS = [
    ("gemini: one file", "gemini, claude", True, "sided_with_gemini"),
    ("Went with claude's plan", "gemini, claude", True, "sided_with_claude"),
    ("adopt the GPT proposal", "gpt_pro, claude", True, "sided_with_gpt"),
    ("gpt-codex wins", "gpt_codex, claude", True, "sided_with_gpt"),
    ("gpt_pro: both behind a flag", "gemini, gpt_pro", True, "sided_with_gpt"),
    ("compromise: both of gemini's", "gemini, gpt_pro", True, "synthesized_new"),
    ("merged gemini's order with both risks", "gemini, claude", True, "synthesized_new"),
    ("gemini and claude each keep a part", "gemini, claude", True, "synthesized_new"),
    ("a third way", "gemini, claude", True, "synthesized_new"),
    ("gemini: one file", "gemini, claude", False, "unresolved"),
    (None, "gemini, claude", True, "not_told"),
    (None, None, None, "not_told"),
]


@pytest.mark.parametrize(("resolution", "agents", "resolved", "decision"), DECISIONS)
def test_a_resolution_tells_whose_side_was_taken(resolution, agents, resolved, decision):
    point = {"resolution": resolution, "agents": agents, "resolved": resolved}
    assert decisions(frame("disagreements", [point])).tolist() == [decision]


def test_the_sentence_counts_sides():
    rows = [
        {"resolution": text, "agents": who, "resolved": done} for text, who, done, _ in DECISIONS
    ]
    decided = decisions(frame("disagreements", rows))
    assert decision_sentence(decided) == (
        "5 of 12 disagreements were settled for one side: gpt 3, gemini 1, claude 1. That counts"
        " sides taken, not how often each was right."
    )
    assert "nobody's side" in decision_sentence(decided.head(0))
    assert "None of 1 disagreement" in decision_sentence(decided.tail(1))


def run(name, hour=10, **more):
    spec, stage, *_ = name.split("/")
    row = {"run_id": name, "spec_id": spec, "stage": stage, "agents_called": 3, "agents_ok": 3}
    return row | {"timestamp": f"2025-10-07T{hour:02}:00:00Z", "status": "ok"} | more


def health(*rows):
    return consensus_health(frame("runs", rows)).set_index("run_id")


@pytest.mark.parametrize(
    ("figures", "ratio", "grade"),
    [
        ({}, 1.0, "healthy"),
        ({"agents_ok": 2}, 2 / 3, "partial"),
        ({"agents_ok": 1}, 1 / 3, "severe"),
        ({"agreements": 9, "conflicts": 1}, 0.9, "healthy"),
        ({"agreements": 2, "conflicts": 1}, 2 / 3, "partial"),
        ({"agreements": 1, "conflicts": 1}, 0.5, "severe"),
        ({"agreements": 9, "conflicts": 1, "agents_ok": 2}, 2 / 3, "partial"),
        ({"agreements": 0, "conflicts": 0}, 1.0, "healthy"),
    ],
)
def test_consensus_is_graded_by_the_smaller_of_agreement_and_participation(figures, ratio, grade):
    row = health(run("S/plan", **figures)).iloc[0]
    assert row["ratio"] == pytest.approx(ratio)
    assert row["health"] == grade


def test_a_run_that_tells_neither_is_not_graded():
    found = consensus_health(frame("runs", [run("S/plan", agents_called=0, agents_ok=0)]))
    assert found["health"].isna().all()
    assert health_shares(found)["runs"].sum() == 0


def test_work_that_went_on_after_a_conflict_is_found():
    found = health(
        run("S/plan", 10, status="conflict"),
        run("S/tasks", 11),
        run("T/plan", 10, status="degraded"),
        run("U/plan", 10),
        run("U/tasks", 11),
    )
    assert found["should_halt"].tolist() == [True, False, True, False, False]
    assert bool(found.loc["S/plan", "went_on"]) is True
    assert bool(found.loc["T/plan", "went_on"]) is False
    assert found["went_on"].notna().sum() == 2


def test_a_stage_that_was_run_again_in_time_did_halt():
    mended = health(run("S/plan/1", 10, status="error"), run("S/plan/2", 11), run("S/tasks/1", 12))
    late = health(run("S/plan/1", 10, status="error"), run("S/tasks/1", 11), run("S/plan/2", 12))
    assert bool(mended.loc["S/plan/1", "went_on"]) is False
    assert bool(late.loc["S/plan/1", "went_on"]) is True


def test_the_sentence_counts_both():
    rows = [run("S/plan", 10, status="conflict"), run("S/tasks", 11), run("T/plan", status="error")]
    found = consensus_health(frame("runs", [*rows, run("V/plan", status="error", timestamp=None)]))
    assert halt_sentence(found) == (
        "3 runs ended degraded, in conflict or in error; after 1 of 2 the next stage began all"
        " the same (1 without a time or a later stage not judged)."
    )
    assert health_shares(found)["runs"].tolist() == [4, 0, 0]
    assert halt_sentence(consensus_health(frame("runs", [run("S/plan")]))).startswith("No run")


def point(run_id, **more):
    row = {"run_id": run_id, "spec_id": run_id[:2], "origin": "declared", "degradation": False}
    return row | {"topic": "t", "description": "d", "agents": "gemini, claude"} | more


def summary(runs, points, calls=()):
    opinions = frame("disagreements", points)
    used = disagreement.comparable_runs(measured(frame("runs", runs), noun="run"), opinions)
    return disagreement_summary(used, frame("calls", calls), opinions)["disagreement_summary"]


def call(run_id, agent):
    return {"run_id": run_id, "spec_id": run_id[:2], "agent": agent, "status": "ok"}


RUNS = [run(f"S{n}/plan", conflicts=0) for n in range(8)] + [run("S1/tasks", conflicts=0)]


def test_the_summary_counts_what_happened():
    points = [
        point("S0/plan", type="scope", resolution="claude: x", resolved=True),
        point("S0/plan", topic="u", type="scope", resolution="new", resolved=True),
        point("S1/tasks", agents="gemini, gpt_pro", disagreement_severity="high", resolved=False),
        point("S2/plan", degradation=True),
    ]
    agents = ("gemini", "claude", "gpt_pro")
    calls = [call(name["run_id"], agent) for name in RUNS for agent in agents]
    found = summary(RUNS, points, calls)
    assert (found["total_consensus_runs"], found["runs_with_disagreements"]) == (9, 2)
    assert found["disagreement_rate"] == 0.222
    assert found["disagreements"] == 3
    assert found["by_stage"]["spec-plan"] == 1
    assert found["by_stage"]["spec-tasks"] == 1
    assert found["by_stage"]["spec-unlock"] == 0
    assert found["by_model_pair"] == {
        "gemini_vs_claude": 1, "gemini_vs_gpt": 1, "claude_vs_gpt": 0,
    }  # fmt: skip
    assert found["arbiter_decisions"] == {
        "sided_with_gemini": 0, "sided_with_claude": 1, "sided_with_gpt": 0,
        "synthesized_new": 1, "unresolved": 1, "not_told": 0,
    }  # fmt: skip
    assert found["disagreement_types"] == {"scope": 2, "not_told": 1}
    assert found["severities"] == {"not_told": 2, "high": 1}


def test_few_counts_carry_no_insight():
    assert summary(RUNS, [point("S0/plan")])["insights"] == []


def test_an_arbiter_that_always_takes_one_side_is_an_insight():
    points = [
        point(f"S{n}/plan", topic=str(n), resolution="claude: x", resolved=True) for n in range(8)
    ]
    (insight,) = summary(RUNS, points)["insights"]
    assert insight.startswith("The arbiter sided with claude in 8 of 8 decisions")
    assert "interval 63 % to 100 %" in insight


def test_the_summary_of_nothing_is_zeros():
    found = summary([], [])
    assert found["total_consensus_runs"] == 0
    assert found["disagreement_rate"] is None
    assert set(found["by_stage"].values()) == {0}
    assert found["insights"] == []


def command(*arguments, code=0):
    done = CliRunner(env={"COLUMNS": "100"}).invoke(main, ["disagreements", *arguments])
    assert done.exit_code == code, done.output
    return done


def test_the_command_writes_yaml_and_json(tmp_path):
    as_yaml = yaml.safe_load(command().stdout)
    assert as_yaml == json.loads(command("--format", "json").stdout)
    found = as_yaml["disagreement_summary"]
    assert (found["total_consensus_runs"], found["runs_with_disagreements"]) == (81, 20)
    assert sum(found["by_stage"].values()) == 20
    assert sum(found["arbiter_decisions"].values()) == found["disagreements"]
    assert "Stages differ" in found["insights"][0]
    out = tmp_path / "summary.yaml"
    assert command("--spec", "SPEC-SIM-002", "--out", str(out)).stdout.strip() == str(out)
    assert yaml.safe_load(out.read_text())["disagreement_summary"]["specs"] == 1


def test_one_run_is_shown_side_by_side():
    shown = command("show", "SPEC-SIM-002/plan/2025-10-10T14:01:53Z").stdout
    assert "topic:   How configuration is read" in shown
    assert "settled: claude: from one file" in shown
    assert "claude (structured)" in shown
    assert max(map(len, shown.splitlines())) <= 100
    assert "No disagreement is declared." in command("show", "SPEC-SIM-001/plan").stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [("SPEC-SIM-999", "no run 'SPEC-SIM-999'"), ("SPEC-SIM-002/pl", "2 runs are called")],
)
def test_a_run_that_is_not_there_or_not_alone_is_told(name, said):
    assert said in command("show", name, code=2).stderr


def test_the_sample_is_summarised_as_its_parts():
    evidence = sk.load(sk.sample_path())
    found = consensus_health(measured(evidence.runs).kept)
    assert len(found) == len(measured(evidence.runs).kept)
    not_last = found["should_halt"] & (found["stage"] != "unlock")
    assert not_last.sum() == found["went_on"].notna().sum() < found["should_halt"].sum()
