"""The kernels of one batch: private, reachable through a folder only, stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from speckit_analysis.reports.workspace import Workspace

# The address of a socket in the file system holds 108 bytes on Linux and 104 elsewhere;
# a socket adds its own name to the folder's.
_LONGEST_FOLDER = 80


class Interrupted(Exception):
    """The batch was stopped before a notebook came to its end."""


class Kernels:
    """Starts the kernels of a batch and can end them all at once.

    Kernels talk through sockets in a folder that only their owner can enter.  They listen on
    no port, so nobody else on the machine can send them code.

    Parameters
    ----------
    environment : mapping
        Variables that the kernels get on top of this process's own.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._managers: list[AsyncKernelManager] = []
        self._stopped = False
        self._home = _short_workspace()
        self.folder = self._home.path
        self._environment = {
            **environment,
            # Neither the user's start-up files nor their history belong in a report.
            "IPYTHONDIR": str(self.folder / "ipython"),
            "PYTHONPATH": _import_path(),
        }

    def __enter__(self) -> Kernels:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._home.close()

    def stop(self) -> None:
        """End every kernel, now, and let no other one start."""
        with self._lock:
            self._stopped = True
            for manager in self._managers:
                _kill(manager)

    @property
    def stopped(self) -> bool:
        """Whether the kernels were told to end."""
        return self._stopped

    def register(self, manager: AsyncKernelManager) -> None:
        """Take responsibility for a kernel that has just started."""
        with self._lock:
            self._managers.append(manager)
            if self._stopped:
                _kill(manager)
                raise Interrupted("the batch was stopped")

    def manager_class(self) -> type[AsyncKernelManager]:
        """Return the class that papermill makes these kernels with."""
        kernels = self

        class PrivateKernel(AsyncKernelManager):
            """A kernel on sockets of its own, run by the interpreter that runs the batch."""

            def __init__(self, **traits: Any) -> None:
                folder = tempfile.mkdtemp(prefix="k", dir=kernels.folder)
                traits |= {"transport": "ipc", "connection_file": str(Path(folder) / "kernel.json")}
                super().__init__(**traits)

            @property
            def kernel_spec(self) -> KernelSpec:
                """How the kernel is started, whatever kernels are installed."""
                module = "speckit_analysis.reports.kernel"
                return KernelSpec(
                    # -P keeps a module in the notebook's folder from shadowing a library.
                    argv=[sys.executable, "-P", "-m", module, "-f", "{connection_file}"],
                    display_name="Python 3",
                    language="python",
                )

            async def start_kernel(self, **options: Any) -> None:
                """Start the kernel and hand it to the batch."""
                options["env"] = {**os.environ, **kernels._environment}
                # Output reaches the notebook through messages; the copy that a kernel leaves on
                # its own streams would run into the command's output.
                options |= {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
                await super().start_kernel(**options)
                kernels.register(self)

        return PrivateKernel


def _import_path() -> str:
    """Return a PYTHONPATH on which a kernel finds this very package, a checkout included."""
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    home = Path(__file__).resolve().parents[2]
    if home != Path(sysconfig.get_path("purelib")).resolve():
        paths.append(str(home))
    return os.pathsep.join(paths)


def _kill(manager: AsyncKernelManager) -> None:
    process = getattr(manager.provisioner, "process", None)
    if process is not None and process.poll() is None:
        # A kernel leads its own process group, so whatever it started goes with it.
        os.killpg(process.pid, signal.SIGKILL)


def _short_workspace() -> Workspace:
    workspace = Workspace()
    if len(os.fsencode(workspace.path)) <= _LONGEST_FOLDER:
        return workspace
    workspace.close()
    return Workspace("/tmp")  # noqa: S108 - the folder in it is private: mkdtemp gives it mode 0700
