"""Bootstrap intervals: what they give, and when they are refused."""

from __future__ import annotations

import numpy as np
import pytest

from speckit_analysis.stats.bootstrap import bootstrap


@pytest.mark.parametrize("n", [0, 3, 6, 9])
def test_fewer_than_ten_units_are_refused(n):
    found = bootstrap(np.linspace(0.1, 0.9, n))
    assert found.bca.verdict == found.percentile.verdict == "not estimable"
    assert "covers far less than it says" in found.bca.sentence


@pytest.mark.parametrize(("n", "headline"), [(9, False), (10, False), (29, False), (30, True)])
def test_it_is_no_headline_below_thirty(n, headline):
    found = bootstrap(np.random.default_rng(1).normal(1, 1, n))
    assert found.may_be_headline is headline
    assert ("no headline" in found.bca.sentence) is (10 <= n < 30)


def test_of_a_mean_of_many_it_is_the_normal_interval():
    values = np.random.default_rng(2).normal(5, 2, 400)
    found = bootstrap(values, draws=4000)
    error = values.std() / np.sqrt(400)
    assert found.standard_error == pytest.approx(error, rel=0.05)
    for interval in (found.bca, found.percentile):
        assert interval.low == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
        assert interval.high == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)
    assert abs(found.acceleration) < 0.02


def test_a_skewed_statistic_accelerates_and_moves_the_bca_interval():
    found = bootstrap(np.random.default_rng(3).exponential(1, 40), np.var)
    assert found.acceleration > 0.02
    assert found.bca.high > found.percentile.high


def test_variables_of_a_unit_are_resampled_together():
    def correlation(first, second):
        return np.corrcoef(first, second)[0, 1]

    first = np.random.default_rng(4).normal(size=15)
    found = bootstrap(np.column_stack([first, 2 * first + 1e-3 * first**2]), correlation, draws=500)
    assert found.bca.low > 0.99


def test_a_seed_gives_the_same_digits():
    values = np.random.default_rng(5).normal(size=12)
    assert bootstrap(values, seed=7) == bootstrap(values, seed=7)
    assert bootstrap(values, seed=7) != bootstrap(values, seed=8)


def test_missing_values_and_constant_ones_make_no_interval():
    with pytest.raises(ValueError, match="1 values are missing"):
        bootstrap(np.array([np.nan] + [1.0] * 12))
    assert "changes nothing" in bootstrap(np.ones(12)).bca.refusal
