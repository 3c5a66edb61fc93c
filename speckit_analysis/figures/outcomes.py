"""Figures of checked outcomes: how far two variants lie apart."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.checked import Checked
from speckit_analysis.figures.charts import intervals
from speckit_analysis.figures.theme import Chart, empty


def gaps(found: Mapping[str, Checked]) -> Chart:
    """Draw how far the share passed with the simpler variant lies from that with the other.

    Parameters
    ----------
    found : mapping of str to Checked
        Comparisons of pass and fail, by what they are called.
    """
    told = {name: one for name, one in found.items() if one.passes and not one.gap.refusal}
    if not told:
        return empty("No unit passed or failed with both variants.")
    ends = {name: (one.gap.value, one.gap.low, one.gap.high) for name, one in told.items()}
    frame = pd.DataFrame(
        [(name, *(100 * end for end in ends[name])) for name in told],
        columns=["what", "gap", "low", "high"],
    )
    differ = sum(low > 0 or high < 0 for _, low, high in ends.values())
    edge = float(frame[["low", "high"]].abs().to_numpy().max())
    one = next(iter(told.values()))
    sure = f"{wording.count(differ)} of {len(told)}" if differ else "None"
    return intervals(
        frame,
        "what",
        "gap",
        title=f"{sure} shows a difference between {one.candidate} and {one.baseline}",
        subtitle=(
            f"Share passed with {one.candidate} less that with {one.baseline}, paired by unit, with"
            f" {100 * one.gap.level:.4g} % intervals."
        ),
        axis="percentage points",
        words=lambda points: f"{points:+.1f}",
        notes=[wording.count(len(one.pairs), "unit") for one in told.values()],
        span=(-edge, edge),
        reference=0.0,
    )
