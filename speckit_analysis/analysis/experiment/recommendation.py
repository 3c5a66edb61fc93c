"""What an experiment recommends, on which numbers, by which rule, and what would change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

#: What can be recommended: the simpler way, the one in use, or neither yet.
ADOPT, KEEP, OPEN = "adopt", "keep", "inconclusive"

#: Fewer SPECs than this, and nothing is recommended, whatever the intervals say.
LEAST_SPECS = 5


@dataclass(frozen=True)
class Recommendation:
    """One decision.

    Attributes
    ----------
    subject : str
        What is to be decided: the simpler way, as a maintainer would call it.
    in_use : str
        What it would take the place of.
    verdict : str
        One of :data:`ADOPT`, :data:`KEEP` and :data:`OPEN`.
    rule : str
        The rule that gave the verdict.
    numbers : str
        What it rests on, with intervals and n.
    margin : str
        What was fixed beforehand.
    change : str
        What would change it.
    report : str
        Notebook that shows it whole.
    """

    subject: str
    in_use: str
    verdict: str
    rule: str
    numbers: str
    margin: str
    change: str
    report: str

    @property
    def title(self) -> str:
        """What the verdict is on: what stays where that is kept, else the simpler way."""
        return self.in_use if self.verdict == KEEP else self.subject


def as_table(recommendations: Sequence[Recommendation], *, in_words: bool = True) -> pd.DataFrame:
    """Return one row per recommendation, all columns string.

    Parameters
    ----------
    recommendations : sequence of Recommendation
        What is recommended.
    in_words : bool
        Say of :data:`KEEP` what is kept.
    """
    columns = ["subject", "verdict", "rule", "numbers", "margin", "change"]
    rows = [[getattr(each, name) for name in columns] for each in recommendations]
    table = pd.DataFrame(rows, columns=columns, dtype="string")
    if not in_words:
        return table
    return table.assign(verdict=table["verdict"].replace(KEEP, "keep what is in use"))
