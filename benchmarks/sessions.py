"""How fast logs of Claude Code, Codex and Gemini CLI load, beside ccusage where it is installed.

``python benchmarks/sessions.py`` makes logs with forks, resumes, sub-agents and spaces in the JSON,
whose true number of tokens is known, and loads them: cold, and warm where nothing is new.  Every
method runs in a fresh process, and they take turns: compare ratios within one run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

#: What a message weighs in a log beside its counts: text of prompts, answers and tools.
FILLING = "the quick brown fox jumps over the lazy dog and writes a test "

START = datetime(2026, 9, 1, 8, tzinfo=UTC)

Record = dict[str, Any]


class Logs:
    """Logs in a folder, and the tokens that were truly used.

    Parameters
    ----------
    folder : Path
        Where they go.
    seed : int
        Of all that is drawn.
    """

    def __init__(self, folder: Path, seed: int = 7) -> None:
        self.folder = folder
        self.random = random.Random(seed)  # noqa: S311 - logs, and no secrets
        self.tokens = 0
        self.calls = 0
        self.bytes = 0
        self._at = START

    def write(self, path: str, records: list[Record], *, spaced: bool = False) -> None:
        """Write records as lines; `spaced` as other writers of JSON space them."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        separators = (", ", ": ") if spaced else (",", ":")
        text = "".join(json.dumps(one, separators=separators) + "\n" for one in records)
        target.write_text(text, encoding="utf-8")
        self.bytes += len(text)

    def moment(self) -> str:
        """Return the next moment."""
        self._at += timedelta(seconds=self.random.randint(2, 90))
        return self._at.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def text(self, least: int = 4) -> str:
        """Return what somebody may have said."""
        return FILLING * self.random.randint(least, 10 * least)

    def count(self, *parts: int) -> None:
        """Count a call with its parts of tokens."""
        self.tokens += sum(parts)
        self.calls += 1

    def claude(self, number: int, messages: int) -> None:
        """Write a session of Claude Code, now and then with a sub-agent and a fork."""
        session, project = f"c{number:07d}-0000-4000-8000-000000000000", f"-home-dev-p{number % 12}"
        lines = self._claude_lines(session, messages, f"{number}m")
        self.write(f"claude/projects/{project}/{session}.jsonl", lines, spaced=number % 5 == 0)
        if number % 4 == 0:
            own = self._claude_lines(session, messages // 4, f"{number}s", isSidechain=True)
            path = f"claude/projects/{project}/{session}/subagents/agent-{number}.jsonl"
            self.write(path, own)
        if number % 6 == 0:  # a fork repeats what was said, under its own session
            fork = f"f{session[1:]}"
            repeated = [one | {"sessionId": fork} for one in lines]
            more = self._claude_lines(fork, messages // 3, f"{number}f")
            self.write(f"claude/projects/{project}/{fork}.jsonl", repeated + more)

    def _claude_lines(self, session: str, messages: int, mark: str, **more: Any) -> list[Record]:
        about = {"sessionId": session, "version": "2.1.197", "cwd": "/home/dev/p", **more}
        lines: list[Record] = []
        for at in range(messages):
            said = {"role": "user", "content": self.text()}
            lines.append(about | {"type": "user", "message": said, "timestamp": self.moment()})
            new, write = self.random.randint(3, 3000), self.random.randint(0, 5000)
            read, out = self.random.randint(0, 90_000), self.random.randint(20, 1500)
            usage = {
                "input_tokens": new,
                "cache_creation_input_tokens": write,
                "cache_read_input_tokens": read,
                "output_tokens": out,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": write,
                    "ephemeral_1h_input_tokens": 0,
                },
                "service_tier": "standard",
            }
            self.count(new, write, read, out)
            for block in range(self.random.randint(1, 3)):
                content = [{"type": "text", "text": self.text()}]
                message = {
                    "id": f"msg_{mark}_{at}",
                    "type": "message",
                    "role": "assistant",
                    "model": self.random.choice(["claude-sonnet-4-5", "claude-opus-4-5"])
                    if block == 0
                    else lines[-1]["message"]["model"],
                    "content": content,
                    "usage": usage,
                }
                line = {"type": "assistant", "message": message, "requestId": f"req_{mark}_{at}"}
                lines.append(about | line | {"timestamp": self.moment()})
        return lines

    def codex(self, number: int, calls: int) -> None:
        """Write a rollout of Codex."""
        thread = f"01a1fa9f-0000-7000-8000-{number:012d}"
        lines: list[Record] = []

        def add(kind: str, payload: Record) -> None:
            lines.append(
                {
                    "timestamp": self.moment(),
                    "ordinal": len(lines),
                    "type": kind,
                    "payload": payload,
                }
            )

        about = {"session_id": thread, "id": thread, "cwd": "/home/dev/p", "cli_version": "0.169.0"}
        add("session_meta", about | {"originator": "codex_exec", "source": "exec"})
        whole = dict.fromkeys(("input", "cached_input", "output", "reasoning_output", "total"), 0)
        for at in range(calls):
            add("turn_context", {"turn_id": f"t{number}-{at}", "model": "gpt-5-codex"})
            said = {"type": "message", "role": "user"}
            add("response_item", said | {"content": [{"type": "input_text", "text": self.text()}]})
            given, out = self.random.randint(500, 40_000), self.random.randint(20, 2000)
            own = {"input": given, "cached_input": given // 2, "output": out}
            own |= {"reasoning_output": out // 3, "total": given + out}
            whole = {name: whole[name] + own[name] for name in whole}
            self.count(given, out)
            usage, total = ({f"{k}_tokens": v for k, v in one.items()} for one in (own, whole))
            ids = {"thread_id": thread, "turn_id": f"t{number}-{at}", "session_id": thread}
            record = {"response_id": f"resp_{number}_{at}", "usage": usage}
            add("token_usage_record", ids | record | {"thread_token_usage": total})
            info = {"last_token_usage": usage, "total_token_usage": total}
            add("event_msg", {"type": "token_count", "info": info, "rate_limits": None})
        day = START + timedelta(days=number % 60)
        path = f"codex/sessions/{day:%Y/%m/%d}/rollout-{day:%Y-%m-%dT%H-%M-%S}-{thread}.jsonl"
        self.write(path, lines, spaced=number % 7 == 0)

    def gemini(self, number: int, messages: int) -> None:
        """Write a chat of Gemini CLI, whose messages are written again with their tool calls."""
        session = f"9{number:07d}-0000-4000-8000-000000000000"
        lines: list[Record] = [
            {"sessionId": session, "projectHash": f"{number % 9:064d}", "kind": "main"}
        ]
        for at in range(messages):
            lines.append({"id": f"u{number}-{at}", "timestamp": self.moment(), "type": "user"})
            lines[-1]["content"] = [{"text": self.text()}]
            given, out = self.random.randint(500, 30_000), self.random.randint(20, 1500)
            thoughts = self.random.randint(0, 500)
            tokens = {"input": given, "output": out, "cached": given // 3, "thoughts": thoughts}
            tokens |= {"tool": 0, "total": given + out + thoughts}
            self.count(given, out, thoughts)
            answer = {"id": f"g{number}-{at}", "timestamp": self.moment(), "type": "gemini"}
            answer |= {"content": self.text(), "tokens": tokens, "model": "gemini-2.5-pro"}
            lines.append(answer)
            if at % 3 == 0:
                lines.append(answer | {"toolCalls": [{"name": "shell", "status": "success"}]})
        stamp = f"{START + timedelta(days=number % 60):%Y-%m-%dT%H-%M}"
        path = f"gemini/tmp/p{number % 9}/chats/session-{stamp}-{session[:8]}.jsonl"
        self.write(path, lines)


def make(folder: Path, megabytes: float) -> Logs:
    """Write logs of about so many megabytes: two parts of Claude Code, one each of the others."""
    logs = Logs(folder)
    number = 0
    while logs.bytes < megabytes * 1e6:
        for write in (logs.claude, logs.claude, logs.codex, logs.gemini):
            number += 1
            write(number, logs.random.randint(20, 400))
    return logs


def load(folder: Path) -> tuple[int, int]:
    """Return calls and tokens as the project counts them."""
    import speckit_analysis as sk

    calls = sk.load(folder, progress=False).calls
    counts = calls[["prompt_tokens", "completion_tokens", "reasoning_tokens"]]
    return len(calls), int(counts.sum().sum())


def ccusage(folder: Path) -> tuple[int, int]:
    """Return tokens as ccusage counts them, which tells no calls."""
    places = {
        "CLAUDE_CONFIG_DIR": folder / "claude",
        "CODEX_HOME": folder / "codex",
        "GEMINI_DATA_DIR": folder / "gemini",
    }
    names = os.environ | {name: str(path) for name, path in places.items()}
    command = ["ccusage", "daily", "--json", "--offline"]
    told = json.loads(subprocess.run(command, env=names, check=True, capture_output=True).stdout)
    return 0, int(told["totals"]["totalTokens"])


METHODS = {"ours": load, "ccusage": ccusage}


def run(method: str, folder: Path) -> Record:
    """Return what a method measures of itself, in a fresh process."""
    command = [sys.executable, __file__, "--measure", method, "--folder", str(folder)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def measure(method: str, folder: Path) -> None:
    """Print wall and CPU seconds, peak memory, calls and tokens of a method, imports apart."""
    if method == "ours":
        import speckit_analysis as sk

        sk.load(sk.sample_path(), progress=False)
    whose = resource.RUSAGE_SELF if method == "ours" else resource.RUSAGE_CHILDREN
    before, start = resource.getrusage(whose), time.perf_counter()
    calls, tokens = METHODS[method](folder)
    wall, after = time.perf_counter() - start, resource.getrusage(whose)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if method == "ours":  # of its workers too
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu += children.ru_utime + children.ru_stime
    told = {"wall": wall, "cpu": cpu, "memory_mb": after.ru_maxrss / 1024}
    print(json.dumps(told | {"calls": calls, "tokens": tokens}))


def main() -> None:
    """Make logs, let methods take turns, and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", choices=METHODS)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    if asked.measure:
        measure(asked.measure, asked.folder)
        return
    methods = [name for name in METHODS if name == "ours" or shutil.which(name)]
    with tempfile.TemporaryDirectory() as place:
        logs = make(Path(place), asked.megabytes)
        print(f"{logs.bytes / 1e6:.0f} MB, {logs.calls:,} calls, {logs.tokens:,} tokens")
        rounds = [{name: run(name, Path(place)) for name in methods} for _ in range(asked.rounds)]
    for name in methods:
        own = [one[name] for one in rounds]
        best = {key: min(one[key] for one in own) for key in ("wall", "cpu", "memory_mb")}
        off = own[0]["tokens"] - logs.tokens
        took = f"{best['wall']:.2f} s wall, {best['cpu']:.2f} s CPU, {best['memory_mb']:.0f} MB"
        print(f"{name}: {took}, tokens off by {off:,}")


if __name__ == "__main__":
    main()
