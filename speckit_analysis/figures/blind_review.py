"""Figures of a blind review: scores, reliability, guesses."""

from __future__ import annotations

import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.review.blinding import Blinding
from speckit_analysis.figures.axes import signed, undrawn_note
from speckit_analysis.figures.charts import intervals
from speckit_analysis.figures.theme import Chart, empty


def reliability(table: pd.DataFrame, confidence: float = 0.95) -> Chart:
    """Draw how reliable one reviewer's score is, by criterion and within variants.

    Parameters
    ----------
    table : DataFrame
        From :func:`.scores.reliability`.
    confidence : float
        Level of the intervals.
    """
    estimated = table.dropna(subset=["icc_single", "icc_single_low"])
    if estimated.empty:
        return empty("Reliability takes two reviewers who scored the same outputs.")
    named = estimated.assign(label=estimated["criterion"] + ", " + estimated["variant"])
    whole = named[named["variant"] == "all"].sort_values("icc_single")
    low, high = whole.iloc[0], whole.iloc[-1]
    return intervals(
        named,
        "label",
        "icc_single",
        low="icc_single_low",
        high="icc_single_high",
        title=(
            f"One reviewer's score: from {low['icc_single']:.2f} ({low['criterion']}) to"
            f" {high['icc_single']:.2f} ({high['criterion']})"
        ),
        subtitle=undrawn_note(
            f"Reliability ICC(2,1) by criterion, over all outputs and within each variant, with"
            f" {wording.exact_percent(confidence)} intervals. What is pooled counts the difference"
            " between variants as agreement.",
            table,
            estimated,
            "row",
            "an estimate",
        ),
        axis="reliability of one reviewer's score (0: none, 1: perfect)",
        words=lambda value: f"{float(value):.2f}",  # type: ignore[arg-type]
        notes=[f"({row.outputs} outputs)" for row in named.itertuples()],
        span=(-0.2, 1.0),
        reference=0.0,
    )


def guesses(found: Blinding) -> Chart:
    """Draw the blinding index over all variants, and of each.

    Parameters
    ----------
    found : Blinding
        From :func:`.blinding.blinding`.
    """
    table = found.table.dropna(subset=["index"])
    if table.empty:
        return empty(found.sentence)
    return intervals(
        table,
        "variant",
        "index",
        title=found.verdict[0].upper() + found.verdict[1:],
        subtitle=(
            "Blinding index: 0 is chance, 1 is always right. The index over all variants has its"
            f" {wording.exact_percent(found.index.level)} interval. A variant alone shows who is"
            " recognised, or named most often."
        ),
        axis="blinding index",
        words=signed(2),
        notes=[f"({row.right} right, {row.wrong} wrong)" for row in table.itertuples()],
        span=(-1.0, 1.0),
        reference=0.0,
    )
