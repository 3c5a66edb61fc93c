"""How long a run takes: two estimands, which must not be taken for each other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.intervals import typical
from speckit_analysis.analysis.selection import in_part


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
        f" calls is {wording.ratio(found.value)}{interval} times the longest call, which"
        " is what somebody waits at least. A saving in the one is not a saving in the other."
    )
