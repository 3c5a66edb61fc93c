"""Run one notebook and say how it went."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speckit_analysis.analysis import wording
from speckit_analysis.errors import is_disk_full
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
    *,
    timeout: float | None = None,
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
    timeout : float, optional
        Seconds after which the notebook is stopped.

    Raises
    ------
    OSError
        If the disk is full: it is for the other notebooks, too.
    """
    import nbformat
    import papermill
    from nbclient.exceptions import CellTimeoutError
    from papermill.exceptions import PapermillExecutionError

    def count(cell: NotebookNode, **_: Any) -> None:
        # Nobody counted the cell that papermill adds.
        if "injected-parameters" not in _tags(cell):
            on_cell()

    reached = ""

    def left(cell: NotebookNode) -> float | None:
        """Return the seconds that are left for a cell, which is about to run."""
        nonlocal reached
        reached = cell.get("id", "")
        spent = time.perf_counter() - began
        # None and 0 are no limit to papermill.
        return None if timeout is None else max(timeout - spent, 0.001)

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
            timeout_func=left,
        )
    except PapermillExecutionError as error:
        failure = _cell_failure(error)
    except CellTimeoutError:
        limit = wording.seconds(1000 * (timeout or 0))
        said = f"Stopped at the time limit of {limit}; --timeout SECONDS sets a longer one"
        cells = nbformat.read(running, as_version=4).cells
        places = [number for number, cell in enumerate(cells, 1) if cell.get("id") == reached]
        failure = Failure(places[0] if places else None, said)
    except Exception as error:  # a dead kernel must not take the other reports down
        if is_disk_full(error):
            raise
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
