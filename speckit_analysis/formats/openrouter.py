"""Activity of OpenRouter, as CSV: a generation is a call.

Written after readers of other people, for the export of mid 2026 (columns `generation_id`,
`created_at`, `cost_total`, `model_permaslug` and on); no real file was seen. Columns are read by
name, for their places moved.

- `generation_id` tells generations apart, so that overlapping exports count once. There is no
  SPEC.
- `created_at` becomes `timestamp`: it names no zone, and is taken for UTC.
- `model_permaslug` becomes `model_requested`.
- `tokens_prompt` and `tokens_completion` hold `tokens_cached` and `tokens_reasoning`.
- `cost_total`, and with a key of your own `byok_usage_inference`, which the provider bills, are
  added: `cost_usd_reported`. 0 is missing, but for models of the variant `free`.
- `generation_time_ms` becomes `latency_ms`.
- A cancelled generation, or one that finished with an error, is an error.
- Not read: the sums by day of the API's `/activity`.
"""

from __future__ import annotations

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.file import Amount, Count
from speckit_analysis.formats.gateway import write_request
from speckit_analysis.formats.records import has_columns, records

_COLUMNS = ("generation_id", "created_at", "cost_total", "model_permaslug")


class Generation(msgspec.Struct, gc=False, kw_only=True):
    """What was asked of a model."""

    generation_id: str
    created_at: str | None = None
    cost_total: Amount | None = None
    byok_usage_inference: Amount | None = None
    tokens_prompt: Count | None = None
    tokens_completion: Count | None = None
    tokens_reasoning: Count | None = None
    tokens_cached: Count | None = None
    model_permaslug: str | None = None
    variant: str | None = None
    cancelled: bool | None = None
    finish_reason_normalized: str | None = None
    generation_time_ms: Amount | None = None


_DECODER = msgspec.json.Decoder(Generation)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write a call a generation."""
    for start, one in records(file, _DECODER):
        free = one.variant == "free" and one.cost_total == 0
        cost = (one.cost_total or 0) + (one.byok_usage_inference or 0)
        failed = "error" if one.finish_reason_normalized == "error" else None
        write_request(
            file,
            rows,
            start,
            id=one.generation_id,
            session=None,
            basis="openrouter",
            agent_raw=one.model_permaslug,
            model_requested=one.model_permaslug,
            timestamp=one.created_at,
            prompt_tokens=one.tokens_prompt,
            completion_tokens=one.tokens_completion,
            reasoning_tokens=one.tokens_reasoning,
            cached_tokens=one.tokens_cached,
            counted_as="openai",
            latency_ms=one.generation_time_ms,
            cost_usd_reported=0.0 if free else cost or None,
            status_recorded="cancelled" if one.cancelled else failed or "ok",
        )


FORMAT = Format(
    name="openrouter",
    title="Activity of OpenRouter",
    endings=(),
    patterns=(),
    read=read,
    knows=lambda name, data: has_columns(name, data, _COLUMNS),
    about=__doc__,
)
