"""Outcomes that people bring: the plain format, public studies, what is wrong in them."""

from __future__ import annotations

import gzip
import json

import pytest
import yaml
from click.testing import CliRunner

import speckit_analysis as sk
from speckit_analysis.cli import main
from speckit_analysis.formats.outcome import TEMPLATE, contradicts
from speckit_analysis.reports.library import find_notebooks
from speckit_analysis.sample import is_sample, real_study_path, sample_path


@pytest.fixture
def load(tmp_path):
    """Load files by name and content."""

    def read(**files):
        for name, content in files.items():
            path = tmp_path / "deep" / "er" / name.replace("__", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return sk.load(tmp_path)

    return read


def kinds(evidence):
    return sorted(evidence.problems["kind"].astype(str))


HEAD = "experiment,unit,variant,repeat,outcome,cost_usd\n"


# The plain format


@pytest.mark.parametrize(
    "content",
    [
        HEAD + "e,u1,a,1,1,0.5\ne,u1,b,1,0,\n",
        "\ufeff" + HEAD.upper().replace(",", ";") + "e;u1;a;1;TRUE;0.5\r\ne;u1;b;1;0;\r\n;;;;;\r\n",
        HEAD.replace(",", "\t") + "e\tu1\ta\t1\t1.0\t.5\ne\tu1\tb\t1\tfalse\t\n",
    ],
)
def test_a_table_is_read_wherever_it_lies_and_whatever_it_is_called(load, content):
    evidence = load(anything__csv=content)
    rows = evidence.outcomes
    assert rows["outcome"].tolist() == [1, 0]
    assert rows["cost_usd"].isna().tolist() == [False, True]
    assert rows["locator"].tolist() == ["L2", "L3"]
    assert evidence.files["format"].tolist() == ["outcome"]
    assert set(kinds(evidence)) <= {"encoding"}


def test_json_lines_are_read_too(load):
    lines = [
        {"experiment": "e", "unit": 7, "variant": "a", "outcome": True, "models": ["m", "n"]},
        {"experiment": "e", "unit": 7, "variant": "b", "outcome": 0.25, "checked_by": "me"},
    ]
    evidence = load(mine__jsonl="\n".join(map(json.dumps, lines)))
    assert evidence.outcomes["outcome"].tolist() == [1, 0.25]
    assert evidence.outcomes["models"].tolist()[0] == "m; n"
    assert kinds(evidence) == []


@pytest.mark.parametrize(
    ("cell", "kind"),
    [("some", "mistyped_field"), ("nan", "mistyped_field"), ("1_0", "mistyped_field"), ("", None)],
)
def test_a_bad_outcome_is_a_problem_and_missing_never_0(load, cell, kind):
    evidence = load(x__csv=f"{HEAD}e,u,a,1,{cell},0.5\n")
    assert evidence.outcomes["outcome"].isna().tolist() == [True]
    assert evidence.outcomes["cost_usd"].tolist() == [0.5]
    assert kinds(evidence) == ([kind] if kind else [])


def test_what_has_no_column_or_no_unit_is_said(load):
    evidence = load(x__csv=f"{HEAD[:-1]},judge\ne,,a,1,1,-1,x\ne,u,a,1,1,2,y,z\n")
    assert kinds(evidence) == [
        "missing_field", "mistyped_field", "unknown_column", "unknown_column",
    ]  # fmt: skip
    assert evidence.outcomes["unit"].isna().tolist() == [True, False]


def test_a_table_without_outcomes_is_recognised_and_refused(load):
    evidence = load(outcomes__csv="experiment,unit,variant,passed\ne,u,a,1\n")
    assert evidence.outcomes.empty
    assert kinds(evidence) == ["missing_field", "unknown_column"]


def test_other_tables_are_none_of_outcomes(load):
    evidence = load(labels__csv="output,valid\na,yes\n", list__json="[1, 2]")
    assert evidence.outcomes.empty
    assert kinds(evidence) == ["unrecognised_file"]  # of the list; of the table it is not said


def test_costs_and_results_of_one_try_become_one_row(load):
    """Kind: one try told in two places."""
    evidence = load(
        a__csv="experiment,unit,variant,repeat,cost_usd,outcome\ne,u,a,1,0.5,\n",
        b__csv="experiment,unit,variant,repeat,outcome,checked_by\ne,u,a,1,1,me\n",
    )
    (row,) = evidence.outcomes.itertuples()
    assert (row.outcome, row.cost_usd, row.checked_by) == (1, 0.5, "me")
    assert kinds(evidence) == []


def test_a_try_that_stands_twice_counts_once_and_the_last_time(load):
    evidence = load(x__csv=f"{HEAD}e,u,a,1,1,0.5\ne,u,a,1,0,\ne,u,a,2,1,\n")
    rows = evidence.outcomes
    assert rows["provenance"].tolist() == ["stale_copy", "measured", "measured"]
    assert rows["cost_usd"].isna().tolist() == [False, True, True]  # of another try
    assert kinds(evidence) == ["repeated_outcome"]


def test_rows_without_a_number_are_tries_of_their_own_but_for_copies(load):
    """Kind: the same file twice, or the same amount to the last digit."""
    table = "experiment,unit,variant,outcome,cost_usd\ne,u,a,1,\ne,u,a,1,\ne,u,a,0,0.123\n"
    evidence = load(x__csv=table, copy__csv=table)
    assert (evidence.outcomes["provenance"] == "measured").sum() == 3
    again = load(y__csv="experiment,unit,variant,outcome,cost_usd\ne,u,a,0,0.123\n")
    assert (again.outcomes["provenance"] == "measured").sum() == 3


def test_the_template_is_read_as_it_is_written(tmp_path):
    path = tmp_path / "mine.csv"
    printed = CliRunner().invoke(main, ["experiment", "template"])
    assert (printed.exit_code, printed.stdout) == (0, TEMPLATE)
    written = CliRunner().invoke(main, ["experiment", "template", "--out", str(path)])
    assert written.exit_code == 0
    evidence = sk.load(tmp_path)
    assert (len(evidence.outcomes), kinds(evidence)) == (4, [])
    assert evidence.outcomes[["cost_usd", "models", "checked_by"]].notna().all(axis=None)
    again = CliRunner().invoke(main, ["experiment", "template", "--out", str(path)])
    assert again.exit_code == 2


# What stated rates get wrong


@pytest.mark.parametrize(
    ("stated", "passes", "cases", "wrong"),
    [
        (0.528, 51, 500, True),
        (0.53, 264, 500, False),
        (0.617, 139, 225, False),
        (0.714, 160, 225, True),
        (0.6, 144, 225, True),
        (1.0, 3, 3, False),
        (0.0, 1, 500, False),
        (0.0, 9, 500, True),
    ],
)
def test_a_rate_is_held_against_its_counts(stated, passes, cases, wrong):
    assert contradicts(stated, passes, cases) is wrong


def test_a_contradicted_rate_is_a_problem_and_said_where_it_is_used(load):
    from speckit_analysis.analysis.experiment import checked
    from speckit_analysis.plans import planned

    head = "experiment,unit,variant,outcome,passes,cases\n"
    evidence = load(x__csv=f"{head}e,all,a,0.528,51,500\ne,all,b,0.6,300,500\ne,all,c,,7,5\n")
    assert kinds(evidence) == ["rate_contradicts_counts"] * 2
    rows = evidence.outcomes
    assert rows["outcome"].fillna(-1).tolist() == [0.102, 0.6, -1]
    assert rows["outcome_stated"].fillna(-1).tolist() == [0.528, -1, -1]
    found = checked.compare_outcomes(
        rows.dropna(subset="outcome"), planned("", baseline="b", candidate="a")
    )
    assert any("52.8 %" in note and "51 of 500" in note for note in found.notes)


# Public studies

RUN = {
    "dirname": "2025-01-01--alone",
    "test_cases": 225,
    "model": "R1",
    "edit_format": "diff",
    "pass_rate_2": 56.9,
    "pass_num_2": 128,
    "total_tests": 225,
    "total_cost": 5.4193,
    "seconds_per_case": 100.0,
}
PAIR = RUN | {
    "dirname": "2025-01-02--pair",
    "edit_format": "architect",
    "editor_model": "sonnet",
    "editor_edit_format": "editor-diff",
}


def board(*entries):
    return yaml.safe_dump(list(entries), sort_keys=False)


def test_a_leaderboard_is_totals(load):
    evidence = load(board__yml="# a comment\n" + board(RUN, PAIR | {"total_cost": 0}))
    one, pair = evidence.outcomes.itertuples()
    assert (one.variant, one.passes, one.cases, one.cost_usd) == ("R1", 128, 225, 5.4193)
    assert one.latency_ms == 225 * 100_000
    assert (pair.variant, pair.models) == ("R1 + sonnet", "R1 + sonnet")
    assert evidence.outcomes["cost_usd"].isna().tolist() == [False, True]
    assert kinds(evidence) == ["zero_cost"]


def test_runs_of_one_name_are_told_apart(load):
    runs = [RUN, *(RUN | {"dirname": name, "edit_format": "whole"} for name in "bc"), PAIR]
    names = load(board__yaml=board(*runs)).outcomes["variant"].tolist()
    assert names == ["R1 (diff)", "R1 (b)", "R1 (c)", "R1 + sonnet"]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"pass_rate_2": 52.8, "pass_num_2": 51, "total_tests": 500}, "rate_contradicts_counts"),
        ({"pass_num_2": 226}, "rate_contradicts_counts"),
        ({"test_cases": "many"}, "mistyped_field"),
        ({"test_cases": 224, "pass_rate_2": 57.1}, None),
        ({"pass_num_2": None, "total_tests": None}, None),
    ],
)
def test_a_run_that_makes_no_sense_is_a_problem(load, changed, problem):
    evidence = load(board__yml=board(RUN | changed, PAIR))
    assert kinds(evidence) == ([problem] if problem else [])
    assert "R1 + sonnet" in evidence.outcomes["variant"].tolist()


def test_a_damaged_leaderboard_is_a_problem(load):
    evidence = load(board__yml="- dirname: a\n  pass_rate_2: [b\n")
    assert kinds(evidence) == ["format_failed"]
    assert evidence.files["parse_state"].tolist() == ["invalid"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_trajectories_are_tries_of_tasks(load, pack):
    trials = [
        {"task_id": 0, "reward": reward, "info": {"user_cost": 0.1}, "traj": [], "trial": number}
        for number, reward in enumerate([1 - 1e-9, 0.99])
    ]
    ending = "json__gz" if pack is gzip.compress else "json"
    evidence = load(**{f"agent__{ending}": pack(json.dumps(trials).encode())})
    rows = evidence.outcomes
    assert rows["outcome"].tolist() == [1, 0]
    assert rows["repeat"].tolist() == ["0", "1"]
    assert rows["variant"].unique().tolist() == ["agent"]
    assert rows["cost_usd"].isna().all()  # what the simulated user cost is not the agent's
    assert kinds(evidence) == []


def test_other_packed_files_stay_packed(load):
    evidence = load(x__json__gz=gzip.compress(b'{"experiment": "e"}'), y__json__gz=b"\x1f\x8bjunk")
    assert evidence.files["parse_state"].tolist() == ["binary", "binary"]
    assert evidence.outcomes.empty


def test_a_final_result_whose_rate_is_not_its_count_is_found(load):
    """Kind: another study's file of the same shape."""
    ids = [f"t{n}" for n in range(51)]
    variant = {"resolved": 51, "percentage": 52.8, "resolved_ids": ids}
    final = {"total_instances": 500, "baseline": variant, "polydev": variant | {"percentage": 10.2}}
    evidence = load(FINAL__json=json.dumps(final))
    assert kinds(evidence) == ["rate_contradicts_counts"]
    assert "52.8 % is not 51 of 500" in evidence.problems["message"][0]
    assert evidence.outcomes.groupby("variant", observed=True)["outcome"].mean().tolist() == [
        *(0.102, 0.102)
    ]
    stated = evidence.outcomes.groupby("variant", observed=True)["outcome_stated"].first()
    assert stated["alone"] == 0.528


# When the real study runs


def test_the_real_study_runs_on_request_and_never_over_somebodys_evidence(tmp_path):
    def names(*asked, **options):
        return [path.stem for path in find_notebooks(asked, **options)]

    assert "real_study" not in names("all")
    assert names("all", own_evidence=False)[-1] == "real_study"
    assert names("real_study") == ["real_study"]
    assert is_sample([sample_path()])
    assert not is_sample([sample_path(), tmp_path])


def test_the_bundled_data_say_what_is_simulated_and_what_is_real():
    text = (real_study_path().parent / "README.md").read_text("utf-8")
    assert {"simulated", "real"} <= set(text.lower().split())
    assert "MIT License" in (real_study_path() / "LICENSE").read_text("utf-8")
