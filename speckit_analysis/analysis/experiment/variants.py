"""One variant against another on quality, cost, time and errors, and what follows from it.

The candidate is the simpler variant (one model, for example), the baseline the one in use.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.pairs import (
    extra_of,
    gap_of,
    making,
    ratio_of,
    score_pairs,
)
from speckit_analysis.analysis.experiment.plan import ExperimentPlan
from speckit_analysis.analysis.experiment.recommendation import (
    ADOPT,
    KEEP,
    LEAST_SPECS,
    OPEN,
    Recommendation,
)
from speckit_analysis.analysis.experiment.tradeoff import Tradeoff, variants
from speckit_analysis.analysis.review.scores import scores_of
from speckit_analysis.errors import EvidenceError
from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.noninferiority import catastrophes
from speckit_analysis.stats.paired import Crossed, crossed, observed_range, sign_flip
from speckit_analysis.stats.planning import (
    MOST_REVIEWERS,
    MOST_UNITS,
    cautious_deviation,
    plan,
    units_for_margin,
)


def every_variant(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return quality, cost and time of all variants, and which are worth considering.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`.scores.usable`, one experiment.

    Returns
    -------
    DataFrame
        As :func:`.tradeoff.variants` returns it.
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
        Candidate less baseline by SPEC, mean over reviewers.
    baseline_mean : float
        Mean quality of the baseline, in points.
    left_out : str
        SPECs and reviewers without a score of both variants; empty where there are none.
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
    left_out: str
    tradeoff: Tradeoff
    needed: str
    verdict: str
    rule: str

    @property
    def gap(self) -> Estimate:
        """The difference in quality, for these reviewers only where no more can be said."""
        return self.quality.told

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
            else f"; {self.candidate} costs {_ratio(self.cost)} what {self.baseline} costs"
        )
        left = f"; {self.left_out}" if self.left_out else ""
        return self.quality_words + cost + left

    @property
    def quality_words(self) -> str:
        """The difference in quality, with interval and n; why there is none."""
        gap = self.gap
        if gap.refusal:
            return gap.refusal
        only = ", and it speaks of these only" if self.quality.estimate.refusal else ""
        return (
            f"the quality of {self.candidate} differs by {gap.value:+.2f} points"
            f" ({_level(gap)}{gap.low:+.2f} to {gap.high:+.2f}; {wording.count(gap.n, 'SPEC')},"
            f" {wording.count(self.quality.reviewers, 'reviewer')}{only})"
        )

    @property
    def design_sentence(self) -> str:
        """What so few SPECs and reviewers can show at all."""
        found, gaps = self.quality.estimate, self.gaps.to_numpy(float)
        if found.refusal or len(gaps) < 2:
            return ""
        p_value, least = sign_flip(gaps)
        freedom = found.degrees_of_freedom
        level = (1 + found.level) / 2
        quantiles = special.stdtrit(freedom, level) + special.stdtrit(freedom, 0.8)
        told = (
            "By exchanged signs, which assume nothing of their distribution,"
            f" {wording.p_value(p_value)}; with {wording.count(found.n, 'SPEC')} none below"
            f" {least:.2g} is possible. With a probability of 80 % this design sees a difference of"
            f" {quantiles * found.standard_error:.1f} points or more."
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
            "" if self.gap.refusal else self.numbers,
            f"{wording.exact_percent(self.margin)} of the quality may be lost",
            self.needed or "Other models, prompts or kinds of SPEC.",
            "single_vs_multi",
        )

    def table(self) -> pd.DataFrame:
        """Return one row per estimate, with its interval, n, level and method."""
        kept = wording.exact_percent(1 - self.margin)
        rows = [
            ("quality, points, candidate less baseline", self.quality.estimate),
            ("… for these reviewers only", self.quality.panel),
            ("… median and range, as seen", observed_range(self.gaps.to_numpy(float))),
            (
                f"quality kept above {kept} of the baseline",
                self.kept.estimate,
            ),
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
                | {"n": each.n, "level": each.level, "method": each.refusal or each.method}
                for what, each in rows
            ]
        )
        kinds = {"n": "Int64", "what": "string", "level": "Float64"}
        return table.astype(dict.fromkeys(figures, "Float64") | kinds)


def _ratio(found: Estimate) -> str:
    return (
        f"{wording.ratio(found.value)} times ({_level(found)}{wording.ratio(found.low)} to"
        f" {wording.ratio(found.high)})"
    )


def _level(found: Estimate) -> str:
    """Return what to put before an interval whose level is not the usual one."""
    return "" if abs(found.level - 0.95) < 1e-9 else f"{100 * found.level:.1f} %: "


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
        From :func:`.scores.usable`, one experiment.
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
    if baseline == candidate:
        raise EvidenceError(f"baseline and candidate are both {baseline!r}; name two variants")
    pairs = score_pairs(reviews, baseline, candidate, margin)
    if pairs.gaps.empty:
        why = f"no SPEC has scores of both {candidate} and {baseline}"
        quality = kept = _refused(why, 1 - alpha)
    else:
        quality = crossed(pairs.gaps.to_numpy(float), 1 - alpha)
        kept = crossed(pairs.kept.to_numpy(float), 1 - 2 * alpha)
    costs, gaps = making(reviews, "output_cost_usd"), pairs.gaps.mean(axis=1)
    variants_named = (candidate, baseline, 1 - alpha)
    cost = ratio_of(costs, *variants_named)
    seconds = ratio_of(making(reviews, "output_seconds"), *variants_named)
    verdict, rule = verdict_of(quality, kept, cost, seconds)
    extra = extra_of(costs, pairs.gaps, candidate, baseline)
    return Experiment(
        baseline=baseline,
        candidate=candidate,
        margin=margin,
        quality=quality,
        kept=kept,
        disasters=catastrophes(gaps.to_numpy(float), level=1 - alpha),
        cost=cost,
        seconds=seconds,
        errors=gap_of(making(reviews, "errors_detected"), *variants_named),
        gaps=gaps,
        baseline_mean=pairs.baseline_mean,
        left_out=pairs.left_out,
        tradeoff=Tradeoff(baseline, candidate, extra, worth_usd, len(gaps) - len(extra), 1 - alpha),
        needed=(
            _needed(quality, margin * pairs.baseline_mean, alpha, seed) if verdict == OPEN else ""
        ),
        verdict=verdict,
        rule=rule,
    )


def compare_planned(reviews: pd.DataFrame, fixed: ExperimentPlan) -> Experiment:
    """Compare the variants of a plan, at its margin and worth, once it is carried out."""
    found = compare_variants(
        reviews,
        fixed.baseline,
        fixed.candidate,
        margin=fixed.margin,
        worth_usd=fixed.worth_usd,
    )
    return not_before_planned(found, fixed, found.gap.n)


def not_before_planned(found: Experiment, fixed: ExperimentPlan, scored: int) -> Experiment:
    """Return what was found, open as long as fewer SPECs are scored than were planned.

    Notes
    -----
    Looking again and again until something shows would err far more often than the tests say.
    """
    if scored >= fixed.specs or found.verdict == OPEN:
        return found
    rule = (
        f"{scored} of {wording.count(fixed.specs, 'planned SPEC')} are scored, and deciding now"
        " would be a look that was not planned"
    )
    more = wording.count(fixed.specs - scored, "planned SPEC")
    return replace(found, verdict=OPEN, rule=rule, needed=f"Score the other {more}.")


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
    gap, held = quality.estimate, kept.estimate
    if gap.refusal or held.refusal:
        return OPEN, gap.refusal or held.refusal
    if gap.n < LEAST_SPECS:
        return OPEN, f"below {LEAST_SPECS} SPECs nothing is recommended"
    people = "; with two reviewers this holds for these two" if quality.reviewers == 2 else ""
    if held.low <= 0 and gap.high < 0:
        return KEEP, f"the interval of the difference in quality lies below 0{people}"
    if held.low <= 0:
        return OPEN, "the candidate is not proved to keep the quality, nor to lose it"
    told = {"cheaper": cost, "faster": seconds}
    known = {word: each for word, each in told.items() if each.n}
    better = [word for word, each in known.items() if not each.refusal and each.high < 1]
    worse = [word for word, each in known.items() if not each.refusal and each.low > 1]
    if known and not better:
        return OPEN, "the candidate keeps the quality, but is not proved to be cheaper or faster"
    if worse:
        against = {"cheaper": "dearer", "faster": "slower"}[worse[0]]
        return OPEN, f"the candidate keeps the quality and is {better[0]}, but provably {against}"
    return ADOPT, f"the lower limit of what is kept of the quality lies above the margin{people}"


def _refused(why: str, level: float) -> Crossed:
    nothing = not_estimable(0, why, method="crossed over units and reviewers", level=level)
    return Crossed(nothing, nothing, np.nan, np.nan, np.nan, 0)


def _needed(quality: Crossed, points: float, alpha: float, seed: int) -> str:
    """Say how many SPECs and reviewers would settle it, at a one-sided level of `alpha`."""
    if not quality.estimate.refusal:
        found = plan(quality, points, alpha=alpha, seed=seed)
        now, people = quality.estimate.n, quality.reviewers
        if not found.units:
            return (
                f"No study of {MOST_UNITS} SPECs and {MOST_REVIEWERS} reviewers would settle it at"
                " this margin."
            )
        more = max(0, found.units - now, LEAST_SPECS - now)
        extra = max(0, found.reviewers - people)
        told = [wording.count(more, "more SPEC")] if more else []
        told += [wording.count(extra, "more reviewer")] if extra else []
        helps = "SPECs" if found.helps == "units" else found.helps
        if not told:
            return f"Another study of this size may settle it; more {helps} help most."
        return (
            "To settle it with a probability of 80 %, if there is no difference, score"
            f" {' with '.join(told)}; more {helps} help most."
        )
    if quality.panel.refusal and quality.panel.n >= LEAST_SPECS:
        return "Score on a finer scale: all differences are equal."
    if quality.panel.refusal or quality.panel.n < LEAST_SPECS or quality.reviewers > 1:
        return "Let the same two reviewers or more score both variants of 5 SPECs at least."
    units = units_for_margin(
        cautious_deviation(deviation_of(quality.panel), quality.panel.n), points, alpha=alpha
    )
    if units is None:
        return "No feasible number of SPECs would settle it at this margin."
    lacking = wording.count(max(1, units - quality.panel.n), "more SPEC")
    return f"To settle it, score {lacking}, by two reviewers."


def deviation_of(found: Estimate) -> float:
    """Return the standard deviation between units that a paired t interval was made from."""
    limit = -special.stdtrit(found.n - 1, (1 - found.level) / 2)
    return float((found.high - found.low) / 2 / limit * np.sqrt(found.n))
