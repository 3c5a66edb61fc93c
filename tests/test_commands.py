"""Tables as terminals, spreadsheets and programs want them, and the commands that write them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from evidence_files import PLACES, call, proposal, telemetry, verdict, write
from needs import needs
from shared_files import EVIDENCE

import speckit_analysis as sk
from speckit_analysis.cli import main
from speckit_analysis.commands.output import Output, as_csv, as_json, as_markdown, as_text
from speckit_analysis.errors import EvidenceError
from speckit_analysis.simulate import Design, simulate

FRAME = pd.DataFrame(
    {
        "model": pd.array(["gpt-5", None], "string"),
        "calls": pd.array([3, None], "Int64"),
        "cost_usd": pd.array([0.5, None], "Float64"),
        "day": pd.to_datetime(["2025-10-06", None], utc=True),
    }
)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1"])
def test_csv_runs_no_formula(text):
    (_, (cell,)) = csv.reader(io.StringIO(as_csv(pd.DataFrame({"name": [text]})), newline=""))
    assert cell == "'" + text.replace("\r", " ")


def test_csv_holds_whole_figures_and_leaves_the_missing_empty():
    assert as_csv(FRAME).splitlines() == [
        "model,calls,cost_usd,day",
        "gpt-5,3,0.5,2025-10-06T00:00:00+00:00",
        ",,,",
    ]


def test_a_negative_figure_is_no_formula():
    assert as_csv(pd.DataFrame({"difference_usd": [-0.5]})).splitlines() == [
        "difference_usd",
        "-0.5",
    ]


def test_json_has_null_for_the_missing():
    assert json.loads(as_json(FRAME)) == [
        {"model": "gpt-5", "calls": 3, "cost_usd": 0.5, "day": "2025-10-06T00:00:00+00:00"},
        {"model": None, "calls": None, "cost_usd": None, "day": None},
    ]


def test_markdown_escapes_what_would_end_a_cell():
    text = as_markdown(pd.DataFrame({"name": ["a|b"], "calls": [2]}))
    assert text.splitlines() == ["| name | calls |", "| --- | ---: |", "| a\\|b | 2 |"]


def test_a_table_fits_the_terminal():
    wide = pd.DataFrame({"name": ["x" * 90], "calls": [12345], "note": ["y" * 50]})
    lines = as_text(wide, width=60).splitlines()
    assert max(map(len, lines)) <= 60
    assert "12,345" in lines[1]
    assert "…" in lines[1]


def test_what_names_a_row_is_kept_before_other_columns():
    found = pd.DataFrame({"run": ["r" * 30], "topic": ["t" * 60], "type": ["u" * 30]})
    assert "r" * 30 in as_text(found, width=70)
    assert as_text(found, width=40).splitlines()[1].startswith("r" * 19 + "…")


def test_columns_that_do_not_fit_are_named():
    wide = pd.DataFrame({f"figure_{n}": [10**9] for n in range(9)})
    text = as_text(wide, width=50)
    assert "too narrow for: figure 3, figure 4" in text
    assert "--format csv" in text


def test_a_terminal_is_not_moved_by_what_evidence_says():
    assert "\x1b" not in as_text(pd.DataFrame({"name": ["\x1b[2Jx"]}))


@pytest.mark.parametrize("form", ["table", "csv", "markdown", "json"])
def test_no_form_writes_what_controls_a_terminal(form, tmp_path, capsys):
    """Colours, the cursor, 8-bit controls, a lone return, signs that turn text around."""
    moving = ["\x1b[31m", "\x1b]0;t\x07", "\x9b2J", "\x7f", "\r", "\u202e", "\u2066"]
    quoted = pd.DataFrame({f"name{sign}": [f"a{sign}b"] for sign in moving})
    Output(form).emit(quoted, f"note {''.join(moving)}")
    shown = capsys.readouterr()
    for text in (shown.out.replace("\r\n", ""), shown.err):
        assert not any(sign[0] in text for sign in moving)
    if form == "json":
        assert list(json.loads(shown.out)[0].values()) == [f"a{sign}b" for sign in moving]


def test_commands_print_by_what_controls_no_terminal():
    """No command prints for itself, and each prints a run of such a name as it prints others."""
    folder = Path(sk.__file__).parent / "commands"
    assert [path.name for path in folder.glob("*.py") if "click.echo" in path.read_text()] == [
        "output.py"
    ]


@pytest.mark.parametrize(
    "command", ["summary", "problems --severity info", "validate", "disagreements", "telemetry -h"]
)
def test_no_command_writes_the_colours_of_evidence(command, tmp_path):
    folder = tmp_path / "\x1b[31mred"
    write(folder, PLACES["telemetry"], telemetry(call(error="\x1b[31mno", agent="\x1b[2Jx")))
    write(folder, "consensus/SPEC-\x1b[31m/plan_verdict.json", verdict(proposal("\x1b[2J", "x")))
    words = command.split()
    given = ["--evidence", str(folder)] if words[0] == "disagreements" else [str(folder)]
    result = CliRunner().invoke(main, [*words, *given])
    assert result.exit_code in (0, 1), result.output
    assert "\x1b" not in result.output + result.stderr


def test_parquet_needs_a_file(tmp_path):
    with pytest.raises(EvidenceError, match="--out"):
        Output("parquet").emit(FRAME)
    Output(out=tmp_path / "new" / "found.parquet").emit(FRAME)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "new" / "found.parquet"), FRAME)


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EvidenceError, match="cannot write"):
        Output("csv", tmp_path / "file" / "found.csv").emit(FRAME)


def run(*arguments: str, code: int = 0):
    done = CliRunner().invoke(main, list(arguments))
    assert done.exit_code == code, done.output
    return done


def test_cost_by_stage_adds_up_to_what_the_calls_cost():
    done = run("telemetry", "--metric", "cost", "--group-by", "stage", "--format", "json")
    calls = sk.load(sk.sample_path()).calls
    spent = calls.loc[calls["provenance"] == "measured", "cost_usd"].sum()
    assert sum(row["sum_usd"] for row in json.loads(done.stdout)) == pytest.approx(spent)
    assert "left out: 9 stub" in done.stderr


def test_latency_of_a_stage_by_model():
    where = 'stage == "plan"'
    options = ["--metric", "latency", "--group-by", "model", "--where", where]
    done = run("telemetry", *options, "--format", "csv")
    head, *rows = csv.reader(io.StringIO(done.stdout))
    assert head[:3] == ["model_id", "n", "missing"]
    assert [row[0] for row in rows] == ["claude-sonnet-4-5", "gemini-2.5-pro", "gpt-5"]


def test_disagreements_of_at_least_one():
    options = ["--metric", "disagreements", "--group-by", "stage", "--min-count", "1"]
    table = run("telemetry", *options).stdout
    assert "implement" in table
    assert "unlock" not in table


def test_without_evidence_the_command_says_that_it_reads_the_sample():
    assert "bundled sample, which is simulated" in run("telemetry").stderr
    assert "bundled sample" not in run("telemetry", str(sk.sample_path())).stderr


def test_what_is_written_to_a_file_is_named(tmp_path):
    out = tmp_path / "cost.csv"
    done = run("telemetry", "--group-by", "day", "--out", str(out))
    assert done.stdout.strip() == str(out)
    assert out.read_text().startswith("day,n,missing,sum_usd")


def test_own_prices_change_what_it_cost(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text("[[prices]]\nmodel = 'gpt-5'\ninput = 0\noutput = 0\n")
    options = ["--group-by", "model", "--prices", str(path), "--format", "json"]
    rows = {row["model_id"]: row for row in json.loads(run("telemetry", *options).stdout)}
    assert rows["gpt-5"]["sum_usd"] == 0
    assert rows["gpt-5-codex"]["sum_usd"] > 0


def test_the_metrics_are_listed():
    assert run("telemetry", "--list").stdout.startswith("cost  ")


@pytest.mark.parametrize(
    "wrong",
    [
        ["--metric", "cst"],
        ["--group-by", "spce"],
        ["--since", "2025-13"],
        ["--since", "2031"],
        ["--where", "nothing"],
        ["--spec", "SPEC-SIM-01"],
        ["--prices", "nowhere.toml"],
        ["--format", "parquet"],
        ["nowhere"],
    ],
)
def test_a_mistake_is_told_in_a_line(wrong, tmp_path):
    done = run("telemetry", *wrong, code=2)
    errors = [line for line in done.stderr.splitlines() if not line.startswith("No evidence")]
    assert len(errors) == 1
    assert errors[0].startswith("Error: ")


def test_two_models_are_compared():
    done = run("compare", "gpt-5", "claude-sonnet-4-5", "--metric", "latency")
    assert "higher" in done.stdout
    assert "10 SPECs; paired t over SPECs" in done.stdout


def test_a_comparison_of_some_specs_and_a_span_of_time():
    options = ["--metric", "latency", "--until", "2025-10", "--format", "json"]
    (row,) = json.loads(run("compare", "gpt-5", "claude-sonnet-4-5", *options).stdout)
    assert row["n_a"] == 7
    specs = [part for n in (1, 2, 3) for part in ("--spec", f"SPEC-SIM-00{n}")]
    (row,) = json.loads(run("compare", "gpt-5", "claude-sonnet-4-5", *options, *specs).stdout)
    assert row["n_a"] == 3


def test_a_comparison_of_what_nobody_scored_is_refused_in_words(tmp_path):
    simulate(Design(specs=2, damage=(), reviewers=0, experiments=False), tmp_path / "evidence")
    where = ["--evidence", str(tmp_path / "evidence")]
    done = run("compare", "SPEC-SIM-001", "SPEC-SIM-002", "--metric", "quality", *where)
    assert "not estimable" in done.stdout
    assert "no run, has a score of either" in done.stdout


def test_a_comparison_for_a_program_holds_every_figure():
    (row,) = json.loads(run("compare", "2025-10", "2025-11", "--format", "json").stdout)
    assert row["unit"] == "SPEC"
    assert row["ratio_low"] < row["ratio"] < row["ratio_high"]
    assert row["method"].startswith("Welch's t")


@pytest.mark.parametrize("wrong", [["gpt-5", "gpt-9"], ["gpt-5", "gpt-5"], ["2025-13", "2025-10"]])
def test_a_comparison_that_makes_no_sense_is_told_in_a_line(wrong):
    errors = run("compare", *wrong, code=2).stderr.splitlines()[1:]
    assert len(errors) == 1
    assert errors[0].startswith("Error: ")


@needs(EVIDENCE)
def test_real_evidence_has_no_cost_that_anyone_measured():
    done = run("telemetry", str(EVIDENCE), "--metric", "cost", "--format", "json")
    assert [row["n"] for row in json.loads(done.stdout)] == [0]
    with_stubs = ["--include-synthetic", "--group-by", "model", "--format", "json"]
    rows = json.loads(run("telemetry", str(EVIDENCE), *with_stubs).stdout)
    found = {row["model_id"]: row["sum_usd"] for row in rows if row["n"]}
    # 120 input and 60 output tokens each, at the prices of 5 October 2025.
    assert found == {
        "claude-sonnet-4-5": pytest.approx(0.00126),
        "gemini-2.5-pro": pytest.approx(0.00075),
        "gpt-5": pytest.approx(0.00075),
    }
