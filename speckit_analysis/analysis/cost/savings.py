"""What another routing would save, SPEC by SPEC, and what a month would cost under it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.cost.projection import Projection, project, spec_costs, usual_stages
from speckit_analysis.analysis.cost.routing import Routing, routed, unpriced
from speckit_analysis.analysis.intervals import typical
from speckit_analysis.prices import PriceList


@dataclass(frozen=True)
class Saving:
    """What a routing saves against another, SPEC by SPEC.

    Attributes
    ----------
    name : str
        The routing.
    specs : int
        SPECs whose cost is known under both.
    current_usd : float
        Sum over these SPECs, as their calls were made.
    saving : float
        Share of the sum that is saved; below 0 where it costs more.
    low, high : float
        Interval of the typical SPEC's saving; NaN where there is none.
    goal : float
        Share that is to be saved at least.
    month_current, month_other : Projection
        What a month's SPECs will cost.
    confidence : float
        Level of the intervals.
    refusal : str
        Why the routing cannot be priced; empty where it can.
    """

    name: str
    specs: int
    current_usd: float
    saving: float
    low: float
    high: float
    goal: float
    month_current: Projection
    month_other: Projection
    confidence: float
    refusal: str = ""

    @property
    def verdict(self) -> str:
        """``meets the goal``, ``misses the goal``, ``inconclusive`` or ``not estimable``."""
        if np.isnan(self.low):
            return "not estimable"
        if self.low >= self.goal:
            return "meets the goal"
        return "misses the goal" if self.high < self.goal else "inconclusive"

    @property
    def sentence(self) -> str:
        """The saving in words."""
        if self.refusal:
            return f"{self.name[0].upper()}{self.name[1:]} cannot be priced: {self.refusal}."
        if not self.specs:
            return f"{self.name}: no SPEC has a known cost under both routings."
        word = "save" if self.saving >= 0 else "cost more by"
        spent = (
            f"{self.name[0].upper()}{self.name[1:]} would {word}"
            f" {wording.percent(abs(self.saving))} of {wording.usd(self.current_usd)} over"
            f" {wording.count(self.specs, 'SPEC')}"
        )
        level = wording.exact_percent(self.confidence)
        typical_spec = (
            ""
            if np.isnan(self.low)
            else f" (a typical SPEC {_share(self.low)} to {_share(self.high)}, {level} interval)"
        )
        return (
            f"{spent}{typical_spec}; against a goal of {wording.exact_percent(self.goal)}:"
            f" {self.verdict}. The tokens are taken as unchanged, and nothing is said of quality."
        )


def _share(share: float) -> str:
    return wording.percent(share) if share >= 0 else f"-{wording.percent(-share)}"


class Today(NamedTuple):
    """What every routing is held against.

    Attributes
    ----------
    stages : collection of str
        Usual stages of a SPEC, as its calls were made.
    costs : Series of float
        What each SPEC cost then, by its id.
    """

    stages: Collection[str]
    costs: pd.Series


def today(calls: pd.DataFrame) -> Today:
    """Return what is usual, and what SPECs cost, as the calls were made."""
    stages = usual_stages(calls)
    return Today(stages, _costs(calls, stages))


def _costs(calls: pd.DataFrame, stages: Collection[str]) -> pd.Series:
    return spec_costs(calls, usual=stages).kept.set_index("spec_id")["cost_usd"]


def saving(
    calls: pd.DataFrame,
    routing: Routing,
    *,
    against: Today | None = None,
    month: int = 20,
    goal: float = 0.2,
    confidence: float = 0.95,
    seed: int = 0,
    prices: PriceList | None = None,
) -> Saving:
    """Hold the cost of another routing against that of the calls as they were made.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``, rows that count.
    routing : Routing
        Who would have worked on what.
    against : Today, optional
        From :func:`today` of these calls, where it is known already.
    month : int
        SPECs a month.
    goal : float
        Share that is to be saved at least.
    confidence : float
        Level of the intervals.
    seed : int
        Of the projected totals.
    prices : PriceList, optional
        For models that take another's place.

    Notes
    -----
    The saving of a typical SPEC is the geometric mean of its cost ratios, with Student's t on
    logarithms; that of the budget is the ratio of sums.  Shares saved by single SPECs are never
    averaged.  Usual stages are those of today's work: under a routing that leaves one of them
    without any call, no SPEC has a known cost.
    """
    stages, costs = today(calls) if against is None else against
    other = routed(calls, routing, prices)
    both = pd.DataFrame({"current": costs, "other": _costs(other, stages)}).dropna().astype(float)
    ratio = typical(both["other"] / both["current"], confidence)
    sums = both.sum()
    share = 1 - sums["other"] / sums["current"] if len(both) else float("nan")
    return Saving(
        routing.name,
        len(both),
        float(sums["current"]),
        float(share),
        1 - ratio.high,
        1 - ratio.low,
        goal,
        project(both["current"], month, confidence, seed),
        project(both["other"], month, confidence, seed),
        confidence,
        unpriced(calls, other, routing, stages),
    )


def savings_sentence(found: list[Saving]) -> str:
    """Say which routing would save most."""
    known = [one for one in found if one.specs]
    refused = [one.sentence for one in found if one.refusal]
    if not known:
        return " ".join(["What another routing would save cannot be told.", *refused])
    best = max(known, key=lambda one: one.saving)
    several = f"Of {wording.count(len(known), 'other routing')}, this saves most: "
    return " ".join([(several if len(known) > 1 else "") + best.sentence, *refused])


def savings(
    calls: pd.DataFrame, routings: list[Routing], **options: object
) -> tuple[list[Saving], pd.DataFrame]:
    """Return :func:`saving` for several routings, and as a table.

    Returns
    -------
    (list of Saving, DataFrame)
        The table: ``routing``, ``specs`` (Int64), ``saving_share``, ``low_share``,
        ``high_share``, ``month_usd``, ``month_low_usd``, ``month_high_usd`` (Float64) and
        ``verdict``; the first row is the routing as recorded.
    """
    against = today(calls) if routings else None
    found = [
        saving(calls, routing, against=against, **options)  # type: ignore[arg-type]
        for routing in routings
    ]
    rows = []
    if found:
        first = next((one for one in found if one.specs), found[0])
        rows.append(("as recorded", first.specs, 0.0, np.nan, np.nan, first.month_current, ""))
    rows += [
        (one.name, one.specs, one.saving, one.low, one.high, one.month_other, one.verdict)
        for one in found
    ]
    table = pd.DataFrame(
        [
            (name, specs, share, low, high, month.expected, month.low, month.high, verdict)
            for name, specs, share, low, high, month, verdict in rows
        ],
        columns=["routing", "specs", "saving_share", "low_share", "high_share", "month_usd",
                 "month_low_usd", "month_high_usd", "verdict"],
    )  # fmt: skip
    figures = [str(name) for name in table if str(name).endswith(("_share", "_usd"))]
    dtypes = {"routing": "string", "specs": "Int64", "verdict": "string"}
    return found, table.astype(dtypes | dict.fromkeys(figures, "Float64"))
