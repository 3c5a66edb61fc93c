"""Strict and lenient reviewers, told apart from good and bad outputs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]


@dataclass(frozen=True)
class Severity:
    """Scores freed of who gave them.

    Attributes
    ----------
    fair : Series of float
        Score of each output, as reviewers of average severity would give it.
    severity : Series of float
        Points that each reviewer gives above the average one; they add up to 0.
    raw : Series of float
        Plain mean score of each output.
    rank : int
        Effects that the reviews tell apart: outputs and reviewers.
    residual_squares : float
        What outputs and reviewers leave unexplained, squared and summed.
    """

    fair: pd.Series
    severity: pd.Series
    raw: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    rank: int = 0
    residual_squares: float = float("nan")


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
    found, _, rank, _ = np.linalg.lstsq(design, target, rcond=None)
    return Severity(
        pd.Series(found[: len(outputs)], outputs),
        pd.Series(found[len(outputs) :], reviewers),
        rows["score"].astype(float).groupby(outputs[output]).mean(),
        int(rank),
        float(((target - design @ found) ** 2).sum()),
    )


def _groups(output: np.ndarray, reviewer: np.ndarray, outputs: int, reviewers: int) -> int:
    size = outputs + reviewers
    links = coo_matrix((np.ones(len(output)), (output, outputs + reviewer)), shape=(size, size))
    return int(connected_components(links, directed=False)[0])
