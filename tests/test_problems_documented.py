"""Every kind of problem that the code can file is provoked by a test and explained in the docs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from test_problems import CASES
from test_problems_of_files import PROVOKED

import speckit_analysis as sk
from speckit_analysis.tables import PROBLEM_KINDS, SEVERITIES

PACKAGE = Path(sk.__file__).parent
DOCS = PACKAGE.parent / "docs" / "problems.md"


def filed_by(module: ast.Module) -> Iterator[str]:
    """Yield what stands before a severity in a call, or is called kind."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            texts = [a.value if isinstance(a, ast.Constant) else None for a in node.args]
            for kind, severity in pairwise(texts):
                if isinstance(kind, str) and severity in SEVERITIES:
                    yield kind
            if isinstance(node.func, ast.Name) and node.func.id == "filed_once":
                yield str(texts[0])
            named = [k.value for k in node.keywords if k.arg == "kind"]
            if any(k.arg == "severity" for k in node.keywords):
                yield from (value.value for value in named if isinstance(value, ast.Constant))
        elif isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple):
            named = ast.unparse(node.target).startswith("(kind, ")
            yield from (ast.literal_eval(row.elts[0]) for row in node.iter.elts if named)


def kinds_in_code() -> set[str]:
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        found.update(filed_by(ast.parse(path.read_text())))
    return found


def test_every_kind_that_the_code_files_is_provoked_by_a_test() -> None:
    elsewhere = {"format_failed"}  # in test_entry_point, for ours do not fail
    assert kinds_in_code() == {*CASES, *PROVOKED, *elsewhere}


def test_every_kind_that_the_code_files_is_documented_and_no_other() -> None:
    documented = re.findall(r"^### `?([a-z_]+)`?$", DOCS.read_text(), re.MULTILINE)
    assert set(documented) == kinds_in_code()
    assert len(documented) == len(set(documented))


def test_every_kind_that_the_code_files_is_known_by_name() -> None:
    assert kinds_in_code() == PROBLEM_KINDS
