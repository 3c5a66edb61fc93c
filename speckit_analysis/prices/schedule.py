"""The prices of one model: per token, from which day, above how long a prompt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: What a token can be, in the order of the columns of :attr:`Period.rates`.
TOKEN_KINDS = ("input", "cached", "cache_write", "cache_write_1h", "output")

#: Prices are given for so many tokens.
PER = 1_000_000

#: Prices that hold from the beginning.
ALWAYS = np.datetime64("0001-01-01", "D")


@dataclass(frozen=True)
class Period:
    """Prices that hold from a day until the next period."""

    #: First day (UTC).
    start: np.datetime64
    #: Prompts longer than this, in tokens, are in the next tier, with all their tokens.
    above: np.ndarray
    #: USD per million tokens, by tier and :data:`TOKEN_KINDS`; NaN where unknown.
    rates: np.ndarray
    #: The price list that says so; empty where none does.
    source: str


@dataclass(frozen=True)
class Schedule:
    """The prices of one model over time."""

    #: In the order of their start; the first holds from :data:`ALWAYS`.
    periods: tuple[Period, ...]

    def period_of(self, days: np.ndarray) -> np.ndarray:
        """Return the position of the period that holds on each of `days` (datetime64[D])."""
        starts = np.array([period.start for period in self.periods])
        return np.searchsorted(starts, days, side="right") - 1

    def at(self, day: np.datetime64) -> Period:
        """Return the period that holds on `day`."""
        return self.periods[int(self.period_of(np.array([day]))[0])]


def usd(rates: np.ndarray, above: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """Return the cost of calls of one model in one period.

    Parameters
    ----------
    rates, above : ndarray
        Of the :class:`Period`.
    tokens : ndarray of float, shape (5, calls)
        Tokens by :data:`TOKEN_KINDS`; no token counts in two of them.
    """
    if not len(above):
        paid = rates[0] @ tokens
    else:
        prompt = tokens[:-1].sum(axis=0)
        tier = np.searchsorted(above, prompt, side="left")
        paid = np.einsum("nk,kn->n", rates[tier], tokens)
    return np.asarray(paid / PER)
