"""Consensus telemetry 2.0: one run with its agents, one JSON object per line."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.declared import Declared, declared, write_disagreements
from speckit_analysis.formats.file import Amount, Count, Score, Total, length, names_absolute_path
from speckit_analysis.formats.rows import Run
from speckit_analysis.formats.usage import COUNTS, Usage
from speckit_analysis.tables.timestamps import IN_NAME, canonical, parse
from speckit_analysis.tables.vocabulary import normalise_agent, normalise_stage


class Agent(Usage, gc=False, kw_only=True):
    """One agent's call, embedded in telemetry or in a metrics file of its own."""

    agent_raw: Annotated[str, msgspec.Meta(description="role that was called")] = msgspec.field(
        name="agent"
    )
    model_requested: Annotated[str, msgspec.Meta(description="model requested")] | None = (
        msgspec.field(name="model_id", default=None)
    )
    model_release: str | None = None
    reasoning_mode: str | None = None
    latency_ms: Amount | None = None
    cache_hit: bool | None = None
    cost_usd_reported: Amount | None = msgspec.field(name="cost_usd", default=None)
    status_recorded: Annotated[str, msgspec.Meta(description="ok or error")] | None = msgspec.field(
        name="status", default=None
    )
    error: str | None = None
    arbiter_override: bool | None = None
    override_reason: str | None = None
    output_path: Annotated[str, msgspec.Meta(description="where the answer was put")] | None = None


class Consensus(msgspec.Struct, gc=False):
    """What the agents agreed on, and the run's totals."""

    agents: list[Agent]
    status: str | None = None
    synthesis_status: str | None = None
    agreements: list[Any] | None = None
    conflicts: list[Any] | None = None
    disagreement_detected: bool | None = None
    disagreement_points: list[Any] | None = None
    escalation_triggered: bool | None = None
    escalation_reason: str | None = None
    total_tokens: Total | None = None
    total_latency_ms: Amount | None = None
    total_cost_usd: Amount | None = None


class QualityMetrics(msgspec.Struct, gc=False):
    """Scores and automated checks; 0 of 0 checks is the writer's default, not a measurement."""

    completeness_score: Score | None = None
    human_review_score: Score | None = None
    automated_checks_passed: Count | None = None
    automated_checks_failed: Count | None = None


class Telemetry(msgspec.Struct, kw_only=True, gc=False):
    """Consensus telemetry 2.0."""

    schema_version: str = msgspec.field(name="schemaVersion")
    command: str
    spec_id: str = msgspec.field(name="specId")
    session_id: str | None = msgspec.field(name="sessionId", default=None)
    timestamp: str
    prompt_version: str | None = msgspec.field(name="promptVersion", default=None)
    consensus: Consensus
    consensus_status: str | None = msgspec.field(name="consensusStatus", default=None)
    quality_metrics: QualityMetrics | None = None
    artifacts: list[Any] | None = None
    notes: list[Any] | None = None
    output_tokens: Count | None = None
    latency_ms: Amount | None = None
    agent_participation: dict[str, Any] | None = None
    dry_run: bool | None = None
    dry_run_camel: bool | None = msgspec.field(name="dryRun", default=None)
    mode: Annotated[str, msgspec.Meta(description="dry-run for one")] | None = None


class TasksTelemetry(Telemetry, kw_only=True, gc=False):
    """Telemetry 2.0 of the tasks stage, which also says who took part."""

    output_tokens: Count
    latency_ms: Amount
    agent_participation: Annotated[
        dict[str, Any], msgspec.Meta(description="per agent: took part or not, or how it ended")
    ]


#: In the order in which `_read_run` writes them, as a tuple: telemetry is by far the most frequent,
#: and to name each value would take as long again as to decode the file.
RUN_COLUMNS = (
    "spec_id",
    "stage_raw",
    "key",
    "timestamp_raw",
    "time_semantics",
    "session_id",
    "command",
    "schema_version",
    "prompt_version",
    "status_recorded",
    "synthesis_status",
    "disagreement_recorded",
    "disagreement_points",
    "conflicts",
    "agreements",
    "escalated",
    "escalation_reason",
    "latency_ms_reported",
    "tokens_reported",
    "cost_usd_reported",
    "completeness_score",
    "human_review_score",
    "automated_checks_passed",
    "automated_checks_failed",
    "basis",
    "match_rule",
    "absolute_path",
)
#: What all calls of a run share.
CALL_SHARED = ("spec_id", "stage_raw", "key", "basis")
#: The other columns of a call: fields of an ``Agent``.
CALL_FIELDS = {
    name: name
    for name in Agent.__struct_fields__
    if name in COUNTS or (name not in Usage.__struct_fields__ and name != "output_path")
}

_DECODER = msgspec.json.Decoder(Telemetry)


def _narrow(struct: type[msgspec.Struct], names: Collection[str] = (), **types: Any) -> Any:
    """Return a struct with those fields alone, if any are named, and some of other types."""
    fields = [
        (each.name, types.get(each.name, each.type), _field(each))
        for each in msgspec.structs.fields(struct)
        if not names or each.name in names
    ]
    closed = bool(names)
    return msgspec.defstruct(
        struct.__name__, fields, gc=False, kw_only=True, forbid_unknown_fields=closed
    )


def _field(info: msgspec.structs.FieldInfo) -> Any:
    return msgspec.field(name=info.encode_name, default=info.default)


# Most records name their counts in our way: to look for other names takes as long as to decode.
_own_call = _narrow(Agent, {*CALL_FIELDS, "output_path"})
_own_consensus = _narrow(Consensus, agents=list[_own_call])  # type: ignore[valid-type]
_OWN: msgspec.json.Decoder[Telemetry] = msgspec.json.Decoder(
    _narrow(Telemetry, consensus=_own_consensus)
)
_NO_METRICS = QualityMetrics()


def write_calls(
    file: EvidenceFile,
    rows: Rows,
    locators: Sequence[str],
    run: Run,
    agents: Sequence[Agent],
    basis: str,
) -> None:
    """Write the calls of a run."""
    write = rows.group_writer("calls", CALL_SHARED, CALL_FIELDS)
    write(((file.number, *run.values(), basis), locators, agents))


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write each run, its calls and what it declares of disagreement."""
    try:
        records = [("", _OWN.decode(file.data))]
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        records = list(file.decode_lines(_DECODER))
    if len(records) > 1:
        records = _without_repetitions(file, records)
    # What the records of a file differ in is each one's own: the name speaks of the first.
    # Where the first record is torn, the name does not speak of those that are left.
    torn = bool(records) and records[0][0] not in ("", "L1")
    own_moment = torn or (len(records) > 1 and len({_moment(each) for _, each in records}) > 1)
    own_stage = len(records) > 1 and len({_stage(record) for _, record in records}) > 1
    for prefix, record in records:
        flagged = record.dry_run or record.dry_run_camel
        if (flagged or record.mode) and file.is_dry_run(flagged, record.mode, prefix or "/"):
            continue
        file.check_version(record.schema_version, ("2.0",), f"{prefix}/schemaVersion")
        _read_run(file, rows, prefix, record, own_moment and _moment(record), own_stage)


def _moment(record: Telemetry) -> str | None:
    """Return the moment in one spelling; None where the record tells none."""
    readable = record.timestamp and parse(record.timestamp) is not None
    return canonical(record.timestamp or "") if readable else None


def _spelled(record: Telemetry, moment: str | None) -> Telemetry:
    """Return the record with moments, stage and agents in one spelling, agents in one order."""
    consensus = record.consensus or Consensus(agents=[])
    agents = [
        msgspec.structs.replace(agent, agent_raw=normalise_agent(agent.agent_raw or ""))
        for agent in consensus.agents or ()
    ]
    agents.sort(key=lambda agent: msgspec.json.encode(agent, order="deterministic"))
    return msgspec.structs.replace(
        record,
        timestamp=moment,
        session_id=canonical(record.session_id or ""),
        command=_stage(record),
        consensus=msgspec.structs.replace(consensus, agents=agents),
    )


def _stage(record: Telemetry) -> str | None:
    return normalise_stage(record.command) if record.command else None


def _without_repetitions(
    file: EvidenceFile, records: list[tuple[str, Telemetry]]
) -> list[tuple[str, Telemetry]]:
    """Leave out records that repeat an earlier one of the file, in whatever spelling."""
    kept = []
    seen: defaultdict[Any, list[tuple[str, Telemetry]]] = defaultdict(list)
    for prefix, record in records:
        moment = _moment(record)
        spelled = _spelled(record, moment)
        alike = seen[moment, spelled.session_id]
        # Records that name neither moment nor session may well be of two runs.
        told = moment or record.session_id
        first = next((place for place, other in alike if told and other == spelled), None)
        if first is None:
            alike.append((prefix, spelled))
            kept.append((prefix, record))
        else:
            message = f"the record repeats that of {first}"
            file.problem(prefix, "repeated_record", "warning", message, "counted once")
    return kept


def _read_run(
    file: EvidenceFile,
    rows: Rows,
    prefix: str,
    record: Telemetry,
    own_moment: str | bool | None,
    own_stage: bool,
) -> None:
    spec = file.identity(file.spec, record.spec_id, "specId", prefix)
    stage = (record.command if own_stage else None) or file.group("stage") or record.command
    named = None if own_moment else file.group("timestamp")
    moment = file.identity(named, record.timestamp, "timestamp", prefix)
    key = _key(moment)
    consensus = record.consensus or Consensus(agents=[])
    metrics = record.quality_metrics or _NO_METRICS
    measured = bool(metrics.automated_checks_passed or metrics.automated_checks_failed)
    first_output = consensus.agents[0].output_path if consensus.agents else None
    latency, tokens = consensus.total_latency_ms, consensus.total_tokens
    rows.writer("runs", RUN_COLUMNS)(
        (
            file.number,
            prefix or "/",
            spec,
            stage,
            key,
            moment,
            "start",
            record.session_id,
            record.command,
            record.schema_version,
            record.prompt_version,
            consensus.status or record.consensus_status,
            consensus.synthesis_status,
            consensus.disagreement_detected,
            length(consensus.disagreement_points),
            length(consensus.conflicts),
            length(consensus.agreements),
            consensus.escalation_triggered,
            consensus.escalation_reason,
            record.latency_ms if latency is None else latency,
            None if tokens is None else round(tokens),
            consensus.total_cost_usd,
            metrics.completeness_score,
            metrics.human_review_score,
            metrics.automated_checks_passed if measured else None,
            metrics.automated_checks_failed if measured else None,
            "telemetry",
            "timestamp",
            (first_output or "").startswith("/") or names_absolute_path(record.artifacts),
        )
    )
    run: Run = {"spec_id": spec, "stage_raw": stage, "key": key}
    if consensus.agents:
        locators = _locators(prefix, len(consensus.agents))
        write_calls(file, rows, locators, run, consensus.agents, "telemetry")
    if consensus.disagreement_points or consensus.conflicts:
        _read_disagreements(file, rows, prefix, run, consensus)
    if record.agent_participation is not None:
        _check_participation(file, prefix, record.agent_participation, consensus)


@lru_cache(maxsize=1024)
def _locators(prefix: str, agents: int) -> list[str]:
    return [f"{prefix}/consensus/agents/{number}" for number in range(agents)]


def _key(moment: str | None) -> str | None:
    if moment is None or (len(moment) == 20 and moment[13] == ":" and moment[-1] == "Z"):
        return moment
    return canonical(moment)


def _read_disagreements(
    file: EvidenceFile, rows: Rows, prefix: str, run: Run, consensus: Consensus
) -> None:
    """Points and conflicts mostly repeat each other: what both say is one disagreement."""
    seen: dict[str, tuple[str, Declared]] = {}
    points, conflicts = consensus.disagreement_points, consensus.conflicts
    fields = (
        ("disagreement_points",) if points == conflicts else ("disagreement_points", "conflicts")
    )
    for field in fields:
        for number, item in enumerate(getattr(consensus, field) or ()):
            entry = declared(item)
            if entry is not None:
                seen.setdefault(entry.description, (f"{prefix}/consensus/{field}/{number}", entry))
    write_disagreements(file, rows, run, seen.values(), "telemetry")


def _check_participation(
    file: EvidenceFile, prefix: str, participation: dict[str, Any], consensus: Consensus
) -> None:
    absent = (False, None, "absent", "skipped", "missing", "failed")
    claimed = {agent for agent, state in participation.items() if state not in absent}
    succeeded = [a for a in consensus.agents or () if a.status_recorded in (None, "ok")]
    found = {agent.agent_raw for agent in succeeded if agent.agent_raw is not None}
    if claimed != found:
        message = (
            f"agent_participation names {', '.join(sorted(claimed)) or 'nobody'}, but the calls"
            f" that succeeded are {', '.join(sorted(found)) or 'none'}"
        )
        place = f"{prefix}/agent_participation"
        file.problem(place, "participation_differs", "warning", message, "believed the calls")


def _sniff(content: Mapping[str, Any]) -> bool:
    consensus = content.get("consensus")
    return isinstance(consensus, dict) and "agents" in consensus and "command" in content


FORMAT = Format(
    name="telemetry-v2",
    title="Consensus telemetry 2.0",
    endings=("_telemetry.jsonl", "_telemetry.json"),
    patterns=(re.compile(rf"(?P<stage>.+?)_(?P<timestamp>{IN_NAME})(?:-\d+)?_telemetry\.jsonl?"),),
    read=read,
    sniff=_sniff,
    schemas={"telemetry-v2": Telemetry, "telemetry-tasks": TasksTelemetry},
    finds_dry_runs=True,  # the search would cost the most frequent format a tenth of its time
    rank=0,
)
