"""Several tests at once: corrected where any may win, and not where all must."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from statsmodels.stats.multitest import multipletests

#: Corrections, by the names that statsmodels has for them.
CORRECTIONS = {
    "holm": "holm",
    "bonferroni": "bonferroni",
    "benjamini-hochberg": "fdr_bh",
    "benjamini-yekutieli": "fdr_by",
}


def corrected(p_values: Sequence[float], method: str = "holm") -> list[float]:
    """Return p-values corrected for their number; reject those at or below the level.

    Parameters
    ----------
    p_values : sequence of float
        Each from 0 to 1.
    method : str
        Of :data:`CORRECTIONS`.  Holm's and Bonferroni's keep the chance of any false rejection at
        the level, Holm's with more power; those of Benjamini and Hochberg (independent tests) and
        of Benjamini and Yekutieli (any) keep the expected share of false ones there.

    Raises
    ------
    ValueError
        If there is no such method, or a p-value is missing or none.

    Examples
    --------
    >>> [round(p, 3) for p in corrected([0.01, 0.04, 0.03, 0.005], "bonferroni")]
    [0.04, 0.16, 0.12, 0.02]
    """
    if method not in CORRECTIONS:
        raise ValueError(f"no correction {method!r}; there are: {', '.join(CORRECTIONS)}")
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError(f"p-values lie between 0 and 1, and these are {list(p_values)}")
    if not len(p_values):
        return []
    if method == "holm":
        return _holm(np.asarray(p_values, dtype=float))
    return [float(p) for p in multipletests(list(p_values), method=CORRECTIONS[method])[1]]


def _holm(p_values: np.ndarray) -> list[float]:
    """Correct by Holm; statsmodels collects garbage each time, which took most of a decision."""
    order = np.argsort(p_values, kind="stable")
    stepped = p_values[order] * np.arange(len(p_values), 0, -1)
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return corrected.tolist()


def any_may_win(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for a claim that at least one of several holds (Holm 1979).

    Examples
    --------
    >>> [round(p, 3) for p in any_may_win([0.01, 0.04, 0.03, 0.005])]
    [0.03, 0.06, 0.06, 0.02]
    """
    return corrected(p_values, "holm")


def all_must_hold(p_values: Sequence[float]) -> float:
    """Return the p-value of a claim that all of several hold: the largest, uncorrected.

    NaN if one of them is missing.

    Notes
    -----
    The intersection-union test (Berger 1982): each must pass at its own level.
    """
    return float(np.max(p_values))
