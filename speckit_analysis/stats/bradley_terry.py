"""Abilities from who beat whom, after Bradley and Terry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]
from scipy.special import expit  # type: ignore[import-untyped]


@dataclass(frozen=True)
class BradleyTerry:
    """Abilities on the scale of log odds.

    Attributes
    ----------
    ability, standard_error : Series of float
        By name; both are 0 for the one that the others are compared with.
    deviance : float
        Of the fit, against one rate for each pair.
    degrees_of_freedom : int
        Of the deviance: pairs that met, less abilities told apart.
    """

    ability: pd.Series
    standard_error: pd.Series
    deviance: float
    degrees_of_freedom: int

    def probability(self, first: str, second: str) -> float:
        """Return the probability that `first` beats `second`."""
        return float(expit(self.ability[first] - self.ability[second]))


def bradley_terry(
    wins: np.ndarray, names: Sequence[str], reference: str | None = None
) -> BradleyTerry:
    """Return abilities from wins in pairs.

    Parameters
    ----------
    wins : ndarray of float, shape (names, names)
        How often the row was preferred to the column; half for a tie.  The diagonal does not count.
    names : sequence of str
        Of rows and columns.
    reference : str, optional
        Whose ability is 0; the last one, if not told.

    Raises
    ------
    ValueError
        If wins and names do not fit, there is no such reference, or some never lost to the rest:
        their ability would be infinite.

    Notes
    -----
    Bradley and Terry (1952): the log odds of a win are the difference of two abilities.  A binomial
    model of each pair's wins (statsmodels); meetings are taken as independent.

    Examples
    --------
    >>> found = bradley_terry(np.array([[0, 6, 8], [4, 0, 6], [2, 4, 0]]), ["a", "b", "c"])
    >>> found.ability.round(2).to_dict()
    {'a': 1.15, 'b': 0.58, 'c': 0.0}
    >>> round(found.probability("a", "b"), 2)
    0.64
    """
    table, order = np.array(wins, dtype=float), list(names)
    reference = order[-1] if reference is None and order else reference
    if table.shape != (len(order), len(order)) or (table < 0).any():
        raise ValueError(f"{len(order)} names take as many rows and columns of wins, 0 or more")
    if reference not in order or len(order) < 2:
        raise ValueError(f"it takes two names, {reference!r} one of them; there are: {order}")
    np.fill_diagonal(table, 0)
    _refuse_separated(table, order)
    pairs = [(i, j) for i, j in combinations(range(len(order)), 2) if table[i, j] + table[j, i]]
    design = np.zeros((len(pairs), len(order)))
    for row, (i, j) in enumerate(pairs):
        design[row, [i, j]] = 1, -1
    others = [at for at, name in enumerate(order) if name != reference]
    counts = np.array([(table[i, j], table[j, i]) for i, j in pairs])
    with np.errstate(divide="ignore", invalid="ignore"):  # two names leave no degrees of freedom
        fit = sm.GLM(counts, design[:, others], family=sm.families.Binomial()).fit(tol=1e-12)
    ability, error = (pd.Series(0.0, order) for _ in range(2))
    ability.iloc[others], error.iloc[others] = fit.params, fit.bse
    return BradleyTerry(ability, error, float(fit.deviance), len(pairs) - len(others))


def _refuse_separated(wins: np.ndarray, names: Sequence[str]) -> None:
    """Refuse wins in which some never lost to the rest."""
    number, group = connected_components(wins > 0, directed=True, connection="strong")
    if number > 1:
        groups = [[n for n, at in zip(names, group, strict=True) if at == g] for g in range(number)]
        raise ValueError(
            f"abilities cannot be told: not all of {groups} won against the others and lost to them"
        )
