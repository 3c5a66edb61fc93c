"""How often the recommendations of the experiments are right, where the truth is known.

``python benchmarks/decisions.py`` simulates experiments of 3 to 20 SPECs in which the simpler way
is truly as good, worse by exactly the margin, or far worse, and counts what is recommended.
``--check`` fails if wrong recommendations exceed their level.
"""

from __future__ import annotations

import argparse
import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from speckit_analysis.analysis.experiment.arbiter import judge_stages
from speckit_analysis.analysis.experiment.guardrail import ERRORS, Replacement, decided
from speckit_analysis.analysis.experiment.plan import ArbiterPlan, ResearchPlan
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN
from speckit_analysis.analysis.experiment.research import verdict_of as research_verdict
from speckit_analysis.analysis.experiment.rule import verdict_of
from speckit_analysis.analysis.margins import ALPHA, MARGIN
from speckit_analysis.stats.crossed import Crossed, crossed
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.net_share import net_share
from speckit_analysis.stats.noninferiority import non_inferior_ratio
from speckit_analysis.stats.paired import paired_t

REVIEWERS, MEAN = 3, 8.0
SIZES = (3, 5, 10, 20)

#: More SPECs where it takes many to prove that what is rare does not happen.
MANY = 80

#: Standard deviations of differences: between SPECs, reviewers' preferences, single scores.
BETWEEN, TASTE, NOISE = 0.5, 0.15, 0.4

#: Relevant findings of a SPEC, and the share of them that may be lost.
FINDINGS, FINDINGS_MARGIN = 8, ResearchPlan().findings_margin

#: Stages at which an arbiter is tried, outcomes of each SPEC there, and the benefit it must have.
STAGES, OUTCOMES, LEAST_BENEFIT = 6, 3, ArbiterPlan().least_benefit

#: Candidates for a guardrail, valid and invalid outputs of each SPEC, true error rate in use.
CANDIDATES, OUTPUTS, RATE = 2, 10, 0.1

_CHEAPER = Estimate(0.33, 0.3, 0.37, 0.95, "known", 20)

Draw = np.random.Generator


@dataclass(frozen=True)
class Truth:
    """What is true in simulated experiments, and which verdicts it makes wrong.

    Attributes
    ----------
    name : str
        In words.
    run : callable
        Draws one experiment of so many SPECs, and returns its verdicts.
    levels : dict of str to float
        How often a verdict may be given although it is wrong.
    """

    name: str
    run: Callable[[int, Draw], list[str]]
    levels: dict[str, float]


def scores(gap: float, units: int, draw: Draw) -> tuple[Crossed, Crossed]:
    """Draw blind scores; return the difference, and what is kept above the margin."""
    level = draw.normal(MEAN, 0.8, (units, 1))
    noise = draw.normal(0, NOISE / np.sqrt(2), (2, units, REVIEWERS))
    taste = draw.normal(0, TASTE, (1, REVIEWERS))
    baseline = level + noise[0]
    candidate = level + gap + draw.normal(0, BETWEEN, (units, 1)) + taste + noise[1]
    kept = crossed(candidate - (1 - MARGIN) * baseline, 1 - 2 * ALPHA)
    return crossed(candidate - baseline, 1 - ALPHA), kept


def single(gap: float, units: int, draw: Draw) -> list[str]:
    """Draw an experiment of one model against consensus."""
    return [verdict_of(*scores(gap, units, draw), _CHEAPER, _CHEAPER)[0]]


def research(gap: float, lost: float, units: int, draw: Draw) -> list[str]:
    """Draw an experiment on the research model: quality, and relevant findings."""
    quality, kept = scores(gap, units, draw)
    plans = verdict_of(quality, kept, _CHEAPER, _CHEAPER)[:2]
    with_it = draw.poisson(FINDINGS, units).astype(float)
    without = draw.poisson(FINDINGS * (1 - lost), units).astype(float)
    held = non_inferior_ratio(without, with_it, FINDINGS_MARGIN, ALPHA)
    return [research_verdict(plans, quality.estimate, paired_t(without - with_it), held)[0]]


def arbiter(net: float, units: int, draw: Draw) -> list[str]:
    """Draw an experiment on the arbiter: the same true net worth at every stage."""
    up, down = 0.15 + max(net, 0.0), 0.15 + max(-net, 0.0)
    specs = np.repeat(np.arange(units), OUTCOMES)
    # Outcomes of a SPEC resemble each other: one in four is that of the whole SPEC.
    shape = (STAGES, units, OUTCOMES)
    shares = [up, down, 1 - up - down]
    own = draw.choice([1.0, -1.0, 0.0], shape, p=shares)
    common = draw.choice([1.0, -1.0, 0.0], (STAGES, units, 1), p=shares)
    values = np.where(draw.random(shape) < 0.25, common, own).reshape(STAGES, -1)
    judged = judge_stages([(each, specs) for each in values], LEAST_BENEFIT)
    return [each.verdict for each in judged]


def guardrail(
    alarms: float, misses: float, units: int, draw: Draw, *, piled: bool = False
) -> list[str]:
    """Draw an experiment on guardrails: candidates err that much more often.

    Further false alarms are independent, or (`piled`) all those of few SPECs.
    """
    specs = np.repeat(np.arange(units), OUTPUTS)
    found = []
    in_use = [draw.random(len(specs)) < RATE for _ in range(2)]
    for _ in range(CANDIDATES):
        more = [
            (draw.random(len(specs)) < RATE + extra).astype(float) - errs
            for errs, extra in zip(in_use, (0.0 if piled else alarms, misses), strict=True)
        ]
        if piled:
            struck = draw.random(units) < alarms / (1 - RATE)
            more[0] = np.where(struck[specs], 1.0 - in_use[0], more[0])
        errors = {
            name: net_share(gaps, specs) for (name, _, _), gaps in zip(ERRORS, more, strict=True)
        }
        known = {name: net.clusters for name, net in errors.items()}
        found.append(Replacement("", "", errors, {}, {}, known, lighter=("time",)))
    return [each.verdict for each in decided(found, MARGIN)]


def truths() -> Iterator[tuple[str, Truth]]:
    """Yield every truth with its experiment."""
    half = ALPHA / 2
    for name, gap, levels in (
        ("as good", 0.0, {KEEP: half}),
        ("worse by the margin", -MARGIN * MEAN, {ADOPT: ALPHA}),
        ("worse by a point", -1.0, {ADOPT: ALPHA}),
        ("better by half a point", 0.5, {KEEP: half}),
    ):
        yield "one model", Truth(name, lambda n, d, gap=gap: single(gap, n, d), levels)
    for name, gap, lost, levels in (
        ("as good", 0.0, 0.0, {KEEP: half}),
        ("quality worse by its margin", -MARGIN * MEAN, 0.0, {ADOPT: ALPHA}),
        ("findings lost by their margin", 0.0, FINDINGS_MARGIN, {ADOPT: ALPHA}),
        ("a point and half the findings lost", -1.0, 0.5, {ADOPT: ALPHA}),
    ):
        yield (
            "no research model",
            Truth(name, lambda n, d, gap=gap, lost=lost: research(gap, lost, n, d), levels),
        )
    for name, net, levels in (
        ("idle", 0.0, {KEEP: half}),
        ("worth just what it has to be", LEAST_BENEFIT, {ADOPT: ALPHA}),
        ("improves half of all outcomes", 0.5, {ADOPT: ALPHA}),
        ("does harm", -0.3, {KEEP: half}),
    ):
        yield (
            "no arbiter, any of 6 stages",
            Truth(name, lambda n, d, net=net: arbiter(net, n, d), levels),
        )
    for name, alarms, misses, levels in (
        ("err alike", 0.0, 0.0, {KEEP: half}),
        ("false alarms up by the margin", MARGIN, 0.0, {ADOPT: ALPHA}),
        ("misses up by 30 points", 0.0, 0.3, {ADOPT: ALPHA}),
    ):
        yield (
            "guardrail, any of 2",
            Truth(name, lambda n, d, a=alarms, m=misses: guardrail(a, m, n, d), levels),
        )
    yield (
        "guardrail, any of 2",
        Truth(
            "false alarms up by the margin, all in few SPECs",
            lambda n, d: guardrail(MARGIN, 0.0, n, d, piled=True),
            {ADOPT: ALPHA},
        ),
    )


def recommendations(truth: Truth, units: int, repeats: int, draw: Draw) -> dict[str, float]:
    """Return how often a verdict is given for at least one of an experiment's answers."""
    told = [set(truth.run(units, draw)) for _ in range(repeats)]
    return {name: float(np.mean([name in each for each in told])) for name in (ADOPT, KEEP)} | {
        OPEN: float(np.mean([each == {OPEN} for each in told]))
    }


def table(repeats: int, only: str = "", seed: int = 1) -> pd.DataFrame:
    """Return the share of each recommendation by experiment, truth and number of SPECs."""
    draw = np.random.default_rng(seed)
    rows = []
    for experiment, truth in truths():
        if not experiment.startswith(only):
            continue
        many = (MANY,) if experiment.startswith(("no arbiter", "guardrail")) else ()
        for units in (*SIZES, *many):
            found = recommendations(truth, units, repeats, draw)
            excess = max(
                found[name] - level - 3 * np.sqrt(level * (1 - level) / repeats)
                for name, level in truth.levels.items()
            )
            rows.append((experiment, truth.name, units, *found.values(), excess))
    columns = ["experiment", "truth", "SPECs", ADOPT, KEEP, "all open", "excess"]
    return pd.DataFrame(rows, columns=columns)


def main() -> int:
    """Simulate, print, and check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=2000)
    parser.add_argument("--only", default="", help="experiments whose name begins so")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    gc.freeze()  # correcting p-values collects garbage each time, which then finds little
    found = table(options.repeats, options.only)
    print(found.drop(columns="excess").round(3).to_string(index=False))
    worst = found.loc[found["excess"].idxmax()]
    print(
        "largest excess of a wrong recommendation over its level and three standard errors:"
        f" {worst['excess']:+.3f} ({worst['experiment']}: {worst['truth']}, {worst['SPECs']} SPECs)"
    )
    return int(options.check and worst["excess"] > 0)


if __name__ == "__main__":
    raise SystemExit(main())
