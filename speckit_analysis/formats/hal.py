"""HAL: health checks against the running service, as JSON bodies or captured text."""

from __future__ import annotations

import re
from typing import Any

from speckit_analysis.formats.file import EvidenceFile
from speckit_analysis.formats.redaction import mask
from speckit_analysis.formats.registry import Format
from speckit_analysis.formats.rows import Rows
from speckit_analysis.tables.timestamps import IN_NAME, canonical

COLUMNS = (
    "spec_id",
    "key",
    "kind",
    "name",
    "status_recorded",
    "http_status",
    "message",
    "timestamp_raw",
)
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
    row = (
        file.number,
        "/",
        file.spec,
        canonical(moment) if moment else None,
        "hal",
        file.group("name"),
        status if isinstance(status, str) else None,
        http,
        _message(value),
        moment,
    )
    rows.writer("checks", COLUMNS)(row)


def _message(value: dict[str, Any]) -> str | None:
    errors = value.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return mask(str(errors[0].get("message") or errors[0])[:500])
    note = value.get("note")
    return mask(note[:500]) if isinstance(note, str) else None


FORMAT = Format(
    name="hal",
    title="Health check (HAL)",
    endings=(".json", ".txt"),
    patterns=(re.compile(rf"(?P<timestamp>{IN_NAME})-hal-(?P<name>[\w-]+)\.(?:json|txt)"),),
    folders=("commands", "consensus"),
    read=read,
    rank=10,
)
