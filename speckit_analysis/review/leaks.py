"""Whether the vocabulary of blinded outputs still gives their variant away."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from speckit_analysis.analysis import wording
from speckit_analysis.disagreements.statements import words_of
from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.proportions import exact_interval

#: Fewer units than this, and nothing can be said.
LEAST_UNITS = 3

_METHOD = "Clopper-Pearson"

#: So many telling words are listed for a variant.
_TELLING = 8


@dataclass(frozen=True)
class Leak:
    """How often a simple classifier tells the variant from the words.

    Attributes
    ----------
    right : int
        Outputs whose variant it told rightly.
    share : Estimate
        The same of all outputs.
    chance : float
        Share that guessing gets.
    telling : dict of str to list of str
        For each variant the words that speak for it most.
    """

    right: int
    share: Estimate
    chance: float
    telling: dict[str, list[str]]

    @property
    def sentence(self) -> str:
        """The accuracy in words."""
        if self.share.refusal:
            return (
                f"Whether words give the variant away cannot be told: it takes {LEAST_UNITS} units."
            )
        low, high = wording.percent(self.share.low), wording.percent(self.share.high)
        accuracy = (
            f"A simple classifier tells the variant of {self.right} of {self.share.n} outputs from"
            f" their words (95 % interval {low} to {high};"
            f" guessing gets {wording.percent(self.chance)})."
        )
        if self.share.low > self.chance:
            return (
                f"{accuracy} The wording gives authors away: a reviewer who knows them may see it."
            )
        return f"{accuracy} That does not prove that they cannot be told."


def vocabulary_leak(units: Sequence[str], variants: Sequence[str], texts: Sequence[str]) -> Leak:
    """Return how well words tell variants, each unit judged by what the others teach.

    Parameters
    ----------
    units, variants, texts : sequence of str
        Unit, variant and blinded text of each output.

    Notes
    -----
    Naive Bayes on the presence of words, with Laplace's correction, leave one unit out.
    """
    bags = [frozenset(words_of(text)) for text in texts]
    names = sorted(set(variants))
    chance = 1 / len(names)
    if len(set(units)) < LEAST_UNITS:
        unknown = not_estimable(0, "there are too few units", method=_METHOD, level=0.95)
        return Leak(0, unknown, chance, {})
    right = 0
    for unit in sorted(set(units)):
        others = [at for at, each in enumerate(units) if each != unit]
        weights = _weights([bags[at] for at in others], [variants[at] for at in others])
        for at, each in enumerate(units):
            if each == unit:
                scores = {name: _score(bags[at], weights[name]) for name in names}
                right += max(names, key=scores.__getitem__) == variants[at]
    n = len(bags)
    low, high = exact_interval(right, n)
    told = Estimate(right / n, low, high, 0.95, _METHOD, n, "output")
    return Leak(right, told, chance, _telling(_weights(bags, list(variants))))


def _weights(bags: list[frozenset[str]], variants: list[str]) -> dict[str, dict[str, float]]:
    """Return for each variant how much each word speaks for it against the others."""
    vocabulary = frozenset().union(*bags)
    weights = {}
    for name in sorted(set(variants)):
        inside = [bag for bag, each in zip(bags, variants, strict=True) if each == name]
        outside = [bag for bag, each in zip(bags, variants, strict=True) if each != name]
        counts = [Counter(word for bag in side for word in bag) for side in (inside, outside)]
        weights[name] = {
            word: math.log((counts[0][word] + 1) / (len(inside) + 2))
            - math.log((counts[1][word] + 1) / (len(outside) + 2))
            for word in vocabulary
        }
    return weights


def _score(bag: frozenset[str], weights: dict[str, float]) -> float:
    return sum(weights.get(word, 0.0) for word in sorted(bag))


def _telling(weights: dict[str, dict[str, float]]) -> dict[str, list[str]]:
    """Return for each variant the words that speak for it most."""
    telling = {}
    for name, of_words in weights.items():
        ranked = sorted(of_words, key=lambda word: (-of_words[word], word))
        telling[name] = [word for word in ranked[:_TELLING] if of_words[word] > 0]
    return telling
