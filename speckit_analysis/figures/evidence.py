"""Figures on how far the evidence can be trusted."""

from __future__ import annotations

import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.evidence.soundness import MIB, VERDICTS
from speckit_analysis.figures import theme
from speckit_analysis.figures.charts import bars, matrix, stacked
from speckit_analysis.figures.theme import Chart, class_colours, empty

_PALE = "#c9c9c9"

_PROVENANCE_COLOURS = {
    "measured": theme.BLUE,
    "stale_copy": theme.SKY,
    "role_played": theme.ORANGE,
    "hand_written": theme.YELLOW,
    "fixture": theme.PINK,
    "stub": theme.GREY,
    "template": theme.BROWN,
    "unknown": _PALE,
}
_PAYLOAD_COLOURS = {
    "structured": theme.BLUE,
    "unresolved_template": theme.SKY,
    "schema_echo": theme.ORANGE,
    "transcript": theme.YELLOW,
    "terminal_dump": theme.BROWN,
    "free_text": theme.PINK,
    "stub": theme.GREY,
    "error": theme.RED,
    "empty": _PALE,
    "unknown": theme.PURPLE,
}
_SEVERITY_COLOURS = {"error": theme.BAD, "warning": theme.POOR, "info": theme.FAIR}


def coverage(covered: pd.DataFrame) -> Chart:
    """Draw which share of runs comes with each thing that an analysis needs.

    Parameters
    ----------
    covered : DataFrame
        From :func:`.soundness.coverage`.
    """
    n = int(covered["runs"].max())
    if n == 0:
        return empty("No run can be used, so nothing is covered.")
    best, worst = covered.iloc[0], covered.iloc[-1]
    return bars(
        covered,
        "measure",
        "share",
        title=(
            f"{wording.percent(best['share'])} of runs come with {best['measure']},"
            f" {wording.percent(worst['share'])} with {worst['measure']}"
        ),
        subtitle=f"Share of {wording.count(n, 'run')} that have each figure.",
        axis="share of runs",
        words=wording.percent,
        notes=[f"({wording.count(k)})" for k in covered["covered"]],
        reach=1.0,
    )


def coverage_by(table: pd.DataFrame, noun: str = "stage") -> Chart:
    """Draw which share of runs comes with what, by stage.

    Parameters
    ----------
    table : DataFrame
        From :func:`.soundness.coverage_by`.
    noun : str
        What a row is, in the singular.
    """
    if table.empty:
        return empty("No run can be used, so nothing is covered.", f"By {noun}.")
    shares = table.drop(columns="runs")
    rows = zip(table.index, table["runs"], strict=True)
    named = shares.set_axis([f"{name} ({wording.count(n)})" for name, n in rows])
    bare = int((shares["telemetry"] == 0).sum())
    return matrix(
        named,
        title=(
            f"{wording.count(bare)} of {wording.count(len(table), noun)}"
            f" {'has' if bare == 1 else 'have'} no telemetry at all"
            if bare
            else f"Every {noun} has telemetry, for"
            f" {wording.percent(shares['telemetry'].min())} of its runs or more"
        ),
        subtitle=f"Share of runs by {noun} that come with each figure; runs in brackets.",
        rows=noun,
        columns="share of runs with",
        words=wording.percent,
        most=1.0,
    )


def provenance(shares: pd.DataFrame) -> Chart:
    """Draw where the rows of each table come from.

    Parameters
    ----------
    shares : DataFrame
        From :func:`.soundness.provenance_shares`.
    """
    if shares.empty:
        return empty("No table of this evidence has a row.")
    total = shares["rows"].sum()
    measured = shares.loc[shares["provenance"] == "measured", "rows"].sum()
    return stacked(
        shares,
        "table",
        "provenance",
        "rows",
        title=f"{wording.percent(measured / total)} of all rows were measured",
        subtitle=f"Share of rows by provenance; rows in brackets, {wording.count(total)} in all.",
        axis="share of the table's rows",
        colours=_PROVENANCE_COLOURS,
    )


def payloads(counted: pd.DataFrame) -> Chart:
    """Draw what the agents' answers are.

    Parameters
    ----------
    counted : DataFrame
        From :func:`.soundness.payloads_by_agent`.
    """
    if counted.empty:
        return empty("No proposal in this evidence.")
    total = counted["proposals"].sum()
    usable = counted.loc[counted["payload_class"] == "structured", "proposals"].sum()
    return stacked(
        counted,
        "agent",
        "payload_class",
        "proposals",
        title=f"{wording.percent(usable / total)} of the agents' answers are structured",
        subtitle=f"What {wording.count(total, 'proposal')} hold; proposals in brackets.",
        axis="share of the agent's proposals",
        colours=_PAYLOAD_COLOURS,
    )


def problems(counted: pd.DataFrame) -> Chart:
    """Draw the kinds of problems, coloured by severity.

    Parameters
    ----------
    counted : DataFrame
        From :func:`.soundness.problem_counts`.
    """
    if counted.empty:
        return empty("No problem was found in the evidence.")
    ordered = counted.sort_values(["problems", "kind"], ascending=[False, True]).head(12)
    top, total = ordered.iloc[0], counted["problems"].sum()
    severities = ordered["severity"].astype("string").fillna("unknown")
    return bars(
        ordered.assign(kind=[wording.term(kind) for kind in ordered["kind"]]),
        "kind",
        "problems",
        title=(
            f"The most frequent problem is {wording.term(top['kind'])}:"
            f" {wording.count(top['problems'])} of {wording.count(total)}"
        ),
        subtitle=(
            f"Problems by kind, the {len(ordered)} most frequent of {len(counted)};"
            " severity behind each bar."
        ),
        axis="problems",
        words=wording.count,
        colours=class_colours(severities, _SEVERITY_COLOURS),
        notes=[f"({severity})" for severity in severities],
    )


def footprint(
    sizes: pd.DataFrame, soft_mib: float, hard_mib: float, measure: str = "disk_bytes"
) -> Chart:
    """Draw the size of each SPEC's evidence against its limits.

    Parameters
    ----------
    sizes : DataFrame
        From :func:`.soundness.footprint`.
    soft_mib, hard_mib : float
        The limits.
    measure : str
        ``disk_bytes`` or ``bytes``.
    """
    specs = sizes[sizes["spec_id"] != "no SPEC"]
    if specs.empty:
        return empty("No file in this evidence belongs to a SPEC.")
    above = int((specs["verdict"] != VERDICTS[0]).sum())
    colours = dict(zip(VERDICTS, (theme.GOOD, theme.POOR, theme.BAD), strict=True))
    # Far below every limit the limits would squeeze the bars into nothing.
    largest = specs[measure].max() / MIB
    limits = {"soft limit": soft_mib, "hard limit": hard_mib} if largest > soft_mib / 4 else {}
    unit = "whole disk blocks" if measure == "disk_bytes" else "file contents"
    return bars(
        specs,
        "spec_id",
        measure,
        title=(
            f"{wording.count(above)} of {wording.count(len(specs), 'SPEC')}"
            f" {'exceeds' if above == 1 else 'exceed'} the soft limit on evidence"
        ),
        subtitle=(
            f"Size in {unit}; limits {soft_mib:g} MiB (soft) and {hard_mib:g} MiB (hard) per SPEC."
        ),
        axis="size",
        words=wording.size,
        colours=class_colours(specs["verdict"], colours),
        limits={name: mib * MIB for name, mib in limits.items()},
    )


def statuses(crosstab: pd.DataFrame) -> Chart:
    """Draw the recorded status against the recomputed one.

    Parameters
    ----------
    crosstab : DataFrame
        From :func:`.soundness.status_crosstab`.
    """
    if crosstab.empty:
        return empty("No run whose status could be checked.")
    both = crosstab.drop(index="unknown", columns="unknown", errors="ignore")
    total = int(both.to_numpy().sum())
    same = sum(int(both.loc[name, name]) for name in both.index if name in both)
    return matrix(
        crosstab,
        title=(
            f"{wording.count(same)} of {wording.count(total, 'recorded status')} follow from"
            " what the agents left"
            if total
            else "No recorded status can be checked"
        ),
        subtitle="Status as recorded (rows) against recomputed from what the agents left.",
        rows="recorded",
        columns="recomputed",
    )
