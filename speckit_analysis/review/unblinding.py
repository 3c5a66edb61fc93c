"""Opening the key: cards learn which variant they are about."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import msgspec

from speckit_analysis.errors import EvidenceError
from speckit_analysis.review.cards import UNBLINDED, Card, Cards, all_cards, now
from speckit_analysis.review.packets import Review
from speckit_analysis.review.seal import Key, Secret, commitment, key_path, read_key
from speckit_analysis.whole_files import write_whole


def unblind(folder: Path, key: Path | None = None, *, force: bool = False) -> int:
    """Tell the cards which variant they are about, and return how many there are.

    Parameters
    ----------
    folder : Path
        The review.
    key : Path, optional
        Its key; by default beside the folder.
    force : bool
        Do it although cards are missing; this is recorded, on every card too.

    Raises
    ------
    EvidenceError
        If planned cards are missing, the key or a card does not fit, or it was done before.
    """
    review = Review(folder)
    with ExitStack() as locks:
        # From the first look to the last card, or a form could save a card in between.
        for reviewer in review.plan.readings:
            locks.enter_context(review.cards(reviewer).locked())
        return _unblind(review, Path(key) if key else key_path(Path(folder)), force=force)


def _unblind(review: Review, key: Path, *, force: bool) -> int:
    """Open the key, while nobody else can save a card."""
    if review.unblinded:
        raise EvidenceError(f"{review.folder} was unblinded already, at {review.unblinded['at']}")
    missing = [f"{reviewer} {packet}" for reviewer, packet in review.missing()]
    if missing and not force:
        raise EvidenceError(
            f"{len(missing)} planned cards are not complete ({', '.join(missing[:6])}"
            f"{' …' if len(missing) > 6 else ''}): unblinding now would end the blind review."
            " Use --force to do it all the same; every report will say so"
        )
    known = read_key(key)
    _check_commitments(review, known)
    forced = bool(missing)
    # All are looked at before the first is saved: half a review unblinded is not blind any more.
    opened = [
        (path, card, _secret(path, card, known))
        for path, card in all_cards(review.folder / "cards")
    ]
    for path, card, secret in opened:
        unblinded = msgspec.structs.replace(
            card,
            spec_id=secret.spec_id,
            stage=secret.stage or None,
            variant=secret.variant,
            repeat_of=secret.repeat_of,
            forced=forced,
            output_cost_usd=secret.cost_usd,
            output_seconds=secret.seconds,
        )
        Cards(review.folder / "cards", path.parent.name).write(unblinded)
    record = {
        "at": now(),
        "forced": forced,
        "missing": missing,
        "cards": len(opened),
    }
    write_whole(review.folder / UNBLINDED, json.dumps(record, indent=1) + "\n")
    return len(opened)


def _secret(path: Path, card: Card, key: Key) -> Secret:
    """Return what a card's packet is, or refuse."""
    if path.name != f"{card.packet}.card.json":
        raise EvidenceError(
            f"{path} is about packet {card.packet!r}, not the one that it is named for: correct"
            " the one or the other; nothing is unblinded"
        )
    if card.packet not in key.packets:
        raise EvidenceError(
            f"{path} is about a packet that the key does not have; nothing is unblinded"
        )
    return key.packets[card.packet]


def _check_commitments(review: Review, key: Key) -> None:
    """Refuse a key that is not the one the packets were sealed with."""
    names = {reading.packet for readings in review.plan.readings.values() for reading in readings}
    for name in sorted(names):
        packet, secret = review.packet(name), key.packets.get(name)
        brief = review.plan.briefs.get(packet.unit)
        if secret is None or commitment(name, secret, packet.text, brief) != packet.commitment:
            raise EvidenceError(
                f"the key does not fit packet {name}: key, packet or brief were changed after the"
                " review was sealed, so nothing is unblinded"
            )
