"""What can be measured, and by what it can be broken down: declared once, for every question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from speckit_analysis.analysis.cost.premium import with_tokens
from speckit_analysis.analysis.disagreement.frequency import comparable_runs, genuine
from speckit_analysis.analysis.review.scores import quality_scores
from speckit_analysis.analysis.selection import Selection, in_part, measured
from speckit_analysis.analysis.summaries import PERIODS, nullable
from speckit_analysis.errors import EvidenceError

if TYPE_CHECKING:
    from speckit_analysis.evidence.load import Evidence

#: Names of columns by which figures are broken down; periods come on top.
DIMENSIONS = {
    "spec": "spec_id",
    "stage": "stage",
    "agent": "agent",
    "model": "model_id",
    "provider": "provider",
    "reasoning-mode": "reasoning_mode",
    "status": "status",
    "run": "run_id",
}

_OF_RUNS = ("spec", "stage", "status", "run", *PERIODS)
_OF_CALLS = (*DIMENSIONS, *PERIODS)


@dataclass(frozen=True)
class Metric:
    """One figure of each call or run.

    Attributes
    ----------
    name, meaning : str
        As on the command line.
    unit : str
        ``usd``, ``ms``, ``tokens``, ``tokens_per_s``, ``points``, or nothing for a share or
        count.
    kind : str
        ``amount``: summed; ``ratio``: of two sums, so that a total is their ratio; ``share``:
        of rows that are hit.
    noun : str
        What a row is.
    rows : callable
        Takes evidence and provenances, and returns the rows that count, with a column ``value``;
        for a ratio, ``upper`` and ``lower`` as well.
    by : tuple of str
        By what it can be broken down.
    """

    name: str
    meaning: str
    unit: str
    kind: Literal["amount", "ratio", "share"]
    noun: str
    rows: Callable[[Evidence, tuple[str, ...]], Selection]
    by: tuple[str, ...] = _OF_CALLS


def _calls(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    return measured(evidence.calls, include, noun="call")


def _column(name: str) -> Callable[[Evidence, tuple[str, ...]], Selection]:
    def rows(evidence: Evidence, include: tuple[str, ...]) -> Selection:
        used = _calls(evidence, include)
        return used.assign(value=used.kept[name].astype("Float64"))

    return rows


def _tokens(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    used = _calls(evidence, include)
    return used.assign(value=with_tokens(used.kept)["tokens"].astype("Float64"))


def _throughput(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    used = _calls(evidence, include)
    output = used.kept["completion_tokens"] + used.kept["reasoning_tokens"].fillna(0)
    return _ratio(used, output.astype("Float64"), used.kept["latency_ms"] / 1000)


def _cache_rate(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    used = _calls(evidence, include)
    return _ratio(
        used,
        used.kept["cached_tokens"].astype("Float64"),
        used.kept["prompt_tokens"].astype("Float64"),
    )


def _ratio(used: Selection, upper: pd.Series, lower: pd.Series) -> Selection:
    known = upper.notna() & (lower > 0).fillna(False)
    upper, lower = upper.where(known), lower.where(known)
    return used.assign(value=upper / lower, upper=upper, lower=lower)


def _errors(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    used = _calls(evidence, include)
    known = used.kept["status"].notna()
    failed = (used.kept["status"] == "error").astype("boolean").where(known)
    return used.assign(value=failed.astype("Float64"))


def _runs(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    return measured(evidence.runs, include, noun="run")


def _run_figure(
    column: str, how: Literal["sum", "max"]
) -> Callable[[Evidence, tuple[str, ...]], Selection]:
    """Return rows with a figure over the run's calls, missing if that of any call is.

    Of a run of which a call is left out it is missing too.
    """

    def rows(evidence: Evidence, include: tuple[str, ...]) -> Selection:
        used = _runs(evidence, include)
        calls = with_tokens(_calls(evidence, include).kept)
        calls = calls[~in_part(calls)]
        figures = calls.groupby("run_id")[column]
        found = figures.agg(how).where(figures.count() == figures.size())
        value = found.reindex(used.kept["run_id"]).to_numpy(dtype=float, na_value=np.nan)
        return used.assign(value=pd.Series(nullable(value), used.kept.index))

    return rows


def _disagreements(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    opinions = evidence.disagreements[evidence.disagreements["provenance"].isin(include)]
    used = comparable_runs(_runs(evidence, include), opinions)
    counts = genuine(opinions)["run_id"].value_counts()
    found = counts.reindex(used.kept["run_id"]).fillna(0).to_numpy(dtype=float)
    return used.assign(value=pd.Series(nullable(found), used.kept.index))


def _disagreement_rate(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    used = _disagreements(evidence, include)
    return used.assign(value=(used.kept["value"] > 0).astype("Float64"))


def _escalations(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    used = _runs(evidence, include)
    return used.assign(value=used.kept["escalated"].astype("Float64"))


def _quality(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    reviews = measured(evidence.reviews, include, noun="score")
    return quality_scores(reviews, _runs(evidence, include))


METRICS = {
    metric.name: metric
    for metric in (
        Metric("cost", "cost of a call, from its tokens", "usd", "amount", "call",
               _column("cost_usd")),
        Metric("cost-reported", "cost of a call, as recorded", "usd", "amount", "call",
               _column("cost_usd_reported")),
        Metric("tokens", "tokens of a call, input and output", "tokens", "amount", "call", _tokens),
        Metric("prompt-tokens", "input tokens of a call", "tokens", "amount", "call",
               _column("prompt_tokens")),
        Metric("completion-tokens", "output tokens of a call", "tokens", "amount", "call",
               _column("completion_tokens")),
        Metric("reasoning-tokens", "tokens of a call's reasoning", "tokens", "amount", "call",
               _column("reasoning_tokens")),
        Metric("cached-tokens", "input tokens that came from a cache", "tokens", "amount", "call",
               _column("cached_tokens")),
        Metric("latency", "how long a call took", "ms", "amount", "call", _column("latency_ms")),
        Metric("throughput", "output tokens a second", "tokens_per_s", "ratio", "call",
               _throughput),
        Metric("cache-hit-rate", "share of input tokens that came from a cache", "", "ratio",
               "call", _cache_rate),
        Metric("error-rate", "share of calls that failed", "", "share", "call", _errors),
        Metric("run-cost", "cost of a run, all its calls", "usd", "amount", "run",
               _run_figure("cost_usd", "sum"), _OF_RUNS),
        Metric("run-tokens", "tokens of a run, all its calls", "tokens", "amount", "run",
               _run_figure("tokens", "sum"), _OF_RUNS),
        Metric("run-latency-sum", "latency of a run if its calls follow each other", "ms",
               "amount", "run", _run_figure("latency_ms", "sum"), _OF_RUNS),
        Metric("run-latency-wall", "latency of a run if its calls are made at once", "ms",
               "amount", "run", _run_figure("latency_ms", "max"), _OF_RUNS),
        Metric("disagreements", "disagreements of a run that could have had one", "", "amount",
               "run", _disagreements, _OF_RUNS),
        Metric("disagreement-rate", "share of such runs with a disagreement", "", "share", "run",
               _disagreement_rate, _OF_RUNS),
        Metric("escalation-rate", "share of runs that were escalated", "", "share", "run",
               _escalations, _OF_RUNS),
        Metric("quality", "score by reviewers, else as runs record it", "points", "amount",
               "score", _quality, ("spec", "stage", *PERIODS)),
    )
}  # fmt: skip


def metric_called(name: str) -> Metric:
    """Return the metric called `name`.

    Raises
    ------
    EvidenceError
        If there is none; the message lists all.
    """
    if name not in METRICS:
        raise EvidenceError(f"no metric {name!r}; there are: {', '.join(METRICS)}")
    return METRICS[name]


def columns_of(metric: Metric, names: tuple[str, ...]) -> list[str]:
    """Return the columns, or periods, that `names` of dimensions mean for a metric.

    Raises
    ------
    EvidenceError
        If the metric cannot be broken down by one of them; the message lists what it can.
    """
    columns = {**DIMENSIONS, **{period: period for period in PERIODS}}
    meant = {column: name for name, column in columns.items()}
    for name in names:
        if meant.get(name, name) not in metric.by:
            raise EvidenceError(
                f"{metric.name} cannot be grouped by {name!r}; it can by {', '.join(metric.by)}"
            )
    return [columns.get(name, name) for name in names]
