"""Differences that change nothing downstream: the cosmetic ones, by rule."""

from __future__ import annotations

import re

from speckit_analysis.disagreements import lexicon
from speckit_analysis.disagreements.features import Pair, close_numbers, cosine
from speckit_analysis.disagreements.statements import Statement, parse


def cosmetic(pair: Pair) -> str:
    """Return why a difference is on the surface only, in words; empty if it is not.

    The rules are those of the labelling guidelines: rounding and off-by-one counts, the format of
    times, another word for the same state, the order of the same steps, scores less than 2 apart
    with the same flag, a path that is spelled differently.
    """
    a, b = pair.sides
    if a.is_bare_path and b.is_bare_path and same_path(next(iter(a.paths)), next(iter(b.paths))):
        return "the same path, spelled differently"
    if all(lexicon.TIME_FORMAT.search(side.lowered) for side in pair.sides):
        return "how times are written"
    if _same_steps(a, b):
        return "the same steps in another order"
    if a.polarity * b.polarity >= 0 and close_numbers(pair) and a.negated == b.negated:
        return "numbers that nearly agree"
    if a.label and a.label == b.label and _near_scores(a, b):
        return "scores less than 2 apart"
    if a.is_json and b.is_json and _same_state(a, b):
        return "another word for the same state"
    return ""


def same_path(first: str, second: str) -> bool:
    """Return whether two paths of a :class:`Statement` are one, spelled differently.

    Examples
    --------
    >>> same_path("docs/spec-kit.md", "docs/spec_kit.md"), same_path("docs/計画.md", "docs/仕様.md")
    (True, False)
    """
    one, other = (re.sub(r"[^\w/.]|_", "", path) for path in (first, second))
    return one == other


def _same_steps(a: Statement, b: Statement) -> bool:
    if len(a.entries) != len(b.entries) or len(a.entries) < 2:
        return False
    first, second = ([parse(entry).words for entry in side.entries] for side in (a, b))
    partners = [
        max(range(len(second)), key=lambda at: cosine(words, second[at])) for words in first
    ]
    alike = all(cosine(words, second[at]) > 0.2 for words, at in zip(first, partners, strict=True))
    return alike and len(set(partners)) == len(partners) and partners != sorted(partners)


def _near_scores(a: Statement, b: Statement) -> bool:
    scores = [[value for values in side.numbers.values() for value in values] for side in (a, b)]
    flags = ["needs_improvement" in side.lowered for side in (a, b)]
    single = all(len(each) == 1 and 0 <= each[0] <= 10 for each in scores)
    return single and abs(scores[0][0] - scores[1][0]) < 2 and flags[0] == flags[1]


def _same_state(a: Statement, b: Statement) -> bool:
    words = [set(re.findall(r"[a-z_]+", side.lowered)) for side in (a, b)]
    if max(map(len, words)) > 4:
        return False
    return any(words[0] & group and words[1] & group for group in lexicon.SAME_STATE)
