"""What the documentation says is so: links, commands, examples, generated pages."""

from __future__ import annotations

import doctest
import pkgutil
import re
import shlex
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pandas as pd
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import speckit_analysis as sk
from speckit_analysis.cli import main
from speckit_analysis.evidence.assemble.guardrails import CONFIDENCE
from speckit_analysis.formats import registry
from speckit_analysis.reports.library import find_notebooks
from speckit_analysis.reports.parameters import declared_parameters
from speckit_analysis.tables import PAYLOAD_CLASSES, PROVENANCES

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
def test_modules_and_functions_that_are_named_exist(page: Path) -> None:
    named = re.findall(r"`((?:analysis|stats)(?:\.\w+)+)`", prose(page))
    missing = []
    for dotted in named:
        try:
            pkgutil.resolve_name(f"speckit_analysis.{dotted}")
        except (ImportError, AttributeError):
            missing.append(dotted)
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_and_folders_of_the_package_that_are_named_exist(page: Path) -> None:
    rooms = "|".join(path.name for path in (ROOT / "speckit_analysis").iterdir() if path.is_dir())
    named = re.findall(rf"`((?:{rooms})/[\w/.]*)`", prose(page))
    places = (ROOT / "speckit_analysis", ROOT, page.parent)
    assert [path for path in named if not any((place / path).exists() for place in places)] == []


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


def calls_shown() -> list[str]:
    """Return every line of a shell block that calls the command, without what follows the call."""
    shown = "\n".join(block for page in PAGES for block in blocks(name(page), ""))
    calls = (re.split(r"\s+#|\s+\|\|", line)[0] for line in shown.splitlines())
    return sorted({call for call in calls if call.startswith("speckit-analysis ")})


@pytest.mark.parametrize("line", calls_shown())
def test_commands_take_the_options_that_are_shown(line: str) -> None:
    command, *arguments = shlex.split(line)[1:]
    # Parsing refuses what does not exist or does not fit; nothing is run.
    parent = main.make_context("speckit-analysis", [command])
    context = main.commands[command].make_context(command, arguments, parent)
    known = {key for path in find_notebooks(["all"]) for key in declared_parameters(path)}
    assert {text.partition("=")[0] for text in context.params.get("assignments", ())} <= known


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/cost.md",
        "docs/judge.md",
        "docs/review.md",
        "docs/experiments.md",
        "docs/billing.md",
        "docs/disagreements.md",
        "docs/statistics.md",
    ],
)
def test_examples_show_what_really_comes_out(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    examples = "\n".join(blocks(page, "pycon"))
    session = doctest.DocTestParser().get_doctest(examples, {}, page, page, 0)
    with pd.option_context("display.width", 200, "display.max_columns", None):
        failed, tried = doctest.DocTestRunner().run(session)
    assert failed == 0
    assert tried > 3


@pytest.mark.parametrize("page", ["docs/architecture.md", "docs/problems.md"])
def test_examples_run(page: str) -> None:
    examples = blocks(page, "python")
    assert examples
    exec("\n".join(examples), {"__name__": "example"})  # noqa: S102 - our own documentation


def test_the_example_of_a_format_reads_the_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module: dict = {}
    exec(blocks("docs/architecture.md", "python")[0], module)  # noqa: S102 - our own documentation
    formats = (*registry.formats(), module["FORMAT"])
    monkeypatch.setattr(registry, "formats", lambda: formats)
    (results,) = blocks("docs/architecture.md", "json")
    (tmp_path / "monday.bakeoff.jsonl").write_text(results, encoding="utf-8")
    ev = sk.load(tmp_path)
    assert ev.files["format"].tolist() == ["bakeoff"]
    assert ev.calls["agent"].tolist() == ["gemini", "claude"]
    assert ev.calls["latency_ms"].tolist() == [900, 1100]


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="pinned for Python 3.11")
def test_the_constraints_pin_what_an_installation_needs_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    assert {canonicalize_name(line.partition("==")[0]) for line in lines} == needed_distributions()


def needed_distributions() -> set[str]:
    """Return what an installation for development brings along, as the distributions here say."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed: set[tuple[str, tuple[str, ...]]] = set()
    waiting = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    while waiting:
        wanted = Requirement(waiting.pop())
        key = (canonicalize_name(wanted.name), tuple(sorted(wanted.extras)))
        if key not in needed:
            needed.add(key)
            waiting += [text for text in requires(wanted.name) or () if applies(text, key[1])]
    return {distribution for distribution, _ in needed}


def applies(requirement: str, extras: tuple[str, ...]) -> bool:
    marker = Requirement(requirement).marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def test_the_page_on_evidence_names_every_class_and_rule() -> None:
    text = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
    missing = {*PROVENANCES, *PAYLOAD_CLASSES, *CONFIDENCE} - set(re.findall(r"`(\w+)`", text))
    assert not missing


def test_generated_pages_are_current() -> None:
    command = [sys.executable, "docs/generate.py", "--check"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_the_changelog_tells_of_this_version() -> None:
    from speckit_analysis import __version__

    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert __version__.startswith("0+") or f"## {__version__}" in text
