"""What a comparison found: an estimand or two, their verdict, and the words for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.stats.estimate import Estimate

_NOUNS = {"cost": "costs", "latency": "takes", "tokens": "uses", "quality": "scores"}
_SHOWN: dict[str, Callable[[object], str]] = {
    "cost": wording.usd,
    "latency": wording.seconds,
    "tokens": lambda tokens: wording.count(tokens, "token"),
    "quality": lambda score: f"{float(score):.2f}",  # type: ignore[arg-type]
}


@dataclass(frozen=True)
class Estimand:
    """One way to compare A and B.

    Attributes
    ----------
    name : str
        What is compared: ``cost of a run``, ``latency of a run, longest call`` …
    value_a, value_b : float
        Geometric means over the units, or means of scores.
    ratio, difference : Estimate
        A over B, and A less B in the metric's unit.
    n_a, n_b : int
        Units of each; the same number where they are paired.
    method : str
        How the intervals were made, and what they assume.
    refusal : str
        Why there is no interval; empty where there is one.
    """

    name: str
    value_a: float
    value_b: float
    ratio: Estimate
    difference: Estimate
    n_a: int
    n_b: int
    method: str
    refusal: str = ""

    @property
    def verdict(self) -> str:
        """``higher``, ``lower``, ``inconclusive`` or ``not estimable``: A against B."""
        if self.refusal:
            return "not estimable"
        told = self.difference if np.isnan(self.ratio.low) else self.ratio
        equal = 0.0 if told is self.difference else 1.0
        if told.low > equal:
            return "higher"
        return "lower" if told.high < equal else "inconclusive"


@dataclass(frozen=True)
class Comparison:
    """What can be said of A against B.

    Attributes
    ----------
    metric : str
        Of :data:`speckit_analysis.analysis.ask.comparison.METRICS`.
    first, second : str
        A and B.
    unit : str
        What is taken as independent: ``stage`` or ``SPEC``.
    estimands : tuple of Estimand
        One, or two for the latency of runs.
    confidence : float
        Level of the intervals.
    left_out : str
        What could not be used, in words.
    """

    metric: str
    first: str
    second: str
    unit: str
    estimands: tuple[Estimand, ...]
    confidence: float
    left_out: str = ""

    @property
    def verdict(self) -> str:
        """The verdict of all estimands; inconclusive where they differ."""
        verdicts = {estimand.verdict for estimand in self.estimands}
        return verdicts.pop() if len(verdicts) == 1 else "inconclusive"

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        told = " ".join(self._told(estimand) for estimand in self.estimands)
        differ = len({estimand.verdict for estimand in self.estimands}) > 1
        apart = " The two disagree, so neither is called faster." if differ else ""
        return f"{told}{apart} {self.left_out}".strip()

    def _told(self, estimand: Estimand) -> str:
        show = _SHOWN[self.metric]
        subject = f"{self.first} {_NOUNS[self.metric]}"
        if estimand.refusal:
            return f"{estimand.name}: not estimable: {estimand.refusal}."
        level = wording.exact_percent(self.confidence)
        if self.metric == "quality":
            gap = estimand.difference
            text = (
                f"{subject} {gap.value:+.2f} points against {self.second} ({level} interval"
                f" {gap.low:+.2f} to {gap.high:+.2f}"
            )
        else:
            ratio = estimand.ratio
            text = (
                f"{subject} {wording.ratio(ratio.value)} times as much as {self.second}"
                f" ({level} interval {wording.ratio(ratio.low)} to {wording.ratio(ratio.high)}"
            )
        counts = (
            wording.count(estimand.n_a, self.unit)
            if estimand.n_a == estimand.n_b
            else f"{estimand.n_a} and {wording.count(estimand.n_b, self.unit)}"
        )
        values = f"{show(estimand.value_a)} against {show(estimand.value_b)}"
        told = "" if estimand.verdict != "inconclusive" else " Which is higher cannot be told."
        return f"{estimand.name}: {text}; {values}; {counts}; {estimand.method}).{told}"

    def table(self) -> pd.DataFrame:
        """Return one row per estimand: values, ratio, difference, n, method, verdict."""
        rows = [
            {
                "estimand": estimand.name,
                "a": self.first,
                "b": self.second,
                "value_a": estimand.value_a,
                "value_b": estimand.value_b,
                "ratio": estimand.ratio.value,
                "ratio_low": estimand.ratio.low,
                "ratio_high": estimand.ratio.high,
                "difference": estimand.difference.value,
                "difference_low": estimand.difference.low,
                "difference_high": estimand.difference.high,
                "n_a": estimand.n_a,
                "n_b": estimand.n_b,
                "unit": self.unit,
                "verdict": estimand.verdict,
                "method": estimand.method,
                "refusal": estimand.refusal or pd.NA,
            }
            for estimand in self.estimands
        ]
        return pd.DataFrame(rows).convert_dtypes()
