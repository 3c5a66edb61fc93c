"""What the documentation says is so: links, commands, examples, generated pages."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from speckit_analysis.cli import main

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/*.md", "data/*.md", "reports/*.md", "benchmarks/*.md")
    for page in ROOT.glob(pattern)
)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    return BLOCK.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    plain = (re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(prose(page)):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        if not linked.exists() or (anchor and anchor not in anchors(linked)):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    used = set(re.findall(r"(?:^|`)speckit-analysis ([a-z]+)", text, re.MULTILINE))
    assert used <= set(main.commands)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)) <= targets


def test_the_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `speckit-analysis ([a-z]+)", text, re.MULTILINE)) == set(
        main.commands
    )


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [code for named, code in BLOCK.findall(text) if named == language]


def test_the_readme_shows_what_really_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    examples = "\n".join(blocks("README.md", "pycon"))
    session = doctest.DocTestParser().get_doctest(examples, {}, "README.md", "README.md", 0)
    with pd.option_context("display.width", 200, "display.max_columns", None):
        failed, tried = doctest.DocTestRunner().run(session)
    assert failed == 0
    assert tried > 3


@pytest.mark.parametrize("page", ["docs/architecture.md", "docs/problems.md"])
def test_examples_run(page: str) -> None:
    examples = blocks(page, "python")
    assert examples
    exec("\n".join(examples), {"__name__": "example"})  # noqa: S102 - our own documentation


def test_the_example_of_a_format_is_a_format() -> None:
    module: dict = {}
    exec(blocks("docs/architecture.md", "python")[0], module)  # noqa: S102 - our own documentation
    assert module["FORMAT"].match("", "monday.bakeoff.jsonl")


def test_generated_pages_are_current() -> None:
    command = [sys.executable, "docs/generate.py", "--check"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_the_changelog_tells_of_this_version() -> None:
    from speckit_analysis import __version__

    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert __version__.startswith("0+") or f"## {__version__}" in text
