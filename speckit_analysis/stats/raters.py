"""Reviewers: strict or lenient, tired over the order, or a machine that may stand in for one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats  # type: ignore[import-untyped]
from scipy.sparse import coo_matrix  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

#: Singular values below this share of the largest come from rounding.
_SINGULAR = 1e-10

#: Fewer outputs than this, and the t test of a machine is not to be trusted.
LEAST_OUTPUTS = 30

#: Fewer people than this, and there is nobody left to compare with.
LEAST_PEOPLE = 3

#: What a machine may be worse than a person, since it costs less.
EPSILON = 0.15

#: False discovery rate over people.
_DISCOVERY_RATE = 0.05


@dataclass(frozen=True)
class Severity:
    """Scores freed of who gave them.

    Attributes
    ----------
    fair : Series of float
        Score of each output, as reviewers of average severity would give it.
    severity : Series of float
        Points that each reviewer gives above the average one; they add up to 0.
    """

    fair: pd.Series
    severity: pd.Series


def reviewer_severity(scores: pd.DataFrame) -> Severity:
    """Return fair scores and reviewers' severity.

    Parameters
    ----------
    scores : DataFrame
        ``output``, ``reviewer`` and ``score``, one row per review; not everybody need review
        everything.

    Raises
    ------
    ValueError
        If outputs and reviewers fall into groups that share nobody: strict reviewers of good
        outputs then look like lenient ones of bad outputs.

    Notes
    -----
    Least squares of score = output + reviewer, reviewers adding up to 0.  With complete scores the
    ranking is that of plain means.
    """
    rows = scores.dropna(subset=["output", "reviewer", "score"])
    output, outputs = pd.factorize(rows["output"], sort=True)
    reviewer, reviewers = pd.factorize(rows["reviewer"], sort=True)
    groups = _groups(output, reviewer, len(outputs), len(reviewers))
    if groups > 1:
        raise ValueError(
            f"outputs and reviewers fall into {groups} groups that share nobody: severity and"
            " quality cannot be told apart"
        )
    design = np.zeros((len(rows) + 1, len(outputs) + len(reviewers)))
    places = np.arange(len(rows))
    design[places, output] = 1
    design[places, len(outputs) + reviewer] = 1
    design[-1, len(outputs) :] = 1  # reviewers add up to 0
    target = np.append(rows["score"].to_numpy(float), 0.0)
    found = np.linalg.lstsq(design, target, rcond=None)[0]
    return Severity(
        pd.Series(found[: len(outputs)], outputs), pd.Series(found[len(outputs) :], reviewers)
    )


def _groups(output: np.ndarray, reviewer: np.ndarray, outputs: int, reviewers: int) -> int:
    size = outputs + reviewers
    links = coo_matrix((np.ones(len(output)), (output, outputs + reviewer)), shape=(size, size))
    return int(connected_components(links, directed=False)[0])


def slopes_over_order(scores: pd.DataFrame) -> pd.Series:
    """Return how many points each reviewer's scores change from one packet to the next.

    Parameters
    ----------
    scores : DataFrame
        ``output``, ``reviewer``, ``position`` and ``score``, one row per review.

    Returns
    -------
    Series of float
        By reviewer; without those whose slope the orders do not tell from how good outputs are, as
        where all read in the same order.

    Notes
    -----
    Least squares of score = output + reviewer + the reviewer's slope times position, all together.
    Slopes of scores from which the mean of their output was taken off beforehand will not do as
    independent observations: every reviewer's score is in the mean of the others, which makes their
    slopes alike.

    Examples
    --------
    >>> read = pd.DataFrame({"output": list("abcdbdac"), "reviewer": ["ann"] * 4 + ["bob"] * 4})
    >>> read["position"] = [1, 2, 3, 4] * 2
    >>> read["score"] = 7 + 0.5 * read["position"].where(read["reviewer"] == "ann", 0)
    >>> slopes_over_order(read).round(6).abs().to_dict()
    {'ann': 0.5, 'bob': 0.0}
    """
    if scores.empty:
        return pd.Series(dtype=float)
    output, _ = pd.factorize(scores["output"])
    reviewer, names = pd.factorize(scores["reviewer"].astype(str), sort=True)
    of_output, of_reviewer = np.eye(output.max() + 1)[output], np.eye(len(names))[reviewer]
    position = scores["position"].to_numpy(float)
    design = np.hstack([of_output, of_reviewer, of_reviewer * position[:, None]])
    inverse = np.linalg.pinv(design, rcond=_SINGULAR)[-len(names) :]
    told = np.isclose((inverse @ design)[:, -len(names) :].diagonal(), 1)
    return pd.Series(inverse @ scores["score"].to_numpy(float), names)[told]


@dataclass(frozen=True)
class Alternative:
    """Result of the alternative annotator test.

    Attributes
    ----------
    winning_rate : float
        Share of people that the judge is not worse than, by more than :data:`EPSILON`; NaN if
        refused.
    advantage : float
        Mean probability that the judge is at least as close to the others as a person is.
    outputs, people : int
        What it rests on.
    refusal : str
        Why it cannot be told; empty where it can.
    """

    winning_rate: float
    advantage: float
    outputs: int
    people: int
    refusal: str = ""

    @property
    def may_stand_in(self) -> bool:
        """Whether the judge is not worse than half of the people or more."""
        return not self.refusal and self.winning_rate >= 0.5


def alternative_annotator(people: np.ndarray, judge: np.ndarray) -> Alternative:
    """Return whether a judge may stand in for a person.

    Parameters
    ----------
    people : ndarray of float, shape (outputs, people)
        Scores; NaN where somebody did not score.
    judge : ndarray of float, shape (outputs,)
        The judge's scores.

    Notes
    -----
    Calderon, Reichart and Dror (2025), *The alternative annotator test*.  Each person is left out
    in turn; judge and person are held against those who remain, by root mean square difference
    on each output.  The person wins an output if at least as close, and so does the judge; that the
    judge loses by :data:`EPSILON` or more is tested one-sided, with Benjamini and Yekutieli's
    correction over people.
    """
    table = np.asarray(people, dtype=float)
    other = np.asarray(judge, dtype=float)
    outputs, number = table.shape
    nothing = float("nan")
    if number < LEAST_PEOPLE:
        why = f"it takes {LEAST_PEOPLE} people, and there are {number}"
        return Alternative(nothing, nothing, outputs, number, why)
    p_values, advantages = [], []
    for person in range(number):
        rest = np.delete(table, person, axis=1)
        usable = ~np.isnan(table[:, person]) & ~np.isnan(other) & (~np.isnan(rest)).any(axis=1)
        if usable.sum() < LEAST_OUTPUTS:
            why = f"it takes {LEAST_OUTPUTS} outputs that all scored, and there are {usable.sum()}"
            return Alternative(nothing, nothing, outputs, number, why)
        far = [_distance(column[usable], rest[usable]) for column in (other, table[:, person])]
        judge_wins, person_wins = far[0] <= far[1], far[1] <= far[0]
        gap = person_wins.astype(float) - judge_wins
        advantages.append(float(judge_wins.mean()))
        p_values.append(_p_below(gap, EPSILON))
    adjusted = stats.false_discovery_control(p_values, method="by")
    return Alternative(
        float((adjusted < _DISCOVERY_RATE).mean()),
        float(np.mean(advantages)),
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
