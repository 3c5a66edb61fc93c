"""Words that tell what a statement claims, and what kind of difference it can make.

They stand in ``lexicon.toml``, with what each group is for; how much a group weighs is fitted
(:mod:`speckit_analysis.disagreements.model`).
"""

from __future__ import annotations

import re
import tomllib
from importlib import resources

_LEXICON = tomllib.loads(
    resources.files(__package__).joinpath("lexicon.toml").read_text(encoding="utf-8")
)


def _any(alternatives: str) -> re.Pattern[str]:
    """Return a pattern for any of the expressions between bars, as whole words."""
    words = "|".join(word.strip() for word in re.split(r"\s\|\s", alternatives))
    return re.compile(rf"(?<![\w/.-])(?:{words})(?![\w/])")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


POSITIVE = _any(_LEXICON["positive"])
NEGATIVE = _any(_LEXICON["negative"])
OPEN = _any(_LEXICON["open"])
DECIDED = _any(_LEXICON["decided"])
REPORTED = _any(_LEXICON["reported"])
TYPES = {name: _any(alternatives) for name, alternatives in _LEXICON["types"].items()}
SAME_STATE = tuple(_words(state) for state in _LEXICON["same_state"])
CONCEPTS: list[str] = _LEXICON["concepts"]
UNITS = _words(_LEXICON["units"])
STOP = _words(_LEXICON["stop"])

#: What turns the word after it over.
NEGATION = re.compile(
    r"\b(?:no|not|never|without|cannot|can't|isn't|aren't|doesn't|don't|won't|nor|neither|non)\b"
    r"(?:\W+\w+){0,3}\W*$"
)

#: A limit to what is done, depth of treatment, order, the name of a state, today's state.
LIMITS = re.compile(
    r"\b(?:only|remove[ds]?|no longer|instead|drop(?:ped|s)?|deprecat|exclude|out of scope|must not"
    r"|never|stop|refuse|not part)"
)
DEPTH = re.compile(
    r"\b(?:detail|explicit|conceptual|deeper|lightweight|summary|high-level|granular|phases|tasks"
    r"|emphasi|thorough|brief)"
)
ORDER = re.compile(r"\b(?:first|before|after|then|order|sequence|precede|follow(?:ed|s) by|last)\b")
LABEL = re.compile(r"\b(?:status|state|format|rounded|label|timestamp|named?|iso 8601|utc)\b")
CURRENT = re.compile(
    r"\b(?:current(?:ly)?|existing|already|today|now|aspirational|not yet|planned|as stated"
    r"|according to)\b"
)
TIME_FORMAT = re.compile(r"iso[ -]?8601|rfc ?3339|\butc\b")
