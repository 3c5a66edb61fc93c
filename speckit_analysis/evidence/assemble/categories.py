"""Columns of few recurring values: spelled one way, filled up and chosen without a text per row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

_STRING = pd.StringDtype(storage="pyarrow", na_value=pd.NA)


def texts(values: pd.Series) -> pd.Series:
    """Return a column of categories, or of anything else, as plain strings."""
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return values.astype(_STRING)
    every = pd.array([*values.cat.categories, pd.NA], dtype=_STRING)
    return pd.Series(every.take(values.cat.codes.to_numpy()), index=values.index)


def without_categories(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with plain strings in place of categories."""
    frame = frame.copy()
    for name in frame.select_dtypes("category").columns:
        frame[name] = texts(frame[name])
    return frame


def spell(values: pd.Series, function: Callable[[str], str | None]) -> pd.Series:
    """Apply `function` to each distinct value of a column; categories stay categories."""
    if values.empty:
        return values
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes = values.cat.codes.to_numpy()
        spelled = [function(str(value)) for value in values.cat.categories]
        return _categories(codes, spelled, values.index)
    codes, uniques = pd.factorize(values)
    every = pd.array([*(function(str(value)) for value in uniques), pd.NA], dtype=_STRING)
    return pd.Series(every.take(codes), index=values.index)


def first_known(*columns: pd.Series, otherwise: str | None = None) -> pd.Series:
    """Return, as categories, what the first of `columns` says that says anything of a row."""
    names: dict[str, int] = {}
    known = np.full(len(columns[0]), -1)
    for column in columns:
        said = column.astype("category").cat
        places = [*(names.setdefault(str(name), len(names)) for name in said.categories), -1]
        known = np.where(known < 0, np.array(places)[said.codes], known)
    if otherwise is not None:
        known[known < 0] = names.setdefault(otherwise, len(names))
    return _categories(known, list(names), columns[0].index)


def first_true(*cases: tuple[str | None, pd.Series]) -> pd.Series:
    """Return, as categories, the name of the first case whose condition holds of a row."""
    codes = np.full(len(cases[0][1]), -1)
    for number, (_, condition) in reversed(list(enumerate(cases))):
        codes[condition.to_numpy(bool)] = number
    return _categories(codes, [name for name, _ in cases], cases[0][1].index)


def _categories(codes: np.ndarray, names: Sequence[str | None], index: pd.Index) -> pd.Series:
    """Return the name that stands under each code; the code -1 and the name None are missing."""
    used = np.bincount(codes + 1, minlength=len(names) + 1)[1:] > 0
    found = [name for name, occurs in zip(names, used, strict=True) if occurs and name is not None]
    categories = list(dict.fromkeys(found))
    place: dict[str | None, int] = {name: number for number, name in enumerate(categories)}
    # The last place catches the code -1 of missing values.
    recode = np.array([*(place.get(name, -1) for name in names), -1])
    recode = recode.astype(np.min_scalar_type(-max(len(categories), 1)))
    dtype = pd.CategoricalDtype(pd.Index(categories, dtype="str"))
    return pd.Series(pd.Categorical.from_codes(recode[codes], dtype=dtype), index=index)


def kinds_of(rows: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Return a number for each row: rows that say the same under `names` have the same."""
    numbers = np.zeros(len(rows), dtype=np.int64)
    for name in names:
        codes, values = pd.factorize(rows[name])
        numbers = numbers * (len(values) + 1) + codes + 1
    return pd.factorize(numbers)[0]
