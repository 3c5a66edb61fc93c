"""Differences between two variants over units and reviewers, whoever scored what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special  # type: ignore[import-untyped]

from speckit_analysis.stats.estimate import Estimate, direction, not_estimable
from speckit_analysis.stats.paired import ROUNDING, added_reach, paired_t
from speckit_analysis.stats.squares import MeanSquares, mean_squares

#: Fewer reviewers than this tell nothing of other reviewers.
LEAST_REVIEWERS = 3

_METHOD = "crossed over units and reviewers"
_PANEL = "reviewers' means, for these reviewers"

#: A variance of the estimate, and the degrees of freedom that it is known by.
_Part = tuple[float, float]


@dataclass(frozen=True)
class Crossed:
    """A difference over units and reviewers, and where its uncertainty comes from.

    Attributes
    ----------
    estimate : Estimate
        With the interval that holds for other units and other reviewers.
    panel : Estimate
        With the interval that holds for these reviewers only.
    unit_variance, reviewer_variance, residual_variance : float
        Of the difference: how much it varies between units, between reviewers (their preference
        for a variant), and beyond both, in squared points; NaN where they cannot be told apart.
    reviewers : int
        Reviewers.
    panel_part : (float, float)
        Variance of `panel`, and its degrees of freedom.
    parts : tuple of (float, float)
        Variances that add up to that of `estimate`, each with its degrees of freedom: that of
        `panel`, and of reviewers' preferences; of `panel` alone where `estimate` is refused.
    """

    estimate: Estimate
    panel: Estimate
    unit_variance: float = np.nan
    reviewer_variance: float = np.nan
    residual_variance: float = np.nan
    reviewers: int = 0
    panel_part: _Part = (np.nan, np.nan)
    parts: tuple[_Part, ...] = ()

    @property
    def told(self) -> Estimate:
        """The estimate that holds for other reviewers too, or where it is refused, the panel's."""
        return self.panel if self.estimate.refusal else self.estimate

    @property
    def taste_share(self) -> float:
        """Share of the squared error of `estimate` that reviewers' preferences make."""
        if self.estimate.refusal or len(self.parts) < 2:
            return float("nan")
        return self.parts[1][0] / sum(variance for variance, _ in self.parts)

    def seen(self, power: float = 0.8) -> float:
        """Return the smallest difference that such a design sees with a probability of `power`."""
        return added_reach(self.parts, self.told.level) + added_reach(self.parts, 2 * power - 1)

    def tipping_taste(self, limit: float) -> float:
        """Return how far tastes must differ between reviewers for a limit of `told` to be undone.

        Parameters
        ----------
        limit : float
            What the interval excludes, such as 0.

        Returns
        -------
        float
            Standard deviation of the preference for a variant, in points, 0 if none is needed.
        """
        variance, freedom = self.panel_part
        squared = special.stdtrit(freedom, (1 - self.told.level) / 2) ** 2
        room = (self.told.value - limit) ** 2 / squared - variance if squared else np.inf
        return float(np.sqrt(self.reviewers * max(room, 0.0)))


def crossed(differences: np.ndarray, level: float = 0.95) -> Crossed:
    """Return a difference with the interval that counts reviewers as a sample too.

    Parameters
    ----------
    differences : ndarray of float, shape (units, reviewers)
        Each reviewer's difference at each unit, better side above 0; NaN where a reviewer did not
        score both variants.
    level : float
        Two-sided level.

    Notes
    -----
    Every cell is used: the estimate is the mean of reviewers' means, and the mean squares are those
    of :mod:`.squares`.  The interval for these reviewers has Satterthwaite's degrees of freedom; it
    is the paired t where everybody scored every unit.  For other reviewers the reach of
    their preferences, with one degree of freedom less than reviewers, is added in squares.  Of two
    reviewers nothing follows for others.
    """
    table = np.asarray(differences, dtype=float)
    table = table[~np.isnan(table).all(axis=1)]
    scored = ~np.isnan(table)
    units, reviewers = table.shape
    of_reviewer = scored.sum(axis=0)

    def refused(why: str) -> Estimate:
        return not_estimable(units, why, method=_METHOD, level=level)

    if reviewers == 1:
        panel = paired_t(table[:, 0], level)
        own = (panel.standard_error**2, units - 1.0)
        why = "one reviewer tells nothing of others"
        return Crossed(refused(why), panel, reviewers=1, panel_part=own, parts=(own,))
    if units < 2 or of_reviewer.min() < 2:
        why = "needs at least 2 units from each reviewer"
        return Crossed(refused(why), refused(why), reviewers=reviewers)
    means = np.nanmean(table, axis=0)
    alone = bool((scored.sum(axis=1) == 1).all())
    squares = None if alone else mean_squares(table)
    if squares is None and not alone:
        why = "too few units are shared by reviewers to tell units and reviewers apart"
        return Crossed(refused(why), refused(why), reviewers=reviewers)
    centre, variances = float(means.mean()), (np.nan, np.nan, np.nan)
    if squares is None:
        own, others = _one_reviewer_each(table, means, of_reviewer)
    else:
        own, others = _parts(squares, of_reviewer, scored)
        variances = (
            max(squares.units - squares.residual, 0.0) / squares.cells_of_unit,
            max(squares.reviewers - squares.residual, 0.0) / squares.cells_of_reviewer,
            squares.residual,
        )
    negligible = (ROUNDING * float(np.nanmax(np.abs(table)))) ** 2
    method = "paired t" if scored.all() else _PANEL
    panel = _estimate(centre, (own,), level, method, units, negligible)
    if reviewers < LEAST_REVIEWERS:
        estimate = refused("two reviewers tell nothing of others: it speaks of these two")
    else:
        estimate = _estimate(centre, others, level, _METHOD, units, negligible)
    parts = (own,) if estimate.refusal else others
    return Crossed(estimate, panel, *variances, reviewers, own, parts)


def _estimate(
    centre: float,
    parts: tuple[_Part, ...],
    level: float,
    method: str,
    units: int,
    negligible: float,
) -> Estimate:
    error = float(np.sqrt(sum(part for part, _ in parts)))
    if error**2 <= negligible:
        why = "all differences are equal, which no interval can say"
        return not_estimable(units, why, method=method, level=level)
    reach = added_reach(parts, level)
    single = [freedom for part, freedom in parts if part > 0]
    verdict, rule = direction(centre - reach, centre + reach)
    assumed = "units are independent"
    if method == _METHOD:
        assumed = "units and reviewers are independent samples"
    return Estimate(
        centre, centre - reach, centre + reach, level, method, units, "SPEC",
        (assumed, "effects are roughly normal"), _p_value(centre, parts), None,
        verdict, rule, "", error, centre / error, single[0] if len(single) == 1 else np.nan,
    )  # fmt: skip


def _p_value(centre: float, parts: tuple[_Part, ...]) -> float:
    """Return the p-value at whose level the interval just reaches 0."""
    some = [(part, freedom) for part, freedom in parts if part > 0]
    if len(some) == 1:
        return float(2 * special.stdtr(some[0][1], -abs(centre) / np.sqrt(some[0][0])))

    def beyond(log_p: float) -> float:
        squares = [
            special.stdtrit(freedom, np.exp(log_p) / 2) ** 2 * part for part, freedom in some
        ]
        return float(np.sqrt(sum(squares)) - abs(centre))

    lowest = -200.0  # below it, quantiles of few degrees of freedom overflow
    return float(np.exp(optimize.brentq(beyond, lowest, 0.0))) if beyond(lowest) > 0 else 0.0


def _parts(
    squares: MeanSquares, of_reviewer: np.ndarray, scored: np.ndarray
) -> tuple[_Part, tuple[_Part, ...]]:
    """Return the variance of the mean of reviewers' means, for these and for others."""
    reviewers = len(of_reviewer)
    weights = scored / (reviewers * of_reviewer)
    units = float((weights.sum(axis=1) ** 2).sum()) / squares.cells_of_unit
    cells = float((weights**2).sum())
    rest = cells - units
    variance = max(
        units * squares.units + rest * squares.residual,
        cells * min(squares.units, squares.residual),
    )
    spread = (units * squares.units) ** 2 / squares.of_units
    spread += (rest * squares.residual) ** 2 / squares.of_residual
    own = (variance, max(1.0, variance**2 / spread) if spread else float(squares.of_units))
    # Of a table with holes the residual is known less well, and half of it is taken off.
    taken_off = squares.residual if scored.all() else squares.residual / 2
    taste = max(squares.reviewers - taken_off, 0.0) / (reviewers * squares.cells_of_reviewer)
    if taste <= 1e-9 * squares.reviewers:  # equal but for rounding
        taste = 0.0
    return own, (own, (taste, reviewers - 1.0))


def _one_reviewer_each(
    table: np.ndarray, means: np.ndarray, of_reviewer: np.ndarray
) -> tuple[_Part, tuple[_Part, ...]]:
    """Return the variances where every unit has one reviewer: only their means can be compared."""
    reviewers = len(means)
    errors = np.nanvar(table, axis=0, ddof=1) / of_reviewer / reviewers**2
    spread = float((errors**2 / (of_reviewer - 1)).sum())
    variance = float(errors.sum())
    own = (variance, variance**2 / spread if spread else float(of_reviewer.min() - 1))
    return own, ((float(means.var(ddof=1)) / reviewers, reviewers - 1.0),)


def protected(differences: np.ndarray, worst: float, level: float = 0.95) -> float:
    """Return the lower limit of a difference if one more unit fared as badly as `worst`.

    Parameters
    ----------
    differences : ndarray of float, shape (units, reviewers)
        As for :func:`crossed`.
    worst : float
        Difference of the unit that was not seen.
    level : float
        Two-sided level of the interval whose lower end it is.

    Notes
    -----
    Rare disasters are not in the sample: n units miss one in ten of them with probability 0.9^n.
    After Phan et al. (2021) a unit at the bound stands for them; no method holds without a bound
    (Bahadur and Savage 1956).
    """
    table = np.asarray(differences, dtype=float)
    plain = crossed(table, level)
    more = crossed(np.vstack([table, np.full((1, table.shape[1]), worst)]), level)
    if more.panel.refusal:
        return float("nan")
    return more.panel.value - added_reach((more.panel_part, *plain.parts[1:]), level)
