"""Codex: rollouts, the files of its threads.

Checked with version 0.169.0.  Newer rollouts hold a record of each response; older ones only
counters of the thread, which are written again without a new call.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows, bullets
from speckit_analysis.formats.agents.written import Call, Session, joined, project_of, write
from speckit_analysis.formats.file import Count

AGENT = "codex"

#: What a model calls: tools of the program, of servers, of the provider.
_TOOL = re.compile(r"(?!.*output)(?:\w+_)?call")

_THREAD = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

#: From this version on, a sub-agent's rollout repeats nothing of its parent's.
_NO_REPLAY = (0, 142)


class Counters(msgspec.Struct, gc=False, frozen=True):
    """Tokens of a call, or of a thread up to now; cache and reasoning are inside."""

    input_tokens: Count | None = 0
    cached_input_tokens: Count | None = 0
    cache_write_input_tokens: Count | None = 0
    output_tokens: Count | None = 0
    reasoning_output_tokens: Count | None = 0

    def counts(self) -> tuple[int, ...]:
        """Return all counts; what is not told is 0."""
        return tuple(count or 0 for count in msgspec.structs.astuple(self))


class TokenInfo(msgspec.Struct, gc=False):
    """What a ``token_count`` tells."""

    total_token_usage: Counters | None = None
    last_token_usage: Counters | None = None


class Payload(msgspec.Struct, gc=False):
    """What is read of a record; other kinds of records use some of these names otherwise."""

    type: str | None = None
    id: Any = None
    session_id: Any = None
    forked_from_id: Any = None
    source: Any = None
    cwd: Any = None
    cli_version: Any = None
    git: Any = None
    model: Any = None
    effort: Any = None
    turn_id: Any = None
    response_id: Any = None
    info: TokenInfo | None = None
    usage: Counters | None = None
    thread_token_usage: Counters | None = None
    error: Any = None


class Record(msgspec.Struct, gc=False):
    """A line of a rollout."""

    timestamp: str | None = None
    type: str | None = None
    payload: Payload | None = None


class TextPayload(Payload, gc=False):
    """The same with what was said, where that is wanted."""

    role: Any = None
    content: Any = None


class TextRecord(Record, gc=False):
    """A line whose texts are wanted."""

    payload: TextPayload | None = None


_RECORD: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
_TEXT_RECORD: msgspec.json.Decoder[Record] = msgspec.json.Decoder(TextRecord)


class _Thread:
    """A thread as its rollout tells it, record by record."""

    def __init__(self, file: EvidenceFile) -> None:
        self.file = file
        self.session: Session | None = None
        self.place = ""
        self.calls: list[tuple[str, Call]] = []
        self.counted: Call | None = None
        self.seen: Counter[str] = Counter()
        self.responses: set[str] = set()
        self.failed: set[str | None] = set()
        self.turns: set[str] = set()
        self.said: str | None = None
        self.turn: str | None = None
        self.model: str | None = None
        self.effort: str | None = None
        self.total: tuple[int, ...] | None = None
        self.last: tuple[int, ...] | None = None

    def take(self, locator: str, record: Record) -> None:
        """Take note of what a record tells."""
        payload = record.payload
        if payload is None:
            return
        session = self._meta(locator, payload if record.type == "session_meta" else None)
        session.see(record.timestamp)
        if record.type == "turn_context":
            self._turn(session, payload)
        elif record.type == "token_usage_record":
            response = text_of(payload.response_id)
            self._count(
                session, locator, record, payload.usage, payload.thread_token_usage, response
            )
        elif record.type == "response_item" and _TOOL.fullmatch(payload.type or ""):
            session.tool_calls += 1
        elif record.type == "response_item" and isinstance(payload, TextPayload):
            self._say(session, payload)
        elif record.type == "event_msg" and payload.type == "token_count" and payload.info:
            info = payload.info
            self._count(
                session, locator, record, info.last_token_usage, info.total_token_usage, None
            )
        elif record.type == "event_msg" and payload.type == "task_complete" and payload.error:
            self._fail(session, locator, record, payload)

    def _meta(self, locator: str, payload: Payload | None) -> Session:
        """Take the first head of the file; others are those of threads that it repeats."""
        own = text_of(payload.id) if payload else None
        if self.session is not None:
            if own and own not in (self.session.session_id, *self._ancestors()):
                self.session.ancestors = ",".join([*self._ancestors(), own])
            return self.session
        head = payload or Payload()  # the first line is torn
        spawn = inside(head.source, "subagent", "thread_spawn", "parent_thread_id")
        of_session = text_of(head.session_id)
        parent = text_of(head.forked_from_id) or text_of(spawn)
        parent = parent or (of_session if of_session != own else None)
        version = text_of(head.cli_version)
        repeats = head.forked_from_id or _release(version) < _NO_REPLAY
        self.place = locator
        named = _THREAD.search(self.file.name)
        self.session = Session(
            session_id=own or of_session or (named[0] if named else self.file.name),
            agent_raw=AGENT,
            basis="session",
            version=version,
            project=project_of(text_of(head.cwd)),
            branch=text_of(inside(head.git, "branch")),
            parent=parent,
            ancestors=parent if repeats else None,
        )
        return self.session

    def _ancestors(self) -> list[str]:
        told = self.session.ancestors if self.session else None
        return told.split(",") if told else []

    def _turn(self, session: Session, payload: Payload) -> None:
        self.turn = text_of(payload.turn_id)
        if self.turn is None or self.turn not in self.turns:
            session.turns += 1
        if self.turn is not None:
            self.turns.add(self.turn)
        self.model = text_of(payload.model) or self.model
        self.effort = text_of(payload.effort)

    def _say(self, session: Session, payload: TextPayload) -> None:
        """Keep a text: the answer stands before what counts its tokens."""
        for part in payload.content if isinstance(payload.content, list) else ():
            text = text_of(inside(part, "text"))
            if payload.role == "user" and not (text or "").startswith("<environment_context>"):
                session.ask(text)
            elif payload.role == "assistant":
                self.said = joined(self.said, text)

    def _count(
        self,
        session: Session,
        locator: str,
        record: Record,
        usage: Counters | None,
        counters: Counters | None,
        response: str | None,
    ) -> None:
        """Count a call, unless what tells of it told of it before."""
        last = usage.counts() if usage else None
        total = counters.counts() if counters else None
        if response in self.responses:
            return
        if self.counted is not None and self._is_told_again(last, total):
            self.total = total or self.total
            if response is None:
                return
            if self.counted.usage_source != "response":  # its counter came first
                self.responses.add(response)
                self.counted.identity = self.counted.call_id = response
                self.counted.usage_source = "response"
                return
        used, source = self._used(last, total, response)
        self.total, self.last = total, last
        if used is None or not any(used[:2] + used[3:]):
            return
        if response is not None:
            self.responses.add(response)
        call = self._call(session, record, response, source)
        call.prompt_tokens, call.cached_tokens, call.cache_write_tokens = used[:3]
        call.completion_tokens, call.reasoning_tokens = used[3:]
        call.total_tokens = used[0] + used[3]
        call.running_total = ",".join(map(str, total or used))
        self.seen[call.running_total] += 1  # counters that were set back may come there again
        if call.identity is None:
            order = self.seen[call.running_total]
            call.identity = f"{call.session_id}|{call.running_total}|{order}"
        self.counted = call
        self.calls.append((locator, call))

    def _is_told_again(self, last: tuple[int, ...] | None, total: tuple[int, ...] | None) -> bool:
        if total is None or self.total is None:
            return total is not self.total and last == self.last
        return total == self.total

    def _used(
        self, last: tuple[int, ...] | None, total: tuple[int, ...] | None, response: str | None
    ) -> tuple[tuple[int, ...] | None, str]:
        """Return what a call used, and where that is told.

        The counters tell it as well as the last call does.  What grew by more holds a call that no
        record tells of; what shrank was set back.
        """
        if response is not None:
            return last, "response"
        if total is None or (self.total is None and last is not None):
            return last, "counter"
        before = self.total or (0,) * len(total)
        grown = tuple(now - then for now, then in zip(total, before, strict=True))
        if min(grown) < 0:
            return (total, "difference") if last is None else (last, "counter")
        more = last is None or all(g >= n for g, n in zip(grown, last, strict=True))
        return (grown, "difference") if more and grown != last else (last, "counter")

    def _call(self, session: Session, record: Record, response: str | None, source: str) -> Call:
        call = Call(
            session_id=session.session_id,
            agent_raw=AGENT,
            basis="session",
            usage_source=source,
            identity=response,
            counted_as="openai",
            turn=self.turn,
            call_id=response,
            timestamp=record.timestamp,
            model_requested=self.model,
            reasoning_mode=self.effort,
        )
        session.count_in(call)
        call.answer, self.said = self.said, None
        return call

    def _fail(self, session: Session, locator: str, record: Record, payload: Payload) -> None:
        turn = text_of(payload.turn_id) or self.turn
        if turn in self.failed:
            return
        self.failed.add(turn)
        call = self._call(session, record, None, "event")
        call.identity = call.call_id = turn
        call.status_recorded = "error"
        call.error = text_of(inside(payload.error, "message")) or text_of(payload.error) or "error"
        self.calls.append((locator, call))


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write a call for each response of a thread, and the thread as a session."""
    thread = _Thread(file)
    for locator, record in file.decode_lines(_TEXT_RECORD if file.content else _RECORD):
        thread.take(locator, record)
    if thread.session is not None:
        write(file, rows, thread.calls, [(thread.place, thread.session)])


def text_of(value: Any) -> str | None:
    """Return a text that says something; None for what is none."""
    return value if isinstance(value, str) and value else None


def inside(value: Any, *names: str) -> Any:
    """Return what stands under these names, one within the other."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _release(version: str | None) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version or "")[:2]))


FORMAT = Format(
    name="codex-rollout",
    title="Rollout of Codex: one thread",
    about=bullets(
        "A response is one row of `calls`, from its `token_usage_record`. Older rollouts hold "
        "counters only (`token_count`): a call is by what they grew, and counters that are "
        "written again are none.",
        "`prompt_tokens` holds what came from the cache. `completion_tokens` is the output "
        "without reasoning, which the log counts inside.",
        "What a fork or a sub-agent repeats is known by comparing its records with those that "
        "its parent had when it began: same counters in the same order, and the same turn "
        "where turns have ids. Time between records decides nothing.",
        "A turn that failed is a failed call without tokens. The model is the one that was "
        "asked for (`turn_context`); what answered is not in the log, nor is the service tier.",
        "`rollout-….jsonl.zst` is read as well.",
        "Checked with version 0.169.0.",
    ),
    endings=(".jsonl", ".jsonl.zst"),
    patterns=(re.compile(r"rollout-(?P<thread>.+)\.jsonl(?:\.zst)?"),),
    read=read,
    knows=lambda name, data: (
        name.endswith((".jsonl", ".jsonl.zst", ".json"))
        and b'"session_meta"' in data[:65536]
        and b'"payload"' in data[:65536]
    ),
    schemas={"codex-rollout": Record},
    in_pieces=True,
    finds_dry_runs=True,
    may_be_empty=True,
)
