"""Slopes over the order: planted ones found, and how often there is a false alarm."""

from __future__ import annotations

from random import Random

import numpy as np
import pandas as pd
import pytest
from simulations import chance, repeated

from speckit_analysis.review.design import reading_orders
from speckit_analysis.stats.paired import paired_t
from speckit_analysis.stats.raters import slopes_over_order


def orders(reviewers: int, units: int = 10, seed: int = 1) -> pd.DataFrame:
    names = [f"R{number}" for number in range(reviewers)]
    found = reading_orders([f"S{n}" for n in range(units)], ["A", "B"], names, random=Random(seed))
    return found.assign(output=found["unit"] + found["variant"])[["output", "reviewer", "position"]]


def scored(read: pd.DataFrame, draw: np.random.Generator, own_drift: float = 0.0) -> pd.DataFrame:
    """Return scores of outputs that differ, by reviewers who differ, without a common drift."""
    parts = [
        draw.normal(0, spread, codes.max() + 1)[codes]
        for codes, spread in (
            (pd.factorize(read["output"])[0], 1.0),
            (pd.factorize(read["reviewer"])[0], 0.5),
        )
    ]
    slope = draw.normal(0, own_drift, 99)[pd.factorize(read["reviewer"])[0]]
    noise = draw.normal(0, 0.7, len(read))
    return read.assign(score=7 + sum(parts) + slope * read["position"].to_numpy() + noise)


def test_slopes_are_found_beside_good_outputs_and_strict_reviewers():
    read = orders(3)
    slope = read["reviewer"].map({"R0": -0.1, "R1": 0.0, "R2": 0.05})
    good = pd.factorize(read["output"])[0] / 10
    strict = pd.factorize(read["reviewer"])[0]
    found = slopes_over_order(read.assign(score=good - strict + slope * read["position"]))
    assert found.to_dict() == pytest.approx({"R0": -0.1, "R1": 0.0, "R2": 0.05}, abs=1e-12)


def test_reviewers_of_one_order_tell_no_slope():
    read = orders(1)
    same = pd.concat([read.assign(reviewer=name) for name in ("R1", "R2", "R3")])
    assert slopes_over_order(scored(same, np.random.default_rng(1))).empty


def test_a_reviewer_who_shares_no_output_is_left_out():
    lone = orders(1).assign(reviewer="alone", output=lambda rows: "other " + rows["output"])
    read = pd.concat([orders(3), lone], ignore_index=True)
    found = slopes_over_order(scored(read, np.random.default_rng(1)))
    assert found.index.tolist() == ["R0", "R1", "R2"]


@repeated(160, 800)
@pytest.mark.parametrize(("reviewers", "own_drift"), [(3, 0.0), (5, 0.0), (3, 0.05)])
def test_false_alarms_are_no_more_frequent_than_the_level(reviewers, own_drift, repeats):
    draw = np.random.default_rng(20)
    designs = [orders(reviewers, seed=seed) for seed in range(10)]
    alarms = [
        paired_t(slopes_over_order(scored(designs[n % 10], draw, own_drift)).to_numpy()).p_value
        <= 0.05
        for n in range(repeats)
    ]
    assert np.mean(alarms) <= 0.055 + chance(repeats, 800)
