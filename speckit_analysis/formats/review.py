"""Experiment records: what one reviewer scored of one output, one or many a file."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.decoding import pointer_token
from speckit_analysis.formats.file import Amount, Count
from speckit_analysis.formats.registry import has_keys

#: Scores go from 0 to 10.
Points = Annotated[float, msgspec.Meta(ge=0, le=10, description="0 to 10")]


class ExperimentRecord(msgspec.Struct, kw_only=True, gc=False):
    """What one reviewer scored of one output."""

    experiment: str
    spec_id: str
    variant: str
    reviewer: str
    quality_scores: dict[str, Points | None]
    stage: str | None = None
    packet: str | None = None
    timestamp: str | None = None
    comment: str | None = None
    models_used: list[str] | None = None
    total_cost_usd: Amount | None = None
    total_time_seconds: Amount | None = None
    errors_detected: Count | None = None


_DECODER = msgspec.json.Decoder(ExperimentRecord)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write one row per criterion of each record."""
    for start, record in file.decode_lines(_DECODER):
        for criterion, score in (record.quality_scores or {}).items():
            rows.write(
                "reviews",
                file.number,
                f"{start}/quality_scores/{pointer_token(criterion)}",
                experiment=record.experiment,
                spec_id=record.spec_id,
                stage_raw=record.stage,
                variant=record.variant,
                packet=record.packet,
                reviewer=record.reviewer,
                criterion=criterion,
                score=score,
                comment=record.comment,
                timestamp_raw=record.timestamp,
                errors_found=record.errors_detected,
                output_cost_usd=record.total_cost_usd,
                output_seconds=record.total_time_seconds,
            )


FORMAT = Format(
    name="review",
    title="Experiment record: a reviewer's scores of an output",
    endings=("_review.json", "_reviews.jsonl"),
    patterns=(re.compile(r".+_review\.json|.+_reviews\.jsonl"),),
    read=read,
    sniff=has_keys("quality_scores", "reviewer", "variant"),
    schemas={"review": ExperimentRecord},
    rank=15,
)
