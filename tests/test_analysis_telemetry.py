"""Figures of calls and runs by hand: filtered, grouped, described."""

from __future__ import annotations

from typing import Any

import pytest
from frames import evidence, score

from speckit_analysis.analysis.ask.metrics import METRICS
from speckit_analysis.analysis.ask.telemetry import WITH_SYNTHETIC, telemetry
from speckit_analysis.errors import EvidenceError


def call(run: str, agent: str, **more: Any) -> dict[str, Any]:
    spec, stage, *_ = run.split("/")
    row = {"run_id": run, "spec_id": spec, "stage": stage, "agent": agent, "status": "ok"}
    return row | {"timestamp": "2025-10-07T10:00:00Z"} | more


def run(name: str, **more: Any) -> dict[str, Any]:
    spec, stage, *_ = name.split("/")
    row = {"run_id": name, "spec_id": spec, "stage": stage, "agents_ok": 2, "conflicts": 0}
    return row | {"timestamp": "2025-10-07T10:00:00Z"} | more


CALLS = [
    call("S1/plan", "gemini", cost_usd=0.1, latency_ms=1000, completion_tokens=50),
    call("S1/plan", "claude", cost_usd=0.3, latency_ms=4000, completion_tokens=50),
    call("S2/plan", "gemini", cost_usd=0.2, latency_ms=2000, timestamp="2025-11-01T00:00:00Z"),
    call("S2/tasks", "gemini", status="error", timestamp=None),
    call("S2/tasks", "claude", cost_usd=0.6, provenance="stub"),
]
RUNS = [run("S1/plan"), run("S2/plan", timestamp="2025-11-01T00:00:00Z"), run("S2/tasks")]
EVIDENCE = evidence(calls=CALLS, runs=RUNS)


def row(found: Any, **where: Any) -> Any:
    table = found.table
    for name, value in where.items():
        table = table[table[name] == value]
    (only,) = table.itertuples()
    return only


def test_a_cost_by_stage():
    plan = row(telemetry(EVIDENCE, "cost", ["stage"]), stage="plan")
    assert (plan.n, plan.missing) == (3, 0)
    figures = (plan.sum_usd, plan.mean_usd, plan.median_usd, plan.max_usd, plan.share)
    assert figures == pytest.approx((0.6, 0.2, 0.2, 0.3, 1.0))
    assert plan.p95_usd == pytest.approx(0.29)


def test_a_missing_figure_is_counted_and_is_not_zero():
    found = telemetry(EVIDENCE, "cost")
    assert (row(found).n, row(found).missing) == (3, 1)
    assert "1 of them without the figure: it is missing, not 0" in found.sentence
    assert "4 of 5 calls used; left out: 1 stub" in found.sentence


def test_two_columns_group_together():
    table = telemetry(EVIDENCE, "cost", ["spec", "agent"]).table
    assert table[["spec_id", "agent"]].astype(str).to_numpy().tolist() == [
        ["S1", "claude"],
        ["S1", "gemini"],
        ["S2", "gemini"],
    ]


def test_synthetic_rows_count_if_asked_for():
    assert row(telemetry(EVIDENCE, "cost", include=WITH_SYNTHETIC)).sum_usd == pytest.approx(1.2)


def test_copies_count_never():
    assert "stale_copy" not in WITH_SYNTHETIC


def test_throughput_is_tokens_over_time_in_all():
    plan = row(telemetry(EVIDENCE, "throughput", ["spec"]), spec_id="S1")
    assert plan.total_tokens_per_s == pytest.approx(100 / 5)
    assert plan.mean_tokens_per_s == pytest.approx((50 + 12.5) / 2)
    assert "sum_tokens_per_s" not in telemetry(EVIDENCE, "throughput").table


def test_the_rate_of_cache_hits_is_over_tokens():
    tokens = [(1000, 500), (3000, 0), (100, None)]
    rows = [call("S/plan", "a", prompt_tokens=p, cached_tokens=c) for p, c in tokens]
    found = row(telemetry(evidence(calls=rows), "cache-hit-rate"))
    assert (found.n, found.missing) == (2, 1)
    assert (found.total, found.mean) == pytest.approx((500 / 4000, 0.25))


def test_an_error_rate_has_an_interval():
    found = row(telemetry(EVIDENCE, "error-rate"))
    assert (found.n, found.hits, found.rate) == (4, 1, 0.25)
    assert 0 < found.low < 0.25 < found.high < 1


def test_a_runs_latency_is_a_sum_or_the_longest_call():
    by_sum = row(telemetry(EVIDENCE, "run-latency-sum", ["run"]), run_id="S1/plan")
    by_wall = row(telemetry(EVIDENCE, "run-latency-wall", ["run"]), run_id="S1/plan")
    assert (by_sum.sum_ms, by_wall.sum_ms) == (5000, 4000)


def test_a_run_with_a_call_of_unknown_cost_has_none():
    rows = [call("S1/plan", "a", cost_usd=1.0), call("S1/plan", "b")]
    found = row(telemetry(evidence(calls=rows, runs=[run("S1/plan")]), "run-cost"))
    assert (found.n, found.missing) == (0, 1)


def test_disagreements_are_counted_once_and_outages_never():
    point = {"run_id": "S1/plan", "spec_id": "S1", "origin": "declared", "degradation": False}
    points = [
        point | {"topic": "a", "description": "x"},
        point | {"topic": "a", "description": "x"},
        point | {"topic": "b", "description": "y"},
        point | {"topic": "c", "description": "z", "degradation": True},
    ]
    held = evidence(runs=RUNS, disagreements=points)
    found = telemetry(held, "disagreements", ["run"], min_count=1)
    assert found.table[["run_id", "sum"]].to_numpy().tolist() == [["S1/plan", 2]]
    assert row(telemetry(held, "disagreement-rate")).rate == pytest.approx(1 / 3)


def test_quality_is_the_reviewers_score_before_what_runs_record():
    runs = [run("S1/plan", completeness_score=3.0), run("S1/tasks", human_review_score=7.0)]
    assert row(telemetry(evidence(runs=runs), "quality")).mean_points == 5
    reviews = [score("S1", 9.0)]
    assert row(telemetry(evidence(runs=runs, reviews=reviews), "quality")).mean_points == 9


def test_quality_counts_complete_cards_of_one_experiment_once():
    reviews = [
        score("S1", 9.0),
        score("S1", 7.0, reviewer="R2"),
        score("S1", 1.0, reviewer="R3", complete=False),
        score("S1", 2.0, repeat_of="p1"),
        score("S1", 3.0, variant=None),
        score("S1", 4.0, experiment="other"),
    ]
    found = telemetry(evidence(reviews=reviews), "quality")
    assert (row(found).n, row(found).mean_points) == (2, 8)
    assert "2 of 6 scores used" in found.sentence
    reasons = {"on a card that is not complete", "of a second reading", "not unblinded"}
    assert set(found.selection.left_out["reason"]) == reasons | {"of the experiment other"}


def test_quality_counts_the_overall_score_only_where_there_is_nothing_else():
    overall = [score("S1", 2.0, criterion="overall"), score("S2", 2.0, criterion="overall")]
    assert row(telemetry(evidence(reviews=overall), "quality")).mean_points == 2
    found = telemetry(evidence(reviews=[*overall, score("S1", 9.0)]), "quality")
    assert (row(found).n, row(found).mean_points) == (1, 9)
    assert "left out: 2 of the overall score" in found.sentence


def test_only_the_specs_asked_for():
    found = telemetry(EVIDENCE, "cost", specs=["S1"])
    assert row(found).sum_usd == pytest.approx(0.4)
    assert "2 of other SPECs" in found.sentence


def test_a_condition_on_columns():
    found = telemetry(EVIDENCE, "cost", where='agent == "gemini" and cost_usd > 0.1')
    assert row(found).sum_usd == pytest.approx(0.2)


def test_stages_are_compared_by_their_order():
    assert row(telemetry(EVIDENCE, "cost", where='stage < "tasks"')).n == 3


def test_since_and_until_take_days_and_months():
    def spent(**window: str) -> float:
        return float(row(telemetry(EVIDENCE, "cost", **window)).sum_usd)

    assert spent(since="2025-11") == pytest.approx(0.2)
    assert spent(until="2025-10") == pytest.approx(0.4)
    assert spent(since="2025-10-07", until="2025-10-07") == pytest.approx(0.4)
    assert spent(since="2025-10-07T10:00:01", until="2025-11-01") == pytest.approx(0.2)


def test_rows_without_a_time_are_in_no_window():
    assert "1 without a timestamp" in telemetry(EVIDENCE, "cost", since="2025-10").sentence


def test_small_groups_are_left_out_if_asked_for():
    assert telemetry(EVIDENCE, "cost", ["spec"], min_count=2).table["spec_id"].tolist() == ["S1"]


@pytest.mark.parametrize(
    ("metric", "options", "said"),
    [
        ("cst", {}, "no metric 'cst'; there are: cost, cost-reported"),
        ("cost", {"by": ["spce"]}, "cannot be grouped by 'spce'; it can by spec, stage"),
        ("run-cost", {"by": ["agent"]}, "run-cost cannot be grouped by 'agent'"),
        ("cost", {"specs": ["S3"]}, "no SPEC 'S3' in this evidence; there are: S1, S2"),
        ("cost", {"since": "2025-13"}, "--since '2025-13': no such date"),
        ("cost", {"since": "11.10.2025"}, "--since '11.10.2025': no such date"),
        ("cost", {"since": ""}, "--since '': no such date"),
        (
            "cost",
            {"since": "2025-11", "until": "2025-10"},
            "--since 2025-11 is later than --until 2025-10: nothing is in between",
        ),
        ("cost", {"until": "yesterday morning"}, "no such date; write 2025-10-31"),
        ("cost", {"where": "stge == 1"}, "no column 'stge'; did you mean stage? There are: run_id"),
        ("cost", {"where": "stage == plan"}, "no column 'plan'; write it in quotes, as 'plan'"),
        ("cost", {"where": "cost_usd"}, "is no condition"),
        (
            "cost",
            {"where": 'timestamp > "2025-10-08"'},
            "timestamp is a moment in UTC, and '2025-10-08' has no time zone; write"
            " '2025-10-08T00:00:00Z', or give days to --since and --until",
        ),
        ("cost", {"where": '"2025-10" == timestamp'}, "give days to --since and --until"),
        ("cost", {"where": 'model_id > "a" and stage == "plan"'}, "Unordered Categoricals"),
        ("cost", {"where": 'stage = "plan"'}, "is no condition: it gives no yes or no for each"),
        ("cost", {"where": 'stage < "tsks"'}, "no row has stage 'tsks': did you mean tasks?"),
        ("cost", {"where": 'stage == "paln"'}, "No row has stage 'paln': did you mean plan?"),
        ("cost", {"where": 'agent.isin(["gemni"])'}, "nothing is left. None of"),
        ("cost", {"where": "stage =="}, "write a condition on columns"),
        ("cost", {"where": "@__builtins__"}, "write a condition on columns"),
        ("cost", {"where": 'agent == "gpt"'}, "No row has agent 'gpt': there are: claude, gemini."),
        ("cost", {"where": "cost_usd > 99"}, "There are: SPECs S1, S2; stages plan, tasks"),
        ("cost", {"since": "2031"}, "times 2025-10-07 to 2025-11-01"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_there_is(metric, options, said):
    with pytest.raises(EvidenceError) as refused:
        telemetry(EVIDENCE, metric, **options)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("where", "hint"),
    [
        ('agent == "gemini" or agent == "cluade"', "no row has agent 'cluade': did you mean cl"),
        ('agent in ["gemini", "cluade"]', "no row has agent 'cluade': did you mean claude?"),
        ('stage != "paln"', "no row has stage 'paln': did you mean plan?"),
        ('stage != "unlock"', ""),
        ("timestamp.notna() and run_id == run_id", ""),
        ("abs(cost_usd) < 99 and index >= 0", ""),
        ('error != "timeout" or error.isna()', ""),
        ('agent.str.startswith("gem") == True', ""),
        ('"validate" > stage >= "plan"', ""),
        ('timestamp >= "2025-10-01T00:00:00Z"', ""),
    ],
)
def test_a_text_that_no_row_has_is_told_beside_the_figures(where, hint):
    found = telemetry(EVIDENCE, "cost", where=where)
    assert found.hint.startswith(hint)
    assert bool(found.hint) == bool(hint)
    assert (f"In the condition, {hint}" in found.sentence) == bool(hint)


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_copes_with_evidence_of_nothing(metric):
    found = telemetry(evidence(), metric, [METRICS[metric].by[0]])
    assert found.table.empty
    assert "There are no" in found.sentence


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_groups_by_all_it_says(metric):
    for name in METRICS[metric].by:
        assert "n" in telemetry(EVIDENCE, metric, [name]).table
