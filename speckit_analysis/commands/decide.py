"""``speckit-analysis decide``: every recommendation, and the strategy that follows."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from speckit_analysis.analysis.margins import WORTH_USD
from speckit_analysis.commands.options import evidence_options, included, load
from speckit_analysis.errors import EvidenceError

if TYPE_CHECKING:
    from speckit_analysis.analysis.experiment.decision import Decision
    from speckit_analysis.analysis.experiment.recommendation import Recommendation
    from speckit_analysis.evidence.load import Evidence


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--plan",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Plan of `experiment init`.  Default: the usual variants and margins, and it says so.",
)
@click.option(
    "--worth",
    "worth_usd",
    type=click.FloatRange(0, min_open=True),
    default=WORTH_USD,
    show_default=True,
    help="USD that a point of quality of one SPEC is worth; a plan's own counts.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write model-strategy.md and model-strategy-changelog.md there, replacing them.",
)
@click.option(
    "--reports",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Folder of `report`, whose pages the strategy links to.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csv", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How to print the decisions.",
)
@evidence_options
def decide(
    plan: Path | None,
    worth_usd: float,
    out: Path | None,
    reports: Path | None,
    form: str,
    roots: tuple[str, ...],
    prices: Path | None,
    include_synthetic: bool,
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
    from speckit_analysis.commands.output import emit
    from speckit_analysis.plans import planned

    fixed = planned(str(plan or ""), worth_usd=worth_usd)
    evidence = load(roots, prices)
    tables = {name: evidence[name] for name in evidence}
    found = take(tables, fixed, included(include_synthetic))
    note = f"{found.sentence} {fixed.sentence}"
    if fixed.name:
        note += f" {deviations_sentence(fixed, found.deviations)}"
    if form == "text":
        rests = "\n".join(
            f"{row.question}: {row.evidence}" for row in found.rests_on.itertuples(index=False)
        )
        pays = found.quality.tradeoff.sentence
        click.echo("\n\n".join([*map(_told, found.recommendations), pays, rests, note]))
    else:
        emit(as_table(found.recommendations, in_words=False), form, None, note=note)
    if out is not None:
        _write(out, found, evidence, roots, reports)


def _told(each: Recommendation) -> str:
    """Return a recommendation as a paragraph for a terminal."""
    said = [each.numbers, f"Because {each.rule}.", f"What would change it: {each.change}"]
    body = "\n".join(
        textwrap.fill(text, 100, initial_indent="    ", subsequent_indent="    ")
        for text in said
        if text
    )
    return f"{each.verdict.upper():<14}{each.title}\n{body}"


def _write(
    out: Path, found: Decision, evidence: Evidence, roots: tuple[str, ...], reports: Path | None
) -> None:
    from speckit_analysis.analysis.experiment.memo import changelog_entry, memo
    from speckit_analysis.commands.output import save
    from speckit_analysis.sample import sample_path

    text = memo(
        found,
        ", ".join(roots) or "the bundled sample",
        evidence.fingerprint,
        simulated=all(Path(root).resolve() == sample_path().resolve() for root in roots),
        reports=_pages(out, reports),
    )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EvidenceError(f"cannot make the folder {out}: {error.strerror}") from None
    for name, content in (
        ("model-strategy.md", text),
        ("model-strategy-changelog.md", changelog_entry(found)),
    ):
        save(out / name, content)
        click.echo(out / name)


def _pages(out: Path, reports: Path | None) -> dict[str, str]:
    """Return the link from the strategy to each page."""
    if reports is None:
        return {}
    return {
        page.stem: quote(Path(os.path.relpath(page, out)).as_posix())
        for page in sorted(reports.glob("*.html"))
    }
