"""Lifecycle events: how long after its dispatch each is, and the run that its attempt made."""

from __future__ import annotations

import pandas as pd

from speckit_analysis.evidence.assemble.categories import without_categories
from speckit_analysis.evidence.assemble.guardrails import PLACE, first_run_after
from speckit_analysis.evidence.assemble.identity import WINDOW, look_up

#: Events after which an attempt does nothing more.
ENDS = ("completed", "cancelled", "failed", "deduped", "reset")

#: A run's start is written in whole seconds, an event's moment is not.
_A_SECOND = pd.Timedelta(seconds=1)


def join_lifecycle(frames: dict[str, pd.DataFrame]) -> None:
    """Time the events of each attempt from its dispatch, and find its run."""
    events = frames["lifecycle"]
    if events.empty:
        return
    sent = events[events["event"] == "dispatched"].drop_duplicates("stage_run_id")
    since = look_up(events["stage_run_id"], sent.set_index("stage_run_id")["timestamp"])
    events["since_dispatch_ms"] = (events["timestamp"] - since).dt.total_seconds() * 1000
    events["provenance"] = events["provenance"].fillna("measured")
    found = _runs_of_attempts(events, without_categories(frames["runs"]))
    events["run_id"] = look_up(events["stage_run_id"], found)


def _runs_of_attempts(events: pd.DataFrame, runs: pd.DataFrame) -> pd.Series:
    """Return the run of each attempt, by its id: named by it, begun or told after it, or before.

    A run that began only once the attempt had ended is another's.  One whose id holds the moment
    at which all stages of its SPEC were begun began before it.
    """
    ordered = without_categories(events.sort_values("timestamp", kind="stable"))
    attempts = ordered.dropna(subset="stage_run_id").drop_duplicates("stage_run_id")
    attempts = attempts.set_index("stage_run_id", drop=False)[[*PLACE, "stage_run_id"]]
    last = ordered[ordered["event"].isin(ENDS)].groupby("stage_run_id")["timestamp"].max()
    begun = attempts.assign(timestamp=attempts["timestamp"].dt.floor("s") - _A_SECOND)
    found = look_up(attempts["stage_run_id"], _by_name(runs))
    after = first_run_after(begun.reset_index(drop=True), runs).set_axis(attempts.index)
    began = runs[runs["time_semantics"] == "start"].set_index("run_id")["timestamp"]
    too_late = look_up(after, began) > last.reindex(attempts.index)
    found = found.fillna(after.mask(too_late.fillna(False)))
    return found.fillna(_of_the_whole(attempts, runs))


def _by_name(runs: pd.DataFrame) -> pd.Series:
    named = runs.dropna(subset="key").drop_duplicates("key")
    return named.set_index("key")["run_id"]


def _of_the_whole(attempts: pd.DataFrame, runs: pd.DataFrame) -> pd.Series:
    """Find the last run begun before each attempt, among those with the moment in their id."""
    named = runs[(runs["match_rule"] == "run_id") & (runs["time_semantics"] == "start")]
    found = pd.Series(pd.NA, attempts.index, dtype=runs["run_id"].dtype)
    known = attempts.dropna()
    if named.empty or known.empty:
        return found
    nearest = pd.merge_asof(
        known.reset_index(drop=True).sort_values("timestamp", kind="stable"),
        named[[*PLACE, "run_id"]].dropna().sort_values("timestamp", kind="stable"),
        on="timestamp",
        by=["spec_id", "stage"],
        tolerance=WINDOW,
    )
    return found.fillna(nearest.set_index("stage_run_id")["run_id"])
