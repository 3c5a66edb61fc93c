"""``speckit-analysis experiment``: plans of experiments."""

from __future__ import annotations

import re
from pathlib import Path

import click

from speckit_analysis.errors import EvidenceError

_CONTEXT = {"help_option_names": ["-h", "--help"]}


@click.group(context_settings=_CONTEXT)
def experiment() -> None:
    """Plan experiments whose outcome is a recommendation."""


@experiment.command(context_settings=_CONTEXT)
@click.argument("name")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to write it.  Default: NAME.toml.",
)
@click.option(
    "--margin",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    help="Share of the quality that may be lost.",
)
@click.option(
    "--deviation",
    type=click.FloatRange(0, min_open=True),
    default=0.6,
    show_default=True,
    help="Expected standard deviation of differences between SPECs, in points.",
)
@click.option(
    "--mean",
    type=click.FloatRange(0, 10, min_open=True),
    default=8.0,
    show_default=True,
    help="Expected quality, in points.",
)
def init(name: str, out: Path | None, margin: float, deviation: float, mean: float) -> None:
    """Write a commented plan of the experiment NAME: what is fixed before anybody knows.

    `report single_vs_multi -p plan=FILE` keeps to it.
    """
    from speckit_analysis.analysis.experiment_plan import plan_template
    from speckit_analysis.commands.output import save

    if not re.fullmatch(r"[\w.-]+", name):
        raise EvidenceError(f"{name!r} is no name for an experiment: letters, digits, . _ and -")
    path = out or Path(f"{name}.toml")
    if path.exists():
        raise EvidenceError(f"{path} is there already: a plan is never replaced")
    save(path, plan_template(name, margin=margin, deviation=deviation, mean=mean))
    click.echo(path)
