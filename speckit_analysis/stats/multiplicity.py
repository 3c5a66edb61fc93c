"""Several tests at once: corrected where any may win, and not where all must."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def any_may_win(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for a claim that at least one of several holds (Holm 1979).

    Raises
    ------
    ValueError
        If a p-value is missing or none.

    Examples
    --------
    >>> [round(p, 3) for p in any_may_win([0.01, 0.04, 0.03, 0.005])]
    [0.03, 0.06, 0.06, 0.02]
    """
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError(f"p-values lie between 0 and 1, and these are {list(p_values)}")
    # By hand, since statsmodels collects garbage at each call, which took most of a decision.
    order = np.argsort(p_values, kind="stable")
    stepped = np.asarray(p_values, dtype=float)[order] * np.arange(len(order), 0, -1)
    corrected = np.empty(len(order))
    corrected[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return corrected.tolist()


def all_must_hold(p_values: Sequence[float]) -> float:
    """Return the p-value of a claim that all of several hold: the largest, uncorrected.

    NaN if one of them is missing.

    Notes
    -----
    The intersection-union test (Berger 1982): each must pass at its own level.
    """
    return float(np.max(p_values))
