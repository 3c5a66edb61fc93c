"""What experiments record beside blind scores: arbitrations, research, guardrails tried."""

from __future__ import annotations

from speckit_analysis.tables.declare import (
    ORIGIN,
    Table,
    boolean,
    category,
    integer,
    number,
    text,
    timestamp,
)

_TRIED = (
    category("experiment", "experiment the record belongs to"),
    category("spec_id", "SPEC worked on"),
    category("stage", "stage worked on"),
    category("variant", "variant tried"),
)
_TIMESTAMP = timestamp("timestamp", "when", "UTC")

ARBITRATIONS = Table(
    "arbitrations",
    "one outcome of an experiment that an arbiter could change",
    (
        *_TRIED,
        boolean("invoked", "the arbiter was asked"),
        boolean("override", "the arbiter changed the outcome"),
        category("override_type", "kind of change, in the recorder's words"),
        text("description", "what the arbiter changed"),
        category("assessment", "of the change: improvement, neutral or degradation"),
        category("reviewer", "who assessed it"),
        integer("errors_caught", "errors that the arbiter caught", "errors"),
        integer("false_positives", "errors that the arbiter saw and were none", "errors"),
        number("cost_usd", "what asking the arbiter cost", "USD"),
        number("latency_ms", "how long the arbiter took", "ms"),
        _TIMESTAMP,
        *ORIGIN,
    ),
)

RESEARCH = Table(
    "research",
    "one finding of a research output; without a finding where the output found nothing",
    (
        *_TRIED,
        category("model_id", "model that did the research, normalised"),
        text("finding", "what was found"),
        text("citation", "source that the finding cites"),
        number("relevance", "how relevant a reader finds it", "0–10"),
        category("reviewer", "who rated the relevance"),
        integer("prompt_tokens", "size of the output's largest prompt", "tokens"),
        integer("tool_calls", "tool calls made for the output", "calls"),
        _TIMESTAMP,
        *ORIGIN,
    ),
)

TRIALS = Table(
    "trials",
    "one output that one variant of a guardrail judged",
    (
        *_TRIED,
        text("output", "the output judged; the same for all variants"),
        boolean("valid", "the output is truly valid: it ought to pass"),
        boolean("passed", "the guardrail let it pass"),
        text("reason", "why the guardrail stopped it"),
        number("latency_ms", "how long the guardrail took", "ms"),
        number("cost_usd", "what the guardrail cost", "USD"),
        number("upkeep_minutes", "work that people had with it over this output", "min"),
        _TIMESTAMP,
        *ORIGIN,
    ),
)
