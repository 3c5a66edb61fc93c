"""Whatever stands in evidence, reading it takes time in proportion to its length.

Every pattern of the package is found here by itself and tried, the way its module uses it, on texts
on which a pattern that can be matched in many ways, or tried again from each place, takes for ever.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from evidence_files import proposal, verdict, write

import speckit_analysis as sk
from speckit_analysis.formats.redaction import mask
from speckit_analysis.review.blinding import Blinder, laid_out

PACKAGE = Path(sk.__file__).parent

#: Repeated, these are what a pattern may stumble over: words, keywords, openers, digits, space.
PIECES = (
    *("token-", "a-b_", "eyJhbGciOi", "secret", "password ", "key=", "a ", "A", "é", "no ", "_"),
    *("{", '{"a":', "[", "<", "(", "```\n", "-----BEGIN ", "-----END PRIVATE KEY-----", '"', "'a "),
    *("1234567890", "0:0:", "2025-10-06T", " ", "\n", "\t\n", "\r\n", "\\", "\\n", '\\"', "\x1b["),
    *("a@", "x@x:", "a.", "://a:", "../", "/a", "a: ", "**", "- ", "| ", "# ", ",", "`", "$"),
    *("export A", "Bearer ", "curl -u ", "cookie: a", "machine a login ", "sk-", "&sig="),
    *('"note": "', ". ", "no. ", "-us1", "string|", "=", "${A"),
)  # fmt: skip

#: A quadratic pattern takes tenths of a second on so many signs, a linear one a few milliseconds.
SIGNS, SECONDS = 20_000, 0.2

_SEARCHES = {"search", "sub", "subn", "findall", "finditer", "split", "scanner"}


def patterns() -> Iterator[tuple[str, re.Pattern[str], bool]]:
    """Yield the name of every pattern, itself, and whether it is looked for anywhere in a text."""
    for module in pkgutil.walk_packages([str(PACKAGE)], "speckit_analysis."):
        source = Path(module.module_finder.path, *module.name.split(".")[-1:])  # type: ignore[union-attr]
        source = source / "__init__.py" if module.ispkg else source.with_suffix(".py")
        if source.is_relative_to(PACKAGE / "review" / "voila"):
            continue
        text = source.read_text()
        for name, value in vars(importlib.import_module(module.name)).items():
            used = set(re.findall(rf"\b{re.escape(name)}\.(\w+)\(", text))
            used |= set(re.findall(rf"\.str\.(\w+)\({re.escape(name)}\b", text))
            anywhere = bool(used & _SEARCHES) or not used & {"match", "fullmatch"}
            for pattern in _within(value):
                # Patterns of a format are matched with names of files, which are short.
                if not isinstance(value, sk.formats.Format):
                    yield f"{module.name}.{name}", pattern, anywhere
        for line, pattern in _literals(text):
            yield f"{module.name}:{line}", pattern, True


def _within(value: Any) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list | frozenset | set):
        for item in value:
            yield from _within(item)
    elif isinstance(value, dict):
        yield from _within(list(value.values()))


def _literals(source: str) -> Iterator[tuple[int, re.Pattern[str]]]:
    """Yield the patterns that calls such as ``re.sub("…", …)`` hold."""
    for node in ast.walk(ast.parse(source)):
        if (
            not isinstance(node, ast.Call)
            or not isinstance(node.func, ast.Attribute)
            or not node.args
        ):
            continue
        first, owner = node.args[0], node.func.value
        of_re = isinstance(owner, ast.Name) and owner.id == "re" and node.func.attr in _SEARCHES
        if of_re and isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield node.lineno, re.compile(first.value)


@cache
def distinct() -> dict[str, tuple[re.Pattern[str], bool]]:
    found: dict[tuple[re.Pattern[str], bool], str] = {}
    for name, pattern, anywhere in patterns():
        found.setdefault((pattern, anywhere), name)
    return {f"{name} {number}": case for number, (case, name) in enumerate(found.items())}


def seconds(act: Callable[[], object], most: float) -> float:
    """Return how long `act` takes, at most about `most`."""

    def stop(_: int, __: FrameType | None) -> None:
        raise TimeoutError

    previous = signal.signal(signal.SIGALRM, stop)
    began = time.process_time()
    signal.setitimer(signal.ITIMER_REAL, most)
    try:
        act()
    except TimeoutError:
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    return time.process_time() - began


def slow_pieces(
    pattern: re.Pattern[Any], anywhere: bool, pieces: Sequence[str] = PIECES
) -> list[str]:
    def tried(text: str | bytes) -> Callable[[], object]:
        if anywhere:
            return lambda: sum(1 for _ in pattern.finditer(text))
        return lambda: (pattern.match(text), pattern.fullmatch(text))

    texts = {piece: piece * (SIGNS // len(piece)) + "\x00" for piece in pieces}
    raw = isinstance(pattern.pattern, bytes)
    return [
        piece
        for piece, text in texts.items()
        if seconds(tried(text.encode() if raw else text), 5 * SECONDS) > SECONDS
    ]


@pytest.mark.parametrize("name", distinct())
def test_every_pattern_takes_linear_time(name: str) -> None:
    assert slow_pieces(*distinct()[name]) == []


def test_a_pattern_that_takes_quadratic_time_is_noticed() -> None:
    slow = re.compile(r"[\w-]*(?:secret)[\w-]*=")
    assert slow_pieces(slow, anywhere=True, pieces=["token-"]) == ["token-"]


@pytest.mark.parametrize("piece", PIECES)
def test_masking_half_a_megabyte_takes_a_moment(piece: str) -> None:
    text = piece * (500_000 // len(piece))
    assert seconds(lambda: mask(text), 10) < 5


@pytest.mark.parametrize("piece", PIECES)
def test_blinding_an_output_takes_a_moment(piece: str) -> None:
    text = piece * (30_000 // len(piece)) + "Claude"
    assert seconds(lambda: Blinder()(laid_out(text)), 6) < 3


def test_loading_takes_a_moment_whatever_a_file_repeats(tmp_path: Path) -> None:
    """As an answer, in one, and instead of what the file's name promises."""
    for number, piece in enumerate(PIECES):
        text = piece * (100_000 // len(piece))
        folder, moment = f"SPEC-{number}", "2025-10-06T00-00-00Z"
        structured = {"stage": "plan", "notes": text, "risks": [text]}
        answers = verdict(proposal("gemini", text), proposal("claude", structured))
        write(tmp_path, f"consensus/{folder}/plan_verdict.json", answers)
        for name in (f"spec-plan_{moment}.json", "telemetry.jsonl", f"{moment}-hal-x.txt"):
            path = tmp_path / "commands" / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    assert seconds(lambda: sk.load(tmp_path, processes=1, progress=False), 150) < 120
