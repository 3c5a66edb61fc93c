"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from speckit_analysis.commands.terminal import printable

if TYPE_CHECKING:
    from speckit_analysis.evidence.load import Evidence

FORMATS = ("table", "csv", "json", "parquet", "markdown")

Command = Callable[..., Any]


def _with(command: Command, *options: Command) -> Command:
    """Add options, which help lists in this order."""
    for option in reversed(options):
        command = option(command)
    return command


def evidence_options(command: Command) -> Command:
    """Add what says which evidence is read and which of its rows count."""
    return _with(
        command,
        click.option(
            "--evidence",
            "roots",
            multiple=True,
            metavar="PATH",
            help="Folder, file or glob of evidence; may be repeated.  Default: the bundled sample.",
        ),
        click.option(
            "--prices",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="TOML file with prices, aliases and exchange rates of your own.",
        ),
        click.option(
            "--include-synthetic",
            is_flag=True,
            help="Count rows that nobody measured too: stubs, rehearsals, hand-written figures.",
        ),
    )


def confidence_option(command: Command) -> Command:
    """Add the level of intervals."""
    return _with(
        command,
        click.option(
            "--confidence",
            type=click.FloatRange(0.5, 1, max_open=True),
            default=0.95,
            show_default=True,
            help="Level of the intervals.",
        ),
    )


def span_options(command: Command) -> Command:
    """Add what says which SPECs and which time count."""
    return _with(
        command,
        click.option(
            "--spec", "specs", multiple=True, metavar="SPEC", help="Only this SPEC; repeatable."
        ),
        click.option(
            "--since", metavar="DATE", help="Only from this day, month or moment on (UTC)."
        ),
        click.option(
            "--until", metavar="DATE", help="Only up to the end of this day, month or moment."
        ),
    )


def output_options(command: Command) -> Command:
    """Add what says how a table is written, and where."""
    return _with(
        command,
        click.option(
            "--format",
            "form",
            type=click.Choice(FORMATS),
            help="How to write it.  Default: as the ending of --out says, else table.",
        ),
        click.option(
            "--out",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="File to write to, replaced if it exists.  Default: the terminal.",
        ),
    )


def load(roots: tuple[str, ...], prices: Path | None = None) -> Evidence:
    """Load the evidence that a command was asked about.

    It says so where that is the sample, and which prices of the user's own no call is of.
    """
    import speckit_analysis
    from speckit_analysis.prices import PriceList

    if not roots:
        click.echo("No evidence given: this is the bundled sample, which is simulated.", err=True)
    evidence = speckit_analysis.load(*(roots or (speckit_analysis.sample_path(),)), prices=prices)
    if prices is not None:
        unused = PriceList.read(prices).unused_sentence(evidence.calls)
        if unused:
            click.echo(printable(unused), err=True)
    return evidence


def included(include_synthetic: bool) -> tuple[str, ...]:
    """Return the provenances that count."""
    from speckit_analysis.analysis.ask.telemetry import WITH_SYNTHETIC

    return WITH_SYNTHETIC if include_synthetic else ("measured",)
