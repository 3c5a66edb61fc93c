"""Experiment records: a reviewer's scores become rows, and quality can be asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import speckit_analysis as sk
from speckit_analysis.analysis.ask.comparison import compare
from speckit_analysis.analysis.ask.telemetry import telemetry
from speckit_analysis.analysis.cost.trends import cost_per_quality_point
from speckit_analysis.analysis.review.scores import quality_scores
from speckit_analysis.analysis.selection import measured
from speckit_analysis.simulate import Design, simulate
from speckit_analysis.simulate.rarities import REVIEW_GAIN
from speckit_analysis.stats.crossed import crossed

FIXTURES = Path(__file__).parent / "fixtures" / "review"


def record(**changes):
    plain = {"experiment": "e", "spec_id": "SPEC-A", "stage": "plan", "variant": "A"}
    return plain | {"reviewer": "R1", "quality_scores": {"overall": 7.0}} | changes


def load(folder, **files):
    for name, content in files.items():
        (folder / f"{name}_review.json").write_text(json.dumps(content))
    return sk.load(folder)


def test_one_row_per_criterion(tmp_path):
    evidence = load(tmp_path, a=json.loads((FIXTURES / "valid.json").read_text()))
    rows = evidence.reviews
    assert rows["criterion"].tolist() == [
        "completeness", "correctness", "clarity", "actionability", "overall",
    ]  # fmt: skip
    assert rows["score"].fillna(-1).tolist() == [8.5, 9.0, 7.5, -1, 8.5]
    assert set(rows["reviewer"]) == {"R1"}
    assert set(rows["experiment"]) == {"single-vs-multi"}
    assert rows["locator"].iloc[0] == "/quality_scores/completeness"
    assert set(rows["provenance"]) == {"measured"}
    assert evidence.files["format"].tolist() == ["review"]


def test_stage_packet_and_time_are_read(tmp_path):
    staged = json.loads((FIXTURES / "valid_staged.json").read_text())
    (row,) = load(tmp_path, b=staged).reviews.itertuples()
    assert (row.stage, row.packet, row.comment) == ("plan", "7f3a", "clear")
    assert row.timestamp.isoformat() == "2025-11-20T09:30:00+00:00"


def test_many_records_of_a_file(tmp_path):
    lines = [json.dumps(record(reviewer=name)) for name in ("R1", "R2", "R3")]
    (tmp_path / "all_reviews.jsonl").write_text("\n".join(lines) + "\n")
    assert sk.load(tmp_path).reviews["reviewer"].tolist() == ["R1", "R2", "R3"]


def test_a_folder_of_reviews_is_no_spec(tmp_path):
    folder = tmp_path / "reviews" / "blind"
    folder.mkdir(parents=True)
    (folder / "a_review.json").write_text(json.dumps(record(spec_id="SPEC-1")))
    evidence = sk.load(tmp_path)
    assert evidence.files["spec_id"].isna().all()
    assert set(evidence.reviews["spec_id"]) == {"SPEC-1"}


def test_a_record_is_known_by_its_content(tmp_path):
    (tmp_path / "anything.json").write_text(json.dumps(record()))
    assert len(sk.load(tmp_path).reviews) == 1


def test_a_score_beyond_the_scale_is_missing_and_a_problem(tmp_path):
    evidence = load(tmp_path, a=record(quality_scores={"overall": 11, "clarity": 4}))
    scores = dict(zip(evidence.reviews["criterion"], evidence.reviews["score"], strict=True))
    assert scores.get("clarity") == 4
    assert evidence.reviews["score"].max() <= 10
    assert (evidence.problems["severity"] != "info").any()


def test_the_same_file_twice_counts_once(tmp_path):
    evidence = load(tmp_path, a=record(), copy=record())
    assert sorted(evidence.reviews["provenance"]) == ["measured", "stale_copy"]


@pytest.fixture
def scored(tmp_path):
    stages = (("plan", 6.0), ("tasks", 7.0), ("audit", 8.0))
    files = {
        f"{spec}_{stage}": record(
            spec_id=spec, stage=stage, quality_scores={"overall": score + gain * (1 + n / 10)}
        )
        for spec, gain in (("SPEC-SIM-001", 1.0), ("SPEC-SIM-002", 0.0))
        for n, (stage, score) in enumerate(stages)
    }
    simulate(Design(specs=2, damage=(), reviewers=0, experiments=False), tmp_path / "evidence")
    load(tmp_path / "evidence", **files)
    return sk.load(tmp_path / "evidence")


def test_two_specs_are_compared_by_their_scores(scored):
    calls = scored.calls[scored.calls["provenance"] == "measured"]
    found = compare(
        calls, scored.runs, scored.reviews, "SPEC-SIM-001", "SPEC-SIM-002", metric="quality"
    )
    assert found.verdict == "higher"
    assert found.estimands[0].difference.value == pytest.approx(1.1)


def test_quality_is_described_and_priced(scored):
    by_spec = telemetry(scored, "quality", ["spec"]).table
    assert by_spec["mean_points"].round(1).tolist() == [8.1, 7.0]
    scores = quality_scores(measured(scored.reviews), measured(scored.runs))
    points = cost_per_quality_point(scored.runs, scored.calls, scores.kept)
    unknown = scored.runs[scored.runs["cost_usd"].isna()]["spec_id"].astype(str)
    assert "SPEC-SIM-001" in set(unknown)
    assert points["spec_id"].tolist() == ["SPEC-SIM-002"]
    assert (points["cost_per_point_usd"] > 0).all()


def test_simulated_reviewers_prefer_consensus_as_much_as_was_set(tmp_path):
    simulate(Design(specs=12, every_format=True, damage=()), tmp_path / "evidence")
    scores = sk.load(tmp_path / "evidence").reviews
    means = scores.groupby(["spec_id", "reviewer", "variant"], observed=True)["score"].mean()
    table = means.unstack("variant").astype(float)
    gaps = (table["B"] - table["A"]).unstack("reviewer").to_numpy()
    found = crossed(gaps)
    assert found.estimate.low <= REVIEW_GAIN <= found.estimate.high
    assert found.panel.verdict == "superior"
