"""Secret-shaped strings are masked; everything else stays readable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import masking
import pyarrow as pa
import pytest
from evidence_files import PLACES, call, documents, native, proposal, telemetry, verdict, write
from needs import needs
from shared_files import SHARED

import speckit_analysis as sk
from speckit_analysis.formats import rows
from speckit_analysis.formats.redaction import MASK, mask, mask_all, mask_name, shortened
from speckit_analysis.tables import TABLES

# Put together here so that no scanner takes them for real ones.
KEYS = [
    "sk-" + "a1B2" * 8,
    "AIza" + "x9" * 18,
    "ghp_" + "Z" * 30,
    "github_pat_" + "q" * 24,
    "xoxb-" + "1234567890-abc",
    "AKIA" + "ABCDEFGHIJKLMNOP",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_masked_wherever_it_stands(key: str) -> None:
    assert mask(f"before {key} after") == f"before {MASK} after"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("export TOKEN=abc123", f"export TOKEN={MASK}"),
        ('export A="two words" b', f"export A={MASK} b"),
        ("declare -x HOME_KEY='x y'", f"declare -x HOME_KEY={MASK}"),
        ("Authorization: Bearer abcdefghijklmnop", f"Authorization: Bearer {MASK}"),
        ('{"api_key": "0123456789"}', f'{{"api_key": "{MASK}"}}'),
        ("password=hunter2hunter2", f"password={MASK}"),
    ],
)
def test_what_a_secret_is_called_stays_and_the_secret_goes(text: str, masked: str) -> None:
    assert mask(text) == masked


def test_a_private_key_goes_whole() -> None:
    lines = ["-----BEGIN RSA PRIVATE " + "KEY-----", "MIIE", "-----END RSA PRIVATE " + "KEY-----"]
    assert mask("\n".join(["a", *lines, "b"])) == f"a\n{MASK}\nb"


def test_a_private_key_that_was_cut_off_goes_to_the_end() -> None:
    assert mask("a\n-----BEGIN PRIVATE " + "KEY-----\nMIIE\nmore") == f"a\n{MASK}"


@pytest.mark.parametrize(
    "path", ["/home/dev/project", "/Users/dev/project", "C:\\Users\\dev\\project"]
)
def test_a_home_folder_is_shortened(path: str) -> None:
    assert mask(path) in ("~/project", "~\\project")


@pytest.mark.parametrize(
    "text",
    [
        "The tokens used: 577,914",
        "total_tokens: 1234567890",
        "import secrets from the vault module",
        "spec-plan_2025-10-06T00:19:45Z-958132615",
        "api_key: ${API_KEY_FROM_ENV}",
        '{"prompt_tokens": 12345678, "max_tokens": 4096, "token_budget": "gpt-5-codex"}',
        "author: jane-smith-2024, authored by gpt-5-codex",
        "token = get_token(), api_key=os.environ['OPENAI_API_KEY'], password=settings.password",
        '{"api_key_env": "OPENAI_API_KEY", "secret_scan": "passed", "password": null}',
        "postgres://app:${DB_PASSWORD}@db/x and <password> and password: required",
        "Basic authentication, bearer tokens, a cookie: it depends",
        "sk-learn-compatible-estimators, task-assessment-of-everything, risk-adjusted-return-2024",
        "git@github.com:org/repo.git icon@2x.png actions/checkout@v4",
        "a3f5e8c1d2b4a6978877665544332211aabbccdd 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "SPEC-KIT-900/plan/2025-10-06T00:19:45Z https://example.org:8080/a/b?page=2&code=404",
        "",
    ],
)
def test_what_only_sounds_secret_stays(text: str) -> None:
    assert mask(text) == text


def test_masking_twice_changes_nothing() -> None:
    once = mask("export A=b; /home/dev/x; Bearer abcdefghijklmnop")
    assert mask(once) == once


TEXTS = ["export A=b", None, "plain", "/home/dev/x", "/home/josé/x", "export A=c"]


def masked_column(texts: pa.Array) -> pa.Array:
    return mask_all([(pa.array(["beside"]), mask), (texts, mask)])[1]


def test_a_column_is_masked_as_its_values_are() -> None:
    expected = [None if text is None else mask(text) for text in TEXTS]
    assert masked_column(pa.array(TEXTS, pa.string())).to_pylist() == expected


def test_an_encoded_column_is_masked_in_its_dictionary() -> None:
    masked = masked_column(pa.array(TEXTS, pa.dictionary(pa.int32(), pa.string())))
    assert masked.to_pylist() == [None if text is None else mask(text) for text in TEXTS]
    assert masked.dictionary.to_pylist() == [f"export A={MASK}", "plain", "~/x"]


@pytest.mark.parametrize("texts", [[], [None, None]])
def test_a_column_without_text_stays(texts: list[None]) -> None:
    assert masked_column(pa.array(texts, pa.string())).to_pylist() == texts


@pytest.mark.parametrize("setting", masking.SETTINGS)
def test_every_documented_shape_is_masked_wherever_it_stands(setting: str) -> None:
    assert masking.missed()[setting] == []


@needs(*(SHARED / name for name in masking.FOLDERS))
def test_real_evidence_is_left_as_it_is() -> None:
    texts = masking.texts_below(*(SHARED / name for name in masking.FOLDERS))
    assert masking.alarms(texts).total() <= masking.KNOWN_ALARMS


def test_masked_json_stays_json() -> None:
    for _, text, _ in masking.fakes():
        json.loads(mask(json.dumps({"a": f"x\n{text}\ny"})))


def test_a_text_is_masked_before_it_is_shortened() -> None:
    for _, text, parts in masking.fakes():
        for most in range(1, len(text), 7):
            left = shortened(text, most)
            assert not any(part[:9] in left for part in parts)


def test_names_with_different_secrets_stay_different() -> None:
    names = [f"run-{key}" for key in KEYS] + [f"run-of-{who}@example.org" for who in "ab"]
    masked = [mask_name(name) for name in names]
    assert len(set(masked)) == len(names)
    assert not any(key in name for key in KEYS for name in masked)


def test_a_secret_in_a_name_is_shown_nowhere_and_joins_as_before(tmp_path: Path) -> None:
    """Names of folders, files and runs, and keys of objects, may hold a secret too."""
    for number, key in enumerate(KEYS[:2]):
        for agent in ("gemini", "claude"):
            name = f"commands/SPEC-{key}/{agent}_plan_2025-10-0{number + 1}T00:00:00Z.json"
            write(tmp_path, name, {"stage": "plan", "agent": agent, "decision": "go"})
        document = telemetry(call(tokens={key: "many"}), specId=f"SPEC-{key}")
        write(tmp_path, f"commands/SPEC-{key}/spec-plan_{key}.json", document)
    evidence = sk.load(tmp_path, processes=1)
    assert [holding(evidence, key) for key in KEYS] == [set()] * len(KEYS)
    assert evidence.files["spec_id"].nunique() == evidence.files["source"].nunique() / 3 == 2
    assert evidence.runs["spec_id"].nunique() == 2


def test_a_reviewer_keeps_a_name_that_is_an_address(tmp_path: Path) -> None:
    card = json.loads((FIXTURES / "card" / "valid.json").read_text())
    written = {**card, "reviewer": "ann@example.org", "comment": "ask bob@example.org"}
    write(tmp_path, "x.card.json", written)
    reviews = sk.load(tmp_path, processes=1).reviews
    assert set(reviews["reviewer"]) == {"ann@example.org"}
    assert set(reviews["comment"]) == {f"ask {MASK}"}


FIXTURES = Path(__file__).parent / "fixtures"

#: Free text, as the formats write it.
WRITTEN = [
    *(("runs", "escalation_reason"), ("runs", "output_path")),
    *(("calls", "error"), ("calls", "override_reason")),
    *(("proposals", "content"), ("proposals", "stage_claimed"), ("proposals", "agent_claimed")),
    *(("disagreements", "topic"), ("disagreements", "description"), ("disagreements", "agents")),
    *(("disagreements", "resolution"), ("disagreements", "type")),
    *(("checks", "name"), ("checks", "message"), ("overrides", "reason")),
    *(("reviews", "comment"), ("arbitrations", "description"), ("arbitrations", "override_type")),
    *(("research", "finding"), ("research", "citation"), ("trials", "reason")),
    ("problems", "message"),
]


#: Fields that name something or say when it was: these are kept as they were written.
NAMING = {
    *("spec_id", "specId", "sessionId", "run_id", "stage_run_id", "payload_hash"),
    *("experiment", "variant", "guess", "reviewer", "packet", "output"),
    *("timestamp", "created_at", "exported_at", "saved", "started"),
}


def tainted(value: Any) -> Any:
    """Return `value` with a key behind every text that names nothing."""
    if isinstance(value, str):
        return f"{value} {KEYS[0]}"
    if isinstance(value, list):
        return [tainted(item) for item in value]
    if isinstance(value, dict):
        return {k: v if k in NAMING else tainted(v) for k, v in value.items()}
    return value


def write_tainted(root: Path) -> None:
    """Write evidence of every format that has a key in every text."""
    conflict = {"topic": "t", "description": "d", "agents": ["a"], "resolution": "r", "type": "y"}
    consensus = {"escalation_reason": "why", "conflicts": [conflict]}
    agent = call(error="no", arbiter_override=True, override_reason="why")
    answer = {"stage": "plan", "agent": "gemini", "consensus": {"conflicts": [conflict]}}
    rich = {
        "telemetry": telemetry(agent, consensus=consensus),
        "verdict": verdict(proposal("gemini", answer), proposal("claude", "in words")),
        "native": native(errors=["no"]),
    }
    for name, document in (documents() | rich).items():
        write(root, PLACES[name], tainted(document))
    for number, path in enumerate(sorted(FIXTURES.glob("*/valid*.json"))):
        write(root, f"fixtures/{number}.json", tainted(json.loads(path.read_text())))
    for ending in ("review", "arbitration", "trial"):
        document = json.loads((FIXTURES / ending / "valid.json").read_text())
        write(root, f"x_{ending}.json", tainted({"comment": "c", "reason": "r"} | document))
    card = json.loads((FIXTURES / "card" / "valid.json").read_text())
    write(root, "x.card.json", tainted({**card, "comment": "c"}))


def holding(evidence: sk.Evidence, text: str) -> set[tuple[str, str]]:
    """Return the tables and columns in which `text` is found."""
    return {
        (name, column)
        for name in TABLES
        for column, values in evidence[name].astype("string").items()
        if values.str.contains(text, regex=False).any()
    }


def test_no_table_holds_a_key_that_the_evidence_holds(tmp_path: Path) -> None:
    write_tainted(tmp_path)
    evidence = sk.load(tmp_path, processes=1)
    assert holding(evidence, KEYS[0]) == set()
    assert set(WRITTEN) <= holding(evidence, MASK)


def test_without_masking_every_free_text_would_hold_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "mask_all", lambda texts: [column for column, _ in texts])
    write_tainted(tmp_path)
    assert set(WRITTEN) <= holding(sk.load(tmp_path, processes=1), KEYS[0])
