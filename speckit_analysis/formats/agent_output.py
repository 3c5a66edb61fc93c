"""Agent output: one proposal in a file of its own.

The runner writes ``<stage>_<timestamp>_<agent>.json`` under ``consensus/``; older rehearsals
wrote ``<stage>_<agent>_<session>.json`` under ``commands/``.  Logs of other tools are named like
that as well: without a known stage in its name, a file has to have the shape of an answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.proposals import write_proposal
from speckit_analysis.formats.registry import names_stage
from speckit_analysis.formats.rows import Run
from speckit_analysis.tables.timestamps import IN_NAME, canonical
from speckit_analysis.tables.vocabulary import is_known_stage

_SUFFIX = re.compile(r"(?<=Z)-\d+$")
_AGENT = r"(?P<agent>(?!synthesis|telemetry|verdict|metrics|prompt|dry[_-]?run)[a-z][\w.-]*?)"


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write the proposal; a failed agent's stub is a proposal of class ``error``."""
    content = file.parse()
    if content is None:
        return
    value = content if isinstance(content, dict) else {}
    moment = file.group("timestamp") or file.group("session")
    spec = file.identity(file.spec, _text(value, "spec_id", "specId"), "spec_id")
    stage = file.group("stage") or _text(value, "stage")
    agent = file.group("agent") or _text(value, "agent")
    key = canonical(moment) if moment else None
    run: Run = {"spec_id": spec, "stage_raw": stage, "key": key}
    written = _SUFFIX.sub("", moment) if moment else None
    write_proposal(file, rows, "/", run, agent, content, written)


def _text(value: Mapping[str, Any], *keys: str) -> str | None:
    return next((value[key] for key in keys if isinstance(value.get(key), str)), None)


def _sniff(content: Mapping[str, Any]) -> bool:
    if _text(content, "agent") is None:
        return False
    staged = is_known_stage(_text(content, "stage"))
    return staged or bool({"consensus", "prompt_version"} & content.keys())


FORMAT = Format(
    name="agent-output",
    title="One agent's proposal",
    endings=(".json",),
    patterns=(
        re.compile(rf"(?P<stage>[^_]+)_(?P<timestamp>{IN_NAME})_{_AGENT}\.json"),
        re.compile(rf"(?P<stage>[^_]+)_{_AGENT}_(?P<session>{IN_NAME}(?:-\d+)?)\.json"),
    ),
    folders=("consensus", "commands", ""),
    read=read,
    sniff=_sniff,
    certain=names_stage,
    rank=40,
)
