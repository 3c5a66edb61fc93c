"""What a proposal's content is."""

from __future__ import annotations

import json
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


@pytest.mark.parametrize("field", ["model", "prompt_version", "model_release"])
def test_an_answer_with_unexpanded_metadata_is_unresolved(field: str) -> None:
    assert classify(ANSWER | {field: "${MODEL_ID}"}).payload_class == "unresolved_template"


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
