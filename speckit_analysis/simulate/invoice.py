"""A provider's billing export with a known difference from what was tracked."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: Headers of each layout, as providers write them.
LAYOUTS = ("plain", "openai", "anthropic", "google")


def simulate_invoice(
    calls: pd.DataFrame,
    *,
    seed: int = 0,
    factor: float = 1.0,
    monthly_drift: float = 1.0,
    noise: float = 0.02,
    dropped: float = 0.0,
    layout: str = "plain",
) -> pd.DataFrame:
    """Return the bill for calls, line by line.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``; those with a cost, a time and a model are billed.
    seed : int
        Of all draws.
    factor : float
        What is billed over what was tracked.
    monthly_drift : float
        Factor by which that grows from month to month.
    noise : float
        Standard deviation of the logarithm of a day's bill.
    dropped : float
        Share of days and models that the bill leaves out.
    layout : str
        Of :data:`LAYOUTS`.

    Raises
    ------
    ValueError
        If there is no such layout.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"no layout {layout!r}; there are: {', '.join(LAYOUTS)}")
    billed = calls.dropna(subset=["cost_usd", "timestamp", "model_id"])
    keys = [billed["timestamp"].dt.floor("D").rename("date"), billed["model_id"].astype("string")]
    lines = billed.groupby(keys).agg(
        cost_usd=("cost_usd", "sum"),
        input_tokens=("prompt_tokens", "sum"),
        output_tokens=("completion_tokens", "sum"),
        requests=("cost_usd", "size"),
    )
    lines = lines.reset_index()
    draw = np.random.default_rng(seed)
    month = lines["date"].dt.year * 12 + lines["date"].dt.month
    change = factor * monthly_drift ** (month - month.min()).to_numpy(float)
    error = np.exp(draw.normal(0, noise, len(lines)) - noise**2 / 2)
    lines["cost_usd"] = lines["cost_usd"].to_numpy(float) * change * error
    lines = lines[draw.random(len(lines)) >= dropped].reset_index(drop=True)
    return _laid_out(lines, layout)


def _laid_out(lines: pd.DataFrame, layout: str) -> pd.DataFrame:
    day = lines["date"].dt.strftime("%Y-%m-%d")
    cost = lines["cost_usd"].round(6)
    if layout == "openai":
        return pd.DataFrame(
            {
                "start_time_iso": day + "T00:00:00+00:00",
                "amount_value": cost,
                "amount_currency": "usd",
                "line_item": lines["model_id"] + ", input and output",
                "project_name": "Default",
            }
        )
    if layout == "anthropic":
        return pd.DataFrame(
            {
                "usage_date_utc": day,
                "model": lines["model_id"],
                "workspace": "Default",
                "usage_type": "message",
                "cost_usd": cost,
            }
        )
    if layout == "google":
        return pd.DataFrame(
            {
                "Usage start date": day,
                "Service description": "Generative Language API",
                "SKU description": "Generate content tokens " + lines["model_id"],
                "Cost ($)": cost,
            }
        )
    return lines.assign(date=day, cost_usd=cost).rename(columns={"model_id": "model"})
