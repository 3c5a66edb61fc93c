"""Whether a record counts cached input beside its prompt, and reasoning beside its output."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd

#: Whether a provider counts beside the prompt what it read from a cache, and what it wrote to
#: one, and beside the output what was spent on reasoning; of others that is not known.
CONVENTIONS = {
    "anthropic": (True, True, False),
    "openai": (False, False, False),
    "google": (False, False, True),
}

#: What :func:`settle` may doubt: the total leaves out what the provider counts beside, and was
#: believed; it fits no way of counting, and the provider's was taken; nothing tells the way, and
#: nothing was added; the counts contradict each other, and are missing.
DOUBTS = ("overruled", "other_total", "ambiguous", "contradiction")

_COUNTS = (
    *("prompt_tokens", "completion_tokens", "cached_tokens", "cache_write_tokens"),
    *("cache_write_1h_tokens", "reasoning_tokens", "total_tokens"),
)

# Each way of counting: whether the part read, the part written and the reasoning stand beside.
_WAYS = np.array(list(product((False, True), repeat=3)))


def settle(calls: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Return the counts of calls, all in the way that the columns mean, and what is in doubt.

    Parameters
    ----------
    calls : DataFrame
        Rows with the counts as recorded, ``provider``, and ``counted_as`` where the names of the
        counts tell whose way it is.

    Returns
    -------
    (DataFrame, Series of string)
        ``prompt_tokens`` (fresh, read from a cache and written to one), ``completion_tokens``
        (without reasoning), ``cached_tokens``, ``cache_write_tokens`` (all that were written),
        ``cache_write_1h_tokens`` and ``reasoning_tokens``, Int64; and a key of :data:`DOUBTS`
        where there is a doubt.  Both with the index of `calls`.

    Notes
    -----
    A way of counting is possible if no part is larger than the whole that it is inside.  If the
    recorded total is the sum that the provider's way gives, or that of only one possible way, the
    total decides; otherwise the provider's way does.  Where a part is larger than its whole, a
    total that fits neither makes a contradiction.
    """
    doubts = pd.Series(pd.NA, calls.index, dtype="string")
    found = calls[list(_COUNTS[:-1])].copy()
    parts = ["cached_tokens", "cache_write_tokens", "cache_write_1h_tokens", "reasoning_tokens"]
    at = np.flatnonzero(np.any([calls[name].gt(0).fillna(False) for name in parts], axis=0))
    if not len(at):
        return found, doubts
    rows = calls.take(at)
    counts = {name: rows[name].to_numpy(float, na_value=np.nan) for name in _COUNTS}
    prompt, output, read, written, kept, reasoning, total = counts.values()
    written = np.where(np.isnan(written), kept, written)
    way, doubt = _way(prompt, output, np.nan_to_num([read, written, reasoning]), total, _own(rows))
    doubt = np.where(kept > written, "contradiction", doubt)
    beside = _WAYS[way].T
    whole = prompt + np.nan_to_num(read) * beside[0] + np.nan_to_num(written) * beside[1]
    apart = output - np.nan_to_num(reasoning) * ~beside[2]
    wrong = doubt == "contradiction"
    no_prompt = wrong & ((np.nan_to_num(read) + np.nan_to_num(written) > prompt) | (kept > written))
    no_output = wrong & (np.nan_to_num(reasoning) > output)
    for name, values, missing in (
        ("prompt_tokens", whole, no_prompt),
        ("completion_tokens", apart, no_output),
        ("cached_tokens", read, no_prompt),
        ("cache_write_tokens", written, no_prompt),
        ("cache_write_1h_tokens", kept, no_prompt),
        ("reasoning_tokens", reasoning, no_output),
    ):
        found[name] = _put(calls[name], at, np.where(missing, np.nan, values))
    doubts.iloc[at] = pd.array(doubt, dtype="string")
    doubts = doubts.mask(doubts == "")
    return found, doubts


def _own(rows: pd.DataFrame) -> np.ndarray:
    """Return the way of counting that names or the provider tell, shape (3, rows); else NaN."""
    whose = rows["provider"].astype("string")
    if "counted_as" in rows:
        whose = rows["counted_as"].astype("string").fillna(whose)
    codes, names = pd.factorize(whose)
    unknown = (np.nan,) * 3
    # The last place catches the code -1 of missing names.
    return np.array([*(CONVENTIONS.get(name, unknown) for name in names), unknown], float)[codes].T


def _way(
    prompt: np.ndarray, output: np.ndarray, parts: np.ndarray, total: np.ndarray, own: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the place of each row's way in :data:`_WAYS`, and its doubt; empty for none."""
    row, nothing = np.arange(len(prompt)), parts == 0
    own = np.where(nothing, 0.0, own)
    known = ~np.isnan(own).any(axis=0)
    usual = np.where(known, np.array([4, 2, 1]) @ np.nan_to_num(own), 0).astype(int)
    possible = ~((~_WAYS[:, :2] @ parts[:2]) > prompt) & ~((~_WAYS[:, 2:] @ parts[2:]) > output)
    possible &= ~(_WAYS[:, :, None] & nothing).any(axis=1)  # of equal ways one is enough
    fits = possible & (prompt + output + _WAYS @ parts == total)
    told = known & fits[usual, row]
    only = ~told & (fits.sum(axis=0) == 1)
    usable = known & possible[usual, row]
    fitting = fits.argmax(axis=0)
    overruled = only & usable & (_WAYS[usual] & ~_WAYS[fitting]).any(axis=1)
    # Where something has to be beside, a total that leaves it out says nothing against it.
    silent = np.isnan(total) | (~possible[0] & (total == prompt + output))
    cases = [
        (told, usual, ""),
        (overruled, fitting, "overruled"),
        (only, fitting, ""),
        (usable & silent, usual, ""),
        (usable & possible[0], usual, "other_total"),
        (possible[0], 0, "ambiguous"),
    ]
    conditions, ways, doubts = zip(*cases, strict=True)
    return np.select(conditions, ways, 0), np.select(conditions, doubts, "contradiction")


def _put(column: pd.Series, at: np.ndarray, values: np.ndarray) -> pd.Series:
    column = column.copy()
    column.iloc[at] = pd.array(values).astype("Int64")
    return column
