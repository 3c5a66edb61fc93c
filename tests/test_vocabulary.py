"""Stages, agents, models and makers, spelled one way."""

from __future__ import annotations

import pytest

from speckit_analysis.tables import QUALITY_GATES, STAGES
from speckit_analysis.tables.vocabulary import (
    is_known_agent,
    model_in,
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
        ("o4-mini-high", "o4-mini", "openai"),
        # How much it was to think, and how it was served.
        ("gpt-5-codex-high", "gpt-5-codex", "openai"),
        ("gpt-5 (high)", "gpt-5", "openai"),
        ("gpt-5.1-codex-max-xhigh", "gpt-5.1-codex-max", "openai"),
        ("claude-opus-4-1-20250805-thinking", "claude-opus-4-1", "anthropic"),
        ("anthropic/claude-3.7-sonnet:thinking", "claude-sonnet-3-7", "anthropic"),
        ("kimi-k2-thinking", "kimi-k2-thinking", "moonshotai"),
        ("mistral-medium", "mistral-medium", "mistral"),
        ("openai/gpt-5:nitro", "gpt-5", "openai"),
        ("deepseek/deepseek-r1:free", "deepseek-r1:free", "deepseek"),
        ("DeepSeek: R1 (free)", "r1:free", None),
        # Names that are shown.
        ("Claude Sonnet 4.5", "claude-sonnet-4-5", "anthropic"),
        ("Anthropic: Claude Opus 4.1", "claude-opus-4-1", "anthropic"),
        ("Claude 3.5 Haiku", "claude-haiku-3-5", "anthropic"),
        ("Sonnet 4.5", "claude-sonnet-4-5", "anthropic"),
        ("Gemini 2.5 Flash-Lite", "gemini-2.5-flash-lite", "google"),
        ("Gemini\u00a02.5 Flash Lite", "gemini-2.5-flash-lite", "google"),
        ("GPT-5 mini", "gpt-5-mini", "openai"),
        ("GPT\u20115", "gpt-5", "openai"),
        ("GLM 4.6", "glm-4.6", "z-ai"),
        # Who serves it.
        ("publishers/google/models/gemini-2.5-pro", "gemini-2.5-pro", "google"),
        (
            "projects/p/locations/eu/publishers/anthropic/models/claude-sonnet-4-5@20250929",
            "claude-sonnet-4-5",
            "anthropic",
        ),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5", "anthropic"),
        (
            "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0",
            "claude-sonnet-4",
            "anthropic",
        ),
        ("azure/gpt-4o-2024-08-06", "gpt-4o", "openai"),
        ("gpt-4o-2024-05-13", "gpt-4o-2024-05-13", "openai"),
        ("openai/deployments/gpt-5-1", "gpt-5.1", "openai"),
        # Other makers are themselves.
        ("z-ai/glm-4.6", "glm-4.6", "z-ai"),
        ("moonshotai/kimi-k2", "kimi-k2", "moonshotai"),
        ("x-ai/grok-code-fast-1", "grok-code-fast-1", "x-ai"),
        ("qwen/qwen3-coder", "qwen3-coder", "qwen"),
        ("meta-llama/llama-3.3-70b-instruct", "llama-3.3-70b-instruct", "meta"),
        ("mistralai/mistral-large-2411", "mistral-large-2411", "mistral"),
        ("acme/house-1", "acme/house-1", "acme"),
        # What only looks like one.
        ("Veo3", "veo3", None),
        ("o3-pro", "o3-pro", "openai"),
        ("gemini-2.5-flash-image", "gemini-2.5-flash-image", "google"),
        ("my-gpt-5-deployment", "my-gpt-5-deployment", None),
        ("gpt5-high", "gpt-5", "openai"),
        ("gemini-25-flashlite", "gemini-2.5-flash-lite", "google"),
    ],
)
def test_a_model_has_one_id_and_a_maker(raw: str, model: str, maker: str) -> None:
    assert normalise_model(raw) == model
    assert provider_of(model) == maker


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("Gemini 2.5 Flash-Lite input", "gemini-2.5-flash-lite"),
        ("Gemini 2.5 Flash GA Text Output - Predictions", "gemini-2.5-flash"),
        ("GPT-5 mini, cached input", "gpt-5-mini"),
        ("gpt-5-codex (high) output", "gpt-5-codex"),
        ("z-ai/glm-4.6", "glm-4.6"),
        ("Kimi K2 tokens", "kimi-k2"),
        ("o3 input", "o3"),
        ("Veo3 video generation", None),
        ("Co3 credits, o3d", None),
        ("Mistral AI subscription", None),
        ("tokens/requests", None),
    ],
)
def test_a_line_names_a_model_by_whole_words(text: str, model: str | None) -> None:
    assert model_in(text) == model


@pytest.mark.parametrize("raw", ["gemini", "claude", "code-cli", "stub-model", "unknown", "auto"])
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
