"""Bytes to values: strictly typed where a file follows its schema, tolerantly where not.

The typed decoder is the fast path.  Only what it refuses is read again, field by field, and
everything that had to be repaired or left out is reported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin

import msgspec

from speckit_analysis.formats.redaction import shortened
from speckit_analysis.hand_files import marked_encoding

S = TypeVar("S", bound=msgspec.Struct)


class Finding(NamedTuple):
    """Something that decoding could not take at face value."""

    locator: str
    kind: str
    severity: str
    message: str
    action: str


Report = Callable[[Finding], None]


class Undecodable(ValueError):
    """The bytes hold no value that could be kept; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def decode(data: bytes, decoder: msgspec.json.Decoder[S], report: Report) -> S:
    """Decode `data` with `decoder`, or as much of it as can be kept.

    Raises
    ------
    Undecodable
        If the bytes are no JSON, or JSON that is not an object.
    """
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return convert(parse(data, report), decoder.type, report)


def parse(data: bytes, report: Report) -> Any:
    """Decode `data` to plain values, repairing known damage.

    Raises
    ------
    Undecodable
        If the bytes are no JSON.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _parse_damaged(data, report)


def is_json(data: bytes) -> bool:
    """Tell whether `data` is one JSON value, whatever its fields."""
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return True


def _parse_damaged(data: bytes, report: Report) -> Any:
    text = decoded_text(data, report)
    try:
        return _loads(text, report)
    except RecursionError:
        raise Undecodable(
            Finding("", "invalid_json", "error", "nested too deeply to be read", "file left out")
        ) from None
    except ValueError as error:
        if getattr(error, "msg", "") == "Extra data":  # another record, or what it was written over
            value, _ = _WHOLE.raw_decode(text.lstrip())
            if isinstance(value, dict):
                report(_invalid(error, "read what stands before; the rest of the file is left out"))
                return clean_text(value)
        repaired = _escape_inner_quotes(text)
        if repaired != text:
            try:
                value = _loads(repaired, report)
            except (ValueError, RecursionError):
                value = None
            if value is not None:
                report(_invalid(error, "escaped the inner quotes and read it"))
                return value
        raise Undecodable(_invalid(error, "file left out")) from None


def _loads(text: str, report: Report) -> Any:
    constants: list[str] = []

    def constant(name: str) -> None:
        constants.append(name)

    value = json.loads(text, parse_constant=constant, strict=False)
    if constants:
        message = f"holds {', '.join(sorted(set(constants)))}, which is not JSON"
        report(Finding("", "not_a_number", "warning", message, "treated as missing"))
    return clean_text(value)


# Without a mark, JSON begins with two characters of ASCII (RFC 4627): which of four bytes are zero?
_BY_ZEROS: dict[tuple[bool, ...], str] = {
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
}


def as_utf8(data: bytes, report: Report) -> bytes:
    """Return text in UTF-16 or UTF-32, or with a byte order mark, as plain UTF-8."""
    encoding = marked_encoding(data)
    message = f"starts with a {encoding} mark"
    if encoding is None:
        guessed = _BY_ZEROS.get(tuple(byte == 0 for byte in data[:4]))
        if guessed is None or data.lstrip(b"\x00 \t\r\n")[:1] not in (b"{", b"["):
            return data
        encoding, message = guessed, f"written in {guessed} without a mark"
    report(Finding("", "encoding", "info", message, "read as such"))
    return decoded_text(data, report, encoding).encode()


def decoded_text(data: bytes, report: Report, encoding: str = "utf-8") -> str:
    """Return `data` as text; what is none becomes a sign for that, and a finding."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        message = f"invalid {encoding.upper()} at byte {error.start}"
        report(Finding("", "encoding", "warning", message, "replaced the byte by �"))
        return data.decode(encoding, "replace")


class Part(NamedTuple):
    """A whole JSON value within a text, or what is none."""

    line: int  #: counted from 1, of its beginning
    begin: int
    end: int
    error: str | None  #: why it is no value; None for one that is whole


class _Plain(str):
    """A text in which errors are not located: to count its lines each time is quadratic."""

    def count(self, *_: Any) -> int:
        return 0

    def rfind(self, *_: Any) -> int:
        return -1


_WHOLE = json.JSONDecoder(strict=False, parse_constant=lambda _: None)
_OPENING = re.compile(r'\{(?=\s*["}])|\[(?=\s*\{)')
# Between records: what tools that join files leave there is no part of any.
_CONTENT = re.compile(r"[^\s\ufeff\x00\x1e,]")


def whole_values(text: str, *, fragments: bool = True) -> Iterator[tuple[int, int, Any]]:
    """Yield where each whole object or list of objects in `text` begins and ends, and its value.

    Nothing within a whole one is another.  Without `fragments`, nothing within a torn one is
    either, unless it begins a line.  The work is bounded by the length of the text: what opens
    objects over and over and closes none of them is given up.
    """
    plain, place, torn, effort = _Plain(text), 0, 0, 8 * len(text) + 4096
    while effort > 0 and (opening := _OPENING.search(text, place)):
        begin = opening.start()
        if begin < torn and not fragments and text[begin - 1] != "\n":
            place = begin + 1
            continue
        try:
            value, place = _WHOLE.raw_decode(plain, begin)
        except json.JSONDecodeError as error:
            effort -= error.pos - begin + 64
            place, torn = begin + 1, max(torn, error.pos)
        except (ValueError, RecursionError):
            effort -= len(text) - begin + 64
            place = begin + 1
        else:
            yield begin, place, value


def parts(text: str, struct: type[msgspec.Struct]) -> Iterator[Part]:
    """Take a text of records one after another apart, whether each stands on one line or not.

    A record that is torn ends with its line.  A whole object behind it there is a record if it has
    most of the fields that `struct` requires; other objects are fragments of the torn one.
    """
    fields = msgspec.structs.fields(struct)
    required = {field.encode_name for field in fields if field.required}
    required = required or {field.encode_name for field in fields}
    plain, place, line, effort = _Plain(text), 0, 1, 8 * len(text) + 4096
    while content := _CONTENT.search(text, place):
        line += text.count("\n", place, content.start())
        begin = content.start()
        stop = text.find("\n", begin)
        stop = len(text) if stop < 0 else stop
        # A record may go on over lines, as long as that is tried in vain not too often.
        source, start = (plain, begin) if effort > 0 else (_Plain(text[begin:stop]), 0)
        try:
            value, end = _WHOLE.raw_decode(source, start)
            error = None if isinstance(value, dict) else "an object was expected"
        except (ValueError, RecursionError) as raised:
            error = getattr(raised, "msg", None) or str(raised)
            effort -= getattr(raised, "pos", len(source)) - start + 64
        if error is None:
            place = begin + end - start
            yield Part(line, begin, place, None)
            line += text.count("\n", begin, place)
            continue
        place = stop
        torn = begin
        for start, end, value in whole_values(text[begin:stop]):
            if isinstance(value, dict) and 2 * len(required & value.keys()) > len(required):
                if _CONTENT.search(text, torn, begin + start):
                    yield Part(line, torn, begin + start, error)
                yield Part(line, begin + start, begin + end, None)
                torn = begin + end
        if _CONTENT.search(text, torn, stop):
            yield Part(line, torn, stop, error)


def _invalid(error: ValueError, action: str) -> Finding:
    if isinstance(error, json.JSONDecodeError):
        locator = f"line {error.lineno} column {error.colno}"
        return Finding(
            locator, "invalid_json", "error", f"not JSON: {error.msg} at {locator}", action
        )
    # Python refuses integers of thousands of digits.
    return Finding("", "invalid_json", "error", f"not JSON that can be read: {error}", action)


_NOTE = re.compile(r'^([^\S\n]*+"note":\s*")(.*)("[^\S\n]*+(?:,[^\S\n]*+)?)$', re.MULTILINE)


def _escape_inner_quotes(text: str) -> str:
    """Escape the quotes inside ``"note"``, which upstream's shell scripts forgot to."""
    return _NOTE.sub(lambda m: m[1] + re.sub(r'(?<!\\)"', r'\\"', m[2]) + m[3], text)


def clean_text(value: Any) -> Any:
    """Return `value` with lone surrogates, which no encoder accepts, replaced."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode() if not value.isascii() else value
    if isinstance(value, list):
        return [clean_text(item) for item in value]
    if isinstance(value, dict):
        return {clean_text(key): clean_text(item) for key, item in value.items()}
    return value


def convert(value: Any, struct: type[S], report: Report, pointer: str = "") -> S:
    """Build a `struct` from plain values, leaving out and reporting what does not fit.

    Raises
    ------
    Undecodable
        If `value` is not an object.
    """
    if not isinstance(value, dict):
        message = f"expected an object, found {_kind(value)}"
        raise Undecodable(Finding(pointer, "mistyped_field", "error", message, "left out"))
    known = _fields(struct)
    if not pointer and not any(field.encode_name in value for field in known):
        message = "none of the fields of this format is here"
        raise Undecodable(Finding("", "missing_field", "error", message, "left out"))
    fields: dict[str, Any] = {}
    for field in known:
        place = f"{pointer}/{pointer_token(field.encode_name)}"
        if field.encode_name in value:
            fields[field.name] = _convert_field(value[field.encode_name], field, report, place)
        elif field.required:
            message = f"required field {field.encode_name!r} is missing"
            report(Finding(place, "missing_field", "error", message, "treated as missing"))
            fields[field.name] = None
        else:
            fields[field.name] = _default(field)
    return struct(**fields)


# Looking at a structure's annotations takes longer than reading a record.
_fields = cache(msgspec.structs.fields)


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def _convert_field(value: Any, field: msgspec.structs.FieldInfo, report: Report, place: str) -> Any:
    try:
        return _convert_value(value, field.type, report, place)
    except Undecodable as error:
        message = f"{field.encode_name!r}: {error}"
        report(Finding(place, "mistyped_field", "error", message, "treated as missing"))
        return None if field.required else _default(field)


def _convert_value(value: Any, annotation: Any, report: Report, place: str) -> Any:
    """Return `value` as what `annotation` allows, without the parts of it that do not fit."""
    try:
        return msgspec.convert(value, annotation)
    except (msgspec.ValidationError, RecursionError) as error:
        for kind in _alternatives(annotation):
            meant = _meant(value, kind, place)
            if meant is not None:
                shown = f"{meant:,.15g}" if isinstance(meant, float) else f"{meant:,}"
                shown = str(meant).lower() if isinstance(meant, bool) else shown
                message = f"{_shown(value)} where {_type_name(kind)} belongs"
                report(Finding(place, "loosely_typed", "info", message, f"read as {shown}"))
                return meant
            if isinstance(value, dict) and _is_struct(kind):
                return convert(value, kind, report, place)
            if isinstance(value, dict) and get_origin(kind) is dict:
                named = (
                    (name, f"{place}/{pointer_token(name)}", item) for name, item in value.items()
                )
                return dict(_fitting(named, get_args(kind)[1], report))
            if isinstance(value, list) and get_origin(kind) is list:
                counted = ((n, f"{place}/{n}", item) for n, item in enumerate(value))
                return [item for _, item in _fitting(counted, get_args(kind)[0], report)]
        message = f"{str(error).rstrip('.')}; found {_shown(value)}"
        raise Undecodable(Finding(place, "mistyped_field", "error", message, "left out")) from None


_NUMBER = re.compile(
    r"""(?:USD\s?|(?P<dollar>\$))?
    (?P<number>[+-]?\d+(?:\.\d*)?(?:e[+-]?\d{1,3})?       # as programs write it
    |[+-]?[1-9]\d{0,2}(?:(?P<mark>[,'_\s])\d{3})(?:(?P=mark)\d{3})*(?:\.\d+)?  # grouped
    |[+-]?\d+,\d+)                                       # a decimal comma
    \s?(?P<unit>ms|tokens?|USD)?""",
    re.VERBOSE | re.IGNORECASE,
)
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _meant(value: Any, kind: Any, place: str) -> Any:
    """Return the count, amount or flag that `value` spells otherwise; None for what is none.

    What can be read in two ways, such as ``"1.234"`` where a count belongs, is none.
    """
    base = _base(kind)
    if base is bool and isinstance(value, str | int):
        return _FLAGS.get(str(value).strip().lower())
    if base not in (int, float) or not isinstance(value, str | float):
        return None
    number = value if isinstance(value, float) else _number(value.strip(), base, place)
    try:
        meant = None if number is None else base(number)
        return None if base is int and meant != number else msgspec.convert(meant, kind)
    except (msgspec.ValidationError, OverflowError, ValueError):  # beyond what it may be
        return None


def _number(text: str, base: type, place: str) -> Decimal | None:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    number, mark, unit = match["number"], match["mark"], (match["unit"] or "").lower()
    money = match["dollar"] or "usd" in text.lower()
    if (money and base is int) or (unit == "ms") > place.endswith("_ms"):
        return None
    if unit.startswith("token") and base is float:
        return None
    grouped = number.replace(mark, "") if mark else number
    point = r"\." if base is int else ","
    twofold = re.fullmatch(rf"[+-]?[1-9]\d{{0,2}}{point}\d{{3}}", number)
    return None if twofold else Decimal(grouped.replace(",", "."))


def _type_name(kind: Any) -> str:
    return {int: "a whole number", float: "a number", bool: "true or false"}[_base(kind)]


def _base(kind: Any) -> Any:
    """Return a type without what it is annotated with, such as its limits."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _fitting(
    items: Iterable[tuple[Any, str, Any]], annotation: Any, report: Report
) -> Iterator[tuple[Any, Any]]:
    """Yield the key and the value of every item that fits; report the others."""
    for key, place, item in items:
        try:
            yield key, _convert_value(item, annotation, report, place)
        except Undecodable as error:
            report(error.finding)


@cache
def _alternatives(annotation: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the one type that `annotation` is."""
    if get_origin(annotation) in (Union, UnionType):
        return tuple(kind for part in get_args(annotation) for kind in _alternatives(part))
    return (annotation,)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def pointer_token(name: str) -> str:
    """Return `name` as a part of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def _kind(value: Any) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "a boolean",
        type(None): "null",
    }
    return names.get(type(value), "a number")


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shortened(shown, 57)}…"
