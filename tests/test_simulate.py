"""Simulated evidence: repeatable, and loading finds exactly what was written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import speckit_analysis as sk
from speckit_analysis.cli import main
from speckit_analysis.errors import EvidenceError
from speckit_analysis.formats.registry import formats
from speckit_analysis.simulate import (
    DAMAGE,
    Design,
    Truth,
    simulate,
    simulate_runs,
)

REPOSITORY = Path(__file__).resolve().parent.parent
SAMPLE = REPOSITORY / "data" / "sample"

#: Nothing is damaged, and every run left telemetry.
CLEAN = Design(specs=4, damage=(), stub_rate=0.0, telemetry_coverage=1.0)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def counted(frame: pd.DataFrame, *by: str) -> dict:
    keys = [frame[column].astype(str) for column in by]
    return frame.groupby(keys).size().to_dict()


def serious(evidence: sk.Evidence) -> dict[str, int]:
    found = evidence.problems[evidence.problems["severity"] != "info"]
    return found["kind"].astype(str).value_counts().to_dict()


def rows_of(evidence: sk.Evidence) -> dict[str, int]:
    return {name: len(evidence[name]) for name in evidence if name != "problems"}


def assert_as_expected(truth: Truth, evidence: sk.Evidence) -> None:
    """Loading finds the rows and problems that were written, and no others."""
    nothing = dict.fromkeys(rows_of(evidence), 0)
    assert rows_of(evidence) == nothing | truth.rows
    assert serious(evidence) == {kind: n for kind, n in truth.problems.items() if n}


def true_runs(truth: Truth) -> pd.DataFrame:
    """Return what happened, run by run, whatever the files say of it."""
    rows = [
        {
            "spec_id": run.spec,
            "stage": run.stage,
            "timestamp": run.start,
            "calls": len(run.calls),
            "calls_failed": sum(call.failed for call in run.calls),
            "disagreements": len(run.disagreements),
            "cost_usd": run.cost_usd,
            "measured": run.measured,
            "stub": run.stub,
        }
        for run in truth.history
    ]
    return pd.DataFrame(rows)


def true_calls(truth: Truth) -> pd.DataFrame:
    figures = ("prompt_tokens", "completion_tokens", "latency_ms", "cost_usd", "failed")
    rows = [
        {"spec_id": run.spec, "stage": run.stage, "timestamp": run.start, "agent": call.agent.name}
        | {name: getattr(call, name) for name in figures}
        for run in truth.history
        for call in run.calls
    ]
    return pd.DataFrame(rows)


def true_disagreements(truth: Truth) -> pd.DataFrame:
    rows = [
        (run.spec, run.stage, opinion.topic, opinion.winner is not None)
        for run in truth.history
        for opinion in run.disagreements
    ]
    return pd.DataFrame(rows, columns=["spec_id", "stage", "topic", "resolved"])


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clean") / "evidence"
    return simulate(CLEAN, folder), sk.load(folder)


@pytest.fixture(scope="module")
def sample():
    return sk.load(SAMPLE)


@pytest.fixture(scope="module")
def sample_truth(tmp_path_factory):
    return simulate(Design(), tmp_path_factory.mktemp("sample") / "evidence")


def test_the_same_design_writes_the_same_bytes(tmp_path):
    for name in ("one", "other"):
        simulate(replace(CLEAN, specs=2), tmp_path / name)
    assert contents(tmp_path / "one") == contents(tmp_path / "other")


def test_another_seed_writes_other_bytes(tmp_path):
    simulate(replace(CLEAN, specs=2), tmp_path / "one")
    simulate(replace(CLEAN, specs=2, seed=8), tmp_path / "other")
    assert contents(tmp_path / "one") != contents(tmp_path / "other")


def test_the_committed_sample_is_what_the_command_writes(tmp_path):
    result = CliRunner().invoke(main, ["simulate", "--out", str(tmp_path / "sample")])
    assert result.exit_code == 0, result.output
    assert contents(tmp_path / "sample") == contents(SAMPLE)


def test_the_readme_tells_what_the_sample_is(sample_truth):
    text = " ".join((SAMPLE.parent / "README.md").read_text().split())
    design = Design()
    rates = ", ".join(f"{stage} {rate:.2f}" for stage, rate in design.disagreement.items())
    assert f"{len(sample_truth.history)} runs in {len(sample_truth.files)} files" in text
    assert f"| seed | {design.seed} |" in text
    assert f"| rate of disagreement by stage | {rates} |" in text
    assert f"| damaged files | {len(sample_truth.damage)}," in text


def test_the_sample_is_small_and_its_names_are_portable():
    found = contents(SAMPLE)
    assert sum(map(len, found.values())) < 2 * 2**20
    assert len(found) < 700
    assert not [name for name in found if set(name) & set(':*?"<>|\\')]


def test_sound_evidence_has_no_problem_but_its_failed_agents(clean):
    _, evidence = clean
    assert set(serious(evidence)) <= {"unusable_proposal"}


@pytest.mark.parametrize("changes", [{}, {"seed": 8}, {"every_format": True, "colons": True}])
def test_every_table_and_problem_is_as_expected(changes, tmp_path):
    truth = simulate(replace(Design(), **changes), tmp_path / "evidence")
    assert_as_expected(truth, sk.load(tmp_path / "evidence"))


def test_every_kind_of_damage_at_once_is_as_expected(tmp_path):
    design = Design(every_format=True, damage=tuple(DAMAGE))
    truth = simulate(design, tmp_path / "evidence")
    assert_as_expected(truth, sk.load(tmp_path / "evidence"))


@pytest.mark.parametrize("name", DAMAGE)
def test_one_damage_is_one_problem_and_loses_nothing_else(name, tmp_path):
    sound = Design(specs=4, damage=(), stub_rate=0.0, telemetry_coverage=0.7, failure_rate=0.06)
    truth = simulate(replace(sound, damage=(name,)), tmp_path / "evidence")
    evidence = sk.load(tmp_path / "evidence")
    assert_as_expected(truth, evidence)
    path = next(iter(truth.damage))
    found = evidence.problems[evidence.problems["kind"] == DAMAGE[name].problem]
    # One problem speaks for all copies, and may stand at another of them.
    copies = name in ("stale_copy", "duplicate")
    assert len(found) == 1 if copies else path in set(found["source"].astype(str))


def test_damage_of_one_kind_can_be_done_often(tmp_path):
    design = replace(CLEAN, damage=("truncated",) * 5)
    truth = simulate(design, tmp_path / "evidence")
    assert truth.problems["invalid_json"] == len(truth.damage) == 5
    assert_as_expected(truth, sk.load(tmp_path / "evidence"))


def test_every_format_that_is_read_is_written(tmp_path):
    simulate(Design(every_format=True), tmp_path / "evidence")
    written = set(sk.load(tmp_path / "evidence").files["format"].astype(str))
    # What people bring from elsewhere is no evidence of a SPEC.
    # What other tools write is told of in the documentation, and simulated by nobody.
    of_tools = {"outcome", "aider-leaderboard", "tau-bench", "polydev"}
    of_tools |= {format.name for format in formats() if format.about}
    assert written == {format.name for format in formats()} - of_tools


def test_every_flavour_of_a_cost_summary_is_written(tmp_path):
    simulate(Design(every_format=True, damage=()), tmp_path / "evidence")
    costs = sk.load(tmp_path / "evidence").costs
    assert set(costs["flavour"]) == {"native", "detailed", "per_stage_usd", "totals"}


def test_a_rehearsal_is_one_run_of_its_guardrail_answers_and_narrative(tmp_path):
    truth = simulate(Design(specs=2, every_format=True, damage=()), tmp_path / "evidence")
    evidence = sk.load(tmp_path / "evidence")
    rehearsed = evidence.runs[evidence.runs["match_rule"] == "session"]
    assert len(rehearsed) == sum(run.rehearsal for run in truth.history) == 2
    told = evidence.guardrails[evidence.guardrails["run_id"].isin(rehearsed["run_id"])]
    assert len(told) == 2


def test_every_file_is_recognised(clean):
    truth, evidence = clean
    assert len(evidence.files) == len(truth.files)
    assert not (evidence.files["format"] == "unrecognised").any()


def test_loading_finds_every_run(clean):
    truth, evidence = clean
    assert counted(evidence.runs, "spec_id", "stage") == counted(
        true_runs(truth), "spec_id", "stage"
    )
    assert sorted(evidence.runs["timestamp"]) == sorted(true_runs(truth)["timestamp"])


def test_loading_finds_every_call_once(clean):
    truth, evidence = clean
    keys = ("spec_id", "stage", "timestamp", "agent")
    found = evidence.calls.astype({"stage": str, "agent": str, "spec_id": str})
    joined = true_calls(truth).merge(found, on=list(keys), suffixes=("_true", ""), validate="1:1")
    assert len(joined) == len(true_calls(truth)) == len(evidence.calls)
    for figure in ("prompt_tokens", "completion_tokens", "latency_ms"):
        assert (joined[figure] == joined[f"{figure}_true"]).all()
    assert (joined["cost_usd_reported"] == joined["cost_usd_true"]).all()
    assert ((joined["status"] == "error") == joined["failed"]).all()


def test_reported_costs_are_the_price_lists(clean):
    _, evidence = clean
    ratio = evidence.calls["cost_usd_reported"] / evidence.calls["cost_usd"]
    assert ratio.notna().all()
    assert ((ratio - 1).abs() < 0.001).all()


def test_loading_finds_every_disagreement_and_takes_no_failure_for_one(clean):
    truth, evidence = clean
    found = evidence.disagreements
    opinions = found[~found["degradation"]]
    keys = ("spec_id", "stage", "topic")
    assert counted(opinions, *keys) == counted(true_disagreements(truth), *keys)
    assert int(opinions["resolved"].sum()) == int(true_disagreements(truth)["resolved"].sum())
    assert int(found["degradation"].sum()) == int(true_calls(truth)["failed"].sum())


def test_the_rate_of_disagreement_by_stage_is_the_true_one(clean):
    truth, evidence = clean
    opinions = evidence.disagreements[~evidence.disagreements["degradation"]]
    differ = evidence.runs["run_id"].isin(opinions["run_id"])
    found = differ.groupby(evidence.runs["stage"].astype(str)).mean()
    true = (true_runs(truth)["disagreements"] > 0).groupby(true_runs(truth)["stage"]).mean()
    assert found.to_dict() == true.to_dict()


def test_loading_finds_the_agents_and_the_cost_of_every_run(clean):
    truth, evidence = clean
    keys = ["spec_id", "stage", "timestamp"]
    found = evidence.runs.astype({"spec_id": str, "stage": str})
    joined = true_runs(truth).merge(found, on=keys, suffixes=("_true", ""), validate="1:1")
    assert len(joined) == len(true_runs(truth))
    assert (joined["calls"] == joined["calls_true"]).all()
    assert (joined["calls_failed"] == joined["calls_failed_true"]).all()
    assert (joined["cost_usd_reported"] - joined["cost_usd_true"]).abs().max() < 0.01


def test_loading_finds_every_override(clean):
    truth, evidence = clean
    settled = {
        (run.spec, run.stage, opinion.winner)
        for run in truth.history
        for opinion in run.disagreements
        if opinion.override
    }
    found = evidence.overrides.astype({"spec_id": str, "stage": str, "agent": str})
    assert {*zip(found["spec_id"], found["stage"], found["agent"], strict=True)} == settled


def test_costs_by_spec_are_the_sums_of_the_runs(clean):
    truth, evidence = clean
    totals = evidence.costs[evidence.costs["scope"] == "total"].set_index("spec_id")
    true = true_runs(truth).groupby("spec_id")["cost_usd"].sum()
    assert (totals["cost_usd_reported"].astype(float) - true).abs().max() < 1e-5


def test_the_sample_holds_what_happened(sample, sample_truth):
    assert counted(sample.runs, "spec_id", "stage") == counted(
        true_runs(sample_truth), "spec_id", "stage"
    )
    assert len(sample.calls) == len(true_calls(sample_truth))
    lost = [name for name in sample_truth.damage.values() if name in ("truncated", "empty")]
    assert len(sample.proposals) == len(true_calls(sample_truth)) - len(lost)
    stubs = sample.runs["provenance"] == "stub"
    assert int(stubs.sum()) == int(true_runs(sample_truth)["stub"].sum())
    no_telemetry = sample.runs["basis"] != "telemetry"
    assert int(no_telemetry.sum()) == int((~true_runs(sample_truth)["measured"]).sum())


@pytest.mark.parametrize("name", Design().damage)
def test_damage_is_found_where_it_was_done(name, sample, sample_truth):
    path = next(path for path, damage in sample_truth.damage.items() if damage == name)
    found = sample.problems[sample.problems["source"] == path]
    kinds = set(found["kind"].astype(str))
    # One problem speaks for all copies of an answer, and may stand at another of them.
    shared = name == "stale_copy" and (sample.problems["kind"] == "shared_payload").any()
    assert DAMAGE[name].problem in kinds or shared


def test_a_stale_copy_is_no_second_vote(sample, sample_truth):
    path = next(path for path, damage in sample_truth.damage.items() if damage == "stale_copy")
    copies = sample.proposals[sample.proposals["shared_payload"] > 1]
    assert path in set(copies["source"].astype(str))
    assert (copies["provenance"] == "stale_copy").any()


def test_a_stale_answer_takes_a_vote_and_not_what_its_call_cost(sample):
    stale = sample.proposals[sample.proposals["provenance"] == "stale_copy"]
    run = sample.runs[sample.runs["run_id"].isin(stale["run_id"])].iloc[0]
    assert (run.calls - run.calls_failed, run.agents_ok) == (3, 2)
    assert set(sample.calls.loc[sample.calls["run_id"] == run.run_id, "provenance"]) == {"measured"}


def test_a_secret_in_a_capture_is_masked(sample):
    text = " ".join(sample.proposals["content"].dropna())
    assert "sk-simulated" in (SAMPLE / _secret_path(sample)).read_text()
    assert "sk-simulated" not in text


def _secret_path(sample) -> str:
    dumps = sample.proposals[sample.proposals["payload_class"] == "terminal_dump"]
    return str(dumps["source"].iloc[0])


def test_many_runs_for_benchmarks(tmp_path):
    simulate_runs(tmp_path / "runs", 450)
    evidence = sk.load(tmp_path / "runs")
    assert len(evidence.runs) == len(evidence.files) == 450
    assert not len(evidence.problems[evidence.problems["severity"] != "info"])


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    result = CliRunner().invoke(main, ["simulate", "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "not an empty folder" in result.output
    assert contents(tmp_path) == {"mine.txt": b"keep"}


@pytest.mark.parametrize("text", ["plan=often", "plan", "plan=1.5", "plans=0.5"])
def test_a_rate_that_is_none_is_refused(text, tmp_path):
    arguments = ["simulate", "--out", str(tmp_path / "new"), "--disagreement", text]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "expected a" in result.output


def test_the_command_writes_every_format(tmp_path):
    arguments = ["simulate", "--out", str(tmp_path / "new"), "--specs", "2", "--every-format"]
    result = CliRunner().invoke(main, [*arguments, "--clean", "--colons"])
    assert result.exit_code == 0, result.output
    design = Design(specs=2, every_format=True, colons=True, damage=(), stub_rate=0.0)
    simulate(replace(design, telemetry_coverage=1.0), tmp_path / "same")
    assert contents(tmp_path / "new") == contents(tmp_path / "same")


def test_a_stage_gets_the_rate_it_is_given(tmp_path):
    design = replace(CLEAN, specs=60, stages=("plan", "audit"), failure_rate=0.0)
    truth = simulate(replace(design, disagreement={"plan": 1.0, "audit": 0.0}), tmp_path / "new")
    rates = (
        true_runs(truth)
        .assign(differ=true_runs(truth)["disagreements"] > 0)
        .groupby("stage")["differ"]
    )
    assert rates.mean().to_dict() == {"audit": 0.0, "plan": 1.0}


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(main, ["simulate", "--out", str(tmp_path / "file" / "new")])
    assert result.exit_code == 2
    assert "cannot make the folder" in result.output


def test_damage_that_finds_nothing_to_damage_is_refused(tmp_path):
    design = replace(CLEAN, damage=("ok_over_failed",), failure_rate=0.0)
    with pytest.raises(EvidenceError, match="finds no telemetry to be done to"):
        simulate(design, tmp_path / "new")


def test_unknown_damage_is_refused(tmp_path):
    with pytest.raises(EvidenceError, match="no damage is called 'flood'"):
        simulate(replace(CLEAN, damage=("flood",)), tmp_path / "new")
