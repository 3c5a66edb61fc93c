"""Whether a figure of calls grows or falls from one SPEC to the next, and how fast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.evidence.linkage import Levels, adjusted_levels
from speckit_analysis.analysis.selection import in_part
from speckit_analysis.stats.paired import FIT_ROUNDING

#: Fewer SPECs than this, and no interval is worth its name.
LEAST_SPECS = 4

#: Days of a period.
DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25}

_NOUNS = {
    "cost_usd": "the cost of a call",
    "cost_usd_reported": "the recorded cost of a call",
    "latency_ms": "the latency of a call",
    "tokens": "the number of tokens of a call",
}


@dataclass(frozen=True)
class Trend:
    """How fast a figure grows.

    Attributes
    ----------
    value : str
        The column.
    period : str
        Of :data:`DAYS`.
    growth, low, high : float
        Growth per period as a share, 0.06 for 6 %; NaN where it cannot be told.  Without any
        spread there is a growth, and no interval.
    specs, calls : int
        SPECs and calls that it rests on.
    confidence : float
        Level of the interval.
    refusal : str
        Why it cannot be told; empty where it can.
    remark : str
        SPECs that were left out, in words; empty where none was.
    """

    value: str
    period: str
    growth: float
    low: float
    high: float
    specs: int
    calls: int
    confidence: float = 0.95
    refusal: str = ""
    remark: str = ""

    @property
    def verdict(self) -> str:
        """``rising``, ``falling``, ``inconclusive`` or ``not estimable``."""
        if self.refusal:
            return "not estimable"
        if self.low > 0:
            return "rising"
        return "falling" if self.high < 0 else "inconclusive"

    @property
    def sentence(self) -> str:
        """The growth in words."""
        noun = _NOUNS.get(self.value, self.value)
        remark = f"; {self.remark}" if self.remark else ""
        if self.refusal:
            return f"Whether {noun} grows cannot be told: {self.refusal}{remark}."
        level = wording.exact_percent(self.confidence)
        rests = f"{wording.count(self.specs, 'SPEC')}, {wording.count(self.calls, 'call')}"
        interval = f"{level} interval {_signed(self.low)} to {_signed(self.high)}; {rests}{remark}"
        if self.verdict == "inconclusive":
            return (
                f"Whether {noun} grows or falls cannot be told: {_signed(self.growth)} a"
                f" {self.period} ({interval})."
            )
        verb = "grows" if self.verdict == "rising" else "falls"
        capital = noun[0].upper() + noun[1:]
        return f"{capital} {verb} by {_unsigned(self.growth)} a {self.period} ({interval})."


def _signed(share: float) -> str:
    return f"{100 * share:+.1f} %"


def _unsigned(share: float) -> str:
    return f"{100 * abs(share):.1f} %"


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
    counts = (calls[value] > 0).fillna(False) & (calls["status"] != "error").fillna(True)
    counts &= calls["timestamp"].notna() & calls["spec_id"].notna()
    rows = calls[counts.astype(bool)]
    levels, times = _by_spec(rows, value)
    linked = rows[rows["spec_id"].isin(times.index)]
    specs = len(times)

    def result(growth: float, low: float, high: float, refusal: str = "") -> Trend:
        return Trend(
            value, period, growth, low, high, specs, len(linked), confidence, refusal, levels.remark
        )

    nothing = float("nan")
    if specs < LEAST_SPECS:
        why = f"{wording.count(specs, 'SPEC')} with the figure, and it takes {LEAST_SPECS}"
        return result(nothing, nothing, nothing, why)
    if np.ptp(times) < 1.0:
        return result(nothing, nothing, nothing, "all SPECs were worked on within a day")
    slope, reach = _slope(times.to_numpy() / DAYS[period], levels, confidence)
    growth = float(np.expm1(slope))
    # What lies on a line to the last digit is no proof of certainty.
    if reach <= FIT_ROUNDING * max(1.0, abs(slope)):
        line = f"all SPECs lie on a line of {_signed(growth)} a {period}"
        why = f"{line}, so that there is no spread to take an interval from"
        return result(growth, nothing, nothing, why)
    low, high = (float(np.expm1(slope + side * reach)) for side in (-1, 1))
    return result(growth, low, high)


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
        One row per SPEC with both: ``spec_id``, ``runs`` and ``scores`` (Int64), ``cost_usd``,
        ``quality`` (mean score) and ``cost_per_point_usd`` (Float64).  A SPEC with a run whose cost
        is unknown, or of which a call is left out, has no row: the rest is not what it cost.
    """
    quality = scores.dropna(subset="value").groupby("spec_id", observed=True)["value"]
    partly = runs["run_id"].isin(calls.loc[in_part(calls), "run_id"])
    known = runs.assign(cost_usd=runs["cost_usd"].astype("Float64").mask(partly))
    cost = known.groupby("spec_id", observed=True)["cost_usd"]
    table = pd.DataFrame(
        {
            "runs": cost.size(),
            "scores": quality.size(),
            "cost_usd": cost.sum(skipna=False),
            "quality": quality.mean(),
        }
    )
    table = table.dropna().rename_axis("spec_id").reset_index()
    table["cost_per_point_usd"] = (table["cost_usd"] / table["quality"]).where(table["quality"] > 0)
    dtypes = {"spec_id": "string", "runs": "Int64", "scores": "Int64"}
    return table.astype(
        dtypes | dict.fromkeys(["cost_usd", "quality", "cost_per_point_usd"], "Float64")
    )


def quality_sentence(points: pd.DataFrame) -> str:
    """Say what a point of quality cost, or that nobody scored anything."""
    if points.empty:
        return (
            "What a point of quality costs cannot be told: no SPEC has both a score and a cost of"
            " every run."
        )
    each = points["cost_per_point_usd"].dropna()
    return (
        f"A point of quality cost {wording.usd(each.min())} to {wording.usd(each.max())}"
        f" ({wording.count(len(each), 'SPEC')} with a score and a cost of every run)."
    )
