"""What the analyses of public studies return."""

from __future__ import annotations

from speckit_analysis.tables.declare import boolean, integer, number, text
from speckit_analysis.tables.results.frames import frames

_RUNS = (
    text("run", "its folder, the only key"),
    text("name", "what it is called", heading="run"),
    text("model", "model alone, or architect"),
    text("editor_model", "editor; missing for a run of one model"),
    integer("passes", "cases passed", "cases"),
    integer("cases", "cases of the benchmark", "cases"),
    number("cost_usd", "of all cases, where it is known", "USD"),
    number("rate", "cases passed over cases", "share", "passed"),
    number("cost_per_pass_usd", "all that was spent over the passes", "USD"),
    number("cost_per_pass_low_usd", "lower end, by that of the rate", "USD", "low"),
    number("cost_per_pass_high_usd", "upper end; infinite without a pass", "USD", "high"),
    boolean("on_front", "none is as cheap and passed more, or cheaper and as many"),
    number("chance_on_front", "how probable that is of the true rates", "share"),
    text("pair", "name of the pair"),
    text("single", "name of the single model's run"),
    integer("pair_passes", "cases that the pair passed", "cases"),
    integer("single_passes", "cases that the single model passed", "cases"),
    number("pair_rate", "share of cases that the pair passed", "share"),
    number("single_rate", "share of cases that the single model passed", "share"),
    number("gain", "rate of the pair less that of the single model", "points"),
    text("verdict", "whether the pair passes more or fewer, as far as can be told"),
    number("pair_cost_usd", "cost of the pair's run", "USD"),
    number("single_cost_usd", "cost of the single model's run", "USD"),
    number("cost_ratio", "cost of the pair over the other", "ratio", "times the cost"),
    number("pair_cost_per_pass_usd", "cost of the pair's run over its passes", "USD"),
    number("single_cost_per_pass_usd", "that of the single model", "USD"),
)

_OTHERS = (
    integer("k", "tries that must all pass"),
    integer("tasks", "tasks that were tried as often as most", "tasks"),
    integer("left_out", "tasks tried less often", "tasks", "tasks left out"),
    number("rate", "chance that k tries of a task all pass", "share", "pass^k"),
    text("run", "its folder, the only key"),
    text("name", "what it is called now"),
    text("figure", "what was restated: cost, passes, cases or name"),
    text("before", "as it was stated; missing where it was not"),
    text("after", "as it is stated now"),
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
