"""The one sentence that a report answers its question with."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

#: Key under which our own facts stand in the metadata of outputs and notebooks.
METADATA_KEY = "speckit"

# JupyterLab knows none of our style sheet, so the callout carries its look with it; in a
# report page the class takes over.
_CALLOUT_STYLE = (
    "border-left: 4px solid; padding: 0.4em 0 0.4em 0.9em; margin: 0.6em 0; font-size: 1.15em"
)


def headline(text: str) -> None:
    """Show a notebook's answer as a callout and record it for the index page.

    Parameters
    ----------
    text : str
        The answer in one plain sentence.  It may quote evidence: it is escaped.

    Examples
    --------
    >>> headline("Consensus costs 3.1 times one model and is not measurably better.")
    Consensus costs 3.1 times one model and is not measurably better.
    """
    from IPython.core.getipython import get_ipython
    from IPython.display import display

    from speckit_analysis.analysis.wording import unbroken

    text = " ".join(str(text).split())
    if get_ipython() is None:
        print(text)
        return
    shown = escape(unbroken(text))
    display(
        {
            "text/html": f'<p class="headline" style="{_CALLOUT_STYLE}">{shown}</p>',
            "text/plain": text,
        },
        raw=True,
        metadata={METADATA_KEY: {"headline": text}},
    )


def recorded_headline(output: Mapping[str, Any]) -> str | None:
    """Return the headline that an output records, if it records one."""
    facts = output.get("metadata", {}).get(METADATA_KEY)
    text = facts.get("headline") if isinstance(facts, Mapping) else None
    return text if isinstance(text, str) and text else None


def find_headline(notebook: Mapping[str, Any]) -> str | None:
    """Return the first headline that an executed notebook records."""
    outputs = (output for cell in notebook["cells"] for output in cell.get("outputs", ()))
    return next(filter(None, map(recorded_headline, outputs)), None)
