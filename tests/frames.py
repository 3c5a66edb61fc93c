"""Small frames of the evidence's tables, typed as the loader types them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pandas as pd

from speckit_analysis.tables import ORDERED_CATEGORIES, TABLES


def frame(table: str, rows: Sequence[Mapping[str, Any]] = ()) -> pd.DataFrame:
    """Return `rows` as the table called `table`: every column, every dtype, the rest missing.

    Rows count as measured unless they say otherwise.
    """
    columns = {}
    names = set(TABLES[table].column_names)
    for row in rows:
        assert set(row) <= names, f"{table} has no column {set(row) - names}"
    for column in TABLES[table].columns:
        default = "measured" if column.name == "provenance" else None
        values = [row.get(column.name, default) for row in rows]
        columns[column.name] = _series(column.name, column.dtype, values)
    return pd.DataFrame(columns)


def evidence(**tables: Sequence[Mapping[str, Any]]) -> SimpleNamespace:
    """Return frames by name, as the loader's result holds them; tables not given are empty."""
    return SimpleNamespace(**{name: frame(name, tables.get(name, ())) for name in TABLES})


def score(spec: str, points: float, **more: Any) -> dict[str, Any]:
    """Return a row of table ``reviews`` that counts unless `more` says otherwise."""
    row = {"experiment": "e", "spec_id": spec, "stage": "plan", "variant": "A", "reviewer": "R1"}
    return row | {"criterion": "clarity", "score": points} | more


def _series(name: str, dtype: str, values: list[Any]) -> pd.Series:
    if name in ORDERED_CATEGORIES:
        kind = pd.CategoricalDtype(list(ORDERED_CATEGORIES[name]), ordered=True)
        return pd.Series(values, dtype="object").astype(kind)
    if dtype == "category":
        return pd.Series(values, dtype="string").astype("category")
    if dtype.startswith("datetime"):
        return pd.Series(pd.to_datetime(values, utc=True, format="ISO8601")).astype(dtype)
    return pd.Series(values, dtype=dtype)
