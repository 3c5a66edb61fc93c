"""Variants of a guardrail on the same outputs: false alarms, misses, burden, and which will do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.plan import GuardrailPlan
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN, Recommendation
from speckit_analysis.analysis.intervals import share
from speckit_analysis.analysis.margins import ALPHA, LEAST_SPECS
from speckit_analysis.analysis.selection import Selection, in_experiment, spec_of
from speckit_analysis.errors import EvidenceError
from speckit_analysis.stats.cochran import cochran_p
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.multiplicity import all_must_hold, any_may_win
from speckit_analysis.stats.net_share import NetShare, net_share
from speckit_analysis.stats.paired import ROUNDING, paired_t
from speckit_analysis.stats.paired_proportions import mcnemar_exact
from speckit_analysis.tables.results import RESULTS

#: The two errors of a guardrail: name, truth of the outputs, and verdict that is wrong on them.
ERRORS = (("valid outputs stopped", True, False), ("invalid outputs passed", False, True))

#: What it means that an error rises.
_RISES = {
    "valid outputs stopped": "more valid outputs are stopped",
    "invalid outputs passed": "more invalid outputs pass",
}

#: What a guardrail takes, by column: its name with its unit, and in a word.
BURDENS = {
    "latency_ms": ("time of an output, ms", "time"),
    "cost_usd": ("cost of an output, USD", "money"),
    "upkeep_minutes": ("upkeep of an output, min", "work"),
}

#: What must not be provably heavier for a candidate to be adopted.
_BILLED = ("latency_ms", "cost_usd")


@dataclass(frozen=True)
class Replacement:
    """One variant in place of the one in use, on the outputs that both judged."""

    baseline: str
    candidate: str
    #: By error, share of outputs that only the candidate errs on less those that only the
    #: baseline errs on.
    more: dict[str, NetShare]
    #: By error, McNemar's exact p-value, which takes outputs as independent.
    mcnemar_p: dict[str, float]
    #: Candidate less baseline by column of :data:`BURDENS`, SPECs as units and outputs without one
    #: left out: Student's t, or, where it is the same in all SPECs, the exact p-value of exchanging
    #: signs without an interval.
    burdens: dict[str, Estimate]
    #: Known SPECs behind each error and each burden; outputs without a SPEC add none.
    specs: dict[str, int]
    #: What it provably takes less of.
    lighter: tuple[str, ...] = ()
    #: What it provably takes more of.
    heavier: tuple[str, ...] = ()
    verdict: str = OPEN
    rule: str = ""

    @property
    def sentence(self) -> str:
        """How the candidate errs beside the baseline, and what it takes."""
        errors = ", ".join(f"{error} {_in_points(more)}" for error, more in self.more.items())
        takes = "".join(
            f"; provably {how} {wording.listed(what)}"
            for how, what in (("less", self.lighter), ("more", self.heavier))
            if what
        )
        return f"{self.candidate} less {self.baseline}, in percentage points: {errors}{takes}"

    @property
    def trade(self) -> str:
        """The rule where it takes less of one thing and provably more of another."""
        less, more = map(wording.listed, (self.lighter, self.heavier))
        return f"it errs no more and takes less {less}, but provably more {more}"


def _in_points(more: NetShare) -> str:
    value, low, high = map(wording.points, (more.value, *more.interval()))
    return f"{value} ({low} to {high}; {wording.count(more.n, 'output')})"


@dataclass(frozen=True)
class GuardrailExperiment:
    """Variants of a guardrail, and which of them will do."""

    #: The result ``guardrail_errors``.
    rates: pd.DataFrame
    #: One per candidate.
    replacements: list[Replacement]
    #: Exact p-value of Cochran's Q over all variants, by error.
    any_difference: dict[str, float]
    #: By how much a candidate's error rates may lie above the baseline's.
    margin: float
    #: Why nothing was compared; empty where something was.
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
        margin = wording.percentage_points(self.margin)
        return f"In place of {self.replacements[0].baseline}: {'; '.join(parts)} (margin {margin})."

    def recommendations(self) -> list[Recommendation]:
        """Return one recommendation a candidate; one that says why, where nothing was compared."""
        margin = f"either error rate may rise by {wording.percentage_points(self.margin)}"
        if self.refusal:
            collect = "Let two variants judge the same outputs, valid and invalid, of 5 SPECs."
            names = ("a simpler guardrail", "the guardrail")
            return [Recommendation(*names, OPEN, self.refusal, "", margin, collect, "guardrail")]
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
        if replacement.rule == replacement.trade:
            saved, spent = map(wording.listed, (replacement.lighter, replacement.heavier))
            return f"A decision on how much more {spent} the {saved} that it saves may take."
        return self._outputs_to_judge(replacement)

    def _outputs_to_judge(self, replacement: Replacement) -> str:
        """Say how many more outputs settle it, whichever way takes fewer."""
        if min(replacement.specs[error] for error in replacement.more) < LEAST_SPECS:
            return f"Let both judge valid and invalid outputs of {LEAST_SPECS} SPECs at least."
        level = ALPHA / len(self.replacements)
        # As in the verdict: the errors share half the level at which a candidate is adopted.
        higher = {
            error: _outputs_to_prove(more, 0.0, level / 4, above=True)
            for error, more in replacement.more.items()
        }
        within = {
            error: _outputs_to_prove(more, self.margin, level, above=False)
            for error, more in replacement.more.items()
        }
        worse = min(higher, key=higher.__getitem__)
        in_all = sum(within.values())
        if not 0 < min(in_all, higher[worse]) < np.inf:
            return "More outputs of known validity, invalid ones above all."
        if higher[worse] < in_all:
            needed, shown = {worse: higher[worse]}, _RISES[worse]
        else:
            limit = wording.percentage_points(self.margin)
            needed, shown = within, f"both error rates rise by less than {limit}"
        parts = [
            wording.count(outputs, f"more {error.split()[0]} output")
            for error, outputs in needed.items()
            if outputs
        ]
        return (
            f"Judge {wording.listed(parts)}, of further SPECs: if the rates are as found, these"
            f" are likely to prove that {shown}."
        )

    def paired_table(self) -> pd.DataFrame:
        """Return the result ``guardrail_pairs``; intervals at 95 %, SPECs as clusters."""
        rows = []
        for one in self.replacements:
            for error, more in one.more.items():
                counts = (more.better, more.worse, more.n)
                figures = (more.value, *more.interval(), *counts, one.mcnemar_p[error])
                rows.append((one.candidate, error, *figures))
        return RESULTS["guardrail_pairs"].of(rows)

    def burden_table(self) -> pd.DataFrame:
        """Return the result ``guardrail_burdens``; no interval where all SPECs take the same."""
        return RESULTS["guardrail_burdens"].of(
            [
                (one.candidate, BURDENS[name][0], more.value, more.low, more.high, one.specs[name])
                for one in self.replacements
                for name, more in one.burdens.items()
            ]
        )


def _outputs_to_prove(more: NetShare, limit: float, level: float, *, above: bool) -> float:
    """Return how many more outputs prove a rise above or below `limit`; infinite if it is not."""
    if not (more.value > limit if above else more.value < limit):
        return float("inf")
    needed = more.clusters_to_prove(limit, level)
    if not above:
        needed = max(needed, more.clusters_without_strikes(limit, level))
    times = needed / more.clusters
    return max(0.0, float(np.ceil((times - 1) * more.n)))


def difference_sentence(any_difference: dict[str, float]) -> str:
    """Say whether the counts prove that variants err differently at all."""
    parts = [f"{error}: {wording.p_value(p_value)}" for error, p_value in any_difference.items()]
    if not parts:
        return "Whether variants err differently at all cannot be told."
    return (
        "Whether variants err differently at all (Cochran's Q, exact, outputs as independent; a"
        f" small p says that they do): {'; '.join(parts)}."
    )


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
    reasons = pd.Series(pd.NA, frame.index, dtype="string")
    reasons = reasons.mask(frame["passed"].isna(), "without a verdict")
    reasons = reasons.mask(frame["valid"].isna(), "of unknown validity")
    reasons = reasons.mask(~in_experiment(frame, experiment), "of another experiment")
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
        Level of the intervals: clustered by SPEC, outputs without one together.

    Returns
    -------
    DataFrame
        The result ``guardrail_errors``.
    """
    rows = []
    for variant in sorted(trials["variant"].dropna().astype(str).unique()):
        for error, valid, wrong in ERRORS:
            own = trials[(trials["variant"] == variant) & (trials["valid"] == valid)]
            rate = share(own["passed"] == wrong, spec_of(own), confidence)
            counts = (rate.n, rate.hits, _known_specs(own))
            rows.append((variant, error, *counts, rate.estimate, rate.low, rate.high))
    return RESULTS["guardrail_errors"].of(rows)


def compare_guardrails(trials: pd.DataFrame, fixed: GuardrailPlan) -> GuardrailExperiment:
    """Compare variants of a guardrail with the one in use, and say which will do.

    Parameters
    ----------
    trials : DataFrame
        From :func:`judged`.
    fixed : GuardrailPlan
        The variant in use, the candidates and the margin.

    Notes
    -----
    Where a variant that is asked for judged nothing, nothing is compared, and the result says so.
    A candidate is adopted if both error rates are proved to rise by less than the margin (both
    must hold, each at its level) and to strike most outputs of a SPEC in less than that share of
    SPECs (which takes 59 SPECs at a margin of 5 %), it is provably faster, cheaper or less work
    (one-sided, Holm over burdens and candidates), and it is not provably slower or dearer
    (one-sided, uncorrected: a correction would only let more pass).  The baseline is kept if one of
    its two error rates is proved to be lower (Bonferroni), at half the level.  p-values of several
    candidates are corrected after Holm.  Outputs of one SPEC resemble each other
    (:func:`speckit_analysis.stats.net_share.net_share`); those without a SPEC are taken as one more
    cluster.  Of burdens SPECs are the units, and outputs without one are left out.  Below five
    known SPECs it is open.
    """
    tried = sorted(trials["variant"].dropna().astype(str).unique())
    others = [name for name in (fixed.candidates or tried) if name != fixed.baseline]
    rates, refusal = error_rates(trials), _refusal(fixed.baseline, others, tried)
    if refusal:
        return GuardrailExperiment(rates, [], {}, fixed.margin, refusal)
    replacements = _weighed([_replacement(trials, fixed.baseline, name) for name in others])
    return GuardrailExperiment(
        rates, decided(replacements, fixed.margin), _any_difference(trials), fixed.margin
    )


def _refusal(baseline: str, others: Sequence[str], tried: Sequence[str]) -> str:
    if not tried:
        return "no output was judged by a guardrail"
    lacking = [name for name in (baseline, *others) if name not in tried]
    if lacking:
        return f"no variant {lacking[0]!r} judged anything; there are {wording.listed(tried)}"
    return "" if others else f"only {baseline} was tried"


def decided(replacements: Sequence[Replacement], margin: float) -> list[Replacement]:
    """Return replacements with verdict and rule, as :func:`compare_guardrails` explains them."""
    adopt, keep = [], []
    for one in replacements:
        errors = one.more.values()
        within = [(more.p_below(margin), more.p_struck(margin)) for more in errors]
        adopt.append(all_must_hold(np.ravel(within).tolist()))
        keep.append(min(1.0, 2 * min(more.p_above(0.0) for more in errors)))
    limit, decisions = wording.percentage_points(margin), []
    for one, adopt_p, keep_p in zip(
        replacements, any_may_win(adopt), any_may_win(keep), strict=True
    ):
        verdict, rule = _verdict(one, adopt_p <= ALPHA, keep_p <= ALPHA / 2, limit)
        decisions.append(replace(one, verdict=verdict, rule=rule))
    return decisions


def _verdict(one: Replacement, alike: bool, worse: bool, limit: str) -> tuple[str, str]:
    for error, more in one.more.items():
        kind, specs = error.split()[0], one.specs[error]
        if more.n == 0:
            return OPEN, f"no {kind} output was judged by both"
        if specs < LEAST_SPECS:
            known = wording.count(specs, "known SPEC")
            return OPEN, f"{kind} outputs of {known}, and it takes {LEAST_SPECS}"
    if alike and one.lighter and one.heavier:
        return OPEN, one.trade
    if alike and one.lighter:
        return ADOPT, f"both error rates are proved to rise by less than {limit}"
    if alike:
        return OPEN, "it errs no more, but is not proved to take less time, money or work"
    if worse:
        return KEEP, "one of its error rates is proved to be higher"
    return OPEN, f"neither error rate is proved to rise, nor both to rise by less than {limit}"


def _weighed(replacements: Sequence[Replacement]) -> list[Replacement]:
    """Return replacements with what they provably take less of, and more of."""
    less = {
        (at, name): p_less
        for at, one in enumerate(replacements)
        for name, burden in one.burdens.items()
        if (p_less := _p_less(burden)) is not None
    }
    corrected = dict(zip(less, any_may_win(list(less.values())), strict=True))
    return [
        replace(
            one,
            lighter=tuple(
                word
                for name, (_, word) in BURDENS.items()
                if corrected.get((at, name), 1.0) <= ALPHA
            ),
            heavier=tuple(
                BURDENS[name][1] for name in _BILLED if 1 - less.get((at, name), 0.0) <= ALPHA
            ),
        )
        for at, one in enumerate(replacements)
    ]


def _p_less(burden: Estimate) -> float | None:
    """Return the one-sided p-value of a burden that is not lighter; None if nothing is known."""
    if burden.p_value is None:
        return None
    return burden.p_value / 2 if burden.value < 0 else 1 - burden.p_value / 2


def _replacement(trials: pd.DataFrame, baseline: str, candidate: str) -> Replacement:
    one, other = (
        trials[trials["variant"] == name].set_index("output") for name in (candidate, baseline)
    )
    both = one.merge(other, on="output", suffixes=("", "_baseline"))
    replacement = Replacement(baseline, candidate, {}, {}, {}, {})
    for error, valid, wrong in ERRORS:
        rows = both[both["valid"] == valid]
        errs, erred = ((rows[name] == wrong).astype(int) for name in ("passed", "passed_baseline"))
        more = net_share((errs - erred).to_numpy(float), spec_of(rows).to_numpy())
        replacement.more[error], replacement.specs[error] = more, _known_specs(rows)
        counts = (more.better, more.worse)
        replacement.mcnemar_p[error] = mcnemar_exact(*counts) if any(counts) else 1.0
    for name in BURDENS:
        rows = both[both[[name, f"{name}_baseline"]].notna().all(axis=1)]
        replacement.burdens[name], replacement.specs[name] = _burden(rows, name), _known_specs(rows)
    return replacement


def _burden(rows: pd.DataFrame, name: str) -> Estimate:
    both = rows[[name, f"{name}_baseline"]].to_numpy(float)
    more = both[:, 0] - both[:, 1]
    more[np.abs(more) <= ROUNDING * np.abs(both).max(initial=0.0)] = 0.0
    # Grouping leaves out what has no SPEC: together they are no unit like the others.
    specs = rows["spec_id"].astype("string")
    gaps = pd.Series(more, rows.index).groupby(specs).mean().to_numpy(float)
    more_by_spec = paired_t(gaps)
    if not more_by_spec.refusal or not len(gaps):
        return more_by_spec
    # Without spread Student's t says nothing; signs of equal differences are all alike, or none.
    value, least = float(gaps.mean()), 2.0 ** (1 - len(gaps))
    p_value = least if value else 1.0
    return replace(
        more_by_spec, value=value, p_value=p_value, smallest_p=least, method="exchanged signs"
    )


def _known_specs(rows: pd.DataFrame) -> int:
    return int(rows["spec_id"].nunique())


def _any_difference(trials: pd.DataFrame) -> dict[str, float]:
    """Return the exact p-value of Cochran's Q by error, over outputs that all variants judged."""
    p_values = {}
    for error, valid, _ in ERRORS:
        rows = trials[trials["valid"] == valid]
        verdicts = rows.pivot_table(
            index="output", columns="variant", values="passed", observed=True, aggfunc="first"
        ).dropna()
        if len(verdicts) and verdicts.shape[1] > 1:
            p_values[error] = cochran_p(verdicts.to_numpy(float))
    return p_values


def missed(trials: pd.DataFrame, variant: str) -> pd.DataFrame:
    """Return the result ``missed``: the invalid outputs that a variant let pass."""
    wrong = (trials["variant"] == variant) & ~trials["valid"] & trials["passed"]
    rows = trials[wrong.fillna(False).astype(bool)]
    return RESULTS["missed"].of(rows.sort_values("output", ignore_index=True))
