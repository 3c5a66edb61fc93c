"""Price tables that writers of evidence used, right or wrong: what they would have recorded.

None of them prices anything here.  They explain recorded costs that differ from the price of
the day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Rate = tuple[float, float]


@dataclass(frozen=True)
class WriterTable:
    """A writer's price table."""

    #: What wrote with it, for a sentence.
    name: str
    #: USD per million input and output tokens, by the beginning of the model's id up to a
    #: hyphen; the longest beginning that fits counts.
    rates: Mapping[str, Rate] = field(default_factory=dict)
    #: What the writer takes for a model it does not know.
    fallback: Rate | None = None

    def rate(self, model: str) -> Rate | None:
        """Return the table's own price of `model`; None where it has none."""
        known = [start for start in self.rates if f"{model}-".startswith(f"{start}-")]
        return self.rates[max(known, key=len)] if known else None


#: In the order in which they are tried.
WRITER_TABLES = (
    WriterTable(
        "the table of telemetry_utils.py",
        {
            "gpt-5": (10, 30),
            "gpt-5-codex": (12, 36),
            "claude-sonnet-4-5": (3, 15),
            "gemini-2.5-pro": (0.7, 2.1),
        },
    ),
    WriterTable(
        "the table of cost_tracker.rs of October 2025",
        {
            "claude-haiku": (0.25, 1.25),
            "claude-sonnet": (3, 15),
            "claude-opus": (15, 75),
            "gemini-2.5-flash": (0.10, 0.40),
            "gemini-2.0-flash": (0.10, 0.40),
            "gemini-1.5-flash": (0.075, 0.30),
            "gemini-2.5-flash-lite": (0.05, 0.20),
            "gemini-2.5-pro": (1.25, 5),
            "gemini-1.5-pro": (1.25, 5),
            "gpt-4o": (2.5, 10),
            "gpt-4o-mini": (0.15, 0.60),
            "gpt-4-turbo": (10, 30),
            "gpt-3.5": (0.5, 1.5),
        },
        fallback=(10, 30),
    ),
    WriterTable(
        "the table of cost_tracker.rs of November 2025",
        {
            "claude-haiku": (1, 5),
            "claude-sonnet": (3, 15),
            "claude-opus": (15, 75),
            "gemini-2.5-flash": (0.30, 2.50),
            "gemini-2.0-flash": (0.30, 2.50),
            "gemini-1.5-flash": (0.075, 0.30),
            "gemini-2.5-flash-lite": (0.05, 0.20),
            "gemini-2.5-pro": (1.25, 10),
            "gemini-1.5-pro": (1.25, 10),
            "gemini-3-pro": (2, 12),
            "gpt-5": (1.25, 10),
            "gpt-5.1": (1.25, 10),
            "gpt-5-mini": (0.25, 2),
            "gpt-4o": (2.5, 10),
            "gpt-4o-mini": (0.15, 0.60),
        },
        fallback=(10, 30),
    ),
    WriterTable("Claude Code", fallback=(5, 25)),
)
