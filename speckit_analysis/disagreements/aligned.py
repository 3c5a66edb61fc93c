"""Which statements of two agents speak of the same thing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from speckit_analysis.disagreements.items import Item
from speckit_analysis.disagreements.statements import words_of


class Similarity(Protocol):
    """How alike texts are in meaning; sentence embeddings, for example."""

    def __call__(self, first: Sequence[str], second: Sequence[str]) -> np.ndarray:
        """Return the similarity of each of `first` (rows) to each of `second`, 0 to 1."""


def word_similarity(first: Sequence[str], second: Sequence[str]) -> np.ndarray:
    """Return cosines of texts, words weighted by how rare they are among these texts.

    Parameters
    ----------
    first, second : sequence of str
        Texts of two agents.

    Returns
    -------
    ndarray of float, shape (len(first), len(second))
    """
    bags = [Counter(words_of(text)) for text in (*first, *second)]
    documents = Counter(word for bag in bags for word in bag)
    vocabulary = {word: at for at, word in enumerate(documents)}
    matrix = np.zeros((len(bags), len(vocabulary)))
    for row, bag in enumerate(bags):
        for word, count in bag.items():
            rarity = 1 + math.log(len(bags) / documents[word])
            matrix[row, vocabulary[word]] = (1 + math.log(count)) * rarity
    sizes = np.linalg.norm(matrix, axis=1, keepdims=True)
    matrix /= np.where(sizes == 0, 1.0, sizes)
    return matrix[: len(first)] @ matrix[len(first) :].T


def matched(
    first: Sequence[Item], second: Sequence[Item], least: float, similarity: Similarity
) -> list[tuple[int, int, float]]:
    """Return which statements are each other's nearest, and how near.

    Parameters
    ----------
    first, second : sequence of Item
        Statements of two agents, of one kind.
    least : float
        Pairs less similar are no pairs.
    similarity : Similarity
        How texts are compared.

    Returns
    -------
    list of (int, int, float)
        Position in `first`, position in `second`, similarity.
    """
    if not first or not second:
        return []
    texts = [[f"{item.question} {item.text}" for item in side] for side in (first, second)]
    scores = similarity(*texts)
    questions = [[item.question for item in side] for side in (first, second)]
    if all(any(side) for side in questions):
        asked = similarity(*questions)
        both = np.outer([bool(text) for text in questions[0]], [bool(t) for t in questions[1]])
        scores = np.where(both, np.maximum(scores, asked), scores)
    nearest = scores.argmax(axis=1)
    return [
        (row, int(column), float(scores[row, column]))
        for row, column in enumerate(nearest)
        if scores[row, column] >= least and scores[:, column].argmax() == row
    ]
