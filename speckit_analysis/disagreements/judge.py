"""Whether two statements agree, and if not, in what and how badly."""

from __future__ import annotations

from typing import Any, Protocol

import pandas as pd

from speckit_analysis.disagreements.differences import cosmetic, reason
from speckit_analysis.disagreements.features import Pair, features
from speckit_analysis.disagreements.model import models, words_of_pair
from speckit_analysis.errors import EvidenceError

RELATIONS = ("agree", "disagree", "unrelated")
TYPES = ("structural", "scope", "technical", "factual", "process")
SEVERITIES = ("cosmetic", "structural", "logical")

_REQUIRED = ("statement_a", "statement_b")
_ASKED = ("question_a", "question_b")
_JUDGED = ("relation", "type", "severity", "open_vs_decided", "confidence", "reason")
_ALLOWED = {"relation": RELATIONS, "type": TYPES, "severity": SEVERITIES}


class Judge(Protocol):
    """Anything that judges pairs of statements, a language model for example."""

    def judge(self, pairs: pd.DataFrame) -> pd.DataFrame:
        """Return the judgements of :func:`judge_pairs`, one row per row of `pairs`, in order.

        Parameters
        ----------
        pairs : DataFrame
            As :func:`judge_pairs` takes it.
        """


class LexicalJudge:
    """Judges by words, numbers, negations and form; needs no network and no large model."""

    def judge(self, pairs: pd.DataFrame) -> pd.DataFrame:
        """Return the judgements of :func:`judge_pairs`."""
        rows = [
            _judgement(Pair.of(*texts))
            for texts in zip(*(_texts(pairs, name) for name in _REQUIRED + _ASKED), strict=True)
        ]
        return pd.DataFrame(rows, columns=list(_JUDGED), index=pairs.index)


def judge_pairs(frame: pd.DataFrame, judge: Judge | None = None) -> pd.DataFrame:
    """Judge pairs of statements: relation, type, severity, confidence and a reason.

    Parameters
    ----------
    frame : DataFrame
        ``statement_a``, ``statement_b`` (text), and where known ``question_a``, ``question_b``
        (the question each answers), ``stage``, ``agent_a`` and ``agent_b``.  Other columns are
        left alone.
    judge : Judge, optional
        Who judges; by default :class:`LexicalJudge`.

    Returns
    -------
    DataFrame
        Index of `frame`; ``relation`` (category: agree, disagree, unrelated); of those that
        disagree ``type`` (category: structural, scope, technical, factual, process) and
        ``severity`` (category: cosmetic, structural, logical); ``open_vs_decided`` (boolean:
        they disagree and one leaves open what the other decides); ``confidence`` (Float64,
        probability of the relation as the judge sees it) and ``reason`` (string).

    Raises
    ------
    EvidenceError
        If a column is missing, or a judge answers with something else.

    Examples
    --------
    >>> pairs = pd.DataFrame({"statement_a": ["The limit is 25 MB."],
    ...                       "statement_b": ["The limit is 50 MB."]})
    >>> judge_pairs(pairs)[["relation", "type", "severity"]].iloc[0].tolist()
    ['disagree', 'factual', 'logical']
    """
    missing = [name for name in _REQUIRED if name not in frame]
    if missing:
        raise EvidenceError(
            f"pairs to judge need the columns statement_a and statement_b;"
            f" missing: {', '.join(missing)}"
        )
    judged = (judge or LexicalJudge()).judge(frame)
    if judge is not None:
        _check(judged, frame)
    judged = judged.set_axis(frame.index)
    return judged.astype(
        {name: pd.CategoricalDtype(list(values)) for name, values in _ALLOWED.items()}
        | {"open_vs_decided": "boolean", "confidence": "Float64", "reason": "string"}
    )[list(_JUDGED)]


def _texts(pairs: pd.DataFrame, name: str) -> list[str]:
    if name not in pairs:
        return [""] * len(pairs)
    return pairs[name].astype("string").fillna("").tolist()


def _judgement(pair: Pair) -> tuple[Any, ...]:
    values, words = features(pair), words_of_pair(pair)
    fitted = models()
    relations = fitted["relation"].probabilities(values, words)
    relation = fitted["relation"].classes[int(relations.argmax())]
    why = reason(pair, relation)
    confidence = float(relations.max())
    if relation != "disagree":
        return relation, None, None, False, confidence, why
    kind = _likeliest("type", values, words)
    severity = "cosmetic" if cosmetic(pair) else _likeliest("severity", values, words)
    return relation, kind, severity, pair.open_against_decided, confidence, why


def _likeliest(of: str, values: dict[str, float], words: list[str]) -> str:
    model = models()[of]
    return model.classes[int(model.probabilities(values, words).argmax())]


def _check(judged: Any, frame: pd.DataFrame) -> None:
    """Refuse what a judge of somebody else's made, if it is not what was asked for."""
    if not isinstance(judged, pd.DataFrame) or len(judged) != len(frame):
        got = f"{len(judged)} rows" if isinstance(judged, pd.DataFrame) else type(judged).__name__
        raise EvidenceError(f"the judge was given {len(frame)} pairs and answered with {got}")
    missing = [name for name in _JUDGED if name not in judged]
    if missing:
        raise EvidenceError(f"the judge's answer lacks the columns {', '.join(missing)}")
    for name, allowed in _ALLOWED.items():
        strange = set(judged[name].dropna()) - set(allowed)
        if strange:
            raise EvidenceError(
                f"the judge's column {name} holds {sorted(map(str, strange))[0]!r};"
                f" allowed: {', '.join(allowed)}"
            )
