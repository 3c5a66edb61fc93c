"""Every kind of problem: what provokes it, where it points, how severe it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from agent_logs import answer as logged_answer
from agent_logs import lines
from evidence_files import (
    ABSENT,
    PLACES,
    SESSION,
    SPEC,
    START,
    answer,
    call,
    cost,
    event,
    exported_synthesis,
    failed_output,
    guardrail,
    narrative_synthesis,
    native,
    output,
    problems,
    proposal,
    runner_synthesis,
    telemetry,
    verdict,
    write,
)

import speckit_analysis as sk
from speckit_analysis.prices.published import list_day, pricing_source

Files = list[tuple[str, Any]]


class Case(NamedTuple):
    """Files that provoke a problem, and what is to be said about which of them."""

    files: Files
    severity: str
    locator: str | None
    message: str
    action: str
    source: str | None = None  #: the first file, unless told; empty for no file at all


def at(name: str, document: Any) -> tuple[str, Any]:
    return PLACES[name], document


def inspect_log(status: str, sample: dict[str, Any]) -> dict[str, Any]:
    head = {"version": 2, "status": status, "eval": {"task": "t", "task_id": "T", "model": "m"}}
    return {**head, "samples": [{"id": 1, "epoch": 1, **sample}]}


PROMPTFOO = {
    "evalId": "E",
    "results": {
        "version": 3,
        "results": [
            {
                **{"testIdx": 0, "promptIdx": 0, "provider": {"id": "p"}, "testCase": {}},
                **{"score": 1, "response": {"cached": True}},
            }
        ],
    },
}
FAILED = call("claude", status="error", error="agent execution failed", cost_usd=None)
COPY = f"consensus/{SPEC}/spec-plan_2025-10-07T00:00:00Z_gemini.json"
HAL_PASSED = {"summary": {"status": "passed"}}
RENAMED = f"archive/{PLACES['guardrail']}"
ENDED_EARLY = guardrail(timestamp="2025-10-06T00:01:00Z")
PLAYED = [
    (f"commands/{SPEC}/spec-{stage}_gemini_{SESSION}.json", output("gemini", model=model))
    for stage, model in (("plan", "gemini-2.5-pro"), ("tasks", "gemini-ultra"))
]

ARBITRATION = {"experiment": "e", "stage": "plan", "variant": "arbiter"}

OUTCOMES = "experiment,unit,variant,outcome"

CASES: dict[str, Case] = {
    "empty_file": Case([at("cost", "")], "warning", "", "empty", "listed"),
    "binary_file": Case(
        [at("cost", b"SQLite format 3\x00" + bytes(99))], "error", "", "binary", "listed"
    ),
    "invalid_json": Case(
        [at("cost", '{\n  "budget": 2,\n}')], "error", "line 3 column 1", "not JSON", "left out"
    ),
    "encoding": Case([at("hal", b'{"note": "\xff"}')], "warning", "", "invalid UTF-8", "replaced"),
    "unrecognised_file": Case(
        [(f"commands/{SPEC}/migration_apply_20250928T1800Z.json", {"status": "ok"})],
        "info",
        "",
        "neither the name nor the content",
        "listed",
    ),
    "dry_run": Case([at("telemetry", telemetry(mode="dry-run"))], "info", "/", "dry run", "no row"),
    "not_a_number": Case([at("cost", '{"total_spent": NaN}')], "warning", "", "NaN", "missing"),
    "missing_field": Case(
        [at("telemetry", telemetry(command=ABSENT))], "error", "/command", "'command'", "missing"
    ),
    "mistyped_field": Case(
        [at("telemetry", telemetry(call(prompt_tokens="many")))],
        "error",
        "/consensus/agents/0/prompt_tokens",
        "found 'many'",
        "missing",
    ),
    "loosely_typed": Case(
        [at("telemetry", telemetry(call(prompt_tokens="12000")))],
        "info",
        "/consensus/agents/0/prompt_tokens",
        "'12000'",
        "read as 12,000",
    ),
    "unknown_schema_version": Case(
        [at("guardrail", guardrail(schemaVersion=7))], "warning", "/schemaVersion", "7", "read as"
    ),
    "template_literal": Case(
        [at("telemetry", telemetry(specId="${spec}"))],
        "error",
        "/specId",
        "${spec}",
        "from the path",
    ),
    "identity_differs": Case(
        [at("lifecycle", event(spec_id="SPEC-X"))], "warning", "/spec_id", "SPEC-X", "took"
    ),
    "unknown_status": Case(
        [at("narrative_synthesis", narrative_synthesis(status="hold"))],
        "warning",
        "/status",
        "'hold'",
        "kept",
    ),
    "unknown_event": Case([at("lifecycle", event("lost"))], "warning", "/event", "'lost'", "kept"),
    "truncated_spec": Case(
        [
            ("consensus/SPEC-X-something-wit/plan_verdict.json", verdict(spec_id=ABSENT)),
            ("consensus/SPEC-X-something-with/plan_verdict.json", verdict(spec_id=ABSENT)),
        ],
        "warning",
        "",
        "SPEC-X-something-wit looks like SPEC-X-something-with cut short",
        "kept as two",
    ),
    "unknown_stage": Case(
        [(f"consensus/{SPEC}/spec-dream_{START}_telemetry.json", telemetry())],
        "warning",
        "/",
        "spec-dream",
        "own name",
    ),
    "unknown_agent": Case(
        [at("telemetry", telemetry(call("oracle")))],
        "info",
        "/consensus/agents/0",
        "'oracle'",
        "own name",
    ),
    "mixed_spelling": Case(
        [at("telemetry", telemetry()), at("verdict", verdict())], "info", None, "plan", "raw", ""
    ),
    "mixed_schema_versions": Case(
        [at("telemetry", telemetry()), at("guardrail", guardrail())],
        "info",
        None,
        "1, 2.0",
        "own format",
        "",
    ),
    "absolute_path": Case(
        [at("telemetry", telemetry(call(output_path="/home/dev/x.json")))],
        "info",
        "/",
        "machine",
        "never opened",
    ),
    "implausible_timestamp": Case(
        [at("lifecycle", event(timestamp="2035-01-01T00:00:00Z"))], "warning", "/", "2035", "kept"
    ),
    "timestamps_contradict": Case(
        [at("guardrail", ENDED_EARLY)], "warning", "/timestamp", "before its session", "missing"
    ),
    "ok_over_failed_agents": Case(
        [at("telemetry", telemetry(call(), FAILED))], "warning", "/", "1 of 2", "recomputed"
    ),
    "ok_over_failed_checks": Case(
        [at("native", native(checks=[{"name": "clean-tree", "status": "failed"}]))],
        "error",
        "/success",
        "clean-tree",
        "recomputed",
    ),
    "ok_without_agents": Case(
        [at("runner_synthesis", runner_synthesis())], "error", "/agents", "empty", "recomputed"
    ),
    "empty_synthesis": Case(
        [at("exported_synthesis", exported_synthesis(output_markdown="# Plan\n"))],
        "warning",
        "/output_markdown",
        "headings",
        "kept",
    ),
    "unlock_contradicts": Case(
        [
            (
                f"commands/{SPEC}/spec-unlock_{SESSION}.json",
                guardrail("unlock", unlock_status="unlocked"),
            ),
            (
                f"consensus/{SPEC}/spec-unlock_synthesis.json",
                narrative_synthesis(
                    status="hold", stage="spec-unlock", telemetry=f"x/spec-unlock_{SESSION}.json"
                ),
            ),
        ],
        "error",
        "/",
        "'hold'",
        "both kept",
    ),
    "failure_without_error": Case(
        [at("native", native(success=False, checks=[{"name": "clean-tree", "status": "failed"}]))],
        "info",
        "/errors",
        "clean-tree",
        "believed",
    ),
    "participation_differs": Case(
        [at("telemetry", telemetry(agent_participation={"code": True}))],
        "warning",
        "/agent_participation",
        "code",
        "believed the calls",
    ),
    "flag_without_points": Case(
        [at("telemetry", telemetry(call(), FAILED, consensus={"disagreement_detected": True}))],
        "warning",
        "/",
        "an agent failed",
        "not counted",
    ),
    "points_without_flag": Case(
        [at("telemetry", telemetry(consensus={"disagreement_points": ["One table or two"]}))],
        "warning",
        "/",
        "1 disagreement",
        "counted",
    ),
    "unfinished_attempt": Case(
        [at("lifecycle", event())], "warning", "/", "never ended", "no end assumed"
    ),
    "zero_cost": Case(
        [at("telemetry", telemetry(call(cost_usd=0.0)))],
        "error",
        "/consensus/agents/0",
        "$0.00",
        "computed",
    ),
    "missing_cost": Case(
        [at("telemetry", telemetry(call(cost_usd=None)))],
        "warning",
        "/consensus/agents/0",
        "no cost recorded for 1",
        "left missing",
    ),
    "missing_tokens": Case(
        [at("telemetry", telemetry(call(prompt_tokens=None, total_tokens=None)))],
        "warning",
        "/consensus/agents/0",
        "no tokens recorded for 1",
        "left missing",
    ),
    "no_telemetry": Case([at("verdict", verdict())], "warning", "/", "no telemetry", "run kept"),
    "agents_differ": Case(
        [
            at("exported_synthesis", exported_synthesis(artifacts_count=23)),
            at("verdict", verdict()),
        ],
        "warning",
        "/",
        "23 agents, but 2 calls",
        "believed the calls",
    ),
    "repeated_amount": Case(
        [at("cost", cost() | {"per_model": {"a": 0.25, "b": 0.25, "c": 0.25}})],
        "warning",
        "/per_model",
        "3 agents cost $0.25 each",
        "kept",
    ),
    "cost_differs_from_price": Case(
        [at("telemetry", telemetry(call(cost_usd=0.03)))],
        "warning",
        "/consensus/agents/0",
        "4.00 times",
        "kept",
    ),
    "unknown_price": Case(
        [at("telemetry", telemetry(call(model_id="oracle-9")))],
        "warning",
        "/consensus/agents/0",
        f"oracle-9: no price list tells what it costs ({pricing_source()} of {list_day()}): 1 of",
        "left missing, never 0",
    ),
    "tokens_contradict": Case(
        [at("telemetry", telemetry(call(cached_tokens=5_000)))],
        "error",
        "/consensus/agents/0",
        "prompt 1,200, read from a cache 5,000",
        "treated as missing",
    ),
    "tokens_ambiguous": Case(
        [at("telemetry", telemetry(call(model_id="glm-4.6", cached_tokens=50, total_tokens=None)))],
        "warning",
        "/consensus/agents/0",
        "nothing tells whether cache and reasoning are inside",
        "added nothing",
    ),
    "price_before_release": Case(
        [at("telemetry", telemetry(call(model_id="gpt-5.1")))],
        "warning",
        "/consensus/agents/0",
        "gpt-5.1 came out on 2025-11-12; calls before: 1",
        "priced as when it came out",
    ),
    "price_list_older": Case(
        [
            (
                f"consensus/{SPEC}/spec-plan_2027-10-06T00:19:45Z_telemetry.jsonl",
                telemetry(timestamp="2027-10-06T00:19:45Z"),
            )
        ],
        "info",
        "/consensus/agents/0",
        "calls after the day of the price list (genai-prices",
        "priced as on that day",
    ),
    "tier_price_estimated": Case(
        [at("telemetry", telemetry(call("gpt_pro", service_tier="flex")))],
        "warning",
        "/consensus/agents/0",
        "gpt-5: the price list knows tier flex from 2026-10-12 on; calls before: 1",
        "in the same proportion",
    ),
    "totals_differ": Case(
        [at("telemetry", telemetry(consensus={"total_tokens": 9.0}))],
        "warning",
        "/",
        "3,600",
        "sum of the calls",
    ),
    "metrics_differ": Case(
        [at("metrics", call(latency_ms=1)), at("telemetry", telemetry())],
        "warning",
        "/",
        "latency_ms is 1",
        "believed the telemetry",
    ),
    "stub": Case(
        [at("telemetry", telemetry(call(latency_ms=39)))],
        "warning",
        "/consensus/agents/0",
        "39 ms",
        "left out of analyses",
    ),
    "role_played": Case(PLAYED, "warning", "/", "one writer", "left out of analyses"),
    "hand_written": Case(
        [
            at(
                "cost",
                cost(
                    breakdown=[
                        {"agent": agent, "input_tokens": 12000, "output_tokens": 8000}
                        for agent in ("gemini", "claude")
                    ]
                ),
            )
        ],
        "warning",
        "/breakdown",
        "invented",
        "not taken",
    ),
    "placeholder": Case(
        [at("baseline", "# Baseline\nA Placeholder audit.\n")],
        "info",
        "line 2",
        "placeholder",
        "no row",
    ),
    "inconsistent_indentation": Case(
        [at("guardrail", '{\n  "schemaVersion": 1,\n  "policy": {\n  "final": {}\n}\n}')],
        "info",
        "line 4",
        "indentation",
        "none needed",
    ),
    "unusable_proposal": Case(
        [at("verdict", verdict(proposal("code", "")))],
        "warning",
        "/proposals/0",
        "empty",
        "left out",
    ),
    "other_stage": Case(
        [at("verdict", verdict(proposal("gemini", answer("gemini", stage="spec-tasks"))))],
        "warning",
        "/proposals/0",
        "spec-tasks",
        "kept",
    ),
    "shared_payload": Case(
        [
            at(
                "verdict",
                verdict(*(proposal(agent, answer("gemini")) for agent in ("gemini", "gpt_pro"))),
            )
        ],
        "warning",
        "/proposals/1",
        "2 times, under gemini, gpt_pro",
        "stale copies",
    ),
    "empty_verdict": Case(
        [at("verdict", verdict() | {"proposals": []})], "error", "/proposals", "single", "run kept"
    ),
    "many_runs_in_one_file": Case(
        [
            at(
                "verdict",
                verdict(
                    proposal("gemini", answer("gemini"), "2025-11-03 19:33:48"),
                    proposal("gemini", answer("claude"), "2025-11-03 23:25:13"),
                    run_id=ABSENT,
                ),
            )
        ],
        "warning",
        "/proposals",
        "2 batches",
        "run of its own",
    ),
    "duplicate": Case(
        [(COPY, output(spec_id=ABSENT)), at("output", output(spec_id=ABSENT))],
        "info",
        "",
        PLACES["output"],
        "merged",
    ),
    "repeated_call": Case(
        [
            ("fork.jsonl", lines([logged_answer("m", 1, session="s-2")])),
            ("first.jsonl", lines([logged_answer("n", 0), logged_answer("m", 1)])),
        ],
        "info",
        "",
        "1 call in this file",
        "counted once",
    ),
    "repeated_record": Case(
        [at("telemetry", "\n".join([json.dumps(telemetry())] * 2))],
        "warning",
        "L2",
        "repeats that of L1",
        "counted once",
    ),
    "superseded": Case(
        [
            (f"2025-11-02_5e2af02/{PLACES['cost']}", cost()),
            (f"latest/{PLACES['cost']}", cost(budget=3.0)),
        ],
        "info",
        "",
        PLACES["cost"],
        "its own time",
    ),
    "override_uninvoked": Case(
        [
            (
                "experiments/e_arbitration.json",
                ARBITRATION | {"arbiter_invoked": False, "arbiter_override": True},
            )
        ],
        "warning",
        "/arbiter_override",
        "not asked about",
        "no analysis counts it",
    ),
    "unknown_column": Case(
        [("mine.csv", f"{OUTCOMES},judge\ne,u,a,1,me\n")], "warning", "L1", "'judge'", "left out"
    ),
    "repeated_outcome": Case(
        [("mine.csv", f"{OUTCOMES},repeat\ne,u,a,1,1\ne,u,a,0,1\n")],
        "warning",
        "L2",
        "a on u stands again",
        "the last one counts",
    ),
    "rate_contradicts_counts": Case(
        [("mine.csv", f"{OUTCOMES},passes,cases\ne,u,a,0.528,51,500\n")],
        "error",
        "L2",
        "52.8 % is not 51 of 500",
        "counts taken",
    ),
    "errored_result": Case(
        [("mine.json", inspect_log("success", {"error": {"message": "out of memory"}}))],
        "warning",
        "/samples/0/error",
        "sample 1, epoch 1 errored: out of memory",
        "outcome missing",
    ),
    "cached_answer": Case(
        [("mine.json", PROMPTFOO)],
        "warning",
        "",
        "1 of 1 answers came from promptfoo's cache",
        "cost, tokens and time missing",
    ),
    "unnamed_variant": Case(
        [
            (
                "run-2026-01-01T10-00-00-7.json",
                {
                    "started_at": "2026-01-01T10:00:00+00:00",
                    "cap_charged_usd": 0.1,
                    "results": [{"item_id": "a", "ok": True}],
                },
            )
        ],
        "warning",
        "",
        "does not name its configuration",
        "called 'run of 2026-01-01T10:00:00+00:00'",
    ),
    "incomplete_results": Case(
        [("mine.json", inspect_log("cancelled", {}))],
        "warning",
        "/status",
        "status 'cancelled', 1 of an unknown number of samples",
        "took what is there",
    ),
    "picked_afterwards": Case(
        [
            (
                "FINAL_RESULTS.json",
                {
                    "total_instances": 4,
                    "baseline": {"resolved_ids": ["a"]},
                    "polydev": {"resolved_ids": ["b"]},
                    "hybrid": {"resolved_ids": ["a", "b"]},
                },
            )
        ],
        "warning",
        "/hybrid",
        "2 of 4",
        "not taken for a variant",
    ),
    "assessment_without_override": Case(
        [
            (
                "experiments/e_arbitration.json",
                ARBITRATION
                | {"arbiter_invoked": True, "arbiter_override": False}
                | {"reviewer_assessment": "neutral"},
            )
        ],
        "warning",
        "/reviewer_assessment",
        "nothing was overridden",
        "treated as missing",
    ),
}


@pytest.mark.parametrize("kind", sorted(CASES))
def test_a_problem_says_file_place_severity_and_what_was_done(kind: str, tmp_path: Path) -> None:
    case = CASES[kind]
    for place, content in case.files:
        write(tmp_path, place, content)
    found = problems(sk.load(tmp_path), kind)
    source = case.files[0][0] if case.source is None else case.source
    matching = [p for p in found if case.message in p.message]
    assert matching, [p.message for p in found]
    problem = matching[0]
    assert problem.severity == case.severity
    assert (problem.source if isinstance(problem.source, str) else "") == source
    if case.locator is not None:
        assert problem.locator == case.locator
    assert case.action in problem.action


def test_a_failing_health_check_contradicts_a_summary_that_passed(tmp_path: Path) -> None:
    stage = f"commands/{SPEC}/spec-validate_{SESSION}.json"
    write(tmp_path, stage, guardrail("validate", hal=HAL_PASSED))
    forbidden = {"data": None, "errors": [{"message": "requires admin authentication"}]}
    write(tmp_path, f"commands/{SPEC}/20251006-001200Z-hal-graphql_ping.json", forbidden)
    problem = problems(sk.load(tmp_path), "ok_over_failed_checks")[0]
    assert (problem.source, problem.severity) == (stage, "error")
    assert "graphql_ping" in problem.message


def test_a_degraded_agent_under_a_status_of_ok_is_a_problem(tmp_path: Path) -> None:
    agents = {"active": [], "degraded": ["gpt_pro"]}
    write(tmp_path, PLACES["narrative_synthesis"], narrative_synthesis(agents=agents))
    assert "gpt_pro" in problems(sk.load(tmp_path), "ok_over_failed_agents")[0].message


def test_a_failed_agent_is_never_a_disagreement_that_was_declared(tmp_path: Path) -> None:
    write(tmp_path, PLACES["output"], failed_output("gemini"))
    assert not problems(sk.load(tmp_path), "points_without_flag")


@pytest.mark.parametrize("kind", ["mistyped_field", "unusable_proposal"])
def test_of_very_many_problems_of_one_file_most_are_counted(kind: str, tmp_path: Path) -> None:
    """Whether reading finds them or joining does, and every count stays true."""
    many = 1234
    if kind == "mistyped_field":
        content = telemetry(*[call(prompt_tokens=[]) for _ in range(many)])
        write(tmp_path, PLACES["telemetry"], content)
    else:
        write(tmp_path, PLACES["verdict"], verdict(*[proposal("gemini", "in words")] * many))
    evidence = sk.load(tmp_path, processes=1)
    found = evidence.problems[evidence.problems["kind"] == kind]
    assert found["number"].sum() == many
    assert len(found) == 101
    assert found["number"].iloc[-1] == many - 100
    warned = evidence.problems["severity"] == found["severity"].iloc[0]
    assert f"{evidence.problems.loc[warned, 'number'].sum():,} " in repr(evidence)
