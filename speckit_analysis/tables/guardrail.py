"""Guardrails with their checks, and the events of a stage's attempts."""

from __future__ import annotations

from speckit_analysis.tables.declare import (
    ORIGIN,
    RUN,
    SCHEMA_VERSION,
    TIMESTAMP_RAW,
    Table,
    boolean,
    category,
    integer,
    number,
    text,
    timestamp,
)

GUARDRAILS = Table(
    "guardrails",
    "one execution of a stage's guardrail",
    (
        text("guardrail_id", "<spec_id>/<stage>/<session>"),
        *RUN,
        category("stage_raw", "stage or command as it was written"),
        category("flavour", "command (telemetry 1) or native"),
        SCHEMA_VERSION,
        text("session_id", "session as written; a process id in native files"),
        timestamp("started_at", "start, from the session id", "UTC"),
        timestamp("timestamp", "end of the execution", "UTC"),
        TIMESTAMP_RAW,
        number("latency_ms", "end minus start", "ms"),
        category("status", "ok or error, recomputed from every part"),
        category(
            "status_recorded", "passed or failed as the file's own top level says, if it does"
        ),
        category("prefilter_model", "policy prefilter's model"),
        category("prefilter_status", "passed, failed or skipped"),
        category("policy_model", "final policy's model"),
        category("policy_status", "passed, failed or skipped"),
        boolean("policy_stubbed", "the policy command was `true`: no model was asked"),
        category("baseline_mode", "full, no-run or skip"),
        category("baseline_status", "passed, failed or skipped"),
        category("tool_status", "as recorded"),
        category("lock_status", "as recorded"),
        category("hook_status", "as recorded"),
        category("unlock_status", "as recorded"),
        category("hal_status", "hal.summary.status as recorded"),
        integer("checks", "checks, scenarios and hooks it reports"),
        integer("checks_failed", "of which failed"),
        integer("errors", "errors it lists"),
        integer("warnings", "warnings it lists"),
        integer("artifacts", "artifacts it lists"),
        category(
            "match_rule", "how its run was found: session (the same key), second, process or window"
        ),
        number("match_confidence", "trust in that rule, 1 for an exact key"),
        *ORIGIN,
    ),
)

CHECKS = Table(
    "checks",
    "one check within a guardrail, or one health check (HAL)",
    (
        text("guardrail_id", "guardrail the check belongs to; missing for HAL files"),
        category("spec_id", "SPEC checked"),
        category("stage", "stage checked"),
        category("kind", "check, scenario, hook, policy, baseline or hal"),
        category("name", "name of the check"),
        category("status", "ok, degraded or error, recomputed; missing where skipped"),
        category("status_recorded", "as recorded"),
        integer("http_status", "HTTP status a HAL check recorded"),
        text("message", "what the check said"),
        timestamp("timestamp", "when", "UTC"),
        *ORIGIN,
    ),
)

LIFECYCLE = Table(
    "lifecycle",
    "one event of a stage's attempt",
    (
        *RUN,
        text("stage_run_id", "attempt the event belongs to"),
        category(
            "event",
            "queued, dispatched, checking_consensus, completed, cancelled, failed, reset"
            " or deduped",
        ),
        category("mode", "auto or manual"),
        integer("attempt", "number of the attempt"),
        integer("dedupe_count", "dispatches dropped as duplicates"),
        text("payload_hash", "hash of what was dispatched"),
        timestamp("timestamp", "when", "UTC"),
        TIMESTAMP_RAW,
        number("since_dispatch_ms", "time since the attempt was dispatched", "ms"),
        *ORIGIN,
    ),
)
