"""Means of clustered scores."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from speckit_analysis.stats.clustered import clustered_mean
from speckit_analysis.stats.paired import paired_t

DRAW = np.random.default_rng(1)
CLUSTERS = np.repeat(np.arange(12), 4)
SCORES = DRAW.normal(0, 1, 12)[CLUSTERS] + DRAW.normal(5, 1, 48)


def test_the_error_is_that_of_a_clustered_regression():
    fit = sm.OLS(SCORES, np.ones(48)).fit(
        cov_type="cluster", cov_kwds={"groups": CLUSTERS, "use_correction": False}
    )
    assert clustered_mean(SCORES, CLUSTERS).clustered_error == pytest.approx(fit.bse[0])


def test_of_equal_clusters_it_is_the_t_of_their_means():
    found = clustered_mean(SCORES, CLUSTERS).estimate
    known = paired_t(SCORES.reshape(12, 4).mean(axis=1))
    assert (found.low, found.high, found.n) == pytest.approx((known.low, known.high, 12))


def test_clusters_of_one_are_independent_scores():
    found = clustered_mean(SCORES, np.arange(48))
    assert found.corrected_error == pytest.approx(found.independent_error)
    assert found.design_effect == pytest.approx(1)


def test_scores_that_are_alike_within_clusters_count_for_less():
    assert clustered_mean(SCORES, CLUSTERS).design_effect > 1.5


def test_copies_of_each_score_add_nothing():
    once, twice = (
        clustered_mean(np.tile(SCORES, k), np.tile(CLUSTERS, k)).corrected_error for k in (1, 2)
    )
    assert twice == pytest.approx(once)


def test_one_cluster_or_none_that_differ_have_no_interval():
    assert clustered_mean(SCORES, np.zeros(48)).estimate.refusal == "it takes 2"
    assert clustered_mean(np.ones(4), np.arange(4)).estimate.verdict == "not estimable"


def test_scores_without_a_cluster_are_refused():
    with pytest.raises(ValueError, match="each score has a cluster"):
        clustered_mean(SCORES, CLUSTERS[1:])
    with pytest.raises(ValueError, match="is missing"):
        clustered_mean(np.array([1.0, np.nan]), np.array([1, 2]))


def test_clusters_that_differ_by_rounding_alone_are_refused():
    found = clustered_mean(np.array([0.1, 0.7, 0.7, 0.1]), np.array([1, 1, 2, 2])).estimate
    assert found.refusal == "clusters do not differ, which no interval can say"
