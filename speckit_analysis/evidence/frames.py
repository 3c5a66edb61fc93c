"""Arrow tables to pandas frames and back, exactly as the contract declares them."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache, lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from speckit_analysis.formats.rows import arrow_type
from speckit_analysis.tables import ARROW_TYPES, ORDERED_CATEGORIES, TABLES, Column, Kind, Table

_STRING = pd.StringDtype(storage="pyarrow", na_value=pd.NA)
_NULLABLE = {
    pa.string(): _STRING,
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}

_MASKED: dict[pa.DataType, Any] = {
    pa.int32(): pd.arrays.IntegerArray,
    pa.int64(): pd.arrays.IntegerArray,
    pa.float64(): pd.arrays.FloatingArray,
    pa.bool_(): pd.arrays.BooleanArray,
}


def gather(
    table: str,
    batches: list[pa.RecordBatch],
    columns: tuple[str, ...],
    encoded: Collection[str] = (),
) -> pd.DataFrame:
    """Return the batches of `table` as one frame with `columns`, missing ones null.

    The frame is the one that joining works on: plain strings but for the `encoded`
    columns, whose few recurring values a categorical holds in less memory.
    """
    parts = [pa.Table.from_batches([batch]) for batch in batches]
    batches.clear()
    merged = pa.concat_tables(parts, promote_options="default") if parts else pa.table({})
    del parts
    merged = merged.unify_dictionaries()
    rows = merged.num_rows
    no_text = _missing(pa.string(), rows)  # one for all: pandas never changes Arrow's memory
    gathered = {}
    for name in columns:
        place = merged.schema.get_field_index(name)
        if place >= 0:
            gathered[name] = _values(merged.column(place), keep_codes=name in encoded)
            merged = merged.remove_column(place)
        else:
            kind = arrow_type(table, name)
            gathered[name] = no_text if kind == pa.string() else _missing(kind, rows)
    return pd.DataFrame(gathered, index=pd.RangeIndex(rows), copy=False)


def _values(column: pa.ChunkedArray, *, keep_codes: bool) -> Any:
    """Return a column as pandas holds it, in one piece: pandas repeats much for each chunk."""
    if not pa.types.is_dictionary(column.type):
        return _nullable(column.combine_chunks())
    if not keep_codes:
        return _nullable(column.cast(pa.string()).combine_chunks())
    whole = column.combine_chunks()
    codes = whole.indices.fill_null(-1).to_numpy()
    categories = pd.Index(whole.dictionary.to_pylist(), dtype="str")
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(categories))


def _nullable(array: pa.Array) -> Any:
    """Return an array as pandas' nullable kind of it."""
    if array.type == pa.string():
        return pd.array(array, dtype=_STRING)
    if array.null_count == len(array):
        return _missing(array.type, len(array))
    missing = array.is_null().to_numpy(zero_copy_only=False)
    values = array.fill_null(False if array.type == pa.bool_() else 0)
    return _MASKED[array.type](values.to_numpy(zero_copy_only=False, writable=True), missing)


def _missing(kind: pa.DataType, rows: int) -> Any:
    return _fill_missing(kind, rows) if rows else _nothing(kind)


@cache
def _nothing(kind: pa.DataType) -> Any:
    """Return no values of a kind: most tables of most evidence have no rows."""
    return _fill_missing(kind, 0)


def _fill_missing(kind: pa.DataType, rows: int) -> Any:
    if kind == pa.string():
        return pd.array(pa.nulls(rows, kind), dtype=_STRING)
    # Zeros that nobody writes to take no memory.
    values = np.zeros(rows, dtype=kind.to_pandas_dtype())
    return _MASKED[kind](values, np.ones(rows, dtype=bool))


def finish(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with the columns and dtypes of the contract, and a fresh index."""
    finished = {
        column.name: _finish_column(column, frame) if len(frame) else _no_values(column)
        for column in table.columns
    }
    return pd.DataFrame(finished, index=pd.RangeIndex(len(frame)), copy=False)


def _no_values(column: Column) -> Any:
    order = column.name if column.name in ORDERED_CATEGORIES else ""
    return _no_values_of(column.kind, order)


@cache
def _no_values_of(kind: Kind, order: str) -> Any:
    """Return a finished column without rows; frames may share it, for nobody can change it."""
    return _finish_column(Column(order, kind, ""), pd.DataFrame(index=pd.RangeIndex(0)))


def _finish_column(column: Column, frame: pd.DataFrame) -> Any:
    values = frame[column.name].array if column.name in frame else _missing(pa.string(), len(frame))
    if column.kind == "category":
        # As many sources as files: they come as categories, and sorting them would cost.
        ready = column.name == "source" and len(values) > 0
        return values if ready else categorical(column.name, values)
    if column.kind == "timestamp":
        moments = pd.to_datetime(pd.Series(values), utc=True)
        return moments.astype("datetime64[ns, UTC]").array
    dtype: Any = _STRING if column.kind == "text" else column.dtype
    return values.astype(dtype, copy=False)


def categorical(name: str, values: Any) -> pd.Categorical:
    """Return `values` as a categorical; ordered where the order of `name` means something.

    Values outside a known order follow it, sorted, so that nothing is lost.
    """
    known = ORDERED_CATEGORIES.get(name)
    if isinstance(values, pd.Categorical):
        codes, uniques = values.codes, values.categories
    else:
        codes, uniques = pd.factorize(values)
    found = [str(value) for value in uniques]
    categories = [*(known or ()), *sorted(set(found) - set(known or ()))]
    position = {category: index for index, category in enumerate(categories)}
    # The last place catches the code -1 of missing values.
    recode = np.array([*(position[value] for value in found), -1], dtype=np.int32)
    dtype = _category_dtype(tuple(categories), ordered=known is not None)
    return pd.Categorical.from_codes(recode[codes], dtype=dtype)


@lru_cache(maxsize=64)
def _category_dtype(categories: tuple[str, ...], *, ordered: bool) -> pd.CategoricalDtype:
    """Return the type that columns with these categories share, in one table or in several."""
    return pd.CategoricalDtype(pd.Index(categories, dtype="str"), ordered=ordered)


def to_arrow(name: str, frame: pd.DataFrame) -> pa.Table:
    """Return a finished frame as an Arrow table; categories and their order stay."""
    columns = TABLES[name].columns
    arrays = [
        pa.array(frame[column.name], _stored_type(column, frame), from_pandas=True)
        for column in columns
    ]
    return pa.Table.from_arrays(arrays, names=[column.name for column in columns])


def _stored_type(column: Column, frame: pd.DataFrame) -> pa.DataType:
    if column.kind != "category":
        return ARROW_TYPES[column.kind]
    return pa.dictionary(pa.int32(), pa.string(), ordered=frame[column.name].cat.ordered)


def from_arrow(name: str, data: pa.Table) -> pd.DataFrame:
    """Return the finished frame that :func:`to_arrow` stored."""
    if not data.num_rows:  # Arrow stores no categories without rows
        return finish(TABLES[name], TABLES[name].empty())
    frame = data.to_pandas(types_mapper=_NULLABLE.get)
    for column in TABLES[name].columns:
        if column.kind == "category" and frame[column.name].isna().all():
            # Arrow forgets of what type no categories are.
            frame[column.name] = categorical(column.name, frame[column.name].array)
    return frame
