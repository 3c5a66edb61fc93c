"""Result files of other tools, in shapes of our own, and where real ones with their values lie."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
from shared_files import SHARED

import speckit_analysis as sk

OTHER_TOOLS = SHARED / "other_tools"


def load(folder: Path, **files: Any) -> sk.Evidence:
    """Load files by name; `a__json` is `a.json`, and what is no text or bytes is JSON."""
    for name, content in files.items():
        path = folder / (name if "." in name else name.replace("__", "."))
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))
    return sk.load(folder)


def tries(evidence: sk.Evidence, column: str, experiment: str | None = None) -> dict[Any, Any]:
    """Return a figure of each measured try: by variant, unit and repeat; None where missing."""
    rows = evidence.outcomes.query("provenance == 'measured'")
    if experiment is not None:
        rows = rows[rows["experiment"] == experiment]
    keys = [rows[name].astype("object") for name in ("variant", "unit", "repeat")]
    keys = [key.where(key.notna(), None) for key in keys]
    values = [None if pd.isna(value) else value for value in rows[column]]
    found = dict(zip(zip(*keys, strict=True), values, strict=True))
    assert len(found) == len(rows), "two rows of one try"
    return found


def kinds(evidence: sk.Evidence) -> list[str]:
    """Return the kinds of the problems that are more than notes, each once."""
    serious = evidence.problems.query("severity != 'info'")
    return sorted(serious["kind"].astype(str).unique())
