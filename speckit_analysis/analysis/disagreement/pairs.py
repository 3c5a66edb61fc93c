"""Who disagrees with whom: pairs of agents, models or providers that both answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.disagreement.frequency import clustered_rates, genuine
from speckit_analysis.analysis.intervals import equal_rates
from speckit_analysis.tables.vocabulary import normalise_agent


@dataclass(frozen=True)
class Pairs:
    """Disagreement between two agents that both answered."""

    #: ``first``, ``second`` (in alphabetical order), and the result ``disagreement_rates``.
    rates: pd.DataFrame
    #: Genuine disagreements that name fewer than two of the run's agents: they count for their
    #: run, but for no pair.
    unnamed: int
    #: Genuine disagreements that name two or more.
    named: int
    #: Of the hypothesis that all pairs disagree equally often (within runs, see
    #: :func:`equal_rates`); NaN with fewer than two pairs.
    p_value: float
    confidence: float

    @property
    def apart(self) -> bool:
        """Whether the counts refute that all pairs disagree equally often."""
        return self.p_value <= 1 - self.confidence

    @property
    def sentence(self) -> str:
        """Which pair disagrees most, or why it cannot be said."""
        total = self.named + self.unnamed
        if self.rates.empty:
            return "No run has two agents with a usable answer, so no pair can be compared."
        if total == 0:
            return "No disagreement is declared between any pair of agents."
        sentences = []
        if self.named:
            sentences.append(self.most)
        if self.named and len(self.rates) > 1:
            sentences.append(
                f"The counts {'refute' if self.apart else 'do not refute'} that all pairs disagree"
                f" equally often ({wording.p_value(self.p_value)})."
            )
        if self.unnamed:
            one = self.unnamed == 1
            sentences.append(
                f"{wording.count(self.unnamed)} of {wording.count(total, 'disagreement')}"
                f" {'does' if one else 'do'} not name two of the run's agents:"
                f" {'it counts for its' if one else 'they count for their'} run, but for no pair."
            )
        return " ".join(sentences)

    @property
    def most(self) -> str:
        """Which pair disagrees most."""
        top = self.rates.sort_values("rate", ascending=False, kind="stable").iloc[0]
        return (
            f"{top['first']} and {top['second']} disagree most: in {wording.percent(top['rate'])}"
            f" of {wording.count(top['runs'], 'run')} that both answered"
            f" ({wording.percent(top['low'])} to {wording.percent(top['high'])})."
        )


def by_pair(
    runs: pd.DataFrame,
    calls: pd.DataFrame,
    disagreements: pd.DataFrame,
    by: str = "agent",
    confidence: float = 0.95,
    *,
    seed: int = 0,
) -> Pairs:
    """Return the rate of disagreement for every pair of agents or models.

    Parameters
    ----------
    runs : DataFrame
        Comparable runs.
    calls : DataFrame
        Table ``calls``, all of it: a call with status ``ok`` makes its agent one that answered its
        run, even where that call itself is left out of other figures as a copy.
    disagreements : DataFrame
        Table ``disagreements``.
    by : str
        ``agent``, ``model_id`` or ``provider``.
    confidence : float
        Level of the interval, for each pair on its own.
    seed : int
        Of the permutations.
    """
    answered = (calls["status"] == "ok").fillna(False) & calls["run_id"].isin(runs["run_id"])
    parties = calls.loc[answered, ["run_id"]].assign(
        agent=calls["agent"].astype("string"), party=calls[by].astype("string")
    )
    parties = parties.dropna().drop_duplicates()
    met = _pairs(parties[["run_id", "party"]].drop_duplicates(), ["run_id"])
    points = genuine(disagreements)
    points = points[points["run_id"].isin(runs["run_id"])]
    disputed = _disputed(points, parties)
    hits = disputed[["run_id", "first", "second"]].drop_duplicates().assign(disagreed=1)
    marks = met.merge(hits, on=["run_id", "first", "second"], how="left")
    marks["disagreed"] = marks["disagreed"].fillna(0)
    marks = marks.merge(runs[["run_id", "spec_id"]].rename(columns={"spec_id": "spec"}))
    named = disputed["point"].nunique()
    rates = clustered_rates(marks, ["first", "second"], confidence)
    groups = marks.groupby(["first", "second"]).ngroup().to_numpy()
    blocks, _ = pd.factorize(marks["run_id"])
    p_value = equal_rates(marks["disagreed"].to_numpy(dtype=float), groups, blocks, seed)
    return Pairs(rates, len(points) - named, named, p_value, confidence)


def _pairs(parties: pd.DataFrame, within: list[str]) -> pd.DataFrame:
    """Return every two different parties that stand together, in alphabetical order."""
    both = parties.merge(parties, on=within)
    both = both.rename(columns={"party_x": "first", "party_y": "second"})
    return both[both["first"] < both["second"]].reset_index(drop=True)


def _disputed(points: pd.DataFrame, parties: pd.DataFrame) -> pd.DataFrame:
    """Return ``run_id``, ``point``, ``first`` and ``second``: who disagrees on what."""
    named = points[["run_id"]].assign(
        point=np.arange(len(points)), agent=points["agents"].str.split(",")
    )
    named = named.explode("agent").dropna(subset="agent")
    spellings = {raw: normalise_agent(raw) for raw in named["agent"].unique()}
    named["agent"] = named["agent"].map(spellings).astype("string")
    named = named.merge(parties, on=["run_id", "agent"])
    return _pairs(named[["run_id", "point", "party"]].drop_duplicates(), ["run_id", "point"])
