"""Which rows an analysis uses, and how many it left out and why.

Every analysis starts here, so that a stub or a role-played answer never slips into a mean,
and so that no report can leave rows out without saying so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from speckit_analysis.analysis.wording import count, plural, term
from speckit_analysis.tables import PAYLOAD_CLASSES, PROVENANCES
from speckit_analysis.tables.results import RESULTS

#: A disagreement takes this many usable answers.
ANSWERS_TO_COMPARE = 2


@dataclass(frozen=True)
class Selection:
    """The rows that an analysis uses, beside what it leaves out."""

    #: Rows that are used, with all columns and the original index.
    kept: pd.DataFrame
    #: The result ``left_out``, one row per reason that occurs.
    left_out: pd.DataFrame
    #: What one row is, in the singular.
    noun: str = "row"

    @property
    def total(self) -> int:
        """Number of rows there were."""
        return len(self.kept) + int(self.left_out["rows"].sum())

    @property
    def sentence(self) -> str:
        """How many rows are used, how many are not, and why.

        Examples
        --------
        >>> left_out = pd.DataFrame({"reason": ["stub", "role-played"], "rows": [20, 8]})
        >>> Selection(pd.DataFrame(index=range(312)), left_out, "call").sentence
        '312 of 340 calls used; left out: 20 stub, 8 role-played.'
        """
        kept, total = len(self.kept), self.total
        if total == 0:
            return f"There are no {plural(self.noun)} in this evidence."
        if kept == total:
            return (
                f"All {count(total)} {plural(self.noun)} used."
                if total > 1
                else f"The one {self.noun} is used."
            )
        left_out = zip(self.left_out["reason"], self.left_out["rows"], strict=True)
        why = ", ".join(f"{count(rows)} {reason}" for reason, rows in left_out)
        if kept == 0:
            return f"None of {count(total, self.noun)} can be used; left out: {why}."
        return f"{count(kept)} of {count(total, self.noun)} used; left out: {why}."

    def without(self, reasons: pd.Series) -> Selection:
        """Leave out more rows.

        Parameters
        ----------
        reasons : Series of str
            Why a row of `kept` is to go, missing where it may stay; same index as `kept`.
        """
        rows = reasons.value_counts(sort=False).sort_index()
        rows = rows.sort_values(ascending=False, kind="stable").rename_axis("reason")
        more = RESULTS["left_out"].of(rows.reset_index(name="rows"))
        left_out = pd.concat([self.left_out, more], ignore_index=True)
        return Selection(self.kept[reasons.isna()], left_out, self.noun)

    def assign(self, **columns: pd.Series) -> Selection:
        """Add columns to the rows that are kept."""
        return Selection(self.kept.assign(**columns), self.left_out, self.noun)


def measured(
    frame: pd.DataFrame,
    include: Sequence[str] = ("measured",),
    payload_classes: Sequence[str] | None = ("structured",),
    *,
    noun: str = "row",
) -> Selection:
    """Keep the rows that a default analysis may use.

    Parameters
    ----------
    frame : DataFrame
        Any table of the evidence; needs ``provenance``, and ``payload_class`` if its rows are
        to be chosen by that as well.
    include : sequence of str
        Provenances to keep.
    payload_classes : sequence of str or None
        Payload classes to keep, in a frame that has them; None keeps all.
    noun : str
        What one row is, in the singular, for the sentence.

    Returns
    -------
    Selection
        The rows kept; each row left out is counted once, under the first reason that holds.

    Raises
    ------
    ValueError
        If a provenance or payload class does not exist.
    """
    _check(include, PROVENANCES, "provenance")
    reasons = _reasons(frame["provenance"], include, "provenance unknown")
    if payload_classes is not None and "payload_class" in frame:
        _check(payload_classes, PAYLOAD_CLASSES, "payload class")
        by_payload = _reasons(frame["payload_class"], payload_classes, "payload unknown")
        reasons = reasons.where(reasons.notna(), by_payload)
    return everything(frame, noun=noun).without(reasons)


def everything(frame: pd.DataFrame, *, noun: str = "row") -> Selection:
    """Keep all rows, for :meth:`Selection.without` to leave out some.

    Examples
    --------
    >>> everything(pd.DataFrame(index=range(4)), noun="run").sentence
    'All 4 runs used.'
    """
    return Selection(frame, RESULTS["left_out"].empty(), noun)


def in_part(calls: pd.DataFrame) -> pd.Series:
    """Tell which calls belong to a run of which other calls are left out.

    What such a run cost, or how long it took, is not the sum of the calls that are here.

    Parameters
    ----------
    calls : DataFrame
        Rows of table ``calls``.

    Examples
    --------
    >>> calls = pd.DataFrame({"run_id": ["a", "a", "b"], "run_calls": [2, 2, 3]})
    >>> in_part(calls).tolist()
    [False, False, True]
    """
    here = calls.groupby("run_id")["run_id"].transform("size")
    return (here < calls["run_calls"]).fillna(False).astype(bool)


def in_part_sentence(calls: pd.DataFrame) -> str:
    """Say of how many runs calls are left out; nothing where of none."""
    runs = calls.loc[in_part(calls), "run_id"].nunique()
    if not runs:
        return ""
    return (
        f"Of {count(runs, 'run')} some calls are left out: cost and time of the whole are unknown."
    )


def most_frequent(names: pd.Series) -> str:
    """Return the name that occurs most often; nothing where none is told.

    Examples
    --------
    >>> most_frequent(pd.Series(["b", "a", "b", None])), most_frequent(pd.Series([None, pd.NA]))
    ('b', '')
    """
    counts = names.dropna().astype(str).value_counts().sort_index()
    return str(counts.idxmax()) if len(counts) else ""


#: What rows that do not tell their SPEC have in place of its name: they stand together.
NOT_TOLD = "not told"


def spec_of(rows: pd.DataFrame) -> pd.Series:
    """Return the SPEC of each row as string, :data:`NOT_TOLD` where it is missing."""
    return rows["spec_id"].astype("string").fillna(NOT_TOLD)


def in_experiment(rows: pd.DataFrame, name: str = "") -> pd.Series:
    """Tell which rows belong to an experiment; to the one with most rows, if none is named."""
    chosen_name = name or most_frequent(rows["experiment"])
    return (rows["experiment"].astype("string") == chosen_name).fillna(False).astype(bool)


def chosen(text: str) -> tuple[str, ...]:
    """Return the names in a comma separated `text`, as a notebook's parameter gives them.

    Examples
    --------
    >>> chosen("measured, stub")
    ('measured', 'stub')
    """
    return tuple(part for part in (piece.strip() for piece in text.split(",")) if part)


def _check(names: Sequence[str], known: Sequence[str], what: str) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"{what} {unknown[0]!r} does not exist; there are: {', '.join(known)}")


def _reasons(column: pd.Series, include: Sequence[str], unknown: str) -> pd.Series:
    category = column.astype("category")
    names = list(category.cat.categories)
    words = [pd.NA if name in include else term(name) for name in names]
    # One look-up per row by number, not by text: there may be millions of rows.
    reasons = pd.array([*words, unknown], dtype="string")
    return pd.Series(reasons.take(category.cat.codes.to_numpy()), index=column.index)
