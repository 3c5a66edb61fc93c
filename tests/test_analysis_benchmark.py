"""Runs of a coding benchmark and repeated trials, on figures that can be told by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from simulations import chance, repeated
from speckit_analysis.analysis.studies import (
    benchmark,
    benchmark_pairs,
    repeated_trials,
)
from speckit_analysis.studies.aider import DTYPES

from speckit_analysis.stats.proportions import clopper_pearson


def runs(*rows):
    """Return runs of 100 cases: (name, editor or None, passes, cost or None), and more."""
    frame = pd.DataFrame([dict.fromkeys(DTYPES) | one_run(*row) for row in rows])
    return frame.reindex(columns=[*DTYPES]).astype(DTYPES)


def one_run(model, editor, passes, cost, **more):
    name = f"{model} + {editor}" if editor else model
    given = {"run": name, "name": name, "model": model, "editor_model": editor, "cases": 100}
    return given | {"passes": passes, "cost_usd_reported": cost, "cost_usd": cost or None} | more


def trials(*passes, of=4):
    """Return trials of tasks, of which so many passed each."""
    rows = [(str(task), n, n < hits) for task, hits in enumerate(passes) for n in range(of)]
    return pd.DataFrame(rows, columns=["task", "trial", "passed"]).astype({"passed": "boolean"})


PAIRED = runs(
    ("large", None, 60, 10.0),
    ("large", "small", 75, 5.0),
    ("free", None, 40, 0.0),
    ("free", "small", 42, 0.0),
    ("small", None, 30, 0.5),
    ("orphan", "small", 50, 2.0),
)


# What was passed, and at what cost


def test_a_pass_costs_all_that_was_spent_over_the_passes():
    found = benchmark.cost_front(runs(("a", None, 25, 50.0))).iloc[0]
    exact = stats.binomtest(25, 100).proportion_ci(method="exact")
    assert (found["rate"], found["low"], found["high"]) == pytest.approx(
        (0.25, exact.low, exact.high)
    )
    assert found["cost_per_pass_usd"] == pytest.approx(2.0)
    assert found["cost_per_pass_low_usd"] == pytest.approx(0.5 / exact.high)
    assert found["cost_per_pass_high_usd"] == pytest.approx(0.5 / exact.low)


def test_without_a_pass_a_pass_has_no_price_but_a_lower_limit():
    found = benchmark.cost_front(runs(("a", None, 0, 50.0))).iloc[0]
    assert found["cost_per_pass_usd"] == found["cost_per_pass_high_usd"] == np.inf
    assert found["cost_per_pass_low_usd"] == pytest.approx(0.5 / (1 - 0.025 ** (1 / 100)))


def test_unknown_costs_are_counted_by_what_was_stated():
    stated = runs(("a", None, 1, 1.0), ("b", None, 1, 0.0), ("c", None, 1, None))
    assert "1 of 3 runs is known; 1 states $0, 1 states none" in benchmark.costs_known(stated)
    assert benchmark.costs_known(stated[:1]) == "The cost of the one run is known."


def test_runs_on_other_cases_are_left_out_and_counted():
    part = runs(
        ("a", None, 60, 9.0),
        ("b", None, 60, 9.0),
        (
            "c",
            None,
            22,
            2.4,
        ),
    )
    part.loc[2, "cases"] = 36
    used = benchmark.complete(part)
    assert used.sentence == "2 of 3 runs used; left out: 1 not on 100 cases."
    assert benchmark.complete(part.head(0)).kept.empty


def test_the_front_leaves_out_runs_of_unknown_cost():
    front = benchmark.cost_front(PAIRED)
    assert front["name"].tolist() == ["small", "orphan + small", "large + small", "large"]
    assert front["on_front"].tolist() == [True, True, True, False]
    assert front["chance_on_front"].iloc[0] == 1
    assert front["chance_on_front"].iloc[3] < 0.05
    assert "Pairs on it: orphan + small and large + small." in benchmark.front_sentence(front)


def test_no_known_cost_is_no_front():
    front = benchmark.cost_front(runs(("a", None, 5, 0.0)))
    assert front.empty
    assert benchmark.front_sentence(front) == "Of no run the cost is known: there is no front."


# Pairs


def test_each_pair_is_held_against_its_architect_alone():
    found = benchmark_pairs.against_alone(PAIRED)
    assert found["pair"].tolist() == ["large + small", "free + small"]
    first, second = found.itertuples()
    assert (first.single, first.gain, first.verdict) == (
        "large",
        pytest.approx(0.15),
        "pair passes more",
    )
    assert (first.cost_ratio, first.pair_cost_per_pass_usd) == (0.5, pytest.approx(5 / 75))
    assert second.cost_ratio is pd.NA
    assert benchmark_pairs.alone_sentence(PAIRED, found) == (
        "2 of 2 pairs passed more cases than their architects alone, 1 provably more: +2 to +15"
        " points, at 0.50 times the cost. Left out: 1 pair without a full run of the architect"
        " alone."
    )


def test_of_several_runs_alone_the_best_is_taken_then_the_cheapest():
    several = runs(
        ("m", None, 50, 9.0), ("m", None, 55, 7.0), ("m", None, 55, 6.0), ("m", "e", 60, 5.0)
    )
    several["run"] = [*"abcd"]
    (found,) = benchmark_pairs.against_alone(several).itertuples()
    assert (found.single_passes, found.single_cost_usd) == (55, 6.0)


def test_the_best_single_model_is_one_of_known_cost():
    found = benchmark_pairs.against_best(runs(*BEST))
    assert found["single"].unique().tolist() == ["known"]
    assert benchmark_pairs.best_sentence(found) == (
        "The best pair, a + b, passed 50 % against 60 % of the best single model, known, at 2.50"
        " times less cost ($4.00 against $10.00): -10 points (-23 to +4)."
    )


BEST = (("free", None, 90, 0.0), ("known", None, 60, 10.0), ("a", "b", 50, 4.0))


def test_without_pairs_there_is_nothing_to_compare():
    alone = PAIRED[PAIRED["editor_model"].isna()]
    found = benchmark_pairs.against_alone(alone)
    assert found.empty
    assert benchmark_pairs.alone_sentence(alone, found).startswith("There is no run of a pair")
    assert benchmark_pairs.best_sentence(benchmark_pairs.against_best(alone)) == ""
    orphan = PAIRED[PAIRED["model"] == "orphan"]
    told = benchmark_pairs.alone_sentence(orphan, benchmark_pairs.against_alone(orphan))
    assert told == "There is no run of an architect alone to compare 1 pair with."


# Two versions of a leaderboard


def test_restated_figures_are_found_by_run_and_not_by_name():
    before = runs(("old name", None, 50, 6.3174), ("same", None, 40, 1.0), ("gone", None, 1, 1.0))
    after = runs(("new name", None, 50, 0.0), ("same", None, 41, 1.0), ("new", None, 1, 1.0))
    after.loc[0, "run"] = "old name"
    found = benchmark.restated(before, after)
    assert found[["name", "figure", "before", "after"]].to_numpy().tolist() == [
        ["new name", "cost", "$6.32", "$0.00"],
        ["same", "passes", "40", "41"],
        ["new name", "name", "old name", "new name"],
    ]
    assert benchmark.restatement_sentence(before, after) == (
        "Of 2 runs in both versions, restated: 1 cost, 1 passes and 1 name. 1 only in the earlier,"
        " 1 only in the later."
    )


def test_a_cost_that_comes_or_goes_is_a_restatement():
    before, after = runs(("a", None, 1, None)), runs(("a", None, 1, 2.0))
    assert benchmark.restated(before, after)["before"].isna().tolist() == [True]
    assert benchmark.restated(before, before).empty
    assert "no earlier version" in benchmark.restatement_sentence(None, after)


# Repeated trials


def test_pass_hat_k_by_hand():
    tasks = repeated_trials.by_task(trials(4, 3, 0))
    rates = [repeated_trials.pass_hat(tasks, k).value for k in (1, 2, 3, 4)]
    assert rates == pytest.approx([7 / 12, (1 + 1 / 2) / 3, (1 + 1 / 4) / 3, 1 / 3])


def test_at_k_of_all_trials_the_interval_is_the_exact_one_over_tasks():
    found = repeated_trials.pass_hat(repeated_trials.by_task(trials(4, 4, 3, 1, 0)), 4)
    exact = stats.binomtest(2, 5).proportion_ci(method="exact")
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


@pytest.mark.parametrize("passes", [(0, 0, 0), (4, 4, 4), (4, 2, 0)])
def test_no_interval_is_wider_than_one_try_of_each_task_would_give(passes):
    tasks = repeated_trials.by_task(trials(*passes))
    for k in (1, 2, 3, 4):
        found = repeated_trials.pass_hat(tasks, k)
        low, high = clopper_pearson(3 * found.value, 3)
        assert low - 1e-12 <= found.low <= found.value <= found.high <= high + 1e-12


@pytest.mark.parametrize("k", [0, 5])
def test_more_tries_than_trials_are_refused(k):
    tasks = repeated_trials.by_task(trials(4, 3))
    with pytest.raises(ValueError, match=f"pass\\^{k}: the most that a task was tried is 4 times"):
        repeated_trials.pass_hat(tasks, k)


def test_tasks_that_were_tried_less_often_are_left_out_of_every_k_and_counted():
    mixed = pd.concat([trials(4, 2, 0), trials(2, of=2).assign(task="short")])
    curve = repeated_trials.pass_hat_curve(mixed)
    assert curve["tasks"].tolist() == [3, 3, 3, 3]
    assert curve["left_out"].tolist() == [1, 1, 1, 1]
    assert curve["rate"].iloc[0] == pytest.approx(0.5)
    assert repeated_trials.trials_sentence(mixed) == (
        "Tasks were tried 2 and 4 times; 1 of 4 tasks tried fewer than 4 times left out."
    )


def test_a_task_that_was_tried_more_often_is_used_as_it_is():
    mixed = pd.concat([trials(2, 2, of=2), trials(1, of=4).assign(task="long")])
    curve = repeated_trials.pass_hat_curve(mixed)
    assert curve["k"].tolist() == [1, 2]
    assert curve["rate"].tolist() == pytest.approx([(1 + 1 + 1 / 4) / 3, 2 / 3])


def test_no_trials_are_an_empty_curve():
    curve = repeated_trials.pass_hat_curve(trials())
    assert curve.empty
    assert repeated_trials.trials_sentence(trials()) == "No task was tried."
    assert "nothing can be said" in repeated_trials.repetition_sentence(curve)
    assert "none was repeated" in repeated_trials.repetition_sentence(
        repeated_trials.pass_hat_curve(trials(1, 0, of=1))
    )


#: Beta distributions of the chances of tasks: some easy and some hard, rarely passed, alike.
CHANCES = {"mixed": (0.6, 0.8), "rare": (0.2, 1.5), "alike": (20, 30)}


@repeated(160, 800)
@pytest.mark.parametrize("tasks", [10, 50])
@pytest.mark.parametrize("kind", CHANCES)
def test_the_interval_of_pass_hat_k_covers(kind, tasks, repeats):
    a, b = CHANCES[kind]
    draw = np.random.default_rng(3)
    passes = draw.binomial(4, draw.beta(a, b, (repeats, tasks)))
    for k in (1, 2, 4):
        truth = np.prod([(a + one) / (a + b + one) for one in range(k)])
        covered = 0
        for row in passes:
            found = repeated_trials.pass_hat(pd.DataFrame({"trials": 4, "passes": row}), k)
            covered += found.low <= truth <= found.high
        assert covered / repeats > 0.925 - chance(repeats, 800)


def test_the_t_interval_over_tasks_would_not_cover():
    """The reason why it is not used: where few tasks pass every time, most samples show none."""
    a, b = CHANCES["rare"]
    draw = np.random.default_rng(3)
    values = draw.binomial(4, draw.beta(a, b, (4000, 50))) == 4
    truth = np.prod([(a + one) / (a + b + one) for one in range(4)])
    reach = stats.t.ppf(0.975, 49) * values.std(axis=1, ddof=1) / np.sqrt(50)
    assert (np.abs(values.mean(axis=1) - truth) <= reach).mean() < 0.75
