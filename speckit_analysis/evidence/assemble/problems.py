"""Problems that only several rows or files together show."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise

import pandas as pd
import pyarrow as pa

from speckit_analysis.evidence.assemble.filed import NO_PROBLEMS, filed, filed_once, where
from speckit_analysis.evidence.assemble.identity import is_among, look_up
from speckit_analysis.evidence.assemble.lifecycle import ENDS
from speckit_analysis.evidence.assemble.prices import (
    counts,
    price_days,
    recorded_costs,
    unpriced_calls,
)
from speckit_analysis.evidence.assemble.runs import sum_by_run
from speckit_analysis.tables import QUALITY_GATES, STAGES, timestamps, vocabulary

Frames = dict[str, pd.DataFrame]

#: Totals may differ by rounding.
RELATIVE_TOLERANCE = 0.001

#: What people and experiments record: the same record twice is one.
RECORDED = ("reviews", "arbitrations", "research", "trials")

# Ends within a lower-case word, behind two others: SPEC-KIT-025-add-conflict-resolution-wit.
_CUT = re.compile(r"-[^-]+-[a-z]+$")


def find(frames: Frames) -> pd.DataFrame:
    """Return the problems of the assembled `frames`, one row each."""
    calls = frames["calls"]
    outside = (calls["run"] < 0).to_numpy()
    of_runs = frames | {"calls": calls[~outside]} if outside.any() else frames
    found = [
        part
        for checks, tables in ((_CHECKS, of_runs), (_CHECKS_OF_EVERY_CALL, frames))
        for table, check in checks
        if len(tables[table])
        for part in check(tables)
        if len(part)
    ]
    return pd.concat(found, ignore_index=True) if found else NO_PROBLEMS


def _totals(frames: Frames) -> Iterator[pd.DataFrame]:
    runs, calls = frames["runs"], frames["calls"]
    costs = sum_by_run(calls[["cost_usd_reported"]], calls["run"], runs)["cost_usd_reported"]
    for name, computed, reported, floor in (
        ("latency_ms", runs["latency_ms"], runs["latency_ms_reported"], 1.0),
        ("tokens", runs["tokens"], runs["tokens_reported"], 0.5),
        ("cost_usd", costs, runs["cost_usd_reported"], 0.00005),
    ):
        gap = (computed.astype("Float64") - reported.astype("Float64")).abs()
        wrong = gap > (reported.astype("Float64").abs() * RELATIVE_TOLERANCE).clip(lower=floor)
        rows = where(runs.assign(computed=computed, reported=reported), wrong)
        message = f"the calls' {name} add up to {{computed}}, the total says {{reported}}"
        yield filed(rows, "totals_differ", "warning", message, "used the sum of the calls")


def _statuses(frames: Frames) -> Iterator[pd.DataFrame]:
    runs = frames["runs"]
    rows = where(runs, (runs["status_recorded"] == "ok") & (runs["calls_failed"] > 0))
    message = "status is 'ok' although {calls_failed} of {calls} calls failed or gave no answer"
    yield filed(rows, "ok_over_failed_agents", "warning", message, "status recomputed")
    claims = (runs["agents_recorded"] > 0) & (runs["calls"] > 0)
    # Upstream counts answers, those of an agent that was called twice as two.
    differ = runs["agents_recorded"].ne(runs["calls"])
    differ &= runs["agents_recorded"].ne(runs["agents_called"])
    rows = where(runs, claims & differ)
    message = "the synthesis says it merged {agents_recorded} agents, but {calls} calls are known"
    yield filed(rows, "agents_differ", "warning", message, "believed the calls")


def _flags(frames: Frames) -> Iterator[pd.DataFrame]:
    runs = frames["runs"]
    bare = (runs["disagreement_recorded"]) & (runs["disagreement_points"].fillna(0) == 0)
    reason = {True: ": an agent failed, which is no disagreement", False: ""}
    rows = where(runs, bare)
    rows = rows.assign(reason=(rows["calls_failed"] > 0).map(reason))
    message = "disagreement_detected is true, but no point is listed{reason}"
    action = "not counted as a disagreement"
    yield filed(rows, "flag_without_points", "warning", message, action)
    unflagged = (~runs["disagreement_recorded"]) & (runs["conflicts"] > 0)
    noun = {True: "disagreement is", False: "disagreements are"}
    rows = where(runs, unflagged)
    rows = rows.assign(noun=(rows["conflicts"] == 1).map(noun))
    message = "{conflicts} {noun} declared, but disagreement_detected is false"
    yield filed(rows, "points_without_flag", "warning", message, "counted the points")


def _figures(frames: Frames) -> Iterator[pd.DataFrame]:
    """Find missing and zero figures: one problem a run, for a run is measured or it is not."""
    calls = frames["calls"]
    measured = calls["basis"] != "output"
    happened = measured & (calls["status"] != "error").fillna(True)
    tokens = calls["prompt_tokens"].notna() & calls["completion_tokens"].notna()
    tokens |= calls.index.isin(frames["doubts"].index)
    used = calls["prompt_tokens"].fillna(0) + calls["completion_tokens"].fillna(0) > 0
    free = (calls["cost_usd"] == 0).fillna(False)
    zero = where(calls, measured & (calls["cost_usd_reported"] == 0) & used & ~free)
    message = "cost is recorded as $0.00 for a call that used tokens"
    yield filed(zero, "zero_cost", "error", message, "computed from the tokens where possible")
    for kind, missing, what in (
        ("missing_tokens", ~tokens & happened, "no tokens recorded"),
        ("missing_cost", calls["cost_usd_reported"].isna() & happened, "no cost recorded"),
    ):
        rows = where(calls, missing)
        first = rows.drop_duplicates("run_id").set_index("run_id", drop=False)
        count = rows.groupby("run_id").size().reindex(first.index)
        noun = (count == 1).map({True: "call", False: "calls"})
        message = what + " for {count} {noun} that took place"
        yield filed(first.assign(count=count, noun=noun), kind, "warning", message, "left missing")
    runs = frames["runs"]
    known = runs.index.isin(calls.loc[measured, "run"].unique())
    others = runs["basis"].notna() & (runs["basis"] != "telemetry")
    rows = where(runs, others & ~known)
    message = "no telemetry: neither tokens, cost nor latency of the run are known"
    yield filed(rows, "no_telemetry", "warning", message, "run kept, figures missing")


def _stubs(frames: Frames) -> Iterator[pd.DataFrame]:
    calls = frames["calls"]
    stubs = calls[calls["provenance"] == "stub"].sort_values(
        ["run_id", "basis"], ascending=[True, False]
    )
    first = stubs.drop_duplicates("run_id")
    grouped = stubs.groupby("run_id")["latency_ms"].agg(["size", "min", "max"])
    first = first.join(grouped, on="run_id")
    message = "{size} calls answered by a stub, in {min} to {max} ms"
    action = "marked as stub; left out of analyses"
    yield filed(first, "stub", "warning", message, action)


_UNUSABLE = {
    "unresolved_template": "a template of which nobody filled in the values",
    "schema_echo": "the prompt's own schema, echoed",
    "transcript": "a transcript of the agent's session",
    "terminal_dump": "a capture of a terminal",
    "free_text": "free text",
    "error": "an error message",
    "empty": "empty",
}


def _answers(frames: Frames) -> Iterator[pd.DataFrame]:
    proposals = frames["proposals"]
    unusable = ~proposals["payload_class"].isin(("structured", "stub"))
    rows = proposals[unusable]
    rows = rows.assign(
        whose=rows["agent_raw"].fillna("an agent"), what=rows["payload_class"].map(_UNUSABLE)
    )
    message = "{whose}'s answer is {what}"
    yield filed(rows, "unusable_proposal", "warning", message, "left out of comparisons")
    claimed = proposals["stage_claimed"].map(vocabulary.normalise_stage, na_action="ignore")
    differs = claimed.notna() & (claimed != proposals["stage"])
    rows = where(proposals, differs)
    message = "the answer says it is for {stage_claimed}, not for {stage}"
    yield filed(rows, "other_stage", "warning", message, "kept with the run it was filed under")
    yield from _shared(proposals)


def _shared(proposals: pd.DataFrame) -> Iterator[pd.DataFrame]:
    copies = proposals[proposals["provenance"] == "stale_copy"]
    first = copies.drop_duplicates("content_hash")
    everyone = proposals[is_among(proposals["content_hash"], first["content_hash"])]
    names = everyone.groupby("content_hash")["agent_raw"].agg(
        lambda agents: ", ".join(sorted(set(agents.dropna())))
    )
    first = first.assign(names=look_up(first["content_hash"], names))
    message = (
        "the very same answer of {content_chars} characters stands {shared_payload} times, under"
        " {names}"
    )
    action = "the original counts; its copies are marked as stale copies"
    yield filed(first, "shared_payload", "warning", message, action)


def _role_played(frames: Frames) -> Iterator[pd.DataFrame]:
    played = frames["proposals"].loc[lambda rows: rows["provenance"] == "role_played"]
    claims = played.groupby("spec_id")["model_claimed"].agg(answers="size", models="nunique")
    first = played.drop_duplicates("spec_id").join(claims, on="spec_id")
    message = (
        "{answers} answers claim {models} models, some not the agent's own: one writer played all"
        " agents"
    )
    action = "marked as role_played; left out of analyses"
    yield filed(first, "role_played", "warning", message, action)


def _unfinished(frames: Frames) -> Iterator[pd.DataFrame]:
    events = frames["lifecycle"]
    # An attempt that came to the consensus worked; what followed has other evidence.
    ended = events.loc[events["event"].isin((*ENDS, "checking_consensus")), "stage_run_id"]
    events = events[events["provenance"] != "stale_copy"]
    rows = events[(events["event"] == "dispatched") & ~is_among(events["stage_run_id"], ended)]
    message = "attempt {stage_run_id} was dispatched and never ended"
    yield filed(rows, "unfinished_attempt", "warning", message, "kept; no end assumed")


def _truncated_specs(frames: Frames) -> Iterator[pd.DataFrame]:
    """Find an id that is another one cut within a word, as limits on names do."""
    files = frames["files"].dropna(subset="spec_id")
    first = files.drop_duplicates("spec_id").astype({"spec_id": str})
    first = first.set_index("spec_id", drop=False).sort_index()
    names = first.index.tolist()
    for place, (spec, following) in enumerate(pairwise(names), start=1):
        # What begins like a name comes right after it.
        if following.startswith(spec) and _CUT.search(spec):
            end = bisect_right(names, f"{spec}\uffff", lo=place)
            whole = [other for other in names[place:end] if other[len(spec) :][:1].islower()]
            if whole:
                message = f"{spec} looks like {whole[0]} cut short"
                action = "kept as two SPECs"
                yield filed(first.loc[[spec]], "truncated_spec", "warning", message, action, "")


def _unlocks(frames: Frames) -> Iterator[pd.DataFrame]:
    runs, guardrails = frames["runs"], frames["guardrails"]
    status = runs.dropna(subset="synthesis_status").set_index("run_id")["synthesis_status"]
    says = look_up(guardrails["run_id"], status)
    contradicted = (guardrails["unlock_status"] == "unlocked") & says.notna() & (says != "ok")
    rows = where(guardrails.assign(says=says), contradicted)
    message = "unlock_status is 'unlocked' although the synthesis says {says!r}"
    yield filed(rows, "unlock_contradicts", "error", message, "both kept as recorded")


def _health_checks(frames: Frames) -> Iterator[pd.DataFrame]:
    guardrails, checks = frames["guardrails"], frames["checks"]
    failed = checks.loc[(checks["kind"] == "hal") & (checks["status"] == "error")]
    failed = failed[failed["name"] != "summary"]
    names = failed.groupby("guardrail_id")["name"].agg(lambda names: ", ".join(sorted(set(names))))
    failures = look_up(guardrails["guardrail_id"], names)
    contradicted = (guardrails["hal_status"] == "passed") & failures.notna()
    rows = where(guardrails.assign(failures=failures), contradicted)
    message = "hal.summary is 'passed' although the health check failed: {failures}"
    yield filed(rows, "ok_over_failed_checks", "error", message, "status recomputed")


def _copies(frames: Frames) -> Iterator[pd.DataFrame]:
    files = frames["files"]
    rows = files[files["duplicate_of"].notna()]
    message = "the content is that of {duplicate_of}"
    yield filed(rows, "duplicate", "info", message, "read; copies of a run are merged", "")
    rows = files[files["superseded"].fillna(False).astype(bool)]
    message = "an earlier state of {path}, or a copy, of which another file is current"
    yield filed(rows, "superseded", "info", message, "read as a state of its own time", "")
    for name, identity in (("guardrails", "guardrail_id"), ("lifecycle", "stage_run_id")):
        again = frames[name][frames[name]["provenance"] == "stale_copy"]
        message = f"a copy of {{{identity}}}, which another file holds too"
        action = "marked as stale_copy; left out of analyses"
        yield filed(again, "duplicate", "info", message, action)
    for name in RECORDED:
        message = "the very same record stands in the evidence already"
        action = "marked as stale_copy; left out of analyses"
        yield filed(_told_again(frames, name), "repeated_record", "warning", message, action)


def _repeated_outcomes(frames: Frames) -> Iterator[pd.DataFrame]:
    message = "{variant} on {unit} stands again in the evidence, as the same try"
    action = "the last one counts; marked as stale_copy and left out of analyses"
    again = _told_again(frames, "outcomes")
    yield filed(again, "repeated_outcome", "warning", message, action)


def _told_again(frames: Frames, name: str) -> pd.DataFrame:
    """Return the rows that repeat others; of files that are copies as a whole `duplicate` tells."""
    rows, files = frames[name], frames["files"]
    if rows.empty:
        return rows
    copies = files.loc[files["duplicate_of"].notna(), "file"]
    return rows[(rows["provenance"] == "stale_copy") & ~rows["file"].isin(copies)]


def _moments(frames: Frames) -> Iterator[pd.DataFrame]:
    for name in ("runs", "guardrails", "lifecycle"):
        rows = frames[name]
        years = rows["timestamp"].dt.year
        odd = years.notna() & ~years.isin(list(timestamps.PLAUSIBLE_YEARS))
        unread = rows["timestamp"].isna() & rows["timestamp_raw"].notna()
        bad = where(rows, odd | unread)
        message = "timestamp {timestamp_raw} is no plausible time of a run"
        action = "kept where it could be read"
        yield filed(bad, "implausible_timestamp", "warning", message, action)


def _spellings(frames: Frames) -> Iterator[pd.DataFrame]:
    named = ("runs", "proposals", "guardrails", "checks", "lifecycle", "costs")
    tables = [frames[name] for name in named]
    for raw, clean, what in (("stage_raw", "stage", "stage"), ("agent_raw", "agent", "agent")):
        parts = [
            table.loc[~table[raw].duplicated(), [raw, clean]].astype("string")
            for table in [*tables, frames["calls"]]
            if len(table) and raw in table and clean in table
        ]
        if not parts:
            continue
        pairs = pd.concat(parts).dropna().drop_duplicates()
        spelled = pairs.groupby(clean)[raw].agg(lambda raws: sorted(set(raws)))
        for name, raws in spelled[spelled.map(len) > 1].items():
            message = f"{what} {name!r} is written in {len(raws)} ways: {', '.join(raws)}"
            yield filed_once("mixed_spelling", message, "normalised; the raw value is kept")
    agents = {agent for name in ("calls", "costs") for agent in frames[name]["agent"].unique()}
    by_model = sorted(agents & vocabulary.AGENT_CONFIGURATIONS.keys())
    if by_model:
        message = f"{len(by_model)} agents are named by their model: {', '.join(by_model)}"
        yield filed_once("mixed_spelling", message, "kept under their own names; model_id tells")
    dated = [*tables, frames["files"]]
    written = (pa.array(t["timestamp_raw"], pa.string()) for t in dated if "timestamp_raw" in t)
    shapes = sorted({shape for raw in written for shape in timestamps.spellings(raw)})
    if len(shapes) > 1:
        message = f"timestamps are written in {len(shapes)} ways: {', '.join(shapes[:12])}"
        yield filed_once("mixed_spelling", message, "read as UTC; the raw value is kept")
    versions = [frames[name]["schema_version"] for name in ("runs", "guardrails", "costs")]
    distinct = sorted({str(version) for column in versions for version in column.dropna().unique()})
    if len(distinct) > 1:
        message = f"schema versions {', '.join(distinct)} side by side"
        yield filed_once("mixed_schema_versions", message, "each read by its own format")


def _unknown_names(frames: Frames) -> Iterator[pd.DataFrame]:
    runs = frames["runs"]
    odd = runs["stage"].notna() & ~runs["stage"].isin([*STAGES, *QUALITY_GATES])
    message = "unknown stage {stage_raw!r}"
    yield filed(runs[odd], "unknown_stage", "warning", message, "kept under its own name")
    calls = frames["calls"].dropna(subset="agent").drop_duplicates("agent")
    known = [vocabulary.is_known_agent(agent) for agent in calls["agent"]]
    rows = calls[~pd.Series(known, index=calls.index, dtype=bool)]
    message = "unknown agent {agent_raw!r}; this is the first of its calls"
    yield filed(rows, "unknown_agent", "info", message, "kept under its own name")


def _absolute_paths(frames: Frames) -> Iterator[pd.DataFrame]:
    for name in ("runs", "guardrails"):
        absolute = where(frames[name], frames[name]["absolute_path"])
        message = (
            f"{len(absolute)} {name} name paths of the machine that wrote them; the first is here"
        )
        yield filed(absolute.head(1), "absolute_path", "info", message, "never opened")


#: Each check, and the table without whose rows there is nothing to check.
_CHECKS = (
    ("runs", _totals),
    ("runs", _statuses),
    ("runs", _flags),
    ("runs", _figures),
    ("calls", _stubs),
    ("proposals", _answers),
    ("proposals", _role_played),
    ("lifecycle", _unfinished),
    ("files", _truncated_specs),
    ("guardrails", _unlocks),
    ("guardrails", _health_checks),
    ("files", _copies),
    ("outcomes", _repeated_outcomes),
    ("files", _moments),
    ("files", _spellings),
    ("runs", _unknown_names),
    ("files", _absolute_paths),
)

#: The same for checks of calls in runs and outside of them.
_CHECKS_OF_EVERY_CALL = (
    ("doubts", counts),
    ("calls", recorded_costs),
    ("calls", unpriced_calls),
    ("calls", price_days),
)
