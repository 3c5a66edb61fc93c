"""Guardrail telemetry 1: a stage's guardrail command with policy, baseline, hooks and HAL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.decoding import pointer_token
from speckit_analysis.formats.file import length, names_absolute_path
from speckit_analysis.formats.redaction import mask
from speckit_analysis.formats.registry import has_keys, names_stage
from speckit_analysis.tables.timestamps import IN_NAME, canonical, parse

Status = Annotated[str, msgspec.Meta(description="passed, failed or skipped")]


class Policy(msgspec.Struct, gc=False):
    """One model's answer to the policy question."""

    model: str | None = None
    status: Status | None = None
    note: Annotated[str, msgspec.Meta(description="command line; 'true' means stubbed")] | None = (
        None
    )
    reasoning: str | None = None


class Policies(msgspec.Struct, gc=False):
    """The cheap model's prefilter and the final decision."""

    prefilter: Policy | None = None
    final: Policy | None = None


class Baseline(msgspec.Struct, gc=False):
    """Baseline audit of the plan stage."""

    mode: str | None = None
    artifact: str | None = None
    status: Status | None = None


class Scenario(msgspec.Struct, gc=False):
    """One scenario of the validate or audit stage."""

    name: str | None = None
    status: Status | None = None


class HalSummary(msgspec.Struct, gc=False):
    """Outcome of the health checks."""

    status: Status | None = None
    failed_checks: list[str] | None = None
    artifacts: list[Any] | None = None


class Hal(msgspec.Struct, gc=False):
    """Health checks against the running service."""

    summary: HalSummary | None = None
    mode: str | None = None
    note: str | None = None


class Tool(msgspec.Struct, gc=False):
    """Tool check of the tasks stage."""

    status: str | None = None


class Guardrail(msgspec.Struct, kw_only=True, gc=False):
    """Guardrail telemetry 1."""

    schema_version: int = msgspec.field(name="schemaVersion")
    command: str
    spec_id: str = msgspec.field(name="specId")
    session_id: str = msgspec.field(name="sessionId")
    timestamp: Annotated[str, msgspec.Meta(description="end of the execution, UTC")]
    artifacts: list[Any]
    baseline: Baseline | None = None
    hooks: dict[str, str] | None = None
    policy: Policies | None = None
    scenarios: list[Scenario] | None = None
    hal: Hal | None = None
    tool: Tool | None = None
    lock_status: str | None = None
    hook_status: str | None = None
    unlock_status: str | None = None


_DECODER = msgspec.json.Decoder(Guardrail)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write the guardrail and each of its checks."""
    record = file.decode(_DECODER)
    if record is None:
        return
    file.check_version(record.schema_version, (1,), "/schemaVersion")
    spec = file.identity(file.spec, record.spec_id, "specId")
    stage = file.group("stage") or record.command
    session = file.identity(file.group("session"), record.session_id, "sessionId")
    key = canonical(session) if session else None
    checks = list(_checks(record))
    for locator, kind, name, status, message in checks:
        rows.write(
            "checks",
            file.number,
            locator,
            spec_id=spec,
            stage_raw=stage,
            key=key,
            kind=kind,
            name=name,
            status_recorded=status,
            message=message,
        )
    failed = sum(status in ("failed", "error") for _, _, _, status, _ in checks)
    version = record.schema_version
    policy = record.policy or Policies()
    prefilter, final = policy.prefilter or Policy(), policy.final or Policy()
    baseline = record.baseline or Baseline()
    stubbed = None if record.policy is None else _is_stubbed(record.policy)
    if stubbed:
        message = "the policy command is `true`: no model was asked, yet the policy passed"
        file.problem("/policy", "stub", "warning", message, "marked policy_stubbed")
    rows.write(
        "guardrails",
        file.number,
        "/",
        spec_id=spec,
        stage_raw=record.command or stage,
        key=key,
        flavour="command",
        schema_version=None if version is None else str(version),
        session_id=session,
        started_at=_started(session),
        timestamp_raw=record.timestamp,
        prefilter_model=prefilter.model,
        prefilter_status=prefilter.status,
        policy_model=final.model,
        policy_status=final.status,
        policy_stubbed=stubbed,
        baseline_mode=baseline.mode,
        baseline_status=baseline.status,
        tool_status=record.tool.status if record.tool else None,
        lock_status=record.lock_status,
        hook_status=record.hook_status,
        unlock_status=record.unlock_status,
        hal_status=record.hal.summary.status if record.hal and record.hal.summary else None,
        checks=len(checks),
        checks_failed=failed,
        artifacts=length(record.artifacts),
        provenance=_provenance(record, stubbed),
        absolute_path=names_absolute_path(record.artifacts),
    )
    _check_times(file, session, record.timestamp)
    _check_indentation(file)


def _provenance(record: Guardrail, stubbed: bool | None) -> str | None:
    if record.session_id == "FIXTURE-RUN":
        return "fixture"
    return "stub" if stubbed else None


def _is_stubbed(policy: Policies) -> bool:
    parts = (policy.prefilter, policy.final)
    return any(part is not None and part.note == "true" for part in parts)


def _started(session: str | None) -> str | None:
    return re.sub(r"-\d+$", "", canonical(session)) if session else None


def _checks(record: Guardrail) -> Iterator[tuple[str, str, str | None, str | None, str | None]]:
    """Yield locator, kind, name, recorded status and message of every part that was checked."""
    for number, scenario in enumerate(record.scenarios or ()):
        yield f"/scenarios/{number}", "scenario", scenario.name, scenario.status, None
    for name, status in (record.hooks or {}).items():
        yield f"/hooks/{pointer_token(name)}", "hook", name, status, None
    if record.baseline is not None:
        yield "/baseline", "baseline", record.baseline.mode, record.baseline.status, None
    if record.policy is not None:
        for name in ("prefilter", "final"):
            policy: Policy | None = getattr(record.policy, name)
            if policy is not None:
                yield f"/policy/{name}", "policy", name, policy.status, mask(policy.note or "")
    if record.hal is not None and record.hal.summary is not None:
        summary = record.hal.summary
        failed = ", ".join(summary.failed_checks or ()) or None
        yield "/hal/summary", "hal", "summary", summary.status, failed


def _check_times(file: EvidenceFile, session: str | None, end: str | None) -> None:
    begin = parse(_started(session) or "")
    finish = parse(end or "")
    if begin is not None and finish is not None and finish < begin:
        message = f"ends at {end}, before its session began at {_started(session)}"
        action = "latency treated as missing"
        file.problem("/timestamp", "timestamps_contradict", "warning", message, action)


def _check_indentation(file: EvidenceFile) -> None:
    """Upstream's shell scripts paste blocks without indenting them: harmless, but a sign."""
    openers = [-1]  # indentation of the lines whose blocks are open
    for number, line in enumerate(file.data.split(b"\n"), start=1):
        stripped = line.strip()
        if not stripped:
            continue
        indent = len(line) - len(line.lstrip())
        if stripped.startswith((b"}", b"]")) and len(openers) > 1:
            sound = indent == openers.pop()
        else:
            sound = indent > openers[-1]
        if not sound:
            message = "inconsistent indentation: blocks were pasted together by a script"
            file.problem(
                f"line {number}", "inconsistent_indentation", "info", message, "none needed"
            )
            return
        if stripped.endswith((b"{", b"[")):
            openers.append(indent)


FORMAT = Format(
    name="guardrail-v1",
    title="Guardrail telemetry 1",
    endings=(".json",),
    patterns=(re.compile(rf"(?P<stage>[^_]+)_(?P<session>{IN_NAME}(?:-\d+)?)\.json"),),
    folders=("commands", ""),
    read=read,
    sniff=has_keys("schemaVersion", "command", "sessionId", "artifacts"),
    certain=names_stage,
    schemas={"guardrail-v1": Guardrail},
    rank=20,
)
