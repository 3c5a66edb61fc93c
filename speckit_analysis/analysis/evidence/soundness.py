"""How far the evidence can be trusted: what was measured, what is broken, what is missing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.intervals import small_sample
from speckit_analysis.analysis.selection import ANSWERS_TO_COMPARE, Selection
from speckit_analysis.analysis.summaries import nullable
from speckit_analysis.tables import STATUSES

#: What a run may come with, and the columns of ``runs`` of which any shows it.
MEASURES = {
    "cost from tokens": ("cost_usd",),
    "cost as reported": ("cost_usd_reported",),
    "latency": ("latency_ms",),
    "a synthesis": ("synthesis_status",),
    "a date": ("timestamp",),
}

#: How a table shows what :func:`coverage_by` returns.
AS_SHARES = dict.fromkeys(("telemetry", "two answers", *MEASURES), "percent")

#: Tables whose rows say where they come from, and which reports rest on.
SOURCED = ("runs", "calls", "proposals", "disagreements", "costs", "guardrails")


def sourced_tables(evidence: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables of `evidence` that reports rest on, by name."""
    return {name: evidence[name] for name in SOURCED}


def coverage(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the share of runs that come with each thing an analysis needs.

    Parameters
    ----------
    runs : DataFrame
        Table ``runs``.

    Returns
    -------
    DataFrame
        ``measure`` (string), ``runs``, ``covered`` (Int64), ``share`` (Float64, missing where
        there is no run), best covered first.
    """
    covered = _marks(runs).sum()
    n = len(runs)
    table = pd.DataFrame(
        {
            "measure": pd.Series(covered.index, dtype="string"),
            "runs": pd.Series([n] * len(covered), dtype="Int64"),
            "covered": pd.Series(covered.to_numpy(), dtype="Int64"),
        }
    )
    table["share"] = (table["covered"] / n).astype("Float64") if n else nullable(_nothing(table))
    return table.sort_values("covered", ascending=False, kind="stable", ignore_index=True)


def _marks(runs: pd.DataFrame) -> pd.DataFrame:
    """Return for each run and measure whether the run comes with it."""
    known = {
        "telemetry": (runs["basis"] == "telemetry").fillna(False),
        "two answers": (runs["agents_ok"] >= ANSWERS_TO_COMPARE).fillna(False),
    }
    known |= {
        name: runs[list(columns)].notna().any(axis="columns") for name, columns in MEASURES.items()
    }
    return pd.DataFrame(known).astype(bool)


def _nothing(table: pd.DataFrame) -> np.ndarray:
    return np.full(len(table), np.nan)


def coverage_by(runs: pd.DataFrame, by: str = "stage") -> pd.DataFrame:
    """Return the share of runs that come with each measure, by a column.

    Returns
    -------
    DataFrame
        Index `by` (string, ``unknown`` last), in its own order; ``runs`` (Int64); then one
        column per measure of :func:`coverage`, Float64.
    """
    grouped = _marks(runs).astype(float).groupby(_with_unknown(runs[by]), observed=True)
    table = grouped.mean().astype("Float64")
    table.insert(0, "runs", grouped.size().astype("Int64"))
    table.index = pd.Index(table.index.astype("str"), name=by)
    return table


def problem_counts(problems: pd.DataFrame) -> pd.DataFrame:
    """Return how many problems there are of each kind.

    Returns
    -------
    DataFrame
        ``kind`` (string), ``severity`` (ordered category), ``problems``, ``files`` (Int64) and
        ``example`` (string, the first message), the worst and most frequent first.
    """
    counted = (
        problems.groupby(["kind", "severity"], observed=True, dropna=False)
        .agg(
            problems=("source", "size"),
            files=("source", "nunique"),
            example=("message", "first"),
        )
        .reset_index()
    )
    counted = counted.astype({"kind": "string", "problems": "Int64", "files": "Int64"})
    return counted.sort_values(
        ["severity", "problems", "kind"], ascending=[False, False, True], ignore_index=True
    )


def provenance_shares(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return where the rows of each table come from.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables by name; each needs ``provenance``.

    Returns
    -------
    DataFrame
        ``table``, ``provenance`` (string), ``rows`` (Int64), ``share`` (Float64, of the
        table's rows); only what occurs.
    """
    parts = [shares_of(frame, "provenance").assign(table=name) for name, frame in tables.items()]
    columns = ["table", "provenance", "rows", "share"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns].astype({"table": "string"})


def shares_of(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return `column` (string, ``unknown`` where missing), ``rows`` and ``share``.

    Values come in their own order where they have one.
    """
    counts = frame[column].astype("category").value_counts(sort=False, dropna=False)
    counts = counts[counts > 0]
    total = max(int(counts.sum()), 1)
    return pd.DataFrame(
        {
            column: pd.Series(counts.index.astype("string"), dtype="string").fillna("unknown"),
            "rows": pd.Series(counts.to_numpy(), dtype="Int64"),
            "share": nullable(counts.to_numpy(dtype=float) / total),
        }
    )


def payloads_by_agent(proposals: pd.DataFrame) -> pd.DataFrame:
    """Return what the agents' answers are.

    Returns
    -------
    DataFrame
        ``agent`` (string), ``payload_class`` (ordered category), ``proposals`` (Int64) and
        ``share`` (Float64, of the agent's proposals).
    """
    agents = proposals["agent"].astype("string").fillna("unknown")
    sizes = proposals.groupby([agents, "payload_class"], observed=True, dropna=False).size()
    counted = sizes.rename("proposals").reset_index()
    counted["proposals"] = counted["proposals"].astype("Int64")
    of_agent = counted.groupby("agent")["proposals"].transform("sum")
    return counted.assign(share=(counted["proposals"] / of_agent).astype("Float64"))


def payload_sentence(proposals: pd.DataFrame) -> str:
    """Say how many answers are structured, and how many repeat another word for word."""
    if proposals.empty:
        return "There are no proposals in this evidence."
    structured = int((proposals["payload_class"] == "structured").sum())
    repeated = int(proposals["content_hash"].dropna().duplicated().sum())
    copies = (
        f" {wording.count(repeated)} {'repeats' if repeated == 1 else 'repeat'} the content of"
        " another word for word, which makes no extra vote."
        if repeated
        else ""
    )
    return (
        f"{wording.count(structured)} of {wording.count(len(proposals), 'proposal')}"
        f" {'is' if structured == 1 else 'are'} structured.{copies}"
    )


def time_span(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return from when to when each table reaches; tables without timestamps are left out.

    Returns
    -------
    DataFrame
        ``table`` (string), ``rows``, ``without_time`` (Int64), ``first``, ``last``
        (timestamps, UTC).
    """
    dated = {name: frame for name, frame in tables.items() if "timestamp" in frame}
    frames = dated.values()
    without = [int(frame["timestamp"].isna().sum()) for frame in frames]
    return pd.DataFrame(
        {
            "table": pd.Series(list(dated), dtype="string"),
            "rows": pd.Series([len(frame) for frame in frames], dtype="Int64"),
            "without_time": pd.Series(without, dtype="Int64"),
            "first": pd.to_datetime([frame["timestamp"].min() for frame in frames], utc=True),
            "last": pd.to_datetime([frame["timestamp"].max() for frame in frames], utc=True),
        }
    )


def span_sentence(runs: pd.DataFrame) -> str:
    """Say from when to when the runs took place."""
    known = runs["timestamp"].dropna()
    if known.empty:
        return "" if runs.empty else "No run says when it took place."
    first, last = wording.day(known.min()), wording.day(known.max())
    when = f"on {first}" if first == last else f"from {first} to {last}"
    undated = len(runs) - len(known)
    rest = f"; {wording.count(undated)} without a date" if undated else ""
    return f"The runs took place {when}{rest}."


def status_crosstab(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the status that was recorded against the one recomputed from what is there.

    Returns
    -------
    DataFrame
        Index ``recorded``, columns recomputed, both in the order of the statuses with
        ``unknown`` last; Int64, runs; only statuses that occur.
    """
    recorded = _with_unknown(runs["status_recorded"]).rename("recorded")
    recomputed = _with_unknown(runs["status"]).rename("recomputed")
    table = pd.crosstab(recorded, recomputed).astype("Int64")
    return table.reindex(index=_in_order(table.index), columns=_in_order(table.columns))


def _in_order(statuses: pd.Index) -> list[str]:
    known = [name for name in STATUSES if name in statuses]
    others = sorted(set(map(str, statuses)) - {*STATUSES, "unknown"})
    return [*known, *others, *(["unknown"] if "unknown" in statuses else [])]


def _with_unknown(column: pd.Series) -> pd.Series:
    category = column.astype("category").cat.remove_unused_categories()
    if category.isna().any() and "unknown" not in category.cat.categories:
        category = category.cat.add_categories("unknown")
    return category.fillna("unknown") if category.isna().any() else category


def status_sentence(runs: pd.DataFrame) -> str:
    """Say how many recorded verdicts do not survive a recount."""
    recorded, recomputed = (runs[name].astype("string") for name in ("status_recorded", "status"))
    both = recorded.notna() & recomputed.notna()
    n = int(both.sum())
    if n == 0:
        return "No run records a status that could be checked."
    wrong = both & (recorded != recomputed)
    rosy = int((wrong & (recorded == "ok")).sum())
    if not wrong.any():
        record = "records" if n == 1 else "record"
        return f"The recorded status holds in {wording.all_of(n, 'run')} that {record} one."
    return (
        f"In {wording.count(int(wrong.sum()))} of {wording.count(n, 'run')} the recorded status"
        f" does not follow from what the agents left; {wording.count(rosy)} of these"
        f" {'says' if rosy == 1 else 'say'} ok."
    )


def problem_sentence(problems: pd.DataFrame, files: pd.DataFrame) -> str:
    """Say how many problems there are and how many files they touch."""
    if problems.empty:
        return "No problem was found in the evidence."
    errors = int((problems["severity"] == "error").sum())
    touched = int(problems["source"].nunique())
    return (
        f"{wording.count(len(problems), 'problem')} in {wording.count(touched)} of"
        f" {wording.count(len(files), 'file')}, {wording.count(errors)} of them"
        f" {'an error' if errors == 1 else 'errors'}."
    )


def headline(runs: Selection, covered: pd.DataFrame) -> str:
    """Answer the notebook's question in a sentence.

    Parameters
    ----------
    runs : Selection
        All runs, by provenance.
    covered : DataFrame
        From :func:`coverage` on the runs that are used.
    """
    if runs.total == 0:
        return "There is nothing to trust or distrust: this evidence holds no runs."
    if runs.kept.empty:
        return f"Nothing measured: {_lower_first(runs.sentence)}"
    shares = covered.set_index("measure")["share"]
    usable = wording.listed(
        f"{wording.percent(shares[measure])}{verb} for {purpose}"
        for measure, verb, purpose in (
            ("cost from tokens", " can be used", "cost"),
            ("latency", "", "latency"),
            ("two answers", "", "disagreement"),
        )
    )
    n = len(runs.kept)
    count = "counts" if n == 1 else "count"
    return (
        f"Of {wording.count(runs.total, 'run')}, {wording.count(n)}"
        f" {count} as measured; of these {usable}.{small_sample(n, 'run')}"
    )


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
