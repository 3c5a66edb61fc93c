"""Small notebooks for tests of reports."""

from __future__ import annotations

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

PARAMETERS = """\
evidence: str = "nowhere"  # folder of evidence
margin: float = 0.05  # how much worse is still as good
label: str = "plain"
seed: int = 7
"""


def notebook(*cells, parameters=PARAMETERS):
    cells = [new_code_cell(parameters, metadata={"tags": ["parameters"]}), *cells]
    return new_notebook(
        cells=cells,
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        },
    )


def write(folder, name, *cells, **options):
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook(*cells, **options), path)
    return path
