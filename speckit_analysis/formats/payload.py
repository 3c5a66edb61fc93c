"""What a proposal's content is: a structured answer, or one of eight things that are not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from speckit_analysis.tables.vocabulary import TEMPLATE_LITERAL

# Fields that say who answers and how; they are no answer by themselves.
METADATA_FIELDS = frozenset(
    {
        *("agent", "agent_name", "role", "model", "model_id", "model_release", "reasoning_mode"),
        *("spec_id", "specId", "stage", "timestamp", "status", "prompt_version", "schemaVersion"),
    }
)

_TRANSCRIPT = re.compile(
    r"^\[?\d{4}-\d\d-\d\dT[\d:.]+Z?\]?"
    r" (?:OpenAI Codex|User instructions|tokens used|exec|codex|thinking)"
    r"|^OpenAI Codex v\d|^(?:user|assistant|human):\s",
    re.MULTILINE | re.IGNORECASE,
)
_SHELL_PROMPT = re.compile(r"^\S+@\S+ \S+ ?[❯$#%>]", re.MULTILINE)
_EXPORT = re.compile(r"^\s*(?:export|declare -x) \w+=", re.MULTILINE)
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_ERROR = re.compile(
    r"^\W*(?:error|fatal|traceback|exception|agent execution failed|failed to|timed? ?out)\b",
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
    value = _embedded_object(stripped)
    if value is not None:
        return _classify_object(value, msgspec.json.encode(value).decode())
    return Payload(_class_of_text(stripped), text, None)


def _class_of_text(text: str) -> str:
    if (
        len(_EXPORT.findall(text)) >= 5
        or _SHELL_PROMPT.search(text)
        or len(_ANSI.findall(text)) >= 5
    ):
        return "terminal_dump"
    if _TRANSCRIPT.search(text):
        return "transcript"
    if text[0] in "{[" and (_BARE_PLACEHOLDER.search(text) or "//" in text):
        return "schema_echo"
    if _ERROR.match(text) and len(text) < 2000:
        return "error"
    return "free_text"


def _embedded_object(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a text is, bare or fenced; None where it is none."""
    if text.startswith("```"):
        text = re.sub(r"^```\w*\n|\n?```$", "", text)
    if not text.startswith("{"):
        return None
    try:
        value = json.loads(text, strict=False, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _classify_object(value: dict[str, Any], text: str) -> Payload:
    answer = {
        k: v for k, v in value.items() if k not in METADATA_FIELDS and v not in (None, "", [], {})
    }
    if value.get("agent") == "stub" or value.get("model") == "stub-model":
        return Payload("stub", text, value)
    if value.get("error"):
        return Payload("error", text, value)
    if not answer:
        return Payload("empty", text, value)
    wrapped = _wrapped_text(answer)
    if wrapped is not None:
        return Payload(_class_of_text(wrapped.strip() or " "), text, value)
    if _is_echo(answer):
        return Payload("schema_echo", text, value)
    literal = TEMPLATE_LITERAL.search(
        json.dumps({k: value[k] for k in value if k in METADATA_FIELDS})
    )
    return Payload("unresolved_template" if literal else "structured", text, value)


def _wrapped_text(answer: dict[str, Any]) -> str | None:
    """Return the text of an object that only wraps one, as in ``{"content": "…"}``."""
    long = [v for k, v in answer.items() if k in ("content", "output", "response", "text")]
    rest = [k for k in answer if k not in ("content", "output", "response", "text", "format")]
    return long[0] if len(long) == 1 and isinstance(long[0], str) and len(rest) <= 1 else None


def _is_echo(answer: dict[str, Any]) -> bool:
    leaves = list(_leaves(answer))
    texts = [leaf for leaf in leaves if isinstance(leaf, str)]
    placeholders = sum(bool(_PLACEHOLDER.match(text.strip())) for text in texts)
    return bool(texts) and len(texts) == len(leaves) and placeholders >= 0.6 * len(texts)


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
