"""Files of many equal records: JSON Lines, a JSON list, an object around one, or a CSV table."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from speckit_analysis.formats import EvidenceFile

S = TypeVar("S", bound=msgspec.Struct)

#: Files with these endings are tables.
TABLES = (".csv", ".tsv")

#: The first record lies within so many bytes.
_BEGINNING = 65536

# Where APIs put the records of a page.
_AROUND = re.compile(rb'\A\s*+\{\s*+"data"\s*+:\s*+\[')


def records(file: EvidenceFile, decoder: msgspec.json.Decoder[S]) -> Iterator[tuple[str, S]]:
    """Yield each record with the start of its locator; what does not fit is filed."""
    struct: type[S] = decoder.type
    if file.name.lower().endswith(TABLES):
        for place, cells in table(file):
            fields = _names(struct)
            own = {fields[name]: cell for name, cell in cells.items() if name in fields}
            record = file.convert(typed(own, struct), struct, place)
            if record is not None:
                yield place, record
        return
    if not file.data.lstrip().startswith(b"[") and not _AROUND.match(file.data):
        yield from file.decode_lines(decoder)
        return
    for place, value in _listed(file):
        record = file.convert(value, struct, place)
        if record is not None:
            yield place, record


def _listed(file: EvidenceFile) -> Iterator[tuple[str, Any]]:
    """Yield the values of a list, or of the list in an object."""
    content, start = file.parse(), ""
    if isinstance(content, dict):
        content, start = content.get("data"), "/data"
    for number, value in enumerate(content or ()):
        yield f"{start}/{number}", value


def table(file: EvidenceFile) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the cells with content of each row of a CSV table, by header in lower case."""
    lines = io.StringIO(file.text(), newline="")
    columns, delimiter = _header(lines.readline())
    rows = csv.reader(lines, delimiter=delimiter)
    for cells in rows:
        place = f"L{rows.line_num + 1}"
        if len(cells) > len(columns):
            message = f"{len(cells)} cells under {len(columns)} columns: {cells[len(columns) :]}"
            file.problem(place, "unknown_column", "error", message, "the last ones left out")
        told = {
            name: cell.strip()
            for name, cell in reversed(list(zip(columns, cells, strict=False)))
            if cell.strip()
        }
        if told:
            yield place, told


def _header(line: str) -> tuple[list[str], str]:
    delimiter = max(",;\t", key=line.count)
    names = next(csv.reader([line], delimiter=delimiter), [])
    return [name.strip().lower() for name in names], delimiter


def has_columns(name: str, data: bytes, names: Collection[str]) -> bool:
    """Tell whether a file is a CSV table with all of these columns."""
    if not name.lower().endswith(TABLES):
        return False
    return set(columns_of(data)) >= set(names)


def holds(name: str, data: bytes, names: Collection[str]) -> bool:
    """Tell whether a file is a table with these columns, or JSON that begins with these names."""
    if has_columns(name, data, [column.lower() for column in names]):
        return True
    if not name.endswith((".json", ".jsonl")) or not re.match(rb"\s*[\[{]", data):
        return False
    begin = data[:_BEGINNING]
    return all(f'"{key}"'.encode() in begin for key in names)


def columns_of(data: bytes) -> list[str]:
    """Return the columns that the first line of a table names, in lower case."""
    return _header(data[:16384].decode("utf-8-sig", "replace").partition("\n")[0])[0]


def typed(cells: dict[str, str], struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return cells as the fields of a struct want them: texts, or what JSON would hold."""
    return {
        name: cell if name in text_fields(struct) else value_in(cell)
        for name, cell in cells.items()
    }


@cache
def _names(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Return the fields of a struct by their names in lower case, as headers are read."""
    return {f.encode_name.lower(): f.encode_name for f in msgspec.structs.fields(struct)}


@cache
def text_fields(struct: type[msgspec.Struct]) -> frozenset[str]:
    """Return the fields of a struct that may be texts."""
    hints = get_type_hints(struct)
    return frozenset(
        field.encode_name
        for field in msgspec.structs.fields(struct)
        if str in get_args(hints[field.name]) or hints[field.name] is str
    )


def value_in(cell: str) -> object:
    """Return what a cell says, as JSON would: a number, a truth, an object; other text as it is."""
    if cell.lower() in ("true", "false"):
        return cell.lower() == "true"
    if cell.startswith("{"):
        try:
            return msgspec.json.decode(cell)
        except msgspec.DecodeError:
            return cell
    try:
        value = float(cell)
    except ValueError:
        return cell
    if not math.isfinite(value) or "_" in cell:
        return cell
    return int(value) if value.is_integer() else value
