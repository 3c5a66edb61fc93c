"""Intervals against scipy, published values and their own definition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from speckit_analysis.analysis.intervals import (
    clopper_pearson,
    median_ranks,
    share,
    small_sample,
    typical_ratio,
)


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


def test_share_without_observations_is_not_estimable():
    found = share(pd.Series([], dtype=bool))
    assert np.isnan(found.estimate)
    assert found.interval == "not estimable: n = 0"


def test_clusters_that_are_alike_inside_widen_the_interval():
    hits = pd.Series([True] * 6 + [False] * 6)
    alike = share(hits, pd.Series(list("aaabbbcccddd")))
    mixed = share(hits, pd.Series(list("abcdefabcdef")))
    assert (alike.hits, alike.n, alike.clusters) == (6, 12, 4)
    assert alike.low == mixed.low
    assert alike.clustered_low < alike.low
    assert alike.clustered_high > alike.high
    assert mixed.clustered_high < alike.clustered_high


def test_korn_and_graubard_by_hand():
    # Two of four clusters of three hit in full: variance 4/3 * 4 * 1.5**2 / 144, design effect 4.
    found = share(pd.Series([True] * 6 + [False] * 6), pd.Series(list("aaabbbcccddd")))
    ratio = stats.t.ppf(0.025, 11) / stats.t.ppf(0.025, 3)
    effective = 12 / 4 * ratio**2
    low = stats.beta.ppf(0.025, effective / 2, effective / 2 + 1)
    assert found.clustered_low == pytest.approx(low, rel=1e-9)


def test_one_cluster_has_no_clustered_interval():
    found = share(pd.Series([True, False]), pd.Series(["a", "a"]))
    assert np.isnan(found.clustered_low)


def test_geometric_mean_and_log_t_interval():
    found = typical_ratio(pd.Series([1.5, 2.0, 2.5, 4.0]))
    logs = np.log([1.5, 2.0, 2.5, 4.0])
    low, high = stats.t.interval(0.95, 3, logs.mean(), stats.sem(logs))
    assert found.geometric_mean == pytest.approx(np.exp(logs.mean()))
    assert (found.low, found.high) == pytest.approx((np.exp(low), np.exp(high)))
    assert (found.median, found.median_low, found.median_high) == (2.25, 1.5, 4.0)
    assert found.median_level == 0.875


@pytest.mark.parametrize("values", [[2.0], [2.0, 2.0, 2.0]])
def test_no_spread_gives_no_interval(values):
    found = typical_ratio(pd.Series(values))
    assert found.geometric_mean == pytest.approx(2.0)
    assert np.isnan(found.low)


def test_no_values_give_nothing():
    assert typical_ratio(pd.Series([], dtype=float)).n == 0


@pytest.mark.parametrize(("n", "level"), [(3, 0.75), (4, 0.875), (5, 0.9375), (6, 0.96875)])
def test_the_range_of_few_values_has_its_known_level(n, level):
    assert median_ranks(n) == (0, level)


def test_the_medians_interval_keeps_its_level_at_large_n():
    rank, level = median_ranks(1001)
    assert 0.95 <= level < 0.96
    assert 450 < rank < 500


def test_small_samples_are_called_small():
    assert "only 9 runs" in small_sample(9, "run")
    assert small_sample(10, "run") == ""
