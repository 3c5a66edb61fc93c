"""What simulated agents differ about: a question, and the positions that can be taken."""

from __future__ import annotations

from typing import NamedTuple


class Topic(NamedTuple):
    """A question with the positions that agents take on it."""

    name: str
    kind: str
    positions: tuple[str, str, str, str]


TOPICS = (
    Topic(
        "Where sessions are stored",
        "architecture",
        ("one SQLite file", "Redis with a time to live", "signed cookies", "a Postgres table"),
    ),
    Topic(
        "How a failed request is retried",
        "approach",
        (
            "three times at once",
            "with growing pauses",
            "not at all",
            "by a queue in the background",
        ),
    ),
    Topic(
        "Shape of the public interface",
        "interface",
        ("one endpoint with filters", "an endpoint per resource", "GraphQL", "events only"),
    ),
    Topic(
        "Order of the migration",
        "sequence",
        ("schema before code", "code before schema", "both behind a flag", "a copy, then a switch"),
    ),
    Topic(
        "What counts as done",
        "acceptance",
        (
            "all scenarios pass",
            "the smoke test passes",
            "a reviewer agrees",
            "a week without alarms",
        ),
    ),
    Topic(
        "Depth of the tests",
        "testing",
        ("unit tests alone", "a contract test per client", "end to end", "properties and fuzzing"),
    ),
    Topic(
        "Limit on the size of an upload",
        "requirement",
        ("10 MB", "100 MB in parts", "none, but a quota", "what the proxy allows"),
    ),
    Topic(
        "Who may see the audit log",
        "security",
        (
            "administrators",
            "every member",
            "the owner of the row",
            "nobody without a second factor",
        ),
    ),
    Topic(
        "Format of the logs",
        "convention",
        ("JSON lines", "plain text", "traces with spans", "what the platform writes"),
    ),
    Topic(
        "How configuration is read",
        "convention",
        ("from the environment", "from one file", "from a service", "compiled in"),
    ),
    Topic(
        "When the cache is dropped",
        "approach",
        ("on every write", "after five minutes", "by version", "never during a deployment"),
    ),
    Topic(
        "Scope of the first release",
        "scope",
        ("read only", "read and write", "one tenant", "behind an invitation"),
    ),
)

SEVERITIES = ("low", "medium", "high", "critical")

RISKS = (
    "the migration takes longer than the window",
    "two writers race for the same row",
    "the quota of the provider is reached",
    "an old client sends the old format",
    "nobody owns the rollback",
    "the test data are too clean",
)

STEPS = (
    "write the failing test",
    "add the column and fill it",
    "move the reader behind an interface",
    "measure before and after",
    "delete the old path",
    "document the switch",
)
