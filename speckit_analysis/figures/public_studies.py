"""Figures of public studies: cost against success, pairs against one model, repeated trials."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.studies.benchmark_pairs import FEWER, MORE
from speckit_analysis.figures import theme
from speckit_analysis.figures.axes import (
    in_words,
    interval_words,
    legend_of_dots,
    numbers,
    upright_value_axis,
    write,
)
from speckit_analysis.figures.charts import DOTS, intervals
from speckit_analysis.figures.labels import name_points
from speckit_analysis.figures.theme import Chart, canvas, empty, finish, shortened, themed

#: What a run is, with its colour and its marker.
KINDS = {"one model": (theme.BLUE, "o"), "pair": (theme.ORANGE, "s")}

#: Where a run lies: across, and up.
_PLACE = ["cost_usd", "rate"]

#: Pairs off the front that are named beside it, and points of a curve that all say their figure.
FEW, MOST_TAGS = 4, 8


@themed
def cost_front(front: pd.DataFrame) -> Chart:
    """Draw cost against the share passed, and the front that no run beats.

    Parameters
    ----------
    front : DataFrame
        From :func:`.benchmark.cost_front`.
    """
    if front.empty:
        return empty("Of no run the cost is known.")
    there = front[front["on_front"]]
    figure, axes = canvas(
        _who_is_there(there),
        "Share of cases passed by the cost of all cases (logarithmic), where it is known. Line:"
        " the front, with exact intervals; hollow: beaten by another run.",
        3.6,
    )
    _draw_runs(axes, front)
    _scale_axes(axes, front["cost_usd"].to_numpy(float))
    legend_of_dots(axes)
    # The dearest are the closest together, and what the title is about.
    named = pd.concat([there.iloc[::-1], _beaten_pairs(front)])
    marks = np.concatenate([front[_PLACE].to_numpy(float), _along_front(there)])
    names = [shortened(name) for name in named["name"]]
    name_points(figure, axes, named[_PLACE].to_numpy(float), names, marks)
    told = [
        f"{wording.percent(run.rate)} for {wording.usd(run.cost_usd)}, chance of being on the front"
        f" {wording.percent(run.chance_on_front)}"
        for run in there.itertuples(index=False)
    ]
    return finish(figure, in_words(f"{figure.title}. On the front", there["name"], told))


def _who_is_there(there: pd.DataFrame) -> str:
    """Return how many of the runs on the front are pairs."""
    pairs, n = int(there["editor_model"].notna().sum()), len(there)
    if n == 1:
        return f"The one run that no other beats is {'a pair' if pairs else 'one model'}"
    some = f"{wording.count(pairs)} of the" if pairs else "None of the"
    verb = "is a pair" if pairs < 2 else "are pairs"
    return f"{'All' if pairs == n else some} {n} runs that no other beats {verb}"


def _draw_runs(axes: Axes, front: pd.DataFrame) -> None:
    there = front[front["on_front"]]
    axes.plot(
        there["cost_usd"].to_numpy(float), there["rate"], drawstyle="steps-post", color=theme.MUTED,
        linewidth=1.2, zorder=1,
    )  # fmt: skip
    kinds = np.where(front["editor_model"].notna(), "pair", "one model")
    for kind, (colour, marker) in KINDS.items():
        runs = front[kinds == kind]
        if runs.empty:
            continue
        best = runs["on_front"].to_numpy(bool)
        cost, rate, low, high = numbers(runs, *_PLACE, "low", "high")
        axes.vlines(cost[best], low[best], high[best], color=colour, linewidth=1.3)
        for those, face in ((~best, "none"), (best, colour)):
            axes.scatter(
                cost[those], rate[those], s=34, marker=marker, facecolors=face, edgecolors=colour,
                linewidths=1.3, zorder=3, label=kind if face == colour else None,
            )  # fmt: skip


def _scale_axes(axes: Axes, cost: np.ndarray) -> None:
    axes.set_xscale("log")
    axes.margins(x=0.08)
    axes.set_ylim(0, 1)
    axes.grid(visible=True, axis="both")
    axes.set_xlabel("cost of all cases, USD", loc="left")
    # Within a decade or two powers of ten are too few to read by.
    steps = (1.0,) if cost.max() > 50 * cost.min() else (1.0, 2.0, 5.0)
    axes.xaxis.set_major_locator(LogLocator(10, subs=steps))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda usd, _: f"${usd:,.10g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    upright_value_axis(axes, "share of cases passed", wording.percent)


def _beaten_pairs(front: pd.DataFrame) -> pd.DataFrame:
    """Return pairs that are not on the front, if they are few enough to be named."""
    beaten = front[~front["on_front"] & front["editor_model"].notna()]
    return beaten if len(beaten) <= FEW else beaten.head(0)


def _along_front(there: pd.DataFrame) -> np.ndarray:
    """Return places on the line of the front and on its intervals, which no name may cover."""
    cost, rate, low, high = numbers(there, *_PLACE, "low", "high")
    parts = [np.empty((0, 2))]
    for at in range(len(cost)):
        after = min(at + 1, len(cost) - 1)
        level = np.geomspace(cost[at], cost[after], 80)
        parts.append(np.column_stack([level, np.full(80, rate[at])]))
        for place, bottom, top in ((at, low[at], high[at]), (after, rate[at], rate[after])):
            parts.append(np.column_stack([np.full(60, cost[place]), np.linspace(bottom, top, 60)]))
    return np.concatenate(parts)


def gains(found: pd.DataFrame, against: str) -> Chart:
    """Draw how far the share passed by each pair lies from that of a single model.

    Parameters
    ----------
    found : DataFrame
        From :func:`.benchmark_pairs.against_alone` or ``against_best``.
    against : str
        What pairs are compared with, for the title.
    """
    if found.empty:
        return empty(f"There is no pair to compare with {against}.")
    more, fewer = (int((found["verdict"] == verdict).sum()) for verdict in (MORE, FEWER))
    told = f"{wording.count(more) if more else 'None'} of {wording.count(len(found), 'pair')}"
    worse = f", {wording.count(fewer)} provably fewer" if fewer else ""
    cost = [
        "(cost unknown)" if pd.isna(times) else f"({wording.ratio(times)} × cost)"
        for times in found["cost_ratio"]
    ]
    edge = float(found[["low", "high"]].abs().to_numpy(float).max())
    return intervals(
        found.assign(pair=found["pair"].map(shortened)),
        "pair",
        "gain",
        title=f"{told} provably {'passes' if more == 1 else 'pass'} more than {against}{worse}",
        subtitle=(
            "Share of cases passed by the pair less that of the single model, with the interval of"
            " independent shares, and the ratio of costs."
        ),
        axis="percentage points",
        words=wording.points,
        notes=cost,
        span=(-edge, edge),
        reference=0.0,
    )


@themed
def pass_hat(curve: pd.DataFrame) -> Chart:
    """Draw how often k tries of a task all pass.

    Parameters
    ----------
    curve : DataFrame
        From :func:`.repeated_trials.pass_hat_curve`.
    """
    if curve.empty:
        return empty("No task was tried.")
    k, rate, low, high = numbers(curve, "k", "rate", "low", "high")
    repeated = f"all {wording.count(k[-1], 'try')} with {wording.percent(rate[-1])}"
    figure, axes = canvas(
        f"One try passes with {wording.percent(rate[0])},"
        f" {repeated if len(k) > 1 else 'and none was repeated'}",
        f"pass^k: mean over {wording.count(curve['tasks'].iloc[0], 'task')} of the chance that k"
        " tries all pass, with the interval over tasks.",
        2.6,
    )
    top = min(1.0, 1.08 * float(high.max()))
    _draw_alike(axes, k, rate, top)
    axes.vlines(k, low, high, color=theme.BLUE, linewidth=1.3)
    axes.plot(k, rate, "o-", color=theme.BLUE, linewidth=1.4, **DOTS)
    for at in range(len(k)) if len(k) <= MOST_TAGS else (0, len(k) - 1):
        write(axes, wording.percent(rate[at]), (k[at], rate[at]), (8, 5), color=theme.INK)
    axes.set_xticks(k, [wording.count(one) for one in k])
    axes.set_xlim(k[0] - 0.3, k[-1] + 0.3 + 0.3 * len(k))
    axes.set_ylim(0, top)
    axes.grid(visible=False, axis="x")
    axes.grid(visible=True, axis="y")
    axes.spines["bottom"].set_color(theme.GRID)
    axes.set_xlabel("k, tries that must all pass", loc="left")
    upright_value_axis(axes, "pass^k", wording.percent)
    names = [f"k = {wording.count(one)}" for one in k]
    told = [
        f"{wording.percent(value)}, {interval_words(start, stop, wording.percent)}"
        for value, start, stop in zip(rate, low, high, strict=True)
    ]
    return finish(figure, in_words(figure.title, names, told))


def _draw_alike(axes: Axes, k: np.ndarray, rate: np.ndarray, top: float) -> None:
    """Draw what one rate for all tasks would give, where that can be told from what there is."""
    alike = rate[0] ** k
    if rate[-1] - alike[-1] < 0.08 * top:
        return
    axes.plot(k, alike, color=theme.MUTED, linewidth=1.2, linestyle=theme.DASHES)
    look: dict[str, Any] = {"va": "center", "color": theme.MUTED, "fontsize": 8.5}
    write(axes, "if all tasks were alike", (k[-1], alike[-1]), (8, 0), **look)
