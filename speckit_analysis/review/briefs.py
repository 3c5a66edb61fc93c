"""The task of each unit, which reviewers see beside its outputs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from speckit_analysis.analysis import wording
from speckit_analysis.errors import EvidenceError
from speckit_analysis.evidence.discovery import common_folder, resolve
from speckit_analysis.hand_files import read_csv, read_text
from speckit_analysis.review.blinding import as_html
from speckit_analysis.review.packets import Output

if TYPE_CHECKING:
    from speckit_analysis.evidence.load import Evidence

_COLUMNS = ("unit", "brief")
_IN_FOLDER_OF_UNIT = ("brief.md", "spec.md")

#: A SPEC within the context of a prompt, up to the next document; the break may be escaped.
_SPEC_IN_PROMPT = re.compile(
    r"^===== spec\.md =====(?:\\n|\n)(.*?)(?=^===== |\Z)", re.DOTALL | re.MULTILINE
)

_MISSING = "The task of this unit was not given, so completeness can hardly be judged."


def briefs_in_folder(folder: Path) -> dict[str, str]:
    """Return the briefs ``UNIT.md``, ``UNIT.txt``, ``UNIT/brief.md`` and ``UNIT/spec.md``, by unit.

    Raises
    ------
    EvidenceError
        If there is none, a file cannot be read, or two files are of one unit and differ.
    """
    alone = ((path.stem, path) for path in folder.glob("*") if path.suffix in (".md", ".txt"))
    inside = (
        (path.parent.name, path) for path in folder.glob("*/*") if path.name in _IN_FOLDER_OF_UNIT
    )
    files = [(unit, path) for unit, path in chain(alone, inside) if unit[0] != "."]
    if not files:
        raise EvidenceError(
            f"no briefs in {folder}: expected files UNIT.md, UNIT.txt or UNIT/brief.md"
        )
    return _agreeing((unit, str(path), path) for unit, path in sorted(files))


def briefs_of_list(path: Path, *, required: bool = True) -> dict[str, str]:
    """Return the briefs that a CSV names in its columns ``unit`` and ``brief``, by unit.

    Paths are relative to the list.  It may be the list of outputs, where lines of one unit name
    the same brief, or only one of them does; such a list is not `required` to have briefs.

    Raises
    ------
    EvidenceError
        If a column is missing, a file cannot be read, or a unit has two briefs; the message names
        the line.
    """
    sheet = read_csv(path, "list", _COLUMNS)
    missing = [name for name in _COLUMNS if name not in sheet.header]
    if missing and not required:
        return {}
    if missing:
        raise EvidenceError(f"{path} has no column {missing[0]}; expected unit,brief")
    return _agreeing(
        (unit, f"{path}, line {line}", path.parent / brief)
        for line, row in sheet.records
        if (unit := row["unit"].strip()) and (brief := row["brief"].strip())
    )


def _agreeing(files: Iterator[tuple[str, str, Path]]) -> dict[str, str]:
    """Read the brief of each unit, and refuse two that differ."""
    briefs: dict[str, str] = {}
    places: dict[str, str] = {}
    for unit, place, path in files:
        text = read_text(path, "brief")
        if briefs.setdefault(unit, text) != text:
            raise EvidenceError(
                f"{unit} has two briefs that differ ({places[unit]}; {place}): all reviewers of a"
                " unit must see one task, so keep one of them or say which with --briefs"
            )
        places.setdefault(unit, place)
    return briefs


def briefs_of_evidence(evidence: Evidence, outputs: Sequence[Output]) -> dict[str, str]:
    """Return what agents were asked for these outputs, as far as it lies in the evidence.

    Returns
    -------
    dict of str to str
        By SPEC, the ``spec.md`` in a folder that is named for it, as ``SPEC-KIT-900-smoke`` is; by
        unit, the prompt, if all agents had the same, or else the SPEC that a prompt quotes.

    Raises
    ------
    EvidenceError
        If a file cannot be read, or a SPEC has two that differ.
    """
    files = evidence.files
    folder = common_folder(resolve(evidence.roots))
    in_evidence = [folder / str(source) for source in files["source"]]
    specs = sorted({output.spec_id for output in outputs})
    briefs = _agreeing(
        (spec, str(path), path)
        for path in in_evidence
        for spec in specs
        if path.name == "spec.md"
        and re.fullmatch(rf"{re.escape(spec)}(-[A-Za-z].*)?", path.parent.name)
    )
    prompts = files[(files["format"] == "prompt") & files["spec_id"].isin(specs)]
    for (spec, stage), own in prompts.groupby(["spec_id", "stage"], observed=True):
        asked = {read_text(folder / source, "prompt") for source in own["source"]}
        if len(asked) > 1:
            asked = {quoted[1] for prompt in asked if (quoted := _SPEC_IN_PROMPT.search(prompt))}
        if len(asked) == 1:
            briefs[f"{spec} {stage}"] = asked.pop()
    return briefs


def of_units(
    briefs: Mapping[str, str], outputs: Sequence[Output]
) -> tuple[dict[str, str], list[str]]:
    """Return the brief of each unit, and the names of briefs that are of none.

    A brief is named for its unit, or for the SPEC of its unit.

    Raises
    ------
    EvidenceError
        If there are briefs, and none is of a unit.
    """
    found = {
        output.unit: briefs[name]
        for output in outputs
        for name in (output.spec_id, output.unit)
        if name in briefs
    }
    known = {name for output in outputs for name in (output.unit, output.spec_id) if name}
    strangers = [name for name in briefs if name not in known]
    if strangers and not found:
        raise EvidenceError(
            f"no brief is named for a unit of this review; {strangers[0]!r} is none of them:"
            f" {wording.suggestion(strangers[0], sorted(known))}"
        )
    return found, strangers


def sentences(
    briefs: Collection[str], units: Collection[str], strangers: Sequence[str]
) -> Iterator[str]:
    """Yield how many units have a brief and what it means if not all do, and unused briefs."""
    yield f"{len(briefs)} of {wording.count(len(units), 'unit')} with a brief"
    lacking = sorted(set(units) - set(briefs))
    if lacking:
        yield (
            f"without a brief: {_some(lacking)}. Reviewers cannot see what was asked there, so"
            " completeness can hardly be judged. Give the tasks with --briefs"
        )
    if strangers:
        yield f"briefs that are of no unit, left out: {_some(strangers)}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def shown(brief: str | None) -> str:
    """Return the task of a unit as HTML, open and foldable, or that it was not given."""
    if brief is None:
        return f'<p class="no-brief">{_MISSING}</p>'
    return (
        "<h3>Task</h3><details open><summary>Show or hide the task</summary>"
        '<div class="brief" role="region" aria-label="Task" tabindex="0">'
        f"{as_html(brief)}</div></details>"
    )
