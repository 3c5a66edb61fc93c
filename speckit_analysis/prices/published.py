"""Published prices, from the package ``genai-prices``: dated, offline, retired models too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from genai_prices import Usage, calc_price
from genai_prices.data import providers as providers_listed
from genai_prices.types import (
    ClauseAnd,
    ClauseOr,
    ClauseRegex,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    StartDateConstraint,
)

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

# Other ways in which the list spells a model, tried after ours.
_SPELLINGS = (
    (re.compile(r"^claude-(opus|sonnet|haiku)-(3(?:-\d)?)$"), r"claude-\2-\1"),
    (re.compile(r"^gemini-(\d\.\d)-(pro|flash)(-\d+b)?$"), r"gemini-\2-\1\3"),
    (re.compile(r"$"), "-latest"),
)

# What the list calls a maker, if not as we do; what only another of its sellers prices.
_LISTED_AS = {"z-ai": ("zai", "zhipuai")}

# What may follow the name of a model whose price it has: the day of a release, a preview.
_RELEASE = re.compile(
    r"(?:[-@](?:\d{8}|\d{4}-\d\d-\d\d|\d\d-\d\d(?:\d\d)?|0\d\d|latest|preview|exp))*"
)

#: Day on which each version of the list came out.
_LIST_DAYS = {"0.2.3": "2026-11-10"}

#: What providers call the tier that has the standard price.
_STANDARD = {"standard", "default", "auto", "standard_only", "on_demand"}

_PROBE = Usage(input_tokens=1, output_tokens=1)


@lru_cache(maxsize=1)
def pricing_source() -> str:
    """Return the name and version of the published price list."""
    return f"genai-prices {version('genai-prices')}"


@lru_cache(maxsize=1)
def list_day() -> np.datetime64 | None:
    """Return the day on which the price list came out; None for a version that is not known."""
    day = _LIST_DAYS.get(version("genai-prices"))
    return np.datetime64(day, "D") if day else None


@lru_cache(maxsize=4096)
def special_tier(service_tier: str | None) -> str | None:
    """Return a service tier as price lists spell it; None for the standard one.

    >>> special_tier("ON_DEMAND_FLEX"), special_tier("default"), special_tier(None)
    ('flex', None, None)
    """
    name = (service_tier or "standard").strip().lower().replace("-", "_")
    return None if name in _STANDARD else name.removeprefix("on_demand_")


@lru_cache(maxsize=1)
def listed_names() -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of all providers that the price list knows, and the ids of all models."""
    providers = {name for listed in providers_listed for name in (listed.id, listed.name)}
    return frozenset(providers), frozenset(
        model.id for listed in providers_listed for model in listed.models
    )


def serves_models(url: str) -> bool:
    """Tell whether an address is that of a provider's API.

    >>> serves_models("https://api.moonshot.cn/v1"), serves_models("https://fonts.googleapis.com")
    (True, False)
    """
    # All that Google serves has one host in the list; names tell which of it are models.
    return any(
        listed.id != "google" and re.match(listed.api_pattern, url) for listed in providers_listed
    )


@lru_cache(maxsize=65536)
def find_model(model: str, provider: str | None) -> ModelInfo | None:
    """Return what the price list says of `model`; None where it does not know it.

    The list finds a model by how its name begins.  What it finds is taken only if the rest of
    the name is no other model's: ``claude-opus-4-10`` is none of ``claude-opus-4-1``.
    """
    spellings = [model, *(pattern.sub(other, model, 1) for pattern, other in _SPELLINGS)]
    for spelling in dict.fromkeys(spellings):
        for listed in _LISTED_AS.get(provider or "", (provider,)):
            try:
                found = calc_price(_PROBE, spelling, provider_id=listed).model
            except LookupError:
                continue
            if _is_meant(spelling, found):
                return found
    return None


def _is_meant(name: str, model: ModelInfo) -> bool:
    known = [model.id.lower(), *_names(model.match)]
    rests = (name[len(start) :] for start in known if name.startswith(start))
    tuned = name.startswith("ft:")  # what follows is whose model it is
    return any(tuned or _RELEASE.fullmatch(rest) for rest in rests)


def _names(clause: Any) -> Iterator[str]:
    """Yield the names, and beginnings of names, that a clause of the list speaks of."""
    if isinstance(clause, ClauseOr | ClauseAnd):
        for part in getattr(clause, "or_", None) or clause.and_:
            yield from _names(part)
    elif not isinstance(clause, ClauseRegex):  # whose day is what a release ends with
        yield next(iter(vars(clause).values()))


@lru_cache(maxsize=65536)
def schedule(model: str, provider: str | None, tier: str | None = None) -> Schedule | None:
    """Return the prices of `model` over time.

    Parameters
    ----------
    model, provider : str
        As in the table ``calls``.
    tier : str, optional
        ``batch``, ``flex``, ``priority`` … from :func:`special_tier`; standard otherwise.

    Returns
    -------
    Schedule or None
        None for a model or a tier of it that the list does not know, and for a model whose price
        hangs on more than tokens and day: :func:`usd_one_by_one` prices those.

    Notes
    -----
    The list knows a tier from the day on which it was written down.  On earlier days it is taken
    to have been in the same proportion to the standard price; :func:`tier_start` tells.
    """
    if model.endswith(":free"):
        return Schedule((Period(ALWAYS, np.array([]), np.zeros((1, 5)), pricing_source()),))
    found = find_model(model, provider)
    if found is None:
        return None
    variant = _variant(found, tier)
    starts = _starts(found)
    if starts is None or (tier and variant is None):
        return None
    begin = _begin(variant) if variant else ALWAYS
    periods = []
    for start in sorted({*starts, begin}):
        prices = _prices_on(found, start, None)
        if not _is_plain(prices):
            return None
        above, rates = _tiers(prices)
        if variant and start < begin:
            rates = rates * _proportion(found, variant)
        elif variant:
            above, rates = _tiers(_prices_on(found, start, variant))
        periods.append(Period(start, above, rates, pricing_source()))
    return Schedule(tuple(periods))


def tier_start(model: str, provider: str | None, tier: str | None) -> np.datetime64 | None:
    """Return the day from which the list knows this tier of `model`; None if it does not."""
    found = find_model(model, provider)
    variant = _variant(found, tier) if found else None
    return _begin(variant) if variant else None


def _variant(model: ModelInfo, tier: str | None) -> PriceVariant | None:
    """Return the prices of `model` in `tier`, whatever the list calls what sets it apart."""
    found = (v for v in model.price_variants or () if tier and [*v.when.values()] == [tier])
    return next(found, None)


def _begin(variant: PriceVariant) -> np.datetime64:
    if isinstance(variant.constraint, StartDateConstraint):
        return np.datetime64(variant.constraint.start_date, "D")
    return ALWAYS


def _proportion(model: ModelInfo, variant: PriceVariant) -> np.ndarray:
    """Return the tier's prices by kind of token over the standard ones, when it began."""
    begin = _begin(variant)
    _, (standard, *_) = _tiers(_prices_on(model, begin, None))
    _, (special, *_) = _tiers(_prices_on(model, begin, variant))
    return np.divide(special, standard, out=np.ones(len(special)), where=standard > 0)


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


def _prices_on(model: ModelInfo, day: np.datetime64, variant: PriceVariant | None) -> ModelPrice:
    moment = pd.Timestamp(max(day, np.datetime64("1970-01-01", "D")), tz="UTC").to_pydatetime()
    return model.get_prices(moment, variant.when if variant else None)


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
