"""Spend logs of LiteLLM's proxy: a request is a call.

Written for the table `LiteLLM_SpendLogs` of LiteLLM 1.110.2, after its source; no file of a real
proxy was seen. Read as JSON (a list, or `{"data": [...]}`), JSON Lines or CSV, told by its
columns `request_id`, `spend` and `startTime`.

- `request_id` tells requests apart, so that overlapping exports count once; `session_id` becomes
  the `session_id` of the request's run. There is no SPEC.
- `model` becomes `model_requested`. `prompt_tokens` are with what was read from a cache;
  `metadata.usage_object` tells how many were, where it is there.
- `spend` becomes `cost_usd_reported`; 0 is what LiteLLM writes where it knows no price, so it is
  missing, but for answers from LiteLLM's own cache.
- `cache_hit` becomes `cache_hit`. Such an answer cost nothing and used no tokens of a model.
- `request_duration_ms`, else the time from `startTime` to `endTime`, becomes `latency_ms`.
- `status` other than success is an error. Keys, users and messages are not read.
"""

from __future__ import annotations

from typing import Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.file import Amount, Count
from speckit_analysis.formats.gateway import milliseconds, write_request
from speckit_analysis.formats.records import holds, records, value_in
from speckit_analysis.formats.usage import Usage

_NAMES = ("request_id", "spend", "startTime")


class SpendLog(msgspec.Struct, gc=False, kw_only=True):
    """A request to the proxy."""

    request_id: str
    model: str | None = None
    spend: Amount | None = None
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    total_tokens: Count | None = None
    start_time: str | None = msgspec.field(name="startTime", default=None)
    end_time: str | None = msgspec.field(name="endTime", default=None)
    request_duration_ms: Amount | None = None
    cache_hit: str | bool | None = None
    status: str | None = None
    session_id: str | None = None
    metadata: Any = None


_DECODER = msgspec.json.Decoder(SpendLog)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write a call a request."""
    for start, log in records(file, _DECODER):
        hit = str(log.cache_hit).lower() == "true"
        told = value_in(log.metadata) if isinstance(log.metadata, str) else log.metadata
        metadata = told if isinstance(told, dict) else {}
        told = metadata.get("usage_object")
        place = f"{start}/metadata/usage_object"
        usage = (isinstance(told, dict) and file.convert(told, Usage, place)) or Usage()
        information = metadata.get("error_information")
        failed = information.get("error_message") if isinstance(information, dict) else None
        answered = bool(log.prompt_tokens or log.completion_tokens)
        taken = log.request_duration_ms
        write_request(
            file,
            rows,
            start or "/",
            id=log.request_id,
            session=log.session_id,
            basis="litellm",
            agent_raw=log.model,
            model_requested=log.model,
            timestamp=log.start_time,
            prompt_tokens=0 if hit else log.prompt_tokens if answered else None,
            completion_tokens=0 if hit else log.completion_tokens if answered else None,
            reasoning_tokens=None if hit else usage.reasoning_tokens,
            cached_tokens=None if hit else usage.cached_tokens,
            cache_write_tokens=None if hit else usage.cache_write_tokens,
            total_tokens=0 if hit else log.total_tokens or None,
            counted_as="openai",  # LiteLLM counts what was read from a cache in the prompt
            latency_ms=milliseconds(log.start_time, log.end_time) if taken is None else taken,
            cache_hit=hit if log.cache_hit not in (None, "", "None") else None,
            cost_usd_reported=0.0 if hit else log.spend or None,
            status_recorded=log.status,
            error=failed if isinstance(failed, str) and failed else None,
        )


FORMAT = Format(
    name="litellm",
    title="Spend logs of LiteLLM",
    endings=(),
    patterns=(),
    read=read,
    knows=lambda name, data: holds(name, data, _NAMES),
    about=__doc__,
)
