"""Shares, paired yes and no, and several tests at once."""

from __future__ import annotations

import tracemalloc
from itertools import permutations, product

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as known_mcnemar
from statsmodels.stats.multitest import multipletests

from speckit_analysis.stats import cochran
from speckit_analysis.stats.cochran import cochran_p
from speckit_analysis.stats.multiplicity import all_must_hold, any_may_win
from speckit_analysis.stats.paired_proportions import mcnemar
from speckit_analysis.stats.proportions import exact_interval, least_n_for_rate, one_sided_limits

TABLES = [[[12, 9], [2, 7]], [[4, 6], [0, 0]], [[0, 3], [3, 0]], [[101, 121], [59, 33]]]


@pytest.mark.parametrize(("x", "n"), [(0, 10), (4, 15), (10, 10)])
def test_a_share_has_the_exact_interval(x, n):
    known = stats.binomtest(x, n).proportion_ci(method="exact")
    assert exact_interval(x, n) == pytest.approx((known.low, known.high))


def test_one_sided_limits_are_exact():
    low, high = one_sided_limits(4, 15)
    assert low == pytest.approx(stats.binomtest(4, 15, alternative="greater").proportion_ci().low)
    assert high == pytest.approx(stats.binomtest(4, 15, alternative="less").proportion_ci().high)
    assert one_sided_limits(0, 10)[0] == 0
    assert one_sided_limits(10, 10)[1] == 1


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
def test_the_p_value_of_cochran_s_q_is_exact(seed):
    table = (np.random.default_rng(seed).random((5, 3)) < [0.8, 0.6, 0.3]).astype(int)
    assert cochran_p(table) == pytest.approx(listed(table))


def test_too_many_sums_are_drawn_and_come_out_alike(monkeypatch):
    table = (np.random.default_rng(1).random((12, 3)) < [0.8, 0.6, 0.4]).astype(int)
    exact = cochran_p(table)
    monkeypatch.setattr(cochran, "MOST_LISTED", 0)
    assert cochran_p(table) == pytest.approx(exact, abs=0.01)


def test_units_that_answer_alike_change_no_drawn_p_value(monkeypatch):
    monkeypatch.setattr(cochran, "MOST_LISTED", 0)
    table = (np.random.default_rng(1).random((12, 3)) < [0.8, 0.6, 0.4]).astype(int)
    more = np.vstack([np.ones((50, 3)), table, np.zeros((50, 3))])
    assert cochran_p(more) == cochran_p(table)


def test_drawing_for_many_units_takes_little_memory():
    table = (np.random.default_rng(1).random((300, 8)) < 0.5).astype(int)
    tracemalloc.start()
    cochran_p(table)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 100 * 2**20


def test_of_two_variants_cochran_s_q_is_mcnemar_s_test():
    table = np.array([[1, 0]] * 7 + [[0, 1]] * 2 + [[1, 1]] * 3)
    assert cochran_p(table) == pytest.approx(mcnemar([[3, 7], [2, 0]]).exact_p)


def test_variants_that_all_answer_alike_have_a_p_of_1():
    assert cochran_p(np.ones((4, 3))) == 1


def test_cochran_s_q_takes_0_and_1():
    with pytest.raises(ValueError, match="0 and 1"):
        cochran_p(np.array([[0, 2], [1, 1]]))


P_VALUES = [0.011, 0.02, 0.04, 0.2]


def test_all_must_hold_at_their_own_level():
    assert all_must_hold(P_VALUES) == 0.2


def test_holm_s_correction_steps_down():
    assert any_may_win(P_VALUES) == pytest.approx([0.044, 0.06, 0.08, 0.2])


@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_holm_s_correction_is_that_of_statsmodels(n):
    p_values = np.random.default_rng(n).random(n).round(1)  # with ties, with 0 and 1
    assert any_may_win(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


def test_what_is_no_p_value_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        any_may_win([0.2, float("nan")])
    assert any_may_win([]) == []


def test_a_missing_p_value_is_no_proof_that_all_hold():
    assert np.isnan(all_must_hold([0.01, np.nan]))
    assert np.isnan(all_must_hold([np.nan, 0.01]))


@pytest.mark.parametrize(("rate", "alpha"), [(1.0, 0.05), (0.9, 0.0)])
def test_a_rate_that_no_number_can_claim_is_refused(rate, alpha):
    with pytest.raises(ValueError, match="no number of units"):
        least_n_for_rate(rate, alpha=alpha)
