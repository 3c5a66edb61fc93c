"""Ratios of two means: Fieller's set, bounded or not, and the typical unit's ratio."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from simulations import at_length, chance, repeated

from speckit_analysis.stats.noninferiority import non_inferior_ratio
from speckit_analysis.stats.ratios import fieller, fieller_of_means, smaller_bill, typical_ratio

OVER, UNDER = np.random.default_rng(1).normal([[4.0], [5.0]], 1, (2, 8))


def rejected(ratio: float, over: np.ndarray, under: np.ndarray, alpha: float = 0.05) -> bool:
    return bool(stats.ttest_1samp(over - ratio * under, 0).pvalue < alpha)


def test_fieller_s_ends_are_where_rejection_starts():
    found = fieller(OVER, UNDER).estimate
    assert found.value == pytest.approx(OVER.mean() / UNDER.mean())
    for end, outwards in ((found.low, -1e-6), (found.high, 1e-6)):
        assert rejected(end + outwards, OVER, UNDER)
        assert not rejected(end - outwards, OVER, UNDER)


def test_it_is_the_ratio_of_totals_and_not_the_mean_of_ratios():
    found = fieller(np.array([1.0, 9.0, 3.0]), np.array([1.0, 3.0, 1.0]))
    assert found.estimate.value == pytest.approx(13 / 5)


def test_its_lower_end_is_the_test_of_non_inferiority():
    draw = np.random.default_rng(2)
    for shift in (-0.9, -0.6, -0.3, 0.0):
        candidate = UNDER + shift + draw.normal(0, 0.2, 8)
        lower = fieller(candidate, UNDER, level=0.9).estimate.low
        claimed = non_inferior_ratio(candidate, UNDER).verdict == "non-inferior"
        assert (lower > 0.95) == claimed


def test_a_denominator_that_may_be_0_leaves_it_unbounded_and_says_so():
    found = fieller(np.array([2.0, 3.0, 2.5]), np.array([0.5, -0.2, 0.1]))
    assert not found.bounded
    assert (found.estimate.low, found.estimate.high) == (-np.inf, np.inf)
    assert "unbounded" in found.estimate.sentence
    low, high = found.excluded
    middle = (low + high) / 2
    assert rejected(middle, np.array([2.0, 3.0, 2.5]), np.array([0.5, -0.2, 0.1]))


def test_where_both_may_be_0_no_ratio_is_rejected():
    found = fieller(np.array([0.3, -0.4, 0.2]), np.array([0.5, -0.2, -0.1]))
    assert found.excluded is None
    assert "no ratio is rejected" in found.estimate.rule


def test_means_and_errors_are_enough():
    covariance = np.cov(OVER, UNDER) / 8
    found = fieller_of_means((OVER.mean(), UNDER.mean()), covariance, 7).estimate
    known = fieller(OVER, UNDER).estimate
    assert (found.low, found.high) == pytest.approx((known.low, known.high))
    wide = fieller_of_means((OVER.mean(), UNDER.mean()), covariance).estimate
    assert wide.low > found.low  # the normal distribution has shorter tails


def test_a_typical_ratio_is_that_of_logarithms():
    found = typical_ratio(OVER, UNDER)
    known = stats.ttest_rel(np.log(OVER), np.log(UNDER))
    assert found.value == pytest.approx(stats.gmean(OVER / UNDER))
    assert found.p_value == pytest.approx(known.pvalue)
    ends = known.confidence_interval()
    assert (found.low, found.high) == pytest.approx((np.exp(ends.low), np.exp(ends.high)))
    assert "1" in found.rule


def test_a_unit_of_money_does_not_matter():
    found, cents = typical_ratio(OVER, UNDER), typical_ratio(100 * OVER, 100 * UNDER)
    assert cents.low == pytest.approx(found.low)
    assert fieller(100 * OVER, 100 * UNDER).estimate.low == pytest.approx(
        fieller(OVER, UNDER).estimate.low
    )


def test_ratios_take_pairs_and_logarithms_figures_above_0():
    with pytest.raises(ValueError, match="takes pairs"):
        fieller(OVER, UNDER[1:])
    with pytest.raises(ValueError, match="above 0"):
        typical_ratio(np.array([1.0, 0.0]), np.array([1.0, 1.0]))
    assert fieller(np.array([1.0]), np.array([2.0])).estimate.refusal == "it takes 2"
    assert fieller_of_means((1.0, 0.0), np.eye(2)).estimate.refusal == "the denominator is 0"


def test_at_three_units_the_typical_ratio_covers_where_fieller_is_often_unbounded():
    draw = np.random.default_rng(3)
    unbounded = covered = 0
    for _ in range(1500):
        under = draw.lognormal(0, 0.8, 3)
        over = 0.7 * under * draw.lognormal(0, 0.4, 3)
        unbounded += not fieller(over, under).bounded
        found = typical_ratio(over, under)
        covered += found.low <= 0.7 <= found.high
    assert 0.935 <= covered / 1500 <= 0.965
    assert unbounded / 1500 > 0.4


@pytest.mark.parametrize("over", [np.full(3, 2.0), np.array([0.1, 0.2, 0.3])])
def test_ratios_that_are_all_equal_have_no_interval(over):
    assert "no interval can say" in fieller(over, over / 3).estimate.refusal
    assert "no interval can say" in fieller_of_means((2, 1), np.zeros((2, 2))).estimate.refusal


def bills(draw, n, cv, share, factor):
    """Costs of two variants with the same true total; some of the candidate's blow up."""
    sigma = np.log1p(cv**2) ** 0.5
    size = draw.lognormal(0, sigma, n)
    own = size * draw.lognormal(-(0.3**2) / 2, 0.3, n)
    blown = draw.random(n) < share
    return own * np.where(blown, factor, 1.0) / (1 + share * (factor - 1)), size


@pytest.mark.parametrize("cv", [0.3, at_length(0.6), at_length(1.0)])
@pytest.mark.parametrize("share", [at_length(0.0), 0.05, at_length(0.1), 0.2])
@repeated(400, 4000)
def test_an_equal_bill_is_seldom_called_smaller_where_costs_blow_up(repeats, share, cv):
    """Where the typical ratio falls far below 1, since few SPECs cost five times as much."""
    draw = np.random.default_rng(round(100 * share + 10 * cv))
    for n in (5, 8, 12, 20):
        found = [smaller_bill(*bills(draw, n, cv, share, 5.0), 0.9).ratio for _ in range(repeats)]
        assert np.mean([one.high < 1 for one in found]) <= 0.055 + chance(repeats, 4000)
        covered = np.mean([one.low <= 1 <= one.high for one in found])
        assert covered >= 0.9 - chance(repeats, 4000)  # of a two-sided level of 90 %
