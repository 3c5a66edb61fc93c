"""Agreement on labels beyond chance: kappas of two and of many reviewers, with standard errors.

All coefficients are (observed - expected) / (1 - expected) agreement and differ in what they
expect.  Labels that are near to each other may agree in part: see :func:`label_weights`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats  # type: ignore[import-untyped]
from scipy.special import comb  # type: ignore[import-untyped]
from statsmodels.stats.inter_rater import cohens_kappa

from speckit_analysis.stats.estimate import Estimate, direction, not_estimable

#: How near two labels are: 1 for the same, less for others.
WEIGHTS = ("identity", "linear", "quadratic", "ordinal", "radical", "ratio")

#: What chance is taken to be.
COEFFICIENTS = ("gwet", "fleiss", "conger", "brennan-prediger", "krippendorff")


@dataclass(frozen=True)
class Agreement:
    """Agreement beyond chance.

    Attributes
    ----------
    estimate : Estimate
        The coefficient; 1 is full agreement, 0 what chance gives.
    observed, expected : float
        Share of pairs that agree, and that would by chance.
    """

    estimate: Estimate
    observed: float
    expected: float


def label_weights(labels: Sequence[float] | np.ndarray, kind: str = "identity") -> np.ndarray:
    """Return how far each two of the labels agree.

    Parameters
    ----------
    labels : sequence of float, shape (q,)
        In ascending order.
    kind : str
        Of :data:`WEIGHTS`; ``ordinal`` counts ranks, and all but ``identity`` and ``ordinal`` use
        the labels' values.

    Returns
    -------
    ndarray of float, shape (q, q)
        1 on the diagonal.

    Raises
    ------
    ValueError
        If there is no such kind, or a label of kind ``ratio`` is below 0.

    Notes
    -----
    Gwet (2014), *Handbook of Inter-Rater Reliability*, chapter 3.

    Examples
    --------
    >>> label_weights([1, 2, 3], "linear")[0].tolist()
    [1.0, 0.5, 0.0]
    """
    values = np.asarray(labels, dtype=float)
    q = len(values)
    if kind not in WEIGHTS:
        raise ValueError(f"no weights {kind!r}; there are: {', '.join(WEIGHTS)}")
    if kind == "identity" or q < 2:
        return np.eye(q)
    gap = np.abs(values[:, None] - values[None, :])
    if kind == "ordinal":
        steps = comb(np.abs(np.subtract.outer(np.arange(q), np.arange(q))) + 1, 2)
        return np.asarray(1 - np.where(np.eye(q) > 0, 0, steps) / comb(q, 2))
    if kind == "ratio":
        if (values < 0).any():
            raise ValueError("ratios take figures of 0 or more, and some are below")
        total = values[:, None] + values[None, :]
        gap = np.divide(gap, total, out=np.zeros_like(gap), where=total != 0)
        widest = (values.max() - values.min()) / (values.max() + values.min())
        return np.asarray(1 - (gap / widest) ** 2)
    power = {"linear": 1.0, "quadratic": 2.0, "radical": 0.5}[kind]
    return np.asarray(1 - (gap / gap.max()) ** power)


def cohen_kappa(
    counts: np.ndarray, weights: np.ndarray | None = None, level: float = 0.95
) -> Agreement:
    """Return Cohen's kappa of two reviewers, with the normal interval.

    Parameters
    ----------
    counts : ndarray of int, shape (labels, labels)
        Units by the label of the first reviewer (rows) and of the second.
    weights : ndarray of float, shape (labels, labels), optional
        How bad each disagreement is, 0 on the diagonal; by default 1 elsewhere.
    level : float
        Two-sided level.

    Raises
    ------
    ValueError
        If the table is not square, has a count below 0, or is empty, or the weights do not fit.

    Notes
    -----
    Cohen (1960, 1968), standard error of Fleiss, Cohen and Everitt (1969), by statsmodels.

    Examples
    --------
    >>> found = cohen_kappa(np.array([[20, 5], [10, 15]]))
    >>> round(found.estimate.value, 2), found.observed, found.expected
    (0.4, 0.7, 0.5)
    """
    table = np.asarray(counts, dtype=float)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or (table < 0).any() or not table.sum():
        raise ValueError(f"kappa takes a square table of counts, and this is {table.tolist()}")
    cost = 1.0 - np.eye(len(table)) if weights is None else np.asarray(weights, dtype=float)
    if cost.shape != table.shape or np.diag(cost).any() or (cost < 0).any():
        raise ValueError("weights take the shape of the table, are 0 on its diagonal and not below")
    cost = cost / cost.max()
    shares, n = table / table.sum(), round(float(table.sum()))
    by_chance = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    observed, expected = 1 - float((cost * shares).sum()), 1 - float((cost * by_chance).sum())
    if expected == 1:
        return Agreement(_refused("Cohen's kappa", n, level), observed, expected)
    value = (observed - expected) / (1 - expected)
    found = cohens_kappa(table, weights=None if weights is None else cost, return_results=True)
    error = float(found.std_kappa)
    reach = float(stats.norm.ppf((1 + level) / 2)) * error
    verdict, rule = direction(value - reach, value + reach)
    estimate = Estimate(
        value, value - reach, value + reach, level, "Cohen's kappa", n, "unit",
        ("units are independent", "units are many"), None, None, verdict, rule, "", error,
        value / error if error else np.nan, np.inf,
    )  # fmt: skip
    return Agreement(estimate, observed, expected)


def _refused(method: str, n: int, level: float) -> Estimate:
    why = "all labels are the same, which leaves nothing to expect"
    return not_estimable(n, why, method=method, level=level, unit="unit")


def agreement(
    ratings: np.ndarray,
    coefficient: str = "gwet",
    weights: str | np.ndarray = "identity",
    *,
    labels: Sequence[float] | None = None,
    level: float = 0.95,
) -> Agreement:
    """Return the agreement of several reviewers on labels, beyond chance.

    Parameters
    ----------
    ratings : ndarray of float, shape (units, reviewers)
        Labels as numbers; NaN where a reviewer gave none.
    coefficient : str
        Of :data:`COEFFICIENTS`.  ``gwet`` (AC1, with weights AC2) keeps its sense where almost
        all labels are one; ``fleiss`` and ``krippendorff`` expect the labels' shares, ``conger``
        each reviewer's own, ``brennan-prediger`` all labels alike.
    weights : str or ndarray of float, shape (labels, labels)
        Of :data:`WEIGHTS`, or how far each two labels agree.
    labels : sequence of float, optional
        All that could be given, in ascending order; those that were, if not told.
    level : float
        Two-sided level.

    Returns
    -------
    Agreement
        Interval by Student's t over units, cut at 1; refused where all labels are one, or there is
        one unit.

    Raises
    ------
    ValueError
        If there is no such coefficient, a label is unknown, weights do not fit, or no unit has
        two labels.

    Notes
    -----
    Gwet (2008, 2014): a unit with one label counts for how frequent labels are and for nothing
    else (for ``krippendorff`` not at all).  The standard error is over units: reviewers are taken
    as these.

    Examples
    --------
    >>> table = np.array([[1, 1], [1, 1], [1, 1], [1, 2], [2, 2], [1, 1.0]])
    >>> round(agreement(table).estimate.value, 3), round(agreement(table, "fleiss").expected, 3)
    (0.733, 0.625)
    """
    if coefficient not in COEFFICIENTS:
        raise ValueError(f"no coefficient {coefficient!r}; there are: {', '.join(COEFFICIENTS)}")
    table = _Labelled.of(ratings, weights, labels)
    if coefficient == "krippendorff":
        table = table.pairable()
    name = f"{coefficient} agreement"
    if len(table.labels) < 2:
        return Agreement(_refused(name, table.units, level), 1.0, 1.0)
    observed, expected, of_units = _PARTS[coefficient](table)
    return Agreement(_over_units(name, observed, expected, of_units, level), observed, expected)


@dataclass(frozen=True)
class _Labelled:
    """Labels of units by reviewers, their counts by unit, and how far they agree."""

    codes: np.ndarray  # (units, reviewers), -1 where there is none
    labels: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(
        cls, ratings: np.ndarray, weights: str | np.ndarray, labels: Sequence[float] | None
    ) -> _Labelled:
        table = np.asarray(ratings, dtype=float)
        known = ~np.isnan(table)
        table, known = table[known.any(axis=1)], known[known.any(axis=1)]
        given = np.unique(table[known])
        values = given if labels is None else np.asarray(labels, dtype=float)
        if not np.isin(given, values).all():
            raise ValueError(f"labels are {values.tolist()}, and there are {given.tolist()}")
        if not (known.sum(axis=1) > 1).any():
            raise ValueError("agreement takes a unit with two labels, and there is none")
        near = label_weights(values, weights) if isinstance(weights, str) else np.asarray(weights)
        if near.shape != (len(values), len(values)):
            raise ValueError(f"{len(values)} labels take as many weights, and not {near.shape}")
        codes = np.where(known, np.searchsorted(values, table), -1)
        return cls(codes, values, near.astype(float))

    @property
    def units(self) -> int:
        return len(self.codes)

    @property
    def counts(self) -> np.ndarray:
        """How often each unit (row) was given each label."""
        return (self.codes[:, :, None] == np.arange(len(self.labels))).sum(axis=1).astype(float)

    def pairable(self) -> _Labelled:
        """Only units with two labels or more."""
        return _Labelled(self.codes[(self.codes >= 0).sum(axis=1) > 1], self.labels, self.weights)


#: Observed and expected agreement, and the coefficient's parts, one for each unit.
_Parts = tuple[float, float, np.ndarray]


def _over_units(
    name: str, observed: float, expected: float, parts: np.ndarray, level: float
) -> Estimate:
    n = len(parts)
    if n < 2:
        return not_estimable(n, "it takes 2", method=name, level=level, unit="unit")
    value = (observed - expected) / (1 - expected)
    error = float(np.sqrt(((parts - parts.mean()) ** 2).sum() / (n * (n - 1))))
    reach = float(stats.t.ppf((1 + level) / 2, n - 1)) * error
    low, high = value - reach, min(value + reach, 1.0)
    verdict, rule = direction(low, high)
    return Estimate(
        value, low, high, level, name, n, "unit",
        ("units are independent", "it speaks of these reviewers"), None, None, verdict, rule,
        "", error, value / error if error else np.nan, n - 1,
    )  # fmt: skip


def _agreeing(table: _Labelled) -> np.ndarray:
    """Return the share of each unit's pairs that agree; NaN where a unit has no pair."""
    counts = table.counts
    each = counts.sum(axis=1)
    pairs = (counts * (counts @ table.weights.T - 1)).sum(axis=1)
    return np.divide(pairs, each * (each - 1), out=np.full(len(each), np.nan), where=each > 1)


def _with_chance(table: _Labelled, expected: float, of_units: np.ndarray | float) -> _Parts:
    """Return the parts of a coefficient whose expected agreement has parts of its own."""
    agreeing = _agreeing(table)
    paired = ~np.isnan(agreeing)
    observed = float(agreeing[paired].mean())
    share = paired.mean()
    parts = np.where(paired, (agreeing - expected) / (1 - expected) / share, 0.0)
    left = 1 - (observed - expected) / (1 - expected)
    return observed, expected, parts - 2 * left * (of_units - expected) / (1 - expected)


def _gwet(table: _Labelled) -> _Parts:
    shares = table.counts / table.counts.sum(axis=1, keepdims=True)
    frequent, q = shares.mean(axis=0), len(table.labels)
    scale = table.weights.sum() / (q * (q - 1))
    expected = float(scale * (frequent * (1 - frequent)).sum())
    return _with_chance(table, expected, scale * shares @ (1 - frequent))


def _fleiss(table: _Labelled) -> _Parts:
    shares = table.counts / table.counts.sum(axis=1, keepdims=True)
    frequent = shares.mean(axis=0)
    nearness = (table.weights + table.weights.T) / 2 @ frequent
    return _with_chance(table, float(frequent @ nearness), shares @ nearness)


def _brennan_prediger(table: _Labelled) -> _Parts:
    expected = float(table.weights.mean())
    return _with_chance(table, expected, expected)


def _conger(table: _Labelled) -> _Parts:
    n, reviewers = table.codes.shape
    given = table.codes[:, :, None] == np.arange(len(table.labels))
    frequent = given.sum(axis=0) / np.maximum(given.sum(axis=(0, 2))[:, None], 1)
    others = frequent.sum(axis=0) - frequent
    nearness = others @ ((table.weights + table.weights.T) / 2)
    pairs = reviewers * (reviewers - 1)
    expected = float((frequent * nearness).sum()) / pairs
    # What a unit adds, reviewer by reviewer, beyond what the reviewer's labels are near to at all.
    own = np.einsum("urq,rq->ur", given, nearness) - (frequent * nearness).sum(axis=1)
    heavy = n / np.maximum(given.sum(axis=(0, 2)), 1)
    of_units = expected + (np.where(table.codes >= 0, own, 0.0) * heavy).sum(axis=1) / pairs
    return _with_chance(table, expected, of_units)


def _krippendorff(table: _Labelled) -> _Parts:
    counts = table.counts
    each = counts.sum(axis=1)
    mean, step = each.mean(), 1 / each.sum()
    excess = (each - mean) / mean
    agreeing = (counts * (counts @ table.weights.T - 1)).sum(axis=1) / (mean * (each - 1))
    plain = float(agreeing.mean())
    observed = (1 - step) * plain + step
    frequent = (counts / mean).mean(axis=0)
    nearness = (table.weights + table.weights.T) / 2 @ frequent
    expected = float(frequent @ nearness)
    left = 1 - (plain - expected) / (1 - expected)
    by_chance = counts / mean @ nearness - expected * excess
    parts = (agreeing - observed * excess - expected - 2 * left * (by_chance - expected)) / (
        1 - expected
    )
    return observed, expected, parts


_PARTS: dict[str, Callable[[_Labelled], _Parts]] = {
    "gwet": _gwet,
    "fleiss": _fleiss,
    "conger": _conger,
    "brennan-prediger": _brennan_prediger,
    "krippendorff": _krippendorff,
}
