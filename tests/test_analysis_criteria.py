"""Two variants on each criterion: against the comparison of that criterion alone, and refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from test_analysis_review import scores, used

from speckit_analysis.analysis import review
from speckit_analysis.analysis.experiment.pairs import (
    by_criterion,
    criteria_sentence,
)
from speckit_analysis.plans import planned
from speckit_analysis.stats.crossed import crossed

#: What "one" scores below "many", by criterion.
LOSSES = {"clarity": 1.5, "correctness": 0.0}

VARIANTS = {"baseline": "many", "candidate": "one"}
PLAN = planned("", **VARIANTS)
OTHER = planned("", baseline="many", candidate="other")


def reviews(losses=LOSSES, specs=6):
    """Scores of two variants by three reviewers, criterion by criterion."""
    noise = np.random.default_rng(3)
    tables = []
    for criterion, loss in losses.items():
        rows = [
            (f"S{spec}", variant, name, 7 - loss * (variant == "one") + noise.normal(0, 0.05))
            for spec in range(specs)
            for name in ("ann", "bob", "eve")
            for variant in ("one", "many")
        ]
        tables.append(scores(rows).assign(criterion=criterion))
    return used(pd.concat(tables, ignore_index=True)).kept


def test_each_criterion_is_compared_by_its_own_scores():
    rows = reviews()
    table = by_criterion(rows, PLAN).set_index("criterion")
    assert table.index.tolist() == ["clarity", "correctness"]
    for name in LOSSES:
        own = review.differences(rows[rows["criterion"] == name], "many", "one")
        alone = crossed(own.to_numpy(float)).told
        found = table.loc[name]
        assert (found["difference"], found["low"], found["high"]) == pytest.approx(
            (alone.value, alone.low, alone.high)
        )
    assert table["specs"].tolist() == [6, 6]
    assert table["kept"].tolist() == [False, True]


def test_p_values_are_corrected_for_the_number_of_criteria():
    alone = by_criterion(reviews({"clarity": 1.5}), PLAN)["holm_p"].iloc[0]
    both = by_criterion(reviews({"clarity": 1.5, "depth": 0.0}), PLAN)["holm_p"]
    assert both.iloc[0] == pytest.approx(2 * alone)
    assert both.iloc[1] > 0.05


def test_a_loss_within_the_margin_is_kept_and_one_beyond_it_is_not():
    rows = reviews({"clarity": 0.5})
    table = by_criterion(rows, planned("", **VARIANTS, margin=0.15))
    assert table["kept"].tolist() == [True]
    assert by_criterion(rows, planned("", **VARIANTS, margin=0.05))["kept"].tolist() == [False]


@pytest.mark.parametrize(
    ("losses", "words"),
    [
        (LOSSES, "clarity differs significantly (Holm, 2 criteria); non-inferior on corr"),
        (
            {"clarity": 0.0},
            "No criterion differs significantly (Holm, 1 criterion); non-inferior on e",
        ),
        ({"clarity": 1.5}, "(Holm, 1 criterion); non-inferior on none."),
    ],
)
def test_the_sentence_tells_differences_and_what_is_kept(losses, words):
    told = criteria_sentence(by_criterion(reviews(losses), PLAN))
    assert words in told.replace("\u00a0", " ")


def test_a_criterion_of_one_variant_only_is_no_comparison():
    rows = reviews()
    one_sided = rows[(rows["criterion"] != "clarity") | (rows["variant"] == "one")]
    table = by_criterion(one_sided, PLAN).set_index("criterion")
    assert table.loc["clarity", "specs"] == 0
    assert table.loc["clarity"].drop("specs").isna().all()
    assert table.loc["correctness", "specs"] == 6
    nothing = by_criterion(one_sided, OTHER)
    assert criteria_sentence(nothing) == "No criterion was scored for both variants."


def test_a_single_spec_has_no_interval():
    table = by_criterion(reviews({"clarity": 1.0}, specs=1), PLAN)
    assert table["specs"].tolist() == [1]
    assert table["low"].isna().all()


def test_second_readings_do_not_count():
    rows = reviews({"clarity": 1.0})
    again = rows.assign(repeat_of=rows["packet"], packet=rows["packet"] + "again", score=0.0)
    doubled = pd.concat([rows, again], ignore_index=True)
    expected = by_criterion(rows, PLAN)
    pd.testing.assert_frame_equal(by_criterion(doubled, PLAN), expected)
