"""A frame, or a line of text, as a terminal, a spreadsheet or a program wants it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from speckit_analysis.errors import EvidenceError
from speckit_analysis.whole_files import make_folder, write_whole

if TYPE_CHECKING:
    import pandas as pd

_BY_ENDING = {".csv": "csv", ".json": "json", ".parquet": "parquet", ".md": "markdown"}

#: A cell that begins so is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

#: No text column is cut to less than this.  The first names the row, and keeps half of the width.
_LEAST_WIDTH = 12


def printable(text: str) -> str:
    r"""Return `text` out of evidence without what would move a terminal's cursor.

    >>> printable("a\x1b[31mb\n")
    'a [31mb '
    """
    return "".join(sign if sign.isprintable() else " " for sign in text)


# What moves a terminal's cursor, colours it, or shows signs in another order than they stand in.
_MOVING = [*range(9), *range(11, 32), *range(127, 160), 0x200E, 0x200F, *range(0x2028, 0x202F)]
_MOVING += range(0x2066, 0x206A)
_BLANKED = dict.fromkeys(_MOVING, " ")
_ESCAPED = {sign: f"\\u{sign:04x}" for sign in _MOVING}


def say(text: object, *, err: bool = False, nl: bool = True) -> None:
    """Print text that may quote evidence: whatever a command prints, it prints by this."""
    lines = str(text).replace("\r\n", "\n")
    click.echo(lines.translate(_BLANKED), err=err, nl=nl)


@dataclass(frozen=True)
class Output:
    """How a frame is written, and where."""

    #: ``table``, ``csv``, ``json``, ``parquet`` or ``markdown``; by default as the file's name
    #: ends, else ``table``.
    form: str | None = None
    #: File that is replaced; by default the terminal.
    out: Path | None = None
    #: Whether the umask decides who may read the file; else only its owner may.
    public: bool = False

    @property
    def is_brief(self) -> bool:
        """Whether it goes to a terminal, which has no room for every column."""
        return self.form in (None, "table", "markdown") and self.out is None

    def emit(
        self,
        frame: pd.DataFrame,
        note: str = "",
        formats: Mapping[str, str] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        """Write a frame to the terminal or to a file.

        Parameters
        ----------
        frame : DataFrame
            What was found.
        note : str
            What a reader must know beside the figures.  It stands below a table, and on standard
            error where a program reads the other formats.
        formats, names : mapping of str to str, optional
            As for :func:`speckit_analysis.display.table`.

        Raises
        ------
        EvidenceError
            If the file cannot be written, or parquet is to go to a terminal.
        """
        form = self.form or _BY_ENDING.get(self.out.suffix.lower() if self.out else "", "table")
        if form == "parquet" and self.out is None:
            raise EvidenceError("parquet is no text for a terminal: name a file with --out")
        width = shutil.get_terminal_size((100, 24)).columns if self.out is None else None
        content = _written(frame, form, formats, names, width)
        readable = form in ("table", "markdown")
        if isinstance(content, str) and readable and note:
            content = f"{content}\n\n{note.translate(_BLANKED)}"
        if self.out is None:
            click.echo(content, nl=not str(content).endswith("\n"))
        else:
            save(self.out, content, public=self.public)
            say(self.out)
        if note and not readable:
            say(note, err=True)


def save(out: Path, content: str | bytes, *, public: bool) -> None:
    """Write a file whole, its folder too, for its owner only unless it is `public`.

    Raises
    ------
    EvidenceError
        If it cannot be written.
    """
    whole = content if isinstance(content, bytes) or content.endswith("\n") else content + "\n"
    try:
        make_folder(out.parent, private=not public)
        write_whole(out, whole, private=not public)
    except OSError as error:
        raise EvidenceError(f"cannot write {out}: {error.strerror or error}") from None


def _written(
    frame: pd.DataFrame,
    form: str,
    formats: Mapping[str, str] | None,
    names: Mapping[str, str] | None,
    width: int | None,
) -> str | bytes:
    if form == "csv":
        return as_csv(frame)
    if form == "json":
        return as_json(frame)
    if form == "parquet":
        return frame.to_parquet(index=False)
    if frame.empty:
        return "Nothing to list."
    if form == "markdown":
        return as_markdown(frame, formats, names)
    return as_text(frame, formats, names, width)


def as_csv(frame: pd.DataFrame) -> str:
    """Return `frame` as CSV that a spreadsheet opens without running any cell.

    Text that begins like a formula gets an apostrophe before it, and signs that control a terminal
    become blanks.  Figures are whole, times ISO
    8601 in UTC, what is missing is empty, and lines end as RFC 4180 wants them.
    """
    cells = frame.astype(object).map(_cell, na_action="ignore")
    return cells.rename(columns=_harmless).to_csv(index=False, lineterminator="\r\n")


def _cell(value: Any) -> object:
    if isinstance(value, str):
        return _harmless(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _harmless(text: str) -> str:
    guarded = f"'{text}" if text.startswith(_FORMULA) else text
    return guarded.replace("\r\n", "\n").translate(_BLANKED)


def as_json(frame: pd.DataFrame) -> str:
    """Return `frame` as a JSON array of one object a row; what is missing is null."""
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return json.dumps(records, indent=2, ensure_ascii=False, default=_plain).translate(_ESCAPED)


def _plain(value: Any) -> object:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else str(value)


def as_markdown(
    frame: pd.DataFrame,
    formats: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> str:
    """Return `frame` as a Markdown table."""
    from speckit_analysis.display import formatted

    heads, cells, right = formatted(frame, formats, names)
    rows = [heads, ["---:" if side else "---" for side in right], *zip(*cells, strict=True)]
    return "\n".join("| " + " | ".join(map(_markdown_cell, row)) + " |" for row in rows)


def _markdown_cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").translate(_BLANKED)


def as_text(
    frame: pd.DataFrame,
    formats: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
    width: int | None = None,
) -> str:
    """Return `frame` as aligned columns, no wider than `width` where that can be."""
    from speckit_analysis.display import formatted

    heads, cells, right = formatted(frame, formats, names)
    columns = [
        [printable(text) for text in (head, *column)]
        for head, column in zip(heads, cells, strict=True)
    ]
    widths = [max(map(len, column)) for column in columns]
    if width is not None:
        _narrow(widths, right, width)
    shown = _that_fit(widths, width)
    fitted = [
        [f"{_cut(text, wide):{'>' if side else '<'}{wide}}" for text in column]
        for column, wide, side in zip(columns[:shown], widths, right, strict=False)
    ]
    lines = ["  ".join(row).rstrip() for row in zip(*fitted, strict=True)]
    if shown < len(columns):
        hidden = ", ".join(heads[shown:])
        lines.append(f"(too narrow for: {hidden}; --format csv writes every column)")
    return "\n".join(lines)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _total(widths: list[int]) -> int:
    return sum(widths) + 2 * (len(widths) - 1)


def _narrow(widths: list[int], right: list[bool], width: int) -> None:
    """Cut the widest columns of text until all fit, or none can give more."""
    least = [max(_LEAST_WIDTH, width // 2), *[_LEAST_WIDTH] * (len(widths) - 1)]
    while _total(widths) > width:
        texts = [at for at, side in enumerate(right) if not side and widths[at] > least[at]]
        if not texts:
            return
        widest = max(texts, key=lambda at: widths[at])
        widths[widest] -= min(_total(widths) - width, widths[widest] - least[widest], 4)


def _that_fit(widths: list[int], width: int | None) -> int:
    shown = len(widths)
    while width is not None and shown > 1 and _total(widths[:shown]) > width:
        shown -= 1
    return shown
