"""What people and tools record beside the runs: scores, overrides, spawns."""

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
        integer("errors_detected", "errors that the reviewer found", "errors"),
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
