"""Exchanged signs: ranks, intervals of typical values, and how few units can tell."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from speckit_analysis.stats.paired import (
    MOST_ENUMERATED,
    observed_range,
    sign_flip,
    standardised_difference,
)
from speckit_analysis.stats.signs import (
    least_units_for_signs,
    signed_rank,
    subset_means,
    typical_values,
)


@pytest.mark.parametrize(
    ("alpha", "two_sided", "units"),
    [(0.05, True, 6), (0.05, False, 5), (0.025, False, 6), (0.01, True, 8), (0.25, True, 3)],
)
def test_the_fewest_units_that_reach_a_level(alpha, two_sided, units):
    assert least_units_for_signs(alpha, two_sided=two_sided) == units
    with pytest.raises(ValueError, match="between 0 and 1"):
        least_units_for_signs(1.5)


def test_signed_ranks_are_exact():
    gaps = np.random.default_rng(1).normal(0.4, 1, 9)
    assert signed_rank(gaps)[0] == pytest.approx(stats.wilcoxon(gaps, method="exact").pvalue)


def test_differences_of_0_have_no_rank_and_equal_ones_share_theirs():
    assert signed_rank(np.array([1.0, 1.0, 2.0, 0.0])) == (0.25, 0.25)
    assert np.isnan(signed_rank(np.zeros(3))[0])


def test_typical_values_are_those_that_signs_do_not_reject():
    gaps = np.random.default_rng(2).normal(0.3, 1, 7)
    found = typical_values(gaps, level=0.9)
    inside, outside = 1e-6 * np.array([1, -1])
    assert sign_flip(gaps - (found.low + inside))[0] > 1 - found.level
    assert sign_flip(gaps - (found.low + outside))[0] <= 1 - found.level + 1e-12
    assert sign_flip(gaps - (found.high - outside))[0] <= 1 - found.level + 1e-12


def test_below_six_units_signs_have_no_interval_of_95_percent():
    found = typical_values(np.array([0.1, 0.4, 0.3, -0.1, 0.2]))
    assert found.verdict == "not estimable"
    assert "take 6" in found.refusal
    assert typical_values(np.array([])).refusal == "there are none"


def test_a_rank_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="ranks go from 1 to 4"):
        typical_values(np.array([0.1, 0.4, 0.3]), rank=5)


def test_subsets_of_many_units_are_not_listed():
    assert subset_means(np.array([1.0, 3.0])).tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="of 1 to 20 units"):
        subset_means(np.zeros(MOST_ENUMERATED + 1))


@pytest.mark.parametrize(("n", "level"), [(3, 0.75), (4, 0.875), (6, 0.96875)])
def test_the_observed_range_is_the_interval_of_the_outermost_typical_values(n, level):
    gaps = np.random.default_rng(n).normal(size=n)
    found, outermost = observed_range(gaps), typical_values(gaps, rank=1)
    assert (found.low, found.high, found.level) == (outermost.low, outermost.high, level)
    assert found.value == np.median(gaps)


def test_a_standardised_difference_takes_spread():
    assert standardised_difference(np.array([1.0, 3.0])) == pytest.approx(2 / np.sqrt(2))
    assert np.isnan(standardised_difference(np.array([1.0, 1.0])))
    assert np.isnan(standardised_difference(np.array([1.0])))


def test_rounding_is_no_spread():
    assert np.isnan(standardised_difference(np.array([0.1 + 0.2, 0.3, 0.3])))
