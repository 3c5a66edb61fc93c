"""Which parts of a Markdown text are code, where nothing but names may change."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator

_FENCE = re.compile(
    r"[^\S\n]*(?:>[^\S\n]?)*(?:[-*+][^\S\n]+|\d+[.)][^\S\n]+)?(`{3,}|~{3,})([^\n`]*)"
)
_ITEM = re.compile(r"[^\S\n]*(?:[-*+•–]|\d+[.)])\s")
_TICKS = re.compile(r"`+")


def blocks(text: str) -> Iterator[tuple[bool, str]]:
    r"""Yield the lines of a text in runs, each with whether it is a block of code.

    A fence that is never closed goes to the end.  Lines that are indented by four blanks are code
    behind an empty line, except below an item of a list, where they go on with it.

    >>> list(blocks("a\n```\nb\n```\nc"))
    [(False, 'a\n'), (True, '```\nb\n```\n'), (False, 'c')]
    """
    run: list[str] = []
    of_run, fence, in_list, after_blank = False, "", False, True
    for line in text.splitlines(keepends=True):
        blank = not line.strip()
        if fence:
            is_code = True
            closing = line.strip().lstrip("> ")
            if (
                closing[:1] == fence[0]
                and set(closing) == {fence[0]}
                and len(closing) >= len(fence)
            ):
                fence = ""
        elif opened := _FENCE.match(line):
            is_code, fence = True, opened[1]
        elif blank:
            is_code = of_run and not run[-1].strip().startswith(("```", "~~~"))
        else:
            indented = line.startswith(("    ", "\t"))
            is_code = indented and not in_list and (after_blank or of_run)
            if not indented:
                in_list = bool(_ITEM.match(line)) or (in_list and line[0] in " \t")
        if run and is_code != of_run:
            yield of_run, "".join(run)
            run = []
        run.append(line)
        of_run, after_blank = is_code, blank
    if run:
        yield of_run, "".join(run)


def inline(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the parts of a run of prose, each with whether it is code between backticks."""
    ticks = [found.span() for found in _TICKS.finditer(text)]
    starts: dict[int, list[int]] = {}
    for start, end in ticks:
        starts.setdefault(end - start, []).append(start)
    done = 0
    for start, end in ticks:
        if start < done:
            continue
        alike = starts[end - start]
        at = bisect(alike, start)
        if at < len(alike) and "\n\n" not in text[end : alike[at]]:
            yield False, text[done:start]
            done = alike[at] + end - start
            yield True, text[start:done]
    yield False, text[done:]


def code_spans(text: str) -> list[tuple[int, int]]:
    """Return where code stands in a text, in order."""
    spans, at = [], 0
    for is_code, block in blocks(text):
        for is_inline, part in [(True, block)] if is_code else inline(block):
            if is_inline:
                spans.append((at, at + len(part)))
            at += len(part)
    return spans
