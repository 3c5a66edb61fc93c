"""When models came out: a call before that day has a wrong date, or a wrong model."""

from __future__ import annotations

import re

import numpy as np

#: Day of the first public release, as announced by the maker.
RELEASES = {
    "claude-3-opus": "2024-02-29",
    "claude-3-haiku": "2024-03-13",
    "claude-sonnet-3-5": "2024-06-20",
    "claude-haiku-3-5": "2024-10-22",
    "claude-sonnet-3-7": "2025-02-19",
    "claude-sonnet-4": "2025-05-22",
    "claude-opus-4": "2025-05-22",
    "claude-opus-4-1": "2025-08-05",
    "claude-sonnet-4-5": "2025-09-29",
    "claude-haiku-4-5": "2025-10-15",
    "claude-opus-4-5": "2025-11-24",
    "claude-opus-4-6": "2026-02-05",
    "claude-sonnet-4-6": "2026-02-17",
    "claude-opus-4-7": "2026-04-16",
    "gpt-4o": "2024-05-13",
    "gpt-4o-mini": "2024-07-18",
    "o1": "2024-12-05",
    "o3-mini": "2025-01-31",
    "gpt-4.1": "2025-04-14",
    "gpt-4.1-mini": "2025-04-14",
    "gpt-4.1-nano": "2025-04-14",
    "o3": "2025-04-16",
    "o4-mini": "2025-04-16",
    "o3-pro": "2025-06-10",
    "gpt-5": "2025-08-07",
    "gpt-5-mini": "2025-08-07",
    "gpt-5-nano": "2025-08-07",
    "gpt-5-codex": "2025-09-15",
    "gpt-5-pro": "2025-10-06",
    "gpt-5.1": "2025-11-12",
    "gpt-5.1-codex": "2025-11-13",
    "gpt-5.1-codex-max": "2025-11-19",
    "gpt-5.2": "2025-12-11",
    "gpt-5.3-codex": "2026-02-05",
    "gpt-5.4": "2026-03-05",
    "gpt-5.5": "2026-04-23",
    "gemini-2.0-flash": "2024-12-11",
    "gemini-2.5-pro": "2025-03-25",
    "gemini-2.5-flash": "2025-04-17",
    "gemini-2.5-flash-lite": "2025-06-17",
    "gemini-3-pro-preview": "2025-11-18",
    "gemini-3-flash-preview": "2025-12-17",
    "glm-4.5": "2025-07-28",
    "glm-4.6": "2025-09-30",
    "glm-4.7": "2025-12-22",
    "glm-5": "2026-02-11",
    "kimi-k2.5": "2026-01-27",
    "grok-4": "2025-07-09",
}

_DAY = re.compile(r"[-@](20\d\d)-?([01]\d)-?([0-3]\d)(?!\d)")


def released(model: str, raw: str | None = None) -> np.datetime64 | None:
    """Return the day on which a model came out; None where that is not known.

    >>> released("gpt-5"), released("gpt-4o", "openai/gpt-4o-2024-08-06"), released("oracle-9")
    (np.datetime64('2025-08-07'), np.datetime64('2024-08-06'), None)
    """
    found = _DAY.search(raw or "")
    day = "-".join(found.groups()) if found else RELEASES.get(model)
    return np.datetime64(day, "D") if day else None
