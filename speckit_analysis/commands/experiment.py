"""``speckit-analysis experiment`` and ``decide``: plans, their outcomes, what follows from them."""

from __future__ import annotations

import math
import os
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from speckit_analysis.analysis.margins import MARGIN, WORTH_USD
from speckit_analysis.commands.options import (
    EXISTING_FOLDER,
    FILE,
    FOLDER,
    Asked,
    evidence_options,
    public_option,
)
from speckit_analysis.commands.output import Output, save, say
from speckit_analysis.errors import EvidenceError
from speckit_analysis.whole_files import make_folder

if TYPE_CHECKING:
    from speckit_analysis.analysis.experiment.decision import Decision
    from speckit_analysis.analysis.experiment.recommendation import Recommendation


@click.group()
def experiment() -> None:
    """Plan and run experiments whose outcome is a recommendation."""


@experiment.command()
@click.argument("name")
@click.option("--out", type=FILE, help="Where to write it.  Default: NAME.toml.")
@click.option(
    "--margin",
    type=click.FloatRange(0.001, 0.5),
    default=MARGIN,
    help="Share of the quality that may be lost.",
)
@click.option(
    "--deviation",
    type=click.FloatRange(0.05, 5),
    default=0.6,
    help="Expected standard deviation of differences between SPECs, in points.",
)
@click.option(
    "--mean", type=click.FloatRange(1, 10), default=8.0, help="Expected quality, in points."
)
def init(name: str, out: Path | None, margin: float, deviation: float, mean: float) -> None:
    """Write a commented plan of the experiment NAME: what is fixed before anybody knows.

    `decide --plan FILE` and `report … -p plan=FILE` keep to it.
    """
    from speckit_analysis.plans import plan_template

    if not re.fullmatch(r"\w[\w.-]*", name):
        raise EvidenceError(f"{name!r} is no name for an experiment: letters, digits, . _ and -")
    if not all(map(math.isfinite, (margin, deviation, mean))):
        raise EvidenceError("margin, deviation and mean are numbers, and none of them is endless")
    path = out or Path(f"{name}.toml")
    if path.exists():
        raise EvidenceError(f"{path} is there already: a plan is never replaced")
    save(path, plan_template(name, margin=margin, deviation=deviation, mean=mean), public=True)
    say(path)


@experiment.command()
@click.option("--out", type=FILE, help="CSV file to write.  Default: print it.")
def template(out: Path | None) -> None:
    """Write a table of outcomes to fill in: checked results, a row a unit and variant.

    `load`, `decide` and reports read it wherever it lies in the evidence; the same keys make a
    line of JSON Lines.  Only experiment, unit, variant and outcome are needed.
    """
    from speckit_analysis.formats.outcome import TEMPLATE

    if out is None:
        say(TEMPLATE.rstrip())
        return
    if out.exists():
        raise EvidenceError(f"{out} is there already: a table of outcomes is never replaced")
    save(out, TEMPLATE, public=True)
    say(out)


@experiment.command()
@click.argument("folder", type=EXISTING_FOLDER)
@click.option(
    "--labels",
    type=FILE,
    required=True,
    help="CSV with output,valid[,spec_id][,stage]: paths below FOLDER, and yes or no.",
)
@click.option(
    "--experiment",
    "name",
    default="guardrail-variants",
    metavar="NAME",
    help="Under which the trials are recorded.",
)
@click.option(
    "--out",
    type=FILE,
    required=True,
    help="Where to write the trials; the name has to end with _trials.jsonl.",
)
@public_option
def guardrail(folder: Path, labels: Path, name: str, out: Path, public: bool) -> None:
    """Let the schema validator judge the outputs in FOLDER, as one variant of a guardrail.

    Record what your other variants say of the same outputs in files of the same format
    (`speckit-analysis schema trial`), and compare them with `report guardrail`.
    """
    import msgspec

    from speckit_analysis.analysis.wording import count
    from speckit_analysis.run import judge, read_labels

    if not name.strip():
        raise EvidenceError("--experiment is empty: the trials are recorded under its name")
    if not out.name.endswith("_trials.jsonl"):
        raise EvidenceError(f"{out.name!r}: the name has to end with _trials.jsonl to be read back")
    trials = judge(folder, read_labels(labels), name.strip())
    encode = msgspec.json.Encoder().encode
    save(out, "".join(f"{encode(trial).decode()}\n" for trial in trials), public=public)
    passed = sum(trial.passed for trial in trials)
    say(f"{out}: {count(len(trials), 'output')} judged, {count(passed)} passed")


@click.command()
@click.option(
    "--plan",
    type=FILE,
    help="Plan of `experiment init`.  Default: the usual variants and margins, and it says so.",
)
@click.option(
    "--worth",
    "worth_usd",
    type=click.FloatRange(0, min_open=True),
    default=WORTH_USD,
    help="USD that a point of quality of one SPEC is worth; a plan's own counts.",
)
@click.option(
    "--out",
    type=FOLDER,
    metavar="FOLDER",
    help="Write model-strategy.md and model-strategy-changelog.md there, replacing them.",
)
@click.option(
    "--reports",
    type=EXISTING_FOLDER,
    metavar="FOLDER",
    help="Folder of `report`, whose pages the strategy links to.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csv", "json", "markdown"]),
    default="text",
    help="How to print the decisions.",
)
@public_option
@evidence_options
def decide(
    plan: Path | None,
    worth_usd: float,
    out: Path | None,
    reports: Path | None,
    form: str,
    public: bool,
    asked: Asked,
) -> None:
    """Decide what to adopt, keep or leave open, and write the strategy that follows.

    \b
    Examples:
      speckit-analysis decide --evidence docs/evidence --plan plan.toml
      speckit-analysis decide --evidence docs/evidence --plan plan.toml --out strategy --reports reports/latest
    """  # noqa: D301, E501 - click takes a real backspace as "do not wrap this"
    from speckit_analysis.analysis.experiment.decision import decide as take
    from speckit_analysis.analysis.experiment.deviations import deviations_sentence
    from speckit_analysis.analysis.experiment.recommendation import as_table
    from speckit_analysis.plans import planned

    fixed = planned(str(plan or ""), worth_usd=worth_usd)
    tables = {name: asked.evidence[name] for name in asked.evidence}
    decision = take(tables, fixed, asked.include)
    note = f"{decision.sentence} {fixed.sentence}"
    if fixed.name:
        note += f" {deviations_sentence(fixed, decision.deviations)}"
    if form == "text":
        rests = "\n".join(
            f"{row.question}: {row.evidence}" for row in decision.rests_on.itertuples(index=False)
        )
        pays = decision.subject.tradeoff.sentence
        blind = [decision.blind.sentence] if decision.quality.gap.n else []
        told = [pays, *blind, *decision.controls.sentences, rests, note]
        say("\n\n".join([*map(_paragraph, decision.recommendations), *told]))
    else:
        Output(form).emit(as_table(decision.recommendations, in_words=False), note)
    if out is not None:
        _write_strategy(out, decision, asked, reports, public=public)


def _paragraph(recommendation: Recommendation) -> str:
    """Return a recommendation as a paragraph for a terminal."""
    said = [
        recommendation.numbers,
        f"Because {recommendation.rule}.",
        f"What would change it: {recommendation.change}",
    ]
    body = "\n".join(
        textwrap.fill(text, 100, initial_indent="    ", subsequent_indent="    ")
        for text in said
        if text
    )
    return f"{recommendation.verdict.upper():<14}{recommendation.title}\n{body}"


def _write_strategy(
    out: Path, decision: Decision, asked: Asked, reports: Path | None, *, public: bool
) -> None:
    from speckit_analysis.analysis.experiment.memo import changelog_entry, memo
    from speckit_analysis.sample import is_sample

    text = memo(
        decision,
        ", ".join(asked.roots) or "the bundled sample",
        asked.evidence.fingerprint,
        simulated=is_sample(asked.roots),
        reports=_pages(out, reports),
    )
    try:
        make_folder(out, private=not public)
    except OSError as error:
        raise EvidenceError(f"cannot make the folder {out}: {error.strerror}") from None
    for name, content in (
        ("model-strategy.md", text),
        ("model-strategy-changelog.md", changelog_entry(decision)),
    ):
        save(out / name, content, public=public)
        say(out / name)


def _pages(out: Path, reports: Path | None) -> dict[str, str]:
    """Return the link from the strategy to each page."""
    if reports is None:
        return {}
    return {
        page.stem: quote(Path(os.path.relpath(page, out)).as_posix())
        for page in sorted(reports.glob("*.html"))
    }
