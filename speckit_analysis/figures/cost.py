"""Figures on money, tokens and time."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from speckit_analysis.analysis import wording
from speckit_analysis.figures.charts import bars, intervals, over_time, spread
from speckit_analysis.figures.theme import BAD, GOOD, ORANGE, POOR, UNKNOWN, empty

_NO_COST = "No call that counts has a cost."
_VERDICT_COLOURS = {"within budget": GOOD, "warning": POOR, "critical": ORANGE, "exceeded": BAD}


def spend(summary: pd.DataFrame, by: str, noun: str) -> Figure:
    """Draw what was spent on each agent, stage or model.

    Parameters
    ----------
    summary : DataFrame
        From :func:`speckit_analysis.analysis.summaries.summarise` by one column, in USD.
    by : str
        That column.
    noun : str
        What it is, in the singular.
    """
    known = summary[summary["n"] > 0]
    if known.empty or not known["sum"].sum():
        return empty(_NO_COST, f"By {noun}.")
    ordered = known.sort_values("sum", ascending=False, kind="stable")
    top = ordered.iloc[0]
    name = "what names none" if pd.isna(top[by]) else str(top[by])
    calls, missing = int(summary["n"].sum()), int(summary["missing"].sum())
    without = f"; {wording.count(missing)} more without a cost" if missing else ""
    return bars(
        ordered,
        by,
        "sum",
        title=(
            f"{wording.percent(top['share'])} of the money went on {name}"
            if len(ordered) > 1
            else f"All the money went on {name}"
        ),
        subtitle=f"Cost by {noun}, {wording.count(calls, 'call')} with a cost{without}.",
        axis="cost, USD",
        words=wording.usd,
        notes=[f"({wording.percent(share)})" for share in ordered["share"]],
    )


def spend_over_time(by_period: pd.DataFrame, period: str) -> Figure:
    """Draw what was spent per period.

    Parameters
    ----------
    by_period : DataFrame
        From :func:`speckit_analysis.analysis.cost.spend_over_time`.
    period : str
        ``day``, ``week``, ``month`` …
    """
    known = by_period[by_period["n"] > 0]
    if known.empty or not known["sum"].sum():
        return empty(_NO_COST, f"By {period}.")
    top = known.sort_values("sum", ascending=False, kind="stable").iloc[0]
    return over_time(
        by_period,
        period,
        "sum",
        title=(
            f"Spending peaked in the {period} of {wording.day(top[period])}"
            f" at {wording.usd(top['sum'])}"
        ),
        subtitle=(
            f"Cost per {period} that has a call (start of the {period}, UTC);"
            f" {wording.count(known['n'].sum(), 'call')} with a cost."
        ),
        axis="cost, USD",
        words=wording.usd,
    )


def premium(by_size: pd.DataFrame, confidence: float = 0.95) -> Figure:
    """Draw what consensus costs relative to its dearest call, by the number of calls.

    Parameters
    ----------
    by_size : DataFrame
        From :func:`speckit_analysis.analysis.cost.premium_by_size`.
    confidence : float
        Level of the intervals.
    """
    if by_size.empty:
        return empty("No run has two calls or more that all have a cost.")
    top = by_size.iloc[-1]
    named = by_size.assign(name=[wording.count(n, "call") for n in by_size["calls"]])
    notes = [
        f"({wording.count(runs, 'run')}, {wording.count(specs, 'SPEC')})"
        for runs, specs in zip(named["runs"], named["specs"], strict=True)
    ]
    return intervals(
        named,
        "name",
        "over_dearest",
        "low",
        "high",
        title=(
            f"A run of {wording.count(top['calls'], 'call')} costs"
            f" {wording.ratio(top['over_dearest'])} times its most expensive call"
        ),
        subtitle=(
            "Cost of the run over its most expensive call: geometric mean over SPECs with its"
            f" {wording.percent(confidence)} log-t interval."
        ),
        axis="times the most expensive call",
        words=wording.ratio,
        notes=notes,
        reference=1.0,
    )


def agreement(compared: pd.DataFrame, by: str = "model_id") -> Figure:
    """Draw the reported cost relative to the computed one, with its range over calls.

    Parameters
    ----------
    compared : DataFrame
        From :func:`speckit_analysis.analysis.cost.reported_against_computed`.
    by : str
        Its first column.
    """
    known = compared[compared["total_ratio"].notna()]
    if known.empty:
        return empty("No call has both a reported cost and one computed from its tokens.")
    far = (known["total_ratio"] - 1).abs().to_numpy(dtype=float).argmax()
    worst = known.iloc[far]
    return intervals(
        known,
        by,
        "total_ratio",
        "lowest_ratio",
        "highest_ratio",
        title=(
            f"Reported cost is furthest off for {worst[by]}:"
            f" {wording.ratio(worst['total_ratio'])} times the computed one"
        ),
        subtitle="Reported over computed cost: ratio of totals, and the range over single calls.",
        axis="reported / computed",
        words=wording.ratio,
        notes=[f"({wording.count(n, 'call')})" for n in known["both"]],
        reference=1.0,
    )


def budgets(held: pd.DataFrame, warning: float, critical: float) -> Figure:
    """Draw the use of each SPEC's budget.

    Parameters
    ----------
    held : DataFrame
        From :func:`speckit_analysis.analysis.cost.budgets`.
    warning, critical : float
        Shares of the budget at which lines are drawn, beside the whole.
    """
    known = held[held["utilization"].notna()].sort_values(
        ["utilization", "spec_id"], ascending=[False, True]
    )
    unknown = len(held) - len(known)
    if known.empty:
        return empty(
            "For no SPEC both a budget and what was spent are known.",
            f"{wording.count(unknown, 'SPEC')} without either." if unknown else "",
        )
    over = int((known["verdict"] == "exceeded").sum())
    return bars(
        known,
        "spec_id",
        "utilization",
        title=(
            f"{wording.count(over)} of {wording.count(len(known), 'SPEC')}"
            f" {'has' if over == 1 else 'have'} spent the whole budget or more"
        ),
        subtitle=(
            f"Spent / budget; lines at {wording.percent(warning)}, {wording.percent(critical)} and"
            f" 100 %. Not shown: {wording.count(unknown, 'SPEC')} without a known cost or budget."
        ),
        axis="share of the budget",
        words=wording.percent,
        colours=[_VERDICT_COLOURS.get(verdict, UNKNOWN) for verdict in known["verdict"]],
        notes=[
            f"({wording.usd(spent)} of {wording.usd(budget)})"
            for spent, budget in zip(known["spent_usd"], known["budget_usd"], strict=True)
        ],
        limits={"": warning, " ": critical, "budget": 1.0},
    )


def latency(summary: pd.DataFrame, by: str, noun: str) -> Figure:
    """Draw median and 95th percentile of the latency.

    Parameters
    ----------
    summary : DataFrame
        From :func:`speckit_analysis.analysis.summaries.summarise` by one column, in ms.
    by : str
        That column.
    noun : str
        What it is, in the singular.
    """
    known = summary[summary["n"] > 0].sort_values("median", ascending=False, kind="stable")
    if known.empty:
        return empty("No call that counts has a latency.", f"By {noun}.")
    top = known.iloc[0]
    name = "what names none" if pd.isna(top[by]) else str(top[by])
    n = int(known["n"].sum())
    return spread(
        known,
        by,
        "median",
        "p95",
        title=f"{name} is the slowest: its median call takes {wording.seconds(top['median'])}",
        subtitle=(
            f"Latency of {wording.count(n, 'call')}: median (filled) → 95th percentile (open)."
        ),
        axis="latency of a call",
        words=wording.seconds,
    )
