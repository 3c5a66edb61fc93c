"""Real cases, made small: each comes out with the value that its README says is right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from needs import needs
from shared_files import SHARED
from test_review_cards import FULL, create, edited

import speckit_analysis as sk
from speckit_analysis.cli import main
from speckit_analysis.errors import EvidenceError
from speckit_analysis.review.sheets import as_sheet, read_sheet

CASES = SHARED / "cases"

PRICES_OF_GLM = CASES / "c07-other-makers" / "prices.toml"

pytestmark = needs(CASES)


def loaded(case: str) -> sk.Evidence:
    return sk.load(CASES / case / "evidence")


def billed(case: str, *options: str) -> Result:
    folder = CASES / case
    arguments = ["billing", str(folder / "evidence"), "--invoice", str(folder / "bill.csv")]
    return CliRunner().invoke(main, [*arguments, *options, "--format", "json"])


@pytest.mark.parametrize(
    ("case", "runs", "costs", "kind"),
    [
        ("c01-cache-beside-input", 1, [0.0119502], None),
        ("c03-line-twice", 1, [0.225], "repeated_record"),
        ("c11-counts-as-text", 1, [0.0495], "loosely_typed"),
        ("c13-utf16-lines", 2, [0.225, 0.225], None),
        ("c19-two-runs-one-file", 2, [0.225, 0.225], None),
    ],
)
def test_calls_of_a_case_cost_what_they_cost(
    case: str, runs: int, costs: list[float], kind: str | None
) -> None:
    evidence = loaded(case)
    assert len(evidence.runs) == runs
    assert evidence.calls["cost_usd"].tolist() == pytest.approx(costs)
    kinds = set(evidence.problems["kind"].astype(str))
    assert "invalid_json" not in kinds
    assert kind is None or kind in kinds


@pytest.mark.parametrize(
    ("case", "options", "dollars", "models"),
    [
        ("c05-google-cost-table", (), 0.675, {"gemini-2.5-pro"}),
        (
            "c07-other-makers",
            (
                "--columns",
                "model=Slug,amount=Usage",
                "--prices",
                CASES / "c07-other-makers/prices.toml",
            ),
            0.921,
            {"gpt-5", "glm-4.6"},
        ),
        ("c09-milliseconds", (), 0.45, None),
        ("c17-flash-lite-hyphen", (), 0.042, {"gemini-2.5-flash-lite"}),
    ],
)
def test_bills_of_a_case_are_what_was_billed(
    case: str, options: tuple[object, ...], dollars: float, models: set[str] | None
) -> None:
    result = billed(case, *map(str, options))
    assert result.exit_code == 0, result.output
    days = [line for line in json.loads(result.stdout) if line["date"]]
    assert sum(day["billed_usd"] for day in days) == pytest.approx(dollars)
    assert sum(day["tracked_usd"] for day in days) == pytest.approx(dollars)
    assert {day["where"] for day in days} == {"both"}
    if models is not None:
        assert {day["model_id"] for day in days} == models


def test_blank_rows_at_the_end_of_a_sheet_are_none(tmp_path: Path) -> None:
    review = create(tmp_path)
    sheet = tmp_path / "ann.csv"
    blank = (CASES / "c15-blank-rows/tail.csv").read_text()
    sheet.write_text(as_sheet(review, "ann") + blank)
    assert read_sheet(review, "ann", sheet) == 0


def test_a_sheet_in_another_encoding_is_read_or_refused_in_a_sentence(tmp_path: Path) -> None:
    review = create(tmp_path)
    comment = (CASES / "c23-sheet-not-utf8/comment_cp1252.txt").read_bytes().strip()
    sheet = edited(review, comment="COMMENT", **FULL)
    sheet.write_bytes(sheet.read_bytes().removeprefix(b"\xef\xbb\xbf").replace(b"COMMENT", comment))
    with pytest.raises(EvidenceError, match="UTF-8"):
        read_sheet(review, "ann", sheet)
