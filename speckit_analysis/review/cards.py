"""Scorecards: one file a reviewer and packet, saved whole, never over a newer one."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from speckit_analysis.errors import EvidenceError
from speckit_analysis.review.rubric import OF_ARBITER, Rubric
from speckit_analysis.tables.vocabulary import NO_GUESS
from speckit_analysis.whole_files import write_whole

#: How sure a reviewer is of the guess.
SURENESS = ("a guess", "fairly sure", "sure")

#: Kind of a file that was kept beside a newer card: it is listed, and counts for nothing.
KEPT = "blind_review_card_kept"

#: The file beside the cards that says that a review is unblinded.
UNBLINDED = "unblinded.json"


class Card(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What one reviewer says of one packet.

    Attributes
    ----------
    experiment, packet, reviewer : str
        What, under which neutral id, by whom.
    position : int
        Place in the reviewer's order, from 1.
    scores : dict of str to float
        By criterion, 0 to 10; those not given yet are not there.
    overall : float or None
        0 to 10.
    errors_found : int or None
        Number of errors; ``errors`` says which.
    guess, guess_confidence : str or None
        Which variant the reviewer thinks it is, and how sure.
    assessment, errors_caught, false_positives
        Of an arbiter's change.
    seconds : float
        Time with the packet open, pauses left out.
    complete : bool
        All that has to be answered is.
    revision : int
        Counts saves.
    spec_id, stage, variant, repeat_of, forced, output_cost_usd, output_seconds
        Known once the review is unblinded.
    """

    kind: str = "blind_review_card"
    experiment: str
    packet: str
    reviewer: str
    position: int = 0
    scores: dict[str, float] = {}
    overall: float | None = None
    errors_found: int | None = None
    errors: str = ""
    comment: str = ""
    guess: str | None = None
    guess_confidence: str | None = None
    assessment: str | None = None
    errors_caught: int | None = None
    false_positives: int | None = None
    seconds: float = 0.0
    complete: bool = False
    revision: int = 0
    started: str | None = None
    saved: str | None = None
    spec_id: str | None = None
    stage: str | None = None
    variant: str | None = None
    repeat_of: str | None = None
    forced: bool = False
    output_cost_usd: float | None = None
    output_seconds: float | None = None

    def missing(self, rubric: Rubric, *, arbiter: bool = False) -> list[str]:
        """Return what still has to be answered."""
        lacking = [name for name in rubric.names if name not in self.scores]
        lacking += self._unanswered("overall", "errors_found", "guess")
        if self.guess not in (None, NO_GUESS) and self.guess_confidence is None:
            lacking.append("how sure")
        return lacking + (self._unanswered(*OF_ARBITER) if arbiter else [])

    def _unanswered(self, *names: str) -> list[str]:
        return [name.replace("_", " ") for name in names if getattr(self, name) is None]


class NewerCard(EvidenceError):
    """Somebody saved the card since it was read; ``kept`` is the file that holds this one."""

    def __init__(self, kept: Path, newer: Card) -> None:
        super().__init__(f"the card was saved elsewhere meanwhile; this one is kept as {kept.name}")
        self.kept = kept
        self.newer = newer


class Unblinded(EvidenceError):
    """The review was unblinded: what reviewers say now, they may say knowing the variant."""

    def __init__(self) -> None:
        super().__init__("this review is unblinded: cards can no longer be changed")


class Cards:
    """The cards of one reviewer, in a folder.

    Parameters
    ----------
    folder : Path
        Folder of all reviewers' cards.
    reviewer : str
        Name of the reviewer's own folder in it.
    """

    def __init__(self, folder: Path, reviewer: str) -> None:
        self.folder = folder / reviewer
        self.reviewer = reviewer

    def path(self, packet: str) -> Path:
        """Return the file of a card."""
        return self.folder / f"{packet}.card.json"

    def read(self, packet: str) -> Card | None:
        """Return a card as it was saved last; None if it never was.

        Raises
        ------
        EvidenceError
            If the file is no card.
        """
        return read_card(self.path(packet))

    def save(self, card: Card) -> Card:
        """Save a card, and return it with its new revision.

        Raises
        ------
        NewerCard
            If it was saved elsewhere since it was read: both are kept, this one beside the other.
        Unblinded
            If the review was unblinded meanwhile; nothing is kept then.
        """
        with self.locked():
            # Asked anew at every save: a form may have been open since before the unblinding.
            if (self.folder.parent.parent / UNBLINDED).exists():
                raise Unblinded
            return self.write(card)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep everybody else from saving these cards, two tabs at once among them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def write(self, card: Card) -> Card:
        """Save a card of a review in whatever state, for who holds the lock already."""
        path = self.path(card.packet)
        there = self.read(card.packet)
        saved = msgspec.structs.replace(card, revision=card.revision + 1, saved=now())
        if there is not None and there.revision != card.revision:
            kept = self._beside(path)
            write_whole(kept, _encoded(msgspec.structs.replace(saved, kind=KEPT)))
            raise NewerCard(kept, there)
        write_whole(path, _encoded(saved))
        return saved

    def conflicts(self) -> list[Path]:
        """Return cards that were kept beside newer ones."""
        return sorted(self.folder.glob("*.conflict-*.json"))

    def _beside(self, path: Path) -> Path:
        stem = path.name.removesuffix(".card.json")
        number = 1
        while (kept := path.with_name(f"{stem}.conflict-{number}.json")).exists():
            number += 1
        return kept


def now() -> str:
    """Return the moment as files of a review hold it, UTC."""
    return f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def read_card(path: Path) -> Card | None:
    """Return the card in a file; None if there is no file."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EvidenceError(f"cannot read the card {path}: {error.strerror}") from None
    try:
        return msgspec.json.decode(content, type=Card)
    except msgspec.MsgspecError as error:
        raise EvidenceError(f"{path} is no card: {error}") from None


def all_cards(folder: Path) -> Iterator[tuple[Path, Card]]:
    """Yield the cards of all reviewers, conflicts left out."""
    for path in sorted(folder.glob("*/*.card.json")):
        card = read_card(path)
        if card is not None:
            yield path, card


def _encoded(card: Card) -> bytes:
    value: Any = msgspec.to_builtins(card)
    # Written out even where they are defaults: what identifies a card and its state.
    value |= {"kind": card.kind, "complete": card.complete, "revision": card.revision}
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
