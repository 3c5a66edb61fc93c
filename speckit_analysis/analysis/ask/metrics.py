"""What can be measured, and by what it can be broken down: declared once, for every question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from speckit_analysis.analysis.cost.premium import with_tokens
from speckit_analysis.analysis.disagreement.frequency import comparable_runs, genuine
from speckit_analysis.analysis.review.scores import quality_scores
from speckit_analysis.analysis.selection import Selection, in_part, measured
from speckit_analysis.analysis.summaries import PERIODS
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

#: Takes evidence and provenances, and returns the rows that count, with a column ``value``; for a
#: ratio, ``upper`` and ``lower`` as well.
Rows = Callable[["Evidence", tuple[str, ...]], Selection]


@dataclass(frozen=True)
class Metric:
    """One figure of each call or run."""

    #: Name and meaning as on the command line.
    name: str
    meaning: str
    #: ``usd``, ``ms``, ``tokens``, ``tokens_per_s``, ``points``, or nothing for a share or count.
    unit: str
    rows: Rows
    #: By what it can be broken down.
    by: tuple[str, ...] = (*DIMENSIONS, *PERIODS)
    #: ``amount``: summed; ``ratio``: of two sums, so that a total is their ratio; ``share``: of
    #: rows that are hit.
    kind: Literal["amount", "ratio", "share"] = "amount"


def _calls(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    return measured(evidence.calls, include, noun="call")


def _column(name: str) -> Rows:
    def rows(evidence: Evidence, include: tuple[str, ...]) -> Selection:
        used = _calls(evidence, include)
        return used.assign(value=with_tokens(used.kept)[name])

    return rows


def _throughput(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    used = _calls(evidence, include)
    output = used.kept["completion_tokens"] + used.kept["reasoning_tokens"].fillna(0)
    return _ratio(used, output, used.kept["latency_ms"] / 1000)


def _cache_rate(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    used = _calls(evidence, include)
    return _ratio(used, used.kept["cached_tokens"], used.kept["prompt_tokens"])


def _ratio(used: Selection, upper: pd.Series, lower: pd.Series) -> Selection:
    both = upper.notna() & (lower > 0).fillna(False)
    upper, lower = upper.where(both), lower.where(both)
    return used.assign(value=upper / lower, upper=upper, lower=lower)


def _errors(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    used = _calls(evidence, include)
    status = used.kept["status"].astype("string")
    return used.assign(value=status == "error")


def _runs(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    return measured(evidence.runs, include, noun="run")


def _run_figure(column: str, how: Literal["sum", "max"]) -> Rows:
    """Return rows with a figure over the run's calls, missing if that of any call is.

    Of a run of which a call is left out it is missing too.
    """

    def rows(evidence: Evidence, include: tuple[str, ...]) -> Selection:
        calls = with_tokens(_calls(evidence, include).kept)
        figures = calls[~in_part(calls)].groupby("run_id")[column]
        of_run = figures.agg(how).where(figures.count() == figures.size())
        return _of_runs(_runs(evidence, include), of_run)

    return rows


def _of_runs(runs: Selection, values: pd.Series) -> Selection:
    """Return `runs` with their values, which are indexed by ``run_id``."""
    return runs.assign(value=values.reindex(runs.kept["run_id"]).set_axis(runs.kept.index))


def _disagreements(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    opinions = evidence.disagreements[evidence.disagreements["provenance"].isin(include)]
    runs = comparable_runs(_runs(evidence, include), opinions)
    counted = _of_runs(runs, genuine(opinions)["run_id"].value_counts())
    return counted.assign(value=counted.kept["value"].fillna(0))


def _disagreement_rate(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    counted = _disagreements(evidence, include)
    return counted.assign(value=counted.kept["value"] > 0)


def _escalations(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    used = _runs(evidence, include)
    return used.assign(value=used.kept["escalated"])


def _quality(evidence: Evidence, include: tuple[str, ...]) -> Selection:
    reviews = measured(evidence.reviews, include, noun="score")
    return quality_scores(reviews, _runs(evidence, include))


_OF_RUNS = ("spec", "stage", "status", "run", *PERIODS)
_OF_SCORES = ("spec", "stage", *PERIODS)

METRICS = {
    metric.name: metric
    for metric in (
        Metric("cost", "cost of a call, from its tokens", "usd", _column("cost_usd")),
        Metric("cost-reported", "cost of a call, as recorded", "usd", _column("cost_usd_reported")),
        Metric("tokens", "tokens of a call, input and output", "tokens", _column("tokens")),
        Metric("prompt-tokens", "input tokens of a call", "tokens", _column("prompt_tokens")),
        Metric("completion-tokens", "output tokens of a call", "tokens",
               _column("completion_tokens")),
        Metric("reasoning-tokens", "tokens of a call's reasoning", "tokens",
               _column("reasoning_tokens")),
        Metric("cached-tokens", "input tokens that came from a cache", "tokens",
               _column("cached_tokens")),
        Metric("latency", "how long a call took", "ms", _column("latency_ms")),
        Metric("throughput", "output tokens a second", "tokens_per_s", _throughput, kind="ratio"),
        Metric("cache-hit-rate", "share of input tokens that came from a cache", "", _cache_rate,
               kind="ratio"),
        Metric("error-rate", "share of calls that failed", "", _errors, kind="share"),
        Metric("run-cost", "cost of a run, all its calls", "usd",
               _run_figure("cost_usd", "sum"), _OF_RUNS),
        Metric("run-tokens", "tokens of a run, all its calls", "tokens",
               _run_figure("tokens", "sum"), _OF_RUNS),
        Metric("run-latency-sum", "latency of a run if its calls follow each other", "ms",
               _run_figure("latency_ms", "sum"), _OF_RUNS),
        Metric("run-latency-wall", "latency of a run if its calls are made at once", "ms",
               _run_figure("latency_ms", "max"), _OF_RUNS),
        Metric("disagreements", "disagreements of a run that could have had one", "",
               _disagreements, _OF_RUNS),
        Metric("disagreement-rate", "share of such runs with a disagreement", "",
               _disagreement_rate, _OF_RUNS, "share"),
        Metric("escalation-rate", "share of runs that were escalated", "", _escalations, _OF_RUNS,
               "share"),
        Metric("quality", "score by reviewers, else as runs record it", "points", _quality,
               _OF_SCORES),
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
    dimensions = {column: name for name, column in DIMENSIONS.items()}
    for name in names:
        if dimensions.get(name, name) not in metric.by:
            raise EvidenceError(
                f"{metric.name} cannot be grouped by {name!r}; it can by {', '.join(metric.by)}"
            )
    return [DIMENSIONS.get(name, name) for name in names]
