"""What an arbiter is worth: counted by hand, left open, and decided at the promised error rates."""

from __future__ import annotations

import pandas as pd
import pytest

import speckit_analysis as sk
from speckit_analysis.analysis.arbitration import Arbitration, by_stage, cases
from speckit_analysis.analysis.recommendation import ADOPT, KEEP, OPEN
from speckit_analysis.analysis.selection import measured
from speckit_analysis.simulate import Design, simulate
from speckit_analysis.tables import TABLES


def records(outcomes, stage="plan", **changes):
    """Return cases of one stage, a text a SPEC: + better, 0 neutral, - worse, . not changed."""
    names = {"+": "improvement", "0": "neutral", "-": "degradation"}
    rows = [
        {
            "experiment": "e", "spec_id": f"S{number}", "stage": stage, "variant": "arbiter",
            "invoked": True, "override": sign != ".", "assessment": names.get(sign),
            "errors_caught": int(sign == "+"), "false_positives": int(sign == "-"),
            "provenance": "measured",
        }
        | changes
        for number, signs in enumerate(outcomes)
        for sign in signs
    ]  # fmt: skip
    table = TABLES["arbitrations"]
    frame = pd.DataFrame(rows).reindex(columns=table.column_names)
    return frame.astype({column.name: column.dtype for column in table.columns})


def used(frame):
    return cases(measured(frame, noun="outcome")).kept


def test_overrides_are_counted_by_what_they_were_worth():
    (row,) = by_stage(used(records(["+0.", "-..", "+..", "...", "+0."]))).to_dict("records")
    assert (row["cases"], row["overrides"], row["specs"]) == (15, 6, 5)
    assert (row["improvement"], row["neutral"], row["degradation"]) == (3, 2, 1)
    assert row["net"] == pytest.approx(2 / 15)
    assert row["override_rate"] == pytest.approx(0.4)
    assert (row["errors_caught"], row["false_positives"]) == (3, 1)
    assert row["sign_p"] == pytest.approx(0.625)


def test_an_arbiter_that_helps_everywhere_is_kept():
    found = Arbitration(by_stage(used(records(["++."] * 8))), 0.1)
    assert found.stages["verdict"].tolist() == [KEEP]
    assert found.scope == "universal"
    assert found.sentence.startswith("Keep the arbiter at plan. It changed 16 of 24 outcomes")


def test_an_arbiter_that_changes_nothing_can_go_once_that_is_proved():
    little, much = (by_stage(used(records(["..."] * specs))) for specs in (8, 40))
    assert little["verdict"].tolist() == [OPEN]
    assert little["more_specs"].iloc[0] > 0
    assert much["verdict"].tolist() == [ADOPT]
    assert Arbitration(much, 0.1).scope == "none"


def test_stages_are_decided_one_by_one():
    rows = pd.concat([used(records(["++."] * 10)), used(records(["--."] * 10, "tasks"))])
    found = Arbitration(by_stage(rows), 0.1)
    assert found.stages["stage"].tolist() == ["plan", "tasks"]
    assert found.stages["verdict"].tolist() == [KEEP, ADOPT]
    assert found.scope == "stage-specific"
    assert [each.subject for each in found.recommendations()] == [
        "no arbiter at plan",
        "no arbiter at tasks",
    ]


def test_several_stages_are_corrected_for():
    alone = by_stage(used(records(["+"] * 7 + ["."] * 3)))
    noise = [records(["+", "-", ".", "."] * 3, stage) for stage in ("tasks", "audit", "unlock")]
    among = by_stage(used(pd.concat([records(["+"] * 7 + ["."] * 3), *noise])))
    assert alone["verdict"].iloc[0] == KEEP
    assert among["keep_p"].iloc[0] == pytest.approx(4 * alone["keep_p"].iloc[0])
    assert among["verdict"].iloc[0] == OPEN


def test_four_specs_decide_nothing():
    (row,) = by_stage(used(records(["+++"] * 4))).to_dict("records")
    assert (row["verdict"], row["rule"]) == (OPEN, "below 5 SPECs nothing is recommended")
    (told,) = Arbitration(by_stage(used(records(["+++"] * 4))), 0.1).recommendations()
    assert "1 more SPEC" in told.change


def test_records_without_a_spec_stand_together():
    frame = records(["+" * 30]).assign(spec_id=pd.NA)
    assert by_stage(used(frame))["verdict"].tolist() == [OPEN]


def test_what_the_arbiter_was_not_asked_about_is_left_out_and_said():
    frame = pd.concat(
        [records(["+"] * 6), records(["."] * 3, invoked=False), records(["+"], invoked=False)]
    )
    left = cases(measured(frame, noun="outcome"))
    assert left.sentence == (
        "6 of 10 outcomes used; left out: 3 without the arbiter,"
        " 1 changed without the arbiter having been asked."
    )


def test_an_override_that_nobody_assessed_counts_as_an_override_only():
    frame = records(["+.", "+.", "0.", "..", "+."])
    frame.loc[0, "assessment"] = pd.NA
    (row,) = by_stage(used(frame)).to_dict("records")
    assert (row["overrides"], row["unassessed"], row["improvement"]) == (4, 1, 2)
    assert row["net"] == pytest.approx(2 / 9)


def test_nothing_recorded_is_open_and_says_what_to_collect():
    found = Arbitration(by_stage(used(records([]))), 0.1)
    assert found.scope == OPEN
    (told,) = found.recommendations()
    assert (told.verdict, "Record and assess" in told.change) == (OPEN, True)
    assert found.sentence == "No outcome was recorded that an arbiter was asked about."


def test_the_planted_worth_is_recovered(tmp_path):
    worth = {"plan": 0.6, "implement": 0.3}
    simulate(Design(specs=40, arbiter_worth=worth, damage=()), tmp_path / "evidence")
    rows = sk.load(tmp_path / "evidence").arbitrations
    table = by_stage(used(rows)).set_index("stage")
    for stage, row in table.iterrows():
        assert row["net_low"] - 0.05 <= worth.get(stage, 0.0) <= row["net_high"] + 0.05
    assert table.loc[["plan", "implement"], "verdict"].tolist() == [KEEP, KEEP]
    assert KEEP not in table.loc[["tasks", "audit", "unlock"], "verdict"].tolist()
