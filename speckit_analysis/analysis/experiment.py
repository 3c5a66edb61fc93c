"""One variant against another on quality, cost, time and errors, and what follows from it.

The candidate is the simpler variant (one model, for example), the baseline the one in use.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.blinding import first_readings
from speckit_analysis.analysis.experiment_plan import ExperimentPlan
from speckit_analysis.analysis.recommendation import (
    ADOPT,
    KEEP,
    LEAST_SPECS,
    OPEN,
    Recommendation,
)
from speckit_analysis.analysis.review import scores_of, unit_of
from speckit_analysis.analysis.tradeoff import Tradeoff, variants
from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.noninferiority import catastrophes
from speckit_analysis.stats.paired import Crossed, crossed, observed_range, paired_t, sign_flip
from speckit_analysis.stats.planning import (
    cautious_deviation,
    plan,
    smallest_effect,
    units_for_margin,
)


def making(reviews: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return what belongs to an output, units by variants: the mean over its cards.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`speckit_analysis.analysis.review.usable`.
    column : str
        ``output_cost_usd``, ``output_seconds`` or ``errors_detected``.
    """
    rows = first_readings(reviews).drop_duplicates(["output", "reviewer"])
    grouped = rows.groupby([*unit_of(rows), rows["variant"].astype("string")])[column]
    return grouped.mean().unstack("variant").astype(float)


def every_variant(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return quality, cost and time of all variants, and which are worth considering.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`speckit_analysis.analysis.review.usable`, one experiment.

    Returns
    -------
    DataFrame
        As :func:`speckit_analysis.analysis.tradeoff.variants` returns it.
    """
    names = sorted(reviews["variant"].dropna().astype(str).unique())
    scores = pd.DataFrame({name: scores_of(reviews, name).mean(axis=1) for name in names})
    return variants(
        scores, *(making(reviews, f"output_{what}") for what in ("cost_usd", "seconds"))
    )


@dataclass(frozen=True)
class Experiment:
    """What comparing two variants shows.

    Attributes
    ----------
    baseline, candidate : str
        The variants.
    margin : float
        Share of the baseline's quality that the candidate may lose.
    quality : Crossed
        Candidate less baseline, in points.
    kept : Crossed
        Candidate less (1 - margin) of the baseline, at the level of a one-sided test: above 0 is
        not inferior.
    disasters : Estimate
        Share of units that lose 2 points or more.
    cost, seconds : Estimate
        Ratio of candidate to baseline.
    errors : Estimate
        Difference of errors found for an output.
    gaps : Series of float
        Candidate less baseline by unit, mean over reviewers.
    baseline_mean : float
        Mean quality of the baseline, in points.
    tradeoff : Tradeoff
        What the baseline costs and gains above the candidate.
    needed : str
        What would settle it, where it is open.
    verdict, rule : str
        What is recommended, and the rule that gave it.
    """

    baseline: str
    candidate: str
    margin: float
    quality: Crossed
    kept: Crossed
    disasters: Estimate
    cost: Estimate
    seconds: Estimate
    errors: Estimate
    gaps: pd.Series
    baseline_mean: float
    tradeoff: Tradeoff
    needed: str
    verdict: str
    rule: str

    @property
    def gap(self) -> Estimate:
        """The difference in quality, for these reviewers only where no more can be said."""
        return self.quality.panel if self.quality.estimate.refusal else self.quality.estimate

    @property
    def too_few(self) -> bool:
        """Fewer SPECs than any recommendation takes."""
        return bool(self.gap.refusal) or self.gap.n < LEAST_SPECS

    @property
    def sentence(self) -> str:
        """The recommendation with its numbers."""
        told = {
            ADOPT: f"{self.candidate} can take the place of {self.baseline}",
            KEEP: f"Keep {self.baseline}",
            OPEN: f"Whether {self.candidate} can take the place of {self.baseline} is open",
        }[self.verdict]
        return f"{told}: {self.numbers}. {self.needed}".strip()

    @property
    def numbers(self) -> str:
        """Differences in quality and cost, with intervals and n."""
        if self.gap.refusal:
            return self.gap.refusal
        cost = (
            ""
            if self.cost.refusal
            else f", and it costs {_ratio(self.cost)} what {self.baseline} costs"
        )
        return self.quality_words + cost

    @property
    def quality_words(self) -> str:
        """The difference in quality, with interval and n; why there is none."""
        gap = self.gap
        if gap.refusal:
            return gap.refusal
        return (
            f"the quality of {self.candidate} differs by {gap.value:+.2f} points"
            f" ({gap.low:+.2f} to {gap.high:+.2f}; {wording.count(gap.n, 'SPEC')},"
            f" {wording.count(self.quality.reviewers, 'reviewer')})"
        )

    @property
    def design_sentence(self) -> str:
        """What so few SPECs and reviewers can show at all."""
        panel, gaps = self.quality.panel, self.gaps.to_numpy(float)
        if panel.refusal or len(gaps) < 2:
            return ""
        p_value, least = sign_flip(gaps)
        seen = smallest_effect(panel.n) * deviation_of(panel)
        told = (
            f"By exchanged signs, which assume nothing of their distribution,"
            f" {wording.p_value(p_value)}; {wording.count(panel.n, 'SPEC')} allow none below"
            f" {least:.2g}. With a probability of 80 % this design sees a difference of {seen:.1f}"
            f" points or more."
        )
        taste = self.quality.taste_share
        if not np.isnan(taste):
            told += (
                f" Reviewers' preferences for a variant make {wording.percent(taste)} of the error:"
                f" more {'reviewers' if taste > 0.5 else 'SPECs'} help most."
            )
        return told

    def recommendation(self) -> Recommendation:
        """Return the recommendation."""
        return Recommendation(
            f"{self.candidate} in place of {self.baseline}",
            self.baseline,
            self.verdict,
            self.rule,
            self.numbers,
            f"{wording.percent(self.margin)} of the quality may be lost",
            self.needed or "Other models, prompts or kinds of SPEC.",
            "single_vs_multi",
        )

    def table(self) -> pd.DataFrame:
        """Return every estimate: ``what``, ``value``, ``low``, ``high``, ``n``, ``method``."""
        rows = [
            ("quality, points, candidate less baseline", self.quality.estimate),
            ("… for these reviewers only", self.quality.panel),
            ("… median and range, as seen", observed_range(self.gaps.to_numpy(float))),
            (f"quality kept above {1 - self.margin:.0%} of the baseline", self.kept.estimate),
            ("share of SPECs that lose 2 points or more", self.disasters),
            ("cost, candidate over baseline", self.cost),
            ("time, candidate over baseline", self.seconds),
            ("errors found, candidate less baseline", self.errors),
            ("net benefit of the baseline, USD a SPEC", self.tradeoff.net),
        ]
        figures = ["value", "low", "high"]
        table = pd.DataFrame(
            [
                {"what": what, "value": each.value, "low": each.low, "high": each.high}
                | {"n": each.n, "method": each.refusal or each.method}
                for what, each in rows
            ]
        )
        return table.astype(dict.fromkeys(figures, "Float64") | {"n": "Int64", "what": "string"})


def _ratio(found: Estimate) -> str:
    return (
        f"{wording.ratio(found.value)} times ({wording.ratio(found.low)} to"
        f" {wording.ratio(found.high)})"
    )


def compare_variants(
    reviews: pd.DataFrame,
    baseline: str,
    candidate: str,
    *,
    margin: float = 0.05,
    worth_usd: float = 1.0,
    alpha: float = 0.05,
    seed: int = 0,
) -> Experiment:
    """Compare a simpler variant with the one in use, and say what follows.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`speckit_analysis.analysis.review.usable`, one experiment.
    baseline, candidate : str
        Names of the variants.
    margin : float
        Share of the baseline's quality that may be lost; to be fixed before unblinding.
    worth_usd : float
        What a point of quality of one SPEC is worth to you.
    alpha : float
        One-sided level of the test of the margin; intervals have level 1 - alpha.
    seed : int
        Of the planning.

    Notes
    -----
    The SPEC is the unit, and reviewers are a sample too
    (:func:`speckit_analysis.stats.paired.crossed`).  The candidate is adopted if it is not inferior
    by the margin and, where costs or times are known, provably cheaper or faster.  The baseline
    is kept if the candidate is provably worse and may lose more than the margin.  Else it is open,
    and below five SPECs always.  That a difference is not proved is never taken for none.
    """
    one, other = scores_of(reviews, candidate).align(scores_of(reviews, baseline), join="inner")
    gaps = (one - other).to_numpy(float)
    kept = (one - (1 - margin) * other).to_numpy(float)
    if one.empty:
        why = f"no SPEC has scores of both {candidate} and {baseline}"
        quality = above = _refused(why, 1 - alpha)
    else:
        quality, above = crossed(gaps, 1 - alpha), crossed(kept, 1 - 2 * alpha)
    costs = making(reviews, "output_cost_usd")
    cost = _logs(costs, candidate, baseline, 1 - alpha)
    seconds = _logs(making(reviews, "output_seconds"), candidate, baseline, 1 - alpha)
    verdict, rule = verdict_of(quality, above, cost, seconds)
    mean = float(np.nanmean(other.to_numpy(float))) if len(other) else np.nan
    by_unit = (one - other).mean(axis=1).dropna()
    by_unit.index = pd.Index([" ".join(map(str, unit)).strip() for unit in by_unit.index])
    extra = _extra(_pair(costs, candidate, baseline), one, other)
    return Experiment(
        baseline,
        candidate,
        margin,
        quality,
        above,
        catastrophes((one - other).mean(axis=1).dropna().to_numpy(float)),
        cost,
        seconds,
        _gap(making(reviews, "errors_detected"), candidate, baseline, 1 - alpha),
        by_unit,
        mean,
        Tradeoff(baseline, candidate, extra, worth_usd, len(by_unit) - len(extra)),
        _needed(quality, margin * mean, seed) if verdict == OPEN else "",
        verdict,
        rule,
    )


def compare_planned(reviews: pd.DataFrame, fixed: ExperimentPlan) -> Experiment:
    """Compare the variants of a plan, at its margin and worth."""
    return compare_variants(
        reviews,
        fixed.baseline,
        fixed.candidate,
        margin=fixed.margin,
        worth_usd=fixed.worth_usd,
    )


def verdict_of(
    quality: Crossed, kept: Crossed, cost: Estimate, seconds: Estimate
) -> tuple[str, str]:
    """Return what is recommended, and the rule that gave it.

    Parameters
    ----------
    quality, kept : Crossed
        Candidate less baseline; candidate less what of the baseline has to be kept.
    cost, seconds : Estimate
        Ratios of candidate to baseline.
    """
    gap = quality.panel if quality.estimate.refusal else quality.estimate
    held = kept.panel if quality.estimate.refusal else kept.estimate
    if gap.refusal or held.refusal:
        return OPEN, gap.refusal or held.refusal
    if gap.n < LEAST_SPECS:
        return OPEN, f"below {LEAST_SPECS} SPECs nothing is recommended"
    if held.low <= 0 and gap.high < 0:
        return KEEP, "the interval of the difference in quality lies below 0"
    if held.low <= 0:
        return OPEN, "the candidate is not proved to keep the quality, nor to lose it"
    told = [each for each in (cost, seconds) if each.n > 1]
    if told and not any(not each.refusal and each.high < 1 for each in told):
        return OPEN, "the candidate keeps the quality, but is not proved to be cheaper or faster"
    return ADOPT, "the lower limit of what is kept of the quality lies above the margin"


def _pair(table: pd.DataFrame, candidate: str, baseline: str) -> pd.DataFrame:
    return table.reindex(columns=[candidate, baseline]).dropna()


def _logs(table: pd.DataFrame, candidate: str, baseline: str, level: float) -> Estimate:
    """Return the ratio of two variants, by Student's t on logarithms."""
    both = _pair(table, candidate, baseline)
    both = both[(both > 0).all(axis=1)]
    method = "paired t on logarithms"
    if len(both) < 2:
        return not_estimable(
            len(both), "fewer than 2 SPECs tell it for both", method=method, level=level
        )
    found = paired_t(np.log((both[candidate] / both[baseline]).to_numpy(float)), level)
    if found.refusal:
        return found
    value, low, high = np.exp([found.value, found.low, found.high])
    return Estimate(float(value), float(low), float(high), level, method, found.n)


def _gap(table: pd.DataFrame, candidate: str, baseline: str, level: float) -> Estimate:
    both = _pair(table, candidate, baseline)
    return paired_t((both[candidate] - both[baseline]).to_numpy(float), level)


def _extra(costs: pd.DataFrame, one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return what the baseline (second cost, `other`) costs and gains above the candidate."""
    gained = (other - one).mean(axis=1)
    extra = costs.iloc[:, 1] - costs.iloc[:, 0]
    return pd.DataFrame({"cost_usd": extra, "points": gained}).dropna()


def _refused(why: str, level: float) -> Crossed:
    nothing = not_estimable(0, why, method="crossed over units and reviewers", level=level)
    return Crossed(nothing, nothing, np.nan, np.nan, np.nan, 0)


def _needed(quality: Crossed, points: float, seed: int) -> str:
    """Say how many SPECs and reviewers would settle it, if there is no difference."""
    if not quality.estimate.refusal:
        found = plan(quality, points, seed=seed)
        now, people = quality.estimate.n, quality.reviewers
        if not found.units:
            return "No study of 60 SPECs and 6 reviewers would settle it at this margin."
        more = max(0, found.units - now, LEAST_SPECS - now)
        extra = max(0, found.reviewers - people)
        told = [wording.count(more, "more SPEC")] if more else []
        told += [wording.count(extra, "more reviewer")] if extra else []
        helps = "SPECs" if found.helps == "units" else found.helps
        if not told:
            return f"Another study of this size may settle it; more {helps} help most."
        return f"To settle it, score {' with '.join(told)}; more {helps} help most."
    if quality.panel.refusal or quality.panel.n < 2:
        return "Score 5 SPECs in both variants at least, by two reviewers."
    units = units_for_margin(
        cautious_deviation(deviation_of(quality.panel), quality.panel.n), points
    )
    lacking = wording.count(max(1, units - quality.panel.n), "more SPEC")
    return f"To settle it, score {lacking}, by two reviewers."


def deviation_of(found: Estimate) -> float:
    """Return the standard deviation between units that a paired t interval was made from."""
    limit = -special.stdtrit(found.n - 1, (1 - found.level) / 2)
    return float((found.high - found.low) / 2 / limit * np.sqrt(found.n))
