"""A notebook as a reader sees it: prose, results, and code for those who ask."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape

from speckit_analysis.display import FIGURE_TYPE
from speckit_analysis.reports.headlines import find_headline, recorded_headline
from speckit_analysis.reports.markup import (
    Heading,
    Outline,
    finish_tables,
    highlight_python,
    plain_text,
    render_markdown,
)
from speckit_analysis.reports.sanitize import sanitize

#: Tags of cells that a reader does not need; parameters are listed in the footer.
HIDDEN_TAGS = frozenset({"parameters", "injected-parameters", "hide"})

_FIRST_TITLE = re.compile(r"^#[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)
_IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif")


@dataclass(frozen=True)
class Block:
    """One piece of the page: prose, or the results of a stretch of code."""

    #: Number of the cell, the first being 1.
    number: int
    #: ``prose`` or ``results``.
    kind: str
    #: What is shown.
    parts: list[Markup] = field(default_factory=list)
    #: What the code wrote to its standard error.
    messages: str = ""
    #: The code behind the results, cells that showed nothing included.
    code: list[Markup] = field(default_factory=list)


@dataclass(frozen=True)
class Document:
    """The content of a report, ready for the template."""

    title: str
    headline: str | None
    blocks: list[Block]
    contents: list[Heading]


def read_document(notebook: Mapping[str, Any], fallback_title: str) -> Document:
    """Return the content of an executed notebook.

    Parameters
    ----------
    notebook : mapping
        The notebook, as nbformat reads it.
    fallback_title : str
        Title of a notebook that has no first-level heading.
    """
    outline, headline = Outline(), find_headline(notebook)
    blocks = list(_blocks(notebook, outline, headline))
    return Document(
        title=find_title(notebook) or fallback_title,
        headline=headline,
        blocks=blocks,
        contents=[heading for heading in outline.headings if heading.level in (2, 3)],
    )


def find_title(notebook: Mapping[str, Any]) -> str | None:
    """Return the first first-level heading of a notebook as plain text."""
    for cell in notebook["cells"]:
        match = _FIRST_TITLE.search(cell["source"]) if cell["cell_type"] == "markdown" else None
        if match:
            return str(render_markdown(match[1]).striptags())
    return None


def _blocks(notebook: Mapping[str, Any], outline: Outline, headline: str | None) -> Iterator[Block]:
    title_shown = False
    waiting: list[Markup] = []
    for number, cell in enumerate(notebook["cells"], start=1):
        if HIDDEN_TAGS & set(cell["metadata"].get("tags", [])) and not _failed(cell):
            continue
        if cell["cell_type"] == "markdown":
            source = cell["source"]
            if not title_shown:
                # The page sets the title itself, above the headline.
                source, removed = _FIRST_TITLE.subn("", source, count=1)
                title_shown = bool(removed)
            if source.strip():
                prose = render_markdown(source, outline, cell.get("attachments"))
                yield Block(number, "prose", [Markup(finish_tables(prose))])  # noqa: S704
        elif cell["cell_type"] == "code" and cell["source"].strip():
            waiting.append(highlight_python(cell["source"]))
            parts = list(_results(cell, f"c{number}-", headline))
            messages = _messages(cell)
            if parts or messages:
                yield Block(number, "results", parts, messages, waiting)
                waiting = []
    if waiting:
        yield Block(len(notebook["cells"]), "results", code=waiting)


def _failed(cell: Mapping[str, Any]) -> bool:
    return any(output["output_type"] == "error" for output in cell.get("outputs", ()))


def _messages(cell: Mapping[str, Any]) -> str:
    return plain_text(
        "".join(
            output["text"]
            for output in cell["outputs"]
            if output["output_type"] == "stream" and output["name"] == "stderr"
        )
    ).strip()


def _results(cell: Mapping[str, Any], prefix: str, headline: str | None) -> Iterator[Markup]:
    printed = _printed(cell["outputs"])
    for number, output in enumerate(cell["outputs"]):
        kind = output["output_type"]
        if number in printed:
            yield _preformatted(printed[number])
        elif kind == "error":
            message = plain_text(f"{output['ename']}: {output['evalue']}")
            yield Markup('<p class="error">{}</p>').format(message)
        elif kind in ("display_data", "execute_result") and (
            # The page opens with the headline; it is not said twice.
            headline is None or recorded_headline(output) != headline
        ):
            yield _richest(output, f"{prefix}{number}-")


def _printed(outputs: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Return what a cell wrote to its standard output, by the number of the output that shows it.

    Pieces with nothing but messages between them are one.  A line that a later piece writes over
    is shown there alone.
    """
    texts: dict[int, str] = {}
    last, follows = -1, False
    for number, output in enumerate(outputs):
        if output["output_type"] != "stream":
            follows = False
        elif output["name"] == "stdout":
            text, before = output["text"], texts.get(last, "")
            if follows:
                texts[last] += text
                continue
            if before.endswith("\r") or text.startswith("\r"):
                whole, end, line = before.rpartition("\n")
                texts[last], text = whole + end, line + text
            texts[number] = text
            last, follows = number, True
    return {number: text for number, text in texts.items() if plain_text(text).strip()}


def _richest(output: Mapping[str, Any], prefix: str) -> Markup:
    data = output["data"]
    for kind in (FIGURE_TYPE, "text/html"):
        if kind in data:
            return Markup(finish_tables(sanitize(data[kind], prefix)))  # noqa: S704 - sanitised
    if "image/svg+xml" in data:
        return Markup(f"<figure>{sanitize(data['image/svg+xml'], prefix)}</figure>")  # noqa: S704
    if "text/markdown" in data:
        return Markup(finish_tables(render_markdown(data["text/markdown"])))  # noqa: S704
    for kind in _IMAGE_TYPES:
        if kind in data:
            return _picture(kind, data[kind], output.get("metadata", {}))
    return _preformatted(data.get("text/plain", ""))


def _picture(kind: str, data: str, metadata: Mapping[str, Any]) -> Markup:
    words = metadata.get("alt") or "Figure without a description"
    return Markup('<figure class="picture"><img src="data:{};base64,{}" alt="{}"></figure>').format(
        kind, "".join(data.split()), words
    )


def _preformatted(text: str) -> Markup:
    return Markup('<pre class="text" tabindex="0">{}</pre>').format(
        escape(plain_text(text).rstrip())
    )
