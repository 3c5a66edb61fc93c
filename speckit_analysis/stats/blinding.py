"""Whether reviewers could tell which of k variants they read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import count, pairwise
from typing import Any

import numpy as np
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.paired import ROUNDING

#: The blind held if the index is surely below this.
HELD_BELOW = 0.2

#: With this probability or more, a breach would have been seen.
SURE = 0.8

#: Share of right guesses that a broken blind is taken to give, where nothing else is said.
BREACH = 0.85


def chance_corrected(right: Any, wrong: Any, asked: Any, variants: int) -> Any:
    """Return the blinding index of guesses: 0 as by chance, 1 if all are right.

    Parameters
    ----------
    right, wrong, asked : float or array of float
        Guesses that are right, that are wrong, and all, "don't know" included.
    variants : int
        Between how many there was to choose.

    Examples
    --------
    >>> chance_corrected(right=8, wrong=2, asked=12, variants=2)  # Bang's index
    0.5
    >>> chance_corrected(right=4, wrong=8, asked=12, variants=3)
    0.0
    """
    return (right - wrong / (variants - 1)) / asked


@dataclass(frozen=True)
class BlindingIndex(Estimate):
    """The blinding index over all variants, of these reviewers.

    Attributes
    ----------
    sizes : tuple of int
        Variants of each unit in which guesses could have been more or less often right.
    """

    sizes: tuple[int, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether guesses are right more often than chance explains."""
        return self.p_value is not None and self.p_value <= 1 - self.level + ROUNDING

    @property
    def held(self) -> bool:
        """Whether the index is surely small, and a breach would have been seen."""
        small = 0 <= self.high < HELD_BELOW and not self.broken
        return small and self.power(BREACH) >= SURE

    @property
    def mistaken(self) -> bool:
        """Whether guesses are surely wrong more often than by chance."""
        return self.high < 0

    def power(self, right: float) -> float:
        """Return the probability that so many units show such a share of right guesses."""
        *_, power = _powers(self.sizes, right, self.level)
        return power


def blinding_index(guesses: np.ndarray, level: float = 0.95) -> BlindingIndex:
    """Return how much more often guesses are right than by chance, and whether that is chance.

    Parameters
    ----------
    guesses : ndarray of int, shape (units, reviewers, variants)
        Number of the variant that a reviewer took a variant of a unit for; the number of variants
        for "don't know", -1 if not asked.
    level : float
        Of the interval; what is left of 1 is the level of the test.

    Returns
    -------
    BlindingIndex
        Its units are those that count.  Its p-value is one-sided.

    Notes
    -----
    The index of a unit is (right - wrong / (k - 1)) / asked, averaged over its k variants: 0 by
    chance or where one variant is named whatever is read, 1 if all is right, and with two variants
    the mean of Bang's two.  In a unit that lacks variants, k are those that are there; it takes two
    of them.  A reviewer counts in a unit if asked about all of them: otherwise it would be
    knowledge to name the variant whose cards are complete.

    The test permutes the true variants within each unit, alike for all of its reviewers, as the
    blind held if any order is as likely as any other.  All orders count, so it is exact.

    The interval is Student's over the units, and where it is wider, that with one unit more: at 0
    for the lower end, at 1 for the upper.  This unit stands for those that happened not to be
    among the few; without it, units that are all alike would leave no doubt.  It holds for these
    reviewers: others may know the variants better.

    Examples
    --------
    >>> found = blinding_index(np.array([[[0, 1], [0, 1], [0, 1]]] * 5))  # all three know both
    >>> found.value, found.p_value, found.broken
    (1.0, 0.03125, True)
    """
    units = list(_asked(guesses))
    method = "t over units, one unit more; permutation within units"
    if not units:
        return BlindingIndex(
            np.nan, np.nan, np.nan, level, method, 0, "unit", verdict="not estimable",
            refusal="no reviewer was asked about all variants of a unit, of two at least",
        )  # fmt: skip
    indices = np.array([_index(taken, reviewers) for taken, reviewers in units])
    low, high = _interval(indices, guesses.shape[2], level)
    chances = [_right_by_chance(taken) for taken, _ in units]
    observed = sum(int(np.trace(taken)) for taken, _ in units)
    p_value = float(min(reduce(np.convolve, chances)[observed:].sum(), 1.0))
    sizes = tuple(
        len(taken) for (taken, _), chance in zip(units, chances, strict=True) if chance.max() < 1
    )
    return BlindingIndex(
        float(indices.mean()), low, high, level, method, len(units), "unit",
        ("units are independent",), p_value, sizes=sizes,
    )  # fmt: skip


def units_to_see(right: float, variants: int, level: float = 0.95) -> int:
    """Return how many units, or one more, show so many right guesses with probability :data:`SURE`.

    Parameters
    ----------
    right : float
        Share of right guesses; above 1 / `variants`.
    variants : int
        Variants of each unit.
    level : float
        What is left of 1 is the level of the test.

    Raises
    ------
    ValueError
        If that is no more than chance gives.

    Examples
    --------
    >>> [units_to_see(0.6, variants) for variants in (2, 3, 4)]
    [162, 13, 6]
    """
    if right * variants <= 1:
        raise ValueError(
            f"of {variants} variants chance gets {1 / variants:.3g} right, and {right} is no more"
        )
    endless = (variants for _ in count())
    # Power falls where one unit more leaves the same number of right guesses too likely by chance.
    both = enumerate(pairwise(_powers(endless, right, level)))
    return next(n for n, powers in both if min(powers) >= SURE)


def _powers(sizes: Iterable[int], right: float, level: float) -> Iterator[float]:
    """Yield the power with none of these units, with the first, with the first two and so on.

    Reviewers of a unit are taken to agree, so that more of them show no more.  They tell all of its
    variants, as often as it takes for this share of right guesses, or else guess an order.
    """
    blind = seen = np.ones(1)
    yield 0.0
    for size in sizes:
        by_chance = _right_by_chance(np.eye(size, dtype=int))
        known = max(chance_corrected(right, 1 - right, 1, size), 0.0)
        blind = np.convolve(blind, by_chance)
        seen = np.convolve(seen, (1 - known) * by_chance + known * np.eye(1, size + 1, size)[0])
        rare = blind[::-1].cumsum()[::-1] <= 1 - level + ROUNDING
        yield float(seen[rare].sum())


def _asked(guesses: np.ndarray) -> Iterator[tuple[np.ndarray, int]]:
    """Yield how often each variant (row) of a unit was taken for each, and by how many."""
    for unit in guesses:
        there = np.flatnonzero((unit >= 0).any(axis=0))
        whole = unit[:, there][(unit[:, there] >= 0).all(axis=1)]
        if len(there) > 1 and len(whole):
            yield (whole[..., None] == there).sum(axis=0), len(whole)


def _index(taken: np.ndarray, reviewers: int) -> float:
    """Return the index of a unit, from how often each variant (row) was taken for each."""
    above_chance = np.trace(taken) - taken.sum() / len(taken)
    return float(above_chance / (len(taken) - 1) / reviewers)


def _interval(indices: np.ndarray, variants: int, level: float) -> tuple[float, float]:
    if len(indices) < 2:
        return np.nan, np.nan
    ends = [_t_interval(units, level) for units in (indices, [*indices, 0.0], [*indices, 1.0])]
    low, high = min(ends[0][0], ends[1][0]), max(ends[0][1], ends[2][1])
    return max(low, -1 / (variants - 1)), min(high, 1.0)


def _t_interval(values: Sequence[float] | np.ndarray, level: float) -> tuple[float, float]:
    n, middle = len(values), float(np.mean(values))
    reach = float(special.stdtrit(n - 1, (1 + level) / 2) * np.std(values, ddof=1) / np.sqrt(n))
    return middle - reach, middle + reach


def _right_by_chance(taken: np.ndarray) -> np.ndarray:
    """Return the probabilities of 0, 1, 2 … right guesses in a unit, its variants permuted."""
    # Ways to give the outputs so far these variants (bits), by the number of right guesses: 64 bits
    # for each number, so that one shift counts further right guesses in all of them.
    ways = {0: 1}
    for of_output in taken.tolist():
        longer: dict[int, int] = defaultdict(int)
        for given, numbers in ways.items():
            for variant, right in enumerate(of_output):
                if not given & 1 << variant:
                    longer[given | 1 << variant] += numbers << 64 * right
        ways = longer
    (packed,) = ways.values()
    most = int(taken.max(axis=1).sum())
    ordered = np.frombuffer(packed.to_bytes(8 * (most + 1), "little"), "<u8")
    return np.asarray(ordered / ordered.sum())
