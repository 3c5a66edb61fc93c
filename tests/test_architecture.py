"""Which package may import which: data flow one way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "speckit_analysis"

#: What each package must not import, at the top of a module or in a function.
FORBIDDEN = {
    "stats": {"analysis", "formats", "assemble", "evidence", "disagreements", "review", "figures"},
    "formats": {"assemble", "analysis", "disagreements", "review", "figures", "reports"},
    "studies": {"stats", "formats", "assemble", "analysis", "figures", "reports"},
    "assemble": {"analysis", "disagreements", "review", "figures", "reports"},
    "analysis": {
        *("plans", "studies", "disagreements", "review", "figures", "display"),
        *("reports", "commands"),
    },
    "disagreements": {"review", "figures", "display", "reports", "commands"},
    "review": {"figures", "display", "reports", "commands"},
    "figures": {"disagreements", "review", "display", "reports", "commands"},
}


def imported(path: Path) -> set[str]:
    """Return the parts of the package that a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    inside = (name.split(".") for name in names)
    return {parts[1] for parts in inside if parts[0] == "speckit_analysis" and len(parts) > 1}


@pytest.mark.parametrize("package", sorted(FORBIDDEN))
def test_data_flow_one_way(package):
    wrong = {
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in (PACKAGE / package).rglob("*.py")
        for name in imported(path) & FORBIDDEN[package]
    }
    assert wrong == set()
