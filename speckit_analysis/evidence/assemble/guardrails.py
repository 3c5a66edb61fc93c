"""Guardrails: the run that each let begin, its checks, and how they ended."""

from __future__ import annotations

import pandas as pd

from speckit_analysis.evidence.assemble.categories import first_true, without_categories
from speckit_analysis.evidence.assemble.identity import WINDOW, is_among, run_ids

Frames = dict[str, pd.DataFrame]

#: How far the rule that joined files is to be trusted: an order, no probability.
CONFIDENCE = {
    "timestamp": 1.0,
    "session": 1.0,
    "run_id": 1.0,
    "second": 0.9,
    "batch": 0.8,
    "process": 0.7,
    "folder": 0.6,
    "window": 0.5,
}

#: What a guardrail or an attempt and its run have in common.
PLACE = ["spec_id", "stage", "timestamp"]


def confidence(rules: pd.Series) -> pd.Series:
    """Return the trust in each matching rule; missing for a file that stands alone."""
    codes, names = pd.factorize(rules)
    known = pd.array([*(CONFIDENCE.get(name) for name in names), None], dtype="Float64")
    return pd.Series(known.take(codes), rules.index)


def join_guardrails(frames: Frames, digests: pd.Series) -> None:
    """Find each guardrail's run; derive its duration and status, and those of its checks."""
    guardrails, checks = frames["guardrails"], frames["checks"]
    if guardrails.empty and checks.empty:
        return
    guardrails["guardrail_id"] = run_ids(guardrails, digests)
    _match(guardrails, without_categories(frames["runs"]))
    took = (guardrails["timestamp"] - guardrails["started_at"]).dt.total_seconds() * 1000
    guardrails["latency_ms"] = took.where(took >= 0)
    guardrails["provenance"] = guardrails["provenance"].fillna("measured")
    _derive_checks(checks, guardrails, digests)
    failed = checks.loc[checks["status"] == "error", "guardrail_id"]
    status = pd.Series("ok", guardrails.index, dtype="string")
    bad = is_among(guardrails["guardrail_id"], failed) | (guardrails["status_recorded"] == "failed")
    guardrails["status"] = status.mask(bad.fillna(False).astype(bool), "error")


def _match(guardrails: pd.DataFrame, runs: pd.DataFrame) -> None:
    """Set ``run_id``, ``match_rule`` and ``match_confidence``, the best rule first."""
    exact = guardrails["guardrail_id"].where(is_among(guardrails["guardrail_id"], runs["run_id"]))
    second = _within_a_second(guardrails, runs)
    near = first_run_after(guardrails, runs[runs["time_semantics"] == "start"])
    # One process guards the stages of a SPEC one after another.
    joined = guardrails["session_id"].where(second.notna()).dropna()
    same_process = guardrails["session_id"].isin(joined)
    found, rule = exact, pd.Series("session", guardrails.index, dtype="string").where(exact.notna())
    for name, runs_of_rule in (
        ("second", second),
        ("process", near.where(same_process)),
        ("window", near),
    ):
        new = found.isna() & runs_of_rule.notna()
        found, rule = found.fillna(runs_of_rule), rule.mask(new, name)
    guardrails["run_id"], guardrails["match_rule"] = found, rule
    guardrails["match_confidence"] = confidence(rule)


def _within_a_second(guardrails: pd.DataFrame, runs: pd.DataFrame) -> pd.Series:
    """Find the run that began, by its run id, within a second of its guardrail."""
    named = runs[(runs["match_rule"] == "run_id") & (runs["time_semantics"] == "start")]
    by_start = named.drop_duplicates(PLACE).set_index(PLACE)["run_id"]
    found = pd.Series(pd.NA, guardrails.index, dtype=runs["run_id"].dtype)
    for seconds in (0, 1, -1) if len(by_start) else ():
        moment = guardrails["timestamp"] + pd.Timedelta(seconds=seconds)
        at = pd.MultiIndex.from_arrays([guardrails["spec_id"], guardrails["stage"], moment])
        found = found.fillna(by_start.reindex(at).set_axis(guardrails.index))
    return found


def first_run_after(rows: pd.DataFrame, runs: pd.DataFrame) -> pd.Series:
    """Find the first run of the same SPEC and stage within the window after each of `rows`.

    A run belongs to the last of them before it.
    """
    found = pd.Series(pd.NA, rows.index, dtype=runs["run_id"].dtype)
    started = runs[[*PLACE, "run_id"]].dropna()
    ended = rows[PLACE].assign(row=rows.index).dropna()
    if started.empty or ended.empty:
        return found
    nearest = pd.merge_asof(
        started.sort_values("timestamp", kind="stable"),
        ended.sort_values("timestamp", kind="stable"),
        on="timestamp",
        by=["spec_id", "stage"],
        tolerance=WINDOW,
    )
    first = nearest.dropna(subset="row").drop_duplicates("row")
    found.loc[first["row"].astype(int)] = first["run_id"].array
    return found


def _derive_checks(checks: pd.DataFrame, guardrails: pd.DataFrame, digests: pd.Series) -> None:
    hal_files = (checks["kind"] == "hal") & checks["stage_raw"].isna()
    own = run_ids(checks, digests)
    # A health check's name gives the moment at which its guardrail's session began.
    began = guardrails.assign(at=guardrails["started_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    by_start = began.drop_duplicates(["spec_id", "at"]).set_index(["spec_id", "at"])
    at = pd.MultiIndex.from_arrays([checks["spec_id"], checks["key"]])
    found = by_start[["guardrail_id", "stage"]].reindex(at).set_axis(checks.index)
    checks["guardrail_id"] = own.mask(hal_files, found["guardrail_id"])
    checks["stage"] = checks["stage"].mask(hal_files, found["stage"])
    good = ("passed", "ok", "healthy", "success", "ready")
    recorded = checks["status_recorded"].str.lower()
    http = checks["http_status"]
    failed = (http >= 400).fillna(False) | recorded.isin(("failed", "error", "unhealthy"))
    degraded = recorded.isin(("degraded",))  # missing is not degraded
    # A GraphQL service answers 200 with a list of errors.
    failed |= hal_files & checks["message"].notna() & ~recorded.isin(good) & ~degraded
    passed = recorded.isin((*good, "mocked")) | ((http < 400).fillna(False))
    checks["status"] = first_true(("error", failed), ("degraded", degraded), ("ok", passed))
    checks["provenance"] = (
        checks["provenance"].fillna("measured").mask(recorded == "mocked", "stub")
    )
