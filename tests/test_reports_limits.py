"""What a notebook declares that its parameters may be, and how a value beyond it is refused."""

from __future__ import annotations

import ast

import pytest
from click.testing import CliRunner
from notebook_files import write

from speckit_analysis.analysis.cost.trends import DAYS
from speckit_analysis.analysis.summaries import PERIODS
from speckit_analysis.cli import main
from speckit_analysis.reports import ReportError, batch, run_reports
from speckit_analysis.reports.library import find_notebooks
from speckit_analysis.reports.limits import broken_limit, limit_in
from speckit_analysis.reports.parameters import check_limits, declared_parameters
from speckit_analysis.tables import PROVENANCES

PROJECT = {path.stem: declared_parameters(path) for path in find_notebooks(["all"])}

LIMITED = """\
low: float = 1.0  # where it begins [at least 0, at most high]
high: float = 2.0  # where it ends
period: str = "week"  # span of a point [one of day, week]
include: str = "a"  # which count [some of a, b]
study: str = ""  # what it reads [file]
"""


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "a share",
        "a list [optional]",
        "[at least one]",
        "[at most 5] at first",
        "[file, folder]",
    ],
)
def test_other_brackets_limit_nothing(comment):
    assert limit_in(comment) == ""


@pytest.mark.parametrize(
    ("limit", "kept", "broken"),
    [
        ("at least 0.5, below 1", [0.5, 0.99], [0.49, 1, 1.5, -1, float("nan"), "0.6", True, None]),
        ("above 0", [1e-9, 5], [0, -1, float("inf")]),
        ("at most 1e9", [1e9, -5], [2e9]),
        ("at least -1", [-1], [-2]),
        ("at most other", [3], [4]),
        ("other than other", [4, "x"], [3]),
        ("one of day, week", ["day", "week"], ["fortnight", "", "day, week", None]),
        ("one of 2, 0.5", [2, 0.5, "2"], [3, 2.5, True]),
        ("some of a, b", ["a", "a,b", " b , a "], ["", "c", "a,c", ","]),
        ("file", ["", __file__], ["nowhere.toml", "."]),
    ],
)
def test_a_limit_holds_values_apart(limit, kept, broken):
    others = {"other": 3}
    assert limit_in(f"[{limit}]", others) == limit
    assert [broken_limit(limit, value, others) for value in kept] == [""] * len(kept)
    assert all(broken_limit(limit, value, others) for value in broken)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"low": -1.0}, r"'low' of the notebook x is to be at least 0, at most high \(2\.0\), and"),
        ({"high": 0.5}, r"'low' .* at most high \(0\.5\), and not 1\.0"),
        ({"period": "weeks"}, "'period' .* is to be one of day, week, and not 'weeks'"),
        ({"include": "a,c"}, "'include' .* is to be some of a, b, and not 'a,c'"),
        ({"study": "no.csv"}, r"'study' .* is to be a file, and .*no\.csv is not: there is none"),
        ({"study": "."}, "'study' .* is to be a file, and .* is not: that is a folder"),
    ],
)
def test_a_value_beyond_its_limit_is_refused_before_anything_is_read(
    given, said, tmp_path, monkeypatch
):
    monkeypatch.setattr(batch, "_load_once", lambda *_: pytest.fail("evidence was read"))
    path = write(tmp_path, "x", parameters=LIMITED)
    with pytest.raises(ReportError, match=said):
        run_reports([path], tmp_path, tmp_path / "out", given)
    assert not (tmp_path / "out").exists()


def test_values_within_their_limits_are_taken(tmp_path):
    declared = declared_parameters(write(tmp_path, "x", parameters=LIMITED))
    check_limits("x", declared, {"low": 3.0, "high": 4.0, "study": __file__})


def test_a_default_that_is_no_plain_value_is_looked_at_as_it_stands(tmp_path):
    line = 'day: str = str(7)  # which [one of 7, 8]\nhour: str = "7"  # which [one of 7, 8]\n'
    declared = declared_parameters(write(tmp_path, "x", parameters=line))
    with pytest.raises(ReportError, match=r"'day' .* not 'str\(7\)'"):
        check_limits("x", declared, {})


@pytest.mark.parametrize(
    "assignment", ["confidence=1.5", "period=fortnight", "include=stubs", "invoice=no.csv"]
)
def test_the_command_ends_with_2_before_any_notebook_runs(assignment, tmp_path):
    options = ["report", "cost", "-p", assignment, "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, options)
    assert result.exit_code == 2
    assert f"the parameter {assignment.partition('=')[0]!r} of the notebook cost" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", list(PROJECT))
def test_every_bracket_of_the_project_s_notebooks_is_a_limit(name):
    assert all(one.limit for one in PROJECT[name].values() if one.meaning.endswith("]"))


@pytest.mark.parametrize("name", list(PROJECT))
def test_every_number_of_the_project_s_notebooks_is_limited_and_defaults_are_within(name):
    numbers = [one for one in PROJECT[name].values() if one.type in ("int", "float")]
    assert all(one.limit and ast.literal_eval(one.default) is not None for one in numbers)
    check_limits(name, PROJECT[name], {})


def test_limits_list_what_the_functions_know():
    declared = [one for parameters in PROJECT.values() for one in parameters.values()]
    limits = {name: {one.limit for one in declared if one.name == name} for name in
              ("include", "period", "prices", "plan")}  # fmt: skip
    assert limits["include"] == {f"some of {', '.join(PROVENANCES)}"}
    assert limits["period"] == {f"one of {', '.join(PERIODS)}"} == {f"one of {', '.join(DAYS)}"}
    assert limits["prices"] == limits["plan"] == {"file"}
