"""Cards as a spreadsheet, for those who score there, and packets as a page to read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import msgspec

from speckit_analysis.errors import EvidenceError
from speckit_analysis.hand_files import key, read_csv
from speckit_analysis.review.blinding import as_html
from speckit_analysis.review.briefs import shown
from speckit_analysis.review.cards import SURENESS, Card, Unblinded
from speckit_analysis.review.packets import Review, blank_card
from speckit_analysis.review.rubric import OF_ARBITER, TYPED, parse_score
from speckit_analysis.tables.vocabulary import ASSESSMENTS, NO_GUESS

_AFTER = ("overall", "errors_found", "errors", "guess", "guess_confidence", "comment")


def columns_of(review: Review) -> list[str]:
    """Return the columns of a sheet."""
    return ["position", "packet", *review.plan.rubric.names, *_asked(review)]


def _asked(review: Review) -> list[str]:
    """Return what is asked beside the criteria, as fields of a card."""
    return [*_AFTER, *(OF_ARBITER if review.plan.arbiter else ())]


def as_sheet(review: Review, reviewer: str) -> str:
    """Return a reviewer's cards as CSV, blank where nothing was said."""
    sink = io.StringIO()
    writer = csv.DictWriter(sink, columns_of(review), lineterminator="\r\n")
    writer.writeheader()
    for reading in review.readings(reviewer):
        card = review.cards(reviewer).read(reading.packet) or blank_card(review, reviewer, reading)
        values = msgspec.to_builtins(card) | card.scores
        row = {name: values.get(name) for name in columns_of(review)}
        row |= {"position": reading.position, "packet": reading.packet}
        writer.writerow({name: "" if each is None else each for name, each in row.items()})
    return sink.getvalue()


def as_page(review: Review, reviewer: str) -> str:
    """Return a reviewer's packets as one HTML page, in order."""
    parts = [
        f"<section><h2>{reading.position}. {escape(packet.unit)} · {escape(packet.packet)}</h2>"
        f"{shown(review.plan.briefs.get(packet.unit))}<h3>Output</h3>{as_html(packet.text)}</section>"
        for reading in review.readings(reviewer)
        for packet in [review.packet(reading.packet)]
    ]
    style = "body{font:16px/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;"
    style += "overflow-wrap:anywhere}pre{overflow:auto}"
    style += ".brief{background:#f3f4f6;border:1px solid #9ca3af;padding:0 1rem}"
    style += "summary{font-weight:600;cursor:pointer;padding:.3rem 0}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>'
        f"{escape(review.plan.experiment)}: packets</title><style>{style}</style><main>"
        f"<h1>{escape(review.plan.experiment)}</h1>{''.join(parts)}</main></html>\n"
    )


def read_sheet(review: Review, reviewer: str, path: Path, *, replace: bool = False) -> int:
    """Save a sheet's rows as cards, and return how many changed.

    Parameters
    ----------
    review : Review
        The review.
    reviewer : str
        Whose sheet it is.
    path : Path
        CSV as :func:`as_sheet` writes it, or as a spreadsheet saves that again.
    replace : bool
        Let the sheet win over cards that say something else.

    Raises
    ------
    EvidenceError
        At the first cell that cannot be used, with its line and column; nothing is saved then.
    """
    if review.unblinded:
        raise Unblinded
    cards = review.cards(reviewer)
    readings = {reading.packet: reading for reading in review.readings(reviewer)}
    changed: list[Card] = []
    lines: dict[str, int] = {}
    for line, row in _rows(path, columns_of(review)):
        packet = row["packet"].strip()
        if packet not in readings:
            raise EvidenceError(f"{path}, line {line}: {packet!r} is no packet of {reviewer}")
        if packet in lines:
            raise EvidenceError(
                f"{path}, line {line}: {packet!r} is there twice, first in line {lines[packet]}"
            )
        lines[packet] = line
        before = cards.read(packet) or blank_card(review, reviewer, readings[packet])
        after = _card(review, before, row, f"{path}, line {line}")
        if msgspec.structs.replace(after, complete=before.complete) == before:
            continue
        if before.revision and not replace:
            raise EvidenceError(
                f"{path}, line {line}: the card {packet} says something else already; --replace"
                " lets the sheet win"
            )
        changed.append(after)
    for card in changed:
        cards.save(card)
    return len(changed)


def _rows(path: Path, columns: list[str]) -> list[tuple[int, dict[str, str]]]:
    sheet = read_csv(path, "sheet", set(map(key, columns)))
    missing = [name for name in columns[1:] if name not in sheet.header]
    if missing:
        raise EvidenceError(f"{path} lacks the columns {', '.join(missing)}")
    return sheet.records


def _card(review: Review, before: Card, row: dict[str, str], place: str) -> Card:
    def cell(name: str, parse: Callable[[str], Any]) -> Any:
        try:
            return parse(row[name])
        except ValueError as error:
            raise EvidenceError(f"{place}, {name}: {error}") from None

    scores = {name: cell(name, parse_score) for name in review.plan.rubric.names}
    parsers: dict[str, Callable[[str], Any]] = {
        **TYPED,
        "errors": str,
        "comment": str,
        "guess": _one_of(*review.plan.variants, NO_GUESS),
        "guess_confidence": _one_of(*SURENESS),
        "assessment": _one_of(*ASSESSMENTS),
    }
    card = msgspec.structs.replace(
        before,
        scores={name: score for name, score in scores.items() if score is not None},
        **{name: cell(name, parsers[name]) for name in _asked(review)},
    )
    return msgspec.structs.replace(card, complete=not review.lacking(card))


def _one_of(*allowed: str) -> Callable[[str], str | None]:
    def parse(text: str) -> str | None:
        if not text.strip():
            return None
        if text.strip() not in allowed:
            raise ValueError(f"{text.strip()!r} is none of: {', '.join(allowed)}")
        return text.strip()

    return parse
