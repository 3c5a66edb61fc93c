"""A blind review of a known truth: severe and lenient reviewers, noise, guesses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from speckit_analysis.simulate.design import Design
from speckit_analysis.simulate.documents import Document
from speckit_analysis.tables.vocabulary import NO_GUESS

#: Variants of the simulated experiment, and its name.
VARIANTS = ("single", "consensus")
EXPERIMENT = "single-vs-consensus"

#: Times that consensus costs more than one model.
COST_RATIO = 3.0

#: Points by which the most severe reviewer scores below the average, and the most lenient above.
SEVERITY = 0.6

#: Standard deviations of SPECs, of an output around its SPEC and variant, of a single score.
BETWEEN, WITHIN, NOISE = 0.7, 0.35, 0.5

_STAGE = "plan"
_CRITERIA = ("completeness", "correctness", "clarity", "actionability")
_REPEATS = 2


def review_documents(design: Design) -> Iterator[Document]:
    """Yield the cards of a review of each SPEC's plan, made by one model and by consensus.

    Every reviewer reads both variants of every SPEC and two outputs a second time; the review is
    unblinded.
    """
    if not design.reviewers or design.specs < 2:
        return
    random = Random(f"{design.seed} reviews")
    specs = design.spec_ids
    names = [f"R{number}" for number in range(1, design.reviewers + 1)]
    quality = _quality(specs, design, random)
    made = _making(specs, random)
    repeats = min(_REPEATS, (len(specs) - 1) * len(VARIANTS))
    packets: dict[tuple[str, str, bool], str] = {}
    for number, reading in enumerate(_readings(specs, names, repeats, Random(design.seed))):
        reviewer, position, spec, variant, again = reading
        packet = packets.setdefault((spec, variant, again), f"P{len(packets) + 1:03d}")
        level = quality[spec, variant] + _severity(names.index(reviewer), len(names))
        card = {
            "kind": "blind_review_card",
            "experiment": EXPERIMENT,
            "packet": packet,
            "reviewer": reviewer,
            "position": position,
            "scores": {name: half_point(level + random.gauss(0, NOISE)) for name in _CRITERIA},
            "overall": half_point(level + random.gauss(0, NOISE / 2)),
            "errors_found": max(0, round(random.gauss(10 - level, 0.8))),
            "comment": "",
            **_guess(variant, design, random),
            "seconds": round(240 * random.lognormvariate(0, 0.3) * (0.6 + 0.4 / position), 1),
            "complete": True,
            "revision": 9,
            "saved": f"2025-11-{17 + number % 5}T{9 + position % 8:02d}:{number % 60:02d}:00Z",
            "spec_id": spec,
            "stage": _STAGE,
            "variant": variant,
            **made[spec, variant],
        }
        if again:
            card["repeat_of"] = packets[spec, variant, False]
        path = f"reviews/{EXPERIMENT}/cards/{reviewer}/{packet}.card.json"
        yield Document(path, "card", card)


def _quality(specs: list[str], design: Design, random: Random) -> dict[tuple[str, str], float]:
    quality = {}
    for spec in specs:
        level = random.gauss(7.0 - design.quality_gain / 2, BETWEEN)
        for variant, gain in zip(VARIANTS, (0.0, design.quality_gain), strict=True):
            quality[spec, variant] = level + gain + random.gauss(0, WITHIN)
    return quality


def _making(specs: list[str], random: Random) -> dict[tuple[str, str], dict[str, float]]:
    """Return what each output cost and how long it took; consensus is three times one model."""
    made = {}
    for spec in specs:
        size = random.lognormvariate(0, 0.35)
        for variant, calls in zip(VARIANTS, (1.0, COST_RATIO), strict=True):
            made[spec, variant] = {
                "output_cost_usd": round(0.05 * calls * size * random.lognormvariate(0, 0.15), 4),
                "output_seconds": round(60 * calls**0.5 * size * random.lognormvariate(0, 0.2), 1),
            }
    return made


def _severity(number: int, reviewers: int) -> float:
    """Return the points that a reviewer gives above the average; they add up to 0."""
    return 0.0 if reviewers == 1 else SEVERITY * (2 * number / (reviewers - 1) - 1)


def _guess(variant: str, design: Design, random: Random) -> dict[str, str]:
    drawn = random.random()
    if drawn < design.unknown_guesses:
        return {"guess": NO_GUESS}
    right = drawn < design.unknown_guesses + design.right_guesses
    other = VARIANTS[1 - VARIANTS.index(variant)]
    sure = random.choice(("a guess", "fairly sure", "sure"))
    return {"guess": variant if right else other, "guess_confidence": sure}


def half_point(score: float) -> float:
    """Return the score from 0 to 10 that a reviewer can give, in steps of half a point."""
    return min(10.0, max(0.0, round(2 * score) / 2))


def _readings(
    specs: Sequence[str], reviewers: Sequence[str], repeats: int, random: Random
) -> Iterator[tuple[str, int, str, str, bool]]:
    """Yield reviewer, position, SPEC, variant and whether it is read again; nobody has to guess."""
    shuffled = list(specs)
    random.shuffle(shuffled)
    for number, reviewer in enumerate(reviewers):
        own = [(number + at) % len(shuffled) for at in range(len(shuffled))]
        once = [
            (shuffled[at], VARIANTS[(at + turn + number) % len(VARIANTS)])
            for turn in range(len(VARIANTS))
            for at in own
        ]
        again = [reading for reading in once if reading[0] != once[-1][0]][:repeats]
        for position, (spec, variant) in enumerate([*once, *again], 1):
            yield reviewer, position, spec, variant, position > len(once)
