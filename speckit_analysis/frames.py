"""Arrow tables to pandas frames and back, exactly as the contract declares them."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from speckit_analysis.formats.rows import arrow_type
from speckit_analysis.tables import ARROW_TYPES, ORDERED_CATEGORIES, TABLES, Column, Table

_STRING = pd.StringDtype(storage="pyarrow", na_value=pd.NA)
_NULLABLE = {
    pa.string(): _STRING,
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
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
    parts = [_decoded(pa.Table.from_batches([batch]), encoded) for batch in batches]
    batches.clear()
    merged = pa.concat_tables(parts, promote_options="default") if parts else pa.table({})
    del parts
    rows = merged.num_rows
    merged = merged.select([name for name in columns if name in merged.column_names])
    merged = merged.unify_dictionaries()
    # One chunk a text column: pandas repeats much work for each chunk of Arrow strings.
    for index, field in enumerate(merged.schema):
        if field.type == pa.string():
            merged = merged.set_column(index, field, merged.column(index).combine_chunks())
    found = merged.to_pandas(types_mapper=_NULLABLE.get, self_destruct=True)
    no_text = _missing(pa.string(), rows)  # one for all: pandas never changes Arrow's memory
    everything = {}
    for name in columns:
        kind = arrow_type(table, name)
        absent = no_text if kind == pa.string() else _missing(kind, rows)
        everything[name] = found.get(name, absent)
    return pd.DataFrame(everything, index=pd.RangeIndex(rows), copy=False)


def _missing(kind: pa.DataType, rows: int) -> Any:
    dtype: Any = _NULLABLE[kind]
    return dtype.__from_arrow__(pa.nulls(rows, kind))


def _decoded(part: pa.Table, encoded: Collection[str]) -> pa.Table:
    fields = [
        field.with_type(pa.string())
        if pa.types.is_dictionary(field.type) and field.name not in encoded
        else field
        for field in part.schema
    ]
    return part.cast(pa.schema(fields))


def finish(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with the columns and dtypes of the contract, and a fresh index."""
    if not len(frame):
        return _without_rows(table.name).copy()
    return _finish(table, frame)


@cache
def _without_rows(name: str) -> pd.DataFrame:
    """Return the table with no rows; most tables of most evidence have none."""
    return _finish(TABLES[name], TABLES[name].empty())


def _finish(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    finished = {column.name: _finish_column(column, frame) for column in table.columns}
    return pd.DataFrame(finished, index=pd.RangeIndex(len(frame)), copy=False)


def _finish_column(column: Column, frame: pd.DataFrame) -> Any:
    if column.name in frame:
        values = frame[column.name].reset_index(drop=True)
    else:
        values = pd.Series(pd.NA, pd.RangeIndex(len(frame)), dtype="string")
    if column.kind == "category":
        # As many sources as files: they come as categories, and sorting them would cost.
        ready = column.name == "source" and len(values) > 0
        return values if ready else categorical(column.name, values)
    if column.kind == "timestamp":
        return pd.to_datetime(values, utc=True).astype("datetime64[ns, UTC]")
    dtype: Any = _STRING if column.kind == "text" else column.dtype
    return values.astype(dtype)


def categorical(name: str, values: pd.Series) -> pd.Categorical:
    """Return `values` as a categorical; ordered where the order of `name` means something.

    Values outside a known order follow it, sorted, so that nothing is lost.
    """
    known = ORDERED_CATEGORIES.get(name)
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes, uniques = values.cat.codes.to_numpy(), values.cat.categories
    else:
        codes, uniques = pd.factorize(values)
    found = [str(value) for value in uniques]
    categories = [*(known or ()), *sorted(set(found) - set(known or ()))]
    position = {category: index for index, category in enumerate(categories)}
    # The last place catches the code -1 of missing values.
    recode = np.array([*(position[value] for value in found), -1], dtype=np.int32)
    dtype = pd.CategoricalDtype(pd.Index(categories, dtype="str"), ordered=known is not None)
    return pd.Categorical.from_codes(recode[codes], dtype=dtype)


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
            frame[column.name] = categorical(column.name, frame[column.name])
    return frame
