"""What the analyses of public studies return."""

from __future__ import annotations

from speckit_analysis.tables.declare import Column
from speckit_analysis.tables.results.frames import frames

_RUNS = (
    Column("run", "text", "its folder, the only key"),
    Column("name", "text", "what it is called", heading="run"),
    Column("model", "text", "model alone, or architect"),
    Column("editor_model", "text", "editor; missing for a run of one model"),
    Column("passes", "integer", "cases passed", "cases"),
    Column("cases", "integer", "cases of the benchmark", "cases"),
    Column("cost_usd", "number", "of all cases, where it is known", "USD"),
    Column("rate", "number", "cases passed over cases", "share", "passed"),
    Column("cost_per_pass_usd", "number", "all that was spent over the passes", "USD"),
    Column("cost_per_pass_low_usd", "number", "lower end, by that of the rate", "USD", "low"),
    Column("cost_per_pass_high_usd", "number", "upper end; infinite without a pass", "USD", "high"),
    Column("on_front", "boolean", "none is as cheap and passed more, or cheaper and as many"),
    Column("chance_on_front", "number", "how probable that is of the true rates", "share"),
    Column("pair", "text", "name of the pair"),
    Column("single", "text", "name of the single model's run"),
    Column("pair_passes", "integer", "cases that the pair passed", "cases"),
    Column("single_passes", "integer", "cases that the single model passed", "cases"),
    Column("pair_rate", "number", "share of cases that the pair passed", "share"),
    Column("single_rate", "number", "share of cases that the single model passed", "share"),
    Column("gain", "number", "rate of the pair less that of the single model", "points"),
    Column("verdict", "text", "whether the pair passes more or fewer, as far as can be told"),
    Column("pair_cost_usd", "number", "cost of the pair's run", "USD"),
    Column("single_cost_usd", "number", "cost of the single model's run", "USD"),
    Column("cost_ratio", "number", "cost of the pair over the other", "ratio", "times the cost"),
    Column("pair_cost_per_pass_usd", "number", "cost of the pair's run over its passes", "USD"),
    Column("single_cost_per_pass_usd", "number", "that of the single model", "USD"),
)

_OTHERS = (
    Column("k", "integer", "tries that must all pass"),
    Column("tasks", "integer", "tasks that were tried as often as most", "tasks"),
    Column("left_out", "integer", "tasks tried less often", "tasks", "tasks left out"),
    Column("rate", "number", "chance that k tries of a task all pass", "share", "pass^k"),
    Column("run", "text", "its folder, the only key"),
    Column("name", "text", "what it is called now"),
    Column("figure", "text", "what was restated: cost, passes, cases or name"),
    Column("before", "text", "as it was stated; missing where it was not"),
    Column("after", "text", "as it is stated now"),
)

STUDIES = frames(
    _RUNS,
    cost_front=(
        "a run whose cost is known, the cheapest first",
        "run name model editor_model passes cases cost_usd rate low=share high=share"
        " cost_per_pass_usd cost_per_pass_low_usd cost_per_pass_high_usd on_front chance_on_front",
    ),
    gains=(
        "a pair and a single model, the largest gain first",
        "pair single cases pair_passes single_passes pair_rate single_rate gain low=points"
        " high=points verdict pair_cost_usd single_cost_usd cost_ratio pair_cost_per_pass_usd"
        " single_cost_per_pass_usd",
    ),
) | frames(
    _OTHERS,
    pass_hat=("a number of tries", "k tasks left_out rate low=share high=share"),
    restated=("a figure of a run that differs", "run name figure before after"),
)
