"""Files that people write: text in the encodings of their editors, sheets of their spreadsheets."""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from speckit_analysis.errors import EvidenceError

#: Larger files were not written by people, nor exported for them.
MAX_BYTES = 256 * 2**20

#: What may stand between the cells of a sheet.
SEPARATORS = (",", ";", "\t", "|")

#: A header lies within so many records; what lies above it is a preamble.
_LOWEST_HEADER = 60

# The longer marks first: that of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def read_text(path: str | os.PathLike[str], what: str, advice: str = "save it as UTF-8") -> str:
    """Return the text of a file, its lines ended by a line feed alone.

    UTF-8 and UTF-16 are read, with a byte order mark or without.  Other encodings cannot be told
    apart for certain, and are refused.

    Parameters
    ----------
    path : path
        The file.
    what : str
        What it is, for messages.
    advice : str
        What to do if it is no such text.

    Raises
    ------
    EvidenceError
        If it cannot be read, is larger than :data:`MAX_BYTES`, or is no such text; the message
        names the line.
    """
    place = f"{what} {os.fspath(path)}"
    try:
        if Path(path).stat().st_size > MAX_BYTES:
            raise EvidenceError(f"{place}: larger than 256 MiB, which no {what} is")
        content = Path(path).read_bytes()
    except OSError as error:
        raise EvidenceError(f"{place}: {error.strerror or error}") from None
    if content.startswith(_WORKBOOKS):
        raise EvidenceError(f"{place}: an Excel or zip file, not text; {advice}")
    try:
        text = content.decode(_encoding(content))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise EvidenceError(f"{place}: line {line} is not UTF-8 text; {advice}") from None
    if "\0" in text:
        raise EvidenceError(f"{place}: binary data, not text; {advice}")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def marked_encoding(content: bytes) -> str | None:
    """Return the encoding that a byte order mark tells; None where there is no mark.

    >>> marked_encoding("\ufeffa".encode("utf-16-le")), marked_encoding(b"a")
    ('utf-16', None)
    """
    return next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)


def _encoding(content: bytes) -> str:
    marked = marked_encoding(content)
    if marked is not None:
        return marked
    # Letters of UTF-16 without a mark have a zero beside them.
    first, second = content[:1] == b"\0", content[1:2] == b"\0"
    return "utf-16-be" if first and not second else "utf-16-le" if second else "utf-8"


@dataclass(frozen=True)
class Sheet:
    """A table with a header, as a spreadsheet saves it."""

    #: Names of the columns, without blanks around them and without empty ones at the end.
    header: list[str]
    #: The rows with the line on which each ends, counted from 1; a cell for each column.  Rows
    #: without content are left out.
    rows: list[tuple[int, list[str]]]
    #: The rows with content above the header.
    preamble: list[list[str]]
    #: What stands between cells.
    separator: str

    @property
    def records(self) -> list[tuple[int, dict[str, str]]]:
        """The rows by column."""
        return [(line, dict(zip(self.header, cells, strict=True))) for line, cells in self.rows]


def read_csv(path: str | os.PathLike[str], what: str, names: Collection[str]) -> Sheet:
    """Read a CSV file as spreadsheets and providers save it.

    Commas, semicolons, tabs or bars may stand between cells, and a first line ``sep=;`` may say
    which.  The header is the first of the rows that holds most of the names.

    Parameters
    ----------
    path : path
        The file.
    what : str
        What it is, for messages.
    names : collection of str
        What columns may be called, as :func:`key` writes it.

    Raises
    ------
    EvidenceError
        If it cannot be read, is no CSV, has two columns of one name, or a row has content beyond
        the header; the message names the line.
    """
    text = read_text(path, what, "save it as CSV UTF-8")
    place = f"{what} {os.fspath(path)}"
    if not text.strip():
        raise EvidenceError(f"{place}: the file is empty")
    first, _, rest = text.partition("\n")
    stated = first.strip('"\t ,;').lower() if len(first) < 20 else ""
    skipped, separators = 0, list(SEPARATORS)
    if stated.startswith("sep="):
        # Spreadsheets take this line for themselves; it is no row.
        skipped, text = 1, rest
        separators = [first.strip('"')[4:5] or "\t"]
    separator, begin = _header(text, separators, names)
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    try:
        records = [(reader.line_num + skipped, record) for record in reader]
    except csv.Error as error:
        line = reader.line_num + skipped
        raise EvidenceError(f"{place}: no CSV in line {line}: {error}") from None
    header = [name.strip() for name in records[begin][1]] if records else []
    while header and not header[-1]:
        header.pop()
    double = next((name for name in header if name and header.count(name) > 1), None)
    if double:
        raise EvidenceError(f"{place}: two columns are called {double!r}; rename one")
    rows = [(line, cells) for line, cells in records[begin + 1 :] if _holds(cells)]
    for line, cells in rows:
        if _holds(cells[len(header) :]):
            raise EvidenceError(
                f"{place}: line {line} has {len(cells)} cells, the header {len(header)}; quote"
                " what holds a separator"
            )
    padding = [""] * len(header)
    rows = [(line, [*cells, *padding][: len(header)]) for line, cells in rows]
    above = [cells for _, cells in records[:begin] if _holds(cells)]
    return Sheet(header, rows, above, separator)


def key(header: str) -> str:
    """Return a header without what people write differently: case, blanks, signs.

    Examples
    --------
    >>> key("Usage start date"), key("usage_start_date"), key("Cost ($)")
    ('usagestartdate', 'usagestartdate', 'cost')
    """
    return "".join(filter(str.isalnum, header.casefold()))


def _header(text: str, separators: Collection[str], names: Collection[str]) -> tuple[str, int]:
    """Return the separator, and the number of the record that is the header.

    Where no record holds a name, it is the first with content, split into as many cells as may be.
    """
    best, found = (0, 0), (next(iter(separators)), 0)
    for separator in separators:
        reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
        first = True
        try:
            for number, cells in enumerate(islice(reader, _LOWEST_HEADER)):
                if _holds(cells):
                    score = sum(key(cell) in names for cell in cells)
                    rank = (score, len(cells) if first and not score else 0)
                    first = False
                    if rank > best:
                        best, found = rank, (separator, number)
        except csv.Error:  # not between these cells; else the whole is read again, and refused
            continue
    return found


def _holds(cells: Collection[str]) -> bool:
    return any(map(str.strip, cells))
