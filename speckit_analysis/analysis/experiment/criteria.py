"""One variant against another on each criterion of a blind review."""

from __future__ import annotations

import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.pairs import score_pairs
from speckit_analysis.analysis.review.blinding import first_readings
from speckit_analysis.analysis.review.scores import criteria, unit_of
from speckit_analysis.stats.mixed import mixed_model
from speckit_analysis.stats.multiplicity import any_may_win
from speckit_analysis.stats.paired import crossed


def by_criterion(
    reviews: pd.DataFrame, baseline: str, candidate: str, margin: float = 0.05, alpha: float = 0.05
) -> pd.DataFrame:
    """Return how two variants differ on each criterion.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`.scores.usable`, one experiment.
    baseline, candidate : str
        The variants.
    margin : float
        Share of the baseline's score that may be lost.
    alpha : float
        One-sided level of the margin; intervals have level 1 - alpha.

    Returns
    -------
    DataFrame
        ``criterion`` (string), ``difference``, ``low``, ``high`` (Float64, candidate less baseline
        in points), ``specs`` (Int64), ``holm_p`` (Float64: that they differ on **any** criterion;
        corrected) and ``kept`` (boolean: not inferior by the margin; that **all** are takes no
        correction).
    """
    names = sorted(reviews["criterion"].dropna().astype(str).unique())
    rows = [_row(reviews, name, baseline, candidate, margin, alpha) for name in names]
    columns = ["criterion", "difference", "low", "high", "specs", "holm_p", "kept"]
    table = pd.DataFrame(rows, columns=columns).astype(
        {"criterion": "string", "specs": "Int64", "kept": "boolean"}
        | dict.fromkeys(("difference", "low", "high", "holm_p"), "Float64")
    )
    known = table["holm_p"].notna()
    table.loc[known, "holm_p"] = any_may_win(table.loc[known, "holm_p"].tolist())
    return table


def _row(
    reviews: pd.DataFrame, name: str, baseline: str, candidate: str, margin: float, alpha: float
) -> tuple[object, ...]:
    own = first_readings(reviews)
    pairs = score_pairs(own[own["criterion"] == name], baseline, candidate, margin)
    if pairs.gaps.empty:
        return name, None, None, None, 0, None, None
    gap = crossed(pairs.gaps.to_numpy(float), 1 - alpha).told
    kept = crossed(pairs.kept.to_numpy(float), 1 - 2 * alpha).told
    if gap.refusal:
        return name, None, None, None, gap.n, None, None
    return name, gap.value, gap.low, gap.high, gap.n, gap.p_value, bool(kept.low > 0)


def criteria_sentence(table: pd.DataFrame, alpha: float = 0.05) -> str:
    """Say on which criteria the variants differ, and on which the candidate is not inferior.

    Parameters
    ----------
    table : DataFrame
        From :func:`by_criterion`.
    alpha : float
        Level at which they differ: that given to :func:`by_criterion`.
    """
    known = table.dropna(subset="difference")
    if known.empty:
        return "No criterion was scored for both variants."
    differ = known.loc[known["holm_p"] <= alpha, "criterion"].tolist()
    kept = known.loc[known["kept"].fillna(False), "criterion"].tolist()
    told = (
        f"They differ on {wording.listed(differ)}" if differ else "On none do they provably differ"
    )
    if len(kept) == len(known):
        held = "on all of them it is not inferior"
    else:
        held = (
            f"it is not inferior on {wording.listed(kept)}"
            if kept
            else "on none is it proved to be not inferior"
        )
    return f"{told} (corrected for {wording.count(len(known), 'criterion')}); {held}."


def mixed_sentence(reviews: pd.DataFrame, baseline: str, candidate: str) -> str:
    """Say what a mixed model of the same scores gives: to compare with, never the verdict."""
    rows = criteria(reviews)
    rows = rows[rows["variant"].isin([baseline, candidate])]
    spec, stage = unit_of(rows)
    scores = pd.DataFrame(
        {
            "score": rows["score"].astype(float),
            "variant": rows["variant"].astype(str),
            "unit": spec + " " + stage,
            "reviewer": rows["reviewer"].astype(str),
        }
    )
    means = scores.groupby(["variant", "unit", "reviewer"])["score"].mean().reset_index()
    if (
        means["variant"].nunique() < 2
        or min(means["unit"].nunique(), means["reviewer"].nunique()) < 2
    ):
        return ""
    return mixed_model(means, baseline).sentence
