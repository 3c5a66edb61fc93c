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
        "start_time,amount_value,line_item\n1759708800,0.5,gpt-5-codex\n",
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
        ("0", 0.0),
    ],
)
def test_amounts_are_read_as_people_write_them(invoice, amount, usd):
    text = f"date,model,cost\n2025-10-06,gpt-5,{amount}\n"
    assert invoice(text).rows["billed_usd"].tolist() == [pytest.approx(usd)]


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
