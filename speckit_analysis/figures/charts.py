"""The few kinds of chart that every figure is made of: a tidy frame in, a Figure out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from speckit_analysis.analysis import wording
from speckit_analysis.figures.theme import (
    BLUE,
    GRID,
    INK,
    MUTED,
    canvas,
    clean,
    finish,
    ink_on,
    themed,
)

Words = Callable[[object], str]

ROW = 0.29
MOST_ROWS = 24


@themed
def bars(
    frame: pd.DataFrame,
    label: str,
    value: str,
    *,
    title: str,
    subtitle: str,
    axis: str,
    words: Words,
    colours: Sequence[str] | str = BLUE,
    limits: Mapping[str, float] | None = None,
    notes: Sequence[str] | None = None,
    reach: float = 0.0,
) -> Figure:
    """Draw one horizontal bar per row, with its figure at its end.

    Parameters
    ----------
    frame : DataFrame
        One row per bar, from the top.
    label, value : str
        Columns of names and of figures; a missing figure is written as a dash.
    title, subtitle : str
        The finding, and what is shown.
    axis : str
        What the axis measures, with its unit.
    words : callable
        Turns a figure into text.
    colours : str or sequence of str
        One colour, or one per row.
    limits : mapping of str to float, optional
        Lines across the chart, by name.
    notes : sequence of str, optional
        Put behind each figure.
    reach : float
        How far the axis reaches at least.
    """
    shown = frame.head(MOST_ROWS)
    figures = shown[value].to_numpy(dtype=float, na_value=np.nan)
    figure, axes = canvas(title, _cut(subtitle, frame), _height(len(shown), bool(limits)))
    rows = np.arange(len(shown))
    paint = colours if isinstance(colours, str) else list(colours)[: len(shown)]
    axes.barh(rows, np.nan_to_num(figures), height=0.66, color=paint)
    tags = [words(figure) for figure in figures]
    if notes is not None:
        tags = [f"{tag}  {note}".rstrip() for tag, note in zip(tags, notes, strict=False)]
    most = float(np.nanmax([reach, *figures, *(limits or {}).values()])) or 1.0
    if limits:
        # Behind the bars the figures would lie under the lines.
        _margin(axes, tags)
        axes.set_xlim(0, most * 1.03)
    else:
        _label_ends(axes, np.nan_to_num(figures), tags)
        axes.set_xlim(0, most * _room(tags))
    _limits(axes, limits or {})
    _name_rows(axes, shown[label])
    _value_axis(axes, axis, words)
    return finish(figure, _in_words(title, shown[label], tags))


@themed
def stacked(
    frame: pd.DataFrame,
    label: str,
    part: str,
    value: str,
    *,
    title: str,
    subtitle: str,
    axis: str,
    colours: Mapping[str, str],
) -> Figure:
    """Draw one full-length bar per `label`, divided by `part`.

    Parameters
    ----------
    frame : DataFrame
        One row per label and part; `value` holds counts.
    label, part, value : str
        Columns.
    title, subtitle, axis : str
        As for :func:`bars`.
    colours : mapping of str to str
        Colour of each part, in the order in which they are stacked.
    """
    counts = frame.astype({label: "string", part: "string"}).pivot_table(
        index=label, columns=part, values=value, aggfunc="sum", sort=False, fill_value=0
    )
    counts = counts.reindex(columns=[name for name in colours if name in counts], fill_value=0)
    counts = counts.head(MOST_ROWS).astype(float)
    totals = counts.sum(axis="columns")
    figure, axes = canvas(
        title, subtitle, _height(len(counts)) + 0.22 * -(-len(counts.columns) // 4)
    )
    rows, left = np.arange(len(counts)), np.zeros(len(counts))
    for name in counts.columns:
        shares = (counts[name] / totals.where(totals > 0)).fillna(0.0).to_numpy()
        axes.barh(rows, shares, left=left, height=0.66, color=colours[name], label=_plain(name))
        for row in np.flatnonzero(shares >= 0.07):
            axes.text(
                left[row] + shares[row] / 2,
                float(row),
                wording.percent(shares[row]),
                ha="center",
                va="center",
                color=ink_on(colours[name]),
            )
        left = left + shares
    names = [f"{clean(name)} ({wording.count(totals[name])})" for name in counts.index]
    _name_rows(axes, names, cut=None)
    _value_axis(axes, axis, wording.percent)
    axes.set_xlim(0, 1)
    axes.grid(visible=False)
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2, borderpad=0,
        handlelength=0.9, handleheight=0.9, columnspacing=1.4,
    )  # fmt: skip
    parts = [
        ", ".join(f"{_plain(part)} {wording.count(n)}" for part, n in row.items() if n)
        for _, row in counts.iterrows()
    ]
    return finish(figure, _in_words(title, counts.index, parts))


@themed
def intervals(
    frame: pd.DataFrame,
    label: str,
    estimate: str,
    low: str,
    high: str,
    *,
    title: str,
    subtitle: str,
    axis: str,
    words: Words,
    notes: Sequence[str],
    span: tuple[float, float] | None = None,
    reference: float | None = None,
) -> Figure:
    """Draw one dot with its interval per row.

    Parameters
    ----------
    frame : DataFrame
        One row per dot, from the top.
    label, estimate, low, high : str
        Columns; an interval that is missing is not drawn.
    title, subtitle, axis, words : str and callable
        As for :func:`bars`.
    notes : sequence of str
        Written in the right margin of each row: its n.
    span : tuple of float, optional
        Ends of the axis.
    reference : float, optional
        A line to compare with.
    """
    shown = frame.head(MOST_ROWS)
    middle, start, stop = (
        shown[name].to_numpy(dtype=float, na_value=np.nan) for name in (estimate, low, high)
    )
    figure, axes = canvas(title, _cut(subtitle, frame), _height(len(shown)))
    rows = np.arange(len(shown))
    if reference is not None:
        axes.axvline(reference, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.hlines(rows, start, stop, color=BLUE, linewidth=2.6, alpha=0.55)
    axes.plot(middle, rows, "o", color=BLUE, markersize=7, markeredgewidth=0)
    if span is not None:
        reach = span[1] - span[0]
        axes.set_xlim(span[0] - 0.02 * reach, span[1] + 0.02 * reach)
    tags = [f"{words(value)}  {note}" for value, note in zip(middle, notes, strict=False)]
    _margin(axes, tags)
    _name_rows(axes, shown[label])
    _value_axis(axes, axis, words)
    ends = [f"{words(a)} to {words(b)}" for a, b in zip(start, stop, strict=True)]
    told = [f"{tag}, interval {end}" for tag, end in zip(tags, ends, strict=True)]
    return finish(figure, _in_words(title, shown[label], told))


@themed
def over_time(
    frame: pd.DataFrame,
    moment: str,
    value: str,
    *,
    title: str,
    subtitle: str,
    axis: str,
    words: Words,
    low: str | None = None,
    high: str | None = None,
) -> Figure:
    """Draw a figure per period: columns, or dots with intervals where these are given.

    Parameters
    ----------
    frame : DataFrame
        One row per period, in order.
    moment, value : str
        Columns of timestamps and of figures.
    title, subtitle, axis, words : str and callable
        As for :func:`bars`.
    low, high : str, optional
        Columns of the interval's ends.
    """
    figure, axes = canvas(title, subtitle, 2.6)
    figures = frame[value].to_numpy(dtype=float, na_value=np.nan)
    places = np.arange(len(frame))
    if low is not None and high is not None:
        ends = [frame[name].to_numpy(dtype=float, na_value=np.nan) for name in (low, high)]
        axes.vlines(places, *ends, color=BLUE, linewidth=2.6, alpha=0.55)
        axes.plot(places, figures, "o-", color=BLUE, markersize=6, linewidth=1, markeredgewidth=0)
        axes.set_ylim(-0.03, 1.03)
    else:
        axes.bar(places, np.nan_to_num(figures), width=0.72, color=BLUE)
        axes.set_ylim(bottom=0)
    days = [f"{when.day} {when:%b %Y}" for when in frame[moment]]
    step = max(1, -(-len(frame) // 7))
    axes.set_xticks(places[::step], days[::step])
    axes.set_xlim(-0.6, max(len(frame) - 0.4, 0.6))
    axes.grid(visible=False, axis="x")
    axes.grid(visible=True, axis="y")
    axes.yaxis.set_major_locator(_Ticks(words, 4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda figure, _: words(figure)))
    axes.tick_params(axis="y", labelcolor=MUTED)
    axes.set_ylabel(axis)
    return finish(figure, _in_words(title, days, [words(figure) for figure in figures]))


@themed
def matrix(table: pd.DataFrame, *, title: str, subtitle: str, rows: str, columns: str) -> Figure:
    """Draw a table of counts, shaded by count.

    Parameters
    ----------
    table : DataFrame
        Counts, with names in index and columns.
    title, subtitle : str
        As for :func:`bars`.
    rows, columns : str
        What index and columns are.
    """
    counts = table.to_numpy(dtype=float)
    figure, axes = canvas(title, subtitle, 0.95 + 0.42 * len(table))
    most = counts.max() if counts.size else 1.0
    for (row, column), n in np.ndenumerate(counts):
        # Opacity instead of a scale of colours: it works on a light page and on a dark one.
        axes.add_patch(_tile(row, column, 0.06 + 0.5 * n / most if n else 0.0))
        axes.text(
            column, row, wording.count(n), ha="center", va="center", color=INK if n else MUTED
        )
    axes.set_xlim(-0.5, max(counts.shape[1], 5) - 0.5)
    axes.set_ylim(len(table) - 0.5, -0.5)
    axes.set_xticks(range(counts.shape[1]), [clean(name) for name in table.columns])
    axes.set_yticks(range(len(table)), [clean(name) for name in table.index])
    axes.tick_params(axis="x", top=True, bottom=False, labeltop=True, labelbottom=False)
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(columns, loc="left")
    axes.set_ylabel(rows)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    told = [
        ", ".join(f"{column} {wording.count(n)}" for column, n in row.items() if n)
        for _, row in table.iterrows()
    ]
    return finish(figure, _in_words(title, table.index, told))


@themed
def spread(
    frame: pd.DataFrame,
    label: str,
    middle: str,
    upper: str,
    *,
    title: str,
    subtitle: str,
    axis: str,
    words: Words,
) -> Figure:
    """Draw median and 95th percentile of each row as two joined dots.

    Parameters
    ----------
    frame : DataFrame
        One row per pair of dots, from the top.
    label, middle, upper : str
        Columns.
    title, subtitle, axis, words : str and callable
        As for :func:`bars`.
    """
    shown = frame.head(MOST_ROWS)
    near, far = (shown[name].to_numpy(dtype=float, na_value=np.nan) for name in (middle, upper))
    figure, axes = canvas(title, _cut(subtitle, frame), _height(len(shown)))
    rows = np.arange(len(shown))
    axes.hlines(rows, near, far, color=BLUE, linewidth=2.2, alpha=0.55)
    axes.plot(near, rows, "o", color=BLUE, markersize=7, markeredgewidth=0)
    axes.plot(
        far, rows, "o", markersize=7, markerfacecolor="none", markeredgecolor=BLUE,
        markeredgewidth=1.8,
    )  # fmt: skip
    tags = [f"{words(a)} → {words(b)}" for a, b in zip(near, far, strict=True)]
    _label_ends(axes, np.nan_to_num(far), tags, gap=9)
    most = float(np.nanmax([0.0, *far])) or 1.0
    axes.set_xlim(0, most * (_room(tags) + 0.03))
    _name_rows(axes, shown[label])
    _value_axis(axes, axis, words)
    return finish(figure, _in_words(title, shown[label], tags))


class _Ticks(MaxNLocator):
    """Round ticks, which for sizes are round in the unit that they are written in."""

    def __init__(self, words: Words, most: int) -> None:
        quarters = {"steps": [1, 2.5, 5, 10]} if words is wording.percent else {}
        super().__init__(most, integer=words is wording.count, **quarters)
        self._binary = words is wording.size

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        unit = 1024.0 ** int(np.log2(max(vmax, 1.0)) // 10) if self._binary else 1.0
        return [tick * unit for tick in super().tick_values(vmin / unit, vmax / unit)]


def _label_ends(axes: Axes, ends: np.ndarray, tags: Sequence[str], gap: float = 4) -> None:
    for row, (end, tag) in enumerate(zip(ends, tags, strict=True)):
        axes.annotate(tag, (end, row), xytext=(gap, 0), textcoords="offset points", va="center")


def _room(tags: Sequence[str]) -> float:
    """Return how much longer than the longest bar an axis must be for the text behind it."""
    return 1.03 + 0.0135 * max((len(tag) for tag in tags), default=0)


def _margin(axes: Axes, tags: Sequence[str]) -> None:
    for row, tag in enumerate(tags):
        axes.annotate(
            tag,
            (1.0, row),
            xytext=(8, 0),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            va="center",
            annotation_clip=False,
        )


def _tile(row: int, column: int, opacity: float) -> Rectangle:
    return Rectangle(
        (column - 0.48, row - 0.46), 0.96, 0.92, facecolor=BLUE, alpha=opacity, edgecolor="none"
    )


def _height(rows: int, limits: bool = False) -> float:
    return 0.62 + ROW * max(rows, 1) + (0.22 if limits else 0.0)


def _cut(subtitle: str, frame: pd.DataFrame) -> str:
    if len(frame) <= MOST_ROWS:
        return subtitle
    return f"{subtitle} The first {MOST_ROWS} of {wording.count(len(frame))} rows."


def _plain(name: object) -> str:
    return clean(name).replace("_", " ")


def _name_rows(axes: Axes, names: Iterable[object], cut: int | None = 34) -> None:
    known = [_named(name) for name in names]
    axes.set_yticks(range(len(known)), [clean(name, cut) for name in known])
    axes.set_ylim(len(known) - 0.4, -0.6)


def _value_axis(axes: Axes, name: str, words: Words) -> None:
    axes.set_xlabel(name, loc="left")
    axes.xaxis.set_major_locator(_Ticks(words, 5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda figure, _: words(figure)))
    axes.spines["bottom"].set_color(GRID)


def _limits(axes: Axes, limits: Mapping[str, float]) -> None:
    for name, place in limits.items():
        axes.axvline(place, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        axes.annotate(
            name,
            (place, 1.0),
            xycoords=axes.get_xaxis_transform(),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            color=MUTED,
        )


def _in_words(title: str, names: Iterable[object], tags: Sequence[str]) -> str:
    rows = (f"{clean(_named(name))}: {tag}" for name, tag in zip(names, tags, strict=True))
    return f"{clean(title, None)} {'; '.join(rows)}."


def _named(name: Any) -> str:
    return "not told" if pd.isna(name) else str(name)
