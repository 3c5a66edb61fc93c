"""Yes and no of the same units under several variants: Cochran's Q, and the pairs behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
from scipy import stats  # type: ignore[import-untyped]

from speckit_analysis.stats.multiplicity import any_may_win
from speckit_analysis.stats.paired_proportions import mcnemar

#: So many different sums by variant are listed at most; above, permutations are drawn.
MOST_LISTED = 200_000

# Permutations are drawn in blocks of so many cells, which bounds the memory.
_MOST_CELLS = 1_000_000


@dataclass(frozen=True)
class CochranQ:
    """Paired yes and no under several variants.

    Attributes
    ----------
    statistic : float
        Cochran's Q; NaN where all units answer alike under all variants.
    degrees_of_freedom : int
        Variants less one.
    exact_p : float
        By permutation within units.
    chi2_p : float
        By the chi-squared distribution, which misleads at a dozen units.
    units : int
        Units.
    """

    statistic: float
    degrees_of_freedom: int
    exact_p: float
    chi2_p: float
    units: int


def cochran_q(table: np.ndarray, draws: int = 20_000, seed: int = 0) -> CochranQ:
    """Compare yes and no of the same units under several variants.

    Parameters
    ----------
    table : ndarray of 0 and 1, shape (units, variants)
        Whether the unit passed under the variant.
    draws, seed : int
        Of permutations, where there are too many to list.

    Raises
    ------
    ValueError
        If a cell is neither 0 nor 1, or there are fewer than two variants.

    Notes
    -----
    Cochran (1950).  Under no difference the answers of a unit may be exchanged: all ways to do so
    are counted, by the sums by variant that they lead to.

    Examples
    --------
    >>> found = cochran_q(np.array([[1, 1, 0]] * 3 + [[1, 0, 1]] * 2 + [[0, 1, 1]]))
    >>> found.statistic, round(found.exact_p, 4), round(found.chi2_p, 4)
    (1.0, 0.8765, 0.6065)
    """
    passed = np.asarray(table, dtype=float)
    if passed.ndim != 2 or passed.shape[1] < 2 or not np.isin(passed, (0, 1)).all():
        raise ValueError("it takes a table of 0 and 1, units by two variants or more")
    units, variants = passed.shape
    each = passed.sum(axis=1)
    scale = float(variants * each.sum() - (each**2).sum())
    if scale == 0:
        return CochranQ(np.nan, variants - 1, 1.0, 1.0, units)
    spread = _spread(passed.sum(axis=0))
    found = float(variants * (variants - 1) * spread / scale)
    splits = sorted(int(number) for number in each if 0 < number < variants)
    exact = _p_listed(splits, variants, float(spread))
    if exact is None:
        exact = _p_drawn(splits, variants, float(spread), draws, seed)
    by_chi2 = float(stats.chi2.sf(found, variants - 1))
    return CochranQ(found, variants - 1, exact, by_chi2, units)


def cochran_q_exact(table: np.ndarray, draws: int = 20_000, seed: int = 0) -> tuple[float, float]:
    """Return Cochran's Q and its exact p-value: see :func:`cochran_q`."""
    found = cochran_q(table, draws, seed)
    return found.statistic, found.exact_p


@dataclass(frozen=True)
class SeveralVariants:
    """Whether variants differ at all, and which.

    Attributes
    ----------
    overall : CochranQ
        Over all variants.
    pairs : DataFrame
        Two variants a row: ``first``, ``second``; ``difference`` of their shares with ``low`` and
        ``high`` (Bonett and Price, each at the level); ``p_value`` (exact McNemar),
        ``corrected_p`` (Holm) and ``told_apart``.
    """

    overall: CochranQ
    pairs: pd.DataFrame


def compare_several(
    table: np.ndarray, names: Sequence[str], level: float = 0.95, seed: int = 0
) -> SeveralVariants:
    """Compare yes and no of the same units under several variants, pair by pair.

    Parameters
    ----------
    table : ndarray of 0 and 1, shape (units, variants)
        Whether the unit passed under the variant.
    names : sequence of str
        Of the variants.
    level : float
        Of the intervals; tests are at 1 - level over all pairs together.
    seed : int
        As for :func:`cochran_q`.

    Raises
    ------
    ValueError
        If names do not fit, a cell is neither 0 nor 1, or there are fewer than two variants.

    Notes
    -----
    A pair is told apart if Cochran's exact Q rejects that all are alike, and McNemar's exact test,
    corrected by Holm over all pairs, rejects that these two are.

    Examples
    --------
    >>> passed = np.array([[1, 1, 0]] * 9 + [[1, 0, 0]] * 2 + [[1, 1, 1]] * 4)
    >>> found = compare_several(passed, ["a", "b", "c"])
    >>> found.pairs[["first", "second", "corrected_p", "told_apart"]].round(4).values.tolist()
    [['a', 'b', 0.5, False], ['a', 'c', 0.0029, True], ['b', 'c', 0.0078, True]]
    """
    passed = np.asarray(table)
    overall = cochran_q(passed, seed=seed)
    if len(names) != passed.shape[1]:
        raise ValueError(f"{passed.shape[1]} variants take as many names, and not {list(names)}")
    rows = []
    for first, second in combinations(range(len(names)), 2):
        one, other = passed[:, first] == 1, passed[:, second] == 1
        counts = [[sum(one & other), sum(one & ~other)], [sum(~one & other), sum(~one & ~other)]]
        found = mcnemar(np.array(counts), level).difference
        rows.append(
            {"first": names[first], "second": names[second], "difference": found.value}
            | {"low": found.low, "high": found.high, "p_value": found.p_value}
        )
    pairs = pd.DataFrame(rows)
    pairs["corrected_p"] = any_may_win(pairs["p_value"].tolist())
    pairs["told_apart"] = (pairs["corrected_p"] <= 1 - level) & (overall.exact_p <= 1 - level)
    return SeveralVariants(overall, pairs)


def _spread(sums: np.ndarray) -> np.ndarray:
    """Return the squared deviations of sums by variant, on which alone Q depends."""
    return np.asarray(((sums - sums.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1))


def _p_listed(splits: list[int], variants: int, spread: float) -> float | None:
    """Return the share of arrangements at least as uneven; None if there are too many sums.

    `splits` tells how many variants each unit passed.  Q depends on sums by variant, whatever
    their order, so that sorted sums are carried from unit to unit.
    """
    weights: Counter[tuple[int, ...]] = Counter({(0,) * variants: 1})
    for split in splits:
        if len(weights) * comb(variants, split) > MOST_LISTED:
            return None
        following: Counter[tuple[int, ...]] = Counter()
        for sums, weight in weights.items():
            for reached in _raised(sums, split):
                following[reached] += weight
        weights = following
    extreme = _spread(np.array(list(weights), dtype=float)) >= spread - 1e-9
    heavy = sum(weight for weight, is_it in zip(weights.values(), extreme, strict=True) if is_it)
    return heavy / sum(weights.values())


def _raised(sums: tuple[int, ...], split: int) -> Iterator[tuple[int, ...]]:
    """Yield the sorted sums after a unit that passed `split` variants, one for each choice."""
    for chosen in combinations(range(len(sums)), split):
        yield tuple(sorted(one + (at in chosen) for at, one in enumerate(sums)))


def _p_drawn(splits: list[int], variants: int, spread: float, draws: int, seed: int) -> float:
    """Return the share of drawn arrangements at least as uneven; `splits` as for listed ones."""
    draw, each = np.random.default_rng(seed), np.array(splits)[:, np.newaxis]
    size = max(1, _MOST_CELLS // (len(splits) * variants))
    extreme = 0
    for start in range(0, draws, size):
        shape = (min(size, draws - start), len(splits), variants)
        passed = np.argsort(draw.random(shape), axis=2) < each
        extreme += int((_spread(passed.sum(axis=1)) >= spread - 1e-9).sum())
    return (1 + extreme) / (1 + draws)
