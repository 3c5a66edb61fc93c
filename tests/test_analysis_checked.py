"""Checked outcomes: pairs, groups, repeats, costs, totals, and the decision on them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from needs import needs
from scipy import stats
from scipy.special import gammaln, xlogy
from shared_files import PUBLIC_STUDIES
from simulations import chance, repeated

import speckit_analysis as sk
from speckit_analysis.analysis.experiment import checked, repeats
from speckit_analysis.analysis.experiment.decision import decide
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN
from speckit_analysis.analysis.selection import measured
from speckit_analysis.cli import main
from speckit_analysis.plans import planned
from speckit_analysis.sample import real_study_path
from speckit_analysis.stats.paired_proportions import exact_gap, mcnemar_exact, shrunken_mean
from speckit_analysis.stats.proportions import clopper_pearson
from speckit_analysis.stats.ratios import smaller_bill
from speckit_analysis.tables import TABLES

POLYDEV = PUBLIC_STUDIES / "polydev_swebench"
BOARDS, TAU = PUBLIC_STUDIES / "aider_leaderboards", PUBLIC_STUDIES / "tau_bench_airline"


def outcomes(results, **more):
    """Return outcomes of units: pairs of results of consensus and of single."""
    rows = [
        {"experiment": "e", "unit": f"u{n}", "variant": variant, "outcome": result}
        | {name: values[at][n] for name, values in more.items()}
        for n, pair in enumerate(results)
        for at, (variant, result) in enumerate(zip(("consensus", "single"), pair, strict=True))
        if result is not None
    ]
    frame = pd.DataFrame(rows).reindex(columns=TABLES["outcomes"].column_names)
    return TABLES["outcomes"].of(frame.assign(provenance="measured"))


def compared(frame, **chosen):
    plan = planned("", **chosen)
    return checked.compare_outcomes(
        checked.usable(measured(frame, noun="outcome"), plan).kept, plan
    )


def pairs(both, only_consensus, only_single, neither):
    kinds = [(1, 1)] * both + [(1, 0)] * only_consensus + [(0, 1)] * only_single
    return kinds + [(0, 0)] * neither


# Exact methods


def states(n):
    """Yield every way in which n pairs can differ: only first, only second."""
    first, second = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    fit = first + second <= n
    return first[fit], second[fit]


def chances(n, first, second, p, q):
    same = n - first - second
    ways = gammaln(n + 1) - gammaln(first + 1) - gammaln(second + 1) - gammaln(same + 1)
    return np.exp(ways + xlogy(first, p) + xlogy(second, q) + xlogy(same, max(1 - p - q, 0)))


def gaps_of(n, first, second):
    return np.array([1.0] * first + [-1.0] * second + [0.0] * (n - first - second))


@pytest.mark.parametrize(
    "n",
    [
        3,
        5,
        8,
        12,
        20,
        pytest.param(40, marks=pytest.mark.long),
        pytest.param(100, marks=pytest.mark.long),
    ],
)
def test_the_interval_of_paired_shares_covers_exactly(n):
    """Kind: an interval of pass and fail pairs; every sample is enumerated, no simulation."""
    first, second = states(n)
    found = [exact_gap(gaps_of(n, a, b), np.arange(n)) for a, b in zip(first, second, strict=True)]
    low, high = (np.array([getattr(one, end) for one in found]) for end in ("low", "high"))
    low, high = np.nan_to_num(low, nan=-1.0), np.nan_to_num(high, nan=1.0)
    for differ in (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 0.95):
        for part in (0.5, 0.625, 0.75, 0.875, 1.0):
            p, q = differ * part, differ * (1 - part)
            weight = chances(n, first, second, p, q)
            held = (low <= p - q + 1e-12) & (p - q - 1e-12 <= high)
            assert weight[held].sum() >= 0.937, (differ, part)
            if part == 0.5:
                assert weight[low > 0].sum() <= 0.025


@pytest.mark.parametrize("n", [5, 12, 40])
@pytest.mark.parametrize("margin", [0.05, 0.2])
def test_the_test_of_the_margin_keeps_its_level(n, margin):
    """Kind: rare losses, all on one side; enumerated at the margin itself."""
    _first, _second = states(n)
    share = 1 - margin
    for base in (0.5, 0.8, 0.95, 1.0):
        # Every unit that single passes consensus passes: the worst case of a test of means.
        lost = margin * base
        error = 0.0
        for lose in range(n + 1):
            for neither in range(n - lose + 1):
                both = n - lose - neither
                values = np.array([1 - share] * both + [-share] * lose + [0.0] * neither)
                bound = shrunken_mean(values, np.arange(n), 0.9, (1.0, -share, -share))
                if bound.low > 0:
                    error += float(
                        stats.multinomial.pmf(
                            [both, lose, neither], n, [base - lost, lost, 1 - base]
                        )
                    )
        assert error <= 0.055, base


@pytest.mark.parametrize(("first", "second"), [(3, 3), (0, 6), (1, 9), (40, 50), (0, 0)])
def test_the_exact_p_is_mcnemars(first, second):
    found = exact_gap(gaps_of(120, first, second), np.arange(120))
    expected = mcnemar_exact(first, second) if first + second else 1.0
    assert found.p_value == pytest.approx(expected)
    assert found.smallest_p == pytest.approx(min(1, 2.0 ** (1 - first - second)))
    assert (found.low > 0 or found.high < 0) == (expected <= 0.05)


def test_a_difference_of_shares_stays_within_what_shares_can_be():
    """Kind: two pairs.  No interval of shares may reach beyond -1 to 1."""
    found = exact_gap(np.array([1.0, 0.0]), np.arange(2))
    assert (found.value, found.low, found.high) == (0.5, -1.0, 1.0)


def test_units_of_a_group_are_not_independent():
    """Kind: copies.  Ten groups of five equal results are worth ten, and p cannot be smaller."""
    one = np.array([1.0] * 7 + [-1.0] + [0.0] * 2)
    alone = exact_gap(one, np.arange(10))
    grouped = exact_gap(np.repeat(one, 5), np.repeat(np.arange(10), 5))
    naive = exact_gap(np.repeat(one, 5), np.arange(50))
    assert (grouped.low, grouped.high, grouped.p_value) == pytest.approx(
        (alone.low, alone.high, alone.p_value)
    )
    assert naive.p_value < 0.001 < 0.05 < grouped.p_value


@repeated(150, 2000)
@pytest.mark.parametrize("sizes", ["equal", "uneven", "one half"])
@pytest.mark.parametrize("groups", [5, 12])
def test_the_interval_covers_with_groups_that_all_pass_or_fail(groups, sizes, repeats):
    draw = np.random.default_rng(8)
    covered = 0
    for _ in range(repeats):
        many = {
            "equal": np.full(groups, 5),
            "uneven": draw.integers(1, 13, groups),
            "one half": np.r_[3 * groups, np.full(groups - 1, 3)],
        }[sizes]
        result = draw.choice([1.0, -1.0, 0.0], groups, p=[0.3, 0.1, 0.6])
        found = exact_gap(np.repeat(result, many), np.repeat(np.arange(groups), many))
        covered += found.refusal != "" or found.low <= 0.2 <= found.high
    assert covered / repeats >= 0.93 - chance(repeats, 2000)


def test_a_bill_follows_the_recipe():
    """Golden values of STATISTICS.md 8.2."""
    base = np.array([1, 2, 3, 4, 2, 1, 3, 2, 4, 3, 2, 1, 2, 3, 1, 2, 4, 3, 2, 1.0])
    bill = smaller_bill(base * np.tile([0.3, 0.4, 0.5, 0.6], 5), base)
    assert bill.ratio.p_value == pytest.approx(0.00039, abs=5e-6)
    assert bill.ratio.high == pytest.approx(0.7672, abs=5e-5)
    one_blew_up = smaller_bill(np.array([1.0] * 9 + [60]), np.array([2.0] * 9 + [30]))
    assert one_blew_up.ratio.p_value == pytest.approx(0.875, abs=5e-4)
    assert one_blew_up.ratio.value == pytest.approx(1.4375)
    assert one_blew_up.largest == 0


# The decision


def costs(consensus, single, n):
    return {"cost_usd": [np.full(n, consensus), np.full(n, single) * (1 + np.arange(n) % 3 / 10)]}


@pytest.mark.parametrize(
    ("results", "prices", "verdict"),
    [
        (pairs(40, 1, 2, 57), (3.0, 1.0), OPEN),  # 5 % of 41 % is two units: too few to tell
        (pairs(180, 1, 9, 10), (3.0, 1.0), ADOPT),
        (pairs(10, 30, 1, 20), (3.0, 1.0), KEEP),
        (pairs(180, 1, 9, 10), (1.0, 3.0), OPEN),  # keeps the quality, but costs more
        (pairs(3, 0, 0, 0), (3.0, 1.0), OPEN),
    ],
)
def test_obvious_studies_of_pass_and_fail(results, prices, verdict):
    found = compared(outcomes(results, **costs(*prices, len(results))))
    assert found.verdict == verdict, found.sentence


@pytest.mark.parametrize(("shift", "verdict"), [(0.0, ADOPT), (-2.0, KEEP)])
def test_obvious_studies_of_numbers(shift, verdict):
    draw = np.random.default_rng(4)
    base = draw.normal(8, 1, 30)
    results = list(zip(base, base + shift + draw.normal(0, 0.3, 30), strict=True))
    found = compared(outcomes(results, **costs(3.0, 1.0, 30)))
    assert (found.verdict, found.passes) == (verdict, False)
    t = stats.ttest_1samp([b - a for a, b in results], 0).confidence_interval()
    assert (found.gap.low, found.gap.high) == pytest.approx((t.low, t.high))


def test_repeats_are_averaged_and_make_no_units():
    once = outcomes(pairs(5, 3, 1, 3))
    thrice = pd.concat([once] * 3, ignore_index=True)
    one, many = compared(once), compared(thrice)
    assert (many.gap.n, many.gap.low, many.gap.p_value) == (one.gap.n, one.gap.low, one.gap.p_value)


def test_what_is_missing_stays_missing():
    """Kind: no outcome is no failure, and no cost is no $0."""
    n = 20
    spent = costs(3.0, 1.0, n)
    spent["cost_usd"][0][:2] = [np.nan, 0]
    results = [(None, 1), (1, None), *pairs(14, 1, 1, 2)]
    found = compared(outcomes(results, **spent))
    assert (len(found.pairs), found.bill.ratio.n) == (18, 18)
    assert found.counts()[["units", "passed_both", "neither"]].iloc[0].tolist() == [18, 14, 2]
    assert any("2 units without an outcome of both" in note for note in found.notes)
    unpriced = compared(outcomes(pairs(14, 1, 1, 2)))
    assert unpriced.bill.ratio.refusal
    assert unpriced.cost_words == ""


def test_without_a_plan_the_cheaper_of_two_variants_is_the_candidate():
    frame = outcomes(pairs(10, 1, 1, 3), **costs(3.0, 1.0, 15))
    frame["variant"] = (
        frame["variant"].astype(str).replace({"consensus": "a-team", "single": "solo"})
    )
    found = compared(frame)
    assert (found.candidate, found.baseline) == ("solo", "a-team")
    three = pd.concat([frame, frame.assign(variant="third")], ignore_index=True)
    assert compared(three).verdict == OPEN
    assert "name two of them" in " ".join(compared(three).notes)


def test_of_two_variants_of_which_one_has_no_cost_the_first_by_name_is_the_candidate():
    frame = outcomes(pairs(10, 1, 1, 3), **costs(3.0, 1.0, 15))
    frame["variant"] = frame["variant"].astype(str).replace({"consensus": "a", "single": "b"})
    for variant in "ab":
        unknown = frame["cost_usd"].mask(frame["variant"] == variant)
        found = compared(frame.assign(cost_usd=unknown))
        assert (found.candidate, found.baseline) == ("a", "b")
        assert "for want of costs" in " ".join(found.notes)


def test_outcomes_go_through_the_decision_and_its_command(tmp_path):
    """Kind: the door.  Evidence of outcomes alone asks one question, and scores keep theirs."""
    n = 60
    frame = outcomes(pairs(10, 30, 1, 19), **costs(3.0, 1.0, n))
    frame["outcome"] = frame["outcome"].astype(int)
    names = ["experiment", "unit", "variant", "outcome", "cost_usd"]
    (tmp_path / "any.csv").write_text(frame[names].to_csv(index=False))
    arguments = ["decide", "--evidence", str(tmp_path), "--format", "json"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    (row,) = json.loads(done.stdout)
    assert row["verdict"] == KEEP
    assert "passes 11 of 60" in row["numbers"]
    out = tmp_path / "strategy"
    done = CliRunner().invoke(main, ["decide", "--evidence", str(tmp_path), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "passes 11 of 60" in (out / "model-strategy.md").read_text()
    sample = sk.load(sk.sample_path())
    both = {name: sample[name] for name in sample} | {"outcomes": frame}
    found = decide(both, planned(""))
    alone = decide({name: sample[name] for name in sample}, planned(""))
    assert found.recommendations[0].verdict == KEEP
    assert found.subject is found.quality
    assert [one.verdict for one in alone.recommendations] == [
        one.verdict for one in found.recommendations[1:]
    ]


def test_a_plan_is_held_against_checked_outcomes(tmp_path):
    """Kind: what a plan fixed.  Units and budget are those of the outcomes."""
    frame = outcomes(pairs(30, 1, 1, 8), **costs(3.0, 1.0, 40))
    sample = sk.load(sk.sample_path())
    alone = {name: sample[name].iloc[:0] for name in sample} | {"outcomes": frame}
    found = decide(alone, planned("", specs=60, budget_usd=100))
    table = found.deviations.set_index("fixed")
    assert table.loc["units", ["planned", "found"]].tolist() == ["60 units", "40 units"]
    assert table.loc["budget", "state"] == "deviates"  # $120 and $44
    assert found.checked.verdict == OPEN
    saved = found.success.set_index("metric").loc["cost saved"]
    assert (saved["n"], saved["unit"]) == (40, "unit")


def test_what_is_proved_to_be_kept_is_said():
    found = compared(outcomes(pairs(283, 50, 40, 127)), margin=0.05)
    kept = next(note for note in found.notes if "keeps at least" in note)
    assert "92 %" in kept
    cheaper = outcomes(pairs(283, 50, 40, 127), **costs(2.0, 1.0, 500))
    assert compared(cheaper, margin=0.08).verdict == ADOPT
    assert compared(cheaper, margin=0.07).verdict == OPEN
    unknown = compared(outcomes(pairs(283, 50, 40, 127)), margin=0.08)
    assert (unknown.verdict, "Record what" in unknown.needed) == (OPEN, True)


# pass^k


def tries(*passes, of=4):
    rows = [(f"t{n}", float(i < k)) for n, k in enumerate(passes) for i in range(of)]
    frame = pd.DataFrame(rows, columns=["unit", "outcome"])
    return frame.assign(variant="one", cases=pd.NA)


def test_pass_hat_k_by_hand():
    tasks = repeats.by_task(tries(4, 3, 0))
    rates = [repeats.pass_hat(tasks, k).value for k in (1, 2, 3, 4)]
    assert rates == pytest.approx([7 / 12, (1 + 1 / 2) / 3, (1 + 1 / 4) / 3, 1 / 3])


def test_at_k_of_all_tries_the_interval_is_the_exact_one_over_units():
    found = repeats.pass_hat(repeats.by_task(tries(4, 4, 3, 1, 0)), 4)
    exact = stats.binomtest(2, 5).proportion_ci(method="exact")
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


@pytest.mark.parametrize("passes", [(0, 0, 0), (4, 4, 4), (4, 2, 0)])
def test_no_interval_is_wider_than_one_try_of_each_unit_would_give(passes):
    tasks = repeats.by_task(tries(*passes))
    for k in (1, 2, 3, 4):
        found = repeats.pass_hat(tasks, k)
        low, high = clopper_pearson(3 * found.value, 3)
        assert low - 1e-12 <= found.low <= found.value <= found.high <= high + 1e-12


@pytest.mark.parametrize("k", [0, 5])
def test_more_tries_than_there_were_are_refused(k):
    with pytest.raises(ValueError, match=f"pass\\^{k}: the most that a task was tried is 4 times"):
        repeats.pass_hat(repeats.by_task(tries(4, 3)), k)


def test_units_that_were_tried_less_often_are_left_out_of_every_k_and_counted():
    mixed = pd.concat([tries(4, 2, 0), tries(2, of=2).assign(unit="short")])
    curve = repeats.pass_hat_curve(mixed)
    assert curve["tasks"].tolist() == [3, 3, 3, 3]
    assert curve["left_out"].tolist() == [1, 1, 1, 1]
    assert curve["rate"].iloc[0] == pytest.approx(0.5)


def test_what_was_not_repeated_has_no_curve():
    assert repeats.pass_hat_curve(tries(1, 0, of=1)).empty


#: Beta distributions of the chances of units: some easy and some hard, rarely passed, alike.
CHANCES = {"mixed": (0.6, 0.8), "rare": (0.2, 1.5), "alike": (20, 30)}


@repeated(160, 800)
@pytest.mark.parametrize("units", [10, 50])
@pytest.mark.parametrize("kind", CHANCES)
def test_the_interval_of_pass_hat_k_covers(kind, units, repeats):
    from speckit_analysis.analysis.experiment.repeats import pass_hat

    a, b = CHANCES[kind]
    draw = np.random.default_rng(3)
    passes = draw.binomial(4, draw.beta(a, b, (repeats, units)))
    for k in (1, 2, 4):
        truth = np.prod([(a + one) / (a + b + one) for one in range(k)])
        covered = 0
        for row in passes:
            found = pass_hat(pd.DataFrame({"trials": 4, "passes": row}), k)
            covered += found.low <= truth <= found.high
        assert covered / repeats > 0.925 - chance(repeats, 800)


# Real studies


def real(experiment, path=None):
    used = measured(sk.load(path or real_study_path()).outcomes, noun="outcome")
    plan = planned("", baseline="consulting", candidate="alone")
    return checked.study(used, plan, experiment)


def test_the_bundled_study_of_40_tasks():
    found = real("polydev-validation")
    counts = found.counts().iloc[0]
    assert counts[["units", "passed_both", "only_candidate", "only_baseline"]].tolist() == [
        40,
        22,
        3,
        3,
    ]
    assert found.pairs[["candidate", "baseline"]].sum().tolist() == [25, 25]
    rates = checked.rates(found.rows).set_index("variant")
    assert rates["cost_usd"].round(2).to_dict() == {"alone": 1.98, "consulting": 4.88}
    consulting = rates.loc["consulting", "consulting_usd"]
    assert round(consulting, 2) == 0.92
    assert round(rates.loc["consulting", "cost_usd"] - consulting, 2) == 3.96
    assert (rates["latency_ms"] / 3.6e6).round(1).to_dict() == {"alone": 4.3, "consulting": 6.2}
    assert 1 / found.bill.ratio.value == pytest.approx(2.466, abs=5e-4)
    assert 1 / found.typical.value == pytest.approx(2.0, abs=0.005)
    assert (1 / found.typical.high, 1 / found.typical.low) == pytest.approx((1.53, 2.61), abs=0.005)
    assert (found.gap.p_value, found.gap.smallest_p) == (1.0, 2**-5)
    assert (found.gap.low, found.gap.high) == pytest.approx((-0.136, 0.136), abs=5e-4)
    assert found.per_success["alone"].value == pytest.approx(1.97906 / 25, abs=1e-5)
    assert found.verdict == OPEN


def test_the_bundled_study_of_500_tasks():
    found = real("polydev-final")
    counts = found.counts().iloc[0]
    assert counts[["passed_both", "only_candidate", "only_baseline", "neither"]].tolist() == [
        *(283, 40, 50, 127)
    ]
    assert found.pairs[["candidate", "baseline"]].sum().tolist() == [323, 333]
    assert found.gap.p_value == pytest.approx(0.343, abs=5e-4)
    assert found.verdict == OPEN
    assert (283 + 40 + 50) / 500 == 0.746
    assert round(63.44 / 46.21, 2) == 1.37
    assert found.rows[["cost_usd", "prompt_tokens"]].isna().all(axis=None)


def test_the_bundled_study_differs_from_itself():
    """Kind: noise.  The same configurations on the same tasks in both sets of results."""
    rows = measured(sk.load(real_study_path()).outcomes).kept
    again = checked.reruns(rows, "polydev-validation", "polydev-final")
    assert again.to_numpy().tolist() == [["alone", 40, 4], ["consulting", 40, 3]]


def test_two_tasks_of_the_bundled_study_stand_twice():
    evidence = sk.load(real_study_path())
    stale = evidence.outcomes.query("provenance == 'stale_copy'")
    assert sorted(stale["unit"]) == ["astropy__astropy-7166", "django__django-11400"]
    assert evidence.problems["kind"].tolist() == ["repeated_outcome"] * 2


@needs(POLYDEV)
def test_the_bundled_study_is_what_its_source_says():
    bundled, source = (sk.load(path).outcomes for path in (real_study_path(), POLYDEV))
    keys = ["experiment", "variant", "unit"]
    figures = ["outcome", "cost_usd", "consulting_usd", "latency_ms"]
    one, other = (
        rows[(rows["provenance"] == "measured") & ~rows["unit"].str.startswith("not named")]
        .astype(dict.fromkeys(keys, "string"))
        .set_index(keys)[figures]
        .astype(float)
        .sort_index()
        for rows in (bundled, source)
    )
    assert (len(bundled), len(source)) == (1082, 1082)
    rest = one.drop(other.index)
    assert (len(rest), rest["outcome"].sum()) == (2 * 127, 0)
    pd.testing.assert_frame_equal(one.loc[other.index], other, atol=1e-3, rtol=0)


@needs(POLYDEV)
def test_what_the_source_of_the_bundled_study_gets_wrong_is_found():
    problems = sk.load(POLYDEV).problems
    assert problems["kind"].value_counts().to_dict() == {
        "missing_tokens": 2, "repeated_outcome": 2, "picked_afterwards": 1, "unrecognised_file": 2,
    }  # fmt: skip
    (picked,) = problems.loc[problems["kind"] == "picked_afterwards", "message"]
    assert "373 of 500 (74.6%)" in picked


@needs(BOARDS)
def test_aider_r1_and_sonnet_pass_64_percent_at_14_times_less_cost():
    frame = sk.load(BOARDS / "r1_architect.yml").outcomes
    found = compared(frame, baseline="o1", candidate="R1+Sonnet")
    assert "passes 144 of 225 and o1 139" in found.quality_words
    assert 1 / found.bill.ratio.value == pytest.approx(14.03, abs=0.005)
    assert (found.gap.low, found.gap.high) == pytest.approx((-0.067, 0.111), abs=5e-4)
    assert found.verdict == OPEN
    assert any("pairing" in note for note in found.notes)


@needs(TAU)
def test_tau_bench_pass_hat_k_of_gpt_4o():
    rows = sk.load(TAU / "gpt-4o-airline.json.gz").outcomes
    curve = repeats.pass_hat_curve(rows)
    assert curve["rate"].astype(float).round(3).tolist() == [0.420, 0.273, 0.220, 0.200]
    assert curve["tasks"].tolist() == [50, 50, 50, 50]
    assert (len(rows), rows["outcome"].sum()) == (200, 84)
