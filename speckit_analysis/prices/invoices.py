"""What a provider billed, out of its CSV export."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pandas as pd

from speckit_analysis.errors import EvidenceError
from speckit_analysis.tables.vocabulary import model_in, provider_of

#: Larger files are no billing export of a team.
MAX_BYTES = 256 * 2**20

#: Our columns, and the headers by which exports call them; the first that is there counts.
HEADERS: dict[str, tuple[str, ...]] = {
    "date": (
        "date", "day", "usage_date_utc", "usage_date", "usage_start_date", "usage_start_time",
        "start_time_iso", "start_time", "starting_at", "chargeperiodstart", "timestamp",
    ),
    "model": (
        "model", "model_id", "model_name", "line_item", "sku_description", "chargedescription",
        "description",
    ),
    "amount": (
        "cost_usd", "amount_usd", "amount_value", "unrounded_cost", "billedcost", "cost", "amount",
        "total",
    ),
    "currency": ("currency", "amount_currency", "billingcurrency"),
    "provider": ("provider", "serviceprovidername"),
    "prompt_tokens": ("prompt_tokens", "input_tokens", "n_context_tokens_total"),
    "completion_tokens": ("completion_tokens", "output_tokens", "n_generated_tokens_total"),
    "calls": ("calls", "requests", "num_model_requests", "n_requests"),
}  # fmt: skip

#: Without these there is nothing to reconcile.
REQUIRED = ("date", "model", "amount")

_ENGLISH = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d*\.?\d+(?:e-?\d+)?", re.IGNORECASE)
_CONTINENTAL = re.compile(r"-?\d{1,3}(?:\.\d{3})*,\d{1,2}|-?\d+,\d+")

# A header such as "cost_usd" tells of all its amounts what they are in.
_OF_HEADER = re.compile(r"(?:_|in)(usd|eur|gbp)$")

# Currencies that a sign may stand for; alone it stands for the first.
_SIGNS = {"$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD"), "€": ("EUR",), "£": ("GBP",)}


@dataclass(frozen=True)
class Invoice:
    """What a provider billed.

    Attributes
    ----------
    rows : DataFrame
        One row per line that names a model: ``date`` (datetime64[ns, UTC], the day), ``provider``,
        ``model_id``, ``model_raw`` (string), ``amount`` (Float64, in ``currency``),
        ``billed_usd`` (Float64), ``prompt_tokens``, ``completion_tokens`` and ``calls`` (Int64,
        where told), ``source`` (string) and ``line`` (Int64, where it ends in the file).
    other : DataFrame
        Lines that name none, with the same columns: taxes, credits, other services.
    repeated : tuple of str
        What stands in two files, in words: it may be one bill, counted twice.
    """

    rows: pd.DataFrame
    other: pd.DataFrame
    repeated: tuple[str, ...] = ()


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
    files = [Path(path) for path in paths]
    parts = [_read(path, dict(columns or {}), dict(exchange_rates or {})) for path in files]
    repeated = _repeated(files, parts)
    rows = pd.concat(parts, ignore_index=True)
    named = rows["model_id"].notna()
    return Invoice(
        rows[named].reset_index(drop=True), rows[~named].reset_index(drop=True), repeated
    )


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


def _read(path: Path, columns: dict[str, str], rates: dict[str, float]) -> pd.DataFrame:
    table = _table(path)
    found = _matched(path, table, columns)
    lines = pd.Series(table.index, dtype="Int64")
    table = table.reset_index(drop=True)
    text = {name: table[header].str.strip() for name, header in found.items()}
    model = text["model"].where(text["model"] != "").astype("string")
    names = {raw: model_in(raw) for raw in model.dropna().unique()}
    model_id = model.map(names).astype("string")
    amount = _amounts(path, text["amount"], lines)
    if found["amount"].lower() == "amount" and "starting_at" in map(str.lower, table.columns):
        amount = amount / 100  # Anthropic's cost API counts cents
    currency = text.get("currency", pd.Series("", table.index)).str.upper()
    in_header = _OF_HEADER.search(_key(found["amount"]))
    if in_header:  # the currency beside it is that of another amount
        currency = pd.Series(in_header[1].upper(), table.index)
    currency = _currencies(path, found["amount"], text["amount"], currency, lines)
    makers = {name: provider_of(name) for name in model_id.dropna().unique()}
    rows = pd.DataFrame(
        {
            "date": _dates(path, text["date"], lines),
            "provider": model_id.map(makers).astype("string"),
            "model_id": model_id,
            "model_raw": model,
            "amount": amount,
            "currency": currency.where(currency.ne("")).astype("string"),
        }
    )
    if "provider" in text:
        rows["provider"] = rows["provider"].fillna(text["provider"].str.lower().astype("string"))
    rows["billed_usd"] = amount / _rates(path, currency, rows["provider"], rates)
    for name in ("prompt_tokens", "completion_tokens", "calls"):
        counts = text.get(name, pd.Series("", table.index))
        rows[name] = pd.to_numeric(counts.str.replace(",", ""), errors="coerce").astype("Int64")
    _refuse_gaps(path, table, text, lines)
    rows["source"] = pd.Series(path.name, table.index, dtype="string")
    rows["line"] = lines.to_numpy()
    # Blank lines, and totals below the table, have no date.
    return rows[rows["date"].notna()]


def _table(path: Path) -> pd.DataFrame:
    """Return the text of each cell, by the line on which its record ends, counted from 1."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise EvidenceError(f"invoice {path}: larger than 256 MiB, which no export of bills is")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise EvidenceError(f"invoice {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise EvidenceError(f"invoice {path}: not UTF-8 text; save it as CSV in UTF-8") from None
    if not text.strip():
        raise EvidenceError(f"invoice {path}: the file is empty")
    head = text.splitlines()[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    try:
        records = [(reader.line_num, record) for record in reader]
    except csv.Error as error:
        raise EvidenceError(f"invoice {path}: no CSV in line {reader.line_num}: {error}") from None
    header = [name.strip() for name in records[0][1]]
    double = next((name for name in header if name and header.count(name) > 1), None)
    if double:
        raise EvidenceError(f"invoice {path}: two columns are called {double!r}; rename one")
    for line, row in records[1:]:
        if any(row[len(header) :]):
            raise EvidenceError(
                f"invoice {path}: line {line} has {len(row)} cells, the header {len(header)}; quote"
                " what holds a separator"
            )
    rows = [[*row, *[""] * (len(header) - len(row))][: len(header)] for _, row in records[1:]]
    if not any(any(row) for row in rows):
        raise EvidenceError(f"invoice {path}: a header and no rows")
    return pd.DataFrame(rows, [line for line, _ in records[1:]], header, dtype=str)


def _key(header: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", header.lower()).strip("_")


def _matched(path: Path, table: pd.DataFrame, columns: dict[str, str]) -> dict[str, str]:
    """Return the file's header for each of our columns that it has."""
    known = {_key(header): header for header in reversed([*table.columns])}
    unknown = set(columns) - set(HEADERS)
    if unknown:
        raise EvidenceError(
            f"--columns: no column {sorted(unknown)[0]!r} of ours; there are: {', '.join(HEADERS)}"
        )
    found = {}
    for name, headers in HEADERS.items():
        if name in columns:
            if _key(columns[name]) not in known:
                raise EvidenceError(
                    f"invoice {path}: no column {columns[name]!r} (--columns {name}=…); the header"
                    f" is: {', '.join(table.columns)}"
                )
            found[name] = known[_key(columns[name])]
            continue
        match = next((known[header] for header in headers if header in known), None)
        if match is not None:
            found[name] = match
    missing = [name for name in REQUIRED if name not in found]
    if missing:
        raise EvidenceError(
            f"invoice {path}: no column tells the {missing[0]}; the header is:"
            f" {', '.join(table.columns)}. Name it with --columns {missing[0]}=THEIR_HEADER"
        )
    return found


def _refuse_gaps(
    path: Path, table: pd.DataFrame, text: dict[str, pd.Series], lines: pd.Series
) -> None:
    """Refuse a line that lacks its date or its amount; blank ones and totals may."""
    for name in ("date", "amount"):
        gaps = text[name].eq("")
        cells = table[gaps].to_numpy()
        said = pd.Series([" ".join(row).strip() for row in cells], table.index[gaps], dtype=str)
        bad = said.ne("") & ~_is_total(said)
        _refuse(path, f"the {name} is missing", said, lines[gaps], bad)


def _day_first(path: Path, text: pd.Series, lines: pd.Series) -> bool:
    """Tell whether numeric dates begin with the day: one convention for the whole file."""
    parts = text.str.extract(r"^(\d{1,2})[./-](\d{1,2})[./-]\d{4}\b").astype("Float64")
    numeric = parts[0].notna()
    first, second = (bool((parts[at] > 12).any()) for at in (0, 1))
    dotted = bool(numeric.any()) and bool(text[numeric].str.contains(".", regex=False).all())
    unclear = (first and second) or not (first or second or dotted)
    why = "day and month cannot be told apart (write dates as 2025-10-31)"
    _refuse(path, why, text, lines, numeric & unclear)
    return first or (dotted and not second)


def _dates(path: Path, text: pd.Series, lines: pd.Series) -> pd.Series:
    seconds = pd.to_numeric(text.where(~text.str.fullmatch(r"\d{8}")), errors="coerce")
    moments = pd.to_datetime(
        text.where(seconds.isna()),
        utc=True,
        errors="coerce",
        format="mixed",
        dayfirst=_day_first(path, text, lines),
    )
    moments = moments.fillna(pd.to_datetime(seconds, unit="s", utc=True, errors="coerce"))
    _refuse(
        path, "no date can be read", text, lines, moments.isna() & text.ne("") & ~_is_total(text)
    )
    return moments.dt.floor("D").astype("datetime64[ns, UTC]")


def _is_total(text: pd.Series) -> pd.Series:
    return text.str.lower().str.contains(r"total|sum\b", regex=True)


def _amounts(path: Path, text: pd.Series, lines: pd.Series) -> pd.Series:
    bare = text.str.replace(r"(?:US)?\$|[€£\s]|[A-Za-z]{3}", "", regex=True)
    negative = bare.str.fullmatch(r"\(.*\)")
    bare = bare.str.strip("()").str.replace("−", "-")
    english = bare.str.fullmatch(_ENGLISH)
    continental = ~english & bare.str.fullmatch(_CONTINENTAL)
    plain = bare.str.replace(",", "").where(
        english, bare.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    )
    amounts = pd.to_numeric(plain.where(english | continental), errors="coerce")
    _refuse(path, "no amount can be read", text, lines, amounts.isna() & text.ne(""))
    return amounts.where(~negative, -amounts).astype("Float64")


def _currencies(
    path: Path, header: str, text: pd.Series, told: pd.Series, lines: pd.Series
) -> pd.Series:
    """Return the currency that column, code or sign tell of each amount; blank where none does."""
    code = text.str.extract(r"([A-Za-z]{3})", expand=False).str.upper().fillna("")
    of_all = next((sign for sign in _SIGNS if sign in header), "")
    sign = text.str.extract(r"([$€£])", expand=False).fillna(of_all)
    currency = told.where(told.ne(""), code)
    against = code.ne("") & code.ne(currency)
    for mark, meant in _SIGNS.items():
        signed = sign.eq(mark) & text.ne("")
        currency = currency.mask(signed & currency.eq(""), meant[0])
        against |= signed & ~currency.isin(meant)
    _refuse(path, "the amount's currency is contradicted", text, lines, against)
    return currency


def _refuse(path: Path, why: str, text: pd.Series, lines: pd.Series, bad: pd.Series) -> None:
    if bad.any():
        number = int(bad.sum())
        first = ", ".join(
            f"line {line} {raw!r}"
            for line, raw in zip(lines[bad.to_numpy()][:3], text[bad][:3], strict=True)
        )
        more = f" and {number - 3} more" if number > 3 else ""
        raise EvidenceError(f"invoice {path}: {why} in {first}{more}")


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
