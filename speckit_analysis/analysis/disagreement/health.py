"""How healthy consensus was, run by run, and which runs should have stopped and did not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.tables import STAGES

#: Consensus ratio from which a run is healthy, and below which it is severe: two of three, which
#: the playbook rounds to 0.67.
HEALTHY, SEVERE = 0.90, 0.666

#: Grades, best first.
GRADES = ("healthy", "partial", "severe")

#: Statuses with which a run is not to go on.
HALTING = ("degraded", "conflict", "error")


def consensus_health(runs: pd.DataFrame) -> pd.DataFrame:
    """Grade the consensus of each run, and tell whether work went on where it should not have.

    Parameters
    ----------
    runs : DataFrame
        Table ``runs``, rows that count.

    Returns
    -------
    DataFrame
        One row per run: ``run_id``, ``spec_id``, ``stage``, ``timestamp``; ``agreement_ratio``
        (agreements over agreements and conflicts, as recorded), ``participation`` (usable answers
        over calls), ``ratio`` (the smaller of those that are known), ``health`` (ordered
        category), ``status`` (recomputed), ``status_recorded``, ``should_halt`` and ``went_on``
        (boolean): a later stage of the SPEC began afterwards, and the stage was not run again
        with a better end before; missing where there is no later stage.

    Notes
    -----
    Grades are those of upstream's playbook: healthy from 0.90, partial from two of three, severe
    below.
    """
    opinions = runs["agreements"] + runs["conflicts"]
    agreement = (runs["agreements"] / opinions.where(opinions > 0)).astype("Float64")
    took_part = (runs["agents_ok"] / runs["agents"].where(runs["agents"] > 0)).astype("Float64")
    ratio = pd.concat([agreement, took_part], axis=1).min(axis=1).astype("Float64")
    known = ratio.to_numpy(float, na_value=np.nan)
    words = np.select([known >= HEALTHY, known >= SEVERE], GRADES[:2], GRADES[2])
    grade = pd.Series(pd.Categorical(words, list(GRADES), ordered=True), runs.index)
    status = runs["status"].fillna(runs["status_recorded"].astype("string"))
    halting = status.astype("string").isin(HALTING)
    table = runs[["run_id", "spec_id", "stage", "timestamp"]].assign(
        agreement_ratio=agreement,
        participation=took_part,
        ratio=ratio,
        health=grade.where(ratio.notna()),
        status=runs["status"],
        status_recorded=runs["status_recorded"],
        should_halt=halting.astype("boolean"),
    )
    return table.assign(went_on=_went_on(table)).reset_index(drop=True)


def _went_on(table: pd.DataFrame) -> pd.Series:
    """Tell for each run that should have stopped whether a later stage followed it."""
    place = table["stage"].astype("string").map({stage: n for n, stage in enumerate(STAGES)})
    runs = table.assign(place=place, at=table["timestamp"], halt=table["should_halt"].fillna(False))
    found: dict[object, bool] = {}
    for _, group in runs.dropna(subset=["place", "at"]).groupby("spec_id", observed=True):
        ordered = group.sort_values("at", kind="stable")
        for number, (index, run) in enumerate(ordered.iterrows()):
            if not run["halt"] or run["place"] == len(STAGES) - 1:
                continue
            later = ordered.iloc[number + 1 :]
            mended = later[(later["place"] == run["place"]) & ~later["halt"]]["at"].min()
            beyond = later[later["place"] > run["place"]]["at"].min()
            found[index] = bool(pd.notna(beyond) and (pd.isna(mended) or beyond < mended))
    return pd.Series(found, dtype="boolean").reindex(table.index)


def health_shares(table: pd.DataFrame) -> pd.DataFrame:
    """Return how many runs have each grade: ``health`` (string) and ``runs`` (Int64)."""
    counts = table["health"].value_counts()
    rows = [(name, int(counts.get(name, 0))) for name in GRADES]
    return pd.DataFrame(rows, columns=["health", "runs"]).astype(
        {"health": "string", "runs": "Int64"}
    )


def halt_sentence(table: pd.DataFrame) -> str:
    """Say how many runs should have stopped, and after how many work went on."""
    halting = table[table["should_halt"].fillna(False)]
    if halting.empty:
        return "No run ended degraded, in conflict or in error."
    judged = halting["went_on"].dropna()
    went = int(judged.sum())
    left = len(halting) - len(judged)
    rest = f" ({wording.count(left)} without a time or a later stage not judged)" if left else ""
    return (
        f"{wording.count(len(halting), 'run')} ended degraded, in conflict or in error; after"
        f" {wording.count(went)} of {wording.count(len(judged))} the next stage began all the"
        f" same{rest}."
    )
