"""What the same work would have cost with other agents or models."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.wording import suggestion
from speckit_analysis.errors import EvidenceError
from speckit_analysis.prices import PriceList
from speckit_analysis.tables.vocabulary import normalise_model, normalise_stage, provider_of


@dataclass(frozen=True)
class Routing:
    """Who works on which stage, and which model answers for an agent.

    Attributes
    ----------
    agents : mapping of str to tuple of str
        Agents that work on a stage; stages that are not named keep theirs.
    models : mapping of str to str
        Model that answers in place of an agent's own, for the same tokens.
    """

    agents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
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
                stages = stage.strip()
                key = stages if stages == "*" else normalise_stage(stages) or stages
                agents[key] = tuple(name.strip() for name in named.split("+"))
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


def unpriced(
    calls: pd.DataFrame, left: pd.DataFrame, routing: Routing, stages: Collection[str]
) -> str:
    """Say which stages a routing leaves without any call, or nothing where it leaves none so.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``.
    left : DataFrame
        The calls that the routing leaves, from :func:`routed`.
    routing : Routing
        Who works on what.
    stages : collection of str
        Stages that must be worked on.
    """
    staffed = set(left["stage"].dropna().astype(str))
    gone: dict[str, list[str]] = {}
    for stage in stages:
        if stage not in staffed:
            agents = routing.agents.get(stage, routing.agents.get("*", ()))
            here = calls.loc[(calls["stage"] == stage).fillna(False).astype(bool), "agent"]
            together = " together" if here.isin(agents).any() else ""
            gone.setdefault(f"{wording.listed(agents)} never worked{together} on", []).append(stage)
    return "; ".join(f"{who} {wording.listed(where)}" for who, where in gone.items())


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
    every = routing.agents.get("*")
    for stage in calls["stage"].dropna().unique():
        wanted = routing.agents.get(str(stage), every)
        if wanted is not None:
            here = calls[(calls["stage"] == stage).fillna(False).astype(bool)]
            mine = here[here["agent"].isin(wanted)]
            # Some agents only ever work on some stages.
            needed = mine["agent"].nunique()
            whole = mine.groupby("run_id")["agent"].transform("nunique") == needed
            kept[here.index.difference(mine.index[whole])] = False
            restricted[here.index] = True
    left = calls[kept]
    # Of a stage that was routed anew, the run is what the routing leaves of it.
    sizes = left.groupby("run_id")["run_id"].transform("size")
    left = left.assign(run_calls=left["run_calls"].mask(restricted[kept], sizes))
    for agent, model in routing.models.items():
        mine = (left["agent"] == agent).fillna(False).astype(bool)
        stand_in = left[mine].assign(
            model_id=model, model_requested=model, provider=provider_of(model)
        )
        cost = (prices or PriceList()).price(stand_in)["cost_usd"]
        unpriced = cost.isna() & left.loc[mine, "cost_usd"].notna()
        if unpriced.any():
            raise EvidenceError(
                f"routing {agent}:{model}: no price list tells what {model} cost at the time;"
                " a price file can (docs/cost.md)"
            )
        left = left.assign(cost_usd=left["cost_usd"].mask(mine, cost))
    return left


def _check(calls: pd.DataFrame, routing: Routing) -> None:
    stages = [str(stage) for stage in calls["stage"].dropna().unique()]
    agents = sorted(calls["agent"].dropna().astype(str).unique())
    for stage in routing.agents:
        if stage not in stages and stage != "*":
            raise EvidenceError(
                f"routing: no stage {stage!r} in this evidence; {suggestion(stage, stages)}"
            )
    named = {agent for wanted in routing.agents.values() for agent in wanted}
    for agent in sorted(named | set(routing.models)):
        if agent not in agents:
            raise EvidenceError(
                f"routing: no agent {agent!r} in this evidence; {suggestion(agent, agents)}"
            )
