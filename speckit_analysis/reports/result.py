"""What became of a notebook that a batch ran."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Failure:
    """Why a notebook did not run to its end.

    Attributes
    ----------
    cell : int or None
        Number of the cell that failed, the first being 1; None if no cell is to blame.
    message : str
        The error in one line.
    traceback : str
        The whole traceback, without colours.
    """

    cell: int | None
    message: str
    traceback: str = ""


@dataclass(frozen=True)
class ReportResult:
    """What became of one notebook.

    Attributes
    ----------
    name : str
        Name of the notebook, without ending.
    title : str
        Its first heading.
    headline : str or None
        The answer it recorded with :func:`headline`.
    failure : Failure or None
        Why it did not run to its end, if it did not.
    seconds : float
        How long it ran.
    notebook, html : Path
        The executed notebook and the page.
    """

    name: str
    title: str
    headline: str | None
    failure: Failure | None
    seconds: float
    notebook: Path
    html: Path

    @property
    def ok(self) -> bool:
        """Whether the notebook ran to its end."""
        return self.failure is None

    @property
    def status(self) -> str:
        """``ok`` or ``failed``."""
        return "ok" if self.ok else "failed"
