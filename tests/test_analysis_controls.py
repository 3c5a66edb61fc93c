"""Controls: an arm at equal cost, the noise floor, a judge beside people, and their absence."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from frames import frame
from msgspec.structs import replace
from notebook_runs import execute
from scipy import stats
from simulations import at_length, chance
from test_analysis_review import scores, used

from speckit_analysis.analysis.experiment import checked, controls, decision, memo, noise
from speckit_analysis.analysis.experiment.plan import ExperimentPlan, JudgePlan, plan_of
from speckit_analysis.analysis.experiment.recommendation import KEEP, OPEN
from speckit_analysis.analysis.experiment.variants import compare_variants
from speckit_analysis.analysis.selection import Selection, measured
from speckit_analysis.plans import load_plan, plan_template
from speckit_analysis.stats.noise import gap_over_runs
from speckit_analysis.stats.paired import paired_t
from speckit_analysis.tables import TABLES

PLAN = ExperimentPlan("trial", "consensus", "single", 0.05)
HELPED = replace(PLAN, judges=("robot",), judge_assisted=JudgePlan("robot", 0.5))
LONG = 2000


def reviewed(variants, specs=10, *, reviewers=("ann", "bob"), costs=None, error=0.3, seed=1):
    """Return reviews of variants that differ by so many points, and whose scores are noisy."""
    draw, reading = np.random.default_rng(seed), np.random.default_rng([seed, len(reviewers)])
    rows, usd = [], []
    for spec in range(specs):
        level = draw.normal(7, 0.5)
        for variant, points in variants.items():
            output = level + points + draw.normal(0, error)
            for name in reviewers:
                rows.append((f"S{spec}", variant, name, output + reading.normal(0, error / 9)))
                usd.append((costs or {}).get(variant))
    return scores(rows, output_cost_usd=usd)


def of_scores(table, plan=PLAN):
    selected = Selection(table, pd.DataFrame({"reason": [], "rows": []}))
    people = used(table, judges=plan.judges).kept
    gap = compare_variants(people, plan).gap
    return controls.score_controls(people, plan, gap, controls.judged_scores(selected, "e", plan))


def checked_rows(results, **more):
    """Return outcomes: by variant a table of units by tries."""
    rows = [
        {"experiment": "e", "unit": f"u{unit}", "variant": variant, "repeat": str(at)}
        | {"outcome": float(outcome)}
        | {name: values[variant] for name, values in more.items()}
        for variant, table in results.items()
        for unit, tries in enumerate(table)
        for at, outcome in enumerate(tries)
        if not np.isnan(outcome)
    ]
    frame = pd.DataFrame(rows).reindex(columns=TABLES["outcomes"].column_names)
    return TABLES["outcomes"].of(frame.assign(provenance="measured"))


def of_outcomes(frame, plan=PLAN):
    rows = checked.usable(measured(frame, noun="outcome"), plan).kept
    return controls.outcome_controls(checked.compare_outcomes(rows, plan), plan)


# At equal cost


def test_an_arm_at_equal_cost_is_compared_with_what_is_in_use():
    costs = {"consensus": 3.0, "single": 1.0, "single_same_budget": 3.3}
    table = reviewed({"consensus": 0.4, "single": 0, "single_same_budget": 0.4}, costs=costs)
    found = of_scores(table).equal_budget
    wide = table.groupby(["spec_id", "variant"], observed=True)["score"].mean().unstack("variant")
    gap = (wide["single_same_budget"] - wide["consensus"]).mean()
    assert found.gap.value == pytest.approx(gap)
    assert (found.gap.n, found.same_budget) == (10, True)
    assert found.cost.value == pytest.approx(1.1)
    assert found.sentence.startswith("At equal cost, single_same_budget scores")


@pytest.mark.parametrize(
    ("usd", "same", "told"),
    [(4.5, False, "50 % more"), (1.5, False, "50 % less"), (None, None, "not known")],
)
def test_a_budget_that_is_not_equal_is_told_with_its_direction(usd, same, told):
    costs = {"consensus": 3.0, "single": 1.0, "single_same_budget": usd}
    found = of_scores(reviewed(dict.fromkeys(costs, 0.0), costs=costs)).equal_budget
    assert found.same_budget is same
    assert told in found.sentence
    assert "At equal cost" not in found.sentence


def test_a_bill_that_one_spec_makes_is_no_equal_budget():
    table = reviewed({"consensus": 0, "single": 0, "single_same_budget": 0})
    dear = (table["variant"] == "single_same_budget") & (table["spec_id"] == "S3")
    usd = np.where(dear, 30.0, 1.0)
    found = of_scores(table.assign(output_cost_usd=usd)).equal_budget
    assert found.cost.value == pytest.approx(3.9)
    assert found.same_budget is False


def test_without_the_arm_a_cheaper_explanation_was_not_tested():
    found = of_scores(reviewed({"consensus": 0.4, "single": 0}))
    assert not found.equal_budget.tried
    assert "variant single_same_budget" in found.equal_budget.sentence
    assert found.headline("Undecided.") == "Undecided."
    assert found.table().empty


def test_outcomes_are_held_at_equal_cost_by_the_rule_for_outcomes():
    results = {
        "consensus": [[1], [1], [1], [0], [1], [0], [1], [1]],
        "single": [[1], [0], [1], [0], [1], [0], [0], [1]],
        "majority": [[1], [1], [1], [0], [1], [1], [1], [1]],
    }
    usd = {"consensus": 0.3, "single": 0.1, "majority": 0.3}
    plan = replace(PLAN, equal_budget="majority")
    frame = checked_rows(results, cost_usd=usd)
    found = of_outcomes(frame, plan).equal_budget
    same = checked.compare_outcomes(frame, replace(plan, candidate="majority"))
    assert found.gap == same.gap
    assert found.gap.value == pytest.approx(1 / 8)
    assert found.same_budget is True
    assert "12.5 percentage points higher" in found.sentence


# The noise floor


def test_the_floor_is_that_of_the_variant_that_was_run_twice():
    table = reviewed({"consensus": 0.1, "consensus_again": 0.1, "single": 0}, error=0.5)
    found = of_scores(table)
    effect = found.effects[0]
    wide = table.groupby(["spec_id", "variant"], observed=True)["score"].mean().unstack("variant")
    runs = wide[["consensus", "consensus_again"]]
    deviation = np.sqrt(runs.var(axis=1, ddof=1).mean())
    assert effect.floor.high == pytest.approx(stats.t.ppf(0.975, 10) * deviation * np.sqrt(2 / 10))
    by_hand = gap_over_runs(runs.to_numpy(), wide[["single"]].to_numpy(), 0.9)
    assert effect.over_runs.value == pytest.approx(by_hand.value)
    assert effect.over_runs.high == pytest.approx(by_hand.high)
    assert found.inside_noise is True
    assert "inside it" in found.noise_sentence


def test_a_large_effect_is_outside_the_noise_and_each_criterion_has_its_own():
    parts = []
    for criterion, points in (("clarity", -2.0), ("depth", 0.0)):
        names = ("consensus", "consensus_again", "single", "single_again")
        variants = dict(zip(names, (0, 0, points, points), strict=True))
        parts.append(reviewed(variants, seed=len(criterion)).assign(criterion=criterion))
    found = of_scores(pd.concat(parts, ignore_index=True))
    assert found.inside_noise is False
    assert found.noise_table().set_index("what")["inside"].to_dict() == {
        "quality": False, "clarity": False, "depth": True
    }  # fmt: skip


def test_an_effect_beyond_the_floor_that_one_run_may_explain_is_none():
    table = reviewed({"consensus": 0, "consensus_again": -1.2, "single": -0.9}, error=0.1)
    effect = of_scores(table).effects[0]
    runs = effect.over_runs
    # What shifts all of a run alike is in the floor too, but not as far as it reaches.
    assert runs.low < 0 < runs.high
    assert effect.inside_noise is True


def test_calls_in_random_order_need_no_test_of_runs():
    table = reviewed({"consensus": 0, "consensus_again": 0, "single": -2})
    found = of_scores(table, replace(PLAN, interleaved=True))
    assert "random order" in found.effects[0].over_runs.refusal
    assert found.inside_noise is False


def test_nothing_is_said_of_noise_where_nothing_was_repeated_or_the_repeat_is_a_copy():
    assert of_scores(reviewed({"consensus": 0.4, "single": 0})).inside_noise is None
    table = reviewed({"consensus": 0.4, "single": 0})
    copied = table[table["variant"] == "consensus"].assign(variant="consensus_again")
    both = pd.concat([table.astype({"variant": "string"}), copied], ignore_index=True)
    found = of_scores(both)
    assert found.inside_noise is None
    assert "no repeat differs" in found.noise_sentence


def test_differences_that_are_all_equal_stand_beside_no_floor():
    table = reviewed({"consensus": 0, "consensus_again": 0, "single": 0}, reviewers=("ann",))
    scored = table.set_index(["spec_id", "variant"])["score"].unstack("variant")
    same = table["variant"] == "single"
    table.loc[same, "score"] = table.loc[same, "spec_id"].map(scored["consensus"] - 0.5).to_numpy()
    found = of_scores(table)
    assert found.inside_noise is None
    assert "The noise floor is ±" in found.noise_sentence
    assert "differences are equal" in found.noise_sentence


def test_a_criterion_that_one_variant_lacks_moves_no_run():
    names = ("consensus", "consensus_again", "single")
    depth = reviewed(dict.fromkeys(names, 0)).assign(criterion="depth")
    clarity = reviewed(dict.fromkeys(names[:2], -5), seed=2).assign(criterion="clarity")
    both = pd.concat([depth, clarity], ignore_index=True)
    assert of_scores(both).effects[0].over_runs == of_scores(depth).effects[0].over_runs


def test_the_arm_at_equal_cost_stands_beside_the_noise_too():
    names = ("consensus", "consensus_again", "single", "single_same_budget")
    found = of_scores(reviewed(dict.fromkeys(names, 0.0)))
    assert found.effects[1].gap == found.equal_budget.gap
    assert found.noise_table()["what"].tolist() == [
        "quality", "quality, single_same_budget less consensus"
    ]  # fmt: skip
    draw = np.random.default_rng(8)
    tries = {name: draw.normal(5, 1, (9, 2)) for name in names}
    found = of_outcomes(checked_rows(tries))
    assert found.effects[1].gap == found.equal_budget.gap
    assert len(found.noise_table()) == 2


def test_a_plan_names_the_repeats():
    table = reviewed({"consensus": 0.1, "same again": 0.1, "single": 0}, error=0.5)
    assert of_scores(table).inside_noise is None
    assert of_scores(table, replace(PLAN, again={"same again": "consensus"})).inside_noise is True


def test_a_repeat_on_some_specs_gives_a_floor_from_these():
    table = reviewed({"consensus": 0.1, "consensus_again": 0.1, "single": 0}, error=0.5)
    few = table["spec_id"].isin(["S0", "S1", "S2", "S3"]) | (table["variant"] != "consensus_again")
    effect = of_scores(table[few]).effects[0]
    assert (effect.gap.n, effect.floor.n, effect.over_runs.n) == (10, 4, 4)


def test_tries_of_a_unit_are_its_repeats():
    draw = np.random.default_rng(4)
    tries = {
        "consensus": draw.random((30, 2)) < 0.6,
        "single": draw.random((30, 2)) < 0.55,
    }
    effect = of_outcomes(checked_rows(tries)).effects[0]
    assert f"±{100 * effect.floor.high:.1f} percentage points" in effect.sentence
    within = np.mean([t.var(axis=1, ddof=1) for t in (v.astype(float) for v in tries.values())])
    # Both differences of averages over two tries: 1/2 + 1/2.
    assert effect.floor.high == pytest.approx(stats.t.ppf(0.975, 60) * np.sqrt(within / 30))
    by_hand = gap_over_runs(*(v.astype(float) for v in tries.values()), 0.9)
    assert effect.over_runs.low == pytest.approx(by_hand.low)
    assert of_outcomes(checked_rows({n: v[:, :1] for n, v in tries.items()})).inside_noise is None


@pytest.mark.parametrize(("shift", "verdict"), [(0.0, KEEP), (1.0, OPEN)])
def test_a_loss_that_one_run_may_explain_is_no_reason_to_keep(shift, verdict):
    draw = np.random.default_rng(10)
    level = draw.normal(5, 1, (12, 1))
    tries = {
        "consensus": level + draw.normal(0, 0.1, (12, 2)) + np.array([shift, -shift]),
        "single": level - 0.5 + draw.normal(0, 0.1, (12, 2)) + np.array([shift, -shift]),
    }
    found = checked.compare_outcomes(checked_rows(tries), PLAN)
    assert found.gap.high < 0
    assert found.verdict == verdict


def test_tries_that_are_missing_and_totals_are_no_obstacle():
    draw = np.random.default_rng(5)
    tries = {name: draw.normal(5, 1, (12, 3)) for name in ("consensus", "single")}
    tries["single"][0, 1] = np.nan
    effect = of_outcomes(checked_rows(tries)).effects[0]
    assert (effect.floor.n, effect.over_runs.n) == (24, 11)
    totals = checked_rows(
        {"consensus": [[0.6]], "single": [[0.5]]}, cases={"consensus": 100, "single": 100}
    )
    assert of_outcomes(totals).inside_noise is None


def test_units_of_a_group_count_as_one_sample_of_effects():
    draw = np.random.default_rng(6)
    tries = {name: draw.normal(5, 1, (12, 2)) for name in ("consensus", "single")}
    frame = checked_rows(tries)
    frame["group"] = frame["unit"].str[1:].astype(int).mod(4).astype("string")
    effect = of_outcomes(frame).effects[0]
    assert (effect.floor.n, effect.over_runs.n) == (24, 4)


def called_effects(repeats, n, shift, runs, effect):
    """Return how often a difference leaves the floor, and how often it is called an effect.

    Errors deviate by .5, effects by .4 between units, and what shifts a run by `shift`.
    """
    draw = np.random.default_rng([n, int(10 * shift), *runs, int(10 * effect)])
    names = np.repeat(["consensus", "single"], runs)
    single = names == "single"
    outside = called = 0
    for _ in range(repeats):
        shifts, gaps = draw.normal(0, shift, sum(runs)), draw.normal(effect, 0.4, (n, 1))
        outcomes = shifts + draw.normal(0, 0.5, (n, sum(runs))) + gaps * single
        table = pd.DataFrame(outcomes, columns=names)
        gap = paired_t(outcomes[:, runs[0]] - outcomes[:, 0])
        found = noise.beside_noise(
            *("x", gap, ("consensus", "single"), PLAN),
            lambda own, whole=table: whole.loc[:, np.isin(names, own)],
            n,
        )
        outside += found.below_floor is False
        called += found.inside_noise is False
    return outside / repeats, called / repeats


@pytest.mark.parametrize("repeats", [200, at_length(LONG)])
@pytest.mark.parametrize("n", [10, 20])
@pytest.mark.parametrize(("shift", "most"), [(0.0, 0.03), (0.1, 0.05), (0.2, 0.08), (0.4, 0.11)])
@pytest.mark.parametrize("runs", [(2, 2), (2, 1)])
def test_inert_variants_are_seldom_called_an_effect_in_either_direction(
    repeats, n, shift, most, runs
):
    outside, called = called_effects(repeats, n, shift, runs, 0.0)
    assert called <= most + chance(repeats, LONG, most)
    # The floor alone is not enough.
    assert outside > called


@pytest.mark.parametrize("repeats", [200, at_length(LONG)])
@pytest.mark.parametrize(("runs", "least"), [((2, 2), 0.93), ((2, 1), 0.58)])
def test_large_effects_are_called_so_and_a_second_repeat_helps(repeats, runs, least):
    _, called = called_effects(repeats, 10, 0.0, runs, 1.0)
    assert called >= least - chance(repeats, LONG, least)


# A judge


def test_a_judge_stands_beside_people_and_never_counts_as_one():
    variants = {"consensus": 0.3, "single": 0}
    people = reviewed(variants, 6)
    robot = reviewed(variants, 30, reviewers=("robot",))
    table = pd.concat([people, robot], ignore_index=True)
    alone, helped = of_scores(people, PLAN), of_scores(table, HELPED)
    assert alone.assisted is None
    assert alone.judge_sentence == ""
    assert helped.effects[0].gap == alone.effects[0].gap
    assert (helped.assisted.both, helped.assisted.units) == (6, 30)
    assert helped.assisted.people.value == pytest.approx(alone.effects[0].gap.value)
    assert len(helped.table()) == 2
    assert "The verdict rests on people alone." in helped.judge_sentence


def test_a_judge_that_nobody_named_beforehand_helps_nobody():
    table = pd.concat(
        [
            reviewed({"consensus": 0.3, "single": 0}, n, reviewers=(name,))
            for name, n in (("ann", 6), ("robot", 30))
        ],
        ignore_index=True,
    )
    assert of_scores(table, replace(HELPED, judge_assisted=JudgePlan())).assisted is None


def test_a_judge_below_the_correlation_of_the_plan_is_refused():
    variants = {"consensus": 0.3, "single": 0}
    table = pd.concat(
        [reviewed(variants, 6), reviewed(variants, 30, reviewers=("robot",), seed=9)],
        ignore_index=True,
    )
    found = of_scores(table, replace(HELPED, judge_assisted=JudgePlan("robot", 0.99)))
    assert found.assisted.assisted.refusal
    assert "is not used" in found.judge_sentence
    assert "People alone" in found.judge_sentence


# In the decision


def test_the_decision_begins_with_the_quality_at_equal_cost_and_tells_all_controls():
    costs = {"consensus": 3.0, "consensus_again": 3.0, "single": 1.0, "single_same_budget": 3.2}
    variants = dict(zip(costs, (0.1, 0.1, 0, 0.1), strict=True))
    people = reviewed(variants, 8, costs=costs, error=0.5)
    robot = reviewed(variants, 30, reviewers=("robot",), costs=costs, error=0.5)
    tables = {name: frame(name) for name in TABLES}
    reviews = pd.concat([people, robot], ignore_index=True)
    found = decision.decide({**tables, "reviews": reviews}, HELPED)
    assert found.controls == of_scores(reviews, HELPED)
    assert found.controls.inside_noise is True
    assert found.controls.headline(found.sentence).startswith("At equal cost, single_same_budget")
    text = memo.memo(found, "x", "f").replace("\\", "")
    assert all(sentence in text for sentence in found.controls.sentences)
    assert len(found.controls.sentences) == 3


def test_the_decision_on_outcomes_has_their_controls():
    draw = np.random.default_rng(7)
    names = ("consensus", "single", "single_same_budget")
    outcomes = checked_rows({name: draw.random((20, 2)) < 0.6 for name in names})
    tables = {name: frame(name) for name in TABLES}
    found = decision.decide({**tables, "outcomes": outcomes}, PLAN)
    assert found.controls == of_outcomes(outcomes)
    assert found.controls.equal_budget.tried


def write_records(folder, points, reviewers, costs):
    """Write records of reviewers who all give an output the same points."""
    records = [
        {"experiment": "e", "spec_id": spec, "stage": "plan", "variant": variant}
        | {"reviewer": who, "quality_scores": {"overall": score}}
        | {"total_cost_usd": costs[variant]}
        for (spec, variant), score in points.items()
        for who in reviewers
    ]
    lines = "".join(f"{json.dumps(record)}\n" for record in records)
    (folder / "trial_reviews.jsonl").write_text(lines, encoding="utf-8")


def page(name, evidence, **given):
    """Return the text that a report shows."""
    notebooks = Path(__file__).parents[1] / "notebooks"
    executed = execute(notebooks / f"{name}.ipynb", evidence=str(evidence), **given)
    outputs = [output for cell in executed.cells for output in cell.get("outputs", ())]
    return " ".join(output["data"]["text/plain"] for output in outputs)


@pytest.mark.parametrize("name", ["single_vs_multi", "research_model", "decision"])
def test_judges_of_a_plan_are_people_on_no_page(name, tmp_path):
    costs = {"one": 1.0, "many": 3.0}
    points = {(f"SPEC-{n}", name): 6.0 + n % 3 for n in range(6) for name in costs}
    write_records(tmp_path, points, ("ann", "robot"), costs)
    plan = tmp_path / "plan.toml"
    variants = 'baseline = "many"\ncandidate = "one"\n'
    fixed = f'name = "n"\n{variants}margin = 0.05\njudges = ["robot"]\n[research]\n{variants}'
    plan.write_text(fixed, encoding="utf-8")
    assert "left out: 12 of an automatic judge" in page(name, tmp_path, plan=str(plan))


@pytest.mark.parametrize("name", ["single_vs_multi", "decision"])
def test_pages_show_the_controls(name, tmp_path):
    costs = {"consensus": 3.0, "consensus_again": 3.1, "single": 1.0, "single_same_budget": 3.0}
    # Mean scores of consensus are 7.5, those of the arm at equal cost 8.
    points = {
        "consensus": (7, 8, 7, 8, 7, 8),
        "consensus_again": (7, 7.5, 8, 7, 7.5, 8),
        "single": (6.5, 7, 7.5, 6.5, 7, 7.5),
        "single_same_budget": (7.5, 8, 8.5, 7.5, 8, 8.5),
    }
    by_output = {
        (f"SPEC-{n}", name): score for name, own in points.items() for n, score in enumerate(own)
    }
    write_records(tmp_path, by_output, ("ann", "bob"), costs)
    text = page(name, tmp_path)
    assert "At equal cost, single_same_budget scores 0.50 points higher" in text
    assert "The noise floor is ±" in text


# Pairing, and plans


def test_what_one_variant_lacks_moves_no_difference():
    clear = reviewed({"consensus": 0, "single": 0}, error=0.0).assign(criterion="depth")
    low = reviewed({"consensus": -5}, error=0.0).assign(criterion="clarity")
    table = used(pd.concat([clear, low], ignore_index=True)).kept
    both = noise.common_scores(table, ["consensus", "single"])
    assert (both["single"] - both["consensus"]).abs().max() == pytest.approx(0)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"equal_budget": "a"}, "equal_budget and baseline are both 'a'"),
        ({"again": {"x": "y", "y": "a"}}, "'y', which is a repeat itself"),
        ({"judge_assisted": {"judge": "robot"}}, "has to stand in judges"),
        ({"judge_assisted": {"least_correlation": 1.5}}, "least_correlation"),
    ],
)
def test_plans_that_cannot_be_kept_to_are_refused(fields, why):
    with pytest.raises(ValueError, match=why):
        plan_of({"name": "n", "baseline": "a", "candidate": "b", "margin": 0.05, **fields})


def test_the_template_fixes_controls_as_they_are_by_default(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(plan_template("trial", margin=0.05, deviation=0.6, mean=8), encoding="utf-8")
    plan = load_plan(path)
    names = ("equal_budget", "again", "interleaved", "judge_assisted")
    assert [getattr(plan, name) for name in names] == [getattr(PLAN, name) for name in names]


def test_a_repeat_that_is_compared_itself_is_no_repeat():
    plan = replace(PLAN, candidate="consensus_again")
    assert plan.runs_of("consensus") == ["consensus"]
