"""Columns that the results of several reports share, and mean the same in all of them."""

from __future__ import annotations

from speckit_analysis.tables.declare import Column

COMMON = (
    Column("runs", "integer", "runs that count", "runs"),
    Column("calls", "integer", "calls that count", "calls"),
    Column("specs", "integer", "SPECs that count: the independent units", "SPECs", "SPECs"),
    Column("n", "integer", "rows that have the figure", "rows"),
    Column("rows", "integer", "rows concerned", "rows"),
    Column("share", "number", "of the sum over all rows of the frame", "share"),
    Column("rate", "number", "share of the runs, SPECs … that the row is about", "share"),
    Column("low", "number", "lower end of the interval; missing where there is none"),
    Column("high", "number", "upper end of the interval; missing where there is none"),
    Column("p_value", "number", "of the test that the row is about", "p"),
    Column("verdict", "text", "what follows"),
    Column("message", "text", "what was found, in words"),
    Column("reason", "text", "why rows are left out"),
    Column("reviewers", "integer", "reviewers that count", "reviewers"),
)
