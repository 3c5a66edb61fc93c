"""Records of experiments become rows, and the schema validator judges outputs as a guardrail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import speckit_analysis as sk
from speckit_analysis.errors import EvidenceError
from speckit_analysis.run import Label, judge, read_labels
from speckit_analysis.simulate import Design, simulate

FIXTURES = Path(__file__).parent / "fixtures"


def fixture(name: str) -> dict:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def load(folder: Path, name: str, *records: dict) -> sk.Evidence:
    text = "".join(f"{json.dumps(record)}\n" for record in records)
    (folder / name).write_text(text)
    return sk.load(folder)


def test_an_arbitration_is_one_row(tmp_path):
    evidence = load(tmp_path, "a_arbitrations.jsonl", fixture("arbitration/valid"))
    (row,) = evidence.arbitrations.itertuples()
    assert (row.stage, row.variant, row.invoked, row.override) == ("plan", "arbiter", True, True)
    assert (row.assessment, row.errors_caught, row.false_positives) == ("improvement", 1, 0)
    assert row.description == "The migration has to run before the deployment."
    assert row.provenance == "measured"


def test_an_assessment_that_is_none_is_missing_and_a_problem(tmp_path):
    evidence = load(tmp_path, "a_arbitration.json", fixture("arbitration/invalid_assessment"))
    assert evidence.arbitrations["assessment"].isna().all()
    assert "better" in evidence.problems["message"].iloc[0]


def test_a_research_output_is_a_row_a_finding(tmp_path):
    records = (fixture("research/valid"), fixture("research/valid_nothing"))
    found = load(tmp_path, "all.research.jsonl", *records).research
    assert found["finding"].isna().tolist() == [False, False, True]
    assert found["citation"].fillna("").tolist() == ["docs/catalogue.md", "", ""]
    assert found["relevance"].fillna(-1).tolist() == [8, -1, -1]
    assert set(found["model_id"]) == {"gemini-2.5-pro"}
    assert set(found["prompt_tokens"]) == {231_000}


def test_records_are_known_by_their_content(tmp_path):
    for number, name in enumerate(("arbitration/valid", "research/valid", "trial/valid")):
        (tmp_path / f"{number}.json").write_text(json.dumps(fixture(name)))
    evidence = sk.load(tmp_path)
    assert [len(evidence[name]) for name in ("arbitrations", "research", "trials")] == [1, 2, 1]


def test_the_same_records_twice_count_once(tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}_trial.json").write_text(json.dumps(fixture("trial/valid")))
    assert sorted(sk.load(tmp_path).trials["provenance"]) == ["measured", "stale_copy"]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Evidence with two damaged files, one that a schema sees through and one that it does not."""
    folder = tmp_path_factory.mktemp("guardrail") / "outputs"
    design = Design(specs=2, damage=("truncated", "zero_cost"), experiments=False)
    return folder, simulate(design, folder)


def test_the_schema_stops_what_breaks_it_and_passes_what_is_only_wrong(outputs):
    folder, truth = outputs
    sound = next(path for path in truth.files if path.endswith("_gemini.json"))
    labels = {path: Label(False) for path in truth.damage} | {sound: Label(True, "SPEC-SIM-001")}
    passed = {trial.output: trial.passed for trial in judge(folder, labels, "e")}
    by_damage = {truth.damage[path]: passed[path] for path in truth.damage}
    assert by_damage == {"truncated": False, "zero_cost": True}
    assert passed[sound]


def test_a_trial_says_why_it_stopped_an_output(outputs):
    folder, truth = outputs
    broken = next(path for path, name in truth.damage.items() if name == "truncated")
    (trial,) = judge(folder, {broken: Label(False)}, "e")
    assert "not JSON" in trial.reason
    assert trial.variant == "schema"
    assert trial.latency_ms > 0


def test_an_output_that_is_not_there_is_named(outputs):
    with pytest.raises(EvidenceError, match=r"no output 'nowhere\.json'"):
        judge(outputs[0], {"nowhere.json": Label(True)}, "e")


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("../outputs/a.json", r"output '\.\./outputs/a\.json': expected a path below"),
        ("sub/../../a.json", "expected a path below"),
        ("/etc/hosts", "output '/etc/hosts': expected a path below"),
        ("n" * 5000, "no output 'nnn"),
        ("a\0b", r"no output 'a\\x00b'"),
        (".", r"no output '\.'"),
    ],
)
def test_an_output_that_cannot_lie_below_the_folder_is_refused(outputs, output, told):
    with pytest.raises(EvidenceError, match=told):
        judge(outputs[0], {output: Label(True)}, "e")


def test_paths_of_outputs_are_normalised(outputs):
    folder, truth = outputs
    sound = next(path for path in truth.files if path.endswith("_gemini.json"))
    wordy = f"./{sound.replace('/', '//')}"
    (trial,) = judge(folder, {wordy: Label(True)}, "e")
    assert trial.output == sound
    with pytest.raises(EvidenceError, match="is labelled twice"):
        judge(folder, {sound: Label(True), wordy: Label(True)}, "e")


def test_a_file_that_is_not_read_as_evidence_is_said(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "a.json").write_text("{}")
    with pytest.raises(
        EvidenceError, match=r"output '\.git/a\.json' in .* is not read as evidence"
    ):
        judge(tmp_path, {".git/a.json": Label(True)}, "e")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("output,valid\na.json,perhaps\n", "line 2: valid is 'perhaps'; expected yes or no"),
        ("output,valid\na.json,yes\na.json,no\n", "line 3: a.json is labelled twice"),
        (
            "file,valid\na.json,yes\n",
            "expected the columns output and valid, and found file, valid",
        ),
        ("output,valid\n\n ,yes\n", "line 3: no output is named"),
        ("output,valid\na.json\n", "line 2: valid is ''; expected yes or no"),
        ("", "the file is empty"),
        ("output,valid\n", "labels nothing"),
    ],
)
def test_labels_that_make_no_sense_are_refused(tmp_path, text, told):
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(EvidenceError, match=told):
        read_labels(path)


def test_labels_are_read_with_spec_and_stage(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(" output , valid,spec_id,stage\na.json , no, SPEC-A ,plan\nb.json,YES, ,\n")
    assert read_labels(path) == {
        "a.json": Label(False, "SPEC-A", "plan"),
        "b.json": Label(True),
    }
