"""Real evidence, where it lies beside the repository: exact counts, every known oddity found.

The expected numbers were counted in the files themselves, by means other than the loader's.
"""

from __future__ import annotations

import pandas as pd
import pytest
from needs import needs
from shared_files import EVIDENCE

import speckit_analysis as sk

pytestmark = [
    needs(EVIDENCE),
    pytest.mark.xdist_group("shared evidence"),
]

FORMATS = {
    "latest": {
        "guardrail-v1": 79,
        "agent-output": 48,
        "baseline": 46,
        "roster": 40,
        "hal": 20,
        "synthesis": 18,
        "lifecycle": 4,
        "agent-metrics": 3,
        "guardrail-native": 3,
        "prompt": 3,
        "lint": 2,
        "telemetry-v2": 2,
        "verdict": 2,
        "cost-summary": 1,
        "lock": 1,
    }
}
#: What the folder above it adds: earlier states of files, and its README.
FORMATS["whole"] = FORMATS["latest"] | {
    "synthesis": 28,
    "verdict": 6,
    "cost-summary": 10,
    "unrecognised": 1,
}

ROWS = {
    "latest": {
        "runs": 20,
        "calls": 54,
        "proposals": 54,
        "disagreements": 40,
        "costs": 7,
        "guardrails": 82,
        "checks": 255,
        "lifecycle": 4,
        "reviews": 0,
        "overrides": 0,
        "arbitrations": 0,
        "research": 0,
        "trials": 0,
        "spawns": 0,
        "files": 272,
    }
}
ROWS["whole"] = ROWS["latest"] | {
    "runs": 36,
    "calls": 123,
    "proposals": 123,
    "disagreements": 51,
    "costs": 61,
    "files": 296,
}

PARSE_STATES = {
    "latest": {"ok": 256, "repaired": 10, "empty": 5, "mistyped": 1},
    "whole": {"ok": 280, "repaired": 10, "empty": 5, "mistyped": 1},
}

#: Kind of problem, how many in ``latest``, how many in the whole.
PROBLEMS = {
    "template_literal": (14, 17),
    "missing_field": (2, 2),
    "unknown_schema_version": (1, 1),
    "ok_without_agents": (4, 4),
    "stub": (16, 16),  # fifteen guardrails and the run of stub agents
    "mixed_schema_versions": (1, 1),
    "mixed_spelling": (8, 10),
    "zero_cost": (1, 9),
    "cost_differs_from_price": (2, 2),
    "hand_written": (0, 1),
    "unusable_proposal": (16, 49),
    "shared_payload": (1, 4),
    "other_stage": (0, 24),
    "many_runs_in_one_file": (0, 1),
    "empty_synthesis": (0, 2),
    "empty_file": (5, 5),
    "invalid_json": (6, 6),
    "inconsistent_indentation": (68, 68),
    "placeholder": (46, 46),
    "absolute_path": (2, 2),
    "ok_over_failed_agents": (8, 10),
    "ok_over_failed_checks": (2, 2),
    "unlock_contradicts": (1, 1),
    "failure_without_error": (3, 3),
    "unknown_status": (2, 5),
    "unfinished_attempt": (2, 2),
    "no_telemetry": (18, 34),
    "role_played": (1, 1),
    "duplicate": (43, 43),
    "superseded": (0, 22),
}

#: What the evidence's README names: kind, part of the file's path, part of the message.
ODDITIES = {
    "${stage} in a synthesis": ("template_literal", "01:15:57Z_synthesis", "'${stage}'"),
    "${spec} in a synthesis": ("template_literal", "04:31:14Z_synthesis", "'${spec}'"),
    "${spec} in telemetry of 1.0": ("template_literal", "01:21:02Z_telemetry", "'${spec}'"),
    "ok with no agents": ("ok_without_agents", "01:18:13Z_synthesis", "list of agents is empty"),
    "stub agents": ("stub", "04:31:14Z_telemetry", "3 calls answered by a stub, in 39 to 42 ms"),
    "three schema versions": ("mixed_schema_versions", "", "1, 1.0, 2.0"),
    "schema version 1.0": ("unknown_schema_version", "01:21:02Z_telemetry", "'1.0'"),
    "spellings of a stage": (
        "mixed_spelling",
        "",
        "Plan, guardrail.plan, plan, spec-ops-plan, spec-plan",
    ),
    "spellings of gpt_pro": ("mixed_spelling", "", "gpt-pro, gpt_pro"),
    "spellings of gpt_codex": ("mixed_spelling", "", "gpt-codex, gpt_codex"),
    "agents named by their model": ("mixed_spelling", "", "gemini-25-flash,"),
    "an agent named gpt5-high": ("mixed_spelling", "", "gpt5-high,"),
    "an agent named claude-sonnet-45": ("mixed_spelling", "", "claude-sonnet-45,"),
    "2025-10-05T04:31:14Z": ("mixed_spelling", "", " 9999-99-99T99:99:99Z,"),
    "2025-11-10 22:46:15": ("mixed_spelling", "", " 9999-99-99 99:99:99,"),
    "2025-10-28T13:14:03.086665020+00:00": ("mixed_spelling", "", "9999-99-99T99:99:99.9+99:99,"),
    "20251028_131403": ("mixed_spelling", "", " 99999999_999999"),
    "20251005T030032Z": ("mixed_spelling", "", " 99999999T999999Z,"),
    "2025-10-14T16-19-16Z": ("mixed_spelling", "", " 9999-99-99T99-99-99Z,"),
    "$0.00 for calls": ("zero_cost", "latest/costs/SPEC-KIT-900", "$0.00 for 37 calls"),
    "$0.00 in an earlier state": ("zero_cost", "2025-11-03_97f69f6", "$0.00 for 16 calls"),
    "cost 0.28 times the price": ("cost_differs_from_price", "04:31:14Z", "0.28 times"),
    "cost 4 times the price": ("cost_differs_from_price", "04:31:14Z", "gpt-5: recorded cost is 4"),
    "prose in a verdict": ("unusable_proposal", "0c7730d/", "gemini's answer is free text"),
    "nothing in a verdict": ("unusable_proposal", "latest/consensus/SPEC-KIT-900", "is empty"),
    "an error message": ("unusable_proposal", "01:10:37Z_claude", "an error message"),
    "an echo of the prompt": ("unusable_proposal", "0c7730d/", "code's answer is the prompt's own"),
    "a terminal in a verdict": ("unusable_proposal", "072f09b/", "a capture of a terminal"),
    "a stale log under five names": (
        "shared_payload",
        "0c7730d/",
        "6 times, under code, gpt5-low, gpt5-minimal, gpt_codex, gpt_pro",
    ),
    "another stage's output": ("other_stage", "implement_verdict", "for quality-gate-checklist"),
    "many runs in one verdict": ("many_runs_in_one_file", "0c7730d/", "59 proposals of 5 batches"),
    "empty files": ("empty_file", "000758Z-uvx-git-repo-research-help.txt", "empty"),
    "empty JSON": ("empty_file", "135123Z-codex-mcp-client-spec-registry-v0.json", "empty"),
    "not JSON under .json": ("invalid_json", "spec-audit_2025-10-03T17:39:15Z", "not JSON"),
    "inconsistent indentation": ("inconsistent_indentation", "commands/SPEC-KIT-", "indentation"),
    "placeholder": ("placeholder", "archive/baselines", "placeholder"),
    "absolute paths in artifacts": ("absolute_path", "commands/SPEC-KIT", "82 guardrails"),
    "ok over failed agents": ("ok_over_failed_agents", "01:15:57Z_synthesis", "2 of 3 calls"),
    "ok over degraded agents": ("ok_over_failed_agents", "spec-plan_synthesis", "gpt_codex"),
    "dispatched, never completed": ("unfinished_attempt", "20251028_131403", "never ended"),
    "a second one": ("unfinished_attempt", "20251111_023522", "never ended"),
}

#: README of the evidence names these too, but no file of it holds one.
NOT_THERE = ('"disagreement_detected": true', '"content": "{}"')


@pytest.fixture(scope="module")
def loaded() -> dict[str, sk.Evidence]:
    return {"latest": sk.load(EVIDENCE / "latest"), "whole": sk.load(EVIDENCE)}


def counts(column: pd.Series) -> dict[str, int]:
    return {str(name): int(number) for name, number in column.value_counts().items() if number}


@pytest.mark.parametrize("which", ["latest", "whole"])
def test_every_file_is_read_or_listed(which: str, loaded: dict[str, sk.Evidence]) -> None:
    root = EVIDENCE / "latest" if which == "latest" else EVIDENCE
    there = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert set(loaded[which].files["source"]) == there


@pytest.mark.parametrize("which", ["latest", "whole"])
def test_files_by_format(which: str, loaded: dict[str, sk.Evidence]) -> None:
    assert counts(loaded[which].files["format"]) == FORMATS[which]


@pytest.mark.parametrize("which", ["latest", "whole"])
def test_files_by_state(which: str, loaded: dict[str, sk.Evidence]) -> None:
    assert counts(loaded[which].files["parse_state"]) == PARSE_STATES[which]


@pytest.mark.parametrize("which", ["latest", "whole"])
def test_rows_of_every_table(which: str, loaded: dict[str, sk.Evidence]) -> None:
    found = {name: len(loaded[which][name]) for name in ROWS[which]}
    assert found == ROWS[which]


@pytest.mark.parametrize("which", ["latest", "whole"])
def test_problems_by_kind(which: str, loaded: dict[str, sk.Evidence]) -> None:
    expected = {kind: both[which == "whole"] for kind, both in PROBLEMS.items()}
    assert counts(loaded[which].problems["kind"]) == {k: n for k, n in expected.items() if n}


@pytest.mark.parametrize("oddity", sorted(ODDITIES))
def test_a_known_oddity_is_among_the_problems(oddity: str, loaded: dict[str, sk.Evidence]) -> None:
    kind, place, message = ODDITIES[oddity]
    found = loaded["whole"].problems
    found = found[found["kind"] == kind]
    concerned = found["source"].fillna("").str.contains(place, regex=False)
    assert (concerned & found["message"].str.contains(message, regex=False)).any(), found[
        "message"
    ].tolist()


@pytest.mark.parametrize("text", NOT_THERE)
def test_what_the_readme_names_but_no_file_holds(text: str) -> None:
    files = [path for path in EVIDENCE.rglob("*.json*") if path.is_file()]
    assert not any(text in path.read_text(errors="replace") for path in files)


def test_proposals_by_class(loaded: dict[str, sk.Evidence]) -> None:
    assert counts(loaded["whole"].proposals["payload_class"]) == {
        "structured": 71,
        "schema_echo": 19,
        "free_text": 10,
        "error": 10,
        "transcript": 3,
        "empty": 5,
        "stub": 3,
        "terminal_dump": 2,
    }


def test_the_one_structured_answer_of_openai_roles_in_a_verdict_is_of_another_stage(
    loaded: dict[str, sk.Evidence],
) -> None:
    rows = loaded["whole"].proposals
    rows = rows[rows["source"].astype(str).str.endswith("_verdict.json")]
    openai = rows[rows["agent"].isin(["code", "gpt_pro", "gpt_codex"])]
    assert len(openai) > 10
    # A transcript of plan, copied four times under them: its last words are an answer.
    structured = openai[openai["payload_class"] == "structured"]
    assert (len(structured), structured["content_hash"].nunique()) == (4, 1)
    assert set(structured["stage_claimed"]) == {"spec-plan"}
    assert set(structured["stage"]) == {"implement"}


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("runs", {"measured": 17, "hand_written": 12, "role_played": 6, "stub": 1}),
        ("calls", {"measured": 82, "role_played": 30, "stale_copy": 8, "stub": 3}),
        ("proposals", {"measured": 82, "role_played": 30, "stale_copy": 8, "stub": 3}),
        ("guardrails", {"measured": 67, "stub": 15}),
        ("costs", {"measured": 49, "hand_written": 12}),
    ],
)
def test_rows_by_provenance(
    table: str, expected: dict[str, int], loaded: dict[str, sk.Evidence]
) -> None:
    assert counts(loaded["whole"][table]["provenance"]) == expected


def test_runs_by_recomputed_status(loaded: dict[str, sk.Evidence]) -> None:
    runs = loaded["whole"].runs
    assert counts(runs["status"]) == {"degraded": 13, "ok": 6, "error": 2, "conflict": 1}
    assert runs["status"].isna().sum() == 14
    assert set(runs["status_recorded"].dropna()) == {"ok", "hold", "degraded"}


def test_six_of_seven_policy_failures_stand_in_files_that_had_to_be_repaired(
    loaded: dict[str, sk.Evidence],
) -> None:
    evidence = loaded["latest"]
    failed = evidence.guardrails[evidence.guardrails["policy_status"] == "failed"]
    states = evidence.files.set_index("source")["parse_state"]
    assert counts(failed["source"].astype(str).map(states)) == {"repaired": 6, "ok": 1}


def test_no_call_of_several_models_was_measured(loaded: dict[str, sk.Evidence]) -> None:
    calls = loaded["whole"].calls
    measured = calls[calls["prompt_tokens"].notna()]
    assert set(measured["provenance"]) == {"stub"}
    assert len(measured) == 3


def test_the_metrics_files_repeat_the_telemetry(loaded: dict[str, sk.Evidence]) -> None:
    evidence = loaded["latest"]
    calls = evidence.calls
    assert calls.loc[calls["basis"] == "telemetry", "sources"].tolist() == [3, 3, 3]
    assert "metrics_differ" not in set(evidence.problems["kind"])


def test_no_secret_of_the_writers_shell_is_shown(loaded: dict[str, sk.Evidence]) -> None:
    content = loaded["whole"].proposals["content"]
    assigned = content.str.extractall(r"export (?P<name>\w+)=(?P<value>\S+)")["value"]
    assert len(assigned) > 100
    assert assigned.str.startswith("[masked]").all()
    assert not content.str.contains("/home/", regex=False).any()


def test_loading_twice_is_the_same(loaded: dict[str, sk.Evidence]) -> None:
    again = sk.load(EVIDENCE / "latest")
    for name in again:
        pd.testing.assert_frame_equal(again[name], loaded["latest"][name])


def test_the_order_of_roots_changes_no_row(loaded: dict[str, sk.Evidence]) -> None:
    roots = [EVIDENCE / "latest", *sorted((EVIDENCE / "earlier").iterdir())]
    one, other = sk.load(*roots), sk.load(*reversed(roots))
    assert one.fingerprint == other.fingerprint
    for name in one:
        assert len(one[name]) == len(other[name])
        if "run_id" in one[name]:
            assert sorted(one[name]["run_id"].dropna()) == sorted(other[name]["run_id"].dropna())
