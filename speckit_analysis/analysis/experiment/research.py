"""Is a model for research needed: what its context holds, what it finds, what plans gain by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.plan import ResearchPlan
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, LEAST_SPECS, OPEN
from speckit_analysis.analysis.experiment.research_result import COUNTS, ResearchExperiment
from speckit_analysis.analysis.experiment.variants import Experiment, deviation_of
from speckit_analysis.analysis.intervals import share
from speckit_analysis.analysis.review.scores import unit_of
from speckit_analysis.analysis.selection import Selection, in_experiment, spec_of
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.multiplicity import any_may_win
from speckit_analysis.stats.noninferiority import non_inferior_ratio
from speckit_analysis.stats.paired import paired_t, with_sign_flip
from speckit_analysis.stats.planning import cautious_deviation, units_for_margin

#: Sizes of a context window that models are offered with, in tokens.
WINDOWS = (200_000, 1_000_000)


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
        Blind scores of the plans (:func:`.variants.compare_variants`);
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
