"""What the next SPEC will cost, and what a month of them will."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.cost.premium import by_run
from speckit_analysis.analysis.intervals import typical
from speckit_analysis.analysis.selection import Selection, everything
from speckit_analysis.analysis.wording import suggestion
from speckit_analysis.errors import EvidenceError
from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.paired import ROUNDING
from speckit_analysis.tables.results import RESULTS

#: Fewer SPECs than this, and nothing is predicted.
LEAST_SPECS = 3

#: An interval whose ends lie further apart than this factor says nothing.
WIDEST = 1e6

#: From so many SPECs on, those that nobody classed are classed by the size of their prompts.
CLASSED = 6

#: Classes by thirds of the median prompt: a stand-in for complexity.
SIZES = ("small prompts", "medium prompts", "large prompts")

_METHOD = "t on logarithms, for one new"


@dataclass(frozen=True)
class Prediction(Estimate):
    """What the next SPECs will cost, and whether earlier ones came out as others predict them."""

    #: SPECs whose cost lies in the interval that the others predict, of so many; 0 of 0 where
    #: the others are too few to predict any, or the total of several is predicted.
    covered: int = 0
    checked: int = 0


def usual_stages(calls: pd.DataFrame, value: str = "cost_usd") -> list[str]:
    """Return the stages that most SPECs went through at a known cost.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``, rows that count.
    value : str
        Column with the cost of a call.
    """
    stages = _stage_costs(calls, value).dropna(subset="cost_usd")
    specs = stages.groupby("stage", observed=True)["spec_id"].nunique()
    return [str(name) for name in specs.index[specs > calls["spec_id"].nunique() / 2]]


def _stage_costs(calls: pd.DataFrame, value: str) -> pd.DataFrame:
    """Return ``spec_id``, ``stage``, ``cost_usd`` of a run and ``runs`` of each stage of a SPEC."""
    runs = by_run(calls, value)
    # A run that was not measured as a whole says nothing; another run of the stage may.
    known = runs["sum"].where(runs["whole"] & (runs["sum"] > 0))
    stages = runs.assign(known=known).groupby(["spec_id", "stage"], observed=True)
    return stages.agg(cost_usd=("known", "mean"), runs=("run_id", "size")).reset_index()


def stage_runs(calls: pd.DataFrame) -> pd.Series:
    """Return how often each SPEC (``spec_id``) ran each ``stage``, reruns counted."""
    return calls.groupby(["spec_id", "stage"], observed=True)["run_id"].nunique()


def spec_costs(
    calls: pd.DataFrame,
    complexity: Mapping[str, str] | None = None,
    value: str = "cost_usd",
    usual: Collection[str] | None = None,
    runs: pd.Series | None = None,
) -> Selection:
    """Return what each SPEC cost in all: every stage that it went through, with all reruns.

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
        Stages that make a SPEC complete, by default those of :func:`usual_stages`.
    runs : Series of int, optional
        How often each SPEC ran each stage, by default as in `calls`.  Of calls under another
        routing, give `usual` and :func:`stage_runs` of today's work: a stage that nobody works
        on is not saved, and what was run again is run again.

    Returns
    -------
    Selection
        The result ``spec_costs``.  A run whose cost is not known costs as much as the others of
        its SPEC and stage.  Left out: SPECs without a known cost, those without one of a stage
        that they went through, and those without one of every usual stage.

    Raises
    ------
    EvidenceError
        If `complexity` names a SPEC that is not there.
    """
    usual = usual_stages(calls, value) if usual is None else usual
    made = (stage_runs(calls) if runs is None else runs).rename("runs").reset_index()
    costs = _stage_costs(calls, value)[["spec_id", "stage", "cost_usd"]]
    stages = made.merge(costs, how="left", on=["spec_id", "stage"])
    stages["unknown"] = stages["cost_usd"].isna()
    stages["cost_usd"] *= stages["runs"]
    stages["usual"] = stages["stage"].isin(usual) & ~stages["unknown"]
    totals = stages.groupby("spec_id", observed=True).agg(
        stages=("usual", "sum"),
        runs=("runs", "sum"),
        cost_usd=("cost_usd", lambda known: known.sum(min_count=1)),
        unknown=("unknown", "any"),
    )
    specs = calls["spec_id"].dropna().astype(str).unique()
    totals = totals.reindex(pd.Index(sorted(specs), name="spec_id")).reset_index()
    classes = complexity_classes(calls, totals["spec_id"], complexity)
    table = RESULTS["spec_costs"].of(totals.assign(complexity=classes))
    reasons = pd.Series(pd.NA, table.index, dtype="string")
    unknown = totals["unknown"].fillna(True).astype(bool)
    reasons = reasons.mask(unknown, "without a cost of a stage that it went through")
    reasons = reasons.mask(table["stages"] < len(usual), "without a cost of every usual stage")
    reasons = reasons.mask(table["cost_usd"].isna(), "without a known cost")
    return everything(table, noun="SPEC").without(reasons)


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
    prompts = calls["prompt_tokens"].astype(float)
    # Stages differ in the size of their prompts: each against what is usual for it.
    usual = prompts.groupby(calls["stage"], observed=True).transform("median")
    sizes = (prompts / usual).groupby(calls["spec_id"].astype("string")).median()
    known = specs.map(sizes)
    if known.notna().sum() < CLASSED:
        return pd.Series(pd.NA, specs.index, dtype="string")
    place = (known.rank(method="first") - 1) * len(SIZES) // known.notna().sum()
    return place.map(dict(enumerate(SIZES))).astype("string")


def projection_sentence(predicted: Prediction, number: int = 1) -> str:
    """Say what so many SPECs together will cost, as :func:`project` predicts it."""
    what = "The next SPEC" if number == 1 else wording.count(number, "SPEC")
    if predicted.refusal:
        return f"What {what[0].lower()}{what[1:]} will cost cannot be told: {predicted.refusal}."
    return (
        f"{what} will cost {wording.usd(predicted.value)}, with a"
        f" {wording.exact_percent(predicted.level)} prediction interval of"
        f" {wording.usd(predicted.low)} to {wording.usd(predicted.high)}"
        f" (log-t, {wording.count(predicted.n, 'SPEC')} with all reruns{coverage(predicted)})."
    )


def coverage(predicted: Prediction) -> str:
    """Say how many SPECs came out as the others predict; nothing where none could be checked."""
    if not predicted.checked:
        return ""
    return f"; {predicted.covered} of {predicted.checked} lie where the others predict them"


def project(
    costs: pd.Series, number: int = 1, confidence: float = 0.95, seed: int = 0
) -> Prediction:
    """Predict the cost of the next SPECs from that of earlier ones.

    Parameters
    ----------
    costs : Series of float
        Cost of each SPEC in all, its reruns included; with one that is not above 0, nothing is
        predicted.
    number : int
        SPECs to predict, together.
    confidence : float
        Level of the intervals.
    seed : int
        Of the simulated totals.

    Returns
    -------
    Prediction
        The median of what they will cost, USD, with a prediction interval, and for one SPEC how
        many of the earlier ones lie where the others predict them.

    Notes
    -----
    Logarithms of costs are taken as normal, and SPECs as exchangeable.  One new SPEC has the
    closed interval of Student's t with the factor sqrt(1 + 1 / n).  The total of several is drawn
    20,000 times: a variance from the scaled inverse chi-squared distribution that n - 1 degrees of
    freedom give, a mean given that variance, then as many log-normal costs (the predictive
    distribution under the usual reference prior, which for one SPEC is the closed interval).
    """
    values = np.sort(costs.to_numpy(dtype=float))
    refusal = _refusal(values)
    if not refusal:
        logs = np.log(values)
        # An end beyond all numbers is refused afterwards, for being too far from the other.
        with np.errstate(over="ignore", invalid="ignore"):
            found = (
                predicted(logs, confidence)
                if number == 1
                else _predicted_total(logs, number, confidence, seed)
            )
        if found.high <= WIDEST * found.low:
            checked = len(values) if number == 1 and len(values) > LEAST_SPECS else 0
            covered = sum(_covered(logs, place, confidence) for place in range(checked))
            return Prediction(**vars(found), covered=covered, checked=checked)
        refusal = f"costs differ so much that its ends would lie a factor of {WIDEST:,.0f} apart"
    refused = not_estimable(len(values), refusal, method=_METHOD, level=confidence)
    return Prediction(**vars(refused))


def _covered(logs: np.ndarray, place: int, level: float) -> bool:
    """Tell whether the SPEC at `place` lies in the interval that the others predict."""
    of_others, log = predicted(np.delete(logs, place), level), logs[place]
    return bool(np.log(of_others.low) <= log <= np.log(of_others.high))


def predicted(logs: np.ndarray, level: float, unit: str = "SPEC") -> Estimate:
    """Return what the next unit will be, from the logarithms of earlier ones taken as normal."""
    n, centre = len(logs), logs.mean()
    reach = -special.stdtrit(n - 1, (1 - level) / 2) * logs.std(ddof=1) * np.sqrt(1 + 1 / n)
    middle, low, high = np.exp([centre, centre - reach, centre + reach]).tolist()
    return Estimate(middle, low, high, level, _METHOD, n, unit)


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


def _predicted_total(logs: np.ndarray, number: int, level: float, seed: int) -> Estimate:
    tail = (1 - level) / 2
    totals = _totals(logs, number, seed)
    middle, low, high = np.quantile(totals, [0.5, tail, 1 - tail]).tolist()
    return Estimate(middle, low, high, level, "simulated totals", len(logs))


def _totals(logs: np.ndarray, number: int, seed: int) -> np.ndarray:
    n, draw, draws = len(logs), np.random.default_rng(seed), 20_000
    deviation = logs.std(ddof=1) * np.sqrt((n - 1) / draw.chisquare(n - 1, draws))
    mean = logs.mean() + deviation / np.sqrt(n) * draw.normal(size=draws)
    totals = np.zeros(draws)
    for _ in range(number):
        totals += np.exp(mean + deviation * draw.normal(size=draws))
    return totals


def in_order(classes: pd.Series) -> list[str]:
    """Return the classes there are, small before large where their names tell."""
    names = sorted(classes.dropna().astype(str).unique())
    return [name for name in SIZES if name in names] + [name for name in names if name not in SIZES]


def by_complexity(costs: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Predict the next SPEC of each class, all SPECs first.

    Parameters
    ----------
    costs : DataFrame
        From :func:`spec_costs`.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        The result ``next_spec``.
    """
    classes = {name: costs["complexity"] == name for name in in_order(costs["complexity"])}
    groups = {"all SPECs": costs} | {name: costs[of_it] for name, of_it in classes.items()}
    rows = []
    for name, group in groups.items():
        middle = typical(group["cost_usd"], confidence).value
        next_spec = project(group["cost_usd"], 1, confidence)
        checks = (next_spec.covered, next_spec.checked)
        rows.append((name, len(group), middle, next_spec.low, next_spec.high, *checks))
    return RESULTS["next_spec"].of(rows)
