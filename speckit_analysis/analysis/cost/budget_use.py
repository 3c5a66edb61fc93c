"""How each SPEC used up its budget: over time, and on what."""

from __future__ import annotations

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording


def use_over_time(calls: pd.DataFrame, held: pd.DataFrame, value: str = "cost_usd") -> pd.DataFrame:
    """Return how much of each budget was used after each call.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``; those without a cost or a time do not enter.
    held : DataFrame
        From :func:`.budget.budgets`; SPECs without a budget are left out.
    value : str
        Column with the cost of a call.

    Returns
    -------
    DataFrame
        One row per SPEC and moment, in the order of time: ``spec_id`` (string), ``timestamp``,
        ``spent_usd`` (Float64, so far), ``budget_usd`` and ``utilization`` (Float64, spent so far /
        budget).
    """
    budgets = held.set_index("spec_id")["budget_usd"].dropna()
    known = calls.dropna(subset=[value, "timestamp", "spec_id"])
    rows = known.assign(spec_id=known["spec_id"].astype("string"))
    rows = rows[rows["spec_id"].isin(budgets.index)]
    spent = rows.groupby(["spec_id", "timestamp"])[value].sum().astype("Float64")
    table = spent.groupby(level="spec_id").cumsum().rename("spent_usd").reset_index()
    table["budget_usd"] = table["spec_id"].map(budgets).astype("Float64")
    paid_for = table["budget_usd"].where(table["budget_usd"] > 0)
    return table.assign(utilization=table["spent_usd"] / paid_for)


def crossings(used: pd.DataFrame, limits: tuple[float, ...] = (0.8, 0.9, 1.0)) -> pd.DataFrame:
    """Return when each SPEC first used a share of its budget.

    Parameters
    ----------
    used : DataFrame
        From :func:`use_over_time`.
    limits : tuple of float
        Shares of the budget.

    Returns
    -------
    DataFrame
        ``spec_id``, ``limit`` (Float64) and ``timestamp`` of the first moment at or above it, one
        row per limit that was reached.
    """
    parts = [
        used[(used["utilization"] >= limit).fillna(False)]
        .drop_duplicates("spec_id")[["spec_id", "timestamp"]]
        .assign(limit=limit)
        for limit in limits
    ]
    table = pd.concat(parts, ignore_index=True).astype({"limit": "Float64"})
    return table.sort_values(["spec_id", "limit"], ignore_index=True)[
        ["spec_id", "limit", "timestamp"]
    ]


def taken_by(
    calls: pd.DataFrame, held: pd.DataFrame, by: str = "stage", value: str = "cost_usd"
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
        ``spec_id``, `by`, ``spent_usd``, ``share`` (of what the SPEC's calls cost) and
        ``utilization`` (of its budget; missing without one).
    """
    known = calls.dropna(subset=[value, "spec_id"])
    keys = [known["spec_id"].astype("string"), known[by]]
    spent = known.groupby(keys, observed=True)[value].sum().astype("Float64")
    table = spent.rename("spent_usd").reset_index()
    whole = table.groupby("spec_id")["spent_usd"].transform("sum")
    budget = table["spec_id"].map(held.set_index("spec_id")["budget_usd"]).astype("Float64")
    return table.assign(
        share=table["spent_usd"] / whole.where(whole > 0),
        utilization=table["spent_usd"] / budget.where(budget > 0),
    )


def use_sentence(used: pd.DataFrame, crossed: pd.DataFrame, limit: float = 0.8) -> str:
    """Say how many SPECs reached a share of their budget by their calls, the first of them when."""
    if used.empty:
        return "No SPEC has both a budget and calls with a cost and a time."
    specs = used["spec_id"].nunique()
    reached = crossed[np.isclose(crossed["limit"].to_numpy(float), limit)]
    if reached.empty:
        share = wording.exact_percent(limit)
        return (
            f"By its calls, none of {wording.count(specs, 'SPEC')} reached {share} of its budget."
        )
    first = reached.sort_values("timestamp").iloc[0]
    whose = "its" if len(reached) == 1 else "their"
    return (
        f"By {whose} calls, {wording.count(len(reached))} of {wording.count(specs, 'SPEC')} reached"
        f" {wording.exact_percent(limit)} of the budget, {first['spec_id']} first, on"
        f" {wording.day(first['timestamp'])}."
    )
