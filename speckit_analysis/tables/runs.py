"""Runs, the calls and proposals in them, their disagreements, and what they cost."""

from __future__ import annotations

from speckit_analysis.tables.declare import (
    AGENT,
    ORIGIN,
    RUN,
    SCHEMA_VERSION,
    TIMESTAMP_RAW,
    TOKENS,
    Table,
    boolean,
    category,
    integer,
    number,
    text,
    timestamp,
)
from speckit_analysis.tables.vocabulary import PAYLOAD_CLASSES, STATUSES

RUNS = Table(
    "runs",
    "one stage of one SPEC worked on once, by one or more agents",
    (
        *RUN,
        category("stage_raw", "stage as it was written"),
        timestamp("timestamp", "when the run took place, as far as known", "UTC"),
        TIMESTAMP_RAW,
        category("time_semantics", "what the timestamp marks: start, end, collected or exported"),
        text("session_id", "session, batch or run id the writer gave"),
        category("command", "command that started the run"),
        SCHEMA_VERSION,
        category("prompt_version", "version of the prompts used"),
        category("status", "recomputed from what the agents left: " + ", ".join(STATUSES)),
        category("status_recorded", "status the run's telemetry or synthesis claims"),
        category("synthesis_status", "status the synthesis claims"),
        integer("calls", "calls known to belong to the run", "calls"),
        integer("agents_called", "agents that were called, once or more often", "agents"),
        integer("agents_ok", "agents with an answer that can be compared, no copy", "agents"),
        integer("calls_failed", "calls that failed or came back empty", "calls"),
        integer("agents_recorded", "agents the synthesis says it merged", "agents"),
        boolean("disagreement_recorded", "the telemetry's own disagreement flag"),
        integer("disagreement_points", "disagreement points the telemetry lists"),
        integer("agreements", "agreements the telemetry or synthesis lists"),
        integer(
            "conflicts",
            "conflicts declared anywhere in the run, failures of agents excluded; missing where"
            " nobody recorded a comparison",
        ),
        boolean("escalated", "escalation was triggered"),
        text("escalation_reason", "why"),
        number("latency_ms", "sum over the run's calls", "ms"),
        number("latency_ms_reported", "total the telemetry gives", "ms"),
        integer("tokens", "sum over the run's calls", "tokens"),
        integer("tokens_reported", "total the telemetry gives", "tokens"),
        number("cost_usd", "sum of the calls' computed costs; missing if any is missing", "USD"),
        number("cost_usd_reported", "total the telemetry gives", "USD"),
        number("completeness_score", "quality_metrics.completeness_score as recorded"),
        number("human_review_score", "quality_metrics.human_review_score as recorded"),
        integer(
            "automated_checks_passed", "missing where 0 passed and 0 failed: the writer's default"
        ),
        integer(
            "automated_checks_failed", "missing where 0 passed and 0 failed: the writer's default"
        ),
        text("output_path", "where the writer says it put the merged result"),
        category("basis", "best evidence of the run: telemetry, synthesis, verdict or output"),
        integer("sources", "files that speak of the run", "files"),
        category(
            "match_rule",
            "how the files were joined: timestamp, session, run_id, batch, folder, window or file",
        ),
        number(
            "match_confidence",
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
        category("provider", "maker of the model: anthropic, google, openai …"),
        category("model_id", "model, normalised: observed, else requested, else claimed"),
        category("model_requested", "model the caller asked for, as written"),
        category("model_claimed", "model the answer says it is, as written"),
        category("model_observed", "model the provider reported, as written"),
        category("model_release", "release of the model as written"),
        category("reasoning_mode", "reasoning effort or role as written"),
        timestamp("timestamp", "of the run, or of the call where it has its own", "UTC"),
        *TOKENS,
        number("latency_ms", "wall time of the call", "ms"),
        boolean("cache_hit", "the prompt was answered from a cache"),
        number(
            "cost_usd", "computed from tokens at the price of the day; missing if unknown", "USD"
        ),
        number("cost_usd_reported", "as recorded", "USD"),
        category(
            "pricing_version",
            "price list behind cost_usd, its version, and the day whose price it is",
        ),
        number(
            "provider_exchange_rate",
            "what the provider bills in, from your price file; missing without one",
            "billing currency per USD",
        ),
        category("status", "ok or error, recomputed from error, output and status"),
        category("status_recorded", "as recorded"),
        text("error", "error message as recorded"),
        boolean("arbiter_override", "the arbiter overrode the agents here"),
        text("override_reason", "why"),
        category(
            "basis",
            "best evidence of the call: telemetry, metrics or output; of calls outside runs:"
            " session, telemetry or result",
        ),
        text("session_id", "session of the agent, for calls that its log tells of"),
        text("prompt", "what was asked since the session's call before, if asked for; masked"),
        text("answer", "text of the answer, if asked for; masked"),
        text("call_id", "the provider's id of the answer, or the log's; missing where neither is"),
        category(
            "usage_source",
            "where a log tells the tokens: message, response, counter (the last call in a running"
            " total), difference (of two totals), event or sum (of a whole invocation)",
        ),
        boolean("lower_bound", "the log was written before the final count: at least so many"),
        integer(
            "run_calls",
            "calls known to belong to the run, this one and those that no analysis counts",
            "calls",
        ),
        integer("sources", "files that describe the call", "files"),
        *ORIGIN,
    ),
)

PROPOSALS = Table(
    "proposals",
    "what an agent's call put forward",
    (
        *RUN,
        text("stage_claimed", "stage the answer says it is for, as written"),
        *AGENT,
        text("agent_claimed", "agent the answer says it is, as written"),
        category("model_claimed", "model the answer says it is, as written"),
        category("model_release", "release of the model as written"),
        category("reasoning_mode", "reasoning effort or role as written"),
        category("prompt_version", "version of the prompt as written"),
        timestamp("timestamp", "when the answer was written or collected", "UTC"),
        category("payload_class", "what the content is: " + ", ".join(PAYLOAD_CLASSES)),
        text("content", "the answer, as JSON where structured; secrets masked; long ones cut"),
        integer("content_chars", "length before cutting", "characters"),
        text("content_hash", "SHA-256 of the unmasked content, first 16 hex digits"),
        integer("shared_payload", "proposals, this one included, with this very content"),
        integer("agreements", "agreements the answer lists"),
        integer(
            "conflicts",
            "conflicts the answer lists, failures of agents excluded; missing without a list",
        ),
        *ORIGIN,
    ),
)

DISAGREEMENTS = Table(
    "disagreements",
    "one disagreement of a run",
    (
        *RUN,
        text("topic", "what it is about"),
        text("description", "the disagreement in words"),
        text("agents", "agents involved, comma separated, where told"),
        category("relation", "agree, disagree or unrelated"),
        category("type", "structural, scope, technical, factual or process"),
        category("disagreement_severity", "cosmetic, structural or logical"),
        text("resolution", "how it was settled, in words"),
        boolean("resolved", "it was settled; missing where nothing tells"),
        category(
            "origin", "declared (written by an agent or tool) or detected (found by comparing)"
        ),
        category("declared_in", "telemetry, synthesis or proposal"),
        boolean("degradation", "not an opinion: an agent failed"),
        *ORIGIN,
    ),
)

COSTS = Table(
    "costs",
    "one amount of a cost summary",
    (
        category("spec_id", "SPEC the summary is about"),
        category("scope", "total, stage, agent or breakdown; sum within one scope only"),
        category("stage", "stage, where the scope has one"),
        category("agent", "agent, where the scope has one"),
        text("key_raw", "key as it was written"),
        number("cost_usd_reported", "amount as recorded", "USD"),
        integer("prompt_tokens", "input tokens, where told", "tokens"),
        integer("completion_tokens", "output tokens, where told", "tokens"),
        integer("tokens_reported", "tokens in total, where told", "tokens"),
        number("budget_usd", "budget of the SPEC", "USD"),
        number("utilization", "total divided by budget, recomputed", "ratio"),
        number("utilization_reported", "as recorded, percent turned into a ratio", "ratio"),
        integer("calls_reported", "calls the summary counts", "calls"),
        number("duration_s", "age of the writer's tracker, not of the run", "s"),
        timestamp("timestamp", "when the summary was generated, where told", "UTC"),
        category("flavour", "native, detailed, per_stage_usd or totals"),
        SCHEMA_VERSION,
        category("pricing_version", "price list the writer names"),
        boolean("superseded", "another loaded root holds a later state of this summary"),
        *ORIGIN,
    ),
)
