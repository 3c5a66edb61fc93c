"""A judge's scores beside people's: by hand, refused, and where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from simulations import at_length, chance

from speckit_analysis.stats.judged import judge_assisted

PEOPLE = np.array([0.5, -0.25, 1.0, 0.25, 0.75, -0.5, *[np.nan] * 6])
JUDGE = np.array([0.4, -0.3, 0.8, 0.4, 0.6, -0.1, 0.9, 0.1, 0.5, -0.2, 0.7, 0.2])
LONG = 8000


@pytest.fixture(params=[400, at_length(LONG)])
def repeats(request) -> int:
    return request.param


def test_the_value_is_what_regression_predicts_at_the_judge_s_mean():
    fit = sm.OLS(PEOPLE[:6], sm.add_constant(JUDGE[:6])).fit()
    predicted = fit.get_prediction([[1.0, JUDGE.mean()]])
    found = judge_assisted(PEOPLE, JUDGE, 0.5)
    assert found.assisted.value == pytest.approx(predicted.predicted_mean[0])
    of_judge = (fit.params[1] * JUDGE.std(ddof=1)) ** 2 / len(JUDGE)
    error = np.sqrt(predicted.se_mean[0] ** 2 + of_judge)
    assert found.assisted.standard_error == pytest.approx(error)
    assert found.correlation == pytest.approx(np.corrcoef(PEOPLE[:6], JUDGE[:6])[0, 1])
    assert (found.both, found.units) == (6, 12)


@pytest.mark.parametrize(("scale", "bias"), [(10.0, 0.0), (1.0, 3.0), (0.1, -7.0)])
def test_the_judge_s_scale_and_bias_change_nothing(scale, bias):
    one, other = (judge_assisted(PEOPLE, x, 0.5).assisted for x in (JUDGE, scale * JUDGE + bias))
    assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


def test_variants_that_trade_places_change_the_sign_alone():
    one, other = judge_assisted(PEOPLE, JUDGE, 0.5), judge_assisted(-PEOPLE, -JUDGE, 0.5)
    assert one.assisted.low == pytest.approx(-other.assisted.high)


@pytest.mark.parametrize(
    ("people", "judge", "why"),
    [
        (np.where(np.arange(12) < 3, PEOPLE, np.nan), JUDGE, "fewer than 4"),
        (PEOPLE, np.full(12, 0.5), "judge's differences are all equal"),
        (np.where(np.isnan(PEOPLE), np.nan, 1.0), JUDGE, "that people scored are equal"),
        (PEOPLE, -JUDGE, "below the 0.5"),
        (PEOPLE[:6], JUDGE[:6], "no SPEC beyond"),
    ],
)
def test_a_judge_that_does_not_help_is_refused_and_people_are_told(people, judge, why):
    found = judge_assisted(people, judge, 0.5)
    assert why in found.assisted.refusal
    assert found.people.n == (~np.isnan(people)).sum()


def test_units_that_the_judge_did_not_score_count_for_people_alone():
    judge = np.where(np.arange(12) == 0, np.nan, JUDGE)
    found = judge_assisted(PEOPLE, judge, 0.5)
    assert (found.people.n, found.both, found.units) == (6, 5, 11)


def studies(repeats: int, kind: str, correlation: float, units: int, n: int):
    """Return differences of people, 0 on average, and of a judge who favours a variant."""
    draw = np.random.default_rng([ord(kind[0]), int(10 * correlation), units, n])
    shape = (2, repeats, units)
    own, other = draw.normal(size=shape) if kind != "tails" else draw.standard_t(3, shape) / 3**0.5
    people = 0.8 * own
    judge = 0.5 + 0.8 * (correlation * own + np.sqrt(1 - correlation**2) * other)
    if kind == "halves":
        people, judge = np.round(2 * people) / 2, np.round(2 * judge) / 2
    people[:, n:] = np.nan
    return people, judge


CELLS = [
    pytest.param(
        *(kind, correlation, units, n),
        marks=[] if units == 100 and n in (4, 20) and correlation != 0.7 else [pytest.mark.long],
    )
    for kind in ("normal", "halves", "tails")
    for correlation in (0.5, 0.7, 0.9)
    for units in (30, 100)
    for n in (4, 5, 6, 10, 20)
]


@pytest.mark.parametrize(("kind", "correlation", "units", "n"), CELLS)
def test_the_interval_covers_where_the_judge_is_taken(repeats, kind, correlation, units, n):
    people, judge = studies(repeats, kind, correlation, units, n)
    found = [judge_assisted(*study, 0.5).assisted for study in zip(people, judge, strict=True)]
    taken = [one.low <= 0 <= one.high for one in found if not one.refusal]
    # Few units that the judge alone scored, and heavy tails, make it conservative.
    most = 0.97 if units == 100 and kind != "tails" else 0.98
    assert len(taken) > 0.4 * repeats
    assert np.mean(taken) >= 0.93 - chance(len(taken), 0.4 * LONG)
    assert np.mean(taken) <= most + chance(len(taken), 0.4 * LONG)


@pytest.mark.parametrize("n", [4, 20])
def test_a_judge_of_low_correlation_misleads_no_more_often_than_people_alone(repeats, n):
    people, judge = studies(repeats, "normal", 0.3, 100, n)
    found = [judge_assisted(*study, 0.5).assisted for study in zip(people, judge, strict=True)]
    wrong = [not (one.refusal or one.low <= 0 <= one.high) for one in found]
    assert np.mean(wrong) <= 0.05 + chance(repeats, LONG)


def test_a_good_judge_makes_the_interval_narrower(repeats):
    people, judge = studies(repeats, "normal", 0.9, 100, 6)
    found = [judge_assisted(*study, 0.5) for study in zip(people, judge, strict=True)]
    taken = [one for one in found if not one.assisted.refusal]
    widths = [
        np.mean([getattr(one, which).high - getattr(one, which).low for one in taken])
        for which in ("assisted", "people")
    ]
    assert widths[0] < 0.65 * widths[1]
