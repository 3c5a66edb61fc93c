"""What a format writes: rows, collected and turned into Arrow columns in chunks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import accumulate, chain
from operator import attrgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from speckit_analysis.formats.redaction import mask, mask_all, mask_name, mask_person
from speckit_analysis.tables import ARROW_TYPES, TABLES, Column
from speckit_analysis.tables.declare import HASHES, NAMES, boolean, category, integer, text

#: Columns beside the contract that joining needs and users do not see.
INTERNAL_COLUMNS = {
    column.name: column
    for column in (
        integer("file", "number of the file in this load"),
        category("locator", "place in the file"),
        text("key", "what tells this run from others of the same SPEC and stage"),
        boolean("absolute_path", "names a path of the machine that wrote it"),
        text("folder", "where two files without a key may still belong together"),
        category("stage_raw", "as written, where the table keeps only the stage"),
        category("agent_raw", "as written, where the table keeps only the agent"),
        text("timestamp_raw", "as written, where the table keeps only the moment"),
        text("error", "what a failed agent left instead of an answer"),
        category("series", "execution of an experiment that numbers its tries anew"),
        category(
            "told_at", "when the file was written: of two that tell of a try, the later counts"
        ),
        category("variant_detail", "what tells variants of one name apart, such as the model"),
        category("counted_as", "whose way of counting tokens the names of its counts tell"),
        text("identity", "rows with the same one tell of the same call or printed result"),
        text("request", "of rows with one identity, those with two requests are two calls"),
        boolean("sidechain", "stands in a copy that a sub-agent keeps of another's call"),
        text("turn", "turn of the conversation that the call belongs to"),
        text("running_total", "counters of the session after the call, comma separated"),
        integer("turns", "prompts since the session's call before"),
        integer("tool_calls", "tools that the answer calls"),
        text("began", "moment of the first record of the file"),
        text("ancestors", "sessions whose records this one may repeat, nearest first"),
    )
}

#: So many problems of one kind in one file are listed; the others are counted.
MOST_PROBLEMS = 100

#: What is said of the others.
MORE_PROBLEMS = "{:,} more problems of this kind in this file"
COUNTED = "counted, not listed"

#: A column of few values that recur.
_ENCODED = pa.dictionary(pa.int32(), pa.string())

Row = tuple[Any, ...]

#: ``spec_id``, ``stage_raw`` and ``key``: what tells a run from others.
Run = dict[str, str | None]

#: ``(file, *shared values)``, a locator for each row, and a struct for each row.
Group = tuple[Row, Sequence[str], Sequence[Any]]


def _column(table: str, name: str) -> Column:
    return INTERNAL_COLUMNS.get(name) or TABLES[table][name]


def arrow_type(table: str, name: str) -> pa.DataType:
    """Return the type in which a worker builds a column: categories as plain strings."""
    if name == "file":
        return pa.int32()  # enough for a number on every row
    kind = _column(table, name).kind
    return pa.string() if kind in ("category", "timestamp") else ARROW_TYPES[kind]


def is_encoded(table: str, name: str) -> bool:
    """Tell whether a column's few values recur, so that a dictionary of them is smaller."""
    return _column(table, name).kind == "category"


class Rows:
    """Collects the rows of one chunk of files."""

    def __init__(self) -> None:
        self._single: dict[tuple[str, ...], list[Row]] = {}
        self._writers: dict[tuple[str, int], tuple[tuple[str, ...], Callable[[Row], None]]] = {}
        self._grouped: dict[tuple[str, int], _Grouped] = {}
        self._problems: Counter[tuple[int, str, str]] = Counter()

    def write(self, table: str, file: int, locator: str, /, **values: Any) -> None:
        """Write one row of `table`: the number of its file, its place in it, and its columns.

        Columns that are not named are missing.  Rows of the same columns stay in their order.
        """
        key = (table, *values)
        rows = self._single.get(key) or self._rows_of(key)
        rows.append((file, locator, *values.values()))

    def writer(self, table: str, columns: tuple[str, ...]) -> Callable[[Row], None]:
        """Return a function that takes ``(file, locator, *columns)`` for `table`, as a tuple."""
        key = (table, id(columns))  # a tuple's identity is found faster than its content
        if key not in self._writers:
            # The columns are held, or another tuple might get their identity.
            self._writers[key] = (columns, self._rows_of((table, *columns)).append)
        return self._writers[key][1]

    def _rows_of(self, key: tuple[str, ...]) -> list[Row]:
        if key not in self._single:
            table, *columns = key
            for column in columns:
                arrow_type(table, column)  # fails for one that the table does not have
            self._single[key] = []
        return self._single[key]

    def group_writer(
        self, table: str, shared: tuple[str, ...], fields: Mapping[str, str]
    ) -> Callable[[Group], None]:
        """Return a function that takes all rows of `table` that one record holds, at once.

        It takes the file and the values of the columns `shared`, which are the same for all;
        then a locator and a struct for each row.  `fields` names the structs' attribute that
        each of the other columns is taken from.
        """
        key = (table, id(fields))  # a mapping's identity is found faster than its content
        if key not in self._grouped:
            self._grouped[key] = _Grouped(table, shared, fields)
        return self._grouped[key].written.append

    def problem(
        self, file: int, locator: str, kind: str, severity: str, message: str, action: str
    ) -> None:
        """File a problem; of very many in one file most are only counted."""
        self._problems[file, kind, severity] += 1
        if self._problems[file, kind, severity] > MOST_PROBLEMS:
            return
        said = {"kind": kind, "severity": severity, "message": message, "action": action}
        self.write("problems", file, locator, **said)

    def take(self) -> dict[str, list[pa.RecordBatch]]:
        """Return what was collected, by table, and forget it."""
        for (file, kind, severity), number in self._problems.items():
            if number > MOST_PROBLEMS:
                more = number - MOST_PROBLEMS
                said = {"kind": kind, "severity": severity, "message": MORE_PROBLEMS.format(more)}
                self.write("problems", file, "", **said, action=COUNTED, number=more)
        found = [
            (table, _columns(table, ("file", "locator", *columns), rows))
            for (table, *columns), rows in self._single.items()
            if rows
        ]
        found += [(each.table, each.columns()) for each in self._grouped.values() if each.written]
        _mask(found)
        batches: dict[str, list[pa.RecordBatch]] = {}
        for table, arrays in found:
            batches.setdefault(table, []).append(pa.RecordBatch.from_pydict(arrays))
        self._single.clear()
        self._writers.clear()
        self._grouped.clear()
        self._problems.clear()
        return batches


def _columns(table: str, names: tuple[str, ...], rows: list[Row]) -> dict[str, pa.Array]:
    if set(map(len, rows)) != {len(names)}:
        raise ValueError(f"a format wrote rows for {table!r} that do not fit {names}")
    columns = zip(names, zip(*rows, strict=True), strict=True)
    return {name: _array(table, name, values) for name, values in columns}


class _Grouped:
    """Rows written a group at a time: what they share is written once for all of them."""

    def __init__(self, table: str, shared: tuple[str, ...], fields: Mapping[str, str]) -> None:
        self.table = table
        self._shared = ("file", *shared)
        self._fields = fields
        self.written: list[Group] = []

    def columns(self) -> dict[str, pa.Array]:
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
        values = zip(*map(attrgetter(*self._fields.values()), every), strict=True)
        for name, of_field in zip(self._fields, values, strict=True):
            columns[name] = _array(self.table, name, of_field)
        return columns


def _array(table: str, name: str, values: Sequence[Any]) -> pa.Array:
    return pa.array(values, _ENCODED if is_encoded(table, name) else arrow_type(table, name))


def _mask(found: Sequence[tuple[str, dict[str, pa.Array]]]) -> None:
    """Mask whatever columns may hold a secret, in place."""
    places = [
        (arrays, name, masking)
        for table, arrays in found
        for name, masking in _maskings(table, tuple(arrays)).items()
    ]
    masked = mask_all([(arrays[name], masking) for arrays, name, masking in places])
    for (arrays, name, _), column in zip(places, masked, strict=True):
        arrays[name] = column


@cache
def _maskings(table: str, columns: tuple[str, ...]) -> dict[str, Callable[[str], str]]:
    """Return how each of the columns that may hold a secret is masked."""
    texts = [name for name in columns if _column(table, name).kind in ("text", "category")]
    special = dict.fromkeys(NAMES, mask_name) | {"reviewer": mask_person}
    return {name: special.get(name, mask) for name in texts if name not in HASHES}
