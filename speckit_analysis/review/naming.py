"""Whether a word means a model or program where it stands, or what it means otherwise."""

from __future__ import annotations

import re
from bisect import bisect

from speckit_analysis.review.disguises import Span
from speckit_analysis.review.name_list import COMPANIES, PROGRAMS, SENSES, end_of_name, known_names

#: So many signs before and behind a word tell what it means.
NEAR = 48

#: The word and punctuation that join names of one list.
_LISTED = (
    r"[\s\"'`*]{0,4}+(?:[,/&+|;]|\b(?:and|or|vs|versus|with)\b)\.?"
    r"[\s\"'`*]{0,4}+(?:and\s|or\s)?"
)
_OWNS = re.compile(r"(?:'s)? ")
_LISTED_AFTER, _LISTED_BEFORE = re.compile(_LISTED), re.compile(rf"{_LISTED}$")
_BEFORE = re.compile(
    r"(?<![a-z])(?:(?:i am|i'm|my name is|this is)|(?P<role>as)(?!\s{1,3}(?:the|an?)\s)"
    r"|(?:(?P<label>agent|model|author|assistant|llm|bot|variant|co-authored-by)|provider|vendor"
    r"|created|generated|written|signed|reviewer|tool|cli|editor|ide|harness|client|by|from|proposer"
    r"|team|source)(?:[ _-](?:by|name|id|slug|with|used))?[\"'*_`)]{0,4}+\s{0,3}+(?P<sign>[:=])"
    r"|(?:generated|written|created|made|built|drafted|authored|produced|powered|prepared|answered"
    r"|reviewed|trained|developed|implemented|planned|proposed|suggested|assisted|co-authored|signed"
    r"|edited|responded|submitted)[ -](?:by|with|using|via|in)"
    r"|(?P<dash>(?:^|\n)[^\S\n]{0,8}+(?:[—–]|--|~)|(?:signed|regards|cheers|sincerely|yours|best),?))"
    r"\s{0,3}+(?:the |an? )?[\"'`*_\[(<]{0,6}+$",
    re.IGNORECASE,
)
_INSIDE = re.compile(r"[a-z,;()] $|\($")
_CELL_BEFORE = re.compile(r"(?:\n|\|)[ \t>*+\"'`_-]{0,8}+$")
_CELL_AFTER = re.compile(r"[*`_\"']{0,3}+[ \t]{0,8}+[|:]")
_ENDS = re.compile(r"[\"'`*_\])>]*\s*(?:[,.;:\n)<(]|$|\bI\b)")
#: What makes a name of a program's and of a company's.
_MAKES = (
    re.compile(r"(?:'s)? (?:AI|LLM|[Aa]gent|[Aa]ssistant|CLI|IDE|[Mm]odel|[Bb]ot|Code)\b"),
    re.compile(r"(?:'s)? (?:AI|LLM|[Aa]ssistant|[Mm]odel|DeepMind|Q)\b|-(?:trained|made|built)\b"),
)
_VERB = re.compile(
    r"\b(?:to|can|could|must|should|will|would|you|we|they|i|fully|really|not|cannot|easily|help|n't)\s{1,8}$",
    re.IGNORECASE,
)
_OBJECT = re.compile(
    r"\s(?:the|some|all|any|this|that|these|how|what|why|it|an?|our|your|its|their)\b"
)
_ARTICLE = re.compile(r"\b(?:an?|the|each|every|this|her|his|their|our)\s$", re.IGNORECASE)
_OF_MODELS = re.compile(
    r"[- ](?:agent|model|output|answer|proposal|api|cli|variant|response|run|version|session|sdk)"
)
_OF_VARIANTS = re.compile(r"[*`_\"']{0,3}+[- ](?:variant|arm|agent)s?\b", re.IGNORECASE)
_SURNAME = re.compile(r" (?:de |van |von )?[A-Z][\w'-]*[a-z]")
# What follows a model's name with a capital, and is no surname.
_NO_SURNAME = re.compile(
    r" (?:Proposal|Plan|Output|Response|Answer|Review|Agent|Team|Model|Version|Assistant|Says?"
    r"|Summary|Analysis|Result|Report|Task|Approach|Notes?|Code|API|SDK|And|Or|Vs|Is|Was|Recommend"
    r"|The|For|Suggest|Propos|Think|Agree|Prefer|Would|Will|Has|Said|Wrote|In|On|At|By|To|Of|From)"
)
_PEOPLE = ("claude", "gemma", "kimi")
_WORD = re.compile(r"[A-Za-z]+")


def means_something_else(text: str, word: str, start: int, end: int) -> bool:
    """Tell whether a known name is a word, or a person's name, where it stands."""
    before, after = text[max(0, start - NEAR) : start], text[end : end + NEAR]
    if end_of_name(text, end) > end:
        return SENSES[word].match(after.lstrip(" -")) is not None
    if word in _PEOPLE and text[start].isupper() and _is_person(before, after):
        return True
    if _BEFORE.search(before):
        return False
    sentence = re.split(r"[.!?\n]\s", before)[-1] + "\0" + re.split(r"[.!?\n](?:\s|$)", after)[0]
    if SENSES[word].search(sentence):
        return True
    if text[start].isupper() or word in ("claude", "kimi"):
        return False
    if word == "grok":
        return bool(_VERB.search(before) or _OBJECT.match(after))
    article = _ARTICLE.search(before)
    if word in ("gemini", "codex"):
        return bool(article and article[0][0] in "aAeE" and not _OF_MODELS.match(after))
    return bool(article and not _OF_MODELS.match(after))


def _is_person(before: str, after: str) -> bool:
    if _NO_SURNAME.match(after) or not _SURNAME.match(after) or _ARTICLE.search(before):
        return False
    follows = re.match(r"[A-Za-z]+", after[1:])
    return not (follows and follows[0].lower() in known_names())


def is_named(text: str, start: int, end: int) -> bool:
    """Tell whether a word of a text names an author where it stands: a variant, an agent."""
    return _is_named_there(text, start, end) or _OF_VARIANTS.match(text, end) is not None


def _is_named_there(text: str, start: int, end: int) -> bool:
    before = _BEFORE.search(text, max(0, start - NEAR), start)
    found = _WORD.match(text, start)
    word = found[0].lower() if found else ""
    capital = _is_capital(text, start, end)
    if not before:
        makes = _MAKES[word in COMPANIES].match(text, start + len(word))
        return bool(makes) and word in PROGRAMS | COMPANIES and capital
    if before["sign"]:  # a label: "model: command" names one, "source: text" does not
        short = len(word) == 1  # K2
        return before["label"] is not None or word in PROGRAMS | COMPANIES or short
    if before["role"] or before["dash"]:
        return capital and _ENDS.match(text, end) is not None
    return capital


def _is_capital(text: str, start: int, end: int) -> bool:
    """Tell whether a word is written like a name: with a capital, or a digit of its own."""
    first = text[start:end].partition(" ")[0]
    return first[0].isupper() or any(letter.isdigit() for letter in first)


def with_companions(text: str, certain: list[Span], ordinary: list[Span]) -> list[Span]:
    """Add the ordinary words that stand where only names stand: in lists with names, at labels.

    What was found to be a name once is one wherever it is spelled so, with a capital.
    """
    starts, ends = {start for start, _ in certain}, {end for _, end in certain}
    in_cells = any(_is_cell(text, *span) for span in certain)
    near = sorted(starts)
    shown: set[str] = set()
    for start, end in [*ordinary, *reversed(ordinary)]:
        word = text[start:end]
        if start not in starts and (
            word in shown
            or (word.lower() in PROGRAMS and _shares_sentence(text, start, near))
            or _is_named_there(text, start, end)
            or (in_cells and word.lower() in PROGRAMS and _is_cell(text, start, end))
            or (_is_capital(text, start, end) and _stands_beside(text, start, end, starts, ends))
        ):
            starts.add(start)
            ends.add(end)
            certain.append((start, end))
            if word[0].isupper() and word.lower() in PROGRAMS:
                shown.add(word)
    return merged(text, certain)


def _shares_sentence(text: str, start: int, names: list[int]) -> bool:
    """Tell whether a word with a capital, inside a sentence, has a name close by."""
    inside = text[start].isupper() and _INSIDE.search(text, max(0, start - 2), start)
    return bool(inside) and bisect(names, start + NEAR) > bisect(names, start - NEAR)


def _is_cell(text: str, start: int, end: int) -> bool:
    """Tell whether a cell of a table, or the head of a line, is nothing but this."""
    before = _CELL_BEFORE.search(text, max(0, start - 12), start)
    return before is not None and _CELL_AFTER.match(text, end) is not None


def _stands_beside(text: str, start: int, end: int, starts: set[int], ends: set[int]) -> bool:
    after = _LISTED_AFTER.match(text, end, end + 20)
    if text[start:end].lower() in COMPANIES and not after:
        after = _OWNS.match(text, end)  # Meta's Llama
    before = _LISTED_BEFORE.search(text, max(0, start - 20), start)
    return bool((after and after.end() in starts) or (before and before.start() in ends))


def merged(text: str, spans: list[Span]) -> list[Span]:
    """Join names that overlap, or that nothing but a sign stands between."""
    whole: list[Span] = []
    for start, end in sorted(spans):
        if whole and (
            start <= whole[-1][1] or re.fullmatch(r"[ /:._-]", text[whole[-1][1] : start])
        ):
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole
