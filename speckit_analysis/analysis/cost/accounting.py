"""Whether recorded costs can be believed, what explains those that cannot, and their marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy import optimize  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.prices.writers import WRITER_TABLES
from speckit_analysis.tables.results import RESULTS
from speckit_analysis.tables.vocabulary import AGENT_CONFIGURATIONS

#: As recorded costs are explained: by the right price first, by none last.
RIGHT, UNEXPLAINED = "the price of the day", "no known price"

#: Amounts that agree to this share are one amount.
SAME = 0.002

#: A recorded cost that is off by no more than this share of the computed one matches it.
ALIKE = 0.05

#: So many equal amounts over different tokens are no chance.
REPETITIONS = 3


def comparable(calls: pd.DataFrame) -> pd.DataFrame:
    """Return the calls with both a recorded and a computed cost above 0, and their ``ratio``."""
    rows = calls[(calls["cost_usd_reported"] > 0) & (calls["cost_usd"] > 0)]
    return rows.assign(ratio=rows["cost_usd_reported"] / rows["cost_usd"])


def explain(calls: pd.DataFrame) -> pd.Series:
    """Say which price explains each recorded cost.

    Parameters
    ----------
    calls : DataFrame
        From :func:`comparable`.

    Returns
    -------
    Series of string
        :data:`RIGHT`, a slip, the table of a writer, its price of an unknown model, a factor
        of 1,000, or :data:`UNEXPLAINED`; same index as `calls`.

    Notes
    -----
    A price explains an amount that it meets to the digits that were recorded, and to 0.2 % at
    least.
    """
    recorded = calls["cost_usd_reported"].to_numpy(float)
    within = np.maximum(_rounding(recorded), SAME * recorded)
    words = pd.Series(UNEXPLAINED, calls.index, dtype="string")
    # The likelier explanations come last: they overwrite the others.
    for name, expected in reversed(list(_candidates(calls))):
        words[np.abs(recorded - expected) <= within] = name
    return words


def _rounding(amounts: np.ndarray) -> np.ndarray:
    """Return half a unit of the last digit of each amount, and never much of the amount."""
    places = [len(f"{amount:.10f}".rstrip("0").partition(".")[2]) for amount in amounts]
    return np.minimum(0.5 * 10.0 ** -np.array(places, dtype=float), 0.02 * amounts)


def _candidates(calls: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
    """Yield explanations with the amounts that they expect, the likeliest first."""
    right = calls["cost_usd"].to_numpy(float)
    prompt = calls["prompt_tokens"].to_numpy(float, na_value=np.nan)
    output = _output(calls)
    yield RIGHT, right
    for table in WRITER_TABLES:
        rates = {name: table.rate(name) for name in calls["model_id"].dropna().unique()}
        rates_of_calls = [rates.get(name) or (np.nan, np.nan) for name in calls["model_id"]]
        low, high = np.array(rates_of_calls).reshape(-1, 2).T
        yield table.name, (prompt * low + output * high) / 1e6
    for table in WRITER_TABLES:
        if table.fallback is not None:
            name = f"{table.name}: price of an unknown model, {dollars(table.fallback)} a million"
            yield name, (prompt * table.fallback[0] + output * table.fallback[1]) / 1e6
    yield "half the price of the day, as in a batch", right / 2
    yield "1,000 times the price of the day", right * 1000
    yield "a thousandth of the price of the day", right / 1000


def _output(calls: pd.DataFrame) -> np.ndarray:
    """Return all output tokens: writers of tables know no other price for reasoning."""
    output = calls["completion_tokens"] + calls["reasoning_tokens"].fillna(0)
    return np.asarray(output.to_numpy(float, na_value=np.nan))


def dollars(rate: tuple[float, float]) -> str:
    """Return a price of input and output in words."""
    return f"${rate[0]:g} and ${rate[1]:g}"


#: How far a cost can be trusted, best first: whether it is computed, and whether recorded.
TRUST = (
    "computed, and recorded alike",
    "computed; recorded otherwise",
    "computed; not recorded",
    "recorded only",
    "unknown",
)


def trust(calls: pd.DataFrame) -> pd.DataFrame:
    """Return how much of the spending is computed, recorded or unknown.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``.

    Returns
    -------
    DataFrame
        The result ``trust``, every grade of :data:`TRUST`.
    """
    computed, recorded = calls["cost_usd"], calls["cost_usd_reported"]
    alike = ((recorded - computed).abs() <= ALIKE * computed).fillna(False).astype(bool)
    both = computed.notna() & recorded.notna()
    grade = np.select([alike, both, computed.notna(), recorded.notna()], TRUST[:-1], TRUST[-1])
    grades = pd.Series(pd.Categorical(grade, list(TRUST)), calls.index, name="grade")
    grouped = computed.fillna(recorded).groupby(grades, observed=False)
    graded = pd.DataFrame({"calls": grouped.size(), "cost_usd": grouped.sum(min_count=1)})
    graded["share"] = graded["calls"] / max(len(calls), 1)
    return RESULTS["trust"].of(graded.reset_index())


def trust_sentence(graded: pd.DataFrame) -> str:
    """Say how far the spending can be trusted."""
    calls, total = graded["calls"], int(graded["calls"].sum())
    if not total:
        return "There are no calls, so nothing is known of what they cost."
    computed = calls.iloc[:3].sum() / total
    words = graded["grade"].str.removeprefix("computed, and ").str.removeprefix("computed; ")
    parts = [f"{wording.count(n)} {word}" for n, word in zip(calls, words, strict=True) if n]
    bound = " What is unknown is not 0: the total is a lower bound." if calls.iloc[4] else ""
    return (
        f"The cost of {wording.percent(computed)} of {wording.count(total, 'call')} follows from"
        f" their tokens ({', '.join(parts)}).{bound}"
    )


def factors(calls: pd.DataFrame, by: str | Sequence[str] = "model_id") -> pd.DataFrame:
    """Return recorded cost over true cost, and what explains it.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``.
    by : str or sequence of str
        Columns, such as ``model_id``, or ``model_id`` and ``source``.

    Returns
    -------
    DataFrame
        `by`, and the columns of the result ``factors``.
    """
    keys = [by] if isinstance(by, str) else list(by)
    rows = comparable(calls)
    rows = rows.assign(explanation=explain(rows))
    grouped = rows.groupby(keys, observed=True, dropna=False, sort=True)
    table = grouped.agg(
        calls=("ratio", "size"),
        recorded_usd=("cost_usd_reported", "sum"),
        computed_usd=("cost_usd", "sum"),
        lowest_ratio=("ratio", "min"),
        highest_ratio=("ratio", "max"),
        explanation=("explanation", lambda words: words.value_counts().index[0]),
        explained=("explanation", lambda words: words.value_counts().iloc[0]),
    ).reset_index()
    table["total_ratio"] = table["recorded_usd"] / table["computed_usd"]
    spread = table["highest_ratio"] / table["lowest_ratio"]
    table["constant"] = (spread < 1 + 5 * SAME) & (table["calls"] > 1)
    return RESULTS["factors"].of(table, keys)


def implied_price(calls: pd.DataFrame) -> tuple[float, float] | None:
    """Return the price per million input and output tokens that recorded costs amount to.

    Parameters
    ----------
    calls : DataFrame
        Calls of one model, from :func:`comparable`.

    Returns
    -------
    (float, float) or None
        None where no one price fits all of at least three calls, or where the calls' mixtures of
        input and output are too alike to tell.

    Notes
    -----
    Non-negative least squares on relative deviations (Lawson and Hanson 1974).
    """
    tokens = np.array([calls["prompt_tokens"].to_numpy(float, na_value=np.nan), _output(calls)]).T
    paid = calls["cost_usd_reported"].to_numpy(float)
    if len(paid) < REPETITIONS or np.isnan(tokens).any():
        return None
    shares = tokens / paid[:, None] / 1e6
    if np.linalg.cond(shares) > 1e3:
        return None
    rates, _ = optimize.nnls(shares, np.ones(len(paid)))
    if np.abs(shares @ rates - 1).max() > 5 * SAME:
        return None
    return float(rates[0]), float(rates[1])


#: Marks in words.
_NOUNS = {
    "zero_cost": "zero cost",
    "wrong_price": "wrong price",
    "constant_factor": "constant factor",
    "unexplained_cost": "unexplained cost",
    "repeated_amount": "repeated amount",
    "sums_differ": "differing sum",
    "ratio_or_percent": "mistaken unit",
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
        The result ``signatures``: ``zero_cost``, ``wrong_price``, ``constant_factor``,
        ``unexplained_cost``, ``repeated_amount``, ``sums_differ`` or ``ratio_or_percent``.
    """
    current = costs[~costs["superseded"].fillna(False).astype(bool)]
    marks = [*_zero_calls(calls), *_wrong_prices(calls), *_repeated_calls(calls)]
    for _, summary in current.groupby("source", observed=True, sort=True):
        for find in (_silent_summary, _sums, _repeated_agents, _percent):
            marks += find(summary)
    return RESULTS["signatures"].of(marks)


def _mark(
    signature: str, rows: pd.DataFrame, message: str, model: object = pd.NA
) -> dict[str, object]:
    first = rows.iloc[0]
    return {
        "signature": signature,
        "spec_id": first["spec_id"] if rows["spec_id"].nunique() == 1 else pd.NA,
        "model_id": model,
        "rows": len(rows),
        "recorded_usd": rows["cost_usd_reported"].sum(min_count=1),
        "computed_usd": rows["cost_usd"].sum(min_count=1) if "cost_usd" in rows else pd.NA,
        "message": message,
        "source": first["source"],
        "locator": first["locator"],
    }


def _zero_calls(calls: pd.DataFrame) -> Iterator[dict[str, object]]:
    silent = (calls["cost_usd_reported"] == 0) & (calls["cost_usd"] > 0)
    for model, rows in calls[silent].groupby("model_id", observed=True):
        whose = "its" if len(rows) == 1 else "their"
        message = (
            f"{wording.count(len(rows), 'call')} of {model} recorded at $0.00:"
            f" {whose} tokens cost {wording.usd(rows['cost_usd'].sum())}"
        )
        yield _mark("zero_cost", rows, message, model)


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
            yield _mark("constant_factor", group, message, model)
        elif explanation == UNEXPLAINED:
            implied = implied_price(group)
            as_if = "; no price explains it"
            if implied:
                low, high = map(wording.usd, implied)
                as_if = f", as if a million tokens cost {low} and {high}"
            yield _mark("unexplained_cost", group, what + as_if, model)
        else:
            message = f"{what}: it is {explanation}"
            yield _mark("wrong_price", group, message, model)


def _repeated_calls(calls: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Find one amount charged to calls that did not use the same tokens."""
    paid = calls[calls["cost_usd_reported"] > 0]
    for (spec, amount), rows in paid.groupby(["spec_id", "cost_usd_reported"], observed=True):
        used = rows[["prompt_tokens", "completion_tokens"]].drop_duplicates()
        if len(rows) >= REPETITIONS and len(used) > 1:
            message = (
                f"{spec}: {wording.count(len(rows), 'call')} at {wording.usd(amount)} each, to the"
                " digit, though their tokens differ: one session's usage charged to every call"
            )
            yield _mark("repeated_amount", rows, message)


def _silent_summary(rows: pd.DataFrame) -> Iterator[dict[str, object]]:
    total = rows[rows["scope"] == "total"]
    made = total["calls_reported"].sum()
    if len(total) and total["cost_usd_reported"].eq(0).all() and made > 0:
        spec = total["spec_id"].iloc[0]
        message = f"{spec}: $0.00 for {wording.count(made, 'call')}: nothing was measured"
        yield _mark("zero_cost", total, message)


def _sums(rows: pd.DataFrame) -> Iterator[dict[str, object]]:
    sums = rows.groupby("scope", observed=True)["cost_usd_reported"].sum(min_count=1).dropna()
    # Sums of amounts that were each rounded to cents.
    if len(sums) > 1 and sums.max() - sums.min() > 0.01 * max(1, len(rows) / 2):
        parts = [f"by {scope} {wording.usd(amount)}" for scope, amount in sums.items()]
        parts = [part.replace("by total", "in total") for part in parts]
        message = f"{rows['spec_id'].iloc[0]}: the amounts differ: {wording.listed(parts)}"
        total = rows[rows["scope"] == "total"]
        yield _mark("sums_differ", total if len(total) else rows.head(1), message)


def _repeated_agents(rows: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Find amounts by agent that are one amount, or multiples of it."""
    agents = rows[(rows["scope"] == "agent") & (rows["cost_usd_reported"] > 0)]
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
    yield _mark("repeated_amount", alike, message + _charged(amount, others))


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
    total = rows[(rows["utilization"] > 0) & rows["utilization_reported"].notna()]
    times = total["utilization_reported"] / total["utilization"]
    wrong = total[((times / 100 - 1).abs() < 0.02) | ((times * 100 - 1).abs() < 0.02)]
    if len(wrong):
        said, true = wrong["utilization_reported"].iloc[0], wrong["utilization"].iloc[0]
        message = (
            f"{wrong['spec_id'].iloc[0]}: utilization of {said:g} is"
            f" {'percent, not a ratio' if said > true else 'a ratio, not percent'}:"
            f" {wording.percent(true)} of the budget was spent"
        )
        yield _mark("ratio_or_percent", wrong, message)


def accounting_sentence(marks: pd.DataFrame) -> str:
    """Say what is wrong with the recorded amounts, all in all."""
    if marks.empty:
        return "No recorded amount bears a mark of wrong accounting."
    counts = marks["signature"].value_counts()
    parts = [wording.count(n, _NOUNS[str(name)]) for name, n in counts.items()]
    return f"{wording.count(len(marks), 'mark')} of wrong accounting: {wording.listed(parts)}."
