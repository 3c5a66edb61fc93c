"""Plans made with and without a model for research: what was found of them, and what follows."""

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
from speckit_analysis.analysis.experiment.variants import Experiment
from speckit_analysis.stats.estimate import Estimate

#: What is counted of a research output, by column, with its name.
COUNTS = {
    "findings": "findings",
    "relevant": "relevant findings",
    "sources": "sources cited",
    "tool_calls": "tool calls",
}


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
