"""A user's own prices, aliases and exchange rates, from a TOML file."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from speckit_analysis.errors import EvidenceError
from speckit_analysis.prices.schedule import ALWAYS, Period, Schedule
from speckit_analysis.vocabulary import normalise_model

Amount = Annotated[float, msgspec.Meta(ge=0)]


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
    since: date | None = None
    until: date | None = None
    long_prompts: tuple[LongPrompts, ...] = ()


class _PriceFile(msgspec.Struct, forbid_unknown_fields=True):
    version: str | None = None
    prices: tuple[OwnPrice, ...] = ()
    aliases: dict[str, str] = {}
    provider_exchange_rate: dict[str, Annotated[float, msgspec.Meta(gt=0)]] = {}


@dataclass(frozen=True)
class OwnPrices:
    """What a price file says.

    Attributes
    ----------
    source : str
        Name and version of the file, for ``pricing_version``.
    prices : tuple of OwnPrice
        In the order of the file, with models and providers as ``calls`` spells them; a later one
        wins.
    aliases : dict of str to str
        Model id for other names of it, in lower case.
    exchange_rates : dict of str to float
        Units of the currency that a provider bills in, per USD.
    """

    source: str = ""
    prices: tuple[OwnPrice, ...] = ()
    aliases: dict[str, str] = field(default_factory=dict)
    exchange_rates: dict[str, float] = field(default_factory=dict)

    def of(self, model: str, provider: str | None) -> list[OwnPrice]:
        """Return the prices of `model`, those for another provider left out."""
        return [
            price
            for price in self.prices
            if price.model == model
            and (price.provider is None or provider is None or price.provider == provider)
        ]


def read_own_prices(path: str | os.PathLike[str]) -> OwnPrices:
    """Read a price file.

    Raises
    ------
    EvidenceError
        If it cannot be read, is no TOML, or holds what is no price; the message names the
        place and what was expected.
    """
    name = os.fspath(path)
    try:
        content = Path(path).read_bytes()
        found = msgspec.convert(tomllib.loads(content.decode()), _PriceFile)
    except OSError as error:
        raise EvidenceError(f"price file {name}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise EvidenceError(f"price file {name}: not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise EvidenceError(f"price file {name}: no valid TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise EvidenceError(
            f"price file {name}: {error}; docs/cost.md shows what it may hold"
        ) from None
    for number, price in enumerate(found.prices):
        if price.since and price.until and price.since >= price.until:
            raise EvidenceError(
                f"price file {name}: prices[{number}] ({price.model}) ends on {price.until},"
                f" before it begins on {price.since}"
            )
    edition = found.version or hashlib.sha256(content).hexdigest()[:8]
    return OwnPrices(
        f"{Path(path).name} {edition}",
        tuple(map(_spelled, found.prices)),
        {alias.lower(): _model(model) for alias, model in found.aliases.items()},
        {provider.lower(): rate for provider, rate in found.provider_exchange_rate.items()},
    )


def _spelled(price: OwnPrice) -> OwnPrice:
    provider = price.provider and price.provider.lower()
    return msgspec.structs.replace(price, model=_model(price.model), provider=provider)


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
            periods.append(_period(day, valid[-1], source))
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
    tiers = sorted(price.long_prompts, key=lambda tier: tier.above)
    above = np.array([tier.above for tier in tiers], dtype=float)
    rates = [_rates(price), *map(_rates, tiers)]
    return Period(day, above, np.array(rates), source)


def _rates(price: OwnPrice | LongPrompts) -> list[float]:
    """Return the prices by kind of token; what is not given costs as much as fresh input."""
    write = price.input if price.cache_write is None else price.cache_write
    write_1h = write if price.cache_write_1h is None else price.cache_write_1h
    cached = price.input if price.cached is None else price.cached
    return [price.input, cached, write, write_1h, price.output]
