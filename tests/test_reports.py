"""Batch reports: what runs, what is left behind, and what a page may hold."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_markdown_cell
from notebook_files import write

from speckit_analysis.cli import main
from speckit_analysis.reports import ReportError, batch, run_reports
from speckit_analysis.reports.library import find_notebooks
from speckit_analysis.reports.parameters import declared_parameters, parse_assignments
from speckit_analysis.reports.workspace import Workspace
from speckit_analysis.whole_files import write_whole

GOOD = """\
import json, os, socket
import psutil
from pathlib import Path
from speckit_analysis.reports import headline

def ports():
    return len(psutil.Process().net_connections("inet"))

before = ports()
with socket.create_server(("127.0.0.1", 0)):
    during = ports()
facts = {
    "ports": before, "ports_with_one_of_ours": during, "evidence": evidence, "margin": margin,
    "snapshot": Path(os.environ["SPECKIT_ANALYSIS_SNAPSHOT"], "marker").read_text(),
    "folder": os.getcwd(),
}
headline("Three models cost <3.1> times one.")
print(json.dumps(facts))
"""


load_once = batch._load_once


def pretend_load(roots, snapshot, prices, tables):
    """Stand in for reading evidence, which has tests of its own."""
    snapshot.mkdir()
    (snapshot / "marker").write_text("read once")
    return batch._Evidence(os.pathsep.join(map(str, roots)), ["docs/consensus"], "abc123")


@pytest.fixture(autouse=True, scope="module")
def no_real_evidence():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "_load_once", pretend_load)
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory, no_real_evidence):
    """Run one batch of a notebook that works, one that fails and one that dies."""
    folder = tmp_path_factory.mktemp("batch")
    paths = [
        write(folder, "good", new_markdown_cell("# What does it cost?"), new_code_cell(GOOD)),
        write(
            folder,
            "failing",
            new_markdown_cell("# Does it help?"),
            new_code_cell("raise ValueError('no <b>such</b> column')"),
            new_code_cell("print('never')"),
        ),
        write(folder, "dying", new_code_cell("import os; os._exit(3)")),
    ]
    out = folder / "out"
    results = run_reports(paths, folder, out, {"margin": 0.1, "seed": 11}, jobs=2)
    return {result.name: result for result in results}, out


def facts_of(result):
    executed = nbformat.read(result.notebook, as_version=4)
    text = next(o["text"] for c in executed.cells for o in c.get("outputs", ()) if "text" in o)
    return json.loads(text)


# The batch


def test_every_notebook_leaves_a_page_and_the_executed_notebook(run):
    results, out = run
    assert sorted(path.name for path in out.iterdir()) == sorted(
        ["index.html"] + [f"{name}{end}" for name in results for end in (".html", ".ipynb")]
    )


def test_a_notebook_that_fails_does_not_stop_the_others(run):
    results, _ = run
    assert {name: result.status for name, result in results.items()} == {
        "good": "ok",
        "failing": "failed",
        "dying": "failed",
    }


def test_a_result_carries_title_headline_and_time(run):
    result = run[0]["good"]
    assert result.title == "What does it cost?"
    assert result.headline == "Three models cost <3.1> times one."
    assert 0 < result.seconds < 60


def test_a_failure_names_cell_and_message(run):
    failure = run[0]["failing"].failure
    executed = nbformat.read(run[0]["failing"].notebook, as_version=4)
    assert failure.message == "ValueError: no <b>such</b> column"
    assert "raise ValueError" in executed.cells[failure.cell - 1].source
    assert "\x1b" not in failure.traceback


def test_the_page_of_a_failed_notebook_opens_with_the_error(run):
    page = run[0]["failing"].html.read_text()
    assert page.index("This report is incomplete") < page.index('class="block')
    assert "ValueError: no &lt;b&gt;such&lt;/b&gt; column" in page
    assert "papermill-error" not in page


def test_a_kernel_that_dies_is_reported_without_a_cell(run):
    failure = run[0]["dying"].failure
    assert failure.cell is None
    assert "DeadKernelError" in failure.message


def test_kernels_listen_on_no_port(run):
    facts = facts_of(run[0]["good"])
    assert facts["ports"] == 0
    assert facts["ports_with_one_of_ours"] == 1


def test_kernels_find_the_evidence_that_the_batch_read(run):
    facts = facts_of(run[0]["good"])
    assert facts["snapshot"] == "read once"
    assert facts["evidence"] == str(run[1].parent)


def test_given_parameters_reach_the_notebook(run):
    assert facts_of(run[0]["good"])["margin"] == 0.1


def test_notebooks_run_in_their_own_folder(run):
    assert facts_of(run[0]["good"])["folder"] == str(run[1].parent)


def test_executed_notebooks_name_no_temporary_folder(run):
    metadata = nbformat.read(run[0]["good"].notebook, as_version=4).metadata
    assert metadata.papermill.input_path == metadata.papermill.output_path == "good.ipynb"


def test_the_page_says_where_it_comes_from(run):
    page = run[0]["good"].html.read_text()
    footer = page[page.index('id="provenance"') :]
    for fact in ("docs/consensus", "abc123", "0.1", "how much worse is still as good", "pandas"):
        assert fact in footer


def test_a_notebook_that_reads_no_evidence_does_not_claim_any(tmp_path):
    path = write(tmp_path, "x", new_code_cell("1"), parameters='study: str = ""  # a file')
    (result,) = run_reports([path], tmp_path, tmp_path / "out")
    assert result.ok, result.failure
    assert "abc123" not in result.html.read_text()
    assert "abc123" in (tmp_path / "out" / "index.html").read_text()


def test_the_index_lists_every_report_with_answer_and_status(run):
    index = (run[1] / "index.html").read_text()
    assert re.findall(r'<h2><a href="([^"]+)">', index) == [
        "good.html",
        "failing.html",
        "dying.html",
    ]
    assert "Three models cost &lt;3.1&gt; times one." in index
    assert "2 failed" in index
    assert "abc123" in index


def test_an_index_is_written_even_if_everything_failed(tmp_path):
    path = write(tmp_path, "broken", new_code_cell("1 / 0"))
    results = run_reports([path], tmp_path, tmp_path / "out")
    assert not results[0].ok
    assert "ZeroDivisionError" in (tmp_path / "out" / "index.html").read_text()


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(ReportError, match="cannot write reports to"):
        run_reports([write(tmp_path, "x")], tmp_path, tmp_path / "taken")


def test_evidence_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ReportError, match="absent"):
        load_once([tmp_path / "absent"], tmp_path / "snapshot", None)


def test_evidence_is_read_once_and_notebooks_take_it_from_the_snapshot(tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "_load_once", load_once)
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    (evidence / "SPEC-1_cost_summary.json").write_text("{}")
    # Evidence that a kernel reads for itself would hold a second file.
    tell = "from speckit_analysis import load; print(load(evidence).fingerprint)"
    meddle = "from pathlib import Path; Path(evidence, 'late.json').write_text('{}')"
    path = write(tmp_path, "x", new_code_cell(meddle), new_code_cell(tell))
    (result,) = run_reports([path], evidence, tmp_path / "out")
    assert result.ok, result.failure
    executed = nbformat.read(result.notebook, as_version=4)
    assert (
        executed.cells[-1].outputs[0].text.strip() == executed.metadata.speckit.evidence.fingerprint
    )


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_batch_ends_its_kernels_and_touches_no_report(tmp_path, blow):
    asleep = "import os, pathlib, time; pathlib.Path('pid').write_text(str(os.getpid()))"
    write(tmp_path, "asleep", new_code_cell(f"{asleep}; time.sleep(120)"))
    out, temporary = tmp_path / "out", tmp_path / "tmp"
    out.mkdir()
    temporary.mkdir()
    (out / "asleep.html").write_text("yesterday's")
    code = (
        # Started in the background of a shell, a process ignores SIGINT, and so would its child.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import sys; sys.path.insert(0, 'TESTS')\n"
        "import test_reports as t\n"
        "t.batch._load_once = t.pretend_load\n"
        "t.main(['report', 'asleep.ipynb', '--evidence', '.', '--out', 'out'])"
    ).replace("TESTS", str(Path(__file__).parent))
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    kernel = wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    process.send_signal(blow)
    assert process.wait(20) != 0
    assert not psutil.pid_exists(int(kernel)) or zombie(int(kernel))
    assert [path.name for path in out.iterdir()] == ["asleep.html"]
    assert (out / "asleep.html").read_text() == "yesterday's"
    assert not list(temporary.iterdir())


def wait_for(condition, seconds=90):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def zombie(pid):
    return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


ASLEEP = "import time; print('before', flush=True); time.sleep(300)"


def test_a_notebook_is_stopped_at_its_time_limit_and_the_others_run(tmp_path):
    """Its page holds what was there, names the cell, and says how to give it longer."""
    paths = [
        write(tmp_path, "asleep", new_markdown_cell("# Q?"), new_code_cell(ASLEEP)),
        # The limit is that of the notebook, not of a cell.
        write(
            tmp_path, "slow", *(new_code_cell("import time; time.sleep(1.5)") for _ in range(20))
        ),
        write(tmp_path, "quick", new_code_cell("1")),
    ]
    results = run_reports(paths, tmp_path, tmp_path / "out", timeout=6, jobs=2)
    assert [result.status for result in results] == ["failed", "failed", "ok"]
    for result in results[:2]:
        assert result.failure.message.startswith("Stopped at the time limit of 6.0 s; --timeout")
        assert 5 < result.seconds < 25
        assert "Stopped at the time limit of 6.0 s" in result.html.read_text()
    executed = nbformat.read(results[0].notebook, as_version=4)
    stopped = executed.cells[results[0].failure.cell - 1]
    assert stopped.source == ASLEEP
    assert stopped.outputs[0].text == "before\n"


def test_the_command_ends_with_1_if_a_notebook_takes_too_long(tmp_path):
    path = write(tmp_path, "x", new_code_cell(ASLEEP))
    page = tmp_path / "page.html"
    options = [str(path), "--evidence", str(tmp_path), "--output", str(page), "--timeout", "2"]
    result = CliRunner().invoke(main, ["report", *options])
    assert result.exit_code == 1
    assert "x failed: Stopped at the time limit of 2.0 s" in result.stderr
    assert "Stopped at the time limit" in page.read_text()


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf")])
def test_a_time_limit_that_is_none_is_refused(tmp_path, timeout):
    with pytest.raises(ReportError, match="the time limit must be a number of seconds above 0"):
        run_reports([write(tmp_path, "x")], tmp_path, tmp_path / "out", timeout=timeout)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("place", ["pages", "temporary files"])
def test_a_full_disk_is_told_as_such(tmp_path, monkeypatch, number, place):
    """It is no mistake of the program, and no failure of one notebook alone."""

    def full(*_, **__):
        raise OSError(number, os.strerror(number))

    # Pages are complete once they are synchronised; papermill saves after each cell.
    home = "os.fsync" if place == "pages" else "papermill.iorw.LocalHandler.write"
    monkeypatch.setattr(home, full)
    out = tmp_path / "out"
    options = [str(write(tmp_path, "x")), "--evidence", str(tmp_path), "--out", str(out)]
    result = CliRunner().invoke(main, ["report", *options])
    assert result.exit_code == 2
    assert "Error: no space left on the disk" in result.stderr
    assert ("x.ipynb" in result.stderr) is (place == "pages")
    assert list(out.iterdir()) == []


def test_another_error_of_writing_is_no_full_disk(tmp_path, monkeypatch):
    def broken(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("os.fsync", broken)
    options = [str(write(tmp_path, "x")), "--evidence", str(tmp_path), "--out", str(tmp_path / "o")]
    assert CliRunner().invoke(main, ["report", *options]).exit_code == 70


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_standard_output_that_is_full_ends_a_command_with_2():
    code = "from speckit_analysis.cli import main; main(['describe'])"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert done.stderr.decode().count("\n") == 1
    assert b"no space left on the disk" in done.stderr


def test_what_a_killed_batch_left_is_removed_by_the_next(tmp_path):
    """Only folders of batches whose process is gone: not of those that run, nor of anybody else."""
    code = (
        "import time; from speckit_analysis.reports.workspace import Workspace\n"
        f"w = Workspace({str(tmp_path)!r}); (w.path / 'big').write_text('x')\n"
        "print(w.path, flush=True); time.sleep(300)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    killed, running = (Path(process.stdout.readline().strip()) for process in started)
    started[0].kill()
    started[0].wait()
    others = [tmp_path / "speckit-mine", tmp_path / "other"]
    for folder in others:
        folder.mkdir()
    (tmp_path / "speckit-link").symlink_to(killed)
    (tmp_path / "speckit-file").write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.getuid", lambda: 4711)
        Workspace(str(tmp_path)).close()
    assert killed.exists()
    with Workspace(str(tmp_path)) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert not killed.exists()
        with Workspace(str(tmp_path)):
            assert folder.exists()
    assert not folder.exists()
    assert (running / "big").exists()
    started[1].kill()
    started[1].wait()
    Workspace(str(tmp_path)).close()
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["other", "speckit-file", "speckit-link", "speckit-mine"]


def test_a_write_that_breaks_off_leaves_the_old_file(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "new \ud800")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]


# Names and parameters


def test_an_unknown_notebook_is_refused_by_name():
    with pytest.raises(ReportError, match="no notebook 'nonsense'"):
        find_notebooks(["nonsense"])


def test_two_notebooks_may_not_share_a_page(tmp_path):
    (tmp_path / "other").mkdir()
    paths = [write(tmp_path, "same"), write(tmp_path / "other", "same")]
    with pytest.raises(ReportError, match=r"would both become same\.html"):
        find_notebooks(paths)


def test_a_file_that_is_no_notebook_is_refused(tmp_path):
    (tmp_path / "x.ipynb").write_text("{]")
    with pytest.raises(ReportError, match="cannot read the notebook"):
        declared_parameters(tmp_path / "x.ipynb")


def test_values_take_the_type_that_the_notebook_declares(tmp_path):
    declared = declared_parameters(write(tmp_path, "x"))
    assert parse_assignments(["margin=1", "label=900", "seed=3"], [declared]) == {
        "margin": 1.0,
        "label": "900",
        "seed": 3,
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=1", 1),
        ("a=1.5", 1.5),
        ("a=true", True),
        ("a=False", False),
        ("a=None", None),
        ("a=null", None),
        ('a={"b": [1]}', {"b": [1]}),
        ("a=SPEC-KIT-900", "SPEC-KIT-900"),
        ("a=x=y", "x=y"),
        ("a=", ""),
    ],
)
def test_undeclared_values_are_read_as_json_or_text(text, value):
    assert parse_assignments([text], []) == {"a": value}


MINE = """\
from typing import Optional, Union
flag = False
shown: bool = True
number = 3
limit: Optional[int] = 5
margin = 0.05
stages = ["plan"]
names: list[str] = []
pair = (1, 2)
label = "x"
either: Union[int,str] = 1
nothing = None
worked_out = int("3")
"""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((f"flag={word}", True) for word in ("yes", "Yes", "true", "True", "on", "1", " YES ")),
        *((f"flag={word}", False) for word in ("no", "No", "false", "FALSE", "off", "0")),
        ("shown=no", False),
        ("number=-4", -4),
        ("limit=6", 6),
        ("limit=None", None),
        ("margin=1", 1.0),
        ("margin=1e-3", 0.001),
        ('stages=["audit"]', ["audit"]),
        ('names=["a"]', ["a"]),
        ("pair=[3, 4]", (3, 4)),
        ("label=no", "no"),
        ("label=5", "5"),
        ("either=no", "no"),
        ("either=5", 5),
        ("nothing=no", "no"),
        ("nothing=5", 5),
        ("worked_out=7", 7),
    ],
)
def test_a_value_takes_the_type_of_the_default(tmp_path, text, value):
    """A notebook need not annotate: a flag is never the text of a word, which would be true."""
    declared = declared_parameters(write(tmp_path, "x", parameters=MINE))
    (read,) = parse_assignments([text], [declared]).values()
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("flag=maybe", "'flag' takes bool, not 'maybe' (yes or no)"),
        ("flag=2", "'flag' takes bool"),
        ("flag=", "'flag' takes bool"),
        ("flag=None", "'flag' takes bool"),
        ("shown=ten", "'shown' takes bool"),
        ("number=ten", "'number' takes int, not 'ten'"),
        ("number=1.5", "'number' takes int"),
        ("number=yes", "'number' takes int"),
        ("number=true", "'number' takes int"),
        ("limit=no", "'limit' takes int"),
        ("margin=5%", "'margin' takes float, not '5%'; write 0.05"),
        ("margin=0,05", "'margin' takes float, not '0,05'; write 0.05"),
        ("margin=nan", "'margin' takes float"),
        ("margin=1e400", "'margin' takes float"),
        ("margin=no", "'margin' takes float"),
        ("stages=plan", "'stages' takes list"),
        ("names=no", "'names' takes list"),
        ("pair=1", "'pair' takes tuple"),
    ],
)
def test_a_value_that_is_not_of_the_type_of_the_default_is_refused(tmp_path, text, said):
    declared = declared_parameters(write(tmp_path, "x", parameters=MINE))
    with pytest.raises(ReportError) as refused:
        parse_assignments([text], [declared])
    assert said in str(refused.value)


def test_a_value_that_two_notebooks_take_differently_is_refused(tmp_path):
    """Whichever type was taken, one of the notebooks would run with something else."""
    declared = [
        declared_parameters(write(tmp_path, name, parameters=line))
        for name, line in (("x", "flag = False"), ("y", 'flag = "no"'), ("z", "flag: bool = True"))
    ]
    with pytest.raises(ReportError, match="take the parameter 'flag' for False and 'no': run them"):
        parse_assignments(["flag=no"], declared)
    assert parse_assignments(["flag=no"], [declared[0], declared[2]]) == {"flag": False}


@pytest.mark.parametrize(
    "given", [{"flag": "no"}, {"flag": 0}, {"number": "3"}, {"number": True}, {"margin": None},
              {"margin": float("inf")}, {"label": 5}, {"stages": "plan"}, {"limit": "None"}],
)  # fmt: skip
def test_values_from_python_are_of_the_type_too(tmp_path, given):
    path = write(tmp_path, "x", parameters=MINE)
    with pytest.raises(ReportError, match=f"the parameter {next(iter(given))!r} takes "):
        run_reports([path], tmp_path, tmp_path / "out", given)
    assert not (tmp_path / "out").exists()


def test_a_flag_reaches_a_notebook_of_the_user_s_own(tmp_path):
    said = "import json; print(json.dumps([flag, number, stages]))"
    path = write(tmp_path, "x", new_code_cell(said), parameters=MINE)
    out = tmp_path / "out"
    options = [str(path), "--evidence", str(tmp_path), "--out", str(out), "-p", "flag=on"]
    result = CliRunner().invoke(main, ["report", *options])
    assert result.exit_code == 0, result.output
    executed = nbformat.read(out / "x.ipynb", as_version=4)
    assert json.loads(executed.cells[-1].outputs[0].text) == [True, 3, ["plan"]]
    result = CliRunner().invoke(main, ["report", *options, "-p", "flag=perhaps"])
    assert result.exit_code == 2


def test_a_value_of_the_wrong_type_is_refused(tmp_path):
    declared = declared_parameters(write(tmp_path, "x"))
    with pytest.raises(ReportError, match="'seed' takes int, not 'many'"):
        parse_assignments(["seed=many"], [declared])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("colour", "'colour'; x knows margin, label, seed"),
        ("sede", "'sede'; did you mean 'seed'? x knows margin, label, seed"),
    ],
)
def test_an_unknown_parameter_is_refused_with_those_that_are_known(tmp_path, name, told):
    with pytest.raises(ReportError, match=re.escape(told)):
        run_reports([write(tmp_path, "x")], tmp_path, tmp_path / "out", {name: 1})


def test_the_index_says_whose_seeds_differ(tmp_path):
    paths = [
        write(tmp_path, name, new_code_cell("1"), parameters=f"seed: int = {seed}  # of draws")
        for name, seed in (("one", 0), ("other", 7))
    ]
    run_reports(paths, tmp_path, tmp_path / "out", {}, jobs=2)
    assert "<code>one 0, other 7</code>" in (tmp_path / "out" / "index.html").read_text()
    run_reports(paths, tmp_path, tmp_path / "out", {"seed": 3}, jobs=2)
    assert "<dd><code>3</code></dd>" in (tmp_path / "out" / "index.html").read_text()


# The command


def test_the_command_prints_the_index_and_succeeds(tmp_path):
    path = write(tmp_path, "x", new_code_cell("1"))
    out = tmp_path / "out"
    result = CliRunner().invoke(
        main, ["report", str(path), "--evidence", str(tmp_path), "--out", str(out)]
    )
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(out / "index.html")


def test_one_page_is_written_to_a_file_and_names_no_index(tmp_path):
    path = write(tmp_path, "x", new_markdown_cell("# What?"), new_code_cell("1"))
    page = tmp_path / "new" / "page.html"
    options = [str(path), "--evidence", str(tmp_path), "--output", str(page)]
    result = CliRunner().invoke(main, ["report", *options])
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(page)
    assert [found.name for found in page.parent.iterdir()] == ["page.html"]
    assert "What?" in page.read_text()
    assert "index.html" not in page.read_text()


@pytest.mark.parametrize(
    ("names", "more", "said"),
    [
        (["cost", "evidence"], [], "one notebook; these are: cost, evidence"),
        (["cost"], ["--out", "folder"], "give one of them"),
    ],
)
def test_one_page_is_of_one_notebook(names, more, said, tmp_path):
    options = [*names, *more, "--output", str(tmp_path / "page.html")]
    result = CliRunner().invoke(main, ["report", *options])
    assert result.exit_code == 2
    assert said in result.stderr


def test_what_a_notebook_s_children_write_stays_out_of_the_command_s_output(tmp_path, capfd):
    path = write(tmp_path, "x", new_code_cell("import os; os.system('echo loud; echo LOUD >&2')"))
    run_reports([path], tmp_path, tmp_path / "out")
    assert "loud" not in "".join(capfd.readouterr()).lower()
    assert "loud" in (tmp_path / "out" / "x.html").read_text()


def test_the_command_fails_with_1_if_a_notebook_fails(tmp_path):
    path = write(tmp_path, "x", new_code_cell("1 / 0"))
    arguments = [str(path), "--evidence", str(tmp_path), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, ["report", *arguments])
    assert result.exit_code == 1
    assert "x failed: ZeroDivisionError: division by zero" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["x.ipynb", "-p", "colour=1"], ["x.ipynb", "-p", "colour"], ["--jobs", "0"]],
)
def test_the_command_refuses_nonsense_with_2_and_no_traceback(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "x")
    result = CliRunner().invoke(main, ["report", *arguments, "--evidence", "."])
    assert result.exit_code == 2
    assert "Error: " in result.stderr
    assert "Traceback" not in result.output


# Pages of earlier batches


def evidence_called(fingerprint):
    """Return a stand-in for reading evidence of this fingerprint."""

    def read(roots, snapshot, prices, tables):
        snapshot.mkdir()
        return batch._Evidence(str(roots[0]), [f"of {fingerprint}"], fingerprint)

    return read


def rows_of(index):
    """Return what the index says of each page, by the name of the page."""
    rows = re.findall(r"<li class=.*?</li>", index.read_text(), re.DOTALL)
    return {re.search(r'href="([^"]+)\.html"', row)[1]: row for row in rows}


@pytest.fixture
def answering(tmp_path):
    """Return a notebook of this name that answers with it."""

    def make(name, text="from speckit_analysis.reports import headline; headline('It is {}.')"):
        return write(tmp_path, name, new_code_cell(text.format(name)))

    return make


def test_the_index_of_a_batch_of_one_keeps_the_pages_that_lie_there(
    tmp_path, answering, monkeypatch
):
    out = tmp_path / "out"
    monkeypatch.setattr(batch, "_load_once", evidence_called("aaa111"))
    broken = answering("broken", "1 / 0")
    study = write(tmp_path, "study", new_code_cell("1"), parameters='study: str = ""  # a file')
    run_reports([answering("kept"), broken, study], tmp_path, out)
    monkeypatch.setattr(batch, "_load_once", evidence_called("bbb222"))
    run_reports([answering("other"), answering("new")], tmp_path, out)
    run_reports([answering("new")], tmp_path, out)
    index = (out / "index.html").read_text()
    rows = rows_of(out / "index.html")
    assert list(rows) == ["new", "broken", "kept", "other", "study"]
    assert re.search(r"1 report,\s+and 4 of earlier batches", index)
    assert index.index("new.html") < index.index("From earlier batches") < index.index("kept.html")
    assert "Provenance of this batch" in index
    assert "It is kept." in rows["kept"]
    assert re.search(r"Other evidence: of aaa111 <code>aaa111</code>", rows["kept"])
    assert "The same evidence as this batch" in rows["other"]
    assert "Reads no evidence" in rows["study"]
    assert ">Failed<" in rows["broken"]
    assert "division by zero" in rows["broken"]
    started = nbformat.read(out / "kept.ipynb", 4).metadata.speckit.started
    assert f'<time datetime="{started}">' in rows["kept"]


def test_the_index_of_a_first_batch_speaks_of_no_earlier_one(tmp_path, answering):
    run_reports([answering("x")], tmp_path, tmp_path / "out")
    assert "earlier" not in (tmp_path / "out" / "index.html").read_text()


@pytest.mark.parametrize(
    "content",
    [
        "{]",
        nbformat.writes(nbformat.v4.new_notebook()),
        nbformat.writes(nbformat.v4.new_notebook(metadata={"speckit": {"evidence": 3}})),
    ],
)
def test_what_no_batch_wrote_is_not_listed(content, tmp_path, answering):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.ipynb").write_text(content)
    (out / "mine.html").write_text("mine")
    (out / "alone.html").write_text("mine")
    run_reports([answering("x")], tmp_path, out)
    assert list(rows_of(out / "index.html")) == ["x"]
    assert (out / "mine.html").read_text() == "mine"


def test_a_page_that_was_taken_away_is_not_listed(tmp_path, answering):
    out = tmp_path / "out"
    run_reports([answering("x"), answering("y")], tmp_path, out)
    (out / "y.html").unlink()
    run_reports([answering("x")], tmp_path, out)
    assert list(rows_of(out / "index.html")) == ["x"]


def test_an_earlier_page_cannot_slip_anything_into_the_index(tmp_path, answering):
    out = tmp_path / "out"
    (result,) = run_reports([answering("x")], tmp_path, out)
    said = nbformat.read(result.notebook, 4)
    attack = "<script>alert(1)</script>"
    said.metadata.speckit.evidence = {"roots": [attack], "fingerprint": attack}
    said.metadata.speckit.started = attack
    nbformat.write(said, result.notebook)
    run_reports([answering("y")], tmp_path, out)
    index = (out / "index.html").read_text()
    assert "&lt;script&gt;alert(1)" in index
    assert attack not in index
