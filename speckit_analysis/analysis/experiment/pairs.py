"""Two variants paired by SPEC: scores of the same reviewers, criteria, costs, times and errors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.plan import ExperimentPlan
from speckit_analysis.analysis.margins import ALPHA, LEAST_SPECS
from speckit_analysis.analysis.review.blinding import first_readings
from speckit_analysis.analysis.review.scores import criteria, scores_of, unit_of
from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.mixed import mixed_model
from speckit_analysis.stats.multiplicity import any_may_win
from speckit_analysis.stats.paired import crossed, exponential, observed_range, paired_t
from speckit_analysis.tables.results import RESULTS


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
        ``output_cost_usd``, ``output_seconds`` or ``errors_found``.
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


def score_pairs(reviews: pd.DataFrame, plan: ExperimentPlan) -> ScorePairs:
    """Pair the scores of a plan's variants, out of the reviews of one experiment."""
    one, other = (scores_of(reviews, name) for name in (plan.candidate, plan.baseline))
    one, other = one.align(other, join="inner")
    gaps = by_spec(one - other).dropna(how="all").dropna(how="all", axis=1)
    kept = by_spec(one - (1 - plan.margin) * other).reindex_like(gaps)
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


def by_criterion(reviews: pd.DataFrame, plan: ExperimentPlan) -> pd.DataFrame:
    """Return how a plan's variants differ on each criterion.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`.scores.usable`, one experiment.
    plan : ExperimentPlan
        Its variants and its margin.

    Returns
    -------
    DataFrame
        The result ``by_criterion``.  That the candidate is not inferior on **all** criteria takes
        no correction.
    """
    first = first_readings(reviews)
    names = sorted(reviews["criterion"].dropna().astype(str).unique())
    rows = [(name, *_difference(first[first["criterion"] == name], plan)) for name in names]
    table = RESULTS["by_criterion"].of(rows)
    tested = table["holm_p"].notna()
    table.loc[tested, "holm_p"] = any_may_win(table.loc[tested, "holm_p"].tolist())
    return table


def _difference(reviews: pd.DataFrame, plan: ExperimentPlan) -> tuple[object, ...]:
    pairs = score_pairs(reviews, plan)
    if pairs.gaps.empty:
        return None, None, None, 0, None, None
    gap = crossed(pairs.gaps.to_numpy(float), 1 - ALPHA).told
    kept = crossed(pairs.kept.to_numpy(float), 1 - 2 * ALPHA).told
    if gap.refusal:
        return None, None, None, gap.n, None, None
    return gap.value, gap.low, gap.high, gap.n, gap.p_value, bool(kept.low > 0)


def criteria_sentence(table: pd.DataFrame) -> str:
    """Say on which criteria the variants differ, and on which the candidate is not inferior.

    Parameters
    ----------
    table : DataFrame
        From :func:`by_criterion`.
    """
    compared = table.dropna(subset="difference")
    if compared.empty:
        return "No criterion was scored for both variants."
    differ = compared.loc[compared["holm_p"] <= ALPHA, "criterion"].tolist()
    kept = compared.loc[compared["kept"].fillna(False), "criterion"].tolist()
    start = (
        f"They differ on {wording.listed(differ)}" if differ else "On none do they provably differ"
    )
    if len(kept) == len(compared):
        end = "on all of them it is not inferior"
    elif kept:
        end = f"it is not inferior on {wording.listed(kept)}"
    else:
        end = "on none is it proved to be not inferior"
    return f"{start} (corrected for {wording.count(len(compared), 'criterion')}); {end}."


def mixed_sentence(reviews: pd.DataFrame, plan: ExperimentPlan) -> str:
    """Say what a mixed model of the same scores gives: to compare with, never the verdict."""
    rows = criteria(reviews)
    rows = rows[rows["variant"].isin([plan.baseline, plan.candidate])]
    spec, stage = unit_of(rows)
    keys = {
        "variant": rows["variant"].astype(str),
        "unit": spec + " " + stage,
        "reviewer": rows["reviewer"].astype(str),
    }
    scores = pd.DataFrame({"score": rows["score"].astype(float), **keys})
    means = scores.groupby(list(keys))["score"].mean().reset_index()
    if means[list(keys)].nunique().min() < 2:
        return ""
    return mixed_model(means, plan.baseline).sentence


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
