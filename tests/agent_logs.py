"""Logs of agents in the shapes that their programs write, made by code."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import speckit_analysis as sk

Record = dict[str, Any]

#: Counters of Codex: input, of it from the cache, output, of it reasoning.
Four = tuple[int, int, int, int]


def moment(second: float) -> str:
    """Return a moment of one afternoon, as all three programs write it."""
    return f"2026-03-02T14:{int(second) // 60:02}:{second % 60:06.3f}Z"


def lines(records: Iterable[Record], **how: Any) -> str:
    """Return records as JSON Lines."""
    return "".join(json.dumps(record, **how) + "\n" for record in records)


def put(path: Path, *records: Record, **how: Any) -> Path:
    """Write records to a file of JSON Lines, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(lines(records, **how))
    return path


def totals(*roots: Path) -> tuple[int, int, int, int, int]:
    """Return how many calls were made, and their input, cached, output and reasoning tokens."""
    calls = sk.load(*roots, processes=1).calls
    names = ["prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens"]
    return (len(calls), *(int(calls[name].sum()) for name in names))  # type: ignore[return-value]


def answer(
    message: str | None,
    second: float,
    usage: Mapping[str, Any] | None = None,
    session: str = "s-1",
    *,
    block: Record | None = None,
    stop: str | None = "end_turn",
    **changes: Any,
) -> Record:
    """Return a line of an answer in a session of Claude Code."""
    counts = {"input_tokens": 10, "output_tokens": 20}
    counts |= {"cache_read_input_tokens": 300, "cache_creation_input_tokens": 40}
    line = {
        "type": "assistant",
        "sessionId": session,
        "uuid": f"u-{message}-{second}",
        "parentUuid": None,
        "isSidechain": False,
        "timestamp": moment(second),
        "version": "2.1.100",
        "cwd": "/srv/code/shop",
        "gitBranch": "main",
        "requestId": f"req-{message}",
        "message": {
            "id": message,
            "role": "assistant",
            "model": "claude-sonnet-4-5",
            "content": [block or {"type": "text", "text": "done"}],
            "stop_reason": stop,
            "usage": counts | dict(usage or {}),
        },
    }
    return line | changes


def prompt(second: float, session: str = "s-1", content: Any = "go on", **changes: Any) -> Record:
    """Return a line of a prompt in a session of Claude Code."""
    line = {
        "type": "user",
        "sessionId": session,
        "uuid": f"u-{session}-{second}",
        "parentUuid": None,
        "isSidechain": False,
        "timestamp": moment(second),
        "cwd": "/srv/code/shop",
        "message": {"role": "user", "content": content},
    }
    return line | changes


def head(thread: str, second: float, **payload: Any) -> Record:
    """Return the head of a rollout of Codex."""
    about = {"id": thread, "timestamp": moment(second), "cwd": "/srv/code/shop"}
    about |= {"cli_version": "0.100.0", "source": "cli", "git": {"branch": "main"}}
    return {"timestamp": moment(second), "type": "session_meta", "payload": about | payload}


def turn(second: float, turn_id: str | None = None, model: str = "gpt-5-codex") -> Record:
    """Return the start of a turn of Codex."""
    payload = {"model": model, "effort": "high", "cwd": "/srv/code/shop"}
    payload |= {"turn_id": turn_id} if turn_id else {}
    return {"timestamp": moment(second), "type": "turn_context", "payload": payload}


def usage(counts: Four) -> Record:
    """Return counts as Codex names them."""
    names = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens")
    return dict(zip(names, counts, strict=True)) | {"total_tokens": counts[0] + counts[2]}


def counter(second: float, total: Four | None, last: Four | None = None) -> Record:
    """Return a counter of Codex: of the thread up to now, and of the last call."""
    info = {"total_token_usage": usage(total)} if total else {}
    info |= {"last_token_usage": usage(last)} if last else {}
    payload = {"type": "token_count", "info": info, "rate_limits": None}
    return {"timestamp": moment(second), "type": "event_msg", "payload": payload}


def response(second: float, response_id: str, counts: Four, total: Four | None = None) -> Record:
    """Return the record that newer versions of Codex write of each response."""
    payload = {"response_id": response_id, "turn_id": "t", "usage": usage(counts)}
    payload |= {"thread_token_usage": usage(total)} if total else {}
    return {"timestamp": moment(second), "type": "token_usage_record", "payload": payload}


def counters(start: float, *calls: Four, before: Four = (0, 0, 0, 0)) -> list[Record]:
    """Return a counter for each of `calls`, a second apart, on top of what was used `before`."""
    records = []
    for number, last in enumerate(calls):
        before = tuple(map(sum, zip(before, last, strict=True)))  # type: ignore[assignment]
        records.append(counter(start + number, before, last))
    return records


def chat(session: str, second: float = 0, **more: Any) -> Record:
    """Return the head of a chat of Gemini CLI."""
    start = {"sessionId": session, "projectHash": "0a1b2c3d4e5f6a7b8c9d", "kind": "main"}
    return start | {"startTime": moment(second), "lastUpdated": moment(second)} | more


def reply(message: str, second: float, tools: int = 0, **tokens: int) -> Record:
    """Return an answer in a chat of Gemini CLI."""
    counts = {"input": 100, "output": 20, "cached": 30, "thoughts": 5, "tool": 0} | tokens
    counts.setdefault("total", sum(counts.values()) - counts["cached"])
    record = {"id": message, "timestamp": moment(second), "type": "gemini", "content": "done"}
    record |= {"model": "gemini-2.5-pro", "tokens": counts}
    calls = [{"id": f"{message}-{n}", "name": "list", "status": "success"} for n in range(tools)]
    return record | ({"toolCalls": calls} if tools else {})


def asked(message: str, second: float, content: Any = "plan") -> Record:
    """Return what somebody asked in a chat of Gemini CLI."""
    return {"id": message, "timestamp": moment(second), "type": "user", "content": content}
