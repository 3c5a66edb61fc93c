"""Agreement of two reviewers on labels beyond chance, and intraclass correlations."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from simulations import chance, repeated
from statsmodels.stats.inter_rater import cohens_kappa

from speckit_analysis.stats.agreement import cohen_kappa
from speckit_analysis.stats.reliability import intraclass_correlation, mean_squares


def test_one_label_alone_leaves_nothing_to_expect():
    assert cohen_kappa(np.array([[5, 0], [0, 0]])).estimate.verdict == "not estimable"


def test_cohen_s_weighted_kappa_is_that_of_statsmodels():
    counts = np.array([[22, 2, 2, 0], [5, 7, 14, 0], [0, 2, 36, 0], [0, 1, 14, 10]])
    distance = np.abs(np.subtract.outer(range(4), range(4))) ** 2.0
    found = cohen_kappa(counts, distance).estimate
    known = cohens_kappa(counts, wt="quadratic")
    assert (found.value, found.standard_error) == pytest.approx((known.kappa, known.std_kappa))
    assert cohen_kappa(counts, 7 * distance).estimate.value == pytest.approx(found.value)


@pytest.mark.parametrize("counts", [np.ones((2, 3)), -np.ones((2, 2)), np.zeros((2, 2))])
def test_kappa_takes_a_square_table_of_counts(counts):
    with pytest.raises(ValueError, match="square table"):
        cohen_kappa(counts)


#: Shrout and Fleiss (1979), table 2.
RATINGS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7.0]]
)


def test_the_second_form_of_shrout_and_fleiss():
    found = intraclass_correlation(RATINGS)
    assert (found.single, found.mean) == pytest.approx((0.29, 0.62), abs=0.005)
    assert found.single_low < found.single < found.single_high
    assert found.mean_low < found.mean < found.mean_high


def test_the_mean_squares_are_those_published():
    squares = mean_squares(RATINGS)
    found = squares.units, squares.reviewers, squares.residual
    assert found == pytest.approx((11.24, 32.49, 1.02), abs=0.005)


def test_scores_on_another_scale_are_as_reliable():
    here, there = intraclass_correlation(RATINGS), intraclass_correlation(10 * RATINGS + 3)
    assert astuple(there) == pytest.approx(astuple(here))


def test_constant_ratings_have_no_reliability_and_identical_ones_a_full_one():
    assert np.isnan(astuple(intraclass_correlation(np.ones((3, 2))))).all()
    same = intraclass_correlation(np.array([[1.0, 1], [2, 2], [3, 3]]))
    assert set(astuple(same)) == {1.0}


@pytest.mark.parametrize("table", [np.ones((1, 3)), np.ones((3, 1))])
def test_one_reviewer_or_one_unit_is_refused(table):
    with pytest.raises(ValueError, match="two units and two reviewers"):
        intraclass_correlation(table)


def with_holes(draw, units, reviewers, single):
    """Ratings of which a third is missing, whose true ICC(2,1) is `single`."""
    rest = (1 - single) / 2
    table = (
        draw.normal(0, single**0.5, (units, 1))
        + draw.normal(0, rest**0.5, (1, reviewers))
        + draw.normal(0, rest**0.5, (units, reviewers))
    )
    table[draw.random(table.shape) < 1 / 3] = np.nan
    return table


@pytest.mark.parametrize("single", [0.3, 0.7])
@pytest.mark.parametrize("units", [8, 20])
@repeated(300, 3000)
def test_reliability_covers_where_a_third_is_missing(repeats, units, single):
    draw = np.random.default_rng(units)
    found = [intraclass_correlation(with_holes(draw, units, 4, single)) for _ in range(repeats)]
    covered = [
        one.single_low <= single <= one.single_high
        for one in found
        if one.single_low == one.single_low
    ]
    assert len(covered) > 0.85 * repeats
    assert np.mean(covered) >= 0.91 - chance(repeats, 3000)


def test_a_hole_that_says_nothing_new_changes_little():
    draw = np.random.default_rng(1)
    whole = draw.normal(0, 1, (40, 1)) + draw.normal(0, 0.5, (40, 3))
    holed = whole.copy()
    holed[0, 0] = np.nan
    assert intraclass_correlation(holed).single == pytest.approx(
        intraclass_correlation(whole).single, abs=0.03
    )


def test_units_that_do_not_differ_have_no_reliability():
    for rows in (
        [[8, 6.5], [6.5, 8]],
        [[5, 7], [7, 5]],
        [[5, 7], [5, 7]],
        [[0.3, 0.3], [0.3, 0.3]],
    ):
        assert np.isnan(astuple(intraclass_correlation(rows))).all()


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_an_interval_of_a_small_table_holds_its_value_or_there_is_none():
    table = np.array([[5, 7], [7, 5], [5.5, 6.5]])
    assert np.isnan(intraclass_correlation(table).single)
    draw = np.random.default_rng(5)
    shapes = draw.integers(2, (6, 4), (500, 2))
    for shape in shapes:
        found = intraclass_correlation(draw.integers(1, 11, shape))
        for ends in (
            (found.single_low, found.single, found.single_high),
            (found.mean_low, found.mean, found.mean_high),
        ):
            assert np.isnan(ends).all() or (np.isfinite(ends).all() and list(ends) == sorted(ends))
