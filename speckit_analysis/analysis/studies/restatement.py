"""What a leaderboard says of a run now, and said before."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from speckit_analysis.analysis.wording import count, listed, usd

#: What may be restated, and what it is called.
FIGURES = {
    "cost_usd_reported": "cost",
    "passes": "passes",
    "cases": "cases",
    "name": "name",
}


def restated(before: pd.DataFrame | None, after: pd.DataFrame) -> pd.DataFrame:
    """Return the figures that differ between two versions of a leaderboard.

    Parameters
    ----------
    before, after : DataFrame
        Runs, with the columns of :func:`speckit_analysis.studies.aider.read_leaderboard`.  They
        are matched by ``run``: names change.  Where there is nothing before, nothing is restated.

    Returns
    -------
    DataFrame
        One row per run and figure: ``run``, ``name`` (as it is now), ``figure`` (``cost``,
        ``passes``, ``cases`` or ``name``), ``before`` and ``after`` (string, as they are read; NA
        where none was stated).  Costs are those that were stated, so that one which became 0 is
        told.
    """
    both = (after if before is None else before).merge(
        after, on="run", suffixes=("_before", ""), sort=False
    )
    parts = []
    for column, figure in FIGURES.items():
        old, new = both[f"{column}_before"], both[column]
        differs = (old != new).fillna(False) | (old.isna() != new.isna())
        parts.append(
            pd.DataFrame(
                {
                    "run": both["run"],
                    "name": both["name"],
                    "figure": figure,
                    "before": old.map(_words(column), na_action="ignore"),
                    "after": new.map(_words(column), na_action="ignore"),
                }
            )[differs]
        )
    return pd.concat(parts, ignore_index=True).astype("string")


def _words(column: str) -> Callable[[object], str]:
    return usd if column == "cost_usd_reported" else str


def restatement_sentence(before: pd.DataFrame | None, after: pd.DataFrame) -> str:
    """Return how much two versions of a leaderboard differ, in words.

    Parameters
    ----------
    before : DataFrame or None
        None if there is no earlier version.
    after : DataFrame
        As for :func:`restated`.
    """
    if before is None:
        return "There is no earlier version of the leaderboard to compare with."
    found = restated(before, after)
    known = before["run"].isin(after["run"])
    gone, new = int((~known).sum()), int((~after["run"].isin(before["run"])).sum())
    counted = found["figure"].value_counts()
    changed = [count(counted[figure], figure) for figure in FIGURES.values() if figure in counted]
    return (
        f"Of {count(int(known.sum()), 'run')} in both versions, restated: {listed(changed)}."
        f" {count(gone)} only in the earlier, {count(new)} only in the later."
    )
