"""What the analyses of a blind review return."""

from __future__ import annotations

from speckit_analysis.tables.declare import Column
from speckit_analysis.tables.results.frames import frames

_COLUMNS = (
    Column("criterion", "text", "what was scored"),
    Column("variant", "text", "variant that was read; all of them together as all"),
    Column("outputs", "integer", "outputs that count", "outputs"),
    Column("alpha", "number", "Krippendorff's, of points whose distance counts"),
    Column("alpha_ordinal", "number", "Krippendorff's, of ranks", heading="ordinal alpha"),
    Column("icc_single", "number", "reliability of one reviewer's score", heading="ICC (2,1)"),
    Column("icc_single_low", "number", "its interval", heading="low"),
    Column("icc_single_high", "number", "its interval", heading="high"),
    Column("icc_mean", "number", "reliability of the mean of reviewers", heading="ICC (2,k)"),
    Column("icc_mean_low", "number", "its interval", heading="low"),
    Column("icc_mean_high", "number", "its interval", heading="high"),
    Column("reviewer", "text", "who scored"),
    Column("scores", "integer", "scores given twice", "scores"),
    Column("same", "integer", "of these within half a point", "scores"),
    Column("mean_gap", "number", "how far they lie apart", "0–10"),
    Column("first", "text", "a variant"),
    Column("second", "text", "another variant"),
    Column("units", "integer", "SPECs that the same reviewers scored in both", "SPECs"),
    Column("alike", "integer", "of these within the tolerance", "SPECs"),
    Column("needed", "integer", "units to claim the rate with as many exceptions", "SPECs"),
    Column("cards", "integer", "cards filled in", "cards"),
    Column("severity", "number", "points given above the average reviewer", "0–10"),
    Column("spread", "number", "standard deviation of the reviewer's scores", "0–10"),
    Column("minutes", "number", "median time for a packet", "min"),
    Column("guesses", "integer", "cards with a guess, or without one though asked", "cards"),
    Column("right", "integer", "guesses of the variant that it is", "cards"),
    Column("wrong", "integer", "guesses of another variant", "cards"),
    Column("unknown", "integer", "cards without a guess", "cards"),
    Column("bang", "number", "Bang's index: 0 if guessed blindly, 1 if known"),
    Column("unblinded", "boolean", "recognised more often than chance explains"),
    Column("power", "number", "probability that so few outputs would have shown it", "share"),
)

REVIEW = frames(
    _COLUMNS,
    reliability=(
        "a criterion, over all outputs or within a variant",
        "criterion variant outputs reviewers alpha alpha_ordinal icc_single icc_single_low"
        " icc_single_high icc_mean icc_mean_low icc_mean_high",
    ),
    self_consistency=("a reviewer with packets read twice", "reviewer scores same mean_gap"),
    within_tolerance=(
        "two variants",
        "first second units alike share low=share high=share needed",
    ),
    reviewers=("a reviewer", "reviewer cards severity spread minutes"),
    guesses=(
        "a variant",
        "variant guesses outputs right wrong unknown bang low high p_value unblinded power",
    ),
)
