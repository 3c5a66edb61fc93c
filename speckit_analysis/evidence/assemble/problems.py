"""Problems that only several rows or files together show."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from string import Formatter
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from speckit_analysis.evidence.assemble.categories import kinds_of, without_categories
from speckit_analysis.evidence.assemble.identity import is_among, look_up
from speckit_analysis.evidence.assemble.lifecycle import ENDS
from speckit_analysis.evidence.assemble.runs import sum_by_run
from speckit_analysis.formats.rows import COUNTED, MORE_PROBLEMS, MOST_PROBLEMS
from speckit_analysis.prices import published
from speckit_analysis.prices.releases import released
from speckit_analysis.tables import QUALITY_GATES, STAGES, timestamps, vocabulary

Frames = dict[str, pd.DataFrame]

#: Totals may differ by rounding.
RELATIVE_TOLERANCE = 0.001

#: A recorded cost further off the price list than this is a problem.
PRICE_TOLERANCE = 0.05

#: What people and experiments record: the same record twice is one.
RECORDED = ("reviews", "arbitrations", "research", "trials")

COLUMNS = ["file", "locator", "kind", "severity", "message", "action", "run_id"]

_NONE = pd.DataFrame(columns=COLUMNS)

# Ends within a lower-case word, behind two others: SPEC-KIT-025-add-conflict-resolution-wit.
_CUT = re.compile(r"-[^-]+-[a-z]+$")


def find(frames: Frames) -> pd.DataFrame:
    """Return the problems of the assembled `frames`, one row each."""
    found = [
        part
        for table, check in _CHECKS
        if len(frames[table])
        for part in check(frames)
        if len(part)
    ]
    return pd.concat(found, ignore_index=True) if found else _NONE


def capped(problems: pd.DataFrame) -> pd.DataFrame:
    """Return `problems` with the first ones of each file and kind, and how many more there are."""
    number = problems.get("number", pd.NA)
    problems = problems.assign(number=pd.Series(number, problems.index, dtype="Int64"))
    listed = problems["number"].isna() & problems["file"].notna()
    of_kind = ["file", "kind", "severity"]
    order = problems[listed].groupby(of_kind, observed=True).cumcount()
    over = problems.loc[order.index[order >= MOST_PROBLEMS]]
    problems = problems.drop(over.index).fillna({"number": 1})
    if over.empty:
        return problems
    more = over.groupby(of_kind, observed=True).size().rename("number").reset_index()
    more["message"] = more["number"].map(MORE_PROBLEMS.format)
    return pd.concat([problems, more.assign(locator="", action=COUNTED)], ignore_index=True)


def _problems(
    rows: pd.DataFrame,
    kind: str,
    severity: str,
    message: str,
    action: str,
    locator: str | None = None,
) -> pd.DataFrame:
    """Return one problem for each of `rows`, whose columns fill the braces in `message`."""
    if rows.empty:
        return _NONE
    return pd.DataFrame(
        {
            "file": rows["file"],
            "locator": rows["locator"] if locator is None else locator,
            "kind": kind,
            "severity": severity,
            "message": _filled(message, rows),
            "action": action,
            "run_id": rows.get("run_id", pd.NA),
        }
    )


def _general(kind: str, message: str, action: str) -> pd.DataFrame:
    """Return a problem of the evidence as a whole."""
    row = [(pd.NA, pd.NA, kind, "info", message, action, pd.NA)]
    return pd.DataFrame(row, columns=COLUMNS)


def _where(rows: pd.DataFrame, condition: pd.Series) -> pd.DataFrame:
    holds = condition.fillna(False).to_numpy(bool)
    return rows[holds] if holds.any() else rows.head(0)


def _filled(template: str, rows: pd.DataFrame) -> list[str] | str:
    """Fill `template` once per row; numbers are rounded, missing values are called none."""
    names = list(dict.fromkeys(name for _, name, _, _ in Formatter().parse(template) if name))
    if not names:
        return template
    values = zip(*(map(_shown, rows[name]) for name in names), strict=True)
    return [template.format(**dict(zip(names, row, strict=True))) for row in values]


def _shown(value: Any) -> str:
    if pd.isna(value):
        return "none"
    return value if isinstance(value, str) else f"{value:,.10g}"


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
        rows = _where(runs.assign(computed=computed, reported=reported), wrong)
        message = f"the calls' {name} add up to {{computed}}, the total says {{reported}}"
        yield _problems(rows, "totals_differ", "warning", message, "used the sum of the calls")


def _statuses(frames: Frames) -> Iterator[pd.DataFrame]:
    runs = frames["runs"]
    rows = _where(runs, (runs["status_recorded"] == "ok") & (runs["calls_failed"] > 0))
    message = "status is 'ok' although {calls_failed} of {calls} calls failed or gave no answer"
    yield _problems(rows, "ok_over_failed_agents", "warning", message, "status recomputed")
    claims = (runs["agents_recorded"] > 0) & (runs["calls"] > 0)
    # Upstream counts answers, those of an agent that was called twice as two.
    differ = runs["agents_recorded"].ne(runs["calls"])
    differ &= runs["agents_recorded"].ne(runs["agents_called"])
    rows = _where(runs, claims & differ)
    message = "the synthesis says it merged {agents_recorded} agents, but {calls} calls are known"
    yield _problems(rows, "agents_differ", "warning", message, "believed the calls")


def _flags(frames: Frames) -> Iterator[pd.DataFrame]:
    runs = frames["runs"]
    bare = (runs["disagreement_recorded"]) & (runs["disagreement_points"].fillna(0) == 0)
    reason = {True: ": an agent failed, which is no disagreement", False: ""}
    rows = _where(runs, bare)
    rows = rows.assign(reason=(rows["calls_failed"] > 0).map(reason))
    message = "disagreement_detected is true, but no point is listed{reason}"
    action = "not counted as a disagreement"
    yield _problems(rows, "flag_without_points", "warning", message, action)
    unflagged = (~runs["disagreement_recorded"]) & (runs["conflicts"] > 0)
    noun = {True: "disagreement is", False: "disagreements are"}
    rows = _where(runs, unflagged)
    rows = rows.assign(noun=(rows["conflicts"] == 1).map(noun))
    message = "{conflicts} {noun} declared, but disagreement_detected is false"
    yield _problems(rows, "points_without_flag", "warning", message, "counted the points")


def _figures(frames: Frames) -> Iterator[pd.DataFrame]:
    """Find missing and zero figures: one problem a run, for a run is measured or it is not."""
    calls = frames["calls"]
    measured = calls["basis"] != "output"
    happened = measured & (calls["status"] != "error").fillna(True)
    tokens = calls["prompt_tokens"].notna() & calls["completion_tokens"].notna()
    tokens |= calls.index.isin(frames["doubts"].index)
    used = calls["prompt_tokens"].fillna(0) + calls["completion_tokens"].fillna(0) > 0
    free = (calls["cost_usd"] == 0).fillna(False)
    zero = _where(calls, measured & (calls["cost_usd_reported"] == 0) & used & ~free)
    message = "cost is recorded as $0.00 for a call that used tokens"
    yield _problems(zero, "zero_cost", "error", message, "computed from the tokens where possible")
    for kind, missing, what in (
        ("missing_tokens", ~tokens & happened, "no tokens recorded"),
        ("missing_cost", calls["cost_usd_reported"].isna() & happened, "no cost recorded"),
    ):
        rows = _where(calls, missing)
        first = rows.drop_duplicates("run_id").set_index("run_id", drop=False)
        count = rows.groupby("run_id").size().reindex(first.index)
        noun = (count == 1).map({True: "call", False: "calls"})
        message = what + " for {count} {noun} that took place"
        yield _problems(
            first.assign(count=count, noun=noun), kind, "warning", message, "left missing"
        )
    runs = frames["runs"]
    known = runs.index.isin(calls.loc[measured, "run"].unique())
    others = runs["basis"].notna() & (runs["basis"] != "telemetry")
    rows = _where(runs, others & ~known)
    message = "no telemetry: neither tokens, cost nor latency of the run are known"
    yield _problems(rows, "no_telemetry", "warning", message, "run kept, figures missing")


_COUNTED = (
    "prompt {prompt_tokens}, read from a cache {cached_tokens}, written to one"
    " {cache_write_tokens}, output {completion_tokens}, reasoning {reasoning_tokens}, total"
    " {total_tokens}; the first of {size} such calls of {provider}"
)


def _counts(frames: Frames) -> Iterator[pd.DataFrame]:
    """Find counts that do not tell what is inside them: one problem a provider."""
    doubts = frames["doubts"].assign(provider=frames["doubts"]["provider"].astype("string"))
    group = ["doubt", "provider"]
    sizes = doubts.groupby(group, dropna=False)["file"].transform("size")
    first = doubts.assign(size=sizes).drop_duplicates(group).set_index("doubt", drop=False)

    def of(*names: str) -> pd.DataFrame:
        return first[first["doubt"].isin(names)]

    action = "treated as missing, so there is no cost"
    message = f"the counts contradict each other: {_COUNTED}"
    yield _problems(of("contradiction"), "tokens_contradict", "error", message, action)
    message = f"the total fits no way of counting: {_COUNTED}"
    action = "counted as the provider does"
    yield _problems(of("other_total"), "totals_differ", "warning", message, action)
    message = f"nothing tells whether cache and reasoning are inside or beside: {_COUNTED}"
    yield _problems(of("ambiguous"), "tokens_ambiguous", "warning", message, "added nothing")
    message = f"the total holds no part that the provider counts beside: {_COUNTED}"
    action = "believed the total; if it leaves parts out, the cost is too low"
    yield _problems(of("overruled"), "tokens_ambiguous", "warning", message, action)


def _prices(frames: Frames) -> Iterator[pd.DataFrame]:
    calls = frames["calls"]
    both = (calls["cost_usd_reported"] > 0).fillna(False) & calls["cost_usd"].notna()
    ratio = (calls["cost_usd_reported"] / calls["cost_usd"])[both].astype(float)
    for model, group in ratio.groupby(calls.loc[both, "model_id"]):
        wrong = group[(group - 1).abs() > PRICE_TOLERANCE]
        if len(wrong):
            first = calls.loc[wrong.index[:1]]
            noun = "call" if len(group) == 1 else "calls"
            message = (
                f"{model}: recorded cost is {wrong.median():.2f} times the price of the day"
                f" (median of {len(wrong)} of {len(group)} {noun}, {wrong.min():.2f} to"
                f" {wrong.max():.2f}); the first of them is here"
            )
            action = "kept as cost_usd_reported; cost_usd is computed"
            yield _problems(first, "cost_differs_from_price", "warning", message, action)


def _unpriced(frames: Frames) -> Iterator[pd.DataFrame]:
    calls = frames["calls"]
    counted = calls["prompt_tokens"].notna() & calls["completion_tokens"].notna()
    unpriced = without_categories(calls[counted & calls["cost_usd"].isna()])
    for _, group in unpriced.groupby(["model_id", "service_tier"], dropna=False):
        first = group.iloc[0]
        calls_of = f"{len(group)} of its calls have tokens and no cost; the first is here"
        if pd.isna(first["model_id"]):
            message = f"no model is named, so no price is known: {len(group)} calls have no cost"
        elif group["timestamp"].isna().all():
            message = f"{first['model_id']}: no date, so no price of the day: {calls_of}"
        else:
            tier = first["service_tier"]
            special = None if pd.isna(tier) else published.special_tier(tier)
            what = f"its service tier {special}" if special else "it"
            message = (
                f"{first['model_id']}: no price list tells what {what} costs ({_price_list()}):"
                f" {calls_of}"
            )
        action = "left missing, never 0; a price file can tell"
        yield _problems(group.head(1), "unknown_price", "warning", message, action)


def _price_list() -> str:
    day = published.list_day()
    return published.pricing_source() + (f" of {day}" if day else "")


def _price_days(frames: Frames) -> Iterator[pd.DataFrame]:
    """Find prices of another day than the call's: its model was no more, or not yet, listed."""
    calls = frames["calls"]
    versions = calls["pricing_version"].cat.categories
    listed = versions[versions.str.startswith(published.pricing_source())]
    paid = calls["pricing_version"].isin(listed) & (calls["cost_usd"] > 0).fillna(False)
    day = calls["timestamp"].dt.tz_localize(None).to_numpy("M8[s]", na_value=np.datetime64("NaT"))
    day[~paid.to_numpy(bool)] = np.datetime64("NaT")
    names = ["model_id", "model_requested", "provider", "service_tier"]
    kinds = kinds_of(calls, names)
    first = calls.loc[np.unique(kinds, return_index=True)[1], names].astype("string")
    known = [
        tuple(None if pd.isna(name) else str(name) for name in row)
        for row in first.itertuples(index=False)
    ]
    begins = [released(model or "", raw) for model, raw, _, _ in known]
    message = "{model_id} came out on {begin}; calls before: {n}, the first is here"
    action = "priced as when it came out; the date or the model is wrong"
    early = _first_before(calls, day, kinds, begins)
    yield _problems(early, "price_before_release", "warning", message, action)
    begins = [
        published.tier_start(model or "", maker, published.special_tier(tier))
        for model, _, maker, tier in known
    ]
    message = (
        "{model_id}: the price list knows tier {service_tier} from {begin} on; calls before:"
        " {n}, the first is here"
    )
    action = "priced in the same proportion to the standard price"
    early = _first_before(calls, day, kinds, begins)
    yield _problems(early, "tier_price_estimated", "warning", message, action)
    until = published.list_day()
    if until is not None and (day >= until + 1).any():
        late = calls.assign(day=day)[day >= until + 1]
        message = (
            f"calls after the day of the price list ({_price_list()}): {len(late)}; the first here"
        )
        action = "priced as on that day; a newer genai-prices may know other prices"
        yield _problems(late.nsmallest(1, "day"), "price_list_older", "info", message, action)


def _first_before(
    calls: pd.DataFrame, day: np.ndarray, kinds: np.ndarray, begins: Sequence[Any]
) -> pd.DataFrame:
    """Return the first call of each kind before its ``begin``, and their number ``n``."""
    begin = np.array([np.datetime64("NaT") if day is None else day for day in begins], "M8[s]")
    early = np.flatnonzero(day < begin[kinds])
    kind, first, n = np.unique(kinds[early], return_index=True, return_counts=True)
    found = calls.iloc[early[np.sort(first)]]
    order = np.argsort(first)
    return found.assign(begin=begin[kind[order]].astype("M8[D]").astype(str), n=n[order])


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
    yield _problems(first, "stub", "warning", message, action)


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
    yield _problems(rows, "unusable_proposal", "warning", message, "left out of comparisons")
    claimed = proposals["stage_claimed"].map(vocabulary.normalise_stage, na_action="ignore")
    differs = claimed.notna() & (claimed != proposals["stage"])
    rows = _where(proposals, differs)
    message = "the answer says it is for {stage_claimed}, not for {stage}"
    yield _problems(rows, "other_stage", "warning", message, "kept with the run it was filed under")
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
    yield _problems(first, "shared_payload", "warning", message, action)


def _role_played(frames: Frames) -> Iterator[pd.DataFrame]:
    played = frames["proposals"].loc[lambda rows: rows["provenance"] == "role_played"]
    claims = played.groupby("spec_id")["model_claimed"].agg(answers="size", models="nunique")
    first = played.drop_duplicates("spec_id").join(claims, on="spec_id")
    message = (
        "{answers} answers claim {models} models, some not the agent's own: one writer played all"
        " agents"
    )
    action = "marked as role_played; left out of analyses"
    yield _problems(first, "role_played", "warning", message, action)


def _unfinished(frames: Frames) -> Iterator[pd.DataFrame]:
    events = frames["lifecycle"]
    # An attempt that came to the consensus worked; what followed has other evidence.
    ended = events.loc[events["event"].isin((*ENDS, "checking_consensus")), "stage_run_id"]
    events = events[events["provenance"] != "stale_copy"]
    rows = events[(events["event"] == "dispatched") & ~is_among(events["stage_run_id"], ended)]
    message = "attempt {stage_run_id} was dispatched and never ended"
    yield _problems(rows, "unfinished_attempt", "warning", message, "kept; no end assumed")


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
                yield _problems(first.loc[[spec]], "truncated_spec", "warning", message, action, "")


def _unlocks(frames: Frames) -> Iterator[pd.DataFrame]:
    runs, guardrails = frames["runs"], frames["guardrails"]
    status = runs.dropna(subset="synthesis_status").set_index("run_id")["synthesis_status"]
    says = look_up(guardrails["run_id"], status)
    contradicted = (guardrails["unlock_status"] == "unlocked") & says.notna() & (says != "ok")
    rows = _where(guardrails.assign(says=says), contradicted)
    message = "unlock_status is 'unlocked' although the synthesis says {says!r}"
    yield _problems(rows, "unlock_contradicts", "error", message, "both kept as recorded")


def _health_checks(frames: Frames) -> Iterator[pd.DataFrame]:
    guardrails, checks = frames["guardrails"], frames["checks"]
    failed = checks.loc[(checks["kind"] == "hal") & (checks["status"] == "error")]
    failed = failed[failed["name"] != "summary"]
    names = failed.groupby("guardrail_id")["name"].agg(lambda names: ", ".join(sorted(set(names))))
    failures = look_up(guardrails["guardrail_id"], names)
    contradicted = (guardrails["hal_status"] == "passed") & failures.notna()
    rows = _where(guardrails.assign(failures=failures), contradicted)
    message = "hal.summary is 'passed' although the health check failed: {failures}"
    yield _problems(rows, "ok_over_failed_checks", "error", message, "status recomputed")


def _copies(frames: Frames) -> Iterator[pd.DataFrame]:
    files = frames["files"]
    rows = files[files["duplicate_of"].notna()]
    message = "the content is that of {duplicate_of}"
    yield _problems(rows, "duplicate", "info", message, "read; copies of a run are merged", "")
    rows = files[files["superseded"].fillna(False).astype(bool)]
    message = "an earlier state of {path}, or a copy, of which another file is current"
    yield _problems(rows, "superseded", "info", message, "read as a state of its own time", "")
    for name, identity in (("guardrails", "guardrail_id"), ("lifecycle", "stage_run_id")):
        again = frames[name][frames[name]["provenance"] == "stale_copy"]
        message = f"a copy of {{{identity}}}, which another file holds too"
        action = "marked as stale_copy; left out of analyses"
        yield _problems(again, "duplicate", "info", message, action)
    for name in RECORDED:
        message = "the very same record stands in the evidence already"
        action = "marked as stale_copy; left out of analyses"
        yield _problems(_told_again(frames, name), "repeated_record", "warning", message, action)


def _repeated_outcomes(frames: Frames) -> Iterator[pd.DataFrame]:
    message = "{variant} on {unit} stands again in the evidence, as the same try"
    action = "the last one counts; marked as stale_copy and left out of analyses"
    again = _told_again(frames, "outcomes")
    yield _problems(again, "repeated_outcome", "warning", message, action)


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
        bad = _where(rows, odd | unread)
        message = "timestamp {timestamp_raw} is no plausible time of a run"
        action = "kept where it could be read"
        yield _problems(bad, "implausible_timestamp", "warning", message, action)


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
            yield _general("mixed_spelling", message, "normalised; the raw value is kept")
    agents = {agent for name in ("calls", "costs") for agent in frames[name]["agent"].unique()}
    by_model = sorted(agents & vocabulary.AGENT_CONFIGURATIONS.keys())
    if by_model:
        message = f"{len(by_model)} agents are named by their model: {', '.join(by_model)}"
        yield _general("mixed_spelling", message, "kept under their own names; model_id tells")
    dated = [*tables, frames["files"]]
    written = (pa.array(t["timestamp_raw"], pa.string()) for t in dated if "timestamp_raw" in t)
    shapes = sorted({shape for raw in written for shape in timestamps.spellings(raw)})
    if len(shapes) > 1:
        message = f"timestamps are written in {len(shapes)} ways: {', '.join(shapes[:12])}"
        yield _general("mixed_spelling", message, "read as UTC; the raw value is kept")
    versions = [frames[name]["schema_version"] for name in ("runs", "guardrails", "costs")]
    distinct = sorted({str(version) for column in versions for version in column.dropna().unique()})
    if len(distinct) > 1:
        message = f"schema versions {', '.join(distinct)} side by side"
        yield _general("mixed_schema_versions", message, "each read by its own format")


def _unknown_names(frames: Frames) -> Iterator[pd.DataFrame]:
    runs = frames["runs"]
    odd = runs["stage"].notna() & ~runs["stage"].isin([*STAGES, *QUALITY_GATES])
    message = "unknown stage {stage_raw!r}"
    yield _problems(runs[odd], "unknown_stage", "warning", message, "kept under its own name")
    calls = frames["calls"].dropna(subset="agent").drop_duplicates("agent")
    known = [vocabulary.is_known_agent(agent) for agent in calls["agent"]]
    rows = calls[~pd.Series(known, index=calls.index, dtype=bool)]
    message = "unknown agent {agent_raw!r}; this is the first of its calls"
    yield _problems(rows, "unknown_agent", "info", message, "kept under its own name")


def _absolute_paths(frames: Frames) -> Iterator[pd.DataFrame]:
    for name in ("runs", "guardrails"):
        absolute = _where(frames[name], frames[name]["absolute_path"])
        message = (
            f"{len(absolute)} {name} name paths of the machine that wrote them; the first is here"
        )
        yield _problems(absolute.head(1), "absolute_path", "info", message, "never opened")


#: Each check, and the table without whose rows there is nothing to check.
_CHECKS = (
    ("runs", _totals),
    ("runs", _statuses),
    ("runs", _flags),
    ("runs", _figures),
    ("doubts", _counts),
    ("calls", _prices),
    ("calls", _unpriced),
    ("calls", _price_days),
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
