"""The share that got better less the share that got worse, with observations in clusters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from speckit_analysis.stats.net_share import net_share
from speckit_analysis.stats.paired import sign_flip, sign_flip_of_counts


def test_it_is_bonett_and_price_where_each_observation_stands_alone():
    # The published example 101/30/60/33: only the width differs, by Student's quantile.
    values = np.repeat([1, 0, -1], [30, 134, 60])
    found = net_share(values, np.arange(len(values)))
    assert found.value == pytest.approx(-30 / 224)
    up, down = 31 / 226, 61 / 226
    assert found.centre == pytest.approx(up - down)
    assert found.error == pytest.approx(np.sqrt((up + down - (up - down) ** 2) / 226))


def test_better_and_worse_exchanged_turn_it_over():
    values = np.array([1, 1, 0, -1, 0, 1, 0, 0])
    one, other = (net_share(sign * values, np.arange(8) // 2) for sign in (1, -1))
    assert one.interval() == pytest.approx(tuple(-end for end in other.interval()[::-1]))
    assert one.p_above(0.1) == pytest.approx(other.p_below(-0.1))


def test_observations_that_repeat_each_other_tell_nothing_new():
    values = np.array([1, 0, 0, -1, 1, 0, 1, 0, 0, 1])
    once = net_share(values, np.arange(10))
    thrice = net_share(np.repeat(values, 3), np.repeat(np.arange(10), 3))
    assert thrice.effective < 12
    low, high = thrice.interval()
    assert high - low == pytest.approx(np.subtract(*once.interval()[::-1]), rel=0.15)


def test_without_changes_clusters_are_counted_and_not_observations():
    assert net_share(np.zeros(60), np.repeat(np.arange(20), 3)).effective == 20


def test_a_cluster_is_struck_if_most_of_it_got_better():
    values = np.array([1, 1, 1, 0, 1, -1, -1])
    assert net_share(values, np.array([1, 1, 2, 2, 3, 4, 4])).struck == 1


def test_without_a_struck_cluster_59_prove_that_they_are_rare():
    fewer, enough = (net_share(np.zeros(2 * n), np.arange(2 * n) // 2) for n in (58, 59))
    assert fewer.p_struck(0.05) == pytest.approx(0.95**58)
    assert enough.p_struck(0.05) < 0.05 < fewer.p_struck(0.05)
    assert fewer.clusters_without_strikes(0.05, 0.05) == 59


def test_more_struck_clusters_than_the_limit_are_never_proved_rare():
    found = net_share(np.repeat([1, 0, 0, 0], 2), np.repeat(np.arange(4), 2))
    assert found.struck == 1
    assert found.clusters_without_strikes(0.05, 0.05) == np.inf


@pytest.mark.parametrize(("specs", "each"), [(10, 10), (20, 10), (10, 20), (60, 5), (100, 3)])
def test_what_strikes_few_clusters_wholly_is_seldom_proved_absent(specs, each):
    draw, limit, wrong = np.random.default_rng(specs * each), 0.05, 0
    clusters = np.repeat(np.arange(specs), each)
    for _ in range(1000):
        own = draw.choice([1.0, -1.0, 0.0], specs * each, p=[0.02, 0.02, 0.96])
        struck = draw.random(specs) < limit
        found = net_share(np.where(struck[clusters], 1.0, own), clusters)
        wrong += max(found.p_below(limit), found.p_struck(limit)) <= 0.05
    assert wrong / 1000 <= 0.065


def test_one_cluster_is_not_estimable():
    found = net_share(np.array([1, 1, 0]), np.zeros(3))
    assert np.isnan(found.interval()).all()
    assert (found.p_above(0.0), found.p_below(0.0)) == (1.0, 1.0)


def test_a_value_between_is_refused():
    with pytest.raises(ValueError, match="1 for better, 0 for the same or -1 for worse"):
        net_share(np.array([0.5]), np.zeros(1))


def drawn(draw, specs, each, up, down, alike):
    """Draw outcomes of which those of a SPEC resemble each other."""
    shares = [up, down, 1 - up - down]
    common = draw.choice([1, -1, 0], size=(specs, 1), p=shares)
    own = draw.choice([1, -1, 0], size=(specs, each), p=shares)
    return np.where(draw.random((specs, each)) < np.sqrt(alike), common, own).ravel()


@pytest.mark.parametrize("alike", [0.0, 0.3])
@pytest.mark.parametrize("specs", [5, 10, 20])
@pytest.mark.parametrize(("up", "down"), [(0.3, 0.05), (0.1, 0.1), (0.05, 0.0), (0.5, 0.1)])
def test_the_interval_covers(up, down, specs, alike):
    draw = np.random.default_rng(1)
    clusters = np.repeat(np.arange(specs), 3)
    held = []
    for _ in range(400):
        found = net_share(drawn(draw, specs, 3, up, down, alike), clusters)
        low, high = found.interval()
        held.append(low <= up - down <= high)
    assert np.mean(held) >= 0.93


@pytest.mark.parametrize("alike", [0.0, 0.3])
@pytest.mark.parametrize(
    ("up", "down", "limit"), [(0.3, 0.1, 0.0), (0.5, 0.1, 0.0), (0.1, 0.1, 0.1), (0.1, 0.3, 0.1)]
)
def test_the_promised_number_of_clusters_proves_it_four_times_in_five(up, down, limit, alike):
    draw = np.random.default_rng(2)
    large = drawn(draw, 2000, 3, up, down, alike)
    found = net_share(large, np.repeat(np.arange(2000), 3))
    # As if 10 SPECs had shown just these shares.
    small = replace(found, clusters=10, n=30, effective=found.effective / 200)
    small = replace(small, better=30 * found.better / 6000, worse=30 * found.worse / 6000)
    promised = int(small.clusters_to_prove(limit, 0.05))
    proved = []
    for _ in range(400):
        again = net_share(
            drawn(draw, promised, 3, up, down, alike), np.repeat(np.arange(promised), 3)
        )
        proved.append((again.p_above if up - down > limit else again.p_below)(limit) <= 0.05)
    assert 0.7 <= np.mean(proved) <= 0.95


def test_more_clusters_prove_nothing_where_there_is_nothing_to_prove():
    found = net_share(np.array([1, 0, 0, -1, 0, 0]), np.arange(6))
    assert found.clusters_to_prove(0.0, 0.05) == np.inf
    assert found.clusters_to_prove(0.1, 0.05) > 100
    assert net_share(np.array([1, 1]), np.zeros(2)).clusters_to_prove(0.0, 0.05) == np.inf


def test_signs_of_counts_are_those_of_all_signs():
    draw = np.random.default_rng(4)
    for _ in range(50):
        sums = draw.integers(-3, 4, 9)
        two_sided, _ = sign_flip(sums)
        one_sided = sign_flip_of_counts(sums)
        assert min(1.0, 2 * min(one_sided, sign_flip_of_counts(-sums))) == pytest.approx(two_sided)


def test_signs_of_counts_are_exact_at_many_units():
    assert sign_flip_of_counts(np.ones(40)) == pytest.approx(2.0**-40)
