"""Disagreement by hand: who counts, who does not, and what n is."""

from __future__ import annotations

import pytest
from frames import frame

import speckit_analysis as sk
from speckit_analysis.analysis import disagreement
from speckit_analysis.analysis.disagreement.pairs import by_pair
from speckit_analysis.analysis.selection import measured


def run(run_id, **more):
    spec = run_id.partition("/")[0]
    row = {"run_id": run_id, "spec_id": spec, "stage": "plan", "agents_ok": 2, "conflicts": 0}
    return row | more


def point(run_id, **more):
    return {"run_id": run_id, "origin": "declared", "degradation": False} | more


def comparable(runs, points):
    return disagreement.comparable_runs(
        measured(frame("runs", runs), noun="run"), frame("disagreements", points)
    )


def test_types_and_severities_are_counted_together():
    rows = [("scope", "high"), ("scope", "high"), ("scope", None), ("process", "low")]
    points = frame(
        "disagreements", [{"type": kind, "disagreement_severity": level} for kind, level in rows]
    )
    table = disagreement.types_by_severity(points)
    assert list(table.index) == ["scope", "process"]
    assert table.loc["scope", "high"] == 2
    assert table.loc["scope", "not told"] == 1
    assert table.to_numpy().sum() == 4


def test_only_declared_opinions_are_genuine():
    points = [
        point("a"),
        point("b", degradation=True),
        point("c", origin="detected"),
        point("d", relation="agree"),
        point("e", relation="disagree", degradation=None),
    ]
    found = disagreement.genuine(frame("disagreements", points))
    assert found["run_id"].tolist() == ["a", "e"]


def test_runs_that_could_not_disagree_are_left_out_with_their_reason():
    runs = [
        run("S1/a"),
        run("S1/b", agents_ok=1),
        run("S1/c", agents_ok=None),
        run("S1/d", conflicts=None),
        run("S1/e", conflicts=0),
        run("S1/f", provenance="stub"),
    ]
    found = comparable(runs, [])
    assert found.kept["run_id"].tolist() == ["S1/a", "S1/e"]
    assert found.sentence == (
        "2 of 6 runs used; left out: 1 stub, 2 with fewer than two usable answers,"
        " 1 without a record of a comparison."
    )


def test_the_rate_and_its_exact_interval():
    runs = [run(f"S{n}/a") for n in range(15)]
    found = disagreement.rate(comparable(runs, [point(f"S{n}/a") for n in range(4)]).kept)
    assert (found.hits, found.n, found.clusters) == (4, 15, 15)
    assert (found.low, found.high) == pytest.approx((0.0779, 0.5510), abs=5e-5)


def test_two_points_of_one_run_are_one_disagreeing_run():
    found = disagreement.rate(comparable([run("S1/a"), run("S2/a")], [point("S1/a")] * 2).kept)
    assert found.hits == 1


def test_rates_by_stage_keep_the_order_of_stages():
    runs = [run("S1/a", stage="tasks"), run("S1/b"), run("S2/b")]
    table = disagreement.rates(comparable(runs, [point("S2/b")]).kept, "stage")
    assert table["stage"].astype("string").tolist() == ["plan", "tasks"]
    assert table["disagreeing"].tolist() == [1, 0]
    assert table["specs"].tolist() == [2, 1]
    assert table["rate"].tolist() == [0.5, 0.0]
    assert table["high"].tolist() == pytest.approx([0.9874, 0.975], abs=5e-5)


def answers(run_id, *agents, **more):
    return [{"run_id": run_id, "agent": agent, "status": "ok"} | more for agent in agents]


def test_pairs_count_runs_that_both_answered():
    runs = comparable(
        [run("S1/a"), run("S1/b"), run("S1/c")],
        [],
    ).kept
    calls = frame(
        "calls",
        answers("S1/a", "claude", "gemini", "gpt_pro")
        + answers("S1/b", "claude", "gemini")
        + answers("S1/c", "claude")
        + answers("S1/c", "gemini", status="error"),
    )
    points = [
        point("S1/a", agents="Claude, gemini"),
        point("S1/a", agents="claude,gemini"),
        point("S1/b", agents="claude"),
        point("S1/b"),
        point("S1/c", agents="claude, gemini"),
    ]
    found = by_pair(runs, calls, frame("disagreements", points))
    table = found.rates.set_index(["first", "second"])
    assert table["runs"].to_dict() == {
        ("claude", "gemini"): 2,
        ("claude", "gpt_pro"): 1,
        ("gemini", "gpt_pro"): 1,
    }
    assert table["disagreeing"].tolist() == [1, 0, 0]
    assert (found.named, found.unnamed) == (2, 3)
    assert "claude and gemini disagree most: in 50 % of 2 runs" in found.sentence
    assert "3 of 5 disagreements do not name two" in found.sentence


def test_pairs_of_models():
    runs = comparable([run("S1/a")], []).kept
    calls = frame(
        "calls",
        answers("S1/a", "claude", model_id="claude-opus-4-1")
        + answers("S1/a", "gemini", model_id="gemini-2.5-pro"),
    )
    points = frame("disagreements", [point("S1/a", agents="gemini,claude")])
    table = by_pair(runs, calls, points, by="model_id").rates
    assert table[["first", "second"]].iloc[0].tolist() == ["claude-opus-4-1", "gemini-2.5-pro"]
    assert table["disagreeing"].tolist() == [1]


def test_stages_are_compared_within_specs():
    runs = [run(f"S{n}/{stage}", stage=stage) for n in range(8) for stage in ("plan", "tasks")]
    always = comparable(runs, [point(f"S{n}/plan") for n in range(8)]).kept
    assert disagreement.stages_alike(always, seed=1) < 0.02
    of_specs = [point(f"S{n}/{stage}") for n in range(4) for stage in ("plan", "tasks")]
    assert disagreement.stages_alike(comparable(runs, of_specs).kept, seed=1) == 1.0


def test_flag_and_points_that_contradict_each_other_are_counted():
    runs = frame(
        "runs",
        [
            run("a", disagreement_recorded=True, disagreement_points=0),
            run("b", disagreement_recorded=False, disagreement_points=2),
            run("c", disagreement_recorded=True, disagreement_points=1),
            run("d", disagreement_recorded=True),
            run("e"),
        ],
    )
    table = disagreement.flag_against_points(runs).set_index("flag")
    assert table.loc["yes"].tolist() == [1, 1, 1]
    assert table.loc["no"].tolist() == [0, 1, 0]
    assert table.loc["not recorded"].tolist() == [0, 0, 1]
    assert disagreement.flag_sentence(runs).startswith("Flag and points contradict each other in 2")


def test_outcomes_with_what_is_not_told_last():
    points = frame(
        "disagreements",
        [point("a", resolved=True), point("a"), point("a"), point("b", resolved=False)],
    )
    table = disagreement.shares(points, "resolved")
    assert table["resolved"].tolist() == ["open", "settled", "not told"]
    assert table["share"].tolist() == [0.25, 0.25, 0.5]
    runs = frame("runs", [run("a", escalated=True), run("b", escalated=False), run("c")])
    escalated = disagreement.escalations(runs)
    assert (escalated.hits, escalated.n) == (1, 2)
    sentence = disagreement.outcome_sentence(points, escalated)
    assert sentence.startswith("Of 4 disagreements, 2 say how they ended: 50 % settled")
    assert "50 % of 2 runs escalated" in sentence


def test_failures_stand_beside_disagreements():
    runs = frame("runs", [run("a", calls_failed=1), run("b", calls_failed=0), run("c")])
    found = disagreement.degraded(runs)
    assert (found.hits, found.n) == (1, 2)


def test_headlines():
    runs = comparable([run("S1/a"), run("S2/a")], [point("S1/a")])
    degraded = disagreement.degraded(runs.kept)
    text = disagreement.headline(runs, disagreement.rate(runs.kept), degraded)
    assert text.startswith(
        "A disagreement is declared in 1 of 2 comparable runs: 50 % (95 % interval"
    )
    assert "inconclusive: runs of 2 SPECs cannot say more" in text
    nobody = comparable([run("S1/a", agents_ok=1)], [])
    text = disagreement.headline(nobody, disagreement.rate(nobody.kept), degraded)
    assert text.startswith("The rate of disagreement is not estimable: none of 1 run counts and")


def test_it_is_said_what_is_taken_as_independent():
    runs = comparable([run("S1/a"), run("S1/b"), run("S2/a"), run("S2/b")], [point("S1/a")])
    sentence = disagreement.independence_sentence(disagreement.rate(runs.kept))
    assert "takes the 2 SPECs as independent, not the runs" in sentence
    one = comparable([run("S1/a"), run("S1/b")], [])
    assert "one SPEC" in disagreement.independence_sentence(disagreement.rate(one.kept))


def test_the_interval_of_a_stage_allows_for_specs():
    runs = [run(f"S{spec}/{n}") for spec in range(4) for n in range(3)]
    points = [point(f"S{spec}/{n}") for spec in (0, 1) for n in range(3)]
    table = disagreement.rates(comparable(runs, points).kept, "stage")
    assert table[["runs", "specs", "disagreeing"]].iloc[0].tolist() == [12, 4, 6]
    whole = disagreement.rate(comparable(runs, points).kept)
    assert (table["low"].iloc[0], table["high"].iloc[0]) == (whole.low, whole.high)
    assert table["effective_runs"].iloc[0] == pytest.approx(4)  # SPECs are all or none


def test_a_point_repeated_in_telemetry_and_synthesis_counts_once():
    same = {"description": "which cache?", "topic": "cache"}
    points = [
        point("S1/a", declared_in="telemetry", resolved=False, **same),
        point("S1/a", declared_in="synthesis", resolved=True, **same),
        point("S2/a", declared_in="synthesis", resolved=False, **same),
    ]
    found = disagreement.genuine(frame("disagreements", points))
    assert found["run_id"].tolist() == ["S1/a", "S2/a"]
    assert found["resolved"].tolist() == [True, False]


def test_an_agent_whose_call_is_a_copy_is_of_its_run_s_pairs():
    evidence = sk.load(sk.sample_path())
    points = measured(evidence.disagreements).kept
    runs = disagreement.comparable_runs(measured(evidence.runs), points).kept
    found = by_pair(runs, evidence.calls, points)
    assert (found.named, found.unnamed) == (32, 0)
    source = (sk.sample_path().parents[1] / "notebooks/disagreement.ipynb").read_text()
    assert "by_pair(comparable.kept, ev.calls, declared.kept" in source
