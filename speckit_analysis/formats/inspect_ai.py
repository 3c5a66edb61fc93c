"""Logs of Inspect AI: an epoch of a sample is a try.

Written for the logs of Inspect AI 0.3.58 to 0.3.285 (layout version 2). `.eval` archives are
read without the library `inspect_ai`, compressed with deflate or Zstandard; of one that was torn
off, the whole entries are read. Not tried: archives that a running evaluation still writes.

- `eval.task` becomes `experiment`. The scorer of the log's headline, else the first, has it for
  itself; each other scorer is an experiment `<task>: <scorer>`, each key of a score that is a
  dictionary one more.
- `samples[].id` becomes `unit`, as text, and `epoch` becomes `repeat`. Logs with the same
  `eval.task_id` are one execution: a retry's log replaces the tries that it repeats. Where a
  variant was executed again, `repeat` names the `task_id` too.
- `eval.task_args` becomes `variant`: the value of the only argument, or `name=value` of each;
  without arguments it is the model. Where logs of one such name have other models, solvers or
  models with a role, these follow in brackets.
- `scores.<scorer>.value` becomes `outcome`: C is 1, P 0.5, I and N 0, yes and true 1, no and
  false 0, and a number itself. An errored sample has no outcome, unless the task scored it
  nevertheless.
- `model_usage` becomes `models`, `prompt_tokens` (with what was read from and written to
  caches), `completion_tokens` (with reasoning) and `cost_usd`, which is missing unless the log
  knows the price of each model. `input_tokens` leaves out the cache since 0.3.184; before, each
  provider counted its own way, and `total_tokens` tells which.
- `total_time` becomes `latency_ms`.
- Events of models become `calls`. The run of a call is its sample; there is no SPEC.
- A score that a person changed becomes `reviews` too, 0 to 1 as 0 to 10, and `checked_by` is
  `human`.
- An answer from Inspect's own cache has neither tokens nor cost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from statistics import fmean
from typing import Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.decoding import pointer_token
from speckit_analysis.formats.file import Amount, Count, Score
from speckit_analysis.formats.outcome import check_count, errored
from speckit_analysis.formats.zipped import Archive

#: What letters and words as scores mean; N is "no answer".
_VALUES = {"c": 1.0, "p": 0.5, "i": 0.0, "n": 0.0}
_VALUES |= {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_BESIDE_SINCE = (0, 3, 184)


class Tokens(msgspec.Struct, gc=False):
    """Tokens and cost of a model, or of a call."""

    input_tokens: Count | None = None
    output_tokens: Count | None = None
    total_tokens: Count | None = None
    input_tokens_cache_read: Count | None = None
    input_tokens_cache_write: Count | None = None
    reasoning_tokens: Count | None = None
    total_cost: Amount | None = None


class Scored(msgspec.Struct, gc=False):
    """What a scorer said of a sample; `history` has what it was before people changed it."""

    value: Any
    explanation: str | None = None
    history: list[dict[str, Any]] | None = None


class Event(msgspec.Struct, gc=False):
    """What is read of an event; only those of models have what is asked here."""

    event: str | None = None
    uuid: str | None = None
    timestamp: str | None = None
    model: str | None = None
    role: str | None = None
    cache: str | None = None
    error: Any = None
    output: Any = None


class Output(msgspec.Struct, gc=False):
    """What a model's call came to."""

    model: str | None = None
    usage: Tokens | None = None
    time: Amount | None = None


class Sample(msgspec.Struct, gc=False):
    """One epoch of one sample."""

    id: int | str
    epoch: int
    scores: dict[str, Scored] | None = None
    model_usage: dict[str, Tokens] | None = None
    total_time: Amount | None = None
    error: Any = None
    uuid: str | None = None
    events: list[Event] | None = None


class Scorer(msgspec.Struct, gc=False):
    """A scorer of the task."""

    name: str


class Task(msgspec.Struct, gc=False, kw_only=True):
    """What was evaluated."""

    task: str
    model: str | None = None
    task_id: str | None = None
    task_args: dict[str, Any] | None = None
    solver: str | None = None
    model_roles: dict[str, Any] | None = None
    scorers: list[Scorer] | None = None
    packages: dict[str, str] | None = None


class Metric(msgspec.Struct, gc=False):
    """A figure over all samples."""

    value: Any = None


class Summary(msgspec.Struct, gc=False):
    """What the log sums up of a scorer."""

    scorer: str | None = None
    reducer: str | None = None
    metrics: dict[str, Metric] | None = None


class Results(msgspec.Struct, gc=False):
    """What the log sums up."""

    total_samples: Count | None = None
    scores: list[Summary] | None = None
    headline: dict[str, Any] | None = None


class Times(msgspec.Struct, gc=False):
    """When the evaluation ended."""

    completed_at: str | None = None


class Log(msgspec.Struct, gc=False, kw_only=True):
    """A log; an archive has its samples in entries of their own."""

    version: int
    status: str | None = None
    eval: Task
    results: Results | None = None
    stats: Times | None = None
    samples: list[Sample] | None = None


_LOG = msgspec.json.Decoder(Log)
_SAMPLE = msgspec.json.Decoder(Sample)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write an outcome for each scorer of each sample, and the calls behind it."""
    log, samples = _unpacked(file) if file.data.startswith(b"PK") else _decoded(file)
    if log is None or log.eval is None:
        return
    file.check_version(log.version, (2,), "/version")
    beside = _version(log.eval) >= _BESIDE_SINCE
    whole = []
    for at, sample in samples:
        if sample is not None and None not in (sample.id, sample.epoch):
            _write_calls(file, rows, log.eval, beside, at, sample)
            sample.events = None  # most of what a log holds
            whole.append((at, sample))
    _check(file, log, [sample for _, sample in whole])
    variant, main = _variant(log.eval), _headline(log, whole)
    for at, sample in whole:
        _write_outcomes(file, rows, log, variant, main, beside, at, sample)


def _decoded(file: EvidenceFile) -> tuple[Log | None, Iterable[tuple[str, Sample | None]]]:
    log = file.decode(_LOG)
    samples = (log and log.samples) or []
    return log, ((f"/samples/{number}", one) for number, one in enumerate(samples))


def _unpacked(file: EvidenceFile) -> tuple[Log | None, Iterable[tuple[str, Sample | None]]]:
    packed = Archive(file)

    def part(name: str, decoder: msgspec.json.Decoder[Any]) -> Any:
        content = packed.read(name) if name in packed else None
        return None if content is None else file.decode_part(content, decoder, name)

    log = part("header.json", _LOG) or part("_journal/start.json", _LOG)
    names = (name for name in packed if name.startswith("samples/"))
    return log, ((name, part(name, _SAMPLE)) for name in names)


def _check(file: EvidenceFile, log: Log, samples: list[Sample]) -> None:
    """File problems of a log that was not finished, or holds other samples than it says."""
    stated = log.results.total_samples if log.results else None
    if log.status != "success" or not samples:
        of = stated or "an unknown number of"
        message = f"status {log.status!r}, {len(samples)} of {of} samples"
        action = "took what is there" if samples else "nothing taken"
        file.problem("/status", "incomplete_results", "warning", message, action)
    else:
        check_count(file, "/results/total_samples", "samples", stated, len(samples))
        for number, summary in enumerate((log.results and log.results.scores) or ()):
            _check_mean(file, f"/results/scores/{number}/metrics", summary, samples)


def _check_mean(file: EvidenceFile, place: str, summary: Summary, samples: list[Sample]) -> None:
    """File a problem if the mean of a scorer, over samples of their epochs' means, is another."""
    by_sample: dict[int | str, list[float]] = {}
    for sample in samples:
        score = (sample.scores or {}).get(summary.scorer or "")
        outcome = None if score is None else _outcome(score.value)
        if outcome is not None:
            by_sample.setdefault(sample.id, []).append(outcome)
    for name in {"accuracy", "mean"} & (summary.metrics or {}).keys():
        stated = _outcome((summary.metrics or {})[name].value)
        if summary.reducer in (None, "mean") and by_sample and stated is not None:
            counted = fmean(map(fmean, by_sample.values()))
            check_count(file, f"{place}/{name}", f"{name} of {summary.scorer}", stated, counted)


def _variant(task: Task) -> str | None:
    told = {name: value for name, value in (task.task_args or {}).items() if value is not None}
    if len(told) == 1:
        return _shown(next(iter(told.values())))
    return ", ".join(f"{name}={_shown(value)}" for name, value in told.items()) or task.model


def _detail(task: Task, variant: str | None) -> str:
    """Return what else tells variants apart: model, solver, and models with a role."""
    roles = [
        f"{role}={one['model']}"
        for role, one in (task.model_roles or {}).items()
        if isinstance(one, dict) and isinstance(one.get("model"), str)
    ]
    model = None if variant == task.model else task.model
    return ", ".join(filter(None, (model, task.solver, *roles))) or "default solver"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _version(task: Task) -> tuple[int, ...]:
    """Return the version that wrote the log; the newest where it does not tell."""
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", (task.packages or {}).get("inspect_ai", ""))
    return tuple(map(int, numbers.groups())) if numbers else _BESIDE_SINCE


def _headline(log: Log, samples: list[tuple[str, Sample]]) -> str | None:
    """Return the scorer that the log's headline is of, else the first."""
    stated = ((log.results and log.results.headline) or {}).get("scorer")
    named = [scorer.name for scorer in log.eval.scorers or ()]
    scored = [name for _, sample in samples for name in sample.scores or ()]
    return next((name for name in (stated, *named, *scored) if isinstance(name, str)), None)


def _write_outcomes(
    file: EvidenceFile,
    rows: Rows,
    log: Log,
    variant: str | None,
    main: str | None,
    beside: bool,
    at: str,
    sample: Sample,
) -> None:
    failed = sample.error is not None and not sample.scores
    if failed:
        told = sample.error.get("message") if isinstance(sample.error, dict) else sample.error
        errored(file, f"{at}/error", f"sample {sample.id}, epoch {sample.epoch}", told)
    task, usage = log.eval, sample.model_usage or {}
    costs = [tokens.total_cost for tokens in usage.values()]
    shared = {
        "unit": str(sample.id),
        "variant": variant,
        "variant_detail": _detail(task, variant),
        "repeat": str(sample.epoch),
        "series": task.task_id,
        "told_at": log.stats.completed_at if log.stats else None,
        "cost_usd": sum(filter(None, costs)) or None if all(costs) else None,
        "latency_ms": 1000 * sample.total_time if sample.total_time and not failed else None,
        "prompt_tokens": _sum(_whole_input(tokens, beside) for tokens in usage.values()),
        "completion_tokens": _sum(tokens.output_tokens for tokens in usage.values()),
        "models": "; ".join(usage) or None,
    }
    scores: list[tuple[str | None, str | None, Any]] = list(_values(sample))
    for scorer, key, value in scores or [(main, None, None)]:
        place = f"{at}/scores/{pointer_token(scorer)}" if scores and scorer else at
        outcome = None if value is None else _outcome(value)
        if value is not None and outcome is None:
            message = f"score {value!r}: expected C, P, I, N, a number, or true or false"
            file.problem(place, "mistyped_field", "warning", message, "treated as missing")
        name = ": ".join(filter(None, (task.task, scorer if scorer != main else None, key)))
        rows.write(
            "outcomes",
            file.number,
            f"{place}/value/{pointer_token(key)}" if key else place,
            experiment=name,
            **shared,
            outcome=outcome,
            checked_by=_checker(sample, scorer),
        )
        _write_review(file, rows, name, str(sample.id), variant, place, scorer, outcome, sample)


def _values(sample: Sample) -> Iterator[tuple[str, str | None, Any]]:
    """Yield scorer, criterion where the scorer has several, and value."""
    for scorer, score in (sample.scores or {}).items():
        if isinstance(score.value, dict):
            yield from ((scorer, key, value) for key, value in score.value.items())
        elif isinstance(score.value, list):
            yield from ((scorer, str(n), value) for n, value in enumerate(score.value))
        else:
            yield scorer, None, score.value


def _outcome(value: Any) -> float | None:
    known = _VALUES.get(value.strip().lower()) if isinstance(value, str) else None
    if known is not None:
        return known
    try:
        return msgspec.convert(value, Score, strict=False)
    except msgspec.ValidationError:
        return float(value) if isinstance(value, bool) else None


def _author(sample: Sample, scorer: str | None) -> str | None:
    """Return who changed a score, if anybody did."""
    history = sample.scores[scorer].history if sample.scores and scorer in sample.scores else None
    edited = history[-1].get("provenance") if history and len(history) > 1 else None
    author = edited.get("author") if isinstance(edited, dict) else None
    return author if isinstance(author, str) else None


def _checker(sample: Sample, scorer: str | None) -> str | None:
    return "human" if _author(sample, scorer) else scorer


def _write_review(
    file: EvidenceFile,
    rows: Rows,
    experiment: str,
    unit: str,
    variant: str | None,
    place: str,
    scorer: str | None,
    outcome: float | None,
    sample: Sample,
) -> None:
    author = _author(sample, scorer)
    if author is None or scorer is None:
        return
    score = sample.scores[scorer] if sample.scores else None
    rows.write(
        "reviews",
        file.number,
        place,
        experiment=experiment,
        spec_id=unit,
        variant=variant,
        reviewer=author,
        criterion=scorer,
        score=10 * outcome if outcome is not None and 0 <= outcome <= 1 else None,
        comment=score.explanation if score else None,
    )


def _whole_input(tokens: Tokens, beside: bool) -> int | None:
    """Return the input with what was read from and written to caches."""
    if tokens.input_tokens is None:
        return None
    cached = (tokens.input_tokens_cache_read or 0) + (tokens.input_tokens_cache_write or 0)
    if not beside and tokens.total_tokens is not None:
        beside = tokens.total_tokens == tokens.input_tokens + (tokens.output_tokens or 0) + cached
    return tokens.input_tokens + cached * beside


def _sum(counts: Iterable[int | None]) -> int | None:
    """Return the sum, missing where a part is missing or there is none."""
    told = list(counts)
    return None if not told or None in told else sum(filter(None, told))


def _write_calls(
    file: EvidenceFile, rows: Rows, task: Task, beside: bool, at: str, sample: Sample
) -> None:
    run = sample.uuid or f"{task.task_id}-{sample.id}-{sample.epoch}"
    for number, event in enumerate(sample.events or ()):
        if event.event != "model":
            continue
        place = f"{at}/events/{number}"
        output = file.convert(event.output, Output, f"{place}/output") if event.output else None
        usage = (output and output.usage) or Tokens()
        whole = _whole_input(usage, beside)
        rows.write(
            "calls",
            file.number,
            place,
            key=run,
            agent_raw=event.role or event.model,
            model_requested=event.model,
            model_observed=output.model if output else None,
            timestamp=event.timestamp,
            prompt_tokens=whole,
            completion_tokens=usage.output_tokens,
            reasoning_tokens=usage.reasoning_tokens,
            cached_tokens=usage.input_tokens_cache_read,
            cache_write_tokens=usage.input_tokens_cache_write,
            counted_as="openai",  # parts inside their wholes, as counted here
            latency_ms=1000 * output.time if output and output.time else None,
            cache_hit=event.cache == "read" if event.cache else None,
            cost_usd_reported=usage.total_cost or None,
            status_recorded="error" if event.error else "ok",
            error=event.error and str(event.error),
            basis="inspect",
        )


FORMAT = Format(
    name="inspect-ai",
    title="Log of Inspect AI",
    endings=(".eval",),
    patterns=(re.compile(r".+\.eval"),),
    read=read,
    sniff=lambda content: (
        content.keys() >= {"version", "status", "eval"}
        and isinstance(content["eval"], dict)
        and "task" in content["eval"]
    ),
    # What Inspect writes begins so, and is not read twice to tell.
    knows=lambda name, data: (
        name.endswith(".json")
        and re.match(rb'\s*\{\s*"version"\s*:\s*\d+\s*,\s*"status"\s*:', data) is not None
        and b'"eval"' in data[:4096]
    ),
    binary=True,
    about=__doc__,
)
