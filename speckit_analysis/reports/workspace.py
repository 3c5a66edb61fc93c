"""Private folders that last as long as a batch, and the removal of those that killed ones left."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "speckit-"

#: The file that a batch keeps locked while it runs: the system unlocks it when the process ends.
_LOCK = ".lock"


class Workspace:
    """A folder that only its owner can enter, removed at its end or else by a later batch.

    Parameters
    ----------
    parent : str, optional
        Where it lies; by default in the folder for temporary files.
    """

    def __init__(self, parent: str | None = None) -> None:
        parent = parent or tempfile.gettempdir()
        _remove_leftovers(parent)
        self._home = tempfile.TemporaryDirectory(
            prefix=_PREFIX, dir=parent, ignore_cleanup_errors=True
        )
        self.path = Path(self._home.name)
        try:
            # Locked before it has the name that others look for.
            new = self.path / f"{_LOCK}.part"
            self._lock = new.open("wb")
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            new.rename(self.path / _LOCK)
        except OSError:
            self._home.cleanup()
            raise

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder."""
        self._home.cleanup()
        self._lock.close()


def _remove_leftovers(parent: str) -> None:
    """Remove the folders of this user's batches that ended without removing them."""
    with os.scandir(parent) as entries:
        candidates = [entry for entry in entries if entry.name.startswith(_PREFIX)]
    for entry in candidates:
        try:
            own = entry.stat(follow_symlinks=False).st_uid == os.getuid()
            if not (own and entry.is_dir(follow_symlinks=False)):
                continue
            with Path(entry, _LOCK).open("r+b") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(entry, ignore_errors=True)
        except OSError:  # no folder of a batch, or of one that runs, or gone meanwhile
            continue
