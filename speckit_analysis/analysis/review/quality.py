"""Which scores the quality of a SPEC is averaged from: one answer for every question."""

from __future__ import annotations

import pandas as pd

from speckit_analysis.analysis.review.scores import criteria, usable
from speckit_analysis.analysis.selection import Selection


def quality_scores(reviews: Selection, runs: Selection) -> Selection:
    """Return scores of reviewers where there are any, else those that runs record.

    Parameters
    ----------
    reviews, runs : Selection
        Rows of the tables of these names.

    Returns
    -------
    Selection
        With the column ``value`` (points).  Of reviewers what
        :func:`.scores.usable` keeps and
        :func:`.scores.criteria` averages: first readings, without the
        overall score where there are criteria.  Of runs all rows, missing where they record no
        score.
    """
    if not reviews.total:
        recorded = runs.kept["human_review_score"].fillna(runs.kept["completeness_score"])
        return runs.assign(value=recorded)
    used = usable(reviews)
    reasons = pd.Series("of the overall score", used.kept.index, dtype="string")
    reasons = reasons.mask(reasons.index.isin(criteria(used.kept).index))
    reasons = reasons.mask(used.kept["repeat_of"].notna(), "of a second reading")
    used = used.without(reasons)
    return used.assign(value=used.kept["score"])
