"""What a dearer variant gains for its cost: by hand, in words, and what is worth considering."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from speckit_analysis.analysis.experiment.tradeoff import CLOUD, Tradeoff, variants

COSTS = [0.10, 0.14, 0.12, 0.16]
GAINS = [0.4, 0.1, 0.6, 0.5]


def tradeoff(costs=COSTS, gains=GAINS, worth=0.5, **options):
    pairs = pd.DataFrame({"cost_usd": costs, "points": gains}, dtype=float)
    return Tradeoff("many", "one", pairs, worth, **options)


def test_the_net_benefit_is_worth_less_cost_with_student_s_interval():
    net = 0.5 * np.array(GAINS) - np.array(COSTS)
    low, high = stats.t.interval(0.95, 3, net.mean(), stats.sem(net))
    found = tradeoff().net
    assert (found.value, found.low, found.high) == pytest.approx((net.mean(), low, high))


def test_the_probability_that_it_pays_is_student_s():
    net = 0.5 * np.array(GAINS) - np.array(COSTS)
    chance = stats.t.cdf(net.mean() / stats.sem(net), 3)
    curve = tradeoff().acceptability([0.0, 0.5])
    assert curve["probability"].tolist()[1] == pytest.approx(chance)
    assert curve["probability"].iloc[0] < 0.01  # it costs, and a point is worth nothing


def test_the_curve_reaches_four_times_what_a_point_costs_or_is_worth():
    assert tradeoff(worth=0.5).acceptability()["worth_usd"].iloc[-1] == pytest.approx(2.0)
    dear = tradeoff(worth=0.1)
    assert dear.acceptability()["worth_usd"].iloc[-1] == pytest.approx(4 * dear.found.ratio)
    lost = tradeoff(gains=[-0.4, -0.1, -0.6, -0.5])  # a point has no price here
    assert lost.acceptability()["worth_usd"].iloc[-1] == pytest.approx(2.0)


def test_the_cloud_is_of_means_drawn_from_the_specs():
    drawn = tradeoff().cloud(seed=7)
    assert len(drawn) == CLOUD
    assert drawn["points"].between(min(GAINS), max(GAINS)).all()
    assert drawn["cost_usd"].mean() == pytest.approx(np.mean(COSTS), abs=0.005)
    pd.testing.assert_frame_equal(drawn, tradeoff().cloud(seed=7))
    assert not drawn.equals(tradeoff().cloud(seed=8))


@pytest.mark.parametrize(
    ("costs", "gains", "worth", "words"),
    [
        (COSTS, GAINS, 5.0, "it pays: net"),
        (COSTS, GAINS, 0.01, "it does not pay: net"),
        (COSTS, GAINS, 0.5, "it may or may not pay: net"),
        (COSTS, [-gain for gain in GAINS], 0.5, "many is dearer and worse: dominated"),
        ([-cost for cost in COSTS], GAINS, 0.5, "many is cheaper and better: dominant"),
    ],
)
def test_the_sentence_says_where_it_lies_and_whether_it_pays(costs, gains, worth, words):
    told = tradeoff(costs, gains, worth).sentence.replace("\u00a0", " ")
    assert words in told
    assert "(4 SPECs)" in told


def test_the_probability_that_it_takes_is_that_of_the_level():
    assert "it takes 97.5 % to say so" in tradeoff().sentence.replace("\u00a0", " ")
    wide = tradeoff(worth=0.8)
    narrow = tradeoff(worth=0.8, level=0.8)
    assert wide.net.low < 0 < narrow.net.low
    assert "it pays" in narrow.sentence
    assert "it takes 90 % to say so" in narrow.sentence.replace("\u00a0", " ")


def test_specs_without_a_cost_are_told():
    told = tradeoff(without_cost=3).sentence.replace("\u00a0", " ")
    assert told.endswith("3 SPECs with scores and without a cost of both are left out.")


def test_below_two_specs_nothing_is_told():
    one = tradeoff([0.1], [0.4])
    assert one.sentence == (
        "Whether many pays cannot be told: fewer than 2 SPECs tell cost and quality of both."
    )
    assert one.cloud().empty
    assert one.acceptability().empty


def table(**columns):
    return pd.DataFrame(columns, index=["S1", "S2"], dtype=float)


def test_variants_are_ranked_by_cost_and_quality():
    scores = table(cheap=[5, 7], dear=[8, 8], waste=[6, 6])
    costs = table(cheap=[1, 1], dear=[3, 5], waste=[2, 2])
    found = variants(scores, costs, table(cheap=[10, 20])).set_index("variant")
    assert found["status"].to_dict() == {
        "cheap": "frontier",
        "dear": "frontier",
        "waste": "dominated",
    }
    assert found.loc["dear", ["points", "cost_usd"]].tolist() == [8.0, 4.0]
    assert found.loc["cheap", "seconds"] == 15.0
    assert pd.isna(found.loc["dear", "seconds"])


def test_a_mixture_of_two_beats_the_third():
    scores = table(low=[4, 4], middle=[5, 5], high=[8, 8])
    costs = table(low=[1, 1], middle=[3, 3], high=[4, 4])
    found = variants(scores, costs, table()).set_index("variant")["status"]
    assert found["middle"] == "extendedly dominated"


def test_a_variant_without_a_price_or_a_score_is_shown_and_not_ranked():
    scores = table(priced=[6, 6], unpriced=[9, np.nan])
    costs = table(priced=[1, 1], unscored=[0.1, 0.1])
    found = variants(scores, costs, table()).set_index("variant")
    assert found["status"].to_dict() == {
        "priced": "frontier",
        "unpriced": "cost unknown",
        "unscored": "quality unknown",
    }
    assert found[["specs", "scored", "priced"]].loc["unpriced"].tolist() == [2, 1, 0]
