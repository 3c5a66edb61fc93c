"""Columns that the results of several reports share, and mean the same in all of them."""

from __future__ import annotations

from speckit_analysis.tables.declare import integer, number, text

COMMON = (
    integer("runs", "runs that count", "runs"),
    integer("calls", "calls that count", "calls"),
    integer("specs", "SPECs that count: the independent units", "SPECs", "SPECs"),
    integer("n", "rows that have the figure", "rows"),
    integer("rows", "rows concerned", "rows"),
    number("share", "of the sum over all rows of the frame", "share"),
    number("rate", "share of the runs, SPECs … that the row is about", "share"),
    number("low", "lower end of the interval; missing where there is none"),
    number("high", "upper end of the interval; missing where there is none"),
    number("p_value", "of the test that the row is about", "p"),
    text("verdict", "what follows"),
    text("message", "what was found, in words"),
    text("reason", "why rows are left out"),
    integer("reviewers", "reviewers that count", "reviewers"),
)
