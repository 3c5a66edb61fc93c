"""The scorecard's server: one process on this machine, which ends with the command."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from speckit_analysis.errors import EvidenceError

#: Where it listens: nobody but this machine gets there.
HOST = "127.0.0.1"

#: Seconds that the server has to end its kernels.
_GRACE = 10.0


def check_port(port: int) -> None:
    """Make sure that the scorecard can listen on a port.

    Raises
    ------
    EvidenceError
        If another program does, or this user may not.
    """
    try:
        socket.create_server((HOST, port)).close()
    except OSError as error:
        # The system's words, without the address that Python adds to them.
        why = os.strerror(error.errno) if error.errno else str(error)
        raise EvidenceError(
            f"cannot listen on port {port}: {why}; choose another with --port, or end what"
            " listens there"
        ) from None


def serve(notebook: Path, folder: Path, port: int, *, browser: bool) -> int:
    """Serve the scorecard of a review until the server ends, and return its exit code.

    Whatever interrupts this, such as Ctrl-C, ends the server too.
    """
    command = _command(notebook, port, browser)
    with subprocess.Popen(command, env=_environment(folder)) as server:  # noqa: S603 - our own
        try:
            return server.wait()
        finally:
            _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(_GRACE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        server.kill()


def _command(notebook: Path, port: int, browser: bool) -> list[str]:
    return [
        *(sys.executable, "-m", "voila", str(notebook)),
        # On another port than the one that was told, nobody would find it.
        *(f"--port={port}", f"--Voila.ip={HOST}", "--Voila.port_retries=0"),
        *("--strip_sources=True", "--theme=light", "--template=scorecard"),
        "--VoilaConfiguration.show_tracebacks=False",
        *([] if browser else ["--no-browser"]),
    ]


def _environment(folder: Path) -> dict[str, str]:
    templates = str(Path(__file__).parent)
    paths = os.pathsep.join(filter(None, [templates, os.environ.get("JUPYTER_PATH", "")]))
    return os.environ | {"SPECKIT_REVIEW": str(folder.resolve()), "JUPYTER_PATH": paths}
