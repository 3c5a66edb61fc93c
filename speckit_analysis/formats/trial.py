"""Guardrail trials: what one variant of a guardrail said of an output of known validity."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from speckit_analysis.formats.fields import Amount
from speckit_analysis.formats.file import EvidenceFile
from speckit_analysis.formats.registry import Format
from speckit_analysis.formats.rows import Rows


class TrialRecord(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """What one variant of a guardrail said of one output."""

    experiment: str
    variant: str
    output: str
    valid: bool
    passed: bool
    spec_id: str | None = None
    stage: str | None = None
    reason: str | None = None
    latency_ms: Amount | None = None
    cost_usd: Amount | None = None
    upkeep_minutes: Amount | None = None
    timestamp: str | None = None


_DECODER = msgspec.json.Decoder(TrialRecord)

COLUMNS = (
    *("experiment", "spec_id", "stage_raw", "variant", "output", "valid", "passed", "reason"),
    *("latency_ms", "cost_usd", "upkeep_minutes", "timestamp_raw"),
)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write one row per record."""
    write = rows.writer("trials", COLUMNS)
    for start, record in file.decode_lines(_DECODER):
        write(
            (
                *(file.number, start or "/", record.experiment, record.spec_id, record.stage),
                *(record.variant, record.output, record.valid, record.passed, record.reason),
                *(record.latency_ms, record.cost_usd, record.upkeep_minutes, record.timestamp),
            )
        )


def _sniff(content: Mapping[str, Any]) -> bool:
    return {"experiment", "variant", "output", "valid", "passed"} <= content.keys()


FORMAT = Format(
    name="trial",
    title="Guardrail trial: what a variant of a guardrail said of an output",
    endings=("_trial.json", "_trials.jsonl"),
    patterns=(re.compile(r".+_trial\.json|.+_trials\.jsonl"),),
    read=read,
    sniff=_sniff,
    schemas={"trial": TrialRecord},
    rank=15,
)
