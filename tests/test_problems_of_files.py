"""Files that cannot be read are problems, and stay listed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from evidence_files import PLACES, cost, problems, write

import speckit_analysis as sk


def too_large(root: Path) -> sk.Evidence:
    write(root, PLACES["cost"], " " * 70_000 + "{}")
    return sk.load(root, max_bytes=66_000)


def special_file(root: Path) -> sk.Evidence:
    (root / "costs").mkdir()
    os.mkfifo(root / PLACES["cost"])
    return sk.load(root)


def unreadable(root: Path) -> sk.Evidence:
    # Refused here, for a user who may read every file would be refused nothing.
    write(root, PLACES["cost"], cost())
    real = os.open

    def refuse(path: Any, *arguments: Any, **options: Any) -> int:
        if str(path).endswith("_cost_summary.json"):
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments, **options)

    with mock.patch.object(os, "open", refuse):
        return sk.load(root)


PROVOKED: dict[str, tuple[Callable[[Path], sk.Evidence], str, str]] = {
    "too_large": (too_large, "error", "more than 66,000 bytes"),
    "special_file": (special_file, "warning", "FIFO"),
    "unreadable": (unreadable, "error", "Permission denied"),
}


@pytest.mark.parametrize("kind", sorted(PROVOKED))
def test_a_file_that_cannot_be_read_is_a_problem_and_stays_listed(
    kind: str, tmp_path: Path
) -> None:
    provoke, severity, message = PROVOKED[kind]
    evidence = provoke(tmp_path)
    problem = problems(evidence, kind)[0]
    assert (problem.severity, problem.source) == (severity, PLACES["cost"])
    assert message in problem.message
    assert list(evidence.files["source"]) == [PLACES["cost"]]
    assert "listed" in problem.action
