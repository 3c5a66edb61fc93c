"""Finishing touches to HTML tables: numbers aligned, wide tables in a box that scrolls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from itertools import count

_TABLE = re.compile(r"<table.*?</table>", re.DOTALL)
_CAPTION = re.compile(r"<caption[^>]*>(.*?)</caption>", re.DOTALL)
_ROW = re.compile(r"<tr.*?</tr>", re.DOTALL)
_CELL = re.compile(r"<(t[dh])([^>]*)>(.*?)</\1>", re.DOTALL)
_SPANS = re.compile(r"\b(?:colspan|rowspan)=\"(?!1\")")
_MISSING = {"", "NaN", "<NA>", "NaT", "None", "nan", "—", "–"}
#: Text up to this length stays on one line: names of models break at every hyphen otherwise.
_SHORT = 24
_INDEX_NAME_ROW = re.compile(
    r"(<thead>\s*<tr[^>]*>\s*)<th></th>(.*?</tr>)"
    r"\s*<tr[^>]*>\s*<th>([^<]+)</th>(?:\s*<th></th>)*\s*</tr>(\s*</thead>)",
    re.DOTALL,
)
_HEADER = re.compile(r"<thead.*?</thead>", re.DOTALL)
_NAME = re.compile(r"(?<=\w)_(?=\w[^<>]*</th>)")
_NUMERIC = re.compile(r"(?=.*\d)[\d\s.,:;/+\-−–—%$€×±~<>≤≥=()\[\]]+(?:[eE][+\-]\d+)?\Z")


def finish_tables(html: str) -> str:
    """Align the numbers of every table in sanitised `html` and let the table scroll.

    A column is numeric if each of its cells holds a figure, a range or nothing.  Tables with
    merged cells have no simple columns and are left as they are.
    """
    return _TABLE.sub(lambda match: _finished(match[0]), html)


def _finished(table: str) -> str:
    # pandas gives the name of the index a header row of its own, all but empty.
    table = _INDEX_NAME_ROW.sub(r"\1<th>\3</th>\2\4", table)
    # A column's name may take two lines where its figures are narrow.
    table = _HEADER.sub(lambda header: _NAME.sub("_<wbr>", header[0]), table)
    if not _SPANS.search(table):
        numeric = _numeric_columns(table)
        table = _ROW.sub(lambda row: _aligned(row[0], numeric), table)
    caption = _CAPTION.search(table)
    # The caption's words, not its id: two parts of a page may hold the same table.
    name = escape(" ".join(_plain(caption[1]).split())) if caption else "Table"
    return f'<div class="scroll" role="region" aria-label="{name}" tabindex="0">{table}</div>'


def _plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html)).strip()


def _cells(row: str) -> Iterator[tuple[str, str]]:
    for match in _CELL.finditer(row):
        yield match[1], _plain(match[3])


def _numeric_columns(table: str) -> set[int]:
    figures: set[int] = set()
    words: set[int] = set()
    for row in _ROW.findall(table):
        for column, (tag, text) in enumerate(_cells(row)):
            if tag == "th" or text in _MISSING:
                continue
            (figures if _NUMERIC.match(text) else words).add(column)
    return figures - words


def _aligned(row: str, numeric: set[int]) -> str:
    def mark(column: int, match: re.Match[str]) -> str:
        tag, attributes, content = match.groups()
        text = _plain(content)
        holds = {
            "number": column in numeric,
            "missing": tag == "td" and text in _MISSING,
            "short": column not in numeric and 0 < len(text) <= _SHORT,
        }
        classes = " ".join(name for name, true in holds.items() if true)
        if not classes:
            return match[0]
        attributes = re.sub(r'\sclass="([^"]*)"', "", attributes)
        return f'<{tag}{attributes} class="{classes}">{content}</{tag}>'

    columns = count()
    row = _CELL.sub(lambda match: mark(next(columns), match), row)
    # pandas aligns whole header rows to the right; a style would win over the classes.
    return re.sub(r'(<tr[^>]*) style="[^"]*"', r"\1", row)
