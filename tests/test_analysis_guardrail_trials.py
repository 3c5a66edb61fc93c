"""Variants of a guardrail: errors counted, compared on the same outputs, and decided."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import speckit_analysis as sk
from speckit_analysis.analysis.experiment.guardrail import (
    ERRORS,
    Replacement,
    compare_guardrails,
    decided,
    difference_sentence,
    error_rates,
    judged,
)
from speckit_analysis.analysis.experiment.plan import GuardrailPlan
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN
from speckit_analysis.analysis.selection import measured
from speckit_analysis.errors import EvidenceError
from speckit_analysis.figures import experiment as figures
from speckit_analysis.stats.net_share import net_share
from speckit_analysis.tables import TABLES

ALARMS, MISSES = (name for name, _, _ in ERRORS)


def trial(variant, output, valid, passed, **made):
    usual = {"latency_ms": 100.0, "cost_usd": 0.01, "upkeep_minutes": 1.0}
    spec = f"S{int(output.rsplit('-', 1)[1]) % 10}"
    record = {"experiment": "e", "variant": variant, "output": output, "spec_id": spec}
    origin = {"provenance": "measured", "source": "t_trials.jsonl", "locator": f"/{output}"}
    return usual | record | {"valid": valid, "passed": passed} | origin | made


def trials(rows):
    table = TABLES["trials"]
    frame = pd.DataFrame(rows, columns=table.column_names)
    return frame.astype({column.name: column.dtype for column in table.columns})


def made(valid, invalid, *, faster=0.2, seed=1, specs=10, **errors):
    """Trials of variants with true error rates (stopped, missed); candidates take less time."""
    draw = np.random.default_rng(seed)
    rows = []
    for number, (variant, (stopped, missed)) in enumerate(errors.items()):
        made_with = {"latency_ms": 100.0 * (faster if number else 1.0)}
        for n in range(valid):
            jitter = made_with["latency_ms"] * draw.lognormal(0, 0.05)
            passed = draw.random() >= stopped
            own = {"spec_id": f"S{n % specs}", "latency_ms": jitter}
            rows.append(trial(variant, f"v-{n}", True, passed, **own))
        for n in range(invalid):
            jitter = made_with["latency_ms"] * draw.lognormal(0, 0.05)
            own = {"spec_id": f"S{n % specs}", "latency_ms": jitter}
            rows.append(trial(variant, f"i-{n}", False, draw.random() < missed, **own))
    return used(trials(rows))


def used(frame):
    return judged(measured(frame, noun="trial")).kept


def compared(rows, baseline, **fixed):
    return compare_guardrails(rows, GuardrailPlan(baseline=baseline, **fixed))


def test_rates_are_of_valid_outputs_stopped_and_of_invalid_ones_passed():
    rows = [trial("a", f"v-{n}", True, n > 0) for n in range(4)]
    rows += [trial("a", f"i-{n}", False, n < 2) for n in range(5)]
    table = error_rates(used(trials(rows)))
    assert table["error"].tolist() == ["valid outputs stopped", "invalid outputs passed"]
    assert table["errors"].tolist() == [1, 2]
    assert table["rate"].tolist() == [0.25, 0.4]


def test_a_variant_that_errs_alike_and_is_faster_is_adopted():
    rates = {"two": (0.02, 0.05), "one": (0.02, 0.05)}
    found = compared(made(600, 600, specs=150, **rates), "two", margin=0.05)
    assert [each.verdict for each in found.replacements] == [ADOPT]
    assert found.replacements[0].lighter == ("time",)
    assert found.replacements[0].sentence.endswith("; provably less time")


def test_one_that_lets_more_pass_is_not():
    found = compared(made(60, 60, two=(0.05, 0.1), schema=(0.0, 0.6)), "two")
    assert [each.verdict for each in found.replacements] == [KEEP]
    assert found.replacements[0].rule == "one of its error rates is proved to be higher"


def test_one_that_errs_alike_and_saves_nothing_is_open():
    rates = {"two": (0.02, 0.05), "one": (0.02, 0.05)}
    found = compared(made(600, 600, faster=1.0, specs=150, **rates), "two", margin=0.05)
    assert [each.verdict for each in found.replacements] == [OPEN]
    assert "not proved to take less" in found.replacements[0].rule


def alike(seed, **burdens):
    """Trials of 200 outputs on which nobody errs; burdens of candidates by column and variant."""
    draw = np.random.default_rng(seed)
    names = ["latency_ms", "cost_usd", "upkeep_minutes"]
    rows = [
        trial(variant, f"{'v' if n % 20 < 10 else 'i'}-{n}", n % 20 < 10, n % 20 < 10,
              **{name: draw.lognormal(np.log(size), 0.2) if size else None
                 for name, size in zip(names, sizes, strict=True)})
        for variant, sizes in burdens.items()
        for n in range(200)
    ]  # fmt: skip
    return used(trials(rows))


def test_one_that_is_faster_but_dearer_is_open():
    found = compared(alike(1, two=(100, 1, 1), one=(10, 2, 1)), "two", margin=0.3)
    (told,) = found.recommendations()
    assert told.verdict == OPEN
    assert told.rule == "it errs no more and takes less time, but provably more money"
    assert found.replacements[0].sentence.endswith("; provably less time; provably more money")
    assert told.change == "A decision on how much more money the time that it saves may take."


def test_one_that_is_less_work_but_slower_and_dearer_is_open():
    found = compared(alike(1, two=(100, 1, 2), one=(200, 2, 1)), "two", margin=0.3)
    assert found.replacements[0].rule.endswith("takes less work, but provably more time and money")


def test_a_burden_that_is_not_known_stops_no_adoption():
    frame = alike(1, two=(100, None, None), one=(10, None, None))
    found = compared(frame, "two", margin=0.3)
    assert [each.verdict for each in found.replacements] == [ADOPT]
    assert found.burden_table()["specs"].tolist() == [10, 0, 0]


@pytest.mark.parametrize(("specs", "lighter"), [(10, ("time", "money")), (5, ())])
def test_a_burden_that_differs_alike_in_every_spec_is_lighter_by_its_signs(specs, lighter):
    less = {"latency_ms": 1.0, "cost_usd": 0.0}
    rows = [
        trial(variant, f"{kind}-{n}", kind == "v", kind == "v", spec_id=f"S{n % specs}", **takes)
        for variant, takes in (("two", {}), ("schema", less))
        for kind in "vi"
        for n in range(specs)
    ]
    (found,) = compared(used(trials(rows)), "two").replacements
    assert found.lighter == lighter
    assert found.burdens["latency_ms"].value == -99
    assert found.burdens["latency_ms"].p_value == 2.0 ** (1 - specs)
    assert found.burdens["upkeep_minutes"].p_value == 1


def test_what_rounding_makes_of_equal_costs_is_no_difference():
    rows = [trial("two", f"v-{n}", True, True, cost_usd=0.1 + 0.2) for n in range(10)]
    rows += [trial("one", f"v-{n}", True, True, cost_usd=0.3) for n in range(10)]
    (found,) = compared(used(trials(rows)), "two").replacements
    assert found.burdens["cost_usd"].p_value == 1
    assert found.lighter == ()


@pytest.mark.parametrize(
    ("others", "lighter"),
    [({"cost_usd": None, "upkeep_minutes": None}, ("time",)), ({}, ())],
)
def test_lighter_is_corrected_for_all_burdens(others, lighter):
    """A one-sided p-value of 0.02 does for one burden, and not for one of three."""
    spread = np.linspace(-1, 1, 10)
    gaps = spread / spread.std(ddof=1) - 2.398 / np.sqrt(10)
    rows = [trial("two", f"v-{n}", True, True, **others) for n in range(10)]
    rows += [
        trial("one", f"v-{n}", True, True, latency_ms=100 + gap, **others)
        for n, gap in enumerate(gaps)
    ]
    (found,) = compared(used(trials(rows)), "two").replacements
    assert found.burdens["latency_ms"].p_value == pytest.approx(0.04, abs=1e-3)
    assert found.lighter == lighter


def test_a_candidate_that_is_not_lighter_is_not_adopted():
    spec = np.repeat(np.arange(20), 50)
    none = net_share(np.zeros(1000), spec)
    same = {error: none for error, _, _ in ERRORS}
    found = decided(
        [
            Replacement("", "", same, {}, {}, dict.fromkeys(same, 20), lighter)
            for lighter in (("time",), ())
        ],
        0.2,
    )
    assert [each.verdict for each in found] == [ADOPT, OPEN]


def test_outputs_without_a_spec_are_no_spec():
    rows = [
        trial(variant, f"{kind}-{n}", kind == "v", kind == "v", spec_id=[None, *"ABCD"][n % 5])
        for variant in ("two", "one")
        for kind in "vi"
        for n in range(50)
    ]  # fmt: skip
    found = compared(used(trials(rows)), "two")
    assert found.replacements[0].rule == "valid outputs of 4 known SPECs, and it takes 5"
    assert set(found.burden_table()["specs"]) == {4}
    assert set(found.rates["specs"]) == {4}
    assert found.replacements[0].more[ALARMS].clusters == 5


def test_what_an_output_without_a_spec_takes_is_left_out():
    rows = [
        trial(name, f"v-{n}", True, True, latency_ms=100 + (n % 3 - 9) * (name == "one"))
        for name in ("two", "one")
        for n in range(10)
    ]
    rows += [
        trial(name, "v-99", True, True, spec_id=None, latency_ms=size)
        for name, size in (("two", 100.0), ("one", 9000.0))
    ]
    (found,) = compared(used(trials(rows)), "two").replacements
    latency = found.burdens["latency_ms"]
    assert latency.n == found.specs["latency_ms"] == 10
    assert latency.value == pytest.approx(-8.1)
    assert found.burdens["upkeep_minutes"].smallest_p == 2.0**-9


def test_an_undecided_rule_says_what_is_not_proved():
    found = compared(made(20, 10, two=(0.05, 0.1), one=(0.05, 0.1)), "two")
    told = "neither error rate is proved to rise, nor both to rise by less than 5 percentage points"
    assert found.replacements[0].rule == told


def test_a_difference_of_any_kind_says_which_way_its_p_points():
    told = difference_sentence({"valid outputs stopped": 0.0312})
    assert told == (
        "Whether variants err differently at all (Cochran's Q, exact, outputs as independent; a"
        " small p says that they do): valid outputs stopped: p = 0.031."
    )
    assert difference_sentence({}).endswith("cannot be told.")


def test_few_outputs_are_open_and_say_how_many_more():
    found = compared(made(20, 10, two=(0.05, 0.1), one=(0.05, 0.1)), "two")
    (told,) = found.recommendations()
    assert told.verdict == OPEN
    assert "more" in told.change
    assert "output" in told.change


def test_one_that_errs_beyond_the_margin_is_settled_by_proving_it_worse():
    """No number of valid outputs lets a candidate pass that misses 20 points more."""
    found = compared(used(sk.load(sk.sample_path()).trials), "two_models")
    same, schema = (each.change for each in found.recommendations())
    assert schema == (
        "Judge 120 more invalid outputs, of further SPECs: if the rates are as found, these are"
        " likely to prove that more invalid outputs pass."
    )
    assert same == (
        "Judge 333 more valid outputs and 140 more invalid outputs, of further SPECs: if the rates"
        " are as found, these are likely to prove that both error rates rise by less than 5"
        " percentage points."
    )


def paired(times, **changes):
    """Compare on `times` 20 SPECs; only the candidate errs at a change of 1, only two at -1."""
    rows = []
    for kind, errs in changes.items():
        valid = kind == "valid"
        for n in range(20 * times):
            spec, wrong = f"S{n}", errs[n % len(errs)]
            for name, error in (("two", wrong < 0), ("schema", wrong > 0)):
                faster = 1.0 + 0.1 * (n % 3) if name == "schema" else 100.0
                takes = {"spec_id": spec, "latency_ms": faster}
                rows.append(trial(name, f"{kind}-{n}", valid, valid != error, **takes))
    return compared(used(trials(rows)), "two")


def test_as_many_outputs_as_are_advised_settle_it():
    rates = {"valid": (0,), "invalid": (1, 0, 0, 0, -1, 1, 0, 0, 0, 0)}
    few = paired(1, **rates)
    (told,) = few.recommendations()
    assert told.verdict == OPEN
    more = int(re.fullmatch(r"Judge (\d+) more invalid outputs, .*", told.change)[1])
    assert paired(1 + -(-more // 20), **rates).replacements[0].verdict == KEEP


def test_outputs_of_few_specs_are_asked_for_from_more_specs():
    rows = [
        trial(variant, f"{kind}-{n}", kind == "v", kind == "v", spec_id=f"S{n % 3}")
        for variant in ("two", "one")
        for kind in "vi"
        for n in range(50)
    ]
    (told,) = compared(used(trials(rows)), "two").recommendations()
    assert told.change == "Let both judge valid and invalid outputs of 5 SPECs at least."


def test_without_invalid_outputs_nothing_is_said_of_misses():
    found = compared(made(60, 0, two=(0.05, 0.1), one=(0.05, 0.1)), "two")
    assert found.replacements[0].rule == "no invalid output was judged by both"


def test_only_outputs_that_both_judged_are_compared():
    rows = [trial("a", f"v-{n}", True, True) for n in range(30)]
    rows += [trial("b", f"v-{n}", True, False) for n in range(10)]
    found = compared(used(trials(rows)), "a")
    assert found.replacements[0].more[ALARMS].n == 10
    assert error_rates(used(trials(rows)))["outputs"].tolist() == [30, 0, 10, 0]


def test_paired_errors_are_counted_where_only_one_errs():
    rows = [trial("a", f"v-{n}", True, n > 1) for n in range(10)]
    rows += [trial("b", f"v-{n}", True, n not in (1, 2, 3)) for n in range(10)]
    (row, _) = compared(used(trials(rows)), "a").paired_table().to_dict("records")
    assert (row["only_candidate"], row["only_baseline"], row["outputs"]) == (2, 1, 10)
    assert row["difference"] == pytest.approx(0.1)
    assert row["mcnemar_p"] == 1.0


def test_an_output_judged_twice_is_refused_with_its_place():
    rows = [trial("a", "v-1", True, True), trial("a", "v-1", True, False)]
    with pytest.raises(EvidenceError, match=r"t_trials\.jsonl /v-1: a judged v-1 already"):
        used(trials(rows))


def test_records_that_contradict_each_other_on_validity_are_refused_with_both_places():
    rows = [trial("a", "v-1", True, True), trial("b", "v-1", False, True, locator="L2")]
    told = r"t_trials\.jsonl L2: v-1 is invalid, but valid in t_trials\.jsonl /v-1; correct one"
    with pytest.raises(EvidenceError, match=told):
        used(trials(rows))


def test_spec_and_stage_of_an_output_come_from_any_record():
    rows = [trial("a", f"v-{n}", True, True, stage="plan") for n in range(20)]
    rows += [trial("b", f"v-{n}", True, True, spec_id=None) for n in range(20)]
    kept = used(trials(rows))
    assert kept["stage"].eq("plan").all()
    assert kept["spec_id"].dtype == trials(rows)["spec_id"].dtype
    assert compared(kept, "a").replacements[0].more[ALARMS].clusters == 10


@pytest.mark.parametrize(
    ("baseline", "told"),
    [("three", "no variant 'three' judged anything; there are a"), ("a", "only a was tried")],
)
def test_a_variant_that_is_not_there_is_said(baseline, told):
    found = compared(used(trials([trial("a", "v-1", True, True)])), baseline)
    assert told in found.sentence
    assert found.recommendations()[0].verdict == OPEN


def test_nothing_tried_is_open():
    found = compared(used(trials([])), "a")
    assert found.recommendations()[0].rule == "no output was judged by a guardrail"
    assert found.rates.empty


def test_the_schema_misses_what_is_only_wrong_in_the_sample():
    found = compared(used(sk.load(sk.sample_path()).trials), "two_models")
    rates = found.rates.set_index(["variant", "error"])["rate"]
    assert rates["schema", "valid outputs stopped"] == 0
    assert 0.3 < rates["schema", "invalid outputs passed"] < 0.8
    assert [each.candidate for each in found.replacements] == ["same_model", "schema"]
    assert set(found.burden_table()["specs"]) == {10}


def test_the_figure_says_of_how_many_in_the_order_of_its_dots():
    rows = [trial("a", f"v-{n}", True, n > 0) for n in range(20)]
    rows += [trial("a", f"i-{n}", False, n < 4) for n in range(20)]
    chart = figures.error_rates(compared(used(trials(rows)), "a"))
    assert chart.title == "Guardrail a lets 20 % of 20 invalid outputs pass"
    assert chart.get_label().endswith(
        "a: 5 % of 20 valid stopped (< 0.1 % to 29 %), 20 % of 20 invalid passed (4 % to 48 %)."
    )
    (valid, invalid) = chart.axes[0].lines
    # The axis of names runs downwards.
    assert valid.get_label() == "valid outputs stopped"
    assert valid.get_ydata()[0] < invalid.get_ydata()[0]


def test_the_figure_cuts_no_dot_and_long_names_leave_room_for_its_ticks():
    long = "anthropic/claude-3.5-sonnet-20241022 + deepseek-reasoner (whole prompt)"
    rows = [trial(long, f"v-{n}", True, True) for n in range(2000)]
    rows += [trial(long, f"i-{n}", False, True) for n in range(2000)]
    chart = figures.error_rates(compared(used(trials(rows)), long))
    (axes,) = chart.axes
    assert axes.get_xlim() == (-0.02, 1.02)
    assert not any(line.get_clip_on() for line in axes.lines)
    places = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert [label.get_text() for label in axes.get_xticklabels()][::4] == ["0 %", "100 %"]
    assert all(left.x1 < right.x0 for left, right in pairwise(places))
