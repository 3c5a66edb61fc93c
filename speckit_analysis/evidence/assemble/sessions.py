"""One row per session, from what all files tell of it and from its calls."""

from __future__ import annotations

import pandas as pd

from speckit_analysis.tables.declare import TOKENS
from speckit_analysis.tables.sessions import BASES, SESSIONS

_TOKENS = [column.name for column in TOKENS if column.name in SESSIONS.column_names]


def one_row_a_session(sessions: pd.DataFrame, calls: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each session: what all files tell of it, and sums over its calls.

    Parameters
    ----------
    sessions
        A row for each file that tells of a session.
    calls
        Priced calls, each once.
    """
    if sessions.empty:
        return sessions
    ranks = {basis: rank for rank, basis in enumerate(BASES)}
    rows = sessions.assign(rank=sessions["basis"].map(ranks)).sort_values(
        ["rank", "ended", "file"], ascending=[True, False, True], kind="stable"
    )
    grouped = rows.groupby("session_id", sort=False)
    joined = grouped.first()  # of each column the first that is known
    # Prompts that the latest state of the file leaves open; others belong to calls.
    open_ones = rows.drop_duplicates("session_id").set_index("session_id")
    joined[["turns", "tool_calls"]] = open_ones[["turns", "tool_calls"]]
    joined["started"], joined["ended"] = grouped["started"].min(), grouped["ended"].max()
    joined["sources"] = grouped["file"].nunique()
    # What a fork copied has moments of the session before it.
    first = calls.groupby("session_id")["timestamp"].min().reindex(joined.index)
    joined["started"] = joined["started"].mask((joined["repeats"] > 0) & first.notna(), first)
    _add_up(joined, calls, rows)
    joined["provenance"] = "measured"
    order = ["started", "session_id"]
    return joined.reset_index().sort_values(order, kind="stable").reset_index(drop=True)


def _add_up(joined: pd.DataFrame, calls: pd.DataFrame, rows: pd.DataFrame) -> None:
    """Add the sums over each session's calls, and over the runs that printed what they used."""
    ids, printed_only = joined.index, joined["basis"] == "result"
    runs = (
        rows[rows["basis"] == "result"]
        .drop_duplicates(["session_id", "identity"])
        .groupby("session_id")
    )
    printed = runs[["wall_ms", "api_ms", "turns", "tool_calls", "calls"]].sum(min_count=1)
    printed = printed.reindex(ids)
    listed = calls[calls["basis"] != "result"].groupby("session_id")
    failed = (calls["status"] == "error").fillna(False).astype(bool)
    size = listed.size().reindex(ids, fill_value=0).astype("Int64")
    joined["calls"] = printed["calls"].where(printed_only, size)
    size = calls[failed].groupby("session_id").size().reindex(ids, fill_value=0)
    joined["calls_failed"] = size.astype("Int64")
    for name in ("turns", "tool_calls"):
        answered = listed[name].sum().reindex(ids).fillna(0).astype("Int64")
        joined[name] = printed[name].where(printed_only, joined[name].fillna(0) + answered)
    done = calls[~failed].groupby("session_id")
    joined[_TOKENS] = done[_TOKENS].sum(min_count=1).reindex(ids).astype("Int64")
    whole = done["cost_usd"].count().eq(done.size()).reindex(ids)
    joined["cost_usd"] = done["cost_usd"].sum().reindex(ids).where(whole.eq(True)).astype("Float64")
    reported = calls.groupby("session_id")["cost_usd_reported"].sum(min_count=1)
    joined["cost_usd_reported"] = reported.reindex(ids).astype("Float64")
    unknown = calls["lower_bound"].fillna(True) | calls["prompt_tokens"].isna()
    bounds = (unknown.astype(bool) & ~failed).groupby(calls["session_id"]).any()
    joined["lower_bound"] = bounds.reindex(ids, fill_value=False).astype("boolean")
    span = (joined["ended"] - joined["started"]).dt.total_seconds() * 1000
    span = span.mask(printed_only).astype("Float64")
    joined["wall_ms"] = span.fillna(printed["wall_ms"].astype("Float64"))
    traced = calls.groupby("session_id")["latency_ms"].sum(min_count=1).reindex(ids)
    joined["api_ms"] = printed["api_ms"].astype("Float64").fillna(traced.astype("Float64"))
