"""Research records: what one variant found out about a SPEC, and what it cites."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from speckit_analysis.formats.fields import Count
from speckit_analysis.formats.file import EvidenceFile
from speckit_analysis.formats.registry import Format
from speckit_analysis.formats.review import Points
from speckit_analysis.formats.rows import Rows
from speckit_analysis.tables.vocabulary import normalise_model


class Finding(msgspec.Struct, kw_only=True, gc=False):
    """One thing that research found."""

    finding: str
    source: str | None = None
    relevance: Points | None = None


class ResearchRecord(msgspec.Struct, kw_only=True, gc=False):
    """What one variant found out about a SPEC; relevance as one reviewer rates it."""

    experiment: str
    spec_id: str
    variant: str
    findings: list[Finding]
    stage: str | None = None
    model: str | None = None
    reviewer: str | None = None
    prompt_tokens: Count | None = None
    tool_calls: Count | None = None
    timestamp: str | None = None


_DECODER = msgspec.json.Decoder(ResearchRecord)

COLUMNS = (
    *("experiment", "spec_id", "stage_raw", "variant", "model_id", "finding", "citation"),
    *("relevance", "reviewer", "prompt_tokens", "tool_calls", "timestamp_raw"),
)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write one row per finding, and one for an output without any."""
    write = rows.writer("research", COLUMNS)
    for start, record in file.decode_lines(_DECODER):
        head = (record.experiment, record.spec_id, record.stage, record.variant)
        model = normalise_model(record.model) or record.model
        tail = (record.reviewer, record.prompt_tokens, record.tool_calls, record.timestamp)
        found = record.findings or []
        if not found:
            write((file.number, f"{start}/findings", *head, model, None, None, None, *tail))
        for number, each in enumerate(found):
            place = f"{start}/findings/{number}"
            said = (each.finding, each.source, each.relevance)
            write((file.number, place, *head, model, *said, *tail))


def _sniff(content: Mapping[str, Any]) -> bool:
    return {"experiment", "variant", "findings"} <= content.keys()


FORMAT = Format(
    name="research",
    title="Research record: what a variant found out about a SPEC",
    endings=(".research.json", ".research.jsonl"),
    patterns=(re.compile(r".+\.research\.jsonl?"),),
    read=read,
    sniff=_sniff,
    schemas={"research": ResearchRecord},
    rank=15,
)
