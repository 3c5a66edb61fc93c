"""What the analyses of cost return."""

from __future__ import annotations

from speckit_analysis.tables.declare import integer, number
from speckit_analysis.tables.results.frames import frames

_COLUMNS = (
    integer("without_cost", "calls without a cost", "calls"),
    number("call_usd", "mean over the calls with a cost", "USD", "per call"),
    number("call_tokens", "mean over the calls with tokens", "tokens", "tokens per call"),
    integer("with_latency", "calls with a latency", "calls"),
    number("median_ms", "of the calls' latency", "ms", "median latency"),
    number("p95_ms", "of the calls' latency", "ms", "95th percentile"),
    number("wall_ms", "median over runs of the longest call: side by side", "ms"),
    number("sum_ms", "median over runs of the sum: one after the other", "ms"),
    integer("both", "with a reported and a computed cost", "calls"),
    integer("only_computed", "with a computed cost alone", "calls"),
    integer("only_reported", "with a reported cost alone", "calls"),
    integer("neither", "without a cost", "calls"),
    integer("reported_as_zero", "with tokens that cost money, reported as 0", "calls"),
    integer("compared", "with both costs, the computed one above 0", "calls"),
    number("computed_usd", "sum of what tokens cost", "USD"),
    number("reported_usd", "sum of what was reported", "USD"),
    number("total_ratio", "reported over computed, of the sums", "ratio"),
    number("geometric_mean_ratio", "of the calls where both are above 0", "ratio"),
    number("lowest_ratio", "of a call", "ratio"),
    number("highest_ratio", "of a call", "ratio"),
    number("total_usd", "of all calls of the run", "USD"),
    number("dearest_usd", "of its most expensive call", "USD"),
    number("cheapest_usd", "of its cheapest call", "USD"),
    number("over_dearest", "total over the most expensive call", "ratio"),
    number("over_cheapest", "total over the cheapest call", "ratio"),
    number("typical", "geometric mean over SPECs, each by that of its runs"),
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
