"""Shares, paired yes and no, overrides, and defects that two finders missed."""

from __future__ import annotations

import tracemalloc
from itertools import permutations, product

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import cochrans_q
from statsmodels.stats.contingency_tables import mcnemar as known_mcnemar
from statsmodels.stats.multitest import multipletests

from speckit_analysis.stats import cochran
from speckit_analysis.stats.cochran import cochran_q, cochran_q_exact, compare_several
from speckit_analysis.stats.multiplicity import all_must_hold, any_may_win, corrected
from speckit_analysis.stats.paired_proportions import mcnemar
from speckit_analysis.stats.proportions import (
    chapman,
    independent_net_share,
    least_n_for_rate,
    lincoln_petersen,
    one_sided_limits,
    share,
    sign_test,
    wilson_interval,
)

TABLES = [[[12, 9], [2, 7]], [[4, 6], [0, 0]], [[0, 3], [3, 0]], [[101, 121], [59, 33]]]


@pytest.mark.parametrize(("x", "n"), [(0, 10), (4, 15), (10, 10)])
def test_a_share_has_the_exact_interval(x, n):
    known = stats.binomtest(x, n).proportion_ci(method="exact")
    found = share(x, n)
    assert (found.value, found.low, found.high) == pytest.approx((x / n, known.low, known.high))


def test_wilson_s_interval_and_one_sided_limits():
    known = stats.binomtest(4, 15).proportion_ci(method="wilson")
    assert wilson_interval(4, 15) == pytest.approx((known.low, known.high))
    low, high = one_sided_limits(4, 15)
    assert low == pytest.approx(stats.binomtest(4, 15, alternative="greater").proportion_ci().low)
    assert high == pytest.approx(stats.binomtest(4, 15, alternative="less").proportion_ci().high)
    assert one_sided_limits(0, 10)[0] == 0
    assert one_sided_limits(10, 10)[1] == 1


def test_a_share_of_none_is_not_estimable_and_of_more_than_all_refused():
    assert share(0, 0).verdict == "not estimable"
    with pytest.raises(ValueError, match="4 of 3 is no share"):
        share(4, 3)


@pytest.mark.parametrize("table", TABLES)
def test_mcnemar_s_statistics_are_those_of_statsmodels(table):
    found = mcnemar(np.array(table))
    assert found.exact_p == pytest.approx(known_mcnemar(table, exact=True).pvalue)
    for correction, chi2, p in (
        (False, found.chi2, found.chi2_p),
        (True, found.chi2_corrected, found.chi2_corrected_p),
    ):
        known = known_mcnemar(table, exact=False, correction=correction)
        assert (chi2, p) == pytest.approx((known.statistic, known.pvalue))


@pytest.mark.parametrize("table", TABLES)
def test_swapping_the_variants_turns_the_difference_over(table):
    here, there = mcnemar(np.array(table)), mcnemar(np.array(table).T)
    assert there.difference.low == pytest.approx(-here.difference.high)
    assert (there.exact_p, there.mid_p) == pytest.approx((here.exact_p, here.mid_p))


def test_five_pairs_that_differ_decide_nothing_though_the_interval_leaves_out_0():
    found = mcnemar(np.array([[5, 5], [0, 0]]))
    assert found.difference.low > 0
    assert found.chi2_p < 0.05 < found.exact_p == found.difference.smallest_p
    assert found.difference.verdict == "inconclusive"
    assert mcnemar(np.array([[4, 6], [0, 0]])).difference.verdict == "superior"
    assert mcnemar(np.array([[4, 0], [6, 0]])).difference.verdict == "inferior"


def test_pairs_that_never_differ_have_a_p_of_1():
    found = mcnemar(np.array([[7, 0], [0, 2]]))
    assert (found.exact_p, found.mid_p, found.difference.value) == (1, 1, 0)
    assert np.isnan(found.chi2)


@pytest.mark.parametrize("table", [np.ones((2, 3)), -np.ones((2, 2))])
def test_mcnemar_takes_two_by_two_counts(table):
    with pytest.raises(ValueError, match="two by two counts"):
        mcnemar(table)


def listed(table: np.ndarray) -> float:
    """Return Cochran's exact p-value by listing every exchange of every unit's answers."""
    sums = [
        np.sum(rows, axis=0).var() for rows in product(*(list(permutations(row)) for row in table))
    ]
    return float(np.mean(np.array(sums) >= table.sum(axis=0).var() - 1e-9))


@pytest.mark.parametrize("seed", range(4))
def test_cochran_s_q_is_exact_and_stands_beside_chi_squared(seed):
    table = (np.random.default_rng(seed).random((5, 3)) < [0.8, 0.6, 0.3]).astype(int)
    found, known = cochran_q(table), cochrans_q(table)
    assert found.exact_p == pytest.approx(listed(table))
    assert (found.statistic, found.chi2_p) == pytest.approx((known.statistic, known.pvalue))


def test_too_many_sums_are_drawn_and_come_out_alike(monkeypatch):
    table = (np.random.default_rng(1).random((12, 3)) < [0.8, 0.6, 0.4]).astype(int)
    exact = cochran_q(table).exact_p
    monkeypatch.setattr(cochran, "MOST_LISTED", 0)
    assert cochran_q(table).exact_p == pytest.approx(exact, abs=0.01)


def test_units_that_answer_alike_change_no_drawn_p_value(monkeypatch):
    monkeypatch.setattr(cochran, "MOST_LISTED", 0)
    table = (np.random.default_rng(1).random((12, 3)) < [0.8, 0.6, 0.4]).astype(int)
    more = np.vstack([np.ones((50, 3)), table, np.zeros((50, 3))])
    assert cochran_q(more).exact_p == cochran_q(table).exact_p


def test_drawing_for_many_units_takes_little_memory():
    table = (np.random.default_rng(1).random((300, 8)) < 0.5).astype(int)
    tracemalloc.start()
    cochran_q(table, draws=6000)  # 115 MB if drawn at once
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 100 * 2**20


def test_of_two_variants_cochran_s_q_is_mcnemar_s_test():
    table = np.array([[1, 0]] * 7 + [[0, 1]] * 2 + [[1, 1]] * 3)
    assert cochran_q(table).exact_p == pytest.approx(mcnemar([[3, 7], [2, 0]]).exact_p)


def test_variants_that_all_answer_alike_have_no_q():
    q, p_value = cochran_q_exact(np.ones((4, 3)))
    assert np.isnan(q)
    assert p_value == 1


PASSED = np.array([[1, 1, 0]] * 6 + [[0, 1, 0]] * 4 + [[1, 0, 1]] + [[1, 1, 1]] * 9)


def test_pairs_are_told_apart_by_holm_and_not_one_by_one():
    pairs = compare_several(PASSED, ["a", "b", "c"]).pairs.set_index(["first", "second"])
    assert pairs.loc[("a", "c"), "p_value"] == pytest.approx(2 * 0.5**6)
    assert pairs.loc[("a", "c"), "corrected_p"] > 0.05 > pairs.loc[("a", "c"), "p_value"]
    assert pairs["told_apart"].to_dict() == {
        ("a", "b"): False,
        ("a", "c"): False,
        ("b", "c"): True,
    }


def test_pairs_are_not_told_apart_where_all_may_be_alike():
    units = (
        "1110 1011 1110 0111 1111 0110 0011 1111 1010 1100 1111 1111 1010 0110 1110 1110 0111 0011"
    )
    found = compare_several(np.array([list(unit) for unit in units.split()], int), list("abcd"))
    assert found.pairs["corrected_p"].min() < 0.05 < found.overall.exact_p
    assert not found.pairs["told_apart"].any()


def test_pairs_take_as_many_names_as_variants():
    with pytest.raises(ValueError, match="3 variants take as many names"):
        compare_several(PASSED, ["a", "b"])


def test_cochran_s_q_takes_0_and_1():
    with pytest.raises(ValueError, match="0 and 1"):
        cochran_q(np.array([[0, 2], [1, 1]]))


def test_a_net_share_is_judged_by_signs():
    found = independent_net_share(7, 3, 1)
    assert (found.low, found.high) == pytest.approx((0.15805, 0.93286), abs=1e-5)
    assert found.low > 0  # the normal interval would already be sure
    assert found.p_value == sign_test(7, 1)
    assert found.verdict == "inconclusive"
    assert independent_net_share(9, 3, 1).verdict == "superior"
    assert independent_net_share(1, 3, 9).verdict == "inferior"
    assert independent_net_share(0, 0, 0).verdict == "not estimable"
    assert independent_net_share(0, 4, 0).p_value == 1


def test_finders_who_share_nothing_leave_the_number_open():
    assert lincoln_petersen(5, 6, 0) == np.inf
    assert chapman(5, 6, 0)[0] == 41
    for estimate in (lincoln_petersen, chapman):
        with pytest.raises(ValueError, match="cannot be common"):
            estimate(3, 9, 4)


def test_chapman_s_estimate_is_right_on_average():
    draw = np.random.default_rng(1)
    found = draw.random((4000, 2, 40)) < 0.5
    first, second = found.sum(axis=2).T
    both = found.all(axis=1).sum(axis=1)
    totals = [chapman(*map(int, counts))[0] for counts in zip(first, second, both, strict=True)]
    assert np.mean(totals) == pytest.approx(40, abs=0.5)


P_VALUES = [0.011, 0.02, 0.04, 0.2]


def test_all_must_hold_at_their_own_level():
    assert all_must_hold(P_VALUES) == 0.2


def test_holm_s_correction_steps_down():
    assert any_may_win(P_VALUES) == corrected(P_VALUES) == pytest.approx([0.044, 0.06, 0.08, 0.2])


@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_holm_s_correction_is_that_of_statsmodels(n):
    p_values = np.random.default_rng(n).random(n).round(1)  # with ties, with 0 and 1
    assert corrected(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("bonferroni", [0.044, 0.08, 0.16, 0.8]),
        ("benjamini-hochberg", [0.04, 0.04, 0.16 / 3, 0.2]),
        ("benjamini-yekutieli", [1 / 12, 1 / 12, 1 / 9, 5 / 12]),
    ],
)
def test_other_corrections(method, expected):
    assert corrected(P_VALUES, method) == pytest.approx(expected)


def test_what_is_no_p_value_or_no_correction_is_refused():
    with pytest.raises(ValueError, match="there are: holm"):
        corrected(P_VALUES, "none")
    with pytest.raises(ValueError, match="between 0 and 1"):
        corrected([0.2, float("nan")])
    assert corrected([]) == []


def test_a_missing_p_value_is_no_proof_that_all_hold():
    assert np.isnan(all_must_hold([0.01, np.nan]))
    assert np.isnan(all_must_hold([np.nan, 0.01]))


@pytest.mark.parametrize(("rate", "alpha"), [(1.0, 0.05), (0.9, 0.0)])
def test_a_rate_that_no_number_can_claim_is_refused(rate, alpha):
    with pytest.raises(ValueError, match="no number of units"):
        least_n_for_rate(rate, alpha=alpha)
