"""Sessions of agents, as their own logs tell of them."""

from __future__ import annotations

from speckit_analysis.tables.declare import (
    AGENT,
    ORIGIN,
    TOKENS,
    Table,
    boolean,
    category,
    integer,
    number,
    text,
    timestamp,
)

#: What a log tells of: the session's own file, telemetry of its calls, or what a run printed.
BASES = ("session", "telemetry", "result")

SESSIONS = Table(
    "sessions",
    "one session of an agent; a fork or a sub-agent is one of its own",
    (
        text("session_id", "session, as the agent numbers it"),
        *AGENT,
        category("version", "version of the agent's program"),
        category("project", "last part of the folder that was worked in"),
        category("branch", "branch of Git that was checked out last"),
        text("parent", "session that this one was forked from or started by"),
        timestamp(
            "started",
            "first moment that the log tells; of a fork with a copied past, its first call",
            "UTC",
        ),
        timestamp("ended", "last moment that the log tells", "UTC"),
        number("wall_ms", "from the first moment to the last, or as printed", "ms"),
        number("api_ms", "time spent waiting for models, where printed or traced", "ms"),
        integer("turns", "prompts given to the agent", "prompts"),
        integer("tool_calls", "tools that the models called", "calls"),
        integer("calls", "calls of models, failed ones included; missing if only a sum is known"),
        integer("calls_failed", "calls that failed", "calls"),
        *(
            column
            for column in TOKENS
            if column.kind == "integer" and column.name != "total_tokens"
        ),
        boolean("lower_bound", "the log left out figures: tokens and cost are at least these"),
        number("cost_usd", "sum of the calls' computed costs; missing if any is missing", "USD"),
        number("cost_usd_reported", "as the agent printed it", "USD"),
        integer("repeats", "calls of other sessions that it repeats, counted there", "calls"),
        category("basis", "best evidence of the session: " + ", ".join(BASES)),
        integer("sources", "files that speak of the session", "files"),
        *ORIGIN,
    ),
)
