"""Locks: empty files whose presence is the message."""

from __future__ import annotations

import re

from speckit_analysis.formats.registry import Format

FORMAT = Format(
    name="lock",
    title="Lock of a SPEC",
    endings=(".lock",),
    patterns=(re.compile(r"(?P<spec>.+)\.lock"),),
    may_be_empty=True,
    rank=10,
)
