"""What a dearer variant costs and gains above a simpler one, and whether that pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.stats.economics import (
    CostEffectiveness,
    acceptability,
    cost_effectiveness,
    frontier,
    net_benefit,
)
from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.tables.results import RESULTS

#: Resampled pairs of cost and gain that a picture shows.
CLOUD = 500


@dataclass(frozen=True)
class Tradeoff:
    """Cost and gain of a variant above a simpler one, SPEC by SPEC."""

    dearer: str
    simpler: str
    #: ``cost_usd`` and ``points`` above the simpler one, one row per SPEC where both are known.
    pairs: pd.DataFrame
    #: What a point of quality of one SPEC is worth.
    worth_usd: float
    #: SPECs whose quality is known and whose cost is not.
    without_cost: int = 0
    #: Of the intervals.
    level: float = 0.95
    #: What is gained, and on what.
    gain: str = "point"
    unit: str = "SPEC"

    @property
    def net(self) -> Estimate:
        """Net benefit of the dearer variant, USD a SPEC."""
        if len(self.pairs) < 2:
            why = f"fewer than 2 {self.unit}s tell cost and quality of both"
            return not_estimable(len(self.pairs), why, method="paired t", level=self.level)
        return net_benefit(*self._pairs, self.worth_usd, self.level)

    @property
    def found(self) -> CostEffectiveness:
        """Mean cost, mean gain and their ratio."""
        return cost_effectiveness(*self._pairs, self.level)

    @property
    def _pairs(self) -> tuple[np.ndarray, np.ndarray]:
        return self.pairs["cost_usd"].to_numpy(float), self.pairs["points"].to_numpy(float)

    @property
    def sentence(self) -> str:
        """What the dearer variant costs and gains, and whether that pays."""
        if self.net.refusal:
            return f"Whether {self.dearer} pays cannot be told: {self.net.refusal}."
        found, net = self.found, self.net
        ratio = "" if np.isnan(found.ratio) else f", {wording.usd(found.ratio)} a {self.gain}"
        pays = "pays" if net.low > 0 else "does not pay" if net.high < 0 else "may or may not pay"
        chance = self.acceptability([self.worth_usd])["probability"].iloc[0]
        left = (
            f" {wording.count(self.without_cost, self.unit)} with scores and without a cost of both"
            " are left out."
            if self.without_cost
            else ""
        )
        points = self.pairs["points"].mean()
        gained = f"{points:+.2f} {wording.plural(self.gain)} a {self.unit}"
        units = wording.count(len(self.pairs), self.unit)
        return (
            f"Above {self.simpler}, {self.dearer} is {found.quadrant}:"
            f" {wording.usd(self.pairs['cost_usd'].mean())} for {gained}{ratio} ({units})."
            f" At {wording.usd(self.worth_usd)} a {self.gain}"
            f" it {pays}: net {wording.usd(net.value)} a {self.unit} ({wording.usd(net.low)} to"
            f" {wording.usd(net.high)}; probability that it pays {wording.percent(chance)}, and"
            f" it takes {50 * (1 + self.level):.4g} % to say so).{left}"
        )

    def acceptability(self, worths: Sequence[float] = ()) -> pd.DataFrame:
        """Return how probable it is that the dearer variant pays, against what a point is worth.

        Parameters
        ----------
        worths : sequence of float
            USD a point; from 0 to four times what a point costs or is worth, if not told.

        Returns
        -------
        DataFrame
            The result ``acceptability``; no rows below two SPECs.
        """
        if len(self.pairs) < 2:
            return RESULTS["acceptability"].of([])
        if not len(worths):
            reach = 4 * max(self.worth_usd, np.nan_to_num(self.found.ratio))
            worths = np.linspace(0, reach, 41).tolist()
        curve = acceptability(*self._pairs, worths).rename(columns={"worth": "worth_usd"})
        return RESULTS["acceptability"].of(curve)

    def cloud(self, seed: int = 0) -> pd.DataFrame:
        """Return resampled means of cost and gain: a picture of the uncertainty, no interval.

        Returns
        -------
        DataFrame
            The result ``cloud``, :data:`CLOUD` rows; none below two SPECs.
        """
        costs, gains = self._pairs
        n = len(costs)
        if n < 2:
            return RESULTS["cloud"].of([])
        drawn = np.random.default_rng(seed).integers(n, size=(CLOUD, n))
        means = np.column_stack([gains[drawn].mean(axis=1), costs[drawn].mean(axis=1)])
        return RESULTS["cloud"].of(means)


def variants(scores: pd.DataFrame, costs: pd.DataFrame, seconds: pd.DataFrame) -> pd.DataFrame:
    """Return what each variant costs and reaches, and which are worth considering.

    Parameters
    ----------
    scores, costs, seconds : DataFrame of float
        Units by variants; missing where not known.

    Returns
    -------
    DataFrame
        The result ``variants_tried``.  A variant whose quality or cost is unknown is not ranked.
    """
    tables = [table.rename(columns=str) for table in (scores, costs, seconds)]
    names = sorted({str(name) for table in tables for name in table})
    quality, paid, taken = (table.reindex(columns=names) for table in tables)
    tried = pd.DataFrame(
        {
            "specs": len(quality.index.union(paid.index).union(taken.index)),
            "scored": quality.notna().sum(),
            "priced": paid.notna().sum(),
            "points": quality.mean(),
            "cost_usd": paid.mean(),
            "seconds": taken.mean(),
        }
    )
    known = tried[["cost_usd", "points"]].dropna()
    ranked = frontier(dict(zip(known.index, known.itertuples(index=False), strict=True)))
    status = ranked.set_index("strategy")["status"].reindex(names).astype("string")
    status = status.mask(tried["cost_usd"].isna(), "cost unknown")
    tried["status"] = status.mask(tried["points"].isna(), "quality unknown")
    return RESULTS["variants_tried"].of(tried.rename_axis("variant").reset_index())
