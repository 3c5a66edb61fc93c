"""What questions asked on the command line return."""

from __future__ import annotations

from speckit_analysis.tables.declare import integer, number, text
from speckit_analysis.tables.results.frames import frames

_COLUMNS = (
    integer("missing", "rows without the figure", "rows"),
    number("sum", "of the figure, in its unit; missing at n = 0, as the next four"),
    number("mean", "of the figure"),
    number("median", "of the figure"),
    number("p95", "95 % quantile of the figure, interpolated linearly"),
    number("max", "of the figure"),
    integer("hits", "rows that are hit", "rows"),
    text("estimand", "what is compared"),
    text("a", "name of A"),
    text("b", "name of B"),
    number("value_a", "geometric mean of A, or mean score"),
    number("value_b", "that of B"),
    number("ratio", "A over B", "ratio"),
    number("ratio_low", "lower end of its interval", "ratio"),
    number("ratio_high", "upper end of it", "ratio"),
    number("difference", "A less B, in the unit of the metric"),
    number("difference_low", "lower end of its interval"),
    number("difference_high", "upper end of it"),
    integer("n_a", "independent units of A"),
    integer("n_b", "independent units of B"),
    text("unit", "what a unit is: stage or SPEC"),
    text("method", "how the intervals were made"),
    text("refusal", "why there is no interval; missing where there is one"),
)

ASK = frames(
    _COLUMNS,
    summary=(
        "rows by what they were grouped by, those without it last",
        "n missing sum mean median p95 max share",
    ),
    hit_rates=(
        "rows by what they were grouped by",
        "n missing specs hits rate low=share high=share",
    ),
    comparison=(
        "a way to compare A and B",
        "estimand a b value_a value_b ratio ratio_low ratio_high difference difference_low"
        " difference_high n_a n_b unit verdict method refusal",
    ),
)
