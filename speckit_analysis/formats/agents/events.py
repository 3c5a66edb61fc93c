"""Events of agents' telemetry: what each tells of a call of a model.

The names are those of the three programs, of OpenTelemetry's conventions for generative AI, in
current or older spelling, and of OpenInference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from speckit_analysis.formats.agents.written import Call, Session

Attributes = Mapping[str, Any]

#: What the events of the agents' own programs are called: an answer, and a call that failed.
AGENTS_OF_EVENTS = {
    "claude_code.api_request": "claude",
    "claude_code.api_error": "claude",
    "codex.sse_event": "codex",
    "gemini_cli.api_response": "gemini",
    "gemini_cli.api_error": "gemini",
}
_FAILED = ("claude_code.api_error", "gemini_cli.api_error")
_COUNTED_AS = {"claude": "anthropic", "codex": "openai", "gemini": "google"}

#: Where a figure may stand, the current name first.
_NAMES: dict[str, tuple[str, ...]] = {
    "session_id": ("session.id", "conversation.id", "gen_ai.conversation.id"),
    "model_requested": ("gen_ai.request.model", "llm.model_name"),
    "model_observed": ("gen_ai.response.model",),
    "call_id": ("gen_ai.response.id",),
    "prompt_tokens": (
        *("input_token_count", "input_tokens", "gen_ai.usage.input_tokens"),
        *("gen_ai.usage.prompt_tokens", "llm.token_count.prompt"),
    ),
    "completion_tokens": (
        *("output_token_count", "output_tokens", "gen_ai.usage.output_tokens"),
        *("gen_ai.usage.completion_tokens", "llm.token_count.completion"),
    ),
    "reasoning_tokens": (
        *("thoughts_token_count", "reasoning_token_count"),
        *("gen_ai.usage.reasoning.output_tokens", "codex.usage.reasoning_output_tokens"),
        "llm.token_count.completion_details.reasoning",
    ),
    "cached_tokens": (
        *("cached_content_token_count", "cached_token_count", "cache_read_tokens"),
        *("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
        *("gen_ai.usage.input_tokens.cached", "llm.token_count.prompt_details.cache_read"),
    ),
    "cache_write_tokens": (
        *("cache_write_token_count", "cache_creation_tokens"),
        *("gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_write.input_tokens"),
        "llm.token_count.prompt_details.cache_write",
    ),
    "total_tokens": ("total_token_count", "llm.token_count.total"),
    "reasoning_mode": ("model_reasoning_effort", "effort"),
    "latency_ms": ("duration_ms",),
    "cost_usd_reported": ("cost_usd", "llm.cost.total"),
    "error": ("error", "error.message", "error.type"),
}
_COUNTS = tuple(name for name in _NAMES if name.endswith("_tokens"))


class TracedSessions(dict[str, tuple[str, Session]]):
    """Sessions by their id, made when a call of them is found."""

    def note(self, locator: str, call: Call, version: Any) -> None:
        """Take note that a call belongs to its session."""
        if call.session_id is None:
            return
        if call.session_id not in self:
            new = Session(session_id=call.session_id, agent_raw=call.agent_raw, basis="telemetry")
            self[call.session_id] = locator, new
        session = self[call.session_id][1]
        session.version = session.version or (str(version) if version else None)
        session.see(call.timestamp)


def call_of_event(name: str, attributes: Attributes, moment: str | None) -> Call | None:
    """Return the call that an event of an agent's program tells of; None if it tells of none."""
    agent = AGENTS_OF_EVENTS.get(name)
    if agent is None:
        return None
    failed = name in _FAILED
    call = new_call(agent, attributes)
    if not failed and (call.prompt_tokens is None or call.completion_tokens is None):
        return None  # codex.sse_event tells of much else
    call.counted_as = _COUNTED_AS[agent]
    call.timestamp = str(attributes.get("event.timestamp") or moment or "") or None
    model = attributes.get("model")
    call.model_observed = str(model) if model else None
    call.request = str(attributes["request_id"]) if attributes.get("request_id") else None
    if agent == "gemini" and call.prompt_tokens is not None:
        call.prompt_tokens += count_of(attributes.get("tool_token_count")) or 0
    if agent == "codex":  # so is the total called there; the duration is that of the event
        call.total_tokens = count_of(attributes.get("tool_token_count"))
        call.latency_ms = None
    if failed:
        status = attributes.get("status_code")
        call.status_recorded = "error"
        call.error = ": ".join(str(part) for part in (status, call.error) if part) or "error"
        for count in _COUNTS:
            setattr(call, count, None)
    told = (call.timestamp, call.prompt_tokens, call.completion_tokens)
    call.identity = "|".join(map(str, (call.session_id, call.request, *told)))
    return call


def new_call(agent: str, attributes: Attributes) -> Call:
    """Return a call with what attributes tell of it under any of their names."""
    call = Call(
        session_id=None,
        agent_raw=agent,
        basis="telemetry",
        usage_source="event",
        identity=None,
        counted_as="",
    )
    for field, names in _NAMES.items():
        value = next((attributes[name] for name in names if attributes.get(name) is not None), None)
        if field in _COUNTS:
            value = count_of(value)
        elif field in ("latency_ms", "cost_usd_reported"):
            value = amount_of(value)
        elif value is not None:
            value = str(value)
        setattr(call, field, value)
    return call


def count_of(value: Any) -> int | None:
    """Return a count, which some write as a text."""
    try:
        return int(value)  # exact, as moments in nanoseconds have to be
    except (TypeError, ValueError):
        amount = amount_of(value)
        return None if amount is None else int(amount)


def amount_of(value: Any) -> float | None:
    """Return an amount; None for what is none."""
    try:
        amount = float(value)
    except (TypeError, ValueError):
        return None
    return amount if 0 <= amount < 2**63 else None
