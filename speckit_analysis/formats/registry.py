"""The registry of evidence formats: which exist, and which of them a file is.

A format is the ``FORMAT`` of a module in this package, or one of its ``FORMATS``, or an entry point
of the group ``speckit_analysis.formats`` in someone else's package that resolves to a
:class:`Format`.  No other line changes.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from speckit_analysis.tables.vocabulary import is_known_stage

if TYPE_CHECKING:
    import msgspec

    from speckit_analysis.formats.file import EvidenceFile
    from speckit_analysis.formats.rows import Rows

ENTRY_POINT_GROUP = "speckit_analysis.formats"


def bullets(*notes: str) -> str:
    """Return notes on a format as its `about`."""
    return "\n" + "\n".join(f"- {note}" for note in notes)


@dataclass(frozen=True)
class Format:
    """How one family of evidence files is recognised and read.

    Parameters
    ----------
    name
        Short and unique, as it appears in ``files.format``.
    title
        What the format is, for people.
    endings
        Ends of file names; tried first because it is cheap.
    patterns
        Regular expressions, one of which the whole file name must match.  The groups
        ``spec``, ``stage``, ``agent`` and ``timestamp`` or ``session`` are used where present.
    folders
        Folders of the evidence root in which the format lives, such as ``consensus``;
        empty for anywhere.
    read
        Writes the rows of one file.  None where recognising is all there is to do.
    sniff
        Tells by the decoded content whether a file with a foreign name is of this format.
    certain
        Tells of a name that matches whether it is enough; where it is not, the content has to speak
        for the format as well.  None where every such name is enough.
    knows
        The same by the name and the bytes, for files that are no JSON object: a table, a list.
    schemas
        Structures that the format decodes, by name, for ``schema`` and ``validate``.
    finds_dry_runs
        `read` looks itself for records of dry runs; for other formats the content is searched.
    rank
        Formats with a lower rank are asked first.
    may_be_empty
        An empty file is as it should be.
    in_pieces
        `read` takes a file by ``decode_lines`` alone, so that one of any size can be read.
    yields
        A format that knows the file by its bytes goes first, for the name says little.
    binary
        `read` takes bytes that are no text.
    about
        For the documentation, as Markdown below a title: what becomes of the fields, what cannot be
        known, and the version that the reader was written for.
    """

    name: str
    title: str
    endings: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]
    folders: tuple[str, ...] = ()
    read: Callable[[EvidenceFile, Rows], None] | None = None
    sniff: Callable[[Mapping[str, Any]], bool] | None = None
    certain: Callable[[re.Match[str]], bool] | None = None
    knows: Callable[[str, bytes], bool] | None = None
    schemas: Mapping[str, type[msgspec.Struct]] = field(default_factory=dict)
    finds_dry_runs: bool = False
    rank: int = 50
    may_be_empty: bool = False
    in_pieces: bool = False
    yields: bool = False
    binary: bool = False
    about: str = ""

    def match(self, folder: str, name: str) -> re.Match[str] | None:
        """Match a file by the top folder of its evidence root and its name."""
        if not name.endswith(self.endings) or (self.folders and folder not in self.folders):
            return None
        for pattern in self.patterns:
            match = pattern.fullmatch(name)
            if match is not None:
                return match
        return None


def names_stage(match: re.Match[str]) -> bool:
    """Tell whether the name of a file holds a stage that is known: a ``certain`` of formats."""
    return is_known_stage(match["stage"])


def has_keys(*names: str) -> Callable[[Mapping[str, Any]], bool]:
    """Return a ``sniff`` that knows a format by the keys at the top of its content."""
    return lambda content: content.keys() >= set(names)


@cache
def formats() -> tuple[Format, ...]:
    """Return every format, ours and those of installed packages, in the order of asking."""
    foreign = [_load(entry) for entry in entry_points(group=ENTRY_POINT_GROUP)]
    found = sorted([*own_formats(), *foreign], key=lambda format: (format.rank, format.name))
    names = [format.name for format in found]
    if len(set(names)) < len(names):
        double = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"two formats are called {', '.join(double)}; give one another name")
    return tuple(found)


def own_formats() -> Iterator[Format]:
    """Yield the formats of this package."""
    package = import_module("speckit_analysis.formats")
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = import_module(info.name)
        yield from getattr(module, "FORMATS", ())
        if hasattr(module, "FORMAT"):
            yield module.FORMAT


def _load(entry: Any) -> Format:
    format = entry.load()
    if not isinstance(format, Format):
        raise TypeError(
            f"entry point {entry.name!r} of group {ENTRY_POINT_GROUP} is a"
            f" {type(format).__name__}; expected a speckit_analysis.formats.Format"
        )
    return format


def recognise(folder: str, name: str) -> tuple[Format, re.Match[str]] | None:
    """Return the format that a file's place and name speak for."""
    for format in formats():
        match = format.match(folder, name)
        if match is not None:
            return format, match
    return None


def recognise_bytes(name: str, data: bytes) -> Format | None:
    """Return the format that knows a file by its name and its bytes."""
    return next((f for f in formats() if f.knows is not None and f.knows(name, data)), None)


def recognise_content(content: Any) -> Format | None:
    """Return the format that a decoded JSON object looks like."""
    if not isinstance(content, dict):
        return None
    return next((f for f in formats() if f.sniff is not None and f.sniff(content)), None)


def schemas() -> dict[str, type[msgspec.Struct]]:
    """Return every declared structure by its name, such as ``telemetry-v2``."""
    return {name: struct for format in formats() for name, struct in format.schemas.items()}
