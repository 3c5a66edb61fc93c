"""What an arbiter's overrides are worth, stage by stage, and where the arbiter can go."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN, Recommendation
from speckit_analysis.analysis.intervals import share
from speckit_analysis.analysis.margins import ALPHA, LEAST_SPECS
from speckit_analysis.analysis.selection import (
    NOT_TOLD,
    Selection,
    in_experiment,
    most_frequent,
    spec_of,
)
from speckit_analysis.stats.multiplicity import any_may_win
from speckit_analysis.stats.net_share import NetShare, net_share
from speckit_analysis.stats.paired import sign_flip_of_counts
from speckit_analysis.stats.proportions import sign_test
from speckit_analysis.tables.results import RESULTS
from speckit_analysis.tables.vocabulary import ASSESSMENTS

#: What a change is worth to the outcome.
_WORTH = dict(zip(ASSESSMENTS, (1, 0, -1), strict=True))

#: How changes ended.
_IN_WORDS = dict(zip(ASSESSMENTS, ("for the better", "neither way", "for the worse"), strict=True))

#: What an override that nobody assessed is taken for, when it is counted against a verdict.
_AGAINST = {KEEP: -1.0, ADOPT: 1.0}

#: From so many more SPECs on, their number is no plan.
_MANY = 100

_UNASSESSED = "it would not hold if the overrides that nobody assessed were counted against it"


def cases(arbitrations: Selection, experiment: str = "", variant: str = "") -> Selection:
    """Keep the outcomes that one arbiter was asked about.

    Parameters
    ----------
    arbitrations : Selection
        Rows of table ``arbitrations``.
    experiment : str
        Only this one; the one with most rows, if not told.
    variant : str
        The arbiter; the one that was asked most often, if not told.

    Notes
    -----
    A row is taken for an outcome: where several reviewers assessed the same one, the rows tell no
    two outcomes from one, as none has an id.
    """
    frame = arbitrations.kept
    reasons = pd.Series(pd.NA, frame.index, dtype="string")
    asked, changed = (frame[column].fillna(False) for column in ("invoked", "override"))
    reasons = reasons.mask(~asked & changed, "changed without the arbiter having been asked")
    reasons = reasons.mask(~asked & ~changed, "without the arbiter")
    arbiters = frame["variant"].astype("string").fillna(NOT_TOLD)
    here = in_experiment(frame, experiment)
    chosen = variant or most_frequent(arbiters[asked & frame["override"].notna() & here])
    reasons = reasons.mask(asked & (arbiters != chosen), "of another variant of the arbiter")
    reasons = reasons.mask(frame["override"].isna(), "that do not tell whether it overrode")
    reasons = reasons.mask(~here, "of another experiment")
    return arbitrations.without(reasons)


def judge(rows: pd.DataFrame, least_benefit: float) -> Arbitration:
    """Return how often the arbiter overrode, what that was worth, and what follows, by stage.

    Parameters
    ----------
    rows : DataFrame
        From :func:`cases`.
    least_benefit : float
        Share of outcomes that the arbiter has to improve, less those that it degrades, to be worth
        asking; fixed beforehand.

    Notes
    -----
    The SPEC is what is independent.  The arbiter can go where its net worth is proved to lie below
    `least_benefit` (:func:`speckit_analysis.stats.net_share.net_share`); it stays where that is
    proved to lie above 0 (exchanged signs of the sums of SPECs, which is exact, at half the level);
    else it is open, and below five known SPECs always.  Several stages are corrected for (Holm).
    Overrides that nobody assessed are left out, but either verdict has to hold with them as well:
    staying if they were for the worse, going if they were improvements.
    """
    order = rows["stage"].sort_values().astype("string").fillna(NOT_TOLD).unique()
    groups = [rows[rows["stage"].astype("string").fillna(NOT_TOLD) == stage] for stage in order]
    judgements = _judged(groups, least_benefit)
    table = [
        _row(stage, group) | vars(judgement)
        for stage, group, judgement in zip(order, groups, judgements, strict=True)
    ]
    return Arbitration(RESULTS["arbiter_stages"].of(table), least_benefit)


def _judged(groups: Sequence[pd.DataFrame], least_benefit: float) -> list[Judgement]:
    """Judge stages, and leave open what overrides that nobody assessed could overturn."""
    assessed = [_worths(group) for group in groups]
    judged = judge_stages(assessed, least_benefit)
    if all(len(values) == len(group) for (values, _), group in zip(assessed, groups, strict=True)):
        return judged
    for verdict, worth in _AGAINST.items():
        strict = judge_stages([_worths(group, worth) for group in groups], least_benefit)
        judged = [
            replace(one, more_specs=0, verdict=OPEN, rule=_UNASSESSED)
            if one.verdict == verdict != other.verdict
            else one
            for one, other in zip(judged, strict, strict=True)
        ]
    return judged


@dataclass(frozen=True)
class Judgement:
    """What follows for one stage, with the p-values behind it (corrected for several stages)."""

    keep_p: float
    drop_p: float
    #: To settle it 4 times in 5, if the net worth is as found; 0 where it is settled, or takes
    #: assessing what nobody assessed; None where nothing could.
    more_specs: int | None
    verdict: str
    rule: str


def judge_stages(
    outcomes: Sequence[tuple[np.ndarray, np.ndarray]], least_benefit: float
) -> list[Judgement]:
    """Return what follows for each of several stages.

    Parameters
    ----------
    outcomes : sequence of (ndarray of float, ndarray)
        Of each stage: 1, 0 or -1 for each outcome, and its SPEC; those named ``not told`` are
        one cluster, and no SPEC.
    least_benefit : float
        As for :func:`judge`.
    """
    worths = [net_share(values, specs) for values, specs in outcomes]
    keep = any_may_win([_p_of_gain(values, specs) for values, specs in outcomes])
    drop = any_may_win([worth.p_below(least_benefit) for worth in worths])
    judged = []
    for (_, names), worth, keep_p, drop_p in zip(outcomes, worths, keep, drop, strict=True):
        specs = len(set(names.astype(str)) - {NOT_TOLD})
        verdict, rule = _verdict(specs, keep_p, drop_p, least_benefit)
        needed = _more_specs(worth, specs, least_benefit, ALPHA / len(worths))
        judged.append(Judgement(keep_p, drop_p, needed if verdict == OPEN else 0, verdict, rule))
    return judged


def _verdict(specs: int, keep_p: float, drop_p: float, least_benefit: float) -> tuple[str, str]:
    limit = wording.exact_percent(least_benefit)
    if specs < LEAST_SPECS:
        return OPEN, f"below {LEAST_SPECS} SPECs nothing is recommended"
    if drop_p <= ALPHA:
        return ADOPT, f"the net worth is proved to lie below {limit}"
    if keep_p <= ALPHA / 2:
        return KEEP, "the net worth is proved to lie above 0"
    return OPEN, f"the net worth is proved neither above 0 nor below {limit}"


def _p_of_gain(values: np.ndarray, specs: np.ndarray) -> float:
    """Return the one-sided p-value of a net worth of at most 0."""
    codes = np.unique(specs.astype(str), return_inverse=True)[1]
    return sign_flip_of_counts(np.bincount(codes, values).round())


def _worths(rows: pd.DataFrame, unassessed: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return the worth and the SPEC of each outcome that was assessed or left alone.

    The others are left out, or taken to be worth `unassessed`.
    """
    worth = rows["assessment"].astype("string").map(_WORTH).astype("Float64")
    worth = worth.mask(~rows["override"].astype(bool), 0.0)
    if unassessed is not None:
        worth = worth.fillna(unassessed)
    known = rows[worth.notna()]
    # Without a SPEC each record would stand for itself, which nothing tells.
    return worth.dropna().to_numpy(float), spec_of(known).to_numpy()


def _more_specs(worth: NetShare, specs: int, least_benefit: float, alpha: float) -> int | None:
    """Return how many more SPECs would settle it, if the net worth is as found."""
    # Even if each SPEC gains, their exchanged signs give no p-value below 1 in 2 to their number.
    keep = max(worth.clusters_to_prove(0.0, alpha / 2), np.ceil(-np.log2(alpha / 2)))
    needed = min(
        keep if worth.value > 0 else np.inf,
        worth.clusters_to_prove(least_benefit, alpha) if worth.value < least_benefit else np.inf,
    )
    least = max(needed - worth.clusters, LEAST_SPECS - specs, 1)
    return None if np.isinf(least) else int(least)


def _row(stage: str, rows: pd.DataFrame) -> dict[str, object]:
    values, specs = _worths(rows)
    worth = net_share(values, specs)
    overrides = rows["override"].astype(bool)
    counts = rows.loc[overrides, "assessment"].value_counts()
    assessed = {name: int(counts.get(name, 0)) for name in ASSESSMENTS}
    rate = share(overrides, rows["spec_id"].astype("string"))
    low, high = worth.interval()
    return {
        "stage": stage,
        "cases": len(rows),
        "specs": len(set(specs) - {NOT_TOLD}),
        "overrides": int(overrides.sum()),
        "unassessed": int(overrides.sum()) - sum(assessed.values()),
        **assessed,
        **rows[["errors_caught", "false_positives"]].sum(min_count=1),
        "priced": rows["cost_usd"].count(),
        "override_rate": rate.estimate,
        "rate_low": rate.low,
        "rate_high": rate.high,
        "net": worth.value,
        "net_low": low,
        "net_high": high,
        "sign_p": sign_test(assessed[ASSESSMENTS[0]], assessed[ASSESSMENTS[-1]]),
        **rows[["cost_usd", "latency_ms"]].mean(),
    }


@dataclass(frozen=True)
class Arbitration:
    """What an arbiter is worth at each stage."""

    #: The result ``arbiter_stages``, in the order of stages.
    stages: pd.DataFrame
    #: Share of outcomes to be improved, less those degraded, that was fixed beforehand.
    least_benefit: float

    @property
    def sentence(self) -> str:
        """Where the arbiter stays, where it can go, and where that is open."""
        if self.stages.empty:
            return "No outcome was recorded that an arbiter was asked about."
        parts = [
            f"{words} {wording.listed(names)}"
            for verdict, words in (
                (KEEP, "Keep the arbiter at"),
                (ADOPT, "drop it at"),
                (OPEN, "it is open at"),
            )
            if (names := self.stages.loc[self.stages["verdict"] == verdict, "stage"].tolist())
        ]
        stages = "; ".join(parts)
        changed, total = (int(self.stages[name].sum()) for name in ("overrides", "cases"))
        ends = [f"{self.stages[name].sum()} {words}" for name, words in _IN_WORDS.items()]
        if unassessed := int(self.stages["unassessed"].sum()):
            ends.append(f"{unassessed} of them nobody assessed")
        return (
            f"{stages[0].upper()}{stages[1:]}. It changed {changed} of"
            f" {wording.count(total, 'outcome')}: {wording.listed(ends)}."
        )

    @property
    def overrides(self) -> pd.DataFrame:
        """The result ``arbiter_overrides``: how often it changed something, and how that ended."""
        return RESULTS["arbiter_overrides"].of(self.stages)

    def recommendations(self) -> list[Recommendation]:
        """Return one recommendation a stage; one that says so, where nothing was recorded."""
        benefit = wording.exact_percent(self.least_benefit)
        margin = f"worth asking from a net {benefit} of outcomes on"
        if self.stages.empty:
            why = "no outcome was recorded that an arbiter was asked about"
            collect = "Record and assess outcomes of 5 SPECs at least, changed or not."
            names = ("no arbiter", "the arbiter")
            return [Recommendation(*names, OPEN, why, "", margin, collect, "arbiter")]
        return [_recommendation(row, margin) for row in self.stages.to_dict("records")]


def price_sentence(stages: pd.DataFrame) -> str:
    """Say what asking cost, and what an outcome costs that came out better on balance."""
    priced, total = int(stages["priced"].sum()), int(stages["cases"].sum())
    if not priced:
        return "What asking the arbiter costs was not recorded."
    cost = float((stages["cost_usd"] * stages["priced"]).sum())
    paid = wording.usd(cost)
    gained = int(stages["improvement"].sum() - stages["degradation"].sum())
    if priced < total:
        return (
            f"Asking it cost {paid} for the {wording.count(priced)} of"
            f" {wording.count(total, 'outcome')} whose cost was recorded; {_gained(gained)}."
        )
    each = f": {wording.usd(cost / gained)} for each" if gained > 0 else ""
    return f"Asking it for {wording.count(total, 'outcome')} cost {paid}; {_gained(gained)}{each}."


def _gained(gained: int) -> str:
    if not gained:
        return "as many came out better as worse"
    return f"{wording.count(abs(gained))} more came out {'better' if gained > 0 else 'worse'}"


def _recommendation(row: Mapping[Hashable, Any], margin: str) -> Recommendation:
    unassessed = wording.count(row["unassessed"])
    numbers = (
        f"improved less degraded: {_points(row['net'])} of outcomes"
        f" ({_points(row['net_low'])} to {_points(row['net_high'])};"
        f" {wording.count(row['overrides'])} of {wording.count(row['cases'], 'outcome')} changed,"
        f"{f' {unassessed} of them nobody assessed,' if row['unassessed'] else ''}"
        f" {wording.count(row['specs'], 'SPEC')})"
    )
    return Recommendation(
        f"no arbiter at {row['stage']}",
        f"the arbiter at {row['stage']}",
        str(row["verdict"]),
        str(row["rule"]),
        numbers,
        margin,
        _change(row),
        "arbiter",
    )


def _points(value: object) -> str:
    return wording.MISSING if pd.isna(value) else f"{100 * float(value):+.0f} %"  # type: ignore[call-overload, arg-type]


def _change(row: Mapping[Hashable, Any]) -> str:
    if row["verdict"] != OPEN:
        return "Another model, prompt or arbiter: this holds for those that were tried."
    if row["rule"] == _UNASSESSED:
        return f"Assess {wording.all_of(row['unassessed'], 'override')} that nobody assessed."
    if row["specs"] < LEAST_SPECS and pd.isna(row["more_specs"]):
        return f"Assess outcomes of {LEAST_SPECS} SPECs at least."
    many = pd.isna(row["more_specs"]) or row["more_specs"] > _MANY
    more = (
        f"more than {_MANY} more SPECs" if many else wording.count(row["more_specs"], "more SPEC")
    )
    return f"Outcomes of {more}, if the net worth is as found."
