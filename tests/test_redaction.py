"""Secret-shaped strings are masked; everything else stays readable."""

from __future__ import annotations

import pyarrow as pa
import pytest

from speckit_analysis.redaction import MASK, mask, mask_all

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
        "",
    ],
)
def test_what_only_sounds_secret_stays(text: str) -> None:
    assert mask(text) == text


def test_masking_twice_changes_nothing() -> None:
    once = mask("export A=b; /home/dev/x; Bearer abcdefghijklmnop")
    assert mask(once) == once


def test_a_column_is_masked_as_its_values_are() -> None:
    texts = ["export A=b", None, "plain", "/home/dev/x"]
    expected = [None if text is None else mask(text) for text in texts]
    assert mask_all(pa.array(texts, pa.string())).to_pylist() == expected


@pytest.mark.parametrize("texts", [[], [None, None]])
def test_a_column_without_text_stays(texts: list[None]) -> None:
    assert mask_all(pa.array(texts, pa.string())).to_pylist() == texts
