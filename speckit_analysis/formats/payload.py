"""What a proposal's content is: a structured answer, or one of eight things that are not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from speckit_analysis.formats.answer import (
    TRANSCRIPT,
    answer_in,
    is_envelope,
    is_session,
    whole_json,
    words_in,
)
from speckit_analysis.tables.vocabulary import ANSI, TEMPLATE_LITERAL

# Fields that say who answers and how; they are no answer by themselves.
METADATA_FIELDS = frozenset(
    {
        *("agent", "agent_name", "role", "model", "model_id", "model_release", "reasoning_mode"),
        *("spec_id", "specId", "stage", "timestamp", "status", "prompt_version", "schemaVersion"),
    }
)

_SHELL_PROMPT = re.compile(r"^[^\s@]++@\S++ \S+ ?[❯$#%>]", re.MULTILINE)
_EXPORT = re.compile(r"^[^\S\n]*+(?:export|declare -x) \w+=", re.MULTILINE)
_ERROR = re.compile(
    r"^\W*(?:error(?=\W*$|s?\W*[:(\[\d])|fatal|traceback|exception|agent execution failed"
    r"|failed to|timed? ?out)\b",
    re.IGNORECASE,
)

# What the prompt's own schema puts where a value belongs.
_PLACEHOLDER = re.compile(
    r"^(?:<[^<>]+>|\.{3}|…|string|text|str|number|int(?:eger)?|float|bool(?:ean)?|any|null|object|array|"
    r"(?:string|number|boolean|int(?:eger)?)(?:\s*\|\s*\w+)+|[\w-]+(?:\s*\|\s*[\w-]+){1,8}|YYYY-MM-DD\S*)$",
    re.IGNORECASE,
)
_BARE_PLACEHOLDER = re.compile(
    r":\s*(?:string|boolean|number|int(?:eger)?|float|bool|true\|false|true \| false)\s*[,}\n]"
    r"|\[\s*(?:string|number|boolean|int|\.\.\.)\s*[\],]|\.\.\.\s*[\w ]*\]",
    re.IGNORECASE,
)


class Payload(NamedTuple):
    """A classified content."""

    payload_class: str
    text: str  #: the content as text; JSON, compact, where it is structured
    value: dict[str, Any] | None  #: the object, where the content holds one


def classify(content: Any) -> Payload:
    """Classify the content of a proposal: an object, a text that may hold JSON, or nothing.

    >>> classify({"stage": "plan", "risks": ["slow migration"]}).payload_class
    'structured'
    >>> classify('{"risks": [ string ]}').payload_class
    'schema_echo'
    >>> classify("").payload_class, classify("{}").payload_class
    ('empty', 'empty')
    """
    if isinstance(content, str):
        return _classify_text(content)
    if isinstance(content, dict):
        return _classify_object(content, msgspec.json.encode(content).decode())
    if isinstance(content, list) and content:
        return _classify_object({"items": content}, msgspec.json.encode(content).decode())
    if content in (None, [], False):
        return Payload("empty", "", None)
    return Payload("free_text", str(content), None)


def _classify_text(text: str) -> Payload:
    stripped = text.strip()
    if not stripped or stripped in ("{}", "[]", "null", '""'):
        return Payload("empty", text, None)
    if not _is_terminal(stripped):  # there, prompt and answer cannot be told apart
        whole = whole_json(stripped)
        if isinstance(whole, dict) or (whole and isinstance(whole, list)):
            return classify(whole)
        answer = answer_in(stripped, _holds)
        if answer is not None:
            return Payload("structured", msgspec.json.encode(answer).decode(), answer)
        if answer_in(stripped, _echoes) is not None:
            return Payload("schema_echo", text, None)
    return Payload(_class_of_text(stripped), text, None)


def _is_terminal(text: str) -> bool:
    return len(_EXPORT.findall(text)) >= 5 or _SHELL_PROMPT.search(text) is not None


def _class_of_text(text: str) -> str:
    if _is_terminal(text) or len(ANSI.findall(text)) >= 5:
        return "terminal_dump"
    if TRANSCRIPT.search(text) or is_session(text):
        return "transcript"
    if text[0] in "{[" and (_BARE_PLACEHOLDER.search(text) or "//" in text):
        return "schema_echo"
    if _ERROR.match(text) and len(text) < 2000:
        return "error"
    return "free_text"


def _classify_object(value: dict[str, Any], text: str) -> Payload:
    if value.get("agent") == "stub" or value.get("model") == "stub-model":
        return Payload("stub", text, value)
    if value.get("error") or value.get("is_error") is True:
        return Payload("error", text, value)
    inner = answer_in(value, _holds)
    if inner is not None and inner is not value:
        said = {name: value[name] for name in METADATA_FIELDS & value.keys()}
        return Payload("structured", msgspec.json.encode(inner).decode(), said | inner)
    answer = _substance(value)
    if not answer:
        return Payload("empty", text, value)
    wrapped = words_in(value) if is_envelope(value) else _wrapped_text(answer)
    if wrapped is not None:
        return Payload(_class_of_text(wrapped.strip() or " "), text, value)
    return Payload(_filled_in(answer), text, value)


def _substance(value: dict[str, Any]) -> dict[str, Any]:
    return {
        k: v for k, v in value.items() if k not in METADATA_FIELDS and v not in (None, "", [], {})
    }


def _holds(value: dict[str, Any]) -> bool:
    answer = _substance(value)
    bare = not answer or value.get("error") or _wrapped_text(answer) is not None
    return not bare and _filled_in(answer) == "structured"


def _echoes(value: dict[str, Any]) -> bool:
    return _filled_in(_substance(value)) == "schema_echo"


def _wrapped_text(answer: dict[str, Any]) -> str | None:
    """Return the text of an object that only wraps one, as in ``{"content": "…"}``."""
    long = [v for k, v in answer.items() if k in ("content", "output", "response", "text")]
    rest = [k for k in answer if k not in ("content", "output", "response", "text", "format")]
    return long[0] if len(long) == 1 and isinstance(long[0], str) and len(rest) <= 1 else None


def _filled_in(answer: dict[str, Any]) -> str:
    """Tell an answer from the prompt's own schema, and from one of template literals."""
    leaves = list(_leaves(answer))
    texts = [leaf.strip() for leaf in leaves if isinstance(leaf, str)]
    literals = sum(bool(TEMPLATE_LITERAL.fullmatch(text)) for text in texts)
    placeholders = literals + sum(bool(_PLACEHOLDER.match(text)) for text in texts)
    if not texts or len(texts) < len(leaves) or placeholders < 0.6 * len(texts):
        return "structured"
    return "unresolved_template" if 2 * literals > placeholders else "schema_echo"


def _leaves(value: Any) -> Iterator[Any]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
        else:
            yield item
