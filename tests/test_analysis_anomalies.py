"""Calls that stand out from their kind, and how often one does by chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from frames import frame
from simulations import chance, repeated

import speckit_analysis as sk
from speckit_analysis.analysis.cost.anomalies import outliers
from speckit_analysis.analysis.cost.premium import with_tokens
from speckit_analysis.analysis.selection import measured


def calls(*amounts, stage="plan", model="gpt-5", column="latency_ms"):
    return frame(
        "calls",
        [
            {"run_id": f"S{n}/{stage}", "spec_id": f"S{n}", "stage": stage, "model_id": model}
            | {column: amount}
            for n, amount in enumerate(amounts)
        ],
    )


USUAL = (1000, 1100, 900, 1050, 950, 1000, 1200, 850)


def test_a_call_far_above_its_kind_stands_out_in_words():
    found = outliers(calls(*USUAL, 9400), "latency_ms")
    (row,) = found.rows.itertuples()
    assert (row.spec_id, row.n) == ("S8", 9)
    assert row.factor == pytest.approx(9.4)
    assert row.message == (
        "S8 plan by gpt-5 took 9.40 times what is usual there (9.4 s against a median of 1.0 s;"
        " n = 9)"
    )
    assert found.sentence.startswith("1 of 9 calls stands out (0.0 would by chance): S8 plan")


def test_the_score_is_the_modified_one_on_logarithms():
    amounts = np.array([*USUAL, 9400.0])
    logs = np.log(amounts)
    deviation = np.median(np.abs(logs - np.median(logs)))
    expected = (logs[-1] - np.median(logs)) / (1.4826 * deviation)
    assert outliers(calls(*amounts), "latency_ms").rows["score"].tolist() == pytest.approx(
        [expected]
    )


def test_a_call_far_below_stands_out_too():
    found = outliers(calls(*USUAL, 10), "latency_ms")
    assert "took 0.0100 times what is usual" in found.rows["message"].iloc[0]


def test_outliers_do_not_hide_each_other():
    found = outliers(calls(*USUAL, 9_000, 9_500, 10_000), "latency_ms")
    assert len(found.rows) == 3
    assert found.rows["value"].tolist() == [10_000, 9_500, 9_000]


def test_what_is_dear_at_one_stage_is_usual_at_another():
    both = pd.concat(
        [calls(*USUAL), calls(*(10 * ms for ms in USUAL), stage="implement")], ignore_index=True
    )
    assert outliers(both, "latency_ms").rows.empty


def test_few_calls_are_not_judged():
    found = outliers(calls(1, 1, 1, 1000, 2, 3, 4), "latency_ms")
    assert (found.judged, found.not_judged) == (0, 7)
    assert "No group of calls is large enough" in found.sentence


def test_calls_that_are_all_equal_are_not_judged():
    found = outliers(calls(*[5] * 20), "latency_ms")
    assert (found.judged, found.not_judged) == (0, 20)


def test_a_large_group_without_spread_is_not_called_small():
    found = outliers(calls(*[5] * 7, 500), "latency_ms")
    assert (found.judged, found.without_spread) == (0, 8)
    assert found.sentence == (
        "No group of calls that is large enough has a spread to say what is usual by (8 calls"
        " looked at, 8 of them in groups of which most are equal)."
    )


def test_where_half_are_equal_the_quartiles_tell_the_spread():
    found = outliers(calls(*[1000] * 8, 1300, 1400, 1350, 700, 750, 800, 90_000), "latency_ms")
    assert found.rows["value"].tolist() == [90_000]


def test_what_is_missing_or_zero_is_not_looked_at():
    found = outliers(calls(*USUAL, None, 0), "latency_ms")
    assert (found.judged, found.not_judged) == (8, 0)


@repeated(1200, 6000)
@pytest.mark.parametrize("n", [8, 12, 20, 60])
def test_as_many_usual_calls_stand_out_by_chance_in_groups_of_any_size(n, repeats):
    logs = np.random.default_rng(1000 + n).normal(0, 0.7, (repeats // n, n))
    rows = [
        {"stage": "plan", "model_id": f"m{group}", "latency_ms": float(np.exp(ms))}
        for group, row in enumerate(logs)
        for ms in row
    ]
    found = outliers(frame("calls", rows), "latency_ms")
    assert len(found.rows) / found.judged == pytest.approx(
        0.005, abs=0.0025 + chance(repeats, 6000, 0.005)
    )


def test_calls_that_failed_are_not_looked_at():
    short = calls(*USUAL, 1).assign(status=["ok"] * 8 + ["error"])
    assert outliers(short, "latency_ms").rows.empty


def test_no_calls_have_no_outliers():
    found = outliers(frame("calls"), "cost_usd")
    assert found.rows.empty
    assert "message" in found.rows


@pytest.mark.parametrize("value", ["cost_usd", "latency_ms", "tokens"])
def test_the_samples_calls_are_judged(value):
    used = measured(sk.load(sk.sample_path()).calls).kept
    found = outliers(with_tokens(used), value)
    assert found.judged > 200
    assert len(found.rows) < 0.1 * found.judged
