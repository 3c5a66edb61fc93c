"""What the analysis of agents' sessions returns."""

from __future__ import annotations

from speckit_analysis.tables.declare import integer, number
from speckit_analysis.tables.results.frames import frames

_COLUMNS = (
    integer("sessions", "sessions with a call", "sessions"),
    integer("failed", "calls that failed", "calls"),
    integer("output_tokens", "output tokens, reasoning included", "tokens"),
    number("cached_share", "of the prompt tokens, those read from a cache", "share"),
    integer("unpriced", "calls that took place and whose cost is unknown", "calls"),
)

SESSIONS = frames(
    _COLUMNS,
    spent_by_agents=(
        "calls that logs of agents tell of, by what they were grouped by",
        "sessions calls failed prompt_tokens cached_share output_tokens cost_usd unpriced",
    ),
)
