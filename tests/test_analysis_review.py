"""Reliability, severity and blinding: planted ones recovered, published ones reproduced."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from frames import frame
from needs import needs
from shared_files import PUBLIC_STUDIES

import speckit_analysis as sk
from speckit_analysis.analysis import review
from speckit_analysis.analysis.review import blinding, reviewers
from speckit_analysis.analysis.selection import Selection, measured
from speckit_analysis.figures import blind_review as draw
from speckit_analysis.simulate import Design, simulate
from speckit_analysis.simulate.reviewers import SEVERITY
from speckit_analysis.stats.agreement import cohen_kappa
from speckit_analysis.stats.raters import alternative_annotator
from speckit_analysis.stats.reliability import krippendorff_alpha

PANDALM = PUBLIC_STUDIES / "pandalm_testset"


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A review of many SPECs by many reviewers, whose truth is set."""
    folder = tmp_path_factory.mktemp("planted") / "evidence"
    simulate(
        Design(specs=30, reviewers=5, right_guesses=0.6, unknown_guesses=0.2, damage=()), folder
    )
    return review.usable(measured(sk.load(folder).reviews, noun="score")).kept


def test_severity_is_recovered(planted):
    found = reviewers.reviewers(planted)
    truth = np.linspace(-SEVERITY, SEVERITY, 5)
    assert found.table["severity"].to_numpy(float) == pytest.approx(truth, abs=0.12)
    assert found.table["severity"].sum() == pytest.approx(0, abs=1e-9)
    assert "R1 gives 0." in found.sentence


def test_guesses_are_recovered_within_their_interval(planted):
    found = blinding.blinding(planted)
    # Of five guesses three are right, one is wrong and one is none.
    assert found.index.low < 0.6 - 0.2 < found.index.high
    assert found.index.n == 30
    assert found.table["variant"].tolist() == ["all", "consensus", "single"]
    assert found.table["guesses"].tolist() == [300, 150, 150]
    bang = (found.table["right"] - found.table["wrong"]) / found.table["guesses"]
    assert found.table["index"].astype(float).tolist() == pytest.approx(bang.tolist())
    assert found.verdict == "the blind did not hold"


def test_the_gain_of_consensus_is_recovered(planted):
    gaps = review.differences(planted, "single", "consensus")
    assert gaps.shape == (30, 5)
    assert float(gaps.to_numpy().mean()) == pytest.approx(0.6, abs=0.25)


def test_severity_cancels_out_of_the_difference(planted):
    harder = planted.assign(
        score=planted["score"] - (planted["reviewer"] == "R1").astype(float).to_numpy() * 2
    )
    before = review.differences(planted, "single", "consensus")
    after = review.differences(harder, "single", "consensus")
    pd.testing.assert_frame_equal(before, after)


def test_reliability_is_given_pooled_and_within_variants(planted):
    table = review.reliability(planted)
    assert set(table["variant"]) == {"all", "single", "consensus"}
    overall = table[table["criterion"] == "overall"].set_index("variant")
    assert overall.loc["all", "outputs"] == 60
    assert overall.loc["single", "outputs"] == 30
    assert (overall["icc_mean"] > overall["icc_single"]).all()
    assert (overall["icc_single_low"] < overall["icc_single"]).all()
    assert "Within a variant it is" in review.reliability_sentence(table)
    assert draw.reliability(table).get_label()


def test_repeats_measure_consistency_and_nothing_else(planted):
    table = review.self_consistency(planted)
    assert table["reviewer"].tolist() == ["R1", "R2", "R3", "R4", "R5"]
    assert (table["scores"] == 10).all()
    first = blinding.first_readings(planted)
    assert review.per_reviewer(planted).equals(review.per_reviewer(first))
    assert "within half a point" in review.consistency_sentence(planted)


def scores(rows, **columns):
    """Rows of table ``reviews``: SPEC, variant, reviewer and score."""
    return frame(
        "reviews",
        [
            {"experiment": "e", "spec_id": s, "stage": "plan", "variant": v, "packet": f"{s}{v}"}
            | {"reviewer": r, "criterion": "overall", "score": x, "complete": True}
            | {name: column[at] for name, column in columns.items()}
            for at, (s, v, r, x) in enumerate(rows)
        ],
    )


def used(table, *, copies=True, **options):
    every = Selection(table, pd.DataFrame({"reason": [], "rows": []}))
    return review.usable(every, copies=copies, **options)


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        ([(8, 6.5), (6.5, 8)], "scores differ by error alone"),
        ([(5, 7), (7, 5), (5.5, 6.5)], "scores differ by error alone"),
        ([(1, 2), (2, 1), (3, 3.5)], "one that cannot be told (too much error; 3 outputs)"),
    ],
)
def test_scores_without_an_interval_are_told_in_words(marks, words):
    rows = [
        (f"S{at}", "A", r, x)
        for at, both in enumerate(marks)
        for r, x in zip("ab", both, strict=True)
    ]
    told = review.reliability_sentence(review.reliability(used(scores(rows)).kept))
    assert words in told.replace("\u00a0", " ")
    assert "inf" not in told
    assert "nan" not in told


def test_only_complete_unblinded_cards_of_people_count():
    rows = [("S", "A", "ann", 7.0), ("S", "B", "ann", 8.0), ("S", "A", "gpt", 9.0)]
    table = scores([*rows, ("S", "A", "bob", 5.0), ("T", None, "bob", 5.0)])
    table["complete"] = pd.array([True, True, True, False, True], "boolean")
    found = used(table, judges=["gpt"])
    assert found.kept["score"].tolist() == [7.0, 8.0]
    told = dict(zip(found.left_out["reason"], found.left_out["rows"], strict=True))
    assert told["of an automatic judge"] == 1
    assert told["on a card that is not complete"] == 1
    assert told["not unblinded"] == 1


def test_nothing_scored_is_said():
    nothing = used(frame("reviews")).kept
    table = review.reliability(nothing)
    held = blinding.blinding(nothing)
    assert "Nobody scored anything" in review.reliability_sentence(table)
    assert held.sentence.startswith("Nobody was asked to guess the variant")
    assert review.headline(nothing, table, held) == "No score of a blind review can be used."
    assert draw.guesses(held).get_label()
    assert "nobody's consistency" in review.consistency_sentence(nothing)


def test_reviewers_who_share_no_output_cannot_be_told_apart():
    rows = [("S", "A", "ann", 7.0), ("S", "B", "ann", 8.0), ("T", "A", "bob", 5.0)]
    found = reviewers.reviewers(used(scores(rows)).kept)
    assert "Severity cannot be told" in found.sentence
    assert found.table["severity"].isna().all()


def guessed(units):
    """Return cards of reviewers R0, R1 …, from their guesses by unit and variant."""
    rows, guesses = [], []
    for number, unit in enumerate(units):
        for variant, of_reviewers in unit.items():
            rows += [(f"S{number}", variant, f"R{at}", 7.0) for at in range(len(of_reviewers))]
            guesses += of_reviewers
    return used(scores(rows, guess=guesses)).kept


def test_a_habit_is_no_knowledge():
    found = blinding.blinding(guessed([{"A": ["A"], "B": ["A"]}] * 20))
    assert found.table["index"].tolist() == [0.0, 1.0, -1.0]
    assert found.index.p_value == 1
    assert found.verdict == "not enough data to tell whether the blind held"
    assert "85 % right guesses with a probability of 0 %" in found.sentence.replace("\u00a0", " ")


def test_a_variant_that_only_repeats_another_is_no_third_one():
    """Whoever names a run of consensus when reading another is as right as can be."""
    units = [
        {"consensus": ["consensus_again"], "single": ["single"], "consensus_again": ["single"]}
    ]
    found = blinding.blinding(guessed(units * 6))
    assert (found.variants, found.index.value) == (2, 1.0)
    apart = blinding.blinding(guessed(units * 6), again={})
    assert (apart.variants, round(apart.index.value, 3)) == (3, 0.0)


def test_a_blind_that_did_not_hold_is_told_in_the_headline():
    known = guessed([{"A": ["A", "A"], "B": ["B", "B"]}] * 9 + [{"A": ["A"], "B": ["A"]}])
    found = blinding.blinding(known)
    assert found.index.value == pytest.approx(0.9)
    assert found.verdict == "the blind did not hold"
    assert "Best recognised: A (19 of 19 guesses right)." in found.sentence
    assert draw.guesses(found).title == "The blind did not hold"
    told = review.headline(known, review.reliability(known), found)
    assert told.endswith("; the blind did not hold.")


def test_a_blind_holds_if_a_breach_would_have_shown():
    # One of three knows, one is wrong, the third as often this as that.
    third = [{"A": ["A", "B", one], "B": ["B", "A", other]} for one, other in ("AB", "BA")]
    found = blinding.blinding(guessed(third * 20))
    assert found.index.held
    assert found.verdict == "the blind held for these reviewers"
    assert found.index.value == pytest.approx(0, abs=1e-12)
    few = blinding.blinding(guessed(third * 4))
    assert few.verdict == "not enough data to tell whether the blind held"
    # 7 of 8 right are rare by chance, and so many or all are right with 0.657 at 85 %.
    assert few.index.power(0.85) == pytest.approx(0.6572, abs=1e-4)
    assert "takes 13 and 162 units" in few.sentence


def test_who_mixes_the_variants_up_may_tell_them_apart():
    found = blinding.blinding(guessed([{"A": ["B"] * 3, "B": ["A"] * 3}] * 16))
    assert "mix up their names" in found.sentence
    assert found.verdict == "not enough data to tell whether the blind held"


def test_variants_count_although_nobody_names_them_or_their_cards_are_missing():
    units = [{"A": ["A"], "B": ["A"], "C": ["A"]}] * 4
    found = blinding.blinding(guessed(units))
    assert found.variants == 3
    assert found.table["index"].tolist() == pytest.approx([0, 1, -0.5, -0.5])
    # The cards on C are missing, and somebody names it.
    found = blinding.blinding(guessed([{"A": ["A", "C"], "B": ["B", "A"]}] * 4))
    assert found.variants == 3
    assert found.table["variant"].tolist() == ["all", "A", "B"]
    assert found.table["index"].tolist()[1:] == pytest.approx([0.25, 0.25])


def test_chance_is_a_third_of_three():
    orders = [("A", "B", "C"), ("B", "C", "A"), ("C", "A", "B")]
    units = [dict(zip("ABC", map(list, zip(*orders, strict=True)), strict=True))] * 6
    found = blinding.blinding(guessed(units))
    assert (found.index.value, found.index.p_value) == (pytest.approx(0, abs=1e-12), 1)
    assert found.table["index"].tolist() == pytest.approx([0, 0, 0, 0], abs=1e-12)


def test_guesses_that_agree_on_each_unit_count_as_one():
    # Five readers of four units, all of them right: as independent guesses they would be proof.
    found = blinding.blinding(guessed([{"A": ["A"] * 5, "B": ["B"] * 5}] * 4))
    assert (found.index.n, found.index.value, found.index.p_value) == (4, 1.0, 1 / 16)
    assert not found.index.broken


def test_one_unit_has_no_interval_and_one_variant_no_index():
    found = blinding.blinding(guessed([{"A": ["A"], "B": ["B"]}]))
    assert found.table["low"].isna().all()
    assert "blinding index +1.00 (0 is chance" in found.sentence
    assert draw.guesses(found).get_label()
    alone = blinding.blinding(guessed([{"A": ["A"]}] * 9))
    assert "asked about all variants of a unit" in alone.sentence
    assert alone.table["index"].isna().all()
    assert draw.guesses(alone).get_label()


def test_a_variant_that_nobody_was_asked_about_says_nothing_of_the_others():
    rows = [(f"S{n}", v, "ann", 7.0) for n in range(20) for v in "ABC"]
    guesses = [guess for n in range(20) for guess in ("AB"[n % 2], "BA"[n % 2], None)]
    found = blinding.blinding(used(scores(rows, guess=guesses)).kept)
    two = [at for at, (_, variant, *_) in enumerate(rows) if variant != "C"]
    alone = blinding.blinding(
        used(scores([rows[at] for at in two], guess=[guesses[at] for at in two])).kept
    )
    assert found.index == alone.index
    assert found.variants == 3


def test_drift_over_the_order_is_found():
    rows, places = [], []
    draw_ = np.random.default_rng(2)
    for number, name in enumerate(["ann", "bob", "cyd", "dan"]):
        for spec in range(12):
            for variant in "AB":
                place = (spec * 2 + (variant == "B") + 6 * number) % 24 + 1
                rows.append((f"S{spec}", variant, name, 7 - 0.05 * place + draw_.normal(0, 0.05)))
                places.append(place)
    found, said = reviewers.fatigue(used(scores(rows, position=places)).kept)
    assert found.value == pytest.approx(-0.5, abs=0.03)
    assert found.high < 0
    assert "Scores drift over the order" in said


def test_drift_takes_three_reviewers():
    draw_ = np.random.default_rng(6)
    rows = [(f"S{at}", "A", name, draw_.normal(7, 1)) for name in "ab" for at in range(8)]
    places = [*range(1, 9), *draw_.permutation(range(1, 9)).tolist()]
    _, said = reviewers.fatigue(used(scores(rows, position=places)).kept)
    assert "it takes three reviewers who read the same outputs in different orders" in said


def test_drift_is_not_told_where_all_read_in_one_order():
    draw_ = np.random.default_rng(6)
    rows = [(f"S{at}", "A", name, draw_.normal(7, 1)) for name in "abcd" for at in range(8)]
    found, said = reviewers.fatigue(used(scores(rows, position=[*range(1, 9)] * 4)).kept)
    assert np.isnan(found.value)
    assert "and there are 0" in said


def test_drift_without_any_spread_has_no_interval():
    rows = [(f"S{at}", "A", name, 7.0) for name in "abc" for at in range(6)]
    places = [*range(1, 7), *range(6, 0, -1), 2, 1, 4, 3, 6, 5]
    found, said = reviewers.fatigue(used(scores(rows, position=places)).kept)
    assert np.isnan(found.value)
    assert "which no interval can say" in said


def test_scores_are_points_whose_distance_counts(planted):
    (name,) = {"overall"} & set(planted["criterion"].dropna())
    rows = review.reliability(planted)
    (row,) = rows[(rows["criterion"] == name) & (rows["variant"] == "all")].itertuples()
    scored = review.per_reviewer(planted, name).to_numpy(float)
    assert row.alpha == pytest.approx(krippendorff_alpha(scored, "interval"))
    assert row.alpha_ordinal == pytest.approx(krippendorff_alpha(scored, "ordinal"))


def test_units_alike_have_an_exact_interval():
    rows = [
        (f"S{n}", variant, "ann", 7.0 + (3 if variant == "B" and n == 0 else 0))
        for n in range(8)
        for variant in "AB"
    ]
    (row,) = review.within_tolerance(used(scores(rows)).kept).itertuples()
    assert (row.units, row.alike, row.needed) == (8, 7, 46)
    assert row.low == pytest.approx(0.4735, abs=1e-4)


def test_variants_are_held_against_each_other_by_those_who_scored_both():
    both = [("S1", variant, "ann", 7.0) for variant in "AB"]
    strict = [("S1", "A", "bea", 2.0)]  # nothing of B: it must not make A look worse
    (row,) = review.within_tolerance(used(scores(both + strict)).kept).itertuples()
    assert (row.units, row.alike) == (1, 1)
    apart = [("S1", "A", "ann", 7.0), ("S1", "B", "bea", 7.0)]
    (row,) = review.within_tolerance(used(scores(apart)).kept).itertuples()
    assert row.units == 0


@pytest.mark.parametrize(("noise", "stands"), [(0.2, True), (3.0, False)])
def test_a_judge_stands_in_if_it_is_as_close_as_people_are(noise, stands):
    draw_ = np.random.default_rng(9)
    truth = draw_.normal(6, 1.5, 150)
    people = truth[:, None] + draw_.normal(0, 1.0, (150, 4))
    found = alternative_annotator(people, truth + draw_.normal(0, noise, 150))
    assert found.may_stand_in is stands
    assert found.people == 4


def test_a_judge_no_better_than_epsilon_worse_seldom_passes():
    draw_ = np.random.default_rng(10)
    passed = 0
    for _ in range(60):
        truth = draw_.normal(6, 1.5, 60)
        people = truth[:, None] + draw_.normal(0, 0.6, (60, 3))
        passed += alternative_annotator(people, truth + draw_.normal(0, 1.6, 60)).may_stand_in
    assert passed / 60 <= 0.1


def test_too_little_for_a_judge_is_refused():
    few = alternative_annotator(np.ones((40, 2)), np.ones(40))
    assert "it takes 3 people" in few.refusal
    short = alternative_annotator(np.ones((10, 3)), np.ones(10))
    assert "it takes 30 outputs" in short.refusal
    assert "cannot be told" in reviewers.stand_in_sentence(short, "gpt")
    assert reviewers.stand_in_sentences(frame("reviews"), []) == [
        "No automatic judge is among the reviewers."
    ]


@needs(PANDALM)
def test_a_public_study_comes_out_as_published():
    items = json.loads((PANDALM / "testset-v1.json").read_text())
    labels = np.array([[item[f"annotator{n}"] for n in (1, 2, 3)] for item in items])

    def kappa(one, other):
        counts = np.zeros((3, 3))
        np.add.at(counts, (labels[:, one], labels[:, other]), 1)
        return cohen_kappa(counts).estimate.value

    found = [kappa(0, 1), kappa(0, 2), kappa(1, 2)]
    assert found == pytest.approx([0.8520, 0.8789, 0.8617], abs=5e-5)
    assert 0.85 < krippendorff_alpha(labels.astype(float), "nominal") < 0.88


def varied(specs, people=("ann", "bob"), level=lambda spec, variant, name: 0.0):
    """Rows of scores that differ between SPECs, variants and reviewers unless `level` undoes it."""
    return [
        (f"S{spec}", variant, name, 5.0 + len(variant) / 2 + level(spec, variant, name))
        for spec in range(specs)
        for variant in ("a", "bb", "ccc", "dddd", "eeeee")
        for name in people
    ]


def left_out(rows):
    """Return the scores left out by reason, for whom by whom."""
    reasons = used(scores(rows), copies=False).left_out
    found = zip(reasons["reason"], reasons["rows"], strict=True)
    return {
        " ".join(re.findall(r"S\d|\bann|\bbob|\beve\b|gives one", why)): n for why, n in found if n
    }


def test_copies_of_specs_and_of_reviewers_count_once():
    own = {"ann": 0.0, "bob": 0.25, "eve": 1.0}
    people = ("ann", "bob", "eve")
    copied_specs = varied(4, people, lambda spec, variant, name: own[name] + spec % 2)
    assert left_out(copied_specs) == {"S2 S0": 15, "S3 S1": 15}
    levels = varied(4, people)  # 5.5 of one variant and 6 of the other, whoever scores
    assert left_out(levels) == {}
    copied_person = varied(
        3, people, lambda spec, variant, name: spec / 4 + (name == "eve") * len(variant) * spec
    )
    assert left_out(copied_person) == {"bob ann": 15}


def test_one_score_for_everything_is_no_evidence_and_a_few_equal_scores_are_no_copies():
    rows = varied(3, level=lambda spec, variant, name: spec / 4 + (name == "bob") / 8)
    flat = [(*row[:3], 7.0) if row[2] == "bob" else row for row in rows]
    assert left_out(flat) == {"bob gives one": 15}
    assert left_out(rows) == {}
    assert left_out([row for row in flat if row[0] == "S0"]) == {}
    two_values = [(*row[:3], 7.0 + len(row[1]) % 2) for row in varied(3)]
    assert left_out(two_values) == {}


def test_scores_given_twice_are_clustered_by_card():
    told = review.consistency_sentence(
        review.usable(measured(sk.load(sk.sample_path()).reviews)).kept
    )
    assert "Of 30 scores on 6 cards" in told.replace("\u00a0", " ")
    assert "(40 % to 91 %, clustered by card)" in told.replace("\u00a0", " ")
