"""The decision over all experiments: what to adopt, keep or leave open, and what that brings."""

from __future__ import annotations

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
from speckit_analysis.analysis.experiment import checked as outcomes
from speckit_analysis.analysis.experiment.arbiter import Arbitration, cases, judge
from speckit_analysis.analysis.experiment.checked import Checked, compare_outcomes
from speckit_analysis.analysis.experiment.controls import (
    Controls,
    judged_scores,
    outcome_controls,
    score_controls,
)
from speckit_analysis.analysis.experiment.deviations import deviations
from speckit_analysis.analysis.experiment.guardrail import (
    GuardrailExperiment,
    compare_guardrails,
    judged,
)
from speckit_analysis.analysis.experiment.plan import ExperimentPlan
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN, Recommendation
from speckit_analysis.analysis.experiment.research import (
    ResearchExperiment,
    compare_research,
    researched,
)
from speckit_analysis.analysis.experiment.variants import Experiment, compare_variants
from speckit_analysis.analysis.intervals import share
from speckit_analysis.analysis.margins import ALPHA, LEAST_SPECS
from speckit_analysis.analysis.review.blinding import Blinding, blinding
from speckit_analysis.analysis.review.scores import usable
from speckit_analysis.analysis.selection import Selection, measured, spec_of
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.tables.results import RESULTS

#: What a target can be.
MET, MISSED, UNTOLD = "met", "not met", "cannot tell"


@dataclass(frozen=True)
class Decision:
    """Every recommendation, and what following them brings."""

    #: What was fixed beforehand.
    plan: ExperimentPlan
    #: One model against consensus.
    quality: Experiment
    #: The same on checked outcomes.
    checked: Checked
    #: The same within each class of SPECs.
    by_class: dict[str, Experiment]
    #: Plans with and without the research model.
    research: ResearchExperiment
    arbitration: Arbitration
    guardrail: GuardrailExperiment
    #: Of the comparison that :attr:`subject` is.
    controls: Controls
    #: Whether reviewers could tell what they scored.
    blind: Blinding
    #: The result ``deviations``.
    deviations: pd.DataFrame
    #: The result ``success``.
    success: pd.DataFrame
    #: The result ``candidate_costs``.
    projection: pd.DataFrame
    #: How far the two estimands of latency lie apart.
    latency_sentence: str
    #: The result ``rests_on``.
    rests_on: pd.DataFrame

    @property
    def recommendations(self) -> list[Recommendation]:
        """Every recommendation, in the order of the questions.

        Where outcomes were checked, questions that nobody collected anything on are left out.
        """
        quality = self._with_doubts(self.quality.recommendation())
        every = [
            quality,
            *(_routed(name, quality) for name, quality in self.by_class.items()),
            self.research.recommendation(),
            *self.arbitration.recommendations(),
            *self.guardrail.recommendations(),
        ]
        if self.checked.rows.empty:
            return every
        checked = self.checked.recommendation()
        if {quality.verdict, checked.verdict} == {ADOPT, KEEP}:
            rule = "scores and checked outcomes contradict each other"
            why = "Find out why before you change anything."
            checked, every[0] = (
                replace(one, verdict=OPEN, rule=f"{rule} ({one.rule})", change=why)
                for one in (checked, quality)
            )
        return [checked, *(one for one in every if one.numbers)]

    def _with_doubts(self, quality: Recommendation) -> Recommendation:
        """Add to a verdict that reviewers knew what they scored."""
        if quality.verdict == OPEN or not (self.blind.index.broken or self.blind.forced):
            return quality
        why = "the blind did not hold" if self.blind.index.broken else "it was unblinded early"
        rule = f"{quality.rule}; but {why}, so scores may follow what reviewers think of variants"
        return replace(quality, rule=rule)

    @property
    def subject(self) -> Experiment | Checked:
        """The comparison that cost, targets and worth go by: of scores, else of outcomes."""
        return _subject(self.quality, self.checked)

    @property
    def by_verdict(self) -> dict[str, list[Recommendation]]:
        """The recommendations of each verdict."""
        recommendations = self.recommendations
        return {
            verdict: [one for one in recommendations if one.verdict == verdict]
            for verdict in (ADOPT, KEEP, OPEN)
        }

    @property
    def sentence(self) -> str:
        """What to adopt, what to keep, and how much is open."""
        by_verdict = self.by_verdict
        adopted, kept = ([one.title for one in by_verdict[name]] for name in (ADOPT, KEEP))
        parts = [f"Adopt {wording.listed(adopted)}." if adopted else "Nothing is to be adopted."]
        if kept:
            parts.append(f"Keep {wording.listed(kept)}: what is simpler is proved to be worse.")
        n_open = len(by_verdict[OPEN])
        total = wording.count(len(self.recommendations), "decision")
        parts.append(f"{n_open} of {total} {'are' if n_open > 1 else 'is'} open.")
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
    scores, calls = used["scores"].kept, used["calls"].kept
    quality = compare_variants(scores, plan)
    checked = compare_outcomes(used["checked"].kept, plan)
    subject = _subject(quality, checked)
    here = set(calls["spec_id"].dropna().astype(str))
    classes = {spec: name for spec, name in plan.complexity.items() if spec in here}
    costs = spec_costs(calls, classes)
    return Decision(
        plan=plan,
        quality=quality,
        checked=checked,
        by_class=_by_class(scores, calls, plan, quality.gap.n),
        research=compare_research(
            used["findings"].kept,
            compare_variants(used["plans"].kept, plan.of_research),
            plan.research,
        ),
        arbitration=judge(used["outcomes"].kept, plan.arbiter.least_benefit),
        guardrail=compare_guardrails(used["trials"].kept, plan.guardrail),
        controls=_controls(evidence, plan, include, scores, subject),
        blind=_blind(evidence, plan, include),
        deviations=deviations(plan, subject, scores, calls),
        success=success_metrics(subject, used["runs"].kept, plan),
        projection=project_costs(costs.kept, subject),
        latency_sentence=latency_sentence(calls),
        rests_on=_rests_on({**used, "costs": costs}, quality),
    )


def _subject(quality: Experiment, checked: Checked) -> Experiment | Checked:
    return quality if checked.rows.empty or quality.gap.n else checked


def _blind(
    evidence: Mapping[str, pd.DataFrame], plan: ExperimentPlan, include: Sequence[str]
) -> Blinding:
    scored = measured(evidence["reviews"], include, noun="score")
    experiment = plan.experiment_in(scored.kept) or "none"
    cards = usable(scored, experiment, plan.judges, copies=True).kept
    return blinding(cards[cards["variant"].notna()], again=plan.again)


def _controls(
    evidence: Mapping[str, pd.DataFrame],
    plan: ExperimentPlan,
    include: Sequence[str],
    scores: pd.DataFrame,
    subject: Experiment | Checked,
) -> Controls:
    if isinstance(subject, Checked):
        return outcome_controls(subject, plan)
    scored = measured(evidence["reviews"], include, noun="score")
    judged = judged_scores(scored, plan.experiment_in(scored.kept) or "none", plan)
    return score_controls(scores, plan, subject.gap, judged)


#: What rows each answer uses, by their name in :func:`_used`.
_QUESTIONS = {
    "scores": "one model against consensus",
    "checked": "checked outcomes",
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
    arbitrated = measured(evidence["arbitrations"], include, noun="outcome")
    trials = measured(evidence["trials"], include, noun="trial")
    return {
        "scores": usable(scored, plan.experiment_in(scored.kept) or "none", plan.judges),
        "plans": usable(scored, of_plans or "none", plan.judges),
        "findings": researched(findings, plan.research.experiment),
        "outcomes": cases(arbitrated, plan.arbiter.experiment),
        "trials": judged(trials, plan.guardrail.experiment),
        "checked": outcomes.usable(
            measured(evidence["outcomes"], include, noun="checked outcome"), plan
        ),
        "calls": measured(evidence["calls"], include, None, noun="call"),
        "runs": measured(evidence["runs"], include, noun="run"),
    }


def _rests_on(used: Mapping[str, Selection], quality: Experiment) -> pd.DataFrame:
    overall = int((used["scores"].kept["criterion"] == "overall").sum())
    aside = f"{wording.count(overall, 'overall score')} compared on their own" if overall else ""
    paired = {"scores": "; ".join(filter(None, (quality.left_out, aside)))}
    rows = [
        (question, " ".join(filter(None, (used[name].sentence, _as_sentence(paired.get(name))))))
        for name, question in _QUESTIONS.items()
        if name != "checked" or used[name].total
    ]
    return RESULTS["rests_on"].of(rows)


def _as_sentence(words: str | None) -> str:
    return f"In pairs: {words}." if words else ""


def _by_class(
    scores: pd.DataFrame, calls: pd.DataFrame, plan: ExperimentPlan, scored: int
) -> dict[str, Experiment]:
    """Compare within each class of SPECs; the level is divided, since any of them may win."""
    specs = pd.Series(sorted(scores["spec_id"].dropna().astype(str).unique()), dtype="string")
    classes = complexity_classes(calls, specs, plan.complexity)
    names = in_order(classes)
    own = scores["spec_id"].astype("string").map(dict(zip(specs, classes, strict=True)))
    return {
        name: compare_variants(
            scores[(own == name).fillna(False).astype(bool)],
            plan,
            alpha=ALPHA / len(names),
            scored=scored,
        )
        for name in names
    }


def _routed(name: str, quality: Experiment) -> Recommendation:
    return replace(
        quality.recommendation(),
        subject=f"{quality.candidate} for SPECs with {name}",
        in_use=f"{quality.baseline} for SPECs with {name}",
        report="decision",
    )


def success_metrics(
    quality: Experiment | Checked, runs: pd.DataFrame, plan: ExperimentPlan
) -> pd.DataFrame:
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
        The result ``success``.  A target is met where the whole interval reaches it, and not met
        where none of it does.

    Notes
    -----
    Cost and time are ratios of totals.  Quality is the difference over the baseline's mean, which
    is taken as known.  Coverage is a count of these runs; its interval speaks of runs to come.
    Below five SPECs no target is met or missed.
    """
    targets, rows = plan.success, []
    for metric, ratio, least in (
        ("cost saved", quality.cost, targets.cost_saving),
        ("time saved", quality.seconds, targets.latency_saving),
    ):
        saved = _less(1.0, ratio)
        state = _state(*saved[1:], least, ratio.n)
        made = (ratio.n, ratio.unit, state, ratio.refusal or ratio.method)
        rows.append((metric, _at_least(least), *saved, *made))
    gap, mean = quality.gap, quality.baseline_mean
    lost = _less(0.0, gap, mean if mean > 0 else np.nan)
    state = _state(-lost[2], -lost[1], -targets.quality_loss, gap.n)
    most = f"at most {wording.percent(targets.quality_loss)}"
    rows.append(("quality lost", most, *lost, gap.n, gap.unit, state, gap.refusal or gap.method))
    covered = share((runs["basis"] == "telemetry").fillna(False).astype(bool), spec_of(runs))
    figures = (covered.estimate, covered.low, covered.high)
    least = targets.telemetry_coverage
    state = _state(covered.estimate, covered.estimate, least, covered.clusters)
    made = (covered.n, "run", state, "count of these runs" if covered.n else "no run")
    rows.append(("telemetry coverage", _at_least(least), *figures, *made))
    return RESULTS["success"].of(rows)


def _less(base: float, estimate: Estimate, scale: float = 1.0) -> tuple[float, float, float]:
    """Return `base` less an estimate over `scale`, with its interval."""
    ends = (estimate.value, estimate.high, estimate.low)
    value, low, high = (base - end / scale for end in ends)
    return value, low, high


def _at_least(target: float) -> str:
    return f"at least {wording.exact_percent(target)}"


def _state(low: float, high: float, least: float, specs: int) -> str:
    """Tell whether an interval reaches `least` as a whole, or nowhere, if SPECs are enough."""
    if specs < LEAST_SPECS:
        return UNTOLD
    return MET if low >= least else MISSED if high < least else UNTOLD


def project_costs(costs: pd.DataFrame, quality: Experiment | Checked) -> pd.DataFrame:
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
        The result ``candidate_costs``.
    """
    classes, ratio = by_complexity(costs), quality.typical
    usual = classes["typical_usd"]
    return RESULTS["candidate_costs"].of(
        classes.assign(
            baseline_usd=usual,
            candidate_usd=usual * ratio.value,
            candidate_low_usd=usual * ratio.low,
            candidate_high_usd=usual * ratio.high,
        )
    )
