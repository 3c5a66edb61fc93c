"""What the analyses of the evidence itself return."""

from __future__ import annotations

from dataclasses import replace

from speckit_analysis.tables.declare import category, integer, number, text, timestamp
from speckit_analysis.tables.evidence import FILES, PROBLEMS
from speckit_analysis.tables.results.frames import frames
from speckit_analysis.tables.runs import PROPOSALS

_COLUMNS = (
    *(PROBLEMS["severity"], FILES["bytes"], replace(FILES["disk_bytes"], heading="on disk")),
    # Names are text here, so that "unknown" can stand among them.
    *(replace(PROPOSALS[name], kind="text") for name in ("spec_id", "agent", "provenance")),
    *(replace(FILES[name], kind="text") for name in ("format", "parse_state")),
    replace(PROBLEMS["kind"], kind="text"),
    text("measure", "what an analysis needs"),
    integer("covered", "runs that come with it", "runs"),
    number("share", "of the runs, or of the table's or agent's rows", "share"),
    integer("problems", "problems of the kind", "problems"),
    integer("files", "files that count", "files"),
    text("example", "message of the first"),
    text("table", "name of the table"),
    integer("proposals", "proposals that are so", "proposals"),
    integer("without_time", "rows without a timestamp", "rows"),
    timestamp("first", "earliest timestamp", "UTC"),
    timestamp("last", "latest timestamp", "UTC"),
    number("of_hard_limit", "size over the hard limit", "share"),
    category("verdict", "within limits, or above the soft or the hard one; ordered"),
)

EVIDENCE = frames(
    _COLUMNS,
    left_out=("a reason why rows are left out", "reason rows"),
    coverage=("what an analysis needs, best covered first", "measure runs covered share"),
    problem_counts=("a kind of problem, the worst first", "kind severity problems files example"),
    provenance_shares=("a provenance that occurs in a table", "table provenance rows share"),
    payloads_by_agent=(
        "what some of an agent's answers are",
        "agent payload_class proposals share",
    ),
    time_span=("a table with timestamps", "table rows without_time first last"),
    files_by_format=(
        "files of a format that were read alike, the most first",
        "format parse_state files rows bytes",
    ),
    footprint=(
        "a SPEC, or the files of none, the largest first",
        "spec_id files bytes disk_bytes of_hard_limit verdict",
    ),
)
