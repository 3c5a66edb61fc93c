"""``speckit-analysis telemetry`` and ``compare``: one figure by group, two things side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from speckit_analysis.commands.options import (
    Asked,
    confidence_option,
    evidence_options,
    output_options,
    span_options,
)
from speckit_analysis.commands.output import Output, say

if TYPE_CHECKING:
    from speckit_analysis.analysis.ask.telemetry import Telemetry

#: What a terminal shows of a comparison; files hold everything.
_BRIEF = ["estimand", "verdict", "value_a", "value_b", "ratio", "ratio_low", "ratio_high"]
_BRIEF += ["n_a", "n_b"]


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH…]")
@click.option("--metric", default="cost", help="What to measure; see --list.")
@click.option(
    "--group-by",
    "groups",
    multiple=True,
    metavar="NAME[,NAME]",
    help="spec, stage, agent, model, provider, reasoning-mode, status, run, day, week, month, …",
)
@click.option("--where", metavar="CONDITION", help="Only rows that meet it: 'stage == \"plan\"'.")
@click.option(
    "--min-count",
    type=click.IntRange(min=0),
    default=0,
    show_default=False,
    metavar="N",
    help="Only groups with N rows or more that have the figure; N disagreements or more.",
)
@confidence_option
@click.option("--list", "listed", is_flag=True, help="List the metrics.")
@span_options
@evidence_options
@output_options
def telemetry(
    metric: str,
    groups: tuple[str, ...],
    where: str | None,
    min_count: int,
    confidence: float,
    listed: bool,
    asked: Asked,
    output: Output,
) -> None:
    """Describe a figure of calls or runs, overall or by group.

    PATH is a file, a folder or a glob with evidence; without one, the simulated sample is read.

    \b
    Examples:
      speckit-analysis telemetry docs/evidence --metric cost --group-by stage
      speckit-analysis telemetry --metric latency --group-by model --where 'stage == "plan"'
      speckit-analysis telemetry --metric disagreements --group-by spec,stage --min-count 1
      speckit-analysis telemetry --metric cost --group-by day --since 2025-10 --out cost.csv
    """  # noqa: D301 - click takes a real backspace as "do not wrap this"
    from speckit_analysis.analysis.ask.telemetry import telemetry as describe

    if listed:
        _list_metrics()
        return
    described = describe(
        asked.evidence,
        metric,
        [name.strip() for group in groups for name in group.split(",")],
        where=where,
        specs=asked.specs,
        since=asked.since,
        until=asked.until,
        min_count=min_count,
        include=asked.include,
        confidence=confidence,
    )
    note = described.sentence
    if not asked.include_synthetic and not described.table["n"].sum():
        note += " --include-synthetic counts what nobody measured."
    names = {"median_ms": "median", "p95_ms": "p95"}
    output.emit(described.table, note, _formats(described), names)


def _formats(described: Telemetry) -> dict[str, str]:
    """Return how figures are written whose names do not tell."""
    from speckit_analysis.analysis.summaries import PERIODS

    shares = ["low", "high"] if described.metric.kind == "share" else []
    if described.metric.name == "cache-hit-rate":
        shares = ["total", "mean", "median", "p95", "max"]
    return {**dict.fromkeys(shares, "percent"), **dict.fromkeys(PERIODS, "day")}


def _list_metrics() -> None:
    from speckit_analysis.analysis.ask.metrics import METRICS

    for metric in METRICS.values():
        unit = f" [{metric.unit}]" if metric.unit else ""
        say(f"{metric.name:<20}{metric.meaning}{unit}; by {', '.join(metric.by)}")


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option(
    "--metric",
    type=click.Choice(["cost", "latency", "tokens", "quality"]),
    default="cost",
    help="What to compare.",
)
@click.option(
    "--by",
    type=click.Choice(["spec", "model", "agent", "period"]),
    help="What A and B are.  Default: what the evidence knows by these names.",
)
@confidence_option
@span_options
@evidence_options
@output_options
def compare(
    first: str,
    second: str,
    metric: str,
    by: str | None,
    confidence: float,
    asked: Asked,
    output: Output,
) -> None:
    """Compare A with B: ratio and difference with intervals.

    Where there are too few to say, it says so, and why.

    A and B are two SPECs, two models, two agents, or two periods such as 2025-10 and 2025-11 or
    2025-10-06..2025-10-19.

    \b
    Examples:
      speckit-analysis compare SPEC-KIT-900 SPEC-KIT-901 --metric latency --evidence docs/evidence
      speckit-analysis compare gpt-5 gemini-2.5-pro --metric cost
      speckit-analysis compare 2025-10 2025-11 --metric tokens
    """  # noqa: D301 - click takes a real backspace as "do not wrap this"
    from speckit_analysis.analysis.ask.comparison import compare as weigh
    from speckit_analysis.analysis.ask.comparison import kind_of

    evidence = asked.evidence
    calls = asked.narrowed(evidence.calls, "call").kept
    runs = asked.narrowed(evidence.runs, "run").kept
    # Scores have times of their own, which matter only where they are compared.
    choose_scores = asked.narrowed if metric == "quality" else asked.measured
    comparison = weigh(
        calls,
        runs,
        choose_scores(evidence.reviews, "score").kept,
        first,
        second,
        metric=metric,
        by=by or kind_of(calls, first, second),
        confidence=confidence,
    )
    table, formats, names = comparison.table(), {}, {}
    if output.is_brief:
        table = table[_BRIEF]
        kind = {"cost": "usd", "latency": "time", "tokens": "count", "quality": "number"}[metric]
        formats = {"value_a": kind, "value_b": kind, "n_a": "count", "n_b": "count"}
        formats |= dict.fromkeys(["ratio", "ratio_low", "ratio_high"], "ratio")
        names = {"value_a": first, "value_b": second, "ratio_low": "low", "ratio_high": "high"}
    output.emit(table, comparison.sentence, formats, names)
