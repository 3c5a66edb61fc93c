"""Billing exports of several makers, and exports that make no sense."""

from __future__ import annotations

import pytest

from speckit_analysis.errors import EvidenceError
from speckit_analysis.prices.invoices import model_in, read_invoice


@pytest.fixture
def invoice(tmp_path):
    def read(text, encoding="utf-8", **options):
        path = tmp_path / "export.csv"
        path.write_bytes(text.encode(encoding))
        return read_invoice([path], **options)

    return read


LAYOUTS = {
    "OpenAI": (
        "start_time,end_time,start_time_iso,amount_value,amount_currency,line_item,project_id\n"
        '1759708800,1759795200,2025-10-06T00:00:00+00:00,0.5,usd,"gpt-5-2025-08-07, input",p\n',
        "gpt-5",
        "openai",
    ),
    "OpenAI, seconds only": (
        "start_time,end_time,amount_value,line_item\n1759708800,1759795200,0.5,gpt-5-codex\n",
        "gpt-5-codex",
        "openai",
    ),
    "Anthropic console": (
        "usage_date_utc,model,workspace,api_key,usage_type,token_type,cost_usd,cost_type\n"
        "2025-10-06,Claude Sonnet 4.5,Default,key,message,input_no_cache,0.50,token\n",
        "claude-sonnet-4-5",
        "anthropic",
    ),
    "Anthropic API, in cents": (
        "starting_at,model,amount,currency\n2025-10-06T00:00:00Z,claude-sonnet-4-5,50,USD\n",
        "claude-sonnet-4-5",
        "anthropic",
    ),
    "Google, cost table": (
        "Usage start date,Service description,SKU description,Cost ($)\n"
        '2025-10-06,Generative Language API,"Generate content input Gemini 2.5 Pro",$0.50\n',
        "gemini-2.5-pro",
        "google",
    ),
    "Google, BigQuery": (
        "usage_start_time,service.description,sku.description,cost,currency\n"
        "2025-10-06 08:00:00 UTC,Vertex AI,Gemini 2.5 Flash Lite Text Output,0.5,USD\n",
        "gemini-2.5-flash-lite",
        "google",
    ),
    "semicolons and commas": (
        "Date;Model;Cost\n06 Oct 2025;gpt-5;0,50\n",
        "gpt-5",
        "openai",
    ),
    "OpenRouter, activity": (
        "Date,Slug,Usage,BYOK Usage,Requests,Prompt Tokens,Completion Tokens,Reasoning Tokens\n"
        '"2025-10-06 00:00:00","openai/gpt-5","0.5","0","1","1000","100","0"\n',
        "gpt-5",
        "openai",
    ),
    "OpenRouter, calls": (
        "generation_id,created_at,cost_total,tokens_prompt,tokens_completion,model_permaslug\n"
        "gen-1,2025-10-06T09:30:00.123Z,0.5,1000,100,openai/gpt-5\n",
        "gpt-5",
        "openai",
    ),
    "Azure": (
        "Date,MeterCategory,MeterName,Quantity,CostInBillingCurrency,BillingCurrency\n"
        "2025-10-06,Foundry Models,gpt-5 inp glbl Tokens,12,0.5,USD\n",
        "gpt-5",
        "openai",
    ),
    "AWS": (
        "lineItem/UsageStartDate,lineItem/UsageEndDate,lineItem/UnblendedCost,"
        "lineItem/CurrencyCode,lineItem/LineItemDescription\n"
        "2025-10-06T00:00:00Z,2025-10-07T00:00:00Z,0.5,USD,Claude Sonnet 4.5 input tokens\n",
        "claude-sonnet-4-5",
        "anthropic",
    ),
    "LiteLLM": (
        "request_id,startTime,endTime,spend,model\n"
        "1,2025-10-06 23:59:58,2025-10-07 00:00:09,0.5,gpt-5\n",
        "gpt-5",
        "openai",
    ),
    "ccusage": ("date,model,costUSD\n2025-10-06,gpt-5,0.5\n", "gpt-5", "openai"),
    "headers of other capitals and blanks": (
        "  USAGE DATE ,Model-Name,Total Cost\n2025-10-06,gpt-5,0.5\n",
        "gpt-5",
        "openai",
    ),
    "Excel, Unicode text": ("Date\tModel\tSpend\n2025-10-06\tgpt-5\t0,50\n", "gpt-5", "openai"),
    "tabs and a byte order mark": ("\ufeffdate\tmodel\tcost\n2025-10-06\tGPT-5\t.5\n", "gpt-5",
                                   "openai"),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_is_known_by_its_header(invoice, layout):
    text, model, provider = LAYOUTS[layout]
    (row,) = invoice(text).rows.itertuples()
    assert row.date.isoformat() == "2025-10-06T00:00:00+00:00"
    assert (row.model_id, row.provider, row.billed_usd) == (model, provider, 0.5)
    assert (row.source, row.line) == ("export.csv", 2)


def test_columns_can_be_named(invoice):
    text = "When,What,How much\n2025-10-06,gpt-5,0.5\n"
    columns = {"date": "when", "model": "What", "amount": "how much"}
    assert invoice(text, columns=columns).rows["billed_usd"].tolist() == [0.5]


def test_counts_are_kept_where_told(invoice):
    text = 'date,model,cost,input_tokens,output_tokens,requests\n2025-10-06,gpt-5,1,"1,200",30,4\n'
    row = invoice(text).rows.iloc[0]
    assert row[["prompt_tokens", "completion_tokens", "calls"]].tolist() == [1200, 30, 4]


@pytest.mark.parametrize(
    ("amount", "usd"),
    [
        ("1234.5", 1234.5),
        ('"1,234.50"', 1234.5),
        ('"$1,234.50"', 1234.5),
        ("1234.50 usd", 1234.5),
        ("US$3", 3.0),
        ("(3.00)", -3.0),
        ("-3.00", -3.0),
        ("1e-05", 1e-5),
        ("2.25E+00", 2.25),
        ('"2,25E+00"', 2.25),
        ("1'234.50", 1234.5),
        ("1\u202f234.50", 1234.5),
        ("−3.00", -3.0),
        ("1.234", 1.234),
        ("0", 0.0),
    ],
)
def test_amounts_are_read_as_people_write_them(invoice, amount, usd):
    text = f"date,model,cost\n2025-10-06,gpt-5,{amount}\n"
    assert invoice(text).rows["billed_usd"].tolist() == [pytest.approx(usd)]


@pytest.mark.parametrize(
    ("cells", "usd"),
    [
        (["0,225", "0,22"], [0.225, 0.22]),
        (["1.234", "0,5"], [1234.0, 0.5]),
        (["1,234", "0.5"], [1234.0, 0.5]),
        (["1.234", "0.5"], [1.234, 0.5]),
        (["1,234", "0,225"], [1.234, 0.225]),
        (["1.234", "12.345.678"], [1234.0, 12345678.0]),
        (["1,234", "2,5E-01"], [1.234, 0.25]),
        (["7", "1.234", "-0,01 €"], [7.0, 1234.0, -0.01]),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_decimal_mark_is_that_of_the_whole_column(invoice, cells, usd, separator):
    """A cell that may be read two ways is read as those beside it can be."""
    rows = "".join(f'2025-10-06{separator}gpt-5{separator}"{cell}"\n' for cell in cells)
    head = f"date{separator}model{separator}cost\n"
    found = invoice(head + rows, exchange_rates={"EUR": 1})
    assert found.rows["amount"].tolist() == usd


@pytest.mark.parametrize(
    ("further", "usd"), [("0,5", 1234.0), ("0.5", 1.234), ("12", None), ("x", None)]
)
def test_another_column_tells_the_decimal_mark(invoice, further, usd):
    text = f"date;model;cost;list price\n2025-10-06;gpt-5;1.234;{further}\n"
    if usd is not None:
        assert invoice(text).rows["amount"].tolist() == [usd]
        return
    with pytest.raises(EvidenceError, match=r"'cost' can be read two ways .*: 1\.234 or 1234 in"):
        invoice(text)


@pytest.mark.parametrize("text", ["date;model;cost\n2025-10-06;gpt-5;{}\n",
                                  "date\tmodel\tcost\n2025-10-06\tgpt-5\t{}\n",
                                  'date,model,cost\n2025-10-06,gpt-5,"{}"\n'])  # fmt: skip
@pytest.mark.parametrize("cell", ["1,234", "$12,345"])
def test_what_may_be_a_thousand_times_as_much_is_refused(invoice, text, cell):
    with pytest.raises(EvidenceError, match=r"two ways .* or .* in line 2"):
        invoice(text.format(cell))


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["0.5", "0,5"], "two decimal marks, the dot and the comma, in line 2 '0.5', line 3 '0,5'"),
        (["1.234,5", "1,234.5"], "two decimal marks"),
        (["1e400"], "no amount can be read in line 2 '1e400'"),
        (["inf"], "no amount can be read in line 2 'inf'"),
        (["nan"], "no amount can be read"),
        (["1,23,456.00"], "no amount can be read"),
        (["12.34.56"], "no amount can be read"),
        (["-"], "no amount can be read"),
    ],
)
def test_amounts_that_are_none_are_refused(invoice, cells, said):
    rows = "".join(f'2025-10-06,gpt-5,"{cell}"\n' for cell in cells)
    with pytest.raises(EvidenceError) as refused:
        invoice("date,model,cost\n" + rows)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("cost", "cell", "tokens"),
    [
        ("0,5", "1.200", 1200),
        ("0.5", '"1,200"', 1200),
        ("0.5", "1200.0", 1200),
        ("1", "1.2e4", 12000),
    ],
)
def test_counts_are_whole_with_the_marks_of_the_file(invoice, cost, cell, tokens):
    found = invoice(f"date;model;cost;input_tokens\n2025-10-06;gpt-5;{cost};{cell}\n")
    assert found.rows["prompt_tokens"].tolist() == [tokens]


@pytest.mark.parametrize("cell", ["1.5", "many", "1e400", "1e30"])
def test_counts_that_are_none_are_refused(invoice, cell):
    with pytest.raises(EvidenceError, match="no count can be read in line 2"):
        invoice(f"date,model,cost,requests\n2025-10-06,gpt-5,1,{cell}\n")


@pytest.mark.parametrize("rate", [0, -0.9, float("inf"), float("nan"), 1e400])
@pytest.mark.parametrize("name", ["EUR", "openai", "GBP"])
def test_a_rate_that_is_none_is_refused_whether_used_or_not(invoice, name, rate):
    with pytest.raises(EvidenceError, match=f"exchange rate of {name} must be above 0 and finite"):
        invoice("date,model,cost\n2025-10-06,gpt-5,€1\n", exchange_rates={name: rate})


def test_a_table_may_have_a_preamble_and_a_foot(invoice):
    """Of the foot, what sums up the lines is no line; what was billed beside them is."""
    found = invoice(
        "Invoice number,5000000001,\nCurrency,EUR,\nTotal amount due,0.67,\n\n"
        "Project,SKU description,Cost type,Usage start date,Usage end date,Cost\n"
        "demo,Generate content input token count gemini 2.5 pro,Usage,2025-10-05,2025-10-05,0.40\n"
        "demo,Generate content output token count gemini 2.5 pro,Usage,2025-10-06,2025-10-06,0.28\n"
        "demo,Compute,Subtotal,,,0.68\n"
        ",,Rounding error,,,-0.01\n"
        ",,Total,,,0.67\n"
        "Prices are without tax,,,,,\n",
        exchange_rates={"EUR": 1},
    )
    assert found.rows["billed_usd"].tolist() == [0.4, 0.28]
    assert found.rows["currency"].tolist() == ["EUR", "EUR"]
    assert found.rows["until"].tolist() == found.rows["date"].tolist()
    assert found.other["billed_usd"].tolist() == [-0.01]
    assert found.other["date"].isna().all()
    assert found.notes == (
        "export.csv: 2 lines of totals not counted.",
        "export.csv: 1 line without a date, model and amount not counted.",
    )


def test_days_without_spending_are_days_of_the_bill(invoice):
    found = invoice(
        "start_time,end_time,start_time_iso,amount_value,amount_currency,line_item\n"
        "1759622400,1759708800,2025-10-05T00:00:00+00:00,,,\n"
        '1759708800,1759795200,2025-10-06T00:00:00+00:00,0.5,usd,"gpt-5-2025-08-07, input"\n'
        "1759795200,1759881600,2025-10-07T00:00:00+00:00,0,usd,\n"
    )
    assert found.rows["billed_usd"].tolist() == [0.5]
    assert len(found.other) == 0
    assert found.days["date"].dt.day.tolist() == [5, 6, 7]


@pytest.mark.parametrize(
    "moment", ["1759708800", "1759708800000", "1759708800000000", "1759708800000000000",
               "1759795199", "1759795199999", "1759795199999999", "1759795199999999999",
               "1759708800.5"],
)  # fmt: skip
def test_moments_since_1970_are_told_by_their_digits(invoice, moment):
    found = invoice(f"timestamp,model,cost\n{moment},gpt-5,0.5\n")
    assert found.rows["date"].dt.strftime("%F").tolist() == ["2025-10-06"]


@pytest.mark.parametrize(
    "moment", ["175970880000", "17597088", "1.75971E+12", "45936", "-1759708800", 20 * "9", "2025",
               "Oct 6", "today", "10:30", "Q4 2025", "2025-W41", "06/10/25", "9999-12-31",
               "0001-01-01"],
)  # fmt: skip
def test_what_leaves_its_day_open_is_no_date(invoice, moment):
    """Other programs would take some of these for this year, or for a day in 1970."""
    with pytest.raises(EvidenceError, match="no date can be read in line 2"):
        invoice(f"date,model,cost\n{moment},gpt-5,0.5\n")


@pytest.mark.parametrize(
    "text",
    ["2025-10", "2025/10", "10/2025", "Oct 2025", "October 2025", "2025 Oct", "Oct-2025", "202510",
     "2025-10-01 – 2025-10-31", "2025-10-01 - 2025-10-31", "2025-10-01/2025-10-31",
     "2025-10-01 to 2025-10-31", "2025-10-01..2025-10-31", "01.10.2025-31.10.2025",
     "10/1/2025 - 10/31/2025", "Oct 1 – Oct 31, 2025", "Oct 1 - 31, 2025", "1 – 31 October 2025",
     "2025-10-01T00:00:00Z/2025-11-01T00:00:00Z", "2025-10-01T07:00:00Z - 2025-11-01T07:00:00Z"],
)  # fmt: skip
def test_months_and_spans_are_read(invoice, text):
    found = invoice(f'period,model,cost\n"{text}",gpt-5,0.5\n')
    (row,) = found.rows.itertuples()
    assert (f"{row.date:%F}", f"{row.until:%F}") == ("2025-10-01", "2025-10-31")


@pytest.mark.parametrize(
    ("header", "rows", "ends"),
    [
        ("start_date,end_date", ["2025-10-01,2025-10-31"], ["31"]),
        ("start_date,end_date", ["2025-10-01,2025-11-01"], ["31"]),
        ("Period Start,Period End", ["10/01/2025,10/31/2025"], ["31"]),
        (
            "ChargePeriodStart,ChargePeriodEnd",
            ["2025-10-01T00:00:00Z,2025-11-01T00:00:00Z"],
            ["31"],
        ),
        ("start_time,end_time", ["1759276800,1761955200"], ["31"]),
        ("start_date,end_date", ["2025-10-05,2025-10-05", "2025-10-06,2025-10-06"], ["05", "06"]),
        ("start_date,end_date", ["2025-10-05,2025-10-06", "2025-10-06,2025-10-07"], ["05", "06"]),
        ("start_date,end_date", ["2025-10-01,2025-10-07", "2025-10-08,2025-10-14"], ["07", "14"]),
        ("start_date,end_date", ["2025-10-05,"], ["05"]),
        ("month,end_date", ["2025-10,"], ["31"]),
    ],
)
def test_a_column_may_tell_the_end(invoice, header, rows, ends):
    text = f"{header},model,cost\n" + "".join(f"{row},gpt-5,1\n" for row in rows)
    assert invoice(text).rows["until"].dt.strftime("%d").tolist() == ends


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (
            "2025-10-15,2025-11-14",
            "a span is in two months (export the bill by day or by month) in",
        ),
        ("2025-10-15,2025-10-14", "a span ends before it begins"),
        ("2025-10-15,soon", "no end of a span can be read"),
    ],
)
def test_a_span_that_no_month_holds_is_refused(invoice, span, said):
    with pytest.raises(EvidenceError) as refused:
        invoice(f"start_date,end_date,model,cost\n{span},gpt-5,1\n")
    assert said in str(refused.value)


def test_one_column_of_two_that_may_be_meant_has_to_be_named(invoice):
    text = "date,model,Cost ($),COST\n2025-10-06,gpt-5,1,2\n"
    with pytest.raises(EvidenceError, match=r"'Cost \(\$\)' and 'COST' may both be the amount"):
        invoice(text)
    assert invoice(text, columns={"amount": "COST"}).rows["amount"].tolist() == [2.0]


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_line_that_says_the_separator_is_no_header(invoice, first):
    found = invoice(f"{first}\ndate;model;cost\n2025-10-06;gpt-5;0,5\n")
    assert (found.rows["billed_usd"].tolist(), found.rows["line"].tolist()) == ([0.5], [3])


def test_lines_without_a_model_are_kept_apart(invoice):
    found = invoice("date,model,cost\n2025-10-06,gpt-5,1\n2025-10-06,VAT,0.2\n2025-10-06,,-5\n")
    assert found.rows["billed_usd"].tolist() == [1.0]
    assert found.other["billed_usd"].tolist() == [0.2, -5.0]


def test_a_line_of_totals_is_no_day(invoice):
    assert len(invoice("date,model,cost\n2025-10-06,gpt-5,1\nTotal,,1\n").rows) == 1


@pytest.mark.parametrize("rates", [{"EUR": 0.8}, {"openai": 0.8}])
def test_another_currency_needs_its_rate(invoice, rates):
    text = "date,model,cost,currency\n2025-10-06,gpt-5,0.4,EUR\n"
    assert invoice(text, exchange_rates=rates).rows["billed_usd"].tolist() == [0.5]
    with pytest.raises(EvidenceError, match="billed in EUR; tell its rate with --exchange-rate"):
        invoice(text)


@pytest.mark.parametrize("amount", ['"1.234,50 €"', "€1234.50", "1234.50 EUR", "1234.50 eur"])
@pytest.mark.parametrize("column", ["", ",currency"])
def test_a_sign_or_code_tells_the_currency(invoice, amount, column):
    text = f"date,model,cost{column}\n2025-10-06,gpt-5,{amount}\n"
    found = invoice(text, exchange_rates={"EUR": 0.5})
    assert found.rows["billed_usd"].tolist() == [2469.0]
    with pytest.raises(EvidenceError, match="billed in EUR; tell its rate"):
        invoice(text)


def test_a_sign_in_the_header_tells_the_currency(invoice):
    with pytest.raises(EvidenceError, match="billed in GBP"):
        invoice("date,model,Cost (£)\n2025-10-06,gpt-5,3\n")


@pytest.mark.parametrize(("amount", "currency"), [("€3", "USD"), ("3 EUR", "GBP"), ("€3 GBP", "")])
def test_a_sign_against_the_currency_is_refused(invoice, amount, currency):
    text = f"date,model,cost,currency\n2025-10-06,gpt-5,{amount},{currency}\n"
    with pytest.raises(EvidenceError) as refused:
        invoice(text, exchange_rates={"EUR": 0.9, "GBP": 0.8})
    assert f"the amount's currency is contradicted in line 2 '{amount}'" in str(refused.value)


def test_a_dollar_may_be_one_of_another_country(invoice):
    text = "date,model,cost,currency\n2025-10-06,gpt-5,$3,CAD\n"
    assert invoice(text, exchange_rates={"CAD": 1.5}).rows["billed_usd"].tolist() == [2.0]


@pytest.mark.parametrize("column", ["", ",currency"])
def test_without_a_currency_the_rate_of_the_provider_counts(invoice, column):
    text = f"date,model,cost{column}\n2025-10-06,gpt-5,0.4\n2025-10-06,claude-sonnet-4-5,0.4\n"
    found = invoice(text, exchange_rates={"openai": 0.8})
    assert found.rows["billed_usd"].tolist() == [0.5, 0.4]


@pytest.mark.parametrize("rates", [{"EUR": 0.8}, {"openai": 0.8}])
def test_dollars_are_not_converted(invoice, rates):
    for text in (
        "date,model,cost_usd,currency\n2025-10-06,gpt-5,0.4,EUR\n",
        "date,model,Cost (USD)\n2025-10-06,gpt-5,0.4\n",
        "date,model,Cost ($)\n2025-10-06,gpt-5,0.4\n",
        "date,model,cost,currency\n2025-10-06,gpt-5,0.4,usd\n",
    ):
        header = text.split(",")[2].split("\n")[0]
        found = invoice(text, columns={"amount": header}, exchange_rates=rates)
        assert found.rows["billed_usd"].tolist() == [0.4]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("date,model,cost\n", "a header and no rows"),
        ("date,model,cost\nTotal,,1\n", "a header and no rows but totals and notes"),
        ("date,model,price\n1,2,3\n", "no column tells the amount; the header is: date, model"),
        ("date,model,cost\nsoon,gpt-5,1\n", "no date can be read in line 2 'soon'"),
        ("date,model,cost\n2025-10-06,gpt-5,many\n", "no amount can be read in line 2 'many'"),
        ("date,model,cost,cost\n2025-10-06,gpt-5,1,2\n", "two columns are called 'cost'"),
        ("date,model,cost,note\n2025-10-06,gpt-5,1," + "x" * 200_000, "no CSV in line 2: field"),
        ('date,model,cost\n2025-10-06,"gpt\n5",1\nsoon,gpt-5,1', "can be read in line 4 'soon'"),
        ("date,model,cost\n" + "x,gpt-5,1\n" * 5, "line 3 'x', line 4 'x' and 2 more"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(invoice, text, said):
    with pytest.raises(EvidenceError) as refused:
        invoice(text)
    assert said in str(refused.value)
    assert "export.csv" in str(refused.value)


def test_columns_without_a_name_may_be_several(invoice):
    assert len(invoice("date,model,cost,,\n2025-10-06,gpt-5,1,,\n").rows) == 1


def test_an_export_that_is_no_utf_8_is_refused(invoice):
    with pytest.raises(EvidenceError, match="not UTF-8 text"):
        invoice("date,model,cost\n2025-10-06,gpt-5,1 é\n", encoding="latin-1")


@pytest.mark.parametrize(
    ("columns", "said"),
    [({"amount": "Price"}, "no column 'Price'"), ({"colour": "x"}, "no column 'colour' of ours")],
)
def test_a_column_that_is_not_there_is_refused(invoice, columns, said):
    with pytest.raises(EvidenceError, match=said):
        invoice("date,model,cost\n2025-10-06,gpt-5,1\n", columns=columns)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(EvidenceError, match="No such file"):
        read_invoice([tmp_path / "nowhere.csv"])


HEAD = "date,model,cost\n"
OCTOBER = ["2025-10-06,gpt-5,1.25\n", "2025-10-07,gpt-5,2.50\n"]
NOVEMBER = ["2025-11-03,gpt-5,0.75\n", "2025-11-04,gpt-5,1.50\n"]


def written(folder, **files):
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("".join([HEAD, *lines]))
    return [folder / f"{name}.csv" for name in files]


@pytest.mark.parametrize("whole", [OCTOBER, OCTOBER + NOVEMBER])
def test_a_bill_that_another_holds_whole_is_refused(tmp_path, whole):
    with pytest.raises(EvidenceError, match=r"billed twice; leave one out"):
        read_invoice(written(tmp_path, october=OCTOBER, whole=whole))


def test_lines_that_stand_in_two_bills_are_told(tmp_path):
    both = written(tmp_path, october=OCTOBER, later=[OCTOBER[1], *NOVEMBER])
    found = read_invoice(both)
    assert found.rows["billed_usd"].sum() == pytest.approx(8.5)
    assert found.repeated == (
        "1 line of october.csv as in later.csv: if that is one bill, it is counted twice.",
    )
    apart = read_invoice(written(tmp_path, october=OCTOBER, november=NOVEMBER))
    assert apart.repeated == ()


@pytest.mark.parametrize(
    ("text", "model"),
    {
        "GPT-5 Codex": "gpt-5-codex",
        "gpt-4o-mini-2024-07-18, output": "gpt-4o-mini",
        "o3-2025-04-16, cached input": "o3",
        "Claude Opus 4.1 Usage - Output Tokens": "claude-opus-4-1",
        "Claude 3.5 Haiku": "claude-sonnet-3-5".replace("sonnet", "haiku"),
        "claude-haiku-4-5-20251001": "claude-haiku-4-5",
        "publishers/google/models/gemini-2.5-pro": "gemini-2.5-pro",
        "Web search tool": None,
        "Credits": None,
    }.items(),
)
def test_a_line_item_names_its_model(text, model):
    assert model_in(text) == model


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        (("07/10/2025", "13/10/2025"), ["2025-10-07", "2025-10-13"]),
        (("10/07/2025", "10/13/2025"), ["2025-10-07", "2025-10-13"]),
        (("07.10.2025", "08.10.2025"), ["2025-10-07", "2025-10-08"]),
        (("20251007", "2025-10-08"), ["2025-10-07", "2025-10-08"]),
    ],
)
def test_one_file_writes_all_its_dates_one_way(invoice, dates, days):
    rows = "".join(f"{day},gpt-5,1.00\n" for day in dates)
    assert invoice("date,model,amount\n" + rows).rows["date"].dt.strftime("%F").tolist() == days


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("07/10/2025,gpt-5,1\n08/10/2025,gpt-5,1\n", "day and month cannot be told apart"),
        ("13/10/2025,gpt-5,1\n10/13/2025,gpt-5,1\n", "day and month cannot be told apart"),
        ("2025-10-07,gpt-5,1,234.50\n", "line 2 has 4 cells, the header 3"),
        (",gpt-5,200\n2025-10-11,gpt-5,3\n", "the date is missing in line 2"),
        ("2025-10-07,gpt-5,\n", "the amount is missing in line 2"),
    ],
)
def test_what_could_be_read_two_ways_or_lacks_a_part_is_refused(invoice, lines, said):
    with pytest.raises(EvidenceError, match=said):
        invoice("date,model,amount\n" + lines)


def test_blank_lines_and_totals_need_no_date(invoice):
    rows = invoice("date,model,amount\n2025-10-07,gpt-5,1.00\n,,\n,Total,1.00\n")
    assert len(rows.rows) == 1
