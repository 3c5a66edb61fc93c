"""HAL: health checks against the running service, as JSON bodies or captured text."""

from __future__ import annotations

import re
from typing import Any

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.redaction import shortened
from speckit_analysis.tables.timestamps import IN_NAME, canonical

_HTTP_STATUS = re.compile(r"(?:Status:\s*|HTTP/[\d.]+\s+|\"status\":\s*)(\d{3})\b")


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write the check."""
    moment = file.group("timestamp")
    body: Any = file.parse() if file.name.endswith(".json") else None
    value = body if isinstance(body, dict) else {}
    status = value.get("status")
    http = status if isinstance(status, int) and 100 <= status < 600 else None
    if body is None:
        found = _HTTP_STATUS.search(file.data.decode("utf-8", "replace"))
        http = int(found[1]) if found else None
    rows.write(
        "checks",
        file.number,
        "/",
        spec_id=file.spec,
        key=canonical(moment) if moment else None,
        kind="hal",
        name=file.group("name"),
        status_recorded=status if isinstance(status, str) else None,
        http_status=http,
        message=_message(value),
        timestamp_raw=moment,
    )


def _message(value: dict[str, Any]) -> str | None:
    errors = value.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return shortened(str(errors[0].get("message") or errors[0]), 500)
    note = value.get("note")
    return shortened(note, 500) if isinstance(note, str) else None


FORMAT = Format(
    name="hal",
    title="Health check (HAL)",
    endings=(".json", ".txt"),
    patterns=(re.compile(rf"(?P<timestamp>{IN_NAME})-hal-(?P<name>[\w-]+)\.(?:json|txt)"),),
    folders=("commands", "consensus"),
    read=read,
    rank=10,
)
