"""Tracked spending against a bill: by hand, and against bills of a known difference."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from evidence_files import PLACES, telemetry, write
from frames import frame
from needs import needs
from scipy import stats
from shared_files import EVIDENCE
from simulations import chance, repeated

import speckit_analysis as sk
from speckit_analysis.analysis.cost.billing import cost_validation, outlook, reconcile
from speckit_analysis.cli import main
from speckit_analysis.errors import EvidenceError
from speckit_analysis.figures.spending import reconciliation
from speckit_analysis.prices.invoices import Invoice, read_invoice
from speckit_analysis.simulate.invoice import LAYOUTS, simulate_invoice


def call(day, usd, model="gpt-5", provider="openai", **more):
    row = {"run_id": f"S/{day}", "spec_id": "S", "model_id": model, "provider": provider}
    return row | {"cost_usd": usd, "timestamp": f"{day}T12:00:00Z"} | more


@pytest.fixture
def bill(tmp_path):
    def read(*lines: str) -> Invoice:
        path = tmp_path / "bill.csv"
        path.write_text("date,model,cost,input_tokens,output_tokens\n" + "\n".join(lines) + "\n")
        return read_invoice([path])

    return read


CALLS = [
    call("2025-10-06", 1.0, prompt_tokens=90, completion_tokens=10),
    call("2025-10-06", 1.0, prompt_tokens=90, completion_tokens=10),
    call("2025-10-07", 3.0),
    call("2025-10-08", None),
]


def test_lines_are_days_and_models(bill):
    found = reconcile(
        frame("calls", CALLS),
        bill("2025-10-06,gpt-5,2.5,200,50", "2025-10-07,gpt-5,3,,", "2025-10-08,gpt-5,1,,"),
    )
    assert found.lines["where"].tolist() == ["both"] * 3
    assert found.lines["tracked_usd"].tolist() == [2.0, 3.0, 0.0]
    assert found.lines["calls_without_cost"].tolist() == [0, 0, 1]
    assert found.lines["ratio"].tolist() == pytest.approx([0.8, 1.0, 0.0])
    assert (found.tracked_usd, found.billed_usd) == (5.0, 6.5)
    assert not found.passed
    assert "1 of 4 calls of these days have no known cost" in found.sentence
    assert found.sentence.startswith(
        "Fails: $5.00 tracked against $6.50 billed, -23.1 % (±15 % allowed), 6 October 2025 to"
        " 8 October 2025."
    )


def test_a_ratio_is_tokens_times_price_where_the_bill_counts_tokens(bill):
    found = reconcile(frame("calls", CALLS[:2]), bill("2025-10-06,gpt-5,2.5,200,50"))
    (line,) = found.lines.itertuples()
    assert (line.tokens_ratio, line.price_ratio) == pytest.approx((0.8, 1.0))


@pytest.mark.parametrize(
    ("billed", "passed"), [(2.3, True), (1.8, True), (2.4, False), (1.7, False)]
)
def test_the_window_passes_or_fails_by_arithmetic(bill, billed, passed):
    found = reconcile(frame("calls", CALLS[:2]), bill(f"2025-10-06,gpt-5,{billed},,"))
    assert found.passed is passed


@pytest.mark.parametrize(
    "lines",
    [["2025-10-06,gpt-5,0,,"], [f"2025-10-06,gpt-5,{usd},," for usd in (0.1, 0.2, -0.3)]],
)
def test_a_bill_of_nothing_fails_in_words(bill, lines):
    found = reconcile(frame("calls", CALLS[:2]), bill(*lines))
    assert np.isnan(found.error)
    assert not found.passed
    assert found.sentence.startswith(
        "Fails: $2.00 tracked against $0.00 billed, of which no share can be told, 6 October 2025"
    )


def test_calls_without_a_cost_neither_pass_nor_fail(bill):
    unknown = [call("2025-10-06", None), call("2025-10-07", None)]
    found = reconcile(frame("calls", unknown), bill("2025-10-06,gpt-5,2,,", "2025-10-07,gpt-5,1,,"))
    assert not found.can_tell
    assert not found.passed
    assert found.sentence == (
        "Cannot tell: no call of these days has a known cost, against $3.00 billed, 6 October 2025"
        " to 7 October 2025. 2 of 2 calls of these days have no known cost and are not tracked,"
        " whether billed or not."
    )
    assert reconciliation(found).title.startswith("No call of these days has a known cost")


def test_days_without_a_call_fail_and_one_known_cost_is_enough_to_tell(bill):
    around = [call("2025-10-05", None), call("2025-10-09", None)]
    of_days = bill("2025-10-06,gpt-5,2,,", "2025-10-07,gpt-5,1,,")
    without = reconcile(frame("calls", around), of_days)
    assert without.can_tell
    assert without.sentence.startswith("Fails: $0.00 tracked against $3.00 billed")
    one = [call("2025-10-06", 0.1), call("2025-10-07", None)]
    assert reconcile(frame("calls", one), of_days).can_tell


def test_the_chart_of_a_bill_of_nothing_tells_no_share(bill):
    calls = frame("calls", [*CALLS[:2], call("2025-10-06", 1.0, model="gpt-5-mini")])
    found = reconcile(calls, bill("2025-10-06,gpt-5,2,,", "2025-10-06,gpt-5-mini,-2,,"))
    assert reconciliation(found).title == "Nothing was to be paid for these days, all in all"


def test_lines_without_a_partner_are_told(bill):
    calls = frame("calls", [*CALLS[:3], call("2025-10-07", 9.0, model="gpt-5-mini")])
    found = reconcile(calls, bill("2025-10-06,gpt-5,2,,", "2025-10-07,o3,4,,"))
    assert found.unmatched[["model_id", "where"]].to_numpy().tolist() == [
        ["gpt-5", "only tracked"],
        ["gpt-5-mini", "only tracked"],
        ["o3", "only billed"],
    ]
    assert "Without a partner: 1 line only billed and 2 lines only tracked." in found.sentence


def test_only_days_that_both_cover_are_compared(bill):
    found = reconcile(frame("calls", CALLS), bill("2025-10-05,gpt-5,7,,", "2025-10-06,gpt-5,2,,"))
    assert (found.billed_usd, found.tracked_usd) == (2.0, 2.0)
    assert "1 line outside these days" in found.sentence
    assert "2 calls outside these days" in found.sentence


def test_calls_to_other_providers_are_no_part_of_the_bill(bill):
    calls = frame("calls", [*CALLS[:2], call("2025-10-06", 5.0, "gemini-2.5-pro", "google")])
    found = reconcile(calls, bill("2025-10-06,gpt-5,2,,"))
    assert found.tracked_usd == 2.0
    assert "1 call to providers that the bill does not cover left out" in found.sentence


def test_what_names_no_model_is_not_compared(bill):
    found = reconcile(frame("calls", CALLS[:2]), bill("2025-10-06,gpt-5,2,,", "2025-10-06,VAT,1,,"))
    assert found.billed_usd == 2.0
    assert "1 line of the bill without a model ($1.00) not compared" in found.sentence


TOKENS = {"prompt_tokens": 900, "completion_tokens": 100}
DAYS = [call(f"2025-10-0{day}", 1.0, **TOKENS) for day in (6, 7, 8)]
BILLED = [f"2025-10-0{day},gpt-5,1,," for day in (6, 7, 8)]


@pytest.mark.parametrize(
    ("calls", "lines", "shares"),
    [
        ([], [], (1, 1)),
        ([], ["2025-10-10,gpt-5,0.1,,"], (30 / 31, 1)),
        ([], ["2025-10-10,gpt-5,1,,"], (3 / 4, 1)),
        ([], ["2025-10-07,VAT,0.6,,"], (3 / 3.6, 1)),
        ([], [",Rounding error,-0.01,,"], (3 / 3.01, 1)),
        ([], ["2025-10-07,Credit,-3,,"], (1 / 2, 1)),
        ([call("2025-10-07", 0.4, "o3")], ["2025-10-07,gpt-5-mini,0.4,,"], (3 / 3.4, 3 / 3.4)),
        ([call("2025-10-07", 0.3, "o3")], [], (1, 3 / 3.3)),
        ([call("2025-10-07", None, "o9", **TOKENS)], [], (1, 3 / 4)),
        ([call("2025-10-07", None, "o9", **TOKENS)], ["2025-10-07,o9,0.4,,"], (3 / 3.4, 3 / 4)),
        ([call("2025-10-07", None, None, **TOKENS)], [], (1, 3 / 4)),
        ([call("2025-10-07", None, None, None, **TOKENS)], [], (1, 3 / 4)),
        ([call("2025-10-07", 1.0) | {"timestamp": None}], [], (1, 3 / 4)),
        ([call("2025-10-07", None)], [], (1, 1)),
        ([call("2025-10-20", 9.0)], [], (1, 1)),
        ([call("2025-10-07", 9.0, "gemini-2.5-pro", "google")], [], (1, 1)),
    ],
)
def test_a_verdict_passes_over_nothing_that_it_left_out(bill, calls, lines, shares):
    """What has no partner on the other side, for whatever reason, is no money compared.

    Calls on days, or to providers, that are not those of the bill are none of its business.
    """
    found = reconcile(frame("calls", [*DAYS, *calls]), bill(*BILLED, *lines))
    assert (found.billed_share, found.tracked_share) == pytest.approx(shares)
    assert found.within
    assert found.passed is found.can_tell is (min(shares) >= 0.95)
    assert found.sentence.startswith("Passes: " if found.passed else "Cannot tell: ")
    assert ("Compared: " in found.sentence) is (min(shares) < 1)
    assert ("(95 % needed)" in found.sentence) is (min(shares) < 0.95)


def test_a_share_is_not_rounded_up_to_what_is_needed(bill):
    found = reconcile(frame("calls", DAYS), bill(*BILLED, "2025-10-07,VAT,0.158,,"))
    assert 0.9495 < found.share < 0.95
    assert "Compared: 94.9 % of the billed" in found.sentence
    assert not found.passed


def test_what_is_beyond_the_tolerance_fails_however_much_was_compared(bill):
    found = reconcile(frame("calls", DAYS), bill(*BILLED, "2025-10-07,o3,3,,"))
    assert (found.share, found.can_tell, found.passed) == (0.5, True, False)
    assert found.sentence.startswith("Fails: ")


def test_the_chart_says_that_too_little_was_compared(bill):
    found = reconcile(frame("calls", DAYS), bill(*BILLED, "2025-10-07,VAT,3,,"))
    assert reconciliation(found).title.endswith(", but too little of the money could be compared")


def test_days_of_the_bill_without_spending_are_compared(bill):
    """A day on which calls were made and nothing was billed is no day outside the bill."""
    calls = frame("calls", [*DAYS, call("2025-10-09", 1.0)])
    assert reconcile(calls, bill(*BILLED)).tracked_usd == 3.0
    found = reconcile(calls, bill(*BILLED, "2025-10-09,,,,", "2025-10-10,,0,,"))
    assert (found.tracked_usd, found.tracked_share) == (4.0, 0.75)
    assert not found.passed


MONTHS = [call(f"2025-{month}-{day}", 1.0) for month in ("09", "10", "11") for day in ("03", "20")]


def test_a_bill_of_months_is_compared_by_month(bill):
    found = reconcile(
        frame("calls", MONTHS), bill("2025-10,gpt-5,2.2,,", "2025-11-01 – 2025-11-30,gpt-5,1.8,,")
    )
    assert found.lines["date"].dt.strftime("%F").tolist() == ["2025-10-01", "2025-11-01"]
    assert found.lines["tracked_usd"].tolist() == [2.0, 2.0]
    assert found.lines["billed_usd"].tolist() == [2.2, 1.8]
    assert (f"{found.first:%F}", f"{found.last:%F}") == ("2025-10-01", "2025-11-30")
    assert found.passed
    assert "Compared by month, since the bill does not tell days." in found.sentence
    assert found.future.ratio.unit == "month"


def test_of_a_bill_of_a_part_of_a_month_only_that_part_is_compared(bill):
    calls = frame("calls", [*MONTHS, call("2025-10-12", 3.0)])
    found = reconcile(calls, bill("2025-10-05 to 2025-10-15,gpt-5,3,,"))
    assert (found.tracked_usd, found.billed_usd, found.passed) == (3.0, 3.0, True)
    assert (f"{found.first:%F}", f"{found.last:%F}") == ("2025-10-05", "2025-10-15")
    assert "6 calls outside these days not compared" in found.sentence


def test_days_and_months_on_one_bill_meet_by_month(bill):
    found = reconcile(frame("calls", MONTHS), bill("2025-10-03,gpt-5,1,,", "2025-10,gpt-5,1,,"))
    assert (len(found.lines), found.billed_usd, found.tracked_usd) == (1, 2.0, 2.0)


@pytest.mark.parametrize("wrong", [0, -0.1, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["tolerance", "drift"])
def test_a_margin_that_is_none_is_refused(bill, name, wrong):
    with pytest.raises(EvidenceError, match="must be above 0 and finite"):
        reconcile(frame("calls", DAYS), bill(*BILLED), **{name: wrong})


def test_drift_over_months_is_flagged(bill):
    months = ("2025-08", "2025-09", "2025-10")
    calls = frame("calls", [call(f"{month}-05", 1.0) for month in months])
    costs = (1.0, 1.05, 1.2)
    lines = [f"{month}-05,gpt-5,{usd},," for month, usd in zip(months, costs, strict=True)]
    found = reconcile(calls, bill(*lines))
    assert found.by_month["drifted"].tolist() == [False, False, True]
    assert found.by_month["drift"].tolist() == pytest.approx([0, 1 / 1.05 - 1, 1 / 1.2 - 1])
    assert "The ratio has drifted: -17 % in October 2025" in found.sentence


@pytest.mark.parametrize(
    ("calls", "line", "said"),
    [
        (CALLS, "2025-12-01,gpt-5,1,,", "no day in common: the bill is of 1 December 2025"),
        (CALLS, "2025-10-06,gemini-2.5-pro,1,,", "no call to a provider of the invoice (google)"),
        (CALLS, "2025-10-06,VAT,1,,", "no line of the invoice names a model"),
    ],
)
def test_what_cannot_be_compared_is_refused(bill, calls, line, said):
    with pytest.raises(EvidenceError) as refused:
        reconcile(frame("calls", calls), bill(line))
    assert said in str(refused.value)


def test_the_outlook_is_student_on_logarithms():
    ratios = np.array([0.93, 1.02, 0.97, 1.01])
    logs = np.log(ratios)
    found = outlook(ratios, "week")
    expected = stats.t.interval(0.95, 3, logs.mean(), stats.sem(logs))
    assert (found.ratio.low, found.ratio.high) == pytest.approx(tuple(np.exp(expected)))
    upper = stats.ttest_1samp(logs, np.log(1.15), alternative="less").pvalue
    lower = stats.ttest_1samp(logs, np.log(0.85), alternative="greater").pvalue
    assert found.ratio.p_value == pytest.approx(max(lower, upper))
    reach = stats.t.ppf(0.975, 3) * logs.std(ddof=1) * np.sqrt(1.25)
    assert found.next_ratio.high == pytest.approx(np.exp(logs.mean() + reach))


@pytest.mark.parametrize(("ratios", "why"), [([1.0, 1.1], "it takes 3"), ([1.1] * 4, "no spread")])
def test_too_few_or_equal_windows_have_no_outlook(ratios, why):
    found = outlook(np.array(ratios), "day")
    assert np.isnan(found.ratio.value)
    assert why in found.sentence


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_tolerance_of_everything_is_only_ever_exceeded_upwards():
    ratios = np.array([0.9, 1.0, 1.1])
    assert outlook(ratios, "day", 1.0).ratio.p_value < outlook(ratios, "day", 0.5).ratio.p_value


def test_two_one_sided_tests_err_as_rarely_as_they_say():
    draw = np.random.default_rng(4)
    wrong = np.mean(
        [
            outlook(np.exp(draw.normal(np.log(1.15), 0.05, 5)), "week").ratio.p_value <= 0.05
            for _ in range(2000)
        ]
    )
    assert wrong <= 0.065


@pytest.fixture(scope="module")
def sample():
    calls = sk.load(sk.sample_path()).calls
    return calls[calls["provenance"] == "measured"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_simulated_bill_is_read_and_met_in_every_layout(sample, tmp_path, layout):
    path = tmp_path / "bill.csv"
    simulate_invoice(sample, noise=0.0, layout=layout).to_csv(path, index=False)
    found = reconcile(sample, read_invoice([path]))
    assert found.error == pytest.approx(0, abs=1e-4)
    assert set(found.unmatched["where"]) <= {"only tracked"}


@repeated(12, 60)
def test_a_known_difference_is_recovered_within_its_interval(sample, tmp_path, repeats):
    covered = 0
    for seed in range(repeats):
        path = tmp_path / f"{seed}.csv"
        simulate_invoice(sample, seed=seed, factor=1.25, noise=0.1).to_csv(path, index=False)
        found = reconcile(sample, read_invoice([path]))
        assert not found.passed
        covered += found.future.ratio.low <= 1 / 1.25 <= found.future.ratio.high
    assert covered / repeats >= 0.88 - chance(repeats, 60)


def test_a_known_drift_is_flagged_and_lost_lines_are_found(sample, tmp_path):
    path = tmp_path / "bill.csv"
    lines = simulate_invoice(sample, monthly_drift=1.3, dropped=0.2, seed=3)
    lines.to_csv(path, index=False)
    found = reconcile(sample, read_invoice([path]))
    whole = simulate_invoice(sample)
    assert found.by_month["drifted"].tolist() == [False, True]
    lost = found.unmatched[found.unmatched["tracked_usd"] > 0]
    assert len(lost) == len(whole) - len(lines)


def test_an_unknown_layout_is_refused(sample):
    with pytest.raises(ValueError, match="there are: plain, openai"):
        simulate_invoice(sample, layout="mine")


def run(*arguments, code):
    done = CliRunner().invoke(main, ["billing", str(sk.sample_path()), *arguments])
    assert done.exit_code == code, done.output
    return done


def test_the_command_writes_every_line_and_ends_with_the_verdict(sample, tmp_path):
    path, out = tmp_path / "bill.csv", tmp_path / "cost-validation.csv"
    simulate_invoice(sample, factor=1.1).to_csv(path, index=False)
    done = run("--invoice", str(path), "--out", str(out), code=0)
    assert done.stdout.strip() == str(out)
    rows = list(csv.DictReader(out.open()))
    assert rows[-1]["model_id"] == "total"
    assert float(rows[-1]["ratio"]) == pytest.approx(1 / 1.1, rel=0.02)
    total = sum(float(row["tracked_usd"]) for row in rows[:-1])
    assert total == pytest.approx(sample["cost_usd"].sum())
    assert "Fails" in run("--invoice", str(path), "--tolerance", "0.05", code=1).stdout


CASES = EVIDENCE.parent / "cases"


@pytest.mark.parametrize(
    ("case", "usd"), [("c05-google-cost-table", "0.675"), ("c09-milliseconds", "0.45")]
)
@needs(CASES)
def test_real_bills_come_out_right(case, usd):
    folder = CASES / case
    options = [str(folder / "evidence"), "--invoice", str(folder / "bill.csv"), "--format", "csv"]
    done = CliRunner().invoke(main, ["billing", *options])
    assert done.exit_code == 0, done.output
    total = list(csv.DictReader(done.stdout.splitlines()))[-1]
    assert float(total["billed_usd"]) == pytest.approx(float(usd))
    assert float(total["ratio"]) == pytest.approx(1)


def test_the_command_takes_a_span_of_time(sample, tmp_path):
    path = tmp_path / "bill.csv"
    simulate_invoice(sample).to_csv(path, index=False)
    done = run("--invoice", str(path), "--since", "2025-11", code=0)
    assert "1 November 2025" not in done.stdout  # the first call is on the third
    assert "3 November 2025 to" in done.stdout


def test_the_command_ends_with_2_where_too_little_was_compared(sample, tmp_path):
    path = tmp_path / "bill.csv"
    lines = simulate_invoice(sample, noise=0)
    lines.loc[len(lines)] = lines.iloc[0].to_dict() | {"model": "Taxes", "cost_usd": 1.0}
    lines.to_csv(path, index=False)
    assert "Cannot tell" in run("--invoice", str(path), code=2).stdout
    # Both sides are of the span that was asked for.
    lines.loc[len(lines) - 1, "date"] = "2025-10-31"
    lines.to_csv(path, index=False)
    assert "Passes" in run("--invoice", str(path), "--since", "2025-11", code=0).stdout


def test_the_command_ends_with_2_where_no_call_has_a_cost(tmp_path):
    agents = [{"agent": "gpt_pro", "model_id": "gpt-5", "latency_ms": 9000, "status": "ok"}]
    document = telemetry(consensus={"agents": agents, "status": "ok"})
    write(tmp_path, PLACES["telemetry"], document)
    day = document["timestamp"][:10]
    path = tmp_path / "bill.csv"
    path.write_text(f"date,model,cost\n{day},gpt-5,1\n")
    options = ["billing", str(tmp_path), "--invoice", str(path)]
    done = CliRunner().invoke(main, options)
    assert done.exit_code == 2, done.output
    assert "Cannot tell: no call of these days has a known cost" in done.stdout


def test_the_command_tells_mistakes_in_a_line(tmp_path):
    path = tmp_path / "bill.csv"
    path.write_text("When,What,Paid\n2025-10-06,gpt-5,1\n")
    for wrong in (
        ["--invoice", str(path)],
        ["--invoice", str(path), "--columns", "date"],
        ["--invoice", str(path), "--exchange-rate", "EUR=x"],
        ["--invoice", str(path), "--exchange-rate", "EUR=1e400"],
        ["--invoice", str(path), "--exchange-rate", "EUR=nan"],
        ["--invoice", str(path), "--exchange-rate", "EUR=-1"],
        ["--invoice", str(tmp_path / "nowhere.csv")],
    ):
        errors = run(*wrong, code=2).stderr.splitlines()
        assert len(errors) == 1
        assert errors[0].startswith("Error: ")
    columns = "date=When,model=What,amount=Paid"
    run("--invoice", str(path), "--columns", columns, code=1)


def test_the_total_is_the_last_line_of_the_validation(bill):
    found = reconcile(frame("calls", CALLS[:2]), bill("2025-10-06,gpt-5,2.5,200,50"))
    table = cost_validation(found)
    assert table["model_id"].tolist() == ["gpt-5", "total"]
    assert table["within_tolerance"].tolist() == [False, False]
    assert pd.isna(table["date"].iloc[-1])


@pytest.mark.parametrize("word", ["Tax", "VAT", "Credit", "Taxes"])
def test_a_word_of_any_length_says_what_an_amount_without_a_day_is(tmp_path, word):
    path = tmp_path / "bill.csv"
    path.write_text(f"Kind,Model,Date,Cost\nUsage,gpt-5,2025-10-05,0.225\n{word},,,0.005\n")
    invoice = read_invoice([path])
    assert (len(invoice.rows), invoice.other["billed_usd"].tolist()) == (1, [0.005])
