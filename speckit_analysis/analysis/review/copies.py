"""Scores that are no evidence of their own: copies, and one score for everything."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from speckit_analysis.analysis.review.blinding import first_readings

#: So many scores that are all the same are no chance, if they take so many values.
_NO_CHANCE, _VALUES = 8, 3

_CELL = ["spec_id", "stage", "variant", "criterion"]


def copied(reviews: pd.DataFrame) -> pd.Series:
    """Return why a row counts as no evidence; missing where it does count.

    Parameters
    ----------
    reviews : DataFrame
        Rows of table ``reviews`` of one experiment.

    Returns
    -------
    Series of str
        Same index.  Of a reviewer who gives one score to everything; of a reviewer, or a SPEC, all
        of whose scores are those of another, the first by name of whom counts.
    """
    first = first_readings(reviews)
    first = first.assign(**{name: first[name].astype("string").fillna("") for name in _CELL})
    reasons = pd.Series(pd.NA, reviews.index, dtype="string")
    person, spec = (reviews[name].astype("string") for name in ("reviewer", "spec_id"))
    constant = _constant(first)
    # Where nobody tells outputs apart, that is the finding.
    if len(constant) == first["reviewer"].nunique():
        constant = []
    for name in constant:
        reasons = reasons.mask(person == name, f"of {name}, who gives one score to everything")
    kept = first[reasons.reindex(first.index).isna()]
    by_person = kept.pivot_table(index=_CELL, columns="reviewer", values="score", observed=True)
    for copy, original in _same(by_person):
        reasons = reasons.mask(person == copy, f"of {copy}, the same as those of {original}")
    kept = kept[reasons.reindex(kept.index).isna()]
    cells = [*_CELL[1:], "reviewer"]
    by_spec = kept.pivot_table(index=cells, columns="spec_id", values="score", observed=True)
    for copy, original in _same(by_spec):
        reasons = reasons.mask(spec == copy, f"of {copy}, the same as those of {original}")
    return reasons


def _constant(first: pd.DataFrame) -> list[str]:
    scores = first.groupby(first["reviewer"].astype("string"))["score"].agg(["size", "nunique"])
    return list(scores.index[(scores["size"] >= _NO_CHANCE) & (scores["nunique"] == 1)])


def _same(table: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield columns whose values are the same as those of an earlier one, and that one."""
    originals: dict[bytes, str] = {}
    for name in sorted(map(str, table.columns)):
        values = table[name].to_numpy(float)
        # Of each variant: levels that recur, such as 5 of one and 8 of the other, are no copies.
        varied = table[name].groupby(level="variant").nunique()
        enough = table[name].count() >= _NO_CHANCE and varied.min() >= _VALUES
        original = originals.setdefault(values.tobytes(), name) if enough else name
        if original != name:
            yield name, original
