"""Intervals against scipy, published values and their own definition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from simulations import chance, repeated

from speckit_analysis.analysis.intervals import (
    clustered_shares,
    equal_rates,
    share,
    small_sample,
    told_apart,
    typical,
)
from speckit_analysis.stats.proportions import clopper_pearson


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (4, 15), (10, 10), (1, 1), (37, 401)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_clopper_pearson_equals_scipy(hits, n, confidence):
    expected = stats.binomtest(hits, n).proportion_ci(confidence, method="exact")
    low, high = clopper_pearson(hits, n, confidence)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_clopper_pearson_of_nothing_is_nothing():
    low, high = clopper_pearson([0, 1], [0, 2])
    assert np.isnan(low[0])
    assert np.isnan(high[0])
    assert not np.isnan(low[1])


@pytest.mark.parametrize(("confidence", "told"), [(0.95, "95 %"), (0.975, "97.5 %")])
def test_a_level_is_told_as_it_was_chosen(confidence, told):
    found = share(pd.Series([True, False, False, False]), confidence=confidence)
    assert found.interval.startswith(f"{told} interval ")


def test_share_without_observations_is_not_estimable():
    found = share(pd.Series([], dtype=bool))
    assert np.isnan(found.estimate)
    assert found.interval == "not estimable: n = 0"


def test_clusters_that_are_alike_inside_widen_the_interval():
    hits = pd.Series([True] * 6 + [False] * 6)
    alone = share(hits)
    alike = share(hits, pd.Series(list("aaabbbcccddd")))
    mixed = share(hits, pd.Series(list("abcdefabcdef")))
    assert (alike.hits, alike.n, alike.clusters) == (6, 12, 4)
    assert alike.low < mixed.low <= alone.low
    assert alike.high > mixed.high >= alone.high


def test_clustered_shares_by_hand():
    hits, n = np.array([0, 0, 1, 0, 3.0]), np.array([4, 6, 5, 3, 12.0])
    effective, low, high = clustered_shares(hits, n, np.zeros(5, dtype=int), 1)
    assert effective == pytest.approx([10], abs=0.05)
    assert (low[0], high[0]) == pytest.approx((0.0075, 0.4841), abs=1e-4)
    nothing = share(pd.Series([False] * 24), pd.Series(np.arange(24) // 3))
    assert (nothing.low, nothing.high) == pytest.approx((0, 0.3694), abs=1e-4)


def test_clusters_of_one_give_the_exact_interval():
    hits = pd.Series([True] * 4 + [False] * 11)
    found = share(hits, pd.Series(range(15)))
    assert (found.low, found.high) == pytest.approx((0.0779, 0.5510), abs=5e-5)


def test_one_cluster_is_taken_as_it_is():
    found = share(pd.Series([True, False]), pd.Series(["a", "a"]))
    assert found.clusters == 1
    assert (found.low, found.high) == (share(pd.Series([True, False])).low, found.high)


def clustered_counts(generator, clusters, runs, rate, correlation, repeats):
    """Return hits per repeat and cluster, alike within clusters (beta-binomial)."""
    strength = (1 - correlation) / correlation
    rates = generator.beta(rate * strength, (1 - rate) * strength, (repeats, clusters))
    return generator.binomial(runs, rates).astype(float)


def mixed(generator, clusters, sizes, rate, correlation, repeats):
    """Return hits per repeat and cluster, where a cluster is all alike with some probability."""
    whole = generator.random((repeats, clusters)) < correlation
    alike = (generator.random((repeats, clusters)) < rate) * sizes
    return np.where(whole, alike, generator.binomial(sizes, rate, (repeats, clusters))).astype(
        float
    )


@pytest.mark.parametrize("sizes", [(6,), (1, 3, 12)])
@pytest.mark.parametrize("kind", [clustered_counts, mixed])
@pytest.mark.parametrize("correlation", [0.1, 0.3, 0.6])
@pytest.mark.parametrize("rate", [0.02, 0.05, 0.2, 0.4])
@repeated(400, 4000)
def test_the_clustered_interval_covers_where_events_are_rare(
    repeats, rate, correlation, kind, sizes
):
    generator = np.random.default_rng(20251121)
    for clusters in (5, 10, 20):
        trials = np.resize(np.array(sizes, dtype=float), clusters)
        hits = kind(generator, clusters, trials.astype(int), rate, correlation, repeats)
        rows = np.repeat(np.arange(repeats), clusters)
        _, low, high = clustered_shares(hits.ravel(), np.tile(trials, repeats), rows, repeats)
        assert np.mean((low <= rate) & (rate <= high)) >= 0.93 - chance(repeats, 4000)


def test_equal_rates_are_hardly_ever_told_apart():
    generator = np.random.default_rng(20251121)
    false_alarms, repeats, stages, specs = 0, 400, 6, 12
    for _ in range(repeats):
        hits = generator.binomial(1, 0.25, (stages, specs)).astype(float)
        rows = np.repeat(np.arange(stages), specs)
        effective, _, _ = clustered_shares(hits.ravel(), np.ones(stages * specs), rows, stages)
        false_alarms += told_apart(pd.Series(hits.mean(axis=1)), pd.Series(effective))
    assert false_alarms / repeats <= 0.05


def of_specs(generator, specs, stages, rates):
    """Return hits, stages and SPECs of runs whose SPECs differ much in how often they disagree."""
    levels = generator.beta(0.7, 0.7, specs)[:, None] * np.asarray(rates)
    hits = generator.binomial(1, np.clip(levels, 0, 1)).ravel()
    return hits, np.tile(np.arange(stages), specs), np.repeat(np.arange(specs), stages)


def test_the_test_of_equal_rates_keeps_its_level_though_specs_differ():
    generator = np.random.default_rng(20251121)
    found = [
        equal_rates(*of_specs(generator, 10, 6, [1.0] * 6), seed=n, draws=199) for n in range(400)
    ]
    assert np.mean(np.array(found) <= 0.05) <= 0.07


def test_the_test_of_equal_rates_finds_a_difference():
    generator = np.random.default_rng(20251121)
    hits, stages, specs = of_specs(generator, 20, 6, [1.4, 1.4, 0.1, 0.1, 0.1, 0.1])
    assert equal_rates(hits, stages, specs, seed=1) < 0.01
    assert equal_rates(hits, stages, specs, seed=1) == equal_rates(hits, stages, specs, seed=1)


def test_the_test_of_equal_rates_by_hand():
    # Each of two blocks holds one hit; of the four ways to place them, two are as one-sided.
    found = equal_rates(
        np.array([1, 0, 1, 0]), np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), seed=3
    )
    assert found == pytest.approx(0.5, abs=0.04)
    assert np.isnan(equal_rates(np.array([1, 0]), np.array([0, 0]), np.array([0, 1]), seed=3))


def test_rates_that_differ_are_told_apart():
    assert told_apart(pd.Series([0.05, 0.8]), pd.Series([40.0, 40.0]))
    assert not told_apart(pd.Series([0.2, 0.4]), pd.Series([10.0, 10.0]))
    assert not told_apart(pd.Series([0.2]), pd.Series([10.0]))


def test_geometric_mean_and_log_t_interval():
    found = typical(pd.Series([1.5, 2.0, 2.5, 4.0]))
    logs = np.log([1.5, 2.0, 2.5, 4.0])
    low, high = stats.t.interval(0.95, 3, logs.mean(), stats.sem(logs))
    assert found.value == pytest.approx(np.exp(logs.mean()))
    assert (found.low, found.high) == pytest.approx((np.exp(low), np.exp(high)))


@pytest.mark.parametrize("n", [3, 8])
def test_the_log_t_interval_covers(n):
    generator = np.random.default_rng(20251121)
    samples = generator.lognormal(0.8, 0.5, (1500, n))
    found = [typical(pd.Series(sample)) for sample in samples]
    covered = np.mean([one.low <= np.exp(0.8) <= one.high for one in found])
    assert 0.935 <= covered <= 0.965


@pytest.mark.parametrize("values", [[2.0], [2.0, 2.0, 2.0]])
def test_no_spread_gives_no_interval(values):
    found = typical(pd.Series(values))
    assert found.value == pytest.approx(2.0)
    assert np.isnan(found.low)


def test_no_values_give_nothing():
    assert typical(pd.Series([], dtype=float)).n == 0


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_what_is_not_above_0_has_no_typical_value():
    found = typical(pd.Series([0.0, 1.0, 2.0]))
    assert found.n == 3
    assert np.isnan([found.value, found.low, found.high]).all()


def test_small_samples_are_called_small():
    assert "only 9 runs" in small_sample(9, "run")
    assert small_sample(10, "run") == ""
