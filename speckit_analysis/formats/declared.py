"""Disagreements that an agent or a tool declared, in the many shapes they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

# An agent that crashed is an outage, not an opinion, though upstream writes it as a conflict.
from speckit_analysis.formats import EvidenceFile, Rows
from speckit_analysis.formats.rows import Run

_FAILURE = re.compile(
    r"\b(execution failed|timed? ?out|did not respond|no (valid )?response|crashed|unavailable)\b",
    re.IGNORECASE,
)
_NOTHING = re.compile(
    r"^\W*(no|none|n/?a|nil)\b(?:\W+(?:major|significant|material|open|remaining))?"
    r"(?:\W*(?:conflicts?|disagreements?)?(?:\W+(?:detected|found|identified|noted|remain(?:ing)?))?)\W*$",
    re.IGNORECASE,
)
# "No major conflicts." and a remark is none as well, unless the remark takes it back.
_NOTHING_REMARKED = re.compile(
    r"^\W*no\b(?:\W+(?:major|significant|material|open|remaining))?\W+(?:conflicts?|disagreements?)"
    r"(?:\W+(?:detected|found|identified|noted|remain(?:ing)?))?\s*[.;]\s"
    r"(?!.*\b(?:but|however|except|although)\b)",
    re.IGNORECASE | re.DOTALL,
)
_TEXT_KEYS = ("description", "issue", "conflict", "summary", "point", "detail", "details", "text")
_TOPIC_KEYS = ("topic", "title", "area", "field", "id")


class Declared(msgspec.Struct, gc=False):
    """One declared disagreement."""

    topic: str | None
    description: str
    agents: str | None
    type: str | None
    severity: str | None
    resolution: str | None
    resolved: bool | None
    degradation: bool


def declared(item: Any) -> Declared | None:
    """Read a declared conflict; None for one that says "none", and for what is none.

    >>> declared("No major conflicts") is None
    True
    >>> declared("claude execution failed").degradation
    True
    >>> declared({"issue": "Which database?", "resolution": "SQLite"}).resolution
    'SQLite'
    """
    if isinstance(item, str):
        if not item.strip() or _NOTHING.match(item) or _NOTHING_REMARKED.match(item):
            return None
        return Declared(None, item, None, None, None, None, None, _tells_failure(item))
    if not isinstance(item, dict) or not item:
        return None
    topic = _first(item, _TOPIC_KEYS)
    description = _first(item, _TEXT_KEYS) or topic or msgspec.json.encode(item).decode()
    resolution = _first(item, ("resolution", "resolved_as", "decision"))
    told = item.get("resolved")
    agents = item.get("agents") or item.get("participants") or item.get("positions")
    return Declared(
        topic,
        description,
        ", ".join(map(str, agents)) if isinstance(agents, (list, dict)) else None,
        _first(item, ("type", "category")),
        _first(item, ("severity",)),
        resolution,
        told if isinstance(told, bool) else (True if resolution else None),
        _tells_failure(description),
    )


def _tells_failure(text: str) -> bool:
    words = text.lower()
    # One of these is in whatever the pattern finds, and a plain search costs less.
    hint = (
        "failed" in words
        or "time" in words
        or "respon" in words
        or "crash" in words
        or "unavail" in words
    )
    return hint and _FAILURE.search(text) is not None


def _first(item: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    for key in keys:
        value = item.get(key)
        if value and isinstance(value, str):
            return value
    return None


def write_disagreements(
    file: EvidenceFile,
    rows: Rows,
    run: Run,
    entries: Iterable[tuple[str, Declared | None]],
    declared_in: str,
    *,
    resolved: bool = False,
) -> None:
    """Write one row per declared disagreement of the run.

    `entries` are pairs of a locator and what was declared there, None for nothing; `resolved`
    tells that the place itself says they were settled.  What an agent failed to do is written
    too, marked as degradation.
    """
    for locator, entry in entries:
        if entry is not None:
            rows.write(
                "disagreements",
                file.number,
                locator,
                **run,
                topic=entry.topic,
                description=entry.description,
                agents=entry.agents,
                relation="disagree",
                type=entry.type,
                disagreement_severity=entry.severity,
                resolution=entry.resolution,
                resolved=resolved or entry.resolved,
                origin="declared",
                declared_in=declared_in,
                degradation=entry.degradation,
            )
