"""Results of the polydev study: one model alone, or consulting two others, on SWE-bench Verified.

``metrics.jsonl`` has a line a task: costs and times.  Whether a task is resolved is in the reports
of SWE-bench's own evaluation, and, for all 500 tasks, in ``FINAL_RESULTS.json``.  Files are those
of github.com/backspacevenkat/polydev-swe-bench.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.file import Amount, Count
from speckit_analysis.formats.outcome import believe_counts

_EVALUATION = "SWE-bench evaluation"

#: What the study calls its variants, and what they do.
_VARIANTS = {"baseline": "alone", "polydev": "consulting"}


class TaskMetrics(msgspec.Struct, gc=False):
    """What a task took; ``polydev_cost`` is that of consulting, beside ``cost_usd``."""

    cost_usd: Amount | None = None
    polydev_cost: Amount | None = None
    duration_sec: Amount | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None


class TaskLine(msgspec.Struct, gc=False):
    """A line of ``metrics.jsonl``; its ``success`` says that a patch was made, no more."""

    instance_id: str
    metrics: TaskMetrics


class Resolved(msgspec.Struct, gc=False):
    """One variant of ``FINAL_RESULTS.json``."""

    resolved_ids: list[str]
    resolved: Count | None = None
    percentage: Amount | None = None


class FinalResults(msgspec.Struct, gc=False):
    """What is read of ``FINAL_RESULTS.json``."""

    total_instances: Count
    baseline: Resolved
    polydev: Resolved
    hybrid: Resolved | None = None


_LINES = msgspec.json.Decoder(TaskLine)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write one outcome a task and variant."""
    if b'"instance_id"' in file.data[:200]:
        _read_metrics(file, rows)
        return
    content = file.parse()
    if "submitted_ids" in content:
        _read_evaluation(file, content, rows)
    else:
        final = file.convert(content, FinalResults, "")
        if final is not None and final.baseline and final.polydev and final.total_instances:
            _read_final(file, final, rows)


def _read_metrics(file: EvidenceFile, rows: Rows) -> None:
    unknown = 0
    for start, line in file.decode_lines(_LINES):
        took = line.metrics or TaskMetrics()
        tokens = (took.input_tokens or None, took.output_tokens or None)
        unknown += tokens == (None, None)
        consulted = took.polydev_cost
        cost = None if took.cost_usd is None else took.cost_usd + (consulted or 0.0)
        seconds = took.duration_sec
        rows.write(
            "outcomes",
            file.number,
            start or "/",
            experiment="polydev-validation",
            unit=line.instance_id,
            variant="alone" if consulted is None else "consulting",
            repeat="1",
            cost_usd=cost,
            consulting_usd=consulted,
            latency_ms=None if seconds is None else 1000 * seconds,
            prompt_tokens=tokens[0],
            completion_tokens=tokens[1],
        )
    if unknown:
        message = f"{unknown} tasks state 0 tokens"
        file.problem("", "missing_tokens", "warning", message, "taken as unknown, not as none")


def _read_evaluation(file: EvidenceFile, content: Mapping[str, Any], rows: Rows) -> None:
    variant = re.search(r"validation-(\w+)-eval", file.name)
    run = variant[1] if variant else file.name.removesuffix(".json")
    name = _VARIANTS.get(run, run)
    resolved, tasks = set(content["resolved_ids"]), list(content["submitted_ids"])
    stated = content.get("resolved_instances")
    share = None if stated is None or not tasks else stated / len(tasks)
    counted = believe_counts(file, "/resolved_instances", share, len(resolved), max(len(tasks), 1))
    said = counted.get("outcome_stated")
    for number, task in enumerate(tasks):
        _write(
            file, rows, f"/submitted_ids/{number}", "polydev-validation", task, name, resolved, said
        )


def _read_final(file: EvidenceFile, final: FinalResults, rows: Rows) -> None:
    ids = {"baseline": set(final.baseline.resolved_ids), "polydev": set(final.polydev.resolved_ids)}
    either = sorted(ids["baseline"] | ids["polydev"])
    rest = final.total_instances - len(either)
    tasks = [*either, *(f"not named {number}" for number in range(1, rest + 1))]
    for name, resolved in ids.items():
        part, n = getattr(final, name), final.total_instances
        said = None
        for field, whole in (("percentage", 100), ("resolved", n)):
            stated = getattr(part, field)
            share = None if stated is None else stated / whole
            told = believe_counts(file, f"/{name}/{field}", share, len(resolved), n)
            said = said or told.get("outcome_stated")
        for task in tasks:
            _write(
                file,
                rows,
                f"/{name}/resolved_ids",
                "polydev-final",
                task,
                _VARIANTS[name],
                resolved,
                said,
            )
    if final.hybrid is not None:
        n = len(final.hybrid.resolved_ids)
        message = (
            f"{n} of {final.total_instances} ({n / final.total_instances:.1%}) are the tasks that"
            " either variant resolved, picked with the answers known: no rule that could be used"
            " beforehand reaches that"
        )
        file.problem("/hybrid", "picked_afterwards", "warning", message, "not taken for a variant")


def _write(
    file: EvidenceFile,
    rows: Rows,
    locator: str,
    experiment: str,
    task: str,
    variant: str,
    resolved: set[str],
    stated: float | None,
) -> None:
    rows.write(
        "outcomes",
        file.number,
        locator,
        experiment=experiment,
        unit=task,
        variant=variant,
        repeat="1",
        outcome=float(task in resolved),
        outcome_stated=stated,
        checked_by=_EVALUATION,
    )


def _sniff(content: Mapping[str, Any]) -> bool:
    keys = content.keys()
    return keys >= {"instance_id", "success", "metrics"} or keys >= {
        "total_instances",
        "baseline",
        "polydev",
    }


FORMAT = Format(
    name="polydev",
    title="Results of the polydev study on SWE-bench Verified",
    endings=("-eval.json",),
    patterns=(re.compile(r".+\.validation-(?:baseline|polydev)-eval\.json"),),
    read=read,
    sniff=_sniff,
)
