"""Differences and ratios of means with their intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from speckit_analysis.stats import paired


@dataclass(frozen=True)
class Effect:
    """A difference or a ratio with its interval.

    Attributes
    ----------
    estimate, low, high : float
        NaN where it cannot be told.
    """

    estimate: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")


def paired_t(gaps: np.ndarray, confidence: float = 0.95) -> Effect:
    """Return the mean of paired differences with Student's interval.

    Parameters
    ----------
    gaps : ndarray of float, shape (n,)
        One difference per independent unit, two at least and not all equal.
    confidence : float
        Two-sided level.

    Examples
    --------
    >>> paired_t(np.array([1.0, 2.0, 4.0, 5.0]), 0.5).estimate
    3.0
    """
    found = paired.paired_t(gaps, confidence)
    return Effect(found.value, found.low, found.high)


def exponential(effect: Effect) -> Effect:
    """Return a difference of logarithms as a ratio."""
    return Effect(*(float(np.exp(value)) for value in (effect.estimate, effect.low, effect.high)))
