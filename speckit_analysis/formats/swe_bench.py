"""Evaluations of SWE-bench, and trajectories of mini-swe-agent with their costs.

Written for the reports of swebench 5.0.2 (`schema_version` 2) and the trajectories of
mini-swe-agent 2.4.6 (`trajectory_format` mini-swe-agent-1.1). Of sb-cli 0.1.5 the names of files
and counts were read in its source; the lists of ids were not seen, and are read where they have
the same names.

- A report `<model>.<run id>.json` becomes `outcomes` of the experiment `SWE-bench`: the model is
  the `variant` (`__` is read as `/`), the ids are units. `<subset>__<split>__<run id>.json`, of
  sb-cli, names experiment and variant instead.
- `resolved_ids` are 1; `unresolved_ids`, and `empty_patch_ids` for want of a patch, are 0.
  `error_ids` have no outcome: a patch that did not apply is among them, and published rates
  count them as failures. `incomplete_ids` were never submitted: there is no row.
- Evaluations of one model under several run ids are repeats, named by run id.
- A trajectory `<id>.traj.json` becomes the cost of its unit, its tokens and models, and `calls`,
  which have no SPEC. It belongs to the report of the same model, where that was evaluated once.
  A cost of 0 is not known.
- `group` is not set: instances of one repository count as independent, as published comparisons
  count them.
- A report has neither cost nor time, and does not name the subset that was submitted to it.
- Not read: `report.json` of single instances, and test logs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.file import Amount, Count
from speckit_analysis.formats.outcome import check_count
from speckit_analysis.formats.usage import COUNTS, Usage

_CHECKED_BY = "SWE-bench evaluation"
_SB_CLI = re.compile(r"(?P<subset>[\w.-]+?)__(?P<split>dev|test)__(?P<run>.+?)(?:-\d+)?\.json")


class Report(msgspec.Struct, gc=False, kw_only=True):
    """What the evaluation says of the predictions of one model."""

    resolved_ids: list[str]
    submitted_ids: list[str] | None = None
    completed_ids: list[str] | None = None
    unresolved_ids: list[str] | None = None
    empty_patch_ids: list[str] | None = None
    error_ids: list[str] | None = None
    schema_version: int | None = None
    submitted_instances: Count | None = None
    completed_instances: Count | None = None
    resolved_instances: Count | None = None
    unresolved_instances: Count | None = None
    empty_patch_instances: Count | None = None
    error_instances: Count | None = None


class ModelStats(msgspec.Struct, gc=False):
    """What an instance took."""

    instance_cost: Amount | None = None
    api_calls: Count | None = None


class ModelConfig(msgspec.Struct, gc=False):
    """The model that was asked."""

    model_name: str | None = None


class AgentConfig(msgspec.Struct, gc=False):
    """What is read of the configuration."""

    model: ModelConfig | None = None


class Info(msgspec.Struct, gc=False):
    """What is told of the whole trajectory."""

    model_stats: ModelStats | None = None
    exit_status: str | None = None
    config: AgentConfig | None = None


class Response(msgspec.Struct, gc=False):
    """What the model's provider returned."""

    model: str | None = None
    usage: Usage | None = None


class Extra(msgspec.Struct, gc=False):
    """What a message of the model took."""

    cost: Amount | None = None
    timestamp: Annotated[float, msgspec.Meta(ge=0, le=4e9)] | None = None
    response: Response | str | None = None


class Message(msgspec.Struct, gc=False):
    """A message."""

    role: str | None = None
    extra: Extra | None = None


class Trajectory(msgspec.Struct, gc=False):
    """What an agent did on one instance."""

    info: Info
    messages: list[Message] | None = None
    trajectory_format: str | None = None


_REPORT = msgspec.json.Decoder(Report)
_TRAJECTORY = msgspec.json.Decoder(Trajectory)


def read_report(file: EvidenceFile, rows: Rows) -> None:
    """Write an outcome for each instance that was submitted."""
    report = file.decode(_REPORT)
    if report is None or report.resolved_ids is None:
        return
    if report.schema_version is not None:
        file.check_version(report.schema_version, (2,), "/schema_version")
    named = _SB_CLI.fullmatch(file.name)
    stem = file.name.removesuffix(".json")
    model, _, run = stem.rpartition(".")
    experiment = f"SWE-bench {named['subset']} {named['split']}" if named else "SWE-bench"
    variant = named["run"] if named else (model or stem).replace("__", "/")
    outcomes = _outcomes(report)
    for number, (task, outcome) in enumerate(outcomes.items()):
        rows.write(
            "outcomes",
            file.number,
            f"/submitted_ids/{number}",
            experiment=experiment,
            unit=task,
            variant=variant,
            repeat="1",
            series=run if model and not named else None,
            outcome=outcome,
            checked_by=_CHECKED_BY,
        )
    _check(file, report, outcomes)


def _outcomes(report: Report) -> dict[str, float | None]:
    """Return the outcome of each instance that was submitted; missing where it errored."""
    outcomes: dict[str, float | None] = dict.fromkeys(report.submitted_ids or ())
    outcomes |= dict.fromkeys(report.error_ids or ())
    for failed in (report.unresolved_ids, report.empty_patch_ids, report.completed_ids):
        outcomes |= dict.fromkeys(failed or (), 0.0)
    return outcomes | dict.fromkeys(report.resolved_ids, 1.0)


def _check(file: EvidenceFile, report: Report, outcomes: dict[str, float | None]) -> None:
    """File problems of counts that contradict the lists, and of instances without an outcome."""
    for name in ("submitted", "completed", "resolved", "unresolved", "empty_patch", "error"):
        ids = getattr(report, f"{name}_ids")
        if ids is not None:
            stated = getattr(report, f"{name}_instances")
            check_count(file, f"/{name}_instances", f"{name} instances", stated, len(set(ids)))
    both = sorted(set(report.resolved_ids) & {*(report.unresolved_ids or ())})
    if both:
        message = f"{len(both)} instances are resolved and unresolved, such as {both[0]}"
        action = "taken as resolved"
        file.problem("/unresolved_ids", "rate_contradicts_counts", "error", message, action)
    missing = [task for task, outcome in outcomes.items() if outcome is None]
    if missing:
        message = (
            f"{len(missing)} of {len(outcomes)} submitted instances errored or have no"
            f" result, such as {missing[0]}; published rates count them as failures"
        )
        file.problem("/error_ids", "errored_result", "warning", message, "outcomes missing")


def read_trajectory(file: EvidenceFile, rows: Rows) -> None:
    """Write what an instance took, and its calls."""
    whole = file.decode(_TRAJECTORY)
    if whole is None or whole.info is None:
        return
    if whole.trajectory_format != "mini-swe-agent-1.1":
        known = ("mini-swe-agent-1.1",)
        file.check_version(whole.trajectory_format, known, "/trajectory_format")
    config = whole.info.config and whole.info.config.model
    model = config.model_name if config else None
    unit = file.name.removesuffix(".json").removesuffix(".traj")
    calls = _calls(file, rows, whole, model, unit)
    stats = whole.info.model_stats or ModelStats()
    told = bool(calls) and len(calls) == (stats.api_calls or len(calls))
    prompts, outputs, costs = zip(*calls, strict=True) if told else ((None,),) * 3
    rows.write(
        "outcomes",
        file.number,
        "/info",
        experiment="SWE-bench",
        unit=unit,
        variant=model,
        repeat="1",
        cost_usd=stats.instance_cost or None if all(costs) or not calls else None,
        prompt_tokens=None if None in prompts else sum(prompts),
        completion_tokens=None if None in outputs else sum(outputs),
        models=model,
    )


def _calls(
    file: EvidenceFile, rows: Rows, whole: Trajectory, model: str | None, unit: str
) -> list[tuple[int | None, int | None, float | None]]:
    """Write a call for each answer of the model; return input, output and cost of each."""
    figures = []
    begun = None
    for number, message in enumerate(whole.messages or ()):
        extra = message.extra or Extra()
        response = extra.response
        if message.role != "assistant" or not isinstance(response, Response):
            continue
        usage, cost, at = response.usage or Usage(), extra.cost or None, extra.timestamp
        figures.append((usage.prompt_tokens, usage.completion_tokens, cost))
        moment = None if at is None else datetime.fromtimestamp(at, UTC).isoformat()
        begun = begun or moment
        rows.write(
            "calls",
            file.number,
            f"/messages/{number}/extra",
            key=f"{unit}-{begun}",
            agent_raw=model,
            model_requested=model,
            model_observed=response.model,
            timestamp=moment,
            cost_usd_reported=cost,
            status_recorded="ok",
            basis="mini-swe-agent",
            # LiteLLM counts what was read from a cache, and written to one, in the prompt.
            **{name: getattr(usage, name) for name in COUNTS} | {"counted_as": "openai"},
        )
    return figures


def _is_report(content: Mapping[str, Any]) -> bool:
    keys = content.keys()
    return "resolved_ids" in keys and bool({"submitted_ids", "resolved_instances"} & keys)


FORMATS = (
    Format(
        name="swe-bench",
        title="Report of an evaluation of SWE-bench",
        endings=(),
        patterns=(),
        read=read_report,
        sniff=_is_report,
        about=__doc__,
    ),
    Format(
        name="mini-swe-agent",
        title="Trajectory of mini-swe-agent",
        endings=(".traj.json",),
        patterns=(re.compile(r".+\.traj\.json"),),
        read=read_trajectory,
        sniff=lambda content: (
            "trajectory_format" in content and content.keys() >= {"info", "messages"}
        ),
        about="Told with the reports.\n\nSee [`swe-bench`](#swe-bench).",
    ),
)
