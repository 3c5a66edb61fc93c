"""Results of llm-council's bench, and transcripts of its verifications.

Written for llm-council-core 0.53.0 (github.com/amiable-dev/llm-council).

- A run of the bench (`.council/bench/runs/run-….json`) becomes `outcomes` of the experiment
  `llm-council bench`: `item_id` is the `unit`, `ok` the `outcome`, `cost_usd` counts where
  `cost_known`, `latency_ms` is as it is. An item with `is_infra` errored: it has no outcome.
  `score` is not read; a run of one model skips its check, so that `ok` means less there.
- A run does not name its configuration. Write its name before the file's, as in
  `council.run-….json`: what stands before `run-` becomes `variant`. Otherwise the variant is
  called by the run's start. Runs of one variant are repeats, told apart by their start.
- A transcript (`.council/logs/<time>-<id>/`) becomes `calls`, a row for each model and stage
  with the tokens of all its requests in `usage.by_model`; the cost counts where each request has
  one. Answers of the first stage become `proposals`. There is no SPEC, and each stage is a run.
- Rankings of the second stage become `reviews` by models: `spec_id` is the name of the
  transcript's folder, `variant` the model that was scored, 0 to 10. Votes for the reviewer's own
  answer are rows too.
- Not read: `performance_metrics.jsonl`, which repeats the cost of transcripts, what `bench
  matrix` prints, and the verdict in `result.json`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.decoding import pointer_token
from speckit_analysis.formats.file import Amount, Count
from speckit_analysis.formats.outcome import check_count, errored
from speckit_analysis.formats.proposals import write_proposal
from speckit_analysis.formats.review import Points
from speckit_analysis.formats.rows import Run

_RUN = re.compile(r"(?:(?P<variant>.+?)[-_. ])?run-\d{4}-.*\.json")


class Item(msgspec.Struct, gc=False, kw_only=True):
    """One item of the bench's dataset."""

    item_id: str
    ok: bool | None = None
    failures: list[str] | None = None
    cost_usd: Amount | None = None
    cost_known: bool | None = None
    latency_ms: Amount | None = None
    is_infra: bool | None = None


class BenchRun(msgspec.Struct, gc=False, kw_only=True):
    """A configuration on the whole dataset."""

    started_at: str
    results: list[Item]
    items_run: Count | None = None
    items_passed: Count | None = None
    infra_errors: Count | None = None
    total_cost_usd: Amount | None = None
    aborted: str | None = None


class ModelUsage(msgspec.Struct, gc=False):
    """What the requests of a model took in a stage."""

    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    total_tokens: Count | None = None
    cached_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    cost_usd: Amount | None = None
    cost_known: bool | None = None
    cost_incomplete: bool | None = None


class StageUsage(msgspec.Struct, gc=False):
    """What a stage took."""

    by_model: dict[str, ModelUsage] | None = None


class Answer(msgspec.Struct, gc=False):
    """A model's answer."""

    model: str | None = None
    response: str | None = None


class Parsed(msgspec.Struct, gc=False):
    """What was understood of a ranking."""

    scores: dict[str, Points | None] | None = None


class Ranking(msgspec.Struct, gc=False):
    """How a model ranked the answers, its own among them."""

    model: str | None = None
    parsed_ranking: Parsed | None = None


class Labelled(msgspec.Struct, gc=False):
    """The model behind a label."""

    model: str | None = None


class Stage(msgspec.Struct, gc=False):
    """A stage of a transcript."""

    usage: StageUsage | None = None
    timestamp: str | None = None
    responses: list[Answer] | None = None
    rankings: list[Ranking] | None = None
    label_to_model: dict[str, Labelled | str] | None = None


_BENCH = msgspec.json.Decoder(BenchRun)
_STAGE = msgspec.json.Decoder(Stage)


def read_bench(file: EvidenceFile, rows: Rows) -> None:
    """Write an outcome an item."""
    run = file.decode(_BENCH)
    if run is None:
        return
    named = _RUN.fullmatch(file.name)
    variant = named["variant"] if named else file.name.removesuffix(".json")
    if variant is None:
        variant = f"run of {run.started_at}"
        message = "the file does not name its configuration"
        action = f"called {variant!r}; a name before the file's becomes the variant's"
        file.problem("", "unnamed_variant", "warning", message, action)
    items = [item for item in run.results or () if item.item_id is not None]
    for number, item in enumerate(items):
        if item.is_infra:
            said = ", ".join(item.failures or ())
            errored(file, f"/results/{number}/failures", f"item {item.item_id}", said)
        told = not item.is_infra and item.ok is not None
        rows.write(
            "outcomes",
            file.number,
            f"/results/{number}",
            experiment="llm-council bench",
            unit=item.item_id,
            variant=variant,
            repeat=run.started_at,
            outcome=float(item.ok or 0) if told else None,
            cost_usd=item.cost_usd if item.cost_known else None,
            latency_ms=item.latency_ms or None,
            checked_by="the bench's expectations",
        )
    _check(file, run, items)


def _check(file: EvidenceFile, run: BenchRun, items: list[Item]) -> None:
    known = [item.cost_usd or 0 for item in items if item.cost_known]
    for name, stated, counted in (
        ("items_run", run.items_run, len(items)),
        ("items_passed", run.items_passed, sum(bool(item.ok) for item in items)),
        ("infra_errors", run.infra_errors, sum(bool(item.is_infra) for item in items)),
        ("total_cost_usd", run.total_cost_usd, sum(known)),
    ):
        check_count(file, f"/{name}", name, stated, counted)
    if run.aborted:
        message = f"the run was aborted: {run.aborted}"
        action = "took what is there"
        file.problem("/aborted", "incomplete_results", "warning", message, action)


def read_stage(file: EvidenceFile, rows: Rows) -> None:
    """Write the calls of a stage, its answers as proposals, and its rankings as reviews."""
    stage = file.decode(_STAGE)
    if stage is None:
        return
    transcript = PurePath(file.folder).name
    key = f"{transcript}-{file.name.removesuffix('.json')}"
    run: Run = {"spec_id": None, "stage_raw": None, "key": key}
    for model, usage in ((stage.usage and stage.usage.by_model) or {}).items():
        whole = usage.cost_known and not usage.cost_incomplete
        rows.write(
            "calls",
            file.number,
            f"/usage/by_model/{pointer_token(model)}",
            **run,
            agent_raw=model,
            model_requested=model,
            timestamp=stage.timestamp,
            prompt_tokens=usage.prompt_tokens or None,
            completion_tokens=usage.completion_tokens or None,
            total_tokens=usage.total_tokens or None,
            cached_tokens=usage.cached_tokens or None,
            cache_write_tokens=usage.cache_write_tokens or None,
            cost_usd_reported=usage.cost_usd if whole else None,
            status_recorded="ok",
            basis="llm-council",
        )
    for number, answer in enumerate(stage.responses or ()):
        place = f"/responses/{number}/response"
        write_proposal(file, rows, place, run, answer.model, answer.response, stage.timestamp)
    labels = stage.label_to_model or {}
    for number, ranking in enumerate(stage.rankings or ()):
        scores = (ranking.parsed_ranking and ranking.parsed_ranking.scores) or {}
        for label, score in scores.items():
            scored = labels.get(label)
            rows.write(
                "reviews",
                file.number,
                f"/rankings/{number}/parsed_ranking/scores/{pointer_token(label)}",
                experiment="llm-council",
                spec_id=transcript,
                variant=scored.model if isinstance(scored, Labelled) else scored,
                packet=label,
                reviewer=ranking.model,
                criterion="score",
                score=score,
                timestamp_raw=stage.timestamp,
            )


def _is_stage(content: Mapping[str, Any]) -> bool:
    keys = content.keys()
    return "usage" in keys and bool(
        {"responses"} <= keys
        or {"rankings", "label_to_model"} <= keys
        or {"synthesis", "aggregate_rankings"} <= keys
    )


_SEE = "Told with the bench.\n\nSee [`llm-council-bench`](#llm-council-bench)."

FORMATS = (
    Format(
        name="llm-council-bench",
        title="Run of llm-council's bench",
        endings=(),
        patterns=(),
        read=read_bench,
        sniff=lambda content: content.keys() >= {"started_at", "results", "cap_charged_usd"},
        about=__doc__,
    ),
    Format(
        name="llm-council-transcript",
        title="Stage of a transcript of llm-council",
        endings=(),
        patterns=(),
        read=read_stage,
        sniff=_is_stage,
        about=_SEE,
    ),
    Format(
        name="llm-council-result",
        title="Request or result of a transcript of llm-council",
        endings=(),
        patterns=(),
        sniff=lambda content: (
            content.keys() >= {"verification_id", "verdict"}
            or content.keys() >= {"snapshot_id", "rubric_focus"}
        ),
        about=_SEE,
    ),
)
