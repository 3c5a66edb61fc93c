"""Run one notebook and say how it went."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speckit_analysis.reports.markup import plain_text
from speckit_analysis.reports.result import Failure

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from speckit_analysis.reports.kernels import Kernels

#: Tag of the cells that papermill adds to a notebook that failed.
PAPERMILL_ERROR_TAG = "papermill-error-cell-tag"


@dataclass(frozen=True)
class Execution:
    """A notebook that was run, with what went wrong and how long it took."""

    notebook: NotebookNode
    failure: Failure | None
    seconds: float


def execute(
    path: Path,
    work: Path,
    parameters: Mapping[str, Any],
    kernels: Kernels,
    on_cell: Callable[[], None] = lambda: None,
) -> Execution:
    """Run the notebook at `path` and return what became of it; a failure is not raised.

    Parameters
    ----------
    path : Path
        The notebook.
    work : Path
        Private folder for the state that papermill saves while it runs.
    parameters : mapping
        Values for parameters that the notebook declares.
    kernels : Kernels
        Where the kernel comes from.
    on_cell : callable
        Called after each code cell.
    """
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError

    def count(cell: NotebookNode, **_: Any) -> None:
        # Nobody counted the cell that papermill adds.
        if "injected-parameters" not in _tags(cell):
            on_cell()

    running = work / path.name
    failure = None
    began = time.perf_counter()
    try:
        papermill.execute_notebook(
            path,
            running,
            dict(parameters),
            kernel_name="python3",
            language="python",
            progress_bar=False,
            kernel_manager_class=kernels.manager_class(),
            resources={"metadata": {"path": str(path.parent)}},
            on_cell_executed=count,
        )
    except PapermillExecutionError as error:
        failure = _cell_failure(error)
    except Exception as error:  # a dead kernel must not take the other reports down
        failure = Failure(None, f"{type(error).__name__}: {error}".strip())
    seconds = time.perf_counter() - began
    notebook = nbformat.read(running if running.exists() else path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if PAPERMILL_ERROR_TAG not in _tags(cell)]
    return Execution(notebook, failure, seconds)


def _tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def _cell_failure(error: Any) -> Failure:
    return Failure(
        # papermill counts from 0, after it has added its own cell of parameters.
        cell=error.cell_index + 1,
        message=f"{error.ename}: {error.evalue}",
        traceback=plain_text("\n".join(error.traceback)),
    )
