"""The notebooks are thin, documented, executed, and sensible on whatever evidence there is."""

from __future__ import annotations

import ast
import json
import re
from base64 import b64decode
from functools import cache
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from notebook_files import write
from notebook_runs import execute

from speckit_analysis.display import FIGURE_TYPE
from speckit_analysis.reports.headlines import find_headline
from speckit_analysis.reports.library import FORMS
from speckit_analysis.reports.parameters import declared_parameters

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"


def notebooks(folder: Path = FOLDER) -> list[Path]:
    return sorted(folder.glob("*.ipynb"))


def reports(folder: Path = FOLDER) -> list[Path]:
    """Return the notebooks that answer a question; people fill in the others."""
    return [path for path in notebooks(folder) if path.stem not in FORMS]


def on_evidence(folder: Path = FOLDER) -> list[Path]:
    return [path for path in reports(folder) if "evidence" in declared_parameters(path)]


def each(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=[path.stem for path in paths])


#: Figures that a report has at least; any other has one.
FIGURES = {
    "evidence": 6,
    "cost": 6,
    "disagreement": 6,
    "blind_review": 2,
    "single_vs_multi": 3,
    "research_model": 1,
    "arbiter": 1,
    "guardrail": 1,
    "decision": 3,
    "real_study": 1,
}

#: What the headline of a report on nothing says.
NOTHING = r"no (run|call|score|SPEC|outcome|output)|\d of \d decisions are open"

STUB_RUN = {
    "schemaVersion": "2.0",
    "command": "spec-plan",
    "specId": "SPEC-STUB-1",
    "sessionId": "2025-11-03T08:00:00Z",
    "timestamp": "2025-11-03T08:00:00Z",
    "consensus": {
        "agents": [
            {"agent": agent, "model_id": model, "latency_ms": 20, "prompt_tokens": 100}
            | {"completion_tokens": 10, "cost_usd": 0.001, "status": "ok"}
            for agent, model in (("claude", "claude-sonnet-4-5"), ("gemini", "gemini-2.5-pro"))
        ],
        "status": "ok",
    },
}


@cache
def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def plain_outputs(notebook) -> str:
    return "\n".join(
        output.get("data", {}).get("text/plain", output.get("text", ""))
        for cell in code_cells(notebook)
        for output in cell.outputs
    )


@each(notebooks())
def test_defines_nothing_and_loops_over_nothing(path):
    nodes = [node for cell in code_cells(read(path)) for node in ast.walk(ast.parse(cell.source))]
    forbidden = (
        ast.FunctionDef | ast.ClassDef | ast.Lambda | ast.For | ast.While | ast.comprehension
    )
    assert not [node for node in nodes if isinstance(node, forbidden)]


@each(notebooks())
def test_cells_are_short(path):
    cells = [
        cell for cell in code_cells(read(path)) if "parameters" not in cell.metadata.get("tags", [])
    ]
    assert max(len(cell.source.splitlines()) for cell in cells) <= 12


@each(reports())
def test_has_one_title_and_sections(path):
    prose = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    levels = re.findall(r"^(#+) ", prose, re.MULTILINE)
    assert levels[0] == "#"
    assert levels.count("#") == 1
    assert set(levels[1:]) == {"##"}


@each(notebooks())
def test_every_parameter_is_typed_and_explained(path):
    first = code_cells(read(path))[0]
    assert first.metadata.tags == ["parameters"]
    parameters = declared_parameters(path)
    assert len(parameters) == len(first.source.splitlines())
    assert all(one.meaning and one.type != "None" for one in parameters.values())


@each(reports())
def test_the_first_parameter_is_what_is_read(path):
    parameters = declared_parameters(path)
    first = next(iter(parameters.values()))
    assert first.name == "evidence" or ("evidence" not in parameters and first.is_file)
    assert first.default == '""'  # the sample, or the bundled study


@each(notebooks())
def test_metadata_is_stable(path):
    notebook = read(path)
    assert notebook.metadata.kernelspec.name == "python3"
    assert [cell.id for cell in notebook.cells] == [
        f"{path.stem}-{number:02d}" for number in range(len(notebook.cells))
    ]


@each(reports())
def test_is_committed_executed_and_clean(path):
    """That outputs are those of a fresh execution is for nbval to tell (``make test``)."""
    notebook = read(path)
    assert not re.search(r"nbval[-_]", json.dumps(notebook), re.IGNORECASE)  # skips no comparison
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == [*range(1, len(cells) + 1)]
    outputs = [output for cell in cells for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {"display_data", "execute_result"}
    assert not any("execution" in cell.metadata for cell in cells)
    text = json.dumps(outputs)
    assert str(Path.home()) not in text
    assert str(FOLDER.parent) not in text
    assert not re.search(r"0x[0-9a-f]{8,}|<NA>|\bnan\b|\d\.\d{12,}", plain_outputs(notebook))


@each(reports())
def test_every_figure_has_a_title_and_a_text_alternative(path):
    htmls = [
        output.data[FIGURE_TYPE]
        for cell in code_cells(read(path))
        for output in cell.outputs
        if FIGURE_TYPE in output.get("data", {})
    ]
    assert len(htmls) >= FIGURES.get(path.stem, 1)
    for html in htmls:
        assert re.search(r'<p class="figure-title"[^>]*>[^<]{10,}</p>', html)
        assert re.search(r'role="img" aria-label="[^"]{30,}"', html)


@each(reports())
def test_a_notebook_that_nobody_trusts_yet_shows_its_figures(path):
    """JupyterLab takes drawings out of HTML that it did not see being made."""
    for cell in code_cells(read(path)):
        for output in cell.outputs:
            data = output.get("data", {})
            assert "<svg" not in data.get("text/html", "")
            if FIGURE_TYPE in data:
                assert b64decode(data["image/png"]).startswith(b"\x89PNG")
                assert output.metadata["alt"] == data["text/plain"]


@pytest.mark.parametrize(
    ("rule", "cells"),
    [
        (test_defines_nothing_and_loops_over_nothing, [new_code_cell("for _ in '12': pass")]),
        (test_defines_nothing_and_loops_over_nothing, [new_code_cell("def one(): return 1")]),
        (test_cells_are_short, [new_code_cell("1\n" * 13)]),
        (test_has_one_title_and_sections, [new_markdown_cell("# One\n\n# Two")]),
        (test_every_parameter_is_typed_and_explained, []),
        (test_the_first_parameter_is_what_is_read, []),
        (test_metadata_is_stable, []),
        (test_is_committed_executed_and_clean, [new_code_cell("1")]),
        (test_every_figure_has_a_title_and_a_text_alternative, []),
    ],
)
def test_a_new_notebook_is_found_and_fails_where_it_is_bad(rule, cells, tmp_path):
    write(tmp_path, "new", *cells)
    (path,) = notebooks(tmp_path)
    assert reports(tmp_path) == on_evidence(tmp_path) == [path]
    with pytest.raises(AssertionError):
        rule(path)


@each(on_evidence())
def test_empty_evidence_is_a_page_that_says_so(path, tmp_path):
    folder = tmp_path / "evidence"
    folder.mkdir()
    notebook = execute(path, evidence=str(folder))
    assert re.search(NOTHING, find_headline(notebook), re.IGNORECASE)
    assert "Nothing to show." in plain_outputs(notebook)


@pytest.mark.parametrize("name", ["evidence", "cost", "disagreement"])
def test_stubs_alone_are_nothing_measured(name, tmp_path):
    folder = tmp_path / "evidence" / "consensus" / "SPEC-STUB-1"
    folder.mkdir(parents=True)
    line = json.dumps(STUB_RUN) + "\n"
    (folder / "spec-plan_2025-11-03T08:00:00Z_telemetry.jsonl").write_text(line, "utf-8")
    notebook = execute(FOLDER / f"{name}.ipynb", evidence=str(tmp_path / "evidence"))
    assert re.search(r"Nothing measured|not estimable", find_headline(notebook))
    assert re.search(r"left out: \d stub", plain_outputs(notebook))


def test_cost_summaries_alone_are_told_as_what_they_are(tmp_path):
    folder = tmp_path / "evidence" / "costs"
    folder.mkdir(parents=True)
    summary = {"spec_id": "SPEC-KIT-1", "total_spent": 1.5, "budget": 2.0, "call_count": 7}
    (folder / "SPEC-KIT-1_cost_summary.json").write_text(json.dumps(summary), "utf-8")
    notebook = execute(FOLDER / "cost.ipynb", evidence=str(tmp_path / "evidence"))
    assert "Cost summaries put 1 SPEC at $1.50" in find_headline(notebook)
    assert "75 %" in plain_outputs(notebook)


def test_what_evidence_says_is_shown_and_not_run(tmp_path):
    folder = tmp_path / "evidence" / "consensus" / "SPEC-KIT-1"
    folder.mkdir(parents=True)
    attack = "<script>alert(1)</script>"
    (call,) = STUB_RUN["consensus"]["agents"][:1]
    agents = [call | {"agent": name, "latency_ms": 9000} for name in ("claude", "gemini")]
    point = {"topic": attack, "description": attack, "agents": ["claude", "gemini"]}
    run = STUB_RUN | {
        "specId": "SPEC-KIT-1",
        "consensus": {"agents": agents, "status": "ok", "conflicts": [point]},
    }
    path = folder / "spec-plan_2025-11-03T08:00:00Z_telemetry.jsonl"
    path.write_text(json.dumps(run) + "\n", "utf-8")
    notebook = execute(FOLDER / "disagreement.ipynb", evidence=str(tmp_path / "evidence"))
    shown = "".join(
        output.get("data", {}).get(kind, "")
        for cell in code_cells(notebook)
        for output in cell.outputs
        for kind in ("text/html", FIGURE_TYPE)
    )
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script" not in shown
