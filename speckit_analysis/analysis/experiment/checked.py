"""Checked outcomes of two variants on the same units: pass and fail, or numbers.

The candidate is the simpler variant, the baseline the one in use.  What follows from the
differences is decided by the rule for blind scores (:func:`.variants.verdict_of`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec
import numpy as np
import pandas as pd
from scipy import stats  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.advice import Advice
from speckit_analysis.analysis.experiment.noise import outcome_effect
from speckit_analysis.analysis.experiment.pairs import bill_sentence
from speckit_analysis.analysis.experiment.plan import ExperimentPlan
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN, Recommendation
from speckit_analysis.analysis.experiment.rule import Ruling, equal_loss, verdict_of
from speckit_analysis.analysis.experiment.tradeoff import Tradeoff
from speckit_analysis.analysis.margins import ALPHA
from speckit_analysis.analysis.selection import Selection, most_frequent
from speckit_analysis.stats.crossed import Crossed
from speckit_analysis.stats.economics import cost_of_pass, cost_per_success
from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.paired_proportions import exact_gap, shrunken_mean
from speckit_analysis.stats.planning import MOST_UNITS_TOLD
from speckit_analysis.stats.proportions import difference_kept, exact_interval
from speckit_analysis.stats.ratios import Bill, smaller_bill, typical_ratio
from speckit_analysis.tables.results import RESULTS

_AMOUNTS = ["cost_usd", "latency_ms"]
_SUMS = ["cost_usd", "consulting_usd", "latency_ms"]


def usable(outcomes: Selection, plan: ExperimentPlan) -> Selection:
    """Keep the outcomes of the experiment that has a plan's variants.

    Parameters
    ----------
    outcomes : Selection
        Rows of table ``outcomes``.
    plan : ExperimentPlan
        Its experiment, or the one with most rows of its variants, or with most rows.
    """
    rows = outcomes.kept
    names = rows["experiment"].astype("string")
    own = rows["variant"].isin([plan.baseline, plan.candidate])
    chosen = plan.experiment or most_frequent(names[own]) or most_frequent(names)
    reasons = pd.Series(pd.NA, rows.index, dtype="string")
    reasons = reasons.mask(rows["outcome"].isna(), "without an outcome")
    nameless = rows[["unit", "variant"]].isna().any(axis=1)
    reasons = reasons.mask(nameless, "without a unit or a variant")
    elsewhere = (names != chosen).fillna(True).astype(bool)
    reasons = reasons.mask(elsewhere, "of the experiment " + names.fillna("without a name"))
    return outcomes.without(reasons)


def study(outcomes: Selection, plan: ExperimentPlan, experiment: str) -> Checked:
    """Return what one experiment among the outcomes shows of a plan's variants."""
    fixed = msgspec.structs.replace(plan, experiment=experiment)
    return compare_outcomes(usable(outcomes, fixed).kept, fixed)


def named_variants(rows: pd.DataFrame, plan: ExperimentPlan) -> tuple[ExperimentPlan, str]:
    """Return a plan whose variants were tried, and what was chosen in its place.

    Without a plan, of two variants the one that costs less is taken for the simpler one.
    """
    names = sorted(rows["variant"].dropna().astype(str).unique())
    if plan.name or len(names) != 2 or {plan.candidate, plan.baseline} <= set(names):
        return plan, ""
    costs = known(rows["cost_usd"]).groupby(rows["variant"].astype(str)).mean()
    told = costs.notna().all()
    simpler, other = sorted(names, key=lambda name: (costs[name] if told else 0, name))
    why = "which costs less" if told else "first by name, for want of costs"
    fixed = msgspec.structs.replace(plan, candidate=simpler, baseline=other)
    return fixed, f"No plan names the variants; {simpler}, {why}, is taken for the simpler way."


def known(amounts: pd.Series) -> pd.Series:
    """Return amounts with those of 0, which were not recorded, missing."""
    values = amounts.astype("Float64")
    return values.mask(values <= 0)


@dataclass(frozen=True)
class Checked:
    """What checked outcomes of two variants show."""

    baseline: str
    candidate: str
    experiment: str
    #: Share of the baseline's quality that the candidate may lose.
    margin: float
    #: Rows of the experiment, all variants.
    rows: pd.DataFrame
    #: One row per unit that both were tried on: ``candidate``, ``baseline`` and ``group``.
    pairs: pd.DataFrame
    passes: bool
    #: Candidate less baseline.
    gap: Estimate
    #: Candidate less (1 - margin) of the baseline, at the level of a one-sided test.
    kept: Estimate
    #: Ratios of candidate to baseline: of the bills, of a typical unit, of all time taken.
    bill: Bill
    typical: Estimate
    seconds: Estimate
    #: What a success cost with each variant, failures included.
    per_success: dict[str, Estimate]
    tradeoff: Tradeoff
    #: What is left out, and what a reader has to know.
    notes: tuple[str, ...]
    needed: str
    verdict: str
    rule: str

    @property
    def cost(self) -> Estimate:
        """Ratio of the bills, candidate to baseline."""
        return self.bill.ratio

    @property
    def baseline_mean(self) -> float:
        """Mean outcome of the baseline."""
        return float(self.pairs["baseline"].mean())

    @property
    def answer(self) -> str:
        """The verdict in words."""
        replaces = f"{self.candidate} can replace {self.baseline}"
        answers = {ADOPT: replaces, KEEP: f"Keep {self.baseline}"}
        return answers.get(self.verdict, f"Undecided whether {replaces}")

    @property
    def sentence(self) -> str:
        """The recommendation with its numbers."""
        said = " ".join(part for part in (self.needed, *self.notes) if part)
        return f"{self.answer}: {self.numbers}. {said}".strip()

    @property
    def numbers(self) -> str:
        """Outcomes and costs, with intervals and n."""
        return "; ".join(filter(None, (self.quality_words, self.cost_words)))

    @property
    def quality_words(self) -> str:
        """What each variant reached, and the difference."""
        gap = self.gap
        if gap.refusal and not len(self.pairs):
            return gap.refusal
        if not self.passes:
            means = (
                f"{self.candidate} reaches {self.pairs['candidate'].mean():.3g} and"
                f" {self.baseline} {self.baseline_mean:.3g} on average"
                f" ({wording.count(len(self.pairs), 'unit')})"
            )
            told = gap.refusal or f"{gap.value:+.3g} ({gap.low:+.3g} to {gap.high:+.3g})"
            return f"{means}: {told}"
        n = self._cases
        one, other = (self.pairs[name].mean() * n for name in ("candidate", "baseline"))
        share, *bounds = (f"{100 * end:+.1f}" for end in (gap.value, gap.low, gap.high))
        ends = " to ".join(bounds)
        test = ""
        if gap.p_value is not None and gap.smallest_p is not None:
            least = f", smallest possible {gap.smallest_p:.2g}" if gap.smallest_p > 1e-3 else ""
            name = "McNemar test" if gap.unit == "unit" else "test, exchanging variants by group"
            test = f"; exact {name}: {wording.p_value(gap.p_value)}{least}"
        return (
            f"{self.candidate} passes {one:.4g} of {n} and {self.baseline} {other:.4g}:"
            f" {share} percentage points ({ends}{test})"
        )

    @property
    def _cases(self) -> int:
        return int(self.rows["cases"].max()) if self.totals else len(self.pairs)

    @property
    def totals(self) -> bool:
        """Whether only totals are told, so that the pairing of cases is lost."""
        return bool(self.rows["cases"].notna().any())

    @property
    def cost_words(self) -> str:
        """How many times the cost of the one the other costs, in total and typically."""
        total, typical = self.bill.ratio, self.typical
        if not np.isfinite(total.value):
            return ""
        dearer, cheaper = self.baseline, self.candidate
        values = [total.value, total.low, total.high, typical.value, typical.low, typical.high]
        if total.value < 1:
            values = [np.divide(1.0, value) if value else np.inf for value in values]
        else:
            dearer, cheaper = cheaper, dearer
        value, *ends, usual, low, high = values
        level = "" if total.level == 0.95 else f"{100 * total.level:.4g} %: "
        known_ends = not np.isnan(ends).any()
        of_total = f" ({level}{_times(min(ends))} to {_times(max(ends))})" if known_ends else ""
        usually = (
            ""
            if np.isnan(usual)
            else f" and {wording.ratio(usual)} times typically ({_times(min(low, high))} to"
            f" {_times(max(low, high))})"
        )
        each = [
            f"{wording.usd(self.per_success[name].value)} with {name}"
            for name in (self.candidate, self.baseline)
            if name in self.per_success and np.isfinite(self.per_success[name].value)
        ]
        success = f"; a success costs {' and '.join(each)}" if len(each) == 2 else ""
        return (
            f"{dearer} costs {wording.ratio(value)} times as much as {cheaper} in"
            f" total{of_total}{usually}{success}"
        )

    def recommendation(self) -> Recommendation:
        """Return the recommendation."""
        return Recommendation(
            f"{self.candidate} in place of {self.baseline} (checked outcomes)",
            self.baseline,
            self.verdict,
            self.rule,
            self.numbers if len(self.pairs) else "",
            f"{wording.exact_percent(self.margin)} of the quality may be lost",
            self.needed or "Other models, prompts or kinds of task.",
            "decision",
        )

    def table(self) -> pd.DataFrame:
        """Return the result ``variant_estimates``; no rows without outcomes of both."""
        if not len(self.pairs):
            return RESULTS["variant_estimates"].of([])
        kept = wording.exact_percent(1 - self.margin)
        estimates = {
            f"{self.candidate} less {self.baseline}": self.gap,
            f"… kept above {kept} of {self.baseline}": self.kept,
            f"cost in total, {self.candidate} over {self.baseline}": self.bill.ratio,
            "… of a typical unit": self.typical,
            f"time in total, {self.candidate} over {self.baseline}": self.seconds,
            **{f"USD a success, {name}": one for name, one in self.per_success.items()},
        }
        rows = [
            (what, one.value, one.low, one.high, one.n, one.level, one.refusal or one.method)
            for what, one in estimates.items()
        ]
        return RESULTS["variant_estimates"].of(rows)

    def counts(self) -> pd.DataFrame:
        """Return the result ``outcome_pairs``: which units passed with which variant."""
        both = self.pairs[["candidate", "baseline"]]
        if both.empty or self.totals or not both.isin([0, 1]).all(axis=None):
            return RESULTS["outcome_pairs"].of([])
        one, other = (both[name].astype(bool) for name in both)
        kinds = [(one & other), (one & ~other), (~one & other), ~(one | other)]
        exact = (self.gap.p_value, self.gap.smallest_p)
        names = (self.candidate, self.baseline, len(both))
        return RESULTS["outcome_pairs"].of([(*names, *(int(kind.sum()) for kind in kinds), *exact)])


def _times(value: float) -> str:
    return wording.ratio(value) if np.isfinite(value) else "no upper limit"


def compare_outcomes(rows: pd.DataFrame, plan: ExperimentPlan, *, alpha: float = ALPHA) -> Checked:
    """Compare a simpler variant with the one in use on checked outcomes.

    Parameters
    ----------
    rows : DataFrame
        From :func:`usable`.
    plan : ExperimentPlan
        Variants and margin.
    alpha : float
        One-sided level of the test of the margin; intervals have level 1 - alpha.

    Notes
    -----
    Repeats of a unit are averaged first.  Units of one group are not independent.  A total, of
    which nobody told the cases, is compared by Newcombe's interval of independent shares.
    """
    fixed, chosen = named_variants(rows, plan)
    tried = sorted(rows["variant"].astype(str).unique())
    if not {fixed.candidate, fixed.baseline} <= set(tried):
        more = [f"{len(tried) - 9} more"] if len(tried) > 9 else []
        chosen = (
            f"Outcomes are of {wording.listed([*tried[:9], *more])}: name two of them as baseline"
            " and candidate in a plan."
        )
    names = (fixed.candidate, fixed.baseline)
    mean = _by_unit(rows, "outcome", names)
    pairs = mean.dropna().set_axis(["candidate", "baseline"], axis=1)
    groups = rows.drop_duplicates("unit").set_index("unit")["group"].astype("string")
    of_unit = groups.reindex(pairs.index)
    pairs = pairs.assign(group=of_unit.fillna(pairs.index.to_series()).astype("string"))
    own = rows[rows["variant"].isin(names)]
    passes = bool(own["outcome"].isin([0, 1]).all() or own["cases"].notna().any())
    unit = "group" if of_unit.notna().any() else "unit"
    totals = bool(own["cases"].notna().any())
    gap, kept = (_totals if totals else _paired)(own, pairs, fixed, alpha, passes, unit)
    costs = [_by_unit(rows, name, names, known).dropna() for name in _AMOUNTS]
    bill, seconds = (
        _bill(table, pairs["group"], 1 - 2 * alpha, fixed.blow_up, unit) for table in costs
    )
    typical = _typical(costs[0], 1 - alpha, unit)
    extra = pd.DataFrame({"points": pairs["baseline"] - pairs["candidate"]})
    extra = (costs[0][names[1]] - costs[0][names[0]]).to_frame("cost_usd").join(extra, how="inner")
    tradeoff = Tradeoff(
        fixed.baseline,
        fixed.candidate,
        extra,
        fixed.worth_usd,
        without_cost=len(pairs) - len(extra),
        level=1 - alpha,
        gain="success" if passes else "point",
        unit="unit",
    )
    quality, ready = Crossed(gap, gap), Crossed(kept, kept)
    noise = outcome_effect(rows, fixed, gap, pairs["group"])
    verdict, rule, obstacle = _equal_loss(pairs, fixed) or verdict_of(
        quality,
        ready,
        bill.ratio,
        seconds.ratio,
        net=tradeoff.net if fixed.worth_chosen else None,
        inside_noise=bool(noise.inside_noise),
    )
    rule = rule.replace("SPECs", "units")
    if totals and gap.n and verdict != OPEN:
        verdict, rule = OPEN, "each variant was run once: how far a second run differs is not known"
    needed = ""
    if verdict == OPEN and not totals:
        if kept.low > 0:
            own_costs = costs[0][list(names)]
            settle = Advice(quality, pairs, np.nan, own_costs, tradeoff, fixed, alpha)
            needed = settle.on(obstacle)
        else:
            needed = _needed(pairs, fixed, alpha, gap)
    done = len(pairs)
    if done < fixed.specs and verdict != OPEN:
        rule = f"{done} of {wording.count(fixed.specs, 'planned unit')} are checked"
        verdict, needed = OPEN, f"Check the other {wording.count(fixed.specs - done, 'unit')}."
    proved = _proved(pairs, fixed, alpha, unit) if passes and not totals and not gap.refusal else ""
    return Checked(
        baseline=fixed.baseline,
        candidate=fixed.candidate,
        experiment=most_frequent(rows["experiment"]),
        margin=fixed.margin,
        rows=rows,
        pairs=pairs,
        passes=passes,
        gap=gap,
        kept=kept,
        bill=bill,
        typical=typical,
        seconds=seconds.ratio,
        per_success=_per_success(own, pairs, names, 1 - alpha) if passes else {},
        tradeoff=tradeoff,
        notes=tuple(
            filter(None, (chosen, proved, *_notes(mean, pairs, costs[0], own, totals, bill)))
        ),
        needed=needed,
        verdict=verdict,
        rule=rule,
    )


def _by_unit(
    rows: pd.DataFrame,
    column: str,
    names: tuple[str, str],
    clean: Callable[[pd.Series], pd.Series] | None = None,
) -> pd.DataFrame:
    """Return the mean of the repeats, units by the two variants."""
    values = rows[column] if clean is None else clean(rows[column])
    keys = [rows["unit"].astype("string"), rows["variant"].astype("string")]
    table = values.astype(float).groupby(keys).mean().unstack("variant")
    return table.reindex(columns=list(names)).astype(float)


def _paired(
    own: pd.DataFrame,
    pairs: pd.DataFrame,
    plan: ExperimentPlan,
    alpha: float,
    passes: bool,
    unit: str,
) -> tuple[Estimate, Estimate]:
    one, other = (pairs[name].to_numpy(float) for name in ("candidate", "baseline"))
    labels, share = pairs["group"].to_numpy(str), 1 - plan.margin
    if not len(pairs):
        why = f"no unit has outcomes of both {plan.candidate} and {plan.baseline}"
        gap, kept = (
            not_estimable(0, why, method="paired", level=1 - a) for a in (alpha, 2 * alpha)
        )
        return gap, kept
    left = one - share * other
    if not passes:
        return (
            shrunken_mean(one - other, labels, 1 - alpha, (), unit),
            shrunken_mean(left, labels, 1 - 2 * alpha, (), unit),
        )
    # Losses are what a test of the margin must not miss: two of them, and one gain, are added.
    phantoms = (1.0, -share, -share)
    return (
        exact_gap(one - other, labels, 1 - alpha, unit),
        replace(
            shrunken_mean(left, labels, 1 - 2 * alpha, phantoms, unit), value=float(left.mean())
        ),
    )


def _totals(
    own: pd.DataFrame,
    pairs: pd.DataFrame,
    plan: ExperimentPlan,
    alpha: float,
    passes: bool,
    unit: str,
) -> tuple[Estimate, Estimate]:
    """Compare two totals of as many cases, whose pairing is lost."""
    rows = own[own["cases"].notna() & own["unit"].isin(pairs.index)]
    cases = rows["cases"].to_numpy(int)
    passed = np.rint(rows["outcome"].to_numpy(float) * cases).astype(int)
    told = zip(passed.tolist(), cases.tolist(), strict=True)
    counts = dict(zip(rows["variant"].astype(str), told, strict=True))
    names = [plan.candidate, plan.baseline]
    if len(rows) != 2 or sorted(counts) != sorted(names):
        return _paired(own, pairs.head(0), plan, alpha, passes, unit)
    (hits, n), (others, other_n) = (counts[name] for name in names)
    return (
        difference_kept(hits, n, others, other_n, 1.0, 1 - alpha),
        difference_kept(hits, n, others, other_n, 1 - plan.margin, 1 - 2 * alpha),
    )


def _proved(pairs: pd.DataFrame, plan: ExperimentPlan, alpha: float, unit: str) -> str:
    """Say how much of what the baseline passes the candidate is proved to keep."""
    one, other = (pairs[name].to_numpy(float) for name in ("candidate", "baseline"))
    labels = pairs["group"].to_numpy(str)
    for share in np.arange(99, 0, -1) / 100:
        bound = shrunken_mean(
            one - share * other, labels, 1 - 2 * alpha, (1.0, -share, -share), unit
        )
        if bound.low > 0:
            kept = wording.exact_percent(share)
            return (
                f"{plan.candidate} keeps at least {kept} of what {plan.baseline} passes"
                f" ({100 * (1 - alpha):.4g} %, one-sided)."
            )
    return ""


def _equal_loss(pairs: pd.DataFrame, plan: ExperimentPlan) -> Ruling | None:
    """Rule on numbers that all units lose alike, each a group of its own."""
    if pairs.empty or pairs["group"].duplicated().any():
        return None
    gaps = (pairs["candidate"] - pairs["baseline"]).to_numpy(float)
    return equal_loss(gaps, plan.margin * float(pairs["baseline"].mean()))


def _bill(table: pd.DataFrame, groups: pd.Series, level: float, blow_up: float, unit: str) -> Bill:
    whole = table.groupby(groups.reindex(table.index).fillna(table.index.to_series())).sum()
    if len(whole) < 2:
        why = "fewer than 2 units tell it for both" if len(whole) < 1 else "each was run once"
        refused = not_estimable(len(whole), why, method="Fieller", level=level, unit=unit)
        if len(whole):
            spent, other = whole.to_numpy(float)[0]
            refused = replace(refused, value=float(spent / other))
        return Bill(refused, blow_up, 0.0)
    one, other = (whole[name].to_numpy(float) for name in whole)
    return smaller_bill(one, other, level, blow_up, unit)


def _typical(table: pd.DataFrame, level: float, unit: str) -> Estimate:
    if len(table) < 2:
        why = "fewer than 2 units tell it for both"
        return not_estimable(len(table), why, method="t on logarithms", level=level, unit=unit)
    one, other = (table[name].to_numpy(float) for name in table)
    return typical_ratio(one, other, level, unit)


def _per_success(
    own: pd.DataFrame, pairs: pd.DataFrame, names: tuple[str, str], level: float
) -> dict[str, Estimate]:
    """Return what a success cost with each variant for which the cost of every try is known."""
    found = {}
    for name in names:
        rows = own[own["variant"] == name]
        if known(rows["cost_usd"]).isna().any():  # those of failures are the ones that get lost
            continue
        if rows["cases"].notna().any():
            row = rows.iloc[0]
            n = int(row["cases"])
            hits = round(float(row["outcome"]) * n)
            found[name] = cost_of_pass(float(row["cost_usd"]) / n, hits, n, level)
            continue
        by = rows.assign(at=pairs["group"].reindex(rows["unit"]).fillna("").to_numpy())
        by["at"] = by["at"].where(by["at"] != "", by["unit"])
        sums = by.groupby("at")[["cost_usd", "outcome"]].agg(["sum", "size"])
        found[name] = cost_per_success(
            sums["cost_usd", "sum"].to_numpy(float),
            sums["outcome", "sum"].to_numpy(float),
            sums["outcome", "size"].to_numpy(float),
            level,
        )
    return found


def _needed(pairs: pd.DataFrame, plan: ExperimentPlan, alpha: float, gap: Estimate) -> str:
    """Say how many units would settle it if both are equally good, with a chance of 80 %."""
    if len(pairs) < 2:
        return "Check both variants on the same units."
    if gap.refusal:
        return f"No interval: {gap.refusal}."
    points = plan.margin * float(pairs["baseline"].mean())
    spread = gap.standard_error * np.sqrt(len(pairs))
    if points <= 0:
        return f"{plan.baseline} does not score above 0, so a share of its quality is no margin."
    reach = stats.norm.ppf(1 - alpha) + stats.norm.ppf(0.8)
    units = int(np.ceil((reach * spread / points) ** 2))
    if units <= len(pairs):
        return ""
    if units > MOST_UNITS_TOLD:
        return "No feasible number of units would settle it at this margin."
    return (
        f"{wording.count(units - len(pairs), 'more unit')} would settle the margin with a"
        " probability of 80 % if both are equally good."
    )


def _notes(
    mean: pd.DataFrame,
    pairs: pd.DataFrame,
    costs: pd.DataFrame,
    own: pd.DataFrame,
    totals: bool,
    bill: Bill,
) -> list[str]:
    """Return what a reader has to know beside the numbers."""
    alone, unpriced = len(mean) - len(pairs), len(pairs) - costs.index.isin(pairs.index).sum()
    notes = []
    if alone and len(pairs):
        left = wording.count(alone, "unit")
        notes.append(f"{left} without an outcome of both variants left out.")
    if unpriced:
        notes.append(f"The cost of {wording.count(unpriced, 'unit')} is not known for both.")
    if totals:
        notes.append(
            "Only totals are told, so the pairing of cases is lost: the interval is that of"
            " independent shares, too wide rather than too narrow."
        )
    for stated, row in (
        own.dropna(subset="outcome_stated").groupby("outcome_stated").first().iterrows()
    ):
        notes.append(
            f"The source states {100 * float(stated):g} % for {row['variant']}, which its own"  # type: ignore[arg-type]
            f" counts contradict ({row['passes']} of {row['cases']}): the counts are used."
        )
    notes.append(bill_sentence(bill, str(costs.columns[0])))
    return notes


def rates(rows: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Return the result ``outcome_rates``: what each variant reached, with an exact interval."""
    found = []
    for name, own in rows.groupby(rows["variant"].astype(str)):
        n = int(own["cases"].sum()) if own["cases"].notna().any() else own["unit"].nunique()
        weight = own["cases"].astype("Float64").fillna(1.0)
        value = float((own["outcome"] * weight).sum() / weight.sum())
        shares = own["outcome"].isin([0, 1]).all() or own["cases"].notna().any()
        ends = exact_interval(value * n, n, level) if shares else (np.nan, np.nan)
        spent = known(own["cost_usd"])
        sums = [own[column].astype("Float64").sum(min_count=1) for column in _SUMS]
        found.append((name, n, value, *ends, *sums, int(spent.notna().sum()), len(own)))
    return RESULTS["outcome_rates"].of(found)


def reruns(rows: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Return the result ``outcome_reruns``: how far a variant differs from itself.

    Parameters
    ----------
    rows : DataFrame
        Outcomes of both experiments, one row per unit and variant of each.
    first, second : str
        Experiments that tried the same variants on some units both.
    """
    keys = [rows[name].astype("string") for name in ("variant", "unit", "experiment")]
    both = rows["outcome"].astype(float).groupby(keys).mean().unstack("experiment")
    both = both.reindex(columns=[first, second]).dropna()
    differ = (both[first] != both[second]).groupby(level="variant").agg(["size", "sum"])
    return RESULTS["outcome_reruns"].of(
        differ.reset_index().set_axis(["variant", "units", "differ"], axis=1)
    )
