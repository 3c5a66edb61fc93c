"""How long a method is simulated: briefly each time, at length where a method changed.

A brief run catches what is grossly wrong, with limits as much wider as chance takes; the run at
length (``make test-all``) proves what the documentation says.
"""

from __future__ import annotations

import pytest


def at_length(*values: object) -> object:
    """Return values of a parameter for a run at length, which ``make test`` leaves out."""
    return pytest.param(*values, marks=pytest.mark.long)


def repeated(briefly: int, long: int) -> pytest.MarkDecorator:
    """Run a test with so many `repeats`, few and many."""
    return pytest.mark.parametrize("repeats", [briefly, at_length(long)])


def chance(repeats: int, long: int, share: float = 0.05) -> float:
    """Return by how much a share of `repeats` may miss a limit that holds at length.

    Two standard errors of a share; nothing at length.
    """
    return 0.0 if repeats >= long else 2 * (share * (1 - share) / repeats) ** 0.5
