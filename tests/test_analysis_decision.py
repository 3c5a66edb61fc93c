"""The decision over all experiments: every question answered, targets judged, text written."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from frames import frame
from msgspec.structs import replace as replace_plan

import speckit_analysis as sk
from speckit_analysis.analysis.cost.premium import latency_sentence
from speckit_analysis.analysis.experiment import decision
from speckit_analysis.analysis.experiment.memo import changelog_entry, memo
from speckit_analysis.analysis.experiment.plan import ExperimentPlan, GuardrailPlan
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN
from speckit_analysis.cli import main
from speckit_analysis.plans import load_plan
from speckit_analysis.simulate import Design, simulate

ROOT = Path(__file__).resolve().parents[1]

PLAN = ExperimentPlan("trial", "consensus", "single", 0.05, worth_usd=0.5)


def frames(*roots):
    evidence = sk.load(*roots)
    return {name: evidence[name] for name in evidence}


@pytest.fixture(scope="module")
def sample():
    return frames(sk.sample_path())


@pytest.fixture(scope="module")
def found(sample):
    return decision.decide(sample, PLAN)


@pytest.fixture(scope="module")
def seed_sized(tmp_path_factory):
    """Three SPECs, two variants, two reviewers: as small as the first study is."""
    folder = tmp_path_factory.mktemp("seed") / "evidence"
    simulate(Design(specs=3, reviewers=2, quality_gain=1.0, damage=()), folder)
    return frames(folder)


def verdicts(found):
    return {each.subject: each.verdict for each in found.recommendations}


def test_every_question_has_an_answer(found):
    told = verdicts(found)
    assert told["single in place of consensus"] == KEEP
    assert told["no arbiter at plan"] == KEEP
    assert told["no_research_model in place of research_model"] == OPEN
    assert {"guardrail same_model in place of two_models", "no arbiter at unlock"} <= set(told)
    assert "single for SPECs with small prompts" in told
    assert all(each.rule and each.change and each.margin for each in found.recommendations)


def test_the_sentence_names_what_to_keep_and_counts_what_is_open(found):
    assert found.sentence == (
        "Nothing is to be adopted. Keep consensus and the arbiter at plan: what is simpler is"
        " proved to be worse. 11 of 13 decisions are open."
    )


def test_a_study_of_three_specs_decides_nothing(seed_sized):
    found = decision.decide(seed_sized, PLAN)
    assert set(verdicts(found).values()) == {OPEN}
    assert found.sentence.startswith("Nothing is to be adopted.")


def test_it_says_what_it_rests_on(found):
    told = found.rests_on.set_index("question")["evidence"]
    assert told["one model against consensus"] == (
        "330 of 570 scores used; left out: 240 of the experiment research-model."
        " In pairs: 66 overall scores compared on their own."
    )
    assert told["cost of a SPEC"].startswith("4 of 10 SPECs used; left out: 6")


def test_evidence_without_experiments_says_what_to_collect(sample):
    nothing = {
        name: frame.iloc[:0] if name in ("reviews", "arbitrations", "research", "trials") else frame
        for name, frame in sample.items()
    }
    found = decision.decide(nothing, PLAN)
    assert verdicts(found) == {
        "single in place of consensus": OPEN,
        "no_research_model in place of research_model": OPEN,
        "no arbiter": OPEN,
        "a simpler guardrail": OPEN,
    }
    assert all("5 SPECs" in each.change for each in found.recommendations)
    assert found.success["state"].tolist()[:3] == [decision.UNTOLD] * 3


def test_a_variant_of_a_guardrail_that_was_not_tried_is_said(sample):
    plan = ExperimentPlan(
        "trial", "consensus", "single", 0.05, guardrail=GuardrailPlan(baseline="three_models")
    )
    (told,) = decision.decide(sample, plan).guardrail.recommendations()
    assert told.rule.startswith("no variant 'three_models' judged anything; there are same_model")


def test_targets_are_met_missed_or_cannot_be_told(found):
    table = found.success.set_index("metric")
    assert table["state"].to_dict() == {
        "cost saved": decision.MET,
        "time saved": decision.UNTOLD,
        "quality lost": decision.UNTOLD,
        "telemetry coverage": decision.MISSED,
    }
    assert table.loc["cost saved", "low"] == pytest.approx(1 - found.quality.cost.high)
    assert table.loc["telemetry coverage", "n"] == 81
    lost = table.loc["quality lost"]
    assert lost["value"] == pytest.approx(-found.quality.gap.value / found.quality.baseline_mean)


def test_costs_are_projected_by_the_ratio_that_was_found(found):
    table = found.projection.set_index("complexity")
    row = table.loc["all SPECs"]
    assert row["candidate_usd"] == pytest.approx(row["baseline_usd"] * found.quality.typical.value)
    assert table.index.tolist() == ["all SPECs", "small prompts", "medium prompts"]


def test_classes_of_a_plan_take_the_place_of_prompt_sizes(sample):
    specs = sorted(sample["reviews"]["spec_id"].dropna().unique())
    named = {str(spec): "simple" if n < 5 else "complex" for n, spec in enumerate(specs)}
    plan = ExperimentPlan("trial", "consensus", "single", 0.05, complexity=named)
    found = decision.decide(sample, plan)
    assert sorted(found.by_class) == ["complex", "simple"]
    assert [each.gap.n for each in found.by_class.values()] == [5, 5]


def test_latency_is_two_things(found):
    assert "in 71 measured runs the sum over calls is 2.01" in found.latency_sentence
    nothing = latency_sentence(frame("calls"))
    assert nothing.startswith("No run of two calls tells")


def test_the_memo_tells_verdicts_rules_numbers_and_links(found):
    text = memo(found, "docs/evidence", "f" * 64, reports={"arbiter": "../reports/arbiter.html"})
    assert text.startswith("# Model strategy")
    assert "- **Consensus**: the quality of single differs by -0.43 points" in text
    assert "[arbiter](../reports/arbiter.html)" in text
    assert "report `single_vs_multi`" in text
    assert re.search(r"\| cost saved \| at least 20 % \| 67 % \(.*\) \| 10 SPECs \| met \|", text)
    assert "Plan trial: single may lose 5 % of the quality." in text
    assert "`ffffffffffffffff`" in text
    assert "simulated" not in text


def test_the_memo_tells_how_the_plan_was_kept(sample, found):
    assert "## Was the plan kept to?\n\nThe plan fixes no number" in memo(found, "x", "f")
    fixed = replace_plan(PLAN, specs=9, models={"gemini": "gemini-2.5-pro-2025-05-14"})
    text = memo(decision.decide(sample, fixed), "x", "f")
    assert "The plan was departed from in SPECs." in text
    assert "| SPECs | 9 SPECs | 10 SPECs | deviates |" in text
    assert "| model of gemini | gemini-2.5-pro-2025-05-14 |" in text
    supposed = replace(found, plan=replace_plan(PLAN, hypothesis="One is enough."))
    assert "may lose 5 % of the quality. Hypothesis: One is enough. Evid" in memo(
        supposed, "x", "f"
    )
    unplanned = decision.decide(sample, replace_plan(PLAN, name=""))
    assert "Was the plan kept to?" not in memo(unplanned, "x", "f")


def test_the_memo_of_the_sample_says_that_it_decides_nothing(found):
    assert "simulated evidence. It decides nothing" in memo(found, "x", "f", simulated=True)


def test_text_out_of_evidence_stays_text(found):
    hostile = replace(found.quality, candidate="<script>|[x](y)", verdict=ADOPT)
    text = memo(replace(found, quality=hostile), "x", "f")
    assert "<script>" not in text.replace("\\<script>", "")
    assert "\\[x](y)" in text


def test_a_changelog_entry_has_the_rationale(found):
    text = changelog_entry(found)
    assert "- No model, stage or guardrail changes." in text
    assert "- The arbiter at plan: improved less degraded: +80 % of outcomes" in text
    assert "(the net worth is proved to lie above 0)." in text
    assert text.endswith("11 decisions open for want of evidence.\n")
    adopted = replace(found, quality=replace(found.quality, verdict=ADOPT, rule="it does"))
    assert "- single in place of consensus: " in changelog_entry(adopted).lower()


def run(*arguments):
    return CliRunner().invoke(main, [*map(str, arguments)], catch_exceptions=False)


def test_decide_prints_and_writes_the_strategy(tmp_path):
    plan = tmp_path / "plan.toml"
    assert run("experiment", "init", "trial", "--out", plan).exit_code == 0
    done = run(
        "decide", "--evidence", sk.sample_path(), "--plan", plan, "--out", tmp_path / "strategy"
    )
    assert done.exit_code == 0
    assert "INCONCLUSIVE  single in place of consensus" in done.stdout
    assert "10 of 16 planned SPECs are scored" in done.stdout.replace("\n    ", " ")
    assert "the arbiter: All 180 outcomes used." in done.stdout
    assert "Plan trial: single may lose 5 % of the quality." in done.stdout
    text = (tmp_path / "strategy" / "model-strategy.md").read_text()
    assert "Plan trial" in text
    assert (tmp_path / "strategy" / "model-strategy-changelog.md").is_file()


def test_decide_names_what_is_kept_and_not_what_is_refused():
    told = run("decide").stdout
    assert "KEEP          consensus\n" in told
    assert "KEEP          the arbiter at plan\n" in told
    assert "KEEP          single" not in told


def test_decide_says_whether_it_pays_at_what_a_point_is_worth(tmp_path):
    told = [
        run("decide", "--worth", worth, "--out", tmp_path).stdout.replace("\n", " ")
        for worth in (0.01, 0.5, 100)
    ]
    assert "At $0.010 a point it does not pay" in told[0]
    assert "At $0.50 a point it may or may not pay" in told[1]
    assert "At $100.00 a point it pays" in told[2]
    text = (tmp_path / "model-strategy.md").read_text()
    assert "## Does consensus pay?\n\nAbove single, consensus is dearer and better" in text


def test_a_point_is_worth_the_same_wherever_nobody_says():
    told = {option.name: option.default for option in main.commands["decide"].params}
    assert told["worth_usd"] == ExperimentPlan("x", "a", "b", 0.05).worth_usd


def test_decide_links_to_pages_where_they_lie(tmp_path):
    pages = tmp_path / "reports"
    pages.mkdir()
    (pages / "arbiter.html").write_text("<p>")
    out = tmp_path / "strategy"
    run("decide", "--evidence", sk.sample_path(), "--out", out, "--reports", pages)
    assert "[arbiter](../reports/arbiter.html)" in (out / "model-strategy.md").read_text()


def test_decide_for_a_program_is_json():
    rows = json.loads(run("decide", "--format", "json").stdout)
    assert rows[0]["subject"] == "single in place of consensus"
    assert rows[0]["verdict"] == KEEP


def test_the_schema_judges_outputs_from_the_command_line(tmp_path):
    folder = tmp_path / "evidence"
    truth = simulate(Design(specs=2, damage=("truncated",), experiments=False), folder)
    (broken,) = truth.damage
    sound = next(path for path in truth.files if path.endswith("_gemini.json"))
    labels = tmp_path / "labels.csv"
    labels.write_text(f"output,valid,spec_id\n{broken},no,SPEC-SIM-001\n{sound},yes,SPEC-SIM-001\n")
    out = tmp_path / "schema_trials.jsonl"
    done = run("experiment", "guardrail", folder, "--labels", labels, "--out", out)
    assert done.stdout.strip() == f"{out}: 2 outputs judged, 1 passed"
    trials = sk.load(tmp_path / "schema_trials.jsonl").trials
    assert dict(zip(trials["output"], trials["passed"], strict=True)) == {
        broken: False,
        sound: True,
    }
    wrong = run("experiment", "guardrail", folder, "--labels", labels, "--out", tmp_path / "x.json")
    assert (wrong.exit_code, "_trials.jsonl to be read back" in wrong.output) == (2, True)
    labels.write_text(f"output,valid\n{sound},yes\n")
    one = run("experiment", "guardrail", folder, "--labels", labels, "--out", out)
    assert one.stdout.strip() == f"{out}: 1 output judged, 1 passed"
    nameless = ("--experiment", " ", "--labels", labels, "--out", out)
    wrong = run("experiment", "guardrail", folder, *nameless)
    assert (wrong.exit_code, "--experiment is empty" in wrong.output) == (2, True)


def test_a_plan_s_sections_reach_the_decision(tmp_path, sample):
    path = tmp_path / "plan.toml"
    run("experiment", "init", "trial", "--out", path)
    text = path.read_text().replace("least_benefit = 0.1", "least_benefit = 0.9")
    path.write_text(text)
    found = decision.decide(sample, load_plan(path))
    assert found.arbitration.least_benefit == 0.9
    assert ADOPT in found.arbitration.stages["verdict"].tolist()


def test_no_figure_of_the_success_table_is_made_up(sample):
    runs = sample["runs"].assign(basis="telemetry")
    found = decision.success_metrics(decision.decide(sample, PLAN).quality, runs, PLAN)
    row = found.set_index("metric").loc["telemetry coverage"]
    assert (row["state"], row["value"]) == (decision.MET, 1.0)
    assert not np.isnan(float(row["low"]))


@pytest.fixture(scope="module")
def decisions():
    """The benchmark that simulates experiments of a known truth."""
    import decisions

    return decisions


@pytest.mark.parametrize("units", [3, 10])
def test_recommendations_are_wrong_no_more_often_than_promised(decisions, units):
    """The benchmark proves it at 2,000 experiments a line; here every line is tried."""
    draw = np.random.default_rng(units)
    for experiment, truth in decisions.truths():
        found = decisions.recommendations(truth, units, 100, draw)
        for verdict, level in truth.levels.items():
            assert found[verdict] <= level + 0.08, (experiment, truth.name, verdict)
        if units == 3:
            assert found[OPEN] == 1.0, (experiment, truth.name)


def test_what_is_clear_is_decided(decisions):
    draw = np.random.default_rng(5)
    clear = {
        ("one model", "worse by a point"): KEEP,
        ("one model", "better by half a point"): ADOPT,
        ("no research model", "a point and half the findings lost"): KEEP,
        ("no arbiter, any of 6 stages", "improves half of all outcomes"): KEEP,
        ("no arbiter, any of 6 stages", "does harm"): ADOPT,
        ("guardrail, any of 2", "misses up by 30 points"): KEEP,
    }
    known = {(experiment, truth.name): truth for experiment, truth in decisions.truths()}
    for name, verdict in clear.items():
        assert decisions.recommendations(known[name], 20, 30, draw)[verdict] > 0.9, name


def outcome_rows(variants, passed, n=30):
    rows = [
        {"experiment": "e", "unit": f"u{at}", "variant": name, "outcome": float(at < number)}
        for name, number in zip(variants, passed, strict=True)
        for at in range(n)
    ]
    return frame("outcomes", rows)


def test_an_arm_that_nobody_ran_is_said_to_be_missing(sample):
    two = dict(sample) | {"outcomes": outcome_rows(["alone", "consulting"], [20, 25])}
    two["reviews"] = sample["reviews"].iloc[:0]
    found = decision.decide(two, ExperimentPlan("", "consensus", "single", 0.05))
    assert not found.controls.equal_budget.tried
    assert "was not tested" in found.controls.equal_budget.sentence


def test_scores_and_outcomes_that_contradict_each_other_decide_nothing(sample):
    """Scores keep consensus; as many outcomes as it takes adopt one model."""
    outcomes = outcome_rows(["single", "consensus"], [200, 150], n=200)
    cost = outcomes["variant"].map({"single": 1.0, "consensus": 3.0}).astype("Float64")
    both = dict(sample) | {"outcomes": outcomes.assign(cost_usd=cost)}
    found = decision.decide(both, ExperimentPlan("", "consensus", "single", 0.05))
    assert (found.quality.verdict, found.checked.verdict) == (KEEP, ADOPT)
    assert [one.verdict for one in found.recommendations[:2]] == [OPEN, OPEN]
    assert "contradict" in found.recommendations[0].rule
