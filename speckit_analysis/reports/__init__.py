"""Run notebooks as a batch and leave self-contained HTML reports behind.

Nothing heavy is imported until a function is called, so that a notebook which only
wants :func:`headline` does not pay for papermill.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from speckit_analysis.errors import ReportError

if TYPE_CHECKING:
    from speckit_analysis.reports.batch import run_reports
    from speckit_analysis.reports.headlines import headline
    from speckit_analysis.reports.html import export_html
    from speckit_analysis.reports.library import notebook_folder, notebook_names
    from speckit_analysis.reports.result import ReportResult

__all__ = [
    "ReportError",
    "ReportResult",
    "export_html",
    "headline",
    "notebook_folder",
    "notebook_names",
    "run_reports",
]

_HOMES = {
    "ReportResult": "result",
    "export_html": "html",
    "headline": "headlines",
    "notebook_folder": "library",
    "notebook_names": "library",
    "run_reports": "batch",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
