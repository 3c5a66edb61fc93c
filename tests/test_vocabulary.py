"""Stages, agents, models and makers, spelled one way."""

from __future__ import annotations

import pytest

from speckit_analysis.tables import QUALITY_GATES, STAGES
from speckit_analysis.tables.vocabulary import (
    is_known_agent,
    normalise_agent,
    normalise_model,
    normalise_stage,
    provider_of,
)

SPELLINGS = [
    "{}",
    "spec-{}",
    "spec-ops-{}",
    "spec_{}",
    "guardrail.{}",
    "guardrail-{}",
    "speckit.{}",
]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("spelling", [*SPELLINGS, "/speckit.{}", " {} "])
def test_every_spelling_of_a_stage_is_that_stage(stage: str, spelling: str) -> None:
    raw = spelling.format(stage)
    assert normalise_stage(raw) == stage
    assert normalise_stage(raw.upper()) == stage
    assert normalise_stage(raw.capitalize()) == stage


@pytest.mark.parametrize("gate", QUALITY_GATES)
def test_a_quality_gate_is_no_stage_but_has_one_name(gate: str) -> None:
    assert normalise_stage(gate) == gate
    assert normalise_stage(gate.removeprefix("quality-gate-")) == gate
    assert gate not in STAGES


@pytest.mark.parametrize("raw", ["dream", "spec-dream", "planning", "plan-b"])
def test_an_unknown_stage_stays_as_it_is(raw: str) -> None:
    assert normalise_stage(raw) == raw


@pytest.mark.parametrize("normalise", [normalise_stage, normalise_agent, normalise_model])
@pytest.mark.parametrize("raw", [None, "", "  ", "${stage}", "spec-${stage}", "${MODEL_ID}"])
def test_nothing_and_template_literals_name_nothing(normalise, raw) -> None:  # type: ignore[no-untyped-def]
    assert normalise(raw) is None


@pytest.mark.parametrize(
    ("raw", "agent"),
    [
        ("gpt_pro", "gpt_pro"),
        ("gpt-pro", "gpt_pro"),
        ("gpt-codex", "gpt_codex"),
        ("Gemini", "gemini"),
        ("code", "code"),
        ("gemini-25-flash", "gemini-25-flash"),
        ("oracle", "oracle"),
    ],
)
def test_an_agent_has_one_name(raw: str, agent: str) -> None:
    assert normalise_agent(raw) == agent


@pytest.mark.parametrize(
    ("one", "other"),
    [("gpt_low", "gpt5-low"), ("claude_haiku", "claude-haiku-45"), ("gemini", "gemini_flash")],
)
def test_configurations_that_look_alike_are_not_merged(one: str, other: str) -> None:
    assert normalise_agent(one) != normalise_agent(other)


@pytest.mark.parametrize("agent", ["gemini", "gpt_pro", "code", "gpt5-high", "claude-sonnet-45"])
def test_roles_and_configurations_are_known(agent: str) -> None:
    assert is_known_agent(agent)


def test_a_foreign_agent_is_not_known() -> None:
    assert not is_known_agent("various_quality_gates")


@pytest.mark.parametrize(
    ("raw", "model", "maker"),
    [
        ("gemini-2.5-pro", "gemini-2.5-pro", "google"),
        ("models/gemini-2.5-flash", "gemini-2.5-flash", "google"),
        ("gemini-1.5-pro-latest", "gemini-1.5-pro", "google"),
        ("claude-4.5-sonnet", "claude-sonnet-4-5", "anthropic"),
        ("claude-sonnet-4.5", "claude-sonnet-4-5", "anthropic"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5", "anthropic"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5", "anthropic"),
        ("gpt-5-codex", "gpt-5-codex", "openai"),
        ("openai/gpt-5", "gpt-5", "openai"),
        ("o4-mini-high", "o4-mini-high", "openai"),
        ("gpt5-high", "gpt-5", "openai"),
        ("gemini-25-flashlite", "gemini-2.5-flash-lite", "google"),
    ],
)
def test_a_model_has_one_id_and_a_maker(raw: str, model: str, maker: str) -> None:
    assert normalise_model(raw) == model
    assert provider_of(model) == maker


@pytest.mark.parametrize("raw", ["gemini", "claude", "code-cli", "stub-model", "unknown"])
def test_a_word_that_names_no_model_is_none(raw: str) -> None:
    assert normalise_model(raw) is None


@pytest.mark.parametrize(
    ("agent", "maker"),
    [("gemini", "google"), ("claude", "anthropic"), ("gpt_pro", "openai"), ("gpt_codex", "openai")],
)
def test_an_agent_stands_for_a_maker(agent: str, maker: str) -> None:
    assert provider_of(agent) == maker


@pytest.mark.parametrize("agent", ["code", "stub", "oracle", None])
def test_an_agent_of_any_model_stands_for_no_maker(agent: str | None) -> None:
    assert provider_of(agent) is None
