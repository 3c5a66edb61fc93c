"""One row per run, from everything that speaks of it."""

from __future__ import annotations

import pandas as pd

from speckit_analysis.assemble.identity import is_among, look_up

#: Evidence of a run, best first.
BASES = ("telemetry", "synthesis", "verdict", "output")


def runs_of_rows(rows: pd.DataFrame, known: pd.Series) -> pd.DataFrame:
    """Return a mention for each run that only calls or answers speak of."""
    lone = rows[~is_among(rows["run_id"], known)].drop_duplicates("run_id")
    columns = ["run_id", "spec_id", "stage", "stage_raw", "key", "file", "locator", "timestamp"]
    mentions = lone[columns].copy()
    mentions["basis"] = "output"
    dated = mentions["key"].str.contains(r"Z-\d+$", na=False)
    rule = pd.Series("timestamp", index=mentions.index).mask(dated, "session")
    mentions["match_rule"] = rule.mask(mentions["key"].isna(), "file")
    return mentions


def merge_mentions(mentions: pd.DataFrame) -> pd.DataFrame:
    """Merge the mentions of each run: the best evidence wins, the others fill its gaps."""
    rank = mentions["basis"].map({basis: rank for rank, basis in enumerate(BASES)})
    mentions = mentions.assign(_rank=rank).sort_values("_rank", kind="stable")
    level = mentions.groupby("run_id", sort=False).cumcount()
    best = mentions[level == 0].set_index("run_id")
    for number in range(1, int(level.max() or 0) + 1 if len(level) else 0):
        other = mentions[level == number].set_index("run_id")
        for column in other.columns[other.notna().any()]:
            if best[column].isna().any():
                best[column] = best[column].fillna(other[column].reindex(best.index))
    return best.drop(columns="_rank").reset_index()


def date(runs: pd.DataFrame, proposals: pd.DataFrame) -> pd.DataFrame:
    """Date a run that its best evidence does not date by its earliest answer."""
    earliest = proposals.groupby("run_id")["timestamp"].min()
    undated = runs["timestamp"].isna()
    runs["timestamp"] = runs["timestamp"].fillna(look_up(runs["run_id"], earliest))
    semantics = runs["time_semantics"].mask(undated & runs["timestamp"].notna(), "start")
    runs["time_semantics"] = semantics.where(runs["timestamp"].notna())
    return runs


def derive(
    runs: pd.DataFrame,
    calls: pd.DataFrame,
    proposals: pd.DataFrame,
    disagreements: pd.DataFrame,
    mentions: pd.DataFrame,
) -> pd.DataFrame:
    """Add what follows from the run's calls, answers and disagreements."""
    position = pd.Series(runs.index, index=runs["run_id"])
    calls_of = calls["run"]
    runs["agents"] = _count(calls_of, len(runs))
    for column, status in (("agents_ok", "ok"), ("agents_failed", "error")):
        runs[column] = _count(calls_of[calls["status"] == status], len(runs))
    calls["tokens"] = calls["total_tokens"].fillna(
        calls["prompt_tokens"] + calls["completion_tokens"]
    )
    for column in ("latency_ms", "tokens", "cost_usd"):
        runs[column] = sum_by_run(calls[column], calls_of, len(runs))
    runs["tokens"] = runs["tokens"].astype("Int64")
    del calls["tokens"]
    opinions = disagreements[~disagreements["degradation"].fillna(False).astype(bool)]
    runs["conflicts"] = _count(_codes(opinions, position), len(runs))
    unresolved = opinions[~opinions["resolved"].fillna(False).astype(bool)]
    runs["status_recorded"] = runs["status_recorded"].fillna(runs["synthesis_status"])
    runs["status"] = _status(runs, _count(_codes(unresolved, position), len(runs)))
    runs["provenance"] = _provenance(runs, calls, calls_of)
    runs["sources"] = _sources(runs, position, mentions, calls, calls_of, proposals)
    return runs


def _codes(rows: pd.DataFrame, position: pd.Series) -> pd.Series:
    return look_up(rows["run_id"], position)


def _count(codes: pd.Series, size: int) -> pd.Series:
    return codes.value_counts().reindex(range(size), fill_value=0).astype("Int64")


def sum_by_run(values: pd.Series, codes: pd.Series, size: int) -> pd.Series:
    """Sum by run; missing where any part is missing, for a partial sum is no total."""
    known = values.astype("Float64")
    sums = known.fillna(0).groupby(codes).sum().reindex(range(size))
    gaps = known.isna().groupby(codes).any().reindex(range(size), fill_value=True)
    return sums.mask(gaps.astype(bool))


def _status(runs: pd.DataFrame, unresolved: pd.Series) -> pd.Series:
    """Recompute the status: a failed agent degrades a run, it is no disagreement."""
    status = pd.Series("ok", index=runs.index, dtype="string")
    status = status.mask(runs["agents_failed"] > 0, "degraded")
    status = status.mask(unresolved > 0, "conflict")
    status = status.mask(runs["agents_failed"] == runs["agents"], "error")
    unknown = (runs["agents"] == 0) | (runs["agents_ok"] + runs["agents_failed"] == 0)
    return status.mask(unknown)


def _provenance(runs: pd.DataFrame, calls: pd.DataFrame, calls_of: pd.Series) -> pd.Series:
    """Return why a run is not measured, where its calls or the best evidence of it say so."""
    provenance = runs["provenance"]
    suspect = calls["provenance"].where(calls["provenance"] != "measured")
    parts = suspect.groupby(calls_of).agg(["count", "first"]).reindex(runs.index)
    wholly = (parts["count"] == runs["agents"]).fillna(False) & (runs["agents"] > 0)
    # What calls show weighs more than what the writer of a synthesis was.
    measured = provenance.isna() | (runs["agents"] > 0)
    return provenance.mask(measured, "measured").mask(wholly, parts["first"])


def _sources(
    runs: pd.DataFrame,
    position: pd.Series,
    mentions: pd.DataFrame,
    calls: pd.DataFrame,
    calls_of: pd.Series,
    proposals: pd.DataFrame,
) -> pd.Series:
    """Count the files that speak of each run: its own, and all others."""
    # The metrics file of a call that telemetry embeds has no row left; its count is on the call.
    home = runs["file"].to_numpy()
    others = []
    for part, codes in ((mentions, None), (calls, calls_of), (proposals, None)):
        codes = _codes(part, position) if codes is None else codes
        elsewhere = part["file"].to_numpy() != home[codes.to_numpy(int)]
        others.append(pd.DataFrame({"run": codes[elsewhere], "file": part.loc[elsewhere, "file"]}))
    counts = 1 + _count(pd.concat(others).drop_duplicates()["run"], len(runs))
    extra = (calls["sources"] - 1).clip(lower=0)
    answered = calls["payload_class"].notna() & (calls["basis"] != "output")
    merged = (extra - answered.astype("Int64")).groupby(calls_of).sum()
    return counts + merged.reindex(counts.index).fillna(0).astype("Int64")
