"""How often the agents of a run disagree, over what, and how it ends.

A *genuine* disagreement is one that an agent or tool declared between opinions.  An agent
that failed is a degradation: it is counted beside, never among, the disagreements.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.intervals import Share, clopper_pearson, share, small_sample
from speckit_analysis.analysis.selection import Selection
from speckit_analysis.analysis.summaries import key_column, nullable
from speckit_analysis.vocabulary import normalise_agent


def genuine(disagreements: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that declare a difference of opinion.

    Left out are degradations, disagreements that were detected by comparing, and points whose
    relation is ``agree`` or ``unrelated``.
    """
    degraded = disagreements["degradation"].fillna(False)
    declared = disagreements["origin"].isin(["declared"])
    harmless = disagreements["relation"].isin(["agree", "unrelated"])
    return disagreements[declared & ~degraded & ~harmless]


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
    looked = frame["disagreement_recorded"].notna() | frame["conflicts"].notna()
    looked |= frame["disagreement_points"].notna() | hit
    alone = ~(frame["agents_ok"] >= 2).fillna(False)
    reasons = pd.Series(pd.NA, index=frame.index, dtype="string")
    reasons = reasons.mask(~looked, "without a record of a comparison")
    reasons = reasons.mask(alone, "with fewer than two usable answers")
    marked = Selection(frame.assign(disagreed=hit), runs.left_out, runs.noun)
    return marked.without(reasons)


def rate(runs: pd.DataFrame, confidence: float = 0.95) -> Share:
    """Return the share of `runs` that disagreed, its interval also allowing for SPECs."""
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
        Level of the exact interval, for each row on its own.

    Returns
    -------
    DataFrame
        `by`, ``runs``, ``specs``, ``disagreeing`` (Int64), ``rate``, ``low``, ``high``
        (Float64).  Values of `by` without a run have no row; a missing one comes last.
    """
    keys = key_column(runs, by).rename(by)
    marks = pd.DataFrame({by: keys, "spec": runs["spec_id"], "disagreed": runs["disagreed"]})
    counted = marks.groupby(by, observed=True, dropna=False, sort=True).agg(
        runs=("disagreed", "size"), specs=("spec", "nunique"), disagreeing=("disagreed", "sum")
    )
    return with_rate(counted.reset_index(), confidence)


def with_rate(counted: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Add ``rate``, ``low`` and ``high`` to counts of ``disagreeing`` in ``runs``."""
    counts = [name for name in ("runs", "specs", "disagreeing") if name in counted]
    counted = counted.astype(dict.fromkeys(counts, "Int64"))
    hits = counted["disagreeing"].to_numpy(dtype=float, na_value=np.nan)
    n = counted["runs"].to_numpy(dtype=float, na_value=np.nan)
    low, high = clopper_pearson(hits, n, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        return counted.assign(rate=nullable(hits / n), low=nullable(low), high=nullable(high))


@dataclass(frozen=True)
class Pairs:
    """Disagreement between two agents that both answered.

    Attributes
    ----------
    rates : DataFrame
        ``first``, ``second`` (string, in alphabetical order), ``runs``, ``disagreeing``,
        ``rate``, ``low``, ``high``.
    unnamed : int
        Genuine disagreements that name fewer than two of the run's agents: they count for
        their run, but for no pair.
    named : int
        Genuine disagreements that name two or more.
    """

    rates: pd.DataFrame
    unnamed: int
    named: int

    @property
    def sentence(self) -> str:
        """Which pair disagrees most, or why it cannot be said."""
        total = self.named + self.unnamed
        if self.rates.empty:
            return "No run has two agents with a usable answer, so no pair can be compared."
        if total == 0:
            return "No disagreement is declared between any pair of agents."
        unnamed = (
            f" {wording.count(self.unnamed, 'disagreement')} of {wording.count(total)} do not"
            " name two of the run's agents: they count for their run, but for no pair."
            if self.unnamed
            else ""
        )
        if not self.named:
            return unnamed.strip()
        top = self.rates.sort_values("rate", ascending=False, kind="stable").iloc[0]
        return (
            f"{top['first']} and {top['second']} disagree most: in {wording.percent(top['rate'])}"
            f" of {wording.count(top['runs'], 'run')} that both answered"
            f" ({wording.percent(top['low'])} to {wording.percent(top['high'])}).{unnamed}"
        )


def by_pair(
    runs: pd.DataFrame,
    calls: pd.DataFrame,
    disagreements: pd.DataFrame,
    by: str = "agent",
    confidence: float = 0.95,
) -> Pairs:
    """Return the rate of disagreement for every pair of agents or models.

    Parameters
    ----------
    runs : DataFrame
        Comparable runs.
    calls : DataFrame
        Table ``calls``; a call with status ``ok`` makes its agent one that answered.
    disagreements : DataFrame
        Table ``disagreements``.
    by : str
        ``agent``, ``model_id`` or ``provider``.
    confidence : float
        Level of the exact interval, for each pair on its own.
    """
    # Runs, agents and parties as numbers: there may be millions of calls.
    known = pd.Index(runs["run_id"])
    names, agents = _names(calls[by]), _names(calls["agent"])
    parties = pd.DataFrame(
        {
            "run": known.get_indexer(calls["run_id"]),
            "agent": agents.get_indexer(calls["agent"].astype("string")),
            "party": names.get_indexer(calls[by].astype("string")),
        }
    )
    answered = (calls["status"] == "ok").fillna(False).to_numpy(dtype=bool)
    parties = parties[answered & (parties >= 0).all(axis="columns").to_numpy()]
    table = _answered_together(parties, len(known), len(names))
    points = genuine(disagreements)
    points = points[known.get_indexer(points["run_id"]) >= 0]
    disputed = _disputed(points, parties, known, agents)
    hits = disputed[["run", "first", "second"]].drop_duplicates()
    hits = hits.groupby(["first", "second"]).size().rename("disagreeing").reset_index()
    table = table.merge(hits, on=["first", "second"], how="left").fillna({"disagreeing": 0})
    for end in ("first", "second"):
        table[end] = pd.Series(names.take(table[end]), dtype="string")
    with_two = disputed["point"].nunique()
    rates = with_rate(table, confidence)
    return Pairs(rates, unnamed=len(points) - with_two, named=with_two)


def _names(column: pd.Series) -> pd.Index:
    return pd.Index(column.astype("string").dropna().unique()).sort_values()


def _answered_together(parties: pd.DataFrame, runs: int, names: int) -> pd.DataFrame:
    """Return in how many runs each pair of different parties answered."""
    marks = np.ones(len(parties), dtype=np.int64)
    places = (parties["run"].to_numpy(), parties["party"].to_numpy())
    present = sparse.csr_array((marks, places), shape=(runs, names))
    present.data[:] = 1
    # Counting pairs is multiplying the table of who was present with itself.
    together = sparse.triu(present.T @ present, k=1).tocoo()
    pairs = pd.DataFrame({"first": together.row, "second": together.col, "runs": together.data})
    return pairs.sort_values(["first", "second"], ignore_index=True)


def _disputed(
    points: pd.DataFrame, parties: pd.DataFrame, known: pd.Index, agents: pd.Index
) -> pd.DataFrame:
    """Return ``run``, ``point``, ``first`` and ``second``: who disagrees on what."""
    named = pd.DataFrame(
        {
            "run": known.get_indexer(points["run_id"]),
            "point": np.arange(len(points)),
            "agent": points["agents"].str.split(","),
        }
    )
    named = named.explode("agent").dropna(subset="agent")
    spellings = {raw: normalise_agent(raw) for raw in named["agent"].unique()}
    named["agent"] = agents.get_indexer(named["agent"].map(spellings).astype("string"))
    present = parties[parties["run"].isin(named["run"])].drop_duplicates()
    named = named.merge(present, on=["run", "agent"])
    named = named[["run", "point", "party"]].drop_duplicates()
    both = named.merge(named, on=["run", "point"])
    both = both[both["party_x"] < both["party_y"]]
    return both.rename(columns={"party_x": "first", "party_y": "second"})


def flag_against_points(runs: pd.DataFrame) -> pd.DataFrame:
    """Hold the telemetry's disagreement flag against the points that it lists.

    Returns
    -------
    DataFrame
        ``flag`` (``yes``, ``no``, ``not recorded``), ``no points``, ``points``, ``not
        recorded`` (Int64, runs).
    """
    flag = runs["disagreement_recorded"].map({True: "yes", False: "no"}).astype("string")
    points = (runs["disagreement_points"] > 0).map({True: "points", False: "no points"})
    table = pd.crosstab(flag.fillna("not recorded"), points.astype("string").fillna("not recorded"))
    table = table.reindex(
        index=["yes", "no", "not recorded"],
        columns=["no points", "points", "not recorded"],
        fill_value=0,
    )
    return table.astype("Int64").rename_axis(index="flag", columns=None).reset_index()


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
        return f"Flag and points agree in all {wording.count(n, 'run')} that record both."
    return (
        f"Flag and points contradict each other in {wording.count(claimed + silent)} of"
        f" {wording.count(n, 'run')} that record both: {wording.count(claimed)} flagged without a"
        f" point, {wording.count(silent)} with points but no flag."
    )


def shares(points: pd.DataFrame, column: str, confidence: float = 0.95) -> pd.DataFrame:
    """Return how many disagreements there are by type, severity or outcome.

    Parameters
    ----------
    points : DataFrame
        Genuine disagreements.
    column : str
        ``type``, ``disagreement_severity``, ``resolved``, ``stage`` …
    confidence : float
        Level of the exact interval.

    Returns
    -------
    DataFrame
        `column` (string, ``not told`` last), ``disagreements`` (Int64), ``share``, ``low``,
        ``high`` (Float64).
    """
    values = points[column]
    if column == "resolved":
        values = values.map({True: "settled", False: "open"})
    counts = values.astype("string").fillna("not told").value_counts()
    counts = counts.sort_index().sort_values(ascending=False, kind="stable")
    last = counts.index == "not told"
    counts = pd.concat([counts[~last], counts[last]])
    n = int(counts.sum())
    low, high = clopper_pearson(counts.to_numpy(), n, confidence)
    return pd.DataFrame(
        {
            column: pd.Series(counts.index, dtype="string"),
            "disagreements": pd.Series(counts.to_numpy(), dtype="Int64"),
            "share": nullable(counts.to_numpy(dtype=float) / max(n, 1)),
            "low": nullable(low),
            "high": nullable(high),
        }
    )


def escalations(runs: pd.DataFrame, confidence: float = 0.95) -> Share:
    """Return the share of runs that escalated, among those that say whether they did."""
    told = runs[runs["escalated"].notna()]
    return share(told["escalated"], told["spec_id"], confidence)


def degraded(runs: pd.DataFrame, confidence: float = 0.95) -> Share:
    """Return the share of runs in which an agent failed, of those that know their agents."""
    known = runs[runs["agents_failed"].notna()]
    return share(known["agents_failed"] > 0, known["spec_id"], confidence)


def outcome_sentence(points: pd.DataFrame, escalated: Share) -> str:
    """Say how many disagreements were settled, and how many runs escalated."""
    told = points["resolved"].dropna()
    settled = share(told)
    first = (
        f"Of {wording.count(len(points), 'disagreement')}, {wording.count(len(told))} say how they"
        f" ended: {wording.percent(settled.estimate)} settled ({settled.interval})."
        if len(told)
        else "No disagreement says whether it was settled."
    )
    second = (
        f" {wording.percent(escalated.estimate)} of {wording.count(escalated.n, 'run')} escalated"
        f" ({escalated.interval})."
        if escalated.n
        else " No run says whether it was escalated."
    )
    return first + second


def clusters_sentence(found: Share) -> str:
    """Say what the interval becomes when runs of one SPEC are not taken as independent."""
    if not found.n:
        return "The rate is not estimable: n = 0."
    if found.clusters < 2:
        return "All runs come from one SPEC: the rate says nothing about other SPECs."
    return (
        f"Runs of one SPEC resemble each other. Allowing for {found.clusters:,} SPECs the"
        f" {wording.percent(found.confidence)} interval is {wording.percent(found.clustered_low)}"
        f" to {wording.percent(found.clustered_high)}."
    )


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
    if found.n == 0:
        return f"The rate of disagreement is not estimable: n = 0. {runs.sentence}"
    beside = (
        f" Beside that, an agent failed in {wording.percent(degradation.estimate)} of"
        f" {wording.count(degradation.n, 'run')}."
        if degradation.n
        else ""
    )
    return (
        f"The agents disagreed in {wording.percent(found.estimate)} of"
        f" {wording.count(found.n, 'comparable run')} ({found.hits:,}; {found.interval})."
        f"{beside}{small_sample(found.n, 'run')}"
    )
