"""What the analyses of a blind review return."""

from __future__ import annotations

from speckit_analysis.tables.declare import integer, number, text
from speckit_analysis.tables.results.frames import frames

_COLUMNS = (
    text("criterion", "what was scored"),
    text("variant", "variant that was read; all of them together as all"),
    integer("outputs", "outputs that count", "outputs"),
    number("alpha", "Krippendorff's, of points whose distance counts"),
    number("alpha_ordinal", "Krippendorff's, of ranks", heading="ordinal alpha"),
    number("icc_single", "reliability of one reviewer's score", heading="ICC (2,1)"),
    number("icc_single_low", "its interval", heading="low"),
    number("icc_single_high", "its interval", heading="high"),
    number("icc_mean", "reliability of the mean of reviewers", heading="ICC (2,k)"),
    number("icc_mean_low", "its interval", heading="low"),
    number("icc_mean_high", "its interval", heading="high"),
    text("reviewer", "who scored"),
    integer("scores", "scores given twice", "scores"),
    integer("same", "of these within half a point", "scores"),
    number("mean_gap", "how far they lie apart", "0–10"),
    text("first", "a variant"),
    text("second", "another variant"),
    integer("units", "SPECs that the same reviewers scored in both", "SPECs"),
    integer("alike", "of these within the tolerance", "SPECs"),
    integer("needed", "units to claim the rate with as many exceptions", "SPECs"),
    integer("cards", "cards filled in", "cards"),
    number("severity", "points given above the average reviewer", "0–10"),
    number("spread", "standard deviation of the reviewer's scores", "0–10"),
    number("minutes", "median time for a packet", "min"),
    integer("guesses", "cards with a guess, or without one though asked", "cards"),
    integer("right", "guesses of the variant that it is", "cards"),
    integer("wrong", "guesses of another variant", "cards"),
    integer("unknown", "cards without a guess", "cards"),
    number("index", "blinding index: 0 as by chance, 1 if always right"),
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
        "a variant, or all of them together",
        "variant guesses outputs right wrong unknown index low high p_value",
    ),
)
