"""Guardrail trials: what one variant of a guardrail said of an output of known validity."""

from __future__ import annotations

import re

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.file import Amount
from speckit_analysis.formats.registry import has_keys


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


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write one row per record."""
    for start, record in file.decode_lines(_DECODER):
        values = msgspec.structs.asdict(record)
        raw = {"stage_raw": values.pop("stage"), "timestamp_raw": values.pop("timestamp")}
        rows.write("trials", file.number, start or "/", **values, **raw)


FORMAT = Format(
    name="trial",
    title="Guardrail trial: what a variant of a guardrail said of an output",
    endings=("_trial.json", "_trials.jsonl"),
    patterns=(re.compile(r".+_trial\.json|.+_trials\.jsonl"),),
    read=read,
    sniff=has_keys("experiment", "variant", "output", "valid", "passed"),
    schemas={"trial": TrialRecord},
    rank=15,
)
