"""Published prices, from the package ``genai-prices``: dated, offline, retired models too."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from genai_prices import Usage, calc_price
from genai_prices.types import ConditionalPrice, ModelInfo, ModelPrice, StartDateConstraint

from speckit_analysis.prices.schedule import ALWAYS, Period, Schedule

#: Kinds of tokens as the package calls them, each with those whose price it takes if it has none.
_KEYS = (
    ("input_mtok",),
    ("cache_read_mtok", "input_mtok"),
    ("cache_write_5m_mtok", "cache_write_mtok", "input_mtok"),
    ("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    ("output_mtok",),
)
_READ = {key for keys in _KEYS for key in keys}

# What no call of the evidence is known to have used: pictures, sound, searches, pages.
_UNUSED = re.compile(r"audio|image|video|document|search|hours|kpages|citation|text_messages")

_CLAUDE_FAMILY_FIRST = re.compile(r"^claude-(opus|sonnet|haiku)-(3(?:-\d)?)$")

_PROBE = Usage(input_tokens=1, output_tokens=1)


@lru_cache(maxsize=1)
def pricing_source() -> str:
    """Return the name and version of the published price list."""
    return f"genai-prices {version('genai-prices')}"


@lru_cache(maxsize=65536)
def find_model(model: str, provider: str | None) -> ModelInfo | None:
    """Return what the price list says of `model`; None where it does not know it."""
    for spelling in dict.fromkeys((model, _CLAUDE_FAMILY_FIRST.sub(r"claude-\2-\1", model))):
        try:
            return calc_price(_PROBE, spelling, provider_id=provider).model
        except LookupError:
            continue
    return None


@lru_cache(maxsize=65536)
def schedule(model: str, provider: str | None, service_tier: str | None = None) -> Schedule | None:
    """Return the prices of `model` over time.

    Parameters
    ----------
    model, provider : str
        As in the table ``calls``.
    service_tier : str, optional
        ``flex``, ``priority`` …, for whom the list has other prices; standard otherwise.

    Returns
    -------
    Schedule or None
        None for a model that the list does not know, and for one whose price hangs on more
        than tokens and day: :func:`usd_one_by_one` prices those.
    """
    found = find_model(model, provider)
    if found is None:
        return None
    starts = _starts(found)
    if starts is None:
        return None
    periods = []
    for start in starts:
        prices = _prices_on(found, start, service_tier)
        if not _is_plain(prices):
            return None
        above, rates = _tiers(prices)
        periods.append(Period(start, above, rates, pricing_source()))
    return Schedule(tuple(periods))


def _starts(model: ModelInfo) -> list[np.datetime64] | None:
    """Return the days from which prices of `model` hold; None where they change with the hour."""
    conditions: list[Any] = [
        entry.constraint
        for entry in (model.prices if isinstance(model.prices, list) else [])
        if isinstance(entry, ConditionalPrice)
    ]
    conditions += [variant.constraint for variant in model.price_variants or ()]
    days = {ALWAYS}
    for condition in conditions:
        if isinstance(condition, StartDateConstraint):
            days.add(np.datetime64(condition.start_date, "D"))
        elif condition is not None:
            return None
    return sorted(days)


def _prices_on(model: ModelInfo, day: np.datetime64, service_tier: str | None) -> ModelPrice:
    moment = pd.Timestamp(max(day, np.datetime64("1970-01-01", "D")), tz="UTC").to_pydatetime()
    return model.get_prices(moment, {"service_tier": service_tier} if service_tier else None)


def _stated(prices: ModelPrice) -> dict[str, Any]:
    return {key: price for key, price in vars(prices).items() if price is not None}


def _is_plain(prices: ModelPrice) -> bool:
    stated = {key for key in _stated(prices) if not key.startswith("_")}
    return all(key in _READ or _UNUSED.search(key) for key in stated)


def _tiers(prices: ModelPrice) -> tuple[np.ndarray, np.ndarray]:
    stated = _stated(prices)
    chosen = [next((stated[key] for key in keys if key in stated), 0) for keys in _KEYS]
    above = sorted({tier.start for price in chosen for tier in getattr(price, "tiers", ())})
    rates = [[_rate(price, floor) for price in chosen] for floor in (-1, *above)]
    return np.array(above, dtype=float), np.array(rates)


def _rate(price: Any, floor: int) -> float:
    """Return the price of prompts just longer than `floor`."""
    for tier in reversed(getattr(price, "tiers", ())):
        if floor >= tier.start:
            return float(tier.price)
    return float(getattr(price, "base", price))


def usd_one_by_one(
    model: str, provider: str | None, moments: pd.DatetimeIndex, tokens: np.ndarray
) -> np.ndarray:
    """Return the cost of calls of one model, asking the price list about each.

    Parameters
    ----------
    model, provider : str
        As in the table ``calls``.
    moments : DatetimeIndex, UTC
        When each call was made.
    tokens : ndarray of float, shape (5, calls)
        By :data:`~speckit_analysis.prices.schedule.TOKEN_KINDS`.

    Returns
    -------
    ndarray of float
        NaN throughout for a model that the list does not know.
    """
    found = find_model(model, provider)
    if found is None:
        return np.full(len(moments), np.nan)
    paid = []
    for moment, (fresh, cached, write, write_1h, output) in zip(moments, tokens.T, strict=True):
        usage = Usage(
            input_tokens=int(fresh + cached + write + write_1h),
            cache_read_tokens=int(cached),
            cache_write_5m_tokens=int(write),
            cache_write_1h_tokens=int(write_1h),
            cache_write_tokens=int(write + write_1h),
            output_tokens=int(output),
        )
        prices = found.get_prices(moment.to_pydatetime())
        paid.append(float(prices.calc_price(usage)["total_price"]))
    return np.array(paid)
