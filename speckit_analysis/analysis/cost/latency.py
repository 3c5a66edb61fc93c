"""How long a run takes: two estimands, which must not be taken for each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.intervals import typical
from speckit_analysis.analysis.selection import in_part


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


def latency_sentence(calls: pd.DataFrame) -> str:
    """Say how far the sum over calls and the longest call of a run lie apart.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``, rows that count.  Runs in which a call's latency is missing, or a call is
        left out, do not.
    """
    runs = calls[~in_part(calls)].groupby(["spec_id", "run_id"], observed=True)["latency_ms"]
    table = pd.DataFrame({"sum": runs.sum(), "longest": runs.max(), "calls": runs.size()})
    whole = table["calls"] == runs.count()
    several = table[whole & (table["calls"] > 1) & (table["longest"] > 0)].astype(float)
    if several.empty:
        return (
            "No run of two calls tells the latency of each, so that sum and wall time cannot be"
            " compared."
        )
    ratios = (several["sum"] / several["longest"]).map(np.log)
    found = typical(ratios.groupby(level="spec_id", observed=True).mean().map(np.exp))
    interval = (
        ""
        if np.isnan(found.low)
        else f" ({wording.ratio(found.low)} to {wording.ratio(found.high)})"
    )
    return (
        f"Latency is two things: in {wording.count(len(several), 'measured run')} the sum over"
        f" calls is {wording.ratio(found.geometric_mean)}{interval} times the longest call, which"
        " is what somebody waits at least. A saving in the one is not a saving in the other."
    )
