"""What the analyses of disagreement return."""

from __future__ import annotations

from speckit_analysis.tables.declare import boolean, category, integer, number
from speckit_analysis.tables.results.frames import frames

_COLUMNS = (
    integer("disagreeing", "runs with a genuine disagreement", "runs"),
    number("effective_runs", "how many independent runs these are worth", "runs"),
    integer("disagreements", "genuine disagreements", "disagreements"),
    number("agreement_ratio", "agreements over agreements and conflicts", "share"),
    number("participation", "agents with a usable answer, over agents called", "share"),
    number("ratio", "the smaller of those that are known", "share"),
    category("health", "healthy, partial or severe, ordered"),
    boolean("should_halt", "ended degraded, in conflict or in error"),
    boolean("went_on", "a later stage of the SPEC began before this one ended better"),
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
