"""What the work costs in money, tokens and time, and how much of it is due to consensus."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.intervals import Typical, small_sample, typical_ratio
from speckit_analysis.analysis.summaries import nullable, summarise

#: How a SPEC stands against its budget, from unknown over good to bad.
BUDGET_VERDICTS = (
    "not measured",
    "no budget",
    "within budget",
    "warning",
    "critical",
    "exceeded",
)


def with_tokens(calls: pd.DataFrame) -> pd.DataFrame:
    """Return `calls` with a column ``tokens`` (Int64): the total, or the sum of its parts.

    A total as recorded wins.  Otherwise input and output must both be known; reasoning counts
    where it is told apart.
    """
    parts = calls["prompt_tokens"] + calls["completion_tokens"]
    parts = parts + calls["reasoning_tokens"].fillna(0)
    return calls.assign(tokens=calls["total_tokens"].fillna(parts))


def spend_over_time(calls: pd.DataFrame, period: str, value: str = "cost_usd") -> pd.DataFrame:
    """Return :func:`summarise` by `period` with the running total as ``cumulative`` (USD).

    Calls without a timestamp are left out, since they belong to no period.
    """
    by_period = summarise(calls[calls["timestamp"].notna()], period, value)
    return by_period.assign(cumulative=by_period["sum"].fillna(0.0).cumsum())


def reported_against_computed(calls: pd.DataFrame, by: str = "model_id") -> pd.DataFrame:
    """Compare the cost that was reported with the one computed from tokens.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``.
    by : str
        Column to compare by.

    Returns
    -------
    DataFrame
        One row per value of `by`: ``calls``; ``both``, ``only_computed``, ``only_reported``,
        ``neither`` (Int64, calls by which cost they have); ``reported_as_zero`` (Int64, calls
        with tokens that cost money, reported as 0); ``computed_usd``, ``reported_usd`` (sums
        over calls with both); ``total_ratio`` (reported / computed); ``geometric_mean_ratio``,
        ``lowest_ratio``, ``highest_ratio`` (per call, where both are above 0).
    """
    computed, reported = calls["cost_usd"], calls["cost_usd_reported"]
    has_computed, has_reported = computed.notna(), reported.notna()
    both = has_computed & has_reported
    ratios = (reported / computed).where((computed > 0) & (reported > 0))
    marks = pd.DataFrame(
        {
            by: calls[by],
            "calls": 1,
            "both": both,
            "only_computed": has_computed & ~has_reported,
            "only_reported": ~has_computed & has_reported,
            "neither": ~has_computed & ~has_reported,
            "reported_as_zero": (both & (reported == 0) & (computed > 0)).fillna(False),
            "computed_usd": computed.where(both),
            "reported_usd": reported.where(both),
            "ratio": ratios,
            "log_ratio": nullable(np.log(ratios.to_numpy(dtype=float, na_value=np.nan))),
        }
    )
    grouped = marks.groupby(by, observed=True, dropna=False)
    counts = ["calls", "both", "only_computed", "only_reported", "neither", "reported_as_zero"]
    compared = grouped[counts].sum().astype("Int64")
    compared = compared.join(grouped[["computed_usd", "reported_usd"]].sum(min_count=1))
    compared["total_ratio"] = (compared["reported_usd"] / compared["computed_usd"]).where(
        compared["computed_usd"] > 0
    )
    log_mean = grouped["log_ratio"].mean().to_numpy(dtype=float, na_value=np.nan)
    compared["geometric_mean_ratio"] = nullable(np.exp(log_mean))
    compared["lowest_ratio"] = grouped["ratio"].min()
    compared["highest_ratio"] = grouped["ratio"].max()
    return compared.reset_index()


def agreement_sentence(compared: pd.DataFrame) -> str:
    """Say how far reported cost and computed cost agree, over all rows of `compared`."""
    both = int(compared["both"].sum())
    if both == 0:
        return "No call has both a reported cost and one computed from its tokens."
    ratio = compared["reported_usd"].sum() / compared["computed_usd"].sum()
    zero = int(compared["reported_as_zero"].sum())
    silent = f"; {wording.count(zero, 'call')} with a price reported $0.00" if zero else ""
    return (
        f"What was reported is {wording.ratio(ratio)} times what the tokens cost"
        f" ({wording.count(both, 'call')} with both figures{silent})."
    )


def budgets(
    costs: pd.DataFrame,
    calls: pd.DataFrame,
    *,
    warning: float = 0.8,
    critical: float = 0.9,
    exceeded: float = 1.0,
    default_budget_usd: float | None = None,
    value: str = "cost_usd",
) -> pd.DataFrame:
    """Hold each SPEC's spending against its budget.

    Parameters
    ----------
    costs : DataFrame
        Table ``costs``; of several totals of a SPEC the latest counts, superseded ones never.
    calls : DataFrame
        Table ``calls``, for the sum of the calls' cost.
    warning, critical, exceeded : float
        Shares of the budget from which these verdicts hold.
    default_budget_usd : float, optional
        Budget of SPECs whose summary names none.
    value : str
        Column of `calls` with their cost.

    Returns
    -------
    DataFrame
        One row per SPEC: ``spec_id``, ``budget_usd``, ``recorded_usd`` (missing where $0.00
        stands over calls that were made: nothing was measured), ``recorded_as_zero``
        (boolean), ``calls_recorded``, ``calls_usd`` (sum over the calls), ``calls_with_cost``,
        ``calls_without_cost``, ``spent_usd`` (the larger of the two), ``utilization`` (spent /
        budget) and ``verdict`` (ordered category).
    """
    totals = _latest_totals(costs)
    spent = summarise(calls, "spec_id", value).rename(
        columns={"sum": "calls_usd", "n": "calls_with_cost", "missing": "calls_without_cost"}
    )
    spent = spent[["spec_id", "calls_usd", "calls_with_cost", "calls_without_cost"]]
    for frame in (totals, spent):
        frame["spec_id"] = frame["spec_id"].astype("string")
    held = totals.merge(spent[spent["spec_id"].notna()], on="spec_id", how="outer")
    held["recorded_as_zero"] = _zero_over_calls(held)
    held["recorded_usd"] = held["recorded_usd"].mask(held["recorded_as_zero"])
    held["spent_usd"] = held[["recorded_usd", "calls_usd"]].max(axis="columns").astype("Float64")
    if default_budget_usd is not None:
        held["budget_usd"] = held["budget_usd"].fillna(default_budget_usd)
    held["utilization"] = (held["spent_usd"] / held["budget_usd"]).where(held["budget_usd"] > 0)
    held["verdict"] = _verdicts(held, (warning, critical, exceeded))
    columns = [
        "spec_id",
        "budget_usd",
        "recorded_usd",
        "recorded_as_zero",
        "calls_recorded",
        "calls_usd",
        "calls_with_cost",
        "calls_without_cost",
        "spent_usd",
        "utilization",
        "verdict",
    ]
    return held[columns].sort_values("spec_id", ignore_index=True)


def _latest_totals(costs: pd.DataFrame) -> pd.DataFrame:
    totals = costs[(costs["scope"] == "total") & ~costs["superseded"].fillna(False)]
    totals = totals[totals["spec_id"].notna()]
    latest = totals.sort_values(["timestamp", "source"], na_position="first", kind="stable")
    latest = latest.drop_duplicates("spec_id", keep="last")
    names = {"cost_usd_reported": "recorded_usd", "calls_reported": "calls_recorded"}
    return latest[["spec_id", "budget_usd", *names]].rename(columns=names)


def _zero_over_calls(held: pd.DataFrame) -> pd.Series:
    made = held["calls_recorded"].fillna(0) + held["calls_with_cost"].fillna(0)
    made = made + held["calls_without_cost"].fillna(0)
    return ((held["recorded_usd"] == 0) & (made > 0)).fillna(False).astype("boolean")


def _verdicts(held: pd.DataFrame, limits: tuple[float, float, float]) -> pd.Series:
    used = held["utilization"].to_numpy(dtype=float, na_value=np.nan)
    steps = np.searchsorted(np.asarray(limits), used, side="right")
    words = np.asarray(BUDGET_VERDICTS[2:])[np.clip(steps, 0, 3)]
    words = np.where(held["spent_usd"].isna(), BUDGET_VERDICTS[0], words)
    no_budget = held["spent_usd"].notna() & held["utilization"].isna()
    words = np.where(no_budget, BUDGET_VERDICTS[1], words)
    return pd.Series(
        pd.Categorical(words, categories=list(BUDGET_VERDICTS), ordered=True), index=held.index
    )


def budget_sentence(held: pd.DataFrame) -> str:
    """Say how many SPECs stand where against their budget."""
    if held.empty:
        return "No SPEC in this evidence has a cost summary or a call, so no budget can be checked."
    counts = held["verdict"].value_counts().sort_index(ascending=False)
    parts = [f"{wording.count(n)} {verdict}" for verdict, n in counts.items() if n]
    zero = int(held["recorded_as_zero"].sum())
    note = (
        f" {wording.count(zero, 'summary')} {'records' if zero == 1 else 'record'} $0.00 over"
        " calls that were made: that is no measurement, and is not read as one."
        if zero
        else ""
    )
    return f"Of {wording.count(len(held), 'SPEC')}: {', '.join(parts)}.{note}"


@dataclass(frozen=True)
class Premium:
    """What consensus costs relative to a single one of its calls.

    Attributes
    ----------
    runs : DataFrame
        One row per run that counts: ``run_id``, ``spec_id``, ``stage``, ``calls`` (Int64),
        ``total_usd``, ``dearest_usd``, ``cheapest_usd``, ``over_dearest``, ``over_cheapest``
        (Float64, ratios).
    left_out : DataFrame
        ``reason`` and ``rows``: runs that do not count.
    over_dearest, over_cheapest : Typical
        Over SPECs, each by the geometric mean of its runs: the SPEC is the independent unit.
    """

    runs: pd.DataFrame
    left_out: pd.DataFrame
    over_dearest: Typical
    over_cheapest: Typical

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


def _ratio_in_words(typical: Typical) -> str:
    middle = f"{wording.ratio(typical.geometric_mean)} times"
    if np.isnan(typical.low):
        return middle
    low, high = wording.ratio(typical.low), wording.ratio(typical.high)
    return f"{middle} ({wording.percent(typical.confidence)} interval {low} to {high})"


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
    A run counts if it has two calls or more and each has a cost above 0: with one missing, the
    total would be too low.  The dearest call stands for "the one model we would have used
    instead"; it is a stand-in, as nobody ran that model alone with the same prompt.
    """
    grouped = calls.groupby("run_id", observed=True, sort=True)
    runs = grouped.agg(
        spec_id=("spec_id", "first"),
        stage=("stage", "first"),
        calls=(value, "size"),
        priced=(value, "count"),
        total_usd=(value, "sum"),
        dearest_usd=(value, "max"),
        cheapest_usd=(value, "min"),
    ).reset_index()
    runs["calls"] = runs["calls"].astype("Int64")
    single = runs["calls"] < 2
    unpriced = runs["priced"] < runs["calls"]
    free = ~(runs["cheapest_usd"] > 0).fillna(False)
    reasons = pd.Series(pd.NA, index=runs.index, dtype="string")
    reasons = reasons.mask(free, "with a call that cost nothing")
    reasons = reasons.mask(unpriced, "with a call whose cost is unknown")
    reasons = reasons.mask(single, "with one call only")
    tally = reasons.value_counts().sort_index().rename_axis("reason").reset_index(name="rows")
    kept = runs[reasons.isna()].drop(columns="priced").reset_index(drop=True)
    kept["over_dearest"] = kept["total_usd"] / kept["dearest_usd"]
    kept["over_cheapest"] = kept["total_usd"] / kept["cheapest_usd"]
    return Premium(
        kept,
        tally,
        typical_ratio(_by_spec(kept, "over_dearest"), confidence),
        typical_ratio(_by_spec(kept, "over_cheapest"), confidence),
    )


def _by_spec(runs: pd.DataFrame, ratio: str) -> pd.Series:
    logs = pd.Series(np.log(runs[ratio].to_numpy(dtype=float)), index=runs.index)
    means = logs.groupby(runs["spec_id"], observed=True, dropna=False).mean()
    return pd.Series(np.exp(means.to_numpy()), index=means.index)


def premium_by_size(premium: Premium, confidence: float = 0.95) -> pd.DataFrame:
    """Return the premium over the dearest call by the number of calls in a run.

    Returns
    -------
    DataFrame
        ``calls``, ``runs``, ``specs`` (Int64), ``mean_usd`` (per run), ``over_dearest``
        (geometric mean over SPECs), ``low``, ``high`` (log-t), ``median``, ``median_low``,
        ``median_high``, ``median_level`` (order statistics, over SPECs).
    """
    rows = []
    for calls, group in premium.runs.groupby("calls"):
        typical = typical_ratio(_by_spec(group, "over_dearest"), confidence)
        rows.append(
            {
                "calls": calls,
                "runs": len(group),
                "specs": typical.n,
                "mean_usd": group["total_usd"].mean(),
                "over_dearest": typical.geometric_mean,
                "low": typical.low,
                "high": typical.high,
                "median": typical.median,
                "median_low": typical.median_low,
                "median_high": typical.median_high,
                "median_level": typical.median_level,
            }
        )
    names = ["calls", "runs", "specs"]
    figures = ["mean_usd", "over_dearest", "low", "high", "median"]
    figures += ["median_low", "median_high", "median_level"]
    table = pd.DataFrame(rows, columns=[*names, *figures])
    return table.astype(dict.fromkeys(names, "Int64") | dict.fromkeys(figures, "Float64"))


def headline(calls: pd.DataFrame, premium: Premium, value: str = "cost_usd") -> str:
    """Answer the notebook's question in a sentence.

    Parameters
    ----------
    calls : DataFrame
        The calls that are used.
    premium : Premium
        From :func:`consensus_premium` on the same calls.
    value : str
        Column with the cost of a call.
    """
    if calls.empty:
        return "Nothing measured: no call in this evidence can be used, so no cost can be stated."
    known = calls[value].notna()
    if not known.any():
        return (
            f"Not measured: none of {wording.count(len(calls), 'call')} has a cost, so what"
            " consensus costs cannot be told from this evidence."
        )
    specs = calls.loc[known, "spec_id"].nunique()
    spent = (
        f"{wording.usd(calls[value].sum())} went on {wording.count(int(known.sum()), 'call')}"
        f" for {wording.count(specs, 'SPEC')}"
    )
    without = int((~known).sum())
    if without:
        spent += f" ({wording.count(without, 'more call')} without a cost not counted)"
    return f"{spent}. {premium.sentence}"
