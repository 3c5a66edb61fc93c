"""What is left out is always counted and said."""

from __future__ import annotations

import pandas as pd
import pytest
from frames import frame

from speckit_analysis.analysis.selection import chosen, measured


def calls(*provenances):
    return frame("calls", [{"run_id": "r", "provenance": name} for name in provenances])


def test_keeps_measured_rows_and_counts_the_others_by_reason():
    found = measured(calls("measured", "stub", "measured", "role_played", "stub"), noun="call")
    assert len(found.kept) == 2
    assert found.total == 5
    assert found.left_out.to_dict("list") == {"reason": ["stub", "role-played"], "rows": [2, 1]}
    assert found.sentence == "2 of 5 calls used; left out: 2 stub, 1 role-played."


def test_other_provenances_can_be_asked_for():
    found = measured(calls("measured", "stub"), chosen("measured, stub"), noun="call")
    assert found.sentence == "All 2 calls used."


def test_a_missing_provenance_is_left_out():
    found = measured(calls("measured", None), noun="call")
    assert found.sentence == "1 of 2 calls used; left out: 1 provenance unknown."


def test_proposals_must_also_be_structured_and_count_under_one_reason_only():
    rows = [
        {"payload_class": "structured"},
        {"payload_class": "schema_echo"},
        {"payload_class": "schema_echo", "provenance": "stub"},
        {"payload_class": None},
    ]
    found = measured(frame("proposals", rows), noun="proposal")
    assert len(found.kept) == 1
    assert found.left_out.set_index("reason")["rows"].to_dict() == {
        "echoed schema": 1,
        "payload unknown": 1,
        "stub": 1,
    }
    assert len(measured(frame("proposals", rows), payload_classes=None).kept) == 3


def test_nothing_and_nothing_usable_are_said_in_words():
    assert measured(calls(), noun="call").sentence == "There are no calls in this evidence."
    sentence = measured(calls("stub"), noun="call").sentence
    assert sentence == "None of 1 call can be used; left out: 1 stub."


def test_more_reasons_can_be_added():
    found = measured(calls("measured", "measured", "stub"), noun="call")
    reasons = pd.Series(["too old", pd.NA], index=found.kept.index, dtype="string")
    assert found.without(reasons).sentence == "1 of 3 calls used; left out: 1 stub, 1 too old."


def test_an_unknown_provenance_is_refused():
    with pytest.raises(ValueError, match="'maesured' does not exist; there are: measured"):
        measured(calls("stub"), chosen("maesured"))


def test_the_frame_is_left_as_it_was():
    frame_before = calls("measured", "stub")
    copy = frame_before.copy()
    measured(frame_before)
    pd.testing.assert_frame_equal(frame_before, copy)
