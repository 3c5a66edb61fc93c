"""Research records: what one variant found out about a SPEC, and what it cites."""

from __future__ import annotations

import re

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.file import Count
from speckit_analysis.formats.registry import has_keys
from speckit_analysis.formats.review import Points
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


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write one row per finding, and one for an output without any."""
    for start, record in file.decode_lines(_DECODER):
        for number, finding in enumerate(record.findings or [None]):
            rows.write(
                "research",
                file.number,
                f"{start}/findings/{number}" if finding else f"{start}/findings",
                experiment=record.experiment,
                spec_id=record.spec_id,
                stage_raw=record.stage,
                variant=record.variant,
                model_id=normalise_model(record.model) or record.model,
                finding=finding and finding.finding,
                citation=finding and finding.source,
                relevance=finding and finding.relevance,
                reviewer=record.reviewer,
                prompt_tokens=record.prompt_tokens,
                tool_calls=record.tool_calls,
                timestamp_raw=record.timestamp,
            )


FORMAT = Format(
    name="research",
    title="Research record: what a variant found out about a SPEC",
    endings=(".research.json", ".research.jsonl"),
    patterns=(re.compile(r".+\.research\.jsonl?"),),
    read=read,
    sniff=has_keys("experiment", "variant", "findings"),
    schemas={"research": ResearchRecord},
    rank=15,
)
