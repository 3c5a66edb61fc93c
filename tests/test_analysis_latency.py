"""Two estimands of how long a run takes."""

from __future__ import annotations

from frames import frame

from speckit_analysis.analysis.cost.latency import latency_sentence


def test_a_run_with_an_unknown_latency_is_not_measured():
    calls = [("S1/a", 1000), ("S1/a", 1000), ("S1/b", 1000), ("S1/b", 1000), ("S1/b", None)]
    rows = [{"spec_id": "S1", "run_id": run, "latency_ms": taken} for run, taken in calls]
    told = latency_sentence(frame("calls", rows))
    assert "in 1 measured run the sum over calls is 2.00 times" in told
    assert latency_sentence(frame("calls", rows[2:])).startswith("No run of two calls tells")
