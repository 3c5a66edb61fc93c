"""What a proposal's content is."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speckit_analysis.formats.payload import classify
from speckit_analysis.tables import PAYLOAD_CLASSES

ANSWER = {"stage": "spec-plan", "agent": "gemini", "risks": ["slow migration"]}
ECHO = {"id": "string", "severity": "critical | important | minor", "question": "<question>"}


@pytest.mark.parametrize(
    "content", [ANSWER, json.dumps(ANSWER), f"```json\n{json.dumps(ANSWER)}\n```", [ANSWER]]
)
def test_an_answer_with_substance_is_structured(content: Any) -> None:
    assert classify(content).payload_class == "structured"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "  \n",
        "{}",
        "[]",
        "null",
        None,
        [],
        {},
        {"agent": "gemini"},
        {"stage": "x", "risks": []},
    ],
)
def test_metadata_alone_is_empty(content: Any) -> None:
    assert classify(content).payload_class == "empty"


@pytest.mark.parametrize(
    "content",
    [
        {"agent": "code", "issues": [ECHO]},
        json.dumps({"agent": "code", "issues": [ECHO]}),
        '{\n  "consensus_ok": boolean,\n  "agreement_percent": number\n}',
        '{"issues": [ ... ]}',
        '{\n  "spec_id": "SPEC",  // ❌ snake_case\n  "issues": []\n}',
    ],
)
def test_the_prompts_own_schema_is_an_echo(content: Any) -> None:
    assert classify(content).payload_class == "schema_echo"


def test_a_real_answer_with_one_placeholder_is_no_echo() -> None:
    assert (
        classify({"risks": ["slow migration", "no rollback", "..."]}).payload_class == "structured"
    )


@pytest.mark.parametrize("field", ["model", "prompt_version", "model_release", "stage"])
def test_an_answer_with_unexpanded_metadata_is_an_answer(field: str) -> None:
    assert classify(ANSWER | {field: "${MODEL_ID}"}).payload_class == "structured"


def test_a_template_of_which_no_value_is_filled_in_is_unresolved() -> None:
    unfilled = {"stage": "spec-plan", "risks": ["${RISKS}"], "rationale": "${WHY}"}
    assert classify(unfilled).payload_class == "unresolved_template"


def test_a_literal_that_an_answer_talks_about_is_no_metadata() -> None:
    assert classify(ANSWER | {"risks": ["${ARTIFACTS} was not filled in"]}).payload_class == (
        "structured"
    )


@pytest.mark.parametrize(
    "content",
    [
        "[2025-11-04T02:11:59] OpenAI Codex v0.0.0 (research preview)\n--------\nworkdir: ~",
        "OpenAI Codex v0.2\nhello",
        "user: plan it\nassistant: here",
        {"content": "[2025-11-04T02:11:59] User instructions:\nPlan."},
    ],
)
def test_a_log_of_a_session_is_a_transcript(content: Any) -> None:
    assert classify(content).payload_class == "transcript"


@pytest.mark.parametrize(
    "content",
    [
        "dev@host ~/code ❯ ls -la",
        "\n".join(f"export VAR_{n}=x" for n in range(5)),
        "\x1b[31mred\x1b[0m" * 3,
    ],
)
def test_a_capture_of_a_terminal_is_a_dump(content: str) -> None:
    assert classify(content).payload_class == "terminal_dump"


@pytest.mark.parametrize(
    "content", [{"error": "agent execution failed"}, "Error: timed out", "Traceback (most recent"]
)
def test_a_failure_is_an_error(content: Any) -> None:
    assert classify(content).payload_class == "error"


def test_an_essay_that_begins_with_a_failure_is_text() -> None:
    assert classify("Failed to agree. " + "Here is why. " * 300).payload_class == "free_text"


@pytest.mark.parametrize("content", [{"agent": "stub", "x": 1}, {"model": "stub-model", "x": 1}])
def test_a_stubs_answer_is_a_stub(content: Any) -> None:
    assert classify(content).payload_class == "stub"


@pytest.mark.parametrize("content", ["The plan looks sound.", 42, True, "42"])
def test_anything_else_is_free_text(content: Any) -> None:
    assert classify(content).payload_class == "free_text"


def test_an_object_written_as_text_has_the_text_of_the_object() -> None:
    assert classify(json.dumps(ANSWER, indent=4)).text == classify(ANSWER).text


VERDICT = {"decision": "approve", "rationale": "All acceptance criteria are covered by tests."}
UNKNOWN = {"colour": "grey", "reasons": ["it is quiet", "it lasts"]}  # no field that answers have
OTHER = {"decision": "hold", "rationale": "A test is missing."}


def written(value: Any) -> str:
    return json.dumps(value, indent=2)


def lines(*events: Any) -> str:
    return "\n".join(map(json.dumps, events))


def said(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": [{"type": "text", "text": text}]}


@pytest.mark.parametrize("answer", [VERDICT, ANSWER, UNKNOWN])
@pytest.mark.parametrize(
    "prose",
    [
        "I looked first.\n```json\n{}\n```\nMore?",
        "```\n{}\n```\nThis is all.",
        "Here is the result in the format you asked for:\n\n{}\n\nTell me if more is needed.",
        "{}\n\nThe next step is yours.",
        "\x1b[1mDone\x1b[0m\n\x1b[32m\n{}\x1b[0m\x1b[0m\x1b[0m",
    ],
)
def test_an_answer_set_apart_from_prose_is_read(answer: Any, prose: str) -> None:
    payload = classify(prose.replace("{}", written(answer)))
    assert (payload.payload_class, payload.value) == ("structured", answer)
    assert payload.text == classify(answer).text


@pytest.mark.parametrize("answer", [VERDICT, ANSWER])
def test_an_answer_within_a_sentence_is_read(answer: Any) -> None:
    assert classify(f"My verdict is {json.dumps(answer)}, as I said.").value == answer


@pytest.mark.parametrize("answer", [VERDICT, ANSWER, UNKNOWN])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: {"result": text},
        lambda text: {"output": text},
        lambda text: {"agent": "code", "content": text, "format": "text"},
        lambda text: {"message": {"content": text}},
        lambda text: {"content": [{"type": "text", "text": "I looked."}, said(text)]},
        lambda text: {"choices": [{"message": {"role": "assistant", "content": text}}]},
        lambda text: {"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}}]},
        lambda text: {"type": "result", "result": f"Done:\n{text}", "usage": {}, "session_id": "a"},
        lambda text: {"session_id": "a", "response": f"```json\n{text}\n```", "stats": {}},
        lambda text: {"response": {"output": {"text": text}}},
    ],
)
@pytest.mark.parametrize("as_text", [False, True])
def test_an_answer_in_a_wrapper_is_read(answer: Any, wrap: Any, as_text: bool) -> None:
    wrapped = wrap(written(answer))
    payload = classify(json.dumps(wrapped) if as_text else wrapped)
    assert payload.payload_class == "structured"
    assert json.loads(payload.text) == answer


@pytest.mark.parametrize("key", ["result", "response", "output"])
def test_an_object_in_a_wrapper_is_read(key: str) -> None:
    assert json.loads(classify({key: VERDICT, "usage": {"input_tokens": 3}}).text) == VERDICT


@pytest.mark.parametrize("times", [1, 2, 3])
def test_an_answer_encoded_again_is_read(times: int) -> None:
    text = json.dumps(VERDICT)
    for _ in range(times):
        text = json.dumps(text)
    assert classify(text).value == VERDICT


@pytest.mark.parametrize("answer", [VERDICT, ANSWER, UNKNOWN])
@pytest.mark.parametrize(
    "session",
    [
        lambda text: lines(
            {"type": "thread.started", "thread_id": "a"},
            {
                "type": "item.completed",
                "item": {"type": "command_execution", "aggregated_output": json.dumps(OTHER)},
            },
            {"type": "item.completed", "item": {"type": "agent_message", "text": text}},
            {"type": "turn.completed", "usage": {"input_tokens": 1}},
        ),
        lambda text: lines(
            {"type": "system", "subtype": "init", "tools": ["Bash"]},
            {"type": "assistant", "message": said(text)},
            {"type": "user", "message": {"role": "user", "content": json.dumps(OTHER)}},
        ),
        lambda text: lines(
            {"type": "message", "role": "user", "content": json.dumps(OTHER)},
            {"type": "message", "role": "assistant", "content": text[:25], "delta": True},
            {"type": "message", "role": "assistant", "content": text[25:], "delta": True},
            {"type": "result", "status": "success", "stats": {"total_tokens": 1}},
        ),
        lambda text: (
            "[2025-11-04T02:11:59] OpenAI Codex v0.0.0\n[2025-11-04T02:11:59] User instructions:\n"
            f"Return {json.dumps(OTHER)}\n[2025-11-04T02:12:00] codex\nLooking.\n"
            f"[2025-11-04T02:12:01] exec cat a in ~\n{json.dumps(OTHER)}\n"
            f"[2025-11-04T02:12:02] codex\n{text}\n[2025-11-04T02:12:03] tokens used: 9"
        ),
        lambda text: f"OpenAI Codex v0.50\nuser\nReturn {OTHER}\ncodex\n{text}\ntokens used\n1,234",
        lambda text: f"user: as {json.dumps(OTHER)}\nassistant: I did.\n{text}\n",
    ],
)
def test_the_agents_own_last_answer_in_a_session_is_read(answer: Any, session: Any) -> None:
    payload = classify(session(json.dumps(answer)))
    assert (payload.payload_class, payload.value) == ("structured", answer)


@pytest.mark.parametrize(
    "text",
    [
        'Set {"timeout": 30} in config.json and rerun.',
        "Answer `{}` if the tests pass; they do not.",
        "For example:\n```json\n{}\n```\nSo it would look.",
        "One could say, e.g. {} but I do not.",
        "A long essay. " * 60 + '\n```json\n{"timeout": 30}\n```\n',
        "{} that nobody closed".replace("{}", json.dumps(VERDICT)[:-2]),
        "The plan {is} sound.",
    ],
)
def test_what_is_quoted_or_torn_in_prose_is_no_answer(text: str) -> None:
    assert classify(text.replace("{}", json.dumps(OTHER))).payload_class == "free_text"


def test_a_part_of_a_torn_answer_is_no_answer() -> None:
    whole = {"stage": "spec-plan", "final_plan": {"risks": ["slow"], "steps": ["a"]}, "todo": []}
    assert classify(json.dumps(whole)[:-8]).payload_class == "free_text"


@pytest.mark.parametrize(
    "text",
    [
        f"{json.dumps(OTHER)}\n\nOn second thought:\n\n{json.dumps(VERDICT)}",
        f"For example: {json.dumps(OTHER)}\n\nMy answer:\n{json.dumps(VERDICT)}",
        f"{json.dumps(VERDICT)}\n\nAnother, for example, is {json.dumps(OTHER)}",
        f"{json.dumps({'issues': [ECHO]})}\n{json.dumps(VERDICT)}",
        f"{json.dumps(VERDICT)}\n{json.dumps({'issues': [ECHO]})}",
        f"{json.dumps(OTHER)[:30]}\n{json.dumps(VERDICT)}",
    ],
)
def test_the_last_whole_answer_wins_and_no_example_or_echo(text: str) -> None:
    assert classify(text).value == VERDICT


def test_an_echo_in_a_fence_is_an_echo() -> None:
    text = f"The schema is:\n```json\n{written({'issues': [ECHO]})}\n```"
    assert classify(text).payload_class == "schema_echo"


@pytest.mark.parametrize(
    ("content", "payload_class"),
    [
        ({"type": "result", "result": "A plan in words.", "usage": {}}, "free_text"),
        ({"session_id": "a", "response": "A plan in words.", "stats": {}}, "free_text"),
        ({"choices": [{"message": {"role": "assistant", "content": "In words."}}]}, "free_text"),
        ({"type": "result", "is_error": True, "result": "API Error: 500"}, "error"),
        (lines({"type": "a"}, {"type": "b", "url": "https://x.org"}), "transcript"),
        (f"user: {json.dumps(VERDICT)}\nassistant: I cannot tell.", "transcript"),
        (f"dev@host ~/code ❯ cat a.json\n{json.dumps(VERDICT)}", "terminal_dump"),
    ],
)
def test_a_wrapper_or_session_without_an_answer_is_what_it_holds(
    content: Any, payload_class: str
) -> None:
    assert classify(content).payload_class == payload_class


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"',
        '{"a":[',
        '{"a":',
        '[{"a":1},',
        "`",
        "```json\n",
        'x {"a":1} ',
        "user: {\n",
        "user:\n",
    ],
)
def test_finding_an_answer_takes_time_by_the_length_of_a_text(text: str) -> None:
    began = time.process_time()
    hostile = "A " + text * (300_000 // len(text))
    assert classify(hostile).payload_class in ("free_text", "transcript")
    assert classify({"output": hostile}).payload_class in ("free_text", "transcript")
    assert time.process_time() - began < 10  # quadratic would take minutes


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(derandomize=True, deadline=None)
@given(_json | st.text())
def test_any_content_has_a_class(content: Any) -> None:
    assert classify(content).payload_class in PAYLOAD_CLASSES
