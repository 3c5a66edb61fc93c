"""The contract: every column declared once, with type, unit and meaning."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from speckit_analysis.display import table as table_of
from speckit_analysis.tables import (
    ARROW_TYPES,
    ORDERED_CATEGORIES,
    PANDAS_DTYPES,
    TABLES,
    Table,
)
from speckit_analysis.tables.results import (
    RESULTS,
    ask,
    cost,
    disagreement,
    evidence,
    experiment,
    review,
    sessions,
)

DECLARED = [*TABLES.values(), *RESULTS.values()]
DOCS = Path(__file__).parent.parent / "docs" / "columns.md"


def test_the_tables_are_those_of_the_design() -> None:
    names = "runs calls sessions proposals disagreements costs guardrails checks lifecycle"
    assert (
        " ".join(TABLES)
        == f"{names} reviews overrides arbitrations research trials outcomes spawns files problems"
    )


@pytest.mark.parametrize("table", DECLARED, ids=lambda table: table.name)
def test_a_column_is_declared_once(table: Table) -> None:
    assert len(set(table.column_names)) == len(table.column_names)


@pytest.mark.parametrize("table", DECLARED, ids=lambda table: table.name)
def test_every_column_has_a_type_and_a_meaning(table: Table) -> None:
    for column in table.columns:
        assert column.kind in PANDAS_DTYPES, column.name
        assert column.kind in ARROW_TYPES, column.name
        assert column.meaning, column.name
        assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name)


@pytest.mark.parametrize("table", DECLARED, ids=lambda table: table.name)
def test_a_unit_in_the_name_is_the_unit_declared(table: Table) -> None:
    endings = {"_usd": "USD", "_ms": "ms", "_s": "s", "_bytes": "bytes", "_tokens": "tokens"}
    for column in table.columns:
        bare = column.name.removesuffix("_reported")
        ending = next((e for e in endings if bare.endswith(e)), None)
        if ending is not None and column.kind in ("number", "integer"):
            assert column.unit == endings[ending], column.name
        if column.kind == "timestamp":
            assert column.unit == "UTC", column.name


@pytest.mark.parametrize(
    "table", [t for n, t in TABLES.items() if n not in ("files", "problems")], ids=lambda t: t.name
)
def test_every_row_knows_where_it_came_from(table: Table) -> None:
    assert {"provenance", "source", "locator"} <= set(table.column_names)


def test_a_reported_figure_and_a_computed_one_are_two_columns() -> None:
    for name in ("cost_usd", "latency_ms", "tokens"):
        assert {name, f"{name}_reported"} <= set(TABLES["runs"].column_names)


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_an_empty_table_has_every_column_and_type(table: Table) -> None:
    empty = table.empty()
    assert tuple(empty.columns) == table.column_names
    assert [str(dtype) for dtype in empty.dtypes] == [column.dtype for column in table.columns]


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_the_documentation_lists_every_column(table: Table) -> None:
    text = DOCS.read_text()
    assert f"`{table.name}`" in text or table.name in text
    assert all(f"`{name}`" in text for name in table.column_names)


def test_an_unknown_column_is_said_with_its_table() -> None:
    with pytest.raises(KeyError, match="runs"):
        TABLES["runs"]["walks"]


def test_categories_with_an_order_are_columns_somewhere() -> None:
    assert set(ORDERED_CATEGORIES) <= {
        name for table in TABLES.values() for name in table.column_names
    }


def test_rows_become_a_frame_with_the_dtypes_that_are_declared() -> None:
    rows = [("plan", 3, 2, 1.5, None, 2)]
    frame = RESULTS["typical_ratio"].of(rows, ["stage"])
    dtypes = {"runs": "Int64", "specs": "Int64", **dict.fromkeys(("typical", "low"), "Float64")}
    assert frame.dtypes.astype(str).to_dict().items() >= dtypes.items()
    assert frame.columns[0] == "stage"
    assert frame["low"].isna().all()
    assert RESULTS["typical_ratio"].of([], ["stage"]).dtypes.astype(str)["high"] == "Float64"


def test_a_page_writes_a_result_in_the_unit_that_it_is_declared_with() -> None:
    rows = [("plan", 3, 2, 1.5, 1.25, 2)]
    ratio, usd = (RESULTS[f"typical_{unit}"].of(rows, ["stage"]) for unit in ("ratio", "usd"))
    assert "1.50" in str(table_of(ratio[["stage", "typical"]]))
    assert "$1.50" in str(table_of(usd.query("runs > 0").sort_values("low")))
    assert "SPECs" in str(table_of(usd))


def test_no_two_reports_call_a_result_alike() -> None:
    modules = (ask.ASK, cost.COST, disagreement.DISAGREEMENT, evidence.EVIDENCE)
    modules += (experiment.EXPERIMENT, review.REVIEW, sessions.SESSIONS)
    assert len(RESULTS) == sum(map(len, modules))
    assert not RESULTS.keys() & TABLES.keys()
