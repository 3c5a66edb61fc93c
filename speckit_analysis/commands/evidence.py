"""``speckit-analysis summary``, ``problems``, ``validate``, …: what evidence holds, how sound."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

import speckit_analysis
from speckit_analysis.commands.options import Asked, map_option
from speckit_analysis.commands.output import printable, say
from speckit_analysis.errors import EvidenceError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_EVIDENCE = click.argument("evidence", nargs=-1, metavar="[PATH…]")


@click.command()
@_EVIDENCE
@map_option
def summary(evidence: tuple[str, ...], map: Path | None) -> None:
    """Say what evidence holds: tables, rows, time span, problems.

    PATH is a file, a folder or a glob; without one, the simulated sample is read.
    """
    say(Asked(evidence, map=map).evidence)


@click.command()
@_EVIDENCE
@map_option
@click.option("--kind", help="Only problems of this kind.")
@click.option(
    "--severity",
    type=click.Choice(["info", "warning", "error"]),
    default="warning",
    help="Only problems at least this severe.",
)
@click.option("--counts", is_flag=True, help="Count by kind instead of listing.")
def problems(
    evidence: tuple[str, ...], map: Path | None, kind: str | None, severity: str, counts: bool
) -> None:
    """List what in the evidence could not be taken at face value.

    Ends with 0, whether there are problems or none, and with 2 if PATH does not exist or holds no
    evidence, or if there is no such kind.
    """
    asked = Asked(evidence, map=map)
    read = asked.read
    listed = read.problems[read.problems["severity"] >= severity]
    if kind is not None:
        _check_kind(kind, read.problems["kind"])
        listed = listed[listed["kind"] == kind]
    if listed.empty:
        say(_none_listed(kind, severity, read.problems["kind"] == kind), err=True)
    if counts:
        _count(listed)
    else:
        _list(listed)
    _ = asked.evidence  # of nothing, no fault can be found


def _check_kind(kind: str, found: pd.Series) -> None:
    """Refuse a kind that no code files and no evidence has."""
    from speckit_analysis.analysis.wording import suggestion
    from speckit_analysis.tables import PROBLEM_KINDS

    kinds = sorted(PROBLEM_KINDS.union(found.astype(str)))
    if kind not in kinds:
        raise EvidenceError(f"no kind of problem is called {kind!r}; {suggestion(kind, kinds)}")


def _none_listed(kind: str | None, severity: str, of_kind: pd.Series) -> str:
    if kind is None:
        return f"none: no problems at severity {severity} or above"
    less = int(of_kind.sum())
    below = f"; {less:,} less severe, which --severity info lists" if less else ""
    return f"none: no problem of kind {kind!r} at severity {severity} or above{below}"


def _count(problems: pd.DataFrame) -> None:
    table = problems.groupby(["severity", "kind"], observed=True)["number"].sum().reset_index()
    for row in table.sort_values("number", ascending=False).itertuples():
        say(f"{row.number:>7,}  {row.severity:<8} {row.kind}")


def _list(problems: pd.DataFrame) -> None:
    for row in problems.itertuples():
        parts = (part for part in (row.source, row.locator) if isinstance(part, str) and part)
        place = " ".join(parts)
        said = f"{place}: {row.severity}: {row.kind}: {row.message} ({row.action})"
        say(printable(said))


@click.command()
@click.argument("name", required=False)
def describe(name: str | None) -> None:
    """List the columns of the table or result NAME: dtype, unit and meaning; without one, tables.

    A result is a frame that an analysis returns.
    """
    from speckit_analysis.tables.results import RESULTS

    tables = speckit_analysis.TABLES
    if name is None:
        for table in tables.values():
            say(f"{table.name:<14} one row: {table.row}")
        say("Results of analyses, whose columns it lists too: docs/results.md")
        return
    if name not in tables | RESULTS:
        where = "results of analyses are in docs/results.md"
        raise EvidenceError(f"no table {name!r}; tables are {', '.join(tables)}; {where}")
    for column in (RESULTS | tables)[name].columns:
        unit = f" [{column.unit}]" if column.unit else ""
        say(f"{column.name:<26}{column.dtype:<22}{column.meaning}{unit}")


@click.command()
@click.argument("name", required=False)
def schema(name: str | None) -> None:
    """Print the JSON Schema called NAME; without one, the names of all."""
    from speckit_analysis.evidence.schema import json_schema
    from speckit_analysis.formats import schemas

    if name is None:
        say("\n".join(sorted(schemas())))
        return
    say(json.dumps(json_schema(name), indent=2))


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--quiet", is_flag=True, help="Name only the files that are not valid.")
def validate(paths: tuple[str, ...], quiet: bool) -> None:
    """Hold every file under PATH against the schema of its format.

    Ends with 0 if all files are valid, 1 if one is not, 2 if a path does not exist or no file is
    of a known format, so that nothing was held against anything.  Among others, files that no
    format recognises are named, and are not an error.
    """
    from speckit_analysis.analysis.wording import count
    from speckit_analysis.evidence.load import refuse_nothing
    from speckit_analysis.evidence.schema import validate as check

    results = check(paths)
    for result in results:
        state = "valid" if result.valid else "INVALID" if result.problems else "not recognised"
        of = f" ({result.format})" if result.valid or result.problems else ""
        if not quiet or result.problems:
            say(printable(f"{result.source}: {state}{of}"))
        for problem in result.problems:
            say(f"    {printable(problem)}")
    invalid = sum(bool(result.problems) for result in results)
    say(f"{count(len(results), 'file')}, {invalid} invalid")
    if invalid:
        sys.exit(1)
    refuse_nothing(paths, (result.format for result in results))


@click.command()
def sample() -> None:
    """Print the path of the simulated sample that comes along."""
    say(speckit_analysis.sample_path())
