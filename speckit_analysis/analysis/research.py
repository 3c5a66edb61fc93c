"""Is a model for research needed: what its context holds, what it finds, what plans gain by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment import Experiment, deviation_of
from speckit_analysis.analysis.experiment_plan import ResearchPlan
from speckit_analysis.analysis.intervals import share
from speckit_analysis.analysis.recommendation import (
    ADOPT,
    KEEP,
    LEAST_SPECS,
    OPEN,
    Recommendation,
)
from speckit_analysis.analysis.review import unit_of
from speckit_analysis.analysis.selection import Selection, in_experiment, spec_of
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.multiplicity import any_may_win
from speckit_analysis.stats.noninferiority import non_inferior_ratio
from speckit_analysis.stats.paired import paired_t, with_sign_flip
from speckit_analysis.stats.planning import cautious_deviation, units_for_margin

#: Sizes of a context window that models are offered with, in tokens.
WINDOWS = (200_000, 1_000_000)

#: What is counted of a research output, by column, with its name.
COUNTS = {
    "findings": "findings",
    "relevant": "relevant findings",
    "sources": "sources cited",
    "tool_calls": "tool calls",
}


def context_use(calls: pd.DataFrame, windows: Sequence[int] = WINDOWS) -> pd.DataFrame:
    """Return how much of a context window prompts use, by agent.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``, rows that count.
    windows : sequence of int
        Sizes of windows, in tokens.

    Returns
    -------
    DataFrame
        One row per agent and window: ``agent`` (string), ``calls``, ``specs``, ``median_tokens``,
        ``largest_tokens``, ``window_tokens``, ``above`` (Int64: prompts that do not fit),
        ``share``, ``low``, ``high`` (Float64, clustered by SPEC; Korn and Graubard).  Calls without
        a number of prompt tokens say nothing.
    """
    known = calls.dropna(subset=["prompt_tokens", "agent"])
    rows = []
    for agent, own in known.groupby(known["agent"].astype(str), sort=True):
        sizes = own["prompt_tokens"].astype(float)
        for window in windows:
            found = share(sizes > window, spec_of(own))
            middle, largest = round(float(sizes.median())), int(sizes.max())
            head = (agent, found.n, found.clusters, middle, largest, window, found.hits)
            rows.append((*head, found.estimate, found.low, found.high))
    counts = ["calls", "specs", "median_tokens", "largest_tokens", "window_tokens", "above"]
    columns = ["agent", *counts, "share", "low", "high"]
    kinds = {"agent": "string"} | dict.fromkeys(counts, "Int64")
    return pd.DataFrame(rows, columns=columns).astype(
        kinds | dict.fromkeys(("share", "low", "high"), "Float64")
    )


def context_sentence(use: pd.DataFrame, window: int = WINDOWS[0]) -> str:
    """Say how many prompts would not have fitted into a smaller window."""
    rows = use[use["window_tokens"] == window]
    if rows.empty:
        return "No call tells the size of its prompt, so that nothing is known of context windows."
    above, n = int(rows["above"].sum()), int(rows["calls"].sum())
    if not above:
        told = wording.all_of(n, "measured prompt")
        return (
            f"{told[0].upper()}{told[1:]} {'fits' if n == 1 else 'fit'} into"
            f" {wording.count(window)} tokens; the largest holds"
            f" {wording.count(rows['largest_tokens'].max())}."
        )
    return (
        f"{wording.count(above)} of {wording.count(n, 'measured prompt')} did not fit into"
        f" {wording.count(window)} tokens; the largest held"
        f" {wording.count(rows['largest_tokens'].max())}."
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


def outputs(research: pd.DataFrame, relevant_from: float = 6.0) -> pd.DataFrame:
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
        One row per SPEC, stage and variant: ``unit`` (SPEC and stage), ``variant``, ``spec_id``
        (string), ``findings``, ``relevant`` (missing where any finding was not rated),
        ``sources``, ``tool_calls``, ``prompt_tokens`` (Float64; what nobody recorded is missing),
        ``relevance`` (Float64: mean rating).
    """
    rows = research.assign(unit=_units(research), variant=research["variant"].astype("string"))
    specs = rows.assign(spec_id=rows["spec_id"].astype("string"))
    by_output = rows.groupby(["unit", "variant"], observed=True)
    whole = by_output[["tool_calls", "prompt_tokens"]].max().astype("Float64")
    found = rows.dropna(subset="finding")
    # A finding that several reviewers rated is one finding.
    rated = found.groupby(["unit", "variant", "finding"], observed=True)["relevance"].mean()
    each = rated.groupby(["unit", "variant"])
    whole["findings"] = each.size().reindex(whole.index).fillna(0).astype("Float64")
    relevant = (rated >= relevant_from).where(rated.notna()).astype("Float64")
    unrated = rated.isna().groupby(["unit", "variant"]).any()
    counted = relevant.groupby(["unit", "variant"]).sum().mask(unrated)
    whole["relevant"] = counted.reindex(whole.index).mask(whole["findings"] == 0, 0.0)
    cited = found.groupby(["unit", "variant"], observed=True)["citation"].nunique()
    whole["sources"] = cited.reindex(whole.index).fillna(0).astype("Float64")
    whole["relevance"] = each.mean().reindex(whole.index).astype("Float64")
    whole["spec_id"] = specs.groupby(["unit", "variant"], observed=True)["spec_id"].first()
    figures = ["findings", "relevant", "sources", "tool_calls", "prompt_tokens", "relevance"]
    columns = ["spec_id", *figures]
    return whole[columns].reset_index()


def overlap(research: pd.DataFrame, baseline: str, candidate: str) -> pd.DataFrame:
    """Return how far two variants found the same, SPEC by SPEC.

    Returns
    -------
    DataFrame
        ``unit`` (string: the SPEC), ``both``, ``only_baseline``, ``only_candidate`` (Int64:
        findings, by what they cite, else by their words) and ``jaccard`` (Float64: shared over
        all).
    """
    rows = research.dropna(subset="finding")
    said = rows["finding"].str.casefold().str.split().str.join(" ")
    keyed = rows.assign(key=rows["citation"].fillna(said), unit=rows["spec_id"].astype("string"))
    grouped = keyed.groupby(["unit", keyed["variant"].astype(str)])["key"].agg(frozenset)
    sets = grouped.unstack().reindex(columns=[baseline, candidate]).dropna()
    table = [
        (str(unit), len(one & other), len(one - other), len(other - one))
        for unit, one, other in sets.itertuples(name=None)
    ]
    columns = ["unit", "both", "only_baseline", "only_candidate"]
    frame = pd.DataFrame(table, columns=columns).astype(
        {"unit": "string"} | dict.fromkeys(columns[1:], "Int64")
    )
    total = frame[columns[1:]].sum(axis=1)
    return frame.assign(jaccard=(frame["both"] / total.where(total > 0)).astype("Float64"))


def overlap_sentence(shared: pd.DataFrame) -> str:
    """Say how much both variants found, and how much only one of them did."""
    total = int(shared[["both", "only_baseline", "only_candidate"]].to_numpy(float).sum())
    if not total:
        return "No finding of both variants was recorded for the same SPEC."
    both, one, other = (int(shared[name].sum()) for name in shared.columns[1:4])
    return (
        f"Of {wording.count(total, 'finding')} of {wording.count(len(shared), 'SPEC')}, {both} came"
        f" from both, {one} only with the research model and {other} only without; typically the"
        f" two share {wording.percent(shared['jaccard'].median())} of what they find."
    )


def _units(rows: pd.DataFrame) -> pd.Series:
    spec, stage = unit_of(rows)
    return (spec + " " + stage).str.strip()


@dataclass(frozen=True)
class ResearchExperiment:
    """Plans made with and without a model for research.

    Attributes
    ----------
    plans : Experiment
        Blind scores, cost and time of the plans, with and without.
    counts : dict of str to Estimate
        Without less with, by column of :data:`COUNTS`, with the p-value of exchanged signs.
    kept : Estimate
        Relevant findings without, less (1 - margin) of those with, at a one-sided level: above 0
        is not inferior.
    findings_margin : float
        Share of relevant findings that may be lost.
    more_specs : int or None
        To show that relevant findings are kept, if none is lost; None if no feasible number does.
    association : tuple of (float, float, int)
        Spearman's correlation of the differences in relevant findings and in quality, its p-value
        by permutation, and n.  An association, and no effect.
    verdict, rule : str
        What is recommended, and the rule that gave it.
    unpaired : int
        Outputs of a SPEC and stage that only one of the two variants has.
    unrated : int
        Outputs with a finding that nobody rated, so that their relevant ones cannot be counted.
    """

    plans: Experiment
    counts: dict[str, Estimate]
    kept: Estimate
    findings_margin: float
    more_specs: int | None
    association: tuple[float, float, int]
    verdict: str
    rule: str
    unpaired: int = 0
    unrated: int = 0

    @property
    def sentence(self) -> str:
        """The recommendation with its numbers, and what could not be compared."""
        told = {
            ADOPT: f"{self.plans.candidate} will do in place of {self.plans.baseline}",
            KEEP: f"Keep {self.plans.baseline}",
            OPEN: f"Whether {self.plans.baseline} is needed is open",
        }[self.verdict]
        return f"{told}: {self.numbers}. {self.pairing_sentence}".strip()

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
        parts = [self.plans.quality_words]
        relevant = self.counts["relevant"]
        if relevant.refusal:
            parts.append(f"relevant findings cannot be compared ({relevant.refusal})")
        else:
            parts.append(
                f"without {self.plans.baseline}, {relevant.value:+.1f} relevant findings"
                f" ({relevant.low:+.1f} to {relevant.high:+.1f};"
                f" {wording.count(relevant.n, 'SPEC')})"
            )
        return ", and ".join(part for part in parts if part)

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
            f"{wording.percent(self.plans.margin)} of the quality and"
            f" {wording.percent(self.findings_margin)} of the relevant findings may be lost",
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
        """Return what was counted: ``what``, ``value``, ``low``, ``high``, ``n``, ``p_value``."""
        rows = [
            (
                f"{what}, without less with",
                found.value,
                found.low,
                found.high,
                found.n,
                found.p_value,
            )
            for what, found in ((COUNTS[name], each) for name, each in self.counts.items())
        ]
        columns = ["what", "value", "low", "high", "n", "p_value"]
        figures = dict.fromkeys(("value", "low", "high", "p_value"), "Float64")
        return pd.DataFrame(rows, columns=columns).astype(
            {"what": "string", "n": "Int64"} | figures
        )


def compare_research(
    research: pd.DataFrame,
    plans: Experiment,
    *,
    findings_margin: float = 0.2,
    relevant_from: float = 6.0,
    alpha: float = 0.05,
) -> ResearchExperiment:
    """Compare plans made with and without a model for research, and say what follows.

    Parameters
    ----------
    research : DataFrame
        From :func:`researched`.
    plans : Experiment
        Blind scores of the plans (:func:`speckit_analysis.analysis.experiment.compare_variants`);
        its baseline is the variant with the research model.
    findings_margin : float
        Share of relevant findings that may be lost; fixed beforehand.
    relevant_from : float
        As for :func:`outputs`.
    alpha : float
        One-sided level of doing without; keeping is tested two-sided at the same.

    Notes
    -----
    The SPEC is the unit: differences of its stages are averaged.
    The model can go if the plans are not inferior and provably cheaper or faster, **and** relevant
    findings are not inferior by their margin: all must hold, each at its own level.  It is kept if
    quality or relevant findings are proved to be lower (Holm over the two).  Else it is open.
    """
    both = [plans.candidate, plans.baseline]
    held = outputs(research, relevant_from)
    held = held[held["variant"].isin(both)]
    tables = {name: _by_spec(held, name, both) for name in COUNTS}
    counts = {
        name: _difference(table.iloc[:, 0].to_numpy() - table.iloc[:, 1].to_numpy(), 1 - alpha)
        for name, table in tables.items()
    }
    relevant = tables["relevant"]
    one, other = relevant.iloc[:, 0].to_numpy(), relevant.iloc[:, 1].to_numpy()
    kept = non_inferior_ratio(one, other, findings_margin, alpha)
    verdict, rule = verdict_of(
        (plans.verdict, plans.rule), plans.gap, counts["relevant"], kept, alpha
    )
    association = _association(relevant, plans.gaps)
    more = 0 if kept.refusal else _more_specs(kept, findings_margin * float(other.mean()))
    return ResearchExperiment(
        plans,
        counts,
        kept,
        findings_margin,
        more,
        association,
        verdict,
        rule,
        int((held["unit"].value_counts() == 1).sum()),
        int(held["relevant"].isna().sum()),
    )


def _by_spec(held: pd.DataFrame, name: str, variants: list[str]) -> pd.DataFrame:
    """Return one count by SPEC and variant: the mean over stages that tell it for both."""
    table = held.pivot_table(
        index=["spec_id", "unit"], columns="variant", values=name, observed=True
    )
    paired = table.reindex(columns=variants).dropna().astype(float)
    return paired.groupby(level="spec_id").mean()


def _more_specs(kept: Estimate, margin: float) -> int | None:
    """Return how many more SPECs show that no more than `margin` findings are lost, if none is."""
    if margin <= 0:
        return 0
    deviation = cautious_deviation(deviation_of(kept), kept.n)
    units = units_for_margin(deviation, margin)
    return None if units is None else max(1, units - kept.n)


def compare_planned(
    research: pd.DataFrame, plans: Experiment, fixed: ResearchPlan
) -> ResearchExperiment:
    """Compare as a plan fixed it: see :func:`compare_research`."""
    return compare_research(
        research,
        plans,
        findings_margin=fixed.findings_margin,
        relevant_from=fixed.relevant_from,
    )


def _difference(gaps: np.ndarray, level: float) -> Estimate:
    found = paired_t(gaps, level)
    if found.n < 2:
        return replace(found, refusal="it takes 2 SPECs with findings of both")
    return found if found.refusal else with_sign_flip(found, gaps)


def verdict_of(
    plans: tuple[str, str], gap: Estimate, relevant: Estimate, kept: Estimate, alpha: float = 0.05
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
    alpha : float
        As for :func:`compare_research`.
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
    losses = any_may_win([_p_of_loss(each) for each in (gap, relevant)])
    if min(losses) <= alpha:
        which = "quality" if losses[0] <= losses[1] else "the number of relevant findings"
        return KEEP, f"{which} is proved to fall without"
    if verdict == ADOPT:
        return OPEN, "plans keep their quality, but relevant findings are not proved to be kept"
    return (
        OPEN,
        rule if verdict == OPEN else "quality is not proved to fall, both losses considered",
    )


def _p_of_loss(found: Estimate) -> float:
    """Return the two-sided p-value of a difference below 0; 1 for any other."""
    if found.refusal or found.value >= 0 or found.p_value is None:
        return 1.0
    return found.p_value


def _association(relevant: pd.DataFrame, gaps: pd.Series) -> tuple[float, float, int]:
    lost = (relevant.iloc[:, 0] - relevant.iloc[:, 1]).rename("lost")
    # An index may name the SPEC alone, or with its stage after a blank.
    names = [
        label if label in lost.index else label.rsplit(" ", 1)[0] for label in map(str, gaps.index)
    ]
    quality = gaps.groupby(np.array(names, dtype=object)).mean().rename("quality")
    both = pd.concat([lost, quality], axis=1, join="inner").dropna()
    if len(both) < 4 or both.nunique().min() < 2:
        return float("nan"), float("nan"), len(both)
    # Spearman's correlation is that of ranks, and so many draws at once are fast.
    one, other = (stats.zscore(stats.rankdata(both[name])) for name in ("lost", "quality"))
    found = stats.permutation_test(
        (one,),
        lambda mixed, axis: (mixed * other).mean(axis=axis),
        vectorized=True,
        permutation_type="pairings",
        n_resamples=19_999,
        batch=1000,
        rng=np.random.default_rng(0),
    )
    return float(found.statistic), float(found.pvalue), len(both)
