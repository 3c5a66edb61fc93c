"""Two variants paired by SPEC: scores of the same reviewers, criteria, costs, times and errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.plan import ExperimentPlan
from speckit_analysis.analysis.margins import ALPHA, LEAST_SPECS
from speckit_analysis.analysis.review.blinding import first_readings
from speckit_analysis.analysis.review.scores import criteria, scores_of, unit_of
from speckit_analysis.stats.crossed import crossed
from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.multiplicity import any_may_win
from speckit_analysis.stats.paired import paired_t
from speckit_analysis.stats.ratios import Bill, smaller_bill, typical_ratio
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
        Candidate less baseline; candidate less what of the baseline has to be kept.  Missing where
        a reviewer did not score both.
    worst : Series of float
        Candidate less baseline by SPEC, at the stage where it loses most; mean over reviewers.
    baseline_mean : float
        Mean score of the baseline, in points.
    left_out : str
        What is left out, and why; empty where nothing is.
    """

    gaps: pd.DataFrame
    kept: pd.DataFrame
    worst: pd.Series
    baseline_mean: float
    left_out: str


def score_pairs(reviews: pd.DataFrame, plan: ExperimentPlan) -> ScorePairs:
    """Pair the scores of a plan's variants by SPEC, stage, reviewer and criterion.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`.scores.usable`, one experiment.
    plan : ExperimentPlan
        Its variants and its margin.
    """
    names = [plan.candidate, plan.baseline]
    rows = criteria(reviews)
    rows = rows[rows["variant"].isin(names)]
    cells = [*unit_of(rows), rows["reviewer"].astype("string"), rows["criterion"].astype("string")]
    both = rows.groupby(cells)["variant"].transform("nunique") == len(names)
    scores = scores_of(rows[both], names)
    one, other = (scores[name] for name in names)
    gaps = by_spec(one - other)
    # One SPEC tells nothing of how a reviewer's scores vary, and would weigh as much as all others.
    steady = gaps.columns[gaps.notna().sum() > 1]
    few = list(gaps.columns.difference(steady)) if len(steady) else []
    gaps = gaps.drop(columns=few).dropna(how="all")
    kept = by_spec(one - (1 - plan.margin) * other).reindex_like(gaps)
    mean = float(by_spec(other)[gaps.columns].mean().mean()) if gaps.size else np.nan
    unpaired = wording.count(int((~both).sum()), "score")
    left_out = [f"{unpaired} without the same reviewer's of the other variant"] * (not both.all())
    left_out += _only_one(rows, names)
    left_out += [f"{name}, who scored both in one SPEC only" for name in few]
    said = f"left out: {wording.listed(left_out)}" if left_out else ""
    worst = (one - other)[gaps.columns].mean(axis=1).groupby(level=0).min().reindex(gaps.index)
    return ScorePairs(gaps, kept, worst, mean, said)


def _only_one(rows: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Say which of two variants SPECs lack: gaps on one side may be failures."""
    scored = rows.groupby([rows["spec_id"].astype("string"), rows["variant"].astype("string")])
    there = scored.size().unstack().reindex(columns=list(names)).notna()
    alone = there[there.sum(axis=1) == 1]
    return [
        f"{wording.count(number, 'SPEC')} without {name}"
        for name, number in (~alone).sum().items()
        if number
    ]


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
        The result ``by_criterion``.  What is said of a single criterion is corrected for their
        number (Holm); that the candidate is not inferior on **all** takes no correction.
    """
    first = first_readings(reviews)
    names = sorted(reviews["criterion"].dropna().astype(str).unique())
    rows = [(name, *_difference(first[first["criterion"] == name], plan)) for name in names]
    table = RESULTS["by_criterion"].of(rows)
    tested = table["kept_p"].notna()
    table.loc[tested, "holm_p"] = any_may_win(table.loc[tested, "holm_p"].tolist())
    held = any_may_win(table.loc[tested, "kept_p"].tolist())
    table.loc[tested, "kept"] = [p_value <= ALPHA for p_value in held]
    return table


def _difference(reviews: pd.DataFrame, plan: ExperimentPlan) -> tuple[object, ...]:
    pairs = score_pairs(reviews, plan)
    if pairs.gaps.empty:
        return None, None, None, 0, None, None, None
    gap = crossed(pairs.gaps.to_numpy(float), 1 - ALPHA).told
    kept = crossed(pairs.kept.to_numpy(float), 1 - 2 * ALPHA).told
    if gap.refusal or kept.p_value is None:
        same = float(pairs.gaps.mean().mean()) if gap.n >= LEAST_SPECS else None
        return same, None, None, gap.n, None, None, None
    below = kept.p_value / 2
    kept_p = below if kept.value > 0 else 1 - below
    return gap.value, gap.low, gap.high, gap.n, gap.p_value, kept_p, None


def lost_criteria(reviews: pd.DataFrame, plan: ExperimentPlan, margin: float) -> list[str]:
    """Return the criteria on which the candidate is proved to lose, and more than the margin.

    Parameters
    ----------
    reviews, plan
        As for :func:`by_criterion`.
    margin : float
        Points that may be lost.
    """
    table = by_criterion(reviews, plan)
    # What is equal in all SPECs has no p-value, and needs none.
    proved = (table["holm_p"] <= ALPHA).fillna(True) & table["difference"].notna()
    lost = table[proved & (table["difference"] < -margin).fillna(False)]
    return [
        f"{name} ({difference:+.2f} points)"
        for name, difference in zip(lost["criterion"], lost["difference"], strict=True)
    ]


def criteria_sentence(table: pd.DataFrame) -> str:
    """Say on which criteria the variants differ, and on which the candidate is not inferior.

    Parameters
    ----------
    table : DataFrame
        From :func:`by_criterion`.
    """
    compared = table.dropna(subset="low")
    if compared.empty:
        return "No criterion was scored for both variants."
    differ = compared.loc[compared["holm_p"] <= ALPHA, "criterion"].tolist()
    kept = compared.loc[compared["kept"].fillna(False), "criterion"].tolist()
    differs = "differs" if len(differ) == 1 else "differ"
    start = f"{wording.listed(differ)} {differs} significantly"
    if not differ:
        start = "No criterion differs significantly"
    if (compared["kept_p"] <= ALPHA).all():
        end = "non-inferior on every criterion"
    elif kept:
        end = f"non-inferior on {wording.listed(kept)}"
    else:
        end = "non-inferior on none"
    return f"{start} (Holm, {wording.count(len(compared), 'criterion')}); {end}."


def bill_of(
    table: pd.DataFrame, candidate: str, baseline: str, level: float, blow_up: float
) -> tuple[Bill, Estimate]:
    """Return the ratio of two variants' totals, and that of a typical SPEC.

    Parameters
    ----------
    table : DataFrame of float
        From :func:`making`; 0 is not known.
    candidate, baseline : str
        The variants.
    level : float
        Two-sided level.
    blow_up : float
        A SPEC that was not seen costs at most so many times the typical ratio.

    Notes
    -----
    Stages of a SPEC are added up.  The bill is what is decided on: typically cheaper, one that goes
    wild now and then costs more in total.
    """
    sums = known_costs(table, candidate, baseline)
    if len(sums) < 2:
        why = "fewer than 2 SPECs tell it for both"
        refused = not_estimable(len(sums), why, method="Fieller", level=level)
        return Bill(refused, blow_up, 0.0), refused
    one, other = (sums[name].to_numpy(float) for name in (candidate, baseline))
    return smaller_bill(one, other, level, blow_up), typical_ratio(one, other, level)


def bill_sentence(bill: Bill, candidate: str) -> str:
    """Say how far it holds that a variant costs less in total; nothing where it does not."""
    ratio = bill.ratio
    if ratio.refusal or not ratio.value < 1:
        return ""
    holds = "holds" if ratio.high < 1 else "is not proved"
    largest = f" (the largest factor that passes is {bill.largest:g})" if bill.largest else ""
    units = wording.plural(ratio.unit)
    return (
        f"That {candidate} costs less in total {holds} if {units} that were not seen may cost"
        f" {bill.blow_up:g} times the typical ratio{largest}."
    )


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


def known_costs(table: pd.DataFrame, candidate: str, baseline: str) -> pd.DataFrame:
    """Return the totals of SPECs, over stages for which both variants' are known; 0 is not."""
    return _known(table, candidate, baseline).groupby(level=0).sum()


def _known(table: pd.DataFrame, candidate: str, baseline: str) -> pd.DataFrame:
    both = table.reindex(columns=[candidate, baseline])
    return both.where(both > 0).dropna()
