"""``speckit-analysis compare``: two SPECs, models, agents or periods, side by side."""

from __future__ import annotations

from pathlib import Path

import click

from speckit_analysis.commands.options import (
    confidence_option,
    evidence_options,
    included,
    load,
    output_options,
    span_options,
)

#: What a terminal shows; files hold everything.
_BRIEF = ["estimand", "verdict", "value_a", "value_b", "ratio", "ratio_low", "ratio_high"]
_BRIEF += ["n_a", "n_b"]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option(
    "--metric",
    type=click.Choice(["cost", "latency", "tokens", "quality"]),
    default="cost",
    show_default=True,
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
    specs: tuple[str, ...],
    since: str | None,
    until: str | None,
    roots: tuple[str, ...],
    prices: Path | None,
    include_synthetic: bool,
    form: str | None,
    out: Path | None,
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
    from speckit_analysis.analysis.ask.telemetry import narrowed
    from speckit_analysis.analysis.selection import measured
    from speckit_analysis.commands.output import emit

    evidence, include = load(roots, prices), included(include_synthetic)
    calls, runs = (
        narrowed(measured(frame, include, noun=noun), specs, since, until).kept
        for noun, frame in (("call", evidence.calls), ("run", evidence.runs))
    )
    reviews = measured(evidence.reviews, include, noun="score")
    # Scores have times of their own, which matter only where they are compared.
    scores = narrowed(reviews, specs, since, until).kept if metric == "quality" else reviews.kept
    found = weigh(
        calls,
        runs,
        scores,
        first,
        second,
        metric=metric,
        by=by or kind_of(calls, first, second),
        confidence=confidence,
    )
    table, formats, names = found.table(), {}, {}
    if form in (None, "table", "markdown") and out is None:
        table = table[_BRIEF]
        kind = {"cost": "usd", "latency": "time", "tokens": "count", "quality": "number"}[metric]
        formats = {"value_a": kind, "value_b": kind, "n_a": "count", "n_b": "count"}
        formats |= dict.fromkeys(["ratio", "ratio_low", "ratio_high"], "ratio")
        names = {"value_a": first, "value_b": second, "ratio_low": "low", "ratio_high": "high"}
    emit(table, form, out, note=found.sentence, formats=formats, names=names)
