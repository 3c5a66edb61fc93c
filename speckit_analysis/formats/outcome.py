"""Outcomes: checked results that people already have, as CSV or JSON Lines, a row each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.file import Amount, Count, Score
from speckit_analysis.formats.records import columns_of, has_columns, records
from speckit_analysis.formats.redaction import shortened
from speckit_analysis.formats.registry import has_keys

Name = str | int


class OutcomeRecord(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """What one variant reached on one unit."""

    experiment: Name
    unit: Name
    variant: Name
    #: 0, 1, true, false, or a number; of a total, the share that passed.
    outcome: bool | Score | None = None
    repeat: Name | None = None
    group: Name | None = None
    passes: Count | None = None
    cases: Count | None = None
    cost_usd: Amount | None = None
    consulting_usd: Amount | None = None
    latency_ms: Amount | None = None
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    models: str | list[str] | None = None
    checked_by: str | None = None


#: Without these a file is none of outcomes.
_KEYS = ("experiment", "unit", "variant")
_DECODER = msgspec.json.Decoder(OutcomeRecord)

#: What `experiment template` writes.
TEMPLATE = """\
experiment,unit,group,variant,repeat,outcome,cost_usd,latency_ms,models,checked_by
my-experiment,task-1,,single,1,1,0.021,81000,gpt-5,unit tests
my-experiment,task-1,,consensus,1,1,0.064,95000,gpt-5; gemini-2.5-pro,unit tests
my-experiment,task-2,,single,1,0,0.018,76000,gpt-5,unit tests
my-experiment,task-2,,consensus,1,1,0.059,99000,gpt-5; gemini-2.5-pro,unit tests
"""


def contradicts(stated: float, passes: int, cases: int) -> bool:
    """Tell whether a stated share cannot be that of so many passes.

    It may be rounded as far as its digits say, up to half a percent, and be half a case off.

    Examples
    --------
    >>> contradicts(0.528, 51, 500), contradicts(0.617, 139, 225)
    (True, False)
    """
    rounding = 0.5 * 10.0 ** min(int(Decimal(repr(stated)).as_tuple().exponent), -2)
    return abs(stated - passes / cases) > rounding + 0.5 / cases


def believe_counts(
    file: EvidenceFile, locator: str, stated: float | None, passes: int, cases: int
) -> dict[str, Any]:
    """Return the outcome of a total; file a problem where the stated share is another one."""
    total = {"outcome": passes / cases, "passes": passes, "cases": cases}
    if stated is None or not contradicts(stated, passes, cases):
        return total
    message = f"the stated {100 * stated:g} % is not {passes} of {cases} ({passes / cases:.1%})"
    action = "counts taken; the stated rate kept in outcome_stated"
    file.problem(locator, "rate_contradicts_counts", "error", message, action)
    return {**total, "outcome_stated": stated}


def check_count(
    file: EvidenceFile, locator: str, what: str, stated: float | None, counted: float
) -> None:
    """File a problem where a file states another number of things than it holds."""
    if stated is not None and abs(stated - counted) > 1e-6:
        message = f"states {stated:.6g} {what}, but holds {counted:.6g}"
        action = "took what it holds"
        file.problem(locator, "rate_contradicts_counts", "error", message, action)


def errored(file: EvidenceFile, locator: str, what: str, said: object) -> None:
    """File the problem of a try that broke off: it is no wrong answer."""
    message = f"{what} errored: {shortened(str(said), 200)}"
    file.problem(locator, "errored_result", "warning", message, "outcome missing")


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write one row per record."""
    is_json = file.name.endswith((".json", ".jsonl"))
    for place, record in records(file, _DECODER) if is_json else _table(file):
        write_outcome(file, rows, place, record)


def write_outcome(file: EvidenceFile, rows: Rows, place: str, record: OutcomeRecord) -> None:
    """Write a record, its rate held against its counts."""
    values = msgspec.structs.asdict(record)
    for name in ("experiment", "unit", "variant", "repeat", "group"):
        values[name] = None if values[name] is None else str(values[name])
    if isinstance(record.models, list):
        values["models"] = "; ".join(record.models)
    if record.outcome is not None:
        values["outcome"] = float(record.outcome)
    if record.cases and record.passes is not None:
        if record.passes <= record.cases:
            counts = record.passes, record.cases
            values |= believe_counts(file, place, values["outcome"], *counts)
        else:
            message = f"{record.passes} passes of {record.cases} cases"
            file.problem(place, "rate_contradicts_counts", "error", message, "outcome missing")
            values |= {"outcome": None, "passes": None}
    rows.write("outcomes", file.number, place or "/", **values)


def _table(file: EvidenceFile) -> Iterator[tuple[str, OutcomeRecord]]:
    """Yield the records of a CSV file, each with the line that it ends on."""
    columns = columns_of(file.data)
    missing = [name for name in (*_KEYS, "outcome") if name not in columns]
    if missing:
        message = f"the header has no column {', '.join(missing)}; found {', '.join(columns)}"
        file.problem("L1", "missing_field", "error", message, "treated as missing")
    own = set(OutcomeRecord.__struct_fields__)
    others = [name for name in columns if name not in own]
    again = sorted({name for name in columns if columns.count(name) > 1 and name in own})
    for names, what in ((others, "no column of outcomes"), (again, "there twice")):
        if names:
            message = f"{', '.join(map(repr, names))}: {what}; there are {', '.join(sorted(own))}"
            file.problem("L1", "unknown_column", "warning", message, "left out")
    if not missing:
        yield from records(file, _DECODER)


def knows(name: str, data: bytes) -> bool:
    """Tell a CSV file of outcomes by its header."""
    return has_columns(name, data, _KEYS)


FORMAT = Format(
    name="outcome",
    title="Outcomes: checked results of variants on the same units",
    endings=("outcomes.csv", "outcomes.jsonl"),
    patterns=(re.compile(r"(.+[-_.])?outcomes\.(csv|jsonl)"),),
    read=read,
    sniff=has_keys(*_KEYS),
    knows=knows,
    schemas={"outcome": OutcomeRecord},
    rank=15,
)
