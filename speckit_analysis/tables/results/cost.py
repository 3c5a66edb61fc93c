"""What the analyses of cost return."""

from __future__ import annotations

from speckit_analysis.tables.declare import Column
from speckit_analysis.tables.results.frames import frames

_COLUMNS = (
    Column("without_cost", "integer", "calls without a cost", "calls"),
    Column("call_usd", "number", "mean over the calls with a cost", "USD", "per call"),
    Column("call_tokens", "number", "mean over the calls with tokens", "tokens", "tokens per call"),
    Column("with_latency", "integer", "calls with a latency", "calls"),
    Column("median_ms", "number", "of the calls' latency", "ms", "median latency"),
    Column("p95_ms", "number", "of the calls' latency", "ms", "95th percentile"),
    Column("wall_ms", "number", "median over runs of the longest call: side by side", "ms"),
    Column("sum_ms", "number", "median over runs of the sum: one after the other", "ms"),
    Column("both", "integer", "with a reported and a computed cost", "calls"),
    Column("only_computed", "integer", "with a computed cost alone", "calls"),
    Column("only_reported", "integer", "with a reported cost alone", "calls"),
    Column("neither", "integer", "without a cost", "calls"),
    Column("reported_as_zero", "integer", "with tokens that cost money, reported as 0", "calls"),
    Column("compared", "integer", "with both costs, the computed one above 0", "calls"),
    Column("computed_usd", "number", "sum of what tokens cost", "USD"),
    Column("reported_usd", "number", "sum of what was reported", "USD"),
    Column("total_ratio", "number", "reported over computed, of the sums", "ratio"),
    Column("geometric_mean_ratio", "number", "of the calls where both are above 0", "ratio"),
    Column("lowest_ratio", "number", "of a call", "ratio"),
    Column("highest_ratio", "number", "of a call", "ratio"),
    Column("total_usd", "number", "of all calls of the run", "USD"),
    Column("dearest_usd", "number", "of its most expensive call", "USD"),
    Column("cheapest_usd", "number", "of its cheapest call", "USD"),
    Column("over_dearest", "number", "total over the most expensive call", "ratio"),
    Column("over_cheapest", "number", "total over the cheapest call", "ratio"),
    Column("typical", "number", "geometric mean over SPECs, each by that of its runs"),
)

COST = frames(
    _COLUMNS,
    profile=(
        "calls by what they were grouped by",
        "calls without_cost cost_usd share call_usd tokens call_tokens with_latency"
        " median_ms p95_ms",
    ),
    run_latency=("runs whose every call counts and has a latency", "runs wall_ms sum_ms"),
    reported_against_computed=(
        "calls by what they were grouped by",
        "calls both only_computed only_reported neither reported_as_zero compared computed_usd"
        " reported_usd total_ratio geometric_mean_ratio lowest_ratio highest_ratio",
    ),
    premium_runs=(
        "a run of several calls, all with a cost",
        "run_id spec_id stage calls total_usd dearest_usd cheapest_usd over_dearest over_cheapest",
    ),
    typical_ratio=("runs by a column", "runs specs typical=ratio low=ratio high=ratio"),
    typical_usd=("runs by a column", "runs specs typical=USD low=USD high=USD"),
)
