"""Two estimands of how long a run takes."""

from __future__ import annotations

import numpy as np
import pytest
from frames import frame

from speckit_analysis.analysis.cost.latency import latency_of_run, latency_sentence


def test_one_after_the_other_is_the_sum_and_at_once_the_longest():
    found = latency_of_run([4532, 3210, 8765])
    assert (found.sum_ms, found.wall_ms) == (16507, 8765)
    assert found.sum_over_wall == pytest.approx(1.8833, abs=1e-4)


def test_a_single_call_takes_as_long_either_way():
    assert latency_of_run([1200]).sum_over_wall == 1


def test_an_unknown_latency_leaves_both_unknown():
    found = latency_of_run([1200, float("nan")])
    assert np.isnan([found.sum_ms, found.wall_ms]).all()


@pytest.mark.parametrize("calls", [[], [100, -1]])
def test_a_run_without_calls_or_with_a_time_below_0_is_refused(calls):
    with pytest.raises(ValueError, match="0 ms or more"):
        latency_of_run(calls)


def test_a_run_with_an_unknown_latency_is_not_measured():
    calls = [("S1/a", 1000), ("S1/a", 1000), ("S1/b", 1000), ("S1/b", 1000), ("S1/b", None)]
    rows = [{"spec_id": "S1", "run_id": run, "latency_ms": taken} for run, taken in calls]
    told = latency_sentence(frame("calls", rows))
    assert "in 1 measured run the sum over calls is 2.00 times" in told
    assert latency_sentence(frame("calls", rows[2:])).startswith("No run of two calls tells")
