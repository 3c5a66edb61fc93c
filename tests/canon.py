"""Published examples with their results, which lie beside the checkout where they are shared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

CANON = Path(__file__).parents[2] / "shared" / "stats" / "canon.json"

needs_canon = pytest.mark.skipif(
    not CANON.is_file(), reason="the shared statistics are not beside the checkout"
)


def canon(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return data and expected results of the example called `name`."""
    entries = json.loads(CANON.read_text())["entries"]
    (entry,) = [entry for entry in entries if entry["id"] == name]
    return entry["data"], entry["expected"]
