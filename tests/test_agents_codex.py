"""Rollouts of Codex: what each call used, from records or counters, and what a fork repeats."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from agent_logs import (
    Four,
    Record,
    counter,
    counters,
    head,
    lines,
    moment,
    put,
    response,
    totals,
    turn,
)

import speckit_analysis as sk

A: Four = (100, 40, 30, 10)
B: Four = (200, 90, 50, 20)
C: Four = (300, 10, 70, 5)


def loaded(*roots: Path) -> sk.Evidence:
    return sk.load(*roots, processes=1)


def plus(*counts: Four) -> Four:
    return tuple(map(sum, zip(*counts, strict=True)))  # type: ignore[return-value]


def expected(*calls: Four) -> tuple[int, ...]:
    """What :func:`totals` says of these calls: reasoning stands beside the output."""
    prompt, cached, output, reasoning = plus(*calls)
    return len(calls), prompt, cached, output - reasoning, reasoning


def rollout(folder: Path, thread: str, *records: Record) -> Path:
    return put(folder / f"rollout-2026-03-02T14-00-00-{thread}.jsonl", *records)


def test_a_response_is_counted_by_its_record_and_not_by_its_counter(tmp_path: Path) -> None:
    rollout(
        tmp_path,
        "t1",
        head("t1", 0, cli_version="0.169.0"),
        turn(1),
        response(2, "resp-1", A, A),
        counter(3, A, A),
        turn(4, model="gpt-5"),
        response(5, "resp-2", B, plus(A, B)),
        counter(6, plus(A, B), B),
        response(7, "resp-2", B, plus(A, B)),
    )
    evidence = loaded(tmp_path)
    assert totals(tmp_path) == expected(A, B)
    calls = evidence.calls
    assert calls["call_id"].tolist() == ["resp-1", "resp-2"]
    assert calls["model_requested"].tolist() == ["gpt-5-codex", "gpt-5"]
    assert calls["usage_source"].tolist() == ["response"] * 2
    prices = [(60 * 1.25 + 40 * 0.125 + 30 * 10) / 1e6, (110 * 1.25 + 90 * 0.125 + 500) / 1e6]
    assert calls["cost_usd"].tolist() == pytest.approx(prices)
    session = evidence.sessions.iloc[0]
    told = session[["session_id", "agent", "project", "branch", "turns", "version"]].tolist()
    assert told == ["t1", "codex", "shop", "main", 2, "0.169.0"]


def test_a_counter_before_its_record_is_the_same_call(tmp_path: Path) -> None:
    rollout(tmp_path, "t1", head("t1", 0), counter(2, A, A), response(3, "resp-1", A, A))
    assert totals(tmp_path) == expected(A)
    assert loaded(tmp_path).calls["call_id"].tolist() == ["resp-1"]


def test_a_thread_that_an_older_version_began_keeps_its_first_calls(tmp_path: Path) -> None:
    rollout(
        tmp_path,
        "t1",
        head("t1", 0),
        *counters(1, A, B),
        response(9, "resp-1", C, plus(A, B, C)),
        counter(10, plus(A, B, C), C),
    )
    assert totals(tmp_path) == expected(A, B, C)


COUNTERS: dict[str, tuple[list[Record], tuple[Four, ...]]] = {
    "told again": ([counter(1, A, A), counter(2, A, A), counter(3, plus(A, B), B)], (A, B)),
    "equal calls": (counters(1, A, A, A), (A, A, A)),
    "no last call": ([counter(1, A), counter(2, A), counter(3, plus(A, B))], (A, B)),
    "only the last call": ([counter(1, None, A), counter(2, None, B)], (A, B)),
    "set back": ([*counters(1, A, B), *counters(5, C)], (A, B, C)),
    "set back to the same": ([*counters(1, A, B), *counters(5, A)], (A, B, A)),
    "a call between": ([counter(1, A, A), counter(2, plus(A, B, C), C)], (A, plus(B, C))),
    "a note after": (
        [counter(1, A, A), counter(2, A, (0, 0, 0, 0)), *counters(3, B, before=A)],
        (A, B),
    ),
    "nothing used": ([counter(1, A, A), counter(2, A, (0, 0, 0, 0))], (A,)),
}


@pytest.mark.parametrize("case", COUNTERS)
def test_counters_are_told_apart(tmp_path: Path, case: str) -> None:
    records, calls = COUNTERS[case]
    rollout(tmp_path, "t1", head("t1", 0), turn(0), *records)
    assert totals(tmp_path) == expected(*calls)


def test_counters_that_are_null_are_none(tmp_path: Path) -> None:
    empty = counter(1, A, A)
    empty["payload"]["info"] = None
    rollout(tmp_path, "t1", head("t1", 0), empty)
    evidence = loaded(tmp_path)
    assert (len(evidence.calls), len(evidence.problems)) == (0, 0)


PARENT = [head("p", 0), turn(0, "t-1"), *counters(1, A, B)]


def replayed(second: float, *, turns: bool = True, metas: bool = True) -> list[Record]:
    """The parent's records as a fork repeats them: with moments of its own."""
    records = [head("p", 0)] if metas else []
    records += [turn(0, "t-1")] if turns else []
    return [record | {"timestamp": moment(second)} for record in (*records, *counters(1, A, B))]


@pytest.mark.parametrize("turns", [True, False])
@pytest.mark.parametrize("metas", [True, False])
@pytest.mark.parametrize(
    "origin",
    [
        {"forked_from_id": "p"},
        {"source": {"subagent": {"thread_spawn": {"parent_thread_id": "p", "depth": 1}}}},
        {"session_id": "p"},
    ],
)
def test_what_a_fork_or_a_sub_agent_repeats_counts_with_its_parent(
    tmp_path: Path, origin: Record, metas: bool, turns: bool
) -> None:
    rollout(tmp_path, "p", *PARENT)
    own = counters(60, C, before=plus(A, B))  # within the second in which it began
    rollout(tmp_path, "f", head("f", 60, **origin), *replayed(60, turns=turns, metas=metas), *own)
    assert totals(tmp_path) == expected(A, B, C)
    sessions = loaded(tmp_path).sessions.set_index("session_id")
    assert sessions.loc["f", ["parent", "repeats", "calls"]].tolist() == ["p", 2, 1]
    assert sessions.loc["p", ["repeats", "calls"]].tolist() == [0, 2]
    assert sessions.loc["f", "prompt_tokens"] == C[0]


def test_a_fork_without_history_is_counted_from_its_parents_counters_on(tmp_path: Path) -> None:
    rollout(tmp_path, "p", *PARENT)
    rollout(tmp_path, "f", head("f", 60, forked_from_id="p"), counter(61, plus(A, B, C), C))
    assert totals(tmp_path) == expected(A, B, C)
    rollout(tmp_path, "f", head("f", 60, forked_from_id="p"), counter(61, plus(A, B, C)))
    assert totals(tmp_path) == expected(A, B, C)


def test_what_the_parent_did_after_the_fork_is_not_what_the_fork_did(tmp_path: Path) -> None:
    """Both ask the same next, at the same price."""
    rollout(tmp_path, "p", *PARENT, *counters(90, C, before=plus(A, B)))
    own = counters(95, C, before=plus(A, B))
    rollout(tmp_path, "f", head("f", 60, forked_from_id="p"), *replayed(60), *own)
    assert totals(tmp_path) == expected(A, B, C, C)


def test_a_torn_record_in_a_repeated_history_loses_nothing_else(tmp_path: Path) -> None:
    rollout(tmp_path, "p", *PARENT)
    history = replayed(60)
    own = counters(61, C, before=plus(A, B))
    path = rollout(tmp_path, "f", head("f", 60, forked_from_id="p"))
    torn = lines([history[2]])[:90] + "\n"
    content = [lines(history[:2]), torn, lines([*history[3:], *own])]
    path.write_text(path.read_text() + "".join(content))
    assert totals(tmp_path) == expected(A, B, C)


def test_a_sub_agent_of_a_newer_version_repeats_nothing(tmp_path: Path) -> None:
    """Its first call may well use what its parent's first call used."""
    rollout(tmp_path, "p", head("p", 0, cli_version="0.150.0"), *counters(1, A, B))
    rollout(tmp_path, "f", head("f", 60, cli_version="0.150.0", session_id="p"), *counters(60, A))
    assert totals(tmp_path) == expected(A, B, A)
    assert loaded(tmp_path).sessions.set_index("session_id").loc["f", "parent"] == "p"


def test_a_turn_of_its_own_is_no_repeated_one(tmp_path: Path) -> None:
    rollout(tmp_path, "p", *PARENT)
    rollout(tmp_path, "f", head("f", 60, session_id="p"), turn(60, "t-9"), *counters(60, A))
    assert totals(tmp_path) == expected(A, B, A)


def test_a_fork_of_a_fork_repeats_both(tmp_path: Path) -> None:
    rollout(tmp_path, "p", *PARENT)
    first = [head("f", 60, forked_from_id="p"), *replayed(60)]
    rollout(tmp_path, "f", *first, *counters(61, C, before=plus(A, B)))
    again = [head("g", 90, forked_from_id="f"), head("f", 60), *replayed(90)]
    again += counters(90, C, A, before=plus(A, B))
    rollout(tmp_path, "g", *again)
    assert totals(tmp_path) == expected(A, B, C, A)
    (tmp_path / "rollout-2026-03-02T14-00-00-f.jsonl").unlink()
    assert totals(tmp_path) == expected(A, B, C, A)


def test_two_forks_of_a_thread_that_is_gone_count_its_calls_once(tmp_path: Path) -> None:
    for name, second, call in (("f", 60, C), ("g", 90, B)):
        own = counters(second, call, before=plus(A, B))
        rollout(tmp_path, name, head(name, second, forked_from_id="p"), *replayed(second), *own)
    assert totals(tmp_path) == expected(A, B, C, B)


def test_responses_that_a_fork_repeats_are_known_by_their_id(tmp_path: Path) -> None:
    rollout(tmp_path, "p", head("p", 0), response(1, "resp-1", A, A))
    rollout(
        tmp_path,
        "f",
        head("f", 60, forked_from_id="p"),
        response(60, "resp-1", A, A),
        response(61, "resp-2", A, plus(A, A)),
    )
    assert totals(tmp_path) == expected(A, A)
    assert loaded(tmp_path).calls["session_id"].tolist() == ["f", "p"]


def test_an_active_and_an_archived_copy_are_one_thread(tmp_path: Path) -> None:
    rollout(tmp_path / "sessions", "p", *PARENT, *counters(9, C, before=plus(A, B)))
    rollout(tmp_path / "archived_sessions", "p", *PARENT)
    assert totals(tmp_path) == expected(A, B, C)
    assert loaded(tmp_path).sessions[["calls", "repeats"]].to_numpy().tolist() == [[3, 0]]


def test_a_packed_rollout_is_read(tmp_path: Path) -> None:
    data = lines(PARENT).encode()
    path = tmp_path / "rollout-2026-03-02T14-00-00-p.jsonl.zst"
    with pa.CompressedOutputStream(str(path), "zstd") as stream:
        stream.write(data)
    assert totals(tmp_path) == expected(A, B)
    path.write_bytes(path.read_bytes()[:-9])
    assert totals(tmp_path)[0] <= 2
    assert "ends too early" in loaded(tmp_path).problems["message"].iloc[0]


def test_a_turn_that_failed_is_a_failed_call(tmp_path: Path) -> None:
    payload = {"type": "task_complete", "turn_id": "t-1", "error": {"message": "high demand"}}
    failed = {"timestamp": moment(5), "type": "event_msg", "payload": payload}
    rollout(tmp_path, "p", *PARENT, failed)
    rollout(tmp_path, "f", head("f", 60, forked_from_id="p"), *replayed(60), failed)
    calls = loaded(tmp_path).calls
    errors = calls[calls["status"] == "error"]
    assert errors[["error", "session_id", "call_id"]].to_numpy().tolist() == [
        ["high demand", "p", "t-1"]
    ]
    assert totals(tmp_path)[1:] == expected(A, B)[1:]


def test_tools_are_counted_by_what_the_model_called(tmp_path: Path) -> None:
    kinds = ("function_call", "function_call_output", "custom_tool_call", "message", "reasoning")
    items = [
        {"timestamp": moment(1), "type": "response_item", "payload": {"type": kind, "content": []}}
        for kind in (*kinds, "local_shell_call", "web_search_call", "custom_tool_call_output")
    ]
    rollout(tmp_path, "p", head("p", 0), *items, *counters(2, A))
    assert loaded(tmp_path).sessions["tool_calls"].tolist() == [4]


def test_a_thread_without_its_head_is_known_by_the_name_of_its_file(tmp_path: Path) -> None:
    thread = "01a00000-0000-7000-8000-00000000000f"
    path = rollout(tmp_path, thread, *PARENT)
    path.write_text(path.read_text().partition("\n")[2])
    assert totals(tmp_path) == expected(A, B)
    assert loaded(tmp_path).sessions["session_id"].tolist() == [thread]


@pytest.mark.parametrize("how", [{"separators": (" , ", " : ")}, {"sort_keys": True}])
def test_white_space_and_the_order_of_keys_change_nothing(
    tmp_path: Path, how: dict[str, object]
) -> None:
    rollout(tmp_path, "p", *PARENT)
    own = counters(60, C, before=plus(A, B))
    fork = [head("f", 60, forked_from_id="p"), *replayed(60), *own]
    put(tmp_path / "rollout-2026-03-02T14-00-00-f.jsonl", *fork, **how)
    assert totals(tmp_path) == expected(A, B, C)


def test_prompts_and_answers_are_read_if_asked_for(tmp_path: Path) -> None:
    def said(second: float, role: str, text: str) -> Record:
        payload = {"type": "message", "role": role, "content": [{"type": "text", "text": text}]}
        return {"timestamp": moment(second), "type": "response_item", "payload": payload}

    context = said(0, "user", "<environment_context> linux")
    talk = [context, said(1, "user", "plan"), said(2, "assistant", "done")]
    rollout(tmp_path, "p", head("p", 0), *talk, *counters(3, A, B))
    calls = sk.load(tmp_path, processes=1, content=True).calls
    assert calls[["prompt", "answer"]].fillna("").to_numpy().tolist() == [
        ["plan", "done"],
        ["", ""],
    ]
    assert loaded(tmp_path).calls[["prompt", "answer"]].isna().all(axis=None)


def printed(thread: str, *runs: Four) -> str:
    events: list[Record] = [{"type": "thread.started", "thread_id": thread}]
    for counts in runs:
        names = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens")
        done = {"type": "command_execution", "exit_code": 0}
        events += [{"type": "turn.started"}, {"type": "item.completed", "item": done}]
        told = dict(zip(names, counts, strict=True))
        events += [{"type": "turn.completed", "usage": told}]
    return lines(events)


def test_what_was_printed_is_the_sum_of_the_thread_up_to_then(tmp_path: Path) -> None:
    (tmp_path / "resumed.jsonl").write_text(printed("p", plus(A, B)))
    (tmp_path / "first.jsonl").write_text(printed("p", A))
    (tmp_path / "copy.jsonl").write_text(printed("p", A))
    prompt, cached, output, reasoning = plus(A, B)
    assert totals(tmp_path) == (1, prompt, cached, output - reasoning, reasoning)
    session = loaded(tmp_path).sessions.iloc[0]
    assert session[["basis", "turns", "tool_calls"]].tolist() == ["result", 2, 2]
    rollout(tmp_path, "p", *PARENT)
    assert totals(tmp_path) == expected(A, B)


def test_a_printed_failure_is_a_failed_call(tmp_path: Path) -> None:
    failed = {"type": "turn.failed", "error": {"message": "high demand"}}
    warning = {"type": "item.completed", "item": {"type": "error", "message": "no metadata"}}
    (tmp_path / "x.out").write_text(printed("p") + json.dumps(warning) + "\n" + json.dumps(failed))
    calls = loaded(tmp_path).calls
    assert calls[["status", "error"]].to_numpy().tolist() == [["error", "high demand"]]
