"""What exchanging signs tells beside a p-value: an interval, ranks, and how many units it takes."""

from __future__ import annotations

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

from speckit_analysis.stats.estimate import Estimate, direction, not_estimable
from speckit_analysis.stats.paired import MOST_ENUMERATED, complete, sign_flip


def least_units_for_signs(alpha: float = 0.05, *, two_sided: bool = True) -> int:
    """Return the fewest units at which a test by exchanging signs can reach `alpha`.

    Parameters
    ----------
    alpha : float
        Level, above 0 and below 1.
    two_sided : bool
        Of the test.

    Raises
    ------
    ValueError
        If there is no such level.

    Examples
    --------
    >>> least_units_for_signs(), least_units_for_signs(two_sided=False)
    (6, 5)
    """
    if not 0 < alpha < 1:
        raise ValueError(f"a level lies between 0 and 1, and {alpha} does not")
    n = 1
    while (2.0 if two_sided else 1.0) / 2**n > alpha:
        n += 1
    return n


def signed_rank(differences: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Return the exact two-sided p-value of Wilcoxon's signed ranks, and the smallest there can be.

    Parameters
    ----------
    differences : ndarray of float, shape (n,)
        One per independent unit; those of 0 do not count, equal ones share their ranks.
    seed : int
        Of the draws, above 20 units.

    Notes
    -----
    Wilcoxon (1945): signs are exchanged as in :func:`~speckit_analysis.stats.paired.sign_flip`, on
    ranks in place of differences, so that ties are exact too.

    Examples
    --------
    >>> signed_rank(np.array([0.5, 0.4, 0.9, 0.0]))
    (0.25, 0.25)
    """
    gaps = complete(differences)
    gaps = gaps[gaps != 0]
    return sign_flip(np.sign(gaps) * stats.rankdata(np.abs(gaps)), seed)


def subset_means(differences: np.ndarray) -> np.ndarray:
    """Return the sorted means of all subsets of differences but the empty one.

    Parameters
    ----------
    differences : ndarray of float, shape (n,)
        At most 20.

    Returns
    -------
    ndarray of float, shape (2**n - 1,)

    Raises
    ------
    ValueError
        If there are none, or too many to list their subsets.
    """
    gaps = complete(differences)
    if not 1 <= len(gaps) <= MOST_ENUMERATED:
        raise ValueError(f"subsets are listed of 1 to {MOST_ENUMERATED} units, not of {len(gaps)}")
    sums, sizes = np.zeros(1), np.zeros(1)
    for gap in gaps:
        sums, sizes = np.concatenate([sums, sums + gap]), np.concatenate([sizes, sizes + 1])
    return np.sort(sums[1:] / sizes[1:])


def typical_values(
    differences: np.ndarray, level: float = 0.95, *, rank: int | None = None, unit: str = "SPEC"
) -> Estimate:
    """Return the centre of paired differences with the interval of the test by exchanged signs.

    Parameters
    ----------
    differences : ndarray of float, shape (n,)
        One per independent unit, at most 20.
    level : float
        Two-sided level that the interval reaches at least; the level it has stands in the result.
    rank : int, optional
        Take the ends that are the `rank`-th smallest and largest, whatever the level.
    unit : str
        What a unit is.

    Raises
    ------
    ValueError
        If there are too many units to list, or no such rank.

    Notes
    -----
    Hartigan (1969): if differences are symmetric about the centre, it lies between the k-th
    smallest and the k-th largest mean of their subsets with probability 1 - 2k / 2^n.  Below six
    units nothing short of the whole line has level 0.95.

    Examples
    --------
    >>> found = typical_values(np.array([-0.6, -0.2, 0.1, 0.3, 0.5, 0.9]))
    >>> found.low, found.high, found.level
    (-0.6, 0.9, 0.96875)
    """
    gaps = complete(differences)
    n, method = len(gaps), "typical values"
    if n == 0:
        return not_estimable(n, "there are none", method=method, level=level, unit=unit)
    means = subset_means(gaps)
    if rank is None:
        rank = int((1 - level) / 2 * 2**n + 1e-9)
        if rank == 0:
            least = least_units_for_signs(1 - level)
            why = f"exchanged signs take {least} for an interval of this level"
            return not_estimable(n, why, method=method, level=level, unit=unit)
    if not 1 <= rank <= 2 ** (n - 1):
        raise ValueError(f"ranks go from 1 to {2 ** (n - 1)} with {n} units, and {rank} does not")
    low, high = float(means[rank - 1]), float(means[-rank])
    verdict, rule = direction(low, high)
    return Estimate(
        float(gaps.mean()), low, high, 1 - 2 * rank / 2**n, method, n, unit,
        ("units are independent", "differences are symmetric"), sign_flip(gaps)[0], 2.0 ** (1 - n),
        verdict, rule,
    )  # fmt: skip
