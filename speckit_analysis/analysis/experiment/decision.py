"""The decision over all experiments: what to adopt, keep or leave open, and what that brings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.cost.premium import latency_sentence
from speckit_analysis.analysis.cost.projection import (
    by_complexity,
    complexity_classes,
    in_order,
    spec_costs,
)
from speckit_analysis.analysis.experiment import guardrail, research
from speckit_analysis.analysis.experiment.arbiter import Arbitration, cases, judge
from speckit_analysis.analysis.experiment.deviations import deviations
from speckit_analysis.analysis.experiment.guardrail import judged
from speckit_analysis.analysis.experiment.guardrail_result import GuardrailExperiment
from speckit_analysis.analysis.experiment.plan import ExperimentPlan
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN, Recommendation
from speckit_analysis.analysis.experiment.research import researched
from speckit_analysis.analysis.experiment.research_result import ResearchExperiment
from speckit_analysis.analysis.experiment.variants import (
    Experiment,
    compare_planned,
    compare_variants,
    not_before_planned,
)
from speckit_analysis.analysis.intervals import share
from speckit_analysis.analysis.review.scores import repeated_sentence, usable
from speckit_analysis.analysis.selection import Selection, measured, spec_of
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
    deviations : DataFrame
        From :func:`.deviations.deviations`.
    success : DataFrame
        From :func:`success_metrics`.
    projection : DataFrame
        From :func:`project_costs`.
    latency_sentence : str
        How far the two estimands of latency lie apart.
    rests_on : DataFrame
        ``question`` and ``evidence`` (string): which rows each answer uses, and what is left out.
    """

    plan: ExperimentPlan
    quality: Experiment
    by_class: dict[str, Experiment]
    research: ResearchExperiment
    arbitration: Arbitration
    guardrail: GuardrailExperiment
    deviations: pd.DataFrame
    success: pd.DataFrame
    projection: pd.DataFrame
    latency_sentence: str
    rests_on: pd.DataFrame

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
        parts.append(f"{verdicts[OPEN]} of {total} {'is' if verdicts[OPEN] == 1 else 'are'} open.")
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
        If a variant of the guardrail judged an output twice, or the plan classes a SPEC that is not
        there.
    """
    used = _used(evidence, plan, include)
    quality = compare_planned(used["scores"].kept, plan)
    calls = used["calls"].kept
    costs = _passages(calls, plan)
    return Decision(
        plan=plan,
        quality=quality,
        by_class=_by_class(used["scores"].kept, calls, plan, quality.gap.n),
        research=research.compare_planned(
            used["findings"].kept,
            compare_planned(used["plans"].kept, plan.of_research),
            plan.research,
        ),
        arbitration=judge(used["outcomes"].kept, plan.arbiter.least_benefit),
        guardrail=guardrail.compare_planned(used["trials"].kept, plan.guardrail),
        deviations=deviations(plan, quality, used["scores"].kept, calls),
        success=success_metrics(quality, used["runs"].kept, plan),
        projection=project_costs(costs.kept, quality),
        latency_sentence=latency_sentence(calls),
        rests_on=_rests_on({**used, "costs": costs}),
    )


#: What rows each answer uses, by their name in :func:`_used`.
_QUESTIONS = {
    "scores": "one model against consensus",
    "plans": "plans with and without research",
    "findings": "what research found",
    "outcomes": "the arbiter",
    "trials": "guardrails",
    "runs": "telemetry coverage",
    "costs": "cost of a SPEC",
}


def _used(
    evidence: Mapping[str, pd.DataFrame], plan: ExperimentPlan, include: Sequence[str]
) -> dict[str, Selection]:
    """Return the rows that each answer uses."""
    scored = measured(evidence["reviews"], include, noun="score")
    of_plans = plan.of_research.experiment_in(scored.kept)
    findings = measured(evidence["research"], include, noun="finding")
    outcomes = measured(evidence["arbitrations"], include, noun="outcome")
    trials = measured(evidence["trials"], include, noun="trial")
    return {
        "scores": usable(scored, plan.experiment_in(scored.kept) or "none", plan.judges),
        "plans": usable(scored, of_plans or "none", plan.judges),
        "findings": researched(findings, plan.research.experiment),
        "outcomes": cases(outcomes, plan.arbiter.experiment),
        "trials": judged(trials, plan.guardrail.experiment),
        "calls": measured(evidence["calls"], include, None, noun="call"),
        "runs": measured(evidence["runs"], include, noun="run"),
    }


def _rests_on(used: Mapping[str, Selection]) -> pd.DataFrame:
    copies = {name: repeated_sentence(used[name].kept) for name in ("scores", "plans")}
    rows = [
        (question, f"{used[name].sentence} {copies.get(name, '')}".strip())
        for name, question in _QUESTIONS.items()
    ]
    return pd.DataFrame(rows, columns=["question", "evidence"], dtype="string")


def _passages(calls: pd.DataFrame, plan: ExperimentPlan) -> Selection:
    here = set(calls["spec_id"].dropna().astype(str))
    classes = {spec: name for spec, name in plan.complexity.items() if spec in here}
    return spec_costs(calls, classes)


def _by_class(
    scores: pd.DataFrame, calls: pd.DataFrame, plan: ExperimentPlan, scored: int
) -> dict[str, Experiment]:
    """Compare within each class of SPECs; the level is divided, since any of them may win."""
    specs = pd.Series(sorted(scores["spec_id"].dropna().astype(str).unique()), dtype="string")
    classes = complexity_classes(calls, specs, plan.complexity)
    names = in_order(classes)
    own = scores["spec_id"].astype("string").map(dict(zip(specs, classes, strict=True)))
    found = {
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
    return {name: not_before_planned(each, plan, scored) for name, each in found.items()}


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
        state = _state(low, high, target)
    wanted = f"at least {wording.exact_percent(target)}"
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
    return _state(-high, -low, -target)


def _state(low: float, high: float, least: float) -> str:
    """Tell whether an interval reaches `least` as a whole, or nowhere."""
    return MET if low >= least else MISSED if high < least else UNTOLD


def _covered(runs: pd.DataFrame, target: float) -> tuple[object, ...]:
    wanted = f"at least {wording.exact_percent(target)}"
    told = (runs["basis"] == "telemetry").fillna(False).astype(bool)
    found = share(told, spec_of(runs))
    if not found.n:
        return "telemetry coverage", wanted, *(np.nan,) * 3, 0, "run", UNTOLD, "no run"
    state = MET if found.estimate >= target else MISSED
    basis = "count of these runs"
    figures = (found.estimate, found.low, found.high)
    return "telemetry coverage", wanted, *figures, found.n, "run", state, basis


def project_costs(costs: pd.DataFrame, quality: Experiment) -> pd.DataFrame:
    """Return what a SPEC of each class costs, and what it would with the simpler variant.

    Parameters
    ----------
    costs : DataFrame
        From :func:`.projection.spec_costs`: what the variant in use costs.
    quality : Experiment
        Its ratio of costs is taken to hold for every class.

    Returns
    -------
    DataFrame
        ``complexity`` (string), ``specs`` (Int64), ``baseline_usd`` (typical passage of a SPEC
        through its stages), ``candidate_usd``, and ``candidate_low_usd``, ``candidate_high_usd``
        (Float64: what the ratio's interval allows).
    """
    known = by_complexity(costs)
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
