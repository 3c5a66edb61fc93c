"""Figures on how often agents disagree, over what, and how it ends."""

from __future__ import annotations

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.disagreement.pairs import Pairs
from speckit_analysis.analysis.intervals import Share, told_apart
from speckit_analysis.figures.axes import MOST_ROWS, cut_note, part_notes, undrawn_note
from speckit_analysis.figures.charts import bars, intervals, matrix, over_time
from speckit_analysis.figures.theme import BAD, GOOD, POOR, Chart, class_colours, empty

_NOT_ESTIMABLE = "The rate of disagreement is not estimable: n = 0 comparable runs."


def _tested(p_value: float) -> str:
    return "" if np.isnan(p_value) else f" If all were equal: {wording.p_value(p_value)}."


def rates(
    table: pd.DataFrame, by: str, noun: str, p_value: float, confidence: float = 0.95
) -> Chart:
    """Draw the rate of disagreement of each stage, SPEC or the like.

    Parameters
    ----------
    table : DataFrame
        From :func:`.frequency.rates`.
    by : str
        Its first column.
    noun : str
        What that is, in the singular.
    p_value : float
        Of the hypothesis that all rates are equal, from
        :func:`.frequency.stages_alike`.
    confidence : float
        Level of the intervals.
    """
    if table.empty:
        return empty(_NOT_ESTIMABLE, f"By {noun}.")
    top = table.iloc[int(table["rate"].to_numpy(dtype=float).argmax())]
    title = (
        f"{wording.plural(noun).capitalize()} differ: from"
        f" {wording.percent(table['rate'].min())} to {wording.percent(top['rate'])} of runs"
        f" ({top[by]})"
        if p_value <= 1 - confidence
        else f"The counts do not prove that {wording.plural(noun)} differ"
    )
    return intervals(
        table,
        by,
        "rate",
        title=title if len(table) > 1 else f"All comparable runs are of one {noun}, {top[by]}",
        subtitle=(
            f"Share of runs with a genuine disagreement by {noun}, each with its"
            f" {wording.exact_percent(confidence)} interval.{_tested(p_value)}"
        ),
        axis="share of comparable runs",
        words=wording.percent,
        notes=part_notes(table, "disagreeing", "runs", wording.count),
        span=(0.0, 1.0),
    )


def pairs(found: Pairs, noun: str = "agent", confidence: float = 0.95) -> Chart:
    """Draw the rate of disagreement of each pair.

    Parameters
    ----------
    found : Pairs
        From :func:`.pairs.by_pair`.
    noun : str
        What a pair is made of, in the singular.
    confidence : float
        Level of the intervals.
    """
    if found.rates.empty:
        return empty("No run has two agents with a usable answer, so no pair can be compared.")
    if not found.named:
        return empty("No disagreement names two of the run's agents, so no pair can be blamed.")
    ordered = found.rates.sort_values(["rate", "runs"], ascending=False, kind="stable")
    named = ordered.assign(pair=ordered["first"].str.cat(ordered["second"], sep=" – "))
    top, most = named.iloc[0], wording.percent(named["rate"].max())
    return intervals(
        named,
        "pair",
        "rate",
        title=(
            f"Pairs differ: from {wording.percent(named['rate'].min())} to {most} of runs"
            f" ({top['first']} and {top['second']})"
            if found.apart
            else f"A pair disagrees in up to {most} of its runs; no pair stands out"
        ),
        subtitle=(
            f"Share of runs with a disagreement that names both, by pair of {noun}s, each with its"
            f" {wording.exact_percent(confidence)} interval.{_tested(found.p_value)}"
        ),
        axis="share of runs that both answered",
        words=wording.percent,
        notes=part_notes(named, "disagreeing", "runs", wording.count),
        span=(0.0, 1.0),
    )


def rate_over_time(table: pd.DataFrame, period: str, confidence: float = 0.95) -> Chart:
    """Draw the rate of disagreement per period.

    Parameters
    ----------
    table : DataFrame
        From :func:`.frequency.rates` by a period.
    period : str
        ``day``, ``week``, ``month`` …
    confidence : float
        Level of the intervals.
    """
    dated = table[table[period].notna()].reset_index(drop=True)
    if dated.empty:
        return empty(_NOT_ESTIMABLE, f"By {period}.")
    apart = told_apart(dated["rate"], dated["effective_runs"], confidence)
    return over_time(
        dated,
        period,
        "rate",
        title=(
            f"The rate of disagreement differs between {wording.plural(period)}"
            if apart
            else f"The counts do not prove that the rate changed between {wording.plural(period)}"
        )
        if len(dated) > 1
        else f"All comparable runs fall into one {period}",
        subtitle=undrawn_note(
            f"Share of {wording.count(dated['runs'].sum(), 'run')} with a genuine disagreement per"
            f" {period} (its start, UTC); {wording.exact_percent(confidence)} intervals.",
            table,
            dated,
            period,
            "a date",
        ),
        axis="share of comparable runs",
        words=wording.percent,
        low="low",
        high="high",
        top=1.0,
    )


def kinds(shares: pd.DataFrame, column: str, noun: str) -> Chart:
    """Draw how many disagreements there are of each type, severity or outcome.

    Parameters
    ----------
    shares : DataFrame
        From :func:`.frequency.shares`.
    column : str
        Its first column.
    noun : str
        What that is, in the singular.
    """
    if shares.empty:
        return empty("No genuine disagreement is declared in this evidence.", f"By {noun}.")
    total = shares["disagreements"].sum()
    if (shares[column] == "not told").all():
        return empty(f"None of {wording.count(total, 'disagreement')} tells its {noun}.")
    most = shares[shares["disagreements"] == shares["disagreements"].max()]
    named = most.loc[most[column] != "not told", column].astype(str).tolist()
    many, part = len(named) > 1, wording.percent(most["share"].iloc[0])
    return bars(
        shares,
        column,
        "disagreements",
        title=(
            f"The most frequent {wording.plural(noun) if many else noun} {'are' if many else 'is'}"
            f" {wording.listed(named)}: {part}{' each' if many else ''}"
            if named
            else f"{part} of disagreements do not tell their {noun}"
        ),
        subtitle=f"{wording.count(total, 'genuine disagreement')} by {noun}.",
        axis="disagreements",
        words=wording.count,
        notes=[f"({wording.percent(share)})" for share in shares["share"]],
    )


def types_by_severity(table: pd.DataFrame, how: str = "declared") -> Chart:
    """Draw how many disagreements there are of each type and severity.

    Parameters
    ----------
    table : DataFrame
        From :func:`.frequency.types_by_severity`.
    how : str
        Whether they were ``declared`` or ``detected``.
    """
    total = int(table.to_numpy().sum())
    if not total:
        return empty(f"No disagreement was {how}.")
    counts = table.to_numpy()
    n = int(counts.max())
    cells = [
        f"{table.index[row]}, severity {table.columns[column]}"
        for row, column in zip(*np.nonzero(counts == n), strict=True)
    ]
    each = " each" if len(cells) > 1 else ""
    return matrix(
        table.head(MOST_ROWS),
        title=f"Most frequent: {'; '.join(cells)} ({wording.count(n)} of {total:,}{each})",
        subtitle=cut_note(
            f"{wording.count(total, 'disagreement')} by type and severity, as {how}.", table
        ),
        rows="type",
        columns="severity",
    )


def pairs_by_type(table: pd.DataFrame, left_out: int = 0) -> Chart:
    """Draw how many findings set two families of models against each other, by type.

    Parameters
    ----------
    table : DataFrame
        From :func:`speckit_analysis.disagreements.findings.pairs_by_type`.
    left_out : int
        From :func:`speckit_analysis.disagreements.findings.without_pair`.
    """
    total = int(table.to_numpy().sum())
    if not total:
        return empty("No finding sets two families of models against each other.")
    sums = table.sum(axis=1)
    n = int(sums.max())
    top = wording.listed(sums.index[sums == n].astype(str))
    each = " each" if (sums == n).sum() > 1 else ""
    rest = (
        f" {wording.count(left_out, 'finding')} not between two families left out."
        if left_out
        else ""
    )
    return matrix(
        table.head(MOST_ROWS),
        title=f"{top} differ most: {wording.count(n, 'finding')}{each}",
        subtitle=cut_note(
            "Findings by pair of model families and type; one between three families counts for"
            f" each of their pairs.{rest}",
            table,
        ),
        rows="pair",
        columns="type",
    )


def health(shares: pd.DataFrame, told: int) -> Chart:
    """Draw how many runs had a healthy consensus.

    Parameters
    ----------
    shares : DataFrame
        From :func:`.health.health_shares`.
    told : int
        Runs that could be graded.
    """
    if not told:
        return empty("No run tells its agreements or its agents.")
    healthy = shares.set_index("health")["runs"].get("healthy", 0)
    colours = {"healthy": GOOD, "partial": POOR, "severe": BAD}
    return bars(
        shares,
        "health",
        "runs",
        title=f"Consensus was healthy in {wording.count(healthy)} of {wording.count(told, 'run')}",
        subtitle=(
            "The smaller of agreements over opinions and answers over calls: healthy from 90 %,"
            " partial from two of three."
        ),
        axis="runs",
        words=wording.count,
        colours=class_colours(shares["health"], colours),
        notes=[f"({wording.percent(n / told)})" for n in shares["runs"]],
    )


def flags(table: pd.DataFrame) -> Chart:
    """Draw the telemetry's disagreement flag against the points that it lists.

    Parameters
    ----------
    table : DataFrame
        From :func:`.frequency.flag_against_points`.
    """
    counts = table.set_index("flag")
    judged = counts.loc[["yes", "no"], ["no points", "points"]].to_numpy(dtype=int)
    if not judged.sum():
        return empty("No run whose flag could be held against its points.")
    contradictions = int(judged[0, 0] + judged[1, 1])
    return matrix(
        counts,
        title=(
            f"Flag and points contradict each other in {wording.count(contradictions, 'run')}"
            if contradictions
            else "Flag and points never contradict each other"
        ),
        subtitle="Runs by the telemetry's disagreement flag (rows) and the points that it lists.",
        rows="flag",
        columns="points",
    )


def beside(disagreed: Share, degraded: Share, escalated: Share) -> Chart:
    """Draw genuine disagreement beside the failures of agents and escalations.

    Parameters
    ----------
    disagreed, degraded, escalated : Share
        Each with its own n.
    """
    rows = [("disagreement", disagreed), ("failed agents", degraded), ("escalation", escalated)]
    estimable = [(name, share) for name, share in rows if share.n]
    if not estimable:
        return empty(_NOT_ESTIMABLE)
    table = pd.DataFrame(
        [(name, share.estimate, share.low, share.high) for name, share in estimable],
        columns=["what", "rate", "low", "high"],
    )
    first_two = estimable[:2]
    found = " and ".join(f"{name} in {wording.percent(one.estimate)}" for name, one in first_two)
    return intervals(
        table,
        "what",
        "rate",
        title=f"{found[0].upper()}{found[1:]} of runs",
        subtitle=(
            "Share of the runs that can tell; a run may have all three."
            f" {wording.exact_percent(disagreed.confidence)} intervals."
        ),
        axis="share of runs",
        words=wording.percent,
        notes=[f"({found.hits:,} of {found.n:,})" for _, found in estimable],
        span=(0.0, 1.0),
    )
