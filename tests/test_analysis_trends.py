"""Growth from SPEC to SPEC: planted, covered, refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from frames import frame, score
from simulations import chance, repeated

import speckit_analysis as sk
from speckit_analysis.analysis.cost.premium import with_tokens
from speckit_analysis.analysis.cost.trends import (
    cost_per_quality_point,
    trend,
)
from speckit_analysis.analysis.review.scores import quality_scores
from speckit_analysis.analysis.selection import everything, measured


def calls(growth=1.0, specs=6, noise=0.0, seed=1, stages=("plan", "tasks"), spread=0.0):
    """SPECs a week apart, each call `growth` times as dear as one of a week before."""
    draw = np.random.default_rng(seed)
    start = pd.Timestamp("2025-10-06T00:00:00Z")
    rows = []
    for week in range(specs):
        level = draw.normal(0, spread)
        for stage, size in zip(("plan", "tasks", "audit"), (1, 3, 9), strict=True):
            if stage not in stages:
                continue
            for model, price in (("a", 1.0), ("b", 2.0)):
                amount = size * price * growth**week * np.exp(level + draw.normal(0, noise))
                rows.append(
                    {"run_id": f"S{week}/{stage}", "spec_id": f"S{week}", "stage": stage}
                    | {"model_id": model, "cost_usd": float(amount), "status": "ok"}
                    | {"timestamp": (start + pd.Timedelta(weeks=week)).isoformat()}
                )
    return frame("calls", rows)


def test_growth_without_noise_is_found_exactly():
    assert trend(calls(1.06)).growth.value == pytest.approx(0.06)
    assert trend(calls(0.9, noise=0.01)).verdict == "falling"


@pytest.mark.parametrize(("growth", "said"), [(1.06, "+6.0 %"), (1.0, "+0.0 %"), (0.9, "-10.0 %")])
def test_growth_without_spread_has_no_interval(growth, said):
    found = trend(calls(growth))
    assert found.verdict == "not estimable"
    assert f"on a line of {said} a week, so that there is no spread" in found.sentence
    assert np.isnan([found.growth.low, found.growth.high]).all()


def test_growth_is_of_the_period_asked_for():
    assert trend(calls(1.06), period="day").growth.value == pytest.approx(1.06 ** (1 / 7) - 1)


def test_it_does_not_matter_which_stages_a_spec_went_through():
    rows = calls(1.06, stages=("plan", "tasks", "audit"))
    early = rows["spec_id"].isin(["S0", "S1"])
    # The first SPECs never reached the dear stage, the last never the cheap one.
    left = rows[~(early & (rows["stage"] == "audit"))]
    left = left[~((left["spec_id"] == "S5") & (left["stage"] == "plan"))]
    assert trend(left).growth.value == pytest.approx(0.06)


def test_the_interval_is_that_of_a_regression_over_specs():
    from scipy import stats

    rows = calls(1.05, noise=0.3)
    levels = np.log(rows["cost_usd"]).groupby(rows["spec_id"].astype(str)).mean()
    expected = stats.linregress(np.arange(6), levels)
    reach = stats.t.ppf(0.975, len(levels) - 2) * expected.stderr
    found = trend(rows)
    assert found.growth.value == pytest.approx(np.expm1(expected.slope))
    assert found.growth.low == pytest.approx(np.expm1(expected.slope - reach))
    assert (found.growth.n, found.calls) == (6, 24)
    assert "6 SPECs, 24 calls" in found.sentence


def test_specs_that_no_stage_links_to_the_others_are_left_out_and_said():
    rows = calls(1.06, specs=6, noise=0.001)
    alone = rows["spec_id"] == "S5"
    found = trend(rows.assign(stage=rows["stage"].mask(alone, "unlock")))
    assert found.growth.value == pytest.approx(0.06, abs=0.001)
    assert "5 SPECs, 20 calls; 1 SPEC that nothing links to the others left out" in found.sentence


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (calls(specs=3), "3 SPECs with the figure, and it takes 4"),
        (calls().assign(timestamp=pd.Timestamp("2025-10-06", tz="UTC")), "within a day"),
        (frame("calls"), "0 SPECs"),
        (calls().assign(status="error"), "0 SPECs"),
    ],
)
def test_too_little_is_refused_in_words(rows, why):
    found = trend(rows)
    assert found.verdict == "not estimable"
    assert why in found.sentence


def test_an_unknown_period_is_refused():
    with pytest.raises(ValueError, match="there are: day, week"):
        trend(calls(), period="fortnight")


@repeated(60, 300)
@pytest.mark.parametrize("specs", [4, 6, 10])
def test_intervals_cover_though_calls_of_a_spec_resemble_each_other(specs, repeats):
    from scipy import stats

    weeks = np.arange(specs)
    covered, over_calls = 0, 0
    for seed in range(repeats):
        rows = calls(1.06, specs, noise=0.3, seed=seed, spread=0.4)
        found = trend(rows)
        covered += found.growth.low <= 0.06 <= found.growth.high
        size = np.log(rows["cost_usd"].astype(float))
        size -= size.groupby(rows["stage"].astype(str) + rows["model_id"].astype(str)).transform(
            "mean"
        )
        line = stats.linregress(np.repeat(weeks, 4), size)
        reach = stats.t.ppf(0.975, 4 * specs - 2) * line.stderr
        over_calls += abs(line.slope - np.log(1.06)) <= reach
    assert covered / repeats >= 0.925 - chance(repeats, 300)
    # Taking calls as independent is what the SPEC as the unit is there to avoid.
    assert over_calls / repeats < 0.85 + chance(repeats, 300)


def test_the_growth_of_the_sample_is_covered():
    used = with_tokens(measured(sk.load(sk.sample_path()).calls).kept)
    found = trend(used, "tokens")
    assert found.growth.low < 0.06 < found.growth.high


@pytest.mark.parametrize("period", ["day", "year"])
def test_a_line_is_no_certainty_in_whatever_period(period):
    rows = [
        {"run_id": f"S{n}/{stage}", "spec_id": f"S{n}", "stage": stage, "model_id": "m"}
        | {"cost_usd": dollars * 1.05**n, "timestamp": f"2025-10-{1 + 7 * n:02}", "status": "ok"}
        for n in range(4)
        for stage, dollars in (("plan", 0.0017), ("tasks", 31.7), ("audit", 2.3))[: 2 + n % 2]
    ]
    found = trend(frame("calls", rows), period=period)
    assert "no spread to take an interval from" in found.growth.refusal


def priced(runs, reviews=None, calls=()):
    reviews = frame("reviews") if reviews is None else reviews
    scores = quality_scores(everything(reviews, noun="score"), everything(runs, noun="run"))
    return cost_per_quality_point(runs, frame("calls", calls), scores.kept)


def test_a_point_of_quality_has_a_price_where_it_was_scored():
    runs = [
        {"run_id": "S1/plan", "spec_id": "S1", "cost_usd": 1.0, "human_review_score": 8.0},
        {"run_id": "S1/tasks", "spec_id": "S1", "cost_usd": 1.0},
        {"run_id": "S2/plan", "spec_id": "S2", "cost_usd": 3.0},
        {"run_id": "S3/plan", "spec_id": None, "cost_usd": 3.0},
    ]
    (row,) = priced(frame("runs", runs)).itertuples()
    assert (row.spec_id, row.cost_usd, row.quality) == ("S1", 2.0, 8.0)
    assert row.cost_per_point_usd == 0.25
    reviews = [score("S2", 6.0), score("S2", 4.0), score("S2", 0.5, complete=False)]
    points = priced(frame("runs", runs), frame("reviews", reviews))
    assert points["cost_per_point_usd"].tolist() == [0.6]


def test_a_part_of_what_a_spec_cost_is_no_price_of_its_quality():
    runs = [
        {"run_id": f"{spec}/{stage}", "spec_id": spec, "cost_usd": usd, "human_review_score": 8.0}
        for spec, costs in (("S1", (1.0, 2.0)), ("S2", (1.0, None)), ("S3", (1.0, 2.0)))
        for stage, usd in zip(("plan", "tasks"), costs, strict=True)
    ]
    stale = {"run_id": "S3/tasks", "run_calls": 2}
    points = priced(frame("runs", runs), calls=[{"run_id": "S1/plan", "run_calls": 1}, stale])
    assert points[["spec_id", "cost_usd"]].to_numpy().tolist() == [["S1", 3.0]]


def test_without_scores_a_point_has_no_price():
    assert priced(frame("runs")).empty
