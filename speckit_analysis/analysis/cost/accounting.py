"""Whether recorded costs can be believed, and what explains those that cannot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy import optimize  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.prices.writers import WRITER_TABLES

#: As recorded costs are explained: by the right price first, by none last.
RIGHT, UNEXPLAINED = "the price of the day", "no known price"

#: Amounts that agree to this share are one amount.
SAME = 0.002

#: So many equal amounts over different tokens are no chance.
REPETITIONS = 3


def comparable(calls: pd.DataFrame) -> pd.DataFrame:
    """Return the calls with both a recorded and a computed cost above 0, and their ``ratio``."""
    both = (calls["cost_usd_reported"] > 0) & (calls["cost_usd"] > 0)
    rows = calls[both.fillna(False).astype(bool)]
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
    output = calls["completion_tokens"].to_numpy(float, na_value=np.nan)
    yield RIGHT, right
    models = calls["model_id"].astype("string")
    names = models.dropna().unique()
    for table in WRITER_TABLES:
        rates = {name: table.rate(name) for name in names}
        low, high = (
            models.map({name: rate[side] for name, rate in rates.items() if rate}).to_numpy(
                float, na_value=np.nan
            )
            for side in (0, 1)
        )
        yield table.name, (prompt * low + output * high) / 1e6
    for table in WRITER_TABLES:
        if table.fallback is not None:
            name = f"{table.name}: price of an unknown model, {dollars(table.fallback)} a million"
            yield name, (prompt * table.fallback[0] + output * table.fallback[1]) / 1e6
    yield "half the price of the day, as in a batch", right / 2
    yield "1,000 times the price of the day", right * 1000
    yield "a thousandth of the price of the day", right / 1000


def dollars(rate: tuple[float, float]) -> str:
    """Return a price of input and output in words."""
    return f"${rate[0]:g} and ${rate[1]:g}"


#: How far a cost can be trusted, best first.
TRUST = (
    "computed, and recorded alike",
    "computed; recorded otherwise",
    "computed; not recorded",
    "recorded only",
    "unknown",
)


def trust(calls: pd.DataFrame, tolerance: float = 0.05) -> pd.DataFrame:
    """Return how much of the spending is computed, recorded or unknown.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``.
    tolerance : float
        Share of the computed cost by which a recorded one may differ and still be alike.

    Returns
    -------
    DataFrame
        One row per grade of :data:`TRUST`, also where none has it: ``grade`` (string),
        ``calls`` (Int64), ``cost_usd`` (Float64: as computed, else as recorded; missing where
        unknown) and ``share`` (Float64, of the calls).
    """
    computed, recorded = calls["cost_usd"], calls["cost_usd_reported"]
    alike = ((recorded - computed).abs() <= tolerance * computed).fillna(False).astype(bool)
    known, told = computed.notna(), recorded.notna()
    grade = np.select([known & alike, known & told, known, told], TRUST[:-1], TRUST[-1])
    amount = computed.fillna(recorded)
    grades = pd.Series(pd.Categorical(grade, list(TRUST)), calls.index)
    grouped = amount.groupby(grades, observed=False)
    table = pd.DataFrame({"calls": grouped.size(), "cost_usd": grouped.sum(min_count=1)})
    table["share"] = table["calls"] / max(len(calls), 1)
    table = table.rename_axis("grade").reset_index()
    return table.astype(
        {"grade": "string", "calls": "Int64", "cost_usd": "Float64", "share": "Float64"}
    )


def trust_sentence(graded: pd.DataFrame) -> str:
    """Say how far the spending can be trusted."""
    calls = graded.set_index("grade")["calls"]
    total = int(calls.sum())
    if not total:
        return "There are no calls, so nothing is known of what they cost."
    computed = calls.iloc[:3].sum() / total
    words = ("recorded alike", "recorded otherwise", "not recorded", "recorded only", "unknown")
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
        The columns of `by`; ``calls`` (Int64, with both costs), ``recorded_usd``,
        ``computed_usd``, ``total_ratio``, ``lowest_ratio``, ``highest_ratio`` (Float64),
        ``constant`` (boolean: every ratio is the same, and there are two at least),
        ``explanation`` (string, of most calls) and ``explained`` (Int64, calls it holds for).
    """
    keys = [by] if isinstance(by, str) else list(by)
    rows = comparable(calls)
    rows = rows.assign(explanation=explain(rows))
    grouped = rows.groupby(keys, observed=True, dropna=False, sort=True)
    found = grouped.agg(
        calls=("ratio", "size"),
        recorded_usd=("cost_usd_reported", "sum"),
        computed_usd=("cost_usd", "sum"),
        lowest_ratio=("ratio", "min"),
        highest_ratio=("ratio", "max"),
        explanation=("explanation", lambda words: words.value_counts().index[0]),
        explained=("explanation", lambda words: words.value_counts().iloc[0]),
    )
    found["total_ratio"] = found["recorded_usd"] / found["computed_usd"]
    spread = found["highest_ratio"] / found["lowest_ratio"]
    found["constant"] = ((spread < 1 + 5 * SAME) & (found["calls"] > 1)).astype("boolean")
    found = found.astype({"calls": "Int64", "explained": "Int64", "explanation": "string"})
    order = ["calls", "recorded_usd", "computed_usd", "total_ratio", "lowest_ratio"]
    order += ["highest_ratio", "constant", "explanation", "explained"]
    return found[order].reset_index()


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
    tokens = calls[["prompt_tokens", "completion_tokens"]].to_numpy(float, na_value=np.nan)
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
