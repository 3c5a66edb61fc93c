"""Every number of the published examples comes out of the public functions."""

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
from speckit_analysis.analysis.cost.latency import latency_of_run
from speckit_analysis.analysis.summaries import summarise
from speckit_analysis.stats import blinding, proportions
from speckit_analysis.stats.agreement import agreement, cohen_kappa
from speckit_analysis.stats.bootstrap import bootstrap
from speckit_analysis.stats.bradley_terry import bradley_terry
from speckit_analysis.stats.clustered import clustered_mean
from speckit_analysis.stats.economics import (
    expected_cost_of_pass,
    frontier,
    frontier_cost_of_pass,
)
from speckit_analysis.stats.increment import Increment
from speckit_analysis.stats.mixed import LinearMixedModel, random_coefficients
from speckit_analysis.stats.multiplicity import corrected
from speckit_analysis.stats.paired import (
    observed_range,
    paired_t,
    sign_flip,
    standardised_difference,
)
from speckit_analysis.stats.paired_proportions import mcnemar
from speckit_analysis.stats.reliability import krippendorff_alpha
from speckit_analysis.stats.router_curve import router_curve
from speckit_analysis.stats.samples import Sample, difference, equivalence, margin_of_effect_size
from speckit_analysis.stats.sequential import e_value
from speckit_analysis.stats.severity import reviewer_severity
from speckit_analysis.stats.signs import (
    least_units_for_signs,
    signed_rank,
    subset_means,
    typical_values,
)

Numbers = dict[str, Any]


def krippendorff_2011(data: Numbers) -> Numbers:
    table = np.array(data["ratings_observer_by_unit"], dtype=float).T
    scales = ("nominal", "ordinal", "interval", "ratio")
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


def _bang(arm: blinding.BangIndex) -> Numbers:
    return {
        "est": arm.value,
        "se": arm.standard_error,
        "ci95_two_sided": [arm.low, arm.high],
        "lower_1sided95": arm.lower_one_sided,
        "upper_1sided95": arm.upper_one_sided,
    }


def blinding_of_the_crisp_trial(data: Numbers) -> Numbers:
    counts = np.array(data["counts"])
    overall, arms = blinding.james_estimate(counts), blinding.bang_arms(counts)
    return {
        "james": {
            "est": overall.value,
            "se": overall.standard_error,
            "lcl": overall.low,
            "ucl": overall.high,
        },
        "bang": {"treatment": _bang(arms.first), "placebo": _bang(arms.second)},
        "james_se_delta_numeric_gradient": overall.standard_error,
    }


def edges_of_blinding(data: Numbers) -> Numbers:
    found = {}
    for name, counts in data.items():
        arms = blinding.bang_arms(counts)
        both = [arms.first.value, arms.second.value]
        found[name] = {"james": blinding.james_estimate(counts).value, "bang": both}
        if name == "all_guess_A":
            found[name]["sum_index"] = arms.total
    return found


def intervals_of_shares(data: Numbers) -> Numbers:
    rows = []
    for x, n in data["cases"]:
        exact, (low, high) = proportions.share(x, n), proportions.one_sided_limits(x, n)
        row = {
            "x": x,
            "n": n,
            "clopper_pearson95": [exact.low, exact.high],
            "wilson95": list(proportions.wilson_interval(x, n)),
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
        "p_wilcoxon_exact_or_approx": signed_rank(gaps)[0],
        "cohen_dz": standardised_difference(gaps),
    }


def least_p_of_signs(data: Numbers) -> Numbers:
    return {
        "min_two_sided_p": [sign_flip(np.arange(1.0, n + 1))[0] for n in data["n"]],
        "smallest_n_two_sided_05": least_units_for_signs(0.05),
        "smallest_n_one_sided_05": least_units_for_signs(0.05, two_sided=False),
        "smallest_n_one_sided_025": least_units_for_signs(0.025, two_sided=False),
        "smallest_n_two_sided_01": least_units_for_signs(0.01),
    }


def efron_s_spatial_test(data: Numbers) -> Numbers:
    found = bootstrap(np.array(data["A"]), np.var, level=data["level"], draws=50_000)
    return {
        "theta": found.bca.value,
        "acceleration": found.acceleration,
        "bca90_200k": [found.bca.low, found.bca.high],
        "percentile90_200k": [found.percentile.low, found.percentile.high],
    }


def sleep_study(data: Numbers) -> Numbers:
    rows = pd.read_csv(PUBLISHED_EXAMPLES.parent / data["csv"].split()[0])

    def told(fit: LinearMixedModel) -> Numbers:
        return {
            "var_int": fit.covariance["Intercept"]["Intercept"],
            "cov": fit.covariance["Intercept"]["Days"],
            "var_slope": fit.variances["Days"],
            "resid_var": fit.residual_variance,
        }

    by_reml, by_ml = (
        random_coefficients(rows, "Reaction ~ Days", "Subject", "Days", reml=reml)
        for reml in (True, False)
    )
    fixed = {
        "fe": by_reml.fixed["estimate"].tolist(),
        "se": by_reml.fixed["standard_error"].tolist(),
    }
    return {
        "reml": fixed | told(by_reml) | {"criterion": by_reml.criterion},
        "ml": told(by_ml) | {"deviance": by_ml.criterion},
    }


def lakens_2017(data: Numbers) -> Numbers:
    first, second = (Sample(data[f"m{i}"], data[f"sd{i}"], data[f"n{i}"]) for i in (1, 2))
    bound = margin_of_effect_size(data["d_bound"], first, second)
    found = difference(first, second, level=0.9)
    tests = equivalence(found, -bound, bound)
    return {
        "raw_bound": bound,
        "se": found.standard_error,
        "df": found.degrees_of_freedom,
        "t_lower": tests.t_low,
        "p_lower": tests.p_low,
        "t_upper": tests.t_high,
        "p_upper": tests.p_high,
        "ci90": [tests.estimate.low, tests.estimate.high],
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
    false_discovery = corrected(data["bh_p"], "benjamini-hochberg")
    bonferroni = corrected(data["bh_p"], "bonferroni")
    return {
        "holm_adj": corrected(data["holm_p"], "holm"),
        "bh_adj": false_discovery,
        "bh_rejections": sum(p <= 0.05 for p in false_discovery),
        "bonferroni_rejections": sum(p <= 0.05 for p in bonferroni),
    }


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


def normal_increment(data: Numbers) -> Numbers:
    step = Increment(data["dC"], data["dE"], data["sC"], data["sE"], data["rho"])
    worths = data["lambda_"]
    return {
        "icer": step.ratio,
        "inmb": step.net_benefit(worths)["net_benefit"].tolist(),
        "ceac": step.acceptability(worths)["probability"].tolist(),
        "ceac_limit_inf": step.acceptability([np.inf])["probability"][0],
        "ceac_at_0": step.acceptability([0.0])["probability"][0],
    }


def defects_of_two_finders(data: Numbers) -> Numbers:
    total, variance = proportions.chapman(data["n1"], data["n2"], data["m"])
    return {
        "lincoln_petersen": proportions.lincoln_petersen(data["n1"], data["n2"], data["m"]),
        "chapman": total,
        "chapman_var": variance,
    }


def american_league_1987(data: Numbers) -> Numbers:
    found = bradley_terry(np.array(data["wins_row_over_col"]), data["teams"], "Baltimore")
    return {
        "ability": found.ability.tolist(),
        "se": found.standard_error.tolist(),
        "deviance": found.deviance,
    }


def latency_of_a_run(data: Numbers) -> Numbers:
    calls = frame(
        "calls",
        [
            {"run_id": "S/plan", "stage": "plan", "latency_ms": took, "cost_usd": amount}
            for took, amount in zip(data["latency_ms"], data["cost"], strict=True)
        ],
    )
    found = latency_of_run(data["latency_ms"])
    by_stage = cost.run_latency(calls).iloc[0]
    assert by_stage["sum_ms"] == found.sum_ms
    return {
        "total_cost_usd": summarise(calls, "stage", "cost_usd")["sum"].iloc[0],
        "total_latency_ms_sum": found.sum_ms,
        "parallel_wall_clock_lower_bound_ms": by_stage["wall_ms"],
        "sum_over_max": found.sum_over_wall,
    }


def four_raters(data: Numbers) -> Numbers:
    table = np.array(data["units_by_rater"], dtype=float)

    def told(coefficient: str) -> Numbers:
        found = agreement(table, coefficient)
        return {
            "coef": found.estimate.value,
            "se": found.estimate.standard_error,
            "ci": [found.estimate.low, found.estimate.high],
            "pa": found.observed,
            "pe": found.expected,
        }

    names = {"gwet": "gwet", "fleiss": "fleiss", "conger": "conger"}
    names |= {"krippendorff": "krippendorff", "bp": "brennan-prediger"}
    weighted = {
        f"{short}_{weights}": agreement(table, long, weights).estimate.value
        for short, long in (("gwet", "gwet"), ("kripp", "krippendorff"))
        for weights in ("linear", "quadratic", "ordinal")
    }
    return {short: told(long) for short, long in names.items()} | weighted


def additive_severity(data: Numbers) -> Numbers:
    rows = pd.DataFrame(data["ratings"], columns=["output", "reviewer", "score"])
    found = reviewer_severity(rows)
    return {
        "fair_score": found.fair.to_dict(),
        "severity": found.severity.to_dict(),
        "raw_mean": found.raw.to_dict(),
        "rank": found.rank,
        "residual_ss": found.residual_squares,
    }


def overrides_of_an_arbiter(data: Numbers) -> Numbers:
    better, neutral, worse = (data[name] for name in ("improvement", "neutral", "degradation"))
    net = proportions.independent_net_share(better, neutral, worse)
    decided = proportions.share(better, better + worse)
    return {
        "net_benefit": net.value,
        "sign_test_p_two_sided": net.p_value,
        "p_improve_given_decided": decided.value,
        "cp95_improve_given_decided": [decided.low, decided.high],
        "bang_style_se": net.standard_error,
    }


def cost_of_a_pass(data: Numbers) -> Numbers:
    each, rate = data["cost"], data["pass_rate"]
    return {
        "cop": expected_cost_of_pass(each, rate).tolist(),
        "frontier": frontier_cost_of_pass(each, rate, data["baseline"]),
    }


def a_router(data: Numbers) -> Numbers:
    curve = router_curve(data["strong_fraction"], data["accuracy"])
    return {
        "auc": curve.area,
        "apgr": curve.gap_recovered,
        "cpt50_strong_fraction": curve.share_needed(0.5),
    }


def evidence_of_t(data: Numbers) -> Numbers:
    return {"E": [e_value(t, n) for t, n in zip(data["t"], data["n"], strict=True)]}


def hartigan_1969(data: Numbers) -> Numbers:
    gaps = np.array(data["d"])
    first, second = typical_values(gaps), typical_values(gaps, rank=2)
    seen = observed_range(gaps)
    assert (seen.low, seen.high, seen.level) == (first.low, first.high, first.level)
    return {
        "n_subsets": len(subset_means(gaps)),
        "k": round((1 - first.level) / 2 * 2 ** len(gaps)),
        "level": first.level,
        "ci": [first.low, first.high],
        "k2_ci": [second.low, second.high],
        "k2_level": second.level,
    }


def miller_2024(data: Numbers) -> Numbers:
    found = clustered_mean(np.array(data["score"]), np.array(data["cluster"]))
    return {
        "mean": found.estimate.value,
        "se_clt_n-1": found.independent_error,
        "se_clustered_miller": found.clustered_error,
        "se_clustered_inspect_finite": found.corrected_error,
    }


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
    "signflip_min_p": least_p_of_signs,
    "efron_spatial_A": efron_s_spatial_test,
    "sleepstudy": sleep_study,
    "toster_lakens2017": lakens_2017,
    "mcnemar": paired_yes_and_no,
    "multiplicity": several_p_values,
    "dampack_cdiff": eleven_strategies,
    "ceac_analytic": normal_increment,
    "chapman": defects_of_two_finders,
    "bt_baseball": american_league_1987,
    "seed_example_telemetry": latency_of_a_run,
    "irrcac_raw4raters": four_raters,
    "severity_additive": additive_severity,
    "arbiter_net": overrides_of_an_arbiter,
    "cost_of_pass": cost_of_a_pass,
    "routellm_apgr": a_router,
    "e_ttest": evidence_of_t,
    "hartigan_typical": hartigan_1969,
    "miller_clustered_se": miller_2024,
}

#: Numbers that are known better than the tolerance of their example.
CLOSER = {"efron_spatial_A": {"theta": 0.05, "acceleration": 1e-3}}


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
def test_every_number_of_a_published_example(name: str) -> None:
    (entry,) = [one for one in published() if one["id"] == name]
    found, wanted = flat(EXAMPLES[name](entry["data"])), flat(entry["expected"])
    assert found.keys() == wanted.keys()
    for place, value in wanted.items():
        if isinstance(value, str):
            assert found[place] == value, place
            continue
        close = CLOSER.get(name, {}).get(place.strip("/"), entry["abs_tol"])
        near = pytest.approx(value, rel=0, abs=close, nan_ok=True)
        assert float(found[place]) == near, place


@needs(PUBLISHED_EXAMPLES)
def test_every_published_example_is_computed() -> None:
    assert {entry["id"] for entry in published()} == EXAMPLES.keys()
