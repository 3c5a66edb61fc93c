"""Calls that cost, took or used far more, or far less, than others of their kind."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.stats.paired import ROUNDING

#: Share of usual calls that may stand out by chance.
BY_CHANCE = 0.005

#: A group of fewer calls tells nothing of what is usual.
LEAST = 8

# What makes a median absolute deviation, or a range of quartiles, a standard deviation.
_FROM_DEVIATION, _FROM_QUARTILES = 1.4826, 1 / 1.349

_WORDS = {
    "cost_usd": ("cost", wording.usd),
    "cost_usd_reported": ("was recorded at", wording.usd),
    "latency_ms": ("took", wording.seconds),
    "tokens": ("used", lambda tokens: wording.count(tokens, "token")),
}

_SHOWN = ["run_id", "spec_id", "stage", "agent", "model_id", "timestamp", "source", "locator"]


@dataclass(frozen=True)
class Outliers:
    """Calls far from the median of their kind.

    Attributes
    ----------
    value : str
        The column that was looked at.
    rows : DataFrame
        One row per outlier, the farthest first: what the call is, ``value``, ``median`` (of its
        group, in the unit of the column), ``factor`` (value / median), ``score`` (robust standard
        deviations on the log scale), ``n`` (calls of its group) and ``message``.
    groups : DataFrame
        One row per group: its keys, ``n`` (Int64), ``median``, ``low`` and ``high`` (Float64, the
        limits of what is usual; missing where the group could not be judged).
    judged, not_judged : int
        Calls that were held against their group, and calls with a figure that could not be.
    by_chance : float
        Share of usual calls that stand out by chance.
    without_spread : int
        Calls that could not be held against their group because most of it are equal.
    """

    value: str
    rows: pd.DataFrame
    groups: pd.DataFrame
    judged: int
    not_judged: int
    by_chance: float = BY_CHANCE
    without_spread: int = 0

    @property
    def sentence(self) -> str:
        """How many stand out, and the farthest of them."""
        verb, _ = _WORDS.get(self.value, (self.value, str))
        if not self.judged and self.without_spread:
            return (
                "No group of calls that is large enough has a spread to say what is usual by"
                f" ({wording.count(self.not_judged, 'call')} looked at,"
                f" {wording.count(self.without_spread)} of them in groups of which most are equal)."
            )
        if not self.judged:
            return (
                f"No group of calls is large enough to say what is usual"
                f" ({wording.count(self.not_judged, 'call')} looked at, groups of {LEAST} needed)."
            )
        left = (
            f" {wording.count(self.not_judged, 'call')} could not be judged."
            if self.not_judged
            else ""
        )
        judged = wording.count(self.judged, "call")
        if self.rows.empty:
            return f"None of {judged} {verb} far more or less than others of its kind.{left}"
        found = f"{wording.count(len(self.rows))} of {judged}"
        chance = f"{self.by_chance * self.judged:.1f} would by chance"
        stand = "stands out" if len(self.rows) == 1 else "stand out"
        return f"{found} {stand} ({chance}): {self.rows['message'].iloc[0]}.{left}"


def outliers(
    calls: pd.DataFrame,
    value: str = "cost_usd",
    within: Sequence[str] = ("stage", "model_id"),
    *,
    by_chance: float = BY_CHANCE,
    least: int = LEAST,
) -> Outliers:
    """Find calls far from the median of their kind, on the log scale.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``; for ``tokens``, from :func:`.premium.with_tokens`.
    value : str
        Column to look at.
    within : sequence of str
        What makes calls of one kind.
    by_chance : float
        Share of usual calls that may stand out by chance; it sets the limit of each group.
    least : int
        Calls that a group must have to be judged.

    Notes
    -----
    The modified z-score of Iglewicz and Hoaglin (1993): distance from the median over 1.4826
    times the median absolute deviation, on logarithms, where costs and times are roughly
    symmetric.  Their limit of 3.5 lets 2 % of the usual calls of a group of 8 stand out, and
    0.1 % of one of 100; :func:`limit` keeps the share the same.  Where more than half of a group
    are equal, the range of its quartiles stands in; a group without any spread is not judged.
    Neither is moved by the outlier itself.  Calls that failed, and figures that are missing or
    not above 0, are not looked at.
    """
    keys = list(within)
    looked = (calls[value] > 0).fillna(False) & (calls["status"] != "error").fillna(True)
    known = calls[looked.astype(bool)]
    logs = pd.Series(np.log(known[value].to_numpy(float)), known.index)
    grouped = logs.groupby([known[key] for key in keys], observed=True, dropna=False)
    centre, size = grouped.transform("median"), grouped.transform("size")
    distance = (logs - centre).abs()
    deviation = distance.groupby([known[key] for key in keys], observed=True, dropna=False)
    spread = _FROM_DEVIATION * deviation.transform("median")
    quartiles = grouped.transform(lambda part: part.quantile(0.75) - part.quantile(0.25))
    spread = spread.where(spread > ROUNDING, _FROM_QUARTILES * quartiles)
    large = size >= least
    fit = large & (spread > ROUNDING)
    score = ((logs - centre) / spread).where(fit)
    limits = size.map({n: limit(int(n), by_chance) for n in size[fit].unique()})
    groups = _groups(known, keys, centre, spread.where(fit) * limits, size)
    far = score.abs() > limits
    rows = known.loc[far, [name for name in _SHOWN if name in known]].assign(
        value=known.loc[far, value].astype("Float64"),
        median=np.exp(centre[far]).astype("Float64"),
        factor=np.exp(logs[far] - centre[far]).astype("Float64"),
        score=score[far].astype("Float64"),
        n=size[far].astype("Int64"),
    )
    order = rows["score"].abs().sort_values(ascending=False, kind="stable").index
    rows = rows.loc[order].reset_index(drop=True)
    told = [_message(row, value) for row in rows.to_dict("records")]
    rows["message"] = pd.Series(told, dtype="string")
    judged, flat = int(fit.sum()), int((large & ~fit).sum())
    return Outliers(value, rows, groups, judged, len(fit) - judged, by_chance, flat)


@lru_cache(maxsize=1024)
def limit(n: int, by_chance: float = BY_CHANCE) -> float:
    """Return the modified z-score beyond which that share of usual calls lies, in groups of `n`.

    Notes
    -----
    A quantile of simulated normal groups (fixed seed, 300,000 scores); above 200 calls it
    changes no more.

    Examples
    --------
    >>> [round(limit(n), 1) for n in (8, 20, 200)]
    [5.6, 3.7, 2.9]
    """
    size = min(n, 200)
    draws = np.random.default_rng(size).normal(size=(300_000 // size, size))
    distance = np.abs(draws - np.median(draws, axis=1, keepdims=True))
    scores = distance / (_FROM_DEVIATION * np.median(distance, axis=1, keepdims=True))
    return float(np.quantile(scores, 1 - by_chance))


def _groups(
    known: pd.DataFrame,
    keys: list[str],
    centre: pd.Series,
    reach: pd.Series,
    size: pd.Series,
) -> pd.DataFrame:
    table = known[keys].assign(
        n=size.astype("Int64"),
        median=np.exp(centre).astype("Float64"),
        low=np.exp(centre - reach).astype("Float64"),
        high=np.exp(centre + reach).astype("Float64"),
    )
    return table.drop_duplicates(keys).sort_values(keys).reset_index(drop=True)


def _message(row: dict[Hashable, Any], value: str) -> str:
    verb, show = _WORDS.get(value, (f"has {value} of", lambda figure: f"{figure:g}"))
    who = f"{row['spec_id']} {row['stage']} by {row['model_id']}"
    usual = f"{show(row['value'])} against a median of {show(row['median'])}; n = {row['n']}"
    times = wording.ratio(row["factor"])
    return f"{who} {verb} {times} times what is usual there ({usual})"
