"""Small evidence files in the shapes that real ones have, to be varied one field at a time."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

SPEC = "SPEC-KIT-042"
START = "2025-10-06T00:19:45Z"
SESSION = "2025-10-06T00:12:00Z-958132615"
RUN_ID = f"run_{SPEC}_1762744939_2c1010ad"

#: Where each family of files lies, by the name that its builder has.
PLACES = {
    "telemetry": f"consensus/{SPEC}/spec-plan_{START}_telemetry.jsonl",
    "metrics": f"consensus/{SPEC}/spec-plan_{START}_gemini_metrics.json",
    "output": f"consensus/{SPEC}/spec-plan_{START}_gemini.json",
    "prompt": f"consensus/{SPEC}/spec-plan_{START}_gemini_prompt.txt",
    "rehearsal": f"commands/{SPEC}/spec-plan_gpt-pro_{SESSION}.json",
    "runner_synthesis": f"consensus/{SPEC}/spec-plan_{START}_synthesis.json",
    "narrative_synthesis": f"consensus/{SPEC}/spec-plan_synthesis.json",
    "exported_synthesis": f"consensus/{SPEC}/plan_synthesis.json",
    "verdict": f"consensus/{SPEC}/plan_verdict.json",
    "guardrail": f"commands/{SPEC}/spec-plan_{SESSION}.json",
    "native": f"commands/{SPEC}/guardrail-plan-2025-11-10T03:22:19Z_1025075.json",
    "lifecycle": f"commands/{SPEC}/{SPEC}_spec-validate_telemetry_20251110_034500.json",
    "cost": f"costs/{SPEC}_cost_summary.json",
    "hal": f"commands/{SPEC}/20251006-001200Z-hal-health.json",
    "baseline": f"commands/{SPEC}/baseline_{SESSION}.md",
    "roster": "commands/20251006-000715Z-code-mcp-list.json",
    "lint": f"commands/{SPEC}/lint_tasks_2025-10-14T16-19-16Z.txt",
    "lock": f".locks/{SPEC}.lock",
}

#: A value that takes a field out of a builder's result.
ABSENT = object()


def write(root: Path, place: str, content: Any) -> Path:
    """Write `content` under `root`; what is neither text nor bytes becomes JSON."""
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def problems(evidence: Any, kind: str) -> list[Any]:
    """Return the problems of one kind, as tuples with names."""
    found = evidence.problems
    return list(found[found["kind"] == kind].itertuples(index=False))


def kinds(evidence: Any) -> set[str]:
    """Return the kinds of problems that were found, notes on spelling excepted."""
    found = evidence.problems
    return set(found.loc[~found["kind"].isin(["mixed_spelling"]), "kind"])


def only(frame: pd.DataFrame) -> Any:
    """Return the one row of `frame`."""
    assert len(frame) == 1, frame.to_string()
    return next(frame.itertuples(index=False))


def changed(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `changes`; objects are changed field by field."""
    result = copy.deepcopy(dict(base))
    for name, value in changes.items():
        if value is ABSENT:
            result.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(result.get(name), dict):
            result[name] = changed(result[name], value)
        else:
            result[name] = value
    return result


def call(agent: str = "gemini", **changes: Any) -> dict[str, Any]:
    """One agent's call, as telemetry embeds it and a metrics file repeats it."""
    base = {
        "agent": agent,
        "model_id": {"gemini": "gemini-2.5-pro", "claude": "claude-4.5-sonnet"}.get(agent, "gpt-5"),
        "model_release": "2025-09-29",
        "reasoning_mode": "high",
        "latency_ms": 210734,
        "prompt_tokens": 1200,
        "completion_tokens": 600,
        "reasoning_tokens": None,
        "total_tokens": 1800,
        "cache_hit": None,
        "cost_usd": 0.0075,
        "output_path": f"evidence/consensus/{SPEC}/spec-plan_{START}_{agent}.json",
        "status": "ok",
        "error": None,
    }
    return changed(base, changes)


def telemetry(*calls: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Consensus telemetry 2.0 of a run; its totals add up."""
    agents = list(calls) or [call("gemini"), call("claude", cost_usd=0.0126)]
    base = {
        "schemaVersion": "2.0",
        "command": "spec-plan",
        "specId": SPEC,
        "sessionId": START,
        "timestamp": START,
        "promptVersion": "20251002-plan-a",
        "artifacts": [a["output_path"] for a in agents if a.get("output_path")],
        "notes": [],
        "consensus": {
            "status": "ok",
            "agreements": [],
            "conflicts": [],
            "agents": agents,
            "disagreement_detected": False,
            "disagreement_points": [],
            "escalation_triggered": False,
            "escalation_reason": None,
            "total_tokens": _total(agents, "total_tokens"),
            "total_latency_ms": _total(agents, "latency_ms"),
            "total_cost_usd": _total(agents, "cost_usd"),
        },
        "consensusStatus": "ok",
        "consensusSummary": {"status": "ok", "agreements": [], "conflicts": []},
        "quality_metrics": {
            "completeness_score": None,
            "human_review_score": None,
            "automated_checks_passed": 0,
            "automated_checks_failed": 0,
        },
        "guardrail": {"prefilter_model": None, "policy_status": None, "latency_ms": None},
    }
    return changed(base, changes)


def _total(agents: list[dict[str, Any]], field: str) -> float | None:
    known = [agent[field] for agent in agents if agent.get(field) is not None]
    return float(sum(known)) if known else None


def output(agent: str = "gemini", **changes: Any) -> dict[str, Any]:
    """An agent's structured answer in a file of its own."""
    base = {
        "spec_id": SPEC,
        "stage": "spec-plan",
        "prompt_version": "20251002-plan-a",
        "agent": agent,
        "model": {"gemini": "gemini-2.5-pro", "claude": "claude-4.5-sonnet"}.get(agent, "gpt-5"),
        "model_release": "2025-09-29",
        "reasoning_mode": "thinking",
        "research_summary": [{"topic": "storage", "details": f"{agent} prefers one table a run"}],
        "consensus": {"agreements": ["one migration"], "conflicts": []},
    }
    return changed(base, changes)


def failed_output(agent: str) -> dict[str, Any]:
    """What the runner leaves where an agent failed."""
    return {
        "spec_id": SPEC,
        "stage": "spec-plan",
        "agent": agent,
        "error": "agent execution failed",
        "consensus": {"agreements": [], "conflicts": [f"{agent} execution failed"]},
    }


def runner_synthesis(**changes: Any) -> dict[str, Any]:
    """The runner's synthesis, its identity left unexpanded."""
    base = {
        "stage": "${stage}",
        "specId": "${spec}",
        "timestamp": "${timestamp_run}",
        "prompt_version": "${prompt_version}",
        "agents": [],
        "consensus": {"agreements": [], "conflicts": []},
        "status": "ok",
    }
    return changed(base, changes)


def narrative_synthesis(**changes: Any) -> dict[str, Any]:
    """A synthesis written by hand or by a model, with the agents that took part."""
    base = {
        "specId": SPEC,
        "stage": "spec-plan",
        "timestamp": "2025-10-12T14:44:00Z",
        "status": "ok",
        "agents": {"active": [{"model": "gemini-2.5-pro", "role": "research"}], "degraded": []},
        "consensus": {
            "agreements": ["one table a run", "no new dependency"],
            "conflicts_resolved": ["Where to log: settled on stderr"],
        },
    }
    return changed(base, changes)


def exported_synthesis(**changes: Any) -> dict[str, Any]:
    """The exported synthesis: markdown instead of substance."""
    base = {
        "output_markdown": "# Plan: SPEC-KIT-042\n\n**Stage**: Plan\n**Agents**: 2\n"
        "**Generated**: 2025-11-10 03:26 UTC\n\n## Work breakdown\n\n1. Add the column.\n",
        "output_path": "docs/SPEC-KIT-042/plan.md",
        "status": "ok",
        "artifacts_count": 2,
        "agreements": None,
        "conflicts": None,
        "degraded": False,
        "spec_id": SPEC,
        "stage": "spec-plan",
        "run_id": RUN_ID,
        "created_at": "2025-11-10 03:26:38",
    }
    return changed(base, changes)


def proposal(agent: str, content: Any, created_at: str = "2025-11-10 03:26:38") -> dict[str, Any]:
    """One proposal of a verdict."""
    return {"agent_name": agent, "content": content, "created_at": created_at}


def answer(agent: str, **changes: Any) -> dict[str, Any]:
    """A structured answer as a verdict holds it."""
    base = {"stage": "spec-plan", "agent": agent, "risks": [f"{agent} fears a slow migration"]}
    return changed(base, changes)


def verdict(*proposals: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The proposals of a run, exported."""
    given = list(proposals) or [proposal(name, answer(name)) for name in ("gemini", "claude")]
    base = {
        "spec_id": SPEC,
        "stage": "plan",
        "run_id": RUN_ID,
        "exported_at": "2025-11-10T03:26:40Z",
        "proposals": given,
    }
    return changed(base, changes)


def guardrail(stage: str = "plan", **changes: Any) -> dict[str, Any]:
    """Guardrail telemetry 1 of a stage, with the policy that passed."""
    base = {
        "schemaVersion": 1,
        "command": f"spec-ops-{stage}",
        "specId": SPEC,
        "sessionId": SESSION,
        "timestamp": "2025-10-06T00:17:37Z",
        "artifacts": [{"path": f"evidence/commands/{SPEC}/spec-{stage}_{SESSION}.log"}],
        "policy": {
            "prefilter": {"model": "gpt-5-codex", "status": "passed", "note": "code exec …"},
            "final": {"model": "gpt-5", "status": "passed", "note": "code exec …"},
        },
    }
    return changed(base, changes)


def native(**changes: Any) -> dict[str, Any]:
    """A native guardrail whose checks passed."""
    base = {
        "schemaVersion": 1,
        "command": "guardrail.plan",
        "specId": SPEC,
        "sessionId": "1025075",
        "timestamp": "2025-11-10T03:22:19Z",
        "success": True,
        "stage": "Plan",
        "checks": [
            {"name": "spec-id-validation", "status": "passed", "message": "valid"},
            {"name": "clean-tree", "status": "passed", "message": "clean"},
        ],
        "warnings": [],
        "errors": [],
        "artifacts": [{"path": "evidence/guardrail-plan.json"}],
    }
    return changed(base, changes)


def event(name: str = "dispatched", **changes: Any) -> dict[str, Any]:
    """One lifecycle event."""
    base = {
        "spec_id": SPEC,
        "stage": "validate",
        "event": name,
        "mode": "auto",
        "stage_run_id": f"validate-{SPEC}-auto-attempt-1-a80917e9",
        "attempt": 1,
        "dedupe_count": 0,
        "payload_hash": "4cdf89a1",
        "timestamp": "2025-11-10T03:45:00.674206480+00:00",
    }
    return changed(base, changes)


def cost(**changes: Any) -> dict[str, Any]:
    """A native cost summary that adds up."""
    base = {
        "spec_id": SPEC,
        "total_spent": 0.75,
        "budget": 2.0,
        "utilization": 0.375,
        "call_count": 4,
        "per_stage": {"spec-plan": 0.5, "spec-tasks": 0.25},
        "per_model": {"claude": 0.45, "gemini": 0.3},
        "duration": 846,
        "stage_notes": [{"stage": "spec-plan"}],
    }
    return changed(base, changes)


def documents() -> dict[str, Any]:
    """One sound document for each place of :data:`PLACES`."""
    return {
        "telemetry": telemetry(),
        "metrics": call("gemini"),
        "output": output(),
        "prompt": "Plan the SPEC.",
        "rehearsal": output("gpt_pro"),
        "runner_synthesis": runner_synthesis(),
        "narrative_synthesis": narrative_synthesis(),
        "exported_synthesis": exported_synthesis(),
        "verdict": verdict(),
        "guardrail": guardrail(baseline={"mode": "no-run", "status": "passed"}),
        "native": native(),
        "lifecycle": event(),
        "cost": cost(),
        "hal": {"service": "radarr", "status": "healthy"},
        "baseline": "# Baseline\n\n- Status: passed\n",
        "roster": [{"name": "git", "command": "uvx"}],
        "lint": "no findings\n",
        "lock": "",
    }
