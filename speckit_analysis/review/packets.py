"""Reviews in folders: packets that name nobody, and a key that is kept elsewhere.

::

    REVIEW/                 what reviewers get
      review.json           experiment, rubric, orders, variants' names, briefs; no mapping
      packets/<id>.json     one blinded output each, with its commitment
      cards/<reviewer>/     what they say
    REVIEW.key.json         which packet is what (mode 0600); stays with who runs the review
    REVIEW.leaks.md         what was replaced, and what may still give authors away
"""

from __future__ import annotations

import json
import os
import re
import secrets
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.errors import EvidenceError
from speckit_analysis.review.blinding import Blinder, laid_out
from speckit_analysis.review.cards import UNBLINDED, Card, Cards
from speckit_analysis.review.design import reading_orders
from speckit_analysis.review.leaks import Leak, vocabulary_leak
from speckit_analysis.review.rubric import Rubric, load_rubric
from speckit_analysis.review.seal import (
    Key,
    Secret,
    beside,
    commitment,
    encoded,
    key_path,
    write_key,
)
from speckit_analysis.review.tells import table_of_tells
from speckit_analysis.whole_files import write_whole

_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,60}")
#: Names of variants that are words of any text: they go only where they name an author.
PLAIN_WORDS = frozenset(
    [
        "single",
        "consensus",
        "multi",
        "solo",
        "one",
        "many",
        "team",
        "control",
        "candidate",
        "baseline",
        "arbiter",
    ]
)
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that looks like another


class Output(msgspec.Struct, frozen=True):
    """Something to review.

    Attributes
    ----------
    unit : str
        What it is an answer to, for example a SPEC and stage; one output a unit and variant.
    variant : str
        What made it.
    content : str
        JSON or text.
    spec_id, stage, source : str
        Of what, and from where.
    cost_usd, seconds : float or None
        What making it cost, and how long it took.
    """

    unit: str
    variant: str
    content: str
    spec_id: str = ""
    stage: str = ""
    source: str = ""
    cost_usd: float | None = None
    seconds: float | None = None


class Reading(msgspec.Struct, frozen=True):
    """One packet in a reviewer's order."""

    packet: str
    position: int


class Packet(msgspec.Struct, frozen=True):
    """A blinded output.

    Attributes
    ----------
    packet : str
        Its neutral id.
    unit : str
        Neutral name of the unit.
    text : str
        Markdown.
    commitment : str
        SHA-256 over a salt, the id, unit and variant, and what reviewers read, in hex: neither key,
        text nor brief can be swapped later.
    """

    packet: str
    unit: str
    text: str
    commitment: str


class Plan(msgspec.Struct, frozen=True):
    """What is known of a review without its key.

    Attributes
    ----------
    briefs : dict of str to str
        What was asked, as Markdown, by neutral name of the unit; units without a brief are not
        there.
    """

    experiment: str
    rubric: Rubric
    variants: tuple[str, ...]
    readings: dict[str, tuple[Reading, ...]]
    arbiter: bool = False
    briefs: dict[str, str] = {}
    kind: str = "blind_review"


class Review:
    """A review in its folder, as those see it who do not hold the key.

    Parameters
    ----------
    folder : Path
        Where ``create_review`` wrote it.

    Raises
    ------
    EvidenceError
        If there is no review.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        try:
            content = (self.folder / "review.json").read_bytes()
            self.plan = msgspec.json.decode(content, type=Plan)
        except FileNotFoundError:
            raise EvidenceError(
                f"no review in {folder}: it has no review.json; make one with"
                " speckit-analysis review create"
            ) from None
        except (OSError, msgspec.MsgspecError) as error:
            raise EvidenceError(f"cannot read {self.folder / 'review.json'}: {error}") from None

    def packet(self, name: str) -> Packet:
        """Return a packet by its id."""
        path = self.folder / "packets" / f"{name}.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=Packet)
        except (OSError, msgspec.MsgspecError) as error:
            raise EvidenceError(f"cannot read the packet {path}: {error}") from None

    def readings(self, reviewer: str) -> tuple[Reading, ...]:
        """Return what a reviewer reads, in order."""
        if reviewer not in self.plan.readings:
            names = ", ".join(self.plan.readings)
            raise EvidenceError(f"{reviewer!r} is no reviewer of this review; there are: {names}")
        return self.plan.readings[reviewer]

    def cards(self, reviewer: str) -> Cards:
        """Return a reviewer's cards."""
        self.readings(reviewer)
        return Cards(self.folder / "cards", reviewer)

    @property
    def unblinded(self) -> dict[str, Any] | None:
        """When it was unblinded and how; None while it is not."""
        path = self.folder / UNBLINDED
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None

    def status(self) -> pd.DataFrame:
        """Return who has done what.

        Returns
        -------
        DataFrame
            One row per reviewer: ``reviewer`` (string), ``planned``, ``complete``, ``begun``,
            ``missing``, ``conflicts`` (Int64) and ``minutes`` (Float64, spent so far).
        """
        rows = []
        for reviewer, readings in self.plan.readings.items():
            cards = self.cards(reviewer)
            begun = [card for reading in readings if (card := cards.read(reading.packet))]
            complete = sum(card.complete for card in begun)
            rows.append(
                {
                    "reviewer": reviewer,
                    "planned": len(readings),
                    "complete": complete,
                    "begun": len(begun) - complete,
                    "missing": len(readings) - complete,
                    "conflicts": len(cards.conflicts()),
                    "minutes": sum(card.seconds for card in begun) / 60,
                }
            )
        whole = dict.fromkeys(("planned", "complete", "begun", "missing", "conflicts"), "Int64")
        return pd.DataFrame(rows).astype({"reviewer": "string"} | whole | {"minutes": "Float64"})

    def lacking(self, card: Card) -> list[str]:
        """Return what still has to be answered on a card."""
        return card.missing(self.plan.rubric, arbiter=self.plan.arbiter)

    def missing(self) -> list[tuple[str, str]]:
        """Return reviewer and packet of each card that is not complete."""
        return [
            (reviewer, reading.packet)
            for reviewer, readings in self.plan.readings.items()
            for reading in readings
            if not ((card := self.cards(reviewer).read(reading.packet)) and card.complete)
        ]


def create_review(
    folder: Path,
    experiment: str,
    outputs: Sequence[Output],
    reviewers: Sequence[str],
    *,
    briefs: Mapping[str, str] | None = None,
    rubric: Rubric | None = None,
    units_each: int | None = None,
    repeats: int = 0,
    pairwise: bool = False,
    arbiter: bool = False,
    hide: Sequence[str] = (),
    keep_paths: bool = False,
    pseudonyms: bool = False,
    key: Path | None = None,
) -> Leak:
    """Write a review: blinded packets, reading orders, and the key elsewhere.

    Parameters
    ----------
    folder : Path
        New or empty.
    experiment : str
        Its name.
    outputs : sequence of Output
        One of each variant for each unit.
    reviewers : sequence of str
        Their names: letters, digits, ``.``, ``_`` and ``-``.
    briefs : mapping of str to str, optional
        What was asked, JSON or text, by unit.  Blinded like the outputs and shown beside them.
    rubric : Rubric, optional
        What is scored; by default completeness, correctness, clarity, actionability.
    units_each, repeats, pairwise
        As for :func:`speckit_analysis.review.design.reading_orders`.
    arbiter : bool
        Reviewers also say whether an arbiter's change made the output better or worse.
    hide : sequence of str
        Further words to replace, beside the variants' names.
    keep_paths : bool
        Leave file paths that name nobody.
    pseudonyms : bool
        Call reviewers R1, R2 …; the key has their names.
    key : Path, optional
        Where the key goes; never inside `folder`.

    Returns
    -------
    Leak
        How well words still tell the variant.

    Raises
    ------
    EvidenceError
        If outputs are missing, a brief is empty or of an unknown unit, names are unsafe, files are
        in the way, or nothing can be written there.
    """
    folder, key = Path(folder), Path(key) if key else key_path(Path(folder))
    briefs = briefs or {}
    units, variants = _checked(folder, key, outputs, reviewers)
    _check_briefs(briefs, units)
    # Drawn by the system, from no seed that could be tried out.
    random = secrets.SystemRandom()
    names = [f"R{at}" if pseudonyms else name for at, name in enumerate(reviewers, 1)]
    orders = reading_orders(
        *(units, variants, names),
        random=random,
        units_each=units_each,
        repeats=repeats,
        pairwise=pairwise,
    )
    ids, sealed = _sealed(orders, outputs, random)
    readings: dict[str, tuple[Reading, ...]] = dict.fromkeys(names, ())
    for reviewer, position, unit, variant, repeat in orders.itertuples(index=False, name=None):
        readings[reviewer] += (Reading(ids[unit, variant, repeat], position),)
    opened = Key(experiment, sealed, dict(zip(names, reviewers, strict=True)))

    common = _words_of_all(outputs)
    words = {each for each in variants if each.lower() in common | PLAIN_WORDS} - {*hide}
    blinder = Blinder([*variants, *hide], words=words, keep_paths=keep_paths)
    neutral = {unit: f"Unit {number}" for number, unit in enumerate(units, 1)}
    tasks: dict[str, str] = {}
    texts: dict[tuple[str, str], str] = {}
    for unit in units:
        blinder.next_unit()
        if unit in briefs:
            tasks[neutral[unit]] = blinder(laid_out(briefs[unit]))
        for made in outputs:
            if made.unit == unit:
                texts[unit, made.variant] = blinder(laid_out(made.content))
    plan = Plan(experiment, rubric or load_rubric(), tuple(variants), readings, arbiter, tasks)
    packets = []
    for name, of in sealed.items():
        unit, text = neutral[of.unit], texts[of.unit, of.variant]
        seal = commitment(name, of, text, tasks.get(unit))
        packets.append(Packet(name, unit, text, seal))
    leak = vocabulary_leak(*zip(*((u, v, text) for (u, v), text in texts.items()), strict=True))
    try:
        _write_review(folder, plan, packets, key, opened)
        _write_leaks(folder, leak, blinder.replaced, packets, sealed, len(tasks))
    except OSError as error:
        raise EvidenceError(
            f"cannot write the review {folder} and its key {key}: {error.strerror or error};"
            " name a place that you may write to"
        ) from None
    return leak


def _write_review(
    folder: Path, plan: Plan, packets: Sequence[Packet], key: Path, opened: Key
) -> None:
    # Tried first, so that neither a key nor a folder is left where the other cannot be written.
    key.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=key.parent):
        pass
    (folder / "packets").mkdir(parents=True, exist_ok=True)
    write_key(key, opened)
    write_whole(folder / "review.json", encoded(plan))
    for packet in packets:
        path = folder / "packets" / f"{packet.packet}.json"
        write_whole(path, encoded(packet))
        os.utime(path, (0, 0))  # the order in which they were written is nobody's business


def _checked(
    folder: Path, key: Path, outputs: Sequence[Output], reviewers: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return units and variants, or refuse."""
    if folder.exists() and any(folder.iterdir()):
        raise EvidenceError(f"{folder} is not empty: a review needs a folder of its own")
    if folder.resolve() in key.resolve().parents:
        raise EvidenceError(f"the key {key} would lie inside the review {folder}: reviewers see it")
    if key.exists():
        raise EvidenceError(f"the key {key} is there already: it is never replaced")
    for name in reviewers:
        if not _NAME.fullmatch(name):
            raise EvidenceError(f"{name!r} is no name for a reviewer: letters, digits, . _ and -")
    units = sorted({output.unit for output in outputs})
    variants = sorted({output.variant for output in outputs})
    there = [(output.unit, output.variant) for output in outputs]
    doubled = sorted({pair for pair in there if there.count(pair) > 1})
    if doubled:
        raise EvidenceError("{} has two outputs of variant {}".format(*doubled[0]))
    missing = [(u, v) for u in units for v in variants if (u, v) not in set(there)]
    if missing:
        listed = ", ".join(f"{unit} lacks {variant}" for unit, variant in missing[:5])
        raise EvidenceError(
            f"{wording.count(len(missing), 'output')} missing ({listed}): every unit needs every"
            " variant, or a reviewer's severity could pass for a difference of variants"
        )
    empty = [output for output in outputs if not output.content.strip()]
    if empty:
        raise EvidenceError(f"the output of {empty[0].unit}, {empty[0].variant}, is empty")
    return units, variants


def _check_briefs(briefs: Mapping[str, str], units: list[str]) -> None:
    for unit, text in briefs.items():
        if unit not in units:
            meant = wording.suggestion(unit, units)
            raise EvidenceError(f"the brief {unit!r} is of no unit of this review; {meant}")
        if not laid_out(text):
            raise EvidenceError(
                f"the brief of {unit} is empty: write into it what was asked, or leave it out"
            )


def _words_of_all(outputs: Sequence[Output]) -> set[str]:
    """Return the words that outputs of every variant use: such a word tells no variant."""
    used: dict[str, set[str]] = {}
    for output in outputs:
        words = re.findall(r"[^\W\d_]+", output.content.lower())
        used.setdefault(output.variant, set()).update(words)
    return set.intersection(*used.values())


def _sealed(
    orders: pd.DataFrame, outputs: Sequence[Output], random: Random
) -> tuple[dict[tuple[str, str, bool], str], dict[str, Secret]]:
    """Return neutral ids, and what they stand for."""
    of = {(each.unit, each.variant): each for each in outputs}
    columns = ["unit", "variant", "repeat"]
    outputs_read = sorted(orders[columns].drop_duplicates().itertuples(index=False, name=None))
    random.shuffle(outputs_read)
    ids: dict[tuple[str, str, bool], str] = {}
    while len(ids) < len(outputs_read):
        name = "P" + "".join(random.choice(_LETTERS) for _ in range(5))
        if name not in ids.values():
            ids[outputs_read[len(ids)]] = name
    sealed = {}
    for (unit, variant, repeat), name in sorted(ids.items(), key=lambda item: item[1]):
        output = of[unit, variant]
        sealed[name] = Secret(
            unit=unit,
            variant=variant,
            spec_id=output.spec_id or unit,
            stage=output.stage,
            source=output.source,
            salt=secrets.token_hex(32),
            repeat_of=ids[unit, variant, False] if repeat else None,
            cost_usd=output.cost_usd,
            seconds=output.seconds,
        )
    return ids, sealed


def _write_leaks(
    folder: Path,
    leak: Leak,
    replaced: Counter[str],
    packets: Sequence[Packet],
    sealed: dict[str, Secret],
    briefs: int,
) -> None:
    packet_texts = [
        (packet.packet, of.unit, of.variant, packet.text)
        for packet in packets
        for of in [sealed[packet.packet]]
    ]
    replacements = ", ".join(f"{number} × {name}" for name, number in replaced.most_common())
    words = "\n".join(
        f"- Words that speak for {name}: {', '.join(most)}" for name, most in leak.telling.items()
    )
    read = f"{wording.count(len(packets), 'packet')} and {wording.count(briefs, 'brief')}"
    text = f"""\
# What may give authors away in {folder.resolve().name}

Keep this from reviewers: it names variants.

{leak.sentence}

Replaced in {read}: {replacements or "nothing"}.

{words}

## Habits of wording

{table_of_tells(packet_texts)}"""
    write_whole(beside(folder, ".leaks.md"), text.rstrip() + "\n", private=True)


def blank_card(review: Review, reviewer: str, reading: Reading) -> Card:
    """Return a card with nothing filled in."""
    return Card(
        experiment=review.plan.experiment,
        packet=reading.packet,
        reviewer=reviewer,
        position=reading.position,
    )
