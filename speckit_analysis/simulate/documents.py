"""A run as the documents that tools write about it, in the shapes of real evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from json import dumps
from random import Random
from typing import Any

from speckit_analysis.simulate.design import Design
from speckit_analysis.simulate.history import Call, Disagreement, Run
from speckit_analysis.simulate.topics import TEXTS

Json = dict[str, Any]

PROMPT_VERSION = "20251002-{}-a"


@dataclass
class Document:
    """A file to be written: its path below the evidence root and what stands in it.

    `content` is an object, which becomes JSON, or text.  `run` is the run it speaks of, and
    `family` names what kind of file it is.
    """

    path: str
    family: str
    content: Any
    run: Run | None = None
    lines: bool = False


def documents_of(run: Run, design: Design, random: Random) -> Iterator[Document]:
    """Yield every document of `run`."""
    yield from _measured(run, design, random) if run.measured else _exported(run, random)
    yield from _guardrails(run, design, random)


def _measured(run: Run, design: Design, random: Random) -> Iterator[Document]:
    """Yield telemetry and, for each agent, its prompt, its answer and perhaps its metrics."""
    stem = f"consensus/{run.spec}/spec-{run.stage}_{in_name(run.start, design)}"
    record = telemetry(run)
    yield Document(f"{stem}_telemetry.jsonl", "telemetry", record, run, lines=True)
    for call in run.calls:
        name = call.agent.name
        yield Document(f"{stem}_{name}.json", "output", output(run, call, random), run)
        if run.metrics:
            metrics = _call(run, call)
            yield Document(f"{stem}_{name}_metrics.json", "metrics", metrics, run)


def telemetry(run: Run) -> Json:
    """Return consensus telemetry 2.0 of `run`."""
    agents = [_call(run, call) for call in run.calls]
    opinions = [opinion_of(opinion) for opinion in run.disagreements]
    agreements = ["one migration", "no new dependency"]
    consensus: Json = {
        "status": run.status,
        "agreements": agreements,
        "conflicts": opinions,
        "agents": agents,
        "disagreement_detected": bool(opinions),
        "disagreement_points": opinions,
        "escalation_triggered": run.status == "conflict",
        "escalation_reason": "a disagreement is open" if run.status == "conflict" else None,
        "total_tokens": float(sum(agent["total_tokens"] for agent in agents)),
        "total_latency_ms": float(sum(agent["latency_ms"] for agent in agents)),
        "total_cost_usd": round(run.cost_usd, 6),
    }
    record: Json = {
        "schemaVersion": "2.0",
        "command": f"spec-{run.stage}",
        "specId": run.spec,
        "sessionId": written(run.start),
        "timestamp": written(run.start),
        "promptVersion": PROMPT_VERSION.format(run.stage),
        "artifacts": [agent["output_path"] for agent in agents],
        "notes": [],
        "consensus": consensus,
        "consensusStatus": run.status,
        "consensusSummary": {"agreements": agreements, "conflicts": opinions},
        "quality_metrics": {
            "completeness_score": None,
            "human_review_score": None,
            "automated_checks_passed": 0,
            "automated_checks_failed": 0,
        },
        "guardrail": {"prefilter_model": None, "policy_status": None, "latency_ms": None},
    }
    if run.stage == "tasks":
        record["output_tokens"] = sum(call.completion_tokens for call in run.calls)
        record["latency_ms"] = float(sum(call.latency_ms for call in run.calls))
        record["agent_participation"] = {c.agent.name: not c.failed for c in run.calls}
    return record


def _call(run: Run, call: Call) -> Json:
    """Return a call as telemetry embeds it and a metrics file repeats it."""
    folder = f"evidence/consensus/{run.spec}"
    override = any(d.override and d.winner == call.agent.name for d in run.disagreements)
    return {
        "agent": call.agent.name,
        "model_id": call.agent.model_id,
        "model_release": call.agent.model_release,
        "reasoning_mode": "high",
        "latency_ms": call.latency_ms,
        "prompt_tokens": call.prompt_tokens,
        "completion_tokens": call.completion_tokens,
        "reasoning_tokens": None,
        "total_tokens": call.prompt_tokens + call.completion_tokens,
        "cache_hit": None,
        "cost_usd": call.cost_usd,
        "arbiter_override": override or None,
        "override_reason": "the arbiter preferred this proposal" if override else None,
        "output_path": f"{folder}/spec-{run.stage}_{call.agent.name}.json",
        "status": "error" if call.failed else "ok",
        "error": "timed out" if call.failed else None,
    }


def opinion_of(opinion: Disagreement) -> Json:
    """Return a disagreement as telemetry and syntheses tell it."""
    (one, other), (this, that) = opinion.agents, opinion.positions
    settled = None
    if opinion.winner is not None:
        settled = f"{opinion.winner}: {this if opinion.winner == one else that}"
    return {
        "topic": opinion.topic,
        "description": f"{opinion.topic}: {one} proposes {this}, {other} proposes {that}.",
        "agents": list(opinion.agents),
        "type": opinion.kind,
        "severity": opinion.severity,
        "resolution": settled,
        "resolved": settled is not None,
    }


def output(run: Run, call: Call, random: Random) -> Json:
    """Return an agent's answer; what the runner leaves where there is none."""
    name = call.agent.name
    head: Json = {"spec_id": run.spec, "stage": f"spec-{run.stage}"}
    if call.failed:
        consensus = {"agreements": [], "conflicts": [f"{name} execution failed"]}
        return head | {
            "agent": name,
            "error": "agent execution failed",
            "consensus": consensus,
        }
    head |= {
        "prompt_version": PROMPT_VERSION.format(run.stage),
        "agent": "stub" if run.stub else name,
        "model": "stub-model" if run.stub else call.agent.model_id,
        "model_release": call.agent.model_release,
        "reasoning_mode": "thinking",
    }
    body = {} if run.stub else answer_of(run, name, random)
    return head | body | {"consensus": {"agreements": [], "conflicts": []}}


def answer_of(run: Run, agent: str, random: Random) -> Json:
    """Return the substance of an answer: what was found, steps and risks.

    Agents of a run agree but where the run's disagreements say that they do not.
    """
    common = Random(f"{run.spec} {run.stage} {run.start:%Y%m%d%H%M%S}")
    disputed = {opinion.topic for opinion in run.disagreements}
    agreed = common.choice([topic for topic in TEXTS.topics if topic.name not in disputed])
    positions = {agreed.name: common.choice(agreed.positions)}
    for opinion in run.disagreements:
        if agent in opinion.agents:
            positions[opinion.topic] = opinion.positions[opinion.agents.index(agent)]
    return {
        "research_summary": [
            {"topic": topic, "details": f"{position[0].upper()}{position[1:]}."}
            for topic, position in positions.items()
        ],
        "work_breakdown": common.sample(TEXTS.steps, 3),
        "risks": common.sample(TEXTS.risks, 2),
        "estimate_hours": 2 + int(30 * random.random()),
    }


def _exported(run: Run, random: Random) -> Iterator[Document]:
    """Yield what a run without telemetry leaves: its verdict and its synthesis."""
    seconds = int(run.start.timestamp())
    run_id = f"run_{run.spec}_{seconds}_{_digest(run)}"
    end = run.start + timedelta(minutes=9)
    proposals = [
        {
            "agent_name": call.agent.name,
            "content": _content(run, call, random, as_text=number % 2 == 1),
            "created_at": f"{end:%Y-%m-%d %H:%M:%S}",
        }
        for number, call in enumerate(run.calls)
    ]
    verdict: Json = {"spec_id": run.spec, "stage": f"spec-{run.stage}", "run_id": run_id}
    verdict |= {"exported_at": written(end), "proposals": proposals}
    stem = f"consensus/{run.spec}/{run.stage}"
    yield Document(f"{stem}_verdict.json", "verdict", verdict, run)
    synthesis = {
        "output_markdown": f"# {run.stage.title()}: {run.spec}\n\n{random.choice(TEXTS.steps)}.\n",
        "output_path": f"docs/{run.spec}/{run.stage}.md",
        "status": run.status,
        "artifacts_count": len(run.calls),
        "agreements": ["one migration"],
        "conflicts": [opinion_of(opinion) for opinion in run.disagreements],
        "degraded": any(call.failed for call in run.calls),
        "spec_id": run.spec,
        "stage": f"spec-{run.stage}",
        "run_id": run_id,
        "created_at": f"{end:%Y-%m-%d %H:%M:%S}",
    }
    yield Document(f"{stem}_synthesis.json", "synthesis", synthesis, run)


def _content(run: Run, call: Call, random: Random, *, as_text: bool) -> Any:
    if call.failed:
        return "Agent execution failed: timed out"
    answer: Json = {"stage": f"spec-{run.stage}", "agent": call.agent.name}
    answer |= {"model": call.agent.model_id} | answer_of(run, call.agent.name, random)
    return dumps(answer, indent=2) if as_text else answer


def _guardrails(run: Run, design: Design, random: Random) -> Iterator[Document]:
    """Yield the guardrail that let the run begin, and what it left."""
    began = run.start - timedelta(minutes=4)
    folder = f"commands/{run.spec}"
    if not run.measured:
        yield Document(*_native(run, began, folder, design, random), run)
        yield from _lifecycle(run, folder, design)
        return
    number = 100_000_000 + int(800_000_000 * random.random())
    session = f"{written(began)}-{number}"
    named = f"{in_name(began, design)}-{number}"
    passed = random.random() < 0.9
    record = guardrail(run, session, passed=passed)
    if run.stage == "plan":
        record["baseline"] = {"mode": "no-run", "artifact": "baseline.md", "status": "passed"}
        text = f"# Baseline of {run.spec}\n\n- Session: {session}\n- Status: passed\n"
        yield Document(f"{folder}/baseline_{named}.md", "baseline", text, run)
    if run.stage == "validate":
        record["scenarios"] = [{"name": "smoke", "status": "passed" if passed else "failed"}]
        health = {"service": "catalogue", "status": "healthy" if passed else "unhealthy"}
        path = f"{folder}/{in_name(began, design)}-hal-health.json"
        yield Document(path, "hal", health | {"session": session}, run)
    yield Document(f"{folder}/spec-{run.stage}_{named}.json", "guardrail", record, run)


def guardrail(run: Run, session: str, *, passed: bool) -> Json:
    """Return guardrail telemetry 1 of the guardrail before `run`."""
    policy = {"model": "gpt-5-codex", "status": "passed", "note": "scope and style checked"}
    final = {"model": "gpt-5", "status": "passed" if passed else "failed", "note": "final word"}
    return {
        "schemaVersion": 1,
        "command": f"spec-ops-{run.stage}",
        "specId": run.spec,
        "sessionId": session,
        "timestamp": written(run.start - timedelta(minutes=1)),
        "artifacts": [],
        "policy": {"prefilter": policy, "final": final},
    }


def _native(
    run: Run, began: datetime, folder: str, design: Design, random: Random
) -> tuple[str, str, Json]:
    number = 100_000 + int(900_000 * random.random())
    clean = random.random() < 0.85
    check = {"name": "clean-tree", "status": "passed" if clean else "failed"}
    record = {
        "schemaVersion": 1,
        "command": f"guardrail.{run.stage}",
        "specId": run.spec,
        "sessionId": str(number),
        "timestamp": written(began),
        "success": clean,
        "stage": run.stage.title(),
        "checks": [
            {"name": "spec-id-validation", "status": "passed", "message": "valid"},
            check | {"message": "clean" if clean else "two files are not committed"},
        ],
        "warnings": [],
        "errors": [] if clean else ["clean-tree failed"],
        "artifacts": [],
    }
    path = f"{folder}/guardrail-{run.stage}-{in_name(began, design)}_{number}.json"
    return path, "native", record


def _lifecycle(run: Run, folder: str, design: Design) -> Iterator[Document]:
    attempt = f"{run.stage}-{run.spec}-auto-attempt-1-{_digest(run)}"
    for minutes, event in enumerate(("dispatched", "checking_consensus", "completed")):
        moment = run.start + timedelta(minutes=4 * minutes)
        record = {
            "spec_id": run.spec,
            "stage": run.stage,
            "event": event,
            "mode": "auto",
            "stage_run_id": attempt,
            "attempt": 1,
            "dedupe_count": 0,
            "payload_hash": _digest(run),
            "timestamp": written(moment),
        }
        path = f"{folder}/{run.spec}_{run.stage}_telemetry_{moment:%Y%m%d_%H%M%S}.json"
        yield Document(path, "lifecycle", record, run)


def documents_of_spec(spec: str, runs: Sequence[Run], design: Design) -> Iterator[Document]:
    """Yield what a SPEC leaves as a whole: its cost summary, its roster, a lint log, a lock."""
    by_stage: dict[str, float] = defaultdict(float)
    by_agent: dict[str, float] = defaultdict(float)
    for run in runs:
        by_stage[run.stage] += run.cost_usd
        for call in run.calls:
            by_agent[call.agent.name] += call.cost_usd
    total = sum(by_stage.values())
    summary = {
        "spec_id": spec,
        "total_spent": round(total, 6),
        "budget": design.budget_usd,
        "utilization": round(total / design.budget_usd, 6),
        "call_count": sum(len(run.calls) for run in runs),
        "per_stage": {f"spec-{stage}": round(cost, 6) for stage, cost in by_stage.items()},
        "per_model": {name: round(cost, 6) for name, cost in by_agent.items()},
        "duration": int((runs[-1].start - runs[0].start).total_seconds()),
        "stage_notes": [{"stage": f"spec-{stage}"} for stage in by_stage],
    }
    yield Document(f"costs/{spec}_cost_summary.json", "cost", summary)
    first, folder = runs[0].start, f"commands/{spec}"
    roster = [{"name": "git", "command": "uvx", "for": spec}]
    listed = in_name(first - timedelta(minutes=6), design)
    yield Document(f"{folder}/{listed}-code-mcp-list.json", "roster", roster)
    lint = f"{folder}/lint_tasks_{first:%Y-%m-%dT%H-%M-%S}Z.txt"
    yield Document(lint, "lint", f"{spec}: no findings\n")


def written(moment: datetime) -> str:
    """Return a moment as evidence writes it inside files."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def in_name(moment: datetime, design: Design) -> str:
    """Return a moment as it stands in the name of a file."""
    return written(moment) if design.colons else f"{moment:%Y%m%dT%H%M%SZ}"


def _digest(run: Run) -> str:
    return sha256(f"{run.spec}{run.stage}{run.start}".encode()).hexdigest()[:8]
