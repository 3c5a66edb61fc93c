"""Problems of counts, costs and prices of calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from speckit_analysis.evidence.assemble.categories import kinds_of, without_categories
from speckit_analysis.evidence.assemble.filed import filed
from speckit_analysis.prices import published
from speckit_analysis.prices.releases import released

Frames = dict[str, pd.DataFrame]

#: A recorded cost further off the price list than this is a problem.
PRICE_TOLERANCE = 0.05

_COUNTED = (
    "prompt {prompt_tokens}, read from a cache {cached_tokens}, written to one"
    " {cache_write_tokens}, output {completion_tokens}, reasoning {reasoning_tokens}, total"
    " {total_tokens}; the first of {size} such calls of {provider}"
)


def counts(frames: Frames) -> Iterator[pd.DataFrame]:
    """Find counts that do not tell what is inside them: one problem a provider."""
    doubts = frames["doubts"].assign(provider=frames["doubts"]["provider"].astype("string"))
    group = ["doubt", "provider"]
    sizes = doubts.groupby(group, dropna=False)["file"].transform("size")
    first = doubts.assign(size=sizes).drop_duplicates(group).set_index("doubt", drop=False)

    def of(*names: str) -> pd.DataFrame:
        return first[first["doubt"].isin(names)]

    action = "treated as missing, so there is no cost"
    message = f"the counts contradict each other: {_COUNTED}"
    yield filed(of("contradiction"), "tokens_contradict", "error", message, action)
    message = f"the total fits no way of counting: {_COUNTED}"
    action = "counted as the provider does"
    yield filed(of("other_total"), "totals_differ", "warning", message, action)
    message = f"nothing tells whether cache and reasoning are inside or beside: {_COUNTED}"
    yield filed(of("ambiguous"), "tokens_ambiguous", "warning", message, "added nothing")
    message = f"the total holds no part that the provider counts beside: {_COUNTED}"
    action = "believed the total; if it leaves parts out, the cost is too low"
    yield filed(of("overruled"), "tokens_ambiguous", "warning", message, action)


def recorded_costs(frames: Frames) -> Iterator[pd.DataFrame]:
    """Find models whose recorded costs are not those of the day's price: one problem a model."""
    calls = frames["calls"]
    both = (calls["cost_usd_reported"] > 0).fillna(False) & calls["cost_usd"].notna()
    ratio = (calls["cost_usd_reported"] / calls["cost_usd"])[both].astype(float)
    for model, group in ratio.groupby(calls.loc[both, "model_id"]):
        wrong = group[(group - 1).abs() > PRICE_TOLERANCE]
        if len(wrong):
            first = calls.loc[wrong.index[:1]]
            noun = "call" if len(group) == 1 else "calls"
            message = (
                f"{model}: recorded cost is {wrong.median():.2f} times the price of the day"
                f" (median of {len(wrong)} of {len(group)} {noun}, {wrong.min():.2f} to"
                f" {wrong.max():.2f}); the first of them is here"
            )
            action = "kept as cost_usd_reported; cost_usd is computed"
            yield filed(first, "cost_differs_from_price", "warning", message, action)


def unpriced_calls(frames: Frames) -> Iterator[pd.DataFrame]:
    """Find calls whose tokens have no price: one problem a model and tier."""
    calls = frames["calls"]
    counted = calls["prompt_tokens"].notna() & calls["completion_tokens"].notna()
    unpriced = without_categories(calls[counted & calls["cost_usd"].isna()])
    for _, group in unpriced.groupby(["model_id", "service_tier"], dropna=False):
        first = group.iloc[0]
        calls_of = f"{len(group)} of its calls have tokens and no cost; the first is here"
        if pd.isna(first["model_id"]):
            message = f"no model is named, so no price is known: {len(group)} calls have no cost"
        elif group["timestamp"].isna().all():
            message = f"{first['model_id']}: no date, so no price of the day: {calls_of}"
        else:
            tier = first["service_tier"]
            special = None if pd.isna(tier) else published.special_tier(tier)
            what = f"its service tier {special}" if special else "it"
            message = (
                f"{first['model_id']}: no price list tells what {what} costs ({_price_list()}):"
                f" {calls_of}"
            )
        action = "left missing, never 0; a price file can tell"
        yield filed(group.head(1), "unknown_price", "warning", message, action)


def _price_list() -> str:
    day = published.list_day()
    return published.pricing_source() + (f" of {day}" if day else "")


def price_days(frames: Frames) -> Iterator[pd.DataFrame]:
    """Find prices of another day than the call's: its model was no more, or not yet, listed."""
    calls = frames["calls"]
    versions = calls["pricing_version"].cat.categories
    listed = versions[versions.str.startswith(published.pricing_source())]
    paid = calls["pricing_version"].isin(listed) & (calls["cost_usd"] > 0).fillna(False)
    day = calls["timestamp"].dt.tz_localize(None).to_numpy("M8[s]", na_value=np.datetime64("NaT"))
    day[~paid.to_numpy(bool)] = np.datetime64("NaT")
    names = ["model_id", "model_requested", "provider", "service_tier"]
    kinds = kinds_of(calls, names)
    first = calls.loc[np.unique(kinds, return_index=True)[1], names].astype("string")
    known = [
        tuple(None if pd.isna(name) else str(name) for name in row)
        for row in first.itertuples(index=False)
    ]
    begins = [released(model or "", raw) for model, raw, _, _ in known]
    message = "{model_id} came out on {begin}; calls before: {n}, the first is here"
    action = "priced as when it came out; the date or the model is wrong"
    early = _first_before(calls, day, kinds, begins)
    yield filed(early, "price_before_release", "warning", message, action)
    begins = [
        published.tier_start(model or "", maker, published.special_tier(tier))
        for model, _, maker, tier in known
    ]
    message = (
        "{model_id}: the price list knows tier {service_tier} from {begin} on; calls before:"
        " {n}, the first is here"
    )
    action = "priced in the same proportion to the standard price"
    early = _first_before(calls, day, kinds, begins)
    yield filed(early, "tier_price_estimated", "warning", message, action)
    until = published.list_day()
    if until is not None and (day >= until + 1).any():
        late = calls.assign(day=day)[day >= until + 1]
        message = (
            f"calls after the day of the price list ({_price_list()}): {len(late)}; the first here"
        )
        action = "priced as on that day; a newer genai-prices may know other prices"
        yield filed(late.nsmallest(1, "day"), "price_list_older", "info", message, action)


def _first_before(
    calls: pd.DataFrame, day: np.ndarray, kinds: np.ndarray, begins: Sequence[Any]
) -> pd.DataFrame:
    """Return the first call of each kind before its ``begin``, and their number ``n``."""
    begin = np.array([np.datetime64("NaT") if day is None else day for day in begins], "M8[s]")
    early = np.flatnonzero(day < begin[kinds])
    kind, first, n = np.unique(kinds[early], return_index=True, return_counts=True)
    found = calls.iloc[early[np.sort(first)]]
    order = np.argsort(first)
    return found.assign(begin=begin[kind[order]].astype("M8[D]").astype(str), n=n[order])
