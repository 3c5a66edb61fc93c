"""Recorded costs against the price of the day: what is off, and what explains it."""

from __future__ import annotations

from typing import Any

import pytest
from frames import frame

import speckit_analysis as sk
from speckit_analysis.analysis.cost import accounting
from speckit_analysis.prices import PriceList


def calls(*rows: dict[str, Any]):
    made = [
        {
            "run_id": f"S1/plan/{number}",
            "spec_id": "S1",
            "model_id": "gpt-5",
            "provider": "openai",
            "timestamp": "2025-10-28T00:00:00Z",
            "prompt_tokens": 1234,
            "completion_tokens": 567,
            "source": "a.json",
            "locator": f"/{number}",
        }
        | row
        for number, row in enumerate(rows)
    ]
    table = frame("calls", made)
    return table.assign(cost_usd=PriceList().price(table)["cost_usd"])


#: 1,234 input and 567 output tokens on 28 October 2025, as upstream's writers recorded them.
RECORDED = [
    ("gemini-2.5-pro", 0.0072125, accounting.RIGHT),
    ("gemini-2.5-pro", 0.0072, accounting.RIGHT),
    ("gemini-2.5-pro", 0.0020545, "the table of telemetry_utils.py"),
    ("gpt-5", 0.02935, "the table of telemetry_utils.py"),
    ("gpt-5-codex", 0.03522, "the table of telemetry_utils.py"),
    ("gemini-2.0-flash", 0.0017877, "the table of cost_tracker.rs of November 2025"),
    ("gemini-1.5-pro", 0.0072125, "the table of cost_tracker.rs of November 2025"),
    ("claude-haiku-4-5", 0.00101725, "the table of cost_tracker.rs of October 2025"),
    (
        "gpt-5.2",
        0.02935,
        "the table of cost_tracker.rs of October 2025: price of an unknown model,"
        " $10 and $30 a million",
    ),
    ("gpt-5.2", 0.020345, "Claude Code: price of an unknown model, $5 and $25 a million"),
    ("gpt-5-mini", 1.4425, "1,000 times the price of the day"),
    ("gpt-5-mini", 0.00072125, "half the price of the day, as in a batch"),
    ("gpt-5-mini", 0.12, accounting.UNEXPLAINED),
]


@pytest.mark.parametrize(("model", "recorded", "explanation"), RECORDED)
def test_a_recorded_cost_is_explained_by_the_price_it_meets(model, recorded, explanation):
    provider = "openai" if model.startswith("gpt") else "google"
    provider = "anthropic" if model.startswith("claude") else provider
    made = calls({"model_id": model, "provider": provider, "cost_usd_reported": recorded})
    assert accounting.explain(accounting.comparable(made)).tolist() == [explanation]


def test_trust_is_graded_by_what_is_known_of_each_call():
    made = calls(
        {"cost_usd_reported": 0.0072},
        {"cost_usd_reported": 0.02},
        {"cost_usd_reported": None},
        {"cost_usd_reported": 0.5, "prompt_tokens": None},
        {"cost_usd_reported": None, "prompt_tokens": None},
    )
    graded = accounting.trust(made)
    assert graded["grade"].tolist() == list(accounting.TRUST)
    assert graded["calls"].tolist() == [1] * 5
    assert graded["cost_usd"].fillna(-1).tolist() == [0.0072125] * 3 + [0.5, -1]
    sentence = accounting.trust_sentence(graded)
    assert sentence.startswith("The cost of 60 % of 5 calls follows from their tokens (1 recorded")
    assert sentence.endswith("1 unknown). What is unknown is not 0: the total is a lower bound.")


def test_what_is_wholly_known_is_no_lower_bound():
    graded = accounting.trust(calls({"cost_usd_reported": 0.0072125}))
    assert "lower bound" not in accounting.trust_sentence(graded)
    assert "no calls" in accounting.trust_sentence(accounting.trust(frame("calls")))


def test_factors_are_by_model_and_file():
    made = calls(
        {"cost_usd_reported": 0.02935},
        {"cost_usd_reported": 0.02935},
        {"cost_usd_reported": 0.0072125, "source": "b.json"},
        {"cost_usd_reported": None},
    )
    found = accounting.factors(made, ["model_id", "source"])
    assert found["calls"].tolist() == [2, 1]
    assert found["total_ratio"].round(2).tolist() == [4.07, 1.0]
    assert found["constant"].tolist() == [True, False]
    assert found["explanation"].tolist() == ["the table of telemetry_utils.py", accounting.RIGHT]


def test_prices_that_nobody_published_are_found_from_the_amounts():
    tokens = [(1000, 100), (2000, 900), (500, 700), (3000, 50)]
    made = calls(
        *(
            {
                "prompt_tokens": prompt,
                "completion_tokens": output,
                "cost_usd_reported": round((prompt * 7 + output * 13) / 1e6, 9),
            }
            for prompt, output in tokens
        )
    )
    assert accounting.implied_price(accounting.comparable(made)) == pytest.approx((7, 13), rel=1e-3)
    (message,) = accounting.signatures(made, frame("costs"))["message"]
    assert "as if a million tokens cost $7.00 and $13.00" in message


@pytest.mark.parametrize("factor", [0.92, 4.88, 5.1])
def test_a_constant_factor_is_found_and_told(factor):
    tokens = [(1000, 100), (2000, 900), (500, 700)]
    made = calls(*({"prompt_tokens": p, "completion_tokens": c} for p, c in tokens))
    made["cost_usd_reported"] = made["cost_usd"] * factor
    (found,) = accounting.signatures(made, frame("costs")).itertuples()
    assert found.signature == "constant_factor"
    assert f"recorded at {factor:.2f} times the price, a constant factor" in found.message
    assert accounting.factors(made)["constant"].tolist() == [True]


def test_no_price_is_implied_where_none_fits():
    made = calls(
        {"cost_usd_reported": 0.1, "prompt_tokens": 10},
        {"cost_usd_reported": 0.7, "prompt_tokens": 20_000},
        {"cost_usd_reported": 0.2, "completion_tokens": 9},
    )
    assert accounting.implied_price(accounting.comparable(made)) is None
    assert accounting.implied_price(accounting.comparable(made).head(2)) is None


def test_calls_that_cost_money_recorded_as_nothing():
    made = calls({"cost_usd_reported": 0.0}, {"cost_usd_reported": 0.0})
    (found,) = accounting.signatures(made, frame("costs")).itertuples()
    assert (found.signature, found.rows) == ("zero_cost", 2)
    assert found.computed_usd == pytest.approx(2 * 0.0072125)
    assert "2 calls of gpt-5 recorded at $0.00: their tokens cost $0.014" in found.message


def test_one_sessions_usage_charged_to_every_call():
    made = calls(*({"cost_usd_reported": 0.43235, "prompt_tokens": n} for n in (10, 900, 7000)))
    found = accounting.signatures(made, frame("costs")).set_index("signature")
    assert found.loc["repeated_amount", "rows"] == 3
    assert "3 calls at $0.43 each" in found.loc["repeated_amount", "message"]


def test_equal_amounts_for_equal_tokens_are_no_mark():
    made = calls(*[{"cost_usd_reported": 0.0072125}] * 3)
    assert accounting.signatures(made, frame("costs")).empty


def summary(*rows: dict[str, Any]):
    common = {"spec_id": "S1", "source": "costs/S1_cost_summary.json", "locator": "/"}
    return frame("costs", [common | {"superseded": False} | row for row in rows])


def agents(**amounts: float) -> list[dict[str, Any]]:
    return [
        {"scope": "agent", "agent": name, "cost_usd_reported": usd} for name, usd in amounts.items()
    ]


def test_one_count_of_tokens_charged_to_every_agent_at_the_price_of_unknown_models():
    parts = {"gemini": 0.8647, "claude": 0.43235, "code": 0.43235, "gpt_pro": 0.43235}
    parts |= {"gpt-4o-mini": 0.006561}
    costs = summary(*agents(**parts))
    (found,) = accounting.signatures(frame("calls"), costs).itertuples()
    assert (found.signature, found.rows) == ("repeated_amount", 4)
    assert "4 agents at $0.43 or a multiple of it" in found.message
    assert "about 41,720 input and 505 output tokens" in found.message
    assert "$10 and $30 a million" in found.message


def test_a_summary_of_nothing_over_calls():
    costs = summary({"scope": "total", "cost_usd_reported": 0.0, "calls_reported": 37})
    (found,) = accounting.signatures(frame("calls"), costs).itertuples()
    assert found.signature == "zero_cost"
    assert found.message == "S1: $0.00 for 37 calls: nothing was measured"


def test_sums_by_stage_and_by_agent_that_differ():
    stages = [{"scope": "stage", "stage": "plan", "cost_usd_reported": 2.24}]
    costs = summary({"scope": "total", "cost_usd_reported": 2.71}, *stages, *agents(claude=2.71))
    (found,) = accounting.signatures(frame("calls"), costs).itertuples()
    assert found.signature == "sums_differ"
    assert found.message.endswith("by agent $2.71, by stage $2.24 and in total $2.71")


def test_sums_that_differ_by_rounding_are_the_same():
    stages = [{"scope": "stage", "stage": "plan", "cost_usd_reported": 2.705}]
    costs = summary({"scope": "total", "cost_usd_reported": 2.71}, *stages)
    assert accounting.signatures(frame("calls"), costs).empty


@pytest.mark.parametrize(
    ("said", "words"), [(411.0, "is percent, not a ratio"), (0.0411, "is a ratio, not percent")]
)
def test_percent_taken_for_a_ratio(said, words):
    total = {"scope": "total", "cost_usd_reported": 8.22, "budget_usd": 2.0}
    costs = summary(total | {"utilization": 4.11, "utilization_reported": said})
    (found,) = accounting.signatures(frame("calls"), costs).itertuples()
    assert found.signature == "ratio_or_percent"
    assert words in found.message
    assert "411 % of the budget" in found.message


def test_superseded_summaries_bear_no_marks():
    total = {"scope": "total", "cost_usd_reported": 0.0, "calls_reported": 37}
    assert accounting.signatures(frame("calls"), summary(total | {"superseded": True})).empty


def test_no_evidence_bears_no_marks():
    found = accounting.signatures(frame("calls"), frame("costs"))
    assert list(map(str, found.dtypes))[:5] == ["string", "string", "string", "Int64", "Float64"]
    assert accounting.accounting_sentence(found).startswith("No recorded amount")


def test_the_sample_bears_the_marks_of_its_damage():
    evidence = sk.load(sk.sample_path())
    found = accounting.signatures(evidence.calls, evidence.costs)
    assert "zero_cost" in set(found["signature"])
    assert accounting.accounting_sentence(found).startswith(f"{len(found)} mark")
