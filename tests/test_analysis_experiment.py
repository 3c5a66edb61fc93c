"""Two variants compared: by hand, refused, and at the error rates that are promised."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from test_analysis_review import scores, used

import speckit_analysis as sk
from speckit_analysis.analysis import review
from speckit_analysis.analysis.experiment import advice
from speckit_analysis.analysis.experiment.pairs import making
from speckit_analysis.analysis.experiment.plan import ExperimentPlan, GuardrailPlan
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN
from speckit_analysis.analysis.experiment.variants import compare_variants
from speckit_analysis.analysis.margins import ALPHA, MARGIN
from speckit_analysis.analysis.selection import measured
from speckit_analysis.cli import main
from speckit_analysis.errors import EvidenceError
from speckit_analysis.figures import experiment as draw
from speckit_analysis.plans import load_plan, planned
from speckit_analysis.simulate import Design, simulate
from speckit_analysis.simulate.reviewers import COST_RATIO
from speckit_analysis.stats import planning
from speckit_analysis.stats.planning import units_for_margin


def made(gaps, *, reviewers=("ann", "bob", "cyd"), costs=(1.0, 3.0), seed=1):
    """Reviews in which the candidate differs by `gaps`, one a SPEC, and reviewers by little."""
    noise = np.random.default_rng(seed)
    rows, cost = [], []
    for number, gap in enumerate(gaps):
        for name in reviewers:
            for variant, shift, usd in (("one", gap, costs[0]), ("many", 0.0, costs[1])):
                score = 7 + shift + noise.normal(0, 0.05)
                rows.append((f"S{number}", variant, name, round(score, 3)))
                cost.append(usd * noise.lognormal(0, 0.02))
    return used(scores(rows, output_cost_usd=cost, output_seconds=cost)).kept


def compared(reviews, baseline, candidate, margin=MARGIN, *, alpha=ALPHA, **fixed):
    """Compare two variants as a plan without a name fixes it."""
    plan = ExperimentPlan("", baseline, candidate, margin, **fixed)
    return compare_variants(reviews, plan, alpha=alpha)


def test_a_variant_that_keeps_quality_and_costs_less_is_adopted():
    found = compared(made([0.05, -0.05, 0.1, 0.0, -0.1, 0.05]), "many", "one")
    assert found.verdict == ADOPT
    assert found.cost.value == pytest.approx(1 / 3, rel=0.05)
    assert "one can replace many" in found.sentence


def test_a_margin_is_told_as_it_was_chosen():
    found = compared(made([0.05, -0.05, 0.1, 0.0, -0.1]), "many", "one", margin=0.125)
    assert found.recommendation().margin == "12.5 % of the quality may be lost"


def test_a_variant_that_is_worse_is_not():
    found = compared(made([-1.0, -1.2, -0.8, -1.1, -0.9, -1.3]), "many", "one")
    assert found.verdict == KEEP
    assert found.gap.value == pytest.approx(-1.05, abs=0.05)
    assert found.sentence.startswith("Keep many")


def test_what_keeps_quality_but_saves_nothing_is_open():
    table = made([0.05, -0.05, 0.1, 0.0, -0.1, 0.05], costs=(3.0, 3.0))
    found = compared(table, "many", "one")
    assert found.verdict == OPEN
    assert "not proved to cost less" in found.rule


def test_three_specs_recommend_nothing_and_say_what_to_collect():
    found = compared(made([-1.0, -1.1, -0.9]), "many", "one")
    assert found.verdict == OPEN
    assert found.rule == "below 5 SPECs nothing is recommended"
    assert "2 more SPECs" in found.needed.replace("\u00a0", " ")


def test_what_would_settle_it_is_planned_at_the_level_of_the_test():
    """One of three classes of SPECs is tested at a third of the level, which takes more SPECs."""
    table = made([0.5, -0.5, 0.6, -0.6, 0.4, -0.4])
    whole, third = (compared(table, "many", "one", alpha=alpha) for alpha in (0.05, 0.05 / 3))
    numbers = [re.findall(r"score (\d+) more SPECs", one.needed) for one in (whole, third)]
    study = planning.plan(whole.quality, 0.05 * whole.baseline_mean)
    assert numbers[0] == [str(study.units - 6)]
    assert int(numbers[1][0]) > 1.3 * int(numbers[0][0])


@pytest.mark.parametrize(("alpha", "times"), [(0.05 / 3, 2), (0.05, 0)])
def test_an_interval_of_an_unusual_level_names_it(alpha, times):
    """Both the difference in quality and the ratio of costs."""
    found = compared(made([0.05, -0.05, 0.1, 0.0, -0.1]), "many", "one", alpha=alpha)
    assert "one costs" in found.numbers
    assert found.numbers.count("(98.33 %: ") + found.numbers.count("(96.67 %: ") == times


def test_what_a_design_sees_is_told_at_the_level_of_its_intervals():
    rows = made([1.5, -1.5, 2.0, -2.0, 1.0, -1.0])
    strict, lax = (
        float(re.search(r"a difference of ([\d.]+) points", found.design_sentence)[1])
        for found in (compared(rows, "many", "one", alpha=alpha) for alpha in (0.001, 0.5))
    )
    assert strict > lax


def test_nothing_to_compare_is_said():
    found = compared(made([0.1] * 6), "many", "none")
    assert found.verdict == OPEN
    assert "no SPEC has scores of both none and many" in found.sentence
    assert "cannot be told" in found.tradeoff.sentence
    assert found.tradeoff.acceptability((1.0,)).empty
    assert len(found.table()) == 10
    assert draw.differences(review.differences(made([]), "many", "one"), "one", "many").bare


def test_records_without_a_stage_are_in_table_and_figure_alike():
    table = made([0.2, -0.1, 0.1, 0.0, -0.2])
    bare = table.assign(stage=table["stage"].where(table["stage"] == "nothing"))
    gaps = review.differences(bare, "many", "one")
    assert gaps.shape == (5, 3)
    found = compared(bare, "many", "one").gap
    assert gaps.to_numpy().mean() == pytest.approx(found.value)
    assert review.within_tolerance(bare)["units"].tolist() == [5]


def test_severity_of_a_reviewer_changes_nothing():
    table = made([0.2, -0.1, 0.1, 0.0, -0.2, 0.05])
    harder = table.assign(
        score=table["score"] - 2.0 * (table["reviewer"] == "ann").to_numpy(dtype=float)
    )
    before, after = (compared(each, "many", "one", margin=0.0) for each in (table, harder))
    assert after.gap.value == pytest.approx(before.gap.value)
    assert after.gap.low == pytest.approx(before.gap.low)


def test_a_score_of_one_variant_only_moves_nothing():
    rows = made([-0.2, -0.4, 0.1, -0.3, -0.1, -0.2], reviewers=("ann",))
    whole = compared(rows, "many", "one")
    # Eve sees what Ann sees in one SPEC, and in another she reads one variant, and dislikes it.
    same, strict = rows["spec_id"] == "S1", (rows["spec_id"] == "S0") & (rows["variant"] == "one")
    eve = rows[same | strict].assign(reviewer="eve", output_cost_usd=None)
    eve.loc[strict, "score"] = 0.0
    found = compared(pd.concat([rows, eve], ignore_index=True), "many", "one")
    assert found.quality.panel.value == pytest.approx(whole.quality.panel.value)
    assert found.disasters.value == whole.disasters.value == 0
    assert found.tradeoff.net.value == pytest.approx(whole.tradeoff.net.value)


def test_stages_of_a_spec_are_no_further_specs():
    table = made([0.05, -0.05, 0.1])
    stages = [table.assign(stage=stage) for stage in ("plan", "tasks", "audit")]
    found = compared(pd.concat(stages, ignore_index=True), "many", "one")
    assert found.quality.estimate.n == 3
    assert found.cost.n == 3
    assert (found.verdict, found.rule) == (OPEN, "below 5 SPECs nothing is recommended")


def test_one_reviewer_decides_nothing_and_two_speak_of_themselves():
    gaps = [0.05, -0.05, 0.1, 0.0, -0.1, 0.05]
    alone = compared(made(gaps, reviewers=("ann",)), "many", "one")
    assert (alone.verdict, alone.rule) == (OPEN, "1 reviewer can tell nothing of others")
    assert alone.quality.estimate.refusal
    two = made(gaps, reviewers=("ann", "bob"))
    both = compared(two, "many", "one")
    assert (both.verdict, "1 more reviewer" in both.needed.replace("\u00a0", " ")) == (OPEN, True)
    taste = float(re.search(r"differ by ([\d.]+) points", both.design_sentence)[1])
    assert taste == pytest.approx(both.kept.tipping_taste(0), rel=0.05)
    panel = compared(two, "many", "one", panel=True)
    assert (panel.verdict, "these reviewers" in panel.rule) == (ADOPT, True)
    planned_three = compare_variants(
        two, planned("", baseline="many", candidate="one", reviewers=3, panel=True)
    )
    assert planned_three.verdict == OPEN


def test_a_missing_card_leaves_nothing_else_out():
    gaps = [1.0, -1.0, 0.8, -0.9, 0.1, -0.2, 0.7]
    table = made(gaps, reviewers=("ann", "bob", "eve"))
    lacking = table[~((table["spec_id"] == "S0") & (table["reviewer"] == "eve"))]
    found = compared(lacking, "many", "one")
    assert (found.quality.estimate.n, found.quality.estimate.refusal) == (7, "")
    own = review.differences(lacking, "many", "one")
    assert found.gap.value == pytest.approx(own.mean().mean())
    assert found.left_out == ""


def test_a_reviewer_of_few_specs_is_left_out_and_not_the_others_work():
    table = made([0.05, -0.05, 0.1, 0.0, -0.1, 0.05], reviewers=("ann", "bob", "eve"))
    few = table[(table["reviewer"] != "eve") | (table["spec_id"] == "S0")]
    found = compared(few, "many", "one")
    assert (found.gap.n, found.quality.reviewers) == (6, 2)
    assert "eve" in found.left_out


def test_what_is_faster_but_dearer_is_open():
    table = made([0.05, -0.05, 0.1, 0.0, -0.1, 0.05], costs=(3.0, 1.0))
    faster = table.assign(output_seconds=table["output_cost_usd"].rdiv(1.0))
    found = compared(faster, "many", "one")
    assert (found.verdict, found.cost.low > 1, found.seconds.high < 1) == (OPEN, True, True)
    assert (
        found.rule
        == "the candidate keeps the quality within the margin and is faster, but is dearer"
    )


def test_a_cost_of_0_is_not_known():
    table = made([0.05, -0.05, 0.1, 0.0, -0.1, 0.05])
    table.loc[table["variant"] == "one", "output_cost_usd"] = 0.0
    found = compared(table, "many", "one")
    assert found.cost.n == 0
    assert len(found.tradeoff.pairs) == 0
    assert found.tradeoff.without_cost == 6


def test_the_same_saving_at_every_spec_is_a_saving():
    table = made([0.05, -0.05, 0.1, 0.0, -0.1, 0.05])
    cost = table["variant"].astype("string").map({"one": 0.25, "many": 1.0}).astype("Float64")
    found = compared(table.assign(output_cost_usd=cost, output_seconds=pd.NA), "many", "one")
    assert (found.cost.value, found.typical.refusal != "") == (0.25, True)
    assert found.verdict == ADOPT


def test_a_look_before_the_planned_end_decides_nothing():
    table = made([-1.0, -1.2, -0.8, -1.1, -0.9, -1.3], reviewers=("ann", "bob", "eve"))
    fixed = planned("", baseline="many", candidate="one", specs=10)
    found = compare_variants(table, fixed)
    assert found.verdict == OPEN
    assert found.rule == (
        "6 of 10 planned SPECs are scored, and deciding now would be a look that was not planned"
    )
    assert found.needed == "Score the other 4 planned SPECs."


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"margin": 2.0}, "margin"),
        ({"worth_usd": -1.0}, "worth_usd"),
        ({"baseline": "a", "candidate": "a"}, "are both 'a'"),
        ({"guardrail": GuardrailPlan(candidates=("x", "x"))}, "named twice"),
    ],
)
def test_parameters_that_make_no_plan_are_refused(chosen, told):
    with pytest.raises(EvidenceError, match=told):
        planned("", **chosen)


def test_swapping_variants_turns_the_difference_over():
    table = made([0.2, -0.1, 0.1, 0.0, -0.2, 0.05])
    one, other = compared(table, "many", "one"), compared(table, "one", "many")
    assert one.gap.low == pytest.approx(-other.gap.high)
    assert one.cost.value == pytest.approx(1 / other.cost.value)


def test_what_a_point_costs_is_told_against_what_it_is_worth():
    found = compared(made([-1.0, -1.2, -0.8, -1.1, -0.9]), "many", "one", worth_usd=10.0)
    assert "dearer and better" in found.tradeoff.sentence
    assert "it pays" in found.tradeoff.sentence
    curve = found.tradeoff.acceptability((0.0, 2.0, 100.0))
    assert curve["probability"].is_monotonic_increasing
    cheap = compared(made([-1.0, -1.2, -0.8, -1.1, -0.9]), "many", "one", worth_usd=0.1)
    assert "it does not pay" in cheap.tradeoff.sentence


def test_the_planted_experiment_is_recovered(tmp_path):
    simulate(Design(specs=30, reviewers=4, quality_gain=0.8, damage=()), tmp_path / "evidence")
    rows = review.usable(measured(sk.load(tmp_path / "evidence").reviews, noun="score")).kept
    found = compared(rows, "consensus", "single")
    assert found.quality.estimate.low < -0.8 < found.quality.estimate.high
    assert found.cost.low < 1 / COST_RATIO < found.cost.high
    assert found.verdict == KEEP
    assert review.scores_of(rows, ["single"])["single"].shape == (30, 4)
    assert making(rows, "errors_found").shape == (30, 2)


def test_a_margin_that_no_study_can_show_is_said(tmp_path):
    gaps = [3, -3, 2, -2, 1]
    found = compared(made(gaps, reviewers=("ann",)), "many", "one", margin=1e-5, panel=True)
    assert found.needed == "No feasible number of SPECs would settle it at this margin."
    path = tmp_path / "trial.toml"
    margin = ["--margin", "0.001", "--deviation", "5"]
    done = CliRunner().invoke(main, ["experiment", "init", "trial", "--out", str(path), *margin])
    assert "no feasible number of SPECs" in f"{done.output} {done.exception}"
    assert not path.exists()


def test_the_study_that_would_not_settle_it_is_the_largest_planned(monkeypatch):
    monkeypatch.setattr(advice, "MOST_UNITS", 7)
    monkeypatch.setattr(advice, "MOST_REVIEWERS", 3)
    found = compared(made([3, -3, 2, -2, 1]), "many", "one", margin=1e-5)
    assert "No study of up to 7 SPECs" in found.needed


def test_a_plan_is_written_read_and_kept_to(tmp_path):
    path = tmp_path / "trial.toml"
    done = CliRunner().invoke(main, ["experiment", "init", "trial", "--out", str(path)])
    assert done.exit_code == 0
    plan = load_plan(path)
    assert (plan.baseline, plan.candidate, plan.margin) == ("consensus", "single", 0.05)
    assert plan.specs == units_for_margin(0.6, 0.4)
    assert "Plan trial: single may lose 5 %" in plan.sentence
    assert plan.guardrail.candidates == ("same_model", "schema")
    assert (plan.arbiter.least_benefit, plan.success.telemetry_coverage) == (0.1, 1.0)
    rows = review.usable(measured(sk.load(sk.sample_path()).reviews, noun="score")).kept
    assert compare_variants(rows, plan).margin == 0.05
    again = CliRunner().invoke(main, ["experiment", "init", "trial", "--out", str(path)])
    assert again.exit_code == 2
    assert "never replaced" in again.output
    odd = CliRunner().invoke(main, ["experiment", "init", 'a"b'])
    assert (odd.exit_code, "no name for an experiment" in odd.output) == (2, True)
    assert "There is no plan" in planned("", baseline="a").sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = 3", "is no plan of an experiment"),
        ('name = "e"\nbaseline = "a"\ncandidate = "a"\nmargin = 0.05', "are both 'a'"),
        (
            'name = "e"\nbaseline = "a"\ncandidate = "b"\nmargin = 5',
            "`float` < 1.0",
        ),
        ('name = "e"\nbaseline = "a"\ncandidate = "b"\nmargin = 0.1\nx = 1', "unknown field"),
        (
            'name = "e"\nbaseline = "a"\ncandidate = "b"\nmargin = 0.1\n'
            "[arbiter]\nleast_benefit = 2",
            "least_benefit",
        ),
    ],
)
def test_a_plan_that_cannot_be_is_refused(text, said, tmp_path):
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(EvidenceError, match=said):
        load_plan(tmp_path / "p.toml")
