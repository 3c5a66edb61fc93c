"""What the next SPEC will cost, and what a month of them will."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.intervals import typical
from speckit_analysis.analysis.selection import Selection, in_part
from speckit_analysis.analysis.wording import suggestion
from speckit_analysis.errors import EvidenceError
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.paired import ROUNDING

#: Fewer SPECs than this, and nothing is predicted.
LEAST_SPECS = 3

#: An interval whose ends lie further apart than this factor says nothing.
WIDEST = 1e6

#: From so many SPECs on, those that nobody classed are classed by the size of their prompts.
CLASSED = 6

#: Classes by thirds of the median prompt: a stand-in for complexity.
SIZES = ("small prompts", "medium prompts", "large prompts")


def usual_stages(calls: pd.DataFrame, value: str = "cost_usd") -> list[str]:
    """Return the stages that most SPECs went through at a known cost.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``, rows that count.
    value : str
        Column with the cost of a call.
    """
    return _usual(_stage_costs(calls, value), calls["spec_id"].nunique())


def _usual(stages: pd.DataFrame, specs: int) -> list[str]:
    passages = stages.groupby("stage", observed=True)["spec_id"].nunique()
    return [str(name) for name in passages.index[passages > specs / 2]]


def _stage_costs(calls: pd.DataFrame, value: str) -> pd.DataFrame:
    runs = (
        calls[~in_part(calls)]
        .groupby(["spec_id", "stage", "run_id"], observed=True)
        .agg(calls=(value, "size"), priced=(value, "count"), cost_usd=(value, "sum"))
    )
    # A run that was not measured as a whole says nothing; another run of the stage may.
    whole = runs[(runs["priced"] == runs["calls"]) & (runs["cost_usd"] > 0)]
    return whole.groupby(["spec_id", "stage"], observed=True)["cost_usd"].mean().reset_index()


def spec_costs(
    calls: pd.DataFrame,
    complexity: Mapping[str, str] | None = None,
    value: str = "cost_usd",
    usual: Collection[str] | None = None,
) -> Selection:
    """Return what one passage of each SPEC through its stages cost.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``, rows that count; of another routing from
        :func:`.routing.routed`.
    complexity : mapping of str to str, optional
        Class of each SPEC.  By default SPECs are classed by thirds of the median size of their
        prompts, from six SPECs on: prompts are all that is known before the work is paid for.
    value : str
        Column with the cost of a call.
    usual : collection of str, optional
        Stages of a passage, by default those of :func:`usual_stages`.  Of calls under another
        routing, give those of today's work: a stage that nobody works on is not saved.

    Returns
    -------
    Selection
        One row per SPEC with ``spec_id``, ``complexity`` (string, missing where there is no
        class), ``stages`` (Int64) and ``cost_usd`` (Float64).  A stage that was run more than
        once counts by the mean of its runs whose every call counts.  Left out: SPECs without a
        known cost, and SPECs without one of every usual stage.

    Raises
    ------
    EvidenceError
        If `complexity` names a SPEC that is not there.
    """
    stages = _stage_costs(calls, value)
    specs = calls["spec_id"].dropna().astype(str).unique()
    usual = _usual(stages, len(specs)) if usual is None else usual
    within = stages[stages["stage"].isin(usual)]
    table = within.groupby("spec_id", observed=True).agg(
        stages=("stage", "nunique"), cost_usd=("cost_usd", "sum")
    )
    table = table.reindex(pd.Index(sorted(specs), name="spec_id")).reset_index()
    table["complexity"] = complexity_classes(calls, table["spec_id"], complexity)
    table = table.astype(
        {"spec_id": "string", "stages": "Int64", "cost_usd": "Float64", "complexity": "string"}
    )[["spec_id", "complexity", "stages", "cost_usd"]]
    reasons = pd.Series(pd.NA, table.index, dtype="string")
    reasons = reasons.mask(table["stages"] < len(usual), "without a cost of every usual stage")
    reasons = reasons.mask(table["cost_usd"].isna(), "without a known cost")
    nothing = pd.DataFrame({"reason": pd.Series(dtype="string"), "rows": pd.Series(dtype="Int64")})
    return Selection(table, nothing, "SPEC").without(reasons)


def complexity_classes(
    calls: pd.DataFrame, specs: pd.Series, complexity: Mapping[str, str] | None = None
) -> pd.Series:
    """Return the class of each SPEC, missing where there is none.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``, rows that count.
    specs : Series of string
        The SPECs.
    complexity : mapping of str to str, optional
        As for :func:`spec_costs`.

    Raises
    ------
    EvidenceError
        If `complexity` names a SPEC that is not there.
    """
    if complexity:
        known_specs = {*calls["spec_id"].dropna().astype(str), *specs.dropna().astype(str)}
        unknown = sorted(set(complexity) - set(known_specs))
        if unknown:
            raise EvidenceError(
                f"complexity of {unknown[0]!r}: no such SPEC in this evidence;"
                f" {suggestion(unknown[0], sorted(known_specs))}"
            )
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
    typical : Estimate
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
    typical: Estimate
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
        level = wording.exact_percent(self.typical.level)
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
        Cost of one passage, one per SPEC; with one that is not above 0, nothing is predicted.
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
    values = np.sort(costs.to_numpy(dtype=float))
    n, found, nothing = len(values), typical(costs, confidence), float("nan")
    refusal = _refusal(values)
    if refusal:
        return Projection(n, number, found, nothing, nothing, nothing, refusal)
    low, middle, high = _predicted(np.log(values), number, confidence, seed)
    if not high <= WIDEST * low:
        why = f"costs differ so much that its ends would lie a factor of {WIDEST:,.0f} apart"
        return Projection(n, number, found, nothing, nothing, nothing, why)
    return Projection(n, number, found, middle, low, high)


def _refusal(values: np.ndarray) -> str:
    """Say why nothing can be predicted from costs in order, or nothing where it can."""
    n = len(values)
    if n < LEAST_SPECS:
        return f"{wording.count(n, 'SPEC')} with a known cost, and it takes {LEAST_SPECS}"
    if not values[0] > 0:
        return "a cost that is not above 0 has no logarithm"
    if np.ptp(np.log(values)) <= ROUNDING:
        return f"all {n} SPECs cost {wording.usd(values[0])}, which tells no spread"
    return ""


def _predicted(
    logs: np.ndarray, number: int, confidence: float, seed: int
) -> tuple[float, float, float]:
    """Return the lower end, the middle and the upper end."""
    n, tail = len(logs), (1 - confidence) / 2
    centre, spread = float(logs.mean()), float(logs.std(ddof=1))
    # An end beyond all numbers is refused afterwards, for being too far from the other.
    with np.errstate(over="ignore", invalid="ignore"):
        if number > 1:
            totals = _totals(centre, spread, n, number, seed)
            low, middle, high = np.quantile(totals, [tail, 0.5, 1 - tail]).tolist()
        else:
            reach = -float(special.stdtrit(n - 1, tail)) * spread * np.sqrt(1 + 1 / n)
            low, middle, high = (float(np.exp(centre + side * reach)) for side in (-1, 0, 1))
    return low, middle, high


def _totals(centre: float, spread: float, n: int, number: int, seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    draws = 20_000
    deviation = spread * np.sqrt((n - 1) / draw.chisquare(n - 1, draws))
    mean = centre + deviation / np.sqrt(n) * draw.normal(size=draws)
    totals = np.zeros(draws)
    for _ in range(number):
        totals += np.exp(mean + deviation * draw.normal(size=draws))
    return totals


def in_order(classes: pd.Series) -> list[str]:
    """Return the classes there are, small before large where their names tell."""
    known = {name: place for place, name in enumerate(SIZES)}
    names = {str(name) for name in classes.dropna()}
    return sorted(names, key=lambda name: (known.get(name, len(known)), name))


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
    names = in_order(costs["complexity"])
    groups += [(name, costs[(costs["complexity"] == name).fillna(False)]) for name in names]
    table = []
    for name, rows in groups:
        found = project(rows["cost_usd"], 1, confidence)
        table.append((name, len(rows), found.typical.value, found.low, found.high))
    columns = ["complexity", "specs", "typical_usd", "low_usd", "high_usd"]
    dtypes = dict(zip(columns, ["string", "Int64", *["Float64"] * 3], strict=True))
    return pd.DataFrame(table, columns=columns).astype(dtypes)
