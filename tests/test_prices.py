"""What a call cost, from a price list kept by others."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from frames import frame

from speckit_analysis import prices


def cost(**fields: Any) -> float | None:
    row = {
        "model_id": "claude-sonnet-4-5",
        "provider": "anthropic",
        "timestamp": "2025-11-10T03:22:19Z",
        "prompt_tokens": 1_000,
        "completion_tokens": 1_000,
    }
    value = prices.cost_usd(frame("calls", [row | fields]))[0]
    return None if pd.isna(value) else float(value)


@pytest.mark.parametrize(
    ("model", "provider", "usd"),
    [
        ("claude-sonnet-4-5", "anthropic", 0.018),
        ("gpt-5", "openai", 0.01125),
        ("gemini-2.5-pro", "google", 0.01125),
        ("claude-haiku-4-5", "anthropic", 0.006),
    ],
)
def test_tokens_are_priced_at_the_list_of_the_day(model: str, provider: str, usd: float) -> None:
    assert cost(model_id=model, provider=provider) == pytest.approx(usd)


def test_reasoning_is_billed_as_output() -> None:
    assert cost(reasoning_tokens=1_000) == pytest.approx(cost(completion_tokens=2_000))


def test_cached_input_is_cheaper() -> None:
    assert cost(cached_tokens=1_000) < cost()


def test_more_cached_than_input_tokens_cost_no_less_than_nothing() -> None:
    assert cost(cached_tokens=5_000) == pytest.approx(cost(cached_tokens=1_000))


def test_a_long_prompt_is_priced_by_its_tier() -> None:
    short = cost(model_id="gemini-2.5-pro", provider="google", prompt_tokens=150_000)
    long = cost(model_id="gemini-2.5-pro", provider="google", prompt_tokens=300_000)
    assert long > 2 * short


@pytest.mark.parametrize("missing", ["model_id", "timestamp", "prompt_tokens", "completion_tokens"])
def test_without_model_tokens_or_date_the_cost_is_missing(missing: str) -> None:
    assert cost(**{missing: None}) is None


def test_an_unknown_model_costs_nothing_that_anyone_knows() -> None:
    assert cost(model_id="oracle-9", provider=None) is None


def test_no_tokens_cost_nothing() -> None:
    assert cost(prompt_tokens=0, completion_tokens=0) == 0


def test_no_calls_give_no_costs_of_the_right_type() -> None:
    assert str(prices.cost_usd(frame("calls")).dtype) == "Float64"


def test_calls_keep_their_order_and_index() -> None:
    rows = [{"model_id": m, "provider": None, "timestamp": "2025-11-10T03:22:19Z"} for m in "ab"]
    calls = frame("calls", rows).set_axis([7, 3])
    assert list(prices.cost_usd(calls).index) == [7, 3]


def test_the_price_list_has_a_version() -> None:
    name, version = prices.pricing_version().split()
    assert name == "genai-prices"
    assert version[0].isdigit()
