"""Runs of a coding benchmark: shares passed, what a pass costs, the front, and what was restated.

Frames of runs have the columns of :func:`speckit_analysis.studies.aider.read_leaderboard`.
"""

from __future__ import annotations

import pandas as pd

from speckit_analysis.analysis.selection import Selection, everything
from speckit_analysis.analysis.wording import all_of, count, listed, percent, usd
from speckit_analysis.stats.economics import cost_of_pass, front_probability, on_front
from speckit_analysis.stats.proportions import clopper_pearson
from speckit_analysis.tables.results import RESULTS

#: What may be restated, and what it is called.
FIGURES = {"cost_usd_reported": "cost", "passes": "passes", "cases": "cases", "name": "name"}


def complete(runs: pd.DataFrame) -> Selection:
    """Keep the runs on as many cases as most have: those of the benchmark.

    What another number of cases passed and cost is not to be compared with that.
    """
    usual = runs["cases"].mode().max() if len(runs) else 0
    other = pd.Series(pd.NA, runs.index, dtype="string")
    other[runs["cases"] != usual] = f"not on {count(usual, 'case')}"
    return everything(runs, noun="run").without(other)


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
        Level of the intervals: Clopper and Pearson's exact one of the rate, and what it makes of
        the cost per pass.

    Returns
    -------
    DataFrame
        The result ``cost_front``; the cheapest run is always there.  A pass costs all that was
        spent, failures included.  Costs are taken as known, as they are: what one run cost says
        nothing of how much the next would.
    """
    priced = runs[runs["cost_usd"].notna()]
    priced = priced.sort_values(["cost_usd", "run"], kind="stable", ignore_index=True)
    cost, passes, cases = (priced[name].to_numpy(float) for name in ("cost_usd", "passes", "cases"))
    low, high = clopper_pearson(passes, cases, confidence)
    of_pass = [
        cost_of_pass(spent / n, k, n, confidence)
        for spent, k, n in zip(priced["cost_usd"], priced["passes"], priced["cases"], strict=True)
    ]
    front = priced.assign(
        rate=passes / cases,
        low=low,
        high=high,
        cost_per_pass_usd=[estimate.value for estimate in of_pass],
        cost_per_pass_low_usd=[estimate.low for estimate in of_pass],
        cost_per_pass_high_usd=[estimate.high for estimate in of_pass],
        on_front=on_front(cost, passes / cases),
        chance_on_front=front_probability(cost, passes, cases, draws, seed),
    )
    return RESULTS["cost_front"].of(front)


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


def restated(before: pd.DataFrame | None, after: pd.DataFrame) -> pd.DataFrame:
    """Return the figures that differ between two versions of a leaderboard.

    Parameters
    ----------
    before, after : DataFrame
        Runs, matched by ``run``: names change.  Where there is nothing before, nothing is restated.

    Returns
    -------
    DataFrame
        The result ``restated``.  Costs are those that were stated, so that one which became 0 is
        told.
    """
    both = (after if before is None else before).merge(
        after, on="run", suffixes=("_before", ""), sort=False
    )
    parts = []
    for column, figure in FIGURES.items():
        old, new = both[f"{column}_before"], both[column]
        words = usd if figure == "cost" else str
        stated = both.assign(
            figure=figure,
            before=old.map(words, na_action="ignore"),
            after=new.map(words, na_action="ignore"),
        )
        parts.append(stated[(old != new).fillna(False) | (old.isna() != new.isna())])
    return RESULTS["restated"].of(pd.concat(parts, ignore_index=True))


def restatement_sentence(before: pd.DataFrame | None, after: pd.DataFrame) -> str:
    """Return how much two versions of a leaderboard differ, in words.

    Parameters
    ----------
    before : DataFrame or None
        None if there is no earlier version.
    after : DataFrame
        As for :func:`restated`.
    """
    if before is None:
        return "There is no earlier version of the leaderboard to compare with."
    still_there = before["run"].isin(after["run"])
    gone, new = int((~still_there).sum()), int((~after["run"].isin(before["run"])).sum())
    counted = restated(before, after)["figure"].value_counts()
    changed = [count(counted[figure], figure) for figure in FIGURES.values() if figure in counted]
    return (
        f"Of {count(int(still_there.sum()), 'run')} in both versions, restated: {listed(changed)}."
        f" {count(gone)} only in the earlier, {count(new)} only in the later."
    )
