"""Results of llm-council: real runs of its bench, and transcripts in its shape."""

from __future__ import annotations

import json
import shutil

import pytest
from needs import needs
from other_tools import OTHER_TOOLS, kinds, load, tries

import speckit_analysis as sk
from speckit_analysis.analysis.experiment.decision import decide
from speckit_analysis.plans import planned

TOYS = OTHER_TOOLS / "llm_council"


def item(name, ok=True, **changes):
    base = {"item_id": name, "ok": ok, "failures": [], "score": 0.5, "cost_usd": 0.02}
    return base | {"cost_known": True, "latency_ms": 300, "is_infra": False} | changes


def run(*items, at="2026-03-01T09:00:00+00:00", **changes):
    base = {"started_at": at, "items_run": len(items), "cap_charged_usd": 0.5, "aborted": None}
    base["items_passed"] = sum(one["ok"] for one in items)
    base["total_cost_usd"] = sum(one["cost_usd"] for one in items if one["cost_known"])
    return base | {"results": list(items)} | changes


@needs(TOYS)
def test_the_toy_runs_have_their_values(tmp_path):
    first, second = sorted(TOYS.glob("run-*.json"))
    shutil.copy(first, tmp_path / f"solo.{first.name}")
    shutil.copy(second, tmp_path / f"council.{second.name}")
    evidence = sk.load(tmp_path)
    outcomes, costs, times = (
        {key[:2]: value for key, value in tries(evidence, column).items()}
        for column in ("outcome", "cost_usd", "latency_ms")
    )
    assert outcomes == {
        **{("solo", "breaks"): None, ("solo", "sum-big"): 0, ("solo", "sum-small"): 1},
        **{("council", "breaks"): None, ("council", "sum-big"): 1, ("council", "sum-small"): 1},
    }
    assert (costs["solo", "sum-big"], costs["solo", "sum-small"]) == (None, 0.001)
    assert (costs["council", "sum-big"], costs["council", "breaks"]) == (0.0042, None)
    assert (times["solo", "breaks"], times["council", "sum-big"]) == (None, 60)
    assert kinds(evidence) == ["errored_result"]
    checked = decide({name: evidence[name] for name in evidence}, planned("")).checked
    assert (checked.candidate, checked.baseline) == ("solo", "council")
    assert checked.pairs[["candidate", "baseline"]].to_numpy().tolist() == [[0, 1], [1, 1]]


@needs(TOYS)
def test_runs_without_a_name_are_variants_of_their_own_and_a_problem():
    evidence = sk.load(TOYS)
    assert evidence.outcomes["variant"].nunique() == 2
    assert kinds(evidence) == ["errored_result", "unnamed_variant"]


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("council.run-2026-03-01T09.json", "council"),
        ("solo-acme_run-2026-03-01T09.json", "solo-acme"),
        ("trio.json", "trio"),
        ("run-2026-03-01T09.json", "run of 2026-03-01T09:00:00+00:00"),
    ],
)
def test_the_name_of_the_file_names_the_variant(tmp_path, name, variant):
    (tmp_path / name).write_text(json.dumps(run(item("a"))))
    assert set(sk.load(tmp_path).outcomes["variant"]) == {variant}


def test_runs_of_one_variant_are_repeats(tmp_path):
    evidence = load(
        tmp_path,
        **{
            "solo.run-2026-a.json": run(item("a")),
            "solo.run-2026-b.json": run(item("a", ok=False), at="2026-03-02T09:00:00+00:00"),
            "solo.run-2026-c.json": run(item("a")),  # a copy of the first
        },
    )
    assert sorted(tries(evidence, "outcome").values()) == [0, 1]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, []),
        ({"items_run": 3}, ["rate_contradicts_counts"]),
        ({"items_passed": 2}, ["rate_contradicts_counts"]),
        ({"total_cost_usd": 0.5}, ["rate_contradicts_counts"]),
        ({"aborted": "cap reached"}, ["incomplete_results"]),
    ],
)
def test_totals_are_held_against_the_items(tmp_path, changes, wrong):
    whole = run(item("a"), item("b", ok=False, cost_known=False), **changes)
    evidence = load(tmp_path, solo__json=whole)
    assert kinds(evidence) == wrong
    assert list(tries(evidence, "cost_usd").values()) == [0.02, None]


# Transcripts


def usage(**changes):
    base = {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960}
    return base | {"cost_usd": 0.01, "cost_known": True, "cached_tokens": 0} | changes


def stages():
    models = {"acme/one": usage(), "acme/two": usage(cost_incomplete=True)}
    at = "2026-03-01T09:00:00.5"
    answers = [{"model": name, "response": f"It passes, says {name}."} for name in models]
    return {
        "request": {"snapshot_id": "abc", "target_paths": [], "rubric_focus": None},
        "stage1": {"responses": answers, "usage": {"by_model": models}, "timestamp": at},
        "stage2": {
            "rankings": [
                {
                    "model": "acme/one",
                    "ranking": "…",
                    "parsed_ranking": {"scores": {"Response A": 8, "Response B": 6.5}},
                },
                {"model": "acme/two", "parsed_ranking": {"abstained": True, "scores": {}}},
            ],
            "label_to_model": {
                "Response A": {"model": "acme/two"},
                "Response B": {"model": "acme/one"},
            },
            "usage": {"by_model": models},
            "timestamp": at,
        },
        "stage3": {
            "synthesis": {},
            "aggregate_rankings": [],
            "usage": {"by_model": {"acme/one": usage()}},
            "timestamp": at,
        },
        "result": {"verification_id": "1234abcd", "verdict": "pass", "confidence": 0.9},
    }


def test_a_transcript_is_its_calls_answers_and_rankings(tmp_path):
    folder = "logs/2026-03-01T09-00-00-1234abcd"
    evidence = load(tmp_path, **{f"{folder}/{n}.json": v for n, v in stages().items()})
    calls = evidence.calls.sort_values(["run_id", "agent"], kind="stable")
    assert len(calls) == 5
    assert calls["prompt_tokens"].sum() == 5 * 900
    costs = calls["cost_usd_reported"]
    assert costs.fillna(-1).tolist() == [0.01, -1, 0.01, -1, 0.01]
    assert (calls["timestamp"] == "2026-03-01T09:00:00.5Z").all()
    assert len(evidence.proposals) == 2
    reviews = evidence.reviews.set_index(["reviewer", "variant"])["score"]
    assert reviews.to_dict() == {("acme/one", "acme/two"): 8, ("acme/one", "acme/one"): 6.5}
    assert set(evidence.reviews["spec_id"]) == {"2026-03-01T09-00-00-1234abcd"}
    assert "unrecognised" not in set(evidence.files["format"])


def test_transcripts_do_not_mix(tmp_path):
    whole = stages()["stage1"]
    names = ("logs/2026-03-01T09-00-00-a", "logs/2026-03-01T09-00-00-b")
    evidence = load(tmp_path, **{f"{name}/stage1.json": whole for name in names})
    assert len(evidence.calls) == 4
    assert evidence.runs["calls"].tolist() == [2, 2]


def test_a_score_beyond_the_scale_is_missing_and_told(tmp_path):
    whole = stages()["stage2"]
    whole["rankings"][0]["parsed_ranking"]["scores"]["Response A"] = 85
    evidence = load(tmp_path, stage2__json=whole)
    assert evidence.reviews["score"].tolist() == [6.5]
    assert "mistyped_field" in kinds(evidence)
