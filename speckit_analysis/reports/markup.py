"""From what notebooks hold (Markdown, code, terminal text) to HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mistune
from markupsafe import Markup, escape
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

from speckit_analysis.reports.sanitize import sanitize

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_TAG = re.compile(r"<[^>]*>")


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
        text = Markup(_TAG.sub("", html)).unescape().strip()  # noqa: S704 - unescaped, not shown
        stem = re.sub(r"[^\w]+", "-", text.lower()).strip("-") or "section"
        anchor, count = stem, 1
        while anchor in self._taken:
            count += 1
            anchor = f"{stem}-{count}"
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
    lines = _ANSI.sub("", text).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
