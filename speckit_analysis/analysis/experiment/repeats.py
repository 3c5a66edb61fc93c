"""Units that are tried several times: how often one try passes, and how often all do.

Rows are those of table ``outcomes`` that pass or fail.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.analysis.intervals import clustered_shares
from speckit_analysis.analysis.wording import count
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.proportions import clopper_pearson
from speckit_analysis.tables.results import RESULTS


def by_task(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``unit``, ``trials`` and ``passes``: how often each unit was tried and passed."""
    grouped = rows.groupby(rows["unit"].astype("string"), sort=False)["outcome"]
    return grouped.agg(trials="size", passes="sum").reset_index()


def pass_hat(tasks: pd.DataFrame, k: int, confidence: float = 0.95) -> Estimate:
    """Return pass^k: the chance that k tries of a task all pass, averaged over tasks.

    Parameters
    ----------
    tasks : DataFrame
        From :func:`by_task`.  Those that were tried less often than `k` times are left out.
    k : int
        Tries, at least 1.
    confidence : float
        Level of the interval.

    Raises
    ------
    ValueError
        If no task was tried `k` times, or `k` is below 1.

    Notes
    -----
    Yao et al. (2024): the mean over tasks of C(c, k) / C(n, k), where c of n trials passed.

    Tasks are what is independent: trials of one resemble each other.  The interval is
    :func:`.intervals.clustered_shares`' with a task as cluster, of as many independent tries as its
    trials hold k, and of an effective number of tries not below that of tasks.  The t
    interval over tasks, and a bootstrap of tasks, cover far less than they say where few tasks
    pass every time (docs/experiments.md); this one keeps a width where none does.

    Examples
    --------
    >>> tasks = pd.DataFrame({"trials": [4, 4, 4], "passes": [4, 2, 0]})
    >>> round(pass_hat(tasks, 2).value, 3)
    0.389
    """
    most = int(tasks["trials"].max()) if len(tasks) else 0
    if not 1 <= k <= most:
        raise ValueError(f"pass^{k}: the most that a task was tried is {count(most, 'time')}")
    tried = tasks[tasks["trials"] >= k]
    passes, trials = (tried[name].to_numpy(float) for name in ("passes", "trials"))
    values = special.comb(passes, k) / special.comb(trials, k)
    rate = float(values.mean())
    # The same number for each task, so that the share is the mean over tasks.
    tries = np.full(len(tried), np.floor(trials / k).mean())
    in_one = np.zeros(len(tried), dtype=np.intp)
    effective, _, _ = clustered_shares(values * tries, tries, in_one, 1, confidence)
    # Shares vary no more than yes and no: tasks count as one each at least.
    n = max(float(effective[0]), len(tried))
    low, high = map(float, clopper_pearson(rate * n, n, confidence))
    return Estimate(rate, low, high, confidence, "Clopper-Pearson over tasks", len(tried), "task")


def usual_trials(tasks: pd.DataFrame) -> int:
    """Return how often most tasks were tried; of two such numbers the larger, 0 without tasks."""
    return int(tasks["trials"].mode().max()) if len(tasks) else 0


def pass_hat_curve(rows: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return pass^k of each variant for every k up to the number of tries that most units had.

    Parameters
    ----------
    rows : DataFrame
        Outcomes, one row per try; those that neither pass nor fail, and totals, are left out.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        The result ``pass_hat``; no rows of a variant that repeated nothing.  Every row of a variant
        is about the same units: those that were tried less often are left out of all.
    """
    found: list[tuple[object, ...]] = []
    single = rows[rows["outcome"].isin([0, 1]) & rows["cases"].isna()]
    for variant, tries in single.groupby(single["variant"].astype(str)):
        tasks = by_task(tries)
        most = usual_trials(tasks)
        kept = tasks[tasks["trials"] >= most]
        left_out = len(tasks) - len(kept)
        for k in range(1, most + 1) if most > 1 else ():
            one = pass_hat(kept, k, confidence)
            found.append((variant, k, one.n, left_out, one.value, one.low, one.high))
    return RESULTS["pass_hat"].of(found)
