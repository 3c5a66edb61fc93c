"""What windows to come may bring, judged by the ratios of those that are closed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.paired import ROUNDING, exponential, paired_t

#: Fewer windows than this, and nothing is said of those to come.
LEAST_WINDOWS = 3


@dataclass(frozen=True)
class Outlook:
    """What windows to come may bring, if they are like those that are closed.

    Attributes
    ----------
    unit : str
        What a window is: ``month``, ``week`` or ``day``.
    n : int
        Windows with spending on both sides.
    ratio : Estimate or None
        Typical tracked / billed, with its interval.
    low, high : float
        Prediction interval of the next window's ratio.
    p_value : float
        Of the hypothesis that the typical ratio is off by the tolerance or more.
    confidence : float
        Level of the intervals.
    refusal : str
        Why there is none of it; empty where there is.
    """

    unit: str
    n: int
    ratio: Estimate | None = None
    low: float = float("nan")
    high: float = float("nan")
    p_value: float = float("nan")
    confidence: float = 0.95
    refusal: str = ""

    @property
    def sentence(self) -> str:
        """The outlook in words."""
        if self.ratio is None:
            return f"Of {wording.plural(self.unit)} to come nothing can be said: {self.refusal}."
        level = wording.exact_percent(self.confidence)
        low, high = (wording.ratio(end) for end in (self.ratio.low, self.ratio.high))
        return (
            f"Typical tracked over billed {wording.ratio(self.ratio.value)} ({level} interval"
            f" {low} to {high}, {wording.count(self.n, self.unit)}, t on logarithms;"
            f" {wording.p_value(self.p_value)} against its being off by the tolerance); the next"
            f" {self.unit} may lie between {wording.ratio(self.low)} and"
            f" {wording.ratio(self.high)}."
        )


def outlook(
    ratios: np.ndarray, unit: str, tolerance: float = 0.15, confidence: float = 0.95
) -> Outlook:
    """Judge windows to come by the ratios of those that are closed.

    Parameters
    ----------
    ratios : ndarray of float
        Tracked over billed, above 0, one per window.
    unit : str
        What a window is.
    tolerance : float
        Share by which the typical ratio may be off.
    confidence : float
        Level of the intervals.

    Notes
    -----
    Logarithms are taken as independent and normal.  The typical ratio has Student's interval, and
    two one-sided tests against 1 - tolerance and 1 + tolerance (Schuirmann 1987), of which the
    larger p-value counts; the next window has the interval with the factor sqrt(1 + 1 / n).
    """
    logs, n = np.log(ratios), len(ratios)
    if n < LEAST_WINDOWS:
        why = f"{wording.count(n, unit)} with spending on both sides, and it takes {LEAST_WINDOWS}"
        return Outlook(unit, n, confidence=confidence, refusal=why)
    centre, spread = float(logs.mean()), float(logs.std(ddof=1))
    if spread <= ROUNDING:
        why = "every ratio is the same, which tells no spread"
        return Outlook(unit, n, confidence=confidence, refusal=why)
    error = spread / np.sqrt(n)
    # A ratio is above 0, and so never too low by a tolerance of all of it.
    least = np.log(1 - tolerance) if tolerance < 1 else -np.inf
    too_low = special.stdtr(n - 1, (least - centre) / error)
    too_high = special.stdtr(n - 1, (centre - np.log(1 + tolerance)) / error)
    tail = (1 - confidence) / 2
    reach = float(-special.stdtrit(n - 1, tail) * spread * np.sqrt(1 + 1 / n))
    return Outlook(
        unit,
        n,
        exponential(paired_t(logs, confidence)),
        float(np.exp(centre - reach)),
        float(np.exp(centre + reach)),
        float(max(too_low, too_high)),
        confidence,
    )
