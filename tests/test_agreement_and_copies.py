"""Equal answers are agreement; a copy is what was collected again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from evidence_files import (
    PLACES,
    RUN_ID,
    SPEC,
    answer,
    call,
    exported_synthesis,
    only,
    output,
    proposal,
    runner_synthesis,
    telemetry,
    verdict,
    write,
)

import speckit_analysis as sk
from speckit_analysis.analysis import disagreement
from speckit_analysis.analysis.selection import Selection, measured
from speckit_analysis.evidence.assemble.provenance import LEAST_CHARS_OF_A_COPY

APPROVED = {"decision": "approve", "rationale": "All acceptance criteria are covered by tests."}
HELD = {"decision": "hold", "rationale": "The migration has no way back."}


def comparable(evidence: sk.Evidence) -> Selection:
    used = measured(evidence.runs, noun="run")
    return disagreement.comparable_runs(used, measured(evidence.disagreements).kept)


def write_run(root: Path, minute: int, answers: dict[str, dict[str, Any]], figures: str) -> None:
    """Write a run with its answers; their figures in the telemetry, in files of their own, or not.

    The telemetry says whether the answers differ.
    """
    moment = f"2025-10-06T{minute // 60:02}:{minute % 60:02}:00Z"
    name = f"consensus/{SPEC}/spec-plan_{moment}"
    for agent, content in answers.items():
        write(root, f"{name}_{agent}.json", content)
        if figures == "metrics":
            write(root, f"{name}_{agent}_metrics.json", call(agent, latency_ms=9000 + minute))
    differ = len({content["decision"] for content in answers.values()}) > 1
    points = ["approve or hold"] if differ else []
    calls = [call(agent, latency_ms=9000 + minute) for agent in answers]
    said = {
        "disagreement_detected": differ,
        "disagreement_points": points,
        "agents": calls if figures == "telemetry" else [],
    }
    write(root, f"{name}_telemetry.jsonl", telemetry(timestamp=moment, consensus=said))


@pytest.mark.parametrize("figures", ["telemetry", "metrics", "none"])
def test_agents_that_often_agree_in_the_same_words_are_not_copied(tmp_path: Path, figures: str):
    for minute in range(20):
        held = HELD if minute % 4 == 0 else APPROVED
        write_run(tmp_path, minute, {"gemini": APPROVED, "claude": held}, figures)
    evidence = sk.load(tmp_path)
    assert set(evidence.calls["provenance"]) == {"measured"}
    assert set(evidence.runs["agents_ok"]) == {2}
    assert evidence.proposals["shared_payload"].max() == 35
    rate = disagreement.rate(comparable(evidence).kept)
    assert (rate.hits, rate.n, rate.estimate) == (5, 20, 0.25)
    if figures != "none":
        assert evidence.calls["cost_usd"].notna().sum() == 40


LONG = {"plan": ["a step that nobody else words like this"] * 40}


@pytest.mark.parametrize(
    ("what", "stale"),
    [
        ({"code": LONG, "gpt_pro": LONG}, 1),  # too long to be written twice
        ({"code": APPROVED, "gpt_pro": APPROVED}, 0),
        ({"code": answer("code"), "gpt_pro": answer("code")}, 1),  # says itself whose it is
        ({"code": answer("x"), "gpt_pro": answer("x")}, 0),
    ],
)
def test_what_makes_an_answer_of_a_run_a_copy(tmp_path: Path, what: dict[str, Any], stale: int):
    write(tmp_path, PLACES["verdict"], verdict(*(proposal(*pair) for pair in what.items())))
    evidence = sk.load(tmp_path)
    assert (evidence.proposals["provenance"] == "stale_copy").sum() == stale
    assert only(evidence.runs).agents_ok == 2 - stale


def test_equal_answers_of_two_agents_without_a_moment_are_two_votes(tmp_path: Path):
    """Kind: what bears no date is told apart by its agent all the same."""
    both = (proposal(agent, APPROVED) | {"created_at": None} for agent in ("gemini", "claude"))
    write(tmp_path, PLACES["verdict"], verdict(*both, run_id=None, exported_at=None))
    evidence = sk.load(tmp_path)
    assert set(evidence.proposals["provenance"]) == {"measured"}
    assert only(evidence.runs).agents_ok == 2


def test_a_record_that_is_exported_again_is_a_copy_and_a_new_equal_answer_is_none(tmp_path: Path):
    old = proposal("gemini", APPROVED, "2025-11-09 01:00:00")
    new = proposal("claude", APPROVED, "2025-11-10 03:26:38")
    first, second = RUN_ID.replace("1762744939", "1762650000"), RUN_ID
    write(tmp_path / "a", PLACES["verdict"], verdict(old, run_id=first))
    write(tmp_path / "b", PLACES["verdict"], verdict(old, new, run_id=second))
    evidence = sk.load(tmp_path)
    assert evidence.runs.set_index("session_id")["agents_ok"].to_dict() == {first: 1, second: 1}


def test_an_answer_of_another_stage_is_no_vote_but_its_call_was_measured(tmp_path: Path):
    tasks = PLACES["output"].replace("spec-plan", "spec-tasks")
    write(tmp_path, PLACES["output"], output())
    write(tmp_path, tasks, output())
    write(tmp_path, PLACES["metrics"].replace("spec-plan", "spec-tasks"), call())
    evidence = sk.load(tmp_path)
    of_stage = evidence.proposals.set_index("stage")["provenance"]
    assert of_stage.to_dict() == {"plan": "measured", "tasks": "stale_copy"}
    assert set(evidence.calls["provenance"]) == {"measured"}
    assert evidence.runs.set_index("stage")["agents_ok"].to_dict() == {"plan": 1, "tasks": 0}


def test_a_conflict_in_a_copy_is_one_of_the_original_run_alone(tmp_path: Path):
    tasks = PLACES["output"].replace("spec-plan", "spec-tasks")
    said = output(consensus={"agreements": [], "conflicts": ["gemini and claude differ on logs"]})
    for place in (PLACES["output"], tasks):
        write(tmp_path, place, said)
        write(tmp_path, place.replace("gemini", "claude"), output("claude", stage=None))
    evidence = sk.load(tmp_path)
    of_stage = evidence.disagreements.set_index("stage")["provenance"]
    assert of_stage.to_dict() == {"plan": "measured", "tasks": "stale_copy"}
    assert evidence.runs.set_index("stage")["conflicts"].to_dict() == {"plan": 1, "tasks": 0}


def test_the_answer_of_one_call_in_two_files_is_one_answer(tmp_path: Path):
    write(tmp_path, PLACES["output"], APPROVED)
    write(tmp_path / "archive", PLACES["output"], APPROVED)
    evidence = sk.load(tmp_path)
    assert sorted(evidence.proposals["provenance"]) == ["measured", "stale_copy"]
    assert only(evidence.calls).provenance == "measured"


def simulated(root: Path, seed: int, measured_share: float) -> Iterator[tuple[str, bool]]:
    """Write 300 runs with agents of few words, and yield content and truth of what was copied."""
    random_numbers = random.Random(seed)
    sayings = [
        {"decision": decision, "because": " ".join(f"{decision} {n}" for n in range(words))}
        for decision in ("approve", "hold")
        for words in (1, 5, 20, 60)
    ]
    earlier: list[dict[str, Any]] = []
    for number in range(300):
        moment = f"2025-10-{1 + number // 24:02}T{number % 24:02}:00:00Z"
        name = f"consensus/SPEC-{number % 30}/spec-plan_{moment}"
        common = random_numbers.choice(sayings)
        for agent in ("gemini", "claude", "gpt_pro"):
            copied = bool(earlier) and random_numbers.random() < 0.05
            unique = {"plan": [f"step {random_numbers.random()}" for _ in range(80)]}
            said = common if random_numbers.random() < 0.7 else unique
            content = random_numbers.choice(earlier) if copied else said
            if not copied:
                earlier.append(content)
            write(root, f"{name}_{agent}.json", content)
            if not copied and random_numbers.random() < measured_share:
                write(root, f"{name}_{agent}_metrics.json", call(agent, latency_ms=9000 + number))
            yield f"{name}_{agent}.json", copied


@pytest.mark.parametrize("measured_share", [0.0, 0.5, 1.0])
def test_the_error_rates_of_the_rule_where_agents_often_agree(
    tmp_path: Path, measured_share: float
):
    truth = dict(simulated(tmp_path, seed=7, measured_share=measured_share))
    proposals = sk.load(tmp_path).proposals.set_index("source")
    copied = proposals.index.map(truth).to_numpy(bool)
    stale = (proposals["provenance"] == "stale_copy").to_numpy()
    long = (proposals["content_chars"] >= LEAST_CHARS_OF_A_COPY).to_numpy(bool)
    assert copied.sum() > 30
    assert not stale[~copied].any()  # no genuine answer is taken for a copy
    assert stale[copied & long].all()  # each long copy is found
    # A short answer that was collected again cannot be told from agreement.
    assert not stale[copied & ~long].any()


def test_conflicts_are_missing_where_nobody_recorded_a_comparison(tmp_path: Path):
    write(tmp_path, PLACES["verdict"], verdict())
    write(tmp_path, PLACES["exported_synthesis"], exported_synthesis())
    evidence = sk.load(tmp_path)
    run = only(evidence.runs)
    assert (run.agents_ok, run.synthesis_status) == (2, "ok")
    assert evidence.runs["conflicts"].isna().all()
    assert evidence.proposals[["agreements", "conflicts"]].isna().all(axis=None)
    assert len(comparable(evidence).kept) == 0


@pytest.mark.parametrize(
    ("place", "content"),
    [
        ("exported_synthesis", exported_synthesis(conflicts=[])),
        ("exported_synthesis", exported_synthesis(conflicts=["where to log"])),
        ("verdict", verdict(*(proposal(a, output(a)) for a in ("gemini", "claude")))),
    ],
)
def test_a_list_of_conflicts_even_an_empty_one_records_a_comparison(
    tmp_path: Path, place: str, content: dict[str, Any]
):
    write(tmp_path, PLACES["verdict"], verdict())
    write(tmp_path, PLACES[place], content)
    evidence = sk.load(tmp_path)
    assert len(comparable(evidence).kept) == 1
    assert only(evidence.runs).conflicts == len(content.get("conflicts") or [])


def test_a_runner_that_merged_nobody_compared_nothing(tmp_path: Path):
    for agent in ("gemini", "claude"):
        content = {"stage": "spec-plan", "risks": [f"{agent} fears a slow migration"]}
        write(tmp_path, PLACES["output"].replace("gemini", agent), content)
    write(tmp_path, PLACES["runner_synthesis"], runner_synthesis())
    evidence = sk.load(tmp_path)
    assert only(evidence.runs).agents_ok == 2
    assert len(comparable(evidence).kept) == 0


def test_one_agent_that_answers_twice_is_one_agent(tmp_path: Path):
    twice = (proposal("gemini", answer("gemini", risks=[text])) for text in ("slow", "costly"))
    write(tmp_path, PLACES["verdict"], verdict(*twice))
    write(tmp_path, PLACES["exported_synthesis"], exported_synthesis(conflicts=[]))
    evidence = sk.load(tmp_path)
    run = only(evidence.runs)
    assert (run.calls, run.agents_ok) == (2, 1)
    assert len(comparable(evidence).kept) == 0


@pytest.mark.parametrize("text", ["OpenAI Codex v0.42\nuser: go\n", "error: no quota", ""])
def test_what_is_no_answer_is_not_counted_among_those_to_compare(tmp_path: Path, text: str):
    both = (proposal("gemini", answer("gemini")), proposal("code", text))
    write(tmp_path, PLACES["verdict"], verdict(*both))
    write(tmp_path, PLACES["exported_synthesis"], exported_synthesis(conflicts=[]))
    assert only(sk.load(tmp_path).runs).agents_ok == 1
