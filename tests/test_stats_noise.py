"""What is left of an effect beyond the noise of repeated runs: by hand, and simulated."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy import stats
from simulations import at_length, chance

from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.noise import gap_over_runs, noise_floor
from speckit_analysis.stats.paired import paired_t

ONCE = np.array([[7, 7.5], [6, 6], [8, 7], [5, 6], [7, 7]])
OTHER = np.array([[8, 7.5], [7, 7.5], [8, 8], [6, 7], [8, 7.5]])
LONG = 8000


@pytest.fixture(params=[300, at_length(LONG)])
def repeats(request) -> int:
    return request.param


def test_the_published_example():
    found = gap_over_runs(ONCE, OTHER, level=0.9)
    assert found.value == pytest.approx(0.8)
    assert found.low == pytest.approx(0.4892, abs=5e-5)
    floor = noise_floor([ONCE], 5)
    deviation = np.sqrt(ONCE.var(axis=1, ddof=1).mean())
    assert floor.high == pytest.approx(stats.t.ppf(0.975, 5) * deviation * np.sqrt(2 / 5))
    assert floor.low == -floor.high


def test_variants_that_trade_places_change_the_sign_alone():
    one, other = gap_over_runs(ONCE, OTHER), gap_over_runs(OTHER, ONCE)
    assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low))


def test_a_shift_of_one_run_widens_the_interval():
    shifted = OTHER + np.array([0.0, 2.0])
    plain, wide = gap_over_runs(ONCE, OTHER), gap_over_runs(ONCE, shifted)
    assert wide.high - wide.low > 4 * (plain.high - plain.low)


def test_units_that_lack_a_run_are_left_out_of_the_test_and_used_for_the_floor():
    lacking = np.vstack([ONCE, [[9.0, np.nan]], [[3.0, 4.0]]])
    others = np.vstack([OTHER, [[9.0, 9.0]], [[np.nan, 4.0]]])
    assert gap_over_runs(lacking, others).value == pytest.approx(0.8)
    assert gap_over_runs(lacking, others).n == 5
    assert (noise_floor([lacking], 5).n, noise_floor([lacking, others], 5).n) == (6, 12)


def test_an_average_of_runs_has_a_lower_floor():
    assert noise_floor([ONCE], 5, 1.0).high == pytest.approx(
        noise_floor([ONCE], 5).high / np.sqrt(2)
    )


def test_without_a_repeat_nothing_is_said():
    assert gap_over_runs(ONCE[:, :1], OTHER[:, :1]).refusal == "neither variant was run twice"
    assert "fewer than 2 SPECs" in noise_floor([ONCE[:, :1]], 5).refusal
    assert "fewer than 2 SPECs" in gap_over_runs(ONCE[:1], OTHER[:1]).refusal


def test_a_copy_is_no_repeat():
    copied = np.repeat(ONCE[:, :1], 2, axis=1)
    assert "no repeat differs" in noise_floor([copied], 5).refusal
    assert "all differences are equal" in gap_over_runs(copied, copied + 1).refusal


def simulated(repeats: int, n: int, shift: float, runs: tuple[int, int], seed: int):
    """Return outcomes of both variants, (repeats, units, runs): errors of .5, effects of .4."""
    draw = np.random.default_rng([seed, n, int(10 * shift), *runs])
    units = draw.normal(7, 1, (repeats, n, 1))
    arms = [
        units
        + draw.normal(0, shift, (repeats, 1, number))
        + draw.normal(0, 0.5, (repeats, n, number))
        for number in runs
    ]
    arms[1] = arms[1] + draw.normal(0, 0.4, (repeats, n, 1))
    return zip(*arms, strict=True)


@cache
def differences(
    repeats: int, n: int, shift: float, runs: tuple[int, int], level: float
) -> list[Estimate]:
    return [gap_over_runs(*arms, level) for arms in simulated(repeats, n, shift, runs, 1)]


CELLS = [
    pytest.param(
        n, shift, runs, marks=[] if n in (5, 20) and shift in (0, 0.4) else [pytest.mark.long]
    )
    for runs in ((2, 2), (2, 1), (3, 1))
    for shift in (0, 0.1, 0.2, 0.4)
    for n in (5, 8, 12, 20)
]


@pytest.mark.parametrize(("n", "shift", "runs"), CELLS)
def test_runs_that_shift_are_no_effect(repeats, n, shift, runs):
    bounds = differences(repeats, n, shift, runs, 0.9)
    assert np.mean([one.low > 0 for one in bounds]) <= 0.055 + chance(repeats, LONG)
    within = differences(repeats, n, shift, runs, 0.95)
    assert np.mean([one.low <= 0 <= one.high for one in within]) >= 0.93 - chance(repeats, LONG)


def test_the_paired_t_takes_shifts_for_effects(repeats):
    arms = simulated(repeats, 20, 0.4, (2, 2), 1)
    wrong = np.mean([paired_t((b - a).mean(axis=1), 0.9).low > 0 for a, b in arms])
    assert wrong > 0.2


def test_effects_are_seen(repeats):
    arms = simulated(repeats, 20, 0.0, (2, 2), 1)
    seen = np.mean([gap_over_runs(a, b + 0.6, 0.9).low > 0 for a, b in arms])
    assert seen > 0.85


@pytest.mark.parametrize("n", [5, 20])
def test_the_floor_holds_a_new_difference_of_inert_runs(repeats, n):
    arms = list(simulated(repeats, n, 0.0, (2, 2), 2))
    draw = np.random.default_rng([9, n])
    new = draw.normal(0, 0.5, (repeats, n, 2)).mean(axis=1)
    held = [
        abs(one - other) <= noise_floor([a], n).high
        for (a, _), (one, other) in zip(arms, new, strict=True)
    ]
    assert 0.93 - chance(repeats, LONG) <= np.mean(held) <= 0.97 + chance(repeats, LONG)
