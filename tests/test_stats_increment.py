"""A gain and its cost, by means, errors and correlation."""

from __future__ import annotations

import numpy as np
import pytest

from speckit_analysis.stats import economics
from speckit_analysis.stats.economics import (
    acceptability,
    cost_effectiveness,
    expected_cost_of_pass,
    frontier_cost_of_pass,
    net_benefit,
)
from speckit_analysis.stats.increment import Increment, increment, incremental_ratio
from speckit_analysis.stats.ratios import fieller

DRAW = np.random.default_rng(1)
EFFECT = DRAW.normal(0.4, 0.3, 8)
COST = 1.5 + 0.5 * EFFECT + DRAW.normal(0, 0.4, 8)
WORTHS = [0.0, 1.0, 4.0, 10.0]


def test_paired_differences_make_the_same_curve():
    found = increment(COST, EFFECT).acceptability(WORTHS)["probability"].to_numpy()
    assert found == pytest.approx(acceptability(COST, EFFECT, WORTHS)["probability"].to_numpy())


def test_net_benefit_has_the_error_of_paired_net_benefits():
    table = increment(COST, EFFECT).net_benefit([4.0])
    known = net_benefit(COST, EFFECT, 4.0)
    assert table["net_benefit"][0] == pytest.approx(known.value)
    assert table["standard_error"][0] == pytest.approx(known.standard_error)


def test_the_break_even_worth_is_the_ratio_with_fieller_s_set():
    step, known = increment(COST, EFFECT), fieller(COST, EFFECT).estimate
    found = step.break_even().estimate
    assert found.value == step.ratio == cost_effectiveness(COST, EFFECT).ratio
    assert (found.low, found.high) == pytest.approx((known.low, known.high))


def test_it_is_as_likely_as_not_to_pay_at_the_ratio():
    step = Increment(2.0, 0.5, 0.3, 0.2, correlation=-0.4)
    assert step.acceptability([step.ratio])["probability"][0] == pytest.approx(0.5)


def test_worth_nothing_only_cost_counts_and_worth_all_only_effect():
    step = Increment(-1.0, 0.3, 0.5, 0.2)
    ends = step.acceptability([0.0, np.inf])["probability"]
    almost = step.acceptability([1e9])["probability"][0]
    assert ends[0] == pytest.approx(0.97725, abs=1e-5)  # 2 standard errors cheaper
    assert ends[1] == pytest.approx(almost, abs=1e-6)


def test_cost_in_cents_moves_the_ratio_and_not_the_probability():
    step, cents = increment(COST, EFFECT), increment(100 * COST, EFFECT)
    assert cents.ratio == pytest.approx(100 * step.ratio)
    assert cents.acceptability([400.0])["probability"][0] == pytest.approx(
        step.acceptability([4.0])["probability"][0]
    )


@pytest.mark.parametrize(
    ("cost", "effect", "ratio"),
    [(3, 1.5, 2.0), (-3, -1.5, 2.0), (3, -1.5, np.nan), (-3, 1.5, np.nan), (3, 0, np.nan)],
)
def test_dominance_has_no_ratio(cost, effect, ratio):
    assert incremental_ratio(cost, effect) == pytest.approx(ratio, nan_ok=True)


def test_errors_and_correlations_that_are_none_are_refused():
    with pytest.raises(ValueError, match="correlation"):
        Increment(1.0, 1.0, 0.1, 0.1, correlation=1.5)
    with pytest.raises(ValueError, match="two pairs"):
        increment(COST, EFFECT[1:])


def test_a_pass_costs_the_least_of_all_who_can():
    assert frontier_cost_of_pass([0.7], [0.0]) == np.inf
    assert frontier_cost_of_pass([0.7], [0.0], baseline=20.0) == 20.0
    assert frontier_cost_of_pass([0.7, 0.1], [0.7, 0.2], baseline=20.0) == 0.5
    with pytest.raises(ValueError, match="between 0 and 1"):
        expected_cost_of_pass([0.1], [1.2])


def test_rounding_is_no_error_of_net_benefit():
    cost, effect = np.full(3, 0.3), np.ones(3)
    assert np.isnan(economics.acceptability(cost, effect, [1, 10])["probability"]).all()
    assert np.isnan(increment(cost, effect).acceptability([1, 10])["probability"]).all()
