"""What a gain costs, the front of cost against success, and shares whose pairing is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speckit_analysis.stats.economics import (
    acceptability,
    front_probability,
    frontier,
    incremental_ratio,
    on_front,
)
from speckit_analysis.stats.proportions import independent_difference


def beaten(cost, effect):
    """Say it as the definition does, one option at a time."""
    return [
        any(
            c <= cost[i] and e >= effect[i] and (c < cost[i] or e > effect[i])
            for c, e in zip(cost, effect, strict=True)
        )
        for i in range(len(cost))
    ]


options = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5)), min_size=1, max_size=9)


@given(options)
def test_the_front_is_what_no_other_beats(found):
    cost, effect = (np.array(column, dtype=float) for column in zip(*found, strict=True))
    assert on_front(cost, effect).tolist() == [not one for one in beaten(cost, effect)]


@given(options)
def test_the_front_holds_all_that_the_frontier_does_not_call_dominated(found):
    distinct = dict.fromkeys(found)
    table = frontier({str(number): option for number, option in enumerate(distinct)})
    cost, effect = (np.array(column, dtype=float) for column in zip(*distinct, strict=True))
    front = {str(number) for number in np.flatnonzero(on_front(cost, effect))}
    assert front == set(table.loc[table["status"] != "dominated", "strategy"])


def test_draws_are_judged_one_by_one():
    effect = np.array([[0.2, 0.3], [0.3, 0.2]])
    assert on_front(np.array([1.0, 2.0]), effect).tolist() == [[True, True], [True, False]]


def test_the_cheapest_is_always_on_the_front_and_the_hopeless_never():
    chance = front_probability(np.array([1, 2, 3]), [5, 90, 10], [100, 100, 100])
    assert chance[0] == 1
    assert chance[1] > 0.999
    assert chance[2] < 0.001


def test_a_coin_s_toss_between_equals():
    chance = front_probability(np.array([1, 2]), [50, 50], [100, 100], draws=40_000)
    assert chance[1] == pytest.approx(0.5, abs=0.01)


def test_all_or_nothing_passed_is_not_certain():
    chance = front_probability(np.array([1, 2]), [10, 10], [10, 10])
    assert 0.3 < chance[1] < 0.7


def test_the_same_seed_gives_the_same_chances():
    arguments = (np.array([1, 2, 2]), [3, 5, 4], [9, 9, 9], 500)
    assert (front_probability(*arguments, 3) == front_probability(*arguments, 3)).all()


def test_newcombe_s_example():
    """Newcombe (1998), table II, contrast (a), method 10."""
    found = independent_difference(56, 70, 48, 80)
    assert found.value == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert found.verdict == "superior"


def test_a_difference_keeps_its_width_where_nothing_passes():
    found = independent_difference(0, 50, 0, 50)
    assert found.low < 0 < found.high
    assert found.verdict == "inconclusive"


def test_the_interval_is_conservative_where_results_of_a_case_go_together():
    """Half of what decides is the case itself; the truth is a difference of 10 points."""
    draw = np.random.default_rng(7)
    cases, repeats = 225, 1500
    shared = draw.random((repeats, cases)) < 0.5
    case, first, second = (draw.random((repeats, cases)) for _ in range(3))
    a = np.where(shared, case, first) < 0.6
    b = np.where(shared, case, second) < 0.5
    covered = 0
    for hits, others in zip(a.sum(axis=1), b.sum(axis=1), strict=True):
        found = independent_difference(int(hits), cases, int(others), cases)
        covered += found.low <= 0.1 <= found.high
    assert covered / repeats > 0.98


@pytest.mark.parametrize(
    ("cost", "effect", "ratio"),
    [(3, 1.5, 2.0), (-3, -1.5, 2.0), (3, -1.5, np.nan), (-3, 1.5, np.nan), (3, 0, np.nan)],
)
def test_dominance_has_no_ratio(cost, effect, ratio):
    assert incremental_ratio(cost, effect) == pytest.approx(ratio, nan_ok=True)


def test_rounding_is_no_error_of_net_benefit():
    cost, effect = np.full(3, 0.3), np.ones(3)
    assert np.isnan(acceptability(cost, effect, [1, 10])["probability"]).all()
