"""Leaderboards of Aider: runs of a coding benchmark, one model alone or an architect and an editor.

A leaderboard is a YAML list with one entry per run; https://aider.chat/docs/leaderboards shows
them.  An architect plans a change and an editor writes it.
"""

from __future__ import annotations

import datetime as dt
import math
import os
from collections import Counter
from pathlib import Path
from typing import Annotated

import msgspec
import pandas as pd
import yaml

from speckit_analysis.errors import EvidenceError
from speckit_analysis.studies.content import misfit, read_content

_TITLE = "leaderboard"

Count = Annotated[int, msgspec.Meta(ge=0)]
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]


class Entry(msgspec.Struct, frozen=True):
    """What is read of a run; the second of two attempts at each case is the one that counts."""

    dirname: str
    model: str
    edit_format: str
    test_cases: Annotated[int, msgspec.Meta(gt=0)]
    pass_rate_2: Percent
    total_tests: Annotated[int, msgspec.Meta(gt=0)] | None = None
    pass_num_2: Count | None = None
    editor_model: str | None = None
    editor_edit_format: str | None = None
    total_cost: float | None = None
    seconds_per_case: float | None = None
    date: dt.date | None = None

    @property
    def cases(self) -> int:
        """Cases of the benchmark: one that was not run was not passed."""
        return self.total_tests or self.test_cases

    @property
    def passes(self) -> int:
        """Cases passed, as counted or, in leaderboards that only tell the rate, from it."""
        if self.pass_num_2 is not None:
            return self.pass_num_2
        return round(self.pass_rate_2 * self.cases / 100)

    @property
    def architect(self) -> str:
        """The model that works alone or plans; a pair may be called ``architect + editor``."""
        return self.model.partition("+")[0].strip() if self.editor_model else self.model

    @property
    def title(self) -> str:
        """What the run is called, which other runs may be called too."""
        alone = self.editor_model is None or "+" in self.model
        return self.model if alone else f"{self.model} + {self.editor_model}"


def read_leaderboard(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a leaderboard.

    Parameters
    ----------
    path : path
        YAML file, such as ``polyglot_leaderboard.yml`` or ``architect.yml``.

    Returns
    -------
    DataFrame
        One row per run, in the order of the file:

        ``run`` (string)
            Its folder, the only key: one model may have several runs.
        ``name`` (string)
            What it is called, made unique by its edit format where need be.
        ``model``, ``editor_model`` (string)
            Model alone or architect, and editor; without an editor, a run of one model.
        ``edit_format`` (string)
            How edits are written; of a pair, by the editor.
        ``date`` (datetime64[ns])
        ``cases``, ``passes`` (Int64)
            Cases of the benchmark, and those passed in two attempts.
        ``rate_reported`` (Float64)
            The share passed as the file states it, which is not always passes over cases.
        ``cost_usd_reported``, ``cost_usd`` (Float64)
            Cost of all cases as the file states it, and where it is known: 0 stands for runs
            that were free for a while, whose cost is wrong or was never counted.
        ``seconds_per_case`` (Float64)
        ``source``, ``locator`` (string)
            File, and place in it.

    Raises
    ------
    EvidenceError
        If the file cannot be read, is no YAML, lacks what a run must have, or names a run twice.
        The message names file and place.
    """
    entries = _entries(path)
    names = _names(entries)
    costs = [_finite(entry.total_cost) for entry in entries]
    rows = {
        "run": [entry.dirname for entry in entries],
        "name": names,
        "model": [entry.architect for entry in entries],
        "editor_model": [entry.editor_model for entry in entries],
        "edit_format": [entry.editor_edit_format or entry.edit_format for entry in entries],
        "date": [entry.date for entry in entries],
        "cases": [entry.cases for entry in entries],
        "passes": [entry.passes for entry in entries],
        "rate_reported": [entry.pass_rate_2 / 100 for entry in entries],
        "cost_usd_reported": costs,
        "cost_usd": [cost or None for cost in costs],
        "seconds_per_case": [_finite(entry.seconds_per_case) for entry in entries],
        "source": [Path(path).name] * len(entries),
        "locator": [f"[{number}]" for number in range(len(entries))],
    }
    return pd.DataFrame(rows).astype(DTYPES)


#: Columns of a leaderboard's runs.
DTYPES = {
    **dict.fromkeys(("run", "name", "model", "editor_model", "edit_format"), "string"),
    "date": "datetime64[ns]",
    **dict.fromkeys(("cases", "passes"), "Int64"),
    **dict.fromkeys(("rate_reported", "cost_usd_reported", "cost_usd"), "Float64"),
    "seconds_per_case": "Float64",
    **dict.fromkeys(("source", "locator"), "string"),
}


def _entries(path: str | os.PathLike[str]) -> list[Entry]:
    try:
        entries = msgspec.convert(_yaml(path), list[Entry])
    except msgspec.ValidationError as error:
        raise EvidenceError(f"{_TITLE} {path}: {misfit(error)}") from None
    seen: dict[str, int] = {}
    for number, entry in enumerate(entries, start=1):
        where = f"{_TITLE} {path}: entry {number} ({entry.dirname})"
        if entry.dirname in seen:
            raise EvidenceError(f"{where} is entry {seen[entry.dirname]} again; name each run once")
        if entry.passes > entry.cases:
            raise EvidenceError(
                f"{where}, pass_num_2: {entry.passes} passes of {entry.cases} cases"
            )
        for field in ("total_cost", "seconds_per_case"):
            if (getattr(entry, field) or 0) < 0:
                raise EvidenceError(f"{where}, {field}: {getattr(entry, field)} is below 0")
        seen[entry.dirname] = number
    return entries


def _yaml(path: str | os.PathLike[str]) -> object:
    content = read_content(path, _TITLE)
    try:
        return yaml.safe_load(content)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise EvidenceError(f"{_TITLE} {path}: no valid YAML: {where}{error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # A date such as 2025-13-40 is a ValueError of its own.
        reason = str(error).partition("\n")[0]
        raise EvidenceError(f"{_TITLE} {path}: no valid YAML: {reason}") from None


def _names(entries: list[Entry]) -> list[str]:
    """Return a name for each run: its title, and what tells it from others of that title."""
    names = [entry.title for entry in entries]
    for tell in (
        lambda entry: f"{entry.title} ({entry.editor_edit_format or entry.edit_format})",
        lambda entry: f"{entry.title} ({entry.dirname})",
    ):
        used = Counter(names)
        names = [
            tell(entry) if used[name] > 1 else name
            for entry, name in zip(entries, names, strict=True)
        ]
    return names


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
