"""Chats, printed results and telemetry of Gemini CLI, and OTLP of any program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from agent_logs import Record, answer, asked, chat, moment, prompt, put, reply, totals

import speckit_analysis as sk

Attributes = dict[str, Any]


def loaded(*roots: Path) -> sk.Evidence:
    return sk.load(*roots, processes=1)


CHAT = [chat("s-1"), asked("q", 0), reply("m", 1), reply("m", 1, tools=2), reply("n", 2)]
TOTALS = (2, 200, 60, 40, 10)


def test_an_answer_is_counted_as_its_last_record_tells_it(tmp_path: Path) -> None:
    put(tmp_path / "tmp" / "shop" / "chats" / "session-1.jsonl", *CHAT)
    evidence = loaded(tmp_path)
    assert totals(tmp_path) == TOTALS
    price = (70 * 1.25 + 30 * 0.125 + 25 * 10) / 1e6
    assert evidence.calls["cost_usd"].tolist() == pytest.approx([price] * 2)
    session = evidence.sessions.iloc[0]
    told = session[["session_id", "agent", "project", "turns", "tool_calls", "calls"]].tolist()
    assert told == ["s-1", "gemini", "shop", 1, 2, 2]


def test_tokens_of_tools_are_part_of_the_prompt(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", chat("s-1"), reply("m", 1, tool=7))
    assert totals(tmp_path)[1] == 107


def test_cached_tokens_beside_the_input_are_added_to_it(tmp_path: Path) -> None:
    """The total tells which of both it is."""
    put(tmp_path / "a.jsonl", chat("s-1"), reply("m", 1, total=155))
    assert totals(tmp_path) == (1, 130, 30, 20, 5)


def test_a_chat_that_moved_to_another_form_counts_once(tmp_path: Path) -> None:
    document = chat("s-1") | {"messages": CHAT[1:2] + CHAT[3:]}
    (tmp_path / "session-1.json").write_text(json.dumps(document, indent=2))
    assert totals(tmp_path) == TOTALS
    put(tmp_path / "session-1.jsonl", *CHAT, reply("o", 90))
    assert totals(tmp_path)[0] == 3
    session = loaded(tmp_path).sessions.iloc[0]
    assert session[["turns", "tool_calls", "repeats", "sources"]].tolist() == [1, 2, 0, 2]


def test_messages_that_a_resumed_chat_sets_again_count_once(tmp_path: Path) -> None:
    context = asked("c", 0, [{"text": "<session_context>\nlinux"}])
    again = {"$set": {"messages": [context, *CHAT[1:2], *CHAT[3:]]}}
    put(tmp_path / "a.jsonl", *CHAT, again, {"$set": {"lastUpdated": moment(9)}}, reply("o", 9))
    assert totals(tmp_path)[0] == 3
    assert loaded(tmp_path).sessions["turns"].tolist() == [1]


def test_an_answer_that_was_taken_back_was_paid_for(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", *CHAT, {"$rewindTo": "m"}, reply("o", 9))
    assert totals(tmp_path)[0] == 3


def test_what_a_tool_answers_is_no_prompt(tmp_path: Path) -> None:
    part = {"functionResponse": {"id": "t", "name": "list", "response": {"output": "none"}}}
    put(tmp_path / "a.jsonl", *CHAT, asked("t", 3, [part]), asked("w", 4, {"text": "and now?"}))
    assert loaded(tmp_path).sessions["turns"].tolist() == [2]


def test_a_sub_agent_lies_in_the_folder_of_its_parent(tmp_path: Path) -> None:
    chats = tmp_path / "shop" / "chats"
    put(chats / "session-1.jsonl", *CHAT)
    put(chats / "s-1" / "s-2.jsonl", chat("s-2", kind="subagent"), reply("x", 5))
    evidence = loaded(tmp_path)
    sessions = evidence.sessions.set_index("session_id")
    assert sessions.loc["s-2", ["parent", "project", "calls"]].tolist() == ["s-1", "shop", 1]


def test_equal_ids_in_two_chats_are_two_calls_and_a_copied_message_is_one(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", chat("s-1"), reply("m", 1))
    put(tmp_path / "b.jsonl", chat("s-2", 5), reply("m", 6))
    assert totals(tmp_path)[0] == 2
    put(tmp_path / "c.jsonl", chat("s-3", 9), reply("m", 1), reply("o", 10))
    assert totals(tmp_path)[0] == 3


def test_an_answer_without_tokens_is_a_call_of_unknown_size(tmp_path: Path) -> None:
    broken = reply("m", 1) | {"tokens": None}
    put(tmp_path / "a.jsonl", chat("s-1"), broken, reply("n", 2))
    evidence = loaded(tmp_path)
    assert evidence.calls["lower_bound"].tolist() == [True, False]
    session = evidence.sessions.iloc[0]
    assert session[["calls", "prompt_tokens", "lower_bound"]].tolist() == [2, 100, True]
    assert session[["cost_usd"]].isna().all()


def test_prompts_and_answers_are_read_if_asked_for(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", *CHAT, asked("w", 4, {"text": "and now?"}), reply("o", 5))
    calls = sk.load(tmp_path, processes=1, content=True).calls
    assert calls["prompt"].fillna("").tolist() == ["plan", "", "and now?"]
    assert calls["answer"].tolist() == ["done"] * 3


STATS = {
    "api": {"totalRequests": 2, "totalErrors": 0, "totalLatencyMs": 480},
    "tokens": {"input": 140, "prompt": 200, "candidates": 40, "total": 250}
    | {"cached": 60, "thoughts": 10, "tool": 0},
}
FLAT = {"total_tokens": 250, "input_tokens": 200, "output_tokens": 40, "cached": 60, "input": 140}


def printed(session: str = "s-1") -> Record:
    stats = {"models": {"gemini-2.5-pro": STATS}, "tools": {"totalCalls": 2}}
    return {"session_id": session, "response": "done", "stats": stats}


def test_what_was_printed_counts_where_the_chat_is_not_here(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(printed(), indent=2))
    (tmp_path / "copy.out").write_text(json.dumps(printed()))
    assert totals(tmp_path) == (1, 200, 60, 40, 10)
    session = loaded(tmp_path).sessions.iloc[0]
    assert session[["basis", "calls", "tool_calls", "api_ms"]].tolist() == ["result", 2, 2, 480]
    put(tmp_path / "chats" / "session-1.jsonl", *CHAT)
    assert totals(tmp_path) == TOTALS
    session = loaded(tmp_path).sessions.iloc[0]
    assert session[["basis", "calls", "tool_calls", "api_ms"]].tolist() == ["session", 2, 2, 480]


def test_a_printed_stream_tells_thoughts_in_its_total_alone(tmp_path: Path) -> None:
    start = {"type": "init", "timestamp": moment(0), "session_id": "s-1", "model": "auto"}
    stats = FLAT | {"duration_ms": 600, "tool_calls": 2, "models": {"gemini-2.5-pro": FLAT}}
    end = {"type": "result", "timestamp": moment(3), "status": "success", "stats": stats}
    put(tmp_path / "stream.out", start, end)
    assert totals(tmp_path) == (1, 200, 60, 40, 10)
    price = (140 * 1.25 + 60 * 0.125 + 50 * 10) / 1e6
    assert loaded(tmp_path).calls["cost_usd"].tolist() == pytest.approx([price])


def event(name: str, second: float, session: str = "s-1", **more: Any) -> Attributes:
    about = {"event.name": f"gemini_cli.{name}", "event.timestamp": moment(second)}
    return about | {"session.id": session, "model": "gemini-2.5-pro", "duration_ms": 250} | more


def responded(second: float) -> Attributes:
    counts = {"input_token_count": 100, "output_token_count": 20, "thoughts_token_count": 5}
    counts |= {"cached_content_token_count": 30, "tool_token_count": 0, "total_token_count": 125}
    return event("api_response", second, **counts)


FAILED = event("api_error", 5, status_code=429, error="slow down")


def exported(folder: Path, *events: Attributes) -> Path:
    """Write events as the program's own file holds them: documents one after another."""
    records = [{"attributes": one, "_spanContext": {}} for one in events]
    path = folder / "telemetry.log"
    path.write_text("\n".join(json.dumps(record, indent=2) for record in records))
    return path


def typed(value: Any) -> Record:
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}


def attributes(values: Attributes) -> list[Record]:
    return [{"key": key, "value": typed(value)} for key, value in values.items()]


def sent(folder: Path, *events: Attributes, body: str = "") -> Path:
    """Write events as a collector writes them."""
    records = [
        {"timeUnixNano": "0", "observedTimeUnixNano": "1772460000000000000"}
        | {"body": {"stringValue": body}, "attributes": attributes(one)}
        for one in events
    ]
    scopes = [{"scope": {"name": "cli"}, "logRecords": records}]
    return put(folder / "logs.jsonl", {"resourceLogs": [{"resource": {}, "scopeLogs": scopes}]})


@pytest.mark.parametrize("writer", [exported, sent])
def test_telemetry_counts_where_the_chat_is_not_here(tmp_path: Path, writer: Any) -> None:
    writer(tmp_path, responded(1), responded(2), FAILED)
    calls = loaded(tmp_path).calls
    assert totals(tmp_path) == (3, 200, 60, 40, 10)
    assert calls["status"].tolist() == ["ok", "ok", "error"]
    assert calls["latency_ms"].tolist() == [250] * 3
    assert calls["error"].tolist()[-1] == "429: slow down"


@pytest.mark.parametrize("writer", [exported, sent])
def test_telemetry_tells_of_a_chat_how_long_calls_took_and_which_failed(
    tmp_path: Path, writer: Any
) -> None:
    put(tmp_path / "chats" / "session-1.jsonl", *CHAT)
    (tmp_path / "printed.json").write_text(json.dumps(printed()))
    writer(tmp_path, responded(1), responded(2), FAILED)
    calls = loaded(tmp_path).calls.sort_values("timestamp")
    assert totals(tmp_path) == (3, 200, 60, 40, 10)
    assert calls["basis"].tolist() == ["session", "session", "telemetry"]
    assert calls["latency_ms"].tolist() == [250] * 3
    assert loaded(tmp_path).sessions[["calls", "calls_failed"]].to_numpy().tolist() == [[3, 1]]


def test_events_of_claude_code_are_known_by_their_request(tmp_path: Path) -> None:
    about = {"event.name": "api_request", "session.id": "s-1", "model": "claude-sonnet-4-5"}
    counts = {"input_tokens": 10, "output_tokens": 20, "cache_read_tokens": 300}
    counts |= {"cache_creation_tokens": 40, "cost_usd": 0.5, "duration_ms": 900}
    told = about | counts | {"request_id": "req-m", "event.timestamp": moment(1)}
    sent(tmp_path, told, body="claude_code.api_request")
    assert totals(tmp_path) == (1, 350, 300, 20, 0)
    put(tmp_path / "s-1.jsonl", prompt(0), answer("m", 1), answer("n", 2))
    calls = loaded(tmp_path).calls
    assert totals(tmp_path) == (2, 700, 600, 40, 0)
    assert calls["latency_ms"].fillna(0).tolist() == [900, 0]


def span(span_id: str = "1", service: str = "shop", **values: Any) -> Record:
    one = {"traceId": "t", "spanId": span_id, "name": "chat"}
    one |= {"startTimeUnixNano": "1772460000000000000", "endTimeUnixNano": "1772460001500000000"}
    one |= {"attributes": attributes({name.replace("__", "."): v for name, v in values.items()})}
    about = {"attributes": attributes({"service.name": service})}
    return {"resourceSpans": [{"resource": about, "scopeSpans": [{"spans": [one]}]}]}


CURRENT = {
    "gen_ai__operation__name": "chat",
    "gen_ai__request__model": "gpt-5",
    "gen_ai__usage__input_tokens": 100,
    "gen_ai__usage__cache_read__input_tokens": 40,
    "gen_ai__usage__output_tokens": 30,
    "gen_ai__usage__reasoning__output_tokens": 10,
}
OLDER = {
    "gen_ai__request__model": "gpt-5",
    "gen_ai__usage__prompt_tokens": 100,
    "gen_ai__usage__completion_tokens": 30,
    "gen_ai__usage__cache_read_input_tokens": 40,
    "gen_ai__usage__reasoning__output_tokens": 10,
}
OPEN_INFERENCE = {
    "openinference__span__kind": "LLM",
    "llm__model_name": "gpt-5",
    "llm__token_count__prompt": 100,
    "llm__token_count__completion": 30,
    "llm__token_count__prompt_details__cache_read": 40,
    "llm__token_count__completion_details__reasoning": 10,
}


@pytest.mark.parametrize("names", [CURRENT, OLDER, OPEN_INFERENCE])
def test_spans_of_other_programs_are_calls(tmp_path: Path, names: Attributes) -> None:
    put(tmp_path / "spans.jsonl", span(**names))
    assert totals(tmp_path) == (1, 100, 40, 20, 10)
    call = loaded(tmp_path).calls.iloc[0]
    assert (call["agent"], call["model_id"], call["latency_ms"]) == ("shop", "gpt-5", 1500)
    assert call["cost_usd"] == pytest.approx((60 * 1.25 + 40 * 0.125 + 30 * 10) / 1e6)


def test_a_cost_in_a_span_is_kept_where_it_is_in_dollars(tmp_path: Path) -> None:
    cost = {"gen_ai__usage__cost__amount": 0.5, "gen_ai__usage__cost__currency": "USD"}
    euros = cost | {"gen_ai__usage__cost__currency": "EUR"}
    put(tmp_path / "spans.jsonl", span("1", **CURRENT, **cost), span("2", **CURRENT, **euros))
    assert loaded(tmp_path).calls["cost_usd_reported"].fillna(-1).tolist() == [0.5, -1]


def test_spans_that_hold_calls_or_repeat_events_are_none(tmp_path: Path) -> None:
    holder = CURRENT | {"gen_ai__operation__name": "invoke_agent"}
    chain = OPEN_INFERENCE | {"openinference__span__kind": "CHAIN"}
    put(
        tmp_path / "spans.jsonl",
        span("1", **holder),
        span("2", **chain),
        span("3", "codex_exec", **CURRENT),
    )
    assert loaded(tmp_path).calls.empty


def test_a_span_in_two_files_is_one_call(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", span("1", **CURRENT), span("2", **CURRENT))
    put(tmp_path / "b.jsonl", span("2", **CURRENT))
    assert totals(tmp_path)[0] == 2


def test_metrics_are_sums_and_are_not_read(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", {"resourceMetrics": [{"scopeMetrics": []}]})
    assert loaded(tmp_path).files["format"].tolist() == ["unrecognised"]
