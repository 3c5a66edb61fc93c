"""Leaderboards of Aider: totals of one model alone, or of an architect and an editor.

A YAML list with an entry a run; https://aider.chat/docs/leaderboards shows them.
"""

from __future__ import annotations

import math
import re
from collections import Counter

import msgspec
import yaml

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.file import Amount, Count
from speckit_analysis.formats.outcome import believe_counts, contradicts


class LeaderboardEntry(msgspec.Struct, gc=False):
    """What is read of a run; the second of two attempts at each case is the one that counts."""

    dirname: str
    model: str
    edit_format: str
    test_cases: Count
    pass_rate_2: Amount
    total_tests: Count | None = None
    pass_num_2: Count | None = None
    editor_model: str | None = None
    editor_edit_format: str | None = None
    total_cost: float | None = None
    seconds_per_case: float | None = None
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write one total per run: cases of the benchmark, one that was not run was not passed."""
    entries = [
        (f"/{number}", file.convert(value, LeaderboardEntry, f"/{number}"))
        for number, value in enumerate(yaml.safe_load(file.data))
    ]
    complete = [(at, one) for at, one in entries if one is not None and _is_whole(file, at, one)]
    for (at, one), name in zip(complete, _names([one for _, one in complete]), strict=True):
        cases, stated = one.total_tests or one.test_cases, one.pass_rate_2 / 100
        passes = round(stated * cases) if one.pass_num_2 is None else one.pass_num_2
        # A rate over the cases that were run is right too.
        right = passes <= one.test_cases and not contradicts(stated, passes, one.test_cases)
        total = believe_counts(file, f"{at}/pass_rate_2", None if right else stated, passes, cases)
        cost = one.total_cost if one.total_cost and math.isfinite(one.total_cost) else None
        if one.total_cost == 0:
            message = f"{name} states a total_cost of 0: free for a while, withdrawn or not counted"
            file.problem(f"{at}/total_cost", "zero_cost", "info", message, "taken as unknown")
        rows.write(
            "outcomes",
            file.number,
            at,
            experiment=re.sub(r"\.ya?ml$", "", file.name),
            unit="all cases",
            repeat=one.dirname,
            variant=name,
            **total,
            cost_usd=cost,
            latency_ms=None
            if one.seconds_per_case is None
            else 1000 * one.seconds_per_case * cases,
            prompt_tokens=one.prompt_tokens or None,
            completion_tokens=one.completion_tokens or None,
            models=" + ".join(filter(None, (one.model, one.editor_model))),
            checked_by="the benchmark's tests",
        )


def _is_whole(file: EvidenceFile, at: str, one: LeaderboardEntry) -> bool:
    """Tell whether a run has counts; what is missing has its problem already."""
    told = None not in (one.dirname, one.model, one.test_cases, one.pass_rate_2)
    cases = one.total_tests or one.test_cases
    if not told or not cases:
        return False
    if (one.pass_num_2 or 0) <= cases and one.pass_rate_2 <= 100:
        return True
    message = f"{one.pass_num_2} passes, {one.pass_rate_2:g} % of {cases} cases"
    file.problem(at, "rate_contradicts_counts", "error", message, "run left out")
    return False


def _names(entries: list[LeaderboardEntry]) -> list[str]:
    """Return a name for each run: its title, and what tells it from others of that title."""
    names = [
        one.model
        if one.editor_model is None or "+" in one.model
        else f"{one.model} + {one.editor_model}"
        for one in entries
    ]
    titles = list(names)
    for tell in (lambda one: one.editor_edit_format or one.edit_format, lambda one: one.dirname):
        used = Counter(names)
        names = [
            f"{title} ({tell(one)})" if used[name] > 1 else name
            for one, title, name in zip(entries, titles, names, strict=True)
        ]
    return names


FORMAT = Format(
    name="aider-leaderboard",
    title="Leaderboard of Aider: runs of a coding benchmark, one model alone or a pair",
    endings=(),
    patterns=(),
    read=read,
    knows=lambda name, data: (
        name.endswith((".yml", ".yaml"))
        and re.match(rb"(\s*(#.*)?\n)*\s*- dirname:", data) is not None
        and b"pass_rate_2:" in data
    ),
)
