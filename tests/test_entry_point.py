"""A format in someone else's package is read with no change to ours."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from evidence_files import only

import speckit_analysis as sk
from speckit_analysis.evidence.schema import validate
from speckit_analysis.formats import formats

MODULE = '''
"""Reflex bake-off results: one call a line."""

import re

import msgspec

from speckit_analysis.formats import Format


class Result(msgspec.Struct):
    agent: str
    latency_ms: float


def read(file, rows):
    write = rows.writer("calls", ("spec_id", "stage_raw", "agent_raw", "latency_ms", "basis"))
    for prefix, result in file.decode_lines(msgspec.json.Decoder(Result)):
        row = ("SPEC-REFLEX", "plan", result.agent, result.latency_ms, "reflex")
        write((file.number, prefix, *row))


FORMAT = Format(
    name="reflex",
    title="Reflex bake-off",
    endings=(".reflex.jsonl",),
    patterns=(re.compile(r".+\\.reflex\\.jsonl"),),
    read=read,
    schemas={"reflex": Result},
)
'''

FAILING = MODULE.replace("write((file.number, prefix, *row))", 'raise KeyError("latency_ms")')
PRYING = MODULE.replace("read=read,", 'read=read, sniff=lambda content: content["mode"],')


def distribute(folder: Path, target: str = "reflex_format:FORMAT", module: str = MODULE) -> Path:
    """Write what an installed distribution looks like, and return its folder."""
    info = folder / "reflex_format-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: reflex-format\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[speckit_analysis.formats]\nreflex = {target}\n")
    (folder / "reflex_format.py").write_text(module)
    return folder


@pytest.fixture
def installed(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    site = distribute(tmp_path / "site", module=getattr(request, "param", MODULE))
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()
    formats.cache_clear()
    yield site
    formats.cache_clear()
    sys.modules.pop("reflex_format", None)


def write_results(root: Path) -> Path:
    root.mkdir(exist_ok=True)
    lines = [json.dumps({"agent": "gemini", "latency_ms": ms}) for ms in (900.0, 1100.0)]
    (root / "bakeoff.reflex.jsonl").write_text("\n".join(lines) + "\n")
    return root


@pytest.mark.usefixtures("installed")
def test_a_third_party_format_fills_our_tables(tmp_path: Path) -> None:
    evidence = sk.load(write_results(tmp_path / "evidence"))
    assert only(evidence.files).format == "reflex"
    assert sorted(evidence.calls["latency_ms"]) == [900.0, 1100.0]
    assert set(evidence.calls["agent"]) == {"gemini"}
    assert set(evidence.calls["locator"]) == {"L1", "L2"}


@pytest.mark.usefixtures("installed")
def test_a_damaged_file_of_a_third_party_format_is_a_problem(tmp_path: Path) -> None:
    root = write_results(tmp_path / "evidence")
    (root / "bakeoff.reflex.jsonl").write_text(
        '{"agent": "gemini"}\n{"agent": 5, "latency_ms": 1}\n'
    )
    kinds = set(sk.load(root).problems["kind"])
    assert {"missing_field", "mistyped_field"} <= kinds


@pytest.mark.usefixtures("installed")
def test_a_third_party_schema_is_listed_beside_ours() -> None:
    from speckit_analysis.evidence.schema import json_schema
    from speckit_analysis.formats import schemas

    assert "reflex" in schemas()
    assert json_schema("reflex")["$id"] == "reflex"


def test_without_the_package_the_file_is_unrecognised(tmp_path: Path) -> None:
    assert only(sk.load(write_results(tmp_path / "evidence")).files).format == "unrecognised"


def load_in_a_process_of_its_own(site: Path, root: Path) -> subprocess.CompletedProcess[str]:
    package = Path(sk.__file__).parent.parent
    path = os.pathsep.join([str(package), str(site)])
    code = "import sys, speckit_analysis as sk; print(len(sk.load(sys.argv[1]).calls))"
    return subprocess.run(
        [sys.executable, "-c", code, str(root)],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_an_entry_point_that_is_no_format_says_what_it_is(tmp_path: Path) -> None:
    site = distribute(tmp_path / "site", target="reflex_format:read")
    result = load_in_a_process_of_its_own(site, write_results(tmp_path / "evidence"))
    assert result.returncode != 0
    assert "'reflex' of group speckit_analysis.formats is a function" in result.stderr


@pytest.mark.parametrize("installed", [FAILING], indirect=True)
@pytest.mark.usefixtures("installed")
def test_a_format_that_fails_stops_no_load(tmp_path: Path) -> None:
    evidence = sk.load(write_results(tmp_path / "evidence"))
    problem = only(evidence.problems)
    assert (problem.kind, problem.severity) == ("format_failed", "error")
    assert problem.message == "format 'reflex' failed: KeyError: 'latency_ms'"
    assert only(evidence.files).parse_state == "invalid"


@pytest.mark.parametrize("installed", [FAILING], indirect=True)
@pytest.mark.usefixtures("installed")
def test_a_file_whose_format_fails_is_not_valid(tmp_path: Path) -> None:
    (validation,) = validate([write_results(tmp_path / "evidence")])
    assert not validation.valid
    assert "format 'reflex' failed" in validation.problems[0]


@pytest.mark.parametrize("installed", [PRYING], indirect=True)
@pytest.mark.usefixtures("installed")
def test_a_format_that_fails_to_recognise_stops_no_load(tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "unknown.json").write_text('{"a": 1}')
    evidence = sk.load(tmp_path / "evidence")
    problem = only(evidence.problems)
    assert (problem.kind, problem.severity) == ("format_failed", "error")
    assert problem.message == "telling its format by its content failed: KeyError: 'mode'"
    assert only(evidence.files).format == "unrecognised"


def test_two_formats_of_one_name_are_refused(tmp_path: Path) -> None:
    double = MODULE.replace('name="reflex"', 'name="verdict"')
    site = distribute(tmp_path / "site", module=double)
    result = load_in_a_process_of_its_own(site, write_results(tmp_path / "evidence"))
    assert result.returncode != 0
    assert "two formats are called verdict" in result.stderr
