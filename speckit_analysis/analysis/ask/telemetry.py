"""A figure of calls or runs, filtered, grouped and described: the question behind most others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.ask.conditions import meets, unknown_values
from speckit_analysis.analysis.ask.metrics import Metric, columns_of, metric_called
from speckit_analysis.analysis.disagreement.frequency import clustered_rates
from speckit_analysis.analysis.selection import Selection
from speckit_analysis.analysis.summaries import key_column, summarise
from speckit_analysis.errors import EvidenceError
from speckit_analysis.tables import PROVENANCES
from speckit_analysis.tables.results import RESULTS

if TYPE_CHECKING:
    from speckit_analysis.evidence.load import Evidence

#: With rows that nobody measured, but without copies: those would count twice.
WITH_SYNTHETIC = tuple(name for name in PROVENANCES if name != "stale_copy")


@dataclass(frozen=True)
class Telemetry:
    """A figure by group."""

    metric: Metric
    #: One row per group.  For an amount the result ``summary`` with the unit in its names, such as
    #: ``sum_usd`` or ``p95_ms``; for a ratio ``total`` (of the sums) instead of sum and share; for
    #: a share the result ``hit_rates``.
    table: pd.DataFrame
    #: The rows that count, and how many do not and why.
    selection: Selection
    #: Level of the interval of a share.
    confidence: float = 0.95
    #: Which texts of the condition no row has, in words.
    hint: str = ""

    @property
    def sentence(self) -> str:
        """How many rows count, and what is missing."""
        missing = int(self.selection.kept["value"].isna().sum())
        without = (
            f" {wording.count(missing)} of them without the figure: it is missing, not 0."
            if missing
            else ""
        )
        interval = (
            f" Interval at {wording.exact_percent(self.confidence)}, clustered by SPEC."
            if self.metric.kind == "share"
            else ""
        )
        meaning = self.metric.meaning[0].upper() + self.metric.meaning[1:]
        hint = f" In the condition, {self.hint}." if self.hint else ""
        return f"{meaning}: {self.selection.sentence}{without}{interval}{hint}"


def telemetry(
    evidence: Evidence,
    metric: str,
    by: Iterable[str] = (),
    *,
    where: str | None = None,
    specs: Iterable[str] = (),
    since: str | None = None,
    until: str | None = None,
    min_count: int = 0,
    include: Iterable[str] = ("measured",),
    confidence: float = 0.95,
) -> Telemetry:
    """Describe a figure, overall or by group.

    Parameters
    ----------
    evidence : Evidence
        From ``load``.
    metric : str
        A key of :data:`~speckit_analysis.analysis.ask.metrics.METRICS`.
    by : iterable of str
        ``spec``, ``stage``, ``agent``, ``model``, ``provider``, ``reasoning-mode``, ``status``,
        ``run``, ``day``, ``week``, ``month``, ``quarter``, ``year``; none for one row.
    where : str, optional
        Condition on columns, as :meth:`pandas.DataFrame.query` takes it.
    specs : iterable of str
        Only these SPECs.
    since, until : str, optional
        First moment and last day (or moment) that count, UTC; a month or year stands for all
        of it.  Rows without a timestamp do not count then.
    min_count : int
        Only groups with at least so many rows that have the figure; for ``disagreements``, with
        at least so many of them.
    include : iterable of str
        Provenances that count.
    confidence : float
        Level of the interval of a share.

    Raises
    ------
    EvidenceError
        If metric, group, column, SPEC or date do not exist, or a filter leaves nothing; the
        message lists what there is.

    Examples
    --------
    >>> import speckit_analysis as sk
    >>> ev = sk.load(sk.sample_path())
    >>> telemetry(ev, "cost", ["stage"]).table[["stage", "n"]].head(2)
       stage   n
    0   plan  30
    1  tasks  33
    """
    asked = metric_called(metric)
    keys = columns_of(asked, tuple(by))
    every = asked.rows(evidence, tuple(include))
    selection = narrowed(every, specs, since, until, where)
    if asked.kind == "share":
        table = _shares(selection.kept, keys, confidence)
    else:
        table = _amounts(asked, selection.kept, keys)
    counted = table["sum"] if metric == "disagreements" else table["n"]
    table = table[(counted >= min_count).fillna(False)].reset_index(drop=True)
    hint = unknown_values(every.kept, where) if where else ""
    return Telemetry(asked, _named(asked, table), selection, confidence, hint)


def narrowed(
    selection: Selection,
    specs: Iterable[str] = (),
    since: str | None = None,
    until: str | None = None,
    where: str | None = None,
) -> Selection:
    """Return the rows of some SPECs, a span of time and a condition, as :func:`telemetry` does.

    Raises
    ------
    EvidenceError
        If a SPEC, date or column does not exist, the span ends before it begins, or nothing is
        left.
    """
    if selection.kept.empty:
        return selection
    left = _between(_of_specs(selection, tuple(specs)), since, until)
    if where is not None:
        other = ~meets(left.kept, where)
        left = left.without(_reason(other, "not meant by the condition"))
    if left.kept.empty:
        hint = unknown_values(selection.kept, where) if where else ""
        choices = f"{hint[0].upper()}{hint[1:]}." if hint else _choices(selection)
        raise EvidenceError(f"nothing is left. {left.sentence} {choices}")
    return left


def _of_specs(selection: Selection, specs: tuple[str, ...]) -> Selection:
    if not specs:
        return selection
    there = sorted(selection.kept["spec_id"].dropna().astype(str).unique())
    for spec in specs:
        if spec not in there:
            hint = wording.suggestion(spec, there)
            raise EvidenceError(f"no SPEC {spec!r} in this evidence; {hint}")
    other = ~selection.kept["spec_id"].isin(specs)
    return selection.without(_reason(other, "of other SPECs"))


def _choices(selection: Selection) -> str:
    """Say what rows there are to choose from."""
    rows = selection.kept
    parts = []
    for column, noun in (("spec_id", "SPECs"), ("stage", "stages"), ("model_id", "models")):
        if column in rows:
            names = rows[column].dropna().drop_duplicates().sort_values().astype(str).tolist()
            more = f" and {len(names) - 8} more" if len(names) > 8 else ""
            parts.append(f"{noun} {', '.join(names[:8])}{more}")
    moments = rows["timestamp"].dropna()
    if len(moments):
        parts.append(f"times {moments.min():%Y-%m-%d} to {moments.max():%Y-%m-%d}")
    return f"There are: {'; '.join(parts)}"


def _reason(rows: pd.Series, words: str) -> pd.Series:
    return pd.Series(pd.NA, rows.index, dtype="string").mask(rows.fillna(True), words)


def _between(selection: Selection, since: str | None, until: str | None) -> Selection:
    if since is None and until is None:
        return selection
    first = None if since is None else moment(since, "--since")
    last = None if until is None else moment(until, "--until", end=True)
    if first is not None and last is not None and first > last:
        raise EvidenceError(f"--since {since} is later than --until {until}: nothing is in between")
    moments = selection.kept["timestamp"]
    outside = moments.isna()
    if first is not None:
        outside |= (moments < first).fillna(True)
    if last is not None:
        outside |= (moments > last).fillna(True)
    undated = _reason(moments.isna(), "without a timestamp")
    return selection.without(undated.fillna(_reason(outside, "at another time")))


# Other spellings leave open which number is the month.
_DATE = re.compile(r"\d{4}(?:-?[Qq][1-4]|-\d{1,2}(?:-\d{1,2}(?:[T ]\d.*)?)?)?")


def moment(text: str, name: str, *, end: bool = False) -> pd.Timestamp:
    """Return the first, or last, moment of the day, month or year that `text` names.

    Raises
    ------
    EvidenceError
        If there is no such date.

    Examples
    --------
    >>> moment("2025-10", "--since"), moment("2025-10", "--until", end=True).date()
    (Timestamp('2025-10-01 00:00:00+0000', tz='UTC'), datetime.date(2025, 10, 31))
    """
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        if len(text) <= len("2025-10-31"):
            period = pd.Period(text)
            when = period.end_time if end else period.start_time
        else:
            when = pd.Timestamp(text)
    except ValueError:
        raise EvidenceError(
            f"{name} {text!r}: no such date; write 2025-10-31, 2025-10 or 2025-10-31T09:30"
        ) from None
    return when.tz_localize("UTC") if when.tzinfo is None else when.tz_convert("UTC")


def _amounts(metric: Metric, rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    table = summarise(rows, keys, "value")
    if metric.kind == "ratio":
        upper, lower = (summarise(rows, keys, name)["sum"] for name in ("upper", "lower"))
        table.insert(len(keys) + 2, "total", upper / lower)
    # A sum of ratios or scores says nothing.
    without = metric.kind == "ratio" or metric.name == "quality"
    return table.drop(columns=["sum", "share"]) if without else table


def _shares(rows: pd.DataFrame, keys: list[str], confidence: float) -> pd.DataFrame:
    # Without a column to group by, all rows share one.
    names = keys or ["all"]
    marks = pd.DataFrame({key: key_column(rows, key) for key in keys}, rows.index)
    marks = marks if keys else marks.assign(all=0)
    marks = marks.assign(spec=rows["spec_id"], disagreed=rows["value"].astype(float))
    rates = clustered_rates(marks.dropna(subset="disagreed"), names, confidence)
    rates = rates.rename(columns={"runs": "n", "disagreeing": "hits"})
    sizes = marks.groupby(names, observed=True, dropna=False).size().reset_index(name="size")
    table = sizes.merge(rates, on=names, how="left").fillna({"n": 0})
    return RESULTS["hit_rates"].of(table.assign(missing=table["size"] - table["n"]), keys)


def _named(metric: Metric, table: pd.DataFrame) -> pd.DataFrame:
    """Return `table` with the unit in the names of its figures."""
    if not metric.unit:
        return table
    figures = ("sum", "total", "mean", "median", "p95", "max")
    return table.rename(columns={name: f"{name}_{metric.unit}" for name in figures})
