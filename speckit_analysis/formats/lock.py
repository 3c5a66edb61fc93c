"""Locks: empty files whose presence is the message."""

from __future__ import annotations

import re

from speckit_analysis.formats.registry import Format

FORMAT = Format(
    name="lock",
    title="Lock of a SPEC, or of a reviewer's cards",
    endings=(".lock",),
    # A bare .lock names no SPEC: it lies among a reviewer's cards.
    patterns=(re.compile(r"(?P<spec>.+)\.lock"), re.compile(r"\.lock")),
    may_be_empty=True,
    rank=10,
)
