"""The summary of the field: rate, stages, pairs, arbiter, types, severities, and insights."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.disagreement import arbiter, frequency
from speckit_analysis.analysis.disagreement.pairs import by_pair
from speckit_analysis.analysis.intervals import Share
from speckit_analysis.analysis.selection import Selection
from speckit_analysis.stats.proportions import exact_interval
from speckit_analysis.tables import STAGES

#: Fewer decisions than this tell nothing of whom an arbiter prefers.
LEAST_DECISIONS = 6


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
    decided = arbiter.decisions(points)
    families = _families(calls, kept)
    summary = {
        "total_consensus_runs": rate.n,
        "runs_with_disagreements": rate.hits,
        "disagreement_rate": _rounded(rate.estimate),
        "disagreement_rate_interval": [_rounded(rate.low), _rounded(rate.high)],
        "interval": f"{wording.exact_percent(confidence)}, clustered by SPEC",
        "specs": rate.clusters,
        "runs_left_out": {
            str(reason): int(rows)
            for reason, rows in zip(runs.left_out["reason"], runs.left_out["rows"], strict=True)
        },
        "disagreements": len(points),
        "by_stage": _by_stage(kept),
        "by_model_pair": _by_pair(points, families),
        "arbiter_decisions": _by_decision(decided, families),
        "disagreement_types": _counts(points["type"]),
        "severities": _counts(points["disagreement_severity"]),
        "insights": insights(kept, calls, disagreements, points, confidence, seed),
    }
    return {"disagreement_summary": summary}


def _rounded(figure: float) -> float | None:
    return None if pd.isna(figure) else round(figure, 3)


def _by_stage(runs: pd.DataFrame) -> dict[str, int]:
    hits = runs[runs["disagreed"].astype(bool)]["stage"].astype("string").value_counts()
    others = sorted(set(hits.index) - set(STAGES))
    return {
        **{f"spec-{stage}": int(hits.get(stage, 0)) for stage in STAGES},
        **{str(stage): int(hits[stage]) for stage in others},
    }


def _families(calls: pd.DataFrame, runs: pd.DataFrame) -> list[str]:
    agents = calls[calls["run_id"].isin(runs["run_id"])]["agent"].dropna().astype(str).unique()
    found = {arbiter.family_of(agent) for agent in agents} - {None}
    known = [name for name in arbiter.FAMILIES.values() if name in found]
    return known + sorted(str(name) for name in found - set(known))


def _by_pair(points: pd.DataFrame, families: list[str]) -> dict[str, int]:
    """Count runs in which two families stand against each other."""
    pairs: dict[str, set[str]] = {f"{a}_vs_{b}": set() for a, b in combinations(families, 2)}
    for run, agents in zip(points["run_id"], points["agents"], strict=True):
        if not isinstance(agents, str):
            continue
        named = {arbiter.family_of(agent.strip()) for agent in agents.split(",")}
        for a, b in combinations([name for name in families if name in named], 2):
            pairs[f"{a}_vs_{b}"].add(str(run))
    return {name: len(runs) for name, runs in pairs.items()}


def _by_decision(decided: pd.Series, families: list[str]) -> dict[str, int]:
    counts = decided.value_counts()
    names = [f"sided_with_{name}" for name in families]
    names += [arbiter.NEW, arbiter.OPEN, arbiter.UNTOLD]
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
    told = [_stage_insight(runs, confidence, seed)]
    pairs = by_pair(runs, calls, disagreements, "agent", confidence, seed=seed)
    if pairs.apart and pairs.named:
        told.append(pairs.sentence.split(". ")[0].rstrip(".") + ".")
    told.append(_arbiter_insight(points, confidence))
    return [sentence.replace("\u00a0", " ") for sentence in told if sentence]


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
    sided = arbiter.decisions(points)
    sided = sided[sided.str.startswith("sided_with_")]
    if len(sided) < LEAST_DECISIONS:
        return ""
    counts = sided.value_counts()
    name, hits = str(counts.index[0]), int(counts.iloc[0])
    low, high = exact_interval(hits, len(sided), confidence)
    # A side that is one of two wins half the time by chance.
    if low <= 0.5:
        return ""
    found = Share(hits, len(sided), low, high, confidence=confidence)
    return (
        f"The arbiter sided with {name.removeprefix('sided_with_')} in {hits} of {len(sided)}"
        f" decisions that name a side ({found.interval}): consider asking it first."
    )
