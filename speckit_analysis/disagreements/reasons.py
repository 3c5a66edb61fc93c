"""What two statements differ in, in words."""

from __future__ import annotations

from speckit_analysis.disagreements.features import Pair
from speckit_analysis.disagreements.severity import cosmetic
from speckit_analysis.disagreements.statements import Statement, words_of

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
    found = [surface] if surface else _differences(pair)
    return "; ".join(found[:_SHOWN]) or (
        f"other answers to what looks like the same question (similarity {pair.similarity:.2f})"
    )


def _differences(pair: Pair) -> list[str]:
    a, b = pair.sides
    found = [_numbers(pair, unit) for unit in pair.clashing_units[:2]]
    if pair.verdict_gap > 0.5:
        found.append("the verdicts differ")
    elif pair.polarity_gap > 1.0:
        found.append("one says there or working, the other missing or failing")
    elif pair.negation_clash:
        missing = ", ".join(sorted(pair.negation_clash)[:_SHOWN])
        found.append(f"one says there is none of what the other speaks of ({missing})")
    if pair.open_against_decided:
        found.append("one leaves open what the other decides")
    if pair.other_path > 0.5:
        found.append(f"another path ({min(a.paths)} against {min(b.paths)})")
    if len(a.entries) > 1 and len(b.entries) > 1:
        found += _only_one_has(a, b)
    return found


def _numbers(pair: Pair, unit: str) -> str:
    def shown(side: Statement) -> str:
        return ", ".join(f"{value:g}" for value in sorted(side.numbers[unit])[:_SHOWN])

    name = f"of {unit[1:]}" if unit.startswith("/") else unit
    return f"the numbers differ ({name}: {shown(pair.a)} against {shown(pair.b)})"


def _only_one_has(a: Statement, b: Statement) -> list[str]:
    found = []
    for one, other in ((a, b), (b, a)):
        known = set(other.words)
        alone = [entry for entry in one.entries if not set(words_of(entry)) & known]
        if alone:
            found.append(f"only one has: {alone[0][:60]}")
    return found or [f"the lists differ ({len(a.entries)} entries against {len(b.entries)})"]


def _common(pair: Pair) -> str:
    first = words_of(pair.a.text)
    shared = list(dict.fromkeys(word for word in first if word in pair.b.words))[:_SHOWN]
    return f"the same in other words ({', '.join(shared)})" if shared else "the same in other words"
