"""Proposals as rows: shared by the formats in which an agent's answer is found."""

from __future__ import annotations

import hashlib
from typing import Any

from speckit_analysis.formats.declared import declared, write_disagreements
from speckit_analysis.formats.file import EvidenceFile
from speckit_analysis.formats.payload import Payload, classify
from speckit_analysis.formats.rows import Rows

PROPOSAL_COLUMNS = (
    "spec_id",
    "stage_raw",
    "key",
    "stage_claimed",
    "agent_raw",
    "agent_claimed",
    "model_claimed",
    "model_release",
    "reasoning_mode",
    "prompt_version",
    "timestamp_raw",
    "payload_class",
    "content",
    "content_chars",
    "content_hash",
    "agreements",
    "error",
    "provenance",
)

#: A longer content is cut in the frame; the file, its hash and the locator lead to the rest.
MAX_CONTENT = 100_000


def write_proposal(
    file: EvidenceFile,
    rows: Rows,
    locator: str,
    run: tuple[str | None, str | None, str | None],
    agent: str | None,
    content: Any,
    timestamp: str | None,
) -> Payload:
    """Write one proposal and the disagreements it declares; return how it was classified."""
    payload = classify(content)
    value = payload.value or {}
    block, consensus = _consensus(value)
    conflicts = _list(consensus.get("conflicts"))
    write = rows.writer("proposals", PROPOSAL_COLUMNS)
    write(
        (
            file.number,
            locator,
            *run,
            _text(value.get("stage")),
            agent,
            _text(value.get("agent")),
            _text(value.get("model") or value.get("model_id")),
            _text(value.get("model_release")),
            _text(value.get("reasoning_mode")),
            _text(value.get("prompt_version")),
            timestamp,
            payload.payload_class,
            payload.text[:MAX_CONTENT],
            len(payload.text),
            hashlib.sha256(payload.text.encode()).hexdigest()[:16],
            len(_list(consensus.get("agreements"))),
            _text(value.get("error")),
            "stub" if payload.payload_class == "stub" else None,
        )
    )
    if conflicts and payload.payload_class in ("structured", "error"):
        place = f"{locator.rstrip('/')}{block}/conflicts"
        entries = ((f"{place}/{number}", declared(item)) for number, item in enumerate(conflicts))
        write_disagreements(file, rows, run, entries, "proposal")
    return payload


def _consensus(value: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return where the answer's own consensus block is, and the block.

    Some roles put it inside their final plan.
    """
    for place, holder in (("", value), ("/final_plan", value.get("final_plan"))):
        if isinstance(holder, dict) and isinstance(holder.get("consensus"), dict):
            return f"{place}/consensus", dict(holder["consensus"])
    return "", {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return value[:500] if isinstance(value, str) else None
