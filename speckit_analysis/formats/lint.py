"""Output of the task linter.  Recognised, not read."""

from __future__ import annotations

import re

from speckit_analysis.formats.registry import Format
from speckit_analysis.tables.timestamps import IN_NAME

FORMAT = Format(
    name="lint",
    title="Output of the task linter",
    endings=(".txt",),
    patterns=(re.compile(rf"lint_(?P<stage>[a-z]+)_(?P<timestamp>{IN_NAME})\.txt"),),
    rank=10,
)
