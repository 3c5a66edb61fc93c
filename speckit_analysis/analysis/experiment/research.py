"""Is a model for research needed: what its context holds, what it finds, what plans gain by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.plan import ResearchPlan
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN, Recommendation
from speckit_analysis.analysis.experiment.variants import Experiment
from speckit_analysis.analysis.intervals import share
from speckit_analysis.analysis.margins import ALPHA, LEAST_SPECS
from speckit_analysis.analysis.review.scores import unit_of
from speckit_analysis.analysis.selection import Selection, in_experiment, spec_of
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.multiplicity import any_may_win
from speckit_analysis.stats.noninferiority import non_inferior_ratio
from speckit_analysis.stats.paired import paired_t, with_sign_flip
from speckit_analysis.stats.planning import cautious_deviation, units_for_margin
from speckit_analysis.tables.results import RESULTS

#: Sizes of a context window that models are offered with, in tokens.
WINDOWS = (200_000, 1_000_000)

#: What is counted of a research output, by column, and what its difference is called.
COUNTS = {
    "findings": "findings, without less with",
    "relevant": "relevant findings, without less with",
    "sources": "sources cited, without less with",
    "tool_calls": "tool calls, without less with",
}


def context_use(calls: pd.DataFrame, windows: Sequence[int] = WINDOWS) -> pd.DataFrame:
    """Return how much of a context window prompts use, by agent.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``, rows that count; those without a number of prompt tokens say nothing.
    windows : sequence of int
        Sizes of windows, in tokens.

    Returns
    -------
    DataFrame
        The result ``context_use``.
    """
    measured = calls.dropna(subset=["prompt_tokens", "agent"])
    rows = []
    for agent, own in measured.groupby(measured["agent"].astype(str), sort=True):
        sizes = own["prompt_tokens"].astype(float)
        for window in windows:
            above = share(sizes > window, spec_of(own))
            prompts = (above.n, above.clusters, round(float(sizes.median())), int(sizes.max()))
            interval = (above.estimate, above.low, above.high)
            rows.append((agent, *prompts, window, above.hits, *interval))
    return RESULTS["context_use"].of(rows)


def context_sentence(use: pd.DataFrame, window: int = WINDOWS[0]) -> str:
    """Say how many prompts would not have fitted into a smaller window."""
    rows = use[use["window_tokens"] == window]
    if rows.empty:
        return "No call tells the size of its prompt, so that nothing is known of context windows."
    above, n = int(rows["above"].sum()), int(rows["calls"].sum())
    size, largest = wording.count(window), wording.count(rows["largest_tokens"].max())
    if not above:
        prompts = wording.all_of(n, "measured prompt")
        return (
            f"{prompts[0].upper()}{prompts[1:]} {'fits' if n == 1 else 'fit'} into {size} tokens;"
            f" the largest holds {largest}."
        )
    return (
        f"{wording.count(above)} of {wording.count(n, 'measured prompt')} did not fit into {size}"
        f" tokens; the largest held {largest}."
    )


def researched(research: Selection, experiment: str = "") -> Selection:
    """Keep the research of one experiment.

    Parameters
    ----------
    research : Selection
        Rows of table ``research``.
    experiment : str
        Only this one; the one with most rows, if not told.
    """
    frame = research.kept
    reasons = pd.Series(pd.NA, frame.index, dtype="string")
    return research.without(
        reasons.mask(~in_experiment(frame, experiment), "of another experiment")
    )


def outputs(research: pd.DataFrame, relevant_from: float) -> pd.DataFrame:
    """Return what each research output holds.

    Parameters
    ----------
    research : DataFrame
        From :func:`researched`.
    relevant_from : float
        Mean rating from which a finding counts as relevant, 0 to 10.

    Returns
    -------
    DataFrame
        The result ``research_outputs``.
    """
    keys = ["unit", "variant"]
    spec, stage = unit_of(research)
    rows = research.assign(
        unit=(spec + " " + stage).str.strip(),
        variant=research["variant"].astype("string"),
        spec_id=research["spec_id"].astype("string"),
    )
    held = rows.groupby(keys).agg(spec_id=("spec_id", "first"), tool_calls=("tool_calls", "max"))
    found = rows.dropna(subset="finding")
    # A finding that several reviewers rated is one finding.
    rated = found.groupby([*keys, "finding"])["relevance"].mean()
    relevant = (rated >= relevant_from).where(rated.notna()).astype("Float64")
    held["findings"] = rated.groupby(keys).size()
    held["relevant"] = relevant.groupby(keys).sum().mask(rated.isna().groupby(keys).any())
    held["sources"] = found.groupby(keys)["citation"].nunique()
    held.loc[held["findings"].isna(), ["findings", "relevant", "sources"]] = 0
    return RESULTS["research_outputs"].of(held.reset_index())


def overlap(research: pd.DataFrame, baseline: str, candidate: str) -> pd.DataFrame:
    """Return how far two variants found the same, SPEC by SPEC.

    Returns
    -------
    DataFrame
        The result ``overlap``.  Findings are the same if they cite the same or, without a source,
        use the same words.
    """
    rows = research.dropna(subset="finding")
    words = rows["finding"].str.casefold().str.split().str.join(" ")
    keyed = rows.assign(key=rows["citation"].fillna(words), unit=rows["spec_id"].astype("string"))
    grouped = keyed.groupby(["unit", keyed["variant"].astype(str)])["key"].agg(frozenset)
    sets = grouped.unstack().reindex(columns=[baseline, candidate]).dropna()
    counts = []
    for spec, one, other in sets.itertuples(name=None):
        both, alone = len(one & other), (len(one - other), len(other - one))
        counts.append((spec, both, *alone, both / len(one | other)))
    return RESULTS["overlap"].of(counts)


def overlap_sentence(shared: pd.DataFrame) -> str:
    """Say how much both variants found, and how much only one of them did."""
    counts = [int(shared[name].sum()) for name in ("both", "only_baseline", "only_candidate")]
    if not sum(counts):
        return "No finding of both variants was recorded for the same SPEC."
    both, one, other = counts
    findings = wording.count(sum(counts), "finding")
    return (
        f"Of {findings} of {wording.count(len(shared), 'SPEC')}, {both} came from both, {one} only"
        f" with the research model and {other} only without; typically the two share"
        f" {wording.percent(shared['jaccard'].median())} of what they find."
    )


@dataclass(frozen=True)
class ResearchExperiment:
    """Plans made with and without a model for research."""

    #: Blind scores, cost and time of the plans, with and without.
    plans: Experiment
    #: Without less with, by column of :data:`COUNTS`, with the p-value of exchanged signs.
    counts: dict[str, Estimate]
    #: Relevant findings without, less (1 - margin) of those with, at a one-sided level: above 0 is
    #: not inferior.
    kept: Estimate
    #: Share of relevant findings that may be lost.
    findings_margin: float
    #: To show that relevant findings are kept, if none is lost; None if no feasible number does.
    more_specs: int | None
    #: Spearman's correlation of the differences in relevant findings and in quality, its p-value
    #: by permutation, and n.  An association, and no effect.
    association: tuple[float, float, int]
    verdict: str
    rule: str
    #: Outputs of a SPEC and stage that only one of the two variants has.
    unpaired: int = 0
    #: Outputs with a finding that nobody rated, so that their relevant ones cannot be counted.
    unrated: int = 0

    @property
    def sentence(self) -> str:
        """The recommendation with its numbers, and what could not be compared."""
        answer = {
            ADOPT: f"{self.plans.candidate} will do in place of {self.plans.baseline}",
            KEEP: f"Keep {self.plans.baseline}",
            OPEN: f"Whether {self.plans.baseline} is needed is open",
        }[self.verdict]
        return f"{answer}: {self.numbers}. {self.pairing_sentence}".strip()

    @property
    def pairing_sentence(self) -> str:
        """How many research outputs could not be compared; empty where all could."""
        parts = [
            f"{wording.count(number, 'research output')} {why}"
            for number, why in (
                (self.unpaired, "of one variant only"),
                (self.unrated, "with findings that nobody rated"),
            )
            if number
        ]
        return f"Not compared: {wording.listed(parts)}." if parts else ""

    @property
    def numbers(self) -> str:
        """Difference of quality and of relevant findings, with intervals."""
        relevant = self.counts["relevant"]
        findings = (
            f"relevant findings cannot be compared ({relevant.refusal})"
            if relevant.refusal
            else f"without {self.plans.baseline}, {relevant.value:+.1f} relevant findings"
            f" ({relevant.low:+.1f} to {relevant.high:+.1f}; {wording.count(relevant.n, 'SPEC')})"
        )
        return f"{self.plans.quality_words}, and {findings}"

    @property
    def association_sentence(self) -> str:
        """Whether plans were better where more that is relevant was found."""
        rho, p_value, n = self.association
        if np.isnan(rho):
            return "Whether more findings go with better plans cannot be told."
        return (
            "Rank correlation of what SPECs lose in relevant findings and in the quality of their"
            f" plans: {rho:+.2f} ({wording.p_value(p_value)}, {wording.count(n, 'SPEC')}). That is"
            " an association; whether one causes the other, this experiment cannot tell."
        )

    def recommendation(self) -> Recommendation:
        """Return the recommendation."""
        return Recommendation(
            f"{self.plans.candidate} in place of {self.plans.baseline}",
            self.plans.baseline,
            self.verdict,
            self.rule,
            "" if self.plans.gap.refusal else self.numbers,
            f"{wording.exact_percent(self.plans.margin)} of the quality and"
            f" {wording.exact_percent(self.findings_margin)} of the relevant findings may be lost",
            self._change(),
            "research_model",
        )

    def _change(self) -> str:
        if self.verdict != OPEN:
            return "Other models, or SPECs that need more of the context."
        relevant = self.counts["relevant"]
        if relevant.refusal or relevant.n < LEAST_SPECS:
            return "Record what research found in both variants of 5 SPECs at least, and rate it."
        if self.plans.needed and (self.kept.refusal or self.kept.low > 0):
            return self.plans.needed
        if self.kept.refusal:
            return "Compare the research of 5 SPECs at least."
        if self.more_specs is None:
            return "No feasible number of SPECs would show that relevant findings are kept."
        more = wording.count(self.more_specs, "more SPEC")
        if self.plans.needed:
            # Plans may take reviewers as well, so that one number cannot stand for both needs.
            return (
                f"{self.plans.needed} Relevant findings have to be kept too: that takes {more}, if"
                " nothing relevant is lost."
            )
        return f"Compare the research of {more}, if nothing relevant is lost."

    def table(self) -> pd.DataFrame:
        """Return the result ``research_counts``."""
        return RESULTS["research_counts"].of(
            [
                (COUNTS[name], gap.value, gap.low, gap.high, gap.n, gap.p_value)
                for name, gap in self.counts.items()
            ]
        )


def compare_research(
    research: pd.DataFrame, plans: Experiment, fixed: ResearchPlan
) -> ResearchExperiment:
    """Compare plans made with and without a model for research, and say what follows.

    Parameters
    ----------
    research : DataFrame
        From :func:`researched`.
    plans : Experiment
        Blind scores of the plans (:func:`.variants.compare_variants`);
        its baseline is the variant with the research model.
    fixed : ResearchPlan
        Its margin, and what makes a finding relevant.

    Notes
    -----
    The SPEC is the unit: differences of its stages are averaged.
    The model can go if the plans are not inferior and provably cheaper, **and** relevant
    findings are not inferior by their margin: all must hold, each at its own level.  It is kept if
    quality or relevant findings are proved to be lower (Holm over the two).  Else it is open.
    """
    both = [plans.candidate, plans.baseline]
    held = outputs(research, fixed.relevant_from)
    held = held[held["variant"].isin(both)]
    tables = {name: _by_spec(held, name, both) for name in COUNTS}
    gaps = {name: one - other for name, (one, other) in tables.items()}
    counts = {name: _difference(gap.to_numpy()) for name, gap in gaps.items()}
    one, other = (count.to_numpy() for count in tables["relevant"])
    kept = non_inferior_ratio(one, other, fixed.findings_margin, ALPHA)
    verdict, rule = verdict_of((plans.verdict, plans.rule), plans.gap, counts["relevant"], kept)
    return ResearchExperiment(
        plans=plans,
        counts=counts,
        kept=kept,
        findings_margin=fixed.findings_margin,
        more_specs=0 if kept.refusal else _more_specs(kept, fixed.findings_margin * other.mean()),
        association=_association(gaps["relevant"], plans.gaps),
        verdict=verdict,
        rule=rule,
        unpaired=int((held["unit"].value_counts() == 1).sum()),
        unrated=int(held["relevant"].isna().sum()),
    )


def _by_spec(held: pd.DataFrame, name: str, variants: list[str]) -> tuple[pd.Series, pd.Series]:
    """Return one count of each variant by SPEC: the mean over stages that tell it for both."""
    table = held.pivot_table(
        index=["spec_id", "unit"], columns="variant", values=name, observed=True
    )
    paired = table.reindex(columns=variants).dropna().astype(float)
    means = paired.groupby(level="spec_id").mean()
    return means.iloc[:, 0], means.iloc[:, 1]


def _more_specs(kept: Estimate, margin: float) -> int | None:
    """Return how many more SPECs show that no more than `margin` findings are lost, if none is."""
    if margin <= 0:
        return 0
    deviation = cautious_deviation(kept.standard_error * np.sqrt(kept.n), kept.n)
    units = units_for_margin(deviation, margin)
    return None if units is None else max(1, units - kept.n)


def _difference(gaps: np.ndarray) -> Estimate:
    difference = paired_t(gaps, 1 - ALPHA)
    if difference.n < 2:
        return replace(difference, refusal="it takes 2 SPECs with findings of both")
    return difference if difference.refusal else with_sign_flip(difference, gaps)


def verdict_of(
    plans: tuple[str, str], gap: Estimate, relevant: Estimate, kept: Estimate
) -> tuple[str, str]:
    """Return what is recommended, and the rule that gave it.

    Parameters
    ----------
    plans : tuple of str
        Verdict and rule of the plans' quality and cost.
    gap, relevant : Estimate
        Quality and relevant findings, without less with.
    kept : Estimate
        Relevant findings without, less those that have to be kept.
    """
    verdict, rule = plans
    if gap.refusal or gap.n < LEAST_SPECS:
        return OPEN, rule
    if relevant.refusal:
        return OPEN, f"relevant findings cannot be compared: {relevant.refusal}"
    if relevant.n < LEAST_SPECS:
        return OPEN, f"below {LEAST_SPECS} SPECs with findings of both nothing is recommended"
    if verdict == ADOPT and kept.low > 0:
        return ADOPT, "neither quality nor relevant findings fall by more than their margins"
    losses = any_may_win([_p_of_loss(gap), _p_of_loss(relevant)])
    if min(losses) <= ALPHA:
        which = "quality" if losses[0] <= losses[1] else "the number of relevant findings"
        return KEEP, f"{which} is proved to fall without"
    if verdict == ADOPT:
        return OPEN, "plans keep their quality, but relevant findings are not proved to be kept"
    if verdict == KEEP:
        return OPEN, "quality is not proved to fall, both losses considered"
    return OPEN, rule


def _p_of_loss(difference: Estimate) -> float:
    """Return the two-sided p-value of a difference below 0; 1 for any other."""
    if difference.refusal or difference.value >= 0 or difference.p_value is None:
        return 1.0
    return difference.p_value


def _association(lost: pd.Series, gaps: pd.Series) -> tuple[float, float, int]:
    both = pd.concat([lost, gaps], axis=1, keys=["lost", "quality"], join="inner").dropna()
    if len(both) < 4 or both.nunique().min() < 2:
        return float("nan"), float("nan"), len(both)
    # Spearman's correlation is that of ranks, and so many draws at once are fast.
    one, other = (stats.zscore(stats.rankdata(both[name])) for name in ("lost", "quality"))
    test = stats.permutation_test(
        (one,),
        lambda mixed, axis: (mixed * other).mean(axis=axis),
        vectorized=True,
        permutation_type="pairings",
        n_resamples=19_999,
        batch=1000,
        rng=np.random.default_rng(0),
    )
    return float(test.statistic), float(test.pvalue), len(both)
