"""What questions asked on the command line return."""

from __future__ import annotations

from speckit_analysis.tables.declare import Column
from speckit_analysis.tables.results.frames import frames

_COLUMNS = (
    Column("missing", "integer", "rows without the figure", "rows"),
    Column("sum", "number", "of the figure, in its unit; missing at n = 0, as the next four"),
    Column("mean", "number", "of the figure"),
    Column("median", "number", "of the figure"),
    Column("p95", "number", "95 % quantile of the figure, interpolated linearly"),
    Column("max", "number", "of the figure"),
    Column("hits", "integer", "rows that are hit", "rows"),
    Column("estimand", "text", "what is compared"),
    Column("a", "text", "name of A"),
    Column("b", "text", "name of B"),
    Column("value_a", "number", "geometric mean of A, or mean score"),
    Column("value_b", "number", "that of B"),
    Column("ratio", "number", "A over B", "ratio"),
    Column("ratio_low", "number", "lower end of its interval", "ratio"),
    Column("ratio_high", "number", "upper end of it", "ratio"),
    Column("difference", "number", "A less B, in the unit of the metric"),
    Column("difference_low", "number", "lower end of its interval"),
    Column("difference_high", "number", "upper end of it"),
    Column("n_a", "integer", "independent units of A"),
    Column("n_b", "integer", "independent units of B"),
    Column("unit", "text", "what a unit is: stage or SPEC"),
    Column("method", "text", "how the intervals were made"),
    Column("refusal", "text", "why there is no interval; missing where there is one"),
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
