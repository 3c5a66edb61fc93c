"""One row per run, from everything that speaks of it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from speckit_analysis.evidence.assemble.categories import (
    first_known,
    first_true,
    texts,
    without_categories,
)
from speckit_analysis.evidence.assemble.identity import fill_gaps, look_up, moments

#: Evidence of a run, best first.
BASES = ("telemetry", "synthesis", "verdict", "output")


def runs_of_rows(rows: pd.DataFrame, known: np.ndarray) -> pd.DataFrame:
    """Return a mention for each run that only calls or answers speak of.

    Parameters
    ----------
    rows
        Calls or answers.
    known
        Whether each run, by its number, has a mention; those returned are marked as known.
    """
    columns = ["run", "run_id", "spec_id", "stage", "stage_raw", "key", "file", "locator"]
    lone = rows.loc[~known[rows["run"].to_numpy()], [*columns, "timestamp"]].drop_duplicates("run")
    known[lone["run"]] = True
    mentions = without_categories(lone)
    mentions["basis"] = "output"
    dated = mentions["key"].str.contains(r"Z-\d+$", na=False)
    rule = pd.Series("timestamp", index=mentions.index).mask(dated, "session")
    mentions["match_rule"] = rule.mask(mentions["key"].isna(), "file")
    return mentions


def merge_mentions(mentions: pd.DataFrame) -> pd.DataFrame:
    """Merge the mentions of each run: the best evidence wins, the others fill its gaps."""
    codes, bases = pd.factorize(mentions["basis"])
    ranks = {basis: rank for rank, basis in enumerate(BASES)}
    rank = np.array([*(ranks.get(basis, len(BASES)) for basis in bases), len(BASES)])[codes]
    if (np.diff(rank) < 0).any():
        mentions = mentions.iloc[np.argsort(rank, kind="stable")]
    if not mentions["run"].duplicated().any():
        return mentions.reset_index(drop=True)
    return fill_gaps(without_categories(mentions), "run").reset_index(drop=True)


def date(runs: pd.DataFrame, proposals: pd.DataFrame) -> pd.DataFrame:
    """Date a run that its best evidence does not date by its earliest answer, or by its key."""
    undated = runs["timestamp"].isna()
    if undated.any():
        earliest = proposals.groupby("run_id")["timestamp"].min()
        answered = runs["timestamp"].fillna(look_up(runs["run_id"], earliest))
        named = runs["key"].str.replace(r"-\d+$", "", regex=True)  # without the number of a session
        runs["timestamp"] = answered.fillna(moments(named))
        semantics = texts(runs["time_semantics"]).mask(undated & runs["timestamp"].notna(), "start")
        runs["time_semantics"] = semantics.where(runs["timestamp"].notna())
    return runs


def derive(
    runs: pd.DataFrame,
    calls: pd.DataFrame,
    proposals: pd.DataFrame,
    disagreements: pd.DataFrame,
    mentions: pd.DataFrame,
) -> pd.DataFrame:
    """Add what follows from the run's calls, answers and disagreements.

    The column ``run`` of each frame gives the place in `runs`; -1 is none of them.
    """
    runs["calls"] = _count(calls["run"], runs)
    ok, failed = (calls["status"] == status for status in ("ok", "error"))
    runs["agents_called"] = _agents(calls[["run", "agent"]], runs)
    runs["agents_ok"] = _agents(calls.loc[calls["usable"], ["run", "agent"]], runs)
    runs["calls_failed"] = _count(calls.loc[failed, "run"], runs)
    tokens = calls["total_tokens"]
    if tokens.isna().any():
        parts = calls["prompt_tokens"] + calls["completion_tokens"]
        tokens = tokens.fillna(parts + calls["reasoning_tokens"].fillna(0))
    figures = calls[["latency_ms", "cost_usd"]].assign(tokens=tokens)
    sums = sum_by_run(figures, calls["run"], runs)
    for column in ("latency_ms", "tokens", "cost_usd"):
        runs[column] = sums[column]
    runs["tokens"] = runs["tokens"].astype("Int64")
    opinions = disagreements[~disagreements["degradation"].fillna(False).astype(bool)]
    runs["conflicts"] = _count(opinions["run"], runs).where(_compared(runs, proposals, opinions))
    unresolved = opinions[~opinions["resolved"].fillna(False).astype(bool)]
    runs["status_recorded"] = first_known(runs["status_recorded"], runs["synthesis_status"])
    told = _count(calls.loc[ok | failed, "run"], runs)
    runs["status"] = _status(runs, told, _count(unresolved["run"], runs))
    runs["provenance"] = _provenance(runs, calls)
    runs["sources"] = _sources(runs, mentions, calls, proposals)
    return runs


def _count(places: pd.Series, runs: pd.DataFrame) -> pd.Series:
    counts = np.bincount(places[places >= 0], minlength=len(runs))
    return pd.Series(counts, runs.index, dtype="Int64")


def _agents(calls: pd.DataFrame, runs: pd.DataFrame) -> pd.Series:
    """Count the agents of the `calls` of each run: one that was called twice is one."""
    agents, names = pd.factorize(calls["agent"])
    took_part = np.zeros((len(runs), len(names) + 1), dtype=bool)
    took_part[calls["run"], agents] = True  # the last column is for agents without a name
    return pd.Series(took_part.sum(axis=1), runs.index, dtype="Int64")


def _compared(runs: pd.DataFrame, proposals: pd.DataFrame, opinions: pd.DataFrame) -> pd.Series:
    """Tell of which runs somebody recorded that answers were compared.

    That is a flag, or a list of conflicts, even an empty one.
    """
    recorded = runs[["conflicts", "disagreement_points", "disagreement_recorded"]]
    listed = proposals.loc[proposals["conflicts"].notna(), "run"]
    known = pd.Index(pd.concat([listed, opinions["run"]]).unique())
    return recorded.notna().any(axis=1) | runs.index.isin(known)


def sum_by_run(values: pd.DataFrame, places: pd.Series, runs: pd.DataFrame) -> pd.DataFrame:
    """Sum columns by run; missing where any part is missing, for a partial sum is no total."""
    sums = values.astype("Float64").groupby(places.to_numpy()).sum(skipna=False)
    return sums if len(sums) == len(runs) else sums.reindex(runs.index)


def _status(runs: pd.DataFrame, told: pd.Series, unresolved: pd.Series) -> pd.Series:
    """Recompute the status: a failed agent degrades a run, it is no disagreement.

    `told` counts the calls whose status is known.
    """
    nothing_known = told == 0
    return first_true(
        (None, nothing_known),
        ("error", runs["calls_failed"] == runs["calls"]),
        ("conflict", unresolved > 0),
        ("degraded", runs["calls_failed"] > 0),
        ("ok", ~nothing_known),
    )


def _provenance(runs: pd.DataFrame, calls: pd.DataFrame) -> pd.Series:
    """Return why a run is not measured, where its calls or the best evidence of it say so."""
    suspect = calls.loc[calls["provenance"] != "measured", ["run", "provenance"]]
    wholly = (_count(suspect["run"], runs) == runs["calls"]) & (runs["calls"] > 0)
    first = suspect.drop_duplicates("run").set_index("run")["provenance"]
    # What calls show weighs more than what the writer of a synthesis was.
    measured = runs["provenance"].isna() | (runs["calls"] > 0)
    provenance = runs["provenance"].mask(measured, "measured")
    return provenance.mask(wholly, first.reindex(runs.index)) if wholly.any() else provenance


def _sources(
    runs: pd.DataFrame, mentions: pd.DataFrame, calls: pd.DataFrame, proposals: pd.DataFrame
) -> pd.Series:
    """Count the files that speak of each run: its own, and all others."""
    # The metrics file of a call that telemetry embeds has no row left; its count is on the call.
    home = runs["file"].to_numpy()
    others = []
    for part in (mentions, calls, proposals):
        elsewhere = part["file"].to_numpy() != home[part["run"].to_numpy()]
        others.append(part.loc[elsewhere, ["run", "file"]])
    counts = 1 + _count(pd.concat(others).drop_duplicates()["run"], runs)
    extra = (calls["sources"] - 1).clip(lower=0)
    answered = calls["payload_class"].notna() & (calls["basis"] != "output")
    merged = np.bincount(calls["run"], extra - answered.astype("Int64"), minlength=len(runs))
    return counts + merged.astype(int)
