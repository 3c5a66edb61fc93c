"""Whether reviewers could tell which of k variants they read: by hand, and as simulated."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from simulations import at_length, chance

from speckit_analysis.stats.blinding import (
    BlindingIndex,
    blinding_index,
    chance_corrected,
    units_to_see,
)

# Of three reviewers two are right throughout; one takes A for B, and does not know B.
TWO = [[0, 1], [0, 1], [1, 2]]


def index(*units) -> BlindingIndex:
    return blinding_index(np.array(units))


def every(variants, reviewers=1):
    """Return a unit in which all is right."""
    return [list(range(variants))] * reviewers


@pytest.mark.parametrize(
    ("unit", "value", "p_value"),
    [
        (TWO, 0.5, 1 / 2),  # Bang's (2 - 1) / 3 and (2 - 0) / 3
        ([[1, 0]], -1, 1),  # each taken for the other
        ([[0, 2, 1]], 0, 4 / 6),  # k = 3, 1 right and 2 wrong
        ([[0, 1, 3]], 2 / 3, 1 / 6),  # k = 3, the third is not known
        (every(3), 1, 1 / 6),
        ([[0, 1, 2, 3], [0, 0, 0, 0]], 0.5, 1 / 24),  # k = 4, one knows, one has a habit
        (every(4, 3), 1, 1 / 24),
    ],
)
def test_the_index_of_a_unit_and_its_p_value_by_hand(unit, value, p_value):
    found = index(unit)
    assert found.value == pytest.approx(value, abs=1e-12)
    assert found.p_value == pytest.approx(p_value)
    assert found.n == 1
    assert np.isnan([found.low, found.high]).all()  # one unit has no interval


def test_units_are_independent_and_their_orders_multiply():
    assert index(TWO, TWO).p_value == pytest.approx(1 / 4)
    assert index(*[every(3)] * 3).p_value == pytest.approx(1 / 216)
    # 3 and 1 right of three each: 3 + 3, 3 + 1 and 1 + 3 are so in 1, 3 and 3 of 36 orders.
    assert index(every(3), [[2, 1, 0]]).p_value == pytest.approx(7 / 36)


def test_the_interval_by_hand():
    known, half, none = [[0, 1]], [[0, 2]], [[2, 2]]
    found = index(known, half, none)
    # 1, 0.5 and 0: 0.5 +- 4.3027 * 0.5 / sqrt(3), clipped.
    assert (found.value, found.low, found.high) == pytest.approx((0.5, -0.7421, 1.0), abs=1e-4)
    alike = index(*[known] * 3)
    # 1, 1, 1 and one unit more at 0: 0.75 - 3.1824 * 0.5 / 2.
    assert (alike.low, alike.high) == pytest.approx((-0.0456, 1.0), abs=1e-4)
    silent = index(*[none] * 3)
    assert (silent.low, silent.high) == pytest.approx((0.0, 1.0))
    many = index(*[none] * 20)
    # One unit of 21 at 1: 1 / 21 + 2.0860 / 21.
    assert (many.low, many.high) == pytest.approx((0.0, 0.1470), abs=1e-4)
    wrong = index(*[[[1, 2, 0]]] * 4)
    assert (wrong.value, wrong.low) == pytest.approx((-0.5, -0.5))  # nothing lower is possible


@pytest.mark.parametrize("variants", [2, 3, 4])
def test_all_orders_are_counted(variants):
    guesses = np.random.default_rng(variants).integers(0, variants + 1, (5, variants))
    right = [(guesses == order).sum() for order in permutations(range(variants))]
    expected = np.mean(np.array(right) >= right[0])
    assert index(guesses).p_value == pytest.approx(expected)


@pytest.mark.parametrize("variants", [2, 3, 4])
def test_a_habit_is_no_knowledge_also_where_cards_are_missing(variants):
    habit = np.zeros((12, 3, variants), dtype=int)
    habit[:4, 1:, 1] = -1  # two of three reviewers did not read the second variant
    habit[4:6, :, -1] = -1  # nobody read the last one
    found = blinding_index(habit)
    assert (found.value, found.p_value) == (0, 1)
    assert found.sizes == ()
    assert not found.broken
    assert not found.held
    assert found.n == (10 if variants == 2 else 12)


def test_a_unit_that_lacks_a_variant_counts_by_those_that_are_there():
    lacking = [[0, 1, -1], [0, 1, -1], [2, 0, -1]]
    found = index(lacking, [[0, -1, -1]] * 3)
    # Right 4 of 5 guesses of what is there: 4 - 5 / 2, of three reviewers.  Exchanged it is 1.
    assert (found.n, found.value, found.p_value) == (1, pytest.approx(0.5), pytest.approx(0.5))
    assert found.sizes == (2,)


def test_one_variant_alone_tells_nothing():
    apart = np.array([[[0, -1], [-1, 1]]] * 3)  # nobody read both
    for units in (np.zeros((0, 3, 2), dtype=int), np.zeros((3, 3, 1), dtype=int), apart):
        found = blinding_index(units)
        assert found.refusal.startswith("no reviewer was asked about all variants of a unit")
        assert found.p_value is None
        assert not found.broken
        assert not found.held


def test_variants_renamed_are_the_same_index():
    guesses = np.random.default_rng(3).integers(0, 4, (6, 3, 3))
    order = np.array([2, 0, 1, 3])
    renamed = np.argsort(order)[guesses[:, :, order[:3]]]
    found, other = blinding_index(guesses), blinding_index(renamed)
    assert (found.value, found.p_value) == pytest.approx((other.value, other.p_value))


def test_two_variants_make_bang_s_index():
    assert chance_corrected(82, 25, 277, 2) == pytest.approx((82 - 25) / 277)  # the CRISP trial


def test_who_is_always_wrong_has_not_held():
    found = index(*[[[1, 0]] * 3] * 20)
    assert found.mistaken
    assert not found.held
    assert not found.broken


def test_nobody_who_ventures_a_guess_proves_nothing():
    found = index(*[[[2, 2]] * 3] * 40)
    assert found.high < 0.2
    assert not found.held
    assert found.power(0.85) == 0


def draw(random, repeats, units, variants, *, truth, silent=0.0, shared=True, matched=True):
    """Return guesses of three reviewers whose true index is `truth`.

    They know a unit, or an output, with that probability, all of them or each on their own, and
    else say nothing, or guess: an order of the variants (`matched`), or anything.
    """
    shape = (repeats, units, 3, variants)
    of_unit = 1 if matched else variants
    known = random.random((repeats, units, 1 if shared else 3, of_unit)) < truth
    blind = (
        random.random(shape).argsort(axis=-1) if matched else random.integers(0, variants, shape)
    )
    blind = np.where(random.random((repeats, units, 3, of_unit)) < silent, variants, blind)
    return np.where(known, np.arange(variants), blind)


LONG = 2000


@pytest.mark.timeout(600)
@pytest.mark.parametrize("variants", [2, 3, 4])
@pytest.mark.parametrize(
    ("repeats", "units", "truths"),
    [(100, (3, 10), (0.0, 0.85)), at_length(LONG, (3, 5, 10, 20), (0.0, 0.2, 0.85))],
)
def test_intervals_cover_and_alarms_are_seldom_false(variants, repeats, units, truths):
    random = np.random.default_rng(variants)
    cells = product(units, (0.0, 0.3), (True, False), (True, False), truths)
    for n, silent, shared, matched, truth in cells:
        options = {"truth": truth, "silent": silent, "shared": shared, "matched": matched}
        drawn = draw(random, repeats, n, variants, **options)
        found = [blinding_index(guesses) for guesses in drawn]
        covered = np.mean([one.low - 1e-9 <= truth <= one.high + 1e-9 for one in found])
        assert covered >= 0.93 - chance(repeats, LONG), (n, options)
        if truth == 0:
            alarms = np.mean([one.broken for one in found])
            assert alarms <= 0.055 + 2 * chance(repeats, LONG), (n, options)
        if truth == 0.2:
            assert np.mean([one.held for one in found]) <= 0.025, (n, options)


@pytest.mark.parametrize(("variants", "units"), [(2, 9), (3, 6)])
def test_power_is_that_of_reviewers_who_agree_and_less_than_that_of_others(variants, units):
    random = np.random.default_rng(units)
    index_of = {0.85: chance_corrected(0.85, 0.15, 1, variants)}
    shown = {}
    for right, truth in index_of.items():
        alike = draw(random, 1500, units, variants, truth=truth)
        drawn = {"alike": alike, "agreed": alike[:, :, :1].repeat(3, axis=2)}
        for name, reviews in drawn.items():
            shown[name] = np.mean([blinding_index(guesses).broken for guesses in reviews])
        power = blinding_index(np.array([every(variants)] * units)).power(right)
        assert power == pytest.approx(shown["agreed"], abs=0.035)
        assert shown["alike"] > power


@pytest.mark.parametrize("right", [0.85, 0.6])
@pytest.mark.parametrize("variants", [2, 3, 4])
def test_so_many_units_are_enough_and_one_less_is_not(right, variants):
    n = units_to_see(right, variants)
    powers = [index(*[every(variants)] * units).power(right) for units in (n - 1, n, n + 1)]
    assert min(powers[1:]) >= 0.8
    assert powers[0] < 0.8


def test_no_number_of_units_shows_what_chance_gives():
    with pytest.raises(ValueError, match=r"of 2 variants chance gets 0\.5 right, and 0\.5 is no"):
        units_to_see(0.5, 2)
