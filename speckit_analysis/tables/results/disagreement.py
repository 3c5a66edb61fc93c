"""What the analyses of disagreement return."""

from __future__ import annotations

from speckit_analysis.tables.declare import Column
from speckit_analysis.tables.results.frames import frames

_COLUMNS = (
    Column("disagreeing", "integer", "runs with a genuine disagreement", "runs"),
    Column("effective_runs", "number", "how many independent runs these are worth", "runs"),
    Column("disagreements", "integer", "genuine disagreements", "disagreements"),
    Column("agreement_ratio", "number", "agreements over agreements and conflicts", "share"),
    Column("participation", "number", "usable answers over calls", "share"),
    Column("ratio", "number", "the smaller of those that are known", "share"),
    Column("health", "category", "healthy, partial or severe, ordered"),
    Column("should_halt", "boolean", "ended degraded, in conflict or in error"),
    Column("went_on", "boolean", "a later stage of the SPEC began before this one ended better"),
)

DISAGREEMENT = frames(
    _COLUMNS,
    disagreement_rates=(
        "comparable runs by what they were grouped by",
        "runs specs disagreeing rate low=share high=share effective_runs",
    ),
    disagreement_shares=("disagreements by a column", "disagreements runs share"),
    consensus_health=(
        "a run",
        "run_id spec_id stage timestamp agreement_ratio participation ratio health status"
        " status_recorded should_halt went_on",
    ),
    health_shares=("a grade, also where no run has it", "health runs"),
)
