"""How fast evidence loads, beside reading the bytes, pandas and DuckDB.

``python benchmarks/load.py`` measures 10,000 and 100,000 files of one run each, made by
``speckit_analysis.simulate``.  Every method runs in a fresh process, and the methods take turns,
so that a busy machine burdens all of them alike: compare ratios within one run, not seconds
between runs.  What a method imports is imported before its clock starts.

Every method but the first ends with the same three typed frames: runs, calls, disagreements.
Ours does all its checks on top and gives the other tables as well.
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: What --check asks for at the largest size: times faster than, and share of memory.
TARGETS = {"pandas": 8.0, "duckdb": 2.0}
MEMORY_SHARE_OF_DUCKDB = 0.25

Counts = tuple[int, int, int]


def read_bytes(folder: Path) -> Counts:
    """Open and read every file: what no method can do without."""
    count = 0
    for path in folder.rglob("*.jsonl"):
        count += bool(path.read_bytes())
    return count, 0, 0


def with_pandas(folder: Path) -> Counts:
    """``json.load`` and ``json_normalize``, then the dtypes that an analysis needs."""
    import pandas as pd

    records = [json.loads(path.read_text()) for path in sorted(folder.rglob("*.jsonl"))]
    about = ["specId", "command", "timestamp"]
    runs = pd.json_normalize(records).drop(columns=["consensus.agents"])
    calls = pd.json_normalize(records, ["consensus", "agents"], about)
    points = pd.json_normalize(records, ["consensus", "disagreement_points"], about)
    for frame in (runs, calls, points):
        frame["timestamp"] = pd.to_datetime(frame["timestamp"], utc=True)
        for column in ("specId", "command"):
            frame[column] = frame[column].astype("category")
    return len(runs), len(calls), len(points)


_STRUCTURE = json.dumps(
    {
        "specId": "VARCHAR",
        "command": "VARCHAR",
        "timestamp": "TIMESTAMP",
        "consensus": {
            "status": "VARCHAR",
            "disagreement_detected": "BOOLEAN",
            "total_cost_usd": "DOUBLE",
            "total_tokens": "DOUBLE",
            "total_latency_ms": "DOUBLE",
            "disagreement_points": [{"topic": "VARCHAR", "description": "VARCHAR"}],
            "agents": [
                {
                    "agent": "VARCHAR",
                    "model_id": "VARCHAR",
                    "latency_ms": "DOUBLE",
                    "prompt_tokens": "BIGINT",
                    "completion_tokens": "BIGINT",
                    "total_tokens": "BIGINT",
                    "cost_usd": "DOUBLE",
                    "status": "VARCHAR",
                    "error": "VARCHAR",
                }
            ],
        },
    }
)


def with_duckdb(folder: Path) -> Counts:
    """DuckDB: texts read, taken apart by one typed structure, unnested, fetched as frames.

    The fastest way we know.  Rows may come in any order, as DuckDB advises for data this large:
    to keep the order of files takes ten times as long.  ``read_json`` over so many small files
    is slower.
    """
    import duckdb

    database = duckdb.connect()
    database.execute("set preserve_insertion_order = false")
    database.execute(
        f"create table records as select filename, from_json(content, '{_STRUCTURE}') r"
        f" from read_text('{folder}/**/*.jsonl')"
    )
    about = "filename, r.specId, r.command, r.timestamp"
    runs = database.execute(
        f"select {about}, r.consensus.status, r.consensus.disagreement_detected,"
        " r.consensus.total_cost_usd, r.consensus.total_tokens, r.consensus.total_latency_ms"
        " from records"
    ).df()
    nested = (
        "select filename, specId, command, timestamp, unnest(item)"
        " from (select {}, unnest({}) item from records)"
    )
    calls = database.execute(nested.format(about, "r.consensus.agents")).df()
    points = database.execute(nested.format(about, "r.consensus.disagreement_points")).df()
    return len(runs), len(calls), len(points)


def with_speckit_analysis(folder: Path) -> Counts:
    """``speckit_analysis.load`` with every check."""
    import speckit_analysis

    evidence = speckit_analysis.load(folder, progress=False)
    return len(evidence.runs), len(evidence.calls), len(evidence.disagreements)


#: Each method with what it imports.
METHODS: dict[str, tuple[Callable[[Path], Counts], tuple[str, ...]]] = {
    "open and read": (read_bytes, ()),
    "pandas": (with_pandas, ("pandas",)),
    "duckdb": (with_duckdb, ("duckdb", "pandas")),
    "speckit_analysis": (with_speckit_analysis, ("speckit_analysis.evidence.load",)),
}


def measure(method: str, folder: Path) -> dict[str, float]:
    """Run one method in a fresh process; return its seconds, CPU seconds and rows."""
    output = subprocess.run(_command(method, folder), stdout=subprocess.PIPE, check=True).stdout
    return json.loads(output)


def peak_megabytes(method: str, folder: Path) -> float:
    """Run one method in a fresh process and return its peak memory.

    Memory is the proportional set size, summed over the process and its workers and
    sampled every 50 ms: pages that processes share count once.  Watching costs time, so
    no clock runs.
    """
    import psutil

    peak = 0
    with subprocess.Popen(_command(method, folder), stdout=subprocess.DEVNULL) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, _memory(watched))
            time.sleep(0.05)
    return peak / 1e6


def _command(method: str, folder: Path) -> list[str]:
    return [sys.executable, __file__, "--one", method, "--folder", str(folder)]


def _memory(process: Any) -> int:
    import psutil

    total = 0
    try:
        for one in [process, *process.children(recursive=True)]:
            total += one.memory_full_info().pss
    except psutil.Error:  # it ended meanwhile
        return total
    return total


def run_one(method: str, folder: Path) -> None:
    """Time one method in this process and print the result."""
    function, modules = METHODS[method]
    for module in modules:
        importlib.import_module(module)
    wall, cpu = time.perf_counter(), _cpu_seconds()
    counts = function(folder)
    result = {"seconds": time.perf_counter() - wall, "cpu_seconds": _cpu_seconds() - cpu}
    print(json.dumps(result | {"rows": counts}))


def _cpu_seconds() -> float:
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def compare(files: int, repeats: int, base: Path | None) -> dict[str, dict[str, float]]:
    """Measure every method `repeats` times, taking turns; return the medians."""
    from speckit_analysis.simulate import simulate_runs

    measured: dict[str, list[dict[str, float]]] = {method: [] for method in METHODS}
    with tempfile.TemporaryDirectory(prefix="speckit-", dir=base) as name:
        folder = Path(name)
        simulate_runs(folder, files)
        for _ in range(repeats):
            for method in METHODS:
                measured[method].append(measure(method, folder))
        memory = {method: peak_megabytes(method, folder) for method in METHODS}
    _check_rows(measured)
    return {
        method: {
            "seconds": statistics.median(result["seconds"] for result in results),
            "cpu_seconds": statistics.median(result["cpu_seconds"] for result in results),
            "peak_mb": memory[method],
        }
        for method, results in measured.items()
    }


def _check_rows(measured: dict[str, list[dict[str, Any]]]) -> None:
    found = {
        tuple(result["rows"])
        for method, results in measured.items()
        for result in results
        if method != "open and read"
    }
    if len(found) != 1:
        raise SystemExit(f"the methods found different numbers of rows: {sorted(found)}")


def table(files: int, results: dict[str, dict[str, float]]) -> str:
    """Return the results as a Markdown table."""
    ours = results["speckit_analysis"]
    lines = [
        f"| {files:,} files | seconds | CPU seconds | peak MB | our speed-up | our memory |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for method, result in results.items():
        faster = f"{result['seconds'] / ours['seconds']:.1f}×"
        share = f"{ours['peak_mb'] / result['peak_mb']:.2f}×"
        lines.append(
            f"| {method} | {result['seconds']:.2f} | {result['cpu_seconds']:.2f}"
            f" | {result['peak_mb']:.0f} | {faster} | {share} |"
        )
    return "\n".join(lines)


def missed(results: dict[str, dict[str, float]]) -> list[str]:
    """Return the targets that were missed, in words."""
    ours = results["speckit_analysis"]
    found = []
    for method, target in TARGETS.items():
        factor = results[method]["seconds"] / ours["seconds"]
        if factor < target:
            found.append(f"{factor:.1f}× faster than {method}, at least {target:g}× wanted")
    share = ours["peak_mb"] / results["duckdb"]["peak_mb"]
    if share >= MEMORY_SHARE_OF_DUCKDB:
        found.append(f"{share:.2f} of DuckDB's memory, under {MEMORY_SHARE_OF_DUCKDB} wanted")
    return found


def main() -> None:
    """Measure, print, and with --check end with 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--base", type=Path, help="where to make the files, such as /dev/shm")
    parser.add_argument("--check", action="store_true", help="hold the largest size to the targets")
    parser.add_argument("--one", choices=METHODS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        run_one(arguments.one, arguments.folder)
        return
    results: dict[str, dict[str, float]] = {}
    for files in sorted(arguments.files):
        results = compare(files, arguments.repeats, arguments.base)
        print(table(files, results), end="\n\n", flush=True)
    targets = missed(results) if arguments.check else []
    for target in targets:
        print(f"missed: {target}")
    sys.exit(bool(targets))


if __name__ == "__main__":
    main()
