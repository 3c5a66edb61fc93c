"""Blind reviews: sealed packets, a scorecard, cards that are evidence."""

from speckit_analysis.review.packets import Output, Review, create_review
from speckit_analysis.review.seal import key_path
from speckit_analysis.review.unblinding import unblind

__all__ = ["Output", "Review", "create_review", "key_path", "unblind"]
