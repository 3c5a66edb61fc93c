"""Looking again after each unit without fooling oneself."""

from __future__ import annotations

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

#: Evidence at which one may stop, with an error rate of 5 % however often one looked.
ENOUGH = 20.0


def e_value(t: float, n: int, size: float = 1.0) -> float:
    """Return the evidence against no difference, as a number that may be watched as it grows.

    Parameters
    ----------
    t : float
        Student's t of `n` paired differences.
    n : int
        Units, two at least.
    size : float
        Difference that is looked for, in standard deviations, to either side.

    Notes
    -----
    The right-Haar likelihood ratio of t (Grünwald, de Heide and Koolen 2024): under no difference
    it ever reaches 20 in at most 5 % of all histories.
    """
    shift = np.sqrt(n) * size
    either = stats.nct.pdf(t, n - 1, shift) + stats.nct.pdf(t, n - 1, -shift)
    return float(0.5 * either / stats.t.pdf(t, n - 1))


def watched(differences: np.ndarray, size: float = 1.0) -> np.ndarray:
    """Return the e-value after each unit, NaN for the first; compare its maximum with 20.

    Parameters
    ----------
    differences : ndarray of float, shape (n,)
        In the order in which they came in.
    size : float
        As for :func:`e_value`.
    """
    gaps = np.asarray(differences, dtype=float)
    found = np.full(len(gaps), np.nan)
    for n in range(2, len(gaps) + 1):
        seen = gaps[:n]
        spread = float(seen.std(ddof=1))
        if spread > 0:
            found[n - 1] = e_value(float(seen.mean()) / spread * np.sqrt(n), n, size)
    return found
