"""How severe reviewers are, whether they tire, and whether a machine may stand in for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.review.blinding import cards, first_readings
from speckit_analysis.analysis.review.scores import long_scores, per_reviewer
from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.paired import FIT_ROUNDING, paired_t
from speckit_analysis.stats.raters import (
    Alternative,
    Severity,
    alternative_annotator,
    reviewer_severity,
    slopes_over_order,
)
from speckit_analysis.tables.results import RESULTS


@dataclass(frozen=True)
class Reviewers:
    """How severe reviewers are, and scores freed of it."""

    #: The result ``reviewers``.
    table: pd.DataFrame
    #: Score of each output, as reviewers of average severity would give it.
    fair: pd.Series
    #: Why severity cannot be told apart from quality; empty where it can.
    refusal: str = ""

    @property
    def sentence(self) -> str:
        """Who is most severe and most lenient."""
        if self.refusal:
            return f"Severity cannot be told: {self.refusal}."
        if len(self.table) < 2:
            return "With one reviewer, severity cannot be told."
        ordered = self.table.sort_values("severity")
        low, high = ordered.iloc[0], ordered.iloc[-1]
        return (
            f"{low['reviewer']} gives {abs(low['severity']):.2f} points less than the average"
            f" reviewer, {high['reviewer']} {high['severity']:.2f} more. Where everybody scored"
            " both variants, that cancels out of their difference."
        )


def reviewers(reviews: pd.DataFrame) -> Reviewers:
    """Return how severe each reviewer is, by least squares on outputs and reviewers together."""
    rows = first_readings(reviews)
    long = long_scores(per_reviewer(rows))
    of_card = cards(rows)
    table = pd.DataFrame(
        {
            "cards": of_card.groupby("reviewer", observed=True).size(),
            "spread": long.groupby("reviewer", observed=True)["score"].std(),
            "minutes": of_card.groupby("reviewer", observed=True)["seconds"].median() / 60,
        }
    )
    refusal, fitted = "", Severity(pd.Series(dtype=float), pd.Series(dtype=float))
    try:
        fitted = reviewer_severity(long)
    except ValueError as error:
        refusal = str(error)
    table["severity"] = fitted.severity.reindex(table.index.astype(str)).to_numpy()
    table = table.rename_axis("reviewer").reset_index()
    return Reviewers(RESULTS["reviewers"].of(table), fitted.fair, refusal)


def fatigue(reviews: pd.DataFrame, confidence: float = 0.95) -> tuple[Estimate, str]:
    """Return how scores drift over a reviewer's packets, in points for ten packets.

    Notes
    -----
    Outputs, reviewers and the slope of each reviewer are fitted together, so that good outputs late
    in the order are no drift (:func:`~speckit_analysis.stats.raters.slopes_over_order`).  The slope
    of each reviewer is one observation, with Student's t over three reviewers or more: what is
    found holds for others like them.  With nothing to find it alarms in 2 to 5 % of reviews at a
    level of 95 %.
    """
    rows = first_readings(reviews)
    long = long_scores(per_reviewer(rows))
    keys = ["reviewer", "output"]
    places = cards(rows).set_index(keys)["position"].astype(float)
    long = long.join(places, on=keys).dropna()
    slopes = slopes_over_order(long).to_numpy() * 10
    why = ""
    if len(slopes) < 3:
        why = (
            "it takes three reviewers who read the same outputs in different orders, and there are"
            f" {len(slopes)}"
        )
    elif np.ptp(slopes) <= FIT_ROUNDING * np.abs(long["score"]).max():
        why = f"they change alike for all {len(slopes)} reviewers, which no interval can say"
    if why:
        kind = {"method": "paired t", "unit": "reviewer"}
        drift = not_estimable(len(slopes), why, level=confidence, **kind)
        return drift, f"Whether scores drift over the order cannot be told: {why}."
    drift = paired_t(slopes, confidence, "reviewer")
    proved = "drift" if drift.low > 0 or drift.high < 0 else "do not provably drift"
    return drift, (
        f"Scores {proved} over the order: {drift.value:+.2f} points in ten packets"
        f" ({drift.low:+.2f} to {drift.high:+.2f}; {len(slopes)} reviewers)."
    )


def stand_in_sentence(answer: Alternative, judge: str) -> str:
    """Say whether an automatic judge may stand in for a person."""
    if answer.refusal:
        return f"Whether {judge} may stand in for a person cannot be told: {answer.refusal}."
    may = "may" if answer.may_stand_in else "may not"
    return (
        f"{judge} {may} stand in for a person: it is not worse than"
        f" {wording.percent(answer.winning_rate)} of {answer.people} people (alternative annotator"
        f" test, {answer.outputs} outputs), and at least as close to the others in"
        f" {wording.percent(answer.advantage)} of them."
    )


def stand_in_sentences(reviews: pd.DataFrame, judges: Sequence[str]) -> list[str]:
    """Say of each automatic judge whether it may stand in, held against people alone.

    Parameters
    ----------
    reviews : DataFrame
        Rows of people and of the judges, from :func:`.scores.usable` without ``judges``.
    judges : sequence of str
        Their names as reviewers.
    """
    sentences = []
    for judge in judges:
        others = [name for name in judges if name != judge]
        table = per_reviewer(reviews[~reviews["reviewer"].isin(others)])
        people = table.drop(columns=judge, errors="ignore").to_numpy(float)
        scores = table[judge] if judge in table else pd.Series(np.nan, table.index)
        answer = alternative_annotator(people, scores.to_numpy(float))
        sentences.append(stand_in_sentence(answer, judge))
    return sentences or ["No automatic judge is among the reviewers."]
