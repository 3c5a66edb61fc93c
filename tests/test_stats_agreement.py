"""Agreement on labels beyond chance, and the six intraclass correlations."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa

from speckit_analysis.stats.agreement import (
    COEFFICIENTS,
    WEIGHTS,
    agreement,
    cohen_kappa,
    label_weights,
)
from speckit_analysis.stats.intraclass import FORMS, intraclass_correlations, mean_squares
from speckit_analysis.stats.reliability import gwet_ac1, krippendorff_alpha, weighted_kappa

DRAW = np.random.default_rng(1)
TRUE = DRAW.integers(1, 5, (40, 1))
LABELS = np.where(DRAW.random((40, 3)) < 0.7, TRUE, DRAW.integers(1, 5, (40, 3))).astype(float)
HOLES = np.where(DRAW.random((40, 3)) < 0.15, np.nan, LABELS)


def test_kappa_of_many_reviewers_is_that_of_statsmodels():
    counts, _ = aggregate_raters(LABELS)
    assert agreement(LABELS, "fleiss").estimate.value == pytest.approx(fleiss_kappa(counts))


def test_of_two_reviewers_conger_s_kappa_is_cohen_s():
    pairs = LABELS[:, :2]
    table = np.array([[((pairs == (i, j)).all(axis=1)).sum() for j in range(1, 5)]
                      for i in range(1, 5)])  # fmt: skip
    found = agreement(pairs, "conger").estimate
    assert found.value == pytest.approx(cohen_kappa(table).estimate.value)
    assert found.standard_error == pytest.approx(
        cohen_kappa(table).estimate.standard_error, rel=0.03
    )


@pytest.mark.parametrize(("scale", "weights"), [("nominal", "identity"), ("interval", "quadratic")])
def test_krippendorff_s_alpha_is_one_and_the_same(scale, weights):
    found = agreement(HOLES, "krippendorff", weights).estimate.value
    assert found == pytest.approx(krippendorff_alpha(HOLES, scale))


@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_agreement_is_1_if_all_agree_and_0_if_labels_are_drawn(coefficient):
    whole = agreement(np.repeat(TRUE, 3, axis=1).astype(float), coefficient)
    assert whole.estimate.value == pytest.approx(1)
    draw = np.random.default_rng(2).integers(1, 4, (4000, 3)).astype(float)
    none = agreement(draw, coefficient).estimate
    assert none.value == pytest.approx(0, abs=0.03)
    assert none.low < 0 < none.high


@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_standard_errors_are_those_of_resampled_units(coefficient):
    draw = np.random.default_rng(3)
    error = agreement(LABELS, coefficient).estimate.standard_error
    again = [
        agreement(LABELS[draw.integers(0, 40, 40)], coefficient).estimate.value for _ in range(400)
    ]
    assert error == pytest.approx(np.std(again), rel=0.15)


@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_the_order_of_units_and_reviewers_does_not_matter(coefficient):
    here = agreement(HOLES, coefficient, "linear").estimate
    there = agreement(HOLES[::-1, [2, 0, 1]], coefficient, "linear").estimate
    assert (there.value, there.low) == pytest.approx((here.value, here.low))


@pytest.mark.parametrize("kind", WEIGHTS)
def test_weights_are_1_for_the_same_label_and_fall_with_distance(kind):
    near = label_weights([1, 2, 3, 4], kind)
    assert np.diag(near).tolist() == [1, 1, 1, 1]
    assert (near == near.T).all()
    assert (np.diff(near[0]) <= 0).all()
    assert near[0, 3] == pytest.approx(0)


def test_near_labels_agree_in_part():
    values = [agreement(LABELS, "gwet", kind).estimate.value for kind in ("identity", "quadratic")]
    assert values[1] > values[0]


def test_weights_of_one_s_own_are_taken():
    own = label_weights([1, 2, 3, 4], "linear")
    assert agreement(LABELS, weights=own) == agreement(LABELS, weights="linear")


def test_labels_that_nobody_gave_still_count_for_chance():
    told = agreement(LABELS, "brennan-prediger", labels=[1, 2, 3, 4, 5])
    assert told.expected == pytest.approx(1 / 5)
    assert agreement(LABELS, "brennan-prediger").expected == pytest.approx(1 / 4)


def test_one_label_alone_leaves_nothing_to_expect():
    for coefficient in COEFFICIENTS:
        assert agreement(np.ones((4, 2)), coefficient).estimate.verdict == "not estimable"
    assert cohen_kappa(np.array([[5, 0], [0, 0]])).estimate.verdict == "not estimable"
    assert np.isnan(weighted_kappa(np.array([[5, 0], [0, 0]])))


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"coefficient": "pi"}, "there are: gwet"),
        ({"weights": "cubic"}, "there are: identity"),
        ({"weights": np.eye(3)}, "4 labels take as many weights"),
        ({"labels": [1, 2]}, "labels are"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, why):
    with pytest.raises(ValueError, match=why):
        agreement(LABELS, **arguments)


def test_units_with_one_label_say_nothing_of_agreement():
    alone = np.array([[1.0, np.nan], [2.0, np.nan]])
    with pytest.raises(ValueError, match="a unit with two labels"):
        agreement(alone)
    assert np.isnan(gwet_ac1(alone))


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


@pytest.mark.parametrize(
    ("form", "value"),
    [("ICC(1,1)", 0.17), ("ICC(2,1)", 0.29), ("ICC(3,1)", 0.71),
     ("ICC(1,k)", 0.44), ("ICC(2,k)", 0.62), ("ICC(3,k)", 0.91)],
)  # fmt: skip
def test_all_six_forms_of_shrout_and_fleiss(form, value):
    found = intraclass_correlations(RATINGS)[form]
    assert found.value == pytest.approx(value, abs=0.005)
    assert found.low < found.value < found.high


def test_the_mean_squares_are_those_published():
    squares = mean_squares(RATINGS)
    found = squares.units, squares.within, squares.reviewers, squares.error
    assert found == pytest.approx((11.24, 6.26, 32.49, 1.02), abs=0.005)


@pytest.mark.parametrize(
    ("form", "truth"), [("ICC(1,1)", 0.5), ("ICC(3,1)", 0.5), ("ICC(3,k)", 0.75)]
)
def test_intervals_by_f_cover_as_they_say(form, truth):
    draw = np.random.default_rng(4)
    tables = draw.normal(0, 1, (1500, 10, 1)) + draw.normal(0, 1, (1500, 10, 3))
    found = [intraclass_correlations(table)[form] for table in tables]
    assert np.mean([one.low <= truth <= one.high for one in found]) == pytest.approx(
        0.95, abs=0.015
    )


def test_scores_on_another_scale_are_as_reliable():
    here, there = intraclass_correlations(RATINGS), intraclass_correlations(10 * RATINGS + 3)
    for form in FORMS:
        assert there[form].low == pytest.approx(here[form].low)


def test_constant_ratings_have_no_reliability_and_identical_ones_a_full_one():
    assert intraclass_correlations(np.ones((3, 2)))["ICC(2,1)"].verdict == "not estimable"
    same = intraclass_correlations(np.array([[1.0, 1], [2, 2], [3, 3]]))
    assert {found.value for found in same.values()} == {1.0}


@pytest.mark.parametrize(
    "table", [np.ones((1, 3)), np.ones((3, 1)), np.array([[1, np.nan], [2, 3]])]
)
def test_one_reviewer_or_a_hole_is_refused(table):
    with pytest.raises(ValueError, match="complete table"):
        intraclass_correlations(table)


def test_units_that_do_not_differ_have_no_reliability():
    for rows in (
        [[8, 6.5], [6.5, 8]],
        [[5, 7], [7, 5]],
        [[5, 7], [5, 7]],
        [[0.3, 0.3], [0.3, 0.3]],
    ):
        assert {one.verdict for one in intraclass_correlations(rows).values()} == {"not estimable"}


@pytest.mark.filterwarnings("error")
def test_an_interval_of_a_small_table_holds_its_value_or_is_refused_in_words():
    table = np.array([[5, 7], [7, 5], [5.5, 6.5]])
    assert intraclass_correlations(table)["ICC(2,1)"].refusal
    draw = np.random.default_rng(5)
    shapes = draw.integers(2, (6, 4), (500, 2))
    for shape in shapes:
        for found in intraclass_correlations(draw.integers(1, 11, shape)).values():
            ends = (found.low, found.value, found.high)
            assert found.refusal or (np.isfinite(ends).all() and list(ends) == sorted(ends))


def test_agreement_on_one_unit_is_refused():
    assert agreement(np.array([[1, 2]])).estimate.refusal == "it takes 2"


def test_ratios_of_labels_below_0_are_refused():
    with pytest.raises(ValueError, match="figures of 0 or more"):
        agreement(np.array([[-1, 1], [1, 1]]), weights="ratio")
