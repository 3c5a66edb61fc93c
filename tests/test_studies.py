"""Files of public studies: what is read of them, and what is said of files that make no sense."""

from __future__ import annotations

import gzip
import json

import pandas as pd
import pytest
import yaml

from speckit_analysis import EvidenceError
from speckit_analysis.sample import studies_path
from speckit_analysis.studies import content as contents
from speckit_analysis.studies import load_studies, read_leaderboard, read_trials

RUN = {
    "dirname": "2025-01-01--alone",
    "model": "R1",
    "edit_format": "diff",
    "test_cases": 225,
    "total_tests": 225,
    "pass_rate_2": 56.9,
    "pass_num_2": 128,
    "total_cost": 5.4193,
    "seconds_per_case": 113.7,
}
PAIR = RUN | {
    "dirname": "2025-01-02--pair",
    "edit_format": "architect",
    "editor_model": "sonnet",
    "editor_edit_format": "editor-diff",
}
TRIAL = {"task_id": 0, "trial": 0, "reward": 1.0, "info": {"user_cost": 0.01}, "traj": []}


@pytest.fixture
def board(tmp_path):
    def write(*entries, text=None):
        path = tmp_path / "board.yml"
        path.write_text(yaml.safe_dump(list(entries)) if text is None else text, "utf-8")
        return path

    return write


@pytest.fixture
def trials(tmp_path):
    def write(*entries, data=None):
        path = tmp_path / "trials.json"
        path.write_bytes(json.dumps(list(entries)).encode() if data is None else data)
        return path

    return write


def without(entry, key):
    return {name: value for name, value in entry.items() if name != key}


# A leaderboard


def test_a_run_is_read_with_its_columns(board):
    (run,) = read_leaderboard(board(RUN)).itertuples()
    assert (run.run, run.name, run.model) == ("2025-01-01--alone", "R1", "R1")
    assert (run.cases, run.passes, run.rate_reported) == (225, 128, 0.569)
    assert (run.cost_usd, run.seconds_per_case) == (5.4193, 113.7)
    assert (run.source, run.locator) == ("board.yml", "[0]")
    assert run.editor_model is pd.NA


@pytest.mark.parametrize(
    ("stated", "reported"),
    [("0", 0.0), ("0 # incorrect: 6.3174", 0.0), (".nan", pd.NA), ("null", pd.NA)],
)
def test_a_cost_that_is_0_or_none_is_unknown(board, stated, reported):
    text = yaml.safe_dump([without(RUN, "total_cost")]) + f"  total_cost: {stated}\n"
    (run,) = read_leaderboard(board(text=text)).itertuples()
    assert run.cost_usd is pd.NA
    assert run.cost_usd_reported is reported or run.cost_usd_reported == reported


def test_a_run_without_any_cost_is_read(board):
    assert read_leaderboard(board(without(RUN, "total_cost")))["cost_usd"].isna().all()


def test_a_case_that_was_not_run_was_not_passed(board):
    (run,) = read_leaderboard(board(RUN | {"test_cases": 224})).itertuples()
    assert (run.passes, run.cases) == (128, 225)


def test_passes_follow_from_the_rate_where_they_are_not_counted(board):
    older = without(without(RUN, "pass_num_2"), "total_tests")
    (run,) = read_leaderboard(board(older | {"test_cases": 133, "pass_rate_2": 85.0})).itertuples()
    assert (run.passes, run.cases) == (113, 133)


@pytest.mark.parametrize("model", ["R1", "R1+Sonnet", "R1 + claude-3-5-sonnet"])
def test_the_architect_of_a_pair_is_told_from_its_name(board, model):
    (pair,) = read_leaderboard(board(PAIR | {"model": model})).itertuples()
    assert (pair.model, pair.editor_model, pair.edit_format) == ("R1", "sonnet", "editor-diff")
    assert pair.name == ("R1 + sonnet" if model == "R1" else model)


def test_names_are_made_unique_by_what_tells_runs_apart(board):
    runs = [
        RUN,
        RUN | {"dirname": "b", "edit_format": "whole"},
        RUN | {"dirname": "c", "edit_format": "whole"},
        PAIR,
    ]
    names = read_leaderboard(board(*runs))["name"].tolist()
    assert names == ["R1 (diff)", "R1 (b)", "R1 (c)", "R1 + sonnet"]


def test_a_leaderboard_without_runs_is_a_frame_without_rows(board):
    found = read_leaderboard(board())
    assert found.empty
    assert found["cases"].dtype == "Int64"


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([RUN, without(PAIR, "model")], "entry 2: object missing required field `model`"),
        ([RUN | {"test_cases": "many"}], "entry 1, test_cases: expected `int`, got `str`"),
        ([RUN | {"test_cases": 0}], "entry 1, test_cases: expected `int` >= 1"),
        ([RUN | {"pass_rate_2": 156.9}], "entry 1, pass_rate_2: expected `float` <= 100"),
        ([RUN | {"total_cost": -1}], "entry 1 (2025-01-01--alone), total_cost: -1.0 is below 0"),
        ([RUN | {"pass_num_2": 226}], "entry 1 (2025-01-01--alone), pass_num_2: 226 passes of 225"),
        ([RUN, RUN], "entry 2 (2025-01-01--alone) is entry 1 again"),
        (["text"], "entry 1: expected `object`, got `str`"),
    ],
)
def test_a_run_that_makes_no_sense_is_named(board, entries, message):
    path = board(*entries)
    with pytest.raises(EvidenceError) as caught:
        read_leaderboard(path)
    assert str(caught.value).startswith(f"leaderboard {path}: {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- dirname: a\n  model: [b\n", "no valid YAML: line 3, column 1: "),
        ("- date: 2025-13-40\n", "no valid YAML: month must be in 1..12"),
        ("\x07", "no valid YAML: "),
        ("dirname: a\n", "expected `array`, got `object`"),
        ("just text", "expected `array`, got `str`"),
        (" \n", "the file is empty"),
        ("- !!python/object:os.system {}\n", "no valid YAML: line 1"),
        ("[" * 5000, "no valid YAML: "),
    ],
)
def test_a_file_that_is_no_leaderboard_says_so(board, text, message):
    path = board(text=text)
    with pytest.raises(EvidenceError) as caught:
        read_leaderboard(path)
    assert str(caught.value).startswith(f"leaderboard {path}: {message}")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(EvidenceError, match=r"none\.yml: No such file or directory"):
        read_leaderboard(tmp_path / "none.yml")
    with pytest.raises(EvidenceError, match="Is a directory"):
        read_trials(tmp_path)


# Trials


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_trials_are_read_packed_or_not(trials, pack):
    entries = [TRIAL, TRIAL | {"trial": 1, "reward": 0.0, "info": {"user_cost": None}}]
    found = read_trials(trials(data=pack(json.dumps(entries).encode())))
    assert found["task"].tolist() == ["0", "0"]
    assert found["passed"].tolist() == [True, False]
    assert found["user_cost_usd"].isna().tolist() == [False, True]
    assert found["locator"].tolist() == ["[0]", "[1]"]


@pytest.mark.parametrize(("reward", "passed"), [(1 - 1e-9, True), (0.99, False), (0.5, False)])
def test_only_the_whole_reward_is_a_pass(trials, reward, passed):
    assert read_trials(trials(TRIAL | {"reward": reward}))["passed"].tolist() == [passed]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([without(TRIAL, "reward")], "entry 1: object missing required field `reward`"),
        ([TRIAL, TRIAL | {"trial": "x"}], "entry 2, trial: expected `int`, got `str`"),
        ([TRIAL | {"reward": 2}], "entry 1, reward: expected `float` <= 1"),
        ([TRIAL | {"info": {"user_cost": "x"}}], "entry 1, info.user_cost: expected `float | nu"),
        ([TRIAL, TRIAL], "entry 2: task 0, trial 0 is there already"),
    ],
)
def test_a_trial_that_makes_no_sense_is_named(trials, entries, message):
    path = trials(*entries)
    with pytest.raises(EvidenceError) as caught:
        read_trials(path)
    assert str(caught.value).startswith(f"trajectories {path}: {message}")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"[{", "no valid JSON: Input data was truncated"),
        (b'[{"task_id": \xff}]', "no valid JSON: "),
        (b"{}", "expected `array`, got `object`"),
        (gzip.compress(b"[]" * 999, mtime=0)[:-9], "damaged, cannot be unpacked"),
        (b"\x1f\x8b junk", "damaged, cannot be unpacked"),
    ],
)
def test_a_file_that_holds_no_trials_says_so(trials, data, message):
    path = trials(data=data)
    with pytest.raises(EvidenceError) as caught:
        read_trials(path)
    assert str(caught.value).startswith(f"trajectories {path}: {message}")


def test_what_unpacks_to_too_much_is_refused(trials, monkeypatch):
    monkeypatch.setattr(contents, "MAX_BYTES", 1000)
    with pytest.raises(EvidenceError, match="larger than"):
        read_trials(trials(data=gzip.compress(b" " * 2000, mtime=0)))


# All of them


def test_simulated_studies_stand_in_for_those_that_are_not_given(board):
    everything = load_studies()
    assert everything.files["simulated"].tolist() == [True, True, True]
    assert "Everything on this page is simulated" in everything.sentence
    given = load_studies(aider=board(RUN))
    assert given.earlier is None
    assert given.sentence == "Simulated, and said by no study: the repeated trials."


def test_nothing_is_simulated_where_all_is_given(board, trials):
    given = load_studies(board(RUN), tau_bench=trials(TRIAL))
    assert given.sentence == ""
    assert given.files["entries"].tolist() == [1, 1]
    assert given.files["sha256"].str.fullmatch("[0-9a-f]{64}").all()


def test_an_earlier_version_alone_is_refused(board):
    with pytest.raises(EvidenceError, match="an earlier version of which"):
        load_studies(aider_before=board(RUN))


def test_the_bundled_files_say_that_they_are_simulated():
    assert "Simulated" in (studies_path() / "leaderboard.yml").read_text("utf-8").splitlines()[0]
