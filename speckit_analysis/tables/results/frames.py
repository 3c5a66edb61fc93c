"""How the frames that analyses return are declared: columns once, a frame by their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from speckit_analysis.tables.declare import Column, Table
from speckit_analysis.tables.guardrail import GUARDRAILS
from speckit_analysis.tables.record import (
    ARBITRATIONS,
    OUTCOMES,
    OVERRIDES,
    RESEARCH,
    REVIEWS,
    TRIALS,
)
from speckit_analysis.tables.results.common import COMMON
from speckit_analysis.tables.runs import CALLS, COSTS, DISAGREEMENTS, PROPOSALS, RUNS

#: A column of several of these is looked up in the first.
_EVIDENCE = (
    *(RUNS, CALLS, PROPOSALS, DISAGREEMENTS, COSTS, GUARDRAILS),
    *(REVIEWS, OVERRIDES, ARBITRATIONS, RESEARCH, TRIALS, OUTCOMES),
)


def frames(own: Sequence[Column], **declared: tuple[str, str]) -> dict[str, Table]:
    """Return the frames of a report by name.

    Parameters
    ----------
    own : sequence of Column
        Columns of this report; others are those of :data:`COMMON`, or of the evidence.
    **declared : (str, str)
        What one row is, and the names of the columns.  ``low=ratio`` is the column ``low`` with
        that unit, ``low=ratio:at_least`` with the heading "at least" as well.

    Examples
    --------
    >>> frames((), spending=("a model", "model_id cost_usd low=USD"))["spending"]["low"].unit
    'USD'
    """
    known = {column.name: column for table in reversed(_EVIDENCE) for column in table.columns}
    known |= {column.name: column for column in (*COMMON, *own)}
    return {
        name: Table(name, row, tuple(_column(text, known) for text in names.split()))
        for name, (row, names) in declared.items()
    }


def _column(text: str, known: dict[str, Column]) -> Column:
    name, _, changed = text.partition("=")
    unit, _, heading = changed.partition(":")
    column = known[name]
    heading = heading.replace("_", " ") or column.heading
    return replace(column, unit=unit or column.unit, heading=heading)
