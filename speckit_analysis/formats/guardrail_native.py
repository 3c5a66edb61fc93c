"""Native guardrail: the checks before a stage, with errors and warnings."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.file import length, names_absolute_path
from speckit_analysis.formats.redaction import mask
from speckit_analysis.formats.registry import has_keys
from speckit_analysis.tables.timestamps import IN_NAME, canonical
from speckit_analysis.tables.vocabulary import normalise_stage


class Check(msgspec.Struct, gc=False):
    """One check."""

    name: str
    status: Annotated[str, msgspec.Meta(description="passed, failed or skipped")]
    message: str | None = None


class NativeGuardrail(msgspec.Struct, kw_only=True, gc=False):
    """Native guardrail."""

    schema_version: int = msgspec.field(name="schemaVersion")
    command: str
    spec_id: str = msgspec.field(name="specId")
    session_id: Annotated[str, msgspec.Meta(description="process id")] = msgspec.field(
        name="sessionId"
    )
    timestamp: str
    success: bool
    stage: str
    checks: list[Check]
    warnings: list[Any] | None = None
    errors: list[Any] | None = None
    artifacts: list[Any] | None = None


_DECODER = msgspec.json.Decoder(NativeGuardrail)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write the guardrail and its checks."""
    record = file.decode(_DECODER)
    if record is None:
        return
    file.check_version(record.schema_version, (1,), "/schemaVersion")
    spec = file.identity(file.spec, record.spec_id, "specId")
    stage = file.group("stage") or record.stage
    moment = file.identity(file.group("timestamp"), record.timestamp, "timestamp")
    # Process ids recur: only together with the moment do they name one execution.
    key = f"{canonical(moment)}_{record.session_id}" if moment else record.session_id
    checks = record.checks or []
    # The file spells its stage three ways; the checks keep the command's where it says the same.
    spelled = record.command if _same_stage(record.command, stage) else stage
    for number, check in enumerate(checks):
        rows.write(
            "checks",
            file.number,
            f"/checks/{number}",
            spec_id=spec,
            stage_raw=spelled,
            key=key,
            kind="check",
            name=check.name,
            status_recorded=check.status,
            message=mask(check.message or ""),
        )
    failed = [check.name or "a check" for check in checks if check.status == "failed"]
    rows.write(
        "guardrails",
        file.number,
        "/",
        spec_id=spec,
        stage_raw=record.stage or stage,
        key=key,
        flavour="native",
        schema_version=str(record.schema_version),
        session_id=record.session_id,
        timestamp_raw=moment,
        status_recorded={True: "passed", False: "failed", None: None}[record.success],
        checks=len(checks),
        checks_failed=len(failed),
        errors=length(record.errors),
        warnings=length(record.warnings),
        artifacts=length(record.artifacts),
        absolute_path=names_absolute_path(record.artifacts),
    )
    if failed and record.success:
        message = f"success is true although {', '.join(failed)} failed"
        file.problem("/success", "ok_over_failed_checks", "error", message, "status recomputed")
    if failed and record.errors == []:
        message = f"{', '.join(failed)} failed, yet the list of errors is empty"
        file.problem("/errors", "failure_without_error", "info", message, "believed the check")


def _same_stage(command: str | None, stage: str | None) -> bool:
    return command is not None and normalise_stage(command) == normalise_stage(stage)


FORMAT = Format(
    name="guardrail-native",
    title="Native guardrail",
    endings=(".json",),
    patterns=(
        re.compile(rf"guardrail-(?P<stage>[a-z-]+?)-(?P<timestamp>{IN_NAME})_(?P<pid>\d+)\.json"),
    ),
    read=read,
    sniff=has_keys("success", "checks", "stage"),
    schemas={"guardrail-native": NativeGuardrail},
    rank=10,
)
