"""One figure summed, averaged and ranked by whatever it is to be broken down by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from speckit_analysis.tables.results import RESULTS

#: Names that may stand in `by` for a column: the start of the period of ``timestamp``.
PERIODS = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}


def summarise(frame: pd.DataFrame, by: str | Sequence[str] | None, value: str) -> pd.DataFrame:
    """Describe a figure, overall or by some columns.

    Parameters
    ----------
    frame : DataFrame
        One row per call, run, guardrail …
    by : str, sequence of str or None
        Columns of `frame`, or one of ``day``, ``week``, ``month``, ``quarter``, ``year``, which
        mean the start of that period of ``timestamp`` (UTC, weeks from Monday).  None
        describes all rows as one group.
    value : str
        A numeric column.

    Returns
    -------
    DataFrame
        The columns of `by`, and those of the result ``summary``: one row per group that occurs,
        in the order of the columns' values, groups with a missing key last.
    """
    names = [by] if isinstance(by, str) else list(by or ())
    keyed = pd.DataFrame({name: key_column(frame, name) for name in names}, index=frame.index)
    keyed["value"] = frame[value].astype("Float64")
    # Without a column to group by, all rows share one.
    keys: list[Any] = names or [pd.Series(0, index=frame.index)]
    figures = keyed.groupby(keys, observed=True, dropna=False, sort=True)["value"]
    table = pd.DataFrame(
        {
            "n": figures.count(),
            "missing": figures.size() - figures.count(),
            "sum": figures.sum(min_count=1),
            "mean": figures.mean(),
            "median": figures.median(),
            "p95": figures.quantile(0.95),
            "max": figures.max(),
        }
    )
    whole = table["sum"].sum()
    table["share"] = table["sum"] / (whole if whole else pd.NA)
    return RESULTS["summary"].of(table.reset_index(), names)


def crosstab(frame: pd.DataFrame, rows: str, columns: str, value: str) -> pd.DataFrame:
    """Return the sum of a figure by two columns.

    Parameters
    ----------
    frame : DataFrame
        One row per call, run …
    rows, columns : str
        Columns to sum by; only values that occur are there.
    value : str
        A numeric column; missing figures enter no sum.

    Returns
    -------
    DataFrame of float
        `rows` in the index, `columns` across; missing where no row has the figure.
    """
    known = frame.dropna(subset=[rows, columns, value])
    sums = known.groupby([rows, columns], observed=True)[value].sum()
    return sums.astype(float).unstack(columns)


def key_column(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return the column called `name`, or the period of ``timestamp`` that it means."""
    if name in frame or name not in PERIODS:
        return frame[name]
    # A timestamp's zone has been seen to: all are UTC, and periods know none.
    periods = frame["timestamp"].dt.tz_localize(None).dt.to_period(PERIODS[name])
    return periods.dt.start_time.dt.tz_localize("UTC")
