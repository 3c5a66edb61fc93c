"""Whatever takes a level of its intervals keeps to it in each of them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import speckit_analysis as sk
from speckit_analysis import analysis as on_evidence
from speckit_analysis import stats as general
from speckit_analysis.analysis import cost, disagreement, intervals, review
from speckit_analysis.analysis.ask import comparison, telemetry
from speckit_analysis.analysis.cost import billing, projection, trends
from speckit_analysis.analysis.cost.routing import Routing, savings
from speckit_analysis.analysis.disagreement import frequency, summary
from speckit_analysis.analysis.disagreement.pairs import by_pair
from speckit_analysis.analysis.experiment import checked, guardrail, pairs, repeats
from speckit_analysis.analysis.experiment.plan import nameless
from speckit_analysis.analysis.experiment.variants import compare_variants
from speckit_analysis.analysis.review import blinding, reviewers
from speckit_analysis.analysis.selection import measured
from speckit_analysis.prices.invoices import read_invoice
from speckit_analysis.sample import real_study_path
from speckit_analysis.simulate.invoice import simulate_invoice
from speckit_analysis.stats import (
    agreement,
    alerts,
    crossed,
    economics,
    judged,
    net_share,
    noise,
    noninferiority,
    paired,
    paired_proportions,
    proportions,
    ratios,
    reliability,
)
from speckit_analysis.stats import blinding as guesses

#: Take a level and make no interval by it: a refusal, a cautious plan, a yes or no.
WITHOUT = {
    "stats.estimate.not_estimable",
    "stats.blinding.units_to_see",
    "stats.planning.cautious_deviation",
    "analysis.intervals.told_apart",
}

#: A name of an end of an interval.
END = re.compile(r"(^|_)(low|high|lower|upper)(_|$)")

GAPS = np.array([0.3, -0.2, 0.8, 0.5, 0.1, 0.9, -0.1, 0.4])
OTHERS = np.array([2.0, 2.4, 1.9, 3.1, 2.2, 2.8, 2.6, 2.1])
TABLE = np.array([[7.0, 6, 8], [5, 5, 6], [8, 6, 9], [4, 5, 5], [9, 8, 8], [6, 4, 7]])
GUESSED = np.array([[[0, 1]], [[0, 2]], [[1, 0]], [[0, 1]], [[2, 1]]])
HITS = pd.Series([True, False, True, True, False, True])
SPECS = pd.Series(["a", "a", "b", "b", "c", "c"])


@cache
def evidence() -> Any:
    return sk.load(sk.sample_path())


@cache
def calls() -> pd.DataFrame:
    return cost.with_tokens(measured(evidence().calls, noun="call").kept)


@cache
def runs() -> Any:
    used = measured(evidence().runs, noun="run")
    return disagreement.comparable_runs(used, points())


@cache
def points() -> pd.DataFrame:
    return measured(evidence().disagreements, noun="disagreement").kept


@cache
def scores() -> pd.DataFrame:
    return review.usable(measured(evidence().reviews, noun="score")).kept


@cache
def outcomes() -> pd.DataFrame:
    rows = sk.load(real_study_path()).outcomes.query("provenance == 'measured'")
    return rows[rows["experiment"] == "polydev-validation"]


def invoice(folder: Path) -> Any:
    simulate_invoice(calls(), factor=1.1, noise=0.1, seed=3).to_csv(
        folder / "bill.csv", index=False
    )
    return read_invoice([folder / "bill.csv"])


def made() -> pd.DataFrame:
    return pd.DataFrame({"A": OTHERS, "B": OTHERS + GAPS}, [f"S{n}" for n in range(8)])


CASES: Mapping[str, Callable[[float], Any]] = {
    "analysis.review.blinding.blinding": lambda c: blinding.blinding(scores(), c),
    "analysis.ask.comparison.compare": lambda c: comparison.compare(
        calls(), evidence().runs, evidence().reviews, "gpt-5", "gemini-2.5-pro",
        by="model", confidence=c,
    ),
    "analysis.cost.premium.consensus_premium": lambda c: cost.consensus_premium(
        calls(), confidence=c
    ),
    "analysis.cost.premium.typical_by": lambda c: cost.typical_by(
        cost.consensus_premium(calls()), "stage", confidence=c
    ),
    "analysis.disagreement.frequency.rate": lambda c: disagreement.rate(runs().kept, c),
    "analysis.disagreement.frequency.rates": lambda c: disagreement.rates(runs().kept, "stage", c),
    "analysis.disagreement.frequency.clustered_rates": lambda c: frequency.clustered_rates(
        pd.DataFrame({"all": 0, "spec": SPECS, "disagreed": HITS}), ["all"], c
    ),
    "analysis.disagreement.frequency.escalations": lambda c: disagreement.escalations(
        runs().kept, c
    ),
    "analysis.disagreement.frequency.degraded": lambda c: disagreement.degraded(runs().kept, c),
    "analysis.disagreement.frequency.outcome_sentence": lambda c: disagreement.outcome_sentence(
        disagreement.genuine(points()), disagreement.escalations(runs().kept, c)
    ),
    "analysis.disagreement.summary.disagreement_summary": lambda c: str(
        summary.disagreement_summary(
            runs(), evidence().calls, points(), confidence=c
        )
    ),
    "analysis.disagreement.summary.insights": lambda c: " ".join(
        summary.insights(
            runs().kept, evidence().calls, points(), disagreement.genuine(points()), c
        )
    ),
    "analysis.experiment.variants.compare_variants": lambda c: compare_variants(
        scores(), nameless(), alpha=1 - c
    ),
    "analysis.experiment.variants.tradeoff": lambda c: (
        lambda found: (found.net, found.found)
    )(compare_variants(scores(), nameless(), alpha=1 - c).tradeoff),
    "analysis.experiment.guardrail.error_rates": lambda c: guardrail.error_rates(
        guardrail.judged(measured(evidence().trials), "").kept, c
    ),
    "analysis.intervals.clustered_shares": lambda c: intervals.clustered_shares(
        np.array([1.0, 2, 0]), np.array([3.0, 3, 3]), np.zeros(3, int), 1, c
    )[1:],
    "analysis.intervals.share": lambda c: (
        intervals.share(HITS, None, c), intervals.share(HITS, SPECS, c)
    ),
    "analysis.intervals.typical": lambda c: intervals.typical(pd.Series(OTHERS), c),
    "analysis.cost.billing.outlook": lambda c: billing.outlook(1 + GAPS / 10, "day", confidence=c),
    "analysis.disagreement.pairs.by_pair": lambda c: by_pair(
        runs().kept, evidence().calls, points(), confidence=c
    ),
    "analysis.cost.projection.project": lambda c: (
        projection.project(pd.Series(OTHERS), 1, c), projection.project(pd.Series(OTHERS), 5, c)
    ),
    "analysis.cost.projection.predicted": lambda c: projection.predicted(np.log(OTHERS), c),
    "analysis.cost.projection.by_complexity": lambda c: projection.by_complexity(
        projection.spec_costs(calls(), value="cost_usd", usual=["plan"]).kept, c
    ),
    "analysis.experiment.checked.rates": lambda c: checked.rates(outcomes(), c),
    "analysis.experiment.repeats.pass_hat": lambda c: repeats.pass_hat(
        repeats.by_task(outcomes()), 2, c
    ),
    "analysis.experiment.repeats.pass_hat_curve": lambda c: repeats.pass_hat_curve(
        outcomes().assign(variant="one"), c
    ),
    "analysis.review.scores.reliability": lambda c: review.reliability(scores(), c),
    "analysis.review.scores.consistency_sentence": lambda c: review.consistency_sentence(
        scores(), c
    ),
    "analysis.review.scores.within_tolerance": lambda c: review.within_tolerance(
        scores(), 0.5, confidence=c
    ),
    "analysis.review.reviewers.fatigue": lambda c: reviewers.fatigue(scores(), c),
    "analysis.cost.routing.savings": lambda c: savings(
        calls(), [Routing.parse("*=gemini")], confidence=c
    ),
    "analysis.ask.telemetry.telemetry": lambda c: telemetry.telemetry(
        evidence(), "disagreement-rate", ["stage"], confidence=c
    ).table,
    "analysis.cost.trends.trend": lambda c: trends.trend(calls(), confidence=c),
    "analysis.experiment.pairs.bill_of": lambda c: pairs.bill_of(made(), "A", "B", c, 5.0),
    "analysis.experiment.pairs.gap_of": lambda c: pairs.gap_of(made(), "A", "B", c),
    "stats.agreement.cohen_kappa": lambda c: agreement.cohen_kappa(
        np.array([[9, 3], [2, 8]]), level=c
    ),
    "stats.alerts.threshold": lambda c: (
        alerts.threshold(np.tile(OTHERS, 9), level=c).bound
    ),
    "stats.alerts.false_alerts": lambda c: alerts.false_alerts(2, 40, level=c),
    "stats.blinding.blinding_index": lambda c: guesses.blinding_index(GUESSED, c),
    "stats.economics.cost_effectiveness": lambda c: economics.cost_effectiveness(GAPS, OTHERS, c),
    "stats.economics.net_benefit": lambda c: economics.net_benefit(GAPS, OTHERS, 1.0, c),
    "stats.economics.cost_per_success": lambda c: economics.cost_per_success(
        OTHERS, OTHERS.mean() < OTHERS, np.ones(len(OTHERS)), c
    ),
    "stats.paired_proportions.shrunken_mean": lambda c: paired_proportions.shrunken_mean(
        GAPS / 10, np.arange(len(GAPS)), c
    ),
    "stats.paired_proportions.exact_gap": lambda c: paired_proportions.exact_gap(
        np.sign(GAPS), np.arange(len(GAPS)), c
    ),
    "stats.ratios.smaller_bill": lambda c: ratios.smaller_bill(OTHERS, OTHERS + 1, c).ratio,
    "stats.economics.cost_of_pass": lambda c: economics.cost_of_pass(1.0, 4, 9, c),
    "stats.net_share.interval": lambda c: net_share.net_share(
        np.array([1, 1, 0, -1, 0, 1]), SPECS.to_numpy()
    ).interval(c),
    "stats.judged.judge_assisted": lambda c: judged.judge_assisted(
        np.append(GAPS, np.full(8, np.nan)), np.append(GAPS, GAPS) + np.tile(OTHERS, 2) / 9, 0.5, c
    ),
    "stats.noise.gap_over_runs": lambda c: noise.gap_over_runs(TABLE[:, :1], TABLE[:, 1:], c),
    "stats.noise.noise_floor": lambda c: noise.noise_floor([TABLE], 6, level=c),
    "stats.noninferiority.catastrophes": lambda c: noninferiority.catastrophes(
        5 * (GAPS - 0.5), level=c
    ),
    "stats.paired.added_reach": lambda c: paired.added_reach([(1.0, 5.0), (0.5, 2.0)], c),
    "stats.paired.paired_t": lambda c: paired.paired_t(GAPS, c),
    "stats.crossed.crossed": lambda c: crossed.crossed(TABLE - 6, c),
    "stats.crossed.protected": lambda c: crossed.protected(TABLE - 6, -5.0, c),
    "stats.paired_proportions.mcnemar": lambda c: paired_proportions.mcnemar([[3, 7], [2, 4]], c),
    "stats.proportions.clopper_pearson": lambda c: proportions.clopper_pearson([1, 3], 7, c),
    "stats.proportions.exact_interval": lambda c: proportions.exact_interval(3, 9, c),
    "stats.proportions.one_sided_limits": lambda c: proportions.one_sided_limits(3, 9, c),
    "stats.proportions.difference_kept": lambda c: proportions.difference_kept(
        3, 9, 5, 8, c
    ),
    "stats.ratios.fieller": lambda c: ratios.fieller(GAPS, OTHERS, c),
    "stats.ratios.fieller_of_means": lambda c: ratios.fieller_of_means(
        (1.0, 2.0), np.eye(2) / 50, 9, c
    ),
    "stats.ratios.typical_ratio": lambda c: ratios.typical_ratio(OTHERS + GAPS, OTHERS, c),
    "stats.reliability.intraclass_correlation": lambda c: reliability.intraclass_correlation(
        TABLE, c
    ),
}  # fmt: skip


def taking_a_level() -> set[str]:
    """Return the public functions of `analysis` and `stats` that take a level."""
    found = set()
    for package in (on_evidence, general):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            path = module.name
            for name, function in inspect.getmembers(importlib.import_module(path)):
                if not inspect.isfunction(function) or function.__module__ != path:
                    continue
                if {"confidence", "level"} & set(inspect.signature(function).parameters):
                    found.add(f"{path.partition('.')[2]}.{name}")
    return {name for name in found if not name.rpartition(".")[2].startswith("_")}


def ends(found: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Return the ends of all intervals in a result, wherever they stand, and whole sentences."""
    if isinstance(found, pd.DataFrame):
        for column in found:
            for value in found[column]:
                yield from ends(value, str(column))
    elif is_dataclass(found):
        for field in fields(found):
            yield from ends(getattr(found, field.name), field.name)
    elif isinstance(found, Mapping):
        for key, value in found.items():
            yield from ends(value, str(key))
    elif isinstance(found, (tuple, list, np.ndarray)):
        for value in np.atleast_1d(np.asarray(found, dtype=object)):
            yield from ends(value, name)
    elif isinstance(found, str):
        if not name:
            yield "sentence", found
    elif isinstance(found, float) and not pd.isna(found) and (not name or END.search(name)):
        yield name, found


def test_every_function_that_takes_a_level_is_looked_at():
    assert taking_a_level() - WITHOUT - CASES.keys() - {"analysis.cost.billing.reconcile"} == set()


@pytest.mark.parametrize("name", CASES)
def test_every_interval_is_of_the_level_that_was_asked_for(name):
    narrow, wide = (list(ends(CASES[name](level))) for level in (0.8, 0.95))
    assert len(narrow) == len(wide) > 0
    # An end at the edge of what a share can be stays there at every level.
    same = [
        (end, value)
        for (end, value), (_, other) in zip(narrow, wide, strict=True)
        if value == other and value not in (-1.0, 0.0, 1.0)
    ]
    assert same == []


def test_a_bill_is_held_at_the_level_that_was_asked_for(tmp_path):
    found = (billing.reconcile(calls(), invoice(tmp_path), confidence=c) for c in (0.8, 0.95))
    narrow, wide = (one.future.ratio for one in found)
    assert wide.low < narrow.low < narrow.high < wide.high
