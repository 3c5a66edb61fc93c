"""Figures and tables as a notebook shows them: escaped, accessible, the same every time."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.summaries import PERIODS
from speckit_analysis.tables.results import RESULTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Longer text is cut in a table's cell.
MOST_CHARACTERS = 240

#: Type under which a figure's HTML stands in a notebook.  Only report pages read it: a notebook
#: that was not executed here is not trusted, and shows pictures but no drawing inside HTML.
FIGURE_TYPE = "application/vnd.speckit.figure+html"

Format = Callable[[object], str]


@dataclass(frozen=True)
class Html:
    """A piece of HTML for browsers, and its plain text for terminals, which a notebook displays."""

    html: str
    text: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Picture:
    """A figure that a notebook displays."""

    #: What report pages show: title, drawing (SVG) and caption.
    html: str
    #: What notebooks show, title included.
    png: bytes
    #: What terminals show, and readers who see no figure are told.
    text: str

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, str]]:
        picture = b64encode(self.png).decode()
        data = {FIGURE_TYPE: self.html, "image/png": picture, "text/plain": self.text}
        return data, {"alt": self.text}

    def __repr__(self) -> str:
        return self.text


def show(figure: Figure, alt: str = "", caption: str = "") -> Html | Picture:
    """Return a figure as notebooks and report pages show it.

    Parameters
    ----------
    figure : Figure
        From :mod:`speckit_analysis.figures`.
    alt : str
        What a reader who does not see it is told; by default the figure's title and numbers.
    caption : str
        Shown below: what the figure means.

    Notes
    -----
    A figure that has nothing to show becomes a sentence.
    """
    from speckit_analysis.figures.svg import inline_svg, png
    from speckit_analysis.figures.theme import Chart

    alt = " ".join((alt or str(figure.get_label()) or "Figure without a description.").split())
    if isinstance(figure, Chart) and figure.bare:
        words = alt if caption in alt else f"{alt} {caption}"
        return Html(f'<p class="nothing">{_escaped(words)}</p>', words)
    head = _head(figure.title, figure.subtitle) if isinstance(figure, Chart) else ""
    below = f"<figcaption>{_escaped(caption)}</figcaption>" if caption else ""
    html = f'<figure role="figure">{head}{inline_svg(figure, alt)}{below}</figure>'
    return Picture(html, png(figure), f"{alt} {caption}".strip())


def _head(title: str, subtitle: str) -> str:
    # Notebooks have none of the page's style sheet: the least of it comes along.
    return (
        f'<p class="figure-title" style="font-weight: 600; margin: 0">{_escaped(title)}</p>'
        f'<p class="figure-subtitle" style="opacity: 0.75; margin: 0 0 0.5em">'
        f"{_escaped(subtitle)}</p>"
    )


def note(*sentences: str) -> Html:
    """Return sentences as a paragraph; empty ones are skipped."""
    text = " ".join(sentence for sentence in sentences if sentence)
    return Html(f"<p>{_escaped(text)}</p>", text)


def points(*sentences: str) -> Html:
    """Return sentences as a list; empty ones are skipped."""
    texts = [sentence for sentence in sentences if sentence]
    items = "".join(f"<li>{_escaped(text)}</li>" for text in texts)
    return Html(f"<ul>{items}</ul>", "\n".join(f"- {text}" for text in texts))


def side_by_side(
    title: str, positions: Mapping[str, str], remark: str = "", *, most: int = 4
) -> Html:
    """Return what several people say on one topic, a column each.

    Parameters
    ----------
    title : str
        The topic.
    positions : mapping of str to str
        Who says what.
    remark : str
        Shown below.
    most : int
        Columns; those left out are counted.

    Examples
    --------
    >>> side_by_side("state of plan.md", {"gemini": "missing", "claude": "found"}, "one is wrong")
    state of plan.md
      gemini: missing
      claude: found
      one is wrong
    """
    shown = dict(list(positions.items())[:most])
    more = len(positions) - len(shown)
    below = f"{remark} {wording.count(more, 'agent')} more.".strip() if more else remark
    width = f"{100 / max(1, len(shown)):.0f}%"
    style = f' style="text-align: left; vertical-align: top; width: {width}"'
    heads = "".join(f'<th scope="col"{style}>{escape(name)}</th>' for name in shown)
    cells = "".join(f"<td{style}>{escape(_text(text))}</td>" for text in shown.values())
    html = (
        f"<table><caption>{escape(_text(title))}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody><tr>{cells}</tr></tbody></table>"
    )
    if below:
        html += f'<p class="nothing">{_escaped(below)}</p>'
    lines = [title, *(f"  {name}: {_text(text)}" for name, text in shown.items())]
    return Html(html, "\n".join([*lines, f"  {below}"] if below else lines))


def comparisons(
    examples: Sequence[tuple[str, Mapping[str, str], str]], empty: str = "Nothing to compare."
) -> Html:
    """Return several comparisons below each other, each as :func:`side_by_side` shows it.

    Parameters
    ----------
    examples : sequence of (str, mapping of str to str, str)
        Topic, who says what, remark.
    empty : str
        Shown in place of none.
    """
    parts = [side_by_side(*example) for example in examples]
    if not parts:
        return Html(f'<p class="nothing">{escape(empty)}</p>', empty)
    return Html("".join(part.html for part in parts), "\n\n".join(part.text for part in parts))


def _escaped(text: str) -> str:
    return escape(wording.unbroken(text))


@wording.or_missing
def _text(value: object) -> str:
    text = str(value)
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


@wording.or_missing
def _number(value: float) -> str:
    # Three digits are more than intervals of evidence this small justify.
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value + 0.0:.3g}"


def _number_like(column: pd.Series) -> Format:
    """Return a format that writes all numbers of a column with the same decimals.

    Three digits of the largest, one of the smallest, and no more than all of them have.  Numbers
    of several sizes, as of several units, have each their own.
    """
    sizes = column.dropna().astype(float).abs()
    sizes = sizes[(sizes > 0) & (sizes < math.inf)]
    if sizes.empty or sizes.max() >= 999.5:
        return _number
    least, most = (math.floor(math.log10(size)) for size in (sizes.min(), sizes.max()))
    if most - least > 3:
        return _number
    enough = max(2 - most, -least, 0)
    decimals = next(at for at in range(enough + 1) if at == enough or _exact(sizes, at))
    return wording.or_missing(lambda value: f"{value:.{decimals}f}" if value else "0")


def _exact(sizes: pd.Series, decimals: int) -> bool:
    return bool(((sizes - sizes.round(decimals)).abs() < 1e-9).all())


@wording.or_missing
def _p(value: float) -> str:
    return wording.p_value(value).removeprefix("p ").removeprefix("= ")


def _dated(form: str) -> Format:
    """Return a format of moments, as strftime knows it; ``{0.quarter}`` is the quarter."""
    return wording.or_missing(
        lambda value: pd.Timestamp(value).strftime(form.format(pd.Timestamp(value)))
    )


@wording.or_missing
def _whether(value: object) -> str:
    return "yes" if value else "no"


#: Formats by name, for `formats`.
FORMATS: dict[str, Format] = {
    "text": _text,
    "count": wording.count,
    "number": _number,
    "usd": wording.usd,
    "time": wording.seconds,
    "percent": wording.percent,
    "points": wording.points,
    "ratio": wording.ratio,
    "size": wording.size,
    "p": _p,
    "moment": _dated("%Y-%m-%d %H:%M"),
    # The periods, so that a column of their starts takes the name of the period.
    "day": _dated("%Y-%m-%d"),
    "week": _dated("%Y-%m-%d"),
    "month": _dated("%B %Y"),
    "quarter": _dated("Q{0.quarter} %Y"),
    "year": _dated("%Y"),
    "boolean": _whether,
}

_BY_ENDING = {
    "_usd": "usd",
    "_ms": "time",
    "bytes": "size",
    "share": "percent",
    "rate": "percent",
    "utilization": "percent",
    "ratio": "ratio",
    "tokens": "count",
    "_p": "p",
    "p_value": "p",
}
#: Formats of the units that results are declared with, other than a format's own name.
_BY_UNIT = {"USD": "usd", "ms": "time", "share": "percent", "bytes": "size", "tokens": "count"}
_HEADINGS = {
    "spec_id": "SPEC",
    "run_id": "run",
    "specs": "SPECs",
    "model_id": "model",
    "bytes": "size",
    "disagreement_severity": "severity",
}
_RIGHT = {"count", "p", "number", "usd", "time", "percent", "points", "ratio", "size"}


def table(
    frame: pd.DataFrame,
    caption: str = "",
    *,
    formats: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
    columns: Sequence[str] | None = None,
    limit: int = 40,
    empty: str = "nothing to list.",
) -> Html:
    """Return a frame as an HTML table.

    Parameters
    ----------
    frame : DataFrame
        What to show; an index that has a name becomes the first column.
    caption : str
        What the table holds.
    formats : mapping of str to str, optional
        Format of a column: a key of :data:`FORMATS`.  Others follow from the unit that a result
        is declared with (:mod:`speckit_analysis.tables.results`), else from the ending of the
        column's name (``_usd``, ``_ms``, ``share`` …) and its dtype.
    names : mapping of str to str, optional
        Headings; others are declared with the result, or the column's name in words.
    columns : sequence of str, optional
        Columns to show, in order.
    limit : int
        Rows to show; the table says how many it leaves out.
    empty : str
        Shown in place of a frame without rows.

    Examples
    --------
    >>> table(pd.DataFrame({"agent": ["<b>"], "cost_usd": [0.5], "latency_ms": [4532.0]}))
    agent   cost  latency
    <b>    $0.50    4.5 s
    """
    if frame.index.name is not None:
        frame = frame.reset_index()
    if columns is not None:
        frame = frame[list(columns)]
    if frame.empty:
        words = f"{caption}: {empty}" if caption else empty
        return Html(f'<p class="nothing">{escape(words)}</p>', words)
    shown = frame.head(limit)
    written = list(zip(*formatted(shown, formats, names), strict=True))
    more = len(frame) - len(shown)
    left_out = f"{wording.count(more, 'more row')} not shown." if more else ""
    html = _as_html(written, caption, left_out)
    return Html(html, _as_text(written, caption, left_out))


def formatted(
    frame: pd.DataFrame,
    formats: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> tuple[list[str], list[list[str]], list[bool]]:
    """Return the headings of a frame, the text of its cells by column, and what is a figure.

    Parameters
    ----------
    frame : DataFrame
        What to show.
    formats, names : mapping of str to str, optional
        As for :func:`table`.
    """
    result = RESULTS.get(frame.attrs.get("table", ""))
    declared = result.columns if result else ()
    formats = {c.name: _BY_UNIT.get(c.unit, c.unit) for c in declared} | dict(formats or {})
    headings = {c.name: c.heading for c in declared if c.heading} | dict(names or {})
    kinds = {name: _kind(name, frame[name], formats) for name in map(str, frame.columns)}
    cells = [[*map(_format(kind, frame[name]), frame[name])] for name, kind in kinds.items()]
    heads = [headings.get(name, _heading(name)) for name in kinds]
    return heads, cells, [kind in _RIGHT for kind in kinds.values()]


def _format(kind: str, column: pd.Series) -> Format:
    # Figures of a column have the same digits, so that they can be compared at a glance.
    if kind == "number" and pd.api.types.is_numeric_dtype(column):
        return _number_like(column)
    return wording.usd_like(column) if kind == "usd" else FORMATS[kind]


def _kind(name: str, column: pd.Series, formats: Mapping[str, str]) -> str:
    if formats.get(name) in FORMATS:
        return formats[name]
    if pd.api.types.is_bool_dtype(column):
        return "boolean"
    if pd.api.types.is_datetime64_any_dtype(column):
        return name if name in PERIODS else "moment"
    if not pd.api.types.is_numeric_dtype(column):
        return "text"
    for ending, kind in _BY_ENDING.items():
        if name.endswith(ending):
            return kind
    return "count" if pd.api.types.is_integer_dtype(column) else "number"


def _heading(name: str) -> str:
    if name in _HEADINGS:
        return _HEADINGS[name]
    for unit in ("_usd", "_ms"):
        name = name.removesuffix(unit)
    return name.replace("_", " ")


#: A column as it is shown: its heading, its cells, and whether they stand on the right.
_Column = tuple[str, list[str], bool]


def _as_html(columns: Sequence[_Column], caption: str, left_out: str) -> str:
    sides = [f' style="text-align: {"right" if right else "left"}"' for *_, right in columns]
    head = "".join(
        f'<th scope="col"{side}>{escape(name)}</th>'
        for (name, *_), side in zip(columns, sides, strict=True)
    )
    cells = [
        [f"<td{side}>{escape(text)}</td>" for text in texts]
        for (_, texts, _), side in zip(columns, sides, strict=True)
    ]
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in zip(*cells, strict=True))
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    below = f'<p class="nothing">{escape(left_out)}</p>' if left_out else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}"


def _as_text(columns: Sequence[_Column], caption: str, left_out: str) -> str:
    padded = []
    for head, cells, right in columns:
        texts = [head, *cells]
        width = max(map(len, texts))
        padded.append([text.rjust(width) if right else text.ljust(width) for text in texts])
    lines = ["  ".join(row).rstrip() for row in zip(*padded, strict=True)]
    return "\n".join(line for line in [caption, *lines, left_out] if line)
