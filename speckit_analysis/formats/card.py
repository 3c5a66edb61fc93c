"""Scorecards of a blind review: what one reviewer says of one packet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.decoding import pointer_token
from speckit_analysis.formats.file import Amount, Count
from speckit_analysis.formats.review import Points


class ReviewCard(msgspec.Struct, kw_only=True, gc=False):
    """What one reviewer says of one packet; variant and SPEC once the review is unblinded."""

    kind: str
    experiment: str
    packet: str
    reviewer: str
    scores: dict[str, Points | None] | None = None
    overall: Points | None = None
    position: Count | None = None
    errors_found: Count | None = None
    errors: str | None = None
    comment: str | None = None
    guess: str | None = None
    guess_confidence: str | None = None
    assessment: str | None = None
    errors_caught: Count | None = None
    false_positives: Count | None = None
    seconds: Amount | None = None
    complete: bool = False
    revision: Count | None = None
    started: str | None = None
    saved: str | None = None
    spec_id: str | None = None
    stage: str | None = None
    variant: str | None = None
    repeat_of: str | None = None
    forced: bool = False
    output_cost_usd: Amount | None = None
    output_seconds: Amount | None = None


_DECODER = msgspec.json.Decoder(ReviewCard)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write one row per criterion, the overall score among them."""
    card = file.decode(_DECODER)
    if card is None:
        return
    scores = [
        (f"/scores/{pointer_token(name)}", name, s) for name, s in (card.scores or {}).items()
    ]
    if card.overall is not None or not scores:
        scores.append(("/overall", "overall", card.overall))
    for place, criterion, score in scores:
        rows.write(
            "reviews",
            file.number,
            place,
            experiment=card.experiment,
            spec_id=card.spec_id,
            stage_raw=card.stage,
            variant=card.variant,
            packet=card.packet,
            reviewer=card.reviewer,
            criterion=criterion,
            score=score,
            comment=card.comment,
            timestamp_raw=card.saved,
            position=card.position,
            seconds=card.seconds,
            complete=card.complete,
            guess=card.guess,
            guess_confidence=card.guess_confidence,
            errors_found=card.errors_found,
            assessment=card.assessment,
            errors_caught=card.errors_caught,
            false_positives=card.false_positives,
            repeat_of=card.repeat_of,
            forced=card.forced,
            output_cost_usd=card.output_cost_usd,
            output_seconds=card.output_seconds,
        )


def _sniff(content: Mapping[str, Any]) -> bool:
    return content.get("kind") == "blind_review_card"


FORMAT = Format(
    name="card",
    title="Scorecard of a blind review",
    endings=(".card.json",),
    patterns=(re.compile(r".+\.card\.json"),),
    read=read,
    sniff=_sniff,
    schemas={"card": ReviewCard},
    rank=14,
)
