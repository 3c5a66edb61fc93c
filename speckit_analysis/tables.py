"""The contract: every table with its columns, types, units and meaning, declared once.

Loading, validation, ``Evidence.describe``, the ``describe`` command and
``docs/columns.md`` are all derived from :data:`TABLES`.  A column that is not declared
here does not exist; a column that is declared here is always present, missing where the
evidence does not tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["text", "category", "integer", "number", "boolean", "timestamp"]

#: Arrow type of each kind, as workers build it and snapshots store it.
ARROW_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "category": pa.dictionary(pa.int32(), pa.string()),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("ns", tz="UTC"),
}

#: pandas dtype of each kind, as users see it: nullable, UTC.
PANDAS_DTYPES: dict[Kind, str] = {
    "text": "string",
    "category": "category",
    "integer": "Int64",
    "number": "Float64",
    "boolean": "boolean",
    "timestamp": "datetime64[ns, UTC]",
}

#: The stages of a SPEC in the order in which they are worked on.
STAGES = ("specify", "plan", "tasks", "implement", "validate", "audit", "unlock")

#: Checks between stages that agents answer like a stage; ordered after the stages.
QUALITY_GATES = ("quality-gate-clarify", "quality-gate-checklist", "quality-gate-analyze")

STATUSES = ("ok", "degraded", "conflict", "error")

#: Where a row comes from, best first.  Analyses use ``measured`` rows by default.
PROVENANCES = (
    "measured",
    "stale_copy",
    "role_played",
    "hand_written",
    "fixture",
    "stub",
    "template",
)

#: What a proposal's content is.  Analyses use ``structured`` proposals by default.
PAYLOAD_CLASSES = (
    "structured",
    "unresolved_template",
    "schema_echo",
    "transcript",
    "terminal_dump",
    "free_text",
    "stub",
    "error",
    "empty",
)

SEVERITIES = ("info", "warning", "error")

#: Categories whose order means something; frames carry them as ordered categoricals.
ORDERED_CATEGORIES: dict[str, tuple[str, ...]] = {
    "stage": STAGES + QUALITY_GATES,
    "status": STATUSES,
    "provenance": PROVENANCES,
    "payload_class": PAYLOAD_CLASSES,
    "severity": SEVERITIES,
}


@dataclass(frozen=True)
class Column:
    """One variable of a table."""

    name: str
    kind: Kind
    meaning: str
    unit: str = ""

    @property
    def dtype(self) -> str:
        """The pandas dtype of the column."""
        return PANDAS_DTYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """One kind of thing, one row each."""

    name: str
    row: str
    columns: tuple[Column, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        """Return the column called `name`."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name!r} has no column {name!r}")

    @property
    def arrow_schema(self) -> pa.Schema:
        """The table's Arrow schema."""
        return pa.schema([(c.name, ARROW_TYPES[c.kind]) for c in self.columns])

    def empty(self) -> pd.DataFrame:
        """Return the table with no rows but every column and its dtype."""
        import pandas as pd

        return pd.DataFrame({c.name: pd.Series(dtype=c.dtype) for c in self.columns})

    def describe(self) -> pd.DataFrame:
        """Return one row per column: name, dtype, unit and meaning."""
        import pandas as pd

        return pd.DataFrame(
            [(c.name, c.dtype, c.unit, c.meaning) for c in self.columns],
            columns=["column", "dtype", "unit", "meaning"],
        )


# Columns that several tables share, declared once so that they mean the same everywhere.

_ORIGIN = (
    Column(
        "provenance", "category", "measured, or why the row is not: " + ", ".join(PROVENANCES[1:])
    ),
    Column("source", "category", "file the row was read from, relative to the root given to load"),
    Column("locator", "category", "place in the file: a JSON pointer, after L<line> in JSON Lines"),
)
_RUN = (
    Column("run_id", "text", "run the row belongs to: <spec_id>/<stage>/<key of the run>"),
    Column("spec_id", "category", "SPEC worked on"),
    Column("stage", "category", "stage of the SPEC, ordered " + " < ".join(STAGES)),
)
_AGENT = (
    Column("agent", "category", "role that was called: gemini, claude, gpt_pro, gpt_codex, code …"),
    Column("agent_raw", "category", "agent as it was written"),
)
_TOKENS = (
    Column("prompt_tokens", "integer", "input tokens, cached ones included", "tokens"),
    Column(
        "completion_tokens",
        "integer",
        "output tokens, reasoning excluded where told apart",
        "tokens",
    ),
    Column("reasoning_tokens", "integer", "output tokens spent on reasoning", "tokens"),
    Column("cached_tokens", "integer", "input tokens answered from the provider's cache", "tokens"),
    Column("total_tokens", "integer", "total as recorded", "tokens"),
)
_TIMESTAMP_RAW = Column("timestamp_raw", "text", "timestamp as it was written")
_SCHEMA_VERSION = Column("schema_version", "category", "schemaVersion as it was written")

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "runs",
            "one stage of one SPEC worked on once, by one or more agents",
            (
                *_RUN,
                Column("stage_raw", "category", "stage as it was written"),
                Column("timestamp", "timestamp", "when the run took place, as far as known", "UTC"),
                _TIMESTAMP_RAW,
                Column(
                    "time_semantics",
                    "category",
                    "what the timestamp marks: start, end, collected or exported",
                ),
                Column("session_id", "text", "session, batch or run id the writer gave"),
                Column("command", "category", "command that started the run"),
                _SCHEMA_VERSION,
                Column("prompt_version", "category", "version of the prompts used"),
                Column(
                    "status",
                    "category",
                    "recomputed from what the agents left: " + ", ".join(STATUSES),
                ),
                Column(
                    "status_recorded", "category", "status the run's telemetry or synthesis claims"
                ),
                Column("synthesis_status", "category", "status the synthesis claims"),
                Column("agents", "integer", "calls known to belong to the run", "calls"),
                Column("agents_ok", "integer", "calls that left a usable answer", "calls"),
                Column("agents_failed", "integer", "calls that failed or came back empty", "calls"),
                Column(
                    "agents_recorded", "integer", "agents the synthesis says it merged", "agents"
                ),
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
                Column(
                    "completeness_score", "number", "quality_metrics.completeness_score as recorded"
                ),
                Column(
                    "human_review_score", "number", "quality_metrics.human_review_score as recorded"
                ),
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
                    "basis",
                    "category",
                    "best evidence of the run: telemetry, synthesis, verdict or output",
                ),
                Column("sources", "integer", "files that speak of the run", "files"),
                Column(
                    "match_rule",
                    "category",
                    "how the files were joined: timestamp, session, run_id, batch or file",
                ),
                *_ORIGIN,
            ),
        ),
        Table(
            "calls",
            "one agent's call within a run",
            (
                *_RUN,
                *_AGENT,
                Column("provider", "category", "maker of the model: anthropic, google, openai …"),
                Column(
                    "model_id",
                    "category",
                    "model, normalised: observed, else requested, else claimed",
                ),
                Column("model_requested", "category", "model the caller asked for, as written"),
                Column("model_claimed", "category", "model the answer says it is, as written"),
                Column("model_observed", "category", "model the provider reported, as written"),
                Column("model_release", "category", "release of the model as written"),
                Column("reasoning_mode", "category", "reasoning effort or role as written"),
                Column(
                    "timestamp",
                    "timestamp",
                    "of the run, or of the call where it has its own",
                    "UTC",
                ),
                *_TOKENS,
                Column("latency_ms", "number", "wall time of the call", "ms"),
                Column("cache_hit", "boolean", "the prompt was answered from a cache"),
                Column(
                    "cost_usd",
                    "number",
                    "computed from tokens at the price of the day; missing if unknown",
                    "USD",
                ),
                Column("cost_usd_reported", "number", "as recorded", "USD"),
                Column("pricing_version", "category", "price list behind cost_usd"),
                Column(
                    "status", "category", "ok or error, recomputed from error, output and status"
                ),
                Column("status_recorded", "category", "as recorded"),
                Column("error", "text", "error message as recorded"),
                Column("arbiter_override", "boolean", "the arbiter overrode the agents here"),
                Column("override_reason", "text", "why"),
                Column(
                    "basis", "category", "best evidence of the call: telemetry, metrics or output"
                ),
                Column("sources", "integer", "files that describe the call", "files"),
                *_ORIGIN,
            ),
        ),
        Table(
            "proposals",
            "what an agent's call put forward",
            (
                *_RUN,
                Column("stage_claimed", "text", "stage the answer says it is for, as written"),
                *_AGENT,
                Column("agent_claimed", "text", "agent the answer says it is, as written"),
                Column("model_claimed", "category", "model the answer says it is, as written"),
                Column("model_release", "category", "release of the model as written"),
                Column("reasoning_mode", "category", "reasoning effort or role as written"),
                Column("prompt_version", "category", "version of the prompt as written"),
                Column("timestamp", "timestamp", "when the answer was written or collected", "UTC"),
                Column(
                    "payload_class",
                    "category",
                    "what the content is: " + ", ".join(PAYLOAD_CLASSES),
                ),
                Column(
                    "content",
                    "text",
                    "the answer, as JSON where structured; secrets masked; long ones cut",
                ),
                Column("content_chars", "integer", "length before cutting", "characters"),
                Column(
                    "content_hash", "text", "SHA-256 of the unmasked content, first 16 hex digits"
                ),
                Column(
                    "shared_payload",
                    "integer",
                    "proposals, this one included, with this very content",
                ),
                Column("agreements", "integer", "agreements the answer lists"),
                Column(
                    "conflicts",
                    "integer",
                    "conflicts the answer lists, failures of agents excluded",
                ),
                *_ORIGIN,
            ),
        ),
        Table(
            "disagreements",
            "one disagreement of a run",
            (
                *_RUN,
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
                *_ORIGIN,
            ),
        ),
        Table(
            "costs",
            "one amount of a cost summary",
            (
                Column("spec_id", "category", "SPEC the summary is about"),
                Column(
                    "scope",
                    "category",
                    "total, stage, agent or breakdown; sum within one scope only",
                ),
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
                    "utilization_reported",
                    "number",
                    "as recorded, percent turned into a ratio",
                    "ratio",
                ),
                Column("calls_reported", "integer", "calls the summary counts", "calls"),
                Column("duration_s", "number", "age of the writer's tracker, not of the run", "s"),
                Column(
                    "timestamp", "timestamp", "when the summary was generated, where told", "UTC"
                ),
                Column("flavour", "category", "native, detailed, per_stage_usd or totals"),
                _SCHEMA_VERSION,
                Column("pricing_version", "category", "price list the writer names"),
                Column(
                    "superseded",
                    "boolean",
                    "another loaded root holds a later state of this summary",
                ),
                *_ORIGIN,
            ),
        ),
        Table(
            "guardrails",
            "one execution of a stage's guardrail",
            (
                Column("guardrail_id", "text", "<spec_id>/<stage>/<session>"),
                *_RUN,
                Column("stage_raw", "category", "stage or command as it was written"),
                Column("flavour", "category", "command (telemetry 1) or native"),
                _SCHEMA_VERSION,
                Column("session_id", "text", "session as written; a process id in native files"),
                Column("started_at", "timestamp", "start, from the session id", "UTC"),
                Column("timestamp", "timestamp", "end of the execution", "UTC"),
                _TIMESTAMP_RAW,
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
                Column(
                    "policy_stubbed", "boolean", "the policy command was `true`: no model was asked"
                ),
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
                *_ORIGIN,
            ),
        ),
        Table(
            "checks",
            "one check within a guardrail, or one health check (HAL)",
            (
                Column(
                    "guardrail_id", "text", "guardrail the check belongs to; missing for HAL files"
                ),
                Column("spec_id", "category", "SPEC checked"),
                Column("stage", "category", "stage checked"),
                Column("kind", "category", "check, scenario, hook, policy, baseline or hal"),
                Column("name", "category", "name of the check"),
                Column("status", "category", "ok or error, recomputed; missing where skipped"),
                Column("status_recorded", "category", "as recorded"),
                Column("http_status", "integer", "HTTP status a HAL check recorded"),
                Column("message", "text", "what the check said"),
                Column("timestamp", "timestamp", "when", "UTC"),
                *_ORIGIN,
            ),
        ),
        Table(
            "lifecycle",
            "one event of a stage's attempt",
            (
                *_RUN,
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
                _TIMESTAMP_RAW,
                Column(
                    "since_dispatch_ms", "number", "time since the attempt was dispatched", "ms"
                ),
                *_ORIGIN,
            ),
        ),
        Table(
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
                Column("timestamp", "timestamp", "when", "UTC"),
                *_ORIGIN,
            ),
        ),
        Table(
            "overrides",
            "one case in which the arbiter changed an outcome",
            (
                *_RUN,
                *_AGENT,
                Column("reason", "text", "why the arbiter overrode"),
                Column(
                    "assessment", "category", "improvement, neutral or degradation, where reviewed"
                ),
                Column("timestamp", "timestamp", "when", "UTC"),
                *_ORIGIN,
            ),
        ),
        Table(
            "spawns",
            "one agent process started",
            (
                Column("spawn_id", "text", "id of the process"),
                Column("run_id", "text", "run it belongs to"),
                *_AGENT,
                Column("model_requested", "category", "model asked for, as written"),
                Column("timestamp", "timestamp", "when it started", "UTC"),
                Column("latency_ms", "number", "how long it ran", "ms"),
                Column("status", "category", "ok or error"),
                *_ORIGIN,
            ),
        ),
        Table(
            "files",
            "one file found under the roots",
            (
                Column("source", "text", "path relative to the root given to load"),
                Column("format", "category", "format that read it, or unrecognised"),
                Column(
                    "parse_state",
                    "category",
                    "ok, repaired, mistyped, empty, invalid, binary, too_large, special"
                    " or unreadable",
                ),
                Column(
                    "evidence_root",
                    "text",
                    "folder that holds consensus/, commands/ or costs/, relative to the root",
                ),
                Column(
                    "path",
                    "text",
                    "path within the evidence root: equal for two states of one file",
                ),
                Column("spec_id", "category", "SPEC, from the path"),
                Column("stage", "category", "stage, from the name"),
                Column("agent", "category", "agent, from the name"),
                Column("timestamp", "timestamp", "timestamp in the name", "UTC"),
                Column("bytes", "integer", "size", "bytes"),
                Column("disk_bytes", "integer", "size in whole 4 KiB blocks", "bytes"),
                Column("sha256", "text", "SHA-256 of the content"),
                Column("duplicate_of", "text", "first file with the very same content"),
                Column(
                    "superseded",
                    "boolean",
                    "a later evidence root holds another state of this file",
                ),
                Column("rows", "integer", "rows read from it, problems excluded", "rows"),
            ),
        ),
        Table(
            "problems",
            "one thing in the evidence that could not be taken at face value",
            (
                Column("source", "text", "file"),
                Column("locator", "text", "place in the file: a JSON pointer, or line and column"),
                Column("kind", "category", "kind of problem; docs/problems.md explains each"),
                Column("severity", "category", "info, warning or error"),
                Column("message", "text", "what was found and what was expected"),
                Column("action", "text", "what was done about it"),
                Column("run_id", "text", "run it concerns, where it concerns one"),
            ),
        ),
    )
}
