"""Rosters: which tools and servers the writer's machine offered.  Recognised, not read."""

from __future__ import annotations

import re

from speckit_analysis.formats.file import EvidenceFile
from speckit_analysis.formats.registry import Format
from speckit_analysis.formats.rows import Rows
from speckit_analysis.tables.timestamps import IN_NAME


def read(file: EvidenceFile, rows: Rows) -> None:
    """Check that a roster in JSON is JSON; it holds nothing that a table needs."""
    if file.name.endswith(".json"):
        file.parse()


FORMAT = Format(
    name="roster",
    title="Roster of tools and servers",
    endings=(".json", ".txt"),
    patterns=(
        re.compile(rf"(?P<timestamp>{IN_NAME})-(?!hal-)[\w.-]+\.(?:json|txt)"),
        re.compile(rf"roster(?:_(?P<timestamp>{IN_NAME}))?\.json"),
    ),
    folders=("commands", ""),
    read=read,
    rank=15,
)
