"""Two variants paired by SPEC: scores of the same reviewers, costs, times and errors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.recommendation import LEAST_SPECS
from speckit_analysis.analysis.review.blinding import first_readings
from speckit_analysis.analysis.review.scores import scores_of, unit_of
from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.paired import exponential, observed_range, paired_t


def by_spec(table: pd.DataFrame) -> pd.DataFrame:
    """Average the stages of each SPEC: they resemble each other, and are no further SPECs."""
    return table.groupby(level=0).mean()


def making(reviews: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return what belongs to an output, units (SPEC and stage) by variants: the mean of its cards.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`.scores.usable`.
    column : str
        ``output_cost_usd``, ``output_seconds`` or ``errors_detected``.
    """
    rows = first_readings(reviews).drop_duplicates(["output", "reviewer"])
    grouped = rows.groupby([*unit_of(rows), rows["variant"].astype("string")])[column]
    return grouped.mean().unstack("variant").astype(float)


@dataclass(frozen=True)
class ScorePairs:
    """Scores of two variants by SPEC (rows) and reviewer (columns).

    Attributes
    ----------
    gaps, kept : DataFrame of float
        Candidate less baseline; candidate less what of the baseline has to be kept.  The largest
        part of them that every reviewer in it scored whole, or all, with holes.
    baseline_mean : float
        Mean score of the baseline, in points.
    left_out : str
        Who and what is left out so that the part is whole; empty where nothing is.
    """

    gaps: pd.DataFrame
    kept: pd.DataFrame
    baseline_mean: float
    left_out: str


def score_pairs(reviews: pd.DataFrame, baseline: str, candidate: str, margin: float) -> ScorePairs:
    """Pair the scores of two variants.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`.scores.usable`, one experiment.
    baseline, candidate : str
        The variants.
    margin : float
        Share of the baseline's score that may be lost.
    """
    one, other = scores_of(reviews, candidate).align(scores_of(reviews, baseline), join="inner")
    gaps = by_spec(one - other).dropna(how="all").dropna(how="all", axis=1)
    kept = by_spec(one - (1 - margin) * other).reindex_like(gaps)
    part = _whole_part(gaps)
    both = other.where(one.notna())
    mean = float(np.nanmean(both.to_numpy(float))) if both.notna().any(axis=None) else np.nan
    left_out = _left_out(gaps, part)
    return ScorePairs(part, kept.loc[part.index, part.columns], mean, left_out)


def _whole_part(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return the largest part without holes of enough SPECs and two reviewers; else all."""
    busiest = gaps.notna().sum().sort_values(ascending=False, kind="stable").index
    parts = [gaps[sorted(busiest[:number])].dropna() for number in range(2, len(busiest) + 1)]
    fit = [part for part in parts if len(part) >= LEAST_SPECS]
    return max(fit, key=lambda part: part.size) if fit else gaps


def _left_out(gaps: pd.DataFrame, part: pd.DataFrame) -> str:
    specs, people = (a - b for a, b in zip(gaps.shape, part.shape, strict=True))
    parts = [wording.count(specs, "SPEC")] if specs else []
    parts += [wording.count(people, "reviewer")] if people else []
    if not parts:
        return ""
    return f"{wording.listed(parts)} left out, so that every reviewer scored all in both variants"


def ratio_of(table: pd.DataFrame, candidate: str, baseline: str, level: float) -> Estimate:
    """Return the ratio of two variants, by Student's t on logarithms, SPECs as units.

    Parameters
    ----------
    table : DataFrame of float
        From :func:`making`; 0 is not known.
    candidate, baseline : str
        The variants.
    level : float
        Two-sided level.

    Notes
    -----
    Where every SPEC has the same ratio there is no spread for Student's t, and from five SPECs on
    the range of what was seen takes its place.
    """
    both = _known(table, candidate, baseline)
    ratios = (both[candidate] / both[baseline]).map(np.log).to_frame()
    logs = by_spec(ratios).to_numpy(float).ravel()
    method = "paired t on logarithms"
    if len(logs) < 2:
        why = "fewer than 2 SPECs tell it for both"
        return not_estimable(len(logs), why, method=method, level=level)
    found = paired_t(logs, level)
    if found.refusal and len(logs) >= LEAST_SPECS:
        found, method = observed_range(logs), "observed range"
    if found.refusal:
        return found
    return replace(exponential(found), method=method)


def gap_of(table: pd.DataFrame, candidate: str, baseline: str, level: float) -> Estimate:
    """Return the difference of two variants by paired t, SPECs as units."""
    both = table.reindex(columns=[candidate, baseline]).dropna()
    gaps = by_spec((both[candidate] - both[baseline]).to_frame())
    return paired_t(gaps.to_numpy(float).ravel(), level)


def extra_of(
    costs: pd.DataFrame, gaps: pd.DataFrame, candidate: str, baseline: str
) -> pd.DataFrame:
    """Return what the baseline costs (``cost_usd``) and gains (``points``) above the candidate.

    Parameters
    ----------
    costs : DataFrame of float
        From :func:`making`; 0 is not known.
    gaps : DataFrame of float
        Of :class:`ScorePairs`.
    candidate, baseline : str
        The variants.
    """
    both = _known(costs, candidate, baseline)
    extra = by_spec((both[baseline] - both[candidate]).to_frame("cost_usd"))
    return extra.join(-gaps.mean(axis=1).rename("points"), how="inner").dropna()


def _known(table: pd.DataFrame, candidate: str, baseline: str) -> pd.DataFrame:
    both = table.reindex(columns=[candidate, baseline])
    return both.where(both > 0).dropna()
