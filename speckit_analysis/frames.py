"""Arrow tables to pandas frames and back, exactly as the contract declares them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from speckit_analysis.formats.rows import arrow_type, is_encoded
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
    types = [_type(table, name, encoded=name in encoded) for name in columns]
    schema = pa.schema(list(zip(columns, types, strict=True)))
    parts = [_decoded(pa.Table.from_batches([batch]), encoded) for batch in batches]
    merged = pa.concat_tables([*parts, schema.empty_table()], promote_options="default")
    del parts
    merged = merged.select(columns).unify_dictionaries()
    # One chunk a text column: pandas repeats much work for each chunk of Arrow strings.
    for index, field in enumerate(merged.schema):
        if field.type == pa.string():
            merged = merged.set_column(index, field, merged.column(index).combine_chunks())
    return merged.to_pandas(types_mapper=_NULLABLE.get, self_destruct=True)


def _type(table: str, column: str, *, encoded: bool) -> pa.DataType:
    plain = arrow_type(table, column)
    return pa.dictionary(pa.int32(), plain) if encoded and is_encoded(table, column) else plain


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
    finished = {column.name: _finish_column(column, frame) for column in table.columns}
    return pd.DataFrame(finished, index=pd.RangeIndex(len(frame)), copy=False)


def _finish_column(column: Column, frame: pd.DataFrame) -> Any:
    if column.name not in frame:
        values: Any = pd.Series([pd.NA] * len(frame), dtype=object)
    else:
        values = frame[column.name].reset_index(drop=True)
    if column.kind == "category":
        return categorical(column.name, values)
    if column.kind == "timestamp":
        return pd.to_datetime(values, utc=True).astype("datetime64[ns, UTC]")
    return values.astype(_STRING if column.kind == "text" else column.dtype)


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
    if known is None:
        categories = sorted(found)
    else:
        categories = [*known, *sorted(set(found) - set(known))]
    position = {category: index for index, category in enumerate(categories)}
    # The last place catches the code -1 of missing values.
    recode = np.array([*(position[value] for value in found), -1], dtype=np.int32)
    dtype = pd.CategoricalDtype(categories, ordered=known is not None)
    return pd.Categorical.from_codes(recode[codes], dtype=dtype)


def to_arrow(name: str, frame: pd.DataFrame) -> pa.Table:
    """Return a finished frame as an Arrow table of the contract's schema."""
    table = TABLES[name]
    arrays = []
    for column in table.columns:
        values = frame[column.name]
        if column.kind == "category":
            values = values.astype(_STRING)
            arrays.append(pa.array(values, pa.string()).dictionary_encode())
        else:
            arrays.append(pa.array(values, ARROW_TYPES[column.kind], from_pandas=True))
    return pa.Table.from_arrays(arrays, names=list(table.column_names))


def from_arrow(name: str, data: pa.Table) -> pd.DataFrame:
    """Return the finished frame that :func:`to_arrow` stored."""
    table = TABLES[name]
    plain = pa.schema(
        [
            (c.name, pa.string() if c.kind == "category" else ARROW_TYPES[c.kind])
            for c in table.columns
        ]
    )
    return finish(table, data.cast(plain).to_pandas(types_mapper=_NULLABLE.get))
