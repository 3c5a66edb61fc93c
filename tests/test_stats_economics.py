"""What a gain or a success costs, and shares whose pairing is lost."""

from __future__ import annotations

import numpy as np
import pytest

from speckit_analysis.stats.economics import (
    acceptability,
    cost_per_success,
    incremental_ratio,
)
from speckit_analysis.stats.proportions import difference_kept


def test_newcombe_s_example():
    """Newcombe (1998), table II, contrast (a), method 10."""
    found = difference_kept(56, 70, 48, 80)
    assert found.value == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert found.verdict == "superior"


def test_a_difference_keeps_its_width_where_nothing_passes():
    found = difference_kept(0, 50, 0, 50)
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
        found = difference_kept(int(hits), cases, int(others), cases)
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


@pytest.mark.parametrize("rate", [0.1, 0.6, 0.9])
@pytest.mark.parametrize("n", [5, 20])
def test_the_cost_of_a_success_covers_where_failures_cost_double(n, rate):
    """Kind: a ratio of a skewed cost to a rate, failures included and dearer."""
    draw = np.random.default_rng(5)
    covered, repeats, truth = 0, 400, (rate + 2 * (1 - rate)) / rate
    for _ in range(repeats):
        passed = (draw.random(n) < rate).astype(float)
        costs = draw.lognormal(-np.log(2) / 2, np.sqrt(np.log(2)), n) * (2 - passed)
        found = cost_per_success(costs, passed, np.ones(n))
        covered += found.low <= truth <= found.high
    assert covered / repeats >= 0.96


def test_the_cost_of_a_success_counts_failures_and_is_endless_without_one():
    found = cost_per_success(np.array([1.0, 2, 3]), np.array([1.0, 0, 1]), np.ones(3))
    assert found.value == 3
    assert found.low < 3 < found.high
    none = cost_per_success(np.array([1.0, 2, 3]), np.zeros(3), np.ones(3))
    assert (none.value, none.high) == (np.inf, np.inf)
    assert np.isfinite(none.low)
