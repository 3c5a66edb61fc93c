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
from speckit_analysis.simulate import DAMAGE, Design, simulate, simulate_runs

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


def serious(evidence: sk.Evidence) -> list[tuple[str, str]]:
    found = evidence.problems[evidence.problems["severity"] != "info"]
    return sorted(zip(found["kind"].astype(str), found["message"], strict=True))


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


def test_the_sample_is_small_and_its_names_are_portable():
    found = contents(SAMPLE)
    assert sum(map(len, found.values())) < 2 * 2**20
    assert len(found) < 700
    assert not [name for name in found if set(name) & set(':*?"<>|\\')]


def test_sound_evidence_has_no_problem_but_its_failed_agents(clean):
    _, evidence = clean
    assert {kind for kind, _ in serious(evidence)} <= {"unusable_proposal"}


def test_every_file_is_recognised(clean):
    truth, evidence = clean
    assert len(evidence.files) == len(truth.files)
    assert not (evidence.files["format"] == "unrecognised").any()


def test_loading_finds_every_run(clean):
    truth, evidence = clean
    assert counted(evidence.runs, "spec_id", "stage") == counted(truth.runs, "spec_id", "stage")
    assert sorted(evidence.runs["timestamp"]) == sorted(truth.runs["timestamp"])


def test_loading_finds_every_call_once(clean):
    truth, evidence = clean
    keys = ("spec_id", "stage", "timestamp", "agent")
    found = evidence.calls.astype({"stage": str, "agent": str, "spec_id": str})
    joined = truth.calls.merge(found, on=list(keys), suffixes=("_true", ""), validate="1:1")
    assert len(joined) == len(truth.calls) == len(evidence.calls)
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
    assert counted(opinions, *keys) == counted(truth.disagreements, *keys)
    assert int(opinions["resolved"].sum()) == int(truth.disagreements["resolved"].sum())
    assert int(found["degradation"].sum()) == int(truth.calls["failed"].sum())


def test_loading_finds_every_override(clean):
    truth, evidence = clean
    overridden = truth.disagreements[truth.disagreements["override"]]
    assert len(evidence.overrides) >= 1
    assert len(evidence.overrides) <= len(overridden)


def test_costs_by_spec_are_the_sums_of_the_runs(clean):
    truth, evidence = clean
    totals = evidence.costs[evidence.costs["scope"] == "total"].set_index("spec_id")
    true = truth.runs.groupby("spec_id")["cost_usd"].sum()
    assert (totals["cost_usd_reported"].astype(float) - true).abs().max() < 1e-5


def test_the_sample_holds_what_happened(sample, sample_truth):
    assert counted(sample.runs, "spec_id", "stage") == counted(
        sample_truth.runs, "spec_id", "stage"
    )
    assert len(sample.calls) == len(sample_truth.calls)
    lost = [name for name in sample_truth.damage.values() if name in ("truncated", "empty")]
    assert len(sample.proposals) == len(sample_truth.calls) - len(lost)
    stubs = sample.runs["provenance"] == "stub"
    assert int(stubs.sum()) == int(sample_truth.runs["stub"].sum())
    no_telemetry = sample.runs["basis"] != "telemetry"
    assert int(no_telemetry.sum()) == int((~sample_truth.runs["measured"]).sum())


@pytest.mark.parametrize("name", DAMAGE)
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


@pytest.mark.parametrize("text", ["plan=often", "plan", "plan=1.5"])
def test_a_rate_that_is_none_is_refused(text, tmp_path):
    arguments = ["simulate", "--out", str(tmp_path / "new"), "--disagreement", text]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "expected a" in result.output


def test_a_stage_gets_the_rate_it_is_given(tmp_path):
    design = replace(CLEAN, specs=60, stages=("plan", "audit"), failure_rate=0.0)
    truth = simulate(replace(design, disagreement={"plan": 1.0, "audit": 0.0}), tmp_path / "new")
    rates = truth.runs.assign(differ=truth.runs["disagreements"] > 0).groupby("stage")["differ"]
    assert rates.mean().to_dict() == {"audit": 0.0, "plan": 1.0}


def test_unknown_damage_is_refused(tmp_path):
    with pytest.raises(EvidenceError, match="no damage is called 'flood'"):
        simulate(replace(CLEAN, damage=("flood",)), tmp_path / "new")
