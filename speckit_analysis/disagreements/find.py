"""Disagreements in what the agents of a run wrote: found, categorised, merged by topic."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, product
from typing import TYPE_CHECKING

import pandas as pd

from speckit_analysis.analysis.selection import Selection
from speckit_analysis.disagreements.aligned import Similarity, matched, word_similarity
from speckit_analysis.disagreements.comparers import (
    COMPARERS,
    LEAST_SIMILAR,
    LEAST_SIMILAR_PROSE,
    Finding,
    of_kind,
)
from speckit_analysis.disagreements.features import Pair
from speckit_analysis.disagreements.items import PROSE, Item, items_of
from speckit_analysis.disagreements.judge import SEVERITIES, TYPES, Judge, judge_pairs
from speckit_analysis.disagreements.outcomes import with_declared
from speckit_analysis.tables.vocabulary import ANSWERS, normalise_stage

if TYPE_CHECKING:
    from speckit_analysis.evidence.load import Evidence

#: Another agent's statement this similar is its position on the same topic.
SAME_TOPIC = 0.6

#: A statement on the state of a file is no longer than this, in characters.
_STATE_LENGTH = 160

#: What may happen is no contradiction of what is.
_HYPOTHETICAL = frozenset({"risks", "issues", "research"})


def find_disagreements(
    evidence: Evidence,
    *,
    runs: Iterable[str] | None = None,
    include: Sequence[str] = ("measured",),
    judge: Judge | None = None,
    similarity: Similarity = word_similarity,
    least_confidence: float = 0.6,
) -> pd.DataFrame:
    """Find disagreements in the proposals of each run.

    Parameters
    ----------
    evidence : Evidence
        What was loaded.
    runs : iterable of str, optional
        Runs (``run_id``) to look at; all, if not told.
    include : sequence of str
        Provenances of proposals that count.
    judge : Judge, optional
        Who judges pairs of statements; see :func:`judge_pairs`.
    similarity : Similarity
        What decides which statements are compared; by default common words.
    least_confidence : float
        Pairs judged to disagree with less confidence are not reported.

    Returns
    -------
    DataFrame
        One row per finding: ``run_id`` (string), ``spec_id``, ``stage`` (category), ``topic``
        (string), ``agents`` (string, comma separated), ``positions`` (string, a JSON object: the
        statement of each agent), ``locators`` (string, a JSON object: where each stands in its
        proposal), ``compared`` (category: what was compared), ``type``, ``disagreement_severity``
        (category), ``open_vs_decided`` (boolean), ``confidence`` (Float64), ``reason`` (string);
        ``origin`` (category: detected, or declared by an agent or tool and not detected),
        ``declared`` (boolean: the run declares it), ``decision`` (string: whom it was settled
        for, where a declaration tells) and ``escalated`` (boolean: the run was).

    Notes
    -----
    Answers are compared within a run and stage that they are for; identical ones count once, and
    prompt echoes, transcripts, errors and empty answers do not count.  Compared are: verdicts;
    scores and flags of requirements; what the tasks are; and statements of one kind that are each
    other's nearest.  A point that only one agent raises is reported where both were asked for the
    same list.  Findings that share a statement are one.
    """
    proposals, points = evidence.proposals, evidence.disagreements
    if runs is not None:
        chosen = pd.Index(runs)
        proposals = proposals[proposals["run_id"].isin(chosen)]
        points = points[points["run_id"].isin(chosen)]
    rows = [
        _row(run, answers, finding)
        for run, answers in _answers(proposals, include)
        for finding in _findings(answers, judge, similarity, least_confidence)
    ]
    declared = points[points["provenance"].isin(include).fillna(False)]
    findings = with_declared(_frame(rows, proposals), declared)
    escalated = evidence.runs.drop_duplicates("run_id").set_index("run_id")["escalated"]
    return findings.assign(escalated=findings["run_id"].map(escalated).astype("boolean"))


def compared_runs(
    runs: Selection, proposals: pd.DataFrame, include: Sequence[str] = ("measured",)
) -> Selection:
    """Keep the runs whose answers :func:`find_disagreements` holds against each other.

    Parameters
    ----------
    runs : Selection
        Runs that are looked at.
    proposals : DataFrame
        Table ``proposals``.
    include : sequence of str
        Provenances of proposals that count.

    Returns
    -------
    Selection
        Runs in which two agents answered the same question, alike or differently.
    """
    usable, names = _usable(proposals, include), runs.kept["run_id"]
    agents = names.map(usable.groupby("run_id")["agent"].nunique()).fillna(0)
    compared = {run for run, _ in _answers(proposals, include)}
    reasons = pd.Series("with answers for different stages", index=names.index, dtype="string")
    reasons = reasons.mask(agents == 1, "with an answer of one agent only")
    reasons = reasons.mask(agents == 0, "without an answer that was kept")
    return runs.without(reasons.mask(names.isin(compared)))


#: What tells an answer from others; equal answers of two agents are two.
_ANSWER = ["run_id", "asked", "agent", "content_hash"]


def _usable(proposals: pd.DataFrame, include: Sequence[str]) -> pd.DataFrame:
    """Return the answers among the proposals, with what they answer."""
    usable = proposals["payload_class"].isin(ANSWERS) & proposals["provenance"].isin(include)
    usable &= proposals["run_id"].notna() & proposals["agent"].notna()
    kept = proposals[usable.fillna(False)]
    asked = kept["stage_claimed"].map(normalise_stage, na_action="ignore").astype("string")
    # Free text that names no stage may answer anything that was asked in the run.
    asked = asked.mask(asked.isna() & (kept["payload_class"] == "free_text"), "free text")
    return kept.assign(asked=asked.fillna(kept["stage"].astype("string")).fillna(""))


def _answers(proposals: pd.DataFrame, include: Sequence[str]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield run and answers to one question: those for one stage."""
    kept = _usable(proposals, include).drop_duplicates(_ANSWER)
    for (run, _), group in kept.groupby(["run_id", "asked"], sort=True):
        if group["agent"].nunique() > 1:
            yield str(run), group


def _findings(
    answers: pd.DataFrame, judge: Judge | None, similarity: Similarity, least: float
) -> list[Finding]:
    items = {str(agent): _items(group) for agent, group in answers.groupby("agent", observed=True)}
    findings = [finding for compare in COMPARERS for finding in compare(items, similarity)]
    elsewhere = {frozenset(each.positions) for each in findings if each.compared == "answer"}
    # What follows from two answers being about different work is no finding of its own.
    findings = [
        each
        for each in findings
        if each.compared == "answer" or frozenset(each.positions) not in elsewhere
    ]
    pairs = [
        pair
        for one, other in combinations(sorted(items), 2)
        if frozenset((one, other)) not in elsewhere
        for pair in _pairs(items[one], items[other], similarity)
    ]
    findings += _judged(pairs, str(answers["asked"].iloc[0]), judge, least)
    return _with_others(_merged(findings), items, similarity)


def _items(answers: pd.DataFrame) -> list[Item]:
    """Return the statements of one agent; with several answers, locators name which."""
    agent, contents = str(answers["agent"].iloc[0]), answers["content"].dropna().tolist()
    if len(contents) == 1:
        return items_of(contents[0], agent)
    return [
        replace(item, locator=f"answer {number}: {item.locator}")
        for number, content in enumerate(contents, 1)
        for item in items_of(content, agent)
    ]


def _pairs(
    first: list[Item], second: list[Item], similarity: Similarity
) -> list[tuple[Item, Item]]:
    """Return the statements of two agents that may be on one topic.

    These are each other's nearest, first within a kind, and short ones that speak of the same
    path and contradict each other on its state.
    """
    sides = [
        [item for item in side if item.kind not in ("verdict", "requirements")]
        for side in (first, second)
    ]
    pairs = []
    for kind in sorted({item.kind for item in sides[0]} & {item.kind for item in sides[1]}):
        alike = [of_kind(side, kind) for side in sides]
        least = LEAST_SIMILAR_PROSE if kind == PROSE else LEAST_SIMILAR
        pairs += [
            (alike[0][at], alike[1][to])
            for at, to, _ in matched(alike[0], alike[1], least, similarity)
        ]
    for at, to, _ in matched(sides[0], sides[1], LEAST_SIMILAR_PROSE, similarity):
        kinds = {sides[0][at].kind, sides[1][to].kind}
        if len(kinds) == 2 and not kinds & _HYPOTHETICAL:
            pairs.append((sides[0][at], sides[1][to]))
    # The same words on the same question leave nothing to judge.
    pairs = [
        (one, other)
        for one, other in pairs
        if (one.text, one.question) != (other.text, other.question)
    ]
    places = {(one.locator, other.locator) for one, other in pairs}
    states = [[item for item in side if len(item.text) <= _STATE_LENGTH] for side in sides]
    return pairs + [
        (one, other)
        for one, other in product(*states)
        if (one.locator, other.locator) not in places and _contradicted_path(one, other)
    ]


def _contradicted_path(one: Item, other: Item) -> str:
    """Return the path on whose state two statements contradict each other; else nothing."""
    pair = Pair.of(one.text, other.text)
    return _common_path(pair) if pair.polarity_gap > 1.5 else ""


def _common_path(pair: Pair) -> str:
    """Return a path that both speak of, the shorter of two spellings; else nothing."""
    for first in sorted(pair.a.paths):
        for second in sorted(pair.b.paths):
            shorter, longer = sorted((first, second), key=len)
            if longer == shorter or (longer.endswith(f"/{shorter}") and "." in shorter):
                return shorter
    return ""


def _judged(
    pairs: list[tuple[Item, Item]], asked: str, judge: Judge | None, least: float
) -> list[Finding]:
    if not pairs:
        return []
    columns = {
        f"{name}_{side}": [getattr(pair[at], attribute) for pair in pairs]
        for at, side in enumerate("ab")
        for name, attribute in (("statement", "text"), ("question", "question"), ("agent", "agent"))
    }
    judged = judge_pairs(pd.DataFrame(columns).assign(stage=asked), judge)
    disagree = (judged["relation"] == "disagree") & (judged["confidence"] >= least)
    return [
        Finding(
            topic=f"state of {path}" if path else a.topic,
            compared=a.kind,
            type=str(row["type"]),
            severity=str(row["severity"]),
            confidence=row["confidence"],
            reason=row["reason"],
            positions={a.agent: a.text, b.agent: b.text},
            locators={a.agent: a.locator, b.agent: b.locator},
            open_vs_decided=row["open_vs_decided"],
            path=path,
        )
        for (a, b), row, hit in zip(pairs, judged.to_dict("records"), disagree, strict=True)
        if hit
        for path in [_contradicted_path(a, b)]
    ]


def _merged(findings: list[Finding]) -> list[Finding]:
    """Return findings; those on one statement or path are one, and the surest tells its kind."""
    merged: list[Finding] = []
    for finding in sorted(findings, key=lambda finding: -finding.confidence):
        places = set(finding.locators.items())
        same = next(
            (
                earlier
                for earlier in merged
                if earlier.compared == finding.compared
                and (
                    places & set(earlier.locators.items())
                    or (earlier.path and earlier.path == finding.path)
                )
            ),
            None,
        )
        if same is None:
            merged.append(finding)
            continue
        for agent, text in finding.positions.items():
            same.positions.setdefault(agent, text)
            same.locators.setdefault(agent, finding.locators[agent])
    return merged


def _with_others(
    findings: list[Finding], items: dict[str, list[Item]], similarity: Similarity
) -> list[Finding]:
    """Add what the other agents say on the topic of a finding on statements."""
    for finding in findings:
        if finding.compared in ("verdict", "answer", "changes", "list", "path"):
            continue
        said = list(finding.positions.values())
        for agent in sorted(items.keys() - finding.positions.keys()):
            others = [item for item in items[agent] if item.kind != "verdict"]
            if not others:
                continue
            scores = similarity([item.text for item in others], said).max(axis=1)
            nearest = others[int(scores.argmax())]
            if scores.max() >= SAME_TOPIC:
                finding.positions[agent] = nearest.text
                finding.locators[agent] = nearest.locator
    return findings


def _row(run: str, answers: pd.DataFrame, finding: Finding) -> dict[str, object]:
    first = answers.iloc[0]
    return vars(finding) | {
        "run_id": run,
        "spec_id": first["spec_id"],
        "stage": first["stage"],
        "agents": ", ".join(finding.positions),
        "positions": json.dumps(finding.positions, ensure_ascii=False),
        "locators": json.dumps(finding.locators, ensure_ascii=False),
        "disagreement_severity": finding.severity,
    }


#: Columns of findings; those without a dtype have that of the proposals.
_COLUMNS = {
    "run_id": "string",
    **dict.fromkeys(("spec_id", "stage")),
    **dict.fromkeys(("topic", "agents", "positions", "locators"), "string"),
    "compared": "category",
    "type": pd.CategoricalDtype(list(TYPES)),
    "disagreement_severity": pd.CategoricalDtype(list(SEVERITIES)),
    "open_vs_decided": "boolean",
    "confidence": "Float64",
    "reason": "string",
}


def _frame(rows: list[dict[str, object]], proposals: pd.DataFrame) -> pd.DataFrame:
    dtypes = {name: dtype or proposals[name].dtype for name, dtype in _COLUMNS.items()}
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(dtypes)
