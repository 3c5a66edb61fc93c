"""Published figures of public studies, found again in their files where these lie beside us."""

from __future__ import annotations

import pytest
from needs import needs
from shared_files import PUBLIC_STUDIES

from speckit_analysis.analysis.studies import (
    benchmark,
    benchmark_pairs,
    repeated_trials,
)
from speckit_analysis.studies import read_leaderboard, read_trials

BOARDS, TRIALS = PUBLIC_STUDIES / "aider_leaderboards", PUBLIC_STUDIES / "tau_bench_airline"

pytestmark = needs(BOARDS, TRIALS)


@pytest.fixture(scope="module")
def polyglot():
    return read_leaderboard(BOARDS / "polyglot_leaderboard.yml")


@pytest.fixture(scope="module")
def airline():
    return read_trials(TRIALS / "gpt-4o-airline.json.gz")


def test_aider_r1_and_sonnet_pass_64_percent_at_14_times_less_cost():
    runs = read_leaderboard(BOARDS / "r1_architect.yml")
    (found,) = benchmark_pairs.against_best(runs).itertuples()
    assert (found.pair, found.single) == ("R1+Sonnet", "o1")
    assert (found.pair_passes, found.cases, found.pair_rate) == (144, 225, 0.64)
    assert (found.pair_cost_usd, found.single_cost_usd) == (13.2933, 186.4958)
    assert 1 / found.cost_ratio == pytest.approx(14.03, abs=0.005)
    assert found.verdict == benchmark_pairs.OPEN
    (alone,) = benchmark_pairs.against_alone(runs).itertuples()
    assert (alone.single, alone.single_passes) == ("R1", 128)


def test_aider_o1_preview_with_an_editor_passes_85_percent():
    runs = benchmark.complete(read_leaderboard(BOARDS / "architect.yml"))
    assert runs.sentence == "19 of 20 runs used; left out: 1 not on 133 cases."
    best = runs.kept.nlargest(2, "passes")
    assert set(best["editor_model"]) == {"deepseek", "o1-mini"}
    assert set(best["model"]) == {"o1-preview"}
    assert (100 * best["passes"] / best["cases"]).round(1).tolist() == [85.0, 85.0]
    assert best["rate_reported"].tolist() == [0.85, 0.85]


def test_aider_costs_of_0_are_unknown(polyglot):
    assert len(polyglot) == 69
    assert polyglot["run"].is_unique
    assert polyglot["name"].is_unique
    assert (polyglot["cost_usd_reported"] == 0).sum() == 17
    assert polyglot["cost_usd_reported"].isna().sum() == 1
    assert polyglot["cost_usd"].notna().sum() == 51
    assert benchmark.costs_known(polyglot) == (
        "The cost of 51 of 69 runs is known; 17 state $0, 1 states none: unknown, not free."
    )


def test_aider_rates_are_passes_over_all_cases(polyglot):
    gap = (polyglot["passes"] / polyglot["cases"] - polyglot["rate_reported"]).abs()
    assert polyglot["cases"].unique().tolist() == [225]
    assert gap.max() < 0.0030
    assert polyglot.loc[gap > 0.0005, "passes"].tolist() == [139, 160]


def test_aider_front_of_cost_and_share_passed(polyglot):
    front = benchmark.cost_front(polyglot)
    there = front[front["on_front"]]
    expected = {
        "gpt-4o-mini-2024-07-18": (0.3236, 3.6),
        "DeepSeek Chat V3 (prev)": (0.3369, 48.4),
        "Grok 3 Mini Beta (high)": (0.7346, 49.3),
        "DeepSeek-V3.2-Exp (Chat)": (0.8756, 70.2),
        "DeepSeek-V3.2-Exp (Reasoner)": (1.3045, 74.2),
        "gpt-5 (low)": (10.3713, 81.3),
        "gpt-5 (medium)": (17.693, 86.7),
        "gpt-5 (high)": (29.0829, 88.0),
    }
    found = zip(there["cost_usd"], (100 * there["rate"]).round(1), strict=True)
    assert dict(zip(there["name"], found, strict=True)) == expected
    assert there["chance_on_front"].iloc[0] == 1
    # One point more for half again the cost is far from certain.
    assert 0.55 < there["chance_on_front"].iloc[-1] < 0.8


def test_aider_took_back_the_cost_of_gemini():
    before = read_leaderboard(BOARDS / "polyglot_leaderboard@7fbeafa1c_2025-04-12.yml")
    after = read_leaderboard(BOARDS / "polyglot_leaderboard@c1dc473ed_2025-05-07.yml")
    found = benchmark.restated(before, after).set_index("figure")
    assert found["name"].unique().tolist() == ["Gemini 2.5 Pro Preview 03-25"]
    assert found.loc["cost", ["before", "after"]].tolist() == ["$6.32", "$0.00"]
    assert found.loc["name", "before"] == "gemini/gemini-2.5-pro-preview-03-25"
    (gemini,) = after[after["run"] == found.loc["cost", "run"]].itertuples()
    assert (gemini.cost_usd_reported, bool(after["cost_usd"].isna()[gemini.Index])) == (0, True)


@pytest.mark.parametrize(
    "name", ["edit_leaderboard", "o1_polyglot_leaderboard", "qwen3_leaderboard"]
)
def test_every_leaderboard_of_aider_is_read(name):
    runs = read_leaderboard(BOARDS / f"{name}.yml")
    assert len(runs) >= 10
    assert runs["name"].is_unique
    assert (runs["passes"] / runs["cases"] - runs["rate_reported"]).abs().max() < 0.0051


def test_tau_bench_pass_hat_k_of_gpt_4o(airline):
    curve = repeated_trials.pass_hat_curve(airline)
    assert curve["rate"].astype(float).round(3).tolist() == [0.420, 0.273, 0.220, 0.200]
    assert curve["tasks"].tolist() == [50, 50, 50, 50]
    assert repeated_trials.trials_sentence(airline) == "All 50 tasks tried 4 times."


def test_tau_bench_costs_of_the_simulated_user(airline):
    assert (len(airline), airline["passed"].sum()) == (200, 84)
    assert airline["user_cost_usd"].isna().sum() == 5
    assert airline["user_cost_usd"].sum() == pytest.approx(0.50315, abs=5e-6)
