"""From what notebooks hold (Markdown, code, terminal text, tables) to HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from itertools import count
from typing import Any

import mistune
from markupsafe import Markup, escape
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

from speckit_analysis.reports.sanitize import sanitize
from speckit_analysis.tables.vocabulary import ANSI

_TAG = re.compile(r"<[^<>]*>")

_TABLE = re.compile(r"<table.*?</table>", re.DOTALL)
_CAPTION = re.compile(r"<caption[^>]*>(.*?)</caption>", re.DOTALL)
_ROW = re.compile(r"<tr.*?</tr>", re.DOTALL)
_CELL = re.compile(r"<(t[dh])([^>]*)>(.*?)</\1>", re.DOTALL)
_SPANS = re.compile(r"\b(?:colspan|rowspan)=\"(?!1\")")
_MISSING = {"", "NaN", "<NA>", "NaT", "None", "nan", "—", "–"}
#: Text up to this length stays on one line: names of models break at every hyphen otherwise.
_SHORT = 24
# pandas gives the name of the index a header row of its own, all but empty.
_INDEX_NAME_ROW = re.compile(
    r"(<thead>\s*<tr[^>]*>\s*)<th></th>(.*?</tr>)"
    r"\s*<tr[^>]*>\s*<th>([^<]+)</th>(?:\s*<th></th>)*\s*</tr>(\s*</thead>)",
    re.DOTALL,
)
_HEADER = re.compile(r"<thead.*?</thead>", re.DOTALL)
_COLUMN_NAME = re.compile(r"(?<=\w)_(?=\w[^<>]{0,200}+</th>)")
_NUMERIC = re.compile(r"(?=.*\d)[\d\s.,:;/+\-−–—%$€×±~<>≤≥=()\[\]]+(?:[eE][+\-]\d+)?\Z")


@dataclass(frozen=True)
class Heading:
    """One heading of a page."""

    level: int
    anchor: str
    text: str


class Outline:
    """Collects the headings of a page and gives each an anchor of its own."""

    def __init__(self) -> None:
        self.headings: list[Heading] = []
        # Anchors that the page itself uses.
        self._taken = {"top", "main", "contents", "provenance", "failure"}

    def add(self, level: int, html: str) -> Heading:
        """Record a heading with the inner `html`."""
        text = _plain(html)
        stem = re.sub(r"[^\w]+", "-", text.lower()).strip("-") or "section"
        anchors = (f"{stem}-{number}" if number > 1 else stem for number in count(1))
        anchor = next(anchor for anchor in anchors if anchor not in self._taken)
        self._taken.add(anchor)
        heading = Heading(level, anchor, text)
        self.headings.append(heading)
        return heading


class _Renderer(mistune.HTMLRenderer):
    """mistune's renderer with anchored headings and attached pictures."""

    def __init__(self, outline: Outline | None, attachments: Mapping[str, Any]) -> None:
        # Raw HTML passes here because all of the result is sanitised.
        super().__init__(escape=False)
        self._outline = outline
        self._attachments = attachments

    def heading(self, text: str, level: int, **attributes: Any) -> str:
        if self._outline is None:
            return super().heading(text, level, **attributes)
        heading = self._outline.add(level, text)
        return f'<h{level} id="{escape(heading.anchor)}">{text}</h{level}>\n'

    def image(self, text: str, url: str, title: str | None = None) -> str:
        if url.startswith("attachment:"):
            bundle = self._attachments.get(url.removeprefix("attachment:"), {})
            for kind, data in bundle.items():
                return f'<img src="data:{escape(kind)};base64,{escape(data)}" alt="{escape(text)}">'
        return super().image(text, url, title)

    def safe_url(self, url: str) -> str:
        return url  # judged by the sanitiser, with everything else

    def block_code(self, code: str, info: str | None = None) -> str:
        if info in ("python", "py"):
            return f'<pre class="code"><code>{highlight_python(code)}</code></pre>\n'
        return super().block_code(code, None)


def render_markdown(
    text: str, outline: Outline | None = None, attachments: Mapping[str, Any] | None = None
) -> Markup:
    """Return Markdown as clean HTML.

    Parameters
    ----------
    text : str
        The source.
    outline : Outline, optional
        Where to record headings; without one they get no anchor.
    attachments : mapping, optional
        Pictures that the cell carries, by name.
    """
    render = mistune.create_markdown(
        renderer=_Renderer(outline, attachments or {}), plugins=["table", "strikethrough"]
    )
    return Markup(sanitize(str(render(text))))  # noqa: S704 - sanitised


def highlight_python(source: str) -> Markup:
    """Return Python code as HTML with a class on each token."""
    # IPython's magics are not Python; the lexer marks them as errors and goes on.
    return Markup(highlight(source, PythonLexer(), HtmlFormatter(nowrap=True)))  # noqa: S704


def plain_text(text: str) -> str:
    """Return what a terminal would show of `text`: without colours, lines as overwritten."""
    lines = ANSI.sub("", text).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)


def finish_tables(html: str) -> str:
    """Align the numbers of every table in sanitised `html` and let the table scroll.

    A column is numeric if each of its cells holds a figure, a range or nothing.  Tables with
    merged cells have no simple columns and are left as they are.
    """
    return _TABLE.sub(lambda match: _finished(match[0]), html)


def _finished(table: str) -> str:
    table = _INDEX_NAME_ROW.sub(r"\1<th>\3</th>\2\4", table)
    # A column's name may take two lines where its figures are narrow.
    table = _HEADER.sub(lambda header: _COLUMN_NAME.sub("_<wbr>", header[0]), table)
    if not _SPANS.search(table):
        numeric = _numeric_columns(table)
        table = _ROW.sub(lambda row: _aligned(row[0], numeric), table)
    caption = _CAPTION.search(table)
    # The caption's words, not its id: two parts of a page may hold the same table.
    name = escape(" ".join(_plain(caption[1]).split())) if caption else "Table"
    return f'<div class="scroll" role="region" aria-label="{name}" tabindex="0">{table}</div>'


def _plain(html: str) -> str:
    return unescape(_TAG.sub("", html)).strip()


def _cells(row: str) -> Iterator[tuple[str, str]]:
    for match in _CELL.finditer(row):
        yield match[1], _plain(match[3])


def _numeric_columns(table: str) -> set[int]:
    figures: set[int] = set()
    words: set[int] = set()
    for row in _ROW.findall(table):
        for column, (tag, text) in enumerate(_cells(row)):
            if tag == "th" or text in _MISSING:
                continue
            (figures if _NUMERIC.match(text) else words).add(column)
    return figures - words


def _aligned(row: str, numeric: set[int]) -> str:
    def mark(column: int, match: re.Match[str]) -> str:
        tag, attributes, content = match.groups()
        text = _plain(content)
        holds = {
            "number": column in numeric,
            "missing": tag == "td" and text in _MISSING,
            "short": column not in numeric and 0 < len(text) <= _SHORT,
        }
        classes = " ".join(name for name, true in holds.items() if true)
        if not classes:
            return match[0]
        attributes = re.sub(r'\sclass="([^"]*)"', "", attributes)
        return f'<{tag}{attributes} class="{classes}">{content}</{tag}>'

    columns = count()
    row = _CELL.sub(lambda match: mark(next(columns), match), row)
    # pandas aligns whole header rows to the right; a style would win over the classes.
    return re.sub(r'(<tr[^>]*) style="[^"]*"', r"\1", row)
