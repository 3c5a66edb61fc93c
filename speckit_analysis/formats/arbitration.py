"""Arbitration records: whether an arbiter changed an outcome, and what a reviewer says of it."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.file import Amount, Count
from speckit_analysis.formats.registry import has_keys

Assessment = Literal["improvement", "neutral", "degradation"]


class ArbitrationRecord(msgspec.Struct, kw_only=True, gc=False):
    """One outcome that an arbiter could change, assessed by one reviewer."""

    experiment: str
    stage: str
    variant: str
    arbiter_invoked: bool
    arbiter_override: bool
    override_type: str | None = None
    override_description: str | None = None
    reviewer_assessment: Assessment | None = None
    errors_caught: Count | None = None
    false_positives: Count | None = None
    spec_id: str | None = None
    reviewer: str | None = None
    cost_usd: Amount | None = None
    latency_ms: Amount | None = None
    timestamp: str | None = None


_DECODER = msgspec.json.Decoder(ArbitrationRecord)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write one row per record."""
    for start, record in file.decode_lines(_DECODER):
        override, assessment = record.arbiter_override, record.reviewer_assessment
        if override and record.arbiter_invoked is False:
            message = "the arbiter overrode an outcome that it was not asked about"
            file.problem(
                f"{start}/arbiter_override", "override_uninvoked", "warning", message,
                "kept as recorded; no analysis counts it",
            )  # fmt: skip
        if assessment is not None and override is False:
            message = f"assessed as {assessment}, but nothing was overridden"
            file.problem(
                f"{start}/reviewer_assessment", "assessment_without_override", "warning", message,
                "treated as missing",
            )  # fmt: skip
            assessment = None
        rows.write(
            "arbitrations",
            file.number,
            start or "/",
            experiment=record.experiment,
            spec_id=record.spec_id,
            stage_raw=record.stage,
            variant=record.variant,
            invoked=record.arbiter_invoked,
            override=override,
            override_type=record.override_type,
            description=record.override_description,
            assessment=assessment,
            reviewer=record.reviewer,
            errors_caught=record.errors_caught,
            false_positives=record.false_positives,
            cost_usd=record.cost_usd,
            latency_ms=record.latency_ms,
            timestamp_raw=record.timestamp,
        )


FORMAT = Format(
    name="arbitration",
    title="Arbitration record: what an arbiter changed, and what it was worth",
    endings=("_arbitration.json", "_arbitrations.jsonl"),
    patterns=(re.compile(r".+_arbitration\.json|.+_arbitrations\.jsonl"),),
    read=read,
    sniff=has_keys("arbiter_invoked", "arbiter_override", "experiment"),
    schemas={"arbitration": ArbitrationRecord},
    rank=15,
)
