"""Counts of tokens: the names that providers and their programs give them, in one place."""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated, Literal

import msgspec

from speckit_analysis.formats.file import Count

Maker = Literal["anthropic", "openai", "google"]


class InputDetails(msgspec.Struct, gc=False):
    """What a prompt holds, as OpenAI and those who copy its API tell."""

    cached_tokens: Count | None = None
    cache_write_tokens: Count | None = None


class OutputDetails(msgspec.Struct, gc=False):
    """What an output holds, as OpenAI and those who copy its API tell."""

    reasoning_tokens: Count | None = None


class CacheCreation(msgspec.Struct, gc=False):
    """What was written to a cache, by how long it is kept, as Anthropic tells."""

    ephemeral_5m_input_tokens: Count | None = None
    ephemeral_1h_input_tokens: Count | None = None


class Usage(msgspec.Struct, gc=False, kw_only=True):
    """Tokens of one call: first under our own names, then under those of providers.

    Once decoded, our own names hold what any name told, as it was counted.
    """

    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    reasoning_tokens: Count | None = None
    cached_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    cache_write_1h_tokens: Count | None = None
    total_tokens: Count | None = None
    service_tier: str | None = None
    counted_as: (
        Annotated[Maker, msgspec.Meta(description="whose way of counting, if not the maker's")]
        | None
    ) = None

    input_tokens: Count | None = None
    output_tokens: Count | None = None
    # Anthropic
    cache_read_input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_creation: CacheCreation | None = None
    # OpenAI: Chat Completions, Responses, Codex
    prompt_tokens_details: InputDetails | None = None
    input_tokens_details: InputDetails | None = None
    completion_tokens_details: OutputDetails | None = None
    output_tokens_details: OutputDetails | None = None
    cached_input_tokens: Count | None = None
    cache_write_input_tokens: Count | None = None
    reasoning_output_tokens: Count | None = None
    prompt_cache_hit_tokens: Count | None = None  # DeepSeek
    # Google
    prompt_token_count: Count | None = msgspec.field(name="promptTokenCount", default=None)
    candidates_token_count: Count | None = msgspec.field(name="candidatesTokenCount", default=None)
    thoughts_token_count: Count | None = msgspec.field(name="thoughtsTokenCount", default=None)
    cached_content_token_count: Count | None = msgspec.field(
        name="cachedContentTokenCount", default=None
    )
    total_token_count: Count | None = msgspec.field(name="totalTokenCount", default=None)

    def __post_init__(self) -> None:
        if _of_providers(self) != _NOTHING:
            _settle(self)


#: What every name comes to: the columns of ``calls``, and how they are counted.
COUNTS = Usage.__struct_fields__[: Usage.__struct_fields__.index("counted_as") + 1]

#: Our name, where else the count may stand, and whose way of counting that name tells.
_NAMES: tuple[tuple[str, str, Maker | None], ...] = (
    ("prompt_tokens", "input_tokens", None),
    ("completion_tokens", "output_tokens", None),
    ("cached_tokens", "prompt_tokens_details.cached_tokens", "openai"),
    ("cached_tokens", "input_tokens_details.cached_tokens", "openai"),
    ("cached_tokens", "cached_input_tokens", "openai"),
    ("cached_tokens", "prompt_cache_hit_tokens", "openai"),
    ("cache_write_tokens", "prompt_tokens_details.cache_write_tokens", "openai"),
    ("cache_write_tokens", "input_tokens_details.cache_write_tokens", "openai"),
    ("cache_write_tokens", "cache_write_input_tokens", "openai"),
    ("reasoning_tokens", "completion_tokens_details.reasoning_tokens", "openai"),
    ("reasoning_tokens", "output_tokens_details.reasoning_tokens", "openai"),
    ("reasoning_tokens", "reasoning_output_tokens", "openai"),
    ("prompt_tokens", "prompt_token_count", "google"),
    ("completion_tokens", "candidates_token_count", "google"),
    ("reasoning_tokens", "thoughts_token_count", "google"),
    ("cached_tokens", "cached_content_token_count", "google"),
    ("total_tokens", "total_token_count", "google"),
    ("cached_tokens", "cache_read_input_tokens", "anthropic"),
    ("cache_write_tokens", "cache_creation_input_tokens", "anthropic"),
    ("cache_write_1h_tokens", "cache_creation.ephemeral_1h_input_tokens", "anthropic"),
)
_of_providers = attrgetter(*dict.fromkeys(path.partition(".")[0] for _, path, _ in _NAMES))
_NOTHING = (None,) * len({path.partition(".")[0] for _, path, _ in _NAMES})


def _settle(usage: Usage) -> None:
    """Copy what stands under other names to our own, which win where both stand."""
    for ours, path, counted_as in _NAMES:
        holder, _, part = path.partition(".")
        count = getattr(usage, holder)
        if part and count is not None:
            count = getattr(count, part)
        if count is None:
            continue
        if usage.counted_as is None:
            usage.counted_as = counted_as
        if getattr(usage, ours) is None:
            setattr(usage, ours, count)
    written = usage.cache_creation
    if usage.cache_write_tokens is None and written is not None:
        kept = (written.ephemeral_5m_input_tokens, written.ephemeral_1h_input_tokens)
        usage.cache_write_tokens = sum(filter(None, kept))
