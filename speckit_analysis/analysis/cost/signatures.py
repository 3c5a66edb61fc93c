"""The marks that wrong accounting leaves in recorded costs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.cost.accounting import (
    REPETITIONS,
    RIGHT,
    SAME,
    UNEXPLAINED,
    comparable,
    dollars,
    explain,
    implied_price,
)
from speckit_analysis.prices.writers import WRITER_TABLES
from speckit_analysis.tables.vocabulary import AGENT_CONFIGURATIONS

_NOUNS = {
    "zero_cost": "zero cost",
    "wrong_price": "wrong price",
    "constant_factor": "constant factor",
    "unexplained_cost": "unexplained cost",
    "repeated_amount": "repeated amount",
    "sums_differ": "differing sum",
    "ratio_or_percent": "mistaken unit",
}

_COLUMNS = {
    "signature": "string",
    "spec_id": "string",
    "model_id": "string",
    "rows": "Int64",
    "recorded_usd": "Float64",
    "computed_usd": "Float64",
    "message": "string",
    "source": "string",
    "locator": "string",
}


def signatures(calls: pd.DataFrame, costs: pd.DataFrame) -> pd.DataFrame:
    """Find the marks that wrong accounting leaves.

    Parameters
    ----------
    calls, costs : DataFrame
        The tables of these names; superseded summaries are left out.

    Returns
    -------
    DataFrame
        One row per finding: ``signature`` (``zero_cost``, ``wrong_price``, ``constant_factor``,
        ``unexplained_cost``, ``repeated_amount``, ``sums_differ`` or ``ratio_or_percent``),
        ``spec_id``, ``model_id``,
        ``rows`` (Int64, calls or amounts concerned), ``recorded_usd``, ``computed_usd``
        (Float64), ``message``, ``source`` and ``locator`` (of the first).
    """
    current = costs[~costs["superseded"].fillna(False).astype(bool)]
    found = [
        *_zero_calls(calls),
        *_wrong_prices(calls),
        *_repeated_calls(calls),
        *_summaries(current),
    ]
    return pd.DataFrame(found, columns=list(_COLUMNS)).astype(_COLUMNS)


def _finding(signature: str, rows: pd.DataFrame, message: str, **more: object) -> dict[str, object]:
    first = rows.iloc[0]
    computed = rows["cost_usd"].sum(min_count=1) if "cost_usd" in rows else pd.NA
    return {
        "signature": signature,
        "spec_id": first["spec_id"] if rows["spec_id"].nunique() == 1 else pd.NA,
        "rows": len(rows),
        "recorded_usd": rows["cost_usd_reported"].sum(min_count=1),
        "computed_usd": computed,
        "message": message,
        "source": first["source"],
        "locator": first["locator"],
    } | more


def _zero_calls(calls: pd.DataFrame) -> Iterator[dict[str, object]]:
    silent = (calls["cost_usd_reported"] == 0) & (calls["cost_usd"] > 0)
    for model, rows in calls[silent.fillna(False).astype(bool)].groupby("model_id", observed=True):
        whose = "its" if len(rows) == 1 else "their"
        message = (
            f"{wording.count(len(rows), 'call')} of {model} recorded at $0.00:"
            f" {whose} tokens cost {wording.usd(rows['cost_usd'].sum())}"
        )
        yield _finding("zero_cost", rows, message, model_id=model)


def _wrong_prices(calls: pd.DataFrame) -> Iterator[dict[str, object]]:
    rows = comparable(calls)
    rows = rows.assign(explanation=explain(rows))
    wrong = rows[rows["explanation"] != RIGHT]
    for (model, explanation), group in wrong.groupby(["model_id", "explanation"], observed=True):
        low, high = group["ratio"].min(), group["ratio"].max()
        off = wording.ratio(low) if high / low < 1.01 else f"{low:.2f} to {high:.2f}"
        what = f"{wording.count(len(group), 'call')} of {model} recorded at {off} times the price"
        if explanation == UNEXPLAINED and len(group) > 1 and high / low < 1 + 5 * SAME:
            message = f"{what}, a constant factor: another price list, discount or currency"
            yield _finding("constant_factor", group, message, model_id=model)
        elif explanation == UNEXPLAINED:
            implied = implied_price(group)
            as_if = (
                f", as if a million tokens cost {wording.usd(implied[0])} and"
                f" {wording.usd(implied[1])}"
                if implied
                else "; no price explains it"
            )
            yield _finding("unexplained_cost", group, what + as_if, model_id=model)
        else:
            message = f"{what}: it is {explanation}"
            yield _finding("wrong_price", group, message, model_id=model)


def _repeated_calls(calls: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Find one amount charged to calls that did not use the same tokens."""
    paid = calls[(calls["cost_usd_reported"] > 0).fillna(False).astype(bool)]
    for (spec, amount), rows in paid.groupby(["spec_id", "cost_usd_reported"], observed=True):
        used = rows[["prompt_tokens", "completion_tokens"]].drop_duplicates()
        if len(rows) >= REPETITIONS and len(used) > 1:
            message = (
                f"{spec}: {wording.count(len(rows), 'call')} at {wording.usd(amount)} each, to the"
                " digit, though their tokens differ: one session's usage charged to every call"
            )
            yield _finding("repeated_amount", rows, message)


def _summaries(costs: pd.DataFrame) -> Iterator[dict[str, object]]:
    for _, rows in costs.groupby("source", observed=True, sort=True):
        yield from _silent_summary(rows)
        yield from _sums(rows)
        yield from _repeated_agents(rows)
        yield from _percent(rows)


def _silent_summary(rows: pd.DataFrame) -> Iterator[dict[str, object]]:
    total = rows[rows["scope"] == "total"]
    made = total["calls_reported"].sum()
    if len(total) and total["cost_usd_reported"].eq(0).all() and made > 0:
        spec = total["spec_id"].iloc[0]
        message = f"{spec}: $0.00 for {wording.count(made, 'call')}: nothing was measured"
        yield _finding("zero_cost", total, message)


def _sums(rows: pd.DataFrame) -> Iterator[dict[str, object]]:
    sums = rows.groupby("scope", observed=True)["cost_usd_reported"].sum(min_count=1).dropna()
    # Sums of amounts that were each rounded to cents.
    if len(sums) > 1 and sums.max() - sums.min() > 0.01 * max(1, len(rows) / 2):
        parts = [f"by {scope} {wording.usd(amount)}" for scope, amount in sums.items()]
        parts = [part.replace("by total", "in total") for part in parts]
        message = f"{rows['spec_id'].iloc[0]}: the amounts differ: {wording.listed(parts)}"
        total = rows[rows["scope"] == "total"]
        yield _finding("sums_differ", total if len(total) else rows.head(1), message)


def _repeated_agents(rows: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Find amounts by agent that are one amount, or multiples of it."""
    agents = rows[(rows["scope"] == "agent") & (rows["cost_usd_reported"] > 0).fillna(False)]
    counts = agents["cost_usd_reported"].value_counts()
    if counts.empty or counts.iloc[0] < REPETITIONS:
        return
    amount = float(counts.index[0])
    times = agents["cost_usd_reported"].astype(float) / amount
    alike = agents[np.isclose(times, times.round(), atol=1e-4) & (times > 0.5)]
    message = (
        f"{rows['spec_id'].iloc[0]}: {wording.count(len(alike), 'agent')} at"
        f" {wording.usd(amount)} or a multiple of it: one session's usage charged to every call"
    )
    others = agents.drop(alike.index)
    yield _finding("repeated_amount", alike, message + _charged(amount, others))


def _charged(amount: float, others: pd.DataFrame) -> str:
    """Say which tokens were charged at a price of unknown models, where another amount tells."""
    for table in WRITER_TABLES:
        for agent, other in zip(others["agent"], others["cost_usd_reported"], strict=True):
            known = table.rate(AGENT_CONFIGURATIONS.get(str(agent), str(agent)))
            if known is None or table.fallback is None:
                continue
            prices = np.array([table.fallback, known])
            if abs(np.linalg.det(prices)) < 1e-9:
                continue
            prompt, output = np.linalg.solve(prices, np.array([amount, other]) * 1e6)
            if prompt > 0 and output > 0:
                return (
                    f"; with {wording.usd(other)} for {agent} it fits about {prompt:,.0f} input"
                    f" and {output:,.0f} output tokens at the price that {table.name} takes for"
                    f" unknown models, {dollars(table.fallback)} a million"
                )
    return ""


def _percent(rows: pd.DataFrame) -> Iterator[dict[str, object]]:
    total = rows[(rows["utilization"] > 0).fillna(False) & rows["utilization_reported"].notna()]
    times = total["utilization_reported"] / total["utilization"]
    wrong = total[((times / 100 - 1).abs() < 0.02) | ((times * 100 - 1).abs() < 0.02)]
    if len(wrong):
        said, true = wrong["utilization_reported"].iloc[0], wrong["utilization"].iloc[0]
        message = (
            f"{wrong['spec_id'].iloc[0]}: utilization of {said:g} is"
            f" {'percent, not a ratio' if said > true else 'a ratio, not percent'}:"
            f" {wording.percent(true)} of the budget was spent"
        )
        yield _finding("ratio_or_percent", wrong, message)


def accounting_sentence(found: pd.DataFrame) -> str:
    """Say what is wrong with the recorded amounts, all in all."""
    if found.empty:
        return "No recorded amount bears a mark of wrong accounting."
    counts = found["signature"].value_counts()
    parts = [wording.count(n, _NOUNS[str(name)]) for name, n in counts.items()]
    return f"{wording.count(len(found), 'mark')} of wrong accounting: {wording.listed(parts)}."
