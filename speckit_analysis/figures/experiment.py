"""Figures of experiments: differences by SPEC, what they are worth, error rates, overrides."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.arbiter import Arbitration
from speckit_analysis.analysis.experiment.guardrail import ERRORS, GuardrailExperiment
from speckit_analysis.analysis.experiment.tradeoff import CLOUD, Tradeoff
from speckit_analysis.figures import theme
from speckit_analysis.figures.axes import (
    in_words,
    interval_words,
    label_margin,
    legend_of_dots,
    name_rows,
    numbers,
    signed,
    tick_words,
    undrawn_note,
    upright_value_axis,
)
from speckit_analysis.figures.charts import intervals
from speckit_analysis.figures.theme import Chart, canvas, empty, finish, shortened, themed


def differences(gaps: pd.DataFrame, candidate: str, baseline: str) -> Chart:
    """Draw how far the candidate's quality lies from the baseline's, SPEC by SPEC.

    Parameters
    ----------
    gaps : DataFrame
        Candidate less baseline, SPECs by reviewers, in points.
    candidate, baseline : str
        Names of the variants.
    """
    means = gaps.mean(axis=1).dropna()
    if means.empty:
        return empty("No SPEC was scored in both variants by the same reviewer.")
    scored = gaps.loc[means.index]
    table = pd.DataFrame({"gap": means, "low": scored.min(axis=1), "high": scored.max(axis=1)})
    table = table.assign(spec=means.index.map(str)).sort_values("gap", kind="stable")
    worse = int((table["gap"] < 0).sum())
    edge = max(1.0, float(table[["low", "high"]].abs().to_numpy().max()))
    return intervals(
        table,
        "spec",
        "gap",
        title=f"In {worse} of {wording.count(len(table), 'SPEC')}, {candidate} scores lower",
        subtitle=(
            f"Points of {candidate} less those of {baseline}: mean over reviewers (dot) and their"
            " range (line; no interval)."
        ),
        axis="difference in points",
        words=signed(1),
        span=(-edge, edge),
        reference=0.0,
    )


@themed
def plane(tradeoff: Tradeoff, seed: int = 0) -> Chart:
    """Draw what the dearer variant costs and gains, SPEC by SPEC and on average.

    Parameters
    ----------
    tradeoff : Tradeoff
        Of the dearer variant above the simpler one.
    seed : int
        Of the random draws behind the cloud.
    """
    if len(tradeoff.pairs) < 2:
        return empty("Fewer than two SPECs tell cost and quality of both variants.")
    found, pairs, cloud = tradeoff.found, tradeoff.pairs, tradeoff.cloud(seed)
    n = wording.count(len(pairs), "SPEC")
    figure, axes = canvas(
        f"Beside {tradeoff.simpler}, {tradeoff.dearer} is {found.quadrant}",
        f"{tradeoff.dearer} less {tradeoff.simpler}: {n} (rings), their mean (dot), and"
        f" {CLOUD} means of {n} drawn anew (cloud: a picture, no interval). Below the line it pays"
        f" at {wording.usd(tradeoff.worth_usd)} a point.",
        3.3,
    )
    gains, costs = numbers(pairs, "points", "cost_usd")
    across, up = numbers(cloud, "points", "cost_usd")
    axes.scatter(across, up, s=9, color=theme.BLUE, alpha=0.12, linewidths=0)
    axes.scatter(gains, costs, s=34, facecolors="none", edgecolors=theme.MUTED, linewidths=1.2)
    axes.plot(found.effect.value, found.cost.value, "o", color=theme.ORANGE, markersize=9)
    _cross(axes, gains, costs)
    ends = np.array(axes.get_xlim())
    axes.plot(
        ends, tradeoff.worth_usd * ends, color=theme.MUTED, linewidth=1, linestyle=theme.DASHES
    )
    axes.set_xlim(*ends)
    axes.set_xlabel("gain in quality, points", loc="left")
    axes.set_ylabel("extra cost of a SPEC, USD")
    axes.xaxis.set_major_formatter(tick_words(_signed))
    axes.yaxis.set_major_formatter(tick_words(wording.usd))
    told = [
        f"{round(gain, 2) + 0.0:+.2f} points for {wording.usd(cost)}"
        for gain, cost in zip(gains, costs, strict=True)
    ]
    return finish(figure, in_words(f"{figure.title}. By SPEC", pairs.index.map(str), told))


def _signed(value: object) -> str:
    return f"{float(value):+g}" if value else "0"  # type: ignore[arg-type]


def _cross(axes: Axes, across: np.ndarray, up: np.ndarray) -> None:
    """Make room for the origin, and draw the axes through it."""
    for ends, limit in ((across, axes.set_xlim), (up, axes.set_ylim)):
        low, high = min(0.0, float(ends.min())), max(0.0, float(ends.max()))
        room = 0.08 * ((high - low) or 1.0)
        limit(low - room, high + room)
    axes.axhline(0, color=theme.MUTED, linewidth=0.8)
    axes.axvline(0, color=theme.MUTED, linewidth=0.8)
    axes.grid(visible=True, axis="both")


@themed
def acceptability(tradeoff: Tradeoff) -> Chart:
    """Draw how probable it is that the dearer variant pays, against what a point is worth.

    Parameters
    ----------
    tradeoff : Tradeoff
        Of the dearer variant above the simpler one.
    """
    curve = tradeoff.acceptability().dropna()
    if curve.empty:
        return empty("Fewer than two SPECs tell cost and quality of both variants.")
    worth, chance = numbers(curve, "worth_usd", "probability")
    here = float(np.interp(tradeoff.worth_usd, worth, chance))
    figure, axes = canvas(
        f"At {wording.usd(tradeoff.worth_usd)} a point, {tradeoff.dearer} pays with a probability"
        f" of {wording.percent(here)}",
        f"Probability that {tradeoff.dearer} pays above {tradeoff.simpler}, by what a point of"
        f" quality of a SPEC is worth (Student's t, {wording.count(len(tradeoff.pairs), 'SPEC')}).",
        2.4,
    )
    axes.plot(worth, chance, color=theme.BLUE, linewidth=2)
    axes.plot(tradeoff.worth_usd, here, "o", color=theme.ORANGE, markersize=8)
    axes.axhline(0.5, color=theme.MUTED, linewidth=0.8, linestyle=theme.DASHES)
    axes.set_ylim(0, 1.02)
    axes.set_xlim(-0.03 * worth[-1], worth[-1])
    axes.grid(visible=True, axis="both")
    axes.set_xlabel("worth of a point of quality, USD", loc="left")
    axes.xaxis.set_major_formatter(tick_words(wording.usd))
    upright_value_axis(axes, "probability that it pays", wording.percent)
    shown = np.linspace(0, len(worth) - 1, 5).astype(int)
    names = [f"{wording.usd(worth[at])} a point" for at in shown]
    return finish(
        figure, in_words(figure.title, names, [wording.percent(chance[at]) for at in shown])
    )


def net_worth(found: Arbitration) -> Chart:
    """Draw what the arbiter is worth at each stage, with intervals.

    Parameters
    ----------
    found : Arbitration
        The arbiter, stage by stage.
    """
    table = found.stages
    if table.empty:
        return empty("No outcome was recorded that an arbiter was asked about.")
    kept = int((table["verdict"] == "keep").sum())
    stages = wording.count(len(table), "stage")
    title = (
        f"The arbiter provably helps at {wording.count(kept)} of {stages}"
        if kept
        else f"At none of {stages} is the arbiter proved to help"
    )
    return intervals(
        table,
        "stage",
        "net",
        low="net_low",
        high="net_high",
        title=title,
        subtitle=(
            "Share of outcomes that it improved less those that it degraded, with 95 % intervals"
            f" (SPECs as units). It is worth asking from"
            f" {wording.exact_percent(found.least_benefit)} on."
        ),
        axis="outcomes improved less degraded, percentage points",
        words=wording.points,
        notes=[f"({wording.count(cases, 'outcome')})" for cases in table["cases"]],
        span=(-1.0, 1.0) if table["net_high"].isna().all() else None,
        reference=found.least_benefit,
    )


@themed
def error_rates(found: GuardrailExperiment) -> Chart:
    """Draw how often each variant of a guardrail stops what is valid and passes what is not.

    Parameters
    ----------
    found : GuardrailExperiment
        The variants.
    """
    rates = found.rates.dropna(subset="rate")
    if rates.empty:
        return empty("No output of known validity was judged by a guardrail.")
    names = list(dict.fromkeys(rates["variant"]))
    figure, axes = canvas(
        _worst_rate(rates),
        undrawn_note(
            "Share of valid outputs stopped (false alarms) and of invalid ones passed (misses),"
            " with 95 % intervals, SPECs as clusters.",
            found.rates,
            rates,
            "rate",
            "an output",
        ),
        0.9 + 0.52 * len(names),
    )
    tags: list[list[str]] = [[] for _ in names]
    told: list[list[str]] = [[] for _ in names]
    # The upper dot first, as the tags are read.
    for (error, _, _), colour, shift in zip(
        ERRORS, (theme.BLUE, theme.ORANGE), (-0.16, 0.16), strict=True
    ):
        rows = rates[rates["error"] == error]
        at = np.array([names.index(name) for name in rows["variant"]], dtype=int)
        rate, low, high = numbers(rows, "rate", "low", "high")
        axes.hlines(at + shift, low, high, color=colour, linewidth=1.5)
        axes.plot(rate, at + shift, "o", color=colour, markersize=8, label=error, clip_on=False)
        kind, _, verb = error.split()
        for row, value, n, start, stop in zip(at, rate, rows["outputs"], low, high, strict=True):
            tags[row].append(f"{wording.percent(value)} of {wording.count(n)} {kind} {verb}")
            told[row].append(f"{tags[row][-1]} ({interval_words(start, stop, wording.percent)})")
    name_rows(axes, [shortened(name, 20) for name in names])
    label_margin(axes, [",\n".join(parts) for parts in tags])
    axes.set_xlim(-0.02, 1.02)
    axes.set_xticks(np.linspace(0, 1, 5))
    axes.xaxis.set_major_formatter(tick_words(wording.percent))
    axes.set_xlabel("share of outputs", loc="left")
    legend_of_dots(axes)
    return finish(figure, in_words(figure.title, names, [", ".join(parts) for parts in told]))


def _worst_rate(rates: pd.DataFrame) -> str:
    worst = rates.sort_values("rate", kind="stable").iloc[-1]
    variant, rate = shortened(worst["variant"]), wording.percent(worst["rate"])
    if worst["error"].startswith("invalid"):
        passed = wording.count(worst["outputs"], "invalid output")
        return f"Guardrail {variant} lets {rate} of {passed} pass"
    return f"Guardrail {variant} stops {rate} of {wording.count(worst['outputs'], 'valid output')}"
