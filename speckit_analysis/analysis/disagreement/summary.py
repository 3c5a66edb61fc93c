"""Whom disagreements were settled for, and the summary of the field: rates, counts and insights."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.disagreement import frequency
from speckit_analysis.analysis.disagreement.pairs import by_pair
from speckit_analysis.analysis.intervals import Share
from speckit_analysis.analysis.selection import Selection
from speckit_analysis.stats.proportions import exact_interval
from speckit_analysis.tables import STAGES
from speckit_analysis.tables.vocabulary import normalise_agent, provider_of

#: Families of models, in the order in which a pair names them.
FAMILIES = {"google": "gemini", "anthropic": "claude", "openai": "gpt"}

NEW, OPEN, UNTOLD = "synthesized_new", "unresolved", "not_told"

_BLENDED = re.compile(
    r"\b(both|neither|merged?|combin\w+|hybrid|compromise|blend\w*|synthesi[sz]\w*)\b", re.I
)

#: How a resolution begins that names the agent whose option it quotes.
_LEADING = re.compile(r"\s*([\w.-]+)\s*:")

#: Fewer decisions than this tell nothing of whom an arbiter prefers.
LEAST_DECISIONS = 6


def family_of(agent: str | None) -> str | None:
    """Return the family of models that an agent stands for; itself where it stands for none.

    Examples
    --------
    >>> family_of("gpt_pro"), family_of("claude_haiku"), family_of("code"), family_of(None)
    ('gpt', 'claude', 'code', None)
    """
    if agent is None:
        return None
    return FAMILIES.get(provider_of(agent) or "", agent)


def decisions(points: pd.DataFrame) -> pd.Series:
    """Return how each disagreement was decided.

    Parameters
    ----------
    points : DataFrame
        Genuine disagreements, with ``agents``, ``resolution`` and ``resolved``.

    Returns
    -------
    Series of string
        ``sided_with_<family>`` where the resolution begins with an agent's name and a colon (what
        follows is that agent's option), or names one family of models and no other and does not
        speak of both; ``synthesized_new`` where it names none or several;
        ``unresolved``; ``not_told`` where nothing tells how it ended.  Index of `points`.
    """
    endings = zip(points["resolution"], points["agents"], points["resolved"], strict=True)
    return pd.Series([_decision(*ending) for ending in endings], points.index, dtype="string")


def _decision(resolution: object, agents: object, resolved: object) -> str:
    if not pd.isna(resolved) and not resolved:  # type: ignore[call-overload]
        return OPEN
    if not isinstance(resolution, str) or not resolution.strip():
        return UNTOLD
    leading = _LEADING.match(resolution)
    if leading and (first := _named(leading[1], agents)):
        return f"sided_with_{family_of(first.pop())}"
    families = {family_of(name) for name in _named(resolution, agents)}
    if len(families) == 1 and not _BLENDED.search(resolution):
        return f"sided_with_{families.pop()}"
    return NEW


def _named(resolution: str, agents: object) -> set[str]:
    """Return the agents that a resolution names: those of the disagreement, or whole families."""
    words = {normalise_agent(word) for word in re.findall(r"[\w.-]+", resolution)}
    involved = {part.strip() for part in agents.split(",")} if isinstance(agents, str) else set()
    names = {normalise_agent(agent) for agent in involved} | set(FAMILIES.values())
    return {agent for agent in words & names if agent}


def in_words(decided: pd.Series) -> pd.Series:
    """Return decisions as a figure names them.

    Examples
    --------
    >>> in_words(pd.Series(["sided_with_gpt", "synthesized_new", "not_told"])).tolist()
    ['sided with gpt', 'synthesized new', 'not told']
    """
    return decided.astype("string").str.replace("_", " ")


def sides_taken(decided: pd.Series) -> pd.Series:
    """Return how often each family's side was taken, the most frequent first."""
    sides = decided[decided.str.startswith("sided_with_")].str.removeprefix("sided_with_")
    return sides.value_counts()


def decision_sentence(decided: pd.Series) -> str:
    """Say for whom disagreements were settled.

    Parameters
    ----------
    decided : Series of string
        From :func:`decisions`.
    """
    if decided.empty:
        return "No disagreement was declared, so nobody's side was taken."
    sides = sides_taken(decided)
    total = wording.count(len(decided), "disagreement")
    if sides.empty:
        return f"None of {total} tells whose side was taken."
    parts = [f"{name} {wording.count(n)}" for name, n in sides.items()]
    return (
        f"{wording.count(sides.sum())} of {total} were settled for one side:"
        f" {', '.join(parts)}. That counts sides taken, not how often each was right."
    )


def disagreement_summary(
    runs: Selection,
    calls: pd.DataFrame,
    disagreements: pd.DataFrame,
    *,
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the summary of disagreements as plain values, for YAML or JSON.

    Parameters
    ----------
    runs : Selection
        Comparable runs, from :func:`.frequency.comparable_runs`.
    calls : DataFrame
        The table of that name, all of it; see :func:`.pairs.by_pair`.
    disagreements : DataFrame
        The table of that name, rows that count.
    confidence : float
        Level of the intervals.
    seed : int
        Of the permutations behind insights.

    Returns
    -------
    dict
        ``disagreement_summary`` with totals, the rate and its interval, counts by stage (runs
        with a disagreement, every stage, zeros included), by pair of model families (runs), by
        decision of the arbiter, by type and by severity (disagreements), and ``insights``
        (sentences, where the counts carry them).
    """
    kept = runs.kept
    points = frequency.genuine(disagreements)
    points = points[points["run_id"].isin(kept["run_id"])]
    rate = frequency.rate(kept, confidence)
    families = _families(calls, kept)
    summary = {
        "total_consensus_runs": rate.n,
        "runs_with_disagreements": rate.hits,
        "disagreement_rate": _rounded(rate.estimate),
        "disagreement_rate_interval": [_rounded(rate.low), _rounded(rate.high)],
        "interval": f"{wording.exact_percent(confidence)}, clustered by SPEC",
        "specs": rate.clusters,
        "runs_left_out": runs.left_out.set_index("reason")["rows"].to_dict(),
        "disagreements": len(points),
        "by_stage": _by_stage(kept),
        "by_model_pair": _by_pair(points, families),
        "arbiter_decisions": _by_decision(decisions(points), families),
        "disagreement_types": _counts(points["type"]),
        "severities": _counts(points["disagreement_severity"]),
        "insights": insights(kept, calls, disagreements, points, confidence, seed),
    }
    return {"disagreement_summary": summary}


def _rounded(figure: float) -> float | None:
    return None if pd.isna(figure) else round(figure, 3)


def _by_stage(runs: pd.DataFrame) -> dict[str, int]:
    hits = runs[runs["disagreed"].astype(bool)]["stage"].astype("string").value_counts()
    others = {str(stage): int(hits[stage]) for stage in sorted({*hits.index} - {*STAGES})}
    return {f"spec-{stage}": int(hits.get(stage, 0)) for stage in STAGES} | others


def _families(calls: pd.DataFrame, runs: pd.DataFrame) -> list[str]:
    agents = calls[calls["run_id"].isin(runs["run_id"])]["agent"].dropna().astype(str).unique()
    families = {str(family_of(agent)) for agent in agents}
    in_order = [name for name in FAMILIES.values() if name in families]
    return in_order + sorted(families - set(in_order))


def _by_pair(points: pd.DataFrame, families: list[str]) -> dict[str, int]:
    """Count runs in which two families stand against each other."""
    pairs: dict[str, set[str]] = {f"{a}_vs_{b}": set() for a, b in combinations(families, 2)}
    for run, agents in zip(points["run_id"], points["agents"], strict=True):
        if not isinstance(agents, str):
            continue
        named = {family_of(agent.strip()) for agent in agents.split(",")}
        for a, b in combinations([name for name in families if name in named], 2):
            pairs[f"{a}_vs_{b}"].add(str(run))
    return {name: len(runs) for name, runs in pairs.items()}


def _by_decision(decided: pd.Series, families: list[str]) -> dict[str, int]:
    counts = decided.value_counts()
    names = [f"sided_with_{name}" for name in families]
    names += [NEW, OPEN, UNTOLD]
    names += sorted(set(counts.index) - set(names))
    return {name: int(counts.get(name, 0)) for name in names}


def _counts(column: pd.Series) -> dict[str, int]:
    counts = column.astype("string").fillna("not_told").value_counts()
    return {str(name): int(n) for name, n in counts.items()}


def insights(
    runs: pd.DataFrame,
    calls: pd.DataFrame,
    disagreements: pd.DataFrame,
    points: pd.DataFrame,
    confidence: float = 0.95,
    seed: int = 0,
) -> list[str]:
    """Return what the counts carry, each with its evidence; nothing where they carry nothing.

    Parameters
    ----------
    runs : DataFrame
        Comparable runs, with ``disagreed``.
    calls : DataFrame
        The table of that name, all of it; see :func:`.pairs.by_pair`.
    disagreements : DataFrame
        The table of that name, rows that count.
    points : DataFrame
        Genuine disagreements of these runs.
    confidence : float
        Level of each statement.
    seed : int
        Of the permutations.
    """
    pairs = by_pair(runs, calls, disagreements, "agent", confidence, seed=seed)
    sentences = (
        _stage_insight(runs, confidence, seed),
        pairs.most if pairs.apart and pairs.named else "",
        _arbiter_insight(points, confidence),
    )
    return [sentence.replace("\u00a0", " ") for sentence in sentences if sentence]


def _stage_insight(runs: pd.DataFrame, confidence: float, seed: int) -> str:
    p_value = frequency.stages_alike(runs, seed) if len(runs) else float("nan")
    if not p_value <= 1 - confidence:
        return ""
    table = frequency.rates(runs, "stage", confidence)
    top = table.sort_values("rate", ascending=False, kind="stable").iloc[0]
    return (
        f"Stages differ ({wording.p_value(p_value)}, within SPECs): {top['stage']} disagrees most,"
        f" in {wording.count(top['disagreeing'])} of {wording.count(top['runs'], 'run')}"
        f" ({wording.percent(top['low'])} to {wording.percent(top['high'])})."
    )


def _arbiter_insight(points: pd.DataFrame, confidence: float) -> str:
    sides = sides_taken(decisions(points))
    n = int(sides.sum())
    if n < LEAST_DECISIONS:
        return ""
    hits = int(sides.iloc[0])
    won = Share(hits, n, *exact_interval(hits, n, confidence), confidence=confidence)
    # A side that is one of two wins half the time by chance.
    if won.low <= 0.5:
        return ""
    return (
        f"The arbiter sided with {sides.index[0]} in {hits} of {n} decisions that name a side"
        f" ({won.interval}): consider asking it first."
    )
