"""Telemetry of agents as a collector keeps it: OTLP as JSON, logs and spans.

Checked with what Codex 0.169.0, Claude Code 2.1.197 and Gemini CLI 0.61.0 send.  Of these the
events count, of other programs the spans, whose names are those of OpenTelemetry's conventions for
generative AI, in current or older spelling, or OpenInference's.  Metrics are sums of the same calls
and are not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows, bullets
from speckit_analysis.formats.agents.events import (
    AGENTS_OF_EVENTS,
    Attributes,
    TracedSessions,
    amount_of,
    call_of_event,
    count_of,
    new_call,
)
from speckit_analysis.formats.agents.written import Call, holds, write

#: Whose spans repeat what their events tell.
_OWN_EVENTS = ("claude-code", "codex", "gemini-cli")

#: Operations that are no calls of a model, but hold such calls.
_HOLDERS = ("invoke_agent", "invoke_workflow", "create_agent", "plan", "execute_tool", "retrieval")


class KeyValue(msgspec.Struct, gc=False):
    """An attribute."""

    key: str
    value: Any = None


class LogRecord(msgspec.Struct, gc=False, rename="camel"):
    """An event."""

    time_unix_nano: int | str | None = None
    observed_time_unix_nano: int | str | None = None
    body: Any = None
    attributes: list[KeyValue] | None = None


class Status(msgspec.Struct, gc=False):
    """How an operation ended; 2 is an error."""

    code: int | str | None = None
    message: str | None = None


class Span(msgspec.Struct, gc=False, rename="camel"):
    """An operation."""

    trace_id: str | None = None
    span_id: str | None = None
    start_time_unix_nano: int | str | None = None
    end_time_unix_nano: int | str | None = None
    attributes: list[KeyValue] | None = None
    status: Status | None = None


class Scope(msgspec.Struct, gc=False, rename="camel"):
    """What one library sent."""

    log_records: list[LogRecord] | None = None
    spans: list[Span] | None = None


class Resource(msgspec.Struct, gc=False):
    """The program that sent it."""

    attributes: list[KeyValue] | None = None


class Sent(msgspec.Struct, gc=False, rename="camel"):
    """What one program sent."""

    resource: Resource | None = None
    scope_logs: list[Scope] | None = None
    scope_spans: list[Scope] | None = None


class Message(msgspec.Struct, gc=False, rename="camel"):
    """A message of OTLP."""

    resource_logs: list[Sent] | None = None
    resource_spans: list[Sent] | None = None


_MESSAGE = msgspec.json.Decoder(Message)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write a call for each event or span of one."""
    sessions, calls = TracedSessions(), []
    for locator, message in file.decode_lines(_MESSAGE):
        for place, sender, record in _records(message):
            call = _of_span(record, sender) if isinstance(record, Span) else _of_log(record)
            if call is not None:
                calls.append((f"{locator}/{place}", call))
                sessions.note(f"{locator}/{place}", call, sender.get("service.version"))
    write(file, rows, calls, sessions.values())


def _records(message: Message) -> Iterator[tuple[str, Attributes, LogRecord | Span]]:
    """Yield each event and span with its place and the attributes of who sent it."""
    for signal, sent in (
        ("resourceLogs", message.resource_logs),
        ("resourceSpans", message.resource_spans),
    ):
        for n, one in enumerate(sent or ()):
            sender = _flat(one.resource.attributes if one.resource else None)
            for scopes in (one.scope_logs, one.scope_spans):
                for m, scope in enumerate(scopes or ()):
                    for i, record in enumerate([*(scope.log_records or ()), *(scope.spans or ())]):
                        yield f"{signal}/{n}/{m}/{i}", sender, record


def _flat(attributes: list[KeyValue] | None) -> dict[str, Any]:
    """Return attributes as a mapping, each value without what tells its type."""
    return {
        one.key: next(iter(one.value.values()), None) if isinstance(one.value, dict) else one.value
        for one in attributes or ()
    }


def _moment(nanoseconds: Any) -> str | None:
    try:
        seconds = int(nanoseconds) / 1e9
    except (TypeError, ValueError):
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds > 0 else None


def _of_log(record: LogRecord) -> Call | None:
    attributes = _flat(record.attributes)
    body = record.body.get("stringValue") if isinstance(record.body, dict) else record.body
    name = (
        body if isinstance(body, str) and body in AGENTS_OF_EVENTS else attributes.get("event.name")
    )
    moment = _moment(record.time_unix_nano) or _moment(record.observed_time_unix_nano)
    return call_of_event(str(name), attributes, moment)


def _of_span(span: Span, sender: Attributes) -> Call | None:
    """Return the call that a span of another program is; None for any other operation."""
    attributes = _flat(span.attributes)
    service = str(sender.get("service.name", ""))
    kind = attributes.get("openinference.span.kind")
    if service.startswith(_OWN_EVENTS) or attributes.get("gen_ai.operation.name") in _HOLDERS:
        return None
    call = new_call(str(attributes.get("gen_ai.agent.name") or service or "unknown"), attributes)
    failed = span.status is not None and span.status.code in (2, "STATUS_CODE_ERROR")
    if (call.prompt_tokens is None and not failed) or (kind or "LLM") != "LLM":
        return None
    if call.model_requested is None and call.model_observed is None:
        return None
    start, end = count_of(span.start_time_unix_nano), count_of(span.end_time_unix_nano)
    call.timestamp = _moment(start)
    call.latency_ms = (end - start) / 1e6 if start and end else call.latency_ms
    call.session_id = call.session_id or span.trace_id
    call.identity = call.call_id or f"{span.trace_id}|{span.span_id}"
    call.counted_as = "openai"  # the conventions count cache and reasoning inside
    if failed:
        call.status_recorded = "error"
        call.error = (span.status.message if span.status else None) or call.error or "error"
    else:
        call.error = None
    currency = attributes.get("gen_ai.usage.cost.currency", "USD")
    if currency == "USD" and "gen_ai.usage.cost.amount" in attributes:
        call.cost_usd_reported = amount_of(attributes["gen_ai.usage.cost.amount"])
    return call


FORMAT = Format(
    name="otlp",
    title="Telemetry of agents: OTLP as JSON",
    about=bullets(
        "Logs: an `api_request` or `api_error` event of Claude Code, a "
        "`response.completed` event of Codex and an `api_response` or `api_error` event of"
        " Gemini CLI are one row of `calls` each. Where the session's own file is here, "
        "they only tell how long its calls took, and which failed if the file does not.",
        "Spans: a call of a model by any other program, with the names of OpenTelemetry's "
        "`gen_ai.*`, current or older, or of OpenInference. Spans that hold such calls "
        "(`invoke_agent`, `execute_tool` …) are not read, nor are the spans of the three "
        "programs, which repeat their events.",
        "Metrics are sums of the same calls and are not read. Claude Code's events do not "
        "tell what was written to the cache for an hour.",
        "Checked with Claude Code 2.1.197, Codex 0.169.0 and Gemini CLI 0.61.0; spans of "
        "other programs with the conventions' text alone.",
    ),
    endings=(),
    patterns=(),
    read=read,
    knows=lambda name, data: (
        holds(data[:65536], b'"resourceLogs"') or holds(data[:65536], b'"resourceSpans"')
    ),
    schemas={"otlp": Message},
    finds_dry_runs=True,
)
