"""The contract: every table with its columns, types, units and meaning, declared once.

Loading, validation, ``Evidence.describe``, the ``describe`` command and
``docs/columns.md`` are all derived from :data:`TABLES`.  A column that is not declared
here does not exist; a column that is declared here is always present, missing where the
evidence does not tell.
"""

from __future__ import annotations

from speckit_analysis.tables.declare import ARROW_TYPES, PANDAS_DTYPES, Column, Kind, Table
from speckit_analysis.tables.evidence import FILES, PROBLEMS
from speckit_analysis.tables.guardrail import CHECKS, GUARDRAILS, LIFECYCLE
from speckit_analysis.tables.kinds import PROBLEM_KINDS
from speckit_analysis.tables.record import (
    ARBITRATIONS,
    OUTCOMES,
    OVERRIDES,
    RESEARCH,
    REVIEWS,
    SPAWNS,
    TRIALS,
)
from speckit_analysis.tables.runs import CALLS, COSTS, DISAGREEMENTS, PROPOSALS, RUNS
from speckit_analysis.tables.sessions import SESSIONS
from speckit_analysis.tables.vocabulary import (
    ORDERED_CATEGORIES,
    PAYLOAD_CLASSES,
    PROVENANCES,
    QUALITY_GATES,
    SEVERITIES,
    STAGES,
    STATUSES,
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        *(RUNS, CALLS, SESSIONS, PROPOSALS, DISAGREEMENTS, COSTS),
        *(GUARDRAILS, CHECKS, LIFECYCLE),
        *(REVIEWS, OVERRIDES, ARBITRATIONS, RESEARCH, TRIALS, OUTCOMES, SPAWNS),
        *(FILES, PROBLEMS),
    )
}

__all__ = [
    "ARROW_TYPES",
    "ORDERED_CATEGORIES",
    "PANDAS_DTYPES",
    "PAYLOAD_CLASSES",
    "PROBLEM_KINDS",
    "PROVENANCES",
    "QUALITY_GATES",
    "SEVERITIES",
    "STAGES",
    "STATUSES",
    "TABLES",
    "Column",
    "Kind",
    "Table",
]
