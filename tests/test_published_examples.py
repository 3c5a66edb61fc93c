"""The numbers of published examples come out of the public functions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from frames import frame
from needs import needs
from shared_files import PUBLISHED_EXAMPLES

from speckit_analysis.analysis import cost
from speckit_analysis.analysis.summaries import summarise
from speckit_analysis.stats import blinding, proportions
from speckit_analysis.stats.agreement import cohen_kappa
from speckit_analysis.stats.economics import frontier
from speckit_analysis.stats.multiplicity import any_may_win
from speckit_analysis.stats.paired import paired_t, sign_flip
from speckit_analysis.stats.paired_proportions import mcnemar
from speckit_analysis.stats.raters import reviewer_severity
from speckit_analysis.stats.reliability import krippendorff_alpha
from speckit_analysis.stats.sequential import e_value

Numbers = dict[str, Any]


def krippendorff_2011(data: Numbers) -> Numbers:
    table = np.array(data["ratings_observer_by_unit"], dtype=float).T
    scales = ("nominal", "ordinal", "interval")
    return {scale: krippendorff_alpha(table, scale) for scale in scales}


def perfect_and_constant_ratings(data: Numbers) -> Numbers:
    perfect, constant = (np.array(data[name]).T for name in ("perfect", "constant_all_same"))
    return {
        "perfect_alpha": krippendorff_alpha(perfect),
        "constant_alpha": krippendorff_alpha(constant),
    }


def cohen_1968(data: Numbers) -> Numbers:
    counts, weights = np.array(data["counts"]), np.array(data["disagreement_weights"])
    plain = cohen_kappa(counts).estimate
    return {
        "kappa": plain.value,
        "weighted_kappa": cohen_kappa(counts, weights).estimate.value,
        "kappa_std": plain.standard_error,
        "kappa_ci95_normal": [plain.low, plain.high],
    }


def cohen_of_two_labels(data: Numbers) -> Numbers:
    found = cohen_kappa(np.array(data["counts"]))
    return {"kappa": found.estimate.value, "po": found.observed, "pe": found.expected}


def _bang(counts: np.ndarray) -> list[float]:
    """Return Bang's index of those who read the first and the second variant."""
    (first, wrong_second), (wrong_first, second), *_ = counts
    asked = np.sum(counts, axis=0)
    return [
        blinding.chance_corrected(first, wrong_first, asked[0], 2),
        blinding.chance_corrected(second, wrong_second, asked[1], 2),
    ]


def blinding_of_the_crisp_trial(data: Numbers) -> Numbers:
    treatment, placebo = _bang(np.array(data["counts"]))
    return {"bang": {"treatment": {"est": treatment}, "placebo": {"est": placebo}}}


def edges_of_blinding(data: Numbers) -> Numbers:
    found: Numbers = {name: {"bang": _bang(np.array(counts))} for name, counts in data.items()}
    found["all_guess_A"]["sum_index"] = sum(found["all_guess_A"]["bang"])
    return found


def intervals_of_shares(data: Numbers) -> Numbers:
    rows = []
    for x, n in data["cases"]:
        low, high = proportions.one_sided_limits(x, n)
        row = {
            "x": x,
            "n": n,
            "clopper_pearson95": list(proportions.exact_interval(x, n)),
            "cp_lower_1sided95": low,
            "cp_upper_1sided95": high,
        }
        rows.append(row)
    return {"rows": rows}


def units_to_claim_a_rate(data: Numbers) -> Numbers:
    def least(rate: float, most: int, alpha: float) -> Numbers:
        return {str(k): proportions.least_n_for_rate(rate, k, alpha) for k in range(most)}

    return {
        "min_n_by_disagreements_alpha05": least(data["p0"], 6, data["alpha"]),
        "min_n_alpha025": least(data["p0"], 6, data["alpha"] / 2),
        "min_n_for_rate_below_5pct_by_events": least(0.95, 4, data["alpha"]),
    }


def student_1908(data: Numbers) -> Numbers:
    gaps = np.array(data["x"]) - np.array(data["y"])
    found = paired_t(gaps)
    return {
        "mean_diff": found.value,
        "t": found.statistic,
        "df": found.degrees_of_freedom,
        "p_t": found.p_value,
        "ci95": [found.low, found.high],
        "p_signflip_exact_two_sided": sign_flip(gaps)[0],
    }


def paired_yes_and_no(data: Numbers) -> Numbers:
    rows = []
    for table in data["tables"]:
        found = mcnemar(np.array(table))
        row = {
            "table": table,
            "exact_p": found.exact_p,
            "mid_p": found.mid_p,
            "chi2_cc": found.chi2_corrected,
            "chi2": found.chi2,
            "diff": found.difference.value,
            "bonett_price95": [found.difference.low, found.difference.high],
        }
        rows.append(row)
    return {"rows": rows}


def several_p_values(data: Numbers) -> Numbers:
    return {"holm_adj": any_may_win(data["holm_p"])}


def eleven_strategies(data: Numbers) -> Numbers:
    rows = data["strategy_cost_effect"]
    found = frontier({name: (price, effect) for name, price, effect in rows})
    letters = {"frontier": "ND", "dominated": "D", "extendedly dominated": "ED"}
    table = found.set_index("strategy")
    kept = table.loc[table["status"] == "frontier", ["icer", "inc_cost", "inc_effect"]]
    return {
        "frontier": kept.to_dict("index"),
        "status": table["status"].map(letters).to_dict(),
    }


def latency_of_a_run(data: Numbers) -> Numbers:
    calls = frame(
        "calls",
        [
            {"run_id": "S/plan", "stage": "plan", "latency_ms": took, "cost_usd": amount}
            for took, amount in zip(data["latency_ms"], data["cost"], strict=True)
        ],
    )
    by_stage = cost.run_latency(calls).iloc[0]
    return {
        "total_cost_usd": summarise(calls, "stage", "cost_usd")["sum"].iloc[0],
        "total_latency_ms_sum": by_stage["sum_ms"],
        "parallel_wall_clock_lower_bound_ms": by_stage["wall_ms"],
    }


def additive_severity(data: Numbers) -> Numbers:
    rows = pd.DataFrame(data["ratings"], columns=["output", "reviewer", "score"])
    found = reviewer_severity(rows)
    return {"fair_score": found.fair.to_dict(), "severity": found.severity.to_dict()}


def evidence_of_t(data: Numbers) -> Numbers:
    return {"E": [e_value(t, n) for t, n in zip(data["t"], data["n"], strict=True)]}


#: What computes all numbers of each example.
EXAMPLES: dict[str, Callable[[Numbers], Numbers]] = {
    "kripp2011": krippendorff_2011,
    "kripp_edge": perfect_and_constant_ratings,
    "cohen_1968_weighted": cohen_1968,
    "cohen_2x2": cohen_of_two_labels,
    "blind_CRISP_Bang2004_table7": blinding_of_the_crisp_trial,
    "blind_edges": edges_of_blinding,
    "binom_ci": intervals_of_shares,
    "agreement90_min_n": units_to_claim_a_rate,
    "student_sleep": student_1908,
    "mcnemar": paired_yes_and_no,
    "multiplicity": several_p_values,
    "dampack_cdiff": eleven_strategies,
    "seed_example_telemetry": latency_of_a_run,
    "severity_additive": additive_severity,
    "e_ttest": evidence_of_t,
}

#: Examples that nothing computes: no report uses their methods.
NOT_COMPUTED = {
    "routellm_apgr": "the curve of a router that learns",
    "miller_clustered_se": "the mean of scores in clusters",
    "signflip_min_p": "how few units exchanged signs take",
    "efron_spatial_A": "bootstrap intervals",
    "sleepstudy": "coefficients that vary by group",
    "toster_lakens2017": "equivalence of independent samples",
    "ceac_analytic": "acceptability from means and errors alone",
    "chapman": "defects that two finders missed",
    "bt_baseball": "abilities from pairs",
    "irrcac_raw4raters": "agreement of several reviewers on labels",
    "arbiter_net": "net share of independent decisions",
    "cost_of_pass": "the least that a pass costs of several models",
    "hartigan_typical": "typical values",
}

#: Numbers of the other examples that nothing computes, for the same reason.
NUMBERS_NOT_COMPUTED = {
    "kripp2011": {"ratio"},
    "blind_CRISP_Bang2004_table7": {
        *("james", "james_se_delta_numeric_gradient", "se", "ci95_two_sided"),
        *("lower_1sided95", "upper_1sided95"),
    },
    "blind_edges": {"james"},
    "binom_ci": {"wilson95"},
    "student_sleep": {"p_wilcoxon_exact_or_approx", "cohen_dz"},
    "multiplicity": {"bh_adj", "bh_rejections", "bonferroni_rejections"},
    "seed_example_telemetry": {"sum_over_max"},
    "severity_additive": {"raw_mean", "rank", "residual_ss"},
}


def flat(numbers: Any, place: str = "") -> dict[str, Any]:
    """Return the leaves of nested numbers by their place; a missing one is NaN, as is None."""
    if isinstance(numbers, dict | list):
        pairs = numbers.items() if isinstance(numbers, dict) else enumerate(numbers)
        found: dict[str, Any] = {}
        for key, value in pairs:
            found |= flat(value, f"{place}/{key}")
        return found
    if numbers is None:
        return {place: float("nan")}
    return {place: float(numbers) if numbers == "inf" else numbers}


def published() -> list[dict[str, Any]]:
    """Return the published examples, each with data and expected results."""
    entries: list[dict[str, Any]] = json.loads(PUBLISHED_EXAMPLES.read_text())["entries"]
    return entries


@needs(PUBLISHED_EXAMPLES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_numbers_of_a_published_example(name: str) -> None:
    (entry,) = [one for one in published() if one["id"] == name]
    found, wanted = flat(EXAMPLES[name](entry["data"])), flat(entry["expected"])
    left_out = NUMBERS_NOT_COMPUTED.get(name, set())
    wanted = {place: one for place, one in wanted.items() if not left_out & {*place.split("/")}}
    assert found.keys() == wanted.keys()
    for place, value in wanted.items():
        if isinstance(value, str):
            assert found[place] == value, place
            continue
        near = pytest.approx(value, rel=0, abs=entry["abs_tol"], nan_ok=True)
        assert float(found[place]) == near, place


@needs(PUBLISHED_EXAMPLES)
def test_every_published_example_is_computed_or_named_as_not_used() -> None:
    assert not EXAMPLES.keys() & NOT_COMPUTED.keys()
    assert {entry["id"] for entry in published()} == EXAMPLES.keys() | NOT_COMPUTED.keys()
    named = {entry["id"]: set(flat(entry["expected"])) for entry in published()}
    for name, left_out in NUMBERS_NOT_COMPUTED.items():
        assert left_out <= {part for place in named[name] for part in place.split("/")}, name
