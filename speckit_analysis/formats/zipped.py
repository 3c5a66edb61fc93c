"""Entries of a zip archive, compressed with deflate or Zstandard, whole or torn off at its end."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

import pyarrow as pa

from speckit_analysis.formats import EvidenceFile

#: Larger entries are not unpacked, nor is what comes when so much of all is.
MOST_BYTES = 256 * 2**20
MOST_BYTES_OF_ALL = 16 * MOST_BYTES

_STORED, _DEFLATED, _ZSTANDARD = 0, 8, 93
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")


class Archive:
    """A file that is a zip archive; what cannot be unpacked is left out, and filed."""

    def __init__(self, file: EvidenceFile) -> None:
        self._file = file
        self._left = MOST_BYTES_OF_ALL
        self._entries = {info.filename: info for info in _listed(file)}

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def read(self, name: str) -> bytes | None:
        """Return the content of an entry; None where it cannot be unpacked."""
        try:
            content = _content(self._file.data, self._entries[name], min(self._left, MOST_BYTES))
        except (ValueError, struct.error, zlib.error, OSError) as error:
            message = f"entry {name}: {error}"
            self._file.problem(name, "incomplete_results", "error", message, "entry left out")
            self._file.state = "repaired"
            return None
        self._left -= len(content)
        return content


def _listed(file: EvidenceFile) -> list[zipfile.ZipInfo]:
    try:
        return zipfile.ZipFile(io.BytesIO(file.data)).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        found = list(_walked(file.data))
        message = "the archive has no directory at its end: its writer was interrupted"
        action = f"read the {len(found)} entries before"
        file.problem("", "incomplete_results", "error", message, action)
        file.state = "repaired" if found else "invalid"
        return found


def _walked(data: bytes) -> Iterator[zipfile.ZipInfo]:
    """Yield what the headers before the entries tell, up to the first that is not whole."""
    at = 0
    while data[at : at + 4] == b"PK\x03\x04" and at + _LOCAL_HEADER.size <= len(data):
        _, _, flags, method, *_, crc, packed, size, name, extra = _LOCAL_HEADER.unpack_from(
            data, at
        )
        begin = at + _LOCAL_HEADER.size
        end = begin + name + extra + packed
        if flags & 8 or end > len(data):  # the sizes stand behind the entry, or it is torn
            return
        info = zipfile.ZipInfo(data[begin : begin + name].decode("utf-8", "replace"))
        info.header_offset, info.compress_type, info.CRC = at, method, crc
        info.compress_size, info.file_size = packed, size
        yield info
        at = end


def _content(data: bytes, info: zipfile.ZipInfo, most: int) -> bytes:
    """Return an entry unpacked; `zipfile` knows Zstandard from Python 3.14 on only."""
    if info.file_size > most:
        raise ValueError(f"{info.file_size:,} bytes; more than {most:,} are not unpacked")
    *_, name, extra = _LOCAL_HEADER.unpack_from(data, info.header_offset)
    begin = info.header_offset + _LOCAL_HEADER.size + name + extra
    packed = data[begin : begin + info.compress_size]
    if info.compress_type == _DEFLATED:
        content = zlib.decompressobj(-15).decompress(packed, most)
    elif info.compress_type == _ZSTANDARD:
        with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
            content = stream.read(most)
    elif info.compress_type == _STORED:
        content = packed
    else:
        raise ValueError(f"compressed by method {info.compress_type}, which is not known")
    if zlib.crc32(content) != info.CRC:
        raise ValueError("damaged: its checksum is another one")
    return content
