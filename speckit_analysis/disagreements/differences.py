"""What two statements differ in, in words, and whether it changes anything downstream."""

from __future__ import annotations

import re

from speckit_analysis.disagreements import lexicon
from speckit_analysis.disagreements.features import Pair, close_numbers, cosine
from speckit_analysis.disagreements.statements import Statement, parse, words_of

_SHOWN = 3


def reason(pair: Pair, relation: str) -> str:
    """Return why a pair is judged to agree, to disagree or to be unrelated.

    Parameters
    ----------
    pair : Pair
        The statements.
    relation : str
        ``agree``, ``disagree`` or ``unrelated``.
    """
    if relation == "unrelated":
        return f"they speak of different things (similarity {pair.similarity:.2f})"
    if relation == "agree":
        return _common(pair)
    surface = cosmetic(pair)
    differences = [surface] if surface else _differences(pair)
    return "; ".join(differences[:_SHOWN]) or (
        f"other answers to what looks like the same question (similarity {pair.similarity:.2f})"
    )


def _differences(pair: Pair) -> list[str]:
    a, b = pair.sides
    differences = [_numbers(pair, unit) for unit in pair.clashing_units[:2]]
    if pair.verdict_gap > 0.5:
        differences.append("the verdicts differ")
    elif pair.polarity_gap > 1.0:
        differences.append("one says there or working, the other missing or failing")
    elif pair.negation_clash:
        missing = ", ".join(sorted(pair.negation_clash)[:_SHOWN])
        differences.append(f"one says there is none of what the other speaks of ({missing})")
    if pair.open_against_decided:
        differences.append("one leaves open what the other decides")
    if pair.other_path > 0.5:
        differences.append(f"another path ({min(a.paths)} against {min(b.paths)})")
    if len(a.entries) > 1 and len(b.entries) > 1:
        differences += _only_one_has(a, b)
    return differences


def _numbers(pair: Pair, unit: str) -> str:
    def shown(side: Statement) -> str:
        return ", ".join(f"{value:g}" for value in sorted(side.numbers[unit])[:_SHOWN])

    name = f"of {unit[1:]}" if unit.startswith("/") else unit
    return f"the numbers differ ({name}: {shown(pair.a)} against {shown(pair.b)})"


def _only_one_has(a: Statement, b: Statement) -> list[str]:
    differences = []
    for one, other in ((a, b), (b, a)):
        words = set(other.words)
        alone = [entry for entry in one.entries if not set(words_of(entry)) & words]
        if alone:
            differences.append(f"only one has: {alone[0][:60]}")
    return differences or [f"the lists differ ({len(a.entries)} entries against {len(b.entries)})"]


def _common(pair: Pair) -> str:
    first = words_of(pair.a.text)
    shared = list(dict.fromkeys(word for word in first if word in pair.b.words))[:_SHOWN]
    return f"the same in other words ({', '.join(shared)})" if shared else "the same in other words"


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
    single = all(len(of_side) == 1 and 0 <= of_side[0] <= 10 for of_side in scores)
    return single and abs(scores[0][0] - scores[1][0]) < 2 and flags[0] == flags[1]


def _same_state(a: Statement, b: Statement) -> bool:
    words = [set(re.findall(r"[a-z_]+", side.lowered)) for side in (a, b)]
    if max(map(len, words)) > 4:
        return False
    return any(words[0] & group and words[1] & group for group in lexicon.SAME_STATE)
