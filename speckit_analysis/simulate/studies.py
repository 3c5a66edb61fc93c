"""Studies of a known truth, in the shape of published ones: a leaderboard and repeated trials."""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import dataclass
from random import Random
from typing import Any

import yaml

from speckit_analysis.sample import EARLIER, LEADERBOARD, TRIALS
from speckit_analysis.simulate.tree import empty_folder
from speckit_analysis.whole_files import write_whole

#: Cases of the simulated benchmark.
CASES = 225

#: Simulated tasks, and how often each is tried.
TASKS, TIMES = 25, 4

#: A task passes with a chance that is drawn from Beta(a, b): some nearly always, some never.
TASK_CHANCES = (0.6, 0.8)

#: Of the cost of this run the earlier leaderboard had counted only a third.
RESTATED, COUNTED_BEFORE = "sim-thinking", 1 / 3


@dataclass(frozen=True)
class Contender:
    """A model, or an architect with an editor, and its truth.

    Attributes
    ----------
    model, editor : str
        Who; no editor if alone.
    rate : float
        Chance that a case passes.
    usd, seconds : float
        Cost and time of a case.
    stated_cost : str
        ``known``, ``zero`` (it was free for a while) or ``missing``.
    """

    model: str
    rate: float
    usd: float
    seconds: float
    editor: str = ""
    stated_cost: str = "known"

    @property
    def name(self) -> str:
        """The model, or ``architect + editor``."""
        return f"{self.model} + {self.editor}" if self.editor else self.model


CONTENDERS = (
    Contender("sim-tiny", 0.10, 0.0015, 12),
    Contender("sim-small", 0.35, 0.005, 18),
    Contender("sim-medium", 0.52, 0.06, 24),
    Contender("sim-large", 0.62, 0.45, 60),
    Contender("sim-thinking", 0.70, 0.20, 130),
    Contender("sim-preview", 0.45, 0.02, 30, stated_cost="zero"),
    Contender("sim-withdrawn", 0.30, 0.03, 40, stated_cost="missing"),
    Contender("sim-medium", 0.58, 0.045, 35, editor="sim-small"),
    Contender("sim-large", 0.70, 0.30, 75, editor="sim-medium"),
    Contender("sim-thinking", 0.70, 0.16, 140, editor="sim-small"),
    Contender("sim-preview", 0.50, 0.025, 45, editor="sim-small", stated_cost="zero"),
)


def simulate_studies(folder: str | os.PathLike[str], seed: int = 35) -> None:
    """Write a leaderboard, an earlier version of it, and repeated trials.

    Parameters
    ----------
    folder : path
        Gets ``leaderboard.yml`` and ``leaderboard-earlier.yml`` (as Aider's are) and
        ``trials.json`` (as tau-bench's are).
    seed : int
        Of all draws.

    Raises
    ------
    EvidenceError
        If the folder is not empty, or cannot be made.
    """
    target = empty_folder(folder)
    random = Random(f"{seed} studies")
    board = [_entry(number, one, random) for number, one in enumerate(CONTENDERS)]
    earlier = [
        entry | {"total_cost": round(entry["total_cost"] * COUNTED_BEFORE, 4)}
        if entry["model"] == RESTATED
        else entry
        for entry in board[:-1]
    ]
    for name, entries in ((LEADERBOARD, board), (EARLIER, earlier)):
        head = "# Simulated: no model was called.  See data/README.md for the truth.\n"
        write_whole(target / name, head + yaml.safe_dump(entries, sort_keys=False))
    lines = ",\n".join(map(json.dumps, _trials(random)))
    write_whole(target / TRIALS, f"[\n{lines}\n]\n")


def _entry(number: int, one: Contender, random: Random) -> dict[str, Any]:
    """Return a run as a leaderboard tells it: passes in one attempt, and in two."""
    passes = sum(random.random() < one.rate for _ in range(CASES))
    at_once = sum(random.random() < 0.5 for _ in range(passes))
    day = dt.date(2025, 9, 1) + dt.timedelta(days=3 * number)
    spent = round(CASES * one.usd * random.lognormvariate(0, 0.05), 4)
    editor = {"editor_model": one.editor, "editor_edit_format": "editor-diff"}
    stated = {"known": {"total_cost": spent}, "zero": {"total_cost": 0.0}, "missing": {}}
    return {
        "dirname": f"{day}-12-00-00--{one.name.replace(' + ', '-')}",
        "test_cases": CASES,
        "model": one.name,
        "edit_format": "architect" if one.editor else "diff",
        **(editor if one.editor else {}),
        "pass_rate_1": round(100 * at_once / CASES, 1),
        "pass_rate_2": round(100 * passes / CASES, 1),
        "pass_num_1": at_once,
        "pass_num_2": passes,
        "total_tests": CASES,
        "date": day,
        "seconds_per_case": round(one.seconds * random.lognormvariate(0, 0.1), 1),
        **stated[one.stated_cost],
    }


def _trials(random: Random) -> list[dict[str, Any]]:
    """Return the trials of all tasks, one pass over the tasks after the other."""
    chances = [random.betavariate(*TASK_CHANCES) for _ in range(TASKS)]
    return [
        {
            "task_id": task,
            "reward": float(random.random() < chance),
            "info": {"user_cost": round(0.002 * random.lognormvariate(0, 0.4), 6)},
            "traj": [],
            "trial": trial,
        }
        for trial in range(TIMES)
        for task, chance in enumerate(chances)
    ]
