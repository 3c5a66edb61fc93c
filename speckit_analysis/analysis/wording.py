"""Figures as a reader wants them in a sentence: amounts, shares, times, counts.

A missing figure is always an en dash, never a zero.
"""

from __future__ import annotations

import difflib
import functools
import math
from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

MISSING = "–"


def or_missing(write: Callable[[Any], str]) -> Callable[[object], str]:
    """Let a function write what is known; what is missing is a dash."""

    @functools.wraps(write)
    def written(value: object) -> str:
        return MISSING if pd.isna(value) else write(value)  # type: ignore[call-overload]

    return written


#: Categories of the tables whose own name is no word.
_TERMS = {
    "free_text": "free text",
    "hand_written": "hand-written",
    "invalid_json": "invalid JSON",
    "role_played": "role-played",
    "schema_echo": "echoed schema",
    "stale_copy": "stale",
    "terminal_dump": "terminal dump",
    "unresolved_template": "unresolved template",
}


def term(name: object) -> str:
    """Return a category of the tables in words.

    Examples
    --------
    >>> term("role_played"), term("ok_over_failed_agents"), term("gpt_pro")
    ('role-played', 'ok over failed agents', 'gpt pro')
    """
    return _TERMS.get(str(name), str(name).replace("_", " "))


def unbroken(text: str) -> str:
    """Return `text` with its figures kept on one line with their units.

    Examples
    --------
    >>> unbroken("61 % of n = 3 runs") == "61\u00a0% of n\u00a0=\u00a03 runs"
    True
    """
    for loose in (" %", " = ", "< ", " < "):
        text = text.replace(loose, loose.replace(" ", "\u00a0"))
    return text


def count(number: object, noun: str = "") -> str:
    """Return a count, with its noun in the right number where one is given.

    Examples
    --------
    >>> count(1234), count(1, "run"), count(0, "SPEC"), count(2, "summary"), count(pd.NA)
    ('1,234', '1 run', '0 SPECs', '2 summaries', '–')
    """
    if pd.isna(number):  # type: ignore[call-overload]
        return f"{MISSING} {plural(noun)}" if noun else MISSING
    whole = round(number)  # type: ignore[call-overload]
    if not noun:
        return f"{whole:,}"
    return f"{whole:,} {noun if whole == 1 else plural(noun)}"


def all_of(number: int, noun: str) -> str:
    """Return what stands for all of some things.

    Examples
    --------
    >>> all_of(5, "run"), all_of(1, "run")
    ('all 5 runs', 'the one run')
    """
    return f"the one {noun}" if number == 1 else f"all {count(number, noun)}"


def plural(noun: str) -> str:
    """Return the plural of `noun`; of several words, that of the last.

    Examples
    --------
    >>> plural("call"), plural("cost summary"), plural("day"), plural("status")
    ('calls', 'cost summaries', 'days', 'statuses')
    >>> plural("criterion")
    'criteria'
    """
    if noun.endswith("criterion"):
        return noun[:-2] + "a"
    if noun.endswith("s"):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


@or_missing
def percent(share: float) -> str:
    """Return a share in percent; what is not quite nothing or all is not rounded to it.

    Examples
    --------
    >>> percent(0.614), percent(0.004), percent(0.9982), percent(1), percent(4.11), percent(0.99999)
    ('61 %', '0.4 %', '99.8 %', '100 %', '411 %', '> 99.9 %')
    >>> percent(0.125), percent(0.375), percent(-0.125), percent(-0.001)
    ('13 %', '38 %', '-13 %', '0 %')
    """
    value = 100 * float(share)
    if 0 < value < 0.05:
        return "< 0.1 %"
    if 99.95 <= value < 100:
        return "> 99.9 %"
    near_an_end = 0 < value < 1 or 99 < value < 100
    return f"{_rounded(value, 1 if near_an_end else 0):,} %"


def exact_percent(share: float) -> str:
    """Return a share that somebody chose, such as a level, a margin or a limit, in percent.

    Examples
    --------
    >>> exact_percent(0.05), exact_percent(0.975), exact_percent(0.125), exact_percent(0.07)
    ('5 %', '97.5 %', '12.5 %', '7 %')
    """
    return f"{100 * share:.6g} %"


def percentage_points(share: float) -> str:
    """Return a difference of shares that somebody chose, in percentage points.

    Examples
    --------
    >>> percentage_points(0.05), percentage_points(0.025), percentage_points(0.01)
    ('5 percentage points', '2.5 percentage points', '1 percentage point')
    """
    told = f"{100 * share:.6g}"
    return f"{told} percentage point{'' if told == '1' else 's'}"


def _rounded(value: float, decimals: int = 0) -> Decimal | float:
    """Return `value` with so many decimals, halves away from zero, and never -0.

    Examples
    --------
    >>> _rounded(2.5), _rounded(-2.5), _rounded(100 * 0.285), _rounded(-0.2), _rounded(0.25, 1)
    (Decimal('3'), Decimal('-3'), Decimal('29'), Decimal('0'), Decimal('0.3'))
    """
    if not math.isfinite(value):
        return value
    # What a product of floats is off by must not decide on which side of a half it lies.
    exact = Decimal(f"{value:.9f}")
    return exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) + 0


@or_missing
def points(share: float) -> str:
    """Return a difference of shares in whole percentage points.

    Examples
    --------
    >>> points(0.0711), points(-0.1), points(-0.001), points(pd.NA)
    ('+7', '-10', '0', '–')
    """
    value = _rounded(100 * float(share))
    return f"{value:+}" if value else "0"


def p_value(value: float) -> str:
    """Return a p-value as an equation.

    Examples
    --------
    >>> p_value(0.0005), p_value(0.0312), p_value(0.48)
    ('p < 0.001', 'p = 0.031', 'p = 0.48')
    """
    if value < 0.001:
        return "p < 0.001"
    return f"p = {value:.2f}" if value >= 0.1 else f"p = {value:.3f}"


def usd(amount: object) -> str:
    """Return an amount of USD with as many digits as tell it apart from nothing.

    Examples
    --------
    >>> usd(1234.5), usd(12.345), usd(0.01234), usd(0), usd(0.0000042), usd(float("inf"))
    ('$1,234.50', '$12.35', '$0.012', '$0.00', '$0.0000042', '∞')
    """
    return usd_like([amount])(amount)


def usd_like(amounts: Iterable[object]) -> Callable[[object], str]:
    """Return a function that writes USD with as many digits as `amounts` together call for.

    Examples
    --------
    >>> amounts = [0.84, 0.0302, 0.12]
    >>> [usd_like(amounts)(amount) for amount in amounts]
    ['$0.840', '$0.030', '$0.120']
    """
    known = (abs(float(amount)) for amount in amounts if not pd.isna(amount))  # type: ignore[arg-type, call-overload]
    sizes = sorted(amount for amount in known if 0 < amount < math.inf)
    if not sizes:
        return lambda amount: _usd(amount, 2)
    small, least = sizes[len(sizes) // 4], sizes[0]
    # Two digits of a small amount, and at least one of the smallest.
    decimals = max(1 - _exponent(small), -_exponent(least), 2)
    return lambda amount: _usd(amount, min(decimals, 12))


def _exponent(size: float) -> int:
    return math.floor(math.log10(size))


def _usd(amount: object, decimals: int) -> str:
    if pd.isna(amount):  # type: ignore[call-overload]
        return MISSING
    value = float(amount)  # type: ignore[arg-type]
    if value == math.inf:
        return "∞"
    return f"{'-' if value < 0 else ''}${abs(value):,.{decimals}f}"


def many(number: object, noun: str) -> str:
    """Return a large count in words.

    Examples
    --------
    >>> many(1_689_311, "token"), many(950, "token")
    ('1.7 million tokens', '950 tokens')
    """
    if pd.isna(number) or float(number) < 1e6:  # type: ignore[arg-type, call-overload]
        return count(number, noun)
    return f"{float(number) / 1e6:,.1f} million {plural(noun)}"  # type: ignore[arg-type]


@or_missing
def seconds(milliseconds: float) -> str:
    """Return a time that is given in milliseconds.

    Examples
    --------
    >>> seconds(350), seconds(4532), seconds(125_000), seconds(7_380_000)
    ('350 ms', '4.5 s', '2 min 5 s', '2 h 3 min')
    """
    value = float(milliseconds)
    if value == 0:
        return "0 s"
    if value < 999.5:
        return f"{value:.0f} ms"
    if value < 59_950:
        return f"{value / 1000:.1f} s"
    minutes, rest = divmod(round(value / 1000), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60:,} h {minutes % 60} min"


@or_missing
def size(number_of_bytes: float) -> str:
    """Return a size in binary units.

    Examples
    --------
    >>> size(512), size(4200), size(4096), size(26_214_400), size(385_024)
    ('512 B', '4.1 KiB', '4 KiB', '25 MiB', '376 KiB')
    """
    value = float(number_of_bytes)
    if value < 1024:
        return f"{value:.0f} B"
    for unit in ("KiB", "MiB", "GiB"):
        value /= 1024
        if value < 1023.95 or unit == "GiB":
            digits = f"{value:,.0f}" if value >= 99.95 else f"{value:.1f}".removesuffix(".0")
            return f"{digits} {unit}"
    raise AssertionError("unreachable: the last unit takes everything")


@or_missing
def ratio(value: float) -> str:
    """Return a ratio with three significant digits.

    Examples
    --------
    >>> ratio(2.456), ratio(1), ratio(0.0123), ratio(18.26), ratio(4110), ratio(0)
    ('2.46', '1.00', '0.0123', '18.3', '4,110', '0')
    """
    number = float(value)
    if abs(number) >= 100 or number == 0:
        return f"{number:,.0f}"
    decimals = 1 if abs(number) >= 10 else 2 if abs(number) >= 0.1 else 4
    return f"{number:.{decimals}f}"


@or_missing
def day(moment: Any) -> str:
    """Return the day of a timestamp.

    Examples
    --------
    >>> day(pd.Timestamp("2025-11-02T09:30Z")), day(pd.NaT)
    ('2 November 2025', '–')
    """
    when = pd.Timestamp(moment)
    return f"{when.day} {when:%B %Y}"


def listed(items: Iterable[str], last: str = "and") -> str:
    """Return items as an enumeration.

    Examples
    --------
    >>> listed(["plan"]), listed(["plan", "tasks", "audit"]), listed([])
    ('plan', 'plan, tasks and audit', 'none')
    """
    words: Sequence[str] = list(items)
    if not words:
        return "none"
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def suggestion(name: str, known: list[str]) -> str:
    """Return what might have been meant, or what there is.

    Examples
    --------
    >>> suggestion("SPEC-9", ["SPEC-1", "SPEC-90"])
    'did you mean SPEC-90 or SPEC-1? There are: SPEC-1, SPEC-90'
    """
    close = difflib.get_close_matches(name, known, n=2)
    meant = f"did you mean {listed(close, 'or')}? " if close else ""
    more = f" and {len(known) - 20} more" if len(known) > 20 else ""
    there = f"here are: {', '.join(known[:20])}{more}" if known else "here is none"
    return f"{meant}{'T' if meant else 't'}{there}"
