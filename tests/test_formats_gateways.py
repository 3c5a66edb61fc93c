"""Logs of LiteLLM, OpenRouter and Langfuse: no real files are at hand, the shapes are our own."""

from __future__ import annotations

import csv
import io
import json

import pandas as pd
import pytest
from other_tools import kinds, load

COUNTS = ["prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens"]


def as_csv(*records):
    """Return a table in which objects are JSON, as databases export them."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(records[0]))
    writer.writeheader()
    for record in records:
        cells = {k: json.dumps(v) if isinstance(v, dict) else v for k, v in record.items()}
        writer.writerow(cells)
    return stream.getvalue()


def in_all_forms(*records):
    return {
        "list": ("a.json", json.dumps(records)),
        "page": ("a.json", json.dumps({"data": records})),
        "lines": ("a.jsonl", "\n".join(map(json.dumps, records))),
        "table": ("a.csv", as_csv(*records)),
    }


def figures(evidence, *columns):
    rows = evidence.calls.sort_values("run_id")
    return [
        tuple(None if pd.isna(value) else value for value in row)
        for row in rows[list(columns)].itertuples(index=False)
    ]


# LiteLLM


def spend(number="r1", **changes):
    base = {
        "request_id": number,
        "model": "openai/gpt-4o-mini",
        "spend": 0.02,
        "prompt_tokens": 700,
        "completion_tokens": 90,
        "total_tokens": 790,
        "startTime": "2026-02-01T10:00:00.000Z",
        "endTime": "2026-02-01T10:00:03.250Z",
        "cache_hit": "False",
        "status": "success",
        "session_id": "s1",
        "api_key": "sk-secret",
        "metadata": {"usage_object": {"prompt_tokens_details": {"cached_tokens": 200}}},
    }
    return base | changes


@pytest.mark.parametrize("form", ["list", "page", "lines", "table"])
def test_a_request_to_litellm_is_a_call(tmp_path, form):
    name, text = in_all_forms(spend("r1"), spend("r2", spend=0.03))[form]
    evidence = load(tmp_path, **{name: text})
    assert figures(evidence, *COUNTS) == [(700, 90, None, 200)] * 2
    columns = ("cost_usd_reported", "latency_ms", "cache_hit", "status", "model_id")
    assert figures(evidence, *columns) == [
        (cost, 3250, False, "ok", "gpt-4o-mini") for cost in (0.02, 0.03)
    ]
    assert evidence.runs["session_id"].tolist() == ["s1", "s1"]
    assert str(evidence.calls["timestamp"].iloc[0]) == "2026-02-01 10:00:00+00:00"
    assert "sk-secret" not in evidence.calls.to_csv()
    assert set(evidence.files["format"]) == {"litellm"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"spend": 0}, (700, None, "ok")),
        ({"spend": 0, "cache_hit": "True"}, (0, 0, "ok")),
        ({"cache_hit": "None"}, (700, 0.02, "ok")),
        (
            {"status": "failure", "spend": 0, "prompt_tokens": 0, "completion_tokens": 0},
            (None, None, "error"),
        ),
    ],
)
def test_a_0_of_litellm_is_known_only_of_its_cache(tmp_path, changes, expected):
    evidence = load(tmp_path, a__json=[spend(**changes)])
    assert figures(evidence, "prompt_tokens", "cost_usd_reported", "status") == [expected]
    hit = evidence.calls["cache_hit"].iloc[0]
    said = changes.get("cache_hit")
    assert pd.isna(hit) if said == "None" else hit == (said == "True")


def test_metadata_may_be_a_text_that_holds_json(tmp_path):
    evidence = load(tmp_path, a__json=[spend(metadata=json.dumps(spend()["metadata"]))])
    assert figures(evidence, *COUNTS) == [(700, 90, None, 200)]


def test_exports_that_overlap_count_once_and_sessions_may_be_cut(tmp_path):
    """Kind: one session in two files, and one request in both."""
    evidence = load(
        tmp_path,
        monday__json=[spend("r1"), spend("r2", spend=0.5)],
        tuesday__json=[spend("r2", spend=0.5), spend("r3", spend=0.25)],
    )
    assert [cost for (cost,) in figures(evidence, "cost_usd_reported")] == [0.02, 0.5, 0.25]


# OpenRouter


def generation(number="gen-1", **changes):
    base = {
        "generation_id": number,
        "created_at": "2026-02-01 10:00:00.125",
        "cost_total": 0.01,
        "cost_web_search": 0,
        "byok_usage_inference": 0,
        "tokens_prompt": 700,
        "tokens_completion": 90,
        "tokens_reasoning": 30,
        "tokens_cached": 200,
        "model_permaslug": "openai/gpt-4o-mini",
        "variant": "standard",
        "cancelled": "false",
        "finish_reason_normalized": "stop",
        "generation_time_ms": 1500,
    }
    return base | changes


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (0.01, "ok")),
        ({"cost_total": 0.01, "byok_usage_inference": 0.2}, (0.21, "ok")),
        ({"cost_total": 0}, (None, "ok")),
        ({"cost_total": 0, "variant": "free"}, (0, "ok")),
        ({"cancelled": "true"}, (0.01, "error")),
        ({"finish_reason_normalized": "error"}, (0.01, "error")),
    ],
)
def test_a_generation_of_openrouter_is_a_call(tmp_path, changes, expected):
    evidence = load(tmp_path, activity__csv=as_csv(generation(**changes)))
    assert figures(evidence, *COUNTS) == [(700, 60, 30, 200)]
    ((cost, status),) = figures(evidence, "cost_usd_reported", "status")
    assert (None if cost is None else pytest.approx(cost), status) == expected
    assert evidence.calls["latency_ms"].tolist() == [1500]
    assert str(evidence.calls["timestamp"].iloc[0]) == "2026-02-01 10:00:00.125000+00:00"


def test_columns_are_read_by_name(tmp_path):
    record = generation()
    moved = {name: record[name] for name in sorted(record) if name != "tokens_cached"}
    evidence = load(tmp_path, activity__csv=as_csv(moved))
    assert figures(evidence, *COUNTS) == [(700, 60, 30, None)]


def test_a_torn_line_of_a_table_keeps_what_stands_before(tmp_path):
    text = as_csv(generation("gen-1"), generation("gen-2"))
    evidence = load(tmp_path, activity__csv=text[: text.rindex("700")])
    assert figures(evidence, "prompt_tokens", "cost_usd_reported") == [(700, 0.01), (None, 0.01)]


# Langfuse


def observation(number="o1", **changes):
    base = {
        "id": number,
        "trace_id": "t1",
        "type": "GENERATION",
        "name": "draft",
        "start_time": "2026-02-01 10:00:00.000000",
        "end_time": "2026-02-01 10:00:01.500000",
        "provided_model_name": "gpt-4o-mini",
        "usage_details": {"input": 500, "output": 60, "total": 560},
        "total_cost": 0.01,
        "latency": 1.5,
        "level": "DEFAULT",
    }
    return base | changes


@pytest.mark.parametrize("form", ["list", "page", "lines", "table"])
def test_a_generation_of_langfuse_is_a_call(tmp_path, form):
    steps = (observation("o1"), observation("o2", type="SPAN"), observation("o3"))
    name, text = in_all_forms(*steps)[form]
    evidence = load(tmp_path, **{name: text})
    assert (
        figures(evidence, "prompt_tokens", "latency_ms", "cost_usd_reported", "agent")
        == [(500, 1500, 0.01, "draft")] * 2
    )
    assert evidence.runs["session_id"].tolist() == ["t1", "t1"]


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"input": 500, "output": 60}, (500, 60, None, None)),
        (
            {"input": 300, "input_cached_tokens": 200, "output": 40, "output_reasoning_tokens": 20},
            (500, 40, 20, 200),
        ),
        (
            {"input": 500, "input_cached_tokens": 200, "output": 60, "total": 560},
            (500, 60, None, 200),
        ),
        (
            {"input": 9, "cache_read_input_tokens": 800, "cache_creation_input_tokens": 91},
            (900, None, None, 800),
        ),
        ({}, (None, None, None, None)),
    ],
)
def test_buckets_of_tokens_stand_beside_each_other_unless_the_total_says_otherwise(
    tmp_path, usage, expected
):
    evidence = load(tmp_path, a__jsonl=json.dumps(observation(usage_details=usage)))
    assert figures(evidence, *COUNTS) == [expected]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"end_time": None}, (None, 0.01, "ok")),
        ({"end_time": None, "latency": 1500}, (None, 0.01, "ok")),
        ({"total_cost": 0}, (1500, None, "ok")),
        ({"total_cost": None}, (1500, None, "ok")),
        ({"level": "ERROR", "status_message": "no route"}, (1500, 0.01, "error")),
    ],
)
def test_what_langfuse_does_not_know_is_missing(tmp_path, changes, expected):
    evidence = load(tmp_path, a__jsonl=json.dumps(observation(**changes)))
    assert figures(evidence, "latency_ms", "cost_usd_reported", "status") == [expected]


def test_an_annotation_is_a_review_and_a_grader_is_none(tmp_path):
    base = {"id": "s", "trace_id": "t1", "dataset_run_id": "run-a", "name": "helpful"}
    base |= {"comment": "well done", "author_user_id": "kim", "timestamp": "2026-02-01 10:00:00"}
    scores = [
        base | {"value": 1, "data_type": "BOOLEAN", "source": "ANNOTATION"},
        base | {"value": 4, "data_type": "NUMERIC", "source": "ANNOTATION"},
        base | {"value": 40, "data_type": "NUMERIC", "source": "ANNOTATION"},
        base | {"value": 1, "data_type": "NUMERIC", "source": "EVAL"},
    ]
    evidence = load(tmp_path, scores__jsonl="\n".join(map(json.dumps, scores)))
    assert evidence.reviews["score"].fillna(-1).tolist() == [10, 4, -1]
    assert set(evidence.reviews["variant"]) == {"run-a"}
    assert set(evidence.reviews["spec_id"]) == {"t1"}


@pytest.mark.parametrize("record", [spend(), observation()])
@pytest.mark.parametrize("cut", [0.3, 0.7, 0.95])
def test_a_torn_last_line_is_a_problem_and_the_others_are_read(tmp_path, record, cut):
    other = record | ({"request_id": "z"} if "request_id" in record else {"id": "z"})
    line = json.dumps(other)
    text = json.dumps(record) + "\n" + line[: int(cut * len(line))]
    evidence = load(tmp_path, a__jsonl=text)
    assert len(evidence.calls) == 1
    assert "invalid_json" in kinds(evidence)
