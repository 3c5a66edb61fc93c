"""Telemetry of agents: OTLP as JSON (logs and spans), and the file that Gemini CLI writes.

Checked with what Codex 0.169.0, Claude Code 2.1.197 and Gemini CLI 0.61.0 send.  Of these the
events count, of other programs the spans, whose names are those of OpenTelemetry's conventions for
generative AI, in current or older spelling, or OpenInference's.  Metrics are sums of the same calls
and are not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.agents.written import Call, Session, holds, write

Attributes = Mapping[str, Any]

#: What the events of the agents' own programs are called: an answer, and a call that failed.
_EVENTS = {
    "claude_code.api_request": "claude",
    "claude_code.api_error": "claude",
    "codex.sse_event": "codex",
    "gemini_cli.api_response": "gemini",
    "gemini_cli.api_error": "gemini",
}
_FAILED = ("claude_code.api_error", "gemini_cli.api_error")
_COUNTED_AS = {"claude": "anthropic", "codex": "openai", "gemini": "google"}

#: Whose spans repeat what their events tell.
_OWN_EVENTS = ("claude-code", "codex", "gemini-cli")

#: Operations that are no calls of a model, but hold such calls.
_HOLDERS = ("invoke_agent", "invoke_workflow", "create_agent", "plan", "execute_tool", "retrieval")

#: Where a figure may stand, the current name first.
_NAMES: dict[str, tuple[str, ...]] = {
    "session_id": ("session.id", "conversation.id", "gen_ai.conversation.id"),
    "model_requested": ("gen_ai.request.model", "llm.model_name"),
    "model_observed": ("gen_ai.response.model",),
    "call_id": ("gen_ai.response.id",),
    "prompt_tokens": (
        *("input_token_count", "input_tokens", "gen_ai.usage.input_tokens"),
        *("gen_ai.usage.prompt_tokens", "llm.token_count.prompt"),
    ),
    "completion_tokens": (
        *("output_token_count", "output_tokens", "gen_ai.usage.output_tokens"),
        *("gen_ai.usage.completion_tokens", "llm.token_count.completion"),
    ),
    "reasoning_tokens": (
        *("thoughts_token_count", "reasoning_token_count"),
        *("gen_ai.usage.reasoning.output_tokens", "codex.usage.reasoning_output_tokens"),
        "llm.token_count.completion_details.reasoning",
    ),
    "cached_tokens": (
        *("cached_content_token_count", "cached_token_count", "cache_read_tokens"),
        *("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
        *("gen_ai.usage.input_tokens.cached", "llm.token_count.prompt_details.cache_read"),
    ),
    "cache_write_tokens": (
        *("cache_write_token_count", "cache_creation_tokens"),
        *("gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_write.input_tokens"),
        "llm.token_count.prompt_details.cache_write",
    ),
    "total_tokens": ("total_token_count", "llm.token_count.total"),
    "reasoning_mode": ("model_reasoning_effort", "effort"),
    "latency_ms": ("duration_ms",),
    "cost_usd_reported": ("cost_usd", "llm.cost.total"),
    "error": ("error", "error.message", "error.type"),
}
_COUNTS = tuple(name for name in _NAMES if name.endswith("_tokens"))


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


class _Sessions(dict[str, tuple[str, Session]]):
    """Sessions by their id, made when a call of them is found."""

    def note(self, locator: str, call: Call, version: Any) -> None:
        if call.session_id is None:
            return
        if call.session_id not in self:
            new = Session(session_id=call.session_id, agent_raw=call.agent_raw, basis="telemetry")
            self[call.session_id] = locator, new
        session = self[call.session_id][1]
        session.version = session.version or (str(version) if version else None)
        session.see(call.timestamp)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write a call for each event or span of one."""
    sessions, calls = _Sessions(), []
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
    name = body if isinstance(body, str) and body in _EVENTS else attributes.get("event.name")
    moment = _moment(record.time_unix_nano) or _moment(record.observed_time_unix_nano)
    return call_of_event(str(name), attributes, moment)


def call_of_event(name: str, attributes: Attributes, moment: str | None) -> Call | None:
    """Return the call that an event of an agent's program tells of; None if it tells of none."""
    agent = _EVENTS.get(name)
    if agent is None:
        return None
    failed = name in _FAILED
    call = _call(agent, attributes)
    if not failed and (call.prompt_tokens is None or call.completion_tokens is None):
        return None  # codex.sse_event tells of much else
    call.counted_as = _COUNTED_AS[agent]
    call.timestamp = str(attributes.get("event.timestamp") or moment or "") or None
    model = attributes.get("model")
    call.model_observed = str(model) if model else None
    call.request = str(attributes["request_id"]) if attributes.get("request_id") else None
    if agent == "gemini" and call.prompt_tokens is not None:
        call.prompt_tokens += _number(attributes.get("tool_token_count")) or 0
    if agent == "codex":  # so is the total called there; the duration is that of the event
        call.total_tokens = _number(attributes.get("tool_token_count"))
        call.latency_ms = None
    if failed:
        status = attributes.get("status_code")
        call.status_recorded = "error"
        call.error = ": ".join(str(part) for part in (status, call.error) if part) or "error"
        for count in _COUNTS:
            setattr(call, count, None)
    told = (call.timestamp, call.prompt_tokens, call.completion_tokens)
    call.identity = "|".join(map(str, (call.session_id, call.request, *told)))
    return call


def _of_span(span: Span, sender: Attributes) -> Call | None:
    """Return the call that a span of another program is; None for any other operation."""
    attributes = _flat(span.attributes)
    service = str(sender.get("service.name", ""))
    kind = attributes.get("openinference.span.kind")
    if service.startswith(_OWN_EVENTS) or attributes.get("gen_ai.operation.name") in _HOLDERS:
        return None
    call = _call(str(attributes.get("gen_ai.agent.name") or service or "unknown"), attributes)
    failed = span.status is not None and span.status.code in (2, "STATUS_CODE_ERROR")
    if (call.prompt_tokens is None and not failed) or (kind or "LLM") != "LLM":
        return None
    if call.model_requested is None and call.model_observed is None:
        return None
    start, end = _number(span.start_time_unix_nano), _number(span.end_time_unix_nano)
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
        call.cost_usd_reported = _amount(attributes["gen_ai.usage.cost.amount"])
    return call


def _call(agent: str, attributes: Attributes) -> Call:
    call = Call(
        session_id=None,
        agent_raw=agent,
        basis="telemetry",
        usage_source="event",
        identity=None,
        counted_as="",
    )
    for field, names in _NAMES.items():
        value = next((attributes[name] for name in names if attributes.get(name) is not None), None)
        if field in _COUNTS:
            value = _number(value)
        elif field in ("latency_ms", "cost_usd_reported"):
            value = _amount(value)
        elif value is not None:
            value = str(value)
        setattr(call, field, value)
    return call


def _number(value: Any) -> int | None:
    """Return a count, which some write as a text."""
    try:
        return int(value)  # exact, as moments in nanoseconds have to be
    except (TypeError, ValueError):
        amount = _amount(value)
        return None if amount is None else int(amount)


def _amount(value: Any) -> float | None:
    try:
        amount = float(value)
    except (TypeError, ValueError):
        return None
    return amount if 0 <= amount < 2**63 else None


class Exported(msgspec.Struct, gc=False, rename="camel"):
    """A record of Gemini CLI's own telemetry file, as its library holds it."""

    attributes: dict[str, Any] | None = None
    hr_time: Any = None


_EXPORTED = msgspec.json.Decoder(Exported)


def read_exported(file: EvidenceFile, rows: Rows) -> None:
    """Write a call for each answer and each failure in Gemini CLI's telemetry file."""
    sessions, calls = _Sessions(), []
    for locator, record in file.decode_lines(_EXPORTED):
        attributes = record.attributes or {}
        call = call_of_event(str(attributes.get("event.name")), attributes, None)
        if call is not None:
            calls.append((locator, call))
            sessions.note(locator, call, None)
    write(file, rows, calls, sessions.values())


FORMATS = (
    Format(
        name="otlp",
        title="Telemetry of agents: OTLP as JSON",
        notes=(
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
    ),
    Format(
        name="gemini-telemetry",
        title="Telemetry file of Gemini CLI",
        notes=(
            "The file that `telemetry.outfile` names: an `api_response` or `api_error` event "
            "is one row of `calls`, as in [`otlp`](#otlp).",
            "Checked with version 0.61.0.",
        ),
        endings=(),
        patterns=(),
        read=read_exported,
        knows=lambda name, data: holds(data, b'"_spanContext"', b'"gemini_cli.'),
        schemas={"gemini-telemetry": Exported},
        finds_dry_runs=True,
    ),
)
