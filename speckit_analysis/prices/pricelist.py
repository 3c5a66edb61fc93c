"""Many calls priced at once, each at the price of its own day."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from speckit_analysis.prices import published
from speckit_analysis.prices.own import OwnPrices, overlay, read_own_prices
from speckit_analysis.prices.schedule import Schedule, usd
from speckit_analysis.tables.vocabulary import normalise_model, provider_of

_NEEDED = ["model_id", "timestamp", "prompt_tokens", "completion_tokens"]

_USED = [
    *_NEEDED,
    "provider",
    "service_tier",
    "cached_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "reasoning_tokens",
]

_NANOSECONDS_A_DAY = 86_400_000_000_000


@dataclass(frozen=True)
class PriceList:
    """Published prices, with a user's own where there are any.

    Parameters
    ----------
    own : OwnPrices
        From a price file; by default none.

    Examples
    --------
    >>> PriceList().usd("claude-4.5-sonnet", 1234, 567, "2025-10-28")
    0.012207
    """

    own: OwnPrices = field(default_factory=OwnPrices)

    @classmethod
    def read(cls, path: str | os.PathLike[str] | None) -> PriceList:
        """Return published prices with those of the TOML file at `path`, if one is given.

        Raises
        ------
        EvidenceError
            If the file cannot be read or holds what is no price.
        """
        return cls(read_own_prices(path)) if path else cls()

    @property
    def source(self) -> str:
        """Names and versions of the price lists."""
        return " + ".join(filter(None, (published.pricing_source(), self.own.source)))

    def schedule(
        self, model: str, provider: str | None = None, service_tier: str | None = None
    ) -> Schedule | None:
        """Return the prices of a model over time; None where no list tells."""
        model = self.own.aliases.get(model, model)
        tier = published.special_tier(service_tier)
        own = self.own.of(model, provider, tier)
        return overlay(published.schedule(model, provider, tier), own, self.own.source)

    def usd(
        self, model: str, prompt_tokens: int, completion_tokens: int, day: str, **more: object
    ) -> float | None:
        """Return the cost of one call in USD; None where it cannot be told.

        Parameters
        ----------
        model : str
            Any spelling of it.
        prompt_tokens, completion_tokens : int
            Input, cached input included, and output.
        day : str
            When the call was made (UTC).
        **more
            Other columns of :meth:`price`.
        """
        name = normalise_model(model)
        row: dict[str, object] = {
            "model_id": name,
            "provider": provider_of(name),
            "model_requested": model,
        }
        row |= {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens}
        calls = pd.DataFrame([row | more]).assign(timestamp=pd.Timestamp(day, tz="UTC"))
        cost = self.price(calls)["cost_usd"].iloc[0]
        return None if pd.isna(cost) else round(float(cost), 12)

    def price(self, calls: pd.DataFrame) -> pd.DataFrame:
        """Return what each call cost.

        Parameters
        ----------
        calls : DataFrame
            Rows with ``model_id``, ``provider``, ``timestamp``, ``prompt_tokens`` and
            ``completion_tokens``; ``cached_tokens``, ``cache_write_tokens``,
            ``cache_write_1h_tokens``, ``reasoning_tokens``, ``service_tier`` and
            ``model_requested`` are used where there are such columns.  All mean what they mean in
            the table ``calls``.

        Returns
        -------
        DataFrame
            With the index of `calls`: ``cost_usd`` (Float64, missing where model, price, tokens
            or day are unknown, or the parts of a prompt exceed it), ``pricing_version``
            (category: the list, its version, and the day whose price it is) and
            ``provider_exchange_rate`` (Float64, units of the currency that the provider bills
            in, per USD, missing without one).

        Notes
        -----
        Reasoning is billed as output.  Where a call does not say that it was served from a
        cache, its input is priced in full.
        """
        named = self._named(calls)
        known = np.flatnonzero(named[_NEEDED].notna().all(axis=1))
        rows = named[[name for name in _USED if name in named]]
        if len(known) < len(rows):
            rows = rows.take(known)
        moments = pd.DatetimeIndex(rows["timestamp"]).as_unit("ns")
        days = (moments.asi8 // _NANOSECONDS_A_DAY).astype("datetime64[D]")
        tokens = _tokens(rows)
        paid, own = np.full(len(rows), np.nan), np.zeros(len(rows), dtype=bool)
        for model, provider, tier, at in _models(rows):
            schedule = self.schedule(model, provider, tier)
            if schedule is not None:
                paid[at], own[at] = self._by_period(schedule, days[at], tokens[:, at])
            # Prices that change with the hour are in no schedule.
            left = at[np.isnan(paid[at]) & ~np.isnan(tokens[0, at])]
            if len(left) and published.special_tier(tier) is None:
                paid[left] = published.usd_one_by_one(
                    model, provider, moments[left], tokens[:, left]
                )
        costs = np.full(len(calls), np.nan)
        costs[known] = paid
        return pd.DataFrame(
            {
                "cost_usd": pd.arrays.FloatingArray(np.nan_to_num(costs), np.isnan(costs)),
                "pricing_version": self._versions(len(calls), known, ~np.isnan(paid), own, days),
                "provider_exchange_rate": self._exchange_rates(named["provider"]),
            },
            index=calls.index,
        )

    def unused_sentence(self, calls: pd.DataFrame) -> str:
        """Say which prices and aliases of one's own no call is of; nothing where all are used.

        Parameters
        ----------
        calls : DataFrame
            Rows with ``model_id``, and ``model_requested`` if there is such a column.
        """
        names = [calls["model_id"].dropna().astype(str)]
        if "model_requested" in calls:
            names.append(calls["model_requested"].dropna().astype(str).str.lower())
        unused = self.own.unused(set().union(*(column.unique() for column in names)))
        if not unused:
            return ""
        return f"No call is of these entries of the price file: {', '.join(unused)}."

    def _named(self, calls: pd.DataFrame) -> pd.DataFrame:
        """Return `calls` with the model that each alias stands for."""
        if not self.own.aliases:
            return calls
        model = calls["model_id"].astype("string")
        meant = model.map(self.own.aliases).astype("string")
        if "model_requested" in calls:
            asked = calls["model_requested"].astype("string").str.lower()
            meant = asked.map(self.own.aliases).astype("string").fillna(meant)
        makers = {name: provider_of(name) for name in meant.dropna().unique()}
        maker = meant.map(makers).astype("string").fillna(calls["provider"].astype("string"))
        return calls.assign(model_id=meant.fillna(model), provider=maker)

    def _by_period(
        self, schedule: Schedule, days: np.ndarray, tokens: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the cost of calls of one model, and whether a user's own price made it."""
        held = schedule.period_of(days)
        paid, own = np.empty(len(days)), np.empty(len(days), dtype=bool)
        for number in np.unique(held):
            period, at = schedule.periods[number], held == number
            paid[at] = usd(period.rates, period.above, tokens[:, at])
            own[at] = period.source == self.own.source
        return paid, own

    def _versions(
        self, size: int, known: np.ndarray, priced: np.ndarray, own: np.ndarray, days: np.ndarray
    ) -> pd.Categorical:
        """Return list, version and day behind each price."""
        day = days.astype(np.int64)[priced]
        kinds, codes = np.unique(2 * day + own[priced], return_inverse=True)
        sources = (published.pricing_source(), self.own.source)
        names = [f"{sources[kind % 2]} for {np.datetime64(int(kind // 2), 'D')}" for kind in kinds]
        every = np.full(size, -1)
        every[known[priced]] = codes
        return pd.Categorical.from_codes(every, categories=pd.Index(names, dtype="str"))

    def _exchange_rates(self, providers: pd.Series) -> pd.Series:
        rates = self.own.exchange_rates
        if not rates:
            return pd.Series(pd.NA, providers.index, dtype="Float64")
        return providers.astype("string").map(rates).astype("Float64")


def _tokens(rows: pd.DataFrame) -> np.ndarray:
    """Return tokens by kind, shape (5, rows); integers that a float holds exactly, or NaN."""

    def count(column: str) -> np.ndarray:
        if column not in rows:
            return np.zeros(len(rows))
        return rows[column].to_numpy(np.float64, na_value=0.0)

    cached, write_1h = count("cached_tokens"), count("cache_write_1h_tokens")
    write = np.maximum(count("cache_write_tokens"), write_1h) - write_1h
    fresh = count("prompt_tokens") - cached - write - write_1h
    output = count("completion_tokens") + count("reasoning_tokens")
    # Parts that exceed the whole tell no cost.
    return np.array([np.where(fresh < 0, np.nan, fresh), cached, write, write_1h, output])


def _models(rows: pd.DataFrame) -> Iterator[tuple[str, str | None, str | None, np.ndarray]]:
    """Yield each model, provider and service tier with the places of their rows."""
    if rows.empty:
        return
    factors = [_factorised(rows, key) for key in ("model_id", "provider", "service_tier")]
    size = [len(names) + 1 for _, names in factors]
    # The last name of each stands for a missing one, whose code is -1.
    codes = [code % count for (code, _), count in zip(factors, size, strict=True)]
    together = np.ravel_multi_index(codes, size)
    # Small numbers are sorted without comparing them.
    order = np.argsort(together.astype(np.min_scalar_type(int(np.prod(size)))), kind="stable")
    counts = np.bincount(together)
    kinds = np.flatnonzero(counts)
    for kind, at in zip(kinds, np.split(order, counts[kinds].cumsum()[:-1]), strict=True):
        places = np.unravel_index(kind, size)
        model, provider, tier = (
            str(names[int(place)]) if place < len(names) else None
            for place, (_, names) in zip(places, factors, strict=True)
        )
        yield str(model), provider, tier, at


def _factorised(rows: pd.DataFrame, key: str) -> tuple[np.ndarray, pd.Index]:
    """Return a number for each value, -1 where it is missing, and the values by their number."""
    if key not in rows:
        return np.full(len(rows), -1), pd.Index([])
    if isinstance(rows[key].dtype, pd.CategoricalDtype):
        return rows[key].cat.codes.to_numpy(np.int64), rows[key].cat.categories
    codes, names = pd.factorize(rows[key])
    return codes, pd.Index(names)
