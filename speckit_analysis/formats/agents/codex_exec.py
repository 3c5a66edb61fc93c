"""What ``codex exec --json`` prints; checked with version 0.169.0.

It names neither model nor time, and its counts are those of the thread up to then, so that of
several runs of a thread the last one tells all.
"""

from __future__ import annotations

from typing import Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows, bullets
from speckit_analysis.formats.agents.codex import AGENT, Counters, inside, text_of
from speckit_analysis.formats.agents.written import Call, Session, write


class Item(msgspec.Struct, gc=False):
    """What was done in a turn."""

    type: str | None = None


class Event(msgspec.Struct, gc=False):
    """A line that ``codex exec --json`` prints."""

    type: str
    thread_id: str | None = None
    usage: Counters | None = None
    item: Item | None = None
    error: Any = None


_EVENT = msgspec.json.Decoder(Event)
_TOOL_ITEMS = ("command_execution", "mcp_tool_call", "web_search", "file_change")


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write what each thread had used when its last run ended."""
    sessions: dict[str, tuple[str, Session]] = {}
    calls: dict[str, tuple[str, Call]] = {}
    failures: list[tuple[str, Call]] = []
    thread = None
    for locator, event in file.decode_lines(_EVENT):
        if event.type == "thread.started" and event.thread_id:
            thread = event.thread_id
            new = Session(session_id=thread, agent_raw=AGENT, basis="result")
            sessions.setdefault(thread, (locator, new))
        if thread is None:
            continue
        session = sessions[thread][1]
        if event.type == "turn.started":
            session.turns += 1
        elif event.type == "item.completed" and event.item and event.item.type in _TOOL_ITEMS:
            session.tool_calls += 1
        elif event.type == "turn.completed" and event.usage:
            call = _sum(thread, thread)
            counts = event.usage.counts()
            call.prompt_tokens, call.cached_tokens, call.cache_write_tokens = counts[:3]
            call.completion_tokens, call.reasoning_tokens = counts[3:]
            calls[thread] = locator, call
            session.identity = ",".join(map(str, counts))
        elif event.type == "turn.failed":
            call = _sum(thread, None)
            call.status_recorded = "error"
            call.error = text_of(inside(event.error, "message")) or "error"
            failures.append((locator, call))
    write(file, rows, [*calls.values(), *failures], sessions.values())


def _sum(thread: str, identity: str | None) -> Call:
    return Call(
        session_id=thread,
        agent_raw=AGENT,
        basis="result",
        usage_source="sum",
        identity=identity,
        counted_as="openai",
    )


def _is_printed(name: str, data: bytes) -> bool:
    return data.lstrip()[:1] == b"{" and all(
        word in data[:65536] for word in (b'"thread.started"', b'"thread_id"')
    )


FORMAT = Format(
    name="codex-exec",
    title="What codex exec --json prints",
    about=bullets(
        "`turn.completed` counts all that its thread used up to then, runs before a resume "
        "included. So of all files of a thread the largest count is its row of `calls`. It "
        "counts only where neither a rollout nor telemetry of the thread is here.",
        "It cannot tell model or day, so there is no cost. A fork counts what its parent used "
        "before, and does not name the parent: with both kept, that is counted twice.",
        "Checked with version 0.169.0.",
    ),
    endings=(),
    patterns=(),
    read=read,
    knows=_is_printed,
    schemas={"codex-exec": Event},
    finds_dry_runs=True,
)
