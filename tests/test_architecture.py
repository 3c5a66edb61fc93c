"""Which part of the package may import which: data flow one way, and in no circle."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "speckit_analysis"

#: The rooms, lowest first.  None imports from one on its own floor or above.
FLOORS = (
    {"errors", "whole_files", "sample", "stats"},
    {"hand_files", "tables"},
    {"formats", "prices"},
    {"evidence"},
    {"analysis", "run"},
    {"figures", "disagreements", "plans"},
    {"display", "review"},
    {"reports", "simulate"},
    {"commands"},
    {"cli"},
)


def module_name(path: Path) -> str:
    """Return the dotted name of a module of the package."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def imported(path: Path) -> set[str]:
    """Return the modules of the package that a module imports, for types alone or in a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in MODULES else node.module for name in inner}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names & MODULES.keys()


def room(module: str) -> str:
    """Return the part of the package that a module belongs to; nothing for the package itself."""
    return module.partition(".")[2].partition(".")[0]


def test_every_room_has_a_floor():
    assert set().union(*FLOORS) == {room(module) for module in MODULES} - {""}


@pytest.mark.parametrize("floor", range(len(FLOORS)))
def test_data_flow_one_way(floor):
    below = set().union(*FLOORS[:floor])
    upwards = {
        f"{module} imports {other}"
        for module, path in MODULES.items()
        for other in imported(path)
        if room(module) in FLOORS[floor] and room(other) not in below | {room(module), ""}
    }
    assert upwards == set()


def test_no_modules_import_each_other_in_a_circle():
    graph = {
        module: {other for other in imported(path) if other != "speckit_analysis"}
        for module, path in MODULES.items()
    }
    TopologicalSorter(graph).prepare()  # raises a CycleError that names them
