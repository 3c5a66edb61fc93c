"""Two SPECs, models, agents or periods by hand, and what the intervals cover."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from frames import frame, score
from scipy import stats
from simulations import chance, repeated

import speckit_analysis as sk
from speckit_analysis.analysis.ask.comparison import compare, kind_of
from speckit_analysis.errors import EvidenceError
from speckit_analysis.stats.paired import paired_t

NOTHING = frame("runs"), frame("reviews")


def call(spec: str, stage: str, agent: str = "gemini", **more: Any) -> dict[str, Any]:
    row = {"run_id": f"{spec}/{stage}", "spec_id": spec, "stage": stage, "agent": agent}
    return row | {"model_id": f"{agent}-1", "timestamp": "2025-10-07"} | more


STAGES = ("plan", "tasks", "audit")


def two_specs(*factors: float, more: tuple[dict[str, Any], ...] = ()) -> Any:
    """SPEC A costs 1, 2 and 4; B that over each factor."""
    rows = [call("A", stage, cost_usd=2.0**n) for n, stage in enumerate(STAGES)]
    rows += [
        call("B", stage, cost_usd=2.0**n / factor)
        for n, (stage, factor) in enumerate(zip(STAGES, factors, strict=True))
    ]
    return frame("calls", [*rows, *more])


def test_two_specs_are_paired_by_stage():
    found = compare(two_specs(2, 2, 4), *NOTHING, "A", "B")
    (cost,) = found.estimands
    assert cost.ratio.value == pytest.approx(16 ** (1 / 3))
    expected = stats.ttest_1samp(np.log([2, 2, 4]), 0).confidence_interval()
    assert (cost.ratio.low, cost.ratio.high) == pytest.approx(np.exp(expected))
    assert cost.difference.value == pytest.approx(np.mean([0.5, 1.0, 3.0]))
    assert (cost.n_a, found.unit, cost.verdict) == (3, "stage", "inconclusive")
    assert "A costs 2.52 times as much as B" in found.sentence
    assert "3 stages; paired t over stages" in found.sentence
    assert "Which is higher cannot be told." in found.sentence


def test_a_stage_run_twice_counts_once():
    again = call("A", "plan", run_id="A/plan/2", cost_usd=4.0)
    found = compare(two_specs(1, 1.5, 2, more=(again,)), *NOTHING, "A", "B")
    # The runs of A's plan cost 1 and 4: 2 in the geometric mean, against 1.
    assert found.estimands[0].ratio.value == pytest.approx((2 * 1.5 * 2) ** (1 / 3))


def test_a_run_costs_what_its_calls_cost_together():
    rows = [
        call(spec, stage, agent, cost_usd=usd)
        for stage, low in zip(STAGES, (1.0, 1.1, 1.3), strict=True)
        for spec, agent, usd in (("A", "x", low), ("A", "y", low), ("B", "x", 1.0))
    ]
    found = compare(frame("calls", rows), *NOTHING, "A", "B")
    assert found.estimands[0].value_a == pytest.approx(2 * (1.1 * 1.3) ** (1 / 3))


def test_a_run_with_an_unknown_latency_is_counted_once():
    rows = [
        call(spec, stage, latency_ms=None if (spec, stage) == ("A", "audit") else 100.0 + n)
        for n, spec in enumerate("AB")
        for stage in STAGES
    ]
    found = compare(frame("calls", rows), *NOTHING, "A", "B", metric="latency")
    assert len(found.estimands) == 2
    assert "Left out: 1 figure missing or 0." in found.sentence


def test_a_run_with_an_unknown_cost_is_left_out_and_counted():
    calls = two_specs(2, 2, 4, more=(call("A", "plan", "other", cost_usd=None),))
    found = compare(calls, *NOTHING, "A", "B")
    assert found.verdict == "not estimable"
    assert "Left out: 1 figure missing or 0." in found.sentence
    assert "2 stages that both have, and it takes 3" in found.sentence


def test_two_models_are_paired_by_spec_within_stages():
    rows = [
        call(spec, stage, agent, latency_ms=1000.0 * size * (factor if agent == "slow" else 1))
        for spec, factor in (("S1", 2.0), ("S2", 3.0), ("S3", 4.0))
        for stage, size in (("plan", 1), ("tasks", 9))
        for agent in ("slow", "fast")
    ]
    rows.append(call("S1", "audit", "fast", latency_ms=1e9))  # no stage of the other
    found = compare(frame("calls", rows), *NOTHING, "slow", "fast", metric="latency", by="agent")
    (latency,) = found.estimands
    assert latency.ratio.value == pytest.approx(24 ** (1 / 3))
    assert (latency.n_a, latency.n_b, found.unit) == (3, 3, "SPEC")


def test_the_latency_of_runs_has_two_estimands():
    rows = [
        call(spec, stage, agent, latency_ms=ms * size)
        for stage, size in zip(STAGES, (1, 1.1, 1.2), strict=True)
        for spec, agent, ms in (
            ("A", "x", 100.0), ("A", "y", 100.0), ("A", "z", 100.0 + size),
            ("B", "x", 200.0 + size), ("B", "y", 1.0),
        )
    ]  # fmt: skip
    found = compare(frame("calls", rows), *NOTHING, "A", "B", metric="latency")
    longest, together = found.estimands
    assert (longest.verdict, together.verdict) == ("lower", "higher")
    assert found.verdict == "inconclusive"
    assert "neither is called faster" in found.sentence


def test_a_run_of_which_a_call_is_left_out_has_no_cost():
    whole = [call(spec, stage, cost_usd=1.0) for spec in "AB" for stage in STAGES]
    stale = [row | {"run_calls": 2 if row["spec_id"] == "A" else 1} for row in whole]
    found = compare(frame("calls", stale), *NOTHING, "A", "B")
    assert found.verdict == "not estimable"
    assert "Left out: 3 figures missing or 0." in found.sentence


def test_two_periods_hold_different_specs():
    when = {"S": "2025-10-07", "T": "2025-11-07"}
    rows = [
        call(f"{side}{n}", stage, cost_usd=usd * size, timestamp=when[side])
        for side, amounts in (("S", (1.0, 2.0, 4.0)), ("T", (8.0, 8.0, 16.0)))
        for n, usd in enumerate(amounts)
        # SPECs that went through a dear stage too are no dearer for it.
        for stage, size in (("plan", 1.0), ("implement", 10.0))[: 1 + (n == 1)]
    ]
    found = compare(frame("calls", rows), *NOTHING, "2025-10", "2025-11", by="period")
    (cost,) = found.estimands
    assert cost.ratio.value == pytest.approx(2.0 / (8 * 8 * 16) ** (1 / 3))
    assert (cost.n_a, cost.n_b) == (3, 3)
    assert "Welch's t over SPECs, on logarithms" in found.sentence


def test_a_spec_in_both_periods_is_in_neither():
    rows = [
        call("S1", "plan", cost_usd=1.0),
        call("S1", "tasks", cost_usd=1.0, timestamp="2025-11-02"),
    ]
    found = compare(frame("calls", rows), *NOTHING, "2025-10", "2025-11", by="period")
    assert (found.estimands[0].n_a, found.estimands[0].n_b) == (0, 0)
    assert found.verdict == "not estimable"


def test_quality_is_compared_on_its_own_scale():
    reviews = [
        score(spec, points + gain, stage=stage)
        for stage, points, gain in zip(STAGES, (5.0, 6.0, 7.0), (0.5, 1.0, 1.5), strict=True)
        for spec, gain in (("A", gain), ("B", 0.0))
    ]
    found = compare(
        frame("calls", [call("A", "plan"), call("B", "plan")]),
        frame("runs"),
        frame("reviews", reviews),
        "A",
        "B",
        metric="quality",
    )
    (quality,) = found.estimands
    assert (quality.value_a, quality.value_b) == (7.0, 6.0)
    expected = stats.ttest_1samp([0.5, 1.0, 1.5], 0).confidence_interval()
    assert (quality.difference.low, quality.difference.high) == pytest.approx(expected)
    assert np.isnan(quality.ratio.value)
    assert "A scores +1.00 points against B" in found.sentence


def test_quality_leaves_out_what_no_review_may_count_and_says_so():
    reviews = [score(spec, points, stage=stage) for spec, points in (("A", 8.0), ("B", 7.0))
               for stage in STAGES]  # fmt: skip
    begun = [score("A", 1.0, stage=stage, complete=False) for stage in STAGES]
    other = [score("B", 2.0, experiment="other"), score("C", 2.0, experiment="other")]
    calls = frame("calls", [call("A", "plan"), call("B", "plan")])
    rows = frame("reviews", reviews + begun + other)
    found = compare(calls, frame("runs"), rows, "A", "B", metric="quality")
    (quality,) = found.estimands
    assert (quality.value_a, quality.value_b) == (8.0, 7.0)
    # What is told is of A and B: the score of C was never asked for.
    assert found.sentence.endswith(
        "6 of 10 scores used; left out: 3 on a card that is not complete,"
        " 1 of the experiment other."
    )


@pytest.mark.parametrize("by", ["spec", "period"])
def test_a_criterion_that_one_side_lacks_moves_no_quality(by):
    """Both are as good; a criterion that is scored low is not scored of B."""
    days = {"A": "2026-01-0", "B": "2026-02-0"}
    reviews = [
        score(
            f"{side}{n}" if by == "period" else side,
            6.0 + n / 4 - 3 * (criterion == "clarity") + shift,
            stage=STAGES[n],
            criterion=criterion,
            timestamp=f"{days[side]}{n + 1}T00:00:00Z",
        )
        for side, shift in (("A", 0.0), ("B", 0.1))
        for n in range(3)
        for criterion in ("clarity", "correctness")
        if (side, criterion) != ("B", "clarity")
    ]
    names = ("2026-01-01..2026-01-31", "2026-02-01..2026-02-28") if by == "period" else "AB"
    calls = frame("calls", [call("A", "plan"), call("B", "plan")])
    found = compare(
        calls, frame("runs"), frame("reviews", reviews), *names, by=by, metric="quality"
    )
    (quality,) = found.estimands
    assert abs(quality.value_a - quality.value_b) == pytest.approx(0.1, abs=0.3)


def test_quality_of_incomplete_cards_alone_is_refused():
    rows = frame("reviews", [score(spec, 7.0, complete=False) for spec in ("A", "B")])
    runs = frame("runs", [{"spec_id": "A", "stage": "plan", "human_review_score": 9.0}])
    found = compare(two_specs(1, 2, 3), runs, rows, "A", "B", metric="quality")
    assert found.verdict == "not estimable"
    assert "None of 2 scores can be used" in found.sentence


def test_without_any_score_quality_is_refused_in_words():
    found = compare(two_specs(1, 2, 3), *NOTHING, "A", "B", metric="quality")
    assert found.verdict == "not estimable"
    assert "no run, has a score of either of them that counts" in found.sentence


def test_equal_differences_are_no_proof():
    found = compare(two_specs(1, 1, 1), *NOTHING, "A", "B")
    assert found.verdict == "not estimable"
    assert "all 3 differences are equal" in found.sentence


def test_equal_ratios_are_no_proof():
    found = compare(two_specs(2, 2, 2), *NOTHING, "A", "B")
    assert found.verdict == "not estimable"
    assert "all 3 ratios are equal (2.00), which no interval can say" in found.sentence


def test_swapping_a_and_b_turns_the_result_over():
    calls = two_specs(2, 3, 0.7)
    there, back = (compare(calls, *NOTHING, *pair).estimands[0] for pair in ("AB", "BA"))
    assert back.ratio.value == pytest.approx(1 / there.ratio.value)
    assert back.ratio.low == pytest.approx(1 / there.ratio.high)
    assert back.difference.low == pytest.approx(-there.difference.high)


def test_a_currency_changes_no_ratio_and_the_order_of_rows_nothing():
    calls = two_specs(2, 3, 0.7)
    other = calls.assign(cost_usd=calls["cost_usd"] * 7).sample(frac=1, random_state=1)
    there, here = (compare(rows, *NOTHING, "A", "B").estimands[0] for rows in (calls, other))
    assert (here.ratio.low, here.ratio.high) == pytest.approx((there.ratio.low, there.ratio.high))
    assert here.difference.value == pytest.approx(7 * there.difference.value)


@pytest.mark.parametrize(
    ("names", "options", "said"),
    [
        (("A", "C"), {}, "no SPEC 'C' in this evidence; there are: A, B"),
        (("A", "A"), {}, "'A' against itself"),
        (("A", "B"), {"metric": "beauty"}, "there are: cost, latency, tokens, quality"),
        (("A", "B"), {"by": "colour"}, "there are: spec, model, agent, period"),
        (("2025-10", "2025-10-07"), {"by": "period"}, "overlap"),
        (("2025-10", "2025-13"), {"by": "period"}, "no such date"),
        (
            ("2025-11-19..2025-11-06", "2025-10"),
            {"by": "period"},
            "the period 2025-11-19..2025-11-06 ends before it begins: write 2025-11-06..2025-11-19",
        ),
        (("gemini", "claude"), {"by": "agent", "metric": "quality"}, "no agent 'claude'"),
    ],
)
def test_what_makes_no_sense_is_refused(names, options, said):
    with pytest.raises(EvidenceError) as refused:
        compare(two_specs(1, 2, 3), *NOTHING, *names, **options)
    assert said in str(refused.value)


def test_the_kind_of_two_names_is_found():
    calls = two_specs(1, 2, 3)
    assert kind_of(calls, "A", "B") == "spec"
    assert kind_of(calls, "2025-10", "2025-10-01..2025-11-03") == "period"
    with pytest.raises(EvidenceError, match="no SPEC, model or agent 'gemini-2'"):
        kind_of(calls, "gemini-1", "gemini-2")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("A", "gemini"), "A is a SPEC and gemini an agent: name two of one kind"),
        (("gemini-1", "B"), "gemini-1 is a model and B a SPEC: name two of one kind"),
        (("A", "2025-10"), "A is a SPEC and 2025-10 a period: name two of one kind"),
        (("gemini", "gemini-1"), "gemini is an agent and gemini-1 a model: name two of one kind"),
        (("A", "gemni"), "no SPEC, model or agent 'gemni' in this evidence, and no period such as"
         " 2025-10; did you mean gemini"),
    ],
)  # fmt: skip
def test_names_of_two_kinds_are_refused_with_the_kind_of_each(names, said):
    with pytest.raises(EvidenceError) as refused:
        kind_of(two_specs(1, 2, 3), *names)
    assert str(refused.value).startswith(said)


def test_intervals_are_those_of_scipy():
    draw = np.random.default_rng(3)
    a = draw.normal(size=5)
    expected = stats.ttest_1samp(a, 0).confidence_interval(0.9)
    assert (paired_t(a, 0.9).low, paired_t(a, 0.9).high) == pytest.approx(expected)


@repeated(800, 4000)
@pytest.mark.parametrize("n", [3, 6, 10])
def test_ratios_of_log_normal_costs_are_covered(n, repeats):
    draw = np.random.default_rng(n)
    gaps = np.log(1.5) + draw.normal(0, 0.6, (repeats, n))
    found = [paired_t(row) for row in gaps]
    covered = np.mean([effect.low <= np.log(1.5) <= effect.high for effect in found])
    assert covered == pytest.approx(0.95, abs=0.01 + chance(repeats, 4000))


@repeated(40, 200)
def test_periods_are_covered_though_specs_went_through_other_stages(repeats):
    draw = np.random.default_rng(5)
    sizes = dict(zip(("plan", "tasks", "implement"), (1.0, 2.0, 6.0), strict=True))
    covered = 0
    for _ in range(repeats):
        rows = [
            call(f"S{spec}", stage, timestamp="2025-10-07" if spec < 5 else "2025-11-07")
            | {"cost_usd": level * sizes[stage] * float(np.exp(draw.normal(0, 0.2)))}
            for spec in range(10)
            for level in [float(np.exp(draw.normal(0, 0.4))) * (1.0 if spec < 5 else 1.3)]
            for stage in draw.permutation(list(sizes))[: draw.integers(1, 4)]
        ]
        found = compare(frame("calls", rows), *NOTHING, "2025-11", "2025-10", by="period")
        covered += found.estimands[0].ratio.low <= 1.3 <= found.estimands[0].ratio.high
    assert covered / repeats >= 0.9 - chance(repeats, 200, 0.1)


def test_the_models_of_the_sample_are_told_apart():
    calls = sk.load(sk.sample_path()).calls
    calls = calls[calls["provenance"] == "measured"]
    found = compare(calls, *NOTHING, "gpt-5", "claude-sonnet-4-5", metric="latency", by="model")
    assert found.verdict == "higher"
    assert found.table()["n_a"].tolist() == [10]
