"""Synthesis: the merged result of a run, in the four flavours that were written.

The runner's (identity mostly unexpanded template literals), two narrative ones written by
hand or by a model, and the exported one with markdown instead of substance.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.declared import declared, write_disagreements
from speckit_analysis.formats.file import Count, length
from speckit_analysis.formats.redaction import mask
from speckit_analysis.formats.rows import Run
from speckit_analysis.tables.timestamps import IN_NAME, canonical, start_of


class SynthesisConsensus(msgspec.Struct, gc=False):
    """What the synthesis says was agreed and settled."""

    agreements: list[Any] | None = None
    conflicts: list[Any] | None = None
    conflicts_resolved: list[Any] | None = None


class Synthesis(msgspec.Struct, kw_only=True, gc=False):
    """Synthesis of a run, every flavour."""

    status: Annotated[str, msgspec.Meta(description="ok, degraded or conflict")]
    stage: str | None = None
    spec_id: str | None = None
    spec_id_camel: str | None = msgspec.field(name="specId", default=None)
    timestamp: str | None = None
    prompt_version: str | None = None
    agents: list[Any] | dict[str, Any] | None = None
    consensus: SynthesisConsensus | None = None
    telemetry: str | None = None
    agreements: list[Any] | None = None
    conflicts: list[Any] | None = None
    output_markdown: str | None = None
    output_path: str | None = None
    artifacts_count: Count | None = None
    degraded: bool | int | None = None
    run_id: str | None = None
    created_at: str | None = None


_DECODER = msgspec.json.Decoder(Synthesis)
_STATUSES = ("ok", "degraded", "conflict", "error")
_SESSION = re.compile(rf"_({IN_NAME}-\d+)\.json$")
_GENERATED = re.compile(r"\*\*Generated\*\*:\s*(\d{4}-\d\d-\d\d \d\d:\d\d UTC)")
_CLAIM = re.compile(r"Synthesized from (\d+) agent responses")
_HEADING = re.compile(r"^(#.*|\*\*.*\*\*:.*|- (?:Synthesized from|All agents completed).*|\s*)$")


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write what the synthesis says of its run, and the conflicts that it settled."""
    record = file.decode(_DECODER)
    if record is None:
        return
    literal = "${" in (record.stage or "") or "${" in (record.spec_id_camel or record.spec_id or "")
    named = "spec_id" if record.spec_id is not None else "specId"
    spec = file.identity(file.spec, record.spec_id or record.spec_id_camel, named)
    stage = file.group("stage") or record.stage
    if literal:
        file.identity(stage, record.stage, "stage")
        file.state = "repaired"
    moment, semantics = _moment(file, record)
    key, rule = _key(file, record, moment)
    run: Run = {"spec_id": spec, "stage_raw": stage, "key": key}
    agents = _agents_recorded(record)
    consensus = record.consensus or SynthesisConsensus()
    agreements = consensus.agreements if consensus.agreements is not None else record.agreements
    conflicts = consensus.conflicts if consensus.conflicts is not None else record.conflicts
    listed = conflicts if conflicts is not None else consensus.conflicts_resolved
    # The runner writes an empty list whether or not it had anything to compare.
    listed = None if agents == 0 and not listed else listed
    rows.write(
        "runs",
        file.number,
        "/",
        **run,
        folder=None if key else f"{spec}/{stage}",
        timestamp_raw=moment,
        time_semantics=semantics,
        session_id=record.run_id,
        prompt_version=None if "${" in (record.prompt_version or "") else record.prompt_version,
        synthesis_status=record.status,
        agreements=length(agreements),
        conflicts=length(listed),
        agents_recorded=agents,
        output_path=record.output_path,
        basis="synthesis",
        match_rule=rule,
        provenance="template" if literal else _provenance(record),
        absolute_path=(record.output_path or "").startswith("/"),
    )
    _write_conflicts(file, rows, run, record)
    _check(file, record, agents)


def _provenance(record: Synthesis) -> str | None:
    # The narrative flavours have no machine that writes them.
    narrative = record.consensus is not None and record.output_markdown is None
    return "hand_written" if narrative and record.agents != [] else None


def _moment(file: EvidenceFile, record: Synthesis) -> tuple[str | None, str | None]:
    named = file.group("timestamp")
    if named:
        return file.identity(named, record.timestamp, "timestamp"), "start"
    if record.timestamp and "${" not in record.timestamp:
        return record.timestamp, "end"
    started = start_of(record.run_id)
    if started:
        return started, "start"
    generated = _GENERATED.search(record.output_markdown or "")
    if record.created_at or generated:
        return record.created_at or generated[1] if generated else record.created_at, "exported"
    return None, None


def _key(file: EvidenceFile, record: Synthesis, moment: str | None) -> tuple[str | None, str]:
    """Return what tells the run from others, None where only the folder can tell."""
    if file.group("timestamp"):
        return canonical(moment) if moment else None, "timestamp"
    session = _SESSION.search(record.telemetry or "")
    if session:
        return canonical(session[1]), "session"
    if record.run_id:
        return record.run_id, "run_id"
    if record.output_markdown is not None:
        return None, "folder"
    digest = hashlib.sha256(file.data).hexdigest()[:8]
    return canonical(moment) if moment else f"undated-{digest}", "file"


def _agents_recorded(record: Synthesis) -> int | None:
    if isinstance(record.agents, dict):
        active = record.agents.get("active")
        return len(active) if isinstance(active, list) else None
    claim = _CLAIM.search(record.output_markdown or "")
    if record.artifacts_count is not None:
        return record.artifacts_count
    if claim:
        return int(claim[1])
    return len(record.agents) if record.agents is not None else None


def _write_conflicts(file: EvidenceFile, rows: Rows, run: Run, record: Synthesis) -> None:
    consensus = record.consensus or SynthesisConsensus()
    for field, items, resolved in (
        ("/consensus/conflicts", consensus.conflicts, False),
        ("/conflicts", record.conflicts, False),
        ("/consensus/conflicts_resolved", consensus.conflicts_resolved, True),
    ):
        entries = ((f"{field}/{number}", declared(item)) for number, item in enumerate(items or ()))
        write_disagreements(file, rows, run, entries, "synthesis", resolved=resolved)


def _check(file: EvidenceFile, record: Synthesis, agents: int | None) -> None:
    if record.status is not None and record.status not in _STATUSES:
        message = f"status {record.status!r}; expected one of {', '.join(_STATUSES)}"
        file.problem("/status", "unknown_status", "warning", message, "kept as recorded")
    if record.status != "ok":
        return
    degraded = record.agents.get("degraded") if isinstance(record.agents, dict) else record.degraded
    if degraded:
        named = f": {', '.join(map(str, degraded))}" if isinstance(degraded, list) else ""
        message = f"status is 'ok' although agents were degraded{mask(named)}"
        file.problem("/status", "ok_over_failed_agents", "warning", message, "status recomputed")
    if agents == 0:
        message = "status is 'ok' although the list of agents is empty"
        file.problem("/agents", "ok_without_agents", "error", message, "status recomputed")
    if record.output_markdown is not None and _is_hollow(record.output_markdown):
        message = "status is 'ok' although the merged result holds nothing but headings"
        place = "/output_markdown"
        file.problem(place, "empty_synthesis", "warning", mask(message), "kept as recorded")


def _is_hollow(markdown: str) -> bool:
    return all(_HEADING.match(line) for line in markdown.splitlines())


def _sniff(content: Mapping[str, Any]) -> bool:
    merged = (
        isinstance(content.get("consensus"), dict) and not {"agent", "command"} & content.keys()
    )
    return "status" in content and (merged or "output_markdown" in content)


FORMAT = Format(
    name="synthesis",
    title="Synthesis of a run",
    endings=("_synthesis.json",),
    patterns=(
        re.compile(rf"(?P<stage>[^_]+)_(?P<timestamp>{IN_NAME})(?:-\d+)?_synthesis\.json"),
        re.compile(r"(?P<stage>[^_]+)_synthesis\.json"),
    ),
    read=read,
    sniff=_sniff,
    schemas={"synthesis": Synthesis},
    rank=10,
)
