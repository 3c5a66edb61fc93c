"""What agents spent: sums by group and by the clock of a zone, and the command that shows them."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from agent_logs import answer, chat, counters, head, prompt, put, reply, turn
from click.testing import CliRunner, Result

import speckit_analysis as sk
from speckit_analysis.analysis.sessions import spending
from speckit_analysis.analysis.wording import usd
from speckit_analysis.cli import main
from speckit_analysis.errors import EvidenceError
from speckit_analysis.evidence.places import usual_places

UTC = ZoneInfo("UTC")
CLAUDE_USD = (10 * 3 + 300 * 0.3 + 40 * 3.75 + 20 * 15) / 1e6
CODEX_USD = (60 * 1.25 + 40 * 0.125 + 30 * 10) / 1e6
GEMINI_USD = (70 * 1.25 + 30 * 0.125 + 25 * 10) / 1e6

LATE = "2026-03-02T23:30:00.000Z"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a session of each agent, in the usual places."""
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TZ", "UTC")
    late = answer("n", 2, timestamp=LATE, gitBranch="fix")
    put(tmp_path / ".claude/projects/shop/s-1.jsonl", prompt(0), answer("m", 1), late)
    rollout = [head("t-1", 0, cwd="/srv/code/till"), turn(0), *counters(1, (100, 40, 30, 10))]
    put(tmp_path / ".codex/sessions/2026/03/02/rollout-t-1.jsonl", *rollout)
    put(tmp_path / ".gemini/tmp/shop/chats/session-1.jsonl", chat("g-1"), reply("x", 1))
    return tmp_path


def calls_in(home: Path, zone: ZoneInfo = UTC) -> pd.DataFrame:
    evidence = sk.load(home, processes=1)
    return spending.of_sessions(evidence.calls, evidence.sessions, zone)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["sessions", *arguments])


def rows(*arguments: str) -> list[dict[str, object]]:
    result = run(*arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def test_spending_is_summed_by_agent_and_sorted_by_cost(home: Path) -> None:
    table = spending.spent(calls_in(home), ["agent"])
    assert table["agent"].tolist() == ["claude", "codex", "gemini"]
    assert table["cost_usd"].tolist() == pytest.approx([2 * CLAUDE_USD, CODEX_USD, GEMINI_USD])
    assert table[["sessions", "calls", "failed", "unpriced"]].to_numpy().tolist() == [
        [1, 2, 0, 0],
        [1, 1, 0, 0],
        [1, 1, 0, 0],
    ]
    assert table["cached_share"].tolist() == pytest.approx([600 / 700, 0.4, 0.3])
    assert table["output_tokens"].tolist() == [40, 30, 25]


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("model", {"claude-sonnet-4-5", "gpt-5-codex", "gemini-2.5-pro"}),
        ("project", {"shop", "till"}),
        ("branch", {"fix", "main", None}),
        ("session", {"s-1", "t-1", "g-1"}),
    ],
)
def test_spending_is_told_by_what_calls_and_sessions_say(
    home: Path, by: str, names: set[str | None]
) -> None:
    table = spending.spent(calls_in(home), [by])
    found = {None if pd.isna(name) else str(name) for name in table[spending.GROUPS[by]]}
    assert found == names
    whole = 2 * CLAUDE_USD + CODEX_USD + GEMINI_USD
    assert table["cost_usd"].sum() == pytest.approx(whole)


@pytest.mark.parametrize(
    ("zone", "days"),
    [("UTC", {"2026-03-02": 4}), ("Europe/Berlin", {"2026-03-02": 3, "2026-03-03": 1})],
)
def test_days_begin_by_the_clock_of_one_zone(home: Path, zone: str, days: dict[str, int]) -> None:
    table = spending.spent(calls_in(home, ZoneInfo(zone)), ["day"])
    assert {f"{row.day:%Y-%m-%d}": row.calls for row in table.itertuples()} == days


def test_since_and_until_are_by_the_same_clock(home: Path) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    calls = calls_in(home, berlin)
    assert len(spending.within(calls, "2026-03-03", None, berlin)) == 1
    assert len(spending.within(calls, None, "2026-03-02", berlin)) == 3
    assert len(spending.within(calls, LATE, None, berlin)) == 1
    with pytest.raises(EvidenceError, match="no such date"):
        spending.within(calls, "soon", None, berlin)


def test_what_was_spent_lately_is_said(home: Path) -> None:
    calls = calls_in(home)
    tuesday = pd.Timestamp("2026-03-03T12:00", tz="UTC")
    spent = 2 * CLAUDE_USD + CODEX_USD + GEMINI_USD
    said = spending.recent_sentence(calls, tuesday)
    assert said == f"Today {usd(0.0)}, yesterday {usd(spent)}, this week {usd(spent)}."


def test_what_is_unknown_is_said(home: Path) -> None:
    foreign = answer("p", 3, stop=None)
    foreign["message"]["model"] = "house-model-1"
    put(home / ".claude/projects/shop/s-2.jsonl", foreign | {"sessionId": "s-2"})
    said = spending.unknown_sentence(calls_in(home))
    assert "1 call is unknown" in said
    assert "1 call was written before the final count" in said
    assert spending.spent(calls_in(home), ["agent"])["unpriced"].tolist() == [1, 0, 0]


def test_without_a_path_the_usual_places_are_read_and_named(home: Path) -> None:
    result = run("--by", "agent", "--format", "json")
    assert {row["agent"] for row in json.loads(result.stdout)} == {"claude", "codex", "gemini"}
    assert f"Read {home}/.claude/projects" in result.stderr
    assert "Days are those of UTC" in result.stderr


def test_variables_move_the_usual_places(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".claude").rename(home / "one")
    put(home / "two/projects/till/s-9.jsonl", answer("z", 1, session="s-9"))
    (home / ".codex").rename(home / "codex")
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", f"{home}/one, {home}/two")
    monkeypatch.setenv("CODEX_HOME", str(home / "codex"))
    assert {row["session_id"] for row in rows("--by", "session")} == {"s-1", "s-9", "t-1", "g-1"}
    config = {"XDG_CONFIG_HOME": "/etc/xdg"}
    assert Path("/etc/xdg/claude/projects") in usual_places(config)


def test_a_week_without_a_call_says_when_the_last_one_was(home: Path) -> None:
    result = run()
    assert result.exit_code == 0
    assert "the last one was on 2026-03-02" in result.stdout
    assert rows("--since", "2026-03")


def test_this_week_is_shown_by_day_and_model(home: Path) -> None:
    now = f"{pd.Timestamp.now('UTC'):%Y-%m-%dT%H:%M:%S.000Z}"
    put(home / ".claude/projects/shop/s-3.jsonl", answer("q", 1, session="s-3", timestamp=now))
    (row,) = rows()
    assert (row["model_id"], row["calls"]) == ("claude-sonnet-4-5", 1)
    assert str(row["day"])[:10] == now[:10]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--by", "pet"], "no such group"),
        (["--zone", "Mars"], "no such time zone"),
        (["--since", "soon"], "no such date"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(home: Path, arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, said in result.output) == (2, True)


def test_no_logs_end_with_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "none"))
    result = run()
    assert (result.exit_code, "name a folder" in result.output) == (2, True)
    result = run(str(sk.sample_path()))
    assert (result.exit_code, "no sessions of agents" in result.output) == (2, True)
