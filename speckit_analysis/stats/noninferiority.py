"""Whether one variant is not much worse than another, by a margin that was fixed before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.paired import paired_t
from speckit_analysis.stats.proportions import one_sided_limits

_ASSUMPTIONS = ("units are independent", "differences are roughly normal", "the margin was fixed")


def non_inferior_ratio(
    candidate: np.ndarray,
    baseline: np.ndarray,
    margin: float = 0.05,
    alpha: float = 0.05,
) -> Estimate:
    """Test whether a candidate keeps all but a share of the baseline's mean.

    Parameters
    ----------
    candidate, baseline : ndarray of float, shape (n,)
        Scores of the same units; higher is better.
    margin : float
        Share of the baseline's mean that may be lost.
    alpha : float
        One-sided level; the interval has level 1 - 2 alpha.

    Returns
    -------
    Estimate
        Of mean(candidate) - (1 - margin) mean(baseline): above 0 is not inferior.

    Notes
    -----
    One-sided t on candidate - (1 - margin) baseline, unit by unit: the baseline's mean is not
    taken as known.  It rejects exactly where the lower Fieller limit of the ratio of means lies
    above 1 - margin.
    """
    kept = np.asarray(candidate, float) - (1 - margin) * np.asarray(baseline, float)
    found = replace(paired_t(kept, 1 - 2 * alpha), method="one-sided t on the margin")
    if found.refusal:
        return found
    what = f"the lower limit of candidate - {1 - margin:g} x baseline"
    verdict, rule = "inconclusive", f"{what} is not above 0"
    if found.low > 0:
        verdict, rule = "non-inferior", f"{what} is above 0"
    elif found.high < 0:
        verdict, rule = "inferior", f"{what} and the upper one are below 0"
    error = (found.high - found.low) / 2 / -special.stdtrit(found.n - 1, (1 - found.level) / 2)
    return replace(
        found,
        assumptions=_ASSUMPTIONS,
        p_value=float(special.stdtr(found.n - 1, -found.value / error)),
        verdict=verdict,
        rule=rule,
    )


def catastrophes(differences: np.ndarray, loss: float = 2.0, level: float = 0.95) -> Estimate:
    """Return the share of units that lost `loss` points or more, with an exact upper bound.

    Units whose difference is missing are left out.

    Notes
    -----
    One-sided Clopper-Pearson; with none among n it is 1 - (1 - level)^(1/n).  A mean hides rare
    disasters: three units miss one in ten of them with probability .73.
    """
    gaps = np.asarray(differences, float)
    gaps = gaps[~np.isnan(gaps)]
    n, hits = len(gaps), int((gaps <= -loss).sum())
    method = "exact one-sided binomial"
    if n == 0:
        return not_estimable(n, "there are none", method=method, level=level)
    high = one_sided_limits(hits, n, level)[1]
    return Estimate(
        hits / n, 0.0, high, level, method, n, "SPEC", ("units are independent",), None, None,
        "inconclusive", f"{hits} of {n} lost {loss:g} points or more",
    )  # fmt: skip
