"""The evidence itself: its files, and the problems in them."""

from __future__ import annotations

from speckit_analysis.tables.declare import Column, Table

FILES = Table(
    "files",
    "one file found under the roots",
    (
        Column("source", "text", "path relative to the root given to load"),
        Column("format", "category", "format that read it, or unrecognised"),
        Column(
            "parse_state",
            "category",
            "ok, repaired, mistyped, empty, invalid, binary, too_large, special or unreadable",
        ),
        Column(
            "evidence_root",
            "text",
            "folder that holds consensus/, commands/ or costs/, relative to the root",
        ),
        Column("path", "text", "path within the evidence root: equal for two states of one file"),
        Column("spec_id", "category", "SPEC, from the path"),
        Column("stage", "category", "stage, from the name"),
        Column("agent", "category", "agent, from the name"),
        Column("timestamp", "timestamp", "timestamp in the name", "UTC"),
        Column("bytes", "integer", "size", "bytes"),
        Column("disk_bytes", "integer", "size in whole 4 KiB blocks", "bytes"),
        Column("sha256", "text", "SHA-256 of the content"),
        Column("duplicate_of", "text", "first file with the very same content"),
        Column("superseded", "boolean", "a later evidence root holds another state of this file"),
        Column("rows", "integer", "rows read from it, problems excluded", "rows"),
    ),
)

PROBLEMS = Table(
    "problems",
    "one thing in the evidence that could not be taken at face value",
    (
        Column("source", "text", "file"),
        Column("locator", "text", "place in the file: a JSON pointer, or line and column"),
        Column("kind", "category", "kind of problem; docs/problems.md explains each"),
        Column("severity", "category", "info, warning or error"),
        Column("message", "text", "what was found and what was expected"),
        Column("action", "text", "what was done about it"),
        Column("run_id", "text", "run it concerns, where it concerns one"),
    ),
)
