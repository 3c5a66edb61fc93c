"""Disagreements found in whole runs: planted ones, made-up ones, real ones."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from frames import evidence, frame
from needs import needs
from shared_files import EVIDENCE

import speckit_analysis as sk
from speckit_analysis.analysis.disagreement.frequency import genuine
from speckit_analysis.analysis.selection import everything
from speckit_analysis.cli import main
from speckit_analysis.disagreements import find_disagreements
from speckit_analysis.disagreements.find import compared_runs
from speckit_analysis.disagreements.findings import (
    compared_sentence,
    examples,
    flagging,
    flagging_sentence,
    headline,
    latest,
    pairs_by_type,
    without_pair,
)
from speckit_analysis.disagreements.items import items_of
from speckit_analysis.figures import disagreement as draw
from speckit_analysis.simulate import Design, simulate


def answer(agent, content, run="S/plan/1", **columns):
    text = content if isinstance(content, str) else json.dumps(content)
    row = {"run_id": run, "spec_id": "S", "stage": "plan", "agent": agent, "content": text}
    row |= {"payload_class": "structured", "content_hash": f"{hash((agent, text))}"}
    return row | columns


def found(*answers, runs=(), disagreements=(), **options):
    known = {row["run_id"] for row in answers} | {row["run_id"] for row in disagreements}
    runs = runs or [{"run_id": run} for run in sorted(known)]
    ev = evidence(proposals=answers, runs=runs, disagreements=disagreements)
    return find_disagreements(ev, **options)


def test_opposite_verdicts_surface_whatever_the_keys_are_called():
    table = found(
        answer("claude", {"decision": "hold"}),
        answer("gpt", {"recommendation": "Proceed and unlock, all is ready."}),
        answer("gemini", {"decision": "hold until the audit is done"}),
    )
    (row,) = table.itertuples()
    assert (row.compared, row.type, row.disagreement_severity) == ("verdict", "factual", "logical")
    assert set(json.loads(row.positions)) == {"claude", "gpt", "gemini"}


def test_checks_that_all_passed_are_a_verdict_too():
    checks = [{"item": "schema", "status": "pass"}, {"item": "lint", "status": "pass"}]
    table = found(answer("claude", {"checks": checks}), answer("gpt", {"decision": "hold"}))
    assert json.loads(table["positions"][0])["claude"] == "2 of 2 checks passed"


def test_verdicts_that_agree_are_no_finding():
    assert found(answer("a", {"decision": "hold"}), answer("b", {"verdict": "not ready"})).empty


def requirement(text, overall, flagged):
    return {"text": text, "overall": overall, "needs_improvement": flagged}


def test_scores_are_compared_on_one_scale():
    export = "Customers can export their own data as CSV"
    table = found(
        answer("gemini", {"requirements": [requirement(export, 9, False)]}),
        answer("code", {"requirements": [requirement(export + " files", 4.5, False)]}),
        answer("claude", {"requirements": [requirement(export + " files", 6, True)]}),
    )
    # 4.5 of 5 is 9 of 10.
    assert set(table["agents"]) == {"claude, code", "claude, gemini"} or len(table) == 1
    assert "claude" in table["agents"][0]
    assert "only one says that it needs improvement" in table["reason"][0]


def test_requirements_are_matched_by_text_and_not_by_position():
    first = requirement("Customers can export their own data as CSV", 9, False)
    second = requirement("Uploads are limited to ten megabytes for each file", 4, True)
    assert found(
        answer("gemini", {"requirements": [first, second]}),
        answer("claude", {"requirements": [second, first]}),
    ).empty


def test_one_list_with_other_entries_is_a_finding_of_scope():
    table = found(
        answer(
            "a", {"risks": ["the quota of the provider is reached", "nobody owns the rollback"]}
        ),
        answer("b", {"risks": ["two writers race for a row", "old clients send the old format"]}),
    )
    (row,) = table.itertuples()
    assert (row.compared, row.type, row.reason) == (
        *("list", "scope"),
        "0 of 2 and 2 entries have a counterpart",
    )


def test_roles_that_were_asked_for_other_lists_do_not_disagree():
    assert found(
        answer("a", {"risks": ["the quota of the provider is reached", "nobody owns it"]}),
        answer("b", {"tests": ["run the contract tests nightly", "fuzz the parser"]}),
    ).empty


def test_source_code_against_documents_only():
    code = [{"file": f"src/core/{name}.rs", "description": "change it"} for name in "abc"]
    docs = [{"file": f"docs/guide/{name}.md", "description": "write it"} for name in "xyz"]
    table = found(answer("a", {"operations": code}), answer("b", {"operations": docs}))
    assert "whether source code is changed" in table["topic"].tolist()


def test_one_file_in_two_places():
    table = found(
        answer("a", {"operations": ["Add the script scripts/checks/size_check.sh"]}),
        answer("b", {"operations": ["Write tools/guard/size_check.sh for the limit"]}),
    )
    row = table[table["compared"] == "path"].iloc[0]
    assert (row["type"], row["disagreement_severity"]) == ("structural", "structural")


def test_answers_about_other_work_are_one_finding():
    words = [f"subject{number}" for number in range(300)]
    plans = [
        [{"task_id": f"T{at}", "summary": " ".join(part)} for at, part in enumerate(side)]
        for side in (np.array_split(words[:150], 10), np.array_split(words[150:], 10))
    ]
    table = found(answer("a", {"tasks": plans[0]}), answer("b", {"tasks": plans[1]}))
    assert table["topic"].tolist() == ["what the work is"]


def test_free_text_is_compared_line_by_line():
    table = found(
        answer(
            "a",
            "## Review\n\nOverall: FAIL\n\n- `docs/plan.md`: **FAIL**, the file was not found\n",
            payload_class="free_text",
        ),
        answer(
            "b",
            "Overall verdict: PASS\n\n* `docs/plan.md`: **PASS**, the file exists\n",
            payload_class="free_text",
        ),
    )
    assert set(table["topic"]) == {"overall verdict", "state of docs/plan.md"}


@pytest.mark.parametrize(
    "columns",
    [
        {"payload_class": "schema_echo"},
        {"payload_class": "error"},
        {"provenance": "stub"},
        {"run_id": "S/plan/2"},
        {"stage_claimed": "spec-tasks"},
    ],
)
def test_what_is_no_answer_to_the_same_question_is_not_compared(columns):
    other = answer("b", {"decision": "ready"}) | columns
    assert found(answer("a", {"decision": "hold"}), other).empty


def test_equal_answers_are_two_votes_and_copies_none():
    same = answer("a", {"decision": "hold"}, content_hash="x")
    equal = answer("b", {"decision": "hold"}, content_hash="x")
    copy = answer("d", {"decision": "hold"}, content_hash="x", provenance="stale_copy")
    table = found(same, equal, copy, answer("c", {"decision": "ready"}))
    assert table["agents"].tolist() == ["a, b, c"]


def declared(topic, text, **columns):
    row = {"run_id": "S/plan/1", "topic": topic, "description": text, "origin": "declared"}
    return row | {"relation": "disagree", "degradation": False} | columns


def test_declared_ones_are_told_apart_and_say_how_it_ended():
    sessions = {"research_summary": [{"topic": "Where sessions live", "details": "In one file."}]}
    cookies = {"research_summary": [{"topic": "Where sessions live", "details": "In cookies."}]}
    table = found(
        answer("claude", sessions),
        answer("gemini", cookies),
        disagreements=[
            declared(
                "Where sessions live",
                "claude proposes one file, gemini proposes cookies",
                agents="claude, gemini",
                resolution="gemini: cookies",
                resolved=True,
            ),
            declared("Depth of tests", "claude proposes fuzzing", agents="claude, gpt_pro"),
            declared("agent failed", "gpt_pro execution failed", degradation=True),
        ],
        runs=[{"run_id": "S/plan/1", "escalated": True}],
    )
    assert table["origin"].tolist() == ["detected", "declared"]
    assert table["declared"].tolist() == [True, True]
    assert table["decision"].tolist() == ["sided_with_gemini", "not_told"]
    assert table["topic"].tolist() == ["Where sessions live", "Depth of tests"]
    assert table["escalated"].all()


def test_nothing_to_compare_is_an_empty_table_with_all_columns():
    table = found(answer("a", {"decision": "hold"}))
    assert table.empty
    assert str(table["confidence"].dtype) == "Float64"
    assert (
        headline(table)
        == "Comparing what agents wrote, where two of them did, shows no disagreement."
    )
    assert pairs_by_type(table).empty
    assert examples(table) == []


def test_only_the_runs_asked_for_are_looked_at():
    answers = [
        answer(agent, {"decision": word}, run=run)
        for run in ("S/plan/1", "S/plan/2")
        for agent, word in (("a", "hold"), ("b", "ready"))
    ]
    ev = evidence(proposals=answers, runs=[{"run_id": "S/plan/1"}, {"run_id": "S/plan/2"}])
    assert find_disagreements(ev, runs=["S/plan/2"])["run_id"].tolist() == ["S/plan/2"]


def test_a_planted_disagreement_is_found_and_nothing_else(tmp_path):
    simulate(Design(specs=12, seed=5, damage=()), tmp_path / "evidence")
    ev = sk.load(tmp_path / "evidence")
    table = find_disagreements(ev)
    planted = genuine(ev.disagreements)
    detected = table[table["origin"] == "detected"]
    truth = {(row.run_id, row.topic) for row in planted.itertuples()}
    assert len(detected) > 5
    assert {(row.run_id, row.topic) for row in detected.itertuples()} <= truth
    answered = planted[planted["run_id"].isin(ev.proposals["run_id"])]
    assert len(detected) / len(answered) > 0.5
    # What is planted is in the table in any case: found, or declared only.
    assert len(table) == len(planted)


def test_an_entry_becomes_question_and_answer():
    content = {
        "stage": "spec-plan",
        "issues": [{"id": "Q1", "question": "Which limit applies?", "answer": "25 MB"}],
        "code_paths": [{"area": "core", "files": ["src/a.rs"], "notes": "change it"}],
        "approach": ["write the failing test"],
    }
    items = items_of(json.dumps(content), "a")
    assert [(item.kind, item.question) for item in items] == [
        *(("issues", "Which limit applies?"), ("changes", ""), ("tasks", "")),
    ]
    assert items[0].text == "25 MB"
    assert "src/a.rs" in items[1].text
    assert [item.locator for item in items] == ["/issues/0", "/code_paths/0", "/approach/0"]


def test_a_bias_shows_only_over_many_answers():
    def scored(agent, flags, run):
        rows = [requirement(f"{agent} {run} {at}", 8, flag) for at, flag in enumerate(flags)]
        return answer(agent, {"requirements": rows}, run=run)

    few = evidence(
        proposals=[scored("claude", [True, False], "r1"), scored("gemini", [False, False], "r1")]
    )
    assert "do not tell them apart" in flagging_sentence(flagging(few.proposals))
    many = evidence(
        proposals=[
            scored(agent, [agent == "claude"] * 3 + [False], f"r{number}")
            for number in range(12)
            for agent in ("claude", "gemini")
        ]
    )
    table = flagging(many.proposals)
    assert table["flagged"].tolist() == [36, 0]
    assert "a bias of the model" in flagging_sentence(table)
    assert flagging(few.proposals.head(0)).empty


def test_a_report_reads_what_agents_say_as_words():
    table = found(
        answer("a", {"risks": ["the quota is reached by noon", "nobody owns the rollback"]}),
        answer("b", {"risks": ["two writers race for a row", "old clients send old formats"]}),
    )
    ((topic, positions, remark),) = examples(table)
    assert topic == "what belongs to risks"
    assert positions["a"] == "the quota is reached by noon; nobody owns the rollback"
    assert "scope, structural" in remark


def test_of_many_runs_the_latest_are_compared_and_that_is_said():
    runs = frame(
        "runs",
        [
            {"run_id": f"S/plan/{n}", "timestamp": f"2025-10-{20 - n:02d}T00:00:00Z"}
            for n in range(5)
        ],
    )
    assert latest(runs, 2) == ["S/plan/1", "S/plan/0"]
    assert len(latest(runs, 0)) == 5
    assert compared_sentence(runs, 2).startswith("Compared are the answers of the latest 2 of 5")
    assert compared_sentence(runs, 5) == ""


def run(*arguments):
    return CliRunner().invoke(main, ["disagreements", *arguments], catch_exceptions=False)


def test_findings_are_written_for_a_spreadsheet(tmp_path):
    out = tmp_path / "found.csv"
    assert run("find", "--out", str(out)).exit_code == 0
    table = pd.read_csv(out)
    assert {"positions", "locators", "compared", "decision"} <= set(table)
    told = run("find", "--spec", "SPEC-SIM-002", "--format", "json").stdout
    assert "SPEC-SIM-002" in told
    assert "SPEC-SIM-001" not in told


def test_runs_that_are_not_compared_are_counted_with_the_reason():
    equal = {"content_hash": "same"}
    answers = [
        answer("a", "Go.", "S/plan/1"),
        answer("b", "Wait.", "S/plan/1"),
        answer("a", "Go.", "S/plan/2"),
        answer("b", "Echo", "S/plan/2", payload_class="schema_echo"),
        answer("a", "Go.", "S/plan/3", **equal),
        answer("b", "Go.", "S/plan/3", **equal),
        answer("a", "Go.", "S/plan/4", stage_claimed="plan"),
        answer("b", "Wait.", "S/plan/4", stage_claimed="tasks"),
        answer("a", "Go.", "S/plan/5", provenance="stub"),
        answer("b", "Wait.", "S/plan/5", provenance="stub"),
    ]
    # One agent gave two answers, and what stands under the other's name is a copy.
    answers += [answer("a", text, "S/plan/7", content_hash=text) for text in ("Go.", "Wait.")]
    answers += [answer("b", "Go.", "S/plan/7", content_hash="Go.", provenance="stale_copy")]
    runs = frame("runs", [{"run_id": f"S/plan/{number}"} for number in range(1, 8)])
    proposals = frame("proposals", answers)
    compared = compared_runs(everything(runs, noun="run"), proposals)
    assert compared.kept["run_id"].tolist() == ["S/plan/1", "S/plan/3"]
    assert dict(zip(compared.left_out["reason"], compared.left_out["rows"], strict=True)) == {
        "with an answer of one agent only": 2,
        "with answers for different stages": 1,
        "without an answer that was kept": 2,
    }
    with_stubs = compared_runs(everything(runs), proposals, ("measured", "stub"))
    assert with_stubs.kept["run_id"].tolist() == ["S/plan/1", "S/plan/3", "S/plan/5"]


def test_find_says_how_many_runs_were_compared_and_how_many_not():
    assert "Compared: 81 of 84 runs used; left out: 3 stub." in run("find").stdout
    told = run("find", "--spec", "SPEC-SIM-002", "--format", "csv").stderr
    assert re.search(r"Compared: \d+ of 84 runs used; left out: 3 stub, \d+ of other SPECs", told)


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (["--spec", "SPEC-SIM-002"], ["find"]),
        (["--since", "2025-10"], ["find"]),
        (["--include-synthetic"], ["find"]),
        (["--format", "json"], ["find"]),
        (["--prices", "prices.toml"], ["show", "SPEC-SIM-002"]),
        (["--out", "found.yaml"], ["show", "SPEC-SIM-002"]),
        (["--confidence", "0.9"], ["find"]),
    ],
)
def test_an_option_that_a_subcommand_would_not_see_is_refused(above, below):
    done = CliRunner().invoke(main, ["disagreements", *above, *below])
    assert done.exit_code == 2
    assert done.stderr.startswith(f"Error: {above[0]} before `{below[0]}` is of the summary")
    assert f"write it after `{below[0]}`" in done.stderr


def test_evidence_may_stand_before_or_after_a_subcommand():
    sample = str(sk.sample_path())
    narrow = ["--spec", "SPEC-SIM-002", "--format", "csv"]
    before = run("--evidence", sample, "find", *narrow)
    assert before.stdout == run("find", "--evidence", sample, *narrow).stdout
    assert "bundled sample" not in before.stderr


def test_a_run_is_shown_with_what_was_found():
    ev = sk.load(sk.sample_path())
    row = find_disagreements(ev).query("origin == 'detected'").iloc[0]
    told = run("show", row["run_id"]).stdout
    assert "Found by comparing the proposals" in told
    assert row["topic"] in told


@needs(EVIDENCE)
def test_real_runs_that_every_file_calls_ok_have_opposite_verdicts():
    table = find_disagreements(sk.load(EVIDENCE), include=("measured", "role_played"))
    detected = table[table["origin"] == "detected"]
    verdicts = detected[detected["compared"] == "verdict"]
    assert verdicts["run_id"].str.contains("validate/2025-10-14T16:58:53Z").any()
    assert verdicts["run_id"].str.contains("batch-2025-11-04T02:23:58Z").any()
    assert not detected["declared"].any()
    assert len(detected) >= 20


def detected(*rows):
    columns = {"origin": "detected", "run_id": "S/plan/1"}
    return frame("disagreements", [columns | row for row in rows]).assign(declared=False)


def test_a_share_below_half_is_not_told_as_most_and_ties_are_all_named():
    kinds = ["technical", "technical", "scope", "scope", "process"]
    told = headline(detected(*({"type": kind} for kind in kinds)))
    assert "Most often they are" in told
    assert "technical" in told
    assert "scope" in told
    assert "(2 of 5 each)" in told
    assert "Most are scope (1 of 1)" in headline(detected({"type": "scope"}))


def test_findings_between_agents_of_one_family_are_counted_as_left_out():
    table = detected(
        {"agents": "gpt_pro, gpt_codex", "type": "scope"},
        {"agents": "claude, gpt_pro", "type": "scope"},
    )
    assert without_pair(table) == 1
    figure = draw.pairs_by_type(pairs_by_type(table), without_pair(table))
    assert "1 finding not between two families left out" in figure.subtitle.replace("\u00a0", " ")


def test_figures_name_all_that_tie():
    shares = pd.DataFrame(
        {"type": ["acceptance", "security"], "disagreements": [2, 2], "share": [0.5, 0.5]}
    )
    title = draw.kinds(shares, "type", "type").title.replace("\u00a0", " ")
    assert title == "The most frequent types are acceptance and security: 50 % each"
    table = pd.DataFrame({"low": [2, 0], "medium": [0, 2]}, index=["acceptance", "security"])
    told = draw.types_by_severity(table).title
    assert "acceptance, severity low; security, severity medium (2 of 4 each)" in told
