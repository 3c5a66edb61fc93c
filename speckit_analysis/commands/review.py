"""``speckit-analysis review``: blind reviews, from packets to unblinded scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from speckit_analysis.commands.options import EXISTING_FILE, FILE, FOLDER, Asked
from speckit_analysis.commands.output import Output, save, say
from speckit_analysis.commands.report import stopped_by_termination
from speckit_analysis.errors import EvidenceError

_FOLDER = click.argument("folder", type=FOLDER)
_REVIEWER = click.option("--reviewer", required=True, metavar="NAME", help="Whose cards.")
_KEY = click.option(
    "--key", type=FILE, help="Where the key lies.  Default: FOLDER.key.json, beside the folder."
)


@click.group()
def review() -> None:
    """Let people score outputs without knowing who wrote them.

    `create` writes a folder that reviewers get and a key that they do not; `serve` opens the
    scorecard in the browser; `status` tells who has done what; `unblind` opens the key once all
    planned cards are in.
    """


@review.command()
@_FOLDER
@click.option("--experiment", required=True, metavar="NAME", help="What the review is called.")
@click.option(
    "--reviewer", "reviewers", multiple=True, required=True, metavar="NAME", help="Repeatable."
)
@click.option(
    "--outputs",
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="Folder UNIT/VARIANT.md, or a CSV with unit,variant,file.",
)
@click.option(
    "--briefs",
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="What was asked, shown beside the outputs: folder UNIT.md, UNIT.txt or UNIT/brief.md, or"
    " a CSV with unit,brief.  Default: the column brief of --outputs, or SPECs and prompts in the"
    " evidence.",
)
@click.option(
    "--evidence", "roots", multiple=True, metavar="PATH", help="Take proposals from here."
)
@click.option(
    "--agent", "agents", multiple=True, metavar="NAME", help="… of this agent; repeatable."
)
@click.option(
    "--stage", "stages", multiple=True, metavar="STAGE", help="… of this stage; repeatable."
)
@click.option("--include-synthetic", is_flag=True, help="… that nobody measured, too.")
@click.option("--rubric", type=EXISTING_FILE, help="TOML with criteria of your own.")
@click.option("--units-each", type=int, metavar="N", help="Units for each reviewer.  Default: all.")
@click.option(
    "--repeats",
    type=int,
    default=0,
    show_default=False,
    metavar="N",
    help="Outputs to be read a second time.",
)
@click.option("--pairwise", is_flag=True, help="Variants of a unit next to each other.")
@click.option("--arbiter", is_flag=True, help="Ask for improvement, neutral or degradation, too.")
@click.option("--hide", multiple=True, metavar="WORD", help="Replace this word, too; repeatable.")
@click.option("--keep-paths", is_flag=True, help="Leave file paths that name nobody.")
@click.option(
    "--pseudonyms", is_flag=True, help="Call reviewers R1, R2 …; the key has their names."
)
@_KEY
def create(
    folder: Path,
    experiment: str,
    reviewers: tuple[str, ...],
    outputs: Path | None,
    briefs: Path | None,
    roots: tuple[str, ...],
    agents: tuple[str, ...],
    stages: tuple[str, ...],
    include_synthetic: bool,
    rubric: Path | None,
    key: Path | None,
    **design: Any,
) -> None:
    """Write the review FOLDER, and its key beside it.

    \b
    Examples:
      speckit-analysis review create r1 --experiment single-vs-multi --outputs drafts \\
          --briefs tasks --reviewer ann --reviewer bob
      speckit-analysis review create r2 --experiment plans --evidence docs/evidence \\
          --agent gemini --agent claude --stage plan --reviewer ann
    """  # noqa: D301 - click takes a real backspace as "do not wrap this"
    from speckit_analysis.analysis.wording import count
    from speckit_analysis.review import briefs as tasks
    from speckit_analysis.review import create_review, key_path
    from speckit_analysis.review.rubric import load_rubric
    from speckit_analysis.review.sources import (
        outputs_in_folder,
        outputs_of_evidence,
        outputs_of_list,
    )

    if bool(outputs) == bool(agents):
        raise EvidenceError(
            "say where outputs come from: either --outputs, or --agent twice or more"
        )
    lacking: list[str] = []
    if outputs:
        read = outputs_in_folder if outputs.is_dir() else outputs_of_list
        to_score = read(outputs)
        found = {} if outputs.is_dir() else tasks.briefs_of_list(outputs, required=False)
    else:
        asked = Asked(roots, include_synthetic=include_synthetic)
        to_score, lacking = outputs_of_evidence(
            asked.evidence, agents, stages=stages, include=asked.include
        )
        found = {} if briefs else tasks.briefs_of_evidence(asked.evidence, to_score)
    if briefs:
        found = tasks.briefs_in_folder(briefs) if briefs.is_dir() else tasks.briefs_of_list(briefs)
    of_units, strangers = tasks.of_units(found, to_score)
    leak = create_review(
        *(folder, experiment, to_score, reviewers),
        briefs=of_units,
        rubric=load_rubric(rubric),
        key=key,
        **design,
    )
    units = {output.unit for output in to_score}
    made = f"{count(len(to_score), 'output')} of {count(len(units), 'unit')}"
    say(f"{folder}: {made} for {count(len(reviewers), 'reviewer')}")
    if lacking:
        say(f"left out, without an answer of every agent: {', '.join(lacking)}")
    for sentence in tasks.sentences(of_units, units, strangers):
        say(sentence)
    say(f"key: {key or key_path(folder)}   keep it from reviewers")
    say(leak.sentence)


@review.command()
@_FOLDER
def status(folder: Path) -> None:
    """Tell who has done what in the review FOLDER, and what is missing."""
    from speckit_analysis.review import Review

    review = Review(folder)
    Output().emit(review.status())
    if review.unblinded:
        forced = ", before all cards were in" if review.unblinded["forced"] else ""
        say(f"unblinded {review.unblinded['at']}{forced}")
    for name in review.plan.readings:
        for path in review.cards(name).conflicts():
            say(f"kept beside a newer card: {path.relative_to(folder)}")


@review.command()
@_FOLDER
@click.option("--port", type=click.IntRange(1, 65535), default=8866, help="Port on this machine.")
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
def serve(folder: Path, port: int, no_browser: bool) -> None:
    """Open the scorecard of the review FOLDER in the browser, on this machine only.

    With ?reviewer=NAME in the address it opens that reviewer's cards.  Ctrl-C or a request to
    terminate ends it; nothing is lost, since every change is saved at once.
    """
    from speckit_analysis.reports.library import notebook_folder
    from speckit_analysis.review import Review, server

    Review(folder)
    server.check_port(port)
    say(f"http://localhost:{port}/?reviewer=NAME   (Ctrl-C to end)")
    try:
        with stopped_by_termination():
            notebook = notebook_folder() / "scorecard.ipynb"
            raise SystemExit(server.serve(notebook, folder, port, browser=not no_browser))
    except KeyboardInterrupt:
        say("ended; cards are saved")


@review.command()
@_FOLDER
@_KEY
@click.option("--force", is_flag=True, help="Although cards are missing; reports will say so.")
def unblind(folder: Path, key: Path | None, force: bool) -> None:
    """Tell the cards of the review FOLDER which variant they are about.

    Refused until every planned card is complete, and if the key is not the one that the packets
    were sealed with.
    """
    from speckit_analysis.review import unblind as open_key

    number = open_key(folder, key, force=force)
    say(f"{number} cards unblinded: read them with --evidence {folder}")


@review.command("export")
@_FOLDER
@_REVIEWER
@click.option(
    "--out",
    type=FILE,
    required=True,
    help="CSV to write; a page with the packets is written beside it.",
)
@click.option("--replace", is_flag=True, help="Replace both files, with what was typed there.")
def export_sheet(folder: Path, reviewer: str, out: Path, replace: bool) -> None:
    """Write a reviewer's cards as CSV, and the packets as a page, for work in a spreadsheet.

    Files that are there already are kept, since they may hold scores that nobody imported yet.
    """
    from speckit_analysis.analysis.wording import listed
    from speckit_analysis.review import Review
    from speckit_analysis.review.sheets import as_page, as_sheet

    review, page = Review(folder), out.with_suffix(".html")
    if page == out:
        raise EvidenceError(f"--out {out}: the page is called so; name the sheet, such as ann.csv")
    there = [path for path in (out, page) if path.exists()]
    if there and not replace:
        raise EvidenceError(
            f"{listed(map(str, there))} {'is' if len(there) == 1 else 'are'} there already and may"
            " hold scores: import the sheet first, name another file with --out, or write over"
            " what is there with --replace"
        )
    save(out, as_sheet(review, reviewer), public=True)
    save(page, as_page(review, reviewer), public=True)
    say(f"{out}\n{page}")


@review.command("import")
@_FOLDER
@click.argument("sheet", type=EXISTING_FILE)
@_REVIEWER
@click.option(
    "--replace", is_flag=True, help="Let the sheet win over cards that say something else."
)
def import_sheet(folder: Path, sheet: Path, reviewer: str, replace: bool) -> None:
    """Save the rows of SHEET (CSV) as a reviewer's cards."""
    from speckit_analysis.analysis.wording import count
    from speckit_analysis.review import Review
    from speckit_analysis.review.sheets import read_sheet

    number = read_sheet(Review(folder), reviewer, sheet, replace=replace)
    say(f"{count(number, 'card')} saved")
