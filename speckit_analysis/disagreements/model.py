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

from speckit_analysis.disagreements.features import Pair, features
from speckit_analysis.disagreements.statements import words_of

_OF_TYPE = tuple(
    f"{about}_{name}"
    for name in ("factual", "scope", "structural", "technical", "process")
    for about in ("words", "asked")
)
_OF_SURFACE = (
    "spelling",
    "close_numbers",
    "same_words",
    "short",
    "bare_paths",
    "files_in_folders",
    "limits_of_one",
    "limits",
    "depth",
    "order",
    "label",
    "list_contained",
    "list_apart",
    "code_files",
    "notes_or_scripts",
    "current",
    "numbers_only",
)

#: Features of each model.
FEATURES: Mapping[str, tuple[str, ...]] = {
    "relation": tuple(name for name in features(Pair.of("", "")) if name not in _OF_SURFACE),
    "type": (
        *_OF_TYPE,
        *("lists", "one_list", "json", "one_json", "other_path", "same_path", "bare_path"),
        *("bare_paths", "files_in_folders", "code_files", "notes_or_scripts", "paths_in_both"),
        *("list_contained", "list_apart", "clashing_units", "numbers_only", "close_numbers"),
        *("opposite_polarity", "polarity_gap", "polarity_of_one", "verdict_gap"),
        *("open_against_decided", "one_open", "both_open", "reported", "both_reported"),
        *("both_asked", "same_label", "order", "limits", "depth", "current", "length"),
    ),
    "severity": (
        *("spelling", "same_words", "short", "lists", "json", "length_ratio", "both_asked"),
        *("other_path", "bare_paths", "files_in_folders", "paths_in_both", "reported"),
        *("clashing_units", "close_numbers", "opposite_polarity", "verdict_gap"),
        *("negation_clash", "open_against_decided", "limits", "depth", "order"),
        *(f"words_{name}" for name in ("factual", "scope", "structural", "technical", "process")),
    ),
}

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

    def probabilities(self, found: Mapping[str, float], words: Sequence[str]) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        found : mapping of str to float
            Features of a pair.
        words : sequence of str
            Concepts of statements and questions.
        """
        scores = np.asarray(self.weights) @ scaled(
            np.array([found[name] for name in self.features]),
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
