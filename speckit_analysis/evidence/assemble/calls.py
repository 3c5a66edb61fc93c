"""One row per call, from telemetry, metrics files and answers, without counting any twice."""

from __future__ import annotations

import numpy as np
import pandas as pd

from speckit_analysis.evidence.assemble.categories import first_known, first_true, spell
from speckit_analysis.evidence.assemble.identity import earliest, fill_gaps, is_among, look_up
from speckit_analysis.evidence.assemble.provenance import FIGURES
from speckit_analysis.tables import vocabulary
from speckit_analysis.tables.declare import AGENT, ORIGIN, RUN

#: Whose call it is and where that is written: those of its first description.
_PLACE = {"file", "run", "key", "stage_raw", "basis"} | {c.name for c in (*RUN, *AGENT, *ORIGIN)}

#: Classes of answers that are none: the agent ran, but put nothing forward.
NO_ANSWER = ("empty", "error", "schema_echo")

# A model does not read a prompt and answer it within this time; a stub does.
STUB_LATENCY_MS = 100

_SUCCESS = ("ok", "success", "succeeded", "completed", "complete", "passed")


def call_keys(frame: pd.DataFrame) -> pd.Series:
    """Return what identifies a call: run, agent, and the how-manieth of that agent in the file."""
    head = frame["run_id"] + "|" + frame["agent"].astype(frame["run_id"].dtype).fillna("unknown")
    if not head.duplicated().any():
        return head + "|0"
    ordinal = frame.groupby([head, frame["file"]], sort=False).cumcount()
    return head + "|" + ordinal.astype("string")


def merge_calls(calls: pd.DataFrame, proposals: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Merge what is said of each call; return the calls, and where telemetry and metrics differ.

    The telemetry is believed; what it leaves out, the metrics file fills in.

    Parameters
    ----------
    calls
        Rows out of telemetry and metrics files.
    proposals
        Answers; one without a call is a call of which only the answer is known.
    """
    calls["payload_class"] = pd.Series(pd.NA, calls.index, dtype="string")
    calls["copied"] = False
    if proposals.empty and not _is_repeated(calls):
        calls["sources"] = pd.Series(1, calls.index, dtype="Int64")
        nothing = calls.head(0)
        return derive(calls), _differences(nothing, nothing)
    calls["call"] = call_keys(calls)
    proposals["call"] = call_keys(proposals)
    from_metrics = calls["basis"] == "metrics"
    embedded, metrics = calls[~from_metrics], calls[from_metrics]
    differences = _differences(embedded, metrics)
    descriptions = _without_contradictions(pd.concat([embedded, metrics]))
    merged = fill_gaps(descriptions, "call", keep=_PLACE)
    counts = calls.groupby("call", sort=False)["file"].nunique()
    copied = proposals["provenance"].eq("stale_copy")
    if copied.any():
        proposals = pd.concat([proposals[~copied], proposals[copied]])  # originals speak first
    answers = proposals.drop_duplicates("call").set_index("call")
    lone = answers[~is_among(answers.index.to_series(), merged["call"])]
    if len(lone):
        merged = pd.concat([merged, _calls_from(lone)], ignore_index=True)
    merged = merged.reset_index(drop=True)
    for column in ("model_claimed", "payload_class"):
        merged[column] = look_up(merged["call"], answers[column])
    said = look_up(merged["call"], answers["provenance"])
    merged["copied"] = said.eq("stale_copy").fillna(False).astype(bool)
    # A call that was measured took place, whatever was filed as its answer.
    merged["provenance"] = said.mask(merged["copied"] & merged[FIGURES].notna().any(axis=1))
    answered = merged["payload_class"].notna().astype("Int64")
    merged["sources"] = look_up(merged["call"], counts).fillna(0).astype("Int64") + answered
    return derive(merged), differences


def _is_repeated(calls: pd.DataFrame) -> bool:
    """Tell whether any agent stands twice in one run: in two files, or called twice."""
    agents, names = pd.factorize(calls["agent"])
    keys = np.sort(calls["run"].to_numpy() * (len(names) + 1) + agents)
    return bool((keys[1:] == keys[:-1]).any())


def _differences(embedded: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return one row per figure on which a metrics file and the telemetry differ."""
    if metrics.empty:
        return metrics[["file", "locator", "run_id"]].assign(message=None)
    figures = [name for name in metrics.select_dtypes("number") if name not in _PLACE]
    telemetry = embedded.drop_duplicates("call")[["call", *figures]]
    both = metrics.drop_duplicates("call").merge(telemetry, on="call", suffixes=("", "_telemetry"))
    parts = []
    for figure in figures:
        here, there = both[figure], both[f"{figure}_telemetry"]
        differ = (here.ne(there) & here.notna() & there.notna()).fillna(False).astype(bool)
        rows = both.loc[differ, ["file", "locator", "run_id"]].copy()
        rows["message"] = [
            f"{figure} is {a:g} here but {b:g} in the telemetry"
            for a, b in zip(here[differ], there[differ], strict=True)
        ]
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)


def _without_contradictions(descriptions: pd.DataFrame) -> pd.DataFrame:
    """Blank the details of what an earlier description of the same call says otherwise.

    The error of a failed call is no detail of one that succeeded, nor a reason to override of one
    without an override, nor a release of another model: such details fill no gap.
    """
    override, reason = descriptions["arbiter_override"], descriptions["override_reason"]
    model = spell(descriptions["model_requested"], vocabulary.normalise_model)
    call = pd.factorize(descriptions["call"])[0]
    for said, details in (
        (_status(descriptions), ["status_recorded", "error"]),
        (override.mask(override.isna() & reason.notna(), True), ["override_reason"]),
        (model, ["model_requested", "model_observed", "model_release", "reasoning_mode"]),
    ):
        codes = pd.factorize(said)[0]
        said_first = codes[earliest(call, codes >= 0)[call]]
        otherwise = (codes >= 0) & (codes != said_first)
        if otherwise.any():
            descriptions.loc[otherwise, details] = pd.NA
    return descriptions


def _calls_from(answers: pd.DataFrame) -> pd.DataFrame:
    shared = ["run", "run_id", "spec_id", "stage", "stage_raw", "key", "agent", "agent_raw", "file"]
    shared += ["locator", "model_release", "reasoning_mode", "timestamp", "error"]
    calls = answers[shared].reset_index()
    calls["basis"] = pd.array(["output"] * len(calls), dtype="string")
    return calls


def derive(calls: pd.DataFrame) -> pd.DataFrame:
    """Add status, model, provider and provenance, and whether the answer can be compared."""
    calls["status"] = _status(calls)
    calls["usable"] = _usable(calls)
    observed = spell(calls["model_observed"], vocabulary.normalise_model)
    requested = spell(calls["model_requested"], vocabulary.normalise_model)
    claimed = spell(calls["model_claimed"], vocabulary.normalise_model)
    configured = spell(calls["agent"], lambda agent: vocabulary.AGENT_CONFIGURATIONS.get(agent))
    calls["model_id"] = first_known(observed, requested, claimed, configured)
    maker = spell(calls["model_id"], vocabulary.provider_of)
    calls["provider"] = first_known(maker, spell(calls["agent"], vocabulary.provider_of))
    calls["provenance"] = _provenance(calls)
    return calls


def _status(calls: pd.DataFrame) -> pd.Series:
    recorded = spell(calls["status_recorded"], str.lower)
    failed = calls["error"].notna() | (recorded.notna() & ~recorded.isin(_SUCCESS))
    failed |= calls["payload_class"].isin(NO_ANSWER)
    known = recorded.notna() | calls["payload_class"].notna()
    return first_true(("error", failed), ("ok", known))


def _usable(calls: pd.DataFrame) -> pd.Series:
    """Tell which calls left what can be compared: an answer, and no copy of another one."""
    # Where nobody kept the answer, a call that succeeded had one.
    answered = calls["payload_class"].isna() | calls["payload_class"].isin(vocabulary.ANSWERS)
    return calls["status"].eq("ok").fillna(False).astype(bool) & answered & ~calls["copied"]


def _provenance(calls: pd.DataFrame) -> pd.Series:
    instant = calls["latency_ms"].lt(STUB_LATENCY_MS) & calls["completion_tokens"].gt(0)
    stub = first_true(("stub", instant.fillna(False)))
    return first_known(stub, calls["provenance"], otherwise="measured")
