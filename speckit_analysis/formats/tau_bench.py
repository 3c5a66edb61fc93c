"""Trajectories of tau-bench: the same tasks tried several times by one agent.

A JSON list with an entry per trial; the benchmark simulates a user who wants something of a shop
or an airline, and rewards the agent if all ends as it should.
"""

from __future__ import annotations

import re

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.file import Score

#: A trial is passed with a reward of 1; rewards are products of floats.
_ALMOST_ONE = 1 - 1e-6


class TrajectoryEntry(msgspec.Struct, gc=False):
    """What is read of a trial.  ``info.user_cost`` is that of the simulated user: not read."""

    task_id: int | str
    trial: int
    reward: Score


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write one outcome per trial; the name of the file is that of the agent."""
    agent = re.sub(r"\.json(\.gz)?$", "", file.name)
    for number, value in enumerate(file.parse() or ()):
        entry = file.convert(value, TrajectoryEntry, f"/{number}")
        if entry is None:
            continue
        rows.write(
            "outcomes",
            file.number,
            f"/{number}",
            experiment="tau-bench",
            unit=None if entry.task_id is None else str(entry.task_id),
            variant=agent,
            repeat=None if entry.trial is None else str(entry.trial),
            outcome=None if entry.reward is None else float(entry.reward >= _ALMOST_ONE),
            checked_by="the benchmark's end state",
        )


FORMAT = Format(
    name="tau-bench",
    title="Trajectories of tau-bench: tasks tried several times",
    endings=(),
    patterns=(),
    read=read,
    knows=lambda name, data: (
        name.endswith((".json", ".json.gz"))
        and re.match(rb'\s*\[\s*\{\s*"task_id"\s*:', data) is not None
        and b'"reward"' in data
        and b'"trial"' in data
    ),
)
