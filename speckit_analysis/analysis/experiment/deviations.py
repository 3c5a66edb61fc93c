"""What an experiment departed from that its plan had fixed: numbers, budget and models."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.checked import Checked, known
from speckit_analysis.analysis.experiment.pairs import making
from speckit_analysis.analysis.experiment.plan import ExperimentPlan
from speckit_analysis.analysis.experiment.variants import Experiment
from speckit_analysis.tables.results import RESULTS

AS_PLANNED, DEVIATES, UNKNOWN = "as planned", "deviates", "cannot tell"

# What the evidence calls a model.
_NAMED = ["model_observed", "model_requested", "model_id", "model_release"]
_UNNAMED = "an unnamed model"
# A day, or a number as long as one: "4-5" is no release of "claude-sonnet".
_RELEASE = re.compile(r"\d{4}-\d\d-\d\d|\d\d-\d{2,4}|\d{3,8}")

_Row = tuple[str, str, str, str]


def deviations(
    plan: ExperimentPlan,
    found: Experiment | Checked,
    reviews: pd.DataFrame,
    calls: pd.DataFrame,
) -> pd.DataFrame:
    """Hold what was done against what the plan had fixed.

    Parameters
    ----------
    plan : ExperimentPlan
        What was fixed beforehand.
    found : Experiment
        Its two variants compared.
    reviews : DataFrame
        From :func:`.scores.usable`, the plan's experiment.
    calls : DataFrame
        Table ``calls``, rows that count.

    Returns
    -------
    DataFrame
        The result ``deviations``, one row for each number, budget and model that the plan names.

    Notes
    -----
    More SPECs or reviewers than planned are a deviation too: adding some until a difference shows
    errs more often than the tests say.  A model planned without its release may be any of its
    releases.  Models are those of calls on the experiment's SPECs.
    """
    specs = set(reviews["spec_id"].dropna().astype(str))
    own = calls[calls["spec_id"].astype("string").isin(specs)]
    if isinstance(found, Checked):
        done = [("unit", plan.specs, len(found.pairs))]
        tried = found.rows[found.rows["variant"].isin([found.candidate, found.baseline])]
        costs, outputs = known(tried["cost_usd"]).to_numpy(float), len(tried)
    else:
        people = found.quality.reviewers if len(found.gaps) else 0
        done = [("SPEC", plan.specs, len(found.gaps)), ("reviewer", plan.reviewers, people)]
        costs = making(reviews, "output_cost_usd").to_numpy(float).ravel()
        outputs = int(making(reviews.assign(made=1.0), "made").notna().to_numpy().sum())
    rows = [*_counts(done), *_budget(plan, costs, outputs), *_models(plan, own)]
    return RESULTS["deviations"].of(rows)


def deviations_sentence(plan: ExperimentPlan, table: pd.DataFrame) -> str:
    """Say how the plan was kept to.

    Parameters
    ----------
    plan : ExperimentPlan
        What was fixed beforehand.
    table : DataFrame
        From :func:`deviations`.
    """
    if not plan.name:
        return "Without a plan nobody can tell what was changed on the way."
    if table.empty:
        return "The plan fixes no number, budget or model that could be held against the evidence."
    departed, unknown = (
        table.loc[table["state"] == state, "fixed"].tolist() for state in (DEVIATES, UNKNOWN)
    )
    sentence = (
        f"The plan was departed from in {wording.listed(departed)}."
        if departed
        else "No departure from the plan was found."
    )
    if unknown:
        sentence += f" The evidence does not tell of {wording.listed(unknown)}."
    return sentence


def _counts(done: list[tuple[str, int, int]]) -> Iterator[_Row]:
    for noun, planned, number in done:
        if planned:
            state = AS_PLANNED if number == planned else DEVIATES
            yield f"{noun}s", wording.count(planned, noun), wording.count(number, noun), state


def _budget(plan: ExperimentPlan, costs: np.ndarray, outputs: int) -> Iterator[_Row]:
    if not plan.budget_usd:
        return
    spent, priced = np.nansum(costs), np.count_nonzero(~np.isnan(costs))
    unknown = outputs - priced
    told = f"{wording.usd(spent)} for {wording.count(priced, 'output')}"
    if unknown:
        told += f"; what {wording.count(unknown, 'output')} cost is not known"
    within = UNKNOWN if unknown or not priced else AS_PLANNED
    state = DEVIATES if spent > plan.budget_usd else within
    yield "budget", f"at most {wording.usd(plan.budget_usd)}", told, state


def _models(plan: ExperimentPlan, calls: pd.DataFrame) -> Iterator[_Row]:
    for agent, planned in plan.models.items():
        own = calls.loc[calls["agent"].astype("string") == agent, _NAMED]
        names = (_names(*call) for call in own.astype("string").itertuples(index=False))
        called = Counter(planned if planned in each else each[0] for each in names)
        told = [f"{name} in {wording.count(number, 'call')}" for name, number in called.items()]
        words = wording.listed(told) if told else "no call of it on these SPECs"
        states = {_state(name, planned) for name in called} or {UNKNOWN}
        worst = next(state for state in (DEVIATES, UNKNOWN, AS_PLANNED) if state in states)
        yield f"model of {agent}", planned, words, worst


def _state(name: str, planned: str) -> str:
    """Tell whether a call of the model `name` keeps to the plan; no release is no other one."""
    if name == planned or _is_release(name, planned):
        return AS_PLANNED
    return UNKNOWN if name == _UNNAMED or _is_release(planned, name) else DEVIATES


def _is_release(name: str, model: str) -> bool:
    """Tell whether `name` is a release of `model`, which names none itself."""
    release = name.removeprefix(f"{model}-")
    return release != name and _RELEASE.fullmatch(release) is not None


def _names(observed: str, requested: str, normalised: str, release: str) -> list[str]:
    """Return by what names a plan may call the model of a call, the fullest first."""
    if pd.notna(observed):  # what the provider reported says it all
        return [observed]
    names = [name for name in (requested, normalised) if pd.notna(name)]
    full = [f"{name}-{release}" for name in names] if pd.notna(release) else []
    return [*full, *names, _UNNAMED]
