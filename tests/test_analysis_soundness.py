"""How far evidence can be trusted, counted by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from frames import frame

from speckit_analysis.analysis.evidence import soundness
from speckit_analysis.analysis.selection import measured


def test_coverage_is_a_share_of_runs():
    runs = frame(
        "runs", [{"basis": "telemetry", "agents_ok": 2}, {"latency_ms": 5, "agents_ok": 1}, {}, {}]
    )
    table = soundness.coverage(runs).set_index("measure")
    assert table["runs"].unique().tolist() == [4]
    assert table.loc["two answers", "share"] == 0.25
    assert table.loc["latency", "share"] == 0.25
    assert table.loc["telemetry", "covered"] == 1
    assert table.loc["cost from tokens", "share"] == 0.0
    assert soundness.coverage(frame("runs"))["share"].isna().all()


def test_coverage_by_stage_in_the_order_of_stages():
    rows = [
        {"stage": "tasks", "basis": "telemetry", "tokens": 5},
        {"stage": "plan", "basis": "synthesis"},
        {"stage": "plan", "basis": "telemetry", "cost_usd": 0.0},
        {"basis": "output"},
    ]
    table = soundness.coverage_by(frame("runs", rows))
    assert table.index.tolist() == ["plan", "tasks", "unknown"]
    assert table["runs"].tolist() == [2, 1, 1]
    assert table["telemetry"].tolist() == [0.5, 1.0, 0.0]
    assert table["cost from tokens"].tolist() == [0.5, 0.0, 0.0]
    assert soundness.coverage_by(frame("runs")).empty


def test_time_span_in_words():
    assert soundness.span_sentence(frame("runs")) == ""
    assert soundness.span_sentence(frame("runs", [{}])) == "No run says when it took place."
    runs = frame("runs", [{"timestamp": "2025-11-02"}, {"timestamp": "2025-11-04"}, {}])
    assert soundness.span_sentence(runs) == (
        "The runs took place from 2 November 2025 to 4 November 2025; 1 without a date."
    )


def test_problems_by_kind_the_worst_first():
    problems = frame(
        "problems",
        [
            {"source": "a", "kind": "stub", "severity": "warning", "message": "first", "number": 1},
            {
                "source": "a",
                "kind": "stub",
                "severity": "warning",
                "message": "second",
                "number": 1,
            },
            {
                "source": "b",
                "kind": "invalid_json",
                "severity": "error",
                "message": "broken",
                "number": 1,
            },
        ],
    )
    table = soundness.problem_counts(problems)
    assert table["kind"].tolist() == ["invalid_json", "stub"]
    assert table["problems"].tolist() == [1, 2]
    assert table["files"].tolist() == [1, 1]
    assert table["example"].tolist() == ["broken", "first"]
    files = frame("files", [{"source": name} for name in "abc"])
    sentence = soundness.problem_sentence(problems, files)
    assert sentence == "3 problems in 2 of 3 files, 1 of them an error."


def test_provenance_by_table():
    runs = frame("runs", [{}, {}, {"provenance": "stub"}, {"provenance": None}])
    table = soundness.provenance_shares({"runs": runs, "calls": frame("calls")})
    assert table["provenance"].tolist() == ["measured", "stub", "unknown"]
    assert table["share"].tolist() == [0.5, 0.25, 0.25]


def test_payloads_by_agent():
    rows = [("claude", "structured"), ("claude", "stub"), ("gemini", "empty"), (None, "structured")]
    table = soundness.payloads_by_agent(
        frame("proposals", [{"agent": agent, "payload_class": kind} for agent, kind in rows])
    )
    found = {(row.agent, row.payload_class): row.share for row in table.itertuples()}
    assert found == {
        ("claude", "structured"): 0.5,
        ("claude", "stub"): 0.5,
        ("gemini", "empty"): 1.0,
        ("unknown", "structured"): 1.0,
    }


def test_footprint_against_limits():
    mib = soundness.MIB
    sizes = {"A": 10 * mib, "B": 10 * mib + 1, "C": 30 * mib}
    files = frame(
        "files",
        [
            {"source": spec, "spec_id": spec, "bytes": 1, "disk_bytes": n}
            for spec, n in sizes.items()
        ]
        + [{"source": "x", "bytes": 1, "disk_bytes": 4096}],
    )
    table = soundness.footprint(files, 10, 25)
    assert table["spec_id"].tolist() == ["C", "B", "A", "no SPEC"]
    assert table["verdict"].astype("string").tolist() == [
        "above hard limit",
        "above soft limit",
        "within limits",
        "within limits",
    ]
    assert table["of_hard_limit"].iloc[0] == pytest.approx(1.2)
    assert "1 above the hard limit and 1 more" in soundness.footprint_sentence(table)
    assert soundness.footprint(files, 10, 25, "bytes")["verdict"].eq("within limits").all()


@pytest.mark.parametrize(
    ("limits", "measure"), [((25, 15), "bytes"), ((0, 15), "bytes"), ((1, 2), "sha256")]
)
def test_nonsensical_limits_are_refused(limits, measure):
    with pytest.raises(ValueError, match=r"limits must rise|measure is"):
        soundness.footprint(frame("files"), *limits, measure)


def test_recorded_status_against_recomputed():
    rows = [("ok", "ok"), ("ok", "error"), ("conflict", "conflict"), (None, "ok"), ("ok", None)]
    runs = frame("runs", [{"status_recorded": a, "status": b} for a, b in rows])
    table = soundness.status_crosstab(runs)
    assert table.loc["ok", "error"] == 1
    assert table.loc["unknown", "ok"] == 1
    assert int(table.to_numpy().sum()) == 5
    sentence = soundness.status_sentence(runs)
    assert sentence.startswith("In 1 of 3 runs the recorded status does not follow")


def test_time_span_leaves_out_tables_without_timestamps():
    runs = frame("runs", [{"timestamp": "2025-11-02"}, {"timestamp": "2025-11-01"}, {}])
    table = soundness.time_span({"runs": runs, "disagreements": frame("disagreements")})
    assert table["table"].tolist() == ["runs"]
    assert table["without_time"].tolist() == [1]
    assert table["first"].iloc[0] == pd.Timestamp("2025-11-01", tz="UTC")


def test_files_by_format():
    rows = [("telemetry", "ok", 3), ("telemetry", "ok", 1), (None, "binary", None)]
    files = frame(
        "files",
        [{"source": "f", "format": a, "parse_state": b, "rows": n, "bytes": 5} for a, b, n in rows],
    )
    table = soundness.files_by_format(files)
    assert table[["format", "files", "rows"]].to_numpy().tolist() == [
        ["telemetry", 2, 4],
        ["unknown", 1, 0],
    ]


def test_headlines():
    def headline(rows):
        runs = measured(frame("runs", rows), noun="run")
        return soundness.headline(runs, soundness.coverage(runs.kept))

    assert headline([]).startswith("There is nothing to trust")
    assert headline([{"provenance": "stub"}]) == (
        "Nothing measured: none of 1 run can be used; left out: 1 stub."
    )
    rows = [{"cost_usd": 1.0, "synthesis_status": "ok"}, {"provenance": "stub"}]
    assert headline(rows).startswith(
        "Of 2 runs, 1 counts as measured; of these 100 % can be used for cost, 0 % for latency"
    )
