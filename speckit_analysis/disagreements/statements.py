"""What one statement says, in parts that can be compared."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from speckit_analysis.disagreements import lexicon

_MARKUP = re.compile(r"[*`#|>]+|^[^\S\n]*+(?:[-+•]|\d+[.)])\s+", re.MULTILINE)
_WORD = re.compile(r"[a-z][a-z0-9_'-]*[a-z0-9]|[a-z]")
_PATH = re.compile(
    r"[\w.~{}$-]{0,200}+/[\w./{}*$-]+"
    r"|\b[\w-]{1,200}+\.(?:md|rs|py|sh|json|jsonl|toml|db|yml|yaml|txt)\b"
)
_NAME = re.compile(
    r"\b[A-Za-z]+(?:[_-][A-Za-z0-9]+)+\b|\b[a-z]+(?:[A-Z][a-z0-9]+)+\b|\b[A-Z]{1,4}-?\d+\b"
)
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ][\d:.]+Z?)?\b|\b\d{8}T\d{6}Z\b", re.IGNORECASE)
_RATIO = re.compile(r"(?<![\w./-])(\d+)/(\d+)(?![\w/])")
_NUMBER = re.compile(
    r"(?<![\w./-])(?:[$≥≤<>~±]\s*)?(\d[\d,]*(?:\.\d+)?)"
    r"(?:\s*[-–]\s*(\d[\d,]*(?:\.\d+)?))?\s?([%a-zA-Z][\w-]*|)(?:\s+([a-zA-Z]\w*))?"
)
_NUMERALS = {
    word: str(number)
    for number, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    )
}
_NUMERAL = re.compile(r"\b(" + "|".join(_NUMERALS) + r")\b")
_UNITS = {
    **dict.fromkeys(("megabyte", "megabytes"), "mb"),
    **dict.fromkeys(("kilobyte", "kilobytes", "k"), "kb"),
    **dict.fromkeys(("second", "seconds", "sec", "secs"), "s"),
    **dict.fromkeys(("minute", "minutes", "mins"), "min"),
    **dict.fromkeys(("hour", "hours"), "h"),
    "percent": "%",
}
_VERDICTS = (
    (r"\bonly (?:after|once|when)\b|\bpending\b", -1.0),
    (
        r"\bconditional(?:ly)? (?:pass|ready|go)|\bpartial(?:ly)?\b|\bwith (?:documented )?caveats",
        0.4,
    ),
    (
        r"\bnot (?:yet )?(?:ready|pass|approved|unlock|ship)|\bno-go\b|\bfail(?:ed|s)?\b|\bhold\b"
        r"|\bblock(?:ed)?\b|\breject",
        -1.0,
    ),
    (
        r"\bready\b|\bpass(?:ed|es)?\b|\bunlock(?:ed)?\b|\bapproved?\b|\bgo\b|\bship\b|\bcomplete\b",
        1.0,
    ),
)
_AFTER_NEGATION = re.compile(
    r"\b(?:no|not|without|never|missing|lacks?|lacking|absence of)\b((?:[^\w.;,]+\w[\w-]*){1,4})"
)
_BEFORE_MISSING = re.compile(
    r"((?:\w[\w-]{0,60}+[^\w.;,]{1,20}+){1,5})(?:is|are|was|were)?\s*(?:entirely )?"
    r"\b(?:missing|absent|not found|not present|not implemented|empty|does not exist)\b"
)
_LABEL = re.compile(r"\W*([A-Za-z][\w /-]{2,40}?)(?:\*\*|:|`|\s\|)")


@dataclass(frozen=True)
class Statement:
    """A statement in parts.

    Attributes
    ----------
    text : str
        Without markup; of JSON, the values.
    lowered : str
        The same in lower case.
    words : mapping of str to float
        Concepts (:func:`concept`) and their weights; identifiers weigh 2, plain words 1.
    paths, names : frozenset of str
        Files and folders, and identifiers, in lower case.
    numbers : mapping of str to frozenset of float
        Values by what they count: a unit, a noun, or ``/n`` for a share of n.
    polarity : float
        -1 (missing, broken, refused) to 1 (there, works, accepted); 0 without marks.
    marks : int
        Words and signs that ``polarity`` rests on.
    negated : frozenset of str
        Concepts that are said not to be there.
    verdict : float or None
        -1 (refused), 0.4 (with conditions) or 1 (accepted), where one is given.
    open_places, decisions : int
        Places that leave something open, and places that take an option.
    reported : bool
        A position is reported ("Gemini proposed …") rather than taken.
    entries : tuple of str
        Entries, where it is a JSON list.
    is_json : bool
        It is a JSON object or list.
    label : str
        What stands in bold or before a colon at its start, in lower case.
    """

    text: str
    lowered: str
    words: Mapping[str, float]
    paths: frozenset[str]
    names: frozenset[str]
    numbers: Mapping[str, frozenset[float]]
    polarity: float
    marks: int
    negated: frozenset[str]
    verdict: float | None
    open_places: int
    decisions: int
    reported: bool
    entries: tuple[str, ...]
    is_json: bool
    label: str

    @property
    def is_bare_path(self) -> bool:
        """Whether it is hardly more than a path."""
        return bool(self.paths) and len(self.text.split()) <= 2


@lru_cache(maxsize=65_536)
def parse(text: str) -> Statement:
    """Return the parts of a statement.

    Examples
    --------
    >>> parse("- **Status**: 3 of 4 tasks are missing").numbers["task"]
    frozenset({4.0})
    >>> parse("No evidence directory was found").polarity
    -1.0
    """
    value = _json(text)
    plain = " . ".join(_leaves(value)) if value is not None else text
    plain = " ".join(_MARKUP.sub(" ", plain).split())
    lowered = plain.lower().replace("’", "'")
    positive, negative = _marks(lowered, text)
    marks = positive + negative
    return Statement(
        text=plain,
        lowered=lowered,
        words=_weights(lowered),
        paths=frozenset(path for path in _paths(plain) if not _RATIO.fullmatch(path)),
        names=frozenset(name.lower() for name in _NAME.findall(plain)),
        numbers=_numbers(lowered),
        polarity=(positive - negative) / marks if marks else 0.0,
        marks=marks,
        negated=_negated(lowered),
        verdict=verdict_of(lowered),
        open_places=len(lexicon.OPEN.findall(lowered)),
        decisions=len(lexicon.DECIDED.findall(lowered)),
        reported=bool(lexicon.REPORTED.search(lowered)),
        entries=_entries(value),
        is_json=value is not None,
        label=_label(text),
    )


def verdict_of(lowered: str) -> float | None:
    """Return the verdict that a text in lower case gives, -1 to 1, or None."""
    for pattern, value in _VERDICTS:
        if re.search(pattern, lowered):
            return value
    return None


def words_of(text: str) -> list[str]:
    """Return the concepts of a text, in order, with repetitions."""
    words = _WORD.findall(text.lower())
    return [concept(word) for word in words if word not in lexicon.STOP and len(word) > 2]


def concept(word: str) -> str:
    """Return the stem of a word, or of the word that stands for its like.

    Examples
    --------
    >>> concept("folders"), concept("directory"), concept("retries")
    ('directory', 'directory', 'retry')
    """
    stemmed = _stem(word)
    return _CONCEPTS.get(stemmed, stemmed)


def _stem(word: str) -> str:
    for ending, rest in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + rest
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


_ENDINGS = (
    ("ies", "y"),
    ("ations", "at"),
    ("ation", "at"),
    ("ing", ""),
    ("ed", ""),
    ("es", ""),
    ("s", ""),
)
_CONCEPTS = {
    _stem(word): _stem(group.split()[0]) for group in lexicon.CONCEPTS for word in group.split()
}
_COUNTED = frozenset(lexicon.UNITS | {_stem(unit) for unit in lexicon.UNITS if len(unit) > 3})


def _paths(plain: str) -> Iterator[str]:
    return (path.strip("./*").lower() for path in _PATH.findall(plain))


def _json(text: str) -> Any:
    start = text.strip()
    if not start.startswith(("{", "[", '"')):
        return None
    try:
        return json.loads("{" + start + "}" if start[0] == '"' else start)
    except (ValueError, RecursionError):
        return None


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in _leaves(part)]
    if isinstance(value, list):
        return [text for part in value for text in _leaves(part)]
    return [] if value is None else [str(value)]


def _entries(value: Any) -> tuple[str, ...]:
    return tuple(" . ".join(_leaves(entry)) for entry in value) if isinstance(value, list) else ()


def _label(text: str) -> str:
    label = _LABEL.match(text.strip())
    return label[1].lower() if label else ""


def _marks(lowered: str, original: str) -> tuple[int, int]:
    """Count what speaks of presence or success, and of absence or failure."""
    positive = negative = 0
    for pattern, is_positive in ((lexicon.POSITIVE, True), (lexicon.NEGATIVE, False)):
        for match in pattern.finditer(lowered):
            before = lowered[max(0, match.start() - 30) : match.start()]
            if is_positive != bool(lexicon.NEGATION.search(before)):
                positive += 1
            else:
                negative += 1
    return positive + original.count("✅"), negative + original.count("❌")


def _negated(lowered: str) -> frozenset[str]:
    parts = _AFTER_NEGATION.findall(lowered) + _BEFORE_MISSING.findall(lowered)
    words = (word for part in parts for word in _WORD.findall(part))
    return frozenset(concept(word) for word in words if word not in lexicon.STOP)


def _weights(lowered: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for word in _WORD.findall(_DATE.sub(" ", lowered)):
        if word in lexicon.STOP:
            continue
        special = "_" in word or "-" in word or any(letter.isdigit() for letter in word)
        weights[concept(word)] = 2.0 if special else 1.0
        for part in re.split(r"[_-]", word) if special else ():
            if len(part) > 2 and part not in lexicon.STOP:
                weights.setdefault(concept(part), 1.0)
    return weights


def _numbers(lowered: str) -> dict[str, frozenset[float]]:
    text = _DATE.sub(" ", _NUMERAL.sub(lambda found: _NUMERALS[found[1]], lowered))
    values: dict[str, set[float]] = {}
    for part, whole in _RATIO.findall(text):
        values.setdefault(f"/{whole}", set()).add(float(part))
    for low, high, unit, after in _NUMBER.findall(_RATIO.sub(" ", text)):
        counted = [_UNITS.get(word, _stem(word)) for word in (unit, after) if word]
        for number in filter(None, (low, high)):
            for name in counted or [""]:
                values.setdefault(name, set()).add(float(number.replace(",", "")))
    return {unit: frozenset(each) for unit, each in values.items()}


def is_counted(unit: str) -> bool:
    """Return whether two statements can differ about a number of this unit."""
    return unit in _COUNTED or unit.startswith("/")
