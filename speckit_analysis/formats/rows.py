"""What a format writes: rows, collected as tuples and turned into Arrow columns in chunks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from speckit_analysis.redaction import mask_all
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

#: Free text that may quote what a terminal showed; masked before it goes anywhere.
CAPTURED_TEXT = frozenset(
    {
        "description",
        "error",
        "escalation_reason",
        "finding",
        "message",
        "output_path",
        "override_reason",
        "resolution",
    }
)

Row = tuple[Any, ...]

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


class Rows:
    """Collects the rows of one chunk of files.

    A format asks for a writer once per file and calls it with one tuple per row.  Every
    row begins with the number of its file and its locator.
    """

    def __init__(self) -> None:
        self._rows: dict[tuple[str, int], tuple[tuple[str, ...], list[Row]]] = {}

    def writer(self, table: str, columns: tuple[str, ...]) -> Callable[[Row], None]:
        """Return a function that takes ``(file, locator, *columns)`` for `table`."""
        key = (table, id(columns))  # a tuple's identity is found faster than its content
        if key not in self._rows:
            for column in columns:
                arrow_type(table, column)
            self._rows[key] = (columns, [])
        return self._rows[key][1].append

    def problem(
        self, file: int, locator: str, kind: str, severity: str, message: str, action: str
    ) -> None:
        """File a problem."""
        write = self.writer("problems", PROBLEM_COLUMNS)
        write((file, locator, kind, severity, message, action))

    def take(self) -> dict[str, list[pa.RecordBatch]]:
        """Return what was collected, by table, and forget it."""
        batches: dict[str, list[pa.RecordBatch]] = {}
        for (table, _), (columns, rows) in self._rows.items():
            if rows:
                batches.setdefault(table, []).append(_batch(table, columns, rows))
                rows.clear()
        return batches


def _batch(table: str, columns: Sequence[str], rows: list[Row]) -> pa.RecordBatch:
    names = ("file", "locator", *columns)
    if set(map(len, rows)) != {len(names)}:
        raise ValueError(f"a format wrote rows for {table!r} that do not fit {names}")
    columnwise = zip(*rows, strict=True)
    arrays = [_array(table, name, values) for name, values in zip(names, columnwise, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=list(names))


def _array(table: str, name: str, values: Sequence[Any]) -> pa.Array:
    array = pa.array(values, arrow_type(table, name))
    if name in CAPTURED_TEXT:
        array = mask_all(array)
    return array.dictionary_encode() if is_encoded(table, name) else array
