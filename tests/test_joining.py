"""What belongs together is one run and one call, counted once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest
from evidence_files import (
    ABSENT,
    PLACES,
    RUN_ID,
    SESSION,
    SPEC,
    START,
    answer,
    call,
    changed,
    cost,
    event,
    exported_synthesis,
    failed_output,
    guardrail,
    kinds,
    narrative_synthesis,
    native,
    only,
    output,
    problems,
    proposal,
    runner_synthesis,
    telemetry,
    verdict,
    write,
)

import speckit_analysis as sk
from speckit_analysis.formats.telemetry_v2 import CALL_FIELDS, Agent

OTHER_MODEL = {"model_id": "gemini-2.0-flash", "model_release": "2025-02-05"}


def write_bundle(root: Path, **changes: Any) -> None:
    """Write one run as the runner does: telemetry, metrics, outputs, synthesis and prompts."""
    base = f"consensus/{SPEC}/spec-plan_{START}"
    write(root, PLACES["telemetry"], telemetry(**changes))
    write(root, PLACES["runner_synthesis"], runner_synthesis())
    for agent, usd in (("gemini", 0.0075), ("claude", 0.0126)):
        write(root, f"{base}_{agent}_metrics.json", call(agent, cost_usd=usd))
        write(root, f"{base}_{agent}.json", output(agent))
        write(root, f"{base}_{agent}_prompt.txt", "Plan.")


def test_a_bundle_of_eight_files_is_one_run_of_two_calls(tmp_path: Path) -> None:
    write_bundle(tmp_path)
    evidence = sk.load(tmp_path)
    run = only(evidence.runs)
    assert (run.calls, run.agents_ok, run.basis) == (2, 2, "telemetry")
    assert list(evidence.calls["agent"]) == ["gemini", "claude"]
    assert len(evidence.proposals) == 2
    assert (run.status, run.status_recorded, run.synthesis_status) == ("ok", "ok", "ok")


def test_tokens_cost_and_latency_of_a_bundle_count_once(tmp_path: Path) -> None:
    write_bundle(tmp_path)
    run = only(sk.load(tmp_path).runs)
    assert (run.tokens, run.latency_ms) == (3600, 421468)
    assert run.cost_usd_reported == pytest.approx(0.0201)


def test_a_call_says_how_many_files_describe_it(tmp_path: Path) -> None:
    write_bundle(tmp_path)
    evidence = sk.load(tmp_path)
    assert set(evidence.calls["sources"]) == {3}
    assert only(evidence.runs).sources == 6


def test_metrics_that_differ_from_the_telemetry_are_a_problem(tmp_path: Path) -> None:
    write(tmp_path, PLACES["telemetry"], telemetry())
    write(tmp_path, PLACES["metrics"], call("gemini", prompt_tokens=9999))
    evidence = sk.load(tmp_path)
    found = problems(evidence, "metrics_differ")[0]
    assert (found.source, found.severity) == (PLACES["metrics"], "warning")
    assert "9999" in found.message
    assert "1200" in found.message
    gemini = evidence.calls.set_index("agent").loc["gemini"]
    assert gemini["prompt_tokens"] == 1200
    assert len(evidence.calls) == 2


def test_metrics_that_repeat_the_telemetry_are_none(tmp_path: Path) -> None:
    write(tmp_path, PLACES["telemetry"], telemetry())
    write(tmp_path, PLACES["metrics"], call("gemini"))
    assert "metrics_differ" not in kinds(sk.load(tmp_path))


def test_metrics_give_the_figures_that_the_telemetry_of_their_call_lacks(tmp_path: Path) -> None:
    figures = ("latency_ms", "prompt_tokens", "completion_tokens", "total_tokens", "cost_usd")
    bare = call("gemini", **dict.fromkeys(figures))
    write(tmp_path, PLACES["telemetry"], telemetry(bare, call("claude")))
    write(tmp_path, PLACES["metrics"], call("gemini", prompt_tokens=1000, total_tokens=1600))
    evidence = sk.load(tmp_path)
    gemini, claude = evidence.calls.itertuples()
    assert (gemini.prompt_tokens, gemini.completion_tokens) == (1000, 600)
    assert (gemini.total_tokens, gemini.latency_ms) == (1600, 210734)
    assert gemini.cost_usd_reported == 0.0075
    assert gemini.cost_usd > 0
    assert (gemini.basis, gemini.source, gemini.sources) == ("telemetry", PLACES["telemetry"], 2)
    assert claude.prompt_tokens == 1200
    assert only(evidence.runs).tokens == 3400
    assert not {"missing_tokens", "missing_cost", "metrics_differ"} & set(kinds(evidence))


@pytest.mark.parametrize("column", sorted(CALL_FIELDS.keys() - {"agent_raw", "counted_as"}))
def test_metrics_fill_any_field_that_the_telemetry_lacks(tmp_path: Path, column: str) -> None:
    every = call("gemini", reasoning_tokens=7, cached_tokens=9, cache_hit=True, status="error")
    every |= {"cache_write_tokens": 5, "cache_write_1h_tokens": 5, "service_tier": "flex"}
    every |= {"error": "refused", "arbiter_override": True, "override_reason": "it contradicts"}
    field = next(f.encode_name for f in msgspec.structs.fields(Agent) if f.name == column)
    for root, lacking in (("whole", {}), ("gap", {field: None})):
        write(tmp_path / root, PLACES["telemetry"], telemetry(every | lacking))
        write(tmp_path / root, PLACES["metrics"], every)
    whole, gap = sk.load(tmp_path / "whole"), sk.load(tmp_path / "gap")
    assert whole.calls[column].notna().all()
    pd.testing.assert_frame_equal(gap.calls, whole.calls)
    pd.testing.assert_frame_equal(gap.overrides, whole.overrides)


def test_a_detail_of_the_opposite_fills_no_gap(tmp_path: Path) -> None:
    plain = call("gemini", status="ok", arbiter_override=False, model_release=None)
    failed = {"status": "error", "error": "refused"}
    overridden = {"arbiter_override": True, "override_reason": "it contradicts"}
    write(tmp_path, PLACES["telemetry"], telemetry(plain))
    write(tmp_path, PLACES["metrics"], plain | failed | overridden | OTHER_MODEL)
    row = only(sk.load(tmp_path).calls)
    assert (row.status, row.status_recorded, row.arbiter_override) == ("ok", "ok", False)
    assert row.model_id == "gemini-2.5-pro"
    assert pd.isna([row.error, row.override_reason, row.model_release]).all()


def test_a_detail_of_the_same_fills_a_gap_however_it_is_spelled(tmp_path: Path) -> None:
    failed = call("gemini", status="failed", model_id="models/gemini-2.5-pro", model_release=None)
    write(tmp_path, PLACES["telemetry"], telemetry(failed))
    write(tmp_path, PLACES["metrics"], call("gemini", status="error", error="refused"))
    row = only(sk.load(tmp_path).calls)
    assert (row.status, row.status_recorded, row.error) == ("error", "failed", "refused")
    assert (row.model_requested, row.model_release) == ("models/gemini-2.5-pro", "2025-09-29")


def test_copies_of_telemetry_and_metrics_fill_gaps_as_well(tmp_path: Path) -> None:
    for root, lacking in (
        ("2025-10-01", ("latency_ms", "cost_usd")),
        ("2025-11-01", ("cost_usd",)),
    ):
        bare = call("gemini", **dict.fromkeys(lacking))
        write(tmp_path / root, PLACES["telemetry"], telemetry(bare))
        write(tmp_path / root, PLACES["metrics"], bare | {"cached_tokens": 5})
    write(tmp_path / "2025-12-01", PLACES["metrics"], call("gemini", cached_tokens=6))
    row = only(sk.load(tmp_path).calls)
    assert row.source == f"2025-10-01/{PLACES['telemetry']}"
    assert (row.latency_ms, row.cost_usd_reported, row.cached_tokens) == (210734, 0.0075, 5)


def test_an_output_tells_what_the_telemetry_of_its_call_does_not(tmp_path: Path) -> None:
    unsaid = call("gemini", model_id=None, status=None)
    write(tmp_path, PLACES["telemetry"], telemetry(unsaid))
    write(tmp_path, PLACES["output"], output("gemini"))
    row = only(sk.load(tmp_path).calls)
    assert (row.basis, row.status, row.model_claimed) == ("telemetry", "ok", "gemini-2.5-pro")
    assert row.model_id == "gemini-2.5-pro"


def test_an_output_that_failed_outweighs_a_status_of_ok(tmp_path: Path) -> None:
    write(tmp_path, PLACES["telemetry"], telemetry(call("gemini"), call("claude")))
    base = f"consensus/{SPEC}/spec-plan_{START}"
    write(tmp_path, f"{base}_gemini.json", failed_output("gemini"))
    write(tmp_path, f"{base}_claude.json", output("claude"))
    run = only(sk.load(tmp_path).runs)
    assert (run.status_recorded, run.status, run.calls_failed) == ("ok", "degraded", 1)


def test_an_agent_called_twice_in_one_run_is_two_calls(tmp_path: Path) -> None:
    twice = telemetry(call("gemini"), call("gemini", prompt_tokens=1300, total_tokens=1900))
    write(tmp_path, PLACES["telemetry"], twice)
    assert sorted(sk.load(tmp_path).calls["prompt_tokens"]) == [1200, 1300]


def test_a_verdict_and_its_exported_synthesis_are_one_run(tmp_path: Path) -> None:
    write(tmp_path, PLACES["verdict"], verdict())
    write(tmp_path, PLACES["exported_synthesis"], exported_synthesis())
    run = only(sk.load(tmp_path).runs)
    assert (run.calls, run.agents_recorded, run.synthesis_status) == (2, 2, "ok")
    assert (run.match_rule, run.sources) == ("run_id", 2)


def test_an_exported_synthesis_without_run_id_joins_the_only_verdict_of_its_folder(
    tmp_path: Path,
) -> None:
    write(tmp_path, PLACES["verdict"], verdict())
    bare = exported_synthesis(run_id=None, created_at=ABSENT)
    write(tmp_path, PLACES["exported_synthesis"], bare)
    assert only(sk.load(tmp_path).runs).run_id == f"{SPEC}/plan/{RUN_ID}"


def test_an_exported_synthesis_of_another_run_stays_apart(tmp_path: Path) -> None:
    write(tmp_path, PLACES["verdict"], verdict())
    other = exported_synthesis(run_id=f"run_{SPEC}_1762828295_44b21920")
    write(tmp_path, PLACES["exported_synthesis"], other)
    assert len(sk.load(tmp_path).runs) == 2


def test_stages_of_one_run_id_are_runs_of_their_own(tmp_path: Path) -> None:
    write(tmp_path, PLACES["verdict"], verdict())
    tasks = verdict(proposal("gemini", answer("gemini", stage="spec-tasks")), stage="tasks")
    write(tmp_path, f"consensus/{SPEC}/tasks_verdict.json", tasks)
    assert set(sk.load(tmp_path).runs["stage"]) == {"plan", "tasks"}


def test_outputs_synthesis_and_guardrail_of_one_session_are_joined(tmp_path: Path) -> None:
    write(tmp_path, PLACES["rehearsal"], output("gpt_pro"))
    where = f"evidence/commands/{SPEC}/spec-plan_{SESSION}.json"
    write(tmp_path, PLACES["narrative_synthesis"], narrative_synthesis(telemetry=where))
    write(tmp_path, PLACES["guardrail"], guardrail())
    evidence = sk.load(tmp_path)
    run = only(evidence.runs)
    assert run.run_id == f"{SPEC}/plan/{SESSION}"
    assert only(evidence.guardrails).run_id == run.run_id


def test_a_guardrail_of_no_run_belongs_to_none(tmp_path: Path) -> None:
    write(tmp_path, PLACES["guardrail"], guardrail())
    assert pd.isna(only(sk.load(tmp_path).guardrails).run_id)


def test_a_native_guardrail_belongs_to_the_run_that_started_at_its_second(tmp_path: Path) -> None:
    write(tmp_path, PLACES["native"], native())  # 03:22:19 is 1762744939 seconds after 1970
    write(tmp_path, PLACES["verdict"], verdict())
    evidence = sk.load(tmp_path)
    assert only(evidence.guardrails).run_id == only(evidence.runs).run_id


def test_a_guardrail_renamed_for_windows_counts_once(tmp_path: Path) -> None:
    write(tmp_path, PLACES["native"], native())
    renamed = "guardrail-plan-2025-11-10T03-22-19Z_1025075.json"
    copy = native(artifacts=[{"path": f"evidence/{renamed}"}])
    write(tmp_path, f"archive/commands/{SPEC}/{renamed}", copy)
    evidence = sk.load(tmp_path)
    assert sorted(evidence.guardrails["provenance"]) == ["measured", "stale_copy"]
    assert sorted(evidence.checks["provenance"]) == [*["measured"] * 2, *["stale_copy"] * 2]
    assert "which another file holds too" in problems(evidence, "duplicate")[0].message


def test_an_event_and_a_summary_in_an_archive_count_once(tmp_path: Path) -> None:
    for folder in ("", "archive/"):
        write(tmp_path, folder + PLACES["lifecycle"], event())
        write(tmp_path, folder + PLACES["cost"], cost())
    evidence = sk.load(tmp_path)
    assert sorted(evidence.lifecycle["provenance"]) == ["measured", "stale_copy"]
    measured = evidence.costs[evidence.costs["provenance"] == "measured"]
    assert measured.groupby("scope", observed=True).size().to_dict() == {
        "agent": 2,
        "stage": 2,
        "total": 1,
    }


def test_a_copy_of_a_run_in_another_folder_is_the_same_run(tmp_path: Path) -> None:
    write_bundle(tmp_path / "here")
    shutil.copytree(tmp_path / "here", tmp_path / "archive")
    evidence = sk.load(tmp_path)
    assert only(evidence.runs).calls == 2
    assert len(evidence.calls) == 2
    assert len(problems(evidence, "duplicate")) > 0


def test_runs_of_the_same_second_at_two_stages_stay_apart(tmp_path: Path) -> None:
    write(tmp_path, PLACES["telemetry"], telemetry())
    tasks = PLACES["telemetry"].replace("spec-plan", "spec-tasks")
    write(tmp_path, tasks, telemetry(command="spec-tasks"))
    evidence = sk.load(tmp_path)
    assert sorted(evidence.runs["run_id"]) == [f"{SPEC}/plan/{START}", f"{SPEC}/tasks/{START}"]
    assert set(evidence.runs["calls"]) == {2}


def test_a_run_of_which_only_prompts_exist_never_ran(tmp_path: Path) -> None:
    write(tmp_path, PLACES["prompt"], "Plan.")
    assert len(sk.load(tmp_path).runs) == 0


def test_an_earlier_state_of_a_summary_is_superseded(tmp_path: Path) -> None:
    write(tmp_path, f"latest/{PLACES['cost']}", cost(call_count=9))
    write(tmp_path, f"earlier/2025-11-02_5e2af02/{PLACES['cost']}", cost())
    evidence = sk.load(tmp_path)
    totals = evidence.costs[evidence.costs["scope"] == "total"].set_index("calls_reported")
    assert totals["superseded"].to_dict() == {9: False, 4: True}
    found = problems(evidence, "superseded")[0]
    assert found.source.startswith("earlier/")


def summary(root: Path, folder: str, **changes: Any) -> None:
    write(root, f"{folder}/{PLACES['cost']}", cost(**changes))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"generated_at": "2025-11-02T10:00:00Z"}, {"generated_at": "2025-11-02T09:00:00Z"}),
        ({"call_count": 9}, {"call_count": 4}),
        ({"duration": 200.0}, {"duration": 100.0}),
    ],
)
@pytest.mark.parametrize("folders", [("2025-11-02_a", "2025-11-02_b"), ("a", "b")])
def test_of_two_summaries_of_one_day_one_is_current(
    tmp_path: Path, one: dict[str, Any], other: dict[str, Any], folders: tuple[str, str]
) -> None:
    for changes, folder in zip((one, other), folders, strict=True):
        summary(tmp_path, folder, **changes)
    evidence = sk.load(tmp_path)
    current = evidence.costs.loc[~evidence.costs["superseded"], "source"].astype(str)
    assert {source.split("/")[0] for source in current} == {folders[0]}
    assert evidence.files["superseded"].sum() == 1


def test_the_path_wins_over_the_content(tmp_path: Path) -> None:
    write(tmp_path, PLACES["telemetry"], telemetry(specId="SPEC-KIT-666"))
    evidence = sk.load(tmp_path)
    assert only(evidence.runs).spec_id == SPEC
    assert problems(evidence, "identity_differs")[0].locator == "/specId"


def test_a_content_that_is_wrong_is_found_on_its_line(tmp_path: Path) -> None:
    wrong = [telemetry(specId="SPEC-KIT-666"), telemetry(specId="${spec}")]
    lines = [json.dumps(document) for document in (telemetry(), telemetry(), *wrong)]
    write(tmp_path, PLACES["telemetry"], "\n".join(lines))
    evidence = sk.load(tmp_path)
    assert problems(evidence, "identity_differs")[0].locator == "L3/specId"
    assert problems(evidence, "template_literal")[0].locator == "L4/specId"


@pytest.mark.parametrize("moment", ["2025-10-06T00:19:45+00:00", "2025-10-06T02:19:45.123+02:00"])
def test_a_moment_in_another_spelling_is_the_same_moment(moment: str, tmp_path: Path) -> None:
    write(tmp_path, PLACES["telemetry"], telemetry(timestamp=moment))
    write(tmp_path, "export.json", telemetry(timestamp=moment))
    evidence = sk.load(tmp_path)
    assert only(evidence.runs).run_id == f"{SPEC}/plan/{START}"
    assert "identity_differs" not in kinds(evidence)


def test_without_a_telling_path_the_content_names_the_run(tmp_path: Path) -> None:
    write(tmp_path, "export.json", changed(telemetry(), {"specId": "SPEC-KIT-777"}))
    assert only(sk.load(tmp_path).runs).run_id == f"SPEC-KIT-777/plan/{START}"


TASKS = {"specId": SPEC, "command": "guardrail.tasks", "stage": "Tasks"}


def guarded_tasks(root: Path, minutes: int, pid: str) -> sk.Evidence:
    """Load a run of the plan whose guardrail is known to the second, and one of the tasks."""
    start = pd.Timestamp(START)
    before = (start - pd.Timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    write(root, PLACES["verdict"], verdict())
    write(root, PLACES["native"], native())
    write(root, f"consensus/{SPEC}/spec-tasks_{START}_telemetry.jsonl", telemetry())
    place = f"commands/{SPEC}/guardrail-tasks-{before}_{pid}.json"
    write(root, place, native(timestamp=before, sessionId=pid, **TASKS))
    return sk.load(root)


@pytest.mark.parametrize(
    ("minutes", "pid", "rule", "trust"),
    [(5, "7", "window", 0.5), (5, "1025075", "process", 0.7), (59, "7", "window", 0.5)],
)
def test_a_guardrail_belongs_to_the_run_that_began_after_it(
    minutes: int, pid: str, rule: str, trust: float, tmp_path: Path
) -> None:
    guardrails = guarded_tasks(tmp_path, minutes, pid).guardrails
    found = only(guardrails[guardrails["stage"] == "tasks"])
    assert found.run_id == f"{SPEC}/tasks/{START}"
    assert (found.match_rule, found.match_confidence) == (rule, trust)


@pytest.mark.parametrize("minutes", [61, -5])
def test_a_guardrail_long_before_or_after_a_run_stands_alone(minutes: int, tmp_path: Path) -> None:
    guardrails = guarded_tasks(tmp_path, minutes, "7").guardrails
    found = only(guardrails[guardrails["stage"] == "tasks"])
    assert pd.isna(found.run_id)
    assert pd.isna(found.match_confidence)


def test_of_two_equal_files_the_one_in_the_archive_is_the_copy(tmp_path: Path) -> None:
    write(tmp_path, PLACES["guardrail"], guardrail())
    write(tmp_path, f"archive/{PLACES['guardrail']}", guardrail())
    evidence = sk.load(tmp_path)
    copies = evidence.files.set_index("source")["duplicate_of"].dropna()
    assert copies.to_dict() == {f"archive/{PLACES['guardrail']}": PLACES["guardrail"]}
    measured = evidence.guardrails.set_index("source")["provenance"]
    assert measured[PLACES["guardrail"]] == "measured"
    assert measured[f"archive/{PLACES['guardrail']}"] == "stale_copy"


def history(root: Path, runs: int, **changes: Any) -> None:
    """Write verdicts and syntheses of `runs` of a SPEC; few of both lie in one folder."""
    for number in range(runs):
        began = 1762000000 + 7200 * number
        run_id = f"run_{SPEC}_{began}_{number:08x}"
        exported = str(pd.Timestamp(began + 300, unit="s"))
        verdicts, syntheses = (f"{number + shift * (number % 6 > 0):07x}" for shift in (0, 500))
        one = verdict(run_id=run_id, exported_at=exported)
        write(root, f"earlier/2025-11-02_{verdicts}/{PLACES['verdict']}", one)
        other = exported_synthesis(**{"run_id": run_id, "created_at": exported} | changes)
        place = PLACES["exported_synthesis"]
        write(root, f"earlier/2025-11-02_{syntheses}/{place}", other)


@pytest.mark.parametrize("named", [{}, {"run_id": None}])
def test_verdict_and_synthesis_in_different_folders_are_one_run(
    tmp_path: Path, named: dict[str, Any]
) -> None:
    history(tmp_path, 40, **named)
    evidence = sk.load(tmp_path)
    assert len(evidence.runs) == 40
    assert set(evidence.runs["calls"]) == {2}
    assert set(evidence.runs["synthesis_status"]) == {"ok"}


def test_a_synthesis_that_names_its_start_joins_the_verdict_with_its_id(tmp_path: Path) -> None:
    start = "2025-11-10T03:22:19Z"
    place = f"consensus/{SPEC}/spec-plan_{start}_synthesis.json"
    write(tmp_path, PLACES["verdict"], verdict())
    write(tmp_path, place, exported_synthesis())
    write(tmp_path, place.replace("synthesis.json", "telemetry.jsonl"), telemetry(timestamp=start))
    evidence = sk.load(tmp_path)
    run = only(evidence.runs)
    assert (run.run_id, run.sources, run.agents_ok) == (f"{SPEC}/plan/{start}", 3, 2)
    assert set(evidence.proposals["run_id"]) == {run.run_id} == set(evidence.calls["run_id"])


@pytest.mark.parametrize(("run_id", "runs"), [(RUN_ID, 1), ("run-7", 2)])
def test_an_id_joins_across_specs_only_where_it_can_be_that_of_one_run(
    tmp_path: Path, run_id: str, runs: int
) -> None:
    write(tmp_path, PLACES["verdict"], verdict(run_id=run_id))
    place = PLACES["exported_synthesis"].replace(SPEC, "SPEC-KIT-041")
    write(tmp_path, place, exported_synthesis(run_id=run_id))
    evidence = sk.load(tmp_path)
    assert len(evidence.runs) == runs
    assert set(evidence.calls["spec_id"]) == {SPEC}
    assert evidence.runs["run_id"].is_unique


def lines(*records: dict[str, Any]) -> str:
    return "\n".join(json.dumps(record) for record in records)


@pytest.mark.parametrize(
    "again",
    [
        {},
        {"timestamp": "2025-10-06T02:19:45+02:00"},
        {"command": "plan"},
        {"consensus": {"total_latency_ms": 421468}},
    ],
)
def test_a_record_that_is_written_twice_is_one_in_whatever_spelling(
    tmp_path: Path, again: dict[str, Any]
) -> None:
    write(tmp_path, PLACES["telemetry"], lines(telemetry(), telemetry(**again)))
    evidence = sk.load(tmp_path)
    assert (len(evidence.runs), len(evidence.calls)) == (1, 2)
    assert [found.locator for found in problems(evidence, "repeated_record")] == ["L2"]


@pytest.mark.parametrize(
    ("second", "runs"),
    [
        ({"timestamp": "2025-10-06T01:19:45Z"}, 2),
        ({"command": "spec-tasks"}, 2),
        ({"consensus": {"agents": [call("gemini", latency_ms=5000)]}}, 1),  # called once more
    ],
)
def test_two_runs_in_one_file_are_two(tmp_path: Path, second: dict[str, Any], runs: int) -> None:
    write(tmp_path, PLACES["telemetry"], lines(telemetry(), telemetry(**second)))
    evidence = sk.load(tmp_path)
    assert len(evidence.runs) == runs
    assert not problems(evidence, "repeated_record")
    assert len(evidence.calls) == (4 if runs == 2 else 3)


@pytest.mark.parametrize(
    ("moment", "counted"), [({"timestamp": "2025-11-12T10:00:00Z"}, 1), ({"timestamp": None}, 2)]
)
def test_a_trial_with_a_moment_that_is_written_twice_is_one_and_told(
    tmp_path: Path, moment: dict[str, Any], counted: int
) -> None:
    shipped = Path(__file__).parent / "fixtures" / "trial" / "valid.json"
    record = json.loads(shipped.read_text()) | moment
    write(tmp_path, "all_trial.jsonl", lines(record, record))
    evidence = sk.load(tmp_path)
    assert (evidence.trials["provenance"] == "measured").sum() == counted
    assert len(problems(evidence, "repeated_record")) == 2 - counted


def amounts(evidence: sk.Evidence) -> pd.DataFrame:
    costs = evidence.costs
    return costs[(costs["provenance"] == "measured") & ~costs["superseded"]]


@pytest.mark.parametrize(
    "where", ["costs/x/{}_cost_summary.json", "costs/{}-backup_cost_summary.json"]
)
def test_a_copy_of_a_summary_leaves_one_that_counts(tmp_path: Path, where: str) -> None:
    write(tmp_path, PLACES["cost"], cost())
    alone = len(amounts(sk.load(tmp_path)))
    write(tmp_path, where.format(SPEC), cost())
    evidence = sk.load(tmp_path)
    assert set(evidence.costs["spec_id"]) == {SPEC}
    assert len(amounts(evidence)) == alone > 0


def test_summaries_that_name_no_spec_are_no_states_of_one(tmp_path: Path) -> None:
    for name, amount in (("one", 1.0), ("two", 2.0)):
        summary = {"total_spent": amount, "per_stage": {"plan": amount}, "call_count": 1}
        write(tmp_path, f"{name}.json", summary)
    evidence = sk.load(tmp_path)
    assert evidence.costs["spec_id"].isna().all()
    assert not evidence.costs["superseded"].any()
    assert amounts(evidence)["cost_usd_reported"].sum() == 6.0


def test_an_answer_that_was_put_aside_makes_no_measured_run(tmp_path: Path) -> None:
    write(tmp_path, PLACES["output"], output())
    write(tmp_path, PLACES["output"].replace(".json", " (copy).json"), output())
    evidence = sk.load(tmp_path)
    assert (evidence.runs["provenance"] == "measured").sum() == 1
    assert (evidence.calls["provenance"] == "measured").sum() == 1


@pytest.mark.parametrize(
    "again",
    [
        {"sessionId": "2025-10-06T00:19:45.000Z", "timestamp": "2025-10-06T00:19:45.000Z"},
        {
            "consensus": {
                "agents": [
                    call("gemini") | {"agent": "Gemini"},
                    call("claude", cost_usd=0.0126) | {"agent": "Claude"},
                ]
            }
        },
        {"consensus": {"agents": [call("claude", cost_usd=0.0126), call("gemini")]}},
    ],
)
def test_names_and_order_of_agents_make_no_other_record(
    tmp_path: Path, again: dict[str, Any]
) -> None:
    write(tmp_path, PLACES["telemetry"], lines(telemetry(), telemetry(**again)))
    assert len(sk.load(tmp_path).calls) == 2


def test_a_torn_first_record_does_not_name_the_second(tmp_path: Path) -> None:
    later = "2025-10-06T02:19:45Z"
    whole = json.dumps(telemetry(timestamp=later, sessionId=later))
    write(tmp_path, PLACES["telemetry"], json.dumps(telemetry())[:300] + "\n" + whole)
    assert only(sk.load(tmp_path).runs).run_id == f"{SPEC}/plan/{later}"


def test_ids_of_several_kinds_of_files_are_looked_through_for_cut_ones(tmp_path: Path) -> None:
    for spec in ("SPEC-X-something-wit", "SPEC-X-something-with"):
        write(tmp_path, PLACES["verdict"].replace(SPEC, spec), verdict(spec_id=spec, run_id=spec))
    write(tmp_path, "costs/SPEC-PAY_cost_summary.json", cost(spec_id="SPEC-PAY"))
    assert len(problems(sk.load(tmp_path), "truncated_spec")) == 1
