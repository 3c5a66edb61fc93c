"""Real captures of the three programs against the servers' truth, and against another counter."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from needs import needs
from shared_files import SHARED

import speckit_analysis as sk

LOGS, CASES = SHARED / "agent_logs", SHARED / "cases"
COUNTS = ["prompt_tokens", "cached_tokens", "cache_write_tokens", "cache_write_1h_tokens"]
COUNTS += ["completion_tokens", "reasoning_tokens"]

pytestmark = needs(LOGS, CASES)

# What the servers answered: as in the READMEs there, in the order of COUNTS.
CLAUDE = (16_734, 15_000, 500, 0, 567, 0)
CLAUDE_TOOL = (15_014, 12_000, 3_000, 2_000, 210, 0)
CODEX = (2_345, 1_000, 0, 0, 378, 512)
CODEX_TOOL = (1_234, 200, 0, 0, 36, 64)
GEMINI = (1_234, 300, 0, 0, 567, 100)
GEMINI_TOOL = (1_234, 300, 0, 0, 20, 36)


def answers(evidence: sk.Evidence) -> list[tuple[int, ...]]:
    """Return the counts of calls that were answered, sorted."""
    calls = evidence.calls[evidence.calls["status"] == "ok"]
    return sorted(calls[COUNTS].fillna(0).astype(int).itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("folder", "truth", "failed", "sessions", "usd"),
    [
        ("claude/projects", [CLAUDE] * 4 + [CLAUDE_TOOL] * 2, 2, 7, 4 * 0.018582 + 2 * 0.022542),
        ("codex/sessions", [CODEX] * 3 + [CODEX_TOOL], 3, 6, None),
        ("gemini/chats", [GEMINI] * 4 + [GEMINI_TOOL] * 2, 0, 5, None),
    ],
)
@pytest.mark.parametrize("whole", [False, True])
def test_every_call_of_a_capture_is_counted_as_the_server_answered(
    folder: str,
    truth: list[tuple[int, ...]],
    failed: int,
    sessions: int,
    usd: float | None,
    whole: bool,
) -> None:
    """Also where what was printed, and telemetry, lie beside the sessions."""
    evidence = sk.load(LOGS / (folder.split("/")[0] if whole else folder), progress=False)
    assert answers(evidence) == sorted(truth)
    assert len(evidence.sessions) == sessions
    if folder != "gemini/chats":
        assert (evidence.calls["status"] == "error").sum() == failed
    if usd is not None:
        assert evidence.calls["cost_usd"].sum() == pytest.approx(usd)
    assert "error" not in set(evidence.problems["severity"].astype(str))


@pytest.mark.parametrize(
    ("pattern", "truth"),
    [
        ("claude/p_json.stdout", [CLAUDE]),
        ("claude/p_stream.stdout", [CLAUDE]),
        ("claude/p_tool_json.stdout", [tuple(map(sum, zip(CLAUDE, CLAUDE_TOOL, strict=True)))]),
        ("claude/p_tool_stream.stdout", [tuple(map(sum, zip(CLAUDE, CLAUDE_TOOL, strict=True)))]),
        ("codex/exec_ok.stdout", [CODEX]),
        ("codex/exec_tool.stdout", [tuple(map(sum, zip(CODEX, CODEX_TOOL, strict=True)))]),
        ("gemini/p_json.stdout", [GEMINI]),
        ("gemini/p_stream.stdout", [GEMINI]),
        ("gemini/p_tool_json.stdout", [tuple(map(sum, zip(GEMINI, GEMINI_TOOL, strict=True)))]),
        ("gemini/p_tool_stream.stdout", [tuple(map(sum, zip(GEMINI, GEMINI_TOOL, strict=True)))]),
        ("gemini/telemetry.log", [GEMINI] * 4 + [GEMINI_TOOL] * 2),
        ("otlp/logs.jsonl", [CODEX] * 4 + [CLAUDE] * 4 + [GEMINI] * 2),
    ],
)
def test_what_was_printed_or_sent_is_what_the_server_answered(
    pattern: str, truth: list[tuple[int, ...]]
) -> None:
    assert answers(sk.load(LOGS / pattern, progress=False)) == sorted(truth)


def test_telemetry_tells_how_long_calls_took_and_which_failed() -> None:
    calls = sk.load(LOGS / "gemini", progress=False).calls
    assert calls["latency_ms"].notna().all()
    assert (calls["status"] == "error").sum() == 3


@pytest.mark.parametrize(
    ("case", "calls", "counts", "usd"),
    [
        ("n01-claude-one-answer-three-lines", 1, (15_182, 0, 15_178, 0, 120, 0), 0.0587295),
        ("n03-codex-counter-repeated", 2, (300, 120, 0, 0, 65, 15), None),
    ],
)
def test_a_case_comes_out_right(
    case: str, calls: int, counts: tuple[int, ...], usd: float | None
) -> None:
    evidence = sk.load(CASES / case, progress=False)
    found = evidence.calls[COUNTS].fillna(0).astype(int).sum()
    assert (len(evidence.calls), *found) == (calls, *counts)
    if usd is not None:
        assert evidence.calls["cost_usd"].sum() == pytest.approx(usd)


CCUSAGE = os.environ.get("CCUSAGE") or shutil.which("ccusage")


@pytest.mark.skipif(CCUSAGE is None, reason="ccusage is not installed; CCUSAGE can name it")
@pytest.mark.parametrize("agent", ["claude", "codex", "gemini"])
def test_another_counter_counts_the_captures_alike(agent: str, tmp_path: Path) -> None:
    home = tmp_path / agent
    shutil.copytree(LOGS / agent, home / "tmp" / "shop" if agent == "gemini" else home)
    variable = {"claude": "CLAUDE_CONFIG_DIR", "codex": "CODEX_HOME", "gemini": "GEMINI_DATA_DIR"}
    for folder in ("projects", "sessions", "tmp"):
        (tmp_path / "none" / folder).mkdir(parents=True)
    others = {name: str(tmp_path / "none") for name in variable.values()}
    environment = {**os.environ, "HOME": str(tmp_path), **others, variable[agent]: str(home)}
    command = [str(CCUSAGE), "daily", "--json", "--offline"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout)["totals"]
    calls = sk.load(home, progress=False).calls
    ours = calls[COUNTS].sum()
    output = ours["completion_tokens"] + ours["reasoning_tokens"]
    written = 0 if pd.isna(ours["cache_write_tokens"]) else ours["cache_write_tokens"]
    fresh = ours["prompt_tokens"] - ours["cached_tokens"] - written
    names = ("inputTokens", "cacheReadTokens", "cacheCreationTokens", "totalTokens")
    found = (fresh, ours["cached_tokens"], written, ours["prompt_tokens"] + output)
    assert tuple(theirs[name] for name in names) == tuple(map(int, found))
