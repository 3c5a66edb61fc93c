"""Which scores count, and how reliable those of a blind review are.

See :mod:`.reviewers` for the people, and :mod:`.blinding` for the blind.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.intervals import share
from speckit_analysis.analysis.margins import ALIKE, TOLERANCE
from speckit_analysis.analysis.review.blinding import Blinding, first_readings
from speckit_analysis.analysis.review.copies import copied
from speckit_analysis.analysis.selection import Selection, in_experiment
from speckit_analysis.stats.proportions import exact_interval, least_n_for_rate
from speckit_analysis.stats.reliability import intraclass_correlation, krippendorff_alpha
from speckit_analysis.tables.results import RESULTS

#: Fewer outputs than this, and no reliability is a reason to accept or reject reviewers.
FEW_OUTPUTS = 20

_OUTPUT = ["spec_id", "stage", "variant"]


def usable(
    reviews: Selection,
    experiment: str = "",
    judges: Sequence[str] = (),
    *,
    copies: bool = False,
) -> Selection:
    """Keep the scores of people on complete cards whose variant is known.

    Parameters
    ----------
    reviews : Selection
        Rows of table ``reviews``.
    experiment : str
        Only this one; the one with most rows, if not told.
    judges : sequence of str
        Reviewers that are no people; they are looked at on their own.
    copies : bool
        Keep what is no evidence of its own (:func:`.copies.copied`): whoever copied scores, or
        gave one to everything, has still read and guessed.

    Returns
    -------
    Selection
        With the column ``output`` (string: SPEC, stage and variant).
    """
    frame = reviews.kept
    reasons = pd.Series(pd.NA, frame.index, dtype="string")
    names = frame["experiment"].astype("string").fillna("without a name")
    reasons = reasons.mask(~in_experiment(frame, experiment), "of the experiment " + names)
    reasons = reasons.mask(frame["score"].isna(), "without a score")
    reasons = reasons.mask(~frame["complete"].fillna(True), "on a card that is not complete")
    reasons = reasons.mask(frame["variant"].isna(), "not unblinded")
    reasons = reasons.mask(frame["reviewer"].isna(), "without a reviewer's name")
    reasons = reasons.mask(frame["reviewer"].isin(list(judges)), "of an automatic judge")
    parts = [frame[column].astype("string").fillna("") for column in _OUTPUT]
    output = parts[0] + " " + parts[1] + " " + parts[2]
    used = reviews.assign(output=output).without(reasons)
    return used if copies else used.without(copied(used.kept))


def experiment_of(reviews: pd.DataFrame, *variants: str) -> str:
    """Return the experiment with most scores among those that tried all `variants`; else none.

    Parameters
    ----------
    reviews : DataFrame
        Rows of table ``reviews``.
    *variants : str
        Their names.
    """
    own = reviews[reviews["variant"].isin(variants)]
    grouped = own.groupby(own["experiment"].astype("string"))["variant"]
    whole = grouped.nunique() == len(set(variants))
    counts = grouped.size()[whole]
    return str(counts.idxmax()) if len(counts) else ""


def criteria(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of first readings, without ``overall`` where there are other criteria."""
    rows = first_readings(reviews)
    others = rows["criterion"] != "overall"
    return rows[others] if others.any() else rows


def quality_scores(reviews: Selection, runs: Selection) -> Selection:
    """Return scores of reviewers where there are any, else those that runs record.

    Parameters
    ----------
    reviews, runs : Selection
        Rows of the tables of these names.

    Returns
    -------
    Selection
        With the column ``value`` (points).  Of reviewers what :func:`usable` keeps and
        :func:`criteria` averages: first readings, without the overall score where there are
        criteria.  Of runs all rows, missing where they record no score.
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


def unit_of(rows: pd.DataFrame) -> list[pd.Series]:
    """Return SPEC and stage of each row, which make its unit; a missing one is empty."""
    return [rows[name].astype("string").fillna("") for name in ("spec_id", "stage")]


def scored_by_all(rows: pd.DataFrame, within: Sequence[str], who: str) -> pd.DataFrame:
    """Keep the criteria that all who are compared have a score on.

    A criterion that only some of them have would pass for a difference between them.

    Parameters
    ----------
    rows : DataFrame
        From :func:`criteria`.
    within : sequence of str
        Columns of what is compared within, such as an output.
    who : str
        Column of what is compared, such as reviewers.
    """
    place = [rows[name].astype("string").fillna("") for name in within]
    compared = rows[who].astype("string")
    everybody = compared.groupby(place).transform("nunique")
    present = compared.groupby([*place, rows["criterion"].astype("string")]).transform("nunique")
    return rows[present == everybody]


def scores_of(reviews: pd.DataFrame, variants: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return variants' scores, units (SPEC and stage) by reviewers, mean over criteria.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`usable`.
    variants : sequence of str
        Their names.  Only criteria count that a reviewer scored for all of them in a unit.
    """
    rows = criteria(reviews)
    rows = rows[rows["variant"].isin(list(variants))]
    rows = scored_by_all(rows, ["spec_id", "stage", "reviewer"], "variant")
    keys = [rows["variant"].astype("string"), *unit_of(rows), rows["reviewer"].astype("string")]
    means = rows.groupby(keys)["score"].mean()
    tables = {name: means[means.index.get_level_values(0) == name] for name in variants}
    return {
        name: own.droplevel(0).unstack("reviewer").astype(float) for name, own in tables.items()
    }


def per_reviewer(reviews: pd.DataFrame, criterion: str = "") -> pd.DataFrame:
    """Return the scores of outputs (rows) by reviewers (columns), first readings only.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`usable`.
    criterion : str
        One criterion; if not told, the mean over those but ``overall`` that all reviewers of an
        output scored.
    """
    if criterion:
        rows = first_readings(reviews)
        rows = rows[rows["criterion"] == criterion]
    else:
        rows = scored_by_all(criteria(reviews), ["output"], "reviewer")
    means = rows.groupby(["output", "reviewer"], observed=True)["score"].mean()
    return means.unstack("reviewer").astype(float)


def long_scores(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of outputs by reviewers as rows with ``output``, ``reviewer``, ``score``."""
    long = table.reset_index().melt("output", var_name="reviewer", value_name="score")
    return long.dropna(ignore_index=True)


def reliability(reviews: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return how far reviewers agree, by criterion, over all outputs and within each variant.

    Returns
    -------
    DataFrame
        The result ``reliability``.  Missing where the scores allow no interval.

    Notes
    -----
    What is pooled over variants is inflated by the difference between them; within a variant is
    what tells whether reviewers see the same quality.
    """
    variants = reviews.drop_duplicates("output").set_index("output")["variant"].astype("string")
    rows = []
    for criterion in reviews["criterion"].dropna().unique():
        whole = per_reviewer(reviews, str(criterion))
        own = variants.reindex(whole.index)
        names = sorted(own.dropna().unique())
        for name, scores in [("all", whole), *((name, whole[own == name]) for name in names)]:
            rows.append({"criterion": criterion, "variant": name, **_agreement(scores, confidence)})
    return RESULTS["reliability"].of(rows)


def _agreement(scores: pd.DataFrame, confidence: float) -> dict[str, float]:
    """Return what scores tell, whoever scored what."""
    agreement: dict[str, float] = {"outputs": len(scores), "reviewers": scores.shape[1]}
    if scores.shape[1] < 2:
        return agreement
    if len(scores):
        ratings = scores.to_numpy(float)
        agreement["alpha"] = krippendorff_alpha(ratings)
        agreement["alpha_ordinal"] = krippendorff_alpha(ratings, "ordinal")
    if len(scores) > 1:
        icc = intraclass_correlation(scores.to_numpy(float), confidence)
        agreement |= {f"icc_{name}": value for name, value in vars(icc).items()}
    return agreement


def reliability_sentence(table: pd.DataFrame) -> str:
    """Say what the reliability means, on the overall score where there is one."""
    if table.empty:
        return "Nobody scored anything, so nothing can be said of reliability."
    name = "overall" if (table["criterion"] == "overall").any() else table["criterion"].iloc[0]
    rows = table[table["criterion"] == name].set_index("variant")
    whole = rows.loc["all"]
    if pd.isna(whole["icc_single"]):
        told = (
            f"The ICC has no interval: {wording.count(whole['reviewers'], 'reviewer')} and"
            f" {wording.count(whole['outputs'], 'output')}"
        )
        if pd.isna(whole["alpha"]):
            return f"{told}."
        error = ", so scores differ by error alone" if whole["alpha"] <= 0 else ""
        return f"{told}; Krippendorff's alpha is {whole['alpha']:.2f}{error}."
    within = rows.drop("all")["icc_single"].dropna()
    of_mean = (
        f"{whole['icc_mean']:.2f} ({whole['icc_mean_low']:.2f} to {whole['icc_mean_high']:.2f}; "
        if pd.notna(whole["icc_mean"])
        else "one that cannot be told (too much error; "
    )
    told = (
        f"On {name}, one reviewer's score has a reliability of {whole['icc_single']:.2f}"
        f" ({whole['icc_single_low']:.2f} to {whole['icc_single_high']:.2f}), the mean of"
        f" {whole['reviewers']} reviewers {of_mean}{wording.count(whole['outputs'], 'output')})."
    )
    if len(within):
        told += (
            f" Within a variant it is {within.min():.2f} to {within.max():.2f} for one reviewer:"
            " what is pooled counts the difference between variants as agreement."
        )
    if whole["outputs"] < FEW_OUTPUTS:
        told += " That is too few outputs to judge reviewers by."
    return told


def differences(reviews: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Return second minus first variant by SPEC (rows; mean of its stages) and reviewer."""
    scores = scores_of(reviews, [first, second])
    return (scores[second] - scores[first]).groupby(level=0).mean()


def self_consistency(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return the result ``self_consistency``, of packets that reviewers read twice."""
    gaps = _gaps(reviews)
    again = pd.DataFrame({"same": gaps <= 0.5, "gap": gaps}).groupby("reviewer", observed=True)
    table = again.agg(scores=("gap", "size"), same=("same", "sum"), mean_gap=("gap", "mean"))
    return RESULTS["self_consistency"].of(table.reset_index())


def _gaps(reviews: pd.DataFrame) -> pd.Series:
    """Return how far scores given twice lie apart, by reviewer, output and criterion."""
    keys = ["reviewer", "output", "criterion"]
    again = reviews[reviews["repeat_of"].notna()].set_index(keys)["score"]
    before = first_readings(reviews).drop_duplicates(keys).set_index(keys)["score"]
    return (again - before.reindex(again.index)).abs().dropna()


def consistency_sentence(reviews: pd.DataFrame, confidence: float = 0.95) -> str:
    """Say how often reviewers gave an output the same score twice.

    Scores of one card resemble each other, so the interval is clustered by card.
    """
    gaps = _gaps(reviews)
    if gaps.empty:
        return "No packet was read twice, so nobody's consistency is known."
    cards = gaps.index.to_frame(index=False)[["reviewer", "output"]].astype("string")
    card = cards["reviewer"] + " " + cards["output"]
    found = share(gaps <= 0.5, card, confidence)
    return (
        f"Of {wording.count(found.n, 'score')} on {wording.count(found.clusters, 'card')} given"
        f" twice by the same reviewer, {found.hits} are within half a point"
        f" ({wording.percent(found.low)} to {wording.percent(found.high)}, clustered by card)."
    )


def within_tolerance(
    reviews: pd.DataFrame, points: float = TOLERANCE, confidence: float = 0.95
) -> pd.DataFrame:
    """Return in how many units two variants score alike, with exact intervals.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`usable`.
    points : float
        Variants are alike in a unit if the mean difference, over those who scored both, is no
        larger.
    confidence : float
        Level of the intervals, and of the claim.

    Returns
    -------
    DataFrame
        The result ``within_tolerance``; exact intervals.
    """
    variants = sorted(reviews["variant"].dropna().astype(str).unique())
    rows = []
    for first, second in combinations(variants, 2):
        gaps = differences(reviews, first, second).mean(axis=1).abs().dropna()
        alike, n = int((gaps <= points).sum()), len(gaps)
        low, high = exact_interval(alike, n, confidence) if n else (np.nan, np.nan)
        needed = least_n_for_rate(ALIKE, n - alike, 1 - confidence)
        rows.append((first, second, n, alike, alike / n if n else np.nan, low, high, needed))
    return RESULTS["within_tolerance"].of(rows)


def headline(reviews: pd.DataFrame, table: pd.DataFrame, held: Blinding) -> str:
    """Say what was scored by whom, how reliably, and whether the blind held."""
    if reviews.empty:
        return "No score of a blind review can be used."
    outputs, people = reviews["output"].nunique(), reviews["reviewer"].nunique()
    rows = table[(table["variant"] == "all") & (table["criterion"] == "overall")]
    told = f"{wording.count(people, 'reviewer')} scored {wording.count(outputs, 'output')}"
    if len(rows) and pd.notna(rows["icc_mean"].iloc[0]):
        told += f"; the mean of their scores has a reliability of {rows['icc_mean'].iloc[0]:.2f}"
    return f"{told}; {held.verdict}."
