"""How fast calls are priced, beside asking the price list about each call.

``python benchmarks/prices.py`` prices a million calls of seven models over two years, with
caches and long prompts, and compares a few thousand of them with the price list itself.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd
from genai_prices import Usage, calc_price

from speckit_analysis.prices import PriceList

#: What --check asks for.
CALLS_PER_SECOND = 1_000_000

MODELS = {
    "gemini-2.5-pro": "google",
    "gemini-2.5-flash": "google",
    "claude-sonnet-4-5": "anthropic",
    "claude-sonnet-4-6": "anthropic",
    "gpt-5": "openai",
    "gpt-5-codex": "openai",
    "o3": "openai",
}


def simulated(size: int, seed: int = 1) -> pd.DataFrame:
    """Return calls with every column that a price depends on."""
    draw = np.random.default_rng(seed)
    models = pd.Categorical.from_codes(draw.integers(0, len(MODELS), size), list(MODELS))
    prompt = draw.integers(0, 300_000, size)
    seconds = pd.to_timedelta(draw.integers(0, 690 * 86_400, size), unit="s")
    return pd.DataFrame(
        {
            "model_id": models,
            "provider": pd.Categorical(np.array(list(MODELS.values()))[models.codes]),
            "timestamp": pd.Timestamp("2025-01-01", tz="UTC") + seconds,
            "prompt_tokens": pd.array(prompt, "Int64"),
            "cached_tokens": pd.array(prompt // draw.integers(2, 9, size), "Int64"),
            "completion_tokens": pd.array(draw.integers(0, 20_000, size), "Int64"),
        }
    )


def one_by_one(calls: pd.DataFrame) -> list[float]:
    """Ask the price list about each call."""
    return [
        float(
            calc_price(
                Usage(
                    input_tokens=call.prompt_tokens,
                    cache_read_tokens=call.cached_tokens,
                    output_tokens=call.completion_tokens,
                ),
                call.model_id,
                provider_id=call.provider,
                genai_request_timestamp=call.timestamp.to_pydatetime(),
            ).total_price
        )
        for call in calls.itertuples()
    ]


def main() -> None:
    """Measure, compare, and with --check fail where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--compared", type=int, default=5_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="end with 1 if a target is missed")
    asked = parser.parse_args()
    calls, prices = simulated(asked.calls), PriceList()
    prices.price(calls.head(1_000))
    spent = []
    for _ in range(asked.repeats):
        began = time.perf_counter()
        priced = prices.price(calls)
        spent.append(time.perf_counter() - began)
    few = calls.sample(asked.compared, random_state=1)
    began = time.perf_counter()
    expected = np.array(one_by_one(few))
    alone = asked.compared / (time.perf_counter() - began)
    found = priced.loc[few.index, "cost_usd"].to_numpy(float)
    differing = int((~np.isclose(found, expected, rtol=1e-12, atol=0)).sum())
    rate = asked.calls / sorted(spent)[len(spent) // 2]
    print(f"together   {rate:12,.0f} calls a second (median of {asked.repeats})")
    print(f"one by one {alone:12,.0f} calls a second; {rate / alone:,.0f} times slower")
    print(f"{differing} of {asked.compared:,} differ from the price list")
    if asked.check and (differing or rate < CALLS_PER_SECOND):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
