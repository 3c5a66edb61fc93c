"""Rows of a CSV file, each with the number of its line, by which a message can name it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from speckit_analysis.errors import EvidenceError


def read_rows(path: Path, what: str) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Return the columns of a CSV file and its numbered rows; a missing cell is empty.

    Parameters
    ----------
    path : Path
        A comma or a semicolon stands between cells.
    what : str
        What the file is, for messages.

    Raises
    ------
    EvidenceError
        If it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise EvidenceError(f"cannot read the {what} {path}: {error}") from None
    header = text.partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    columns = list(reader.fieldnames or [])
    # The inner reader's count is right after cells with line breaks and after empty lines alike.
    return columns, [
        (reader.reader.line_num, {name: cell or "" for name, cell in row.items() if name})
        for row in reader
    ]
