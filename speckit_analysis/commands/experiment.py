"""``speckit-analysis experiment``: plans of experiments, and the schema as a guardrail."""

from __future__ import annotations

import math
import re
from pathlib import Path

import click

from speckit_analysis.analysis.margins import MARGIN
from speckit_analysis.errors import EvidenceError

_CONTEXT = {"help_option_names": ["-h", "--help"]}


@click.group(context_settings=_CONTEXT)
def experiment() -> None:
    """Plan and run experiments whose outcome is a recommendation."""


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
    type=click.FloatRange(0.001, 0.5),
    default=MARGIN,
    show_default=True,
    help="Share of the quality that may be lost.",
)
@click.option(
    "--deviation",
    type=click.FloatRange(0.05, 5),
    default=0.6,
    show_default=True,
    help="Expected standard deviation of differences between SPECs, in points.",
)
@click.option(
    "--mean",
    type=click.FloatRange(1, 10),
    default=8.0,
    show_default=True,
    help="Expected quality, in points.",
)
def init(name: str, out: Path | None, margin: float, deviation: float, mean: float) -> None:
    """Write a commented plan of the experiment NAME: what is fixed before anybody knows.

    `decide --plan FILE` and `report … -p plan=FILE` keep to it.
    """
    from speckit_analysis.commands.output import save
    from speckit_analysis.plans import plan_template

    if not re.fullmatch(r"\w[\w.-]*", name):
        raise EvidenceError(f"{name!r} is no name for an experiment: letters, digits, . _ and -")
    if not all(map(math.isfinite, (margin, deviation, mean))):
        raise EvidenceError("margin, deviation and mean are numbers, and none of them is endless")
    path = out or Path(f"{name}.toml")
    if path.exists():
        raise EvidenceError(f"{path} is there already: a plan is never replaced")
    save(path, plan_template(name, margin=margin, deviation=deviation, mean=mean))
    click.echo(path)


@experiment.command(context_settings=_CONTEXT)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--labels",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="CSV with output,valid[,spec_id][,stage]: paths below FOLDER, and yes or no.",
)
@click.option(
    "--experiment",
    "name",
    default="guardrail-variants",
    show_default=True,
    metavar="NAME",
    help="Under which the trials are recorded.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="Where to write the trials; the name has to end with _trials.jsonl.",
)
def guardrail(folder: Path, labels: Path, name: str, out: Path) -> None:
    """Let the schema validator judge the outputs in FOLDER, as one variant of a guardrail.

    Record what your other variants say of the same outputs in files of the same format
    (`speckit-analysis schema trial`), and compare them with `report guardrail`.
    """
    import msgspec

    from speckit_analysis.analysis.wording import count
    from speckit_analysis.commands.output import save
    from speckit_analysis.run import judge, read_labels

    if not name.strip():
        raise EvidenceError("--experiment is empty: the trials are recorded under its name")
    if not out.name.endswith("_trials.jsonl"):
        raise EvidenceError(f"{out.name!r}: the name has to end with _trials.jsonl to be read back")
    trials = judge(folder, read_labels(labels), name.strip())
    encode = msgspec.json.Encoder().encode
    save(out, "".join(f"{encode(trial).decode()}\n" for trial in trials))
    passed = sum(trial.passed for trial in trials)
    click.echo(f"{out}: {count(len(trials), 'output')} judged, {count(passed)} passed")
