"""The linear models that weigh the features of a pair: what they are made of, and how they judge.

The weights are numbers in ``weights.json``, fitted by ``benchmarks/judge.py`` to labelled pairs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources

import msgspec
import numpy as np

from speckit_analysis.disagreements.features import Pair
from speckit_analysis.disagreements.statements import words_of

#: Features are cut off here, in standard deviations: a rare value must not decide alone.
CUT = 3.0


class LinearModel(msgspec.Struct, frozen=True):
    """A multinomial logistic regression on features and words.

    Attributes
    ----------
    classes : tuple of str
        What it tells apart, k of them.
    features : tuple of str
        Names of its m features.
    centre, scale : tuple of float
        Mean and standard deviation of each feature in training.
    weights : tuple of tuple of float
        k rows of m.
    words : dict of str to list of float
        Of each concept its inverse document frequency, then its weight for each class.
    intercept : tuple of float
        One for each class.
    """

    classes: tuple[str, ...]
    features: tuple[str, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    words: dict[str, list[float]]
    intercept: tuple[float, ...]

    def probabilities(self, values: Mapping[str, float], words: Sequence[str]) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        values : mapping of str to float
            Features of a pair.
        words : sequence of str
            Concepts of statements and questions.
        """
        scores = np.asarray(self.weights) @ scaled(
            np.array([values[name] for name in self.features]),
            np.asarray(self.centre),
            np.asarray(self.scale),
        )
        scores = scores + self.intercept + self._word_scores(words)
        shares = np.exp(scores - scores.max())
        return np.asarray(shares / shares.sum())

    def _word_scores(self, words: Sequence[str]) -> np.ndarray:
        counts = Counter(word for word in words if word in self.words)
        if not counts:
            return np.zeros(len(self.classes))
        entries = np.array([self.words[word] for word in counts])
        frequencies = 1 + np.log(np.fromiter(counts.values(), float))
        terms = frequencies * entries[:, 0]
        return np.asarray(terms @ entries[:, 1:] / math.sqrt(float(terms @ terms)))


def scaled(values: np.ndarray, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return features as the models weigh them: standardised, cut off, their total near 2."""
    standard = np.clip((values - centre) / scale, -CUT, CUT)
    return np.asarray(standard * 2 / math.sqrt(values.shape[-1]))


def words_of_pair(pair: Pair) -> list[str]:
    """Return the concepts of statements and questions of a pair."""
    sides = (pair.question_a, pair.question_b, pair.a, pair.b)
    return words_of(" ".join(side.text for side in sides))


@lru_cache(maxsize=1)
def models() -> dict[str, LinearModel]:
    """Return the models for ``relation``, ``type`` and ``severity``."""
    text = resources.files(__package__).joinpath("weights.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, LinearModel])
