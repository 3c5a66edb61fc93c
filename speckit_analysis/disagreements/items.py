"""From a proposal to the statements in it that can be held against those of another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from speckit_analysis.disagreements.statements import parse, verdict_of
from speckit_analysis.formats.payload import METADATA_FIELDS
from speckit_analysis.tables.vocabulary import ANSWER_FIELDS

#: Keys of answers by what they are asked for.  Only statements of one kind are compared.
KINDS = ANSWER_FIELDS
#: What stands under other keys, and in free text.
PROSE = "prose"

_QUESTIONS = ("question", "topic", "requirement")
_CHECKED = ("item", "name")  # questions as well, where a status answers them
_ANSWERS = ("answer", "details", "detail", "status", "position", "decision", "notes", "summary")
_SKIPPED = METADATA_FIELDS - {"status"} | {"consensus", "agreements", "conflicts"}
_SHORTEST = 12
_HEADING = re.compile(r"^\s*#{1,6}\s|^[\s:|-]+$|^\s*```|^[-=_*\s]{3,}$")
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d+[.)]|\|)\s*")
_OVERALL = re.compile(
    r"\b(?:overall|final|readiness|verdict|recommendation|decision|conclusion)\b.{0,60}",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Item:
    """A statement in a proposal.

    Attributes
    ----------
    agent : str
        Who wrote it.
    kind : str
        A value of :data:`KINDS`, or :data:`PROSE`.
    question : str
        What it answers, where the proposal says; else empty.
    text : str
        The statement as written; of a JSON object, compact JSON.
    locator : str
        JSON pointer, or ``L<line>`` in free text.
    list_name : str
        Name of the list at the top of the answer that it belongs to, if it does.
    status : str
        Status it gives, where it has one of its own.
    score : float or None
        Overall score of a requirement, 0 to 10.
    flagged : bool or None
        Whether a requirement is said to need improvement.
    """

    agent: str
    kind: str
    question: str
    text: str
    locator: str
    list_name: str = ""
    status: str = ""
    score: float | None = None
    flagged: bool | None = None

    @property
    def topic(self) -> str:
        """The question, or the beginning of the statement."""
        text = self.question or parse(self.text).text
        return text if len(text) <= 90 else text[:87].rstrip() + "…"


def items_of(content: str, agent: str) -> list[Item]:
    """Return the statements of a proposal, in order.

    Parameters
    ----------
    content : str
        A JSON object as text, or free text.
    agent : str
        Who wrote it.

    Examples
    --------
    >>> [(item.kind, item.text) for item in items_of('{"risks": ["the quota is reached"]}', "a")]
    [('risks', 'the quota is reached')]
    """
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return _lines(content, agent)
    if not isinstance(value, dict):
        return _lines(content, agent)
    return [item for item in _walk(value, agent, "", PROSE) if _says_something(item)]


def _says_something(item: Item) -> bool:
    return bool(item.question) or item.kind == "verdict" or len(item.text) >= _SHORTEST


def _walk(value: Any, agent: str, place: str, kind: str) -> Iterator[Item]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key not in _SKIPPED:
                yield from _walk(each, agent, f"{place}/{key}", KINDS.get(key, kind))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            if isinstance(each, dict):
                yield _entry(each, agent, f"{place}/{number}", kind)
            else:
                yield from _walk(each, agent, f"{place}/{number}", kind)
    elif isinstance(value, str):
        yield Item(agent, kind, "", value, place, _list_name(place))


def _list_name(place: str) -> str:
    """Return the name in a pointer such as ``/risks/3``; nothing in any other."""
    parts = place.split("/")
    return parts[1] if len(parts) == 3 and parts[2].isdigit() else ""


def _entry(entry: dict[str, Any], agent: str, place: str, kind: str) -> Item:
    """Return the entry of a list: its question and answer, where it has both."""
    name, status = _list_name(place), str(entry.get("status") or "")
    if kind == "requirements":
        overall, flagged = entry.get("overall"), entry.get("needs_improvement")
        score = float(overall) if isinstance(overall, int | float) else None
        flag = flagged if isinstance(flagged, bool) else None
        text = str(entry.get("text") or entry.get("id") or "")
        return Item(agent, kind, text, text, place, name, "", score, flag)
    asked = _QUESTIONS + (_CHECKED if status else ())
    question = next(iter(_texts(entry, asked)), "")
    answer = ". ".join(_texts(entry, _ANSWERS))
    if question and answer:
        return Item(agent, kind, question, answer, place, name, status)
    return Item(agent, kind, "", json.dumps(entry, ensure_ascii=False), place, name, status)


def _texts(entry: dict[str, Any], names: tuple[str, ...]) -> list[str]:
    return [entry[name] for name in names if isinstance(entry.get(name), str) and entry[name]]


def _lines(content: str, agent: str) -> list[Item]:
    """Return the statements of free text: bullets, rows of tables and sentences in bold."""
    items = []
    for number, line in enumerate(content.splitlines(), 1):
        text = line.strip()
        overall = _OVERALL.search(text)
        if overall and verdict_of(overall[0].lower()) is not None:
            items.append(Item(agent, "verdict", "", text, f"L{number}"))
        elif len(text) >= 2 * _SHORTEST and not _HEADING.match(line) and _is_point(line):
            items.append(Item(agent, PROSE, "", text, f"L{number}"))
    return items


def _is_point(line: str) -> bool:
    return bool(_BULLET.match(line)) or "**" in line
