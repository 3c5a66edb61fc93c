"""Calls that cost, took or used far more, or far less, than others of their kind."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.stats.paired import ROUNDING
from speckit_analysis.tables.results import RESULTS

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


@dataclass(frozen=True)
class Outliers:
    """Calls far from the median of their kind."""

    #: The column that was looked at.
    value: str
    #: The result ``outliers``.
    rows: pd.DataFrame
    #: Calls that were held against their group, and calls with a figure that could not be.
    judged: int
    not_judged: int
    #: Calls that could not be held against their group because most of it are equal.
    without_spread: int
    #: Share of usual calls that stand out by chance.
    by_chance: float = BY_CHANCE

    @property
    def sentence(self) -> str:
        """How many stand out, and the farthest of them."""
        left = wording.count(self.not_judged, "call")
        if not self.judged and self.without_spread:
            equal = (
                f"{wording.count(self.without_spread)} of them in groups of which most are equal"
            )
            return (
                "No group of calls that is large enough has a spread to say what is usual by"
                f" ({left} looked at, {equal})."
            )
        if not self.judged:
            return (
                f"No group of calls is large enough to say what is usual"
                f" ({left} looked at, groups of {LEAST} needed)."
            )
        rest = f" {left} could not be judged." if self.not_judged else ""
        judged = wording.count(self.judged, "call")
        if self.rows.empty:
            verb, _ = _WORDS[self.value]
            return f"None of {judged} {verb} far more or less than others of its kind.{rest}"
        stand = "stands out" if len(self.rows) == 1 else "stand out"
        return (
            f"{wording.count(len(self.rows))} of {judged} {stand}"
            f" ({self.by_chance * self.judged:.1f} would by chance):"
            f" {self.rows['message'].iloc[0]}.{rest}"
        )


def outliers(calls: pd.DataFrame, value: str = "cost_usd") -> Outliers:
    """Find calls far from the median of their stage and model, on the log scale.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``; for ``tokens``, from :func:`.premium.with_tokens`.
    value : str
        Column to look at.

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
    rows = calls[(calls[value] > 0) & (calls["status"] != "error").fillna(True)]
    keys = [rows["stage"], rows["model_id"]]
    logs = pd.Series(np.log(rows[value].to_numpy(float)), rows.index)
    grouped = logs.groupby(keys, observed=True, dropna=False)
    centre, size = grouped.transform("median"), grouped.transform("size")
    distances = (logs - centre).abs().groupby(keys, observed=True, dropna=False)
    spread = _FROM_DEVIATION * distances.transform("median")
    quartiles = grouped.transform(lambda part: part.quantile(0.75) - part.quantile(0.25))
    spread = spread.where(spread > ROUNDING, _FROM_QUARTILES * quartiles)
    large = size >= LEAST
    fit = large & (spread > ROUNDING)
    score = ((logs - centre) / spread).where(fit)
    limits = size.map({n: limit(int(n)) for n in size[fit].unique()})
    figures = {"value": rows[value], "median": np.exp(centre), "factor": np.exp(logs - centre)}
    far = rows.assign(**figures, score=score, n=size)[score.abs() > limits]
    far = far.sort_values("score", key=np.abs, ascending=False, kind="stable", ignore_index=True)
    far["message"] = [_message(row, value) for row in far.to_dict("records")]
    judged, flat = int(fit.sum()), int((large & ~fit).sum())
    return Outliers(value, RESULTS["outliers"].of(far), judged, len(fit) - judged, flat)


@lru_cache(maxsize=1024)
def limit(n: int) -> float:
    """Return the score beyond which :data:`BY_CHANCE` of usual calls lie, in groups of `n`.

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
    return float(np.quantile(scores, 1 - BY_CHANCE))


def _message(row: dict[Hashable, Any], value: str) -> str:
    verb, show = _WORDS[value]
    who = f"{row['spec_id']} {row['stage']} by {row['model_id']}"
    usual = f"{show(row['value'])} against a median of {show(row['median'])}; n = {row['n']}"
    times = wording.ratio(row["factor"])
    return f"{who} {verb} {times} times what is usual there ({usual})"
