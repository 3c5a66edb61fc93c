"""What a gain costs, how large a study must be, and looking again after each unit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from simulations import chance, repeated

from speckit_analysis.stats.crossed import crossed
from speckit_analysis.stats.economics import (
    acceptability,
    cost_effectiveness,
    cost_of_pass,
    frontier,
    net_benefit,
)
from speckit_analysis.stats.planning import (
    cautious_deviation,
    plan,
    units_for_margin,
)
from speckit_analysis.stats.proportions import exact_interval
from speckit_analysis.stats.sequential import ENOUGH, e_value, watched


def test_a_frontier_leaves_out_what_another_or_a_mixture_beats():
    strategies = {
        "a": (1.0, 1.0),
        "b": (2.0, 1.2),
        "c": (3.0, 3.0),
        "d": (4.0, 2.5),
        "e": (6.0, 3.5),
    }
    found = frontier(strategies).set_index("strategy")
    assert found["status"].to_dict() == {
        "a": "frontier",
        "b": "extendedly dominated",
        "c": "frontier",
        "d": "dominated",
        "e": "frontier",
    }
    assert found["icer"].dropna().to_dict() == {"c": 1.0, "e": 6.0}


def test_a_dominated_strategy_changes_no_frontier():
    base = {"a": (1.0, 1.0), "b": (2.0, 3.0), "c": (4.0, 4.0)}
    before = frontier(base).set_index("strategy")["icer"]
    after = frontier(base | {"d": (5.0, 2.0)}).set_index("strategy")["icer"]
    assert after[before.index].fillna(-1).tolist() == before.fillna(-1).tolist()


def test_a_ratio_is_of_means_and_only_where_it_means_something():
    cost, effect = np.array([1.0, 2.0, 6.0]), np.array([1.0, 0.5, 1.5])
    found = cost_effectiveness(cost, effect)
    assert (found.ratio, found.quadrant) == (3.0, "dearer and better")
    assert np.isnan(cost_effectiveness(-cost, effect).ratio)
    assert cost_effectiveness(-cost, effect).quadrant == "cheaper and better: dominant"
    assert cost_effectiveness(cost, -effect).quadrant == "dearer and worse: dominated"
    assert cost_effectiveness(-cost, -effect).ratio == 3.0


def test_net_benefit_is_0_at_the_ratio_and_acceptability_one_half():
    cost, effect = np.array([1.0, 2.0, 6.0, 3.0]), np.array([1.0, 0.5, 1.5, 1.0])
    ratio = cost_effectiveness(cost, effect).ratio
    assert net_benefit(cost, effect, ratio).value == pytest.approx(0)
    table = acceptability(cost, effect, [0.0, ratio, 1e9])
    below, half, above = table["probability"]
    assert half == pytest.approx(0.5)
    # Worth nothing, it pays where it costs less; worth everything, where it is better.
    assert below == pytest.approx(stats.t.cdf(-cost.mean() / stats.sem(cost), 3))
    assert above == pytest.approx(stats.t.cdf(effect.mean() / stats.sem(effect), 3), abs=1e-6)


def test_the_cost_of_a_pass_is_over_the_exact_interval_of_the_rate():
    found = cost_of_pass(0.45, 9, 10)
    assert found.value == pytest.approx(0.5)
    low, high = exact_interval(9, 10)
    assert (found.low, found.high) == pytest.approx((0.45 / high, 0.45 / low))
    assert cost_of_pass(0.72, 0, 10).value == np.inf
    assert cost_of_pass(1.0, 0, 0).verdict == "not estimable"


def test_an_e_value_weighs_both_directions_against_none():
    t, n = 2.5, 6
    likely = [stats.nct.pdf(t, n - 1, sign * np.sqrt(n)) for sign in (1, -1)]
    assert e_value(t, n) == pytest.approx(np.mean(likely) / stats.t.pdf(t, n - 1))
    assert e_value(-t, n) == pytest.approx(e_value(t, n))


@repeated(160, 800)
def test_one_may_look_after_every_unit(repeats):
    draw = np.random.default_rng(8)
    histories = [np.nanmax(watched(draw.normal(size=12))) for _ in range(repeats)]
    assert np.mean(np.array(histories) >= ENOUGH) <= 0.05 + chance(repeats, 800)
    found = [np.nanmax(watched(draw.normal(1.5, 1, 12))) for _ in range(repeats // 4)]
    assert np.mean(np.array(found) >= ENOUGH) > 0.8
    assert np.isnan(watched(np.array([1.0, 1.0]))).all()


@pytest.mark.parametrize(("margin", "units"), [(0.5, [4, 6, 8, 11, 18, 27, 38]),
                                               (0.85, [3, 4, 4, 5, 8, 11, 14])])  # fmt: skip
def test_units_for_a_margin(margin, units):
    deviations = (0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2)
    assert [units_for_margin(deviation, margin) for deviation in deviations] == units


def test_no_number_of_units_is_told_where_the_power_is_not_reached():
    assert units_for_margin(10, 0.001) is None


def test_a_cautious_deviation_is_too_small_one_time_in_five():
    draw = np.random.default_rng(5)
    pilots = draw.normal(0, 1, (4000, 4)).std(axis=1, ddof=1)
    low = np.mean([cautious_deviation(pilot, 4) < 1 for pilot in pilots])
    assert low == pytest.approx(0.2, abs=0.02)


def pilot(units, reviewers, tastes, seed=1):
    draw = np.random.default_rng(seed)
    return crossed(
        draw.normal(0, 0.5, (units, 1))
        + draw.normal(0, tastes, (1, reviewers))
        + draw.normal(0, 0.3, (units, reviewers))
    )


def test_a_plan_reaches_its_power():
    found = plan(pilot(8, 3, 0.0), 0.85)
    assert found.units >= 8
    assert found.power >= 0.8


def test_a_pilot_that_tells_no_variances_plans_nothing():
    with pytest.raises(ValueError, match="one reviewer"):
        plan(crossed(np.array([[1.0], [2.0]])), 0.5)


def test_more_units_do_not_help_where_reviewers_have_tastes():
    loud = plan(pilot(10, 3, 1.2), 0.5)
    assert loud.helps == "reviewers"
    assert (loud.units, loud.power) == (0, 0.0)
    assert plan(pilot(10, 3, 0.0), 0.5).helps == "units"
