"""Columns of bills: amounts and days as people and providers write them, decided column by column.

What one cell leaves open, such as whether ``1.234`` is more than a thousand, the others tell.  What
they leave open is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from pathlib import Path

import pandas as pd

from speckit_analysis.errors import EvidenceError
from speckit_analysis.tables.timestamps import EPOCH, parse

_NUMBER = re.compile(
    r"[+-]?(?:(?:\d+|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?", re.IGNORECASE
)
_SWAPPED = str.maketrans(",.", ".,")

#: Currencies that a sign may stand for; alone it stands for the first.
SIGNS = {"$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD"), "€": ("EUR",), "£": ("GBP",)}

_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)|^\d{8}$")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = re.compile(
    r"(\d{4})(?:[-/. ](\d\d?|[a-z]{3,9})|(\d\d))|(\d\d?|[a-z]{3,9})\.?[-/., ]+(\d{4})",
    re.IGNORECASE,
)
_RANGE = re.compile(
    r"(.+?)(?:(?<!\s)\s++(?:-|to|until|through)\s+|(?<!\s)\s*+(?:[–—]|\.\.)\s*|/(?=\d{4}-\d\d)"
    r"|(?<=\d{4})-(?=\d\d?[./]))(.+)"
)
#: Longer lines are of more than a day; a day on which clocks are set back has 25 hours.
_DAY = pd.Timedelta(hours=25)


@dataclass(frozen=True)
class Column:
    """The cells of a column of a file, with what a message says of them."""

    path: Path
    header: str
    text: pd.Series
    lines: pd.Series

    def refuse(self, why: str, bad: pd.Series) -> None:
        """Raise what is wrong with the cells that `bad` marks, if it marks any."""
        if bad.any():
            number = int(bad.sum())
            first = ", ".join(
                f"line {line} {raw!r}"
                for line, raw in zip(self.lines[bad][:3], self.text[bad][:3], strict=True)
            )
            more = f" and {number - 3} more" if number > 3 else ""
            raise EvidenceError(f"invoice {self.path}: {why} in {first}{more}")


@lru_cache(maxsize=65536)
def number_in(text: str, mark: str) -> float | None:
    """Return the number that a text is with this decimal mark; None if it is none.

    Examples
    --------
    >>> number_in("1,234.50", "."), number_in("1.234", ","), number_in("0,225", ".")
    (1234.5, 1234.0, None)
    >>> number_in("2.25E+00", "."), number_in("1e400", ".")
    (2.25, None)
    """
    dotted = text if mark == "." else text.translate(_SWAPPED)
    if not _NUMBER.fullmatch(dotted):
        return None
    number = float(dotted.replace(",", ""))
    return number if isfinite(number) else None


def marks_of(texts: Iterable[str]) -> list[str]:
    """Return the decimal marks with which all of these are numbers."""
    texts = [text for text in texts if text]
    return [mark for mark in ".," if all(number_in(text, mark) is not None for text in texts)]


def _numbers(digits: pd.Series, mark: str) -> pd.Series:
    return pd.Series([number_in(text, mark) for text in digits], digits.index, "float64")


def bare(text: pd.Series) -> pd.Series:
    """Return amounts without currency and blanks, and with a minus for brackets."""
    digits = text.str.replace(r"(?:US)?\$|[€£\s'’]|[A-Za-z]{3}", "", regex=True)
    return digits.str.replace("−", "-").str.replace(r"^\((.*)\)$", r"-\1", regex=True)


def amounts(column: Column, others: Iterable[pd.Series], separator: str) -> tuple[pd.Series, str]:
    """Return a column of amounts, and its decimal mark.

    Parameters
    ----------
    column : Column
        The amounts.
    others : iterable of Series
        Further columns of the file: those of numbers have the same mark.
    separator : str
        What stands between the cells of the file.

    Raises
    ------
    EvidenceError
        If a cell is no amount, or cells can be read two ways that differ.
    """
    digits = bare(column.text)
    readings = pd.DataFrame({mark: _numbers(digits, mark) for mark in ".,"})
    unread = readings.isna()
    column.refuse("no amount can be read", unread.all(axis=1) & column.text.ne(""))
    marks = marks_of(digits.unique())
    if not marks:
        of_one = unread.any(axis=1) & ~unread.all(axis=1) & ~unread.duplicated()
        column.refuse("amounts have two decimal marks, the dot and the comma,", of_one)
    differ = readings["."].ne(readings[","]) & ~unread.any(axis=1)
    if len(marks) == 2 and differ.any():
        marks = _hints(digits, others, separator)
    if not marks:
        cell = digits[differ].iloc[0]
        values = " or ".join(f"{number_in(cell, mark):.12g}" for mark in ".,")
        column.refuse(
            f"{column.header!r} can be read two ways (write amounts with a decimal point, without"
            f" marks of thousands, and commas between cells): {values}",
            differ,
        )
    return readings[marks[0]].astype("Float64"), marks[0]


def _hints(digits: pd.Series, others: Iterable[pd.Series], separator: str) -> list[str]:
    """Return the decimal mark of the file, if other columns or its separator tell one."""
    marks = [marks_of(bare(other).unique()) for other in others]
    told = {alone[0] for alone in marks if len(alone) == 1}
    if not told and separator == "," and not digits.str.contains(",").any():
        # Who writes decimal commas puts semicolons or tabs between cells.
        told = {"."}
    return list(told) if len(told) == 1 else []


def counts(column: Column, mark: str) -> pd.Series:
    """Return whole numbers, read with the decimal mark of the amounts if that makes them whole.

    Raises
    ------
    EvidenceError
        If a cell is none.
    """
    digits = bare(column.text)
    there = digits.ne("")
    for tried in (mark, "," if mark == "." else "."):
        numbers = _numbers(digits, tried)
        wrong = there & ~(numbers.mod(1).eq(0) & numbers.abs().lt(2**53))
        if not wrong.any():
            break
    column.refuse(f"{column.header!r}: no count can be read", wrong)
    return numbers.astype("Int64")


def days(column: Column, ends: Column | None = None) -> pd.DataFrame:
    """Return `date` and `until`, the first and the last day of each cell; missing where none is.

    Parameters
    ----------
    column : Column
        Days, moments, months or spans of time.
    ends : Column or None
        Where each ends, if a column tells.

    Raises
    ------
    EvidenceError
        If day and month cannot be told apart, or a span ends before it begins, or in another month.
    """
    sides = {text: _sides(text) for text in column.text.unique()}
    begin, end = (column.text.map({text: of[at] for text, of in sides.items()}) for at in (0, 1))
    if ends is not None:
        end = end.where(end.ne(""), ends.text)
    day_first = _day_first(column, pd.concat([begin, end]))
    months = begin.map(_month)
    starts, stops = (_moments(side.map(_month).fillna(side), day_first) for side in (begin, end))
    column.refuse("no end of a span can be read", starts.notna() & end.ne("") & stops.isna())
    first = starts.dt.floor("D")
    timed = end.str.contains(":", regex=False) | end.str.fullmatch(EPOCH)
    # A span of moments ends before its end; where a day begins is told by where the span does.
    until = (stops - (starts - first) - pd.Timedelta(1, "ns")).dt.floor("D")
    until = until.where(timed & (stops - starts > _DAY), first.where(timed))
    until = until.fillna(stops.dt.floor("D") - _beyond(first, stops.where(~timed)))
    whole = end.map(_month).notna() | (months.notna() & end.eq(""))
    until = until.fillna(first)
    until = until.mask(whole, until + pd.offsets.MonthEnd(0)).where(first.notna())
    column.refuse("a span ends before it begins", until < first)
    other_month = first.dt.strftime("%Y%m").ne(until.dt.strftime("%Y%m")) & first.notna()
    column.refuse("a span is in two months (export the bill by day or by month)", other_month)
    return pd.DataFrame({"date": first, "until": until}).astype("datetime64[ns, UTC]")


def _beyond(first: pd.Series, last: pd.Series) -> pd.Timedelta:
    """Return what to take off days on which spans end: a day, if they are those after the last."""
    spans = pd.DataFrame({"first": first, "last": last}).dropna().drop_duplicates()
    one_day = spans["first"].eq(spans["last"]).any()
    begins = spans["last"].isin(spans["first"]) | spans["last"].dt.day.eq(1)
    return pd.Timedelta(days=int(len(spans) > 0 and not one_day and bool(begins.any())))


def _sides(text: str) -> tuple[str, str]:
    """Return where a span of time begins and ends; a blank end if it is none.

    >>> _sides("2025-10-01 – 2025-10-31"), _sides("Oct 1 - 31, 2025"), _sides("1 to 31 Oct 2025")
    (('2025-10-01', '2025-10-31'), ('Oct 1 2025', 'Oct 31, 2025'), ('1 Oct 2025', '31 Oct 2025'))
    """
    found = _RANGE.fullmatch(text)
    if found is None:
        return text, ""
    begin, end = found.groups()
    if begin.isdigit():
        begin = re.sub(r"^\d+", begin, end)
    if re.fullmatch(r"\d\d?,? \d{4}", end):
        end = f"{begin.split()[0]} {end}"
    year = _YEAR.search(end)
    return (begin if _YEAR.search(begin) or not year else f"{begin} {year[0]}"), end


def _month(text: str) -> str | None:
    """Return the first day of the month that a text names, if it names one and no day.

    >>> [_month(text) for text in ("2025-10", "Oct 2025", "10/2025", "202510", "2025-10-01")]
    ['2025-10-01', '2025-10-01', '2025-10-01', '2025-10-01', None]
    """
    found = _MONTH.fullmatch(text)
    if found is None:
        return None
    year, *names, last_year = found.groups()
    name = next(filter(None, names)).lower()
    if not name.isdigit():
        name = str(_MONTHS.index(name[:3]) + 1) if name[:3] in _MONTHS else "0"
    return f"{year or last_year}-{int(name):02}-01" if 1 <= int(name) <= 12 else None


def _moments(text: pd.Series, day_first: bool) -> pd.Series:
    """Return moments; missing where a text is none, or leaves its year or its day open."""
    numeric = text.str.fullmatch(r"\d+(?:\.\d+)?") & ~text.str.fullmatch(r"\d{8}")
    dated = text.str.contains(_YEAR) & ~numeric & ~text.str.contains(r"\b[qw]\d", case=False)
    moments = pd.to_datetime(
        text.where(dated), utc=True, errors="coerce", format="mixed", dayfirst=day_first
    )
    # Nobody was billed in other years, and nanoseconds hold none of them.
    moments = moments.where(moments.dt.year.between(1970, 2200)).astype("datetime64[ns, UTC]")
    counted = text[text.str.fullmatch(EPOCH)].map(parse)
    return moments.fillna(pd.to_datetime(counted, utc=True).reindex(text.index))


def _day_first(column: Column, sides: pd.Series) -> bool:
    """Tell whether numeric dates begin with the day: one convention for the whole file."""
    parts = sides.str.extract(r"^(\d{1,2})[./-](\d{1,2})[./-]\d{4}\b").astype("Float64")
    numeric = parts[0].notna()
    first, second = (bool((parts[at] > 12).any()) for at in (0, 1))
    dotted = bool(numeric.any()) and bool(sides[numeric].str.contains(".", regex=False).all())
    unclear = (first and second) or not (first or second or dotted)
    why = "day and month cannot be told apart (write dates as 2025-10-31)"
    column.refuse(why, numeric.groupby(level=0).any() & unclear)
    return first or (dotted and not second)
