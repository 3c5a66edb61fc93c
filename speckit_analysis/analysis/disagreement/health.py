"""How healthy consensus was, run by run, and which runs should have stopped and did not."""

from __future__ import annotations

import math

import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.tables import STAGES
from speckit_analysis.tables.results import RESULTS

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
        The result ``consensus_health``.  Work *went on* if a later stage of the SPEC began
        afterwards, and the stage was not run again with a better end before; missing where there
        is no later stage.

    Notes
    -----
    Grades are those of upstream's playbook: healthy from 0.90, partial from two of three, severe
    below.
    """
    opinions = runs["agreements"] + runs["conflicts"]
    table = runs.assign(
        agreement_ratio=runs["agreements"] / opinions.where(opinions > 0),
        participation=runs["agents_ok"] / runs["agents_called"].where(runs["agents_called"] > 0),
    )
    table["ratio"] = table[["agreement_ratio", "participation"]].min(axis="columns")
    grades = pd.cut(
        table["ratio"], [-math.inf, SEVERE, HEALTHY, math.inf], right=False, labels=GRADES[::-1]
    )
    table["health"] = grades.cat.reorder_categories(GRADES)
    status = runs["status"].fillna(runs["status_recorded"].astype("string"))
    table["should_halt"] = status.astype("string").isin(HALTING)
    table["went_on"] = _went_on(table)
    return RESULTS["consensus_health"].of(table.reset_index(drop=True))


def _went_on(table: pd.DataFrame) -> pd.Series:
    """Tell for each run that should have stopped whether a later stage followed it."""
    place = table["stage"].astype("string").map({stage: n for n, stage in enumerate(STAGES)})
    runs = table.assign(place=place).dropna(subset=["place", "timestamp"])
    went_on: dict[object, bool] = {}
    for _, of_spec in runs.groupby("spec_id", observed=True):
        ordered = of_spec.sort_values("timestamp", kind="stable")
        for number, (index, run) in enumerate(ordered.iterrows()):
            if not run["should_halt"] or run["place"] == len(STAGES) - 1:
                continue
            later = ordered.iloc[number + 1 :]
            again = (later["place"] == run["place"]) & ~later["should_halt"]
            mended = later.loc[again, "timestamp"].min()
            beyond = later.loc[later["place"] > run["place"], "timestamp"].min()
            went_on[index] = bool(pd.notna(beyond) and (pd.isna(mended) or beyond < mended))
    return pd.Series(went_on, dtype="boolean").reindex(table.index)


def health_shares(table: pd.DataFrame) -> pd.DataFrame:
    """Return how many runs have each grade: the result ``health_shares``."""
    runs = table["health"].value_counts(sort=False)
    return RESULTS["health_shares"].of(runs.reset_index(name="runs"))


def halt_sentence(table: pd.DataFrame) -> str:
    """Say how many runs should have stopped, and after how many work went on."""
    halting = table[table["should_halt"]]
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
