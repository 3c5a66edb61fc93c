"""Who reads what in which order: drawn, balanced, variants of a unit kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pandas as pd

from speckit_analysis.errors import EvidenceError


def reading_orders(
    units: Sequence[str],
    variants: Sequence[str],
    reviewers: Sequence[str],
    *,
    random: Random,
    units_each: int | None = None,
    repeats: int = 0,
    pairwise: bool = False,
) -> pd.DataFrame:
    """Return what each reviewer reads, in order.

    Parameters
    ----------
    units, variants, reviewers : sequence of str
        Their names.
    random : Random
        Draws the order.  Who can draw the same again knows which variant is read when.
    units_each : int, optional
        Units for each reviewer; all of them, if not told.  Units are dealt out in turn, so that
        each is read by as many reviewers as any other, or one more.
    repeats : int
        Outputs that each reviewer reads a second time, at the end.
    pairwise : bool
        The variants of a unit stand next to each other, rather than as far apart as can be.

    Returns
    -------
    DataFrame
        One row a reading: ``reviewer``, ``position`` (from 1), ``unit``, ``variant`` (string) and
        ``repeat`` (bool).

    Raises
    ------
    EvidenceError
        If the design cannot be made.

    Notes
    -----
    Every reviewer reads all variants of a unit (a complete block), so that neither the unit's
    difficulty nor the reviewer's severity can pass for a difference of variants.  The order of a
    unit's variants is drawn, under one restriction: of k units, and for one unit of k reviewers,
    each variant comes at each place once (random Latin squares).  Which units share a square is
    drawn too, so that no place, number or name tells anything.  From reviewer to reviewer the
    units, which all know, rotate.
    """
    _check(units, variants, reviewers, units_each, repeats, pairwise)
    dealt, listed = (random.sample(list(units), len(units)) for _ in range(2))
    drawn = dict(zip(dealt, _orders(variants, len(dealt), random), strict=True))
    each = units_each or len(dealt)
    rows = []
    for number, reviewer in enumerate(reviewers):
        hand = {dealt[(number * each + at) % len(dealt)] for at in range(each)}
        start = number % len(listed)
        own = [unit for unit in listed[start:] + listed[:start] if unit in hand]
        passes = [
            (unit, drawn[unit][(turn + number) % len(variants)])
            for turn in range(len(variants))
            for unit in own
        ]
        if pairwise:
            passes.sort(key=lambda reading: own.index(reading[0]))
        again = [reading for reading in passes if reading[0] != passes[-1][0]][:repeats]
        readings = [(*reading, False) for reading in passes] + [(*two, True) for two in again]
        rows += [
            (reviewer, position, unit, variant, repeat)
            for position, (unit, variant, repeat) in enumerate(readings, 1)
        ]
    columns = ["reviewer", "position", "unit", "variant", "repeat"]
    return pd.DataFrame(rows, columns=columns)


def _orders(variants: Sequence[str], units: int, random: Random) -> list[list[str]]:
    """Draw an order of the variants for each of so many units, of k in a row a Latin square."""
    orders: list[list[str]] = []
    while len(orders) < units:
        first = random.sample(variants, len(variants))
        orders += random.sample(
            [first[turn:] + first[:turn] for turn in range(len(first))], len(first)
        )
    return orders[:units]


def _check(
    units: Sequence[str],
    variants: Sequence[str],
    reviewers: Sequence[str],
    units_each: int | None,
    repeats: int,
    pairwise: bool,
) -> None:
    for noun, names, least in (
        ("unit", units, 1),
        ("variant", variants, 2),
        ("reviewer", reviewers, 1),
    ):
        if len(names) < least:
            raise EvidenceError(f"a review needs {least} {noun}s at least, and got {len(names)}")
        doubled = {name for name in names if list(names).count(name) > 1}
        if doubled:
            raise EvidenceError(f"the {noun} {sorted(doubled)[0]!r} is there twice")
    each = units_each or len(units)
    if not 1 <= each <= len(units):
        raise EvidenceError(f"{each} units each, and there are {len(units)}")
    if each == 1 and not pairwise:
        raise EvidenceError(
            "with one unit for a reviewer, its variants stand next to each other: add units, or"
            " choose a pairwise design"
        )
    most = (each - 1) * len(variants)
    if not 0 <= repeats <= most:
        raise EvidenceError(f"{repeats} repeats, and there can be 0 to {most}")
