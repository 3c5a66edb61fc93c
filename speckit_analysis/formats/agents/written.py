"""What the logs of all agents become: a row a call, a row a session."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from operator import attrgetter
from typing import Literal

import msgspec

from speckit_analysis.formats import EvidenceFile, Rows
from speckit_analysis.formats.proposals import MAX_CONTENT
from speckit_analysis.formats.redaction import mask, shortened

Basis = Literal["session", "telemetry", "result"]


class Call(msgspec.Struct, kw_only=True, gc=False):
    """A call of a model as a log tells it: columns of ``calls``, and those that joining needs."""

    session_id: str | None
    agent_raw: str
    basis: Basis
    usage_source: str
    identity: str | None  #: the same wherever the call is told again
    counted_as: str
    request: str | None = None
    sidechain: bool = False
    turn: str | None = None
    running_total: str | None = None
    call_id: str | None = None
    timestamp: str | None = None
    model_requested: str | None = None
    model_observed: str | None = None
    reasoning_mode: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    total_tokens: int | None = None
    service_tier: str | None = None
    latency_ms: float | None = None
    cost_usd_reported: float | None = None
    status_recorded: str = "ok"
    error: str | None = None
    lower_bound: bool = False
    turns: int = 0
    tool_calls: int = 0
    prompt: str | None = None
    answer: str | None = None

    def continue_from(self, earlier: Call) -> None:
        """Take the place of an earlier record of the same call."""
        self.turns, self.tool_calls = earlier.turns, earlier.tool_calls
        self.prompt, self.answer = earlier.prompt, earlier.answer

    def say(self, text: str | None) -> None:
        """Add to the answer."""
        self.answer = joined(self.answer, text)


class Session(msgspec.Struct, kw_only=True):
    """A session as one file tells it.

    Turns that a call answers are counted with the call, so that a copy of it counts them no more;
    here are those that none did.
    """

    session_id: str
    agent_raw: str
    basis: Basis
    version: str | None = None
    project: str | None = None
    branch: str | None = None
    parent: str | None = None
    identity: str | None = None  #: of a printed result, the same in each copy of it
    ancestors: str | None = None
    began: str | None = None
    started: str | None = None
    ended: str | None = None
    wall_ms: float | None = None
    api_ms: float | None = None
    turns: int = 0
    tool_calls: int = 0
    calls: int | None = None
    asked: str | None = None  #: prompts since the last call, where they are wanted

    def see(self, timestamp: str | None) -> None:
        """Take note of a moment of the session."""
        if timestamp:
            self.began = self.began or timestamp
            self.started = min(self.started or timestamp, timestamp)
            self.ended = max(self.ended or timestamp, timestamp)

    def count_in(self, call: Call) -> None:
        """Let `call` have the turns and tools that were counted since the last one."""
        call.turns, self.turns = call.turns + self.turns, 0
        call.tool_calls, self.tool_calls = call.tool_calls + self.tool_calls, 0
        call.prompt, self.asked = self.asked, None

    def ask(self, text: str | None) -> None:
        """Add to the prompts that a call is going to answer."""
        self.asked = joined(self.asked, text)


_CALL = Call.__struct_fields__
_SESSION = tuple(name for name in Session.__struct_fields__ if name != "asked")
_call_values, _session_values = attrgetter(*_CALL), attrgetter(*_SESSION)


def write(
    file: EvidenceFile,
    rows: Rows,
    calls: Iterable[tuple[str, Call]],
    sessions: Iterable[tuple[str, Session]],
) -> None:
    """Write rows of calls and sessions, each with its place in the file."""
    write_call = rows.writer("calls", _CALL)
    for locator, call in calls:
        write_call((file.number, locator, *_call_values(call)))
    write_session = rows.writer("sessions", _SESSION)
    for locator, session in sessions:
        write_session((file.number, locator, *_session_values(session)))


def joined(text: str | None, more: str | None) -> str | None:
    """Return a text with more of it on a line of its own, as long as the longest answers are."""
    if not more:
        return text
    return shortened(f"{text}\n{more}" if text else more, MAX_CONTENT)


@lru_cache(maxsize=1024)
def project_of(folder: str | None) -> str | None:
    """Return the last part of a folder's path; ``~`` for a home folder.

    >>> project_of("/home/ann/code/shop"), project_of("/home/ann"), project_of("/")
    ('shop', '~', None)
    """
    parts = re.split(r"[\\/]+", mask(folder or "").rstrip("\\/"))
    return parts[-1] or None


def holds(data: bytes, *words: bytes) -> bool:
    """Tell whether the beginning of a file is JSON and the whole holds all `words`."""
    return data.lstrip()[:1] in (b"{", b"[") and all(word in data for word in words)
