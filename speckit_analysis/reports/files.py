"""The folder that reports are written to."""

from __future__ import annotations

import tempfile
from pathlib import Path

from speckit_analysis.reports.errors import ReportError


def prepare_folder(folder: Path) -> None:
    """Create `folder` and make sure that files can be written into it.

    Raises
    ------
    ReportError
        If it cannot be created or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ReportError(f"cannot write reports to {folder}: {error.strerror}") from error
