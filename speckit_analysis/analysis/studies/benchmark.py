"""Runs of a coding benchmark: shares passed, what a pass costs, and who is on the front.

Frames of runs have the columns of :func:`speckit_analysis.studies.aider.read_leaderboard`; used
here are ``run``, ``name``, ``model``, ``editor_model``, ``cases``, ``passes``,
``cost_usd_reported``, ``cost_usd`` and ``seconds_per_case``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from speckit_analysis.analysis.selection import Selection, everything
from speckit_analysis.analysis.wording import all_of, count, listed, percent, usd
from speckit_analysis.stats.economics import cost_of_pass, front_probability, on_front
from speckit_analysis.stats.proportions import clopper_pearson


def complete(runs: pd.DataFrame) -> Selection:
    """Keep the runs on as many cases as most have: those of the benchmark.

    What another number of cases passed and cost is not to be compared with that.
    """
    usual = runs["cases"].mode().max() if len(runs) else 0
    other = pd.Series(pd.NA, runs.index, dtype="string")
    other[runs["cases"] != usual] = f"not on {count(usual, 'case')}"
    return everything(runs, noun="run").without(other)


def outcomes(runs: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return what each run passed, and what a pass cost.

    Parameters
    ----------
    runs : DataFrame
        One row per run.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        The columns of `runs`, and ``rate``, ``low``, ``high`` (share passed with its exact
        interval, Clopper and Pearson), ``cost_per_pass_usd``, ``cost_per_pass_low_usd``,
        ``cost_per_pass_high_usd`` (all that was spent, failures included, over the passes, with
        the interval of the rate; infinite without a pass, NaN without a known cost).
    """
    passes, cases = runs["passes"].to_numpy(float), runs["cases"].to_numpy(float)
    low, high = clopper_pearson(passes, cases, confidence)
    costs = _cost_per_pass(runs, confidence)
    return runs.assign(
        rate=passes / cases,
        low=low,
        high=high,
        cost_per_pass_usd=costs[:, 0],
        cost_per_pass_low_usd=costs[:, 1],
        cost_per_pass_high_usd=costs[:, 2],
    )


def _cost_per_pass(runs: pd.DataFrame, confidence: float) -> np.ndarray:
    """Return value, low and high of each run, shape (runs, 3)."""
    spent = runs["cost_usd"].to_numpy(float, na_value=np.nan)
    found = [
        cost_of_pass(cost / cases, passes, cases, confidence)
        for cost, passes, cases in zip(spent, runs["passes"], runs["cases"], strict=True)
    ]
    values = [(one.value, one.low, one.high) for one in found]
    # Without a pass the limit is infinite, whatever was spent.
    return np.where(np.isnan(spent)[:, None], np.nan, np.reshape(values, (-1, 3)))


def costs_known(runs: pd.DataFrame) -> str:
    """Return of how many runs the cost is known, in words.

    Examples
    --------
    >>> costs = pd.DataFrame({"cost_usd_reported": [1.5, 0.0, None], "cost_usd": [1.5, None, None]})
    >>> costs_known(costs)
    'The cost of 1 of 3 runs is known; 1 states $0, 1 states none: unknown, not free.'
    """
    known = int(runs["cost_usd"].notna().sum())
    none = int(runs["cost_usd_reported"].isna().sum())
    zero = len(runs) - known - none
    if known == len(runs):
        return f"The cost of {all_of(known, 'run')} is known."
    counted = ((zero, "$0"), (none, "none"))
    stated = [f"{count(n)} {'states' if n == 1 else 'state'} {what}" for n, what in counted if n]
    return (
        f"The cost of {count(known)} of {count(len(runs), 'run')} is known;"
        f" {', '.join(stated)}: unknown, not free."
    )


def cost_front(
    runs: pd.DataFrame, draws: int = 10_000, seed: int = 0, confidence: float = 0.95
) -> pd.DataFrame:
    """Return the runs whose cost is known, the cheapest first, and which of them none beats.

    Parameters
    ----------
    runs : DataFrame
        One row per run.
    draws, seed : int
        Of the rates behind ``chance_on_front``.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        As :func:`outcomes`, and ``on_front`` (bool: no other run is as cheap and passed more, or
        is cheaper and passed as many) and ``chance_on_front`` (float: how probable that is of
        the true rates; the cheapest run is always there).  Costs are taken as known, as they
        are: what one run cost says nothing of how much the next would.
    """
    known = outcomes(runs[runs["cost_usd"].notna()], confidence)
    known = known.sort_values(["cost_usd", "run"], kind="stable").reset_index(drop=True)
    cost, passes, cases = (known[name].to_numpy(float) for name in ("cost_usd", "passes", "cases"))
    return known.assign(
        on_front=on_front(cost, passes / cases),
        chance_on_front=front_probability(cost, passes, cases, draws, seed),
    )


def front_sentence(front: pd.DataFrame, sure: float = 0.9) -> str:
    """Return who is on the front, in words.

    Parameters
    ----------
    front : DataFrame
        From :func:`cost_front`.
    sure : float
        Chance from which on it is called sure.
    """
    if front.empty:
        return "Of no run the cost is known: there is no front."
    there = front[front["on_front"]]
    pairs = there.loc[there["editor_model"].notna(), "name"].tolist()
    best = there.iloc[-1]
    safe = int((there["chance_on_front"] >= sure).sum())
    return (
        f"{count(len(there))} of {count(len(front), 'run')} with a known cost"
        f" {'is' if len(there) == 1 else 'are'} on the front, {count(safe)} with a chance of"
        f" {percent(sure)} or more; it ends at {best['name']}, {percent(best['rate'])} for"
        f" {usd(best['cost_usd'])}."
        f" {'Pairs on it: ' + listed(pairs) if pairs else 'No pair is on it'}."
    )
