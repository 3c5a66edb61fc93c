"""The few kinds of chart that every figure is made of: a tidy frame in, a Figure out."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from speckit_analysis.analysis import wording
from speckit_analysis.figures import theme
from speckit_analysis.figures.axes import (
    MOST_ROWS,
    Words,
    cut_note,
    in_words,
    interval_words,
    label_ends,
    label_margin,
    legend_above,
    legend_columns,
    limit_lines,
    name_rows,
    named,
    numbers,
    plain,
    rows_height,
    tile,
    time_places,
    upright_value_axis,
    value_axis,
)
from speckit_analysis.figures.labels import name_points
from speckit_analysis.figures.theme import Chart, canvas, clean, edge_width, finish, ink_on, themed

#: A dot at an end of the axis is drawn whole.
DOTS: dict[str, Any] = {"markersize": 8, "markeredgewidth": 0, "clip_on": False}

#: Lines in steps that are named.
MOST_NAMES = 5


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
    colours: Sequence[str] | str = theme.BLUE,
    limits: Mapping[str, float] | None = None,
    notes: Sequence[str] | None = None,
    reach: float = 0.0,
) -> Chart:
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
    (values,) = numbers(shown, value)
    lengths = np.nan_to_num(values)
    figure, axes = canvas(title, cut_note(subtitle, frame), rows_height(len(shown), bool(limits)))
    paint = [colours] * len(shown) if isinstance(colours, str) else list(colours)[: len(shown)]
    edges = [edge_width(colour) for colour in paint]
    axes.barh(
        np.arange(len(shown)), lengths, height=0.66, color=paint, edgecolor=theme.INK,
        linewidth=np.where(lengths > 0, edges, 0.0),
    )  # fmt: skip
    tags = _tags(values, words, notes)
    if limits:
        # Behind the bars the figures would lie under the lines.
        label_margin(axes, tags)
        axes.set_xlim(0, 1.03 * (float(np.nanmax([reach, *values, *limits.values()])) or 1.0))
    else:
        # Each bar says its figure: lines would only cross the text.
        axes.grid(visible=False)
    limit_lines(axes, limits or {})
    name_rows(axes, shown[label])
    value_axis(axes, axis, words)
    if not limits:
        label_ends(figure, axes, lengths, tags, reach)
    return finish(figure, in_words(title, shown[label], tags))


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
) -> Chart:
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
        Colour of each part, in the order in which they are stacked.  Parts that have none are
        added up behind them: shares are over all rows.
    """
    parts, rest = _with_rest(frame[part].astype("string").fillna("unknown"), list(colours))
    colours = {**colours, rest: theme.OTHER}
    counts = frame.assign(**{label: frame[label].map(named), part: parts}).pivot_table(
        index=label, columns=part, values=value, aggfunc="sum", sort=False, fill_value=0
    )
    counts = counts.reindex(columns=[name for name in colours if name in counts], fill_value=0)
    subtitle = cut_note(subtitle, counts)
    counts = counts.head(MOST_ROWS).astype(float)
    totals = counts.sum(axis="columns")
    columns = legend_columns([plain(name) for name in counts.columns])
    above = 0.2 * -(-len(counts.columns) // columns) + 0.08
    figure, axes = canvas(title, subtitle, rows_height(len(counts)) + above)
    _stack(axes, counts.div(totals.where(totals > 0), axis="index").fillna(0.0), colours)
    names = [f"{clean(name)} ({wording.count(totals[name])})" for name in counts.index]
    name_rows(axes, names, cut=None)
    value_axis(axes, axis, wording.percent)
    axes.set_xlim(0, 1)
    axes.grid(visible=False)
    legend_above(figure, axes, columns, above)
    told = [
        ", ".join(f"{plain(name)} {wording.count(n)}" for name, n in row.items() if n)
        for _, row in counts.iterrows()
    ]
    return finish(figure, in_words(title, counts.index, told))


def _with_rest(parts: pd.Series, coloured: Sequence[str]) -> tuple[pd.Series, str]:
    """Return parts, those without a colour under one name for all of them, and that name."""
    rest = f"other ({', '.join(parts[~parts.isin(coloured)].unique())})"
    return parts.where(parts.isin(coloured), rest), rest


def _stack(axes: Axes, shares: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw one bar per row, a part per column; a part that has room for its share says it."""
    left = np.zeros(len(shares))
    for name, column in shares.items():
        part, colour = column.to_numpy(), colours[str(name)]
        axes.barh(
            np.arange(len(shares)), part, left=left, height=0.66, color=colour, label=plain(name),
            edgecolor=theme.INK, linewidth=np.where(part > 0, edge_width(colour), 0.0),
        )  # fmt: skip
        for row in np.flatnonzero(part >= 0.07):
            axes.text(
                left[row] + part[row] / 2, float(row), wording.percent(part[row]), ha="center",
                va="center", color=ink_on(colour),
            )  # fmt: skip
        left += part


@themed
def intervals(
    frame: pd.DataFrame,
    label: str,
    estimate: str,
    *,
    title: str,
    subtitle: str,
    axis: str,
    words: Words,
    notes: Sequence[str] | None = None,
    low: str = "low",
    high: str = "high",
    span: tuple[float, float] | None = None,
    reference: float | None = None,
    from_zero: bool = False,
) -> Chart:
    """Draw one dot with its interval per row.

    Parameters
    ----------
    frame : DataFrame
        One row per dot, from the top.
    label, estimate : str
        Columns of names and of figures.
    title, subtitle, axis, words : str and callable
        As for :func:`bars`.
    notes : sequence of str, optional
        Written in the right margin of each row: its n.
    low, high : str
        Columns of the ends of intervals; an interval that is missing is not drawn.
    span : tuple of float, optional
        Ends of the axis.
    reference : float, optional
        A line to compare with.
    from_zero : bool
        Start the axis at 0.
    """
    shown = frame.head(MOST_ROWS)
    middle, start, stop = numbers(shown, estimate, low, high)
    figure, axes = canvas(title, cut_note(subtitle, frame), rows_height(len(shown)))
    rows = np.arange(len(shown))
    if reference is not None:
        axes.axvline(reference, color=theme.MUTED, linewidth=1, linestyle=theme.DASHES)
    axes.hlines(rows, start, stop, color=theme.BLUE, linewidth=1.5)
    axes.plot(middle, rows, "o", color=theme.BLUE, **DOTS)
    if span is not None:
        reach = span[1] - span[0]
        axes.set_xlim(span[0] - 0.02 * reach, span[1] + 0.02 * reach)
    if from_zero:
        axes.set_xlim(left=0)
    tags = _tags(middle, words, notes)
    label_margin(axes, tags)
    name_rows(axes, shown[label])
    value_axis(axes, axis, words)
    return finish(figure, in_words(title, shown[label], _with_ends(tags, start, stop, words)))


def _tags(values: np.ndarray, words: Words, notes: Sequence[str] | None) -> list[str]:
    """Return what is written beside each row: its figure, and its note."""
    tags = map(words, values)
    if notes is None:
        return list(tags)
    return [f"{tag}  {note}".rstrip() for tag, note in zip(tags, notes, strict=False)]


def _with_ends(tags: Sequence[str], low: np.ndarray, high: np.ndarray, words: Words) -> list[str]:
    """Return tags with the ends of their intervals, for readers who do not see the figure."""
    rows = zip(tags, low, high, strict=True)
    return [f"{tag}, {interval_words(start, stop, words)}" for tag, start, stop in rows]


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
    top: float | None = None,
) -> Chart:
    """Draw a figure per period: columns, or dots with bars where these have ends.

    Parameters
    ----------
    frame : DataFrame
        One row per period, in order.
    moment, value : str
        Columns of timestamps and of figures.
    title, subtitle, axis, words : str and callable
        As for :func:`bars`.
    low, high : str, optional
        Columns of the ends of each dot's bar.
    top : float, optional
        Where the axis ends.
    """
    figure, axes = canvas(title, subtitle, 2.4)
    (values,) = numbers(frame, value)
    told = list(map(words, values))
    places, labelled = time_places(frame[moment])
    if low is not None and high is not None:
        start, stop = numbers(frame, low, high)
        told = _with_ends(told, start, stop, words)
        axes.vlines(places, start, stop, color=theme.BLUE, linewidth=1.5)
        axes.plot(
            places, values, "o", color=theme.BLUE, markersize=7, markeredgewidth=0, clip_on=False
        )
    else:
        axes.bar(places, np.nan_to_num(values), width=0.72, color=theme.BLUE)
    axes.set_ylim(0, top)
    days = [f"{when.day} {when:%b %Y}" for when in frame[moment]]
    axes.set_xticks(places[labelled], [days[row] for row in labelled])
    # A single period is no reason for a bar as wide as the page.
    beside = 0.6 if len(places) > 1 else 3.0
    axes.set_xlim(-beside, places[-1] + beside)
    axes.grid(visible=False, axis="x")
    axes.grid(visible=True, axis="y")
    upright_value_axis(axes, axis, words)
    return finish(figure, in_words(title, days, told))


@themed
def matrix(
    table: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    rows: str,
    columns: str,
    words: Words = wording.count,
    most: float | None = None,
) -> Chart:
    """Draw a table of figures, shaded by their size.

    Parameters
    ----------
    table : DataFrame
        Figures, with names in index and columns.
    title, subtitle : str
        As for :func:`bars`.
    rows, columns : str
        What index and columns are.
    words : callable
        Turns a figure into text.
    most : float, optional
        What is shaded darkest; by default the largest figure.
    """
    counts = table.to_numpy(dtype=float)
    names = [textwrap.fill(clean(name), 10) for name in table.columns]
    head = 0.75 + 0.16 * max((name.count("\n") for name in names), default=0)
    figure, axes = canvas(title, subtitle, head + 0.38 * len(table))
    most = most or (float(np.nanmax(counts)) if counts.size else 1.0) or 1.0
    for (row, column), n in np.ndenumerate(counts):
        # Opacity instead of a scale of colours: it works on a light page and on a dark one.
        axes.add_patch(tile(row, column, 0.06 + 0.5 * n / most if n > 0 else 0.0))
        axes.text(
            column,
            row,
            words(n),
            ha="center",
            va="center",
            color=theme.INK if n > 0 else theme.MUTED,
        )
    axes.set_xlim(-0.5, max(counts.shape[1], 5) - 0.5)
    axes.set_ylim(len(table) - 0.5, -0.5)
    axes.set_xticks(range(counts.shape[1]), names)
    axes.set_yticks(range(len(table)), [clean(name) for name in table.index])
    crowded = {"labelsize": 8.5} if len(names) > 5 else {}
    axes.tick_params(axis="x", top=True, bottom=False, labeltop=True, labelbottom=False, **crowded)
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(columns, loc="left", labelpad=7)
    axes.set_ylabel(rows)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    told = [
        ", ".join(f"{column} {words(n)}" for column, n in row.items() if n > 0) or "nothing"
        for _, row in table.iterrows()
    ]
    return finish(figure, in_words(title, table.index, told))


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
    notes: Sequence[str],
) -> Chart:
    """Draw median and 95th percentile of each row as two joined dots.

    Parameters
    ----------
    frame : DataFrame
        One row per pair of dots, from the top.
    label, middle, upper : str
        Columns.
    title, subtitle, axis, words : str and callable
        As for :func:`bars`.
    notes : sequence of str
        Put behind the figures of each row: its n.
    """
    shown = frame.head(MOST_ROWS)
    near, far = numbers(shown, middle, upper)
    figure, axes = canvas(title, cut_note(subtitle, frame), rows_height(len(shown)))
    rows = np.arange(len(shown))
    axes.hlines(rows, near, far, color=theme.BLUE, linewidth=1.5)
    axes.plot(near, rows, "o", color=theme.BLUE, **DOTS)
    axes.plot(
        far, rows, "o", markersize=7, markerfacecolor="none", markeredgecolor=theme.BLUE,
        markeredgewidth=1.8, clip_on=False,
    )  # fmt: skip
    pairs = zip(near, far, notes, strict=False)
    tags = [f"{words(a)} → {words(b)}  {note}" for a, b, note in pairs]
    label_margin(axes, tags)
    axes.set_xlim(0, (float(np.nanmax([0.0, *far])) or 1.0) * 1.03)
    name_rows(axes, shown[label])
    value_axis(axes, axis, words)
    return finish(figure, in_words(title, shown[label], tags))


@themed
def steps(
    frame: pd.DataFrame,
    label: str,
    place: str,
    value: str,
    *,
    title: str,
    subtitle: str,
    axis: str,
    height_axis: str,
    words: Words,
    colours: Mapping[str, str],
    limits: Sequence[float] = (),
) -> Chart:
    """Draw one line per `label` that rises in steps, the highest ones named.

    Parameters
    ----------
    frame : DataFrame
        One row per step, in order.
    label, place, value : str
        Columns of names, of places on the axis and of figures.
    title, subtitle, axis, words : str and callable
        As for :func:`bars`; `words` is for the figures.
    height_axis : str
        What the figures measure.
    colours : mapping of str to str
        Colour of each line.
    limits : sequence of float
        Figures at which a line crosses the chart.
    """
    figure, axes = canvas(title, subtitle, 2.8)
    for limit in limits:
        axes.axhline(limit, color=theme.MUTED, linewidth=0.8, linestyle=theme.DASHES)
    lines = {
        str(name): line[[place, value]].to_numpy(float)
        for name, line in frame.groupby(label, sort=True)
    }
    for name, line in lines.items():
        across, up = line.T
        axes.plot(
            [0.0, *across], [0.0, *up], drawstyle="steps-post", color=colours[name],
            linewidth=1.6, solid_capstyle="butt",
        )  # fmt: skip
        axes.plot(across[-1:], up[-1:], "o", color=colours[name], markersize=4)
    ends = pd.DataFrame([line[-1] for line in lines.values()], list(lines), ["across", "up"])
    reach = ends["across"].max() or 1.0
    axes.set_xlim(-0.05 * reach, 1.32 * reach)
    axes.set_ylim(0, 1.08 * max([ends["up"].max(), *limits]))
    axes.grid(visible=False, axis="x")
    axes.set_xlabel(axis, loc="left")
    upright_value_axis(axes, height_axis, words)
    highest = ends.sort_values(["up", "across"], ascending=False, kind="stable").head(MOST_NAMES)
    marks = np.concatenate([_along_steps(*line.T) for line in lines.values()])
    name_points(figure, axes, highest.to_numpy(), [clean(name) for name in highest.index], marks)
    return finish(figure, in_words(title, lines, [words(up) for up in ends["up"]]))


def _along_steps(across: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Return places on a line that rises in steps from the origin, which no name may cover."""
    places = np.repeat(np.array([0.0, *across]), 2)[1:]
    heights = np.repeat(np.array([0.0, *up]), 2)[:-1]
    at = np.arange(len(places))
    between = np.linspace(0, at[-1], 40 * len(at))
    return np.column_stack([np.interp(between, at, places), np.interp(between, at, heights)])
