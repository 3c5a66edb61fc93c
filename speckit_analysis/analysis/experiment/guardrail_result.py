"""Which guardrail will do: candidates beside the variant in use, and what follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.recommendation import (
    ADOPT,
    KEEP,
    LEAST_SPECS,
    OPEN,
    Recommendation,
)
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.net_share import NetShare

#: The two errors of a guardrail: name, truth of the outputs, and verdict that is wrong on them.
ERRORS = (("valid outputs stopped", True, False), ("invalid outputs passed", False, True))

#: What a guardrail takes, by column, with its name.
BURDENS = {
    "latency_ms": "time of an output",
    "cost_usd": "cost of an output",
    "upkeep_minutes": "upkeep of an output",
}


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
        Candidate less baseline by column of :data:`BURDENS`, SPECs as units and outputs without
        one left out: Student's t, or, where it is the same in all SPECs, the exact p-value of
        exchanging signs without an interval.
    specs : dict of str to int
        Known SPECs behind each error and each burden; outputs without a SPEC add none.
    lighter, heavier : tuple of str
        What it provably takes less of, and more of.
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
    specs: dict[str, int]
    lighter: tuple[str, ...] = ()
    heavier: tuple[str, ...] = ()
    verdict: str = OPEN
    rule: str = ""

    def limits(self, burden: str) -> tuple[float, float, float]:
        """Return value, low and high of a burden by its column."""
        found = self.burdens[burden]
        return found.value, found.low, found.high

    @property
    def sentence(self) -> str:
        """How the candidate errs beside the baseline, and what it takes."""
        told = ", ".join(
            f"{error} {wording.points(each.value)} ({wording.points(each.interval()[0])} to"
            f" {wording.points(each.interval()[1])}; {wording.count(each.n, 'output')})"
            for (error, _, _), each in zip(ERRORS, (self.alarms, self.misses), strict=True)
        )
        takes = "".join(
            f"; provably {how} {wording.listed(what)}"
            for how, what in (("less", self.lighter), ("more", self.heavier))
            if what
        )
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
        margin = wording.percentage_points(self.margin)
        return f"In place of {self.replacements[0].baseline}: {'; '.join(parts)} (margin {margin})."

    def recommendations(self) -> list[Recommendation]:
        """Return one recommendation a candidate; one that says why, where nothing was compared."""
        margin = f"either error rate may rise by {wording.percentage_points(self.margin)}"
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
        if replacement.rule == trade_of(replacement):
            saved, spent = map(wording.listed, (replacement.lighter, replacement.heavier))
            return f"A decision on how much more {spent} the {saved} that it saves may take."
        return self._outputs_to_judge(replacement)

    def _outputs_to_judge(self, replacement: Replacement) -> str:
        """Say how many more outputs settle it, whichever way takes fewer."""
        if min(replacement.specs[error] for error, _, _ in ERRORS) < LEAST_SPECS:
            return f"Let both judge valid and invalid outputs of {LEAST_SPECS} SPECs at least."
        level = 0.05 / len(self.replacements)
        errors = (replacement.alarms, replacement.misses)
        # As in the verdict: the errors share half the level at which a candidate is adopted.
        higher = [_outputs_to_prove(each, 0.0, level / 4, above=True) for each in errors]
        within = [_outputs_to_prove(each, self.margin, level, above=False) for each in errors]
        if not 0 < min(sum(within), *higher) < np.inf:
            return "More outputs of known validity, invalid ones above all."
        first = int(np.argmin(higher))
        if higher[first] < sum(within):
            needed = {_KINDS[first]: higher[first]}
            shown = f"that more {_KINDS[first]} outputs {_WRONG[first]}"
        else:
            needed = dict(zip(_KINDS, within, strict=True))
            limit = wording.percentage_points(self.margin)
            shown = f"that both error rates rise by less than {limit}"
        parts = [
            wording.count(more, f"more {kind} output") for kind, more in needed.items() if more
        ]
        return (
            f"Judge {wording.listed(parts)}, of further SPECs: if the rates are as found, these"
            f" are likely to prove {shown}."
        )

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
            ``candidate``, ``burden`` (string), ``difference``, ``low``, ``high`` (Float64; no
            interval where it is the same in all SPECs), ``specs`` (Int64: known ones).
        """
        rows = [
            (each.candidate, f"{what}{_UNITS[name]}", *each.limits(name), each.specs[name])
            for each in self.replacements
            for name, what in BURDENS.items()
        ]
        columns = ["candidate", "burden", "difference", "low", "high", "specs"]
        kinds = dict.fromkeys(("candidate", "burden"), "string") | {"specs": "Int64"}
        figures = dict.fromkeys(("difference", "low", "high"), "Float64")
        return pd.DataFrame(rows, columns=columns).astype(kinds | figures)


#: Outputs of each of the errors, and what befalls them.
_KINDS, _WRONG = ("valid", "invalid"), ("are stopped", "pass")

_UNITS = {"latency_ms": ", ms", "cost_usd": ", USD", "upkeep_minutes": ", min"}


def _outputs_to_prove(found: NetShare, limit: float, level: float, *, above: bool) -> float:
    """Return how many more outputs prove a rise above or below `limit`; infinite if it is not."""
    if not (found.value > limit if above else found.value < limit):
        return float("inf")
    needed = found.clusters_to_prove(limit, level)
    if not above:
        needed = max(needed, found.clusters_without_strikes(limit, level))
    times = needed / found.clusters
    return max(0.0, float(np.ceil((times - 1) * found.n)))


def trade_of(found: Replacement) -> str:
    """Return the rule where a candidate takes less of one thing and provably more of another."""
    less, more = (wording.listed(each) for each in (found.lighter, found.heavier))
    return f"it errs no more and takes less {less}, but provably more {more}"


def difference_sentence(any_difference: dict[str, float]) -> str:
    """Say whether the counts prove that variants err differently at all."""
    parts = [f"{error}: {wording.p_value(p_value)}" for error, p_value in any_difference.items()]
    if not parts:
        return "Whether variants err differently at all cannot be told."
    return (
        "Whether variants err differently at all (Cochran's Q, exact, outputs as independent; a"
        f" small p says that they do): {'; '.join(parts)}."
    )
