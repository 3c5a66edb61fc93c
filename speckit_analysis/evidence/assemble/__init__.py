"""Rows of many files to the tables of the contract: spelled, joined, judged, checked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from speckit_analysis.evidence import memory
from speckit_analysis.evidence.assemble import problems, provenance
from speckit_analysis.evidence.assemble.calls import merge_calls
from speckit_analysis.evidence.assemble.categories import without_categories
from speckit_analysis.evidence.assemble.filed import capped
from speckit_analysis.evidence.assemble.files import describe_files, earlier_summaries
from speckit_analysis.evidence.assemble.guardrails import confidence, join_guardrails
from speckit_analysis.evidence.assemble.identity import (
    adopt_keys,
    join_by_given_id,
    look_up,
    moments,
    normalise,
    number_runs,
)
from speckit_analysis.evidence.assemble.lifecycle import join_lifecycle
from speckit_analysis.evidence.assemble.logs import join_logs, split
from speckit_analysis.evidence.assemble.outcomes import one_row_a_try
from speckit_analysis.evidence.assemble.runs import date, derive, merge_mentions, runs_of_rows
from speckit_analysis.evidence.assemble.sessions import one_row_a_session
from speckit_analysis.evidence.discovery import Discovery
from speckit_analysis.evidence.frames import finish, gather
from speckit_analysis.formats.rows import is_encoded
from speckit_analysis.prices import PriceList
from speckit_analysis.prices.counting import settle
from speckit_analysis.tables import TABLES

Frames = dict[str, pd.DataFrame]

# What joining needs beside the contract's columns.
_INTERNAL = {
    "runs": ("file", "key", "folder", "timestamp_raw", "absolute_path"),
    "calls": (
        *("file", "key", "stage_raw", "counted_as"),
        *("identity", "request", "sidechain", "turn", "running_total", "turns", "tool_calls"),
    ),
    "sessions": ("file", "began", "ancestors", "identity"),
    "proposals": ("file", "key", "stage_raw", "timestamp_raw", "error"),
    "disagreements": ("file", "key", "stage_raw"),
    "costs": ("file", "stage_raw", "agent_raw", "timestamp_raw"),
    "guardrails": ("file", "key", "absolute_path"),
    "checks": ("file", "key", "stage_raw", "timestamp_raw"),
    "lifecycle": ("file", "key", "stage_raw"),
    "files": ("file", "stage_raw", "agent_raw", "timestamp_raw"),
    "problems": ("file",),
    "reviews": ("file", "stage_raw", "timestamp_raw"),
    "overrides": ("file", "key", "stage_raw", "timestamp_raw"),
    "arbitrations": ("file", "stage_raw", "timestamp_raw"),
    "research": ("file", "stage_raw", "timestamp_raw"),
    "trials": ("file", "stage_raw", "timestamp_raw"),
    "outcomes": ("file", "series", "told_at", "variant_detail"),
    "spawns": ("file", "key", "stage_raw", "timestamp_raw"),
}

# Where a record stands and how it is spelled there; the rest is what it says.
_WHERE = ("file", "provenance", "stage_raw", "timestamp_raw")

# Tables whose rows belong to runs.
_OF_RUNS = ("runs", "calls", "proposals", "disagreements")

# The largest tables: columns that were read as categories stay so, to save memory and time.
_LARGEST = ("runs", "calls", "disagreements", "files")


def assemble(
    batches: dict[str, list[pa.RecordBatch]], discovery: Discovery, prices: PriceList
) -> Frames:
    """Return every table of the contract, finished, from the batches of all chunks."""
    frames = _gathered(batches)
    files = describe_files(frames["files"], discovery)
    frames["files"] = files
    digests = files.set_index("file")["sha256"]
    roots = files.set_index("file")["evidence_root"]
    frames["runs"] = adopt_keys(frames["runs"], roots)
    frames["calls"], logged = split(frames["calls"])
    logged, frames["repeated"] = join_logs(logged, frames["sessions"])
    _join_runs(frames, digests, prices, logged)
    frames["sessions"] = one_row_a_session(frames["sessions"], outside_runs(frames["calls"]))
    join_guardrails(frames, digests)
    join_lifecycle(frames)
    _derive_costs(frames)
    _mark_copies(frames)
    frames["outcomes"] = one_row_a_try(frames["outcomes"], digests)
    _derive_overrides(frames)
    memory.give_back()
    files["rows"] = _rows_by_file(frames, len(files))[files["file"].to_numpy(int)]
    frames["problems"] = _all_problems(frames)
    return _finished(frames)


def _gathered(batches: dict[str, list[pa.RecordBatch]]) -> Frames:
    frames = {}
    for name, table in TABLES.items():
        columns = tuple(dict.fromkeys((*_INTERNAL[name], *table.column_names)))
        # Where a row comes from is decided here, so its categories are not those that were read.
        encoded = {c for c in columns if name in _LARGEST and is_encoded(name, c)} - {"provenance"}
        frame = gather(name, batches.pop(name, []), columns, encoded)
        for column in table.columns:
            if column.kind == "timestamp":
                frame[column.name] = moments(frame[column.name])
        frames[name] = normalise(frame)
    memory.give_back()
    return frames


def outside_runs(calls: pd.DataFrame) -> pd.DataFrame:
    """Return the calls that logs of agents tell of: no run is known that they belong to."""
    return calls[calls["run"] < 0]


def _join_runs(frames: Frames, digests: pd.Series, prices: PriceList, logged: pd.DataFrame) -> None:
    of_runs = [frames[name] for name in _OF_RUNS]
    count = number_runs(of_runs, digests)
    join_by_given_id(of_runs, frames["runs"])
    proposals = provenance.judge(frames["proposals"], frames["calls"])
    calls, differences = merge_calls(frames["calls"], proposals)
    mentions = _mentions(frames, count)
    runs = date(merge_mentions(mentions), proposals)
    opinions = frames["disagreements"]
    place = np.full(count, -1)
    place[runs["run"]] = runs.index
    for rows in (mentions, calls, proposals, opinions):
        rows["run"] = place[rows["run"]]
    calls_of_runs = len(calls)
    if len(logged):
        calls = pd.concat([without_categories(calls), logged], ignore_index=True)
    counts, doubts = settle(calls)
    frames["doubts"] = calls[doubts.notna()].assign(doubt=doubts.dropna())
    for column, values in counts.items():
        calls[column] = values
    calls["timestamp"] = _own_or_of_run(calls, runs)
    for column, values in prices.price(calls).items():
        calls[column] = values
    memory.give_back()
    copied = _copied(opinions, proposals)
    runs = derive(runs, calls.head(calls_of_runs), proposals, opinions[~copied], mentions)
    calls["run_calls"] = _of_run(runs["calls"], calls)
    runs["match_confidence"] = confidence(runs["match_rule"])
    own = runs["provenance"].array.take(opinions["run"].to_numpy(), allow_fill=True)
    opinions["provenance"] = pd.Series(own, opinions.index).fillna("measured")
    if copied.any():
        opinions["provenance"] = opinions["provenance"].astype("string").mask(copied, "stale_copy")
    proposals["conflicts"] = _conflicts_of(proposals, opinions)
    frames |= {"runs": runs, "calls": calls, "proposals": proposals, "differences": differences}


def _mentions(frames: Frames, count: int) -> pd.DataFrame:
    """Return a row for everything that speaks of a run."""
    known = np.zeros(count, dtype=bool)
    known[frames["runs"]["run"]] = True
    others = [runs_of_rows(frames[name], known) for name in ("calls", "proposals")]
    found = [part for part in others if len(part)]
    if not found:
        return frames["runs"]
    # The mentions come first even where there are none: they have every column.
    return pd.concat([without_categories(frames["runs"]), *found], ignore_index=True)


def _of_run(values: pd.Series, calls: pd.DataFrame) -> pd.Series:
    """Return the value of each call's run; missing for calls outside runs."""
    return pd.Series(values.array.take(calls["run"].to_numpy(), allow_fill=True), calls.index)


def _own_or_of_run(calls: pd.DataFrame, runs: pd.DataFrame) -> pd.Series:
    """Return the moment of each call: its own, or that of its run."""
    of_run = _of_run(runs["timestamp"], calls)
    return of_run if calls["timestamp"].isna().all() else calls["timestamp"].fillna(of_run)


def _declared_by(opinions: pd.DataFrame) -> pd.MultiIndex:
    """Return file and locator of the answer that each opinion stands in."""
    inside = r"(?:/final_plan)?/consensus/conflicts/\d+$"
    place = opinions["locator"].str.replace(inside, "", regex=True).replace("", "/")
    return pd.MultiIndex.from_arrays([opinions["file"], place])


def _copied(opinions: pd.DataFrame, proposals: pd.DataFrame) -> pd.Series:
    """Tell which opinions stand in a copy of an answer: they were declared elsewhere."""
    copies = proposals[proposals["provenance"] == "stale_copy"]
    if opinions.empty or copies.empty:
        return pd.Series(False, opinions.index)
    stands_in = _declared_by(opinions).isin(pd.MultiIndex.from_frame(copies[["file", "locator"]]))
    return opinions["declared_in"].eq("proposal").fillna(False).astype(bool) & stands_in


def _conflicts_of(proposals: pd.DataFrame, opinions: pd.DataFrame) -> pd.Series:
    if proposals.empty:
        return proposals["conflicts"]
    own = opinions[(opinions["declared_in"] == "proposal") & ~opinions["degradation"].fillna(False)]
    counts = _declared_by(own).value_counts()
    at = pd.MultiIndex.from_frame(proposals[["file", "locator"]])
    found = pd.Series(counts.reindex(at).fillna(0).to_numpy(), proposals.index).astype("Int64")
    return found.where(proposals["conflicts"].notna())


def _derive_costs(frames: Frames) -> None:
    costs, files = frames["costs"], frames["files"]
    if costs.empty:
        return
    total = costs["cost_usd_reported"].where(costs["scope"] == "total")
    costs["utilization"] = total / costs["budget_usd"].where(costs["budget_usd"] > 0)
    earlier = earlier_summaries(costs, files)
    files["superseded"] = files["superseded"].mask(files["file"].isin(costs["file"]), False)
    files["superseded"] = files["superseded"].mask(files["file"].isin(earlier), True)
    costs["superseded"] = costs["file"].isin(earlier).astype("boolean")
    costs["provenance"] = costs["provenance"].fillna("measured")


def _mark_copies(frames: Frames) -> None:
    """Mark records that a renamed or archived file repeats: they were measured once."""
    digests = frames["files"].set_index("file")["sha256"]
    for name, identity in (
        ("guardrails", ["guardrail_id"]),
        ("lifecycle", ["stage_run_id", "event", "timestamp"]),
        ("costs", ["spec_id", "sha256", "locator"]),
        *((name, ["sha256", "locator"]) for name in problems.RECORDED),
    ):
        frame = frames[name]
        if frame.empty:
            continue
        if "sha256" in identity:
            frame["sha256"] = look_up(frame["file"], digests)
        if name in problems.RECORDED:
            frame["provenance"] = frame["provenance"].fillna("measured")
        # Of copies the one that is current counts.
        first = frame.sort_values("superseded", kind="stable") if name == "costs" else frame
        again = first.duplicated(identity).reindex(frame.index)
        again &= frame[identity].notna().all(axis=1)
        if name in problems.RECORDED:
            # With a moment of its own, a record that stands twice was written twice.
            told = frame.columns.difference([*_WHERE, *identity])
            again |= frame.duplicated(list(told)) & frame["timestamp"].notna()
        frame["provenance"] = frame["provenance"].mask(again, "stale_copy")
    copies = frames["guardrails"].loc[lambda rows: rows["provenance"] == "stale_copy", "file"]
    checks = frames["checks"]
    copied = checks["file"].isin(copies)
    checks["provenance"] = checks["provenance"].mask(copied, "stale_copy")


def _derive_overrides(frames: Frames) -> None:
    calls, written = frames["calls"], frames["overrides"]
    columns = ["run_id", "spec_id", "stage", "agent", "agent_raw", "timestamp", "file", "locator"]
    flagged = calls["arbiter_override"].to_numpy(bool, na_value=False)
    derived = calls.loc[flagged, [*columns, "provenance", "override_reason"]]
    derived = without_categories(derived.rename(columns={"override_reason": "reason"}))
    found = [part for part in (written, derived) if len(part)]
    frames["overrides"] = pd.concat(found, ignore_index=True) if found else written


def _rows_by_file(frames: Frames, files: int) -> np.ndarray:
    """Return how many rows each file gave, by its number."""
    counts = np.zeros(files, dtype=np.int64)
    for name, frame in frames.items():
        if name in TABLES and name not in ("files", "problems"):
            counts += np.bincount(frame["file"].to_numpy(int), minlength=files)
    return counts


def _all_problems(frames: Frames) -> pd.DataFrame:
    differences = frames.pop("differences")
    differences = differences.assign(
        kind="metrics_differ", severity="warning", action="believed the telemetry"
    )
    found = [frames["problems"], differences, frames.pop("repeated"), problems.find(frames)]
    del frames["doubts"]
    together = pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)
    together = capped(together)
    order = pd.Categorical(together["severity"], ["error", "warning", "info"], ordered=True)
    together = together.assign(_order=order)
    return together.sort_values(["_order", "kind", "file"], kind="stable").drop(columns="_order")


def _finished(frames: Frames) -> Frames:
    sources = frames["files"].set_index("file")["source"].sort_index()
    files = pd.Index(sources.astype("str")).rename(None)
    finished = {}
    for name, table in TABLES.items():
        frame = frames.pop(name)
        if name != "files":
            frame["source"] = _sources(frame["file"], files)
        finished[name] = finish(table, frame)
    return finished


def _sources(numbers: pd.Series, files: pd.Index) -> pd.Categorical:
    """Return the paths of the files with these numbers; each path is held once."""
    places = numbers.to_numpy(np.int32, na_value=-1)
    used = np.bincount(places + 1, minlength=len(files) + 1)[1:] > 0
    # The last place catches the -1 of rows that no file is the source of.
    recode = np.append(np.cumsum(used, dtype=np.int32) - 1, np.int32(-1))
    categories = files if used.all() else files[used]
    return pd.Categorical.from_codes(recode[places], categories=categories)
