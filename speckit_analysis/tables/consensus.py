"""Runs, the calls and proposals in them, their disagreements, and what they cost."""

from __future__ import annotations

from speckit_analysis.tables.declare import (
    AGENT,
    ORIGIN,
    PAYLOAD_CLASSES,
    RUN,
    SCHEMA_VERSION,
    STATUSES,
    TIMESTAMP_RAW,
    TOKENS,
    Column,
    Table,
)

RUNS = Table(
    "runs",
    "one stage of one SPEC worked on once, by one or more agents",
    (
        *RUN,
        Column("stage_raw", "category", "stage as it was written"),
        Column("timestamp", "timestamp", "when the run took place, as far as known", "UTC"),
        TIMESTAMP_RAW,
        Column(
            "time_semantics",
            "category",
            "what the timestamp marks: start, end, collected or exported",
        ),
        Column("session_id", "text", "session, batch or run id the writer gave"),
        Column("command", "category", "command that started the run"),
        SCHEMA_VERSION,
        Column("prompt_version", "category", "version of the prompts used"),
        Column(
            "status", "category", "recomputed from what the agents left: " + ", ".join(STATUSES)
        ),
        Column("status_recorded", "category", "status the run's telemetry or synthesis claims"),
        Column("synthesis_status", "category", "status the synthesis claims"),
        Column("agents", "integer", "calls known to belong to the run", "calls"),
        Column(
            "agents_ok",
            "integer",
            "calls that left a usable answer, no copy of an earlier one",
            "calls",
        ),
        Column("agents_failed", "integer", "calls that failed or came back empty", "calls"),
        Column("agents_recorded", "integer", "agents the synthesis says it merged", "agents"),
        Column("disagreement_recorded", "boolean", "the telemetry's own disagreement flag"),
        Column("disagreement_points", "integer", "disagreement points the telemetry lists"),
        Column("agreements", "integer", "agreements the telemetry or synthesis lists"),
        Column(
            "conflicts",
            "integer",
            "conflicts declared anywhere in the run, failures of agents excluded",
        ),
        Column("escalated", "boolean", "escalation was triggered"),
        Column("escalation_reason", "text", "why"),
        Column("latency_ms", "number", "sum over the run's calls", "ms"),
        Column("latency_ms_reported", "number", "total the telemetry gives", "ms"),
        Column("tokens", "integer", "sum over the run's calls", "tokens"),
        Column("tokens_reported", "integer", "total the telemetry gives", "tokens"),
        Column(
            "cost_usd",
            "number",
            "sum of the calls' computed costs; missing if any is missing",
            "USD",
        ),
        Column("cost_usd_reported", "number", "total the telemetry gives", "USD"),
        Column("completeness_score", "number", "quality_metrics.completeness_score as recorded"),
        Column("human_review_score", "number", "quality_metrics.human_review_score as recorded"),
        Column(
            "automated_checks_passed",
            "integer",
            "missing where 0 passed and 0 failed: the writer's default",
        ),
        Column(
            "automated_checks_failed",
            "integer",
            "missing where 0 passed and 0 failed: the writer's default",
        ),
        Column("output_path", "text", "where the writer says it put the merged result"),
        Column(
            "basis", "category", "best evidence of the run: telemetry, synthesis, verdict or output"
        ),
        Column("sources", "integer", "files that speak of the run", "files"),
        Column(
            "match_rule",
            "category",
            "how the files were joined: timestamp, session, run_id, batch, folder or file",
        ),
        Column(
            "match_confidence",
            "number",
            "trust in that rule, 1 for an exact key; missing where a file stands alone",
        ),
        *ORIGIN,
    ),
)

CALLS = Table(
    "calls",
    "one agent's call within a run",
    (
        *RUN,
        *AGENT,
        Column("provider", "category", "maker of the model: anthropic, google, openai …"),
        Column("model_id", "category", "model, normalised: observed, else requested, else claimed"),
        Column("model_requested", "category", "model the caller asked for, as written"),
        Column("model_claimed", "category", "model the answer says it is, as written"),
        Column("model_observed", "category", "model the provider reported, as written"),
        Column("model_release", "category", "release of the model as written"),
        Column("reasoning_mode", "category", "reasoning effort or role as written"),
        Column("timestamp", "timestamp", "of the run, or of the call where it has its own", "UTC"),
        *TOKENS,
        Column("latency_ms", "number", "wall time of the call", "ms"),
        Column("cache_hit", "boolean", "the prompt was answered from a cache"),
        Column(
            "cost_usd",
            "number",
            "computed from tokens at the price of the day; missing if unknown",
            "USD",
        ),
        Column("cost_usd_reported", "number", "as recorded", "USD"),
        Column(
            "pricing_version",
            "category",
            "price list behind cost_usd, its version, and the day whose price it is",
        ),
        Column(
            "provider_exchange_rate",
            "number",
            "what the provider bills in, from your price file; missing without one",
            "billing currency per USD",
        ),
        Column("status", "category", "ok or error, recomputed from error, output and status"),
        Column("status_recorded", "category", "as recorded"),
        Column("error", "text", "error message as recorded"),
        Column("arbiter_override", "boolean", "the arbiter overrode the agents here"),
        Column("override_reason", "text", "why"),
        Column("basis", "category", "best evidence of the call: telemetry, metrics or output"),
        Column(
            "run_calls",
            "integer",
            "calls known to belong to the run, this one and those that no analysis counts",
            "calls",
        ),
        Column("sources", "integer", "files that describe the call", "files"),
        *ORIGIN,
    ),
)

PROPOSALS = Table(
    "proposals",
    "what an agent's call put forward",
    (
        *RUN,
        Column("stage_claimed", "text", "stage the answer says it is for, as written"),
        *AGENT,
        Column("agent_claimed", "text", "agent the answer says it is, as written"),
        Column("model_claimed", "category", "model the answer says it is, as written"),
        Column("model_release", "category", "release of the model as written"),
        Column("reasoning_mode", "category", "reasoning effort or role as written"),
        Column("prompt_version", "category", "version of the prompt as written"),
        Column("timestamp", "timestamp", "when the answer was written or collected", "UTC"),
        Column("payload_class", "category", "what the content is: " + ", ".join(PAYLOAD_CLASSES)),
        Column(
            "content", "text", "the answer, as JSON where structured; secrets masked; long ones cut"
        ),
        Column("content_chars", "integer", "length before cutting", "characters"),
        Column("content_hash", "text", "SHA-256 of the unmasked content, first 16 hex digits"),
        Column("shared_payload", "integer", "proposals, this one included, with this very content"),
        Column("agreements", "integer", "agreements the answer lists"),
        Column("conflicts", "integer", "conflicts the answer lists, failures of agents excluded"),
        *ORIGIN,
    ),
)

DISAGREEMENTS = Table(
    "disagreements",
    "one disagreement of a run",
    (
        *RUN,
        Column("topic", "text", "what it is about"),
        Column("description", "text", "the disagreement in words"),
        Column("agents", "text", "agents involved, comma separated, where told"),
        Column("relation", "category", "agree, disagree or unrelated"),
        Column("type", "category", "structural, scope, technical, factual or process"),
        Column("disagreement_severity", "category", "cosmetic, structural or logical"),
        Column("resolution", "text", "how it was settled, in words"),
        Column("resolved", "boolean", "it was settled; missing where nothing tells"),
        Column(
            "origin",
            "category",
            "declared (written by an agent or tool) or detected (found by comparing)",
        ),
        Column("declared_in", "category", "telemetry, synthesis or proposal"),
        Column("degradation", "boolean", "not an opinion: an agent failed"),
        *ORIGIN,
    ),
)

COSTS = Table(
    "costs",
    "one amount of a cost summary",
    (
        Column("spec_id", "category", "SPEC the summary is about"),
        Column("scope", "category", "total, stage, agent or breakdown; sum within one scope only"),
        Column("stage", "category", "stage, where the scope has one"),
        Column("agent", "category", "agent, where the scope has one"),
        Column("key_raw", "text", "key as it was written"),
        Column("cost_usd_reported", "number", "amount as recorded", "USD"),
        Column("prompt_tokens", "integer", "input tokens, where told", "tokens"),
        Column("completion_tokens", "integer", "output tokens, where told", "tokens"),
        Column("tokens_reported", "integer", "tokens in total, where told", "tokens"),
        Column("budget_usd", "number", "budget of the SPEC", "USD"),
        Column("utilization", "number", "total divided by budget, recomputed", "ratio"),
        Column(
            "utilization_reported", "number", "as recorded, percent turned into a ratio", "ratio"
        ),
        Column("calls_reported", "integer", "calls the summary counts", "calls"),
        Column("duration_s", "number", "age of the writer's tracker, not of the run", "s"),
        Column("timestamp", "timestamp", "when the summary was generated, where told", "UTC"),
        Column("flavour", "category", "native, detailed, per_stage_usd or totals"),
        SCHEMA_VERSION,
        Column("pricing_version", "category", "price list the writer names"),
        Column("superseded", "boolean", "another loaded root holds a later state of this summary"),
        *ORIGIN,
    ),
)
