"""What each SPEC spent of its budget, as far as that was measured."""

from __future__ import annotations

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.summaries import summarise

#: How a SPEC stands against its budget, from unknown over good to bad.
VERDICTS = (
    "not measured",
    "no budget",
    "within budget",
    "warning",
    "critical",
    "exceeded",
)

_COLUMNS = (
    "spec_id", "budget_usd", "recorded_usd", "recorded_as_zero", "calls_recorded", "calls_usd",
    "calls_with_cost", "calls_without_cost", "spent_usd", "utilization", "verdict",
)  # fmt: skip


def budgets(
    costs: pd.DataFrame,
    calls: pd.DataFrame,
    *,
    warning: float = 0.8,
    critical: float = 0.9,
    exceeded: float = 1.0,
    default_budget_usd: float | None = None,
    value: str = "cost_usd",
) -> pd.DataFrame:
    """Hold each SPEC's spending against its budget.

    Parameters
    ----------
    costs : DataFrame
        Table ``costs``; of several totals of a SPEC the latest counts, superseded ones never.
    calls : DataFrame
        Table ``calls``, for the sum of the calls' cost.
    warning, critical, exceeded : float
        Shares of the budget from which these verdicts hold.
    default_budget_usd : float, optional
        Budget of SPECs whose summary names none.
    value : str
        Column of `calls` with their cost.

    Returns
    -------
    DataFrame
        One row per SPEC: ``spec_id``, ``budget_usd``, ``recorded_usd`` (missing where $0.00
        stands over calls that were made: nothing was measured), ``recorded_as_zero``
        (boolean), ``calls_recorded``, ``calls_usd`` (sum over the calls), ``calls_with_cost``,
        ``calls_without_cost``, ``spent_usd`` (the larger of the two), ``utilization`` (spent /
        budget) and ``verdict`` (ordered category).
    """
    totals = _latest_totals(costs)
    spent = summarise(calls, "spec_id", value).rename(
        columns={"sum": "calls_usd", "n": "calls_with_cost", "missing": "calls_without_cost"}
    )
    spent = spent[["spec_id", "calls_usd", "calls_with_cost", "calls_without_cost"]]
    for frame in (totals, spent):
        frame["spec_id"] = frame["spec_id"].astype("string")
    held = totals.merge(spent[spent["spec_id"].notna()], on="spec_id", how="outer")
    held["recorded_as_zero"] = _zero_over_calls(held)
    held["recorded_usd"] = held["recorded_usd"].mask(held["recorded_as_zero"])
    held["spent_usd"] = held[["recorded_usd", "calls_usd"]].max(axis="columns").astype("Float64")
    if default_budget_usd is not None:
        held["budget_usd"] = held["budget_usd"].fillna(default_budget_usd)
    held["utilization"] = (held["spent_usd"] / held["budget_usd"]).where(held["budget_usd"] > 0)
    held["verdict"] = _verdicts(held, (warning, critical, exceeded))
    return held[list(_COLUMNS)].sort_values("spec_id", ignore_index=True)


def _latest_totals(costs: pd.DataFrame) -> pd.DataFrame:
    totals = costs[(costs["scope"] == "total") & ~costs["superseded"].fillna(False)]
    totals = totals[totals["spec_id"].notna()]
    latest = totals.sort_values(["timestamp", "source"], na_position="first", kind="stable")
    latest = latest.drop_duplicates("spec_id", keep="last")
    names = {"cost_usd_reported": "recorded_usd", "calls_reported": "calls_recorded"}
    return latest[["spec_id", "budget_usd", *names]].rename(columns=names)


def _zero_over_calls(held: pd.DataFrame) -> pd.Series:
    made = held["calls_recorded"].fillna(0) + held["calls_with_cost"].fillna(0)
    made = made + held["calls_without_cost"].fillna(0)
    return ((held["recorded_usd"] == 0) & (made > 0)).fillna(False).astype("boolean")


def _verdicts(held: pd.DataFrame, limits: tuple[float, float, float]) -> pd.Series:
    used = held["utilization"].to_numpy(dtype=float, na_value=np.nan)
    steps = np.searchsorted(np.asarray(limits), used, side="right")
    words = np.asarray(VERDICTS[2:])[np.clip(steps, 0, 3)]
    words = np.where(held["spent_usd"].isna(), VERDICTS[0], words)
    no_budget = held["spent_usd"].notna() & held["utilization"].isna()
    words = np.where(no_budget, VERDICTS[1], words)
    return pd.Series(
        pd.Categorical(words, categories=list(VERDICTS), ordered=True), index=held.index
    )


def budget_sentence(held: pd.DataFrame) -> str:
    """Say how many SPECs stand where against their budget."""
    if held.empty:
        return "No SPEC in this evidence has a cost summary or a call, so no budget can be checked."
    counts = held["verdict"].value_counts().sort_index(ascending=False)
    parts = [f"{wording.count(n)} {verdict}" for verdict, n in counts.items() if n]
    zero = int(held["recorded_as_zero"].sum())
    note = (
        f" {wording.count(zero, 'summary')} {'records' if zero == 1 else 'record'} $0.00 over"
        " calls that were made: that is no measurement, and is not read as one."
        if zero
        else ""
    )
    return f"Of {wording.count(len(held), 'SPEC')}: {', '.join(parts)}.{note}"
