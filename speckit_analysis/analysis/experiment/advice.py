"""What would settle a comparison that is undecided: it follows from what stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.plan import ExperimentPlan
from speckit_analysis.analysis.experiment.rule import COST, NO_COST, REVIEWERS, RISK, WORTH
from speckit_analysis.analysis.experiment.tradeoff import Tradeoff
from speckit_analysis.analysis.margins import ALPHA, LEAST_SPECS
from speckit_analysis.stats.crossed import LEAST_REVIEWERS, Crossed, protected
from speckit_analysis.stats.planning import (
    MOST_REVIEWERS,
    MOST_UNITS,
    cautious_deviation,
    plan,
    units_for_margin,
)
from speckit_analysis.stats.ratios import smaller_bill

#: More SPECs than this are not advised.
_MOST = 200


@dataclass(frozen=True)
class Advice:
    """What is known of a comparison that is undecided."""

    quality: Crossed
    #: Candidate less what has to be kept, SPECs by reviewers.
    kept: pd.DataFrame
    #: Points that may be lost.
    margin: float
    #: Cost of candidate and baseline, a row per SPEC for which both are known.
    costs: pd.DataFrame
    tradeoff: Tradeoff
    plan: ExperimentPlan
    #: One-sided level.
    alpha: float = ALPHA

    def on(self, obstacle: str) -> str:
        """Return what would settle it."""
        on_other = {
            NO_COST: lambda: "Record what the outputs of both variants cost or how long they took.",
            COST: self._on_cost,
            WORTH: self._on_worth,
            RISK: self._on_risk,
            REVIEWERS: self._on_reviewers,
        }
        return on_other.get(obstacle, self._on_scores)()

    def _on_cost(self) -> str:
        settled = "More scores are not needed, as quality is kept."
        unit = self.tradeoff.unit
        if len(self.costs) < 2:
            return f"{settled} Record what the outputs of both variants cost."
        one, other = (self.costs[name].to_numpy(float) for name in self.costs)
        if one.sum() >= other.sum():
            return f"{settled} {self.plan.candidate} must cost less: in total it does not."
        level = 1 - 2 * self.alpha

        def shown(n: int) -> bool:
            bill = smaller_bill(np.resize(one, n), np.resize(other, n), level, self.plan.blow_up)
            return bill.ratio.high < 1

        more = _more(len(one), shown)
        if more is None:
            return (
                f"{settled} One {unit} whose cost blows up {self.plan.blow_up:g} times outweighs"
                f" what {_MOST} {unit}s like these save: cap what a run may cost, and say so in the"
                " plan (blow_up)."
            )
        return f"{settled} Record the cost of {wording.count(more, f'more {unit}')} like these."

    def _on_worth(self) -> str:
        found = self.tradeoff
        if found.net.refusal or np.isnan(found.found.ratio):
            return "Decide whether what is gained is worth the time or money that it takes."
        price = wording.usd(found.found.ratio)
        return f"Decide what a {found.gain} is worth: here one costs {price}."

    def _on_risk(self) -> str:
        if not self.plan.worst_loss:
            return "Find out what the SPECs that lost most have in common; more SPECs do not help."
        table, worst = self.kept.to_numpy(float), self.margin - self.plan.worst_loss

        def safe(n: int) -> bool:
            repeated = np.resize(table, (n, table.shape[1]))
            return protected(repeated, worst, 1 - 2 * self.alpha) > 0

        more = _more(len(table), safe)
        if more is None:
            return "No feasible number of SPECs protects against such a loss."
        return f"Score {wording.count(more, 'more SPEC')} like these."

    def _on_reviewers(self) -> str:
        lacking = wording.count(LEAST_REVIEWERS - self.quality.reviewers, "more reviewer")
        return (
            f"Let {lacking} score, or say in the plan that these are all whose opinion counts"
            " (panel)."
        )

    def _on_scores(self) -> str:
        """Say how many SPECs and reviewers would settle it."""
        quality, panel, people = self.quality, self.quality.panel, self.quality.reviewers
        if panel.refusal and panel.n >= LEAST_SPECS and self.quality.reviewers:
            return f"Score on a finer scale, or other SPECs: {panel.refusal}."
        if panel.refusal:
            return f"Let three reviewers score both variants of at least {LEAST_SPECS} SPECs."
        if panel.n < LEAST_SPECS:
            lacking = wording.count(LEAST_SPECS - panel.n, "more SPEC")
            return f"Score at least {lacking}, in both variants and by three reviewers."
        if not self.margin > 0:
            return f"{self.plan.baseline} scores 0: there is no quality to be kept."
        if np.isnan(quality.unit_variance):
            deviation = cautious_deviation(panel.standard_error * np.sqrt(panel.n), panel.n)
            units = units_for_margin(deviation, self.margin, alpha=self.alpha)
            if units is None:
                return "No feasible number of SPECs would settle it at this margin."
            lacking = wording.count(max(1, units - panel.n), "more SPEC")
            return f"To settle it, score {lacking}, and let three reviewers score each."
        study = plan(quality, self.margin, alpha=self.alpha)
        if not study.units or panel.n >= MOST_UNITS:
            return (
                f"No study of up to {max(MOST_UNITS, panel.n)} SPECs and {MOST_REVIEWERS} reviewers"
                " is expected to settle it at this margin."
            )
        specs = max(0, study.units - panel.n)
        more = [wording.count(specs, "more SPEC")] if specs else []
        if study.reviewers > people:
            more.append(wording.count(study.reviewers - people, "more reviewer"))
        helps = "SPECs" if study.helps == "units" else study.helps
        if not more:
            return f"Another study of this size may settle it; more {helps} help most."
        return (
            "To settle it with a probability of 80 %, if there is no difference, score"
            f" {' with '.join(more)}; more {helps} help most."
        )


def _more(n: int, enough: Callable[[int], bool]) -> int | None:
    """Return how many more SPECs like those there are would be enough."""
    return next((size - n for size in range(n + 1, _MOST + 1) if enough(size)), None)
