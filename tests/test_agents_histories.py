"""Random histories of sessions, forks, sub-agents and copies: every call counts once."""

from __future__ import annotations

import random
from pathlib import Path

from agent_logs import Four, Record, answer, counter, head, prompt, put, totals, turn
from simulations import repeated

Event = tuple[str, Four, Four]


def plus(first: Four, second: Four) -> Four:
    return tuple(map(sum, zip(first, second, strict=True)))  # type: ignore[return-value]


def some_call(draw: random.Random) -> Four:
    """Few sizes, so that equal calls are frequent."""
    reasoning = draw.randint(0, 1) * 5
    return draw.randint(1, 2) * 100, draw.randint(0, 1) * 20, draw.randint(1, 2) * 10, reasoning


def codex(root: Path, draw: random.Random) -> list[Four]:
    """Write threads, forks of them that repeat some of their history, and copies cut short."""
    calls: list[Four] = []
    threads: dict[str, list[Event]] = {}
    second = 0
    for number in range(draw.randint(1, 5)):
        name = f"t{number}"
        second += 100
        parent = draw.choice(list(threads)) if threads and draw.random() < 0.8 else None
        origin: Record = {}
        events: list[Event] = []
        if parent is not None:
            origin = draw.choice(
                [
                    {"forked_from_id": parent},
                    {"source": {"subagent": {"thread_spawn": {"parent_thread_id": parent}}}},
                    {"session_id": parent, "cli_version": "0.150.0"},  # repeats nothing
                ]
            )
            if "cli_version" not in origin:
                events = threads[parent][: draw.randint(0, len(threads[parent]))]
        records = [head(name, second, **origin)]
        if events and draw.random() < 0.5:
            records.append(head(str(parent), second))
        for turn_id, total, last in events:
            records += [turn(second, turn_id), counter(second, total, last)]
        total = events[-1][1] if events else (0, 0, 0, 0)
        events = list(events)
        for own in range(draw.randint(0, 5)):
            last = some_call(draw)
            total = plus(total, last)
            second += draw.randint(0, 2)
            events.append((f"{name}-{own}", total, last))
            records.append(turn(second, f"{name}-{own}"))
            records += [counter(second, total, last)] * draw.randint(1, 2)
            calls.append(last)
        threads[name] = events
        put(root / "sessions" / f"rollout-{name}.jsonl", *records)
        if draw.random() < 0.4:
            part = records[: draw.randint(1, len(records))]
            put(root / "archived_sessions" / f"rollout-{name}.jsonl", *part)
    return calls


def claude(root: Path, draw: random.Random) -> list[Four]:
    """Write sessions, forks that begin with lines of another session, and copies cut short."""
    calls: list[Four] = []
    sessions: list[list[Record]] = []
    second = 0
    for number in range(draw.randint(1, 4)):
        name, records = f"s{number}", list[Record]()
        if sessions and draw.random() < 0.6:
            lines = draw.choice(sessions)
            records = [line | {"sessionId": name} for line in lines[: draw.randint(0, len(lines))]]
        for _ in range(draw.randint(0, 4)):
            second += 1
            message, output = f"m{len(calls)}", draw.randint(1, 3)
            records.append(prompt(second, name))
            if draw.random() < 0.5:
                records.append(answer(message, second, {"output_tokens": 1}, name, stop=None))
            records.append(answer(message, second, {"output_tokens": output}, name))
            calls.append((350, 300, output, 0))
        sessions.append(records)
        put(root / "projects" / f"{name}.jsonl", *records)
        if draw.random() < 0.4:
            put(root / "backup" / f"{name}.jsonl", *records[: draw.randint(0, len(records))])
    return calls


@repeated(briefly=10, long=150)
def test_every_call_of_a_history_counts_once(repeats: int, tmp_path: Path) -> None:
    for seed in range(repeats):
        draw, root = random.Random(seed), tmp_path / str(seed)
        calls = codex(root / "codex", draw) + claude(root / "claude", draw)
        sums = [sum(call[place] for call in calls) for place in range(4)]
        prompt_tokens, cached, output, reasoning = sums
        expected = (len(calls), prompt_tokens, cached, output - reasoning, reasoning)
        assert totals(root) == expected, f"history {seed}"
