"""What findings say together: who differs with whom, each agent's bias, how sure it all is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from itertools import combinations

import msgspec
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.disagreement.frequency import crossed_counts
from speckit_analysis.analysis.disagreement.summary import family_of
from speckit_analysis.analysis.intervals import share
from speckit_analysis.disagreements.comparers import of_kind, to_ten
from speckit_analysis.disagreements.items import items_of
from speckit_analysis.disagreements.statements import parse
from speckit_analysis.tables.vocabulary import ANSWERS

#: So many findings are shown to read.
_EXAMPLES = 6


class Accuracy(msgspec.Struct, frozen=True):
    """How often the judge is right, by cross-validation over groups of files.

    Attributes
    ----------
    pairs, groups : int
        Labelled pairs, and groups of files that share no file.
    macro_f1, low, high : float
        Mean over classes of F1, with its 95 % interval (groups resampled).
    accuracy : float
        Share of pairs judged rightly.
    """

    pairs: int
    groups: int
    macro_f1: float
    low: float
    high: float
    accuracy: float


@lru_cache(maxsize=1)
def accuracy() -> dict[str, Accuracy]:
    """Return the measured accuracy for ``relation``, ``type`` and ``severity``."""
    text = resources.files(__package__).joinpath("accuracy.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, Accuracy])


def accuracy_sentence() -> str:
    """Say how often the judge is right, on what."""
    measured = accuracy()
    scores = wording.listed(
        f"{name} {each.macro_f1:.2f} ({each.low:.2f} to {each.high:.2f}; {each.pairs} labelled"
        f" pairs in {each.groups} groups of files)"
        for name, each in measured.items()
    )
    return (
        "Macro-F1 of the judge on real proposals, each pair judged without its own files:"
        f" {scores}, with 95 % intervals over groups;"
        f" {wording.percent(measured['relation'].accuracy)} of the relations right."
    )


def latest(runs: pd.DataFrame, most: int) -> list[str]:
    """Return the latest runs, `most` of them, whose answers are to be compared; 0 means all.

    Comparing takes about a hundredth of a second for a run.
    """
    ordered = runs.sort_values("timestamp", na_position="first", kind="stable")
    names = ordered["run_id"].dropna().astype(str).tolist()
    return names[-most:] if most else names


def compared_sentence(runs: pd.DataFrame, most: int) -> str:
    """Say of how many runs the answers were compared, where it is not all."""
    if not most or len(runs) <= most:
        return ""
    return (
        f"Compared are the answers of the latest {wording.count(most)} of"
        f" {wording.count(len(runs), 'run')}; the parameter compared takes more."
    )


def headline(findings: pd.DataFrame) -> str:
    """Say how many disagreements were found, how many nobody declared, and what kind is most."""
    detected = findings[findings["origin"] == "detected"]
    if detected.empty:
        return "Comparing what agents wrote, where two of them did, shows no disagreement."
    runs = wording.count(detected["run_id"].nunique(), "run")
    silent = int((~detected["declared"]).sum())
    undeclared = f"nobody declared {wording.count(silent)} of them"
    if silent in (0, len(detected)):
        undeclared = (
            "nobody declared any of them" if silent else "all of them were declared as well"
        )
    kinds = detected["type"].value_counts()
    top = kinds[kinds == kinds.max()]
    often = "Most" if top.iloc[0] > len(detected) / 2 else "Most often they"
    each = " each" if len(top) > 1 else ""
    severe = int((detected["disagreement_severity"] == "logical").sum())
    exclusive = f"; in {wording.count(severe)} the two sides cannot both hold" if severe else ""
    return (
        f"Comparing what the agents wrote shows {wording.count(len(detected), 'disagreement')} in"
        f" {runs}; {undeclared}. {often} are {wording.listed(map(str, top.index))}"
        f" ({top.iloc[0]} of {len(detected)}{each}){exclusive}."
    )


def pairs_by_type(findings: pd.DataFrame) -> pd.DataFrame:
    """Return how many findings set two families of models against each other, by type.

    Parameters
    ----------
    findings : DataFrame
        As :func:`speckit_analysis.disagreements.find_disagreements` returns them.

    Returns
    -------
    DataFrame of int
        Pairs such as ``claude and gemini`` in the index, types across, the more frequent first.
        A finding between agents of three families counts for each of their pairs.
    """
    named = findings[findings["agents"].notna()]
    rows = [
        (" and ".join(pair), kind)
        for agents, kind in zip(named["agents"], named["type"].astype("string"), strict=True)
        for pair in combinations(_families(agents), 2)
    ]
    pairs = pd.DataFrame(rows, columns=["pair", "type"]).fillna("not told")
    return crossed_counts(pairs["pair"], pairs["type"])


def without_pair(findings: pd.DataFrame) -> int:
    """Return how many findings :func:`pairs_by_type` leaves out: of one family, or of no agents."""
    return sum(
        not isinstance(agents, str) or len(_families(agents)) < 2 for agents in findings["agents"]
    )


def _families(agents: str) -> list[str]:
    return sorted({family for name in agents.split(", ") if (family := family_of(name))})


def flagging(
    proposals: pd.DataFrame, include: Sequence[str] = ("measured",), confidence: float = 0.95
) -> pd.DataFrame:
    """Return how readily each agent finds fault with requirements it was given to score.

    Parameters
    ----------
    proposals : DataFrame
        Table ``proposals``.
    include : sequence of str
        Provenances that count.
    confidence : float
        Level of the interval.

    Returns
    -------
    DataFrame
        One row per agent that scored any: ``agent`` (string), ``answers``, ``requirements``,
        ``flagged`` (Int64: it says that they need improvement), ``share``, ``low``, ``high``
        (Float64; answers are the clusters) and ``score`` (Float64, mean of its overall scores,
        on a scale of 10).
    """
    usable = proposals["payload_class"].isin(ANSWERS) & proposals["provenance"].isin(include)
    kept = proposals[usable.fillna(False)].drop_duplicates(["agent", "content_hash"])
    rows = [
        {
            "agent": str(agent),
            "answer": number,
            "flagged": item.flagged,
            "score": None if item.score is None else item.score * to_ten(scored),
        }
        for number, (agent, content) in enumerate(zip(kept["agent"], kept["content"], strict=True))
        if isinstance(content, str) and '"requirements"' in content
        for scored in [of_kind(items_of(content, str(agent)), "requirements")]
        for item in scored
        if item.flagged is not None
    ]
    judged = pd.DataFrame(rows, columns=["agent", "answer", "flagged", "score"])
    return _by_agent(judged, confidence)


def _by_agent(judged: pd.DataFrame, confidence: float) -> pd.DataFrame:
    table = []
    for agent, group in judged.groupby("agent", sort=True):
        flagged = share(group["flagged"].astype(bool), group["answer"], confidence)
        table.append(
            {
                "agent": agent,
                "answers": group["answer"].nunique(),
                "requirements": flagged.n,
                "flagged": flagged.hits,
                "share": flagged.hits / flagged.n,
                "low": flagged.low,
                "high": flagged.high,
                "score": group["score"].astype(float).mean(),
            }
        )
    whole = dict.fromkeys(("answers", "requirements", "flagged"), "Int64")
    parts = dict.fromkeys(("share", "low", "high", "score"), "Float64")
    return pd.DataFrame(table, columns=["agent", *whole, *parts]).astype(
        {"agent": "string"} | whole | parts
    )


def flagging_sentence(table: pd.DataFrame) -> str:
    """Say which agent finds fault most and least readily, if their intervals are apart."""
    if table.empty:
        return "No answer scores requirements, so no agent's severity can be told."
    rows = table.sort_values("share", ascending=False).to_dict("records")
    rates = wording.listed(
        f"{row['agent']} flags {wording.percent(row['share'])} of"
        f" {wording.count(row['requirements'], 'requirement')}"
        f" ({wording.percent(row['low'])} to {wording.percent(row['high'])})"
        for row in rows
    )
    if len(rows) == 1 or rows[0]["low"] <= rows[-1]["high"]:
        return f"{rates[0].upper()}{rates[1:]}; the intervals do not tell them apart."
    return f"{rates[0].upper()}{rates[1:]}: a bias of the model, which no single comparison shows."


def positions_of(finding: pd.Series) -> dict[str, str]:
    """Return what each agent says on the topic of a finding, JSON lists as lists of words."""
    positions = json.loads(finding["positions"])
    return {str(agent): _readable(str(text)) for agent, text in positions.items()}


def _readable(text: str) -> str:
    statement = parse(text)
    text = "; ".join(statement.entries) if statement.entries else statement.text
    return text.replace(" . ", ", ")


def examples(findings: pd.DataFrame) -> list[tuple[str, dict[str, str], str]]:
    """Return findings to read: the surest of each type and comparison, then the next surest.

    Parameters
    ----------
    findings : DataFrame
        As :func:`speckit_analysis.disagreements.find_disagreements` returns them.

    Returns
    -------
    list of (str, dict of str to str, str)
        Topic, what each agent says, and a remark: run, category and reason.
    """
    detected = findings[findings["origin"] == "detected"]
    rank = detected.sort_values("confidence", ascending=False, kind="stable")
    turn = rank.groupby(["type", "compared"], observed=True).cumcount()
    chosen = rank.assign(turn=turn).sort_values("turn", kind="stable").head(_EXAMPLES)
    return [
        (
            row["topic"],
            positions_of(row),
            f"{row['run_id']}: {row['type']}, {row['disagreement_severity']};"
            f" {row['reason']} (confidence {row['confidence']:.2f}).",
        )
        for _, row in chosen.iterrows()
    ]
