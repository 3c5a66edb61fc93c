"""Files to rows: one chunk of files is opened, recognised, decoded and written as columns."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import IO, Any

import msgspec
import pyarrow as pa

from speckit_analysis.evidence.discovery import Folder, shown
from speckit_analysis.evidence.memory import no_garbage_collection
from speckit_analysis.formats import (
    EvidenceFile,
    Format,
    Rows,
    recognise,
    recognise_bytes,
    recognise_content,
)
from speckit_analysis.formats.decoding import Undecodable, as_utf8, parse, whole_values
from speckit_analysis.formats.mapped import NO_MAP, TableMap

Batches = dict[str, list[pa.RecordBatch]]

#: Files in a chunk: enough to make columns pay, few enough to keep memory and progress small.
CHUNK_FILES = 2000

#: Larger files are listed and not read.
MAX_BYTES = 64 * 2**20

# Written once a file: a tuple takes a tenth of the time that a name for each value would.
FILE_COLUMNS = (
    *("format", "parse_state", "bytes", "sha256", "spec_id"),
    *("stage_raw", "agent_raw", "timestamp_raw"),
)

_BINARY_MARKS = (
    b"SQLite format 3\x00",
    b"\x1f\x8b",
    b"PK\x03\x04",
    b"\x7fELF",
    b"\x89PNG",
    b"%PDF",
)
_DRY_RUN_NAME = re.compile(r"(?<![^_.-])dry[_-]?run(?![^_.-])", re.IGNORECASE)
_SAYS_NOTHING = dict[str, str]().get
_ZSTANDARD = b"\x28\xb5\x2f\xfd"
_UNPACKED_AT_ONCE = 1 << 16
_PIECE = 1 << 24
_FIRST_READ = 1 << 14  # most files are smaller
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)


def chunks(folders: list[Folder], size: int = CHUNK_FILES) -> Iterator[list[Folder]]:
    """Cut folders into lists of folders that hold about `size` files."""
    chunk: list[Folder] = []
    room = size
    for folder in folders:
        start = 0
        while start < len(folder.names):
            names = folder.names[start : start + room]
            chunk.append(replace(folder, first=folder.first + start, names=names))
            start += len(names)
            room -= len(names)
            if room == 0:
                yield chunk
                chunk, room = [], size
    if chunk:
        yield chunk


def read_chunk(
    chunk: list[Folder], max_bytes: int = MAX_BYTES, tables: TableMap = NO_MAP
) -> Batches:
    """Read every file of `chunk` and return its rows as Arrow batches, by table."""
    rows = Rows()
    with no_garbage_collection():
        for folder in chunk:
            _read_folder(folder, rows, max_bytes, tables)
        return rows.take()


def _read_folder(folder: Folder, rows: Rows, max_bytes: int, tables: TableMap) -> None:
    try:
        directory = os.open(folder.path, os.O_RDONLY)
    except OSError as error:  # it went away since it was listed
        for number, _ in enumerate(folder.names, start=folder.first):
            _list_unreadable(rows, number, folder, error)
        return
    try:
        for number, name in enumerate(folder.names, start=folder.first):
            _read_file(directory, folder, number, name, rows, max_bytes, tables)
    finally:
        os.close(directory)


def _read_file(
    directory: int,
    folder: Folder,
    number: int,
    name: str,
    rows: Rows,
    max_bytes: int,
    tables: TableMap,
) -> None:
    try:
        data, size = _slurp(directory, name, max_bytes)
        in_pieces = data is None and name.endswith(".jsonl")
        if in_pieces and _read_in_pieces(directory, folder, number, name, rows, max_bytes):
            return
    except OSError as error:
        _list_unreadable(rows, number, folder, error)
        return
    name = shown(name)
    mapped = tables.format_of(name) if tables.files else None
    format, match = (mapped, None) if mapped else recognise(folder.top, name) or (None, None)
    if data is None:
        message = f"{size:,} bytes; files of more than {max_bytes:,} bytes are not read"
        rows.problem(number, "", "too_large", "error", message, "listed in files")
        _list_file(rows, number, folder, "too_large", size)
        return
    unpacked = _unpacked(name, data, number, rows)
    place = (folder.path, folder.content)
    file = EvidenceFile(number, name, folder.spec, match, unpacked, rows, *place)
    format = _read(file, format, rows)
    digest = hashlib.sha256(data).hexdigest()
    _list_file(rows, number, folder, file.state, size, digest, format, file.group)


def _read_in_pieces(
    directory: int, folder: Folder, number: int, name: str, rows: Rows, max_bytes: int
) -> bool:
    """Read a log that is too large to be held, some lines at a time; tell whether it is one."""
    with os.fdopen(os.open(name, _FLAGS, dir_fd=directory), "rb") as stream:
        name = shown(name)
        digest = hashlib.sha256()
        pieces = _pieces(stream, min(max_bytes, _PIECE), digest.update)
        first = next(pieces)
        found = recognise(folder.top, name)
        format, match = found if found is not None else (recognise_bytes(name, first), None)
        if format is None or format.read is None or not format.in_pieces:
            return False
        place = (folder.path, folder.content)
        file = EvidenceFile(number, name, folder.spec, match, first, rows, *place, pieces)
        _read(file, format, rows)
        state = (file.state, stream.tell(), digest.hexdigest())
    _list_file(rows, number, folder, *state, format, file.group)
    return True


def _pieces(
    stream: IO[bytes], piece_bytes: int, note: Callable[[bytes], object]
) -> Iterator[bytes]:
    """Yield what `stream` holds, cut at ends of lines, about so many bytes at a time."""
    rest = b""
    while part := stream.read(piece_bytes):
        note(part)
        whole, end, rest = (rest + part).rpartition(b"\n")
        if end:
            yield whole + end
        elif len(rest) > MAX_BYTES:  # no line of a log is as long
            yield rest
            rest = b""
    yield rest


def _unpacked(name: str, data: bytes, number: int, rows: Rows) -> bytes:
    """Return what a packed list of a public study or a packed log holds; all else as it is."""
    if name.endswith(".jsonl.zst") and data.startswith(_ZSTANDARD):
        return _unpacked_log(data, number, rows)
    if not (name.endswith(".json.gz") and data.startswith(b"\x1f\x8b")):
        return data
    try:
        content = zlib.decompressobj(31).decompress(data, MAX_BYTES)
    except zlib.error:
        return data
    return content if recognise_bytes(name, content) is not None else data


def _unpacked_log(data: bytes, number: int, rows: Rows) -> bytes:
    """Return what Zstandard packed, as far as it goes: a log may be packed right now."""
    content = bytearray()
    with pa.CompressedInputStream(pa.BufferReader(data), "zstd") as stream:
        try:
            while part := stream.read(_UNPACKED_AT_ONCE):
                content += part
                if len(content) > MAX_BYTES:
                    message = f"unpacked, the file is larger than {MAX_BYTES:,} bytes"
                    rows.problem(number, "", "too_large", "error", message, "read what comes first")
                    break
        except OSError as error:
            message = f"the packed file ends too early: {error}"
            rows.problem(number, "", "unreadable", "error", message, "read what comes before")
    return bytes(content)


def _list_unreadable(rows: Rows, number: int, folder: Folder, error: OSError) -> None:
    message = f"cannot be read: {error.strerror}"
    rows.problem(number, "", "unreadable", "error", message, "listed in files")
    _list_file(rows, number, folder, "unreadable")


def _slurp(directory: int, name: str, max_bytes: int) -> tuple[bytes | None, int]:
    """Return a file's bytes and size; None for the bytes of a file over the limit."""
    descriptor = os.open(name, _FLAGS, dir_fd=directory)
    try:
        data = os.read(descriptor, _FIRST_READ)
        if len(data) < _FIRST_READ:
            return (data if len(data) <= max_bytes else None), len(data)
        status = os.fstat(descriptor)
        if status.st_size > max_bytes or not stat.S_ISREG(status.st_mode):
            return None, status.st_size
        with os.fdopen(os.dup(descriptor), "rb") as stream:
            stream.seek(0)
            data = stream.read(max_bytes)
        return data, len(data)
    finally:
        os.close(descriptor)


def _read(file: EvidenceFile, format: Format | None, rows: Rows) -> Format | None:
    """Let the format read the file; return the format that it turned out to be."""
    named, match = format, file.match
    data = file.data
    try:
        if match is not None and named is not None and named.certain and not named.certain(match):
            format = None
            file.rename(None)
        text = (data[:1] == b"{" and b"\x00" not in data[:1024]) or (format and format.binary)
        if not text and not _is_text(file, format):
            return format
        if format is not None and format.yields:
            format = recognise_bytes(file.name, file.data) or format
        if format is None:
            format = _recognise_by_content(file)
            if format is not None and format is named:
                file.rename(match)
        if format is not None and format.read is not None and not _is_dry_run(file, format):
            format.read(file, rows)
    except (RecursionError, OverflowError) as error:
        file.state = "invalid"
        message = f"cannot be read: {error}"
        file.problem("", "invalid_json", "error", message, "file left out")
    except Exception as error:  # a format of someone else's must not stop the load
        file.state = "invalid"
        what = f"format {format.name!r}" if format else "telling its format by its content"
        message = f"{what} failed: {type(error).__name__}: {error}"
        action = "rows written before are kept"
        file.problem("", "format_failed", "error", message, action)
    return format


def _is_dry_run(file: EvidenceFile, format: Format) -> bool:
    """Tell whether a file records what a writer would have done; file a problem if so."""
    if "dry" in file.name and _DRY_RUN_NAME.search(file.name):
        return file.is_dry_run(True, None)
    if format.finds_dry_runs or b"dry" not in file.data:
        return False
    try:
        content = msgspec.json.decode(file.data, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    flagged = any(content.get(name) is True for name in ("dry_run", "dryRun", "dry-run"))
    return file.is_dry_run(flagged, content.get("mode"))


def _is_text(file: EvidenceFile, format: Format | None) -> bool:
    """Tell whether there is any text to read; file a problem where there should be."""
    data = file.data = as_utf8(file.data, lambda finding: file.problem(*finding))
    if not data.strip():
        if format is None or not format.may_be_empty:
            file.state = "empty"
            file.problem("", "empty_file", "warning", "the file is empty", "listed in files")
        return False
    binary = data.startswith(_BINARY_MARKS) or b"\x00" in data[:1024]
    if not binary:
        return True
    file.state = "binary"
    if file.name.endswith((".json", ".jsonl", ".md", ".txt")):
        message = "binary content under the name of a text file"
        file.problem("", "binary_file", "error", message, "listed in files")
    return False


def _recognise_by_content(file: EvidenceFile) -> Format | None:
    known = recognise_bytes(file.name, file.data)
    if known is not None or not file.name.endswith((".json", ".jsonl")):
        return known
    many = file.name.endswith(".jsonl")
    data = file.data.strip().split(b"\n", 1)[0] if many else file.data
    findings: list[object] = []
    try:
        format = recognise_content(parse(data, findings.append))
    except Undecodable as error:
        # The first record is torn, or others stand on its line.
        others = whole_values(file.data.decode("utf-8", "replace")) if many else ()
        several = [format for *_, value in others if (format := recognise_content(value))]
        if several:
            return min(several, key=lambda format: format.rank)
        file.problem(*error.finding)
        file.state = "invalid"
        return None
    if format is None:
        message = "neither the name nor the content is of a known format"
        file.problem("", "unrecognised_file", "info", message, "listed in files")
    return format


def _list_file(
    rows: Rows,
    number: int,
    folder: Folder,
    state: str,
    size: int | None = None,
    digest: str | None = None,
    format: Format | None = None,
    said: Callable[[str], str | None] = _SAYS_NOTHING,
) -> None:
    """Write the row of a file in ``files``; `said` tells what its name says."""
    name = format.name if format is not None else "unrecognised"
    in_name = (said("stage"), said("agent"), said("timestamp") or said("session"))
    row = (name, state, size, digest, folder.spec or said("spec"), *in_name)
    rows.writer("files", FILE_COLUMNS)((number, "", *row))
