"""Sums, means and quantiles by anything."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from frames import frame

from speckit_analysis.analysis.summaries import crosstab, summarise

CALLS = frame(
    "calls",
    [
        {"stage": "tasks", "agent": "claude", "cost_usd": 1.0, "timestamp": "2025-11-04"},
        {"stage": "plan", "agent": "claude", "cost_usd": 2.0, "timestamp": "2025-11-03"},
        {"stage": "plan", "agent": "gemini", "cost_usd": 5.0, "timestamp": "2025-11-09T23:59"},
        {"stage": "plan", "agent": "gemini", "cost_usd": None, "timestamp": "2025-11-10"},
        {"stage": None, "agent": "gemini", "cost_usd": 2.0},
    ],
)


def test_a_crosstab_sums_what_is_known():
    rows = [("S1", "plan", 1.0), ("S1", "plan", 2.0), ("S2", "tasks", None), ("S2", "audit", 4.0)]
    calls = frame(
        "calls", [{"spec_id": s, "stage": stage, "cost_usd": usd} for s, stage, usd in rows]
    )
    table = crosstab(calls, "spec_id", "stage", "cost_usd")
    assert list(table.columns) == ["plan", "audit"]
    assert table.fillna(-1).to_numpy().tolist() == [[3.0, -1], [-1, 4.0]]


def test_by_stage_in_the_order_of_stages_with_the_unknown_last():
    found = summarise(CALLS, "stage", "cost_usd")
    assert found["stage"].astype("string").fillna("?").tolist() == ["plan", "tasks", "?"]
    assert found["n"].tolist() == [2, 1, 1]
    assert found["missing"].tolist() == [1, 0, 0]
    assert found["sum"].tolist() == [7.0, 1.0, 2.0]
    assert found["mean"].tolist() == [3.5, 1.0, 2.0]
    assert found["median"].tolist() == [3.5, 1.0, 2.0]
    assert found["p95"].tolist() == pytest.approx([4.85, 1.0, 2.0])
    assert found["max"].tolist() == [5.0, 1.0, 2.0]
    assert found["share"].tolist() == [0.7, 0.1, 0.2]


def test_a_missing_figure_is_missing_and_not_zero():
    found = summarise(CALLS[CALLS["cost_usd"].isna()], "stage", "cost_usd")
    assert found["n"].tolist() == [0]
    assert found["missing"].tolist() == [1]
    assert found[["sum", "mean", "median", "p95", "max", "share"]].isna().all(axis=None)


def test_by_week_from_monday():
    found = summarise(CALLS[CALLS["timestamp"].notna()], "week", "cost_usd")
    days = pd.to_datetime(["2025-11-03", "2025-11-10"], utc=True)
    assert found["week"].tolist() == days.tolist()
    assert found["n"].tolist() == [3, 0]


def test_by_two_columns_and_by_none():
    assert len(summarise(CALLS, ["stage", "agent"], "cost_usd")) == 4
    assert summarise(CALLS, None, "cost_usd")["sum"].tolist() == [10.0]
    assert summarise(CALLS.iloc[:0], None, "cost_usd").empty


def test_dtypes_are_nullable():
    dtypes = summarise(CALLS, "agent", "cost_usd").dtypes.astype(str)
    assert dtypes[["n", "missing"]].eq("Int64").all()
    assert dtypes[["sum", "mean", "median", "p95", "max", "share"]].eq("Float64").all()


def test_equals_pandas_on_many_rows():
    generator = np.random.default_rng(20251120)
    many = pd.DataFrame(
        {
            "agent": pd.Categorical.from_codes(generator.integers(0, 7, 20_000), list("abcdefg")),
            "spec_id": pd.Categorical(generator.integers(0, 900, 20_000).astype(str)),
            "cost_usd": pd.array(generator.lognormal(size=20_000), dtype="Float64"),
        }
    )
    many.loc[generator.random(20_000) < 0.1, "cost_usd"] = pd.NA
    for by in (["agent"], ["agent", "spec_id"]):
        groups = many.groupby(by, observed=True)["cost_usd"]
        found = summarise(many, by, "cost_usd").set_index(by)
        for name, expected in {
            "sum": groups.sum(min_count=1),
            "mean": groups.mean(),
            "median": groups.median(),
            "p95": groups.quantile(0.95),
            "max": groups.max(),
            "n": groups.count(),
        }.items():
            left = found[name].to_numpy(dtype=float, na_value=np.nan)
            right = expected.to_numpy(dtype=float, na_value=np.nan)
            np.testing.assert_allclose(left, right, rtol=1e-10)
