"""Files that lie, loop, hang or vanish do no harm."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from evidence_files import (
    PLACES,
    SPEC,
    START,
    cost,
    guardrail,
    kinds,
    only,
    output,
    problems,
    proposal,
    telemetry,
    verdict,
    write,
)

import speckit_analysis as sk
from speckit_analysis.formats.decoding import parts, whole_values
from speckit_analysis.formats.telemetry_v2 import Agent, Telemetry

OUTSIDE = "do-not-read-me"
LINES = f"consensus/{SPEC}/all_telemetry.jsonl"  # a name that does not tell the format
#: Three runs; the last is that of the file that it is named after elsewhere.
RECORDS = [
    *(telemetry(timestamp=f"2025-10-0{day}T10:00:00Z") for day in (1, 2)),
    telemetry(),
]


def watch_opening(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that fills with what the loader opens."""
    opened: list[str] = []
    real = os.open

    def watch(name: Any, *arguments: Any, **options: Any) -> int:
        opened.append(os.fspath(name))
        return real(name, *arguments, **options)

    monkeypatch.setattr(os, "open", watch)
    return opened


def test_a_file_of_two_gigabytes_is_listed_and_not_read(tmp_path: Path) -> None:
    path = write(tmp_path, PLACES["cost"], "{")
    os.truncate(path, 2 * 2**30)
    evidence = sk.load(tmp_path)
    row = only(evidence.files)
    assert (row.parse_state, row.bytes) == ("too_large", 2 * 2**30)
    assert pd.isna(row.sha256)
    assert kinds(evidence) == {"too_large"}


def test_a_larger_limit_reads_a_larger_file(tmp_path: Path) -> None:
    write(tmp_path, PLACES["cost"], json.dumps(cost()) + " " * 100_000)
    assert len(sk.load(tmp_path, max_bytes=90_000).costs) == 0
    assert len(sk.load(tmp_path).costs) == 5


def test_the_limit_holds_for_a_small_file_too(tmp_path: Path) -> None:
    path = write(tmp_path, PLACES["cost"], cost())
    size = path.stat().st_size
    assert len(sk.load(tmp_path, max_bytes=size).costs) == 5
    row = only(sk.load(tmp_path, max_bytes=size - 1).files)
    assert (row.parse_state, row.bytes) == ("too_large", size)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_deep_nesting_is_a_problem(opening: str, tmp_path: Path) -> None:
    write(tmp_path, PLACES["output"], opening * 100_000)
    evidence = sk.load(tmp_path)
    assert problems(evidence, "invalid_json")
    assert only(evidence.files).parse_state == "invalid"


@pytest.mark.parametrize("place", [PLACES["output"], "commands/unknown.json"])
def test_deep_nesting_behind_a_quote_that_was_not_escaped_is_a_problem(
    place: str, tmp_path: Path
) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    write(tmp_path, place, f'{{\n"note": "an "inner" quote",\n"deep": {deep}\n}}')
    evidence = sk.load(tmp_path)
    assert problems(evidence, "invalid_json")
    assert only(evidence.files).parse_state == "invalid"


def test_deep_nesting_that_is_valid_does_no_harm(tmp_path: Path) -> None:
    write(tmp_path, PLACES["output"], "[" * 50_000 + "]" * 50_000)
    assert len(sk.load(tmp_path).files) == 1


def test_deep_nesting_within_a_field_does_no_harm(tmp_path: Path) -> None:
    deep = "[" * 900 + "]" * 900
    text = json.dumps(verdict(proposal("gemini", "CONTENT"))).replace('"CONTENT"', deep)
    write(tmp_path, PLACES["verdict"], text)
    assert len(sk.load(tmp_path).files) == 1


def test_nan_and_infinity_are_missing(tmp_path: Path) -> None:
    text = json.dumps(cost()).replace("0.75", "Infinity").replace("0.375", "NaN")
    write(tmp_path, PLACES["cost"], text)
    evidence = sk.load(tmp_path)
    assert "NaN" in problems(evidence, "not_a_number")[0].message
    total = only(evidence.costs[evidence.costs["scope"] == "total"])
    assert pd.isna(total.cost_usd_reported)
    assert total.budget_usd == 2.0


@pytest.mark.parametrize("number", [10**30, -1, 2**63, 1e300])
def test_a_count_that_no_count_can_be_is_missing(number: float, tmp_path: Path) -> None:
    from evidence_files import call

    write(tmp_path, PLACES["telemetry"], telemetry(call(prompt_tokens=number)))
    evidence = sk.load(tmp_path)
    assert pd.isna(only(evidence.calls).prompt_tokens)
    assert problems(evidence, "mistyped_field")[0].locator.endswith("/prompt_tokens")


def test_an_integer_of_ten_thousand_digits_does_no_harm(tmp_path: Path) -> None:
    text = json.dumps(cost()).replace("0.75", "9" * 10_000)
    write(tmp_path, PLACES["cost"], text)
    assert "invalid_json" in kinds(sk.load(tmp_path))


def test_invalid_utf8_is_replaced_and_the_rest_kept(tmp_path: Path) -> None:
    text = json.dumps(output(), ensure_ascii=False).encode().replace(b"prefers", b"\xff\xfe\x80")
    write(tmp_path, PLACES["output"], text)
    evidence = sk.load(tmp_path)
    assert "�" in only(evidence.proposals).content
    assert "encoding" in kinds(evidence)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_read_over(encoding: str, tmp_path: Path) -> None:
    write(tmp_path, PLACES["cost"], json.dumps(cost()).encode(encoding))
    evidence = sk.load(tmp_path)
    assert len(evidence.costs) == 5
    assert problems(evidence, "encoding")[0].severity == "info"


@pytest.mark.parametrize(
    "encoding",
    ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_is_read_in_any_encoding(encoding: str, end: str, tmp_path: Path) -> None:
    text = end.join(map(json.dumps, RECORDS)) + end
    write(tmp_path, LINES, text.encode(encoding))
    evidence = sk.load(tmp_path)
    assert (len(evidence.runs), len(evidence.calls)) == (3, 6)
    assert sorted(evidence.runs["locator"]) == ["L1", "L2", "L3"]
    assert kinds(evidence) == {"encoding"}


@pytest.mark.parametrize("cut", range(1, len(json.dumps(telemetry())), 305))
@pytest.mark.parametrize("glue", ["", "\n", "\ufeff", " "])
def test_a_torn_record_costs_only_itself(cut: int, glue: str, tmp_path: Path) -> None:
    first, torn, last = map(json.dumps, RECORDS)
    write(tmp_path, LINES, f"{first}\n{torn[:cut]}{glue}{last}\n")
    evidence = sk.load(tmp_path)
    assert sorted(evidence.runs["timestamp_raw"]) == [RECORDS[0]["timestamp"], START]
    assert len(evidence.calls) == 4
    problem = problems(evidence, "invalid_json")[0]
    assert problem.locator == "L2 column 1"
    assert problem.action == (
        "line left out" if glue == "\n" else "left out; read the rest of the line"
    )


@pytest.mark.parametrize("glue", ["", " ", ",", "\ufeff", "\x1e"])
def test_records_glued_on_one_line_are_all_kept(glue: str, tmp_path: Path) -> None:
    write(tmp_path, LINES, glue.join(map(json.dumps, RECORDS)))
    evidence = sk.load(tmp_path)
    assert sorted(evidence.runs["locator"]) == ["L1", "L1.2", "L1.3"]
    problem = problems(evidence, "invalid_json")[0]
    assert (problem.severity, problem.locator, problem.action) == ("warning", "L1", "read each")


@pytest.mark.parametrize("indent", [0, 1, 4])
def test_records_over_several_lines_are_all_kept(indent: int, tmp_path: Path) -> None:
    write(tmp_path, LINES, "\n".join(json.dumps(record, indent=indent) for record in RECORDS))
    evidence = sk.load(tmp_path)
    assert (len(evidence.runs), len(evidence.calls)) == (3, 6)
    assert "invalid_json" not in kinds(evidence)


def test_the_rest_of_a_line_behind_a_whole_record_is_told(tmp_path: Path) -> None:
    first, second, _ = map(json.dumps, RECORDS)
    write(tmp_path, LINES, f"{first}{second[:99]}\n")
    evidence = sk.load(tmp_path)
    assert len(evidence.runs) == 1
    problem = only(evidence.problems[evidence.problems["kind"] == "invalid_json"])
    assert problem.locator == f"L1 column {len(first) + 1}"
    assert problem.action == "rest of the line left out"


def test_a_record_written_over_a_longer_one_is_read(tmp_path: Path) -> None:
    write(tmp_path, PLACES["cost"], json.dumps(cost()) + 'spec-plan": 0.5}}')
    evidence = sk.load(tmp_path)
    assert len(evidence.costs) == 5
    assert "rest of the file" in problems(evidence, "invalid_json")[0].action


@pytest.mark.parametrize("text", ["{", '{"', '[{"a":1},', '{"a":[', '{"a":{', '{"a":"', "\\"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_taking_torn_text_apart_takes_time_by_its_length(text: str, end: str) -> None:
    hostile = (text + end) * (200_000 // len(text + end))
    began = time.process_time()
    for struct in (Telemetry, Agent):
        assert not [part for part in parts(hostile, struct) if part.error is None]
    for _ in whole_values(hostile):
        pass
    assert time.process_time() - began < 10  # quadratic would take minutes


@pytest.mark.parametrize("data", [bytes(99), b'\x00{"total_spent": 1}', b'{"a": 1}\x00'])
def test_null_bytes_make_a_file_binary(data: bytes, tmp_path: Path) -> None:
    write(tmp_path, PLACES["cost"], data)
    assert only(sk.load(tmp_path).files).parse_state == "binary"


def test_an_escaped_null_stays_text(tmp_path: Path) -> None:
    write(tmp_path, PLACES["verdict"], verdict(proposal("gemini", "an answer \x00 with a null")))
    assert "\x00" in only(sk.load(tmp_path).proposals).content


def test_a_lone_surrogate_does_no_harm(tmp_path: Path) -> None:
    write(tmp_path, PLACES["verdict"], verdict(proposal("gemini", "half a \ud83d")))
    assert len(sk.load(tmp_path).proposals) == 1


def test_a_database_named_json_is_binary(tmp_path: Path) -> None:
    write(tmp_path, PLACES["cost"], b"SQLite format 3\x00" + bytes(4096))
    evidence = sk.load(tmp_path)
    assert only(evidence.files).parse_state == "binary"
    assert problems(evidence, "binary_file")[0].severity == "error"


def test_a_database_under_its_own_name_is_no_problem(tmp_path: Path) -> None:
    write(tmp_path, "commands/sample_local_memory.db", b"SQLite format 3\x00" + bytes(4096))
    assert kinds(sk.load(tmp_path)) == set()


def test_a_fifo_is_listed_and_never_opened(tmp_path: Path) -> None:
    (tmp_path / "costs").mkdir()
    os.mkfifo(tmp_path / PLACES["cost"])
    evidence = sk.load(tmp_path)  # opening it would wait for ever
    assert only(evidence.files).parse_state == "special"


def test_a_fifo_given_as_a_root_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x_cost_summary.json")
    assert only(sk.load(tmp_path / "x_cost_summary.json").files).parse_state == "special"


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    write(tmp_path, PLACES["cost"], cost())
    (tmp_path / "costs" / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "costs" / "itself").symlink_to("itself")
    evidence = sk.load(tmp_path)
    assert len(evidence.costs) == 5
    assert len(problems(evidence, "special_file")) == 2


@pytest.mark.parametrize("as_glob", [False, True])
def test_a_link_out_of_the_root_is_never_opened(
    as_glob: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = write(tmp_path, "outside_cost_summary.json", cost(spec_id=OUTSIDE))
    (tmp_path / "root" / "costs").mkdir(parents=True)
    (tmp_path / "root" / "costs" / "x_cost_summary.json").symlink_to(outside)
    opened = watch_opening(monkeypatch)
    evidence = sk.load(tmp_path / "root" / ("costs/*" if as_glob else ""))
    assert not any("cost_summary" in name for name in opened)
    assert evidence.costs.empty
    assert problems(evidence, "special_file")[0].message.startswith("a symbolic link")


@pytest.mark.parametrize("pattern", ["", "*", "**"])
def test_a_link_to_a_folder_outside_is_never_entered(pattern: str, tmp_path: Path) -> None:
    write(tmp_path, f"outside/{PLACES['cost']}", cost(spec_id=OUTSIDE))
    write(tmp_path, f"root/{PLACES['lifecycle']}", "{}")
    (tmp_path / "root" / "costs").symlink_to(tmp_path / "outside" / "costs")
    evidence = sk.load(tmp_path / "root" / pattern)
    assert evidence.costs.empty
    assert len(evidence.files) == 2


def test_a_root_that_is_itself_a_link_is_followed(tmp_path: Path) -> None:
    write(tmp_path, f"real/{PLACES['cost']}", cost())
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert len(sk.load(tmp_path / "link").costs) == 5


def test_a_path_inside_evidence_is_never_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evidence_files import call

    target = "/etc/passwd"
    opened = watch_opening(monkeypatch)
    write(tmp_path, PLACES["telemetry"], telemetry(call(output_path=target), artifacts=[target]))
    write(tmp_path, PLACES["guardrail"], guardrail(artifacts=[{"path": target}]))
    write(tmp_path, PLACES["output"], output(telemetry="../../../../../../etc/passwd"))
    evidence = sk.load(tmp_path)
    assert not any("passwd" in name for name in opened)
    assert not evidence.proposals["content"].str.contains("root:").any()


def test_a_folder_named_like_a_file_is_a_folder(tmp_path: Path) -> None:
    write(tmp_path, f"{PLACES['cost']}/{PLACES['lifecycle']}", "{}")
    assert len(sk.load(tmp_path).files) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_a_problem(tmp_path: Path) -> None:
    write(tmp_path, PLACES["cost"], cost()).chmod(0)
    assert problems(sk.load(tmp_path), "unreadable")


class VanishingListing(list):
    """What a folder held when it was listed; the files are gone since."""

    def __enter__(self) -> VanishingListing:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()


@pytest.mark.parametrize("whole_folder", [False, True])
def test_a_file_that_vanishes_during_loading_is_a_problem(
    whole_folder: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = write(tmp_path, PLACES["cost"], cost())
    write(tmp_path, PLACES["lifecycle"], "{}")
    real = os.scandir

    def scan(folder: Any) -> VanishingListing:
        entries = VanishingListing(real(folder))
        if Path(folder) == gone.parent:
            gone.unlink()
            if whole_folder:
                gone.parent.rmdir()
        return entries

    monkeypatch.setattr(os, "scandir", scan)
    evidence = sk.load(tmp_path)
    assert problems(evidence, "unreadable")[0].source == PLACES["cost"]
    assert len(evidence.files) == 2


@pytest.mark.parametrize("name", [b"\xff_cost_summary.json", "é ü_cost_summary.json".encode()])
def test_a_name_of_any_bytes_is_listed(name: bytes, tmp_path: Path) -> None:
    write(tmp_path, f"costs/{os.fsdecode(name)}", cost(spec_id=None))
    evidence = sk.load(tmp_path)
    assert only(evidence.files).format == "cost-summary"
    assert len(evidence.costs) == 5
    evidence.files["source"].str.encode("utf-8")


def test_a_name_with_a_newline_and_markup_stays_a_name(tmp_path: Path) -> None:
    write(tmp_path, "costs/<b>\n</b>_cost_summary.json", cost())
    assert "<b>\n" in only(sk.load(tmp_path).files).source


@pytest.mark.parametrize("folder", [".git", "__pycache__", ".ipynb_checkpoints"])
def test_folders_that_tools_make_are_no_evidence(folder: str, tmp_path: Path) -> None:
    write(tmp_path, f"{folder}/{PLACES['cost']}", cost())
    assert len(sk.load(tmp_path).files) == 0


def test_a_spec_that_is_named_like_a_path_stays_a_name(tmp_path: Path) -> None:
    write(tmp_path, "costs/x.json", cost(spec_id="../../etc"))
    assert set(sk.load(tmp_path).costs["spec_id"]) == {"../../etc"}


def test_text_that_looks_like_a_formula_or_markup_is_kept_as_it_is(tmp_path: Path) -> None:
    hostile = "=HYPERLINK(1)<script>alert(1)</script>"
    consensus = {"disagreement_detected": True, "disagreement_points": [hostile]}
    write(tmp_path, f"consensus/{SPEC}/export.json", telemetry(consensus=consensus))
    assert only(sk.load(tmp_path).disagreements).description == hostile


def test_entries_that_vanish_after_they_were_listed_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an editor's lock, a descriptor of this process or a file that somebody moved."""
    write(tmp_path, PLACES["telemetry"], telemetry())
    folder = (tmp_path / PLACES["telemetry"]).parent
    (folder / ".#plan.json").symlink_to("ann@host.12345:67")
    os.mkfifo(folder / "pipe")
    whole_stat = os.stat

    def stat_of_what_went_away(path: Any, **options: Any) -> os.stat_result:
        if os.path.basename(os.fspath(path)) == "pipe":  # noqa: PTH119
            raise FileNotFoundError(2, "No such file or directory")
        return whole_stat(path, **options)

    monkeypatch.setattr(os, "stat", stat_of_what_went_away)
    evidence = sk.load(tmp_path, folder.parent.parent / "*" / "*" / "pipe", processes=1)
    states = evidence.files.assign(name=evidence.files["source"].str.rsplit("/").str[-1])
    states = states.set_index("name")["parse_state"]
    assert states[".#plan.json"] == "special"
    assert states["pipe"] == "unreadable"
    assert len(evidence.runs) == 1
    assert {"special_file", "unreadable"} <= set(evidence.problems["kind"])


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system has no /proc")
def test_the_descriptors_of_this_process_are_listed() -> None:
    assert set(sk.load("/proc/self/fd").files["parse_state"]) <= {"special", "unreadable"}


@pytest.mark.parametrize(
    "root", [b"/tmp", None, 5, ["folder"], "x" * 5000, "no\0such", "~nobody-of-this-name/x"]
)
def test_what_is_no_path_is_refused_with_a_sentence(root: Any) -> None:
    with pytest.raises(sk.EvidenceError, match=r"must be a str or a Path|no such|cannot be looked"):
        sk.load(root)
