"""How often the recommendation of an experiment is right, where the truth is known.

``python benchmarks/decisions.py`` simulates experiments of 3 to 20 SPECs with three reviewers, in
which one model is truly as good as consensus, worse by far, or worse by exactly the margin, and
counts what is recommended.  ``--check`` fails if wrong recommendations exceed their level.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from speckit_analysis.analysis.experiment import KEEP, OPEN, SIMPLIFY, verdict_of
from speckit_analysis.stats.estimate import Estimate
from speckit_analysis.stats.paired import crossed

MARGIN, ALPHA, REVIEWERS, MEAN = 0.05, 0.05, 3, 8.0
SIZES = (3, 5, 6, 10, 20)

#: Standard deviations of differences: between SPECs, reviewers' preferences, single scores.
BETWEEN, TASTE, NOISE = 0.5, 0.15, 0.4

TRUTHS = {
    "as good": 0.0,
    "at the margin": -MARGIN * MEAN,
    "worse by a point": -1.0,
    "better by half a point": 0.5,
}

_CHEAPER = Estimate(0.33, 0.3, 0.37, 0.95, "known", 20)


def recommendations(gap: float, units: int, repeats: int, draw: np.random.Generator) -> pd.Series:
    """Return the shares of recommendations over simulated experiments."""
    told = []
    for _ in range(repeats):
        level = draw.normal(MEAN, 0.8, (units, 1))
        noise = draw.normal(0, NOISE / np.sqrt(2), (2, units, REVIEWERS))
        taste = draw.normal(0, TASTE, (1, REVIEWERS))
        baseline = level + noise[0]
        candidate = level + gap + draw.normal(0, BETWEEN, (units, 1)) + taste + noise[1]
        quality = crossed(candidate - baseline, 1 - ALPHA)
        kept = crossed(candidate - (1 - MARGIN) * baseline, 1 - 2 * ALPHA)
        told.append(verdict_of(quality, kept, _CHEAPER, _CHEAPER)[0])
    return pd.Series(told).value_counts(normalize=True)


def table(repeats: int, seed: int = 1) -> pd.DataFrame:
    """Return the share of each recommendation, by truth and number of SPECs."""
    draw = np.random.default_rng(seed)
    rows = {
        (truth, units): recommendations(gap, units, repeats, draw)
        for truth, gap in TRUTHS.items()
        for units in SIZES
    }
    found = pd.DataFrame(rows).T.reindex(columns=[SIMPLIFY, KEEP, OPEN]).fillna(0.0)
    return found.rename_axis(["truth", "SPECs"])


def main() -> int:
    """Simulate, print, and check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=2000)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    found = table(options.repeats)
    print(found.round(3).to_string())
    slack = 3 * np.sqrt(ALPHA * (1 - ALPHA) / options.repeats)
    wrong = max(
        found.loc["at the margin", SIMPLIFY].max() - ALPHA,
        found.loc["as good", KEEP].max() - ALPHA / 2,
        found.loc["worse by a point", SIMPLIFY].max() - ALPHA,
        found.loc["better by half a point", KEEP].max() - ALPHA / 2,
    )
    print(f"largest excess of a wrong recommendation over its level: {wrong:+.3f}")
    return int(options.check and wrong > slack)


if __name__ == "__main__":
    raise SystemExit(main())
