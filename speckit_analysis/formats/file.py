"""One evidence file as its format sees it: its place, its name and its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from typing import Annotated, Any, TypeVar

import msgspec

from speckit_analysis.formats.decoding import (
    Finding,
    Part,
    Undecodable,
    convert,
    decode,
    decoded_text,
    is_json,
    parse,
    parts,
)
from speckit_analysis.formats.rows import Rows
from speckit_analysis.tables.timestamps import canonical
from speckit_analysis.tables.vocabulary import TEMPLATE_LITERAL

S = TypeVar("S", bound=msgspec.Struct)

#: A count of something; larger than this is damage, and no integer column could hold it.
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]

#: A sum of counts; upstream's Python writes it as ``540.0``.
Total = Count | Annotated[float, msgspec.Meta(ge=0, le=2**53)]

#: Milliseconds, seconds or US dollars: never negative, never infinite.
Amount = Annotated[float, msgspec.Meta(ge=0, le=1e15)]

#: A score on whatever scale the writer uses.
Score = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]

_DRY_RUN = re.compile(r"dry[ _-]?run", re.IGNORECASE)
_NOTHING: dict[str, str | None] = {}


class EvidenceFile:
    """A file handed to a format."""

    __slots__ = (
        "_rows",
        "_said",
        "content",
        "data",
        "folder",
        "match",
        "more",
        "name",
        "number",
        "spec",
        "state",
    )

    def __init__(
        self,
        number: int,
        name: str,
        spec: str | None,
        match: re.Match[str] | None,
        data: bytes,
        rows: Rows,
        folder: str = "",
        content: bool = False,
        more: Iterable[bytes] | None = None,
    ) -> None:
        self.number = number  #: number of the file in this load; every row begins with it
        self.name = name  #: without folders
        self.content = content  #: prompts and answers are wanted
        self.folder = folder  #: that holds it, for what its name says; never opened
        self.spec = spec  #: from the path; None where it does not tell
        self.rename(match)
        self.data = data
        self.more = more  #: whole lines that follow upon `data`, of a file too large to be held
        self.state = "ok"  #: until something had to be repaired or left out
        self._rows = rows

    def rename(self, match: re.Match[str] | None) -> None:
        """Take what the file's name says from `match`; nothing where it is None."""
        self.match = match
        self._said = match.groupdict() if match is not None else _NOTHING

    def group(self, name: str) -> str | None:
        """Return what the file's name says about `name`, None where it does not."""
        return self._said.get(name)

    def decode(self, decoder: msgspec.json.Decoder[S]) -> S | None:
        """Decode the whole file; None, with a problem filed, where that cannot be done."""
        return self._decode(self.data, decoder, "")

    def parse(self) -> Any:
        """Decode the whole file to plain values; None, with a problem filed, if it cannot be."""
        try:
            return parse(self.data, lambda finding: self._report(finding, ""))
        except Undecodable as error:
            self._report(error.finding, "")
            self.state = "invalid"
            return None

    def text(self) -> str:
        """Return the bytes as text; what is no UTF-8 is replaced, with a problem filed."""
        return decoded_text(self.data, lambda finding: self._report(finding, ""))

    def decode_part(self, data: bytes, decoder: msgspec.json.Decoder[S], place: str) -> S | None:
        """Decode a part of the file, such as an archive's entry; `place` begins its locators."""
        return self._decode(data, decoder, place)

    def convert(self, value: Any, struct: type[S], locator: str) -> S | None:
        """Build a struct from plain values, as far as they fit; None where they are no object."""
        try:
            return convert(value, struct, lambda finding: self._report(finding, ""), locator)
        except Undecodable as error:
            self._report(error.finding, "")
            return None

    def decode_lines(self, decoder: msgspec.json.Decoder[S]) -> Iterable[tuple[str, S]]:
        """Decode a JSON or JSON Lines file, with the start of each value's locator."""
        if self.more is not None:
            return self._decode_pieces(chain([self.data], self.more), decoder)
        try:
            return (("", decoder.decode(self.data)),)  # one value, as it should be
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return self._decode_each(self.data, 1, decoder)

    def _decode_pieces(
        self, pieces: Iterable[bytes], decoder: msgspec.json.Decoder[S]
    ) -> Iterator[tuple[str, S]]:
        first = 1
        for piece in pieces:
            yield from self._decode_each(piece, first, decoder)
            first += piece.count(b"\n")

    def _decode_each(
        self, data: bytes, first: int, decoder: msgspec.json.Decoder[S]
    ) -> Iterator[tuple[str, S]]:
        """Decode records in `data`, whose lines are counted from `first`."""
        end = b"\n" if b"\n" in data else b"\r"
        if end not in data.strip():
            yield from self._take_apart(data, first, decoder)
            return
        lines = data.split(end)
        for number, line in enumerate(lines, start=first):
            if line.isspace() or not line:
                continue
            try:
                yield f"L{number}", decoder.decode(line)
                continue
            except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
                if not is_json(line):
                    # Records may stand over several lines from here on, or several on one.
                    rest = b"\n".join(lines[number - first :])
                    yield from self._take_apart(rest, number, decoder)
                    return
            value = self._decode(line, decoder, f"L{number}")
            if value is not None:
                yield f"L{number}", value

    def _take_apart(
        self, data: bytes, first: int, decoder: msgspec.json.Decoder[S]
    ) -> Iterator[tuple[str, S]]:
        """Decode what stands whole in `data`, whose lines are counted from `first`."""
        text = data.decode("utf-8", "replace")
        found = list(parts(text, decoder.type))
        if first == 1 and (len(found) == 1 or all(part.error for part in found)):
            value = self._decode(data, decoder, "")  # one value, or damage that can be mended
            if value is not None:
                yield "", value
            return
        if text.encode() != data:
            message, action = "bytes that are not UTF-8", "replaced each by �"
            self.problem(f"L{first}", "encoding", "warning", message, action)
        for line, on_line in groupby(found, lambda part: part.line):
            yield from self._take_line(list(on_line), text, f"L{first + line - 1}", decoder)

    def _take_line(
        self, on_line: list[Part], text: str, place: str, decoder: msgspec.json.Decoder[S]
    ) -> Iterator[tuple[str, S]]:
        """Decode the whole records that begin on a line; file problems of what else it holds."""
        whole = [part for part in on_line if part.error is None]
        if len(whole) > 1:
            message = f"{len(whole)} records on one line"
            self._report(Finding(place, "invalid_json", "warning", message, "read each"), "")
        for part in on_line:
            if part.error is not None:
                column = part.begin - text.rfind("\n", 0, part.begin)
                message = f"not JSON: {part.error} in what begins at column {column}"
                ends = part is on_line[-1]
                action = (
                    "rest of the line left out" if ends else "left out; read the rest of the line"
                )
                action = action if whole else "line left out"
                where = f"{place} column {column}"
                self._report(Finding(where, "invalid_json", "error", message, action), "")
                self.state = "invalid"
        for number, part in enumerate(whole, start=1):
            prefix = place if number == 1 else f"{place}.{number}"
            value = self._decode(text[part.begin : part.end].encode(), decoder, prefix)
            if value is not None:
                yield prefix, value

    def _decode(self, data: bytes, decoder: msgspec.json.Decoder[S], prefix: str) -> S | None:
        try:
            return decode(data, decoder, lambda finding: self._report(finding, prefix))
        except Undecodable as error:
            self._report(error.finding, prefix)
            self.state = "invalid"
            return None

    def _report(self, finding: Finding, prefix: str) -> None:
        locator, *rest = finding
        self._rows.problem(self.number, f"{prefix}{locator}" if prefix else locator, *rest)
        if finding.severity != "info":
            self.state = "mistyped" if finding.kind.endswith("_field") else "repaired"

    def problem(self, locator: str, kind: str, severity: str, message: str, action: str) -> None:
        """File a problem of this file."""
        self._rows.problem(self.number, locator, kind, severity, message, action)

    def is_dry_run(self, flagged: bool | None, mode: Any, locator: str = "") -> bool:
        """Tell whether a record says that nothing took place; file a problem if so."""
        said = flagged or (isinstance(mode, str) and _DRY_RUN.fullmatch(mode) is not None)
        if said:
            message = "a dry run: nothing took place"
            self.problem(locator, "dry_run", "info", message, "no row made of it")
        return bool(said)

    def check_version(self, found: object, known: tuple[object, ...], locator: str) -> None:
        """File a problem if the schema version is not one of those that are known."""
        if found not in known:
            expected = " or ".join(repr(version) for version in known)
            message = f"unknown schema version {found!r}; expected {expected}"
            self.problem(
                locator, "unknown_schema_version", "warning", message, "read as far as it fits"
            )

    def identity(
        self, path: str | None, content: str | None, field: str, prefix: str = ""
    ) -> str | None:
        """Choose between what the path and the content say of `field`; the path wins.

        A content that is an unexpanded template literal, or that contradicts the path, is a
        problem; `prefix` is the start of its locator.
        """
        if content is not None and "${" in content and TEMPLATE_LITERAL.search(content):
            message = f"{field} is the unexpanded template literal {content!r}"
            action = f"took {path!r} from the path" if path else "treated as missing"
            self.problem(f"{prefix}/{field}", "template_literal", "error", message, action)
            return path
        if path is None:
            return content
        if content is not None and content != path and canonical(content) != canonical(path):
            message = f"{field} is {content!r} but the path says {path!r}"
            place = f"{prefix}/{field}"
            self.problem(place, "identity_differs", "warning", message, f"took {path!r}")
        return path


def length(items: list[Any] | None) -> int | None:
    """Return how many items there are; None where there is no list."""
    return None if items is None else len(items)


def names_absolute_path(artifacts: list[Any] | None) -> bool:
    """Tell whether the first artifact, a path or an object with one, is an absolute path."""
    first = artifacts[0] if artifacts else None
    path = first.get("path") if isinstance(first, dict) else first
    return isinstance(path, str) and path.startswith("/")
