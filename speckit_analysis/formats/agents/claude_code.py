"""Sessions of Claude Code.

Checked with version 2.1.197.  An answer stands on a line for each of its blocks, with the same id;
a forked session begins with the lines of the one that it was forked from.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows, bullets
from speckit_analysis.formats.agents.written import Call, Session, holds, project_of, write
from speckit_analysis.formats.file import Amount
from speckit_analysis.formats.usage import COUNTS, Usage

AGENT = "claude"

#: The model of lines that the program wrote itself.
_SYNTHETIC = "<synthetic>"


class ClaudeUsage(Usage, gc=False, kw_only=True):
    """Tokens of an answer; ``speed`` is ``fast`` where that was paid for."""

    speed: str | None = None


class Block(msgspec.Struct, gc=False):
    """A part of a message."""

    type: str | None = None
    id: str | None = None
    text: str | None = None


class Message(msgspec.Struct, gc=False):
    """What was said to the model or by it."""

    id: str | None = None
    model: str | None = None
    content: list[Block] | str | None = None
    stop_reason: str | None = None
    usage: ClaudeUsage | None = None


class Fork(msgspec.Struct, gc=False, rename="camel"):
    """Where a copied line comes from."""

    session_id: str | None = None


class Line(msgspec.Struct, gc=False, rename="camel"):
    """A line of a session."""

    type: str | None = None
    session_id: str | None = None
    agent_id: str | None = None
    is_sidechain: bool | None = None
    is_meta: bool | None = None
    is_compact_summary: bool | None = None
    is_api_error_message: bool | None = None
    api_error_status: int | str | None = None
    error: Any = None
    request_id: str | None = None
    uuid: str | None = None
    timestamp: str | None = None
    version: str | None = None
    cwd: str | None = None
    git_branch: str | None = None
    cost: Amount | None = msgspec.field(name="costUSD", default=None)
    forked_from: Fork | None = None
    message: Message | None = None


_LINE = msgspec.json.Decoder(Line)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write a call for each answer, from the most complete of its lines, and a row a session."""
    sessions: dict[str, tuple[str, Session]] = {}
    calls: dict[tuple[str | None, ...], tuple[str, Call]] = {}
    tools: set[tuple[str | None, ...]] = set()
    for locator, line in file.decode_lines(_LINE):
        if not line.session_id:
            continue
        session = _session(line, locator, sessions)
        blocks = line.message.content if line.message else None
        if line.type == "user" and _is_prompt(line, blocks):
            session.turns += 1
            if file.content:
                for text in _texts(blocks):
                    session.ask(text)
        call = _call(line, session.session_id) if line.type == "assistant" else None
        if call is None:
            continue
        key = (session.session_id, call.identity or locator, call.request)
        _, known = calls.get(key, (locator, call))
        if known is call:
            session.count_in(call)
        if _weight(call) >= _weight(known):
            call.continue_from(known)
            calls[key] = locator, call
        for text in _texts(blocks) if file.content else ():
            calls[key][1].say(text)
        for block in blocks if isinstance(blocks, list) else ():
            if block.type == "tool_use" and (*key, block.id) not in tools:
                tools.add((*key, block.id))
                calls[key][1].tool_calls += 1
    write(file, rows, calls.values(), sessions.values())


def _session(line: Line, locator: str, sessions: dict[str, tuple[str, Session]]) -> Session:
    """Return the session of a line, with what the line tells of it."""
    own, parent = str(line.session_id), None
    if line.agent_id and line.is_sidechain:
        own, parent = f"{own}/agent-{line.agent_id}", own
    elif line.forked_from:
        parent = line.forked_from.session_id
    if own not in sessions:
        sessions[own] = locator, Session(session_id=own, agent_raw=AGENT, basis="session")
    session = sessions[own][1]
    session.see(line.timestamp)
    session.parent = session.parent or parent
    session.version = line.version or session.version
    session.project = session.project or project_of(line.cwd)
    session.branch = line.git_branch or session.branch
    return session


def _is_prompt(line: Line, blocks: list[Block] | str | None) -> bool:
    """Tell whether somebody asked something here: no tool answered, and no summary follows."""
    if line.is_meta or line.is_compact_summary or not blocks:
        return False
    return isinstance(blocks, str) or all(block.type != "tool_result" for block in blocks)


def _texts(blocks: list[Block] | str | None) -> Iterable[str]:
    if isinstance(blocks, str):
        return (blocks,)
    return (block.text for block in blocks or () if block.text)


def _call(line: Line, session: str) -> Call | None:
    """Return the call that a line tells of; None for what the program wrote itself."""
    message = line.message
    failed = bool(line.is_api_error_message)
    if message is None or (message.model == _SYNTHETIC and not failed):
        return None
    call = Call(
        session_id=session,
        agent_raw=AGENT,
        basis="session",
        usage_source="message",
        identity=message.id or line.uuid,
        counted_as="anthropic",
        request=line.request_id or None,
        sidechain=bool(line.is_sidechain),
        call_id=message.id or line.uuid,
        timestamp=line.timestamp,
    )
    if failed:
        call.status_recorded, call.error = "error", _error(line, message)
        return call
    call.model_observed = message.model or None
    call.cost_usd_reported = line.cost
    call.lower_bound = message.stop_reason is None or message.usage is None
    if message.usage is not None:
        _count(call, message.usage)
    return call


def _count(call: Call, usage: ClaudeUsage) -> None:
    for name in COUNTS:
        setattr(call, name, getattr(usage, name))
    call.counted_as = "anthropic"
    call.service_tier = "fast" if usage.speed == "fast" else usage.service_tier


def _error(line: Line, message: Message) -> str:
    parts = (line.error, line.api_error_status, *_texts(message.content))
    return ": ".join(str(part) for part in parts if part) or "error"


def _weight(call: Call) -> tuple[bool, int]:
    """Return what orders the lines of an answer: the final one is the heaviest."""
    counts = (call.prompt_tokens, call.cached_tokens, call.cache_write_tokens)
    return not call.lower_bound, sum(filter(None, (*counts, call.completion_tokens)))


def _is_session(name: str, data: bytes) -> bool:
    told = name.endswith((".jsonl", ".json")) and holds(data, b'"sessionId"', b'"type"')
    said = b'"parentUuid"' in data or holds(data, b'"message"', b'"usage"')
    return told and said and b'"projectHash"' not in data[:4096]


FORMAT = Format(
    name="claude-session",
    title="Session of Claude Code",
    about=bullets(
        "An answer is one row of `calls`: the most complete of the lines with its "
        "`message.id`. `prompt_tokens` is fresh input, what was read from the cache and "
        "what was written to it. Thinking is part of `completion_tokens`.",
        "What a fork or a sub-agent copies counts once, in the session that began first. "
        "The lines of a sub-agent are a session of their own, `<session>/agent-<id>`.",
        "`lower_bound` is set where no line of the answer has a `stop_reason`, as in old "
        "versions: the line was written before the last count, which the log never got.",
        "An `isApiErrorMessage` is a failed call without tokens. Other lines of the model "
        "`<synthetic>` are no calls.",
        "It cannot tell how long a call took, which model was asked for, or what web "
        "searches cost.",
        "Checked with version 2.1.197.",
    ),
    endings=(),
    patterns=(),
    read=read,
    knows=_is_session,
    schemas={"claude-session": Line},
    in_pieces=True,
    finds_dry_runs=True,
    may_be_empty=True,
)
