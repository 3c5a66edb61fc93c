"""Columns of categories: spelled, filled and chosen as columns of strings would be."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from frames import frame

from speckit_analysis.evidence import memory
from speckit_analysis.evidence.assemble.calls import merge_calls
from speckit_analysis.evidence.assemble.categories import first_known, first_true, spell, texts
from speckit_analysis.evidence.assemble.identity import number_runs
from speckit_analysis.formats.rows import Rows
from speckit_analysis.formats.telemetry_v2 import CALL_FIELDS, CALL_SHARED, Agent

WRITTEN = ["Plan", None, "plan", "${stage}", "tasks"]


def lowered(name: str) -> str | None:
    return None if "$" in name else name.lower()


def test_categories_are_spelled_as_strings_are() -> None:
    strings = pd.Series(WRITTEN, dtype="string")
    spelled = spell(strings.astype("category"), lowered)
    assert list(spelled.cat.categories) == ["plan", "tasks"]
    pd.testing.assert_series_equal(texts(spelled), spell(strings, lowered))


def test_a_name_that_no_row_bears_is_no_category() -> None:
    some = pd.Series(["a", "b", None], dtype="category")[lambda values: values != "b"]
    assert list(spell(some, str.upper).cat.categories) == ["A"]


def test_the_first_column_that_says_something_is_believed() -> None:
    requested = pd.Series(["gpt-5", None, None], dtype="category")
    claimed = pd.Series(["opus", "opus", None], dtype="string")
    assert texts(first_known(requested, claimed, otherwise="none")).tolist() == [
        "gpt-5",
        "opus",
        "none",
    ]


def test_the_first_case_that_holds_decides() -> None:
    failed, known = pd.Series([True, False, False]), pd.Series([True, True, False])
    status = texts(first_true(("error", failed), ("ok", known)))
    assert status.tolist()[:2] == ["error", "ok"]
    assert pd.isna(status[2])


def test_descriptions_of_a_call_fill_each_others_gaps_in_columns_yet_to_come() -> None:
    row = {"run_id": "SPEC-1/plan/a", "agent": "gemini", "latency_ms": 500.0}
    calls = frame(
        "calls", [row | {"basis": "metrics"}, row | {"basis": "telemetry"}, row | {"agent": "code"}]
    )
    calls = calls.assign(run=0, file=pd.array([1, 2, 2], "Int32"), locator=["/m", "/t", "/t"])
    calls["temperature"] = pd.array([0.2, None, None], "Float64")
    calls["region"] = pd.array(["eu", "us", None], "string")
    calls["seed"] = pd.array([7, 8, None], "Int64")
    calls["streamed"] = pd.Series(["yes", None, "no"], dtype="category")
    merged, differences = merge_calls(calls, frame("proposals"))
    gemini, code = merged.itertuples()
    assert (gemini.temperature, gemini.streamed, gemini.sources) == (0.2, "yes", 2)
    assert (gemini.region, gemini.seed) == ("us", 8)
    assert (gemini.file, gemini.locator, gemini.basis) == (2, "/t", "telemetry")
    assert pd.isna([code.temperature, code.region, code.seed]).all()
    assert differences["message"].tolist() == ["seed is 7 here but 8 in the telemetry"]
    assert differences["locator"].tolist() == ["/m"]


def test_rows_of_one_run_have_one_number_wherever_they_stand() -> None:
    def rows(*keys: str | None) -> pd.DataFrame:
        columns = {"spec_id": "SPEC-1", "stage": "plan", "key": list(keys)}
        frame = pd.DataFrame(columns, dtype="string")
        return frame.assign(file=pd.array(range(len(keys)), dtype="Int32"))

    one, other = rows("a", "b", "b", None), rows("b", "c", "a")
    digests = pd.Series(["0" * 64] * 4, dtype="string")
    assert number_runs([one, other], digests) == 4
    assert one["run"].tolist() == [0, 1, 1, 2]
    assert other["run"].tolist() == [1, 3, 0]
    assert one["run_id"].tolist()[2:] == ["SPEC-1/plan/b", "SPEC-1/plan/undated-00000000"]


def test_rows_written_together_share_what_they_share() -> None:
    rows = Rows()
    write = rows.group_writer("calls", CALL_SHARED, CALL_FIELDS)
    write(
        (
            (7, "SPEC-1", "plan", "a", "telemetry"),
            ("/0", "/1"),
            [Agent(agent_raw="x"), Agent(agent_raw="y")],
        )
    )
    write(((8, "SPEC-2", None, "b", "metrics"), ("/",), [Agent(agent_raw="z", latency_ms=5.0)]))
    calls = pa.Table.from_batches(rows.take()["calls"]).to_pydict()
    assert calls["file"] == [7, 7, 8]
    assert calls["spec_id"] == ["SPEC-1", "SPEC-1", "SPEC-2"]
    assert calls["stage_raw"] == ["plan", "plan", None]
    assert calls["locator"] == ["/0", "/1", "/"]
    assert calls["agent_raw"] == ["x", "y", "z"]
    assert calls["latency_ms"] == [None, None, 5.0]
    rows.group_writer("calls", CALL_SHARED, CALL_FIELDS)  # asked for, and nothing written
    assert rows.take() == {}


def test_writers_of_other_columns_are_told_apart() -> None:
    rows = Rows()
    for number, name in enumerate(["agent_raw", "model_requested", "model_release"]):
        rows.writer("calls", (name,))((number, "/", name))  # a tuple that nobody else holds
    found = [batch.schema.names[2] for batch in rows.take()["calls"]]
    assert found == ["agent_raw", "model_requested", "model_release"]


def test_arrow_has_its_own_allocator_back_after_a_load_that_failed() -> None:
    def fail() -> None:
        with memory.frugal():
            assert pa.default_memory_pool().backend_name == "system"
            raise KeyError

    usual = pa.default_memory_pool().backend_name
    with pytest.raises(KeyError):
        fail()
    assert pa.default_memory_pool().backend_name == usual
