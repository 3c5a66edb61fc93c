"""Whether reviewers could tell what they read: both indices, with their errors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from speckit_analysis.stats.blinding import bang, bang_arms, james, james_estimate, unblinding_p

COUNTS = np.array([[8, 3], [2, 7], [4, 6]])


def test_arms_are_those_who_read_a_variant():
    arms = bang_arms(COUNTS)
    assert arms.first == bang(right=8, wrong=2, unknown=4)
    assert arms.second == bang(right=7, wrong=3, unknown=6)


def test_arms_swapped_with_their_guesses_are_the_same_arms():
    arms, swapped = bang_arms(COUNTS), bang_arms(COUNTS[[1, 0, 2]][:, ::-1])
    assert (swapped.first, swapped.second) == (arms.second, arms.first)
    assert james(COUNTS) == pytest.approx(james(COUNTS[[1, 0, 2]][:, ::-1]))


def test_right_and_wrong_guesses_turn_the_index_over():
    found, other = bang(8, 2, 4), bang(2, 8, 4)
    assert other.value == -found.value
    assert other.upper_one_sided == pytest.approx(-found.lower_one_sided)


def test_few_guesses_need_the_exact_test_too():
    found = bang(5, 1, 0)
    assert found.lower_one_sided > 0
    assert found.p_value == pytest.approx(7 / 64)
    assert not found.unblinded


def test_reviewers_and_not_guesses_are_the_units():
    assert bang(9, 0, 0).unblinded  # as if nine people had guessed
    assert unblinding_p(np.array([3, 3, 3]), np.zeros(3)) == 0.125
    assert unblinding_p(np.full(5, 2), np.ones(5)) == 1 / 32
    assert unblinding_p(np.zeros(3), np.array([3, 3, 3])) == 1
    with pytest.raises(ValueError, match="each unit has both"):
        unblinding_p(np.ones(3), np.ones(2))


def test_a_habit_is_no_unblinding():
    arms = bang_arms(np.array([[10, 10], [0, 0], [0, 0]]))
    assert arms.habit
    assert arms.total == 0
    both_known = bang_arms(np.array([[10, 0], [0, 10], [0, 0]]))
    assert not both_known.habit
    assert both_known.total == 2


def test_the_error_of_james_s_index_is_that_of_multinomial_counts():
    shares = COUNTS.ravel() / COUNTS.sum()
    slope = approx_fprime(shares, lambda p: james(np.reshape(p, (3, 2))), 1e-7)
    variance = (slope**2 * shares).sum() - (slope * shares).sum() ** 2
    error = james_estimate(COUNTS).standard_error
    assert error == pytest.approx(np.sqrt(variance / COUNTS.sum()), rel=1e-4)


def test_james_s_interval_covers():
    draw = np.random.default_rng(1)
    shares = np.array([[0.2, 0.1], [0.1, 0.25], [0.2, 0.15]])
    truth = james(shares)
    tables = draw.multinomial(120, shares.ravel(), 1500).reshape(-1, 3, 2)
    found = [james_estimate(table) for table in tables]
    assert np.mean([one.low <= truth <= one.high for one in found]) == pytest.approx(0.95, abs=0.02)


def test_nobody_who_guesses_is_blinded_and_nobody_asked_is_unknown():
    assert james_estimate(np.array([[0, 0], [0, 0], [5, 5]])).value == 1
    assert james_estimate(np.zeros((3, 2), dtype=int)).verdict == "not estimable"
    assert np.isnan(bang_arms(np.zeros((3, 2), dtype=int)).first.value)


@pytest.mark.parametrize("counts", [np.ones((2, 2)), -np.ones((3, 2))])
def test_guesses_take_three_rows_and_two_columns(counts):
    for index in (bang_arms, james_estimate):
        with pytest.raises(ValueError, match="three rows and two columns"):
            index(counts)


def test_james_does_not_depend_on_the_weight_of_a_wrong_guess():
    assert james(COUNTS, 0.5) == pytest.approx(james(COUNTS, 0.75))


def test_unblinded_is_who_guesses_right_more_often_than_chance_allows():
    arms = bang_arms(np.array([[82, 27], [25, 29], [170, 83]]))  # the CRISP trial
    assert arms.first.unblinded
    assert not arms.second.unblinded
