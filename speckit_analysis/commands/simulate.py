"""``speckit-analysis simulate``: write evidence with a known truth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from speckit_analysis.commands.options import FOLDER
from speckit_analysis.commands.output import say
from speckit_analysis.errors import EvidenceError


@click.command()
@click.option(
    "--out", type=FOLDER, required=True, help="Folder to write to; it must be empty or not exist."
)
@click.option("--seed", type=int, default=35, help="Seed of all random draws.")
@click.option("--specs", type=click.IntRange(1), default=10, help="Number of SPECs.")
@click.option(
    "--runs",
    type=click.IntRange(1),
    help="Write this many telemetry files of one run each instead of a whole tree.",
)
@click.option(
    "--disagreement",
    metavar="STAGE=RATE",
    multiple=True,
    help="True rate of disagreement of a stage, from 0 to 1; may be repeated.",
)
@click.option(
    "--clean", is_flag=True, help="Damage nothing, answer nothing by stubs, measure every run."
)
@click.option(
    "--colons", is_flag=True, help="Write times in names with colons, as real evidence does."
)
@click.option(
    "--every-format",
    is_flag=True,
    help="Write what is rare too: prompts, locks, rehearsals, every flavour of a summary.",
)
def simulate_command(
    out: Path,
    seed: int,
    specs: int,
    runs: int | None,
    disagreement: tuple[str, ...],
    clean: bool,
    colons: bool,
    every_format: bool,
) -> None:
    """Write simulated evidence, of which the truth is known.

    Without further options it writes the sample that comes with the package.
    """
    from speckit_analysis.simulate import Design, simulate, simulate_runs

    rates = {**Design().disagreement, **dict(_rate(text) for text in disagreement)}
    try:
        design = Design(seed=seed, specs=specs, disagreement=rates, colons=colons)
    except ValueError as error:
        raise EvidenceError(str(error)) from None
    design = replace(design, every_format=every_format)
    if clean:
        design = replace(design, damage=(), stub_rate=0.0, telemetry_coverage=1.0)
    if runs is not None:
        simulate_runs(out, runs, design)
        say(f"{out}: {runs:,} telemetry files")
        return
    truth = simulate(design, out)
    damaged = f", {len(truth.damage)} of them damaged" if truth.damage else ""
    say(f"{out}: {len(truth.history)} runs in {len(truth.files)} files{damaged}")


def _rate(text: str) -> tuple[str, float]:
    from speckit_analysis.simulate.design import STAGES

    stage, _, rate = text.partition("=")
    mistake = f"--disagreement {text!r}: expected a stage and a rate, such as plan=0.5"
    if stage not in STAGES:
        raise EvidenceError(f"{mistake}; stages are {', '.join(STAGES)}")
    try:
        return stage, float(rate)
    except ValueError:
        raise EvidenceError(mistake) from None
