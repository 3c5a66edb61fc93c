"""Write the pages that follow from the code: columns of the tables, and evidence formats.

``python docs/generate.py`` writes them next to this file, ``--check`` only tells whether they
are current and ends with 1 if one is not.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from inspect import getsource
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import msgspec

from speckit_analysis import formats as package
from speckit_analysis.formats import Format
from speckit_analysis.formats.registry import own_formats
from speckit_analysis.tables import ORDERED_CATEGORIES, TABLES, Column, Table
from speckit_analysis.tables.results import RESULTS
from speckit_analysis.tables.timestamps import IN_NAME

NOTICE = "<!-- Written by docs/generate.py. Change the code, then run `make docs`. -->\n"

COLUMNS_OPENING = """\
# Columns

Every table, and every column with its dtype, unit and meaning. A column is always there; it is
missing (`<NA>`, `NaT`) where the evidence does not tell. A missing figure is never 0.

`ev.describe("runs")` and `speckit-analysis describe runs` say the same.
"""

ORDERS = """\
## Ordered categories

These categories are ordered. Sorting, comparing and plotting follow the order. A value that is
not in the list stays, and comes last.
"""

RESULTS_OPENING = """\
# Results

Every frame that an analysis returns, and every column with its dtype, unit and meaning. Columns
that the frame was grouped by come before these. Pages take headings and number formats from here.
"""

FORMATS_OPENING = """\
# Evidence formats

A file is recognised by its place and its name. The formats are asked in the order of the table;
the first that fits reads the file. A `.json` or `.jsonl` file whose name fits none is recognised by
its content, where its format says how. What no format recognises is listed in `files` as
`unrecognised`, and nothing else is made of it.

In the patterns, `<name>` stands for a varying part, `[…]` for a part that may be absent and
`(a|b)` for a choice. `<timestamp>` and `<session>` take every spelling that
[evidence.md](evidence.md#timestamps) lists.

Every format can also file rows in `problems`, and every file has one row in `files`.
"""


def columns_page() -> str:
    """Return the page of all tables and their columns."""
    index = "\n".join(f"- [`{t.name}`](#{t.name}): one row is {t.row}" for t in TABLES.values())
    orders = "\n".join(
        f"- `{name}`: " + ", ".join(f"`{value}`" for value in values)
        for name, values in ORDERED_CATEGORIES.items()
    )
    sections = "\n".join(_table_section(table) for table in TABLES.values())
    return f"{NOTICE}\n{COLUMNS_OPENING}\n{index}\n\n{sections}\n{ORDERS}\n{orders}\n"


def results_page() -> str:
    """Return the page of the frames that analyses return."""
    index = "\n".join(f"- [`{t.name}`](#{t.name}): one row is {t.row}" for t in RESULTS.values())
    sections = "\n".join(_table_section(table) for table in RESULTS.values())
    return f"{NOTICE}\n{RESULTS_OPENING}\n{index}\n\n{sections}"


def _table_section(table: Table) -> str:
    rows = [_column_row(column) for column in table.columns]
    head = ("column", "dtype", "unit", "meaning")
    return f"## {table.name}\n\nOne row is {table.row}.\n\n{_grid(head, rows)}"


def _column_row(column: Column) -> tuple[str, ...]:
    return f"`{column.name}`", f"`{column.dtype}`", column.unit, _prose(column.meaning)


def formats_page() -> str:
    """Return the page of this package's formats; those of other packages are not listed."""
    ours = list(_our_formats())
    head = ("format", "what it is", "fills")
    rows = [(f"[`{f.name}`](#{f.name})", f.title, _listed(tables_filled(f))) for f in ours]
    sections = "\n".join(_format_section(format) for format in ours)
    return f"{NOTICE}\n{FORMATS_OPENING}\n{_grid(head, rows)}\n{sections}"


def _our_formats() -> list[Format]:
    return sorted(own_formats(), key=lambda format: (format.rank, format.name))


def _format_section(format: Format) -> str:
    names = [f"`{in_words(pattern.pattern)}`" for pattern in format.patterns]
    facts = [
        f"- Where: {_places(format)}",
        "- Names: " + (" or ".join(names) or "any"),
        f"- Fills: {_listed(tables_filled(format))}",
        f"- Recognised by its content: {'yes' if format.sniff or format.knows else 'no'}",
    ]
    told: set[str] = set()
    schemas = "".join(_schema_section(*item, told) for item in format.schemas.items())
    told_of = f"{format.title}.\n\n" + "\n".join(facts)
    about = format.about.partition("\n")[2].rstrip()
    about = f"{about}\n" if about else ""
    return f"## {format.name}\n\n{told_of}\n{about}{schemas}"


def _places(format: Format) -> str:
    if not format.folders:
        return "any folder"
    named = [f"under `{folder}/`" for folder in format.folders if folder]
    if "" in format.folders:
        named.append("outside an evidence folder")
    return ", ".join(named)


def _listed(names: list[str]) -> str:
    return ", ".join(f"[`{name}`](columns.md#{name})" for name in names) or "nothing"


def tables_filled(format: Format) -> list[str]:
    """Return the tables into which a format's reader writes, problems aside."""
    found: set[str] = set()
    seen: set[FunctionType] = set()
    waiting: list[Callable[..., Any] | None] = [format.read]
    while waiting:
        function = waiting.pop()
        if not isinstance(function, FunctionType) or function in seen:
            continue
        seen.add(function)
        found.update(
            re.findall(r"\.(?:write|(?:group_)?writer)\(\s*\"(\w+)\"", getsource(function))
        )
        called = (function.__globals__.get(name) for name in _names(function.__code__))
        waiting += [f for f in called if getattr(f, "__module__", "").startswith(package.__name__)]
    return [name for name in TABLES if name in found - {"problems"}]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def in_words(pattern: str) -> str:
    r"""Return a pattern of file names as people write one.

    >>> in_words(r"(?P<stage>[^_]+)_(?:a|b)(?:-\d+)?_telemetry\.jsonl?")
    '<stage>_(a|b)[-<number>]_telemetry.json[l]'
    """
    text = re.sub(r"\(\?![^()]*\)", "", pattern.replace(IN_NAME, "<timestamp>"))
    while (start := text.find("(?P<")) >= 0:
        end = _closing(text, start)
        name = text[start + 4 : text.index(">", start)]
        text = f"{text[:start]}<{name}>{text[end + 1 :]}"
    text = text.replace("[0-9a-f]+", "<hex digits>")
    text = re.sub(r"\[\\w[.-]*\]\+", "<anything>", text.replace(r"\d+", "<number>"))
    text = re.sub(r"\(\?:([^()]*)\)\?", r"[\1]", text)
    text = text.replace("(?:", "(").replace("\\.", ".")
    return re.sub(r"(\w)\?", r"[\1]", text)


def _closing(text: str, start: int) -> int:
    depth = 0
    for index in range(start, len(text)):
        if text[index - 1] != "\\":
            depth += {"(": 1, ")": -1}.get(text[index], 0)
        if depth == 0:
            return index
    raise ValueError(f"unbalanced pattern {text!r}")


def _schema_section(name: str, struct: type[msgspec.Struct], told: set[str]) -> str:
    """Return the fields of a schema, and of those structures in it that were not `told` yet."""
    schema = msgspec.json.schema(struct)
    definitions = schema["$defs"]
    top = schema["$ref"].rpartition("/")[2]
    parts = [f"\n### Schema {name}\n\n`speckit-analysis schema {name}` prints it as JSON Schema.\n"]
    parts.append(_grid(("field", "type", "required", "meaning"), _fields(definitions[top])))
    for inner, definition in definitions.items():
        if inner != top and inner not in told:
            told.add(inner)
            head = (f"field of {inner}", "type", "required", "meaning")
            parts.append(_grid(head, _fields(definition)))
    return "\n".join(parts)


def _fields(definition: dict[str, Any]) -> list[tuple[str, ...]]:
    required = definition.get("required", [])
    return [
        (f"`{name}`", _type(field), "yes" if name in required else "", _description(field))
        for name, field in definition["properties"].items()
    ]


def _description(field: dict[str, Any]) -> str:
    own = [field, *field.get("anyOf", [])]
    return _prose(next((part["description"] for part in own if "description" in part), ""))


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "anyOf" in field:
        # That a field may be null is said by its not being required.
        kinds = [_type(part) for part in field["anyOf"] if part.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}" if field.get("items") else "list"
    if field.get("type") == "object":
        values = field.get("additionalProperties")
        return f"object of {_type(values)}" if isinstance(values, dict) and values else "object"
    return str(field.get("type", "anything"))


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, ["---"] * len(head), *rows))


def _prose(text: str) -> str:
    """Return `text` so that Markdown shows it in a cell as it is."""
    return re.sub(r"([<|])", r"\\\1", text)


PAGES: dict[str, Callable[[], str]] = {
    "columns.md": columns_page,
    "formats.md": formats_page,
    "results.md": results_page,
}


def main(arguments: list[str] | None = None, folder: Path = Path(__file__).parent) -> int:
    """Write or check the pages in `folder`; return the status to exit with."""
    parser = argparse.ArgumentParser(description="Write the generated pages of the documentation.")
    parser.add_argument("--check", action="store_true", help="only tell whether they are current")
    check = parser.parse_args(arguments).check
    stale = []
    for name, page in PAGES.items():
        path, text = folder / name, page()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        if check:
            stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"stale: {', '.join(stale)}; run `make docs`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
