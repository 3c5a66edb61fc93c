"""Schemas that are code and document at once, and files held against them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from speckit_analysis.errors import EvidenceError
from speckit_analysis.formats import schemas

#: Kinds of problems that mean that a file does not follow its schema.
SCHEMA_PROBLEMS = frozenset(
    {
        *("unreadable", "too_large", "empty_file", "format_failed", "binary_file", "invalid_json"),
        *("encoding", "not_a_number", "missing_field", "mistyped_field", "loosely_typed"),
        *("template_literal", "unknown_schema_version", "unknown_status", "unknown_event"),
    }
)


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the structure called `name`.

    Raises
    ------
    EvidenceError
        If there is no such structure.
    """
    known = schemas()
    if name not in known:
        raise EvidenceError(f"no schema {name!r}; schemas are {', '.join(sorted(known))}")
    schema = msgspec.json.schema(known[name])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": name, **schema}


@dataclass(frozen=True)
class Validation:
    """What validation says of one file."""

    source: str
    format: str
    problems: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether the file was recognised and follows its schema."""
        return not self.problems and self.format != "unrecognised"


def validate(roots: Iterable[str | os.PathLike[str]]) -> list[Validation]:
    """Hold every file under `roots` against the schema of its format.

    Raises
    ------
    EvidenceError
        If a root does not exist.
    """
    from speckit_analysis.evidence.load import load

    evidence = load(*roots, progress=False)
    problems = evidence.problems
    relevant = problems[problems["kind"].isin(SCHEMA_PROBLEMS)]
    told: dict[str, list[str]] = {}
    for row in relevant.itertuples():
        place = f"{row.locator!s}: " if row.locator and row.locator != "/" else ""
        told.setdefault(str(row.source), []).append(f"{place}{row.message}")
    return [
        Validation(str(row.source), str(row.format), tuple(told.get(str(row.source), ())))
        for row in evidence.files.itertuples()
    ]
