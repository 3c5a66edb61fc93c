"""Outcomes: one row for each try of a unit, from the rows that tell of it."""

from __future__ import annotations

import pandas as pd

from speckit_analysis.evidence.assemble.identity import look_up, moments

_TRY = ["experiment", "unit", "variant", "repeat"]
_AMOUNTS = ["cost_usd", "latency_ms"]
_FIGURES = [
    *("outcome", "passes", "cases", "outcome_stated", *_AMOUNTS, "consulting_usd"),
    *("prompt_tokens", "completion_tokens"),
]
_WORDS = ["group", "models", "checked_by"]


def one_row_a_try(rows: pd.DataFrame, digests: pd.Series) -> pd.DataFrame:
    """Join the rows of one try, and mark those that a later one repeats or contradicts.

    Parameters
    ----------
    rows : DataFrame
        Table ``outcomes`` as it was read.
    digests : Series
        SHA-256 of each file.

    Notes
    -----
    One file may tell costs and another results: rows of one try that tell other figures become
    one.  Where a later row tells a figure anew, the earlier row is a stale copy and gives nothing;
    the later row is the one of the later file, where files tell when they were written.
    Rows that do not number their try are tries of their own, unless a copied file holds them or
    a measured amount shows that they are the same.
    """
    if rows.empty:
        return rows
    rows = _told_apart(rows)
    when = moments(rows["told_at"])
    rows = rows.loc[when.sort_values(kind="stable", na_position="first").index].reset_index()
    rows = rows.assign(provenance=rows["provenance"].fillna("measured"))
    numbered = rows[_TRY].notna().all(axis=1)
    place = pd.DataFrame({"sha256": look_up(rows["file"], digests), "at": rows["locator"]})
    alike = rows.duplicated([*_TRY, *_FIGURES]) & rows[_AMOUNTS].notna().any(axis=1)
    again = ~numbered & (place.duplicated() | alike)
    tries = rows[numbered]
    told = tries[_FIGURES].notna().astype(int)
    keys = [tries[name] for name in _TRY]
    from_here = told[::-1].groupby([key[::-1] for key in keys], sort=False).cumsum()[::-1]
    overruled = (told.astype(bool) & (from_here > told)).any(axis=1)
    last = ~tries.duplicated(_TRY, keep="last")
    columns = [*_FIGURES, *_WORDS]
    valid = tries[columns].where(~overruled)
    rows.loc[tries.index, columns] = (
        valid.groupby(keys, sort=False).transform("last").where(last, tries[columns])
    )
    rows["provenance"] = rows["provenance"].mask(again, "stale_copy")
    rows.loc[tries.index[overruled], "provenance"] = "stale_copy"
    left = rows.drop(index=tries.index[~last & ~overruled])
    return left.set_index("index").sort_index()


def _told_apart(rows: pd.DataFrame) -> pd.DataFrame:
    """Give names of their own to variants that differ in detail, and to tries of each execution."""
    for name, detail, of in (
        ("variant", "variant_detail", ["experiment", "variant"]),
        ("repeat", "series", ["experiment", "variant"]),
    ):
        keys = [rows[column].astype("string") for column in of]
        several = rows[detail].groupby(keys, dropna=False).transform("nunique") > 1
        own = rows[name] + " (" + rows[detail] + ")"
        rows = rows.assign(**{name: rows[name].mask(several & own.notna(), own)})
    return rows
