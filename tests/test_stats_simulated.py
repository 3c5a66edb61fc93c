"""What intervals and tests say of themselves is so, where the truth is known by simulation.

Differences of two variants vary between units (0.4 a variant), and by what reviewers make of each
output (0.7); three reviewers score each unit, so that a unit's mean difference deviates by 0.8.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy import integrate, stats
from simulations import at_length, chance
from statsmodels.stats.power import TTestPower

from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN
from speckit_analysis.analysis.experiment.rule import verdict_of
from speckit_analysis.stats.crossed import Crossed, crossed
from speckit_analysis.stats.economics import acceptability
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.noninferiority import catastrophes, non_inferior_ratio
from speckit_analysis.stats.paired import paired_t, sign_flip
from speckit_analysis.stats.planning import plan, smallest_effect, units_for_margin
from speckit_analysis.stats.proportions import one_sided_limits
from speckit_analysis.stats.reliability import intraclass_correlation
from speckit_analysis.stats.sequential import e_value

LONG, REVIEWERS, MEAN = 4000, 3, 8.5
BETWEEN, SINGLE, SEVERITY, TASTE = 0.4, 0.7, 0.6, 0.3

#: Share of units that lose points under the candidate where disasters are rare, and how many.
DISASTERS, LOSS = 0.1, 3.0


@pytest.fixture(params=[400, at_length(LONG)])
def repeats(request) -> int:
    return request.param


def slack(repeats: int, share: float = 0.05) -> float:
    return chance(repeats, LONG, share)


def scores(repeats: int, n: int, draw: np.random.Generator, taste: float = 0.0) -> np.ndarray:
    """Return scores of two variants that are truly alike, (repeats, variants, units, reviewers)."""
    shape = (repeats, 2, n, REVIEWERS)
    return (
        MEAN
        + draw.normal(0, 1.0, (repeats, 1, n, 1))
        + draw.normal(0, SEVERITY, (repeats, 1, 1, REVIEWERS))
        + draw.normal(0, BETWEEN, (repeats, 2, n, 1))
        + draw.normal(0, taste, (repeats, 2, 1, REVIEWERS))
        + draw.normal(0, SINGLE, shape)
    )


def differences(repeats: int, scenario: str, n: int) -> tuple[np.ndarray, float]:
    """Return differences (repeats, units, reviewers) and their true mean.

    Scenario A is normal; in B each reviewer has a taste for a variant; in C one unit of ten loses 3
    points; in D scores are half points with a ceiling at 10.
    """
    draw = np.random.default_rng([ord(scenario), n])
    taste = TASTE if scenario == "B" else 0.0
    candidate, baseline = np.moveaxis(scores(repeats, n, draw, taste), 1, 0)
    if scenario == "C":
        lost = LOSS * (draw.random((repeats, n, 1)) < DISASTERS)
        return candidate - lost - baseline, -LOSS * DISASTERS
    if scenario == "D":
        candidate, baseline = (
            np.clip(np.round(2 * one) / 2, 0, 10) for one in (candidate, baseline)
        )
    return candidate - baseline, 0.0


@cache
def judged(repeats: int, scenario: str, n: int) -> tuple[list[Crossed], float]:
    """Return what is said of each simulated experiment, and the truth."""
    tables, truth = differences(repeats, scenario, n)
    return [crossed(table) for table in tables], truth


def coverage(found: list[Estimate], truth: float) -> float:
    """Return how often the truth lies within; what is not estimable claims nothing."""
    return float(np.mean([bool(one.refusal) or one.low <= truth <= one.high for one in found]))


@pytest.mark.parametrize("n", [3, 6, 10])
@pytest.mark.parametrize("scenario", ["A", "D"])
def test_the_crossed_interval_covers_where_reviewers_agree(repeats, scenario, n):
    found, truth = judged(repeats, scenario, n)
    covered = coverage([one.estimate for one in found], truth)
    assert 0.93 - slack(repeats) <= covered <= 0.99


@pytest.mark.parametrize("n", [3, 6, 10])
def test_the_paired_t_covers_normal_differences_exactly(repeats, n):
    found, truth = judged(repeats, "A", n)
    covered = coverage([one.panel for one in found], truth)
    assert covered == pytest.approx(0.95, abs=0.01 + slack(repeats))


@pytest.mark.parametrize("n", [3, 6, 10, 20])
def test_the_crossed_interval_covers_where_reviewers_have_tastes(repeats, n):
    found, truth = judged(repeats, "B", n)
    assert coverage([one.estimate for one in found], truth) >= 0.93 - slack(repeats)


def test_more_units_do_not_cure_reviewers_tastes(repeats):
    panels = {
        n: coverage([one.panel for one in judged(repeats, "B", n)[0]], 0.0) for n in (3, 10, 20)
    }
    assert panels[3] > panels[10] > panels[20]
    assert panels[10] < 0.88


@pytest.mark.parametrize("n", [3, 6, 10])
def test_the_crossed_interval_covers_where_disasters_are_rare(repeats, n):
    found, truth = judged(repeats, "C", n)
    assert coverage([one.estimate for one in found], truth) >= 0.93 - slack(repeats)


@pytest.mark.parametrize("n", [3, 6, 10])
def test_variants_alike_are_seldom_called_better_or_worse(repeats, n):
    told = [one.estimate.verdict in ("superior", "inferior") for one in judged(repeats, "A", n)[0]]
    assert np.mean(told) <= 0.055 + slack(repeats)


def at_the_margin(repeats: int, scenario: str, n: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return scores (units, reviewers) of a candidate that keeps 95 % of the mean exactly."""
    draw = np.random.default_rng([5, ord(scenario), n])
    candidate, baseline = np.moveaxis(scores(repeats, n, draw), 1, 0)
    shift = -0.05 * MEAN
    if scenario == "C":
        candidate = candidate - LOSS * (draw.random((repeats, n, 1)) < DISASTERS)
        shift += LOSS * DISASTERS
    return list(zip(candidate + shift, baseline, strict=True))


@pytest.mark.parametrize(("scenario", "most"), [("A", 0.055), ("C", 0.09)])
@pytest.mark.parametrize("n", [3, 6, 10])
def test_a_loss_of_just_the_margin_is_seldom_called_not_inferior(repeats, scenario, most, n):
    found = [
        crossed(candidate - 0.95 * baseline, 0.9).estimate
        for candidate, baseline in at_the_margin(repeats, scenario, n)
    ]
    assert np.mean([one.low > 0 for one in found]) <= most + slack(repeats)


@pytest.mark.parametrize("n", [3, 6, 10])
def test_the_panel_s_test_of_the_margin_errs_no_more_than_it_says(repeats, n):
    found = [
        non_inferior_ratio(candidate.mean(axis=1), baseline.mean(axis=1)).verdict
        for candidate, baseline in at_the_margin(repeats, "A", n)
    ]
    assert np.mean([verdict == "non-inferior" for verdict in found]) <= 0.057 + slack(repeats)


@pytest.mark.parametrize("n", [3, 6, 10])
def test_the_bound_on_disasters_holds_where_the_mean_hides_them(repeats, n):
    draw = np.random.default_rng(n)
    gaps = np.where(draw.random((repeats, n)) < DISASTERS, -LOSS, 0.0)
    held = np.mean([catastrophes(one).high >= DISASTERS for one in gaps])
    assert held >= 0.95 - slack(repeats)


@pytest.mark.parametrize("n", [3, 4, 5, 6, 8, 10])
def test_signs_err_no_more_than_they_say_and_never_below_six_units(repeats, n):
    draw = np.random.default_rng(n)
    rejected = np.mean([sign_flip(gaps)[0] <= 0.05 for gaps in draw.normal(size=(repeats, n))])
    assert rejected <= 0.055 + slack(repeats)
    assert n >= 6 or rejected == 0


def test_signs_are_those_of_scipy_s_enumeration():
    gaps = np.random.default_rng(1).normal(0.5, 1, 8)
    known = stats.permutation_test((gaps,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip(gaps)[0] == pytest.approx(known.pvalue)


CHEAPER = Estimate(0.33, 0.3, 0.37, 0.95, "known", 20)


def test_three_units_and_then_ten_recommend_wrongly_no_more_than_one_look(repeats):
    wrong = {ADOPT: 0, KEEP: 0}
    for candidate, baseline in at_the_margin(repeats, "A", 10):
        for n in (3, 10):
            quality = crossed((candidate - baseline)[:n])
            kept = crossed((candidate - 0.95 * baseline)[:n], 0.9)
            told, *_ = verdict_of(quality, kept, CHEAPER, CHEAPER)
            assert n >= 5 or told == OPEN  # three units plan, and decide nothing
            wrong[ADOPT] += told == ADOPT
    for table in differences(repeats, "A", 10)[0]:
        quality, kept = crossed(table), crossed(table + 0.05 * MEAN, 0.9)
        wrong[KEEP] += verdict_of(quality, kept, CHEAPER, CHEAPER)[0] == KEEP
    assert wrong[ADOPT] / repeats <= 0.055 + slack(repeats)
    assert wrong[KEEP] / repeats <= 0.055 + slack(repeats)


def test_looking_twice_takes_a_split_level(repeats):
    histories = np.random.default_rng(3).normal(size=(repeats, 10))

    def rejected(first: float, second: float) -> float:
        looks = ((3, 1 - first), (10, 1 - second))
        return float(
            np.mean(
                [
                    any(paired_t(one[:n], level).verdict != "inconclusive" for n, level in looks)
                    for one in histories
                ]
            )
        )

    assert rejected(0.005, 0.045) <= 0.055 + slack(repeats)
    assert rejected(0.05, 0.05) > 0.08


@pytest.mark.parametrize("n", [3, 6, 10])
def test_an_e_value_is_1_on_average_where_nothing_differs(n):
    def weighted(t: float) -> float:
        return e_value(t, n) * float(stats.t.pdf(t, n - 1))

    mean, _ = integrate.quad(weighted, -100, 100, limit=200)
    assert mean == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("n", [10, 29, 46, 60, 100])
def test_agreement_of_90_percent_is_seldom_claimed_to_be_more(n):
    passes = [one_sided_limits(alike, n)[0] > 0.9 for alike in range(n + 1)]
    assert stats.binom.pmf(np.arange(n + 1), n, 0.9)[passes].sum() <= 0.05
    assert any(passes) == (n >= 29)


def test_a_planned_number_of_units_attains_its_power(repeats):
    draw, n = np.random.default_rng(4), units_for_margin(0.8, 0.425)
    gaps = draw.normal(0, 0.8, (repeats, n))
    baseline = np.full(n, MEAN)  # of which 5 % are the margin
    attained = np.mean(
        [non_inferior_ratio(MEAN + one, baseline).verdict == "non-inferior" for one in gaps]
    )
    planned = stats.nct.sf(stats.t.ppf(0.95, n - 1), n - 1, 0.425 / 0.8 * np.sqrt(n))
    assert attained == pytest.approx(planned, abs=2 * np.sqrt(0.16 / repeats))
    assert attained >= 0.78 - slack(repeats, 0.2)


def test_a_planned_design_attains_its_power():
    pilot = differences(LONG, "A", 20)[0][0]
    margin = 0.6
    found = plan(crossed(pilot), margin, seed=1)
    known = crossed(pilot)
    shape = (1500, found.units, found.reviewers)
    draw = np.random.default_rng(3)
    gaps = draw.normal(0, np.sqrt(known.unit_variance), (*shape[:2], 1)) + draw.normal(
        0, np.sqrt(known.residual_variance), shape
    )
    attained = [crossed(one + margin, 0.9).estimate.low > 0 for one in gaps]
    assert np.mean(attained) >= 0.78


@pytest.mark.parametrize("n", [3, 6, 10])
def test_acceptability_reaches_95_percent_in_one_case_of_20_where_nothing_pays(repeats, n):
    draw = np.random.default_rng(n)
    cost, effect = draw.normal(1, 0.4, (2, repeats, n))
    chances = [
        acceptability(one, other, [1.0])["probability"][0]
        for one, other in zip(cost, effect, strict=True)
    ]
    reached = np.mean(np.array(chances) >= 0.95)
    assert reached == pytest.approx(0.05, abs=0.01 + slack(repeats))


@pytest.mark.parametrize("n", [6, 12, 20, 40])
def test_intervals_of_reliability_cover(repeats, n):
    draw = np.random.default_rng(n)
    tables = (
        draw.normal(0, 1, (repeats, n, 1))
        + draw.normal(0, 0.5, (repeats, 1, REVIEWERS))
        + draw.normal(0, np.sqrt(0.5), (repeats, n, REVIEWERS))
    )
    found = [intraclass_correlation(table) for table in tables]
    truth = 1.0 / (1.0 + 0.25 + 0.5)
    assert np.mean([one.single_low <= truth <= one.single_high for one in found]) >= 0.91 - slack(
        repeats
    )


def test_a_planned_effect_is_seen_as_often_as_planned(repeats):
    effect, n = smallest_effect(8), 8
    draw = np.random.default_rng(1)
    seen = [paired_t(gaps).p_value < 0.05 for gaps in draw.normal(effect, 1, (repeats, n))]
    assert np.mean(seen) == pytest.approx(0.8, abs=2 * np.sqrt(0.16 / repeats))
    assert TTestPower().power(effect, n, 0.05) == pytest.approx(0.8)


def test_scores_taken_as_independent_would_err_far_too_often(repeats):
    # Four criteria by three reviewers at six units: six observations, not seventy-two.
    draw = np.random.default_rng(9)
    tables = draw.normal(0, 0.5, (repeats, 6, 1)) + draw.normal(0, 0.3, (repeats, 6, 12))
    right = [paired_t(table.mean(axis=1)).p_value < 0.05 for table in tables]
    wrong = [stats.ttest_1samp(table.ravel(), 0).pvalue < 0.05 for table in tables[:1000]]
    assert np.mean(right) <= 0.055 + slack(repeats)
    assert np.mean(wrong) > 0.3
