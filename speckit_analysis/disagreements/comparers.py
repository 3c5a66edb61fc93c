"""Disagreements that no pair of sentences shows: verdicts, scores, lists, what the work is.

Each comparer takes the statements of the answers to one question, by agent, and yields findings.
How sure it is of a finding is set by its rule, not fitted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations

from speckit_analysis.disagreements.aligned import Similarity, matched
from speckit_analysis.disagreements.differences import same_path
from speckit_analysis.disagreements.features import containment
from speckit_analysis.disagreements.items import Item
from speckit_analysis.disagreements.statements import parse, verdict_of, words_of

#: Statements less similar than this are not compared; those of different kinds, and prose, where
#: nothing but the words says that two are on one topic, have to be more alike.
LEAST_SIMILAR = 0.30
LEAST_SIMILAR_PROSE = 0.40

#: Entries of two lists less similar than this are no counterparts.
LEAST_SIMILAR_ENTRIES = 0.20

#: Scores of a requirement, of 10, that are this far apart contradict each other.
SCORES_APART = 2.0

#: Answers that share a smaller part of their vocabulary are about different work.
SAME_WORK = 0.27
_ENOUGH_WORDS = 80

#: File names this alike are taken for one file, in another place.
SAME_FILE = 0.75

# Wider than the endings in `features`, which the judge was fitted with and has to keep.
_SOURCE = (".rs", ".py", ".ts", ".js", ".go", ".java", ".c", ".cpp")

Answers = Mapping[str, Sequence[Item]]


@dataclass
class Finding:
    """A topic on which agents of a run disagree.

    Attributes
    ----------
    topic : str
        What it is about.
    compared : str
        What was compared.
    type, severity : str
        As :func:`speckit_analysis.disagreements.judge_pairs` names them.
    confidence : float
        0 to 1.
    reason : str
        What differs, in words.
    positions, locators : dict of str to str
        By agent: what it says, and where in its answer.
    open_vs_decided : bool
        One leaves open what another decides.
    path : str
        File or folder whose state it is about, if it is.
    """

    topic: str
    compared: str
    type: str
    severity: str
    confidence: float
    reason: str
    positions: dict[str, str]
    locators: dict[str, str]
    open_vs_decided: bool = False
    path: str = ""


def of_kind(items: Sequence[Item], kind: str) -> list[Item]:
    """Return the statements of one kind."""
    return [item for item in items if item.kind == kind]


def verdicts(answers: Answers, similarity: Similarity) -> Iterator[Finding]:
    """Yield opposite verdicts; statuses that are all passed or not are a verdict as well."""
    decided = {agent: verdict for agent, items in answers.items() if (verdict := _verdict(items))}
    values = [value for value, _, _ in decided.values()]
    if values and min(values) < 0 < max(values):
        yield Finding(
            topic="overall verdict",
            compared="verdict",
            type="factual",
            severity="logical",
            confidence=0.9,
            reason="the verdicts differ",
            positions={agent: text for agent, (_, text, _) in decided.items()},
            locators={agent: locator for agent, (_, _, locator) in decided.items()},
        )


def _verdict(items: Sequence[Item]) -> tuple[float, str, str] | None:
    for item in of_kind(items, "verdict"):
        value = verdict_of(item.text.lower())
        if value is not None:
            return value, item.text, item.locator
    checks = [item for item in of_kind(items, "checks") if item.status]
    statuses = [verdict_of(item.status.lower()) for item in checks]
    if len(statuses) < 2 or None in statuses:
        return None
    passed = sum(value is not None and value > 0 for value in statuses)
    text = f"{passed} of {len(statuses)} checks passed"
    return (1.0 if passed == len(statuses) else -1.0), text, checks[0].locator


def requirements(answers: Answers, similarity: Similarity) -> Iterator[Finding]:
    """Yield requirements that two agents score far apart, or that only one would improve."""
    for one, other in combinations(sorted(answers), 2):
        sides = [of_kind(answers[agent], "requirements") for agent in (one, other)]
        factors = [to_ten(side) for side in sides]
        for at, to, near in matched(sides[0], sides[1], LEAST_SIMILAR, similarity):
            pair = sides[0][at], sides[1][to]
            scores = [
                item.score * factor
                for item, factor in zip(pair, factors, strict=True)
                if item.score is not None
            ]
            if len(scores) == 2 and (finding := _scored_apart(pair, scores, near)):
                yield finding


def to_ten(side: Sequence[Item]) -> float:
    """Return the factor that brings scores to a scale of ten."""
    scores = [item.score for item in side if item.score is not None]
    return 2.0 if scores and max(scores) <= 5 else 1.0


def _scored_apart(pair: tuple[Item, Item], scores: list[float], near: float) -> Finding | None:
    apart = abs(scores[0] - scores[1])
    flags = {item.flagged for item in pair}
    only_one = flags == {True, False}
    if apart < SCORES_APART and not only_one:
        return None
    differs = [f"the scores differ by {apart:.1f} of 10"] if apart else []
    differs += ["only one says that it needs improvement"] if only_one else []
    return Finding(
        topic=pair[0].topic,
        compared="requirements",
        type="factual",
        severity="logical",
        confidence=min(0.95, 0.5 + near / 2),
        reason="; ".join(differs),
        positions={
            item.agent: f"{score:.1f} of 10{', needs improvement' if item.flagged else ''}:"
            f" {item.text}"
            for item, score in zip(pair, scores, strict=True)
        },
        locators={item.agent: item.locator for item in pair},
    )


def other_work(answers: Answers, similarity: Similarity) -> Iterator[Finding]:
    """Yield pairs of answers that are about different work."""
    words = {
        agent: dict.fromkeys(words_of(" ".join(parse(item.text).text for item in items)), 1.0)
        for agent, items in answers.items()
        if not of_kind(items, "issues") and not of_kind(items, "requirements")
    }
    enough = {agent: bag for agent, bag in words.items() if len(bag) >= _ENOUGH_WORDS}
    for one, other in combinations(sorted(enough), 2):
        shared = containment(enough[one], enough[other])
        if shared < SAME_WORK:
            yield Finding(
                topic="what the work is",
                compared="answer",
                type="scope",
                severity="logical",
                confidence=0.8,
                reason=f"the answers share only {100 * shared:.0f} % of their words",
                positions={agent: _beginning(answers[agent]) for agent in (one, other)},
                locators=dict.fromkeys((one, other), ""),
            )


def _beginning(items: Sequence[Item]) -> str:
    texts = [parse(item.text).text for item in items[:3]]
    return " / ".join(text if len(text) <= 120 else text[:117] + "…" for text in texts)


def lists(answers: Answers, similarity: Similarity) -> Iterator[Finding]:
    """Yield lists of the same name of which most entries have no counterpart."""
    for one, other in combinations(sorted(answers), 2):
        for name in sorted(_lists_of(answers[one]) & _lists_of(answers[other])):
            sides = [[i for i in answers[agent] if i.list_name == name] for agent in (one, other)]
            shorter = min(map(len, sides))
            shared = len(matched(sides[0], sides[1], LEAST_SIMILAR_ENTRIES, similarity))
            if shorter < 2 or shared > shorter / 4:
                continue
            numbers = " and ".join(str(len(side)) for side in sides)
            yield Finding(
                topic=f"what belongs to {name.replace('_', ' ')}",
                compared="list",
                type="scope",
                severity="structural",
                confidence=0.6,
                reason=f"{shared} of {numbers} entries have a counterpart",
                positions={side[0].agent: _listed(side) for side in sides},
                locators={side[0].agent: f"/{name}" for side in sides},
            )


def _lists_of(items: Sequence[Item]) -> set[str]:
    return {item.list_name for item in items if item.list_name}


def _listed(side: Sequence[Item]) -> str:
    return json.dumps([item.question or parse(item.text).text for item in side], ensure_ascii=False)


def source_code(answers: Answers, similarity: Similarity) -> Iterator[Finding]:
    """Yield that one agent changes source code where another writes documents and scripts only."""
    files = {
        agent: {path for item in of_kind(items, "changes") for path in _files_in(item)}
        for agent, items in answers.items()
    }
    files = {agent: paths for agent, paths in files.items() if len(paths) >= 3}
    code = {
        agent: {p for p in paths if p.endswith(_SOURCE) and not p.startswith("scripts/")}
        for agent, paths in files.items()
    }
    sizes = [len(paths) for paths in code.values()]
    if len(sizes) > 1 and max(sizes) > 1 and min(sizes) == 0:
        yield Finding(
            topic="whether source code is changed",
            compared="changes",
            type="scope",
            severity="logical",
            confidence=0.7,
            reason="one changes source code, the other documents and scripts only",
            positions={
                agent: ", ".join(sorted(code[agent] or files[agent])[:6]) for agent in sorted(code)
            },
            locators=dict.fromkeys(code, ""),
        )


def paths(answers: Answers, similarity: Similarity) -> Iterator[Finding]:
    """Yield files that two agents place or name differently."""
    placed = {
        agent: {
            path: item
            for item in items
            if item.kind in ("changes", "tasks", "acceptance")
            for path in _files_in(item)
            if "/" in path and not set(path) & set("{}*$")
        }
        for agent, items in answers.items()
    }
    for one, other in combinations(sorted(placed), 2):
        of_one_only = sorted(placed[one].keys() - placed[other].keys())
        of_other_only = sorted(placed[other].keys() - placed[one].keys())
        for first in of_one_only:
            second = max(of_other_only, key=lambda path: _same_file(first, path), default="")
            likeness = _same_file(first, second) if second else 0.0
            if likeness < SAME_FILE:
                continue
            spelled = same_path(first, second)
            yield Finding(
                topic=f"path of {first.rsplit('/', 1)[-1]}",
                compared="path",
                type="structural",
                severity="cosmetic" if spelled else "structural",
                confidence=min(0.9, likeness - 0.1),
                reason="the same path, spelled differently" if spelled else "another path",
                positions={one: first, other: second},
                locators={
                    one: f"{placed[one][first].locator} {first}",
                    other: f"{placed[other][second].locator} {second}",
                },
            )


def _files_in(item: Item) -> list[str]:
    return [path for path in parse(item.text).paths if "." in path.rsplit("/", 1)[-1]]


def _same_file(first: str, second: str) -> float:
    """Return how alike two file names are; 0 if their kinds differ or both are dated records."""
    names = [path.rsplit("/", 1)[-1] for path in (first, second)]
    stems = [name.rsplit(".", 1) for name in names]
    if stems[0][1] != stems[1][1] or any(letter.isdigit() for name in names for letter in name):
        return 0.0
    return SequenceMatcher(None, stems[0][0], stems[1][0]).ratio()


#: All comparers, in the order in which their findings are reported.
COMPARERS: tuple[Callable[[Answers, Similarity], Iterator[Finding]], ...] = (
    verdicts,
    other_work,
    source_code,
    requirements,
    lists,
    paths,
)
