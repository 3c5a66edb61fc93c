"""The command ``speckit-analysis report``."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

import speckit_analysis
from speckit_analysis.commands.options import (
    FILE,
    FOLDER,
    evidence_option,
    map_option,
    public_option,
)
from speckit_analysis.commands.output import say
from speckit_analysis.errors import ReportError
from speckit_analysis.reports.limits import TIMEOUT


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME…|all]")
@evidence_option("evidence")
@click.option(
    "--out",
    type=FOLDER,
    metavar="DIR",
    help="Folder for the reports.  Default: reports/<name of the evidence>.",
)
@click.option(
    "--output",
    type=FILE,
    help="Write the one page of one notebook to this file, instead of a folder.",
)
@click.option(
    "--prices",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML file with prices of your own, as -p prices=FILE.",
)
@map_option
@click.option(
    "-p",
    "--parameter",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="Value for a parameter of the notebooks that have it; may be repeated.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Notebooks side by side.  Default: cores.",
)
@click.option(
    "--timeout",
    type=click.IntRange(min=1),
    default=TIMEOUT,
    metavar="SECONDS",
    help="How long a notebook may run; one that takes longer is stopped, and fails.",
)
@public_option
@click.option("--list", "listed", is_flag=True, help="List the notebooks and their parameters.")
@click.option("--quiet", is_flag=True, help="Show no progress bar.")
def report(
    names: tuple[str, ...],
    evidence: tuple[str, ...],
    out: Path | None,
    output: Path | None,
    prices: Path | None,
    map: Path | None,
    assignments: tuple[str, ...],
    jobs: int | None,
    timeout: int,
    public: bool,
    listed: bool,
    quiet: bool,
) -> None:
    """Run notebooks and write self-contained HTML reports.

    NAME is the name of one of the project's notebooks or the path of any notebook; without a
    name, all of the project's notebooks run.  The folder then holds NAME.html and NAME.ipynb
    for each, and index.html with the answers.  The pages open without a network.

    \b
    Examples:
      speckit-analysis report
      speckit-analysis report cost --evidence docs/consensus -p confidence=0.9
      speckit-analysis report cost --output cost-report.html
      speckit-analysis report all --evidence evidence --out reports/today --jobs 4

    Ends with 0 if every notebook ran, 1 if one failed, such as at its time limit, 2 if the request
    makes no sense or the disk is full.
    """  # noqa: D301 - click takes a real backspace as "do not wrap this"
    from speckit_analysis.reports.batch import prepare_folder
    from speckit_analysis.reports.html import export_html
    from speckit_analysis.reports.library import find_notebooks
    from speckit_analysis.reports.workspace import Workspace
    from speckit_analysis.sample import is_sample

    roots = evidence or (str(speckit_analysis.sample_path()),)
    notebooks = find_notebooks(names, own_evidence=not listed and not is_sample(roots))
    if listed:
        _list(notebooks)
        return
    if prices is not None:
        assignments = (*assignments, f"prices={prices}")
    options = {"jobs": jobs, "timeout": timeout, "progress": not quiet, "map": map}
    if output is None:
        folder = out or Path("reports") / (Path(roots[0]).resolve().name or "evidence")
        failed = _run(notebooks, roots, folder, assignments, public=public, **options)
        say(folder / "index.html")
    else:
        _check_one_page(notebooks, out)
        prepare_folder(output.absolute().parent, public=public)
        with Workspace() as work:
            failed = _run(notebooks, roots, work, assignments, **options)
            page = work / f"{notebooks[0].stem}.ipynb"
            export_html(page, output.absolute(), alone=True, public=public)
        say(output)
    if failed:
        click.get_current_context().exit(1)


def _check_one_page(notebooks: Sequence[Path], out: Path | None) -> None:
    """Refuse to write the page of several notebooks, or to two places."""
    if out is not None:
        raise ReportError("--output names the file and --out the folder: give one of them")
    if len(notebooks) != 1:
        many = ", ".join(path.stem for path in notebooks)
        raise ReportError(f"--output is for the page of one notebook; these are: {many}")


def _run(
    notebooks: Sequence[Path],
    roots: Sequence[str],
    folder: Path,
    assignments: Sequence[str],
    **options: Any,
) -> bool:
    """Write the reports to `folder`, and return whether one failed."""
    from speckit_analysis.reports.batch import run_reports
    from speckit_analysis.reports.parameters import declared_parameters, parse_assignments

    parameters = parse_assignments(assignments, map(declared_parameters, notebooks))
    with stopped_by_termination():
        results = run_reports(notebooks, roots, folder, parameters, **options)
    for result in results:
        if result.failure is not None:
            say(f"{result.name} failed: {result.failure.message}", err=True)
    return not all(result.ok for result in results)


def _list(notebooks: Sequence[Path]) -> None:
    from speckit_analysis.reports.parameters import declared_parameters

    for path in notebooks:
        say(path.stem)
        for parameter in declared_parameters(path).values():
            note = f"  {parameter.meaning}" if parameter.meaning else ""
            say(f"  {parameter.name} = {parameter.default}{note}")


@contextmanager
def stopped_by_termination() -> Iterator[None]:
    """Take a request to terminate as Ctrl-C: what a command started ends with it."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
