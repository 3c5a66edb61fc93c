"""``speckit-analysis telemetry``: cost, latency, tokens and more, by whatever is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from speckit_analysis.commands.options import (
    confidence_option,
    evidence_options,
    included,
    load,
    output_options,
    span_options,
)

if TYPE_CHECKING:
    from speckit_analysis.analysis.ask.telemetry import Telemetry


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, metavar="[PATH…]")
@click.option("--metric", default="cost", show_default=True, help="What to measure; see --list.")
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
    metavar="N",
    help="Only groups with N rows or more that have the figure; N disagreements or more.",
)
@confidence_option
@click.option("--list", "listed", is_flag=True, help="List the metrics.")
@span_options
@evidence_options
@output_options
def telemetry(
    paths: tuple[str, ...],
    metric: str,
    groups: tuple[str, ...],
    where: str | None,
    specs: tuple[str, ...],
    since: str | None,
    until: str | None,
    min_count: int,
    confidence: float,
    listed: bool,
    roots: tuple[str, ...],
    prices: Path | None,
    include_synthetic: bool,
    form: str | None,
    out: Path | None,
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
    from speckit_analysis.commands.output import emit

    if listed:
        _list()
        return
    found = describe(
        load((*paths, *roots), prices),
        metric,
        [name.strip() for group in groups for name in group.split(",")],
        where=where,
        specs=specs,
        since=since,
        until=until,
        min_count=min_count,
        include=included(include_synthetic),
        confidence=confidence,
    )
    names = {"median_ms": "median", "p95_ms": "p95"}
    note = found.sentence
    if not include_synthetic and not found.table["n"].sum():
        note += " --include-synthetic counts what nobody measured."
    emit(found.table, form, out, note=note, formats=_formats(found), names=names)


def _formats(found: Telemetry) -> dict[str, str]:
    """Return how figures are written whose names do not tell."""
    from speckit_analysis.analysis.summaries import PERIODS

    shares = ["low", "high"] if found.metric.kind == "share" else []
    if found.metric.name == "cache-hit-rate":
        shares = ["total", "mean", "median", "p95", "max"]
    return {**dict.fromkeys(shares, "percent"), **dict.fromkeys(PERIODS, "day")}


def _list() -> None:
    from speckit_analysis.analysis.ask.metrics import METRICS

    for metric in METRICS.values():
        unit = f" [{metric.unit}]" if metric.unit else ""
        click.echo(f"{metric.name:<20}{metric.meaning}{unit}; by {', '.join(metric.by)}")
