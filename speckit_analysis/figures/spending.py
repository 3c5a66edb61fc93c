"""Figures on spending: what stands out, budgets, what is to come, and the bill."""

from __future__ import annotations

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.cost.anomalies import Outliers
from speckit_analysis.analysis.cost.billing import Reconciliation
from speckit_analysis.figures import theme
from speckit_analysis.figures.axes import part_notes, undrawn_note
from speckit_analysis.figures.charts import bars, intervals, steps
from speckit_analysis.figures.theme import Chart, class_colours, empty

_NOUNS = {"cost_usd": "cost", "latency_ms": "latency", "tokens": "tokens"}
_VERDICT_COLOURS = {
    "within budget": theme.GOOD,
    "warning": theme.POOR,
    "critical": theme.BAD,
    "exceeded": theme.CRIMSON,
}


def outliers(found: Outliers) -> Chart:
    """Draw how far outliers are from the median of their kind.

    Parameters
    ----------
    found : Outliers
        From :func:`.anomalies.outliers`.
    """
    if found.rows.empty:
        return empty(found.sentence)
    rows = found.rows
    names = [f"{row.spec_id} {row.stage}, {row.model_id}" for row in rows.itertuples(index=False)]
    noun = _NOUNS.get(found.value, found.value)
    verb = "stands" if len(rows) == 1 else "stand"
    return bars(
        rows.assign(name=names),
        "name",
        "factor",
        title=(
            f"{wording.count(len(rows))} of {wording.count(found.judged, 'call')} {verb} out by"
            f" {noun}, the farthest at {wording.ratio(rows['factor'].iloc[0])} times the usual"
        ),
        subtitle=(
            f"{noun.capitalize()} of a call over the median of its stage and model;"
            f" {found.by_chance * found.judged:.1f} calls would stand out by chance."
        ),
        axis="times the median of its kind",
        words=wording.ratio,
        colours=[theme.BAD if factor > 1 else theme.BLUE for factor in rows["factor"]],
        notes=[f"(n = {n})" for n in rows["n"]],
    )


def budgets(held: pd.DataFrame, warning: float, critical: float) -> Chart:
    """Draw the use of each SPEC's budget.

    Parameters
    ----------
    held : DataFrame
        From :func:`.budget.budgets`.
    warning, critical : float
        Shares of the budget at which lines are drawn, beside the whole.
    """
    with_budget = held[held["utilization"].notna()].sort_values(
        ["utilization", "spec_id"], ascending=[False, True]
    )
    unknown = len(held) - len(with_budget)
    lack = "lacks" if unknown == 1 else "lack"
    if with_budget.empty:
        return empty(
            "For no SPEC both a budget and what was spent are known.",
            f"{wording.count(unknown, 'SPEC')} {lack} the one or the other." if unknown else "",
        )
    over = int((with_budget["verdict"] == "exceeded").sum())
    without = f" {wording.count(unknown, 'SPEC')} without a known cost or budget left out."
    not_shown = without if unknown else ""
    return bars(
        with_budget,
        "spec_id",
        "utilization",
        title=(
            f"{wording.count(over)} of {wording.count(len(with_budget), 'SPEC')}"
            f" {'has' if over == 1 else 'have'} spent the whole budget or more"
        ),
        subtitle=(
            "The larger of the recorded total and the sum of the calls / budget; lines at"
            f" {wording.exact_percent(warning)} (orange from there on),"
            f" {wording.exact_percent(critical)} (red) and 100 % (crimson).{not_shown}"
        ),
        axis="share of the budget",
        words=wording.percent,
        colours=class_colours(with_budget["verdict"], _VERDICT_COLOURS),
        notes=part_notes(with_budget, "spent_usd", "budget_usd", wording.usd),
        limits={"": warning, " ": critical, "budget": 1.0},
    )


def use_over_time(used: pd.DataFrame, warning: float, critical: float) -> Chart:
    """Draw how each SPEC used up its budget, from its first call on.

    Parameters
    ----------
    used : DataFrame
        From :func:`.budget.use_over_time`.
    warning, critical : float
        Shares of the budget at which lines are drawn, beside the whole.
    """
    with_budget = used.dropna(subset="utilization")
    if with_budget.empty:
        return empty("No SPEC has both a budget and calls with a cost and a time.")
    start = with_budget.groupby("spec_id")["timestamp"].transform("min")
    days = (with_budget["timestamp"] - start).dt.total_seconds() / 86_400
    lines = with_budget.assign(days=days, used=with_budget["utilization"].astype(float))
    last = lines.groupby("spec_id")["used"].max()
    top = last.sort_values().index[-1]
    limits = np.array([warning, critical, 1.0])
    shades = list(_VERDICT_COLOURS.values())
    return steps(
        lines,
        "spec_id",
        "days",
        "used",
        title=(
            f"By its calls, {top} used {wording.percent(last[top])} of its budget within"
            f" {lines.loc[lines['spec_id'] == top, 'days'].max():.1f} days"
        ),
        subtitle=(
            f"Spent so far / budget, one line a SPEC ({wording.count(len(last), 'SPEC')}); lines at"
            f" {wording.exact_percent(warning)}, {wording.exact_percent(critical)} and 100 %. Sum"
            " of the calls with a cost; the total recorded may be higher."
        ),
        axis="days since the SPEC's first call",
        height_axis="share of the budget",
        words=wording.percent,
        colours={
            str(spec): shades[int(np.searchsorted(limits, share, side="right"))]
            for spec, share in last.items()
        },
        limits=(warning, critical, 1.0),
    )


def by_complexity(table: pd.DataFrame, confidence: float = 0.95) -> Chart:
    """Draw what the next SPEC will cost, by class.

    Parameters
    ----------
    table : DataFrame
        From :func:`.projection.by_complexity`.
    confidence : float
        Level of the prediction intervals.
    """
    predicted = table[table["specs"] > 0]
    if predicted.empty or predicted["low_usd"].isna().all():
        return empty("Too few SPECs have a known cost of every stage to predict the next.")
    whole = predicted.iloc[0]
    return intervals(
        predicted,
        "complexity",
        "typical_usd",
        low="low_usd",
        high="high_usd",
        title=(
            f"The next SPEC will cost {wording.usd(whole['low_usd'])} to"
            f" {wording.usd(whole['high_usd'])}"
        ),
        subtitle=(
            f"Cost of a SPEC with all reruns: geometric mean, and log-t"
            f" {wording.exact_percent(confidence)} prediction interval of the next."
            + (
                f" Predicted from the others, {whole['covered']} of {whole['checked']} SPECs lie"
                " inside."
                if whole["checked"]
                else " Too few SPECs to check it on those left out."
            )
        ),
        axis="cost of a SPEC, USD",
        words=wording.usd_like(predicted["typical_usd"]),
        notes=[f"({wording.count(n, 'SPEC')})" for n in predicted["specs"]],
        from_zero=True,
    )


def savings(table: pd.DataFrame, goal: float, confidence: float = 0.95) -> Chart:
    """Draw what other routings would save.

    Parameters
    ----------
    table : DataFrame
        From :func:`.routing.savings`.
    goal : float
        Share that is to be saved.
    confidence : float
        Level of the intervals.
    """
    estimated = table[table["low_share"].notna()]
    if estimated.empty:
        return empty("No other routing has a known cost for two SPECs or more.")
    best = estimated.iloc[int(estimated["saving_share"].to_numpy(float).argmax())]
    return intervals(
        estimated,
        "routing",
        "saving_share",
        low="low_share",
        high="high_share",
        title=f"Routing {best['routing']} would save {wording.percent(best['saving_share'])}",
        subtitle=undrawn_note(
            f"Share of the cost that is saved, and {wording.exact_percent(confidence)} interval of"
            f" the typical SPEC; the line is the goal of {wording.exact_percent(goal)}.",
            table.iloc[1:],  # the first is what is done today
            estimated,
            "routing",
            "an interval",
        ),
        axis="share saved",
        words=wording.percent,
        notes=[
            f"({wording.count(n, 'SPEC')}: {verdict})"
            for n, verdict in zip(estimated["specs"], estimated["verdict"], strict=True)
        ],
        reference=goal,
    )


def reconciliation(found: Reconciliation | None) -> Chart:
    """Draw tracked over billed spending by model.

    Parameters
    ----------
    found : Reconciliation or None
        From :func:`.billing.reconcile`; None without an invoice.
    """
    if found is None:
        return empty("No invoice was given.", "The parameter `invoice` names a billing export.")
    if found.without_cost:
        return empty("No call of these days has a known cost: nothing can be told.")
    billed_models = found.by_model.dropna(subset="ratio")
    if billed_models.empty:
        return empty("No model was billed within these days.")
    ratios = billed_models["ratio"].astype(float)
    verdict = "within" if found.within else "beyond"
    enough = "" if found.can_tell else ", but too little of the money could be compared"
    side = "below" if found.error < 0 else "above"
    title = (
        "Nothing was to be paid for these days, all in all"
        if np.isnan(found.error)
        else f"Tracked spending is {100 * abs(found.error):.1f} % {side} the bill, {verdict} the"
        f" tolerance of {wording.exact_percent(found.tolerance)}{enough}"
    )
    return bars(
        billed_models,
        "model_id",
        "ratio",
        title=title,
        subtitle=undrawn_note(
            f"Tracked over billed by model, {wording.day(found.first)} to"
            f" {wording.day(found.last)}; lines at the tolerance.",
            found.by_model,
            billed_models,
            "model",
            "a bill",
        ),
        axis="tracked / billed",
        words=wording.ratio,
        colours=[
            theme.GOOD if abs(ratio - 1) <= found.tolerance else theme.BAD for ratio in ratios
        ],
        notes=part_notes(billed_models, "tracked_usd", "billed_usd", wording.usd),
        limits={"": 1 - found.tolerance, " ": 1 + found.tolerance},
    )
