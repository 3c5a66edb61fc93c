"""Abilities from who beat whom."""

from __future__ import annotations

import numpy as np
import pytest

from speckit_analysis.stats.bradley_terry import bradley_terry

NAMES = ["a", "b", "c"]
WINS = np.array([[0, 6, 8], [4, 0, 6], [2, 4, 0]])


def test_of_two_the_ability_is_the_log_odds_of_a_win():
    found = bradley_terry(np.array([[0, 30], [10, 0]]), ["a", "b"])
    assert found.ability["a"] == pytest.approx(np.log(3))
    assert found.standard_error["a"] == pytest.approx(np.sqrt(1 / 30 + 1 / 10))
    assert found.probability("a", "b") == pytest.approx(0.75)
    assert (found.deviance, found.degrees_of_freedom) == (pytest.approx(0, abs=1e-9), 0)


def test_the_reference_changes_no_difference():
    first, last = bradley_terry(WINS, NAMES, "a"), bradley_terry(WINS, NAMES)
    assert (first.ability["a"], last.ability["c"]) == (0, 0)
    assert first.probability("b", "c") == pytest.approx(last.probability("b", "c"))
    assert first.deviance == pytest.approx(last.deviance)


def test_abilities_are_found_again():
    draw = np.random.default_rng(1)
    truth = np.array([1.0, 0.5, 0.0, -0.5])
    chance = 1 / (1 + np.exp(truth[None, :] - truth[:, None]))
    upper = np.triu(draw.binomial(500, chance), 1)
    wins = upper + np.tril(500 - upper.T, -1)
    found = bradley_terry(wins, list("wxyz"), "y")
    assert found.ability.to_numpy() == pytest.approx(truth, abs=0.25)


def test_one_that_never_lost_is_refused():
    with pytest.raises(ValueError, match=r"\['a'\]"):
        bradley_terry(np.array([[0, 5, 5], [0, 0, 3], [0, 2, 0]]), NAMES)


def test_wins_and_names_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="as many rows and columns"):
        bradley_terry(WINS, ["a", "b"])
    with pytest.raises(ValueError, match="'z' one of them"):
        bradley_terry(WINS, NAMES, "z")
