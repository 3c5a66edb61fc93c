"""What a study's file holds, or a sentence that says where and why it cannot be read."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from pathlib import Path

import msgspec

from speckit_analysis.errors import EvidenceError

#: Files that unpack to more than this are none of a study's that we know.
MAX_BYTES = 256 * 2**20

_GZIP = b"\x1f\x8b"
_PLACE = re.compile(r"^(?P<what>.*?) - at `\$\[(?P<entry>\d+)\]\.?(?P<field>.*)`$", re.DOTALL)


def read_content(path: str | os.PathLike[str], title: str) -> bytes:
    """Return the bytes of a file, unpacked if it was packed by gzip.

    Parameters
    ----------
    path : path
        The file; whether it is packed is told by its first bytes, not by its name.
    title : str
        What the file is, for messages.

    Raises
    ------
    EvidenceError
        If it cannot be read or unpacked, is empty, or holds more than :data:`MAX_BYTES`.
    """
    try:
        with Path(path).open("rb") as file:
            packed = file.read(2) == _GZIP
            file.seek(0)
            with gzip.open(file) if packed else file as stream:
                content = stream.read(MAX_BYTES + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise EvidenceError(f"{title} {path}: damaged, cannot be unpacked: {error}") from None
    except OSError as error:
        raise EvidenceError(f"{title} {path}: {error.strerror or error}") from None
    if len(content) > MAX_BYTES:
        raise EvidenceError(f"{title} {path}: larger than 256 MiB, which none is")
    if not content.strip():
        raise EvidenceError(f"{title} {path}: the file is empty")
    return content


def misfit(error: msgspec.ValidationError) -> str:
    """Return what does not fit and where, with entries counted from 1.

    Examples
    --------
    >>> misfit(msgspec.ValidationError("Expected `int`, got `str` - at `$[3].test_cases`"))
    'entry 4, test_cases: expected `int`, got `str`'
    >>> misfit(msgspec.ValidationError("Expected `array`, got `object`"))
    'expected `array`, got `object`'
    """
    place = _PLACE.match(str(error))
    what = place["what"] if place else str(error)
    where = ""
    if place:
        field = f", {place['field']}" if place["field"] else ""
        where = f"entry {int(place['entry']) + 1}{field}: "
    return f"{where}{what[:1].lower()}{what[1:]}"
