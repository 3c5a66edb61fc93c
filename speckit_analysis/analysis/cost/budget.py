"""What each SPEC spent of its budget, as far as that was measured: when, and on what."""

from __future__ import annotations

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.summaries import summarise
from speckit_analysis.tables.results import RESULTS

#: How a SPEC stands against its budget, from unknown over good to bad.
VERDICTS = ("not measured", "no budget", "within budget", "warning", "critical", "exceeded")


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
        The result ``budgets``; ``recorded_usd`` is missing where $0.00 stands over calls that were
        made, since nothing was measured, and ``verdict`` is one of :data:`VERDICTS`.
    """
    totals = _latest_totals(costs)
    spent = summarise(calls, "spec_id", value).rename(
        columns={"sum": "calls_usd", "n": "calls_with_cost", "missing": "calls_without_cost"}
    )
    for frame in (totals, spent):
        frame["spec_id"] = frame["spec_id"].astype("string")
    held = totals.merge(spent[spent["spec_id"].notna()], on="spec_id", how="outer")
    made = held[["calls_recorded", "calls_with_cost", "calls_without_cost"]].sum(axis="columns")
    held["recorded_as_zero"] = ((held["recorded_usd"] == 0) & (made > 0)).fillna(False)
    held["recorded_usd"] = held["recorded_usd"].mask(held["recorded_as_zero"])
    held["spent_usd"] = held[["recorded_usd", "calls_usd"]].max(axis="columns")
    if default_budget_usd is not None:
        held["budget_usd"] = held["budget_usd"].fillna(default_budget_usd)
    held["utilization"] = held["spent_usd"] / held["budget_usd"].where(held["budget_usd"] > 0)
    used = held["utilization"].to_numpy(dtype=float, na_value=np.nan)
    below = [used < limit for limit in (warning, critical, exceeded)]
    unknown = [held["spent_usd"].isna(), np.isnan(used)]
    held["verdict"] = np.select(unknown + below, VERDICTS[:-1], VERDICTS[-1])
    return RESULTS["budgets"].of(held.sort_values("spec_id", ignore_index=True))


def _latest_totals(costs: pd.DataFrame) -> pd.DataFrame:
    totals = costs[(costs["scope"] == "total") & ~costs["superseded"].fillna(False)]
    totals = totals[totals["spec_id"].notna()]
    latest = totals.sort_values(["timestamp", "source"], na_position="first", kind="stable")
    latest = latest.drop_duplicates("spec_id", keep="last")
    names = {"cost_usd_reported": "recorded_usd", "calls_reported": "calls_recorded"}
    return latest[["spec_id", "budget_usd", *names]].rename(columns=names)


def budget_sentence(held: pd.DataFrame) -> str:
    """Say how many SPECs stand where against their budget."""
    if held.empty:
        return "No SPEC in this evidence has a cost summary or a call, so no budget can be checked."
    counts = held["verdict"].value_counts()
    worst_first = [verdict for verdict in reversed(VERDICTS) if verdict in counts]
    parts = [f"{wording.count(counts[verdict])} {verdict}" for verdict in worst_first]
    zero = int(held["recorded_as_zero"].sum())
    note = (
        f" {wording.count(zero, 'summary')} {'records' if zero == 1 else 'record'} $0.00 over"
        " calls that were made: that is no measurement, and is not read as one."
        if zero
        else ""
    )
    return f"Of {wording.count(len(held), 'SPEC')}: {', '.join(parts)}.{note}"


def use_over_time(calls: pd.DataFrame, held: pd.DataFrame, value: str = "cost_usd") -> pd.DataFrame:
    """Return how much of each budget was used after each call: the result ``use_over_time``.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``; those without a cost or a time do not enter.
    held : DataFrame
        From :func:`budgets`; SPECs without a budget are left out.
    value : str
        Column with the cost of a call.
    """
    budget = held.set_index("spec_id")["budget_usd"].dropna()
    specs = calls["spec_id"].astype("string")
    spent = calls[specs.isin(budget.index)].groupby([specs, "timestamp"])[value].sum(min_count=1)
    so_far = spent.dropna().groupby(level="spec_id").cumsum().rename("spent_usd").reset_index()
    return RESULTS["use_over_time"].of(_of_budget(so_far, budget))


def taken_by(
    calls: pd.DataFrame, held: pd.DataFrame, by: str, value: str = "cost_usd"
) -> pd.DataFrame:
    """Return what each stage or model took of each budget.

    Parameters
    ----------
    calls, held, value : DataFrame and str
        As for :func:`use_over_time`.
    by : str
        Column of `calls`.

    Returns
    -------
    DataFrame
        ``spec_id``, `by`, and the columns of the result ``taken_by``.
    """
    specs = calls["spec_id"].astype("string")
    spent = calls.groupby([specs, by], observed=True)[value].sum(min_count=1).dropna()
    table = _of_budget(
        spent.rename("spent_usd").reset_index(), held.set_index("spec_id")["budget_usd"]
    )
    return RESULTS["taken_by"].of(table, ["spec_id", by])


def _of_budget(spent: pd.DataFrame, budget: pd.Series) -> pd.DataFrame:
    of = spent["spec_id"].map(budget).astype("Float64")
    return spent.assign(budget_usd=of, utilization=spent["spent_usd"] / of.where(of > 0))


def use_sentence(used: pd.DataFrame, limit: float = 0.8) -> str:
    """Say how many SPECs reached a share of their budget by their calls, the first of them when."""
    if used.empty:
        return "No SPEC has both a budget and calls with a cost and a time."
    specs, share = wording.count(used["spec_id"].nunique(), "SPEC"), wording.exact_percent(limit)
    reached = used[used["utilization"] >= limit].drop_duplicates("spec_id")
    if reached.empty:
        return f"By its calls, none of {specs} reached {share} of its budget."
    first = reached.sort_values("timestamp").iloc[0]
    whose = "its" if len(reached) == 1 else "their"
    return (
        f"By {whose} calls, {wording.count(len(reached))} of {specs} reached {share} of the budget,"
        f" {first['spec_id']} first, on {wording.day(first['timestamp'])}."
    )
