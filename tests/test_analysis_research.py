"""The research model: context used, findings counted, and whether plans can do without."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from test_analysis_experiment import compared, made

import speckit_analysis as sk
from speckit_analysis.analysis.experiment import research
from speckit_analysis.analysis.experiment.plan import ResearchPlan
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN
from speckit_analysis.analysis.review.scores import usable
from speckit_analysis.analysis.selection import measured
from speckit_analysis.tables import TABLES

ALIKE = [0.05, -0.05, 0.1, 0.0, -0.1, 0.05, 0.02, -0.03]


def typed(name, rows):
    table = TABLES[name]
    frame = pd.DataFrame(rows, columns=table.column_names)
    return frame.astype({column.name: column.dtype for column in table.columns})


def found(counts, variants=("with", "without"), irrelevant=1):
    """Findings of outputs: so many relevant ones a SPEC and variant, and irrelevant ones."""
    rows = []
    for number, pair in enumerate(counts):
        for variant, relevant in zip(variants, pair, strict=True):
            scores = [8.0] * relevant + [2.0] * irrelevant
            rows += [
                {
                    "experiment": "e", "spec_id": f"S{number}", "stage": "plan",
                    "variant": variant, "finding": f"finding {n}", "relevance": score,
                    "citation": f"source {n}", "tool_calls": 5, "prompt_tokens": 1000,
                    "provenance": "measured",
                }
                for n, score in enumerate(scores)
            ]  # fmt: skip
    return typed("research", rows)


def plans(gaps):
    reviews = made(gaps).assign(stage="plan")
    names = {"many": "with", "one": "without"}
    return compared(
        reviews.assign(variant=reviews["variant"].astype("string").map(names)), "with", "without"
    )


def compare(rows, compared_plans, **fixed):
    return research.compare_research(rows, compared_plans, ResearchPlan(**fixed))


def outputs(rows):
    return research.outputs(rows, ResearchPlan().relevant_from)


def test_outputs_are_counted_with_what_is_relevant_in_them():
    (one, other) = outputs(found([(3, 2)])).to_dict("records")
    assert (one["variant"], one["findings"], one["relevant"], one["sources"]) == ("with", 4, 3, 4)
    assert (other["variant"], other["findings"], other["relevant"]) == ("without", 3, 2)


def test_a_finding_that_two_reviewers_rated_is_one_finding():
    frame = pd.concat([found([(2, 2)]), found([(2, 2)]).assign(relevance=7.0)])
    table = outputs(frame)
    assert table["findings"].tolist() == [3, 3]
    # One is rated 8 and 7; the other 2 and 7, which is not relevant on average.
    assert table["relevant"].tolist() == [2, 2]


def test_an_output_that_found_nothing_counts_as_nothing():
    frame = found([(2, 0)], irrelevant=0)
    empty = frame.iloc[:1].assign(variant="without", finding=pd.NA, citation=pd.NA, relevance=pd.NA)
    table = outputs(pd.concat([frame, empty])).set_index("variant")
    assert table.loc["without", ["findings", "relevant", "sources"]].tolist() == [0, 0, 0]


def test_findings_are_the_same_if_they_cite_the_same():
    table = research.overlap(found([(3, 1)]), "with", "without")
    (row,) = table.to_dict("records")
    assert (row["both"], row["only_baseline"], row["only_candidate"]) == (2, 2, 0)
    assert row["jaccard"] == pytest.approx(0.5)


def test_doing_without_takes_both_quality_and_findings():
    counts = [(5 + n % 2, 5 + n % 3) for n in range(8)]
    both = compare(found(counts), plans(ALIKE))
    assert both.verdict == ADOPT
    fewer = [(6 + n % 2, 3 + n % 3) for n in range(8)]
    lost = compare(found(fewer), plans(ALIKE))
    assert lost.verdict == KEEP
    assert lost.rule == "the number of relevant findings is proved to fall without"
    worse = compare(found(counts), plans([-1.0, -1.2, -0.8, -1.1, -0.9, -1.3]))
    assert worse.verdict == KEEP
    assert worse.rule == "quality is proved to fall without"


def test_findings_that_scatter_leave_it_open_and_say_how_many_specs():
    counts = [(5, 2), (4, 7), (6, 3), (3, 6), (5, 5), (6, 6), (2, 5), (6, 3)]
    open_still = compare(found(counts), plans(ALIKE))
    assert open_still.verdict == OPEN
    assert open_still.rule.startswith("plans keep their quality, but")
    assert "more SPEC" in open_still.recommendation().change
    strict = compare(found(counts), plans(ALIKE), findings_margin=1e-4)
    assert strict.more_specs is None
    assert strict.recommendation().change.startswith("No feasible number of SPECs")


def test_what_settles_it_counts_the_specs_that_findings_take_too():
    counts = [(5, 2), (4, 7), (6, 3), (3, 6), (5, 5), (6, 6)]
    scattered = plans([0.5, -0.5, 0.6, -0.6, 0.4, -0.4])
    told = compare(found(counts), scattered).recommendation().change
    assert "score 29 more SPECs;" in told
    assert told.endswith("that takes 85 more SPECs, if nothing relevant is lost.")
    same = [(5 + n % 3, 5 + (n + n // 3) % 3) for n in range(30)]
    kept = compare(found(same), scattered)
    assert kept.kept.low > 0
    assert kept.recommendation().change == scattered.needed


def test_without_research_records_it_is_open():
    nothing = compare(found([]), plans(ALIKE))
    assert nothing.verdict == OPEN
    assert nothing.rule.startswith("relevant findings cannot be compared")
    assert "Record what research found" in nothing.recommendation().change
    assert nothing.association_sentence.endswith("cannot be told.")


def test_three_specs_decide_nothing():
    few = compare(found([(6, 1)] * 3), plans([-1.0, -1.1, -0.9]))
    assert (few.verdict, few.rule) == (OPEN, "below 5 SPECs nothing is recommended")


def test_findings_of_three_specs_decide_nothing():
    few = compare(found([(5 + n, 5 + n % 2) for n in range(3)]), plans(ALIKE))
    assert few.verdict == OPEN
    assert few.rule == "below 5 SPECs with findings of both nothing is recommended"
    assert "5 SPECs at least" in few.recommendation().change


def test_stages_of_a_spec_are_averaged():
    counts = [(5 + n % 2, 5 + n % 3) for n in range(3)]
    tasks = found([(7, 6)] * 3).assign(stage="tasks")
    told = compare(pd.concat([found(counts), tasks]), plans(ALIKE))
    assert told.counts["relevant"].n == 3
    assert told.counts["relevant"].value == pytest.approx((-1 + 2 / 3) / 2)
    assert len(research.overlap(pd.concat([found(counts), tasks]), "with", "without")) == 3


def test_outputs_that_cannot_be_compared_are_counted():
    frame = found([(5 + n % 2, 5 + n % 3) for n in range(8)])
    frame = frame[(frame["spec_id"] != "S7") | (frame["variant"] == "with")]
    first = frame.index[0]
    told = compare(
        frame.assign(relevance=frame["relevance"].mask(frame.index == first)), plans(ALIKE)
    )
    assert told.counts["relevant"].n == 6
    assert told.counts["findings"].n == 7
    assert told.pairing_sentence == (
        "Not compared: 1 research output of one variant only"
        " and 1 research output with findings that nobody rated."
    )
    assert told.sentence.endswith(told.pairing_sentence)


def test_research_is_joined_with_plans_by_spec():
    lost = pd.Series([1.0, 2, 4, 3], index=list("abcd"))
    gaps = pd.Series([0.1, 0.2, 0.3, 0.4], index=list("abdc"))
    rho, _, n = research._association(lost, gaps)
    assert (round(rho, 6), n) == (1.0, 4)


def test_numbers_say_what_is_found_and_what_it_takes():
    counts = [(5 + n % 2, 5 + n % 3) for n in range(8)]
    told = compare(found(counts), plans(ALIKE))
    assert "and without with, +0.4 relevant findings (" in told.numbers
    one = compare(found(counts[:1]), plans(ALIKE))
    assert "cannot be compared (it takes 2 SPECs with findings of both)" in one.numbers


def test_prompts_that_all_fit_are_told():
    calls = typed("calls", [{"agent": "a", "spec_id": "S", "prompt_tokens": n} for n in (9, 1500)])
    assert research.context_sentence(research.context_use(calls)) == (
        "All 2 measured prompts fit into 200,000 tokens; the largest holds 1,500."
    )


def test_a_median_between_two_prompts_is_rounded():
    calls = typed("calls", [{"agent": "a", "spec_id": "S", "prompt_tokens": n} for n in (6, 9)])
    assert research.context_use(calls)["median_tokens"].tolist() == [8, 8]


def test_prompts_that_do_not_fit_are_counted_by_agent():
    sizes = [150_000, 250_000, 1_200_000, None]
    calls = typed(
        "calls",
        [
            {"agent": "gemini", "spec_id": f"S{n}", "prompt_tokens": size}
            for n, size in enumerate(sizes)
        ],
    )
    use = research.context_use(calls).set_index("window_tokens")
    assert use["calls"].tolist() == [3, 3]
    assert use["above"].to_dict() == {200_000: 2, 1_000_000: 1}
    assert research.context_sentence(use.reset_index()) == (
        "2 of 3 measured prompts did not fit into 200,000 tokens; the largest held 1,200,000."
    )
    assert "nothing is known" in research.context_sentence(use.head(0).reset_index())


def test_an_association_is_told_as_one():
    draw = np.random.default_rng(0)
    losses = draw.integers(0, 5, 12)
    counts = [(6, int(6 - loss)) for loss in losses]
    gaps = [-0.3 * float(loss) + float(draw.normal(0, 0.05)) for loss in losses]
    told = compare(found(counts), plans(gaps))
    rho, p_value, n = told.association
    assert rho > 0.8
    assert (p_value < 0.01, n) == (True, 12)
    assert "association" in told.association_sentence


def test_the_p_of_an_association_comes_from_many_draws():
    """With 2,000 draws no p-value below 0.001 is possible."""
    draw = np.random.default_rng(3)
    losses = draw.integers(0, 5, 40)
    gaps = [-0.3 * float(loss) + float(draw.normal(0, 0.05)) for loss in losses]
    counts = [(6, int(6 - loss)) for loss in losses]
    told = plans(gaps)
    rho, p_value, n = compare(found(counts), told).association
    assert n == 40
    lost = [-losses[int(unit.split()[0][1:])] for unit in told.gaps.index]
    assert rho == pytest.approx(stats.spearmanr(lost, told.gaps).statistic)
    assert p_value == pytest.approx(2 / 20_000)


def test_the_sample_s_experiment_can_be_compared():
    evidence = sk.load(sk.sample_path())
    scores = usable(measured(evidence.reviews, noun="score"), "research-model").kept
    plans_ = compared(scores, "research_model", "no_research_model")
    rows = research.researched(measured(evidence.research, noun="finding")).kept
    told = compare(rows, plans_)
    assert told.counts["relevant"].n == 10
    assert len(told.table()) == 4
    assert told.sentence.startswith("Whether research_model is needed is open")
