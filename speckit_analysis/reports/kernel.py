"""The Python kernel that reports run in: ipykernel without its network port.

Started as ``python -m speckit_analysis.reports.kernel -f CONNECTION_FILE``.
"""

from __future__ import annotations

from typing import Any

from ipykernel import kernelapp
from ipykernel.iostream import IOPubThread


class PortlessIOPubThread(IOPubThread):
    """Publishes output without listening for output of forked children.

    ipykernel opens a TCP port on the loopback interface for these, whatever transport its
    other channels use.  Any local user could connect to it.  Without it, what a forked child
    prints is lost; what it returns is not.
    """

    def __init__(self, socket: Any, pipe: bool = False, **options: Any) -> None:
        super().__init__(socket, pipe=False, **options)


def main() -> None:
    """Serve the kernel that the command line describes."""
    # ipykernel offers no setting for this, only the name it looks the class up by.
    kernelapp.IOPubThread = PortlessIOPubThread  # type: ignore[assignment, misc]
    kernelapp.IPKernelApp.launch_instance()


if __name__ == "__main__":
    main()
