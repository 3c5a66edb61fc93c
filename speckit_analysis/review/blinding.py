"""Outputs made alike: one layout for every author, and nothing that names one."""

from __future__ import annotations

import json
import re
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from random import SystemRandom
from textwrap import indent
from typing import Any

import mistune
import nh3

from speckit_analysis.disagreements.items import KINDS, PROSE
from speckit_analysis.formats.redaction import mask
from speckit_analysis.review.author_keys import tells_author
from speckit_analysis.review.code import blocks, code_spans, inline
from speckit_analysis.review.disguises import Span, encoded, rotated, shadows, spaced
from speckit_analysis.review.name_list import is_coined, is_of_maker
from speckit_analysis.review.names import holds_name, in_letters, names_in
from speckit_analysis.review.naming import is_named, merged
from speckit_analysis.review.paths import PATH, ending, is_file

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

#: What a text says of its own run; in code only what no code would call so.
_RUNS = re.compile(
    r"\brun_(?=[\w-]*\d{4})[\w-]+|(?<!\d)\d{4}-\d\d-\d\dT\d\d[:-]\d\d[:-]\d\d"
    r"(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?(?:-\d+)?\b|(?<!\d)\d{8}[T_]\d{6}Z?\b"
    r"|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\bbatch-(?=[\w-]*\d{4})[\w-]+",
    re.IGNORECASE,
)
_RUNS_IN_CODE = re.compile(
    r"\b(?:msg|toolu|srvtoolu|req|resp|chatcmpl|cmpl|call|thread|asst|session|sess|conv|gen|rs|fc"
    r"|ctc|run|rollout)[-_](?=[A-Za-z-]*\d)[A-Za-z0-9-]{12,}"
)
_MADE_BY = r",? (?:developed|trained|created|made|built) by"
_SELF = re.compile(
    r"\b(?:as|i am|i'm|i’m) an? (?:ai|artificial intelligence|large language|language)"
    rf"(?: ai| language)?+(?: (?:model|assistant|agent|chatbot)\b|(?=[,.;:!?\n]|$|{_MADE_BY}))"
    rf"(?:{_MADE_BY}(?-i:(?: [A-Z][\w.-]*\w){{1,3}}))?",
    re.IGNORECASE,
)
_ROLES = re.compile(r"\b(?:code|research|synthesis|executor) agent\b", re.IGNORECASE)
_URL = re.compile(r"\b[a-z][a-z+.-]{1,15}://[^\s<>\"'`\])}]+(?<![.,;:!?*_])", re.IGNORECASE)
#: What numbers and rates an entry of a list, and tells nothing to a reader.
_NUMBERING = frozenset({"id", "task_id", "order", "confidence", "resolvability"})
_STYLE = re.compile("[\U0001f000-\U0001faff\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d]+ ?")
#: Signs that are all that a cell of a table says.
_SIGNS = tuple(
    (re.compile(rf"(?<=\|) *+[{signs}]\ufe0f? *+(?=\|)"), f" {word} ")
    for signs, word in (("✅✔✓☑", "yes"), ("❌✗✘✖", "no"), ("⚠", "warning"))
)
_ARROWS = str.maketrans({"→": "->", "←": "<-", "↔": "<->", "⇒": "=>", "⟶": "->"})
_HEADING = re.compile(r"^#{1,6}\s*", re.MULTILINE)
_BULLET = re.compile(r"^([^\S\n]*+)[*+•–-]\s+", re.MULTILINE)
_RULE = re.compile(r"^[^\S\n]*+(?:[-=_*][^\S\n]*+){3,}+$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\A(?:[^\S\n]*+\n)+")
_INDENTED = re.compile(r"\n(?: {2}|\t)\s*+[^\s*+•–\d-]")
#: Keys of what stands around an answer: deeper in them a key means what it means at the top.
_ABOUT = re.compile(r"_?(?:meta|metadata|header|footer|provenance|attribution|about|info)", re.I)
_NOTHING: tuple[Any, ...] = (None, "", [], {})
_NAME, _RUN = "[name]", "[run]"
_MARKDOWN = mistune.create_markdown(escape=True, plugins=["table", "strikethrough"])


class Blinder:
    """Replaces what names an author by neutral marks, and counts what it replaced.

    Parameters
    ----------
    names : iterable of str
        Names to hide beside the models, providers and programs that are known: variants, people.
    words : iterable of str
        Those of them that texts use as words, and that are hidden only where they name an author.
    keep_paths : bool
        Leave file paths that hold no name.

    Attributes
    ----------
    replaced : Counter
        Number of replacements by category.
    """

    def __init__(
        self, names: Iterable[str] = (), *, words: Iterable[str] = (), keep_paths: bool = False
    ) -> None:
        self.replaced: Counter[str] = Counter()
        self._files: dict[str, int] = {}
        self._keep_paths = keep_paths
        self._random = SystemRandom()
        self._words = _any_of(words)
        self._own = _any_of({*names} - {*words})

    def next_unit(self) -> None:
        """Forget the files met so far: the same file has another mark in the next unit."""
        self._files.clear()

    def __call__(self, text: str) -> str:
        """Return a text without names; within a unit the same file has the same mark."""
        code = code_spans(text)
        in_code = _inside(code)
        # Without a blank, what stands between backticks is mentioned: a file, a run.
        quoted = _inside([(a, b) for a, b in code if re.search(r"\s", text[a:b])])
        names = self._names(text, in_code)
        places = [start for start, _ in names]
        found = [(start, end, "name", _NAME) for start, end in names]
        for category, pattern, mark in (
            ("self-identification", _SELF, "[self]"),
            ("run", _RUNS, _RUN),
            ("run", _RUNS_IN_CODE, _RUN),
            ("link", _URL, "[link]"),
            ("path", PATH, ""),
        ):
            for match in pattern.finditer(text):
                start, end = match.span("path" if category == "path" else 0)
                named = bisect(places, end - 1) > bisect(places, start - 1)
                if category == "link" and not (named or is_of_maker(match[0])):
                    found.append((start, end, "", ""))  # kept as a whole
                elif category == "path":
                    kept = self._keep_paths or quoted(start)
                    if is_file(text[start:end], named=named) and (named or not kept):
                        found.append((start, end, category, self._file(text[start:end])))
                elif pattern is not _RUNS or not quoted(start):
                    found.append((start, end, category, mark))
        return self._replaced(text, found)

    def _names(self, text: str, in_code: Callable[[int], bool]) -> list[Span]:
        spans: list[Span] = []
        for shadow in shadows(text):
            plain = shadow.text
            found = names_in(plain, shadow.asking(in_code))
            found += [match.span() for match in _ROLES.finditer(plain)]
            found += [match.span() for match in self._own.finditer(plain)]
            words = [match.span() for match in self._words.finditer(plain)]
            found += [(start, end) for start, end in words if is_named(plain, start, end)]
            found += encoded(plain, holds_name)
            found += [
                (start, end)
                for start, end in names_in(rotated(plain))
                if end - start > 4 and is_coined(rotated(plain[start:end]).lower())
            ]
            for word, places in spaced(plain):
                found += [(places[a], places[b - 1] + 1) for a, b in in_letters(word)]
            spans += [shadow.span(start, end) for start, end in found]
        return merged(text, spans)

    def _replaced(self, text: str, found: list[tuple[int, int, str, str]]) -> str:
        """Replace what was found, the longer of two that overlap; what has no mark stays."""
        parts, done = [], 0
        for start, end, category, mark in sorted(found, key=lambda each: (each[0], -each[1])):
            if start < done:
                continue
            if mark:
                self.replaced[category] += 1
            parts += [text[done:start], mark or text[start:end]]
            done = end
        return "".join([*parts, text[done:]])

    def _file(self, path: str) -> str:
        """Return the mark of a file: a number that is drawn, and as long as all others."""
        name = path.rstrip("/").rsplit("/", 1)[-1].lower()
        if name not in self._files:
            width = 10 ** max(3, len(str(4 * len(self._files))))
            taken = set(self._files.values())
            self._files[name] = self._random.choice(
                [number for number in range(width // 10, width) if number not in taken]
            )
        return f"[file {self._files[name]}{ending(name)}]"


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    spelled = [re.escape(name).replace("_", "[-_ ]?") for name in names if len(name) > 1]
    either = "|".join(sorted(spelled, key=len, reverse=True)) or "(?!)"
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)


def _inside(spans: list[Span]) -> Callable[[int], bool]:
    starts = [start for start, _ in spans]

    def holds(place: int) -> bool:
        at = bisect(starts, place) - 1
        return at >= 0 and place < spans[at][1]

    return holds


def laid_out(content: str) -> str:
    """Return an output in Markdown, in the one layout that all authors get.

    JSON becomes sections by what they hold, whatever its keys are called; in text, headings,
    bullets and emoji are made alike.  Code stays as it is.  Secrets are masked.
    """
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, list):
        value = {"items": value}
    text = _sections(value) if isinstance(value, dict) else _plain(content)
    return mask(text)


def _plain(content: str) -> str:
    parts = [block if is_code else _prose(block) for is_code, block in blocks(content)]
    return _BLANK_LINES.sub("", "".join(parts)).rstrip()


def _prose(text: str) -> str:
    text = "".join(part if code else _unadorned(part) for code, part in inline(text))
    text = _RULE.sub("", _BULLET.sub(r"\1- ", _HEADING.sub("### ", text)))
    return re.sub(r"\n{3,}", "\n\n", text)


def _unadorned(text: str) -> str:
    """Return prose without emoji, and with arrows as they are typed."""
    for sign, word in _SIGNS:
        text = sign.sub(word, text)
    return _STYLE.sub("", text.translate(_ARROWS))


def _sections(value: dict[str, Any]) -> str:
    parts: dict[str, list[str]] = {}
    for key, each in value.items():
        if tells_author(key, each, deep=False):
            continue
        nested = isinstance(each, dict) and any(inner in KINDS for inner in each)
        for name, content in each.items() if nested else [(key, each)]:
            if nested and tells_author(name, content, deep=False):
                continue
            kind = KINDS.get(name, KINDS.get(key, PROSE))
            label = "" if kind != PROSE or isinstance(content, list | dict) else _words(name)
            deep = not _ABOUT.fullmatch(key)
            parts.setdefault(kind, []).extend(_bullets(content, label, deep=deep))
    return "\n\n".join(
        f"### {title}\n\n" + "\n".join(parts[kind])
        for kind, title in SECTIONS.items()
        if parts.get(kind)
    )


def _bullets(content: Any, label: str = "", *, deep: bool = True) -> Iterator[str]:
    if content in _NOTHING:
        return
    if isinstance(content, list):
        for each in content:
            yield f"- {_entry(each)}"
    elif isinstance(content, dict):
        for key, each in content.items():
            if each not in _NOTHING and not tells_author(key, each, deep=deep):
                yield f"- **{_words(key)}**: {_entry(each)}"
    else:
        yield f"- **{label}**: {_entry(content)}" if label else f"- {_entry(content)}"


def _entry(value: Any) -> str:
    if isinstance(value, dict):
        parts = {
            key: _entry(part)
            for key, part in value.items()
            if part not in _NOTHING
            and key not in _NUMBERING
            and not tells_author(key, part, deep=True)
        }
        if len(parts) == 1:
            return next(iter(parts.values()))
        return "; ".join(f"{_words(key)}: {text}" for key, text in parts.items())
    if isinstance(value, list):
        return ", ".join(_entry(part) for part in value)
    return _line(str(value))


def _line(text: str) -> str:
    """Return a text on one line, or as a block below its bullet if its lines are those of code."""
    if "\n" in text.strip():
        if any(is_code for is_code, _ in blocks(text)):
            return "\n\n" + indent(_plain(text), "  ") + "\n"
        if _INDENTED.search(text):
            return "\n\n" + indent(f"```\n{text.rstrip()}\n```", "  ") + "\n"
    parts = [part if code else _unadorned(part) for code, part in inline(text)]
    return " ".join("".join(parts).split())


def _words(key: str) -> str:
    return key.replace("_", " ").lower()


def as_html(markdown: str) -> str:
    """Return Markdown as HTML in which nothing runs and nothing is fetched."""
    return nh3.clean(str(_MARKDOWN(markdown)), tags=_TAGS, attributes={})


_TAGS = {
    *("h3", "p", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote", "del", "br"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
