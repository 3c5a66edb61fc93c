"""Lifecycle events: one event of a stage's attempt a file."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.file import Count
from speckit_analysis.formats.registry import has_keys
from speckit_analysis.tables.timestamps import IN_NAME, parse

EVENTS = (
    "queued",
    "dispatched",
    "checking_consensus",
    "completed",
    "cancelled",
    "failed",
    "reset",
    "deduped",
)


class Event(msgspec.Struct, kw_only=True, gc=False):
    """One event of a stage's attempt."""

    spec_id: str
    stage: str
    event: Annotated[str, msgspec.Meta(description=", ".join(EVENTS))]
    stage_run_id: str
    timestamp: str
    mode: str | None = None
    attempt: Count | None = None
    dedupe_count: Count | None = None
    payload_hash: str | None = None


_DECODER = msgspec.json.Decoder(Event)

# The name gives whole seconds of a moment that the content gives in nanoseconds.
_TOLERANCE_NS = 2 * 10**9


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write the event."""
    record = file.decode(_DECODER)
    if record is None:
        return
    spec = file.identity(file.spec or file.group("spec"), record.spec_id, "spec_id")
    stage = file.group("stage") or record.stage
    rows.write(
        "lifecycle",
        file.number,
        "/",
        spec_id=spec,
        stage_raw=stage,
        key=record.stage_run_id,
        stage_run_id=record.stage_run_id,
        event=record.event,
        mode=record.mode,
        attempt=record.attempt,
        dedupe_count=record.dedupe_count,
        payload_hash=record.payload_hash,
        timestamp_raw=record.timestamp,
    )
    if record.event is not None and record.event not in EVENTS:
        message = f"unknown event {record.event!r}; expected one of {', '.join(EVENTS)}"
        file.problem("/event", "unknown_event", "warning", message, "kept as recorded")
    named, written = parse(file.group("timestamp") or ""), parse(record.timestamp or "")
    if named is not None and written is not None and abs(named - written) > _TOLERANCE_NS:
        message = f"the name says {file.group('timestamp')}, the content {record.timestamp}"
        action = "believed the content"
        file.problem("/timestamp", "timestamps_contradict", "warning", message, action)


FORMAT = Format(
    name="lifecycle",
    title="Lifecycle event of a stage",
    endings=(".json",),
    patterns=(
        re.compile(
            rf"(?P<spec>.+)_(?P<stage>[a-z-]+)_telemetry_(?P<timestamp>{IN_NAME})(?:_[0-9a-f]+)?\.json"
        ),
    ),
    read=read,
    sniff=has_keys("event", "stage_run_id"),
    schemas={"lifecycle": Event},
    rank=5,
)
