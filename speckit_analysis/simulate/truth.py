"""What a simulation wrote, and what loading is to find of it: rows and problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from speckit_analysis.simulate.documents import Document, Json
from speckit_analysis.simulate.history import Run


@dataclass(frozen=True)
class Truth:
    """The runs that happened, and the files that were damaged.

    Attributes
    ----------
    history
        The runs, with their calls and disagreements.
    files
        Path of each file below the folder, with the family it belongs to.
    damage
        Path of each damaged file, with the name of the damage.
    rows
        How many rows loading is to find in each table; tables that are not named have none.
    problems
        How many warnings and errors of each kind loading is to find.
    """

    history: tuple[Run, ...]
    files: dict[str, str]
    damage: dict[str, str]
    rows: dict[str, int]
    problems: dict[str, int]


def expected_rows(documents: Iterable[Document], runs: Iterable[Run]) -> Counter[str]:
    """Return the number of rows of each table, as long as nothing is damaged.

    Runs, calls and opinions are counted as they happened; the other tables by what stands
    in the documents.
    """
    rows: Counter[str] = Counter()
    for run in runs:
        rows["runs"] += 1
        rows["calls"] += len(run.calls)
        rows["proposals"] += len(run.calls)
        rows["disagreements"] += len(run.disagreements)
    for document in documents:
        rows["files"] += 1
        if document.family in _ROWS:
            table, count = _ROWS[document.family]
            rows[table] += count(document.content)
        rows["guardrails"] += document.family in ("guardrail", "native")
    return rows


def expected_problems(runs: Iterable[Run]) -> Counter[str]:
    """Return the number of warnings and errors of each kind, as long as nothing is damaged."""
    problems: Counter[str] = Counter()
    for run in runs:
        problems["no_telemetry"] += not run.measured
        problems["stub"] += run.stub
        problems["unusable_proposal"] += sum(call.failed for call in run.calls)
    return +problems


def _failure(answer: Json) -> int:
    """Count what a failed agent's answer is filed as: degradation, among the disagreements."""
    return len(answer["consensus"]["conflicts"])


def _overrides(telemetry: Json) -> int:
    return sum(bool(agent["arbiter_override"]) for agent in telemetry["consensus"]["agents"])


def _checks(guardrail: Json) -> int:
    listed = ("scenarios", "hooks", "policy")
    return sum(len(guardrail.get(name, ())) for name in listed) + sum(
        name in guardrail for name in ("baseline", "hal")
    )


def _amounts(summary: Json) -> int:
    """Count the total and its parts."""
    parts = ("per_stage", "perStage", "stages", "per_model", "breakdown")
    return 1 + sum(len(summary.get(name, ())) for name in parts)


def _scores(records: Json | list[Json]) -> int:
    """Count the scores of one record, or of many."""
    listed = records if isinstance(records, list) else [records]
    return sum(len(record["quality_scores"]) for record in listed)


_ROWS: dict[str, tuple[str, Callable[[Any], int]]] = {
    "telemetry": ("overrides", _overrides),
    "output": ("disagreements", _failure),
    "rehearsal": ("disagreements", _failure),
    "cost": ("costs", _amounts),
    "guardrail": ("checks", _checks),
    "native": ("checks", lambda record: len(record["checks"])),
    "hal": ("checks", lambda _: 1),
    "lifecycle": ("lifecycle", lambda _: 1),
    "review": ("reviews", _scores),
    "arbitration": ("arbitrations", len),
    "research": ("research", lambda records: sum(max(1, len(r["findings"])) for r in records)),
    "trial": ("trials", len),
    "card": ("reviews", lambda card: len(card["scores"]) + 1),
}
