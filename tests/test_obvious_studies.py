"""Studies whose answer is plain: the verdict is what a sensible person would say."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from simulations import repeated
from test_analysis_review import scores, used

from speckit_analysis.analysis.experiment.pairs import by_criterion
from speckit_analysis.analysis.experiment.plan import ExperimentPlan
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN
from speckit_analysis.analysis.experiment.rule import COST, NO_COST, RISK, WORTH, Ruling
from speckit_analysis.analysis.experiment.variants import compare_variants

REVIEWERS, CRITERIA = ("ann", "bob", "eve"), ("clarity", "correctness", "completeness")
#: Dollars of an output of one model and of consensus, where nothing else is said.
USUAL = (1.0, 3.0)


def study(gap, *, specs=14, spread=0.3, costs=USUAL, scale=1.0, seed=3) -> pd.DataFrame:
    """Reviews of one model against consensus; `gap` is a number, or one for each SPEC."""
    draw = np.random.default_rng(seed)
    gaps = np.broadcast_to(gap, specs) + draw.normal(0, spread, specs)
    usd = None if costs is None else np.broadcast_to(costs, (specs, 2))
    rows, spent = [], []
    for spec in range(specs):
        level = 7 + draw.normal(0, 0.5)
        for name in REVIEWERS:
            for at, variant in enumerate(("single", "consensus")):
                for criterion in CRITERIA:
                    score = level + gaps[spec] * (at == 0) + scale * draw.normal(0, 0.3)
                    rows.append(
                        (f"S{spec}", variant, name, float(np.clip(score, 0, 10)), criterion)
                    )
                    spent.append(None if usd is None else float(usd[spec][at]))
    table = scores([row[:4] for row in rows], output_cost_usd=spent)
    return table.assign(criterion=pd.Categorical([row[4] for row in rows]))


def decided(table, **fixed):
    plan = ExperimentPlan("", "consensus", "single", 0.05, **fixed)
    return compare_variants(used(table, copies=False).kept, plan)


STUDIES = {
    "large gain": (study(1.0), ADOPT),
    "none, and cheaper": (study(0.0), ADOPT),
    "harmful": (study(-1.5), KEEP),
    "contradictory": (study(np.resize([2.0, -2.0], 14)), OPEN),
    "costs missing": (study(0.0, costs=None), OPEN),
    "better but dearer": (study(1.0, costs=(9.0, 3.0)), OPEN),
    "as good and as dear": (study(0.0, costs=(3.0, 3.0)), OPEN),
    "three SPECs": (study(-1.5, specs=3), OPEN),
}


@pytest.mark.parametrize("name", STUDIES)
def test_the_verdict_is_the_obvious_one(name):
    table, verdict = STUDIES[name]
    found = decided(table)
    assert found.verdict == verdict, found.sentence
    assert "nan" not in f"{found.sentence} {found.rule}"


@pytest.mark.parametrize(("noise", "verdict"), [(None, KEEP), (0.1, KEEP), (2.0, OPEN)])
def test_inside_the_noise_a_loss_is_no_reason_to_keep(noise, verdict):
    """Consensus was run again, and differs from itself on each SPEC by so much."""
    table = study(-0.6)
    if noise is not None:
        again = table[table["variant"] == "consensus"].assign(variant="consensus_again")
        shifts = pd.Series(np.random.default_rng(5).normal(0, noise, 14), again["spec_id"].unique())
        again["score"] += again["spec_id"].map(shifts).astype(float)
        table = pd.concat([table, again], ignore_index=True)
    found = decided(table)
    assert found.verdict == verdict
    assert ("within the noise" in found.rule) == (verdict == OPEN)


def test_a_criterion_that_one_variant_lacks_moves_nothing():
    """True difference 0; a low "clarity" is not scored for one of them."""
    table = study(0.0, specs=12)
    low = table["criterion"] == "clarity"
    table.loc[low, "score"] -= 4.0
    lacking = table[~(low & (table["variant"] == "single"))]
    found, whole = decided(lacking), decided(table[~low])
    assert found.gap.value == pytest.approx(whole.gap.value)
    assert found.gap.low < 0 < found.gap.high
    assert "36 scores without" in found.left_out.replace("\u00a0", " ")


def test_swings_of_two_points_do_not_read_as_no_difference():
    found = decided(STUDIES["contradictory"][0])
    lost = re.search(
        r"(\d+) of 14 SPECs lose 2 points or more", found.numbers.replace("\u00a0", " ")
    )
    assert 3 <= int(lost[1]) <= 7


def test_half_of_the_specs_lost_forbids_adoption_however_sure_the_mean():
    swings = study(np.resize([2.6, -2.4], 300), specs=300, spread=0.05)
    found = decided(swings)
    assert found.kept.told.low > 0
    assert (found.verdict, "do not help" in found.needed) == (OPEN, True)


def test_cheaper_is_a_smaller_bill():
    """Nine SPECs halve, one goes from $30 to $60."""
    costs = [(1.0, 2.0)] * 13 + [(60.0, 30.0)]
    found = decided(study(0.0, costs=costs))
    assert found.cost.value == pytest.approx(73 / 56)
    assert found.typical.value < 0.62
    assert found.verdict == OPEN
    assert "must cost less" in found.needed


def test_advice_follows_from_what_is_undecided():
    needed = {name: decided(table).needed for name, (table, _) in STUDIES.items()}
    assert "Record what the outputs" in needed["costs missing"]
    assert "more SPEC" not in needed["as good and as dear"].replace("\u00a0", " ")
    price = re.search(r"here one costs \$(\d+\.\d+)", needed["better but dearer"])
    assert float(price[1]) == pytest.approx(6.0, abs=0.6)
    assert "2 more SPECs" in needed["three SPECs"].replace("\u00a0", " ")
    flat = study(0.0).assign(score=8.0)
    same = decided(flat)
    assert (same.verdict, "more SPECs" in same.needed.replace("\u00a0", " ")) == (OPEN, False)
    halved = decided(study(0.0, specs=8, spread=0.1, costs=(1.5, 3.0)))
    assert (halved.verdict, "Record the cost of" in halved.needed) == (OPEN, True)


def test_a_dearer_and_better_variant_is_adopted_where_a_point_is_worth_it():
    table, _ = STUDIES["better but dearer"]
    assert decided(table).verdict == OPEN  # nobody said what a point is worth
    assert decided(table, worth_usd=30.0).verdict == ADOPT
    assert decided(table, worth_usd=1.0).verdict == KEEP  # $6 for what is worth $1
    slower = table.assign(output_seconds=table["output_cost_usd"])
    assert decided(slower, worth_usd=30.0).verdict == OPEN  # of time nobody said a worth


def test_a_loss_is_no_reason_to_keep_what_costs_more_than_it_is_worth():
    table = study(-0.6, spread=0.1)  # consensus costs $2 more
    assert decided(table).verdict == KEEP
    assert decided(table, worth_usd=10.0).verdict == KEEP
    cheap = decided(table, worth_usd=1.0)
    assert (cheap.verdict, "Decide what a point" in cheap.needed) == (OPEN, True)


def test_faster_is_not_enough_where_a_bill_is_not_smaller():
    costs = [(1.0, 2.0)] * 15 + [(60.0, 2.0)]
    table = study(0.0, specs=16, costs=costs, spread=0.1)
    faster = table.assign(output_seconds=(table["variant"] == "single") + 1.0)
    faster["output_seconds"] = 3.0 - faster["output_seconds"]
    found = decided(faster)
    assert (found.seconds.high < 1, found.cost.low >= 0) == (True, True)
    assert found.verdict == OPEN


def test_what_loses_at_one_stage_or_on_one_criterion_is_not_adopted():
    good, bad = study(0.3, spread=0.1), study(-2.6, spread=0.1)
    stages = pd.concat(
        [good, *[good.assign(stage=f"s{n}") for n in range(9)], bad.assign(stage="x")]
    )
    found = decided(stages.reset_index(drop=True))
    assert found.kept.told.low > 0
    assert (found.verdict, "at some stage" in found.rule) == (OPEN, True)
    one = study(0.4, spread=0.05)
    lost = (one["criterion"] == "correctness") & (one["variant"] == "single")
    wide = one.assign(score=one["score"].mask(lost, one["score"] - 1.2))
    on_one = decided(wide)
    assert on_one.kept.told.low > 0
    assert (on_one.verdict, "correctness" in on_one.rule) == (OPEN, True)


def test_an_equal_loss_in_every_spec_is_a_loss():
    flat = study(0.0, spread=0.0, scale=0.0)
    lost = flat["variant"] == "single"
    found = decided(flat.assign(score=flat["score"].mask(lost, flat["score"] - 3)))
    assert (found.verdict, "nan" in found.sentence + found.tradeoff.sentence) == (KEEP, False)


def test_which_variant_specs_lack_is_told():
    table = study(0.0, specs=20)
    gone = table["spec_id"].isin([f"S{n}" for n in range(8)]) & (table["variant"] == "single")
    assert "8 SPECs without single" in decided(table[~gone]).left_out.replace("\u00a0", " ")


def test_the_loss_that_would_undo_an_adoption_is_told_and_does_undo_it():
    table, _ = STUDIES["none, and cheaper"]
    found = decided(table)
    loss = float(re.search(r"one more that loses ([\d.]+) points undoes it", found.rule)[1])
    assert 0.5 < loss < 10
    assert decided(table, worst_loss=loss - 0.2).verdict == ADOPT
    protected = decided(table, worst_loss=loss + 0.2)
    assert (protected.verdict, protected.needed[:5]) == (OPEN, "Score")


@repeated(20, 400)
def test_a_claim_on_one_criterion_is_corrected_for_their_number(repeats):
    """Each at the margin: that any is called non-inferior happens in 5 % of studies, not in 12."""
    plan, any_claim = ExperimentPlan("", "consensus", "single", 0.05), 0
    for seed in range(repeats):
        table = study(-0.35, specs=8, seed=seed, scale=3.0, spread=0.0)
        any_claim += bool(by_criterion(used(table).kept, plan)["kept"].any())
    assert any_claim / repeats <= 0.05 + 2 * (0.05 * 0.95 / repeats) ** 0.5


def test_a_ruling_names_what_stands_in_the_way():
    assert Ruling(OPEN, "because").obstacle == ""
    assert len({COST, NO_COST, RISK, WORTH}) == 4
