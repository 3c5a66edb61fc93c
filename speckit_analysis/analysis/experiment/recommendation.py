"""What an experiment recommends, on which numbers, by which rule, and what would change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from speckit_analysis.tables.results import RESULTS

#: What can be recommended: the simpler way, the one in use, or neither yet.
ADOPT, KEEP, OPEN = "adopt", "keep", "inconclusive"


@dataclass(frozen=True)
class Recommendation:
    """One decision."""

    #: What is to be decided: the simpler way, as a maintainer would call it.
    subject: str
    #: What it would take the place of.
    in_use: str
    #: One of :data:`ADOPT`, :data:`KEEP` and :data:`OPEN`.
    verdict: str
    #: The rule that gave the verdict.
    rule: str
    #: What it rests on, with intervals and n.
    numbers: str
    #: What was fixed beforehand.
    margin: str
    #: What would change it.
    change: str
    #: Notebook that shows it whole.
    report: str

    @property
    def title(self) -> str:
        """What the verdict is on: what stays where that is kept, else the simpler way."""
        return self.in_use if self.verdict == KEEP else self.subject


def as_table(recommendations: Sequence[Recommendation], *, in_words: bool = True) -> pd.DataFrame:
    """Return the result ``recommendations``.

    Parameters
    ----------
    recommendations : sequence of Recommendation
        What is recommended.
    in_words : bool
        For a page: say of :data:`KEEP` what is kept.  Else for a program, which knows the columns
        by their names.
    """
    table = RESULTS["recommendations"].of([vars(one) for one in recommendations])
    if in_words:
        return table.assign(verdict=table["verdict"].replace(KEEP, "keep what is in use"))
    table.attrs.clear()
    return table
