"""Baseline audits: markdown that a guardrail leaves behind."""

from __future__ import annotations

import re

from speckit_analysis.formats.file import EvidenceFile
from speckit_analysis.formats.registry import Format
from speckit_analysis.formats.rows import Rows
from speckit_analysis.tables.timestamps import IN_NAME


def read(file: EvidenceFile, rows: Rows) -> None:
    """File a problem where the audit says itself that it is a placeholder."""
    position = file.data.lower().find(b"placeholder")
    if position >= 0:
        line = file.data.count(b"\n", 0, position) + 1
        message = "the audit says itself that it is a placeholder: nothing was audited"
        file.problem(f"line {line}", "placeholder", "info", message, "no row made of it")


FORMAT = Format(
    name="baseline",
    title="Baseline audit",
    endings=(".md",),
    patterns=(re.compile(rf"baseline_(?P<session>{IN_NAME}(?:-\d+)?)\.md"),),
    read=read,
    rank=10,
)
