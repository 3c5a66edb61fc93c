"""Cost summary of a SPEC, in every flavour that was written or documented."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.decoding import pointer_token
from speckit_analysis.formats.file import Amount, Count

Dollars = Annotated[float, msgspec.Meta(ge=0, le=1e12, description="US dollars")]


class StageCost(msgspec.Struct, gc=False):
    """Cost and tokens of one stage."""

    usd: Dollars | None = None
    tokens: Count | None = None


class Entry(msgspec.Struct, gc=False):
    """Cost of one agent at one stage."""

    stage: str | None = None
    agent: str | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cost_usd: Dollars | None = None


class CostSummary(msgspec.Struct, kw_only=True, gc=False):
    """Cost summary; each flavour fills the fields that it knows."""

    spec_id: str | None = None
    spec_id_camel: str | None = msgspec.field(name="specId", default=None)
    schema_version: int | str | None = msgspec.field(name="schemaVersion", default=None)
    pricing_version: str | None = None
    currency: str | None = None
    total_spent: Dollars | None = None
    total_cost_usd: Dollars | None = None
    total_cost: Dollars | None = None
    total: Dollars | None = None
    total_usd: Dollars | None = msgspec.field(name="totalUsd", default=None)
    total_tokens: Count | None = msgspec.field(name="totalTokens", default=None)
    budget: Dollars | None = None
    budget_usd: Dollars | None = None
    utilization: Annotated[float, msgspec.Meta(ge=0, description="ratio")] | None = None
    utilization_percent: Annotated[float, msgspec.Meta(ge=0, description="percent")] | None = None
    call_count: Count | None = None
    total_calls: Count | None = None
    per_stage: dict[str, Dollars | None] | None = None
    per_stage_camel: dict[str, StageCost] | None = msgspec.field(name="perStage", default=None)
    stages: dict[str, Dollars | None] | None = None
    per_model: dict[str, Dollars | None] | None = None
    per_agent: dict[str, Dollars | None] | None = None
    breakdown: list[Entry] | None = None
    duration: Amount | None = None
    duration_seconds: Amount | None = None
    generated_at: str | None = None
    timestamp: str | None = None
    stage_notes: list[Any] | None = None


_DECODER = msgspec.json.Decoder(CostSummary)

COLUMNS = (
    *("spec_id", "scope", "stage_raw", "agent_raw", "key_raw", "cost_usd_reported"),
    *("prompt_tokens", "completion_tokens", "tokens_reported", "budget_usd"),
    *("utilization_reported", "calls_reported", "duration_s", "timestamp_raw", "flavour"),
    *("schema_version", "pricing_version", "provenance"),
)

# Sums of rounded amounts may differ from the rounded sum by this much.
CENT = 0.01

#: Two agents may cost the same by chance; this many do not.
SUSPICIOUS_REPETITIONS = 3


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write the total, and one row per stage, agent or entry of the breakdown."""
    record = file.decode(_DECODER)
    if record is None:
        return
    named, own = file.group("spec"), record.spec_id or record.spec_id_camel
    # What follows the id in the name, such as a date or "-backup", is none of it.
    goes_on = bool(named and own) and re.match(re.escape(own or "") + r"[-_ .]", named or "")
    spec = file.identity(own if goes_on else named, own, "spec_id")
    total = _first(
        record.total_spent, record.total_cost_usd, record.total_cost, record.total, record.total_usd
    )
    if total is None:
        message = "no total: expected total_spent, total_cost_usd, total or totalUsd"
        file.problem("/", "missing_field", "error", message, "treated as missing")
    version = record.schema_version
    provenance = "hand_written" if _is_invented(record) else None
    every = dict.fromkeys(COLUMNS) | {
        "spec_id": spec,
        "timestamp_raw": record.generated_at or record.timestamp,
        "flavour": _flavour(record),
        "schema_version": None if version is None else str(version),
        "pricing_version": record.pricing_version,
        "provenance": provenance,
    }
    whole = {
        "scope": "total",
        "cost_usd_reported": total,
        "tokens_reported": record.total_tokens,
        "budget_usd": _first(record.budget, record.budget_usd),
        "utilization_reported": _utilization(record),
        "calls_reported": _first(record.call_count, record.total_calls),
        "duration_s": _first(record.duration, record.duration_seconds),
    }
    for locator, part in (("/", whole), *_parts(record)):
        rows.write("costs", file.number, locator, **(every | part))
    _check(file, record, total, provenance)


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _utilization(record: CostSummary) -> float | None:
    percent = record.utilization_percent
    return _first(record.utilization, None if percent is None else percent / 100)


def _flavour(record: CostSummary) -> str:
    if record.breakdown is not None:
        return "detailed"
    if record.per_stage_camel is not None:
        return "per_stage_usd"
    return "native" if record.total_spent is not None else "totals"


def _parts(record: CostSummary) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the locator and the columns of each amount below the total."""
    for field, scope, column, amounts in (
        ("per_stage", "stage", "stage_raw", record.per_stage),
        ("stages", "stage", "stage_raw", record.stages),
        ("perStage", "stage", "stage_raw", record.per_stage_camel),
        # Upstream calls it per_model, but the keys are names of agents.
        ("per_model", "agent", "agent_raw", record.per_model),
        ("per_agent", "agent", "agent_raw", record.per_agent),
    ):
        for key, amount in (amounts or {}).items():
            cost = amount if isinstance(amount, StageCost) else StageCost(amount)
            part = {"scope": scope, column: key, "key_raw": key, "cost_usd_reported": cost.usd}
            place = f"/{field}/{pointer_token(key)}"
            yield place, part | {"tokens_reported": cost.tokens}
    for number, entry in enumerate(record.breakdown or ()):
        yield (
            f"/breakdown/{number}",
            {
                "scope": "breakdown",
                "stage_raw": entry.stage,
                "agent_raw": entry.agent,
                "key_raw": entry.agent,
                "cost_usd_reported": entry.cost_usd,
                "prompt_tokens": entry.input_tokens,
                "completion_tokens": entry.output_tokens,
            },
        )


def _is_invented(record: CostSummary) -> bool:
    """Tell whether a breakdown was made up: several agents with the same round token counts."""
    counts = [(e.input_tokens, e.output_tokens) for e in record.breakdown or () if e.input_tokens]
    round_counts = [c for c in counts if c[0] % 1000 == 0 and (c[1] or 0) % 1000 == 0]
    return len(round_counts) > len(set(round_counts))


def _check(
    file: EvidenceFile, record: CostSummary, total: float | None, provenance: str | None
) -> None:
    calls = _first(record.call_count, record.total_calls)
    if total == 0 and calls:
        message = f"says $0.00 for {calls} calls"
        action = "kept as reported; not taken for a measurement"
        file.problem("/total_spent", "zero_cost", "error", message, action)
    for field in ("per_stage", "per_model", "stages", "per_agent"):
        parts = [usd for usd in (getattr(record, field) or {}).values() if usd is not None]
        _check_sum(file, f"/{field}", parts, total)
    usd = [cost.usd for cost in (record.per_stage_camel or {}).values() if cost.usd is not None]
    _check_sum(file, "/perStage", usd, total)
    _check_sum(
        file, "/breakdown", [e.cost_usd for e in record.breakdown or () if e.cost_usd], total
    )
    _check_utilization(file, record, total)
    _check_repeated(file, record)
    if provenance == "hand_written":
        message = "several agents have the very same round token counts: the breakdown is invented"
        file.problem("/breakdown", "hand_written", "warning", message, "not taken as measured")


def _check_sum(file: EvidenceFile, place: str, parts: list[float], total: float | None) -> None:
    if parts and total is not None and abs(sum(parts) - total) > CENT:
        message = f"the parts add up to ${sum(parts):,.4f}, the total says ${total:,.4f}"
        file.problem(place, "totals_differ", "warning", message, "both kept as reported")


def _check_repeated(file: EvidenceFile, record: CostSummary) -> None:
    """Find one count of tokens charged to every call: agents do not cost the very same."""
    amounts = Counter(usd for usd in (record.per_model or {}).values() if usd)
    for usd, agents in amounts.items():
        if agents >= SUSPICIOUS_REPETITIONS:
            message = f"{agents} agents cost ${usd:.6g} each, to the digit"
            action = "kept as reported; one call's tokens were charged to all"
            file.problem("/per_model", "repeated_amount", "warning", message, action)


def _check_utilization(file: EvidenceFile, record: CostSummary, total: float | None) -> None:
    budget = _first(record.budget, record.budget_usd)
    reported = _utilization(record)
    if (
        budget
        and total is not None
        and reported is not None
        and abs(total / budget - reported) > CENT
    ):
        message = (
            f"utilization says {reported:.2f}, but {total} of {budget} is {total / budget:.2f}"
        )
        file.problem("/utilization", "totals_differ", "warning", message, "recomputed")


def _sniff(content: Mapping[str, Any]) -> bool:
    return bool({"total_spent", "per_stage", "perStage"} & content.keys())


FORMAT = Format(
    name="cost-summary",
    title="Cost summary of a SPEC",
    endings=("_cost_summary.json",),
    patterns=(re.compile(r"(?P<spec>.+)_cost_summary\.json"),),
    read=read,
    sniff=_sniff,
    schemas={"cost-summary": CostSummary},
    rank=10,
)
