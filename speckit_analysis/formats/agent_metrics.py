"""Agent metrics: one call in a file of its own, a copy of what the telemetry embeds."""

from __future__ import annotations

import re

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.registry import has_keys
from speckit_analysis.formats.rows import Run
from speckit_analysis.formats.telemetry_v2 import Agent, write_calls
from speckit_analysis.tables.timestamps import IN_NAME, canonical


class AgentMetrics(Agent, gc=False, kw_only=True):
    """Metrics of one agent's call."""


_DECODER = msgspec.json.Decoder(AgentMetrics)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write the call."""
    record = file.decode(_DECODER)
    if record is None:
        return
    named = file.group("agent")
    if record.agent_raw is None:
        record.agent_raw = named or "unknown"
    elif named is not None and named.replace("-", "_") != record.agent_raw.replace("-", "_"):
        record.agent_raw = file.identity(named, record.agent_raw, "agent") or named
    moment = file.group("timestamp")
    key = canonical(moment) if moment else None
    run: Run = {"spec_id": file.spec, "stage_raw": file.group("stage"), "key": key}
    write_calls(file, rows, ("/",), run, (record,), "metrics")


FORMAT = Format(
    name="agent-metrics",
    title="Metrics of one agent's call",
    endings=("_metrics.json",),
    patterns=(
        re.compile(rf"(?P<stage>.+?)_(?P<timestamp>{IN_NAME})_(?P<agent>[\w.-]+)_metrics\.json"),
    ),
    read=read,
    sniff=has_keys("agent", "latency_ms", "prompt_tokens"),
    schemas={"agent-metrics": AgentMetrics},
    rank=10,
)
