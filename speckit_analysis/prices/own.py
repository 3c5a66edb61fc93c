"""A user's own prices, aliases and exchange rates, from a TOML file."""

from __future__ import annotations

import hashlib
import os
import sys
import tomllib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from speckit_analysis.errors import EvidenceError
from speckit_analysis.hand_files import read_text
from speckit_analysis.prices.published import special_tier
from speckit_analysis.prices.schedule import ALWAYS, Period, Schedule
from speckit_analysis.tables.vocabulary import normalise_model

# The upper bound refuses infinity, which 1e400 is read as.
Amount = Annotated[float, msgspec.Meta(ge=0, le=sys.float_info.max)]
Rate = Annotated[float, msgspec.Meta(gt=0, le=sys.float_info.max)]


class LongPrompts(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Prices of calls whose prompt is longer than `above` tokens."""

    above: Annotated[int, msgspec.Meta(gt=0)]
    input: Amount
    output: Amount
    cached: Amount | None = None
    cache_write: Amount | None = None
    cache_write_1h: Amount | None = None


class OwnPrice(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename={"since": "from"}):
    """Prices of one model, in USD per million tokens, from a day until before another."""

    model: str
    input: Amount
    output: Amount
    cached: Amount | None = None
    cache_write: Amount | None = None
    cache_write_1h: Amount | None = None
    provider: str | None = None
    service_tier: str | None = None
    since: date | None = None
    until: date | None = None
    long_prompts: tuple[LongPrompts, ...] = ()


class _PriceFile(msgspec.Struct, forbid_unknown_fields=True):
    version: str | None = None
    prices: tuple[OwnPrice, ...] = ()
    aliases: dict[str, str] = {}
    provider_exchange_rate: dict[str, Rate] = {}


@dataclass(frozen=True)
class OwnPrices:
    """What a price file says."""

    #: Name and version of the file, for ``pricing_version``.
    source: str = ""
    #: In the order of the file, with models and providers as ``calls`` spells them; no two of
    #: them hold for the same call.
    prices: tuple[OwnPrice, ...] = ()
    #: Model id for other names of it, in lower case.
    aliases: dict[str, str] = field(default_factory=dict)
    #: Units of the currency that a provider bills in, per USD.
    exchange_rates: dict[str, float] = field(default_factory=dict)

    def of(self, model: str, provider: str | None, tier: str | None = None) -> list[OwnPrice]:
        """Return the prices of `model`, those for another provider or service tier left out.

        Where the provider is not known, none of several providers' prices is taken for its own.
        """
        prices = [p for p in self.prices if p.model == model and p.service_tier == tier]
        providers = {price.provider for price in prices} - {None}
        if provider is None and len(providers) == 1:
            return prices
        return [price for price in prices if price.provider in (None, provider)]

    def unused(self, models: Collection[str]) -> list[str]:
        """Return the prices and aliases that are of none of these models, by their place and name.

        Parameters
        ----------
        models : collection of str
            What calls name: models, and other names in lower case that aliases may stand for.
        """
        meant = {self.aliases.get(name, name) for name in models} | set(models)
        unused = [
            f"prices[{number}] ({price.model})"
            for number, price in enumerate(self.prices)
            if price.model not in meant
        ]
        return unused + [f"the alias {name}" for name in self.aliases if name not in models]


def read_own_prices(path: str | os.PathLike[str]) -> OwnPrices:
    """Read a price file.

    Raises
    ------
    EvidenceError
        If it cannot be read, is no TOML, holds what is no price, or two prices for the same call;
        the message names the place and what was expected.
    """
    name = os.fspath(path)
    try:
        text = read_text(path, "price file")
        found = msgspec.convert(tomllib.loads(text), _PriceFile)
    except tomllib.TOMLDecodeError as error:
        raise EvidenceError(f"price file {name}: no valid TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise EvidenceError(
            f"price file {name}: {error}; docs/cost.md shows what it may hold"
        ) from None
    prices = tuple(map(_spelled, found.prices))
    faults = [
        *_faults(prices),
        *_doubled("aliases", found.aliases),
        *_doubled("provider_exchange_rate", found.provider_exchange_rate),
    ]
    if faults:
        raise EvidenceError(f"price file {name}: {'; '.join(faults)}")
    edition = found.version or hashlib.sha256(Path(path).read_bytes()).hexdigest()[:8]
    return OwnPrices(
        f"{Path(path).name} {edition}",
        prices,
        {alias.lower(): _model(model) for alias, model in found.aliases.items()},
        {provider.lower(): rate for provider, rate in found.provider_exchange_rate.items()},
    )


def _faults(prices: Sequence[OwnPrice]) -> Iterator[str]:
    """Yield what makes prices contradict themselves or each other."""
    named = [(f"prices[{number}] ({each.model})", each) for number, each in enumerate(prices)]
    for place, price in named:
        if price.since and price.until and price.since >= price.until:
            yield f"{place} ends on {price.until}, before it begins on {price.since}"
        tiers = [longer.above for longer in price.long_prompts]
        if len(set(tiers)) < len(tiers):
            yield f"{place} has two prices of long_prompts above the same number of tokens"
    for (first, one), (second, other) in combinations(named, 2):
        if _overlap(one, other):
            yield (
                f"{first} and {second} both hold {_common_days(one, other)}: end one where the"
                " other begins (until, from), or give each a provider of its own"
            )


def _overlap(one: OwnPrice, other: OwnPrice) -> bool:
    """Tell whether two prices hold for the same call."""
    same = one.model == other.model and one.service_tier == other.service_tier
    same &= one.provider is None or other.provider in (None, one.provider)
    begins, ends = _common_span(one, other)
    return same and (begins is None or ends is None or begins < ends)


def _common_span(one: OwnPrice, other: OwnPrice) -> tuple[date | None, date | None]:
    """Return the first day of both, and the day before which the first of them ends."""
    begins = [price.since for price in (one, other) if price.since]
    ends = [price.until for price in (one, other) if price.until]
    return max(begins, default=None), min(ends, default=None)


def _common_days(one: OwnPrice, other: OwnPrice) -> str:
    begins, ends = _common_span(one, other)
    parts = [f"from {begins}" if begins else "", f"until {ends}" if ends else ""]
    return " ".join(filter(None, parts)) or "at all times"


def _doubled(table: str, names: Iterable[str]) -> Iterator[str]:
    """Yield names that differ in their capitals alone, which stand for one."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            yield f"{table} {other!r} and {name!r} are one name; leave one of them out"


def _spelled(price: OwnPrice) -> OwnPrice:
    return msgspec.structs.replace(
        price,
        model=_model(price.model),
        provider=price.provider and price.provider.lower(),
        service_tier=special_tier(price.service_tier),
    )


def _model(name: str) -> str:
    """Return the model id that `name` spells; what names no model that we know stays."""
    return normalise_model(name) or name.lower()


def overlay(published: Schedule | None, own: Sequence[OwnPrice], source: str) -> Schedule | None:
    """Return `published` prices with a user's own ones in their place where there are any.

    Days that neither tells of have unknown rates and no source.
    """
    if not own:
        return published
    days = {ALWAYS, *(period.start for period in published.periods)} if published else {ALWAYS}
    for price in own:
        days |= {np.datetime64(day, "D") for day in (price.since, price.until) if day}
    periods = []
    for day in sorted(days):
        valid = [price for price in own if _holds(price, day)]
        if valid:
            periods.append(_period(day, valid[0], source))
        elif published is not None:
            known = published.at(day)
            periods.append(Period(day, known.above, known.rates, known.source))
        else:
            periods.append(Period(day, np.array([]), np.full((1, 5), np.nan), ""))
    return Schedule(tuple(periods))


def _holds(price: OwnPrice, day: np.datetime64) -> bool:
    date_of = day.astype(date)
    begun = price.since is None or date_of >= price.since
    return begun and (price.until is None or date_of < price.until)


def _period(day: np.datetime64, price: OwnPrice, source: str) -> Period:
    tiers = sorted(price.long_prompts, key=lambda longer: longer.above)
    above = np.array([longer.above for longer in tiers], dtype=float)
    rates = [_rates(price), *map(_rates, tiers)]
    return Period(day, above, np.array(rates), source)


def _rates(price: OwnPrice | LongPrompts) -> list[float]:
    """Return the prices by kind of token; what is not given costs as much as fresh input."""
    write = price.input if price.cache_write is None else price.cache_write
    write_1h = write if price.cache_write_1h is None else price.cache_write_1h
    cached = price.input if price.cached is None else price.cached
    return [price.input, cached, write, write_1h, price.output]
