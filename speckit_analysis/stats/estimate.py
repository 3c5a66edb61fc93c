"""The one result of every inference: a value with its interval, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: What can be said of a difference.  A p-value above the level is never "no difference".
VERDICTS = (
    "superior",
    "non-inferior",
    "inferior",
    "inconclusive",
    "not estimable",
)


@dataclass(frozen=True)
class Estimate:
    """A value with its interval.

    Attributes
    ----------
    value, low, high : float
        NaN where they are not estimable.
    level : float
        Of the interval.
    method : str
        How the interval was made.
    n : int
        Independent units.
    unit : str
        What a unit is, in the singular.
    assumptions : tuple of str
        What the interval takes for granted.
    p_value : float or None
        Where one was asked for.
    smallest_p : float or None
        The smallest p-value that a test by permutation can give at this n.
    verdict : str
        One of :data:`VERDICTS`.
    rule : str
        The rule that gave the verdict.
    refusal : str
        Why it is not estimable; empty where it is.
    standard_error : float
        Of the value; NaN where the method makes none.
    statistic : float
        Student's t, or z of a normal interval, against 0; NaN where the method makes none.
    degrees_of_freedom : float
        Of Student's t; infinite for z, NaN where neither is used.

    Raises
    ------
    ValueError
        If the verdict is none of these.
    """

    value: float
    low: float
    high: float
    level: float
    method: str
    n: int
    unit: str = "SPEC"
    assumptions: tuple[str, ...] = ()
    p_value: float | None = None
    smallest_p: float | None = None
    verdict: str = "inconclusive"
    rule: str = ""
    refusal: str = ""
    standard_error: float = np.nan
    statistic: float = np.nan
    degrees_of_freedom: float = np.nan

    def __post_init__(self) -> None:
        """Refuse a verdict that does not exist."""
        if self.verdict not in VERDICTS:
            raise ValueError(f"verdict {self.verdict!r}; there are: {', '.join(VERDICTS)}")

    @property
    def sentence(self) -> str:
        """Value, interval, method and n, and what follows from them."""
        units = f"{self.n} {self.unit}{'' if self.n == 1 else 's'}"
        if self.refusal:
            return f"Not estimable with {units}: {self.refusal}."
        tested = "" if self.p_value is None else f", p = {self.p_value:.3g}"
        least = (
            f" (at this n no p below {self.smallest_p:.3g} is possible)"
            if self.smallest_p is not None
            else ""
        )
        rule = f" ({self.rule})" if self.rule else ""
        return (
            f"{self.value:+.3g}, {100 * self.level:.4g} % interval {self.low:+.3g} to"
            f" {self.high:+.3g} ({self.method}, {units}{tested}){least}: {self.verdict}{rule}."
        )


def not_estimable(n: int, why: str, *, method: str, level: float, unit: str = "SPEC") -> Estimate:
    """Return the estimate that is none, with its reason."""
    return Estimate(
        np.nan, np.nan, np.nan, level, method, n, unit, verdict="not estimable", refusal=why
    )


def direction(low: float, high: float) -> tuple[str, str]:
    """Return verdict and rule of a difference whose better side is above 0.

    Examples
    --------
    >>> direction(0.1, 0.9)
    ('superior', 'the interval lies above 0')
    >>> direction(-0.2, 0.9)
    ('inconclusive', 'the interval holds 0')
    """
    if low > 0:
        return "superior", "the interval lies above 0"
    if high < 0:
        return "inferior", "the interval lies below 0"
    return "inconclusive", "the interval holds 0"
