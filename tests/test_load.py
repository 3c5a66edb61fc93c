"""``load`` and ``Evidence``: roots, strictness, order, repr, workers and snapshots."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import pandas as pd
import pytest
from evidence_files import (
    PLACES,
    START,
    call,
    cost,
    documents,
    event,
    output,
    telemetry,
    write,
)

import speckit_analysis as sk
from speckit_analysis.evidence import cache, load, workers
from speckit_analysis.evidence.discovery import discover
from speckit_analysis.evidence.scan import MAX_BYTES, chunks, read_chunk
from speckit_analysis.evidence.worker import receive, send
from speckit_analysis.tables import TABLES


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("corpus")
    for name, document in documents().items():
        write(root, PLACES[name], document)
    return root


@pytest.fixture(scope="module")
def loaded(corpus: Path) -> sk.Evidence:
    return sk.load(corpus)


def assert_same(one: sk.Evidence, other: sk.Evidence) -> None:
    assert one.fingerprint == other.fingerprint
    for name in TABLES:
        pd.testing.assert_frame_equal(one[name], other[name], check_categorical=True)


def by_content(evidence: sk.Evidence, name: str) -> pd.DataFrame:
    """Return a table in an order of its own, as plain text."""
    frame = evidence[name].drop(columns=["duplicate_of"], errors="ignore").astype("string")
    return frame.sort_values(list(frame.columns)).reset_index(drop=True)


def test_a_folder_is_loaded_with_every_table(loaded: sk.Evidence, corpus: Path) -> None:
    assert list(loaded) == list(TABLES)
    assert len(loaded.files) == len(PLACES)
    assert loaded.roots == [str(corpus)]


def test_a_single_file_is_loaded(corpus: Path) -> None:
    evidence = sk.load(corpus / PLACES["telemetry"])
    assert list(evidence.files["source"]) == [Path(PLACES["telemetry"]).name]
    assert evidence.runs["spec_id"].tolist() == ["SPEC-KIT-042"]


def test_a_glob_is_loaded(corpus: Path) -> None:
    evidence = sk.load(f"{corpus}/consensus/**/*_verdict.json")
    assert set(evidence.files["format"]) == {"verdict"}


def test_several_roots_are_one_evidence(corpus: Path) -> None:
    evidence = sk.load(corpus / "consensus", corpus / "costs")
    assert set(evidence.files["source"].str.split("/").str[0]) == {"consensus", "costs"}


def test_several_roots_fit_in_one_text_as_in_path(corpus: Path) -> None:
    joined = os.pathsep.join([str(corpus / "consensus"), str(corpus / "costs")])
    assert len(sk.load(joined).files) == len(sk.load(corpus / "consensus", corpus / "costs").files)


def test_a_root_inside_another_root_is_not_read_twice(corpus: Path, loaded: sk.Evidence) -> None:
    assert_same(sk.load(corpus, corpus / "costs"), loaded)


def test_the_same_root_twice_is_read_once(corpus: Path, loaded: sk.Evidence) -> None:
    assert_same(sk.load(corpus, str(corpus)), loaded)


def test_a_relative_path_gives_the_same_rows(
    corpus: Path, loaded: sk.Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(corpus.parent)
    assert_same(sk.load(corpus.name), loaded)


def test_a_tilde_is_the_home_folder(
    corpus: Path, loaded: sk.Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(corpus.parent))
    assert_same(sk.load(f"~/{corpus.name}"), loaded)


@pytest.mark.parametrize("root", ["nowhere", "nowhere/*.json"])
def test_a_root_that_does_not_exist_is_said_plainly(root: str, tmp_path: Path) -> None:
    with pytest.raises(sk.EvidenceError) as caught:
        sk.load(tmp_path / root)
    assert str(tmp_path / root) in str(caught.value)
    assert "consensus/, commands/ or costs/" in str(caught.value)


def test_one_missing_root_among_others_is_not_passed_over(corpus: Path) -> None:
    with pytest.raises(sk.EvidenceError, match="nowhere"):
        sk.load(corpus, corpus / "nowhere")


def test_an_empty_folder_gives_empty_tables_of_the_contract(tmp_path: Path) -> None:
    evidence = sk.load(tmp_path)
    for name, table in TABLES.items():
        assert evidence[name].empty
        assert {c: str(d) for c, d in evidence[name].dtypes.items()} == {
            column.name: column.dtype for column in table.columns
        }
    assert "0 files" in repr(evidence)
    assert len(evidence.summary()) == len(TABLES)


def test_loading_twice_gives_equal_frames(corpus: Path, loaded: sk.Evidence) -> None:
    assert_same(sk.load(corpus), loaded)


def test_the_order_of_roots_does_not_matter(corpus: Path) -> None:
    folders = [corpus / name for name in ("commands", "consensus", "costs")]
    one, other = sk.load(*folders), sk.load(*reversed(folders))
    assert one.fingerprint == other.fingerprint
    for name in set(TABLES) - {"problems"}:
        pd.testing.assert_frame_equal(by_content(one, name), by_content(other, name))


def test_the_order_in_which_files_were_written_does_not_matter(
    tmp_path: Path, loaded: sk.Evidence
) -> None:
    for name, document in reversed(documents().items()):
        write(tmp_path, PLACES[name], document)
    assert_same(sk.load(tmp_path), loaded)


def test_the_fingerprint_changes_with_one_byte(tmp_path: Path) -> None:
    write(tmp_path, PLACES["cost"], cost())
    before = sk.load(tmp_path).fingerprint
    write(tmp_path, PLACES["cost"], cost(duration=847))
    assert sk.load(tmp_path).fingerprint != before
    assert len(before) == 64


def test_strict_loading_raises_one_exception_that_lists_the_problems(tmp_path: Path) -> None:
    write(tmp_path, PLACES["cost"], cost(total_spent=0.0))
    write(tmp_path, PLACES["telemetry"], telemetry(specId="${spec}"))
    with pytest.raises(sk.EvidenceProblems) as caught:
        sk.load(tmp_path, strict=True)
    message = str(caught.value)
    assert f"{PLACES['telemetry']}: /specId:" in message
    assert f"{PLACES['cost']}: /total_spent:" in message
    assert set(caught.value.problems["severity"]) <= {"error", "warning"}
    assert len(caught.value.problems) == int(message.split()[0])


def test_strict_loading_of_many_problems_stays_readable(tmp_path: Path) -> None:
    for number in range(40):
        write(tmp_path, f"costs/SPEC-{number}_cost_summary.json", "")
    with pytest.raises(sk.EvidenceProblems) as caught:
        sk.load(tmp_path, strict=True)
    assert len(str(caught.value).splitlines()) <= 22
    assert "and 20 more" in str(caught.value)


def test_strict_loading_passes_over_notes(tmp_path: Path) -> None:
    write(tmp_path, PLACES["baseline"], "A placeholder.\n")
    assert len(sk.load(tmp_path, strict=True).problems) == 1


def test_a_progress_bar_is_shown_when_asked_for(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sk.load(corpus, progress=True)
    shown = capsys.readouterr()  # a terminal's bar is on standard error, a notebook's is not
    assert "Loading evidence" in shown.err + shown.out


@pytest.mark.parametrize("progress", [False, None])
def test_a_small_load_is_quiet(
    progress: bool | None, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sk.load(corpus, progress=progress)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_a_table_is_an_attribute_and_an_item(loaded: sk.Evidence) -> None:
    assert loaded.runs is loaded["runs"]
    assert set(TABLES) <= set(dir(loaded))


def test_an_unknown_table_names_those_that_exist(loaded: sk.Evidence) -> None:
    with pytest.raises(AttributeError, match="runs, calls, sessions"):
        _ = loaded.walks
    with pytest.raises(KeyError, match="runs, calls, sessions"):
        loaded["walks"]
    with pytest.raises(KeyError, match="walks"):
        loaded.describe("walks")


def test_describe_tells_what_every_column_means(loaded: sk.Evidence) -> None:
    described = loaded.describe("calls").set_index("column")
    assert list(described.index) == list(TABLES["calls"].column_names)
    assert described.loc["latency_ms", "unit"] == "ms"
    assert described.loc["latency_ms", "missing"] == int(loaded.calls["latency_ms"].isna().sum())
    assert described.loc["agent", "distinct"] == loaded.calls["agent"].nunique()
    assert described["meaning"].str.len().min() > 0


def test_the_repr_says_rows_time_span_and_problems(loaded: sk.Evidence) -> None:
    text = repr(loaded)
    assert "Evidence of 18 files" in text
    assert "runs" in text
    assert "2025-10-06 – 2025-11-10" in text
    assert "Problems: " in text


def test_the_html_repr_is_a_table_that_escapes_what_it_shows(tmp_path: Path) -> None:
    root = tmp_path / "<script>alert(1)"
    write(root, PLACES["cost"], cost())
    html = sk.load(root)._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert html.startswith("<table")
    assert "costs" in html


def test_the_summary_counts_problems_by_the_files_of_a_table(tmp_path: Path) -> None:
    write(tmp_path, PLACES["cost"], cost(total_spent=0.0))
    write(tmp_path, PLACES["lifecycle"], event("completed"))
    summary = sk.load(tmp_path).summary().set_index("table")
    assert summary.loc["costs", "problems"] > 0
    assert summary.loc["lifecycle", "problems"] == 0


def write_many(root: Path, files: int) -> None:
    for number in range(files):
        moment = f"2025-10-{1 + number % 28:02}T{number // 28 % 24:02}:{number % 60:02}:00Z"
        base = f"consensus/SPEC-{number % 40}/spec-plan_{moment}-{number}"
        document = telemetry(call("gemini", latency_ms=1000 + number), timestamp=moment)
        write(root, f"{base}_telemetry.json", document if number % 50 else "{broken")
    shutil.copy(root / f"{base}_telemetry.json", root / f"{base}0_telemetry.json")


def test_two_processes_load_what_one_loads(tmp_path: Path) -> None:
    write_many(tmp_path, 2100)  # more than one chunk, or there is nothing to share
    one, two = sk.load(tmp_path, processes=1), sk.load(tmp_path, processes=2)
    assert_same(one, two)
    assert len(one.problems[one.problems["kind"] == "invalid_json"]) == 42


def test_a_worker_reads_what_this_process_reads_and_imports_little(tmp_path: Path) -> None:
    write_many(tmp_path / "evidence", 60)
    folders = discover([tmp_path / "evidence"]).folders
    program = [sys.executable, "-X", "importtime", "-m", "speckit_analysis.evidence.worker"]
    with (tmp_path / "imports.txt").open("w") as log:
        worker = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
        with worker:
            send(worker.stdin, (folders, MAX_BYTES))
            there = receive(worker.stdout)
            worker.stdin.close()
    here = read_chunk(folders)
    assert {table: len(batches) for table, batches in there.items()} == {
        table: len(batches) for table, batches in here.items()
    }
    for table, batches in here.items():
        for one, other in zip(batches, there[table], strict=True):
            assert one.equals(other), table
    lines = (tmp_path / "imports.txt").read_text().splitlines()
    imported = [line.rpartition("|")[2].strip() for line in lines]
    assert "msgspec" in imported
    assert [name for name in imported if name.startswith(("numpy.", "pandas."))] == []


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    "program",
    [
        "exit 1",  # it does not start
        "head -c 8 >/dev/null",  # it ends before it has read its chunk
        "sleep 0.2; printf 'no answer'",  # it ends in the middle of a word
        "sleep 0.2; printf '\\003\\000\\000\\000\\000\\000\\000\\000???'",  # no such answer
    ],
)
def test_what_a_dead_worker_had_is_read_all_the_same(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_many(tmp_path / "evidence", 90)
    usual = sk.load(tmp_path / "evidence", processes=1)
    worker = tmp_path / "worker"
    worker.write_text(f"#!/bin/sh\ntouch '{tmp_path}/started'\n{program}\n")
    worker.chmod(0o755)
    monkeypatch.setattr(workers.sys, "executable", str(worker))
    monkeypatch.setattr(load, "chunks", lambda folders: chunks(folders, 10))
    assert_same(sk.load(tmp_path / "evidence", processes=2), usual)
    assert (tmp_path / "started").exists()


def test_ctrl_c_is_not_for_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They would tell of it in a traceback each."""
    write_many(tmp_path / "evidence", 90)
    worker = tmp_path / "worker"
    program = f"import os, pathlib\npathlib.Path('{tmp_path}/group').write_text(str(os.getpgrp()))"
    worker.write_text(f"#!{sys.executable}\n{program}\n")
    worker.chmod(0o755)
    monkeypatch.setattr(workers.sys, "executable", str(worker))
    monkeypatch.setattr(load, "chunks", lambda folders: chunks(folders, 10))
    sk.load(tmp_path / "evidence", processes=2)
    assert int((tmp_path / "group").read_text()) != os.getpgrp()


def test_an_interrupted_load_leaves_its_workers_nothing_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_many(tmp_path, 90)
    found = discover([tmp_path])
    sent: list[object] = []
    gate = threading.Event()

    def wait_and_send(stream: IO[bytes], value: object) -> None:
        sent.append(value)
        gate.wait(30)
        send(stream, value)

    monkeypatch.setattr(workers, "send", wait_and_send)
    reading = workers.read_chunks(
        chunks(found.folders, 10), found.files, MAX_BYTES, 2, lambda files: None
    )
    next(reading)
    reading.close()
    feeders = [each for each in threading.enumerate() if "_feed" in each.name]
    gate.set()
    for feeder in feeders:
        feeder.join(30)
    assert len(feeders) == 1
    assert len(sent) <= 1  # the chunk that it had, if any; there are 9


def test_it_does_not_matter_which_process_is_done_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_many(tmp_path, 2100)
    usual = sk.load(tmp_path, processes=1)
    read = load.read_chunks
    monkeypatch.setattr(load, "read_chunks", lambda *given: reversed(list(read(*given))))
    assert_same(sk.load(tmp_path, processes=1), usual)


@pytest.fixture
def stored(loaded: sk.Evidence, tmp_path: Path) -> Path:
    loaded.save(tmp_path / "snapshot")
    return tmp_path / "snapshot"


def offer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offer the snapshot in `folder`, and let whoever reads files instead of it fail."""

    def fail(*_: object) -> None:
        raise AssertionError("files are read although there is a snapshot")

    monkeypatch.setenv(cache.VARIABLE, str(folder))
    monkeypatch.setattr(load, "discover", fail)


def test_a_snapshot_gives_back_what_was_loaded(
    stored: Path, corpus: Path, loaded: sk.Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(stored, monkeypatch)
    again = sk.load(corpus)
    assert_same(again, loaded)
    assert again.roots == loaded.roots


def test_a_snapshot_of_other_roots_is_not_used(
    stored: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(stored))
    assert len(sk.load(corpus / "costs").files) == 1


def test_a_snapshot_that_was_never_finished_is_not_used(
    stored: Path, corpus: Path, loaded: sk.Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    (stored / "manifest.json").unlink()
    monkeypatch.setenv(cache.VARIABLE, str(stored))
    assert_same(sk.load(corpus), loaded)


def test_a_snapshot_that_is_being_replaced_is_not_used(
    stored: Path, corpus: Path, loaded: sk.Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(cache, "to_arrow", fail)
    with pytest.raises(OSError, match="No space left"):
        loaded.save(stored)
    monkeypatch.setenv(cache.VARIABLE, str(stored))
    assert cache.find([corpus], loaded.pricing_source) is None


def test_a_snapshot_of_nothing_gives_back_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    direct = sk.load(empty)
    direct.save(tmp_path / "snapshot")
    offer(tmp_path / "snapshot", monkeypatch)
    assert_same(sk.load(empty), direct)


def test_strictness_holds_for_a_snapshot_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "root", PLACES["output"], output(spec_id="${spec}"))
    sk.load(tmp_path / "root").save(tmp_path / "snapshot")
    offer(tmp_path / "snapshot", monkeypatch)
    with pytest.raises(sk.EvidenceProblems, match=START):
        sk.load(tmp_path / "root", strict=True)
