"""Tasks that are tried several times: how often one try passes, and how often all do.

Frames of trials have the columns of :func:`speckit_analysis.studies.tau_bench.read_trials`; used
here are ``task`` and ``passed``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.analysis.intervals import korn_graubard
from speckit_analysis.analysis.wording import all_of, count, listed, percent
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.proportions import clopper_pearson
from speckit_analysis.tables.results import RESULTS


def by_task(trials: pd.DataFrame) -> pd.DataFrame:
    """Return ``task``, ``trials`` and ``passes``: how often each task was tried and passed."""
    grouped = trials.groupby("task", sort=False)["passed"]
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

    Tasks are what is independent: trials of one resemble each other.  The interval is Korn and
    Graubard's with a task as cluster, of as many independent tries as its trials hold k: exact on
    an effective number of tries, which is not below that of tasks.  The t
    interval over tasks, and a bootstrap of tasks, cover far less than they say where few tasks
    pass every time (docs/public-studies.md); this one keeps a width where none does.

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
    effective, _, _ = korn_graubard(values * tries, tries, in_one, 1, confidence)
    # Shares vary no more than yes and no: tasks count as one each at least.
    n = max(float(effective[0]), len(tried))
    low, high = map(float, clopper_pearson(rate * n, n, confidence))
    return Estimate(rate, low, high, confidence, "Korn and Graubard over tasks", len(tried), "task")


def usual_trials(tasks: pd.DataFrame) -> int:
    """Return how often most tasks were tried; of two such numbers the larger, 0 without tasks."""
    return int(tasks["trials"].mode().max()) if len(tasks) else 0


def pass_hat_curve(trials: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return pass^k for every k up to the number of trials that most tasks had.

    Parameters
    ----------
    trials : DataFrame
        One row per trial.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        The result ``pass_hat``.  Every row is about the same tasks: those that were tried less
        often are left out of all.
    """
    tasks = by_task(trials)
    most = usual_trials(tasks)
    kept = tasks[tasks["trials"] >= most]
    left_out = len(tasks) - len(kept)
    estimates = {k: pass_hat(kept, k, confidence) for k in range(1, most + 1)}
    rows = [
        (k, all_k.n, left_out, all_k.value, all_k.low, all_k.high) for k, all_k in estimates.items()
    ]
    return RESULTS["pass_hat"].of(rows)


def trials_sentence(trials: pd.DataFrame) -> str:
    """Return how many tasks were tried how often, in words, and which are left out."""
    tasks = by_task(trials)
    if tasks.empty:
        return "No task was tried."
    most, numbers = usual_trials(tasks), sorted(set(tasks["trials"]))
    if len(numbers) == 1:
        return f"{all_of(len(tasks), 'task').capitalize()} tried {count(most, 'time')}."
    fewer = int((tasks["trials"] < most).sum())
    tried = listed([count(number) for number in numbers])
    return (
        f"Tasks were tried {tried} times; {count(fewer)} of {count(len(tasks), 'task')} tried"
        f" fewer than {count(most, 'time')} left out."
    )


def repetition_sentence(curve: pd.DataFrame) -> str:
    """Return how much less often all tries pass than one, in words.

    Parameters
    ----------
    curve : DataFrame
        From :func:`pass_hat_curve`.
    """
    if curve.empty:
        return "No task was tried: nothing can be said of repeated trials."
    one, most = curve.iloc[0], curve.iloc[-1]
    if len(curve) == 1:
        return f"One try of a task passes with {percent(one['rate'])}; none was repeated."
    return (
        f"One try of a task passes with {percent(one['rate'])}, all"
        f" {count(most['k'])} tries with {percent(most['rate'])} ({percent(most['low'])} to"
        f" {percent(most['high'])}; {count(most['tasks'], 'task')})."
    )
