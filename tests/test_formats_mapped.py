"""Tables of the user's own, read by a mapping file."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner
from other_tools import kinds

import speckit_analysis as sk
from speckit_analysis.cli import main
from speckit_analysis.errors import EvidenceError
from speckit_analysis.evidence import workers
from speckit_analysis.evidence.discovery import discover
from speckit_analysis.evidence.scan import MAX_BYTES, chunks
from speckit_analysis.formats import mapped as mapped_format
from speckit_analysis.formats.mapped import TableMap

OUTCOMES = """
[[files]]
name = "tries*"
table = "outcomes"

[files.columns]
unit = "Task"
variant = "setup.name"
outcome = "verdict"
latency_ms = { column = "seconds", unit = "s" }
cost_usd = { column = "price", unit = "cents" }

[files.constants]
experiment = "october"
checked_by = "unit tests"

[files.values.outcome]
passed = 1
failed = 0
"""
TRIES = [
    {"Task": "007", "setup.name": "solo", "verdict": "passed", "seconds": 1.5, "price": 2},
    {"Task": "007", "setup.name": "duo", "verdict": "failed", "seconds": 4, "price": None},
]
TABLE = (
    "Task;setup.name;verdict;seconds;price;other\n007;solo;passed;1.5;2;x\n007;duo;failed;4;;x\n"
)


@pytest.fixture
def mapped(tmp_path):
    """Load files by a mapping."""

    def read(mapping, **files):
        path = tmp_path / "map.toml"
        path.write_text(mapping)
        folder = tmp_path / "evidence"
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (folder / name.replace("__", ".")).write_text(text)
        return sk.load(folder, map=path)

    return read


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tries__csv", TABLE),
        ("tries__tsv", TABLE.replace(";", "\t")),
        ("tries__json", TRIES),
        ("tries__json", {"data": TRIES}),
        ("tries__jsonl", "\n".join(map(json.dumps, TRIES))),
        ("tries__jsonl", "\n".join(json.dumps({**t, "setup": {"name": t.pop("setup.name")}})
                                   for t in [dict(t) for t in TRIES])),
    ],
)  # fmt: skip
def test_columns_constants_units_and_words_are_ours_afterwards(mapped, name, content):
    evidence = mapped(OUTCOMES, **{name: content})
    rows = evidence.outcomes
    assert rows[["experiment", "unit", "variant", "checked_by"]].to_numpy().tolist() == [
        ["october", "007", "solo", "unit tests"],
        ["october", "007", "duo", "unit tests"],
    ]
    assert rows["outcome"].tolist() == [1, 0]
    assert rows["latency_ms"].tolist() == [1500, 4000]
    assert rows["cost_usd"].fillna(-1).tolist() == [0.02, -1]
    assert kinds(evidence) == []
    assert evidence.files["format"].tolist() == ["mapped"]


def test_calls_and_reviews_are_read_too(mapped):
    mapping = """
        [[files]]
        name = "usage.csv"
        table = "calls"
        columns.model = "model"
        columns.id = "request"
        columns.timestamp = "at"
        columns.prompt_tokens = { column = "kilotokens", unit = "thousand" }
        columns.cost_usd = { column = "cost", unit = "micro-USD" }
        columns.latency_ms = { column = "minutes", unit = "min" }

        [[files]]
        name = "marks.jsonl"
        table = "reviews"
        columns.variant = "system"
        columns.spec_id = "case"
        columns.score = { column = "mark", unit = "0-100" }
        columns.reviewer = "by"
        constants = { experiment = "panel", criterion = "overall" }
    """
    usage = "request,model,at,kilotokens,cost,minutes\n17,gpt-5,2026-02-01T10:00:00Z,1.5,2500,0.5\n"
    marks = [{"system": "a", "case": 3, "mark": 85, "by": "kim"}, {"system": "b", "mark": 900}]
    evidence = mapped(
        mapping, usage__csv=usage, more__csv=usage, marks__jsonl="\n".join(map(json.dumps, marks))
    )
    (call,) = evidence.calls.itertuples()
    assert (call.model_id, call.prompt_tokens, call.latency_ms) == ("gpt-5", 1500, 30_000)
    assert call.cost_usd_reported == pytest.approx(0.0025)
    assert evidence.reviews["score"].fillna(-1).tolist() == [8.5, -1]
    assert evidence.reviews["spec_id"].astype("string").fillna("").tolist() == ["3", ""]
    assert "mistyped_field" in kinds(evidence)


@pytest.mark.parametrize(
    ("content", "outcomes", "wrong"),
    [
        ({"run": {"results": TRIES}}, [1, 0], []),
        ({"run": {"results": [*TRIES, 5]}}, [1, 0], ["mistyped_field"]),
        ({"run": {"results": {}}}, [], ["missing_field"]),
        ([1], [], ["missing_field"]),
    ],
)
def test_rows_may_lie_inside_an_object(mapped, content, outcomes, wrong):
    mapping = OUTCOMES.replace('table = "outcomes"', 'table = "outcomes"\nrows = "run.results"')
    evidence = mapped(mapping, tries__json=content)
    assert evidence.outcomes["outcome"].tolist() == outcomes
    assert kinds(evidence) == wrong


def test_calls_are_told_apart_by_id_else_by_place(mapped):
    mapping = '[[files]]\nname = "*.csv"\ntable = "calls"\ncolumns = { model = "m", cost_usd = "c"'
    rows = "m,c,i\ngpt-5,1,x\ngpt-5,1,x\ngpt-5,2,y\n"
    alike = mapped(mapping + " }", a__csv=rows, copy__csv=rows).calls
    assert alike["cost_usd_reported"].sum() == 4
    told = mapped(mapping + ', id = "i" }', a__csv=rows, b__csv="m,c,i\ngpt-5,2,y\n").calls
    assert len(told) == 3  # x stands twice in one file: two calls


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"verdict": "perhaps"}, "mistyped_field"),
        ({"seconds": "soon"}, "mistyped_field"),
        ({"price": "1,50"}, "mistyped_field"),
        ({"seconds": -4}, "mistyped_field"),
        ({"Task": None}, "missing_field"),
    ],
)
def test_what_does_not_fit_is_a_problem_and_missing(mapped, row, kind):
    evidence = mapped(OUTCOMES, tries__json=[TRIES[0], TRIES[0] | {"Task": "008"} | row])
    assert kinds(evidence) == [kind]
    assert len(evidence.outcomes) == 2
    assert (
        evidence.outcomes.iloc[1][["outcome", "latency_ms", "cost_usd", "unit"]].isna()
    ).sum() == 1


def test_a_column_that_a_file_lacks_is_told(mapped):
    evidence = mapped(OUTCOMES, tries__csv="Task,setup.name,verdict\n1,a,passed\n")
    problem = evidence.problems.query("kind == 'missing_field'")["message"].item()
    assert "'seconds' (latency_ms), 'price' (cost_usd)" in problem
    assert evidence.outcomes["outcome"].tolist() == [1]


def test_the_first_entry_counts_and_goes_before_other_formats(mapped):
    head = "experiment,unit,variant,outcome\n"
    mapping = """
        [[files]]
        name = "*outcomes.csv"
        table = "outcomes"
        columns.experiment = "experiment"
        columns.unit = "unit"
        columns.variant = "variant"
        columns.outcome = { column = "outcome", unit = "percent" }
    """
    evidence = mapped(
        mapping + mapping.replace("percent", "share"), outcomes__csv=head + "e,u,v,50\n"
    )
    assert evidence.outcomes["outcome"].tolist() == [0.5]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('table = "outcomes"', 'table = "runs"'), "$.files[0].table"),
        (('unit = "Task"', 'task = "Task"'), "columns: outcomes has no column 'task'; there are"),
        (('unit = "Task"', ""), "outcomes need 'unit'"),
        (('unit = "s"', 'unit = "hours"'), "columns.latency_ms: unknown unit 'hours'; expected ms"),
        (('unit = "Task"', 'unit = { column = "T", unit = "s" }'), "columns.unit: unknown unit"),
        (("[files.values.outcome]", "[files.values.cost_usd]\na = 'b'\n[files.values.repeat]"),
         "values.repeat: there is no 'repeat' among columns"),
        (('experiment = "october"', 'experiment = "october"\nunit = "x"'), "name it once"),
        (('checked_by = "unit tests"', "passes = -1"), "constants: "),
        (("[[files]]", "[[file]]"), "unknown field `file`"),
        (("[[files]]", "[[files"), "no valid TOML"),
    ],
)  # fmt: skip
def test_errors_name_the_file_the_key_and_what_was_expected(mapped, tmp_path, change, said):
    with pytest.raises(EvidenceError) as raised:
        mapped(OUTCOMES.replace(*change), tries__json=TRIES)
    assert said in str(raised.value)
    assert str(tmp_path / "map.toml") in str(raised.value)


def test_a_mapping_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(EvidenceError, match=r"none\.toml"):
        sk.load(tmp_path, map=tmp_path / "none.toml")


def test_workers_read_by_the_mapping_as_well(tmp_path):
    path, folder = tmp_path / "map.toml", tmp_path / "evidence"
    path.write_text(OUTCOMES)
    folder.mkdir()
    for number in range(6):
        (folder / f"tries{number}.csv").write_text(TABLE)
    found = discover([folder])
    work = chunks(found.folders, 1)
    parts = list(workers.read_chunks(work, 6, MAX_BYTES, 2, lambda _: None, TableMap.read(path)))
    assert [part["outcomes"][0].num_rows for part in parts] == [2] * 6


def test_commands_take_the_mapping_and_name_entries_without_a_file(tmp_path):
    path = tmp_path / "map.toml"
    path.write_text(
        OUTCOMES + '[[files]]\nname = "nothing*"\ntable = "calls"\ncolumns.model = "m"\n'
    )
    names = [f"t{number}" for number in range(20)]
    lines = [f"{n};solo;passed;1;2\n{n};duo;passed;2;6\n" for n in names]
    (tmp_path / "tries.csv").write_text("Task;setup.name;verdict;seconds;price\n" + "".join(lines))
    given = ["--evidence", str(tmp_path), "--map", str(path)]
    decided = CliRunner().invoke(main, ["decide", *given])
    assert decided.exit_code == 0, decided.output
    assert "20 of 20" in decided.stdout
    assert "3.00 times" in " ".join(decided.stdout.split())
    assert "'nothing*' (files[1])" in decided.stderr
    listed = CliRunner().invoke(main, ["problems", str(tmp_path), "--map", str(path), "--counts"])
    assert listed.exit_code == 0
    wrong = CliRunner().invoke(main, ["summary", str(tmp_path), "--map", str(tmp_path / "no.toml")])
    assert wrong.exit_code == 2


@pytest.mark.parametrize("struct", [mapped_format.CallRecord, mapped_format.ReviewRecord])
def test_every_column_is_documented(struct):
    assert mapped_format.__doc__
    assert {n for n in struct.__struct_fields__ if f"`{n}`" not in mapped_format.__doc__} == set()


def test_the_documented_example_works(mapped):
    (example,) = re.findall(r"```toml\n(.*?)```", mapped_format.__doc__ or "", re.DOTALL)
    rows = [
        {"task": "t1", "config": {"model": "a"}, "verdict": "passed", "seconds": 2, "price": 3},
        {"task": "t1", "config": {"model": "b"}, "verdict": "failed"},
    ]
    evidence = mapped(example.replace("*.csv", "*"), **{"results-1.json": rows})
    columns = ["experiment", "unit", "variant", "outcome", "checked_by"]
    assert evidence.outcomes[columns].to_numpy().tolist() == [
        ["october", "t1", "a", 1, "unit tests"],
        ["october", "t1", "b", 0, "unit tests"],
    ]
    assert evidence.outcomes["latency_ms"].dropna().tolist() == [2000]
    assert evidence.outcomes["cost_usd"].dropna().tolist() == [0.03]
