"""Pairs of statements: what is judged, why, and how often rightly."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from needs import needs
from shared_files import LABELLED_PAIRS

from speckit_analysis.disagreements import judge_pairs
from speckit_analysis.disagreements.differences import cosmetic
from speckit_analysis.disagreements.features import Pair, features
from speckit_analysis.disagreements.findings import accuracy, accuracy_sentence
from speckit_analysis.disagreements.judge import RELATIONS, SEVERITIES, TYPES
from speckit_analysis.disagreements.model import models
from speckit_analysis.disagreements.statements import parse
from speckit_analysis.errors import EvidenceError

ROOT = Path(__file__).resolve().parents[1]
OWN = ROOT / "data" / "judge" / "pairs.jsonl"


def pair(a, b, question_a="", question_b=""):
    return pd.DataFrame(
        {
            "statement_a": [a],
            "statement_b": [b],
            "question_a": [question_a],
            "question_b": [question_b],
        }
    )


def judged(*texts):
    return judge_pairs(pair(*texts)).iloc[0]


@pytest.mark.parametrize(
    ("a", "b", "kind", "severity", "said"),
    [
        (
            "The upload limit is 25 MB.",
            "The upload limit is 50 MB.",
            "factual",
            "logical",
            "the numbers differ (mb: 25 against 50)",
        ),
        (
            "**Overall: FAIL**, two criteria have no test",
            "Overall: PASS, all criteria have a test",
            "factual",
            "logical",
            "the verdicts differ",
        ),
        (
            "`docs/plan.md` is missing.",
            "- ✅ `docs/plan.md` exists",
            "factual",
            "logical",
            "one says there or working, the other missing or failing",
        ),
        (
            "tools/size_check.sh",
            "tools/size-check.sh",
            "structural",
            "cosmetic",
            "the same path, spelled differently",
        ),
        (
            '["Run the linter", "Update the changelog"]',
            '["Update the changelog", "Run the linter"]',
            None,
            "cosmetic",
            "the same steps in another order",
        ),
    ],
)
def test_what_differs_is_said(a, b, kind, severity, said):
    row = judged(a, b)
    assert row["relation"] == "disagree"
    assert row["severity"] == severity
    assert said in row["reason"]
    assert kind is None or row["type"] == kind


def test_one_question_with_two_answers_is_a_disagreement():
    row = judged(
        "In the browser.", "By a worker.", "Where previews are made", "Where previews are made"
    )
    assert row["relation"] == "disagree"


def test_other_questions_are_unrelated():
    row = judged(
        "Thirty days, then they are archived.",
        "ISO 8601 UTC with a Z.",
        "How long are artifacts kept?",
        "Which timestamp format is used?",
    )
    assert row["relation"] == "unrelated"
    assert pd.isna(row["type"])
    assert pd.isna(row["severity"])


def test_the_same_in_other_words_agrees():
    row = judged("All timestamps are in UTC.", "Use UTC for all timestamps.")
    assert row["relation"] == "agree"
    assert "the same in other words" in row["reason"]


def test_open_against_decided_is_a_flag_of_its_own():
    row = judged(
        "Who maintains the template is not stated; to be decided.",
        "The template must be maintained by the documentation group.",
        "Who maintains the template?",
        "Who maintains the template?",
    )
    assert row["relation"] == "disagree"
    assert row["open_vs_decided"]


def own_pairs():
    rows = pd.DataFrame([json.loads(line) for line in OWN.read_text().splitlines()])
    return rows.fillna({"question_a": "", "question_b": ""})


def test_it_does_not_matter_which_comes_first():
    rows = own_pairs()
    swapped = rows.rename(
        columns={
            f"{name}_{one}": f"{name}_{other}"
            for name in ("statement", "question")
            for one, other in ("ab", "ba")
        }
    )
    there, back = judge_pairs(rows), judge_pairs(swapped)
    for name in ("relation", "type", "severity", "open_vs_decided"):
        assert there[name].astype("string").equals(back[name].astype("string")), name
    assert np.allclose(there["confidence"].astype(float), back["confidence"].astype(float))


def test_columns_and_index_are_those_promised():
    rows = own_pairs().head(5).set_axis(list("vwxyz"))
    found = judge_pairs(rows.drop(columns=["question_a", "question_b"]))
    assert list(found) == [
        *("relation", "type", "severity", "open_vs_decided", "confidence", "reason")
    ]
    assert found.index.tolist() == list("vwxyz")
    assert judge_pairs(rows.head(0)).empty


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_no_text_breaks_the_judge(a, b, question):
    row = judged(a, b, question, question)
    assert row["relation"] in RELATIONS
    assert 0 < row["confidence"] <= 1
    assert row["relation"] != "disagree" or (row["type"] in TYPES and row["severity"] in SEVERITIES)


class Plugged:
    """A judge that answers what it was given."""

    def __init__(self, answer):
        self.answer = answer

    def judge(self, pairs):
        return self.answer


GOOD = {
    "relation": ["disagree"],
    "type": ["scope"],
    "severity": ["structural"],
    "open_vs_decided": [False],
    "confidence": [0.7],
    "reason": ["because"],
}


def test_another_judge_can_be_plugged_in():
    found = judge_pairs(pair("a", "b"), Plugged(pd.DataFrame(GOOD))).iloc[0]
    assert (found["type"], found["reason"]) == ("scope", "because")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (pd.DataFrame(GOOD).head(0), "1 pairs and answered with 0 rows"),
        ("disagree", "answered with str"),
        (pd.DataFrame(GOOD).drop(columns="reason"), "lacks the columns reason"),
        (
            pd.DataFrame(GOOD | {"type": ["style"]}),
            "column type holds 'style'; allowed: structural",
        ),
    ],
)
def test_a_judge_that_answers_something_else_is_refused(answer, said):
    with pytest.raises(EvidenceError, match=said):
        judge_pairs(pair("a", "b"), Plugged(answer))


def test_pairs_without_statements_are_refused():
    with pytest.raises(EvidenceError, match="missing: statement_b"):
        judge_pairs(pd.DataFrame({"statement_a": ["a"]}))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("12 files", "120 files"),
        ("src/a/check.sh", "tools/check.sh"),
        ('["lint", "release"]', '["lint", "audit"]'),
    ],
)
def test_what_changes_something_is_not_cosmetic(a, b):
    assert cosmetic(Pair.of(a, b)) == ""


def test_a_statement_is_taken_apart():
    parts = parse("- **Evidence**: 3/4 agents, two weeks, 1,214 KB under `docs/x/plan.md`")
    assert parts.numbers["/4"] == {3.0}
    assert parts.numbers["week"] == {2.0}
    assert parts.numbers["kb"] == {1214.0}
    assert parts.paths == {"docs/x/plan.md"}
    assert parts.label == "evidence"
    assert parse("no unresolved errors").polarity == 1.0
    assert parse("The verdict is not ready").verdict == -1.0
    assert parse('{"task": "T1", "state": "open"}').text == "T1 . open"


def test_the_weights_fit_the_features():
    found = features(Pair.of("a", "b"))
    for model in models().values():
        assert set(model.features) <= set(found)
        assert len(model.weights) == len(model.classes) == len(model.intercept)
    assert models()["relation"].classes == RELATIONS
    assert set(models()["type"].classes) == set(TYPES)


def test_the_accuracy_is_that_of_the_labels_and_says_so():
    assert set(accuracy()) == {"relation", "type", "severity"}
    assert all(each.low < each.macro_f1 < each.high for each in accuracy().values())
    told = accuracy_sentence()
    assert "relation 0.67 (0.59 to 0.76; 176 labelled pairs in 21 groups of files)" in told
    assert "severity 0.74 (0.47 to 0.83; 94 labelled pairs in 22 groups of files)" in told
    assert "intervals over groups" in told


@pytest.fixture(scope="module")
def training():
    """The training command, where what it needs is installed."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed: weights are not refitted")
    import judge

    return judge


@needs(LABELLED_PAIRS)
@pytest.mark.parametrize("task", ["relation", "type", "severity"])
def test_the_shipped_weights_come_out_of_the_command(training, task):
    rows = pd.concat([training.read(OWN), training.read(LABELLED_PAIRS)], ignore_index=True)
    data = training.Fitted(rows, task)
    again = data.fit(np.arange(len(data.labels)))
    assert (again.classes, again.features) == (models()[task].classes, models()[task].features)
    for mine, theirs in zip(again.weights, models()[task].weights, strict=True):
        assert mine == pytest.approx(theirs, abs=2e-3)


@needs(LABELLED_PAIRS)
@pytest.mark.parametrize("task", ["relation", "type", "severity"])
def test_labels_it_never_saw_are_judged_better_than_the_bar(training, task):
    rows = pd.concat([training.read(OWN), training.read(LABELLED_PAIRS)], ignore_index=True)
    data = training.Fitted(rows, task)
    real = ~data.own
    own_alone = data.fit(np.flatnonzero(data.own))
    score = training.macro_f1(data.labels[real], data.predict(own_alone, np.flatnonzero(real)))
    assert score > training.BARS[task]
    assert accuracy()[task].macro_f1 > training.BARS[task]
