"""What ``gemini -o json`` and ``-o stream-json`` print; checked with version 0.61.0."""

from __future__ import annotations

from typing import Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows, bullets
from speckit_analysis.formats.agents.gemini_cli import AGENT, new_call, plus
from speckit_analysis.formats.agents.written import Call, Session, holds, write
from speckit_analysis.formats.file import Amount, Count


class ModelTokens(msgspec.Struct, gc=False):
    """What a run used of a model; here ``input`` is the prompt without what was cached."""

    prompt: Count | None = None
    candidates: Count | None = None
    cached: Count | None = None
    thoughts: Count | None = None
    tool: Count | None = None
    total: Count | None = None


class Requests(msgspec.Struct, gc=False, rename="camel"):
    """How often a model was asked, and how long that took."""

    total_requests: Count | None = None
    total_errors: Count | None = None
    total_latency_ms: Amount | None = None


class ModelStats(msgspec.Struct, gc=False):
    """What a run tells of a model: with ``-o json`` apart, with ``stream-json`` flat."""

    api: Requests | None = None
    tokens: ModelTokens | None = None
    total_tokens: Count | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cached: Count | None = None


class Tools(msgspec.Struct, gc=False, rename="camel"):
    """What a run tells of tools."""

    total_calls: Count | None = None


class Stats(msgspec.Struct, gc=False):
    """What a run used."""

    models: dict[str, ModelStats] | None = None
    tools: Tools | None = None
    tool_calls: Count | None = None
    duration_ms: Amount | None = None


class Printed(msgspec.Struct, gc=False):
    """The document that ``-o json`` prints, or a line of ``-o stream-json``."""

    session_id: str | None = None
    type: str | None = None
    timestamp: str | None = None
    stats: Stats | None = None
    error: Any = None


_PRINTED = msgspec.json.Decoder(Printed)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write what a run of ``gemini`` used: a row for each model that it asked."""
    sessions: list[tuple[str, Session]] = []
    calls: list[tuple[str, Call]] = []
    for locator, event in file.decode_lines(_PRINTED):
        if event.session_id:
            new = Session(session_id=event.session_id, agent_raw=AGENT, basis="result")
            sessions.append((locator, new))
        if not sessions:
            continue
        session = sessions[-1][1]
        session.see(event.timestamp)
        if event.stats is not None:
            calls += [(locator, call) for call in _sums(session, event)]
    write(file, rows, calls, sessions)


def _sums(session: Session, event: Printed) -> list[Call]:
    """Return the sums that a run tells, by model; tell the session of its requests."""
    stats = event.stats or Stats()
    tools = stats.tools.total_calls if stats.tools else stats.tool_calls
    session.turns, session.tool_calls = session.turns + 1, session.tool_calls + (tools or 0)
    session.wall_ms = stats.duration_ms
    calls = []
    for model, used in (stats.models or {}).items():
        call = new_call(session.session_id, "result", "sum", model)
        call.timestamp = event.timestamp
        if used.api is not None:
            session.api_ms = (session.api_ms or 0) + (used.api.total_latency_ms or 0)
            session.calls = (session.calls or 0) + (used.api.total_requests or 0)
        if used.tokens is not None:
            tokens = used.tokens
            call.prompt_tokens = plus(tokens.prompt, tokens.tool)
            call.completion_tokens, call.reasoning_tokens = tokens.candidates, tokens.thoughts
            call.cached_tokens, call.total_tokens = tokens.cached, tokens.total
        elif None not in (used.total_tokens, used.input_tokens, used.output_tokens):
            # Thoughts are in the total alone.
            call.prompt_tokens, call.completion_tokens = used.input_tokens, used.output_tokens
            call.cached_tokens, call.total_tokens = used.cached, used.total_tokens
            thoughts = used.total_tokens - used.input_tokens - used.output_tokens  # type: ignore[operator]
            call.reasoning_tokens = max(thoughts, 0)
        told = (
            model,
            call.prompt_tokens,
            call.completion_tokens,
            session.api_ms,
            stats.duration_ms,
        )
        call.identity = "|".join(map(str, (session.session_id, *told)))
        calls.append(call)
    return calls


FORMAT = Format(
    name="gemini-result",
    title="What gemini -o json prints",
    about=bullets(
        "The statistics of a run are one row of `calls` for each model, with the tokens of"
        " all its calls. They count only where neither a chat nor telemetry of the session"
        " is here.",
        "`-o json` cannot tell the day, so there is no computed cost. `-o stream-json` has"
        " thoughts in its total alone: they are the rest of it.",
        "Checked with version 0.61.0.",
    ),
    endings=(),
    patterns=(),
    read=read,
    knows=lambda name, data: holds(data, b'"session_id"', b'"stats"', b'"models"'),
    schemas={"gemini-result": Printed},
    finds_dry_runs=True,
)
