"""What the analyses of cost return."""

from __future__ import annotations

from dataclasses import replace

from speckit_analysis.tables.declare import boolean, integer, number, text, timestamp
from speckit_analysis.tables.results.frames import frames
from speckit_analysis.tables.runs import CALLS

# Names are text here: of a category, an analysis leaves too few values to be worth it.
_NAMES = tuple(
    replace(CALLS[name], kind="text")
    for name in ("spec_id", "model_id", "provider", "source", "locator")
)

_COLUMNS = (
    *_NAMES,
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
    text("grade", "how far a cost can be trusted, best first"),
    number("recorded_usd", "as recorded", "USD"),
    boolean("constant", "all ratios, two at least, are the same"),
    text("explanation", "what explains the recorded cost of most calls"),
    integer("explained", "calls that it holds for", "calls"),
    text("signature", "mark of wrong accounting, such as zero_cost: docs/cost.md"),
    boolean("recorded_as_zero", "$0.00 stands over calls that were made"),
    number("calls_usd", "sum over the calls", "USD"),
    integer("calls_without_cost", "calls without a cost", "calls"),
    number("spent_usd", "by a cost summary or by calls, whichever is more", "USD"),
    number("value", "of the call, in the unit of the column that was looked at"),
    number("median", "of calls of its kind"),
    number("factor", "value over median", "ratio"),
    number("score", "robust standard deviations from the median, on logarithms"),
    integer("covered", "SPECs whose cost lies where those of the others predict it", "SPECs"),
    integer("checked", "SPECs that were left out and predicted from the others", "SPECs"),
    integer("scores", "scores of the SPEC", "scores"),
    number("quality", "mean score"),
    number("cost_per_point_usd", "cost over mean score", "USD"),
    text("complexity", "class of the SPEC; missing where there is none"),
    integer("stages", "usual stages that it went through at a known cost", "stages"),
    number("typical_usd", "geometric mean over SPECs", "USD"),
    number("low_usd", "lower end of the prediction interval of one new SPEC", "USD"),
    number("high_usd", "upper end of it", "USD"),
    text("routing", "who works on what, in words"),
    number("saving_share", "of what its SPECs cost as their calls were made", "share"),
    number("low_share", "lower end of the typical SPEC's saving", "share"),
    number("high_share", "upper end of it", "share"),
    number("month_usd", "median of what a month's SPECs will cost", "USD"),
    number("month_low_usd", "lower end of its prediction interval", "USD"),
    number("month_high_usd", "upper end of it", "USD"),
    timestamp("date", "day, or missing for all days", "UTC"),
    timestamp("month", "first day of the month", "UTC"),
    number("billed_usd", "as billed", "USD"),
    number("tracked_usd", "cost of the calls, as far as known", "USD"),
    number("difference_usd", "tracked less billed", "USD"),
    number("ratio", "tracked over billed", "ratio"),
    number("tokens_ratio", "tokens of calls over tokens of the bill", "ratio"),
    number("price_ratio", "ratio over that of the tokens", "ratio"),
    integer("billed_tokens", "as billed, where the bill counts them", "tokens"),
    integer("tracked_tokens", "input and output tokens of the calls", "tokens"),
    text("where", "who has the line: both, only billed or only tracked"),
    number("drift", "ratio over that of the first month, less 1", "share"),
    boolean("drifted", "the drift is one to look at"),
    boolean("within_tolerance", "tracked is near billed; missing where that is 0"),
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
    spec_costs=("a SPEC, with all its reruns", "spec_id complexity stages runs cost_usd"),
    next_spec=("a class of SPECs", "complexity specs typical_usd low_usd high_usd covered checked"),
    savings=(
        "a routing, the one as recorded first",
        "routing specs saving_share low_share high_share month_usd month_low_usd month_high_usd"
        " verdict",
    ),
    bill_lines=("a day, or a month, and model", f"date provider model_id {_BILLED} where"),
    bill_sums=("lines by a column", _BILLED),
    bill_months=("a month", f"month {_BILLED} drift drifted"),
    bill_validation=("a line, or all", f"date provider model_id {_BILLED} where within_tolerance"),
)
