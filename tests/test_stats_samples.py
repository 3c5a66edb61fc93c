"""Independent samples: Welch's and Student's t, and two one-sided tests."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_ind, ttost_paired

from speckit_analysis.stats.paired import crossed, observed_range, paired_t
from speckit_analysis.stats.samples import Sample, difference, equivalence, margin_of_effect_size

DRAW = np.random.default_rng(1)
FIRST, SECOND = DRAW.normal(8.2, 0.6, 14), DRAW.normal(8.0, 1.1, 9)


@pytest.mark.parametrize("equal", [True, False])
def test_a_difference_is_that_of_scipy(equal):
    found = difference(Sample.of(FIRST), Sample.of(SECOND), equal_variances=equal)
    known = stats.ttest_ind(FIRST, SECOND, equal_var=equal)
    ends = known.confidence_interval(0.95)
    assert (found.statistic, found.p_value) == pytest.approx((known.statistic, known.pvalue))
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))
    assert found.degrees_of_freedom == pytest.approx(known.df)


def test_one_sample_is_its_mean():
    found, known = difference(Sample.of(FIRST)), paired_t(FIRST)
    assert (found.low, found.high, found.p_value) == pytest.approx(
        (known.low, known.high, known.p_value)
    )


@pytest.mark.parametrize("equal", [True, False])
def test_equivalence_of_two_samples_is_that_of_statsmodels(equal):
    found = difference(Sample.of(FIRST), Sample.of(SECOND), 0.9, equal_variances=equal)
    tests = equivalence(found, -1.0, 1.5)
    p, low, high = ttost_ind(FIRST, SECOND, -1.0, 1.5, usevar="pooled" if equal else "unequal")
    assert tests.estimate.p_value == pytest.approx(p)
    assert (tests.t_low, tests.p_low) == pytest.approx(low[:2])
    assert (tests.t_high, tests.p_high) == pytest.approx(high[:2])


def test_equivalence_of_pairs_is_that_of_statsmodels():
    pairs = FIRST[:9], SECOND
    tests = equivalence(paired_t(pairs[0] - pairs[1], 0.9), -1.0, 1.0)
    p, low, high = ttost_paired(*pairs, -1.0, 1.0)
    assert tests.estimate.p_value == pytest.approx(p)
    assert (tests.t_low, tests.t_high) == pytest.approx((low[0], high[0]))


def test_equivalence_over_units_and_reviewers_uses_their_degrees_of_freedom():
    table = np.random.default_rng(2).normal(0, 0.3, (6, 3))
    found = crossed(table, 0.9).estimate
    tests = equivalence(found, -1.0, 1.0)
    assert (tests.estimate.verdict == "equivalent") == (found.low > -1 and found.high < 1)
    assert (tests.estimate.p_value <= 0.05) == (tests.estimate.verdict == "equivalent")


def test_equivalence_is_refused_without_order_or_errors():
    with pytest.raises(ValueError, match="from low to high"):
        equivalence(paired_t(FIRST, 0.9), 0.5, -0.5)
    with pytest.raises(ValueError, match="no standard error"):
        equivalence(observed_range(FIRST), -0.5, 0.5)
    nothing = equivalence(paired_t(np.array([0.1])), -0.5, 0.5)
    assert nothing.estimate.verdict == "not estimable"
    assert np.isnan(nothing.p_low)


def test_an_effect_size_becomes_points():
    assert margin_of_effect_size(0.5, Sample(0.0, 2.0, 10)) == 1.0
    both = margin_of_effect_size(0.5, Sample(0.0, 3.0, 10), Sample(0.0, 4.0, 90))
    assert both == pytest.approx(0.5 * np.sqrt(12.5))


def test_what_is_no_sample_is_refused():
    with pytest.raises(ValueError, match="two units"):
        Sample(1.0, 0.5, 1)
    with pytest.raises(ValueError, match="two known values"):
        Sample.of(np.array([1.0, np.nan]))
    assert difference(Sample(1.0, 0.0, 3), Sample(2.0, 0.0, 3)).verdict == "not estimable"
