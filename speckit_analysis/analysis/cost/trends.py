"""Whether a figure of calls grows or falls from one SPEC to the next, and how fast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.evidence.linkage import Levels, adjusted_levels
from speckit_analysis.analysis.selection import in_part
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.paired import FIT_ROUNDING
from speckit_analysis.tables.results import RESULTS

#: Fewer SPECs than this, and no interval is worth its name.
LEAST_SPECS = 4

#: Days of a period.
DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25}

#: Shown where :func:`cost_per_quality_point` returns no row.
NO_QUALITY = (
    "What a point of quality costs cannot be told: no SPEC has both a score and a cost of every"
    " run."
)

_NOUNS = {
    "cost_usd": "the cost of a call",
    "cost_usd_reported": "the recorded cost of a call",
    "latency_ms": "the latency of a call",
    "tokens": "the number of tokens of a call",
}


@dataclass(frozen=True)
class Trend:
    """How fast a figure grows."""

    #: The column.
    value: str
    #: A key of :data:`DAYS`.
    period: str
    #: Growth per period as a share, 0.06 for 6 %.  Without any spread it has no interval.
    growth: Estimate
    #: Calls that it rests on.
    calls: int
    #: SPECs that were left out, in words; empty where none was.
    remark: str

    @property
    def verdict(self) -> str:
        """``rising``, ``falling``, ``inconclusive`` or ``not estimable``."""
        if self.growth.refusal:
            return "not estimable"
        if self.growth.low > 0:
            return "rising"
        return "falling" if self.growth.high < 0 else "inconclusive"

    @property
    def sentence(self) -> str:
        """The growth in words."""
        growth, noun = self.growth, _NOUNS[self.value]
        remark = f"; {self.remark}" if self.remark else ""
        if growth.refusal:
            return f"Whether {noun} grows cannot be told: {growth.refusal}{remark}."
        rests = (
            f"{wording.exact_percent(growth.level)} interval {_signed(growth.low)} to"
            f" {_signed(growth.high)}; {wording.count(growth.n, 'SPEC')},"
            f" {wording.count(self.calls, 'call')}{remark}"
        )
        if self.verdict == "inconclusive":
            return (
                f"Whether {noun} grows or falls cannot be told: {_signed(growth.value)} a"
                f" {self.period} ({rests})."
            )
        verb = "grows" if self.verdict == "rising" else "falls"
        by = _signed(abs(growth.value)).removeprefix("+")
        return f"{noun[0].upper()}{noun[1:]} {verb} by {by} a {self.period} ({rests})."


def _signed(share: float) -> str:
    return f"{100 * share:+.1f} %"


def trend(
    calls: pd.DataFrame,
    value: str = "cost_usd",
    *,
    period: str = "week",
    confidence: float = 0.95,
) -> Trend:
    """Return how fast a figure of calls grows, from SPEC to SPEC.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``; those that failed, and figures that are missing or not above 0, do not
        count.
    value : str
        Column.
    period : str
        A key of :data:`DAYS`.
    confidence : float
        Level of the interval.

    Notes
    -----
    SPEC by SPEC: logarithms are fitted by SPEC, and by stage and model together, so that it
    does not matter which stages a SPEC went through or whom it asked.  What is left of each SPEC
    is regressed on the mean time of its calls, each SPEC with the same weight, with Student's t
    at SPECs - 2 degrees of freedom.  Where few stages and models link early SPECs to late ones,
    the interval is wider by what that leaves open (:mod:`.linkage`);
    SPECs that nothing links are left out.  Calls of one SPEC are no independent observations: a
    regression over calls, with or without cluster-robust errors, covers less than it says at so
    few SPECs.

    Raises
    ------
    ValueError
        If there is no such period.
    """
    if period not in DAYS:
        raise ValueError(f"no period {period!r}; there are: {', '.join(DAYS)}")
    counts = (calls[value] > 0) & (calls["status"] != "error").fillna(True)
    rows = calls[counts & calls["timestamp"].notna() & calls["spec_id"].notna()]
    levels, times = _by_spec(rows, value)
    specs, rise, reach, refusal = len(times), np.nan, np.nan, ""
    if specs < LEAST_SPECS:
        counted = wording.count(specs, "SPEC")
        refusal = f"{counted} with the figure, and it takes {LEAST_SPECS}"
    elif np.ptp(times) < 1.0:
        refusal = "all SPECs were worked on within a day"
    else:
        rise, reach = _slope(times.to_numpy() / DAYS[period], levels, confidence)
        # What lies on a line to the last digit is no proof of certainty.
        if reach <= FIT_ROUNDING * max(1.0, abs(rise)):
            line = f"all SPECs lie on a line of {_signed(np.expm1(rise))} a {period}"
            refusal = f"{line}, so that there is no spread to take an interval from"
            reach = np.nan
    growth, low, high = np.expm1([rise, rise - reach, rise + reach]).tolist()
    estimate = Estimate(
        growth, low, high, confidence, "regression over SPECs", specs, refusal=refusal
    )
    used = int(rows["spec_id"].isin(times.index).sum())
    return Trend(value, period, estimate, used, levels.remark)


def _by_spec(rows: pd.DataFrame, value: str) -> tuple[Levels, pd.Series]:
    """Return the level of each SPEC on the log scale, kinds of calls taken off, and its day."""
    kinds = rows["stage"].astype("string").fillna("") + "|"
    kinds += rows["model_id"].astype("string").fillna("")
    specs = rows["spec_id"].astype("string")
    logs = pd.Series(np.log(rows[value].to_numpy(float)), rows.index)
    levels = adjusted_levels(specs, kinds, logs)
    moments = pd.DatetimeIndex(rows["timestamp"]).as_unit("s").asi8 / 86_400
    days = pd.Series(moments, rows.index).groupby(specs).mean()
    return levels, days.reindex(levels.values.index)


def _slope(x: np.ndarray, levels: Levels, confidence: float) -> tuple[float, float]:
    """Return the slope of least squares, and how far its interval reaches."""
    centred = x - x.mean()
    weights = centred / (centred @ centred)
    constant = np.ones(len(x)) / np.sqrt(len(x))
    maker = np.eye(len(x)) - np.outer(constant, constant) - np.outer(weights, centred)
    variance, freedom = levels.spread(weights, [(maker, float(weights @ weights))])
    reach = -special.stdtrit(freedom, (1 - confidence) / 2) * np.sqrt(variance)
    return float(weights @ levels.values.to_numpy()), float(reach)


def cost_per_quality_point(
    runs: pd.DataFrame, calls: pd.DataFrame, scores: pd.DataFrame
) -> pd.DataFrame:
    """Return what a point of quality cost each SPEC that was scored.

    Parameters
    ----------
    runs, calls : DataFrame
        The tables of these names, rows that count.
    scores : DataFrame
        Rows of :func:`.scores.quality_scores`.

    Returns
    -------
    DataFrame
        The result ``cost_per_point``.  A SPEC with a run whose cost is unknown, or of which a call
        is left out, has no row: the rest is not what it cost.
    """
    quality = scores.dropna(subset="value").groupby("spec_id", observed=True)["value"]
    partly = runs["run_id"].isin(calls.loc[in_part(calls), "run_id"])
    whole = runs.assign(cost_usd=runs["cost_usd"].astype("Float64").mask(partly))
    cost = whole.groupby("spec_id", observed=True)["cost_usd"]
    points = pd.DataFrame(
        {
            "runs": cost.size(),
            "scores": quality.size(),
            "cost_usd": cost.sum(skipna=False),
            "quality": quality.mean(),
        }
    ).dropna()
    price = points["cost_usd"] / points["quality"].where(points["quality"] > 0)
    points = points.assign(cost_per_point_usd=price).rename_axis("spec_id")
    return RESULTS["cost_per_point"].of(points.reset_index())
