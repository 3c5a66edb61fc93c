"""What a provider billed, out of its CSV export."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from math import isfinite
from pathlib import Path

import pandas as pd

from speckit_analysis.errors import EvidenceError
from speckit_analysis.hand_files import Sheet, key, read_csv
from speckit_analysis.prices.bill_columns import (
    SIGNS,
    Column,
    amounts,
    bare,
    counts,
    days,
    marks_of,
)
from speckit_analysis.tables.vocabulary import model_in, provider_of

#: Our columns, and the headers by which exports call them, whatever their case, blanks and signs;
#: the first that is there counts.
HEADERS: dict[str, tuple[str, ...]] = {
    "date": (
        "date", "day", "usage_date_utc", "usage_date", "usage_start_date", "usage_start_time",
        "start_time_iso", "start_time", "starting_at", "ChargePeriodStart", "UsageDateTime",
        "lineItem/UsageStartDate", "start_date", "period_start", "created_at", "timestamp",
        "month", "usage_month", "invoice.month", "billing_month", "billing_period", "period",
    ),
    "end": (
        "usage_end_date", "usage_end_time", "end_time_iso", "end_time", "ending_at",
        "ChargePeriodEnd", "lineItem/UsageEndDate", "end_date", "period_end",
    ),
    "model": (
        "model", "model_id", "model_name", "model_permaslug", "model_slug", "slug", "line_item",
        "sku_description", "ChargeDescription", "lineItem/LineItemDescription", "MeterName",
        "description",
    ),
    "amount": (
        "cost_usd", "cost_in_usd", "amount_usd", "spend_usd", "amount_value", "unrounded_cost",
        "BilledCost", "CostInBillingCurrency", "lineItem/UnblendedCost", "cost_total",
        "total_cost", "cost", "spend", "amount", "total", "usage",
    ),
    "currency": (
        "currency", "amount_currency", "BillingCurrency", "BillingCurrencyCode", "currency_code",
        "lineItem/CurrencyCode",
    ),
    "provider": ("provider", "ServiceProviderName"),
    "prompt_tokens": (
        "prompt_tokens", "input_tokens", "tokens_prompt", "n_context_tokens_total",
    ),
    "completion_tokens": (
        "completion_tokens", "output_tokens", "tokens_completion", "n_generated_tokens_total",
    ),
    "calls": ("calls", "requests", "num_model_requests", "n_requests"),
}  # fmt: skip

#: Without these there is nothing to reconcile.
REQUIRED = ("date", "model", "amount")

_COUNTS = ("prompt_tokens", "completion_tokens", "calls")

# A header such as "cost_usd" or "USD amount" tells of all its amounts what they are in.
_OF_HEADER = re.compile(r"^(usd|eur|gbp)|(usd|eur|gbp)$")

_TOTAL = re.compile(
    r"(?:grand |sub[ -]?)?totals?\b.*|sum(?:me|s)?(?: of .*)?|gesamt\w*", re.IGNORECASE
)


@dataclass(frozen=True)
class Invoice:
    """What a provider billed.

    Attributes
    ----------
    rows : DataFrame
        One row per line that names a model: ``date`` and ``until`` (datetime64[ns, UTC], its first
        and last day), ``provider``, ``model_id``, ``model_raw`` (string), ``amount`` (Float64, in
        ``currency``), ``billed_usd`` (Float64), ``prompt_tokens``, ``completion_tokens`` and
        ``calls`` (Int64, where told), ``source`` (string) and ``line`` (Int64, where it ends in
        the file).
    other : DataFrame
        Lines that name none, with the same columns: taxes, credits, other services.  Those without
        a day, such as errors of rounding, have no ``date``.
    repeated : tuple of str
        What stands in two files, in words: it may be one bill, counted twice.
    days : DataFrame
        ``date`` and ``until`` of all lines that name a model or tell that nothing was spent; by
        default those of `rows`.
    notes : tuple of str
        What was not counted, in words.
    """

    rows: pd.DataFrame
    other: pd.DataFrame
    repeated: tuple[str, ...] = ()
    days: pd.DataFrame = None  # type: ignore[assignment]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Take lines without an end as lines of a day."""
        for name in ("rows", "other"):
            lines = getattr(self, name)
            if "until" not in lines:
                object.__setattr__(self, name, lines.assign(until=lines["date"]))
        if self.days is None:
            object.__setattr__(self, "days", self.rows[["date", "until"]])

    def between(self, since: pd.Timestamp | None, until: pd.Timestamp | None) -> Invoice:
        """Return the lines of a span of time, and those without a day."""

        def within(lines: pd.DataFrame) -> pd.DataFrame:
            begins, ends = lines["date"], lines["until"]
            outside = (begins < since if since else False) | (ends > until if until else False)
            return lines[~(begins.notna() & outside)].reset_index(drop=True)

        return replace(
            self, rows=within(self.rows), other=within(self.other), days=within(self.days)
        )


def read_invoice(
    paths: Iterable[str | os.PathLike[str]],
    *,
    columns: Mapping[str, str] | None = None,
    exchange_rates: Mapping[str, float] | None = None,
) -> Invoice:
    """Read billing exports.

    Parameters
    ----------
    paths : iterable of paths
        CSV files, separated by commas, semicolons or tabs, with a header.
    columns : mapping of str to str, optional
        Header of the file by our name (a key of :data:`HEADERS`), where it does not tell.
    exchange_rates : mapping of str to float, optional
        Units per USD of a currency, or of what a provider bills in, such as ``{"EUR": 0.92}`` or
        ``{"openai": 0.92}``.  A provider's rate is for amounts whose currency the file does not
        tell, or whose own rate is not given; without either, no currency means USD.

    Raises
    ------
    EvidenceError
        If a file cannot be read, a column is missing, a date or an amount makes no sense, an
        amount's currency is not that of its column, the rate of a currency is not given, or a file
        holds no line that another one lacks.  The message names the file, and the line where
        there is one.
    """
    rates = dict(exchange_rates or {})
    for name, rate in rates.items():
        if isinstance(rate, bool | str) or not (isfinite(rate) and rate > 0):
            raise EvidenceError(
                f"the exchange rate of {name} must be above 0 and finite (got {rate}): units of the"
                " currency per USD, such as 0.92"
            )
    files = [Path(path) for path in paths]
    bills = [_read(path, dict(columns or {}), rates) for path in files]
    repeated = _repeated(files, [pd.concat([bill.rows, bill.other]) for bill in bills])
    rows, other, covered = (
        pd.concat(tables, ignore_index=True)
        for tables in zip(*((bill.rows, bill.other, bill.days) for bill in bills), strict=True)
    )
    notes = tuple(note for bill in bills for note in bill.notes)
    return Invoice(rows, other, repeated, covered, notes)


def _repeated(files: list[Path], parts: list[pd.DataFrame]) -> tuple[str, ...]:
    """Tell which lines stand in two files, and refuse a file whose lines all do."""
    told = []
    charged = [part[part["amount"].ne(0)].drop(columns=["source", "line"]) for part in parts]
    for (path, part), (other, before) in combinations(zip(files, charged, strict=True), 2):
        here, there = part.drop_duplicates(), before.drop_duplicates()
        alike = len(here.merge(there))
        # One line may be alike by chance, such as two accounts of one flat rate.
        if alike > 1 and alike == min(len(here), len(there)):
            raise EvidenceError(
                f"invoices {path} and {other}: every line of the one stands in the other too, and"
                " would be billed twice; leave one out"
            )
        if alike:
            told.append(
                f"{f'{alike:,} lines' if alike > 1 else '1 line'} of {path.name} as in"
                f" {other.name}: if that is one bill, it is counted twice."
            )
    return tuple(told)


def _read(path: Path, columns: dict[str, str], rates: dict[str, float]) -> Invoice:
    names = {key(header) for headers in HEADERS.values() for header in headers}
    sheet = read_csv(path, "invoice", names | set(map(key, columns.values())))
    found = _matched(path, sheet.header, columns)
    if not sheet.rows:
        raise EvidenceError(f"invoice {path}: a header and no rows")
    table = pd.DataFrame([cells for _, cells in sheet.rows], columns=sheet.header, dtype=str)
    lines = pd.Series([line for line, _ in sheet.rows], dtype="Int64")
    table = table.apply(lambda cells: cells.str.strip())
    whole = {name: table[header] for name, header in found.items()}
    models = {raw: model_in(raw) for raw in whole["model"].unique()}
    named = whole["model"].map(models).notna()
    aside = _set_aside(table, whole, named)
    kept = ~pd.concat(aside.values(), axis=1).any(axis=1)
    if not kept.any():
        raise EvidenceError(f"invoice {path}: a header and no rows but totals and notes")
    text = {name: cells[kept] for name, cells in whole.items()}
    cells = {name: Column(path, found[name], text[name], lines[kept]) for name in found}
    # By place: columns without a name may be several.
    further = [at for at, name in enumerate(sheet.header) if name not in found.values()]
    others = [table.iloc[:, at][kept] for at in further]
    joined = pd.Series([" ".join(row).strip() for row in table.to_numpy()], dtype=str)[kept]
    _refuse_gaps(Column(path, "", joined, lines[kept]), text, named[kept], others)
    amount, mark = amounts(cells["amount"], others, sheet.separator)
    if key(found["amount"]) == "amount" and "startingat" in map(key, sheet.header):
        amount = amount / 100  # Anthropic's cost API counts cents
    spans = days(cells["date"], cells.get("end"))
    cells["date"].refuse("no date can be read", spans["date"].isna() & text["date"].ne(""))
    model_id = text["model"].map(models).astype("string")
    makers = {name: provider_of(name) for name in model_id.dropna().unique()}
    currency = _currencies(cells, sheet)
    rows = spans.assign(
        provider=model_id.map(makers).astype("string"),
        model_id=model_id,
        model_raw=text["model"].where(text["model"].ne("")).astype("string"),
        amount=amount,
        currency=currency.where(currency.ne("")).astype("string"),
    )
    if "provider" in text:
        rows["provider"] = rows["provider"].fillna(text["provider"].str.lower().astype("string"))
    rows["billed_usd"] = amount / _rates(path, currency, rows["provider"], rates)
    for name in _COUNTS:
        missing = pd.Series(pd.NA, rows.index, "Int64")
        rows[name] = counts(cells[name], mark) if name in cells else missing
    rows["source"] = pd.Series(path.name, rows.index, dtype="string")
    rows["line"] = lines
    of_model = rows["model_id"].notna()
    unspent = ~of_model & amount.fillna(0).eq(0)
    return Invoice(
        rows[of_model],
        rows[~of_model & ~unspent],
        days=rows.loc[of_model | unspent, ["date", "until"]].dropna(),
        notes=tuple(
            f"{path.name}: {n} {'line' if n == 1 else 'lines'} {why} not counted."
            for why, n in ((why, int(which.sum())) for why, which in aside.items())
            if n
        ),
    )


def _set_aside(
    table: pd.DataFrame, text: dict[str, pd.Series], named: pd.Series
) -> dict[str, pd.Series]:
    """Return which rows sum up others, and which are notes around the table, in words."""
    total = _is_total(text["date"]) | (~named & _is_total(text["model"]))
    total |= ~named & text["date"].eq("") & table.apply(_is_total).any(axis=1)
    blank = text["amount"].eq("") & text["model"].eq("")
    note = blank & ~text["date"].str.contains(r"\d") & ~total
    return {"of totals": total, "without a date, model and amount": note}


def _matched(path: Path, header: list[str], columns: dict[str, str]) -> dict[str, str]:
    """Return the file's header for each of our columns that it has."""
    known: dict[str, list[str]] = {}
    for name in header:
        known.setdefault(key(name), []).append(name)
    unknown = set(columns) - set(HEADERS)
    if unknown:
        raise EvidenceError(
            f"--columns: no column {sorted(unknown)[0]!r} of ours; there are: {', '.join(HEADERS)}"
        )
    found = {}
    for name, headers in HEADERS.items():
        if name in columns:
            alike = [columns[name]] if columns[name] in header else known.get(key(columns[name]))
            if alike is None:
                raise EvidenceError(
                    f"invoice {path}: no column {columns[name]!r} (--columns {name}=…); the header"
                    f" is: {', '.join(header)}"
                )
        else:
            alike = next((known[key(each)] for each in headers if key(each) in known), [])
        if len(alike) > 1:
            raise EvidenceError(
                f"invoice {path}: {' and '.join(map(repr, alike))} may both be the {name}; choose"
                f" one with --columns {name}={alike[0]!r}"
            )
        if alike:
            found[name] = alike[0]
    missing = [name for name in REQUIRED if name not in found]
    if missing:
        raise EvidenceError(
            f"invoice {path}: no column tells the {missing[0]}; the header is:"
            f" {', '.join(header)}. Name it with --columns {missing[0]}=THEIR_HEADER"
        )
    return found


def _refuse_gaps(
    rows: Column, text: dict[str, pd.Series], named: pd.Series, others: list[pd.Series]
) -> None:
    """Refuse a line that lacks its date or its amount.

    A day without a model and an amount is one without spending.  An amount without a model and a
    day stays, if a text says what it is.
    """
    said, undated = text["model"].ne(""), text["date"].eq("")
    rows.refuse("the amount is missing", text["amount"].eq("") & said)
    for other in others:
        # A word of three letters passes for a currency, so the digits are looked for as well.
        cells = other[undated]
        words = cells.ne("") & ~cells.str.contains(r"\d")
        words |= ~bare(cells).map(lambda cell: bool(marks_of([cell]))).astype(bool)
        said |= other.isin(cells[words])
    rows.refuse("the date is missing", undated & (named | ~said))


def _is_total(text: pd.Series) -> pd.Series:
    return text.str.fullmatch(_TOTAL)


def _currencies(cells: dict[str, Column], sheet: Sheet) -> pd.Series:
    """Return the currency that column, code or sign tell of each amount; blank where none does."""
    column = cells["amount"]
    text, header = column.text, key(column.header)
    told = cells["currency"].text.str.upper() if "currency" in cells else pd.Series("", text.index)
    in_header = _OF_HEADER.search(header)
    if in_header:  # the currency beside it is that of another amount
        told = pd.Series(in_header[0].upper(), text.index)
    code = text.str.extract(r"([A-Za-z]{3})", expand=False).str.upper().fillna("")
    of_all = next((sign for sign in SIGNS if sign in column.header), "")
    sign = text.str.extract(r"([$€£])", expand=False).fillna(of_all)
    currency = told.where(told.ne(""), code)
    against = code.ne("") & code.ne(currency)
    for mark, meant in SIGNS.items():
        signed = sign.eq(mark) & text.ne("")
        currency = currency.mask(signed & currency.eq(""), meant[0])
        against |= signed & ~currency.isin(meant)
    column.refuse("the amount's currency is contradicted", against)
    names = set(map(key, HEADERS["currency"]))
    pairs = [cells for cells in sheet.preamble if len(cells) > 1]
    above = [name.strip().upper() for first, name, *_ in pairs if key(first) in names]
    return currency.mask(currency.eq(""), above[0] if above else "")


def _rates(
    path: Path, currency: pd.Series, provider: pd.Series, rates: dict[str, float]
) -> pd.Series:
    known = {"USD": 1.0} | {name.upper(): rate for name, rate in rates.items()}
    rate = currency.map(known).astype("Float64")
    rate = rate.fillna(provider.str.upper().map(known).astype("Float64"))
    rate = rate.mask(rate.isna() & currency.eq(""), 1.0)
    unknown = currency[rate.isna()]
    if len(unknown):
        name = unknown.iloc[0]
        raise EvidenceError(
            f"invoice {path}: billed in {name}; tell its rate with --exchange-rate {name}=0.92"
            " (units per USD), or in a price file"
        )
    return rate
