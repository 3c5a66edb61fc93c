"""Requests that gateways and tracers log: each is a call, and a run of its own."""

from __future__ import annotations

from typing import Any

from speckit_analysis.formats import EvidenceFile, Rows
from speckit_analysis.tables.timestamps import parse


def write_request(
    file: EvidenceFile,
    rows: Rows,
    locator: str,
    *,
    id: str | None,
    session: str | None,
    basis: str,
    **call: Any,
) -> None:
    """Write the call and its run.

    The run is that of one request, for sessions are cut where exports are: of two files that hold
    parts of a session, no call would be taken for another.
    """
    shared = {"key": id, "basis": basis}
    when = call["timestamp"]
    rows.write("calls", file.number, locator, **shared, **call)
    told = {"timestamp_raw": when, "time_semantics": "start" if when else None}
    rows.write("runs", file.number, locator, **shared, session_id=session, **told)


def milliseconds(start: str | None, end: str | None) -> float | None:
    """Return the time between two moments; missing where one is, or they contradict each other.

    >>> milliseconds("2026-01-01 10:00:00.5", "2026-01-01T10:00:02Z")
    1500.0
    """
    first, last = (None if text is None else parse(text) for text in (start, end))
    if first is None or last is None or last < first:
        return None
    return (last - first) / 10**6
