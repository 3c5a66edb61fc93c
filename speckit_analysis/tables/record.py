"""What people and tools record beside the runs: scores, overrides, spawns."""

from __future__ import annotations

from speckit_analysis.tables.declare import AGENT, ORIGIN, RUN, Column, Table

REVIEWS = Table(
    "reviews",
    "one reviewer's score of one packet on one criterion",
    (
        Column("experiment", "category", "experiment the review belongs to"),
        Column("spec_id", "category", "SPEC scored"),
        Column("stage", "category", "stage scored"),
        Column("variant", "category", "variant scored"),
        Column("packet", "text", "neutral id under which it was read"),
        Column("reviewer", "category", "reviewer or pseudonym"),
        Column("criterion", "category", "what was scored"),
        Column("score", "number", "how high", "0–10"),
        Column("comment", "text", "what the reviewer wrote"),
        Column("position", "integer", "place of the packet in the reviewer's order, from 1"),
        Column("seconds", "number", "time the reviewer spent on the packet", "s"),
        Column("complete", "boolean", "the card answers all that it has to"),
        Column("guess", "category", "variant that the reviewer thought it was, before unblinding"),
        Column("guess_confidence", "category", "a guess, fairly sure or sure"),
        Column("errors_detected", "integer", "errors that the reviewer found", "errors"),
        Column(
            "assessment", "category", "of an arbiter's change: improvement, neutral, degradation"
        ),
        Column("errors_caught", "integer", "errors that the arbiter caught", "errors"),
        Column("false_positives", "integer", "errors that the arbiter saw and were none", "errors"),
        Column("repeat_of", "text", "packet that this one repeats, to measure self-consistency"),
        Column("forced", "boolean", "unblinded before all planned cards were in"),
        Column("output_cost_usd", "number", "what making the output cost", "USD"),
        Column("output_seconds", "number", "how long making the output took", "s"),
        Column("timestamp", "timestamp", "when", "UTC"),
        *ORIGIN,
    ),
)

OVERRIDES = Table(
    "overrides",
    "one case in which the arbiter changed an outcome",
    (
        *RUN,
        *AGENT,
        Column("reason", "text", "why the arbiter overrode"),
        Column("assessment", "category", "improvement, neutral or degradation, where reviewed"),
        Column("timestamp", "timestamp", "when", "UTC"),
        *ORIGIN,
    ),
)

SPAWNS = Table(
    "spawns",
    "one agent process started",
    (
        Column("spawn_id", "text", "id of the process"),
        Column("run_id", "text", "run it belongs to"),
        *AGENT,
        Column("model_requested", "category", "model asked for, as written"),
        Column("timestamp", "timestamp", "when it started", "UTC"),
        Column("latency_ms", "number", "how long it ran", "ms"),
        Column("status", "category", "ok or error"),
        *ORIGIN,
    ),
)
