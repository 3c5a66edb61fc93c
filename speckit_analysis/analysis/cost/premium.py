"""What the work costs in money, tokens and time, and how much of it is due to consensus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.intervals import small_sample, typical
from speckit_analysis.analysis.selection import in_part
from speckit_analysis.analysis.summaries import summarise
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.tables.results import RESULTS


def with_tokens(calls: pd.DataFrame) -> pd.DataFrame:
    """Return `calls` with a column ``tokens`` (Int64): the total, or the sum of its parts.

    A total as recorded wins.  Otherwise input and output must both be known; reasoning counts
    where it is told apart.
    """
    parts = calls["prompt_tokens"] + calls["completion_tokens"]
    parts = parts + calls["reasoning_tokens"].fillna(0)
    return calls.assign(tokens=calls["total_tokens"].fillna(parts))


def profile(calls: pd.DataFrame, by: str | Sequence[str], value: str = "cost_usd") -> pd.DataFrame:
    """Describe money, tokens and time side by side.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls`` from :func:`with_tokens`.
    by : str or sequence of str
        Columns, or a period, as for :func:`summarise`.
    value : str
        Column with the cost of a call.

    Returns
    -------
    DataFrame
        The columns of `by`, and those of the result ``profile``.
    """
    money, tokens, time = (
        summarise(calls, by, column) for column in (value, "tokens", "latency_ms")
    )
    keys = [by] if isinstance(by, str) else list(by)
    profiles = money[keys].assign(
        calls=money["n"] + money["missing"],
        without_cost=money["missing"],
        cost_usd=money["sum"],
        share=money["share"],
        call_usd=money["mean"],
        tokens=tokens["sum"],
        call_tokens=tokens["mean"],
        with_latency=time["n"],
        median_ms=time["median"],
        p95_ms=time["p95"],
    )
    return RESULTS["profile"].of(profiles, keys)


def with_configuration(calls: pd.DataFrame) -> pd.DataFrame:
    """Return `calls` with a column ``configuration`` (string): the model and its reasoning mode."""
    model, mode = (calls[name].astype("string") for name in ("model_id", "reasoning_mode"))
    return calls.assign(configuration=model.str.cat(mode, sep=", ").fillna(model))


def by_run(calls: pd.DataFrame, value: str) -> pd.DataFrame:
    """Return what the calls of each run have of a figure.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``.
    value : str
        Column with the figure.

    Returns
    -------
    DataFrame
        ``run_id``, ``spec_id``, ``stage``, ``calls``, ``known`` (calls with the figure), ``sum``,
        ``largest``, ``smallest``, ``in_part`` (whether a call is left out) and ``whole`` (whether
        the sum is that of the run).
    """
    grouped = calls.assign(in_part=in_part(calls)).groupby("run_id", observed=True)
    runs = grouped.agg(
        spec_id=("spec_id", "first"),
        stage=("stage", "first"),
        calls=(value, "size"),
        known=(value, "count"),
        sum=(value, "sum"),
        largest=(value, "max"),
        smallest=(value, "min"),
        in_part=("in_part", "any"),
    ).reset_index()
    return runs.assign(whole=(runs["known"] == runs["calls"]) & ~runs["in_part"])


def run_latency(calls: pd.DataFrame) -> pd.DataFrame:
    """Return how long runs take, if their calls follow each other and if they are made at once.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``.

    Returns
    -------
    DataFrame
        ``stage``, and the columns of the result ``run_latency``.
    """
    runs = by_run(calls, "latency_ms").rename(columns={"largest": "wall_ms", "sum": "sum_ms"})
    grouped = runs[runs["whole"]].groupby("stage", observed=True)
    latencies = grouped[["wall_ms", "sum_ms"]].median().assign(runs=grouped.size())
    return RESULTS["run_latency"].of(latencies.reset_index(), ["stage"])


def latency_sentence(calls: pd.DataFrame) -> str:
    """Say how far the sum over calls and the longest call of a run lie apart.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``, rows that count.  Runs in which a call's latency is missing, or a call is
        left out, do not.
    """
    runs = by_run(calls, "latency_ms")
    several = runs[runs["whole"] & (runs["calls"] > 1) & (runs["largest"] > 0)]
    if several.empty:
        return (
            "No run of two calls tells the latency of each, so that sum and wall time cannot be"
            " compared."
        )
    ratios = several.assign(ratio=several["sum"] / several["largest"])
    middle = typical(_by_spec(ratios, "ratio"))
    low, high = wording.ratio(middle.low), wording.ratio(middle.high)
    interval = "" if np.isnan(middle.low) else f" ({low} to {high})"
    return (
        f"Latency is two things: in {wording.count(len(several), 'measured run')} the sum over"
        f" calls is {wording.ratio(middle.value)}{interval} times the longest call, which"
        " is what somebody waits at least. A saving in the one is not a saving in the other."
    )


def cache_sentence(calls: pd.DataFrame) -> str:
    """Say which share of the input came from the providers' caches, as far as it is told."""
    telling = calls[calls["cached_tokens"].notna() & calls["prompt_tokens"].notna()]
    if telling.empty:
        return (
            "No call tells how much of its input came from a cache: all input is priced in full,"
            " which is too much where a cache was used."
        )
    share = telling["cached_tokens"].sum() / max(telling["prompt_tokens"].sum(), 1)
    return (
        f"{wording.percent(share)} of the input came from a cache"
        f" ({wording.count(len(telling), 'call')} of {wording.count(len(calls))} tell)."
    )


def over_time(calls: pd.DataFrame, period: str, value: str = "cost_usd") -> pd.DataFrame:
    """Return :func:`profile` by `period`; calls without a timestamp belong to none."""
    return profile(calls[calls["timestamp"].notna()], period, value)


def reported_against_computed(calls: pd.DataFrame) -> pd.DataFrame:
    """Compare the cost that was reported with the one computed from tokens, by model.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``.

    Returns
    -------
    DataFrame
        ``model_id``, and the columns of the result ``reported_against_computed``.
    """
    computed, reported = calls["cost_usd"], calls["cost_usd_reported"]
    has_computed, has_reported = computed.notna(), reported.notna()
    both = has_computed & has_reported
    # A call reported at $0.00 is in the total, so its ratio of 0 is in the range.
    compared = (both & (computed > 0)).fillna(False).astype(bool)
    ratios = (reported / computed).where(compared)
    marks = pd.DataFrame(
        {
            "model_id": calls["model_id"],
            "calls": 1,
            "both": both,
            "only_computed": has_computed & ~has_reported,
            "only_reported": ~has_computed & has_reported,
            "neither": ~has_computed & ~has_reported,
            "reported_as_zero": compared & (reported == 0),
            "compared": compared,
            "computed_usd": computed.where(compared),
            "reported_usd": reported.where(compared),
            "ratio": ratios,
            "log_ratio": np.log(ratios.where(ratios > 0).to_numpy(float, na_value=np.nan)),
        }
    )
    grouped = marks.groupby("model_id", observed=True, dropna=False)
    by_model = grouped.sum(min_count=1).assign(
        total_ratio=lambda sums: sums["reported_usd"] / sums["computed_usd"],
        geometric_mean_ratio=np.exp(grouped["log_ratio"].mean()),
        lowest_ratio=grouped["ratio"].min(),
        highest_ratio=grouped["ratio"].max(),
    )
    return RESULTS["reported_against_computed"].of(by_model.reset_index(), ["model_id"])


def agreement_sentence(compared: pd.DataFrame) -> str:
    """Say how far reported cost and computed cost agree, over all rows of `compared`."""
    both = int(compared["compared"].sum())
    if both == 0:
        return "No call has both a reported cost and one computed from its tokens."
    ratio = compared["reported_usd"].sum() / compared["computed_usd"].sum()
    zero = int(compared["reported_as_zero"].sum())
    silent = f"; {wording.count(zero, 'call')} with a price reported $0.00" if zero else ""
    return (
        f"What was reported is {wording.ratio(ratio)} times what the tokens cost"
        f" ({wording.count(both, 'call')} with both figures{silent})."
    )


@dataclass(frozen=True)
class Premium:
    """What consensus costs relative to a single one of its calls."""

    #: The result ``premium_runs``.
    runs: pd.DataFrame
    #: ``reason`` and ``rows``: runs that do not count.
    left_out: pd.DataFrame
    #: Over SPECs, each by the geometric mean of its runs: the SPEC is the independent unit.
    over_dearest: Estimate
    over_cheapest: Estimate

    @property
    def sentence(self) -> str:
        """The premium with its interval, its n and what was left out."""
        if self.runs.empty:
            return "No run has two calls or more that all have a cost: the premium is unknown."
        runs = wording.count(len(self.runs), "run")
        specs = wording.count(self.over_dearest.n, "SPEC")
        return (
            f"A consensus run costs {_ratio_in_words(self.over_dearest)} its most expensive call,"
            f" and {_ratio_in_words(self.over_cheapest)} its cheapest ({runs} of {specs})."
            + small_sample(self.over_dearest.n, "SPEC")
        )


def _ratio_in_words(ratio: Estimate) -> str:
    value, low, high = map(wording.ratio, (ratio.value, ratio.low, ratio.high))
    interval = f" ({wording.exact_percent(ratio.level)} interval {low} to {high})"
    return f"{value} times{'' if np.isnan(ratio.low) else interval}"


def consensus_premium(
    calls: pd.DataFrame, value: str = "cost_usd", confidence: float = 0.95
) -> Premium:
    """Return what a run of several calls costs relative to one of its calls.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``.
    value : str
        Column with the cost of a call.
    confidence : float
        Level of the intervals.

    Notes
    -----
    A run counts if it has two calls or more, none of them left out, and each has a cost above 0:
    with one missing, the total would be too low.  The dearest call stands for "the one model we
    would have used instead"; it is a stand-in, as nobody ran that model alone with the same prompt.
    """
    runs = by_run(calls, value)
    free = ~(runs["smallest"] > 0).fillna(False)
    reasons = pd.Series(pd.NA, index=runs.index, dtype="string")
    reasons = reasons.mask(free, "with a call that cost nothing")
    reasons = reasons.mask(runs["known"] < runs["calls"], "with a call whose cost is unknown")
    reasons = reasons.mask(runs["calls"] < 2, "with one call only")
    reasons = reasons.mask(runs["in_part"], "with a call that is left out")
    tally = reasons.value_counts().sort_index().rename_axis("reason").reset_index(name="rows")
    names = {"sum": "total_usd", "largest": "dearest_usd", "smallest": "cheapest_usd"}
    kept = runs[reasons.isna()].rename(columns=names).reset_index(drop=True)
    kept["over_dearest"] = kept["total_usd"] / kept["dearest_usd"]
    kept["over_cheapest"] = kept["total_usd"] / kept["cheapest_usd"]
    return Premium(
        RESULTS["premium_runs"].of(kept),
        tally,
        typical(_by_spec(kept, "over_dearest"), confidence),
        typical(_by_spec(kept, "over_cheapest"), confidence),
    )


def _by_spec(runs: pd.DataFrame, figure: str) -> pd.Series:
    logs = pd.Series(np.log(runs[figure].to_numpy(dtype=float)), index=runs.index)
    means = logs.groupby(runs["spec_id"], observed=True, dropna=False).mean()
    return pd.Series(np.exp(means.to_numpy()), index=means.index)


def typical_by(
    premium: Premium, by: str, figure: str = "over_dearest", confidence: float = 0.95
) -> pd.DataFrame:
    """Return a typical figure of consensus runs by one of their columns.

    Parameters
    ----------
    premium : Premium
        From :func:`consensus_premium`.
    by : str
        ``calls`` or ``stage``.
    figure : str
        ``over_dearest``, ``over_cheapest`` or ``total_usd``.
    confidence : float
        Level of the interval, for each row on its own.

    Returns
    -------
    DataFrame
        `by`, and the columns of the result ``typical_ratio`` or, of ``total_usd``,
        ``typical_usd``.
    """
    rows = []
    for key, group in premium.runs.groupby(by, observed=True):
        middle = typical(_by_spec(group, figure), confidence)
        rows.append((key, len(group), middle.n, middle.value, middle.low, middle.high))
    unit = "usd" if figure.endswith("_usd") else "ratio"
    return RESULTS[f"typical_{unit}"].of(rows, [by])


def _recorded(budgets: pd.DataFrame) -> str:
    amounts = budgets["recorded_usd"].dropna()
    if amounts.empty:
        return "What consensus costs cannot be told from it."
    return (
        f"Cost summaries put {wording.count(len(amounts), 'SPEC')} at"
        f" {wording.usd(amounts.sum())}, with nothing to check them against."
    )


def headline(
    calls: pd.DataFrame, premium: Premium, recorded: pd.DataFrame, value: str = "cost_usd"
) -> str:
    """Answer the notebook's question in a sentence.

    Parameters
    ----------
    calls : DataFrame
        The calls that are used.
    premium : Premium
        From :func:`consensus_premium` on the same calls.
    recorded : DataFrame
        From :func:`.budget.budgets`: what cost summaries say.
    value : str
        Column with the cost of a call.
    """
    known = calls[value].notna()
    if not known.any():
        why = (
            "no call in this evidence can be used"
            if calls.empty
            else f"none of {wording.count(len(calls), 'call')} has a cost"
        )
        return f"Nothing measured: {why}. {_recorded(recorded)}"
    parts = [
        wording.count(calls.loc[known, column].nunique(), noun)
        for column, noun in (("spec_id", "SPEC"), ("session_id", "session"))
        if column in calls and calls.loc[known, column].notna().any()
    ]
    spent = f"{wording.usd(calls[value].sum())} went on {wording.count(int(known.sum()), 'call')}"
    spent += f" for {wording.listed(parts)}" if parts else ""
    without = int((~known).sum())
    if without:
        spent += f" ({wording.count(without, 'more call')} without a cost not counted)"
    return f"{spent}. {premium.sentence}"
