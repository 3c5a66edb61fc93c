"""Files that are either complete or not there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# The mask can be read only by setting it, for all threads: so once, and not at every file.
_UMASK = os.umask(0o077)
os.umask(_UMASK)


def make_folder(folder: Path, *, private: bool = False) -> None:
    """Make `folder` and those above it, each for its owner only if they are `private`.

    A folder that is there already stays as it is.
    """
    if private:
        for above in reversed(folder.parents):
            if not above.exists():
                above.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700 if private else 0o777, parents=True, exist_ok=True)


def write_whole(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """Replace `path` by `content` in one step: a killed process leaves the old file or the new.

    A `private` file is at no moment readable by others than its owner.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        if not private:
            # mkstemp keeps files to their owner.
            Path(name).chmod(0o666 & ~_UMASK)
        Path(name).replace(path)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # a full disk does not say of itself what found no place
        raise
