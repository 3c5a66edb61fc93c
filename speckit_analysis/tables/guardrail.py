"""Guardrails with their checks, and the events of a stage's attempts."""

from __future__ import annotations

from speckit_analysis.tables.declare import (
    ORIGIN,
    RUN,
    SCHEMA_VERSION,
    TIMESTAMP_RAW,
    Column,
    Table,
)

GUARDRAILS = Table(
    "guardrails",
    "one execution of a stage's guardrail",
    (
        Column("guardrail_id", "text", "<spec_id>/<stage>/<session>"),
        *RUN,
        Column("stage_raw", "category", "stage or command as it was written"),
        Column("flavour", "category", "command (telemetry 1) or native"),
        SCHEMA_VERSION,
        Column("session_id", "text", "session as written; a process id in native files"),
        Column("started_at", "timestamp", "start, from the session id", "UTC"),
        Column("timestamp", "timestamp", "end of the execution", "UTC"),
        TIMESTAMP_RAW,
        Column("latency_ms", "number", "end minus start", "ms"),
        Column("status", "category", "ok or error, recomputed from every part"),
        Column(
            "status_recorded",
            "category",
            "passed or failed as the file's own top level says, if it does",
        ),
        Column("prefilter_model", "category", "policy prefilter's model"),
        Column("prefilter_status", "category", "passed, failed or skipped"),
        Column("policy_model", "category", "final policy's model"),
        Column("policy_status", "category", "passed, failed or skipped"),
        Column("policy_stubbed", "boolean", "the policy command was `true`: no model was asked"),
        Column("baseline_mode", "category", "full, no-run or skip"),
        Column("baseline_status", "category", "passed, failed or skipped"),
        Column("tool_status", "category", "as recorded"),
        Column("lock_status", "category", "as recorded"),
        Column("hook_status", "category", "as recorded"),
        Column("unlock_status", "category", "as recorded"),
        Column("hal_status", "category", "hal.summary.status as recorded"),
        Column("checks", "integer", "checks, scenarios and hooks it reports"),
        Column("checks_failed", "integer", "of which failed"),
        Column("errors", "integer", "errors it lists"),
        Column("warnings", "integer", "warnings it lists"),
        Column("artifacts", "integer", "artifacts it lists"),
        Column(
            "match_rule",
            "category",
            "how its run was found: session (the same key), second, process or window",
        ),
        Column("match_confidence", "number", "trust in that rule, 1 for an exact key"),
        *ORIGIN,
    ),
)

CHECKS = Table(
    "checks",
    "one check within a guardrail, or one health check (HAL)",
    (
        Column("guardrail_id", "text", "guardrail the check belongs to; missing for HAL files"),
        Column("spec_id", "category", "SPEC checked"),
        Column("stage", "category", "stage checked"),
        Column("kind", "category", "check, scenario, hook, policy, baseline or hal"),
        Column("name", "category", "name of the check"),
        Column("status", "category", "ok or error, recomputed; missing where skipped"),
        Column("status_recorded", "category", "as recorded"),
        Column("http_status", "integer", "HTTP status a HAL check recorded"),
        Column("message", "text", "what the check said"),
        Column("timestamp", "timestamp", "when", "UTC"),
        *ORIGIN,
    ),
)

LIFECYCLE = Table(
    "lifecycle",
    "one event of a stage's attempt",
    (
        *RUN,
        Column("stage_run_id", "text", "attempt the event belongs to"),
        Column(
            "event",
            "category",
            "queued, dispatched, checking_consensus, completed, cancelled, failed, reset"
            " or deduped",
        ),
        Column("mode", "category", "auto or manual"),
        Column("attempt", "integer", "number of the attempt"),
        Column("dedupe_count", "integer", "dispatches dropped as duplicates"),
        Column("payload_hash", "text", "hash of what was dispatched"),
        Column("timestamp", "timestamp", "when", "UTC"),
        TIMESTAMP_RAW,
        Column("since_dispatch_ms", "number", "time since the attempt was dispatched", "ms"),
        *ORIGIN,
    ),
)
