"""Tables of your own, by a mapping file (`--map`, `load(map=…)`).

A TOML file says which files hold rows of which table, and which of their columns are ours:

```toml
[[files]]
name = "results-*.csv"                 # files by name: CSV, TSV, JSON, JSON Lines
table = "outcomes"                     # or calls, or reviews

[files.columns]                        # ours = theirs
unit = "task"
variant = "config.model"               # a dot leads into an object of JSON
outcome = "verdict"
latency_ms = { column = "seconds", unit = "s" }
cost_usd = { column = "price", unit = "cents" }

[files.constants]                      # the same for every row
experiment = "october"
checked_by = "unit tests"

[files.values.outcome]                 # what their words mean
passed = 1
failed = 0
```

- Columns of `outcomes` are those of [the plain format](#outcome); `experiment`, `unit`,
  `variant` and `outcome` are needed.
- Columns of `calls`: `model`, which is needed, `id`, `session_id`, `agent`, `model_observed`,
  `timestamp`, `prompt_tokens`, `completion_tokens`, `reasoning_tokens`, `cached_tokens`,
  `cache_write_tokens`, `cache_write_1h_tokens`, `total_tokens`, `counted_as` (whose way of
  counting, if not the maker's: `openai`, `anthropic` or `google`), `service_tier`, `latency_ms`,
  `cache_hit`, `cost_usd`, `status`, `error`.
- Columns of `reviews`: `experiment`, `variant`, `criterion` and `score`, which are needed,
  `spec_id`, `stage`, `packet`, `reviewer`, `comment`, `timestamp`, `output_cost_usd`,
  `output_seconds`.
- Units: `ms`, `s` and `min` for times; `USD`, `cents` and `micro-USD` for money; `tokens` and
  `thousand` for tokens; `share` and `percent` for outcomes; `0-10`, `0-1`, `0-5` and `0-100` for
  scores. Without one a number is taken as ours: milliseconds, US dollars, seconds for
  `output_seconds`, scores from 0 to 10.
- An empty cell, and a column that a file lacks, is missing, never 0. A lacking column and a
  value that does not fit are problems.
- `id` tells calls apart, so that overlapping files count once. Calls without one count as often
  as they stand, but for copies of a file.
- `rows = "results"` beside `name` says where in an object of JSON the list of rows is; dots lead
  further in. Without it a file is a list, an object with the list `data`, JSON Lines, or a
  table.
- The first entry whose `name` fits a file is the one that counts, before every other format.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, Literal

import msgspec

from speckit_analysis.errors import EvidenceError
from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.file import Amount, Count
from speckit_analysis.formats.gateway import write_request
from speckit_analysis.formats.outcome import OutcomeRecord, write_outcome
from speckit_analysis.formats.records import TABLES, records, table, text_fields, typed
from speckit_analysis.formats.review import Points
from speckit_analysis.formats.usage import Maker
from speckit_analysis.hand_files import read_text


class CallRecord(msgspec.Struct, kw_only=True, gc=False):
    """A call of a model."""

    model: str
    id: str | None = None
    session_id: str | None = None
    agent: str | None = None
    model_observed: str | None = None
    timestamp: str | None = None
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    reasoning_tokens: Count | None = None
    cached_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    cache_write_1h_tokens: Count | None = None
    total_tokens: Count | None = None
    counted_as: Maker | None = None
    service_tier: str | None = None
    latency_ms: Amount | None = None
    cache_hit: bool | None = None
    cost_usd: Amount | None = None
    status: str | None = None
    error: str | None = None


class ReviewRecord(msgspec.Struct, kw_only=True, gc=False):
    """A reviewer's score."""

    experiment: str
    variant: str
    criterion: str
    score: Points | None
    spec_id: str | None = None
    stage: str | None = None
    packet: str | None = None
    reviewer: str | None = None
    comment: str | None = None
    timestamp: str | None = None
    output_cost_usd: Amount | None = None
    output_seconds: Amount | None = None


_STRUCTS: dict[str, type[msgspec.Struct]] = {
    "outcomes": OutcomeRecord,
    "calls": CallRecord,
    "reviews": ReviewRecord,
}
_NEEDED = {
    "outcomes": ("experiment", "unit", "variant", "outcome"),
    "calls": ("model",),
    "reviews": ("experiment", "variant", "criterion", "score"),
}

_MILLISECONDS = {"ms": 1.0, "s": 1000.0, "min": 60_000.0}
_SECONDS = {"s": 1.0, "ms": 0.001, "min": 60.0}
_DOLLARS = {"USD": 1.0, "cents": 0.01, "micro-USD": 1e-6}
_TOKENS = {"tokens": 1.0, "thousand": 1000.0}
#: What one of their unit is in ours, by the end of our column's name.
_UNITS = {
    "_ms": _MILLISECONDS,
    "_seconds": _SECONDS,
    "_usd": _DOLLARS,
    "_tokens": _TOKENS,
    "outcome": {"share": 1.0, "percent": 0.01},
    "score": {"0-10": 1.0, "0-1": 10.0, "0-5": 2.0, "0-100": 0.1},
}

Constant = str | int | float | bool


class Source(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A column of theirs, and the unit of its numbers."""

    column: str
    unit: str | None = None


class MappedFiles(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Files of one kind, and what their columns are."""

    name: str
    table: Literal["outcomes", "calls", "reviews"]
    columns: dict[str, str | Source]
    #: Where in an object of JSON the list of rows is.
    rows: str = ""
    constants: dict[str, Constant] = {}
    values: dict[str, dict[str, Constant]] = {}


class _MapFile(msgspec.Struct, forbid_unknown_fields=True):
    files: tuple[MappedFiles, ...]


@dataclass(frozen=True)
class TableMap:
    """What a mapping file says."""

    path: str = ""
    files: tuple[MappedFiles, ...] = ()

    @classmethod
    def read(cls, path: str | os.PathLike[str] | None) -> TableMap:
        """Read a mapping file; without one, nothing is mapped.

        Raises
        ------
        EvidenceError
            If it cannot be read, is no TOML, or names what there is not; the message names the
            place and what was expected.
        """
        if path is None:
            return cls()
        place = f"mapping file {os.fspath(path)}"
        try:
            found = msgspec.convert(tomllib.loads(read_text(path, "mapping file")), _MapFile)
        except tomllib.TOMLDecodeError as error:
            raise EvidenceError(f"{place}: no valid TOML: {error}") from None
        except msgspec.ValidationError as error:
            raise EvidenceError(f"{place}: {error}; docs/formats.md#mapped shows one") from None
        faults = [
            f"files[{number}] ({entry.name}): {fault}"
            for number, entry in enumerate(found.files)
            for fault in _faults(entry)
        ]
        if faults:
            raise EvidenceError(f"{place}: {'; '.join(faults)}")
        return cls(os.fspath(path), found.files)

    def format_of(self, name: str) -> Format | None:
        """Return how a file of this name is read, if an entry names it."""
        for entry in self.files:
            if fnmatchcase(name, entry.name):
                return replace(FORMAT, read=partial(read, entry=entry))
        return None

    def unused_sentence(self, names: list[str]) -> str:
        """Return which entries name none of the files, in words; empty where each names one."""
        unused = [
            f"{entry.name!r} (files[{number}])"
            for number, entry in enumerate(self.files)
            if not any(fnmatchcase(name, entry.name) for name in names)
        ]
        return f"No file is called {', '.join(unused)}: see {self.path}." if unused else ""


#: Without a mapping file.
NO_MAP = TableMap()


def _faults(entry: MappedFiles) -> Iterator[str]:
    """Yield what makes no sense in an entry."""
    struct = _STRUCTS[entry.table]
    own = struct.__struct_fields__
    for part in ("columns", "constants", "values"):
        for ours in getattr(entry, part):
            if ours not in own:
                yield f"{part}: {entry.table} has no column {ours!r}; there are {', '.join(own)}"
    for ours, source in entry.columns.items():
        units = _units_of(ours)
        if isinstance(source, Source) and source.unit is not None and source.unit not in units:
            expected = f"expected {', '.join(units)}" if units else "it takes none"
            yield f"columns.{ours}: unknown unit {source.unit!r}; {expected}"
        if ours in entry.constants:
            yield f"{ours!r} is among columns and among constants; name it once"
    for ours in entry.values:
        if ours not in entry.columns:
            yield f"values.{ours}: there is no {ours!r} among columns"
    missing = [n for n in _NEEDED[entry.table] if n not in {*entry.columns, *entry.constants}]
    if missing:
        named = ", ".join(map(repr, missing))
        yield f"{entry.table} need {named}: name it among columns or constants"
    values = {name: value for name, value in entry.constants.items() if name in own}
    try:
        msgspec.convert(
            {**dict.fromkeys(_NEEDED[entry.table], "0"), **values}, struct, strict=False
        )
    except msgspec.ValidationError as error:
        yield f"constants: {error}"


def _units_of(ours: str) -> Mapping[str, float]:
    return next((units for end, units in _UNITS.items() if ours.endswith(end)), {})


def read(file: EvidenceFile, rows: Rows, entry: MappedFiles | None = None) -> None:
    """Write a row a record; nothing where no entry of a mapping file is given."""
    if entry is None:
        return
    sources = {
        ours: Source(source) if isinstance(source, str) else source
        for ours, source in entry.columns.items()
    }
    is_table = file.name.lower().endswith(TABLES)
    seen: set[str] = set()
    for place, theirs in table(file) if is_table else _objects(file, entry, sources.values()):
        told: dict[str, Any] = dict(entry.constants)
        for ours, source in sources.items():
            value = (
                theirs.get(source.column.lower()) if is_table else _inside(theirs, source.column)
            )
            if value is None:
                continue
            seen.add(ours)
            value = _meant(file, place, entry, ours, source, value)
            if value is not None:
                told[ours] = value
        _write(file, rows, place, entry.table, told)
    lacking = [
        f"{source.column!r} ({ours})" for ours, source in sources.items() if ours not in seen
    ]
    if lacking and seen:
        message = f"no row has {', '.join(lacking)}, which the mapping file names"
        file.problem("", "missing_field", "warning", message, "treated as missing")


def _objects(
    file: EvidenceFile, entry: MappedFiles, sources: Iterable[Source]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the fields of each record of JSON that columns are taken from."""
    if entry.rows:
        yield from _listed(file, entry.rows)
        return
    names = sorted({part for s in sources for part in (s.column, s.column.partition(".")[0])})
    fields = [
        (f"field_{number}", Any, msgspec.field(name=name, default=None))
        for number, name in enumerate(names)
    ]
    decoder = msgspec.json.Decoder(msgspec.defstruct("Record", fields))
    for place, record in records(file, decoder):
        values = zip(names, msgspec.structs.astuple(record), strict=True)
        yield place or "/", {name: value for name, value in values if value is not None}


def _listed(file: EvidenceFile, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects of a list inside an object."""
    content = file.parse()
    found = _inside(content, path) if isinstance(content, dict) else None
    if not isinstance(found, list):
        message = f"there is no list {path!r}, where the mapping file looks for rows"
        file.problem("", "missing_field", "error", message, "nothing read")
        return
    for number, value in enumerate(found):
        place = f"/{path.replace('.', '/')}/{number}"
        if isinstance(value, dict):
            yield place, value
        else:
            message = f"{value!r} where a row belongs"
            file.problem(place, "mistyped_field", "warning", message, "left out")


def _inside(record: Mapping[str, Any], path: str) -> Any:
    """Return what stands under a name, or at the end of names with dots between them."""
    if path in record:
        return record[path]
    value: Any = record
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _meant(
    file: EvidenceFile, place: str, entry: MappedFiles, ours: str, source: Source, value: Any
) -> Any:
    """Return a value in our words and our unit; None, with a problem filed, where it has none."""
    words = entry.values.get(ours)
    if words is not None:
        said = str(value).lower() if isinstance(value, bool) else str(value)
        if said in words:
            return words[said]
        message = f"{source.column!r} is {said!r}; values.{ours} has {', '.join(words)}"
        file.problem(place, "mistyped_field", "warning", message, "treated as missing")
        return None
    if isinstance(value, str):
        value = typed({ours: value}, _STRUCTS[entry.table])[ours]
    factor = 1.0 if source.unit is None else _units_of(ours)[source.unit]
    if source.unit is None:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = f"{source.column!r} is {value!r}; expected a number of {source.unit}"
        file.problem(place, "mistyped_field", "warning", message, "treated as missing")
        return None
    scaled = value * factor
    return round(scaled) if ours.endswith("_tokens") else scaled


def _write(file: EvidenceFile, rows: Rows, place: str, name: str, told: dict[str, Any]) -> None:
    struct = _STRUCTS[name]
    texts = {
        ours: str(value)
        for ours, value in told.items()
        if ours in text_fields(struct) and isinstance(value, int | float)
    }
    record = file.convert({**told, **texts}, struct, place)
    if isinstance(record, OutcomeRecord):
        write_outcome(file, rows, place, record)
    elif isinstance(record, CallRecord):
        call = msgspec.structs.asdict(record)
        renamed: dict[str, Any] = {
            "agent_raw": record.agent or record.model,
            "model_requested": record.model,
        }
        renamed |= {"cost_usd_reported": record.cost_usd, "status_recorded": record.status}
        renamed |= {"id": record.id, "session": record.session_id}
        for key in ("id", "session_id", "agent", "model", "cost_usd", "status"):
            del call[key]
        write_request(file, rows, place, basis="mapped", **call, **renamed)
    elif isinstance(record, ReviewRecord):
        review = msgspec.structs.asdict(record)
        moment, stage = review.pop("timestamp"), review.pop("stage")
        rows.write("reviews", file.number, place, **review, stage_raw=stage, timestamp_raw=moment)


FORMAT = Format(
    name="mapped",
    title="Tables of your own, by a mapping file",
    endings=(),
    patterns=(),
    read=read,
    about=__doc__,
)
