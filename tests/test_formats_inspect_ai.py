"""Logs of Inspect AI: real ones with their values, and shapes of our own for what is in the way."""

from __future__ import annotations

import io
import json
import zipfile
import zlib

import pyarrow as pa
import pytest
from needs import needs
from other_tools import OTHER_TOOLS, kinds, load, tries
from shared_files import PUBLIC_STUDIES

import speckit_analysis as sk
from speckit_analysis.analysis.experiment.decision import decide
from speckit_analysis.plans import planned

TOYS = OTHER_TOOLS / "inspect_ai"
PUBLIC = PUBLIC_STUDIES / "inspect_logs"


def sample(number=1, epoch=1, value="C", **changes):
    base = {
        "id": number,
        "epoch": epoch,
        "uuid": f"{number}-{epoch}",
        "scores": {"exact": {"value": value}},
        "model_usage": {
            "acme/large": {
                "input_tokens": 900,
                "output_tokens": 40,
                "total_tokens": 940,
                "input_tokens_cache_read": 300,
                "input_tokens_cache_write": 50,
                "total_cost": 0.25,
            }
        },
        "total_time": 4.5,
    }
    return base | changes


def log(*samples, status="success", model="acme/large", version="0.3.200", **task):
    base = {"task": "riddles", "task_id": "T1", "model": model, "scorers": [{"name": "exact"}]}
    base |= {"packages": {"inspect_ai": version}}
    results = {"total_samples": len(samples), "completed_samples": len(samples)}
    head = {"version": 2, "status": status, "eval": base | task, "results": results}
    return head | {"samples": list(samples)}


def archive(entries, method=zipfile.ZIP_DEFLATED):
    """Return a zip file; `zipfile` writes no Zstandard here, so its bytes and mark are put in."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as packed:
        for name, value in entries.items():
            packed.writestr(name, json.dumps(value))
    return buffer.getvalue()


def split(whole):
    """Return the entries of an archive that holds a log."""
    head = {key: value for key, value in whole.items() if key != "samples"}
    parts = {f"samples/{s['id']}_epoch_{s['epoch']}.json": s for s in whole["samples"]}
    return {"_journal/start.json": {"version": 2, "eval": head["eval"]}, **parts} | {
        "header.json": head
    }


@needs(TOYS)
def test_the_toy_logs_have_their_values():
    evidence = sk.load(TOYS)
    assert tries(evidence, "outcome", "toy_sums") == {
        **{("solo", "sum-small", "1"): 1, ("solo", "sum-small", "2"): 0.5},
        **{("solo", "17", "1"): 1, ("solo", "17", "2"): 0},
        **{("solo", "broken", repeat): None for repeat in "12"},
        **{("council", u, r): 1 for u in ("sum-small", "17", "broken") for r in "12"},
    }
    lengths = tries(evidence, "outcome", "toy_sums: length")
    assert lengths["solo", "sum-small", "2"] == 5
    assert [lengths["council", "broken", repeat] for repeat in "12"] == [2, 2]
    for column, solo, council in (
        ("cost_usd", 0.0021, None),
        ("prompt_tokens", 140, 500),
        ("completion_tokens", 7, 19),
    ):
        values = tries(evidence, column, "toy_sums")
        assert values.pop(("solo", "broken", "1")) is None
        assert values.pop(("solo", "broken", "2")) is None
        assert {key[0]: value for key, value in values.items()} == {
            "solo": solo,
            "council": council,
        }
        assert len(set(values.values())) == 2
    assert set(evidence.files["format"]) == {"inspect-ai", "unrecognised"}
    assert "rate_contradicts_counts" not in kinds(evidence)  # 0.625 is over 2 of 3 samples
    assert (evidence.problems["kind"] == "errored_result").sum() == 2


@needs(TOYS)
def test_the_toy_logs_are_decided_on():
    evidence = sk.load(TOYS)
    checked = decide({name: evidence[name] for name in evidence}, planned("")).checked
    pairs = checked.pairs.set_axis(["candidate", "baseline", "group"], axis=1)
    assert (checked.experiment, checked.candidate) == ("toy_sums", "council")
    assert pairs["baseline"].to_dict() == {"17": 0.5, "sum-small": 0.75}
    assert pairs["candidate"].tolist() == [1, 1]


@needs(PUBLIC)
def test_public_logs_are_read():
    evidence = sk.load(PUBLIC)
    logs = evidence.files.query("format == 'inspect-ai'")["rows"]
    assert logs.tolist() == [30, 7, 0, 1]  # outcomes, calls and their runs
    row = evidence.outcomes.query("experiment == 'browser'").iloc[0]
    assert (row["outcome"], row["prompt_tokens"], row["completion_tokens"]) == (1, 15235, 281)
    calls = evidence.calls.query("source.str.contains('browser')")
    assert (calls["prompt_tokens"].sum(), calls["cached_tokens"].sum()) == (15235, 9088)
    assert set(calls["model_id"]) == {"gpt-4o-mini"}
    assert {"incomplete_results", "rate_contradicts_counts"} <= set(kinds(evidence))


def test_a_try_has_what_all_its_models_took(tmp_path):
    both = sample()["model_usage"] | {"acme/small": {"input_tokens": 10, "output_tokens": 2}}
    evidence = load(tmp_path, a__json=log(sample(), sample(2, model_usage=both)))
    assert tries(evidence, "prompt_tokens") == {
        ("acme/large", "1", "1"): 1250,
        ("acme/large", "2", "1"): 1260,
    }
    assert list(tries(evidence, "cost_usd").values()) == [0.25, None]  # of one no price is told
    assert list(tries(evidence, "latency_ms").values()) == [4500, 4500]
    assert evidence.outcomes["models"].tolist() == ["acme/large", "acme/large; acme/small"]


@pytest.mark.parametrize(
    ("version", "total", "whole"),
    [("0.3.184", 940, 1250), ("0.3.183", 940, 900), ("0.3.58", 1290, 1250), ("9.0.0", 940, 1250)],
)
def test_whether_the_input_holds_the_cache_depends_on_version_and_total(
    tmp_path, version, total, whole
):
    usage = sample()["model_usage"]
    usage["acme/large"]["total_tokens"] = total
    event = {"event": "model", "model": "acme/large", "output": {"usage": usage["acme/large"]}}
    one = sample(model_usage=usage, events=[event, {"event": "sandbox", "output": "done"}])
    evidence = load(tmp_path, a__json=log(one, version=version))
    assert evidence.outcomes["prompt_tokens"].tolist() == [whole]
    assert evidence.calls["prompt_tokens"].tolist() == [whole]
    assert kinds(evidence) == ["unknown_price"]


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        *[("C", 1), ("P", 0.5), ("I", 0), ("N", 0), (True, 1), (False, 0), (0.75, 0.75)],
        *[("yes", 1), ("No", 0), ("3.5", 3.5), ("splendid", None), (None, None)],
    ],
)
def test_values_of_scores(tmp_path, value, outcome):
    evidence = load(tmp_path, a__json=log(sample(value=value)))
    assert list(tries(evidence, "outcome").values()) == [outcome]
    assert kinds(evidence) == (["mistyped_field"] if value == "splendid" else [])


def test_nan_is_a_score_that_nobody_gave(tmp_path):
    evidence = load(tmp_path, a__json=json.dumps(log(sample(value=float("nan")), sample(2))))
    assert list(tries(evidence, "outcome").values()) == [None, 1]


def test_each_scorer_and_each_criterion_is_an_experiment(tmp_path):
    scores = {"exact": {"value": "I"}, "style": {"value": {"tone": 0.25, "length": 3}}}
    whole = log(sample(scores=scores))
    evidence = load(tmp_path, a__json=whole)
    found = dict(zip(evidence.outcomes["experiment"], evidence.outcomes["outcome"], strict=True))
    assert found == {"riddles": 0, "riddles: style: tone": 0.25, "riddles: style: length": 3}
    assert evidence.outcomes["locator"].iloc[2] == "/samples/0/scores/style/value/length"
    whole["results"]["headline"] = {"scorer": "style"}
    again = load(tmp_path, a__json=whole).outcomes["experiment"]
    assert set(again) == {"riddles: exact", "riddles: tone", "riddles: length"}


def test_an_error_is_no_wrong_answer_unless_the_task_scored_it(tmp_path):
    broken = {"error": {"message": "out of memory"}, "model_usage": {}}
    first = sample(scores={}, **broken)
    evidence = load(tmp_path, a__json=log(first, sample(2, value="I", **broken)))
    assert list(tries(evidence, "outcome").values()) == [None, 0]
    assert tries(evidence, "cost_usd")["acme/large", "1", "1"] is None
    problem = evidence.problems.query("kind == 'errored_result'")
    assert problem["locator"].tolist() == ["/samples/0/error"]


def test_variants_are_told_apart_by_arguments_and_by_models(tmp_path):
    args = {"task_args": {"hard": True}}
    evidence = load(
        tmp_path,
        a__json=log(sample(), task_id="A", **args),
        b__json=log(sample(value="I"), task_id="B", model="acme/small", **args),
        c__json=log(sample(), task_id="C", task_args={"hard": True, "tries": 3}),
    )
    outcomes = {variant: value for (variant, _, _), value in tries(evidence, "outcome").items()}
    assert outcomes == {
        "true (acme/large)": 1,
        "true (acme/small)": 0,
        "hard=true, tries=3": 1,
    }


def test_variants_of_one_model_are_told_apart_by_solver_and_roles(tmp_path):
    roles = {"critic": {"model": "acme/small"}}
    evidence = load(
        tmp_path,
        a__json=log(sample(), task_id="A"),
        b__json=log(sample(), task_id="B", solver="chain_of_thought"),
        c__json=log(sample(), task_id="C", model_roles=roles),
    )
    assert {variant for variant, _, _ in tries(evidence, "outcome")} == {
        "acme/large (default solver)",
        "acme/large (chain_of_thought)",
        "acme/large (critic=acme/small)",
    }


def test_a_retry_replaces_and_another_execution_adds(tmp_path):
    """Kind: the same sample and epoch in two logs."""
    broken = sample(2, scores={}, error={"message": "timeout"}, model_usage={}, total_time=None)
    evidence = load(
        tmp_path,
        **{
            "2026-01-01T00-00-00-00-00_riddles_T1.json": log(sample(1), broken, status="error"),
            "2026-01-01T00-10-00-00-00_riddles_T1.json": log(sample(1), sample(2, value="I")),
        },
    )
    assert tries(evidence, "outcome") == {
        ("acme/large", "1", "1"): 1,
        ("acme/large", "2", "1"): 0,
    }
    evidence = load(tmp_path, other__json=log(sample(1, value="I"), task_id="T2"))
    assert tries(evidence, "outcome") == {
        ("acme/large", "1", "1 (T1)"): 1,
        ("acme/large", "2", "1 (T1)"): 0,
        ("acme/large", "1", "1 (T2)"): 0,
    }


def test_totals_that_contradict_the_samples_are_problems(tmp_path):
    whole = log(sample(1), sample(2, value="I"))
    summary = {"scorer": "exact", "reducer": "mean", "metrics": {"accuracy": {"value": 0.5}}}
    whole["results"] |= {"total_samples": 3, "scores": [summary]}
    evidence = load(tmp_path, a__json=whole)
    found = evidence.problems.query("kind == 'rate_contradicts_counts'")["locator"]
    assert found.tolist() == ["/results/total_samples"]
    summary["metrics"]["accuracy"]["value"] = 0.625
    found = load(tmp_path, a__json=whole).problems.query("kind == 'rate_contradicts_counts'")
    assert "/results/scores/0/metrics/accuracy" in set(found["locator"])


def test_a_score_that_a_person_changed_is_a_review(tmp_path):
    edited = {
        "value": "P",
        "explanation": "half of it",
        "history": [{"value": "I"}, {"value": "P", "provenance": {"author": "kim"}}],
    }
    evidence = load(tmp_path, a__json=log(sample(scores={"exact": edited})))
    (row,) = evidence.reviews.itertuples()
    assert (row.spec_id, row.variant, row.criterion, row.score) == ("1", "acme/large", "exact", 5)
    assert row.comment == "half of it"
    assert evidence.outcomes[["outcome", "checked_by"]].values.tolist() == [[0.5, "human"]]


# Archives


def test_an_archive_holds_what_the_json_holds(tmp_path):
    whole = log(sample(), sample(2, value="P"), sample(2, 2, value="I"))
    from_json = load(tmp_path / "json", a__json=whole).outcomes
    from_zip = load(tmp_path / "zip", a__eval=archive(split(whole))).outcomes
    told = from_json.columns.difference(["source", "locator"])
    assert from_zip[told].astype("object").equals(from_json[told].astype("object"))
    assert from_zip["locator"].iloc[0] == "samples/1_epoch_1.json/scores/exact"
    both = load(tmp_path, a__json=whole, b__eval=archive(split(whole)))
    assert list(tries(both, "outcome").values()) == [1, 0.5, 0]


def test_an_archive_that_was_torn_off_gives_its_whole_entries(tmp_path):
    whole = log(sample(), sample(2, value="I"), sample(3))
    data = archive(split(whole))
    torn = data[: data.rindex(b"samples/3_epoch_1.json", 0, data.index(b"PK\x01\x02")) + 40]
    evidence = load(tmp_path, a__eval=torn)
    assert list(tries(evidence, "outcome").values()) == [1, 0]
    assert kinds(evidence) == ["incomplete_results"]


def test_a_damaged_entry_is_left_out(tmp_path):
    data = bytearray(archive(split(log(sample(), sample(2))), zipfile.ZIP_STORED))
    data[data.index(b'"total_time": 4.5')] ^= 1
    evidence = load(tmp_path, a__eval=bytes(data))
    assert list(tries(evidence, "outcome")) == [("acme/large", "2", "1")]
    assert {"incomplete_results", "rate_contradicts_counts"} == set(kinds(evidence))


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"", b"no archive", b"{}", b"PK\x05\x06" * 9])
def test_what_is_no_archive_is_a_problem(tmp_path, content):
    evidence = load(tmp_path, a__eval=content)
    assert evidence.outcomes.empty
    assert len(evidence.problems) >= 1
    assert "format_failed" not in kinds(evidence)


def test_zstandard_is_unpacked(tmp_path):
    """`zipfile` of Python 3.11 writes none, so stored entries are replaced by packed ones."""
    whole = split(log(sample(), sample(2, value="I")))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as packed:
        for name, value in whole.items():
            packed.writestr(name, pa.compress(json.dumps(value).encode(), "zstd", asbytes=True))
    data = bytearray(buffer.getvalue())
    at = 0
    for name, value in whole.items():
        content = json.dumps(value).encode()
        fields = zlib.crc32(content).to_bytes(4, "little")
        size = len(content).to_bytes(4, "little")
        local = data.index(b"PK\x03\x04", at)
        central = data.rindex(b"PK\x01\x02", 0, data.rindex(name.encode()))
        for begin, shift in ((local, 0), (central, 2)):
            data[begin + 8 + shift : begin + 10 + shift] = (93).to_bytes(2, "little")
            data[begin + 14 + shift : begin + 18 + shift] = fields
            data[begin + 22 + shift : begin + 26 + shift] = size
        at = local + 4
    evidence = load(tmp_path, a__eval=bytes(data))
    assert list(tries(evidence, "outcome").values()) == [1, 0]


# Other versions, other files


def test_another_version_of_the_layout_is_told_and_read_as_far_as_it_fits(tmp_path):
    evidence = load(tmp_path, a__json=log(sample()) | {"version": 3})
    assert list(tries(evidence, "outcome").values()) == [1]
    assert kinds(evidence) == ["unknown_schema_version"]


def test_the_order_of_keys_does_not_matter(tmp_path):
    whole = json.dumps(log(sample(), sample(2, value="I")), sort_keys=True, indent=3)
    evidence = load(tmp_path, a__json=whole)
    assert list(tries(evidence, "outcome").values()) == [1, 0]
    assert kinds(evidence) == []


def test_a_log_that_was_cancelled_keeps_its_samples(tmp_path):
    evidence = load(tmp_path, a__json=log(sample(), status="cancelled"))
    assert list(tries(evidence, "outcome").values()) == [1]
    assert kinds(evidence) == ["incomplete_results"]


def test_a_torn_log_is_a_problem(tmp_path):
    text = json.dumps(log(sample(), sample(2)))
    evidence = load(tmp_path, a__json=text[: len(text) // 2])
    assert kinds(evidence) == ["invalid_json"]
