"""What the same work would have cost with other agents or models, and what that would save."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.cost.projection import project, spec_costs, stage_runs, usual_stages
from speckit_analysis.analysis.intervals import typical
from speckit_analysis.analysis.wording import suggestion
from speckit_analysis.errors import EvidenceError
from speckit_analysis.prices import PriceList
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.tables.results import RESULTS
from speckit_analysis.tables.vocabulary import normalise_model, normalise_stage, provider_of


@dataclass(frozen=True)
class Routing:
    """Who works on which stage, and which model answers for an agent."""

    #: Agents that work on a stage; stages that are not named keep theirs.
    agents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Model that answers in place of an agent's own, for the same tokens.
    models: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The routing in words."""
        parts = [
            f"only {wording.listed(agents)}" + ("" if stage == "*" else f" at {stage}")
            for stage, agents in self.agents.items()
        ]
        parts += [f"{model} for {agent}" for agent, model in self.models.items()]
        return "; ".join(parts) or "as recorded"

    @classmethod
    def parse(cls, text: str) -> Routing:
        """Return the routing that `text` describes.

        Parameters
        ----------
        text : str
            Parts with commas between them: ``tasks=claude+gpt_pro`` (only these agents work on
            the stage; ``*`` for every stage) and ``claude:claude-haiku-4-5`` (that model answers
            for the agent).  Nothing is as recorded.

        Raises
        ------
        EvidenceError
            If a part is neither.

        Examples
        --------
        >>> routing = Routing.parse("tasks=claude+gpt_pro, gemini:gemini-2.5-flash")
        >>> routing.agents, routing.models
        ({'tasks': ('claude', 'gpt_pro')}, {'gemini': 'gemini-2.5-flash'})
        >>> routing.name
        'only claude and gpt_pro at tasks; gemini-2.5-flash for gemini'
        """
        agents: dict[str, tuple[str, ...]] = {}
        models: dict[str, str] = {}
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            stage, equals, named = part.partition("=")
            agent, colon, model = part.partition(":")
            if equals and named.strip():
                stage = stage.strip()
                agents[normalise_stage(stage) or stage] = tuple(
                    name.strip() for name in named.split("+")
                )
            elif colon and model.strip():
                models[agent.strip()] = normalise_model(model.strip()) or model.strip()
            else:
                raise EvidenceError(
                    f"routing {part!r}: write stage=agent+agent, or agent:model, with commas"
                    " between, such as 'tasks=claude+gpt_pro, gemini:gemini-2.5-flash'"
                )
        return cls(agents, models)


def routings_of(calls: pd.DataFrame, text: str = "") -> list[Routing]:
    """Return the routings that `text` lists, or each agent alone.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``.
    text : str
        Routings with semicolons between; if empty, every agent that worked on all stages, alone.
    """
    if text.strip():
        return [Routing.parse(part) for part in text.split(";") if part.strip()]
    stages = calls.groupby("agent", observed=True)["stage"].nunique()
    everywhere = stages.index[stages == calls["stage"].nunique()]
    return [Routing({"*": (str(agent),)}) for agent in everywhere]


def routed(calls: pd.DataFrame, routing: Routing, prices: PriceList | None = None) -> pd.DataFrame:
    """Return the calls that a routing leaves, at the price of the models that it takes.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``.
    routing : Routing
        Who works on what.
    prices : PriceList, optional
        For models that take another's place; published prices by default.

    Returns
    -------
    DataFrame
        The calls that are left, with ``cost_usd`` of the new model for the **same tokens**.  Runs
        in which an agent is missing that the routing wants there are left out whole: what it
        would have cost is not known.

    Raises
    ------
    EvidenceError
        If a stage or an agent does not occur in `calls`, or a model has no price.
    """
    _check(calls, routing)
    kept, restricted = pd.Series(True, calls.index), pd.Series(False, calls.index)
    for stage in calls["stage"].dropna().unique():
        agents = routing.agents.get(str(stage), routing.agents.get("*"))
        if agents is not None:
            here = calls[calls["stage"] == stage]
            left = here[here["agent"].isin(agents)]
            # Some agents only ever work on some stages.
            needed = left["agent"].nunique()
            whole = left.groupby("run_id")["agent"].transform("nunique") == needed
            kept[here.index.difference(left.index[whole])] = False
            restricted[here.index] = True
    left = calls[kept]
    # Of a stage that was routed anew, the run is what the routing leaves of it.
    sizes = left.groupby("run_id")["run_id"].transform("size")
    left = left.assign(run_calls=left["run_calls"].mask(restricted[kept], sizes))
    for agent, model in routing.models.items():
        answered = left["agent"] == agent
        stand_in = left[answered].assign(
            model_id=model,
            model_requested=model,
            provider=provider_of(model),
            service_tier="standard",  # another maker's tiers are others
        )
        cost = (prices or PriceList()).price(stand_in)["cost_usd"]
        if (cost.isna() & left.loc[answered, "cost_usd"].notna()).any():
            raise EvidenceError(
                f"routing {agent}:{model}: no price list tells what {model} cost at the time;"
                " a price file can (docs/cost.md)"
            )
        left = left.assign(cost_usd=left["cost_usd"].mask(answered, cost))
    return left


def _check(calls: pd.DataFrame, routing: Routing) -> None:
    stages = [str(stage) for stage in calls["stage"].dropna().unique()]
    agents = sorted(calls["agent"].dropna().astype(str).unique())
    for stage in routing.agents:
        if stage not in stages and stage != "*":
            raise EvidenceError(
                f"routing: no stage {stage!r} in this evidence; {suggestion(stage, stages)}"
            )
    for agent in sorted({*routing.models}.union(*routing.agents.values())):
        if agent not in agents:
            raise EvidenceError(
                f"routing: no agent {agent!r} in this evidence; {suggestion(agent, agents)}"
            )


@dataclass(frozen=True)
class Saving:
    """What a routing saves against the calls as they were made, SPEC by SPEC."""

    #: The routing.
    name: str
    #: Sum over the SPECs whose cost is known under both, as their calls were made.
    current_usd: float
    #: Share of that sum that is saved; below 0 where it costs more.
    share: float
    #: Share that the typical SPEC saves.
    typical: Estimate
    #: Share that is to be saved at least.
    goal: float
    #: What a month's SPECs will cost.
    month_current: Estimate
    month_other: Estimate
    #: Why the routing cannot be priced; empty where it can.
    refusal: str

    @property
    def verdict(self) -> str:
        """``meets the goal``, ``misses the goal``, ``inconclusive`` or ``not estimable``."""
        if np.isnan(self.typical.low):
            return "not estimable"
        if self.typical.low >= self.goal:
            return "meets the goal"
        return "misses the goal" if self.typical.high < self.goal else "inconclusive"

    @property
    def sentence(self) -> str:
        """The saving in words."""
        name, of_typical = f"{self.name[0].upper()}{self.name[1:]}", self.typical
        if self.refusal:
            return f"{name} cannot be priced: {self.refusal}."
        if not of_typical.n:
            return f"{self.name}: no SPEC has a known cost under both routings."
        word = "save" if self.share >= 0 else "cost more by"
        low, high = _share(of_typical.low), _share(of_typical.high)
        level = wording.exact_percent(of_typical.level)
        interval = f" (a typical SPEC {low} to {high}, {level} interval)"
        return (
            f"{name} would {word} {wording.percent(abs(self.share))} of"
            f" {wording.usd(self.current_usd)} over {wording.count(of_typical.n, 'SPEC')}"
            f"{'' if np.isnan(of_typical.low) else interval}; against a goal of"
            f" {wording.exact_percent(self.goal)}: {self.verdict}. The tokens are taken as"
            " unchanged, and nothing is said of quality."
        )


def _share(share: float) -> str:
    return wording.percent(share) if share >= 0 else f"-{wording.percent(-share)}"


def savings(
    calls: pd.DataFrame,
    routings: list[Routing],
    *,
    month: int = 20,
    goal: float = 0.2,
    confidence: float = 0.95,
    seed: int = 0,
    prices: PriceList | None = None,
) -> tuple[list[Saving], pd.DataFrame]:
    """Hold the cost of other routings against that of the calls as they were made.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``, rows that count.
    routings : list of Routing
        Who would have worked on what.
    month : int
        SPECs a month.
    goal : float
        Share that is to be saved at least.
    confidence : float
        Level of the intervals.
    seed : int
        Of the projected totals.
    prices : PriceList, optional
        For models that take another's place.

    Returns
    -------
    (list of Saving, DataFrame)
        One for each routing, and the result ``savings``.

    Notes
    -----
    The saving of a typical SPEC is the geometric mean of its cost ratios, with Student's t on
    logarithms; that of the budget is the ratio of sums.  Shares saved by single SPECs are never
    averaged.  Usual stages are those of today's work: under a routing that leaves one of them
    without any call, no SPEC has a known cost.  Under every routing a SPEC runs its stages as often
    as it did.
    """
    stages, runs = usual_stages(calls), stage_runs(calls)
    current, alternatives = _costs(calls, stages, runs), []
    for routing in routings:
        left = routed(calls, routing, prices)
        both = pd.DataFrame({"current": current, "other": _costs(left, stages, runs)})
        both = both.dropna().astype(float)
        sums = both.sum()
        ratio = typical(both["other"] / both["current"], confidence)
        alternatives.append(
            Saving(
                routing.name,
                float(sums["current"]),
                float(1 - sums["other"] / sums["current"]) if len(both) else float("nan"),
                replace(ratio, value=1 - ratio.value, low=1 - ratio.high, high=1 - ratio.low),
                goal,
                project(both["current"], month, confidence, seed),
                project(both["other"], month, confidence, seed),
                _unstaffed(calls, left, routing, stages),
            )
        )
    return alternatives, _table(alternatives)


def _costs(calls: pd.DataFrame, stages: Collection[str], runs: pd.Series) -> pd.Series:
    return spec_costs(calls, usual=stages, runs=runs).kept.set_index("spec_id")["cost_usd"]


def _unstaffed(
    calls: pd.DataFrame, left: pd.DataFrame, routing: Routing, stages: Collection[str]
) -> str:
    """Say which stages a routing leaves without any call, or nothing where it leaves none so."""
    staffed = set(left["stage"].dropna().astype(str))
    gone: dict[str, list[str]] = {}
    for stage in stages:
        if stage not in staffed:
            agents = routing.agents.get(stage, routing.agents.get("*", ()))
            here = calls.loc[calls["stage"] == stage, "agent"]
            together = " together" if here.isin(agents).any() else ""
            gone.setdefault(f"{wording.listed(agents)} never worked{together} on", []).append(stage)
    return "; ".join(f"{who} {wording.listed(where)}" for who, where in gone.items())


def _table(alternatives: list[Saving]) -> pd.DataFrame:
    rows = []
    for one in alternatives:
        share, month = one.typical, one.month_other
        shares = (one.share, share.low, share.high)
        rows.append((one.name, share.n, *shares, month.value, month.low, month.high, one.verdict))
    if alternatives:
        first = next((one for one in alternatives if one.typical.n), alternatives[0])
        month = first.month_current
        shares = (0.0, np.nan, np.nan)
        recorded = ("as recorded", first.typical.n, *shares, month.value, month.low, month.high, "")
        rows.insert(0, recorded)
    return RESULTS["savings"].of(rows)


def savings_sentence(alternatives: list[Saving]) -> str:
    """Say which routing would save most."""
    known = [one for one in alternatives if one.typical.n]
    refused = [one.sentence for one in alternatives if one.refusal]
    if not known:
        return " ".join(["What another routing would save cannot be told.", *refused])
    best = max(known, key=lambda one: one.share)
    several = f"Of {wording.count(len(known), 'other routing')}, this saves most: "
    return " ".join([(several if len(known) > 1 else "") + best.sentence, *refused])
