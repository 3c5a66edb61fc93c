"""What happened: runs with their calls and disagreements, drawn from a design."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random

from speckit_analysis.simulate.design import Agent, Design
from speckit_analysis.simulate.topics import TEXTS

# Later stages read more: the plan, the tasks, the code.
_PROMPT_FACTOR = {"plan": 1.0, "tasks": 1.2, "implement": 1.9, "validate": 1.5, "audit": 1.4}

#: Severities of disagreements, and how often each is drawn.
_SEVERITIES = (("low", "medium", "high", "critical"), (4, 5, 3, 1))

_SPREAD = 0.35  # standard deviation of the logarithm of tokens
_MILLION = 1_000_000


@dataclass(frozen=True)
class Call:
    """One agent's call."""

    agent: Agent
    prompt_tokens: int
    completion_tokens: int
    latency_ms: int
    failed: bool

    @property
    def cost_usd(self) -> float:
        """Price of the tokens."""
        paid = self.prompt_tokens * self.agent.input_price
        return round((paid + self.completion_tokens * self.agent.output_price) / _MILLION, 6)


@dataclass(frozen=True)
class Disagreement:
    """Two agents that differ on a topic, and how it was settled."""

    topic: str
    kind: str
    agents: tuple[str, str]
    positions: tuple[str, str]
    severity: str
    winner: str | None
    override: bool


@dataclass(frozen=True)
class Run:
    """One stage of one SPEC, worked on once."""

    spec: str
    stage: str
    start: datetime
    calls: tuple[Call, ...]
    disagreements: tuple[Disagreement, ...]
    stub: bool
    measured: bool
    metrics: bool
    rehearsal: bool = False

    @property
    def cost_usd(self) -> float:
        """Sum over the calls."""
        return sum(call.cost_usd for call in self.calls)

    @property
    def status(self) -> str:
        """What an honest recorder writes."""
        if any(opinion.winner is None for opinion in self.disagreements):
            return "conflict"
        return "degraded" if any(call.failed for call in self.calls) else "ok"


def draw_runs(design: Design, random: Random) -> Iterator[Run]:
    """Draw every run of `design`, SPEC by SPEC, in the order of time."""
    first = datetime.fromisoformat(design.start).replace(tzinfo=UTC)
    for number, spec in enumerate(design.spec_ids):
        moment = first + timedelta(
            days=number * design.days // design.specs, hours=8 + 4 * random.random()
        )
        for stage in design.stages:
            for again in range(1 + (random.random() < design.rerun_rate)):
                moment += timedelta(seconds=int(3600 * (0.4 + 5 * random.random())))
                moment = moment.replace(microsecond=0)
                weeks = (moment - first).days / 7
                run = draw_run(design, random, spec, stage, moment, weeks)
                # A second verdict would overwrite the first, so only first runs lack telemetry.
                yield replace(run, measured=run.measured or bool(again))


def draw_run(
    design: Design, random: Random, spec: str, stage: str, moment: datetime, weeks: float
) -> Run:
    """Draw one run that starts at `moment`."""
    stub = random.random() < design.stub_rate
    growth = design.weekly_cost_growth**weeks * _PROMPT_FACTOR.get(stage, 1.0)
    calls = tuple(
        _draw_call(design, random, agent, growth, stub=stub) for agent in design.agents_of(stage)
    )
    answered = [call.agent.name for call in calls if not call.failed]
    disagree = random.random() < design.disagreement.get(stage, 0.0) and len(answered) > 1
    opinions = _draw_disagreements(design, random, answered) if disagree and not stub else ()
    measured = stub or random.random() < design.telemetry_coverage
    metrics = measured and random.random() < design.metrics_rate
    return Run(spec, stage, moment, calls, opinions, stub, measured, metrics)


def _draw_call(design: Design, random: Random, agent: Agent, growth: float, *, stub: bool) -> Call:
    failed = random.random() < design.failure_rate and not stub
    prompt = _around(random, agent.prompt_tokens * growth)
    if stub:
        return Call(agent, prompt, 40, 20 + int(60 * random.random()), failed=False)
    if failed:
        return Call(agent, prompt, 0, 120_000 + int(60_000 * random.random()), failed=True)
    completion = _around(random, agent.completion_tokens * growth)
    seconds = 2 + completion / agent.tokens_per_second * (0.8 + 0.4 * random.random())
    return Call(agent, prompt, completion, int(1000 * seconds), failed=False)


def _around(random: Random, median: float) -> int:
    """Draw a log-normal count."""
    return max(1, round(median * math.exp(_SPREAD * random.gauss(0, 1))))


def _draw_disagreements(
    design: Design, random: Random, agents: list[str]
) -> tuple[Disagreement, ...]:
    pairs = list(combinations(agents, 2))
    weights = [design.pair_weights.get(frozenset(pair), 1.0) for pair in pairs]
    count = 1 + (random.random() < 0.4) + (random.random() < 0.1)
    opinions = []
    for topic in random.sample(TEXTS.topics, count):
        pair = random.choices(pairs, weights)[0]
        one, other = random.sample(topic.positions, 2)
        severity = random.choices(*_SEVERITIES)[0]
        override = random.random() < design.override_rate
        settled = random.random() < 0.85
        winner = pair[override] if settled else None
        opinions.append(
            Disagreement(
                topic.name, topic.kind, pair, (one, other), severity, winner, override and settled
            )
        )
    return tuple(opinions)
