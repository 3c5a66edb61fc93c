"""What people, tools and experiments record beside the runs."""

from __future__ import annotations

from speckit_analysis.tables.declare import (
    AGENT,
    ORIGIN,
    RUN,
    Table,
    boolean,
    category,
    integer,
    number,
    text,
    timestamp,
)

REVIEWS = Table(
    "reviews",
    "one reviewer's score of one packet on one criterion",
    (
        category("experiment", "experiment the review belongs to"),
        category("spec_id", "SPEC scored"),
        category("stage", "stage scored"),
        category("variant", "variant scored"),
        text("packet", "neutral id under which it was read"),
        category("reviewer", "reviewer or pseudonym"),
        category("criterion", "what was scored"),
        number("score", "how high", "0–10"),
        text("comment", "what the reviewer wrote"),
        integer("position", "place of the packet in the reviewer's order, from 1"),
        number("seconds", "time the reviewer spent on the packet", "s"),
        boolean("complete", "the card answers all that it has to"),
        category("guess", "variant that the reviewer thought it was, before unblinding"),
        category("guess_confidence", "a guess, fairly sure or sure"),
        integer("errors_found", "errors that the reviewer found", "errors"),
        category("assessment", "of an arbiter's change: improvement, neutral, degradation"),
        integer("errors_caught", "errors that the arbiter caught", "errors"),
        integer("false_positives", "errors that the arbiter saw and were none", "errors"),
        text("repeat_of", "packet that this one repeats, to measure self-consistency"),
        boolean("forced", "unblinded before all planned cards were in"),
        number("output_cost_usd", "what making the output cost", "USD"),
        number("output_seconds", "how long making the output took", "s"),
        timestamp("timestamp", "when", "UTC"),
        *ORIGIN,
    ),
)

OVERRIDES = Table(
    "overrides",
    "one case in which the arbiter changed an outcome",
    (
        *RUN,
        *AGENT,
        text("reason", "why the arbiter overrode"),
        category("assessment", "improvement, neutral or degradation, where reviewed"),
        timestamp("timestamp", "when", "UTC"),
        *ORIGIN,
    ),
)

SPAWNS = Table(
    "spawns",
    "one agent process started",
    (
        text("spawn_id", "id of the process"),
        text("run_id", "run it belongs to"),
        *AGENT,
        category("model_requested", "model asked for, as written"),
        timestamp("timestamp", "when it started", "UTC"),
        number("latency_ms", "how long it ran", "ms"),
        category("status", "ok or error"),
        *ORIGIN,
    ),
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

OUTCOMES = Table(
    "outcomes",
    "one checked result of one variant on one unit",
    (
        category("experiment", "experiment the result belongs to"),
        text("unit", "what every variant worked on: a task, a SPEC"),
        category(
            "group", "units of one group resemble each other, such as tasks of one repository"
        ),
        category("variant", "variant tried"),
        text("repeat", "which try of the unit; the same try named twice is one record"),
        number("outcome", "0 or 1, or a number: more is better; of a total, the share passed"),
        integer("passes", "of a total, cases passed", "cases"),
        integer("cases", "cases behind a total; missing for a single result", "cases"),
        number("outcome_stated", "rate as stated, where its own counts contradict it", "share"),
        number("cost_usd", "what the result cost, all models together", "USD"),
        number("consulting_usd", "of which for models beside the main one", "USD"),
        number("latency_ms", "how long the result took", "ms"),
        integer("prompt_tokens", "input tokens", "tokens"),
        integer("completion_tokens", "output tokens", "tokens"),
        text("models", "models that were asked"),
        category("checked_by", "what or who checked the result"),
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
