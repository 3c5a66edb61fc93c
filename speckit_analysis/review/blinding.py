"""Outputs made alike: one layout for every author, and nothing that names one."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import mistune
import nh3

from speckit_analysis.disagreements.items import KINDS, PROSE
from speckit_analysis.formats.payload import METADATA_FIELDS
from speckit_analysis.formats.redaction import mask

#: Headings of the layout, in its order, by kind of content.
SECTIONS = {
    "verdict": "Decision",
    PROSE: "Text",
    "research": "Findings",
    "tasks": "Tasks",
    "changes": "Changes",
    "checks": "Checks",
    "acceptance": "Acceptance",
    "requirements": "Requirements",
    "issues": "Questions and issues",
    "risks": "Risks",
    "next": "Next steps",
}

_MODELS = (
    r"(?:chat)?gpt|gemini|claude|codex|sonnet|opus|haiku|llama|mistral|mixtral|qwen|deepseek|grok"
    r"|kimi|gemma|bard|copilot"
)
_PATTERNS = (
    (
        "self-identification",
        r"\b(?:as|i am|i'm) an? (?:(?:ai|artificial intelligence|large language|language)\s*)+"
        r"(?:model|assistant)?(?:,? (?:developed|trained|created|made) by [A-Z][\w ]*\w)?",
        "[self]",
    ),
    (
        "run",
        r"\brun_[\w-]+|(?<!\d)\d{4}-\d\d-\d\dT\d\d[:-]\d\d[:-]\d\d(?:\.\d+)?Z?(?:-\d+)?\b"
        r"|(?<!\d)\d{8}[T_]\d{6}Z?\b",
        "[run]",
    ),
    ("run", r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\bbatch-\S+", "[run]"),
    (
        "path",
        r"(?:~|\.{1,2})?/?(?:[\w.@{}:+-]+/)+(?:[\w.@{}:*+,-]*[\w@{}*+])?"
        r"|\b[\w:+-]+(?:\.[\w:+-]+)*\.(?:md|rs|py|sh|jsonl?|toml|db|ya?ml|txt|log|ts|tsx|js|go|java|sql"
        r"|html|css|lock|cfg|ini)\b",
        "",
    ),
    ("model", rf"\b(?:{_MODELS})(?:[\w.-]*\w)?", "[model]"),
    ("model", r"\bo[134](?:-(?:mini|preview|pro))?\b", "[model]"),
    (
        "provider",
        r"\b(?:anthropic|openai|google(?: deepmind)?|deepmind|mistral ai|xai|meta ai|alibaba"
        r"|moonshot|microsoft)\b",
        "[provider]",
    ),
    ("agent", r"\b(?:code|research|synthesis|executor) agent\b", "[agent]"),
)
#: What numbers and rates an entry of a list, and tells nothing to a reader.
_NUMBERING = frozenset({"id", "task_id", "order", "confidence", "resolvability"})
#: Who answers and how, and what the aggregator of a run says of the others.
_LEFT_OUT = (METADATA_FIELDS - {"status"}) | {"consensus"}
_RATIO = re.compile(r"[\d.,]+/[\d.,]+")
_STYLE = re.compile("[\U0001f000-\U0001faff\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d]+ ?")
_HEADING = re.compile(r"^#{1,6}\s*", re.MULTILINE)
_BULLET = re.compile(r"^([^\S\n]*+)[*+•–-]\s+", re.MULTILINE)
_RULE = re.compile(r"^[^\S\n]*+(?:[-=_*][^\S\n]*+){3,}+$", re.MULTILINE)
_MARKDOWN = mistune.create_markdown(escape=True, plugins=["table", "strikethrough"])


class Blinder:
    """Replaces what names an author by neutral marks, and counts what it replaced.

    Parameters
    ----------
    names : iterable of str
        Names to hide beside the models, providers and agents that are known: variants, agents
        of the evidence, people.
    keep_paths : bool
        Leave file paths that hold no name.

    Attributes
    ----------
    replaced : Counter
        Number of replacements by category.
    """

    def __init__(self, names: Iterable[str] = (), *, keep_paths: bool = False) -> None:
        self.replaced: Counter[str] = Counter()
        self._files: dict[str, str] = {}
        self._keep_paths = keep_paths
        own = sorted({name for name in names if len(name) > 1}, key=len, reverse=True)
        patterns = list(_PATTERNS)
        if own:
            spelled = "|".join(re.escape(name).replace("_", "[-_ ]?") for name in own)
            patterns.insert(-3, ("name", rf"(?<!\w)(?:{spelled})(?!\w)", "[name]"))
        self._patterns = [
            (category, re.compile(pattern, re.IGNORECASE), mark)
            for category, pattern, mark in patterns
        ]
        self._names = [pattern for category, pattern, _ in self._patterns if category != "path"]

    def __call__(self, text: str) -> str:
        """Return a text without names; the same file has the same mark in every text."""
        for category, pattern, mark in self._patterns:
            text = pattern.sub(partial(self._mark, category=category, mark=mark), text)
        return text

    def _mark(self, found: re.Match[str], category: str, mark: str) -> str:
        if category == "path":
            named = any(pattern.search(found[0]) for pattern in self._names)
            if not named and (self._keep_paths or not _is_path(found[0])):
                return found[0]
            mark = self._file(found[0])
        self.replaced[category] += 1
        return mark

    def _file(self, path: str) -> str:
        name = path.rstrip("/").rsplit("/", 1)[-1].lower()
        ending = f".{name.rsplit('.', 1)[1]}" if "." in name.strip(".") else ""
        return self._files.setdefault(name, f"[file {len(self._files) + 1}{ending}]")


def _is_path(text: str) -> bool:
    """Tell a path from words that a slash stands between, as in ``plan/tasks``."""
    if "/" not in text:
        return True
    parts = [part for part in text.split("/") if part]
    if len(parts) < 2:
        return text[0] in "~." or text.endswith("/")
    special = any(not part.isalpha() for part in parts)
    return text[0] in "~./" or text.endswith("/") or (special and not _RATIO.fullmatch(text))


def laid_out(content: str) -> str:
    """Return an output in Markdown, in the one layout that all authors get.

    JSON becomes sections by what they hold, whatever its keys are called; in text, headings,
    bullets and emoji are made alike.  Secrets are masked.
    """
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        value = None
    text = _sections(value) if isinstance(value, dict) else _plain(content)
    return mask(text)


def _plain(content: str) -> str:
    text = _STYLE.sub("", content)
    text = _RULE.sub("", _BULLET.sub(r"\1- ", _HEADING.sub("### ", text)))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _sections(value: dict[str, Any]) -> str:
    parts: dict[str, list[str]] = {}
    for key, each in value.items():
        if key in _LEFT_OUT:
            continue
        nested = isinstance(each, dict) and any(inner in KINDS for inner in each)
        for name, content in each.items() if nested else [(key, each)]:
            kind = KINDS.get(name, KINDS.get(key, PROSE))
            label = "" if kind != PROSE or isinstance(content, list | dict) else _words(name)
            parts.setdefault(kind, []).extend(_bullets(content, label))
    return "\n\n".join(
        f"### {title}\n\n" + "\n".join(parts[kind])
        for kind, title in SECTIONS.items()
        if parts.get(kind)
    )


def _bullets(content: Any, label: str = "") -> Iterator[str]:
    if content in (None, "", [], {}):
        return
    if isinstance(content, list):
        for each in content:
            yield f"- {_entry(each)}"
    elif isinstance(content, dict):
        for key, each in content.items():
            if each not in (None, "", [], {}):
                yield f"- **{_words(key)}**: {_entry(each)}"
    else:
        yield f"- **{label}**: {_entry(content)}" if label else f"- {_entry(content)}"


def _entry(value: Any) -> str:
    if isinstance(value, dict):
        parts = {
            key: _entry(part)
            for key, part in value.items()
            if part not in (None, "", [], {}) and key not in _NUMBERING
        }
        if len(parts) == 1:
            return next(iter(parts.values()))
        return "; ".join(f"{_words(key)}: {text}" for key, text in parts.items())
    if isinstance(value, list):
        return ", ".join(_entry(part) for part in value)
    return _STYLE.sub("", " ".join(str(value).split()))


def _words(key: str) -> str:
    return key.replace("_", " ").lower()


def as_html(markdown: str) -> str:
    """Return Markdown as HTML in which nothing runs and nothing is fetched."""
    return nh3.clean(str(_MARKDOWN(markdown)), tags=_TAGS, attributes={})


_TAGS = {
    *("h3", "p", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote", "del", "br"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
