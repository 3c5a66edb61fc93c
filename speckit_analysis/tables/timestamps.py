"""Every spelling of a timestamp that evidence holds, read as UTC nanoseconds.

Spellings found: ``2025-10-05T04:31:14Z``, fractions of up to nine digits, offsets,
``2025-11-10 22:46:15`` and ``2025-12-26 17:42 UTC`` (naive means UTC), seconds since 1970 or
thousandths, millionths and billionths of them,
and in names ``20251028_131403``, ``20251005T030032Z``, ``20250928T1800Z``,
``20250929-114636Z``, ``2025-10-14T16-19-16Z`` and ``2025-10-07T00_00_00Z``.
"""

from __future__ import annotations

import re
from calendar import timegm
from datetime import UTC, datetime
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

#: Matches any spelling of a date with a time in the name of a file.
IN_NAME = r"\d{4}-?\d{2}-?\d{2}[T_ -]\d{2}[:_-]?\d{2}(?:[:_-]?\d{2})?Z?"

_DATE_TIME = re.compile(
    r"""^\[?(\d{4})-?(\d\d)-?(\d\d)          # date, extended or basic
        [T _-](\d\d)[:_-]?(\d\d)             # hours, minutes
        (?:[:_-]?(\d\d)(?:[.,](\d{1,9}))?)?  # seconds and a fraction
        \s*(Z|UTC|[+-]\d\d:?\d\d)?\]?$""",
    re.VERBOSE,
)
_LEADING = re.compile(rf"({IN_NAME})(.*)$", re.DOTALL)
_PROCESS = re.compile(r"-\d+$")  # a process id behind a moment, which could pass for an offset
_IN_RUN_ID = re.compile(r"_(\d{10})_[0-9a-f]+$")

#: Matches seconds, milliseconds, microseconds or nanoseconds since 1970; their digits tell which.
EPOCH = re.compile(r"\d{10}(?:\d{3}){0,3}(?:\.\d+)?")

# A record from before consensus runs existed, or from the far future, carries a placeholder.
PLAUSIBLE_YEARS = range(2020, 2030)


@lru_cache(maxsize=65536)
def parse(raw: str) -> int | None:
    """Return nanoseconds since 1970 in UTC, or None where `raw` is no timestamp.

    >>> parse("2025-10-05T04:31:14Z") == parse("20251005T043114Z") == parse("2025-10-05 04:31:14")
    True
    >>> parse("2025-10-28T13:14:03.086665020+00:00") % 10**9
    86665020
    >>> parse("${timestamp_run}") is None
    True
    """
    text = raw.strip()
    match = _DATE_TIME.match(text)
    if match is None:
        return _since_1970(text) if EPOCH.fullmatch(text) else None
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
        moment = datetime(year, month, day, hour, minute, second)
    except ValueError:  # the 31st of February
        return None
    seconds = timegm(moment.timetuple()) - _offset_seconds(match[8])
    nanoseconds = seconds * 10**9 + int((match[7] or "").ljust(9, "0"))
    return nanoseconds if -(2**63) < nanoseconds < 2**63 else None


def _since_1970(text: str) -> int | None:
    """Return nanoseconds out of a count of seconds, or of thousandths of these and so on.

    >>> {_since_1970("1759708800" + zeros) for zeros in ("", "000", "000000", "000000000")}
    {1759708800000000000}
    """
    whole, _, fraction = text.partition(".")
    nanoseconds = int((whole + fraction).ljust(19, "0")[:19])
    return nanoseconds if nanoseconds < 2**63 else None


def _offset_seconds(zone: str | None) -> int:
    if zone is None or zone in ("Z", "UTC"):
        return 0
    sign = -1 if zone[0] == "-" else 1
    digits = zone[1:].replace(":", "")
    return sign * (int(digits[:2]) * 3600 + int(digits[2:]) * 60)


def parse_array(raw: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return `raw` (strings) as timestamps; null where missing or not a timestamp."""
    target = pa.timestamp("ns", tz="UTC")
    try:
        # The common spelling, for a whole column at once.
        return pc.strptime(raw, "%Y-%m-%dT%H:%M:%SZ", "s").cast(pa.timestamp("ns")).cast(target)
    except pa.ArrowInvalid:
        values = [None if text is None else parse(text) for text in raw.to_pylist()]
        return pa.array(values, pa.int64()).cast(target)


def spellings(raw: pa.Array) -> list[str]:
    """Return the shapes in which timestamps are written, such as ``9999-99-99T99:99:99Z``."""
    common = pc.match_like(raw, "____-__-__T__:__:__Z")
    short = pc.utf8_slice_codeunits(pc.unique(raw.filter(pc.invert(common))), 0, 40)
    shape = pc.replace_substring_regex(short, r"\d", "9")
    shapes = set(pc.replace_substring_regex(shape, r"\.9+", ".9").to_pylist())
    return sorted(shapes | ({"9999-99-99T99:99:99Z"} if pc.any(common).as_py() else set()))


@lru_cache(maxsize=65536)
def canonical(raw: str) -> str:
    """Return `raw` as ``YYYY-MM-DDTHH:MM:SSZ`` so that spellings can be joined on.

    >>> canonical("2025-10-14T16-19-16Z-132"), canonical("not a time")
    ('2025-10-14T16:19:16Z-132', 'not a time')
    >>> canonical("2025-10-14T18:19:16.132+02:00")
    '2025-10-14T16:19:16Z'
    """
    match = _LEADING.match(raw)
    if match is None:
        return raw
    whole = None if _PROCESS.match(match[2]) else parse(raw)
    nanoseconds, rest = (parse(match[1]), match[2]) if whole is None else (whole, "")
    if nanoseconds is None:
        return raw
    moment = datetime.fromtimestamp(nanoseconds // 10**9, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}{rest}"


def start_of(run_id: str | None) -> str | None:
    """Return the seconds since 1970 at which a run began, where its id holds them.

    >>> start_of("run_SPEC-KIT-900_1762744939_2c1010ad"), start_of("7")
    ('1762744939', None)
    """
    match = _IN_RUN_ID.search(run_id or "")
    return match[1] if match else None
