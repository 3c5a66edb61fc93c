"""Blind scores, and how far to trust them: the report ``blind_review``."""

from speckit_analysis.analysis.review.scores import (
    consistency_sentence,
    differences,
    headline,
    per_reviewer,
    reliability,
    reliability_sentence,
    scores_of,
    self_consistency,
    usable,
    within_tolerance,
)
