"""Money by hand: premium, budgets, reported against computed."""

from __future__ import annotations

import pytest
from frames import frame

from speckit_analysis.analysis import cost
from speckit_analysis.analysis.cost import budget
from speckit_analysis.analysis.cost.projection import usual_stages
from speckit_analysis.analysis.cost.routing import Routing, routed
from speckit_analysis.analysis.selection import in_part


def call(run, amount, **more):
    spec = run.partition("/")[0]
    return {"run_id": run, "spec_id": spec, "stage": "plan", "cost_usd": amount} | more


PRICED = [
    call("S1/plan", 0.2),
    call("S1/plan", 0.1),
    call("S1/plan", 0.1),
    call("S2/plan", 0.4),
    call("S2/plan", 0.4),
]


def test_premium_is_the_run_over_its_dearest_call():
    found = cost.consensus_premium(frame("calls", PRICED))
    assert found.runs["over_dearest"].tolist() == pytest.approx([2.0, 2.0])
    assert found.runs["over_cheapest"].tolist() == pytest.approx([4.0, 2.0])
    assert found.over_cheapest.value == pytest.approx(8**0.5)
    assert found.over_cheapest.n == 2
    assert "2.00 times its most expensive call" in found.sentence
    assert "(2 runs of 2 SPECs)" in found.sentence
    assert "only 2 SPECs" in found.sentence


def test_the_spec_is_the_unit_and_not_the_run():
    repeated = [call(f"S1/{n}", amount) for n in range(20) for amount in (1.0, 1.0)]
    single = [call("S2/plan", amount) for amount in (1.0, 0.125, 0.125)]
    found = cost.consensus_premium(frame("calls", repeated + single))
    assert len(found.runs) == 21
    assert found.over_dearest.n == 2
    assert found.over_dearest.value == pytest.approx((2.0 * 1.25) ** 0.5)


def test_runs_that_cannot_count_are_left_out_with_their_reason():
    rows = [
        *PRICED,
        call("S3/plan", 0.4),
        call("S4/plan", 0.4),
        call("S4/plan", None),
        call("S5/plan", 0.4),
        call("S5/plan", 0.0),
    ]
    found = cost.consensus_premium(frame("calls", rows))
    assert found.left_out.set_index("reason")["rows"].to_dict() == {
        "with a call that cost nothing": 1,
        "with a call whose cost is unknown": 1,
        "with one call only": 1,
    }
    assert len(found.runs) == 2


def test_a_run_without_a_call_that_is_left_out_is_no_whole_run():
    # Of three calls one repeats an old answer: two are measured, and they are not the run.
    rows = [call("S1/plan", 0.2, run_calls=3, latency_ms=9.0, agent=name) for name in ("a", "b")]
    rows += [call("S2/plan", 0.1, run_calls=2, latency_ms=9.0, agent=name) for name in ("a", "b")]
    calls = frame("calls", rows)
    found = cost.consensus_premium(calls)
    assert found.runs["run_id"].tolist() == ["S2/plan"]
    assert found.left_out.to_dict("list") == {
        "reason": ["with a call that is left out"], "rows": [1],
    }  # fmt: skip
    assert cost.run_latency(calls)["runs"].tolist() == [1]
    assert usual_stages(calls[calls["spec_id"] == "S1"]) == []


def test_of_a_routing_a_run_is_what_is_left_of_it():
    calls = frame("calls", [call("S1/plan", 0.2, run_calls=3, agent=name) for name in ("a", "b")])
    assert in_part(calls).all()
    assert not in_part(routed(calls, Routing.parse("plan=a"))).any()
    assert in_part(routed(calls, Routing())).all()


def test_premium_by_number_of_calls():
    table = cost.typical_by(cost.consensus_premium(frame("calls", PRICED)), "calls")
    assert table["calls"].tolist() == [2, 3]
    assert table["runs"].tolist() == [1, 1]
    assert table["typical"].tolist() == pytest.approx([2.0, 2.0])
    assert table["low"].isna().all()


def test_a_typical_runs_cost_takes_the_spec_as_the_unit():
    rows = [call(f"S1/{n}", 0.5) for n in range(6)] * 2 + [call("S2/plan", 2.0)] * 2
    table = cost.typical_by(cost.consensus_premium(frame("calls", rows)), "stage", "total_usd")
    assert table[["runs", "specs"]].iloc[0].tolist() == [7, 2]
    assert table["typical"].tolist() == pytest.approx([2.0])
    assert table["low"].notna().all()


def summary(spec, amount, **more):
    row = {"spec_id": spec, "scope": "total", "cost_usd_reported": amount, "superseded": False}
    return row | {"budget_usd": 2.0, "calls_reported": 3, "source": "a"} | more


def test_budget_verdicts():
    amounts = {"A": 1.0, "B": 1.6, "C": 1.8, "D": 2.0, "E": 0.0}
    costs = frame("costs", [summary(spec, amount) for spec, amount in amounts.items()])
    held = budget.budgets(costs, frame("calls")).set_index("spec_id")
    assert held["verdict"].astype("string").to_dict() == {
        "A": "within budget",
        "B": "warning",
        "C": "critical",
        "D": "exceeded",
        "E": "not measured",
    }
    assert held.loc["D", "utilization"] == 1.0
    sentence = budget.budget_sentence(held)
    assert sentence.startswith("Of 5 SPECs: 1 exceeded, 1 critical, 1 warning, 1 within budget")
    assert "1 summary records $0.00 over calls that were made" in sentence


def test_zero_without_calls_is_a_real_zero():
    costs = frame("costs", [summary("A", 0.0, calls_reported=0)])
    held = budget.budgets(costs, frame("calls"))
    assert held["verdict"].tolist() == ["within budget"]


def test_the_larger_of_summary_and_calls_counts():
    costs = frame("costs", [summary("S1", 0.0), summary("S2", 1.9)])
    held = budget.budgets(costs, frame("calls", PRICED)).set_index("spec_id")
    assert held["calls_usd"].tolist() == pytest.approx([0.4, 0.8])
    assert held["spent_usd"].tolist() == pytest.approx([0.4, 1.9])
    assert held["recorded_usd"].isna().tolist() == [True, False]


def test_the_latest_state_of_a_summary_counts_and_superseded_ones_never():
    costs = frame(
        "costs",
        [
            summary("A", 1.0, timestamp="2025-11-01"),
            summary("A", 3.0, timestamp="2025-11-02"),
            summary("A", 9.0, timestamp="2025-11-03", superseded=True),
            summary("A", 7.0, scope="stage"),
        ],
    )
    assert budget.budgets(costs, frame("calls"))["spent_usd"].tolist() == [3.0]


def test_a_default_budget_stands_in_for_a_missing_one():
    calls = frame("calls", PRICED)
    bare = budget.budgets(frame("costs"), calls)
    assert bare["verdict"].astype("string").tolist() == ["no budget", "no budget"]
    held = budget.budgets(frame("costs"), calls, default_budget_usd=0.5)
    assert held["verdict"].astype("string").tolist() == ["warning", "exceeded"]


def test_reported_against_computed():
    rows = [
        call("S1/plan", 0.1, model_id="m", cost_usd_reported=0.2),
        call("S1/plan", 0.4, model_id="m", cost_usd_reported=0.2),
        call("S1/plan", 0.5, model_id="m", cost_usd_reported=0.0),
        call("S1/plan", None, model_id="m", cost_usd_reported=1.0),
        call("S1/plan", 1.0, model_id="n"),
    ]
    table = cost.reported_against_computed(frame("calls", rows)).set_index("model_id")
    m = table.loc["m"]
    assert (m["calls"], m["both"], m["only_reported"], m["reported_as_zero"]) == (4, 3, 1, 1)
    assert m["total_ratio"] == pytest.approx(0.4)
    assert m["geometric_mean_ratio"] == pytest.approx(1.0)
    assert (m["lowest_ratio"], m["highest_ratio"]) == pytest.approx((0.0, 2.0))
    assert table["total_ratio"].isna().tolist() == [False, True]
    sentence = cost.agreement_sentence(table)
    assert sentence.startswith("What was reported is 0.40 times what the tokens cost (3 calls")


def test_a_call_reported_at_nothing_is_in_the_total_the_range_and_the_count():
    amounts = [(0.1, 0.1), (0.1, 0.0), (0.0, 0.5)]
    rows = [call("S1/plan", usd, model_id="m", cost_usd_reported=told) for usd, told in amounts]
    found = cost.reported_against_computed(frame("calls", rows)).iloc[0]
    assert (found["lowest_ratio"], found["total_ratio"], found["highest_ratio"]) == (0, 0.5, 1)
    assert found["compared"] == 2


def test_tokens_are_the_total_or_the_sum_of_known_parts():
    rows = [
        {"prompt_tokens": 10, "completion_tokens": 5, "reasoning_tokens": 2},
        {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 99},
        {"prompt_tokens": 10},
    ]
    tokens = cost.with_tokens(frame("calls", rows))["tokens"]
    assert tokens.fillna(-1).tolist() == [17, 99, -1]


def test_profile_sets_money_tokens_and_time_side_by_side():
    rows = [
        call("S1/plan", 1.0, total_tokens=10, latency_ms=100.0),
        call("S1/plan", None, total_tokens=30, latency_ms=300.0),
        call("S1/tasks", 3.0, stage="tasks"),
    ]
    table = cost.profile(cost.with_tokens(frame("calls", rows)), "stage").set_index("stage")
    plan = table.loc["plan"]
    assert (plan["calls"], plan["without_cost"], plan["cost_usd"]) == (2, 1, 1.0)
    assert (plan["share"], plan["call_usd"]) == (0.25, 1.0)
    assert (plan["tokens"], plan["call_tokens"]) == (40, 20)
    assert (plan["with_latency"], plan["median_ms"], plan["p95_ms"]) == (2, 200.0, 290.0)
    assert table.loc["tasks", ["tokens", "median_ms"]].isna().all()


def test_over_time_leaves_out_calls_without_a_moment():
    rows = [
        call("S1/plan", 1.0, timestamp="2025-11-03"),
        call("S1/plan", 2.0, timestamp="2025-11-17"),
        call("S1/plan", 4.0),
    ]
    table = cost.over_time(cost.with_tokens(frame("calls", rows)), "week")
    assert table["cost_usd"].tolist() == [1.0, 2.0]


def headline(rows, costs=()):
    calls = frame("calls", rows)
    held = budget.budgets(frame("costs", costs), calls)
    return cost.headline(calls, cost.consensus_premium(calls), held)


def test_headlines():
    assert headline([]) == (
        "Nothing measured: no call in this evidence can be used."
        " What consensus costs cannot be told from it."
    )
    assert "none of 1 call has a cost" in headline([call("S1/plan", None)])
    assert headline([], [summary("A", 1.5)]).endswith(
        "Cost summaries put 1 SPEC at $1.50, with nothing to check them against."
    )
    text = headline([*PRICED, call("S2/plan", None)])
    assert text.startswith("$1.20 went on 5 calls for 2 SPECs (1 more call without a cost")
    logged = [{"cost_usd": 1.0, "session_id": name} for name in ("a", "a", "b")]
    assert headline([*PRICED, *logged]).startswith(
        "$4.20 went on 8 calls for 2 SPECs and 2 sessions."
    )
    assert headline(logged).startswith("$3.00 went on 3 calls for 2 sessions.")


def test_a_run_takes_as_long_as_its_calls_together_or_as_the_longest():
    rows = [
        call("S1/1", None, latency_ms=1000),
        call("S1/1", None, latency_ms=3000),
        call("S2/1", None, latency_ms=5000),
        call("S2/1", None, latency_ms=5000),
        call("S3/1", None, latency_ms=9000),
        call("S3/1", None, latency_ms=None),
    ]
    (found,) = cost.run_latency(frame("calls", rows)).itertuples(index=False)
    assert tuple(found) == ("plan", 2, 4000, 7000)


def test_what_came_from_a_cache_is_told_where_it_is_known():
    rows = [
        call("S1/1", None, prompt_tokens=100, cached_tokens=50),
        call("S1/1", None, prompt_tokens=300, cached_tokens=0),
        call("S1/1", None, prompt_tokens=300),
    ]
    assert cost.cache_sentence(frame("calls", rows)) == (
        "13 % of the input came from a cache (2 calls of 3 tell)."
    )
    assert "priced in full" in cost.cache_sentence(frame("calls", rows[2:]))


def test_a_configuration_is_model_and_reasoning_mode():
    rows = [
        call("S1/1", None, model_id="gpt-5", reasoning_mode="high"),
        call("S1/1", None, model_id="gpt-5"),
        call("S1/1", None),
    ]
    found = cost.with_configuration(frame("calls", rows))["configuration"]
    assert found.fillna("").tolist() == ["gpt-5, high", "gpt-5", ""]


def test_a_run_with_an_unknown_latency_is_not_measured():
    calls = [("S1/a", 1000), ("S1/a", 1000), ("S1/b", 1000), ("S1/b", 1000), ("S1/b", None)]
    rows = [{"spec_id": "S1", "run_id": run, "latency_ms": taken} for run, taken in calls]
    told = cost.latency_sentence(frame("calls", rows))
    assert "in 1 measured run the sum over calls is 2.00 times" in told
    assert cost.latency_sentence(frame("calls", rows[2:])).startswith("No run of two calls tells")
