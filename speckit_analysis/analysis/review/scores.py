"""How reliable the scores of a blind review are.

See :mod:`.reviewers` for the people, and
:mod:`.blinding` for the blind.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.intervals import share
from speckit_analysis.analysis.review.blinding import Blinding, first_readings
from speckit_analysis.analysis.selection import Selection, in_experiment
from speckit_analysis.stats.proportions import exact_interval, least_n_for_rate
from speckit_analysis.stats.reliability import (
    intraclass_correlation,
    krippendorff_alpha,
)

#: Fewer outputs than this, and no reliability is a reason to accept or reject reviewers.
FEW_OUTPUTS = 20

_OUTPUT = ["spec_id", "stage", "variant"]


def usable(reviews: Selection, experiment: str = "", judges: Sequence[str] = ()) -> Selection:
    """Keep the scores of people on complete cards whose variant is known.

    Parameters
    ----------
    reviews : Selection
        Rows of table ``reviews``.
    experiment : str
        Only this one; the one with most rows, if not told.
    judges : sequence of str
        Reviewers that are no people; they are looked at on their own.

    Returns
    -------
    Selection
        With the column ``output`` (string: SPEC, stage and variant).
    """
    frame = reviews.kept
    reasons = pd.Series(pd.NA, frame.index, dtype="string")
    reasons = reasons.mask(frame["score"].isna(), "without a score")
    reasons = reasons.mask(~frame["complete"].fillna(True), "on a card that is not complete")
    reasons = reasons.mask(frame["variant"].isna(), "not unblinded")
    reasons = reasons.mask(frame["reviewer"].isin(list(judges)), "of an automatic judge")
    reasons = reasons.mask(~in_experiment(frame, experiment), "of another experiment")
    parts = [frame[column].astype("string").fillna("") for column in _OUTPUT]
    output = parts[0] + " " + parts[1] + " " + parts[2]
    return reviews.assign(output=output).without(reasons)


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


#: So many scores that are all the same are no chance.
_NO_CHANCE = 8


def repeated_sentence(reviews: pd.DataFrame) -> str:
    """Say which SPECs have the very same scores throughout, as copies have; nothing if none.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`usable`, one experiment.
    """
    columns = ["stage", "variant", "reviewer", "criterion", "score"]
    rows = first_readings(reviews)
    told = rows[columns].astype("string").fillna("").agg("|".join, axis=1)
    scores = told.groupby(rows["spec_id"].astype("string")).agg(lambda own: " ".join(sorted(own)))
    many = scores[told.groupby(rows["spec_id"].astype("string")).size() >= _NO_CHANCE]
    copies = many[many.duplicated(keep=False)].index.tolist()
    if not copies:
        return ""
    return (
        f"{wording.listed(copies)} have the same scores throughout: if they are copies, they count"
        " too often, and the intervals are too narrow."
    )


def criteria(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of first readings, without ``overall`` where there are other criteria."""
    rows = first_readings(reviews)
    others = rows["criterion"] != "overall"
    return rows[others] if others.any() else rows


def unit_of(rows: pd.DataFrame) -> list[pd.Series]:
    """Return SPEC and stage of each row, which make its unit; a missing one is empty."""
    return [rows[name].astype("string").fillna("") for name in ("spec_id", "stage")]


def scores_of(reviews: pd.DataFrame, variant: str) -> pd.DataFrame:
    """Return a variant's scores, units (SPEC and stage) by reviewers, mean over criteria.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`usable`.
    variant : str
        Its name.
    """
    rows = criteria(reviews)
    rows = rows[rows["variant"] == variant]
    means = rows.groupby([*unit_of(rows), rows["reviewer"].astype("string")])["score"].mean()
    return means.unstack("reviewer").astype(float)


def per_reviewer(reviews: pd.DataFrame, criterion: str = "") -> pd.DataFrame:
    """Return the scores of outputs (rows) by reviewers (columns), first readings only.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`usable`.
    criterion : str
        One criterion; the mean over all but ``overall``, if not told.
    """
    if criterion:
        rows = first_readings(reviews)
        rows = rows[rows["criterion"] == criterion]
    else:
        rows = criteria(reviews)
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
        ``criterion``, ``variant`` (string; ``all`` pools them), ``outputs``, ``reviewers``
        (Int64), ``alpha``, ``alpha_ordinal`` (Krippendorff's), ``icc_single``, ``icc_single_low``,
        ``icc_single_high``, ``icc_mean``, ``icc_mean_low``, ``icc_mean_high`` (Float64: ICC(2,1) of
        one reviewer, ICC(2,k) of the mean; outputs that all scored).  Missing where the scores
        allow no interval.

    Notes
    -----
    What is pooled over variants is inflated by the difference between them; within a variant is
    what tells whether reviewers see the same quality.
    """
    names = [str(name) for name in reviews["criterion"].dropna().unique()]
    rows = []
    for criterion in names:
        whole = per_reviewer(reviews, criterion)
        variant_of = _variant_of(reviews).reindex(whole.index)
        groups = {"all": whole} | {
            str(name): whole[variant_of == name] for name in sorted(variant_of.dropna().unique())
        }
        rows += [
            {"criterion": criterion, "variant": name} | _agreement(table, confidence)
            for name, table in groups.items()
        ]
    columns = ["criterion", "variant", *_AGREEMENT]
    table = pd.DataFrame(rows, columns=columns)
    whole_numbers = dict.fromkeys(("outputs", "reviewers"), "Int64")
    figures = dict.fromkeys(_AGREEMENT[2:], "Float64")
    return table.astype({"criterion": "string", "variant": "string"} | whole_numbers | figures)


_AGREEMENT = (
    *("outputs", "reviewers", "alpha", "alpha_ordinal"),
    *("icc_single", "icc_single_low", "icc_single_high"),
    *("icc_mean", "icc_mean_low", "icc_mean_high"),
)


def _variant_of(reviews: pd.DataFrame) -> pd.Series:
    return reviews.drop_duplicates("output").set_index("output")["variant"].astype("string")


def _agreement(table: pd.DataFrame, confidence: float) -> dict[str, float]:
    whole = table.dropna()
    found: dict[str, float] = {"outputs": len(table), "reviewers": table.shape[1]}
    ratings = table.to_numpy(float)
    if table.shape[1] > 1 and len(table):
        found["alpha"] = krippendorff_alpha(ratings)
        found["alpha_ordinal"] = krippendorff_alpha(ratings, "ordinal")
    if len(whole) > 1 and whole.shape[1] > 1:
        icc = intraclass_correlation(whole.to_numpy(float), confidence)
        found |= {"icc_single": icc.single, "icc_mean": icc.mean}
        found |= {"icc_single_low": icc.single_low, "icc_single_high": icc.single_high}
        found |= {"icc_mean_low": icc.mean_low, "icc_mean_high": icc.mean_high}
    return found


def reliability_sentence(table: pd.DataFrame) -> str:
    """Say what the reliability means, on the overall score where there is one."""
    if table.empty:
        return "Nobody scored anything, so nothing can be said of reliability."
    name = "overall" if (table["criterion"] == "overall").any() else table["criterion"].iloc[0]
    rows = table[table["criterion"] == name].set_index("variant")
    whole = rows.loc["all"]
    if pd.isna(whole["icc_single"]):
        return (
            f"Reliability cannot be told: {wording.count(whole['reviewers'], 'reviewer')} and"
            f" {wording.count(whole['outputs'], 'output')}{_without_interval(whole)}."
        )
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


def _without_interval(whole: pd.Series) -> str:
    enough = whole["reviewers"] > 1 and whole["outputs"] > 1
    return ", and their scores differ by error alone" if enough else ""


def differences(reviews: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Return second minus first variant by SPEC (rows; mean of its stages) and reviewer."""
    return (scores_of(reviews, second) - scores_of(reviews, first)).groupby(level=0).mean()


def self_consistency(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return how far reviewers agree with themselves on packets that they read twice.

    Returns
    -------
    DataFrame
        One row per reviewer with repeats: ``reviewer`` (string), ``scores`` (Int64, read twice),
        ``same`` (Int64, within half a point) and ``mean_gap`` (Float64, points).
    """
    gaps = _gaps(reviews)
    grouped = gaps.groupby(level="reviewer", observed=True)
    table = pd.DataFrame(
        {
            "scores": grouped.size(),
            "same": (gaps <= 0.5).groupby(level="reviewer", observed=True).sum(),
            "mean_gap": grouped.mean(),
        }
    ).reset_index()
    whole = {"reviewer": "string", "scores": "Int64", "same": "Int64"}
    return table.astype(whole | {"mean_gap": "Float64"})


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
    reviews: pd.DataFrame, points: float = 1.0, gate: float = 0.9, confidence: float = 0.95
) -> pd.DataFrame:
    """Return in how many units two variants score alike, with exact intervals.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`usable`.
    points : float
        Variants are alike in a unit if the mean difference, over those who scored both, is no
        larger.
    gate : float
        Rate that is to be claimed.
    confidence : float
        Level of the intervals, and of the claim.

    Returns
    -------
    DataFrame
        ``first``, ``second`` (string), ``units``, ``alike`` (Int64), ``share``, ``low``, ``high``
        (Float64, exact interval) and ``needed`` (Int64: units it takes to claim the rate with
        as many exceptions as there are now).
    """
    variants = sorted(reviews["variant"].dropna().astype(str).unique())
    rows = []
    for first, second in combinations(variants, 2):
        gaps = differences(reviews, first, second).mean(axis=1).abs().dropna()
        alike, n = int((gaps <= points).sum()), len(gaps)
        low, high = exact_interval(alike, n, confidence) if n else (np.nan, np.nan)
        needed = least_n_for_rate(gate, n - alike, 1 - confidence)
        rows.append((first, second, n, alike, alike / n if n else np.nan, low, high, needed))
    columns = ["first", "second", "units", "alike", "share", "low", "high", "needed"]
    whole = dict.fromkeys(("units", "alike", "needed"), "Int64")
    figures = dict.fromkeys(("share", "low", "high"), "Float64")
    return pd.DataFrame(rows, columns=columns).astype(
        {"first": "string", "second": "string"} | whole | figures
    )


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
