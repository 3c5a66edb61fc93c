"""Variants of a guardrail on the same outputs: false alarms, misses, burden, and which will do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.guardrail_result import (
    BURDENS,
    ERRORS,
    GuardrailExperiment,
    Replacement,
    trade_of,
)
from speckit_analysis.analysis.experiment.plan import GuardrailPlan
from speckit_analysis.analysis.experiment.recommendation import (
    ADOPT,
    KEEP,
    LEAST_SPECS,
    OPEN,
)
from speckit_analysis.analysis.intervals import share
from speckit_analysis.analysis.selection import Selection, in_experiment, spec_of
from speckit_analysis.errors import EvidenceError
from speckit_analysis.stats.cochran import cochran_p
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.multiplicity import all_must_hold, any_may_win
from speckit_analysis.stats.net_share import NetShare, net_share
from speckit_analysis.stats.paired import ROUNDING, paired_t
from speckit_analysis.stats.paired_proportions import mcnemar_exact

_ERROR_NAMES = tuple(error for error, _, _ in ERRORS)

#: What a guardrail takes, in a word.
_TAKES = {"latency_ms": "time", "cost_usd": "money", "upkeep_minutes": "work"}

#: What must not be provably heavier for a candidate to be adopted.
_BILLED = ("latency_ms", "cost_usd")


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
        Level of the intervals.

    Returns
    -------
    DataFrame
        ``variant``, ``error`` (string: ``valid outputs stopped``, the false positive rate, or
        ``invalid outputs passed``, the false negative rate), ``outputs``, ``errors`` (Int64),
        ``specs`` (Int64: known ones), ``rate``, ``low``, ``high`` (Float64, clustered by SPEC,
        outputs without one together; Korn and Graubard).
    """
    rows = []
    for variant in sorted(trials["variant"].dropna().astype(str).unique()):
        for error, valid, wrong in ERRORS:
            own = trials[(trials["variant"] == variant) & (trials["valid"] == valid)]
            found = share(own["passed"] == wrong, spec_of(own), confidence)
            counts = (found.n, found.hits, _known_specs(own))
            rows.append((variant, error, *counts, found.estimate, found.low, found.high))
    columns = ["variant", "error", "outputs", "errors", "specs", "rate", "low", "high"]
    kinds = dict.fromkeys(("variant", "error"), "string")
    kinds |= dict.fromkeys(("outputs", "errors", "specs"), "Int64")
    return pd.DataFrame(rows, columns=columns).astype(
        kinds | dict.fromkeys(("rate", "low", "high"), "Float64")
    )


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
    must hold, each at its level) and to strike most outputs of a SPEC in less than that share of
    SPECs (which takes 59 SPECs at a margin of 5 %), it is provably faster, cheaper or less work
    (one-sided, Holm over burdens and candidates), and it is not provably slower or dearer
    (one-sided, uncorrected: a correction would only let more pass).  The baseline is kept if one of
    its two error rates is proved to be lower (Bonferroni).  p-values of several candidates are
    corrected after Holm.  Outputs of one SPEC resemble each other
    (:func:`speckit_analysis.stats.net_share.net_share`); those without a SPEC are taken as one more
    cluster.  Of burdens SPECs are the units, and outputs without one are left out.  Below five
    known SPECs it is open.
    """
    known = sorted(trials["variant"].dropna().astype(str).unique())
    others = [name for name in (candidates or known) if name != baseline]
    refusal = _refusal(baseline, others, known)
    if refusal:
        return GuardrailExperiment(error_rates(trials), [], {}, margin, refusal)
    found = [_replacement(trials, baseline, name) for name in others]
    decided = _decided(_weighed(found, alpha), margin, alpha)
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
    cases = [
        Replacement(
            "", "", alarms, misses, 1.0, 1.0, {},
            dict(zip(_ERROR_NAMES, (alarms.clusters, misses.clusters), strict=True)),
            ("time",) if lighter else (),
        )
        for alarms, misses, lighter in found
    ]  # fmt: skip
    return [(each.verdict, each.rule) for each in _decided(cases, margin, alpha)]


def _decided(found: Sequence[Replacement], margin: float, alpha: float) -> list[Replacement]:
    """Return replacements with verdict and rule."""
    adopt = any_may_win(
        [
            all_must_hold([*_proofs(each.alarms, margin), *_proofs(each.misses, margin)])
            for each in found
        ]
    )
    keep = any_may_win(
        [min(1.0, 2 * min(r.alarms.p_above(0.0), r.misses.p_above(0.0))) for r in found]
    )
    limit = wording.percentage_points(margin)
    verdicts = [
        _verdict(each, adopt_p <= alpha, keep_p <= alpha / 2, limit)
        for each, adopt_p, keep_p in zip(found, adopt, keep, strict=True)
    ]
    return [
        replace(each, verdict=verdict, rule=rule)
        for each, (verdict, rule) in zip(found, verdicts, strict=True)
    ]


def _proofs(more: NetShare, margin: float) -> tuple[float, float]:
    """Return the p-values of errors that rise by the margin, on the whole or in whole SPECs."""
    return more.p_below(margin), more.p_struck(margin)


def _weighed(found: Sequence[Replacement], alpha: float) -> list[Replacement]:
    """Return replacements with what they provably take less of, and more of."""
    tested = [
        (number, name, less, 1 - less)
        for number, each in enumerate(found)
        for name, burden in each.burdens.items()
        if (less := _p_less(burden)) is not None
    ]
    corrected = any_may_win([less for _, _, less, _ in tested])
    lighter = {
        (number, name)
        for (number, name, *_), p in zip(tested, corrected, strict=True)
        if p <= alpha
    }
    heavier = {
        (number, name) for number, name, _, more in tested if name in _BILLED and more <= alpha
    }
    return [
        replace(each, lighter=_names(lighter, number), heavier=_names(heavier, number))
        for number, each in enumerate(found)
    ]


def _names(burdens: set[tuple[int, str]], number: int) -> tuple[str, ...]:
    return tuple(word for name, word in _TAKES.items() if (number, name) in burdens)


def _p_less(burden: Estimate) -> float | None:
    """Return the one-sided p-value of a burden that is not lighter; None if nothing is known."""
    if burden.p_value is None:
        return None
    return burden.p_value / 2 if burden.value < 0 else 1 - burden.p_value / 2


def _refusal(baseline: str, others: Sequence[str], known: Sequence[str]) -> str:
    if not known:
        return "no output was judged by a guardrail"
    lacking = [name for name in (baseline, *others) if name not in known]
    if lacking:
        return f"no variant {lacking[0]!r} judged anything; there are {wording.listed(known)}"
    return "" if others else f"only {baseline} was tried"


def _verdict(found: Replacement, alike: bool, worse: bool, limit: str) -> tuple[str, str]:
    for (error, valid, _), each in zip(ERRORS, (found.alarms, found.misses), strict=True):
        kind, specs = "valid" if valid else "invalid", found.specs[error]
        if each.n == 0:
            return OPEN, f"no {kind} output was judged by both"
        if specs < LEAST_SPECS:
            known = wording.count(specs, "known SPEC")
            return OPEN, f"{kind} outputs of {known}, and it takes {LEAST_SPECS}"
    if alike and found.lighter and found.heavier:
        return OPEN, trade_of(found)
    if alike and found.lighter:
        return ADOPT, f"both error rates are proved to rise by less than {limit}"
    if alike:
        return OPEN, "it errs no more, but is not proved to take less time, money or work"
    if worse:
        return KEEP, "one of its error rates is proved to be higher"
    return OPEN, f"neither error rate is proved to rise, nor both to rise by less than {limit}"


def _replacement(trials: pd.DataFrame, baseline: str, candidate: str) -> Replacement:
    one, other = (
        trials[trials["variant"] == name].set_index("output") for name in (candidate, baseline)
    )
    both = one.merge(other, on="output", suffixes=("", "_baseline"))
    found, specs = {}, {}
    for error, valid, wrong in ERRORS:
        rows = both[both["valid"] == valid]
        found[error], specs[error] = _paired_errors(rows, wrong), _known_specs(rows)
    (alarms, alarms_p), (misses, misses_p) = (found[error] for error in _ERROR_NAMES)
    burdens = {}
    for name in BURDENS:
        rows = both[both[[name, f"{name}_baseline"]].notna().all(axis=1)]
        burdens[name], specs[name] = _burden(rows, name), _known_specs(rows)
    return Replacement(baseline, candidate, alarms, misses, alarms_p, misses_p, burdens, specs)


def _paired_errors(rows: pd.DataFrame, wrong: bool) -> tuple[NetShare, float]:
    errs, erred = ((rows[name] == wrong).astype(int) for name in ("passed", "passed_baseline"))
    more = (errs - erred).to_numpy(float)
    worse, better = int((more > 0).sum()), int((more < 0).sum())
    p_value = mcnemar_exact(worse, better) if worse + better else 1.0
    return net_share(more, spec_of(rows).to_numpy()), p_value


def _burden(rows: pd.DataFrame, name: str) -> Estimate:
    both = rows[[name, f"{name}_baseline"]].to_numpy(float)
    more = both[:, 0] - both[:, 1]
    more[np.abs(more) <= ROUNDING * np.abs(both).max(initial=0.0)] = 0.0
    # Grouping leaves out what has no SPEC: together they are no unit like the others.
    specs = rows["spec_id"].astype("string")
    gaps = pd.Series(more, rows.index).groupby(specs).mean().to_numpy(float)
    found = paired_t(gaps)
    if not found.refusal or not len(gaps):
        return found
    # Without spread Student's t says nothing; signs of equal differences are all alike, or none.
    value, least = float(gaps.mean()), 2.0 ** (1 - len(gaps))
    p_value = least if value else 1.0
    return replace(found, value=value, p_value=p_value, smallest_p=least, method="exchanged signs")


def _known_specs(rows: pd.DataFrame) -> int:
    return int(rows["spec_id"].nunique())


def _any_difference(trials: pd.DataFrame) -> dict[str, float]:
    """Return the exact p-value of Cochran's Q by error, over outputs that all variants judged."""
    found = {}
    for error, valid, _ in ERRORS:
        rows = trials[trials["valid"] == valid]
        verdicts = rows.pivot_table(
            index="output", columns="variant", values="passed", observed=True, aggfunc="first"
        ).dropna()
        if len(verdicts) and verdicts.shape[1] > 1:
            found[error] = cochran_p(verdicts.to_numpy(float))
    return found


def missed(trials: pd.DataFrame, variant: str) -> pd.DataFrame:
    """Return the invalid outputs that a variant let pass: ``output``, ``spec_id``, ``stage``."""
    wrong = (trials["variant"] == variant) & ~trials["valid"] & trials["passed"]
    columns = ["output", "spec_id", "stage"]
    rows = trials.loc[wrong.fillna(False).astype(bool), columns]
    return rows.sort_values("output", ignore_index=True)
