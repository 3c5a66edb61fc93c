"""Exports of Langfuse: a generation is a call, an annotation a review.

Written after the documentation of Langfuse's export to blob storage of 2026 (`observations_v2/`
and `scores/`), as CSV, JSON or JSON Lines; no real export was seen. Parquet, gzip and what the
user interface exports are not read.

- Observations of the type `GENERATION` or `EMBEDDING` become `calls`; others call no model. `id`
  tells them apart, so that overlapping exports count once; `trace_id` becomes the `session_id`
  of the call's run. There is no SPEC.
- `provided_model_name` becomes `model_requested`; `start_time` becomes `timestamp`, in UTC.
- `latency_ms` is the time from `start_time` to `end_time`. The column `latency` is in seconds
  or, in older integrations, in milliseconds, and is not read.
- `usage_details` becomes tokens: names with `input` and what was read from or written to caches
  make the prompt, names with `output` or `reasoning` the answer. Where `total` is the sum of
  `input` and `output` alone, these hold the other counts already.
- `total_cost` becomes `cost_usd_reported`. It is missing where it is 0, and where Langfuse found
  no price.
- `level` `ERROR` is an error.
- Scores with the source `ANNOTATION` become `reviews`: `trace_id` is the `spec_id`, `name` the
  criterion, `dataset_run_id` the variant. True and false are 10 and 0; a number is taken on the
  scale of your score, where it lies within 0 to 10. Other sources are graders, whose scores are
  not read.
"""

from __future__ import annotations

import re

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.file import Amount, Count, Score
from speckit_analysis.formats.gateway import milliseconds, write_request
from speckit_analysis.formats.records import holds, records

_CALLS = ("GENERATION", "EMBEDDING")
_OBSERVATION = ("trace_id", "type", "start_time", "usage_details")
_SCORE = ("trace_id", "name", "value", "source", "data_type")


class Observation(msgspec.Struct, gc=False, kw_only=True):
    """A step of a trace."""

    id: str
    trace_id: str | None = None
    type: str | None = None
    name: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    provided_model_name: str | None = None
    usage_details: dict[str, Count | None] | None = None
    total_cost: Amount | None = None
    level: str | None = None
    status_message: str | None = None


class ScoreRecord(msgspec.Struct, gc=False, kw_only=True):
    """What somebody, or something, said of a trace."""

    name: str
    trace_id: str | None = None
    dataset_run_id: str | None = None
    value: Score | None = None
    data_type: str | None = None
    source: str | None = None
    comment: str | None = None
    author_user_id: str | None = None
    timestamp: str | None = None


_OBSERVATIONS = msgspec.json.Decoder(Observation)
_SCORES = msgspec.json.Decoder(ScoreRecord)


def read_observations(file: EvidenceFile, rows: Rows) -> None:
    """Write a call a generation."""
    for start, one in records(file, _OBSERVATIONS):
        if one.type not in _CALLS:
            continue
        failed = one.level == "ERROR"
        write_request(
            file,
            rows,
            start or "/",
            id=one.id,
            session=one.trace_id,
            basis="langfuse",
            agent_raw=one.name or one.provided_model_name,
            model_requested=one.provided_model_name,
            timestamp=one.start_time,
            **_tokens(one.usage_details or {}),
            counted_as="openai",  # parts inside their wholes, as counted here
            latency_ms=milliseconds(one.start_time, one.end_time),
            cost_usd_reported=one.total_cost or None,
            status_recorded="error" if failed else "ok",
            error=one.status_message or None if failed else None,
        )


def _tokens(usage: dict[str, int | None]) -> dict[str, int | None]:
    """Return counts of tokens from buckets that stand beside each other, or inside the first."""

    def bucket(*patterns: str) -> int | None:
        counts = [
            count
            for name, count in usage.items()
            if count is not None and any(re.search(pattern, name) for pattern in patterns)
        ]
        return sum(counts) if counts else None

    written = bucket(r"cache_(creation|write)", r"cached?_written")
    read = bucket(r"cached(?!_written)", r"cache_read")
    thought = bucket("reasoning")
    whole = {side: bucket(rf"^{side}$") for side in ("input", "output")}
    beside = {
        "input": bucket("^input(?!$)", "^cache"),
        "output": bucket("^output(?!$)", "^reasoning"),
    }
    inside = usage.get("total") == (whole["input"] or 0) + (whole["output"] or 0)
    sums = {
        side: count if inside or beside[side] is None else (count or 0) + (beside[side] or 0)
        for side, count in whole.items()
    }
    return {
        "prompt_tokens": sums["input"],
        "completion_tokens": sums["output"],
        "reasoning_tokens": thought,
        "cached_tokens": read,
        "cache_write_tokens": written,
    }


def read_scores(file: EvidenceFile, rows: Rows) -> None:
    """Write a review an annotation."""
    for start, one in records(file, _SCORES):
        if one.source != "ANNOTATION":
            continue
        score = one.value
        if score is not None:
            score = 10 * score if one.data_type == "BOOLEAN" else score
            score = score if 0 <= score <= 10 else None
        rows.write(
            "reviews",
            file.number,
            start or "/",
            experiment="langfuse",
            spec_id=one.trace_id,
            variant=one.dataset_run_id or None,
            reviewer=one.author_user_id or None,
            criterion=one.name,
            score=score,
            comment=one.comment or None,
            timestamp_raw=one.timestamp,
        )


FORMATS = (
    Format(
        name="langfuse-observations",
        title="Observations that Langfuse exports",
        endings=(),
        patterns=(),
        read=read_observations,
        knows=lambda name, data: holds(name, data, _OBSERVATION),
        about=__doc__,
    ),
    Format(
        name="langfuse-scores",
        title="Scores that Langfuse exports",
        endings=(),
        patterns=(),
        read=read_scores,
        knows=lambda name, data: holds(name, data, _SCORE),
        about="Told with observations.\n\nSee [`langfuse-observations`](#langfuse-observations).",
    ),
)
