"""What an arbiter is worth: counted by hand, left open, and decided at the promised error rates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import speckit_analysis as sk
from speckit_analysis.analysis.experiment.arbiter import (
    cases,
    judge,
    judge_stages,
    price_sentence,
)
from speckit_analysis.analysis.experiment.plan import ArbiterPlan
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN
from speckit_analysis.analysis.selection import measured
from speckit_analysis.simulate import Design, simulate
from speckit_analysis.stats.net_share import net_share
from speckit_analysis.stats.paired import sign_flip_of_counts
from speckit_analysis.tables import TABLES


def records(outcomes, stage="plan", **changes):
    """Return cases of one stage, a text a SPEC: + better, 0 neutral, - worse, . not changed.

    An override marked ? was not assessed.
    """
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


def arbitration(rows):
    return judge(rows, ArbiterPlan().least_benefit)


def by_stage(rows):
    return arbitration(rows).stages


def test_overrides_are_counted_by_what_they_were_worth():
    (row,) = by_stage(used(records(["+0.", "-..", "+..", "...", "+0."]))).to_dict("records")
    assert (row["cases"], row["overrides"], row["specs"]) == (15, 6, 5)
    assert (row["improvement"], row["neutral"], row["degradation"]) == (3, 2, 1)
    assert row["net"] == pytest.approx(2 / 15)
    assert row["override_rate"] == pytest.approx(0.4)
    assert (row["errors_caught"], row["false_positives"]) == (3, 1)
    assert row["sign_p"] == pytest.approx(0.625)


def test_an_arbiter_that_helps_everywhere_is_kept():
    found = arbitration(used(records(["++."] * 8)))
    assert found.stages["verdict"].tolist() == [KEEP]
    assert found.sentence.startswith("Keep the arbiter at plan. It changed 16 of 24 outcomes")


def test_an_arbiter_that_changes_nothing_can_go_once_that_is_proved():
    little, much = (by_stage(used(records(["..."] * specs))) for specs in (8, 40))
    assert little["verdict"].tolist() == [OPEN]
    assert little["more_specs"].iloc[0] > 0
    assert much["verdict"].tolist() == [ADOPT]


def test_stages_are_decided_one_by_one():
    rows = pd.concat([used(records(["++."] * 10)), used(records(["--."] * 10, "tasks"))])
    found = arbitration(rows)
    assert found.stages["stage"].tolist() == ["plan", "tasks"]
    assert found.stages["verdict"].tolist() == [KEEP, ADOPT]
    assert [each.subject for each in found.recommendations()] == [
        "no arbiter at plan",
        "no arbiter at tasks",
    ]


def test_several_stages_are_corrected_for():
    alone = by_stage(used(records(["+"] * 7 + ["."] * 3)))
    noise = [records(["+", "-", ".", "."] * 3, stage) for stage in ("tasks", "audit", "unlock")]
    among = by_stage(used(pd.concat([records(["+"] * 7 + ["."] * 3), *noise])))
    assert alone["verdict"].iloc[0] == KEEP
    plan = among.set_index("stage").loc["plan"]
    assert plan["keep_p"] == pytest.approx(4 * alone["keep_p"].iloc[0])
    assert plan["verdict"] == OPEN


def test_four_specs_decide_nothing():
    (row,) = by_stage(used(records(["+++"] * 4))).to_dict("records")
    assert (row["verdict"], row["rule"]) == (OPEN, "below 5 SPECs nothing is recommended")
    (told,) = arbitration(used(records(["+++"] * 4))).recommendations()
    # Six, as the signs of five give no p-value below 1 in 32.
    assert "2 more SPECs" in told.change


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


def test_overrides_that_nobody_assessed_are_told():
    found = arbitration(used(records(["+?????"] * 8)))
    assert found.sentence.endswith(
        "It changed 48 of 48 outcomes: 8 for the better, 0 neither way, 0 for the worse"
        " and 40 of them nobody assessed."
    )
    (told,) = found.recommendations()
    assert "48 of 48 outcomes changed, 40 of them nobody assessed, 8 SPECs" in told.numbers


def test_a_verdict_holds_with_what_nobody_assessed_counted_against_it():
    rule = "it would not hold if the overrides that nobody assessed were counted against it"
    for signs, unknown in (("+??", "80"), ("...?", "40")):
        (told,) = arbitration(used(records([signs] * 40))).recommendations()
        assert (told.verdict, told.rule) == (OPEN, rule)
        assert told.change == f"Assess all {unknown} overrides that nobody assessed."
    assert by_stage(used(records(["++?."] * 12)))["verdict"].tolist() == [KEEP]
    assert by_stage(used(records(["...."] * 39 + ["...?"])))["verdict"].tolist() == [ADOPT]


def test_outcomes_without_a_spec_do_not_make_up_for_one():
    five = used(records(["++++"] * 6))
    four = five.assign(spec_id=five["spec_id"].replace({"S4": pd.NA, "S5": pd.NA}))
    (row,) = by_stage(four).to_dict("records")
    assert (row["cases"], row["specs"], row["verdict"]) == (24, 4, OPEN)
    assert row["rule"] == "below 5 SPECs nothing is recommended"


def test_specs_are_counted_where_worth_is_known():
    (row,) = by_stage(used(records(["+.", "?", "?", "+"]))).to_dict("records")
    assert row["specs"] == 2


def test_arbiters_are_not_pooled():
    frame = pd.concat(
        [records(["+"] * 8), records(["-"] * 6, variant="other"), records(["."], invoked=False)]
    )
    usual = cases(measured(frame, noun="outcome"))
    assert usual.kept["variant"].unique().tolist() == ["arbiter"]
    assert "6 of another variant of the arbiter, 1 without the arbiter" in usual.sentence
    chosen = cases(measured(frame, noun="outcome"), variant="other").kept
    assert by_stage(chosen)["degradation"].tolist() == [6]


def test_the_price_is_that_of_outcomes_whose_cost_was_recorded():
    rows = used(records(["++", "-.", "+.", "0."]))
    all_known = by_stage(rows.assign(cost_usd=0.5))
    assert price_sentence(all_known) == (
        "Asking it for 8 outcomes cost $4.00; 2 more came out better: $2.00 for each."
    )
    one_known = by_stage(rows.assign(cost_usd=[1.0] + [np.nan] * 7))
    assert price_sentence(one_known) == (
        "Asking it cost $1.00 for the 1 of 8 outcomes whose cost was recorded;"
        " 2 more came out better."
    )
    harm = by_stage(used(records(["--"] * 4, cost_usd=1.0)))
    assert price_sentence(harm) == "Asking it for 8 outcomes cost $8.00; 8 more came out worse."
    assert price_sentence(by_stage(rows)).endswith("was not recorded.")


def test_numbers_say_what_the_net_is_of():
    (told,) = arbitration(used(records(["-", ".", ".", ".", "."]))).recommendations()
    assert told.numbers.startswith("improved less degraded: -20 % of outcomes (")


def test_beyond_a_hundred_more_specs_their_number_is_no_plan():
    rows = used(records(["++-.", "+-+-", "+-..", "+--+", "...."] * 2))
    found = arbitration(rows)
    assert found.stages["more_specs"].tolist()[0] > 100
    (told,) = found.recommendations()
    assert told.verdict == OPEN
    assert told.change == "Outcomes of more than 100 more SPECs, if the net worth is as found."


@pytest.mark.parametrize("shares", [(0.4, 0.1, 0.5), (0.1, 0.2, 0.7)])
def test_the_promised_specs_reach_a_verdict_four_times_in_five(shares):
    draw = np.random.default_rng(5)
    # Ten outcomes of just these shares, one a SPEC.
    pilot = np.repeat([1, -1, 0], [round(10 * share) for share in shares])
    (found,) = judge_stages([(pilot, np.arange(10))], 0.1)
    assert found.verdict == OPEN
    specs = 10 + found.more_specs
    drawn = [draw.choice([1, -1, 0], specs, p=shares) for _ in range(500)]
    # One stage is not corrected for, so that these p-values decide.
    reached = [
        sign_flip_of_counts(each) <= 0.025 or net_share(each, np.arange(specs)).p_below(0.1) <= 0.05
        for each in drawn
    ]
    assert 0.7 <= np.mean(reached) <= 0.95


def test_nothing_recorded_is_open_and_says_what_to_collect():
    found = arbitration(used(records([])))
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
