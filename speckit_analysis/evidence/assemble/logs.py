"""Calls that logs of agents tell of, each counted once wherever it is told again."""

from __future__ import annotations

import numpy as np
import pandas as pd

from speckit_analysis.evidence.assemble.calls import derive
from speckit_analysis.evidence.assemble.categories import without_categories
from speckit_analysis.evidence.assemble.filed import NO_PROBLEMS, filed
from speckit_analysis.evidence.assemble.identity import moments

#: What two records of a call may tell differently: the more complete one is believed.
_FIGURES = [
    *("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens", "total_tokens"),
    *("cache_write_tokens", "cache_write_1h_tokens", "service_tier", "cost_usd_reported"),
    *("usage_source", "lower_bound", "status_recorded", "error"),
]

#: Figures of a call, as the counters of a session add them up.
_COUNTERS = [
    *("prompt_tokens", "cached_tokens", "cache_write_tokens"),
    *("completion_tokens", "reasoning_tokens"),
]

#: Who a call belongs to, of all who tell of it: who does not merely keep a copy, and began first.
_OWNER = ["sidechain", "began", "ended", "session_id", "file"]


def split(calls: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the calls of runs, and those that logs of agents tell of."""
    of_logs = calls["usage_source"].notna().to_numpy()
    if not of_logs.any():
        return calls, calls.head(0)
    kept = calls[~of_logs].reset_index(drop=True)
    return kept, without_categories(calls[of_logs]).reset_index(drop=True)


def join_logs(calls: pd.DataFrame, sessions: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return each call that logs tell of once, and the problems of those told again.

    Parameters
    ----------
    calls
        Calls as the logs tell them, in the order of the files.
    sessions
        Sessions as the logs tell them; ``repeats`` and a missing ``parent`` are filled in.
    """
    if calls.empty:
        return calls, NO_PROBLEMS
    sessions["began"] = moments(sessions["began"])
    spans = sessions.groupby("session_id").agg(began=("began", "min"), ended=("ended", "max"))
    for column in ("began", "ended"):
        calls[column] = calls["session_id"].map(spans[column])
    calls["row"] = np.arange(len(calls))
    calls["owner"] = calls["session_id"]
    once = _once(calls)
    for drop in (_repeated_history, _told_by_the_session):
        once = drop(once, calls, sessions)
    problems = _problems(calls, once)
    _note_repeats(calls, once, sessions)
    once = once.sort_values("row").reset_index(drop=True)
    once[["payload_class", "copied", "run"]] = pd.NA, False, -1
    once["payload_class"] = once["payload_class"].astype("string")
    once["copied"] = once["copied"].astype(bool)
    once = without_categories(derive(once))
    once["provenance"] = "measured"
    return once, problems


def _once(calls: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each call: that of its owner, with the most complete figures."""
    same = pd.factorize(_names(calls))[0]
    calls["same"] = same
    if len(np.unique(same)) == len(calls):
        return calls.assign(sources=1)
    owners = calls.sort_values([*_OWNER, "row"], kind="stable")
    owner = owners.drop_duplicates("same").set_index("same")
    size = calls[_COUNTERS].fillna(0).sum(axis=1)
    weighed = owners.assign(size=-size.loc[owners.index].astype(float))
    best = weighed.sort_values(["lower_bound", "size"], kind="stable")
    best = best.drop_duplicates("same").set_index("same").loc[owner.index]
    owner[_FIGURES] = best[_FIGURES]
    grouped = calls.groupby("same")
    owner["tool_calls"] = grouped["tool_calls"].max()
    owner["sources"] = grouped["file"].nunique()
    calls["owner"] = calls["same"].map(owner["session_id"])
    return owner.reset_index()


def _names(calls: pd.DataFrame) -> pd.Series:
    """Return a name for each row that is the same for all rows of one call."""
    alone = "|" + calls["row"].astype("string")
    name = calls["agent_raw"] + "|" + calls["basis"] + "|" + calls["identity"]
    name = name.fillna(alone)
    requests = calls.groupby(name)["request"].nunique()
    several = name.isin(requests.index[requests > 1])
    for _, rows in calls[several].groupby(name[several]):
        # A gateway numbers its answers anew; a copy that a sub-agent keeps has another request.
        own = rows[~rows["sidechain"].astype(bool)]
        known = (own if len(own) else rows)["request"].dropna()
        copied = ~rows["request"].isin(known)
        request = rows["request"].mask(copied, known.iloc[0] if len(known) else pd.NA)
        name.loc[rows.index] = name[rows.index] + "|" + request.fillna("")
    return name


def _repeated_history(
    once: pd.DataFrame, calls: pd.DataFrame, sessions: pd.DataFrame
) -> pd.DataFrame:
    """Leave out what a fork or a sub-agent repeats of the sessions that it comes from.

    Its records are those of the other session, in their order, with moments of their own; only
    what the other one held when it began can be repeated.  If no file of such a session is left,
    a fork of the same session is looked at in its place.
    """
    born = sessions[sessions["ancestors"].notna()].drop_duplicates("session_id")
    counted = once[once["running_total"].notna()].sort_values("row")
    if born.empty or counted.empty:
        return once
    histories = {str(name): rows for name, rows in counted.groupby("session_id")}
    born = born.sort_values(["began", "session_id"])
    nearest = born["ancestors"].str.split(",").str[0]
    left_out: list[int] = []
    owners: dict[int, str] = {}
    for name, began, ancestors in zip(
        born["session_id"], born["began"], born["ancestors"].str.split(","), strict=True
    ):
        siblings = born["session_id"][(nearest == ancestors[0]) & (born["began"] < began)]
        known = [histories[each] for each in (*ancestors, *siblings) if each in histories]
        own = histories.get(name)
        if own is None or not known:
            continue
        before = known[0][~(known[0]["timestamp"] > began)]
        places = _repeats(own, before)
        owner = known[0]["session_id"].iloc[0]
        owners |= dict.fromkeys(own["same"].iloc[places].tolist(), owner)
        left_out += own.index[places].tolist()
        if not places and len(before) and own["usage_source"].iloc[0] == "difference":
            _subtract(once, own.index[0], before["running_total"].iloc[-1])
    if owners:
        moved = calls["same"].isin(list(owners))
        calls.loc[moved, "owner"] = calls.loc[moved, "same"].map(owners)
    return once.drop(index=left_out)


def _repeats(own: pd.DataFrame, before: pd.DataFrame) -> list[int]:
    """Return the places in `own` of the records that stand in `before`, in their order."""
    told: dict[str, list[int]] = {}
    for there, total in enumerate(before["running_total"]):
        told.setdefault(total, []).append(there)
    turns = before["turn"].fillna("").tolist()
    places, start = [], 0
    for place, (total, turn) in enumerate(
        zip(own["running_total"], own["turn"].fillna(""), strict=True)
    ):
        known = (at for at in told.get(total, ()) if at >= start)
        there = next((at for at in known if not turn or turns[at] in ("", turn)), -1)
        if there >= 0:
            places.append(place)
            start = there + 1
    return places


def _subtract(once: pd.DataFrame, row: int, total: str) -> None:
    """Take from the first counters of a fork what the session before it had counted."""
    left = once.loc[row, _COUNTERS].to_numpy(float) - np.array(total.split(","), float)
    if (left >= 0).all():
        once.loc[row, _COUNTERS] = left.astype(int)
        once.loc[row, "total_tokens"] = int(left[0] + left[3])


def _told_by_the_session(
    once: pd.DataFrame, calls: pd.DataFrame, sessions: pd.DataFrame
) -> pd.DataFrame:
    """Leave out telemetry and printed sums of sessions whose own file is here.

    Telemetry tells what the file does not: how long a call took, and calls that failed.
    """
    own = sessions.loc[sessions["basis"] == "session", "session_id"]
    traced = once.loc[once["basis"] == "telemetry", "session_id"]
    failed = once["status_recorded"] == "error"
    knows_failures = once.loc[failed & (once["basis"] == "session"), "session_id"]
    again = (once["basis"] == "telemetry") & once["session_id"].isin(own)
    again &= ~failed | once["session_id"].isin(knows_failures)
    again |= (once["basis"] == "result") & once["session_id"].isin([*own, *traced])
    if not again.any():
        return once
    _fill_latencies(once, again)
    return once[~again]


def _fill_latencies(once: pd.DataFrame, again: pd.Series) -> None:
    """Take how long each call took from the telemetry of the same request."""
    events = once[again & (once["basis"] == "telemetry") & once["latency_ms"].notna()]
    if events.empty:
        return
    asked = events.dropna(subset="request").drop_duplicates("request").set_index("request")
    found = once["request"].map(asked["latency_ms"])
    # Without a request, the n-th call of a session with these counts is the n-th event with them.
    alike = ["session_id", "prompt_tokens", "completion_tokens", "reasoning_tokens"]
    rows = once[~again & (once["basis"] == "session") & once["request"].isna()]
    rows, events = (
        part.sort_values("timestamp").assign(
            order=lambda part: part.groupby(alike, dropna=False).cumcount()
        )
        for part in (rows, events[events["request"].isna()])
    )
    matched = rows.reset_index().merge(
        events[[*alike, "order", "latency_ms"]], on=[*alike, "order"], suffixes=("_own", "")
    )
    found = found.fillna(pd.Series(matched["latency_ms"].array, matched["index"]))
    once["latency_ms"] = once["latency_ms"].fillna(found.astype("Float64"))


def _problems(calls: pd.DataFrame, once: pd.DataFrame) -> pd.DataFrame:
    """Return one problem for each file with records that are not counted."""
    left_out = calls[~calls["row"].isin(once["row"])]
    if left_out.empty:
        return NO_PROBLEMS
    first = left_out.drop_duplicates("file")
    first = first.assign(left_out=first["file"].map(left_out["file"].value_counts()))
    noun = (first["left_out"] == 1).map({True: "call", False: "calls"})
    message = "{left_out} {noun} in this file stand elsewhere in the logs too; the first is here"
    action = "counted once, in the session that made the call"
    return filed(first.assign(noun=noun), "repeated_call", "info", message, action)


def _note_repeats(calls: pd.DataFrame, once: pd.DataFrame, sessions: pd.DataFrame) -> None:
    """Tell each session how many calls of others it repeats, and of whom it is a fork."""
    foreign = calls[(calls["owner"] != calls["session_id"]) & (calls["basis"] == "session")]
    foreign = foreign.drop_duplicates(["session_id", "same"])
    counts = foreign.groupby("session_id").size()
    sessions["repeats"] = sessions["session_id"].map(counts).fillna(0).astype("Int64")
    if foreign.empty:
        return
    most = foreign.groupby("session_id")["owner"].agg(lambda owners: owners.mode().iloc[0])
    sessions["parent"] = sessions["parent"].fillna(sessions["session_id"].map(most))
