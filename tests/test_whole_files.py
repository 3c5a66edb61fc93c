"""Files that are complete or not there: who may read them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import speckit_analysis as sk
from speckit_analysis.cli import main
from speckit_analysis.reports import run_reports
from speckit_analysis.whole_files import write_whole

WRITE = """
from pathlib import Path
from speckit_analysis.whole_files import write_whole
write_whole(Path("shared"), "for all")
write_whole(Path("private"), "for one", private=True)
"""


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o027, 0o640)])
def test_a_file_is_readable_as_the_mask_says_and_a_private_one_by_its_owner(mask, mode, tmp_path):
    subprocess.run([sys.executable, "-c", WRITE], cwd=tmp_path, umask=mask, check=True)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"shared": mode, "private": 0o600}


def test_writing_leaves_the_mask_of_other_threads_alone(tmp_path, monkeypatch):
    def umask(mask):
        raise AssertionError(f"the mask became {mask:o} for a moment")

    monkeypatch.setattr(os, "umask", umask)
    write_whole(tmp_path / "shared", "for all")
    assert (tmp_path / "shared").read_text() == "for all"


def modes_below(folder: Path) -> set[tuple[str, int]]:
    """Return what there is in `folder`, by kind, with its rights."""
    return {
        ("folder" if path.is_dir() else "file", stat.S_IMODE(path.stat().st_mode))
        for path in folder.rglob("*")
    }


PRIVATE = {("folder", 0o700), ("file", 0o600)}
MASK = os.umask(0o077)
os.umask(MASK)
PUBLIC = {("folder", 0o777 & ~MASK), ("file", 0o666 & ~MASK)}

#: Every command that writes what evidence says, without its ``--out``.
WRITING = {
    "telemetry": (),
    "compare": ("gpt-5", "gemini-2.5-pro"),
    "billing": ("--invoice", "bill.csv"),
    "disagreements": (),
    "disagreements find": (),
    "decide": (),
    "report": ("about",),
    "experiment guardrail": ("outputs", "--labels", "labels.csv"),
    "sessions": ("rollout.jsonl",),
}

#: What is no evidence, is simulated, or is meant for reviewers.
OTHERS = {"experiment init", "experiment template", "simulate", "review export"}


def commands_that_write(group: click.Group, *above: str) -> set[str]:
    found = set()
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= commands_that_write(command, *above, name)
        if any("--out" in option.opts for option in command.params):
            found.add(" ".join((*above, name)))
    return found


def test_every_command_that_writes_is_known_here():
    assert commands_that_write(main) == WRITING.keys() | OTHERS


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    import nbformat
    from nbformat.v4 import new_code_cell, new_notebook

    (tmp_path / "bill.csv").write_text("date,model,amount\n2025-10-06,gpt-5,1.5\n")
    usage = '{"input_tokens":9,"output_tokens":1}'
    (tmp_path / "rollout.jsonl").write_text(
        '{"timestamp":"2026-01-01T00:00:00Z","type":"session_meta","payload":{"id":"t"}}\n'
        '{"timestamp":"2026-01-01T00:00:01Z","type":"token_usage_record","payload":'
        f'{{"response_id":"r","thread_id":"t","usage":{usage}}}}}\n'
    )
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / "a.json").write_text("{}")
    (tmp_path / "labels.csv").write_text("output,valid\na.json,no\n")
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), tmp_path / "about.ipynb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", WRITING)
@pytest.mark.parametrize("public", [False, True])
def test_what_evidence_says_is_for_its_owner_unless_it_is_public(command, public, workplace):
    """Pages, frames and decisions, and every folder that is made for them."""
    given = [about.replace("about", "about.ipynb") for about in WRITING[command]]
    name = {"decide": "", "report": "", "experiment guardrail": "x_trials.jsonl"}
    out = ["--out", f"new/deep/{name.get(command, 'x.csv')}"] + ["--public"] * public
    result = CliRunner().invoke(main, [*command.split(), *given, *out])
    assert result.exit_code in (0, 1), result.output
    modes = modes_below(workplace / "new") | {
        ("folder", (workplace / "new").stat().st_mode & 0o777)
    }
    assert modes == (PUBLIC if public else PRIVATE)


@pytest.mark.parametrize("public", [False, True])
def test_stored_frames_and_reports_of_the_api_are_private_too(public, workplace):
    sk.load(sk.sample_path()).save(workplace / "new" / "stored", public=public)
    sk.load(sk.sample_path()).save(workplace / "new" / "stored", public=public)  # again
    run_reports([workplace / "about.ipynb"], sk.sample_path(), workplace / "new", public=public)
    assert modes_below(workplace / "new") == (PUBLIC if public else PRIVATE)


def test_a_file_that_was_public_becomes_private(workplace):
    (workplace / "new").mkdir(mode=0o755)
    (workplace / "new" / "x.csv").touch(mode=0o644)
    CliRunner().invoke(main, ["telemetry", "--out", "new/x.csv"])
    assert modes_below(workplace / "new") == {("file", 0o600)}
    assert (workplace / "new").stat().st_mode & 0o777 == 0o755


def test_a_review_is_for_its_reviewers_and_its_key_is_not(workplace):
    for variant in ("a", "b"):
        (workplace / "drafts" / "u").mkdir(parents=True, exist_ok=True)
        (workplace / "drafts" / "u" / f"{variant}.md").write_text(f"# Plan\n\nThe way {variant}.\n")
    given = ["--experiment", "e", "--outputs", "drafts", "--reviewer", "ann", "--pairwise"]
    result = CliRunner().invoke(main, ["review", "create", "r", *given])
    assert result.exit_code == 0, result.output
    assert modes_below(workplace / "r") <= PUBLIC
    assert (workplace / "r.key.json").stat().st_mode & 0o777 == 0o600
