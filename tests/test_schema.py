"""JSON Schemas, the examples that they accept and refuse, and ``validate`` beside them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
from evidence_files import PLACES, SPEC, START, cost, write

import speckit_analysis as sk
from speckit_analysis.evidence.schema import json_schema, validate
from speckit_analysis.formats import schemas

FIXTURES = Path(__file__).parent / "fixtures"

#: Where an example lies when it is held against its format.
HOMES = {
    "agent-metrics": PLACES["metrics"],
    "arbitration": "experiments/SPEC-SIM-001_plan_arbitration.json",
    "card": "reviews/blind/cards/R1/P7KQ2.card.json",
    "claude-result": "printed/plan.json",
    "claude-session": "projects/shop/plan.jsonl",
    "codex-exec": "printed/plan.jsonl",
    "codex-rollout": "sessions/rollout-plan.jsonl",
    "cost-summary": PLACES["cost"],
    "gemini-chat": "chats/session-plan.json",
    "gemini-result": "printed/plan.json",
    "gemini-telemetry": "telemetry.log",
    "guardrail-native": PLACES["native"],
    "guardrail-v1": PLACES["guardrail"],
    "lifecycle": PLACES["lifecycle"],
    "otlp": "collector/spans.json",
    "outcome": "experiments/checked.json",
    "review": "reviews/SPEC-SIM-001_B_R1_review.json",
    "research": "experiments/SPEC-SIM-001.research.json",
    "synthesis": PLACES["narrative_synthesis"],
    "telemetry-tasks": f"consensus/{SPEC}/spec-tasks_{START}_telemetry.json",
    "telemetry-v2": PLACES["telemetry"],
    "trial": "experiments/SPEC-SIM-001_schema_trial.json",
    "verdict": PLACES["verdict"],
}
EXAMPLES = sorted(
    (path.parent.name, path.stem) for path in FIXTURES.glob("*/*.json") if path.parent.name in HOMES
)


def path_of(name: str, example: str) -> Path:
    return FIXTURES / name / f"{example}.json"


def errors(name: str, example: str) -> list[str]:
    document = json.loads(path_of(name, example).read_text())
    validator = jsonschema.Draft202012Validator(json_schema(name))
    return [error.message for error in validator.iter_errors(document)]


@pytest.mark.parametrize("name", sorted(schemas()))
def test_each_schema_has_valid_and_invalid_examples(name: str) -> None:
    found = {example.split("_")[0] for known, example in EXAMPLES if known == name}
    assert found == {"valid", "invalid"}


@pytest.mark.parametrize("name", sorted(schemas()))
def test_each_schema_is_a_json_schema(name: str) -> None:
    schema = json_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == name
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_the_json_schema_accepts_valid_examples_and_no_other(name: str, example: str) -> None:
    assert bool(errors(name, example)) == example.startswith("invalid")


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], bool]:
    """What ``validate`` says of every example, each in a folder of its own."""
    root = tmp_path_factory.mktemp("examples")
    for name, example in EXAMPLES:
        target = root / name / example / HOMES[name]
        target.parent.mkdir(parents=True)
        shutil.copy(path_of(name, example), target)
    said = {}
    for result in validate([root]):
        name, example, *_ = Path(result.source).parts
        said[name, example] = result.valid
    return said


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_validate_agrees_with_the_json_schema(
    name: str, example: str, verdicts: dict[tuple[str, str], bool]
) -> None:
    assert verdicts[name, example] == (not errors(name, example))


@pytest.mark.parametrize(("name", "example"), [e for e in EXAMPLES if e[1].startswith("valid")])
def test_an_example_is_recognised_by_its_content_alone(
    name: str, example: str, tmp_path: Path
) -> None:
    shutil.copy(path_of(name, example), tmp_path / "export.json")
    expected = "telemetry-v2" if name == "telemetry-tasks" else name
    found = sk.load(tmp_path).files["format"].tolist()
    assert found == [expected]


def test_task_stage_telemetry_requires_what_other_stages_do_not() -> None:
    required = {"output_tokens", "latency_ms", "agent_participation"}
    tasks, plain = (
        json_schema(name)["$defs"][definition]["required"]
        for name, definition in (
            ("telemetry-tasks", "TasksTelemetry"),
            ("telemetry-v2", "Telemetry"),
        )
    )
    assert required <= set(tasks)
    assert not required & set(plain)


def test_an_unknown_schema_names_those_that_exist() -> None:
    with pytest.raises(sk.EvidenceError, match="telemetry-v2"):
        json_schema("telemetry-v9")


def test_validation_says_where_a_file_departs_from_its_schema(tmp_path: Path) -> None:
    write(tmp_path, PLACES["cost"], cost(call_count="four"))
    result = validate([tmp_path])[0]
    assert (result.source, result.format, result.valid) == (PLACES["cost"], "cost-summary", False)
    assert result.problems[0].startswith("/call_count: ")


def test_validation_passes_over_what_is_only_odd(tmp_path: Path) -> None:
    write(tmp_path, PLACES["cost"], cost(total_spent=0.0))
    assert validate([tmp_path])[0].valid


def test_a_file_of_no_format_is_not_valid_and_has_no_problem(tmp_path: Path) -> None:
    write(tmp_path, "notes.txt", "hello")
    result = validate([tmp_path])[0]
    assert (result.valid, result.problems) == (False, ())
