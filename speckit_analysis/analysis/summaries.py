"""One figure summed, averaged and ranked by whatever it is to be broken down by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

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
        One row per group that occurs, in the order of the columns' values, groups with a
        missing key last: the columns of `by`, then ``n`` and ``missing`` (Int64, rows with and
        without the figure), ``sum``, ``mean``, ``median``, ``p95``, ``max`` (Float64, in the
        unit of `value`, missing at n = 0) and ``share`` (Float64, of the sum over all groups).

    Notes
    -----
    Quantiles interpolate linearly between order statistics, as numpy and pandas do.
    """
    names = [by] if isinstance(by, str) else list(by or ())
    codes, groups = _grouped({name: key_column(frame, name) for name in names}, len(frame))
    numbers = frame[value].to_numpy(dtype=float, na_value=np.nan)
    return groups.join(_described(numbers, codes, len(groups)))


def key_column(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return the column called `name`, or the period of ``timestamp`` that it means."""
    if name in frame or name not in PERIODS:
        return frame[name]
    # A timestamp's zone has been seen to: all are UTC, and periods know none.
    periods = frame["timestamp"].dt.tz_localize(None).dt.to_period(PERIODS[name])
    return periods.dt.start_time.dt.tz_localize("UTC")


def _grouped(keys: Mapping[str, pd.Series], rows: int) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the number of each row's group, and the keys of each group in order.

    A pandas groupby does the same in ten times the time where keys are categories, because
    it hashes what is already numbered.
    """
    codes = np.zeros(rows, dtype=np.intp)
    members: dict[str, np.ndarray] = {}
    size = min(rows, 1)
    for name, column in keys.items():
        own, levels = _numbered(column)
        codes, occurring = _renumbered(codes * levels + own, size * levels)
        members = {other: places[occurring // levels] for other, places in members.items()}
        members[name] = occurring % levels
        size = len(occurring)
    taken = {name: _level(keys[name], places) for name, places in members.items()}
    groups = pd.DataFrame(taken, index=pd.RangeIndex(size))
    # A radix sort of small integers is several times faster than one of 64 bits.
    return codes.astype(np.int16) if size < 32_768 else codes, groups


def _numbered(column: pd.Series) -> tuple[np.ndarray, int]:
    """Return the place of each value in the order of values, missing ones last, and the end."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, last = column.cat.codes.to_numpy(dtype=np.intp), len(column.cat.categories)
    else:
        codes, values = pd.factorize(column, sort=True)
        last = len(values)
    return np.where(codes < 0, last, codes), last + 1


def _level(column: pd.Series, places: np.ndarray) -> pd.Series:
    """Return the values at `places`, as :func:`_numbered` gives them."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        known = np.where(places < len(column.cat.categories), places, -1)
        return pd.Series(pd.Categorical.from_codes(known, dtype=column.dtype))
    values = pd.Series(pd.factorize(column, sort=True)[1])
    return values.reindex(places).astype(column.dtype).reset_index(drop=True)


def _renumbered(codes: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return `codes` below `size` without gaps, and the codes that occur in order."""
    if size > max(4 * len(codes), 65_536):
        occurring, dense = np.unique(codes, return_inverse=True)
        return dense, occurring
    occurring = np.flatnonzero(np.bincount(codes, minlength=size))
    rank = np.zeros(size, dtype=np.intp)
    rank[occurring] = np.arange(len(occurring))
    return rank[codes], occurring


def _described(numbers: np.ndarray, codes: np.ndarray, size: int) -> pd.DataFrame:
    rows = np.bincount(codes, minlength=size)[:size]
    known = ~np.isnan(numbers)
    if not known.all():
        numbers, codes = numbers[known], codes[known]
    n = np.bincount(codes, minlength=size)[:size]
    total = np.bincount(codes, numbers, minlength=size)[:size]
    ordered = numbers[np.argsort(codes, kind="stable")]
    ends = np.cumsum(n)
    quantiles = np.array(
        [_quantiles(ordered[end - width : end]) for end, width in zip(ends, n, strict=True)]
    ).reshape(size, 3)
    whole = total.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        described = {
            "sum": np.where(n > 0, total, np.nan),
            "mean": total / n,
            "median": quantiles[:, 0],
            "p95": quantiles[:, 1],
            "max": quantiles[:, 2],
            "share": np.where(n > 0, total / whole, np.nan) if whole else np.full(size, np.nan),
        }
    return pd.DataFrame(
        {"n": pd.array(n, dtype="Int64"), "missing": pd.array(rows - n, dtype="Int64")}
        | {name: nullable(figures) for name, figures in described.items()}
    )


def nullable(figures: np.ndarray) -> pd.api.extensions.ExtensionArray:
    """Return figures as Float64, with NaN as missing."""
    return pd.arrays.FloatingArray(np.nan_to_num(figures, nan=1.0), np.isnan(figures))


def _quantiles(group: np.ndarray) -> tuple[float, float, float]:
    """Return median, 95th percentile and maximum."""
    if not len(group):
        return np.nan, np.nan, np.nan
    # numpy sorts in vector registers, faster than it partitions at four places.
    ordered = np.sort(group)
    places = np.array([0.5, 0.95]) * (len(group) - 1)
    below = np.floor(places).astype(np.intp)
    above = np.minimum(below + 1, len(group) - 1)
    median, p95 = ordered[below] + (ordered[above] - ordered[below]) * (places - below)
    return float(median), float(p95), float(ordered[-1])
