"""Sessions of Claude Code: each answer once, with its final count, in the session that made it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from agent_logs import answer, lines, moment, prompt, put, totals

import speckit_analysis as sk

TOOL = {"type": "tool_use", "id": "tool-1", "name": "Bash", "input": {"command": "ls"}}
THOUGHT = {"type": "thinking", "thinking": "hm"}


def loaded(*roots: Path) -> sk.Evidence:
    return sk.load(*roots, processes=1)


def test_an_answer_is_counted_with_cache_inside_the_prompt(tmp_path: Path) -> None:
    written = {"ephemeral_5m_input_tokens": 15, "ephemeral_1h_input_tokens": 25}
    put(tmp_path / "a.jsonl", prompt(0), answer("m", 1, {"cache_creation": written}))
    evidence = loaded(tmp_path)
    call = evidence.calls.iloc[0]
    counts = ["prompt_tokens", "cached_tokens", "cache_write_tokens", "cache_write_1h_tokens"]
    assert call[[*counts, "completion_tokens"]].tolist() == [350, 300, 40, 25, 20]
    price = (10 * 3 + 300 * 0.3 + 15 * 3.75 + 25 * 6 + 20 * 15) / 1e6
    assert call["cost_usd"] == pytest.approx(price)
    assert (call["model_observed"], call["basis"]) == ("claude-sonnet-4-5", "session")
    assert call["call_id"] == "m"
    session = evidence.sessions.iloc[0]
    told = session[["session_id", "agent", "version", "project", "branch", "turns", "calls"]]
    assert told.tolist() == ["s-1", "claude", "2.1.100", "shop", "main", 1, 1]
    assert session["cost_usd"] == pytest.approx(price)
    assert (session["ended"] - session["started"]).total_seconds() == 1
    assert evidence.runs.empty


def test_of_the_lines_of_an_answer_the_final_one_counts(tmp_path: Path) -> None:
    put(
        tmp_path / "a.jsonl",
        answer("m", 1, {"output_tokens": 3}, block=THOUGHT, stop=None),
        answer("m", 2, {"output_tokens": 900}, block=TOOL, stop="tool_use"),
        answer("m", 3, {"output_tokens": 3}, block=TOOL, stop=None),
    )
    evidence = loaded(tmp_path)
    assert evidence.calls["completion_tokens"].tolist() == [900]
    assert evidence.sessions["tool_calls"].tolist() == [1]
    assert not evidence.calls["lower_bound"].any()


def test_an_answer_without_a_final_line_is_a_lower_bound(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", answer("m", 1, {"output_tokens": 3}, stop=None), answer("n", 2))
    evidence = loaded(tmp_path)
    assert evidence.calls["lower_bound"].tolist() == [True, False]
    assert evidence.sessions["lower_bound"].tolist() == [True]


def test_a_fork_repeats_what_counts_in_the_session_before_it(tmp_path: Path) -> None:
    first = [prompt(0), answer("m", 1, block=TOOL), prompt(2), answer("n", 3)]
    copied = [record | {"sessionId": "s-0"} for record in first]
    put(tmp_path / "z.jsonl", *first)
    put(tmp_path / "a.jsonl", *copied, prompt(60, "s-0"), answer("o", 61, session="s-0"))
    evidence = loaded(tmp_path)
    assert evidence.calls.groupby("session_id").size().to_dict() == {"s-1": 2, "s-0": 1}
    sessions = evidence.sessions.set_index("session_id")
    assert sessions.loc["s-0", ["parent", "repeats", "turns"]].tolist() == ["s-1", 2, 1]
    assert sessions.loc["s-1", ["repeats", "turns", "tool_calls"]].tolist() == [0, 2, 1]
    assert f"{sessions.loc['s-0', 'started']:%H:%M:%S}" == "14:01:01"
    problem = evidence.problems.query("kind == 'repeated_call'").iloc[0]
    assert (problem["source"], problem["message"][:7]) == ("a.jsonl", "2 calls")


def test_a_line_that_says_where_it_was_copied_from_names_the_parent(tmp_path: Path) -> None:
    origin = {"forkedFrom": {"sessionId": "gone", "messageUuid": "u"}}
    put(tmp_path / "a.jsonl", answer("m", 1, **origin))
    assert loaded(tmp_path).sessions["parent"].tolist() == ["gone"]


def test_a_sub_agent_is_a_session_of_its_own(tmp_path: Path) -> None:
    side = {"isSidechain": True, "agentId": "7f"}
    put(tmp_path / "s-1.jsonl", prompt(0), answer("m", 1), answer("o", 9))
    put(
        tmp_path / "s-1" / "subagents" / "agent-7f.jsonl",
        prompt(2, **side),
        answer("m", 1, **side),  # what its parent said to it
        answer("n", 3, **side),
    )
    evidence = loaded(tmp_path)
    calls = evidence.calls.groupby("session_id")["call_id"].agg(list).to_dict()
    assert calls == {"s-1": ["m", "o"], "s-1/agent-7f": ["n"]}
    assert evidence.sessions.set_index("session_id").loc["s-1/agent-7f", "parent"] == "s-1"


def test_a_copy_in_a_sidechain_has_another_request_and_is_no_other_call(tmp_path: Path) -> None:
    put(
        tmp_path / "a.jsonl",
        answer("m", 1, isSidechain=True, requestId="req-x"),
        answer("m", 2, requestId="req-y"),
    )
    calls = loaded(tmp_path).calls
    assert calls["timestamp"].dt.second.tolist() == [2]


@pytest.mark.parametrize(
    ("requests", "calls"),
    [(("r", "r"), 1), ((None, None), 1), (("r", None), 1), (("r", "q"), 2), (("r", "q", "q"), 2)],
)
def test_requests_tell_calls_apart_that_a_gateway_numbers_alike(
    tmp_path: Path, requests: tuple[str | None, ...], calls: int
) -> None:
    records = [answer("m", n, requestId=request) for n, request in enumerate(requests)]
    put(tmp_path / "a.jsonl", *records)
    assert totals(tmp_path)[0] == calls


def test_answers_without_an_id_are_calls_of_their_own(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", answer(None, 1), answer(None, 2), answer("", 3))
    assert totals(tmp_path)[0] == 3
    put(tmp_path / "copy" / "a.jsonl", answer(None, 1), answer(None, 2), answer("", 3))
    assert totals(tmp_path)[0] == 3


def test_an_error_is_a_failed_call_and_a_note_of_the_program_is_none(tmp_path: Path) -> None:
    failed = answer("e", 1, isApiErrorMessage=True, error="rate_limit", apiErrorStatus=429)
    failed["message"] |= {"model": "<synthetic>", "usage": {"input_tokens": 0, "output_tokens": 0}}
    note = answer("x", 2)
    note["message"] |= {"model": "<synthetic>"}
    put(tmp_path / "a.jsonl", failed, note)
    evidence = loaded(tmp_path)
    call = evidence.calls.iloc[0]
    assert (len(evidence.calls), call["status"]) == (1, "error")
    assert call["error"].startswith("rate_limit: 429")
    assert call[["prompt_tokens", "cost_usd"]].isna().all()
    session = evidence.sessions.iloc[0]
    assert session[["calls", "calls_failed", "lower_bound"]].tolist() == [1, 1, False]


def test_prompts_are_counted_and_not_what_tools_and_programs_say(tmp_path: Path) -> None:
    result = [{"type": "tool_result", "tool_use_id": "tool-1", "content": "files"}]
    put(
        tmp_path / "a.jsonl",
        prompt(0),
        answer("m", 1, block=TOOL),
        prompt(2, content=result),
        prompt(3, isMeta=True),
        prompt(4, isCompactSummary=True),
        answer("n", 5),
        prompt(6),  # still waiting
    )
    assert loaded(tmp_path).sessions["turns"].tolist() == [2]
    put(tmp_path / "earlier" / "a.jsonl", prompt(0))
    assert loaded(tmp_path).sessions["turns"].tolist() == [2]


def test_a_cost_that_old_versions_wrote_is_kept_beside_the_computed_one(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", answer("m", 1, costUSD=0.25))
    evidence = loaded(tmp_path)
    assert evidence.calls["cost_usd_reported"].tolist() == [0.25]
    assert evidence.sessions["cost_usd_reported"].tolist() == [0.25]


def test_speed_that_was_paid_for_is_not_priced_as_usual(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", answer("m", 1, {"speed": "fast", "service_tier": "standard"}))
    evidence = loaded(tmp_path)
    assert evidence.calls["service_tier"].tolist() == ["fast"]
    usual = (10 * 3 + 300 * 0.3 + 40 * 3.75 + 20 * 15) / 1e6
    cost = evidence.calls["cost_usd"]
    assert cost.isna().all() or (cost > usual).all()


SESSION = [prompt(0), answer("m", 1), prompt(2), answer("n", 3, {"output_tokens": 7})]
TOTALS = (2, 700, 600, 27, 0)


def test_a_folder_given_twice_or_with_its_parent_or_copied_changes_nothing(tmp_path: Path) -> None:
    put(tmp_path / "projects" / "shop" / "s-1.jsonl", *SESSION)
    assert totals(tmp_path) == TOTALS
    assert totals(tmp_path / "projects", tmp_path / "projects") == TOTALS
    assert totals(tmp_path / "projects" / "shop", tmp_path) == TOTALS
    put(tmp_path / "backup" / "shop" / "s-1.jsonl", *SESSION[:2])
    assert totals(tmp_path) == TOTALS
    sessions = loaded(tmp_path).sessions
    assert sessions[["turns", "repeats", "sources"]].to_numpy().tolist() == [[2, 0, 2]]


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_files_changes_no_session(tmp_path: Path, order: int) -> None:
    fork = [record | {"sessionId": "s-2"} for record in SESSION]
    fork += [answer("o", 70, session="s-2")]
    names = ["a.jsonl", "b.jsonl"][::order]
    put(tmp_path / names[0], *SESSION)
    put(tmp_path / names[1], *fork)
    assert loaded(tmp_path).calls["session_id"].value_counts().to_dict() == {"s-1": 2, "s-2": 1}


@pytest.mark.parametrize(
    "how",
    [{"separators": (" , ", " : ")}, {"sort_keys": True}, {"ensure_ascii": False}, {"indent": 2}],
)
def test_white_space_and_the_order_of_keys_change_nothing(
    tmp_path: Path, how: dict[str, object]
) -> None:
    put(tmp_path / "a.jsonl", *SESSION, **how)
    assert totals(tmp_path) == TOTALS


BROKEN = {
    "torn at the end": (lines(SESSION) + lines([answer("o", 5)])[:150], "invalid_json"),
    "torn within": (
        lines(SESSION[:2]) + lines([answer("o", 5)])[:150] + "\n" + lines(SESSION[2:]),
        "invalid_json",
    ),
    "two on a line": (lines(SESSION[:1]) + lines(SESSION[1:]).replace("\n", ""), "invalid_json"),
    "a byte order mark": ("\ufeff" + lines(SESSION), "encoding"),
    "half a sign": (
        lines(SESSION[:1]) + lines([prompt(1, content="\ud83d")]) + lines(SESSION[1:]),
        None,
    ),
    "another line": (lines([{"type": "summary", "summary": "x"}]) + lines(SESSION), None),
    "no type": (lines([*SESSION, {"sessionId": "s-1"}]), None),
}


@pytest.mark.parametrize("damage", BROKEN)
def test_what_can_be_read_of_a_damaged_session_counts(tmp_path: Path, damage: str) -> None:
    content, kind = BROKEN[damage]
    (tmp_path / "a.jsonl").write_text(content, encoding="utf-8")
    assert totals(tmp_path) == TOTALS
    problems = loaded(tmp_path).problems
    serious = problems[problems["severity"].isin(["warning", "error"]) | (problems["kind"] == kind)]
    assert set(serious["kind"]) == ({kind} if kind else set())
    assert serious["number"].sum() == (kind is not None)


@pytest.mark.parametrize("torn", [False, True])
def test_a_session_too_large_to_be_held_is_read_in_pieces(tmp_path: Path, torn: bool) -> None:
    text = "word " * 200
    records = [line for n in range(200) for line in (prompt(n, content=text), answer(f"m{n}", n))]
    path = put(tmp_path / "a.jsonl", *records)
    if torn:
        path.write_bytes(path.read_bytes()[:-40])
    whole, pieces = loaded(tmp_path), sk.load(tmp_path, processes=1, max_bytes=20_000)
    assert len(whole.calls) == 200 - torn
    columns = ["call_id", "prompt_tokens", "completion_tokens", "locator"]
    assert pieces.calls[columns].astype("string").equals(whole.calls[columns].astype("string"))
    assert pieces.problems["kind"].tolist() == ["invalid_json"] * torn
    assert pieces.files["sha256"].tolist() == whole.files["sha256"].tolist()
    assert pieces.files["bytes"].tolist() == whole.files["bytes"].tolist()


def test_files_of_other_tools_in_the_folder_are_listed_and_not_counted(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", *SESSION)
    put(tmp_path / "history.jsonl", {"display": "go on", "timestamp": 1, "project": "/srv"})
    index = {"version": 1, "entries": [{"sessionId": "s-1", "messageCount": 2}]}
    (tmp_path / "sessions-index.json").write_text(json.dumps(index))
    evidence = loaded(tmp_path)
    assert totals(tmp_path) == TOTALS
    formats = evidence.files.set_index("source")["format"].astype(str)
    assert formats["a.jsonl"] == "claude-session"
    assert set(formats.drop("a.jsonl")) == {"unrecognised"}


def test_no_prompt_and_no_answer_is_in_any_table(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", prompt(0, content="WORDS"), answer("m", 1, block={"text": "WORDS"}))
    evidence = loaded(tmp_path)
    assert not any("WORDS" in evidence[name].to_csv() for name in evidence)


def test_prompts_and_answers_are_read_masked_if_asked_for(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "also"}, {"type": "text", "text": "mail ann@x.org"}]
    put(
        tmp_path / "a.jsonl",
        prompt(0, content="token=ghp_abcdefghijklmnop1234"),
        prompt(1, content=parts),
        answer("m", 2, block=THOUGHT, stop=None),
        answer("m", 3, block={"type": "text", "text": "first"}),
        answer("m", 4, block={"type": "text", "text": "second"}),
        answer("n", 5, block=TOOL),
    )
    calls = sk.load(tmp_path, processes=1, content=True).calls
    asked = "token=[masked]\nalso\nmail [masked]"
    assert calls["prompt"].fillna("").tolist() == [asked, ""]
    assert calls["answer"].fillna("").tolist() == ["first\nsecond", ""]


def result(session: str = "s-1", uuid: str = "r", **changes: object) -> dict[str, object]:
    model = {"inputTokens": 20, "outputTokens": 27, "cacheReadInputTokens": 600}
    model |= {"cacheCreationInputTokens": 80, "costUSD": 0.5}
    document = {"type": "result", "subtype": "success", "session_id": session, "uuid": uuid}
    document |= {"is_error": False, "duration_ms": 900, "duration_api_ms": 700}
    document |= {"total_cost_usd": 0.5, "usage": {"input_tokens": 20, "output_tokens": 27}}
    return document | {"modelUsage": {"claude-sonnet-4-5": model}} | changes


def test_what_was_printed_counts_where_the_session_is_not_here(tmp_path: Path) -> None:
    (tmp_path / "first.json").write_text(json.dumps(result()))
    (tmp_path / "again.json").write_text(json.dumps(result(), indent=1))
    (tmp_path / "resumed.out").write_text(json.dumps(result(uuid="q")))
    assert totals(tmp_path) == (2, 1400, 1200, 54, 0)
    evidence = loaded(tmp_path)
    session = evidence.sessions.iloc[0]
    assert session[["basis", "turns", "wall_ms", "api_ms"]].tolist() == ["result", 2, 1800, 1400]
    assert session["cost_usd_reported"] == 1.0
    assert session[["calls", "cost_usd"]].isna().all()
    put(tmp_path / "s-1.jsonl", *SESSION)
    assert totals(tmp_path) == TOTALS
    session = loaded(tmp_path).sessions.iloc[0]
    assert session[["basis", "turns", "wall_ms", "api_ms", "calls"]].tolist() == [
        *("session", 2, 3000, 1400, 2)
    ]


def test_a_printed_stream_counts_by_its_result_alone(tmp_path: Path) -> None:
    start = {"type": "system", "subtype": "init", "session_id": "s-1", "cwd": "/srv/code/shop"}
    part = answer("m", 1)["message"]
    said = {"type": "assistant", "session_id": "s-1", "message": part, "uuid": "u"}
    put(tmp_path / "stream.out", start, said, result())
    (tmp_path / "list.json").write_text(json.dumps([start, said, result()]))
    assert totals(tmp_path) == (1, 700, 600, 27, 0)
    assert loaded(tmp_path).sessions["project"].tolist() == ["shop"]


def test_a_printed_failure_is_a_failed_call(tmp_path: Path) -> None:
    failed = result(is_error=True, api_error_status=429, modelUsage={}, result="rate limit")
    (tmp_path / "failed.json").write_text(json.dumps(failed))
    call = loaded(tmp_path).calls.iloc[0]
    assert (call["status"], call["error"]) == ("error", "429: rate limit")


def test_moments_are_those_of_the_log(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", *SESSION)
    assert [f"{at:%Y-%m-%dT%H:%M:%S.000Z}" for at in loaded(tmp_path).calls["timestamp"]] == [
        moment(1),
        moment(3),
    ]
