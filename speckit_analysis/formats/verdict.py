"""Verdict: the proposals of a run, exported in one file; often those of many runs."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.proposals import write_proposal
from speckit_analysis.formats.registry import has_keys
from speckit_analysis.formats.rows import Run
from speckit_analysis.tables.timestamps import canonical, start_of


class Proposal(msgspec.Struct, gc=False):
    """One agent's answer as it was collected."""

    agent_name: str
    content: Annotated[Any, msgspec.Meta(description="object, or text that may hold one")] = None
    created_at: Annotated[str, msgspec.Meta(description="when it was collected, UTC")] | None = None


class Verdict(msgspec.Struct, kw_only=True, gc=False):
    """Proposals of a run."""

    spec_id: str
    stage: str
    proposals: list[Proposal]
    run_id: str | None = None
    exported_at: str | None = None
    consensus_ok: bool | None = None
    degraded: bool | None = None


_DECODER = msgspec.json.Decoder(Verdict)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write the run or, where no run is named, one run per batch of collection."""
    record = file.decode(_DECODER)
    if record is None:
        return
    spec = file.identity(file.spec, record.spec_id, "spec_id")
    stage = file.group("stage") or record.stage
    proposals = record.proposals or []
    keys = [_key(record, proposal) for proposal in proposals]
    status = {True: "ok", False: "conflict", None: None}[record.consensus_ok]
    for key in dict.fromkeys(keys) if keys else [record.run_id or _batch(record.exported_at)]:
        moment, semantics = _moment(record, key)
        rows.write(
            "runs",
            file.number,
            "/",
            spec_id=spec,
            stage_raw=stage,
            key=key,
            timestamp_raw=moment,
            time_semantics=semantics,
            session_id=record.run_id,
            status_recorded=status,
            basis="verdict",
            match_rule="run_id" if record.run_id else "batch",
        )
    for number, (proposal, key) in enumerate(zip(proposals, keys, strict=True)):
        run: Run = {"spec_id": spec, "stage_raw": stage, "key": key}
        agent, place = proposal.agent_name, f"/proposals/{number}"
        write_proposal(file, rows, place, run, agent, proposal.content, proposal.created_at)
    _check(file, record, keys)


def _key(record: Verdict, proposal: Proposal) -> str | None:
    return record.run_id or _batch(proposal.created_at or record.exported_at)


def _batch(moment: str | None) -> str | None:
    return f"batch-{canonical(moment)}" if moment else None


def _moment(record: Verdict, key: str | None) -> tuple[str | None, str]:
    started = start_of(record.run_id)
    if started:
        return started, "start"
    if key and key.startswith("batch-"):
        return key.removeprefix("batch-"), "collected"
    return record.exported_at, "exported"


def _check(file: EvidenceFile, record: Verdict, keys: list[str | None]) -> None:
    if not record.proposals:
        message = "a verdict without a single proposal"
        file.problem("/proposals", "empty_verdict", "error", message, "run kept, without calls")
    if len(set(keys)) > 1:
        message = f"{len(keys)} proposals of {len(set(keys))} batches in one file without a run_id"
        action = "each batch taken as a run of its own"
        file.problem("/proposals", "many_runs_in_one_file", "warning", message, action)


FORMAT = Format(
    name="verdict",
    title="Verdict: the proposals of a run",
    endings=("_verdict.json",),
    patterns=(re.compile(r"(?P<stage>[^_]+)_verdict\.json"),),
    read=read,
    sniff=has_keys("proposals"),
    schemas={"verdict": Verdict},
    rank=10,
)
