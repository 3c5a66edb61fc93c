"""Chats of Gemini CLI.

Checked with version 0.61.0.  A chat is one JSON document in older versions, JSON Lines in newer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows, bullets
from speckit_analysis.formats.agents.written import Basis, Call, Session, write
from speckit_analysis.formats.file import Count

AGENT = "gemini"

#: The folder of a project is named by this where it has no name.
_HASH = re.compile(r"[0-9a-f]{40,64}")


class Tokens(msgspec.Struct, gc=False):
    """Tokens of an answer: the input holds what came from the cache, the output no thoughts."""

    input: Count | None = None
    output: Count | None = None
    cached: Count | None = None
    thoughts: Count | None = None
    tool: Count | None = None
    total: Count | None = None


class Part(msgspec.Struct, gc=False, rename="camel"):
    """A part of what was given to the model."""

    text: str | None = None
    function_response: Any = None


class ToolCall(msgspec.Struct, gc=False):
    """A tool that an answer calls."""

    id: str | None = None


class Chat(msgspec.Struct, gc=False, rename="camel"):
    """A chat, a record of one, or a message."""

    session_id: str | None = None
    project_hash: str | None = None
    start_time: str | None = None
    id: str | None = None
    timestamp: str | None = None
    type: str | None = None
    content: list[Part | str] | Part | str | None = None
    tokens: Tokens | None = None
    model: str | None = None
    tool_calls: list[ToolCall] | None = None
    messages: list[Chat] | None = None
    set: Chat | None = msgspec.field(name="$set", default=None)


_CHAT = msgspec.json.Decoder(Chat)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write a call for each answer of a chat, as its last record tells it, and the chat."""
    place, session = "", Session(session_id="", agent_raw=AGENT, basis="session")
    messages: dict[str, tuple[str, Chat]] = {}
    hashed = None
    for locator, record in file.decode_lines(_CHAT):
        for part, at in ((record, locator), (record.set, f"{locator}/$set")):
            if part is None:
                continue
            if part.session_id and not session.session_id:
                place, session.session_id = locator, part.session_id
            session.see(part.start_time)
            hashed = hashed or part.project_hash
            told = [(at, part)] if part.id else []
            told += [(f"{at}/messages/{n}", one) for n, one in enumerate(part.messages or ())]
            for where, message in told:
                # A message taken back was paid for all the same.
                messages[message.id or where] = where, message
    if not session.session_id:
        return
    _place(session, file.folder, hashed)
    calls = []
    for where, message in messages.values():
        session.see(message.timestamp)
        if message.type == "user" and _is_prompt(message):
            session.turns += 1
            for text in _texts(message) if file.content else ():
                session.ask(text)
        elif message.type == AGENT:
            call = _call(message, session)
            session.count_in(call)
            for text in _texts(message) if file.content else ():
                call.say(text)
            calls.append((where, call))
    write(file, rows, calls, [(place, session)])


def _place(session: Session, folder: str, hashed: str | None) -> None:
    """Tell from ``<project>/chats[/<parent>]`` whose the chat is."""
    parts = PurePath(folder).parts
    at = max((n for n, part in enumerate(parts) if part == "chats"), default=0)
    project = parts[at - 1] if at else None
    if at and at + 1 < len(parts):
        session.parent = parts[at + 1]
    if project is None or _HASH.fullmatch(project):
        project = (hashed or project or "")[:12] or None
    session.project = project


def _is_prompt(message: Chat) -> bool:
    """Tell whether somebody asked something: no tool answered, and the program said nothing."""
    return any(not text.startswith("<session_context>") for text in _texts(message))


def _texts(message: Chat) -> Iterator[str]:
    """Yield what a message says, but for what tools answer."""
    content = message.content if isinstance(message.content, list) else [message.content]
    for part in content:
        if isinstance(part, Part):
            part = None if part.function_response is not None else part.text
        if part:
            yield part


def _call(message: Chat, session: Session) -> Call:
    tokens = message.tokens
    call = new_call(session.session_id, "session", "message", message.model)
    call.identity = f"{message.id}|{message.timestamp}" if message.id else None
    call.call_id, call.timestamp = message.id, message.timestamp
    call.tool_calls = len({tool.id for tool in message.tool_calls or ()})
    call.lower_bound = tokens is None
    if tokens is not None:
        call.prompt_tokens = plus(tokens.input, tokens.tool)
        call.completion_tokens, call.reasoning_tokens = tokens.output, tokens.thoughts
        call.cached_tokens, call.total_tokens = tokens.cached, tokens.total
    return call


def new_call(session: str, basis: Basis, source: str, model: str | None) -> Call:
    """Return a call of Gemini CLI."""
    return Call(
        session_id=session,
        agent_raw=AGENT,
        basis=basis,
        usage_source=source,
        identity=None,
        counted_as="google",
        model_observed=model,
    )


def plus(count: int | None, more: int | None) -> int | None:
    """Return a count with what else belongs to it; None where it is not told."""
    return None if count is None else count + (more or 0)


FORMAT = Format(
    name="gemini-chat",
    title="Chat of Gemini CLI",
    about=bullets(
        "An answer is one row of `calls`, as the last record with its id tells it. "
        "`prompt_tokens` is `input` and `tool`; what came from the cache is inside. "
        "`thoughts` are `reasoning_tokens`.",
        "An answer that was taken back (`$rewindTo`) was paid for, and counts. A chat that"
        " moved from `.json` to `.jsonl` counts once. A sub-agent's chat lies in a folder "
        "named by its parent.",
        "It cannot tell calls that failed or how long one took; the telemetry file can.",
        "Checked with version 0.61.0.",
    ),
    endings=(),
    patterns=(),
    read=read,
    knows=lambda name, data: (
        name.endswith((".json", ".jsonl"))
        and data.lstrip()[:1] == b"{"
        and b'"sessionId"' in data
        and b'"projectHash"' in data
    ),
    schemas={"gemini-chat": Chat},
    in_pieces=True,
    finds_dry_runs=True,
    rank=49,  # before what else has sessions
)
