"""The decision over all experiments: what to adopt, keep or leave open, and what that brings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from speckit_analysis.analysis import guardrail_trials, research, wording
from speckit_analysis.analysis.arbitration import Arbitration, cases, judge
from speckit_analysis.analysis.experiment import Experiment, compare_planned, compare_variants
from speckit_analysis.analysis.experiment_plan import ExperimentPlan
from speckit_analysis.analysis.guardrail_trials import GuardrailExperiment, judged
from speckit_analysis.analysis.intervals import share
from speckit_analysis.analysis.latency import latency_sentence
from speckit_analysis.analysis.projection import (
    by_complexity,
    complexity_classes,
    in_order,
    spec_costs,
)
from speckit_analysis.analysis.recommendation import ADOPT, KEEP, OPEN, Recommendation
from speckit_analysis.analysis.research import ResearchExperiment, researched
from speckit_analysis.analysis.review import usable
from speckit_analysis.analysis.selection import measured
from speckit_analysis.stats.estimate import Estimate

#: What a target can be.
MET, MISSED, UNTOLD = "met", "not met", "cannot tell"


@dataclass(frozen=True)
class Decision:
    """Every recommendation, and what following them brings.

    Attributes
    ----------
    plan : ExperimentPlan
        What was fixed beforehand.
    quality : Experiment
        One model against consensus.
    by_class : dict of str to Experiment
        The same within each class of SPECs.
    research : ResearchExperiment
        Plans with and without the research model.
    arbitration : Arbitration
        The arbiter, stage by stage.
    guardrail : GuardrailExperiment
        Variants of the guardrail.
    success : DataFrame
        From :func:`success_metrics`.
    projection : DataFrame
        From :func:`project_costs`.
    latency_sentence : str
        How far the two estimands of latency lie apart.
    """

    plan: ExperimentPlan
    quality: Experiment
    by_class: dict[str, Experiment]
    research: ResearchExperiment
    arbitration: Arbitration
    guardrail: GuardrailExperiment
    success: pd.DataFrame
    projection: pd.DataFrame
    latency_sentence: str

    @property
    def recommendations(self) -> list[Recommendation]:
        """Every recommendation, in the order of the questions."""
        return [
            self.quality.recommendation(),
            *(_routed(name, found) for name, found in self.by_class.items()),
            self.research.recommendation(),
            *self.arbitration.recommendations(),
            *self.guardrail.recommendations(),
        ]

    @property
    def sentence(self) -> str:
        """What to adopt, what to keep, and how much is open."""
        verdicts = Counter(each.verdict for each in self.recommendations)
        adopted = [each.subject for each in self.recommendations if each.verdict == ADOPT]
        kept = [each.in_use for each in self.recommendations if each.verdict == KEEP]
        parts = [f"Adopt {wording.listed(adopted)}." if adopted else "Nothing is to be adopted."]
        if kept:
            parts.append(f"Keep {wording.listed(kept)}: what is simpler is proved to be worse.")
        total = wording.count(len(self.recommendations), "decision")
        parts.append(f"{verdicts[OPEN]} of {total} are open.")
        return " ".join(parts)


def decide(
    evidence: Mapping[str, pd.DataFrame],
    plan: ExperimentPlan,
    include: Sequence[str] = ("measured",),
) -> Decision:
    """Take every decision that the evidence allows.

    Parameters
    ----------
    evidence : mapping of str to DataFrame
        The tables.
    plan : ExperimentPlan
        Variants and margins.
    include : sequence of str
        Provenances that count.

    Raises
    ------
    EvidenceError
        If the plan names a variant of a guardrail that judged nothing.
    """
    reviews = measured(evidence["reviews"], include, noun="score")
    scores = usable(reviews, plan.experiment_in(reviews.kept) or "none").kept
    quality = compare_planned(scores, plan)
    calls = measured(evidence["calls"], include, None, noun="call").kept
    arbitrations = cases(measured(evidence["arbitrations"], include), plan.arbiter.experiment)
    trials = judged(measured(evidence["trials"], include), plan.guardrail.experiment)
    return Decision(
        plan,
        quality,
        _by_class(scores, plan, complexity_classes(calls, _specs(scores), plan.complexity)),
        _research(evidence, plan, include),
        judge(arbitrations.kept, plan.arbiter.least_benefit),
        guardrail_trials.compare_planned(trials.kept, plan.guardrail),
        success_metrics(quality, measured(evidence["runs"], include).kept, plan),
        project_costs(calls, quality, plan),
        latency_sentence(calls),
    )


def _research(
    evidence: Mapping[str, pd.DataFrame], plan: ExperimentPlan, include: Sequence[str]
) -> ResearchExperiment:
    scores = usable(measured(evidence["reviews"], include), plan.research.experiment).kept
    found = researched(measured(evidence["research"], include), plan.research.experiment).kept
    return research.compare_planned(found, compare_planned(scores, plan.of_research), plan.research)


def _specs(scores: pd.DataFrame) -> pd.Series:
    return pd.Series(sorted(scores["spec_id"].dropna().astype(str).unique()), dtype="string")


def _by_class(
    scores: pd.DataFrame, plan: ExperimentPlan, classes: pd.Series
) -> dict[str, Experiment]:
    """Compare within each class of SPECs; the level is divided, since any of them may win."""
    names = in_order(classes)
    class_of = dict(zip(_specs(scores), classes, strict=True))
    own = scores["spec_id"].astype("string").map(class_of)
    return {
        name: compare_variants(
            scores[(own == name).fillna(False).astype(bool)],
            plan.baseline,
            plan.candidate,
            margin=plan.margin,
            worth_usd=plan.worth_usd,
            alpha=0.05 / len(names),
        )
        for name in names
    }


def _routed(name: str, found: Experiment) -> Recommendation:
    return replace(
        found.recommendation(),
        subject=f"{found.candidate} for SPECs with {name}",
        in_use=f"{found.baseline} for SPECs with {name}",
        report="decision",
    )


def success_metrics(quality: Experiment, runs: pd.DataFrame, plan: ExperimentPlan) -> pd.DataFrame:
    """Hold what the simpler variant brings against what it has to.

    Parameters
    ----------
    quality : Experiment
        The simpler variant against the one in use.
    runs : DataFrame
        Table ``runs``, rows that count.
    plan : ExperimentPlan
        With its targets.

    Returns
    -------
    DataFrame
        ``metric``, ``target`` (string), ``value``, ``low``, ``high`` (Float64, shares), ``n``
        (Int64), ``unit``, ``state`` (string: ``met`` where the whole interval reaches the target,
        ``not met`` where none of it does, else ``cannot tell``) and ``basis`` (string).

    Notes
    -----
    Cost and time are ratios of typical SPECs.  Quality is the difference over the baseline's mean,
    which is taken as known.  Coverage is a count of these runs; its interval speaks of runs to
    come.
    """
    wanted = plan.success
    loss = _loss(quality)
    rows = [
        _saving("cost saved", quality.cost, wanted.cost_saving),
        _saving("time saved", quality.seconds, wanted.latency_saving),
        (
            "quality lost",
            f"at most {wording.percent(wanted.quality_loss)}",
            *loss,
            quality.gap.n,
            "SPEC",
            _at_most(loss, wanted.quality_loss),
            quality.gap.refusal or quality.gap.method,
        ),
        _covered(runs, wanted.telemetry_coverage),
    ]
    columns = ["metric", "target", "value", "low", "high", "n", "unit", "state", "basis"]
    texts = dict.fromkeys(("metric", "target", "unit", "state", "basis"), "string")
    figures = dict.fromkeys(("value", "low", "high"), "Float64")
    return pd.DataFrame(rows, columns=columns).astype(texts | figures | {"n": "Int64"})


def _saving(metric: str, ratio: Estimate, target: float) -> tuple[object, ...]:
    value, low, high = 1 - ratio.value, 1 - ratio.high, 1 - ratio.low
    state = UNTOLD
    if not ratio.refusal:
        state = MET if low >= target else MISSED if high < target else UNTOLD
    wanted = f"at least {wording.percent(target)}"
    basis = ratio.refusal or ratio.method
    return metric, wanted, value, low, high, ratio.n, "SPEC", state, basis


def _loss(quality: Experiment) -> tuple[float, float, float]:
    mean, gap = quality.baseline_mean, quality.gap
    if gap.refusal or not mean > 0:
        return np.nan, np.nan, np.nan
    return -gap.value / mean, -gap.high / mean, -gap.low / mean


def _at_most(loss: tuple[float, float, float], target: float) -> str:
    _, low, high = loss
    if np.isnan(high):
        return UNTOLD
    return MET if high <= target else MISSED if low > target else UNTOLD


def _covered(runs: pd.DataFrame, target: float) -> tuple[object, ...]:
    wanted = f"at least {wording.percent(target)}"
    told = (runs["basis"] == "telemetry").fillna(False).astype(bool)
    found = share(told, runs["spec_id"].astype("string").fillna("not told"))
    if not found.n:
        return "telemetry coverage", wanted, *(np.nan,) * 3, 0, "run", UNTOLD, "no run"
    state = MET if found.estimate >= target else MISSED
    basis = "count of these runs"
    figures = (found.estimate, found.low, found.high)
    return "telemetry coverage", wanted, *figures, found.n, "run", state, basis


def project_costs(calls: pd.DataFrame, quality: Experiment, plan: ExperimentPlan) -> pd.DataFrame:
    """Return what a SPEC of each class costs, and what it would with the simpler variant.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``, rows that count: what the variant in use costs.
    quality : Experiment
        Its ratio of costs is taken to hold for every class.
    plan : ExperimentPlan
        With the classes of SPECs, where it tells them.

    Returns
    -------
    DataFrame
        ``complexity`` (string), ``specs`` (Int64), ``baseline_usd`` (typical passage of a SPEC
        through its stages), ``candidate_usd``, and ``candidate_low_usd``, ``candidate_high_usd``
        (Float64: what the ratio's interval allows).
    """
    here = set(calls["spec_id"].dropna().astype(str))
    classes = {spec: name for spec, name in plan.complexity.items() if spec in here}
    known = by_complexity(spec_costs(calls, classes).kept)
    ratio = quality.cost
    columns = {
        "candidate_usd": ratio.value,
        "candidate_low_usd": ratio.low,
        "candidate_high_usd": ratio.high,
    }
    table = known[["complexity", "specs"]].assign(baseline_usd=known["typical_usd"])
    for name, factor in columns.items():
        table[name] = (table["baseline_usd"] * factor).astype("Float64")
    return table
