"""The answer within what an agent sent: in prose, a fence, a transcript or a wrapper."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from speckit_analysis.formats.decoding import whole_values
from speckit_analysis.tables.vocabulary import ANSI, ANSWER_FIELDS

# Where CLIs and providers put what a model said.
_WRAPPERS = (
    *("result", "response", "output", "message", "item", "payload", "choices", "candidates"),
    *("answer", "completion", "data", "body", "content", "parts", "text"),
)

# Fields that are an answer wherever they stand, and those that say whose it is.
_FIELDS = ANSWER_FIELDS.keys() | {
    *("consensus", "rationale", "final_plan", "feasibility_notes", "spec_status", "dependencies"),
}
_IDENTITY = {"agent", "prompt_version"}

# What CLIs and providers tell beside what a model said.
_ENVELOPE = {"usage", "stats", "session_id", "choices", "candidates", "delta"}

# Roles and types of events that are not what the agent answered.
_NOT_SAID = frozenset(
    {
        *("user", "system", "developer", "tool", "tool_use", "tool_result", "function_call"),
        *("thinking", "reasoning", "command_execution", "mcp_tool_call", "error"),
    }
)

_LOGGED = r"^\[?\d{4}-\d\d-\d\dT[\d:.]+Z?\]? "
TRANSCRIPT = re.compile(
    rf"{_LOGGED}(?:OpenAI Codex|User instructions|tokens used|exec|codex|thinking)"
    r"|^OpenAI Codex v\d|^(?:user|assistant|human):\s",
    re.MULTILINE | re.IGNORECASE,
)
_SPEAKER = re.compile(
    rf"{_LOGGED}(\w+)"
    r"|^(user|assistant|human|system|tool|codex|thinking|exec|tokens used)(?::|[ \t]*$)",
    re.MULTILINE | re.IGNORECASE,
)
_FENCE = re.compile(r"```\w*\s*$")
_QUOTED = re.compile(
    r"(?:\b(?:e\.g\.|(?:for|an) example|for instance|such as)[^\n]{0,40}|(?<!`)`)$", re.IGNORECASE
)

#: Wrappers within wrappers are opened to this depth.
_DEPTH = 8

#: Characters of prose that may stand around an answer whose fields nobody knows.
_SHORT = 300


Holds = Callable[[dict[str, Any]], bool]


def answer_in(content: Any, holds: Holds, depth: int = 0) -> dict[str, Any] | None:
    """Return the last whole object within `content` that is an answer; None where there is none.

    Parameters
    ----------
    content
        An object, a list or a text: a wrapper, the events of a session, prose around JSON.
    holds
        Tells whether an object says anything: it is no echo of the prompt and no error.
    depth
        How many wrappers were opened already.
    """
    if isinstance(content, str):
        return _in_text(ANSI.sub("", content).strip(), holds, depth)
    if isinstance(content, list):
        inner = content[::-1] if any(map(_wraps, content)) else []
    elif not isinstance(content, dict) or _is_said_by_others(content):
        return None
    elif content.keys() & _FIELDS or (content.keys() & _IDENTITY and not _wraps(content)):
        return content if holds(content) else None
    else:
        inner = [content[name] for name in _WRAPPERS if name in content]
    found = (answer_in(each, holds, depth + 1) for each in inner if depth < _DEPTH)
    return next((answer for answer in found if answer is not None), None)


def words_in(value: Any, depth: int = 0) -> str | None:
    """Return the text that a wrapper wraps."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        inner = value
    elif isinstance(value, dict) and not _is_said_by_others(value):
        inner = [value[name] for name in _WRAPPERS if name in value][:1]
    else:
        return None
    texts = [words_in(each, depth + 1) for each in inner if depth < _DEPTH]
    return "\n".join(filter(None, texts)) or None


def is_envelope(value: dict[str, Any]) -> bool:
    """Tell whether an object is what a CLI or a provider puts around an answer, or an event."""
    event = _wraps(value) and ("type" in value or "role" in value)
    return event or not value.keys().isdisjoint(_ENVELOPE) or _is_said_by_others(value)


def is_session(text: str) -> bool:
    """Tell whether a text is the events of a session, each a JSON object with its type."""
    begin, _, first = next(whole_values(text[:100_000]), (1, 0, None))
    return begin == 0 and isinstance(first, dict) and "type" in first and "\n" in text


def _wraps(value: Any) -> bool:
    return isinstance(value, dict) and not value.keys().isdisjoint(_WRAPPERS)


def _is_said_by_others(value: dict[str, Any]) -> bool:
    return any(
        isinstance(who := value.get(key), str) and who in _NOT_SAID for key in ("role", "type")
    )


def _in_text(text: str, holds: Holds, depth: int) -> dict[str, Any] | None:
    if depth > _DEPTH:
        return None
    whole = whole_json(text)
    if whole is None:
        text = _said(text)
        values = list(whole_values(text, fragments=False))
    else:
        values = [(0, len(text), whole)]
    session = is_session(text)
    for begin, end, value in reversed(values):
        found = answer_in(value, holds, depth + 1)
        apart = isinstance(value, dict | list) and _stands_alone(text, begin, end)
        if found is None and apart and not session:
            alone = value if isinstance(value, dict) else {"items": value}
            found = alone if holds(alone) and not is_envelope(alone) else None
        if found is not None and not _is_quoted(text[max(0, begin - 100) : begin]):
            return found
    events = (value for *_, value in values if isinstance(value, dict))
    pieces = [str(event.get("content", "")) for event in events if event.get("delta") is True]
    return answer_in("".join(pieces), holds, depth + 1) if len(pieces) > 1 else None


def _is_quoted(before: str) -> bool:
    """Tell by what stands before an object whether it is an example, or code within a line."""
    before = _FENCE.sub("", before)
    return _QUOTED.search(before if before.endswith("`") else before.rstrip()) is not None


def whole_json(text: str) -> Any:
    """Return the value that a text is in JSON, bare or in a fence; None where it is none."""
    if text.startswith("```"):
        text = re.sub(r"^```\w*\n|\n?```$", "", text)
    if not text.startswith(("{", "[", '"')):
        return None
    try:
        return json.loads(text, strict=False, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def _said(text: str) -> str:
    """Return what the agent itself said in a transcript; any other text as it is."""
    if TRANSCRIPT.search(text) is None:
        return text
    turns = list(_SPEAKER.finditer(text))
    ends = [turn.start() for turn in turns[1:]] + [len(text)]
    said = [
        text[turn.end() : end]
        for turn, end in zip(turns, ends, strict=False)
        if (turn[1] or turn[2]).lower() in ("codex", "assistant")
    ]
    return "\n".join(said)


def _stands_alone(text: str, begin: int, end: int) -> bool:
    """Tell whether an object is set apart from prose, and most of a text or beside little of it."""
    if len(text) - (end - begin) > max(end - begin, _SHORT):
        return False
    return not text[text.rfind("\n", 0, begin) + 1 : begin].strip()
