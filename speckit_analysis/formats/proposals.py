"""Proposals as rows: shared by the formats in which an agent's answer is found."""

from __future__ import annotations

import hashlib
from typing import Any

from speckit_analysis.formats import EvidenceFile, Rows
from speckit_analysis.formats.declared import declared, write_disagreements
from speckit_analysis.formats.payload import METADATA_FIELDS, classify
from speckit_analysis.formats.redaction import shortened
from speckit_analysis.formats.rows import Run
from speckit_analysis.tables.vocabulary import TEMPLATE_LITERAL

#: A longer content is cut in the frame; the file, its hash and the locator lead to the rest.
MAX_CONTENT = 100_000


def write_proposal(
    file: EvidenceFile,
    rows: Rows,
    locator: str,
    run: Run,
    agent: str | None,
    content: Any,
    timestamp: str | None,
) -> None:
    """Write one proposal and the disagreements it declares."""
    payload = classify(content)
    value = payload.value or {}
    block, consensus = _consensus(value)
    conflicts = consensus.get("conflicts")
    if payload.payload_class == "structured":
        _check_literals(file, locator, value)
    rows.write(
        "proposals",
        file.number,
        locator,
        **run,
        stage_claimed=_text(value.get("stage")),
        agent_raw=agent,
        agent_claimed=_text(value.get("agent")),
        model_claimed=_text(value.get("model")) or _text(value.get("model_id")),
        model_release=_text(value.get("model_release")),
        reasoning_mode=_text(value.get("reasoning_mode")),
        prompt_version=_text(value.get("prompt_version")),
        timestamp_raw=timestamp,
        payload_class=payload.payload_class,
        content=shortened(payload.text, MAX_CONTENT),
        content_chars=len(payload.text),
        content_hash=hashlib.sha256(payload.text.encode()).hexdigest()[:16],
        agreements=_length(consensus.get("agreements")),
        conflicts=_length(consensus.get("conflicts")),
        error=shortened(error, 500) if isinstance(error := value.get("error"), str) else None,
        provenance="stub" if payload.payload_class == "stub" else None,
    )
    if isinstance(conflicts, list) and payload.payload_class in ("structured", "error"):
        place = f"{locator.rstrip('/')}{block}/conflicts"
        entries = ((f"{place}/{number}", declared(item)) for number, item in enumerate(conflicts))
        write_disagreements(file, rows, run, entries, "proposal")


def _check_literals(file: EvidenceFile, locator: str, value: dict[str, Any]) -> None:
    """File a problem of metadata that nobody filled in; the answer beside them is one."""
    fields = {name: value[name] for name in METADATA_FIELDS if isinstance(value.get(name), str)}
    literal = sorted(name for name, text in fields.items() if TEMPLATE_LITERAL.search(text))
    if literal:
        are = (
            "is an unexpanded template literal" if len(literal) == 1 else "are unexpanded literals"
        )
        message = f"{', '.join(literal)} {are}, such as {fields[literal[0]]!r}"
        action = "treated as missing; the answer is kept"
        file.problem(locator, "template_literal", "warning", message, action)


def _consensus(value: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return where the answer's own consensus block is, and the block.

    Some roles put it inside their final plan.
    """
    for place, holder in (("", value), ("/final_plan", value.get("final_plan"))):
        if isinstance(holder, dict) and isinstance(holder.get("consensus"), dict):
            return f"{place}/consensus", dict(holder["consensus"])
    return "", {}


def _length(value: Any) -> int | None:
    return len(value) if isinstance(value, list) else None


def _text(value: Any) -> str | None:
    """Return a text, and nothing for a template literal that nobody filled in."""
    said = isinstance(value, str) and TEMPLATE_LITERAL.search(value) is None
    return shortened(value, 500) if said else None
