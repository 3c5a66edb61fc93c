"""What became of a notebook that a batch ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speckit_analysis.reports.document import find_title
from speckit_analysis.reports.headlines import find_headline


@dataclass(frozen=True)
class Failure:
    """Why a notebook did not run to its end."""

    #: Number of the cell that failed, the first being 1; None if no cell is to blame.
    cell: int | None
    #: The error in one line.
    message: str
    #: The whole traceback, without colours.
    traceback: str = ""


@dataclass(frozen=True)
class ReportResult:
    """What became of one notebook."""

    #: Name of the notebook, without ending.
    name: str
    #: Its first heading.
    title: str
    #: The answer it recorded with :func:`headline`.
    headline: str | None
    #: Why it did not run to its end, if it did not.
    failure: Failure | None
    #: How long it ran.
    seconds: float
    #: The executed notebook, and the page.
    notebook: Path
    html: Path

    @classmethod
    def of(
        cls, notebook: Mapping[str, Any], path: Path, failure: Failure | None, seconds: float
    ) -> ReportResult:
        """Return what became of an executed notebook that is kept at `path`, its page beside it."""
        return cls(
            name=path.stem,
            title=find_title(notebook) or path.stem,
            headline=find_headline(notebook),
            failure=failure,
            seconds=seconds,
            notebook=path,
            html=path.with_suffix(".html"),
        )

    @property
    def ok(self) -> bool:
        """Whether the notebook ran to its end."""
        return self.failure is None

    @property
    def status(self) -> str:
        """``ok`` or ``failed``."""
        return "ok" if self.ok else "failed"
