"""Inference at few SPECs: published examples, invariances, and what simulation says it covers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from speckit_analysis.stats import reliability
from speckit_analysis.stats.crossed import crossed, protected
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.noninferiority import catastrophes, non_inferior_ratio
from speckit_analysis.stats.paired import (
    observed_range,
    paired_t,
    sign_flip,
    with_sign_flip,
)
from speckit_analysis.stats.raters import reviewer_severity


def test_alpha_of_constant_ratings_is_undefined_and_of_perfect_ones_1():
    assert np.isnan(reliability.krippendorff_alpha(np.full((3, 2), 5.0)))
    assert reliability.krippendorff_alpha(np.array([[1, 1], [2, 2], [3, 3.0]])) == 1
    with pytest.raises(ValueError, match="there are: interval"):
        reliability.krippendorff_alpha(np.array([[1, 2.0]]), "log")


def test_scores_are_points_on_an_interval_unless_told_otherwise():
    near = np.array([[8.0, 8.5], [3.0, 2.5], [6.0, 6.5], [9.0, 9.5]])
    assert reliability.krippendorff_alpha(near) > 0.9
    assert reliability.krippendorff_alpha(near, "nominal") <= 0  # no two are the same


def test_alpha_of_ranks_does_not_depend_on_the_distance_of_points():
    ranks = np.array([[1, 2], [2, 2], [3, 3], [4, 3], [1, 1.0]])
    found = reliability.krippendorff_alpha(ranks, "ordinal")
    assert reliability.krippendorff_alpha(ranks**3, "ordinal") == pytest.approx(found)


def test_two_reviewers_who_disagree_on_the_sign_widen_the_interval():
    units = np.linspace(-0.05, 0.05, 6)
    table = units[:, None] + np.array([1.0, -1.0, 0.0])
    found = crossed(table)
    assert found.panel.high - found.panel.low < 0.2
    assert found.estimate.low < -1 < 1 < found.estimate.high
    assert found.reviewer_variance > found.unit_variance


def test_where_reviewers_agree_it_is_the_paired_t():
    draw = np.random.default_rng(1)
    agreeing = np.array([[0.1, 0.0, -0.1], [-0.1, 0.1, 0.0], [0.0, -0.1, 0.1]])
    found = crossed(draw.normal(0.5, 0.3, (6, 1)) + np.vstack([agreeing, agreeing]))
    assert (found.estimate.low, found.estimate.high) == pytest.approx(
        (found.panel.low, found.panel.high)
    )
    assert found.estimate.p_value == pytest.approx(found.panel.p_value)


NONE = np.nan
HOLES = np.array(
    [
        *([1, 0.5, NONE], [0, NONE, -0.5], [NONE, 1.5, 1]),
        *([0.5, 0, 0.5], [-1, 0.5, NONE], [1, NONE, 1.5]),
    ]
)


def test_every_cell_of_a_table_with_holes_is_used():
    """Worked by hand as in the source of the method: mean squares, degrees of freedom, interval."""
    found = crossed(HOLES)
    variance, freedom = found.panel_part
    assert (found.estimate.value, found.estimate.n) == (pytest.approx(0.51667, abs=1e-5), 6)
    assert (variance, freedom) == pytest.approx((0.0740787, 4.6304), abs=1e-4)
    assert (found.estimate.low, found.estimate.high) == pytest.approx((-0.2001, 1.2334), abs=1e-4)
    assert found.unit_variance == pytest.approx((0.89333 - 0.34167) / 2, abs=1e-4)
    assert found.residual_variance == pytest.approx(0.34167, abs=1e-5)
    assert found.parts[1] == (0.0, 2.0)


def test_reaches_of_units_and_of_tastes_add_in_squares():
    table = np.array([[0.2, 0.7, -0.3], [1, 0.4, 0.1], [-0.5, 0.6, 0], [0.3, 1.2, 0.4]])
    found = crossed(table)
    assert (found.panel.low, found.panel.high) == pytest.approx((-0.0944, 0.7777), abs=1e-4)
    assert (found.estimate.low, found.estimate.high) == pytest.approx((-0.4717, 1.1550), abs=1e-4)
    at_its_p = crossed(table, 1 - found.estimate.p_value).estimate
    assert at_its_p.low == pytest.approx(0, abs=1e-9)


def test_where_nobody_shares_a_unit_only_means_of_reviewers_are_compared():
    alone = np.full((6, 3), NONE)
    alone[np.arange(6), [0, 1, 2, 0, 1, 2]] = [1.0, 2.0, 3.0, 2.0, 3.0, 2.5]
    found = crossed(alone)
    assert found.estimate.value == pytest.approx(2.25)
    assert found.estimate.degrees_of_freedom == 2
    assert found.estimate.standard_error == pytest.approx(np.std([1.5, 2.5, 2.75], ddof=1) / 3**0.5)
    assert found.panel.standard_error == pytest.approx((0.5 / 2 + 0.5 / 2 + 0.125 / 2) ** 0.5 / 3)


def test_a_unit_at_the_bound_takes_the_lower_limit_down():
    gaps = [0.5, -0.25, 0, 0.75, 0.25, -0.5, 1, 0, 0.5, 0.25]
    gaps += [-0.25, 0.5, 0.75, 0, 0.25, 0.5, -0.5, 0.25, 0, 0.5]
    table = np.array(gaps)[:, None]
    assert protected(table, -5, 0.9) == pytest.approx(-0.4789, abs=1e-4)
    assert crossed(table, 0.9).panel.low == pytest.approx(0.0654, abs=1e-4)


def test_the_tipping_taste_is_the_one_that_takes_the_limit_to_the_edge():
    table = np.array([[1.0, 1.4], [0.8, 0.9], [1.3, 1.0], [0.9, 1.5], [1.1, 1.2]])
    found = crossed(table)
    taste, (variance, freedom) = found.tipping_taste(0), found.panel_part
    reach = stats.t.ppf(0.975, freedom) * (variance + taste**2 / 2) ** 0.5
    assert reach == pytest.approx(found.panel.value)
    assert crossed(-table).tipping_taste(0) == pytest.approx(taste)
    assert found.tipping_taste(found.panel.high) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("table", "why", "of_these"),
    [
        (np.array([[1.0], [2.0]]), "one reviewer", True),
        (np.array([[1.0, 2.0], [1.5, 1.0], [2.0, 2.5]]), "two reviewers", True),
        (np.array([[1.0, NONE, 2.0], [2.0, 1.0, 1.0]]), "2 units from each reviewer", False),
        (
            np.array([[1, 2, NONE], [NONE, 1, 2], [2, NONE, NONE], [NONE, NONE, 3.0]]),
            "too few units are shared",
            False,
        ),
        (np.full((3, 3), 0.5), "all differences are equal", False),
        (np.array([[0.1 + 0.2, 0.3, 0.3], [0.3, 0.3, 0.1 + 0.2]]), "all differences", False),
    ],
)
def test_other_reviewers_are_not_spoken_of_without_reason(table, why, of_these):
    found = crossed(table)
    assert found.estimate.verdict == "not estimable"
    assert why in found.estimate.sentence
    assert (found.panel.refusal == "") == of_these


def test_the_paired_t_is_that_of_scipy():
    gaps = np.array([0.3, -0.1, 0.6, 0.2, 0.4])
    found, known = paired_t(gaps), stats.ttest_1samp(gaps, 0)
    ends = known.confidence_interval()
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))
    assert (found.statistic, found.p_value) == pytest.approx((known.statistic, known.pvalue))


@pytest.mark.parametrize("gaps", [[], [0.4], [0.5, 0.5, 0.5], [0.1 + 0.2, 0.3, 0.3]])
def test_one_unit_or_none_or_no_spread_is_not_estimable(gaps):
    assert paired_t(np.array(gaps)).verdict == "not estimable"
    assert non_inferior_ratio(np.array(gaps), np.zeros(len(gaps))).verdict == "not estimable"


@pytest.mark.parametrize("test", [paired_t, sign_flip, observed_range])
def test_a_missing_difference_is_refused_by_its_place(test):
    with pytest.raises(ValueError, match=r"at \[1\] are missing"):
        test(np.array([0.5, np.nan, 0.2]))
    with pytest.raises(ValueError, match="one difference per unit"):
        test(np.ones((3, 2)))


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_below_six_units_signs_claim_nothing(n):
    gaps = np.linspace(1, 2, n)
    found = with_sign_flip(paired_t(gaps), gaps)
    assert found.p_value == found.smallest_p > 0.05
    assert f"no p below {2.0 ** (1 - n):.3g} is possible" in found.sentence


def test_three_units_cannot_reach_a_small_p_and_say_so():
    gaps = np.array([0.5, 0.4, 0.9])
    said = with_sign_flip(paired_t(gaps), gaps).sentence
    assert "p = 0.25" in said
    assert "at this n no p below 0.25 is possible" in said


def test_non_inferiority_is_the_lower_fieller_limit():
    draw = np.random.default_rng(6)
    single, multi = draw.normal(8.3, 0.5, 8), draw.normal(8.5, 0.5, 8)
    found = non_inferior_ratio(single, multi, 0.05)
    expected = stats.ttest_1samp(single - 0.95 * multi, 0, alternative="greater")
    assert found.p_value == pytest.approx(expected.pvalue)
    # Fieller: the ratios whose linear contrast is not rejected.
    grid = np.linspace(0.8, 1.2, 4001)
    contrasts = single[:, None] - grid * multi[:, None]
    kept = stats.ttest_1samp(contrasts, 0, alternative="greater").pvalue > 0.05
    lower = grid[int(np.argmax(kept))]
    assert (lower > 0.95) == (found.verdict == "non-inferior")


@pytest.mark.parametrize(("n", "bound"), [(3, 0.6316), (6, 0.3930), (10, 0.2589), (59, 0.0495)])
def test_no_catastrophe_among_few_proves_little(n, bound):
    found = catastrophes(np.zeros(n))
    assert (found.value, found.high) == (0.0, pytest.approx(bound, abs=1e-4))
    assert catastrophes(np.array([-3.0, 0.0])).value == 0.5


def test_a_verdict_is_one_of_those_there_are():
    with pytest.raises(ValueError, match="there are: superior"):
        Estimate(0, 0, 0, 0.95, "m", 3, verdict="no difference")


tables = st.integers(3, 7).flatmap(
    lambda n: st.lists(
        st.lists(st.floats(-5, 5, width=16), min_size=3, max_size=3), min_size=n, max_size=n
    )
)


@given(tables)
def test_swapping_the_variants_turns_everything_over(rows):
    there, back = crossed(np.array(rows)).estimate, crossed(-np.array(rows)).estimate
    assert (there.refusal == "") == (back.refusal == "")
    if not there.refusal:
        assert back.low == pytest.approx(-there.high)
        assert back.p_value == pytest.approx(there.p_value)


@given(tables, st.permutations(range(3)))
def test_the_order_of_units_and_reviewers_does_not_matter(rows, order):
    table = np.array(rows)
    here, there = crossed(table).estimate, crossed(table[::-1][:, list(order)]).estimate
    if not here.refusal:
        assert (there.low, there.high) == pytest.approx((here.low, here.high), abs=1e-9)


@given(tables)
def test_points_on_another_scale_scale_the_interval(rows):
    table = np.array(rows)
    here, there = crossed(table).estimate, crossed(4 * table).estimate
    if not here.refusal:
        assert there.high == pytest.approx(4 * here.high, abs=1e-9)
        assert there.p_value == pytest.approx(here.p_value)


@given(tables)
def test_swapping_the_variants_mirrors_the_margin(rows):
    gaps = np.array(rows).mean(axis=1)
    scale = np.full(len(gaps), 10.0)  # of which 5 % are half a point
    there, back = (non_inferior_ratio(scale + gap, scale) for gap in (gaps, -gaps))
    assert (there.refusal == "") == (back.refusal == "")
    if not there.refusal:
        assert there.low - 0.5 == pytest.approx(0.5 - back.high)


@given(tables, st.lists(st.integers(-8, 8), min_size=7, max_size=7), st.permutations(range(3)))
def test_hard_units_and_strict_reviewers_cancel(rows, difficulty, severity):
    baseline = np.array(rows)
    candidate = np.round(baseline[::-1] * 4) / 4
    shift = np.array(difficulty[: len(rows)])[:, None] + np.array(severity)[None, :]
    here = crossed(candidate - baseline)
    there = crossed((candidate + shift) - (baseline + shift))
    assert there.estimate.refusal == here.estimate.refusal
    if not here.estimate.refusal:
        assert there.estimate.low == pytest.approx(here.estimate.low, abs=1e-9)


@given(st.integers(1, 9), st.integers(-5, 5))
def test_reliability_does_not_depend_on_the_scale_of_points(factor, shift):
    table = np.array([[9, 2, 5], [6, 1, 3], [8, 4, 6], [7, 1, 2.0]])
    moved = factor * table + shift
    assert reliability.krippendorff_alpha(moved) == pytest.approx(
        reliability.krippendorff_alpha(table)
    )
    assert reliability.intraclass_correlation(moved).single_low == pytest.approx(
        reliability.intraclass_correlation(table).single_low
    )


@given(tables)
def test_reviewers_counted_twice_tell_the_panel_nothing_new(rows):
    table = np.array(rows)
    here, there = crossed(table).panel, crossed(np.hstack([table, table])).panel
    if not here.refusal:
        assert (there.low, there.high, there.n) == pytest.approx((here.low, here.high, here.n))


def test_many_units_have_their_signs_drawn():
    gaps = np.random.default_rng(1).normal(0.6, 1, 30)
    p_value, _ = sign_flip(gaps, seed=3)
    assert sign_flip(gaps, seed=3)[0] == p_value
    assert p_value == pytest.approx(paired_t(gaps).p_value, abs=0.01)


def test_groups_that_share_nobody_are_refused():
    rows = [("A", "r1", 9.0), ("B", "r1", 8.0), ("C", "r2", 3.0)]
    with pytest.raises(ValueError, match="2 groups that share nobody"):
        reviewer_severity(pd.DataFrame(rows, columns=["output", "reviewer", "score"]))


def test_severity_of_one_reviewer_added_to_all_changes_no_fair_score():
    draw = np.random.default_rng(3)
    rows = pd.DataFrame(
        [(o, r, float(draw.normal(7, 1))) for o in "ABCD" for r in ("x", "y", "z")],
        columns=["output", "reviewer", "score"],
    )
    lenient = rows.assign(score=rows["score"] + 2.0 * (rows["reviewer"] == "x"))
    before, after = reviewer_severity(rows), reviewer_severity(lenient)
    assert (after.fair - before.fair).to_numpy() == pytest.approx(2 / 3)
    assert (after.severity - before.severity).to_dict() == pytest.approx(
        {"x": 4 / 3, "y": -2 / 3, "z": -2 / 3}
    )


def test_where_all_review_everything_fair_scores_are_plain_means():
    rows = pd.DataFrame(
        [("A", "x", 9.0), ("A", "y", 7.0), ("B", "x", 8.0), ("B", "y", 5.0)],
        columns=["output", "reviewer", "score"],
    )
    assert reviewer_severity(rows).fair.to_dict() == pytest.approx({"A": 8, "B": 6.5})


def test_a_missing_difference_is_no_unit_without_a_catastrophe():
    found = catastrophes(np.array([np.nan, -3.0]))
    assert (found.value, found.n) == (1.0, 1)


@pytest.mark.parametrize(("n", "level"), [(3, 0.75), (4, 0.875), (6, 0.96875)])
def test_the_observed_range_holds_the_median_at_the_level_of_all_signs_alike(n, level):
    gaps = np.random.default_rng(n).normal(size=n)
    found = observed_range(gaps)
    assert (found.low, found.high, found.level) == (gaps.min(), gaps.max(), level)
    assert found.value == np.median(gaps)
