"""Somebody who has all that is public of a review, and the code, cannot tell the variants."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from speckit_analysis.review import Output, Review, create_review, key_path
from speckit_analysis.review.design import reading_orders

#: What an attacker says of each packet: the number of its variant, in order of their names.
Guess = Callable[[Review, str], dict[str, int]]


def made(folder: Path, units: int, variants: int, reviewers: int) -> tuple[Review, dict[str, int]]:
    """Make a review, and return it with the variant of each packet."""
    names = [f"variant-{letter}" for letter in "abcd"[:variants]]
    random = Random(units * variants)
    outputs = [
        Output(f"unit {u}", name, f"Edit src/{u}{name}.py. {'word ' * random.randrange(3, 40)}")
        for u in range(units)
        for name in names
    ]
    asked = {
        f"unit {u}": f"Edit src/{u}.py as {' and '.join(names)} would. {'word ' * (u % 40)}"
        for u in range(units)
    }
    create_review(folder, "trial", outputs, [f"R{n}" for n in range(reviewers)], briefs=asked)
    secret = json.loads(key_path(folder).read_text())["packets"]
    return Review(folder), {packet: names.index(of["variant"]) for packet, of in secret.items()}


def places(review: Review, reviewer: str) -> dict[str, tuple[int, int, int]]:
    """Return of each packet its unit, numbered as it comes first, its turn, and its position."""
    units: dict[str, int] = {}
    seen: dict[str, int] = {}
    found = {}
    for reading in review.readings(reviewer):
        unit = review.packet(reading.packet).unit
        number = units.setdefault(unit, len(units))
        turn = seen[unit] = seen.get(unit, -1) + 1
        found[reading.packet] = (number, turn, reading.position)
    return found


def by_formula(review: Review, reviewer: str) -> dict[str, int]:
    """The rule of old: unit, turn and reviewer add up to the variant."""
    k, shift = len(review.plan.variants), list(review.plan.readings).index(reviewer)
    return {p: (u + t + shift) % k for p, (u, t, _) in places(review, reviewer).items()}


def by_number_of_unit(review: Review, reviewer: str) -> dict[str, int]:
    k = len(review.plan.variants)
    return {
        packet: (int(review.packet(packet).unit.split()[-1]) + turn) % k
        for packet, (_, turn, _) in places(review, reviewer).items()
    }


def by_turn(review: Review, reviewer: str) -> dict[str, int]:
    return {packet: turn for packet, (_, turn, _) in places(review, reviewer).items()}


def by_position(review: Review, reviewer: str) -> dict[str, int]:
    k = len(review.plan.variants)
    return {packet: at % k for packet, (_, _, at) in places(review, reviewer).items()}


def ranked(review: Review, reviewer: str, rank: Callable[[str], object]) -> dict[str, int]:
    """Guess by what ranks the packets of a unit."""
    packets = list(places(review, reviewer))
    of_unit: dict[str, list[str]] = {}
    for packet in sorted(packets, key=rank):
        of_unit.setdefault(review.packet(packet).unit, []).append(packet)
    return {packet: at for own in of_unit.values() for at, packet in enumerate(own)}


def by_id(review: Review, reviewer: str) -> dict[str, int]:
    return ranked(review, reviewer, lambda packet: packet)


def by_listing(review: Review, reviewer: str) -> dict[str, int]:
    listed = [path.stem for path in (review.folder / "packets").iterdir()]
    return ranked(review, reviewer, listed.index)


def by_time(review: Review, reviewer: str) -> dict[str, int]:
    def written(packet: str) -> tuple[int, int]:
        about = (review.folder / "packets" / f"{packet}.json").stat()
        return about.st_mtime_ns, about.st_ino

    return ranked(review, reviewer, written)


def by_commitment(review: Review, reviewer: str) -> dict[str, int]:
    return ranked(review, reviewer, lambda packet: review.packet(packet).commitment)


def by_size(review: Review, reviewer: str) -> dict[str, int]:
    folder = review.folder / "packets"
    return ranked(review, reviewer, lambda packet: (folder / f"{packet}.json").stat().st_size)


def by_number_of_file(review: Review, reviewer: str) -> dict[str, int]:
    """Files are numbered as they are met: in which order were the outputs of a unit blinded?"""

    def number(packet: str) -> int:
        found = re.search(r"\[file (\d+)", review.packet(packet).text)
        assert found, "the packet names a file"
        return int(found[1])

    return ranked(review, reviewer, number)


def by_seed(review: Review, reviewer: str) -> dict[str, int]:
    """Try seeds: one whose orders of units are those that are public gives the variants."""
    names = list(review.plan.readings)
    variants = list(review.plan.variants)
    public = [review.packet(reading.packet).unit for reading in review.readings(reviewer)]
    units = sorted(set(public), key=lambda unit: int(unit.split()[-1]))
    for seed in range(30):
        orders = reading_orders(units, variants, names, random=Random(seed))
        own = orders[orders["reviewer"] == reviewer]
        if own["unit"].tolist() == public:
            packets = [reading.packet for reading in review.readings(reviewer)]
            return {p: variants.index(v) for p, v in zip(packets, own["variant"], strict=True)}
    return by_turn(review, reviewer)


def by_other_reviewer(review: Review, reviewer: str) -> dict[str, int]:
    """Take the first reviewer to begin with the first variant, and the others to go on."""
    k, names = len(review.plan.variants), list(review.plan.readings)
    first = places(review, names[0])
    return {packet: (first[packet][1] + names.index(reviewer)) % k for packet in first}


def by_brief(review: Review, reviewer: str) -> dict[str, int]:
    """Which output is most like the task in length, and repeats most of its words?"""

    def apart(packet: str) -> tuple[int, int]:
        read = review.packet(packet)
        task, text = review.plan.briefs[read.unit].split(), read.text.split()
        return abs(len(task) - len(text)), -len({*task} & {*text})

    return ranked(review, reviewer, apart)


STRATEGIES: list[Guess] = [
    *(by_formula, by_number_of_unit, by_turn, by_position, by_id, by_listing, by_time),
    *(by_commitment, by_size, by_number_of_file, by_seed, by_other_reviewer, by_brief),
]


@pytest.mark.parametrize(
    ("units", "variants", "reviewers", "repeats"), [(50, 2, 2, 6), (7, 3, 3, 20)]
)
def test_every_strategy_stays_at_chance(
    tmp_path: Path, units: int, variants: int, reviewers: int, repeats: int
) -> None:
    right = dict.fromkeys(STRATEGIES, 0)
    count = 0
    for number in range(repeats):
        review, truth = made(tmp_path / str(number), units, variants, reviewers)
        for reviewer in review.plan.readings:
            for strategy in STRATEGIES:
                guessed = strategy(review, reviewer)
                right[strategy] += sum(guessed[packet] == truth[packet] for packet in truth)
            count += len(truth)
    # All guesses of a unit may hang together: as if there were one for each.
    chance = 1 / variants
    error = (chance * (1 - chance) / (units * repeats)) ** 0.5
    off = {s.__name__: (n / count - chance) / error for s, n in right.items()}
    assert max(map(abs, off.values())) < 4.5, off


def test_what_is_public_holds_nothing_that_a_guess_could_be_tried_on(tmp_path: Path) -> None:
    review, truth = made(tmp_path / "r", 6, 2, 2)
    times = {path.stat().st_mtime_ns for path in (review.folder / "packets").iterdir()}
    assert len(times) == 1
    assert len(review.plan.briefs) == 6  # one a unit, whatever the variant
    for name in truth:
        packet = review.packet(name)
        assert "variant-" not in review.plan.briefs[packet.unit]
        tried = {
            hashlib.sha256("\n".join(("", name, packet.unit, variant)).encode()).hexdigest()
            for variant in review.plan.variants
        }
        assert packet.commitment not in tried
    assert "seed" not in key_path(review.folder).read_text()
