"""The telemetry file of Gemini CLI, as its library holds events; checked with version 0.61.0."""

from __future__ import annotations

from typing import Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows, bullets
from speckit_analysis.formats.agents.events import TracedSessions, call_of_event
from speckit_analysis.formats.agents.written import holds, write


class Exported(msgspec.Struct, gc=False, rename="camel"):
    """A record of Gemini CLI's own telemetry file, as its library holds it."""

    attributes: dict[str, Any] | None = None
    hr_time: Any = None


_EXPORTED = msgspec.json.Decoder(Exported)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write a call for each answer and each failure in Gemini CLI's telemetry file."""
    sessions, calls = TracedSessions(), []
    for locator, record in file.decode_lines(_EXPORTED):
        attributes = record.attributes or {}
        call = call_of_event(str(attributes.get("event.name")), attributes, None)
        if call is not None:
            calls.append((locator, call))
            sessions.note(locator, call, None)
    write(file, rows, calls, sessions.values())


FORMAT = Format(
    name="gemini-telemetry",
    title="Telemetry file of Gemini CLI",
    about=bullets(
        "The file that `telemetry.outfile` names: an `api_response` or `api_error` event "
        "is one row of `calls`, as in [`otlp`](#otlp).",
        "Checked with version 0.61.0.",
    ),
    endings=(),
    patterns=(),
    read=read,
    knows=lambda name, data: holds(data, b'"_spanContext"', b'"gemini_cli.'),
    schemas={"gemini-telemetry": Exported},
    finds_dry_runs=True,
)
