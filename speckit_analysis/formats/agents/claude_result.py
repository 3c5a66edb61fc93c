"""What ``claude -p`` prints as JSON: the result of a run; checked with version 2.1.197."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows, bullets
from speckit_analysis.formats.agents.claude_code import AGENT, ClaudeUsage
from speckit_analysis.formats.agents.written import Call, Session, holds, project_of, write
from speckit_analysis.formats.file import Amount, Count


class ModelUsage(msgspec.Struct, gc=False, rename="camel"):
    """What a run of ``claude -p`` used of a model."""

    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cost: Amount | None = msgspec.field(name="costUSD", default=None)


class Printed(msgspec.Struct, gc=False):
    """An event that ``claude -p`` prints; the last one is the result."""

    type: str
    session_id: str | None = None
    uuid: str | None = None
    subtype: str | None = None
    cwd: str | None = None
    version: str | None = msgspec.field(name="claude_code_version", default=None)
    is_error: bool | None = None
    api_error_status: int | str | None = None
    duration_ms: Amount | None = None
    duration_api_ms: Amount | None = None
    result: Any = None
    errors: Any = None
    usage: ClaudeUsage | None = None
    model_usage: dict[str, ModelUsage] | None = msgspec.field(name="modelUsage", default=None)


_PRINTED = msgspec.json.Decoder(Printed)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write what each run of ``claude -p`` used: a row for each model that it asked."""
    sessions: list[tuple[str, Session]] = []
    calls: list[tuple[str, Call]] = []
    start = Printed(type="")
    for locator, event in _events(file):
        if event.subtype == "init":
            start = event
        if not event.session_id or event.type not in ("result", "system"):
            continue
        session = Session(session_id=event.session_id, agent_raw=AGENT, basis="result")
        session.version, session.project = start.version, project_of(start.cwd)
        if event.type == "result":
            session.identity, session.turns = event.uuid, 1
            session.wall_ms, session.api_ms = event.duration_ms, event.duration_api_ms
            calls += [(locator, call) for call in _sums(event)]
        sessions.append((locator, session))
    write(file, rows, calls, sessions)


def _events(file: EvidenceFile) -> Iterable[tuple[str, Printed]]:
    if file.data.lstrip().startswith(b"["):  # --output-format json --verbose
        values = file.parse() or []
        whole = ((f"/{n}", file.convert(v, Printed, f"/{n}")) for n, v in enumerate(values))
        return [(locator, event) for locator, event in whole if event is not None]
    return file.decode_lines(_PRINTED)


def _sums(event: Printed) -> list[Call]:
    """Return the sums that a result tells, by model; the failure, where it tells of none."""
    models = event.model_usage or {}
    calls = []
    for model, used in models.items():
        call = _sum(event, model)
        call.model_observed, call.cost_usd_reported = model, used.cost
        call.prompt_tokens, call.completion_tokens = used.input_tokens, used.output_tokens
        call.cached_tokens = used.cache_read_input_tokens
        call.cache_write_tokens = used.cache_creation_input_tokens
        if event.usage is not None and len(models) == 1:  # the usage does not tell models apart
            call.cache_write_1h_tokens = event.usage.cache_write_1h_tokens
            call.service_tier = event.usage.service_tier
        calls.append(call)
    if event.is_error and not models:
        call = _sum(event, "error")
        status = event.api_error_status
        parts = (event.subtype if status is None else status, event.result or event.errors)
        call.status_recorded = "error"
        call.error = ": ".join(str(part) for part in parts if part)
        calls.append(call)
    return calls


def _sum(event: Printed, what: str) -> Call:
    return Call(
        session_id=event.session_id,
        agent_raw=AGENT,
        basis="result",
        usage_source="sum",
        identity=f"{event.uuid}|{what}" if event.uuid else None,
        counted_as="anthropic",
    )


FORMAT = Format(
    name="claude-result",
    title="What claude -p prints as JSON",
    about=bullets(
        "The result of a run is one row of `calls` for each model, with the tokens of all "
        "its calls. It counts only where neither a session file nor telemetry of the "
        "session is here. Events before the result hold no final counts and are not "
        "summed.",
        "It cannot tell the day, so there is no computed cost; `cost_usd_reported` is what"
        " Claude Code printed.",
        "Checked with version 2.1.197, `--output-format json` and `stream-json`.",
    ),
    endings=(),
    patterns=(),
    read=read,
    knows=lambda name, data: holds(data, b'"session_id"', b'"modelUsage"', b'"total_cost_usd"'),
    schemas={"claude-result": Printed},
    finds_dry_runs=True,
)
