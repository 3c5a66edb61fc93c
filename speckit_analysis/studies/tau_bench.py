"""Trajectories of tau-bench: the same tasks tried several times by one agent.

A file is a JSON list, packed or not, with one entry per trial; the benchmark simulates a user
who wants something of a shop or an airline, and rewards the agent if all ends as it should.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import msgspec
import pandas as pd

from speckit_analysis.errors import EvidenceError
from speckit_analysis.studies.content import misfit, read_content

_TITLE = "trajectories"

#: A trial is passed with a reward of 1; rewards are products of floats.
_ALMOST_ONE = 1 - 1e-6


class Info(msgspec.Struct, frozen=True):
    """What is read of a trial's surroundings."""

    user_cost: Annotated[float, msgspec.Meta(ge=0)] | None = None


class Trial(msgspec.Struct, frozen=True):
    """What is read of a trial; its messages are skipped."""

    task_id: int | str
    trial: int
    reward: Annotated[float, msgspec.Meta(ge=0, le=1)]
    info: Info = Info()


#: Columns of the trials.
DTYPES = {
    "task": "string",
    "trial": "Int64",
    "reward": "Float64",
    "passed": "boolean",
    "user_cost_usd": "Float64",
    "source": "string",
    "locator": "string",
}


def read_trials(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read the trials of a file of trajectories.

    Parameters
    ----------
    path : path
        JSON file, or one packed by gzip, such as ``gpt-4o-airline.json.gz``.

    Returns
    -------
    DataFrame
        One row per trial, in the order of the file: ``task`` (string), ``trial`` (Int64),
        ``reward`` (Float64, 0 to 1), ``passed`` (boolean: a reward of 1), ``user_cost_usd``
        (Float64: what the *simulated user* cost, not the agent; missing where not told),
        ``source`` and ``locator`` (string).

    Raises
    ------
    EvidenceError
        If the file cannot be read or unpacked, is no JSON, lacks what a trial must have, or
        holds one trial of a task twice.  The message names file and place.
    """
    try:
        trials = msgspec.json.decode(read_content(path, _TITLE), type=list[Trial])
    except msgspec.ValidationError as error:
        raise EvidenceError(f"{_TITLE} {path}: {misfit(error)}") from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise EvidenceError(f"{_TITLE} {path}: no valid JSON: {error}") from None
    rows = {
        "task": [str(trial.task_id) for trial in trials],
        "trial": [trial.trial for trial in trials],
        "reward": [trial.reward for trial in trials],
        "passed": [trial.reward >= _ALMOST_ONE for trial in trials],
        "user_cost_usd": [trial.info.user_cost for trial in trials],
        "source": [Path(path).name] * len(trials),
        "locator": [f"[{number}]" for number in range(len(trials))],
    }
    frame = pd.DataFrame(rows).astype(DTYPES)
    again = frame[frame.duplicated(["task", "trial"])]
    if len(again):
        first = again.iloc[0]
        raise EvidenceError(
            f"{_TITLE} {path}: entry {again.index[0] + 1}: task {first['task']}, trial"
            f" {first['trial']} is there already; are these two runs in one file?"
        )
    return frame
