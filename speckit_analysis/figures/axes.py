"""What charts share: rows with names, axes with units, text at the end of bars."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Annotation
from matplotlib.ticker import Formatter, FuncFormatter, MaxNLocator

from speckit_analysis.analysis import wording
from speckit_analysis.figures.theme import BLUE, DASHES, GRID, MUTED, WIDTH, Chart, clean, lay_out

Words = Callable[[object], str]

# What a round figure need not say: 15.0 s, 2 min 0 s, 2 h 0 min.
_FRACTION = re.compile(r"\.0(?= )|(?<=min) 0 s$|(?<= h) 0 min$")

#: Inches per row, and the most rows that a chart shows.
ROW = 0.29
MOST_ROWS = 24

_LEGEND: dict[str, Any] = {
    "borderaxespad": 0.2, "borderpad": 0, "handlelength": 0.9, "columnspacing": 1.4,
}  # fmt: skip
_BAR_LEGEND = _LEGEND | {"handleheight": 0.9}

#: Labels that fit below a figure if each is a date.
MOST_DATES = 4


class Ticks(MaxNLocator):
    """Round ticks; of sizes and times, round in the unit that they are written in."""

    def __init__(self, words: Words, most: int) -> None:
        quarters = {"steps": [1, 2.5, 5, 10]} if words is wording.percent else {}
        whole = words in (wording.count, wording.seconds)
        super().__init__(most, integer=whole, **quarters)
        self._words = words

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """Return where ticks are."""
        unit = 1.0
        if self._words is wording.size:
            unit = 1024.0 ** int(np.log2(max(vmax, 1.0)) // 10)
        elif self._words is wording.seconds:
            unit = next((long for long in (3_600_000.0, 60_000.0) if vmax >= 2 * long), 1.0)
        return [tick * unit for tick in super().tick_values(vmin / unit, vmax / unit)]


class _Dollars(Formatter):
    """Writes the ticks of an axis with the same number of digits, and as few as tell them apart."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return wording.usd(x)

    def format_ticks(self, values: Iterable[float]) -> list[str]:
        ticks = np.asarray(list(values))
        told = list(map(wording.usd_like(ticks), ticks))
        while all(re.search(r"\.\d\d+0$", text) for text in told):
            told = [text[:-1] for text in told]
        return told


def tick_words(words: Words) -> Formatter:
    """Return a formatter that writes ticks as `words` does, round ones without a fraction."""
    if words is wording.usd:
        return _Dollars()
    return FuncFormatter(lambda figure, _: _FRACTION.sub("", words(figure)))


def write(
    axes: Axes, text: str, place: tuple[float, float], offset: tuple[float, float], **look: Any
) -> Annotation:
    """Write `text` at a distance from a place, in points."""
    return axes.annotate(text, place, xytext=offset, textcoords="offset points", **look)


def label_ends(
    figure: Figure, axes: Axes, ends: np.ndarray, tags: Sequence[str], reach: float
) -> None:
    """Write one tag behind the end of each bar, on an axis from 0 that has room for it.

    Parameters
    ----------
    figure, axes : Figure and Axes
        Rows named, so that its width is known.
    ends : ndarray of float
        Where the bars end.
    tags : sequence of str
        One per bar.
    reach : float
        How far the axis reaches at least.
    """
    rows = enumerate(zip(ends, tags, strict=True))
    texts = [write(axes, tag, (end, row), (4, 0), va="center") for row, (end, tag) in rows]
    for text in texts:
        text.set_in_layout(False)
    lay_out(figure)
    width = axes.get_window_extent().width
    lengths = np.array([text.get_window_extent().width for text in texts]) + 6
    needed = ends / np.maximum(1 - lengths / width, 0.15)
    axes.set_xlim(0, max(reach, *needed) or 1.0)


def label_margin(axes: Axes, tags: Sequence[str]) -> None:
    """Write one tag per row to the right of the axes."""
    edge: dict[str, Any] = {"xycoords": axes.get_yaxis_transform(), "annotation_clip": False}
    for row, tag in enumerate(tags):
        write(axes, tag, (1.0, row), (8, 0), va="center", **edge)


def time_places(moments: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return where on a true axis of time periods lie, and which of them fit a label.

    Parameters
    ----------
    moments : Series of timestamps
        Starts of periods, in order.

    Returns
    -------
    places : ndarray of float
        In lengths of the shortest step, the first at 0: periods without a row leave a gap.
    labelled : ndarray of int
        Rows whose labels do not run into each other.
    """
    days = (moments - moments.iloc[0]).dt.total_seconds().to_numpy(dtype=float) / 86_400
    places = days / np.diff(days).min() if len(days) > 1 else days
    apart = (places[-1] - places[0]) / MOST_DATES
    labelled = [0]
    for row, place in enumerate(places):
        if row and place - places[labelled[-1]] >= max(apart, 1e-9):
            labelled.append(row)
    return places, np.asarray(labelled)


def legend_columns(names: Sequence[str]) -> int:
    """Return how many columns of a legend with these names fit the width of a figure."""
    figure = Figure(figsize=(WIDTH, 1))
    for columns in range(len(names), 1, -1):
        handles = [Patch(label=names[at]) for at in _by_row(len(names), columns)]
        legend = figure.legend(handles=handles, ncols=columns, **_BAR_LEGEND)
        lay_out(figure)
        if legend.get_window_extent().width <= figure.bbox.width:
            return columns
        legend.remove()
    return 1


def _by_row(names: int, columns: int) -> list[int]:
    """Return the order in which a legend, filled column by column, is read row by row."""
    return [at for column in range(columns) for at in range(column, names, columns)]


def legend_above(figure: Chart, axes: Axes, columns: int, room: float) -> None:
    """Write a legend of bars from the figure's left edge on, in room kept below the title.

    Parameters
    ----------
    figure, axes : Chart and Axes
        With labelled marks, and a layout engine of its own.
    columns : int
        From :func:`legend_columns`.
    room : float
        Height kept for it, in inches.
    """
    total = figure.get_figheight()
    top = 1 - figure.head / total
    handles, names = axes.get_legend_handles_labels()
    order = _by_row(len(names), columns)
    legend = axes.legend(
        [handles[at] for at in order], [names[at] for at in order], loc="upper left",
        bbox_to_anchor=(0, top), bbox_transform=figure.transFigure, ncols=columns, **_BAR_LEGEND,
    )  # fmt: skip
    legend.set_in_layout(False)
    figure.set_layout_engine(
        "constrained", rect=(0, 0, 1, top - room / total), w_pad=0.05, h_pad=0.03
    )


def legend_of_dots(axes: Axes) -> None:
    """Write a legend of two kinds of dots on top of the axes."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, handletextpad=0.4, **_LEGEND)


def tile(row: int, column: int, opacity: float) -> Rectangle:
    """Return the field of a matrix at `row` and `column`."""
    return Rectangle(
        (column - 0.48, row - 0.46), 0.96, 0.92, facecolor=BLUE, alpha=opacity, edgecolor="none"
    )


def rows_height(rows: int, limits: bool = False) -> float:
    """Return the height of axes with so many rows, in inches."""
    return 0.62 + ROW * max(rows, 1) + (0.22 if limits else 0.0)


def numbers(frame: pd.DataFrame, *columns: str) -> list[np.ndarray]:
    """Return columns as arrays of float; what is missing is no number."""
    return [frame[name].to_numpy(dtype=float, na_value=np.nan) for name in columns]


def part_notes(frame: pd.DataFrame, part: str, whole: str, words: Words) -> list[str]:
    """Return a note for each row on two of its columns, such as (3 of 7)."""
    pairs = zip(frame[part], frame[whole], strict=True)
    return [f"({words(some)} of {words(every)})" for some, every in pairs]


def signed(decimals: int) -> Words:
    """Return what writes a difference with its sign and so many decimals."""
    return lambda value: f"{float(value):+.{decimals}f}" if value else "0"  # type: ignore[arg-type]


def cut_note(subtitle: str, frame: pd.DataFrame) -> str:
    """Add to `subtitle` how many rows of `frame` the chart leaves out."""
    if len(frame) <= MOST_ROWS:
        return subtitle
    return f"{subtitle} The first {MOST_ROWS} of {wording.count(len(frame))} rows."


def undrawn_note(
    subtitle: str, rows: pd.DataFrame, drawn: pd.DataFrame, noun: str, lack: str
) -> str:
    """Add to `subtitle` how many of `rows`, each a `noun`, `lack` what could be `drawn`."""
    undrawn = len(rows) - len(drawn)
    if not undrawn:
        return subtitle
    return f"{subtitle} Not drawn: {wording.count(undrawn, noun)} without {lack}."


def plain(name: object) -> str:
    """Return a category's name in words, fit for a figure."""
    return clean(wording.term(name))


def name_rows(axes: Axes, names: Iterable[object], cut: int | None = 34) -> None:
    """Name the rows from the top, each name cut to so many characters."""
    shown = [named(name) for name in names]
    axes.set_yticks(range(len(shown)), [clean(name, cut) for name in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)


def value_axis(axes: Axes, name: str, words: Words) -> None:
    """Name the horizontal axis and write its figures as `words` does."""
    axes.set_xlabel(name, loc="left")
    axes.xaxis.set_major_locator(Ticks(words, 5))
    axes.xaxis.set_major_formatter(tick_words(words))
    axes.spines["bottom"].set_color(GRID)


def upright_value_axis(axes: Axes, name: str, words: Words) -> None:
    """Name the vertical axis and write its figures as `words` does."""
    axes.set_ylabel(name)
    axes.yaxis.set_major_locator(Ticks(words, 4))
    axes.yaxis.set_major_formatter(tick_words(words))
    axes.tick_params(axis="y", labelcolor=MUTED)


def limit_lines(axes: Axes, limits: Mapping[str, float]) -> None:
    """Draw a dashed line at each limit, its name above it."""
    for name, place in limits.items():
        axes.axvline(place, color=MUTED, linewidth=1, linestyle=DASHES)
        look: dict[str, Any] = {"xycoords": axes.get_xaxis_transform(), "color": MUTED}
        write(axes, name, (place, 1.0), (0, 3), ha="center", **look)


def interval_words(low: float, high: float, words: Words) -> str:
    """Return the ends of an interval in words, or that there is none."""
    return f"{words(low)} to {words(high)}" if np.isfinite(low) else "no interval"


def in_words(title: str, names: Iterable[object], tags: Sequence[str]) -> str:
    """Return what a reader who does not see the figure is told."""
    rows = (f"{clean(named(name))}: {tag}" for name, tag in zip(names, tags, strict=True))
    return f"{clean(title, None)}. {'; '.join(rows)}."


def named(name: Any) -> str:
    """Return a name, or that there is none."""
    return "not told" if pd.isna(name) else str(name)
