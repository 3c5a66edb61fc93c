"""``speckit-analysis disagreements``: the summary of the field, and one run side by side."""

from __future__ import annotations

import json
import shutil
import textwrap
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from speckit_analysis.commands.options import (
    Asked,
    confidence_option,
    evidence_option,
    evidence_options,
    out_option,
    output_options,
    public_option,
    span_options,
)
from speckit_analysis.commands.output import Output, printable, save, say
from speckit_analysis.errors import EvidenceError

if TYPE_CHECKING:
    from speckit_analysis.evidence.load import Evidence

#: Columns that a terminal has room for; files hold all.
_LISTED = [
    *("run_id", "topic", "agents", "type", "disagreement_severity", "confidence", "declared"),
    *("origin", "reason"),
]

#: Of a long proposal, so much is shown.
_SHOWN_CHARACTERS = 1500


@click.group(invoke_without_command=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "json"]),
    default="yaml",
    help="How to write the summary.",
)
@out_option
@public_option
@confidence_option
@span_options
@evidence_options
@click.pass_context
def disagreements(
    context: click.Context,
    form: str,
    out: Path | None,
    public: bool,
    confidence: float,
    asked: Asked,
) -> None:
    """Summarise disagreements, find them in the proposals, or show those of one run.

    In the summary only what agents or tools declared counts; an agent that failed is no
    disagreement.  `find` compares what the agents wrote.

    \b
    Examples:
      speckit-analysis disagreements --evidence docs/evidence
      speckit-analysis disagreements --format json --out summary.json
      speckit-analysis disagreements find --evidence docs/evidence --format csv --out found.csv
      speckit-analysis disagreements show SPEC-SIM-002/plan/2025-10-10T14:01:53Z
    """  # noqa: D301 - click takes a real backspace as "do not wrap this"
    context.obj = asked.roots
    if context.invoked_subcommand is not None:
        _refuse_options_above(context)
        return
    from speckit_analysis.analysis.disagreement.frequency import comparable_runs
    from speckit_analysis.analysis.disagreement.summary import disagreement_summary

    evidence = asked.evidence
    opinions = asked.measured(evidence.disagreements).kept
    runs = comparable_runs(asked.narrowed(evidence.runs, "run"), opinions)
    summary = disagreement_summary(runs, evidence.calls, opinions, confidence=confidence)
    text = _as_text(summary, form)
    if out is not None:
        save(out, text, public=public)
    say(out or text)


def _refuse_options_above(context: click.Context) -> None:
    """Refuse options of the summary before a subcommand, which would not see them.

    Only --evidence says the same in both places.
    """
    for option in context.command.params:
        given = context.get_parameter_source(str(option.name)) is ParameterSource.COMMANDLINE
        if given and option.name != "roots":
            below = context.invoked_subcommand
            raise EvidenceError(
                f"{option.opts[0]} before `{below}` is of the summary, and `{below}` does not see"
                f" it: write it after `{below}`, if `disagreements {below} --help` lists it"
            )


def _as_text(summary: dict[str, Any], form: str) -> str:
    if form == "json":
        return json.dumps(summary, indent=2, ensure_ascii=False)
    import yaml

    return str(yaml.safe_dump(summary, sort_keys=False, allow_unicode=True, width=100)).rstrip()


@disagreements.command()
@click.option(
    "--sure",
    type=click.FloatRange(0, 1),
    default=0.6,
    help="Report what the judge holds at least this likely to be a disagreement.",
)
@span_options
@evidence_options
@output_options
@click.pass_obj
def find(above: tuple[str, ...], sure: float, asked: Asked, output: Output) -> None:
    """Find disagreements by comparing what the agents of each run wrote.

    One row a finding: topic, agents, what each says (positions), type, severity, how sure the
    judge is, and why.  Declared disagreements that were not found are listed too.  Below stands
    how many runs were compared, and how many not, and why.
    """
    from speckit_analysis.disagreements.find import compared_runs, find_disagreements
    from speckit_analysis.disagreements.findings import accuracy_sentence, headline

    asked = replace(asked, roots=(*above, *asked.roots))
    evidence, include = asked.evidence, asked.include
    runs = asked.narrowed(evidence.runs, "run")
    findings = find_disagreements(
        evidence, runs=runs.kept["run_id"], include=include, least_confidence=sure
    )
    compared = compared_runs(runs, evidence.proposals, include)
    note = f"{headline(findings)} Compared: {compared.sentence} {accuracy_sentence()}"
    to_read = output.is_brief or output.form in ("table", "markdown")
    output.emit(findings[_LISTED] if to_read else findings, note, {"confidence": "percent"})


@disagreements.command()
@click.argument("run")
@evidence_option("more")
@click.pass_obj
def show(roots: tuple[str, ...], run: str, more: tuple[str, ...]) -> None:
    """Show what the agents of RUN wrote, side by side, and what they disagree on.

    RUN is a run_id, or the beginning or the end of one.
    """
    evidence = Asked((*roots, *more)).evidence
    name = _run_called(evidence, run)
    width = shutil.get_terminal_size((100, 24)).columns
    say("\n".join(_side_by_side(evidence, name, width)))


def _run_called(evidence: Evidence, text: str) -> str:
    from speckit_analysis.analysis.wording import suggestion

    names = evidence.runs["run_id"].dropna().astype(str).tolist()
    found = [name for name in names if name == text]
    found = found or [name for name in names if name.startswith(text) or name.endswith(text)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise EvidenceError(f"no run {text!r} in this evidence; {suggestion(text, names)}")
    raise EvidenceError(f"{len(found)} runs are called {text!r}: {', '.join(found[:12])}")


def _side_by_side(evidence: Evidence, run: str, width: int) -> list[str]:
    import pandas as pd

    from speckit_analysis.analysis.disagreement.frequency import genuine

    row = evidence.runs[evidence.runs["run_id"] == run].iloc[0]
    recorded = "nothing" if pd.isna(row["status_recorded"]) else row["status_recorded"]
    lines = [run, f"status {row['status']}, recorded as {recorded}", ""]
    points = evidence.disagreements
    declared = genuine(points[points["run_id"] == run])
    lines.append("Declared disagreements" if len(declared) else "No disagreement is declared.")
    for point in declared.itertuples():
        lines += _point(point, width)
    lines += _findings(evidence, run, width)
    proposals = evidence.proposals[evidence.proposals["run_id"] == run]
    written = proposals[proposals["content"].notna()]
    if written.empty:
        return [*lines, "", "No proposal of this run was kept."]
    answers = [
        (f"{row.agent} ({row.payload_class})", _readable(str(row.content)))
        for row in written.itertuples()
    ]
    return [*lines, "", *_beside(answers, width)]


def _point(point: Any, width: int) -> list[str]:
    parts = {
        "topic": point.topic,
        "who": point.agents,
        "what": point.description,
        "settled": point.resolution,
    }
    lines = []
    for name, text in parts.items():
        if isinstance(text, str) and text:
            lines += _indented(text, width, f"  {name + ':':<9}")
    return [*lines, ""]


def _indented(text: str, width: int, lead: str = "  ") -> list[str]:
    """Wrap evidence text behind `lead`."""
    return textwrap.wrap(
        printable(text), width, initial_indent=lead, subsequent_indent=" " * len(lead)
    )


def _findings(evidence: Evidence, run: str, width: int) -> list[str]:
    """Tell what comparing the proposals of a run shows, both statements side by side."""
    from speckit_analysis.analysis.wording import percent
    from speckit_analysis.disagreements import find_disagreements
    from speckit_analysis.disagreements.findings import positions_of
    from speckit_analysis.tables import PROVENANCES

    found = find_disagreements(evidence, runs=[run], include=PROVENANCES)
    found = found[found["origin"] == "detected"]
    if found.empty:
        return ["", "Comparing the proposals shows no disagreement."]
    lines = ["", "Found by comparing the proposals"]
    for _, row in found.iterrows():
        sure = f"{percent(row['confidence'])} sure"
        category = f"{row['type']}, {row['disagreement_severity']}, {sure}"
        lines += ["", f"  {printable(row['topic'])} ({category})"]
        lines += _indented(row["reason"], width)
        lines += _beside(list(positions_of(row).items()), width)
    return lines


def _beside(texts: list[tuple[str, str]], width: int) -> list[str]:
    """Set texts in columns, three beside each other where the terminal is wide enough."""
    across = max(1, min(3, len(texts), width // 36))
    column = (width - 3 * (across - 1)) // across
    blocks = [[head, "-" * column, *_wrapped(text, column)] for head, text in texts]
    lines: list[str] = []
    for start in range(0, len(blocks), across):
        rows = zip_longest(*blocks[start : start + across], fillvalue="")
        lines += [" | ".join(cell.ljust(column) for cell in row).rstrip() for row in rows]
        lines.append("")
    return lines


def _readable(content: str) -> str:
    """Return structured content as YAML, which reads as text, and other content as it stands."""
    import yaml

    try:
        found = json.loads(content)
    except ValueError:
        return content
    return str(yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=10_000))


def _wrapped(content: str, width: int) -> list[str]:
    text = content[:_SHOWN_CHARACTERS]
    lines = [
        part for line in text.splitlines() for part in textwrap.wrap(printable(line), width) or [""]
    ]
    left = len(content) - len(text)
    return [*lines, f"… {left:,} more characters"] if left else lines
