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

#: Resampled pairs of cost and gain that a picture shows.
CLOUD = 500


@dataclass(frozen=True)
class Tradeoff:
    """Cost and gain of a variant above a simpler one, SPEC by SPEC.

    Attributes
    ----------
    dearer, simpler : str
        The variants.
    pairs : DataFrame
        ``cost_usd`` and ``points`` above the simpler one, one row per SPEC where both are known.
    worth_usd : float
        What a point of quality of one SPEC is worth.
    without_cost : int
        SPECs whose quality is known and whose cost is not.
    level : float
        Of the intervals.
    """

    dearer: str
    simpler: str
    pairs: pd.DataFrame
    worth_usd: float
    without_cost: int = 0
    level: float = 0.95

    @property
    def net(self) -> Estimate:
        """Net benefit of the dearer variant, USD a SPEC."""
        if len(self.pairs) < 2:
            why = "fewer than 2 SPECs tell cost and quality of both"
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
        ratio = "" if np.isnan(found.ratio) else f", {wording.usd(found.ratio)} a point"
        pays = "pays" if net.low > 0 else "does not pay" if net.high < 0 else "may or may not pay"
        chance = self.acceptability([self.worth_usd])["probability"].iloc[0]
        left = (
            f" {wording.count(self.without_cost, 'SPEC')} with scores and without a cost of both"
            " are left out."
            if self.without_cost
            else ""
        )
        return (
            f"Above {self.simpler}, {self.dearer} is {found.quadrant}:"
            f" {wording.usd(found.cost.value)} for {found.effect.value:+.2f} points a SPEC{ratio}"
            f" ({wording.count(len(self.pairs), 'SPEC')}). At {wording.usd(self.worth_usd)} a point"
            f" it {pays}: net {wording.usd(net.value)} a SPEC ({wording.usd(net.low)} to"
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
            ``worth_usd`` and ``probability`` (Float64).
        """
        if len(self.pairs) < 2:
            return pd.DataFrame(columns=["worth_usd", "probability"], dtype="Float64")
        if not len(worths):
            reach = 4 * max(self.worth_usd, np.nan_to_num(self.found.ratio))
            worths = np.linspace(0, reach, 41).tolist()
        curve = acceptability(*self._pairs, worths)
        return curve.rename(columns={"worth": "worth_usd"}).astype("Float64")

    def cloud(self, seed: int = 0) -> pd.DataFrame:
        """Return resampled means of cost and gain: a picture of the uncertainty, no interval.

        Returns
        -------
        DataFrame
            ``points`` and ``cost_usd`` (Float64), :data:`CLOUD` rows; none below two SPECs.
        """
        costs, gains = self._pairs
        n = len(costs)
        if n < 2:
            return pd.DataFrame(columns=["points", "cost_usd"], dtype="Float64")
        chosen = np.random.default_rng(seed).integers(n, size=(CLOUD, n))
        means = {"points": gains[chosen].mean(axis=1), "cost_usd": costs[chosen].mean(axis=1)}
        return pd.DataFrame(means).astype("Float64")


def variants(scores: pd.DataFrame, costs: pd.DataFrame, seconds: pd.DataFrame) -> pd.DataFrame:
    """Return what each variant costs and reaches, and which are worth considering.

    Parameters
    ----------
    scores, costs, seconds : DataFrame of float
        Units by variants; missing where not known.

    Returns
    -------
    DataFrame
        ``variant`` (string), ``specs``, ``scored``, ``priced`` (Int64: units, of which with a
        score, with a cost), ``points``, ``cost_usd``, ``seconds`` (Float64, means of what is
        known) and ``status`` (string: ``frontier``, ``dominated``, ``extendedly dominated``, or
        ``quality unknown``, ``cost unknown``: such a variant is shown and not ranked).
    """
    names = sorted({str(name) for table in (scores, costs, seconds) for name in table.columns})
    tables = [
        table.rename(columns=str).reindex(columns=names) for table in (scores, costs, seconds)
    ]
    quality, paid, taken = tables
    every = quality.index.union(paid.index).union(taken.index)
    table = pd.DataFrame(
        {
            "variant": pd.array(names, dtype="string"),
            "specs": len(every),
            "scored": quality.notna().sum().to_numpy(),
            "priced": paid.notna().sum().to_numpy(),
            "points": quality.mean().to_numpy(),
            "cost_usd": paid.mean().to_numpy(),
            "seconds": taken.mean().to_numpy(),
        }
    )
    known = table.dropna(subset=["points", "cost_usd"])
    pairs = zip(known["cost_usd"], known["points"], strict=True)
    ranked = frontier(dict(zip(known["variant"], pairs, strict=True)))
    status = table["variant"].map(ranked.set_index("strategy")["status"]).astype("string")
    status = status.mask(table["cost_usd"].isna(), "cost unknown")
    table["status"] = status.mask(table["points"].isna(), "quality unknown")
    whole = dict.fromkeys(("specs", "scored", "priced"), "Int64")
    return table.astype(whole | dict.fromkeys(("points", "cost_usd", "seconds"), "Float64"))
