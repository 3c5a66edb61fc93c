"""Reports of SWE-bench and trajectories of mini-swe-agent, in shapes of our own."""

from __future__ import annotations

import json

import pytest
from other_tools import kinds, load, tries

import speckit_analysis as sk
from speckit_analysis.analysis.experiment.decision import decide
from speckit_analysis.plans import planned


def report(resolved=(), unresolved=(), empty=(), error=(), incomplete=(), **changes):
    submitted = [*resolved, *unresolved, *empty, *error]
    lists = {
        "submitted": submitted,
        "completed": [*resolved, *unresolved],
        "resolved": list(resolved),
        "unresolved": list(unresolved),
        "empty_patch": list(empty),
        "error": list(error),
    }
    base = {f"{name}_ids": ids for name, ids in lists.items()}
    base |= {f"{name}_instances": len(ids) for name, ids in lists.items()}
    base |= {"incomplete_ids": list(incomplete), "total_instances": 500, "schema_version": 2}
    return base | changes


def trajectory(*calls, cost=None, **changes):
    messages = [{"role": "user", "content": "Fix it."}]
    for number, (prompt, output, price) in enumerate(calls):
        usage = {"prompt_tokens": prompt, "completion_tokens": output}
        usage |= {"total_tokens": prompt + output, "cache_read_input_tokens": 100}
        response = {"model": "acme-9-2026-01-01", "usage": usage}
        extra = {"cost": price, "timestamp": 1.77e9 + number, "response": response}
        messages.append({"role": "assistant", "extra": extra})
    total = sum(price for *_, price in calls) if cost is None else cost
    info = {"model_stats": {"instance_cost": total, "api_calls": len(calls)}}
    info |= {"exit_status": "Submitted", "config": {"model": {"model_name": "acme/acme-9"}}}
    whole = {"info": info, "messages": messages, "trajectory_format": "mini-swe-agent-1.1"}
    return whole | changes


def test_resolved_is_1_failed_is_0_errored_is_missing_and_incomplete_is_no_row(tmp_path):
    whole = report(["a"], ["b"], ["c"], ["d"], incomplete=["e"])
    evidence = load(tmp_path, **{"acme__acme-9.5.first.json": whole})
    assert tries(evidence, "outcome") == {
        ("acme/acme-9.5", "a", "1"): 1,
        ("acme/acme-9.5", "b", "1"): 0,
        ("acme/acme-9.5", "c", "1"): 0,
        ("acme/acme-9.5", "d", "1"): None,
    }
    assert kinds(evidence) == ["errored_result"]
    assert set(evidence.files["format"]) == {"swe-bench"}
    assert evidence.outcomes[["cost_usd", "latency_ms"]].isna().all(axis=None)


def test_reports_without_all_lists_are_read_as_far_as_they_tell(tmp_path):
    whole = {"resolved_ids": ["a"], "submitted_ids": ["a", "b", "c"], "completed_ids": ["a", "b"]}
    evidence = load(tmp_path, **{"m.run.json": whole})
    assert list(tries(evidence, "outcome").values()) == [1, 0, None]


@pytest.mark.parametrize(
    ("name", "experiment", "variant"),
    [
        ("acme__large.my-run.json", "SWE-bench", "acme/large"),
        ("results.json", "SWE-bench", "results"),
        ("swe-bench-m__test__tuesday.json", "SWE-bench swe-bench-m test", "tuesday"),
        ("swe-bench_lite__dev__tuesday-1.json", "SWE-bench swe-bench_lite dev", "tuesday"),
    ],
)
def test_the_name_of_the_file_names_the_variant(tmp_path, name, experiment, variant):
    (tmp_path / name).write_text(json.dumps(report(["a"])))
    rows = sk.load(tmp_path).outcomes
    assert rows[["experiment", "variant"]].to_numpy().tolist() == [[experiment, variant]]


def test_runs_of_one_model_are_repeats(tmp_path):
    evidence = load(
        tmp_path,
        **{"m.one.json": report(["a"], ["b"]), "m.two.json": report([], ["a", "b"])},
    )
    assert tries(evidence, "outcome") == {
        **{("m", "a", "1 (one)"): 1, ("m", "b", "1 (one)"): 0},
        **{("m", "a", "1 (two)"): 0, ("m", "b", "1 (two)"): 0},
    }


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"resolved_instances": 5}, "/resolved_instances"),
        ({"submitted_instances": 500}, "/submitted_instances"),
        ({"unresolved_ids": ["a", "b"], "unresolved_instances": 2}, "/unresolved_ids"),
    ],
)
def test_counts_that_contradict_the_lists_are_problems(tmp_path, changes, place):
    evidence = load(tmp_path, **{"m.run.json": report(["a"], ["b"], **changes)})
    found = evidence.problems.query("kind == 'rate_contradicts_counts'")["locator"]
    assert found.tolist() == [place]
    assert list(tries(evidence, "outcome").values()) == [1, 0]


def test_another_layout_is_told(tmp_path):
    whole = report(["a"], schema_version=3)
    evidence = load(tmp_path, **{"m.run.json": whole})
    assert kinds(evidence) == ["unknown_schema_version"]


# mini-swe-agent


def test_a_trajectory_joins_the_report_of_its_model(tmp_path):
    evidence = load(
        tmp_path,
        **{
            "acme__acme-9.run.json": report(["a"], ["b"]),
            "out/a/a.traj.json": trajectory((900, 50, 0.25), (1200, 30, 0.5)),
        },
    )
    assert tries(evidence, "outcome") == {
        ("acme/acme-9", "a", "1"): 1,
        ("acme/acme-9", "b", "1"): 0,
    }
    assert tries(evidence, "cost_usd")["acme/acme-9", "a", "1"] == 0.75
    assert tries(evidence, "prompt_tokens")["acme/acme-9", "a", "1"] == 2100
    calls = evidence.calls
    assert calls["prompt_tokens"].tolist() == [900, 1200]  # LiteLLM's hold the cache
    assert calls["cached_tokens"].tolist() == [100, 100]
    assert calls["model_observed"].tolist() == ["acme-9-2026-01-01"] * 2
    assert str(calls["timestamp"].iloc[1]) == "2026-02-02 02:40:01+00:00"


@pytest.mark.parametrize(
    ("calls", "changes"),
    [
        ([(900, 50, 0)], {}),
        ([(900, 50, 0), (900, 50, 0.5)], {}),  # a part of the cost is no cost
        ([(900, 50, 0.5)], {"cost": 0}),
    ],
)
def test_a_cost_of_0_is_not_known(tmp_path, calls, changes):
    evidence = load(tmp_path, **{"a.traj.json": trajectory(*calls, **changes)})
    assert list(tries(evidence, "cost_usd").values()) == [None]


def test_a_trajectory_of_another_layout_is_told_and_read(tmp_path):
    whole = trajectory((900, 50, 0.5), trajectory_format="mini-swe-agent-2")
    evidence = load(tmp_path, **{"a.traj.json": whole})
    assert list(tries(evidence, "cost_usd").values()) == [0.5]
    assert "unknown_schema_version" in kinds(evidence)


def test_two_models_are_decided_on(tmp_path):
    ids = [f"repo__{n}" for n in range(30)]
    evidence = load(
        tmp_path,
        **{"one.r.json": report(ids[:12], ids[12:]), "two.r.json": report(ids[:27], ids[27:])},
    )
    checked = decide({name: evidence[name] for name in evidence}, planned("")).checked
    assert (checked.candidate, checked.baseline, len(checked.pairs)) == ("one", "two", 30)
    assert checked.gap.value == pytest.approx(-0.5)
