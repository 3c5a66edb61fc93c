"""Whether reviewers could tell which variant they read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.paired import sign_flip_of_counts


@dataclass(frozen=True)
class BangIndex(Estimate):
    """Bang's index of one arm: 0 is guessing, 1 all right, -1 all wrong.

    Its units are guesses, "don't know" included; its p-value is the one-sided binomial one of as
    many right guesses among those ventured.
    """

    @property
    def _one_sided_reach(self) -> float:
        return float(stats.norm.ppf(self.level)) * self.standard_error

    @property
    def lower_one_sided(self) -> float:
        """Limit above 0 that claims unblinding."""
        return self.value - self._one_sided_reach

    @property
    def upper_one_sided(self) -> float:
        """Limit below 0 that claims more wrong guesses than chance gives."""
        return self.value + self._one_sided_reach

    @property
    def unblinded(self) -> bool:
        """Whether right guesses exceed wrong ones by more than chance, by both limit and p-value.

        At ten guesses the limit alone would say so a little more often than it should.
        """
        rare = self.p_value is not None and self.p_value <= 1 - self.level + 1e-12
        return rare and self.lower_one_sided > 0


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
    n, method = right + wrong + unknown, "Bang's index"
    if n == 0:
        return BangIndex(
            np.nan, np.nan, np.nan, level, method, 0, "guess", verdict="not estimable",
            refusal="nobody guessed",
        )  # fmt: skip
    hit, miss = right / n, wrong / n
    error = float(np.sqrt((hit * (1 - hit) + miss * (1 - miss) + 2 * hit * miss) / n))
    value, reach = hit - miss, float(stats.norm.ppf((1 + level) / 2)) * error
    return BangIndex(
        value, value - reach, value + reach, level, method, n, "guess",
        ("guesses are independent",), float(stats.binom.sf(right - 1, right + wrong, 0.5)),
        standard_error=error,
    )  # fmt: skip


def unblinding_p(right: np.ndarray, wrong: np.ndarray) -> float:
    """Return the one-sided p-value of unblinding, with reviewers or outputs as the units.

    Parameters
    ----------
    right, wrong : ndarray of int, shape (units,)
        Guesses of each reviewer, or on each output.

    Notes
    -----
    A reviewer who recognises one style guesses alike each time, and what looks like a variant to
    one reader does to others, so that guesses are not independent: the signs of right less wrong
    are exchanged unit by unit, all of them counted.  Three units cannot get below 0.125.

    Raises
    ------
    ValueError
        If right and wrong guesses are not of the same units.

    Examples
    --------
    >>> unblinding_p(np.array([3, 3, 3]), np.array([0, 0, 0]))
    0.125
    """
    if np.shape(right) != np.shape(wrong):
        raise ValueError(f"each unit has both: {np.shape(right)} right, {np.shape(wrong)} wrong")
    return sign_flip_of_counts(np.asarray(right, dtype=int) - np.asarray(wrong, dtype=int))


@dataclass(frozen=True)
class BangArms:
    """Bang's index of both arms, to be read together.

    Attributes
    ----------
    first, second : BangIndex
        Of those who read the first and the second variant.
    """

    first: BangIndex
    second: BangIndex

    @property
    def total(self) -> float:
        """Sum of both: 0 if guesses have nothing to do with what was read, even by habit."""
        return self.first.value + self.second.value

    @property
    def habit(self) -> bool:
        """Whether one arm is guessed right and the other wrong: a habit, and no unblinding."""
        one, other = sorted((self.first, self.second), key=lambda arm: arm.value)
        return one.upper_one_sided < 0 < other.lower_one_sided


def bang_arms(counts: np.ndarray, level: float = 0.95) -> BangArms:
    """Return Bang's index of both arms.

    Parameters
    ----------
    counts : ndarray of int, shape (3, 2)
        Guesses "first", "second" and "don't know" (rows) of those who read first or second.
    level : float
        Of the intervals.

    Raises
    ------
    ValueError
        If the table has another shape, or a count below 0.

    Examples
    --------
    >>> arms = bang_arms(np.array([[10, 10], [0, 0], [0, 0]]))
    >>> arms.first.value, arms.second.value, arms.habit
    (1.0, -1.0, True)
    """
    (right, other), (wrong, same), (unknown, silent) = _guesses(counts)
    return BangArms(bang(right, wrong, unknown, level), bang(same, other, silent, level))


def _guesses(counts: np.ndarray) -> list[list[int]]:
    table = np.asarray(counts)
    if table.shape != (3, 2) or (table < 0).any():
        raise ValueError(
            "guesses (first, second, don't know) by what was read (first, second) make a table of"
            f" three rows and two columns of counts, and this is {table.tolist()}"
        )
    return [[int(number) for number in row] for row in table]


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


def james_estimate(counts: np.ndarray, level: float = 0.95, unit: str = "guess") -> Estimate:
    """Return James's blinding index with its normal interval.

    Parameters
    ----------
    counts : ndarray of int, shape (3, 2)
        As for :func:`james`.
    level : float
        Two-sided level.
    unit : str
        What is counted.

    Returns
    -------
    Estimate
        Unblinded if the whole interval lies below 0.5; its rule says so.

    Raises
    ------
    ValueError
        If the table has another shape, or a count below 0.

    Notes
    -----
    The standard error is that of a smooth function of multinomial shares (delta method).  With two
    arms the index is 1 - m + m² w / (2 e): m is the share who guessed, w that of wrong guesses, and
    e what w would be, were guesses and truth independent, times m².

    Examples
    --------
    >>> found = james_estimate(np.array([[82, 27], [25, 29], [170, 83]]))
    >>> round(found.value, 3), round(found.standard_error, 4)
    (0.748, 0.0217)
    """
    table = np.array(_guesses(counts), dtype=float)
    n, method = int(table.sum()), "James's index"
    if n == 0:
        return not_estimable(0, "nobody guessed", method=method, level=level, unit=unit)
    shares = table / n
    value, slope = james(table), _slope(shares[:2])
    variance = float((slope**2 * shares[:2]).sum() - (slope * shares[:2]).sum() ** 2) / n
    error = float(np.sqrt(max(variance, 0.0)))
    reach = float(stats.norm.ppf((1 + level) / 2)) * error
    unblinded = value + reach < 0.5
    return Estimate(
        value, value - reach, value + reach, level, method, n, unit, ("guesses are independent",),
        rule=f"the interval lies {'' if unblinded else 'not '}below 0.5, which is guessing",
        standard_error=error,
    )  # fmt: skip


def _slope(shares: np.ndarray) -> np.ndarray:
    """Return how the index changes with the share of each guess, shape (2, 2)."""
    guesses, truth = shares.sum(axis=1), shares.sum(axis=0)
    made, wrong = shares.sum(), shares[0, 1] + shares[1, 0]
    chance = guesses[0] * truth[1] + guesses[1] * truth[0]
    if chance == 0:
        return np.zeros((2, 2))
    of_chance = truth[::-1][:, None] + guesses[::-1][None, :]
    is_wrong = 1 - np.eye(2)
    change = made * wrong / chance + made**2 * (is_wrong - wrong * of_chance / chance) / 2 / chance
    return np.asarray(change - 1)
