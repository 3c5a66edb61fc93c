"""What the next SPECs will cost, and what another routing would have saved."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from frames import frame
from scipy import stats
from simulations import at_length, chance

import speckit_analysis as sk
from speckit_analysis.analysis.cost import projection
from speckit_analysis.analysis.cost.projection import (
    by_complexity,
    project,
    projection_sentence,
    spec_costs,
)
from speckit_analysis.analysis.cost.routing import (
    Routing,
    routed,
    routings_of,
    savings,
    savings_sentence,
)
from speckit_analysis.analysis.selection import measured
from speckit_analysis.errors import EvidenceError


def call(spec, stage, agent, usd, run=1, **more):
    row = {"run_id": f"{spec}/{stage}/{run}", "spec_id": spec, "stage": stage, "agent": agent}
    return row | {"cost_usd": usd, "timestamp": "2025-11-10"} | more


def specs(*levels, **more):
    return frame(
        "calls",
        [
            call(f"S{n}", stage, agent, level * size * share, prompt_tokens=1000 * (n + 1), **more)
            for n, level in enumerate(levels)
            for stage, size in (("plan", 1.0), ("tasks", 2.0))
            for agent, share in (("claude", 0.5), ("gemini", 0.25), ("gpt_pro", 0.25))
        ],
    )


def saving(calls, routing, **more):
    ((found,), _) = savings(calls, [routing], **more)
    return found


def costs_of(calls, **more):
    return dict(spec_costs(calls, **more).kept[["spec_id", "cost_usd"]].to_numpy().tolist())


def test_a_spec_costs_what_its_stages_cost():
    assert costs_of(specs(1.0, 2.0)) == {"S0": 3.0, "S1": 6.0}


def test_a_stage_that_ran_again_is_paid_again():
    rows = [call("S0", "plan", "a", 1.0), call("S0", "plan", "a", 3.0, run=2)]
    assert costs_of(frame("calls", rows)) == {"S0": 4.0}


def test_a_run_with_an_unknown_cost_costs_as_much_as_the_others_of_its_stage():
    rows = [
        call("S0", "plan", "a", None),
        call("S0", "plan", "b", 9.0),
        call("S0", "plan", "a", 1.0, run=2),
        call("S0", "plan", "a", 2.0, run=3),
    ]
    found = spec_costs(frame("calls", rows)).kept.iloc[0]
    assert (found["cost_usd"], found["runs"]) == (4.5, 3)


def test_specs_without_every_usual_stage_are_left_out_and_counted():
    calls = specs(1.0, 1.0, 1.0)
    short = calls[~((calls["spec_id"] == "S2") & (calls["stage"] == "tasks"))]
    found = spec_costs(short)
    assert found.kept["spec_id"].tolist() == ["S0", "S1"]
    assert "1 without a cost of every usual stage" in found.sentence


def test_a_stage_that_few_went_through_is_paid_where_it_was():
    calls = pd.concat(
        [specs(1.0, 1.0, 1.0), frame("calls", [call("S0", "audit", "a", 5.0)])], ignore_index=True
    )
    assert costs_of(calls) == {"S0": 8.0, "S1": 3.0, "S2": 3.0}
    calls.loc[calls["stage"] == "audit", "cost_usd"] = pd.NA
    found = spec_costs(calls)
    assert found.kept["spec_id"].tolist() == ["S1", "S2"]
    assert "1 without a cost of a stage that it went through" in found.sentence


def test_specs_are_classed_by_the_size_of_their_prompts_or_as_told():
    found = spec_costs(specs(*[1.0] * 6)).kept
    assert found["complexity"].tolist() == [size for size in projection.SIZES for _ in "ab"]
    told = spec_costs(specs(1.0, 1.0), {"S0": "simple", "S1": "critical"}).kept
    assert told["complexity"].tolist() == ["simple", "critical"]
    assert spec_costs(specs(1.0, 1.0)).kept["complexity"].isna().all()


def test_the_next_spec_has_a_prediction_interval():
    costs = pd.Series([1.0, 2.0, 4.0, 8.0])
    logs = np.log(costs)
    reach = stats.t.ppf(0.975, 3) * logs.std(ddof=1) * np.sqrt(1.25)
    found = project(costs)
    assert found.value == pytest.approx(8**0.5)
    assert (found.low, found.high) == pytest.approx(
        (np.exp(logs.mean() - reach), np.exp(logs.mean() + reach))
    )
    assert "(log-t, 4 SPECs with all reruns; 4 of 4 lie where" in projection_sentence(found)


def test_a_prediction_is_checked_on_specs_that_were_left_out():
    costs = pd.Series([1.0, 1.1, 0.9, 1.05, 0.95, 3.0])
    found = project(costs)
    inside = 0
    for place in costs.index:
        others = project(costs.drop(place))
        inside += others.low <= costs[place] <= others.high
    assert (found.covered, found.checked) == (inside, 6) == (5, 6)
    # Of three SPECs the two others predict nothing.
    assert project(costs.head(3)).checked == 0
    assert project(costs, number=3).checked == 0
    table = by_complexity(pd.DataFrame({"cost_usd": costs, "complexity": pd.NA}))
    assert table.loc[0, ["covered", "checked"]].tolist() == [5, 6]


def simulated_calls(draw, number):
    """Calls of SPECs whose stages run again now and then; some runs blow up."""
    rows = []
    for n in range(number):
        size = np.exp(draw.normal(0, 0.25))
        for stage, usual in (("plan", 1.0), ("tasks", 0.8), ("implement", 2.0), ("audit", 0.7)):
            for run in range(1 + draw.binomial(3, 0.25)):
                usd = (
                    usual * size * np.exp(draw.normal(0, 0.3)) * (6 if draw.random() < 0.04 else 1)
                )
                rows.append(call(f"S{n:02}", stage, "a", usd, run))
    return frame("calls", rows)


@pytest.mark.parametrize("fraction", [10, at_length(1)])
@pytest.mark.parametrize("n", [3, 4, 8])
def test_predictions_cover_specs_with_reruns_and_blow_ups(n, fraction):
    draw, long = np.random.default_rng(n), 1000
    repeats = long // fraction
    covered = checked = inside = 0
    for _ in range(repeats):
        calls = simulated_calls(draw, n + 1)
        spent = calls.groupby("spec_id", observed=True)["cost_usd"].sum().astype(float)
        *past, new = spent.index
        found = project(spec_costs(calls[calls["spec_id"].isin(past)]).kept["cost_usd"])
        inside += found.low <= spent[new] <= found.high
        covered, checked = covered + found.covered, checked + found.checked
    assert inside / repeats >= 0.94 - chance(repeats, long)
    assert checked == (n * repeats if n > 3 else 0)
    if checked:
        assert covered / checked >= 0.93 - chance(repeats, long)


def test_the_sample_s_own_specs_lie_where_the_next_is_predicted():
    used = measured(sk.load(sk.sample_path()).calls).kept
    costs = spec_costs(used).kept
    found = project(costs["cost_usd"])
    assert (found.n, found.covered, found.checked) == (4, 4, 4)
    assert costs["cost_usd"].between(found.low, found.high).all()
    assert costs["runs"].tolist() == [9, 10, 9, 8]


def test_simulated_totals_of_one_spec_are_the_closed_interval():
    costs = pd.Series([1.0, 1.3, 1.6, 0.9, 1.1, 1.2])
    logs = np.log(costs)
    closed = project(costs)
    totals = projection._totals(logs.to_numpy(), 1, seed=3)
    assert np.quantile(totals, [0.025, 0.975]) == pytest.approx([closed.low, closed.high], rel=0.03)


def test_the_same_seed_gives_the_same_total():
    costs = pd.Series([1.0, 1.3, 1.6])
    assert project(costs, 10, seed=1) == project(costs, 10, seed=1)


@pytest.mark.parametrize("fraction", [5, at_length(1)])
@pytest.mark.parametrize(("n", "number"), [(4, 1), (8, 1), (4, 10), (8, 10), (12, 10)])
def test_predictions_cover(n, number, fraction):
    draw = np.random.default_rng(100 * n + number)
    long = 400 if number > 1 else 3000
    covered, repeats = 0, long // fraction
    for repeat in range(repeats):
        past = pd.Series(np.exp(draw.normal(0.5, 0.6, n)))
        future = float(np.exp(draw.normal(0.5, 0.6, number)).sum())
        found = project(past, number, seed=repeat)
        covered += found.low <= future <= found.high
    assert covered / repeats >= (0.94 if number == 1 else 0.92) - chance(repeats, long)


def test_two_specs_predict_nothing():
    found = project(pd.Series([1.0, 2.0]))
    assert np.isnan(found.low)
    assert "cannot be told: 2 SPECs with a known cost, and it takes 3" in projection_sentence(found)
    assert "0 SPECs" in projection_sentence(project(pd.Series(dtype=float)))


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("number", [1, 20])
@pytest.mark.parametrize(
    ("costs", "why"),
    [
        ([1, 1, 1], "all 3 SPECs cost $1.00, which tells no spread"),
        ([1e-3, 1, 1e3], "costs differ so much that its ends would lie a factor of 1,000,000"),
        ([1e-300, 1, 1e300], "costs differ so much"),
        ([0, 1, 2], "a cost that is not above 0 has no logarithm"),
    ],
)
def test_costs_that_tell_no_interval_are_refused_in_words(costs, why, number):
    found = project(pd.Series(costs, dtype=float), number)
    assert f"cannot be told: {why}" in projection_sentence(found, number)
    assert np.isnan([found.low, found.value, found.high]).all()


def test_each_class_is_predicted_on_its_own():
    table = by_complexity(spec_costs(specs(*[1.0, 1.1, 1.3] * 3)).kept)
    assert table["complexity"].tolist() == ["all SPECs", *projection.SIZES]
    assert table["specs"].tolist() == [9, 3, 3, 3]
    assert table["low_usd"].notna().all()


def test_a_routing_leaves_out_agents_at_a_stage():
    calls = specs(1.0, 2.0, 4.0)
    routing = Routing.parse("tasks=claude+gpt_pro")
    left = routed(calls, routing)
    assert set(left.loc[left["stage"] == "tasks", "agent"]) == {"claude", "gpt_pro"}
    assert set(left.loc[left["stage"] == "plan", "agent"]) == {"claude", "gemini", "gpt_pro"}


def test_a_run_without_an_agent_that_the_routing_wants_has_no_known_cost():
    calls = specs(1.0, 1.0)
    lacking = (calls["spec_id"] == "S1") & (calls["agent"] == "gpt_pro")
    left = routed(calls[~(lacking & (calls["stage"] == "plan"))], Routing.parse("*=claude+gpt_pro"))
    assert set(left.loc[left["stage"] == "plan", "spec_id"]) == {"S0"}
    assert set(left.loc[left["stage"] == "tasks", "spec_id"]) == {"S0", "S1"}


def test_an_agent_that_never_works_on_a_stage_is_not_wanted_there():
    calls = pd.concat(
        [specs(1.0), frame("calls", [call("S0", "plan", "gpt_codex", 1.0)])], ignore_index=True
    )
    left = routed(calls, Routing.parse("*=claude+gpt_codex"))
    assert set(left.loc[left["stage"] == "tasks", "agent"]) == {"claude"}


def test_a_class_of_a_spec_that_is_not_there_is_refused():
    with pytest.raises(EvidenceError, match="complexity of 'S7': no such SPEC"):
        spec_costs(specs(1.0), {"S7": "simple"})


def test_a_routing_of_every_stage():
    assert set(routed(specs(1.0), Routing.parse("*=claude"))["agent"]) == {"claude"}


def test_another_model_costs_its_own_price_for_the_same_tokens():
    rows = [
        call("S0", "plan", "claude", 0.018, prompt_tokens=1000, completion_tokens=1000),
        call("S0", "plan", "gemini", 0.5),
    ]
    left = routed(frame("calls", rows), Routing.parse("claude:claude-haiku-4-5"))
    assert left["cost_usd"].tolist() == pytest.approx([0.006, 0.5])


def test_a_saving_is_of_the_sum_and_its_interval_of_the_typical_spec():
    calls = specs(1.0, 2.0, 4.0)
    # Claude is cheaper at one SPEC than at the others.
    dear = (calls["spec_id"] == "S2") & (calls["agent"] == "claude")
    calls["cost_usd"] = calls["cost_usd"].mask(dear, calls["cost_usd"] * 2)
    found = saving(calls, Routing.parse("*=claude"), goal=0.2)
    current, other = [3.0, 6.0, 18.0], [1.5, 3.0, 12.0]
    assert found.share == pytest.approx(1 - sum(other) / sum(current))
    ratios = np.log(np.array(other) / np.array(current))
    expected = 1 - np.exp(stats.t.interval(0.95, 2, ratios.mean(), stats.sem(ratios)))
    assert (found.typical.high, found.typical.low) == pytest.approx(tuple(expected))
    assert "nothing is said of quality" in found.sentence


@pytest.mark.parametrize(
    ("goal", "verdict"), [(0.1, "meets the goal"), (0.4, "inconclusive"), (0.9, "misses the goal")]
)
def test_a_saving_is_held_against_a_goal_with_its_whole_interval(goal, verdict):
    calls = specs(1.0, 1.1, 0.9, 1.2)
    share = calls["spec_id"].map({"S0": 1.0, "S1": 1.3, "S2": 1.6, "S3": 1.2}).astype(float)
    claude = calls["agent"] == "claude"
    calls["cost_usd"] = calls["cost_usd"].mask(claude, calls["cost_usd"] * share)
    assert saving(calls, Routing.parse("*=claude"), goal=goal).verdict == verdict


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("*=gpt_codex", "Only gpt_codex cannot be priced: gpt_codex never worked on plan."),
        ("plan=gpt_codex", "Only gpt_codex at plan cannot be priced: gpt_codex never"),
        ("plan=claude+gemini", "claude and gemini never worked together on plan."),
    ],
)
def test_a_stage_that_nobody_works_on_is_not_saved(text, said):
    calls = specs(1.0, 2.0, 3.0)
    other = (calls["stage"] == "tasks") & (calls["agent"] == "gemini")
    calls["agent"] = calls["agent"].astype("string").mask(other, "gpt_codex")
    gemini = (calls["stage"] == "plan") & (calls["agent"] == "gemini")
    calls["run_id"] = calls["run_id"].mask(gemini, calls["run_id"] + "-again")
    found = saving(calls, Routing.parse(text))
    assert found.verdict == "not estimable"
    assert said in found.sentence
    assert said in savings_sentence([found])


def test_savings_of_several_routings_stand_beside_what_was_recorded():
    routings = [Routing.parse(text) for text in ("*=claude", "tasks=claude")]
    found, table = savings(specs(1.0, 2.0, 3.0), routings, month=10)
    said = savings_sentence(found)
    assert said.startswith("Of 2 other routings, this saves most: Only claude would save 50 %")
    assert table["routing"].tolist() == ["as recorded", "only claude", "only claude at tasks"]
    assert table["saving_share"].tolist() == pytest.approx([0, 0.5, 1 / 3])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tasks", "write stage=agent+agent, or agent:model"),
        ("tasks=", "write stage=agent+agent"),
        ("audit=claude", "no stage 'audit' in this evidence; there are: plan, tasks"),
        ("tasks=cloude", "no agent 'cloude' in this evidence; did you mean claude"),
        ("gemini:oracle-9", "no price list tells what oracle-9 cost"),
    ],
)
def test_a_routing_that_makes_no_sense_is_refused(text, said):
    calls = specs(1.0, completion_tokens=10)
    with pytest.raises(EvidenceError) as refused:
        routed(calls, Routing.parse(text))
    assert said in str(refused.value)


def test_routings_are_listed_or_each_agent_alone():
    calls = specs(1.0)
    listed = routings_of(calls, "tasks=claude; *=gemini")
    assert [routing.name for routing in listed] == ["only claude at tasks", "only gemini"]
    some = calls[~((calls["agent"] == "gemini") & (calls["stage"] == "plan"))]
    alone = [routing.name for routing in routings_of(some)]
    assert alone == ["only claude", "only gpt_pro"]
    assert routings_of(frame("calls")) == []


def test_a_routing_runs_a_stage_as_often_as_it_was_run():
    calls = specs(1.0, 2.0)
    again = calls[(calls["stage"] == "plan") & (calls["agent"] == "gemini")]
    again = again.assign(run_id=again["run_id"] + "-again")
    found = saving(pd.concat([calls, again], ignore_index=True), Routing.parse("*=claude"))
    # Twice a plan of (1 + 0.25) / 2 on average, for twice a plan of 0.5.
    assert found.current_usd == pytest.approx(3 * (2 * 0.625 + 2))
    assert found.share == pytest.approx(1 - 3 * (2 * 0.5 + 1) / found.current_usd)


def test_no_routing_changes_nothing():
    calls = specs(1.0)
    assert Routing.parse("").name == "as recorded"
    pd.testing.assert_frame_equal(routed(calls, Routing.parse("")), calls)


def test_nothing_is_saved_where_nothing_is_known():
    found = saving(specs(1.0).assign(cost_usd=pd.NA), Routing())
    assert found.verdict == "not estimable"
    assert "no SPEC has a known cost" in found.sentence


def test_of_no_routing_nothing_can_be_said():
    found, table = savings(specs(1.0), [])
    assert table.empty
    assert "cannot be told" in savings_sentence(found)


def test_a_single_model_is_cheaper_on_the_sample():
    used = measured(sk.load(sk.sample_path()).calls).kept
    found = saving(used, Routing.parse("*=claude"))
    assert found.verdict == "meets the goal"
    assert 0.5 < found.share < 0.7
