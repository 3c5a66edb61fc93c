"""What the analyses of cost return."""

from __future__ import annotations

from dataclasses import replace

from speckit_analysis.tables.consensus import CALLS
from speckit_analysis.tables.declare import Column
from speckit_analysis.tables.results.frames import frames

# Names are text here: of a category, an analysis leaves too few values to be worth it.
_NAMES = tuple(
    replace(CALLS[name], kind="text")
    for name in ("spec_id", "model_id", "provider", "source", "locator")
)

_COLUMNS = (
    *_NAMES,
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
    Column("grade", "text", "how far a cost can be trusted, best first"),
    Column("recorded_usd", "number", "as recorded", "USD"),
    Column("constant", "boolean", "all ratios, two at least, are the same"),
    Column("explanation", "text", "what explains the recorded cost of most calls"),
    Column("explained", "integer", "calls that it holds for", "calls"),
    Column("signature", "text", "mark of wrong accounting, such as zero_cost: docs/cost.md"),
    Column("recorded_as_zero", "boolean", "$0.00 stands over calls that were made"),
    Column("calls_usd", "number", "sum over the calls", "USD"),
    Column("calls_without_cost", "integer", "calls without a cost", "calls"),
    Column("spent_usd", "number", "by a cost summary or by calls, whichever is more", "USD"),
    Column("value", "number", "of the call, in the unit of the column that was looked at"),
    Column("median", "number", "of calls of its kind"),
    Column("factor", "number", "value over median", "ratio"),
    Column("score", "number", "robust standard deviations from the median, on logarithms"),
    Column("scores", "integer", "scores of the SPEC", "scores"),
    Column("quality", "number", "mean score"),
    Column("cost_per_point_usd", "number", "cost over mean score", "USD"),
    Column("complexity", "text", "class of the SPEC; missing where there is none"),
    Column("stages", "integer", "usual stages that it went through at a known cost", "stages"),
    Column("typical_usd", "number", "geometric mean over SPECs", "USD"),
    Column("low_usd", "number", "lower end of the prediction interval of one new SPEC", "USD"),
    Column("high_usd", "number", "upper end of it", "USD"),
    Column("routing", "text", "who works on what, in words"),
    Column("saving_share", "number", "of what its SPECs cost as their calls were made", "share"),
    Column("low_share", "number", "lower end of the typical SPEC's saving", "share"),
    Column("high_share", "number", "upper end of it", "share"),
    Column("month_usd", "number", "median of what a month's SPECs will cost", "USD"),
    Column("month_low_usd", "number", "lower end of its prediction interval", "USD"),
    Column("month_high_usd", "number", "upper end of it", "USD"),
    Column("date", "timestamp", "day, or missing for all days", "UTC"),
    Column("month", "timestamp", "first day of the month", "UTC"),
    Column("billed_usd", "number", "as billed", "USD"),
    Column("tracked_usd", "number", "cost of the calls, as far as known", "USD"),
    Column("difference_usd", "number", "tracked less billed", "USD"),
    Column("ratio", "number", "tracked over billed", "ratio"),
    Column("tokens_ratio", "number", "tokens of calls over tokens of the bill", "ratio"),
    Column("price_ratio", "number", "ratio over that of the tokens", "ratio"),
    Column("billed_tokens", "integer", "as billed, where the bill counts them", "tokens"),
    Column("tracked_tokens", "integer", "input and output tokens of the calls", "tokens"),
    Column("where", "text", "who has the line: both, only billed or only tracked"),
    Column("drift", "number", "ratio over that of the first month, less 1", "share"),
    Column("drifted", "boolean", "the drift is one to look at"),
    Column("within_tolerance", "boolean", "tracked is near billed; missing where that is 0"),
)

_BILLED = (
    "billed_usd tracked_usd difference_usd ratio tokens_ratio price_ratio billed_tokens"
    " tracked_tokens calls calls_without_cost"
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
    trust=("a grade, also where no call has it", "grade calls cost_usd share"),
    factors=(
        "calls with both costs, by what they were grouped by",
        "calls recorded_usd computed_usd total_ratio lowest_ratio highest_ratio constant"
        " explanation explained",
    ),
    signatures=(
        "a mark, at the first place that bears it",
        "signature spec_id model_id rows recorded_usd computed_usd message source locator",
    ),
    budgets=(
        "a SPEC",
        "spec_id budget_usd recorded_usd recorded_as_zero calls_usd calls_without_cost spent_usd"
        " utilization=share verdict",
    ),
    use_over_time=(
        "a SPEC at a moment",
        "spec_id timestamp spent_usd budget_usd utilization=share",
    ),
    taken_by=("calls of a SPEC by a column", "spent_usd utilization=share"),
    outliers=(
        "a call, the farthest first",
        "run_id spec_id stage agent model_id timestamp source locator value median factor score n"
        " message",
    ),
    cost_per_point=("a SPEC", "spec_id runs scores cost_usd quality cost_per_point_usd"),
    spec_costs=("one passage of a SPEC through its stages", "spec_id complexity stages cost_usd"),
    next_spec=("a class of SPECs", "complexity specs typical_usd low_usd high_usd"),
    savings=(
        "a routing, the one as recorded first",
        "routing specs saving_share low_share high_share month_usd month_low_usd month_high_usd"
        " verdict",
    ),
    bill_lines=("a day and model", f"date provider model_id {_BILLED} where"),
    bill_sums=("lines by a column", _BILLED),
    bill_months=("a month", f"month {_BILLED} drift drifted"),
    bill_validation=("a line, or all", f"date provider model_id {_BILLED} where within_tolerance"),
)
