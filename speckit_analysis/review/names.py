"""Names of authors, found in plain text.

There are three kinds:

- *Coined* names (``deepseek``) mean one thing and are found everywhere.
- *Known* names (``claude``) are found unless the words beside them say that the ordinary thing
  is meant: a word of its sense, a verb's use, a surname.
- *Ordinary* words (``cursor``) and companies are found only where something makes a name of them:
  the rest of a model's id, a label such as ``Model:``, "generated with", or another name in the
  same list.

Where authors name themselves ("As …", "Written by …", a signature) a known name always goes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from speckit_analysis.review.disguises import Span
from speckit_analysis.review.name_list import (
    COMPANIES,
    PROGRAMS,
    SENSES,
    end_of_name,
    ids_by_word,
    is_coined,
    is_of_maker,
    known_names,
    listed_ids,
)
from speckit_analysis.review.naming import NEAR, means_something_else, with_companions

# A version without the name in front of it that it belongs to.
_ALONE = re.compile(
    r"(?<![\w.-])(?:\d\.\d[ -](?:Pro|Flash(?:[ -]Lite)?)|4o(?:[- ]mini)?"
    r"|o[134]-(?:mini|pro|preview)|o-series|google[-/](?:genai|generativeai))\b"
)
_SHORT = re.compile(r"(?<![\w.-])(?:[KR]\d(?:\.\d)?|o[134])(?![\w-])(?!\.\d)")
_SHORT_MODEL = re.compile(r"[KR]\d(?:\.\d)?[ -](?:Thinking|Instruct|Turbo|Preview|Distill|Lite)\b")
_HOST = re.compile(r"(?<![\w@.-])(?:[\w-]{1,63}+\.)++(?:ai|com|dev|sh|chat|io|cn|app)\b(?![\w-])")
# Files and folders that programs keep: .cursorrules, .aider.conf.yml.
_SETTINGS = re.compile(
    rf"(?<![\w)])\.(?:{'|'.join(sorted(PROGRAMS))})"
    r"(?:rules|ignore|modes|(?=/)|(?=\.[a-z]))",
    re.I,
)
#: What ``o1`` may be called if it is no model.
_VARIABLE = re.compile(
    r"variable|offset|object|index|register|field|column|output \d", re.IGNORECASE
)
_HOSTED = re.compile(r"(?:@cf/)?(?:[\w.~-]{1,40}/){1,4}$|(?:(?:us|eu|apac|global)\.)$")

_TOKEN = re.compile(r"(?<![\w@~./:+-])[\w@~][\w@~./:+-]*+(?<![./:-])")
_RUN = re.compile(r"[A-Za-z]+")
_SECOND = re.compile(r"[ _-]([A-Za-z]+)")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def names_in(text: str, in_code: Callable[[int], bool] = lambda place: False) -> list[Span]:
    """Return where in a text in plain letters names stand, in order.

    Parameters
    ----------
    text : str
        Plain letters, as in a shadow.
    in_code : callable
        Whether a place lies inside code, where a word such as ``o1`` names a variable.
    """
    certain: list[Span] = []
    ordinary: list[Span] = []
    end = 0
    for found in _RUN.finditer(text):
        if found.start() < end:
            continue
        span = _whole_id(text, found) or _named(text, found) or _of_two_words(text, found)
        if span:
            certain.append(span)
            end = span[1]
        elif found[0].lower() in known_names():
            ordinary.append((found.start(), end_of_name(text, found.end())))
    certain += [t.span() for t in _TOKEN.finditer(text) if t[0].lower() in listed_ids()]
    certain += [host.span() for host in _HOST.finditer(text) if is_of_maker(host[0])]
    for pattern in (_ALONE, _SHORT_MODEL, _SETTINGS):
        certain += [found.span() for found in pattern.finditer(text)]
    for found in _SHORT.finditer(text):
        if not in_code(found.start()):
            sure = found[0][0] == "o" and not _VARIABLE.search(text, *_around(text, found))
            (certain if sure else ordinary).append(found.span())
    return with_companions(text, certain, sorted(ordinary))


def _around(text: str, found: re.Match[str]) -> Span:
    return max(0, found.start() - NEAR), min(len(text), found.end() + NEAR)


def holds_name(text: str) -> bool:
    """Tell whether a short text, such as a decoded one, holds a name."""
    return bool(names_in(text))


@cache
def _joined() -> re.Pattern[str]:
    words = sorted((w for w in known_names() if is_coined(w)), key=len, reverse=True)
    return re.compile(
        rf"(?:{'|'.join(w for w in words if len(w) > 3)})\d*|^(?:{'|'.join(w for w in words)})\d*$"
    )


def in_letters(word: str) -> list[Span]:
    """Return where names stand in small letters that were written apart, ``byclaude``."""
    return [found.span() for found in _joined().finditer(word)]


def _whole_id(text: str, found: re.Match[str]) -> Span | None:
    """Return the id of a model that begins with an ordinary word: ``command-r``, Nova Pro."""
    for pattern in ids_by_word().get(found[0].lower(), ()):
        match = pattern.match(text, found.start())
        spelled = match and ("-" in match[0] or "_" in match[0] or match[0][0].isupper())
        if match and spelled and (found.start() == 0 or not text[found.start() - 1].isalnum()):
            return _whole(text, *match.span())
    return None


def _whole(text: str, start: int, end: int) -> Span:
    """Return a name with what stands before it, who serves it, and its version behind."""
    host = _HOSTED.search(text, max(0, start - 90), start)
    if host and _is_host(host[0]):
        start = host.start()
    return start, end_of_name(text, end)


def _is_host(before: str) -> bool:
    """Tell whether folders before a name are those of a maker, or a region of one."""
    parts = [re.sub(r"^~|[ .-]|ai$", "", part) for part in before.lower().rstrip("/").split("/")]
    words = known_names()
    return before.endswith(".") or any(part in words or f"{part}ai" in words for part in parts)


def _of_two_words(text: str, found: re.Match[str]) -> Span | None:
    """Return a coined name whose two halves stand apart: Open AI, Deep Seek."""
    after = _SECOND.match(text, found.end())
    if not after or not (found[0][0].isupper() and after[1][0].isupper()):
        return None
    word = f"{found[0]}{after[1]}".lower()
    if not known_names().get(word, False) or found[0].lower() in COMPANIES:
        return None
    return _whole(text, found.start(), after.end())


def _named(text: str, found: re.Match[str]) -> Span | None:
    """Return the name that begins inside a run of letters, with all that belongs to it."""
    for word, first, last in _candidates(found[0]):
        start, end = found.start() + first, found.start() + last
        if known_names()[word] or not means_something_else(text, word, start, found.end()):
            return _whole(text, start, end)
    return None


def _candidates(run: str) -> Iterator[tuple[str, int, int]]:
    """Yield the name that a run of letters is, begins with or is put together of."""
    names, lower = known_names(), run.lower()
    if lower in names:
        mixed = len(run) == 3 and not (run.islower() or run.isupper() or run.istitle())
        if (names[lower] and (not mixed or run == "xAI")) or lower in SENSES:
            yield lower, 0, len(run)
        return
    for length in range(min(len(run) - 1, 14), 4, -1):
        word = lower[:length]
        if is_coined(word) and (names[word] or length > 5):
            yield word, 0, len(run) if names[word] else length
            return
    parts = [part.span() for part in _CAMEL.finditer(run)]
    for at, (start, end) in enumerate(parts):
        for _, last in reversed(parts[at : at + 3]):
            if is_coined(lower[start:last]) and (last == end or last - start > 5):
                yield lower[start:last], start, last
                return
