"""Bytes to values: strictly typed where a file follows its schema, tolerantly where not.

The typed decoder is the fast path.  Only what it refuses is read again, field by field, and
everything that had to be repaired or left out is reported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from types import UnionType
from typing import Any, NamedTuple, TypeVar, Union, get_args, get_origin

import msgspec

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


def _parse_damaged(data: bytes, report: Report) -> Any:
    text = _text(data, report)
    try:
        return _loads(text, report)
    except RecursionError:
        raise Undecodable(
            Finding("", "invalid_json", "error", "nested too deeply to be read", "file left out")
        ) from None
    except ValueError as error:
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


def _text(data: bytes, report: Report) -> str:
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            report(
                Finding("", "encoding", "info", f"starts with a {encoding} mark", "read as such")
            )
            return data.decode(encoding, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        message = f"invalid UTF-8 at byte {error.start}"
        report(Finding("", "encoding", "warning", message, "replaced the byte by �"))
        return data.decode("utf-8", "replace")


def _invalid(error: ValueError, action: str) -> Finding:
    if isinstance(error, json.JSONDecodeError):
        locator = f"line {error.lineno} column {error.colno}"
        return Finding(
            locator, "invalid_json", "error", f"not JSON: {error.msg} at {locator}", action
        )
    # Python refuses integers of thousands of digits.
    return Finding("", "invalid_json", "error", f"not JSON that can be read: {error}", action)


_NOTE = re.compile(r'^(\s*"note":\s*")(.*)("\s*,?\s*)$', re.MULTILINE)


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
    known = msgspec.structs.fields(struct)
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
    return shown if len(shown) <= 60 else f"{shown[:57]}…"
