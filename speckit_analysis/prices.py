"""What a call cost: its tokens at the price of its day, from a price list kept by others."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
from genai_prices import Usage, calc_price
from genai_prices.types import PriceCalculation

#: Above this many input tokens some models charge another rate for the whole call.
FLAT_PROMPT_TOKENS = 100_000


def pricing_version() -> str:
    """Return the name and version of the price list."""
    from importlib.metadata import version

    return f"genai-prices {version('genai-prices')}"


def cost_usd(calls: pd.DataFrame) -> pd.Series:
    """Return each call's cost in USD, missing where model, tokens or date are unknown.

    Parameters
    ----------
    calls
        Rows with ``model_id``, ``provider``, ``timestamp``, ``prompt_tokens``,
        ``cached_tokens``, ``completion_tokens`` and ``reasoning_tokens``.

    Notes
    -----
    Reasoning tokens are billed as output.  Where a call does not say that it was served
    from a cache, its input is priced in full.  One rate is looked up per model, provider and
    day; calls with a prompt so long that tiers may apply are priced one by one.
    """
    known = (
        calls[["model_id", "timestamp", "prompt_tokens", "completion_tokens"]].notna().all(axis=1)
    )
    costs = pd.Series(np.nan, index=calls.index)
    rows = calls[known]
    if rows.empty:
        return costs.astype("Float64").mask(costs.isna())
    rates, position = _rates(rows)
    # Integers that a float holds exactly, as the loader's bounds see to.
    prompt, cached, output = _tokens(rows)
    priced = (prompt - cached) * rates[position, 0] + cached * rates[position, 1]
    priced += output * rates[position, 2]
    for row in np.flatnonzero((prompt > FLAT_PROMPT_TOKENS) & ~np.isnan(priced)):
        call = rows.iloc[row]
        day = call["timestamp"].normalize()
        found = _price(
            call["model_id"], call["provider"], day, prompt[row], cached[row], output[row]
        )
        priced[row] = np.nan if found is None else float(found.total_price)
    costs[known] = priced
    return costs.astype("Float64").mask(costs.isna())


def _tokens(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    prompt = rows["prompt_tokens"].to_numpy(np.float64)
    cached = rows["cached_tokens"].fillna(0).to_numpy(np.float64)
    reasoning = rows["reasoning_tokens"].fillna(0).to_numpy(np.float64)
    output = rows["completion_tokens"].to_numpy(np.float64) + reasoning
    return prompt, np.minimum(cached, prompt), output


def _rates(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return input, cached and output rates per token, and which of them each row takes."""
    keys = pd.DataFrame(
        {
            "model": rows["model_id"].astype("category"),
            "maker": rows["provider"].astype("category"),
            "day": rows["timestamp"].dt.floor("D").astype("category"),
        }
    )
    position = keys.groupby(list(keys), observed=True, dropna=False, sort=False).ngroup()
    kinds = keys.drop_duplicates().astype(object)
    rates = [
        _rate(model, None if pd.isna(maker) else maker, day)
        for model, maker, day in kinds.itertuples(index=False)
    ]
    return np.array(rates), position.to_numpy()


@lru_cache(maxsize=65536)
def _rate(model: str, provider: str | None, day: pd.Timestamp) -> tuple[float, float, float]:
    """Return the prices of one input, one cached and one output token; not a number if unknown."""
    # As many tokens as keep the list's decimals exact, and as few as keep below every tier.
    tokens = 1000.0
    fresh = _price(model, provider, day, tokens, 0, tokens)
    cached = _price(model, provider, day, tokens, tokens, 0)
    if fresh is None or cached is None:
        return np.nan, np.nan, np.nan
    return (
        float(fresh.input_price) / tokens,
        float(cached.input_price) / tokens,
        float(fresh.output_price) / tokens,
    )


def _price(
    model: str,
    provider: str | None,
    day: pd.Timestamp,
    prompt: float,
    cached: float,
    output: float,
) -> PriceCalculation | None:
    """Return the price of one call; None where the list does not know the model."""
    usage = Usage(
        input_tokens=int(prompt), cache_read_tokens=int(cached) or None, output_tokens=int(output)
    )
    try:
        return calc_price(
            usage, model, provider_id=provider, genai_request_timestamp=day.to_pydatetime()
        )
    except LookupError:
        return None
