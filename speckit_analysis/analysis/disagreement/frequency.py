"""How often the agents of a run disagree, over what, and how it ends.

A *genuine* disagreement is one that an agent or tool declared between opinions.  An agent
that failed is a degradation: it is counted beside, never among, the disagreements.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.intervals import (
    Share,
    clustered_shares,
    equal_rates,
    share,
    small_sample,
)
from speckit_analysis.analysis.selection import ANSWERS_TO_COMPARE, Selection
from speckit_analysis.analysis.summaries import key_column
from speckit_analysis.tables.results import RESULTS


def genuine(disagreements: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that declare a difference of opinion, each once.

    Left out are degradations, disagreements that were detected by comparing, and points whose
    relation is ``agree`` or ``unrelated``.  Of a point that telemetry, synthesis and proposals
    of one run repeat word for word, one row stays: one that says it was settled, if any does.
    """
    degraded = disagreements["degradation"].fillna(False)
    declared = disagreements["origin"].isin(["declared"])
    harmless = disagreements["relation"].isin(["agree", "unrelated"])
    points = disagreements[declared & ~degraded & ~harmless]
    described = points[points["run_id"].notna() & points["description"].notna()]
    settled_first = described.sort_values("resolved", ascending=False, kind="stable")
    repeated = settled_first.duplicated(["run_id", "topic", "description", "agents"])
    return points.drop(index=repeated.index[repeated])


def comparable_runs(runs: Selection, disagreements: pd.DataFrame) -> Selection:
    """Keep the runs in which agents could have disagreed and somebody looked.

    Parameters
    ----------
    runs : Selection
        Runs that are used.
    disagreements : DataFrame
        Table ``disagreements``, with the same provenances.

    Returns
    -------
    Selection
        Runs with two usable answers or more and a record of a comparison, with the column
        ``disagreed`` (bool): the run has a genuine disagreement.
    """
    frame = runs.kept
    # An index finds a text faster than `isin` does, where there are many.
    disputed = pd.Index(genuine(disagreements)["run_id"].dropna().unique())
    hit = pd.Series(disputed.get_indexer(frame["run_id"]) >= 0, index=frame.index)
    looked = frame["conflicts"].notna() | hit
    alone = ~(frame["agents_ok"] >= ANSWERS_TO_COMPARE).fillna(False)
    reasons = pd.Series(pd.NA, index=frame.index, dtype="string")
    reasons = reasons.mask(~looked, "without a record of a comparison")
    reasons = reasons.mask(alone, "with fewer than two usable answers")
    return runs.assign(disagreed=hit).without(reasons)


def rate(runs: pd.DataFrame, confidence: float = 0.95) -> Share:
    """Return the share of `runs` that disagreed, runs of one SPEC taken as a cluster."""
    return share(runs["disagreed"], runs["spec_id"], confidence)


def rates(runs: pd.DataFrame, by: str, confidence: float = 0.95) -> pd.DataFrame:
    """Return the rate of disagreement by a column or a period.

    Parameters
    ----------
    runs : DataFrame
        Comparable runs, with ``disagreed``.
    by : str
        A column, or ``day``, ``week``, ``month``, ``quarter`` or ``year`` of the timestamp.
    confidence : float
        Level of the interval, for each row on its own.

    Returns
    -------
    DataFrame
        `by`, and the columns of the result ``disagreement_rates``.  Values of `by` without a run
        have no row; a missing one comes last.
    """
    keys = key_column(runs, by).rename(by)
    marks = pd.DataFrame({by: keys, "spec": runs["spec_id"], "disagreed": runs["disagreed"]})
    return clustered_rates(marks, [by], confidence)


def stages_alike(runs: pd.DataFrame, seed: int) -> float:
    """Return the p-value of equal rates of disagreement at all stages, within SPECs.

    Parameters
    ----------
    runs : DataFrame
        Comparable runs, with ``disagreed``.
    seed : int
        Of the permutations, see :func:`equal_rates`.
    """
    groups, _ = pd.factorize(runs["stage"].astype("string"), use_na_sentinel=False)
    blocks, _ = pd.factorize(runs["spec_id"].astype("string"), use_na_sentinel=False)
    return equal_rates(runs["disagreed"].to_numpy(dtype=float), groups, blocks, seed)


def clustered_rates(marks: pd.DataFrame, by: list[str], confidence: float) -> pd.DataFrame:
    """Return what :func:`rates` does, by columns of `marks`.

    Parameters
    ----------
    marks : DataFrame
        The columns of `by`, ``spec`` (the cluster) and ``disagreed`` (0 or 1).
    by : list of str
        Columns.
    confidence : float
        Level of the interval, for each row on its own.
    """
    keyed = marks.groupby([*by, "spec"], observed=True, dropna=False)
    cells = keyed["disagreed"].agg(["sum", "size"]).reset_index()
    grouped = cells.groupby(by, observed=True, dropna=False)
    rates = grouped.agg(runs=("size", "sum"), specs=("spec", "size"), disagreeing=("sum", "sum"))
    hits, n = (cells[name].to_numpy(dtype=float) for name in ("sum", "size"))
    rows = grouped.ngroup().to_numpy(dtype=np.intp)
    effective, low, high = clustered_shares(hits, n, rows, len(rates), confidence)
    rates["rate"] = rates["disagreeing"] / rates["runs"]
    rates = rates.assign(low=low, high=high, effective_runs=effective)
    return RESULTS["disagreement_rates"].of(rates.reset_index(), by)


def flag_against_points(runs: pd.DataFrame) -> pd.DataFrame:
    """Hold the telemetry's disagreement flag against the points that it lists.

    Returns
    -------
    DataFrame of int
        ``flag`` (``yes``, ``no``, ``not recorded``), and runs with ``no points``, ``points`` and
        ``not recorded``.
    """
    flag = runs["disagreement_recorded"].map({True: "yes", False: "no"}).astype("string")
    points = (runs["disagreement_points"] > 0).map({True: "points", False: "no points"})
    table = pd.crosstab(flag.fillna("not recorded"), points.astype("string").fillna("not recorded"))
    flags, kinds = ["yes", "no", "not recorded"], ["no points", "points", "not recorded"]
    table = table.reindex(index=flags, columns=kinds, fill_value=0)
    return table.rename_axis(index="flag", columns=None).reset_index()


def flag_sentence(runs: pd.DataFrame) -> str:
    """Say in how many runs flag and points contradict each other."""
    flag, points = runs["disagreement_recorded"], runs["disagreement_points"]
    both = flag.notna() & points.notna()
    n = int(both.sum())
    if n == 0:
        return "No run records both a disagreement flag and its points: they cannot be compared."
    claimed = int((both & flag & (points == 0)).fillna(False).sum())
    silent = int((both & ~flag & (points > 0)).fillna(False).sum())
    if claimed + silent == 0:
        record = "records" if n == 1 else "record"
        return f"Flag and points agree in {wording.all_of(n, 'run')} that {record} both."
    return (
        f"Flag and points contradict each other in {wording.count(claimed + silent)} of"
        f" {wording.count(n, 'run')} that record both: {wording.count(claimed)} flagged without a"
        f" point, {wording.count(silent)} with points but no flag."
    )


def shares(points: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return how many disagreements there are by type, severity or outcome.

    Parameters
    ----------
    points : DataFrame
        Genuine disagreements.
    column : str
        ``type``, ``disagreement_severity``, ``resolved``, ``stage`` …

    Returns
    -------
    DataFrame
        `column` (string, ``not told`` last), and the columns of the result
        ``disagreement_shares``.  A share has no interval: several disagreements of one run are no
        independent observations.
    """
    values = points[column]
    if column == "resolved":
        values = values.map({True: "settled", False: "open"})
    named = points.assign(**{column: values.astype("string").fillna("not told")})
    counts = named.groupby(column).agg(disagreements=("run_id", "size"), runs=("run_id", "nunique"))
    counts = counts.reset_index()
    counts["share"] = counts["disagreements"] / len(points)
    counts["last"] = counts[column] == "not told"
    order = ["last", "disagreements", column]
    counts = counts.sort_values(order, ascending=[True, False, True], ignore_index=True)
    return RESULTS["disagreement_shares"].of(counts, [column])


def types_by_severity(points: pd.DataFrame) -> pd.DataFrame:
    """Return how many disagreements there are of each type and severity.

    Parameters
    ----------
    points : DataFrame
        Genuine disagreements.

    Returns
    -------
    DataFrame of int
        Types in the index, severities across, the more frequent first; ``not told`` is one of
        them.
    """
    kind, weight = (
        points[name].astype("string").fillna("not told")
        for name in ("type", "disagreement_severity")
    )
    return crossed_counts(kind.rename("type"), weight.rename("severity"))


def crossed_counts(rows: pd.Series, columns: pd.Series) -> pd.DataFrame:
    """Return how often two properties meet, the more frequent values first both ways."""
    table = pd.crosstab(rows, columns)
    down = table.sum(axis=1).sort_values(ascending=False, kind="stable").index
    across = table.sum(axis=0).sort_values(ascending=False, kind="stable").index
    return table.loc[down, across]


def escalations(runs: pd.DataFrame, confidence: float = 0.95) -> Share:
    """Return the share of runs that escalated, among those that say whether they did."""
    recorded = runs[runs["escalated"].notna()]
    return share(recorded["escalated"], recorded["spec_id"], confidence)


def degraded(runs: pd.DataFrame, confidence: float = 0.95) -> Share:
    """Return the share of runs in which an agent failed, of those that know their agents."""
    known = runs[runs["calls_failed"].notna()]
    return share(known["calls_failed"] > 0, known["spec_id"], confidence)


def outcome_sentence(points: pd.DataFrame, escalated: Share) -> str:
    """Say how many disagreements were settled, and how many runs escalated, at one level."""
    ended = points[points["resolved"].notna()]
    settled = share(ended["resolved"], ended["spec_id"], escalated.confidence)
    first = (
        f"Of {wording.count(len(points), 'disagreement')}, {wording.count(settled.n)} say how they"
        f" ended: {wording.percent(settled.estimate)} settled ({settled.interval})."
        if settled.n
        else "No disagreement says whether it was settled."
    )
    second = (
        f" {wording.percent(escalated.estimate)} of {wording.count(escalated.n, 'run')} escalated"
        f" ({escalated.interval})."
        if escalated.n
        else " No run says whether it was escalated."
    )
    return first + second


def headline(runs: Selection, found: Share, degradation: Share) -> str:
    """Answer the notebook's question in a sentence.

    Parameters
    ----------
    runs : Selection
        From :func:`comparable_runs`.
    found : Share
        From :func:`rate`.
    degradation : Share
        From :func:`degraded`, over all runs that are used.
    """
    if runs.total == 0:
        return "There are no runs in this evidence: the rate of disagreement is not estimable."
    beside = (
        f" Beside that, an agent failed in {wording.percent(degradation.estimate)} of"
        f" {wording.count(degradation.n, 'run')}."
        if degradation.n
        else ""
    )
    if found.n == 0:
        none = (
            f"none of {wording.count(runs.total, 'run')} counts and holds two answers that were"
            " compared"
        )
        return f"The rate of disagreement is not estimable: {none}.{beside}"
    return (
        "A disagreement is declared in"
        f" {found.hits:,} of {wording.count(found.n, 'comparable run')}:"
        f" {wording.percent(found.estimate)} ({found.interval}).{beside}"
        f"{_reservation(found)}"
    )


def _reservation(found: Share) -> str:
    if found.high - found.low > 0.5:
        specs = wording.count(found.clusters, "SPEC")
        return f" That is inconclusive: runs of {specs} cannot say more."
    return small_sample(found.clusters, "SPEC")


def independence_sentence(found: Share) -> str:
    """Say what the interval of the rate takes as independent."""
    if not found.n:
        return ""
    if found.clusters < 2:
        return "All comparable runs come from one SPEC: the rate says nothing about other SPECs."
    return (
        "Runs of one SPEC resemble each other; the interval takes the"
        f" {wording.count(found.clusters, 'SPEC')} as independent, not the runs."
    )
