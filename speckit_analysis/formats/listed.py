"""Files that fill no table: recognised and listed, so that nothing is taken for unknown."""

from __future__ import annotations

import re

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.tables.timestamps import IN_NAME


def check_baseline(file: EvidenceFile, _: Rows) -> None:
    """File a problem where a baseline audit says itself that it is a placeholder."""
    position = file.data.lower().find(b"placeholder")
    if position >= 0:
        line = file.data.count(b"\n", 0, position) + 1
        message = "the audit says itself that it is a placeholder: nothing was audited"
        file.problem(f"line {line}", "placeholder", "info", message, "no row made of it")


def check_roster(file: EvidenceFile, _: Rows) -> None:
    """Check that a roster in JSON is JSON."""
    if file.name.endswith(".json"):
        file.parse()


FORMATS = (
    Format(
        name="lint",
        title="Output of the task linter",
        endings=(".txt",),
        patterns=(re.compile(rf"lint_(?P<stage>[a-z]+)_(?P<timestamp>{IN_NAME})\.txt"),),
        rank=10,
    ),
    Format(
        name="lock",
        title="Lock of a SPEC, or of a reviewer's cards",
        endings=(".lock",),
        # A bare .lock names no SPEC: it lies among a reviewer's cards.
        patterns=(re.compile(r"(?P<spec>.+)\.lock"), re.compile(r"\.lock")),
        may_be_empty=True,
        rank=10,
    ),
    Format(
        name="prompt",
        title="Prompt of an agent",
        endings=("_prompt.txt",),
        patterns=(
            re.compile(
                rf"(?P<stage>[^_]+)_(?P<timestamp>{IN_NAME})_(?P<agent>[\w.-]+)_prompt\.txt"
            ),
        ),
        rank=10,
    ),
    Format(
        name="baseline",
        title="Baseline audit",
        endings=(".md",),
        patterns=(re.compile(rf"baseline_(?P<session>{IN_NAME}(?:-\d+)?)\.md"),),
        read=check_baseline,
        rank=10,
    ),
    Format(
        name="roster",
        title="Roster of tools and servers",
        endings=(".json", ".txt"),
        patterns=(
            re.compile(rf"(?P<timestamp>{IN_NAME})-(?!hal-)[\w.-]+\.(?:json|txt)"),
            re.compile(rf"roster(?:_(?P<timestamp>{IN_NAME}))?\.json"),
        ),
        folders=("commands", ""),
        read=check_roster,
        rank=15,
        yields=True,
    ),
)
