"""How far the same configuration differs from itself, and what effect is left beyond that."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.stats.estimate import Estimate, direction, not_estimable
from speckit_analysis.stats.paired import ROUNDING, added_reach


def gap_over_runs(
    baseline: np.ndarray, candidate: np.ndarray, level: float = 0.95, unit: str = "SPEC"
) -> Estimate:
    """Return the mean difference of two variants, for other units and other runs.

    Parameters
    ----------
    baseline, candidate : ndarray of float, shape (units, runs)
        Outcome of each unit in each run of a variant, rows of both the same units.  Units that
        lack a run (NaN) are left out.
    level : float
        Two-sided level.
    unit : str
        What a unit is.

    Raises
    ------
    ValueError
        If the variants have different numbers of rows.

    Notes
    -----
    Whatever shifts a whole run (a changed model, a bad day) is no sample of units: the paired t
    errs in up to 28 % of cases at a level of 5 %.  Two reaches add in squares: Student's over units
    and Student's over runs, of the variance between means of runs beyond what errors of units
    explain, pooled within variants.  Half of that error is taken off, a quarter where a single
    repeat is all there is: with half, such an interval would cover 91 % only.  Where calls of all
    runs were made in random order nothing shifts a run, and the paired t does.

    Examples
    --------
    >>> once = [[7, 7.5], [6, 6], [8, 7], [5, 6], [7, 7]]
    >>> other = [[8, 7.5], [7, 7.5], [8, 8], [6, 7], [8, 7.5]]
    >>> found = gap_over_runs(once, other, level=0.9)  # low: one-sided bound at 95 %
    >>> round(found.value, 4), round(found.low, 4)
    (0.8, 0.4892)
    """
    arms = [np.asarray(arm, dtype=float) for arm in (baseline, candidate)]
    if len(arms[0]) != len(arms[1]):
        raise ValueError(f"rows are the same units, and there are {len(arms[0])}, {len(arms[1])}")
    whole = ~np.isnan(np.hstack(arms)).any(axis=1)
    arms = [arm[whole] for arm in arms]
    n, method = int(whole.sum()), "t over units and runs"
    runs = [arm.shape[1] for arm in arms]
    repeats = sum(runs) - 2
    if min(runs) < 1 or repeats < 1:
        why = "neither variant was run twice"
        return not_estimable(n, why, method=method, level=level, unit=unit)
    if n < 2:
        why = f"fewer than 2 {unit}s have every run"
        return not_estimable(n, why, method=method, level=level, unit=unit)
    gaps = arms[1].mean(axis=1) - arms[0].mean(axis=1)
    between = sum(float(((arm.mean(axis=0) - arm.mean()) ** 2).sum()) for arm in arms) / repeats
    error = sum(_interaction(arm) for arm in arms) / (repeats * (n - 1))
    explained = error / n * (0.5 if repeats > 1 else 0.25)
    shift = max(between - explained, 0.0) * sum(1 / number for number in runs)
    centre, square = float(gaps.mean()), float(gaps.var(ddof=1)) / n
    largest = max(float(np.abs(arm).max()) for arm in arms)
    if np.sqrt(square + shift) <= ROUNDING * largest:
        why = "all differences are equal, which no interval can say"
        return not_estimable(n, why, method=method, level=level, unit=unit)
    reach = added_reach([(square, n - 1), (shift, repeats)], level)
    verdict, rule = direction(centre - reach, centre + reach)
    return Estimate(
        centre, centre - reach, centre + reach, level, method, n, unit,
        ("units and runs are independent samples", "effects are roughly normal"),
        verdict=verdict, rule=rule, standard_error=float(np.sqrt(square + shift)),
    )  # fmt: skip


def _interaction(arm: np.ndarray) -> float:
    """Return the sum of squares that neither units nor runs explain."""
    left = arm - arm.mean(axis=1, keepdims=True) - arm.mean(axis=0) + arm.mean()
    return float((left**2).sum())


def noise_floor(
    arms: Sequence[np.ndarray],
    units: int,
    shares: float = 2.0,
    level: float = 0.95,
    unit: str = "SPEC",
) -> Estimate:
    """Return between which ends a difference lies that is none: of a configuration to itself.

    Parameters
    ----------
    arms : sequence of ndarray of float, shape (units, runs)
        Outcomes of each variant that was repeated; NaN where a run lacks a unit.
    units : int
        Units behind the difference that is to stand beside it.
    shares : float
        1/a + 1/b, averaged over units, for the a and b runs whose means that difference compares.
    level : float
        Two-sided level.
    unit : str
        What a unit is.

    Returns
    -------
    Estimate
        Of 0, with `n` units that were repeated.

    Notes
    -----
    Student's t of the variance of repeats within units, pooled.  A new difference of inert runs
    lies within at the level where nothing shifts a whole run; where shifts deviate by half as much
    as repeats do, 72 % of them do at 20 units (see :func:`gap_over_runs`).

    Examples
    --------
    >>> once = [[7, 7.5], [6, 6], [8, 7], [5, 6], [7, 7]]
    >>> round(noise_floor([once], 5).high, 3)
    0.771
    """
    squares, repeats, repeated, largest = 0.0, 0, 0, 0.0
    for outcomes in arms:
        for row in np.asarray(outcomes, dtype=float):
            present = row[~np.isnan(row)]
            if len(present) > 1:
                squares += float(((present - present.mean()) ** 2).sum())
                repeats += len(present) - 1
                repeated += 1
                largest = max(largest, float(np.abs(present).max()))
    method = "t of repeats"
    if repeated < 2 or units < 1:
        why = f"fewer than 2 {unit}s were repeated"
        return not_estimable(repeated, why, method=method, level=level, unit=unit)
    deviation = np.sqrt(squares / repeats)
    if deviation <= ROUNDING * largest:
        why = "no repeat differs from the first: a copy, or a configuration without chance"
        return not_estimable(repeated, why, method=method, level=level, unit=unit)
    error = float(deviation * np.sqrt(shares / units))
    reach = float(special.stdtrit(repeats, (1 + level) / 2)) * error
    return Estimate(
        0.0, -reach, reach, level, method, repeated, unit,
        ("repeats of a unit are independent",),
        standard_error=error, degrees_of_freedom=float(repeats),
    )  # fmt: skip
