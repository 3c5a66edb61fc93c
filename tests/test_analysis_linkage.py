"""Levels of SPECs that few stages link: what is left out, and what the intervals cover."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from simulations import chance, repeated

from speckit_analysis.analysis.ask.comparison import _difference
from speckit_analysis.analysis.cost.trends import _slope
from speckit_analysis.analysis.evidence.linkage import adjusted_levels

EARLY, LATE = ("plan", "tasks", "implement"), ("implement", "validate", "audit")


def levels_of(cells, values):
    specs, stages = (pd.Series(list(names)) for names in zip(*cells, strict=True))
    return adjusted_levels(specs, stages, pd.Series(np.asarray(values, float)))


def test_what_a_stage_takes_is_taken_off():
    takes = {"plan": 1.0, "tasks": 5.0, "audit": 9.0}
    cells = [("A", "plan"), ("A", "tasks"), ("B", "tasks"), ("B", "audit"), ("C", "audit")]
    spec = {"A": 0.0, "B": 2.0, "C": 3.0}
    found = levels_of(cells, [spec[name] + takes[stage] for name, stage in cells])
    assert np.diff(found.values).tolist() == pytest.approx([2.0, 1.0])
    assert (found.left_out, found.freedom) == (0, 0)


def test_specs_that_nothing_links_are_left_out_and_said():
    cells = [("A", "plan"), ("B", "plan"), ("C", "audit")]
    found = levels_of(cells, [1.0, 2.0, 50.0])
    assert found.values.index.tolist() == ["A", "B"]
    assert found.remark == "1 SPEC that nothing links to the others left out"


def test_nothing_has_no_levels():
    assert adjusted_levels(*(pd.Series(dtype=float),) * 3).values.empty


def test_in_a_balanced_design_the_intervals_are_those_of_scipy():
    draw = np.random.default_rng(4)
    cells = [(f"S{spec}", stage) for spec in range(9) for stage in EARLY]
    found = levels_of(cells, draw.normal(0, 1, len(cells)))
    days = draw.normal(0, 9, 9)
    expected = stats.linregress(days, found.values)
    slope, reach = _slope(days, found, 0.9)
    assert slope == pytest.approx(expected.slope)
    assert reach == pytest.approx(stats.t.ppf(0.95, 7) * expected.stderr)
    side = np.array([0] * 5 + [1] * 4)
    a, b = (found.values.to_numpy()[side == number] for number in (0, 1))
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.9)
    found = _difference(found, side, 0.9)
    assert (found.low, found.high) == pytest.approx(expected)


@repeated(200, 800)
@pytest.mark.parametrize(
    "noise",
    [
        pytest.param(0.3, id="SPECs differ as much as calls"),
        pytest.param(1.0, id="calls differ more than SPECs"),
    ],
)
def test_halves_that_one_stage_links_are_covered(noise, repeats):
    draw = np.random.default_rng(11)
    days = np.arange(8.0)
    side = (days >= 4).astype(int)
    cells = [(spec, stage) for spec in range(8) for stage in (LATE if side[spec] else EARLY)]
    # Early and late SPECs share but the one stage, and only one of each half got to it.
    cells = [(spec, stage) for spec, stage in cells if stage != "implement" or spec in (0, 1, 6, 7)]
    covered = {"slope": 0, "difference": 0, "as if balanced": 0}
    for _ in range(repeats):
        spec = 0.1 * days + draw.normal(0, 0.3, 8)
        values = [spec[unit] + draw.normal(0, noise) for unit, _ in cells]
        found = levels_of(cells, values)
        slope, reach = _slope(days, found, 0.95)
        covered["slope"] += abs(slope - 0.1) <= reach
        plain = stats.linregress(days, found.values).stderr * stats.t.ppf(0.975, 6)
        covered["as if balanced"] += abs(slope - 0.1) <= plain
        difference = _difference(
            levels_of(cells, np.asarray(values) - [0.1 * days[unit] for unit, _ in cells]),
            side,
            0.95,
        )
        covered["difference"] += difference.low <= 0 <= difference.high
    shares = {name: number / repeats for name, number in covered.items()}
    assert shares["slope"] >= 0.93 - chance(repeats, 800)
    assert shares["difference"] >= 0.93 - chance(repeats, 800)
    assert shares["as if balanced"] < shares["slope"] - 0.02


@repeated(200, 1000)
def test_where_no_row_is_left_to_tell_the_noise_all_spread_is_taken_for_it(repeats):
    draw = np.random.default_rng(12)
    cells = [("A", "plan"), ("B", "plan"), ("C", "plan"), ("C", "audit"), ("D", "audit")]
    cells += [("E", "audit")]
    covered = 0
    for _ in range(repeats):
        spec = dict(zip("ABCDE", draw.normal(0, 0.3, 5), strict=True))
        found = levels_of(cells, [spec[name] + draw.normal(0, 0.5) for name, _ in cells])
        assert found.freedom == 0
        slope, reach = _slope(np.arange(5.0), found, 0.95)
        covered += abs(slope) <= reach
    assert covered / repeats >= 0.93 - chance(repeats, 1000)
