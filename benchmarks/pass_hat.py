"""How often intervals of pass^k hold the truth, where it is known.

``python benchmarks/pass_hat.py`` simulates tasks that are tried four times, their chances to pass
drawn from a Beta distribution, and counts how often three intervals hold the true pass^k.
``--check`` fails if the one that reports use covers less than 93 %.
"""

from __future__ import annotations

import argparse
import math

import numpy as np
import pandas as pd
from scipy import special, stats

from speckit_analysis.analysis.experiment.repeats import pass_hat

TRIALS, LEVEL, RESAMPLES = 4, 0.95, 400

#: Beta distributions: easy tasks and hard ones, mostly hard ones, all alike.
CHANCES = ((0.6, 0.8), (0.2, 1.5), (20, 30))


def coverage(
    tasks: int, chances: tuple[float, float], k: int, repeats: int, draw: np.random.Generator
) -> dict[str, float]:
    """Return the share of samples whose intervals hold the true pass^k."""
    a, b = chances
    truth = math.prod((a + one) / (a + b + one) for one in range(k))
    passes = draw.binomial(TRIALS, draw.beta(a, b, (repeats, tasks)))
    values = special.comb(passes, k) / special.comb(TRIALS, k)
    reach = stats.t.ppf((1 + LEVEL) / 2, tasks - 1) * values.std(axis=1, ddof=1) / math.sqrt(tasks)
    # The same resamples of tasks serve all samples.
    resampled = values[:, draw.integers(0, tasks, (RESAMPLES, tasks))].mean(axis=2)
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=1)
    ours = [pass_hat(pd.DataFrame({"trials": TRIALS, "passes": row}), k) for row in passes]
    return {
        "true pass^k": truth,
        "t": float((np.abs(values.mean(axis=1) - truth) <= reach).mean()),
        "bootstrap": float(((low <= truth) & (truth <= high)).mean()),
        "Clopper-Pearson": float(np.mean([one.low <= truth <= one.high for one in ours])),
    }


def table(repeats: int, seed: int = 1) -> pd.DataFrame:
    """Return coverages by number of tasks, chances and k."""
    draw = np.random.default_rng(seed)
    rows = {
        (tasks, f"Beta{chances}", k): coverage(tasks, chances, k, repeats, draw)
        for tasks in (10, 50)
        for chances in CHANCES
        for k in (1, 2, 4)
    }
    return pd.DataFrame(rows).T.rename_axis(["tasks", "chances", "k"])


def main() -> int:
    """Simulate, print, and check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=2000)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    found = table(options.repeats)
    print(found.round(3).to_string())
    least = found["Clopper-Pearson"].min()
    print(f"least coverage of the interval used: {least:.3f}")
    return int(options.check and least < 0.93)


if __name__ == "__main__":
    raise SystemExit(main())
