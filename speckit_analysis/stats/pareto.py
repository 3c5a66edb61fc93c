"""Pareto's front of cost against success, and how sure it is who lies on it."""

from __future__ import annotations

import numpy as np


def on_front(cost: np.ndarray, effect: np.ndarray) -> np.ndarray:
    """Tell which options no other beats: none is as cheap and better, or cheaper and as good.

    Parameters
    ----------
    cost : ndarray of float, shape (m,)
        One per option, finite.
    effect : ndarray of float, shape (..., m)
        What each achieves, more is better; leading axes are draws.

    Returns
    -------
    ndarray of bool, shape (..., m)

    Examples
    --------
    >>> on_front(np.array([1.0, 2.0, 3.0, 3.0]), np.array([0.5, 0.4, 0.6, 0.7])).tolist()
    [True, False, False, True]
    """
    cost, effect = np.asarray(cost, dtype=float), np.asarray(effect, dtype=float)
    order = np.argsort(cost, kind="stable")
    best = np.maximum.accumulate(effect[..., order], axis=-1)
    # Entry i is the best among the i cheapest options.
    best = np.concatenate([np.full((*best.shape[:-1], 1), -np.inf), best], axis=-1)
    cheaper = np.searchsorted(cost[order], cost, side="left")
    no_dearer = np.searchsorted(cost[order], cost, side="right")
    beats_cheaper, is_best = effect > best[..., cheaper], effect >= best[..., no_dearer]
    return np.asarray(beats_cheaper & is_best)


def front_probability(
    cost: np.ndarray, passes: np.ndarray, n: np.ndarray, draws: int = 10_000, seed: int = 0
) -> np.ndarray:
    """Return how probable it is that each option lies on the front of the true rates.

    Parameters
    ----------
    cost : ndarray of float, shape (m,)
        Taken as known.
    passes, n : ndarray of int, shape (m,)
        How many of how many tries passed.
    draws : int
        Of all rates together; the standard error of a probability is at most
        ``0.5 / sqrt(draws)``.
    seed : int
        Of the draws.

    Returns
    -------
    ndarray of float, shape (m,)

    Notes
    -----
    Rates are drawn from the binomial's posterior with Jeffreys' prior, Beta(passes + ½, misses +
    ½), each on its own.  A resample of the passes would never move a rate of 0 or 1.
    """
    hits, tries = np.asarray(passes, dtype=float), np.asarray(n, dtype=float)
    draw = np.random.default_rng(seed)
    rates = draw.beta(hits + 0.5, tries - hits + 0.5, (draws, len(hits)))
    return np.asarray(on_front(cost, rates).mean(axis=0))
