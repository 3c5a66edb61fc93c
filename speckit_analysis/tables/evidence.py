"""The evidence itself: its files, and the problems in them."""

from __future__ import annotations

from speckit_analysis.tables.declare import Table, boolean, category, integer, text, timestamp

FILES = Table(
    "files",
    "one file found under the roots",
    (
        text("source", "path relative to the root given to load"),
        category("format", "format that read it, or unrecognised"),
        category(
            "parse_state",
            "ok, repaired, mistyped, empty, invalid, binary, too_large, special or unreadable",
        ),
        text(
            "evidence_root",
            "folder that holds consensus/, commands/ or costs/, relative to the root",
        ),
        text("path", "path within the evidence root: equal for two states of one file"),
        category("spec_id", "SPEC, from the path"),
        category("stage", "stage, from the name"),
        category("agent", "agent, from the name"),
        timestamp("timestamp", "timestamp in the name", "UTC"),
        integer("bytes", "size", "bytes"),
        integer("disk_bytes", "size in whole 4 KiB blocks", "bytes"),
        text("sha256", "SHA-256 of the content"),
        text("duplicate_of", "first file with the very same content"),
        boolean("superseded", "a later evidence root holds another state of this file"),
        integer("rows", "rows read from it, problems excluded", "rows"),
    ),
)

PROBLEMS = Table(
    "problems",
    "one thing in the evidence that could not be taken at face value",
    (
        text("source", "file"),
        text("locator", "place in the file: a JSON pointer, or line and column"),
        category("kind", "kind of problem; docs/problems.md explains each"),
        category("severity", "info, warning or error"),
        text("message", "what was found and what was expected"),
        text("action", "what was done about it"),
        text("run_id", "run it concerns, where it concerns one"),
        integer("number", "problems that the row stands for: 1, or those that are not listed"),
    ),
)
