"""Yes and no of the same units under several variants: Cochran's Q."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from math import comb

import numpy as np

#: So many different sums by variant are listed at most; above, permutations are drawn.
MOST_LISTED = 200_000

# Permutations, where there are too many sums to list.
_DRAWS = 20_000

# Permutations are drawn in blocks of so many cells, which bounds the memory.
_MOST_CELLS = 1_000_000


def cochran_p(table: np.ndarray) -> float:
    """Return the exact p-value of Cochran's Q: that several variants are alike.

    Parameters
    ----------
    table : ndarray of 0 and 1, shape (units, variants)
        Whether the unit passed under the variant.

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
    >>> round(cochran_p(np.array([[1, 1, 0]] * 3 + [[1, 0, 1]] * 2 + [[0, 1, 1]])), 4)
    0.8765
    """
    passed = np.asarray(table, dtype=float)
    if passed.ndim != 2 or passed.shape[1] < 2 or not np.isin(passed, (0, 1)).all():
        raise ValueError("it takes a table of 0 and 1, units by two variants or more")
    variants = passed.shape[1]
    splits = sorted(int(number) for number in passed.sum(axis=1) if 0 < number < variants)
    if not splits:
        return 1.0
    spread = float(_spread(passed.sum(axis=0)))
    exact = _p_listed(splits, variants, spread)
    return _p_drawn(splits, variants, spread) if exact is None else exact


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


def _p_drawn(splits: list[int], variants: int, spread: float) -> float:
    """Return the share of drawn arrangements at least as uneven; `splits` as for listed ones."""
    draw, each = np.random.default_rng(0), np.array(splits)[:, np.newaxis]
    size = max(1, _MOST_CELLS // (len(splits) * variants))
    extreme = 0
    for start in range(0, _DRAWS, size):
        shape = (min(size, _DRAWS - start), len(splits), variants)
        passed = np.argsort(draw.random(shape), axis=2) < each
        extreme += int((_spread(passed.sum(axis=1)) >= spread - 1e-9).sum())
    return (1 + extreme) / (1 + _DRAWS)
