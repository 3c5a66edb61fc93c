"""Whether an automatic judge may stand in for a person (the alternative annotator test)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

#: Fewer outputs than this, and the t test that it rests on is not to be trusted.
LEAST_OUTPUTS = 30

#: Fewer people than this, and there is nobody left to compare with.
LEAST_PEOPLE = 3


@dataclass(frozen=True)
class Alternative:
    """Result of the alternative annotator test.

    Attributes
    ----------
    winning_rate : float
        Share of people that the judge is not worse than, by more than ``epsilon``; NaN if refused.
    advantage : float
        Mean probability that the judge is at least as close to the others as a person is.
    p_values : tuple of float
        One for each person, not adjusted.
    outputs, people : int
        What it rests on.
    refusal : str
        Why it cannot be told; empty where it can.
    """

    winning_rate: float
    advantage: float
    p_values: tuple[float, ...]
    outputs: int
    people: int
    refusal: str = ""

    @property
    def may_stand_in(self) -> bool:
        """Whether the judge is not worse than half of the people or more."""
        return not self.refusal and self.winning_rate >= 0.5


def alternative_annotator(
    people: np.ndarray, judge: np.ndarray, *, epsilon: float = 0.15, alpha: float = 0.05
) -> Alternative:
    """Return whether a judge may stand in for a person.

    Parameters
    ----------
    people : ndarray of float, shape (outputs, people)
        Scores; NaN where somebody did not score.
    judge : ndarray of float, shape (outputs,)
        The judge's scores.
    epsilon : float
        What the judge may be worse than a person, since it costs less (0.1 to 0.2).
    alpha : float
        False discovery rate.

    Notes
    -----
    Calderon, Reichart and Dror (2025), *The alternative annotator test*.  Each person is left out
    in turn; judge and person are held against those who remain, by root mean square difference
    on each output.  The person wins an output if at least as close, and so does the judge; that the
    judge loses by `epsilon` or more is tested one-sided, with Benjamini and Yekutieli's correction
    over people.
    """
    table = np.asarray(people, dtype=float)
    other = np.asarray(judge, dtype=float)
    outputs, number = table.shape
    nothing = float("nan")
    if number < LEAST_PEOPLE:
        why = f"it takes {LEAST_PEOPLE} people, and there are {number}"
        return Alternative(nothing, nothing, (), outputs, number, why)
    p_values, advantages = [], []
    for person in range(number):
        rest = np.delete(table, person, axis=1)
        usable = ~np.isnan(table[:, person]) & ~np.isnan(other) & (~np.isnan(rest)).any(axis=1)
        if usable.sum() < LEAST_OUTPUTS:
            why = f"it takes {LEAST_OUTPUTS} outputs that all scored, and there are {usable.sum()}"
            return Alternative(nothing, nothing, (), outputs, number, why)
        far = [_distance(column[usable], rest[usable]) for column in (other, table[:, person])]
        judge_wins, person_wins = far[0] <= far[1], far[1] <= far[0]
        gap = person_wins.astype(float) - judge_wins
        advantages.append(float(judge_wins.mean()))
        p_values.append(_p_below(gap, epsilon))
    adjusted = stats.false_discovery_control(p_values, method="by")
    return Alternative(
        float((adjusted < alpha).mean()),
        float(np.mean(advantages)),
        tuple(p_values),
        outputs,
        number,
    )


def _distance(scores: np.ndarray, rest: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt(np.nanmean((rest - scores[:, None]) ** 2, axis=1)))


def _p_below(gap: np.ndarray, epsilon: float) -> float:
    """Return the one-sided p of a mean gap of `epsilon` or more."""
    error = gap.std(ddof=1) / np.sqrt(len(gap))
    if error == 0:
        return 0.0 if gap.mean() < epsilon else 1.0
    return float(stats.t.cdf((gap.mean() - epsilon) / error, len(gap) - 1))
