"""What a format writes: rows, collected as tuples and turned into Arrow columns in chunks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import astuple

from speckit_analysis.formats.redaction import mask_all
from speckit_analysis.tables import ARROW_TYPES, TABLES

#: Columns beside the contract that joining needs and users do not see.
INTERNAL_COLUMNS: dict[str, pa.DataType] = {
    "file": pa.int32(),  # number of the file in this load
    "locator": pa.string(),  # place in the file
    "key": pa.string(),  # what tells this run from others of the same SPEC and stage
    "absolute_path": pa.bool_(),  # names a path of the machine that wrote it
    "folder": pa.string(),  # where two files without a key may still belong together
    "stage_raw": pa.string(),  # as written, where the table keeps only the stage
    "agent_raw": pa.string(),  # as written, where the table keeps only the agent
    "timestamp_raw": pa.string(),  # as written, where the table keeps only the moment
    "error": pa.string(),  # what a failed agent left instead of an answer
}

#: A column of few values that recur.
_ENCODED = pa.dictionary(pa.int32(), pa.string())

Row = tuple[Any, ...]

#: ``(file, *shared values)``, a locator for each row, and a struct for each row.
Group = tuple[Row, Sequence[str], Sequence[Any]]

PROBLEM_COLUMNS = ("kind", "severity", "message", "action")


def arrow_type(table: str, column: str) -> pa.DataType:
    """Return the type in which a worker builds a column: categories as plain strings."""
    if column in INTERNAL_COLUMNS:
        return INTERNAL_COLUMNS[column]
    kind = TABLES[table][column].kind
    return pa.string() if kind in ("category", "timestamp") else ARROW_TYPES[kind]


def is_encoded(table: str, column: str) -> bool:
    """Tell whether a column's few values recur, so that a dictionary of them is smaller."""
    if column in INTERNAL_COLUMNS:
        return column in ("locator", "stage_raw", "agent_raw")
    return TABLES[table][column].kind == "category"


def is_masked(table: str, column: str) -> bool:
    """Tell whether what looks like a secret is masked in a column."""
    if column in INTERNAL_COLUMNS:
        return column in ("error", "stage_raw", "agent_raw")
    return TABLES[table][column].masked


class Rows:
    """Collects the rows of one chunk of files.

    A format asks for a writer once per file and calls it with one tuple per row.  Every
    row begins with the number of its file and its locator.
    """

    def __init__(self) -> None:
        self._collected: dict[tuple[str, int], _Single | _Grouped] = {}

    def writer(self, table: str, columns: tuple[str, ...]) -> Callable[[Row], None]:
        """Return a function that takes ``(file, locator, *columns)`` for `table`."""
        key = (table, id(columns))  # a tuple's identity is found faster than its content
        if key not in self._collected:
            self._collected[key] = _Single(table, columns)
        return self._collected[key].write

    def group_writer(
        self, table: str, shared: tuple[str, ...], fields: Mapping[str, str]
    ) -> Callable[[Group], None]:
        """Return a function that takes all rows of `table` that one record holds, at once.

        It takes the file and the values of the columns `shared`, which are the same for all;
        then a locator and a struct for each row.  `fields` names the structs' attribute that
        each of the other columns is taken from.
        """
        key = (table, id(fields))
        if key not in self._collected:
            self._collected[key] = _Grouped(table, shared, fields)
        return self._collected[key].write

    def problem(
        self, file: int, locator: str, kind: str, severity: str, message: str, action: str
    ) -> None:
        """File a problem."""
        write = self.writer("problems", PROBLEM_COLUMNS)
        write((file, locator, kind, severity, message, action))

    def take(self) -> dict[str, list[pa.RecordBatch]]:
        """Return what was collected, by table, and forget it."""
        batches: dict[str, list[pa.RecordBatch]] = {}
        for collected in self._collected.values():
            if collected.written:
                batches.setdefault(collected.table, []).append(collected.batch())
        self._collected.clear()
        return batches


class _Single:
    """Rows written one by one, as tuples."""

    def __init__(self, table: str, columns: tuple[str, ...]) -> None:
        for column in columns:
            arrow_type(table, column)
        self.table = table
        self._columns = columns  # held, or another tuple might get its identity
        self._names = ("file", "locator", *columns)
        self.written: list[Row] = []
        self.write = self.written.append

    def batch(self) -> pa.RecordBatch:
        """Return the rows as columns."""
        if set(map(len, self.written)) != {len(self._names)}:
            raise ValueError(
                f"a format wrote rows for {self.table!r} that do not fit {self._names}"
            )
        columns = zip(self._names, zip(*self.written, strict=True), strict=True)
        return pa.RecordBatch.from_pydict(
            {name: _array(self.table, name, values) for name, values in columns}
        )


class _Grouped:
    """Rows written a group at a time: what they share is written once for all of them."""

    def __init__(self, table: str, shared: tuple[str, ...], fields: Mapping[str, str]) -> None:
        self.table = table
        self._shared = ("file", *shared)
        self._fields = fields
        self.written: list[Group] = []
        self.write = self.written.append

    def batch(self) -> pa.RecordBatch:
        """Return the rows as columns."""
        shared, locators, structs = zip(*self.written, strict=True)
        ends = pa.array(accumulate(map(len, structs), initial=0), pa.int32())
        every = list(chain.from_iterable(structs))
        group = pc.list_parent_indices(pa.ListArray.from_arrays(ends, pa.nulls(len(every))))
        columns = {
            name: _array(self.table, name, values).take(group)
            for name, values in zip(self._shared, zip(*shared, strict=True), strict=True)
        }
        columns["locator"] = _array(self.table, "locator", list(chain.from_iterable(locators)))
        values = zip(*map(astuple, every), strict=True)
        of_field = dict(zip(every[0].__struct_fields__, values, strict=True))
        for name, field in self._fields.items():
            columns[name] = _array(self.table, name, of_field[field])
        return pa.RecordBatch.from_pydict(columns)


def _array(table: str, name: str, values: Sequence[Any]) -> pa.Array:
    kind = _ENCODED if is_encoded(table, name) else arrow_type(table, name)
    array = pa.array(values, kind)
    return mask_all(array) if is_masked(table, name) else array
