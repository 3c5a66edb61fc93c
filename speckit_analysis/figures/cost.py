"""Figures on money, tokens and time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.cost.accounting import TRUST
from speckit_analysis.figures.axes import MOST_ROWS, cut_note, undrawn_note
from speckit_analysis.figures.charts import bars, intervals, matrix, over_time, spread
from speckit_analysis.figures.theme import GOOD, ORANGE, POOR, UNKNOWN, Chart, class_colours, empty

_NO_COST = "No call that counts has a cost."
_NO_PREMIUM = "No run has two calls or more that all have a cost."


def _name(key: object, noun: str) -> str:
    return f"calls that name no {noun}" if pd.isna(key) else str(key)  # type: ignore[call-overload]


def spend(profile: pd.DataFrame, by: str, noun: str) -> Chart:
    """Draw what was spent on each agent, stage or model.

    Parameters
    ----------
    profile : DataFrame
        From :func:`.premium.profile` by one column.
    by : str
        That column.
    noun : str
        What it is, in the singular.
    """
    with_cost = profile[profile["cost_usd"].notna()]
    if with_cost.empty or not with_cost["cost_usd"].sum():
        return empty(_NO_COST, f"By {noun}.")
    ordered = with_cost.sort_values("cost_usd", ascending=False, kind="stable")
    top = ordered.iloc[0]
    missing = int(profile["without_cost"].sum())
    calls = int(profile["calls"].sum()) - missing
    without = f"; {wording.count(missing)} more without a cost" if missing else ""
    return bars(
        ordered,
        by,
        "cost_usd",
        title=(
            f"{wording.percent(top['share'])} of the money went on {_name(top[by], noun)}"
            if len(ordered) > 1
            else f"All the money went on {_name(top[by], noun)}"
        ),
        subtitle=undrawn_note(
            f"Cost by {noun}, {wording.count(calls, 'call')} with a cost{without}.",
            profile,
            with_cost,
            noun,
            "a cost",
        ),
        axis="cost, USD",
        words=wording.usd_like(ordered["cost_usd"]),
        notes=[f"({wording.percent(share)})" for share in ordered["share"]],
    )


def spend_by_both(spent: pd.DataFrame, rows: str, columns: str) -> Chart:
    """Draw what was spent by two things at once.

    Parameters
    ----------
    spent : DataFrame
        From :func:`speckit_analysis.analysis.summaries.crosstab`, USD.
    rows, columns : str
        What index and columns are, in the singular.
    """
    if not spent.size or not np.nansum(spent.to_numpy()):
        return empty(_NO_COST, f"By {rows} and {columns}.")
    row, column = divmod(int(np.nanargmax(spent.to_numpy())), spent.shape[1])
    most = wording.usd(spent.to_numpy()[row, column])
    ordered = spent.loc[spent.sum(axis="columns").sort_values(ascending=False).index]
    return matrix(
        ordered.head(MOST_ROWS),
        title=f"The most went on {spent.columns[column]} of {spent.index[row]}: {most}",
        subtitle=cut_note(f"Cost by {rows} and {columns}, USD; the dearest {rows} first.", ordered),
        rows=rows,
        columns=columns,
        words=wording.usd_like(spent.to_numpy().ravel()),
    )


def tokens(profile: pd.DataFrame, by: str, noun: str) -> Chart:
    """Draw how many tokens each agent, stage or model took.

    Parameters
    ----------
    profile, by, noun : DataFrame and str
        As for :func:`spend`.
    """
    with_tokens = profile[profile["tokens"].notna()]
    total = with_tokens["tokens"].sum()
    if with_tokens.empty or not total:
        return empty("No call that counts has its tokens.", f"By {noun}.")
    ordered = with_tokens.sort_values("tokens", ascending=False, kind="stable")
    top = ordered.iloc[0]
    return bars(
        ordered,
        by,
        "tokens",
        title=(
            f"{wording.percent(top['tokens'] / total)} of {wording.many(total, 'token')} went"
            f" through {_name(top[by], noun)}"
        ),
        subtitle=undrawn_note(
            f"Input and output tokens by {noun}; the mean of a call in brackets.",
            profile,
            with_tokens,
            noun,
            "tokens",
        ),
        axis="tokens",
        words=wording.count,
        notes=[f"({wording.count(round(mean))} a call)" for mean in ordered["call_tokens"]],
    )


def latency(profile: pd.DataFrame, by: str, noun: str) -> Chart:
    """Draw median and 95th percentile of the latency of a call.

    Parameters
    ----------
    profile, by, noun : DataFrame and str
        As for :func:`spend`.
    """
    with_latency = profile[profile["with_latency"] > 0]
    if with_latency.empty:
        return empty("No call that counts has a latency.", f"By {noun}.")
    ordered = with_latency.sort_values("median_ms", ascending=False, kind="stable")
    top, n = ordered.iloc[0], int(with_latency["with_latency"].sum())
    return spread(
        ordered,
        by,
        "median_ms",
        "p95_ms",
        title=(
            f"The slowest {noun} is {_name(top[by], noun)}: half of its calls take"
            f" {wording.seconds(top['median_ms'])} or more"
        ),
        subtitle=undrawn_note(
            f"Latency of {wording.count(n, 'call')} by {noun}: median (filled) and 95th"
            " percentile (open); calls in brackets.",
            profile,
            with_latency,
            noun,
            "a latency",
        ),
        axis="latency of a call",
        words=wording.seconds,
        notes=[f"({wording.count(calls)})" for calls in ordered["with_latency"]],
    )


def run_latency(table: pd.DataFrame) -> Chart:
    """Draw how long a run takes, from its longest call to all of them together, by stage.

    Parameters
    ----------
    table : DataFrame
        From :func:`.premium.run_latency`.
    """
    if table.empty:
        return empty("No run has a latency for every call.")
    top = table.iloc[int(table["wall_ms"].to_numpy(dtype=float).argmax())]
    return spread(
        table,
        "stage",
        "wall_ms",
        "sum_ms",
        title=(
            f"A run of {top['stage']} takes {wording.seconds(top['wall_ms'])} with its agents"
            f" side by side, {wording.seconds(top['sum_ms'])} one after the other"
        ),
        subtitle=(
            "Latency of a run, median: its longest call (filled) and the sum of its calls (open);"
            " runs in brackets."
        ),
        axis="latency of a run",
        words=wording.seconds,
        notes=[f"({wording.count(runs)})" for runs in table["runs"]],
    )


def trust(graded: pd.DataFrame) -> Chart:
    """Draw how far the cost of calls can be trusted.

    Parameters
    ----------
    graded : DataFrame
        From :func:`.accounting.trust`.
    """
    total = int(graded["calls"].sum())
    if not total:
        return empty("No call counts.")
    computed = float(graded["share"].iloc[:3].sum())
    colours = dict(zip(TRUST, (GOOD, POOR, GOOD, ORANGE, UNKNOWN), strict=True))
    shown = graded[graded["calls"] > 0]
    return bars(
        shown,
        "grade",
        "calls",
        title=f"The cost of {wording.percent(computed)} of the calls follows from their tokens",
        subtitle=f"What is known of the cost of {wording.count(total, 'call')}.",
        axis="calls",
        words=wording.count,
        colours=class_colours(shown["grade"], colours),
        notes=[
            f"({wording.percent(share)}; {wording.usd(usd)})"
            for share, usd in zip(shown["share"], shown["cost_usd"], strict=True)
        ],
    )


def spend_over_time(profile: pd.DataFrame, period: str) -> Chart:
    """Draw what was spent per period.

    Parameters
    ----------
    profile : DataFrame
        From :func:`.premium.over_time`.
    period : str
        ``day``, ``week``, ``month`` …
    """
    with_cost = profile[profile["cost_usd"].notna()]
    if with_cost.empty or not with_cost["cost_usd"].sum():
        return empty(_NO_COST, f"By {period}.")
    top = with_cost.sort_values("cost_usd", ascending=False, kind="stable").iloc[0]
    calls = (with_cost["calls"] - with_cost["without_cost"]).sum()
    return over_time(
        with_cost,
        period,
        "cost_usd",
        title=(
            f"Spending peaked in the {period} of {wording.day(top[period])}"
            f" at {wording.usd(top['cost_usd'])}"
            if len(with_cost) > 1
            else f"All the money was spent in the {period} of {wording.day(top[period])}"
        ),
        subtitle=undrawn_note(
            f"Cost per {period} (its start, UTC); {wording.count(calls, 'call')} with a cost.",
            profile,
            with_cost,
            period,
            "a cost",
        ),
        axis="cost, USD",
        words=wording.usd_like(with_cost["cost_usd"]),
    )


def latency_over_time(profile: pd.DataFrame, period: str) -> Chart:
    """Draw median and 95th percentile of the latency per period.

    Parameters
    ----------
    profile, period : DataFrame and str
        As for :func:`spend_over_time`.
    """
    with_latency = profile[profile["with_latency"] > 0]
    if with_latency.empty:
        return empty("No call that counts has a latency.", f"By {period}.")
    medians = with_latency["median_ms"]
    n = with_latency["with_latency"].sum()
    return over_time(
        with_latency,
        period,
        "median_ms",
        title=(
            f"The median latency lies between {wording.seconds(medians.min())} and"
            f" {wording.seconds(medians.max())} in every {period}"
            if len(with_latency) > 1
            else f"The median latency is {wording.seconds(medians.iloc[0])}"
        ),
        subtitle=(
            f"Latency of {wording.count(n, 'call')} per {period} (its start, UTC): median, and up"
            " to the 95th percentile."
        ),
        axis="latency of a call",
        words=wording.seconds,
        low="median_ms",
        high="p95_ms",
    )


def run_cost(table: pd.DataFrame, by: str = "stage", confidence: float = 0.95) -> Chart:
    """Draw what a typical run of consensus costs, by stage.

    Parameters
    ----------
    table : DataFrame
        From :func:`.premium.typical_by` of ``total_usd``.
    by : str
        Its first column.
    confidence : float
        Level of the intervals.
    """
    if table.empty:
        return empty(_NO_PREMIUM)
    top = table.iloc[int(table["typical"].to_numpy(dtype=float).argmax())]
    return intervals(
        table,
        by,
        "typical",
        title=(
            f"The dearest {by} is {top[by]}: a typical run costs {wording.usd(top['typical'])}"
            if len(table) > 1
            else f"A typical run costs {wording.usd(top['typical'])}"
        ),
        subtitle=_typical_subtitle("Cost of a run of several calls", confidence),
        axis="cost of a run, USD",
        words=wording.usd_like(table["typical"]),
        notes=_runs_of_specs(table),
        from_zero=True,
    )


def premium(by_size: pd.DataFrame, confidence: float = 0.95) -> Chart:
    """Draw what consensus costs relative to its dearest call, by the number of calls.

    Parameters
    ----------
    by_size : DataFrame
        From :func:`.premium.typical_by` of ``over_dearest`` by ``calls``.
    confidence : float
        Level of the intervals.
    """
    if by_size.empty:
        return empty(_NO_PREMIUM)
    top = by_size.iloc[int(by_size["runs"].to_numpy(dtype=float).argmax())]
    named = by_size.assign(name=[wording.count(n, "call") for n in by_size["calls"]])
    return intervals(
        named,
        "name",
        "typical",
        title=(
            f"A run of {wording.count(top['calls'], 'call')} costs"
            f" {wording.ratio(top['typical'])} times its most expensive call"
        ),
        subtitle=_typical_subtitle("Cost of a run over its most expensive call", confidence),
        axis="times the most expensive call",
        words=wording.ratio,
        notes=_runs_of_specs(named),
        reference=1.0,
    )


def _typical_subtitle(what: str, confidence: float) -> str:
    level = wording.exact_percent(confidence)
    return f"{what}: geometric mean over SPECs with its {level} interval."


def _runs_of_specs(table: pd.DataFrame) -> list[str]:
    return [
        f"({wording.count(runs, 'run')}, {wording.count(specs, 'SPEC')})"
        for runs, specs in zip(table["runs"], table["specs"], strict=True)
    ]


def agreement(compared: pd.DataFrame) -> Chart:
    """Draw the reported cost relative to the computed one by model, with its range over calls.

    Parameters
    ----------
    compared : DataFrame
        From :func:`.premium.reported_against_computed`.
    """
    with_both = compared[compared["total_ratio"].notna()]
    if with_both.empty:
        return empty("No call has both a reported cost and one computed from its tokens.")
    far = (with_both["total_ratio"] - 1).abs().to_numpy(dtype=float).argmax()
    worst = with_both.iloc[far]
    ends = (min(0.9, with_both["lowest_ratio"].min()), max(1.1, with_both["highest_ratio"].max()))
    close = abs(worst["total_ratio"] - 1) < 0.02
    return intervals(
        with_both,
        "model_id",
        "total_ratio",
        low="lowest_ratio",
        high="highest_ratio",
        title=(
            "Reported cost is within 2 % of the computed one for every model"
            if close
            else f"Reported cost is furthest off for {worst['model_id']}:"
            f" {wording.ratio(worst['total_ratio'])} times the computed one"
        ),
        subtitle=undrawn_note(
            "Reported over computed cost: ratio of totals, and the range over single calls.",
            compared,
            with_both,
            "model",
            "both costs",
        ),
        axis="reported / computed",
        words=wording.ratio,
        notes=[f"({wording.count(n, 'call')})" for n in with_both["compared"]],
        span=ends,
        reference=1.0,
    )
