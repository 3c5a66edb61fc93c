"""What a call cost: its tokens at the price of its day, from a price list kept by others."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

import numpy as np
import pandas as pd

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
        priced[row] = np.nan if found is None else found
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
    days = rows["timestamp"].dt.floor("D")
    models, model_names = pd.factorize(rows["model_id"])
    makers, maker_names = pd.factorize(rows["provider"])
    dates, moments = pd.factorize(days)
    codes = (models * (len(maker_names) + 1) + makers + 1) * len(moments) + dates
    unique, position = np.unique(codes, return_inverse=True)
    rates = np.full((len(unique), 3), np.nan)
    for index, code in enumerate(unique):
        rest, date = divmod(int(code), len(moments))
        model, maker = divmod(rest, len(maker_names) + 1)
        provider = str(maker_names[maker - 1]) if maker else None
        rates[index] = _rate(str(model_names[model]), provider, moments[date])
    return rates, position


@lru_cache(maxsize=65536)
def _rate(model: str, provider: str | None, day: pd.Timestamp) -> tuple[float, float, float]:
    # As many tokens as keep the list's decimals exact, and as few as keep below every tier.
    tokens = 1000.0
    parts = ((tokens, 0.0, 0.0), (tokens, tokens, 0.0), (0.0, 0.0, tokens))
    costs = [_price(model, provider, day, *part) for part in parts]
    fresh, cached, output = (np.nan if cost is None else cost / tokens for cost in costs)
    return fresh, cached, output


def _price(
    model: str,
    provider: str | None,
    day: pd.Timestamp,
    prompt: float,
    cached: float,
    output: float,
) -> float | None:
    """Return the price of one call; None where the list does not know the model."""
    from genai_prices import Usage, calc_price

    usage = Usage(
        input_tokens=int(prompt), cache_read_tokens=int(cached) or None, output_tokens=int(output)
    )
    try:
        price = calc_price(
            usage, model, provider_id=provider, genai_request_timestamp=day.to_pydatetime()
        )
    except LookupError:
        return None
    return float(Decimal(price.total_price))
