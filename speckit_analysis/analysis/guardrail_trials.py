"""Variants of a guardrail on the same outputs: false alarms, misses, burden, and which will do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment_plan import GuardrailPlan
from speckit_analysis.analysis.intervals import share
from speckit_analysis.analysis.recommendation import (
    ADOPT,
    KEEP,
    LEAST_SPECS,
    OPEN,
    Recommendation,
)
from speckit_analysis.analysis.selection import Selection
from speckit_analysis.errors import EvidenceError
from speckit_analysis.stats.cochran import cochran_q_exact
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.multiplicity import all_must_hold, any_may_win
from speckit_analysis.stats.net_share import NetShare, net_share
from speckit_analysis.stats.paired import paired_t
from speckit_analysis.stats.paired_proportions import mcnemar_exact

#: The two errors of a guardrail: name, truth of the outputs, and verdict that is wrong on them.
ERRORS = (("valid outputs stopped", True, False), ("invalid outputs passed", False, True))

#: What a guardrail takes, by column, with its name.
BURDENS = {
    "latency_ms": "time of an output",
    "cost_usd": "cost of an output",
    "upkeep_minutes": "upkeep of an output",
}


def judged(trials: Selection, experiment: str = "") -> Selection:
    """Keep the trials of outputs of known validity.

    Parameters
    ----------
    trials : Selection
        Rows of table ``trials``.
    experiment : str
        Only this one; the one with most rows, if not told.

    Raises
    ------
    EvidenceError
        If a variant judged an output twice, or two records contradict each other on its validity:
        which of the two counts, nothing tells.

    Notes
    -----
    Where a record does not tell the SPEC or the stage of its output, another one may.
    """
    frame = trials.kept
    name = experiment or (frame["experiment"].mode().iloc[0] if len(frame) else "")
    reasons = pd.Series(pd.NA, frame.index, dtype="string")
    reasons = reasons.mask(frame["passed"].isna(), "without a verdict")
    reasons = reasons.mask(frame["valid"].isna(), "of unknown validity")
    reasons = reasons.mask(frame["experiment"] != name, "of another experiment")
    left = trials.without(reasons)
    _refuse_contradictions(left.kept)
    filled = {name: _from_any_record(left.kept, name) for name in ("spec_id", "stage")}
    return replace(left, kept=left.kept.assign(**filled))


def _refuse_contradictions(trials: pd.DataFrame) -> None:
    again = trials.duplicated(["variant", "output"])
    if again.any():
        row = trials[again].iloc[0]
        raise EvidenceError(
            f"{row['source']} {row['locator']}: {row['variant']} judged {row['output']} already;"
            " leave one of the two out"
        )
    first = trials.drop_duplicates("output").set_index("output")
    other = trials["valid"] != trials["output"].map(first["valid"])
    if other.any():
        row = trials[other].iloc[0]
        before = first.loc[row["output"]]
        says, said = ("valid" if each["valid"] else "invalid" for each in (row, before))
        raise EvidenceError(
            f"{row['source']} {row['locator']}: {row['output']} is {says}, but {said} in"
            f" {before['source']} {before['locator']}; correct one of the two"
        )


def _from_any_record(trials: pd.DataFrame, name: str) -> pd.Series:
    told = trials.dropna(subset=name).drop_duplicates("output").set_index("output")[name]
    elsewhere = trials["output"].map(told).astype("string")
    return trials[name].astype("string").fillna(elsewhere).astype(trials[name].dtype)


def error_rates(trials: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return how often each variant errs on what is valid and on what is not.

    Parameters
    ----------
    trials : DataFrame
        From :func:`judged`.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        ``variant``, ``error`` (string: ``valid outputs stopped``, the false positive rate, or
        ``invalid outputs passed``, the false negative rate), ``outputs``, ``errors``, ``specs``
        (Int64), ``rate``, ``low``, ``high`` (Float64, clustered by SPEC; Korn and Graubard).
    """
    rows = []
    for variant in sorted(trials["variant"].dropna().astype(str).unique()):
        for error, valid, wrong in ERRORS:
            own = trials[(trials["variant"] == variant) & (trials["valid"] == valid)]
            found = share(own["passed"] == wrong, _units(own), confidence)
            counts = (found.n, found.hits, found.clusters)
            rows.append((variant, error, *counts, found.estimate, found.low, found.high))
    columns = ["variant", "error", "outputs", "errors", "specs", "rate", "low", "high"]
    kinds = dict.fromkeys(("variant", "error"), "string")
    kinds |= dict.fromkeys(("outputs", "errors", "specs"), "Int64")
    return pd.DataFrame(rows, columns=columns).astype(
        kinds | dict.fromkeys(("rate", "low", "high"), "Float64")
    )


@dataclass(frozen=True)
class Replacement:
    """One variant in place of the one in use, on the outputs that both judged.

    Attributes
    ----------
    baseline, candidate : str
        The variants.
    alarms, misses : NetShare
        Share of valid outputs that only the candidate stops less those that only the baseline
        stops; the same of invalid outputs that pass.
    alarms_p, misses_p : float
        McNemar's exact p-value, which takes outputs as independent.
    burdens : dict of str to Estimate
        Candidate less baseline by column of :data:`BURDENS`, SPECs as units.
    verdict, rule : str
        What is recommended, and the rule that gave it.
    """

    baseline: str
    candidate: str
    alarms: NetShare
    misses: NetShare
    alarms_p: float
    misses_p: float
    burdens: dict[str, Estimate]
    verdict: str = OPEN
    rule: str = ""

    @property
    def lighter(self) -> list[str]:
        """Names of the burdens that are provably lighter."""
        return [BURDENS[name] for name, each in self.burdens.items() if each.high < 0]

    @property
    def sentence(self) -> str:
        """How the candidate errs beside the baseline, and what it takes."""
        told = ", ".join(
            f"{error} {wording.points(each.value)} ({wording.points(each.interval()[0])} to"
            f" {wording.points(each.interval()[1])}; {wording.count(each.n, 'output')})"
            for (error, _, _), each in zip(ERRORS, (self.alarms, self.misses), strict=True)
        )
        takes = f"; provably less {wording.listed(self.lighter)}" if self.lighter else ""
        return f"{self.candidate} less {self.baseline}, in percentage points: {told}{takes}"


@dataclass(frozen=True)
class GuardrailExperiment:
    """Variants of a guardrail, and which of them will do.

    Attributes
    ----------
    rates : DataFrame
        From :func:`error_rates`.
    replacements : list of Replacement
        One per candidate.
    any_difference : dict of str to float
        Exact p-value of Cochran's Q over all variants, by error.
    margin : float
        By how much a candidate's error rates may lie above the baseline's.
    refusal : str
        Why nothing was compared; empty where something was.
    """

    rates: pd.DataFrame
    replacements: list[Replacement]
    any_difference: dict[str, float]
    margin: float
    refusal: str = ""

    @property
    def sentence(self) -> str:
        """Which variant will do, or that it is open."""
        if self.refusal:
            return f"Which guardrail will do cannot be told: {self.refusal}."
        parts = [
            f"{wording.listed(names)} {words}"
            for verdict, words in (
                (ADOPT, "will do"),
                (KEEP, "will not"),
                (OPEN, "may or may not do"),
            )
            if (names := [r.candidate for r in self.replacements if r.verdict == verdict])
        ]
        margin = wording.percent(self.margin)
        return f"In place of {self.replacements[0].baseline}: {'; '.join(parts)} (margin {margin})."

    def recommendations(self) -> list[Recommendation]:
        """Return one recommendation a candidate; one that says why, where nothing was compared."""
        margin = f"either error rate may rise by {wording.percent(self.margin)}"
        if self.refusal:
            collect = "Let two variants judge the same outputs, valid and invalid, of 5 SPECs."
            subject = "a simpler guardrail"
            return [
                Recommendation(
                    subject, "the guardrail", OPEN, self.refusal, "", margin, collect, "guardrail"
                )
            ]
        return [
            Recommendation(
                f"guardrail {each.candidate} in place of {each.baseline}",
                f"the guardrail {each.baseline}",
                each.verdict,
                each.rule,
                each.sentence,
                margin,
                self._change(each),
                "guardrail",
            )
            for each in self.replacements
        ]

    def _change(self, replacement: Replacement) -> str:
        if replacement.verdict != OPEN:
            return "Other models, prompts or kinds of output."
        level = 0.05 / len(self.replacements)
        needed = [
            each.clusters_to_prove(self.margin, level) / max(each.clusters, 1) * each.n - each.n
            if each.centre < self.margin
            else np.inf
            for each in (replacement.alarms, replacement.misses)
        ]
        parts = [
            wording.count(max(1, int(np.ceil(more))), f"more {kind} output")
            for more, kind in zip(needed, ("valid", "invalid"), strict=True)
            if np.isfinite(more) and more > 0
        ]
        if not parts:
            return "More outputs of known validity, invalid ones above all."
        return f"Judge {wording.listed(parts)}, if the rates are as found."

    def paired_table(self) -> pd.DataFrame:
        """Return how candidates err beside the baseline, on the outputs that both judged.

        Returns
        -------
        DataFrame
            ``candidate``, ``error`` (string), ``difference``, ``low``, ``high`` (Float64, 95 %,
            SPECs as clusters), ``only_candidate``, ``only_baseline`` (Int64: outputs on which only
            this one errs), ``outputs`` (Int64) and ``mcnemar_p`` (Float64, exact).
        """
        rows = [
            (each.candidate, error, net.value, *net.interval(), net.better, net.worse, net.n, p)
            for each in self.replacements
            for (error, _, _), net, p in zip(
                ERRORS, (each.alarms, each.misses), (each.alarms_p, each.misses_p), strict=True
            )
        ]
        counts = ["only_candidate", "only_baseline", "outputs"]
        figures = ["difference", "low", "high", "mcnemar_p"]
        columns = ["candidate", "error", *figures[:3], *counts, figures[3]]
        kinds = dict.fromkeys(("candidate", "error"), "string") | dict.fromkeys(counts, "Int64")
        return pd.DataFrame(rows, columns=columns).astype(kinds | dict.fromkeys(figures, "Float64"))

    def burden_table(self) -> pd.DataFrame:
        """Return what candidates take beyond the baseline.

        Returns
        -------
        DataFrame
            ``candidate``, ``burden`` (string), ``difference``, ``low``, ``high`` (Float64),
            ``specs`` (Int64).
        """
        rows = [
            (each.candidate, f"{what}{_UNITS[name]}", found.value, found.low, found.high, found.n)
            for each in self.replacements
            for name, what in BURDENS.items()
            for found in [each.burdens[name]]
        ]
        columns = ["candidate", "burden", "difference", "low", "high", "specs"]
        kinds = dict.fromkeys(("candidate", "burden"), "string") | {"specs": "Int64"}
        figures = dict.fromkeys(("difference", "low", "high"), "Float64")
        return pd.DataFrame(rows, columns=columns).astype(kinds | figures)


_UNITS = {"latency_ms": ", ms", "cost_usd": ", USD", "upkeep_minutes": ", min"}


def compare_guardrails(
    trials: pd.DataFrame,
    baseline: str,
    candidates: Sequence[str] = (),
    *,
    margin: float = 0.05,
    alpha: float = 0.05,
) -> GuardrailExperiment:
    """Compare variants of a guardrail with the one in use, and say which will do.

    Parameters
    ----------
    trials : DataFrame
        From :func:`judged`.
    baseline : str
        The variant in use.
    candidates : sequence of str
        The others; all there are, if not told.
    margin : float
        By how much either error rate may lie above the baseline's; fixed beforehand.
    alpha : float
        Level of replacing the baseline, over all candidates; keeping it is tested at half of that.

    Notes
    -----
    Where a variant that is asked for judged nothing, nothing is compared, and the result says so.
    A candidate is adopted if both error rates are proved to rise by less than the margin (both
    must hold, each at its level) and it is provably faster, cheaper or less work.  The baseline is
    kept if one of its two error rates is proved to be lower (Bonferroni).  p-values of several
    candidates are corrected after Holm.  Outputs of one SPEC resemble each other
    (:func:`speckit_analysis.stats.net_share.net_share`); below five SPECs it is open.
    """
    known = sorted(trials["variant"].dropna().astype(str).unique())
    others = [name for name in (candidates or known) if name != baseline]
    refusal = _refusal(baseline, others, known)
    if refusal:
        return GuardrailExperiment(error_rates(trials), [], {}, margin, refusal)
    found = [_replacement(trials, baseline, name) for name in others]
    verdicts = judge_candidates(
        [(each.alarms, each.misses, bool(each.lighter)) for each in found], margin, alpha
    )
    decided = [
        replace(each, verdict=verdict, rule=rule)
        for each, (verdict, rule) in zip(found, verdicts, strict=True)
    ]
    return GuardrailExperiment(error_rates(trials), decided, _any_difference(trials), margin)


def compare_planned(trials: pd.DataFrame, fixed: GuardrailPlan) -> GuardrailExperiment:
    """Compare as a plan fixed it: see :func:`compare_guardrails`."""
    return compare_guardrails(trials, fixed.baseline, fixed.candidates, margin=fixed.margin)


def judge_candidates(
    found: Sequence[tuple[NetShare, NetShare, bool]], margin: float = 0.05, alpha: float = 0.05
) -> list[tuple[str, str]]:
    """Return verdict and rule of each of several candidates.

    Parameters
    ----------
    found : sequence of (NetShare, NetShare, bool)
        Of each candidate: valid outputs more stopped, invalid outputs more passed, and whether it
        is provably faster, cheaper or less work.
    margin, alpha : float
        As for :func:`compare_guardrails`.
    """
    adopt = any_may_win(
        [all_must_hold([a.p_below(margin), m.p_below(margin)]) for a, m, _ in found]
    )
    keep = any_may_win([min(1.0, 2 * min(a.p_above(0.0), m.p_above(0.0))) for a, m, _ in found])
    return [
        _verdict(*each, adopt_p <= alpha, keep_p <= alpha / 2, wording.percent(margin))
        for each, adopt_p, keep_p in zip(found, adopt, keep, strict=True)
    ]


def _refusal(baseline: str, others: Sequence[str], known: Sequence[str]) -> str:
    if not known:
        return "no output was judged by a guardrail"
    lacking = [name for name in (baseline, *others) if name not in known]
    if lacking:
        return f"no variant {lacking[0]!r} judged anything; there are {wording.listed(known)}"
    return "" if others else f"only {baseline} was tried"


def _verdict(
    alarms: NetShare, misses: NetShare, lighter: bool, alike: bool, worse: bool, limit: str
) -> tuple[str, str]:
    for each, kind in ((alarms, "valid"), (misses, "invalid")):
        if each.n == 0:
            return OPEN, f"no {kind} output was judged by both"
        if each.clusters < LEAST_SPECS:
            return OPEN, f"{kind} outputs of fewer than {LEAST_SPECS} SPECs"
    if alike and lighter:
        return ADOPT, f"both error rates are proved to rise by less than {limit}"
    if alike:
        return OPEN, "it errs no more, but is not proved to take less time, money or work"
    if worse:
        return KEEP, "one of its error rates is proved to be higher"
    return OPEN, f"an error rate is proved neither to rise by less than {limit}, nor to rise at all"


def _replacement(trials: pd.DataFrame, baseline: str, candidate: str) -> Replacement:
    one, other = (
        trials[trials["variant"] == name].set_index("output") for name in (candidate, baseline)
    )
    both = one.merge(other, on="output", suffixes=("", "_baseline"))
    found = {}
    for error, valid, wrong in ERRORS:
        rows = both[both["valid"] == valid]
        errs = (rows["passed"] == wrong).astype(int)
        erred = (rows["passed_baseline"] == wrong).astype(int)
        more = (errs - erred).to_numpy(float)
        worse, better = int((more > 0).sum()), int((more < 0).sum())
        p_value = mcnemar_exact(worse, better) if worse + better else 1.0
        found[error] = (net_share(more, _units(rows).to_numpy()), p_value)
    (alarms, alarms_p), (misses, misses_p) = (found[error] for error, _, _ in ERRORS)
    burdens = {name: _burden(both, name) for name in BURDENS}
    return Replacement(baseline, candidate, alarms, misses, alarms_p, misses_p, burdens)


def _burden(both: pd.DataFrame, name: str) -> Estimate:
    more = (both[name] - both[f"{name}_baseline"]).dropna().astype(float)
    return paired_t(more.groupby(_units(both.loc[more.index])).mean().to_numpy(float))


def _units(rows: pd.DataFrame) -> pd.Series:
    return rows["spec_id"].astype("string").fillna("not told")


def _any_difference(trials: pd.DataFrame) -> dict[str, float]:
    """Return the exact p-value of Cochran's Q by error, over outputs that all variants judged."""
    found = {}
    for error, valid, _ in ERRORS:
        rows = trials[trials["valid"] == valid]
        verdicts = rows.pivot_table(
            index="output", columns="variant", values="passed", observed=True, aggfunc="first"
        ).dropna()
        if len(verdicts) and verdicts.shape[1] > 1:
            found[error] = cochran_q_exact(verdicts.to_numpy(float))[1]
    return found


def difference_sentence(any_difference: dict[str, float]) -> str:
    """Say whether the counts prove that variants differ at all."""
    parts = [f"{error}: {wording.p_value(p_value)}" for error, p_value in any_difference.items()]
    if not parts:
        return ""
    told = "; ".join(parts)
    return f"That all variants err alike (Cochran's Q, exact, outputs as independent): {told}."


def missed(trials: pd.DataFrame, variant: str) -> pd.DataFrame:
    """Return the invalid outputs that a variant let pass: ``output``, ``spec_id``, ``stage``."""
    wrong = (trials["variant"] == variant) & ~trials["valid"] & trials["passed"]
    columns = ["output", "spec_id", "stage"]
    rows = trials.loc[wrong.fillna(False).astype(bool), columns]
    return rows.sort_values("output", ignore_index=True)
