"""What is rare in real evidence: prompts, locks, rehearsals, other flavours of a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

from speckit_analysis.simulate.design import Design
from speckit_analysis.simulate.documents import (
    Document,
    Json,
    guardrail,
    in_name,
    opinion_of,
    output,
    written,
)
from speckit_analysis.simulate.history import Run, draw_run
from speckit_analysis.simulate.reviewers import half_point

#: Points that reviewers give consensus above one model, before they are rounded.
REVIEW_GAIN = 0.6


def draw_rehearsal(design: Design, random: Random, first: Run) -> Run:
    """Draw a rehearsal of `first`, the day before: a run outside of all measuring."""
    sound = replace(design, stub_rate=0.0)
    moment = first.start - timedelta(days=1)
    run = draw_run(sound, random, first.spec, first.stage, moment, weeks=0.0)
    # A narrative tells how disagreements were settled; open ones it does not mention.
    settled = tuple(
        opinion if opinion.winner else replace(opinion, winner=opinion.agents[0])
        for opinion in run.disagreements
    )
    return replace(run, measured=False, metrics=False, rehearsal=True, disagreements=settled)


def documents_of_rehearsal(run: Run, design: Design, random: Random) -> Iterator[Document]:
    """Yield what a rehearsal leaves: answers under ``commands/``, a guardrail, a narrative."""
    number = 100_000_000 + int(800_000_000 * random.random())
    began = run.start - timedelta(minutes=4)
    named = f"{in_name(began, design)}-{number}"
    folder = f"commands/{run.spec}"
    for call in run.calls:
        agent = call.agent.name.replace("_", "-")
        path = f"{folder}/spec-{run.stage}_{agent}_{named}.json"
        yield Document(path, "rehearsal", output(run, call, random), run)
    command = f"{folder}/spec-{run.stage}_{named}.json"
    record = guardrail(run, f"{written(began)}-{number}", passed=True)
    yield Document(command, "guardrail", record, run)
    opinions = [opinion_of(opinion) for opinion in run.disagreements]
    narrative: Json = {
        "stage": f"spec-{run.stage}",
        "status": run.status,
        "telemetry": command,
        "consensus": {
            "agreements": ["one migration"],
            "conflicts_resolved": [
                {"issue": opinion["description"], "resolution": opinion["resolution"]}
                for opinion in opinions
            ],
        },
    }
    path = f"consensus/{run.spec}/spec-{run.stage}_synthesis.json"
    yield Document(path, "narrative", narrative, run)


def with_rarities(documents: Iterable[Document], design: Design) -> Iterator[Document]:
    """Yield `documents` with what is rare: more of them, and other flavours of some."""
    summaries = 0
    spelled = set()
    for document in documents:
        run = document.run
        if document.family == "telemetry" and run is not None:
            yield from _beside_telemetry(run, design)
            if run.spec not in spelled:  # one of each SPEC is plain JSON, not JSON lines
                spelled.add(run.spec)
                document.path = document.path.removesuffix("l")
                document.lines = False
        elif document.family == "guardrail" and run is not None:
            _complete(document.content, run)
        elif document.family == "cost":
            yield from _of_spec(document, design)
            yield from _reviews(document.content["spec_id"], design)
            document.content = _FLAVOURS[summaries % len(_FLAVOURS)](document.content)
            summaries += 1
        yield document


def _beside_telemetry(run: Run, design: Design) -> Iterator[Document]:
    """Yield the prompts of a run and the runner's synthesis."""
    stem = f"consensus/{run.spec}/spec-{run.stage}_{in_name(run.start, design)}"
    for call in run.calls:
        text = f"Work on the {run.stage} of {run.spec}. Answer as one JSON object.\n"
        yield Document(f"{stem}_{call.agent.name}_prompt.txt", "prompt", text, run)
    synthesis = {
        "stage": f"spec-{run.stage}",
        "specId": run.spec,
        "timestamp": written(run.start),
        "prompt_version": f"20251002-{run.stage}-a",
        "agents": [call.agent.name for call in run.calls],
        "consensus": {"agreements": ["one migration"], "conflicts": []},
        "status": run.status,
    }
    yield Document(f"{stem}_synthesis.json", "runner", synthesis, run)


def _complete(record: Json, run: Run) -> None:
    """Add what a guardrail says of its stage alone."""
    if run.stage == "plan":
        record["hooks"] = {"session.start": "ok"}
    elif run.stage == "tasks":
        record["tool"] = {"status": "ready"}
    elif run.stage == "implement":
        record |= {"lock_status": "locked", "hook_status": "ok"}
    elif run.stage == "validate":
        failed = any(scenario["status"] == "failed" for scenario in record.get("scenarios", ()))
        summary = {"status": "failed", "failed_checks": ["health"]} if failed else None
        record["hal"] = {"summary": summary or {"status": "passed"}}
    elif run.stage == "audit":
        record["scenarios"] = [{"name": "audit guardrail bootstrap", "status": "skipped"}]
    elif run.stage == "unlock":
        record["unlock_status"] = "unlocked" if run.status == "ok" else "held"


def _of_spec(summary: Document, design: Design) -> Iterator[Document]:
    """Yield a lock, rosters of servers as text and JSON, and a captured health check."""
    spec = summary.content["spec_id"]
    yield Document(f".locks/{spec}.lock", "lock", "")
    day = design.start.replace("-", "")
    folder = f"commands/{spec}"
    yield Document(f"{folder}/{day}T070000Z-code-mcp-help.txt", "roster", f"Usage of {spec}\n")
    servers = [{"name": "shell", "command": "npx", "for": spec}]
    yield Document(f"{folder}/roster_{day}T071000Z.json", "roster", servers)
    capture = f"Status: 200 OK\nServer: {spec.lower()}\n\nhealthy\n"
    yield Document(f"consensus/{spec}/{day}T072000Z-hal-health.txt", "hal", capture)


def _reviews(spec: str, design: Design) -> Iterator[Document]:
    """Yield three reviewers' scores of a SPEC under one model (A) and under consensus (B)."""
    random = Random(f"{design.seed} {spec}")
    level = random.gauss(7.0, 0.6)
    for reviewer in ("R1", "R2", "R3"):
        for variant, gain in (("A", 0.0), ("B", REVIEW_GAIN)):
            record = {
                "experiment": "single-vs-multi",
                "spec_id": spec,
                "variant": variant,
                "reviewer": reviewer,
                "quality_scores": {
                    criterion: half_point(level + gain + random.gauss(0, 0.7))
                    for criterion in ("completeness", "correctness", "clarity", "actionability")
                },
                "errors_detected": random.randrange(4),
            }
            path = f"reviews/{spec}_{variant}_{reviewer}_review.json"
            yield Document(path, "review", record)
    # A card of a blind review that is not unblinded: nobody knows yet what it is about.
    packet = f"P{spec[-3:]}"
    card = {
        "kind": "blind_review_card",
        "experiment": "blind",
        "packet": packet,
        "reviewer": "R1",
        "position": 1,
        "scores": {"completeness": 7.5, "clarity": 6.0},
        "overall": 7.0,
        "errors_found": 1,
        "guess": "B",
        "guess_confidence": "fairly sure",
        "seconds": 181.5,
        "complete": False,
        "revision": 4,
        "saved": "2025-11-20T10:00:00Z",
    }
    yield Document(f"reviews/blind/cards/R1/{packet}.card.json", "card", card)


def _native(summary: Json) -> Json:
    return summary


def _detailed(summary: Json) -> Json:
    """Return a summary as it was kept by hand: percent, short stages, a breakdown."""
    stages = _short(summary)
    agents = summary["per_model"]
    return {
        "schemaVersion": 1,
        "spec_id": summary["spec_id"],
        "currency": "USD",
        "total_cost_usd": summary["total_spent"],
        "per_stage": stages,
        "breakdown": [
            {"agent": agent, "input_tokens": 4000 + 37 * number, "output_tokens": 900 + 11 * number}
            | {"cost_usd": usd}
            for number, (agent, usd) in enumerate(agents.items())
        ],
        "budget_usd": summary["budget"],
        "utilization_percent": round(100 * summary["utilization"], 4),
        "total_calls": summary["call_count"],
        "duration_seconds": summary["duration"],
    }


def _per_stage_usd(summary: Json) -> Json:
    """Return a summary in camel case, stage by stage."""
    return {
        "schemaVersion": "3.0",
        "specId": summary["spec_id"],
        "perStage": {stage: {"usd": usd} for stage, usd in _short(summary).items()},
        "totalUsd": summary["total_spent"],
        "pricing_version": "2025-10-24",
    }


def _totals(summary: Json) -> Json:
    """Return the shortest summary: a total and its stages."""
    return {
        "spec_id": summary["spec_id"],
        "total": summary["total_spent"],
        "stages": _short(summary),
        "budget": summary["budget"],
    }


def _short(summary: Json) -> dict[str, float]:
    return {name.removeprefix("spec-"): usd for name, usd in summary["per_stage"].items()}


_FLAVOURS = (_native, _detailed, _per_stage_usd, _totals)
