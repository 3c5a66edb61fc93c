"""Figures of an experiment: differences by SPEC, and what they are worth."""

from __future__ import annotations

import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.figures.charts import intervals
from speckit_analysis.figures.theme import Chart, empty


def differences(gaps: pd.DataFrame, candidate: str, baseline: str) -> Chart:
    """Draw how far the candidate's quality lies from the baseline's, SPEC by SPEC.

    Parameters
    ----------
    gaps : DataFrame
        Candidate less baseline, units by reviewers, in points.
    candidate, baseline : str
        Names of the variants.
    """
    means = gaps.mean(axis=1).dropna()
    if means.empty:
        return empty("No SPEC was scored in both variants by the same reviewer.")
    table = pd.DataFrame(
        {
            "spec": [" ".join(map(str, unit)).strip() for unit in means.index],
            "gap": means.to_numpy(),
            "low": gaps.min(axis=1).reindex(means.index).to_numpy(),
            "high": gaps.max(axis=1).reindex(means.index).to_numpy(),
        }
    ).sort_values("gap", kind="stable")
    worse = int((table["gap"] < 0).sum())
    edge = max(1.0, float(table[["low", "high"]].abs().to_numpy().max()))
    return intervals(
        table,
        "spec",
        "gap",
        "low",
        "high",
        title=f"{candidate} scores lower in {worse} of {wording.count(len(table), 'SPEC')}",
        subtitle=(
            f"Points of {candidate} less those of {baseline}: mean over reviewers (dot) and their"
            " range (line; no interval)."
        ),
        axis="difference in points",
        words=lambda value: f"{float(value):+.1f}",  # type: ignore[arg-type]
        notes=["" for _ in range(len(table))],
        span=(-edge, edge),
        reference=0.0,
    )
