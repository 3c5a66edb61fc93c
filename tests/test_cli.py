"""The command line: every command, its output, its exit codes, and a user's mistakes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import jsonschema
import pytest
from click.testing import CliRunner, Result
from evidence_files import PLACES, cost, documents, telemetry, write

import speckit_analysis as sk
from speckit_analysis.cli import main
from speckit_analysis.formats import schemas
from speckit_analysis.tables import TABLES
from speckit_analysis.tables.results import RESULTS

COMMANDS = sorted(main.commands)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("corpus")
    for name, document in documents().items():
        write(root, PLACES[name], document)
    write(root, "costs/SPEC-FREE_cost_summary.json", cost(spec_id="SPEC-FREE", total_spent=0.0))
    return root


def test_the_commands_are_those_of_the_documentation() -> None:
    expected = {"summary", "problems", "describe", "schema", "validate", "sample", "report"}
    assert expected | {"simulate"} <= set(COMMANDS)


@pytest.mark.parametrize("command", ["", *COMMANDS])
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_is_there_for_every_command(command: str, flag: str) -> None:
    result = run(*filter(None, [command]), flag)
    assert result.exit_code == 0
    assert "Usage:" in result.output
    assert "Traceback" not in result.output


def test_without_a_command_the_commands_are_listed() -> None:
    result = run()
    assert all(command in result.output for command in COMMANDS)


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version").output.strip() == f"speckit-analysis, version {sk.__version__}"


def test_an_unknown_command_is_a_sentence() -> None:
    result = run("dance")
    assert result.exit_code == 2
    assert "No such command 'dance'" in result.output


def test_summary_says_what_the_evidence_holds(corpus: Path) -> None:
    result = run("summary", corpus)
    assert result.exit_code == 0
    assert result.output.strip() == repr(sk.load(corpus))


def test_summary_without_a_path_reads_the_sample() -> None:
    result = run("summary")
    assert result.exit_code == 0
    assert str(sk.sample_path()) in result.stdout
    assert "simulated" in result.stderr


def test_an_empty_path_is_no_evidence() -> None:
    result = run("summary", "")
    assert result.exit_code == 2
    assert "an empty path is no evidence" in result.stderr


def test_a_mistake_of_the_program_is_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("a fault")

    monkeypatch.setattr(sk, "load", broken)
    result = run("summary")
    assert result.exit_code == 70
    assert "KeyError: 'a fault' (this is a mistake of the program" in result.stderr
    monkeypatch.setenv("SPECKIT_TRACEBACK", "1")
    assert isinstance(run("summary").exception, KeyError)


def test_sample_prints_a_folder_that_exists() -> None:
    assert Path(run("sample").output.strip()).is_dir()


@pytest.mark.parametrize("command", ["summary", "problems", "validate"])
def test_a_path_that_does_not_exist_is_a_sentence_and_ends_with_2(
    command: str, tmp_path: Path
) -> None:
    result = run(command, tmp_path / "nowhere")
    assert result.exit_code == 2
    assert result.output.startswith("Error: ")
    assert "no such file or folder" in result.output
    assert "Traceback" not in result.output


def test_problems_are_listed_one_a_line_with_place_and_action(corpus: Path) -> None:
    result = run("problems", corpus, "--kind", "zero_cost")
    assert result.exit_code == 0
    line = result.output.strip()
    assert line.startswith("costs/SPEC-FREE_cost_summary.json /total_spent: error: zero_cost: ")
    assert line.endswith("(kept as reported; not taken for a measurement)")


@pytest.mark.parametrize("command", ["problems", "validate"])
def test_the_name_of_a_file_cannot_steer_the_terminal(command: str, tmp_path: Path) -> None:
    write(tmp_path, "consensus/SPEC-1/spec-plan_\x1b[31m_telemetry.json", "{broken")
    output = run(command, tmp_path).output
    assert "spec-plan_ [31m_telemetry.json" in output
    assert "\x1b" not in output


def test_problems_can_be_counted_by_kind(corpus: Path) -> None:
    found = sk.load(corpus).problems
    result = run("problems", corpus, "--counts", "--severity", "info")
    counted = {line.split()[2]: int(line.split()[0]) for line in result.output.splitlines()}
    assert counted == found["kind"].astype(str).value_counts().to_dict()


@pytest.mark.parametrize("severity", ["info", "warning", "error"])
def test_problems_below_a_severity_are_left_out(severity: str, corpus: Path) -> None:
    order = ["info", "warning", "error"]
    result = run("problems", corpus, "--severity", severity)
    lines = len(result.output.splitlines())
    found = sk.load(corpus).problems["severity"].astype(str)
    assert lines == found.isin(order[order.index(severity) :]).sum()


def test_problems_of_sound_evidence_are_none(tmp_path: Path) -> None:
    write(tmp_path, PLACES["telemetry"], telemetry())
    result = run("problems", tmp_path)
    assert (result.exit_code, result.stdout) == (0, "")


def test_a_kind_of_which_there_is_none_is_none(corpus: Path, tmp_path: Path) -> None:
    write(tmp_path, PLACES["telemetry"], telemetry())
    result = run("problems", tmp_path, "--kind", "zero_cost")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "none: no problem of kind 'zero_cost' at severity warning or above\n"
    info = sk.load(corpus).problems.query("severity == 'info'")["kind"].astype(str).iloc[0]
    less = run("problems", corpus, "--kind", info)
    assert less.exit_code == 0
    assert "less severe, which --severity info lists" in less.stderr


def test_an_unknown_kind_is_refused_with_what_was_meant(corpus: Path) -> None:
    result = run("problems", corpus, "--kind", "zero_costs")
    assert result.exit_code == 2
    assert "no kind of problem is called 'zero_costs'; did you mean zero_cost" in result.stderr


def test_an_unknown_severity_is_a_sentence(corpus: Path) -> None:
    result = run("problems", corpus, "--severity", "awful")
    assert result.exit_code == 2
    assert "'awful' is not one of" in result.output


def test_describe_lists_the_tables() -> None:
    result = run("describe")
    assert result.exit_code == 0
    *tables, last = result.output.splitlines()
    assert [line.split()[0] for line in tables] == list(TABLES)
    assert last.endswith("docs/results.md")


@pytest.mark.parametrize("name", [*TABLES, *RESULTS])
def test_describe_tells_every_column_of_a_table_or_result(name: str) -> None:
    result = run("describe", name)
    names = (RESULTS | TABLES)[name].column_names
    assert [line.split()[0] for line in result.output.splitlines()] == list(names)


def test_describe_of_an_unknown_table_names_the_tables() -> None:
    result = run("describe", "walks")
    assert result.exit_code == 2
    assert "no table 'walks'; tables are runs" in result.output


def test_schema_lists_the_schemas() -> None:
    result = run("schema")
    assert result.output.split() == sorted(schemas())
    assert {"telemetry-v2", "telemetry-tasks", "guardrail-v1", "cost-summary"} <= set(schemas())


@pytest.mark.parametrize("name", sorted(schemas()))
def test_schema_prints_a_json_schema(name: str) -> None:
    result = run("schema", name)
    assert result.exit_code == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(result.output))


def test_an_unknown_schema_names_the_schemas() -> None:
    result = run("schema", "telemetry-v9")
    assert result.exit_code == 2
    assert "schemas are agent-metrics" in result.output


def test_validate_of_sound_files_ends_with_0(tmp_path: Path) -> None:
    write(tmp_path, PLACES["telemetry"], telemetry())
    result = run("validate", tmp_path)
    assert result.exit_code == 0
    assert f"{PLACES['telemetry']}: valid (telemetry-v2)" in result.output
    assert "1 file, 0 invalid" in result.output


def test_validate_of_a_damaged_file_says_where_and_ends_with_1(tmp_path: Path) -> None:
    write(tmp_path, PLACES["telemetry"], telemetry())
    write(tmp_path, PLACES["cost"], cost(call_count="four"))
    result = run("validate", tmp_path)
    assert result.exit_code == 1
    assert f"{PLACES['cost']}: INVALID (cost-summary)" in result.output
    assert "    /call_count: " in result.output
    assert "2 files, 1 invalid" in result.output


def test_validate_quietly_names_only_invalid_files(tmp_path: Path) -> None:
    write(tmp_path, PLACES["telemetry"], telemetry())
    write(tmp_path, PLACES["cost"], cost(call_count="four"))
    assert PLACES["telemetry"] not in run("validate", "--quiet", tmp_path).output


def test_validate_names_what_no_format_recognises_without_failing(tmp_path: Path) -> None:
    write(tmp_path, PLACES["telemetry"], telemetry())
    write(tmp_path, "notes.txt", "hello")
    result = run("validate", tmp_path)
    assert result.exit_code == 0
    assert "notes.txt: not recognised\n" in result.output


@pytest.mark.parametrize("command", ["validate", "problems"])
@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "it has no file"),
        (["notes.txt", "more/notes.md"], "of 2 files, none is of a known format"),
    ],
)
def test_a_folder_without_evidence_is_not_taken_for_sound(
    command: str, files: list[str], said: str, tmp_path: Path
) -> None:
    for name in files:
        write(tmp_path, name, "hello")
    result = run(command, tmp_path)
    assert result.exit_code == 2
    assert f"Error: no evidence in {tmp_path}: {said}" in result.stderr


def commands_on_evidence(group: click.Group, *above: str) -> Iterator[tuple[str, ...]]:
    """Yield every command that takes evidence, as it is written."""
    for name, command in group.commands.items():
        if any(option.name in ("roots", "evidence", "more", "paths") for option in command.params):
            yield (*above, name)
        if isinstance(command, click.Group):
            yield from commands_on_evidence(command, *above, name)


#: What a command cannot do without, beside evidence.
REQUIRED = {
    "compare": ("gpt-5", "gemini-2.5-pro"),
    "billing": ("--invoice", "bill.csv"),
    "disagreements show": ("SPEC-1/plan/1",),
    "report": ("cost", "--quiet", "--out", "reports"),
    "review create": (
        "r",
        "--experiment",
        "e",
        "--reviewer",
        "ann",
        "--agent",
        "a",
        "--agent",
        "b",
    ),
}


@pytest.mark.parametrize("command", list(commands_on_evidence(main)), ids=" ".join)
@pytest.mark.parametrize("files", [[], ["notes.txt"]], ids=["empty", "unrecognised"])
def test_every_command_ends_alike_where_there_is_no_evidence(
    command: tuple[str, ...], files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "nothing"
    folder.mkdir()
    for name in files:
        write(folder, name, "hello")
    by_argument = ("summary", "problems", "validate", "sessions")
    given = command[0] not in by_argument and ("--evidence",)
    result = run(*command, *REQUIRED.get(" ".join(command), ()), *(given or ()), folder)
    assert result.exit_code == 2, result.output
    assert f"Error: no evidence in {folder}" in result.stderr


def test_validate_without_a_path_is_a_mistake() -> None:
    assert run("validate").exit_code == 2


def test_output_that_nobody_reads_is_no_error() -> None:
    code = "import sys; from speckit_analysis.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "describe", "runs"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


def test_help_starts_without_loading_the_data_libraries() -> None:
    code = (
        "import sys; from speckit_analysis.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "heavy = ('matplotlib', 'seaborn', 'pandas', 'scipy')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0
    assert "matplotlib" not in result.stdout.splitlines()[-1]
    assert result.stdout.splitlines()[-1] == "[]"
