"""What experiments record beside blind scores: arbitrations, research, guardrails tried."""

from __future__ import annotations

from speckit_analysis.tables.declare import ORIGIN, Column, Table

_TRIED = (
    Column("experiment", "category", "experiment the record belongs to"),
    Column("spec_id", "category", "SPEC worked on"),
    Column("stage", "category", "stage worked on"),
    Column("variant", "category", "variant tried"),
)
_TIMESTAMP = Column("timestamp", "timestamp", "when", "UTC")

ARBITRATIONS = Table(
    "arbitrations",
    "one outcome of an experiment that an arbiter could change",
    (
        *_TRIED,
        Column("invoked", "boolean", "the arbiter was asked"),
        Column("override", "boolean", "the arbiter changed the outcome"),
        Column("override_type", "category", "kind of change, in the recorder's words"),
        Column("description", "text", "what the arbiter changed"),
        Column("assessment", "category", "of the change: improvement, neutral or degradation"),
        Column("reviewer", "category", "who assessed it"),
        Column("errors_caught", "integer", "errors that the arbiter caught", "errors"),
        Column("false_positives", "integer", "errors that the arbiter saw and were none", "errors"),
        Column("cost_usd", "number", "what asking the arbiter cost", "USD"),
        Column("latency_ms", "number", "how long the arbiter took", "ms"),
        _TIMESTAMP,
        *ORIGIN,
    ),
)

RESEARCH = Table(
    "research",
    "one finding of a research output; without a finding where the output found nothing",
    (
        *_TRIED,
        Column("model_id", "category", "model that did the research, normalised"),
        Column("finding", "text", "what was found"),
        Column("citation", "text", "source that the finding cites"),
        Column("relevance", "number", "how relevant a reader finds it", "0–10"),
        Column("reviewer", "category", "who rated the relevance"),
        Column("prompt_tokens", "integer", "size of the output's largest prompt", "tokens"),
        Column("tool_calls", "integer", "tool calls made for the output", "calls"),
        _TIMESTAMP,
        *ORIGIN,
    ),
)

TRIALS = Table(
    "trials",
    "one output that one variant of a guardrail judged",
    (
        *_TRIED,
        Column("output", "text", "the output judged; the same for all variants"),
        Column("valid", "boolean", "the output is truly valid: it ought to pass"),
        Column("passed", "boolean", "the guardrail let it pass"),
        Column("reason", "text", "why the guardrail stopped it"),
        Column("latency_ms", "number", "how long the guardrail took", "ms"),
        Column("cost_usd", "number", "what the guardrail cost", "USD"),
        Column("upkeep_minutes", "number", "work that people had with it over this output", "min"),
        _TIMESTAMP,
        *ORIGIN,
    ),
)
