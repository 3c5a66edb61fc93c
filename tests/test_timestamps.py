"""Every spelling of a timestamp, read as UTC."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speckit_analysis.tables.timestamps import canonical, parse, parse_array, spellings

MOMENT = pd.Timestamp("2025-10-05T04:31:14Z").value
FORMS = [
    "2025-10-05T04:31:14Z",
    "2025-10-05T04:31:14.000000Z",
    "2025-10-05T04:31:14.000000000+00:00",
    "2025-10-05T06:31:14+02:00",
    "2025-10-04T23:31:14-0500",
    "2025-10-05 04:31:14",
    "2025-10-05 04:31:14 UTC",
    "[2025-10-05T04:31:14]",
    "20251005T043114Z",
    "20251005T043114",
    "20251005_043114",
    "20251005-043114Z",
    "2025-10-05T04-31-14Z",
    "2025-10-05T04_31_14Z",
    " 2025-10-05T04:31:14Z ",
    "1759638674",
]


@pytest.mark.parametrize("raw", FORMS)
def test_every_spelling_is_the_same_moment(raw: str) -> None:
    assert parse(raw) == MOMENT


@pytest.mark.parametrize("raw", ["2025-12-26 17:42 UTC", "20251226T1742Z", "2025-12-26T17:42Z"])
def test_a_spelling_without_seconds_is_the_full_minute(raw: str) -> None:
    assert parse(raw) == pd.Timestamp("2025-12-26T17:42:00Z").value


def test_nanoseconds_are_kept() -> None:
    assert parse("2025-10-28T13:14:03.086665020+00:00") % 10**9 == 86_665_020


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "${timestamp_run}",
        "2025-10",
        "2025-02-31T00:00:00Z",
        "2025-10-05",
        "yesterday",
        "12",
        "2025-13-01T00:00:00Z",
        "2025-10-05T25:00:00Z",
        "9999-12-31T23:59:59Z",
        "FIXTURE-RUN",
    ],
)
def test_what_is_no_timestamp_is_none(raw: str) -> None:
    assert parse(raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        "2025-10-05T04:31:14Z",
        "20251005T043114Z",
        "20251005T043114",
        "20251005_043114",
        "20251005-043114Z",
        "2025-10-05T04-31-14Z",
        "2025-10-05T04_31_14Z",
        "2025-10-05 04:31:14",
        "2025-10-05T04:31:14+00:00",
        "2025-10-05T06:31:14+0200",
        "2025-10-05T04:31:14.123Z",
        "2025-10-05T04:31:14.086665+00:00",
        "2025-10-05 04:31:14 UTC",
    ],
)
def test_spellings_in_names_and_of_writers_have_one_canonical_form(raw: str) -> None:
    assert canonical(raw) == "2025-10-05T04:31:14Z"


def test_a_canonical_form_keeps_what_follows_the_moment() -> None:
    assert canonical("2025-10-14T16-19-16Z-1583422877") == "2025-10-14T16:19:16Z-1583422877"
    assert canonical("20251005_043114-1200") == "2025-10-05T04:31:14Z-1200"
    assert canonical("20251226_135336_ab12") == "2025-12-26T13:53:36Z_ab12"
    assert canonical("FIXTURE-RUN") == "FIXTURE-RUN"


def test_a_column_of_one_spelling_gives_what_each_value_gives() -> None:
    raw = pa.array(["2025-10-05T04:31:14Z", None, "2025-10-06T00:00:00Z"], pa.string())
    expected = [MOMENT, None, pd.Timestamp("2025-10-06").value]
    assert parse_array(raw).cast(pa.int64()).to_pylist() == expected


def test_a_column_of_many_spellings_gives_what_each_value_gives() -> None:
    raw = pa.array([*FORMS, "nonsense", None], pa.string())
    assert parse_array(raw).cast(pa.int64()).to_pylist() == [MOMENT] * len(FORMS) + [None, None]


def test_spellings_are_named_by_their_shape() -> None:
    raw = pa.array(
        ["2025-10-05T04:31:14Z", "20251005_043114", "20251006_043114", None], pa.string()
    )
    assert spellings(raw) == ["9999-99-99T99:99:99Z", "99999999_999999"]


@settings(derandomize=True, deadline=None)
@given(st.text(max_size=40))
def test_no_text_breaks_the_parser(raw: str) -> None:
    found = parse(raw)
    assert found is None or -(2**63) < found < 2**63
    assert isinstance(canonical(raw), str)


@settings(derandomize=True, deadline=None)
@given(st.datetimes(min_value=pd.Timestamp("1980").to_pydatetime()))
def test_what_python_writes_is_read_back(moment) -> None:  # type: ignore[no-untyped-def]
    if moment.year < 2262:
        assert parse(f"{moment.isoformat()}Z") == pd.Timestamp(moment, tz="UTC").value
