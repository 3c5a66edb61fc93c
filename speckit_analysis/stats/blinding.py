"""Whether reviewers could tell which variant they read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats  # type: ignore[import-untyped]


@dataclass(frozen=True)
class BangIndex:
    """Bang's index of one arm: 0 is guessing, 1 all right, -1 all wrong.

    Attributes
    ----------
    value, low, high : float
        With its two-sided normal interval.
    lower_one_sided : float
        Limit above 0 that claims unblinding.
    n : int
        Guesses, "don't know" included.
    """

    value: float
    low: float
    high: float
    lower_one_sided: float
    n: int

    @property
    def unblinded(self) -> bool:
        """Whether right guesses exceed wrong ones by more than chance."""
        return self.lower_one_sided > 0


def bang(right: int, wrong: int, unknown: int, level: float = 0.95) -> BangIndex:
    """Return Bang's blinding index of one arm (Bang, Ni and Davis 2004).

    Parameters
    ----------
    right, wrong, unknown : int
        Guesses of those who read this arm.
    level : float
        Of both intervals.

    Notes
    -----
    It must be read arm by arm: where everybody guesses one arm, one index is 1 and the other -1,
    which is a habit and no unblinding.  At ten guesses the normal interval covers a little less
    than it says.
    """
    n = right + wrong + unknown
    if n == 0:
        return BangIndex(np.nan, np.nan, np.nan, np.nan, 0)
    hit, miss = right / n, wrong / n
    error = np.sqrt((hit * (1 - hit) + miss * (1 - miss) + 2 * hit * miss) / n)
    two, one = stats.norm.ppf((1 + level) / 2), stats.norm.ppf(level)
    value = hit - miss
    return BangIndex(
        value, float(value - two * error), float(value + two * error),
        float(value - one * error), n,
    )  # fmt: skip


def james(counts: np.ndarray, wrong_weight: float = 0.5) -> float:
    """Return James's blinding index over both arms: 1 is blinded, 0.5 guessing, 0 unblinded.

    Parameters
    ----------
    counts : ndarray of int, shape (3, 2)
        Guesses "first", "second" and "don't know" (rows) of those who read first or second.
    wrong_weight : float
        Weight of a wrong guess; with two arms it changes nothing.

    Notes
    -----
    James et al. (1996).  It rewards "don't know" and hides arms that are wrong in opposite ways:
    read Bang's index first.
    """
    table = np.asarray(counts, dtype=float)
    shares = table / table.sum()
    unknown = float(shares[2].sum())
    if unknown == 1:
        return 1.0
    weights = np.array([[0.0, wrong_weight], [wrong_weight, 0.0]])
    guesses, truth = shares[:2].sum(axis=1), shares.sum(axis=0)
    observed = float((weights * shares[:2]).sum()) / (1 - unknown)
    expected = float((weights * np.outer(guesses, truth - shares[2])).sum()) / (1 - unknown) ** 2
    kappa = (observed - expected) / expected if expected else 0.0
    return (1 + unknown + (1 - unknown) * kappa) / 2
