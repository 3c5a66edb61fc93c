"""The command ``speckit-analysis report``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from speckit_analysis.commands.stopping import stopped_by_termination


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, metavar="[NAME…|all]")
@click.option(
    "--evidence",
    multiple=True,
    metavar="PATH",
    help="Folder, file or glob of evidence; may be repeated.  Default: the bundled sample.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder for the reports.  Default: reports/<name of the evidence>.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the one page of one notebook to this file, instead of a folder.",
)
@click.option(
    "--prices",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML file with prices of your own, as -p prices=FILE.",
)
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
@click.option("--list", "listed", is_flag=True, help="List the notebooks and their parameters.")
@click.option("--quiet", is_flag=True, help="Show no progress bar.")
def report(
    names: tuple[str, ...],
    evidence: tuple[str, ...],
    out: Path | None,
    output: Path | None,
    prices: Path | None,
    assignments: tuple[str, ...],
    jobs: int | None,
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

    Ends with 0 if every notebook ran, 1 if one failed, 2 if the request makes no sense.
    """  # noqa: D301 - click takes a real backspace as "do not wrap this"
    from speckit_analysis.errors import ReportError

    try:
        if listed:
            _list(names)
            return
        if prices is not None:
            assignments = (*assignments, f"prices={prices}")
        if output is not None:
            failed = _one_page(names, evidence, out, output, assignments, progress=not quiet)
        else:
            failed = _report(names, evidence, out, assignments, jobs, progress=not quiet)
    except ReportError as error:
        raise _Refusal(str(error)) from error
    if failed:
        click.get_current_context().exit(1)


class _Refusal(click.ClickException):
    """A mistake in the request, told in one sentence."""

    exit_code = 2


def _report(
    names: tuple[str, ...],
    evidence: tuple[str, ...],
    out: Path | None,
    assignments: tuple[str, ...],
    jobs: int | None,
    *,
    progress: bool,
    announce: bool = True,
) -> bool:
    from speckit_analysis.reports.batch import run_reports
    from speckit_analysis.reports.library import find_notebooks
    from speckit_analysis.reports.parameters import declared_parameters, parse_assignments

    roots = list(evidence) or [str(_sample())]
    folder = out or Path("reports") / (Path(roots[0]).resolve().name or "evidence")
    notebooks = find_notebooks(names)
    parameters = parse_assignments(assignments, map(declared_parameters, notebooks))
    with stopped_by_termination():
        results = run_reports(notebooks, roots, folder, parameters, jobs=jobs, progress=progress)
    for result in results:
        if result.failure is not None:
            click.echo(f"{result.name} failed: {result.failure.message}", err=True)
    if announce:
        click.echo(folder / "index.html")
    return not all(result.ok for result in results)


def _one_page(
    names: tuple[str, ...],
    evidence: tuple[str, ...],
    out: Path | None,
    output: Path,
    assignments: tuple[str, ...],
    *,
    progress: bool,
) -> bool:
    """Write the page of one notebook to the file `output`, which names no index."""
    from speckit_analysis.errors import ReportError
    from speckit_analysis.reports.batch import prepare_folder
    from speckit_analysis.reports.html import export_html
    from speckit_analysis.reports.library import find_notebooks

    notebooks = find_notebooks(names)
    if out is not None:
        raise ReportError("--output names the file and --out the folder: give one of them")
    if len(notebooks) != 1:
        many = ", ".join(path.stem for path in notebooks)
        raise ReportError(f"--output is for the page of one notebook; these are: {many}")
    prepare_folder(output.absolute().parent)
    with tempfile.TemporaryDirectory(prefix="speckit-") as work:
        folder = Path(work)
        failed = _report(names, evidence, folder, assignments, 1, progress=progress, announce=False)
        page = folder / f"{notebooks[0].stem}.ipynb"
        export_html(page, output.absolute(), alone=True)
    click.echo(output)
    return failed


def _list(names: tuple[str, ...]) -> None:
    from speckit_analysis.reports.library import find_notebooks
    from speckit_analysis.reports.parameters import declared_parameters

    for path in find_notebooks(names):
        click.echo(path.stem)
        for parameter in declared_parameters(path).values():
            note = f"  {parameter.meaning}" if parameter.meaning else ""
            click.echo(f"  {parameter.name} = {parameter.default}{note}")


def _sample() -> Path:
    import speckit_analysis

    return Path(speckit_analysis.sample_path())
