"""What a pair of statements has in common, and where it clashes, as numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass
from difflib import SequenceMatcher

from speckit_analysis.disagreements import lexicon
from speckit_analysis.disagreements.statements import Statement, is_counted, parse

#: Of longer texts, the spelling of so much is compared.
_SPELLED = 400

_CODE = (".rs", ".py", ".ts", ".js", ".go", ".java", ".sql")
_NOTES = (".sh", ".md")


@dataclass(frozen=True)
class Pair:
    """Two statements and the questions they answer, in parts."""

    a: Statement
    b: Statement
    question_a: Statement
    question_b: Statement

    @classmethod
    def of(cls, a: str, b: str, question_a: str = "", question_b: str = "") -> Pair:
        """Return a pair of texts in parts."""
        return cls(parse(a), parse(b), parse(question_a), parse(question_b))

    @property
    def sides(self) -> tuple[Statement, Statement]:
        """The two statements."""
        return self.a, self.b

    @property
    def both_asked(self) -> bool:
        """Whether the question is known of both."""
        return bool(self.question_a.text) and bool(self.question_b.text)

    @property
    def either_asked(self) -> bool:
        """Whether the question is known of one or both."""
        return bool(self.question_a.text) or bool(self.question_b.text)

    @property
    def similarity(self) -> float:
        """How much statements, questions, or both together have in common, 0 to 1."""
        asked = cosine(self.question_a.words, self.question_b.words) if self.both_asked else 0.0
        return max(asked, cosine(self.a.words, self.b.words), cosine(*self.everything))

    @property
    def everything(self) -> tuple[dict[str, float], dict[str, float]]:
        """Words of each statement with those of its question."""
        return (
            {**self.question_a.words, **self.a.words},
            {**self.question_b.words, **self.b.words},
        )

    @property
    def clashing_units(self) -> list[str]:
        """What both count, but with no number in common."""
        a, b = self.a.numbers, self.b.numbers
        return [unit for unit in a if unit in b and is_counted(unit) and not a[unit] & b[unit]]

    @property
    def common_units(self) -> list[str]:
        """What both count, with a number in common."""
        a, b = self.a.numbers, self.b.numbers
        return [unit for unit in a if unit in b and is_counted(unit) and a[unit] & b[unit]]

    @property
    def polarity_gap(self) -> float:
        """How far apart they are on there or missing, works or broken; 0 to 2."""
        return abs(self.a.polarity - self.b.polarity) if self.a.marks and self.b.marks else 0.0

    @property
    def verdict_gap(self) -> float:
        """How far apart their verdicts are, 0 to 2; 0 unless both give one."""
        a, b = self.a.verdict, self.b.verdict
        return 0.0 if a is None or b is None else abs(a - b)

    @property
    def negation_clash(self) -> frozenset[str]:
        """What one says is not there and the other speaks of."""
        one = (self.a.negated & self.b.words.keys()) - self.b.negated
        return one | ((self.b.negated & self.a.words.keys()) - self.a.negated)

    @property
    def open_against_decided(self) -> bool:
        """Whether one leaves open what the other decides."""
        a, b = self.a, self.b
        return bool(
            (a.open_places and not b.open_places and b.decisions)
            or (b.open_places and not a.open_places and a.decisions)
        )

    @property
    def other_path(self) -> float:
        """How alike the names of two different files of one kind are; 0 where a path is shared."""
        if self.a.paths & self.b.paths:
            return 0.0
        likeness = 0.0
        for first in self.a.paths:
            for second in self.b.paths:
                names = [path.rsplit("/", 1)[-1] for path in (first, second)]
                endings = [name.rsplit(".", 1)[-1] for name in names]
                if names[0] == names[1] and not ("/" in first and "/" in second):
                    return 0.0  # one names the file, the other its folder as well
                if endings[0] == endings[1] and "." in names[0]:
                    likeness = max(likeness, SequenceMatcher(None, names[0], names[1]).ratio())
        return likeness


def cosine(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """Return the cosine of two bags of weighted words."""
    common = sum(weight * b[word] for word, weight in a.items() if word in b)
    size = math.sqrt(sum(w * w for w in a.values()) * sum(w * w for w in b.values()))
    return common / size if size else 0.0


def shared_weight(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """Return the weight of the words that both bags hold."""
    return sum(min(weight, b[word]) for word, weight in a.items() if word in b)


def containment(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """Return how much of the smaller bag the larger holds."""
    smaller = min(sum(a.values()), sum(b.values()))
    return shared_weight(a, b) / smaller if smaller else 0.0


def features(pair: Pair) -> dict[str, float]:
    """Return the features of a pair; none depends on which of the two comes first."""
    return {**_likeness(pair), **_clashes(pair), **_form(pair), **_vocabulary(pair)}


def _likeness(pair: Pair) -> dict[str, float]:
    a, b = pair.sides
    everything = pair.everything
    similarity = pair.similarity
    answers = cosine(a.words, b.words)
    asked = cosine(pair.question_a.words, pair.question_b.words) if pair.both_asked else 0.0
    shared = shared_weight(*everything)
    shorter = min(len(a.text), len(b.text)) + 1
    return {
        "similarity": similarity,
        "answers": answers,
        "answers_contained": containment(a.words, b.words),
        "everything": max(cosine(*everything), answers),
        "everything_contained": containment(*everything),
        "letters": cosine(_grams(a.text), _grams(b.text)),
        "spelling": SequenceMatcher(
            None, a.lowered[:_SPELLED], b.lowered[:_SPELLED], autojunk=False
        ).ratio(),
        "questions": asked,
        "questions_alike": float(asked > 0.25),
        "questions_apart": float(pair.both_asked and asked < 0.08),
        "asked_but_apart": float(pair.both_asked and similarity < 0.15),
        "same_question_other_answer": float(asked > 0.25 and answers < 0.2),
        "shared_weight": math.log1p(shared),
        "hardly_shared": float(shared < 1.5),
        "long_but_apart": float(similarity < 0.12 and shorter > 80),
        "names": _share(a.names, b.names),
        "names_in_both": float(bool(a.names) and bool(b.names)),
        "same_path": float(bool(a.paths & b.paths)),
        "same_label": float(bool(a.label) and a.label == b.label),
        "common_units": min(len(pair.common_units), 2.0),
    }


def _clashes(pair: Pair) -> dict[str, float]:
    a, b = pair.sides
    related = min(1.0, 3 * pair.similarity)
    numbers = len(pair.clashing_units)
    opposite = pair.polarity_gap > 1.0
    one_open = bool(a.open_places) != bool(b.open_places)
    count = (
        bool(numbers)
        + opposite
        + (pair.other_path > 0.5)
        + bool(pair.negation_clash)
        + (pair.verdict_gap > 0.5)
        + one_open
    )
    return {
        "clashing_units": min(numbers, 2.0),
        "clashing_units_if_related": float(bool(numbers)) * related,
        "clashing_units_of_label": float(bool(numbers) and bool(a.label) and a.label == b.label),
        "numbers_only": float(bool(numbers) and pair.polarity_gap == 0.0),
        "close_numbers": float(close_numbers(pair)),
        "opposite_polarity": float(opposite),
        "polarity_gap": pair.polarity_gap,
        "same_polarity": float(a.marks > 0 and b.marks > 0 and a.polarity * b.polarity > 0),
        "polarity_of_one": float((a.marks > 0) != (b.marks > 0)),
        "verdict_gap": pair.verdict_gap,
        "negation_clash": float(bool(pair.negation_clash)),
        "other_path": pair.other_path,
        "one_open": float(one_open),
        "both_open": float(bool(a.open_places) and bool(b.open_places)),
        "open_against_decided": float(pair.open_against_decided),
        "clashes": min(count, 3.0),
        "clashes_if_related": min(count, 2.0) * related,
        "list_contained": containment(a.words, b.words) if _lists(pair) else 0.0,
        "list_apart": 1 - containment(a.words, b.words) if _lists(pair) else 0.0,
    }


def _form(pair: Pair) -> dict[str, float]:
    a, b = pair.sides
    shorter, longer = sorted((len(a.text) + 1, len(b.text) + 1))
    together = f"{a.lowered} {b.lowered}"
    same_bag = cosine(a.words, b.words) > 0.93 and a.lowered != b.lowered
    return {
        "both_asked": float(pair.both_asked),
        "one_asked": float(pair.either_asked and not pair.both_asked),
        "decisions": min(1.0, (a.decisions + b.decisions) / 4),
        "reported": float(a.reported) + float(b.reported),
        "both_reported": float(a.reported and b.reported),
        "lists": float(_lists(pair)),
        "one_list": float((len(a.entries) > 1) != (len(b.entries) > 1)),
        "json": float(a.is_json and b.is_json),
        "one_json": float(a.is_json != b.is_json),
        "length": math.log(shorter),
        "length_ratio": math.log(longer / shorter),
        "short": float(longer < 60),
        "paths_in_both": float(bool(a.paths) and bool(b.paths)),
        "bare_path": float(a.is_bare_path or b.is_bare_path),
        "bare_paths": float(a.is_bare_path and b.is_bare_path),
        "files_in_folders": float(_in_folder(a) and _in_folder(b)),
        "code_files": float(_ends(a, _CODE) and _ends(b, _CODE)),
        "notes_or_scripts": float(_ends(a, _NOTES) and _ends(b, _NOTES)),
        "same_words": float(same_bag),
        "limits": float(bool(lexicon.LIMITS.search(together))),
        "limits_of_one": float(
            bool(lexicon.LIMITS.search(a.lowered)) != bool(lexicon.LIMITS.search(b.lowered))
        ),
        "depth": float(bool(lexicon.DEPTH.search(together))),
        "order": float(bool(lexicon.ORDER.search(together))),
        "label": float(bool(lexicon.LABEL.search(together))),
        "current": float(bool(lexicon.CURRENT.search(together))),
    }


def _vocabulary(pair: Pair) -> dict[str, float]:
    asked = f"{pair.question_a.lowered} {pair.question_b.lowered}"
    shares: dict[str, float] = {}
    for name, pattern in lexicon.TYPES.items():
        shares[f"words_{name}"] = sum(
            len(pattern.findall(side.lowered)) / math.sqrt(4 + len(side.words))
            for side in pair.sides
        )
        shares[f"asked_{name}"] = float(pair.either_asked and bool(pattern.search(asked)))
    return shares


def close_numbers(pair: Pair) -> bool:
    """Return whether a number of both differs by no more than 5 %."""
    for unit, values in pair.a.numbers.items():
        others = pair.b.numbers.get(unit)
        if not others or values & others:
            continue
        gaps = (abs(x - y) / max(abs(x), abs(y), 1e-9) for x in values for y in others)
        if min(gaps) <= 0.05:
            return True
    return False


def _lists(pair: Pair) -> bool:
    return len(pair.a.entries) > 1 and len(pair.b.entries) > 1


def _share(a: Set[str], b: Set[str]) -> float:
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0


def _in_folder(side: Statement) -> bool:
    return any("/" in path and "." in path.rsplit("/", 1)[-1] for path in side.paths)


def _ends(side: Statement, endings: tuple[str, ...]) -> bool:
    return any(path.endswith(endings) for path in side.paths)


def _grams(text: str) -> Counter[str]:
    squeezed = text.lower()[:600]
    return Counter(squeezed[start : start + 4] for start in range(len(squeezed) - 3))
