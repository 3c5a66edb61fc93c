"""Effects beside the noise floor: what a variant differs from itself when it is run again.

Runs of a variant are those of the variants that a plan names as repeating it (A/A arms), and of
checked outcomes the tries of a unit too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.pairs import score_pairs
from speckit_analysis.analysis.experiment.plan import ExperimentPlan
from speckit_analysis.analysis.margins import ALPHA
from speckit_analysis.analysis.review.blinding import first_readings
from speckit_analysis.analysis.review.scores import criteria, unit_of
from speckit_analysis.stats.crossed import crossed
from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.noise import gap_over_runs, noise_floor
from speckit_analysis.tables.results import RESULTS

#: Return outcomes of variants that are alike for all of them, units by runs: of columns, the
#: outermost level is the variant.
RunTable = Callable[[Sequence[str]], pd.DataFrame]


@dataclass(frozen=True)
class Effect:
    """A difference of two variants beside the noise floor.

    Attributes
    ----------
    what : str
        What differs.
    gap : Estimate
        The difference as it is reported.
    floor : Estimate
        Between which ends a difference of equal configurations lies.
    over_runs : Estimate
        The difference for other runs too, each end a one-sided limit at 95 %; refused where neither
        variant was run twice.
    in_percent : bool
        They are of shares that passed, not of points.
    """

    what: str
    gap: Estimate
    floor: Estimate
    over_runs: Estimate
    in_percent: bool = False

    @property
    def below_floor(self) -> bool | None:
        """Whether the difference is no larger than the floor; None where there is none."""
        if self.floor.refusal or np.isnan(self.gap.value):
            return None
        return bool(abs(self.gap.value) <= self.floor.high)

    @property
    def inside_noise(self) -> bool | None:
        """Whether it is no effect: below the floor, or not proved for other runs.

        None where nothing was repeated.
        """
        if self.below_floor is not False or self.over_runs.refusal:
            return self.below_floor
        return self.over_runs.low <= 0 <= self.over_runs.high

    @property
    def sentence(self) -> str:
        """The difference, the floor, and what follows."""
        if self.floor.refusal:
            return f"No noise floor: {self.floor.refusal}."
        repeated = wording.count(self.floor.n, f"repeated {self.floor.unit}")
        floor = f"The noise floor is ±{self._written(self.floor.high)} ({repeated})"
        if self.below_floor is None:
            return f"{floor}. No difference stands beside it: {self.gap.refusal}."
        beside = f"{floor}: the difference of {self._written(self.gap.value, '+')} lies"
        runs = self.over_runs
        low, high = (self._written(end, "+") for end in (runs.low, runs.high))
        interval = f"90 %: {low} to {high}; {wording.count(runs.n, runs.unit)}"
        if self.below_floor:
            return f"{beside} inside it, and is not called an effect."
        if runs.refusal:
            return f"{beside} outside it. For other runs nothing is tested: {runs.refusal}."
        if self.inside_noise:
            return (
                f"{beside} outside it, but is not proved for other runs ({interval}), and is not"
                " called an effect."
            )
        return f"{beside} outside it, for other runs too ({interval})."

    def _written(self, value: float, sign: str = "") -> str:
        return (
            f"{100 * value:{sign}.1f} percentage points"
            if self.in_percent
            else f"{value:{sign}.2f}"
        )


def effects_table(effects: Sequence[Effect]) -> pd.DataFrame:
    """Return the result ``noise_floor``; no rows where nothing was repeated."""
    return RESULTS["noise_floor"].of(
        [
            (
                *(one.what, one.gap.value, one.gap.low, one.gap.high, one.gap.n),
                *(one.floor.high, one.floor.n, one.over_runs.low, one.over_runs.high),
                one.inside_noise,
            )
            for one in effects
            if one.below_floor is not None
        ]
    )


def beside_noise(
    what: str,
    gap: Estimate,
    pair: tuple[str, str],
    plan: ExperimentPlan,
    runs: RunTable,
    units: int,
    shares: float = 2.0,
    clusters: pd.Series | None = None,
) -> Effect:
    """Return a difference beside the noise floor of whatever was repeated.

    Parameters
    ----------
    what : str
        What differs.
    gap : Estimate
        Second of the pair less the first.
    pair : (str, str)
        The variants.
    plan : ExperimentPlan
        With the variants that repeat others.
    runs : callable
        Outcomes of variants, units by runs.
    units : int
        Units behind `gap`.
    shares : float
        See :func:`speckit_analysis.stats.noise.noise_floor`.
    clusters : Series of str, optional
        By unit: what resembles each other, and counts as one sample of effects.
    """
    unit = gap.unit
    originals = dict.fromkeys([*pair, *plan.again.values()])
    repeated = [runs(plan.runs_of(name)).to_numpy(float) for name in originals]
    floor = noise_floor(repeated, units, shares, 1 - ALPHA, "SPEC" if unit == "SPEC" else "unit")
    if plan.interleaved:
        why = "calls of all variants were made in random order, so nothing shifts one alone"
        method = "t over units and runs"
        none = not_estimable(gap.n, why, method=method, level=1 - 2 * ALPHA, unit=unit)
        return Effect(what, gap, floor, none)
    names = [plan.runs_of(name) for name in pair]
    table = runs([*names[0], *names[1]]).dropna()
    if clusters is not None:
        table = table.groupby(clusters.reindex(table.index).to_numpy()).mean()
    variant = table.columns.get_level_values(0)
    first, second = (table.loc[:, variant.isin(own)].to_numpy(float) for own in names)
    return Effect(what, gap, floor, gap_over_runs(first, second, 1 - 2 * ALPHA, unit))


def common_scores(
    reviews: pd.DataFrame, variants: Sequence[str], criterion: str = ""
) -> pd.DataFrame:
    """Return scores of variants by SPEC and reviewer, of what was scored for each of them.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`.scores.usable`, one experiment.
    variants : sequence of str
        The variants: the columns.
    criterion : str
        One criterion; the mean over all but ``overall``, if not told.
    """
    rows = criteria(reviews)
    if criterion:
        rows = first_readings(reviews)
        rows = rows[rows["criterion"] == criterion]
    rows = rows[rows["variant"].isin(list(variants))]
    spec, stage = unit_of(rows)
    names = ("reviewer", "criterion", "variant")
    keys = [spec, stage, *(rows[name].astype("string") for name in names)]
    cells = rows.groupby(keys)["score"].mean().unstack("variant").astype(float)
    whole = cells.reindex(columns=list(variants)).dropna()
    by_stage = whole.groupby(level=["spec_id", "stage", "reviewer"]).mean()
    return by_stage.groupby(level=["spec_id", "reviewer"]).mean()


def score_gap(reviews: pd.DataFrame, plan: ExperimentPlan) -> Estimate:
    """Return candidate less baseline, in points, of what reviewers scored for both."""
    gaps = score_pairs(reviews, plan).gaps
    if gaps.empty:
        why = f"nobody scored {plan.baseline} and {plan.candidate} on the same SPEC"
        return not_estimable(0, why, method="paired", level=1 - ALPHA)
    return crossed(gaps.to_numpy(float), 1 - ALPHA).told


def score_effect(
    reviews: pd.DataFrame,
    plan: ExperimentPlan,
    gap: Estimate,
    what: str = "quality",
    criterion: str = "",
) -> Effect:
    """Return a difference of scores beside the noise floor.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`.scores.usable`, one experiment.
    plan : ExperimentPlan
        With the variants that differ, and those that repeat others.
    gap : Estimate
        Candidate less baseline, as it is reported.
    what : str
        What differs.
    criterion : str
        One criterion; the mean over all but ``overall``, if not told.
    """
    pair = (plan.baseline, plan.candidate)
    return beside_noise(what, gap, pair, plan, _score_runs(reviews, criterion), gap.n)


def criterion_effects(reviews: pd.DataFrame, plan: ExperimentPlan) -> list[Effect]:
    """Return the difference on each criterion beside its noise floor; none of a single one."""
    first = first_readings(reviews)
    names = sorted(first["criterion"].dropna().astype(str).unique())
    return [
        score_effect(reviews, plan, score_gap(first[first["criterion"] == name], plan), name, name)
        for name in (names if len(names) > 1 else ())
    ]


def _score_runs(reviews: pd.DataFrame, criterion: str) -> RunTable:
    tried = set(reviews["variant"].dropna().astype(str))

    def runs(variants: Sequence[str]) -> pd.DataFrame:
        here = [name for name in variants if name in tried]
        return common_scores(reviews, here, criterion).groupby(level="spec_id").mean()

    return runs


def outcome_effect(
    rows: pd.DataFrame,
    plan: ExperimentPlan,
    gap: Estimate,
    groups: pd.Series,
    what: str = "outcome",
) -> Effect:
    """Return a difference of checked outcomes beside the noise floor.

    Parameters
    ----------
    rows : DataFrame
        From :func:`.checked.usable`.
    plan : ExperimentPlan
        With the variants that differ, and those that repeat others.
    gap : Estimate
        Candidate less baseline, as it is reported.
    groups : Series of str
        Group of each unit that both variants were tried on.
    what : str
        What differs.
    """
    pair, single = (plan.baseline, plan.candidate), rows[rows["cases"].isna()]
    keys = [single["unit"].astype("string"), single["variant"].astype("string")]
    tries = [*keys, single["repeat"].astype("string").fillna("")]
    table = single["outcome"].astype(float).groupby(tries).mean().unstack(["variant", "repeat"])
    counts = table.notna().T.groupby(level="variant").sum().T if len(table) else table
    counts = counts.reindex(index=groups.index, columns=list(pair))
    shares = float((1 / counts).sum(axis=1).mean()) if len(groups) else 2.0

    def runs(variants: Sequence[str]) -> pd.DataFrame:
        return table.loc[:, table.columns.get_level_values("variant").isin(list(variants))]

    effect = beside_noise(what, gap, pair, plan, runs, len(groups), shares, clusters=groups)
    return replace(effect, in_percent=bool(rows["outcome"].isin([0, 1]).all()))
