"""How long a run takes: two estimands, which must not be taken for each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class RunLatency:
    """How long a run takes, by what its calls took.

    Attributes
    ----------
    sum_ms : float
        If its calls follow each other: what telemetry records as the total.
    wall_ms : float
        If they are made at once: the longest call, and the least that somebody waits.
    """

    sum_ms: float
    wall_ms: float

    @property
    def sum_over_wall(self) -> float:
        """How many times longer one after the other takes than at once."""
        return self.sum_ms / self.wall_ms if self.wall_ms else float("nan")


def latency_of_run(latency_ms: Sequence[float]) -> RunLatency:
    """Return both estimands of a run's latency.

    Parameters
    ----------
    latency_ms : sequence of float
        Of each of its calls; with one of them missing neither is known.

    Raises
    ------
    ValueError
        If there are no calls, or a latency is below 0.

    Examples
    --------
    >>> found = latency_of_run([1000, 3000, 2000])
    >>> found.sum_ms, found.wall_ms, found.sum_over_wall
    (6000.0, 3000.0, 2.0)
    """
    each = np.asarray(latency_ms, dtype=float)
    if not len(each) or (each < 0).any():
        raise ValueError(f"a run has calls that took 0 ms or more, and not {list(latency_ms)}")
    return RunLatency(float(each.sum()), float(each.max()))
