"""What the next SPEC will cost, what a month of them will, and what another routing would save."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.intervals import Typical, typical
from speckit_analysis.analysis.routing import Routing, routed
from speckit_analysis.analysis.selection import Selection
from speckit_analysis.prices import PriceList

#: Fewer SPECs than this, and nothing is predicted.
LEAST_SPECS = 3

#: From so many SPECs on, those that nobody classed are classed by the size of their prompts.
CLASSED = 6

#: Classes by thirds of the median prompt: a stand-in for complexity.
SIZES = ("small prompts", "medium prompts", "large prompts")


def spec_costs(
    calls: pd.DataFrame, complexity: Mapping[str, str] | None = None, value: str = "cost_usd"
) -> Selection:
    """Return what one passage of each SPEC through its stages cost.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``, rows that count; of another routing from
        :func:`~speckit_analysis.analysis.routing.routed`.
    complexity : mapping of str to str, optional
        Class of each SPEC.  By default SPECs are classed by thirds of the median size of their
        prompts, from six SPECs on: prompts are all that is known before the work is paid for.
    value : str
        Column with the cost of a call.

    Returns
    -------
    Selection
        One row per SPEC with ``spec_id``, ``complexity`` (string, missing where there is no
        class), ``stages`` (Int64) and ``cost_usd`` (Float64).  A stage that was run more than
        once counts by the mean of its runs.  Left out: SPECs with a run whose cost is unknown,
        and SPECs that did not go through every stage that most went through.
    """
    runs = calls.groupby(["spec_id", "stage", "run_id"], observed=True).agg(
        calls=(value, "size"), priced=(value, "count"), cost_usd=(value, "sum")
    )
    # A run that nobody measured says nothing; another run of the stage may.
    whole = runs[(runs["priced"] == runs["calls"]) & (runs["cost_usd"] > 0)]
    stages = whole.groupby(["spec_id", "stage"], observed=True)["cost_usd"].mean().reset_index()
    passages = stages.groupby("stage", observed=True)["spec_id"].nunique()
    specs = calls["spec_id"].dropna().astype(str).unique()
    usual = passages.index[passages > len(specs) / 2]
    within = stages[stages["stage"].isin(usual)]
    table = within.groupby("spec_id", observed=True).agg(
        stages=("stage", "nunique"), cost_usd=("cost_usd", "sum")
    )
    table = table.reindex(pd.Index(sorted(specs), name="spec_id")).reset_index()
    table["complexity"] = _classes(calls, table["spec_id"], complexity)
    table = table.astype(
        {"spec_id": "string", "stages": "Int64", "cost_usd": "Float64", "complexity": "string"}
    )[["spec_id", "complexity", "stages", "cost_usd"]]
    reasons = pd.Series(pd.NA, table.index, dtype="string")
    reasons = reasons.mask(table["stages"] < len(usual), "without a cost of every usual stage")
    reasons = reasons.mask(table["cost_usd"].isna(), "without a known cost")
    nothing = pd.DataFrame({"reason": pd.Series(dtype="string"), "rows": pd.Series(dtype="Int64")})
    return Selection(table, nothing, "SPEC").without(reasons)


def _classes(
    calls: pd.DataFrame, specs: pd.Series, complexity: Mapping[str, str] | None
) -> pd.Series:
    if complexity:
        return specs.map(dict(complexity))
    prompts = calls.dropna(subset="prompt_tokens").assign(
        prompt=lambda rows: rows["prompt_tokens"].astype(float)
    )
    # Stages differ in the size of their prompts: each against what is usual for it.
    usual = prompts.groupby("stage", observed=True)["prompt"].transform("median")
    sizes = (prompts["prompt"] / usual).groupby(prompts["spec_id"].astype("string")).median()
    known = specs.map(sizes)
    if known.notna().sum() < CLASSED:
        return pd.Series(pd.NA, specs.index, dtype="string")
    place = (known.rank(method="first") - 1) * len(SIZES) // known.notna().sum()
    return place.map(dict(enumerate(SIZES))).astype("string")


@dataclass(frozen=True)
class Projection:
    """What a SPEC, or some SPECs together, will cost.

    Attributes
    ----------
    specs : int
        SPECs that it rests on.
    number : int
        SPECs that are predicted, together.
    typical : Typical
        Geometric mean of a SPEC's cost, with the interval of that mean.
    expected : float
        Median of what they will cost, USD.
    low, high : float
        Prediction interval of what they will cost, USD; NaN where it is refused.
    refusal : str
        Why there is none; empty where there is one.
    """

    specs: int
    number: int
    typical: Typical
    expected: float
    low: float
    high: float
    refusal: str = ""

    @property
    def sentence(self) -> str:
        """The prediction in words."""
        what = "The next SPEC" if self.number == 1 else wording.count(self.number, "SPEC")
        if self.refusal:
            return f"What {what[0].lower()}{what[1:]} will cost cannot be told: {self.refusal}."
        level = wording.percent(self.typical.confidence)
        return (
            f"{what} will cost {wording.usd(self.expected)}, with a {level} prediction interval of"
            f" {wording.usd(self.low)} to {wording.usd(self.high)}"
            f" ({wording.count(self.specs, 'SPEC')} behind it)."
        )


def project(
    costs: pd.Series, number: int = 1, confidence: float = 0.95, seed: int = 0
) -> Projection:
    """Predict the cost of the next SPECs from that of earlier ones.

    Parameters
    ----------
    costs : Series of float
        Cost of one passage, above 0, one per SPEC.
    number : int
        SPECs to predict, together.
    confidence : float
        Level of the intervals.
    seed : int
        Of the simulated totals.

    Notes
    -----
    Logarithms of costs are taken as normal.  One new SPEC has the closed interval of Student's t
    with the factor sqrt(1 + 1 / n).  The total of several is drawn 20,000 times: a variance from
    the scaled inverse chi-squared distribution that n - 1 degrees of freedom give, a mean given
    that variance, then as many log-normal costs (the predictive distribution under the usual
    reference prior, which for one SPEC is the closed interval).
    """
    logs = np.log(np.sort(costs.to_numpy(dtype=float)))
    n, found = len(logs), typical(costs, confidence)
    nothing = float("nan")
    if n < LEAST_SPECS:
        why = f"{wording.count(n, 'SPEC')} with a known cost, and it takes {LEAST_SPECS}"
        return Projection(n, number, found, nothing, nothing, nothing, why)
    centre, spread, tail = float(logs.mean()), float(logs.std(ddof=1)), (1 - confidence) / 2
    if number == 1:
        reach = -float(special.stdtrit(n - 1, tail)) * spread * np.sqrt(1 + 1 / n)
        low, middle, high = (float(np.exp(centre + side * reach)) for side in (-1, 0, 1))
    else:
        totals = _totals(centre, spread, n, number, seed)
        low, middle, high = np.quantile(totals, [tail, 0.5, 1 - tail]).tolist()
    return Projection(n, number, found, middle, low, high)


def _totals(centre: float, spread: float, n: int, number: int, seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    draws = 20_000
    deviation = spread * np.sqrt((n - 1) / draw.chisquare(n - 1, draws))
    mean = centre + deviation / np.sqrt(n) * draw.normal(size=draws)
    totals = np.zeros(draws)
    for _ in range(number):
        totals += np.exp(mean + deviation * draw.normal(size=draws))
    return totals


def by_complexity(costs: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Predict the next SPEC of each class.

    Parameters
    ----------
    costs : DataFrame
        From :func:`spec_costs`.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        ``complexity`` (all SPECs first), ``specs`` (Int64), ``typical_usd``, ``low_usd`` and
        ``high_usd`` (Float64: prediction interval of one new SPEC, missing below three).
    """
    groups = [("all SPECs", costs)]
    groups += [(str(name), rows) for name, rows in costs.groupby("complexity", sort=False)]
    known = {name: place for place, name in enumerate(SIZES)}
    groups[1:] = sorted(groups[1:], key=lambda group: (known.get(group[0], 9), group[0]))
    table = []
    for name, rows in groups:
        found = project(rows["cost_usd"], 1, confidence)
        table.append((name, len(rows), found.typical.geometric_mean, found.low, found.high))
    names = ["complexity", "specs", "typical_usd", "low_usd", "high_usd"]
    dtypes = dict(zip(names, ["string", "Int64", *["Float64"] * 3], strict=True))
    return pd.DataFrame(table, columns=names).astype(dtypes)


@dataclass(frozen=True)
class Saving:
    """What a routing saves against another, SPEC by SPEC.

    Attributes
    ----------
    name : str
        The routing.
    specs : int
        SPECs whose cost is known under both.
    current_usd, other_usd : float
        Sum over these SPECs.
    saving : float
        Share of the sum that is saved; below 0 where it costs more.
    low, high : float
        Interval of the typical SPEC's saving; NaN where there is none.
    goal : float
        Share that is to be saved at least.
    month_current, month_other : Projection
        What a month's SPECs will cost.
    confidence : float
        Level of the intervals.
    """

    name: str
    specs: int
    current_usd: float
    other_usd: float
    saving: float
    low: float
    high: float
    goal: float
    month_current: Projection
    month_other: Projection
    confidence: float

    @property
    def verdict(self) -> str:
        """``meets the goal``, ``misses the goal``, ``inconclusive`` or ``not estimable``."""
        if np.isnan(self.low):
            return "not estimable"
        if self.low >= self.goal:
            return "meets the goal"
        return "misses the goal" if self.high < self.goal else "inconclusive"

    @property
    def sentence(self) -> str:
        """The saving in words."""
        if not self.specs:
            return f"{self.name}: no SPEC has a known cost under both routings."
        word = "save" if self.saving >= 0 else "cost more by"
        spent = (
            f"{self.name[0].upper()}{self.name[1:]} would {word}"
            f" {wording.percent(abs(self.saving))} of {wording.usd(self.current_usd)} over"
            f" {wording.count(self.specs, 'SPEC')}"
        )
        level = wording.percent(self.confidence)
        typical_spec = (
            ""
            if np.isnan(self.low)
            else f" (a typical SPEC {_share(self.low)} to {_share(self.high)}, {level} interval)"
        )
        return (
            f"{spent}{typical_spec}; against a goal of {wording.percent(self.goal)}:"
            f" {self.verdict}. The tokens are taken as unchanged, and nothing is said of quality."
        )


def _share(share: float) -> str:
    return wording.percent(share) if share >= 0 else f"-{wording.percent(-share)}"


def saving(
    calls: pd.DataFrame,
    routing: Routing,
    *,
    month: int = 20,
    goal: float = 0.2,
    confidence: float = 0.95,
    seed: int = 0,
    prices: PriceList | None = None,
) -> Saving:
    """Hold the cost of another routing against that of the calls as they were made.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``, rows that count.
    routing : Routing
        Who would have worked on what.
    month : int
        SPECs a month.
    goal : float
        Share that is to be saved at least.
    confidence : float
        Level of the intervals.
    seed : int
        Of the projected totals.
    prices : PriceList, optional
        For models that take another's place.

    Notes
    -----
    The saving of a typical SPEC is the geometric mean of its cost ratios, with Student's t on
    logarithms; that of the budget is the ratio of sums.  Shares saved by single SPECs are never
    averaged.
    """
    current = spec_costs(calls).kept.set_index("spec_id")["cost_usd"]
    other = spec_costs(routed(calls, routing, prices)).kept.set_index("spec_id")["cost_usd"]
    both = pd.DataFrame({"current": current, "other": other}).dropna().astype(float)
    ratio = typical(both["other"] / both["current"], confidence)
    sums = both.sum()
    share = 1 - sums["other"] / sums["current"] if len(both) else float("nan")
    return Saving(
        routing.name,
        len(both),
        float(sums["current"]),
        float(sums["other"]),
        float(share),
        1 - ratio.high,
        1 - ratio.low,
        goal,
        project(both["current"], month, confidence, seed),
        project(both["other"], month, confidence, seed),
        confidence,
    )


def savings_sentence(found: list[Saving]) -> str:
    """Say which routing would save most."""
    known = [one for one in found if one.specs]
    if not known:
        return "What another routing would save cannot be told."
    best = max(known, key=lambda one: one.saving)
    if len(known) == 1:
        return best.sentence
    return f"Of {wording.count(len(known), 'other routing')}, this saves most: {best.sentence}"


def savings(
    calls: pd.DataFrame, routings: list[Routing], **options: object
) -> tuple[list[Saving], pd.DataFrame]:
    """Return :func:`saving` for several routings, and as a table.

    Returns
    -------
    (list of Saving, DataFrame)
        The table: ``routing``, ``specs`` (Int64), ``saving_share``, ``low_share``,
        ``high_share``, ``month_usd``, ``month_low_usd``, ``month_high_usd`` (Float64) and
        ``verdict``; the first row is the routing as recorded.
    """
    found = [saving(calls, routing, **options) for routing in routings]  # type: ignore[arg-type]
    rows = []
    if found:
        now = found[0].month_current
        rows.append(("as recorded", found[0].specs, 0.0, np.nan, np.nan, now, ""))
    rows += [
        (one.name, one.specs, one.saving, one.low, one.high, one.month_other, one.verdict)
        for one in found
    ]
    table = pd.DataFrame(
        [
            (name, specs, share, low, high, month.expected, month.low, month.high, verdict)
            for name, specs, share, low, high, month, verdict in rows
        ],
        columns=["routing", "specs", "saving_share", "low_share", "high_share", "month_usd",
                 "month_low_usd", "month_high_usd", "verdict"],
    )  # fmt: skip
    figures = [str(name) for name in table if str(name).endswith(("_share", "_usd"))]
    dtypes = {"routing": "string", "specs": "Int64", "verdict": "string"}
    return found, table.astype(dtypes | dict.fromkeys(figures, "Float64"))
