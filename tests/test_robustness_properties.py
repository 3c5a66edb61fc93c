"""No input makes ``load`` raise or hang, and no file and no column is ever lost."""

from __future__ import annotations

import copy
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from evidence_files import PLACES, SPEC, documents, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulations import at_length

import speckit_analysis as sk
from speckit_analysis.tables import ORDERED_CATEGORIES, TABLES

SOUND = documents()
JSON_NAMES = sorted(name for name, place in PLACES.items() if place.endswith((".json", ".jsonl")))

# Each example holds many files, for a load of one file takes nearly as long as one of fifty.
examples = pytest.mark.parametrize("examples", [8, at_length(30)])


def fuzzing(examples: int) -> settings:
    return settings(
        deadline=None,
        max_examples=examples,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from([-1, 0, 2**63, 10**30, -(2**70), 1e308, "\ud800", "\x00", "/", "", {}, []]),
    st.sampled_from(["ok", "error", "true", "{}", "${stage}", "spec-plan", "gemini", "1.0"]),
    st.sampled_from(
        ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2025-02-31T00:00:00Z", "1759709985"]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


class Damage(NamedTuple):
    """One change at one place of a sound document."""

    name: str
    place: int
    action: str
    value: Any


damages = st.builds(
    Damage,
    name=st.sampled_from([name for name in JSON_NAMES if isinstance(SOUND[name], dict)]),
    place=st.integers(0, 60),
    action=st.sampled_from(["replace", "remove", "wrap", "name", "repeat"]),
    value=scalars,
)


@contextmanager
def evidence_root() -> Iterator[Path]:
    # Not tmp_path: hypothesis runs many examples within one test.
    folder = Path(tempfile.mkdtemp(prefix="evidence-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def check_contract(evidence: sk.Evidence, files: int) -> None:
    assert len(evidence.files) == files
    assert evidence.files["source"].is_unique
    assert list(evidence) == list(TABLES)
    for name, table in TABLES.items():
        frame = evidence[name]
        assert tuple(frame.columns) == table.column_names, name
        for column in table.columns:
            assert frame[column.name].dtype == column.dtype, (name, column.name)
            if column.name in ORDERED_CATEGORIES and column.kind == "category":
                assert frame[column.name].cat.ordered, (name, column.name)
    assert set(evidence.problems["source"].dropna()) <= set(evidence.files["source"])


def place_of(name: str, number: int) -> str:
    """Return a place of its own for the `number`-th file of a family."""
    return PLACES[name].replace(SPEC, f"SPEC-KIT-{number}")


@examples
def test_arbitrary_bytes_under_every_recognised_name_are_listed(examples: int) -> None:
    @fuzzing(examples)
    @given(contents=st.lists(st.tuples(st.sampled_from(sorted(PLACES)), st.binary(max_size=80))))
    def listed(contents: list[tuple[str, bytes]]) -> None:
        with evidence_root() as root:
            places = {place_of(name, n): data for n, (name, data) in enumerate(contents)}
            for place, data in places.items():
                write(root, place, data)
            check_contract(sk.load(root), len(places))

    listed()


@examples
def test_arbitrary_json_under_every_recognised_name_is_listed(examples: int) -> None:
    @fuzzing(examples)
    @given(contents=st.lists(st.tuples(st.sampled_from(JSON_NAMES), values), max_size=20))
    def listed(contents: list[tuple[str, Any]]) -> None:
        with evidence_root() as root:
            places = {place_of(name, n): value for n, (name, value) in enumerate(contents)}
            for place, value in places.items():
                write(root, place, json.dumps(value))
            check_contract(sk.load(root), len(places))

    listed()


@examples
def test_damaged_fields_of_sound_documents_cost_no_other_file(examples: int) -> None:
    @fuzzing(examples)
    @given(damage=st.lists(damages, min_size=1, max_size=24))
    def kept(damage: list[Damage]) -> None:
        with evidence_root() as root:
            for name, document in SOUND.items():
                write(root, PLACES[name], document)
            for number, one in enumerate(damage):
                write(root, place_of(one.name, number), json.dumps(damaged(SOUND[one.name], one)))
            check_contract(sk.load(root), len(SOUND) + len(damage))

    kept()


def damaged(document: dict[str, Any], damage: Damage) -> dict[str, Any]:
    result = copy.deepcopy(document)
    paths = sorted(_paths(result), key=repr)
    *steps, last = paths[damage.place % len(paths)]
    holder: Any = result
    for step in steps:
        holder = holder[step]
    found = holder.pop(last)
    instead = {
        "replace": damage.value,
        "wrap": [damage.value],
        "name": {str(damage.value): damage.value},
        "repeat": [found, found],
    }
    if damage.action != "remove":
        if isinstance(holder, list):
            holder.insert(last, instead[damage.action])
        else:
            holder[last] = instead[damage.action]
    return result


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _paths(item, (*path, number))


@pytest.mark.parametrize("name", sorted(PLACES))
def test_each_family_of_files_loads_alone(name: str, tmp_path: Path) -> None:
    write(tmp_path, PLACES[name], SOUND[name])
    check_contract(sk.load(tmp_path), 1)
