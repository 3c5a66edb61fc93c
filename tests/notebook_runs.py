"""Notebooks executed in this process: a kernel of its own for each would take most of the time.

That notebooks run in fresh kernels is seen elsewhere: by nbval, and by batches (``make test``).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbformat.v4 import new_output
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook
from traitlets.config import Config


@contextmanager
def shell() -> Iterator[InteractiveShell]:
    """Start IPython, as a kernel does, and leave the process as it was found."""
    kept = sys.modules["__main__"], sys.displayhook, sys.excepthook
    InteractiveShell.clear_instance()
    # No history: a notebook of a test has no place in that of the user.
    try:
        yield InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    finally:
        InteractiveShell.clear_instance()
        sys.modules["__main__"], sys.displayhook, sys.excepthook = kept


def execute(path: Path, **given: object) -> nbformat.NotebookNode:
    """Execute every code cell of a notebook, with parameters put in by papermill."""
    notebook = parameterize_notebook(load_notebook_node(str(path)), given)
    with shell() as running:
        for cell in notebook.cells:
            if cell.cell_type == "code":
                with capture_output() as captured:
                    running.display_trap.hook = sys.displayhook  # values go where displays go
                    result = running.run_cell(cell.source, store_history=True)
                result.raise_error()
                cell.outputs = [
                    new_output("display_data", shown.data, metadata=shown.metadata or {})
                    for shown in captured.outputs
                ]
                cell.outputs += [
                    new_output("stream", name=name, text=text)
                    for name in ("stdout", "stderr")
                    if (text := getattr(captured, name))
                ]
    return notebook
