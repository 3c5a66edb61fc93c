"""What the experiments and the decision over them return."""

from __future__ import annotations

from speckit_analysis.tables.declare import boolean, integer, number, text
from speckit_analysis.tables.results.frames import frames

_COLUMNS = (
    text("subject", "the simpler way that is to be decided on", heading="decision"),
    text("rule", "that gave the verdict", heading="because"),
    text("numbers", "what the verdict rests on, with intervals and n"),
    text("margin", "what was fixed beforehand"),
    text("change", "what would change it", heading="what would change it"),
    text("what", "what is estimated"),
    number("value", "the estimate"),
    number("level", "of the interval", "share"),
    text("method", "how the interval was made, or why there is none"),
    text("criterion", "what was scored"),
    number("difference", "candidate less baseline"),
    number("holm_p", "that they differ on any criterion: Holm", "p", "p, corrected"),
    number("kept_p", "that the candidate is inferior by the margin, one-sided", "p"),
    boolean("kept", "the candidate is not inferior by the margin: Holm", "", "not inferior"),
    text("variant", "what was tried"),
    integer("scored", "SPECs and stages with a score", "SPECs"),
    integer("priced", "SPECs and stages, or outcomes, whose cost is known"),
    number("points", "quality: a mean, or what is gained", "0–10"),
    number("cost_usd", "mean of an output, or of asking the arbiter", "USD"),
    number("latency_ms", "mean of asking the arbiter", "ms"),
    number("seconds", "mean time that making an output took", "s"),
    text("status", "frontier, dominated, extendedly dominated, or what is unknown"),
    number("worth_usd", "of a point of quality", "USD"),
    number("probability", "that the dearer variant pays", "share"),
    text("fixed", "what the plan fixes"),
    text("planned", "how the plan fixes it"),
    text("found", "how the evidence has it"),
    text("state", "of what was planned, or of a target"),
    text("question", "what is answered"),
    text("evidence", "rows that the answer uses, and what is left out"),
    text("metric", "what is to be reached"),
    text("target", "how far"),
    text("unit", "what is counted; of research, the SPEC, or the SPEC and stage"),
    text("basis", "how it was measured, or why it was not"),
    text("complexity", "class of SPECs; all of them first"),
    number("baseline_usd", "typical SPEC through all its stages, as it is", "USD"),
    number("candidate_usd", "the same at the ratio of costs that was found", "USD"),
    number("candidate_low_usd", "at the lower end of that ratio", "USD"),
    number("candidate_high_usd", "at the upper end of that ratio", "USD"),
    text("stage", "that the arbiter was asked at"),
    integer("cases", "outcomes that the arbiter was asked about", "outcomes"),
    integer("overrides", "outcomes that it changed", "outcomes"),
    integer("unassessed", "overrides that nobody assessed", "outcomes"),
    integer("improvement", "overrides for the better", "outcomes", "better"),
    integer("neutral", "overrides neither way", "outcomes", "neither"),
    integer("degradation", "overrides for the worse", "outcomes", "worse"),
    number("override_rate", "share of the cases", "share", "rate"),
    number("rate_low", "Clopper and Pearson, by SPEC", "share", "low"),
    number("rate_high", "Clopper and Pearson, by SPEC", "share", "high"),
    number("net", "improved less degraded, of outcomes whose worth is known"),
    number("net_low", "at 95 %, SPECs as clusters"),
    number("net_high", "at 95 %, SPECs as clusters"),
    number("sign_p", "of overrides, exact", "p", "p of the sign test"),
    number("keep_p", "of a net worth of 0 or less: Holm over stages", "p"),
    number("drop_p", "of the least benefit or more: Holm over stages", "p"),
    integer("more_specs", "to settle it, if the net worth is as found; 0 where settled"),
    text("error", "valid outputs stopped, or invalid outputs passed"),
    integer("outputs", "outputs judged", "outputs"),
    integer("errors", "outputs that it errs on", "outputs"),
    text("candidate", "the simpler variant"),
    text("burden", "what a guardrail takes, and its unit"),
    text("agent", "that was called"),
    integer("findings", "things found", "findings"),
    integer("relevant", "relevant ones; missing where one was not rated", "findings"),
    integer("sources", "sources cited", "sources"),
    integer("both", "findings of both variants", "findings"),
    integer("only_baseline", "findings, or errors, of the baseline alone", "findings"),
    integer("only_candidate", "findings, or errors, of the candidate alone", "findings"),
    number("jaccard", "share of all findings that both have"),
    number("mcnemar_p", "exact, outputs as independent", "p", "McNemar's p"),
    integer("median_tokens", "of the prompts", "tokens"),
    integer("largest_tokens", "of the prompts", "tokens"),
    integer("window_tokens", "size of a context window", "tokens", "window"),
    integer("above", "prompts that do not fit", "calls"),
)

_CHECKED = (
    text("candidate", "the simpler variant"),
    text("baseline", "the variant in use"),
    text("variant", "what was tried"),
    integer("units", "units tried with both variants, or cases of a total", "units"),
    integer("passed_both", "units passed with both", "units", "passed by both"),
    integer("only_candidate", "units passed with the simpler variant alone", "units"),
    integer("only_baseline", "units passed with the variant in use alone", "units"),
    integer("neither", "units passed with neither", "units"),
    number("exact_p", "of no difference: McNemar's exact test", "p"),
    number("smallest_p", "that so many units that differ can give", "p", "smallest p"),
    number("mean", "share passed, or mean outcome"),
    number("cost_usd", "of all tries whose cost is known", "USD", "cost in total"),
    number(
        "consulting_usd", "of which for models beside the main one", "USD", "of which consulting"
    ),
    number("latency_ms", "of all tries", "ms", "time in total"),
    integer("differ", "units whose result differs from the first", "units"),
    integer("priced", "tries whose cost is known", "tries"),
    integer("tries", "tries with an outcome", "tries"),
    integer("k", "tries that must all pass"),
    integer("tasks", "units that were tried as often as most", "units", "units"),
    integer("left_out", "units tried less often", "units", "units left out"),
    number("rate", "chance that k tries of a unit all pass", "share", "pass^k"),
)

EXPERIMENT = frames(
    _CHECKED,
    outcome_pairs=(
        "a comparison of two variants",
        "candidate baseline units passed_both only_candidate only_baseline neither exact_p"
        " smallest_p",
    ),
    outcome_rates=(
        "a variant",
        "variant units mean=share low=share high=share cost_usd consulting_usd latency_ms priced"
        " tries",
    ),
    outcome_reruns=("a variant tried again on the same units", "variant units differ"),
    pass_hat=(
        "a variant and a number of tries",
        "variant k tasks left_out rate low=share high=share",
    ),
) | frames(
    _COLUMNS,
    recommendations=("a decision", "subject verdict rule numbers margin change"),
    variant_estimates=("an estimate", "what value low high n level method"),
    by_criterion=("a criterion", "criterion difference low high specs holm_p kept_p kept"),
    variants_tried=("a variant", "variant specs scored priced points cost_usd seconds status"),
    acceptability=("a worth", "worth_usd probability"),
    cloud=("a mean over SPECs drawn anew", "points cost_usd"),
    deviations=("what a plan fixes", "fixed planned found state"),
    rests_on=("a question", "question evidence"),
    success=("a target", "metric target value=share low=share high=share n unit state basis"),
    candidate_costs=(
        "a class of SPECs",
        "complexity specs baseline_usd candidate_usd candidate_low_usd candidate_high_usd",
    ),
    arbiter_overrides=(
        "a stage",
        "stage cases specs overrides override_rate rate_low rate_high improvement neutral"
        " degradation unassessed sign_p",
    ),
    arbiter_stages=(
        "a stage",
        "stage cases specs overrides unassessed improvement neutral degradation errors_caught"
        " false_positives priced more_specs override_rate rate_low rate_high net net_low net_high"
        " sign_p keep_p drop_p cost_usd latency_ms verdict rule",
    ),
    guardrail_errors=(
        "an error of a variant",
        "variant error outputs errors specs rate low=share high=share",
    ),
    guardrail_pairs=(
        "an error of a candidate",
        "candidate error difference=points:points_more low=points high=points"
        " only_candidate=outputs:only_it_errs only_baseline=outputs:only_the_other_errs outputs"
        " mcnemar_p",
    ),
    guardrail_burdens=("a burden", "candidate burden difference low high specs"),
    missed=("an invalid output that passed", "output spec_id stage"),
    research_outputs=("an output", "unit variant spec_id findings relevant sources tool_calls"),
    research_counts=("what is counted", "what value low high n p_value"),
    overlap=("a SPEC", "unit both only_baseline only_candidate jaccard"),
    context_use=(
        "an agent and a window",
        "agent calls specs median_tokens largest_tokens window_tokens above share=share:above_it"
        " low=share:at_least high=share:at_most",
    ),
)
