"""How scores change over the order in which reviewers read."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: Singular values below this share of the largest come from rounding.
_SINGULAR = 1e-10


def slopes_over_order(scores: pd.DataFrame) -> pd.Series:
    """Return how many points each reviewer's scores change from one packet to the next.

    Parameters
    ----------
    scores : DataFrame
        ``output``, ``reviewer``, ``position`` and ``score``, one row per review.

    Returns
    -------
    Series of float
        By reviewer; without those whose slope the orders do not tell from how good outputs are, as
        where all read in the same order.

    Notes
    -----
    Least squares of score = output + reviewer + the reviewer's slope times position, all together.
    Slopes of scores from which the mean of their output was taken off beforehand will not do as
    independent observations: every reviewer's score is in the mean of the others, which makes their
    slopes alike.

    Examples
    --------
    >>> read = pd.DataFrame({"output": list("abcdbdac"), "reviewer": ["ann"] * 4 + ["bob"] * 4})
    >>> read["position"] = [1, 2, 3, 4] * 2
    >>> read["score"] = 7 + 0.5 * read["position"].where(read["reviewer"] == "ann", 0)
    >>> slopes_over_order(read).round(6).abs().to_dict()
    {'ann': 0.5, 'bob': 0.0}
    """
    if scores.empty:
        return pd.Series(dtype=float)
    output, _ = pd.factorize(scores["output"])
    reviewer, names = pd.factorize(scores["reviewer"].astype(str), sort=True)
    of_output, of_reviewer = np.eye(output.max() + 1)[output], np.eye(len(names))[reviewer]
    position = scores["position"].to_numpy(float)
    design = np.hstack([of_output, of_reviewer, of_reviewer * position[:, None]])
    inverse = np.linalg.pinv(design, rcond=_SINGULAR)[-len(names) :]
    told = np.isclose((inverse @ design)[:, -len(names) :].diagonal(), 1)
    return pd.Series(inverse @ scores["score"].to_numpy(float), names)[told]
