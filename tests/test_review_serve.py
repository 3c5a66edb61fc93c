"""``review serve``: the port it listens on, and that nothing is left when it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest
from click.testing import CliRunner
from test_review_design import create

from speckit_analysis.cli import main
from speckit_analysis.review import server


def free_port():
    with socket.socket() as free:
        free.bind((server.HOST, 0))
        return free.getsockname()[1]


def serve(folder, *options):
    return CliRunner().invoke(main, ["review", "serve", str(folder), "--no-browser", *options])


def test_a_port_that_is_taken_is_refused_before_an_address_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "serve", lambda *_, **__: pytest.fail("it was served"))
    with socket.create_server((server.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        result = serve(create(tmp_path).folder, "--port", str(port))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"cannot listen on port {port}: Address already in use" in result.stderr
    assert "choose another with --port" in result.stderr


@pytest.mark.parametrize("port", ["0", "-1", "65536", "http"])
def test_a_port_that_cannot_be_is_refused(port, tmp_path):
    result = serve(create(tmp_path).folder, "--port", port)
    assert result.exit_code == 2
    assert "Invalid value for '--port'" in result.stderr


def test_without_a_review_nothing_is_served(tmp_path):
    result = serve(tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "no review in" in result.stderr


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex((server.HOST, port)) == 0


@pytest.mark.parametrize("blow", [signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_with_the_command(blow, tmp_path):
    pytest.importorskip("voila", reason="voila is not installed")
    port = free_port()
    # Started in the background of a shell, a process ignores SIGINT, and so would its child.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from speckit_analysis.cli import main; main()"
    )
    arguments = ["review", "serve", str(create(tmp_path).folder), "--no-browser"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments, "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        wait_for(lambda: listens(port))
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        process.send_signal(blow)  # to the command alone, as a supervisor does it
        said, _ = process.communicate(timeout=30)
        assert process.returncode == 0
        assert "ended; cards are saved" in said
        wait_for(lambda: not any(map(psutil.Process.is_running, children)), 10)
        assert not listens(port)
    finally:
        process.kill()
