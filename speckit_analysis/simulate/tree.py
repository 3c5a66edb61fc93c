"""Documents to files: a whole evidence tree, or many files of one run each."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from json import dumps
from pathlib import Path
from random import Random

from speckit_analysis.errors import EvidenceError
from speckit_analysis.simulate.damage import DAMAGE
from speckit_analysis.simulate.design import Design
from speckit_analysis.simulate.documents import (
    Document,
    documents_of,
    documents_of_spec,
    in_name,
    telemetry,
)
from speckit_analysis.simulate.experiments import experiment_documents, trials
from speckit_analysis.simulate.history import Run, draw_run, draw_runs
from speckit_analysis.simulate.rarities import (
    documents_of_rehearsal,
    draw_rehearsal,
    with_rarities,
)
from speckit_analysis.simulate.reviewers import review_documents
from speckit_analysis.simulate.truth import Truth, expected_problems, expected_rows

_RUNS_A_SPEC = 200


def simulate(design: Design, folder: str | os.PathLike[str]) -> Truth:
    """Write an evidence tree of every format to `folder`, and return what it holds.

    Parameters
    ----------
    design
        Sizes, effects, damage and seed.
    folder
        Where to write; made if it is missing.

    Raises
    ------
    EvidenceError
        If the folder is not empty, or a damage is unknown or finds no file to be done to.
    """
    target = empty_folder(folder)
    random = Random(design.seed)
    runs = tuple(_runs(design, random))
    documents = list(_documents(runs, design, random))
    rows, problems = expected_rows(documents, runs), expected_problems(runs)
    damage = _damage(documents, design, random, rows, problems)
    for document in documents:
        _write(document, target)
    tried = trials(target, documents, damage, design)
    if tried is not None:
        _write(tried, target)
        documents.append(tried)
        rows.update(expected_rows([tried], ()))
    files = {document.path: document.family for document in documents}
    return Truth(runs, files, damage, dict(rows), dict(problems))


def simulate_runs(folder: str | os.PathLike[str], runs: int, design: Design | None = None) -> None:
    """Write `runs` telemetry files of one run each: much of the same, to measure speed.

    Parameters
    ----------
    folder
        Where to write; made if it is missing.
    runs
        Number of files.
    design
        Effects and seed; ``specs``, ``days`` and ``damage`` do not matter.
    """
    target = empty_folder(folder)
    design = design or Design(stub_rate=0.0, colons=True)
    random = Random(design.seed)
    first = datetime.fromisoformat(design.start).replace(tzinfo=UTC)
    for number in range(runs):
        moment = first + timedelta(seconds=37 * number)
        spec = f"SPEC-SIM-{number // _RUNS_A_SPEC:05d}"
        stage = design.stages[number % len(design.stages)]
        place = target / "consensus" / spec
        if number % _RUNS_A_SPEC == 0:
            place.mkdir(parents=True)
        run = draw_run(design, random, spec, stage, moment, weeks=0.0)
        name = f"spec-{stage}_{in_name(moment, design)}_telemetry.jsonl"
        (place / name).write_text(dumps(telemetry(run)) + "\n", encoding="utf-8")


def empty_folder(folder: str | os.PathLike[str]) -> Path:
    """Return a folder to write to, made if it does not exist.

    Raises
    ------
    EvidenceError
        If there is something in it, or it cannot be made.
    """
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise EvidenceError(
            f"{target} is not an empty folder; name one that is empty or does not exist yet"
        )
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EvidenceError(f"cannot make the folder {target}: {error.strerror}") from error
    return target


def _runs(design: Design, random: Random) -> Iterator[Run]:
    for _, group in groupby(draw_runs(design, random), key=lambda run: run.spec):
        of_spec = list(group)
        if design.every_format:
            yield draw_rehearsal(design, random, of_spec[0])
        yield from of_spec


def _documents(runs: tuple[Run, ...], design: Design, random: Random) -> Iterator[Document]:
    documents = _common_documents(runs, design, random)
    if design.every_format:
        documents = with_rarities(documents, design)
    yield from documents
    yield from review_documents(design)
    yield from experiment_documents(design)


def _common_documents(runs: tuple[Run, ...], design: Design, random: Random) -> Iterator[Document]:
    for spec, group in groupby(runs, key=lambda run: run.spec):
        of_spec = list(group)
        for run in of_spec:
            write = documents_of_rehearsal if run.rehearsal else documents_of
            yield from write(run, design, random)
        yield from documents_of_spec(spec, of_spec, design)


def _damage(
    documents: list[Document],
    design: Design,
    random: Random,
    rows: Counter[str],
    problems: Counter[str],
) -> dict[str, str]:
    """Damage one document for each name; none is damaged twice, no run in two ways.

    `rows` and `problems`, what loading is to find, are brought up to date.
    """
    done: dict[str, str] = {}
    spared: set[int] = set()
    for name in design.damage:
        if name not in DAMAGE:
            names = ", ".join(DAMAGE)
            raise EvidenceError(f"no damage is called {name!r}; known are {names}")
        kind = DAMAGE[name]
        fitting = [
            document
            for document in documents
            if document.family == kind.family
            and document.path not in done
            and id(document.run) not in spared
            and kind.fits(document)
        ]
        if not fitting:
            raise EvidenceError(
                f"damage {name!r} finds no {kind.family} to be done to; simulate more SPECs"
            )
        victim = random.choice(fitting)
        content = victim.content
        if name == "stale_copy":
            content = _earlier(victim, fitting).content
        if kind.copied:
            victim = replace(victim, path=f"archive/{victim.path}")
            documents.append(victim)
        victim.content = kind.apply(content, victim)
        rows.update(kind.rows(victim))
        problems.update(kind.follows(victim))
        problems[kind.problem] += not kind.copied  # a copy is a remark, no warning
        done[victim.path] = name
        if victim.run is not None:
            spared.add(id(victim.run))
    return done


def _earlier(victim: Document, others: list[Document]) -> Document:
    """Return another answer, of the same SPEC and agent if there is one."""
    own = (victim.content["spec_id"], victim.content["agent"])
    others = [other for other in others if other is not victim]
    same = [o for o in others if (o.content["spec_id"], o.content["agent"]) == own]
    return (same or others)[0]


def _write(document: Document, target: Path) -> None:
    path = target / document.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_bytes(document))


def _bytes(document: Document) -> bytes:
    content = document.content
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, list) and document.lines:
        return "".join(f"{dumps(record)}\n" for record in content).encode()
    text = dumps(content) if document.lines else dumps(content, indent=2)
    return f"{text}\n".encode()
