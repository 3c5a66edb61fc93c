"""Prompts as they were sent.  Recognised, not read."""

from __future__ import annotations

import re

from speckit_analysis.formats.registry import Format
from speckit_analysis.tables.timestamps import IN_NAME

FORMAT = Format(
    name="prompt",
    title="Prompt of an agent",
    endings=("_prompt.txt",),
    patterns=(
        re.compile(rf"(?P<stage>[^_]+)_(?P<timestamp>{IN_NAME})_(?P<agent>[\w.-]+)_prompt\.txt"),
    ),
    rank=10,
)
