"""Similarity by sentence embeddings, where the extra is installed."""

from __future__ import annotations

import importlib.util

import pytest
from test_disagreements_find import answer, found

from speckit_analysis.disagreements.meaning import SentenceSimilarity
from speckit_analysis.errors import EvidenceError

INSTALLED = importlib.util.find_spec("sentence_transformers") is not None


@pytest.mark.skipif(not INSTALLED, reason="the extra 'meaning' is not installed")
def test_what_means_the_same_is_similar_without_a_word_in_common():
    scores = SentenceSimilarity()(
        ["The database is kept in the cloud."], ["Hosted storage.", "Cats like fish."]
    )
    assert scores.shape == (1, 2)
    assert scores[0, 0] > scores[0, 1]
    assert found(
        answer("a", {"decision": "hold"}),
        answer("b", {"decision": "ready"}),
        similarity=SentenceSimilarity(),
    )["topic"].tolist() == ["overall verdict"]


@pytest.mark.skipif(INSTALLED, reason="the extra 'meaning' is installed")
def test_without_the_extra_it_is_said_how_to_get_it():
    with pytest.raises(EvidenceError, match=r"pip install 'speckit-analysis\[meaning\]'"):
        SentenceSimilarity()
