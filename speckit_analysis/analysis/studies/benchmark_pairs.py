"""One model against an architect with an editor, from the totals of a coding benchmark.

Frames of runs are those of :func:`.benchmark.complete`: all on the same
cases.  The totals do not tell which of them both passed: the pairing is lost, and intervals are
those of independent shares, which are too wide rather than too narrow where results of a case go
together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from speckit_analysis.analysis.wording import count, percent, points, ratio, usd
from speckit_analysis.stats.proportions import independent_difference
from speckit_analysis.tables.results import RESULTS

#: What a comparison comes to.
MORE, FEWER, OPEN = "pair passes more", "pair passes fewer", "cannot be told apart"

_VERDICTS = {"superior": MORE, "inferior": FEWER, "inconclusive": OPEN}


def against_alone(runs: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Compare each pair with its architect alone.

    Parameters
    ----------
    runs : DataFrame
        One row per run.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        The result ``gains`` of each pair whose architect also ran alone, with Newcombe's interval
        of independent shares.  Of several runs alone the one that passed most is taken, which
        favours the single model.
    """
    return _compared(runs, lambda alone, pair: alone[alone["model"] == pair.model], confidence)


def against_best(runs: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Compare each pair with the single model that passed most, among those with a known cost.

    Parameters
    ----------
    runs, confidence
        As for :func:`against_alone`, whose result is returned.
    """
    return _compared(runs, lambda alone, _: alone[alone["cost_usd"].notna()], confidence)


def _compared(
    runs: pd.DataFrame, candidates: Callable[[pd.DataFrame, Any], pd.DataFrame], level: float
) -> pd.DataFrame:
    is_pair = runs["editor_model"].notna()
    # Of those that passed as many, the cheaper; an unknown cost comes last.
    alone = runs[~is_pair].sort_values(
        ["passes", "cost_usd", "run"], ascending=[False, True, True], kind="stable"
    )
    rows = [
        _row(pair, single, level)
        for pair in runs[is_pair].itertuples(index=False)
        for single in candidates(alone, pair).head(1).itertuples(index=False)
    ]
    gains = RESULTS["gains"].of(rows)
    return gains.sort_values(["gain", "pair"], ascending=[False, True], ignore_index=True)


def _row(pair: Any, single: Any, level: float) -> tuple[object, ...]:
    gain = independent_difference(pair.passes, pair.cases, single.passes, single.cases, level)
    runs = pair, single
    return (
        *(pair.name, single.name, pair.cases),
        *(run.passes for run in runs),
        *(run.passes / run.cases for run in runs),
        *(gain.value, gain.low, gain.high, _VERDICTS[gain.verdict]),
        *(run.cost_usd for run in runs),
        pair.cost_usd / single.cost_usd,
        *(run.cost_usd / run.passes if run.passes else np.inf for run in runs),
    )


def alone_sentence(runs: pd.DataFrame, gains: pd.DataFrame) -> str:
    """Return how pairs did against their architects alone, in words.

    Parameters
    ----------
    runs : DataFrame
        One row per run.
    gains : DataFrame
        From :func:`against_alone`.
    """
    pairs = int(runs["editor_model"].notna().sum())
    if not pairs:
        return "There is no run of a pair: nothing to compare."
    if gains.empty:
        return f"There is no run of an architect alone to compare {count(pairs, 'pair')} with."
    more, without = int((gains["gain"] > 0).sum()), pairs - len(gains)
    whose = "its architect" if len(gains) == 1 else "their architects"
    left_out = f" Left out: {count(without, 'pair')} without a full run of the architect alone."
    return (
        f"{count(more)} of {count(len(gains), 'pair')} passed more cases than {whose} alone,"
        f" {_sure(gains)}: {_range(gains['gain'], points)} points"
        f"{_at_cost(gains['cost_ratio'])}.{left_out if without else ''}"
    )


def best_sentence(gains: pd.DataFrame) -> str:
    """Return how the best pair did against the best single model, in words.

    Parameters
    ----------
    gains : DataFrame
        From :func:`against_best`; without a row nothing is said.
    """
    if gains.empty:
        return ""
    top = gains.iloc[0]
    cost = "at an unknown cost"
    if pd.notna(top["cost_ratio"]):
        dearer = top["cost_ratio"] >= 1
        factor = top["cost_ratio"] if dearer else 1 / top["cost_ratio"]
        spent = f"{usd(top['pair_cost_usd'])} against {usd(top['single_cost_usd'])}"
        cost = f"at {ratio(factor)} times {'the' if dearer else 'less'} cost ({spent})"
    return (
        f"The best pair, {top['pair']}, passed {percent(top['pair_rate'])} against"
        f" {percent(top['single_rate'])} of the best single model, {top['single']}, {cost}:"
        f" {points(top['gain'])} points ({points(top['low'])} to {points(top['high'])})."
    )


def _sure(gains: pd.DataFrame) -> str:
    more, fewer = ((gains["verdict"] == verdict).sum() for verdict in (MORE, FEWER))
    if not more + fewer:
        return "none by more than chance explains"
    counted = ((more, "more"), (fewer, "fewer"))
    return " and ".join(f"{count(n)} provably {what}" for n, what in counted if n)


def _range(values: pd.Series, words: Callable[[object], str]) -> str:
    low, high = words(values.min()), words(values.max())
    return low if low == high else f"{low} to {high}"


def _at_cost(ratios: pd.Series) -> str:
    if ratios.isna().all():
        return ", at unknown costs"
    return f", at {_range(ratios, ratio)} times the cost"
